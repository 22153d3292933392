/* Tests of the return URLs that a key's list of domains allows. */
#include "base/array.h"
#include "mockserver/providers/layers/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const domains[] = {"app.your-product.com", "localhost", "127.0.0.1", "xn--bcher-kva.example"};
#define DOMAINS 4

struct row {
    const char *url;
    enum return_url verdict;
};

static void check_rows(const struct row *rows, size_t count, const char *const *hosts, uint32_t host_count)
{
    struct arena a = {0};
    for (size_t i = 0; i < count; i++) {
        const char *why = NULL;
        enum return_url verdict = return_url_judge(&a, rows[i].url, hosts, host_count, &why);
        if (verdict != rows[i].verdict)
            fail_msg("%s: verdict %d, not %d", rows[i].url, (int)verdict, (int)rows[i].verdict);
        if (verdict != RETURN_URL_ALLOWED)
            assert_non_null(why);
    }
    arena_end(&a);
}
#define CHECK(rows) check_rows(rows, COUNT(rows), domains, DOMAINS)

static void a_listed_host_is_allowed_with_any_path(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://app.your-product.com",                                RETURN_URL_ALLOWED},
        {"https://app.your-product.com/",                               RETURN_URL_ALLOWED},
        {"https://app.your-product.com/connect/complete",               RETURN_URL_ALLOWED},
        {"https://app.your-product.com/a?b=c&d=https://evil.example#e", RETURN_URL_ALLOWED},
        {"https://app.your-product.com?x=1",                            RETURN_URL_ALLOWED},
        {"https://APP.Your-Product.COM/x",                              RETURN_URL_ALLOWED},
        {"HTTPS://app.your-product.com/x",                              RETURN_URL_ALLOWED},
        {"https://xn--bcher-kva.example/x",                             RETURN_URL_ALLOWED},
        {"https://app.your-product.com/@evil.example",                  RETURN_URL_ALLOWED},
    };
    CHECK(rows);
}

static void an_unlisted_host_is_refused_in_any_notation(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://evil.example/",                         RETURN_URL_REFUSED},
        {"https://your-product.com/",                     RETURN_URL_REFUSED},
        {"https://x.app.your-product.com/",               RETURN_URL_REFUSED},
        {"https://evil-app.your-product.com/",            RETURN_URL_REFUSED},
        {"https://evilapp.your-product.com/",             RETURN_URL_REFUSED},
        {"https://app.your-product.com.evil.example/",    RETURN_URL_REFUSED},
        {"https://app.your-product.com./",                RETURN_URL_REFUSED},
        {"https://app.your-product.co",                   RETURN_URL_REFUSED},
        {"https://app.your-product.comm",                 RETURN_URL_REFUSED},
        {"https://app.your-product.com:443/",             RETURN_URL_REFUSED},
        {"https://app.your-product.com:8443/",            RETURN_URL_REFUSED},
        {"https://app.your-product.com:/",                RETURN_URL_REFUSED},
        {"https://app.your-product.com:evil.example/",    RETURN_URL_REFUSED},
        {"https://user@app.your-product.com/",            RETURN_URL_REFUSED},
        {"https://user:pass@app.your-product.com/",       RETURN_URL_REFUSED},
        {"https://app.your-product.com@evil.example/",    RETURN_URL_REFUSED},
        {"https://app.your-product.com:x@evil.example/",  RETURN_URL_REFUSED},
        {"https://app.your-product.com%40evil.example/",  RETURN_URL_REFUSED},
        {"https://app.your-product.com%2eevil.example/",  RETURN_URL_REFUSED},
        {"https://app.your-product.com%00.evil.example/", RETURN_URL_REFUSED},
        {"https://evil.example\\@app.your-product.com/",  RETURN_URL_REFUSED},
        {"https://evil.example\\.app.your-product.com/",  RETURN_URL_REFUSED},
        {"https://app.your-product.com\\.evil.example/",  RETURN_URL_REFUSED},
        {"https:\\\\app.your-product.com/",               RETURN_URL_NO_URL },
        {"https:///app.your-product.com/",                RETURN_URL_REFUSED},
        {"https:////app.your-product.com/",               RETURN_URL_REFUSED},
        {"https://evil.example#@app.your-product.com/",   RETURN_URL_REFUSED},
        {"https://evil.example?@app.your-product.com/",   RETURN_URL_REFUSED},
        {"https://evil.example/app.your-product.com",     RETURN_URL_REFUSED},
        {"https://app.your-product.com,evil.example/",    RETURN_URL_REFUSED},
        {"https://app.your-product.com evil.example/",    RETURN_URL_REFUSED},
        {"https://app.your-product.com\t/",               RETURN_URL_REFUSED},
        {"https://app.your-product.com\n/",               RETURN_URL_REFUSED},
        {"https://app..your-product.com/",                RETURN_URL_REFUSED},
        {"https://\xd0\xb0pp.your-product.com/",          RETURN_URL_REFUSED}, /* a Cyrillic first letter */
        {"https://app\xe3\x80\x82your-product.com/",      RETURN_URL_REFUSED}, /* an ideographic stop */
        {"https://b\xc3\xbc"
         "cher.example/x",                       RETURN_URL_REFUSED},
        {"https://[::1]/",                                RETURN_URL_REFUSED},
        {"https://2130706433/",                           RETURN_URL_REFUSED},
        {"https://0x7f.0.0.1/",                           RETURN_URL_REFUSED},
        {"https://127.1/",                                RETURN_URL_REFUSED},
        {"https://localhost.evil.example/",               RETURN_URL_REFUSED},
    };
    CHECK(rows);
}

