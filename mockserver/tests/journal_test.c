#include "mockserver/runtime/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

/* A finished call, as journal_add receives it. */
struct fake_call {
    struct exchange x;
    struct call c;
    struct world *world;
};

static struct call *fake_call_begin(struct fake_call *f, const char *target, size_t body_bytes)
{
    *f = (struct fake_call){.world = world_new(1, 1000, CLOCK_FROZEN)};
    struct arena *a = &f->x.arena;
    f->c = (struct call){
        .arena = a,
        .req = &f->x.request,
        .res = &f->x.response,
        .exchange = &f->x,
        .world = f->world,
        .now_ms = 1000,
        .request_id = "req_1",
    };
    f->x.arrived_us = time_monotonic_us();
    f->x.request.method = STR("POST");
    f->x.request.target = str_from(target);
    headers_add(a, &f->x.request.headers, "Host", STR("mock.test"));
    headers_add(a, &f->x.request.headers, "X-Empty", (struct str){0});
    headers_add(a, &f->x.response.headers, "Date", STR("now"));
    char *body = arena_alloc(a, body_bytes + 1);
    memset(body, 'b', body_bytes);
    f->x.request.body = str_of(body, body_bytes);
    f->x.response.body.arena = a;
    buf_text(&f->x.response.body, "answer");
    f->x.response.status = 201;
    return &f->c;
}

static void fake_call_end(struct fake_call *f)
{
    arena_end(&f->x.arena);
    world_free(f->world);
}

static void add_entry(struct journal *j, const char *target, size_t body_bytes)
{
    struct fake_call f;
    journal_add(j, fake_call_begin(&f, target, body_bytes));
    fake_call_end(&f);
}

static void an_entry_outlives_its_call(void **state)
{
    (void)state;
    struct journal *j = journal_new(1 << 20, NULL);
    struct fake_call f;
    struct call *c = fake_call_begin(&f, "/v1/things?x=1", 3);
    c->fault = FAULT_CONFLICT;
    *arena_push(c->arena, &c->trace.nearest, const char *) = arena_text(c->arena, "GET /v1/thing");
    const struct rule_decision slow = {arena_text(c->arena, "slow"), arena_text(c->arena, "/when/nth"), 7, false};
    *arena_push(c->arena, &c->trace.decisions, struct rule_decision) = slow;
    uint32_t organization = organization_create(f.world, 1, "org_1", "One");
    c->key = key_create(f.world, organization, &(struct key){.name = "full", .value = "k"});
    journal_add(j, c);
    fake_call_end(&f);

    const struct journal_entry *e = journal_read(j, 1);
    assert_non_null(e);
    assert_int_equal(e->seq, 1);
    assert_true(str_eq(e->method, STR("POST")));
    assert_true(str_eq(e->target, STR("/v1/things?x=1")));
    assert_true(str_eq(e->request_body, STR("bbb")));
    assert_true(str_eq(e->response_body, STR("answer")));
    assert_int_equal(e->request_headers.count, 2);
    assert_true(str_eq(headers_get(&e->request_headers, "host"), STR("mock.test")));
    assert_non_null(headers_find(&e->request_headers, "X-Empty"));
    assert_true(str_eq(headers_get(&e->response_headers, "Date"), STR("now")));
    assert_string_equal(e->request_id, "req_1");
    assert_string_equal(e->key_name, "full");
    assert_string_equal(e->fault, "conflict");
    assert_int_equal(e->trace.nearest.count, 1);
    assert_string_equal(e->trace.nearest.items[0], "GET /v1/thing");
    assert_int_equal(e->trace.decisions.count, 1);
    assert_string_equal(e->trace.decisions.items[0].rule, "slow");
    assert_string_equal(e->trace.decisions.items[0].failed, "/when/nth");
    assert_int_equal(e->trace.decisions.items[0].seen, 7);
    assert_int_equal(e->trace.hostile.count, 0);
    assert_null(e->route);
    assert_int_equal(e->status, 201);
    assert_int_equal(e->at_ms, 1000);
    assert_true(e->wall_us >= 0 && e->wall_ms > 0);
    journal_free(j);
}

