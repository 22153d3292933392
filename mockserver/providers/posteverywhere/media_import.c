/* Importing a file from a URL. Nothing is downloaded: the extension of the path decides what the file is, and a host
 * below .invalid (RFC 6761) cannot be reached. An image is ready at once; a video is uploading for a while, then ready
 * or failed. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/host.h"
#include "base/units.h"
#include "mockserver/state/record.h"

#define FILES       "https://cdn.posteverywhere.ai/media"
#define IMAGE_STEP  "Add its id to the media_ids of a post."
#define VIDEO_STEP  "Read the media until media_status is ready, then add its id to the media_ids of a post."
#define UNREACHABLE "The URL cannot be reached."

/* What a URL with the extension has. `type` NULL: a video in a format that cannot be imported. */
static const struct remote {
    const char *extension, *type;
    int64_t size, width, height, duration_ms;
} remotes[] = {
    {".jpg",  "image/jpeg", 180000,  1200, 900,  0             },
    {".jpeg", "image/jpeg", 180000,  1200, 900,  0             },
    {".png",  "image/png",  240000,  1200, 900,  0             },
    {".gif",  "image/gif",  320000,  480,  480,  0             },
    {".webp", "image/webp", 90000,   1200, 900,  0             },
    {".heic", "image/heic", 150000,  1200, 900,  0             },
    {".heif", "image/heif", 150000,  1200, 900,  0             },
    {".mp4",  "video/mp4",  4000000, 1080, 1920, 15 * SECOND_MS},
    {".mov",  NULL,         0,       0,    0,    0             },
    {".m4v",  NULL,         0,       0,    0,    0             },
    {".avi",  NULL,         0,       0,    0,    0             },
    {".mkv",  NULL,         0,       0,    0,    0             },
    {".webm", NULL,         0,       0,    0,    0             },
};

/* A path without a known extension: an image, as a URL of a picture often has none. */
static const struct remote *remote_of(struct str path)
{
    for (size_t i = 0; i < COUNT(remotes); i++) {
        struct str end = str_from(remotes[i].extension);
        if (path.n > end.n && str_eq_nocase(str_skip(path, path.n - end.n), end))
            return &remotes[i];
    }
    return &remotes[0];
}

/* Addresses that no server on the internet can reach. */
static bool is_private(const char *host)
{
    unsigned a, b, c, d;
    char rest;
    if (host_is_loopback(str_from(host)) || str_starts(str_from(host), STR("[f")))
        return true;
    if (sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) != 4)
        return false;
    return a == 0 || a == 10 || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168) || (a == 169 && b == 254);
}

struct url_body {
    const char *url, *filename;
};
static const struct field url_rows[] = {
    FIELD("url", FIELD_TEXT, struct url_body, url, .required = true, .help = "URL of the image or MP4 video."),
    FIELD("filename", FIELD_TEXT, struct url_body, filename,
          .help = "File name. Default: the last part of the URL's path."),
};
static const struct fields url_fields = FIELD_TABLE("body", url_rows, struct url_body, FIELDS_NO_PLACE);

static bool url_valid(struct call *c, const char *text, struct url *url)
{
    const char *why;
    if (!url_parse(c->arena, text, url, &why))
        return call_issue(c, "url", "%s", why);
    if (strcmp(url->scheme, "https") != 0)
        return call_issue(c, "url", "must be https");
    return !is_private(url->host) || call_issue(c, "url", "must be a public address");
}

static void respond(struct call *c, uint32_t row, bool is_video)
{
    const struct media *m = media_read(c->world, row);
    bool is_ready = m->state == MEDIA_READY;
    struct json *out = pe_begin(c, 201);
    json_open_map(out);
    pe_put_media_ids(out, m->public_id);
    json_put_text(out, "media_status", enum_word_of(&pe_media_statuses, m->state));
    json_put_text(out, "type", pe_media_type(m->content_type));
    json_put_text(out, "url", is_ready ? arena_printf(c->arena, FILES "/%s", m->public_id) : NULL);
    json_put_text(out, "filename", m->name);
    if (is_ready)
        json_put_int(out, "size", m->size);
    else
        json_put_null(out, "size");
    json_put_text(out, "content_type", m->content_type);
    json_put_text(out, "source_url", m->source_url);
    json_put_text(out, "next_step", is_video ? VIDEO_STEP : IMAGE_STEP);
    json_close_map(out);
    pe_end(c);
}

void pe_upload_media_from_url(struct call *c)
{
    struct url_body body = {0};
    struct url url;
    if (!pe_body(c, &url_fields, &body) || !url_valid(c, body.url, &url))
        return;
    const struct remote *remote = remote_of(str_from(url.path));
    bool is_video = !remote->type || str_starts(str_from(remote->type), STR("video/"));
    bool is_missing = str_ends(str_from(url.host), STR(".invalid"));
    if (!remote->type) {
        pe_refuse(c, FAULT_INVALID, 415, "unsupported_media_type",
                  "url: of videos, only MP4 can be imported; upload this one with POST /media/upload.");
        return;
    }
    if (is_missing && !is_video) {
        pe_refuse(c, FAULT_INVALID, 400, "upload_failed", "url: " UNREACHABLE);
        return;
    }
    const char *slash = strrchr(url.path, '/');
    const struct media spec = {
        .public_id = ids_mint(c->world, "", ID_UUID),
        .name = body.filename       ? body.filename
                : slash && slash[1] ? slash + 1
                                    : "file",
        .content_type = remote->type,
        .source_url = body.url,
        .problem = is_missing ? UNREACHABLE : NULL,
        .state = is_video ? MEDIA_UPLOADING : MEDIA_READY,
        .imported_at_ms = is_video ? c->now_ms + c->world->timings.media_import_ms : 0,
        .size = remote->size,
        .width = remote->width,
        .height = remote->height,
        .duration_ms = remote->duration_ms,
    };
    respond(c, media_create(c->world, pe_space(c), &spec), is_video);
}
