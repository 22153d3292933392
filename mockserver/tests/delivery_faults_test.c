/* Delivery faults: rules for events, and what their webhooks receive. */
#include "base/array.h"
#include "mockserver/tests/layers_webhooks_test.h"

#include "mockserver/state/webhook.h"

#define LOST "social_account.needs_reauth"
#define GONE "social_account.revoked"

static void add_rule(struct network *n, const char *json)
{
    struct mock_response a = mock_call(n->mock, "POST /__admin/rules", json);
    if (a.status != 201)
        fail_msg("%s", a.text.s);
}

/* Adds a rule named "faults" for that event. */
static void add_delivery_fault(struct network *n, const char *event, const char *when, const char *faults)
{
    add_rule(n, arena_printf(&n->arena,
                             "{\"name\":\"faults\",\"event\":\"%s\",\"when\":%s,"
                             "\"then\":[{\"webhook\":%s}]}",
                             event, when, faults));
}

static void lose(struct network *n, const char *account)
{
    simulation(n, "token_lost", arena_printf(&n->arena, "{\"account\":\"%s\",\"why\":\"expired\"}", account));
}

static void ping(struct network *n)
{
    assert_int_equal(hook_call(n, "POST", "/" HOOK "/test", NULL).status, 200);
}

static const char *of_delivery(struct network *n, uint32_t row, const char *field)
{
    const char *id = delivery_read(mock_test_world(n->mock), row)->public_id;
    return at(mock_call(n->mock, arena_printf(&n->arena, "GET /__admin/state/deliveries/%s", id), NULL), field);
}

static const char *hits(struct network *n)
{
    return at(mock_call(n->mock, "GET /__admin/rules/faults", NULL), "/hits");
}

/* Returns the event types in the order they were sent: "lost ping". */
static const char *order(struct network *n)
{
    struct buf text = {.arena = &n->arena};
    for (size_t i = 0; i < n->count; i++) {
        const char *type = text_at(n, i, "/type");
        const char *word = strcmp(type, LOST) == 0          ? "lost"
                           : strcmp(type, GONE) == 0        ? "gone"
                           : strcmp(type, "test.ping") == 0 ? "ping"
                                                            : type;
        buf_printf(&text, "%s%s", i ? " " : "", word);
    }
    return buf_c(&text);
}

static void a_dropped_event_is_never_sent(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{\"times\":1}", "{\"drop\":true}");
    lose(n, "sa_a");
    advance(n, "48h");
    lose(n, "sa_b");
    assert_string_equal(order(n), "post.failed lost");
    assert_string_equal(of_delivery(n, 1, "/state"), "abandoned");
    assert_string_equal(of_delivery(n, 1, "/fault_drop"), "true");
    assert_string_equal(of_delivery(n, 1, "/fault_rules"), "faults");
    assert_string_equal(of_delivery(n, 1, "/attempts"), "0");
}

static void copies_have_the_same_id_and_bytes(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{}", "{\"duplicate\":2}");
    lose(n, "sa_a");
    assert_string_equal(order(n), "lost lost lost");
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(n->sent[i].id, n->sent[0].id);
        assert_string_equal(n->sent[i].body, n->sent[0].body);
        assert_int_equal(signatures_by(n, i, "whsec_test"), 1);
    }
    assert_string_equal(hits(n), "1");
    assert_string_equal(of_delivery(n, 3, "/copy_of"), of_delivery(n, 1, "/id"));
    assert_string_equal(of_delivery(n, 3, "/fault_rules"), "faults");
}

static void a_delay_uses_the_clock_of_the_namespace(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{}", "{\"delay\":\"5m\"}");
    lose(n, "sa_a");
    advance(n, "299s");
    assert_int_equal(n->count, 0);
    advance(n, "1s");
    assert_string_equal(order(n), "lost");
    assert_string_equal(of_delivery(n, 1, "/fault_delay_ms"), "300000");
}

