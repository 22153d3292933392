#include "mockserver/tests/random_calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/admin/api.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

/* Request bodies by operation. Replaced: $<record kind> by an id of that kind, $later by a time,
 * $word by a text, $platform by a platform, $digit by a number. An operation without a row gets the
 * body of another one. */
/* clang-format off */
static const struct body_row {
    const char *operation, *body;
} body_rows[] = {
    {"create_oauth_url",        "{\"platform\":\"$platform\",\"returnUrl\":\"https://app.test/done\"}"},
    {"create_reauth_url",       "{\"socialAccountId\":\"$accounts\",\"returnUrl\":\"https://app.test/\"}"},
    {"request_lease",
     "{\"count\":$digit,\"niche\":{\"vertical\":\"fitness\"},\"requestId\":\"$word\",\"projectId\":\"$spaces\"}"},
    {"schedule_content",
     "{\"scheduledFor\":\"$later\",\"targets\":[{\"socialAccountId\":\"$accounts\",\"mode\":\"publish\"}]}"},
    {"schedule_content",
     "{\"scheduledFor\":\"$later\",\"targets\":[{\"socialAccountId\":\"$accounts\",\"mode\":\"draft\"},"
     "{\"socialAccountId\":\"$accounts\",\"mode\":\"publish\",\"captionOverride\":\"$word\"}]}"},
    {"publish_content",         "{\"targets\":[{\"socialAccountId\":\"$accounts\",\"mode\":\"publish\"}]}"},
    {"reschedule_post",         "{\"scheduledFor\":\"$later\"}"},
    {"reject_content",          "{\"reason\":\"$word\"}"},
    {"create_ads_oauth_url",    "{\"platform\":\"tiktok_ads\",\"returnUrl\":\"https://app.test/\"}"},
    {"create_project",          "{\"name\":\"$word\",\"timezone\":\"UTC\"}"},
    {"create_webhook_endpoint",
     "{\"url\":\"http://127.0.0.1:9/$word\",\"events\":[\"post.published\",\"post.failed\"]}"},
    {"update_webhook_endpoint", "{\"status\":\"paused\"}"},
    {"update_webhook_endpoint", "{\"status\":\"active\",\"description\":\"$word\"}"},
    {"create_connect_link",     "{\"platform\":\"$platform\"}"},
    {"start_social_connect",    "{\"platform\":\"$platform\"}"},
    {"start_device_login",      "{\"client_name\":\"$word\"}"},
    {"poll_device_token",       "{\"device_code\":\"$attempts\"}"},
    {"create_post",             "{\"content\":\"$word\",\"account_ids\":[$accounts]}"},
    {"create_post", "{\"content\":\"$word\",\"account_ids\":[$accounts,$accounts],\"scheduled_for\":\"$later\"}"},
    {"create_post",             "{\"content\":\"$word\",\"account_ids\":[$accounts],\"draft\":true}"},
    {"update_post",             "{\"content\":\"$word\"}"},
    {"update_post",             "{\"account_ids\":[$accounts],\"scheduled_for\":\"$later\"}"},
    {"schedule_post",           "{\"scheduled_for\":\"$later\"}"},
    {"retry_post",              "{}"},
    {"create_upload",           "{\"filename\":\"$word.mp4\",\"content_type\":\"video/mp4\"}"},
    {"upload_media_from_url",   "{\"url\":\"https://example.com/$word.png\"}"},
    {"create_webhook", "{\"url\":\"http://127.0.0.1:9/$word\",\"name\":\"$word\",\"events\":[\"post.published\"]}"},
    {"update_webhook",          "{\"is_active\":false}"},
    {"update_webhook",          "{\"is_active\":true}"},
    {"create_schedule",
     "{\"status\":\"SCHEDULED\",\"scheduledAt\":\"$later\",\"postContent\":{\"common\":\"$word\"},"
     "\"selectedAccounts\":[\"$accounts\"],\"threadsPostSettings\":{\"postType\":\"image\"},\"designId\":\"dsgn\"}"},
    {"create_schedule", "{\"status\":\"DRAFT\",\"scheduledAt\":\"$later\",\"postContent\":{\"common\":\"$word\"}}"},
    {"update_schedule",
     "{\"status\":\"SCHEDULED\",\"scheduledAt\":\"$later\",\"postContent\":{\"common\":\"$word\"},"
     "\"selectedAccounts\":[\"$accounts\"],\"threadsPostSettings\":{\"postType\":\"image\"},\"designId\":\"dsgn\"}"},
    {"update_schedule",
     "{\"status\":\"DRAFT\",\"scheduledAt\":\"$later\",\"postContent\":{\"common\":\"$word\"},"
     "\"selectedAccounts\":[\"$accounts\"]}"},
};
/* clang-format on */

