#include "mockserver/recording/header.h"

#include "base/time.h"
#include "mockserver/namespaces/reload.h"

/* Options as JSON knows them. */
struct said {
    bool admin, explicit_namespaces, local_consent, watch;
    int64_t namespaces, journal_bytes, namespace_idle_ms;
    const char *public_url, *admin_token;
    struct field_list cors;
};

static const struct field option_rows[] = {
    FIELD("admin", FIELD_BOOL, struct said, admin,
          .help = "The admin API is open on the providers' port."),
    FIELD("explicit_namespaces", FIELD_BOOL, struct said, explicit_namespaces,
          .help = "Only the admin API creates namespaces."),
    FIELD("local_consent", FIELD_BOOL, struct said, local_consent,
          .help = "Consent is a page of the mock's own."),
    FIELD("namespaces", FIELD_INT, struct said, namespaces, .max = INT64_MAX,
          .help = "How many worlds there may be; 0: as many as is usual."),
    FIELD("namespace_idle_ms", FIELD_INT, struct said, namespace_idle_ms, .max = DURATION_MAX_MS,
          .help = "How long a world that nobody calls lives; 0: for ever."),
    FIELD("watch", FIELD_BOOL, struct said, watch,
          .help = "The fixtures' files are looked at again when they change."),
    FIELD("journal_bytes", FIELD_INT, struct said, journal_bytes, .max = INT64_MAX,
          .help = "What a journal may hold; 0: what is usual."),
    FIELD("public_url", FIELD_TEXT, struct said, public_url,
          .help = "Where minted URLs begin, if that was said."),
    FIELD("cors", FIELD_TEXTS, struct said, cors,
          .help = "The sites whose pages may call and read."),
    FIELD("admin_token", FIELD_TEXT, struct said, admin_token,
          .help = "What the admin API asks for."),
};
static const struct fields option_fields =
    FIELD_TABLE("options", option_rows, struct said, FIELDS_NO_PLACE);

struct said_world {
    struct where at;
    const char *name, *path;
    struct field_list files;
    const struct node *fixture;
};

static const struct field world_rows[] = {
    FIELD("name", FIELD_TEXT, struct said_world, name, .required = true,
          .help = "What the world is called."),
    FIELD("path", FIELD_TEXT, struct said_world, path,
          .help = "Its file, as it was named; none: it is the sample."),
    FIELD("files", FIELD_LIST, struct said_world, files, .sub = &include_file_fields,
          .help = "That file, and all that it includes."),
    FIELD("fixture", FIELD_NODE, struct said_world, fixture, .required = true,
          .help = "What it starts as, with what it includes."),
};
static const struct fields world_fields =
    FIELD_TABLE("namespace", world_rows, struct said_world, offsetof(struct said_world, at));

struct recorded_header {
    int64_t format;
    struct moment started;
    const char *version, *url;
    struct said options;
    struct field_list worlds;
};

static const struct field recording_header_rows[] = {
    FIELD("recording", FIELD_INT, struct recorded_header, format, .required = true,
          .help = "The format of what follows."),
    FIELD("version", FIELD_TEXT, struct recorded_header, version, .required = true,
          .help = "Of the program that wrote it."),
    FIELD("wall_ms", FIELD_INT, struct recorded_header, started.wall_ms, .required = true,
          .max = LINE_WALL_MAX_MS, .help = "When the worlds were made."),
    FIELD("monotonic_us", FIELD_INT, struct recorded_header, started.monotonic_us, .required = true,
          .max = LINE_MONOTONIC_MAX_US, .help = "The same by the clock that only passes."),
    FIELD("url", FIELD_TEXT, struct recorded_header, url, .required = true,
          .help = "Where the mock listened."),
    FIELD("options", FIELD_MAP, struct recorded_header, options, .required = true,
          .sub = &option_fields, .help = "How it was started, as far as answers depend on it."),
    FIELD("namespaces", FIELD_LIST, struct recorded_header, worlds, .required = true, .min = 1,
          .max = INT32_MAX, .sub = &world_fields, .help = "What it was started with."),
};
static const struct fields recording_header_fields =
    FIELD_TABLE("recording", recording_header_rows, struct recorded_header, FIELDS_NO_PLACE);

