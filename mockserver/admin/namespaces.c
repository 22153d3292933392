/* Namespaces and snapshots, and the reloading of the fixtures from which namespaces start. */
#include "mockserver/admin/common.h"

#include "base/http/message.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/admin/page.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/reload.h"

#define IDLE_MAX_MS (3660 * DAY_MS)

struct create_body {
    const char *name, *from;
    const struct node *fixture;
    struct overrides overrides;
    struct field_list credentials;
    int64_t idle_ms;
};

static const struct field clock_rows[] = {
    FIELD("start", FIELD_TIME, struct overrides, clock_start,
          .help = "Start of the clock: a time not before the fixture's start, or a duration after it (+1h)."),
    FIELD("mode", FIELD_ENUM, struct overrides, clock_mode, .texts = clock_mode_texts, .text_count = CLOCK_MODE_COUNT,
          .help = "Whether the clock runs or is frozen."),
};

static const struct fields clock_fields = FIELD_TABLE("clock", clock_rows, struct overrides, FIELDS_NO_PLACE);

static const struct field create_rows[] = {
    FIELD("name", FIELD_TEXT, struct create_body, name, .required = true,
          .help = "Name of the namespace: 1 to 64 characters of A-Z a-z 0-9 . _ -, not starting with a dot."),
    FIELD("fixture", FIELD_NODE, struct create_body, fixture, .shape = "{type: [string, object]}",
          .help =
              "Name of a loaded fixture, or a fixture as an object; its include names loaded fixtures. Default: the "
              "first loaded fixture."),
    FIELD("from", FIELD_TEXT, struct create_body, from,
          .help =
              "Instead of fixture: name of the namespace or snapshot to copy. The copy of a namespace has its rules, "
              "with their counters at zero; if only time has passed in that namespace, the copy begins like it."),
    FIELD("seed", FIELD_INT, struct create_body, overrides.seed, .max = INT64_MAX,
          .help = "Seed of generated ids and of random choices. Default: the fixture's seed."),
    FIELD("hostile", FIELD_BOOL, struct create_body, overrides.hostile,
          .help = "true: responses are hostile (legal but unkind), also if the fixture does not say so."),
    FIELD("clock", FIELD_MAP, struct create_body, overrides, .sub = &clock_fields,
          .help = "Start and mode of the clock, instead of the fixture's."),
    FIELD("credentials", FIELD_TEXTS, struct create_body, credentials,
          .help = "API keys whose calls belong to this namespace, also without its name in the path or header."),
    FIELD("idle", FIELD_DURATION, struct create_body, idle_ms,
          .help = "Delete the namespace after this idle time. Default: 0s, never."),
};

const struct fields admin_create_fields = FIELD_TABLE("namespace", create_rows, struct create_body, FIELDS_NO_PLACE);

static void put_duration(struct json *w, const char *key, int64_t us)
{
    char text[TIME_TEXT_MAX];
    json_put_text(w, key, duration_text((us > 0 ? us : 0) / 1000, text));
}

static void put_idle(struct json *w, const struct namespace *ns)
{
    int64_t idle_us = ns->waiting ? 0 : time_monotonic_us() - ns->last_us;
    put_duration(w, "idle_for", idle_us);
    if (ns->idle_us)
        put_duration(w, "expires_in", ns->idle_us - idle_us);
    else
        json_put_null(w, "expires_in");
}

static void put_namespace(struct json *w, const struct namespace *ns)
{
    json_open_map(w);
    json_put_text(w, "name", ns->name);
    json_put_text(w, "fixture", ns->fixture->name);
    json_put_int(w, "generation", (int64_t)ns->generation);
    json_key_map(w, "clock");
    admin_put_clock(w, ns->world);
    json_close_map(w);
    json_put_int(w, "requests", (int64_t)journal_last(ns->journal));
    json_put_int(w, "rules", (int64_t)rules_count(ns->rules));
    json_put_bool(w, "in_use", namespace_in_use(ns));
    json_put_bool(w, "outdated", ns->newer);
    put_idle(w, ns);
    json_put_bool(w, "hostile", ns->world->hostile);
    json_close_map(w);
}

static struct namespace *find_named(struct call *c)
{
    struct namespace *ns = namespaces_find(c->mock->namespaces, c->params[0]);
    if (!ns)
        admin_unknown(c, "namespace");
    return ns;
}

