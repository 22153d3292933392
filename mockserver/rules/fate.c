/* The effect of a rule for events: what befalls the deliveries of one. */
#include "mockserver/rules/rule.h"

#define COUNT(a)    (sizeof(a) / sizeof *(a))
#define MANY        1000                                 /* copies, events that overtake */
#define SPAN_MAX_MS (INT64_C(366) * 24 * 60 * 60 * 1000) /* late, skew */
#define EVERY       INT64_C(1000000)                     /* attempt */

struct fate {
    bool drop;
    int64_t duplicate, late_ms, reorder, skew_ms;
    const struct node *flip_bit;
};

static const struct field fate_rows[] = {
    FIELD("drop", FIELD_BOOL, struct fate, drop, .help = "true: it is never sent."),
    FIELD("duplicate", FIELD_INT, struct fate, duplicate, .min = 1, .max = MANY,
          .help = "So many more deliveries of the same event, with its id."),
    FIELD("late", FIELD_DURATION, struct fate, late_ms,
          .help = "How much later it is sent, by the world's clock: 5m."),
    FIELD("reorder", FIELD_INT, struct fate, reorder, .min = 1, .max = MANY,
          .help = "It is held until so many later events of the webhook have gone out."),
    FIELD("flip_bit", FIELD_NODE, struct fate, flip_bit,
          .shape = "{anyOf: [{type: boolean}, {type: integer, minimum: 1, maximum: 1000}]}",
          .help = "true: one bit of the body is not as it was signed, in every attempt. A number: "
                  "in so many attempts from the first. Drawn from the world's seed."),
    FIELD("skew", FIELD_DURATION, struct fate, skew_ms,
          .help = "By how much the signature's time is off: -10m, +1h."),
};
const struct fields rule_fate_fields =
    FIELD_TABLE("webhook", fate_rows, struct fate, FIELDS_NO_PLACE);

static int64_t flips(const struct node *flip_bit)
{
    if (!flip_bit)
        return 0;
    return flip_bit->kind == NODE_INT ? flip_bit->integer : flip_bit->truth ? EVERY : 0;
}

static bool check_span(const struct node *map, const char *key, int64_t least_ms, int64_t ms,
                       struct error *err)
{
    return (ms >= least_ms && ms <= SPAN_MAX_MS) ||
           error_add(err, ERROR_INPUT, node_get(map, key)->at, "'%s' takes %s of at most 366d", key,
                     least_ms < 0 ? "a duration" : "a positive duration");
}

bool fate_check(const struct node *value, const struct provider *d, struct error *err)
{
    (void)d;
    struct arena a = {0};
    struct fate f = {0};
    bool fine = fields_read(&rule_fate_fields, value, &a, &f, err);
    arena_end(&a);
    if (!fine)
        return false;
    if (!value->map.count)
        return error_add(err, ERROR_INPUT, value->at, "'webhook' takes a fate such as {late: 5m}");
    fine = check_span(value, "late", 0, f.late_ms, err);
    fine = check_span(value, "skew", -SPAN_MAX_MS, f.skew_ms, err) && fine;
    if (f.flip_bit && f.flip_bit->kind != NODE_BOOL &&
        !(f.flip_bit->kind == NODE_INT && f.flip_bit->integer >= 1 && f.flip_bit->integer <= MANY))
        fine = error_add(err, ERROR_INPUT, f.flip_bit->at,
                         "'flip_bit' takes true, or a number of attempts from 1 to %d", MANY);
    return fine;
}

void fate_befall(const struct node *value, struct delivery_fate *fate)
{
    struct arena a = {0};
    struct fate f = {0};
    fields_read(&rule_fate_fields, value, &a, &f, NULL);
    fate->dropped = fate->dropped || f.drop;
    fate->copies += f.duplicate;
    fate->late_ms += f.late_ms;
    fate->overtake += f.reorder;
    fate->flips += flips(f.flip_bit);
    fate->skew_ms += f.skew_ms;
    arena_end(&a);
}
