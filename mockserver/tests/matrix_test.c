/* Tests every event in every state of an account, a consent and a scheduled post, through the API
 * and the admin API: an allowed event has its full effect, any other changes nothing. The same for
 * leases and ad accounts is in lease_test.c and ad_account_test.c. */
#include "base/array.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "mockserver/state/record.h"
#include "mockserver/state/world.h"

#define KEY   "Authorization: Bearer lp_live_one"
#define OTHER "Authorization: Bearer lp_live_two"

static const char fixture[] =
    "name: matrix\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "timings: { publish: 1h }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys:\n"
    "        - { name: one, key: lp_live_one, scopes: ['*'], return_domains: [app.test] }\n"
    "        - { name: two, key: lp_live_two, scopes: ['*'], return_domains: [app.test] }\n"
    "      projects:\n"
    "        - id: prj\n"
    "          name: One\n"
    "          social_accounts:\n"
    "            - { id: sa_live, platform: tiktok, handle: live, connected_at: -9d, "
    "token_expires_at: +2d }\n"
    "            - { id: sa_expired, platform: tiktok, handle: expired, status: reauth_required, "
    "connected_at: -9d, token_expires_at: -1d }\n"
    "            - { id: sa_withdrawn, platform: tiktok, handle: withdrawn, status: "
    "reauth_required, connected_at: -9d, token_expires_at: +2d }\n"
    "            - { id: sa_gone, platform: tiktok, handle: gone, status: disconnected, "
    "connected_at: -9d }\n"
    "            - { id: sa_posts, platform: instagram, handle: posts, connected_at: -9d, "
    "token_expires_at: +30d }\n"
    "          content: [ { id: cnt, media_type: video } ]\n"
    "          scheduled_posts:\n"
    "            - { id: sp_live, content: cnt, account: sa_live, at: +20d }\n"
    "            - { id: sp_expired, content: cnt, account: sa_expired, at: +20d }\n"
    "            - { id: sp_withdrawn, content: cnt, account: sa_withdrawn, at: +20d }\n";

