#include "base/array.h"
#include "base/url.h"

#include <string.h>

#include <curl/curl.h>

#include "base/tests/tree.h"

/* Reports all wrong rows, not only the first. */
static void expect_text(size_t *wrong, const char *of, const char *part, const char *expected, const char *got)
{
    if (strcmp(expected, got) == 0)
        return;
    print_error("%s: %s is '%s', not '%s'\n", of, part, got, expected);
    ++*wrong;
}

static void a_url_is_split_into_its_parts(void **state)
{
    /* clang-format off */
    static const struct {
        const char *text, *scheme, *user, *host, *path, *query, *fragment;
        int port;
    } rows[] = {
        {"https://crm.example.test",    "https", "", "crm.example.test", "",  "",              "",              0},
        {"HTTPS://CRM.Example.TEST/Link", "https", "", "crm.example.test", "/Link", "",              "", 0},
        {"http://a:8080/x/../y?a=1#top", "http",  "", "a",                "/x/../y", "a=1",           "top", 8080},
        {"http://a?q",                  "http",  "", "a",                "",  "q",             "",              0},
        {"http://a#f?not-a-query",      "http",  "", "a",                "",  "",              "f?not-a-query", 0},
        {"http://a/?x=http://b@c/#d#e", "http",  "", "a",                "/", "x=http://b@c/", "d#e",           0},
        {"http://127.0.0.1:1/",         "http",  "", "127.0.0.1",        "/", "",              "",              1},
        {"http://[::1]:65535/",         "http",  "", "[::1]",            "/", "",              "",              65535},
        {"http://[2001:DB8::A]",        "http",  "", "[2001:db8::a]",    "",  "",              "",              0},
        {"http://xn--bcher-kva.example/", "http",  "", "xn--bcher-kva.example", "/", "",              "", 0},
        {"http://my_service:80/%2e%2E/%zz", "http",  "", "my_service",       "/%2e%2E/%zz", "",              "", 80},
    };
    /* clang-format on */
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url u;
        const char *why = "";
        if (!url_parse(*state, rows[i].text, &u, &why)) {
            print_error("%s: refused: %s\n", rows[i].text, why);
            wrong++;
            continue;
        }
        expect_text(&wrong, rows[i].text, "scheme", rows[i].scheme, u.scheme);
        expect_text(&wrong, rows[i].text, "user", rows[i].user, u.user);
        expect_text(&wrong, rows[i].text, "host", rows[i].host, u.host);
        expect_text(&wrong, rows[i].text, "path", rows[i].path, u.path);
        expect_text(&wrong, rows[i].text, "query", rows[i].query, u.query);
        expect_text(&wrong, rows[i].text, "fragment", rows[i].fragment, u.fragment);
        wrong += u.port != rows[i].port;
    }
    assert_int_equal(wrong, 0);
}

#define LABEL_63 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"

