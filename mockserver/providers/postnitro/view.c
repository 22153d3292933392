/* The JSON of a scheduled post. */
#include "base/array.h"
#include "mockserver/providers/postnitro/postnitro.h"

static const char *const settings[] = {"postSettings", "instagramPostSettings", "linkedinPostSettings",
                                       "tiktokPostSettings", "threadsPostSettings"};
static const char *const caption_keys[] = {"common", "linkedin", "instagram", "tiktok", "facebook", "threads"};

static const char *failure_message(const struct destination *d)
{
    if (d->failure == FAILURE_NONE)
        return NULL;
    return d->failure_code ? d->failure_code : enum_word_of(&postnitro_failures, d->failure);
}

struct tally { /* a post's links by status; those of an account that was disconnected since count as well */
    uint32_t pending, published, failed;
    uint32_t first_failed; /* destination, or ROW_NONE */
};

static void count_link(struct tally *t, const struct destination *d, uint32_t row)
{
    switch (d->state) {
    case DESTINATION_PUBLISHED:
    case DESTINATION_DRAFT:
        t->published++;
        break;
    case DESTINATION_FAILED:
    case DESTINATION_CANCELED:
        if (!t->failed++ || row < t->first_failed)
            t->first_failed = row;
        break;
    case DESTINATION_QUEUED:
    case DESTINATION_PUBLISHING:
    case DESTINATION_HELD:
    case DESTINATION_STATE_COUNT:
        t->pending++;
        break;
    }
}

static struct tally tally(const struct world *w, uint32_t post)
{
    static const enum world_index links[] = {INDEX_DESTINATION_POST, INDEX_DESTINATION_LEFT};
    struct tally t = {0};
    for (size_t i = 0; i < COUNT(links); i++) {
        struct index_walk walk;
        index_from(&w->indexes[links[i]], &walk, (struct index_entry){post, 0, 0});
        while (index_next_of(&walk, post))
            count_link(&t, destination_read(w, walk.entry.row), walk.entry.row);
    }
    return t;
}

static enum postnitro_status status_of(const struct post *p, const struct tally *t)
{
    if (p->draft)
        return POSTNITRO_DRAFT;
    if (t->pending)
        return POSTNITRO_SCHEDULED;
    if (t->failed)
        return t->published ? POSTNITRO_PARTIALLY_FAILED : POSTNITRO_FAILED;
    return t->published ? POSTNITRO_PUBLISHED : POSTNITRO_SCHEDULED;
}

enum postnitro_status postnitro_post_status(const struct world *w, uint32_t row)
{
    struct tally t = tally(w, row);
    return status_of(post_read(w, row), &t);
}

bool postnitro_is_caption(const char *key)
{
    return text_index(caption_keys, COUNT(caption_keys), str_from(key)) < COUNT(caption_keys);
}

static bool in_tag(char c)
{
    return (unsigned char)c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static void print_hashtags(struct json *out, struct str text)
{
    json_key(out, "hashtags");
    json_open_list(out);
    for (size_t i = 0; i < text.n; i++) {
        size_t end = i + 1;
        while (text.s[i] == '#' && end < text.n && in_tag(text.s[end]))
            end++;
        if (end > i + 1)
            json_str(out, str_of(text.s + i, end - i));
        i = end - 1;
    }
    json_close_list(out);
}

static void print_captions(struct json *out, const struct node *content)
{
    json_key(out, "postContents");
    json_open_list(out);
    for (size_t i = 0; i < COUNT(caption_keys); i++) {
        const char *text = node_get_text(content, caption_keys[i]);
        if (!text || !*text)
            continue;
        json_open_map(out);
        json_put_text(out, "platform", caption_keys[i]);
        json_put_text(out, "text", text);
        print_hashtags(out, str_from(text));
        json_close_map(out);
    }
    json_close_list(out);
}

const char *postnitro_details(struct arena *a, const struct node *body)
{
    struct buf text = {.arena = a};
    struct json out = json_begin(&text, 0);
    json_open_map(&out);
    for (size_t i = 0; i < COUNT(settings); i++) {
        const struct node *value = node_get(body, settings[i]);
        if (value)
            json_put_node(&out, settings[i], value);
        else
            json_put_null(&out, settings[i]);
    }
    print_captions(&out, node_get(body, "postContent"));
    json_close_map(&out);
    return buf_c(&text);
}

static void print_link(struct call *c, uint32_t row)
{
    const struct destination *d = destination_read(c->world, row);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "socialAccountId", account_read(c->world, d->account)->public_id);
    json_put_text(out, "liveLink", d->external_url);
    json_put_text(out, "errorMessage", failure_message(d));
    json_put_text(out, "status", enum_word_of(&postnitro_links, d->state));
    put_millis(out, "publishedAt", d->published_at_ms);
    json_close_map(out);
}

static void print_links(struct call *c, uint32_t post)
{
    struct index_walk walk;
    json_key(&c->out, "socialAccounts");
    json_open_list(&c->out);
    index_from(&c->world->indexes[INDEX_DESTINATION_POST], &walk, (struct index_entry){post, 0, 0});
    while (index_next_of(&walk, post))
        print_link(c, walk.entry.row);
    json_close_list(&c->out);
}

static void print_design(struct call *c, const struct content *design)
{
    struct json *out = &c->out;
    json_key(out, "designDetails");
    if (!design) {
        json_null(out);
        return;
    }
    json_open_map(out);
    json_put_text(out, "id", design->public_id);
    json_put_text(out, "name", design->name);
    json_put_text(out, "designType", design->media_type);
    json_put_text(out, "source", design->source);
    json_close_map(out);
}

void postnitro_print_post(struct call *c, uint32_t row)
{
    const struct post *p = post_read(c->world, row);
    const struct content *design = p->content ? content_read(c->world, p->content) : NULL;
    struct tally t = tally(c->world, row);
    const struct node *details = json_parse(c->arena, str_from(p->details), "details", NULL);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", p->public_id);
    json_put_text(out, "designId", design ? design->public_id : NULL);
    json_put_null(out, "labels");
    json_put_text(out, "status", enum_word_of(&postnitro_statuses, status_of(p, &t)));
    put_millis(out, "scheduledFor", p->due_at_ms);
    put_millis(out, "publishedAt", p->published_at_ms);
    json_put_text(out, "errorMessage",
                  t.first_failed ? failure_message(destination_read(c->world, t.first_failed)) : NULL);
    for (size_t i = 0; i < node_count(details); i++)
        json_put_node(out, details->map.members[i].key, details->map.members[i].value);
    print_design(c, design);
    print_links(c, row);
    put_millis(out, "createdAt", p->created_at_ms);
    put_millis(out, "updatedAt", p->updated_at_ms);
    json_close_map(out);
}
