/* post_job.h - a post that the provider makes from a topic or from slides; its result is a design.
 *
 * Shapes:  post_job {space, post_type, response_type, ...}; `result` is a JSON object in the provider's own format. A
 *          job that has `failure` when it begins fails when it ends.
 * States:  pending -> completed | failed (final). It ends after timings.generation_ms; 0: immediately.
 * Units:   milliseconds; credits.
 * Source:  "Post generation", "Post import".
 */
#pragma once
#include "base/enum.h"
#include "base/str.h"
#include "mockserver/state/world.h"

#define POST_JOB_STATES(X)                                                                                             \
    X(POST_JOB_PENDING, "pending")                                                                                     \
    X(POST_JOB_COMPLETED, "completed")                                                                                 \
    X(POST_JOB_FAILED, "failed")
enum post_job_state { POST_JOB_STATES(ENUM_NAME) POST_JOB_STATE_COUNT };

struct post_job {
    uint32_t space;
    uint32_t design; /* the content it made; ROW_NONE unless completed */
    int provider;
    const char *public_id, *name, *post_type, *response_type, *result;
    const char *failure; /* why it fails; NULL: it does not */
    bool images;         /* images are generated as well */
    enum post_job_state state;
    int64_t slides, credits;
    int64_t created_at_ms, ended_at_ms;
};

/* Adds a copy of `init`, created now. */
uint32_t post_job_begin(struct world *w, uint32_t space, const struct post_job *init);

uint32_t post_job_find(const struct world *w, int provider, struct str public_id);
const struct post_job *post_job_read(const struct world *w, uint32_t row);
