/* Media. Only the metadata is stored: uploaded bytes are counted and discarded. */
#include "base/array.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <inttypes.h>
#include <string.h>

#include "mockserver/state/record.h"

#define MIB           (INT64_C(1) << 20)
#define UPLOAD_S      900
#define UPLOAD_STEP   "Send the file to upload_url, then POST to /media/{media_id}/complete."
#define COMPLETE_STEP "Add its id to the media_ids of a post."

static const struct kind {
    const char *prefix, *type;
    int64_t bytes_max;
} kinds[] = {
    {"image/",          "image",    20 * MIB },
    {"video/",          "video",    500 * MIB},
    {"application/pdf", "document", 100 * MIB},
};

static const struct kind *kind_of(const char *content_type)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_starts_nocase(str_from(content_type), str_from(kinds[i].prefix)))
            return &kinds[i];
    return NULL;
}

struct upload_body {
    const char *filename, *content_type;
    int64_t size, file_size, width, height, duration;
};

#define OF  struct upload_body
#define BIG .max = INT64_MAX
static const struct field upload_rows[] = {
    FIELD("filename", FIELD_TEXT, OF, filename, .required = true, .min = 1, .max = 255, .help = "File name."),
    FIELD("content_type", FIELD_TEXT, OF, content_type, .required = true, .help = "MIME type."),
    FIELD("size", FIELD_INT, OF, size, BIG, .help = "Size in bytes."),
    FIELD("file_size", FIELD_INT, OF, file_size, BIG,
          .help = "Size in bytes, under the name that the provider's SDK sends."),
    FIELD("width", FIELD_INT, OF, width, BIG, .help = "Width in pixels."),
    FIELD("height", FIELD_INT, OF, height, BIG, .help = "Height in pixels."),
    FIELD("duration", FIELD_INT, OF, duration, .max = INT32_MAX, .help = "Duration in seconds."),
};
static const struct fields upload_fields = FIELD_TABLE("body", upload_rows, OF, FIELDS_NO_PLACE);
#undef OF

const char *pe_media_type(const char *content_type)
{
    const struct kind *kind = kind_of(content_type);
    return kind ? kind->type : "document";
}

static void put_known(struct json *out, const char *key, int64_t value)
{
    if (value)
        json_put_int(out, key, value);
    else
        json_put_null(out, key);
}

void pe_put_media_ids(struct json *out, const char *id)
{
    json_put_text(out, "media_id", id);
    json_key(out, "media_ids");
    json_open_list(out);
    json_text(out, id);
    json_close_list(out);
}

/* The shape of a picture: only the provider's MCP server knows these members. */
static void print_shape(struct call *c, const struct media *m)
{
    struct json *out = &c->out;
    if (!m->width || !m->height) {
        json_put_null(out, "dimensions");
        json_put_null(out, "aspect_ratio");
        json_put_null(out, "orientation");
        return;
    }
    json_key_map(out, "dimensions");
    json_put_int(out, "width", m->width);
    json_put_int(out, "height", m->height);
    json_close_map(out);
    int64_t ratio = m->width * 1000 / m->height;
    json_key(out, "aspect_ratio");
    json_raw(out, str_from(arena_printf(c->arena, "%" PRId64 ".%03d", ratio / 1000, (int)(ratio % 1000))));
    json_put_text(out, "orientation",
                  m->width == m->height  ? "square"
                  : m->width > m->height ? "landscape"
                                         : "portrait");
}

/* The names that the provider's clients read, besides those of the page. The page says that no response but that of an
 * import has a URL. */
static void print_client_members(struct call *c, const struct media *m)
{
    struct json *out = &c->out;
    const char *status = enum_word_of(&pe_media_statuses, m->state);
    json_put_text(out, "media_type", pe_media_type(m->content_type));
    json_put_text(out, "mime_type", m->content_type);
    put_known(out, "file_size", m->size);
    json_put_text(out, "upload_status", status);
    json_put_text(out, "media_status", status);
    json_put_text(out, "error_message", m->state == MEDIA_FAILED ? m->problem : NULL);
    json_put_text(out, "original_name", m->name);
    print_shape(c, m);
}

static void print_members(struct call *c, uint32_t row)
{
    const struct media *m = media_read(c->world, row);
    struct json *out = &c->out;
    json_put_text(out, "id", m->public_id);
    pe_put_media_ids(out, m->public_id);
    json_put_text(out, "filename", m->name);
    json_put_text(out, "content_type", m->content_type);
    json_put_text(out, "type", pe_media_type(m->content_type));
    json_put_text(out, "status", enum_word_of(&pe_media_statuses, m->state));
    put_known(out, "size", m->size);
    put_known(out, "width", m->width);
    put_known(out, "height", m->height);
    put_known(out, "duration", m->duration_ms / 1000);
    json_put_null(out, "thumbnail_url");
    print_client_members(c, m);
    pe_put_time(c, "created_at", m->created_at_ms);
}

void pe_print_media(struct call *c, uint32_t row)
{
    json_open_map(&c->out);
    print_members(c, row);
    json_close_map(&c->out);
}

