#include "mockserver/state/replies.h"

#include <string.h>

#include "base/arena.h"

struct stored_reply { /* shared by the lists that contain it; followed by its texts */
    uint32_t refs;
    size_t bytes;
    struct reply reply;
};

struct replies {
    uint32_t refs;
    size_t count, bytes;
    struct stored_reply *items[REPLIES_MAX]; /* oldest first */
};

struct replies *replies_hold(struct replies *r)
{
    if (r)
        r->refs++;
    return r;
}

static void stored_release(struct stored_reply *k)
{
    if (--k->refs == 0)
        heap_free(k);
}

void replies_release(struct replies *r)
{
    if (!r || --r->refs)
        return;
    for (size_t i = 0; i < r->count; i++)
        stored_release(r->items[i]);
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

/* Makes a world's list writable: copies it if other worlds share it. */
static struct replies *own_list(struct replies **list)
{
    struct replies *shared = *list;
    if (shared && shared->refs == 1)
        return shared;
    struct replies *mine = heap_new(sizeof *mine);
    if (shared)
        memcpy(mine, shared, sizeof *mine);
    mine->refs = 1;
    for (size_t i = 0; i < mine->count; i++)
        mine->items[i]->refs++;
    replies_release(shared);
    return *list = mine;
}

static size_t find_reply(const struct replies *r, uint32_t key, const char *what, struct str token)
{
    size_t i = 0;
    for (; i < r->count; i++) {
        const struct reply *x = &r->items[i]->reply;
        if (x->key == key && str_eq(x->token, token) && strcmp(x->what, what) == 0)
            break;
    }
    return i;
}

const struct reply *replies_find(const struct replies *r, uint32_t key, const char *what, struct str token)
{
    size_t i = r ? find_reply(r, key, what, token) : 0;
    return r && i < r->count ? &r->items[i]->reply : NULL;
}

static void drop_reply(struct replies *r, size_t at)
{
    r->bytes -= r->items[at]->bytes;
    stored_release(r->items[at]);
    r->count--;
    memmove(&r->items[at], &r->items[at + 1], (r->count - at) * sizeof(struct stored_reply *));
}

static struct str copy_text(char **at, struct str text)
{
    char *to = *at;
    if (text.n)
        memcpy(to, text.s, text.n);
    *at += text.n;
    return str_of(to, text.n);
}

static struct stored_reply *stored_new(const struct reply *reply)
{
    size_t bytes = sizeof(struct stored_reply) + reply->token.n + reply->body.n + strlen(reply->what) + 1;
    struct stored_reply *k = heap_new(bytes);
    char *texts = (char *)(k + 1);
    k->refs = 1;
    k->bytes = bytes;
    k->reply = *reply;
    k->reply.token = copy_text(&texts, reply->token);
    k->reply.body = copy_text(&texts, reply->body);
    memcpy(texts, reply->what, strlen(reply->what) + 1);
    k->reply.what = texts;
    return k;
}

void replies_keep(struct replies **list, const struct reply *reply, int64_t from_ms)
{
    struct replies *r = own_list(list);
    struct stored_reply *k = stored_new(reply);
    size_t same = find_reply(r, reply->key, reply->what, reply->token);
    if (same < r->count)
        drop_reply(r, same);
    while (r->count &&
           (r->items[0]->reply.at_ms < from_ms || r->count == REPLIES_MAX || r->bytes + k->bytes > REPLIES_BYTES))
        drop_reply(r, 0);
    r->items[r->count++] = k;
    r->bytes += k->bytes;
}

size_t replies_count(const struct replies *r)
{
    return r ? r->count : 0;
}

const struct reply *replies_at(const struct replies *r, size_t i)
{
    return &r->items[i]->reply;
}
