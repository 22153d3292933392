/* Generated ids, secrets and tokens depend on the name of the namespace and on the seed, with the sample fixture. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LAYERS "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define TEST   "Authorization: Bearer lp_test_01HX9Y6K7EJ4T2_test"
#define BRAND  "Authorization: Bearer pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4"
#define NITRO  "embed-api-key: pn-abcdefghijklmnopqrstuvwx"
#define ADMIN  "X-Nothing: 1"
#define TARGET "prj_01HX9Y7K8M2P4RSTUV56789AB"
#define RETURN "\"returnUrl\":\"https://app.your-product.com/done\""

/* Calls, and where their responses have an id. */
/* clang-format off */
static const struct {
    const char *line, *body, *as, *at[3];
} calls[] = {
    {"POST /layers/v1/webhook-endpoints", "{\"url\":\"http://127.0.0.1:9099/h\",\"events\":[\"post.scheduled\"]}",
     LAYERS, {"/endpoint/id", "/signingSecret"}},
    {"POST /layers/v1/projects", "{\"name\":\"New\",\"timezone\":\"UTC\"}", LAYERS, {"/id"}},
    {"POST /layers/v1/projects/" TARGET "/social/oauth-url", "{\"platform\":\"tiktok\"," RETURN "}", LAYERS,
     {"/state"}},
    {"POST /layers/v1/projects/" TARGET "/social/oauth-url", "{\"platform\":\"tiktok\"," RETURN "}", TEST, {"/state"}},
    {"GET /layers/v1/projects/" TARGET "/social-accounts", NULL, LAYERS,
     {"/items/0/socialAccountId", "/items/0/handle"}},
    {"POST /layers/v1/content/cnt_spring/schedule",
     "{\"scheduledFor\":\"2026-05-04T09:00:00Z\",\"targets\":[{\"socialAccountId\":\"sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A\","
     "\"mode\":\"publish\"}]}", LAYERS, {"/scheduledPosts/0/scheduledPostId"}},
    {"POST /layers/v1/projects/" TARGET "/leased-accounts/request",
     "{\"projectId\":\"" TARGET "\",\"count\":1,\"niche\":{\"vertical\":\"fitness\"}}", LAYERS, {"/requestId"}},
    {"GET /layers/v1/audit-log", NULL, LAYERS, {"/items/0/id", "/items/1/id", "/items/2/id"}},
    {"GET /__admin/state/deliveries", NULL, ADMIN, {"/items/0/id", "/items/0/event_id"}},
    {"GET /layers/v1/nowhere", NULL, LAYERS, {"/error/requestId"}},
    {"POST /posteverywhere/api/v1/posts", "{\"content\":\"hi\",\"account_ids\":[2280]}", BRAND,
     {"/data/post_id", "/meta/request_id"}},
    {"POST /posteverywhere/api/v1/accounts/connect-link", "{\"platform\":\"threads\"}", BRAND, {"/data/session_id"}},
    {"POST /posteverywhere/api/v1/auth/device", "{}", BRAND, {"/data/device_code", "/data/user_code"}},
    {"POST /posteverywhere/api/v1/media/upload", "{\"filename\":\"a.png\",\"content_type\":\"image/png\",\"size\":10}",
     BRAND, {"/data/media_id", "/data/upload_url"}},
    {"POST /posteverywhere/api/v1/webhooks", "{\"url\":\"http://127.0.0.1:9099/h\",\"events\":[\"post.published\"]}",
     BRAND, {"/data/id", "/data/secret"}},
    {"POST /__admin/simulate/account_connected",
     "{\"space\":\"My Brand\",\"platform\":\"tiktok\",\"handle\":\"new\"}", ADMIN, {"/account"}},
    {"POST /__admin/simulate/account_connected", "{\"space\":\"ws_456\",\"platform\":\"tiktok\",\"handle\":\"new\"}",
     ADMIN, {"/account"}},
    {"POST /postnitro/schedule",
     "{\"status\":\"DRAFT\",\"scheduledAt\":\"2026-05-03T12:00:00Z\",\"postContent\":{\"common\":\"hi\"},"
     "\"selectedAccounts\":[]}", NITRO, {"/data/id"}},
};
/* clang-format on */

struct ids {
    const char *texts[2 * COUNT(calls) + 8];
    size_t count;
};

