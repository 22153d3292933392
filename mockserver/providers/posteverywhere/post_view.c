/* The JSON of a post, with its status and its result at each account. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "base/array.h"
#include "base/json.h"

void pe_destinations(const struct world *w, uint32_t post, struct index_walk *walk)
{
    index_from(&w->indexes[INDEX_DESTINATION_POST], walk, (struct index_entry){post, INT64_MIN, 0});
}

bool pe_destination_next(struct index_walk *walk, uint32_t post, uint32_t *row)
{
    if (!index_next_of(walk, post))
        return false;
    *row = walk->entry.row;
    return true;
}

/* The status that clients see. A destination is only ever canceled because its account was disconnected, so it counts
 * as failed. */
static enum pe_status status_of(const struct world *w, const struct destination *d)
{
    switch (d->state) {
    case DESTINATION_HELD:
        return PE_DRAFT;
    case DESTINATION_QUEUED:
        return d->due_at_ms > world_now(w) ? PE_SCHEDULED : PE_PUBLISHING;
    case DESTINATION_PUBLISHING:
        return PE_PUBLISHING;
    case DESTINATION_PUBLISHED:
    case DESTINATION_DRAFT:
        return PE_PUBLISHED;
    case DESTINATION_FAILED:
    case DESTINATION_CANCELED:
    case DESTINATION_STATE_COUNT:
        break;
    }
    return PE_FAILED;
}

enum pe_status pe_destination_status(const struct world *w, uint32_t destination)
{
    return status_of(w, destination_read(w, destination));
}

enum pe_status pe_status(const struct world *w, uint32_t post)
{
    uint32_t counts[PE_STATUS_COUNT] = {0}, all = 0, row;
    struct index_walk walk;
    if (post_read(w, post)->draft)
        return PE_DRAFT;
    pe_destinations(w, post, &walk);
    while (pe_destination_next(&walk, post, &row)) {
        counts[status_of(w, destination_read(w, row))]++;
        all++;
    }
    for (enum pe_status s = 0; s < PE_STATUS_COUNT; s++)
        if (all && counts[s] == all)
            return s;
    if (counts[PE_SCHEDULED] && counts[PE_SCHEDULED] + counts[PE_FAILED] == all)
        return PE_SCHEDULED; /* it is not due yet: the failed ones are those of a disconnected account */
    if (counts[PE_PUBLISHING] || counts[PE_SCHEDULED])
        return PE_PUBLISHING;
    return all ? PE_PARTIALLY_FAILED : PE_SCHEDULED;
}

/* For a flagged account or one without the permission too, the documented error is an expired token. */
const char *pe_failure_text(struct arena *a, const struct world *w, uint32_t destination)
{
    const struct destination *d = destination_read(w, destination);
    const char *platform = pe_rules_of(account_read(w, d->account)->platform)->name;
    if (d->state == DESTINATION_CANCELED)
        return "The account was disconnected before the post was due.";
    if (d->failure_code)
        return d->failure_code;
    switch (d->failure) {
    case FAILURE_NONE:
    case FAILURE_COUNT:
        break;
    case FAILURE_TOKEN_DEAD:
    case FAILURE_FLAGGED:
    case FAILURE_LIMITED:
        return arena_printf(a, "Token expired: reconnect this %s account, then retry.", platform);
    case FAILURE_ACCOUNT_GONE:
        return "The account was disconnected before the post was due.";
    case FAILURE_UNPREPARED:
    case FAILURE_PLATFORM:
        return arena_printf(a, "%s refused the post.", platform);
    }
    return NULL;
}

static void print_account(struct call *c, const struct destination *d)
{
    const struct account *a = account_read(c->world, d->account);
    struct json *out = &c->out;
    bool listed = account_is_listed(a);
    static const char *const names[] = {"account_id", "social_account_id"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (listed)
            pe_put_number(out, names[i], a->public_id);
        else
            json_put_null(out, names[i]);
    }
    json_put_text(out, "account_name", listed ? a->name : NULL);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
}

static void print_outcome(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    struct json *out = &c->out;
    pe_put_time(c, "published_at", d->published_at_ms);
    json_put_text(out, "platform_post_id", d->external_id);
    json_put_text(out, "platform_post_url", d->external_url);
    const char *error = pe_failure_text(c->arena, c->world, row);
    json_put_text(out, "error", error);
    json_put_text(out, "last_error", error);
    json_put_int(out, "attempts", d->attempts);
}

static void print_destination(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    enum pe_status status = status_of(c->world, d);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    print_account(c, d);
    json_put_text(out, "status", d->state == DESTINATION_QUEUED ? "queued" : enum_word_of(&pe_statuses, status));
    print_outcome(c, row);
    pe_put_time(c, "scheduled_for", d->due_at_ms);
    json_close_map(out);
}

/* A result is queued, published or failed: any other status is printed as queued. */
static void print_result(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    enum pe_status status = status_of(c->world, d);
    bool is_decided = status == PE_PUBLISHED || status == PE_FAILED;
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    print_account(c, d);
    json_put_text(out, "status", is_decided ? enum_word_of(&pe_statuses, status) : "queued");
    print_outcome(c, row);
    json_put_null(out, "next_retry_at"); /* failed posts are not retried automatically */
    json_close_map(out);
}

