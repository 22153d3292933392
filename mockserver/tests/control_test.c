#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/url.h"
#include "mockserver/control/control.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define KEY      "Authorization: Bearer lp_live_full"
#define LIST     "GET /layers/v1/projects/prj_one/social-accounts"

static const char fixture[] =
    "world: control\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "consent: local\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: \"Acme <b>&Co\"\n"
    "      keys:\n"
    "        - { name: full, key: lp_live_full, scopes: ['*'], return_domains: [app.test] }\n"
    "      projects:\n"
    "        - id: prj_one\n"
    "          name: One\n"
    "          social_accounts:\n"
    "            - { id: sa_one, platform: tiktok, handle: one, connected_at: -2d, "
    "token_expires_at: +20d }\n"
    "            - { id: sa_two, platform: instagram, handle: twin, connected_at: -1d, "
    "token_expires_at: +20d }\n"
    "          content: [ { id: cnt_one, media_type: video } ]\n"
    "          scheduled_posts:\n"
    "            - { id: sp_one, content: cnt_one, account: sa_one, at: +2d }\n"
    "            - { id: sp_two, content: cnt_one, account: sa_one, at: +3d }\n"
    "        - id: prj_two\n"
    "          name: Two\n"
    "          social_accounts: [ { id: sa_three, platform: tiktok, handle: twin, connected_at: "
    "-1d, token_expires_at: +20d } ]\n";

