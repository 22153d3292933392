/* Loading fixtures, includes, and the messages for invalid fixtures (bad/x.yaml has its messages in
 * bad/x.err). */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/fixture/fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"
#include "mockserver/tests/folder.h"

#define BAD  TEST_DIR "/bad/"
#define LAST "            - { platform: tiktok, handle: b, connected_at: -2d }\n"

static const char text[] = "name: small\n"
                           "seed: 7\n"
                           "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                           "timings: { publish: 2s }\n"
                           "consent: local\n"
                           "layers:\n"
                           "  organizations:\n"
                           "    - name: A\n"
                           "      keys: [ { name: k, key: lp_live_k, scopes: [\"social:read\"], tier: pilot } ]\n"
                           "      projects:\n"
                           "        - id: p\n"
                           "          timezone: Europe/Dublin\n"
                           "          social_accounts:\n"
                           "            - { id: sa_a, platform: tiktok, handle: a, connected_at: -1d }\n" LAST
                           "          content: [ { id: c, approval: approved, caption: hello } ]\n"
                           "          scheduled_posts: [ { content: c, account: a, at: +1d, mode: draft } ]\n";

static struct fixture *load_text(const char *yaml)
{
    struct arena a = {0};
    struct error err = {0};
    const struct node *node = yaml_parse(&a, str_from(yaml), "text", &err);
    struct fixture *f = node ? fixture_of_node(node, "text", &err) : NULL;
    if (!f)
        fail_msg("%s", error_text(&a, &err));
    error_end(&err);
    arena_end(&a);
    return f;
}

#define FROZEN "clock: { mode: frozen }\n"

static void a_posts_result_is_later_than_its_creation(void **state)
{
    (void)state;
    static const char *const fixtures[] = {
        FROZEN "layers:\n"
               "  organizations:\n"
               "    - name: A\n"
               "      projects:\n"
               "        - id: p\n"
               "          timezone: Europe/Dublin\n"
               "          social_accounts: [ { platform: tiktok, handle: a, connected_at: -9d } ]\n"
               "          content: [ { id: c } ]\n"
               "          scheduled_posts:\n"
               "            - { content: c, account: a, at: -3d, status: published }\n"
               "            - { content: c, account: a, at: -3d, status: failed }\n"
               "            - { content: c, account: a, at: -3d, status: canceled }\n",
        FROZEN "postnitro:\n"
               "  workspaces:\n"
               "    - social_accounts: [ { platform: tiktok, handle: a, created_at: -9d } ]\n"
               "      posts:\n"
               "        - { accounts: [a], at: -3d, status: PUBLISHED }\n"
               "        - { accounts: [a], at: -3d, status: FAILED }\n",
    };
    for (size_t i = 0; i < COUNT(fixtures); i++) {
        struct fixture *f = load_text(fixtures[i]);
        int64_t due_ms = world_now(f->world) - 3 * DAY_MS;
        for (uint32_t row = 0; world_next(f->world, RECORD_DESTINATION, &row);) {
            const struct destination *d = destination_read(f->world, row);
            const struct post *p = post_read(f->world, d->post);
            assert_int_equal(p->created_at_ms, due_ms - DAY_MS);
            assert_in_range(p->updated_at_ms, p->created_at_ms, due_ms);
            assert_int_equal(d->created_at_ms, due_ms - DAY_MS);
            assert_int_equal(d->updated_at_ms, due_ms);
            assert_int_equal(d->state == DESTINATION_CANCELED ? d->canceled_at_ms : d->attempted_at_ms, due_ms);
        }
        fixture_free(f);
    }
}

