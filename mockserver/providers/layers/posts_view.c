/* Handlers that list and read scheduled posts. */
#include "mockserver/providers/layers/layers.h"

#include "base/time.h"
#include "base/url.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     100

struct filter {
    unsigned states; /* a bit per state */
    uint32_t account;
    bool nothing; /* matches no post: the requested account does not exist */
};

static const struct failure_row {
    const char *code, *message;
} failures[FAILURE_COUNT] = {
    [FAILURE_TOKEN_DEAD] = {"CREDENTIAL_INVALID",   "The account's token is no longer valid."},
    [FAILURE_ACCOUNT_GONE] = {"ACCOUNT_DISCONNECTED", "The account was disconnected."          },
    [FAILURE_PLATFORM] = {"PLATFORM_ERROR",       "The platform rejected the post."        },
    [FAILURE_FLAGGED] = {"PLATFORM_ERROR",       "The platform rejected the account."     },
};

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
    layers_put_time(c, "scheduledFor", d->due_at_ms);
    layers_put_time(c, "attemptedAt", d->attempted_at_ms);
    layers_put_time(c, "publishedAt", d->published_at_ms);
    layers_put_time(c, "canceledAt", d->canceled_at_ms);
    print_failure(c, d);
    layers_put_time(c, "createdAt", d->created_at_ms);
    layers_put_time(c, "updatedAt", d->updated_at_ms);
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

/* The index is sorted by due time, latest first, so `until` sets the first entry and `since` the
 * last. */
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
    layers_query_instant(c, "since", &since_ms);
    layers_query_instant(c, "until", &until_ms);
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

uint32_t layers_scheduled_post(struct call *c)
{
    uint32_t row = destination_find(c->world, LAYERS, c->params[0]);
    if (row && call_owns(c, destination_read(c->world, row)->space))
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such post.");
    return ROW_NONE;
}

void layers_read_scheduled_post(struct call *c)
{
    uint32_t row = layers_scheduled_post(c);
    if (!row)
        return;
    call_json(c, 200);
    print_post(c, row);
}
