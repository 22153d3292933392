#include "base/array.h"
#include "mockserver/state/connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mockserver/tests/state_test.h"

#define KEPT "https://media.example/kept.jpg"

static const char *const layers[] = {"monitor", "spread", "answer", "warm"};
static const struct connect_steps steps = {
    .account_layers = layers,
    .account_layer_count = 4,
    .content_layer = "content",
    .onboarding = "tiktok.connected",
};

static uint32_t connect_account(struct scene *s, uint32_t space, const char *handle)
{
    const struct connection connection = {
        .account =
            {
                      .public_id = ids_mint(s->w, "acc_", ID_ULID),
                      .handle = handle,
                      .avatar_url = "https://cdn.example/fleeting.jpg",
                      },
        .steps = &steps,
        .kept_avatar_url = KEPT,
    };
    return connection_open(s->w, space, &connection);
}

static uint32_t count_changes(const struct world *w, enum transition_kind what)
{
    uint32_t count = 0;
    for (uint32_t seq = 1; seq <= changes_last(w); seq++)
        count += changes_read(w, seq)->what == what;
    return count;
}

static void a_new_connection_runs_all_steps(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = connect_account(&s, s.space, "acme");
    assert_string_equal(account_read(s.w, account)->avatar_url, KEPT);
    assert_int_equal(world_count(s.w, RECORD_LAYER), 5);
    for (uint32_t i = 0; i < 4; i++) {
        assert_string_equal(layer_read(s.w, i + 1)->name, layers[i]);
        assert_int_equal(layer_read(s.w, i + 1)->account, account);
    }
    const struct layer *content = layer_read(s.w, layer_find_content(s.w, s.space));
    assert_string_equal(content->name, "content");
    assert_int_equal(content->account, ROW_NONE);
    const struct onboarding *o = onboarding_read(s.w, 1);
    assert_int_equal(o->organization, s.organization);
    assert_int_equal(o->account, account);
    assert_string_equal(o->name, "tiktok.connected");
    assert_int_equal(o->at_ms, SCENE_START);
    world_free(s.w);
}

static void a_space_has_one_content_layer_and_each_account_its_own_layers(void **state)
{
    (void)state;
    struct scene s = scene_new();
    connect_account(&s, s.space, "acme");
    connect_account(&s, s.space, "acme.two");
    assert_int_equal(world_count(s.w, RECORD_LAYER), 4 + 1 + 4);
    connect_account(&s, s.other_space, "acme");
    assert_int_equal(world_count(s.w, RECORD_LAYER), 4 + 1 + 4 + 4 + 1);
    assert_int_not_equal(layer_find_content(s.w, s.space), layer_find_content(s.w, s.other_space));
    world_free(s.w);
}

static void a_reconnection_runs_no_step(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = connect_account(&s, s.space, "acme"), layers_then = world_count(s.w, RECORD_LAYER);
    account_lose_token(s.w, account, TOKEN_WITHDRAWN);
    account_reconnect(s.w, account, 0);
    assert_int_equal(world_count(s.w, RECORD_LAYER), layers_then);
    assert_int_equal(world_count(s.w, RECORD_ONBOARDING), 1);
    world_free(s.w);
}

static void a_second_connection_of_a_user_creates_only_what_is_missing(void **state)
{
    (void)state;
    for (enum connect_step failing = 0; failing < CONNECT_STEP_COUNT; failing++) {
        struct scene s = scene_new();
        connect_step_set_fails(s.w, failing, true);
        uint32_t account = connect_account(&s, s.space, "acme");
        for (int again = 0; again < 2; again++) {
            assert_int_equal(connect_account(&s, s.space, "acme"), account);
            assert_int_equal(world_count(s.w, RECORD_ACCOUNT), 1);
            assert_string_equal(account_read(s.w, account)->avatar_url, KEPT);
            assert_int_equal(world_count(s.w, RECORD_LAYER), 5);
            assert_int_equal(world_count(s.w, RECORD_ONBOARDING), 1);
        }
        assert_int_equal(count_changes(s.w, TRANSITION_ACCOUNT_KEEP_AVATAR), 1);
        assert_int_equal(count_changes(s.w, TRANSITION_ACCOUNT_RECONNECT), 2);
        world_free(s.w);
    }
}

static void a_second_connection_keeps_an_avatar_that_is_not_the_platforms(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct connection own = {
        .account = {.public_id = "acc", .handle = "acme", .avatar_url = "https://own.example/me.jpg"}
    };
    uint32_t account = connection_add(s.w, s.space, &own);
    assert_int_equal(connect_account(&s, s.space, "acme"), account);
    assert_string_equal(account_read(s.w, account)->avatar_url, "https://own.example/me.jpg");
    world_free(s.w);
}