static int setup(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

/* The answer must be a problem of that status, its first error at `pointer` with those words. */
static void assert_problem(struct answer a, int status, const char *pointer, const char *words)
{
    const char *at_pointer = at(a, "/errors/0/pointer"), *detail = at(a, "/errors/0/detail");
    if (!pointer)
        detail = at(a, "/detail");
    if (a.status != status || !detail || !strstr(detail, words) ||
        (pointer && strcmp(at_pointer, pointer) != 0))
        fail_msg("expected %d %s '%s', got %d " STR_FMT, status, pointer ? pointer : "", words,
                 a.status, STR_ARG(a.text));
    assert_string_equal(header_of(a, "Content-Type"), "application/problem+json");
    assert_string_equal(at(a, "/type"), "about:blank");
}

static const char *begin_attempt(struct mock *m)
{
    struct answer a =
        mock_call(m, "POST /layers/v1/projects/prj_one/social/oauth-url",
                  "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/back\"}", KEY);
    assert_int_equal(a.status, 200);
    return at(a, "/state");
}

static struct answer force(struct mock *m, const char *name, const char *body)
{
    return mock_call(m, arena_printf(&m->arena, "POST /__admin/force/%s", name), body);
}

static struct answer consent(struct mock *m, const char *token, const char *rest)
{
    return force(m, "consent", arena_printf(&m->arena, "{\"state\":\"%s\",%s}", token, rest));
}

static const char *attempt_status(struct mock *m, const char *token, const char *pointer)
{
    return at(mock_call(m, arena_printf(&m->arena, "GET /layers/v1/social/oauth-status/%s", token),
                        NULL, KEY),
              pointer);
}

static void the_door_says_what_it_can_do(void **state)
{
    struct mock *m = *state;
    struct answer a = mock_call(m, "GET /__admin/capabilities", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/protocol"), "1");
    assert_string_equal(at(a, "/providers/0"), "layers");
    assert_string_equal(at(a, "/mutating"), "true");
    assert_string_equal(at(a, "/clock"), "true");
    assert_string_equal(at(a, "/reset"), "true");
    static const char *const abilities[] = {"/verify", "/wait", "/explain"};
    for (size_t i = 0; i < COUNT(abilities); i++)
        assert_string_equal(at(a, abilities[i]), "true");
    assert_string_equal(at(a, "/conduct"), "false");
    static const char *const built[] = {
        "consent",         "token_lost", "account_connected", "account_removed", "side_effect",
        "publish_outcome", "fail"};
    for (size_t i = 0; i < COUNT(built); i++)
        assert_non_null(strstr(at(a, "/forces"), built[i]));
    struct answer health = mock_call(m, "GET /__admin/health", NULL);
    assert_string_equal(at(health, "/status"), "ok");
    assert_string_equal(at(health, "/ready"), "true");
    assert_string_equal(at(health, "/worlds"), "1");
    assert_string_equal(header_of(health, "Cache-Control"), "no-store");
    assert_string_equal(at(mock_call(m, "GET /__admin/version", NULL), "/protocol"), "1");
    assert_string_equal(at(mock_call(m, "GET /__admin/routes", NULL), "/items/0/provider"),
                        "layers");
}

static void what_is_not_built_says_so(void **state)
{
    static const char *const calls[] = {
        "GET /__admin/conduct",
        "GET /__admin/state?format=fixture",
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct answer a = mock_call(*state, calls[i], NULL);
        assert_problem(a, 501, NULL, "built");
        assert_string_equal(header_of(a, "X-Mock-Error"), "unimplemented");
    }
    assert_problem(mock_call(*state, "GET /__admin/nowhere", NULL), 404, NULL, "no such path");
    assert_problem(force(*state, "consnt", "{}"), 404, NULL, "did you mean 'consent'?");
}

static void only_its_own_site_gets_in(void **state)
{
    static const struct {
        const char *host, *origin;
        int status;
    } rows[] = {
        {"Host: mock.test",      NULL,                            200},
        {"Host: mock.test:8080", NULL,                            200},
        {"Host: localhost:8080", NULL,                            200},
        {"Host: 127.0.0.1:8080", NULL,                            200},
        {"Host: [::1]:8080",     NULL,                            200},
        {"Host: evil.test",      NULL,                            403},
        {"Host: 127.evil.test",  NULL,                            403},
        {"Host: mock.test.evil", NULL,                            403},
        {"Host: localhost:8080", "Origin: http://localhost:8080", 200},
        {"Host: localhost:8080", "Origin: http://localhost:9090", 403},
        {"Host: localhost:8080", "Origin: https://evil.test",     403},
        {"Host: localhost:8080", "Origin: null",                  403},
    };
    struct mock *m = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exchange x = {
            .request = {.method = STR("GET"),
                        .target = STR("/__admin/clock"),
                        .path = STR("/__admin/clock")}
        };
        const char *lines[] = {rows[i].host, rows[i].origin};
        for (size_t line = 0; line < 2 && lines[line]; line++) {
            struct str rest = str_from(lines[line]), name = str_cut(&rest, ':');
            headers_add(&x.arena, &x.request.headers, str_dup(&x.arena, name), str_trim(rest));
        }
        mock_handle(m, &x);
        if (x.response.status != rows[i].status)
            fail_msg("%s %s: %d", rows[i].host, rows[i].origin ? rows[i].origin : "",
                     x.response.status);
        arena_end(&x.arena);
    }
}

static void the_door_asks_for_its_token(void **state)
{
    struct mock *m = *state;
    m->options.admin_token = "open-sesame";
    struct answer a = mock_call(m, "GET /__admin/clock", NULL);
    assert_problem(a, 401, NULL, "token");
    assert_non_null(header_of(a, "WWW-Authenticate"));
    assert_int_equal(mock_call(m, "GET /__admin/clock", NULL, "Authorization: Bearer open").status,
                     401);
    assert_int_equal(
        mock_call(m, "GET /__admin/clock", NULL, "Authorization: Bearer open-sesame").status, 200);
}

static void a_closed_door_is_not_there(void **state)
{
    struct mock *m = *state;
    m->options.admin = false;
    assert_int_equal(mock_call(m, "GET /__admin/clock", NULL).status, 404);
}

static void approval_connects_and_leads_back(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct answer a = consent(m, token, "\"outcome\":\"approve\",\"handle\":\"@newcomer\"");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/redirect"), "https://app.test/back");
    assert_string_equal(at(a, "/status"), "completed");
    const char *id = at(a, "/account");
    assert_memory_equal(id, "sa_", 3);
    assert_string_equal(attempt_status(m, token, "/status"), "completed");
    assert_string_equal(attempt_status(m, token, "/socialAccountId"), id);
    struct answer account =
        mock_call(m, arena_printf(&m->arena, "GET /__admin/state/accounts/%s", id), NULL);
    assert_string_equal(at(account, "/handle"), "newcomer");
    assert_string_equal(at(account, "/token_expires_at"), "2026-06-01T09:00:00.000Z");
    assert_string_equal(at(a, "/changes/0/cause"), "force");
    assert_string_equal(at(a, "/changes/0/id"), id);
}

static void each_outcome_ends_as_documented(void **state)
{
    (void)state;
    static const struct {
        const char *outcome, *redirect, *status;
    } rows[] = {
        {"approve",        "https://app.test/back",                                    "completed"},
        {"deny",           "https://app.test/back?layers_oauth_error=access_denied",   "failed"   },
        {"exchange_error", "https://app.test/back?layers_oauth_error=exchange_failed", "failed"   },
        {"abandon",        "null",                                                     "pending"  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = mock_test_new(fixture);
        const char *token = begin_attempt(m);
        struct answer a =
            consent(m, token, arena_printf(&m->arena, "\"outcome\":\"%s\"", rows[i].outcome));
        assert_string_equal(at(a, "/redirect"), rows[i].redirect);
        assert_string_equal(attempt_status(m, token, "/status"), rows[i].status);
        mock_free(m);
    }
}

static void an_attempt_ends_once(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    consent(m, token, "\"outcome\":\"deny\"");
    assert_problem(consent(m, token, "\"outcome\":\"approve\""), 409, NULL, "failed");
    const char *late = begin_attempt(m);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}");
    assert_problem(consent(m, late, "\"outcome\":\"approve\""), 409, NULL, "expired");
}

static void forces_refuse_what_they_cannot_use(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *force, *body, *pointer, *words;
    } rows[] = {
        {"consent",           NULL,                                                                           "",           "object"        },
        {"consent",           "[]",                                                                           "",           "object"        },
        {"consent",           "{\"outcome\":\"deny\"}",                                                       "",           "state"         },
        {"consent",           "{\"state\":\"st_x\",\"outcome\":\"denied\"}",                                  "/outcome",   "deny"          },
        {"consent",           "{\"state\":\"st_x\",\"outcome\":\"deny\",\"hande\":\"x\"}",                    "/hande",
         "handle"                                                                                                                           },
        {"consent",           "{\"state\":\"st_x\",\"outcome\":\"deny\"}",                                    "/state",     "no attempt"    },
        {"token_lost",        "{\"account\":\"sa_on\",\"why\":\"expired\"}",                                  "/account",   "sa_one"        },
        {"token_lost",        "{\"account\":\"twin\",\"why\":\"expired\"}",                                   "/account",
         "sa_two, sa_three"                                                                                                                 },
        {"token_lost",        "{\"account\":\"one\",\"why\":\"tired\"}",                                      "/why",       "tired"         },
        {"account_connected", "{\"space\":\"prj_nine\",\"platform\":\"tiktok\",\"handle\":\"x\"}",
         "/space",                                                                                                          "prj_"          },
        {"account_connected", "{\"space\":\"prj_one\",\"platform\":\"tiktok\",\"handle\":\"x y\"}",
         "/handle",                                                                                                         "handle"        },
        {"publish_outcome",   "{\"outcome\":\"error\"}",                                                      "",           "one of the two"},
        {"publish_outcome",   "{\"post\":\"sp_on\",\"outcome\":\"error\"}",                                   "/post",      "sp_one"        },
        {"publish_outcome",   "{\"post\":\"sp_one\",\"outcome\":\"success\",\"code\":\"X\"}",                 "/code",
         "error"                                                                                                                            },
        {"fail",              "{\"operation\":\"list_social_acounts\",\"times\":1,\"status\":500}",           "/operation",
         "list_social_accounts"                                                                                                             },
        {"fail",              "{\"operation\":\"layers.list_social_accounts\",\"times\":0,\"status\":500}",
         "/times",                                                                                                          "times"         },
        {"fail",              "{\"operation\":\"layers.list_social_accounts\",\"times\":1}",                  "",
         "one of the two"                                                                                                                   },
        {"fail",              "{\"operation\":\"layers.list_social_accounts\",\"times\":1,\"error\":\"NO\"}",
         "/error",                                                                                                          "NO"            },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(force(m, rows[i].force, rows[i].body), 422, rows[i].pointer, rows[i].words);
    assert_problem(force(m, "consent", "{"), 400, NULL, "JSON");
    assert_string_equal(at(mock_call(m, "GET /__admin/rules", NULL), "/items"), "[]");
}

static void a_lost_token_needs_new_consent(void **state)
{
    struct mock *m = *state;
    struct answer a = force(m, "token_lost", "{\"account\":\"@one\",\"why\":\"revoked_upstream\"}");
    assert_string_equal(at(a, "/account"), "sa_one");
    assert_string_equal(at(a, "/state"), "withdrawn");
    assert_string_equal(at(a, "/changes/0/from"), "live");
    const char *dead = LIST "?status=reauth_required";
    struct answer list = mock_call(m, dead, NULL, KEY);
    assert_string_equal(at(list, "/items/0/socialAccountId"), "sa_one");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/state"),
                        "queued");
    assert_problem(force(m, "token_lost", "{\"account\":\"sa_one\",\"why\":\"expired\"}"), 409,
                   NULL, "withdrawn");
}