static void a_disconnected_account_does_not_occupy_its_handle(void **state)
{
    (void)state;
    static const char *const accounts[] = {
        "{ id: sa_old, platform: tiktok, handle: a, status: disconnected }, { id: sa_now, platform: tiktok, handle: a "
        "}",
        "{ id: sa_now, platform: tiktok, handle: a }, { id: sa_old, platform: tiktok, handle: a, status: disconnected "
        "}",
    };
    for (size_t i = 0; i < COUNT(accounts); i++) {
        struct arena a = {0};
        struct fixture *f = load_text(arena_printf(&a,
                                                   "layers:\n  organizations:\n    - name: A\n      projects:\n"
                                                   "        - { id: p, social_accounts: [ %s ] }\n",
                                                   accounts[i]));
        uint32_t now = record_find(f->world, RECORD_ACCOUNT, STR("sa_now"));
        uint32_t old = record_find(f->world, RECORD_ACCOUNT, STR("sa_old"));
        assert_int_equal(world_count(f->world, RECORD_ACCOUNT), 2);
        assert_true(account_is_listed(account_read(f->world, now)));
        assert_false(account_is_listed(account_read(f->world, old)));
        fixture_free(f);
        arena_end(&a);
    }
}

static void a_running_clock_starts_after_the_state_is_built(void **state)
{
    (void)state;
    struct fixture *f = load_text("clock: { start: 2026-05-02T09:00:00Z, mode: runs }\n"
                                  "postnitro:\n"
                                  "  workspaces:\n"
                                  "    - social_accounts: [ { platform: tiktok, handle: a } ]\n"
                                  "      posts: [ { accounts: [a], at: +3d, times: 3000 } ]\n");
    int64_t start_ms = f->world->clock.base_ms;
    assert_int_equal(f->world->clock.mode, CLOCK_RUNS);
    for (uint32_t row = 0; world_next(f->world, RECORD_DESTINATION, &row);)
        assert_int_equal(destination_read(f->world, row)->created_at_ms, start_ms);
    fixture_free(f);
}

static const char *read_file(struct arena *a, const char *path)
{
    struct buf out = {.arena = a};
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    size_t n;
    while ((n = fread(buf_reserve(&out, 4096), 1, 4096, file)) > 0)
        out.n += n;
    fclose(file);
    return buf_c(&out);
}

static void write_file(const char *folder, const char *name, const char *content)
{
    struct arena a = {0};
    FILE *file = fopen(arena_printf(&a, "%s/%s", folder, name), "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
    arena_end(&a);
}

/* Returns the messages for a file, without its folder. */
static const char *messages_of(struct arena *a, const char *path)
{
    struct error err = {0};
    struct fixture *f = fixture_load(path, &err);
    if (f) {
        fixture_free(f);
        return "(loaded)\n";
    }
    assert_true(error_any(&err));
    struct buf out = {.arena = a};
    for (struct str rest = str_from(error_text(a, &err)); rest.n;) {
        size_t n = str_starts(rest, STR(BAD)) ? strlen(BAD) : 0;
        rest = str_skip(rest, n);
        buf_byte(&out, rest.s[0]);
        rest = str_skip(rest, 1);
    }
    buf_byte(&out, '\n');
    error_end(&err);
    return buf_c(&out);
}

static void every_invalid_fixture_is_rejected_with_all_its_mistakes(void **state)
{
    (void)state;
    struct arena a = {0};
    DIR *folder = opendir(BAD);
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *e; (e = readdir(folder));) {
        struct str name = str_from(e->d_name);
        if (!str_ends(name, STR(".yaml")))
            continue;
        count++;
        name.n -= strlen(".yaml");
        const char *expected = read_file(&a, arena_printf(&a, BAD STR_FMT ".err", STR_ARG(name)));
        const char *got = messages_of(&a, arena_printf(&a, BAD "%s", e->d_name));
        if (!expected || strcmp(expected, got) != 0)
            fail_msg("%s:\n%sexpected\n%s", e->d_name, got, expected ? expected : "a .err file");
    }
    closedir(folder);
    assert_true(count >= 25);
    arena_end(&a);
}