static void a_failing_step_does_not_affect_the_connection_or_other_steps(void **state)
{
    (void)state;
    static const struct {
        enum transition_kind failed;
        enum connect_step step;
        uint32_t layers, onboardings;
        bool avatar;
    } rows[] = {
        {TRANSITION_ACCOUNT_KEEP_AVATAR_FAIL, CONNECT_STEP_AVATAR,         5, 1, false},
        {TRANSITION_LAYER_CREATE_FAIL,        CONNECT_STEP_ACCOUNT_LAYERS, 1, 1, true },
        {TRANSITION_CONTENT_LAYER_FAIL,       CONNECT_STEP_CONTENT_LAYER,  4, 1, true },
        {TRANSITION_ONBOARDING_TICK_FAIL,     CONNECT_STEP_ONBOARDING,     5, 0, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s = scene_new();
        connect_step_set_fails(s.w, rows[i].step, true);
        const struct account *a = account_read(s.w, connect_account(&s, s.space, "acme"));
        assert_true(account_is_listed(a));
        assert_int_equal(a->token, TOKEN_LIVE);
        assert_int_equal(strcmp(a->avatar_url, KEPT) == 0, rows[i].avatar);
        assert_int_equal(world_count(s.w, RECORD_LAYER), rows[i].layers);
        assert_int_equal(world_count(s.w, RECORD_ONBOARDING), rows[i].onboardings);
        assert_int_equal(count_changes(s.w, rows[i].failed), 1);

        connect_account(&s, s.other_space, "acme.two"); /* the step runs again */
        assert_int_equal(count_changes(s.w, rows[i].failed), 1);
        assert_int_equal(world_count(s.w, RECORD_LAYER), rows[i].layers + 5);
        assert_int_equal(world_count(s.w, RECORD_ONBOARDING), rows[i].onboardings + 1);
        world_free(s.w);
    }
}

static void a_cleared_failure_does_not_happen(void **state)
{
    (void)state;
    struct scene s = scene_new();
    connect_step_set_fails(s.w, CONNECT_STEP_ONBOARDING, true);
    connect_step_set_fails(s.w, CONNECT_STEP_ONBOARDING, false);
    connect_account(&s, s.space, "acme");
    assert_int_equal(world_count(s.w, RECORD_ONBOARDING), 1);
    world_free(s.w);
}

static enum failure failure_of_post(struct scene *s, uint32_t account)
{
    uint32_t row = scene_destination(s, account, HOUR_MS, MODE_PUBLISH);
    events_advance(s->w, world_now(s->w) + HOUR_MS);
    const struct destination *d = destination_read(s->w, row);
    assert_int_equal(d->state, d->failure == FAILURE_NONE ? DESTINATION_PUBLISHED : DESTINATION_FAILED);
    return d->failure;
}

static void an_account_publishes_once_its_layers_exist(void **state)
{
    (void)state;
    struct scene s = scene_new();
    connect_step_set_fails(s.w, CONNECT_STEP_ACCOUNT_LAYERS, true);
    uint32_t account = connect_account(&s, s.space, "acme");
    assert_int_equal(failure_of_post(&s, account), FAILURE_UNPREPARED);
    account_reconnect(s.w, account, 0); /* a reauth creates no layers */
    assert_int_equal(failure_of_post(&s, account), FAILURE_UNPREPARED);
    connect_account(&s, s.space, "acme");
    assert_int_equal(failure_of_post(&s, account), FAILURE_NONE);
    world_free(s.w);
}

static void a_failing_step_leaves_an_account_that_has_its_layers_ready(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = connect_account(&s, s.space, "acme");
    for (enum connect_step step = 0; step < CONNECT_STEP_COUNT; step++)
        connect_step_set_fails(s.w, step, true);
    connect_account(&s, s.space, "acme");
    assert_int_equal(failure_of_post(&s, account), FAILURE_NONE);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_connection_runs_all_steps),
        cmocka_unit_test(a_space_has_one_content_layer_and_each_account_its_own_layers),
        cmocka_unit_test(a_reconnection_runs_no_step),
        cmocka_unit_test(a_second_connection_of_a_user_creates_only_what_is_missing),
        cmocka_unit_test(a_second_connection_keeps_an_avatar_that_is_not_the_platforms),
        cmocka_unit_test(a_failing_step_does_not_affect_the_connection_or_other_steps),
        cmocka_unit_test(an_account_publishes_once_its_layers_exist),
        cmocka_unit_test(a_failing_step_leaves_an_account_that_has_its_layers_ready),
        cmocka_unit_test(a_cleared_failure_does_not_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
