/* Holds the structure of the sources: the order of the rooms, the includes, the size of the files.
 *
 * A room is a folder with sources. It may include itself, and the rooms that its row names, which must be above it. A
 * unit is x.c with x.h; a circle is a set of units of one room that include each other.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"

#define CIRCLE_MAX 3
#define LINES_MIN  60 /* of a .c */
#define LINES_MAX  600
#define COLUMNS    120
#define UNITS_MAX  128 /* of a room */
#define ROOMS_MAX  64

struct room {
    const char *name, *may_include; /* separated by blanks */
};

/* clang-format off */
#define FOUNDATION "base base/http"
#define STATE      FOUNDATION " mockserver/state"
#define API        STATE " mockserver/provider_api"
#define PROVIDER   API " mockserver/fixture mockserver/gates"
static const struct room rooms[] = {
    {"base",                               ""},
    {"base/http",                          "base"},

    {"mockserver/state",                   "base"},
    {"mockserver/provider_api",            STATE},
    {"mockserver/rules",                   API},
    {"mockserver/fixture",                 "base mockserver/state mockserver/provider_api mockserver/rules"},
    {"mockserver/runtime",                 API " mockserver/rules mockserver/fixture"},
    {"mockserver/gates",                   "mockserver/state mockserver/provider_api"},
    {"mockserver/providers/shared",        "base mockserver/state mockserver/provider_api mockserver/fixture"},
    {"mockserver/providers/layers",        PROVIDER " mockserver/providers/shared"},
    {"mockserver/providers/posteverywhere", PROVIDER " mockserver/providers/shared"},
    {"mockserver/providers/postnitro",     "base mockserver/state mockserver/provider_api mockserver/fixture "
                                           "mockserver/gates mockserver/providers/shared"},
    {"mockserver/providers",               "base mockserver/provider_api mockserver/providers/layers "
                                           "mockserver/providers/posteverywhere mockserver/providers/postnitro"},
    {"mockserver/client_checks",           "base mockserver/state mockserver/provider_api mockserver/runtime "
                                           "mockserver/gates"},
    {"mockserver/pipeline",                API " mockserver/rules "
                                           "mockserver/runtime mockserver/gates mockserver/client_checks"},
    {"mockserver/admin",                   API " mockserver/rules mockserver/runtime mockserver/gates "
                                           "mockserver/client_checks"},
    {"mockserver/server",                  FOUNDATION " mockserver/provider_api mockserver/fixture mockserver/runtime "
                                           "mockserver/client_checks mockserver/pipeline"},
    {"mockserver/recording",               FOUNDATION " mockserver/provider_api mockserver/runtime mockserver/server"},
    {"mockserver/cli",                     API " mockserver/rules mockserver/fixture mockserver/runtime "
                                           "mockserver/client_checks mockserver/pipeline mockserver/admin "
                                           "mockserver/server mockserver/recording"},

    {"conformance/result",                 FOUNDATION},
    {"conformance/scenario",               "base conformance/result"},
    {"conformance/plan",                   "base conformance/scenario"},
    {"conformance/check",                  "base conformance/result conformance/scenario"},
    {"conformance/run",                    FOUNDATION " conformance/result conformance/scenario conformance/plan "
                                           "conformance/check"},
    {"conformance/report",                 "base conformance/result"},
    {"conformance/prove",                  "base conformance/scenario conformance/plan "
                                           "conformance/run conformance/report"},
    {"conformance/cli",                    "base conformance/result conformance/plan "
                                           "conformance/run conformance/report conformance/prove"},
};

/* A library and the files that may include it; a path may end with *. */
static const struct {
    const char *header, *files;
} libraries[] = {
    {"libfyaml.h",    "base/yaml*"},
    {"cjson/cJSON.h", "base/json*"},
    {"pcre2.h",       "base/match.c base/pattern.c"},
    {"curl/curl.h",   "base/http/libcurl.h"},
    {"zlib.h",        "base/http/coding.c"},
    {"openssl/",      "base/digest.c base/http/certificate.c base/http/transport.c"},
};

/* Files of fewer than LINES_MIN lines, each with its reason. */
static const struct {
    const char *path, *reason;
} short_files[] = {
    {"mockserver/provider_api/webhooks.c", "what all providers' webhooks share, and nothing else"},
    {"mockserver/runtime/pieces.c",      "one small subject"},
    {"mockserver/providers/providers.c", "the table of all providers: a room above each of them"},
    {"mockserver/cli/main.c",            "the program; tests link everything but this file"},
};
/* clang-format on */

struct source {
    const char *path;
    struct str text;
};

struct tree {
    struct arena arena;
    struct {
        struct source *items;
        size_t count, room;
    } sources;
    struct buf findings; /* one per line */
    bool used[ROOMS_MAX][ROOMS_MAX];
};

