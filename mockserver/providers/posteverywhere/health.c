/* The detailed health of an account: the reasons for its status, its token and its activity. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>

#define WEEK_MS       (7 * DAY_MS)
#define FAILURES_MANY 3 /* failures in a week that cause a warning */

struct activity {
    int64_t last_published_at_ms, failures, queued;
};

static struct activity activity_of(const struct call *c, uint32_t row)
{
    struct activity sum = {0};
    for (enum destination_state state = 0; state < DESTINATION_STATE_COUNT; state++) {
        int64_t key = index_pair_key(row, state);
        struct index_walk walk;
        index_from(&c->world->indexes[INDEX_DESTINATION_ACCOUNT], &walk, (struct index_entry){key, INT64_MIN, 0});
        while (index_next_of(&walk, key)) {
            const struct destination *d = destination_read(c->world, walk.entry.row);
            sum.queued += state == DESTINATION_QUEUED;
            sum.failures += state == DESTINATION_FAILED && d->attempted_at_ms > c->now_ms - WEEK_MS;
            if (d->published_at_ms > sum.last_published_at_ms)
                sum.last_published_at_ms = d->published_at_ms;
        }
    }
    return sum;
}

/* What a reason means: SICK is only a warning; a BROKEN account cannot post. */
enum severity { FIT, SICK, BROKEN, SEVERITY_COUNT };
static const struct enum_word severity_rows[] = {
    {FIT,    "healthy"},
    {SICK,   "warning"},
    {BROKEN, "broken" },
};
static_assert(COUNT(severity_rows) == SEVERITY_COUNT, "each severity has a word");
static const struct enum_words severities = {severity_rows, COUNT(severity_rows), COUNT(severity_rows)};

static bool expires_soon(const struct call *c, const struct account *a)
{
    return a->token == TOKEN_LIVE && a->token_expires_at_ms && a->token_expires_at_ms <= c->now_ms + WEEK_MS;
}

static void print_status(struct call *c, const struct account *a, const struct activity *sum)
{
    bool ends_soon = expires_soon(c, a);
    const struct {
        const char *name;
        enum severity severity;
        bool applies;
    } reasons[] = {
        {"account_inactive",          BROKEN, a->inactive                   },
        {"needs_reconnection",        BROKEN, !account_can_publish(a)       },
        {"token_expired",             BROKEN, a->token == TOKEN_EXPIRED     },
        {"token_expiring_soon",       SICK,   ends_soon                     },
        {"recent_permanent_failures", SICK,   sum->failures >= FAILURES_MANY},
    };
    enum severity worst = FIT;
    struct json *out = &c->out;
    json_key(out, "reasons");
    json_open_list(out);
    for (size_t i = 0; i < COUNT(reasons); i++) {
        if (!reasons[i].applies)
            continue;
        json_text(out, reasons[i].name);
        if (reasons[i].severity > worst)
            worst = reasons[i].severity;
    }
    json_close_list(out);
    json_put_text(out, "status", enum_word_of(&severities, worst));
    json_put_bool(out, "can_post", worst != BROKEN);
}

static void print_token(struct call *c, const struct account *a)
{
    struct json *out = &c->out;
    json_key(out, "token");
    json_open_map(out);
    pe_put_time(c, "expires_at", a->token_expires_at_ms);
    pe_put_time(c, "last_refresh", a->token_since_ms);
    json_put_bool(out, "expired", a->token == TOKEN_EXPIRED);
    json_put_bool(out, "expiring_soon", expires_soon(c, a));
    json_close_map(out);
}

void pe_account_health(struct call *c)
{
    uint32_t row = pe_account(c, c->params[0]);
    if (!row)
        return;
    const struct account *a = account_read(c->world, row);
    const struct activity sum = activity_of(c, row);
    bool is_fit = account_can_publish(a);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    pe_put_number(out, "account_id", a->public_id);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "account_name", a->name);
    json_put_text(out, "platform_account_id", a->handle);
    print_status(c, a, &sum);
    json_put_bool(out, "is_active", !a->inactive);
    json_put_bool(out, "needs_reconnection", !is_fit);
    pe_put_time(c, "needs_reconnection_since", is_fit ? 0 : a->updated_at_ms);
    print_token(c, a);
    json_key(out, "activity");
    json_open_map(out);
    pe_put_time(c, "last_published_at", sum.last_published_at_ms);
    json_put_int(out, "failures_last_7d", sum.failures);
    json_put_int(out, "permanent_failures_last_7d", sum.failures);
    json_put_int(out, "queued_count", sum.queued);
    json_close_map(out);
    pe_put_time(c, "connected_at", a->connected_at_ms);
    json_close_map(out);
    pe_end(c);
}
