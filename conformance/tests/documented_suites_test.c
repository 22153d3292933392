/* Runs the suites of the providers against the mock. Every member and header of a response is documented in
 * operations.yaml, or in the list of those that only the mock has (mockserver/tests/documented/strange.txt). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/json.h"
#include "conformance/scenario/operations.h"

#define LEAST_EXCHANGES 50 /* of a suite */

struct suite_run {
    struct arena arena;
    const char *provider, *base; /* base: of the paths below the namespace */
    const struct operations *operations;
    const char *strange; /* the text of strange.txt */
    size_t exchanges, wrong;
};

static const char *text_of_file(struct arena *a, const char *path)
{
    struct buf text = {.arena = a};
    char block[65536];
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    for (size_t n; file && (n = fread(block, 1, sizeof block, file)) > 0;)
        buf_add(&text, str_of(block, n));
    if (file)
        (void)fclose(file);
    return buf_c(&text);
}

/* Whether strange.txt has the name, or a member above it. */
static bool is_strange(const struct suite_run *r, const char *name)
{
    struct str rest = str_from(r->strange), text = str_from(name);
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        if (line.n && str_starts(text, line) && (text.n == line.n || text.s[line.n] == '/'))
            return true;
    }
    return false;
}

static void check_name(struct suite_run *r, bool documented, const char *name)
{
    if (documented || is_strange(r, name))
        return;
    print_error("%s: not in operations.yaml, and not in strange.txt\n", name);
    r->wrong++;
}

/* `group` is "layers whoami response", or "layers errors" */
static void check_members(struct suite_run *r, const struct text_list *members, const char *group, const char *above,
                          const struct node *n)
{
    for (size_t i = 0; i < node_count(n); i++) {
        const char *name = n->kind == NODE_MAP ? n->map.members[i].key : "*";
        const struct node *value = n->kind == NODE_MAP ? n->map.members[i].value : n->list.items[i];
        const char *pointer = arena_printf(&r->arena, "%s%s%s", above, *above ? "/" : "", name);
        check_name(r, members_have(members, pointer), arena_printf(&r->arena, "%s %s", group, pointer));
        check_members(r, members, group, pointer, value);
    }
}

/* Headers of HTTP itself, and of the mock. */
static bool is_plain_header(const char *name)
{
    static const char *const plain[] = {"Content-Type", "Content-Length", "Content-Encoding", "Date",
                                        "Allow",        "Vary",           "WWW-Authenticate"};
    for (size_t i = 0; i < COUNT(plain); i++)
        if (str_eq_nocase(str_from(name), str_from(plain[i])))
            return true;
    return str_starts_nocase(str_from(name), STR("X-Mock-"));
}

/* Returns the path below the base URL; .s is NULL for other calls, for example of the admin API. */
static struct str path_of(const struct suite_run *r, const char *url)
{
    const char *ns = strstr(url, "/ns/"), *mount = ns ? strchr(ns + 4, '/') : NULL;
    return mount && str_starts(str_from(mount), str_from(r->base)) ? str_skip(str_from(mount), strlen(r->base))
                                                                   : (struct str){0};
}

static void check_exchange(struct suite_run *r, const struct node *x)
{
    struct str path = path_of(r, node_get_text(x, "url"));
    const struct node *headers = node_get(x, "response_headers"), *status = node_get(x, "status");
    const char *text = node_get_text(node_get(x, "response_body"), "text");
    if (!path.s || status->kind != NODE_INT || !status->integer)
        return;
    r->exchanges++;
    for (size_t i = 0; i < node_count(headers); i++) {
        const char *name = node_get_text(node_at(headers, i), "name");
        check_name(r, is_plain_header(name) || operations_have_header(r->operations, name),
                   arena_printf(&r->arena, "%s headers %s", r->provider, name));
    }
    const struct operation *op = operations_find(r->operations, node_get_text(x, "method"), str_dup(&r->arena, path));
    struct error err = {0};
    const struct node *body = text && *text ? json_parse(&r->arena, str_from(text), "body", &err) : NULL;
    if (status->integer >= 400)
        check_members(r, &r->operations->errors, arena_printf(&r->arena, "%s errors", r->provider), "", body);
    else if (op)
        check_members(r, &op->response, arena_printf(&r->arena, "%s %s response", r->provider, op->name), "", body);
    else
        check_name(r, false, arena_printf(&r->arena, "%s %s", node_get_text(x, "method"), str_dup(&r->arena, path)));
    error_end(&err);
}

static const struct node *run_suite(struct suite_run *r)
{
    char report[] = "/tmp/documented.XXXXXX";
    struct error err = {0};
    int file = mkstemp(report);
    assert_true(file >= 0);
    (void)close(file);
    const char *command = arena_printf(&r->arena,
                                       CONFORMANCE " run " SOURCE_DIR "/scenarios/%s --mock --mock-binary " MOCKSERVER
                                                   " --quiet --report json=%s >/dev/null",
                                       r->provider, report);
    assert_int_equal(system(command), 0);
    const struct node *root = json_parse(&r->arena, str_from(text_of_file(&r->arena, report)), report, &err);
    (void)unlink(report);
    assert_string_equal(error_text(&r->arena, &err), "");
    return root;
}

static void check_suite(const char *provider, const char *base)
{
    struct suite_run r = {.provider = provider, .base = base};
    struct error err = {0};
    r.operations =
        operations_load(&r.arena, arena_printf(&r.arena, SOURCE_DIR "/scenarios/%s/operations.yaml", provider), &err);
    assert_string_equal(error_text(&r.arena, &err), "");
    r.strange = text_of_file(&r.arena, SOURCE_DIR "/mockserver/tests/documented/strange.txt");
    const struct node *scenarios = node_get(run_suite(&r), "scenarios");
    for (size_t i = 0; i < node_count(scenarios); i++) {
        const struct node *exchanges = node_get(node_at(scenarios, i), "exchanges");
        for (size_t k = 0; k < node_count(exchanges); k++)
            check_exchange(&r, node_at(exchanges, k));
    }
    assert_in_range(r.exchanges, LEAST_EXCHANGES, 100000);
    size_t wrong = r.wrong;
    arena_end(&r.arena);
    assert_int_equal(wrong, 0);
}

static void the_suite_of_layers_is_documented(void **state)
{
    (void)state;
    check_suite("layers", "/layers");
}

static void the_suite_of_posteverywhere_is_documented(void **state)
{
    (void)state;
    check_suite("posteverywhere", "/posteverywhere/api/v1");
}

static void the_suite_of_postnitro_is_documented(void **state)
{
    (void)state;
    check_suite("postnitro", "/postnitro");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_suite_of_layers_is_documented),
        cmocka_unit_test(the_suite_of_posteverywhere_is_documented),
        cmocka_unit_test(the_suite_of_postnitro_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
