/* The mock and operations.yaml agree: the same operations with the same scopes; and what the mock reads and shows is
 * documented. documented/unseen.txt lists the documented names that the mock neither reads nor shows, and
 * documented/strange.txt the names that it reads or shows although no document that we know has them. Both lists are
 * exact: UNDERSTUDY_UPDATE=1 writes them anew, for a review of the difference.
 *
 * documented/<provider>.calls has the calls. Before each successful one whose path names what it touches, keys of other
 * owners send the same call, and are refused. The linker replaces the functions through which handlers read (--wrap).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/file.h"
#include "base/json.h"
#include "mockserver/provider_api/route.h"
#include "mockserver/providers/shared/handler.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/documented.h"
#include "mockserver/tests/mock_test.h"

#define LEAST_REFUSED 40 /* calls of other owners */

static struct documented seen;
static size_t refused_calls, served_calls; /* of other owners */

/* --- what handlers read ------------------------------------------------------------------- */

// NOLINTBEGIN(bugprone-reserved-identifier): --wrap requires these names
struct str __real_call_query(struct call *c, const char *name);
struct str __wrap_call_query(struct call *c, const char *name);
void __real_call_query_list(struct call *c, const char *name);
void __wrap_call_query_list(struct call *c, const char *name);
const struct node *__real_call_body(struct call *c);
const struct node *__wrap_call_body(struct call *c);
bool __real_read_fields(struct call *c, const struct fields *table, const struct node *body,
                        enum path_notation notation, void *into);
bool __wrap_read_fields(struct call *c, const struct fields *table, const struct node *body,
                        enum path_notation notation, void *into);
const struct node *__real_node_get(const struct node *map, const char *key);
const struct node *__wrap_node_get(const struct node *map, const char *key);
const char *__real_node_get_text(const struct node *map, const char *key);
const char *__wrap_node_get_text(const struct node *map, const char *key);
// NOLINTEND(bugprone-reserved-identifier)

static bool is_providers(const struct call *c)
{
    return c->provider && c->route && c->provider->role == PROVIDER_DOCUMENTED && c->route->operation;
}

static const char *group_of(const struct call *c, const char *what)
{
    return documented_group(&seen, c->provider, c->route->operation, what);
}

struct str __wrap_call_query(struct call *c, const char *name)
{
    if (is_providers(c))
        documented_see(&seen, group_of(c, "query"), name);
    return __real_call_query(c, name);
}

void __wrap_call_query_list(struct call *c, const char *name)
{
    if (is_providers(c))
        documented_see(&seen, group_of(c, "query"), name);
    __real_call_query_list(c, name);
}

static void see_table(const char *group, const char *above, const struct fields *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->rows[i];
        const char *pointer = arena_printf(&seen.arena, "%s%s", above, f->key);
        documented_see(&seen, group, pointer);
        if (f->type == FIELD_NODE)
            documented_see_below(&seen, group, pointer);
        if (f->type == FIELD_TEXTS)
            documented_see(&seen, group, arena_printf(&seen.arena, "%s/*", pointer));
        if (f->type == FIELD_MAP)
            see_table(group, arena_printf(&seen.arena, "%s/", pointer), f->sub);
        if (f->type == FIELD_LIST)
            see_table(group, arena_printf(&seen.arena, "%s/*/", pointer), f->sub);
    }
}

/* Where the members of the table are: a bulk call reads each item of a list with a table of its own. */
static const char *above_of(const struct call *c, const struct fields *table)
{
    static const struct {
        const char *operation, *first; /* of the item's table */
        const char *above;             /* NULL: the mock itself has made what is read */
    } items[] = {
        {"bulk_create_posts",   "content", "posts/*/"},
        {"bulk_schedule_posts", "date",    "posts/*/"},
        {"bulk_schedule_posts", "content", NULL      },
    };
    for (size_t i = 0; i < COUNT(items); i++)
        if (strcmp(c->route->operation, items[i].operation) == 0 && strcmp(table->rows[0].key, items[i].first) == 0)
            return items[i].above;
    return "";
}

