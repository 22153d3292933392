/* Creating posts (immediate, scheduled or draft) and changing them: update, schedule, retry and delete. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/http/message.h"
#include "mockserver/state/record.h"

/* The request body that creates, changes or schedules a post: a member that was not sent is NULL or false. */
struct post_body {
    const char *content, *scheduled_for, *scheduled_at, *timezone;
    const struct node *account_ids, *media_ids, *platform_content, *campaign_id;
    bool is_draft, publish_now;
};

#define OF struct post_body
static const struct field body_rows[] = {
    FIELD("content", FIELD_TEXT, OF, content, .help = "Text of the post."),
    FIELD("account_ids", FIELD_NODE, OF, account_ids, .help = "Accounts to post to."),
    FIELD("scheduled_for", FIELD_TEXT, OF, scheduled_for, .help = "Due time. Default: now."),
    FIELD("scheduled_at", FIELD_TEXT, OF, scheduled_at, .help = "Older name of `scheduled_for`."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .help = "IANA time zone, for display only."),
    FIELD("media_ids", FIELD_NODE, OF, media_ids, .help = "Media of the post."),
    FIELD("campaign_id", FIELD_NODE, OF, campaign_id, .help = "Campaign of the post."),
    FIELD("platform_content", FIELD_NODE, OF, platform_content, .help = "Overrides by platform."),
    FIELD("draft", FIELD_BOOL, OF, is_draft, .help = "Save as a draft."),
    FIELD("publish_now", FIELD_BOOL, OF, publish_now, .help = "Publish a draft immediately."),
};
static const struct fields body_fields = FIELD_TABLE("body", body_rows, OF, FIELDS_NO_PLACE);
#undef OF

/* The resulting post: the members that were sent, and the existing post's values for the others. */
struct draft {
    const char *content;
    struct pe_details details;
    struct pe_rows accounts;
    uint32_t campaign;
};

/* Refuses common wrong names of media_ids. If they were ignored like other unknown members, the post would be published
 * without its media. */
static bool names_valid(struct call *c, const struct node *body)
{
    static const char *const wrong[] = {"media", "media_id", "mediaId", "mediaIds", "attachments", "url"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (node_get(body, wrong[i]))
            return pe_refuse(c, FAULT_INVALID, 400, "invalid_field_name",
                             "Unknown field '%s' (did you mean 'media_ids'?).", wrong[i]);
    return true;
}

static bool override_valid(struct call *c, const struct member *m)
{
    static const struct {
        const char *key;
        enum node_kind kind;
    } rows[] = {
        {"content",     NODE_TEXT},
        {"contentType", NODE_TEXT},
        {"settings",    NODE_MAP }
    };
    const char *place = arena_printf(c->arena, "platform_content.%s", m->key);
    if (!enum_word_find(&pe_platforms, str_from(m->key)))
        return call_issue(c, place, "is not a platform");
    if (m->value->kind != NODE_MAP)
        return m->value->kind == NODE_NULL || call_issue(c, place, "must be an object");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *n = node_get(m->value, rows[i].key);
        if (n && n->kind != rows[i].kind && n->kind != NODE_NULL)
            return call_issue(c, arena_printf(c->arena, "%s.%s", place, rows[i].key),
                              rows[i].kind == NODE_MAP ? "must be an object" : "must be a string");
    }
    return true;
}

/* An override that is not read would publish the common content instead. */
static bool overrides_valid(struct call *c, const struct node *overrides)
{
    if (overrides && overrides->kind != NODE_MAP)
        return call_issue(c, "platform_content", "must be an object with platforms as keys");
    const struct member *m;
    for (size_t i = 0; (m = node_member(overrides, i)); i++)
        if (!override_valid(c, m))
            return false;
    return true;
}

static bool read_members(struct call *c, const struct node *sent, struct post_body *body)
{
    if (!names_valid(c, sent) || !pe_members(c, &body_fields, sent, body))
        return false;
    return overrides_valid(c, body->platform_content) && pe_read_timezone(c, body->timezone);
}

static bool read_body(struct call *c, struct post_body *body)
{
    const struct node *sent = call_body(c);
    return sent && read_members(c, sent, body);
}

/* The due time of the body; *due_ms is 0 if the body has none. */
static bool due_of(struct call *c, const struct post_body *body, int64_t *due_ms)
{
    return pe_read_due(c, body->scheduled_for ? body->scheduled_for : body->scheduled_at, due_ms);
}

static bool read_media(struct call *c, const struct node *ids, struct field_list *out)
{
    const char **items = arena_array(c->arena, const char *, node_count(ids) + 1);
    if (ids->kind != NODE_LIST)
        return call_issue(c, "media_ids", "must be an array of ids");
    for (size_t i = 0; i < ids->list.count; i++)
        if (!(items[i] = node_text(ids->list.items[i])))
            return call_issue(c, arena_printf(c->arena, "media_ids.%zu", i), "must be an id");
    *out = (struct field_list){ids->list.count, items};
    return true;
}