static void an_entry_lists_the_changes_made_during_its_call(void **state)
{
    (void)state;
    struct journal *j = journal_new(1 << 20, NULL);
    struct fake_call f;
    struct call *c = fake_call_begin(&f, "/", 0);
    table_add(&f.world->records[RECORD_SPACE], NULL);
    changes_add(f.world, RECORD_SPACE, 1, TRANSITION_SPACE_CREATE, STATE_NONE, 0);
    c->changes_before = changes_last(f.world);
    journal_add(j, c);
    assert_true(journal_read(j, 1)->change_first > journal_read(j, 1)->change_last);
    changes_add(f.world, RECORD_SPACE, 1, TRANSITION_RECORD_SET, 0, 0);
    changes_add(f.world, RECORD_SPACE, 1, TRANSITION_RECORD_SET, 0, 0);
    journal_add(j, c);
    assert_int_equal(journal_read(j, 2)->change_first, c->changes_before + 1);
    assert_int_equal(journal_read(j, 2)->change_last, c->changes_before + 2);
    fake_call_end(&f);
    journal_free(j);
}

static void the_oldest_entries_are_evicted_and_counted(void **state)
{
    (void)state;
    struct journal *j = journal_new(20000, NULL);
    for (int i = 1; i <= 500; i++) {
        char target[16];
        snprintf(target, sizeof target, "/%d", i);
        add_entry(j, target, (size_t)(i * 37 % 900));
        uint64_t first = journal_first(j), last = journal_last(j);
        assert_int_equal(last, i);
        assert_int_equal(journal_lost(j), first - 1);
        for (uint64_t seq = first; seq <= last; seq++) {
            snprintf(target, sizeof target, "/%d", (int)seq);
            assert_int_equal(journal_read(j, seq)->seq, seq);
            assert_true(str_is(journal_read(j, seq)->target, target));
            assert_int_equal(journal_read(j, seq)->request_body.n, seq * 37 % 900);
        }
        assert_null(journal_read(j, first - 1));
        assert_null(journal_read(j, last + 1));
    }
    assert_true(journal_lost(j) > 400);
    journal_free(j);
}

static void no_entry_is_evicted_below_the_size_limit(void **state)
{
    (void)state;
    struct journal *j = journal_new(16 << 20, NULL);
    for (int i = 0; i < 1000; i++)
        add_entry(j, "/", 0);
    assert_int_equal(journal_lost(j), 0);
    assert_int_equal(journal_first(j), 1);
    assert_int_equal(journal_last(j), 1000);
    journal_free(j);
}

static void a_long_body_is_truncated_and_marked(void **state)
{
    (void)state;
    struct journal *j = journal_new(1 << 20, NULL);
    add_entry(j, "/", JOURNAL_BODY_MAX);
    add_entry(j, "/", JOURNAL_BODY_MAX + 1);
    assert_false(journal_read(j, 1)->request_cut);
    assert_true(journal_read(j, 2)->request_cut);
    assert_int_equal(journal_read(j, 2)->request_body.n, JOURNAL_BODY_MAX);
    assert_false(journal_read(j, 2)->response_cut);
    journal_free(j);
}

static void the_newest_entry_is_kept_even_above_the_size_limit(void **state)
{
    (void)state;
    struct journal *j = journal_new(100, NULL);
    add_entry(j, "/1", 500);
    add_entry(j, "/2", 500);
    assert_int_equal(journal_first(j), 2);
    assert_int_equal(journal_lost(j), 1);
    journal_free(j);
}

static void clearing_restarts_the_sequence_numbers(void **state)
{
    (void)state;
    struct journal *j = journal_new(3000, NULL);
    for (int i = 0; i < 50; i++)
        add_entry(j, "/", 100);
    journal_clear(j);
    assert_int_equal(journal_last(j), 0);
    assert_int_equal(journal_first(j), 0);
    assert_int_equal(journal_lost(j), 0);
    assert_null(journal_read(j, 0));
    assert_null(journal_read(j, 1));
    add_entry(j, "/new", 0);
    assert_true(str_eq(journal_read(j, 1)->target, STR("/new")));
    journal_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_outlives_its_call),
        cmocka_unit_test(an_entry_lists_the_changes_made_during_its_call),
        cmocka_unit_test(the_oldest_entries_are_evicted_and_counted),
        cmocka_unit_test(no_entry_is_evicted_below_the_size_limit),
        cmocka_unit_test(a_long_body_is_truncated_and_marked),
        cmocka_unit_test(the_newest_entry_is_kept_even_above_the_size_limit),
        cmocka_unit_test(clearing_restarts_the_sequence_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