bool __wrap_read_fields(struct call *c, const struct fields *table, const struct node *body,
                        enum path_notation notation, void *into)
{
    const char *above = is_providers(c) ? above_of(c, table) : NULL;
    if (above)
        see_table(group_of(c, "request"), above, table);
    return __real_read_fields(c, table, body, notation, into);
}

/* PostNitro reads the members of its body one by one. */
static struct {
    const struct node *body;
    const char *group;
} by_hand;

const struct node *__wrap_call_body(struct call *c)
{
    const struct node *body = __real_call_body(c);
    if (is_providers(c) && strcmp(c->provider->name, "postnitro") == 0) {
        by_hand.body = body;
        by_hand.group = group_of(c, "request");
    }
    return body;
}

static void see_key(const struct node *map, const char *key)
{
    if (!by_hand.body || !map)
        return;
    const struct node *value = __real_node_get(map, key);
    if (map == by_hand.body)
        documented_see(&seen, by_hand.group, key);
    if (map == by_hand.body && value && value->kind == NODE_LIST)
        documented_see(&seen, by_hand.group, arena_printf(&seen.arena, "%s/*", key));
    for (size_t i = 0; i < by_hand.body->map.count; i++)
        if (by_hand.body->map.members[i].value == map)
            documented_see(&seen, by_hand.group,
                           arena_printf(&seen.arena, "%s/%s", by_hand.body->map.members[i].key, key));
}

const struct node *__wrap_node_get(const struct node *map, const char *key)
{
    see_key(map, key);
    return __real_node_get(map, key);
}

const char *__wrap_node_get_text(const struct node *map, const char *key)
{
    see_key(map, key);
    return __real_node_get_text(map, key);
}

/* --- what responses and deliveries show --------------------------------------------------- */

/* Headers of HTTP itself, and those of the mock. */
static bool is_documentable(struct str name)
{
    static const char *const of_http[] = {"Content-Type", "Content-Length", "Date", "Connection",      "Allow", "Vary",
                                          "ETag",         "User-Agent",     "Host", "WWW-Authenticate"};
    for (size_t i = 0; i < COUNT(of_http); i++)
        if (str_eq_nocase(name, str_from(of_http[i])))
            return false;
    return !str_starts_nocase(name, STR("X-Mock-")) && !str_starts_nocase(name, STR("Access-Control-"));
}

static void see_header(const struct provider *p, const char *what, struct str name)
{
    if (is_documentable(name))
        documented_see(&seen, documented_group(&seen, p, NULL, what), str_dup(&seen.arena, name));
}

static void see_response(const struct provider *p, struct mock_response a)
{
    if (a.call->provider != p || !a.call->route)
        return;
    for (size_t i = 0; i < a.headers.count; i++)
        see_header(p, "headers", str_from(a.headers.items[i].name));
    documented_see_body(
        &seen, a.status < 400 ? group_of(a.call, "response") : documented_group(&seen, p, NULL, "errors"), a.body);
}

static int see_delivery(void *ctx, const struct deliver_request *r)
{
    static const int statuses[] = {200, 200, 204, 500, 404, 0, 200, 429};
    size_t *count = ctx;
    struct error err = {0};
    const struct node *body = json_parse(&seen.arena, r->body, "delivery", &err);
    bool is_layers = headers_get(&r->headers, "X-Layers-Signature").n > 0;
    const struct provider *p = providers[is_layers ? 0 : 1];
    const char *type = node_get_text(body, is_layers ? "type" : "event");
    for (size_t i = 0; i < r->headers.count; i++)
        see_header(p, "event_headers", str_from(r->headers.items[i].name));
    documented_see(&seen, documented_group(&seen, p, NULL, "events"), type);
    documented_see_body(&seen, documented_group(&seen, p, NULL, "event_members"), body);
    error_end(&err);
    return statuses[(*count)++ % COUNT(statuses)];
}

