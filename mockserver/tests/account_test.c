#include "base/array.h"
#include "mockserver/state/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "mockserver/tests/state_test.h"

static uint32_t count_listed(const struct scene *s, enum world_index index, uint32_t value)
{
    int64_t key = index == INDEX_ACCOUNT_SPACE ? (int64_t)s->space : index_pair_key(s->space, value);
    return index_count_of(&s->w->indexes[index], key);
}

static void a_connected_account_is_listed_newest_first(void **state)
{
    (void)state;
    struct scene s = scene_new();
    static const int64_t connected_days_ago[] = {5, 1, 9, 3};
    static const uint32_t newest_first[] = {2, 4, 1, 3};
    for (size_t i = 0; i < 4; i++) {
        const struct account spec = {
            .public_id = ids_mint(s.w, "acc_", ID_ULID),
            .handle = "acme",
            .connected_at_ms = SCENE_START - connected_days_ago[i] * DAY_MS,
        };
        account_connect(s.w, s.space, &spec);
    }
    struct index_walk walk;
    index_from(&s.w->indexes[INDEX_ACCOUNT_SPACE], &walk, (struct index_entry){s.space, INT64_MIN, 0});
    for (size_t i = 0; i < 4; i++) {
        assert_true(index_next_of(&walk, s.space));
        assert_int_equal(walk.entry.row, newest_first[i]);
    }
    assert_false(index_next_of(&walk, s.space));
    world_free(s.w);
}

static void the_filtered_lists_reflect_platform_token_and_lease(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct account leased = {
        .public_id = "acc_leased",
        .handle = "fit.daily",
        .platform = PLATFORM_TIKTOK,
        .leased = true,
        .monthly_price_cents = 15000,
    };
    uint32_t own = scene_account(&s, "acme"), rented = account_connect(s.w, s.space, &leased);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE, 0), 2);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE_PLATFORM, PLATFORM_TIKTOK), 2);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE_PLATFORM, PLATFORM_INSTAGRAM), 0);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE_LEASED, true), 1);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE_TOKEN, true), 0);
    account_lose_token(s.w, own, TOKEN_WITHDRAWN);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE_TOKEN, true), 1);
    account_disconnect(s.w, rented, DISCONNECT_RELEASED);
    assert_int_equal(account_read(s.w, rented)->token, TOKEN_LIVE); /* the provider keeps it */
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE, 0), 1);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE_LEASED, true), 0);
    account_reconnect(s.w, own, 0);
    assert_int_equal(count_listed(&s, INDEX_ACCOUNT_SPACE_TOKEN, false), 1);
    world_free(s.w);
}

static void the_new_token_of_a_leased_account_never_expires(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct account leased = {
        .public_id = "leased", .handle = "rented", .platform = PLATFORM_TIKTOK, .leased = true};
    uint32_t row = account_connect(s.w, s.space, &leased);
    account_reconnect(s.w, row, SCENE_START + 30 * DAY_MS);
    assert_int_equal(account_read(s.w, row)->token_expires_at_ms, 0);
    assert_int_equal(account_read(s.w, row)->token_generation, 2);
    events_advance(s.w, SCENE_START + 31 * DAY_MS);
    assert_int_equal(account_read(s.w, row)->token, TOKEN_LIVE);
    world_free(s.w);
}

static void the_token_word_is_cleared_when_the_token_changes(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct account spec = {.public_id = "a", .handle = "acme", .platform = PLATFORM_TIKTOK, .token_word = "odd"};
    uint32_t one = account_connect(s.w, s.space, &spec);
    uint32_t two =
        account_connect(s.w, s.space, &(struct account){.public_id = "b", .handle = "other", .token_word = "odd"});
    assert_string_equal(account_read(s.w, one)->token_word, "odd");
    account_reconnect(s.w, one, SCENE_START + DAY_MS);
    account_lose_token(s.w, two, TOKEN_EXPIRED);
    assert_null(account_read(s.w, one)->token_word);
    assert_null(account_read(s.w, two)->token_word);
    world_free(s.w);
}

