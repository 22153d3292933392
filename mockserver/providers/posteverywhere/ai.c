/* Images and captions "by the AI". An image is a media record. Captions are those of the fixture, else sentences about
 * the topic: the same request gets the same captions. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>
#include <ctype.h>

#include "base/array.h"
#include "mockserver/state/record.h"

#define PROMPT_MAX 2000 /* characters */
#define TOPIC_MAX  1000
#define COUNT_MAX  5

/* Refuses a call that costs more credits than the organization has. */
static bool has_credits(struct call *c, int64_t credits)
{
    int64_t left = organization_read(c->world, caller_organization(c))->credits;
    return credits <= left || pe_refuse(c, FAULT_UNPAID, 402, "insufficient_credits",
                                        "This needs %d AI credits; %d are left.", (int)credits, (int)left);
}

static void put_credits(struct call *c, int64_t used)
{
    json_put_int(&c->out, "credits_used", used);
    json_put_int(&c->out, "credits_remaining", organization_read(c->world, caller_organization(c))->credits);
}

/* --- images ------------------------------------------------------------------------------------------- */

static const struct model {
    const char *name;
    int64_t credits;
} models[] = {
    {"nano-banana-pro", 15}, /* the default */
    {"ideogram-v2",     8 },
    {"gemini-3-pro",    5 },
    {"flux-schnell",    1 },
};

static const struct ratio {
    const char *name;
    int64_t width, height;
} ratios[] = {
    {"1:1",  1024, 1024}, /* the default */
    {"16:9", 1920, 1080},
    {"9:16", 1080, 1920},
    {"4:3",  1440, 1080},
    {"3:4",  1080, 1440},
    {"4:5",  1080, 1350},
    {"5:4",  1350, 1080},
};

struct image_body {
    const char *prompt, *model, *aspect_ratio;
};

#define OF struct image_body
static const struct field image_rows[] = {
    FIELD("prompt", FIELD_TEXT, OF, prompt, .required = true, .min = 1, .max = PROMPT_MAX,
          .help = "What the image shows."),
    FIELD("model", FIELD_TEXT, OF, model, .help = "Model. Default: nano-banana-pro."),
    FIELD("aspect_ratio", FIELD_TEXT, OF, aspect_ratio, .help = "Width to height. Default: 1:1."),
};
static const struct fields image_fields = FIELD_TABLE("body", image_rows, OF, FIELDS_NO_PLACE);
#undef OF

/* Each returns NULL, with an issue, for an unknown name. */
static const struct model *model_named(struct call *c, const char *name)
{
    for (size_t i = 0; i < COUNT(models); i++)
        if (!name || str_is(str_from(name), models[i].name))
            return &models[i];
    call_issue(c, "model", "must be one of: nano-banana-pro, ideogram-v2, gemini-3-pro, flux-schnell");
    return NULL;
}

static const struct ratio *ratio_named(struct call *c, const char *name)
{
    for (size_t i = 0; i < COUNT(ratios); i++)
        if (!name || str_is(str_from(name), ratios[i].name))
            return &ratios[i];
    call_issue(c, "aspect_ratio", "must be one of: 1:1, 16:9, 9:16, 4:3, 3:4, 4:5, 5:4");
    return NULL;
}

static uint32_t generate(struct call *c, const struct image_body *body, const struct model *model,
                         const struct ratio *ratio)
{
    const char *id = ids_mint(c->world, "", ID_UUID);
    const struct media spec = {
        .public_id = id,
        .name = arena_printf(c->arena, "ai-%.8s.png", id),
        .content_type = "image/png",
        .state = MEDIA_READY,
        .width = ratio->width,
        .height = ratio->height,
    };
    uint32_t media = media_create(c->world, pe_space(c), &spec);
    generation_create(c->world, pe_space(c),
                      &(struct generation){
                          .public_id = ids_mint(c->world, "", ID_UUID),
                          .kind = GENERATION_IMAGE,
                          .prompt = body->prompt,
                          .media = media,
                          .credits = model->credits,
                      });
    return media;
}

