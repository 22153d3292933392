#include "mockserver/recording/lines.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/enum.h"
#include "base/fields.h"
#include "base/time.h"
#include "mockserver/runtime/reload.h"

static const char *const input_texts[] = {INPUTS(ENUM_TEXT)};

static const char *const cut_texts[] = {
    [CUT_NONE] = NULL,
    [CUT_BEFORE_HEADERS] = "before_headers",
    [CUT_AFTER_HEADERS] = "after_headers",
    [CUT_MID_BODY] = "mid_body",
    [CUT_RESET] = "reset",
};

/* writing */

/* Bytes with control characters are written as base64url, because JSON needs 6 bytes for each. */
static bool is_text(struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.s[i];
        if (c < ' ' && c != '\n' && c != '\r' && c != '\t')
            return false;
    }
    return str_utf8_valid(bytes, NULL);
}

static void put_bytes(struct json *w, struct str bytes)
{
    if (is_text(bytes)) {
        json_str(w, bytes);
        return;
    }
    struct arena a = {0};
    json_open_map(w);
    json_put_text(w, "base64url", digest_base64url(&a, bytes));
    json_close_map(w);
    arena_end(&a);
}

static void put_headers(struct json *w, const struct headers *h)
{
    json_key(w, "headers");
    json_open_list(w);
    for (size_t i = 0; i < h->count; i++) {
        json_open_list(w);
        put_bytes(w, str_from(h->items[i].name));
        put_bytes(w, h->items[i].value);
        json_close_list(w);
    }
    json_close_list(w);
}

static void put_body(struct json *w, struct str body)
{
    json_key(w, "body");
    put_bytes(w, body);
}

static struct json open_line(struct buf *b, const char *what, uint64_t number)
{
    struct json w = json_begin(b, 0);
    json_open_map(&w);
    json_put_int(&w, what, (int64_t)number);
    return w;
}

static struct json open_input(struct buf *b, enum input_kind kind, uint64_t number, struct timestamp at)
{
    struct json w = open_line(b, input_texts[kind], number);
    json_put_int(&w, "wall_ms", at.wall_ms);
    json_put_int(&w, "monotonic_us", at.monotonic_us);
    return w;
}

static void close_line(struct buf *b, struct json *w)
{
    json_close_map(w);
    buf_byte(b, '\n');
}

void line_call(struct buf *b, const struct input *in)
{
    const struct request *r = &in->request;
    struct json w = open_input(b, INPUT_CALL, (uint64_t)in->number, in->at);
    json_put_int(&w, "arrived_us", in->arrived_us);
    if (r->sent_after_us)
        json_put_int(&w, "sent_after_us", r->sent_after_us);
    if (in->admin)
        json_put_bool(&w, "admin_port", true);
    if (in->status) {
        json_put_int(&w, "refused", in->status);
        json_put_text(&w, "why", in->why);
    }
    if (r->peer)
        json_put_text(&w, "peer", r->peer);
    if (r->peer_port)
        json_put_int(&w, "peer_port", r->peer_port);
    json_key(&w, "method");
    put_bytes(&w, r->method);
    json_key(&w, "target");
    put_bytes(&w, r->target);
    put_headers(&w, &r->headers);
    if (r->body_too_large)
        json_put_bool(&w, "too_large", true);
    if (r->body_dropped)
        json_put_bool(&w, "dropped", true);
    put_body(&w, r->body);
    close_line(b, &w);
}

void line_brief(struct buf *b, enum input_kind kind, uint64_t number, struct timestamp at)
{
    struct json w = open_input(b, kind, number, at);
    close_line(b, &w);
}

void line_delivery_result(struct buf *b, uint64_t number, struct timestamp at, int status, const char *error)
{
    struct json w = open_input(b, INPUT_DELIVERY_RESULT, number, at);
    json_put_int(&w, "status", status);
    if (error)
        json_put_text(&w, "error", error);
    close_line(b, &w);
}

void line_reload(struct buf *b, enum input_kind kind, uint64_t number, struct timestamp at, struct str report,
                 const char *why)
{
    struct json w = open_input(b, kind, number, at);
    if (report.n) {
        json_key(&w, "report");
        put_bytes(&w, report);
    }
    if (why)
        json_put_text(&w, "why", why);
    close_line(b, &w);
}

