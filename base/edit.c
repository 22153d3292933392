#include "base/edit.h"

#include <math.h>

#include "base/array.h"
#include "base/json.h"
#include "base/patch.h"
#include "base/time.h"

struct form { /* the keys of an edit; the changes are read from the node */
    const char *at, *header, *rename, *prefix, *suffix, *copy_from;
    bool remove, reverse;
    int64_t first, repeat;
    const struct node *where, *any;
};

#define OF struct form
static const struct field rows[] = {
    FIELD("at", FIELD_TEXT, OF, at,
          .help = "JSON pointer of the places to change; `*` matches every item or member. \"\": the whole body."),
    FIELD("header", FIELD_TEXT, OF, header,
          .help = "Name of a response header to change, instead of at. A whole number counts as a number."),
    FIELD("where", FIELD_NODE, OF, where, .shape = "expectation",
          .help = "Changes only values that match this. `{$absent: true}` lets set and copy_from add a member."),
    FIELD("set", FIELD_NODE, OF, any, .shape = "{}", .help = "New value."),
    FIELD("remove", FIELD_BOOL, OF, remove, .help = "true: removes the member, item or header."),
    FIELD("rename", FIELD_TEXT, OF, rename, .help = "New name of the member."),
    FIELD("add", FIELD_NODE, OF, any, .shape = "{type: [number, string]}",
          .help = "Number to add to a number, or duration to add to a time."),
    FIELD("multiply", FIELD_NODE, OF, any, .shape = "{type: number}", .help = "Number to multiply a number by."),
    FIELD("prefix", FIELD_TEXT, OF, prefix, .help = "Text to put before a text."),
    FIELD("suffix", FIELD_TEXT, OF, suffix, .help = "Text to put after a text."),
    FIELD("replace", FIELD_NODE, OF, any, .shape = "{type: object, minProperties: 1}",
          .help = "New values by old value; a value that is not listed stays."),
    FIELD("keep", FIELD_NODE, OF, any, .shape = "expectation", .help = "Keeps only these items of a list."),
    FIELD("drop", FIELD_NODE, OF, any, .shape = "expectation", .help = "Removes these items of a list."),
    FIELD("first", FIELD_INT, OF, first, .min = 0, .max = INT32_MAX, .help = "Keeps so many items of a list."),
    FIELD("reverse", FIELD_BOOL, OF, reverse, .help = "true: reverses a list."),
    FIELD("append", FIELD_NODE, OF, any, .shape = "{type: array}", .help = "Items to append to a list."),
    FIELD("repeat", FIELD_INT, OF, repeat, .min = 0, .max = EDIT_REPEAT_MAX,
          .help = "Repeats the items of a list or the characters of a text so many times, at most 1000."),
    FIELD("copy_from", FIELD_TEXT, OF, copy_from,
          .help = "JSON pointer of the value to copy, from the object or list that has the place in it."),
};
#undef OF

const struct fields edit_fields = FIELD_TABLE("edit", rows, struct form, FIELDS_NO_PLACE);

/* --- changes of one value: NULL means that the value does not fit --- */

struct place {
    const struct match_context *match;
    const struct node *parent; /* NULL: the root */
    int64_t *room;             /* bytes that the edits may still make */
};

/* Returns false if a new value of that size is too large. */
static bool take(int64_t *room, size_t bytes)
{
    *room = bytes < (size_t)*room ? *room - (int64_t)bytes : 0;
    return *room > 0;
}

/* Returns an array for a new list; NULL: it is too large. */
static const struct node **new_items(const struct place *p, size_t count)
{
    return take(p->room, count * sizeof(struct node *)) ? arena_array(p->match->arena, const struct node *, count + 1)
                                                        : NULL;
}

typedef const struct node *change_fn(const struct place *p, const struct node *value, const struct node *operand);

static const struct node *new_number(struct arena *a, double number, bool whole)
{
    if (!isfinite(number))
        return NULL;
    if (whole && number == floor(number) && fabs(number) < 0x1p62)
        return node_new_int(a, (int64_t)number);
    const struct node n = {.kind = NODE_REAL, .real = number};
    return arena_copy(a, &n, sizeof n);
}

static const struct node *add_number(struct arena *a, const struct node *value, const struct node *operand)
{
    int64_t sum;
    if (value->kind == NODE_INT && operand->kind == NODE_INT)
        return __builtin_add_overflow(value->integer, operand->integer, &sum) ? NULL : node_new_int(a, sum);
    return node_is_number(value) ? new_number(a, node_number(value) + node_number(operand), false) : NULL;
}