static bool read_campaign(struct call *c, const struct node *id, uint32_t *row)
{
    if (id->kind != NODE_INT)
        return call_issue(c, "campaign_id", "must be a whole number");
    *row = pe_campaign(c, str_from(arena_printf(c->arena, "%" PRId64, id->integer)));
    return *row || call_issue(c, "campaign_id", "no campaign has this id");
}

/* `was` is the existing post, or NULL for a new one. */
static bool apply_body(struct call *c, const struct post_body *body, const struct draft *was, struct draft *out)
{
    static const struct draft nothing = {.content = "", .details = {.timezone = "UTC"}};
    *out = was ? *was : nothing;
    if (body->content)
        out->content = body->content;
    if (body->timezone)
        out->details.timezone = body->timezone;
    if (body->platform_content)
        out->details.platforms = body->platform_content;
    return (!body->media_ids || read_media(c, body->media_ids, &out->details.media)) &&
           (!body->campaign_id || read_campaign(c, body->campaign_id, &out->campaign)) &&
           (!body->account_ids || pe_read_accounts(c, body->account_ids, &out->accounts));
}

/* --- creating ----------------------------------------------------------------------------------------- */

/* The text for a platform: its override in platform_content, else the content of the post. */
static const char *text_for(const struct draft *d, enum platform platform)
{
    const char *own = node_get_text(node_get(d->details.platforms, enum_word_of(&pe_platforms, platform)), "content");
    return own ? own : d->content;
}

static bool length_valid(struct call *c, const struct draft *d)
{
    for (size_t i = 0; i < d->accounts.count; i++) {
        enum platform platform = account_read(c->world, d->accounts.items[i])->platform;
        const struct pe_platform_rules *p = pe_rules_of(platform);
        if (str_characters(str_from(text_for(d, platform))) > (size_t)p->content_max)
            return pe_refuse(c, FAULT_INVALID, 400, "content_too_long", "content: the limit of %s is %d characters.",
                             p->name, (int)p->content_max);
    }
    return true;
}

static bool media_valid(struct call *c, const struct draft *d)
{
    const char *const *ids = d->details.media.items;
    for (size_t i = 0; i < d->details.media.count; i++) {
        uint32_t row = media_find(c->world, POSTEVERYWHERE, str_from(ids[i]));
        const struct media *m = row ? media_read(c->world, row) : NULL;
        if (!m || m->state == MEDIA_REMOVED || !call_owns(c, m->space))
            return call_issue(c, arena_printf(c->arena, "media_ids.%zu", i), "no media has this id");
        if (m->state == MEDIA_FAILED)
            return pe_refuse(c, FAULT_INVALID, 400, "upload_failed", "media_ids: the import of '%s' failed.", ids[i]);
        if (m->state == MEDIA_UPLOADING)
            return pe_refuse(c, FAULT_INVALID, 400, "file_not_uploaded",
                             "media_ids: the upload of '%s' is not complete.", ids[i]);
    }
    return true;
}

/* The media are known to exist. */
static bool has_video(const struct call *c, const struct draft *d)
{
    const char *const *ids = d->details.media.items;
    for (size_t i = 0; i < d->details.media.count; i++) {
        uint32_t row = media_find(c->world, POSTEVERYWHERE, str_from(ids[i]));
        const char *type = row ? media_read(c->world, row)->content_type : NULL;
        if (type && str_starts(str_from(type), STR("video/")))
            return true;
    }
    return false;
}

/* Checks content, media and text length; false if the call is refused. */
static bool draft_valid(struct call *c, const struct draft *d)
{
    if (!*d->content && !d->details.media.count)
        return call_issue(c, "content", "is required");
    return media_valid(c, d) && length_valid(c, d);
}

/* Creates one destination for each account: queued, or held if the post is a draft. */
static void schedule_all(struct call *c, uint32_t post, const struct pe_rows *accounts)
{
    for (size_t i = 0; i < accounts->count; i++)
        destination_schedule(c->world, post,
                             &(struct destination){
                                 .account = accounts->items[i],
                                 .public_id = ids_mint(c->world, "", ID_UUID),
                             });
}

static const char *message_for(enum pe_status status)
{
    if (status == PE_DRAFT)
        return "Draft saved.";
    return status == PE_SCHEDULED ? "Post scheduled." : "Post is being published.";
}