static void a_held_delivery_is_sent_after_later_events(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{\"nth\":1}", "{\"reorder\":2}");
    lose(n, "sa_a");
    assert_string_equal(of_delivery(n, 1, "/state"), "held");
    ping(n);
    assert_string_equal(order(n), "ping");
    assert_string_equal(of_delivery(n, 1, "/awaits"), "1");
    lose(n, "sa_b");
    assert_string_equal(order(n), "ping lost lost");
    assert_string_equal(text_at(n, 1, "/data/socialAccountId"), "sa_b");
    assert_string_equal(text_at(n, 2, "/data/socialAccountId"), "sa_a");
    assert_int_equal(n->count, 3);
}

static void if_every_event_is_held_they_swap_in_pairs(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, "*", "{}", "{\"reorder\":1}");
    lose(n, "sa_a");
    ping(n);
    ping(n);
    lose(n, "sa_b");
    assert_string_equal(order(n), "ping lost lost ping");
    assert_string_equal(text_at(n, 2, "/data/socialAccountId"), "sa_b");
}

static void a_retry_of_an_older_event_does_not_release_a_held_delivery(void **state)
{
    struct network *n = *state;
    n->status = 500;
    ping(n);
    add_delivery_fault(n, LOST, "{\"times\":1}", "{\"reorder\":1}");
    lose(n, "sa_a");
    n->status = 200;
    advance(n, "30s");
    assert_string_equal(order(n), "ping ping");
    ping(n);
    assert_string_equal(order(n), "ping ping ping lost");
}

static void copies_of_a_held_delivery_are_held_too(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{}", "{\"reorder\":1,\"duplicate\":1,\"delay\":\"1m\"}");
    lose(n, "sa_a");
    ping(n);
    assert_string_equal(order(n), "ping"); /* the delay still applies after the release */
    advance(n, "1m");
    assert_string_equal(order(n), "ping lost lost");
    assert_string_equal(n->sent[1].id, n->sent[2].id);
}

static void pausing_a_webhook_does_not_release_a_held_delivery(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{}", "{\"reorder\":1}");
    lose(n, "sa_a");
    hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"paused\"}");
    hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"active\"}");
    advance(n, "1m");
    assert_int_equal(n->count, 0);
    assert_string_equal(at(hook_call(n, "GET", "/" HOOK "/deliveries", NULL), "/items/0/status"),
                        "pending"); /* the provider has no other status for it */
    hook_call(n, "DELETE", "/" HOOK, NULL);
    assert_string_equal(of_delivery(n, 1, "/state"), "abandoned");
}

/* Accepts bodies that are not JSON. */
static int receive_damaged(void *ctx, const struct deliver_request *r)
{
    struct network *n = ctx;
    n->sent[n->count++] = (struct sent){
        .signature = str_dup(&n->arena, headers_get(&r->headers, "X-Layers-Signature")),
        .body = str_dup(&n->arena, r->body),
    };
    return signatures_by(n, n->count - 1, "whsec_test") ? 200 : 400;
}

static void a_rewritten_body_has_other_bytes_and_a_valid_signature(void **state)
{
    struct network *n = *state;
    lose(n, "sa_a");
    add_delivery_fault(n, LOST, "{}", "{\"rewrite\":true}");
    n->status = 500;
    lose(n, "sa_b");
    n->status = 200;
    advance(n, "30s");
    assert_string_equal(order(n), "lost lost lost");
    assert_string_equal(n->sent[0].body, json_print(&n->arena, n->sent[0].json)); /* a plain one */
    assert_string_not_equal(n->sent[1].body, json_print(&n->arena, n->sent[1].json));
    assert_string_equal(n->sent[2].body, n->sent[1].body); /* the next attempt */
    for (size_t i = 0; i < n->count; i++)
        assert_int_equal(signatures_by(n, i, "whsec_test"), 1);
    assert_string_equal(text_at(n, 1, "/data/socialAccountId"), "sa_b");
    assert_string_equal(text_at(n, 1, "/id"), n->sent[1].id);
    assert_string_equal(of_delivery(n, 1, "/varied"), "null");
    assert_non_null(strstr(of_delivery(n, 2, "/varied"), "white space between tokens, escaped characters"));
    assert_null(strstr(of_delivery(n, 2, "/varied"), "headers"));
    assert_string_equal(of_delivery(n, 2, "/fault_rewrite"), "true");
}

