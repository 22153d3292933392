#include "conformance/run/preflight.h"

#include <string.h>

#include "base/host.h"
#include "base/url.h"
#include "conformance/run/step.h"
#include "conformance/scenario/references.h"
#include "conformance/scenario/usage.h"

/* --- which names are used ----------------------------------------------------------------- */

struct names {
    const char **items;
    size_t count, room;
};

struct used {
    const struct runner *runner;
    struct names actors, resources;
};

static void add_name(struct arena *a, struct names *names, const char *name)
{
    if (!has_text(names->items, names->count, name))
        *arena_push(a, names, const char *) = name;
}

static void add_actor(void *ctx, const char *name, struct where at)
{
    (void)at;
    struct used *u = ctx;
    const struct actor *actor = target_actor(u->runner->target, name);
    if (actor)
        add_name(u->runner->arena, &u->actors, actor->name);
}

static void add_resource(void *ctx, struct str name, struct where at)
{
    (void)at;
    struct used *u = ctx;
    struct str rest = name;
    add_name(u->runner->arena, &u->resources, str_dup(u->runner->arena, str_cut(&rest, '.')));
}

static bool add_reference(void *ctx, struct str reference, struct where at)
{
    struct str name = reference, family = str_cut(&name, '.');
    if (str_is(family, "target"))
        add_resource(ctx, name, at);
    return true;
}

/* Adds what the check of a resource needs: an actor, and other resources. */
static void add_needs(struct used *u, const struct target_name *n)
{
    if (n->as)
        add_actor(u, n->as, n->at);
    if (n->same_host)
        add_resource(u, str_from(n->same_host), n->at);
    if (n->path)
        references_visit_text(n->path, n->at, add_reference, u);
    if (n->has)
        references_visit(n->has, add_reference, u);
}

static struct used used_by_plan(const struct runner *r, const struct node *simulations)
{
    struct used u = {.runner = r};
    const struct usage usage = {.actor = add_actor, .resource = add_resource, .ctx = &u};
    const char *variable;
    for (size_t i = 0; i < r->plan->count; i++)
        if (!skip_reason_for(r, &r->plan->items[i], simulations, &variable))
            usage_of_scenario(r->plan->items[i].scenario, &usage);
    return u;
}

/* --- items -------------------------------------------------------------------------------- */

/* Returns the name in the first schema that lists it. A target is of one provider. */
static const struct target_name *find_name(const struct runner *r, const char *name, bool is_actor,
                                           const struct target_schema **schema)
{
    const struct suite *suite = r->plan->suite;
    for (size_t i = 0; suite && i < suite->catalogue_count; i++) {
        const struct target_schema *s = suite->catalogues[i]->targets;
        const struct target_name *n =
            s ? target_name_find(is_actor ? &s->actors : &s->resources, str_from(name)) : NULL;
        *schema = s;
        if (n)
            return n;
    }
    return NULL;
}

const struct target_name *preflight_actor(const struct runner *r, const char *name)
{
    const struct target_schema *schema;
    return find_name(r, name, true, &schema);
}

struct exchange_record *preflight_request(const struct runner *r, const struct vars *v, const struct namespace *ns,
                                          const struct target_name *n, const struct actor *as,
                                          struct request_problem *problem)
{
    const struct step step = {.kind = STEP_CALL, .method = "GET", .path = n->path, .as = as->name, .case_count = 1};
    return resolve_request(v, r->target, ns, &step, problem);
}

static void add_item(const struct runner *r, struct items *to, const char *name, bool is_actor)
{
    const struct target_schema *schema = NULL;
    const struct target_name *n = find_name(r, name, is_actor, &schema);
    const struct node *value = is_actor ? NULL : node_get(r->target->resources, name);
    if (!n || (!is_actor && !value))
        return;
    struct item *item = arena_push(r->arena, to, struct item);
    *item = (struct item){.schema = schema, .name = n, .is_actor = is_actor, .value = value};
    item->actor = target_actor(r->target, is_actor ? name : n->as);
    item->vars = (struct vars){.arena = r->arena, .outer = &r->vars};
    if (value)
        vars_set(&item->vars, "value", value);
}

struct items preflight_items(const struct runner *r, const struct node *simulations)
{
    struct items out = {0};
    struct used u = used_by_plan(r, simulations);
    const struct target_schema *schema;
    for (size_t i = 0; i < u.resources.count; i++) { /* the list grows */
        const struct target_name *n = find_name(r, u.resources.items[i], false, &schema);
        if (n)
            add_needs(&u, n);
    }
    for (size_t i = 0; i < u.actors.count; i++)
        add_item(r, &out, u.actors.items[i], true);
    for (size_t i = 0; i < u.resources.count; i++)
        add_item(r, &out, u.resources.items[i], false);
    return out;
}

