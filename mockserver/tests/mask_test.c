/* Which parts of a JSON text are masked, and that no output of the admin API about calls has a secret. */
#include "base/array.h"
#include "mockserver/provider_api/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/time.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/state/world.h"
#include "mockserver/tests/mock_test.h"

#define FULL  "lp_live_01HX9Y6K7EJ4T2_full"
#define ODD   "lp_live_any key/with+signs="
#define SHORT "lp_live_tiny"
#define HOOK  "hush-hush-hush"

static const char fixture[] =
    "name: t\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: A\n"
    "      keys:\n"
    "        - { name: full, key: " FULL ", scopes: ['*'] }\n"
    "        - { name: odd, key: '" ODD "', scopes: ['*'] }\n"
    "        - { name: short, key: " SHORT ", scopes: ['*'] }\n"
    "      webhooks:\n"
    "        - { id: whe_a, url: 'http://127.0.0.1:1/h', events: [social_account.needs_reauth], secret: " HOOK " }\n";

static struct mock *begin(void)
{
    struct mock *m = mock_test_new(fixture);
    m->options.admin_token = "door-token-1";
    return m;
}

static void secrets_get_short_forms(void **state)
{
    /* clang-format off */
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"[\"" FULL "\"]",                                  "[\"lp_live_...full\"]"},
        {"{\"" FULL "\":1}",                                "{\"lp_live_...full\":1}"},
        {"[\"say " FULL ".\"]",                             "[\"say lp_live_...full.\"]"},
        {"[\"/a/" FULL "/b?x=" FULL "&y\"]",                "[\"/a/lp_live_...full/b?x=lp_live_...full&y\"]"},
        {"[\"key-" FULL "\"]",                              "[\"key-lp_live_...full\"]"},
        {"[\"%6Cp_live%5F01HX9Y6K7EJ4T2_full\"]",           "[\"lp_live_...full\"]"},
        {"[\"\\u006cp\\u005flive_01HX9Y6K7EJ4T2_full\"]",   "[\"lp_live_...full\"]"},
        {"[\"\\n" FULL "\\n\"]",                            "[\"\\nlp_live_...full\\n\"]"},
        {"[\"" FULL "x\"]",                                 "[\"lp_live_...(unknown key)\"]"},
        {"[\"lp_live_01HX9Y6K7EJ4T2\"]",                    "[\"lp_live_01HX9Y6K7EJ4T2\"]"}, /* its public part */
        {"[\"lp_live_short\"]",                             "[\"lp_live_short\"]"},
        {"[\"pe_live_a1b2c3d4a1b2c3d4\"]",                  "[\"pe_live_...(unknown key)\"]"},
        {"[\"a " ODD " b\"]",                               "[\"a lp_live_...odd b\"]"},
        {"[\"" HOOK "\"]",                                  "[\"...whe_a\"]"},
        {"[\"door-token-1\"]",                              "[\"...(admin_token)\"]"},
        {"[\"Bearer " SHORT "\"]",                          "[\"Bearer lp_live_...short\"]"},
        {"[\"Bearer other\"]",                              "[\"Bearer ...(unknown key)\"]"},
        {"[\"Bearer\"]",                                    "[\"Bearer\"]"},
        {"[\"" SHORT "\"]", "[\"lp_live_...short\"]"},
        {"{\"Authorization\":\"" FULL "\"}",                "{\"Authorization\":\"lp_live_...full\"}"},
        {"{\"Authorization\": \"Bearer " FULL "\"}",        "{\"Authorization\": \"Bearer lp_live_...full\"}"},
        {"{\"authorization\":\"Basic dTpw\"}",              "{\"authorization\":\"Basic ...\"}"},
        {"{\"embed-api-key\":\"x\",\"a\":1}",               "{\"embed-api-key\":\"...(unknown key)\",\"a\":1}"},
        {"{\"app_password\":\"ab\\\"cd\",\"a\":\"b\"}",     "{\"app_password\":\"...\",\"a\":\"b\"}"},
        {"{\"t\":\"{\\\"app_password\\\": \\\"ab\\\"}\"}",  "{\"t\":\"{\\\"app_password\\\": \\\"...\\\"}\"}"},
        {"{\"t\":\"a=b&password=ab&c=d\"}",                 "{\"t\":\"a=b&password=...&c=d\"}"},
        {"{\"password\":null,\"secret\":[\"a\"]}",          "{\"password\":null,\"secret\":[\"a\"]}"},
        {"{\"password\":\"\"}",                             "{\"password\":\"\"}"},
        {"[\"secret\",\"a\"]",                              "[\"secret\",\"a\"]"},
        {"{\"state\":\"st_2JMZVQMMG5X1QDTSKQFY240DE8\"}",   "{\"state\":\"st_2JMZVQMMG5X1QDTSKQFY240DE8\"}"},
        {"{\"a\":12345678901,\"b\":true}",                  "{\"a\":12345678901,\"b\":true}"},
        {"[\"100% %zz \\\\ \\\" %\"]",                      "[\"100% %zz \\\\ \\\" %\"]"},
    };
    /* clang-format on */
    (void)state;
    struct mock *mock = begin();
    struct mask m = {0};
    mask_learn(&m, mock_test_world(mock), mock->options.admin_token);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct buf out = {.arena = &a};
        size_t bad;
        const char *why;
        buf_text(&out, "{\"" FULL "\":");
        size_t from = out.n;
        buf_text(&out, rows[i].text);
        mask_json(&m, &out, from);
        assert_true(str_starts(buf_str(&out), STR("{\"" FULL "\":"))); /* what is before stays */
        assert_string_equal(buf_c(&out) + from, rows[i].expected);
        assert_true(json_check(str_skip(buf_str(&out), from), &bad, &why));
        arena_end(&a);
    }
    mask_end(&m);
    mock_free(mock);
}

