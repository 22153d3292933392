/* Replays of random runs: calls, simulations, webhook responses and time in random order.
 *
 * REPLAY_SEED=n runs one seed only. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/replay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 20
#define STEPS 250

#define LAYERS  "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define ACME    "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a"
#define TIGHT   "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a00000002"
#define NITRO   "embed-api-key: pn-acme00000000000000000001"
#define TARGETS "\"targets\":[{\"socialAccountId\":\"sa_acme_instagram\",\"mode\":\"publish\"}]"
#define RETURN  "\"returnUrl\":\"https://app.your-product.com/done\""
#define FIRST   "/v1/projects/prj_acme_a"
#define ADMIN   "/__admin"

#define HOOK                                                                                                           \
    "{\"url\":\"http://127.0.0.1:9/a\",\"events\":[\"post.published\",\"post.failed\","                                \
    "\"social_account.needs_reauth\"]}"

/* "%s" is replaced with "" or "/ns/<name>". */
/* clang-format off */
static const struct {
    const char *line, *body, *header;
} calls[] = {
    {"GET %s" FIRST "/social-accounts?limit=3",              NULL,                                      LAYERS},
    {"GET %s" FIRST "/scheduled-posts?limit=5",              NULL,                                      LAYERS},
    {"GET %s/v1/whoami",                                     NULL,                                      LAYERS},
    {"GET %s/v1/nowhere",                                    NULL,                                      LAYERS},
    {"GET %s/v1/audit-log",                                  NULL,                                      LAYERS},
    {"POST %s/v1/content/cnt_image/publish",                 "{" TARGETS "}",                           LAYERS},
    {"POST %s/v1/content/cnt_open/schedule", "{\"scheduledFor\":\"2026-06-03T17:00:00Z\"," TARGETS "}", LAYERS},
    {"POST %s" FIRST "/social/oauth-url",                    "{\"platform\":\"tiktok\"," RETURN "}",    LAYERS},
    {"DELETE %s/v1/social-accounts/sa_acme_disposable",      NULL,                                      LAYERS},
    {"POST %s/v1/projects",                                  "{\"name\":\"New\",\"timezone\":\"UTC\"}", LAYERS},
    {"GET %s/api/v1/accounts",                               NULL,                                      TIGHT},
    {"GET %s/api/v1/posts",                                  NULL,                                      ACME},
    {"POST %s/api/v1/posts",                                 "{\"content\":\"hi\",\"account_ids\":[3001,3004]}", ACME},
    {"POST %s/api/v1/accounts/connect-link",                 "{\"platform\":\"x\"}",                    ACME},
    {"GET %s/social-account",                                NULL,                                      NITRO},
    {"DELETE %s/social-account/cacme000000000000disposable", NULL,                                      NITRO},
    {"GET %s" ADMIN "/clock",                                NULL,                                      NULL},
    {"GET %s" ADMIN "/state",                                NULL,                                      NULL},
    {"GET %s" ADMIN "/requests?limit=5",                     NULL,                                      NULL},
    {"GET %s" ADMIN "/health",                               NULL,                                      NULL},
    {"GET %s" ADMIN "/rules",                                NULL,                                      NULL},
    {"GET %s" ADMIN "/client-checks",                        NULL,                                      NULL},
    {"GET " ADMIN "/namespaces",                             NULL,                                      NULL},
    {"PUT %s" ADMIN "/clock",                                "{\"mode\":\"frozen\"}",                   NULL},
    {"PUT %s" ADMIN "/clock",                                "{\"mode\":\"runs\"}",                     NULL},
    {"POST %s" ADMIN "/clock/advance",                       "{\"by\":\"7h\"}",                         NULL},
    {"POST %s" ADMIN "/clock/advance",                       "{\"until\":\"next_event\"}",              NULL},
    {"POST %s" ADMIN "/reset",                               NULL,                                      NULL},
    {"POST %s" ADMIN "/snapshots",                           "{\"name\":\"s\"}",                        NULL},
    {"POST %s" ADMIN "/snapshots/s/restore",                 NULL,                                      NULL},
    {"POST " ADMIN "/namespaces",                            "{\"name\":\"c\",\"from\":\"s\"}",         NULL},
    {"DELETE " ADMIN "/namespaces/b",                        NULL,                                      NULL},
    {"POST %s" ADMIN "/simulate/token_lost", "{\"account\":\"sa_acme_tiktok\",\"why\":\"expired\"}", NULL},
    {"POST %s" ADMIN "/simulate/publish_outcome", "{\"account\":\"sa_acme_instagram\",\"outcome\":\"error\"}", NULL},
    {"POST %s" ADMIN "/simulate/fail", "{\"operation\":\"layers.whoami\",\"times\":2,\"status\":503}", NULL},
    {"POST %s" ADMIN "/requests/wait",                       "{\"at_least\":3,\"timeout\":\"20s\"}",    NULL},
    {"POST %s" ADMIN "/requests/verify",                     "{\"at_least\":3}",                        NULL},
    {"POST %s" ADMIN "/rules",
     "{\"method\":\"DELETE\",\"when\":{\"probability\":0.5},\"then\":[{\"delay_before\":\"3s\"}]}", NULL},
    {"POST %s" ADMIN "/rules",
     "{\"provider\":\"layers\",\"when\":{\"probability\":0.2},"
     "\"then\":[{\"delay_before\":{\"lognormal\":{\"median\":\"500ms\",\"sigma\":1}}},"
     "{\"close_connection\":\"reset\"}]}", NULL},
    {"DELETE %s" ADMIN "/rules",                             NULL,                                      NULL},
    {"POST %s/v1/webhook-endpoints",                         HOOK,                                      LAYERS},
};
/* clang-format on */

