#include "base/yaml_tree.h"

#include "base/array.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- plain scalars ----------------------------------------------------------------------------
 *
 * YAML 1.2.2, chapter 10.3 (core schema), without its infinities: null, ~ and the empty text; true, false; 12, 0x1f,
 * 0o17; 1.5, .5, 1e3; everything else is text. */

static bool one_of(struct str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(text, words[i]))
            return true;
    return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
static const char *const trues[] = {"true", "True", "TRUE"};
static const char *const falses[] = {"false", "False", "FALSE"};
static const char *const infinite[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};

#define ONE_OF(text, words) one_of((text), (words), COUNT(words))

static struct str without_sign(struct str text)
{
    return str_skip(text, str_starts(text, STR("-")) || str_starts(text, STR("+")));
}

/* Skips the leading characters that are in `set` and returns their number. */
static size_t skip_any(struct str *text, const char *set)
{
    size_t n = 0;
    while (n < text->n && text->s[n] && strchr(set, text->s[n]))
        n++;
    *text = str_skip(*text, n);
    return n;
}

#define DECIMAL "0123456789"

static bool is_whole(struct str text)
{
    text = without_sign(text);
    return skip_any(&text, DECIMAL) && !text.n;
}

static bool is_real(struct str text)
{
    text = without_sign(text);
    size_t digits = skip_any(&text, DECIMAL);
    if (str_starts(text, STR("."))) {
        text = str_skip(text, 1);
        digits += skip_any(&text, DECIMAL);
    }
    if (!digits)
        return false;
    if (str_starts_nocase(text, STR("e"))) {
        text = without_sign(str_skip(text, 1));
        if (!skip_any(&text, DECIMAL))
            return false;
    }
    return !text.n;
}

static bool is_based(struct str text, struct str prefix, const char *digits)
{
    if (!str_starts(text, prefix))
        return false;
    text = str_skip(text, prefix.n);
    return skip_any(&text, digits) && !text.n;
}

static const char *const too_big = "does not fit in 64 bits (quote it if it is text)";

static const char *read_based(struct str digits, int64_t base, struct node *to)
{
    int64_t total = 0;
    for (size_t i = 0; i < digits.n; i++) {
        char c = digits.s[i];
        int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        if (__builtin_mul_overflow(total, base, &total) || __builtin_add_overflow(total, digit, &total))
            return too_big;
    }
    to->kind = NODE_INT;
    to->integer = total;
    return NULL;
}

static const char *read_whole(struct str text, struct node *to)
{
    to->kind = NODE_INT;
    return str_to_int(str_skip(text, str_starts(text, STR("+"))), &to->integer) ? NULL : too_big;
}

static const char *read_real(struct str text, struct node *to)
{
    to->kind = NODE_REAL;
    to->real = strtod(text.s, NULL);
    return isfinite(to->real) ? NULL : "is too large for a number";
}

/* Sets the kind and the value. Returns NULL, or a reason that completes the message "'<scalar>' ...". The text must be
 * NUL-terminated; a text node keeps the pointer. */
static const char *read_plain(struct str text, struct node *to)
{
    to->kind = NODE_TEXT;
    to->text = text;
    if (ONE_OF(text, nulls)) {
        to->kind = NODE_NULL;
    } else if (ONE_OF(text, trues) || ONE_OF(text, falses)) {
        to->kind = NODE_BOOL;
        to->truth = ONE_OF(text, trues);
    } else if (is_whole(text)) {
        return read_whole(text, to);
    } else if (is_based(text, STR("0o"), "01234567")) {
        return read_based(str_skip(text, 2), 8, to);
    } else if (is_based(text, STR("0x"), DECIMAL "abcdefABCDEF")) {
        return read_based(str_skip(text, 2), 16, to);
    } else if (is_real(text)) {
        return read_real(text, to);
    } else if (ONE_OF(without_sign(text), infinite)) {
        return "is not a valid JSON number (quote it if it is text)";
    }
    return NULL;
}

/* --- the tree ----------------------------------------------------------------------------- */

bool yaml_tree_error(struct yaml_tree *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    t->refused = true;
    error_add(t->err, ERROR_INPUT, t->at, "%s", arena_vprintf(&t->scratch, format, args));
    va_end(args);
    return false;
}

static struct yaml_level *innermost(struct yaml_tree *t)
{
    return t->depth ? &t->levels[t->depth - 1] : NULL;
}

static bool awaits_key(struct yaml_tree *t)
{
    const struct yaml_level *l = innermost(t);
    return l && l->kind == NODE_MAP && !l->next.key;
}