/* A time keeps its precision: seconds or milliseconds. */
static const struct node *add_duration(struct arena *a, const struct node *value, struct str duration)
{
    int64_t at_ms, ms = 0;
    char text[TIME_TEXT_MAX];
    if (value->kind != NODE_TEXT || !time_parse(value->text, &at_ms))
        return NULL;
    duration_parse(duration, &ms);
    if (at_ms + ms < 0)
        return NULL;
    bool fraction = str_find(value->text, '.') < value->text.n || ms % 1000;
    return node_new_text(a, str_from(fraction ? time_millis(at_ms + ms, text) : time_seconds(at_ms + ms, text)));
}

static const struct node *change_add(const struct place *p, const struct node *value, const struct node *operand)
{
    return operand->kind == NODE_TEXT ? add_duration(p->match->arena, value, operand->text)
                                      : add_number(p->match->arena, value, operand);
}

static const struct node *change_multiply(const struct place *p, const struct node *value, const struct node *operand)
{
    int64_t product;
    if (value->kind == NODE_INT && operand->kind == NODE_INT)
        return __builtin_mul_overflow(value->integer, operand->integer, &product)
                   ? NULL
                   : node_new_int(p->match->arena, product);
    return node_is_number(value)
               ? new_number(p->match->arena, node_number(value) * node_number(operand), value->kind == NODE_INT)
               : NULL;
}

static const struct node *join(const struct place *p, struct str x, struct str y)
{
    struct buf out = {.arena = p->match->arena};
    if (!take(p->room, x.n + y.n))
        return NULL;
    buf_reserve(&out, x.n + y.n);
    buf_add(&out, x);
    buf_add(&out, y);
    return node_new_text(p->match->arena, buf_str(&out));
}

static const struct node *change_prefix(const struct place *p, const struct node *value, const struct node *operand)
{
    return value->kind == NODE_TEXT ? join(p, operand->text, value->text) : NULL;
}

static const struct node *change_suffix(const struct place *p, const struct node *value, const struct node *operand)
{
    return value->kind == NODE_TEXT ? join(p, value->text, operand->text) : NULL;
}

static const struct node *change_replace(const struct place *p, const struct node *value, const struct node *operand)
{
    if (value->kind == NODE_LIST || value->kind == NODE_MAP)
        return NULL;
    const char *old = value->kind == NODE_TEXT ? value->text.s : json_print(p->match->arena, value);
    const struct node *new = node_get(operand, old);
    return new ? new : value;
}

static const struct node *select_items(const struct place *p, const struct node *list, const struct node *operand,
                                       bool wanted)
{
    const struct node **items = list->kind == NODE_LIST ? new_items(p, list->list.count) : NULL;
    size_t count = 0;
    if (!items)
        return NULL;
    for (size_t i = 0; i < list->list.count; i++)
        if (match_holds(p->match, operand, list->list.items[i]) == wanted)
            items[count++] = list->list.items[i];
    return node_new_list(p->match->arena, items, count);
}

static const struct node *change_keep(const struct place *p, const struct node *value, const struct node *operand)
{
    return select_items(p, value, operand, true);
}

static const struct node *change_drop(const struct place *p, const struct node *value, const struct node *operand)
{
    return select_items(p, value, operand, false);
}

static const struct node *change_first(const struct place *p, const struct node *value, const struct node *operand)
{
    if (value->kind != NODE_LIST)
        return NULL;
    size_t count = value->list.count, most = (size_t)operand->integer;
    return node_new_list(p->match->arena, value->list.items, count < most ? count : most);
}

static const struct node *change_reverse(const struct place *p, const struct node *value, const struct node *operand)
{
    (void)operand;
    size_t count = value->kind == NODE_LIST ? value->list.count : 0;
    const struct node **items = value->kind == NODE_LIST ? new_items(p, count) : NULL;
    if (!items)
        return NULL;
    for (size_t i = 0; i < count; i++)
        items[i] = value->list.items[count - 1 - i];
    return node_new_list(p->match->arena, items, count);
}

static const struct node *change_append(const struct place *p, const struct node *value, const struct node *operand)
{
    size_t before = value->kind == NODE_LIST ? value->list.count : 0, more = operand->list.count;
    const struct node **items = value->kind == NODE_LIST ? new_items(p, before + more) : NULL;
    if (!items)
        return NULL;
    for (size_t i = 0; i < before + more; i++)
        items[i] = i < before ? value->list.items[i] : operand->list.items[i - before];
    return node_new_list(p->match->arena, items, before + more);
}