static const char *const words[] = {"coffee", "tea", "roast", "a b", "\u00e9t\u00e9", "x", ""};
static const char *const tokens[] = {"token-1", "token-2", "token-3", "token-\xff"};

static uint64_t next_random(struct random_calls *w)
{
    uint64_t x = w->random += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static size_t next_byte(struct random_calls *w)
{
    if (!w->byte_count)
        return 0;
    w->byte_count--;
    return *w->bytes++;
}

static size_t random_below(struct random_calls *w, size_t n)
{
    if (n < 2)
        return 0;
    if (!w->bytes)
        return (size_t)(next_random(w) % n);
    size_t choice = next_byte(w);
    return (n > 256 ? choice << 8 | next_byte(w) : choice) % n;
}

static bool chance(struct random_calls *w, unsigned percent)
{
    return random_below(w, 100) < percent;
}

struct random_calls random_calls_new(uint64_t seed, unsigned kinds)
{
    return (struct random_calls){.seed = seed, .random = seed, .kinds = kinds};
}

struct random_calls random_calls_of_bytes(const void *bytes, size_t count, unsigned kinds)
{
    return (struct random_calls){.bytes = bytes, .byte_count = count, .kinds = kinds};
}

/* Half of the time one of the newest rows, since those change most. */
static uint32_t some_row(struct random_calls *w, uint32_t count)
{
    uint32_t newest = count > 4 ? 4 : count;
    return chance(w, 50) ? 1 + (uint32_t)random_below(w, count) : count - (uint32_t)random_below(w, newest);
}

/* The id of a random record, preferably of that provider (-1: any). */
static const char *some_id(struct random_calls *w, const struct world *world, enum record_kind kind, int provider)
{
    uint32_t count = world_last(world, kind);
    const char *id = NULL;
    for (size_t tries = 0; tries < 12 && count && !id; tries++) {
        uint32_t row = some_row(w, count);
        if (!world_has(world, kind, row)) /* forgotten */
            continue;
        if (provider < 0 || tries >= 8 || record_provider(world, kind, row) == provider)
            id = record_id(world, kind, row);
    }
    return id ? id : "nothing";
}

static const char *some_time(struct arena *a, struct random_calls *w, const struct world *world)
{
    int64_t hours = (int64_t)random_below(w, (size_t)24 * 21) - 12;
    return time_seconds(world_now(world) + hours * HOUR_MS, arena_alloc(a, TIME_TEXT_MAX));
}

static const char *placeholder_value(struct arena *a, struct random_calls *w, const struct world *world, int provider,
                                     struct str word)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        if (str_is(word, record_kind_texts[kind]))
            return some_id(w, world, kind, provider);
    if (str_is(word, "later"))
        return some_time(a, w, world);
    if (str_is(word, "platform"))
        return platform_texts[random_below(w, PLATFORM_COUNT)];
    if (str_is(word, "digit"))
        return arena_printf(a, "%zu", random_below(w, 4));
    return words[random_below(w, COUNT(words) - 1)];
}

