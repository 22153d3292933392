#include "mockserver/bench/soak_load.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/state/post.h"

#define LAYERS_KEY  "Authorization: Bearer lp_live_soak"
#define PE_KEY      "Authorization: Bearer pe_live_soak"
#define PN_KEY      "embed-api-key: pn-soak0000000000000000000001"
#define PE          "/posteverywhere/api/v1"
#define LIVE_MAX    40 /* accounts that a client keeps connected, per provider */
#define STATUS_MAX  600
#define SAMPLE_EACH 256 /* calls between two looks at the memory */

static const char soak_fixture[] =
    "name: soak\n"
    "seed: 7\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "timings: { publish: 2m, media_import: 1m, generation: 1m }\n"
    "webhooks: { signature_time: virtual }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys: [ { name: soak, key: lp_live_soak, scopes: ['*'], return_domains: [app.test], tier: internal } ]\n"
    "      projects:\n"
    "        - id: prj_soak\n"
    "          name: Coffee\n"
    "          social_accounts: [ { id: sa_first, platform: tiktok, handle: first } ]\n"
    "          content: [ { id: cnt_open, media_type: video, caption: Coffee } ]\n"
    "      webhooks:\n"
    "        - { url: 'http://127.0.0.1:9/layers', secret: whsec_a, events: [post.scheduled, post.published,\n"
    "            post.failed, post.canceled, social_account.connected, social_account.revoked] }\n"
    "  lease_pool:\n"
    "    - { handle: fit.a, vertical: fitness, geo: [US], monthly_price_cents: 9000 }\n"
    "    - { handle: fit.b, vertical: fitness, geo: [US], monthly_price_cents: 9000 }\n"
    "posteverywhere:\n"
    "  organizations:\n"
    "    - name: Everywhere\n"
    "      keys: [ { name: soak, key: pe_live_soak, limits: { minute: 1000000000, hour: 1000000000 } } ]\n"
    "      accounts: [ { account_id: 3001, platform: x, account_name: '@first' } ]\n"
    "postnitro:\n"
    "  workspaces:\n"
    "    - id: ws_soak\n"
    "      keys: [ { name: soak, key: pn-soak0000000000000000000001 } ]\n"
    "      social_accounts: [ { id: csoak000000000000000threads, platform: threads, handle: first } ]\n"
    "      designs: [ { id: dsgn, name: Roast } ]\n"
    "      templates: [ { id: tpl_a, name: A } ]\n"
    "      presets: [ { id: pre_a, slides: 4 } ]\n"
    "      brands: [ { id: bra_a, name: Acme } ]\n";

struct ring { /* the newest ids that a client knows */
    char ids[LIVE_MAX][64];
    size_t next, count;
};

enum { LAYERS_ACCOUNTS, PE_ACCOUNTS, PN_ACCOUNTS, LAYERS_POSTS, PE_POSTS, PN_POSTS, PE_MEDIA, LEASES, HOOKS, RINGS };

struct soak {
    struct mock *m;
    struct arena arena; /* of one call */
    struct arena kept;  /* of one action */
    uint64_t random, calls, reads, deliveries;
    struct ring rings[RINGS];
    int64_t spent_us, worst_us;
    uint64_t calls_before;
    struct world_bytes most;
    size_t most_bytes;
    struct {
        const char *shape;
        uint32_t statuses[STATUS_MAX];
        uint64_t calls;
        int64_t spent_us, worst_us;
    } shapes[64];
    size_t shape_count;
};

static uint64_t next_random(struct soak *s)
{
    uint64_t x = s->random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static size_t below(struct soak *s, size_t n)
{
    return (size_t)(next_random(s) % n);
}

/* Of this process: other processes of the machine do not count. */
static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *shape, int status, struct str body)
{
    fprintf(stderr, "soak: %s: %d " STR_FMT "\n", shape, status, STR_ARG(body));
    exit(2);
}

