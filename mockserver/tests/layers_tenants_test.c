/* Tests of whoami and projects, with fixtures/layers-acme.yaml. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/layers_test.h"

#include <stdio.h>
#include <string.h>

#include "mockserver/state/world.h"

#define CREATE "POST /v1/projects"
#define LIST   "GET /v1/projects"
#define REST   ",\"timezone\":\"Europe/Berlin\"}"

static struct mock_response create_project(struct mock *m, const char *name)
{
    char body[256];
    snprintf(body, sizeof body, "{\"name\":\"%s\",\"timezone\":\"Europe/Berlin\"}", name);
    return mock_call(m, CREATE, body, AS_FULL);
}

static const char *names(struct mock_response a)
{
    struct buf out = {.arena = a.arena};
    const struct node *items = node_get(a.body, "items");
    for (size_t i = 0; i < node_count(items); i++)
        buf_printf(&out, "%s%s", i ? ", " : "", node_get_text(node_at(items, i), "name"));
    return buf_c(&out);
}

static void whoami_describes_the_calling_key(void **state)
{
    static const struct {
        const char *as, *pointer, *value;
    } rows[] = {
        {AS_FULL,   "/organizationId",       "org_acme"                                             },
        {AS_FULL,   "/workspaceId",          "org_acme"                                             },
        {AS_FULL,   "/organizationName",     "Acme Partners"                                        },
        {AS_FULL,   "/parentOrganizationId", "null"                                                 },
        {AS_FULL,   "/scopes",               "[\"*\"]"                                              },
        {AS_FULL,   "/rateLimitTier",        "standard"                                             },
        {AS_FULL,   "/creditBalance",        "0"                                                    },
        {AS_NARROW, "/scopes",               "[\"social:write\",\"publish:read\",\"publish:write\"]"},
        {AS_TEST,   "/rateLimitTier",        "sandbox"                                              },
        {AS_OTHER,  "/organizationName",     "Other Partner"                                        },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, "GET /v1/whoami", NULL, rows[i].as);
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, rows[i].pointer), rows[i].value);
        assert_int_equal(node_count(a.body), 8);
        assert_true(str_starts(str_from(at(a, "/apiKeyId")), STR("key_")));
    }
    assert_refused(mock_call(*state, "GET /v1/whoami", NULL), 401, "UNAUTHENTICATED");
}

static void a_key_can_have_every_scope_of_the_documentation(void **state)
{
    static const char scopes[] =
        "social:read, social:write, leased:write, publish:read, publish:write, content:write, "
        "content:approve, projects:read, projects:write, jobs:read, jobs:cancel, org:admin, "
        "ads:read, ads:write, ads:write:campaigns, ads:write:budgets, ads:write:creative, "
        "ads:write:lifecycle, ads:write:policy, ads:write:optimizer_trigger, ads:write:pending, "
        "ads:write:capi, ads:write:connect, ads:write:override";
    (void)state;
    struct arena a = {0};
    struct mock *m = mock_test_new(arena_printf(
        &a, "layers: {organizations: [{name: A, keys: [{name: k, key: lp_live_k, scopes: [%s]}]}]}\n", scopes));
    struct mock_response who = mock_call(m, "GET /v1/whoami", NULL, "Authorization: Bearer lp_live_k");
    assert_int_equal(node_count(node_get(who.body, "scopes")), 24);
    assert_string_equal(at(who, "/scopes/15"), "ads:write:budgets");
    mock_free(m);
    arena_end(&a);
}

static void a_new_project_has_the_values_of_the_request(void **state)
{
    static const struct {
        const char *pointer, *value;
    } rows[] = {
        {"/name",               "Acme Tea"                 },
        {"/status",             "active"                   },
        {"/customerExternalId", "tea-7"                    },
        {"/timezone",           "America/Argentina/Ushuaia"},
        {"/primaryLanguage",    "es-AR"                    },
        {"/ownerEmail",         "ann@acme.test"            },
        {"/createdAt",          "2026-05-02T09:00:00Z"     },
        {"/updatedAt",          "2026-05-02T09:00:00Z"     },
        {"/organizationId",     "org_acme"                 },
        {"/metadata",           "{\"cups\":[1,2]}"         },
        {"/brandContext",       "null"                     },
        {"/ingestState",        "null"                     },
    };
    struct mock_response a =
        mock_call(*state, CREATE,
                  ("{\"name\":\"Acme Tea\",\"timezone\":\"America/Argentina/Ushuaia\",\"customerExternalId\":"
                   "\"tea-7\",\"primaryLanguage\":\"es-AR\",\"ownerEmail\":\"ann@acme.test\",\"metadata\":{"
                   "\"cups\":[1,2]}}"),
                  AS_FULL);
    assert_int_equal(a.status, 201);
    char line[128];
    snprintf(line, sizeof line, (LIST "/%s"), at(a, "/id"));
    struct mock_response read = mock_call(*state, line, NULL, AS_FULL);
    assert_int_equal(read.status, 200);
    assert_true(str_eq(read.text, a.text));
    assert_int_equal(node_count(a.body), COUNT(rows) + 1);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(at(a, rows[i].pointer), rows[i].value);
    assert_true(str_starts(str_from(at(a, "/id")), STR("prj_")));
}

static void a_new_project_has_defaults_for_absent_values(void **state)
{
    struct mock_response a = create_project(*state, "Plain");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/primaryLanguage"), "en");
    assert_string_equal(at(a, "/customerExternalId"), "null");
    assert_string_equal(at(a, "/ownerEmail"), "null");
    assert_string_equal(at(a, "/metadata"), "{}");
}

static void a_new_project_can_be_used(void **state)
{
    char line[160];
    snprintf(line, sizeof line, "GET /v1/projects/%s/social-accounts", at(create_project(*state, "Plain"), "/id"));
    struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/items"), "[]");
}

static void an_invalid_project_is_a_validation_error(void **state)
{
    static const struct {
        const char *body, *path;
    } rows[] = {
        {"{\"timezone\":\"UTC\"}",                             ""                  },
        {"{\"name\":\"\",\"timezone\":\"UTC\"}",               "name"              },
        {"{\"name\":7,\"timezone\":\"UTC\"}",                  "name"              },
        {"{\"name\":\"A\"}",                                   ""                  },
        {"{\"name\":\"A\",\"timezone\":\"Berlin\"}",           "timezone"          },
        {"{\"name\":\"A\",\"timezone\":\"Europe/\"}",          "timezone"          },
        {"{\"name\":\"A\",\"timezone\":\"Europe//Berlin\"}",   "timezone"          },
        {"{\"name\":\"A\",\"timezone\":\"Europe/Ber lin\"}",   "timezone"          },
        {"{\"name\":\"A\",\"timezone\":\"\"}",                 "timezone"          },
        {"{\"name\":\"A\",\"timezone\":\"+02:00\"}",           "timezone"          },
        {"{\"name\":\"A\",\"ownerEmail\":\"ann\"" REST,        "ownerEmail"        },
        {"{\"name\":\"A\",\"ownerEmail\":\"@acme.test\"" REST, "ownerEmail"        },
        {"{\"name\":\"A\",\"ownerEmail\":\"a@b@c\"" REST,      "ownerEmail"        },
        {"{\"name\":\"A\",\"primaryLanguage\":\"e\"" REST,     "primaryLanguage"   },
        {"{\"name\":\"A\",\"customerExternalId\":\"\"" REST,   "customerExternalId"},
        {"{\"name\":\"A\",\"metadata\":[]" REST,               "metadata"          },
        {"{\"name\":\"A\",\"colour\":\"red\"" REST,            "colour"            },
    };
    struct world *w = mock_test_world(*state);
    uint32_t before = world_count(w, RECORD_SPACE);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, CREATE, rows[i].body, AS_FULL);
        assert_refused(a, 422, "VALIDATION");
        if (*rows[i].path)
            assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_int_equal(world_count(w, RECORD_SPACE), before);
}

static void names_and_metadata_have_a_maximum_length(void **state)
{
    char name[130], body[9000];
    memset(name, 'n', sizeof name);
    name[128] = '\0';
    assert_int_equal(create_project(*state, name).status, 201);
    name[128] = 'n';
    name[129] = '\0';
    assert_refused(create_project(*state, name), 422, "VALIDATION");

    for (int bytes = 8192; bytes <= 8193; bytes++) { /* {"a":""} has eight bytes */
        int n = snprintf(body, sizeof body, "{\"name\":\"A\",\"timezone\":\"UTC\",\"metadata\":{\"a\":\"%0*d\"}}",
                         bytes - 8, 0);
        assert_true(n < (int)sizeof body);
        assert_int_equal(mock_call(*state, CREATE, body, AS_FULL).status, bytes == 8192 ? 201 : 422);
    }
}

