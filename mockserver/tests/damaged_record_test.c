/* Damages every field of one record of every kind in the ways of mutate_plays and sends it as a patch, with and
 * without skip_invariants. The mock must reject it, or accept it and stay usable. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/damaged.h"
#include "mockserver/tests/mock_test.h"

#include "base/json.h"
#include "base/yaml.h"
#include "mockserver/state/record.h"

#define CALLS_A_RUN 40 /* then a new mock, because responses use memory until theirs ends */

struct trial {
    const char *fixture, *key; /* a header line */
    struct mock *mock;
    const char *path;  /* of the record: accounts/~1 */
    const char *token; /* of a Layers OAuth attempt; NULL: none */
    size_t calls;
};

/* Starts an OAuth attempt, a kind of record that the fixtures do not contain. */
static void start_attempt(struct trial *t)
{
    struct mock_response a =
        mock_call(t->mock, "POST /layers/v1/projects/prj_acme_a/social/oauth-url",
                  "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/back\"}", t->key);
    t->token = a.status == 200 ? arena_text(&t->mock->arena, at(a, "/state")) : NULL;
}

static void use_attempt(const struct trial *t, const struct damage *d)
{
    /* clang-format off */
    const struct {
        const char *line, *body;
    } calls[] = {
        {arena_printf(d->arena, "GET /layers/v1/social/oauth-status/%s", t->token), NULL},
        {arena_printf(d->arena, "GET /__consent/layers/%s", t->token),              NULL},
        {"POST /__admin/simulate/consent",
         arena_printf(d->arena, "{\"state\":\"%s\",\"outcome\":\"approve\"}", t->token)},
        {arena_printf(d->arena, "GET /layers/v1/social/oauth-status/%s", t->token), NULL},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct mock_response a = mock_call(t->mock, calls[i].line, calls[i].body, t->key);
        if (a.status >= 500)
            damaged_complain("%s: %s: %d", d->name, calls[i].line, a.status);
    }
}

static void use(const struct trial *t, const struct damage *d)
{
    if (t->token && strncmp(t->path, "oauth_attempts/", 15) == 0)
        use_attempt(t, d);
    static const char *const calls[][2] = {
        {"GET /__admin/state?format=fixture", NULL              },
        {"GET /__admin/state",                NULL              },
        {"GET /layers/v1/projects",           NULL              },
        {"GET /posteverywhere/api/v1/posts",  NULL              },
        {"GET /postnitro/schedule",           NULL              },
        {"POST /__admin/clock/advance",       "{\"by\":\"40d\"}"},
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct mock_response a = mock_call(t->mock, calls[i][0], calls[i][1], t->key);
        if (a.status >= 500 && a.status != 503) /* 503: the key is disabled */
            damaged_complain("%s: %s: %d " STR_FMT, d->name, calls[i][0], a.status, STR_ARG(a.text));
    }
}

static void patch(const struct damage *d, void *ctx)
{
    struct trial *t = ctx;
    for (int skip_invariants = 0; skip_invariants < 2; skip_invariants++) {
        if (t->calls++ % CALLS_A_RUN == 0) {
            mock_free(t->mock);
            t->mock = mock_test_file(t->fixture);
            start_attempt(t);
            mock_call(t->mock, "POST /__admin/snapshots", "{\"name\":\"s\"}");
        } else {
            mock_call(t->mock, "POST /__admin/snapshots/s/restore", NULL);
        }
        struct mock_response a = mock_call(
            t->mock,
            arena_printf(d->arena, "PATCH /__admin/state/%s%s", t->path, skip_invariants ? "?skip_invariants=1" : ""),
            json_print(d->arena, d->root));
        if (a.status == 200)
            use(t, d);
        else if (a.status != 409 && (a.status != 422 || !at(a, "/pointer")))
            damaged_complain("%s: %d " STR_FMT, d->name, a.status, STR_ARG(a.text));
    }
}

/* Every word of a field with a fixed set of words. */
static void patch_words(struct trial *t, const struct record_type *type, const char *name, struct folder *folder)
{
    struct arena a = {0};
    for (size_t f = 0; f < type->field_count; f++)
        for (size_t i = 0; strcmp(type->fields[f].name, name) == 0 && i < type->fields[f].text_count; i++) {
            const char *word = type->fields[f].texts[i];
            const struct node *body = node_with(&a, NULL, name, node_new_text(&a, str_from(word)));
            patch(&(struct damage){&a, body, arena_printf(&a, "%s/%s: %s", t->path, name, word), folder}, t);
        }
    arena_end(&a);
}

/* Extreme values for fields that are times. */
static const char *const instants[] = {"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"};

static void patch_field(struct trial *t, const struct member *field, struct folder *folder)
{
    struct arena a = {0};
    const struct node *body = node_with(&a, NULL, field->key, field->value);
    damaged_each_of(body, t->path, folder, patch, t);
    for (size_t i = 0; i < COUNT(instants); i++) {
        const struct node *instant = node_new_text(&a, str_from(instants[i]));
        body = node_with(&a, NULL, field->key, instant);
        patch(&(struct damage){&a, body, arena_printf(&a, "%s/%s: %s", t->path, field->key, instants[i]), folder}, t);
    }
    arena_end(&a);
}

static void patch_first_of_each_kind(struct trial *t, struct folder *folder)
{
    struct arena a = {0};
    struct mock *m = t->mock = mock_test_file(t->fixture);
    start_attempt(t);
    t->mock = NULL;
    const struct node *state = mock_call(m, "GET /__admin/state", NULL).body;
    for (size_t i = 0; i < node_count(state); i++) {
        const struct member *kind = node_member(state, i);
        const struct node *record = node_at(kind->value, 0);
        t->path = arena_printf(&a, "%s/~1", kind->key);
        const struct record_type *type = record_type_named(str_from(kind->key));
        for (size_t k = 0; k < node_count(record); k++) {
            patch_field(t, node_member(record, k), folder);
            if (type)
                patch_words(t, type, node_member(record, k)->key, folder);
        }
    }
    mock_free(m);
    arena_end(&a);
}

static void a_namespace_stays_usable_after_a_damaged_patch(void **state)
{
    static const char *const fixtures[][2] = {
        {"layers",         "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"             },
        {"posteverywhere", "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a"},
        {"postnitro",      "embed-api-key: pn-acme00000000000000000001"                    },
    };
    struct folder folder;
    (void)state;
    folder_begin(&folder);
    for (size_t i = 0; i < COUNT(fixtures); i++) {
        struct trial t = {
            .fixture = arena_printf(&folder.arena, SOURCE_DIR "/fixtures/%s-acme.yaml", fixtures[i][0]),
            .key = fixtures[i][1],
        };
        patch_first_of_each_kind(&t, &folder);
        mock_free(t.mock);
    }
    folder_end(&folder);
    assert_int_equal(damaged_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_namespace_stays_usable_after_a_damaged_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
