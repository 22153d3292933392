#include "conformance/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/url.h"

#define KEY   "lp_live_7fQ2+x/Zk9=="
#define NASTY "p\"ass\\wo/rd & <be>\n'\t%41"

#define UPPER "0123456789ABCDEF"
#define LOWER "0123456789abcdef"

struct rig {
    struct arena arena;
    struct secrets secrets;
    struct error err;
    char folder[64];
    const char *path;
};

static int open_writer(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    strcpy(r->folder, P_tmpdir "/writer-test-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    r->path = arena_printf(&r->arena, "%s/report.txt", r->folder);
    r->secrets.arena = &r->arena;
    secrets_add(&r->secrets, "LAYERS_KEY", KEY);
    secrets_add(&r->secrets, "nasty password", NASTY);
    *state = r;
    return 0;
}

static int close_writer(void **state)
{
    struct rig *r = *state;
    (void)unlink(r->path);
    assert_int_equal(rmdir(r->folder), 0); /* the folder is empty */
    error_end(&r->err);
    arena_end(&r->arena);
    free(r);
    return 0;
}

#define with_rig(test) cmocka_unit_test_setup_teardown(test, open_writer, close_writer)

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static const char *contents(struct arena *a, const char *path)
{
    struct buf text = {.arena = a};
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (int c; (c = getc(f)) != EOF;)
        buf_byte(&text, (char)c);
    (void)fclose(f);
    return buf_c(&text);
}

/* Escapes every byte. */
static const char *in_hex(struct arena *a, const char *text, const char *before, const char *digits)
{
    struct buf out = {.arena = a};
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        buf_text(&out, before);
        buf_byte(&out, digits[c >> 4]);
        buf_byte(&out, digits[c & 15]);
    }
    return buf_c(&out);
}

static const char *encoded(struct arena *a, const char *text)
{
    struct buf out = {.arena = a};
    url_encode(&out, str_from(text));
    return buf_c(&out);
}

static const char *in_json(struct arena *a, const char *text)
{
    return json_print(a, node_new_text(a, str_from(text)));
}

