/* Changing existing posts: update, schedule, retry and delete. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "base/http/message.h"
#include "mockserver/providers/posteverywhere/post_body.h"

static struct pe_draft read_draft(struct call *c, uint32_t post)
{
    const struct post *p = post_read(c->world, post);
    struct pe_rows accounts = {0};
    struct index_walk walk;
    uint32_t row;
    size_t room = index_count_of(&c->world->indexes[INDEX_DESTINATION_POST], post);
    accounts.items = arena_array(c->arena, uint32_t, room + 1);
    pe_destinations(c->world, post, &walk);
    while (pe_destination_next(&walk, post, &row)) {
        uint32_t account = destination_read(c->world, row)->account;
        if (account_is_listed(account_read(c->world, account)))
            accounts.items[accounts.count++] = account;
    }
    return (struct pe_draft){
        .content = p->text ? p->text : "", .details = pe_details_read(c->arena, p->details), .accounts = accounts};
}

/* Replaces the destinations; this loses nothing, since none of them has been attempted. */
static void revise(struct call *c, uint32_t post, const struct pe_draft *d, bool draft, int64_t due_ms)
{
    const struct post spec = {
        .text = d->content,
        .details = pe_details_write(c->arena, &d->details),
        .draft = draft,
        .due_at_ms = due_ms,
    };
    post_remove_destinations(c->world, post);
    post_revise(c->world, post, &spec);
    pe_schedule_all(c, post, &d->accounts);
}

static void respond_post(struct call *c, uint32_t post)
{
    pe_begin(c, 200);
    pe_print_post(c, post);
    pe_end(c);
}

static bool may_change(struct call *c, uint32_t post)
{
    enum pe_status status = pe_status(c->world, post);
    return status == PE_DRAFT || status == PE_SCHEDULED ||
           pe_refuse(c, FAULT_INVALID, 400, "invalid_post_status",
                     "The post is %s; only drafts and scheduled posts can be changed.",
                     enum_word_of(&pe_statuses, status));
}

void pe_update_post(struct call *c)
{
    struct post_body body = {0};
    struct pe_draft draft;
    int64_t due_ms;
    uint32_t post = pe_post(c);
    if (!post || !post_body_read(c, &body) || !post_body_due(c, &body, &due_ms) || !may_change(c, post))
        return;
    const struct pe_draft was = read_draft(c, post);
    const struct post *p = post_read(c->world, post);
    bool is_draft = p->draft;
    if (!post_body_draft(c, &body, &was, &draft) || !pe_draft_valid(c, &draft))
        return;
    if (!is_draft && !draft.accounts.count) {
        call_issue(c, "account_ids", "must name at least one account");
        return;
    }
    revise(c, post, &draft, is_draft, due_ms ? due_ms : p->due_at_ms);
    respond_post(c, post);
}

void pe_schedule_post(struct call *c)
{
    struct post_body body = {0};
    struct pe_draft draft;
    int64_t due_ms;
    uint32_t post = pe_post(c);
    if (!post || !post_body_read(c, &body) || !post_body_due(c, &body, &due_ms))
        return;
    if (!post_read(c->world, post)->draft) {
        pe_refuse(c, FAULT_CONFLICT, 409, "invalid_post_status", "The post is %s, not a draft.",
                  enum_word_of(&pe_statuses, pe_status(c->world, post)));
        return;
    }
    const struct pe_draft was = read_draft(c, post);
    if (!due_ms && !body.publish_now)
        due_ms = post_read(c->world, post)->due_at_ms;
    if (!due_ms && !body.publish_now)
        call_issue(c, "scheduled_for", "is required unless publish_now is true");
    else if (post_body_draft(c, &body, &was, &draft) && !draft.accounts.count)
        call_issue(c, "account_ids", "must name at least one account");
    if (c->fault || !pe_draft_valid(c, &draft))
        return;
    revise(c, post, &draft, false, body.publish_now ? c->now_ms : due_ms);
    respond_post(c, post);
}

/* Whether any destination of the post is in this state. */
static bool has_destination(const struct world *w, uint32_t post, enum destination_state state)
{
    struct index_walk walk;
    uint32_t row;
    pe_destinations(w, post, &walk);
    while (pe_destination_next(&walk, post, &row))
        if (destination_read(w, row)->state == state)
            return true;
    return false;
}

void pe_delete_post(struct call *c)
{
    uint32_t post = pe_post(c);
    if (!post)
        return;
    if (has_destination(c->world, post, DESTINATION_PUBLISHED) ||
        has_destination(c->world, post, DESTINATION_PUBLISHING)) {
        pe_refuse(c, FAULT_CONFLICT, 409, "post_already_published", "The post is %s and cannot be deleted.",
                  enum_word_of(&pe_statuses, pe_status(c->world, post)));
        return;
    }
    post_remove(c->world, post);
    const char *id = post_read(c->world, post)->public_id;
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "post_id", id);
    json_put_text(out, "id", id);
    json_put_bool(out, "deleted", true);
    json_put_text(out, "message", "Post deleted.");
    json_close_map(out);
    pe_end(c);
}

struct retry_body {
    const struct node *account_ids;
};
static const struct field retry_rows[] = {
    FIELD("account_ids", FIELD_NODE, struct retry_body, account_ids,
          .help = "Accounts whose failed destinations are retried. Default: all."),
};
static const struct fields retry_fields = FIELD_TABLE("body", retry_rows, struct retry_body, FIELDS_NO_PLACE);

static bool is_selected(const struct pe_rows *accounts, uint32_t account)
{
    for (size_t i = 0; i < accounts->count; i++)
        if (accounts->items[i] == account)
            return true;
    return !accounts->count;
}

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
        if (d->state == DESTINATION_FAILED && is_selected(accounts, d->account) &&
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
    for (size_t i = 0; i < rows.count; i++)
        destination_retry(c->world, rows.items[i]);
    respond_retried(c, post, &rows);
}