/* Random bytes after each other must neither break the JSON nor take long. */
static void any_text_stays_valid_json_and_takes_little_time(void **state)
{
    static const char *const parts[] = {"lp_live_", "-",        "_",   ".", "%6c",   "\\u006c", "\\\"",
                                        "\\\\",     "password", "=",   ":", "\",\"", "Bearer ", FULL,
                                        "a",        ODD,        "pn-", "%", "\\n",   "\":\"",   "{\\\""};
    (void)state;
    struct mock *mock = begin();
    struct mask m = {0};
    mask_learn(&m, mock_test_world(mock), NULL);
    uint32_t random = 1;
    for (int run = 0; run < 3000; run++) {
        struct arena a = {0};
        struct buf text = {.arena = &a};
        size_t bad;
        const char *why;
        buf_text(&text, "{\"x\":[\"");
        for (int i = 0; i < 30; i++) {
            random = random * 1664525 + 1013904223;
            const char *part = parts[(random >> 16) % COUNT(parts)];
            buf_text(&text, strcmp(part, "\":\"") != 0 ? part : "\",\"");
        }
        buf_text(&text, "\"]}");
        assert_true(json_check(buf_str(&text), &bad, &why));
        mask_json(&m, &text, 0);
        if (!json_check(buf_str(&text), &bad, &why))
            fail_msg("%s: %s", why, buf_c(&text));
        assert_false(str_has(buf_str(&text), STR(FULL)));
        arena_end(&a);
    }
    static const char *const repeated[] = {".", "-", "_-", "lp_live_", "%6c", "=", "password=", "\\\"", "Bearer "};
    for (size_t i = 0; i < COUNT(repeated); i++) {
        struct arena a = {0};
        struct buf text = {.arena = &a};
        buf_text(&text, "[\"");
        while (text.n < 1u << 20)
            buf_text(&text, repeated[i]);
        buf_text(&text, "\"]");
        int64_t begun = time_monotonic_us();
        mask_json(&m, &text, 0);
        assert_in_range(time_monotonic_us() - begun, 0, 2000000); /* with a sanitizer, on a busy machine */
        arena_end(&a);
    }
    mask_end(&m);
    mock_free(mock);
}

