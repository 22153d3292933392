#include "mockserver/provider_api/variation.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/json.h"
#include "base/json_respell.h"
#include "base/time.h"
#include "mockserver/provider_api/provider.h"

#define MORE_MAX      3    /* extra members per body */
#define TRACE_MAX     2048 /* bytes */
#define SUFFIX_MICROS "000+00:00"

enum { PURPOSE_BODY, PURPOSE_SPELLING, PURPOSE_ROWS = 100 /* + the index of the rows */ };

struct random variation_random(uint64_t seed, uint64_t number, uint64_t purpose)
{
    return (struct random){seed ^ number * UINT64_C(0xd1342543de82ef95) ^ purpose * UINT64_C(0xaf251af3b0f025b5)};
}

struct work { /* while one body is varied */
    const struct variation *v;
    struct arena *arena;
    struct random random;
    int more_left;
    bool reordered, cut;
    size_t trace_bytes;
};

static bool varies(const struct work *t, enum hostile_switch which)
{
    return t->v->what & 1u << which;
}

/* Adds what was varied in the body, up to TRACE_MAX bytes, then "...". */
static void add_variation(struct work *t, const char *what, const char *pointer)
{
    if (t->cut)
        return;
    t->cut = t->trace_bytes >= TRACE_MAX;
    const char *text = t->cut ? "..." : *pointer ? arena_printf(t->arena, "%s %s", what, pointer) : what;
    t->trace_bytes += strlen(text) + 1;
    *arena_push(t->arena, t->v->trace, const char *) = text;
}

/* --- matching a place in the body ----------------------------------------------------------- */

/* True if the pointer matches the pattern, or (`below`) if one of its parents does. */
static bool pointer_matches(const char *pointer, const char *pattern, bool below)
{
    struct str at = str_from(pointer), to = str_from(pattern);
    while (to.n) {
        struct str step = str_cut(&to, '/'), here = str_cut(&at, '/');
        if (!str_is(step, "*") && !str_eq(step, here))
            return false;
        if (to.n && !at.n)
            return false;
    }
    return below || !at.n;
}

static bool is_complete(const struct variations *allowed, const char *pointer)
{
    for (size_t i = 0; i < allowed->complete_count; i++)
        if (pointer_matches(pointer, allowed->complete[i], false))
            return true;
    return false;
}

static bool is_foreign(const struct variations *allowed, const char *name)
{
    for (size_t i = 0; i < allowed->foreign_count; i++)
        if (strcmp(allowed->foreign[i], name) == 0)
            return true;
    return false;
}

/* --- other values --------------------------------------------------------------------------- */

static bool is_named_as_time(const char *name)
{
    static const char *const endings[] = {"At", "_at", "For", "_for", "Until", "_until", "imestamp"};
    for (size_t i = 0; i < COUNT(endings); i++)
        if (str_ends(str_from(name), str_from(endings[i])))
            return true;
    return false;
}

static const char *time_as(struct arena *a, enum variation_time form, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    switch (form) {
    case VARIATION_SECONDS:
        return arena_text(a, time_seconds(ms, text));
    case VARIATION_MILLIS:
        return arena_text(a, time_millis(ms, text));
    case VARIATION_MICROS_OFFSET:
        time_millis(ms, text);
        return arena_printf(a, STR_FMT "%s", (int)strlen(text) - 1, text, SUFFIX_MICROS);
    }
    return NULL;
}

/* Keeps the instant: VARIATION_SECONDS is only for times without a fraction. */
static const struct node *vary_text(struct work *t, const struct node *n, const char *name, const char *pointer)
{
    int64_t ms;
    if (!varies(t, HOSTILE_TIMES) || !t->v->allowed->times || !is_named_as_time(name) || !time_parse(n->text, &ms))
        return n;
    enum variation_time form = 1u << random_below(&t->random, 3);
    if (!(t->v->allowed->times & form) || (form == VARIATION_SECONDS && ms % 1000))
        return n;
    struct str text = str_from(time_as(t->arena, form, ms));
    if (str_eq(text, n->text))
        return n;
    add_variation(t, "time", pointer);
    return node_new_text(t->arena, text);
}

static const struct node *extra_value(struct work *t)
{
    static const char *const values[] = {"null",
                                         "true",
                                         "0",
                                         "\"\"",
                                         "\"new\"",
                                         "[]",
                                         "{}",
                                         "-1.5",
                                         "9007199254740993",
                                         "{\"kind\":\"new\",\"items\":[{\"id\":null}]}"};
    const char *text = values[random_below(&t->random, COUNT(values))];
    return json_parse(t->arena, str_from(text), "hostile", NULL);
}

/* --- the body ------------------------------------------------------------------------------- */

static const struct node *vary(struct work *t, const struct node *n, const char *name, const char *pointer);

