/* Damages every member of every shipped fixture in the ways of mutate_plays. POST /__admin/namespaces must create
 * a usable namespace, or reject the fixture with a JSON pointer and create nothing. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/damaged.h"
#include "mockserver/tests/mock_test.h"

#include "base/json.h"

#define CALLS_A_RUN 100 /* then a new mock, because responses use memory until theirs ends */

static const char host[] = "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                           "layers: { organizations: [ { name: Host } ] }\n";

struct admin {
    struct mock *mock;
    size_t calls;
};

/* Reads, exports and calls the namespace and advances its clock. */
static void use(struct mock *m, const struct damage *d)
{
    static const char *const calls[][2] = {
        {"GET /ns/x/__admin/state?format=fixture", NULL              },
        {"GET /ns/x/__admin/rules",                NULL              },
        {"GET /ns/x/layers/v1/whoami",             NULL              },
        {"POST /ns/x/__admin/clock/advance",       "{\"by\":\"40d\"}"},
        {"GET /ns/x/__admin/state",                NULL              },
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct mock_response a = mock_call(m, calls[i][0], calls[i][1]);
        if (a.status >= 500)
            damaged_complain("%s: %s: %d " STR_FMT, d->name, calls[i][0], a.status, STR_ARG(a.text));
    }
}

static void post_namespace(const struct damage *d, void *ctx)
{
    struct admin *admin = ctx;
    if (!admin->mock || ++admin->calls % CALLS_A_RUN == 0) {
        mock_free(admin->mock);
        admin->mock = mock_test_new(host);
    }
    struct mock *m = admin->mock;
    struct mock_response a =
        mock_call(m, "POST /__admin/namespaces",
                  arena_printf(d->arena, "{\"name\":\"x\",\"fixture\":%s}", json_print(d->arena, d->root)));
    bool created = namespaces_find(m->namespaces, STR("x"));
    if (created != (a.status == 201) || namespaces_count(m->namespaces) != 1 + (size_t)created)
        damaged_complain("%s: the status does not match the namespaces: %d " STR_FMT, d->name, a.status,
                         STR_ARG(a.text));
    if (created) {
        use(m, d);
        assert_int_equal(mock_call(m, "DELETE /__admin/namespaces/x", NULL).status, 200);
        return;
    }
    const struct node *errors = node_get(a.body, "errors");
    const char *pointer = node_get_text(a.body, "pointer");
    if (a.status != 422 || !pointer || !str_starts(str_from(pointer), STR("/fixture")))
        damaged_complain("%s: %d " STR_FMT, d->name, a.status, STR_ARG(a.text));
    for (size_t i = 0; i < node_count(errors); i++)
        if (!str_starts(str_from(node_get_text(node_at(errors, i), "pointer")), STR("/fixture")))
            damaged_complain("%s: message without a pointer: " STR_FMT, d->name, STR_ARG(a.text));
}

static void a_damaged_inline_fixture_creates_a_namespace_or_nothing(void **state)
{
    struct admin admin = {0};
    (void)state;
    damaged_fixtures(post_namespace, &admin);
    mock_free(admin.mock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_inline_fixture_creates_a_namespace_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
