/* history.h - forgets what has ended, so that a state does not grow for ever: old entries of the change log, events
 * that have run, and records that have ended.
 *
 * Shapes:  struct history: the limits of one world. A record that has ended is kept at least as long as the change log
 *          has a change of it; then until `count` newer ones of its kind have ended, or until its last change is
 *          `age_ms` old. Some records are only counted, since a client can still use them: media that are ready,
 *          content of no post. A record that another one refers to is never removed, so no reference dangles; a record
 *          that belongs to another one (destinations of a post, layers of an account) goes with it. Records of the
 *          initial state stay.
 *          What ends: accounts (disconnected; not those of a lease request, which lists them), ad accounts
 *          (disconnected), OAuth attempts, lease requests without accounts (decided), deliveries and post jobs (done or
 *          failed), webhooks, media, campaigns and library items (removed), wallet entries, posts without an open
 *          destination, content of no post. `keeping` of their record_type says so.
 *          struct record_tail: is stored after each record for this.
 *          history_step removes a bounded number of rows. It runs at each call and after each event, so what is
 *          forgotten when depends only on the initial state, the calls and the clock.
 * Units:   milliseconds of the world's clock.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/record.h"

const struct record_tail *record_tail_read(const struct world *w, enum record_kind kind, uint32_t row);
/* For an import, whose change log may lack the record's last change. */
void record_tail_set_last(struct world *w, enum record_kind kind, uint32_t row, int64_t last_ms);
uint32_t record_owner_row(const struct world *w, enum record_kind kind, uint32_t row, enum record_kind *owner);

/* Called by record.c and world.c: a change was logged; the references of a record were added or removed; the record may
 * have ended or begun again. */
void history_changed(struct world *w, enum record_kind kind, uint32_t row, uint32_t seq);
void history_references(struct world *w, enum record_kind kind, const struct record_references *before,
                        const struct record_references *now);
void history_judge(struct world *w, enum record_kind kind, uint32_t row);

/* Removes what is beyond the limits, a bounded number of rows. */
void history_step(struct world *w);
/* The state has been built. `all`: all present records are part of the initial state. */
void history_begin(struct world *w, bool all);
