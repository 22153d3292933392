/* Handlers that schedule, publish, reschedule, cancel, list and read posts. */
#include "mockserver/providers/layers/layers.h"

#include "base/http/message.h"
#include "mockserver/state/record.h"

#define TARGETS_MAX 50
#define CAPTION_MAX 4000
#define REASON_MAX  1024

struct target {
    const char *account, *caption, *first_comment, *post_id;
    const struct node *tiktok_settings, *tiktok_music;
    int mode;
    bool share_reel;
    uint32_t row; /* of the account; set by targets_valid */
};

static const struct field target_rows[] = {
    FIELD("socialAccountId", FIELD_TEXT, struct target, account, .required = true,
          .help = "Id of an account of the content's project."),
    FIELD("mode", FIELD_ENUM, struct target, mode, .required = true, .words = &layers_publish_modes,
          .help = "Who publishes the post: Layers, the creator, or the managed provider."),
    FIELD("captionOverride", FIELD_TEXT, struct target, caption, .max = CAPTION_MAX,
          .help = "Caption to use instead of the content's."),
    FIELD("firstCommentOverride", FIELD_TEXT, struct target, first_comment, .max = CAPTION_MAX,
          .help = "Text of the first comment."),
    FIELD("scheduledPostId", FIELD_TEXT, struct target, post_id,
          .help = "Accepted because older API versions have it; ignored."),
    FIELD("tiktokPostSettings", FIELD_NODE, struct target, tiktok_settings, .help = "TikTok settings of the post."),
    FIELD("tiktokMusic", FIELD_NODE, struct target, tiktok_music, .help = "Music of a TikTok post."),
    FIELD("shareReelToFeed", FIELD_BOOL, struct target, share_reel,
          .help = "Whether a reel is also shown in the feed."),
};
static const struct fields target_fields = FIELD_TABLE("target", target_rows, struct target, FIELDS_NO_PLACE);

struct schedule_body {
    const char *due;
    struct field_list targets;
};

static const struct field schedule_rows[] = {
    FIELD("scheduledFor", FIELD_TEXT, struct schedule_body, due, .required = true,
          .help = "Time of publication, in UTC."),
    FIELD("targets", FIELD_LIST, struct schedule_body, targets, .required = true, .min = 1, .max = TARGETS_MAX,
          .sub = &target_fields, .help = "Accounts to post to."),
};
static const struct fields schedule_fields = FIELD_TABLE("body", schedule_rows, struct schedule_body, FIELDS_NO_PLACE);

static const struct field publish_rows[] = {
    FIELD("targets", FIELD_LIST, struct schedule_body, targets, .required = true, .min = 1, .max = TARGETS_MAX,
          .sub = &target_fields, .help = "Accounts to post to."),
};
static const struct fields publish_fields = FIELD_TABLE("body", publish_rows, struct schedule_body, FIELDS_NO_PLACE);

static const struct field reason_rows[] = {
    {.key = "reason", .type = FIELD_TEXT, .max = REASON_MAX, .help = "Reason to record with the cancellation."},
};
static const struct fields reason_fields = {"body", reason_rows, 1, sizeof(const char *), FIELDS_NO_PLACE};

static const struct field due_rows[] = {
    {.key = "scheduledFor", .type = FIELD_TEXT, .required = true, .help = "New time of publication, in UTC."},
};
static const struct fields due_fields = {"body", due_rows, 1, sizeof(const char *), FIELDS_NO_PLACE};

static bool targets_valid(struct call *c, const struct schedule_body *body, uint32_t space)
{
    struct target *targets = body->targets.items;
    for (size_t i = 0; i < body->targets.count; i++) {
        uint32_t row = caller_account(c, str_from(targets[i].account));
        if (row && account_read(c->world, row)->space == space)
            targets[i].row = row;
        else
            call_issue(c, arena_printf(c->arena, "targets[%zu].socialAccountId", i),
                       "is not a connected account of the content's project");
    }
    return !c->fault;
}

static bool content_valid(struct call *c, const struct content *content)
{
    if (content->state != CONTENT_COMPLETED)
        return call_refuse(c, FAULT_CONFLICT, "The content is not completed.");
    if (content->approval == APPROVAL_REJECTED)
        return call_refuse(c, FAULT_CONTENT_REJECTED, NULL);
    return true;
}

static uint32_t create_post(struct call *c, uint32_t content, int64_t due_ms, bool draft)
{
    struct post post = {.content = content,
                        .public_id = ids_mint(c->world, "post_", ID_OPEN),
                        .text = content_read(c->world, content)->caption,
                        .draft = draft,
                        .due_at_ms = due_ms};
    return post_schedule(c->world, content_read(c->world, content)->space, &post);
}

static uint32_t create_destination(struct call *c, uint32_t post, const struct target *target, const char *id)
{
    struct destination spec = {
        .account = target->row, .public_id = id, .mode = (enum publish_mode)target->mode, .caption = target->caption};
    return destination_schedule(c->world, post, &spec);
}

