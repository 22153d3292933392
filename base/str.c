#include "base/str.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"

char *str_dup(struct arena *a, struct str x)
{
    char *text = arena_alloc(a, x.n + 1);
    if (x.n)
        memcpy(text, x.s, x.n);
    return text;
}

const char *str_in_case(struct arena *a, const char *text, bool upper)
{
    char *other = str_dup(a, str_from(text));
    for (char *s = other; *s; s++) {
        if (upper && *s >= 'a' && *s <= 'z')
            *s = (char)(*s - 'a' + 'A');
        else if (!upper && *s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
    }
    return other;
}

char str_next_of_class(char c)
{
    static const char *const classes[] = {"0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF",
                                          "GHIJKLMNOPQRSTUVWXYZ"};
    for (size_t i = 0; i < COUNT(classes); i++) {
        const char *class = classes[i], *at = c ? strchr(class, c) : NULL;
        if (at && at[1])
            return at[1];
        if (at)
            return class[0];
    }
    return c;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

bool str_eq(struct str x, struct str y)
{
    return x.n == y.n && (!x.n || memcmp(x.s, y.s, x.n) == 0);
}

bool str_is(struct str x, const char *text)
{
    return str_eq(x, str_from(text));
}

bool str_eq_nocase(struct str x, struct str y)
{
    return x.n == y.n && str_starts_nocase(x, y);
}

size_t str_characters(struct str x)
{
    size_t n = 0;
    for (size_t i = 0; i < x.n; i++)
        n += (x.s[i] & 0xC0) != 0x80; /* skips UTF-8 continuation bytes */
    return n;
}

bool str_starts(struct str x, struct str prefix)
{
    return x.n >= prefix.n && str_eq(str_head(x, prefix.n), prefix);
}

bool str_starts_nocase(struct str x, struct str prefix)
{
    if (x.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++)
        if (lower(x.s[i]) != lower(prefix.s[i]))
            return false;
    return true;
}

bool str_ends(struct str x, struct str suffix)
{
    return x.n >= suffix.n && str_eq(str_skip(x, x.n - suffix.n), suffix);
}

bool str_has(struct str x, struct str part)
{
    if (!part.n)
        return true;
    while (x.n >= part.n) {
        x = str_skip(x, str_find(x, part.s[0]));
        if (str_starts(x, part))
            return true;
        x = str_skip(x, 1);
    }
    return false;
}

size_t str_find(struct str x, char c)
{
    const char *at = x.n ? memchr(x.s, c, x.n) : NULL;
    return at ? (size_t)(at - x.s) : x.n;
}

struct str str_cut(struct str *rest, char separator)
{
    size_t at = str_find(*rest, separator);
    struct str before = str_head(*rest, at);
    *rest = str_skip(*rest, at < rest->n ? at + 1 : at);
    return before;
}

struct str str_skip(struct str x, size_t n)
{
    n = n < x.n ? n : x.n;
    return n ? str_of(x.s + n, x.n - n) : x; /* an empty view may have a NULL pointer */
}

struct str str_head(struct str x, size_t n)
{
    return str_of(x.s, n < x.n ? n : x.n);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str x)
{
    while (x.n && blank(x.s[0]))
        x = str_skip(x, 1);
    while (x.n && blank(x.s[x.n - 1]))
        x.n--;
    return x;
}

bool str_to_int(struct str x, int64_t *value)
{
    bool negative = x.n && x.s[0] == '-';
    x = str_skip(x, negative);
    if (!x.n)
        return false;
    int64_t total = 0; /* negative, because INT64_MIN has no positive counterpart */
    for (size_t i = 0; i < x.n; i++)
        if (!digit(x.s[i]) || __builtin_mul_overflow(total, 10, &total) ||
            __builtin_sub_overflow(total, x.s[i] - '0', &total))
            return false;
    if (!negative && total == INT64_MIN)
        return false;
    *value = negative ? total : -total;
    return true;
}

struct str str_of_int(int64_t value, char room[STR_INT_MAX])
{
    size_t at = STR_INT_MAX;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        room[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        room[--at] = '-';
    return str_of(room + at, STR_INT_MAX - at);
}

bool str_to_size(struct str x, int64_t *bytes)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } units[] = {
        {"GiB", 1 << 30},
        {"MiB", 1 << 20},
        {"KiB", 1 << 10},
        {"MB",  1000000},
        {"kB",  1000   },
        {"B",   1      },
        {"",    1      },
    };
    size_t i = 0;
    while (!str_ends(x, str_from(units[i].text)))
        i++;
    int64_t number, size;
    x.n -= strlen(units[i].text);
    if (!str_to_int(x, &number) || number < 0 || __builtin_mul_overflow(number, units[i].bytes, &size))
        return false;
    *bytes = size;
    return true;
}

/* Well-formed sequences by their first byte (Unicode, table 3-7). The range of the second byte excludes overlong forms,
 * surrogates and everything above U+10FFFF. */
static const struct {
    unsigned char lead_first, lead_last, second_first, second_last, size;
} utf8_forms[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static size_t utf8_size(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < COUNT(utf8_forms); i++) {
        if (s[0] < utf8_forms[i].lead_first || s[0] > utf8_forms[i].lead_last)
            continue;
        size_t size = utf8_forms[i].size;
        if (n < size || s[1] < utf8_forms[i].second_first || s[1] > utf8_forms[i].second_last)
            return 0;
        for (size_t k = 2; k < size; k++)
            if ((s[k] & 0xC0) != 0x80)
                return 0;
        return size;
    }
    return 0;
}

bool str_utf8_valid(struct str x, size_t *bad)
{
    const unsigned char *s = (const unsigned char *)x.s;
    size_t i = 0;
    while (i < x.n) {
        uint64_t eight;
        if (x.n - i >= sizeof eight) {
            memcpy(&eight, s + i, sizeof eight);
            if (!(eight & 0x8080808080808080u)) {
                i += sizeof eight;
                continue;
            }
        }
        size_t size = s[i] < 0x80 ? 1 : utf8_size(s + i, x.n - i);
        if (!size) {
            if (bad)
                *bad = i;
            return false;
        }
        i += size;
    }
    return true;
}

/* FNV-1a followed by the finalizer of MurmurHash3, which spreads the input over all bits. */
uint64_t str_hash(struct str x)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < x.n; i++)
        hash = (hash ^ (unsigned char)x.s[i]) * 0x100000001B3u;
    hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDu;
    hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53u;
    return hash ^ (hash >> 33);
}