static void a_rewritten_body_may_be_edited_and_corrupted(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{}",
                       "{\"rewrite\":true,\"edit\":[{\"at\":\"/data/socialAccountId\",\"set\":\"sa_wrong\"}]}");
    lose(n, "sa_a");
    assert_string_equal(text_at(n, 0, "/data/socialAccountId"), "sa_wrong");
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
    deliver_use_network(n->mock->deliver, receive_damaged, n);
    mock_call(n->mock, "DELETE /__admin/rules/faults", NULL);
    add_delivery_fault(n, LOST, "{}", "{\"rewrite\":true,\"corrupt\":1}");
    lose(n, "sa_b");
    assert_int_equal(signatures_by(n, 1, "whsec_test"), 0);
}

static void one_call_rewrites_the_next_event(void **state)
{
    struct network *n = *state;
    simulation(n, "webhook", "{\"event\":\"" LOST "\",\"action\":\"rewrite\"}");
    lose(n, "sa_a");
    lose(n, "sa_b");
    assert_string_not_equal(n->sent[0].body, json_print(&n->arena, n->sent[0].json));
    assert_string_equal(n->sent[1].body, json_print(&n->arena, n->sent[1].json));
}

/* Keeps the names and values of the headers. */
static int receive_headers(void *ctx, const struct deliver_request *r)
{
    struct network *n = ctx;
    struct buf text = {.arena = &n->arena};
    for (size_t i = 0; i < r->headers.count; i++)
        buf_printf(&text, "%s: " STR_FMT "\n", r->headers.items[i].name, STR_ARG(r->headers.items[i].value));
    n->sent[n->count++] = (struct sent){
        .id = buf_c(&text),
        .signature = str_dup(&n->arena, headers_get(&r->headers, "X-Layers-Signature")),
        .body = str_dup(&n->arena, r->body),
    };
    return n->status;
}

static int set_up_hostile(void **state)
{
    return set_up_with(state, WORLD("hostile: { webhooks: true }\n"));
}

static void a_hostile_namespace_varies_bodies_and_headers(void **state)
{
    struct network *n = *state;
    deliver_use_network(n->mock->deliver, receive_headers, n);
    bool lower = false, upper = false, more = false, charset = false, first = false, differs = false;
    for (int i = 0; i < 40; i++) {
        ping(n);
        const struct sent *s = &n->sent[n->count - 1];
        assert_int_equal(n->count, i + 1);
        assert_int_equal(signatures_by(n, n->count - 1, "whsec_test"), 1);
        const struct node *json = json_parse(&n->arena, str_from(s->body), "body", NULL);
        assert_string_not_equal(s->body, json_print(&n->arena, json));
        lower = lower || strstr(s->id, "x-layers-signature: ");
        upper = upper || strstr(s->id, "X-LAYERS-SIGNATURE: ");
        more = more || strstr(s->id, "1.1 egress");
        charset = charset || strstr(s->id, "application/json; charset=utf-8");
        first = first || str_starts_nocase(str_from(s->id), STR("X-Layers-Signature"));
    }
    assert_true(lower && upper && more && charset && first);
    for (int i = 0; i < 4; i++) { /* the next attempt has the same body and other headers */
        size_t at = n->count;
        n->status = 500;
        ping(n);
        n->status = 200;
        advance(n, "30s");
        assert_int_equal(n->count, at + 2);
        assert_string_equal(n->sent[at + 1].body, n->sent[at].body);
        differs = differs || strncmp(n->sent[at].id, n->sent[at + 1].id, 20) != 0;
    }
    assert_true(differs);
    assert_non_null(strstr(of_delivery(n, 1, "/varied"), "more and reordered headers"));
}