static void a_fixture_sets_the_initial_state(void **state)
{
    (void)state;
    struct fixture *f = load_text(text);
    struct world *w = f->world;
    assert_string_equal(f->name, "small");
    assert_int_equal(w->seed, 7);
    assert_int_equal(w->clock.mode, CLOCK_FROZEN);
    assert_int_equal(w->timings.publish_ms, 2000);
    assert_true(w->local_consent);

    int64_t start;
    assert_true(time_parse(STR("2026-05-02T09:00:00Z"), &start));
    assert_int_equal(world_now(w), start);
    const struct key *k = key_read(w, key_find(w, 1, STR("lp_live_k")));
    assert_true(key_has_scope(k, "social:read"));
    assert_false(key_has_scope(k, "social:write"));
    assert_string_equal(k->tier, "pilot");
    assert_string_equal(space_read(w, space_find(w, 1, STR("p")))->timezone, "Europe/Dublin");
    assert_int_equal(account_read(w, account_find(w, 1, STR("sa_a")))->connected_at_ms, start - DAY_MS);
    const struct destination *d = destination_read(w, 1);
    assert_int_equal(d->due_at_ms, start + DAY_MS);
    assert_int_equal(d->mode, MODE_DRAFT);
    assert_int_equal(content_read(w, 1)->approval, APPROVAL_APPROVED);
    assert_int_equal(changes_read(w, 1)->cause, CAUSE_FIXTURE);
    struct buf why = {.arena = &f->arena};
    assert_null(world_check(w, &why));
    fixture_free(f);
}

