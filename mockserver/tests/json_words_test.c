/* Tests that errors over HTTP use the words of JSON, and that an integer may be written 1.0, for every provider and the
 * admin API. */
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"
#include "mockserver/server/mock_server.h"

#define AS_LAYERS    "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define AS_PE        "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a"
#define AS_POSTNITRO "embed-api-key: pn-acme00000000000000000001"

static struct mock *fixture_of(const char *provider)
{
    char path[256];
    snprintf(path, sizeof path, SOURCE_DIR "/fixtures/%s-acme.yaml", provider);
    return mock_test_file(path);
}

/* Words of YAML, and of our readers, that mean nothing to a client that sends JSON. */
static const char *yaml_word_in(const char *text)
{
    static const char *const words[] = {"quote it", " a map", "alias", " text", "a list", "list of",
                                        "anchor",   "!!str",  "flow",  "cJSON", " texts", "YAML"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(text, words[i]))
            return words[i];
    return NULL;
}

static const char *const values[] = {"null", "true", "7",    "1.5", "\"x\"",     "[]",
                                     "[7]",  "[[]]", "[{}]", "{}",  "{\"a\":[]}"};

/* Sends each member with a value of each kind, and checks whatever refusal comes. */
static void send_all(struct mock *m, const char *line, const char *key, const char *const *members, size_t count)
{
    struct arena a = {0};
    size_t refused = 0;
    for (size_t i = 0; i < count; i++) {
        mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}"); /* for the rate limit */
        for (size_t j = 0; j < COUNT(values); j++) {
            const char *body = arena_printf(&a, "{\"%s\":%s}", members[i], values[j]);
            struct mock_response r = mock_call(m, line, body, key);
            const char *word = r.status >= 400 ? yaml_word_in(str_dup(&a, r.text)) : NULL;
            assert_int_not_equal(r.status, 429);
            refused += r.status >= 400;
            if (word)
                fail_msg("%s %s: '%s' in %.*s", line, body, word, (int)r.text.n, r.text.s);
        }
    }
    assert_true(refused > 0);
    arena_end(&a);
}

#define MEMBERS(...) (const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__}))

static void providers_refuse_in_the_words_of_json(void **state)
{
    (void)state;
    struct mock *m = fixture_of("layers");
    send_all(m, "POST /v1/content/cnt_open/schedule", AS_LAYERS, MEMBERS("scheduledFor", "targets", "other"));
    send_all(m, "POST /v1/projects/prj_acme_a/social/oauth-url", AS_LAYERS,
             MEMBERS("platform", "returnUrl", "scopes", "usageNote"));
    send_all(m, "POST /v1/projects/prj_acme_a/leased-accounts/request", AS_LAYERS,
             MEMBERS("projectId", "count", "niche", "note"));
    send_all(m, "POST /v1/webhook-endpoints", AS_LAYERS, MEMBERS("url", "events", "metadata", "name"));
    mock_free(m);
    m = fixture_of("posteverywhere");
    send_all(m, "POST /api/v1/posts", AS_PE,
             MEMBERS("content", "account_ids", "media_ids", "scheduled_for", "timezone", "platform_content", "draft"));
    send_all(m, "POST /api/v1/posts/bulk", AS_PE, MEMBERS("posts", "name"));
    send_all(m, "POST /api/v1/posts/retry-failed", AS_PE, MEMBERS("post_ids", "account_ids", "since"));
    send_all(m, "POST /api/v1/webhooks", AS_PE, MEMBERS("url", "events", "name", "secret"));
    send_all(m, "POST /api/v1/media/upload", AS_PE, MEMBERS("filename", "content_type", "size", "width"));
    mock_free(m);
    m = fixture_of("postnitro");
    send_all(m, "POST /schedule", AS_POSTNITRO, MEMBERS("status", "scheduledAt", "selectedAccounts", "postContent"));
    mock_free(m);
}

static void the_admin_api_refuses_in_the_words_of_json(void **state)
{
    (void)state;
    struct mock *m = fixture_of("layers");
    static const char *const effects[] = {"respond", "edit", "headers", "request", "skip", "set_state", "webhook"};
    struct arena a = {0};
    send_all(m, "POST /__admin/rules", NULL, MEMBERS("on", "when", "then", "name", "provider"));
    for (size_t i = 0; i < COUNT(effects); i++)
        for (size_t j = 0; j < COUNT(values); j++) {
            const char *body = arena_printf(&a, "{\"then\":[{\"%s\":%s}]}", effects[i], values[j]);
            struct mock_response r = mock_call(m, "POST /__admin/rules", body);
            if (r.status >= 400 && yaml_word_in(str_dup(&a, r.text)))
                fail_msg("%s: %.*s", body, (int)r.text.n, r.text.s);
        }
    send_all(m, "POST /__admin/simulate/token_lost", NULL, MEMBERS("account", "why"));
    send_all(m, "POST /__admin/simulate/fail", NULL, MEMBERS("operation", "times", "status", "error"));
    send_all(m, "POST /__admin/requests/verify", NULL, MEMBERS("match", "count", "at_least", "within"));
    send_all(m, "POST /__admin/clock/advance", NULL, MEMBERS("by", "to"));
    send_all(m, "PATCH /__admin/state/accounts/sa_acme_tiktok", NULL,
             MEMBERS("handle", "token", "followers", "leased"));
    send_all(m, "PATCH /__admin/state/keys/~1", NULL, MEMBERS("scopes", "name"));
    send_all(m, "POST /__admin/namespaces", NULL, MEMBERS("fixture", "seed", "clock", "hostile"));
    arena_end(&a);
    mock_free(m);
}

static void an_integer_may_have_an_empty_fraction(void **state)
{
    (void)state;
    struct mock *m = fixture_of("posteverywhere");
    static const char *const same[] = {"3001.0", "3001", "3.001e3"};
    for (size_t i = 0; i < COUNT(same); i++) {
        struct arena a = {0};
        const char *body = arena_printf(&a, "{\"content\":\"x\",\"account_ids\":[%s]}", same[i]);
        struct mock_response r = mock_call(m, "POST /api/v1/posts", body, AS_PE);
        assert_int_equal(r.status, 201);
        assert_string_equal(at(r, "/data/account_ids"), "[3001]");
        arena_end(&a);
    }
    struct mock_response r = mock_call(m, "POST /api/v1/posts", "{\"content\":\"x\",\"account_ids\":[3001.5]}", AS_PE);
    assert_int_equal(r.status, 400);
    r = mock_call(m, "GET /api/v1/posts?limit=1.0", NULL, AS_PE); /* a parameter is no JSON */
    assert_int_equal(r.status, 400);
    mock_free(m);
    m = fixture_of("layers");
    r = mock_call(
        m, "POST /v1/projects/prj_acme_a/leased-accounts/request",
        "{\"projectId\":\"prj_acme_a\",\"count\":1.0,\"niche\":{\"vertical\":\"fitness\",\"audience\":\"all\","
        "\"language\":\"en-US\",\"geo\":[\"US\"]}}",
        AS_LAYERS);
    assert_int_equal(r.status, 202);
    r = mock_call(m, "POST /__admin/simulate/fail",
                  "{\"operation\":\"list_projects\",\"times\":2.0,\"error\":\"INTERNAL\"}");
    assert_int_equal(r.status, 200);
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(providers_refuse_in_the_words_of_json),
        cmocka_unit_test(the_admin_api_refuses_in_the_words_of_json),
        cmocka_unit_test(an_integer_may_have_an_empty_fraction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
