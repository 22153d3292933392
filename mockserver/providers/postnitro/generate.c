/* Posts that PostNitro makes: from a topic with AI, or from slides. Such a job is pending for a time; its result is a
 * design that can be scheduled. The error messages of these operations are not documented, so those are our own. */
#include "mockserver/providers/postnitro/postnitro.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/url.h"
#include "mockserver/state/post_job.h"
#include "mockserver/state/record.h"

#define CREDITS_IMPORTED  1 /* per slide */
#define CREDITS_GENERATED 2
#define VIDEO_MIN         5 /* seconds */
#define VIDEO_END         60
#define FILES             "https://cdn.postnitro.ai/embed-api"
#define EDITOR            "https://postnitro.ai/app/editor"

#define LIST(texts) texts, COUNT(texts)

static const char *const generate_keys[] = {"postType",     "templateId",     "brandId",
                                            "presetId",     "aiGeneration",   "requestorId",
                                            "responseType", "generateImages", "videoSettings"};
static const char *const import_keys[] = {"postType",    "templateId",   "brandId",        "slides",
                                          "requestorId", "responseType", "generateImages", "videoSettings"};
static const char *const image_keys[] = {"context", "imagePlacement", "imageStrategy"};
/* An image has one slide, without a type. */
static const char *const slide_keys[] = {"heading", "sub_heading",      "description", "cta_button",
                                         "image",   "background_image", "layoutType",  "layoutConfig"};

static const char *const post_types[] = {"CAROUSEL", "IMAGE", "VIDEO"};
static const char *const response_types[] = {"DESIGN", "PDF", "PNG", "MP4"}; /* the first one is the default */
static const char *const ai_types[] = {"text", "article", "x"};
static const char *const slide_types[] = {"starting_slide", "body_slide", "ending_slide"};

struct job_request {
    const struct node *body;
    const char *post_type, *response_type;
    const struct node *template, *preset;
    int64_t slides;
};

static bool refuse(struct call *c, const char *message)
{
    return call_refuse(c, FAULT_INVALID, "%s", message);
}

/* NULL if the member is absent or null. */
static const struct node *member(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n && n->kind != NODE_NULL ? n : NULL;
}

/* A text of the list; NULL: it is neither that nor absent, and the call is refused. */
static const char *one_of(struct call *c, const struct node *map, const char *key, const char *name,
                          const char *const *texts, size_t count, const char *otherwise)
{
    const struct node *n = member(map, key);
    const char *text = n ? node_text(n) : otherwise;
    if (!n && !otherwise)
        refuse(c, arena_printf(c->arena, "%s is required", name));
    else if (!text || text_index(texts, count, str_from(text)) == count)
        refuse(c, arena_printf(c->arena, "%s is not valid", name));
    return c->fault ? NULL : text;
}

/* The details of the library item with the id in the body. NULL: the call is refused. */
static const struct node *named(struct call *c, const struct node *body, const char *key, const char *name,
                                enum library_kind kind)
{
    const struct node *id = member(body, key);
    if (!id)
        refuse(c, arena_printf(c->arena, "%s id is required", name));
    else if (id->kind != NODE_TEXT)
        refuse(c, arena_printf(c->arena, "%s id must be a string", name));
    const struct node *details = c->fault ? NULL : postnitro_library_details(c, kind, id->text);
    if (!details && !c->fault)
        call_refuse(c, FAULT_NOT_FOUND, "%s not found", name);
    return details;
}

static bool check_video(struct call *c, const struct job_request *r)
{
    const struct node *settings = member(r->body, "videoSettings");
    bool video = strcmp(r->post_type, "VIDEO") == 0, mp4 = strcmp(r->response_type, "MP4") == 0;
    if (video != mp4 && strcmp(r->response_type, "DESIGN") != 0)
        return refuse(c, video ? "Response type of a VIDEO must be MP4 or DESIGN" : "Response type is not valid");
    if (!settings)
        return !mp4 || refuse(c, "Video settings are required");
    if (!video)
        return refuse(c, "Video settings are accepted only for a VIDEO");
    const struct node *length = node_get(settings, "videoDuration");
    if (!length || !node_is_number(length) || node_number(length) < VIDEO_MIN || node_number(length) >= VIDEO_END)
        return refuse(c, "Video duration must be at least 5 and less than 60 seconds");
    return !member(settings, "audioId") || named(c, settings, "audioId", "Audio", LIBRARY_AUDIO) != NULL;
}

