/* Many events that are due at once: the mock runs them in turns, and serves other clients in between. */
#include "mockserver/provider_api/call.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/time.h"
#include "mockserver/runtime/scheduler.h"
#include "mockserver/runtime/send_queue.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/webhook.h"
#include "mockserver/tests/folder.h"
#include "mockserver/tests/served_mock.h"

#ifdef __SANITIZE_ADDRESS__ /* it surrounds each block, and keeps those that are freed */
#define GROWTH_MAX (300u << 20)
#else
#define GROWTH_MAX (60u << 20)
#endif
#define POSTS       4000
#define PATIENCE_US INT64_C(20000000)
#define KEY         "lp_live_01HX9Y6K7EJ4T2_full"
#define ADVANCE     "POST /__admin/clock/advance"
#define OTHER       "GET /ns/other/v1/projects/prj_a/social-accounts"
#define MINE        "GET /v1/projects/prj_a/social-accounts"

static struct folder folder;
static int dead = -1; /* a receiver that accepts connections and never responds */

static int listen_dead(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    dead = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(dead, 200), 0);
    assert_int_equal(getsockname(dead, (struct sockaddr *)&at, &size), 0);
    return ntohs(at.sin_port);
}

/* Post i is due `gap_ms` * i after 10:00. */
static const char *fixture_text(int posts, int gap_ms, int port)
{
    struct arena *a = &folder.arena;
    struct buf b = {.arena = a};
    buf_text(&b, "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                 "timings: { publish: 0s }\n"
                 "layers:\n"
                 "  organizations:\n"
                 "    - name: Acme\n"
                 "      keys: [ { name: full, key: " KEY ", scopes: ['*'], tier: internal } ]\n");
    if (port)
        buf_printf(
            &b,
            "      webhooks: [ { id: 11111111-1111-4111-8111-111111111111, secret: s, events: [post.published],\n"
            "                    url: 'http://127.0.0.1:%d/hook' } ]\n",
            port);
    buf_text(&b, "      projects:\n"
                 "        - id: prj_a\n"
                 "          social_accounts: [ { id: sa_a, platform: tiktok, handle: acme } ]\n"
                 "          content: [ { id: cnt_a } ]\n"
                 "          scheduled_posts:\n");
    for (int i = 0; i < posts; i++)
        buf_printf(&b, "            - { content: cnt_a, account: sa_a, at: +%dms }\n", 3600000 + i * gap_ms);
    return buf_c(&b);
}

static struct world *world_of(struct setup *s)
{
    return namespaces_at(s->mock->namespaces, 0)->world;
}

static struct setup *begin_posts(int posts, int gap_ms, int port)
{
    void *state;
    folder_begin(&folder);
    folder_put(&folder, "posts.yaml", fixture_text(posts, gap_ms, port));
    const char *const fixtures[] = {folder_file(&folder, "posts.yaml")};
    const struct mock_options options = {
        .fixtures = fixtures, .fixture_count = 1, .public_url = "http://mock.test", .admin = true};
    begin_with(&state, &options);
    struct setup *s = state;
    s->mock->fixtures[0]->world->checks = false; /* each would read all posts */
    namespaces_at(s->mock->namespaces, 0)->start->checks = false;
    world_of(s)->checks = false;
    return s;
}

static void end_posts(struct setup *s)
{
    end((void **)&s);
    folder_end(&folder);
    if (dead >= 0)
        close(dead);
    dead = -1;
}

static struct client *send_call(struct setup *s, const char *line, const char *body)
{
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(request(s, line, body)));
    return c;
}

/* Runs the loop until the advance has begun. */
static void wait_begun(struct setup *s)
{
    const struct scheduler *p = namespaces_at(s->mock->namespaces, 0)->scheduler;
    for (int i = 0; i < 1000 && !scheduler_is_advancing(p); i++)
        loop_step(s->rig.loop, 1000);
    assert_true(scheduler_is_advancing(p));
}

static void assert_time(struct setup *s, const char *now)
{
    char text[TIME_TEXT_MAX];
    assert_string_equal(time_millis(world_now(world_of(s)), text), now);
}

static size_t published(struct setup *s)
{
    size_t count = 0;
    for (uint32_t row = 1; row <= world_count(world_of(s), RECORD_DESTINATION); row++)
        count += destination_read(world_of(s), row)->state == DESTINATION_PUBLISHED;
    return count;
}

