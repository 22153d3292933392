#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "conformance/report/escapes.h"
#include "conformance/report/report.h"

#define ELLIPSIS           "\xE2\x80\xA6"
#define SCRUB_WINDOW_BYTES ((size_t)8 << 10)

/* What makes a value long and random: no other text contains it by chance. */
enum { RANDOM_MIN_BYTES = 16, RANDOM_MIN_DIGITS = 3, RANDOM_MIN_DISTINCT = 12 };

/* The forms of all secrets are a tree of their characters, so that the time of a search does not depend on their
 * number. A node has children, or one form whose further characters are not in the tree. */
struct secret_node {
    size_t child, next; /* the first child, the next child of its parent; 0: none */
    size_t ends;        /* index + 1 of the form that ends here; 0: none */
    size_t tail;        /* index + 1 of the only form that continues; 0: none, or several */
    unsigned char c;
};

/* --- the tree ----------------------------------------------------------------------------- */

static size_t new_node(struct secrets *s, unsigned char c)
{
    *arena_push(s->arena, &s->tree, struct secret_node) = (struct secret_node){.c = c};
    return s->tree.count; /* index + 1 */
}

static struct secret_node *node_of(const struct secrets *s, size_t node)
{
    return &s->tree.items[node - 1];
}

static const char *form_of(const struct secrets *s, size_t form)
{
    return s->items[form - 1].value;
}

static size_t child_of(const struct secrets *s, size_t node, unsigned char c)
{
    size_t child = node_of(s, node)->child;
    while (child && node_of(s, child)->c != c)
        child = node_of(s, child)->next;
    return child;
}

static size_t add_child(struct secrets *s, size_t parent, unsigned char c)
{
    size_t child = new_node(s, c);
    struct secret_node *p = node_of(s, parent);
    node_of(s, child)->next = p->child;
    p->child = child;
    return child;
}

/* Puts a form of more than `depth` characters below the node, or at it. */
static void hang(struct secrets *s, size_t node, size_t form, size_t depth)
{
    if (form_of(s, form)[depth])
        node_of(s, node)->tail = form;
    else
        node_of(s, node)->ends = form;
}

/* Returns false if the tree has the value already. */
static bool insert(struct secrets *s, size_t form)
{
    const char *value = form_of(s, form);
    size_t *first = &s->first[(unsigned char)value[0]];
    bool is_new = !*first;
    if (is_new)
        *first = new_node(s, (unsigned char)value[0]);
    size_t node = *first, depth = 1;
    while (!is_new) {
        size_t tail = node_of(s, node)->tail, ends = node_of(s, node)->ends;
        if ((tail && strcmp(form_of(s, tail), value) == 0) || (ends && !value[depth]))
            return false;
        if (!value[depth])
            break;
        if (tail) {
            unsigned char c = (unsigned char)form_of(s, tail)[depth];
            node_of(s, node)->tail = 0;
            hang(s, add_child(s, node, c), tail, depth + 1);
        }
        size_t child = child_of(s, node, (unsigned char)value[depth]);
        is_new = !child;
        node = child ? child : add_child(s, node, (unsigned char)value[depth]);
        depth++;
    }
    hang(s, node, form, depth);
    return true;
}

/* --- adding ------------------------------------------------------------------------------- */

static void add_form(struct secrets *s, const struct secret *form)
{
    if (!form->value[0])
        return;
    *arena_push(s->arena, s, struct secret) = *form;
    s->items[s->count - 1].value = arena_text(s->arena, form->value);
    s->count -= !insert(s, s->count);
}

static void add_encoded(struct secrets *s, const char *name, const char *value)
{
    if (strlen(value) >= SECRET_MIN_BYTES)
        add_form(s, &(struct secret){.name = name, .value = value, .anywhere = true});
}

/* If a longer text with the secret was encoded, the first and last base64 characters of the secret depend on the bytes
 * around it. Adds the characters between them, for a secret that starts `before` bytes after a multiple of three. */
static void add_inner_base64(struct secrets *s, const char *name, struct str value, size_t before)
{
    static const size_t letters_before[] = {0, 2, 3}, letters_after[] = {0, 1, 1};
    struct buf padded = {.arena = s->arena};
    memset(buf_reserve(&padded, before), 0, before);
    padded.n = before;
    buf_add(&padded, value);
    const char *forms[] = {digest_base64(s->arena, buf_str(&padded)), digest_base64url(s->arena, buf_str(&padded))};
    size_t n = strlen(forms[1]) - letters_after[padded.n % 3];
    for (size_t i = 0; i < 2; i++) {
        struct str inner = str_skip(str_head(str_from(forms[i]), n), letters_before[before]);
        add_encoded(s, name, str_dup(s->arena, inner));
    }
}