static void print_scheduled(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "scheduledPostId", d->public_id);
    json_put_text(out, "socialAccountId", account_read(c->world, d->account)->public_id);
    json_put_text(out, "mode", enum_word_of(&layers_publish_modes, d->mode));
    json_put_text(out, "status", enum_word_of(&layers_post_statuses, d->state));
    put_seconds(out, "scheduledFor", d->due_at_ms);
    json_close_map(out);
}

static void schedule(struct call *c, uint32_t content, const struct schedule_body *body, int64_t due_ms)
{
    uint32_t row = create_post(c, content, due_ms, false);
    const struct target *targets = body->targets.items;
    struct json *out = call_json(c, 202);
    json_open_map(out);
    json_key(out, "scheduledPosts");
    json_open_list(out);
    for (size_t i = 0; i < body->targets.count; i++)
        print_scheduled(c, create_destination(c, row, &targets[i], ids_mint(c->world, "sp_", ID_OPEN)));
    json_close_list(out);
    json_close_map(out);
}

/* Schedules content that is pending approval. Its destinations have no id, so they are in no list until the content is
 * approved. */
static void schedule_blocked(struct call *c, uint32_t content, const struct schedule_body *body, int64_t due_ms)
{
    uint32_t row = create_post(c, content, due_ms, true);
    const struct target *targets = body->targets.items;
    for (size_t i = 0; i < body->targets.count; i++)
        create_destination(c, row, &targets[i], NULL);
    struct json *out = call_json(c, 202);
    json_open_map(out);
    json_put_text(out, "gateStatus", "blocked_on_approval");
    json_close_map(out);
}

uint32_t layers_content(struct call *c)
{
    uint32_t row = content_find(c->world, LAYERS, c->params[0]);
    if (row && call_owns(c, content_read(c->world, row)->space))
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such content.");
    return ROW_NONE;
}

void layers_schedule_content(struct call *c)
{
    struct schedule_body body = {0};
    int64_t due_ms;
    uint32_t row = layers_content(c);
    if (!row || !layers_body(c, &schedule_fields, &body))
        return;
    const struct content *content = content_read(c->world, row);
    layers_read_due(c, "scheduledFor", body.due, &due_ms);
    if (!targets_valid(c, &body, content->space) || !content_valid(c, content))
        return;
    if (content->approval == APPROVAL_PENDING)
        schedule_blocked(c, row, &body, due_ms);
    else
        schedule(c, row, &body, due_ms);
}

static bool is_approved(struct call *c, const struct content *content)
{
    if (content->approval != APPROVAL_PENDING)
        return true;
    const struct node *id = node_new_text(c->arena, str_from(content->public_id));
    const struct node *status = node_new_text(c->arena, str_from(enum_word_of(&layers_approvals, content->approval)));
    const struct node *data = node_new_map(c->arena, NULL, 0);
    data = node_with(c->arena, data, "containerId", id);
    c->fault_data = node_with(c->arena, data, "approvalStatus", status);
    return call_refuse(c, FAULT_APPROVAL_REQUIRED, NULL);
}

/* Refuses content that is pending approval; nothing is stored for it. We have not seen the documented response to a
 * successful call: it is the same here as for scheduling. */
void layers_publish_content(struct call *c)
{
    struct schedule_body body = {0};
    uint32_t row = layers_content(c);
    if (!row || !layers_body(c, &publish_fields, &body))
        return;
    const struct content *content = content_read(c->world, row);
    if (targets_valid(c, &body, content->space) && content_valid(c, content) && is_approved(c, content))
        schedule(c, row, &body, c->now_ms);
}

/* Like layers_content, for a post. */
static uint32_t find_post(struct call *c)
{
    uint32_t row = destination_find(c->world, LAYERS, c->params[0]);
    if (row && call_owns(c, destination_read(c->world, row)->space))
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such post.");
    return ROW_NONE;
}

/* Finds the post of the path. Refuses the call and returns ROW_NONE unless the post is queued. */
static uint32_t queued_post(struct call *c)
{
    uint32_t row = find_post(c);
    if (!row || destination_read(c->world, row)->state == DESTINATION_QUEUED)
        return row;
    call_refuse(c, FAULT_CONFLICT, "The post is %s; only a queued post can be changed.",
                enum_word_of(&layers_post_statuses, destination_read(c->world, row)->state));
    return ROW_NONE;
}

