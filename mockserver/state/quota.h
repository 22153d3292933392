/* quota.h - how many calls each key has made in its windows of time.
 *
 * Shapes:  QUOTA_WINDOWS counters a key; which calls a window counts, how long it is and how many
 *          it allows is the caller's. A window begins with the first call after the one before it
 *          ended. Counters are no records: nothing refers to them and no change is logged.
 *          Of each operation, by a number below QUOTA_OPERATIONS, it knows whether the key's last
 *          call was refused without need.
 * Units:   calls; milliseconds of the world's clock.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/world.h"

#define QUOTA_WINDOWS    4
#define QUOTA_OPERATIONS 128

struct quota_window {
    int64_t since_ms; /* 0: no call yet */
    int64_t used;
};

struct quota { /* of a key, by its row; made with the key's first call that counts */
    struct quota_window windows[QUOTA_WINDOWS];
    uint64_t spurious_429[QUOTA_OPERATIONS / 64];
};

struct quota_use {
    int64_t used;
    int64_t ends_at_ms; /* of a window that has not begun: as if it began now */
};

struct quota_use quota_read(const struct world *w, uint32_t key, size_t window, int64_t length_ms);
void quota_count(struct world *w, uint32_t key, size_t window, int64_t length_ms);
void quota_set(struct world *w, uint32_t key, size_t window, int64_t length_ms, int64_t used);
bool quota_had_spurious_429(const struct world *w, uint32_t key, size_t operation);
void quota_set_spurious_429(struct world *w, uint32_t key, size_t operation, bool refused);
