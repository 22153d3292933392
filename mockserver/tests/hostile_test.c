/* Hostile namespaces: what varies in a response, and what never does. */
#include "base/array.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"

#define FROM(provider)                                                                                                 \
    "include: [" SOURCE_DIR "/fixtures/" provider "-acme.yaml]\n"                                                      \
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
#define LAYERS         FROM("layers")
#define POSTEVERYWHERE FROM("posteverywhere")
#define POSTNITRO      FROM("postnitro")
#define P              "/v1/projects/prj_acme_a"
#define LIST           ("GET " P "/social-accounts")
#define AS_BRAND       "Authorization: Bearer pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4"
#define AS_ACME        "embed-api-key: pn-acme00000000000000000001"
#define DONE           "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/done\"}"

/* All but short pages and missing headers: with these a response has less than a plain one. */
#define KIND                                                                                                           \
    "{ members: true, order: true, times: true, white_space: true, escapes: true, ids: true, refusals: true, late: "   \
    "true, close: "                                                                                                    \
    "true, "                                                                                                           \
    "content_type: true, header_names: true, more_headers: true }"

static struct mock *new_mock(const char *from, int seed, bool hostile)
{
    char yaml[1024];
    (void)snprintf(yaml, sizeof yaml, "%sseed: %d\nhostile: %s\n", from, seed, hostile ? KIND : "false");
    return mock_test_new(yaml);
}

static int set_up(void **state)
{
    *state = new_mock(LAYERS, 42, true);
    return 0;
}

/* Calls again after a refusal: two in a row do not occur. */
static struct mock_response call_until_accepted(struct mock *m, const char *line, const char *body, const char *as)
{
    struct mock_response a = mock_call(m, line, body, as);
    return a.status == 429 ? mock_call(m, line, body, as) : a;
}

/* --- content of a response ------------------------------------------------------------------ */

static bool same_value(const struct node *x, const struct node *y)
{
    int64_t x_ms, y_ms;
    if (x->kind == NODE_TEXT && y->kind == NODE_TEXT && time_parse(x->text, &x_ms) && time_parse(y->text, &y_ms))
        return x_ms == y_ms;
    return node_equal(x, y);
}

static bool contains(const struct node *plain, const struct node *other);

/* Every row has an equal one, in any order. */
static bool contains_rows(const struct node *plain, const struct node *other)
{
    size_t found = 0;
    for (size_t i = 0; i < node_count(plain); i++)
        for (size_t k = 0; k < node_count(other); k++)
            found += contains(node_at(plain, i), node_at(other, k));
    return node_count(plain) == node_count(other) && found >= node_count(plain);
}

/* True if `other` has everything that `plain` has, except for the id of the request. */
static bool contains(const struct node *plain, const struct node *other)
{
    if (plain->kind == NODE_LIST)
        return other->kind == NODE_LIST && contains_rows(plain, other);
    if (plain->kind != NODE_MAP)
        return same_value(plain, other);
    const struct member *m;
    for (size_t i = 0; (m = node_member(plain, i)); i++) {
        const struct node *value = node_get(other, m->key);
        bool own = strcmp(m->key, "requestId") == 0 || strcmp(m->key, "request_id") == 0;
        if (!value || (!own && !contains(m->value, value)))
            return false;
    }
    return true;
}

static void a_hostile_response_contains_all_of_the_plain_response(void **state)
{
    (void)state;
    static const struct {
        const char *from, *line, *as;
    } calls[] = {
        {LAYERS,         "GET " P "/social-accounts",           AS_FULL },
        {LAYERS,         "GET " P "/social-accounts?limit=2",   AS_FULL },
        {LAYERS,         "GET " P "/social-accounts?leased=no", AS_FULL },
        {LAYERS,         "GET " P "/ads/ad-accounts",           AS_FULL },
        {LAYERS,         "GET /v1/projects",                    AS_FULL },
        {LAYERS,         "GET /v1/projects/prj_other",          AS_FULL },
        {POSTEVERYWHERE, "GET /api/v1/posts",                   AS_BRAND},
        {POSTEVERYWHERE, "GET /api/v1/accounts",                AS_BRAND},
        {POSTNITRO,      "GET /social-account",                 AS_ACME },
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct mock *plain = new_mock(calls[i].from, 5, false), *m = new_mock(calls[i].from, 5, true);
        struct mock_response a = mock_call(plain, calls[i].line, NULL, calls[i].as);
        struct mock_response b = mock_call(m, calls[i].line, NULL, calls[i].as);
        if (a.status != b.status || !contains(a.body, b.body) || str_eq(a.text, b.text))
            fail_msg("%s: %d %s", calls[i].line, b.status, str_dup(b.arena, b.text));
        mock_free(plain);
        mock_free(m);
    }
}