static const char *write_body(struct arena *a, struct random_calls *w, const struct world *world, int provider,
                              const char *template)
{
    struct buf out = {.arena = a};
    for (const char *c = template; *c;) {
        const char *end = c + 1;
        while (*c == '$' && ((*end >= 'a' && *end <= 'z') || *end == '_'))
            end++;
        if (*c == '$')
            buf_text(&out, placeholder_value(a, w, world, provider, str_of(c + 1, (size_t)(end - c - 1))));
        else
            buf_byte(&out, *c);
        c = end;
    }
    return buf_c(&out);
}

static const char *some_body(struct arena *a, struct random_calls *w, const struct world *world,
                             const struct provider *d, const struct route *r)
{
    const struct body_row *fitting[COUNT(body_rows)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(body_rows); i++)
        if (strcmp(body_rows[i].operation, r->operation) == 0)
            fitting[count++] = &body_rows[i];
    bool writes = r->method[0] == 'P';
    if (!count && (!writes || chance(w, 50)))
        return NULL;
    if (chance(w, 3))
        return chance(w, 50) ? "{\"content\":" : "[]";
    const struct body_row *row =
        count && !chance(w, 4) ? fitting[random_below(w, count)] : &body_rows[random_below(w, COUNT(body_rows))];
    return write_body(a, w, world, d->id, row->body);
}

/* The kind of record whose id follows a path segment. After other segments: an id of any kind. */
static const struct segment_row {
    const char *segment;
    enum record_kind kind;
} segment_rows[] = {
    {"projects",           RECORD_SPACE        },
    {"social-accounts",    RECORD_ACCOUNT      },
    {"social-account",     RECORD_ACCOUNT      },
    {"leased-accounts",    RECORD_ACCOUNT      },
    {"accounts",           RECORD_ACCOUNT      },
    {"oauth-status",       RECORD_OAUTH_ATTEMPT},
    {"poll",               RECORD_OAUTH_ATTEMPT},
    {"requests",           RECORD_LEASE_REQUEST},
    {"content",            RECORD_CONTENT      },
    {"scheduled-posts",    RECORD_DESTINATION  },
    {"schedule",           RECORD_POST         },
    {"posts",              RECORD_POST         },
    {"api-keys",           RECORD_KEY          },
    {"webhook-endpoints",  RECORD_WEBHOOK      },
    {"webhooks",           RECORD_WEBHOOK      },
    {"webhook-deliveries", RECORD_DELIVERY     },
    {"media",              RECORD_MEDIA        },
    {"uploads",            RECORD_MEDIA        },
    {"brand",              RECORD_LIBRARY_ITEM },
    {"audio",              RECORD_LIBRARY_ITEM },
    {"status",             RECORD_POST_JOB     },
    {"output",             RECORD_POST_JOB     },
};

/* An id that fits after the given start of a path. */
static const char *some_param(struct random_calls *w, const struct world *world, const struct provider *d,
                              struct str path)
{
    enum record_kind kind = (enum record_kind)random_below(w, RECORD_KIND_COUNT);
    path.n--;
    for (size_t i = 0; i < COUNT(segment_rows) && !chance(w, 1); i++) {
        struct str segment = str_from(segment_rows[i].segment);
        if (str_ends(path, segment) && path.s[path.n - segment.n - 1] == '/')
            kind = segment_rows[i].kind;
    }
    return some_id(w, world, kind, chance(w, 95) ? d->id : -1);
}

/* The header with an API key: mostly an active key with all scopes, if the provider has one. */
static const char *some_key(struct arena *a, struct random_calls *w, const struct world *world,
                            const struct provider *d)
{
    uint32_t count = world_count(world, RECORD_KEY);
    const char *value = "unknown";
    bool prefer_active = !chance(w, 10);
    uint32_t first = (uint32_t)random_below(w, count);
    if (chance(w, 1))
        count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = 1 + (first + i) % count;
        const struct key *k = key_read(world, row);
        if (record_provider(world, RECORD_KEY, row) != d->id)
            continue;
        value = k->value;
        if (!prefer_active || (k->status == KEY_ACTIVE && (!k->scope_count || key_has_scope(k, "*"))))
            break;
    }
    return d->key_header ? arena_printf(a, "%s: %s", d->key_header, value)
                         : arena_printf(a, "Authorization: Bearer %s", value);
}