static void two_signatures_come_in_any_order(void **state)
{
    struct network *n = *state;
    deliver_use_network(n->mock->deliver, receive_headers, n);
    mock_call(n->mock, "POST " ENDPOINTS "/" HOOK "/rotate-secret", NULL, AS_FULL);
    bool new_first = false, old_first = false;
    for (int i = 0; i < 30; i++) {
        ping(n);
        struct str rest = str_from(n->sent[n->count - 1].signature), t = str_cut(&rest, ',');
        assert_true(str_starts(t, STR("t=")));
        assert_int_equal(signatures_by(n, n->count - 1, "whsec_test"), 1);
        struct sent *first = &n->sent[n->count - 1];
        first->signature =
            arena_printf(&n->arena, STR_FMT "," STR_FMT, STR_ARG(t), STR_ARG(str_head(rest, str_find(rest, ','))));
        bool old = signatures_by(n, n->count - 1, "whsec_test");
        old_first = old_first || old;
        new_first = new_first || !old;
    }
    assert_true(new_first && old_first);
}

static void explain_says_what_was_varied(void **state)
{
    struct network *n = *state;
    deliver_use_network(n->mock->deliver, receive_headers, n);
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, AS_FULL);
    struct mock_response a = mock_call(n->mock, "GET /__admin/explain/1", NULL);
    assert_non_null(strstr(at(a, "/delivery_faults/0/varied"), "white space between tokens, escaped characters"));
    assert_string_equal(at(a, "/delivery_faults/0/rewrite"), "false");
}

static int bits_that_differ(const char *x, const char *y)
{
    int count = 0;
    assert_int_equal(strlen(x), strlen(y));
    for (size_t i = 0; x[i]; i++)
        count += __builtin_popcount((unsigned char)x[i] ^ (unsigned char)y[i]);
    return count;
}

static void a_corrupt_body_fails_its_signature_and_the_retry_passes(void **state)
{
    struct network *n = *state;
    deliver_use_network(n->mock->deliver, receive_damaged, n);
    add_delivery_fault(n, LOST, "{}", "{\"corrupt\":1}");
    lose(n, "sa_a");
    advance(n, "30s");
    assert_int_equal(n->count, 2);
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 0);
    assert_int_equal(signatures_by(n, 1, "whsec_test"), 1);
    assert_int_equal(bits_that_differ(n->sent[0].body, n->sent[1].body), 1);
    assert_string_equal(of_delivery(n, 1, "/state"), "delivered");
}

static void every_attempt_can_be_corrupt_and_the_seed_selects_the_bit(void **state)
{
    struct network *n = *state;
    deliver_use_network(n->mock->deliver, receive_damaged, n);
    for (int round = 0; round < 2; round++) {
        add_delivery_fault(n, LOST, "{}", "{\"corrupt\":true}");
        lose(n, "sa_a");
        advance(n, "48h");
        mock_call(n->mock, "POST /__admin/reset", NULL);
    }
    size_t each = n->count / 2;
    assert_true(each > 8); /* and other events of that time */
    for (size_t i = 0; i < each; i++)
        assert_string_equal(n->sent[i].body, n->sent[each + i].body);
    assert_int_equal(signatures_by(n, 7, "whsec_test"), 0);
    assert_string_not_equal(n->sent[0].body, n->sent[1].body);
}

static int64_t signed_at(struct network *n, size_t i)
{
    struct str rest = str_from(n->sent[i].signature), t = str_cut(&rest, ',');
    int64_t seconds = 0;
    assert_true(str_to_int(str_skip(t, 2), &seconds));
    return seconds;
}

static void a_clock_skew_shifts_the_signed_time(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{\"nth\":2}", "{\"clock_skew\":\"-10m\"}");
    lose(n, "sa_a");
    lose(n, "sa_b");
    int64_t off = signed_at(n, 1) - signed_at(n, 0);
    assert_in_range(off + 600, 0, 2);
    assert_int_equal(signatures_by(n, 1, "whsec_test"), 1);
}