void admin_namespaces(struct call *c)
{
    const struct namespace *ns;
    struct admin_page page;
    bool more = false;
    if (!admin_page_read(c, 0, &page))
        return;
    struct json *w = admin_page_begin(c);
    for (size_t i = 0; !more && (ns = namespaces_at(c->mock->namespaces, i)); i++) {
        if (ns->born <= page.last)
            continue;
        more = !admin_page_looks(&page, w, ns->born);
        if (!more)
            put_namespace(w, ns);
        page.items += !more;
    }
    admin_page_end(c, &page, more, (int64_t)namespaces_count(c->mock->namespaces));
}

void admin_namespace(struct call *c)
{
    const struct namespace *ns = find_named(c);
    if (ns)
        put_namespace(call_json(c, 200), ns);
}

/* What a new namespace starts from. Both are released after the namespace has been created. */
struct origin {
    struct fixture *fixture;   /* NULL: the first loaded fixture */
    struct world *world;       /* NULL: the call was refused */
    const struct rules *rules; /* NULL: those of the fixture */
};

static struct fixture *fixture_named(struct call *c, struct str name)
{
    const char **names = arena_array(c->arena, const char *, c->mock->fixture_count);
    for (size_t i = 0; i < c->mock->fixture_count; i++) {
        names[i] = c->mock->fixtures[i]->name;
        if (str_is(name, names[i]))
            return c->mock->fixtures[i];
    }
    call_issue(c, "/fixture", "unknown fixture '" STR_FMT "'%s", STR_ARG(name),
               admin_hint(c, name, names, c->mock->fixture_count));
    return NULL;
}

static struct fixture *fixture_inline(struct call *c, const struct create_body *body, const struct node *root)
{
    struct error err = {0};
    const struct fixture_set loaded = {c->mock->fixtures, c->mock->fixture_count};
    struct fixture *fixture = fixture_of_namespace(body->fixture, body->name, &loaded, &err);
    if (!fixture)
        admin_issues(c, root, &err);
    return fixture;
}

static void start_from_fixture(struct call *c, const struct create_body *body, const struct node *root,
                               struct origin *o)
{
    if (!body->fixture)
        o->fixture = fixture_hold(c->mock->fixtures[0]);
    else if (body->fixture->kind == NODE_TEXT)
        o->fixture = fixture_hold(fixture_named(c, body->fixture->text));
    else
        o->fixture = fixture_inline(c, body, root);
    if (o->fixture)
        o->world = initial_state_of(o->fixture->world);
}

static void start_from_copy(struct call *c, const char *from, struct origin *o)
{
    const struct namespace *ns = namespaces_find(c->mock->namespaces, str_from(from));
    struct world *snapshot = snapshots_find(c->mock->namespaces, str_from(from));
    if (!ns == !snapshot) {
        call_issue(c, "/from",
                   ns ? "both a namespace and a snapshot are named '%s'" : "unknown namespace or snapshot '%s'", from);
        return;
    }
    o->fixture = ns ? fixture_hold(ns->fixture) : NULL;
    o->rules = ns ? ns->rules : NULL;
    if (ns && namespace_is_fresh(ns)) {
        o->world = initial_state_of(ns->start); /* the copy begins like it */
        return;
    }
    o->world = world_fork(ns ? ns->world : snapshot);
    clock_set_mode(&o->world->clock, o->world->clock.mode); /* the copied clock continues from now */
}

static bool apply_options(struct call *c, const struct create_body *body, struct world *w)
{
    const char *why = initial_state_grant(w, &body->overrides);
    return !why || call_issue(c, "/clock/start", "%s", why);
}

static bool check_credentials(struct call *c, const struct field_list *list)
{
    const char *const *texts = list->items;
    bool ok = true;
    for (size_t i = 0; i < list->count; i++)
        if (!*texts[i])
            ok = call_issue(c, arena_printf(c->arena, "/credentials/%zu", i),
                            "'credentials' item %zu is empty; expected an API key", i + 1);
    return ok;
}

static bool check_name(struct call *c, const char *name)
{
    return namespaces_name_valid(str_from(name)) ||
           call_issue(c, "/name", "invalid namespace name; expected 1 to %d of A-Z a-z 0-9 . _ - and no leading dot",
                      NAMESPACE_NAME_MAX);
}