#define NEAREST_MAX   64 /* longer words are not compared */
#define SUGGESTED_MAX 24 /* words; a longer list is not shown */

static size_t least(size_t x, size_t y)
{
    return x < y ? x : y;
}

/* Edit distance: inserted, deleted and replaced characters, and swaps of two neighbours. */
static size_t edit_distance(struct str x, struct str y)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= y.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= x.n; i++) {
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
        row[0] = i;
        for (size_t j = 1; j <= y.n; j++) {
            unsigned char c = lower(x.s[i - 1]), d = lower(y.s[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (c != d));
            if (i > 1 && j > 1 && c == lower(y.s[j - 2]) && d == lower(x.s[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[y.n];
}

const char *str_nearest(struct str x, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    if (!x.n || x.n > NEAREST_MAX)
        return NULL;
    size_t limit = least((x.n + 2) / 3, x.n - 1); /* up to a third may differ, but not everything */
    for (size_t i = 0; i < count; i++) {
        struct str word = str_from(words[i]);
        if (!word.n || word.n > NEAREST_MAX)
            continue;
        size_t distance = edit_distance(x, word);
        if (nearest ? distance < limit : distance <= limit) {
            nearest = words[i];
            limit = distance;
        }
    }
    return nearest;
}

const char *str_suggest(struct arena *a, struct str x, const char *const *words, size_t count)
{
    const char *near = str_nearest(x, words, count), *list = "";
    if (near)
        return arena_printf(a, " (did you mean '%s'?)", near);
    for (size_t i = 0; i < count && count <= SUGGESTED_MAX; i++)
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "; expected one of: ", words[i]);
    return list;
}