static bool has_extra_member(const struct node *n)
{
    const struct member *m;
    for (size_t i = 0; (m = node_member(n, i)); i++)
        if (strncmp(m->key, "x_", 2) == 0 || has_extra_member(m->value))
            return true;
    for (size_t i = 0; n->kind == NODE_LIST && i < node_count(n); i++)
        if (has_extra_member(node_at(n, i)))
            return true;
    return false;
}

static void every_kind_of_variation_occurs_and_is_journaled(void **state)
{
    struct mock *m = *state;
    static const char *const kinds[] = {
        "\"extra member ",       "\"reordered members\"",          "\"reordered rows /items\"",
        "\"time /items/",        "\"white space between tokens\"", "\"escaped characters\"",
        "\"reordered headers\"", "\"headers in lower case\"",      "\"headers in upper case\"",
        "\"refused\"",
    };
    bool unknown = false, offset = false;
    for (int i = 0; i < 60; i++) {
        struct mock_response a = mock_call(m, LIST, NULL, AS_FULL);
        unknown = unknown || has_extra_member(a.body);
        offset = offset || strstr(str_dup(a.arena, a.text), ".000000+00:00");
    }
    assert_true(unknown && offset);
    struct mock_response log = mock_call(m, "GET /__admin/requests?limit=100", NULL);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (!strstr(str_dup(log.arena, log.text), kinds[i]))
            fail_msg("%s did not occur in 60 calls", kinds[i]);
}

static void a_plain_namespace_has_no_variations(void **state)
{
    struct mock *m = *state;
    mock_call(m, LIST, NULL, AS_FULL);
    assert_null(at(mock_call(m, "GET /__admin/requests", NULL), "/items/0/hostile"));
    assert_string_equal(at(mock_call(m, "GET /__admin/namespaces/default", NULL), "/hostile"), "false");
}

/* Calls until a body and a header vary, with that status each time; true if both did. */
static bool varies(struct mock *m, const char *line, const char *body, const char *as, int status)
{
    bool in_body = false, in_headers = false;
    for (int i = 0; i < 30 && !(in_body && in_headers); i++) {
        struct mock_response a = call_until_accepted(m, line, body, as);
        if (a.status != status)
            fail_msg("%s: %d %s", line, a.status, str_dup(a.arena, a.text));
        assert_non_null(a.body);
        a = mock_call(m, "GET /__admin/requests?limit=1000", NULL);
        const struct node *items = node_get(a.body, "items");
        const char *what = json_print(&m->arena, node_get(node_at(items, node_count(items) - 1), "hostile"));
        in_body =
            in_body || strstr(what, "reordered members") || strstr(what, "white space") || strstr(what, "escaped");
        in_headers = in_headers || strstr(what, "headers in ");
    }
    return in_body && in_headers;
}

static void errors_and_uploads_vary_too(void **state)
{
    struct mock *m = *state, *pe = new_mock(POSTEVERYWHERE, 42, true), *pn = new_mock(POSTNITRO, 42, true);
    assert_true(varies(m, "GET /v1/projects/prj_none", NULL, AS_FULL, 404));
    assert_true(varies(m, "GET /v1/nothing", NULL, AS_FULL, 404)); /* no route */
    assert_true(varies(m, "GET /v1/projects", NULL, "Authorization: Bearer lp_live_none", 401));
    assert_true(varies(m, "POST /v1/projects", "{}", AS_FULL, 422));
    assert_true(varies(pe, "GET /api/v1/posts/nothing/more", NULL, AS_BRAND, 404));
    assert_true(varies(pn, "GET /social-account/c00000000000000nobody", NULL, AS_ACME, 404));
    static const char image[] = "{\"filename\":\"a.png\",\"content_type\":\"image/png\",\"size\":3}";
    struct mock_response a = call_until_accepted(pe, "POST /api/v1/media/upload", image, AS_BRAND);
    const char *path = at(a, "/data/upload_url");
    assert_non_null(path);
    path = strstr(path, "/api/v1");
    assert_true(varies(pe, arena_printf(&pe->arena, "POST %s", path), "abc", AS_BRAND, 200));
    mock_free(pe);
    mock_free(pn);
}