static int setup(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

static const char *dump(struct mock *m)
{
    struct mock_response a = mock_call(m, "GET /__admin/state", NULL);
    assert_int_equal(a.status, 200);
    return str_dup(&m->arena, a.text);
}

/* "account_disconnect live>disconnected; ..." of all changes after `seq`. */
static const char *changes_since(struct mock *m, uint32_t seq)
{
    const struct world *w = mock_test_world(m);
    struct buf out = {.arena = &m->arena};
    while (seq++ < changes_last(w)) {
        const struct change *c = changes_read(w, seq);
        const char *from = record_state_text(c->kind, c->from), *to = record_state_text(c->kind, c->to);
        buf_printf(&out, "%s%s %s>%s", out.n ? "; " : "", transition_kind_texts[c->what], from ? from : "", to);
    }
    return buf_c(&out);
}

static void advance(struct mock *m, const char *by)
{
    struct mock_response a =
        mock_call(m, "POST /__admin/clock/advance", arena_printf(&m->arena, "{\"by\":\"%s\"}", by));
    assert_int_equal(a.status, 200);
}

static struct mock_response simulate(struct mock *m, const char *name, const char *body)
{
    return mock_call(m, arena_printf(&m->arena, "POST /__admin/simulate/%s", name), body);
}

/* Returns the account's status in the list; NULL: not listed. */
static const char *listed_as(struct mock *m, const char *account)
{
    struct mock_response a = mock_call(m, "GET /v1/projects/prj/social-accounts", NULL, KEY);
    const struct node *items = node_get(a.body, "items");
    assert_int_equal(a.status, 200);
    for (size_t i = 0; i < node_count(items); i++)
        if (strcmp(node_get_text(node_at(items, i), "socialAccountId"), account) == 0)
            return node_get_text(node_at(items, i), "status");
    return NULL;
}

static const char *post_state(struct mock *m, const char *id)
{
    const char *line = arena_printf(&m->arena, "GET /v1/scheduled-posts/%s", id);
    return at(mock_call(m, line, NULL, KEY), "/status");
}

/* code NULL: not checked. */
static void assert_refused(struct mock_response a, int status, const char *code)
{
    assert_int_equal(a.status, status);
    if (code)
        assert_string_equal(at(a, "/error/code"), code);
}

/* accounts */

static struct mock_response reconnect(struct mock *m, const char *account)
{
    struct mock_response a = mock_call(m, "POST /v1/projects/prj/social/reauth-url",
                                       arena_printf(&m->arena, "{\"socialAccountId\":\"%s\"}", account), KEY);
    return a.status != 200
               ? a
               : simulate(m, "consent",
                          arena_printf(&m->arena, "{\"state\":\"%s\",\"outcome\":\"approve\"}", at(a, "/state")));
}

/* The user of the account consents through oauth-url. */
static struct mock_response connect_again(struct mock *m, const char *account)
{
    struct mock_response a = mock_call(m, "POST /v1/projects/prj/social/oauth-url",
                                       "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/back\"}", KEY);
    return simulate(m, "consent",
                    arena_printf(&m->arena, "{\"state\":\"%s\",\"outcome\":\"approve\",\"handle\":\"%s\"}",
                                 at(a, "/state"), account + strlen("sa_")));
}

static struct mock_response lose_token(struct mock *m, const char *account, const char *why)
{
    return simulate(m, "token_lost", arena_printf(&m->arena, "{\"account\":\"%s\",\"why\":\"%s\"}", account, why));
}

static struct mock_response expire(struct mock *m, const char *account)
{
    return lose_token(m, account, "expired");
}

static struct mock_response withdraw(struct mock *m, const char *account)
{
    return lose_token(m, account, "revoked_upstream");
}

static struct mock_response revoke(struct mock *m, const char *account)
{
    return mock_call(m, arena_printf(&m->arena, "DELETE /v1/social-accounts/%s", account), NULL, KEY);
}

static struct mock_response remove_by_user(struct mock *m, const char *account)
{
    return simulate(m, "account_removed", arena_printf(&m->arena, "{\"account\":\"%s\"}", account));
}

static struct mock_response release(struct mock *m, const char *account)
{
    return mock_call(m, arena_printf(&m->arena, "DELETE /v1/leased-accounts/%s", account), NULL, KEY);
}

enum account_event { EXPIRE, WITHDRAW, RECONNECT, CONNECT, REVOKE, REMOVE, RELEASE, ACCOUNT_EVENTS };
static struct mock_response (*const account_events[ACCOUNT_EVENTS])(struct mock *m, const char *account) = {
    [EXPIRE] = expire, [WITHDRAW] = withdraw,     [RECONNECT] = reconnect, [CONNECT] = connect_again,
    [REVOKE] = revoke, [REMOVE] = remove_by_user, [RELEASE] = release,
};

#define RECONNECTED(from)                                                                                              \
    "oauth_attempt_begin >pending; account_reconnect " from ">live; oauth_attempt_complete pending>completed"
#define CONNECTED                                                                                                      \
    "account_connect >live; account_keep_avatar live>live; layer_create >present; "                                    \
    "layer_create >present; layer_create >present; layer_create >present; "                                            \
    "onboarding_tick >present; oauth_attempt_complete pending>completed"
#define GONE(from) "destination_cancel queued>canceled; account_disconnect " from ">disconnected"

/* A row per state, a column per event: the changes that the event makes, or the refusal. */
static const struct cell {
    const char *changes, *listed; /* listed NULL: no longer listed */
    int status;
    const char *code;
} account_cells[][ACCOUNT_EVENTS] = {
    {
     [EXPIRE] = {.changes = "account_lose_token live>expired", .listed = "reauth_required"},
     [WITHDRAW] = {.changes = "account_lose_token live>withdrawn", .listed = "reauth_required"},
     [RECONNECT] = {.changes = RECONNECTED("live"), .listed = "connected"},
     [CONNECT] = {.changes = RECONNECTED("live"), .listed = "connected"},
     [REVOKE] = {.changes = GONE("live")},
     [REMOVE] = {.changes = GONE("live")},
     [RELEASE] = {.status = 404, .code = "NOT_FOUND"},
     },
    {
     [EXPIRE] = {.status = 409},
     [WITHDRAW] = {.status = 409},
     [RECONNECT] = {.changes = RECONNECTED("expired"), .listed = "connected"},
     [CONNECT] = {.changes = RECONNECTED("expired"), .listed = "connected"},
     [REVOKE] = {.changes = GONE("expired")},
     [REMOVE] = {.changes = GONE("expired")},
     [RELEASE] = {.status = 404, .code = "NOT_FOUND"},
     },
    {
     [EXPIRE] = {.status = 409},
     [WITHDRAW] = {.status = 409},
     [RECONNECT] = {.changes = RECONNECTED("withdrawn"), .listed = "connected"},
     [CONNECT] = {.changes = RECONNECTED("withdrawn"), .listed = "connected"},
     [REVOKE] = {.changes = GONE("withdrawn")},
     [REMOVE] = {.changes = GONE("withdrawn")},
     [RELEASE] = {.status = 404, .code = "NOT_FOUND"},
     },
    {
     [EXPIRE] = {.status = 409},
     [WITHDRAW] = {.status = 409},
     [RECONNECT] = {.status = 404, .code = "NOT_FOUND"},
     [CONNECT] = {.changes = "oauth_attempt_begin >pending; " CONNECTED},                   /* a new account */
        [REVOKE] = {.status = 404, .code = "NOT_FOUND"},
     [REMOVE] = {.status = 409},
     [RELEASE] = {.status = 404, .code = "NOT_FOUND"},
     },
};
static const char *const account_states[] = {"live", "expired", "withdrawn", "gone"};

static void check_cell(struct mock *m, const char *state, enum account_event event, const struct cell *cell)
{
    const char *account = arena_printf(&m->arena, "sa_%s", state);
    const char *before = dump(m);
    uint32_t seq = changes_last(mock_test_world(m));
    struct mock_response a = account_events[event](m, account);
    if (!cell->changes) {
        assert_refused(a, cell->status, cell->code);
        assert_string_equal(dump(m), before);
        assert_int_equal(changes_last(mock_test_world(m)), seq);
        return;
    }
    assert_int_equal(a.status, 200);
    assert_string_equal(changes_since(m, seq), cell->changes);
    const char *listed = listed_as(m, account);
    if (cell->listed)
        assert_string_equal(listed, cell->listed);
    else
        assert_null(listed);
    if (event == REVOKE)
        assert_string_equal(at(a, "/canceledScheduledPosts"), "1");
    if (strcmp(state, "gone") != 0) /* it has no post */
        assert_string_equal(post_state(m, arena_printf(&m->arena, "sp_%s", state)),
                            cell->listed ? "queued" : "canceled");
}

static void every_account_state_handles_every_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(account_states); i++)
        for (enum account_event event = 0; event < ACCOUNT_EVENTS; event++) {
            void *m = mock_test_new(fixture);
            check_cell(m, account_states[i], event, &account_cells[i][event]);
            mock_test_teardown(&m);
        }
}