static void step_call(struct arena *a, struct random_calls *w, const struct world *world, struct step *step)
{
    const struct provider *d = providers[random_below(w, provider_count)];
    const struct route *r;
    do
        r = &d->routes[random_below(w, d->route_count)];
    while (!r->serve);
    struct buf line = {.arena = a};
    buf_printf(&line, "%s %s", r->method, d->mount);
    for (const char *c = r->pattern; *c; c++)
        if (*c == '{' && c[1] == '}') {
            buf_text(&line, some_param(w, world, d, buf_str(&line)));
            c++;
        } else {
            buf_byte(&line, *c);
        }
    if (strcmp(r->operation, "list_schedule") == 0)
        buf_printf(&line, "?fromDate=%s&toDate=2026-09-01T00:00:00Z", some_time(a, w, world));
    else if (strcmp(r->method, "GET") == 0 && chance(w, 25))
        buf_printf(&line, "?limit=%zu", random_below(w, 4));
    step->line = buf_c(&line);
    step->body = some_body(a, w, world, d, r);
    step->headers[0] = some_key(a, w, world, d);
    if (chance(w, 20))
        step->headers[1] = arena_printf(a, "Idempotency-Key: %s", tokens[random_below(w, COUNT(tokens))]);
}

/* The kind of record that a simulation's member refers to; sometimes another kind. */
static enum record_kind kind_for(struct random_calls *w, const char *name)
{
    static const struct {
        const char *name;
        enum record_kind kind;
    } rows[] = {
        {"state",   RECORD_OAUTH_ATTEMPT},
        {"space",   RECORD_SPACE        },
        {"project", RECORD_SPACE        },
        {"request", RECORD_LEASE_REQUEST},
        {"post",    RECORD_DESTINATION  },
        {"account", RECORD_ACCOUNT      },
        {"key",     RECORD_KEY          },
        {"webhook", RECORD_WEBHOOK      },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0 && !chance(w, 5))
            return rows[i].kind;
    return (enum record_kind)random_below(w, RECORD_KIND_COUNT);
}

static const char *pending_attempt(const struct world *world)
{
    for (uint32_t row = world_last(world, RECORD_OAUTH_ATTEMPT); row; row--)
        if (world_has(world, RECORD_OAUTH_ATTEMPT, row) &&
            oauth_attempt_read(world, row)->state == OAUTH_ATTEMPT_PENDING)
            return oauth_attempt_read(world, row)->token;
    return "nothing";
}

static const char *simulate_text(struct arena *a, struct random_calls *w, const struct world *world, const char *name)
{
    static const char *const events[] = {"post.published", "post.failed", "post.canceled", "social_account.connected",
                                         "webhook.test"};
    if (strcmp(name, "handle") == 0)
        return chance(w, 70) ? arena_printf(a, "user%zu", random_below(w, 40)) : words[random_below(w, 4)];
    if (strcmp(name, "event") == 0)
        return events[random_below(w, COUNT(events))];
    if (strcmp(name, "platform") == 0)
        return platform_texts[random_below(w, PLATFORM_COUNT)];
    if (strcmp(name, "state") == 0 && chance(w, 80))
        return pending_attempt(world);
    if (strcmp(name, "code") == 0 || strcmp(name, "status") == 0)
        return words[random_below(w, 4)];
    return some_id(w, world, kind_for(w, name), -1);
}