static void each_filter_selects_projects_newest_first(void **state)
{
    static const struct {
        const char *query, *names;
    } rows[] = {
        {"",                                                 "Tea, Nothing Yet, Acme Fitness, Acme Coffee"},
        {"?search=acme",                                     "Acme Fitness, Acme Coffee"                  },
        {"?search=EE",                                       "Acme Coffee"                                },
        {"?search=espresso",                                 ""                                           },
        {"?status=active",                                   "Tea, Nothing Yet, Acme Coffee"              },
        {"?status=archived",                                 "Acme Fitness"                               },
        {"?customerExternalId=tea-7",                        "Tea"                                        },
        {"?customerExternalId=tea",                          ""                                           },
        {"?customerExternalId=tea-7&search=t&status=active", "Tea"                                        },
        {"?limit=2",                                         "Tea, Nothing Yet"                           },
    };
    mock_call(*state, CREATE, "{\"name\":\"Tea\",\"timezone\":\"UTC\",\"customerExternalId\":\"tea-7\"}", AS_FULL);
    assert_int_equal(mock_call(*state, "PATCH /__admin/state/spaces/prj_acme_b", "{\"archived\":true}").status, 200);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128];
        snprintf(line, sizeof line, (LIST "%s"), rows[i].query);
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        assert_int_equal(a.status, 200);
        assert_string_equal(names(a), rows[i].names);
    }
    assert_string_equal(names(mock_call(*state, LIST, NULL, AS_OTHER)), "Elsewhere");
}

