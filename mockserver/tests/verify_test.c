/* Verifications. For waits see wait_test.c. */
#include "base/array.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "mockserver/runtime/journal.h"

#define LIST   "GET /layers/v1/projects/prj_one/social-accounts"
#define URL    "POST /layers/v1/projects/prj_one/social/oauth-url"
#define VERIFY "POST /__admin/requests/verify"
#define KEY    "Authorization: Bearer lp_live_full"
#define READER "Authorization: Bearer lp_live_reader"

static const char fixture[] =
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys:\n"
    "        - { name: full, key: lp_live_full, scopes: ['*'], return_domains: [app.test] }\n"
    "        - { name: reader, key: lp_live_reader, scopes: ['social:read'] }\n"
    "      projects:\n"
    "        - id: prj_one\n"
    "          social_accounts: [ { id: sa_one, platform: tiktok, handle: one } ]\n"
    "rules:\n"
    "  - { name: limited, on: layers.list_social_accounts, when: { query: { limit: '7' } },\n"
    "      then: [ { respond: { error: RATE_LIMITED } } ] }\n"
    "  - { name: marked, on: layers.list_social_accounts, then: [ { headers: { X-A: b } } ] }\n";

/* Five calls: 1 list, 2 list of tiktok with the key reader, 3 rate-limited list, 4 OAuth URL, 5 no
 * route. */
static int setup(void **state)
{
    struct mock *m = *state = mock_test_new(fixture);
    mock_call(m, LIST, NULL, KEY, "X-Trace: a", "X-Trace: b");
    mock_call(m, (LIST "?platform=tiktok"), NULL, READER);
    mock_call(m, (LIST "?limit=7"), NULL, KEY);
    mock_call(m, URL, "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/back\"}", KEY);
    mock_call(m, "GET /layers/v1/nowhere", NULL, KEY);
    return 0;
}

/* The seqs of the matching calls: "1 2 3". */
static const char *matching(struct mock *m, const char *match)
{
    const char *body = arena_printf(&m->arena, "{\"match\":%s,\"at_least\":0}", match);
    struct mock_response a = mock_call(m, VERIFY, body);
    if (a.status != 200)
        fail_msg("%s: %s", match, a.text.s);
    struct buf text = {.arena = &m->arena};
    const struct node *list = node_get(a.body, "matches");
    for (size_t i = 0; i < node_count(list); i++)
        buf_printf(&text, "%s%d", i ? " " : "", (int)node_get(node_at(list, i), "seq")->integer);
    return buf_c(&text);
}

static void each_selector_selects_calls(void **state)
{
    static const struct {
        const char *match, *seqs;
    } rows[] = {
        {"{}",                                                               "1 2 3 4 5"},
        {"{\"operation\":\"layers.list_social_accounts\"}",                  "1 2 3"    },
        {"{\"operation\":\"list_social_accounts\",\"provider\":\"layers\"}", "1 2 3"    },
        {"{\"operation\":{\"$absent\":true}}",                               "5"        },
        {"{\"operation\":{\"$matches\":\"^layers[.]\"}}",                    "1 2 3 4"  },
        {"{\"provider\":\"layers\"}",                                        "1 2 3 4 5"},
        {"{\"provider\":\"postnitro\"}",                                     ""         },
        {"{\"method\":\"POST\"}",                                            "4"        },
        {"{\"path\":\"/v1/nowhere\"}",                                       "5"        },
        {"{\"path\":{\"$matches\":\"accounts$\"}}",                          "1 2 3"    },
        {"{\"status\":429}",                                                 "3"        },
        {"{\"status\":{\"$lt\":300}}",                                       "1 2 4"    },
        {"{\"key\":\"reader\"}",                                             "2"        },
        {"{\"key\":\"lp_live_reader\"}",                                     "2"        },
        {"{\"query\":{\"platform\":\"tiktok\"}}",                            "2"        },
        {"{\"query\":{\"platform\":{\"$absent\":true},\"limit\":\"7\"}}",    "3"        },
        {"{\"headers\":{\"x-trace\":\"a, b\"}}",                             "1"        },
        {"{\"headers\":{\"authorization\":{\"$matches\":\"reader$\"}}}",     "2"        },
        {"{\"body\":{\"platform\":\"tiktok\"}}",                             "4"        },
        {"{\"body\":{\"$absent\":true}}",                                    "1 2 3 5"  },
        {"{\"fault\":\"rate_limited\"}",                                     "3"        },
        {"{\"fault\":{\"$in\":[\"no_route\",\"rate_limited\"]}}",            "3 5"      },
        {"{\"rule\":\"limited\"}",                                           "3"        },
        {"{\"rule\":\"marked\"}",                                            "1 2 3"    },
        {"{\"rule\":{\"$count\":0}}",                                        "4 5"      },
        {"{\"rule\":\"marked\",\"key\":\"full\",\"status\":200}",            "1"        },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(matching(*state, rows[i].match), rows[i].seqs) != 0)
            fail_msg("%s chose %s", rows[i].match, matching(*state, rows[i].match));
}

