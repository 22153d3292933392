/* Checks how many matching requests the journal has, now or within a timeout. */
#include "mockserver/admin/requests.h"

#include "base/time.h"
#include "mockserver/runtime/namespaces.h"
#include "mockserver/runtime/suspend.h"

#define TIMEOUT_DEFAULT_MS 10000
#define TIMEOUT_MAX_MS     60000
#define NEAREST_MAX        3
#define SHOWN_MAX          20

struct verify_body {
    struct request_match match;
    int64_t count, at_least, at_most; /* -1: not given */
    const struct node *since;         /* NULL: not given */
    int64_t timeout_ms;
};

#define CALLS(name, member, help_) FIELD(name, FIELD_INT, struct verify_body, member, .max = INT32_MAX, .help = (help_))

#define VERIFY_ROWS                                                                                                    \
    FIELD("match", FIELD_MAP, struct verify_body, match, .sub = &request_match_fields,                                 \
          .help = "Which requests to count. Default: all."),                                                           \
        CALLS("count", count, "Expected number of requests."),                                                         \
        CALLS("at_least", at_least, "Minimum number. Default: 1, if no number is given."),                             \
        CALLS("at_most", at_most, "Maximum number."),                                                                  \
        FIELD("since", FIELD_NODE, struct verify_body, since, .shape = "{type: [string, integer]}",                    \
              .help = "Only requests after this cursor: `next` of an earlier response, or `cursor` of a request. "     \
                      "Default: 0, the beginning of the journal.")

static const struct field verify_rows[] = {VERIFY_ROWS};
static const struct field wait_rows[] = {
    VERIFY_ROWS,
    FIELD("timeout", FIELD_DURATION, struct verify_body, timeout_ms,
          .help = "How long to wait, in real time, at most 60s. Default: 10s."),
};

const struct fields admin_verify_fields = FIELD_TABLE("verification", verify_rows, struct verify_body, FIELDS_NO_PLACE);
const struct fields admin_wait_fields = FIELD_TABLE("wait", wait_rows, struct verify_body, FIELDS_NO_PLACE);

struct near_entry {
    uint64_t seq;
    unsigned misses;
};

/* The state of a verification. Each journal entry is judged once, when it is written. */
struct verification {
    struct request_match match;
    int64_t least, most;
    uint64_t judged; /* seq of the last judged entry */
    uint64_t epoch;  /* of the journal when the last entry was judged */
    struct str since;
    int64_t until_us;
    int64_t matched, undecided;
    uint64_t lost; /* entries evicted before they were judged */
    uint64_t shown[SHOWN_MAX];
    struct near_entry nearest[NEAREST_MAX];
    size_t near_count;
};

/* Keeps the nearest entries; of equally near ones the newest. */
static void keep_nearest(struct verification *v, uint64_t seq, unsigned misses)
{
    size_t at = v->near_count;
    while (at && v->nearest[at - 1].misses >= misses)
        at--;
    if (at == NEAREST_MAX)
        return;
    if (v->near_count < NEAREST_MAX)
        v->near_count++;
    for (size_t i = v->near_count - 1; i > at; i--)
        v->nearest[i] = v->nearest[i - 1];
    v->nearest[at] = (struct near_entry){seq, misses};
}

static void judge(struct verification *v, const struct journal_entry *e)
{
    struct arena scratch = {0};
    struct request_judgement judgement = request_match_judge(&scratch, &v->match, e, NULL);
    if (judgement.misses)
        keep_nearest(v, e->seq, judgement.misses);
    else if (judgement.undecided)
        v->undecided++;
    else if (v->matched++ < SHOWN_MAX)
        v->shown[v->matched - 1] = e->seq;
    arena_end(&scratch);
}

/* After the journal was cleared, the count of all requests starts again. */
static void restart(struct verification *v, uint64_t epoch)
{
    v->epoch = epoch;
    v->judged = v->lost = 0;
    v->matched = v->undecided = 0;
    v->near_count = 0;
}

static void judge_new(struct verification *v, const struct journal *j)
{
    if (v->epoch != journal_epoch(j))
        restart(v, journal_epoch(j));
    if (v->judged < journal_lost(j)) {
        v->lost += journal_lost(j) - v->judged;
        v->judged = journal_lost(j);
    }
    while (v->judged < journal_last(j))
        judge(v, journal_read(j, ++v->judged));
}

static bool holds(const struct verification *v)
{
    return !v->lost && v->matched >= v->least && v->matched + v->undecided <= v->most;
}

static bool may_still_hold(const struct verification *v)
{
    return !v->lost && v->matched + v->undecided <= v->most;
}

static void put_expected(struct json *w, const struct verification *v)
{
    json_key_map(w, "expected");
    json_put_int(w, "at_least", v->least);
    if (v->most < INT64_MAX)
        json_put_int(w, "at_most", v->most);
    json_close_map(w);
}

/* An entry that was evicted since it was judged has only its seq. */
static void put_matches(struct call *c, struct json *w, const struct verification *v)
{
    const struct journal *j = c->ns->journal;
    json_put_int(w, "matched", v->matched);
    json_key_list(w, "matches");
    for (int64_t i = 0; i < v->matched && i < SHOWN_MAX; i++) {
        json_open_map(w);
        request_put_name(w, v->shown[i], journal_read(j, v->shown[i]));
        json_close_map(w);
    }
    json_close_list(w);
    json_put_text(w, "next", request_cursor(c->arena, j, v->judged));
}

