/* Reads the templates, presets, brands, audio tracks and generated posts of a workspace in a fixture. */
#include "mockserver/providers/postnitro/postnitro.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"
#include "mockserver/providers/shared/build.h"

#define SLIDES_MAX 50

/* Printed sizes; the first one is the default. */
static const char *const sizes[] = {"4:5", "1:1", "9:16", "16:9"};
static const struct dimensions {
    int width, height;
} dimensions[] = {
    {1080, 1350},
    {1080, 1080},
    {1080, 1920},
    {1920, 1080},
};

/* One struct for all lists: an item uses the members of its kind. */
struct fixture_item {
    struct where at;
    const char *id, *name;
    struct field_time created_at, updated_at;
    int size; /* index in sizes */
    const char *social_platform, *tone, *audience, *language, *model;
    int64_t slides, duration;
    const char *image, *handle, *url, *artist, *source, *error;
    bool is_company, show_handle, show_image, show_name;
    const struct node *result;
};

#define OF struct fixture_item
#define ID_ROW                                                                                                         \
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the item. Default: generated."),                        \
        FIELD("updated_at", FIELD_TIME, OF, updated_at,                                                                \
              .help = "Time of the last change; lists begin with the latest. Default: the clock's start.")

static const struct field template_rows[] = {
    ID_ROW,
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the template."),
    FIELD("size", FIELD_ENUM, OF, size, .texts = sizes, .text_count = COUNT(sizes),
          .help = "Format of its slides, in quotes. Default: \"4:5\"."),
};
const struct fields postnitro_template_fields = FIELD_TABLE("template", template_rows, OF, offsetof(OF, at));

static const struct field preset_rows[] = {
    ID_ROW,
    FIELD("social_platform", FIELD_TEXT, OF, social_platform, .help = "Value of socialPlatform. Default: linkedin."),
    FIELD("tone", FIELD_TEXT, OF, tone, .help = "Tone of the texts. Default: professional."),
    FIELD("audience", FIELD_TEXT, OF, audience, .help = "Audience of the texts. Default: everyone."),
    FIELD("language", FIELD_TEXT, OF, language, .help = "Language of the texts. Default: en."),
    FIELD("slides", FIELD_INT, OF, slides, .min = 1, .max = SLIDES_MAX,
          .help = "Number of slides of a generated carousel. Default: 5."),
    FIELD("model", FIELD_TEXT, OF, model, .help = "Name of the AI model. Default: default."),
};
const struct fields postnitro_preset_fields = FIELD_TABLE("preset", preset_rows, OF, offsetof(OF, at));

static const struct field brand_rows[] = {
    ID_ROW,
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the brand."),
    FIELD("image", FIELD_TEXT, OF, image, .help = "URL of its image. Default: an example URL."),
    FIELD("handle", FIELD_TEXT, OF, handle, .help = "Handle that slides show. Default: the name."),
    FIELD("is_company_detail", FIELD_BOOL, OF, is_company, .help = "Value of isCompanyDetail. Default: false."),
    FIELD("show_handle", FIELD_BOOL, OF, show_handle, .help = "Value of showHandle. Default: false."),
    FIELD("show_image", FIELD_BOOL, OF, show_image, .help = "Value of showImage. Default: false."),
    FIELD("show_name", FIELD_BOOL, OF, show_name, .help = "Value of showName. Default: false."),
};
const struct fields postnitro_brand_fields = FIELD_TABLE("brand", brand_rows, OF, offsetof(OF, at));

static const struct field audio_rows[] = {
    ID_ROW,
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the track."),
    FIELD("url", FIELD_TEXT, OF, url, .help = "URL of the file. Default: an example URL."),
    FIELD("duration", FIELD_INT, OF, duration, .min = 1, .max = INT32_MAX,
          .help = "Length in seconds. Default: null, unknown."),
    FIELD("artist", FIELD_TEXT, OF, artist, .help = "Value of artistName. Default: null."),
    FIELD("source", FIELD_TEXT, OF, source, .help = "Value of source. Default: upload."),
    FIELD("created_at", FIELD_TIME, OF, created_at, .help = "Time of the upload. Default: the clock's start."),
};
const struct fields postnitro_audio_fields = FIELD_TABLE("audio track", audio_rows, OF, offsetof(OF, at));

static const struct field generation_rows[] = {
    FIELD("name", FIELD_TEXT, OF, name, .help = "Name of the designs. Default: Untitled design."),
    FIELD("slides", FIELD_INT, OF, slides, .min = 1, .max = SLIDES_MAX,
          .help = "Number of slides of a generated post. Default: that of the preset."),
    FIELD("error", FIELD_TEXT, OF, error, .help = "Message with which every generation and import fails."),
    FIELD("result", FIELD_NODE, OF, result, .shape = "{type: object}",
          .help = "Members to set in `result` of a post's output; the mock's other members stay."),
};
const struct fields postnitro_generation_fields = FIELD_TABLE("generation", generation_rows, OF, offsetof(OF, at));
#undef OF

