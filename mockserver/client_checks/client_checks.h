/* client_checks.h - how the client behaves: a few questions, asked of every call that a world answers.
 *
 * Shapes:  a question is a row of client_checks_table; a world's response to it is a verdict, how often
 *          the client came into the situation it asks about (tested) and how often it did wrong
 *          there (broken), with the first few occurrences. What a question must remember of earlier
 *          calls is bounded (CLIENT_HISTORY_MAX); what it had to forget for room is counted, and so
 *          are the occurrences that are not told one by one. When a world ends (reset, restore,
 *          delete) its responses are kept for the report at the end.
 * Units:   a wait has passed when it has by the world's clock or by the machine's, whichever is
 *          kinder to the client: time that stands still makes nobody impatient.
 * Errors:  none. Advice is told and never held against the client.
 *
 * The admin API's calls and consent pages are nobody's conduct and never come here.
 */
#pragma once
#include "mockserver/call.h"

#define CLIENT_HISTORY_MAX           1024 /* a question and world */
#define CLIENT_CHECK_OCCURRENCES_MAX 10   /* told one by one, a question and world */
#define CLIENT_CHECKS_NAMESPACES_MAX 1000 /* told one by one; of others the sums are */

struct client_checks;   /* a world's */
struct client_registry; /* all worlds', those that ended included */
struct observer;

struct client_check {
    const char *id, *title; /* the title is what is hoped to hold */
    const char *help;       /* what is asked */
    const char *judged;     /* how, and where its figures are from */
    bool advice;            /* broken, it is no misbehaviour */
    void (*check)(struct observer *w, const struct call *c);
};
extern const struct client_check client_checks_table[];
extern const size_t client_check_count;

#define CLIENT_CHECK_VERDICTS(X) X(NOT_TESTED, "not_tested") X(PASSED, "passed") X(FAILED, "failed")
enum client_check_verdict {
#define X(name, text) CLIENT_CHECK_##name,
    CLIENT_CHECK_VERDICTS(X)
#undef X
};
extern const char *const client_check_verdict_texts[];

struct client_registry *client_registry_new(void);
void client_registry_free(struct client_registry *all); /* after the worlds ended */

struct client_checks *client_checks_begin(struct client_registry *all, const char *world,
                                          uint64_t generation);
void client_checks_end(
    struct client_checks *k); /* the world's; what is to be told of it stays; NULL is fine */

/* Once for each call, when its response is in the journal. */
void client_checks_observe(struct client_checks *k, const struct call *c);
/* The client was gone before its response was. */
void client_checks_unsent(struct client_checks *k, const struct call *c);

enum client_check_verdict client_check_verdict(const struct client_checks *k, size_t question);
bool client_checks_failed(
    const struct client_checks *k); /* something is broken that is no advice */

void client_checks_print(const struct client_checks *k, struct json *out); /* one JSON object */
void client_checks_junit(const struct client_checks *k,
                         struct buf *out); /* a whole JUnit document */

bool client_registry_failed(const struct client_registry *all);
void client_registry_junit(const struct client_registry *all,
                           struct buf *out); /* a suite a world */
void client_registry_log(
    const struct client_registry *all); /* what misbehaved: a line a question and world */
size_t client_checks_bytes(const struct client_checks *k); /* what it takes, at this moment */
