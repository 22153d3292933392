/* Handlers of whoami, projects, keys and jobs. */
#include "mockserver/providers/layers/layers.h"

#include <string.h>

#include "base/timezone.h"
#include "mockserver/gates/gate.h"
#include "mockserver/state/record.h"

#define LIMIT_DEFAULT 25
#define LIMIT_MAX     200
#define METADATA_MAX  8192 /* bytes, as JSON */

uint32_t layers_project(struct call *c)
{
    uint32_t project = space_find(c->world, LAYERS, c->params[0]);
    if (project && call_owns(c, project))
        return project;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such project.");
    return ROW_NONE;
}

/* workspaceId equals organizationId, as in the documentation's sample. No organization has a parent. */
void layers_whoami(struct call *c)
{
    const struct key *k = key_read(c->world, c->key);
    const struct organization *o = organization_read(c->world, k->organization);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "organizationId", o->public_id);
    json_put_text(out, "workspaceId", o->public_id);
    json_put_text(out, "organizationName", o->name);
    json_put_null(out, "parentOrganizationId");
    put_texts(out, "scopes", k->scopes, k->scope_count);
    json_put_text(out, "rateLimitTier", rate_tier_of(&layers_limits, k)->name);
    json_put_text(out, "apiKeyId", k->public_id);
    json_put_int(out, "creditBalance", o->credits);
    json_close_map(out);
}

static void print_listed(struct call *c, const struct space *s)
{
    struct json *out = &c->out;
    json_put_text(out, "id", s->public_id);
    json_put_text(out, "name", s->name);
    json_put_text(out, "status", enum_word_of(&layers_project_statuses, s->archived));
    json_put_text(out, "customerExternalId", s->customer_id);
    json_put_text(out, "timezone", s->timezone);
    json_put_text(out, "primaryLanguage", s->language);
    json_put_text(out, "ownerEmail", s->owner_email);
    put_seconds(out, "createdAt", s->created_at_ms);
    put_seconds(out, "updatedAt", s->updated_at_ms);
}

static void print_project(struct call *c, uint32_t row)
{
    json_open_map(&c->out);
    print_listed(c, space_read(c->world, row));
    json_close_map(&c->out);
}

/* brandContext and ingestState are null: their members are not documented. */
static void respond_project(struct call *c, int status, uint32_t row)
{
    const struct space *s = space_read(c->world, row);
    struct json *out = call_json(c, status);
    json_open_map(out);
    print_listed(c, s);
    json_put_text(out, "organizationId", organization_read(c->world, s->organization)->public_id);
    json_key(out, "metadata");
    json_raw(out, s->metadata ? str_from(s->metadata) : STR("{}"));
    json_put_null(out, "brandContext");
    json_put_null(out, "ingestState");
    json_close_map(out);
}

void layers_read_project(struct call *c)
{
    uint32_t row = layers_project(c);
    if (row)
        respond_project(c, 200, row);
}

struct filter {
    int status; /* -1: any */
    struct str search, customer;
};

static bool has_nocase(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (str_starts_nocase(str_skip(text, i), part))
            return true;
    return false;
}

static bool matches_filter(const struct call *c, uint32_t row, const void *filter)
{
    const struct filter *f = filter;
    const struct space *s = space_read(c->world, row);
    return (f->status < 0 || f->status == (int)s->archived) &&
           (!f->customer.s || (s->customer_id && str_is(f->customer, s->customer_id))) &&
           has_nocase(str_from(s->name), f->search);
}

void layers_list_projects(struct call *c)
{
    struct filter f = {.search = call_query(c, "search"), .customer = call_query(c, "customerExternalId")};
    struct page page;
    layers_query_choice(c, "status", &layers_project_statuses, &f.status);
    page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page);
    if (c->fault)
        return;
    struct page_list list = {.index = &c->world->indexes[INDEX_SPACE_ORGANIZATION],
                             .key = caller_organization(c),
                             .last_order = INT64_MAX,
                             .matches = matches_filter,
                             .print = print_project,
                             .filter = &f};
    page_print(c, &page, &list);
}

struct project_body {
    const char *name, *timezone, *customer_id, *owner_email, *language;
    const struct node *metadata;
};

/* One version of the documentation allows 1 to 128 characters in a name, a later one 3 to 30. This accepts a name that
 * either allows. */
