#include "mockserver/recording/header.h"

#include "base/time.h"
#include "mockserver/runtime/reload.h"

struct recorded_options {
    bool admin, explicit_namespaces, local_consent, watch;
    int64_t namespaces, journal_bytes, namespace_idle_ms;
    const char *public_url, *admin_token;
    struct field_list cors;
};

static const struct field option_rows[] = {
    FIELD("admin", FIELD_BOOL, struct recorded_options, admin, .help = "The providers' port serves the admin API."),
    FIELD("explicit_namespaces", FIELD_BOOL, struct recorded_options, explicit_namespaces,
          .help = "Only the admin API creates namespaces."),
    FIELD("local_consent", FIELD_BOOL, struct recorded_options, local_consent,
          .help = "Authorize URLs lead to a page of the mock."),
    FIELD("namespaces", FIELD_INT, struct recorded_options, namespaces, .max = INT64_MAX,
          .help = "Maximum number of namespaces; 0: the default."),
    FIELD("namespace_idle_ms", FIELD_INT, struct recorded_options, namespace_idle_ms, .max = DURATION_MAX_MS,
          .help = "Idle time after which implicitly created namespaces are deleted; 0: never."),
    FIELD("watch", FIELD_BOOL, struct recorded_options, watch,
          .help = "Fixtures are reloaded when their files change."),
    FIELD("journal_bytes", FIELD_INT, struct recorded_options, journal_bytes, .max = INT64_MAX,
          .help = "Journal size limit per namespace; 0: the default."),
    FIELD("public_url", FIELD_TEXT, struct recorded_options, public_url,
          .help = "Base of the URLs in responses, if it was set."),
    FIELD("cors", FIELD_TEXTS, struct recorded_options, cors,
          .help = "Origins whose web pages may call the providers."),
    FIELD("admin_token", FIELD_TEXT, struct recorded_options, admin_token, .help = "Bearer token of the admin API."),
};
static const struct fields option_fields =
    FIELD_TABLE("options", option_rows, struct recorded_options, FIELDS_NO_PLACE);

struct recorded_fixture {
    struct where at;
    const char *name, *path;
    struct field_list files;
    const struct node *fixture;
};

static const struct field fixture_rows[] = {
    FIELD("name", FIELD_TEXT, struct recorded_fixture, name, .required = true, .help = "The fixture's name."),
    FIELD("path", FIELD_TEXT, struct recorded_fixture, path,
          .help = "The path of its file. Absent: the built-in sample."),
    FIELD("files", FIELD_LIST, struct recorded_fixture, files, .sub = &include_file_fields,
          .help = "That file and the files it includes."),
    FIELD("fixture", FIELD_NODE, struct recorded_fixture, fixture, .required = true,
          .help = "The fixture, with its includes merged."),
};
static const struct fields fixture_fields_of_header =
    FIELD_TABLE("namespace", fixture_rows, struct recorded_fixture, offsetof(struct recorded_fixture, at));

struct recorded_header {
    int64_t format;
    struct timestamp started;
    const char *version, *url;
    struct recorded_options options;
    struct field_list fixtures;
};

static const struct field recording_header_rows[] = {
    FIELD("recording", FIELD_INT, struct recorded_header, format, .required = true,
          .help = "The format of the recording."),
    FIELD("version", FIELD_TEXT, struct recorded_header, version, .required = true,
          .help = "The version of the program that wrote it."),
    FIELD("wall_ms", FIELD_INT, struct recorded_header, started.wall_ms, .required = true, .max = LINE_WALL_MAX_MS,
          .help = "When the namespaces were created."),
    FIELD("monotonic_us", FIELD_INT, struct recorded_header, started.monotonic_us, .required = true,
          .max = LINE_MONOTONIC_MAX_US, .help = "The same time on the monotonic clock."),
    FIELD("url", FIELD_TEXT, struct recorded_header, url, .required = true, .help = "The URL of the mock."),
    FIELD("options", FIELD_MAP, struct recorded_header, options, .required = true, .sub = &option_fields,
          .help = "The options that affect responses."),
    FIELD("namespaces", FIELD_LIST, struct recorded_header, fixtures, .required = true, .min = 1, .max = INT32_MAX,
          .sub = &fixture_fields_of_header, .help = "The fixtures that the mock was started with."),
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

/* The includes are already merged into the source, so the key is removed. */
static void put_fixture(struct json *w, const struct fixture *f, const char *path)
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

void recording_header_write(struct buf *b, const struct mock *m, struct timestamp started)
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
        put_fixture(&w, m->fixtures[i], i < m->options.fixture_count ? m->options.fixtures[i] : NULL);
    json_close_list(&w);
    json_close_map(&w);
    buf_byte(b, '\n');
}

/* Checks the format first: in another format every other member may be wrong as well. */
static bool check_format(const struct node *line, struct error *err)
{
    const struct node *format = node_get(line, "recording");
    if (!format || format->kind != NODE_INT)
        return error_add(err, ERROR_INPUT, line->at,
                         "not a recording: the first line has no format number in 'recording'");
    return format->integer == RECORDING_FORMAT ||
           error_add(err, ERROR_INPUT, format->at, "unknown recording format %lld; this program reads format %d",
                     (long long)format->integer, RECORDING_FORMAT);
}

static bool read_fixtures(struct arena *a, const struct field_list *list, struct recording_header *p, struct error *err)
{
    const struct recorded_fixture *items = list->items;
    const char **paths = arena_array(a, const char *, list->count);
    p->fixtures = arena_array(a, struct fixture *, list->count);
    p->options.fixtures = paths;
    for (size_t i = 0; i < list->count; i++) {
        struct fixture *f = fixture_of_node(items[i].fixture, items[i].name, err);
        if (items[i].path)
            paths[p->options.fixture_count++] = items[i].path;
        if (p->options.fixture_count && p->options.fixture_count != i + 1)
            error_add(err, ERROR_INPUT, items[i].at,
                      "some namespaces of the recording have a 'path' and some do not; expected "
                      "all or none");
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

bool recording_header_read(struct arena *a, const struct node *line, struct recording_header *p, struct error *err)
{
    struct recorded_header header = {0};
    if (!check_format(line, err) || !fields_read(&recording_header_fields, line, a, &header, err))
        return false;
    *p = (struct recording_header){
        .started = header.started,
        .version = header.version,
        .url = header.url,
        .options =
            {
                      .public_url = header.options.public_url,
                      .admin_token = header.options.admin_token,
                      .cors = header.options.cors.items,
                      .cors_count = header.options.cors.count,
                      .admin = header.options.admin,
                      .explicit_namespaces = header.options.explicit_namespaces,
                      .local_consent = header.options.local_consent,
                      .limits = {(size_t)header.options.namespaces, (size_t)header.options.journal_bytes},
                      .namespace_idle_ms = header.options.namespace_idle_ms,
                      .watch = header.options.watch,
                      },
    };
    struct time_held before = time_hold(p->started.wall_ms, p->started.monotonic_us);
    bool ok = read_fixtures(a, &header.fixtures, p, err);
    time_release(before);
    return ok;
}