void layers_cancel_scheduled_post(struct call *c)
{
    const char *reason = NULL;
    if (!body_is_empty(c->req) && !layers_body(c, &reason_fields, &reason))
        return;
    uint32_t row = queued_post(c);
    if (!row)
        return;
    destination_cancel(c->world, row);
    const struct destination *d = destination_read(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    json_put_text(out, "status", enum_word_of(&layers_post_statuses, d->state));
    put_seconds(out, "canceledAt", d->canceled_at_ms);
    json_close_map(out);
}

void layers_reschedule_post(struct call *c)
{
    const char *due = NULL;
    int64_t due_ms;
    if (!layers_body(c, &due_fields, &due) || !layers_read_due(c, "scheduledFor", due, &due_ms))
        return;
    uint32_t row = queued_post(c);
    if (!row)
        return;
    destination_reschedule(c->world, row, due_ms);
    const struct destination *d = destination_read(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    json_put_text(out, "status", enum_word_of(&layers_post_statuses, d->state));
    put_seconds(out, "scheduledFor", d->due_at_ms);
    put_seconds(out, "updatedAt", d->updated_at_ms);
    json_close_map(out);
}

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     100

struct filter {
    unsigned states; /* a bit per state */
    uint32_t account;
    bool nothing; /* matches no post: the requested account does not exist */
};

/* clang-format off */
static const struct failure_row {
    const char *code, *message;
} failures[FAILURE_COUNT] = {
    [FAILURE_TOKEN_DEAD]   = {"CREDENTIAL_INVALID",   "The account's token is no longer valid."},
    [FAILURE_ACCOUNT_GONE] = {"ACCOUNT_DISCONNECTED", "The account was disconnected."},
    [FAILURE_PLATFORM]     = {"PLATFORM_ERROR",       "The platform rejected the post."},
    [FAILURE_FLAGGED]      = {"PLATFORM_ERROR",       "The platform rejected the account."},
    [FAILURE_LIMITED]      = {"CREDENTIAL_INVALID",   "The account's token lacks the permission to publish."},
    [FAILURE_UNPREPARED]   = {"INTERNAL",             "The account has no distribution layers."},
};
/* clang-format on */

const char *layers_failure_code(enum failure failure)
{
    return failures[failure].code;
}

static void print_failure(struct call *c, const struct destination *d)
{
    struct json *out = &c->out;
    json_key(out, "lastError");
    if (d->failure == FAILURE_NONE) {
        json_null(out);
        return;
    }
    json_open_map(out);
    json_put_text(out, "code", d->failure_code ? d->failure_code : layers_failure_code(d->failure));
    json_put_text(out, "message", failures[d->failure].message);
    json_close_map(out);
}

static void print_post(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    const struct account *a = account_read(c->world, d->account);
    uint32_t content = post_read(c->world, d->post)->content;
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    json_put_text(out, "containerId", content ? content_read(c->world, content)->public_id : NULL);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_text(out, "platform", enum_word_of(&layers_platforms, a->platform));
    json_put_text(out, "mode", enum_word_of(&layers_publish_modes, d->mode));
    json_put_text(out, "status", enum_word_of(&layers_post_statuses, d->state));
    json_put_text(out, "externalId", d->external_id);
    json_put_text(out, "externalUrl", d->external_url);
    put_seconds(out, "scheduledFor", d->due_at_ms);
    put_seconds(out, "attemptedAt", d->attempted_at_ms);
    put_seconds(out, "publishedAt", d->published_at_ms);
    put_seconds(out, "canceledAt", d->canceled_at_ms);
    print_failure(c, d);
    put_seconds(out, "createdAt", d->created_at_ms);
    put_seconds(out, "updatedAt", d->updated_at_ms);
    json_close_map(out);
}

static bool matches_filter(const struct call *c, uint32_t row, const void *filter)
{
    const struct filter *f = filter;
    const struct destination *d = destination_read(c->world, row);
    return d->public_id && !f->nothing && f->states >> d->state & 1 && (!f->account || f->account == d->account);
}

static void read_account(struct call *c, uint32_t project, struct filter *f)
{
    struct str id = call_query(c, "socialAccountId");
    if (!id.s)
        return;
    f->account = account_find(c->world, LAYERS, id); /* may be disconnected: its posts remain */
    f->nothing = !f->account || account_read(c->world, f->account)->space != project;
}

/* The index is sorted by due time, latest first, so `until` sets the first entry and `since` the last. */
void layers_list_scheduled_posts(struct call *c)
{
    struct filter f = {0};
    struct page page;
    int64_t since_ms = INT64_MIN + 1, until_ms = INT64_MAX;
    uint32_t project = layers_project(c);
    if (!project)
        return;
    f.states = layers_query_words(c, "status", &layers_post_statuses);
    read_account(c, project, &f);
    read_query_time(c, "since", &since_ms);
    read_query_time(c, "until", &until_ms);
    page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page);
    if (c->fault)
        return;
    if (page.order < -until_ms) {
        page.order = -until_ms;
        page.row = 0;
    }
    struct page_list list = {.index = &c->world->indexes[INDEX_DESTINATION_SPACE],
                             .key = project,
                             .last_order = -since_ms,
                             .matches = matches_filter,
                             .print = print_post,
                             .filter = &f};
    page_print(c, &page, &list);
}

void layers_read_scheduled_post(struct call *c)
{
    uint32_t row = find_post(c);
    if (!row)
        return;
    call_json(c, 200);
    print_post(c, row);
}