static void print_each(struct call *c, uint32_t post, const char *key, void (*print)(struct call *c, uint32_t row))
{
    struct index_walk walk;
    uint32_t row;
    json_key(&c->out, key);
    json_open_list(&c->out);
    pe_destinations(c->world, post, &walk);
    while (pe_destination_next(&walk, post, &row))
        print(c, row);
    json_close_list(&c->out);
}

void pe_print_results(struct call *c, uint32_t post)
{
    print_each(c, post, "results", print_result);
}

static void print_account_id(struct call *c, uint32_t row)
{
    uint32_t account = destination_read(c->world, row)->account;
    json_raw(&c->out, str_from(account_read(c->world, account)->public_id));
}

static void print_media(struct call *c, const struct field_list *media)
{
    const char *const *ids = media->items;
    struct json *out = &c->out;
    json_key(out, "media");
    if (!media->count) {
        json_null(out);
        return;
    }
    json_open_list(out);
    for (size_t i = 0; i < media->count; i++) {
        uint32_t row = media_find(c->world, POSTEVERYWHERE, str_from(ids[i]));
        if (row)
            pe_print_media(c, row);
    }
    json_close_list(out);
}

static void print_details(struct call *c, const struct post *p, bool with_media)
{
    const struct pe_details d = pe_details_read(c->arena, p->details);
    struct json *out = &c->out;
    json_put_text(out, "timezone", d.timezone);
    put_texts(out, "media_ids", d.media.items, d.media.count);
    if (with_media)
        print_media(c, &d.media);
    json_key(out, "platform_content");
    if (d.platforms)
        json_node(out, d.platforms);
    else
        json_null(out);
}

void pe_print_post_members(struct call *c, uint32_t post, bool with_parts)
{
    const struct post *p = post_read(c->world, post);
    enum pe_status status = pe_status(c->world, post);
    struct json *out = &c->out;
    json_put_text(out, "post_id", p->public_id);
    json_put_text(out, "id", p->public_id);
    json_put_text(out, "content", p->text);
    json_put_text(out, "status", enum_word_of(&pe_statuses, status));
    json_put_text(out, "post_status", enum_word_of(&pe_statuses, status));
    print_each(c, post, "account_ids", print_account_id);
    pe_put_time(c, "scheduled_for", p->due_at_ms);
    print_details(c, p, with_parts);
    if (p->campaign)
        pe_put_number(out, "campaign_id", campaign_read(c->world, p->campaign)->public_id);
    else
        json_put_null(out, "campaign_id");
    if (with_parts)
        print_each(c, post, "destinations", print_destination);
    pe_put_time(c, "created_at", p->created_at_ms);
    pe_put_time(c, "updated_at", p->updated_at_ms);
}

void pe_print_post(struct call *c, uint32_t post)
{
    json_open_map(&c->out);
    pe_print_post_members(c, post, true);
    json_close_map(&c->out);
}

uint32_t pe_post(struct call *c)
{
    uint32_t row = post_find(c->world, POSTEVERYWHERE, c->params[0]);
    if (row && !post_read(c->world, row)->removed_at_ms && call_owns(c, post_read(c->world, row)->space))
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "No post has this id.");
    return ROW_NONE;
}

void pe_read_post(struct call *c)
{
    uint32_t post = pe_post(c);
    if (!post)
        return;
    pe_begin(c, 200);
    pe_print_post(c, post);
    pe_end(c);
}

void pe_post_results(struct call *c)
{
    uint32_t post = pe_post(c);
    if (!post)
        return;
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "post_id", post_read(c->world, post)->public_id);
    json_put_text(out, "post_status", enum_word_of(&pe_statuses, pe_status(c->world, post)));
    json_put_text(out, "content", post_read(c->world, post)->text);
    pe_put_time(c, "scheduled_for", post_read(c->world, post)->due_at_ms);
    pe_print_results(c, post);
    json_close_map(out);
    pe_end(c);
}

/* --- the details of a post, as its record stores them: JSON ------------------------------------------- */

const char *pe_details_write(struct arena *a, const struct pe_details *d)
{
    struct buf text = {.arena = a};
    struct json w = json_begin(&text, 0);
    json_open_map(&w);
    json_put_text(&w, "timezone", d->timezone);
    put_texts(&w, "media_ids", d->media.items, d->media.count);
    if (d->platforms)
        json_put_node(&w, "platform_content", d->platforms);
    if (d->metrics)
        json_put_node(&w, "metrics", d->metrics);
    json_close_map(&w);
    return buf_c(&text);
}

struct pe_details pe_details_read(struct arena *a, const char *text)
{
    const struct node *details = text ? json_parse(a, str_from(text), "details", NULL) : NULL;
    const char *timezone = node_get_text(details, "timezone");
    const struct node *media = node_get(details, "media_ids");
    const char **ids = arena_array(a, const char *, node_count(media) + 1);
    for (size_t i = 0; i < node_count(media); i++)
        ids[i] = node_text(node_at(media, i));
    return (struct pe_details){
        .timezone = timezone ? timezone : "UTC",
        .media = {node_count(media), ids},
        .platforms = node_get(details, "platform_content"),
        .metrics = node_get(details, "metrics"),
    };
}