static bool check_text(struct call *c, const struct node *map, const char *key, const char *name)
{
    const struct node *n = member(map, key);
    return !n || n->kind == NODE_TEXT || refuse(c, arena_printf(c->arena, "%s must be a string", name));
}

static bool check_images(struct call *c, const struct node *images)
{
    static const char *const placements[] = {"auto", "background", "in-line"};
    static const char *const strategies[] = {"strategic", "all"};
    if (!images)
        return true;
    if (images->kind != NODE_MAP)
        return refuse(c, "Generate images must be an object");
    return postnitro_only_keys(c, images, LIST(image_keys)) && check_text(c, images, "context", "Image context") &&
           one_of(c, images, "imagePlacement", "Image placement", LIST(placements), "auto") &&
           one_of(c, images, "imageStrategy", "Image strategy", LIST(strategies), "strategic");
}

static bool read_common(struct call *c, const char *const *keys, size_t count, struct job_request *r)
{
    r->body = call_body(c);
    if (!r->body || !postnitro_only_keys(c, r->body, keys, count) ||
        !(r->post_type = one_of(c, r->body, "postType", "Post type", LIST(post_types), NULL)) ||
        !(r->response_type =
              one_of(c, r->body, "responseType", "Response type", LIST(response_types), response_types[0])))
        return false;
    if (!check_text(c, r->body, "requestorId", "Requestor id"))
        return false;
    r->template = named(c, r->body, "templateId", "Template", LIBRARY_TEMPLATE);
    return r->template && named(c, r->body, "brandId", "Brand", LIBRARY_BRAND) && check_video(c, r) &&
           check_images(c, member(r->body, "generateImages"));
}

static bool check_heading(struct call *c, const struct node *slide)
{
    const char *heading = slide->kind == NODE_MAP ? node_get_text(slide, "heading") : NULL;
    return (heading && *heading) || refuse(c, "Slide heading is required");
}

static bool check_slides(struct call *c, const struct node *slides)
{
    size_t counts[COUNT(slide_types)] = {0};
    for (size_t i = 0; i < node_count(slides); i++) {
        const struct node *slide = node_at(slides, i);
        if (slide->kind != NODE_MAP)
            return refuse(c, "Each slide must be an object");
        const char *type = one_of(c, slide, "type", "Slide type", LIST(slide_types), NULL);
        if (!type || !check_heading(c, slide))
            return false;
        counts[text_index(LIST(slide_types), str_from(type))]++;
    }
    return (counts[0] == 1 && counts[1] && counts[2] == 1) ||
           refuse(c, "Slides must have one starting_slide, at least one body_slide and one ending_slide");
}

static bool read_slides(struct call *c, struct job_request *r)
{
    const struct node *slides = member(r->body, "slides");
    bool image = strcmp(r->post_type, "IMAGE") == 0;
    if (!slides)
        return refuse(c, "Slides are required");
    if (slides->kind != (image ? NODE_MAP : NODE_LIST))
        return refuse(c, image ? "Slides of an IMAGE must be an object" : "Slides must be an array");
    r->slides = image ? 1 : (int64_t)node_count(slides);
    return image ? postnitro_only_keys(c, slides, LIST(slide_keys)) && check_heading(c, slides)
                 : check_slides(c, slides);
}

static bool read_topic(struct call *c, struct job_request *r)
{
    const struct node *ai = member(r->body, "aiGeneration");
    r->preset = named(c, r->body, "presetId", "AI Config Preset", LIBRARY_PRESET);
    if (!r->preset)
        return false;
    if (!ai || ai->kind != NODE_MAP)
        return refuse(c, "AI generation must be an object");
    if (!one_of(c, ai, "type", "AI generation type", LIST(ai_types), NULL))
        return false;
    if (!check_text(c, ai, "instructions", "AI generation instructions"))
        return false;
    const char *context = node_get_text(ai, "context");
    if (!context || !*context)
        return refuse(c, "AI generation context is required");
    const struct node *slides = node_get(r->preset, "slides");
    r->slides = strcmp(r->post_type, "IMAGE") == 0 || !slides ? 1 : slides->integer;
    return true;
}