static bool put(struct yaml_tree *t, const struct node *n, size_t nodes, int height)
{
    struct yaml_level *l = innermost(t);
    t->nodes += nodes;
    if (t->aliased > YAML_MAX_ALIASED)
        return yaml_tree_error(t, "aliases add more than %d values (each use of an alias counts)", YAML_MAX_ALIASED);
    if (t->nodes - t->aliased > YAML_MAX_NODES)
        return yaml_tree_error(t, "more than %d values", YAML_MAX_NODES);
    if (t->depth + height > YAML_MAX_DEPTH)
        return yaml_tree_error(t, "lists and maps are nested more than %d levels deep", YAML_MAX_DEPTH);
    if (awaits_key(t))
        return yaml_tree_error(t, "invalid key; expected plain or quoted text");
    if (!l) {
        t->root = n;
        return true;
    }
    l->height = height > l->height ? height : l->height;
    l->next.value = n;
    *arena_push(&t->scratch, &t->pending, struct member) = l->next;
    l->next = (struct member){0};
    return true;
}

static struct yaml_anchor *anchor_find(struct yaml_tree *t, struct str name)
{
    for (size_t i = t->anchor_count; i-- > 0;) /* the last anchor of a name is valid */
        if (str_eq(t->anchors[i].name, name))
            return &t->anchors[i];
    return NULL;
}

static bool anchor_open(struct yaml_tree *t, struct str name, struct yaml_anchor **opened)
{
    *opened = NULL;
    if (!name.s)
        return true;
    if (t->anchor_count == YAML_MAX_ANCHORS)
        return yaml_tree_error(t, "more than %d anchors", YAML_MAX_ANCHORS);
    *opened = &t->anchors[t->anchor_count++];
    (*opened)->name = str_of(str_dup(&t->scratch, name), name.n);
    return true;
}

static void anchor_close(struct yaml_anchor *anchor, const struct node *n, size_t nodes, int height)
{
    if (anchor)
        *anchor = (struct yaml_anchor){anchor->name, n, nodes, height};
}

bool yaml_tree_alias(struct yaml_tree *t, struct str name)
{
    const struct yaml_anchor *anchor = anchor_find(t, name);
    if (anchor && anchor->node) {
        t->aliased += anchor->nodes;
        return put(t, anchor->node, anchor->nodes, anchor->height);
    }
    (void)yaml_tree_error(t,
                          anchor ? "alias *" STR_FMT " refers to the value that contains it"
                                 : "alias *" STR_FMT " has no anchor before it",
                          STR_ARG(name));
    return put(t, node_new_null(t->arena), 1, 0);
}

/* Returns true for the tag !!str, the only one accepted. */
static bool tagged_text(struct yaml_tree *t, struct str tag)
{
    if (tag.s && str_is(tag, "tag:yaml.org,2002:str"))
        return true;
    if (tag.s)
        (void)yaml_tree_error(t, "unknown tag '" STR_FMT "'; the only accepted tag is !!str", STR_ARG(tag));
    return false;
}

/* Copies the text to the arena, NUL-terminated. Escapes can produce a NUL or invalid UTF-8. */
static struct str keep_text(struct yaml_tree *t, struct str text)
{
    if (str_find(text, '\0') < text.n)
        (void)yaml_tree_error(t, "text contains a NUL character");
    else if (!str_utf8_valid(text, NULL))
        (void)yaml_tree_error(t, "invalid escape: the result is not valid UTF-8");
    return str_of(str_dup(t->arena, text), text.n);
}

/* A large file has the same keys many times. */
static struct str keep_key(struct yaml_tree *t, struct str key)
{
    const char **at = &t->keys[str_hash(key) % YAML_KEYS];
    if (!*at || !str_is(key, *at))
        *at = keep_text(t, key).s;
    return str_of(*at, key.n);
}

/* The key of a merge: a quoted "<<" is another key, with a text of its own. */
static const char merge_key[] = "<<";

static bool take_key(struct yaml_tree *t, struct str key, bool plain, struct yaml_marks marks)
{
    (void)tagged_text(t, marks.tag);
    if (marks.anchor.s)
        (void)yaml_tree_error(t, "a key cannot have an anchor");
    if (plain && !key.n)
        (void)yaml_tree_error(t, "missing key after this");
    innermost(t)->next = (struct member){.key = plain && str_is(key, "<<") ? merge_key : key.s, .key_at = t->at};
    return true;
}

bool yaml_tree_scalar(struct yaml_tree *t, struct str text, bool plain, struct yaml_marks marks)
{
    struct yaml_anchor *anchor;
    if (awaits_key(t))
        return take_key(t, keep_key(t, text), plain, marks);
    text = keep_text(t, text);
    if (!anchor_open(t, marks.anchor, &anchor))
        return false;
    struct node *n = arena_new(t->arena, struct node);
    bool is_text = tagged_text(t, marks.tag) || !plain;
    const char *why = is_text ? NULL : read_plain(text, n);
    if (is_text)
        *n = (struct node){.kind = NODE_TEXT, .text = text};
    if (why)
        (void)yaml_tree_error(t, "'%s' %s", text.s, why);
    n->at = t->at;
    anchor_close(anchor, n, 1, 0);
    return put(t, n, 1, 0);
}

