#include "mockserver/fixture.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"
#include "mockserver/dialects/dialects.h"
#include "mockserver/fixture_records.h"
#include "mockserver/include.h"
#include "mockserver/rules/rules.h"
#include "mockserver/sample.h"
#include "mockserver/state/changes.h"
#include "mockserver/webhooks.h"

#define SECTIONS_MAX 8
#define DAY_MS       (INT64_C(24) * 60 * 60 * 1000)

/* Debug builds check every transition; a world's forks are checked if it is. */
#ifdef NDEBUG
#define CHECKS false
#else
#define CHECKS true
#endif

static const char *const consent_texts[] = {"provider", "local"};

static const char *const signature_texts[] = {"wall", "virtual"};

struct root_webhooks {
    int policy, signature;
    struct field_list allowed;
};

struct root_clock {
    struct field_time start;
    int mode;
};

struct root {
    const char *name;
    int64_t seed;
    struct root_clock clock;
    struct world_timings timings;
    int consent;
    bool hostile;
    struct root_webhooks webhooks;
    struct field_list include;
    const struct node *rules, *records, *moment;
    const struct node *sections[SECTIONS_MAX]; /* as `dialects` has them */
};

static const struct field clock_rows[] = {
    FIELD("start", FIELD_TIME, struct root_clock, start,
          .help = "The world's first instant; what is relative counts from now. Default: now."),
    FIELD("mode", FIELD_ENUM, struct root_clock, mode, .texts = clock_mode_texts, .text_count = 2,
          .help = "Whether time passes by itself. Default: runs."),
};
static const struct fields clock_fields =
    FIELD_TABLE("clock", clock_rows, struct root_clock, FIELDS_NO_PLACE);

static const struct field timing_rows[] = {
    FIELD("publish", FIELD_DURATION, struct world_timings, publish_ms,
          .help = "How long a post is publishing. 0s: that state is never seen."),
    FIELD("ad_validation", FIELD_DURATION, struct world_timings, ad_validation_ms,
          .help = "How long a new ad account's token is pending. 0s: that state is never seen."),
};
static const struct fields timing_fields =
    FIELD_TABLE("timings", timing_rows, struct world_timings, FIELDS_NO_PLACE);

static const struct field webhook_rows[] = {
    FIELD("retries", FIELD_ENUM, struct root_webhooks, policy, .texts = webhook_policy_texts,
          .text_count = WEBHOOK_POLICY_COUNT,
          .help = "Which of a provider's documented rules for another attempt. Default: patient."),
    FIELD("signature_time", FIELD_ENUM, struct root_webhooks, signature, .texts = signature_texts,
          .text_count = 2,
          .help = "Whose time a signature tells: the machine's, or the world's. Default: wall."),
    FIELD("allow", FIELD_TEXTS, struct root_webhooks, allowed,
          .help = "Hosts that may be delivered to besides this machine."),
};
static const struct fields webhook_fields =
    FIELD_TABLE("webhooks", webhook_rows, struct root_webhooks, FIELDS_NO_PLACE);

static const struct field root_rows[] = {
    FIELD("world", FIELD_TEXT, struct root, name, .help = "The world's name."),
    FIELD("seed", FIELD_INT, struct root, seed, .max = INT64_MAX,
          .help = "What minted ids and every other choice follow from. Default: 1."),
    FIELD("clock", FIELD_MAP, struct root, clock, .sub = &clock_fields,
          .help = "Where the world's time starts and whether it passes."),
    FIELD("timings", FIELD_MAP, struct root, timings, .sub = &timing_fields,
          .help = "How long in-between states last."),
    FIELD("consent", FIELD_ENUM, struct root, consent, .texts = consent_texts, .text_count = 2,
          .help =
              "Where authorize URLs lead: to the platform's own address, or to the mock's page."),
    FIELD("hostile", FIELD_BOOL, struct root, hostile,
          .help =
              "true: answers are as unkind as the documents allow: unknown members, other orders "
              "and forms, now and then a 429 to be waited out. Drawn from the seed."),
    FIELD("webhooks", FIELD_MAP, struct root, webhooks, .sub = &webhook_fields,
          .help = "How webhooks are delivered."),
    FIELD("include", FIELD_TEXTS, struct root, include,
          .help = "Other fixture files to start from; paths are relative to this file."),
    FIELD("rules", FIELD_NODE, struct root, rules,
          .shape = "{type: array, items: {$ref: '#/$defs/rule'}}",
          .help = "Scripted behaviour, a list of rules."),
    FIELD("records", FIELD_NODE, struct root, records, .shape = "records",
          .help = "Instead of providers' sections: every record, a list a kind, as an export has "
                  "them."),
    FIELD("moment", FIELD_NODE, struct root, moment, .shape = "moment",
          .help = "With 'records': what else the world knew when it was exported."),
};
#define ROOT_ROWS (sizeof root_rows / sizeof *root_rows)

