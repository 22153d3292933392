#include "base/array.h"
#include "mockserver/runtime/namespaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/state/tenant.h"

#define START_MS INT64_C(1777712400000)

struct setup {
    struct fixture fixture;
    struct namespaces *all;
};

static int begin_at(struct setup *s, int64_t start_ms, enum clock_mode mode)
{
    *s = (struct setup){
        .fixture = {.name = "test", .world = world_new(1, start_ms, mode)}
    };
    organization_create(s->fixture.world, 1, "org_first", "First");
    s->all = namespaces_new(&s->fixture, &(struct namespaces_limits){0});
    return 0;
}

static int begin(void **state)
{
    static struct setup s;
    *state = &s;
    return begin_at(&s, START_MS, CLOCK_FROZEN);
}

static int end(void **state)
{
    struct setup *s = *state;
    namespaces_free(s->all);
    world_free(s->fixture.world);
    return 0;
}

static struct namespace *create(struct setup *s, const char *name)
{
    struct namespace *ns = namespaces_create(s->all, str_from(name), NULL, NULL, NULL, NULL);
    assert_non_null(ns);
    return ns;
}

static void names_are_restricted(void **state)
{
    static const struct {
        const char *name;
        bool valid;
    } rows[] = {
        {"a",          true },
        {"test-1.x_Y", true },
        {"-",          true },
        {"a..",        true },
        {"",           false},
        {".hidden",    false},
        {"..",         false},
        {"a/b",        false},
        {"a b",        false},
        {"a%20b",      false},
        {"\xc3\xa4",   false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(namespaces_name_valid(str_from(rows[i].name)), rows[i].valid);
    char longest[NAMESPACE_NAME_MAX + 2];
    memset(longest, 'x', sizeof longest);
    assert_true(namespaces_name_valid(str_of(longest, NAMESPACE_NAME_MAX)));
    assert_false(namespaces_name_valid(str_of(longest, NAMESPACE_NAME_MAX + 1)));
}

static void each_namespace_starts_from_the_fixture_and_is_isolated(void **state)
{
    struct setup *s = *state;
    struct namespace *a = create(s, "a"), *b = create(s, "b");
    assert_true(organization_find(a->world, 1, "org_first"));
    organization_create(a->world, 1, "org_second", "Second");
    assert_true(organization_find(a->world, 1, "org_second"));
    assert_false(organization_find(b->world, 1, "org_second"));
    assert_false(organization_find(namespaces_at(s->all, 0)->world, 1, "org_second"));
}

static void namespaces_are_found_by_name_and_listed_in_order_of_creation(void **state)
{
    struct setup *s = *state;
    create(s, "b");
    create(s, "a");
    assert_int_equal(namespaces_count(s->all), 3);
    assert_string_equal(namespaces_at(s->all, 0)->name, "default");
    assert_string_equal(namespaces_at(s->all, 1)->name, "b");
    assert_string_equal(namespaces_at(s->all, 2)->name, "a");
    assert_null(namespaces_at(s->all, 3));
    assert_ptr_equal(namespaces_find(s->all, STR("a")), namespaces_at(s->all, 2));
    assert_null(namespaces_find(s->all, STR("A")));
    assert_true(namespaces_delete(s->all, STR("b")));
    assert_string_equal(namespaces_at(s->all, 1)->name, "a");
    assert_null(namespaces_find(s->all, STR("b")));
}

static void an_existing_or_invalid_name_is_rejected(void **state)
{
    struct setup *s = *state;
    struct error err = {0};
    create(s, "a");
    assert_null(namespaces_create(s->all, STR("a"), NULL, NULL, NULL, &err));
    assert_null(namespaces_create(s->all, STR("default"), NULL, NULL, NULL, &err));
    assert_null(namespaces_create(s->all, STR("a/b"), NULL, NULL, NULL, &err));
    assert_int_equal(err.count, 3);
    error_end(&err);
}

static void the_number_of_namespaces_is_limited(void **state)
{
    struct setup *s = *state;
    struct namespaces *two = namespaces_new(&s->fixture, &(struct namespaces_limits){.count = 2});
    struct error err = {0};
    assert_int_equal(namespaces_most(two), 2);
    assert_false(namespaces_full(two));
    assert_non_null(namespaces_create(two, STR("a"), NULL, NULL, NULL, NULL));
    assert_true(namespaces_full(two));
    assert_null(namespaces_create(two, STR("b"), NULL, NULL, NULL, &err));
    assert_non_null(strstr(err.first->text, "namespace limit reached: 2; delete one"));
    assert_true(namespaces_delete(two, STR("a")));
    assert_non_null(namespaces_create(two, STR("b"), NULL, NULL, NULL, NULL));
    error_end(&err);
    namespaces_free(two);
}

static void expired_namespaces_are_deleted(void **state)
{
    struct setup *s = *state;
    static const struct {
        const char *name;
        int64_t last_us, idle_us;
        size_t waiting;
    } rows[] = {
        {"over",     100, 50, 0},
        {"for_ever", 0,   0,  0},
        {"waits",    0,   10, 1},
        {"exactly",  140, 60, 0},
        {"later",    150, 60, 0},
        {"latest",   190, 60, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct namespace *ns = create(s, rows[i].name);
        ns->last_us = rows[i].last_us;
        ns->idle_us = rows[i].idle_us;
        ns->waiting = rows[i].waiting;
    }
    assert_int_equal(namespaces_expire(s->all, 200), 210);
    assert_int_equal(namespaces_count(s->all), 5);
    assert_null(namespaces_find(s->all, STR("over")));
    assert_null(namespaces_find(s->all, STR("exactly")));
    assert_string_equal(namespaces_at(s->all, 3)->name, "later");
    assert_int_equal(namespaces_expire(s->all, 1000), 1010); /* a waiting call counts as a call */
    assert_int_equal(namespaces_count(s->all), 3);
}

static void the_default_namespace_cannot_be_deleted(void **state)
{
    struct setup *s = *state;
    assert_false(namespaces_delete(s->all, STR("default")));
    assert_false(namespaces_delete(s->all, STR("unknown")));
}

static void a_reset_restores_the_initial_state(void **state)
{
    struct setup *s = *state;
    struct namespace *ns = create(s, "a");
    uint64_t before = ns->generation;
    for (int i = 0; i < 2; i++) {
        organization_create(ns->world, 1, "org_second", "Second");
        clock_move_to(&ns->world->clock, START_MS + 5000);
        namespace_reset(ns);
        assert_false(organization_find(ns->world, 1, "org_second"));
        assert_true(organization_find(ns->world, 1, "org_first"));
        assert_int_equal(world_now(ns->world), START_MS);
    }
    assert_true(ns->generation > before);
}

static void generations_are_unique(void **state)
{
    struct setup *s = *state;
    uint64_t last = namespaces_at(s->all, 0)->generation;
    for (int i = 0; i < 3; i++) {
        struct namespace *ns = create(s, "a");
        assert_true(ns->generation > last);
        namespace_reset(ns);
        namespace_restore(ns, s->fixture.world);
        last = ns->generation;
        namespaces_delete(s->all, STR("a"));
    }
}

static void a_namespace_may_start_from_another_state(void **state)
{
    struct setup *s = *state;
    struct namespace *a = create(s, "a");
    organization_create(a->world, 1, "org_second", "Second");
    struct namespace *b = namespaces_create(s->all, STR("b"), NULL, a->world, NULL, NULL);
    assert_true(namespaces_delete(s->all, STR("a")));
    assert_true(organization_find(b->world, 1, "org_second"));
    organization_create(b->world, 1, "org_third", "Third");
    namespace_reset(b);
    assert_true(organization_find(b->world, 1, "org_second"));
    assert_false(organization_find(b->world, 1, "org_third"));
}

static void a_credential_selects_its_namespace(void **state)
{
    struct setup *s = *state;
    assert_null(namespaces_of_credential(s->all, STR("key")));
    struct namespace *a = create(s, "a"), *b = create(s, "b");
    namespaces_bind(s->all, STR("key"), a);
    namespaces_bind(s->all, STR("other"), b);
    assert_ptr_equal(namespaces_of_credential(s->all, STR("key")), a);
    assert_null(namespaces_of_credential(s->all, STR("ke")));
    namespaces_bind(s->all, STR("key"), b);
    assert_ptr_equal(namespaces_of_credential(s->all, STR("key")), b);
    namespaces_delete(s->all, STR("b"));
    assert_null(namespaces_of_credential(s->all, STR("key")));
    assert_null(namespaces_of_credential(s->all, STR("other")));
}

static void a_snapshot_can_be_restored_repeatedly(void **state)
{
    struct setup *s = *state;
    struct namespace *ns = create(s, "a");
    organization_create(ns->world, 1, "org_second", "Second");
    assert_true(snapshots_save(s->all, "two", ns));
    for (int i = 0; i < 2; i++) {
        organization_create(ns->world, 1, "org_third", "Third");
        namespace_restore(ns, snapshots_find(s->all, STR("two")));
        assert_true(organization_find(ns->world, 1, "org_second"));
        assert_false(organization_find(ns->world, 1, "org_third"));
    }
    struct snapshot_info info = {0};
    assert_true(snapshots_next(s->all, &info));
    assert_string_equal(info.name, "two");
    assert_int_equal(info.number, 1);
    assert_false(snapshots_next(s->all, &info));
    assert_true(snapshots_drop(s->all, STR("two")));
    assert_false(snapshots_drop(s->all, STR("two")));
    assert_null(snapshots_find(s->all, STR("two")));
    assert_true(organization_find(ns->world, 1, "org_second"));
    assert_false(snapshots_save(s->all, "no/name", ns));
}

static void saving_a_snapshot_again_replaces_it(void **state)
{
    struct setup *s = *state;
    struct namespace *ns = create(s, "a");
    snapshots_save(s->all, "x", ns);
    organization_create(ns->world, 1, "org_second", "Second");
    snapshots_save(s->all, "x", ns);
    assert_true(organization_find(snapshots_find(s->all, STR("x")), 1, "org_second"));
    struct snapshot_info info = {0};
    assert_true(snapshots_next(s->all, &info));
    assert_false(snapshots_next(s->all, &info));
    assert_int_equal(info.count, 1);
}

/* Each namespace starts at the fixture's clock.start, unless the clock shows the machine's time. */
static void a_running_clock_restarts_unless_it_shows_the_machines_time(void **state)
{
    (void)state;
    struct setup s;
    begin_at(&s, START_MS, CLOCK_RUNS);
    s.fixture.world->clock.base_wall_us -= INT64_C(3600) * 1000000; /* loaded an hour ago */
    assert_true(world_now(s.fixture.world) >= START_MS + 3600000);
    struct namespace *ns = create(&s, "a");
    assert_in_range(world_now(ns->world) - START_MS, 0, 60000);
    void *again = &s;
    end(&again);

    begin_at(&s, time_wall_ms() - 3600000, CLOCK_RUNS);
    s.fixture.world->clock.base_wall_us -= INT64_C(3600) * 1000000;
    ns = create(&s, "a");
    assert_in_range(world_now(ns->world) - time_wall_ms() + 60000, 0, 120000);
    end(&again);
}

/* Deletes only what a first use has created, and only what is unused for a while. */
static void at_the_limit_the_longest_unused_namespace_is_deleted(void **state)
{
    struct setup *s = *state;
    int64_t now = INT64_C(1000) * NAMESPACE_UNUSED_US;
    static const struct {
        const char *name;
        bool implicit, waits;
        int64_t unused_us;
    } rows[] = {
        {"explicit", false, false, 9 * NAMESPACE_UNUSED_US},
        {"waits",    true,  true,  9 * NAMESPACE_UNUSED_US},
        {"second",   true,  false, NAMESPACE_UNUSED_US    },
        {"first",    true,  false, 2 * NAMESPACE_UNUSED_US},
        {"used",     true,  false, NAMESPACE_UNUSED_US - 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct namespace *ns = create(s, rows[i].name);
        ns->is_implicit = rows[i].implicit;
        ns->waiting = rows[i].waits;
        ns->last_us = now - rows[i].unused_us;
    }
    assert_true(namespaces_drop_unused(s->all, now));
    assert_null(namespaces_find(s->all, STR("first")));
    assert_non_null(namespaces_find(s->all, STR("second")));
    assert_true(namespaces_drop_unused(s->all, now));
    assert_null(namespaces_find(s->all, STR("second")));
    assert_false(namespaces_drop_unused(s->all, now));
    assert_int_equal(namespaces_count(s->all), 1 + 3);
    namespaces_find(s->all, STR("waits"))->waiting = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_restricted),
        cmocka_unit_test_setup_teardown(each_namespace_starts_from_the_fixture_and_is_isolated, begin, end),
        cmocka_unit_test_setup_teardown(namespaces_are_found_by_name_and_listed_in_order_of_creation, begin, end),
        cmocka_unit_test_setup_teardown(an_existing_or_invalid_name_is_rejected, begin, end),
        cmocka_unit_test_setup_teardown(the_number_of_namespaces_is_limited, begin, end),
        cmocka_unit_test_setup_teardown(expired_namespaces_are_deleted, begin, end),
        cmocka_unit_test_setup_teardown(the_default_namespace_cannot_be_deleted, begin, end),
        cmocka_unit_test_setup_teardown(a_reset_restores_the_initial_state, begin, end),
        cmocka_unit_test_setup_teardown(generations_are_unique, begin, end),
        cmocka_unit_test_setup_teardown(a_namespace_may_start_from_another_state, begin, end),
        cmocka_unit_test_setup_teardown(a_credential_selects_its_namespace, begin, end),
        cmocka_unit_test_setup_teardown(a_snapshot_can_be_restored_repeatedly, begin, end),
        cmocka_unit_test_setup_teardown(saving_a_snapshot_again_replaces_it, begin, end),
        cmocka_unit_test_setup_teardown(at_the_limit_the_longest_unused_namespace_is_deleted, begin, end),
        cmocka_unit_test(a_running_clock_restarts_unless_it_shows_the_machines_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
