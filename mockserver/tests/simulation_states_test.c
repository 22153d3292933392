/* Each simulation in each state in which it can no longer act: it is refused and changes nothing. In the state before, the
 * same simulation acts. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/admin_test.h"

static const char fixture[] =
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "timings: { publish: 10m }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys: [ { name: full, key: lp_live_full, scopes: ['*'], return_domains: [app.test] } ]\n"
    "      projects:\n"
    "        - id: prj_one\n"
    "          name: One\n"
    "          social_accounts:\n"
    "            - { id: sa_one, platform: tiktok, handle: one, connected_at: -2d, token_expires_at: +20d }\n"
    "          content: [ { id: cnt_one, media_type: video } ]\n"
    "          lease_requests: [ { id: lr_open, count: 1, vertical: food } ]\n"
    "          scheduled_posts: [ { id: sp_one, content: cnt_one, account: sa_one, at: +1h } ]\n"
    "      webhooks: [ { id: wh_one, url: \"http://127.0.0.1:9/\", events: [social_account.connected] } ]\n"
    "  lease_pool: [ { handle: pool.one, vertical: food } ]\n"
    "posteverywhere:\n"
    "  organizations:\n"
    "    - name: Brand\n"
    "      keys: [ { name: brand, key: pe_live_1 } ]\n"
    "      accounts: [ { account_id: 3001, platform: x, account_name: \"@acme\" } ]\n"
    "      posts:\n"
    "        - { id: 7b0c2f58-1d1e-4a52-8f0b-000000000001, content: Soon., accounts: [3001], at: +1h, status: "
    "scheduled }\n"
    "        - { id: 7b0c2f58-1d1e-4a52-8f0b-000000000002, content: Draft., accounts: [3001], status: draft }\n"
    "postnitro:\n"
    "  workspaces:\n"
    "    - id: ws_one\n"
    "      name: Nitro\n"
    "      keys: [ { name: nitro, key: pn-one } ]\n"
    "      social_accounts: [ { id: cone, platform: threads, handle: one.threads } ]\n"
    "      posts: [ { id: cpost, accounts: [cone], at: +1h } ]\n";

#define PE_POST  "7b0c2f58-1d1e-4a52-8f0b-000000000001"
#define PE_DRAFT "7b0c2f58-1d1e-4a52-8f0b-000000000002"
#define PE_KEY   "Authorization: Bearer pe_live_1"
#define PN_KEY   "embed-api-key: pn-one"
#define ADVANCE  "POST /__admin/clock/advance", "{\"by\":\"61m\"}"
#define FINISH   "POST /__admin/clock/advance", "{\"by\":\"2h\"}"
#define LAYERS   "/layers/v1"
#define SIM      "POST /__admin/simulate/"

struct step {
    const char *call, *body, *header;
};

/* clang-format off */
static const struct row {
    struct step before[3]; /* each succeeds; the last one, if it is the simulation itself, acts */
    const char *simulation, *body;
    int status;
    const char *words;
} rows[] = {
    /* OAuth attempts: $state is that of a pending one */
    {{{SIM "consent", "{\"state\":\"$state\",\"outcome\":\"deny\"}", NULL}},
     "consent", "{\"state\":\"$state\",\"outcome\":\"approve\"}", 409, "failed"},
    {{{SIM "consent", "{\"state\":\"$state\",\"outcome\":\"approve\"}", NULL}},
     "consent", "{\"state\":\"$state\",\"outcome\":\"approve\"}", 409, "completed"},
    {{{SIM "consent", "{\"state\":\"$state\",\"outcome\":\"approve\"}", NULL}},
     "consent", "{\"state\":\"$state\",\"outcome\":\"abandon\"}", 409, "completed"},
    {{{FINISH, NULL}}, "consent", "{\"state\":\"$state\",\"outcome\":\"deny\"}", 409, "expired"},
    {{{FINISH, NULL}}, "consent", "{\"state\":\"$session\",\"outcome\":\"approve\"}", 409, "expired"},
    {{{SIM "consent", "{\"state\":\"$session\",\"outcome\":\"exchange_error\"}", NULL}},
     "consent", "{\"state\":\"$session\",\"outcome\":\"approve\"}", 409, "failed"},

    /* accounts of each provider */
    {{{SIM "token_lost", "{\"account\":\"sa_one\",\"why\":\"expired\"}", NULL}},
     "token_lost", "{\"account\":\"sa_one\",\"why\":\"revoked_upstream\"}", 409, "already lost"},
    {{{SIM "token_lost", "{\"account\":\"3001\",\"why\":\"revoked_upstream\"}", NULL}},
     "token_lost", "{\"account\":\"3001\",\"why\":\"expired\"}", 409, "already lost"},
    {{{SIM "token_lost", "{\"account\":\"cone\",\"why\":\"expired\"}", NULL}},
     "token_lost", "{\"account\":\"cone\",\"why\":\"expired\"}", 409, "already lost"},
    {{{"DELETE " LAYERS "/social-accounts/sa_one", NULL, KEY}},
     "token_lost", "{\"account\":\"sa_one\",\"why\":\"expired\"}", 409, "disconnected"},
    {{{SIM "account_removed", "{\"account\":\"3001\"}", NULL}},
     "token_lost", "{\"account\":\"3001\",\"why\":\"expired\"}", 409, "disconnected"},
    {{{"DELETE /postnitro/social-account/cone", NULL, PN_KEY}},
     "token_lost", "{\"account\":\"cone\",\"why\":\"expired\"}", 409, "disconnected"},
    {{{SIM "account_removed", "{\"account\":\"sa_one\"}", NULL}}, "account_removed", "{\"account\":\"sa_one\"}", 409, "disconnected"},
    {{{SIM "account_removed", "{\"account\":\"3001\"}", NULL}}, "account_removed", "{\"account\":\"3001\"}", 409, "disconnected"},
    {{{"DELETE /postnitro/social-account/cone", NULL, PN_KEY}},
     "account_removed", "{\"account\":\"cone\"}", 409, "disconnected"},
    {{{SIM "account_removed", "{\"account\":\"sa_one\"}", NULL}},
     "publish_outcome", "{\"account\":\"sa_one\",\"outcome\":\"error\"}", 409, "disconnected"},
    {{{SIM "health", "{\"account\":\"3001\",\"status\":\"unhealthy\"}", NULL}, {SIM "health", "{\"account\":\"3001\",\"status\":\"healthy\"}", NULL}},
     "health", "{\"account\":\"3001\",\"status\":\"healthy\"}", 409, "already healthy"},
    {{{SIM "health", "{\"account\":\"3001\",\"status\":\"expired\"}", NULL}},
     "health", "{\"account\":\"3001\",\"status\":\"expired\"}", 409, "already expired"},
    {{{SIM "health", "{\"account\":\"3001\",\"status\":\"unhealthy\"}", NULL}},
     "health", "{\"account\":\"3001\",\"status\":\"unhealthy\"}", 409, "already unhealthy"},
    {{{SIM "account_removed", "{\"account\":\"3001\"}", NULL}},
     "health", "{\"account\":\"3001\",\"status\":\"expired\"}", 409, "disconnected"},
    {{{NULL, NULL, NULL}}, "health", "{\"account\":\"sa_one\",\"status\":\"expired\"}", 422, "layers"},
    {{{NULL, NULL, NULL}}, "health", "{\"account\":\"cone\",\"status\":\"expired\"}", 422, "postnitro"},
    {{{NULL, NULL, NULL}}, "account_connected", "{\"space\":\"prj_one\",\"platform\":\"x\",\"handle\":\"a\"}", 422, "layers"},
    {{{NULL, NULL, NULL}}, "account_connected", "{\"space\":\"ws_one\",\"platform\":\"x\",\"handle\":\"a\"}", 422, "postnitro"},
    {{{SIM "side_effect", "{\"step\":\"avatar\",\"outcome\":\"fail\"}", NULL}},
     "side_effect", "{\"step\":\"avatar\",\"outcome\":\"fail\"}", 409, "already fails"},
    {{{SIM "side_effect", "{\"step\":\"avatar\",\"outcome\":\"fail\"}", NULL}, {SIM "side_effect", "{\"step\":\"avatar\",\"outcome\":\"ok\"}", NULL}},
     "side_effect", "{\"step\":\"avatar\",\"outcome\":\"ok\"}", 409, "already succeeds"},

    /* posts of each provider */
    {{{"DELETE " LAYERS "/scheduled-posts/sp_one", NULL, KEY}},
     "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"error\"}", 409, "canceled"},
    {{{FINISH, NULL}}, "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"error\"}", 409, "published"},
    {{{SIM "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"error\"}", NULL}, {FINISH, NULL}},
     "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"success\"}", 409, "failed"},
    {{{SIM "account_removed", "{\"account\":\"sa_one\"}", NULL}},
     "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"success\"}", 409, "canceled"},
    {{{FINISH, NULL}}, "publish_outcome", "{\"post\":\"" PE_POST "\",\"outcome\":\"error\"}", 409, "published"},
    {{{NULL, NULL, NULL}}, "publish_outcome", "{\"post\":\"" PE_DRAFT "\",\"outcome\":\"error\"}", 409, "draft"},
    {{{"DELETE /posteverywhere/api/v1/posts/" PE_POST, NULL, PE_KEY}},
     "publish_outcome", "{\"post\":\"" PE_POST "\",\"outcome\":\"error\"}", 409, "deleted"},
    {{{"DELETE /postnitro/schedule/cpost", NULL, PN_KEY}},
     "publish_outcome", "{\"post\":\"cpost\",\"outcome\":\"error\"}", 409, "deleted"},
    {{{FINISH, NULL}}, "publish_outcome", "{\"post\":\"cpost\",\"outcome\":\"error\"}", 409, "published"},
    {{{ADVANCE, NULL}, {"DELETE /postnitro/schedule/cpost", NULL, PN_KEY}},
     "publish_outcome", "{\"post\":\"cpost\",\"outcome\":\"error\"}", 409, "deleted"},

    /* lease requests */
    {{{SIM "lease_decide", "{\"request\":\"lr_open\",\"outcome\":\"assigned\"}", NULL}},
     "lease_decide", "{\"request\":\"lr_open\",\"outcome\":\"rejected\"}", 409, "assigned"},
    {{{SIM "lease_decide", "{\"request\":\"lr_open\",\"outcome\":\"rejected\"}", NULL}},
     "lease_decide", "{\"request\":\"lr_open\",\"outcome\":\"assigned\"}", 409, "rejected"},

    /* ad accounts */
    {{{NULL, NULL, NULL}}, "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"disconnect\":true}", 409, "no ad account"},
    {{{NULL, NULL, NULL}}, "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"status\":\"valid\"}", 409, "no ad account"},
    {{{SIM "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"connect\":true}", NULL}},
     "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"connect\":true}", 409, "already has"},
    {{{SIM "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"connect\":true}", NULL},
      {SIM "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"status\":\"revoked\"}", NULL}},
     "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"status\":\"expired\"}", 409, "already revoked"},
    {{{SIM "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"connect\":true}", NULL},
      {SIM "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"disconnect\":true}", NULL}},
     "ad_account", "{\"project\":\"prj_one\",\"platform\":\"meta_ads\",\"status\":\"expired\"}", 409, "no ad account"},
    {{{NULL, NULL, NULL}}, "ad_account", "{\"project\":\"ws_one\",\"platform\":\"meta_ads\",\"disconnect\":true}", 422, "PostNitro"},

    /* keys */
    {{{NULL, NULL, NULL}}, "plan", "{\"key\":\"full\",\"status\":\"active\"}", 409, "already active"},
    {{{SIM "plan", "{\"key\":\"brand\",\"status\":\"killed\"}", NULL}},
     "plan", "{\"key\":\"brand\",\"status\":\"killed\"}", 409, "already killed"},
    {{{SIM "plan", "{\"key\":\"nitro\",\"status\":\"unpaid\"}", NULL}},
     "plan", "{\"key\":\"nitro\",\"status\":\"unpaid\"}", 409, "already unpaid"},
    {{{NULL, NULL, NULL}}, "rate_limit", "{\"key\":\"nitro\",\"remaining\":0}", 422, "no rate limits"},
    {{{NULL, NULL, NULL}}, "fail", "{\"operation\":\"layers.list_accounts\",\"times\":1,\"status\":500}", 422, "list_accounts"},

    /* webhooks */
    {{{"DELETE " LAYERS "/webhook-endpoints/wh_one", NULL, KEY}},
     "webhook", "{\"event\":\"social_account.connected\",\"webhook\":\"wh_one\"}", 409, "deleted"},
    {{{NULL, NULL, NULL}}, "webhook", "{\"event\":\"social_account.conected\",\"action\":\"drop\"}", 422, "social_account.connected"},
};
/* clang-format on */