int64_t fixture_time(const struct fixture_load *load, const struct field_time *t)
{
    return t->relative ? load->start_ms + t->ms : t->ms;
}

int64_t fixture_post_created(const struct fixture_load *load, int64_t due_ms)
{
    int64_t before_ms = due_ms - DAY_MS;
    return before_ms < load->start_ms ? before_ms : load->start_ms;
}

/* Our own keys, and one for each provider that reads a section. */
static struct fields table_of(struct arena *a, enum field_type section)
{
    assert(dialect_count <= SECTIONS_MAX);
    struct field *rows = arena_array(a, struct field, ROOT_ROWS + SECTIONS_MAX);
    size_t count = ROOT_ROWS;
    memcpy(rows, root_rows, sizeof root_rows);
    for (size_t i = 0; i < dialect_count; i++)
        if (dialects[i]->fixture)
            rows[count++] = (struct field)FIELD(dialects[i]->fixture->section, section, struct root,
                                                sections[i], .sub = dialects[i]->fixture->fields,
                                                .help = "What this provider starts with.");
    return (struct fields){"fixture", rows, count, sizeof(struct root), FIELDS_NO_PLACE};
}

struct fields fixture_fields(struct arena *a)
{
    return table_of(a, FIELD_MAP);
}

static void set_webhooks(struct world *w, struct arena *a, const struct root_webhooks *said)
{
    struct buf hosts = {.arena = a};
    const char *const *items = said->allowed.items;
    for (size_t i = 0; i < said->allowed.count; i++)
        buf_printf(&hosts, "%s%s", i ? " " : "", items[i]);
    w->webhooks = (struct world_webhooks){
        .virtual_time = said->signature == 1,
        .policy = said->policy,
        .allowed = hosts.n ? world_text(w, buf_c(&hosts)) : NULL,
    };
}

/* Two writings of one world, of which the second is whole. */
static bool read_records(const struct root *root, const struct fixture_load *load)
{
    bool broken = false;
    if (!root->records)
        return error_add(load->err, ERROR_INPUT, root->moment->at, "'moment' goes with 'records'");
    bool good = true;
    for (size_t i = 0; i < dialect_count; i++)
        if (root->sections[i])
            good = error_add(load->err, ERROR_INPUT, root->sections[i]->at,
                             "'records' are a whole world: '%s' cannot stand beside them",
                             dialects[i]->fixture->section);
    good = good && fixture_records_read(root->records, root->moment, load, &broken);
    load->world->checks = CHECKS && !broken;
    return good;
}

static bool read_sections(const struct root *root, struct fixture_load *load)
{
    bool good = true;
    for (size_t i = 0; i < dialect_count; i++)
        if (root->sections[i])
            good = dialects[i]->fixture->read(root->sections[i], load) && good;
    load->world->announced = changes_last(load->world); /* nobody is told how a world began */
    load->world->checks = CHECKS;
    return good;
}

