#include "conformance/run/client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/time.h"

struct transfer {
    struct client *client;
    CURL *easy;
    struct curl_slist *headers;
    struct arena *arena;
    struct exchange_record *record;
    struct buf body;
    bool too_large;
    char why[CURL_ERROR_SIZE];
    uint64_t timer; /* its turn, where calls are paced; 0: it is under way */
    client_done_fn *done;
    void *ctx;
    struct transfer *next, *previous; /* among those in flight, or spare ones (next only) */
};

struct client {
    struct loop *loop;
    struct client_options options;
    CURLM *multi;
    uint64_t timer;
    int64_t next_turn_us;
    struct transfer *flying, *spare;
    size_t in_flight;
    bool ended; /* libcurl calls back while it is taken down */
};

/* --- what libcurl tells of one transfer ----------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;
    if (n > CLIENT_BODY_MAX - t->body.n) {
        t->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buf_add(&t->body, str_of(bytes, n));
    return n;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    struct str line = str_trim(str_of(bytes, size * count));
    if (str_starts(line, STR("HTTP/"))) { /* another head: that of 100 Continue is over */
        t->record->response_headers.count = 0;
    } else if (line.n) {
        struct str name = str_trim(str_cut(&line, ':')), value = str_trim(line);
        headers_add(t->arena, &t->record->response_headers, str_dup(t->arena, name),
                    str_of(str_dup(t->arena, value), value.n));
    }
    return size * count;
}

/* --- transfers ------------------------------------------------------------------------------ */

static struct transfer *transfer_take(struct client *c)
{
    struct transfer *t = c->spare;
    if (t) {
        c->spare = t->next;
        curl_easy_reset(t->easy);
    } else {
        t = heap_new(sizeof *t);
        t->easy = curl_easy_init();
        if (!t->easy)
            abort();
        t->client = c;
    }
    t->next = c->flying;
    t->previous = NULL;
    if (c->flying)
        c->flying->previous = t;
    c->flying = t;
    c->in_flight++;
    return t;
}

static void transfer_release(struct transfer *t)
{
    struct client *c = t->client;
    if (t->next)
        t->next->previous = t->previous;
    if (t->previous)
        t->previous->next = t->next;
    else
        c->flying = t->next;
    c->in_flight--;
    curl_slist_free_all(t->headers);
    *t = (struct transfer){.client = c, .easy = t->easy, .next = c->spare};
    c->spare = t;
}

static void set_headers(struct transfer *t)
{
    const struct headers *h = &t->record->request_headers;
    /* libcurl would ask for 100 Continue, and name a type of its own for a body */
    t->headers = curl_slist_append(t->headers, "Expect:");
    if (!headers_find(h, "Content-Type"))
        t->headers = curl_slist_append(t->headers, "Content-Type:");
    for (size_t i = 0; i < h->count; i++) {
        struct str value = h->items[i].value;
        const char *line =
            value.n ? arena_printf(t->arena, "%s: " STR_FMT, h->items[i].name, STR_ARG(value))
                    : arena_printf(t->arena, "%s;", h->items[i].name);
        t->headers = curl_slist_append(t->headers, line);
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void set_method(CURL *e, const struct exchange_record *x)
{
    bool sends = x->request_body.n || !strcmp(x->method, "POST") || !strcmp(x->method, "PUT") ||
                 !strcmp(x->method, "PATCH");
    if (sends) {
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->request_body.n);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, x->request_body.n ? x->request_body.s : "");
    }
    if (strcmp(x->method, "HEAD") == 0)
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, x->method);
}

static void set_options(struct transfer *t)
{
    const struct client_options *o = &t->client->options;
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(e, CURLOPT_URL, t->record->url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
    curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)CLIENT_BODY_MAX);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    if (o->ca_file)
        curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
    if (o->insecure) {
        curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    set_method(e, t->record);
    set_headers(t);
}

static void start(struct transfer *t)
{
    t->timer = 0;
    t->record->started_ms = time_wall_ms();
    if (curl_multi_add_handle(t->client->multi, t->easy) != CURLM_OK)
        abort();
}

