#include "base/yaml_scalar.h"

#include "base/array.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static const char *too_big = "does not fit in 64 bits (quote it if it is text)";

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

const char *yaml_scalar(struct str text, struct node *to)
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