static const char *in_xml(struct arena *a, const char *text)
{
    struct buf out = {.arena = a};
    for (; *text; text++) {
        static const char *const entities[] = {
            ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
        unsigned char c = (unsigned char)*text;
        if (c < COUNT(entities) && entities[c])
            buf_text(&out, entities[c]);
        else
            buf_byte(&out, *text);
    }
    return buf_c(&out);
}

static const char *basic(struct arena *a, const char *user, const char *password)
{
    return digest_base64(a, str_from(arena_printf(a, "%s:%s!", user, password)));
}

/* Tries every encoding; the scrubbed text must not contain a part of the secret. */
static void a_secret_is_scrubbed_in_every_encoding(void **state)
{
    struct rig *r = *state;
    struct arena *a = &r->arena;
    static const char *const values[] = {KEY, NASTY};
    static const char *const names[] = {"$LAYERS_KEY", "$nasty_password"};
    for (size_t i = 0; i < 2; i++) {
        const char *v = values[i];
        const char *rows[] = {
            v,
            digest_base64(a, str_from(v)),
            digest_base64url(a, str_from(v)),
            encoded(a, digest_base64(a, str_from(v))),
            basic(a, "", v),
            basic(a, "u", v),
            basic(a, "us", v),
            basic(a, "user", v),
            encoded(a, v),
            encoded(a, encoded(a, v)),
            in_hex(a, v, "%", UPPER),
            in_hex(a, v, "%", LOWER),
            in_hex(a, v, "\\u00", LOWER),
            in_hex(a, v, "\\u00", UPPER),
            in_json(a, v),
            in_json(a, in_json(a, v)),
            in_json(a, in_json(a, in_json(a, v))),
            in_xml(a, v),
            in_xml(a, in_json(a, v)),
        };
        for (size_t k = 0; k < COUNT(rows); k++) {
            const char *text = arena_printf(a, "before %s after", rows[k]);
            const char *clean = scrub(a, &r->secrets, str_from(text));
            if (!strstr(clean, names[i]))
                fail_msg("row %zu: %s became %s", k, text, clean);
            assert_null(strstr(clean, "live_7f"));
            assert_null(strstr(clean, "ass\\wo"));
            assert_int_equal(strncmp(clean, "before ", 7), 0);
            assert_string_equal(clean + strlen(clean) - 6, " after");
            assert_true(strlen(clean) <= strlen(text));
        }
    }
}

static void other_text_is_unchanged(void **state)
{
    struct rig *r = *state;
    static const char *const rows[] = {
        "",
        "lp_live",
        "lp_live_7fQ2+x/Zk9=",
        "lp_live_7fQ2+x/zk9==",
        "\\\\\\",
        "%6",
        "%6C%70_live",
        "&",
        "&amp; &bogus;",
        "{\"a\":\"\\u006c\"}",
        "l",
        "p\"ass",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(scrub(&r->arena, &r->secrets, str_from(rows[i])), rows[i]);
}

static void short_values_are_not_scrubbed(void **state)
{
    struct rig *r = *state;
    secrets_add(&r->secrets, "SHORT", "default");
    secrets_add(&r->secrets, "NONE", NULL);
    assert_string_equal(scrub(&r->arena, &r->secrets, STR("default")), "default");
}

static void a_truncated_secret_is_scrubbed(void **state)
{
    struct rig *r = *state;
    assert_string_equal(scrub(&r->arena, &r->secrets, STR("Bearer lp_live_7fQ…")), "Bearer $LAYERS_KEY…");
    assert_string_equal(scrub(&r->arena, &r->secrets, STR("lp_l…")), "lp_l…");
}

static void the_longest_secret_wins(void **state)
{
    struct rig *r = *state;
    secrets_add(&r->secrets, "LONGER", KEY "-and-more");
    assert_string_equal(scrub(&r->arena, &r->secrets, STR(KEY "-and-more " KEY)), "$LONGER $LAYERS_KEY");
}

/* A key that is a word, or counted, is also the beginning of other texts. */
static void a_word_is_found_only_as_a_whole(void **state)
{
    struct rig *r = *state;
    secrets_add(&r->secrets, "WORD", "published");
    secrets_add(&r->secrets, "COUNTED", "state-0000000001");
    secrets_add(&r->secrets, "SIGNS", "=correct=");
    static const char *const kept[] = {
        "unpublished",         "published_at",      "auto-published",    "published2",
        "{\"publishedAt\":1}", "state-00000000010", "xstate-0000000001", "state-0000000001-id",
    };
    for (size_t i = 0; i < COUNT(kept); i++)
        assert_string_equal(scrub(&r->arena, &r->secrets, str_from(kept[i])), kept[i]);
    static const char *const rows[][2] = {
        {"published",                       "$WORD"                      },
        {"Bearer published",                "Bearer $WORD"               },
        {"{\"key\":\"published\"}",         "{\"key\":\"$WORD\"}"        },
        {"{\\\"key\\\":\\\"published\\\"}", "{\\\"key\\\":\\\"$WORD\\\"}"},
        {"?a=1&key=published&b=2",          "?a=1&key=$WORD&b=2"         },
        {"key%3Dpublished%26b",             "key%3D$WORD%26b"            },
        {"key%253Dpublished",               "key%253D$WORD"              },
        {"\\npublished\\n",                 "\\n$WORD\\n"                },
        {"\\u003dpublished\\u0026",         "\\u003d$WORD\\u0026"        },
        {"&quot;published&quot;",           "&quot;$WORD&quot;"          },
        {"publi\\u0073hed",                 "$WORD"                      },
        {"published, unpublished.",         "$WORD, unpublished."        },
        {"/v1/published/",                  "/v1/$WORD/"                 },
        {"state-0000000001",                "$COUNTED"                   },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(scrub(&r->arena, &r->secrets, str_from(rows[i][0])), rows[i][1]);
}

static void a_random_value_is_found_within_a_word(void **state)
{
    struct rig *r = *state;
    secrets_add(&r->secrets, "RANDOM", "4Jq8Zr2Xw7Lm9Tp3");
    assert_string_equal(scrub(&r->arena, &r->secrets, STR("session_4Jq8Zr2Xw7Lm9Tp3-x")), "session_$RANDOM-x");
    assert_string_equal(scrub(&r->arena, &r->secrets, STR("key4Jq8Zr2Xw7Lm9Tp3key")), "key$RANDOMkey");
}

static void a_short_value_is_found_after_its_header(void **state)
{
    struct rig *r = *state;
    secrets_add_after(&r->secrets, "full", "Bearer ", "abc");
    static const char *const rows[][2] = {
        {"Authorization: Bearer abc", "Authorization: Bearer $full"},
        {"\"Bearer abc\"",            "\"Bearer $full\""           },
        {"Bearer%20abc&x",            "Bearer%20$full&x"           },
        {"Bearer abcd, abc",          "Bearer abcd, abc"           },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(scrub(&r->arena, &r->secrets, str_from(rows[i][0])), rows[i][1]);
}

/* The start is that of the whole scrubbed text, wherever it ends, also for a secret of several windows. */
static void the_start_of_a_long_text_is_scrubbed(void **state)
{
    struct rig *r = *state;
    struct arena *a = &r->arena;
    struct buf secret = {.arena = a}, text = {.arena = a};
    for (int i = 0; i < 5000; i++)
        buf_printf(&secret, "%d-", i * 7919 % 65521);
    secrets_add(&r->secrets, "LONG", buf_c(&secret));
    for (int i = 0; i < 3000; i++)
        buf_printf(&text, "%d %s ", i, i == 1500 ? buf_c(&secret) : i % 100 ? "words" : KEY);
    const char *whole = scrub(a, &r->secrets, buf_str(&text));
    assert_non_null(strstr(whole, "$LONG"));
    for (size_t size = 0; size < strlen(whole) + 5000; size += 2999) {
        const char *start = scrub_start(a, &r->secrets, buf_str(&text), size);
        assert_true(str_starts(str_from(whole), str_from(start)));
        assert_true(strlen(start) >= (size < strlen(whole) ? size : strlen(whole)));
    }
    assert_true(strlen(scrub_start(a, &r->secrets, buf_str(&text), 1)) < strlen(whole));
}

/* A thousand keys that differ only at the end, some of them the beginning of others. */
static void secrets_with_the_same_beginning_are_distinguished(void **state)
{
    struct rig *r = *state;
    struct arena *a = &r->arena;
    for (int i = 0; i < 1000; i++)
        secrets_add(&r->secrets, arena_printf(a, "K%d", i), arena_printf(a, "lp_test_%d", i * 7));
    for (int i = 0; i < 1000; i++) {
        const char *text = arena_printf(a, "%%22lp\\u005ftest_%d%%22 lp_test_%d_", i * 7, i * 7);
        assert_string_equal(scrub(a, &r->secrets, str_from(text)),
                            arena_printf(a, "%%22$K%d%%22 lp_test_%d_", i, i * 7));
    }
}

/* Puts secrets into random surroundings, and encodes the text at random. */
static void a_secret_is_found_in_every_surrounding(void **state)
{
    struct rig *r = *state;
    static const char *const values[] = {"sk-4Jq8Zr2Xw7Lm9Tp3", "p/ss w\"rd+1", "correct-horse", "a\\\\b\\c%2Fd&e"};
    static const char *const surroundings[] = {
        "%s",
        "Bearer %s",
        "?state=%s&x=1",
        "state=%s",
        "\"%s\"",
        "'%s'",
        "{\"a\":\"%s\"}",
        "[%s]",
        "(%s)",
        "<%s>",
        "key: %s\n",
        "\t%s\t",
        "%s,",
        "%s.",
        "/%s/",
        "https://h/%s?x",
        "u:%s@h",
        "Basic %s==",
        "#%s",
        "a=%s;b",
        "\xC3\xA9%s\xC3\xA9",
        "$%s",
        "%s\xE2\x80\xA6",
        "`%s`",
        "|%s|",
        "{%s}",
        "the key %s is wrong",
        "=%s=",
        "\x1b[1m %s\x1b[0m",
        "%s: %s",
    };
    uint32_t seed = 7;
    for (size_t i = 0; i < COUNT(values); i++)
        secrets_add(&r->secrets, "SECRET", values[i]);
    for (int round = 0; round < 20000; round++) {
        struct arena a = {0};
        seed = seed * 1103515245 + 12345;
        uint32_t dice = seed >> 8;
        const char *value = values[dice % COUNT(values)];
        const char *form = surroundings[dice / 4 % COUNT(surroundings)], *at = strstr(form, "%s");
        const char *text = arena_printf(&a, "%.*s%s%s", (int)(at - form), form, value, at + 2);
        switch (dice >> 8 & 7) {
        case 1:
            text = in_hex(&a, text, "%", dice >> 11 & 1 ? UPPER : LOWER);
            break;
        case 2:
            text = in_hex(&a, text, "\\u00", dice >> 11 & 1 ? UPPER : LOWER);
            break;
        case 3:
            text = encoded(&a, encoded(&a, text));
            break;
        case 4:
            text = encoded(&a, text);
            break;
        default:
            break;
        }
        for (uint32_t n = dice >> 12 & 3; n; n--)
            text = dice >> 14 & 1 ? in_json(&a, text) : arena_printf(&a, "{\"is\":%s}", in_json(&a, text));
        if (dice >> 15 & 1)
            text = in_xml(&a, text);
        if (dice >> 20 & 1) { /* a binary encoding of a text with the value, as the last or only one */
            const char *plain = arena_printf(&a, "%.*s%s%s", (int)(at - form), form, value, at + 2);
            text = dice >> 21 & 1   ? in_hex(&a, plain, "", dice >> 22 & 1 ? UPPER : LOWER)
                   : dice >> 22 & 1 ? digest_base64(&a, str_from(plain))
                                    : digest_base64url(&a, str_from(plain));
        }
        const char *clean = scrub(&a, &r->secrets, str_from(text));
        if (!strstr(clean, "$SECRET"))
            fail_msg("round %d: %s became %s", round, text, clean);
        assert_null(strstr(clean, value));
        arena_end(&a);
    }
}

/* Splits the text at every position: one write before it, single bytes after it. */
static void a_secret_split_over_writes_is_scrubbed(void **state)
{
    struct rig *r = *state;
    struct arena *a = &r->arena;
    const char *spellings[] = {KEY, in_json(a, NASTY), encoded(a, KEY), digest_base64(a, str_from(NASTY))};
    for (size_t i = 0; i < COUNT(spellings); i++) {
        const char *text = arena_printf(a, "a %s b %s", spellings[i], spellings[i]);
        const char *clean = scrub(a, &r->secrets, str_from(text));
        for (size_t cut = 0; cut <= strlen(text); cut++) {
            struct writer *w = writer_open(&r->secrets, r->path, &r->err);
            write_str(w, str_head(str_from(text), cut));
            writer_flush(w);
            for (const char *c = text + cut; *c; c += 1)
                write_str(w, str_of(c, 1));
            assert_true(writer_close(w, &r->err));
            assert_string_equal(contents(a, r->path), clean);
        }
    }
}

/* Random parts, written one by one, give the same text as scrubbing them at once. */
static void scrubbing_does_not_depend_on_the_write_size(void **state)
{
    struct rig *r = *state;
    static const char *const parts[] = {KEY,
                                        "lp_live_7fQ",
                                        "\xE2\x80",
                                        "\xA6",
                                        "\\",
                                        "\\u00",
                                        "%25",
                                        "%",
                                        "&amp;",
                                        "&",
                                        "p\"ass",
                                        "p\\\"ass\\\\wo",
                                        "\\/rd & <be>\n'\t%41",
                                        "bHBf",
                                        "2",
                                        "6c"};
    uint32_t seed = 1;
    for (int round = 0; round < 300; round++) {
        struct arena a = {0};
        struct buf whole = {.arena = &a};
        struct writer *w = writer_open(&r->secrets, r->path, &r->err);
        for (int i = 0; i < 24; i++) {
            seed = seed * 1103515245 + 12345;
            const char *part = parts[seed >> 16 & 15];
            buf_text(&whole, part);
            write_text(w, part);
        }
        assert_true(writer_close(w, &r->err));
        assert_string_equal(contents(&a, r->path), scrub(&a, &r->secrets, buf_str(&whole)));
        arena_end(&a);
    }
}

static void two_writers_of_one_file_do_not_mix(void **state)
{
    struct rig *r = *state;
    struct writer *w = writer_open(&r->secrets, r->path, &r->err);
    assert_null(writer_open(&r->secrets, r->path, &r->err));
    write_text(w, "one");
    assert_true(writer_close(w, &r->err));
    assert_string_equal(contents(&r->arena, r->path), "one");
}

static void a_flushed_line_is_written_at_once(void **state)
{
    struct rig *r = *state;
    char text[100] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    struct writer *w = writer_to(&r->secrets, f);
    write_text(w, "event 1\n");
    writer_flush(w);
    assert_string_equal(text, "event 1\n");
    assert_true(writer_close(w, &r->err));
    assert_int_equal(fclose(f), 0); /* the writer did not close it */
}

static void a_report_appears_only_when_it_is_complete(void **state)
{
    struct rig *r = *state;
    struct writer *w = writer_open(&r->secrets, r->path, &r->err);
    write_text(w, "the whole report");
    writer_flush(w);
    assert_false(exists(r->path));
    assert_true(writer_close(w, &r->err));
    assert_string_equal(contents(&r->arena, r->path), "the whole report");
}

static void an_old_report_stays_until_the_new_one_is_complete(void **state)
{
    struct rig *r = *state;
    struct writer *first = writer_open(&r->secrets, r->path, &r->err);
    write_text(first, "old");
    assert_true(writer_close(first, &r->err));

    struct secrets lost = {.arena = arena_new(&r->arena, struct arena)};
    struct writer *second = writer_open(&lost, r->path, &r->err);
    write_text(second, "half of the n");
    writer_flush(second);
    arena_end(lost.arena); /* ends the run without closing the writer */
    assert_string_equal(contents(&r->arena, r->path), "old");
}

static void a_secret_found_after_writing_is_removed_from_the_file(void **state)
{
    struct rig *r = *state;
    struct writer *w = writer_open(&r->secrets, r->path, &r->err);
    write_text(w, "{\"at\":\"/x?state=st_Kd93jfJ3kdl&y\"}\nthe rest\n");
    writer_flush(w);
    secrets_add(&r->secrets, "STATE", "st_Kd93jfJ3kdl");
    assert_true(writer_close(w, &r->err));
    assert_string_equal(contents(&r->arena, r->path), "{\"at\":\"/x?state=$STATE&y\"}\nthe rest\n");
}

/* The name of a secret that contains a secret is the only case. */
static void a_file_with_a_secret_that_cannot_be_removed_is_withheld(void **state)
{
    struct rig *r = *state;
    struct writer *w = writer_open(&r->secrets, r->path, &r->err);
    write_text(w, "st_Kd93jfJ3kdl\n");
    secrets_add(&r->secrets, "st_Kd93jfJ3kdl", "st_Kd93jfJ3kdl");
    assert_false(writer_close(w, &r->err));
    assert_int_equal(error_exit_code(&r->err), 5);
    assert_false(exists(r->path));
}

static void only_a_pipe_or_device_is_live(void **state)
{
    struct rig *r = *state;
    struct writer *file = writer_open(&r->secrets, r->path, &r->err);
    struct writer *device = writer_open(&r->secrets, "/dev/null", &r->err);
    struct writer *standard = writer_open(&r->secrets, "-", &r->err);
    assert_false(writer_is_live(file));
    assert_true(writer_is_live(device));
    assert_true(writer_is_live(standard));
    assert_true(writer_close(file, &r->err));
    assert_true(writer_close(device, &r->err));
    assert_true(writer_close(standard, &r->err));
}

static void a_full_disk_is_reported(void **state)
{
    struct rig *r = *state;
    struct buf much = {.arena = &r->arena};
    memset(buf_reserve(&much, 100000), 'x', 100000);
    much.n = 100000;
    static const size_t sizes[] = {1, 100000}; /* fails at the flush; fails at a write */
    for (size_t i = 0; i < 2; i++) {
        struct writer *w = writer_open(&r->secrets, "/dev/full", &r->err);
        write_str(w, str_head(buf_str(&much), sizes[i]));
        assert_false(writer_close(w, &r->err));
        assert_int_equal(error_exit_code(&r->err), 2);
        assert_non_null(strstr(error_text(&r->arena, &r->err), "/dev/full: No space left"));
        error_end(&r->err);

        FILE *full = fopen("/dev/full", "w");
        w = writer_to(&r->secrets, full);
        write_str(w, str_head(buf_str(&much), sizes[i]));
        assert_false(writer_close(w, &r->err));
        assert_int_equal(error_exit_code(&r->err), 2);
        error_end(&r->err);
        (void)fclose(full);
    }
    struct stat info;
    assert_int_equal(stat("/dev/full", &info), 0);
    assert_true(S_ISCHR(info.st_mode)); /* it was not replaced by a file */
}

static void a_missing_folder_is_reported_at_once(void **state)
{
    struct rig *r = *state;
    assert_null(writer_open(&r->secrets, arena_printf(&r->arena, "%s/no/x", r->folder), &r->err));
    assert_int_equal(error_exit_code(&r->err), 2);
    assert_non_null(strstr(error_text(&r->arena, &r->err), "/no/x: No such file"));
    assert_null(writer_open(&r->secrets, r->folder, &r->err));
}

static void an_empty_report_is_an_empty_file(void **state)
{
    struct rig *r = *state;
    assert_true(writer_close(writer_open(&r->secrets, r->path, &r->err), &r->err));
    assert_string_equal(contents(&r->arena, r->path), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_rig(a_secret_is_scrubbed_in_every_encoding),
        with_rig(other_text_is_unchanged),
        with_rig(short_values_are_not_scrubbed),
        with_rig(a_truncated_secret_is_scrubbed),
        with_rig(the_start_of_a_long_text_is_scrubbed),
        with_rig(the_longest_secret_wins),
        with_rig(a_secret_split_over_writes_is_scrubbed),
        with_rig(scrubbing_does_not_depend_on_the_write_size),
        with_rig(two_writers_of_one_file_do_not_mix),
        with_rig(a_flushed_line_is_written_at_once),
        with_rig(a_report_appears_only_when_it_is_complete),
        with_rig(an_old_report_stays_until_the_new_one_is_complete),
        with_rig(a_secret_found_after_writing_is_removed_from_the_file),
        with_rig(a_file_with_a_secret_that_cannot_be_removed_is_withheld),
        with_rig(only_a_pipe_or_device_is_live),
        with_rig(a_word_is_found_only_as_a_whole),
        with_rig(a_random_value_is_found_within_a_word),
        with_rig(a_short_value_is_found_after_its_header),
        with_rig(a_secret_is_found_in_every_surrounding),
        with_rig(secrets_with_the_same_beginning_are_distinguished),
        with_rig(a_full_disk_is_reported),
        with_rig(a_missing_folder_is_reported_at_once),
        with_rig(an_empty_report_is_an_empty_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
