/* delay_before and delay_after: a fixed or a random (lognormal) delay. */
#include "base/units.h"
#include "mockserver/rules/rule.h"

#include <math.h>

#include "base/time.h"

#define DELAY_MAX_MS (10 * MINUTE_MS)
#define SIGMA_MAX    3
#define PI           3.14159265358979323846

struct spread {
    int64_t median_ms;
    const struct node *sigma;
};

static const struct field spread_rows[] = {
    FIELD("median", FIELD_DURATION, struct spread, median_ms, .required = true,
          .help = "Median of the delays, at most 10m."),
    FIELD("sigma", FIELD_NODE, struct spread, sigma, .required = true,
          .shape = "{type: number, minimum: 0, maximum: 3}",
          .help = "Spread of the delays, 0 to 3: 0 is none, 0.4 is a calm network."),
};

const struct fields rule_spread_fields = FIELD_TABLE("lognormal", spread_rows, struct spread, FIELDS_NO_PLACE);

static bool check_spread(const struct node *map, struct error *err)
{
    struct arena a = {0};
    struct spread s = {0};
    bool ok = fields_read(&rule_spread_fields, map, &a, &s, err);
    arena_end(&a);
    if (ok && (s.median_ms < 0 || s.median_ms > DELAY_MAX_MS))
        ok = error_add(err, ERROR_INPUT, node_get(map, "median")->at, "'median' is out of range; expected 0s to 10m");
    if (ok && !(node_is_number(s.sigma) && node_number(s.sigma) >= 0 && node_number(s.sigma) <= SIGMA_MAX))
        ok = error_add(err, ERROR_INPUT, s.sigma->at, "'sigma' must be a number from 0 to %d", SIGMA_MAX);
    return ok;
}

bool delay_check(const struct node *value, const struct provider *d, struct error *err)
{
    (void)d;
    const struct node *spread = node_get(value, "lognormal");
    int64_t ms;
    if (spread && node_count(value) == 1)
        return check_spread(spread, err);
    if (value->kind == NODE_TEXT && duration_parse(value->text, &ms) && ms >= 0 && ms <= DELAY_MAX_MS)
        return true;
    return error_add(err, ERROR_INPUT, value->at,
                     "invalid delay; expected a duration of at most 10m, such as 800ms, or {lognormal: "
                     "{median, sigma}}");
}

/* Box-Muller transform: two uniform numbers give a normal one. */
int64_t delay_us(const struct rule *r, const struct node *value, const struct call *c)
{
    const struct node *spread = node_get(value, "lognormal");
    int64_t ms = 0;
    duration_parse(spread ? node_get(spread, "median")->text : value->text, &ms);
    if (!spread)
        return ms * 1000;
    double radius = sqrt(-2 * log(1 - rule_draw(r, c->arena, c->world->seed, "radius")));
    double normal = radius * cos(2 * PI * rule_draw(r, c->arena, c->world->seed, "angle"));
    double us = (double)ms * 1000 * exp(node_number(node_get(spread, "sigma")) * normal);
    return us < (double)DELAY_MAX_MS * 1000 ? (int64_t)us : DELAY_MAX_MS * 1000;
}
