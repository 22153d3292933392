/* The local consent page. */
#include "base/array.h"
#include "mockserver/tests/admin_test.h"

/* The call for the page of an attempt, with the path of its authorize URL. */
static const char *consent_path(struct mock *m, const char *method, const char *token)
{
    return arena_printf(&m->arena, "%s /__consent/layers/%s", method, token);
}

static bool shows(struct mock_response a, const char *words)
{
    return str_has(a.text, str_from(words));
}

static void the_page_asks_for_consent(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct mock_response a = mock_call(m, consent_path(m, "GET", token), NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(header_of(a, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(header_of(a, "X-Frame-Options"), "DENY");
    assert_string_equal(header_of(a, "Cache-Control"), "no-store");
    assert_non_null(strstr(header_of(a, "Content-Security-Policy"), "default-src 'none'"));
    assert_null(strstr(header_of(a, "Content-Security-Policy"), "form-action"));
    assert_true(shows(a, "Acme &lt;b&gt;&amp;Co wants to connect your TikTok account"));
    assert_false(shows(a, "<b>"));
    assert_false(shows(a, "<script"));
    assert_true(shows(a, "value=\"tiktok.user.4\""));
}

static void approving_on_the_page_redirects_back(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct mock_response a =
        mock_call(m, consent_path(m, "POST", token), "handle=%40fan&decision=approve", "Origin: http://mock.test");
    assert_int_equal(a.status, 303);
    assert_string_equal(header_of(a, "Location"), "https://app.test/back");
    assert_string_equal(oauth_attempt_status(m, token, "/status"), "completed");
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/items/0/handle"), "fan");
}

static void denying_on_the_page_redirects_back_with_the_reason(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct mock_response a = mock_call(m, consent_path(m, "POST", token), "decision=deny&handle=");
    assert_int_equal(a.status, 303);
    assert_string_equal(header_of(a, "Location"), "https://app.test/back?layers_oauth_error=access_denied");
    assert_string_equal(oauth_attempt_status(m, token, "/status"), "failed");
}

static void an_invalid_form_is_shown_again(void **state)
{
    struct mock *m = *state;
    static const char *const bodies[] = {"",
                                         "decision=maybe",
                                         "decision=approve&handle=",
                                         "decision=approve&handle=a+b",
                                         "%zz",
                                         "decision=approve&handle=%01"};
    const char *token = begin_attempt(m);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct mock_response a = mock_call(m, consent_path(m, "POST", token), bodies[i]);
        assert_int_equal(a.status, 422);
        assert_true(shows(a, "role=\"alert\""));
        assert_null(header_of(a, "Location"));
    }
    assert_string_equal(oauth_attempt_status(m, token, "/status"), "pending");
}

static void an_unknown_or_used_link_is_an_error_page(void **state)
{
    struct mock *m = *state;
    const char *used = begin_attempt(m);
    consent(m, used, "\"outcome\":\"approve\"");
    const char *late = begin_attempt(m);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}");
    /* clang-format off */
    const struct {
        const char *path;
        int status;
        const char *words;
    } rows[] = {
        {"/__consent/layers/st_unknown",                        404, "Unknown link"},
        {"/__consent/nobody/st_unknown",                        404, "Unknown link"},
        {arena_printf(&m->arena, "/__consent/nobody/%s", late), 404, "Unknown link"},
        {arena_printf(&m->arena, "/__consent/layers/%s", used), 410, "used"},
        {arena_printf(&m->arena, "/__consent/layers/%s", late), 410, "expired"},
        {"/__consent/layers",                                   404, "page"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int post = 0; post < 2; post++) {
            struct mock_response a = mock_call(m, arena_printf(&m->arena, "%s %s", post ? "POST" : "GET", rows[i].path),
                                               post ? "decision=approve&handle=x" : NULL);
            assert_int_equal(a.status, rows[i].status);
            assert_true(shows(a, rows[i].words));
            assert_null(header_of(a, "Location"));
            assert_string_equal(header_of(a, "Content-Type"), "text/html; charset=utf-8");
        }
}

static void the_page_is_filled_with_the_handle_of_the_link(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    static const struct {
        const char *query, *value;
    } rows[] = {
        {"?login_hint=acme.newcomer",                           "acme.newcomer"                                  },
        {"?login_hint=%40fan",                                  "fan"                                            },
        {"?state=x&login_hint=a%2Bb",                           "a+b"                                            },
        {"?login_hint=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"?login_hint=%27onfocus%3D%26amp;",                    "&#39;onfocus=&amp;amp;"                         },
        {"?login_hint=%C3%BC",                                  "\xc3\xbc"                                       },
        {"?login_hint=",                                        "tiktok.user.4"                                  }, /* not handles */
        {"?login_hint=a+b",                                     "tiktok.user.4"                                  },
        {"?login_hint=%ff",                                     "tiktok.user.4"                                  },
        {"?Login_Hint=a",                                       "tiktok.user.4"                                  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *line = arena_printf(&m->arena, "%s%s", consent_path(m, "GET", token), rows[i].query);
        struct mock_response a = mock_call(m, line, NULL);
        assert_int_equal(a.status, 200);
        if (!shows(a, arena_printf(&m->arena, " required value=\"%s\">", rows[i].value)))
            fail_msg("%s: " STR_FMT, rows[i].query, STR_ARG(a.text));
        assert_false(shows(a, "<script"));
    }
    const char *longest = arena_printf(&m->arena, "%s?login_hint=%0*d", consent_path(m, "GET", token), 101, 7);
    assert_true(shows(mock_call(m, longest, NULL), "value=\"tiktok.user.4\""));
    static const char *const broken[] = {"%zz", "a%00b"};
    for (size_t i = 0; i < COUNT(broken); i++) {
        const char *line = arena_printf(&m->arena, "%s?login_hint=%s", consent_path(m, "GET", token), broken[i]);
        struct mock_response a = mock_call(m, line, NULL);
        assert_int_equal(a.status, 422);
        assert_true(shows(a, "<h1>Page not available</h1>"));
        assert_false(shows(a, "<form"));
    }
    assert_string_equal(oauth_attempt_status(m, token, "/status"), "pending");
}

static void a_form_that_is_shown_again_keeps_the_handle(void **state)
{
    struct mock *m = *state;
    const char *line = arena_printf(&m->arena, "%s?login_hint=asked", consent_path(m, "POST", begin_attempt(m)));
    struct mock_response a = mock_call(m, line, "decision=approve&handle=%22two+words%3C");
    assert_int_equal(a.status, 422);
    assert_true(shows(a, "value=\"&quot;two words&lt;\""));
    assert_true(shows(a, "Invalid handle &#39;&quot;two words&lt;&#39;; expected"));
    assert_true(shows(mock_call(m, line, "decision=approve&handle=%ff"), "value=\"tiktok.user.4\""));
    assert_true(shows(mock_call(m, line, "decision=maybe"), "value=\"asked\""));
    assert_int_equal(mock_call(m, line, "decision=approve&handle=other").status, 303); /* a hint decides nothing */
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/items/0/handle"), "other");
}

static void the_generated_handle_is_new(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m), *other = begin_attempt(m), *last = begin_attempt(m);
    struct mock_response taken = consent(m, token, "\"outcome\":\"approve\",\"handle\":\"tiktok.user.5\"");
    assert_true(shows(mock_call(m, consent_path(m, "GET", other), NULL), "value=\"tiktok.user.6\""));
    struct mock_response one = consent(m, other, "\"outcome\":\"approve\"");
    struct mock_response two = consent(m, last, "\"outcome\":\"approve\"");
    assert_string_not_equal(at(one, "/account"), at(taken, "/account"));
    assert_string_not_equal(at(two, "/account"), at(one, "/account"));
}

static void only_the_same_user_can_reconnect(void **state)
{
    struct mock *m = *state;
    simulation(m, "token_lost", "{\"account\":\"one\",\"why\":\"expired\"}");
    const char *body = "{\"socialAccountId\":\"sa_one\",\"returnUrl\":\"https://app.test/again\"}";
    struct mock_response url = mock_call(m, "POST /layers/v1/projects/prj_one/social/reauth-url", body, KEY);
    assert_int_equal(url.status, 200);
    const char *token = at(url, "/state");
    assert_true(shows(mock_call(m, consent_path(m, "GET", token), NULL), "value=\"one\" readonly"));
    const char *asked = arena_printf(&m->arena, "%s?login_hint=one", consent_path(m, "GET", token));
    assert_false(shows(mock_call(m, asked, NULL), "role=\"alert\""));
    asked = arena_printf(&m->arena, "%s?login_hint=t%%3C", consent_path(m, "GET", token));
    struct mock_response other = mock_call(m, asked, NULL);
    assert_true(shows(other, "wants to reconnect your TikTok account"));
    assert_true(shows(other, ", through Layers."));
    assert_true(shows(other, "value=\"one\" readonly"));
    assert_true(shows(other, "The link asks for &#39;t&lt;&#39;, but this request reconnects &#39;one&#39;."));
    assert_problem(consent(m, token, "\"outcome\":\"approve\",\"handle\":\"two\""), 422, "/handle", "one");
    struct mock_response a = consent(m, token, "\"outcome\":\"approve\"");
    assert_string_equal(at(a, "/account"), "sa_one");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/token"), "live");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_page_asks_for_consent),
        TEST(approving_on_the_page_redirects_back),
        TEST(denying_on_the_page_redirects_back_with_the_reason),
        TEST(an_invalid_form_is_shown_again),
        TEST(an_unknown_or_used_link_is_an_error_page),
        TEST(the_page_is_filled_with_the_handle_of_the_link),
        TEST(a_form_that_is_shown_again_keeps_the_handle),
        TEST(the_generated_handle_is_new),
        TEST(only_the_same_user_can_reconnect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