static void report(struct tree *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void report(struct tree *t, const char *format, ...)
{
    va_list args;
    t->findings.arena = &t->arena;
    va_start(args, format);
    buf_text(&t->findings, arena_vprintf(&t->arena, format, args));
    va_end(args);
    buf_byte(&t->findings, '\n');
}

static struct str folder_of(struct str path)
{
    size_t n = path.n;
    while (n && path.s[n - 1] != '/')
        n--;
    return str_head(path, n ? n - 1 : 0);
}

static struct str unit_of(struct str path)
{
    return str_head(path, path.n - 2); /* without .c or .h */
}

/* Returns the index of the room with that name, or COUNT(rooms). */
static size_t room_named(struct str name)
{
    size_t i = 0;
    while (i < COUNT(rooms) && !str_is(name, rooms[i].name))
        i++;
    return i;
}

static bool lists(const char *names, struct str name)
{
    struct str rest = str_from(names);
    while (rest.n) {
        struct str word = str_cut(&rest, ' ');
        if (str_ends(word, STR("*")) ? str_starts(name, str_head(word, word.n - 1)) : str_eq(word, name))
            return true;
    }
    return false;
}

static void check_include(struct tree *t, const char *path, struct str target)
{
    size_t from = room_named(folder_of(str_from(path))), to = room_named(folder_of(target));
    if (to == COUNT(rooms) || (to != from && !lists(rooms[from].may_include, str_from(rooms[to].name))))
        report(t, "%s: may not include " STR_FMT, path, STR_ARG(target));
    else
        t->used[from][to] = true;
}

static void check_library(struct tree *t, const char *path, struct str header)
{
    for (size_t i = 0; i < COUNT(libraries); i++)
        if (str_starts(header, str_from(libraries[i].header)) && !lists(libraries[i].files, str_from(path)))
            report(t, "%s: may not include <%s>; only %s may", path, libraries[i].header, libraries[i].files);
}

/* Returns what an #include line includes; .n is 0 for other lines. */
static struct str included(struct str line, char *quote)
{
    line = str_trim(line);
    if (!str_starts(line, STR("#")) || !str_starts(line = str_trim(str_skip(line, 1)), STR("include")))
        return STR("");
    line = str_trim(str_skip(line, strlen("include")));
    *quote = '\0';
    if (line.n)
        *quote = *line.s;
    line = str_skip(line, 1);
    return str_head(line, str_find(line, *quote == '<' ? '>' : '"'));
}

static size_t columns(struct str line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.n; i++)
        count += ((unsigned char)line.s[i] & 0xC0) != 0x80; /* UTF-8: not a continuation byte */
    return count;
}

static const char *reason_to_be_short(const char *path)
{
    for (size_t i = 0; i < COUNT(short_files); i++)
        if (strcmp(short_files[i].path, path) == 0)
            return short_files[i].reason;
    return NULL;
}

static void check_size(struct tree *t, const char *path, size_t lines)
{
    const char *reason = reason_to_be_short(path);
    if (lines > LINES_MAX)
        report(t, "%s: has %zu lines; at most %d", path, lines, LINES_MAX);
    if (str_ends(str_from(path), STR(".c")) && lines < LINES_MIN && !reason)
        report(t, "%s: has %zu lines; a .c of fewer than %d needs a reason", path, lines, LINES_MIN);
    if (reason && lines >= LINES_MIN)
        report(t, "%s: has %zu lines; it needs no reason to be short", path, lines);
}

static void check_source(struct tree *t, const struct source *s)
{
    size_t lines = 0;
    if (room_named(folder_of(str_from(s->path))) == COUNT(rooms)) {
        report(t, "%s: its folder is no room", s->path);
        return;
    }
    for (struct str rest = s->text; rest.n; lines++) {
        struct str line = str_cut(&rest, '\n');
        char quote = '\0';
        struct str target = included(line, &quote);
        if (quote == '"')
            check_include(t, s->path, target);
        else if (target.n)
            check_library(t, s->path, target);
        if (columns(line) > COLUMNS)
            report(t, "%s:%zu: is wider than %d columns", s->path, lines + 1, COLUMNS);
    }
    check_size(t, s->path, lines);
}

/* The units of one room, and what each includes: directly, then (after close_graph) in any number of steps. */
struct graph {
    struct str units[UNITS_MAX];
    size_t count;
    bool includes[UNITS_MAX][UNITS_MAX];
};

static size_t unit_index(struct graph *g, struct str unit)
{
    size_t i = 0;
    while (i < g->count && !str_eq(g->units[i], unit))
        i++;
    assert_true(i < UNITS_MAX);
    if (i == g->count)
        g->units[g->count++] = unit;
    return i;
}

