/* The history of the client checks is bounded, and forgotten entries are counted. */
#include "mockserver/client_checks/observer.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/client_checks_test.h"

#include <stdio.h>

#include "base/time.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/namespaces.h"

#define CALLS  100000
#define WORLDS (CLIENT_CHECKS_NAMESPACES_MAX + 50)

static struct client_checks *client_checks_of(struct mock *m)
{
    return namespaces_at(m->namespaces, 0)->client_checks;
}

/* The memory of the history that is in use. */
static size_t history_bytes(const struct client_checks *k)
{
    size_t bytes = sizeof *k;
    for (size_t i = 0; i < client_check_count; i++) {
        const struct client_check_result *r = &k->results[i];
        bytes += r->buckets ? HISTORY_BUCKETS * sizeof(void *) : 0;
        bytes += r->bucket_count * HISTORY_BUCKET_SIZE * sizeof **r->buckets;
    }
    return bytes;
}

/* Makes a call and drops the response, as a server does. */
static void call(struct mock *m, const char *method, const char *target, const char *const *headers, const char *body)
{
    struct exchange x = {.arrived_us = time_monotonic_us()};
    struct request *r = &x.request;
    r->method = str_from(method);
    r->target = r->query = str_from(target);
    r->path = str_cut(&r->query, '?');
    r->body = str_from(body);
    r->peer = "127.0.0.1";
    for (size_t i = 0; headers[i]; i += 2)
        headers_add(&x.arena, &r->headers, headers[i], str_from(headers[i + 1]));
    mock_handle(m, &x);
    mock_done(m, &x, true);
    arena_end(&x.arena);
}

static void memory_is_bounded_for_new_keys_accounts_and_writes(void **state)
{
    struct mock *m = *state;
    char bearer[64], token[64], target[128], body[256];
    add_rule(m, "{\"on\":\"layers.schedule_content\",\"then\":[{\"respond\":{\"error\":\"INTERNAL\"}},"
                "{\"headers\":{\"Retry-After\":\"5\"}}]}");
    size_t half = 0;
    for (int i = 0; i < CALLS; i++) {
        (void)snprintf(bearer, sizeof bearer, "Bearer lp_live_%020d", i);
        (void)snprintf(token, sizeof token, "token-%d", i);
        (void)snprintf(target, sizeof target, "/v1/social/oauth-status/st_%030d?a=%d", i, i);
        (void)snprintf(body, sizeof body, "{\"targets\":[{\"socialAccountId\":\"sa_%d\"}]}", i);
        if (i % 2)
            call(m, "GET", target, (const char *[]){"Authorization", bearer, NULL}, "");
        else
            call(m, "POST", "/v1/content/cnt_open/schedule",
                 (const char *[]){"Authorization", bearer, "Idempotency-Key", token, NULL}, body);
        if (i == CALLS / 2)
            half = history_bytes(client_checks_of(m));
    }
    assert_int_equal(history_bytes(client_checks_of(m)), half);
    assert_true(half < 1u << 20);
    assert_true(node_get(client_check_result(m, "refused_key"), "forgotten")->integer > 0);
    assert_true(node_get(client_check_result(m, "idempotency_kept"), "forgotten")->integer > 0);
    assert_true(node_get(client_check_result(m, "poll_pace"), "forgotten")->integer > 0);
    assert_client_check(m, "refused_key", "passed 49999 0", "");
}

static void the_newest_entries_are_kept(void **state)
{
    struct mock *m = *state;
    char bearer[64];
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(bearer, sizeof bearer, "Bearer lp_live_%020d", i);
        for (int n = 0; n < 3; n++)
            call(m, "GET", "/v1/whoami", (const char *[]){"Authorization", bearer, NULL}, "");
    }
    const struct node *a = client_check_result(m, "refused_key");
    assert_int_equal(node_get(a, "failures")->integer, 5000);
}

static void an_idle_namespace_needs_little_memory(void **state)
{
    struct mock *m = *state;
    mock_call(m, "GET /ns/idle/v1/whoami", NULL, AS_FULL);
    assert_true(history_bytes(namespaces_find(m->namespaces, STR("idle"))->client_checks) < 4096);
}

static void namespaces_beyond_the_limit_are_summed(void **state)
{
    struct mock *m = *state;
    char name[32], line[128];
    for (int i = 0; i < WORLDS; i++) {
        (void)snprintf(name, sizeof name, "w%d", i);
        (void)snprintf(line, sizeof line, "/ns/%s/v1/whoami%s", name,
                       i >= CLIENT_CHECKS_NAMESPACES_MAX ? "?k=lp_live_01HX9Y6K7EJ4T2_full" : "");
        call(m, "GET", line, (const char *[]){"Authorization", "Bearer lp_live_01HX9Y6K7EJ4T2_full", NULL}, "");
        assert_true(namespaces_delete(m->namespaces, str_from(name)));
    }
    struct buf out = {.arena = &m->arena};
    client_registry_junit(m->client_registry, &out);
    assert_non_null(strstr(buf_c(&out), "<testsuite name=\"50 more namespaces\" tests=\"10\" failures=\"1\""));
    assert_non_null(strstr(buf_c(&out), "<property name=\"failures\" value=\"50\"/>"));
    assert_null(strstr(buf_c(&out), "name=\"w1000 "));
    assert_true(client_registry_failed(m->client_registry));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT_CHECKS_TEST(memory_is_bounded_for_new_keys_accounts_and_writes),
        CLIENT_CHECKS_TEST(the_newest_entries_are_kept),
        CLIENT_CHECKS_TEST(an_idle_namespace_needs_little_memory),
        CLIENT_CHECKS_TEST(namespaces_beyond_the_limit_are_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
