/* listener.h - the runner's own end of webhooks: a server on its loop, with a path per scenario.
 *
 * Shapes:  inbox: what was delivered to one scenario, in order of arrival. A delivery is kept as it
 *          came, as an exchange whose request is the target's; it is answered with 200 at once. Its
 *          event is the payload's `type`; two of one `id` are one event told twice.
 * Errors:  the address cannot be had (ERROR_SYSTEM).
 */
#pragma once
#include "base/loop.h"
#include "conformance/result.h"

struct delivery {
    struct exchange_record *record;
    const struct node *body; /* NULL: it is not JSON */
    const char *event, *id;  /* NULL: it has none */
    bool taken;              /* an earlier step has looked at it */
};

struct inbox {
    const char *name, *url;
    struct {
        struct delivery *items;
        size_t count, room;
    } deliveries;
};

struct listener;

/* `url` is where the target finds it; NULL: on this machine. Port 0: any. */
struct listener *listener_new(struct loop *l, struct arena *a, const char *url, int port,
                              struct error *err);
void listener_free(struct listener *l);
struct inbox *listener_open(struct listener *l, const char *name);
