/* Handlers that approve and reject content. Approval queues the posts that were scheduled before; rejection removes
 * them. */
#include "mockserver/providers/layers/layers.h"

#include "base/http/message.h"

#define TEXT_MAX 1024

static const struct field note_rows[] = {
    {.key = "note", .type = FIELD_TEXT, .max = TEXT_MAX, .help = "Note to record with the decision."},
};
static const struct fields note_fields = {"body", note_rows, 1, sizeof(const char *), FIELDS_NO_PLACE};

static const struct field reason_rows[] = {
    {.key = "reason",
     .type = FIELD_TEXT,
     .required = true,
     .min = 1,
     .max = TEXT_MAX,
     .help = "Reason for the rejection."},
};
static const struct fields reason_fields = {"body", reason_rows, 1, sizeof(const char *), FIELDS_NO_PLACE};

/* Refuses the call (CONFLICT) and returns false unless the content is pending approval. */
static bool is_pending(struct call *c, uint32_t content)
{
    const struct content *x = content_read(c->world, content);
    if (x->approval == APPROVAL_PENDING)
        return true;
    const struct node *status = node_new_text(c->arena, str_from(enum_word_of(&layers_approvals, x->approval)));
    const struct node *data = node_new_map(c->arena, NULL, 0);
    c->fault_data = node_with(c->arena, data, "approvalStatus", status);
    return call_refuse(c, FAULT_CONFLICT, "The content is not pending approval.");
}

struct rows {
    uint32_t *items;
    size_t count, room;
};

/* Returns the posts that were scheduled before the decision. */
static struct rows blocked_posts(struct call *c, uint32_t content)
{
    struct rows found = {0};
    struct index_walk walk;
    int64_t space = content_read(c->world, content)->space;
    index_from(&c->world->indexes[INDEX_POST_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        const struct post *p = post_read(c->world, walk.entry.row);
        if (p->content == content && p->draft && !p->removed_at_ms)
            *arena_push(c->arena, &found, uint32_t) = walk.entry.row;
    }
    return found;
}

static void print_posts(struct call *c, uint32_t post)
{
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_DESTINATION_POST], &walk, (struct index_entry){post, INT64_MIN, 0});
    while (index_next_of(&walk, post)) {
        const char *id = destination_read(c->world, walk.entry.row)->public_id;
        if (id) /* NULL: the account was disconnected */
            json_text(&c->out, id);
    }
}

static void print_promotion(struct call *c, const struct rows *posts, bool any)
{
    struct json *out = &c->out;
    if (!posts->count)
        return;
    json_key(out, "pendingSchedulePromotion");
    json_open_map(out);
    json_put_text(out, "status", any ? "ok" : "failed");
    json_key(out, "scheduledPostIds");
    json_open_list(out);
    for (size_t i = 0; i < posts->count; i++)
        print_posts(c, posts->items[i]);
    json_close_list(out);
    json_close_map(out);
}

static struct json *begin_response(struct call *c, uint32_t content)
{
    const struct content *x = content_read(c->world, content);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "id", x->public_id);
    json_put_text(out, "approvalStatus", enum_word_of(&layers_approvals, x->approval));
    return out;
}

static void put_decision(struct call *c, uint32_t content, const char *at, const char *by)
{
    const struct content *x = content_read(c->world, content);
    put_seconds(&c->out, at, x->decided_at_ms);
    json_put_text(&c->out, by, key_read(c->world, x->decided_by)->public_id);
}

void layers_approve_content(struct call *c)
{
    const char *note = NULL;
    uint32_t row = layers_content(c);
    if (!row || (!body_is_empty(c->req) && !layers_body(c, &note_fields, &note)) || !is_pending(c, row))
        return;
    content_decide(c->world, row, APPROVAL_APPROVED, c->key, note);
    struct rows posts = blocked_posts(c, row);
    uint32_t released = 0;
    for (size_t i = 0; i < posts.count; i++)
        released += post_release(c->world, posts.items[i], "sp_");
    struct json *out = begin_response(c, row);
    put_decision(c, row, "approvedAt", "approvedBy");
    print_promotion(c, &posts, released > 0);
    json_close_map(out);
}

void layers_reject_content(struct call *c)
{
    const char *reason = NULL;
    uint32_t row = layers_content(c);
    if (!row || !layers_body(c, &reason_fields, &reason) || !is_pending(c, row))
        return;
    content_decide(c->world, row, APPROVAL_REJECTED, c->key, reason);
    struct rows posts = blocked_posts(c, row);
    for (size_t i = 0; i < posts.count; i++)
        post_remove(c->world, posts.items[i]);
    struct json *out = begin_response(c, row);
    put_decision(c, row, "rejectedAt", "rejectedBy");
    json_put_text(out, "reason", reason);
    json_close_map(out);
}
