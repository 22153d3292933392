/* Scheduling the rows of a table: local dates and times in one time zone, platforms or account ids joined by +, and
 * file names of the media library. Each row becomes the body of a create and is checked like it; a row that is refused
 * does not stop the others. With dryRun, nothing is created. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/local_time.h"
#include "base/time.h"

#define ROWS_MAX 100

struct schedule_body {
    const struct node *posts, *mapping;
    const char *timezone;
    bool dry_run;
};

#define OF struct schedule_body
static const struct field body_rows[] = {
    FIELD("posts", FIELD_NODE, OF, posts, .required = true, .help = "Rows of the table."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .required = true, .help = "IANA time zone of all rows."),
    FIELD("dryRun", FIELD_BOOL, OF, dry_run, .help = "Check only."),
    FIELD("accountMapping", FIELD_NODE, OF, mapping, .help = "Account id by platform."),
};
static const struct fields body_fields = FIELD_TABLE("body", body_rows, OF, FIELDS_NO_PLACE);
#undef OF

struct table_row {
    const char *date, *time, *content, *platforms, *media;
};

#define OF struct table_row
static const struct field row_rows[] = {
    FIELD("date", FIELD_TEXT, OF, date, .required = true, .help = "Local date: 2026-04-01."),
    FIELD("time", FIELD_TEXT, OF, time, .required = true, .help = "Local time: 09:00."),
    FIELD("content", FIELD_TEXT, OF, content, .required = true, .help = "Text of the post."),
    FIELD("platforms", FIELD_TEXT, OF, platforms, .required = true, .help = "Platforms or account ids, joined by +."),
    FIELD("media", FIELD_TEXT, OF, media, .help = "File name in the media library."),
};
static const struct fields row_fields = FIELD_TABLE("post", row_rows, OF, FIELDS_NO_PLACE);
#undef OF

struct result {
    bool valid;
    uint32_t post;     /* ROW_NONE: refused, or a dry run */
    const char *error; /* NULL: valid */
    struct pe_rows accounts;
};

/* The organization's first account on the platform, unless the mapping names another. */
static uint32_t account_on(struct call *c, const struct schedule_body *body, enum platform platform)
{
    const struct node *id = node_get(body->mapping, enum_word_of(&pe_platforms, platform));
    if (id)
        return id->kind == NODE_INT ? caller_account(c, str_from(arena_printf(c->arena, "%" PRId64, id->integer)))
                                    : ROW_NONE;
    uint32_t first = ROW_NONE, space = pe_space(c);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_ACCOUNT_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space))
        if (account_read(c->world, walk.entry.row)->platform == platform)
            first = walk.entry.row; /* the index has the newest first */
    return first;
}

static bool read_accounts(struct call *c, const struct schedule_body *body, const char *platforms, struct pe_rows *out)
{
    struct str rest = str_from(platforms);
    *out = (struct pe_rows){arena_array(c->arena, uint32_t, rest.n + 1), 0};
    while (rest.n) {
        struct str name = str_trim(str_cut(&rest, '+'));
        int64_t id;
        const struct enum_word *word = enum_word_find(&pe_platform_filters, name);
        uint32_t row = word                    ? account_on(c, body, (enum platform)word->value)
                       : str_to_int(name, &id) ? caller_account(c, name)
                                               : ROW_NONE;
        if (!row)
            return pe_refuse(c, FAULT_INVALID, 400, "invalid_accounts",
                             "platforms: your organization has no account for '" STR_FMT "'.", STR_ARG(name));
        if (!pe_has_row(out, row))
            out->items[out->count++] = row;
    }
    return out->count || call_issue(c, "platforms", "must name at least one platform or account");
}

static const struct node *ids_of(struct call *c, const struct pe_rows *accounts)
{
    const struct node **ids = arena_array(c->arena, const struct node *, accounts->count);
    for (size_t i = 0; i < accounts->count; i++) {
        const char *id = account_read(c->world, accounts->items[i])->public_id;
        int64_t number = 0;
        bool older = pe_api_version(c) == PE_API_VERSION_OLDER || !str_to_int(str_from(id), &number);
        ids[i] = older ? node_new_text(c->arena, str_from(id)) : node_new_int(c->arena, number);
    }
    return node_new_list(c->arena, ids, accounts->count);
}

/* The newest file with that name. */
static const struct node *media_of(struct call *c, const char *name)
{
    uint32_t space = pe_space(c);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_MEDIA_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        const struct media *m = media_read(c->world, walk.entry.row);
        if (!str_is(str_from(name), m->name))
            continue;
        const struct node **id = arena_new(c->arena, const struct node *);
        *id = node_new_text(c->arena, str_from(m->public_id));
        return node_new_list(c->arena, id, 1);
    }
    call_issue(c, "media", "no file of the media library has this name");
    return NULL;
}