/* Makes the calls in the namespace and collects their ids. */
static struct ids mint(struct mock *m, const char *namespace)
{
    struct ids out = {.count = 0};
    const char *where = arena_printf(&m->arena, "X-Mock-Namespace: %s", namespace);
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct mock_response a = mock_call(m, calls[i].line, calls[i].body, calls[i].as, where);
        for (size_t k = 0; k < COUNT(calls[i].at) && calls[i].at[k]; k++) {
            const char *text = at(a, calls[i].at[k]);
            if (!text)
                fail_msg("%s has no %s: " STR_FMT, calls[i].line, calls[i].at[k], STR_ARG(a.text));
            assert_true(out.count < COUNT(out.texts));
            out.texts[out.count++] = text;
        }
    }
    return out;
}

static void assert_same(const struct ids *a, const struct ids *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_string_equal(a->texts[i], b->texts[i]);
}

/* No id of one occurs in the other. */
static void assert_different(const struct ids *a, const struct ids *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (!strcmp(a->texts[i], b->texts[k]))
                fail_msg("both have '%s'", a->texts[i]);
}

static void reset(struct mock *m, const char *namespace)
{
    const char *line = arena_printf(&m->arena, "POST /__admin/namespaces/%s/reset", namespace);
    assert_int_equal(mock_call(m, line, NULL).status, 200);
}

static void namespaces_of_other_names_have_other_ids(void **state)
{
    struct ids a = mint(*state, "a"), b = mint(*state, "b"), standard = mint(*state, "default");
    assert_different(&a, &b);
    assert_different(&a, &standard);
    assert_different(&b, &standard);
}

static void a_namespace_of_the_same_name_has_the_same_ids(void **state)
{
    struct ids a = mint(*state, "a"), standard = mint(*state, "default");
    struct mock *other = mock_test_new(NULL);
    mint(other, "z"); /* the order of creation does not matter */
    struct ids again = mint(other, "a"), standard_again = mint(other, "default");
    assert_same(&a, &again);
    assert_same(&standard, &standard_again);
    mock_free(other);
}

static void a_reset_or_deleted_namespace_has_the_same_ids_again(void **state)
{
    struct ids a = mint(*state, "a"), standard = mint(*state, "default");
    reset(*state, "a");
    reset(*state, "default");
    struct ids after = mint(*state, "a"), standard_after = mint(*state, "default");
    assert_same(&a, &after);
    assert_same(&standard, &standard_after);
    assert_int_equal(mock_call(*state, "DELETE /__admin/namespaces/a", NULL).status, 200);
    after = mint(*state, "a");
    assert_same(&a, &after);
}

static void another_seed_gives_other_ids(void **state)
{
    struct ids one = mint(*state, "a");
    mock_call(*state, "DELETE /__admin/namespaces/a", NULL);
    assert_int_equal(mock_call(*state, "POST /__admin/namespaces", "{\"name\":\"a\",\"seed\":2}").status, 201);
    struct ids two = mint(*state, "a");
    assert_different(&one, &two);
}

#define PROJECT(m, namespace)                                                                                          \
    at(mock_call(m, "POST /layers/v1/projects", "{\"name\":\"New\",\"timezone\":\"UTC\"}", LAYERS,                     \
                 "X-Mock-Namespace: " namespace),                                                                      \
       "/id")

static void a_copy_keeps_the_ids_and_generates_its_own(void **state)
{
    const char *before = PROJECT(*state, "a");
    mock_call(*state, "POST /ns/a/__admin/snapshots", "{\"name\":\"saved\"}");
    mock_call(*state, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"saved\"}");
    const char *after = PROJECT(*state, "a"), *copied = PROJECT(*state, "copy");
    assert_string_not_equal(copied, after);
    const char *read = arena_printf(&((struct mock *)*state)->arena, "GET /ns/copy/layers/v1/projects/%s", before);
    assert_int_equal(mock_call(*state, read, NULL, LAYERS).status, 200);

    /* restored in its own namespace, and in another one */
    mock_call(*state, "POST /ns/a/__admin/snapshots/saved/restore", NULL);
    assert_string_equal(PROJECT(*state, "a"), after);
    mock_call(*state, "POST /ns/copy/__admin/snapshots/saved/restore", NULL);
    assert_string_equal(PROJECT(*state, "copy"), copied);
}

/* The clock starts later, so the initial state has a published post, whose external id is generated. */
static void ids_that_the_initial_state_generates_depend_on_the_name(void **state)
{
    static const char *const bodies[] = {
        "{\"name\":\"a\",\"clock\":{\"start\":\"+3d\"}}",
        "{\"name\":\"b\",\"clock\":{\"start\":\"+3d\"}}",
        "{\"name\":\"a\",\"clock\":{\"start\":\"+3d\"}}",
    };
    const char *ids[COUNT(bodies)];
    for (size_t i = 0; i < COUNT(bodies); i++) {
        mock_call(*state, "DELETE /__admin/namespaces/a", NULL);
        assert_int_equal(mock_call(*state, "POST /__admin/namespaces", bodies[i]).status, 201);
        struct mock_response a = mock_call(*state, "GET /layers/v1/projects/" TARGET "/scheduled-posts", NULL, LAYERS,
                                           i == 1 ? "X-Mock-Namespace: b" : "X-Mock-Namespace: a");
        ids[i] = at(a, "/items/0/externalId");
        assert_non_null(ids[i]);
    }
    assert_string_not_equal(ids[0], ids[1]);
    assert_string_equal(ids[0], ids[2]);
}

