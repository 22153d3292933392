/* Creating posts: immediate, scheduled or draft. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "mockserver/providers/posteverywhere/post_body.h"
#include "mockserver/state/record.h"

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80; /* skips UTF-8 continuation bytes */
    return count;
}

/* The text for a platform: its override in platform_content, else the content of the post. */
static const char *text_for(const struct pe_draft *d, enum platform platform)
{
    const char *own = node_get_text(node_get(d->details.platforms, enum_word_of(&pe_platforms, platform)), "content");
    return own ? own : d->content;
}

static bool length_valid(struct call *c, const struct pe_draft *d)
{
    for (size_t i = 0; i < d->accounts.count; i++) {
        enum platform platform = account_read(c->world, d->accounts.items[i])->platform;
        const struct pe_platform_rules *p = pe_rules_of(platform);
        if (count_characters(text_for(d, platform)) > (size_t)p->content_max)
            return pe_refuse(c, FAULT_INVALID, 400, "content_too_long", "content: the limit of %s is %d characters.",
                             p->name, (int)p->content_max);
    }
    return true;
}

static bool media_valid(struct call *c, const struct pe_draft *d)
{
    const char *const *ids = d->details.media.items;
    for (size_t i = 0; i < d->details.media.count; i++) {
        uint32_t row = media_find(c->world, POSTEVERYWHERE, str_from(ids[i]));
        const struct media *m = row ? media_read(c->world, row) : NULL;
        if (!m || m->state == MEDIA_REMOVED || !call_owns(c, m->space))
            return call_issue(c, arena_printf(c->arena, "media_ids.%zu", i), "no media has this id");
        if (m->state == MEDIA_UPLOADING)
            return pe_refuse(c, FAULT_INVALID, 400, "file_not_uploaded",
                             "media_ids: the upload of '%s' is not complete.", ids[i]);
    }
    return true;
}

bool pe_draft_valid(struct call *c, const struct pe_draft *d)
{
    if (!*d->content && !d->details.media.count)
        return call_issue(c, "content", "is required");
    return media_valid(c, d) && length_valid(c, d);
}

void pe_schedule_all(struct call *c, uint32_t post, const struct pe_rows *accounts)
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

/* The response to a create: the post, plus members that no other response has. */
static void respond_created(struct call *c, uint32_t post, size_t accounts)
{
    const struct post *p = post_read(c->world, post);
    enum pe_status status = pe_status(c->world, post);
    struct json *out = pe_begin(c, 201);
    json_open_map(out);
    pe_print_post_members(c, post);
    json_put_int(out, "accounts_count", (int64_t)accounts);
    json_put_text(out, "message", message_for(status));
    if (!p->draft && status != PE_SCHEDULED)
        pe_print_results(c, post);
    json_close_map(out);
    pe_end(c);
}

void pe_create_post(struct call *c)
{
    struct post_body body = {0};
    struct pe_draft draft;
    int64_t due_ms;
    if (!post_body_read(c, &body) || !post_body_due(c, &body, &due_ms))
        return;
    if (!body.content)
        call_issue(c, "content", "is required");
    if (!body.is_draft && !node_count(body.account_ids))
        call_issue(c, "account_ids", "must name at least one account");
    if (c->fault || !post_body_draft(c, &body, NULL, &draft) || !pe_draft_valid(c, &draft))
        return;
    struct post post = {
        .public_id = ids_mint(c->world, "", ID_UUID),
        .text = draft.content,
        .details = pe_details_write(c->arena, &draft.details),
        .draft = body.is_draft,
        .due_at_ms = due_ms || body.is_draft ? due_ms : c->now_ms,
    };
    uint32_t row = post_schedule(c->world, pe_space(c), &post);
    pe_schedule_all(c, row, &draft.accounts);
    respond_created(c, row, draft.accounts.count);
}