static void counts_decide_which_events_a_rule_acts_on(void **state)
{
    (void)state;
    static const struct {
        const char *when;
        int sent_times[5]; /* how often each of five pings is sent */
    } cases[] = {
        {"{\"nth\":2}",               {1, 2, 1, 1, 1}},
        {"{\"times\":2}",             {2, 2, 1, 1, 1}},
        {"{\"every\":2}",             {1, 2, 1, 2, 1}},
        {"{\"after\":3}",             {1, 1, 1, 2, 2}},
        {"{\"after\":1,\"every\":2}", {1, 1, 2, 1, 2}},
        {"{\"probability\":0}",       {1, 1, 1, 1, 1}},
        {"{\"probability\":1}",       {2, 2, 2, 2, 2}},
        {"{\"body\":{\"no\":1}}",     {1, 1, 1, 1, 1}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        void *network;
        set_up(&network);
        struct network *n = network;
        add_delivery_fault(n, "test.ping", cases[i].when, "{\"duplicate\":1}");
        for (int k = 0; k < 5; k++) {
            size_t before = n->count;
            ping(n);
            if (n->count - before != (size_t)cases[i].sent_times[k])
                fail_msg("%s: ping %d was sent %zu times", cases[i].when, k, n->count - before);
        }
        tear_down(&network);
    }
}

static void a_seeded_probability_selects_the_same_events_each_time(void **state)
{
    struct network *n = *state;
    const char *first = NULL;
    for (int round = 0; round < 2; round++) {
        struct buf pattern = {.arena = &n->arena};
        add_delivery_fault(n, "test.ping", "{\"probability\":0.5}", "{\"drop\":true}");
        for (int i = 0; i < 16; i++) {
            size_t before = n->count;
            ping(n);
            buf_byte(&pattern, n->count == before ? '-' : '+');
        }
        if (first)
            assert_string_equal(buf_c(&pattern), first);
        first = buf_c(&pattern);
        assert_non_null(strchr(first, '-'));
        assert_non_null(strchr(first, '+'));
        mock_call(n->mock, "POST /__admin/reset", NULL);
    }
}

static void a_rule_can_match_the_data_of_an_event(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{\"body\":{\"socialAccountId\":\"sa_b\"}}", "{\"duplicate\":1}");
    lose(n, "sa_a");
    assert_int_equal(n->count, 1);
    lose(n, "sa_b");
    assert_int_equal(n->count, 3);
    assert_string_equal(hits(n), "1");
}

static void an_event_is_counted_once_for_all_its_webhooks(void **state)
{
    struct network *n = *state;
    hook_call(n, "POST", "", "{\"url\":\"http://127.0.0.1:9098/\",\"events\":[\"" LOST "\"]}");
    add_delivery_fault(n, LOST, "{\"times\":1}", "{\"duplicate\":1}");
    lose(n, "sa_a");
    assert_int_equal(n->count, 4);
    assert_string_equal(hits(n), "1");
    lose(n, "sa_b");
    assert_int_equal(n->count, 6);
}

static void an_event_without_subscribers_is_not_counted(void **state)
{
    struct network *n = *state;
    hook_call(n, "PATCH", "/" HOOK, "{\"events\":[\"" GONE "\"]}");
    add_delivery_fault(n, "*", "{\"nth\":1}", "{\"duplicate\":1}");
    lose(n, "sa_a");
    assert_int_equal(n->count, 0);
    simulation(n, "account_removed", "{\"account\":\"sa_b\"}");
    assert_string_equal(order(n), "gone gone");
}

static void the_delivery_faults_of_several_rules_add_up(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"name\":\"a\",\"event\":\"" LOST "\","
                "\"then\":[{\"webhook\":{\"delay\":\"1m\"}},{\"webhook\":{\"duplicate\":1}}]}");
    add_rule(n, "{\"name\":\"b\",\"event\":\"*\",\"provider\":\"layers\","
                "\"then\":[{\"webhook\":{\"delay\":\"2m\",\"duplicate\":1}}]}");
    add_rule(n, "{\"name\":\"c\",\"event\":\"*\",\"provider\":\"posteverywhere\","
                "\"then\":[{\"webhook\":{\"drop\":true}}]}");
    lose(n, "sa_a");
    assert_string_equal(of_delivery(n, 1, "/fault_rules"), "a,b");
    assert_string_equal(of_delivery(n, 1, "/fault_delay_ms"), "180000");
    advance(n, "3m");
    assert_int_equal(n->count, 3);
}