static void customers_come_and_go_by_themselves(void **state)
{
    struct mock *m = *state;
    struct answer gone = force(m, "account_removed", "{\"account\":\"one\"}");
    assert_string_equal(at(gone, "/state"), "disconnected");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/state"),
                        "canceled");
    assert_problem(force(m, "account_removed", "{\"account\":\"sa_one\"}"), 409, NULL,
                   "disconnected");
    struct answer back = force(m, "account_connected",
                               "{\"space\":\"One\",\"platform\":\"tiktok\",\"handle\":\"one\"}");
    assert_string_equal(at(back, "/state"), "live");
    assert_string_not_equal(at(back, "/account"), "sa_one");
}

static void the_platforms_answer_can_be_set(void **state)
{
    struct mock *m = *state;
    force(m, "publish_outcome",
          "{\"post\":\"sp_one\",\"outcome\":\"error\",\"code\":\"TOO_LONG\"}");
    struct answer a = mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"5d\"}");
    assert_string_equal(at(a, "/now"), "2026-05-07T09:00:00.000Z");
    assert_string_equal(at(a, "/changes/0/id"), "sp_one");
    assert_string_equal(at(a, "/changes/0/to"), "failed");
    assert_string_equal(at(a, "/changes/0/at"), "2026-05-04T09:00:00.000Z");
    assert_string_equal(at(a, "/changes/0/cause"), "time");
    assert_string_equal(at(a, "/changes/1/to"), "published");
    assert_string_equal(
        at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/failure_code"),
        "TOO_LONG");
    assert_problem(force(m, "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"success\"}"),
                   409, NULL, "failed");
}

