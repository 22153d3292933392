/* Reloads the fixture files on request. */
#include "mockserver/admin/common.h"

#include "base/http/body.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/reload.h"

struct reload_body {
    bool reset;
};

static const struct field reload_rows[] = {
    FIELD("reset", FIELD_BOOL, struct reload_body, reset,
          .help = "true: also reset the namespaces that are in use, even if their fixture did not "
                  "change. Default: false; they keep their state until their next reset."),
};

const struct fields admin_reload_fields = FIELD_TABLE("reload", reload_rows, struct reload_body, FIELDS_NO_PLACE);

static void put_fixtures(struct json *w, const struct reload_result *result)
{
    json_key_list(w, "fixtures");
    for (size_t i = 0; i < result->fixture_count; i++) {
        const struct include_files *files = &result->fixtures[i].files;
        json_open_map(w);
        json_put_text(w, "fixture", result->fixtures[i].name);
        json_put_bool(w, "changed", result->fixtures[i].changed);
        json_key_list(w, "files");
        for (size_t j = 0; j < files->count; j++)
            json_text(w, files->items[j].path);
        json_close_list(w);
        json_close_map(w);
    }
    json_close_list(w);
}

static void put_namespaces(struct json *w, const struct reload_result *result)
{
    json_key_map(w, "namespaces");
    for (size_t outcome = 0; outcome < RELOAD_OUTCOME_COUNT; outcome++) {
        json_key_list(w, reload_outcome_texts[outcome]);
        for (size_t i = 0; i < result->namespaces[outcome].count; i++)
            json_text(w, result->namespaces[outcome].items[i]);
        json_close_list(w);
    }
    json_close_map(w);
}

static void put_problems(struct json *w, const struct error *problems)
{
    json_key_list(w, "errors");
    for (const struct problem *p = problems->first; p; p = p->next) {
        json_open_map(w);
        json_put_text(w, "file", p->at.file);
        json_put_int(w, "line", p->at.line);
        json_put_int(w, "column", p->at.column);
        json_put_text(w, "detail", p->text);
        json_close_map(w);
    }
    json_close_list(w);
}

static void respond(struct call *c)
{
    const struct reload_result *result = c->own;
    struct json *w;
    if (error_any(&result->problems)) {
        w = problem_json(c, 422, "unusable_fixtures",
                         "The fixture files have errors; the loaded fixtures stay in use.");
        put_problems(w, &result->problems);
    } else {
        w = admin_object(c, 200);
        put_fixtures(w, result);
        put_namespaces(w, result);
    }
    json_close_map(w);
}

void admin_reload(struct call *c)
{
    struct reload_body body = {0};
    if (!c->mock->reload)
        call_refuse(c, FAULT_CONFLICT, "the fixture is the built-in sample; there is no file to reload");
    else if (body_is_empty(c->req) || admin_body(c, &admin_reload_fields, &body))
        reload_ask(c->mock->reload, c, body.reset, respond);
}
