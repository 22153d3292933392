/* Retrying failed destinations: those of one post, or all that a filter selects. A retry only queues them again: the
 * outcome appears in the results of their posts. A destination in another state is never retried. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <inttypes.h>

#include "base/http/message.h"

#define POSTS_MAX    200 /* post_ids of a filter */
#define ATTEMPTS_MAX 10
#define RETRIES_MAX  5 /* of one destination: the same content fails again */

struct retry_body {
    const struct node *account_ids;
};
static const struct field retry_rows[] = {
    FIELD("account_ids", FIELD_NODE, struct retry_body, account_ids,
          .help = "Accounts whose failed destinations are retried. Default: all."),
};
static const struct fields retry_fields = FIELD_TABLE("body", retry_rows, struct retry_body, FIELDS_NO_PLACE);

/* The failed destinations at these accounts, or at all accounts if the list is empty. */
static struct pe_rows failed_destinations(struct call *c, uint32_t post, const struct pe_rows *accounts)
{
    size_t room = index_count_of(&c->world->indexes[INDEX_DESTINATION_POST], post);
    struct pe_rows rows = {arena_array(c->arena, uint32_t, room + 1), 0};
    struct index_walk walk;
    uint32_t row;
    pe_destinations(c->world, post, &walk);
    while (pe_destination_next(&walk, post, &row)) {
        const struct destination *d = destination_read(c->world, row);
        if (d->state == DESTINATION_FAILED && (!accounts->count || pe_has_row(accounts, d->account)) &&
            account_is_listed(account_read(c->world, d->account)))
            rows.items[rows.count++] = row;
    }
    return rows;
}

static void print_retried(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    const struct account *a = account_read(c->world, d->account);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    pe_put_number(out, "account_id", a->public_id);
    json_put_text(out, "account_name", a->name);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "status", "queued");
    json_put_text(out, "new_status", "queued");
    json_put_null(out, "platform_post_id");
    json_put_null(out, "platform_post_url");
    json_put_null(out, "published_at");
    json_put_null(out, "error");
    json_put_int(out, "attempts", d->attempts);
    json_close_map(out);
}

static void respond_retried(struct call *c, uint32_t post, const struct pe_rows *rows)
{
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "post_id", post_read(c->world, post)->public_id);
    json_put_int(out, "retried_count", (int64_t)rows->count);
    json_put_int(out, "retried", (int64_t)rows->count);
    json_key(out, "destinations");
    json_open_list(out);
    for (size_t i = 0; i < rows->count; i++)
        print_retried(c, rows->items[i]);
    json_close_list(out);
    json_put_text(out, "message", "The failed destinations are queued again.");
    json_put_text(out, "next_step", "Read the results of the post to see the outcome.");
    json_close_map(out);
    pe_end(c);
}

static bool is_exhausted(const struct world *w, uint32_t destination)
{
    return destination_read(w, destination)->attempts > RETRIES_MAX;
}

/* All destinations have the same content, so one of them is enough. */
static bool may_retry(struct call *c, const struct pe_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        if (is_exhausted(c->world, rows->items[i]))
            return pe_refuse(c, FAULT_INVALID, 422, "permanent_failure_circuit_breaker",
                             "This content has failed after %d retries.", RETRIES_MAX);
    return true;
}

/* Only queues the destinations again; the outcome appears in the post's results. */
void pe_retry_post(struct call *c)
{
    struct retry_body body = {0};
    struct pe_rows accounts;
    uint32_t post = pe_post(c);
    if (!post || (!body_is_empty(c->req) && !pe_body(c, &retry_fields, &body)) ||
        !pe_read_accounts(c, body.account_ids, &accounts))
        return;
    struct pe_rows rows = failed_destinations(c, post, &accounts);
    if (!rows.count) {
        pe_refuse(c, FAULT_INVALID, 400, "no_failed_destinations", "No destination of this post has failed.");
        return;
    }
    if (!may_retry(c, &rows))
        return;
    for (size_t i = 0; i < rows.count; i++)
        destination_retry(c->world, rows.items[i]);
    respond_retried(c, post, &rows);
}

/* --- by filter ---------------------------------------------------------------------------------------- */

struct filter_body {
    const struct node *post_ids;
    const char *failed_after, *failed_before;
    int64_t account_id, max_attempts; /* 0: absent */
    int platform;                     /* -1: absent */
};

#define OF struct filter_body
static const struct field filter_rows[] = {
    FIELD("post_ids", FIELD_NODE, OF, post_ids, .help = "Posts whose failed destinations are retried."),
    FIELD("account_id", FIELD_INT, OF, account_id, .min = 1, .max = INT64_MAX, .help = "Account that failed."),
    FIELD("platform", FIELD_ENUM, OF, platform, .words = &pe_platform_filters, .help = "Platform that failed."),
    FIELD("failed_after", FIELD_TEXT, OF, failed_after, .help = "Start of the time of the failure."),
    FIELD("failed_before", FIELD_TEXT, OF, failed_before, .help = "End of the time of the failure."),
    FIELD("max_attempts", FIELD_INT, OF, max_attempts, .min = 1, .max = ATTEMPTS_MAX,
          .help = "Skip destinations with this many attempts or more."),
};
static const struct fields filter_fields = FIELD_TABLE("body", filter_rows, OF, FIELDS_NO_PLACE);
#undef OF