static void calls_can_be_made_to_fail(void **state)
{
    struct mock *m = *state;
    struct answer a = force(
        m, "fail",
        "{\"operation\":\"layers.list_social_accounts\",\"times\":2,\"error\":\"RATE_LIMITED\"}");
    assert_string_equal(at(a, "/rule"), "rule-1");
    for (int i = 0; i < 2; i++) {
        struct answer limited = mock_call(m, LIST, NULL, KEY);
        assert_int_equal(limited.status, 429);
        assert_string_equal(header_of(limited, "X-Mock-Error"), "rule:rule-1");
    }
    assert_int_equal(mock_call(m, LIST, NULL, KEY).status, 200);
}

static void time_moves_as_it_is_told(void **state)
{
    struct mock *m = *state;
    assert_string_equal(at(mock_call(m, "GET /__admin/clock", NULL), "/mode"), "frozen");
    struct answer next = mock_call(m, "POST /__admin/clock/advance", "{\"until\":\"next_event\"}");
    assert_string_equal(at(next, "/now"), "2026-05-04T09:00:00.000Z");
    assert_string_equal(at(next, "/events"), "1");
    struct answer to =
        mock_call(m, "POST /__admin/clock/advance", "{\"to\":\"2026-05-04T10:00:00Z\"}");
    assert_string_equal(at(to, "/now"), "2026-05-04T10:00:00.000Z");
    assert_string_equal(at(to, "/changes"), "[]");
    struct answer put = mock_call(m, "PUT /__admin/clock", "{\"now\":\"2026-05-06T00:00:00Z\"}");
    assert_string_equal(at(put, "/changes/0/id"), "sp_two");
    assert_string_equal(at(mock_call(m, "PUT /__admin/clock", "{\"mode\":\"runs\"}"), "/mode"),
                        "runs");
}

static void time_never_goes_back_nor_too_far(void **state)
{
    static const struct {
        const char *call, *body, *pointer, *words;
    } rows[] = {
        {"POST /__admin/clock/advance", "{}",                                       "",       "one of the three"},
        {"POST /__admin/clock/advance", "{\"by\":\"1h\",\"until\":\"next_event\"}", "",
         "one of the three"                                                                                     },
        {"POST /__admin/clock/advance", "{\"by\":\"-1s\"}",                         "/by",    "never goes back" },
        {"PUT /__admin/clock",          "{\"now\":\"+106751991167d\"}",             "/now",   "at most"         },
        {"POST /__admin/clock/advance", "{\"by\":\"106751991167d\"}",               "/by",    "at most"         },
        {"POST /__admin/clock/advance", "{\"by\":\"99999999d\"}",                   "/by",    "at most"         },
        {"POST /__admin/clock/advance", "{\"to\":\"2026-05-01T00:00:00Z\"}",        "/to",
         "never goes back"                                                                                      },
        {"POST /__admin/clock/advance", "{\"to\":\"2226-05-01T00:00:00Z\"}",        "/to",    "at most"         },
        {"POST /__admin/clock/advance", "{\"to\":\"tomorrow\"}",                    "/to",    "to"              },
        {"POST /__admin/clock/advance", "{\"until\":\"dawn\"}",                     "/until", "next_event"      },
        {"PUT /__admin/clock",          "{\"now\":\"2026-05-01T00:00:00Z\"}",       "/now",   "never goes back" },
        {"PUT /__admin/clock",          "{\"mode\":\"froze\"}",                     "/mode",  "frozen"          },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(*state, rows[i].call, rows[i].body), 422, rows[i].pointer,
                       rows[i].words);
    assert_string_equal(at(mock_call(*state, "GET /__admin/clock", NULL), "/now"),
                        "2026-05-02T09:00:00.000Z");
}

