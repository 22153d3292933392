#include "mockserver/runtime/turns.h"

#include "base/arena.h"
#include "base/time.h"
#include "mockserver/runtime/mock.h"

struct turns {
    struct mock *mock;
    struct turn *first, *last;
    uint64_t timer;
    bool running;
};

struct turns *turns_new(struct mock *m)
{
    struct turns *t = heap_new(sizeof *t);
    t->mock = m;
    return t;
}

void turns_free(struct turns *t)
{
    if (t && t->timer)
        mock_timer_cancel(t->mock, t->timer);
    heap_free(t);
}

static void run_turns(void *turns);

/* A timer that is set in a round of the loop fires in the next one, after the descriptors that are ready and after
 * calls that were woken before. */
static void arm(struct turns *t)
{
    if (t->first && !t->timer && !t->running)
        t->timer = mock_timer(t->mock, time_monotonic_us(), run_turns, t);
}

void turns_add(struct turns *t, struct turn *turn)
{
    if (turn->queued)
        return;
    turn->queued = true;
    turn->next = NULL;
    turn->previous = t->last;
    *(t->last ? &t->last->next : &t->first) = turn;
    t->last = turn;
    arm(t);
}

void turns_remove(struct turns *t, struct turn *turn)
{
    if (!turn->queued)
        return;
    *(turn->previous ? &turn->previous->next : &t->first) = turn->next;
    *(turn->next ? &turn->next->previous : &t->last) = turn->previous;
    turn->next = turn->previous = NULL;
    turn->queued = false;
}

/* A turn costs at least one unit, so that a queue of turns with nothing to do ends, too. */
static void run_turns(void *turns)
{
    struct turns *t = turns;
    size_t work = TURNS_WORK;
    t->timer = 0;
    t->running = true;
    while (t->first && work) {
        struct turn *turn = t->first;
        size_t before = work;
        turns_remove(t, turn);
        turn->run(turn->ctx, &work);
        work -= work == before;
    }
    t->running = false;
    arm(t);
}
