#include "base/array.h"
#include "base/enum.h"
#include "mockserver/state/ad_account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "mockserver/tests/state_test.h"

#define VALIDATION (10 * MINUTE_MS)

static struct ad_account spec_of(struct scene *s, enum ad_platform platform)
{
    return (struct ad_account){
        .public_id = ids_mint(s->w, "", ID_ULID),
        .external_id = "act_1",
        .name = "Acme US",
        .currency = "USD",
        .platform = platform,
    };
}

static uint32_t connect(struct scene *s)
{
    struct ad_account spec = spec_of(s, AD_PLATFORM_META);
    return ad_account_connect(s->w, s->space, &spec);
}

static struct scene scene_with_validation(void)
{
    struct scene s = scene_new();
    s.w->timings.ad_validation_ms = VALIDATION;
    return s;
}

static uint32_t account_in(struct scene *s, enum ad_account_state in)
{
    uint32_t row = connect(s);
    if (in == AD_ACCOUNT_VALID)
        ad_account_validate(s->w, row);
    else if (in == AD_ACCOUNT_EXPIRED || in == AD_ACCOUNT_REVOKED)
        ad_account_lose(s->w, row, in == AD_ACCOUNT_EXPIRED ? AD_TOKEN_EXPIRED : AD_TOKEN_REVOKED);
    else if (in == AD_ACCOUNT_DISCONNECTED)
        ad_account_disconnect(s->w, row);
    assert_int_equal(record_state(s->w, RECORD_AD_ACCOUNT, row), in);
    return row;
}

static void validate(struct world *w, uint32_t row)
{
    ad_account_validate(w, row);
}

static void expire(struct world *w, uint32_t row)
{
    ad_account_lose(w, row, AD_TOKEN_EXPIRED);
}

static void revoke(struct world *w, uint32_t row)
{
    ad_account_lose(w, row, AD_TOKEN_REVOKED);
}

static const struct event_row {
    enum transition_kind what;
    enum ad_event event;
    void (*apply)(struct world *w, uint32_t row);
    enum ad_account_state to;
    int allowed; /* in this many states, from the first */
} event_rows[] = {
    {TRANSITION_AD_ACCOUNT_VALIDATE,   AD_VALIDATES,   validate,              AD_ACCOUNT_VALID,        1},
    {TRANSITION_AD_ACCOUNT_LOSE,       AD_LOSES,       expire,                AD_ACCOUNT_EXPIRED,      2},
    {TRANSITION_AD_ACCOUNT_LOSE,       AD_LOSES,       revoke,                AD_ACCOUNT_REVOKED,      2},
    {TRANSITION_AD_ACCOUNT_RECONNECT,  AD_RECONNECTS,  ad_account_reconnect,  AD_ACCOUNT_PENDING,      4},
    {TRANSITION_AD_ACCOUNT_DISCONNECT, AD_DISCONNECTS, ad_account_disconnect, AD_ACCOUNT_DISCONNECTED, 4},
};

static void assert_applied(const struct scene *s, const struct event_row *row, enum ad_account_state in,
                           uint32_t account, const struct ad_account *was)
{
    const struct ad_account *is = ad_account_read(s->w, account);
    bool gone = row->event == AD_DISCONNECTS, granted = row->event == AD_RECONNECTS;
    assert_int_equal(record_state(s->w, RECORD_AD_ACCOUNT, account), row->to);
    assert_int_equal(is->disconnected_at_ms, gone ? SCENE_START + MINUTE_MS : 0);
    assert_int_equal(is->validates_at_ms, granted ? SCENE_START + MINUTE_MS + VALIDATION : 0);
    assert_int_equal(ad_account_of(s->w, s->space, AD_PLATFORM_META), gone ? ROW_NONE : account);
    assert_string_equal(is->public_id, was->public_id);
    assert_string_equal(is->external_id, was->external_id);
    assert_int_equal(is->connected_at_ms, was->connected_at_ms);
    const struct change *last = changes_read(s->w, changes_last(s->w));
    assert_int_equal(last->what, row->what);
    assert_int_equal(last->from, in);
    assert_int_equal(last->to, row->to);
}

static void only_allowed_transitions_are_possible(void **state)
{
    (void)state;
    for (enum ad_account_state in = 0; in < AD_ACCOUNT_STATE_COUNT; in++)
        for (size_t i = 0; i < COUNT(event_rows); i++) {
            struct arena a = {0};
            struct scene s = scene_with_validation();
            uint32_t account = account_in(&s, in);
            events_advance(s.w, SCENE_START + MINUTE_MS);
            const struct ad_account was = *ad_account_read(s.w, account);
            const char *before = dump_world(&a, s.w);
            bool can = ad_account_can(&was, event_rows[i].event);
            assert_string_equal(dump_world(&a, s.w), before);
            assert_int_equal(can, (int)in < event_rows[i].allowed);
            if (can) {
                event_rows[i].apply(s.w, account);
                assert_applied(&s, &event_rows[i], in, account, &was);
            }
            world_free(s.w);
            arena_end(&a);
        }
}

static void a_grant_is_pending_until_it_is_validated(void **state)
{
    (void)state;
    struct scene s = scene_with_validation();
    uint32_t row = connect(&s);
    events_advance(s.w, SCENE_START + VALIDATION - 1);
    assert_int_equal(ad_account_read(s.w, row)->token, AD_TOKEN_PENDING);
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(ad_account_read(s.w, row)->token, AD_TOKEN_VALID);
    const struct change *last = changes_read(s.w, changes_last(s.w));
    assert_int_equal(last->cause, CAUSE_TIME);
    assert_int_equal(last->at_ms, SCENE_START + VALIDATION);
    world_free(s.w);
}