/* --- determinism ---------------------------------------------------------------------------- */

static const char *journal_of(struct mock *m)
{
    for (int i = 0; i < 10; i++) {
        mock_call(m, LIST, NULL, AS_FULL);
        mock_call(m, "GET /v1/whoami", NULL, AS_READER);
        mock_call(m, "POST " P "/social/oauth-url", DONE, AS_FULL);
    }
    struct mock_response a = mock_call(m, "GET /__admin/requests?stable=1&limit=100", NULL);
    return json_print(a.arena, node_get(a.body, "items")); /* the cursor says which life of the journal it is for */
}

static void the_same_seed_and_calls_give_the_same_variations(void **state)
{
    struct mock *m = *state, *same = new_mock(LAYERS, 42, true), *other = new_mock(LAYERS, 43, true);
    const char *first = journal_of(m);
    assert_string_equal(journal_of(same), first);
    assert_string_not_equal(journal_of(other), first);
    mock_call(m, "POST /__admin/reset", NULL);
    assert_string_equal(journal_of(m), first);
    mock_free(same);
    mock_free(other);
}

/* --- refused ---------------------------------------------------------------------------- */

static void some_calls_are_refused_but_never_twice_in_a_row(void **state)
{
    struct mock *m = *state;
    const char *lists[] = {LIST, "GET /v1/whoami"};
    int refused = 0;
    bool before[2] = {false};
    for (int i = 0; i < 400; i++) {
        if (i % 50 == 0)
            mock_call(m, "POST /__admin/simulate/rate_limit", "{\"key\":\"full\",\"remaining\":120}"); /* refilled */
        struct mock_response a = mock_call(m, lists[i % 2], NULL, AS_FULL);
        bool now = a.status == 429;
        assert_false(now && before[i % 2]);
        before[i % 2] = now;
        refused += now;
        if (!now)
            continue;
        assert_string_equal(at(a, "/error/code"), "RATE_LIMITED");
        assert_string_equal(header_of(a, "Retry-After"), "1");
        assert_string_equal(header_of(a, "X-RateLimit-Remaining"), "0");
    }
    assert_in_range(refused, 8, 40); /* one in twenty */
}

static void a_refused_call_is_not_counted_and_has_no_effect(void **state)
{
    (void)state;
    struct mock *m = new_mock(LAYERS, 7, true);
    static const char project[] = "{\"name\":\"New\",\"timezone\":\"UTC\"}";
    uint32_t made = world_count(mock_test_world(m), RECORD_SPACE);
    int64_t counted = 0, left = 0;
    for (int i = 0; i < 30; i++) {
        struct mock_response a = mock_call(m, "POST /v1/projects", project, AS_FULL);
        if (a.status == 429)
            continue;
        counted++;
        assert_true(str_to_int(str_from(header_of(a, "X-RateLimit-Remaining")), &left));
    }
    int64_t limit = 0;
    struct mock_response last = call_until_accepted(m, "POST /v1/projects", project, AS_FULL);
    assert_true(str_to_int(str_from(header_of(last, "X-RateLimit-Limit")), &limit));
    assert_true(counted < 30); /* some were refused */
    assert_int_equal(limit - left, counted);
    assert_int_equal(world_count(mock_test_world(m), RECORD_SPACE) - made, counted + 1);
    mock_free(m);
}

/* --- what does not vary --------------------------------------------------------------------- */

static void a_documented_order_is_kept(void **state)
{
    struct mock *m = *state;
    for (int i = 0; i < 10; i++) {
        struct mock_response a = call_until_accepted(m, "GET " P "/scheduled-posts", NULL, AS_FULL);
        const struct node *items = node_get(a.body, "items");
        int64_t before = INT64_MAX, now;
        assert_true(node_count(items) > 1);
        for (size_t k = 0; k < node_count(items); k++) {
            assert_true(time_parse(str_from(node_get_text(node_at(items, k), "scheduledFor")), &now));
            assert_true(now <= before);
            before = now;
        }
    }
}