static void no_output_about_a_call_has_a_secret(void **state)
{
    (void)state;
    struct mock *m = begin();
    m->options.admin_token = NULL;
    static const char *const secrets[] = {FULL, ODD, HOOK, "abcd-efgh-ijkl-mnop", "lp_live_01HX9Y6K7EJ4T2_fulk"};
    mock_call(m, "GET /v1/whoami", NULL, "Authorization: Bearer " FULL);
    mock_call(m, "GET /v1/whoami?api_key=" FULL, NULL, "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_fulk");
    mock_call(m, "GET /v1/nowhere/" FULL, NULL, "Authorization: Bearer " FULL, "X-Other: " ODD);
    mock_call(m, "POST /v1/webhook-endpoints",
              "{\"url\":\"http://127.0.0.1:1/h\",\"events\":[\"" FULL "\"],\"a\":\"" HOOK "\"}",
              "Authorization: " FULL);
    mock_call(m, "POST /posteverywhere/api/v1/accounts/connect-credential",
              "{\"app_password\":\"abcd-efgh-ijkl-mnop\"}", "Authorization: Bearer " ODD);
    struct mock_response made =
        mock_call(m, "POST /v1/webhook-endpoints",
                  "{\"url\":\"http://127.0.0.1:1/h\",\"events\":[\"social_account.needs_reauth\"]}",
                  "Authorization: Bearer " FULL);
    assert_int_equal(made.status, 201);
    const char *minted = at(made, "/signingSecret");
    static const struct {
        const char *line, *body, *shows;
    } reads[] = {
        {"GET /__admin/requests",                       NULL,                                                              "Bearer lp_live_...full"            },
        {"GET /__admin/requests",                       NULL,                                                              "Bearer lp_live_...(unknown key)"   },
        {"GET /__admin/requests/unmatched",             NULL,                                                              "/v1/nowhere/lp_live_...full"       },
        {"GET /__admin/requests/unmatched/near-misses", NULL,                                                              "/v1/nowhere/lp_live_...full"       },
        {"GET /__admin/explain/2",                      NULL,                                                              "/v1/whoami?api_key=lp_live_...full"},
        {"POST /__admin/requests/verify",               "{\"match\":{\"headers\":{\"Authorization\":\"x\"}},\"count\":1}",
         "lp_live_...full"                                                                                                                                     },
        {"POST /__admin/requests/wait",                 "{\"match\":{\"query\":{\"api_key\":\"" FULL "\"}},\"count\":1}",
         "lp_live_...full"                                                                                                                                     },
    };
    for (size_t i = 0; i < COUNT(reads); i++) {
        struct mock_response a = mock_call(m, reads[i].line, reads[i].body);
        if (a.status >= 500 || !a.body || !str_has(a.text, str_from(reads[i].shows)))
            fail_msg("%s: %d " STR_FMT, reads[i].line, a.status, STR_ARG(a.text));
        for (size_t k = 0; k < COUNT(secrets); k++)
            if (str_has(a.text, str_from(secrets[k])))
                fail_msg("%s has %s", reads[i].line, secrets[k]);
        assert_false(str_has(a.text, str_from(minted)));
    }
    /* Expectations are compared with what was sent. */
    assert_int_equal(
        mock_call(m, "POST /__admin/requests/verify", "{\"match\":{\"query\":{\"api_key\":\"" FULL "\"}},\"count\":1}")
            .status,
        200);
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_get_short_forms),
        cmocka_unit_test(any_text_stays_valid_json_and_takes_little_time),
        cmocka_unit_test(no_output_about_a_call_has_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