static void only_a_live_token_expires_at_its_expiry_time(void **state)
{
    uint32_t seq = changes_last(mock_test_world(*state));
    advance(*state, "3d");
    assert_string_equal(changes_since(*state, seq), "account_lose_token live>expired");
    assert_string_equal(listed_as(*state, "sa_live"), "reauth_required");
}

/* consent */

static const char *begin_attempt(struct mock *m)
{
    struct mock_response a = mock_call(m, "POST /v1/projects/prj/social/oauth-url",
                                       "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/back\"}", KEY);
    assert_int_equal(a.status, 200);
    return at(a, "/state");
}

static struct mock_response consent(struct mock *m, const char *token, const char *outcome)
{
    return simulate(m, "consent", arena_printf(&m->arena, "{\"state\":\"%s\",\"outcome\":\"%s\"}", token, outcome));
}

static const struct outcome_row {
    const char *outcome, *changes, *status;
} outcome_rows[] = {
    {"approve",        CONNECTED,                           "completed"},
    {"deny",           "oauth_attempt_fail pending>failed", "failed"   },
    {"exchange_error", "oauth_attempt_fail pending>failed", "failed"   },
    {"abandon",        "",                                  "pending"  },
};

static struct mock_response status_of(struct mock *m, const char *token, const char *as)
{
    return mock_call(m, arena_printf(&m->arena, "GET /v1/social/oauth-status/%s", token), NULL, as);
}

