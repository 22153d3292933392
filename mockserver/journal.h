/* journal.h - what was asked and answered, for testers and for the runner.
 *
 * Shapes:  one journal per namespace, bounded by bytes: the oldest entries go first and `lost`
 *          counts them, so that nobody is told a lie. seq counts from 1 without gaps. An entry is
 *          written when its response is ready, before it is sent ("queued", not "received").
 * Units:   bytes; times in milliseconds of the world, and of the machine in `wall`.
 * Errors:  none.
 */
#pragma once
#include "mockserver/call.h"

#define JOURNAL_DEFAULT_BYTES (8u << 20)
#define JOURNAL_BODY_MAX      (64u << 10) /* of a body kept; the rest is cut and the entry says so */

struct journal;

struct journal_entry {
    uint64_t seq;
    const char *request_id;
    const char *provider, *operation; /* static; NULL if none fits */
    const char *pattern;
    struct str method, target, request_body, response_body;
    struct str path; /* of the target, behind namespace and mount */
    struct headers request_headers, response_headers;
    bool request_cut, response_cut;
    const char *key_name; /* NULL: not known */
    int status;
    const char *fault;   /* NULL: none; else its neutral name */
    const char *rules;   /* names of the rules that acted, comma-separated; NULL: none */
    const char *nearest; /* for an unmatched path: the nearest routes, one a line */
    struct call_trace trace;
    bool replayed;                      /* the response was one given before */
    uint32_t change_first, change_last; /* of the world's change log; first > last: none */
    uint32_t event_first, event_last;   /* of the events that it scheduled, in the same way */
    int64_t at_ms;
    int64_t wall_ms, wall_us; /* when it came, by the machine; how long answering took */
};

struct journal *journal_new(size_t max_bytes);
void journal_free(struct journal *j);
void journal_clear(struct journal *j);           /* forgets entries and losses; seq starts anew */
uint64_t journal_epoch(const struct journal *j); /* another after every clear */
void journal_add(struct journal *j, const struct call *c);

uint64_t journal_last(const struct journal *j);  /* seq of the newest; 0: none yet */
uint64_t journal_first(const struct journal *j); /* seq of the oldest kept */
uint64_t journal_lost(const struct journal *j);  /* how many were dropped for room */
/* A place for call_suspend: who stands there is resumed by the next add or clear. */
struct call **journal_slot(struct journal *j);
bool journal_is_awaited(const struct journal *j); /* somebody stands there */
/* The entry with that seq, or NULL; valid until the next add or clear. */
const struct journal_entry *journal_read(const struct journal *j, uint64_t seq);
