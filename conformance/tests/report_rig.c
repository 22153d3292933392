#include "conformance/tests/report_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"

#define FILE_REVOKE  "scenarios/layers/accounts/revoke-then-reconnect.yaml"
#define FILE_FILTERS "scenarios/layers/accounts/list-filters.yaml"
#define FILE_HOSTILE "scenarios/layers/accounts/names-with-odd-letters.yaml"
#define FILE_LEASE   "scenarios/layers/leases/lease-and-release.yaml"
#define BASE         "http://127.0.0.1:40321/ns/t1/layers"
#define STARTED      INT64_C(1767322800000) /* 2026-01-02T03:00:00Z */

/* clang-format 14 crashes here. */
/* clang-format off */
static const struct claim claims[] = {
    {.id = "LA-042",
     .says = "A list shows every connected account of the project.",
     .source = "list#response",
     .observe = "api",
     .origin = {.document = "List social accounts", .heading = "Response",
                .url = "https://docs.example.com/list-social-accounts#response"}},
    {.id = "LA-164",
     .says = "Reconnecting after a revoke creates a new socialAccountId; the old one is never "
             "used again, not even for the same person on the same platform.",
     .source = "revoke#reconnecting",
     .observe = "api",
     .origin = {.document = "Revoke a social account", .heading = "Reconnecting", .path = "/docs/revoke#reconnecting"}},
    {.id = "LA-183",
     .says = "A revoke returns how many scheduled posts it cancelled.",
     .source = "revoke#response",
     .observe = "api",
     .origin = {.document = "Revoke a social account", .heading = "Response", .path = "/docs/revoke#response"}},
    {.id = "LA-190",
     .says = "A handle is spelled as on the platform.",
     .source = "Layers, Concepts, Social accounts",
     .observe = "api",
     .level = LEVEL_SHOULD},
    {.id = "LA-201",
     .says = "Tokens are kept encrypted.",
     .source = "security#tokens",
     .observe = "none",
     .why = "no call shows how a token is stored",
     .level = LEVEL_MAY,
     .origin = {.document = "Security", .heading = "Tokens"}},
};
/* clang-format on */

static const struct claim *const revoke_claims[] = {&claims[2]};
static const struct claim *const list_claims[] = {&claims[0], &claims[1]};
static const struct claim *const handle_claims[] = {&claims[3]};
static const char *const tags[] = {"oauth", "revoke"};

static struct run *new_run(struct arena *a)
{
    struct run *r = arena_new(a, struct run);
    *r = (struct run){.arena = a,
                      .target = "layers-mock",
                      .base_url = BASE,
                      .suite_version = "0.1.0",
                      .started_ms = STARTED,
                      .duration_us = 4218000,
                      .calls = 27,
                      .claim_count = COUNT(claims)};
    r->claims = arena_array(a, struct claim_result, r->claim_count);
    for (size_t i = 0; i < r->claim_count; i++)
        r->claims[i].claim = &claims[i];
    return r;
}

static struct scenario_result *add_scenario(struct run *r, const char *name, const char *title, const char *file)
{
    struct scenario_result *s = arena_new(r->arena, struct scenario_result);
    *s = (struct scenario_result){
        .name = name, .title = title, .file = file, .started_ms = STARTED, .duration_us = 812345};
    *arena_push(r->arena, &r->scenarios, struct scenario_result *) = s;
    return s;
}

static struct exchange_record *add_exchange(struct run *r, struct scenario_result *s, const char *method,
                                            const char *path, int status, struct str body)
{
    struct exchange_record *x = arena_new(r->arena, struct exchange_record);
    *x = (struct exchange_record){.method = method,
                                  .url = arena_printf(r->arena, "%s%s", BASE, path),
                                  .status = status,
                                  .response_body = body,
                                  .started_ms = STARTED,
                                  .duration_us = 12400};
    headers_add(r->arena, &x->request_headers, "Authorization", STR("Bearer " RIG_KEY));
    headers_add(r->arena, &x->request_headers, "User-Agent", STR("conformance/0.1.0"));
    headers_add(r->arena, &x->request_headers, "Accept", STR("application/json"));
    headers_add(r->arena, &x->response_headers, "Content-Type", STR("application/json"));
    *arena_push(r->arena, &s->exchanges, const struct exchange_record *) = x;
    return x;
}

static void add_attempt(struct run *r, struct exchange_record *x, int status, int64_t waited_ms)
{
    *arena_push(r->arena, &x->attempts, struct attempt) = (struct attempt){status, waited_ms, STARTED};
}

static struct check *add_check(struct run *r, struct scenario_result *s, const char *step, const char *pointer,
                               const char *matcher, enum verdict verdict)
{
    struct check *c = arena_push(r->arena, &s->checks, struct check);
    *c = (struct check){
        .id = arena_printf(r->arena, "%s/%s%s%s/%s", s->name, step, *pointer == '/' || !*pointer ? "" : "/", pointer,
                           matcher),
        .step = step,
        .pointer = pointer,
        .matcher = matcher,
        .verdict = verdict,
        .at = {s->file, (int)(14 + s->checks.count), 15},
        .exchange = s->exchanges.count ? s->exchanges.items[s->exchanges.count - 1] : NULL,
    };
    return c;
}

