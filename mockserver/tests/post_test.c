#include "base/array.h"
#include "mockserver/state/post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "mockserver/tests/state_test.h"

static const struct destination *publish_due(struct scene *s, uint32_t destination)
{
    events_advance(s->w, world_now(s->w) + 2 * HOUR_MS);
    return destination_read(s->w, destination);
}

static void a_post_is_published_when_it_is_due(void **state)
{
    (void)state;
    static const enum publish_mode modes[] = {MODE_PUBLISH, MODE_MANAGED};
    for (size_t i = 0; i < 2; i++) {
        struct scene s = scene_new();
        uint32_t row = scene_destination(&s, scene_account(&s, "acme"), HOUR_MS, modes[i]);
        events_advance(s.w, SCENE_START + HOUR_MS - 1);
        assert_int_equal(destination_read(s.w, row)->state, DESTINATION_QUEUED);
        const struct destination *d = publish_due(&s, row);
        assert_int_equal(d->state, DESTINATION_PUBLISHED);
        assert_int_equal(d->attempted_at_ms, SCENE_START + HOUR_MS);
        assert_int_equal(d->published_at_ms, SCENE_START + HOUR_MS);
        assert_int_equal(d->updated_at_ms, SCENE_START + HOUR_MS);
        assert_non_null(strstr(d->external_url, d->external_id));
        world_free(s.w);
    }
}

static void each_platform_has_its_own_link_format(void **state)
{
    (void)state;
    static const struct {
        const char *start, *end;
        size_t id_length;
        bool digits;
    } links[PLATFORM_COUNT] = {
        [PLATFORM_TIKTOK] = {"https://www.tiktok.com/@my.brand/video/",            "",  19, true },
        [PLATFORM_INSTAGRAM] = {"https://www.instagram.com/p/",                       "/", 11, false},
        [PLATFORM_X] = {"https://x.com/my.brand/status/",                     "",  19, true },
        [PLATFORM_FACEBOOK] = {"https://www.facebook.com/my.brand/posts/",           "",  17, true },
        [PLATFORM_LINKEDIN] = {"https://www.linkedin.com/feed/update/urn:li:share:", "/", 19, true },
        [PLATFORM_YOUTUBE] = {"https://www.youtube.com/watch?v=",                   "",  11, false},
        [PLATFORM_THREADS] = {"https://www.threads.net/@my.brand/post/",            "",  11, false},
        [PLATFORM_PINTEREST] = {"https://www.pinterest.com/pin/",                     "/", 18, true },
        [PLATFORM_BLUESKY] = {"https://bsky.app/profile/my.brand/post/",            "",  11, false},
        [PLATFORM_TELEGRAM] = {"https://t.me/my.brand/",                             "",  4,  true },
        [PLATFORM_DISCORD] = {"https://discord.com/channels/@me/my.brand/",         "",  19, true },
    };
    for (enum platform platform = 0; platform < PLATFORM_COUNT; platform++) {
        struct scene s = scene_new();
        const struct account spec = {.public_id = "acc_1", .handle = "@my. brand", .platform = platform};
        uint32_t account = account_connect(s.w, s.space, &spec);
        const struct destination *d = publish_due(&s, scene_destination(&s, account, HOUR_MS, MODE_PUBLISH));
        assert_int_equal(strlen(d->external_id), links[platform].id_length);
        if (links[platform].digits)
            assert_int_equal(strspn(d->external_id, "0123456789"), strlen(d->external_id));
        struct arena a = {0};
        assert_string_equal(d->external_url,
                            arena_printf(&a, "%s%s%s", links[platform].start, d->external_id, links[platform].end));
        arena_end(&a);
        world_free(s.w);
    }
}

static void mode_draft_ends_as_draft_without_a_link(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct destination *d =
        publish_due(&s, scene_destination(&s, scene_account(&s, "acme"), HOUR_MS, MODE_DRAFT));
    assert_int_equal(d->state, DESTINATION_DRAFT);
    assert_int_equal(d->attempted_at_ms, SCENE_START + HOUR_MS);
    assert_null(d->external_id);
    assert_int_equal(d->published_at_ms, 0);
    world_free(s.w);
}

static void a_lost_token_fails_the_post_when_due_unless_reconnected(void **state)
{
    (void)state;
    for (int reconnected = 0; reconnected < 2; reconnected++) {
        struct scene s = scene_new();
        uint32_t account = scene_account(&s, "acme");
        uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
        account_lose_token(s.w, account, TOKEN_WITHDRAWN);
        if (reconnected)
            account_reconnect(s.w, account, 0);
        const struct destination *d = publish_due(&s, row);
        assert_int_equal(d->state, reconnected ? DESTINATION_PUBLISHED : DESTINATION_FAILED);
        assert_int_equal(d->failure, reconnected ? FAILURE_NONE : FAILURE_TOKEN_DEAD);
        assert_int_equal(d->attempted_at_ms, SCENE_START + HOUR_MS);
        world_free(s.w);
    }
}

