/* The summary of posts over a time window: counts by status and by platform, metrics and the use of the AI. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>

#include "base/array.h"
#include "base/units.h"

enum period { PERIOD_TODAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_ALL, PERIOD_CUSTOM, PERIOD_COUNT };
/* The length of a period that ends now; 0: no beginning, or that of the query. */
static const struct {
    const char *word;
    int64_t length_ms;
} periods[] = {
    [PERIOD_TODAY] = {"today",  DAY_MS     },
      [PERIOD_WEEK] = {"week",   7 * DAY_MS },
      [PERIOD_MONTH] = {"month",  30 * DAY_MS},
    [PERIOD_ALL] = {"all",    0          },
      [PERIOD_CUSTOM] = {"custom", 0          },
};
static_assert(COUNT(periods) == PERIOD_COUNT, "each period has a word");

const char *const pe_metric_names[] = {"views", "likes", "comments", "shares", "impressions", "clicks"};
static_assert(COUNT(pe_metric_names) == PE_METRIC_COUNT, "each metric has a name");

struct summary {
    enum period period;
    int64_t from_ms, to_ms; /* both included */
    int64_t total, statuses[PE_STATUS_COUNT];
    struct {
        int64_t total, statuses[PE_STATUS_COUNT];
    } platforms[PLATFORM_COUNT];
    int64_t metrics[PE_METRIC_COUNT];
};

static bool read_custom(struct call *c, struct summary *s)
{
    s->from_ms = INT64_MIN;
    s->to_ms = INT64_MAX;
    if (!pe_query_time(c, "from", &s->from_ms) || !pe_query_time(c, "to", &s->to_ms))
        return false;
    if (s->from_ms == INT64_MIN)
        return call_issue(c, "from", "is required for period 'custom'");
    if (s->to_ms == INT64_MAX)
        return call_issue(c, "to", "is required for period 'custom'");
    return s->from_ms <= s->to_ms || call_issue(c, "from", "must not be after 'to'");
}

/* Without period=custom they would change nothing, and the caller would get another window than it asked for. */
static bool has_no_bounds(struct call *c)
{
    static const char *const bounds[] = {"from", "to"};
    for (size_t i = 0; i < COUNT(bounds); i++)
        if (call_query(c, bounds[i]).n)
            return call_issue(c, bounds[i], "needs period 'custom'");
    return true;
}

static bool read_window(struct call *c, struct summary *s)
{
    struct str word = call_query(c, "period");
    s->period = word.n ? PERIOD_TODAY : PERIOD_MONTH;
    while (word.n && s->period < PERIOD_COUNT && !str_is(word, periods[s->period].word))
        s->period++;
    if (s->period == PERIOD_COUNT)
        return call_issue(c, "period", "'" STR_FMT "' is not a valid value", STR_ARG(word));
    if (s->period == PERIOD_CUSTOM)
        return read_custom(c, s);
    if (!has_no_bounds(c))
        return false;
    s->to_ms = c->now_ms;
    s->from_ms = s->period == PERIOD_ALL ? INT64_MIN : c->now_ms - periods[s->period].length_ms;
    return true;
}

/* A destination counts with its own status, a post with the status that lists show. Only published destinations have
 * metrics; a fixture gives them for the whole post. */
static void add_post(struct call *c, uint32_t post, struct summary *s)
{
    const struct post *p = post_read(c->world, post);
    struct index_walk walk;
    bool published = false;
    uint32_t row;
    s->total++;
    s->statuses[pe_status(c->world, post)]++;
    pe_destinations(c->world, post, &walk);
    while (pe_destination_next(&walk, post, &row)) {
        enum platform platform = account_read(c->world, destination_read(c->world, row)->account)->platform;
        enum pe_status status = pe_destination_status(c->world, row);
        s->platforms[platform].total++;
        s->platforms[platform].statuses[status]++;
        published = published || status == PE_PUBLISHED;
    }
    const struct node *metrics = published ? pe_details_read(c->arena, p->details).metrics : NULL;
    for (size_t i = 0; i < PE_METRIC_COUNT; i++) {
        const struct node *value = node_get(metrics, pe_metric_names[i]);
        s->metrics[i] += value && value->kind == NODE_INT ? value->integer : 0;
    }
}

/* A post is in the window if it was created in it: the documents do not say which of its times counts, and drafts and
 * posts that are scheduled for later count, too. */
static void add_posts(struct call *c, uint32_t space, struct summary *s)
{
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_POST_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        int64_t created_ms = post_read(c->world, walk.entry.row)->created_at_ms;
        if (created_ms >= s->from_ms && created_ms <= s->to_ms)
            add_post(c, walk.entry.row, s);
    }
}

static void print_platform(struct json *out, const struct summary *s, enum platform p)
{
    json_open_map(out);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, (int)p));
    json_put_int(out, "total", s->platforms[p].total);
    json_put_int(out, "scheduled", s->platforms[p].statuses[PE_SCHEDULED]);
    json_put_int(out, "published", s->platforms[p].statuses[PE_PUBLISHED]);
    json_put_int(out, "failed", s->platforms[p].statuses[PE_FAILED]);
    json_close_map(out);
}

/* The platform with the largest total that is not printed; PLATFORM_COUNT: none. */
static enum platform next_platform(const struct summary *s, const bool *printed)
{
    enum platform next = PLATFORM_COUNT;
    for (enum platform p = 0; p < PLATFORM_COUNT; p++)
        if (!printed[p] && s->platforms[p].total &&
            (next == PLATFORM_COUNT || s->platforms[p].total > s->platforms[next].total))
            next = p;
    return next;
}

/* Sorted by total, as in the documentation's sample. */
static void print_platforms(struct call *c, const struct summary *s)
{
    struct json *out = &c->out;
    bool printed[PLATFORM_COUNT] = {false};
    enum platform p;
    json_key(out, "by_platform");
    json_open_list(out);
    while ((p = next_platform(s, printed)) != PLATFORM_COUNT) {
        print_platform(out, s, p);
        printed[p] = true;
    }
    json_close_list(out);
}

static void print_counts(struct call *c, const struct summary *s)
{
    struct json *out = &c->out;
    json_key(out, "posts");
    json_open_map(out);
    json_put_int(out, "total", s->total);
    for (enum pe_status i = 0; i < PE_STATUS_COUNT; i++)
        json_put_int(out, enum_word_of(&pe_statuses, (int)i), s->statuses[i]);
    json_close_map(out);
    print_platforms(c, s);
    json_key(out, "metrics");
    json_open_map(out);
    for (size_t i = 0; i < PE_METRIC_COUNT; i++)
        json_put_int(out, pe_metric_names[i], s->metrics[i]);
    json_close_map(out);
}

void pe_analytics_summary(struct call *c)
{
    struct summary s = {0};
    uint32_t space = pe_space(c);
    if (!read_window(c, &s))
        return;
    add_posts(c, space, &s);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "period", periods[s.period].word);
    json_key(out, "range");
    json_open_map(out);
    pe_put_time(c, "from", s.from_ms == INT64_MIN ? 0 : s.from_ms);
    pe_put_time(c, "to", s.to_ms);
    json_close_map(out);
    print_counts(c, &s);
    json_key(out, "ai_credits");
    json_open_map(out);
    json_put_int(out, "used_this_period", generation_credits(c->world, space, s.from_ms, s.to_ms));
    json_put_int(out, "bonus", 0);
    json_close_map(out);
    json_close_map(out);
    pe_end(c);
}