/* The row as the body of a create; NULL: the call is refused. */
static const struct node *body_of(struct call *c, const struct schedule_body *all, const struct node *sent,
                                  struct pe_rows *accounts)
{
    struct table_row row = {0};
    char *due = arena_alloc(c->arena, TIME_TEXT_MAX);
    int64_t due_ms;
    const struct node *media = NULL;
    if (sent->kind != NODE_MAP) {
        call_issue(c, "", "must be an object");
        return NULL;
    }
    if (!pe_members(c, &row_fields, sent, &row))
        return NULL;
    if (!local_time_to_utc(str_from(all->timezone), str_from(row.date), str_from(row.time), &due_ms)) {
        pe_refuse(c, FAULT_INVALID, 400, "invalid_datetime", "'%s %s' is not a date and a time: 2026-04-01 09:00.",
                  row.date, row.time);
        return NULL;
    }
    if (!read_accounts(c, all, row.platforms, accounts) || (row.media && !(media = media_of(c, row.media))))
        return NULL;
    const struct node *content = node_new_text(c->arena, str_from(row.content));
    const struct node *at = node_new_text(c->arena, str_from(time_millis(due_ms, due)));
    const struct node *timezone = node_new_text(c->arena, str_from(all->timezone));
    const struct member members[] = {
        {.key = "content",     .value = content },
        {.key = "account_ids", .value = ids_of(c, accounts)},
        {.key = "scheduled_for",                    .value = at               },
        {.key = "timezone",                    .value = timezone     },
        {.key = "media_ids",                    .value = media              },
    };
    struct member *kept = arena_array(c->arena, struct member, COUNT(members));
    memcpy(kept, members, sizeof members);
    return node_new_map(c->arena, kept, COUNT(members) - !media);
}

static struct result schedule(struct call *c, const struct schedule_body *all, const struct node *sent)
{
    struct result r = {0};
    const struct node *body = body_of(c, all, sent, &r.accounts);
    if (body && all->dry_run)
        r.valid = pe_create_valid(c, body);
    else if (body)
        r.valid = (r.post = pe_create_from(c, body));
    if (!r.valid) {
        const struct pe_refusal refusal = pe_take_refusal(c);
        r.error = pe_refusal_message(c, &refusal);
    }
    return r;
}

static void print_result(struct call *c, size_t index, const struct result *r)
{
    struct json *out = &c->out;
    json_open_map(out);
    json_put_int(out, "row", (int64_t)index);
    json_put_text(out, "status", r->valid ? "scheduled" : "failed");
    json_put_text(out, "postId", r->post ? post_read(c->world, r->post)->public_id : NULL);
    json_put_text(out, "error", r->error);
    json_close_map(out);
}

static void print_summary(struct call *c, const struct result *results, size_t count)
{
    struct json *out = &c->out;
    int64_t valid = 0, destinations = 0, on[PLATFORM_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        if (!results[i].valid)
            continue;
        valid++;
        for (size_t j = 0; j < results[i].accounts.count; j++) {
            on[account_read(c->world, results[i].accounts.items[j])->platform]++;
            destinations++;
        }
    }
    json_key_map(out, "summary");
    json_put_int(out, "totalRows", (int64_t)count);
    json_put_int(out, "validRows", valid);
    json_put_int(out, "errorRows", (int64_t)count - valid);
    json_put_int(out, "totalDestinations", destinations);
    json_key_map(out, "platformBreakdown");
    for (enum platform p = 0; p < PLATFORM_COUNT; p++)
        if (on[p])
            json_put_int(out, enum_word_of(&pe_platforms, p), on[p]);
    json_close_map(out);
    json_close_map(out);
}

static void put_empty(struct json *out, const char *key)
{
    json_key(out, key);
    json_open_list(out);
    json_close_list(out);
}

static void respond(struct call *c, const struct schedule_body *body, const struct result *results, size_t count)
{
    int64_t created = 0, failed = 0;
    for (size_t i = 0; i < count; i++) {
        created += results[i].post != ROW_NONE;
        failed += !results[i].valid;
    }
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_bool(out, "dryRun", body->dry_run);
    json_put_int(out, "scheduled", created);
    json_put_int(out, "failed", failed);
    json_key(out, "results");
    json_open_list(out);
    for (size_t i = 0; i < count; i++)
        print_result(c, i, &results[i]);
    json_close_list(out);
    put_empty(out, "batchErrors"); /* the mock has no limits of a plan */
    put_empty(out, "batchWarnings");
    print_summary(c, results, count);
    json_close_map(out);
    pe_end(c);
}

void pe_bulk_schedule_posts(struct call *c)
{
    struct schedule_body body = {0};
    if (!pe_body(c, &body_fields, &body) || !pe_read_timezone(c, body.timezone))
        return;
    if (body.mapping && body.mapping->kind != NODE_MAP)
        call_issue(c, "accountMapping", "must be an object with platforms as keys");
    if (body.posts->kind != NODE_LIST || !body.posts->list.count)
        call_issue(c, "posts", "must be an array of at least one post");
    if (c->fault)
        return;
    size_t count = body.posts->list.count;
    if (count > ROWS_MAX) {
        pe_refuse(c, FAULT_INVALID, 400, "bulk_limit_exceeded", "posts: at most %d posts are allowed.", ROWS_MAX);
        return;
    }
    struct result *results = arena_array(c->arena, struct result, count);
    for (size_t i = 0; i < count; i++)
        results[i] = schedule(c, &body, body.posts->list.items[i]);
    respond(c, &body, results, count);
}