static bool build(struct fixture *f, const struct root *root, struct error *err)
{
    int64_t now = time_wall_ms();
    const struct field_time *start = &root->clock.start;
    int64_t start_ms = !start->given ? now : start->relative ? now + start->ms : start->ms;
    /* Frozen until all is there: a world that begins anew later must not hold what is to come. */
    f->world = world_new((uint64_t)root->seed, start_ms, CLOCK_FROZEN);
    f->world->cause = "fixture";
    f->world->timings = root->timings;
    f->world->hostile = root->hostile;
    f->world->local_consent = root->consent == 1;
    set_webhooks(f->world, &f->arena, &root->webhooks);

    struct fixture_load load = {&f->arena, f->world, start_ms, err};
    bool good = !root->rules || rules_check(root->rules, err);
    bool whole = root->records || root->moment;
    good = (whole ? read_records(root, &load) : read_sections(root, &load)) && good;
    clock_start(&f->world->clock, start_ms, (enum clock_mode)root->clock.mode);
    return (!root->rules || rules_check_keys(root->rules, f->world, err)) && good;
}

/* What was read stays with the error: its problems' places name our texts. */
static struct fixture *give_up(struct fixture *f, struct error *err)
{
    arena_own(&err->arena, f, (void (*)(void *))fixture_free);
    return NULL;
}

/* A wrong start would make every other time look wrong. */
static bool clock_is_known(const struct node *node, const struct root *root)
{
    return root->clock.start.given || !node_get(node_get(node, "clock"), "start");
}

static struct fixture *finish(struct fixture *f, const struct node *node, const char *name,
                              struct error *err)
{
    struct root root = {.name = name, .seed = 1};
    if (!node)
        return give_up(f, err);
    const struct fields table = table_of(&f->arena, FIELD_NODE); /* each provider reads its own */
    bool good = fields_read(&table, node, &f->arena, &root, err);
    if (clock_is_known(node, &root))
        good = build(f, &root, err) && good;
    if (!good)
        return give_up(f, err);
    f->name = arena_text(&f->arena, root.name);
    f->rules = root.rules;
    f->source = node;
    return f;
}

static const char *name_of_path(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str name = str_from(slash ? slash + 1 : path);
    if (str_ends(name, STR(".yaml")))
        name.n -= strlen(".yaml");
    return str_dup(a, name);
}

struct fixture *fixture_read(const char *path, struct include_files *files, struct error *err)
{
    struct fixture *f = heap_new(sizeof *f);
    const struct node *node = include_load(&f->arena, path, files, err);
    f = finish(f, node, name_of_path(&f->arena, path), err);
    if (f)
        f->files = *files;
    return f;
}

struct fixture *fixture_load(const char *path, struct error *err)
{
    struct include_files files = {0};
    return fixture_read(path, &files, err);
}

/* The node is the caller's and may end before the fixture does; only the rules are kept. */
struct fixture *fixture_of_node(const struct node *node, const char *name, struct error *err)
{
    struct fixture *f = heap_new(sizeof *f);
    const struct node *include = node_get(node, "include");
    if (include) {
        error_add(err, ERROR_INPUT, include->at, "only a fixture in a file can include others");
        return give_up(f, err);
    }
    f = finish(f, node, name, err);
    if (f)
        f->source = NULL;
    if (f && f->rules)
        f->rules = json_parse(&f->arena, str_from(json_print(&f->arena, f->rules)), "rules", err);
    return f;
}

struct fixture *fixture_sample(void)
{
    struct error err = {0};
    struct fixture *f = heap_new(sizeof *f);
    struct str text = str_of((const char *)sample_fixture, sample_fixture_bytes);
    f->source = yaml_parse(&f->arena, text, SAMPLE_NAME, &err);
    f = finish(f, f->source, SAMPLE_NAME, &err);
    if (!f) {
        error_print(&err, stderr);
        abort();
    }
    return f;
}

struct fixture *fixture_hold(struct fixture *f)
{
    if (f)
        f->holders++;
    return f;
}

void fixture_free(struct fixture *f)
{
    if (!f || f->holders--)
        return;
    if (f->world)
        world_free(f->world);
    arena_end(&f->arena);
    heap_free(f);
}