void pe_print_created(struct call *c, uint32_t post)
{
    const struct post *p = post_read(c->world, post);
    enum pe_status status = pe_status(c->world, post);
    struct json *out = &c->out;
    uint32_t count = index_count_of(&c->world->indexes[INDEX_DESTINATION_POST], post);
    json_open_map(out);
    pe_print_post_members(c, post, false);
    json_put_text(out, "post_group_id", p->public_id);
    json_put_int(out, "destinations", count);
    json_put_int(out, "accounts_count", count);
    json_put_text(out, "message", message_for(status));
    if (!p->draft && status != PE_SCHEDULED)
        pe_print_results(c, post);
    json_close_map(out);
}

/* Reads and checks the post of a create. */
static bool read_new(struct call *c, const struct node *sent, struct post_body *body, struct draft *draft,
                     int64_t *due_ms)
{
    if (!read_members(c, sent, body) || !due_of(c, body, due_ms))
        return false;
    if (!body->content)
        call_issue(c, "content", "is required");
    if (!body->is_draft && !node_count(body->account_ids))
        call_issue(c, "account_ids", "must name at least one account");
    return !c->fault && apply_body(c, body, NULL, draft) && draft_valid(c, draft);
}

bool pe_create_valid(struct call *c, const struct node *sent)
{
    struct post_body body = {0};
    struct draft draft;
    int64_t due_ms;
    return read_new(c, sent, &body, &draft, &due_ms);
}

uint32_t pe_create_from(struct call *c, const struct node *sent)
{
    struct post_body body = {0};
    struct draft draft;
    int64_t due_ms;
    if (!read_new(c, sent, &body, &draft, &due_ms))
        return ROW_NONE;
    struct post post = {
        .public_id = ids_mint(c->world, "", ID_UUID),
        .text = draft.content,
        .details = pe_details_write(c->arena, &draft.details),
        .campaign = draft.campaign,
        .draft = body.is_draft,
        .video = has_video(c, &draft),
        .due_at_ms = due_ms || body.is_draft ? due_ms : c->now_ms,
    };
    uint32_t row = post_schedule(c->world, pe_space(c), &post);
    schedule_all(c, row, &draft.accounts);
    return row;
}

void pe_create_post(struct call *c)
{
    const struct node *sent = call_body(c);
    uint32_t post = sent ? pe_create_from(c, sent) : ROW_NONE;
    if (!post)
        return;
    pe_begin(c, 201);
    pe_print_created(c, post);
    pe_end(c);
}

/* --- changing ----------------------------------------------------------------------------------------- */

static struct draft read_draft(struct call *c, uint32_t post)
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
    return (struct draft){
        .content = p->text ? p->text : "",
        .details = pe_details_read(c->arena, p->details),
        .accounts = accounts,
        .campaign = p->campaign,
    };
}

/* Replaces the destinations; this loses nothing, since none of them has been attempted. */
static void revise(struct call *c, uint32_t post, const struct draft *d, bool draft, int64_t due_ms)
{
    const struct post spec = {
        .text = d->content,
        .details = pe_details_write(c->arena, &d->details),
        .campaign = d->campaign,
        .draft = draft,
        .video = has_video(c, d),
        .due_at_ms = due_ms,
    };
    post_remove_destinations(c->world, post);
    post_revise(c->world, post, &spec);
    schedule_all(c, post, &d->accounts);
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
    struct draft draft;
    int64_t due_ms;
    uint32_t post = pe_post(c);
    if (!post || !read_body(c, &body) || !due_of(c, &body, &due_ms) || !may_change(c, post))
        return;
    const struct draft was = read_draft(c, post);
    const struct post *p = post_read(c->world, post);
    bool is_draft = p->draft;
    if (!apply_body(c, &body, &was, &draft) || !draft_valid(c, &draft))
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
    struct draft draft = {.content = ""};
    int64_t due_ms;
    uint32_t post = pe_post(c);
    if (!post || !read_body(c, &body) || !due_of(c, &body, &due_ms))
        return;
    if (!post_read(c->world, post)->draft) {
        pe_refuse(c, FAULT_CONFLICT, 409, "invalid_post_status", "The post is %s, not a draft.",
                  enum_word_of(&pe_statuses, pe_status(c->world, post)));
        return;
    }
    const struct draft was = read_draft(c, post);
    if (!due_ms && !body.publish_now)
        due_ms = post_read(c->world, post)->due_at_ms;
    if (!due_ms && !body.publish_now)
        call_issue(c, "scheduled_for", "is required unless publish_now is true");
    else if (apply_body(c, &body, &was, &draft) && !draft.accounts.count)
        call_issue(c, "account_ids", "must name at least one account");
    if (c->fault || !draft_valid(c, &draft))
        return;
    revise(c, post, &draft, false, body.publish_now ? c->now_ms : due_ms);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    pe_print_post_members(c, post, true);
    json_put_bool(out, "publish_now", body.publish_now);
    json_put_text(out, "message", message_for(pe_status(c->world, post)));
    json_close_map(out);
    pe_end(c);
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
