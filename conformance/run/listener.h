/* listener.h - receives webhooks: a server on the runner's loop, with one path per scenario.
 *
 * Shapes:  inbox: the deliveries to one scenario, in order of arrival. A delivery is recorded as an
 *          exchange whose request is the target's; the response is 200, sent at once. The event is
 *          the payload's `type`. Deliveries with the same `id` are one event delivered twice.
 * Errors:  the port cannot be bound (ERROR_SYSTEM).
 */
#pragma once
#include "base/loop.h"
#include "conformance/result/result.h"

struct delivery {
    struct exchange_record *record;
    const struct node *body; /* NULL: not JSON */
    const char *event, *id;  /* NULL: the payload has none */
    bool consumed;           /* an earlier step has consumed it */
};

struct inbox {
    const char *name, *url;
    struct {
        struct delivery *items;
        size_t count, room;
    } deliveries;
};

struct listener;

/* `url` is the address that the target uses; NULL: http://127.0.0.1:<port>. Port 0: a free one. */
struct listener *listener_new(struct loop *l, struct arena *a, const char *url, int port, struct error *err);
void listener_free(struct listener *l);
struct inbox *listener_open(struct listener *l, const char *name); /* its URL ends in /name */