/* The members of both editions of the page. */
static void respond_image(struct call *c, const struct image_body *body, const struct model *model,
                          const struct ratio *ratio, uint32_t media)
{
    const struct media *m = media_read(c->world, media);
    struct json *out = pe_begin(c, 201);
    json_open_map(out);
    json_put_text(out, "media_id", m->public_id);
    put_texts(out, "media_ids", &m->public_id, 1);
    json_put_text(out, "type", "image");
    json_put_int(out, "width", m->width);
    json_put_int(out, "height", m->height);
    json_put_text(out, "model", model->name);
    json_put_text(out, "aspect_ratio", ratio->name);
    json_key(out, "ai");
    json_open_map(out);
    json_put_text(out, "model", model->name);
    json_put_text(out, "prompt", body->prompt);
    json_close_map(out);
    put_credits(c, model->credits);
    pe_put_time(c, "created_at", m->created_at_ms);
    json_put_text(out, "message", "The image is in your media library.");
    json_put_text(out, "next_step", "Add its id to the media_ids of a post.");
    json_close_map(out);
    pe_end(c);
}

void pe_generate_image(struct call *c)
{
    struct image_body body = {0};
    if (!pe_body(c, &image_fields, &body))
        return;
    const struct model *model = model_named(c, body.model);
    const struct ratio *ratio = ratio_named(c, body.aspect_ratio);
    if (model && ratio && has_credits(c, model->credits))
        respond_image(c, &body, model, ratio, generate(c, &body, model, ratio));
}

/* --- captions ----------------------------------------------------------------------------------------- */

/* The limit of a caption, in characters, and how many hashtags end it. The first row is for no platform. */
static const struct style {
    const char *platform;
    size_t limit, hashtags;
} styles[] = {
    {NULL,        2200, 3},
    {"x",         280,  2},
    {"twitter",   280,  2},
    {"bluesky",   300,  2},
    {"threads",   500,  2},
    {"pinterest", 500,  0},
    {"youtube",   1000, 2},
    {"instagram", 2200, 5},
    {"tiktok",    2200, 5},
    {"linkedin",  3000, 3},
    {"facebook",  5000, 2},
};

enum caption_length { LENGTH_MEDIUM, LENGTH_SHORT, LENGTH_LONG, LENGTH_COUNT };
static const struct enum_word length_rows[] = {
    {LENGTH_MEDIUM, "medium"},
    {LENGTH_SHORT,  "short" },
    {LENGTH_LONG,   "long"  },
};
static const struct enum_words lengths = {length_rows, COUNT(length_rows), COUNT(length_rows)};

enum tone {
    TONE_PROFESSIONAL,
    TONE_CASUAL,
    TONE_WITTY,
    TONE_ENTHUSIASTIC,
    TONE_URGENT,
    TONE_INSPIRATIONAL,
    TONE_COUNT
};
static const struct enum_word tone_rows[] = {
    {TONE_PROFESSIONAL,  "professional" },
    {TONE_CASUAL,        "casual"       },
    {TONE_WITTY,         "witty"        },
    {TONE_ENTHUSIASTIC,  "enthusiastic" },
    {TONE_URGENT,        "urgent"       },
    {TONE_INSPIRATIONAL, "inspirational"},
};
static const struct enum_words tones = {tone_rows, COUNT(tone_rows), COUNT(tone_rows)};

struct caption_body {
    const char *topic, *platform;
    int tone, length;
    int64_t count;
    const struct node *include_hashtags, *include_emojis; /* true or false; NULL: true */
};

#define OF struct caption_body
static const struct field caption_rows[] = {
    FIELD("topic", FIELD_TEXT, OF, topic, .required = true, .min = 1, .max = TOPIC_MAX,
          .help = "What the caption is about."),
    FIELD("platform", FIELD_TEXT, OF, platform, .help = "Platform of the caption. Default: any."),
    FIELD("tone", FIELD_ENUM, OF, tone, .words = &tones, .help = "Tone. Default: professional."),
    FIELD("length", FIELD_ENUM, OF, length, .words = &lengths, .help = "Length. Default: medium."),
    FIELD("include_hashtags", FIELD_NODE, OF, include_hashtags, .help = "Default: true."),
    FIELD("include_emojis", FIELD_NODE, OF, include_emojis, .help = "Default: true."),
    FIELD("count", FIELD_INT, OF, count, .min = 1, .max = COUNT_MAX, .help = "Number of captions. Default: 1."),
};
static const struct fields caption_fields = FIELD_TABLE("body", caption_rows, OF, FIELDS_NO_PLACE);
#undef OF

static const struct style *style_of(struct call *c, const char *platform)
{
    for (size_t i = 0; i < COUNT(styles); i++)
        if (platform ? styles[i].platform && str_is(str_from(platform), styles[i].platform) : !styles[i].platform)
            return &styles[i];
    call_issue(c, "platform", "'%s' is not a valid value", platform);
    return NULL;
}

static bool flag_valid(struct call *c, const char *name, const struct node *flag)
{
    return !flag || flag->kind == NODE_BOOL || call_issue(c, name, "must be true or false");
}