static void a_removed_rule_can_still_be_selected(void **state)
{
    mock_call(*state, "DELETE /__admin/rules", NULL);
    assert_string_equal(matching(*state, "{\"rule\":\"limited\"}"), "3");
}

static void the_number_of_calls_is_compared(void **state)
{
    static const struct {
        const char *counts;
        int status;
    } rows[] = {
        {"\"count\":3",                     200},
        {"\"count\":2",                     409},
        {"\"count\":4",                     409},
        {"\"at_least\":3",                  200},
        {"\"at_least\":4",                  409},
        {"\"at_most\":3",                   200},
        {"\"at_most\":2",                   409},
        {"\"at_least\":2,\"at_most\":4",    200},
        {"\"at_least\":4,\"at_most\":5",    409},
        {"\"since\":0",                     200},
        {"\"since\":\"0\",\"count\":3",     200},
        {"\"since\":\"1-1\"",               200},
        {"\"since\":\"1-1\",\"count\":2",   200},
        {"\"since\":\"1-3\",\"count\":0",   200},
        {"\"since\":\"1-3\"",               409}, /* at least one */
        {"\"since\":\"1-3\",\"at_most\":0", 200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = *state;
        struct mock_response a = mock_call(m, VERIFY,
                                           arena_printf(&m->arena,
                                                        "{\"match\":{\"operation\":"
                                                        "\"layers.list_social_accounts\"},%s}",
                                                        rows[i].counts));
        if (a.status != rows[i].status)
            fail_msg("%s: %d %s", rows[i].counts, a.status, a.text.s);
    }
}

static void a_failure_lists_the_nearest_calls_with_their_misses(void **state)
{
    struct mock_response a = mock_call(*state, VERIFY,
                                       "{\"match\":{\"operation\":\"layers.list_social_accounts\","
                                       "\"key\":\"reader\",\"query\":{\"platform\":\"instagram\"}}}");
    assert_int_equal(a.status, 409);
    assert_string_equal(header_of(a, "Content-Type"), "application/problem+json");
    assert_string_equal(at(a, "/code"), "not_verified");
    assert_string_equal(at(a, "/detail"), "0 matching requests; expected at least 1");
    assert_string_equal(at(a, "/matched"), "0");
    assert_string_equal(at(a, "/expected/at_least"), "1");
    assert_string_equal(at(a, "/lost"), "0");
    assert_string_equal(at(a, "/next"), "1-5");
    assert_string_equal(at(a, "/nearest/0/seq"), "2");
    assert_string_equal(at(a, "/nearest/0/operation"), "list_social_accounts");
    assert_string_equal(at(a, "/nearest/0/misses/0/pointer"), "/query/platform");
    assert_string_equal(at(a, "/nearest/0/misses/0/expected"), "\"instagram\"");
    assert_string_equal(at(a, "/nearest/0/misses/0/actual"), "\"tiktok\"");
    assert_null(at(a, "/nearest/0/misses/1"));
    /* Of two equally close calls the newer comes first. */
    assert_string_equal(at(a, "/nearest/1/seq"), "3");
    assert_string_equal(at(a, "/nearest/1/misses/0/pointer"), "/key");
    assert_string_equal(at(a, "/nearest/1/misses/1/actual"), "absent");
    assert_string_equal(at(a, "/nearest/2/seq"), "1");
    assert_null(at(a, "/nearest/3"));
}

static void too_many_matches_are_listed(void **state)
{
    struct mock_response a = mock_call(*state, VERIFY, "{\"match\":{\"method\":\"POST\"},\"count\":0}");
    assert_int_equal(a.status, 409);
    assert_string_equal(at(a, "/detail"), "1 matching request; expected 0");
    assert_string_equal(at(a, "/matches/0/seq"), "4");
    assert_non_null(at(a, "/matches/0/target"));
}

static void a_selector_that_cannot_match_is_rejected_with_its_pointer(void **state)
{
    static const struct {
        const char *body, *pointer, *says;
    } rows[] = {
        {"{\"match\":{\"operatoin\":\"x\"}}",              "/match/operatoin",        "did you mean 'operation'"   },
        {"{\"match\":{\"operation\":\"layers.revok\"}}",   "/match/operation",        "has no operation"           },
        {"{\"match\":{\"operation\":\"whoamy\"}}",         "/match/operation",
         "no provider has an operation 'whoamy' (did you mean 'whoami'?)"                                          },
        {"{\"match\":{\"provider\":\"layer\"}}",           "/match/provider",         "did you mean 'layers'"      },
        {"{\"match\":{\"method\":\"get\"}}",               "/match/method",           "unknown method"             },
        {"{\"match\":{\"method\":7}}",                     "/match/method",           "a string or matchers"       },
        {"{\"match\":{\"status\":\"200\"}}",               "/match/status",           "a number"                   },
        {"{\"match\":{\"key\":\"ful\"}}",                  "/match/key",              "did you mean 'full'"        },
        {"{\"match\":{\"fault\":\"rate_limitd\"}}",        "/match/fault",            "did you mean 'rate_limited'"},
        {"{\"match\":{\"rule\":\"none\"}}",                "/match/rule",             "unknown rule 'none'"        },
        {"{\"match\":{\"query\":{\"limit\":7}}}",          "/match/query/limit",      "expected a string"          },
        {"{\"match\":{\"headers\":{\"$matches\":\"x\"}}}", "/match/headers/$matches", "write a name first"         },
        {"{\"match\":{\"path\":{\"$matches\":\"(\"}}}",    "/match/path/$matches",    "parenthesis"                },
        {"{\"match\":{\"body\":{\"$matchs\":\"x\"}}}",     "/match/body/$matchs",     "did you mean"               },
        {"{\"match\":{},\"times\":1}",                     "/times",                  "unknown"                    },
        {"{\"match\":{},\"count\":1,\"at_least\":1}",      "/count",                  "excludes 'at_least'"        },
        {"{\"match\":{},\"at_least\":3,\"at_most\":2}",    "/at_least",               "expected at most"           },
        {"{\"match\":{},\"count\":-1}",                    "/count",                  ""                           },
        {"{\"match\":{},\"since\":\"1-6\"}",               "/since",                  "newest cursor is '1-5'"     },
        {"{\"match\":{},\"since\":3}",                     "/since",                  "is the number 3"            },
        {"{\"match\":{},\"since\":\"3\"}",                 "/since",                  "is the number 3"            },
        {"{\"match\":{},\"since\":-1}",                    "/since",                  "invalid 'since': '-1'"      },
        {"{\"match\":{},\"since\":\"1-x\"}",               "/since",                  "invalid 'since': '1-x'"     },
        {"{\"match\":{},\"since\":\"1-\"}",                "/since",                  "invalid 'since': '1-'"      },
        {"{\"match\":{},\"since\":\"\"}",                  "/since",                  "invalid 'since': ''"        },
        {"{\"match\":{},\"since\":null}",                  "/since",                  "as text, or 0, not null"    },
        {"{\"match\":{},\"since\":[1]}",                   "/since",                  "as text, or 0, not array"   },
        {"{\"match\":{},\"timeout\":\"1s\"}",              "/timeout",                "unknown"                    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, VERIFY, rows[i].body);
        if (a.status != 422 || !at(a, "/pointer") || strcmp(at(a, "/pointer"), rows[i].pointer) != 0 ||
            !strstr(at(a, "/detail"), rows[i].says))
            fail_msg("%s: %d %s", rows[i].body, a.status, a.text.s);
    }
}

static void a_lost_entry_in_range_fails(void **state)
{
    struct mock *m = *state;
    struct namespace *ns = namespaces_at(m->namespaces, 0);
    journal_free(ns->journal);
    ns->journal = journal_new(6000, NULL);
    for (int i = 0; i < 20; i++)
        mock_call(m, LIST, NULL, KEY);
    uint64_t lost = journal_lost(ns->journal);
    assert_true(lost > 0);
    struct mock_response a = mock_call(m, VERIFY, "{\"match\":{\"method\":\"GET\"}}");
    assert_int_equal(a.status, 409);
    assert_string_equal(at(a, "/lost"), arena_printf(&m->arena, "%d", (int)lost));
    assert_non_null(strstr(at(a, "/detail"), "has evicted"));
    a = mock_call(m, VERIFY,
                  arena_printf(&m->arena,
                               "{\"match\":{\"method\":\"GET\"},\"since\":\"1-%d\","
                               "\"count\":%d}",
                               (int)lost, 20 - (int)lost));
    assert_int_equal(a.status, 200);
}

static void a_truncated_body_is_undecided(void **state)
{
    struct mock *m = *state;
    const char *body = arena_printf(&m->arena, "{\"platform\":\"x\"}%*s", (int)JOURNAL_BODY_MAX, "");
    mock_call(m, URL, body, KEY);
    struct mock_response a = mock_call(m, VERIFY, "{\"match\":{\"body\":{\"platform\":\"x\"}},\"since\":\"1-5\"}");
    assert_int_equal(a.status, 409);
    assert_string_equal(at(a, "/undecided"), "1");
    assert_non_null(strstr(at(a, "/detail"), "first 65536 bytes"));
    a = mock_call(m, VERIFY,
                  "{\"match\":{\"method\":\"GET\",\"body\":{\"platform\":\"x\"}},\"since\":\"1-5\","
                  "\"count\":0}");
    assert_int_equal(a.status, 200);
}

static void without_a_server_a_wait_returns_at_once(void **state)
{
    struct mock_response a =
        mock_call(*state, "POST /__admin/requests/wait", "{\"match\":{\"method\":\"PUT\"},\"timeout\":\"60s\"}");
    assert_int_equal(a.status, 409);
    a = mock_call(*state, "POST /__admin/requests/wait", "{\"match\":{\"method\":\"GET\"},\"timeout\":\"61s\"}");
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/timeout");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_selector_selects_calls),
        TEST(a_removed_rule_can_still_be_selected),
        TEST(the_number_of_calls_is_compared),
        TEST(a_failure_lists_the_nearest_calls_with_their_misses),
        TEST(too_many_matches_are_listed),
        TEST(a_selector_that_cannot_match_is_rejected_with_its_pointer),
        TEST(a_lost_entry_in_range_fails),
        TEST(a_truncated_body_is_undecided),
        TEST(without_a_server_a_wait_returns_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
