/* served_mock.h - a mock behind a real socket, for tests of responses that come later.
 *
 * Shapes:  struct setup: the rig of base/tests/server_rig.h with a mock as its handler. `begin`
 *          uses the built-in sample, `begin_with` any options.
 * Errors:  none; a failed setup fails the test.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/tests/server_rig.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/server/mock_server.h"

struct setup {
    struct rig rig;
    struct mock *mock;
};

static inline int begin_with(void **state, const struct mock_options *options)
{
    struct setup *s = calloc(1, sizeof *s);
    struct error err = {0};
    s->mock = mock_new(options, &err);
    error_print(&err, stderr);
    assert_non_null(s->mock);
    s->rig.loop = loop_new();
    mock_use_loop(s->mock, s->rig.loop);
    struct server_options on = rig_options(&s->rig);
    on.handle = mock_handle;
    on.refuse = mock_refuse;
    on.done = mock_done;
    on.admit = mock_admit;
    on.urgent = mock_urgent;
    on.body_max = HTTP_BODY_MAX;
    on.ctx = s->mock;
    s->rig.server = server_new(s->rig.loop, &on, NULL);
    assert_non_null(s->rig.server);
    *state = s;
    return 0;
}

static inline int begin(void **state)
{
    const struct mock_options options = {.public_url = "http://mock.test", .admin = true};
    return begin_with(state, &options);
}

static inline int end(void **state)
{
    struct setup *s = *state;
    if (s->rig.server)
        server_free(s->rig.server);
    mock_free(s->mock);
    loop_free(s->rig.loop);
    arena_end(&s->rig.arena);
    free(s);
    return 0;
}

static inline const char *request(struct setup *s, const char *line, const char *body)
{
    return arena_printf(&s->rig.arena,
                        "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\n"
                        "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full\r\n\r\n%s",
                        line, strlen(body), body);
}

static inline struct mock_response ask(struct setup *s, const char *line, const char *body)
{
    struct client *c = client_new(&s->rig);
    struct mock_response a = client_request(c, request(s, line, body));
    client_end(c);
    return a;
}