static void the_state_can_be_looked_at(void **state)
{
    struct mock *m = *state;
    struct answer all = mock_call(m, "GET /__admin/state", NULL);
    assert_string_equal(at(all, "/accounts/0/id"), "sa_one");
    assert_string_equal(at(all, "/accounts/0/provider"), "layers");
    assert_string_equal(at(all, "/accounts/0/space"), "prj_one");
    assert_string_equal(at(all, "/clock/mode"), "frozen");
    struct answer kind = mock_call(m, "GET /__admin/state/destinations", NULL);
    assert_string_equal(at(kind, "/items/1/id"), "sp_two");
    struct answer one = mock_call(m, "GET /__admin/state/accounts/sa_one", NULL);
    assert_string_equal(at(one, "/token"), "live");
    assert_string_equal(at(one, "/disconnected_at"), "null");
    assert_problem(mock_call(m, "GET /__admin/state/acounts", NULL), 404, NULL, "accounts");
    assert_problem(mock_call(m, "GET /__admin/state/accounts/sa_nine", NULL), 404, NULL, "sa_nine");
}

static void records_can_be_looked_for_by_their_fields(void **state)
{
    static const struct {
        const char *query, *ids;
    } rows[] = {
        {"handle=twin",                                      "sa_two sa_three "       },
        {"handle=twin&platform=instagram",                   "sa_two "                },
        {"handle=nobody",                                    ""                       },
        {"leased=true",                                      ""                       },
        {"token_generation=1&leased=false&disconnected_at=", "sa_one sa_two sa_three "},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = *state;
        struct buf ids = {.arena = &m->arena};
        const char *call = arena_printf(&m->arena, "GET /__admin/state/accounts?%s", rows[i].query);
        const struct node *items = node_get(mock_call(m, call, NULL).body, "items");
        for (size_t k = 0; k < node_count(items); k++)
            buf_printf(&ids, "%s ", node_get_text(node_at(items, k), "id"));
        assert_string_equal(buf_c(&ids), rows[i].ids);
    }
    assert_problem(mock_call(*state, "GET /__admin/state/accounts?handel=twin", NULL), 422, "",
                   "did you mean 'handle'");
}

static void a_record_can_be_patched(void **state)
{
    struct mock *m = *state;
    struct answer a = mock_call(m, "PATCH /__admin/state/accounts/sa_one",
                                "{\"handle\":\"renamed\",\"name\":null}");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/record/handle"), "renamed");
    assert_string_equal(at(a, "/changes/0/id"), "sa_one");
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/items/1/handle"), "renamed");
}

static void a_patch_is_done_whole_or_not_at_all(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *body, *pointer, *words;
    } rows[] = {
        {"{\"handle\":\"x\",\"hndle\":\"y\"}",         "/hndle",        "handle"           },
        {"{\"handle\":\"x\",\"id\":\"sa_x\"}",         "/id",           "cannot be changed"},
        {"{\"handle\":\"x\",\"token\":\"dead\"}",      "/token",        "dead"             },
        {"{\"handle\":\"x\",\"leased\":\"yes\"}",      "/leased",       "true or false"    },
        {"{\"handle\":\"x\",\"connected_at\":\"no\"}", "/connected_at", "time"             },
        {"{\"handle\":7}",                             "/handle",       "text"             },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(m, "PATCH /__admin/state/accounts/sa_one", rows[i].body), 422,
                       rows[i].pointer, rows[i].words);
    const char *broken = "{\"state\":\"published\"}"; /* never attempted */
    assert_problem(mock_call(m, "PATCH /__admin/state/destinations/sp_one", broken), 409, NULL,
                   "unchecked=1");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/handle"),
                        "one");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/state"),
                        "queued");
    struct answer done =
        mock_call(m, "PATCH /__admin/state/destinations/sp_one?unchecked=1", broken);
    assert_string_equal(at(done, "/record/state"), "published");
}

static void a_reset_equals_a_fresh_start(void **state)
{
    struct mock *m = *state;
    struct answer before = mock_call(m, "GET /__admin/state", NULL);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    mock_call(m, "POST /__admin/rules", "{\"then\":[{\"answer\":{\"status\":500}}]}");
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"3h\"}");
    struct answer a = mock_call(m, "POST /__admin/reset", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/name"), "default");
    struct answer after = mock_call(m, "GET /__admin/state", NULL);
    assert_true(str_eq(before.text, after.text));
    assert_string_equal(at(mock_call(m, "GET /__admin/requests", NULL), "/items"), "[]");
    assert_string_equal(at(mock_call(m, "GET /__admin/rules", NULL), "/items"), "[]");
}

static void worlds_are_made_and_dropped(void **state)
{
    struct mock *m = *state;
    struct answer a = mock_call(m, "POST /__admin/namespaces",
                                "{\"name\":\"one\",\"fixture\":\"control\",\"seed\":7,\"clock\":"
                                "{\"start\":\"+1h\",\"mode\":\"frozen\"}}");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/fixture"), "control");
    assert_string_equal(at(a, "/clock/now"), "2026-05-02T10:00:00.000Z");
    mock_call(m, "DELETE /ns/one/layers/v1/social-accounts/sa_one", NULL, KEY);
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/items/1/socialAccountId"), "sa_one");
    struct answer list = mock_call(m, "GET /__admin/namespaces", NULL);
    assert_string_equal(at(list, "/items/1/name"), "one");
    assert_string_equal(at(list, "/items/1/requests"), "1");
    assert_int_equal(mock_call(m, "POST /__admin/namespaces/one/reset", NULL).status, 200);
    assert_string_equal(
        at(mock_call(m, "GET /ns/one/__admin/state/accounts/sa_one", NULL), "/disconnect"), "none");
    assert_int_equal(mock_call(m, "DELETE /ns/one/__admin/namespaces/one", NULL).status, 200);
    assert_problem(mock_call(m, "GET /ns/one/__admin/clock", NULL), 404, NULL, "does not exist");
    assert_problem(mock_call(m, "DELETE /__admin/namespaces/default", NULL), 409, NULL, "stays");
}