/* What the fixture says of the posts that this workspace makes; NULL: nothing. */
static const struct node *generation_of(struct call *c)
{
    int64_t key = index_pair_key(postnitro_workspace(c), LIBRARY_GENERATION);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_LIBRARY_SPACE], &walk, (struct index_entry){key, INT64_MIN, 0});
    if (!index_next_of(&walk, key))
        return NULL;
    return json_parse(c->arena, str_from(library_item_read(c->world, walk.entry.row)->details), "details", NULL);
}

static const char *result_of(struct call *c, const struct job_request *r, const struct node *generation)
{
    const struct node *size = node_get(r->template, "size");
    const struct node *result = node_new_map(c->arena, NULL, 0), *own = node_get(generation, "result");
    if (size)
        result = node_with(c->arena, result, "size", size);
    for (size_t i = 0; i < node_count(own); i++)
        result = node_with(c->arena, result, own->map.members[i].key, own->map.members[i].value);
    return json_print(c->arena, result);
}

static void begin_job(struct call *c, struct job_request *r, int64_t credits_per_slide)
{
    const struct node *generation = generation_of(c), *slides = node_get(generation, "slides");
    if (r->preset && slides && slides->integer && strcmp(r->post_type, "IMAGE") != 0)
        r->slides = slides->integer;
    const char *name = node_get_text(generation, "name");
    const struct post_job job = {
        .public_id = ids_mint(c->world, "c", ID_CUID),
        .name = name ? name : "Untitled design",
        .post_type = r->post_type,
        .response_type = r->response_type,
        .result = result_of(c, r, generation),
        .failure = node_get_text(generation, "error"),
        .images = member(r->body, "generateImages") != NULL,
        .slides = r->slides,
        .credits = r->slides * credits_per_slide,
    };
    post_job_begin(c->world, postnitro_workspace(c), &job);
    struct json *out = postnitro_begin(c, arena_printf(c->arena, "%s generation initiated", r->post_type));
    json_open_map(out);
    json_put_text(out, "embedPostId", job.public_id);
    json_put_text(out, "status", "PENDING");
    json_close_map(out);
    postnitro_end(c);
}

void postnitro_generate_post(struct call *c)
{
    struct job_request r = {0};
    if (read_common(c, LIST(generate_keys), &r) && read_topic(c, &r))
        begin_job(c, &r, CREDITS_GENERATED);
}

void postnitro_import_post(struct call *c)
{
    struct job_request r = {0};
    if (read_common(c, LIST(import_keys), &r) && read_slides(c, &r))
        begin_job(c, &r, CREDITS_IMPORTED);
}

/* --- status and output --- */

/* The job named by the path. NULL: the call is refused. */
static const struct post_job *named_job(struct call *c)
{
    uint32_t row = post_job_find(c->world, POSTNITRO, c->params[0]);
    const struct post_job *j = row ? post_job_read(c->world, row) : NULL;
    if (j && j->space == postnitro_workspace(c))
        return j;
    call_refuse(c, FAULT_NOT_FOUND, NULL);
    return NULL;
}

static void print_job(struct call *c, const struct post_job *j, bool output)
{
    struct json *out = &c->out;
    json_key(out, "embedPost");
    json_open_map(out);
    json_put_text(out, "id", j->public_id);
    json_put_text(out, "postType", j->post_type);
    if (output)
        json_put_text(out, "responseType", j->response_type);
    json_put_text(out, "status", enum_word_of(&postnitro_jobs, j->state));
    if (output)
        json_put_int(out, "credits", j->state == POST_JOB_COMPLETED ? j->credits : 0);
    put_millis(out, "createdAt", j->created_at_ms);
    put_millis(out, "updatedAt", j->ended_at_ms ? j->ended_at_ms : j->created_at_ms);
    json_close_map(out);
}

static void print_log(struct call *c, const struct post_job *j, const char *step, const char *error, int64_t at_ms)
{
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", arena_printf(c->arena, "%s-%s", j->public_id, step));
    json_put_text(out, "embedPostId", j->public_id);
    json_put_text(out, "step", step);
    json_put_text(out, "status", error ? "FAILED" : "SUCCESS");
    json_put_text(out, "message", error ? error : arena_printf(c->arena, "%s %s", j->post_type, step));
    put_millis(out, "timestamp", at_ms);
    json_close_map(out);
}

