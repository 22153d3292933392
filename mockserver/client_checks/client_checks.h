/* client_checks.h - checks how clients behave, with a few checks on every call of a namespace.
 *
 * Shapes:  a check is a row of client_checks_table. Its result in a namespace is a verdict, the
 *          number of situations in which the client showed how it behaves (tested), the number of
 *          violations (failures) and the first few of these in detail. What a check remembers of
 *          earlier calls is bounded (observer.h); forgotten entries are counted, and so are
 *          violations beyond the detailed ones. When the namespace ends (reset, restore, delete)
 *          its results are kept for the final report.
 * Units:   a wait has passed if it has on the namespace's clock or on the machine's, so that a
 *          frozen clock never makes a client fail.
 * Errors:  none. A check that is only advice is reported, but never counts as failed.
 *
 * Calls of the admin API and of the consent pages are not checked.
 */
#pragma once
#include "base/enum.h"
#include "mockserver/provider_api/call.h"

#define CLIENT_CHECKS_NAMESPACES_MAX 1000 /* reported one by one; the others as one sum */

struct client_checks;   /* of one namespace, from one reset to the next */
struct client_registry; /* of all namespaces, including those that ended */
struct observer;

struct client_check {
    const char *id;
    void (*check)(struct observer *w, const struct call *c);  /* looks at a call after its response */
    void (*unsent)(struct observer *w, const struct call *c); /* the client did not wait for it; may be NULL */
    bool advice;                                              /* a violation does not count as failed */
    const struct client_check_text {
        const char *title; /* names the correct behaviour */
        const char *help;  /* when the check fails; details, tolerances and the source of figures */
    } * text;
};
extern const struct client_check client_checks_table[];
extern const size_t client_check_count;

#define CLIENT_CHECK_VERDICTS(X)                                                                                       \
    X(CLIENT_CHECK_NOT_TESTED, "not_tested") X(CLIENT_CHECK_PASSED, "passed") X(CLIENT_CHECK_FAILED, "failed")
enum client_check_verdict { CLIENT_CHECK_VERDICTS(ENUM_NAME) };
extern const char *const client_check_verdict_texts[];

struct client_registry *client_registry_new(void);
void client_registry_free(struct client_registry *all); /* after all namespaces were freed */

/* `name` is the namespace's name; it must stay valid until client_checks_end. */
struct client_checks *client_checks_begin(struct client_registry *all, const char *name, uint64_t generation);
/* Ends the checks of a namespace; its results stay in the registry. NULL is allowed. */
void client_checks_end(struct client_checks *k);

/* Is called once per call, after its journal entry was written. */
void client_checks_observe(struct client_checks *k, const struct call *c);
/* Is called when the client closed the connection before it got the response. */
void client_checks_unsent(struct client_checks *k, const struct call *c);

/* `check` is an index into client_checks_table. */
enum client_check_verdict client_check_verdict(const struct client_checks *k, size_t check);
bool client_checks_failed(const struct client_checks *k); /* a check that is not advice failed */

void client_checks_print(const struct client_checks *k, struct json *out); /* one JSON object */
void client_checks_junit(const struct client_checks *k, struct buf *out);  /* a JUnit document */

bool client_registry_failed(const struct client_registry *all);
/* Calls `visit` for each namespace that got a call; the name says if it ended. Those beyond
 * CLIENT_CHECKS_NAMESPACES_MAX are visited as one sum. If none got a call, the first one is
 * visited. */
typedef void client_registry_visit(void *ctx, const char *name, const struct client_checks *k);
void client_registry_each(const struct client_registry *all, client_registry_visit *visit, void *ctx);
/* A JUnit document with one suite per namespace. */
void client_registry_junit(const struct client_registry *all, struct buf *out);
/* Logs one line per namespace and failed check. */
void client_registry_log(const struct client_registry *all);