static void a_lost_token_is_expired_or_withdrawn_according_to_its_expiry(void **state)
{
    (void)state;
    struct error err = {0};
    struct fixture *f = fixture_load(SOURCE_DIR "/fixtures/layers-acme.yaml", &err);
    assert_non_null(f);
    static const struct {
        const char *id;
        enum token token;
    } rows[] = {
        {"sa_acme_tiktok",    TOKEN_LIVE     },
        {"sa_acme_leased",    TOKEN_LIVE     },
        {"sa_acme_expired",   TOKEN_EXPIRED  },
        {"sa_acme_withdrawn", TOKEN_WITHDRAWN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t row = account_find(f->world, 1, str_from(rows[i].id));
        assert_int_equal(account_read(f->world, row)->token, rows[i].token);
    }
    fixture_free(f);
}

static void by_default_the_clock_starts_now_and_runs(void **state)
{
    (void)state;
    int64_t before = time_wall_ms();
    struct fixture *f = load_text("name: bare\n");
    assert_int_equal(f->world->clock.mode, CLOCK_RUNS);
    assert_in_range(world_now(f->world), before, time_wall_ms() + 1);
    assert_false(f->world->local_consent);
    assert_int_equal(world_count(f->world, RECORD_ORGANIZATION), 0);
    fixture_free(f);
}

static void the_same_fixture_generates_the_same_ids(void **state)
{
    (void)state;
    struct fixture *one = load_text(text), *two = load_text(text);
    assert_string_equal(account_read(one->world, 2)->public_id, account_read(two->world, 2)->public_id);
    assert_string_equal(ids_mint(one->world, "sp_", ID_ULID), ids_mint(two->world, "sp_", ID_ULID));
    fixture_free(one);
    fixture_free(two);
}

static void a_fixture_outlives_the_tree_it_was_read_from(void **state)
{
    (void)state;
    struct fixture *f = load_text("name: ruled\n"
                                  "rules: [ { name: slow, on: layers.list_social_accounts,\n"
                                  "           then: [ { delay_after: 5ms } ] } ]\n");
    assert_string_equal(f->name, "ruled");
    assert_string_equal(node_get_text(node_at(f->rules, 0), "name"), "slow");
    fixture_free(f);
}

static void a_rule_can_name_a_key_that_has_no_name(void **state)
{
    (void)state;
    struct fixture *f = load_text("records:\n"
                                  "  organizations: [ { id: o, provider: layers, name: A } ]\n"
                                  "  keys: [ { organization: o, value: lp_live_x } ]\n"
                                  "rules: [ { when: { key: lp_live_x }, then: [ { delay_after: 1ms } ] } ]\n");
    assert_null(key_read(f->world, 1)->name);
    assert_int_equal(node_count(f->rules), 1);
    fixture_free(f);
}

static void an_inline_fixture_cannot_include_files(void **state)
{
    (void)state;
    struct arena a = {0};
    struct error err = {0};
    const struct node *node = json_parse(&a, STR("{\"include\":[\"other.yaml\"]}"), "body", &err);
    assert_null(fixture_of_node(node, "inline", &err));
    assert_string_equal(error_text(&a, &err), "body:1:12: 'include' is only allowed in a fixture file");
    error_end(&err);
    arena_end(&a);
}

static void included_files_are_merged_first_and_the_including_file_wins(void **state)
{
    (void)state;
    struct arena a = {0};
    struct error err = {0};
    char folder[] = "fixtures-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(arena_printf(&a, "%s/parts", folder), 0700), 0);
    write_file(folder, "parts/base.yaml",
               "name: base\nseed: 3\nclock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
               "layers: { organizations: [ { id: org_1, name: First } ] }\n");
    write_file(folder, "parts/more.yaml",
               "include: [ base.yaml ]\n"
               "layers: { organizations: [ { id: org_2, name: Second } ] }\n");
    write_file(folder, "main.yaml",
               "include: [ parts/base.yaml, parts/more.yaml ]\nname: whole\nclock: { mode: runs }\n"
               "layers: { organizations: [ { id: org_3, name: Third } ] }\n");

    struct fixture *f = fixture_load(arena_printf(&a, "%s/main.yaml", folder), &err);
    if (!f)
        fail_msg("%s", error_text(&a, &err));
    assert_string_equal(f->name, "whole");
    assert_int_equal(f->world->seed, 3);
    assert_int_equal(f->world->clock.mode, CLOCK_RUNS);
    assert_int_equal(world_count(f->world, RECORD_ORGANIZATION), 3); /* base.yaml is merged once */
    assert_string_equal(organization_read(f->world, 1)->name, "First");
    assert_string_equal(organization_read(f->world, 3)->name, "Third");
    fixture_free(f);

    static const char *const names[] = {"main.yaml", "parts/base.yaml", "parts/more.yaml", "parts", "."};
    for (size_t i = 0; i < COUNT(names); i++)
        remove(arena_printf(&a, "%s/%s", folder, names[i]));
    rmdir(folder);
    arena_end(&a);
}

/* Loads c1.yaml, which includes c2.yaml, and so on, `length` files in all. */
static const char *messages_of_chain(struct arena *a, int length)
{
    char folder[] = "fixtures-XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (int i = 1; i <= length; i++)
        write_file(folder, arena_printf(a, "c%d.yaml", i),
                   i < length ? arena_printf(a, "seed: %d\ninclude: [ c%d.yaml ]\n", i, i + 1) : "seed: 1\n");
    const char *got = messages_of(a, arena_printf(a, "%s/c1.yaml", folder));
    for (int i = 1; i <= length; i++)
        remove(arena_printf(a, "%s/c%d.yaml", folder, i));
    rmdir(folder);
    return str_starts(str_from(got), str_from(folder)) ? got + strlen(folder) + 1 : got;
}

static void a_chain_of_includes_has_a_limit(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(messages_of_chain(&a, 64), "(loaded)\n");
    assert_string_equal(messages_of_chain(&a, 65),
                        "c64.yaml:2:12: 'c65.yaml' is included too deeply; a chain of includes "
                        "may have at most 64 files\n");
    assert_string_equal(messages_of_chain(&a, 1300),
                        "c64.yaml:2:12: 'c65.yaml' is included too deeply; a chain of includes "
                        "may have at most 64 files\n");
    arena_end(&a);
}

static void an_included_value_of_another_type_is_reported_at_its_place(void **state)
{
    static const struct {
        const char *included, *expected;
    } rows[] = {
        {"- a\n",                                    "part.yaml:1:1: an included fixture must be a map, not "},
        {"5\n",                                      "part.yaml:1:1: an included fixture must be a map, not "},
        {"layers: 5\n",                              "part.yaml:1:9: this value is of type "                 },
        {"layers: { organizations: { name: A } }\n", "part.yaml:1:26: this value is of type "                },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct folder folder;
        folder_begin(&folder);
        folder_put(&folder, "part.yaml", rows[i].included);
        folder_put(&folder, "main.yaml", "include: [ part.yaml ]\nlayers: { organizations: [ { name: B } ] }\n");
        struct error err = {0};
        struct arena a = {0};
        assert_null(fixture_load(folder_file(&folder, "main.yaml"), &err));
        const char *message = error_text(&a, &err);
        if (!strstr(message, rows[i].expected))
            fail_msg("%s: %s", rows[i].included, message);
        error_end(&err);
        arena_end(&a);
        folder_end(&folder);
    }
}

static void a_mistake_in_an_included_file_has_its_place_there(void **state)
{
    (void)state;
    struct arena a = {0};
    char folder[] = "fixtures-XXXXXX";
    assert_non_null(mkdtemp(folder));
    write_file(folder, "part.yaml", "\nsed: 3\n");
    write_file(folder, "main.yaml", "include: [ part.yaml ]\n");
    const char *got = messages_of(&a, arena_printf(&a, "%s/main.yaml", folder));
    assert_string_equal(got, arena_printf(&a,
                                          "%s/part.yaml:2:1: unknown key 'sed' in fixture (did "
                                          "you mean 'seed'?)\n",
                                          folder));
    remove(arena_printf(&a, "%s/part.yaml", folder));
    remove(arena_printf(&a, "%s/main.yaml", folder));
    rmdir(folder);
    arena_end(&a);
}

static void a_missing_file_is_an_error(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_true(str_has(str_from(messages_of(&a, BAD "no-such-file.yaml")), STR("no-such-file")));
    arena_end(&a);
}

static void every_shipped_fixture_satisfies_the_invariants(void **state)
{
    (void)state;
    struct arena a = {0};
    DIR *folder = opendir(SOURCE_DIR "/fixtures");
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *e; (e = readdir(folder));) {
        if (!str_ends(str_from(e->d_name), STR(".yaml")))
            continue;
        count++;
        struct error err = {0};
        struct fixture *f = fixture_load(arena_printf(&a, SOURCE_DIR "/fixtures/%s", e->d_name), &err);
        if (!f)
            fail_msg("%s", error_text(&a, &err));
        struct buf why = {.arena = &a};
        if (world_check(f->world, &why))
            fail_msg("%s: %s", e->d_name, buf_c(&why));
        fixture_free(f);
    }
    closedir(folder);
    assert_true(count >= 2);
    arena_end(&a);
}

