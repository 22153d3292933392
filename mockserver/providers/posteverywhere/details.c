/* Writes and reads the JSON text in which a post's record stores its details. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "base/json.h"

const char *pe_details_write(struct arena *a, const struct pe_details *d)
{
    struct buf text = {.arena = a};
    struct json w = json_begin(&text, 0);
    json_open_map(&w);
    json_put_text(&w, "timezone", d->timezone);
    json_key(&w, "media_ids");
    json_open_list(&w);
    for (size_t i = 0; i < d->media.count; i++)
        json_text(&w, ((const char *const *)d->media.items)[i]);
    json_close_list(&w);
    if (d->platforms)
        json_put_node(&w, "platform_content", d->platforms);
    json_close_map(&w);
    return buf_c(&text);
}

struct pe_details pe_details_read(struct arena *a, const char *text)
{
    const struct node *details = text ? json_parse(a, str_from(text), "details", NULL) : NULL;
    const char *timezone = node_get_text(details, "timezone");
    const struct node *media = node_get(details, "media_ids");
    const char **ids = arena_array(a, const char *, node_count(media) + 1);
    for (size_t i = 0; i < node_count(media); i++)
        ids[i] = node_text(node_at(media, i));
    return (struct pe_details){
        .timezone = timezone ? timezone : "UTC",
        .media = {node_count(media), ids},
        .platforms = node_get(details, "platform_content"),
    };
}
