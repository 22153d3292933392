/* quota.h - counts the calls of each key in fixed time windows.
 *
 * Shapes:  QUOTA_WINDOWS counters per key. The caller defines which calls a window counts, its
 *          length and its limit. A window begins with the first call after the previous window
 *          ended. Counters are not records: nothing refers to them, and changes are not logged.
 *          For each operation (a number below QUOTA_OPERATIONS) one bit stores whether the key's
 *          last call got a spurious 429.
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

struct quota { /* one per key, at the key's row; added with the first counted call */
    struct quota_window windows[QUOTA_WINDOWS];
    uint64_t spurious_429[QUOTA_OPERATIONS / 64];
};

struct quota_use {
    int64_t used;
    int64_t ends_at_ms; /* if the window has not begun: as if it began now */
};

struct quota_use quota_read(const struct world *w, uint32_t key, size_t window, int64_t length_ms);
void quota_count(struct world *w, uint32_t key, size_t window, int64_t length_ms);
void quota_set(struct world *w, uint32_t key, size_t window, int64_t length_ms, int64_t used);
bool quota_had_spurious_429(const struct world *w, uint32_t key, size_t operation);
void quota_set_spurious_429(struct world *w, uint32_t key, size_t operation, bool refused);
