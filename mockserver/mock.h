/* mock.h - a whole mock without a network: what main() serves, and what tests call in-process.
 *
 * Shapes:  struct mock {options, fixtures, namespaces}. mock_handle answers one exchange of the
 *          server (or of a test).
 * Errors:  mock_new: fixtures that cannot be used.
 */
#pragma once
#include "base/http/server.h"
#include "mockserver/fixture.h"
#include "mockserver/namespaces.h"

struct mock_options {
    const char *const *fixtures; /* paths; none: the built-in sample */
    size_t fixture_count;
    const char *public_url;  /* NULL: set once the port is known */
    const char *admin_token; /* NULL: none asked for */
    bool admin;              /* the control door is open on the providers' port */
    bool strict;             /* no namespace comes into being by being used */
    bool local_consent;
    size_t journal_bytes; /* 0: JOURNAL_DEFAULT_BYTES */
};

struct mock {
    struct mock_options options;
    struct fixture **fixtures;
    size_t fixture_count;
    struct namespaces *namespaces;
    const char *url; /* "http://127.0.0.1:8080", without a slash at its end */
    int64_t started_wall_ms;
    struct arena arena;
    struct deliver *deliver;
    size_t event_streams; /* open now, over all worlds */
    struct loop *loop;    /* NULL in-process: answers that finish later are then due at once */
};

struct mock *mock_new(const struct mock_options *options, struct error *err);
void mock_free(struct mock *m); /* before its loop */
/* From now on time passes by itself, answers can be late, and webhooks go out. */
void mock_use_loop(struct mock *m, struct loop *l);

/* For server_options: ctx is the mock. */
void mock_handle(void *mock, struct exchange *x);
void mock_handle_admin(void *mock,
                       struct exchange *x); /* of --admin-port: the control door alone */
void mock_done(void *mock, struct exchange *x, bool sent);
void mock_refuse(void *mock, struct exchange *x, int status, const char *why);