static void pages_contain_every_row_once(void **state)
{
    struct mock *m = *state;
    struct mock_response all = call_until_accepted(m, LIST, NULL, AS_FULL), page;
    size_t count = node_count(node_get(all.body, "items")), seen = 0;
    const char *cursor = "";
    for (; cursor && seen <= count; cursor = at(page, "/nextCursor")) {
        page = call_until_accepted(m,
                                   *cursor ? arena_printf(&m->arena, "%s?limit=2&cursor=%s", LIST, cursor)
                                           : arena_printf(&m->arena, "%s?limit=2", LIST),
                                   NULL, AS_FULL);
        seen += node_count(node_get(page.body, "items"));
        for (size_t i = 0; i < node_count(node_get(page.body, "items")); i++)
            assert_non_null(strstr(str_dup(all.arena, all.text),
                                   at(page, arena_printf(&m->arena, "/items/%zu/socialAccountId", i))));
        if (strcmp(at(page, "/nextCursor"), "null") == 0)
            break;
    }
    assert_int_equal(seen, count);
}

static void parallel_lists_are_reordered_alike(void **state)
{
    (void)state;
    struct mock *m = new_mock(POSTEVERYWHERE, 42, true);
    bool moved = false;
    for (int i = 0; i < 10; i++) {
        struct mock_response a = call_until_accepted(m, "GET /api/v1/accounts", NULL, AS_BRAND);
        const struct node *accounts = node_pointer(a.body, "/data/accounts");
        for (size_t k = 0; k < node_count(accounts); k++)
            assert_string_equal(at(a, arena_printf(&m->arena, "/data/accounts/%zu/account_id", k)),
                                at(a, arena_printf(&m->arena, "/data/account_ids/%zu", k)));
        moved = moved || strcmp(at(a, "/data/account_ids/0"), "2280") != 0;
    }
    assert_true(moved);
    mock_free(m);
}

static void a_completely_documented_object_gets_no_extra_members(void **state)
{
    (void)state;
    struct mock *m = new_mock(POSTNITRO, 42, true);
    for (int i = 0; i < 10; i++) {
        struct mock_response a = mock_call(m, "GET /social-account/c00000000000000nobody", NULL, AS_ACME);
        assert_int_equal(node_count(a.body), 2);
        assert_string_equal(at(a, "/message"), "Social account not found");
        a = mock_call(m, "GET /social-account", NULL, AS_ACME);
        assert_int_equal(node_count(node_pointer(a.body, "/data/socialAccounts")), 4);
    }
    mock_free(m);
}

static void values_of_the_client_are_unchanged(void **state)
{
    struct mock *m = *state;
    static const char endpoint[] = "{\"url\":\"http://127.0.0.1:9/\",\"events\":[\"post.failed\"],"
                                   "\"metadata\":{\"b\":{\"createdAt\":\"2026-01-01T00:00:00Z\"},"
                                   "\"a\":1}}";
    for (int i = 0; i < 10; i++) {
        struct mock_response a = call_until_accepted(m, "POST /v1/webhook-endpoints", endpoint, AS_FULL);
        const struct node *given = json_parse(&m->arena, str_from(endpoint), "given", NULL);
        const struct node *kept = node_get(node_get(a.body, "endpoint"), "metadata");
        assert_non_null(kept);
        assert_string_equal(json_print(&m->arena, kept), json_print(&m->arena, node_get(given, "metadata")));
    }
}

static void a_stored_response_is_returned_byte_by_byte(void **state)
{
    struct mock *m = *state;
    for (int i = 0; i < 10; i++) {
        const char *token = arena_printf(&m->arena, "Idempotency-Key: token-%d", i);
        struct mock_response first, again;
        do
            first = mock_call(m, "POST /v1/projects", "{\"name\":\"N\",\"timezone\":\"UTC\"}", AS_FULL, token);
        while (first.status == 429);
        do
            again = mock_call(m, "POST /v1/projects", "{\"name\":\"N\",\"timezone\":\"UTC\"}", AS_FULL, token);
        while (again.status == 429);
        assert_true(str_eq(first.text, again.text));
        assert_string_equal(header_of(again, "X-Mock-Replayed"), "true");
    }
}

static void the_admin_api_is_never_hostile(void **state)
{
    struct mock *m = *state, *plain = new_mock(LAYERS, 42, false);
    static const char *const calls[] = {"GET /__admin/state/accounts", "GET /__admin/clock", "GET /__admin/routes"};
    for (size_t i = 0; i < COUNT(calls); i++)
        assert_true(str_eq(mock_call(m, calls[i], NULL).text, mock_call(plain, calls[i], NULL).text));
    mock_free(plain);
}