static void put_nearest(struct call *c, struct json *w, const struct verification *v)
{
    json_key_list(w, "nearest");
    for (size_t i = 0; i < v->near_count; i++) {
        const struct journal_entry *e = journal_read(c->ns->journal, v->nearest[i].seq);
        struct match_results results = {0};
        if (!e)
            continue;
        request_match_judge(c->arena, &v->match, e, &results);
        json_open_map(w);
        request_put_name(w, e->seq, e);
        request_put_misses(w, &results);
        json_close_map(w);
    }
    json_close_list(w);
}

static const char *expected_text(struct arena *a, const struct verification *v)
{
    if (v->least == v->most)
        return arena_printf(a, "%lld", (long long)v->least);
    if (v->most == INT64_MAX)
        return arena_printf(a, "at least %lld", (long long)v->least);
    if (!v->least)
        return arena_printf(a, "at most %lld", (long long)v->most);
    return arena_printf(a, "%lld to %lld", (long long)v->least, (long long)v->most);
}

static const char *why_not(struct arena *a, const struct verification *v)
{
    struct buf text = {.arena = a};
    buf_printf(&text, "%lld matching request%s; expected %s", (long long)v->matched, v->matched == 1 ? "" : "s",
               expected_text(a, v));
    if (v->lost)
        buf_printf(&text,
                   "; the result is incomplete, because the journal has evicted %llu entries of this "
                   "range; pass a later 'since'",
                   (unsigned long long)v->lost);
    if (v->undecided)
        buf_printf(&text, "; %lld more may match, but the journal keeps only the first %u bytes of a body",
                   (long long)v->undecided, JOURNAL_BODY_MAX);
    return buf_c(&text);
}

static void respond(struct call *c, const struct verification *v)
{
    struct json *w;
    if (holds(v)) {
        w = admin_object(c, 200);
        put_matches(c, w, v);
    } else {
        w = problem_json(c, 409, "not_verified", why_not(c->arena, v));
        put_expected(w, v);
        put_matches(c, w, v);
        json_put_int(w, "lost", (int64_t)v->lost);
        json_put_int(w, "undecided", v->undecided);
        put_nearest(c, w, v);
    }
    json_close_map(w);
    request_mask(c, 0);
}

static bool check_counts(struct call *c, const struct verify_body *b)
{
    bool ok = true;
    if (b->count >= 0 && (b->at_least >= 0 || b->at_most >= 0))
        ok = call_issue(c, "/count", "'count' excludes 'at_least' and 'at_most'");
    if (b->at_most >= 0 && b->at_least > b->at_most)
        ok = call_issue(c, "/at_least", "'at_least' is %lld; expected at most 'at_most', which is %lld",
                        (long long)b->at_least, (long long)b->at_most);
    if (b->timeout_ms < 0 || b->timeout_ms > TIMEOUT_MAX_MS)
        ok = call_issue(c, "/timeout", "'timeout' is %s; expected 0s to 60s", admin_duration_text(c, b->timeout_ms));
    return ok;
}

/* Of a number only 0 is valid; request_read_cursor explains why. */
static bool read_since(struct call *c, const struct node *since, struct verification *v)
{
    char digits[STR_INT_MAX];
    if (!since)
        return true;
    if (since->kind == NODE_TEXT)
        v->since = since->text;
    else if (since->kind == NODE_INT)
        v->since = str_from(str_dup(c->arena, str_of_int(since->integer, digits)));
    else
        return call_issue(c, "/since", "'since' must be a cursor as text, or 0, not %s", node_kind_name(since->kind));
    return request_read_cursor(c, "/since", v->since, &v->judged);
}

/* Returns NULL if the call was refused. */
static struct verification *begin(struct call *c, const struct fields *fields)
{
    struct verify_body b = {.count = -1, .at_least = -1, .at_most = -1, .timeout_ms = TIMEOUT_DEFAULT_MS};
    struct verification *v = arena_new(c->arena, struct verification);
    if (!admin_body(c, fields, &b))
        return NULL;
    bool ok = check_counts(c, &b);
    ok = request_match_check(c, &b.match) && ok;
    if (!ok || !read_since(c, b.since, v))
        return NULL;
    v->match = b.match;
    v->least = b.count >= 0 ? b.count : b.at_least >= 0 ? b.at_least : b.at_most < 0;
    v->most = b.count >= 0 ? b.count : b.at_most >= 0 ? b.at_most : INT64_MAX;
    v->epoch = journal_epoch(c->ns->journal);
    v->until_us = time_monotonic_us() + b.timeout_ms * 1000;
    return v;
}

void admin_verify(struct call *c)
{
    struct verification *v = begin(c, &admin_verify_fields);
    if (!v)
        return;
    judge_new(v, c->ns->journal);
    respond(c, v);
}

/* Suspends the call until the journal has another entry or the timeout passes. */
static bool suspend_until_due(struct call *c, const struct verification *v, void (*then)(struct call *c))
{
    int64_t left_us = v->until_us - time_monotonic_us();
    return left_us > 0 && call_suspend(c, journal_slot(c->ns->journal), then) && call_suspend_for(c, left_us, then);
}

static void recheck(struct call *c)
{
    struct verification *v = c->own;
    if (v->epoch != journal_epoch(c->ns->journal) && v->since.n && !str_is(v->since, "0")) {
        request_refuse_cursor(c, v->since); /* entries after the cursor may be gone */
        return;
    }
    judge_new(v, c->ns->journal);
    if (holds(v) || !may_still_hold(v) || !suspend_until_due(c, v, recheck))
        respond(c, v);
}

void admin_wait(struct call *c)
{
    if ((c->own = begin(c, &admin_wait_fields)))
        recheck(c);
}