/* Writes the response and how it is to be sent: its delay, speed and cut. */
void line_response(struct buf *b, uint64_t number, const struct response *r)
{
    struct json w = open_line(b, "response", number);
    json_put_int(&w, "status", r->status);
    if (r->cut != CUT_NONE)
        json_put_text(&w, "cut", cut_texts[r->cut]);
    if (r->delay_us)
        json_put_int(&w, "delay_us", r->delay_us);
    if (r->bytes_per_second)
        json_put_int(&w, "bytes_per_second", r->bytes_per_second);
    put_headers(&w, &r->headers);
    if (r->stream.next)
        json_put_bool(&w, "stream", true);
    put_body(&w, buf_str(&r->body));
    close_line(b, &w);
}

void line_delivery(struct buf *b, uint64_t number, const struct deliver_request *r)
{
    struct json w = open_line(b, "delivery", number);
    json_put_text(&w, "url", r->url);
    put_headers(&w, &r->headers);
    put_body(&w, r->body);
    close_line(b, &w);
}

/* reading */

struct line {
    int64_t number;
    struct timestamp at;
    int64_t arrived_us, sent_after_us, refused, status, peer_port;
    bool admin, too_large, dropped;
    const char *why, *peer, *error;
    const struct node *method, *target, *headers, *body, *report;
};

#define NUMBER(key, help_)                                                                                             \
    FIELD(key, FIELD_INT, struct line, number, .required = true, .max = INT64_MAX, .help = (help_))
#define TIMESTAMP                                                                                                      \
    FIELD("wall_ms", FIELD_INT, struct line, at.wall_ms, .required = true, .max = LINE_WALL_MAX_MS,                    \
          .help = "The time of the input."),                                                                           \
        FIELD("monotonic_us", FIELD_INT, struct line, at.monotonic_us, .required = true, .max = LINE_MONOTONIC_MAX_US, \
              .help = "The same time on the monotonic clock.")

static const struct field call_rows[] = {
    NUMBER("call", "The number of the call."),
    TIMESTAMP,
    FIELD("arrived_us", FIELD_INT, struct line, arrived_us, .required = true, .max = LINE_MONOTONIC_MAX_US,
          .help = "When the request line was read."),
    FIELD("sent_after_us", FIELD_INT, struct line, sent_after_us, .max = LINE_MONOTONIC_MAX_US,
          .help = "The earliest time at which the client may have sent it."),
    FIELD("admin_port", FIELD_BOOL, struct line, admin, .help = "It came through the separate admin port."),
    FIELD("refused", FIELD_INT, struct line, refused, .min = 400, .max = 599,
          .help = "It is invalid HTTP and was rejected with this status."),
    FIELD("why", FIELD_TEXT, struct line, why, .help = "Why it was rejected."),
    FIELD("peer", FIELD_TEXT, struct line, peer, .help = "The client's address."),
    FIELD("peer_port", FIELD_INT, struct line, peer_port, .min = 1, .max = 65535, .help = "The client's port."),
    FIELD("method", FIELD_NODE, struct line, method, .required = true, .help = "The request method."),
    FIELD("target", FIELD_NODE, struct line, target, .required = true, .help = "The request target: path and query."),
    FIELD("headers", FIELD_NODE, struct line, headers, .required = true,
          .help = "The headers, a list of [name, value]."),
    FIELD("too_large", FIELD_BOOL, struct line, too_large, .help = "The body was over the limit and was dropped."),
    FIELD("dropped", FIELD_BOOL, struct line, dropped, .help = "The body was not read: the head was refused."),
    FIELD("body", FIELD_NODE, struct line, body, .required = true, .help = "The body."),
};
static const struct field client_closed_rows[] = {
    NUMBER("client_closed", "The suspended or streaming call whose client has closed."), TIMESTAMP};
static const struct field timer_rows[] = {NUMBER("timer", "The timer that fired."), TIMESTAMP};
static const struct field end_rows[] = {NUMBER("end", "The number of calls. The last line."), TIMESTAMP};
static const struct field delivery_result_rows[] = {
    NUMBER("delivery_result", "The webhook attempt that has ended."),
    TIMESTAMP,
    FIELD("status", FIELD_INT, struct line, status, .required = true, .max = 999,
          .help = "The receiver's status; 0: no response."),
    FIELD("error", FIELD_TEXT, struct line, error, .help = "Why there was no response."),
};

static const struct field changed_rows[] = {
    NUMBER("changed", "The number of the notification that a fixture file has changed."),
    TIMESTAMP,
};
static const struct field checked_rows[] = {
    NUMBER("checked", "The number of the check of the fixture files."),
    TIMESTAMP,
    FIELD("report", FIELD_NODE, struct line, report, .help = "The report on the files."),
    FIELD("why", FIELD_TEXT, struct line, why, .help = "Why the check failed."),
};