static void reading_through_the_admin_api_changes_no_later_response(void **state)
{
    void *other = new_mock(LAYERS, 42, true);
    for (size_t i = 0; i < 5; i++) {
        mock_call(other, "GET /__admin/state", NULL);
        struct mock_response a = mock_call(*state, LIST, NULL, AS_FULL);
        assert_true(str_eq(a.text, mock_call(other, LIST, NULL, AS_FULL).text));
    }
    mock_test_teardown(&other);
}

static void the_response_of_a_rule_is_unchanged(void **state)
{
    struct mock *m = *state;
    mock_call(m, "POST /__admin/rules",
              "{\"on\":\"layers.whoami\",\"then\":[{\"respond\":{\"status\":200,"
              "\"body\":{\"b\":1,\"a\":2}}}]}");
    mock_call(m, "POST /__admin/rules",
              "{\"on\":\"layers.list_projects\",\"then\":[{\"patch\":[{\"op\":\"replace\","
              "\"path\":\"/nextCursor\",\"value\":\"mine\"}]}]}");
    for (int i = 0; i < 30; i++)
        assert_true(str_is(mock_call(m, "GET /v1/whoami", NULL, AS_FULL).text, "{\"b\":1,\"a\":2}"));
    assert_string_equal(at(call_until_accepted(m, "GET /v1/projects", NULL, AS_FULL), "/nextCursor"), "mine");
}

static void ids_have_every_documented_form(void **state)
{
    struct mock *m = *state;
    int uuids = 0;
    for (int i = 0; i < 12; i++) {
        struct mock_response a =
            call_until_accepted(m, "POST /v1/projects", "{\"name\":\"N\",\"timezone\":\"UTC\"}", AS_FULL);
        uuids += strlen(at(a, "/id")) == strlen("prj_") + 36;
    }
    assert_in_range(uuids, 1, 11);
}

/* Makes calls in a namespace with one switch and returns the variations of all of them, each once. */
static const char *variations_of(struct mock *m, const char *hostile)
{
    struct buf text = {.arena = &m->arena};
    const char *name = arena_printf(&m->arena, "n%zu", namespaces_count(m->namespaces));
    struct mock_response a = mock_call(
        m, "POST /__admin/namespaces",
        arena_printf(&m->arena, "{\"name\":\"%s\",\"fixture\":{\"include\":[\"layers-acme\"],\"hostile\":%s}}", name,
                     hostile));
    if (a.status != 201)
        fail_msg("%s", a.text.s);
    for (int i = 0; i < 40; i++)
        mock_call(m, arena_printf(&m->arena, "GET /ns/%s" P "/social-accounts", name), NULL, AS_FULL);
    a = mock_call(m, arena_printf(&m->arena, "GET /ns/%s/__admin/requests?limit=100", name), NULL);
    for (size_t i = 0; i < 40; i++) {
        const struct node *list = node_pointer(a.body, arena_printf(&m->arena, "/items/%zu/hostile", i));
        for (size_t k = 0; k < node_count(list); k++) {
            struct str word = str_from(node_text(node_at(list, k)));
            word = str_head(word, str_find(word, '/'));
            if (!text.n || !strstr(buf_c(&text), str_dup(&m->arena, str_trim(word))))
                buf_printf(&text, "%s" STR_FMT, text.n ? ", " : "", STR_ARG(str_trim(word)));
        }
    }
    return text.n ? buf_c(&text) : "";
}

static void each_switch_varies_one_thing(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *hostile, *variations;
    } rows[] = {
        {"{}",                       ""                                                    },
        {"false",                    ""                                                    },
        {"{\"members\":true}",       "extra member"                                        },
        {"{\"order\":true}",         "reordered rows, reordered members, reordered headers"},
        {"{\"times\":true}",         "time"                                                },
        {"{\"white_space\":true}",   "white space between tokens"                          },
        {"{\"escapes\":true}",       "escaped characters"                                  },
        {"{\"refusals\":true}",      "refused"                                             },
        {"{\"close\":true}",         "closes the connection"                               },
        {"{\"content_type\":true}",  "content type"                                        },
        {"{\"more_headers\":true}",  "more headers"                                        },
        {"{\"fewer_headers\":true}", "fewer headers"                                       },
        {"{\"chunks\":true}",        "body in chunks"                                      },
        {"{\"webhooks\":true}",      ""                                                    },
        {"{\"order\":false}",        ""                                                    },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(variations_of(m, rows[i].hostile), rows[i].variations);
    const char *names = variations_of(m, "{\"header_names\":true}");
    assert_non_null(strstr(names, "headers in lower case"));
    assert_non_null(strstr(names, "headers in upper case"));
}

