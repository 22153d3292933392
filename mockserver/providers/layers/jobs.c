/* Handlers of jobs. No implemented endpoint starts a job, so every job id is unknown. */
#include "mockserver/providers/layers/layers.h"

static void refuse_job(struct call *c)
{
    call_refuse(c, FAULT_NOT_FOUND, "There is no such job.");
}

void layers_read_job(struct call *c)
{
    refuse_job(c);
}

void layers_cancel_job(struct call *c)
{
    refuse_job(c);
}