struct filter {
    struct pe_rows posts;
    bool by_post;
    const char *account; /* NULL: every account */
    int platform;        /* -1: every platform */
    int64_t after_ms, before_ms, attempts_below;
};

static bool is_absent(const struct filter_body *body)
{
    return !body->post_ids && !body->account_id && body->platform < 0 && !body->failed_after && !body->failed_before &&
           !body->max_attempts;
}

/* An id that is not one of the organization's posts selects nothing, as any filter that matches nothing. */
static bool read_posts(struct call *c, const struct node *ids, struct pe_rows *posts)
{
    if (ids->kind != NODE_LIST)
        return call_issue(c, "post_ids", "must be an array of ids");
    if (ids->list.count > POSTS_MAX)
        return call_issue(c, "post_ids", "must have at most %d ids", POSTS_MAX);
    *posts = (struct pe_rows){arena_array(c->arena, uint32_t, ids->list.count + 1), 0};
    for (size_t i = 0; i < ids->list.count; i++) {
        const char *id = node_text(ids->list.items[i]);
        if (!id)
            return call_issue(c, arena_printf(c->arena, "post_ids.%zu", i), "must be an id");
        uint32_t post = post_find(c->world, POSTEVERYWHERE, str_from(id));
        if (post)
            posts->items[posts->count++] = post;
    }
    return true;
}

static bool read_filter(struct call *c, struct filter *f)
{
    struct filter_body body = {.platform = -1};
    *f = (struct filter){.after_ms = INT64_MIN, .before_ms = INT64_MAX, .attempts_below = INT64_MAX};
    if (!pe_body(c, &filter_fields, &body))
        return false;
    if (is_absent(&body))
        return call_issue(c, "", "at least one filter is required");
    f->by_post = body.post_ids;
    f->platform = body.platform;
    if (body.account_id)
        f->account = arena_printf(c->arena, "%" PRId64, body.account_id);
    if (body.max_attempts)
        f->attempts_below = body.max_attempts;
    return (!body.post_ids || read_posts(c, body.post_ids, &f->posts)) &&
           pe_read_time(c, "failed_after", body.failed_after, &f->after_ms) &&
           pe_read_time(c, "failed_before", body.failed_before, &f->before_ms);
}

static bool selects(const struct world *w, const struct filter *f, uint32_t row)
{
    const struct destination *d = destination_read(w, row);
    const struct account *a = account_read(w, d->account);
    return (!f->account || str_is(str_from(f->account), a->public_id)) &&
           (f->platform < 0 || a->platform == (enum platform)f->platform) && d->updated_at_ms >= f->after_ms &&
           d->updated_at_ms <= f->before_ms && d->attempts < f->attempts_below;
}

static void print_selected(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "destination_id", d->public_id);
    json_put_text(out, "id", d->public_id);
    json_put_text(out, "post_id", post_read(c->world, d->post)->public_id);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, account_read(c->world, d->account)->platform));
    json_put_text(out, "new_status", "queued");
    json_close_map(out);
}

/* Retrying changes the indexes, so the destinations are collected first. */
static struct pe_rows select_destinations(struct call *c, const struct filter *f)
{
    static const struct pe_rows everywhere = {0};
    struct {
        uint32_t *items;
        size_t count, room;
    } all = {0};
    uint32_t space = pe_space(c);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_POST_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        if (f->by_post && !pe_has_row(&f->posts, walk.entry.row))
            continue;
        struct pe_rows failed = failed_destinations(c, walk.entry.row, &everywhere);
        for (size_t i = 0; i < failed.count; i++)
            if (selects(c->world, f, failed.items[i]) && !is_exhausted(c->world, failed.items[i]))
                *arena_push(c->arena, &all, uint32_t) = failed.items[i];
    }
    return (struct pe_rows){all.items, all.count};
}

void pe_retry_failed_posts(struct call *c)
{
    struct filter f;
    if (!read_filter(c, &f))
        return;
    struct pe_rows rows = select_destinations(c, &f);
    for (size_t i = 0; i < rows.count; i++)
        destination_retry(c->world, rows.items[i]);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_int(out, "retried_count", (int64_t)rows.count);
    json_key(out, "destinations");
    json_open_list(out);
    for (size_t i = 0; i < rows.count; i++)
        print_selected(c, rows.items[i]);
    json_close_list(out);
    json_put_text(out, "message",
                  rows.count ? "The failed destinations are queued again." : "No failed destination matches.");
    json_close_map(out);
    pe_end(c);
}