static bool reconnecting_changes(const char *field)
{
    static const char *const names[] = {"token", "token_since", "token_expires_at", "token_generation", "updated_at"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(field, names[i]) == 0)
            return true;
    return false;
}

static void reconnecting_rotates_the_token_and_nothing_else(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = scene_account(&s, "acme");
    account_lose_token(s.w, row, TOKEN_WITHDRAWN);
    events_advance(s.w, SCENE_START + DAY_MS);
    struct world *before = world_fork(s.w);
    account_reconnect(s.w, row, SCENE_START + 90 * DAY_MS);
    const struct account *a = account_read(s.w, row);
    assert_int_equal(a->token, TOKEN_LIVE);
    assert_int_equal(a->token_since_ms, SCENE_START + DAY_MS);
    assert_int_equal(a->token_expires_at_ms, SCENE_START + 90 * DAY_MS);
    assert_int_equal(a->token_generation, 2);
    const struct record_type *shape = record_types[RECORD_ACCOUNT];
    for (size_t i = 0; i < shape->field_count; i++) {
        struct record_value was, is;
        record_get(before, RECORD_ACCOUNT, row, &shape->fields[i], &was);
        record_get(s.w, RECORD_ACCOUNT, row, &shape->fields[i], &is);
        bool same = was.none == is.none && was.number == is.number && was.truth == is.truth &&
                    (was.none || !was.text || strcmp(was.text, is.text) == 0);
        assert_int_equal(same, !reconnecting_changes(shape->fields[i].name));
    }
    world_free(before);
    world_free(s.w);
}

static void a_token_expires_at_its_expiry_time(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = scene_account(&s, "acme");
    events_advance(s.w, SCENE_START + 30 * DAY_MS - 1);
    assert_int_equal(account_read(s.w, row)->token, TOKEN_LIVE);
    events_advance(s.w, SCENE_START + 40 * DAY_MS);
    assert_int_equal(account_read(s.w, row)->token, TOKEN_EXPIRED);
    const struct change *c = changes_read(s.w, changes_last(s.w));
    assert_int_equal(c->what, TRANSITION_ACCOUNT_LOSE_TOKEN);
    assert_int_equal(c->from, ACCOUNT_LIVE);
    assert_int_equal(c->to, ACCOUNT_EXPIRED);
    assert_int_equal(c->cause, CAUSE_TIME);
    assert_int_equal(c->at_ms, SCENE_START + 30 * DAY_MS);
    world_free(s.w);
}

static void a_new_token_ignores_the_expiry_of_the_old_one(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = scene_account(&s, "acme");
    account_reconnect(s.w, row, SCENE_START + 60 * DAY_MS);
    events_advance(s.w, SCENE_START + 59 * DAY_MS);
    assert_int_equal(account_read(s.w, row)->token, TOKEN_LIVE);
    events_advance(s.w, SCENE_START + 60 * DAY_MS);
    assert_int_equal(account_read(s.w, row)->token, TOKEN_EXPIRED);
    world_free(s.w);
}

static void a_refreshing_token_is_renewed_for_its_original_lifetime(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct account spec = {
        .public_id = "acc_1",
        .handle = "acme",
        .refreshes = true,
        .token_expires_at_ms = SCENE_START + DAY_MS,
    };
    uint32_t row = account_connect(s.w, s.space, &spec);
    events_advance(s.w, SCENE_START + 3 * DAY_MS + HOUR_MS);
    const struct account *a = account_read(s.w, row);
    assert_int_equal(a->token, TOKEN_LIVE);
    assert_int_equal(a->token_expires_at_ms, SCENE_START + 4 * DAY_MS);
    assert_int_equal(a->token_generation, 4);
    account_lose_token(s.w, row, TOKEN_WITHDRAWN); /* a lost token is not renewed */
    events_advance(s.w, SCENE_START + 10 * DAY_MS);
    assert_int_equal(account_read(s.w, row)->token, TOKEN_WITHDRAWN);
    world_free(s.w);
}

