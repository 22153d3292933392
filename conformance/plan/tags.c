#include "conformance/plan/plan.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

#define OPTION    "--tag"
#define DEPTH_MAX 64

enum tags_kind { TAGS_TAG, TAGS_NOT, TAGS_AND, TAGS_OR };

struct tags {
    enum tags_kind kind;
    const char *tag;
    int column; /* of the tag */
    const struct tags *left, *right;
};

struct parser {
    struct arena *arena;
    struct error *err;
    const char *text;
    struct str rest;
    int depth;
};

/* --- tokens ------------------------------------------------------------------------------- */

static bool is_tag_character(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

static struct str peek_token(struct parser *p)
{
    size_t n = 0;
    while (p->rest.n && isspace((unsigned char)p->rest.s[0]))
        p->rest = str_skip(p->rest, 1);
    while (n < p->rest.n && is_tag_character(p->rest.s[n]))
        n++;
    return str_head(p->rest, n ? n : 1);
}

static bool accept_token(struct parser *p, const char *word)
{
    struct str next = peek_token(p);
    if (!str_is(next, word))
        return false;
    p->rest = str_skip(p->rest, next.n);
    return true;
}

static const struct tags *syntax_error(struct parser *p, const char *what)
{
    struct str next = peek_token(p);
    struct where at = {OPTION, 1, (int)(next.s - p->text) + 1};
    if (next.n)
        error_add(p->err, ERROR_USAGE, at, "expected %s, found '" STR_FMT "'", what, STR_ARG(next));
    else
        error_add(p->err, ERROR_USAGE, at, "expected %s, found the end", what);
    return NULL;
}

static bool is_tag(struct str word)
{
    return word.n && is_tag_character(word.s[0]) && !str_is(word, "and") && !str_is(word, "or") && !str_is(word, "not");
}

/* --- grammar ------------------------------------------------------------------------------ */

static const struct tags *tags_new(struct parser *p, enum tags_kind kind, const struct tags *left,
                                   const struct tags *right)
{
    struct tags *t = arena_new(p->arena, struct tags);
    *t = (struct tags){.kind = kind, .left = left, .right = right};
    return t;
}

static const struct tags *parse_any(struct parser *p);

static const struct tags *parse_group(struct parser *p)
{
    const struct tags *inner = parse_any(p);
    return !inner || accept_token(p, ")") ? inner : syntax_error(p, "')'");
}

static const struct tags *parse_word(struct parser *p)
{
    struct str word = peek_token(p);
    if (!is_tag(word))
        return syntax_error(p, "a tag");
    struct tags *t = arena_new(p->arena, struct tags);
    *t = (struct tags){.kind = TAGS_TAG, .tag = str_dup(p->arena, word), .column = (int)(word.s - p->text) + 1};
    p->rest = str_skip(p->rest, word.n);
    return t;
}

static const struct tags *parse_one(struct parser *p)
{
    const struct tags *inner;
    if (++p->depth > DEPTH_MAX)
        return syntax_error(p, "at most 64 nested 'not' and '('");
    bool negated = accept_token(p, "not");
    if (negated)
        inner = parse_one(p);
    else
        inner = accept_token(p, "(") ? parse_group(p) : parse_word(p);
    p->depth--;
    return inner && negated ? tags_new(p, TAGS_NOT, inner, NULL) : inner;
}

static const struct tags *parse_all(struct parser *p)
{
    const struct tags *left = parse_one(p);
    while (left && accept_token(p, "and")) {
        const struct tags *right = parse_one(p);
        left = right ? tags_new(p, TAGS_AND, left, right) : NULL;
    }
    return left;
}

static const struct tags *parse_any(struct parser *p)
{
    const struct tags *left = parse_all(p);
    while (left && accept_token(p, "or")) {
        const struct tags *right = parse_all(p);
        left = right ? tags_new(p, TAGS_OR, left, right) : NULL;
    }
    return left;
}

const struct tags *tags_parse(struct arena *a, const char *text, struct error *err)
{
    struct parser p = {.arena = a, .err = err, .text = text, .rest = str_from(text)};
    const struct tags *t = parse_any(&p);
    return t && peek_token(&p).n ? syntax_error(&p, "'and', 'or' or the end") : t;
}

/* --- evaluation --------------------------------------------------------------------------- */

bool tags_hold(const struct tags *expression, const char *const *tags, size_t count)
{
    const struct tags *t = expression;
    switch (t->kind) {
    case TAGS_TAG:
        return has_text(tags, count, t->tag);
    case TAGS_NOT:
        return !tags_hold(t->left, tags, count);
    case TAGS_AND:
        return tags_hold(t->left, tags, count) && tags_hold(t->right, tags, count);
    case TAGS_OR:
        return tags_hold(t->left, tags, count) || tags_hold(t->right, tags, count);
    }
    return false;
}

/* --- unknown tags ------------------------------------------------------------------------- */

static const char *const *all_tags(const struct suite *suite, size_t *count)
{
    size_t room = 0;
    for (size_t i = 0; i < suite->scenario_count; i++)
        room += suite->scenarios[i]->tag_count;
    const char **tags = arena_array(suite->arena, const char *, room);
    *count = 0;
    for (size_t i = 0; i < suite->scenario_count; i++)
        for (size_t k = 0; k < suite->scenarios[i]->tag_count; k++)
            if (!has_text(tags, *count, suite->scenarios[i]->tags[k]))
                tags[(*count)++] = suite->scenarios[i]->tags[k];
    return tags;
}

static bool check_tags(const struct tags *t, const struct suite *suite, const char *const *known, size_t count,
                       struct error *err)
{
    if (t->kind == TAGS_TAG)
        return has_text(known, count, t->tag) || error_add(err, ERROR_USAGE, (struct where){OPTION, 1, t->column},
                                                           "unknown tag '%s': no scenario has it%s", t->tag,
                                                           str_suggest(suite->arena, str_from(t->tag), known, count));
    bool left = check_tags(t->left ? t->left : t->right, suite, known, count, err);
    return (t->right && t->left ? check_tags(t->right, suite, known, count, err) : true) && left;
}

bool tags_known(const struct tags *expression, const struct suite *suite, struct error *err)
{
    size_t count;
    const char *const *known = all_tags(suite, &count);
    return check_tags(expression, suite, known, count, err);
}