static void note_call(struct soak *s, const char *shape, int64_t took_us, int status, struct str body)
{
    size_t i = 0;
    while (i < s->shape_count && s->shapes[i].shape != shape)
        i++;
    if (i == COUNT(s->shapes) || status < 100 || status >= 500)
        die(shape, status, body);
    s->shape_count = i == s->shape_count ? i + 1 : s->shape_count;
    s->shapes[i].shape = shape;
    s->shapes[i].statuses[status]++;
    s->shapes[i].calls++;
    s->shapes[i].spent_us += took_us;
    s->shapes[i].worst_us = took_us > s->shapes[i].worst_us ? took_us : s->shapes[i].worst_us;
    s->spent_us += took_us;
    s->worst_us = took_us > s->worst_us ? took_us : s->worst_us;
}

static void sample_memory(struct soak *s)
{
    struct world_bytes now;
    world_bytes_of(soak_world(s), &now);
    size_t sum = world_own_bytes(soak_world(s));
    const size_t *from = (const size_t *)(const void *)&now;
    size_t *to = (size_t *)(void *)&s->most;
    for (size_t i = 0; i < sizeof now / sizeof *from; i++)
        to[i] = from[i] > to[i] ? from[i] : to[i];
    s->most_bytes = sum > s->most_bytes ? sum : s->most_bytes;
}

/* Makes one call. `shape` is a static text that names its kind. Returns the response's body, which is valid until the
 * next action; "" if the status is not 2xx. */
static struct str call(struct soak *s, const char *shape, const char *key, const char *line, const char *body,
                       const char *token)
{
    struct exchange x = {.arena = s->arena, .arrived_us = time_monotonic_us()};
    struct request *r = &x.request;
    r->target = str_from(line);
    r->method = str_cut(&r->target, ' ');
    r->query = r->target;
    r->body = str_from(body);
    r->path = str_cut(&r->query, '?');
    r->peer = "127.0.0.1";
    if (key) {
        struct str value = str_from(key), name = str_cut(&value, ':');
        headers_add(&x.arena, &r->headers, str_dup(&x.arena, name), str_trim(value));
    }
    if (token)
        headers_add(&x.arena, &r->headers, "Idempotency-Key", str_from(token));
    int64_t before_us = cpu_us();
    mock_handle(s->m, &x);
    struct str text = str_from(str_dup(&s->kept, buf_str(&x.response.body)));
    bool ok = x.response.status < 300;
    mock_done(s->m, &x, true);
    note_call(s, shape, cpu_us() - before_us, x.response.status, text);
    s->arena = x.arena;
    arena_reset(&s->arena);
    s->calls++;
    s->reads += strncmp(line, "GET", 3) == 0;
    if (s->calls % SAMPLE_EACH == 0)
        sample_memory(s);
    return ok ? text : STR("");
}

/* The text after `"name":` in a response, up to the end of the value; "" if there is none. */
static const char *member(struct soak *s, struct str text, const char *name)
{
    const char *quoted = arena_printf(&s->kept, "\"%s\":", name);
    const char *at = text.n ? strstr(text.s, quoted) : NULL;
    if (!at)
        return "";
    at += strlen(quoted);
    at += *at == '"';
    return str_dup(&s->kept, str_of(at, strcspn(at, "\",}]")));
}

static void remember(struct ring *r, const char *id)
{
    if (!*id)
        return;
    (void)snprintf(r->ids[r->next], sizeof r->ids[0], "%s", id);
    r->next = (r->next + 1) % LIVE_MAX;
    r->count += r->count < LIVE_MAX;
}

static const char *known(struct soak *s, size_t ring, const char *otherwise)
{
    const struct ring *r = &s->rings[ring];
    return r->count ? r->ids[(r->next + LIVE_MAX - 1 - below(s, r->count)) % LIVE_MAX] : otherwise;
}

static const char *oldest(struct ring *r)
{
    r->count--;
    return r->ids[(r->next + LIVE_MAX - 1 - r->count) % LIVE_MAX];
}

#define TEXT(...) arena_printf(&s->kept, __VA_ARGS__)

static const char *later(struct soak *s)
{
    int64_t at_ms = world_now(soak_world(s)) + (int64_t)(1 + below(s, 72)) * HOUR_MS;
    return time_seconds(at_ms, arena_alloc(&s->kept, TIME_TEXT_MAX));
}