/* clang-format off */
static const struct {
    const char *text, *why;
} hostile_urls[] = {
    /* not an absolute http(s) URL */
    {"",                                                             "scheme"},
    {"crm.example.test",                                             "scheme"},
    {"//crm.example.test/",                                          "scheme"},
    {"/crm.example.test",                                            "scheme"},
    {"?https://crm.example.test",                                    "scheme"},
    {"://crm.example.test",                                          "scheme"},
    {"ftp://crm.example.test/",                                      "scheme"},
    {"javascript:alert(1)//https://crm.example.test",                "scheme"},
    {"javascript://crm.example.test/%0aalert(1)",                    "scheme"},
    {"data:text/html,https://crm.example.test",                      "scheme"},
    {"file:///etc/passwd",                                           "scheme"},
    {"httpss://crm.example.test/",                                   "scheme"},
    {"ht%74ps://crm.example.test/",                                  "scheme"},
    {"crm.example.test:443/",                                        "scheme"},
    {"https:crm.example.test",                                       "//"},
    {"https:/crm.example.test",                                      "//"},
    {"https",                                                        "//"},
    {"https/://crm.example.test",                                    "//"},
    /* characters that some programs skip or replace */
    {" https://crm.example.test/",                                   "blank"},
    {"https://crm.example.test/ ",                                   "blank"},
    {"https://crm.example.test /",                                   "blank"},
    {"https://crm.example.test/a b",                                 "blank"},
    {"ht\ttps://crm.example.test/",                                  "blank"},
    {"https://crm.exam\nple.test/",                                  "blank"},
    {"https://crm.example.test/\r\nSet-Cookie:a=b",                  "blank"},
    {"https://crm.example.test/\x7f",                                "blank"},
    {"https://crm.example.test\x01/",                                "blank"},
    {"https:\\\\crm.example.test\\",                                 "backslash"},
    {"https://evil.test\\@crm.example.test/",                        "backslash"},
    {"https://crm.example.test\\.evil.test/",                        "backslash"},
    {"https://crm.example.test/\\evil.test",                         "backslash"},
    {"https://crm.example.test/?\\",                                 "backslash"},
    {"https://crm.example.test\xe3\x80\x82" "evil.test/",            "percent-encoded"},
    {"https://\xd1\x81rm.example.test/",                             "percent-encoded"},
    {"https://b\xc3\xbc" "cher.example/",                            "percent-encoded"},
    {"https://crm.example.test\xef\xbc\x8f.evil.test/",              "percent-encoded"},
    {"https://crm.example.test/\xc2\xa0",                            "percent-encoded"},
    {"https://crm.example.test\x80/",                                "percent-encoded"},
    /* no host */
    {"https://",                                                     "missing host"},
    {"https:///crm.example.test",                                    "missing host"},
    {"https:////crm.example.test",                                   "missing host"},
    {"https://?crm.example.test",                                    "missing host"},
    {"https://#crm.example.test",                                    "missing host"},
    {"https://:443/",                                                "missing host"},
    {"https://crm.example.test@/",                                   "missing host"},
    {"https://crm.example.test@:443/",                               "missing host"},
    {"https://::1/",                                                 "missing host"},
    /* credentials */
    {"https://@crm.example.test/",                                   "empty credentials"},
    {"https://a@evil.test@crm.example.test/",                        "character"},
    {"https://crm.example.test@evil.test@/",                         "character"},
    {"https://a[b@crm.example.test/",                                "credentials"},
    {"https://<a>@crm.example.test/",                                "credentials"},
    /* the host */
    {"https://crm%2eexample.test/",                                  "character"},
    {"https://%63rm.example.test/",                                  "character"},
    {"https://crm.example.test%00.evil.test/",                       "character"},
    {"https://crm.example.test%2f.evil.test/",                       "character"},
    {"https://crm.example.test%40evil.test/",                        "character"},
    {"https://crm.example.test;evil.test/",                          "character"},
    {"https://crm.example.test,evil.test/",                          "character"},
    {"https://crm.example.test&evil.test/",                          "character"},
    {"https://crm.example.test$evil.test/",                          "character"},
    {"https://crm.example.test'/",                                   "character"},
    {"https://crm.example.test(x)/",                                 "character"},
    {"https://*.example.test/",                                      "character"},
    {"https://crm.example.test|evil.test/",                          "character"},
    {"https://{host}/",                                              "character"},
    {"https://crm..example.test/",                                   "empty label"},
    {"https://.crm.example.test/",                                   "empty label"},
    {"https://crm.example.test../",                                  "empty label"},
    {"https://./",                                                   "empty label"},
    {"https://" LABEL_63 "d.test/",                                  "label"},
    {"https://" LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 "/", "longer than"},
    /* IPv6 */
    {"https://[::1/",                                                "missing closing bracket"},
    {"https://[/",                                                   "missing closing bracket"},
    {"https://[]/",                                                  "IPv6"},
    {"https://[crm.example.test]/",                                  "IPv6"},
    {"https://[::1%25eth0]/",                                        "IPv6"},
    {"https://[::1%eth0]/",                                          "IPv6"},
    {"https://[v1.crm]/",                                            "IPv6"},
    {"https://[1:2:3:4:5:6:7:8:9]/",                                 "IPv6"},
    {"https://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]/", "IPv6"},
    {"https://[::1]crm.example.test/",                               "between"},
    {"https://[::1][::2]/",                                          "between"},
    {"https://::1]/",                                                "missing host"},
    {"https://crm.example.test]/",                                   "character"},
    /* the port */
    {"https://crm.example.test:/",                                   "port"},
    {"https://crm.example.test:0/",                                  "port"},
    {"https://crm.example.test:080/",                                "port"},
    {"https://crm.example.test:65536/",                              "port"},
    {"https://crm.example.test:99999/",                              "port"},
    {"https://crm.example.test:18446744073709551697/",               "port"},
    {"https://crm.example.test:-1/",                                 "port"},
    {"https://crm.example.test:+80/",                                "port"},
    {"https://crm.example.test:80:80/",                              "port"},
    {"https://crm.example.test:0x50/",                               "port"},
    {"https://crm.example.test:80evil.test/",                        "port"},
    {"https://crm.example.test:443.evil.test/",                      "port"},
    {"https://[::1]:/",                                              "port"},
};
/* clang-format on */