static void a_lost_token_keeps_queued_posts(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = scene_account(&s, "acme");
    uint32_t queued = scene_destination(&s, row, HOUR_MS, MODE_PUBLISH);
    account_lose_token(s.w, row, TOKEN_EXPIRED);
    assert_int_equal(destination_read(s.w, queued)->state, DESTINATION_QUEUED);
    uint32_t last = changes_last(s.w);
    account_lose_token(s.w, row, TOKEN_WITHDRAWN); /* a dead token cannot be lost again */
    assert_int_equal(account_read(s.w, row)->token, TOKEN_EXPIRED);
    assert_int_equal(changes_last(s.w), last);
    world_free(s.w);
}

static void disconnecting_cancels_only_queued_posts(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = scene_account(&s, "acme"), other = scene_account(&s, "other");
    uint32_t published = scene_destination(&s, row, HOUR_MS, MODE_PUBLISH);
    uint32_t draft = scene_destination(&s, row, HOUR_MS, MODE_DRAFT);
    events_advance(s.w, SCENE_START + 2 * HOUR_MS);
    const char *url = destination_read(s.w, published)->external_url;
    uint32_t queued[3], elsewhere = scene_destination(&s, other, DAY_MS, MODE_PUBLISH);
    for (size_t i = 0; i < 3; i++)
        queued[i] = scene_destination(&s, row, DAY_MS, MODE_PUBLISH);

    assert_int_equal(account_disconnect(s.w, row, DISCONNECT_REVOKED), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct destination *d = destination_read(s.w, queued[i]);
        assert_int_equal(d->state, DESTINATION_CANCELED);
        assert_int_equal(d->canceled_at_ms, SCENE_START + 2 * HOUR_MS);
    }
    assert_int_equal(destination_read(s.w, elsewhere)->state, DESTINATION_QUEUED);
    assert_int_equal(destination_read(s.w, draft)->state, DESTINATION_DRAFT);
    assert_int_equal(destination_read(s.w, published)->state, DESTINATION_PUBLISHED);
    assert_string_equal(destination_read(s.w, published)->external_url, url);
    const struct account *a = account_read(s.w, row);
    assert_int_equal(record_state(s.w, RECORD_ACCOUNT, row), ACCOUNT_DISCONNECTED);
    assert_int_equal(a->token, TOKEN_WITHDRAWN);
    assert_int_equal(a->disconnected_at_ms, SCENE_START + 2 * HOUR_MS);
    assert_int_equal(account_find(s.w, 0, str_from(a->public_id)), row);
    events_advance(s.w, SCENE_START + 60 * DAY_MS);
    assert_int_equal(destination_read(s.w, queued[0])->state, DESTINATION_CANCELED);
    assert_int_equal(record_state(s.w, RECORD_ACCOUNT, row), ACCOUNT_DISCONNECTED);
    world_free(s.w);
}

static void each_connection_of_a_handle_is_a_separate_row(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t first = scene_account(&s, "acme");
    s.space = s.other_space;
    uint32_t second = scene_account(&s, "acme");
    account_disconnect(s.w, first, DISCONNECT_REMOVED_BY_USER);
    assert_true(account_is_listed(account_read(s.w, second)));
    s.space = 1;
    uint32_t again = scene_account(&s, "acme");
    assert_int_not_equal(again, first);
    assert_string_not_equal(account_read(s.w, again)->public_id, account_read(s.w, first)->public_id);
    assert_false(account_is_listed(account_read(s.w, first)));
    world_free(s.w);
}

static uint32_t begin_attempt(struct scene *s, uint32_t reconnect)
{
    const struct oauth_attempt spec = {
        .key = s->key,
        .space = s->space,
        .account = reconnect,
        .reconnects = reconnect != ROW_NONE,
        .platform = PLATFORM_TIKTOK,
        .token = "st_1",
        .return_url = "https://app.example.com/done",
        .expires_at_ms = world_now(s->w) + 10 * MINUTE_MS,
    };
    return oauth_attempt_begin(s->w, &spec);
}