static uint64_t random_state; /* state of the random number generator */

static uint32_t random_below(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

/* Makes a random call. A call to a provider that the fixture does not have gets an error response,
 * which is recorded as well. */
static void make_random_call(struct run *r)
{
    static const char *const prefixes[] = {"", "", "", "/ns/a", "/ns/b", "/ns/c"};
    size_t i = random_below(COUNT(calls));
    char line[256];
    (void)snprintf(line, sizeof line, "%.*s%s%s", (int)(strchr(calls[i].line, ' ') - calls[i].line + 1), calls[i].line,
                   strstr(calls[i].line, "%s") ? prefixes[random_below(COUNT(prefixes))] : "",
                   strstr(calls[i].line, "%s") ? strstr(calls[i].line, "%s") + 2 : strchr(calls[i].line, ' ') + 1);
    r->unsent = !random_below(8);
    run_call(r, arena_text(&r->arena, line), calls[i].body, calls[i].header);
}

static void step(struct run *r)
{
    static const int statuses[] = {200, 200, 500, 0, 410};
    static const int64_t pauses_ms[] = {1, 40, 999, 5000, 60000, 3600000};
    switch (random_below(10)) {
    case 0:
    case 1:
        run_pass(r, pauses_ms[random_below(COUNT(pauses_ms))]);
        return;
    case 2:
        run_complete_delivery(r, statuses[random_below(COUNT(statuses))]);
        return;
    case 3:
        if (r->calls && !random_below(3))
            run_close_call(r->calls);
        return;
    default:
        make_random_call(r);
    }
}

static void play(uint64_t seed, struct replay *sum)
{
    static const char *const fixtures[] = {"layers-acme.yaml", "layers-acme.yaml", "posteverywhere-acme.yaml",
                                           "postnitro-acme.yaml"};
    int64_t history = seed / COUNT(fixtures) % 2 ? 3 : 0;
    struct run *r = run_new_with(fixtures[seed % COUNT(fixtures)], "http://mock.test", history);
    struct replay out;
    random_state = seed;
    run_call(r, "POST /v1/webhook-endpoints", HOOK, LAYERS);
    for (int i = 0; i < STEPS; i++)
        step(r);
    run_end(r);
    if (!run_replays_equally(r, &out))
        fail_msg("REPLAY_SEED=%llu", (unsigned long long)seed);
    assert_true(out.whole);
    sum->timers += out.timers;
    sum->deliveries += out.deliveries;
    sum->calls += out.calls;
    sum->responses += out.responses;
    run_free(r);
}

static void random_runs_replay(void **state)
{
    (void)state;
    const char *alone = getenv("REPLAY_SEED");
    struct replay sum = {0};
    if (alone) {
        play(strtoull(alone, NULL, 10), &sum);
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed, &sum);
    assert_true(sum.timers > 50);
    assert_true(sum.deliveries > 50);
    assert_true(sum.responses < sum.calls); /* some clients closed early */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_runs_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