static void a_world_can_bring_its_own_fixture(void **state)
{
    struct mock *m = *state;
    const char *body =
        "{\"name\":\"own\",\"fixture\":{\"world\":\"tiny\",\"clock\":{\"start\":"
        "\"2026-01-01T00:00:00Z\",\"mode\":\"frozen\"},\"rules\":[{\"rule\":\"r\",\"when\":"
        "{\"nth\":2},\"then\":[{\"answer\":{\"status\":500}}]}],\"layers\":{\"organizations\":"
        "[{\"name\":\"T\",\"keys\":[{\"name\":\"k\",\"key\":\"lp_live_tiny\",\"scopes\":[\"*\"]}],"
        "\"projects\":[{\"id\":\"prj_tiny\",\"name\":\"Tiny\"}]}]}},"
        "\"credentials\":[\"lp_live_tiny\"]}";
    struct answer a = mock_call(m, "POST /__admin/namespaces", body);
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/fixture"), "tiny");
    assert_string_equal(at(a, "/clock/now"), "2026-01-01T00:00:00.000Z");
    const char *call = "GET /layers/v1/projects/prj_tiny/social-accounts";
    const char *key = "Authorization: Bearer lp_live_tiny";
    assert_int_equal(mock_call(m, call, NULL, key).status, 200);
    assert_int_equal(mock_call(m, call, NULL, key).status, 500);
    /* its copy outlives it, rules and all */
    assert_int_equal(
        mock_call(m, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"own\"}").status,
        201);
    assert_int_equal(mock_call(m, "DELETE /__admin/namespaces/own", NULL).status, 200);
    assert_int_equal(mock_call(m, "POST /__admin/namespaces/copy/reset", NULL).status, 200);
    assert_string_equal(at(mock_call(m, "GET /ns/copy/__admin/rules", NULL), "/items/0/rule"), "r");
}

static void a_world_that_cannot_be_made_is_refused(void **state)
{
    struct mock *m = *state;
    static const struct {
        const char *body;
        int status;
        const char *pointer, *words;
    } rows[] = {
        {"{}",                                                                              422, "",               "name"          },
        {"{\"name\":\".x\"}",                                                               422, "/name",          "name"          },
        {"{\"name\":\"default\"}",                                                          409, NULL,             "exists already"},
        {"{\"name\":\"x\",\"fixture\":\"contrl\"}",                                         422, "/fixture",       "control"       },
        {"{\"name\":\"x\",\"fixture\":7}",                                                  422, "/fixture",       ""              },
        {"{\"name\":\"x\",\"fixture\":{\"wrld\":\"y\"}}",                                   422, "/fixture/wrld",  "world"         },
        {"{\"name\":\"x\",\"fixture\":{\"layers\":{\"organizations\":[{\"nam\":\"T\"}]}}}", 422,
         "/fixture/layers/organizations/0/nam",                                                                    "name"          },
        {"{\"name\":\"x\",\"credentials\":[\"a\",\"\"]}",                                   422, "/credentials/1", "empty"         },
        {"{\"name\":\"x\",\"clock\":{\"start\":\"+106751991167d\"}}",                       422, "/clock/start",
         "too far"                                                                                                                 },
        {"{\"name\":\"x\",\"from\":\"nowhere\"}",                                           422, "/from",          "nowhere"       },
        {"{\"name\":\"x\",\"from\":\"default\",\"fixture\":\"control\"}",                   422, "/from",          "not both"      },
        {"{\"name\":\"x\",\"clock\":{\"start\":\"2020-01-01T00:00:00Z\"}}",                 422, "/clock/start",
         "never"                                                                                                                   },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(mock_call(m, "POST /__admin/namespaces", rows[i].body), rows[i].status,
                       rows[i].pointer, rows[i].words);
    assert_string_equal(at(mock_call(m, "GET /__admin/health", NULL), "/worlds"), "1");
}

static void a_snapshot_brings_a_world_back(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, "POST /__admin/snapshots", "{\"name\":\"before\"}").status, 201);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    assert_string_equal(at(mock_call(m, "GET /__admin/snapshots", NULL), "/items/0/name"),
                        "before");
    struct answer copy =
        mock_call(m, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"before\"}");
    assert_int_equal(copy.status, 201);
    assert_string_equal(
        at(mock_call(m, "GET /ns/copy/__admin/state/accounts/sa_one", NULL), "/disconnect"),
        "none");
    assert_int_equal(mock_call(m, "POST /__admin/snapshots/before/restore", NULL).status, 200);
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/disconnect"),
                        "none");
    assert_int_equal(mock_call(m, "DELETE /__admin/snapshots/before", NULL).status, 200);
    assert_problem(mock_call(m, "POST /__admin/snapshots/before/restore", NULL), 404, NULL,
                   "before");
    assert_problem(mock_call(m, "POST /__admin/snapshots", "{\"name\":\"a b\"}"), 422, "/name",
                   "is");
}