static const struct node *repeat_text(const struct place *p, struct str text, size_t times)
{
    struct buf out = {.arena = p->match->arena};
    if (!take(p->room, text.n * times))
        return NULL;
    buf_reserve(&out, text.n * times);
    for (size_t i = 0; i < times; i++)
        buf_add(&out, text);
    return node_new_text(p->match->arena, buf_str(&out));
}

static const struct node *change_repeat(const struct place *p, const struct node *value, const struct node *operand)
{
    size_t times = (size_t)operand->integer;
    if (value->kind == NODE_TEXT)
        return repeat_text(p, value->text, times);
    size_t before = value->kind == NODE_LIST ? value->list.count : 0;
    const struct node **items = value->kind == NODE_LIST ? new_items(p, before * times) : NULL;
    if (!items)
        return NULL;
    for (size_t i = 0; i < before * times; i++)
        items[i] = value->list.items[i % before];
    return node_new_list(p->match->arena, items, before * times);
}

static const struct node *change_set(const struct place *p, const struct node *value, const struct node *operand)
{
    (void)p;
    (void)value;
    return operand;
}

/* If there is nothing to copy, the value stays. */
static const struct node *change_copy(const struct place *p, const struct node *value, const struct node *operand)
{
    const struct node *from = node_pointer(p->parent, operand->text.s);
    return from ? from : value;
}

/* --- the table of changes --- */

typedef bool fits_fn(const struct node *operand);

static bool is_number_or_duration(const struct node *n)
{
    int64_t ms;
    return node_is_number(n) || (n->kind == NODE_TEXT && duration_parse(n->text, &ms));
}

static bool is_filled_map(const struct node *n)
{
    return n->kind == NODE_MAP && n->map.count;
}

static bool is_list(const struct node *n)
{
    return n->kind == NODE_LIST;
}

static bool is_true(const struct node *n)
{
    return n->kind == NODE_BOOL && n->truth;
}

static bool is_pointer(const struct node *n)
{
    return n->kind == NODE_TEXT && node_pointer_valid(n->text.s);
}

#define NEEDS_PARENT 1 /* not for the root or a header */
#define NEEDS_MEMBER 2 /* not for an item of a list either */
#define FOR_TREES    4 /* not for a header */

static const struct change {
    const char *name;
    change_fn *run; /* NULL: done with the member: remove, rename */
    fits_fn *fits;  /* checks the operand; NULL: edit_fields does, or anything fits */
    const char *expected;
    unsigned flags;
} changes[] = {
    {"set",       change_set,      NULL,                  NULL,                                 0           },
    {"remove",    NULL,            is_true,               "true",                               0           },
    {"rename",    NULL,            NULL,                  NULL,                                 NEEDS_PARENT},
    {"add",       change_add,      is_number_or_duration, "a number or a duration such as -1h", 0           },
    {"multiply",  change_multiply, node_is_number,        "a number",                           0           },
    {"prefix",    change_prefix,   NULL,                  NULL,                                 0           },
    {"suffix",    change_suffix,   NULL,                  NULL,                                 0           },
    {"replace",   change_replace,  is_filled_map,         "an object of old and new values",    0           },
    {"keep",      change_keep,     NULL,                  NULL,                                 FOR_TREES   },
    {"drop",      change_drop,     NULL,                  NULL,                                 FOR_TREES   },
    {"first",     change_first,    NULL,                  NULL,                                 FOR_TREES   },
    {"reverse",   change_reverse,  is_true,               "true",                               FOR_TREES   },
    {"append",    change_append,   is_list,               "a list",                             FOR_TREES   },
    {"repeat",    change_repeat,   NULL,                  NULL,                                 FOR_TREES   },
    {"copy_from", change_copy,     is_pointer,            "a JSON pointer such as /id",         NEEDS_PARENT},
};

/* Returns the change of an edit; NULL: it has none. *operand gets its value, *count the number of changes. */
static const struct change *find_change(const struct node *edit, const struct node **operand, size_t *count)
{
    const struct change *found = NULL;
    for (size_t i = 0; i < COUNT(changes); i++) {
        const struct node *value = node_get(edit, changes[i].name);
        if (!value)
            continue;
        found = &changes[i];
        *operand = value;
        *count += 1;
    }
    return found;
}

/* --- checking --- */

static bool check_expectation(const struct node *edit, const char *key, struct error *err)
{
    const struct node *value = node_get(edit, key);
    return !value || match_check(value, err);
}