static void a_pending_consent_can_have_every_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(outcome_rows); i++) {
        void *m = mock_test_new(fixture);
        const char *token = begin_attempt(m);
        uint32_t seq = changes_last(mock_test_world(m));
        assert_int_equal(consent(m, token, outcome_rows[i].outcome).status, 200);
        assert_string_equal(changes_since(m, seq), outcome_rows[i].changes);
        struct mock_response a = status_of(m, token, KEY);
        assert_string_equal(at(a, "/status"), outcome_rows[i].status);
        assert_int_equal(at(a, "/socialAccountId") != NULL, i == 0);
        assert_int_equal(at(a, "/error") != NULL, i == 1 || i == 2);
        mock_test_teardown(&m);
    }
}

/* The ways in which a consent ends. */
static const struct end {
    const char *outcome, *wait, *status;
} ends[] = {
    {"approve",        NULL,  "completed"},
    {"deny",           NULL,  "failed"   },
    {"exchange_error", NULL,  "failed"   },
    {NULL,             "11m", "expired"  },
    {"approve",        "11m", "completed"},
    {"deny",           "11m", "failed"   },
    {"abandon",        "11m", "expired"  },
};

static void an_ended_consent_cannot_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        void *m = mock_test_new(fixture);
        const char *token = begin_attempt(m);
        if (ends[i].outcome)
            consent(m, token, ends[i].outcome);
        if (ends[i].wait)
            advance(m, ends[i].wait);
        const char *before = dump(m);
        for (size_t j = 0; j < COUNT(outcome_rows); j++)
            assert_refused(consent(m, token, outcome_rows[j].outcome), 409, NULL);
        assert_string_equal(dump(m), before);
        assert_string_equal(at(status_of(m, token, KEY), "/status"), ends[i].status);
        mock_test_teardown(&m);
    }
}

static void another_key_cannot_see_a_consent_in_any_state(void **state)
{
    const char *tokens[] = {begin_attempt(*state), begin_attempt(*state), begin_attempt(*state), begin_attempt(*state)};
    consent(*state, tokens[0], "approve");
    consent(*state, tokens[1], "deny");
    consent(*state, tokens[2], "abandon");
    for (int round = 0; round < 2; round++) { /* the last two are pending, then expired */
        const char *before = dump(*state);
        for (size_t i = 0; i < COUNT(tokens); i++)
            assert_refused(status_of(*state, tokens[i], OTHER), 404, "NOT_FOUND");
        assert_string_equal(dump(*state), before);
        advance(*state, "11m");
    }
    assert_string_equal(at(status_of(*state, tokens[3], KEY), "/status"), "expired");
}

/* posts */

/* Schedules a post of sa_posts that is due in a day; publishing takes an hour. */
static const char *schedule(struct mock *m, const char *mode)
{
    struct mock_response a = mock_call(m, "POST /v1/content/cnt/schedule",
                                       arena_printf(&m->arena,
                                                    "{\"scheduledFor\":\"2026-05-03T09:00:00Z\","
                                                    "\"targets\":[{\"socialAccountId\":\"sa_posts\","
                                                    "\"mode\":\"%s\"}]}",
                                                    mode),
                                       KEY);
    assert_int_equal(a.status, 202);
    return at(a, "/scheduledPosts/0/scheduledPostId");
}

static struct mock_response cancel(struct mock *m, const char *id)
{
    return mock_call(m, arena_printf(&m->arena, "DELETE /v1/scheduled-posts/%s", id), NULL, KEY);
}

static struct mock_response reschedule(struct mock *m, const char *id)
{
    return mock_call(m, arena_printf(&m->arena, "POST /v1/scheduled-posts/%s/reschedule", id),
                     "{\"scheduledFor\":\"2026-05-09T09:00:00Z\"}", KEY);
}

static const char *post_in_state(struct mock *m, const char *state)
{
    const char *id = schedule(m, strcmp(state, "draft") == 0 ? "draft" : "publish");
    if (strcmp(state, "failed") == 0)
        simulate(m, "publish_outcome", arena_printf(&m->arena, "{\"post\":\"%s\",\"outcome\":\"error\"}", id));
    if (strcmp(state, "canceled") == 0)
        cancel(m, id);
    else if (strcmp(state, "publishing") == 0)
        advance(m, "1d");
    else if (strcmp(state, "queued") != 0)
        advance(m, "26h");
    assert_string_equal(post_state(m, id), state);
    return id;
}

