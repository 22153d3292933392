#include "mockserver/state/replies.h"

#include <string.h>

#include "base/heap.h"

struct kept { /* shared by all lists that have it; its texts stand behind it */
    uint32_t refs;
    size_t bytes;
    struct reply reply;
};

struct replies {
    uint32_t refs;
    size_t count, bytes;
    struct kept *items[REPLIES_MAX]; /* oldest first */
};

struct replies *replies_hold(struct replies *r)
{
    if (r)
        r->refs++;
    return r;
}

static void kept_release(struct kept *k)
{
    if (--k->refs == 0)
        heap_free(k);
}

void replies_release(struct replies *r)
{
    if (!r || --r->refs)
        return;
    for (size_t i = 0; i < r->count; i++)
        kept_release(r->items[i]);
    heap_free(r);
}

size_t replies_own_bytes(const struct replies *r)
{
    if (!r || r->refs > 1)
        return 0;
    size_t bytes = sizeof *r;
    for (size_t i = 0; i < r->count; i++)
        bytes += r->items[i]->refs == 1 ? r->items[i]->bytes : 0;
    return bytes;
}

/* The list of this world alone, so that it can be changed. */
static struct replies *own(struct world *w)
{
    struct replies *shared = w->replies;
    if (shared && shared->refs == 1)
        return shared;
    struct replies *mine = heap_new(sizeof *mine);
    if (shared)
        memcpy(mine, shared, sizeof *mine);
    mine->refs = 1;
    for (size_t i = 0; i < mine->count; i++)
        mine->items[i]->refs++;
    replies_release(shared);
    return w->replies = mine;
}

static size_t find(const struct replies *r, uint32_t key, const char *what, struct str token)
{
    size_t i = 0;
    for (; i < r->count; i++) {
        const struct reply *x = &r->items[i]->reply;
        if (x->key == key && str_eq(x->token, token) && strcmp(x->what, what) == 0)
            break;
    }
    return i;
}

const struct reply *replies_find(const struct world *w, uint32_t key, const char *what,
                                 struct str token)
{
    const struct replies *r = w->replies;
    size_t i = r ? find(r, key, what, token) : 0;
    return r && i < r->count ? &r->items[i]->reply : NULL;
}

static void drop(struct replies *r, size_t at)
{
    r->bytes -= r->items[at]->bytes;
    kept_release(r->items[at]);
    r->count--;
    memmove(&r->items[at], &r->items[at + 1], (r->count - at) * sizeof(struct kept *));
}

static struct str text_copy(char **at, struct str text)
{
    char *to = *at;
    if (text.n)
        memcpy(to, text.s, text.n);
    *at += text.n;
    return str_of(to, text.n);
}

static struct kept *kept_new(const struct reply *reply)
{
    size_t bytes = sizeof(struct kept) + reply->token.n + reply->body.n;
    struct kept *k = heap_new(bytes);
    char *texts = (char *)(k + 1);
    k->refs = 1;
    k->bytes = bytes;
    k->reply = *reply;
    k->reply.token = text_copy(&texts, reply->token);
    k->reply.body = text_copy(&texts, reply->body);
    return k;
}

void replies_keep(struct world *w, const struct reply *reply, int64_t from_ms)
{
    struct replies *r = own(w);
    struct kept *k = kept_new(reply);
    size_t same = find(r, reply->key, reply->what, reply->token);
    if (same < r->count)
        drop(r, same);
    while (r->count && (r->items[0]->reply.at_ms < from_ms || r->count == REPLIES_MAX ||
                        r->bytes + k->bytes > REPLIES_BYTES))
        drop(r, 0);
    r->items[r->count++] = k;
    r->bytes += k->bytes;
}

size_t replies_count(const struct world *w)
{
    return w->replies ? w->replies->count : 0;
}

const struct reply *replies_at(const struct world *w, size_t i)
{
    return &w->replies->items[i]->reply;
}