static void put_simulation_value(struct json *out, struct arena *a, struct random_calls *w, const struct world *world,
                                 const struct field *f)
{
    json_key(out, f->key);
    switch (f->type) {
    case FIELD_BOOL:
        json_bool(out, chance(w, 50));
        break;
    case FIELD_INT:
        json_int(out, (int64_t)random_below(w, 6));
        break;
    case FIELD_ENUM:
        json_text(out, field_word(f, random_below(w, field_word_count(f))));
        break;
    case FIELD_DURATION:
        json_text(out, chance(w, 80) ? "3h" : "-1d");
        break;
    case FIELD_TIME:
        json_text(out, some_time(a, w, world));
        break;
    case FIELD_TEXT:
        json_text(out, simulate_text(a, w, world, f->key));
        break;
    case FIELD_TEXTS:
    case FIELD_LIST:
        json_open_list(out);
        json_close_list(out);
        break;
    case FIELD_NODE:
    case FIELD_MAP:
        json_open_map(out);
        json_close_map(out);
        break;
    }
}

/* Adds optional members at random; the simulation rejects invalid combinations. */
static void step_simulation(struct arena *a, struct random_calls *w, const struct world *world, struct step *step)
{
    const struct simulation *simulation = &simulations[random_below(w, simulation_count)];
    if (strcmp(simulation->name, "plan") == 0 && !chance(w, 20))
        simulation = &simulations[0]; /* rare: it would soon stop all keys */
    struct buf body = {.arena = a};
    struct json out = json_begin(&body, 0);
    bool makes_rules = strcmp(simulation->name, "fail") == 0;
    if (makes_rules && !(w->kinds & RANDOM_RULES))
        simulation = &simulations[0];
    if (makes_rules && w->kinds & RANDOM_RULES) {
        const struct provider *d = providers[random_below(w, provider_count)];
        step->line = "POST /__admin/simulate/fail";
        step->body = arena_printf(a, "{\"operation\":\"%s.%s\",\"times\":%zu,\"status\":503}", d->name,
                                  d->routes[random_below(w, d->route_count)].operation, 1 + random_below(w, 2));
        return;
    }
    json_open_map(&out);
    for (size_t i = 0; i < simulation->body->count; i++)
        if (simulation->body->rows[i].required || chance(w, 40))
            put_simulation_value(&out, a, w, world, &simulation->body->rows[i]);
    if (chance(w, 2))
        json_put_int(&out, "odd", 1);
    json_close_map(&out);
    step->line = arena_printf(a, "POST /__admin/simulate/%s", simulation->name);
    step->body = buf_c(&body);
}

static void step_time(struct arena *a, struct random_calls *w, struct step *step)
{
    static const char *const lengths[] = {"1s", "10m", "1h", "7h", "1d", "3d", "8d", "32d"};
    step->line = "POST /__admin/clock/advance";
    step->body = chance(w, 40) ? "{\"until\":\"next_event\"}"
                               : arena_printf(a, "{\"by\":\"%s\"}", lengths[random_below(w, COUNT(lengths))]);
}

static void put_patch_value(struct json *out, struct arena *a, struct random_calls *w, const struct world *world,
                            const struct record_field *f)
{
    json_key(out, f->name);
    switch (f->type) {
    case RECORD_TEXT:
        json_text(out, chance(w, 30) ? NULL : words[random_below(w, COUNT(words))]);
        break;
    case RECORD_BOOL:
        json_bool(out, chance(w, 50));
        break;
    case RECORD_INT:
        if (w->kinds & RANDOM_BREAKS && chance(w, 10))
            json_int(out, chance(w, 50) ? RECORD_NUMBER_MAX : -RECORD_NUMBER_MAX);
        else
            json_int(out, chance(w, 80) ? (int64_t)random_below(w, 5) : -(int64_t)random_below(w, 5));
        break;
    case RECORD_TIME:
        if (w->kinds & RANDOM_BREAKS && chance(w, 10))
            json_text(out, chance(w, 50) ? "0000-01-01T00:00:00Z" : "9999-12-31T23:59:59Z");
        else
            json_text(out, chance(w, 30) ? NULL : some_time(a, w, world));
        break;
    case RECORD_ENUM:
        json_text(out, f->texts[random_below(w, f->text_count)]);
        break;
    case RECORD_REF:
        json_text(out, chance(w, 30) ? NULL : some_id(w, world, f->refers, -1));
        break;
    case RECORD_CHANGE:
        json_int(out, (int64_t)random_below(w, 9));
        break;
    case RECORD_TEXTS:
        json_open_list(out);
        for (size_t i = random_below(w, 3); i; i--)
            json_text(out, chance(w, 50) ? "*" : words[random_below(w, COUNT(words))]);
        json_close_list(out);
        break;
    case RECORD_INTS:
        json_open_list(out);
        for (size_t i = random_below(w, 5); i; i--)
            json_int(out, (int64_t)random_below(w, 100));
        json_close_list(out);
        break;
    }
}