static const struct field project_rows[] = {
    FIELD("name", FIELD_TEXT, struct project_body, name, .required = true, .min = 1, .max = 128,
          .help = "Name of the project."),
    FIELD("timezone", FIELD_TEXT, struct project_body, timezone, .required = true,
          .help = "IANA time zone, for example Europe/Berlin."),
    FIELD("customerExternalId", FIELD_TEXT, struct project_body, customer_id, .min = 1, .max = 255,
          .help = "Id that the partner uses for its customer."),
    FIELD("ownerEmail", FIELD_TEXT, struct project_body, owner_email, .max = 254,
          .help = "E-mail address of the owner."),
    FIELD("primaryLanguage", FIELD_TEXT, struct project_body, language, .min = 2, .max = 35,
          .help = "Language tag. Default: en."),
    FIELD("metadata", FIELD_NODE, struct project_body, metadata,
          .help = "Object of arbitrary data, 8192 bytes at most."),
};
static const struct fields project_fields = FIELD_TABLE("body", project_rows, struct project_body, FIELDS_NO_PLACE);

static bool timezone_valid(struct call *c, const char *text)
{
    return timezone_exists(str_from(text)) ||
           call_issue(c, "timezone", "must be an IANA time zone, such as Europe/Berlin");
}

static bool email_valid(struct call *c, const char *text)
{
    struct str domain = str_from(text), name = str_cut(&domain, '@');
    return !text || (name.n && domain.n && str_find(domain, '@') == domain.n) ||
           call_issue(c, "ownerEmail", "must be an e-mail address");
}

static bool metadata_valid(struct call *c, const struct node *metadata, const char **text)
{
    if (!metadata)
        return true;
    if (metadata->kind != NODE_MAP)
        return call_issue(c, "metadata", "must be an object");
    *text = json_print(c->arena, metadata);
    return strlen(*text) <= METADATA_MAX || call_issue(c, "metadata", "must be at most %d bytes", METADATA_MAX);
}

void layers_create_project(struct call *c)
{
    struct project_body body = {.language = "en"};
    const char *metadata = NULL;
    if (!layers_body(c, &project_fields, &body))
        return;
    timezone_valid(c, body.timezone);
    email_valid(c, body.owner_email);
    metadata_valid(c, body.metadata, &metadata);
    if (c->fault)
        return;
    struct space spec = {
        .public_id = ids_mint(c->world, "prj_", ID_OPEN),
        .name = body.name,
        .timezone = body.timezone,
        .customer_id = body.customer_id,
        .owner_email = body.owner_email,
        .language = body.language,
        .metadata = metadata,
    };
    uint32_t organization = caller_organization(c);
    respond_project(c, 201, space_open(c->world, organization, &spec));
}

/* Returns lp_<env>_<key id>_<secret> without the secret, which may contain underscores. */
static const char *prefix_of(struct arena *a, const struct key *k)
{
    struct str rest = str_from(k->value);
    for (int part = 0; part < 3; part++)
        str_cut(&rest, '_');
    size_t n = (size_t)(rest.s - k->value);
    return rest.n ? arena_printf(a, "%.*s", (int)n - 1, k->value) : k->value;
}

static void print_killed(struct call *c, const struct key *k)
{
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_key(out, "apiKey");
    json_open_map(out);
    json_put_text(out, "id", k->public_id);
    json_put_text(out, "organizationId", organization_read(c->world, k->organization)->public_id);
    json_put_text(out, "name", k->name);
    json_put_text(out, "prefix", prefix_of(c->arena, k));
    json_put_bool(out, "killSwitch", true);
    json_put_bool(out, "isActive", false);
    put_seconds(out, "revokedAt", k->status_since_ms);
    json_close_map(out);
    json_put_bool(out, "killed", true);
    json_close_map(out);
}

/* Any key of the organization may kill any other, or itself. Only a simulation can undo it. */
void layers_kill_api_key(struct call *c)
{
    uint32_t row = key_of_id(c->world, LAYERS, c->params[0]);
    if (!row || key_read(c->world, row)->organization != caller_organization(c)) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such API key.");
        return;
    }
    if (key_read(c->world, row)->status != KEY_KILLED)
        key_set_status(c->world, row, KEY_KILLED);
    print_killed(c, key_read(c->world, row));
}

/* No implemented endpoint starts a job, so every job id is unknown. */
static void refuse_job(struct call *c)
{
    call_refuse(c, FAULT_NOT_FOUND, "There is no such job.");
}

void layers_read_job(struct call *c)
{
    refuse_job(c);
}

void layers_cancel_job(struct call *c)
{
    refuse_job(c);
}