static void plain_http_and_ports_are_allowed_for_loopback_hosts_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"http://app.your-product.com/",    RETURN_URL_REFUSED},
        {"http://localhost/",               RETURN_URL_ALLOWED},
        {"http://localhost:3000/back",      RETURN_URL_ALLOWED},
        {"https://localhost:3000/back",     RETURN_URL_ALLOWED},
        {"http://127.0.0.1:40123/back",     RETURN_URL_ALLOWED},
        {"http://LOCALHOST:3000/back",      RETURN_URL_ALLOWED},
        {"http://user@localhost:3000/back", RETURN_URL_REFUSED},
        {"http://localhost:0/",             RETURN_URL_REFUSED},
        {"http://localhost:65536/",         RETURN_URL_REFUSED},
        {"http://127.0.0.2/",               RETURN_URL_REFUSED},
    };
    CHECK(rows);
    struct arena a = {0};
    const char *why;
    assert_int_equal(return_url_judge(&a, "http://localhost/", domains, 1, &why),
                     RETURN_URL_REFUSED); /* not among the first domain */
    assert_int_equal(return_url_judge(&a, "https://app.your-product.com/", domains, 0, &why), RETURN_URL_REFUSED);
    arena_end(&a);
}

static void every_listed_loopback_host_may_use_plain_http(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.2", "app.localhost", "[::1]", "127.1", "localhost.example"};
    static const struct row rows[] = {
        {"http://127.0.0.2:3000/back",     RETURN_URL_ALLOWED},
        {"http://App.LOCALHOST:3000/back", RETURN_URL_ALLOWED},
        {"http://[::1]:3000/back",         RETURN_URL_ALLOWED},
        {"http://127.1/back",              RETURN_URL_REFUSED},
        {"http://localhost.example/back",  RETURN_URL_REFUSED},
        {"http://[::2]/back",              RETURN_URL_REFUSED}, /* not listed */
    };
    check_rows(rows, COUNT(rows), hosts, COUNT(hosts));
}

static void a_text_that_is_not_an_absolute_url_is_invalid(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"",                                          RETURN_URL_NO_URL},
        {"/connect/complete",                         RETURN_URL_NO_URL},
        {"app.your-product.com/x",                    RETURN_URL_NO_URL},
        {"//app.your-product.com/x",                  RETURN_URL_NO_URL},
        {"javascript:alert(1)//app.your-product.com", RETURN_URL_NO_URL},
        {"ftp://app.your-product.com/",               RETURN_URL_NO_URL},
        {"myapp://app.your-product.com/",             RETURN_URL_NO_URL},
        {"https:app.your-product.com",                RETURN_URL_NO_URL},
        {"https:/app.your-product.com",               RETURN_URL_NO_URL},
        {" https://app.your-product.com",             RETURN_URL_NO_URL},
    };
    CHECK(rows);
}

static void a_return_domain_is_a_host_name_only(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        bool valid;
    } rows[] = {
        {"app.your-product.com",         true },
        {"APP.your-product.com",         true },
        {"localhost",                    true },
        {"127.0.0.1",                    true },
        {"",                             false},
        {"https://app.your-product.com", false},
        {"app.your-product.com/",        false},
        {"app.your-product.com:443",     false},
        {"app.your-product.com.",        false},
        {"*.your-product.com",           false},
        {"user@app.your-product.com",    false},
        {"app your-product.com",         false},
        {"b\xc3\xbc"
         "cher.example",        false},
    };
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (return_domain_valid(&a, rows[i].domain) != rows[i].valid)
            fail_msg("'%s' should be %s", rows[i].domain, rows[i].valid ? "valid" : "invalid");
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listed_host_is_allowed_with_any_path),
        cmocka_unit_test(an_unlisted_host_is_refused_in_any_notation),
        cmocka_unit_test(plain_http_and_ports_are_allowed_for_loopback_hosts_only),
        cmocka_unit_test(every_listed_loopback_host_may_use_plain_http),
        cmocka_unit_test(a_text_that_is_not_an_absolute_url_is_invalid),
        cmocka_unit_test(a_return_domain_is_a_host_name_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