static void step_patch(struct arena *a, struct random_calls *w, const struct world *world, struct step *step)
{
    enum record_kind kind = (enum record_kind)random_below(w, RECORD_KIND_COUNT);
    const struct record_type *s = record_types[kind];
    struct buf body = {.arena = a};
    struct json out = json_begin(&body, 0);
    size_t first = random_below(w, s->field_count);
    json_open_map(&out);
    for (size_t i = 0, left = 1 + random_below(w, 2); i < s->field_count && left; i++) {
        const struct record_field *f = &s->fields[(first + i) % s->field_count];
        if (f->fixed && !chance(w, 3))
            continue;
        put_patch_value(&out, a, w, world, f);
        left--;
    }
    json_close_map(&out);
    bool breaks = w->kinds & RANDOM_BREAKS && chance(w, 60);
    step->line = arena_printf(a, "PATCH /__admin/state/%s/%s%s", record_kind_texts[kind], some_id(w, world, kind, -1),
                              breaks ? "?skip_invariants=1" : "");
    step->body = buf_c(&body);
}

static void step_namespaces(struct random_calls *w, struct step *step)
{
    static const struct {
        const char *line, *body;
    } rows[] = {
        {"POST /__admin/snapshots",                        "{\"name\":\"then\"}"                  },
        {"POST /__admin/snapshots/then/restore",           NULL                                   },
        {"POST /__admin/snapshots/then/restore",           NULL                                   },
        {"POST /__admin/namespaces",                       "{\"name\":\"copy\",\"from\":\"then\"}"},
        {"DELETE /__admin/namespaces/copy",                NULL                                   },
        {"POST /ns/copy/__admin/clock/advance",            "{\"by\":\"9d\"}"                      },
        {"GET /ns/copy/v1/projects/prj_a/social-accounts", NULL                                   },
        {"POST /__admin/reset",                            NULL                                   },
    };
    size_t i = random_below(w, COUNT(rows));
    step->line = rows[i].line;
    step->body = rows[i].body;
}

/* Loads the export of the default namespace into a namespace, which other steps call. */
static void step_load(struct arena *a, struct mock *m, struct step *step)
{
    struct mock_response export = mock_call(m, "GET /__admin/state?format=fixture", NULL);
    mock_call(m, "DELETE /__admin/namespaces/copy", NULL);
    step->line = "POST /__admin/namespaces";
    step->body = export.status == 200
                     ? arena_printf(a, "{\"name\":\"copy\",\"fixture\":" STR_FMT "}", STR_ARG(export.text))
                     : "{}";
}

struct step random_calls_next(struct arena *a, struct random_calls *w, struct mock *m)
{
    const struct world *world = mock_test_world(m);
    struct step step = {0};
    size_t at = random_below(w, 1000);
    w->steps++;
    if (at < 2 && w->kinds & RANDOM_LOADS)
        step_load(a, m, &step);
    else if (at < 16 && w->kinds & RANDOM_NAMESPACES)
        step_namespaces(w, &step);
    else if (at < 70 && w->kinds & RANDOM_TIME)
        step_time(a, w, &step);
    else if (at < 150 && w->kinds & RANDOM_PATCHES)
        step_patch(a, w, world, &step);
    else if (at < 400 && w->kinds & RANDOM_SIMULATIONS)
        step_simulation(a, w, world, &step);
    else
        step_call(a, w, world, &step);
    return step;
}