/* --- the calls ---------------------------------------------------------------------------- */

static const char *text_of_file(const char *path)
{
    struct buf text = {.arena = &seen.arena};
    char block[4096];
    FILE *file = fopen(path, "r");
    for (size_t n; file && (n = fread(block, 1, sizeof block, file)) > 0;)
        buf_add(&text, str_of(block, n));
    if (file)
        (void)fclose(file);
    return buf_c(&text);
}

struct reading { /* of a file of calls */
    const struct provider *provider;
    const char *path;
    int line;
    struct mock *mock;
    const char *header;
    const char *foreign, *second; /* keys of another organization, and of the same one; NULL: none */
    struct mock_response last;
    struct {
        const char *name, *value;
    } saved[16];
    size_t saved_count;
};

/* Replaces $name by what was saved last under that name. */
static const char *resolve(const struct reading *r, struct str text)
{
    struct buf out = {.arena = &seen.arena};
    while (text.n) {
        size_t best = r->saved_count;
        for (size_t i = 0; i < r->saved_count && text.s[0] == '$'; i++)
            if (str_starts(str_skip(text, 1), str_from(r->saved[i].name)))
                best = i;
        if (best < r->saved_count)
            buf_text(&out, r->saved[best].value);
        else
            buf_byte(&out, text.s[0]);
        text = str_skip(text, best < r->saved_count ? 1 + strlen(r->saved[best].name) : 1);
    }
    return buf_c(&out);
}

/* save $name = /pointer */
static void save(struct reading *r, struct str line)
{
    struct str name = str_cut(&line, ' ');
    const char *value = at(r->last, str_dup(&seen.arena, str_skip(line, 2)));
    if (!value || r->saved_count == COUNT(r->saved))
        fail_msg("%s:%d: nothing to save", r->path, r->line);
    r->saved[r->saved_count].name = str_dup(&seen.arena, str_skip(name, 1));
    r->saved[r->saved_count++].value = value;
}

static const struct node *operation_named(const struct provider *p, const char *name)
{
    size_t i = 0;
    while (providers[i] != p)
        i++;
    const struct node *list = node_get(seen.files[i], "operations");
    for (i = 0; i < node_count(list); i++)
        if (strcmp(node_get_text(node_at(list, i), "operation"), name) == 0)
            return node_at(list, i);
    return NULL;
}

/* The owner of what the call touches; NULL: no owner, or the path does not name what it is. */
static const char *owner_of(const struct provider *p, struct str method, struct str path)
{
    const struct route *found = NULL;
    struct str params[ROUTE_PARAMS_MAX];
    path = str_head(path, str_find(path, '?'));
    (void)route_find(p->routes, p->route_count, method, path, &found, params, &seen.arena, NULL);
    const struct node *op = found && strchr(found->pattern, '{') ? operation_named(p, found->operation) : NULL;
    const char *owner = op && node_count(node_get(op, "keys")) ? node_get_text(op, "owner") : "none";
    return strcmp(owner, "none") == 0 ? NULL : owner;
}

static void is_refused(struct reading *r, const char *target, const char *body, const char *key)
{
    struct mock_response a = mock_call(r->mock, target, body, key);
    by_hand.body = NULL;
    if (a.status == 403 || a.status == 404) {
        refused_calls++;
        return;
    }
    served_calls++;
    print_error("%s:%d: %s: status %d with '%s', the key of another owner\n", r->path, r->line, target, a.status, key);
}

/* A key of another owner is refused: one of another organization, or, for what belongs to a key, any other key. */
static void others_are_refused(struct reading *r, const char *target, const char *body)
{
    struct str path = str_from(target), method = str_cut(&path, ' ');
    const char *owner = owner_of(r->provider, method, str_skip(path, strlen(r->provider->mount)));
    if (owner)
        is_refused(r, target, body, r->foreign);
    if (owner && strcmp(owner, "key") == 0)
        is_refused(r, target, body, r->second);
}

