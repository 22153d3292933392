/* Tests of the spellings of list filters: a spelling that the API does not know is refused, never ignored. */
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "mockserver/server/mock_server.h"

#define AS_LAYERS    "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full"
#define AS_PE        "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a"
#define AS_POSTNITRO "embed-api-key: pn-acme00000000000000000001"

struct row {
    const char *query;
    int status;
};

static void expect_all(const char *provider, const char *path, const char *key, const struct row *rows, size_t count)
{
    char file[256], line[256];
    snprintf(file, sizeof file, SOURCE_DIR "/fixtures/%s-acme.yaml", provider);
    struct mock *m = mock_test_file(file);
    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof line, "GET %s?%s", path, rows[i].query);
        struct mock_response a = mock_call(m, line, NULL, key);
        if (a.status != rows[i].status)
            fail_msg("%s: %d, expected %d: %.*s", line, a.status, rows[i].status, (int)a.text.n, a.text.s);
    }
    mock_free(m);
}

static void layers_repeats_a_list_and_nothing_else(void **state)
{
    static const struct row posts[] = {
        {"status=queued",                       200},
        {"status=queued&status=failed",         200},
        {"status[]=queued",                     422},
        {"status[]=queued&status[]=failed",     422},
        {"status%5B%5D=queued",                 422},
        {"status[0]=queued",                    422},
        {"status=queued,failed",                422},
        {"socialAccountId=a&socialAccountId=b", 422},
        {"limit=1&limit=2",                     422},
        {"since[]=2026-05-02T09:00:00Z",        422},
        {"cursor[]=x",                          422},
        {"unknown[]=x",                         200},
    };
    static const struct row accounts[] = {
        {"platform=tiktok",                    200},
        {"platform=tiktok&platform=instagram", 422},
        {"platform[]=tiktok",                  422},
        {"status[]=connected",                 422},
        {"leased=true&leased=false",           422},
    };
    static const struct row ads[] = {
        {"platforms=meta_ads",                      200},
        {"platforms=meta_ads&platforms=tiktok_ads", 200},
        {"platforms[]=meta_ads",                    422},
        {"platforms=meta_ads,tiktok_ads",           422},
        {"healthy[]=true",                          422},
    };
    (void)state;
    expect_all("layers", "/v1/projects/prj_acme_a/scheduled-posts", AS_LAYERS, posts, COUNT(posts));
    expect_all("layers", "/v1/projects/prj_acme_a/social-accounts", AS_LAYERS, accounts, COUNT(accounts));
    expect_all("layers", "/v1/projects/prj_acme_a/ads/ad-accounts", AS_LAYERS, ads, COUNT(ads));
}

/* A rule that looks at a parameter leaves the judgement to the operation. */
static void a_rule_reads_a_repeated_parameter(void **state)
{
    struct mock *m = mock_test_file(SOURCE_DIR "/fixtures/layers-acme.yaml");
    struct mock_response a =
        mock_call(m, "POST /__admin/rules",
                  "{\"on\":\"layers.list_scheduled_posts\",\"when\":{\"query\":{\"status\":\"nothing\"}},"
                  "\"then\":[{\"respond\":{\"status\":500}}]}");
    (void)state;
    assert_int_equal(a.status, 201);
    a = mock_call(m, "GET /v1/projects/prj_acme_a/scheduled-posts?status=queued&status=failed", NULL, AS_LAYERS);
    assert_int_equal(a.status, 200);
    mock_free(m);
}

static void posteverywhere_separates_a_list_by_commas_and_by_nothing_else(void **state)
{
    static const struct row rows[] = {
        {"status=scheduled,failed",         200},
        {"status=scheduled&status=failed",  400},
        {"status[]=scheduled",              400},
        {"platform[]=x",                    400},
        {"platform=x&platform=tiktok",      400},
        {"account_id[]=3001",               400},
        {"created_after[]=2026-05-02",      400},
        {"sort=created_at&sort=updated_at", 400},
        {"limit[]=5",                       400},
        {"search=a&search=b",               400},
    };
    (void)state;
    expect_all("posteverywhere", "/api/v1/posts", AS_PE, rows, COUNT(rows));
}

static void postnitro_takes_a_date_once(void **state)
{
    static const struct row rows[] = {
        {"fromDate=2026-05-01&toDate=2026-05-09",                     200},
        {"fromDate=2026-05-01&fromDate=2026-05-02&toDate=2026-05-09", 422},
        {"fromDate[]=2026-05-01&toDate=2026-05-09",                   422},
    };
    (void)state;
    expect_all("postnitro", "/schedule", AS_POSTNITRO, rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_repeats_a_list_and_nothing_else),
        cmocka_unit_test(a_rule_reads_a_repeated_parameter),
        cmocka_unit_test(posteverywhere_separates_a_list_by_commas_and_by_nothing_else),
        cmocka_unit_test(postnitro_takes_a_date_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