static const char *replace(struct mock *m, const char *text, const char *name, const char *value)
{
    const char *at_name = text ? strstr(text, name) : NULL;
    return at_name ? arena_printf(&m->arena, "%.*s%s%s", (int)(at_name - text), text, value, at_name + strlen(name))
                   : text;
}

struct ids {
    const char *state, *session;
};

static const char *fill(struct mock *m, const char *text, const struct ids *ids)
{
    return replace(m, replace(m, text, "$state", ids->state), "$session", ids->session);
}

static struct ids begin_attempts(struct mock *m)
{
    struct mock_response session =
        mock_call(m, "POST /posteverywhere/api/v1/accounts/connect-link", "{\"platform\":\"x\"}", PE_KEY);
    return (struct ids){.state = begin_attempt(m), .session = at(session, "/data/session_id")};
}

static void a_simulation_that_can_no_longer_act_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = mock_test_new(fixture);
        const struct row *r = &rows[i];
        struct ids ids = begin_attempts(m);
        for (size_t n = 0; n < COUNT(r->before) && r->before[n].call; n++) {
            const struct step *s = &r->before[n];
            struct mock_response a = mock_call(m, s->call, fill(m, s->body, &ids), s->header);
            if (a.status != 200)
                fail_msg("row %zu, %s %s: %d " STR_FMT, i, s->call, s->body ? s->body : "", a.status, STR_ARG(a.text));
        }
        uint32_t changes = changes_last(mock_test_world(m));
        struct mock_response a = simulation(m, r->simulation, fill(m, r->body, &ids));
        if (a.status != r->status || !strstr(a.text.s, r->words))
            fail_msg("row %zu, %s %s: expected %d '%s', got %d " STR_FMT, i, r->simulation, r->body, r->status,
                     r->words, a.status, STR_ARG(a.text));
        assert_int_equal(changes_last(mock_test_world(m)), changes);
        mock_free(m);
    }
}