#define TABLE(kind) FIELD_TABLE(#kind " line", kind##_rows, struct line, FIELDS_NO_PLACE)
static const struct fields tables[] = {
    [INPUT_CALL] = TABLE(call),       [INPUT_CLIENT_CLOSED] = TABLE(client_closed),
    [INPUT_TIMER] = TABLE(timer),     [INPUT_DELIVERY_RESULT] = TABLE(delivery_result),
    [INPUT_CHANGED] = TABLE(changed), [INPUT_CHECKED] = TABLE(checked),
    [INPUT_END] = TABLE(end),
};

struct output_line {
    int64_t number, status, delay_us, bytes_per_second;
    int cut;
    bool stream;
    const char *url;
    const struct node *headers, *body;
};

#define OUT_NUMBER(key, help_)                                                                                         \
    FIELD(key, FIELD_INT, struct output_line, number, .required = true, .max = INT64_MAX, .help = (help_))
#define OUT_CONTENT                                                                                                    \
    FIELD("headers", FIELD_NODE, struct output_line, headers, .required = true,                                        \
          .help = "The headers, a list of [name, value]."),                                                            \
        FIELD("body", FIELD_NODE, struct output_line, body, .required = true, .help = "The body.")

static const struct field response_rows[] = {
    OUT_NUMBER("response", "The number of the call."),
    FIELD("status", FIELD_INT, struct output_line, status, .required = true, .min = 100, .max = 999,
          .help = "The status."),
    FIELD("cut", FIELD_ENUM, struct output_line, cut, .texts = cut_texts + 1, .text_count = COUNT(cut_texts) - 1,
          .help = "Where the mock closes the connection."),
    FIELD("delay_us", FIELD_INT, struct output_line, delay_us, .max = INT64_MAX,
          .help = "Delay before the response is sent."),
    FIELD("bytes_per_second", FIELD_INT, struct output_line, bytes_per_second, .max = INT64_MAX,
          .help = "Speed limit of the body."),
    FIELD("stream", FIELD_BOOL, struct output_line, stream, .help = "The body is a stream."),
    OUT_CONTENT,
};
static const struct field delivery_rows[] = {
    OUT_NUMBER("delivery", "The number of the webhook attempt."),
    FIELD("url", FIELD_TEXT, struct output_line, url, .required = true, .help = "The receiver's URL."),
    OUT_CONTENT,
};
static const struct fields response_fields =
    FIELD_TABLE("response line", response_rows, struct output_line, FIELDS_NO_PLACE);
static const struct fields delivery_fields =
    FIELD_TABLE("delivery line", delivery_rows, struct output_line, FIELDS_NO_PLACE);

bool line_is_output(struct str line)
{
    return str_starts(line, STR("{\"response\":")) || str_starts(line, STR("{\"delivery\":"));
}

/* Decodes the form in which bytes are written. */
static bool line_bytes(struct arena *a, const struct node *n, struct str *bytes, struct error *err)
{
    const struct node *coded = node_get(n, "base64url");
    if (n->kind == NODE_TEXT) {
        *bytes = n->text;
        return true;
    }
    return (coded && coded->kind == NODE_TEXT && digest_base64url_decode(a, coded->text, bytes)) ||
           error_add(err, ERROR_INPUT, n->at, "invalid bytes; expected a string or {\"base64url\": ...}");
}

/* Decodes the member "headers" of a line. */
static bool line_headers(struct arena *a, const struct node *n, struct headers *headers, struct error *err)
{
    *headers = (struct headers){0};
    if (n->kind != NODE_LIST)
        return error_add(err, ERROR_INPUT, n->at, "invalid headers; expected a list of [name, value]");
    for (size_t i = 0; i < n->list.count; i++) {
        const struct node *pair = n->list.items[i];
        struct str name = {0}, value = {0};
        if (pair->kind != NODE_LIST || pair->list.count != 2)
            return error_add(err, ERROR_INPUT, pair->at, "invalid header; expected [name, value]");
        if (!line_bytes(a, node_at(pair, 0), &name, err) || !line_bytes(a, node_at(pair, 1), &value, err))
            return false;
        headers_add(a, headers, str_dup(a, name), value);
    }
    return true;
}

bool line_check_output(struct arena *a, const struct node *line, struct error *err)
{
    struct output_line l = {0};
    struct headers headers;
    struct str body;
    const struct fields *table = node_get(line, "response") ? &response_fields : &delivery_fields;
    return fields_read(table, line, a, &l, err) && line_headers(a, l.headers, &headers, err) &&
           line_bytes(a, l.body, &body, err);
}

