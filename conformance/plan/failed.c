#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "conformance/plan/plan.h"

#define REPORT_MAX_BYTES ((size_t)1 << 30)

/* --- reading the report ------------------------------------------------------------------- */

static const struct node *report_read(struct arena *a, const char *path, struct error *err)
{
    const char *unread;
    size_t n;
    char *bytes = file_read(path, REPORT_MAX_BYTES, &n, &unread);
    struct str text = bytes ? str_of(str_dup(a, str_of(bytes, n)), n) : STR("");
    heap_free(bytes);
    if (!bytes)
        (void)error_add(err, ERROR_SYSTEM, (struct where){.file = path}, "%s", unread);
    else if (n > REPORT_MAX_BYTES)
        (void)error_add(err, ERROR_INPUT, (struct where){.file = path}, "the report is larger than 1 GiB");
    if (!bytes || n > REPORT_MAX_BYTES)
        return NULL;
    struct error why = {0};
    const struct node *root = json_parse(a, text, path, &why);
    if (!text.n)
        error_add(err, ERROR_INPUT, (struct where){0}, "not a JSON report: %s (the file is empty)", path);
    else if (!root)
        error_add(err, ERROR_INPUT, (struct where){0}, "not a JSON report: %s (%d:%d: %s)", path, why.first->at.line,
                  why.first->at.column, why.first->text);
    error_end(&why);
    return root;
}

/* An unknown verdict is not settled. */
static bool is_settled(const char *verdict)
{
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        if (strcmp(verdict, verdict_texts[v]) == 0)
            return verdict_rows[v].settled;
    return false;
}

bool failed_select(struct arena *a, const char *report, struct selection *out, struct error *err)
{
    const struct node *root = report_read(a, report, err);
    const struct node *scenarios = node_get(root, "scenarios");
    if (!root)
        return false;
    if (!scenarios || scenarios->kind != NODE_LIST)
        return error_add(err, ERROR_INPUT, (struct where){0}, "not a JSON report: %s (the list 'scenarios' is missing)",
                         report);
    const char **names = arena_array(a, const char *, node_count(scenarios) + 1);
    const char **all = arena_array(a, const char *, node_count(scenarios));
    size_t count = 0;
    for (size_t i = 0; i < node_count(scenarios); i++) {
        const struct node *s = node_at(scenarios, i);
        const char *name = node_get_text(s, "scenario"), *verdict = node_get_text(s, "verdict");
        if (!name || !verdict)
            return error_add(err, ERROR_INPUT, s->at,
                             "a scenario of the report lacks 'scenario' (its name) or 'verdict'");
        all[i] = name;
        if (!is_settled(verdict))
            names[count++] = name;
    }
    const struct node *code = node_get(node_get(root, "exit"), "code");
    out->failed_green = !count && code && node_is_number(code) && node_number(code) == 0;
    if (!count)
        names[count++] = "";
    out->failed = report;
    out->reported = all;
    out->reported_count = node_count(scenarios);
    out->names = names;
    out->name_count = count;
    return true;
}

/* --- its scenarios ------------------------------------------------------------------------ */

static bool has_scenario(const struct suite *suite, const char *name)
{
    for (size_t i = 0; i < suite->scenario_count; i++)
        if (strcmp(suite->scenarios[i]->name, name) == 0)
            return true;
    return false;
}

bool failed_known(const struct suite *suite, const struct selection *s, struct error *err)
{
    struct buf gone = {.arena = suite->arena};
    size_t shared = 0, count = 0;
    for (size_t i = 0; i < s->reported_count; i++)
        shared += has_scenario(suite, s->reported[i]);
    if (s->reported_count && !shared)
        return error_add(err, ERROR_INPUT, (struct where){.file = s->failed},
                         "this report is of other scenarios: the given files have none of its %zu", s->reported_count);
    for (size_t i = 0; s->reported_count && i < s->name_count; i++)
        if (*s->names[i] && !has_scenario(suite, s->names[i]))
            buf_printf(&gone, "%s%s", count++ ? ", " : "", s->names[i]);
    return !count || error_add(err, ERROR_INPUT, (struct where){.file = s->failed},
                               "the given files lack %zu scenario%s that failed or %s undecided: %s", count,
                               count == 1 ? "" : "s", count == 1 ? "was" : "were", buf_c(&gone));
}