static void read_layers(struct soak *s)
{
    switch (below(s, 6)) {
    case 0:
        call(s, "L list accounts", LAYERS_KEY, "GET /v1/projects/prj_soak/social-accounts?limit=20", NULL, NULL);
        return;
    case 1:
        call(s, "L health", LAYERS_KEY,
             TEXT("GET /v1/social-accounts/%s/health", known(s, LAYERS_ACCOUNTS, "sa_first")), NULL, NULL);
        return;
    case 2:
        call(s, "L list posts", LAYERS_KEY, "GET /v1/projects/prj_soak/scheduled-posts?limit=20", NULL, NULL);
        return;
    case 3:
        call(s, "L read post", LAYERS_KEY, TEXT("GET /v1/scheduled-posts/%s", known(s, LAYERS_POSTS, "sp_none")), NULL,
             NULL);
        return;
    case 4:
        call(s, "L audit log", LAYERS_KEY, "GET /v1/audit-log?limit=10", NULL, NULL);
        return;
    default:
        call(s, "L whoami", LAYERS_KEY, "GET /v1/whoami", NULL, NULL);
    }
}

static void read_posteverywhere(struct soak *s)
{
    switch (below(s, 5)) {
    case 0:
        call(s, "PE list accounts", PE_KEY, "GET " PE "/accounts", NULL, NULL);
        return;
    case 1:
        call(s, "PE read account", PE_KEY, TEXT("GET " PE "/accounts/%s", known(s, PE_ACCOUNTS, "3001")), NULL, NULL);
        return;
    case 2:
        call(s, "PE list posts", PE_KEY, "GET " PE "/posts?limit=20", NULL, NULL);
        return;
    case 3:
        call(s, "PE results", PE_KEY,
             TEXT("GET " PE "/posts/%s/results", known(s, PE_POSTS, "00000000-0000-4000-8000-000000000000")), NULL,
             NULL);
        return;
    default:
        call(s, "PE list media", PE_KEY, "GET " PE "/media?limit=20", NULL, NULL);
    }
}

static void read_postnitro(struct soak *s)
{
    switch (below(s, 3)) {
    case 0:
        call(s, "PN list accounts", PN_KEY, "GET /social-account", NULL, NULL);
        return;
    case 1:
        call(s, "PN read account", PN_KEY,
             TEXT("GET /social-account/%s", known(s, PN_ACCOUNTS, "csoak000000000000000threads")), NULL, NULL);
        return;
    default:
        call(s, "PN read post", PN_KEY, TEXT("GET /postnitro/schedule/%s", known(s, PN_POSTS, "none")), NULL, NULL);
    }
}

static void read_something(struct soak *s)
{
    static void (*const reads[])(struct soak * s) = {read_layers, read_posteverywhere, read_postnitro};
    reads[below(s, COUNT(reads))](s);
}

static void keep_account(struct soak *s, size_t ring, const char *id)
{
    struct ring *r = &s->rings[ring];
    if (*id && r->count == LIVE_MAX) {
        const char *old = TEXT("%s", oldest(r));
        if (ring == LAYERS_ACCOUNTS)
            call(s, "L revoke", LAYERS_KEY, TEXT("DELETE /v1/social-accounts/%s", old), NULL, NULL);
        else if (ring == PE_ACCOUNTS)
            call(s, "PE account removed", NULL, "POST /__admin/simulate/account_removed",
                 TEXT("{\"account\":\"%s\"}", old), NULL);
        else
            call(s, "PN disconnect", PN_KEY, TEXT("DELETE /social-account/%s", old), NULL, NULL);
    }
    remember(r, id);
}

static void connect_layers(struct soak *s)
{
    struct str begun = call(s, "L oauth url", LAYERS_KEY, "POST /v1/projects/prj_soak/social/oauth-url",
                            "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/done\"}", NULL);
    const char *state = member(s, begun, "state");
    if (below(s, 4) == 0)
        return; /* the user closes the page */
    call(s, "consent", NULL, "POST /__admin/simulate/consent",
         TEXT("{\"state\":\"%s\",\"outcome\":\"%s\",\"handle\":\"user%llu\"}", state, below(s, 10) ? "approve" : "deny",
              (unsigned long long)s->calls),
         NULL);
    struct str done = call(s, "L oauth status", LAYERS_KEY, TEXT("GET /v1/social/oauth-status/%s", state), NULL, NULL);
    keep_account(s, LAYERS_ACCOUNTS, member(s, done, "socialAccountId"));
}