static void put_options(struct json *w, const struct mock *m)
{
    const struct mock_options *o = &m->options;
    json_key(w, "options");
    json_open_map(w);
    json_put_bool(w, "admin", o->admin);
    json_put_bool(w, "explicit_namespaces", o->explicit_namespaces);
    json_put_bool(w, "local_consent", o->local_consent);
    json_put_int(w, "namespaces", (int64_t)o->limits.count);
    json_put_int(w, "namespace_idle_ms", o->namespace_idle_ms);
    json_put_bool(w, "watch", m->reload && reload_watches(m->reload));
    json_put_int(w, "journal_bytes", (int64_t)o->limits.journal_bytes);
    json_key(w, "cors");
    json_open_list(w);
    for (size_t i = 0; i < o->cors_count; i++)
        json_text(w, o->cors[i]);
    json_close_list(w);
    if (o->public_url)
        json_put_text(w, "public_url", o->public_url);
    if (o->admin_token)
        json_put_text(w, "admin_token", o->admin_token);
    json_close_map(w);
}

/* Its includes are in it. */
static void put_world(struct json *w, const struct fixture *f, const char *path)
{
    struct arena a = {0};
    json_open_map(w);
    json_put_text(w, "name", f->name);
    if (path)
        json_put_text(w, "path", path);
    include_put_files(w, &f->files);
    json_put_node(w, "fixture", node_without(&a, f->source, "include"));
    json_close_map(w);
    arena_end(&a);
}

void recording_header_write(struct buf *b, const struct mock *m, struct moment started)
{
    struct json w = json_begin(b, 0);
    json_open_map(&w);
    json_put_int(&w, "recording", RECORDING_FORMAT);
    json_put_text(&w, "version", UNDERSTUDY_VERSION);
    json_put_int(&w, "wall_ms", started.wall_ms);
    json_put_int(&w, "monotonic_us", started.monotonic_us);
    json_put_text(&w, "url", m->url);
    put_options(&w, m);
    json_key(&w, "namespaces");
    json_open_list(&w);
    for (size_t i = 0; i < m->fixture_count; i++)
        put_world(&w, m->fixtures[i], i < m->options.fixture_count ? m->options.fixtures[i] : NULL);
    json_close_list(&w);
    json_close_map(&w);
    buf_byte(b, '\n');
}

/* Another format is told alone: what else is wrong follows from it. */
static bool check_format(const struct node *line, struct error *err)
{
    const struct node *format = node_get(line, "recording");
    if (!format || format->kind != NODE_INT)
        return error_add(err, ERROR_INPUT, line->at, "this is no recording of a mock");
    return format->integer == RECORDING_FORMAT ||
           error_add(err, ERROR_INPUT, format->at,
                     "a recording of format %lld; this program reads format %d",
                     (long long)format->integer, RECORDING_FORMAT);
}

static bool read_worlds(struct arena *a, const struct field_list *worlds,
                        struct recording_header *p, struct error *err)
{
    const struct said_world *items = worlds->items;
    const char **paths = arena_array(a, const char *, worlds->count);
    p->fixtures = arena_array(a, struct fixture *, worlds->count);
    p->options.fixtures = paths;
    for (size_t i = 0; i < worlds->count; i++) {
        struct fixture *f = fixture_of_node(items[i].fixture, items[i].name, err);
        if (items[i].path)
            paths[p->options.fixture_count++] = items[i].path;
        if (p->options.fixture_count && p->options.fixture_count != i + 1)
            error_add(err, ERROR_INPUT, items[i].at,
                      "either every world of a recording has a 'path', or none");
        if (!f)
            continue;
        include_take_files(&f->arena, &items[i].files, &f->files);
        p->fixtures[p->fixture_count++] = f;
    }
    if (!error_any(err))
        return true;
    for (size_t i = 0; i < p->fixture_count; i++)
        fixture_free(p->fixtures[i]);
    return false;
}

bool recording_header_read(struct arena *a, const struct node *line, struct recording_header *p,
                           struct error *err)
{
    struct recorded_header said = {0};
    if (!check_format(line, err) || !fields_read(&recording_header_fields, line, a, &said, err))
        return false;
    *p = (struct recording_header){
        .started = said.started,
        .version = said.version,
        .url = said.url,
        .options =
            {
                      .public_url = said.options.public_url,
                      .admin_token = said.options.admin_token,
                      .cors = said.options.cors.items,
                      .cors_count = said.options.cors.count,
                      .admin = said.options.admin,
                      .explicit_namespaces = said.options.explicit_namespaces,
                      .local_consent = said.options.local_consent,
                      .limits = {(size_t)said.options.namespaces, (size_t)said.options.journal_bytes},
                      .namespace_idle_ms = said.options.namespace_idle_ms,
                      .watch = said.options.watch,
                      },
    };
    struct time_held before = time_hold(p->started.wall_ms, p->started.monotonic_us);
    bool ok = read_worlds(a, &said.worlds, p, err);
    time_let(before);
    return ok;
}