static void publishing_takes_time_and_needs_a_live_token_until_it_ends(void **state)
{
    (void)state;
    static const struct {
        int64_t lost_after_ms;
        enum destination_state then, at_end;
    } rows[] = {
        {5 * SECOND_MS,  DESTINATION_PUBLISHING, DESTINATION_FAILED   },
        {30 * SECOND_MS, DESTINATION_PUBLISHED,  DESTINATION_PUBLISHED},
        {-1 * SECOND_MS, DESTINATION_FAILED,     DESTINATION_FAILED   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s = scene_new();
        s.w->timings.publish_ms = 30 * SECOND_MS;
        uint32_t account = scene_account(&s, "acme");
        uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
        events_advance(s.w, SCENE_START + HOUR_MS + rows[i].lost_after_ms);
        account_lose_token(s.w, account, TOKEN_WITHDRAWN);
        if (rows[i].lost_after_ms < 0)
            events_advance(s.w, SCENE_START + HOUR_MS);
        assert_int_equal(destination_read(s.w, row)->state, rows[i].then);
        const struct destination *d = publish_due(&s, row);
        assert_int_equal(d->state, rows[i].at_end);
        assert_int_equal(d->attempted_at_ms, SCENE_START + HOUR_MS);
        if (d->state == DESTINATION_PUBLISHED)
            assert_int_equal(d->published_at_ms, SCENE_START + HOUR_MS + 30 * SECOND_MS);
        world_free(s.w);
    }
}

static void disconnecting_during_publishing_fails_the_post(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.w->timings.publish_ms = 30 * SECOND_MS;
    uint32_t account = scene_account(&s, "acme");
    uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(account_disconnect(s.w, account, DISCONNECT_REVOKED), 0);
    assert_int_equal(publish_due(&s, row)->failure, FAILURE_ACCOUNT_GONE);
    world_free(s.w);
}

static void an_outcome_set_for_a_post_is_used(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t fails = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    uint32_t succeeds = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    destination_set_outcome(s.w, fails, OUTCOME_ERROR, "SPAM_RISK");
    const struct destination *d = publish_due(&s, fails);
    assert_int_equal(d->state, DESTINATION_FAILED);
    assert_int_equal(d->failure, FAILURE_PLATFORM);
    assert_string_equal(d->failure_code, "SPAM_RISK");
    assert_int_equal(destination_read(s.w, succeeds)->state, DESTINATION_PUBLISHED);
    world_free(s.w);
}

static void an_outcome_set_for_an_account_is_used_once(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t own = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    uint32_t next = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    uint32_t later = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    destination_set_outcome(s.w, own, OUTCOME_SUCCESS, NULL);
    account_set_outcome(s.w, account, OUTCOME_ERROR, "RATE_LIMIT");
    publish_due(&s, own);
    assert_int_equal(destination_read(s.w, own)->state, DESTINATION_PUBLISHED);
    assert_string_equal(destination_read(s.w, next)->failure_code, "RATE_LIMIT");
    assert_int_equal(destination_read(s.w, later)->state, DESTINATION_PUBLISHED);
    assert_int_equal(account_read(s.w, account)->outcome, OUTCOME_NATURAL);
    world_free(s.w);
}

static void a_success_outcome_does_not_override_a_lost_token(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    destination_set_outcome(s.w, row, OUTCOME_SUCCESS, NULL);
    account_lose_token(s.w, account, TOKEN_EXPIRED);
    assert_int_equal(publish_due(&s, row)->failure, FAILURE_TOKEN_DEAD);
    world_free(s.w);
}

static void a_canceled_or_rescheduled_post_is_not_published_at_its_old_time(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t canceled = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    uint32_t moved = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    uint32_t sooner = scene_destination(&s, account, 9 * HOUR_MS, MODE_PUBLISH);
    destination_cancel(s.w, canceled);
    destination_reschedule(s.w, moved, SCENE_START + 5 * HOUR_MS);
    destination_reschedule(s.w, sooner, SCENE_START + 30 * MINUTE_MS);
    publish_due(&s, moved);
    assert_int_equal(destination_read(s.w, canceled)->state, DESTINATION_CANCELED);
    assert_int_equal(destination_read(s.w, moved)->state, DESTINATION_QUEUED);
    assert_int_equal(destination_read(s.w, sooner)->published_at_ms, SCENE_START + 30 * MINUTE_MS);
    events_advance(s.w, SCENE_START + 10 * HOUR_MS);
    assert_int_equal(destination_read(s.w, moved)->published_at_ms, SCENE_START + 5 * HOUR_MS);
    assert_int_equal(destination_read(s.w, sooner)->published_at_ms, SCENE_START + 30 * MINUTE_MS);
    world_free(s.w);
}

static void a_fixture_can_set_any_state(void **state)
{
    (void)state;
    for (enum destination_state i = 0; i < DESTINATION_STATE_COUNT; i++) {
        struct scene s = scene_new();
        uint32_t account = scene_account(&s, "acme");
        const struct post post = {.due_at_ms = SCENE_START - DAY_MS, .created_at_ms = SCENE_START - 2 * DAY_MS};
        uint32_t row =
            destination_schedule(s.w, post_schedule(s.w, s.space, &post), &(struct destination){.account = account});
        destination_place(s.w, row, i, FAILURE_TOKEN_DEAD, "https://example.com/p/1");
        const struct destination *d = destination_read(s.w, row);
        assert_int_equal(d->state, i);
        assert_int_equal(d->created_at_ms, SCENE_START - 2 * DAY_MS);
        assert_true(d->updated_at_ms <= SCENE_START - DAY_MS);
        if (i == DESTINATION_CANCELED)
            assert_int_equal(d->canceled_at_ms, SCENE_START - DAY_MS);
        if (i == DESTINATION_PUBLISHED) {
            assert_string_equal(d->external_url, "https://example.com/p/1");
            assert_int_equal(d->published_at_ms, SCENE_START - DAY_MS);
        }
        events_run_due(s.w);
        bool is_published = i == DESTINATION_QUEUED || i == DESTINATION_PUBLISHING;
        assert_int_equal(destination_read(s.w, row)->state, is_published ? DESTINATION_PUBLISHED : i);
        world_free(s.w);
    }
}

static uint32_t count_listed(const struct world *w, enum world_index index, int64_t key)
{
    return index_count_of(&w->indexes[index], key);
}

static void a_draft_is_never_due_until_it_is_revised(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct destination spec = {.account = scene_account(&s, "acme")};
    struct post post = {.public_id = "p", .text = "one", .draft = true, .due_at_ms = SCENE_START};
    uint32_t row = post_schedule(s.w, s.space, &post);
    uint32_t held = destination_schedule(s.w, row, &spec);
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(destination_read(s.w, held)->state, DESTINATION_HELD);

    post_remove_destinations(s.w, row);
    post.draft = false;
    post.text = "two";
    post.due_at_ms = SCENE_START + 2 * HOUR_MS;
    post_revise(s.w, row, &post);
    uint32_t queued = destination_schedule(s.w, row, &spec);
    assert_int_equal(destination_read(s.w, held)->state, DESTINATION_CANCELED);
    assert_int_equal(count_listed(s.w, INDEX_DESTINATION_POST, row), 1);
    assert_string_equal(post_read(s.w, row)->text, "two");
    assert_int_equal(post_read(s.w, row)->updated_at_ms, SCENE_START + HOUR_MS);
    events_advance(s.w, SCENE_START + 2 * HOUR_MS);
    assert_int_equal(destination_read(s.w, queued)->published_at_ms, SCENE_START + 2 * HOUR_MS);
    world_free(s.w);
}

static void a_post_is_published_when_its_first_destination_is(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t first = scene_destination(&s, scene_account(&s, "one"), HOUR_MS, MODE_PUBLISH);
    uint32_t post = destination_read(s.w, first)->post;
    const struct destination spec = {.account = scene_account(&s, "two")};
    uint32_t second = destination_schedule(s.w, post, &spec);
    destination_reschedule(s.w, second, SCENE_START + 2 * HOUR_MS);
    events_advance(s.w, SCENE_START + 30 * MINUTE_MS);
    assert_int_equal(post_read(s.w, post)->published_at_ms, 0);
    events_advance(s.w, SCENE_START + 3 * HOUR_MS);
    assert_int_equal(destination_read(s.w, second)->published_at_ms, SCENE_START + 2 * HOUR_MS);
    assert_int_equal(post_read(s.w, post)->published_at_ms, SCENE_START + HOUR_MS);
    world_free(s.w);
}

static void account_leave_posts_removes_all_its_destinations(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t one = scene_account(&s, "one"), two = scene_account(&s, "two");
    uint32_t queued = scene_destination(&s, one, HOUR_MS, MODE_PUBLISH);
    uint32_t done = scene_destination(&s, one, -DAY_MS, MODE_PUBLISH);
    const struct destination spec = {.account = two};
    uint32_t other = destination_schedule(s.w, destination_read(s.w, queued)->post, &spec);
    events_run_due(s.w);
    account_leave_posts(s.w, one);
    assert_int_equal(destination_read(s.w, queued)->state, DESTINATION_CANCELED);
    assert_int_equal(destination_read(s.w, done)->state, DESTINATION_PUBLISHED);
    for (enum destination_state i = 0; i < DESTINATION_STATE_COUNT; i++)
        assert_int_equal(count_listed(s.w, INDEX_DESTINATION_ACCOUNT, index_pair_key(one, i)), 0);
    assert_int_equal(count_listed(s.w, INDEX_DESTINATION_SPACE, s.space), 1);
    assert_int_equal(count_listed(s.w, INDEX_POST_SPACE, s.space), 2); /* the posts remain */
    events_advance(s.w, SCENE_START + 2 * HOUR_MS);
    assert_int_equal(destination_read(s.w, queued)->published_at_ms, 0);
    assert_int_equal(destination_read(s.w, other)->state, DESTINATION_PUBLISHED);
    world_free(s.w);
}

static void a_removed_post_is_not_listed_and_never_published(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = scene_destination(&s, scene_account(&s, "acme"), HOUR_MS, MODE_PUBLISH);
    uint32_t post = destination_read(s.w, row)->post;
    post_remove(s.w, post);
    events_advance(s.w, SCENE_START + 2 * HOUR_MS);
    assert_int_equal(destination_read(s.w, row)->state, DESTINATION_CANCELED);
    assert_int_equal(post_read(s.w, post)->removed_at_ms, SCENE_START);
    assert_int_equal(count_listed(s.w, INDEX_POST_SPACE, s.space), 0);
    assert_int_equal(count_listed(s.w, INDEX_DESTINATION_SPACE, s.space), 0);
    world_free(s.w);
}

static void the_lists_of_a_space_are_sorted_latest_first(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    static const int64_t in_hours[] = {5, 9, 1};
    static const uint32_t latest_first[] = {2, 1, 3};
    for (size_t i = 0; i < 3; i++)
        scene_destination(&s, account, in_hours[i] * HOUR_MS, MODE_PUBLISH);
    static const enum world_index lists[] = {INDEX_POST_SPACE, INDEX_DESTINATION_SPACE};
    for (size_t n = 0; n < 2; n++) {
        struct index_walk walk;
        index_from(&s.w->indexes[lists[n]], &walk, (struct index_entry){s.space, INT64_MIN, 0});
        for (size_t i = 0; i < 3; i++) {
            assert_true(index_next_of(&walk, s.space));
            assert_int_equal(walk.entry.row, latest_first[i]);
        }
    }
    world_free(s.w);
}

static void content_and_posts_are_found_by_their_ids(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct content c = {.public_id = "cnt_1", .media_type = "video", .caption = "hi"};
    uint32_t content = content_create(s.w, s.space, &c);
    const struct post p = {.content = content, .public_id = "post_1", .due_at_ms = SCENE_START};
    uint32_t post = post_schedule(s.w, s.space, &p);
    const struct destination spec = {.account = scene_account(&s, "acme"), .caption = "own"};
    uint32_t nameless = destination_schedule(s.w, post, &spec);
    assert_int_equal(content_find(s.w, 0, STR("cnt_1")), content);
    assert_int_equal(content_read(s.w, content)->created_at_ms, SCENE_START);
    assert_int_equal(post_find(s.w, 0, STR("post_1")), post);
    assert_int_equal(post_find(s.w, 1, STR("post_1")), ROW_NONE);
    assert_int_equal(destination_find(s.w, 0, STR("")), ROW_NONE);
    assert_string_equal(destination_read(s.w, nameless)->caption, "own");
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_is_published_when_it_is_due),
        cmocka_unit_test(each_platform_has_its_own_link_format),
        cmocka_unit_test(mode_draft_ends_as_draft_without_a_link),
        cmocka_unit_test(a_lost_token_fails_the_post_when_due_unless_reconnected),
        cmocka_unit_test(publishing_takes_time_and_needs_a_live_token_until_it_ends),
        cmocka_unit_test(disconnecting_during_publishing_fails_the_post),
        cmocka_unit_test(an_outcome_set_for_a_post_is_used),
        cmocka_unit_test(an_outcome_set_for_an_account_is_used_once),
        cmocka_unit_test(a_success_outcome_does_not_override_a_lost_token),
        cmocka_unit_test(a_canceled_or_rescheduled_post_is_not_published_at_its_old_time),
        cmocka_unit_test(a_fixture_can_set_any_state),
        cmocka_unit_test(a_draft_is_never_due_until_it_is_revised),
        cmocka_unit_test(a_post_is_published_when_its_first_destination_is),
        cmocka_unit_test(account_leave_posts_removes_all_its_destinations),
        cmocka_unit_test(a_removed_post_is_not_listed_and_never_published),
        cmocka_unit_test(the_lists_of_a_space_are_sorted_latest_first),
        cmocka_unit_test(content_and_posts_are_found_by_their_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