static void set_claims(struct check *c, const struct claim *const *cited, size_t count)
{
    c->claims = cited;
    c->claim_count = count;
}

static void set_texts(struct check *c, const char *expected, const char *actual, const char *why)
{
    c->expected = expected;
    c->actual = actual;
    c->why = why;
}

static struct run *finish_run(struct run *r)
{
    run_count(r);
    run_decide(r);
    return r;
}

static void add_dispute(struct run *r)
{
    r->disputes = arena_array(r->arena, struct dispute_result, 2);
    r->dispute_count = 2;
    r->disputes[0] =
        (struct dispute_result){"LD-004", "How an account id is formed: a UUID or 26 letters after sa_.", "uuid"};
    r->disputes[1] = (struct dispute_result){"LD-001", "Whether a revoked account is kept.", NULL};
}

static void add_lease(struct run *r, const char *name)
{
    struct scenario_result *s = add_scenario(r, name, "Lease an account and release it", FILE_LEASE);
    s->verdict = VERDICT_NOT_APPLICABLE;
    s->why = "the target has no capability 'lease'";
}

struct run *rig_empty(struct arena *a)
{
    return finish_run(new_run(a));
}

struct run *rig_green(struct arena *a)
{
    struct run *r = new_run(a);
    struct scenario_result *s = add_scenario(r, "revoke-then-reconnect-mints-a-new-id",
                                             "Revoke, then reconnect, mints a new socialAccountId", FILE_REVOKE);
    s->tags = tags;
    s->tag_count = 2;
    add_exchange(r, s, "DELETE", "/v1/social-accounts/sa_01", 200, STR("{\"canceledScheduledPosts\":0}"));
    set_texts(add_check(r, s, "revoke", "status", "is", VERDICT_PASS), "200", "200", NULL);
    set_claims(add_check(r, s, "revoke", "/canceledScheduledPosts", "$type", VERDICT_PASS), revoke_claims, 1);
    add_exchange(r, s, "GET", "/v1/projects/prj_1/social-accounts", 200, STR("{\"items\":[]}"));
    set_claims(add_check(r, s, "gone", "/items", "$some", VERDICT_PASS), list_claims, 2);
    set_texts(add_check(r, s, "gone", "/items/0/socialAccountId", "one_of", VERDICT_DISPUTED), NULL, NULL,
              "observed: LD-004 = uuid");
    add_dispute(r);
    add_lease(r, "lease-and-release");
    add_lease(r, "lease-twice");
    return finish_run(r);
}

static void add_revoke(struct run *r)
{
    struct scenario_result *s = add_scenario(r, "revoke-then-reconnect-mints-a-new-id",
                                             "Revoke, then reconnect, mints a new socialAccountId", FILE_REVOKE);
    s->tags = tags;
    s->tag_count = 2;
    struct exchange_record *x =
        add_exchange(r, s, "DELETE", "/v1/social-accounts/sa_01", 202,
                     STR("{\n  \"canceledScheduledPosts\": \"0\",\n  \"key\": \"" RIG_KEY "\"\n}"));
    add_attempt(r, x, 503, 0);
    add_attempt(r, x, 429, 500);
    add_attempt(r, x, 429, 2000);
    for (int i = 0; i < 4; i++)
        add_attempt(r, x, 202, 500);
    x->duration_us = 3120000;
    struct check *c = add_check(r, s, "revoke", "status", "is", VERDICT_FAIL);
    set_claims(c, revoke_claims, 1);
    set_texts(c, "200", "202", NULL);
    c = add_check(r, s, "revoke", "/canceledScheduledPosts", "$type", VERDICT_FAIL);
    set_claims(c, revoke_claims, 1);
    set_texts(c, "integer", "\"0\" (string)", NULL);
    static const char *const pointers[] = {"/id", "/items", "/items/0/handle"};
    for (size_t i = 0; i < 3; i++) {
        c = add_check(r, s, "second", pointers[i], "equals", VERDICT_BLOCKED);
        c->exchange = NULL;
        set_claims(c, list_claims, 1);
        set_texts(c, "\"x\"", NULL, "step 'revoke' failed");
    }
}

/* A response that tries to control the terminal, reverses the text direction, and echoes the
 * key. */