static bool check_place(const struct node *edit, const struct form *f, bool headers, struct error *err)
{
    if (f->header && !headers)
        return error_add(err, ERROR_INPUT, node_get(edit, "header")->at, "'header' is not possible here; use 'at'");
    if (!f->at == !f->header)
        return error_add(err, ERROR_INPUT, edit->at,
                         headers ? "an edit must have either 'at' or 'header'" : "an edit must have 'at'");
    if (f->at && !node_pointer_valid(f->at))
        return error_add(err, ERROR_INPUT, node_get(edit, "at")->at,
                         "'at' is not a JSON pointer; expected one such as /data/*/id");
    return true;
}

static bool check_change(const struct node *edit, const struct form *f, struct error *err)
{
    const struct node *operand = NULL;
    size_t count = 0;
    const struct change *c = find_change(edit, &operand, &count);
    if (count != 1)
        return error_add(err, ERROR_INPUT, edit->at,
                         "an edit must have exactly one change: set, remove, rename, add, "
                         "multiply, prefix, suffix, replace, keep, drop, first, reverse, "
                         "append, repeat or copy_from");
    bool root = f->at && !*f->at;
    if (c->fits && !c->fits(operand))
        return error_add(err, ERROR_INPUT, operand->at, "invalid '%s'; expected %s", c->name, c->expected);
    if ((f->header && c->flags) || (root && (c->flags & NEEDS_PARENT)) || (root && !c->run))
        return error_add(err, ERROR_INPUT, operand->at, "'%s' is not possible for %s", c->name,
                         f->header ? "a header" : "the whole body");
    if (f->header && strcmp(c->name, "set") == 0 && operand->kind != NODE_TEXT && operand->kind != NODE_INT)
        return error_add(err, ERROR_INPUT, operand->at, "'set' of a header must be %s or a whole number",
                         node_kind_words(operand, NODE_TEXT));
    return true;
}

static bool check_edit(const struct node *edit, bool headers, struct error *err)
{
    struct arena a = {0};
    struct form f = {0};
    bool ok = fields_read(&edit_fields, edit, &a, &f, err) && check_place(edit, &f, headers, err) &&
              check_change(edit, &f, err);
    ok = check_expectation(edit, "where", err) && ok;
    ok = check_expectation(edit, "keep", err) && ok;
    ok = check_expectation(edit, "drop", err) && ok;
    arena_end(&a);
    return ok;
}

bool edits_check(const struct node *edits, bool headers, struct error *err)
{
    if (edits->kind != NODE_LIST || !edits->list.count)
        return error_add(err, ERROR_INPUT, edits->at, "'edit' must be %s of edits; it must not be empty",
                         node_kind_words(edits, NODE_LIST));
    bool ok = true;
    for (size_t i = 0; i < edits->list.count; i++)
        ok = check_edit(edits->list.items[i], headers, err) && ok;
    return ok;
}

/* --- walking to the places --- */

struct editing { /* while one edit is applied */
    const struct match_context *match;
    const struct node *where, *operand;
    const struct change *change;
    int64_t *room; /* bytes that the edits may still make */
    bool misfit;
};

/* Returns NULL to remove the value; `name` (NULL for an item) may get a new name. `value` may be NULL: absent. */
static const struct node *change_value(struct editing *e, const struct node *parent, const struct node *value,
                                       const char **name)
{
    const struct place place = {e->match, parent, e->room};
    bool adds = e->change->run == change_set || e->change->run == change_copy;
    if ((e->where || !value) && !(match_holds(e->match, e->where, value) && (value || (adds && e->where))))
        return value;
    if (e->change->run) {
        const struct node *changed = e->change->run(&place, value, e->operand);
        e->misfit = e->misfit || (value && !changed);
        return changed ? changed : value;
    }
    if (strcmp(e->change->name, "remove") == 0)
        return NULL;
    e->misfit = e->misfit || !name;
    if (name)
        *name = e->operand->text.s;
    return value;
}

static const char *unescape(struct arena *a, struct str segment)
{
    char *key = str_dup(a, segment), *to = key;
    for (const char *c = key; *c; c++, to++) {
        *to = *c;
        if (*c == '~' && *++c == '1')
            *to = '/';
    }
    *to = '\0';
    return key;
}

static const struct node *edit_children(struct editing *e, const struct node *n, const char *pointer);

static const struct node *edit_child(struct editing *e, const struct node *parent, const struct node *child,
                                     const char *rest, const char **name)
{
    return *rest ? edit_children(e, child, rest) : change_value(e, parent, child, name);
}

