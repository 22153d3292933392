#include "mockserver/state/post_job.h"

#include <ctype.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mockserver/state/post.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

static const char *const state_texts[] = {POST_JOB_STATES(ENUM_TEXT)};

static const struct record_field post_job_fields[] = {
    MEMBER_ID(post_job, public_id),
    MEMBER_REF(post_job, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_REF(post_job, design, FREE, RECORD_CONTENT),
    MEMBER_TEXT(post_job, name, NEEDED),
    MEMBER_TEXT(post_job, post_type, NEEDED),
    MEMBER_TEXT(post_job, response_type, NEEDED),
    MEMBER_TEXT(post_job, result, NEEDED),
    MEMBER_TEXT(post_job, failure, FREE),
    MEMBER_BOOL(post_job, images),
    MEMBER_ENUM(post_job, state, state_texts, POST_JOB_STATE_COUNT),
    MEMBER_INT(post_job, slides),
    MEMBER_INT(post_job, credits),
    MEMBER_TIME(post_job, created_at),
    MEMBER_TIME(post_job, ended_at),
};

static int64_t ends_at_ms(const struct world *w, const struct post_job *j)
{
    return j->created_at_ms + w->timings.generation_ms;
}

static void queue_events(struct world *w, const void *record, uint32_t row)
{
    const struct post_job *j = record;
    if (j->state == POST_JOB_PENDING)
        events_add(w, ends_at_ms(w, j), EVENT_POST_JOB_ENDS, row);
}

static const char *missing(const void *record)
{
    const struct post_job *j = record;
    return j->state == POST_JOB_COMPLETED && j->design == ROW_NONE ? "design" : NULL;
}

static const char *check(const struct world *w, const struct index *waiting, uint32_t row)
{
    const struct post_job *j = post_job_read(w, row);
    if (!j->space || !j->name || !j->post_type || !j->response_type || !j->result)
        return "a post job must have a space, a name, a post type, a response type and a result";
    if ((j->design != ROW_NONE) != (j->state == POST_JOB_COMPLETED))
        return "a post job must have a design if and only if it is completed";
    if (j->design && content_read(w, j->design)->space != j->space)
        return "the design of a post job must have the same space";
    if ((j->state == POST_JOB_PENDING) != (j->ended_at_ms == 0))
        return "'ended_at' must be set if and only if the post job is not pending";
    if (j->state == POST_JOB_PENDING && ends_at_ms(w, j) > world_now(w) && /* else it is about to end */
        !event_is_queued(waiting, EVENT_POST_JOB_ENDS, row, INT64_MIN))
        return "the event queue has no end of the pending post job";
    return NULL;
}

const struct record_type post_job_record_type = {
    RECORD_TYPE(RECORD_POST_JOB, post_job, public_id),
    .help = "a post that is generated or imported",
    RECORD_PROVIDER(post_job),
    RECORD_STATE(post_job, state, state_texts, POST_JOB_STATE_COUNT),
    .final_states = STATE_BIT(POST_JOB_COMPLETED) | STATE_BIT(POST_JOB_FAILED),
    .queue_events = queue_events,
    .missing = missing,
    .check = check,
};

uint32_t post_job_begin(struct world *w, uint32_t space, const struct post_job *init)
{
    struct post_job j = *init;
    j.space = space;
    j.provider = space_provider(w, space);
    j.state = POST_JOB_PENDING;
    j.created_at_ms = world_now(w);
    return record_create(w, RECORD_POST_JOB, &j, TRANSITION_POST_JOB_BEGIN);
}

static uint32_t make_design(struct world *w, const struct post_job *j)
{
    struct arena a = {0};
    struct buf type = {.arena = &a};
    for (const char *c = j->post_type; *c; c++)
        buf_byte(&type, (char)tolower((unsigned char)*c));
    const struct content design = {
        .public_id = ids_mint(w, "c", ID_CUID),
        .media_type = buf_c(&type),
        .name = j->name,
        .source = "api",
        .state = CONTENT_COMPLETED,
    };
    uint32_t row = content_create(w, j->space, &design);
    arena_end(&a);
    return row;
}

void post_job_ends(struct world *w, uint32_t row)
{
    const struct post_job *now = post_job_read(w, row);
    if (now->state != POST_JOB_PENDING || ends_at_ms(w, now) > world_now(w))
        return;
    uint32_t design = now->failure ? ROW_NONE : make_design(w, now);
    struct transition t;
    struct post_job *j = transition_begin(&t, w, RECORD_POST_JOB, row);
    j->design = design;
    j->state = design ? POST_JOB_COMPLETED : POST_JOB_FAILED;
    j->ended_at_ms = world_now(w);
    transition_end(&t, TRANSITION_POST_JOB_END);
}

uint32_t post_job_find(const struct world *w, int provider, struct str public_id)
{
    return record_find_in(w, RECORD_POST_JOB, provider, public_id);
}

const struct post_job *post_job_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_POST_JOB, row);
}