static void add_hex(struct secrets *s, const char *name, struct str value)
{
    char *hex = digest_hex(s->arena, (const unsigned char *)value.s, value.n);
    add_encoded(s, name, hex);
    for (char *c = hex; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    add_encoded(s, name, hex);
}

/* Returns the name with every character replaced that a shell variable cannot have. */
static const char *variable_name(struct arena *a, const char *name)
{
    char *variable = arena_printf(a, "%s%s", isdigit((unsigned char)*name) ? "_" : "", name);
    for (char *c = variable; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    return variable;
}

static bool is_random(struct str value)
{
    bool seen[256] = {false};
    size_t digits = 0, distinct = 0;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.s[i];
        digits += isdigit(c) != 0;
        distinct += !seen[c];
        seen[c] = true;
    }
    return value.n >= RANDOM_MIN_BYTES && digits >= RANDOM_MIN_DIGITS && distinct >= RANDOM_MIN_DISTINCT;
}

void secrets_add(struct secrets *s, const char *name, const char *value)
{
    struct str text = str_from(value);
    size_t known = s->count;
    if (text.n < SECRET_MIN_BYTES)
        return;
    name = variable_name(s->arena, name);
    add_form(s, &(struct secret){.name = name, .value = value, .anywhere = is_random(text)});
    if (s->count == known)
        return; /* with all its forms */
    add_encoded(s, name, digest_base64(s->arena, text));
    add_encoded(s, name, digest_base64url(s->arena, text));
    for (size_t before = 0; before < 3; before++)
        add_inner_base64(s, name, text, before);
    add_hex(s, name, text);
}

void secrets_add_after(struct secrets *s, const char *name, const char *before, const char *value)
{
    const char *whole = arena_printf(s->arena, "%s%s", before, value);
    if (*value)
        add_form(s, &(struct secret){variable_name(s->arena, name), whole, strlen(before), false});
}

/* --- words -------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The letter at the end of an escape, as in \n or %3D, is no part of a word. */
static bool is_within_word(struct str text, size_t at)
{
    return at > 0 && is_word(text.s[at - 1]) && !escape_ends_at(text, at);
}

/* --- matching one form -------------------------------------------------------------------- */

static bool may_become(struct str rest, struct str whole)
{
    return rest.n < whole.n && str_starts(whole, rest);
}

static bool may_be_cut(struct str rest, size_t known)
{
    return known >= SECRET_MIN_BYTES && may_become(rest, STR(ELLIPSIS));
}

static bool is_cut(struct str rest, size_t known)
{
    return known >= SECRET_MIN_BYTES && str_starts(rest, STR(ELLIPSIS));
}

/* Matches the characters of the value from `known` on; those before have been matched. */
static size_t match_plain(struct str text, struct str value, size_t known)
{
    struct str whole = str_skip(value, known);
    if (str_starts(text, whole))
        return whole.n;
    return may_become(text, whole) ? ESCAPE_SHORT : 0;
}

/* Returns true if the bytes before `at` were matched as a run of backslashes, which stands for a run of any length. */
static bool ends_run(struct str text, size_t at)
{
    return at > 0 && text.s[at - 1] == '\\';
}

static size_t match_escaped(struct str text, size_t from, struct str value, size_t known)
{
    size_t at = from;
    for (size_t i = known; i < value.n; i++) {
        if (i && value.s[i] == '\\' && value.s[i - 1] == '\\' && ends_run(text, at))
            continue;
        struct str rest = str_skip(text, at);
        if (is_cut(rest, i))
            return at - from;
        size_t n = escape_match(rest, (unsigned char)value.s[i]);
        if (n == ESCAPE_SHORT || (!n && may_be_cut(rest, i)))
            return ESCAPE_SHORT;
        if (!n)
            return 0;
        at += n;
    }
    return at - from;
}

/* --- walking the tree --------------------------------------------------------------------- */

struct search {
    const struct secrets *secrets;
    struct str text;
    size_t at;     /* where the secret begins */
    bool complete; /* no text follows */
    bool is_short; /* more text may complete a secret */
    struct secret_hit *hit;
};

static void note_short(struct search *x)
{
    x->is_short |= !x->complete;
}

/* Returns true if the match may be a part of a longer word, which its value is not. */
static bool is_part(struct search *x, const char *value, size_t end)
{
    bool word_begins = is_word(*value), word_ends = is_word(value[strlen(value) - 1]);
    if (word_begins && is_within_word(x->text, x->at))
        return true;
    if (word_ends && end == x->text.n)
        note_short(x);
    return word_ends && end < x->text.n && is_word(x->text.s[end]);
}

/* Keeps the longest match. A value that is not random must be a whole word. */
static void note_match(struct search *x, size_t form, size_t end)
{
    const struct secret *secret = &x->secrets->items[form - 1];
    if (!secret->anywhere && is_part(x, secret->value, end))
        return;
    if (end - x->at <= x->hit->n)
        return;
    x->hit->at = x->at;
    x->hit->n = end - x->at;
    x->hit->name = secret->name;
    if (secret->lead) {
        size_t lead = match_escaped(x->text, x->at, str_head(str_from(secret->value), secret->lead), 0);
        x->hit->at += lead;
        x->hit->n -= lead;
    }
}

static void note_tail(struct search *x, size_t form, size_t n, size_t from)
{
    if (n == ESCAPE_SHORT)
        note_short(x);
    else if (n)
        note_match(x, form, from + n);
}

static void walk_plain(struct search *x)
{
    const struct secrets *s = x->secrets;
    size_t node = s->first[(unsigned char)x->text.s[x->at]], depth = 1;
    while (node) {
        const struct secret_node *n = node_of(s, node);
        struct str rest = str_skip(x->text, x->at + depth);
        if (n->ends)
            note_match(x, n->ends, x->at + depth);
        if (n->tail)
            note_tail(x, n->tail, match_plain(rest, str_from(form_of(s, n->tail)), depth), x->at + depth);
        if (n->child && !rest.n)
            note_short(x);
        node = rest.n ? child_of(s, node, (unsigned char)*rest.s) : 0;
        depth++;
    }
}

static size_t any_form(const struct secrets *s, size_t node)
{
    const struct secret_node *n = node_of(s, node);
    while (!n->tail && !n->ends)
        n = node_of(s, n->child);
    return n->tail ? n->tail : n->ends;
}

static void walk_escaped(struct search *x, size_t node, size_t at, size_t depth);

static void walk_child(struct search *x, size_t child, size_t at, size_t depth)
{
    unsigned char c = node_of(x->secrets, child)->c;
    size_t n = escape_match(str_skip(x->text, at), c);
    if (n == ESCAPE_SHORT)
        note_short(x);
    if (!n || n == ESCAPE_SHORT)
        return;
    walk_escaped(x, child, at + n, depth + 1);
    for (; c == '\\' && ends_run(x->text, at + n) && (child = child_of(x->secrets, child, '\\')); depth++)
        walk_escaped(x, child, at + n, depth + 2);
}

/* `depth` characters are matched, by the text before `at`. */
static void walk_escaped(struct search *x, size_t node, size_t at, size_t depth)
{
    const struct secrets *s = x->secrets;
    const struct secret_node *n = node_of(s, node);
    struct str rest = str_skip(x->text, at);
    if (n->ends)
        note_match(x, n->ends, at);
    if (n->tail) {
        size_t tail = match_escaped(x->text, at, str_from(form_of(s, n->tail)), depth);
        note_tail(x, n->tail, is_cut(rest, depth) ? 0 : tail, at);
    }
    if (is_cut(rest, depth) && (n->tail || n->child))
        note_match(x, any_form(s, node), at);
    if (n->child && (!rest.n || may_be_cut(rest, depth)))
        note_short(x);
    if (rest.n && !escape_begins(*rest.s)) {
        size_t child = child_of(s, node, (unsigned char)*rest.s);
        if (child)
            walk_escaped(x, child, at + 1, depth + 1);
        return;
    }
    for (size_t child = n->child; rest.n && child; child = node_of(s, child)->next)
        walk_child(x, child, at, depth);
}

static void walk_first(struct search *x)
{
    const struct secrets *s = x->secrets;
    unsigned char c = (unsigned char)x->text.s[x->at], list[ESCAPE_CHARACTERS_MAX];
    if (!escape_begins((char)c)) {
        if (s->first[c])
            walk_escaped(x, s->first[c], x->at + 1, 1);
        return;
    }
    size_t count = escape_characters(str_skip(x->text, x->at), list);
    bool all = count == ESCAPE_SHORT;
    for (size_t i = 0; i < (all ? 256 : count); i++) {
        size_t node = s->first[all ? i : list[i]];
        if (node)
            walk_child(x, node, x->at, 0);
    }
}

/* --- finding ------------------------------------------------------------------------------ */

struct secret_hit secrets_find(const struct secrets *s, struct str text, size_t from, bool complete)
{
    for (size_t at = from; s->count && at < text.n; at++) {
        struct secret_hit hit = {.at = at};
        struct search x = {s, text, at, complete, false, &hit};
        if (!s->first[(unsigned char)text.s[at]] && !escape_begins(text.s[at]))
            continue;
        walk_plain(&x);
        walk_first(&x);
        if (x.is_short)
            return (struct secret_hit){.at = at};
        if (hit.n)
            return hit;
    }
    return (struct secret_hit){.at = text.n};
}

const char *scrub_start(struct arena *a, const struct secrets *secrets, struct str text, size_t size)
{
    struct buf out = {.arena = a};
    size_t window = SCRUB_WINDOW_BYTES, from = 0;
    while (from < text.n && out.n < size) {
        struct str part = str_head(text, window < text.n - from ? from + window : text.n);
        struct secret_hit hit = secrets_find(secrets, part, from, part.n == text.n);
        buf_add(&out, str_of(text.s + from, hit.at - from));
        if (hit.name)
            buf_printf(&out, "$%s", hit.name);
        bool has_moved = hit.at + hit.n > from;
        window = has_moved ? SCRUB_WINDOW_BYTES : 2 * window; /* else a secret may be longer than the window */
        from = hit.at + hit.n;
    }
    return buf_c(&out);
}

const char *scrub(struct arena *a, const struct secrets *secrets, struct str text)
{
    return scrub_start(a, secrets, text, SIZE_MAX);
}