static bool read_request(struct arena *a, const struct line *l, struct request *r, struct error *err)
{
    *r = (struct request){.peer = l->peer,
                          .peer_port = (int)l->peer_port,
                          .sent_after_us = l->sent_after_us,
                          .body_too_large = l->too_large,
                          .body_dropped = l->dropped};
    if (!line_bytes(a, l->method, &r->method, err) || !line_bytes(a, l->target, &r->target, err) ||
        !line_headers(a, l->headers, &r->headers, err) || !line_bytes(a, l->body, &r->body, err))
        return false;
    r->query = r->target;
    r->path = str_cut(&r->query, '?');
    return true;
}

static bool find_kind(const struct node *line, enum input_kind *kind)
{
    for (*kind = 0; *kind < INPUT_COUNT; ++*kind)
        if (node_get(line, input_texts[*kind]))
            return true;
    return false;
}

bool line_read(struct arena *a, const struct node *line, struct input *in, struct error *err)
{
    struct line l = {0};
    enum input_kind kind;
    if (!find_kind(line, &kind))
        return error_add(err, ERROR_INPUT, line->at,
                         "not a line of a recording; expected one that begins with call, changed, checked, "
                         "client_closed, delivery, delivery_result, end, response or timer");
    if (!fields_read(&tables[kind], line, a, &l, err))
        return false;
    *in = (struct input){
        .kind = kind,
        .number = l.number,
        .at = l.at,
        .admin = l.admin,
        .status = kind == INPUT_CALL ? l.refused : l.status,
        .report = STR(""),
        .report_at = l.report ? l.report->at : line->at,
        .why = kind == INPUT_DELIVERY_RESULT ? l.error : l.why,
        .arrived_us = l.arrived_us,
    };
    if (l.report && !line_bytes(a, l.report, &in->report, err))
        return false;
    return kind != INPUT_CALL || read_request(a, &l, &in->request, err);
}

struct recorded_options {
    bool admin, explicit_namespaces, local_consent, trust_forwarded, watch;
    int64_t namespaces, journal_bytes, namespace_idle_ms, history, history_age_ms;
    const char *public_url, *admin_token;
    struct field_list cors;
};

static const struct field option_rows[] = {
    FIELD("admin", FIELD_BOOL, struct recorded_options, admin, .help = "The providers' port serves the admin API."),
    FIELD("explicit_namespaces", FIELD_BOOL, struct recorded_options, explicit_namespaces,
          .help = "Only the admin API creates namespaces."),
    FIELD("local_consent", FIELD_BOOL, struct recorded_options, local_consent,
          .help = "Authorize URLs lead to a page of the mock."),
    FIELD("trust_forwarded", FIELD_BOOL, struct recorded_options, trust_forwarded,
          .help = "X-Forwarded-Proto and X-Forwarded-Host decide the URLs in responses."),
    FIELD("namespaces", FIELD_INT, struct recorded_options, namespaces, .max = INT64_MAX,
          .help = "Maximum number of namespaces; 0: the default."),
    FIELD("namespace_idle_ms", FIELD_INT, struct recorded_options, namespace_idle_ms, .max = DURATION_MAX_MS,
          .help = "Idle time after which implicitly created namespaces are deleted; 0: never."),
    FIELD("history", FIELD_INT, struct recorded_options, history, .min = -1, .max = ROW_MAX,
          .help = "How many changes and ended records are kept; 0: the default, -1: all."),
    FIELD("history_age_ms", FIELD_INT, struct recorded_options, history_age_ms, .min = -1, .max = DURATION_MAX_MS,
          .help = "How long they are kept; 0: the default, -1: for ever."),
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
    json_put_bool(w, "trust_forwarded", o->trust_forwarded);
    json_put_int(w, "namespaces", (int64_t)o->limits.count);
    json_put_int(w, "namespace_idle_ms", o->namespace_idle_ms);
    json_put_int(w, "history", o->history);
    json_put_int(w, "history_age_ms", o->history_age_ms);
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
                      .trust_forwarded = header.options.trust_forwarded,
                      .limits = {(size_t)header.options.namespaces, (size_t)header.options.journal_bytes},
                      .history = header.options.history,
                      .history_age_ms = header.options.history_age_ms,
                      .namespace_idle_ms = header.options.namespace_idle_ms,
                      .watch = header.options.watch,
                      },
    };
    struct time_held before = time_hold(p->started.wall_ms, p->started.monotonic_us);
    bool ok = read_fixtures(a, &header.fixtures, p, err);
    time_release(before);
    return ok;
}