/* The upload URL is a path of this mock, in the same namespace. */
static void respond_upload(struct call *c, uint32_t row, const struct kind *kind)
{
    const struct media *m = media_read(c->world, row);
    struct json *out = pe_begin(c, 201);
    json_open_map(out);
    pe_put_media_ids(out, m->public_id);
    json_put_text(out, "upload_url",
                  arena_printf(c->arena, "%s%s/media/uploads/%s", call_base_url(c), c->provider->base, m->public_id));
    json_key(out, "upload_method");
    json_open_map(out);
    bool is_image = strcmp(kind->type, "image") == 0;
    json_put_text(out, "method", is_image ? "POST" : "PUT");
    json_put_text(out, "content_type", is_image ? "multipart/form-data" : m->content_type);
    json_put_text(out, "field_name", is_image ? "file" : NULL);
    json_close_map(out);
    json_put_text(out, "provider", "mock");
    json_put_text(out, "protocol", "https");
    json_put_int(out, "expires_in", UPLOAD_S);
    json_put_int(out, "max_size", kind->bytes_max);
    json_put_text(out, "next_step", UPLOAD_STEP);
    json_close_map(out);
    pe_end(c);
}

void pe_create_upload(struct call *c)
{
    struct upload_body body = {0};
    if (!pe_body(c, &upload_fields, &body))
        return;
    const struct kind *kind = kind_of(body.content_type);
    int64_t size = body.size ? body.size : body.file_size;
    if (!kind) {
        pe_refuse(c, FAULT_INVALID, 400, "unsupported_media_type",
                  "content_type: '%s' is not supported; must be an image, a video or a PDF.", body.content_type);
        return;
    }
    if (size > kind->bytes_max) {
        pe_refuse(c, FAULT_INVALID, 400, "file_too_large", "size: the limit for a %s is %d MB.", kind->type,
                  (int)(kind->bytes_max / MIB));
        return;
    }
    const struct media spec = {
        .public_id = ids_mint(c->world, "", ID_UUID),
        .name = body.filename,
        .content_type = body.content_type,
        .size = size,
        .width = body.width,
        .height = body.height,
        .duration_ms = body.duration * 1000,
    };
    respond_upload(c, media_create(c->world, pe_space(c), &spec), kind);
}

/* The upload URL is the credential: the request needs no API key. */
void pe_receive_upload(struct call *c)
{
    uint32_t row = media_find(c->world, POSTEVERYWHERE, c->params[0]);
    if (!row || media_read(c->world, row)->state != MEDIA_UPLOADING || media_read(c->world, row)->source_url) {
        call_refuse(c, FAULT_NOT_FOUND, "No upload is in progress at this URL.");
        return;
    }
    media_receive(c->world, row, (int64_t)c->req->body.n);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "media_id", media_read(c->world, row)->public_id);
    json_put_int(out, "received", (int64_t)c->req->body.n);
    json_close_map(out);
    pe_end(c);
}

static uint32_t own_media(struct call *c)
{
    uint32_t row = media_find(c->world, POSTEVERYWHERE, c->params[0]);
    if (row && media_read(c->world, row)->state != MEDIA_REMOVED && call_owns(c, media_read(c->world, row)->space))
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "No media has this id.");
    return ROW_NONE;
}

static void respond_media(struct call *c, uint32_t row, int status, const char *next_step)
{
    struct json *out = pe_begin(c, status);
    json_open_map(out);
    print_members(c, row);
    if (next_step) {
        json_put_text(out, "message", "The file is ready.");
        json_put_text(out, "next_step", next_step);
    }
    json_close_map(out);
    pe_end(c);
}

/* Completing an upload again succeeds and changes nothing. */
void pe_complete_media(struct call *c)
{
    uint32_t row = own_media(c);
    if (!row)
        return;
    const struct media *m = media_read(c->world, row);
    if (m->state == MEDIA_UPLOADING && !m->received) {
        pe_refuse(c, FAULT_INVALID, 400, "file_not_uploaded", "The file was not uploaded.");
        return;
    }
    if (m->state == MEDIA_UPLOADING)
        media_complete(c->world, row);
    if (media_read(c->world, row)->state == MEDIA_FAILED) {
        pe_refuse(c, FAULT_INVALID, 400, "upload_failed", "%s", media_read(c->world, row)->problem);
        return;
    }
    respond_media(c, row, 200, COMPLETE_STEP);
}

void pe_read_media(struct call *c)
{
    uint32_t row = own_media(c);
    if (row)
        respond_media(c, row, 200, NULL);
}

void pe_delete_media(struct call *c)
{
    uint32_t row = own_media(c);
    if (!row)
        return;
    media_remove(c->world, row);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "id", media_read(c->world, row)->public_id);
    json_put_bool(out, "deleted", true);
    json_put_text(out, "message", "Media deleted.");
    json_close_map(out);
    pe_end(c);
}

void pe_list_media(struct call *c)
{
    struct pe_page page;
    struct index_walk walk;
    struct str type = call_query(c, "type");
    if (!pe_read_page(c, &page))
        return;
    uint32_t space = pe_space(c);
    int64_t count = 0;
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_key(out, "media");
    json_open_list(out);
    index_from(&c->world->indexes[INDEX_MEDIA_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        const struct kind *kind = kind_of(media_read(c->world, walk.entry.row)->content_type);
        if (type.n && (!kind || !str_is(type, kind->type)))
            continue;
        if (count >= page.offset && count < page.offset + page.limit)
            pe_print_media(c, walk.entry.row);
        count++;
    }
    json_close_list(out);
    pe_put_page(c, &page, (size_t)count);
    json_put_int(out, "total", count); /* only a client's type has it */
    json_close_map(out);
    pe_end(c);
}