static void add_edges(struct graph *g, const struct source *s, struct str room)
{
    size_t from = unit_index(g, unit_of(str_from(s->path)));
    for (struct str rest = s->text; rest.n;) {
        char quote = '\0';
        struct str target = included(str_cut(&rest, '\n'), &quote);
        if (quote == '"' && str_eq(folder_of(target), room))
            g->includes[from][unit_index(g, unit_of(target))] = true;
    }
}

static void close_graph(struct graph *g)
{
    for (size_t k = 0; k < g->count; k++)
        for (size_t i = 0; i < g->count; i++)
            for (size_t j = 0; g->includes[i][k] && j < g->count; j++)
                g->includes[i][j] = g->includes[i][j] || g->includes[k][j];
}

static void check_circles(struct tree *t, const struct room *room)
{
    static struct graph g;
    g = (struct graph){0};
    for (size_t i = 0; i < t->sources.count; i++)
        if (str_is(folder_of(str_from(t->sources.items[i].path)), room->name))
            add_edges(&g, &t->sources.items[i], str_from(room->name));
    for (size_t i = 0; i < g.count; i++)
        g.includes[i][i] = false;
    close_graph(&g);
    for (size_t i = 0; i < g.count; i++) {
        struct buf circle = {.arena = &t->arena};
        size_t units = 0;
        for (size_t j = 0; j < g.count; j++)
            if (j == i || (g.includes[i][j] && g.includes[j][i])) {
                buf_printf(&circle, " " STR_FMT, STR_ARG(g.units[j]));
                units++;
            }
        if (units > CIRCLE_MAX)
            report(t, "%s: a circle of %zu units; at most %d:%s", room->name, units, CIRCLE_MAX, buf_c(&circle));
    }
}

static void check_tree(struct tree *t)
{
    for (size_t i = 0; i < t->sources.count; i++)
        check_source(t, &t->sources.items[i]);
    for (size_t i = 0; i < COUNT(rooms); i++)
        check_circles(t, &rooms[i]);
}

static bool is_source(const char *path)
{
    struct str p = str_from(path);
    return (str_ends(p, STR(".c")) || str_ends(p, STR(".h"))) && !str_has(p, STR("/tests/")) &&
           !str_has(p, STR("/bench/"));
}

static struct str read_text(struct arena *a, const char *path)
{
    struct buf text = {.arena = a};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int c; (c = getc(file)) != EOF;)
        buf_byte(&text, (char)c);
    fclose(file);
    return buf_str(&text);
}

static void add_source(struct tree *t, const char *path, struct str text)
{
    *arena_push(&t->arena, &t->sources, struct source) = (struct source){path, text};
}

/* Adds the sources below a folder of the project. */
static void read_folder(struct tree *t, const char *folder)
{
    DIR *dir = opendir(arena_printf(&t->arena, "%s/%s", SOURCE_DIR, folder));
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));) {
        const char *path = arena_printf(&t->arena, "%s/%s", folder, e->d_name);
        if (e->d_type == DT_DIR && e->d_name[0] != '.')
            read_folder(t, path);
        else if (is_source(path))
            add_source(t, path, read_text(&t->arena, arena_printf(&t->arena, "%s/%s", SOURCE_DIR, path)));
    }
    closedir(dir);
}

static void read_project(struct tree *t)
{
    read_folder(t, "base");
    read_folder(t, "mockserver");
    read_folder(t, "conformance");
}

static void expect_no_findings(const struct tree *t)
{
    fprintf(stderr, STR_FMT, STR_ARG(buf_str(&t->findings)));
    assert_int_equal(t->findings.n, 0);
}

static void the_sources_keep_their_structure(void **state)
{
    struct tree t = {0};
    (void)state;
    read_project(&t);
    assert_true(t.sources.count > 100);
    check_tree(&t);
    expect_no_findings(&t);
    arena_end(&t.arena);
}

/* Every name of a row is a room above it that the row's room does include. */
static void each_row_names_rooms_above_it_that_it_needs(void **state)
{
    struct tree t = {0};
    (void)state;
    read_project(&t);
    check_tree(&t);
    t.findings.n = 0;
    for (size_t i = 0; i < COUNT(rooms); i++)
        for (struct str rest = str_from(rooms[i].may_include); rest.n;) {
            struct str name = str_cut(&rest, ' ');
            size_t above = room_named(name);
            if (above >= i)
                report(&t, "%s: " STR_FMT " is not above it", rooms[i].name, STR_ARG(name));
            else if (!t.used[i][above])
                report(&t, "%s: does not include " STR_FMT, rooms[i].name, STR_ARG(name));
        }
    expect_no_findings(&t);
    arena_end(&t.arena);
}

