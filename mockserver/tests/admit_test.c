/* A large body is read only if the head of its request does not lead to a refusal. */
#include "base/array.h"
#include "mockserver/tests/served_mock.h"

#include <stdio.h>

#define KEY    "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full\r\n"
#define CREATE "POST /v1/projects"
#define LEGAL  "Host: 127.0.0.1\r\n"
#define TOKEN  "hush"
#define LENGTH 200000

/* Sends a head and a part of its body, and returns the response that comes before the rest. 0: none came. */
static int respond_early(struct setup *s, const char *line, const char *headers, bool *closes)
{
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(arena_printf(&s->rig.arena, "%s HTTP/1.1\r\n" LEGAL "%sContent-Length: %d\r\n\r\n{\"a\":",
                                         line, headers, LENGTH)));
    for (int turn = 0; turn < 20 && !c->closed; turn++)
        loop_step(s->rig.loop, 1000);
    struct str in = buf_str(&c->in);
    struct mock_response a = {0};
    (void)response_take(&in, true, &a);
    *closes = c->closed;
    client_end(c);
    while (server_connections(s->rig.server))
        loop_step(s->rig.loop, 1000);
    return a.status;
}

static void a_refused_head_gets_its_response_without_the_body(void **state)
{
    static const struct {
        const char *line, *headers;
        int status; /* 0: the body is awaited */
    } rows[] = {
        {CREATE,                         KEY,                                   0  },
        {"POST /ns/not-yet/v1/projects", KEY,                                   0  },
        {"POST /__admin/rules",          "Authorization: Bearer " TOKEN "\r\n", 0  },
        {CREATE,                         "",                                    401},
        {CREATE,                         "Authorization: Bearer nobody\r\n",    401},
        {"POST /v1/nothing",             KEY,                                   404},
        {"PUT /v1/whoami",               KEY,                                   405},
        {"POST /__admin/rules",          "",                                    401},
        {"POST /__admin/nothing",        "Authorization: Bearer " TOKEN "\r\n", 404},
    };
    struct setup *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool closes;
        int status = respond_early(s, rows[i].line, rows[i].headers, &closes);
        if (status != rows[i].status || closes != (status != 0))
            fail_msg("row %zu: %d", i, status);
    }
    assert_int_equal(namespaces_count(s->mock->namespaces), 1); /* a question creates none */
}

/* A rule may skip the gate that would refuse the call, or replace the refusal by a response that depends on the body. */
static void with_a_rule_the_body_is_read(void **state)
{
    struct setup *s = *state;
    bool closes;
    const char *rule = "{\"on\":\"layers.whoami\",\"then\":[{\"delay_after\":\"1ms\"}]}";
    struct client *c = client_new(&s->rig);
    struct mock_response a =
        client_request(c, arena_printf(&s->rig.arena,
                                       "POST /__admin/rules HTTP/1.1\r\n" LEGAL "Authorization: Bearer " TOKEN
                                       "\r\nContent-Length: %zu\r\n\r\n%s",
                                       strlen(rule), rule));
    assert_int_equal(a.status, 201);
    client_end(c);
    assert_int_equal(respond_early(s, CREATE, "", &closes), 0);
}

static void a_body_over_the_limit_is_refused_by_its_length(void **state)
{
    struct setup *s = *state;
    struct client *c = client_new(&s->rig);
    client_send(c, STR(CREATE " HTTP/1.1\r\n" LEGAL KEY "Content-Length: 100000000000\r\n\r\n"));
    struct mock_response a;
    assert_int_equal(client_read(c, 1, true, &a), 1);
    assert_int_equal(a.status, 413);
    client_read_end(c);
    client_end(c);
}

static int start(void **state)
{
    const struct mock_options options = {.public_url = "http://mock.test", .admin = true, .admin_token = TOKEN};
    return begin_with(state, &options);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        TEST(a_refused_head_gets_its_response_without_the_body),
        TEST(with_a_rule_the_body_is_read),
        TEST(a_body_over_the_limit_is_refused_by_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
