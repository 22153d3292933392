#include "conformance/plan/failed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"

static const char *const decided[] = {"pass", "not-applicable", "disputed", "known"};

static const struct node *report_read(struct arena *a, const char *path, struct error *err)
{
    struct buf text = {.arena = a};
    char bytes[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    while (file && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_add(&text, str_of(bytes, n));
    bool ok = file && !ferror(file);
    if (!ok)
        error_add(err, ERROR_SYSTEM, (struct where){.file = path}, "%s", strerror(errno));
    if (file)
        (void)fclose(file);
    if (!ok)
        return NULL;
    struct error why = {0};
    const struct node *root = json_parse(a, buf_str(&text), path, &why);
    if (!text.n)
        error_add(err, ERROR_INPUT, (struct where){0}, "not a JSON report: %s (the file is empty)", path);
    else if (!root)
        error_add(err, ERROR_INPUT, (struct where){0}, "not a JSON report: %s (%d:%d: %s)", path, why.first->at.line,
                  why.first->at.column, why.first->text);
    error_end(&why);
    return root;
}

static bool is_decided(const char *verdict)
{
    for (size_t i = 0; i < COUNT(decided); i++)
        if (strcmp(verdict, decided[i]) == 0)
            return true;
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
    size_t count = 0;
    for (size_t i = 0; i < node_count(scenarios); i++) {
        const struct node *s = node_at(scenarios, i);
        const char *name = node_get_text(s, "scenario"), *verdict = node_get_text(s, "verdict");
        if (!name || !verdict)
            return error_add(err, ERROR_INPUT, s->at,
                             "a scenario of the report lacks 'scenario' (its name) or 'verdict'");
        if (!is_decided(verdict))
            names[count++] = name;
    }
    if (!count)
        names[count++] = "";
    out->failed = report;
    out->names = names;
    out->name_count = count;
    return true;
}
