/* What waits while texts are given back has no pointer to them; the sanitizers would find one (preset `ci`). */
#include "mockserver/provider_api/call.h"

#include "base/array.h"
#include "mockserver/providers/layers/layers.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/state/compaction.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/tests/served_mock.h"

#define ACCOUNT "/v1/social-accounts/sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A"

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

/* The requests wait in the queue, longer than the texts of their webhook and event. */
static void a_waiting_webhook_request_has_no_text_of_the_state(void **state)
{
    struct setup *s = *state;
    struct world *w = namespaces_at(s->mock->namespaces, 0)->world;
    const char *hook = "{\"url\":\"http://127.0.0.1:9/hook\",\"events\":[\"social_account.revoked\"]}";
    assert_int_equal(ask(s, "POST /v1/webhook-endpoints", hook).status, 201);
    deliver_hold(s->mock->deliver);
    assert_int_equal(ask(s, "DELETE " ACCOUNT, "").status, 200);
    world_compact_all(w);
    world_compact_all(w);
    assert_true(deliver_complete(s->mock->deliver, 1, 204, NULL));
    assert_true(str_has(ask(s, "GET /__admin/state/deliveries", "").body, STR("\"delivered\"")));
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