static void on_turn(void *ctx)
{
    start(ctx);
}

static void record_answer(struct transfer *t, CURLcode code)
{
    struct exchange_record *x = t->record;
    long status = 0;
    long sent_bytes = 0;
    curl_off_t took_us = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &took_us);
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    x->duration_us = took_us;
    x->sent = sent_bytes > 0;
    x->attempts = x->attempts ? x->attempts : 1;
    x->response_body = buf_str(&t->body);
    if (code == CURLE_OK) {
        x->status = (int)status;
        return;
    }
    x->status = 0;
    if (t->too_large || code == CURLE_FILESIZE_EXCEEDED)
        x->error = arena_printf(t->arena, "the answer is larger than %u bytes", CLIENT_BODY_MAX);
    else
        x->error = arena_text(t->arena, t->why[0] ? t->why : curl_easy_strerror(code));
}

/* --- libcurl on our loop -------------------------------------------------------------------- */

static void finish(CURL *easy, CURLcode code)
{
    struct transfer *t;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    client_done_fn *done = t->done;
    void *ctx = t->ctx;
    struct exchange_record *record = t->record;
    record_answer(t, code);
    curl_multi_remove_handle(t->client->multi, easy);
    transfer_release(t);
    done(ctx, record);
}

static void act(struct client *c, curl_socket_t socket, int events)
{
    int running, left;
    curl_multi_socket_action(c->multi, socket, events, &running);
    for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));)
        if (m->msg == CURLMSG_DONE)
            finish(m->easy_handle, m->data.result); /* m is gone with its handle */
}

static void on_ready(void *ctx, int fd, int events)
{
    act(ctx, fd,
        (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
    (void)easy;
    (void)unused;
    struct client *c = ctx;
    if (what == CURL_POLL_REMOVE)
        loop_unwatch(c->loop, fd);
    else
        loop_watch(c->loop, fd,
                   (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0),
                   on_ready, c);
    return 0;
}

static void on_time(void *ctx)
{
    struct client *c = ctx;
    c->timer = 0;
    act(c, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *ctx)
{
    (void)multi;
    struct client *c = ctx;
    loop_timer_cancel(c->loop, c->timer);
    c->timer = 0;
    if (ms >= 0 && !c->ended)
        c->timer = loop_timer(c->loop, time_monotonic_us() + ms * 1000, on_time, c);
    return 0;
}

/* --- the client ----------------------------------------------------------------------------- */

struct client *client_new(struct loop *l, const struct client_options *options)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    struct client *c = heap_new(sizeof *c);
    c->loop = l;
    c->options = *options;
    c->multi = curl_multi_init();
    if (!c->multi)
        abort();
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    if (options->connections_max > 0) {
        curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)options->connections_max);
        curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)options->connections_max);
    }
    return c;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    c->ended = true;
    while (c->flying) {
        struct transfer *t = c->flying;
        loop_timer_cancel(c->loop, t->timer);
        if (!t->timer)
            curl_multi_remove_handle(c->multi, t->easy);
        transfer_release(t);
    }
    while (c->spare) {
        struct transfer *t = c->spare;
        c->spare = t->next;
        curl_easy_cleanup(t->easy);
        heap_free(t);
    }
    loop_timer_cancel(c->loop, c->timer);
    curl_multi_cleanup(c->multi);
    curl_global_cleanup();
    heap_free(c);
}

void client_send(struct client *c, struct arena *a, struct exchange_record *request,
                 client_done_fn *done, void *ctx)
{
    struct transfer *t = transfer_take(c);
    t->arena = a;
    t->record = request;
    t->body.arena = a;
    t->done = done;
    t->ctx = ctx;
    set_options(t);
    int64_t now = time_monotonic_us();
    if (c->options.rps > 0) {
        int64_t turn = c->next_turn_us > now ? c->next_turn_us : now;
        c->next_turn_us = turn + (int64_t)(1e6 / c->options.rps);
        if (turn > now) {
            t->timer = loop_timer(c->loop, turn, on_turn, t);
            return;
        }
    }
    start(t);
}

size_t client_in_flight(const struct client *c)
{
    return c->in_flight;
}