static void write_template(struct json *out, const struct fixture_item *i)
{
    json_put_text(out, "name", i->name);
    json_key_map(out, "size");
    json_put_text(out, "id", sizes[i->size]);
    json_key_map(out, "dimensions");
    json_put_int(out, "width", dimensions[i->size].width);
    json_put_int(out, "height", dimensions[i->size].height);
    json_close_map(out);
    json_close_map(out);
}

static void put_or(struct json *out, const char *key, const char *value, const char *otherwise)
{
    json_put_text(out, key, value ? value : otherwise);
}

static void write_preset(struct json *out, const struct fixture_item *i)
{
    put_or(out, "socialPlatform", i->social_platform, "linkedin");
    put_or(out, "tone", i->tone, "professional");
    put_or(out, "audience", i->audience, "everyone");
    put_or(out, "language", i->language, "en");
    json_put_int(out, "slides", i->slides ? i->slides : 5);
    put_or(out, "model", i->model, "default");
}

static void write_brand(struct json *out, const struct fixture_item *i)
{
    json_put_text(out, "name", i->name);
    put_or(out, "image", i->image, "https://example.com/brand.png");
    put_or(out, "handle", i->handle, i->name);
    json_put_bool(out, "isCompanyDetail", i->is_company);
    json_put_bool(out, "showHandle", i->show_handle);
    json_put_bool(out, "showImage", i->show_image);
    json_put_bool(out, "showName", i->show_name);
}

static void write_audio(struct json *out, const struct fixture_item *i)
{
    json_put_text(out, "name", i->name);
    put_or(out, "url", i->url, "https://example.com/track.mp3");
    if (i->duration)
        json_put_int(out, "duration", i->duration);
    else
        json_put_null(out, "duration");
    json_put_text(out, "artistName", i->artist);
    put_or(out, "source", i->source, "upload");
}

static void write_generation(struct json *out, const struct fixture_item *i)
{
    put_or(out, "name", i->name, "Untitled design");
    json_put_int(out, "slides", i->slides);
    json_put_text(out, "error", i->error);
    if (i->result)
        json_put_node(out, "result", i->result);
}

static bool build_item(struct fixture_load *load, uint32_t workspace, enum library_kind kind,
                       const struct fixture_item *i)
{
    static void (*const writers[LIBRARY_KIND_COUNT])(struct json * out, const struct fixture_item *i) = {
        [LIBRARY_TEMPLATE] = write_template, [LIBRARY_PRESET] = write_preset,         [LIBRARY_BRAND] = write_brand,
        [LIBRARY_AUDIO] = write_audio,       [LIBRARY_GENERATION] = write_generation,
    };
    struct buf text = {.arena = load->arena};
    struct json out = json_begin(&text, 0);
    char created[TIME_TEXT_MAX];
    const struct library_item item = {
        .public_id = fixture_id(load, i->id, "c", ID_CUID),
        .kind = kind,
        .created_at_ms = fixture_time_or(load, &i->created_at, load->start_ms),
        .updated_at_ms = fixture_time_or(load, &i->updated_at, load->start_ms),
    };
    if (i->id && library_item_find(load->world, POSTNITRO, str_from(i->id)))
        return fixture_duplicate(load, i->at, library_kind_texts[kind], i->id);
    json_open_map(&out);
    writers[kind](&out, i);
    if (kind == LIBRARY_AUDIO)
        json_put_text(&out, "createdAt", time_millis(item.created_at_ms, created));
    json_close_map(&out);
    struct library_item complete = item;
    complete.details = buf_c(&text);
    library_item_create(load->world, workspace, &complete);
    return true;
}

bool postnitro_build_library(struct fixture_load *load, uint32_t workspace, const struct fixture_library *l)
{
    const struct field_list *const lists[LIBRARY_KIND_COUNT] = {
        [LIBRARY_TEMPLATE] = &l->templates, [LIBRARY_PRESET] = &l->presets,        [LIBRARY_BRAND] = &l->brands,
        [LIBRARY_AUDIO] = &l->audio,        [LIBRARY_GENERATION] = &l->generation,
    };
    bool ok = true;
    for (enum library_kind kind = 0; kind < LIBRARY_KIND_COUNT; kind++)
        for (size_t i = 0; i < lists[kind]->count; i++)
            ok = build_item(load, workspace, kind, (const struct fixture_item *)lists[kind]->items + i) && ok;
    return ok;
}
