/* Lists of the admin API in pages, and large responses in pieces. */
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "mockserver/runtime/one_at_a_time.h"
#include "mockserver/runtime/pieces.h"
#include "mockserver/state/tenant.h"
#include "mockserver/tests/served_mock.h"

#define ORGANIZATIONS 2500 /* and one more */

/* The fixture is the file of a descriptor, as long as the test runs. */
static int begin_many(void **state)
{
    static char path[32];
    const char *fixtures[] = {path};
    FILE *file = tmpfile();
    assert_non_null(file);
    fprintf(file, "clock: {mode: frozen, start: 2026-05-02T09:00:00Z}\nlayers:\n  organizations:\n");
    for (int i = 1; i <= ORGANIZATIONS; i++)
        fprintf(file, "  - {id: org_%d, name: \"%s %d\", keys: [{name: key%d, key: lp_live_%d}]}\n", i,
                i % 500 ? "Small" : "Large", i, i, i);
    fprintf(file, "  - {id: org_last, name: Last, projects: [{id: prj, content: [{id: c}], social_accounts: [{id: sa, "
                  "platform: tiktok, handle: a}], scheduled_posts: [{id: sp, content: c, account: sa, at: +1d}]}]}\n");
    assert_int_equal(fflush(file), 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    begin_with(state, &(struct mock_options){
                          .fixtures = fixtures, .fixture_count = 1, .public_url = "http://mock.test", .admin = true});
    (void)fclose(file);
    return 0;
}

static const struct node *page(struct setup *s, const char *target, int status)
{
    struct mock_response r = ask(s, arena_printf(&s->rig.arena, "GET /__admin/%s", target), "");
    assert_int_equal(r.status, status);
    return json_parse(&s->rig.arena, r.body, "response", NULL);
}

static const char *text_of(const struct node *page, const char *key)
{
    const struct node *n = node_get(page, key);
    return n ? node_text(n) : "absent";
}

static size_t items_of(const struct node *page)
{
    return node_count(node_get(page, "items"));
}

static int64_t total_of(const struct node *page)
{
    return node_get(page, "total")->integer;
}

static void a_list_is_read_page_by_page(void **state)
{
    struct setup *s = *state;
    size_t count = 0, pages = 0;
    for (const char *since = "0"; strcmp(since, "absent") != 0; pages++) {
        const struct node *p = page(s, arena_printf(&s->rig.arena, "state/organizations?since=%s", since), 200);
        assert_int_equal(total_of(p), ORGANIZATIONS + 1);
        count += items_of(p);
        since = text_of(p, "next");
    }
    assert_int_equal(count, ORGANIZATIONS + 1);
    assert_int_equal(pages, 3);
    assert_int_equal(items_of(page(s, "state/organizations?limit=7", 200)), 7);
    page(s, "state/organizations?limit=1001", 422);
    page(s, "state/organizations?limit=0", 422);
    page(s, "state/organizations?since=x", 422);
}

static void a_filtered_list_goes_on_behind_its_page(void **state)
{
    struct setup *s = *state;
    const struct node *p = page(s, "state/keys?name=key2000&limit=1", 200);
    assert_int_equal(items_of(p), 1);
    assert_null(node_get(p, "total"));
    p = page(s, "state/organizations?name=Large+500&limit=1", 200);
    assert_true(node_get(p, "more")->truth);
    p = page(s, arena_printf(&s->rig.arena, "state/organizations?name=Large+500&since=%s", text_of(p, "next")), 200);
    assert_int_equal(items_of(p), 0);
    assert_false(node_get(p, "more")->truth);
}

static void a_cursor_of_a_state_that_is_gone_is_refused(void **state)
{
    struct setup *s = *state;
    const char *next = text_of(page(s, "state/organizations?limit=1", 200), "next");
    const char *target = arena_printf(&s->rig.arena, "state/organizations?since=%s", next);
    page(s, target, 200);
    ask(s, "POST /__admin/reset", "");
    assert_string_equal(text_of(page(s, target, 410), "code"), "outdated_cursor");
}

/* Removed items do not shift those of the next page. */
static void namespaces_snapshots_and_rules_have_pages(void **state)
{
    struct setup *s = *state;
    static const struct {
        const char *list, *added, *body, *removed;
    } rows[] = {
        {"namespaces", "/__admin/namespaces", "{\"name\":\"n%d\"}",                                          "n2"},
        {"snapshots",  "/__admin/snapshots",  "{\"name\":\"n%d\"}",                                          "n2"},
        {"rules",      "/__admin/rules",      "{\"name\":\"n%d\",\"then\":[{\"headers\":{\"X-A\":\"a\"}}]}", "n2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t before = total_of(page(s, rows[i].list, 200));
        for (int n = 1; n <= 5; n++) {
            const char *body = rows[i].body;
            struct str head = str_head(str_from(body), str_find(str_from(body), '%'));
            ask(s, arena_printf(&s->rig.arena, "POST %s", rows[i].added),
                arena_printf(&s->rig.arena, STR_FMT "%d%s", STR_ARG(head), n, body + head.n + 2));
        }
        const struct node *p = page(s, arena_printf(&s->rig.arena, "%s?limit=%d", rows[i].list, (int)before + 3), 200);
        assert_int_equal(total_of(p), before + 5);
        assert_int_equal(items_of(p), before + 3);
        ask(s, arena_printf(&s->rig.arena, "DELETE %s/%s", rows[i].added, rows[i].removed), "");
        p = page(s, arena_printf(&s->rig.arena, "%s?since=%s", rows[i].list, text_of(p, "next")), 200);
        assert_int_equal(items_of(p), 2);
        assert_string_equal(text_of(node_at(node_get(p, "items"), 0), "name"), "n4");
        assert_false(node_get(p, "more")->truth);
    }
}

static struct client *begin_to_read(struct setup *s, const char *target)
{
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(arena_printf(&s->rig.arena, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", target)));
    while (c->in.n < 1000)
        loop_step(c->rig->loop, 1000);
    return c;
}

/* Reads a response in chunks, and returns its body. */
static struct str read_chunks(struct client *c)
{
    struct buf body = {.arena = &c->rig->arena};
    while (!str_ends(buf_str(&c->in), STR("\r\n0\r\n\r\n")) && !c->closed)
        loop_step(c->rig->loop, 1000);
    assert_non_null(strstr(c->in.data, "Transfer-Encoding: chunked"));
    for (const char *at = strstr(c->in.data, "\r\n\r\n") + 4;;) {
        char *end;
        size_t size = strtoul(at, &end, 16);
        if (!size)
            break;
        buf_add(&body, str_of(end + 2, size));
        at = end + 2 + size + 2;
    }
    client_end(c);
    return buf_str(&body);
}

/* The response is of the moment of the call, although the state changes, and is even deleted, while it is sent. */
static void a_large_state_is_sent_in_pieces_and_is_consistent(void **state)
{
    struct setup *s = *state;
    static const char *const targets[] = {"/ns/a/__admin/state", "/ns/a/__admin/state?format=fixture"};
    for (size_t i = 0; i < 2; i++) {
        ask(s, "POST /__admin/namespaces", "{\"name\":\"a\"}");
        struct str whole = read_chunks(begin_to_read(s, targets[i]));
        assert_true(whole.n > PIECES_WHOLE_MAX);
        struct client *c = begin_to_read(s, targets[i]);
        assert_true(c->in.n < whole.n);
        assert_int_equal(ask(s, "PATCH /ns/a/__admin/state/organizations/org_2499", "{\"name\":\"changed\"}").status,
                         200);
        assert_int_equal(ask(s, "DELETE /__admin/namespaces/a", "").status, 200);
        assert_true(str_eq(read_chunks(c), whole));
    }
}

static void a_small_state_has_its_length(void **state)
{
    struct setup *s = *state;
    struct mock_response r = ask(s, "GET /__admin/state", "");
    assert_true(str_has(r.head, STR("Content-Length: ")));
}

static void the_client_of_a_large_state_may_disconnect(void **state)
{
    struct setup *s = *state;
    client_end(begin_to_read(s, "/__admin/state?format=fixture"));
    assert_int_equal(ask(s, "GET /__admin/health", "").status, 200);
}

/* The check of the whole would keep other clients waiting. */
static void a_patch_of_a_large_state_checks_the_record(void **state)
{
    struct setup *s = *state;
    struct world *w = namespaces_at(s->mock->namespaces, 0)->world;
    char id[32];
    w->checks = false;
    for (int i = 0; i < WORLD_CHECKED_MAX; i++) {
        (void)snprintf(id, sizeof id, "more_%d", i);
        organization_create(w, 1, id, "A name");
    }
    assert_int_equal(ask(s, "PATCH /__admin/state/organizations/more_5", "{\"name\":\"new\"}").status, 200);
    assert_int_equal(ask(s, "PATCH /__admin/state/destinations/sp", "{\"state\":\"published\"}").status, 409);
}

static void a_page_of_the_journal_ends_after_a_megabyte(void **state)
{
    struct setup *s = *state;
    char *body = arena_alloc(&s->rig.arena, 16001);
    memset(body, 'x', 16000);
    for (int i = 0; i < 200; i++)
        ask(s, "POST /v1/whoami", body);
    const struct node *p = page(s, "requests?limit=1000", 200);
    assert_in_range(items_of(p), 1, 150);
    assert_true(node_get(p, "more")->truth);
    p = page(s, arena_printf(&s->rig.arena, "requests?limit=1000&since=%s", text_of(p, "next")), 200);
    assert_true(items_of(p) > 0);
}

static int begin_long_list(void **state)
{
    static char path[32];
    const char *fixtures[] = {path};
    FILE *file = tmpfile();
    assert_non_null(file);
    fprintf(file, "clock: {mode: frozen, start: 2026-05-02T09:00:00Z}\npostnitro:\n  workspaces:\n    - id: ws\n"
                  "      keys: [{name: main, key: pn-0123456789abcdefghijklmn}]\n      social_accounts:\n");
    for (int i = 0; i < 3000; i++)
        fprintf(file, "        - {platform: linkedin, handle: account-%d, type: organization}\n", i);
    assert_int_equal(fflush(file), 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    begin_with(state, &(struct mock_options){
                          .fixtures = fixtures, .fixture_count = 1, .public_url = "http://mock.test", .admin = true});
    (void)fclose(file);
    return 0;
}

#define LIST                                                                                                           \
    "GET /postnitro/social-account HTTP/1.1\r\nHost: 127.0.0.1\r\nembed-api-key: pn-0123456789abcdefghijklmn\r\n\r\n"

/* Does not run the loop, so that the server finds all requests at once. */
static int send_now(struct setup *s, const char *request)
{
    int fd = rig_connect(server_port(s->rig.server));
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    return fd;
}

static bool has_bytes(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static size_t read_list(struct client *c)
{
    struct mock_response r = client_read_last(c);
    assert_int_equal(r.status, 200);
    return r.body.n;
}

/* They are served one in each round of the loop, so a light call waits for one at most. */
static void a_burst_of_large_responses_does_not_delay_a_light_call(void **state)
{
    enum { LARGE = 8 };
    struct setup *s = *state;
    int large[LARGE];
    size_t begun = 0;
    assert_true(read_list(client_on(&s->rig, send_now(s, LIST))) > LARGE_BYTES); /* from now on it is known */
    for (size_t i = 0; i < LARGE; i++)
        large[i] = send_now(s, LIST);
    int gone = send_now(s, LIST), light = send_now(s, "GET /__admin/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    while (!has_bytes(light))
        loop_step(s->rig.loop, 1000);
    for (size_t i = 0; i < LARGE; i++)
        begun += has_bytes(large[i]);
    assert_in_range(begun, 0, 2);
    close(light);
    close(gone); /* while it waits */
    for (size_t i = 0; i < LARGE; i++)
        assert_true(read_list(client_on(&s->rig, large[i])) > LARGE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_list_is_read_page_by_page, begin_many, end),
        cmocka_unit_test_setup_teardown(a_filtered_list_goes_on_behind_its_page, begin_many, end),
        cmocka_unit_test_setup_teardown(a_cursor_of_a_state_that_is_gone_is_refused, begin_many, end),
        cmocka_unit_test_setup_teardown(namespaces_snapshots_and_rules_have_pages, begin_many, end),
        cmocka_unit_test_setup_teardown(a_large_state_is_sent_in_pieces_and_is_consistent, begin_many, end),
        cmocka_unit_test_setup_teardown(a_page_of_the_journal_ends_after_a_megabyte, begin, end),
        cmocka_unit_test_setup_teardown(a_small_state_has_its_length, begin, end),
        cmocka_unit_test_setup_teardown(a_patch_of_a_large_state_checks_the_record, begin_many, end),
        cmocka_unit_test_setup_teardown(a_burst_of_large_responses_does_not_delay_a_light_call, begin_long_list, end),
        cmocka_unit_test_setup_teardown(the_client_of_a_large_state_may_disconnect, begin_many, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