static void projects_are_paged_without_a_gap(void **state)
{
    char name[16], line[160], seen[512] = "";
    const char *cursor = NULL;
    for (int i = 0; i < 27; i++) {
        snprintf(name, sizeof name, "p%d", i);
        create_project(*state, name);
    }
    struct mock_response first = mock_call(*state, LIST, NULL, AS_FULL);
    assert_int_equal(node_count(node_get(first.body, "items")), 25); /* the default limit */
    const char *whole = names(mock_call(*state, (LIST "?limit=200"), NULL, AS_FULL));
    do {
        snprintf(line, sizeof line, (LIST "?limit=7%s%s"), cursor ? "&cursor=" : "", cursor ? cursor : "");
        struct mock_response a = mock_call(*state, line, NULL, AS_FULL);
        strcat(strcat(seen, *seen ? ", " : ""), names(a));
        cursor = node_get_text(a.body, "nextCursor");
        if (cursor)
            create_project(*state, "late"); /* newer than the page, so it is not on the next one */
    } while (cursor);
    assert_string_equal(seen, whole);
}

static void an_invalid_query_is_a_validation_error(void **state)
{
    static const char *const rows[] = {"limit=0", "limit=201", "limit=many", "cursor=nowhere", "status=gone"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[128];
        snprintf(line, sizeof line, (LIST "?%s"), rows[i]);
        assert_refused(mock_call(*state, line, NULL, AS_FULL), 422, "VALIDATION");
    }
}

static void projects_need_a_scope_and_belong_to_one_organization(void **state)
{
    static const struct {
        const char *line, *as;
        int status;
        const char *code;
    } rows[] = {
        {LIST,                AS_READER, 403, "FORBIDDEN_SCOPE"},
        {CREATE,              AS_READER, 403, "FORBIDDEN_SCOPE"},
        {LIST "/prj_acme_a",  AS_NARROW, 403, "FORBIDDEN_SCOPE"},
        {LIST "/prj_acme_a",  AS_OTHER,  404, "NOT_FOUND"      },
        {LIST "/prj_unknown", AS_FULL,   404, "NOT_FOUND"      },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, rows[i].line, NULL, rows[i].as), rows[i].status, rows[i].code);
    assert_string_equal(at(mock_call(*state, (LIST "/prj_acme_a"), NULL, AS_FULL), "/name"), "Acme Coffee");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAYERS_TEST(whoami_describes_the_calling_key),
        cmocka_unit_test(a_key_can_have_every_scope_of_the_documentation),
        LAYERS_TEST(a_new_project_has_the_values_of_the_request),
        LAYERS_TEST(a_new_project_has_defaults_for_absent_values),
        LAYERS_TEST(a_new_project_can_be_used),
        LAYERS_TEST(an_invalid_project_is_a_validation_error),
        LAYERS_TEST(names_and_metadata_have_a_maximum_length),
        LAYERS_TEST(each_filter_selects_projects_newest_first),
        LAYERS_TEST(projects_are_paged_without_a_gap),
        LAYERS_TEST(an_invalid_query_is_a_validation_error),
        LAYERS_TEST(projects_need_a_scope_and_belong_to_one_organization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