static void delivery_faults_apply_to_a_replay(void **state)
{
    struct network *n = *state;
    lose(n, "sa_a");
    add_delivery_fault(n, LOST, "{}", "{\"drop\":true}");
    mock_call(n->mock, arena_printf(&n->arena, "POST /v1/webhook-deliveries/%s/replay", of_delivery(n, 1, "/id")), NULL,
              AS_FULL);
    advance(n, "1h");
    assert_string_equal(order(n), "lost post.failed");
}

static void a_snapshot_keeps_held_deliveries(void **state)
{
    struct network *n = *state;
    add_delivery_fault(n, LOST, "{\"nth\":1}", "{\"reorder\":1}");
    lose(n, "sa_a");
    mock_call(n->mock, "POST /__admin/snapshots", "{\"name\":\"then\"}");
    ping(n);
    assert_string_equal(order(n), "ping lost");
    mock_call(n->mock, "POST /__admin/snapshots/then/restore", NULL);
    assert_int_equal(n->count, 2);
    ping(n);
    assert_string_equal(order(n), "ping lost ping lost");
    assert_string_equal(n->sent[3].id, n->sent[1].id);
}

static void an_invalid_event_rule_is_refused_at_its_place(void **state)
{
    struct network *n = *state;
#define THEN ",\"then\":[{\"webhook\":{\"drop\":true}}]}"
    /* clang-format off */
    static const struct {
        const char *rule, *pointer, *words;
    } rows[] = {
        {"{\"event\":\"post.publishd\"" THEN,                 "/event",          "did you mean 'post.published'?"},
        {"{\"event\":\"nothing_like_it_at_all\"" THEN,        "/event",          "unknown event"},
        {"{\"event\":\"media.uploaded\",\"provider\":\"layers\"" THEN, "/event",          "unknown event"},
        {"{\"event\":\"*\",\"provider\":\"postnitro\"" THEN,  "/event",          "postnitro has no webhook events"},
        {"{\"event\":\"*\",\"provider\":\"layer\"" THEN,      "/provider",       "layers"},
        {"{\"event\":\"*\",\"on\":\"layers.whoami\"" THEN,    "/on",             "about an event"},
        {"{\"event\":\"*\",\"method\":\"GET\"" THEN,          "/method",         "about an event"},
        {"{\"event\":\"*\",\"path\":\"/v1/whoami\"" THEN,     "/path",           "about an event"},
        {"{\"event\":\"*\",\"when\":{\"key\":\"full\"}" THEN, "/when/key",       "about an event"},
        {"{\"event\":\"*\",\"when\":{\"query\":{\"a\":\"b\"}}" THEN, "/when/query",     "about an event"},
        {"{\"event\":\"*\",\"when\":{\"header\":{\"a\":\"b\"}}" THEN, "/when/header",    "about an event"},
        {"{\"event\":\"*\",\"when\":{\"path\":\"/\"}" THEN,   "/when/path",      "about an event"},
        {"{\"event\":\"*\",\"when\":{\"nth\":0}" THEN,        "/when/nth",       "nth"},
        {"{\"event\":\"*\",\"then\":[{\"delay_after\":\"1s\"}]}", "/then/0/delay_after", "use 'webhook'"},
        {"{\"event\":\"*\",\"then\":[{\"respond\":{\"status\":500}}]}", "/then/0/respond", "about an event"},
        {"{\"event\":\"*\",\"then\":[{\"webhok\":{}}]}",      "/then/0/webhok",  "did you mean 'webhook'?"},
        {"{\"event\":\"*\",\"then\":[{}]}",                   "/then/0",         "{webhook: {delay: 5m}}"},
        {"{\"on\":\"layers.whoami\"" THEN,                    "/then/0/webhook", "add 'event'"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{}}]}",     "/then/0/webhook", "a delivery fault"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"drp\":true}}]}", "/then/0/webhook/drp", "drop"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"duplicate\":0}}]}", "/then/0/webhook/duplicate", "duplicate"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"delay\":\"-5m\"}}]}", "/then/0/webhook/delay", "delay"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"delay\":5}}]}", "/then/0/webhook/delay", "delay"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"clock_skew\":\"400d\"}}]}", "/then/0/webhook/clock_skew", "366d"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"corrupt\":0}}]}", "/then/0/webhook/corrupt", "attempts"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"corrupt\":\"x\"}}]}", "/then/0/webhook/corrupt", "attempts"},
        {"{\"event\":\"*\",\"then\":[{\"webhook\":{\"reorder\":true}}]}", "/then/0/webhook/reorder", "reorder"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(n->mock, "POST /__admin/rules", rows[i].rule);
        const char *pointer = at(a, "/pointer");
        if (a.status != 422 || !pointer || strcmp(pointer, rows[i].pointer) != 0 ||
            !strstr(at(a, "/detail"), rows[i].words))
            fail_msg("%s: %d %s", rows[i].rule, a.status, a.text.s);
    }
    assert_string_equal(at(mock_call(n->mock, "GET /__admin/rules", NULL), "/items"), "[]");
}