bool yaml_tree_open(struct yaml_tree *t, enum node_kind kind, struct yaml_marks marks)
{
    if (awaits_key(t))
        return yaml_tree_error(t, "invalid key; expected plain or quoted text");
    if (t->depth == YAML_MAX_DEPTH)
        return yaml_tree_error(t, "lists and maps are nested more than %d levels deep", YAML_MAX_DEPTH);
    struct yaml_level *l = &t->levels[t->depth];
    *l = (struct yaml_level){kind, .at = t->at, .first = t->pending.count, .nodes_before = t->nodes};
    if (tagged_text(t, marks.tag))
        (void)yaml_tree_error(t, "the tag !!str is not valid for a list or map");
    if (!anchor_open(t, marks.anchor, &l->anchor))
        return false;
    t->depth++;
    return true;
}

static void check_duplicate_keys(struct yaml_tree *t, const struct member *members, size_t count)
{
    size_t first, again;
    if (!count || !members_clash(members, count, &first, &again))
        return;
    t->at = members[again].key_at;
    (void)yaml_tree_error(t, "duplicate key '%s' (first at %d:%d)", members[again].key, members[first].key_at.line,
                          members[first].key_at.column);
}

/* --- merge keys: https://yaml.org/type/merge.html --- */

struct merging {
    struct member *members; /* result */
    size_t count;
};

static bool has_key(const struct merging *m, const char *key)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->members[i].key, key) == 0)
            return true;
    return false;
}

/* The map's own members, and those of earlier maps, win. */
static void merge_map(struct merging *m, const struct node *map)
{
    const struct member *own;
    for (size_t i = 0; (own = node_member(map, i)); i++)
        if (!has_key(m, own->key))
            m->members[m->count++] = *own;
}

static bool is_mergeable(const struct node *value)
{
    for (size_t i = 0; value->kind == NODE_LIST && i < node_count(value); i++)
        if (node_at(value, i)->kind != NODE_MAP)
            return false;
    return value->kind == NODE_MAP || value->kind == NODE_LIST;
}

static size_t merged_count(const struct node *value)
{
    size_t count = value->kind == NODE_MAP ? node_count(value) : 0;
    for (size_t i = 0; value->kind == NODE_LIST && i < node_count(value); i++)
        count += node_count(node_at(value, i));
    return count;
}

static const struct member *find_merge(const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (members[i].key == merge_key)
            return &members[i];
    return NULL;
}

/* Replaces the member `<<` of a map by the members of its value. The result keeps the order of the document, with the
 * merged members at the end. */
static void merge(struct yaml_tree *t, const struct member *from, struct node *n)
{
    const struct node *value = from->value;
    struct where at = t->at;
    t->at = from->key_at;
    if (!is_mergeable(value)) {
        (void)yaml_tree_error(t, "'<<' expects a map or a list of maps, such as *name");
    } else if (merged_count(value) > YAML_MAX_MERGED) {
        (void)yaml_tree_error(t, "'<<' merges more than %d members", YAML_MAX_MERGED);
    } else {
        struct merging m = {arena_array(t->arena, struct member, n->map.count + merged_count(value)), 0};
        for (size_t i = 0; i < n->map.count; i++)
            if (n->map.members[i].key != merge_key)
                m.members[m.count++] = n->map.members[i];
        merge_map(&m, value->kind == NODE_MAP ? value : NULL);
        for (size_t i = 0; value->kind == NODE_LIST && i < node_count(value); i++)
            merge_map(&m, node_at(value, i));
        n->map.members = m.members;
        n->map.count = m.count;
    }
    t->at = at;
}

bool yaml_tree_close(struct yaml_tree *t)
{
    struct yaml_level *l = &t->levels[--t->depth];
    size_t count = t->pending.count - l->first;
    const struct member *members = count ? t->pending.items + l->first : NULL;
    struct node *n = arena_new(t->arena, struct node);
    n->kind = l->kind;
    n->at = l->at;
    if (l->kind == NODE_MAP) {
        n->map.members = arena_copy(t->arena, members, count * sizeof *members);
        n->map.count = count;
        check_duplicate_keys(t, members, count);
        const struct member *from = find_merge(n->map.members, count);
        if (from)
            merge(t, from, n);
    } else {
        const struct node **items = arena_array(t->arena, const struct node *, count);
        for (size_t i = 0; i < count; i++)
            items[i] = members[i].value;
        n->list.items = items;
        n->list.count = count;
    }
    t->pending.count = l->first;
    anchor_close(l->anchor, n, t->nodes - l->nodes_before + 1, l->height + 1);
    return put(t, n, 1, l->height + 1);
}