static size_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void others_are_served_while_many_events_run(void **state)
{
    (void)state;
    struct setup *s = begin_posts(POSTS, 0, 0);
    assert_int_equal(ask(s, OTHER, "").status, 200); /* creates its namespace */
    struct client *step = send_call(s, ADVANCE, "{\"by\":\"2h\"}");
    wait_begun(s);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(s, OTHER, "").status, 200);
        assert_int_equal(step->in.n, 0);
    }
    assert_true(published(s) < POSTS);
    struct mock_response a = client_read_last(step);
    assert_int_equal(a.status, 200);
    assert_true(str_has(a.body, STR("\"events\":4000,\"in_flight\":[]")));
    assert_true(str_has(a.body, STR("\"more_changes\":")));
    assert_true(a.body.n < 400000);
    assert_int_equal(published(s), POSTS);
    assert_time(s, "2026-05-02T11:00:00.000Z");
    end_posts(s);
}

/* It must not see a time at which only some of the due posts are published. */
static void a_call_of_the_same_namespace_waits_for_the_due_events(void **state)
{
    (void)state;
    struct setup *s = begin_posts(POSTS, 0, 0);
    struct client *step = send_call(s, ADVANCE, "{\"by\":\"1h\"}");
    wait_begun(s);
    assert_true(published(s) < POSTS);
    assert_int_equal(ask(s, MINE, "").status, 200);
    assert_int_equal(published(s), POSTS);
    assert_int_equal(client_read_last(step).status, 200);
    end_posts(s);
}

static void a_call_sees_the_time_that_an_advance_has_reached(void **state)
{
    (void)state;
    struct setup *s = begin_posts(POSTS, 1000, 0);
    struct client *step = send_call(s, ADVANCE, "{\"by\":\"4h\"}");
    wait_begun(s);
    struct mock_response a = ask(s, MINE, "");
    assert_int_equal(a.status, 200);
    assert_true(str_has(a.head, STR("Date: Sat, 02 May 2026 10:")));
    assert_int_equal(step->in.n, 0);
    assert_int_equal(ask(s, ADVANCE, "{\"by\":\"1h\"}").status, 409);
    assert_int_equal(ask(s, "PUT /__admin/clock", "{\"mode\":\"runs\"}").status, 409);
    assert_int_equal(client_read_last(step).status, 200);
    assert_time(s, "2026-05-02T13:00:00.000Z");
    end_posts(s);
}

static void a_reset_ends_the_advance_at_once(void **state)
{
    (void)state;
    struct setup *s = begin_posts(POSTS, 0, 0);
    struct client *step = send_call(s, ADVANCE, "{\"by\":\"2h\"}");
    wait_begun(s);
    struct client *late = send_call(s, MINE, "");
    assert_int_equal(ask(s, "POST /__admin/reset", "").status, 200);
    assert_int_equal(client_read_last(step).status, 503);
    assert_int_equal(client_read_last(late).status, 503);
    assert_int_equal(published(s), 0);
    assert_time(s, "2026-05-02T09:00:00.000Z");
    end_posts(s);
}

static void an_advance_continues_without_its_client(void **state)
{
    (void)state;
    struct setup *s = begin_posts(POSTS, 0, 0);
    client_end(send_call(s, ADVANCE, "{\"by\":\"2h\"}"));
    wait_begun(s);
    int64_t limit_us = time_monotonic_us() + PATIENCE_US;
    while (published(s) < POSTS && time_monotonic_us() < limit_us)
        loop_step(s->rig.loop, 1000);
    assert_int_equal(ask(s, ADVANCE, "{\"by\":\"1h\"}").status, 200);
    assert_time(s, "2026-05-02T12:00:00.000Z");
    end_posts(s);
}

static void the_mock_ends_during_an_advance(void **state)
{
    (void)state;
    struct setup *s = begin_posts(POSTS, 0, 0);
    send_call(s, ADVANCE, "{\"by\":\"2h\"}");
    wait_begun(s);
    send_call(s, MINE, "");
    for (int i = 0; i < 3; i++)
        loop_step(s->rig.loop, 0);
    assert_true(published(s) < POSTS);
    end_posts(s);
}

