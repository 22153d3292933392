/* mock_server.h - the whole mock without its network side: the program serves it, tests call it in-process.
 *
 * Shapes:  mock_handle handles one exchange of the server or of a test.
 * Units:   -
 * Errors:  mock_new: a fixture that cannot be read or is not valid.
 */
#pragma once
#include "base/http/server.h"
#include "mockserver/runtime/mock.h"

struct mock *mock_new(const struct mock_options *options, struct error *err);
/* Like mock_new, with at least one loaded fixture. Takes ownership of the fixtures. */
struct mock *mock_of(const struct mock_options *options, struct fixture *const *fixtures, size_t count);
void mock_free(struct mock *m); /* call it before freeing the loop; NULL: no-op */
/* Attaches the event loop: clocks run, responses can be delayed, webhooks are sent. */
void mock_use_loop(struct mock *m, struct loop *l);

/* Callbacks for struct server_options; its ctx is the mock. */
void mock_handle(void *mock, struct exchange *x);
void mock_handle_admin(void *mock, struct exchange *x); /* for --admin-port: only the admin API */
void mock_done(void *mock, struct exchange *x, bool sent);
void mock_refuse(void *mock, struct exchange *x, int status, const char *why);
bool mock_admit(void *mock, const struct request *r);
bool mock_admit_admin(void *mock, const struct request *r);
bool mock_urgent(void *mock, const struct request *r); /* the admin API */
