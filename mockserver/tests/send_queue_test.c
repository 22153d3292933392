#include "mockserver/runtime/send_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DEAD "http://127.0.0.1:1/hook"
#define LIVE "http://127.0.0.1:2/hook"

struct scene {
    struct send_queue *queue;
    struct send_owner owners[20];
    struct send_place *places;
    size_t count, started;
    size_t last; /* the place that was started last */
    bool ends;   /* a request ends while it starts */
};

static struct scene s;

static void on_start(void *ctx)
{
    struct send_place *p = ctx;
    s.started++;
    s.last = (size_t)(p - s.places);
    if (s.ends) {
        send_queue_leave(s.queue, p);
        p->receiver = NULL;
        send_queue_start(s.queue); /* no-op here */
    }
}

static int set_up(void **state)
{
    (void)state;
    s = (struct scene){.queue = send_queue_new(), .places = calloc(SEND_LINE_MAX + 1000, sizeof *s.places)};
    return s.places ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    send_queue_stop(s.queue);
    for (size_t i = 0; i < s.count; i++)
        if (s.places[i].receiver)
            send_queue_leave(s.queue, &s.places[i]);
    send_queue_free(s.queue);
    free(s.places);
    return 0;
}

static bool enter(size_t owner, const char *url)
{
    struct send_place *p = &s.places[s.count];
    *p = (struct send_place){.start = on_start, .ctx = p, .owner = &s.owners[owner]};
    if (!send_queue_enter(s.queue, p, url))
        return false;
    s.count++;
    send_queue_start(s.queue);
    return true;
}

static void leave(size_t place)
{
    send_queue_leave(s.queue, &s.places[place]);
    s.places[place].receiver = NULL;
    send_queue_start(s.queue);
}

static void a_dead_receiver_delays_no_other(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(enter(0, DEAD));
    assert_int_equal(s.started, SEND_RECEIVER_MAX);
    for (size_t owner = 0; owner < 2; owner++) { /* its own namespace, and another */
        size_t before = s.started;
        assert_true(enter(owner, LIVE));
        assert_int_equal(s.started, before + 1);
        assert_int_equal(s.last, s.count - 1);
    }
}

static void a_namespace_does_not_use_all_requests(void **state)
{
    (void)state;
    char url[64];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", i % 10 + 1);
        assert_true(enter(0, url));
    }
    assert_int_equal(s.started, SEND_OWNER_MAX);
    assert_true(enter(1, "http://127.0.0.1:1/other/path"));
    assert_int_equal(s.started, SEND_OWNER_MAX + 1);
}

static void at_most_so_many_requests_are_in_flight(void **state)
{
    (void)state;
    char url[64];
    for (size_t i = 0; i < 1000; i++) {
        (void)snprintf(url, sizeof url, "https://host%zu.test?x", i % 100);
        assert_true(enter(i % 20, url));
    }
    assert_int_equal(s.started, SEND_MAX);
    for (size_t i = 0; i < 100; i++)
        leave(i);
    assert_int_equal(s.started, SEND_MAX + 100);
}

/* A namespace with many deliveries to a slow receiver leaves turns to the others. */
static void namespaces_take_turns_at_a_receiver(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(enter(0, DEAD));
    for (size_t owner = 1; owner < 4; owner++)
        assert_true(enter(owner, DEAD));
    for (size_t i = 0; i < 5; i++)
        leave(i);
    size_t owners_served = 0;
    for (size_t owner = 1; owner < 4; owner++)
        owners_served += s.owners[owner].sending;
    assert_int_equal(owners_served, 3);
}

static void requests_of_a_line_start_in_their_order(void **state)
{
    (void)state;
    for (int i = 0; i < SEND_RECEIVER_MAX + 3; i++)
        assert_true(enter(0, DEAD));
    leave(SEND_RECEIVER_MAX + 1); /* one that waits */
    leave(0);
    assert_int_equal(s.last, SEND_RECEIVER_MAX);
    leave(1);
    assert_int_equal(s.last, SEND_RECEIVER_MAX + 2);
}

static void a_full_line_takes_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < SEND_RECEIVER_MAX + SEND_LINE_MAX; i++)
        assert_true(enter(0, DEAD));
    assert_false(enter(0, DEAD));
    assert_true(enter(1, DEAD));
    assert_true(enter(0, LIVE));
    leave(0);
    assert_true(enter(0, DEAD));
}

static void a_request_may_end_while_it_starts(void **state)
{
    (void)state;
    for (int i = 0; i < SEND_RECEIVER_MAX + 100; i++)
        assert_true(enter(0, DEAD));
    s.ends = true;
    leave(0);
    assert_int_equal(s.started, SEND_RECEIVER_MAX + 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_dead_receiver_delays_no_other),         TEST(a_namespace_does_not_use_all_requests),
        TEST(at_most_so_many_requests_are_in_flight),  TEST(namespaces_take_turns_at_a_receiver),
        TEST(requests_of_a_line_start_in_their_order), TEST(a_full_line_takes_no_more),
        TEST(a_request_may_end_while_it_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
