/* Media records and their states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mockserver/state/media.h"
#include "mockserver/tests/state_test.h"

static uint32_t add_media(struct scene *s, const char *id)
{
    const struct media spec = {.public_id = id, .name = "cup.jpg", .content_type = "image/jpeg", .size = 10};
    return media_create(s->w, s->space, &spec);
}

static void media_are_uploaded_completed_and_removed(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = add_media(&s, "m1");
    assert_int_equal(media_read(s.w, row)->state, MEDIA_UPLOADING);
    media_receive(s.w, row, 6);
    media_receive(s.w, row, 4);
    assert_int_equal(media_read(s.w, row)->received, 10);
    media_complete(s.w, row);
    assert_int_equal(media_read(s.w, row)->state, MEDIA_READY);
    assert_int_equal(media_find(s.w, 0, STR("m1")), row);
    media_remove(s.w, row);
    assert_int_equal(media_read(s.w, row)->removed_at_ms, SCENE_START);
    const struct change *last = changes_read(s.w, changes_last(s.w));
    assert_int_equal(last->what, TRANSITION_MEDIA_REMOVE);
    assert_int_equal(last->from, MEDIA_READY);
    assert_int_equal(last->to, MEDIA_REMOVED);
    world_free(s.w);
}

static void a_space_lists_its_media_newest_first_without_removed_ones(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t first = add_media(&s, "m1"), second = add_media(&s, "m2"), third = add_media(&s, "m3");
    media_remove(s.w, second);
    const uint32_t expected[] = {third, first};
    struct index_walk walk;
    index_from(&s.w->indexes[INDEX_MEDIA_SPACE], &walk, (struct index_entry){s.space, INT64_MIN, 0});
    for (size_t i = 0; i < 2; i++) {
        assert_true(index_next_of(&walk, s.space));
        assert_int_equal(walk.entry.row, expected[i]);
    }
    assert_false(index_next_of(&walk, s.space));
    world_free(s.w);
}

static void a_fork_does_not_share_later_edits_of_media(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = add_media(&s, "m1");
    struct world *fork = world_fork(s.w);
    media_remove(fork, row);
    assert_int_equal(media_read(s.w, row)->state, MEDIA_UPLOADING);
    assert_int_equal(media_read(fork, row)->state, MEDIA_REMOVED);
    world_free(fork);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_are_uploaded_completed_and_removed),
        cmocka_unit_test(a_space_lists_its_media_newest_first_without_removed_ones),
        cmocka_unit_test(a_fork_does_not_share_later_edits_of_media),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
