/* Damages every rule and every admin API request body of the reference's examples in the ways of mutate_plays. The
 * mock must accept the result, or reject it with a JSON pointer. A rejected rule must not be added;
 * an accepted one is applied to the example's calls. */
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/damaged.h"
#include "mockserver/tests/mock_test.h"

#include <string.h>

#include "base/json.h"
#include "base/yaml.h"
#include "mockserver/cli/reference.h"

#define CALLS_A_RUN 200 /* then a new mock, because responses use memory until theirs ends */

struct trial {
    const struct example *example;
    const struct example_call *call; /* the call whose body is damaged; NULL: the rule */
    struct mock *mock;
    size_t calls;
};

/* The example's key or, if it has none, the sample's first key of the provider of the path. */
static const char *key_line(struct arena *a, const struct example_call *c)
{
    const char *key = c->key;
    if (!key && strstr(c->call, "/api/v1"))
        key = "pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4";
    else if (!key && strstr(c->call, "/v1"))
        key = "lp_live_01HX9Y6K7EJ4T2_full";
    else if (!key)
        key = "pn-abcdefghijklmnopqrstuvwx";
    bool bearer = strncmp(key, "pn-", 3) != 0;
    return arena_printf(a, "%s%s", bearer ? "Authorization: Bearer " : "embed-api-key: ", key);
}

static struct mock_response call_with(struct mock *m, const struct example_call *c, const struct node *body)
{
    return mock_call(m, c->call, body ? json_print(&m->arena, body) : NULL, key_line(&m->arena, c));
}

/* Makes the calls before the one whose body is damaged, or all of them. */
static void make_calls(struct trial *t)
{
    const struct example_call *calls = t->example->calls.items;
    for (size_t i = 0; i < t->example->calls.count && &calls[i] != t->call; i++)
        call_with(t->mock, &calls[i], calls[i].body);
}

static const struct node *rule_of(struct arena *a, const struct example *e)
{
    return e->rule ? yaml_parse(a, str_from(e->rule), e->of, NULL) : NULL;
}

/* Creates a mock, makes the calls before the damaged one and saves a snapshot. */
static void restart(struct trial *t)
{
    struct arena a = {0};
    mock_free(t->mock);
    t->mock = mock_test_new(t->example->fixture);
    const struct node *rule = t->call ? rule_of(&a, t->example) : NULL;
    if (rule)
        mock_call(t->mock, "POST /__admin/rules", json_print(&a, rule));
    if (t->call)
        make_calls(t);
    assert_int_equal(mock_call(t->mock, "POST /__admin/snapshots", "{\"name\":\"s\"}").status, 201);
    arena_end(&a);
}

static void prepare(struct trial *t)
{
    if (t->calls++ % CALLS_A_RUN == 0)
        restart(t);
    else
        mock_call(t->mock, "POST /__admin/snapshots/s/restore", NULL);
}

static void check_response(const struct damage *d, struct mock_response a)
{
    bool ok = a.status && a.status < 500;
    if (a.status == 422)
        ok = node_get_text(a.body, "pointer");
    if (!ok)
        damaged_complain("%s: %d " STR_FMT, d->name, a.status, STR_ARG(a.text));
}

static const char *rules_now(struct mock *m)
{
    return at(mock_call(m, "GET /__admin/rules", NULL), "/items");
}

static void post_rule(const struct damage *d, void *ctx)
{
    struct trial *t = ctx;
    prepare(t);
    const char *before = rules_now(t->mock);
    struct mock_response a = mock_call(t->mock, "POST /__admin/rules", json_print(d->arena, d->root));
    check_response(d, a);
    if (a.status == 201) {
        make_calls(t);
        mock_call(t->mock, arena_printf(d->arena, "DELETE /__admin/rules/%s", at(a, "/rule")), NULL);
        return;
    }
    if (strcmp(before, rules_now(t->mock)) != 0)
        damaged_complain("%s: was rejected, but the rules have changed", d->name);
}

static void send_body(const struct damage *d, void *ctx)
{
    struct trial *t = ctx;
    prepare(t);
    check_response(d, call_with(t->mock, t->call, d->root));
}

static void each_example(void (*try)(struct trial *t, struct folder *folder))
{
    struct arena a = {0};
    struct folder folder;
    struct field_list examples = examples_read(&a);
    folder_begin(&folder);
    for (size_t i = 0; i < examples.count; i++) {
        struct trial t = {.example = (const struct example *)examples.items + i};
        try(&t, &folder);
        mock_free(t.mock);
    }
    folder_end(&folder);
    arena_end(&a);
    assert_int_equal(damaged_wrong, 0);
}

static void try_rule(struct trial *t, struct folder *folder)
{
    struct arena a = {0};
    const struct node *rule = rule_of(&a, t->example);
    if (rule)
        damaged_each_of(rule, t->example->of, folder, post_rule, t);
    arena_end(&a);
}

static void try_bodies(struct trial *t, struct folder *folder)
{
    const struct example_call *calls = t->example->calls.items;
    for (size_t i = 0; i < t->example->calls.count; i++) {
        if (!calls[i].body || !strstr(calls[i].call, "/__admin/"))
            continue;
        t->call = &calls[i];
        t->calls = 0;
        damaged_each_of(calls[i].body, calls[i].call, folder, send_body, t);
    }
}

static void a_damaged_rule_is_added_or_rejected(void **state)
{
    (void)state;
    each_example(try_rule);
}

static void a_damaged_admin_api_body_is_accepted_or_rejected(void **state)
{
    (void)state;
    each_example(try_bodies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_rule_is_added_or_rejected),
        cmocka_unit_test(a_damaged_admin_api_body_is_accepted_or_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
