#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

static void the_sanitizer_detects_an_access_past_a_block(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 13, 16, 100, 100000};
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *block = arena_alloc(&a, sizes[i]), *next = arena_alloc(&a, 1);
        assert_false(__asan_address_is_poisoned(block + sizes[i] - 1));
        assert_true(__asan_address_is_poisoned(block + sizes[i]));
        assert_false(__asan_address_is_poisoned(next));
    }
    char *kept = arena_alloc(&a, 32);
    arena_reset(&a);
    assert_true(__asan_address_is_poisoned(kept));
    arena_end(&a);
}
#endif

static void blocks_of_every_size_are_zeroed_and_aligned(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 1000, 4096, 5000, 100000, 262144, 1 << 20, 3};
    struct arena a = {0};
    for (int round = 0; round < 3; round++) { /* later rounds reuse memory */
        for (size_t i = 0; i < COUNT(sizes); i++) {
            unsigned char *block = arena_alloc(&a, sizes[i]);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % 16, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                if (block[k])
                    fail_msg("byte %zu of a block of %zu is %d", k, sizes[i], block[k]);
            memset(block, 0xAB, sizes[i]);
        }
        arena_reset(&a);
    }
    arena_end(&a);
}

static void blocks_never_overlap(void **state)
{
    (void)state;
    struct arena a = {0};
    struct {
        unsigned char *bytes;
        size_t size;
    } blocks[500];
    for (size_t i = 0; i < 500; i++) {
        blocks[i].size = i * i % 3001;
        blocks[i].bytes = arena_alloc(&a, blocks[i].size);
        memset(blocks[i].bytes, (int)(i % 251), blocks[i].size);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t k = 0; k < blocks[i].size; k++)
            assert_int_equal(blocks[i].bytes[k], i % 251);
    arena_end(&a);
}

static void after_a_big_block_the_newest_chunk_is_still_used(void **state)
{
    (void)state;
    struct arena a = {0};
    char *before = arena_alloc(&a, 16);
    (void)arena_alloc(&a, 1 << 20);
    char *after = arena_alloc(&a, 16);
    assert_true(after > before && after - before <= 64);
    arena_end(&a);
}

static void a_reset_arena_reuses_its_last_chunk(void **state)
{
    (void)state;
    struct arena a = {0};
    arena_reset(&a); /* an empty one may be reset too */
    void *first = arena_alloc(&a, 100);
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    (void)arena_alloc(&a, 1 << 20);
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_end(&a);
    (void)arena_alloc(&a, 1 << 20);
    arena_reset(&a);
    assert_null(a.chunk); /* a huge chunk is not kept */
    arena_end(&a);
    assert_null(a.chunk);
    assert_null(a.owned);
}

static void copies_and_formatted_texts_are_complete(void **state)
{
    (void)state;
    struct arena a = {0};
    char text[1001] = {0};
    memset(text, 'x', 1000);
    assert_memory_equal(arena_copy(&a, "a\0b", 3), "a\0b", 3);
    assert_non_null(arena_copy(&a, NULL, 0));
    assert_string_equal(arena_text(&a, ""), "");
    assert_string_equal(arena_text(&a, "héllo"), "héllo");
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    assert_string_equal(arena_printf(&a, "%d %s", 7, "seas"), "7 seas");
    for (int n = 254; n <= 257; n++) /* around the size of the local buffer */
        assert_int_equal(strlen(arena_printf(&a, "%.*s", n, text)), n);
    assert_string_equal(arena_printf(&a, "%s", text), text);
    arena_end(&a);
}

struct numbers {
    size_t count, room;
    int *items;
};

static void pushed_items_keep_their_order_when_the_list_moves(void **state)
{
    (void)state;
    struct arena a = {0};
    struct numbers x = {0}, y = {0};
    for (int i = 0; i < 20000; i++) {
        *arena_push(&a, &x, int) = i;
        if (i % 7 == 0)
            *arena_push(&a, &y, int) = -i; /* so that x cannot always grow in place */
    }
    assert_int_equal(x.count, 20000);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(x.items[i], i);
    for (size_t i = 0; i < y.count; i++)
        assert_int_equal(y.items[i], -7 * (int)i);
    arena_end(&a);
}

static void the_last_block_of_a_chunk_grows_in_place(void **state)
{
    (void)state;
    struct arena a = {0};
    struct numbers x = {0};
    *arena_push(&a, &x, int) = 1;
    const int *first = x.items;
    while (x.count < 500)
        *arena_push(&a, &x, int) = 2;
    assert_ptr_equal(x.items, first);
    arena_end(&a);
}

/* The heap moves it, so that no old copy stays in the arena. */
static void a_large_list_needs_little_more_than_its_size(void **state)
{
    (void)state;
    struct arena a = {0};
    struct numbers x = {0};
    for (int i = 0; i < 3000000; i++) {
        *arena_push(&a, &x, int) = i;
        if (i % 1000 == 0)
            (void)arena_alloc(&a, 100);
    }
    for (int i = 0; i < 3000000; i++)
        assert_int_equal(x.items[i], i);
    assert_in_range(arena_bytes(&a), 3000000 * sizeof(int), 3000000 * sizeof(int) * 13 / 10);
    for (size_t i = x.count; i < x.room; i++)
        assert_int_equal(x.items[i], 0);
    arena_end(&a);
}

static void added_room_is_zeroed(void **state)
{
    (void)state;
    struct arena a = {0};
    for (int round = 0; round < 2; round++) {
        struct numbers x = {0};
        for (int i = 0; i < 3000; i++) {
            int *item = arena_push(&a, &x, int);
            assert_int_equal(*item, 0);
            *item = -1;
        }
        arena_reset(&a);
    }
    arena_end(&a);
}

static char released[8];

static void record_release(void *thing)
{
    size_t n = strlen(released);
    released[n] = *(char *)thing;
    released[n + 1] = '\0';
}

static void owned_objects_are_released_newest_first(void **state)
{
    (void)state;
    struct arena a = {0};
    char x = 'x', y = 'y', z = 'z';
    released[0] = '\0';
    assert_ptr_equal(arena_own(&a, &x, record_release), &x);
    arena_own(&a, &y, record_release);
    assert_null(arena_own(&a, NULL, record_release));
    arena_reset(&a);
    assert_string_equal(released, "yx");
    arena_own(&a, &z, record_release);
    arena_own(&a, heap_text("freed"), heap_free);
    arena_end(&a);
    assert_string_equal(released, "yxz");
    arena_end(&a);
    assert_string_equal(released, "yxz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_every_size_are_zeroed_and_aligned),
        cmocka_unit_test(blocks_never_overlap),
        cmocka_unit_test(after_a_big_block_the_newest_chunk_is_still_used),
        cmocka_unit_test(a_reset_arena_reuses_its_last_chunk),
        cmocka_unit_test(copies_and_formatted_texts_are_complete),
        cmocka_unit_test(pushed_items_keep_their_order_when_the_list_moves),
        cmocka_unit_test(the_last_block_of_a_chunk_grows_in_place),
        cmocka_unit_test(a_large_list_needs_little_more_than_its_size),
        cmocka_unit_test(added_room_is_zeroed),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(the_sanitizer_detects_an_access_past_a_block),
#endif
        cmocka_unit_test(owned_objects_are_released_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
