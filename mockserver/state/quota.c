#include "mockserver/state/quota.h"

#include <assert.h>

/* A window that has ended or never began is returned as empty, beginning now. */
static struct quota_window window_now(const struct world *w, uint32_t key, size_t window, int64_t length_ms)
{
    assert(window < QUOTA_WINDOWS && length_ms > 0);
    int64_t now = world_now(w);
    const struct quota *q = key <= w->quotas.count ? table_read(&w->quotas, key) : NULL;
    if (!q || now - q->windows[window].since_ms >= length_ms)
        return (struct quota_window){now, 0};
    return q->windows[window];
}

struct quota_use quota_read(const struct world *w, uint32_t key, size_t window, int64_t length_ms)
{
    struct quota_window now = window_now(w, key, window, length_ms);
    return (struct quota_use){now.used, now.since_ms + length_ms};
}

static struct quota *edit_quota(struct world *w, uint32_t key)
{
    while (w->quotas.count < key)
        table_add(&w->quotas, NULL);
    return table_edit(&w->quotas, key);
}

static void write_window(struct world *w, uint32_t key, size_t window, struct quota_window now)
{
    edit_quota(w, key)->windows[window] = now;
}

void quota_count(struct world *w, uint32_t key, size_t window, int64_t length_ms)
{
    struct quota_window now = window_now(w, key, window, length_ms);
    now.used++;
    write_window(w, key, window, now);
}

void quota_set(struct world *w, uint32_t key, size_t window, int64_t length_ms, int64_t used)
{
    struct quota_window now = window_now(w, key, window, length_ms);
    now.used = used;
    write_window(w, key, window, now);
}

bool quota_had_spurious_429(const struct world *w, uint32_t key, size_t operation)
{
    assert(operation < QUOTA_OPERATIONS);
    if (key > w->quotas.count)
        return false;
    const struct quota *q = table_read(&w->quotas, key);
    return q->spurious_429[operation / 64] >> operation % 64 & 1;
}

void quota_set_spurious_429(struct world *w, uint32_t key, size_t operation, bool refused)
{
    if (quota_had_spurious_429(w, key, operation) != refused)
        edit_quota(w, key)->spurious_429[operation / 64] ^= UINT64_C(1) << operation % 64;
}