/* METHOD PATH [BODY] => STATUS */
static void call(struct reading *r, struct str line)
{
    size_t n = line.n;
    while (n && line.s[n - 1] != '>')
        n--;
    int64_t status = 0;
    assert_true(str_to_int(str_trim(str_skip(line, n)), &status));
    line = str_trim(str_head(line, n - 2));
    struct str method = str_cut(&line, ' '), path = str_cut(&line, ' ');
    const char *base = str_starts(path, STR("/__admin")) ? "" : r->provider->mount,
               *more = *base ? r->provider->base : "";
    const char *target = arena_printf(&seen.arena, STR_FMT " %s%s%s", STR_ARG(method), base, more, resolve(r, path));
    const char *body = line.n ? resolve(r, line) : NULL;
    if (status < 400 && *base)
        others_are_refused(r, target, body);
    r->last = mock_call(r->mock, target, body, r->header);
    by_hand.body = NULL;
    if (r->last.status != status)
        fail_msg("%s:%d: %s: status %d: %.300s", r->path, r->line, target, r->last.status,
                 str_dup(&seen.arena, r->last.text));
    see_response(r->provider, r->last);
}

static void run_calls(const struct provider *p)
{
    size_t deliveries = 0;
    struct reading r = {.provider = p, .path = arena_printf(&seen.arena, TEST_DIR "/documented/%s.calls", p->name)};
    struct str rest = str_from(text_of_file(r.path));
    assert_true(rest.n);
    r.mock = mock_test_file(arena_printf(&seen.arena, SOURCE_DIR "/fixtures/%s-acme.yaml", p->name));
    deliver_use_network(r.mock->deliver, see_delivery, &deliveries);
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        r.line++;
        if (str_starts(line, STR("header ")))
            r.header = str_dup(&seen.arena, str_skip(line, 7));
        else if (str_starts(line, STR("foreign ")))
            r.foreign = str_dup(&seen.arena, str_skip(line, 8));
        else if (str_starts(line, STR("second ")))
            r.second = str_dup(&seen.arena, str_skip(line, 7));
        else if (str_starts(line, STR("save ")))
            save(&r, str_skip(line, 5));
        else if (line.n && line.s[0] != '#')
            call(&r, line);
    }
    mock_free(r.mock);
}

/* --- the tests ---------------------------------------------------------------------------- */

static bool has_line(const char *lines, struct str line)
{
    struct str rest = str_from(lines);
    while (rest.n)
        if (str_eq(str_cut(&rest, '\n'), line))
            return true;
    return false;
}

static size_t print_missing(const char *lines, const char *from, const char *what)
{
    size_t count = 0;
    struct str rest = str_from(lines);
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        if (str_starts(line, STR("#")) || has_line(from, line))
            continue;
        print_error(STR_FMT ": %s\n", STR_ARG(line), what);
        count++;
    }
    return count;
}

struct expected_list {
    const char *name, *about; /* about: its first line */
    const char *more, *less;  /* what a name means that is missing, or that should not be there */
};

static const struct expected_list unseen = {
    "unseen", "# Documented names that the mock neither reads nor shows. See documented_test.c.\n",
    "is documented, but the mock does not have it",
    "is in unseen.txt, but the mock has it, or operations.yaml does not"};
static const struct expected_list strange = {
    "strange",
    "# Names that the mock reads or shows although no document that we know has them. See documented_test.c.\n",
    "the mock has it, but operations.yaml does not",
    "is in strange.txt, but the mock does not have it, or operations.yaml has it"};

static size_t compare_list(const struct expected_list *list, const char *found)
{
    const char *path = arena_printf(&seen.arena, TEST_DIR "/documented/%s.txt", list->name);
    struct error err = {0};
    if (getenv("UNDERSTUDY_UPDATE"))
        assert_true(file_write(path, str_from(arena_printf(&seen.arena, "%s%s", list->about, found)), &err));
    const char *expected = text_of_file(path);
    return print_missing(found, expected, list->more) + print_missing(expected, found, list->less);
}