static void connect_posteverywhere(struct soak *s)
{
    struct str begun =
        call(s, "PE connect link", PE_KEY, "POST " PE "/accounts/connect-link", "{\"platform\":\"threads\"}", NULL);
    const char *session = member(s, begun, "session_id");
    if (below(s, 4) == 0)
        return;
    call(s, "consent", NULL, "POST /__admin/simulate/consent",
         TEXT("{\"state\":\"%s\",\"outcome\":\"approve\",\"handle\":\"user%llu\"}", session,
              (unsigned long long)s->calls),
         NULL);
    struct str done = call(s, "PE poll", PE_KEY, TEXT("GET " PE "/auth/social-connect/poll/%s", session), NULL, NULL);
    keep_account(s, PE_ACCOUNTS, member(s, done, "account_id"));
}

static void connect_postnitro(struct soak *s)
{
    struct str done = call(
        s, "PN account connected", NULL, "POST /__admin/simulate/account_connected",
        TEXT("{\"space\":\"ws_soak\",\"platform\":\"threads\",\"handle\":\"user%llu\"}", (unsigned long long)s->calls),
        NULL);
    keep_account(s, PN_ACCOUNTS, member(s, done, "account"));
}

static void connect_account(struct soak *s)
{
    static void (*const connects[])(struct soak * s) = {connect_layers, connect_layers, connect_posteverywhere,
                                                        connect_postnitro};
    connects[below(s, COUNT(connects))](s);
}

static void schedule_layers(struct soak *s)
{
    const char *token = TEXT("token-%llu", (unsigned long long)s->calls);
    const char *body = TEXT("{\"scheduledFor\":\"%s\",\"targets\":[{\"socialAccountId\":\"%s\",\"mode\":\"publish\","
                            "\"captionOverride\":\"Coffee at %llu\"}]}",
                            later(s), known(s, LAYERS_ACCOUNTS, "sa_first"), (unsigned long long)s->calls);
    struct str a = call(s, "L schedule", LAYERS_KEY, "POST /v1/content/cnt_open/schedule", body, token);
    if (below(s, 3) == 0)
        call(s, "L schedule again", LAYERS_KEY, "POST /v1/content/cnt_open/schedule", body, token);
    remember(&s->rings[LAYERS_POSTS], member(s, a, "scheduledPostId"));
    if (below(s, 5) < 3 && s->rings[LAYERS_POSTS].count)
        call(s, "L cancel", LAYERS_KEY, TEXT("DELETE /v1/scheduled-posts/%s", known(s, LAYERS_POSTS, "sp_none")), NULL,
             NULL);
}

static void schedule_posteverywhere(struct soak *s)
{
    const char *body = TEXT("{\"content\":\"Coffee at %llu\",\"account_ids\":[%s],\"scheduled_for\":\"%s\"}",
                            (unsigned long long)s->calls, known(s, PE_ACCOUNTS, "3001"), later(s));
    struct str a = call(s, "PE create post", PE_KEY, "POST " PE "/posts", body, NULL);
    remember(&s->rings[PE_POSTS], member(s, a, "post_id"));
    if (below(s, 2) == 0 && s->rings[PE_POSTS].count)
        call(s, "PE delete post", PE_KEY, TEXT("DELETE " PE "/posts/%s", known(s, PE_POSTS, "")), NULL, NULL);
}

static void schedule_postnitro(struct soak *s)
{
    const char *body =
        TEXT("{\"status\":\"SCHEDULED\",\"scheduledAt\":\"%s\",\"postContent\":{\"common\":\"Coffee at %llu\"},"
             "\"selectedAccounts\":[\"%s\"],\"threadsPostSettings\":{\"postType\":\"image\"},\"designId\":\"dsgn\"}",
             later(s), (unsigned long long)s->calls, known(s, PN_ACCOUNTS, "csoak000000000000000threads"));
    struct str a = call(s, "PN create post", PN_KEY, "POST /postnitro/schedule", body, NULL);
    remember(&s->rings[PN_POSTS], member(s, a, "id"));
    if (below(s, 3) == 0 && s->rings[PN_POSTS].count)
        call(s, "PN delete post", PN_KEY, TEXT("DELETE /postnitro/schedule/%s", known(s, PN_POSTS, "")), NULL, NULL);
}