static void pages_and_ids_have_their_switch(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(
        m, "POST /__admin/namespaces",
        "{\"name\":\"short\",\"fixture\":{\"include\":[\"layers-acme\"],\"hostile\":{\"pages\":true,\"ids\":true}}}");
    assert_int_equal(a.status, 201);
    a = mock_call(m, "GET /ns/short" P "/social-accounts", NULL, AS_FULL);
    assert_int_equal(node_count(node_get(a.body, "items")), 2);
    a = mock_call(m, "GET /ns/short" P "/social-accounts?limit=3", NULL, AS_FULL);
    assert_int_equal(node_count(node_get(a.body, "items")), 3);
    bool opaque = false;
    for (int i = 0; i < 20; i++) {
        a = mock_call(m, "POST /ns/short/v1/projects", "{\"name\":\"N\",\"timezone\":\"UTC\"}", AS_FULL);
        const char *id = at(a, "/id");
        opaque = opaque || strlen(id) > strlen("prj_") + 40;
        a = mock_call(m, arena_printf(&m->arena, "GET /ns/short/v1/projects/%s", id), NULL, AS_FULL);
        assert_int_equal(a.status, 200);
    }
    assert_true(opaque);
    a = mock_call(m, "GET /ns/short/__admin/state?format=fixture", NULL);
    assert_string_equal(at(a, "/hostile/pages"), "true");
    assert_string_equal(at(a, "/hostile/order"), "false");
}

static void an_unknown_switch_is_rejected(void **state)
{
    struct mock *m = *state;
    struct mock_response a =
        mock_call(m, "POST /__admin/namespaces", "{\"name\":\"x\",\"fixture\":{\"hostile\":{\"ordr\":true}}}");
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/fixture/hostile/ordr");
    assert_non_null(strstr(a.text.s, "did you mean 'order'"));
    a = mock_call(m, "POST /__admin/namespaces", "{\"name\":\"x\",\"fixture\":{\"hostile\":{\"order\":1}}}");
    assert_string_equal(at(a, "/pointer"), "/fixture/hostile/order");
    a = mock_call(m, "POST /__admin/namespaces", "{\"name\":\"x\",\"fixture\":{\"hostile\":\"yes\"}}");
    assert_string_equal(at(a, "/pointer"), "/fixture/hostile");
}

static void a_namespace_can_be_created_hostile(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(m, "POST /__admin/namespaces", "{\"name\":\"grim\",\"hostile\":true}");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/hostile"), "true");
    for (int round = 0; round < 2; round++) {
        mock_call(m, "GET /ns/grim" P "/social-accounts", NULL, AS_FULL);
        assert_non_null(at(mock_call(m, "GET /ns/grim/__admin/requests", NULL), "/items/0/hostile/0"));
        mock_call(m, "POST /ns/grim/__admin/reset", NULL);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_hostile_response_contains_all_of_the_plain_response),
        TEST(every_kind_of_variation_occurs_and_is_journaled),
        TEST(errors_and_uploads_vary_too),
        LAYERS_TEST(a_plain_namespace_has_no_variations),
        TEST(the_same_seed_and_calls_give_the_same_variations),
        TEST(some_calls_are_refused_but_never_twice_in_a_row),
        TEST(a_refused_call_is_not_counted_and_has_no_effect),
        TEST(a_documented_order_is_kept),
        TEST(pages_contain_every_row_once),
        TEST(parallel_lists_are_reordered_alike),
        TEST(a_completely_documented_object_gets_no_extra_members),
        TEST(values_of_the_client_are_unchanged),
        TEST(a_stored_response_is_returned_byte_by_byte),
        TEST(the_admin_api_is_never_hostile),
        TEST(reading_through_the_admin_api_changes_no_later_response),
        TEST(the_response_of_a_rule_is_unchanged),
        TEST(ids_have_every_documented_form),
        LAYERS_TEST(a_namespace_can_be_created_hostile),
        LAYERS_TEST(each_switch_varies_one_thing),
        LAYERS_TEST(pages_and_ids_have_their_switch),
        LAYERS_TEST(an_unknown_switch_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
