#include <string.h>

#include "base/arena.h"
#include "conformance/scenario/operations.h"

/* --- calls -------------------------------------------------------------------------------- */

static bool is_parameter(struct str segment)
{
    return str_starts(segment, STR("{"));
}

static bool has_reference(struct str segment)
{
    return str_find(segment, '$') < segment.n;
}

/* A reference may be any text; a parameter accepts any text. */
static bool segment_matches(struct str pattern, struct str segment)
{
    return is_parameter(pattern) || has_reference(segment) || str_eq(pattern, segment);
}

static struct str without_query(const char *path)
{
    struct str text = str_from(path);
    return str_head(text, str_find(text, '?'));
}

/* Counts the segments that match exactly: fixed text that is equal, and parameters with a reference. Returns -1 if the
 * path does not match. */
static int match_path(struct str pattern, struct str path)
{
    int exact = 0;
    bool more = true;
    while (more) {
        size_t p = str_find(pattern, '/'), q = str_find(path, '/');
        struct str want = str_head(pattern, p), have = str_head(path, q);
        if (!segment_matches(want, have) || (p < pattern.n) != (q < path.n))
            return -1;
        exact += is_parameter(want) ? has_reference(have) : str_eq(want, have);
        more = p < pattern.n;
        pattern = str_skip(pattern, p + 1);
        path = str_skip(path, q + 1);
    }
    return exact;
}

static int match_call(struct str call, const char *method, const char *path)
{
    struct str word = str_cut(&call, ' ');
    return str_is(word, method) ? match_path(call, without_query(path)) : -1;
}

/* Returns how exactly the best form of the call matches, or -1. */
static int match_operation(const struct operation *op, const char *method, const char *path)
{
    int best = strcmp(op->method, method) == 0 ? match_path(str_from(op->path), without_query(path)) : -1;
    for (size_t i = 0; i < op->also.count; i++) {
        int exact = match_call(str_from(op->also.items[i]), method, path);
        best = exact > best ? exact : best;
    }
    return best;
}

const struct operation *operations_find(const struct operations *o, const char *method, const char *path)
{
    const struct operation *found = NULL;
    int best = -1;
    for (size_t i = 0; i < o->count; i++) {
        int exact = match_operation(&o->items[i], method, path);
        if (exact > best) {
            best = exact;
            found = &o->items[i];
        }
    }
    return found;
}

const struct operation *operations_named(const struct operations *o, const char *name)
{
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->items[i].name, name) == 0)
            return &o->items[i];
    return NULL;
}

/* Returns the call with {} for every parameter and reference. */
static const char *call_shape(struct arena *a, const char *method, struct str path)
{
    const char *shape = arena_printf(a, "%s ", method);
    for (bool first = true; path.n; first = false) {
        struct str segment = str_cut(&path, '/');
        bool varies = is_parameter(segment) || has_reference(segment);
        shape = arena_printf(a, "%s%s" STR_FMT, shape, first ? "" : "/", STR_ARG(varies ? STR("{}") : segment));
    }
    return shape;
}

const char *operations_suggest(struct arena *a, const struct operations *o, const char *method, const char *path)
{
    const char **shapes = arena_array(a, const char *, o->count);
    for (size_t i = 0; i < o->count; i++)
        shapes[i] = call_shape(a, o->items[i].method, str_from(o->items[i].path));
    const char *near = str_nearest(str_from(call_shape(a, method, without_query(path))), shapes, o->count);
    for (size_t i = 0; i < o->count; i++)
        if (near == shapes[i])
            return arena_printf(a, " (did you mean '%s %s'?)", o->items[i].method, o->items[i].path);
    return "";
}

/* --- members ------------------------------------------------------------------------------ */

static bool is_index(struct str segment)
{
    for (size_t i = 0; i < segment.n; i++)
        if (segment.s[i] < '0' || segment.s[i] > '9')
            return str_is(segment, "*");
    return segment.n;
}

/* Returns true if the pointer is the member, or a member above it. */
static bool member_covers(struct str member, struct str pointer)
{
    while (pointer.n) {
        struct str want = str_cut(&member, '/'), have = str_cut(&pointer, '/');
        if (str_is(want, "**"))
            return true;
        if (str_is(want, "*") ? !is_index(have) : !str_eq(want, have))
            return false;
    }
    return true;
}

static struct str without_slash(const char *pointer)
{
    return str_from(*pointer == '/' ? pointer + 1 : pointer);
}

bool members_have(const struct text_list *members, const char *pointer)
{
    struct str text = without_slash(pointer);
    for (size_t i = 0; i < members->count; i++)
        if (member_covers(str_from(members->items[i]), text))
            return true;
    return !text.n;
}

const char *members_suggest(struct arena *a, const struct text_list *members, const char *pointer)
{
    struct str rest = without_slash(pointer);
    const char *shape = "";
    for (bool first = true; rest.n; first = false) {
        struct str segment = str_cut(&rest, '/');
        shape =
            arena_printf(a, "%s%s" STR_FMT, shape, first ? "" : "/", STR_ARG(is_index(segment) ? STR("*") : segment));
    }
    const char *near = str_nearest(str_from(shape), members->items, members->count);
    return near ? arena_printf(a, " (did you mean '%s'?)", near) : "";
}

/* --- lists -------------------------------------------------------------------------------- */

static bool has_entry(const struct text_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            return true;
    return false;
}

static bool has_header(const struct text_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq_nocase(str_from(list->items[i]), str_from(name)))
            return true;
    return false;
}

bool operation_has_query(const struct operation *op, const char *name)
{
    return has_entry(&op->query, name);
}

bool operation_has_request_member(const struct operation *op, const char *pointer)
{
    return members_have(&op->request, pointer);
}

bool operation_has_response_member(const struct operation *op, const char *pointer)
{
    return members_have(&op->response, pointer);
}

bool operations_have_header(const struct operations *o, const char *name)
{
    return has_header(&o->headers, name);
}

bool operations_have_event(const struct operations *o, const char *name)
{
    return has_entry(&o->events, name);
}

bool operations_have_event_member(const struct operations *o, const char *pointer)
{
    return members_have(&o->event_members, pointer);
}

bool operations_have_error_member(const struct operations *o, const char *pointer)
{
    return members_have(&o->errors, pointer);
}

bool operations_have_secret(const struct operations *o, const char *name)
{
    return has_entry(&o->secrets, name);
}