static bool is_on(const struct node *flag)
{
    return !flag || flag->truth;
}

/* The first `limit` characters. */
static struct str cut(const char *text, size_t limit)
{
    size_t n = 0, characters = 0;
    for (; text[n]; n++)
        if (((unsigned char)text[n] & 0xc0) != 0x80 && ++characters > limit)
            break;
    return (struct str){text, n};
}

/* Hashtags of the long words of the topic, then of its number. */
static const char *hashtags_of(struct call *c, const char *topic, size_t count)
{
    struct buf text = {.arena = c->arena};
    size_t made = 0;
    while (*topic && made < count) {
        size_t n = 0;
        while (isalnum((unsigned char)topic[n]))
            n++;
        if (n > 3 && n <= 30) {
            buf_printf(&text, "%s#%.*s", made ? " " : "", (int)n, topic);
            made++;
        }
        topic += n ? n : 1;
    }
    for (; made < count; made++)
        buf_printf(&text, "%s#news%zu", made ? " " : "", made + 1);
    return buf_c(&text);
}

/* Sentences about the topic. Each variant begins with another one. */
static const char *caption_of(struct call *c, const struct caption_body *body, const struct style *style,
                              size_t variant)
{
    static const char *const openers[COUNT_MAX] = {"", "Meet ", "Today: ", "Have you seen this? ", "All about "};
    static const char *const emojis[TONE_COUNT] = {"\xe2\x9c\x94", "\xe2\x98\x95", "\xe2\x9c\x8f",
                                                   "\xe2\x9c\xa8", "\xe2\x8f\xb0", "\xe2\x98\x80"};
    static const size_t sentences[LENGTH_COUNT] = {[LENGTH_SHORT] = 0, [LENGTH_MEDIUM] = 2, [LENGTH_LONG] = 6};
    const char *tags = is_on(body->include_hashtags) ? hashtags_of(c, body->topic, style->hashtags) : "";
    struct buf text = {.arena = c->arena};
    if (is_on(body->include_emojis))
        buf_printf(&text, "%s ", emojis[body->tone]);
    buf_printf(&text, "%s%s.", openers[variant], body->topic);
    for (size_t i = 0; i < sentences[body->length]; i++)
        buf_printf(&text, " %s", i % 2 ? "Tell us what you think." : "Here is what you should know about it.");
    size_t end = str_from(tags).n ? str_from(tags).n + 2 : 0;
    struct str head = cut(buf_c(&text), style->limit - end);
    return arena_printf(c->arena, STR_FMT "%s%s", STR_ARG(head), end ? "\n\n" : "", tags);
}

static struct field_list captions_for(struct call *c, const struct caption_body *body, const struct style *style)
{
    const struct organization *o = organization_read(c->world, caller_organization(c));
    const char **items = arena_array(c->arena, const char *, COUNT_MAX);
    size_t count = (size_t)body->count;
    if (o->caption_count && o->caption_count < count)
        count = o->caption_count;
    for (size_t i = 0; i < count; i++)
        items[i] = o->caption_count ? o->captions[i] : caption_of(c, body, style, i);
    return (struct field_list){count, items};
}

static void respond_captions(struct call *c, const struct caption_body *body, const struct field_list *captions)
{
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    put_texts(out, "captions", captions->items, captions->count);
    json_put_text(out, "platform", body->platform);
    json_put_text(out, "tone", enum_word_of(&tones, body->tone));
    json_put_text(out, "length", enum_word_of(&lengths, body->length));
    json_put_int(out, "count_requested", body->count);
    json_put_int(out, "count_returned", (int64_t)captions->count);
    put_credits(c, (int64_t)captions->count);
    json_close_map(out);
    pe_end(c);
}

void pe_generate_caption(struct call *c)
{
    struct caption_body body = {.count = 1};
    if (!pe_body(c, &caption_fields, &body) || !flag_valid(c, "include_hashtags", body.include_hashtags) ||
        !flag_valid(c, "include_emojis", body.include_emojis))
        return;
    const struct style *style = style_of(c, body.platform);
    if (!style)
        return;
    const struct field_list captions = captions_for(c, &body, style);
    if (!has_credits(c, (int64_t)captions.count))
        return;
    generation_create(c->world, pe_space(c),
                      &(struct generation){
                          .public_id = ids_mint(c->world, "", ID_UUID),
                          .kind = GENERATION_CAPTION,
                          .prompt = body.topic,
                          .credits = (int64_t)captions.count,
                      });
    respond_captions(c, &body, &captions);
}