static const char *destination_state(struct mock *m, const char *id, const char *pointer)
{
    return at(mock_call(m, arena_printf(&m->arena, "GET /__admin/state/destinations/%s", id), NULL), pointer);
}

/* The platform has taken the upload; then the token dies, or the account is removed. */
static void a_publishing_post_with_an_outcome_is_decided(void **state)
{
    (void)state;
    static const struct {
        const char *outcome, *then, *then_body, *final, *code;
    } cases[] = {
        {"{\"post\":\"sp_one\",\"outcome\":\"success\"}",                     "token_lost",      "{\"account\":\"sa_one\",\"why\":\"expired\"}",
         "published",                                                                                                                                         "null"    },
        {"{\"account\":\"sa_one\",\"outcome\":\"success\"}",                  "token_lost",
         "{\"account\":\"sa_one\",\"why\":\"revoked_upstream\"}",                                                                                "published", "null"    },
        {"{\"post\":\"sp_one\",\"outcome\":\"success\"}",                     "account_removed", "{\"account\":\"sa_one\"}",                     "published",
         "null"                                                                                                                                                         },
        {"{\"post\":\"sp_one\",\"outcome\":\"error\",\"code\":\"TOO_LONG\"}", "token_lost",
         "{\"account\":\"sa_one\",\"why\":\"expired\"}",                                                                                         "failed",    "TOO_LONG"},
        {NULL,                                                                "token_lost",      "{\"account\":\"sa_one\",\"why\":\"expired\"}", "failed",    "null"    },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mock *m = mock_test_new(fixture);
        mock_call(m, ADVANCE);
        assert_string_equal(destination_state(m, "sp_one", "/state"), "publishing");
        if (cases[i].outcome)
            assert_int_equal(simulation(m, "publish_outcome", cases[i].outcome).status, 200);
        assert_int_equal(simulation(m, cases[i].then, cases[i].then_body).status, 200);
        mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"8m\"}");
        assert_string_equal(destination_state(m, "sp_one", "/state"), "publishing");
        mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"2m\"}");
        assert_string_equal(destination_state(m, "sp_one", "/state"), cases[i].final);
        assert_string_equal(destination_state(m, "sp_one", "/failure_code"), cases[i].code);
        mock_free(m);
    }
}