/* The state of a post after each event; NULL: unchanged. Only a queued post can be canceled or
 * rescheduled. */
static const struct post_row {
    const char *state, *due, *canceled, *rescheduled, *account_revoked, *token_lost_and_due;
} post_rows[] = {
    {"queued",     "published", "canceled", "queued", "canceled", "failed"},
    {"publishing", "published", NULL,       NULL,     NULL,       "failed"},
    {"draft",      NULL,        NULL,       NULL,     NULL,       NULL    },
    {"published",  NULL,        NULL,       NULL,     NULL,       NULL    },
    {"failed",     NULL,        NULL,       NULL,     NULL,       NULL    },
    {"canceled",   NULL,        NULL,       NULL,     NULL,       NULL    },
};

static void assert_becomes(struct mock *m, const char *id, const struct post_row *row, const char *after)
{
    assert_string_equal(post_state(m, id), after ? after : row->state);
}

static void check_due(struct mock *m, const char *id, const struct post_row *row)
{
    uint32_t seq = changes_last(mock_test_world(m));
    advance(m, "26h");
    assert_becomes(m, id, row, row->due);
    assert_int_equal(strstr(changes_since(m, seq), "destination_publish") != NULL, row->due != NULL);
}

static void check_change(struct mock *m, const char *id, const struct post_row *row,
                         struct mock_response (*act)(struct mock *m, const char *id), const char *change,
                         const char *after)
{
    const char *before = dump(m);
    uint32_t seq = changes_last(mock_test_world(m));
    struct mock_response a = act(m, id);
    if (after) {
        assert_int_equal(a.status, 200);
        assert_string_equal(changes_since(m, seq), arena_printf(&m->arena, "%s queued>%s", change, after));
    } else {
        assert_refused(a, 409, "CONFLICT");
        assert_string_equal(dump(m), before);
    }
    assert_becomes(m, id, row, after);
}

static void check_cancel(struct mock *m, const char *id, const struct post_row *row)
{
    check_change(m, id, row, cancel, "destination_cancel", row->canceled);
}

static void check_reschedule(struct mock *m, const char *id, const struct post_row *row)
{
    check_change(m, id, row, reschedule, "destination_reschedule", row->rescheduled);
    if (!row->rescheduled)
        return;
    advance(m, "2d");
    assert_string_equal(post_state(m, id), "queued"); /* the first due time has no effect */
    advance(m, "6d");
    assert_string_equal(post_state(m, id), "published");
}

static void check_account_revoked(struct mock *m, const char *id, const struct post_row *row)
{
    struct mock_response a = revoke(m, "sa_posts");
    assert_string_equal(at(a, "/canceledScheduledPosts"), row->account_revoked ? "1" : "0");
    assert_becomes(m, id, row, row->account_revoked);
}

static void check_token_lost(struct mock *m, const char *id, const struct post_row *row)
{
    assert_int_equal(withdraw(m, "sa_posts").status, 200);
    assert_becomes(m, id, row, NULL);
    advance(m, "26h");
    assert_becomes(m, id, row, row->token_lost_and_due);
}

static void every_post_state_handles_every_event(void **state)
{
    (void)state;
    static void (*const events[])(struct mock * m, const char *id, const struct post_row *row) = {
        check_due, check_cancel, check_reschedule, check_account_revoked, check_token_lost};
    for (size_t i = 0; i < COUNT(post_rows); i++)
        for (size_t j = 0; j < COUNT(events); j++) {
            void *m = mock_test_new(fixture);
            events[j](m, post_in_state(m, post_rows[i].state), &post_rows[i]);
            mock_test_teardown(&m);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_account_state_handles_every_event),
        cmocka_unit_test_setup_teardown(only_a_live_token_expires_at_its_expiry_time, setup, mock_test_teardown),
        cmocka_unit_test(a_pending_consent_can_have_every_outcome),
        cmocka_unit_test(an_ended_consent_cannot_change),
        cmocka_unit_test_setup_teardown(another_key_cannot_see_a_consent_in_any_state, setup, mock_test_teardown),
        cmocka_unit_test(every_post_state_handles_every_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