/* A fixture that is sent with the namespace belongs to it, so the ids that it leaves out are its own, too. */
static void ids_that_an_inline_fixture_leaves_out_depend_on_the_name(void **state)
{
    struct mock *m = *state;
    static const char *const names[] = {"a", "b", "a"};
    const char *ids[COUNT(names)];
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *key = arena_printf(&m->arena, "lp_live_own_%zu", i);
        const char *body = arena_printf(&m->arena,
                                        "{\"name\":\"%s\",\"credentials\":[\"%s\"],\"fixture\":{\"name\":\"same\","
                                        "\"layers\":{\"organizations\":[{\"name\":\"Own\",\"keys\":[{\"name\":\"k\","
                                        "\"key\":\"%s\",\"scopes\":[\"*\"]}]}]}}}",
                                        names[i], key, key);
        mock_call(m, "DELETE /__admin/namespaces/a", NULL);
        assert_int_equal(mock_call(m, "POST /__admin/namespaces", body).status, 201);
        struct mock_response a =
            mock_call(m, "GET /layers/v1/whoami", NULL, arena_printf(&m->arena, "Authorization: Bearer %s", key));
        ids[i] = at(a, "/organizationId");
        assert_non_null(ids[i]);
    }
    assert_string_not_equal(ids[0], ids[1]);
    assert_string_equal(ids[0], ids[2]);
}

static const char *call_twice(struct mock *m, const char *line, const char *namespace)
{
    const char *where = arena_printf(&m->arena, "X-Mock-Namespace: %s", namespace);
    struct mock_response one = mock_call(m, line, NULL, LAYERS, where), two = mock_call(m, line, NULL, LAYERS, where);
    return arena_printf(&m->arena, "%d " STR_FMT " %d " STR_FMT, one.status, STR_ARG(one.text), two.status,
                        STR_ARG(two.text));
}

/* They depend on the seed only. */
static void the_choices_of_rules_and_hostile_variations_are_the_same_in_all_namespaces(void **state)
{
    struct mock *m = *state;
    static const char *const names[] = {"a", "b"};
    const char *lists[COUNT(names)];
    uint64_t refused[COUNT(names)] = {0};
    for (size_t n = 0; n < COUNT(names); n++) {
        const char *body = arena_printf(&m->arena, "{\"name\":\"%s\",\"hostile\":true}", names[n]);
        assert_int_equal(mock_call(m, "POST /__admin/namespaces", body).status, 201);
        lists[n] = call_twice(m, "GET /layers/v1/projects/" TARGET "/social-accounts", names[n]);
        const char *rules = arena_printf(&m->arena, "POST /ns/%s/__admin/rules", names[n]);
        assert_int_equal(mock_call(m, rules,
                                   "{\"name\":\"half\",\"on\":\"layers.whoami\",\"when\":{\"probability\":0.5},"
                                   "\"then\":[{\"respond\":{\"status\":418}}]}")
                             .status,
                         201);
        for (size_t i = 0; i < 20; i++)
            refused[n] = refused[n] << 1 |
                         (uint64_t)str_starts(str_from(call_twice(m, "GET /layers/v1/whoami", names[n])), STR("418"));
    }
    assert_string_equal(lists[0], lists[1]);
    assert_true(refused[0] == refused[1] && refused[0]);
}

#define IDS_TEST(f) cmocka_unit_test_setup_teardown(f, mock_test_setup, mock_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IDS_TEST(namespaces_of_other_names_have_other_ids),
        IDS_TEST(a_namespace_of_the_same_name_has_the_same_ids),
        IDS_TEST(a_reset_or_deleted_namespace_has_the_same_ids_again),
        IDS_TEST(another_seed_gives_other_ids),
        IDS_TEST(a_copy_keeps_the_ids_and_generates_its_own),
        IDS_TEST(ids_that_the_initial_state_generates_depend_on_the_name),
        IDS_TEST(ids_that_an_inline_fixture_leaves_out_depend_on_the_name),
        IDS_TEST(the_choices_of_rules_and_hostile_variations_are_the_same_in_all_namespaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
