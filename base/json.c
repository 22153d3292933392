#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_gate.h"

/* Locations are computed in document order, so one pass over the text is enough. */
struct reader {
    struct arena *arena;
    struct error *err;
    const char *file;
    bool whole_reals; /* a real number without a fraction becomes an integer */
    const char *text, *end;
    const char *scanned; /* position of `line` and `column` */
    int line, column;
    const uint32_t *starts; /* offsets of the remaining values and names, from json_gate */
};

static struct where place(struct reader *r, size_t offset)
{
    const char *to = r->text + offset;
    for (; r->scanned < to; r->scanned++) {
        if (*r->scanned == '\n') {
            r->line++;
            r->column = 1;
        } else if ((*r->scanned & 0xC0) != 0x80) {
            r->column++;
        }
    }
    return (struct where){r->file, r->line, r->column};
}

static bool convert(struct reader *r, const cJSON *from, struct node *to);

static struct str number_at(const struct reader *r, const char *at)
{
    size_t n = 0;
    while (at + n < r->end && strchr("+-.0123456789Ee", at[n]) && at[n])
        n++;
    return str_of(at, n);
}

#define REAL_INT_MAX 9007199254740992.0 /* 2^53: a double tells every smaller integer from the next */

/* cJSON stores numbers as doubles, so an integer is parsed again from the text. */
static bool convert_number(struct reader *r, struct str lexeme, double real, struct node *to)
{
    to->kind = NODE_INT;
    if (str_to_int(lexeme, &to->integer))
        return true;
    if (r->whole_reals && fabs(real) <= REAL_INT_MAX && real == trunc(real)) {
        to->integer = (int64_t)real;
        return true;
    }
    to->kind = NODE_REAL;
    to->real = real;
    return isfinite(real) ||
           error_add(r->err, ERROR_INPUT, to->at, "number " STR_FMT " is too large", STR_ARG(str_head(lexeme, 40)));
}

static size_t child_count(const cJSON *parent)
{
    size_t n = 0;
    for (const cJSON *c = parent->child; c; c = c->next)
        n++;
    return n;
}

static bool convert_list(struct reader *r, const cJSON *from, struct node *to)
{
    size_t count = child_count(from);
    struct node *nodes = arena_array(r->arena, struct node, count);
    const struct node **items = arena_array(r->arena, const struct node *, count);
    to->kind = NODE_LIST;
    to->list.items = items;
    to->list.count = count;
    for (const cJSON *c = from->child; c; c = c->next) {
        *items++ = nodes;
        if (!convert(r, c, nodes++))
            return false;
    }
    return true;
}

static bool convert_map(struct reader *r, const cJSON *from, struct node *to)
{
    size_t count = child_count(from), first, again;
    struct node *nodes = arena_array(r->arena, struct node, count);
    struct member *members = arena_array(r->arena, struct member, count), *m = members;
    to->kind = NODE_MAP;
    to->map.members = members;
    to->map.count = count;
    for (const cJSON *c = from->child; c; c = c->next) {
        struct where key_at = place(r, *r->starts++);
        *m++ = (struct member){arena_text(r->arena, c->string), key_at, nodes};
        if (!convert(r, c, nodes++))
            return false;
    }
    if (!members_clash(members, count, &first, &again))
        return true;
    return error_add(r->err, ERROR_INPUT, members[again].key_at, "duplicate key '%s' (first at %d:%d)",
                     members[again].key, members[first].key_at.line, members[first].key_at.column);
}

static bool convert_text(struct reader *r, const char *text, struct node *to)
{
    size_t n = strlen(text);
    to->kind = NODE_TEXT;
    to->text = str_of(arena_copy(r->arena, text, n + 1), n);
    return true;
}

static bool convert(struct reader *r, const cJSON *from, struct node *to)
{
    size_t offset = *r->starts++;
    to->at = place(r, offset);
    to->json = true;
    switch (from->type & 0xFF) {
    case cJSON_True:
    case cJSON_False:
        to->kind = NODE_BOOL;
        to->truth = cJSON_IsTrue(from);
        return true;
    case cJSON_Number:
        return convert_number(r, number_at(r, r->text + offset), from->valuedouble, to);
    case cJSON_String:
        return convert_text(r, from->valuestring, to);
    case cJSON_Array:
        return convert_list(r, from, to);
    case cJSON_Object:
        return convert_map(r, from, to);
    default:
        return true; /* null: a zeroed node */
    }
}

static const struct node *parse_checked(struct reader *r)
{
    /* The last argument is 0 because a view has no NUL. cJSON's error pointer is global, so the error goes to a local
     * variable. */
    cJSON *tree = cJSON_ParseWithLengthOpts(r->text, (size_t)(r->end - r->text), &(const char *){0}, 0);
    if (!tree) {
        error_add(r->err, ERROR_INPUT, place(r, 0), "not a JSON value");
        return NULL;
    }
    struct node *root = arena_new(r->arena, struct node);
    bool ok = convert(r, tree, root);
    cJSON_Delete(tree);
    return ok ? root : NULL;
}

static const struct node *parse(struct arena *a, struct str text, const char *file, bool whole_reals, struct error *err)
{
    struct json_gate gate = {.starts = heap_grow(NULL, JSON_GATE_STARTS(text.n) * sizeof(uint32_t))};
    struct reader r = {a, err, file, whole_reals, text.s, text.s + text.n, text.s, 1, 1, gate.starts};
    const struct node *root = NULL;
    if (json_gate(&gate, text))
        root = parse_checked(&r);
    else
        error_add(err, ERROR_INPUT, place(&r, gate.bad_offset), "%s", gate.why);
    heap_free(gate.starts);
    return root;
}

const struct node *json_parse(struct arena *a, struct str text, const char *file, struct error *err)
{
    return parse(a, text, file, false, err);
}

const struct node *json_parse_request(struct arena *a, struct str text, const char *file, struct error *err)
{
    return parse(a, text, file, true, err);
}

bool json_is_legal(struct str text)
{
    struct json_gate g = {.grammar_only = true};
    return json_gate(&g, text) || g.is_too_big;
}

bool json_check(struct str text, size_t *bad_offset, const char **why)
{
    struct json_gate g = {0};
    if (json_gate(&g, text))
        return true;
    *bad_offset = g.bad_offset;
    *why = g.why;
    return false;
}