static void what_the_mock_reads_and_shows_is_documented(void **state)
{
    (void)state;
    size_t wrong = compare_list(&unseen, documented_unseen(&seen)) + compare_list(&strange, documented_strange(&seen));
    assert_int_equal(wrong, 0);
}

static void a_key_of_another_owner_is_refused(void **state)
{
    (void)state;
    assert_int_equal(served_calls, 0);
    assert_in_range(refused_calls, LEAST_REFUSED, 1000);
}

static const struct route *route_of(const struct provider *p, const char *operation)
{
    for (size_t i = 0; i < p->route_count; i++)
        if (strcmp(p->routes[i].operation, operation) == 0)
            return &p->routes[i];
    return NULL;
}

/* {} for each parameter */
static const char *shape_of(const char *path)
{
    struct buf out = {.arena = &seen.arena};
    for (const char *c = path; *c; c++) {
        buf_byte(&out, *c);
        if (*c == '{')
            c += strcspn(c, "}") - 1;
    }
    return buf_c(&out);
}

static size_t complain(const struct provider *p, const char *operation, const char *what)
{
    print_error("%s.%s: %s\n", p->name, operation, what);
    return 1;
}

static size_t check_operation(const struct provider *p, const struct node *op)
{
    const char *name = node_get_text(op, "operation"), *source = node_get_text(op, "source");
    const struct node *scopes = node_get(op, "scopes");
    const struct route *r = route_of(p, name);
    if (!r)
        return complain(p, name, "the mock does not list this operation");
    struct str path = str_from(node_get_text(op, "call")), method = str_cut(&path, ' ');
    bool same_call =
        str_is(method, r->method) &&
        strcmp(arena_printf(&seen.arena, "%s%s", p->base, shape_of(str_dup(&seen.arena, path))), r->pattern) == 0;
    bool same_scope =
        node_count(scopes) == (r->scope ? 1 : 0) && (!r->scope || strcmp(node_text(node_at(scopes, 0)), r->scope) == 0);
    bool same_key = !node_count(node_get(op, "keys")) == !!(r->flags & ROUTE_OPEN);
    size_t wrong = 0;
    if (!same_call)
        wrong += complain(p, name, "the mock has another method or path");
    if (strcmp(source, r->source) != 0)
        wrong += complain(p, name, "the mock names another source");
    if (!same_scope)
        wrong += complain(p, name, "the mock requires another scope");
    if (!same_key)
        wrong += complain(p, name, "only one of the two requires a key");
    return wrong;
}

static bool lists_operation(const struct node *operations, const char *name)
{
    for (size_t i = 0; i < node_count(operations); i++)
        if (strcmp(node_get_text(node_at(operations, i), "operation"), name) == 0)
            return true;
    return false;
}

static void the_mock_has_the_documented_operations(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t p = 0; p < provider_count; p++) {
        const struct provider *d = providers[p];
        const struct node *operations = node_get(seen.files[p], "operations");
        for (size_t i = 0; i < node_count(operations); i++)
            wrong += check_operation(d, node_at(operations, i));
        for (size_t i = 0; i < d->route_count; i++)
            if (!lists_operation(operations, d->routes[i].operation))
                wrong += complain(d, d->routes[i].operation, "operations.yaml does not list this operation");
    }
    assert_int_equal(wrong, 0);
}

static int setup(void **state)
{
    (void)state;
    documented_begin(&seen);
    for (size_t i = 0; i < provider_count; i++)
        run_calls(providers[i]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    documented_end(&seen);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mock_has_the_documented_operations),
        cmocka_unit_test(what_the_mock_reads_and_shows_is_documented),
        cmocka_unit_test(a_key_of_another_owner_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