static const struct node *edit_items(struct editing *e, const struct node *n, struct str segment, const char *rest)
{
    const struct node **items = arena_array(e->match->arena, const struct node *, n->list.count + 1);
    int64_t index = 0;
    bool every = str_is(segment, "*"), one = !every && str_to_int(segment, &index);
    size_t count = 0;
    for (size_t i = 0; i < n->list.count; i++) {
        const struct node *item = n->list.items[i];
        if (every || (one && index == (int64_t)i))
            item = edit_child(e, n, item, rest, NULL);
        if (item)
            items[count++] = item;
    }
    return node_new_list(e->match->arena, items, count);
}

/* A renamed member replaces one that has the new name; of several renamed ones, the last stays. */
static size_t drop_namesakes(struct member *members, size_t count, const char *renamed)
{
    size_t last = count, kept = 0;
    for (size_t i = 0; i < count; i++)
        if (members[i].key == renamed)
            last = i;
    for (size_t i = 0; i < count; i++)
        if (i == last || last == count || strcmp(members[i].key, renamed) != 0)
            members[kept++] = members[i];
    return kept;
}

static const struct node *edit_members(struct editing *e, const struct node *n, struct str segment, const char *rest)
{
    struct arena *a = e->match->arena;
    struct member *members = arena_array(a, struct member, n->map.count + 1);
    const char *key = unescape(a, segment);
    bool every = str_is(segment, "*"), found = false;
    size_t count = 0;
    for (size_t i = 0; i < n->map.count; i++) {
        struct member m = n->map.members[i];
        bool here = every || strcmp(m.key, key) == 0;
        if (here)
            m.value = edit_child(e, n, m.value, rest, &m.key);
        found = found || here;
        if (m.value)
            members[count++] = m;
    }
    if (strcmp(e->change->name, "rename") == 0)
        count = drop_namesakes(members, count, e->operand->text.s);
    const struct node *added = found || every || *rest ? NULL : change_value(e, n, NULL, NULL);
    if (added)
        members[count++] = (struct member){.key = key, .value = added};
    return node_new_map(a, members, count);
}

static const struct node *edit_children(struct editing *e, const struct node *n, const char *pointer)
{
    size_t length = strcspn(++pointer, "/");
    struct str segment = str_of(pointer, length);
    if (n->kind == NODE_LIST)
        return edit_items(e, n, segment, pointer + length);
    if (n->kind == NODE_MAP)
        return edit_members(e, n, segment, pointer + length);
    return n;
}

/* Copies share nodes, so a few edits can create a tree that is too large to print. */
static bool within_limits(const struct node *n, int64_t *left, int depth)
{
    *left -= n->kind == NODE_TEXT ? (int64_t)n->text.n + 3 : 3;
    if (depth > PATCH_MAX_DEPTH || *left < 0)
        return false;
    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        if (!within_limits(n->list.items[i], left, depth + 1))
            return false;
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++) {
        *left -= (int64_t)strlen(n->map.members[i].key) + 4;
        if (!within_limits(n->map.members[i].value, left, depth + 1))
            return false;
    }
    return true;
}

static struct editing begin(const struct match_context *m, const struct node *edit)
{
    struct editing e = {.match = m, .where = node_get(edit, "where")};
    size_t count = 0;
    e.change = find_change(edit, &e.operand, &count);
    return e;
}

const struct node *edits_apply(const struct match_context *m, const struct node *document, const struct node *edits,
                               bool *misfit)
{
    int64_t room = EDITS_MAX_BYTES;
    for (size_t i = 0; i < edits->list.count && room; i++) {
        const char *at = node_get_text(edits->list.items[i], "at");
        struct editing e = begin(m, edits->list.items[i]);
        e.room = &room;
        if (!at)
            continue;
        const struct node *changed = *at ? edit_children(&e, document, at) : change_value(&e, NULL, document, NULL);
        int64_t left = EDIT_MAX_BYTES;
        bool small = within_limits(changed, &left, 0);
        small = take(&room, (size_t)(EDIT_MAX_BYTES - left)) && small;
        *misfit = *misfit || e.misfit || !small;
        document = small ? changed : document;
    }
    return document;
}

const struct node *edit_header(const struct match_context *m, const struct node *edit, const struct node *value,
                               bool *misfit)
{
    int64_t number, room = EDITS_MAX_BYTES;
    struct editing e = begin(m, edit);
    e.room = &room;
    if (value && str_to_int(value->text, &number) && value->text.s[0] != '-')
        value = node_new_int(m->arena, number);
    const struct node *changed = change_value(&e, NULL, value, NULL);
    *misfit = *misfit || e.misfit;
    return changed;
}
