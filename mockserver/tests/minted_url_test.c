/* URLs in responses lead to where the client reached the mock. */
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mockserver/tests/posteverywhere_test.h"

#define LISTENS "http://127.0.0.1:8080"
#define UPLOAD  "{\"filename\":\"a.mp4\",\"content_type\":\"video/mp4\"}"

static int begin(void **state)
{
    struct mock *m = mock_test_file(SOURCE_DIR "/fixtures/posteverywhere-acme.yaml");
    m->options.public_url = NULL;
    m->url = LISTENS;
    mock_test_world(m)->local_consent = m->fixtures[0]->world->local_consent = true;
    *state = m;
    return 0;
}

/* Calls an operation that mints a URL; the header lines may be NULL. */
static const char *minted(struct mock *m, const char *line, const char *body, const char *pointer, const char *one,
                          const char *two, const char *three)
{
    struct mock_response a = mock_call(m, line, body, AS_ACME, one ? one : "X-A: b", two ? two : "X-A: b", three);
    assert_int_equal(a.status / 100, 2);
    return at(a, pointer);
}

static void assert_begins(const char *url, const char *base)
{
    if (!str_starts(str_from(url), str_from(base)) || url[strlen(base)] != '/')
        fail_msg("%s does not begin with %s/", url, base);
}

static void every_minted_url_has_the_host_of_the_request(void **state)
{
    static const struct {
        const char *line, *body, *pointer, *path;
    } rows[] = {
        {POST("/media/upload"),                         UPLOAD,                    "/data/upload_url",       V "/media/uploads/"         },
        {"POST /ns/t/posteverywhere" V "/media/upload", UPLOAD,                    "/data/upload_url",
         "/ns/t/posteverywhere" V "/media/uploads/"                                                                                      },
        {POST("/accounts/connect-link"),                "{\"platform\":\"x\"}",    "/data/authorize_url",    "/__consent/posteverywhere/"},
        {POST("/auth/device"),                          "{\"client_name\":\"p\"}", "/data/verification_uri", "/__consent/posteverywhere/"},
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *url = minted(m, rows[i].line, rows[i].body, rows[i].pointer, "Host: localhost:49153", NULL, NULL);
        assert_begins(url, "http://localhost:49153");
        assert_true(str_starts(str_skip(str_from(url), strlen("http://localhost:49153")), str_from(rows[i].path)));
    }
}

static void only_a_host_that_is_valid_in_a_url_is_repeated(void **state)
{
    static const struct {
        const char *host, *base;
    } rows[] = {
        {"Host: app",                 "http://app"           },
        {"Host: My_App.local:1",      "http://My_App.local:1"},
        {"Host: [::1]:8080",          "http://[::1]:8080"    },
        {"Host: [fe80::1]",           "http://[fe80::1]"     },
        {"Host:",                     LISTENS                },
        {"Host: a/b",                 LISTENS                },
        {"Host: u@a",                 LISTENS                },
        {"Host: a b",                 LISTENS                },
        {"Host: a:",                  LISTENS                },
        {"Host: a:0",                 LISTENS                },
        {"Host: a:99999",             LISTENS                },
        {"Host: a%22b",               LISTENS                },
        {"Host: a'onfocus=alert(1)'", LISTENS                },
        {"Host: \"><script>",         LISTENS                },
        {"Host: [::1",                LISTENS                },
        {"Host: ::1",                 LISTENS                },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_begins(minted(*state, POST("/media/upload"), UPLOAD, "/data/upload_url", rows[i].host, NULL, NULL),
                      rows[i].base);
}

static void forwarded_headers_count_only_with_trust_forwarded(void **state)
{
    static const struct {
        const char *scheme, *host, *base;
    } rows[] = {
        {"X-Forwarded-Proto: https",       "X-Forwarded-Host: mock.example.test", "https://mock.example.test"},
        {"X-Forwarded-Proto: HTTPS",       NULL,                                  "https://in:1"             },
        {"X-Forwarded-Proto: https, http", "X-Forwarded-Host: a.test:8, b.test",  "https://a.test:8"         },
        {NULL,                             "X-Forwarded-Host: [::1]:8",           "http://[::1]:8"           },
        {"X-Forwarded-Proto: http",        NULL,                                  "http://in:1"              },
        {"X-Forwarded-Proto: javascript",  NULL,                                  "http://in:1"              },
        {"X-Forwarded-Proto:",             "X-Forwarded-Host:",                   "http://in:1"              },
        {NULL,                             "X-Forwarded-Host: a/b",               "http://in:1"              },
        {NULL,                             "X-Forwarded-Host: u@a",               "http://in:1"              },
        {NULL,                             "Forwarded: host=a.test;proto=https",  "http://in:1"              },
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int trusts = 0; trusts < 2; trusts++) {
            m->options.trust_forwarded = trusts;
            const char *scheme = rows[i].scheme ? rows[i].scheme : "X-A: b";
            const char *url =
                minted(m, POST("/media/upload"), UPLOAD, "/data/upload_url", "Host: in:1", scheme, rows[i].host);
            assert_begins(url, trusts ? rows[i].base : "http://in:1");
        }
}

static void a_public_url_replaces_the_host(void **state)
{
    struct mock *m = *state;
    m->options.public_url = m->url = "https://mock.example.test/base";
    assert_begins(minted(m, POST("/media/upload"), UPLOAD, "/data/upload_url", "Host: localhost:1", NULL, NULL),
                  "https://mock.example.test/base");
}

static void over_tls_the_urls_are_https(void **state)
{
    struct mock *m = *state;
    m->url = "https://127.0.0.1:8443";
    assert_begins(minted(m, POST("/media/upload"), UPLOAD, "/data/upload_url", "Host: localhost:1", NULL, NULL),
                  "https://localhost:1");
}

/* Through a port mapping only the Host header tells the outer port. */
static void the_consent_page_works_under_the_outer_host(void **state)
{
    struct mock *m = *state;
    const char *outer = "http://localhost:49153";
    const char *page = minted(m, "POST /ns/t/posteverywhere" V "/accounts/connect-link", "{\"platform\":\"x\"}",
                              "/data/authorize_url", "Host: localhost:49153", NULL, NULL);
    assert_begins(page, arena_printf(&m->arena, "%s/ns/t/__consent/posteverywhere", outer));
    const char *path = page + strlen(outer);
    struct mock_response shown = mock_call(m, arena_printf(&m->arena, "GET %s", path), NULL, "Host: localhost:49153");
    assert_int_equal(shown.status, 200);
    assert_true(str_has(shown.text, STR("<form method=\"post\">"))); /* without an action: back to this very URL */
    assert_false(str_has(shown.text, STR("127.0.0.1")));
    struct mock_response sent = mock_call(m, arena_printf(&m->arena, "POST %s", path), "decision=approve&handle=fan",
                                          "Host: localhost:49153", "Origin: http://localhost:49153");
    assert_int_equal(sent.status, 200);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, mock_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_minted_url_has_the_host_of_the_request),
        TEST(only_a_host_that_is_valid_in_a_url_is_repeated),
        TEST(forwarded_headers_count_only_with_trust_forwarded),
        TEST(a_public_url_replaces_the_host),
        TEST(over_tls_the_urls_are_https),
        TEST(the_consent_page_works_under_the_outer_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