static void without_validation_time_a_grant_is_valid_immediately(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = connect(&s);
    assert_int_equal(ad_account_read(s.w, row)->token, AD_TOKEN_VALID);
    ad_account_lose(s.w, row, AD_TOKEN_REVOKED);
    ad_account_reconnect(s.w, row);
    assert_int_equal(ad_account_read(s.w, row)->token, AD_TOKEN_VALID);
    int64_t at;
    assert_false(events_next_at(s.w, &at));
    world_free(s.w);
}

static void the_validation_of_an_old_grant_does_not_validate_a_new_one(void **state)
{
    (void)state;
    struct scene s = scene_with_validation();
    uint32_t row = connect(&s);
    events_advance(s.w, SCENE_START + 5 * MINUTE_MS);
    ad_account_lose(s.w, row, AD_TOKEN_EXPIRED);
    ad_account_reconnect(s.w, row);
    events_advance(s.w, SCENE_START + 12 * MINUTE_MS);
    assert_int_equal(ad_account_read(s.w, row)->token, AD_TOKEN_PENDING);
    events_advance(s.w, SCENE_START + 15 * MINUTE_MS);
    assert_int_equal(ad_account_read(s.w, row)->token, AD_TOKEN_VALID);
    world_free(s.w);
}

static void a_space_has_one_ad_account_per_platform_and_connecting_again_adds_a_row(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t rows[AD_PLATFORM_COUNT];
    for (enum ad_platform p = 0; p < AD_PLATFORM_COUNT; p++) {
        struct ad_account spec = spec_of(&s, p);
        assert_int_equal(ad_account_of(s.w, s.space, p), ROW_NONE);
        rows[p] = ad_account_connect(s.w, s.space, &spec);
        assert_int_equal(ad_account_of(s.w, s.space, p), rows[p]);
        assert_int_equal(ad_account_of(s.w, s.other_space, p), ROW_NONE);
    }
    ad_account_disconnect(s.w, rows[AD_PLATFORM_META]);
    uint32_t again = connect(&s);
    assert_int_not_equal(again, rows[AD_PLATFORM_META]);
    assert_int_equal(ad_account_of(s.w, s.space, AD_PLATFORM_META), again);
    assert_string_not_equal(ad_account_read(s.w, again)->public_id,
                            ad_account_read(s.w, rows[AD_PLATFORM_META])->public_id);
    world_free(s.w);
}

static uint32_t begin_attempt(struct scene *s)
{
    const struct oauth_attempt spec = {
        .kind = OAUTH_ATTEMPT_FOR_ADS,
        .key = s->key,
        .space = s->space,
        .ad_platform = AD_PLATFORM_META,
        .token = ids_mint(s->w, "st_", ID_ULID),
        .expires_at_ms = world_now(s->w) + 10 * MINUTE_MS,
    };
    return oauth_attempt_begin(s->w, &spec);
}

static void consent_connects_or_reconnects_the_current_ad_account(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t first = begin_attempt(&s), second = begin_attempt(&s), third = begin_attempt(&s);
    struct ad_account grant = spec_of(&s, AD_PLATFORM_META);
    oauth_attempt_complete_ads(s.w, first, &grant);
    uint32_t row = oauth_attempt_read(s.w, first)->ad_account;
    assert_string_equal(ad_account_read(s.w, row)->public_id, grant.public_id);
    ad_account_lose(s.w, row, AD_TOKEN_REVOKED);
    grant = spec_of(&s, AD_PLATFORM_META);
    oauth_attempt_complete_ads(s.w, second, &grant);
    assert_int_equal(oauth_attempt_read(s.w, second)->ad_account, row);
    assert_int_equal(ad_account_read(s.w, row)->token, AD_TOKEN_VALID);
    ad_account_disconnect(s.w, row);
    oauth_attempt_complete_ads(s.w, third, &grant);
    assert_int_not_equal(oauth_attempt_read(s.w, third)->ad_account, row);
    assert_int_equal(oauth_attempt_read(s.w, third)->state, OAUTH_ATTEMPT_COMPLETED);
    assert_int_equal(world_count(s.w, RECORD_ACCOUNT), 0);
    world_free(s.w);
}

static void a_failed_attempt_adds_no_ad_account(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t denied = begin_attempt(&s), late = begin_attempt(&s);
    oauth_attempt_fail(s.w, denied, "access_denied");
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(oauth_attempt_read(s.w, denied)->ad_account, ROW_NONE);
    assert_int_equal(oauth_attempt_read(s.w, late)->state, OAUTH_ATTEMPT_EXPIRED);
    assert_int_equal(world_count(s.w, RECORD_AD_ACCOUNT), 0);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_allowed_transitions_are_possible),
        cmocka_unit_test(a_grant_is_pending_until_it_is_validated),
        cmocka_unit_test(without_validation_time_a_grant_is_valid_immediately),
        cmocka_unit_test(the_validation_of_an_old_grant_does_not_validate_a_new_one),
        cmocka_unit_test(a_space_has_one_ad_account_per_platform_and_connecting_again_adds_a_row),
        cmocka_unit_test(consent_connects_or_reconnects_the_current_ad_account),
        cmocka_unit_test(a_failed_attempt_adds_no_ad_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
