#include "conformance/run/preflight.h"

#include <string.h>

#include "base/json.h"
#include "base/match.h"
#include "base/time.h"

#define HEADER_MAX_BYTES 100

#define SKEW_WARN_MS  ((int64_t)30 * 1000)
#define SKEW_ERROR_MS ((int64_t)5 * 60 * 1000)

/* --- sentences ---------------------------------------------------------------------------- */

/* A header's text for a terminal: printable ASCII, and not too long. */
static const char *printable(struct arena *a, struct str text)
{
    char *out = str_dup(a, str_head(text, HEADER_MAX_BYTES));
    for (char *c = out; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return out;
}

/* For example "GET https://... returned 404". */
static const char *request_and_status(struct arena *a, const struct exchange_record *x)
{
    return arena_printf(a, "%s %s returned %d", x->method, x->url, x->status);
}

/* For example "GET https://... returned 404 text/html"; with the Location of a redirect, but without its query. */
static const char *response_text(struct arena *a, const struct exchange_record *x)
{
    struct str rest = headers_get(&x->response_headers, "Content-Type"), type = str_trim(str_cut(&rest, ';'));
    struct str more = headers_get(&x->response_headers, "Location"), to = str_cut(&more, '?');
    if (!x->status)
        return arena_printf(a, "%s %s got no response: %s", x->method, x->url, x->error);
    bool plain = x->status == 400 && str_starts(str_from(x->url), STR("http:")); /* to a port for TLS, perhaps */
    return arena_printf(a, "%s%s%s%s%s%s", request_and_status(a, x), type.n ? " " : "", printable(a, type),
                        to.n ? " with Location " : "", printable(a, to), plain ? " (is it https?)" : "");
}

static void decide(struct item *item, enum preflight_outcome outcome, const char *detail)
{
    item->outcome = outcome;
    item->detail = detail;
}

static void warn(struct item *item, const char *detail)
{
    decide(item, PREFLIGHT_OK, detail);
    item->is_warning = true;
}

static void wrong_api(const struct runner *r, struct item *item, const struct exchange_record *x, const char *more)
{
    struct arena *a = r->arena;
    decide(item, PREFLIGHT_WRONG,
           arena_printf(a, "base_url %s does not look like the %s API: %s%s", r->target->base_url, item->schema->api,
                        response_text(a, x), more));
    item->is_unavailable = item->is_actor;
}

/* --- the body ----------------------------------------------------------------------------- */

/* Returns the first thing that is not as expected, for example " without /organizationId"; NULL: all is.
 * *foreign: the body is not that of the API: it is not JSON, or a documented member is missing or of another type. */
static const char *body_mismatch(const struct runner *r, const struct item *item, const struct exchange_record *x,
                                 bool *foreign)
{
    struct arena *a = r->arena;
    struct match_results results = {0};
    const struct match_context c = {.arena = a, .now_ms = exchange_now_ms(x)};
    const char *missing = NULL;
    const struct node *body = json_parse(a, x->response_body, "body", NULL);
    const struct node *has = item->name->has ? vars_value(&item->vars, item->name->has, &missing) : NULL;
    *foreign = true;
    if (!body)
        return ", which is not JSON";
    if (!has)
        return NULL;
    match_run(&c, has, body, "", &results);
    for (size_t i = 0; i < results.count; i++) {
        const struct match_result *m = &results.items[i];
        const char *at = *m->pointer ? m->pointer : "/";
        bool is_absent = m->verdict == MATCH_FAILS && strcmp(m->actual, "absent") == 0;
        *foreign = is_absent || strcmp(m->matcher, "$type") == 0;
        if (is_absent)
            return arena_printf(a, " without %s", at);
        if (m->verdict != MATCH_HOLDS)
            return arena_printf(a, ", where %s should be %s%s%s", at, *m->matcher == '$' ? m->matcher : "",
                                *m->matcher == '$' ? " " : "", m->expected);
    }
    return NULL;
}

/* --- actors ------------------------------------------------------------------------------- */

static bool is_refusal(int status)
{
    return status == 401 || status == 402 || status == 403;
}

static bool is_expected_status(const struct target_name *n, int status)
{
    return n->status ? status == n->status : status >= 200 && status < 300;
}

/* A wrong key that is accepted may be a bug of the provider: the suite judges that. */
static void judge_wrong_key(const struct runner *r, struct item *item, const struct exchange_record *x)
{
    struct arena *a = r->arena;
    if (is_refusal(x->status))
        decide(item, PREFLIGHT_OK, arena_printf(a, "refused, as expected: %s", response_text(a, x)));
    else if (exchange_succeeded(x))
        warn(item, arena_printf(a, "key of actor '%s' (%s) should be refused, but %s", item->name->name,
                                item->actor->origin, request_and_status(a, x)));
    else
        wrong_api(r, item, x, "");
}

static void judge_actor(const struct runner *r, struct item *item, const struct exchange_record *x)
{
    struct arena *a = r->arena;
    const struct target_name *n = item->name;
    if (item->actor->expect_refused) {
        judge_wrong_key(r, item, x);
    } else if (is_expected_status(n, x->status)) {
        bool foreign;
        const char *mismatch = body_mismatch(r, item, x, &foreign);
        decide(item, PREFLIGHT_OK, response_text(a, x));
        if (mismatch && foreign)
            wrong_api(r, item, x, mismatch);
        else if (mismatch)
            decide(item, PREFLIGHT_WRONG,
                   arena_printf(a, "key of actor '%s' (%s) is not %s: %s%s", n->name, item->actor->origin, n->means,
                                response_text(a, x), mismatch));
    } else if (is_refusal(x->status)) {
        decide(item, PREFLIGHT_WRONG,
               arena_printf(a, "key of actor '%s' (%s) was refused: %d", n->name, item->actor->origin, x->status));
    } else if (n->status && exchange_succeeded(x)) {
        warn(item, arena_printf(a, "key of actor '%s' (%s) should get %d, but %s", n->name, item->actor->origin,
                                (int)n->status, request_and_status(a, x)));
    } else {
        wrong_api(r, item, x, "");
    }
}

/* --- resources ---------------------------------------------------------------------------- */

static void wrong_resource(const struct runner *r, struct item *item, const char *why)
{
    const char *value = scalar_text(r->arena, item->value);
    decide(item, PREFLIGHT_WRONG,
           arena_printf(r->arena, "resource '%s' (%s) is not %s: %s", item->name->name, value ? value : "a list or map",
                        item->name->means, why));
}

static void judge_resource(const struct runner *r, struct item *item, const struct exchange_record *x, bool more)
{
    struct arena *a = r->arena;
    bool foreign;
    const char *mismatch = NULL;
    bool exists = item->name->status >= 400 && exchange_succeeded(x); /* although it should not */
    if (!is_expected_status(item->name, x->status))
        wrong_resource(r, item,
                       arena_printf(a, "%s%s", response_text(a, x),
                                    exists ? "; if nothing has this id, judge the API with --no-preflight" : ""));
    else if (!(mismatch = body_mismatch(r, item, x, &foreign)))
        decide(item, PREFLIGHT_OK, response_text(a, x));
    else if (!more)
        wrong_resource(r, item, arena_printf(a, "%s%s", response_text(a, x), mismatch));
}

void preflight_judge(const struct runner *r, struct item *item, struct exchange_record *x, bool more)
{
    struct arena *a = r->arena;
    if (!x->status) {
        decide(item, PREFLIGHT_WRONG, response_text(a, x));
        item->is_unavailable = true;
    } else if (x->status >= 500) {
        decide(item, PREFLIGHT_WRONG, arena_printf(a, "the target is unavailable: %s", response_text(a, x)));
        item->is_unavailable = true;
    } else if (x->status == 429) {
        decide(item, PREFLIGHT_WRONG,
               arena_printf(a, "the rate limit of the target is used up: %s", response_text(a, x)));
        item->is_unavailable = true;
    } else if (item->is_actor) {
        judge_actor(r, item, x);
    } else {
        judge_resource(r, item, x, more);
    }
}

/* --- the target --------------------------------------------------------------------------- */

const char *preflight_no_response(struct arena *a, const char *base_url, const struct exchange_record *x)
{
    return arena_printf(a, "%s does not respond: %s%s", base_url, x->error, no_response_hint(x));
}

/* A cache may send an old Date; Age is how old it is. */
const char *preflight_clock(struct arena *a, const struct exchange_record *x, int64_t *skew_ms, bool *is_error)
{
    int64_t date_ms, age_s, now_ms = time_wall_ms();
    if (!exchange_date_ms(x, &date_ms))
        return NULL;
    if (str_to_int(str_trim(headers_get(&x->response_headers, "Age")), &age_s) && age_s > 0 && age_s < INT32_MAX)
        date_ms += age_s * 1000;
    *skew_ms = date_ms + 500 - now_ms; /* Date has whole seconds */
    int64_t off_ms = *skew_ms < 0 ? -*skew_ms : *skew_ms;
    *is_error = off_ms > SKEW_ERROR_MS;
    if (off_ms <= SKEW_WARN_MS)
        return NULL;
    return arena_printf(a, "the clock of the target is %lld s %s that of this machine (Date: %s)",
                        (long long)(off_ms / 1000), *skew_ms < 0 ? "behind" : "ahead of",
                        printable(a, headers_get(&x->response_headers, "Date")));
}