static void the_journal_tells_what_was_asked_and_answered(void **state)
{
    struct mock *m = *state;
    mock_call(m, LIST, NULL, KEY);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    mock_call(m, "GET /layers/v1/nowhere", NULL, KEY);
    struct answer a = mock_call(m, "GET /__admin/requests", NULL);
    assert_string_equal(at(a, "/items/0/operation"), "list_social_accounts");
    assert_string_equal(at(a, "/items/0/provider"), "layers");
    assert_string_equal(at(a, "/items/0/key"), "full");
    assert_string_equal(at(a, "/items/0/request/method"), "GET");
    assert_string_equal(at(a, "/items/0/request/headers/Host"), "mock.test");
    assert_string_equal(at(a, "/items/0/response/status"), "200");
    assert_string_equal(at(a, "/items/0/response/json/items/1/socialAccountId"), "sa_one");
    assert_string_equal(at(a, "/items/1/changes/0/what"), "destination_cancel");
    assert_string_equal(at(a, "/items/2/fault"), "no_route");
    assert_non_null(at(a, "/items/2/nearest/0"));
    assert_non_null(at(a, "/items/0/wall/micros"));
    assert_string_equal(at(a, "/next"), "3");
    assert_string_equal(at(a, "/more"), "false");
    assert_string_equal(at(a, "/truncated"), "false");
}

static void the_journal_is_read_in_pages(void **state)
{
    struct mock *m = *state;
    for (int i = 0; i < 3; i++)
        mock_call(m, LIST, NULL, KEY);
    mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    struct answer first = mock_call(m, "GET /__admin/requests?limit=2&stable=1", NULL);
    assert_string_equal(at(first, "/next"), "2");
    assert_string_equal(at(first, "/more"), "true");
    assert_null(at(first, "/items/0/wall"));
    struct answer rest = mock_call(m, "GET /__admin/requests?since=2", NULL);
    assert_string_equal(at(rest, "/items/0/seq"), "3");
    assert_string_equal(at(rest, "/items/1/seq"), "4");
    struct answer some =
        mock_call(m, "GET /__admin/requests?operation=layers.revoke_social_account", NULL);
    assert_string_equal(at(some, "/items/0/seq"), "4");
    assert_null(at(some, "/items/1"));
    assert_problem(mock_call(m, "GET /__admin/requests?limit=0", NULL), 422, NULL, "limit");
    assert_problem(mock_call(m, "GET /__admin/requests?since=x", NULL), 422, NULL, "since");
    assert_string_equal(at(mock_call(m, "DELETE /__admin/requests", NULL), "/removed"), "4");
    assert_string_equal(at(mock_call(m, "GET /__admin/requests", NULL), "/items"), "[]");
}

/* The page of a fresh attempt, as the authorize URL names it. */
static const char *consent_path(struct mock *m, const char *method, const char *token)
{
    return arena_printf(&m->arena, "%s /__consent/layers/%s", method, token);
}

static bool shows(struct answer a, const char *words)
{
    return str_has(a.text, str_from(words));
}

