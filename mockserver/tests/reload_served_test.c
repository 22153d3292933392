/* Reload over real sockets: watched files, suspended calls, checks in a child process. */
#include "mockserver/runtime/reload.h"

#include "base/time.h"
#include "mockserver/tests/folder.h"
#include "mockserver/tests/served_mock.h"

#define TIMEOUT_US INT64_C(10000000)
#define RELOAD     "POST /__admin/reload"

#define FIXTURE(project)                                                                                               \
    "name: a\n"                                                                                                        \
    "include: [rest.yaml]\n"                                                                                           \
    "layers:\n"                                                                                                        \
    "  organizations:\n"                                                                                               \
    "    - name: Acme\n"                                                                                               \
    "      keys: [ { name: full, key: lp_live_01HX9Y6K7EJ4T2_full, scopes: ['*'] } ]\n"                                \
    "      projects: [ { id: prj_one, name: " project " } ]\n"

static struct folder folder;

static int begin_folder(void **state, bool watch)
{
    folder_begin(&folder);
    folder_put(&folder, "a.yaml", FIXTURE("Before"));
    folder_put(&folder, "rest.yaml", "seed: 1\n");
    const char *const path = folder_file(&folder, "a.yaml");
    return begin_with(state, &(struct mock_options){
                                 .fixtures = arena_copy(&folder.arena, &path, sizeof path),
                                 .fixture_count = 1,
                                 .public_url = "http://mock.test",
                                 .admin = true,
                                 .watch = watch,
                             });
}

static int begin_watched(void **state)
{
    return begin_folder(state, true);
}

static int begin_unwatched(void **state)
{
    return begin_folder(state, false);
}

static int end_folder(void **state)
{
    end(state);
    folder_end(&folder);
    return 0;
}

static bool has(struct setup *s, const char *ns, const char *project)
{
    const char *line = arena_printf(&s->rig.arena, "GET /ns/%s/__admin/state/spaces/prj_one", ns);
    return str_has(ask(s, line, "").body, str_from(project));
}

static void wait_for(struct setup *s, const char *project)
{
    int64_t limit_us = time_monotonic_us() + TIMEOUT_US;
    while (!has(s, "default", project) && time_monotonic_us() < limit_us)
        loop_step(s->rig.loop, 10000);
    assert_true(has(s, "default", project));
}

static void pass(struct setup *s, int64_t us)
{
    int64_t until_us = time_monotonic_us() + us;
    while (time_monotonic_us() < until_us)
        loop_step(s->rig.loop, 10000);
}

/* Sends a request and returns when the server has received it. */
static struct client *begin_request(struct setup *s, const char *line, const char *body)
{
    struct client *c = client_new(&s->rig);
    size_t waiting = server_in_flight(s->rig.server);
    client_send(c, str_from(request(s, line, body)));
    while (server_in_flight(s->rig.server) == waiting)
        loop_step(s->rig.loop, 1000);
    return c;
}

static void a_changed_file_is_reloaded(void **state)
{
    struct setup *s = *state;
    folder_put(&folder, "a.yaml", FIXTURE("After"));
    wait_for(s, "After");
    folder_put(&folder, "a.yaml", FIXTURE("Later"));
    wait_for(s, "Later");
}

static void after_a_mistake_is_corrected_the_file_is_reloaded(void **state)
{
    struct setup *s = *state;
    folder_put(&folder, "a.yaml", "layers: [\n");
    pass(s, 400000);
    assert_true(has(s, "default", "Before"));
    folder_put(&folder, "a.yaml", FIXTURE("After"));
    wait_for(s, "After");
}

/* late.yaml does not exist when it is included first. */
static void newly_included_files_are_watched(void **state)
{
    struct setup *s = *state;
    folder_put(&folder, "a.yaml", "include: [late.yaml]\n");
    pass(s, 400000);
    assert_true(has(s, "default", "Before"));
    folder_put(&folder, "late.yaml", FIXTURE("Late"));
    wait_for(s, "Late");
    folder_put(&folder, "late.yaml", FIXTURE("Later"));
    wait_for(s, "Later");
}