static void consent_connects_a_new_account(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = begin_attempt(&s, ROW_NONE);
    const struct connection user = {
        .account = {.public_id = "acc_new", .handle = "acme"}
    };
    assert_int_equal(oauth_attempt_find(s.w, STR("st_1")), row);
    assert_int_equal(oauth_attempt_find(s.w, STR("ST_1")), ROW_NONE);
    oauth_attempt_complete(s.w, row, &user);
    const struct oauth_attempt *a = oauth_attempt_read(s.w, row);
    assert_int_equal(a->state, OAUTH_ATTEMPT_COMPLETED);
    assert_int_equal(a->ended_at_ms, SCENE_START);
    assert_int_equal(a->account, account_find(s.w, 0, STR("acc_new")));
    assert_string_equal(account_read(s.w, a->account)->handle, "acme");
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(oauth_attempt_read(s.w, row)->state, OAUTH_ATTEMPT_COMPLETED);
    world_free(s.w);
}

static void consent_to_a_reconnect_keeps_the_account(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    account_lose_token(s.w, account, TOKEN_EXPIRED);
    const struct connection user = {
        .account = {.token_expires_at_ms = SCENE_START + DAY_MS, .handle = "ignored"}
    };
    uint32_t row = begin_attempt(&s, account);
    oauth_attempt_complete(s.w, row, &user);
    assert_int_equal(oauth_attempt_read(s.w, row)->account, account);
    assert_int_equal(world_count(s.w, RECORD_ACCOUNT), 1);
    assert_string_equal(account_read(s.w, account)->handle, "acme");
    assert_int_equal(record_state(s.w, RECORD_ACCOUNT, account), ACCOUNT_LIVE);
    assert_int_equal(account_read(s.w, account)->token_expires_at_ms, SCENE_START + DAY_MS);
    world_free(s.w);
}

static void consent_to_reconnect_a_disconnected_account_fails(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme"), row = begin_attempt(&s, account);
    account_disconnect(s.w, account, DISCONNECT_REVOKED);
    const struct connection user = {.account = {.handle = "acme"}};
    oauth_attempt_complete(s.w, row, &user);
    assert_int_equal(oauth_attempt_read(s.w, row)->state, OAUTH_ATTEMPT_FAILED);
    assert_false(account_is_listed(account_read(s.w, account)));
    world_free(s.w);
}

static void an_attempt_fails_or_expires(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t refused = begin_attempt(&s, ROW_NONE);
    oauth_attempt_fail(s.w, refused, "access_denied");
    assert_int_equal(oauth_attempt_read(s.w, refused)->state, OAUTH_ATTEMPT_FAILED);
    assert_string_equal(oauth_attempt_read(s.w, refused)->error, "access_denied");
    world_free(s.w);
    s = scene_new();
    uint32_t late = begin_attempt(&s, ROW_NONE);
    events_advance(s.w, SCENE_START + 10 * MINUTE_MS - 1);
    assert_int_equal(oauth_attempt_read(s.w, late)->state, OAUTH_ATTEMPT_PENDING);
    events_advance(s.w, SCENE_START + 10 * MINUTE_MS);
    assert_int_equal(oauth_attempt_read(s.w, late)->state, OAUTH_ATTEMPT_EXPIRED);
    assert_int_equal(oauth_attempt_read(s.w, late)->ended_at_ms, SCENE_START + 10 * MINUTE_MS);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connected_account_is_listed_newest_first),
        cmocka_unit_test(the_filtered_lists_reflect_platform_token_and_lease),
        cmocka_unit_test(the_new_token_of_a_leased_account_never_expires),
        cmocka_unit_test(the_token_word_is_cleared_when_the_token_changes),
        cmocka_unit_test(reconnecting_rotates_the_token_and_nothing_else),
        cmocka_unit_test(a_token_expires_at_its_expiry_time),
        cmocka_unit_test(a_new_token_ignores_the_expiry_of_the_old_one),
        cmocka_unit_test(a_refreshing_token_is_renewed_for_its_original_lifetime),
        cmocka_unit_test(a_lost_token_keeps_queued_posts),
        cmocka_unit_test(disconnecting_cancels_only_queued_posts),
        cmocka_unit_test(each_connection_of_a_handle_is_a_separate_row),
        cmocka_unit_test(consent_connects_a_new_account),
        cmocka_unit_test(consent_to_a_reconnect_keeps_the_account),
        cmocka_unit_test(consent_to_reconnect_a_disconnected_account_fails),
        cmocka_unit_test(an_attempt_fails_or_expires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
