/* Damages every member of one line of each kind of a recording in the ways of mutate_plays. The replay must run,
 * or reject the recording at that line. Damage to line 1 may make a later line invalid. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/tests/damaged.h"
#include "mockserver/tests/replay_rig.h"

#include <string.h>

#include "base/json.h"
#include "base/tests/mutate.h"
#include "mockserver/runtime/reload.h"

#define KEY       "Authorization: Bearer lp_live_full"
#define CHECK_US  30000000 /* limit for a reload's child process, which takes much less */
#define LINES_MAX 64
#define FIXTURE                                                                                                        \
    "name: w\n"                                                                                                        \
    "layers:\n"                                                                                                        \
    "  organizations:\n"                                                                                               \
    "    - name: Acme\n"                                                                                               \
    "      keys: [ { name: full, key: lp_live_full, scopes: ['*'] } ]\n"                                               \
    "      projects:\n"                                                                                                \
    "        - id: p\n"                                                                                                \
    "          social_accounts: [ { id: sa, platform: tiktok, handle: a } ]\n"

struct recording {
    struct run *run;
    const char *lines[LINES_MAX];
    size_t count;
    size_t at;                  /* the line that is damaged */
    const struct node *outside; /* that line, if its report is damaged; NULL: the line is */
};

static void reload(struct run *r)
{
    const struct rig_call *a = run_call(r, "POST /__admin/reload", NULL);
    while (!a->responded)
        assert_true(loop_step(r->loop, CHECK_US));
}

/* Records at least one line of each kind, a reload that succeeds and one that fails. */
static void record(struct recording *rec, struct folder *folder)
{
    folder_put(folder, "fixture.yaml", FIXTURE);
    struct run *r = rec->run = run_new(folder_file(folder, "fixture.yaml"));
    run_call(r, "GET /v1/whoami", NULL, KEY);
    run_call(r, "POST /v1/webhook-endpoints",
             "{\"url\":\"http://127.0.0.1:9/hook\",\"events\":[\"social_account.needs_reauth\"]}", KEY);
    run_call(r, "POST /__admin/simulate/token_lost", "{\"account\":\"sa\",\"why\":\"expired\"}");
    assert_true(run_complete_delivery(r, 500));
    run_pass(r, DAY_MS);
    mock_input_begin(r->mock, MOCK_FILES_CHANGED, STR(""), NULL);
    reload_changed(r->mock->reload);
    mock_input_end(r->mock);
    folder_put(folder, "fixture.yaml", FIXTURE "seed: 3\n");
    reload(r);
    folder_put(folder, "fixture.yaml", "sed: 3\n");
    reload(r);
    run_close_call(run_call(r, "GET /__admin/events", NULL));
    run_end(r);
    while (rec->count < LINES_MAX && (rec->lines[rec->count] = run_line(r, (int)rec->count + 1)))
        rec->count++;
    assert_in_range(rec->count, 12, LINES_MAX - 1);
}

static const struct node *with_report(struct arena *a, const struct node *line, const struct node *report)
{
    return node_with(a, line, "report", node_new_text(a, str_from(json_print(a, report))));
}

static void write_lines(struct recording *rec, const char *damaged)
{
    FILE *file = fopen(rec->run->path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < rec->count; i++)
        assert_true(fprintf(file, "%s\n", i == rec->at ? damaged : rec->lines[i]) > 0);
    assert_int_equal(fclose(file), 0);
}

static void replay(const struct damage *d, void *ctx)
{
    struct recording *rec = ctx;
    struct replay out;
    struct error err = {0};
    const struct node *line = rec->outside ? with_report(d->arena, rec->outside, d->root) : d->root;
    write_lines(rec, json_print(d->arena, line));
    if (!replay_run(d->arena, rec->run->path, true, &out, &err)) {
        assert_true(error_any(&err));
        for (const struct problem *p = err.first; p; p = p->next)
            if (!p->at.file || !p->at.line || (rec->at && p->at.line != (int)rec->at + 1))
                damaged_complain("line %zu, %s: message without a place: %s", rec->at + 1, d->name, p->text);
    }
    error_end(&err);
}

static bool is_first_of_kind(const struct recording *rec, const char *line, size_t i)
{
    size_t n = strcspn(line, ":");
    while (i--)
        if (strncmp(rec->lines[i], line, n + 1) == 0)
            return false;
    return true;
}

static void damage_line(struct recording *rec, size_t i, struct folder *folder)
{
    struct arena a = {0};
    const struct node *line = json_parse(&a, str_from(rec->lines[i]), "line", NULL);
    const char *report = node_get_text(line, "report");
    rec->at = i;
    rec->outside = NULL;
    if (is_first_of_kind(rec, rec->lines[i], i))
        damaged_each_of(line, node_member(line, 0)->key, folder, replay, rec);
    if (report) {
        rec->outside = line;
        damaged_each_of(json_parse(&a, str_from(report), "report", NULL), "report", folder, replay, rec);
    }
    arena_end(&a);
}

static void a_damaged_line_is_replayed_or_rejected_at_its_place(void **state)
{
    (void)state;
    struct recording rec = {0};
    struct folder folder;
    folder_begin(&folder);
    record(&rec, &folder);
    static const char *const kinds[] = {"recording", "call",    "client_closed", "timer",    "delivery_result",
                                        "changed",   "checked", "end",           "response", "delivery"};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        bool found = false;
        for (size_t i = 0; i < rec.count; i++)
            found = found || strstr(rec.lines[i], kinds[k]) == rec.lines[i] + 2;
        if (!found)
            fail_msg("the recording has no line '%s'", kinds[k]);
    }
    for (size_t i = 0; i < rec.count; i++)
        damage_line(&rec, i, &folder);
    run_free(rec.run);
    folder_end(&folder);
    assert_int_equal(damaged_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_line_is_replayed_or_rejected_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