static void the_page_asks_for_consent(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct answer a = mock_call(m, consent_path(m, "GET", token), NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(header_of(a, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(header_of(a, "X-Frame-Options"), "DENY");
    assert_string_equal(header_of(a, "Cache-Control"), "no-store");
    assert_non_null(strstr(header_of(a, "Content-Security-Policy"), "default-src 'none'"));
    assert_null(strstr(header_of(a, "Content-Security-Policy"), "form-action"));
    assert_true(shows(a, "Acme &lt;b&gt;&amp;Co wants to connect your tiktok account"));
    assert_false(shows(a, "<b>"));
    assert_false(shows(a, "<script"));
    assert_true(shows(a, "value=\"tiktok.user.4\""));
}

static void approving_on_the_page_leads_back(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct answer a = mock_call(m, consent_path(m, "POST", token), "handle=%40fan&decision=approve",
                                "Origin: http://mock.test");
    assert_int_equal(a.status, 303);
    assert_string_equal(header_of(a, "Location"), "https://app.test/back");
    assert_string_equal(attempt_status(m, token, "/status"), "completed");
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/items/0/handle"), "fan");
}

static void denying_on_the_page_leads_back_with_the_reason(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct answer a = mock_call(m, consent_path(m, "POST", token), "decision=deny&handle=");
    assert_int_equal(a.status, 303);
    assert_string_equal(header_of(a, "Location"),
                        "https://app.test/back?layers_oauth_error=access_denied");
    assert_string_equal(attempt_status(m, token, "/status"), "failed");
}

static void a_bad_form_is_shown_again(void **state)
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
        struct answer a = mock_call(m, consent_path(m, "POST", token), bodies[i]);
        assert_int_equal(a.status, 422);
        assert_true(shows(a, "role=\"alert\""));
        assert_null(header_of(a, "Location"));
    }
    assert_string_equal(attempt_status(m, token, "/status"), "pending");
}

static void a_dead_link_leads_nowhere(void **state)
{
    struct mock *m = *state;
    const char *used = begin_attempt(m);
    consent(m, used, "\"outcome\":\"approve\"");
    const char *late = begin_attempt(m);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}");
    const struct {
        const char *path;
        int status;
        const char *words;
    } rows[] = {
        {"/__consent/layers/st_unknown", 404,                                    "not known"},
        {"/__consent/nobody/st_unknown", 404,                                    "not known"},
        {arena_printf(&m->arena,         "/__consent/nobody/%s",                 late),       404, "not known"},
        {arena_printf(&m->arena,                   "/__consent/layers/%s",                                                         used),                                               410, "used"},
        {arena_printf(&m->arena,                         "/__consent/layers/%s",    late),410, "expired"},
        {"/__consent/layers",         404, "page"   },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int post = 0; post < 2; post++) {
            struct answer a =
                mock_call(m, arena_printf(&m->arena, "%s %s", post ? "POST" : "GET", rows[i].path),
                          post ? "decision=approve&handle=x" : NULL);
            assert_int_equal(a.status, rows[i].status);
            assert_true(shows(a, rows[i].words));
            assert_null(header_of(a, "Location"));
            assert_string_equal(header_of(a, "Content-Type"), "text/html; charset=utf-8");
        }
}

static void a_reconnect_is_for_the_same_user_alone(void **state)
{
    struct mock *m = *state;
    force(m, "token_lost", "{\"account\":\"one\",\"why\":\"expired\"}");
    const char *body = "{\"socialAccountId\":\"sa_one\",\"returnUrl\":\"https://app.test/again\"}";
    struct answer url =
        mock_call(m, "POST /layers/v1/projects/prj_one/social/reauth-url", body, KEY);
    assert_int_equal(url.status, 200);
    const char *token = at(url, "/state");
    assert_true(shows(mock_call(m, consent_path(m, "GET", token), NULL), "value=\"one\" readonly"));
    assert_problem(consent(m, token, "\"outcome\":\"approve\",\"handle\":\"two\""), 422, "/handle",
                   "one");
    struct answer a = consent(m, token, "\"outcome\":\"approve\"");
    assert_string_equal(at(a, "/account"), "sa_one");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/token"),
                        "live");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_door_says_what_it_can_do),
        TEST(what_is_not_built_says_so),
        TEST(only_its_own_site_gets_in),
        TEST(the_door_asks_for_its_token),
        TEST(a_closed_door_is_not_there),
        TEST(approval_connects_and_leads_back),
        cmocka_unit_test(each_outcome_ends_as_documented),
        TEST(an_attempt_ends_once),
        TEST(forces_refuse_what_they_cannot_use),
        TEST(a_lost_token_needs_new_consent),
        TEST(customers_come_and_go_by_themselves),
        TEST(the_platforms_answer_can_be_set),
        TEST(calls_can_be_made_to_fail),
        TEST(time_moves_as_it_is_told),
        TEST(time_never_goes_back_nor_too_far),
        TEST(the_state_can_be_looked_at),
        TEST(records_can_be_looked_for_by_their_fields),
        TEST(a_record_can_be_patched),
        TEST(a_patch_is_done_whole_or_not_at_all),
        TEST(a_reset_equals_a_fresh_start),
        TEST(worlds_are_made_and_dropped),
        TEST(a_world_can_bring_its_own_fixture),
        TEST(a_world_that_cannot_be_made_is_refused),
        TEST(a_snapshot_brings_a_world_back),
        TEST(the_journal_tells_what_was_asked_and_answered),
        TEST(the_journal_is_read_in_pages),
        TEST(the_page_asks_for_consent),
        TEST(approving_on_the_page_leads_back),
        TEST(denying_on_the_page_leads_back_with_the_reason),
        TEST(a_bad_form_is_shown_again),
        TEST(a_dead_link_leads_nowhere),
        TEST(a_reconnect_is_for_the_same_user_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