static void the_built_in_sample_is_the_shipped_sample(void **state)
{
    (void)state;
    struct error err = {0};
    struct fixture *built_in = fixture_sample();
    struct fixture *shipped = fixture_load(SOURCE_DIR "/fixtures/sample.yaml", &err);
    assert_non_null(shipped);
    assert_string_equal(built_in->name, shipped->name);
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        assert_int_equal(world_count(built_in->world, kind), world_count(shipped->world, kind));
    assert_string_equal(account_read(built_in->world, 5)->public_id, account_read(shipped->world, 5)->public_id);
    fixture_free(built_in);
    fixture_free(shipped);
}

static void a_fixture_is_freed_with_its_last_reference(void **state)
{
    (void)state;
    struct fixture *f = fixture_hold(load_text("name: held\n"));
    fixture_free(f);
    assert_string_equal(f->name, "held");
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_posts_result_is_later_than_its_creation),
        cmocka_unit_test(a_disconnected_account_does_not_occupy_its_handle),
        cmocka_unit_test(a_running_clock_starts_after_the_state_is_built),
        cmocka_unit_test(every_invalid_fixture_is_rejected_with_all_its_mistakes),
        cmocka_unit_test(a_fixture_sets_the_initial_state),
        cmocka_unit_test(a_lost_token_is_expired_or_withdrawn_according_to_its_expiry),
        cmocka_unit_test(by_default_the_clock_starts_now_and_runs),
        cmocka_unit_test(the_same_fixture_generates_the_same_ids),
        cmocka_unit_test(a_fixture_outlives_the_tree_it_was_read_from),
        cmocka_unit_test(a_rule_can_name_a_key_that_has_no_name),
        cmocka_unit_test(an_inline_fixture_cannot_include_files),
        cmocka_unit_test(included_files_are_merged_first_and_the_including_file_wins),
        cmocka_unit_test(a_chain_of_includes_has_a_limit),
        cmocka_unit_test(an_included_value_of_another_type_is_reported_at_its_place),
        cmocka_unit_test(a_mistake_in_an_included_file_has_its_place_there),
        cmocka_unit_test(a_missing_file_is_an_error),
        cmocka_unit_test(every_shipped_fixture_satisfies_the_invariants),
        cmocka_unit_test(the_built_in_sample_is_the_shipped_sample),
        cmocka_unit_test(a_fixture_is_freed_with_its_last_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
