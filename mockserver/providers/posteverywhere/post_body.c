#include "mockserver/providers/posteverywhere/post_body.h"
#include "base/array.h"

#define OF struct post_body
static const struct field rows[] = {
    FIELD("content", FIELD_TEXT, OF, content, .help = "Text of the post."),
    FIELD("account_ids", FIELD_NODE, OF, account_ids, .help = "Accounts to post to."),
    FIELD("scheduled_for", FIELD_TEXT, OF, scheduled_for, .help = "Due time. Default: now."),
    FIELD("scheduled_at", FIELD_TEXT, OF, scheduled_at, .help = "Older name of `scheduled_for`."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .help = "IANA time zone, for display only."),
    FIELD("media_ids", FIELD_NODE, OF, media_ids, .help = "Media of the post."),
    FIELD("platform_content", FIELD_NODE, OF, platform_content, .help = "Overrides by platform."),
    FIELD("draft", FIELD_BOOL, OF, is_draft, .help = "Save as a draft."),
    FIELD("publish_now", FIELD_BOOL, OF, publish_now, .help = "Publish a draft immediately."),
};
static const struct fields fields = FIELD_TABLE("body", rows, OF, FIELDS_NO_PLACE);
#undef OF

/* Refuses common wrong names of media_ids. If they were ignored like other unknown members, the
 * post would be published without its media. */
static bool names_valid(struct call *c, const struct node *body)
{
    static const char *const wrong[] = {"media", "media_id", "mediaId", "mediaIds", "attachments", "url"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (node_get(body, wrong[i]))
            return pe_refuse(c, FAULT_INVALID, 400, "invalid_field_name",
                             "Unknown field '%s' (did you mean 'media_ids'?).", wrong[i]);
    return true;
}

bool post_body_read(struct call *c, struct post_body *body)
{
    const struct node *sent = call_body(c);
    if (!sent || !names_valid(c, sent) || !pe_body(c, &fields, body))
        return false;
    if (body->platform_content && body->platform_content->kind != NODE_MAP)
        return call_issue(c, "platform_content", "must be an object with platforms as keys");
    return pe_read_timezone(c, body->timezone);
}

bool post_body_due(struct call *c, const struct post_body *body, int64_t *due_ms)
{
    return pe_read_due(c, body->scheduled_for ? body->scheduled_for : body->scheduled_at, due_ms);
}

static bool read_media(struct call *c, const struct node *ids, struct field_list *out)
{
    const char **items = arena_array(c->arena, const char *, node_count(ids) + 1);
    if (ids->kind != NODE_LIST)
        return call_issue(c, "media_ids", "must be a list of ids");
    for (size_t i = 0; i < ids->list.count; i++)
        if (!(items[i] = node_text(ids->list.items[i])))
            return call_issue(c, arena_printf(c->arena, "media_ids.%zu", i), "must be an id");
    *out = (struct field_list){ids->list.count, items};
    return true;
}

bool post_body_draft(struct call *c, const struct post_body *body, const struct pe_draft *was, struct pe_draft *out)
{
    static const struct pe_draft nothing = {.content = "", .details = {.timezone = "UTC"}};
    *out = was ? *was : nothing;
    if (body->content)
        out->content = body->content;
    if (body->timezone)
        out->details.timezone = body->timezone;
    if (body->platform_content)
        out->details.platforms = body->platform_content;
    return (!body->media_ids || read_media(c, body->media_ids, &out->details.media)) &&
           (!body->account_ids || pe_read_accounts(c, body->account_ids, &out->accounts));
}