/* Set before the post is due, the outcome of the account belongs to the attempt that begins first. */
static void an_account_outcome_is_that_of_the_attempt_that_begins_next(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(fixture);
    simulation(m, "publish_outcome", "{\"account\":\"sa_one\",\"outcome\":\"success\"}");
    mock_call(m, ADVANCE);
    assert_string_equal(destination_state(m, "sp_one", "/outcome"), "success");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/outcome"), "natural");
    simulation(m, "token_lost", "{\"account\":\"sa_one\",\"why\":\"expired\"}");
    mock_call(m, FINISH);
    assert_string_equal(destination_state(m, "sp_one", "/state"), "published");
    mock_free(m);
}

/* After an update the post has new destinations; the removed ones no longer answer to its id. */
static void a_post_is_found_by_its_id_after_an_update(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(fixture);
    struct mock_response a =
        mock_call(m, "PUT /postnitro/schedule/cpost",
                  "{\"status\":\"SCHEDULED\",\"scheduledAt\":\"2026-05-03T09:00:00Z\",\"selectedAccounts\":[\"cone\"],"
                  "\"postContent\":{\"common\":\"Hi\"},\"threadsPostSettings\":{\"postType\":\"image\"}}",
                  PN_KEY);
    assert_int_equal(a.status, 200);
    assert_int_equal(simulation(m, "publish_outcome", "{\"post\":\"cpost\",\"outcome\":\"error\"}").status, 200);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"25h\"}");
    assert_string_equal(at(mock_call(m, "GET /postnitro/schedule/cpost", NULL, PN_KEY), "/data/status"), "FAILED");
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_simulation_that_can_no_longer_act_is_refused),
        cmocka_unit_test(a_publishing_post_with_an_outcome_is_decided),
        cmocka_unit_test(an_account_outcome_is_that_of_the_attempt_that_begins_next),
        cmocka_unit_test(a_post_is_found_by_its_id_after_an_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