static bool check_idle(struct call *c, int64_t idle_ms)
{
    return (idle_ms >= 0 && idle_ms <= IDLE_MAX_MS) ||
           call_issue(c, "/idle", "'idle' is %s; expected 0s to 3660d", admin_duration_text(c, idle_ms));
}

static struct namespace *create(struct call *c, const struct create_body *body, struct origin *o)
{
    struct error err = {0};
    struct str name = str_from(body->name);
    if (namespaces_find(c->mock->namespaces, name)) {
        call_refuse(c, FAULT_CONFLICT, "the namespace '%s' already exists", body->name);
        return NULL;
    }
    if (namespaces_full(c->mock->namespaces)) {
        call_refuse(c, FAULT_CONFLICT, "namespace limit reached: %zu; delete one or raise --namespaces",
                    namespaces_most(c->mock->namespaces));
        return NULL;
    }
    struct namespace *ns = namespaces_create(c->mock->namespaces, name, o->fixture, o->world, o->rules, &err);
    if (!ns)
        call_issue(c, "/name", "%s", err.first->text);
    error_end(&err);
    return ns;
}

void admin_namespace_create(struct call *c)
{
    struct create_body body = {.overrides = OVERRIDES_NONE};
    struct origin origin = {0};
    struct namespace *ns = NULL;
    if (!admin_body(c, &admin_create_fields, &body))
        return;
    check_name(c, body.name);
    check_credentials(c, &body.credentials);
    check_idle(c, body.idle_ms);
    if (body.fixture && body.from)
        call_issue(c, "/from", "'fixture' and 'from' exclude each other");
    else if (body.from)
        start_from_copy(c, body.from, &origin);
    else
        start_from_fixture(c, &body, call_body(c), &origin);
    if (origin.world)
        world_set_name(origin.world, str_from(body.name)); /* the options may advance the clock, and events mint ids */
    if (origin.world && apply_options(c, &body, origin.world) && !c->fault)
        ns = create(c, &body, &origin);
    world_free(origin.world);
    fixture_free(origin.fixture);
    if (!ns)
        return;
    ns->is_copy = body.from;
    ns->overrides = body.overrides;
    mock_idle_limit(c->mock, ns, body.idle_ms);
    for (size_t i = 0; i < body.credentials.count; i++)
        namespaces_bind(c->mock->namespaces, str_from(((const char *const *)body.credentials.items)[i]), ns);
    put_namespace(call_json(c, 201), ns);
}

void admin_namespace_delete(struct call *c)
{
    struct namespace *ns = find_named(c);
    if (!ns)
        return;
    if (namespaces_delete(c->mock->namespaces, c->params[0]))
        admin_removed(c, c->params[0]);
    else
        call_refuse(c, FAULT_CONFLICT, "the namespace 'default' cannot be deleted; reset it instead");
}

static void reset(struct call *c, struct namespace *ns)
{
    namespace_reset(ns);
    put_namespace(call_json(c, 200), ns);
}

void admin_namespace_reset(struct call *c)
{
    struct namespace *ns = find_named(c);
    if (ns)
        reset(c, ns);
}

void admin_reset(struct call *c)
{
    reset(c, c->ns);
}

/* snapshots */

struct save_body {
    const char *name;
};

static const struct field save_rows[] = {
    FIELD("name", FIELD_TEXT, struct save_body, name, .required = true,
          .help = "Name of the snapshot: 1 to 64 characters of A-Z a-z 0-9 . _ -, not starting "
                  "with a dot. A snapshot of that name is replaced."),
};

const struct fields admin_save_fields = FIELD_TABLE("snapshot", save_rows, struct save_body, FIELDS_NO_PLACE);

void admin_snapshots(struct call *c)
{
    struct snapshot_info s = {0};
    struct admin_page page;
    bool more = false;
    if (!admin_page_read(c, 0, &page))
        return;
    struct json *w = admin_page_begin(c);
    while (!more && snapshots_next(c->mock->namespaces, &s)) {
        if (s.number <= page.last)
            continue;
        more = !admin_page_looks(&page, w, s.number);
        if (more)
            break;
        json_open_map(w);
        json_put_text(w, "name", s.name);
        admin_put_clock(w, s.world);
        json_close_map(w);
        page.items++;
    }
    admin_page_end(c, &page, more, (int64_t)s.count);
}