struct item *preflight_find_actor(const struct items *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].is_actor && strcmp(all->items[i].name->name, name) == 0)
            return &all->items[i];
    return NULL;
}

/* --- references to other resources -------------------------------------------------------- */

struct search {
    const struct items *all;
    const struct item *wrong;
    bool any;
};

static bool find_wrong(void *ctx, struct str reference, struct where at)
{
    (void)at;
    struct search *s = ctx;
    struct str name = reference, family = str_cut(&name, '.');
    if (!str_is(family, "target"))
        return true;
    s->any = true;
    for (size_t i = 0; s->all && i < s->all->count; i++) {
        const struct item *item = &s->all->items[i];
        if (!item->is_actor && str_is(name, item->name->name) && item->outcome == PREFLIGHT_WRONG)
            s->wrong = item;
    }
    return !s->wrong;
}

static struct search search_references(const struct items *all, const struct item *item)
{
    struct search s = {.all = all};
    if (item->name->path)
        references_visit_text(item->name->path, item->name->at, find_wrong, &s);
    if (item->name->has && !s.wrong)
        references_visit(item->name->has, find_wrong, &s);
    return s;
}

const struct item *preflight_wrong_reference(const struct items *all, const struct item *item)
{
    return search_references(all, item).wrong;
}

bool preflight_has_reference(const struct item *item)
{
    return search_references(NULL, item).any;
}

/* --- values ------------------------------------------------------------------------------- */

static void decide(struct item *item, enum preflight_outcome outcome, const char *detail)
{
    item->outcome = outcome;
    item->detail = detail;
}

/* Without TLS a URL is accepted on this machine only. */
static void check_url(const struct runner *r, struct item *item)
{
    const char *name = item->name->name, *text = node_text(item->value), *why = "it is not text";
    struct url url = {0};
    if (!text || !url_parse(r->arena, text, &url, &why)) {
        decide(item, PREFLIGHT_WRONG, arena_printf(r->arena, "resource '%s' is not an https URL: %s", name, why));
        return;
    }
    const char *host_name = item->name->same_host;
    const char *host = host_name ? node_text(node_get(r->target->resources, host_name)) : NULL;
    if (strcmp(url.scheme, "https") != 0 && !host_is_loopback(str_from(url.host)))
        decide(item, PREFLIGHT_WRONG, arena_printf(r->arena, "resource '%s' is not an https URL: '%s'", name, text));
    else if (host && !str_eq_nocase(str_from(host), str_from(url.host)))
        decide(item, PREFLIGHT_WRONG,
               arena_printf(r->arena, "the host of resource '%s' is '%s', but resource '%s' is '%s'", name, url.host,
                            host_name, host));
}

/* On a mock each scenario has its own namespace, where nothing is used up. */
static void check_consumed(const struct runner *r, const struct items *all, struct item *item)
{
    const char *value = scalar_text(r->arena, item->value);
    for (size_t i = 0; value && !r->target->admin_url && i < all->count; i++) {
        const struct item *other = &all->items[i];
        const char *same = other != item && !other->is_actor ? scalar_text(r->arena, other->value) : NULL;
        if (!same || strcmp(value, same) != 0)
            continue;
        decide(item, PREFLIGHT_WRONG,
               arena_printf(r->arena,
                            "resource '%s' (%s) is also resource '%s', but a scenario uses it up; give each its own, "
                            "or remove one from the target file",
                            item->name->name, value, other->name->name));
        return;
    }
}

void preflight_check_values(const struct runner *r, struct items *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct item *item = &all->items[i];
        if (!item->is_actor && (item->name->https || item->name->same_host))
            check_url(r, item);
        if (!item->is_actor && item->name->consumed)
            check_consumed(r, all, item);
        if (item->outcome == PREFLIGHT_WRONG)
            continue;
        if (!item->name->path)
            decide(item, PREFLIGHT_UNCHECKED, item->name->unchecked);
        else if (!item->actor)
            decide(item, PREFLIGHT_UNCHECKED,
                   arena_printf(r->arena, "the target has no actor '%s', which would check it", item->name->as));
        else if (item->is_actor && !item->actor->credential)
            decide(item, PREFLIGHT_UNCHECKED, "the actor has no key");
    }
}