static void schedule_post(struct soak *s)
{
    static void (*const schedules[])(struct soak * s) = {schedule_layers, schedule_layers, schedule_posteverywhere,
                                                         schedule_postnitro};
    schedules[below(s, COUNT(schedules))](s);
}

#define DECISION "{\"request\":\"%s\",\"project\":\"prj_soak\",\"outcome\":\"%s\"}"

static void lease(struct soak *s)
{
    struct str a = call(s, "L lease", LAYERS_KEY, "POST /v1/projects/prj_soak/leased-accounts/request",
                        "{\"projectId\":\"prj_soak\",\"count\":1,\"niche\":{\"vertical\":\"fitness\"}}", NULL);
    const char *request = member(s, a, "requestId");
    bool assigned = below(s, 2) && call(s, "lease assign", NULL, "POST /__admin/simulate/lease_decide",
                                        TEXT(DECISION, request, "assigned"), NULL)
                                       .n;
    if (!assigned) /* also if the pool has no such account left */
        call(s, "lease reject", NULL, "POST /__admin/simulate/lease_decide", TEXT(DECISION, request, "rejected"), NULL);
    a = call(s, "L list leases", LAYERS_KEY, "GET /v1/projects/prj_soak/leased-accounts?limit=1", NULL, NULL);
    const char *leased = member(s, a, "id");
    if (*leased)
        call(s, "L release", LAYERS_KEY, TEXT("DELETE /v1/leased-accounts/%s", leased), NULL, NULL);
}

static void make_media(struct soak *s)
{
    struct str a = call(s, "PE upload from url", PE_KEY, "POST " PE "/media/upload-from-url",
                        TEXT("{\"url\":\"https://example.com/%llu.png\"}", (unsigned long long)s->calls), NULL);
    struct ring *r = &s->rings[PE_MEDIA];
    if (r->count == LIVE_MAX)
        call(s, "PE delete media", PE_KEY, TEXT("DELETE " PE "/media/%s", oldest(r)), NULL, NULL);
    remember(r, member(s, a, "media_id"));
    call(s, "PE generate image", PE_KEY, "POST " PE "/ai/generate-image", "{\"prompt\":\"a cup\"}", NULL);
    call(s, "PN generate", PN_KEY, "POST /postnitro/post/initiate/generate",
         "{\"postType\":\"CAROUSEL\",\"templateId\":\"tpl_a\",\"brandId\":\"bra_a\",\"presetId\":\"pre_a\","
         "\"responseType\":\"PNG\",\"aiGeneration\":{\"type\":\"text\",\"context\":\"Why coffee?\"}}",
         NULL);
}

static void change_hooks(struct soak *s)
{
    struct ring *r = &s->rings[HOOKS];
    struct str a = call(
        s, "L create endpoint", LAYERS_KEY, "POST /v1/webhook-endpoints",
        TEXT("{\"url\":\"http://127.0.0.1:9/%llu\",\"events\":[\"post.published\"]}", (unsigned long long)s->calls),
        TEXT("hook-%llu", (unsigned long long)s->calls));
    remember(r, member(s, a, "id"));
    if (r->count > 3)
        call(s, "L delete endpoint", LAYERS_KEY, TEXT("DELETE /v1/webhook-endpoints/%s", oldest(r)), NULL,
             TEXT("unhook-%llu", (unsigned long long)s->calls));
}

static void lose_token(struct soak *s)
{
    call(s, "token lost", NULL, "POST /__admin/simulate/token_lost",
         TEXT("{\"account\":\"%s\",\"why\":\"revoked_upstream\"}",
              known(s, below(s, 2) ? LAYERS_ACCOUNTS : PE_ACCOUNTS, "sa_first")),
         NULL);
}

static void step_clock(struct soak *s)
{
    call(s, "advance", NULL, "POST /__admin/clock/advance", TEXT("{\"by\":\"%zuh\"}", 1 + below(s, 24)), NULL);
}