void admin_snapshot_save(struct call *c)
{
    struct save_body body = {0};
    if (!admin_body(c, &admin_save_fields, &body))
        return;
    if (!snapshots_save(c->mock->namespaces, body.name, c->ns)) {
        call_issue(c, "/name", "invalid name '%s'; expected 1 to %d of A-Z a-z 0-9 . _ -, not starting with a dot",
                   body.name, NAMESPACE_NAME_MAX);
        return;
    }
    struct json *w = admin_object(c, 201);
    json_put_text(w, "name", body.name);
    json_close_map(w);
}

void admin_snapshot_drop(struct call *c)
{
    if (snapshots_drop(c->mock->namespaces, c->params[0]))
        admin_removed(c, c->params[0]);
    else
        admin_unknown(c, "snapshot");
}

void admin_snapshot_restore(struct call *c)
{
    struct world *snapshot = snapshots_find(c->mock->namespaces, c->params[0]);
    if (!snapshot) {
        admin_unknown(c, "snapshot");
        return;
    }
    namespace_restore(c->ns, snapshot);
    struct json *w = admin_object(c, 200);
    json_put_str(w, "restored", c->params[0]);
    json_put_int(w, "generation", (int64_t)c->ns->generation);
    admin_put_clock(w, c->ns->world);
    json_close_map(w);
}

/* reload */

struct reload_body {
    bool reset;
};

static const struct field reload_rows[] = {
    FIELD("reset", FIELD_BOOL, struct reload_body, reset,
          .help = "true: also reset the namespaces that are in use, even if their fixture did not "
                  "change. Default: false; they keep their state until their next reset."),
};

const struct fields admin_reload_fields = FIELD_TABLE("reload", reload_rows, struct reload_body, FIELDS_NO_PLACE);

static void put_fixtures(struct json *w, const struct reload_result *result)
{
    json_key_list(w, "fixtures");
    for (size_t i = 0; i < result->fixture_count; i++) {
        const struct include_files *files = &result->fixtures[i].files;
        json_open_map(w);
        json_put_text(w, "fixture", result->fixtures[i].name);
        json_put_bool(w, "changed", result->fixtures[i].changed);
        json_key_list(w, "files");
        for (size_t j = 0; j < files->count; j++)
            json_text(w, files->items[j].path);
        json_close_list(w);
        json_close_map(w);
    }
    json_close_list(w);
}

static void put_reloaded(struct json *w, const struct reload_result *result)
{
    json_key_map(w, "namespaces");
    for (size_t outcome = 0; outcome < RELOAD_OUTCOME_COUNT; outcome++) {
        json_key_list(w, reload_outcome_texts[outcome]);
        for (size_t i = 0; i < result->namespaces[outcome].count; i++)
            json_text(w, result->namespaces[outcome].items[i]);
        json_close_list(w);
    }
    json_close_map(w);
}

static void put_place(struct json *w, const struct where *at)
{
    json_put_text(w, "file", at->file);
    json_put_int(w, "line", at->line);
    json_put_int(w, "column", at->column);
}

/* Adds the place of the first error, which is the problem itself, and `errors`: the others, if there are any. */
static void put_problems(struct json *w, const struct error *problems)
{
    put_place(w, &problems->first->at);
    if (!problems->first->next)
        return;
    json_key_list(w, "errors");
    for (const struct problem *p = problems->first->next; p; p = p->next) {
        json_open_map(w);
        put_place(w, &p->at);
        json_put_text(w, "detail", p->text);
        json_close_map(w);
    }
    json_close_list(w);
}

static void respond_reloaded(struct call *c)
{
    const struct reload_result *result = c->own;
    struct json *w;
    if (error_any(&result->problems)) {
        w = problem_json(c, 422, "unusable_fixtures", result->problems.first->text);
        put_problems(w, &result->problems);
    } else {
        w = admin_object(c, 200);
        put_fixtures(w, result);
        put_reloaded(w, result);
    }
    json_close_map(w);
}

void admin_reload(struct call *c)
{
    struct reload_body body = {0};
    if (!c->mock->reload)
        call_refuse(c, FAULT_CONFLICT, "the fixture is the built-in sample; there is no file to reload");
    else if (body_is_empty(c->req) || admin_body(c, &admin_reload_fields, &body))
        reload_ask(c->mock->reload, c, body.reset, respond_reloaded);
}
