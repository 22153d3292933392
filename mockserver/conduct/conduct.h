/* conduct.h - how the client behaves: a few questions, asked of every call that a world answers.
 *
 * Shapes:  a question is a row of conduct_questions; a world's answer to it is a verdict, how often
 *          the client came into the situation it asks about (exercised) and how often it did wrong
 *          there (broken), with the first few occurrences. What a question must remember of earlier
 *          calls is bounded (CONDUCT_NOTES_MAX); what it had to forget for room is counted, and so
 *          are the occurrences that are not told one by one. When a world ends (reset, restore,
 *          delete) its answers are kept for the report at the end.
 * Units:   a wait has passed when it has by the world's clock or by the machine's, whichever is
 *          kinder to the client: time that stands still makes nobody impatient.
 * Errors:  none. Advice is told and never held against the client.
 *
 * The admin API's calls and consent pages are nobody's conduct and never come here.
 */
#pragma once
#include "mockserver/call.h"

#define CONDUCT_NOTES_MAX       1024 /* a question and world */
#define CONDUCT_OCCURRENCES_MAX 10   /* told one by one, a question and world */
#define CONDUCT_WORLDS_MAX      1000 /* told one by one; of others the sums are */

struct conduct;  /* a world's */
struct conducts; /* all worlds', those that ended included */
struct watch;

struct conduct_question {
    const char *id, *title; /* the title is what is hoped to hold */
    const char *help;       /* what is asked */
    const char *judged;     /* how, and where its figures are from */
    bool advice;            /* broken, it is no misbehaviour */
    void (*see)(struct watch *w, const struct call *c);
};
extern const struct conduct_question conduct_questions[];
extern const size_t conduct_question_count;

#define CONDUCT_VERDICTS(X) X(NOT_EXERCISED, "not_exercised") X(KEPT, "kept") X(BROKEN, "broken")
enum conduct_verdict {
#define X(name, text) CONDUCT_##name,
    CONDUCT_VERDICTS(X)
#undef X
};
extern const char *const conduct_verdict_texts[];

struct conducts *conducts_new(void);
void conducts_free(struct conducts *all); /* after the worlds ended */

struct conduct *conduct_begin(struct conducts *all, const char *world, uint64_t generation);
void conduct_end(struct conduct *k); /* the world's; what is to be told of it stays; NULL is fine */

/* Once for each call, when its answer is in the journal. */
void conduct_see(struct conduct *k, const struct call *c);
/* The client was gone before its answer was. */
void conduct_unsent(struct conduct *k, const struct call *c);

enum conduct_verdict conduct_verdict(const struct conduct *k, size_t question);
bool conduct_misbehaved(const struct conduct *k); /* something is broken that is no advice */

void conduct_print(const struct conduct *k, struct json *out); /* one JSON object */
void conduct_junit(const struct conduct *k, struct buf *out);  /* a whole JUnit document */

bool conducts_misbehaved(const struct conducts *all);
void conducts_junit(const struct conducts *all, struct buf *out); /* a suite a world */
void conducts_log(const struct conducts *all); /* what misbehaved: a line a question and world */
size_t conduct_bytes(const struct conduct *k); /* what it takes, at this moment */