static void add_hostile(struct run *r)
{
    struct scenario_result *s = add_scenario(r, "names-with-odd-letters", "Names keep their letters", FILE_HOSTILE);
    struct exchange_record *x =
        add_exchange(r, s, "POST", "/v1/projects/prj_1/social/oauth-url?state=" RIG_STATE "&q=a%20b", 201,
                     STR("{\"name\":\"\x1b[2J\x1b]0;owned\x07 \xC2\x9B"
                         "31m \xE2\x80\xAE"
                         "evil\", \"bytes\":\"\xFF\xFE\","
                         "\"echo\":\"Bearer " RIG_KEY "\",\"base64\":\"bHBfbGl2ZV80SnE4WnIyWHc3\"}"));
    headers_add(r->arena, &x->request_headers, "Content-Type", STR("application/json"));
    x->request_body =
        STR("{\"returnUrl\":\"https://app.example.com/it's?k=" RIG_KEY "2\",\"note\":\"$HOME `id` caf\xC3\xA9\"}");
    struct check *c = add_check(r, s, "url", "/name", "equals", VERDICT_FAIL);
    set_texts(c, "\"Caf\xC3\xA9 \xE2\x9C\x93\"",
              "\"\x1b[2J\x1b]0;owned\x07 \xC2\x9B"
              "31m \xE2\x80\xAE"
              "evil " RIG_KEY "\"",
              "the first of 3 that differ; a long explanation that must be wrapped, because it does not "
              "fit into one line of a terminal, however wide that terminal may be");
    c = add_check(r, s, "url", "", "$exact", VERDICT_WARN);
    set_claims(c, handle_claims, 1);
    set_texts(c, "no member except name", "bytes, echo, base64", NULL);
}

static void add_undecided(struct run *r)
{
    struct scenario_result *s = add_scenario(r, "list-filters",
                                             "The filters of the account list select by status and by platform, and an "
                                             "unknown filter is rejected",
                                             FILE_FILTERS);
    struct exchange_record *x =
        add_exchange(r, s, "GET", "/v1/projects/prj_1/social-accounts?status=connected", 0, STR(""));
    x->error = "connection refused";
    struct check *c = NULL;
    for (size_t i = 0; i < 4; i++)
        c = add_check(r, s, "connected", arena_printf(r->arena, "/items/%zu/status", i), "equals", VERDICT_ERROR);
    set_claims(c, list_claims, 1);
    add_exchange(r, s, "GET", "/v1/projects/prj_2/social-accounts", 200, STR("{\"items\":[]}"));
    set_texts(add_check(r, s, "none", "/items", "$each", VERDICT_VACUOUS), NULL, NULL, "the list is empty");
    set_claims(add_check(r, s, "all", "/items", "$some", VERDICT_PASS), list_claims, 2);
}

struct run *rig_red(struct arena *a)
{
    struct run *r = new_run(a);
    add_revoke(r);
    add_undecided(r);
    add_hostile(r);
    add_lease(r, "lease-and-release");
    add_dispute(r);
    *arena_push(a, &r->preflight, struct preflight_result) =
        (struct preflight_result){"actor full", "GET http://127.0.0.1/v1/whoami returned 200", PREFLIGHT_OK};
    *arena_push(a, &r->preflight, struct preflight_result) =
        (struct preflight_result){"resource content", "no call reads content", PREFLIGHT_UNCHECKED};
    *arena_push(a, &r->preflight, struct preflight_result) =
        (struct preflight_result){"clock", "the clock of the target is 372 s ahead", PREFLIGHT_WRONG};
    *arena_push(a, &r->leftovers, struct leftover) =
        (struct leftover){"social account sa_02", "DELETE /v1/social-accounts/sa_02", "the target returned 500"};
    return finish_run(r);
}

/* --- writing reports ---------------------------------------------------------------------- */

int rig_begin(void **state)
{
    struct rig *g = calloc(1, sizeof *g);
    assert_non_null(g);
    g->secrets.arena = &g->arena;
    secrets_add(&g->secrets, "LAYERS_KEY", RIG_KEY);
    secrets_add(&g->secrets, "STATE", RIG_STATE);
    *state = g;
    return 0;
}

int rig_end(void **state)
{
    struct rig *g = *state;
    arena_end(&g->arena);
    free(g);
    return 0;
}

struct writer *memory_open(struct memory *m, const struct secrets *secrets)
{
    m->file = open_memstream(&m->text, &m->n);
    assert_non_null(m->file);
    return writer_to(secrets, m->file);
}

struct str memory_end(struct memory *m, struct writer *w, struct arena *a)
{
    assert_true(writer_close(w, NULL));
    assert_int_equal(fclose(m->file), 0);
    struct str kept = str_of(arena_copy(a, m->text, m->n + 1), m->n);
    free(m->text);
    return kept;
}

struct str rig_report(struct rig *g, const char *format, const struct run *r)
{
    struct memory m;
    struct writer *w = memory_open(&m, &g->secrets);
    const struct report_format *f = report_format_named(format);
    assert_non_null(f);
    f->write(r, w);
    return memory_end(&m, w, &g->arena);
}

struct str rig_summary(struct rig *g, const struct run *r, bool colour, int width)
{
    struct memory m;
    struct writer *w = memory_open(&m, &g->secrets);
    console_summary(console_new(&g->arena, w, colour, PROGRESS_NONE, width), r);
    return memory_end(&m, w, &g->arena);
}
