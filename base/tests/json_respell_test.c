/* Other spellings of JSON: the same value, and never what a serializer writes. */
#include "base/json_respell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/json.h"
#include "base/node.h"

#define SEEDS 1000

/* Members of every type, with characters of two and of four bytes. */
#define EVENT                                                                                                          \
    "{\"id\":\"evt_1\",\"type\":\"post.published\",\"data\":{\"url\":\"https://a/b\",\"name\":\"caf\xC3\xA9 "          \
    "\xF0\x9F\x8E\x89 "                                                                                                \
    "<b>\",\"n\":9007199254740993,\"r\":-1.5,\"big\":1e+30,\"list\":[1,2,[]],\"none\":null,\"e\":{}}}"

static const char *const texts[] = {
    EVENT,
    "{\"id\":\"1\"}",
    "{\"quote\":\"a\\\"b\\\\\",\"line\":\"a\\nb\\u001f\"}",
    "{\"a/b\":1}",
    "[\"\xC3\xA9!\"]",
    "[1.5]",
    "\"x\"",
    "[]",
};

static const char *respelled(struct arena *a, const char *text, unsigned what, uint64_t seed, unsigned *made)
{
    struct buf out = {.arena = a};
    *made = json_respell(&out, str_from(text), what, seed);
    return buf_c(&out);
}

static const struct node *parsed(struct arena *a, const char *text)
{
    const struct node *n = json_parse(a, str_from(text), "text", NULL);
    if (!n)
        fail_msg("no JSON: %s", text);
    return n;
}

/* Python's json.dumps with its defaults: ", " and ": " between the tokens, only ASCII. */
static const char *as_python(struct arena *a, const char *text)
{
    struct buf out = {.arena = a};
    bool in_text = false;
    for (const unsigned char *s = (const unsigned char *)json_print(a, parsed(a, text)); *s; s++) {
        if (*s == '\\') {
            buf_add(&out, str_of((const char *)s++, 2));
            continue;
        }
        if (*s == '"')
            in_text = !in_text;
        if (in_text && *s >= 0x80) { /* the test has two such characters */
            buf_text(&out, *s == 0xC3 ? "\\u00e9" : "\\ud83c\\udf89");
            s += *s == 0xC3 ? 1 : 3;
            continue;
        }
        buf_byte(&out, (char)*s);
        if (!in_text && (*s == ',' || *s == ':'))
            buf_byte(&out, ' ');
    }
    return buf_c(&out);
}

static void the_value_is_the_same_and_the_bytes_differ(void **state)
{
    (void)state;
    static const unsigned whats[] = {RESPELL_SPACE, RESPELL_ESCAPES, RESPELL_SPACE | RESPELL_ESCAPES,
                                     RESPELL_SPACE | RESPELL_ESCAPES | RESPELL_NUMBERS};
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        for (size_t i = 0; i < COUNT(texts); i++)
            for (size_t k = 0; k < COUNT(whats); k++) {
                struct arena a = {0};
                unsigned made;
                const char *out = respelled(&a, texts[i], whats[k], seed, &made);
                assert_true(node_equal(parsed(&a, out), parsed(&a, texts[i])));
                assert_int_equal(made & ~whats[k], 0);
                bool has_value = strchr(texts[i], ':') ? strstr(texts[i], ":\"") != NULL : texts[i][1] != ']';
                bool decides = whats[k] & RESPELL_SPACE || (has_value && strcmp(texts[i], "[1.5]") != 0);
                if (decides && (!strcmp(out, json_print(&a, parsed(&a, out))) || !strcmp(out, as_python(&a, out))))
                    fail_msg("seed %d: %s", (int)seed, out);
                if (decides && ((whats[k] & RESPELL_SPACE && !(made & RESPELL_SPACE)) || !made))
                    fail_msg("seed %d: %s is not said to differ", (int)seed, out);
                arena_end(&a);
            }
}

static bool occurs(const char *text, unsigned what, const char *part)
{
    bool found = false;
    for (uint64_t seed = 0; seed < 100 && !found; seed++) {
        struct arena a = {0};
        unsigned made;
        found = strstr(respelled(&a, text, what, seed, &made), part);
        arena_end(&a);
    }
    return found;
}

static void every_form_occurs(void **state)
{
    (void)state;
    static const struct {
        unsigned what;
        const char *part;
    } rows[] = {
        {RESPELL_ESCAPES, "https:\\/\\/a\\/b"        },
        {RESPELL_ESCAPES, "caf\\u00e9"               },
        {RESPELL_ESCAPES, "\\uD83C\\uDF89 \\u003Cb"  },
        {RESPELL_SPACE,   "{\n\t\"id\": \"evt_1\",\n"},
        {RESPELL_SPACE,   "{ \"id\" : \"evt_1\", "   },
        {RESPELL_SPACE,   "\"evt_1\",\n\"type\":"    },
        {RESPELL_SPACE,   "\r\n"                     },
        {RESPELL_NUMBERS, "-1.50,"                   },
        {RESPELL_NUMBERS, "-1.5e0,"                  },
        {RESPELL_NUMBERS, "1E+30"                    },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!occurs(texts[0], rows[i].what, rows[i].part))
            fail_msg("%s does not occur", rows[i].part);
    assert_false(occurs(texts[0], RESPELL_NUMBERS, "9007199254740993.")); /* a whole number stays one */
    assert_false(occurs(texts[3], RESPELL_ESCAPES, "\\/"));               /* a key stays as it is */
}

static void without_a_kind_nothing_changes(void **state)
{
    (void)state;
    struct arena a = {0};
    unsigned made;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_string_equal(respelled(&a, texts[i], 0, i, &made), texts[i]);
    assert_string_equal(respelled(&a, "[1]", RESPELL_NUMBERS | RESPELL_ESCAPES, 1, &made), "[1]");
    assert_int_equal(made, 0);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_is_the_same_and_the_bytes_differ),
        cmocka_unit_test(every_form_occurs),
        cmocka_unit_test(without_a_kind_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
