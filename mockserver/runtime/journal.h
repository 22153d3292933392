/* journal.h - the requests and responses of a namespace, for testers and for the test runner.
 *
 * Shapes:  one journal per namespace, limited in bytes. The oldest entries are evicted first and counted in `lost`. seq
 *          counts from 1 without gaps. An entry is written when its response is ready and before it is sent: an entry
 *          does not prove that the client received it. Bodies are truncated (JOURNAL_BODY_MAX) and so is the list of
 *          rules that did not act (RULE_DECISIONS_MAX), so that one entry does not evict many others.
 * Units:   bytes; milliseconds of the namespace's clock; wall_*: the machine's clock.
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

#define JOURNAL_DEFAULT_BYTES (8u << 20)
#define JOURNAL_BODY_MAX      (64u << 10) /* longer ones are truncated: request_cut, response_cut */

struct journal;

struct journal_entry {
    uint64_t seq;
    const char *request_id;
    const struct provider *provider; /* NULL: none was found */
    const struct route *route;       /* NULL: no route matched */
    struct str method, target, request_body, response_body;
    struct str path; /* after the namespace and mount prefixes */
    struct headers request_headers, response_headers;
    bool request_cut, response_cut;
    const char *key_name; /* NULL: the key is unknown */
    int status;
    const char *fault; /* neutral name (fault_texts); NULL: not refused */
    struct call_trace trace;
    bool replayed; /* an Idempotency-Key returned the stored response */
    struct {
        int status; /* 0: the response that was served is the one that was sent */
        const char *fault;
        struct str body;
        bool cut;
    } served;                           /* else: what a rule with `after` replaced */
    uint32_t change_first, change_last; /* its changes in the change log; first > last: none */
    uint32_t event_first, event_last;   /* the events it scheduled, likewise */
    int64_t at_ms;
    int64_t wall_ms, wall_us; /* when it arrived; how long the response took */
};

/* `epochs` (may be NULL) is the counter of the mock from which the epochs come: no two journals have the same one. It
 * must stay valid until journal_free. */
struct journal *journal_new(size_t max_bytes, uint64_t *epochs);
void journal_free(struct journal *j);
void journal_clear(struct journal *j);           /* deletes all entries; seq restarts at 1 */
uint64_t journal_epoch(const struct journal *j); /* a new one after every clear */
void journal_add(struct journal *j, const struct call *c);

uint64_t journal_last(const struct journal *j);  /* seq of the newest entry; 0: none */
uint64_t journal_first(const struct journal *j); /* seq of the oldest entry; 0: none */
uint64_t journal_lost(const struct journal *j);  /* number of evicted entries */
/* Returns a free slot for call_suspend; the next add or clear wakes the call in it. */
struct call_slot *journal_slot(struct journal *j);
bool journal_is_awaited(const struct journal *j); /* a call waits in a slot */
/* Returns NULL if the entry was evicted or does not exist; valid until the next add or clear. */
const struct journal_entry *journal_read(const struct journal *j, uint64_t seq);