static void without_watch_only_a_request_reloads(void **state)
{
    struct setup *s = *state;
    folder_put(&folder, "a.yaml", FIXTURE("After"));
    pass(s, 400000);
    assert_true(has(s, "default", "Before"));
    assert_int_equal(ask(s, RELOAD, "").status, 200);
    assert_true(has(s, "default", "After"));
}

static void calls_are_served_while_files_are_checked(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_request(s, RELOAD, "");
    assert_int_equal(server_in_flight(s->rig.server), 1);
    assert_int_equal(ask(s, "GET /v1/whoami", "").status, 200);
    assert_int_equal(client_read_last(c).status, 200);
}

static void a_request_during_a_check_waits_for_the_next_check(void **state)
{
    struct setup *s = *state;
    struct client *first = begin_request(s, RELOAD, "");
    folder_put(&folder, "a.yaml", FIXTURE("After"));
    struct client *second = begin_request(s, RELOAD, ""), *third = begin_request(s, RELOAD, "");
    assert_int_equal(client_read_last(second).status, 200);
    assert_true(has(s, "default", "After")); /* whether or not the first check has read the change */
    assert_int_equal(client_read_last(first).status, 200);
    assert_int_equal(client_read_last(third).status, 200);
}

static void a_client_that_closes_during_a_check_has_no_effect(void **state)
{
    struct setup *s = *state;
    client_end(begin_request(s, RELOAD, ""));
    folder_put(&folder, "a.yaml", FIXTURE("After"));
    assert_int_equal(ask(s, RELOAD, "").status, 200);
    assert_true(has(s, "default", "After"));
}

static void the_server_may_stop_while_files_are_checked(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_request(s, RELOAD, "");
    server_free(s->rig.server);
    s->rig.server = NULL;
    client_end(c);
}

#define DELAY_RULE "{\"method\":\"GET\",\"then\":[{\"delay_before\":\"300ms\"}]}"

/* The rule puts the namespace in use, and so does the delayed call as soon as it arrives. */
static void a_delayed_call_keeps_its_namespace_in_use(void **state)
{
    struct setup *s = *state;
    assert_int_equal(ask(s, "POST /__admin/rules", DELAY_RULE).status / 100, 2);
    struct client *c = begin_request(s, "GET /v1/whoami", "");
    assert_int_equal(ask(s, "DELETE /__admin/rules", "").status, 200);
    folder_put(&folder, "a.yaml", FIXTURE("After"));
    assert_true(str_has(ask(s, RELOAD, "").body, STR("\"kept\":[\"default\"]")));
    assert_int_equal(client_read_last(c).status, 200);
}

static void a_waiting_call_keeps_its_namespace_in_use(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_request(s, "POST /__admin/requests/wait", "{\"match\":{}}");
    folder_put(&folder, "a.yaml", FIXTURE("After"));
    assert_true(str_has(ask(s, RELOAD, "").body, STR("\"kept\":[\"default\"]")));
    ask(s, "GET /v1/whoami", "");
    assert_int_equal(client_read_last(c).status, 200);
}

int main(void)
{
#define WATCHED(f)   cmocka_unit_test_setup_teardown(f, begin_watched, end_folder)
#define UNWATCHED(f) cmocka_unit_test_setup_teardown(f, begin_unwatched, end_folder)
    const struct CMUnitTest tests[] = {
        WATCHED(a_changed_file_is_reloaded),
        WATCHED(after_a_mistake_is_corrected_the_file_is_reloaded),
        WATCHED(newly_included_files_are_watched),
        UNWATCHED(without_watch_only_a_request_reloads),
        UNWATCHED(calls_are_served_while_files_are_checked),
        UNWATCHED(a_request_during_a_check_waits_for_the_next_check),
        UNWATCHED(a_client_that_closes_during_a_check_has_no_effect),
        UNWATCHED(the_server_may_stop_while_files_are_checked),
        UNWATCHED(a_delayed_call_keeps_its_namespace_in_use),
        UNWATCHED(a_waiting_call_keeps_its_namespace_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