/* The other ways in which many events become due at once. */
static void every_way_to_make_events_due_takes_turns(void **state)
{
    (void)state;
    static const struct {
        const char *line, *body, *read;
    } rows[] = {
        {"PUT /__admin/clock",       "{\"now\":\"+2h\"}",                                               MINE},
        {"POST /__admin/namespaces", "{\"name\":\"x\",\"clock\":{\"start\":\"2026-05-02T11:00:00Z\"}}",
         "GET /ns/x/v1/projects/prj_a/social-accounts"                                                      },
        {"PUT /__admin/clock",       "{\"now\":\"2026-05-02T10:00:00.000Z\",\"mode\":\"runs\"}",        MINE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct setup *s = begin_posts(POSTS, 0, 0);
        assert_int_equal(ask(s, OTHER, "").status, 200);
        struct client *first = send_call(s, rows[i].line, rows[i].body);
        int64_t limit_us = time_monotonic_us() + PATIENCE_US;
        const struct namespace *ns = NULL;
        do { /* until it has begun */
            loop_step(s->rig.loop, 1000);
            ns = namespaces_find(s->mock->namespaces, i == 1 ? STR("x") : STR("default"));
        } while ((!ns || !scheduler_is_behind(ns->scheduler)) && time_monotonic_us() < limit_us);
        if (ns->world->checks)
            ns->world->checks = false;
        struct client *mine = send_call(s, rows[i].read, "");
        assert_int_equal(ask(s, OTHER, "").status, 200);
        assert_true(scheduler_is_behind(ns->scheduler));
        assert_int_equal(mine->in.n, 0);
        assert_int_equal(client_read_last(mine).status, 200);
        assert_false(scheduler_is_behind(ns->scheduler));
        assert_int_equal(client_read_last(first).status / 100, 2);
        end_posts(s);
    }
}

static void an_advance_does_not_wait_for_dead_receivers_if_told_so(void **state)
{
    (void)state;
    struct setup *s = begin_posts(40, 0, listen_dead());
    int64_t start_us = time_monotonic_us();
    struct mock_response a = ask(s, ADVANCE, "{\"by\":\"2h\",\"wait\":\"0s\"}");
    assert_int_equal(a.status, 200);
    assert_true(str_has(a.body, STR("\"now\":\"2026-05-02T11:00:00.000Z\"")));
    assert_true(
        str_has(a.body, STR("\"webhook\":\"11111111-1111-4111-8111-111111111111\",\"url\":\"http://127.0.0.1:")));
    assert_true(str_has(a.body, STR("\"attempt\":1}")));
    uint32_t rows[100];
    assert_int_equal(scheduler_in_flight(namespaces_at(s->mock->namespaces, 0)->scheduler, rows, 100), 40);
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(rows[i], i + 1);
    /* the same with a bound: it goes on when the bound is used up */
    assert_true(str_has(ask(s, ADVANCE, "{\"by\":\"1h\",\"wait\":\"20ms\"}").body, STR("\"attempt\":1}")));
    assert_time(s, "2026-05-02T12:00:00.000Z");
    assert_true(time_monotonic_us() - start_us < 8000000);
    end_posts(s);
}

/* Their deliveries are marked in flight, but are not written: a request has kilobytes, its place has less than 300 bytes. */
static void deliveries_to_a_dead_receiver_cost_little(void **state)
{
    (void)state;
    enum { MANY = SEND_LINE_MAX + SEND_RECEIVER_MAX + 8 };
    struct setup *s = begin_posts(MANY, 1, listen_dead());
    size_t before = resident_bytes();
    struct mock_response a = ask(s, ADVANCE, "{\"by\":\"2h\",\"wait\":\"0s\"}");
    assert_int_equal(a.status, 200);
    assert_true(str_has(a.body, STR("\"more_in_flight\":9932,")));
    size_t refused = 0;
    for (uint32_t row = 1; row <= MANY; row++) {
        const char *error = delivery_read(world_of(s), row)->last_error;
        refused += error && strcmp(error, "too many attempts wait for this receiver") == 0;
    }
    assert_int_equal(refused, 8);
    if (resident_bytes() > before + GROWTH_MAX)
        fail_msg("%zu bytes more", resident_bytes() - before);
    assert_int_equal(ask(s, "POST /__admin/reset", "").status, 200);
    end_posts(s);
}

static void a_wait_is_from_0s_to_1h(void **state)
{
    (void)state;
    struct setup *s = begin_posts(1, 0, 0);
    assert_int_equal(ask(s, ADVANCE, "{\"by\":\"1s\",\"wait\":\"-1s\"}").status, 422);
    assert_int_equal(ask(s, ADVANCE, "{\"by\":\"1s\",\"wait\":\"61m\"}").status, 422);
    assert_int_equal(ask(s, ADVANCE, "{\"by\":\"1s\",\"wait\":\"1h\"}").status, 200);
    end_posts(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_served_while_many_events_run),
        cmocka_unit_test(a_call_of_the_same_namespace_waits_for_the_due_events),
        cmocka_unit_test(a_call_sees_the_time_that_an_advance_has_reached),
        cmocka_unit_test(a_reset_ends_the_advance_at_once),
        cmocka_unit_test(an_advance_continues_without_its_client),
        cmocka_unit_test(the_mock_ends_during_an_advance),
        cmocka_unit_test(every_way_to_make_events_due_takes_turns),
        cmocka_unit_test(an_advance_does_not_wait_for_dead_receivers_if_told_so),
        cmocka_unit_test(deliveries_to_a_dead_receiver_cost_little),
        cmocka_unit_test(a_wait_is_from_0s_to_1h),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
