/* Calls and requests that wait have no pointer to texts that are released meanwhile; the sanitizers (preset `ci`) would
 * find one. */
#include "mockserver/provider_api/call.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "mockserver/providers/layers/layers.h"
#include "mockserver/state/compaction.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"
#include "mockserver/tests/served_mock.h"

#define REQUESTS 100
#define PROJECT  "prj_01HX9Y7K8M2P4RSTUV56789AB"
#define ACCOUNT  "/v1/social-accounts/sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A"

#define VALUE "lp_live_01HX9Y6K7EJ4T2_full"

/* The text of the key's value becomes another copy, outside the texts of the fixture. */
static void copy_value(struct world *w)
{
    struct transition t;
    struct key *k = transition_begin(&t, w, RECORD_KEY, key_find(w, LAYERS, STR(VALUE)));
    k->value = world_text(w, VALUE);
    transition_end_part(&t);
}

/* The rule gives the call another key. That key's value becomes another text while the call waits. */
static void a_waiting_call_has_no_text_of_the_state(void **state)
{
    struct setup *s = *state;
    struct world *w = namespaces_at(s->mock->namespaces, 0)->world;
    const char *rule =
        "{\"method\":\"DELETE\",\"then\":[{\"request\":{\"key\":\"full\"}},{\"delay_before\":\"40ms\"}]}";
    assert_int_equal(ask(s, "POST /__admin/rules", rule).status, 201);
    copy_value(w);
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(request(s, "DELETE " ACCOUNT, "")));
    while (!server_in_flight(s->rig.server))
        loop_step(s->rig.loop, 1000);
    copy_value(w);
    world_compact_all(w);
    world_compact_all(w);
    assert_int_equal(client_read_last(c).status, 200);
}

/* A receiver that accepts connections and never responds. Returns its socket, and its port in *port. */
static int begin_receiver(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 128), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* More requests than may be under way at once. The others wait longer than the texts of their webhook and events, and
 * start when the receiver has gone. */
static void a_waiting_webhook_request_has_no_text_of_the_state(void **state)
{
    struct setup *s = *state;
    struct world *w = namespaces_at(s->mock->namespaces, 0)->world;
    struct arena *a = &s->rig.arena;
    int port, receiver = begin_receiver(&port);
    const char *hook =
        arena_printf(a, "{\"url\":\"http://127.0.0.1:%d/\",\"events\":[\"social_account.connected\"]}", port);
    assert_int_equal(ask(s, "POST /v1/webhook-endpoints", hook).status, 201);
    for (int i = 0; i < REQUESTS; i++)
        assert_int_equal(
            ask(s, "POST /__admin/simulate/account_connected",
                arena_printf(a, "{\"space\":\"" PROJECT "\",\"platform\":\"tiktok\",\"handle\":\"u%d\"}", i))
                .status,
            200);
    world_compact_all(w);
    world_compact_all(w);
    (void)close(receiver);
    int64_t limit_us = time_monotonic_us() + INT64_C(5000000);
    struct index_walk walk;
    struct index_entry sending = {index_pair_key(1, DELIVERY_DELIVERING), INT64_MIN, 0};
    do {
        loop_step(s->rig.loop, 10000);
        index_from(&w->indexes[INDEX_DELIVERY_WEBHOOK_STATE], &walk, sending);
    } while (index_next_of(&walk, sending.key) && time_monotonic_us() < limit_us);
    assert_true(time_monotonic_us() < limit_us);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_waiting_call_has_no_text_of_the_state),
        TEST(a_waiting_webhook_request_has_no_text_of_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
