/* Handler of account health. The documentation shows the members and the tiers. The score depends
 * only on the account and its age, so it is the same in every run. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/providers/layers/layers.h"

#include "base/digest.h"

#define DAY       DAY_MS
#define REFRESHED (30 * MINUTE_MS) /* interval between updates */

/* The tier by age. The score is at least `score`, and less than `score` + SCORE_BAND. */
#define SCORE_BAND 15
static const struct tier {
    int64_t from_ms;
    const char *name, *recommendation;
    int score;
} tiers[] = {
    {0,        "new",        "Post once this week.",  15},
    {7 * DAY,  "cold",       "Post twice this week.", 30},
    {14 * DAY, "warming_up", "Post every other day.", 45},
    {30 * DAY, "warm",       "Keep the pace.",        65},
    {90 * DAY, "hot",        "Keep the pace.",        80},
};
static const struct tier shadowbanned = {0, "shadowbanned", "Pause posting until the platform shows the account again.",
                                         0};

static const struct tier *tier_of(const struct account *a, int64_t age_ms)
{
    size_t i = COUNT(tiers) - 1;
    while (i && age_ms < tiers[i].from_ms)
        i--;
    return a->flagged ? &shadowbanned : &tiers[i];
}

static int score_of(const struct account *a, const struct tier *tier)
{
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(str_from(a->public_id), digest);
    return tier->score + digest[0] % SCORE_BAND;
}

void layers_social_account_health(struct call *c)
{
    uint32_t row = layers_listed_account(c, c->params[0]);
    if (!row) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such social account.");
        return;
    }
    const struct account *a = account_read(c->world, row);
    int64_t updated_ms = c->now_ms - c->now_ms % REFRESHED;
    const struct tier *tier = tier_of(a, updated_ms - a->connected_at_ms);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_int(out, "score", score_of(a, tier));
    json_put_text(out, "tier", tier->name);
    json_put_bool(out, "isShadowbanned", a->flagged);
    json_put_text(out, "shadowbanSeverity", a->flagged ? "severe" : NULL);
    json_put_text(out, "recommendation", tier->recommendation);
    json_close_map(out);
}