static void make_mistake(struct soak *s)
{
    switch (below(s, 6)) {
    case 0:
        call(s, "no key", NULL, "GET /v1/whoami", NULL, NULL);
        return;
    case 1:
        call(s, "unknown path", LAYERS_KEY, TEXT("GET /v1/none/%zu", below(s, 1000000)), NULL, NULL);
        return;
    case 2:
        call(s, "not JSON", LAYERS_KEY, "POST /v1/content/cnt_open/schedule", "{\"scheduledFor\":", NULL);
        return;
    case 3:
        call(s, "invalid", PE_KEY, "POST " PE "/posts", "{\"content\":5}", NULL);
        return;
    case 4:
        call(s, "other body, same token", LAYERS_KEY, "POST /v1/projects/prj_soak/social/oauth-url", "{}",
             TEXT("again-%zu", below(s, 1000000)));
        return;
    default:
        call(s, "unknown key", TEXT("embed-api-key: pn-%zu", below(s, 1000000)), "GET /social-account", NULL, NULL);
    }
}

static void act(struct soak *s)
{
    static const struct {
        size_t percent_of_actions;
        void (*act)(struct soak *s);
    } actions[] = {
        {81, read_something }, /* 81 % of the actions are 70 % of the calls */
        {6,  connect_account},
        {6,  schedule_post  },
        {1,  lose_token     },
        {1,  step_clock     },
        {1,  make_media     },
        {1,  lease          },
        {1,  change_hooks   },
        {2,  make_mistake   },
    };
    size_t at = below(s, 100), i = 0;
    while (at >= actions[i].percent_of_actions)
        at -= actions[i++].percent_of_actions;
    actions[i].act(s);
    arena_reset(&s->kept);
}

static int receive(void *soak, const struct deliver_request *r)
{
    struct soak *s = soak;
    (void)r;
    return s->deliveries++ % 8 ? 204 : 500;
}

struct soak *soak_new(uint64_t seed, const struct mock_options *options)
{
    char path[32];
    FILE *file = tmpfile();
    struct error err = {0};
    if (!file || fputs(soak_fixture, file) == EOF || fflush(file) == EOF)
        exit(2);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    struct mock_options with = *options;
    with.fixtures = (const char *const[]){path};
    with.fixture_count = 1;
    with.public_url = "http://mock.test";
    with.admin = true;
    struct soak *s = heap_new(sizeof *s);
    s->random = seed;
    s->m = mock_new(&with, &err);
    (void)fclose(file);
    if (!s->m) {
        error_print(&err, stderr);
        exit(2);
    }
    deliver_use_network(s->m->deliver, receive, s);
    return s;
}

void soak_free(struct soak *s)
{
    mock_free(s->m);
    arena_end(&s->arena);
    arena_end(&s->kept);
    heap_free(s);
}

void soak_run(struct soak *s, uint64_t calls)
{
    for (uint64_t until = s->calls + calls; s->calls < until;)
        act(s);
}

struct world *soak_world(struct soak *s)
{
    return namespaces_at(s->m->namespaces, 0)->world;
}

struct mock *soak_mock(struct soak *s)
{
    return s->m;
}

struct soak_figures soak_figures(struct soak *s)
{
    sample_memory(s);
    uint64_t calls = s->calls - s->calls_before;
    struct soak_figures f = {
        .calls = s->calls,
        .reads = s->reads,
        .deliveries = s->deliveries,
        .us_per_call = calls ? (double)s->spent_us / (double)calls : 0,
        .worst_us = (double)s->worst_us,
        .state = s->most,
        .state_bytes = s->most_bytes,
        .accounts = world_count(soak_world(s), RECORD_ACCOUNT),
        .posts = world_count(soak_world(s), RECORD_POST),
    };
    s->spent_us = s->worst_us = 0;
    s->calls_before = s->calls;
    s->most = (struct world_bytes){0};
    s->most_bytes = 0;
    return f;
}

size_t soak_resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    if (f)
        (void)fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

void soak_print_shapes(const struct soak *s, FILE *to)
{
    for (size_t i = 0; i < s->shape_count; i++) {
        fprintf(to, "%-24s %8.1f us, worst %7lld us:", s->shapes[i].shape,
                (double)s->shapes[i].spent_us / (double)s->shapes[i].calls, (long long)s->shapes[i].worst_us);
        for (size_t status = 0; status < STATUS_MAX; status++)
            if (s->shapes[i].statuses[status])
                fprintf(to, " %zu x %u", status, s->shapes[i].statuses[status]);
        fprintf(to, "\n");
    }
}