/* May append one extra member; returns the new count. */
static size_t add_extra_member(struct work *t, struct member *members, size_t count, const char *pointer)
{
    const struct variations *allowed = t->v->allowed;
    if (!t->more_left || !varies(t, HOSTILE_MEMBERS) || !allowed->more_below ||
        !pointer_matches(pointer, allowed->more_below, true) || is_complete(allowed, pointer) ||
        random_below(&t->random, 2))
        return count;
    struct member m = {
        .key = arena_printf(t->arena, "x_%04llx", (unsigned long long)random_below(&t->random, 65536)),
        .value = extra_value(t),
    };
    t->more_left--;
    members[count] = m;
    add_variation(t, "extra member", node_pointer_add(t->arena, pointer, str_from(m.key)));
    return count + 1;
}

static const struct node *vary_map(struct work *t, const struct node *n, const char *pointer)
{
    struct arena *a = t->arena;
    size_t count = n->map.count;
    struct member *members = arena_array(a, struct member, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct member *m = &n->map.members[i];
        members[i] = *m;
        if (!is_foreign(t->v->allowed, m->key))
            members[i].value = vary(t, m->value, m->key, node_pointer_add(a, pointer, str_from(m->key)));
    }
    count = add_extra_member(t, members, count, pointer);
    for (size_t i = varies(t, HOSTILE_ORDER) ? count : 0; i > 1; i--) {
        size_t k = (size_t)random_below(&t->random, i);
        struct member m = members[i - 1];
        members[i - 1] = members[k];
        members[k] = m;
        t->reordered = t->reordered || k != i - 1;
    }
    return node_new_map(a, members, count);
}

/* Each entry of `rows` has its own random numbers: its parallel lists are shuffled alike. */
static void shuffle_rows(struct work *t, const struct node **items, size_t count, const char *pointer)
{
    const struct variations *allowed = t->v->allowed;
    for (size_t r = 0; r < allowed->rows_count && count > 1; r++) {
        const struct variation_rows *rows = &allowed->rows[r];
        if (!t->v->operation || strcmp(rows->operation, t->v->operation) != 0 ||
            !(pointer_matches(pointer, rows->rows, false) ||
              (rows->beside && pointer_matches(pointer, rows->beside, false))))
            continue;
        struct random random = variation_random(t->v->seed, t->v->number, PURPOSE_ROWS + r);
        for (size_t i = count; i > 1; i--) {
            size_t k = (size_t)random_below(&random, i);
            const struct node *item = items[i - 1];
            items[i - 1] = items[k];
            items[k] = item;
        }
        add_variation(t, "reordered rows", pointer);
    }
}

static const struct node *vary_list(struct work *t, const struct node *n, const char *pointer)
{
    struct arena *a = t->arena;
    size_t count = n->list.count;
    const struct node **items = arena_array(a, const struct node *, count);
    for (size_t i = 0; i < count; i++)
        items[i] = n->list.items[i];
    if (varies(t, HOSTILE_ORDER))
        shuffle_rows(t, items, count, pointer);
    for (size_t i = 0; i < count; i++)
        items[i] = vary(t, items[i], "", arena_printf(a, "%s/%zu", pointer, i));
    return node_new_list(a, items, count);
}

static const struct node *vary(struct work *t, const struct node *n, const char *name, const char *pointer)
{
    switch (n->kind) {
    case NODE_MAP:
        return vary_map(t, n, pointer);
    case NODE_LIST:
        return vary_list(t, n, pointer);
    case NODE_TEXT:
        return vary_text(t, n, name, pointer);
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_INT:
    case NODE_REAL:
        return n;
    }
    return n;
}

/* Returns a set of enum respell: all kinds in an `always` variation, else some. */
static unsigned spelling(struct work *t)
{
    unsigned what = 0;
    struct random random = variation_random(t->v->seed, t->v->number, PURPOSE_SPELLING);
    if (varies(t, HOSTILE_WHITE_SPACE) && (t->v->always || !random_below(&random, 4)))
        what |= RESPELL_SPACE;
    if (varies(t, HOSTILE_ESCAPES) && (t->v->always || !random_below(&random, 2)))
        what |= RESPELL_ESCAPES;
    return varies(t, HOSTILE_ESCAPES) ? what | RESPELL_NUMBERS : what;
}

void variation_of_body(const struct variation *v, struct buf *body)
{
    struct arena *a = body->arena;
    const struct node *root = json_parse(a, buf_str(body), "body", NULL);
    if (!root)
        return;
    struct work t = {
        .v = v,
        .arena = a,
        .random = variation_random(v->seed, v->number, PURPOSE_BODY),
        .more_left = MORE_MAX,
    };
    root = vary(&t, root, "", "");
    if (t.reordered)
        add_variation(&t, "reordered members", "");
    struct buf plain = {.arena = a}, out = {.arena = a};
    struct json w = json_begin(&plain, 0);
    json_node(&w, root);
    struct random random = variation_random(v->seed, v->number, PURPOSE_SPELLING + 1);
    unsigned made = json_respell(&out, buf_str(&plain), spelling(&t), random_below(&random, UINT64_MAX));
    if (made & RESPELL_SPACE)
        add_variation(&t, "white space between tokens", "");
    if (made & RESPELL_ESCAPES)
        add_variation(&t, "escaped characters", "");
    if (made & RESPELL_NUMBERS)
        add_variation(&t, "other forms of numbers", "");
    *body = out;
}