static void a_hostile_url_is_rejected_with_the_reason(void **state)
{
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(hostile_urls); i++) {
        struct url u;
        const char *why = "accepted";
        if (!url_parse(*state, hostile_urls[i].text, &u, &why) && strstr(why, hostile_urls[i].why))
            continue;
        print_error("%s: %s, not: %s\n", hostile_urls[i].text, why, hostile_urls[i].why);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* Valid URLs that must not be mistaken for crm.example.test, 127.0.0.1 or localhost. */
static void a_lookalike_url_keeps_its_own_host(void **state)
{
    static const struct {
        const char *text, *host;
    } rows[] = {
        {"https://evil-crm.example.test/",              "evil-crm.example.test"     },
        {"https://crm.example.test.evil.test/",         "crm.example.test.evil.test"},
        {"https://sub.crm.example.test/",               "sub.crm.example.test"      },
        {"https://crm.example.test.",                   "crm.example.test."         },
        {"https://crm.example.test.:443/",              "crm.example.test."         },
        {"https://crmxexample.test/",                   "crmxexample.test"          },
        {"https://evil.test/crm.example.test",          "evil.test"                 },
        {"https://evil.test/@crm.example.test",         "evil.test"                 },
        {"https://evil.test?@crm.example.test",         "evil.test"                 },
        {"https://evil.test#@crm.example.test",         "evil.test"                 },
        {"https://evil.test?https://crm.example.test/", "evil.test"                 },
        {"https://crm.example.test@evil.test/",         "evil.test"                 },
        {"https://crm.example.test:443@evil.test/",     "evil.test"                 },
        {"https://crm.example.test%2f@evil.test/",      "evil.test"                 },
        {"http://0x7f.1/",                              "0x7f.1"                    },
        {"http://0X7F.1/",                              "0x7f.1"                    },
        {"http://2130706433/",                          "2130706433"                },
        {"http://127.1/",                               "127.1"                     },
        {"http://0177.0.0.1/",                          "0177.0.0.1"                },
        {"http://127.0.0.1./",                          "127.0.0.1."                },
        {"http://0/",                                   "0"                         },
        {"http://[::ffff:127.0.0.1]/",                  "[::ffff:127.0.0.1]"        },
        {"http://[0:0:0:0:0:0:0:1]/",                   "[0:0:0:0:0:0:0:1]"         },
        {"http://xn--e1afmkfd.example/",                "xn--e1afmkfd.example"      },
    };
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url u = {.host = "refused"};
        url_parse(*state, rows[i].text, &u, NULL);
        expect_text(&wrong, rows[i].text, "host", rows[i].host, u.host);
    }
    assert_int_equal(wrong, 0);
}

static void credentials_are_returned(void **state)
{
    static const char *const rows[][2] = {
        {"https://me@a/",          "me"         },
        {"https://me:secret@a/",   "me:secret"  },
        {"https://:secret@a/",     ":secret"    },
        {"https://crm.test%40@a/", "crm.test%40"},
        {"https://a/@b",           ""           },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url u;
        assert_true(url_parse(*state, rows[i][0], &u, NULL));
        assert_string_equal(u.user, rows[i][1]);
        assert_string_equal(u.host, "a");
    }
}

/* libcurl must connect to the host that url_parse returns. Names only: libcurl converts 127.1 to
 * 127.0.0.1, and url_parse does not. */
static void libcurl_finds_the_same_host(void **state)
{
    static const char *const rows[] = {
        "https://CRM.example.test:444/x?y#z",  "https://crm.example.test@evil.test/",
        "https://a:b@evil.test:1/@crm",        "https://evil.test?@crm.example.test",
        "https://evil.test#@crm.example.test", "http://evil.test/?x=http://b@c/#d#e",
        "https://crm.example.test./",          "http://[::1]:65535/",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url u;
        char *host = NULL;
        CURLU *other = curl_url();
        assert_true(url_parse(*state, rows[i], &u, NULL));
        assert_int_equal(curl_url_set(other, CURLUPART_URL, rows[i], 0), CURLUE_OK);
        assert_int_equal(curl_url_get(other, CURLUPART_HOST, &host, 0), CURLUE_OK);
        assert_true(str_eq_nocase(str_from(host), str_from(u.host)));
        curl_free(host);
        curl_url_cleanup(other);
    }
}

