/* Damages every member of scenarios, flows, claims, disputes, operations and targets in the ways of mutate_plays. Each
 * document must load, or be rejected with a place. If the test crashes, the document is in
 * /tmp/damaged.*. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json.h"
#include "base/log.h"
#include "base/tests/mutate.h"
#include "base/yaml.h"
#include "conformance/run/target.h"
#include "conformance/scenario/catalogue.h"
#include "conformance/scenario/scenario.h"

#define ITEMS  6
#define SOURCE SOURCE_DIR "/scenarios/layers"

static size_t wrong;
static char folder[] = "/tmp/damaged.XXXXXX";

/* The file to damage, and the path in the folder to load after that. */
struct document {
    const char *file, *read_as;
    void (*read)(struct arena *a, const char *path, struct error *err);
};

static void read_suite(struct arena *a, const char *path, struct error *err)
{
    struct suite suite = {0};
    suite_load(a, &path, 1, &suite, err);
}

static void read_catalogue(struct arena *a, const char *path, struct error *err)
{
    (void)path;
    catalogue_load(a, folder, err);
}

static void read_target(struct arena *a, const char *path, struct error *err)
{
    target_load(a, path, err);
}

static void write_damaged(struct arena *a, const char *path, const struct node *damaged)
{
    struct buf text = {.arena = a};
    struct json w = json_begin(&text, 1);
    json_node(&w, damaged);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(buf_c(&text), file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void try_one(const struct document *d, const char *path, const struct node *root, size_t place,
                    enum mutation how)
{
    struct arena a = {0};
    struct error err = {0};
    const char *what = "";
    const struct node *damaged = mutate_plays(place, how) ? mutate(&a, root, place, how, &what) : NULL;
    if (damaged) {
        write_damaged(&a, path, damaged);
        d->read(&a, arena_printf(&a, "%s/%s", folder, d->read_as), &err);
    }
    for (const struct problem *p = err.first; p; p = p->next)
        if (!p->at.file || !p->at.line) {
            print_error("%s, %s: an error without a place: %s\n", d->file, what, p->text);
            wrong++;
        }
    error_end(&err);
    arena_end(&a);
}

static void damage(const struct document *d)
{
    struct arena a = {0};
    struct error err = {0};
    const char *path = arena_printf(&a, "%s/%s", folder, d->file);
    const struct node *root = yaml_load(&a, path, &err);
    assert_non_null(root);
    for (size_t place = 0; place < mutate_places(root); place++)
        for (enum mutation how = 0; how < MUTATION_COUNT; how++)
            try_one(d, path, root, place, how);
    write_damaged(&a, path, root);
    arena_end(&a);
}

/* Keeps the first ITEMS items of a list; the others have the same shape. */
static void shorten(const char *file)
{
    struct arena a = {0};
    struct error err = {0};
    const char *path = arena_printf(&a, "%s/%s", folder, file);
    const struct node *list = yaml_load(&a, path, &err);
    assert_in_range(node_count(list), ITEMS + 1, 10000);
    write_damaged(&a, path, node_new_list(&a, list->list.items, ITEMS));
    arena_end(&a);
}

/* Keeps two operations, of which one has a request body. */
static void shorten_operations(void)
{
    struct arena a = {0};
    struct error err = {0};
    const char *path = arena_printf(&a, "%s/operations.yaml", folder);
    const struct node *root = yaml_load(&a, path, &err), *list = node_get(root, "operations");
    assert_in_range(node_count(list), 7, 10000);
    const struct node *kept[] = {node_at(list, 0), node_at(list, 6)};
    const struct node *shorter = node_with(&a, root, "operations", node_new_list(&a, kept, COUNT(kept)));
    write_damaged(&a, path, node_with(&a, shorter, "secrets", node_new_list(&a, NULL, 0)));
    arena_end(&a);
}

static void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

static void a_damaged_document_loads_or_is_rejected_with_a_place(void **state)
{
    static const struct document documents[] = {
        {"targets/mock.yaml",                    "targets/mock.yaml",                    read_target   },
        {"targets/live.example.yaml",            "targets/live.example.yaml",            read_target   },
        {"claims.yaml",                          "",                                     read_catalogue},
        {"disputes.yaml",                        "",                                     read_catalogue},
        {"operations.yaml",                      "",                                     read_catalogue},
        {"revocation/cancels-queued-posts.yaml", "revocation/cancels-queued-posts.yaml", read_suite    },
        {"reauth/dead-token.yaml",               "reauth/dead-token.yaml",               read_suite    },
        {"webhooks/revoked.yaml",                "webhooks/revoked.yaml",                read_suite    },
        {"limits/read-limit.yaml",               "limits/read-limit.yaml",               read_suite    },
        {"flows/schedule.yaml",                  "revocation/cancels-queued-posts.yaml", read_suite    },
        {"flows/webhook.yaml",                   "webhooks/revoked.yaml",                read_suite    },
    };
    struct arena a = {0};
    (void)state;
    log_set_level(LOG_ERROR); /* each unset variable logs a warning */
    assert_non_null(mkdtemp(folder));
    run(arena_printf(&a, "cp -r " SOURCE "/. %s", folder));
    shorten("claims.yaml");
    shorten("disputes.yaml");
    shorten_operations();
    for (size_t i = 0; i < COUNT(documents); i++)
        damage(&documents[i]);
    run(arena_printf(&a, "rm -r %s", folder));
    arena_end(&a);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_document_loads_or_is_rejected_with_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