static void each_short_file_with_a_reason_exists(void **state)
{
    struct tree t = {0};
    (void)state;
    read_project(&t);
    for (size_t i = 0; i < COUNT(short_files); i++) {
        size_t k = 0;
        while (k < t.sources.count && strcmp(t.sources.items[k].path, short_files[i].path) != 0)
            k++;
        if (k == t.sources.count)
            fail_msg("%s does not exist", short_files[i].path);
    }
    arena_end(&t.arena);
}

/* The document lists the rooms as rows "| `room` |", in the order of the table. */
static void the_architecture_lists_the_rooms_in_their_order(void **state)
{
    struct arena a = {0};
    (void)state;
    struct str text = read_text(&a, SOURCE_DIR "/docs/architecture.md");
    size_t next = 0;
    while (text.n) {
        struct str line = str_cut(&text, '\n');
        if (!str_starts(line, STR("| `")))
            continue;
        line = str_skip(line, strlen("| `"));
        struct str name = str_head(line, str_find(line, '`'));
        if (str_ends(name, STR("/")) && name.n)
            name.n--;
        if (room_named(name) == COUNT(rooms))
            continue;
        if (next == COUNT(rooms) || !str_is(name, rooms[next].name))
            fail_msg("'" STR_FMT "' is listed where '%s' is expected", STR_ARG(name),
                     next < COUNT(rooms) ? rooms[next].name : "no room");
        next++;
    }
    if (next < COUNT(rooms))
        fail_msg("'%s' is not listed", rooms[next].name);
    arena_end(&a);
}

#define BLANK_10 "\n\n\n\n\n\n\n\n\n\n"
#define BLANK_60 BLANK_10 BLANK_10 BLANK_10 BLANK_10 BLANK_10 BLANK_10
#define LONG_40  "/* 4567890123456789012345678901234567 */"

/* Each row is one source that breaks one rule, so that the checks above can fail. */
static void a_broken_rule_is_found(void **state)
{
    static char many_lines[LINES_MAX + 2];
    /* clang-format off */
    const struct {
        const char *path, *text, *finding;
    } rows[] = {
        {"mockserver/state/a.h", "#include \"mockserver/provider_api/b.h\"\n",
         "may not include mockserver/provider_api/b.h"},
        {"mockserver/providers/layers/a.h", "#  include \"mockserver/providers/postnitro/b.h\"\n",
         "may not include mockserver/providers/postnitro/b.h"},
        {"base/a.h", "#include \"elsewhere/b.h\"\n", "may not include elsewhere/b.h"},
        {"mockserver/new/a.h", "\n", "its folder is no room"},
        {"mockserver/rules/a.h", "#include <cjson/cJSON.h>\n", "may not include <cjson/cJSON.h>; only base/json* may"},
        {"base/a.c", "\n", "has 1 lines; a .c of fewer than 60 needs a reason"},
        {"base/a.h", many_lines, "has 601 lines; at most 600"},
        {"mockserver/cli/main.c", BLANK_60, "has 60 lines; it needs no reason to be short"},
        {"base/a.h", LONG_40 LONG_40 LONG_40 "x\n", "1: is wider than 120 columns"},
    };
    /* clang-format on */
    (void)state;
    memset(many_lines, '\n', LINES_MAX + 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tree t = {0};
        add_source(&t, rows[i].path, str_from(rows[i].text));
        check_tree(&t);
        const char *separator = str_starts(str_from(rows[i].finding), STR("1:")) ? ":" : ": ";
        assert_string_equal(buf_c(&t.findings),
                            arena_printf(&t.arena, "%s%s%s\n", rows[i].path, separator, rows[i].finding));
        arena_end(&t.arena);
    }
}

/* Units a to d include each other in a circle; without the last include they do not. */
static void a_circle_of_four_units_is_found(void **state)
{
    (void)state;
    for (int closed = 0; closed < 2; closed++) {
        struct tree t = {0};
        add_source(&t, "base/a.h", STR("#include \"base/b.h\"\n"));
        add_source(&t, "base/b.c", STR("#include \"base/c.h\"\n" BLANK_60));
        add_source(&t, "base/c.h", STR("#include \"base/d.h\"\n"));
        add_source(&t, "base/d.h", closed ? STR("#include \"base/a.h\"\n") : STR("\n"));
        check_tree(&t);
        bool found =
            str_has(buf_str(&t.findings), STR("base: a circle of 4 units; at most 3: base/a base/b base/c base/d"));
        assert_int_equal(found, closed);
        arena_end(&t.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sources_keep_their_structure),
        cmocka_unit_test(each_row_names_rooms_above_it_that_it_needs),
        cmocka_unit_test(each_short_file_with_a_reason_exists),
        cmocka_unit_test(the_architecture_lists_the_rooms_in_their_order),
        cmocka_unit_test(a_broken_rule_is_found),
        cmocka_unit_test(a_circle_of_four_units_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