static void a_long_url_is_rejected_and_the_output_unchanged(void **state)
{
    char text[URL_MAX_BYTES + 2] = "https://crm.example.test/";
    size_t n = strlen(text);
    struct url u = {.host = "before"};
    const char *why = NULL;
    memset(text + n, 'a', URL_MAX_BYTES + 1 - n);
    assert_false(url_parse(*state, text, &u, &why));
    assert_string_equal(why, "longer than 8192 characters");
    assert_string_equal(u.host, "before");
    text[URL_MAX_BYTES] = '\0';
    assert_true(url_parse(*state, text, &u, &why));
}

static void decoding_reverses_encoding(void **state)
{
    struct arena *a = *state;
    char bytes[255];
    for (int i = 0; i < 255; i++)
        bytes[i] = (char)(i + 1);
    struct buf out = {.arena = a};
    struct str back;
    url_encode(&out, str_of(bytes, sizeof bytes));
    assert_true(url_decode(a, buf_str(&out), true, &back));
    assert_int_equal(back.n, sizeof bytes);
    assert_memory_equal(back.s, bytes, sizeof bytes);

    struct buf some = {.arena = a};
    url_encode(&some, STR("aZ9-._~ /?&=%+\xc3\xbc"));
    assert_string_equal(buf_c(&some), "aZ9-._~%20%2F%3F%26%3D%25%2B%C3%BC");
}

static void a_plus_is_a_space_only_on_request(void **state)
{
    struct str out;
    assert_true(url_decode(*state, STR("a+b%2B"), true, &out));
    assert_true(str_is(out, "a b+"));
    assert_true(url_decode(*state, STR("a+b%2b"), false, &out));
    assert_true(str_is(out, "a+b+"));
}

static void an_invalid_escape_is_rejected(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } rows[] = {
        {"%",     1},
        {"%4",    2},
        {"a%",    2},
        {"%4g",   3},
        {"%g4",   3},
        {"%%41",  4},
        {"% 1",   3},
        {"%-1",   3},
        {"%00",   3},
        {"a%00b", 5},
        {"a\0b",  3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str out = STR("before");
        assert_false(url_decode(*state, str_of(rows[i].bytes, rows[i].n), true, &out));
        assert_true(str_is(out, "before"));
    }
}

static void a_query_is_split_into_pairs_in_order(void **state)
{
    static const struct {
        const char *query, *pairs;
    } rows[] = {
        {"",                 ""            },
        {"&&",               ""            },
        {"a=1&b=2&a=3",      "a:1 b:2 a:3 "},
        {"a",                "a: "         },
        {"a=&=b",            "a: :b "      },
        {"a=b=c",            "a:b=c "      },
        {"%61=%26%3D&x+y=+", "a:&= x y:  " },
        {"&a=1&&b=2&",       "a:1 b:2 "    },
        {"a=%zz",            "refused"     },
        {"ok=1&%=2",         "refused"     },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url_pair *pairs;
        size_t count;
        struct buf seen = {.arena = *state};
        if (!url_query(*state, str_from(rows[i].query), &pairs, &count)) {
            buf_text(&seen, "refused");
            count = 0;
        }
        for (size_t k = 0; k < count; k++)
            buf_printf(&seen, STR_FMT ":" STR_FMT " ", STR_ARG(pairs[k].name), STR_ARG(pairs[k].value));
        assert_string_equal(buf_c(&seen), rows[i].pairs);
    }
}

static void a_pair_is_appended_before_the_fragment(void **state)
{
    static const char *const rows[][2] = {
        {"https://a",           "https://a?n%20x=v%26"          },
        {"https://a/b",         "https://a/b?n%20x=v%26"        },
        {"https://a/?",         "https://a/?n%20x=v%26"         },
        {"https://a/?b=1",      "https://a/?b=1&n%20x=v%26"     },
        {"https://a/?b=1&",     "https://a/?b=1&n%20x=v%26"     },
        {"https://a/#f",        "https://a/?n%20x=v%26#f"       },
        {"https://a/#f?g",      "https://a/?n%20x=v%26#f?g"     },
        {"https://a/?b=1#f?g#", "https://a/?b=1&n%20x=v%26#f?g#"},
        {"https://a/&",         "https://a/&?n%20x=v%26"        },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(url_with_query(*state, rows[i][0], "n x", "v&"), rows[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_url_is_split_into_its_parts, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_hostile_url_is_rejected_with_the_reason, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_lookalike_url_keeps_its_own_host, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(credentials_are_returned, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(libcurl_finds_the_same_host, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_long_url_is_rejected_and_the_output_unchanged, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(decoding_reverses_encoding, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_plus_is_a_space_only_on_request, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(an_invalid_escape_is_rejected, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_query_is_split_into_pairs_in_order, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(a_pair_is_appended_before_the_fragment, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