static void print_logs(struct call *c, const struct post_job *j)
{
    json_key_list(&c->out, "logs");
    print_log(c, j, "INITIATED", NULL, j->created_at_ms);
    if (j->state == POST_JOB_FAILED)
        print_log(c, j, "PROCESSING", j->failure ? j->failure : "The post could not be made.", j->ended_at_ms);
    if (j->state == POST_JOB_COMPLETED) {
        print_log(c, j, "PROCESSING", NULL, j->ended_at_ms);
        if (j->images)
            print_log(c, j, "GENERATE_IMAGES", NULL, j->ended_at_ms);
        print_log(c, j, "COMPLETED", NULL, j->ended_at_ms);
    }
    json_close_list(&c->out);
}

void postnitro_read_post_status(struct call *c)
{
    const struct post_job *j = named_job(c);
    if (!j)
        return;
    struct json *out = postnitro_begin(c, NULL);
    json_open_map(out);
    json_put_text(out, "embedPostId", j->public_id);
    print_job(c, j, false);
    print_logs(c, j);
    json_close_map(out);
    postnitro_end(c);
}

static const struct format {
    const char *response_type, *type, *mime_type, *file;
    bool file_per_slide;
} formats[] = {
    {"PDF", "pdf", "application/pdf", "post.pdf", false},
    {"PNG", "png", "image/png",       "%d.png",   true },
    {"MP4", "mp4", "video/mp4",       "post.mp4", false},
};

static const char *file_url(struct call *c, const char *workspace, const char *design, const char *file)
{
    return arena_printf(c->arena, FILES "/%s/%s/%s", workspace, design, file);
}

/* The rendered files. A design has none. */
static const struct node *with_files(struct call *c, const struct post_job *j, const char *design,
                                     const struct node *result)
{
    struct arena *a = c->arena;
    const char *workspace = space_read(c->world, j->space)->public_id;
    for (size_t i = 0; i < COUNT(formats); i++) {
        const struct format *f = &formats[i];
        if (strcmp(f->response_type, j->response_type) != 0)
            continue;
        const struct node **urls = arena_array(a, const struct node *, (size_t)j->slides + 1);
        for (int64_t n = 0; n < j->slides; n++)
            urls[n] = node_new_text(a, str_from(file_url(c, workspace, design, arena_printf(a, "%d.png", (int)n + 1))));
        result = node_with(a, result, "type", node_new_text(a, str_from(f->type)));
        result = node_with(a, result, "mimeType", node_new_text(a, str_from(f->mime_type)));
        result = node_with(a, result, "data",
                           f->file_per_slide ? node_new_list(a, urls, (size_t)j->slides)
                                             : node_new_text(a, str_from(file_url(c, workspace, design, f->file))));
    }
    return result;
}

static void print_result(struct call *c, const struct post_job *j)
{
    struct arena *a = c->arena;
    if (j->state != POST_JOB_COMPLETED) {
        json_put_null(&c->out, "result");
        return;
    }
    const char *design = content_read(c->world, j->design)->public_id;
    const struct node *own = json_parse(a, str_from(j->result), "result", NULL), *result = NULL;
    result = node_with(a, result, "designId", node_new_text(a, str_from(design)));
    result = node_with(a, result, "name", node_new_text(a, str_from(j->name)));
    result = node_with(a, result, "editorUrl", node_new_text(a, str_from(arena_printf(a, EDITOR "/%s", design))));
    result = with_files(c, j, design, result);
    for (size_t i = 0; i < node_count(own); i++)
        result = node_with(a, result, own->map.members[i].key, own->map.members[i].value);
    json_put_node(&c->out, "result", result);
}

void postnitro_read_post_output(struct call *c)
{
    const struct post_job *j = named_job(c);
    if (!j)
        return;
    struct json *out = postnitro_begin(c, NULL);
    json_open_map(out);
    print_job(c, j, true);
    print_result(c, j);
    json_close_map(out);
    postnitro_end(c);
}
