/* Creating many posts with one call. Each post is read and checked as in a call of its own, in the order of the list; a
 * post that is refused does not stop the others. The call counts once for the rate limit. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#define BULK_MAX 50 /* posts in one call */

/* What became of one item: a post, or a refusal. */
struct item {
    uint32_t post; /* ROW_NONE: refused */
    struct pe_refusal refusal;
};

static struct item create(struct call *c, const struct node *item)
{
    struct item o = {0};
    if (item->kind == NODE_MAP)
        o.post = pe_create_from(c, item);
    else
        call_issue(c, "", "must be an object");
    if (!o.post)
        o.refusal = pe_take_refusal(c);
    return o;
}

static void print_outcome(struct call *c, size_t index, const struct item *o)
{
    struct json *out = &c->out;
    json_open_map(out);
    json_put_int(out, "index", (int64_t)index);
    json_put_bool(out, "ok", o->post);
    json_key(out, o->post ? "post" : "error");
    if (o->post)
        pe_print_created(c, o->post);
    else
        pe_print_refusal(c, &o->refusal);
    json_close_map(out);
}

static void respond(struct call *c, const struct item *outcomes, size_t count)
{
    size_t created = 0;
    for (size_t i = 0; i < count; i++)
        created += outcomes[i].post != ROW_NONE;
    struct json *out = pe_begin(c, created == count ? 201 : created ? 207 : 422);
    json_open_map(out);
    json_key(out, "summary");
    json_open_map(out);
    json_put_int(out, "total", (int64_t)count);
    json_put_int(out, "succeeded", (int64_t)created);
    json_put_int(out, "failed", (int64_t)(count - created));
    json_close_map(out);
    json_key(out, "results");
    json_open_list(out);
    for (size_t i = 0; i < count; i++)
        print_outcome(c, i, &outcomes[i]);
    json_close_list(out);
    json_close_map(out);
    pe_end(c);
}

struct bulk_body {
    const struct node *posts;
};
static const struct field bulk_rows[] = {
    FIELD("posts", FIELD_NODE, struct bulk_body, posts, .required = true, .help = "Posts, as in POST /posts."),
};
static const struct fields bulk_fields = FIELD_TABLE("body", bulk_rows, struct bulk_body, FIELDS_NO_PLACE);

void pe_bulk_create_posts(struct call *c)
{
    struct bulk_body body = {0};
    if (!pe_body(c, &bulk_fields, &body))
        return;
    if (body.posts->kind != NODE_LIST || !body.posts->list.count) {
        call_issue(c, "posts", "must be an array of at least one post");
        return;
    }
    size_t count = body.posts->list.count;
    if (count > BULK_MAX) {
        pe_refuse(c, FAULT_INVALID, 400, "bulk_limit_exceeded", "posts: at most %d posts are allowed.", BULK_MAX);
        return;
    }
    struct item *outcomes = arena_array(c->arena, struct item, count);
    for (size_t i = 0; i < count; i++)
        outcomes[i] = create(c, body.posts->list.items[i]);
    respond(c, outcomes, count);
}
