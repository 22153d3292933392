/* Scheduled posts: list, create, read, update and delete. */
#include "mockserver/providers/postnitro/postnitro.h"

#include "mockserver/state/record.h"

static bool read_bound(struct call *c, const char *parameter, const char *name, int64_t *ms)
{
    struct str text = call_query(c, parameter);
    if (!text.n)
        return call_refuse(c, FAULT_INVALID, "%s date is required", name);
    return postnitro_read_date(c->arena, text, ms) ||
           call_refuse(c, FAULT_INVALID, "%s date is not a valid date", name);
}

/* Lists the posts from fromDate to toDate, both included, latest first. */
void postnitro_list_schedule(struct call *c)
{
    int64_t from_ms = 0, to_ms = 0, workspace = postnitro_workspace(c);
    struct index_walk walk;
    if (!read_bound(c, "fromDate", "From", &from_ms) || !read_bound(c, "toDate", "To", &to_ms))
        return;
    struct json *out = postnitro_begin(c, NULL);
    json_open_list(out);
    index_from(&c->world->indexes[INDEX_POST_SPACE], &walk, (struct index_entry){workspace, -to_ms, 0});
    while (index_next_of(&walk, workspace) && walk.entry.order <= -from_ms)
        postnitro_print_post(c, walk.entry.row);
    json_close_list(out);
    postnitro_end(c);
}

/* The post named by the path. ROW_NONE: the call is refused. */
static uint32_t named_post(struct call *c)
{
    if (!str_trim(c->params[0]).n) {
        call_refuse(c, FAULT_BAD_ID, NULL);
        return ROW_NONE;
    }
    uint32_t row = post_find(c->world, POSTNITRO, c->params[0]);
    const struct post *p = row ? post_read(c->world, row) : NULL;
    if (p && p->space == postnitro_workspace(c) && !p->removed_at_ms)
        return row;
    call_refuse(c, FAULT_NOT_FOUND, NULL);
    return ROW_NONE;
}

static void respond_post(struct call *c, const char *message, uint32_t row)
{
    postnitro_begin(c, message);
    postnitro_print_post(c, row);
    postnitro_end(c);
}

void postnitro_read_schedule(struct call *c)
{
    uint32_t row = named_post(c);
    if (row)
        respond_post(c, NULL, row);
}

static void link_accounts(struct call *c, uint32_t post, const struct postnitro_request *r)
{
    for (size_t i = 0; i < r->account_count; i++) {
        const struct destination spec = {
            .account = r->accounts[i],
            .public_id = ids_mint(c->world, "c", ID_CUID),
            .mode = MODE_PUBLISH,
        };
        destination_schedule(c->world, post, &spec);
    }
}

void postnitro_create_schedule(struct call *c)
{
    struct postnitro_request r = {0};
    if (!postnitro_read_request(c, &r))
        return;
    r.post.public_id = ids_mint(c->world, "c", ID_CUID);
    uint32_t row = post_schedule(c->world, postnitro_workspace(c), &r.post);
    link_accounts(c, row, &r);
    respond_post(c, "Scheduled post created", row);
}

/* An update replaces all captions and links. */
void postnitro_update_schedule(struct call *c)
{
    struct postnitro_request r = {0};
    uint32_t row = named_post(c);
    if (!row || !postnitro_read_request(c, &r))
        return;
    enum postnitro_status status = postnitro_post_status(c->world, row);
    if (status != POSTNITRO_DRAFT && status != POSTNITRO_SCHEDULED) {
        call_refuse(c, FAULT_CONFLICT, "Failed to update %s post", enum_word_of(&postnitro_statuses, status));
        return;
    }
    post_remove_destinations(c->world, row);
    post_revise(c->world, row, &r.post);
    link_accounts(c, row, &r);
    respond_post(c, "Scheduled post updated", row);
}

void postnitro_delete_schedule(struct call *c)
{
    uint32_t row = named_post(c);
    if (!row)
        return;
    post_remove(c->world, row);
    struct json *out = postnitro_begin(c, "Scheduled post deleted");
    json_open_map(out);
    json_put_text(out, "message", "Post deleted successfully");
    json_close_map(out);
    postnitro_end(c);
}