static void a_webhook_simulation_adds_a_rule(void **state)
{
    struct network *n = *state;
    struct mock_response a = simulation(n, "webhook", "{\"event\":\"" LOST "\",\"action\":\"delay\",\"by\":\"10m\"}");
    assert_string_equal(at(a, "/rule"), "rule-1");
    lose(n, "sa_a");
    assert_string_equal(of_delivery(n, 1, "/fault_rules"), "rule-1");
    assert_string_equal(at(mock_call(n->mock, "GET /__admin/rules/rule-1", NULL), "/hits"), "1");
    a = mock_call(n->mock, "POST /__admin/simulate/webhook", "{\"event\":\"social_account.lost\",\"action\":\"drop\"}");
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/event");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_dropped_event_is_never_sent),
        TEST(copies_have_the_same_id_and_bytes),
        TEST(a_delay_uses_the_clock_of_the_namespace),
        TEST(a_held_delivery_is_sent_after_later_events),
        TEST(if_every_event_is_held_they_swap_in_pairs),
        TEST(a_retry_of_an_older_event_does_not_release_a_held_delivery),
        TEST(copies_of_a_held_delivery_are_held_too),
        TEST(pausing_a_webhook_does_not_release_a_held_delivery),
        TEST(a_rewritten_body_has_other_bytes_and_a_valid_signature),
        TEST(a_rewritten_body_may_be_edited_and_corrupted),
        TEST(one_call_rewrites_the_next_event),
        cmocka_unit_test_setup_teardown(a_hostile_namespace_varies_bodies_and_headers, set_up_hostile, tear_down),
        cmocka_unit_test_setup_teardown(two_signatures_come_in_any_order, set_up_hostile, tear_down),
        cmocka_unit_test_setup_teardown(explain_says_what_was_varied, set_up_hostile, tear_down),
        TEST(a_corrupt_body_fails_its_signature_and_the_retry_passes),
        TEST(every_attempt_can_be_corrupt_and_the_seed_selects_the_bit),
        TEST(a_clock_skew_shifts_the_signed_time),
        cmocka_unit_test(counts_decide_which_events_a_rule_acts_on),
        TEST(a_seeded_probability_selects_the_same_events_each_time),
        TEST(a_rule_can_match_the_data_of_an_event),
        TEST(an_event_is_counted_once_for_all_its_webhooks),
        TEST(an_event_without_subscribers_is_not_counted),
        TEST(the_delivery_faults_of_several_rules_add_up),
        TEST(delivery_faults_apply_to_a_replay),
        TEST(a_snapshot_keeps_held_deliveries),
        TEST(an_invalid_event_rule_is_refused_at_its_place),
        TEST(a_webhook_simulation_adds_a_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
