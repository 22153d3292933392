#include "base/http/coding.h"

#include <zlib.h>

#include "base/arena.h"

#define CODINGS_MAX 3 /* each costs a pass over the body */
#define GZIP_BITS   (15 + 16)
#define BLOCK       16384
#define RATIO_FROM  (1u << 20) /* decoded bytes */

struct codings {
    struct str items[CODINGS_MAX];
    size_t count;
};

static bool is_gzip(struct str coding)
{
    return str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip"));
}

/* Several headers are one list. Returns false, with the coding in *what, if one is unknown or the list is too long. */
static bool list_codings(const struct headers *h, struct codings *out, struct str *what)
{
    for (size_t i = 0; i < h->count; i++) {
        struct str rest = h->items[i].value;
        if (!str_eq_nocase(str_from(h->items[i].name), STR("Content-Encoding")))
            continue;
        while (rest.n) {
            struct str coding = str_trim(str_cut(&rest, ','));
            if (!coding.n || str_eq_nocase(coding, STR("identity")))
                continue;
            *what = coding;
            if (!is_gzip(coding) || out->count == CODINGS_MAX)
                return false;
            out->items[out->count++] = coding;
        }
    }
    return true;
}

static void *allocate(void *arena, unsigned count, unsigned size)
{
    return arena_alloc(arena, (size_t)count * size);
}

static void leave(void *arena, void *bytes)
{
    (void)arena;
    (void)bytes;
}

/* zlib's input is not const, but it only reads it. */
static Bytef *input_of(struct str body)
{
    union {
        const char *from;
        Bytef *to;
    } u = {.from = body.s};
    return u.to;
}

/* Returns Z_STREAM_END if the member is complete, Z_OK if more output may follow. */
static int inflate_block(z_stream *z, struct buf *out)
{
    z->next_out = (Bytef *)buf_reserve(out, BLOCK);
    z->avail_out = BLOCK;
    int result = inflate(z, Z_NO_FLUSH);
    out->n += BLOCK - z->avail_out;
    return result;
}

/* A file may consist of several members, which are decoded one after the other. */
static enum coding_result gunzip(z_stream *z, size_t max, struct buf *out)
{
    size_t size = z->avail_in;
    for (;;) {
        int result = inflate_block(z, out);
        if (out->n > max || (out->n > RATIO_FROM && out->n / CODING_RATIO_MAX > size - z->avail_in))
            return CODING_TOO_LARGE;
        if (result == Z_STREAM_END && !z->avail_in)
            return CODING_OK;
        if (result == Z_STREAM_END)
            result = inflateReset(z);
        if (result != Z_OK)
            return CODING_DAMAGED;
    }
}

static enum coding_result decode_gzip(struct arena *a, size_t max, struct str *body)
{
    struct arena scratch = {0};
    struct buf out = {.arena = a};
    z_stream z = {.zalloc = allocate, .zfree = leave, .opaque = &scratch};
    z.next_in = input_of(*body);
    z.avail_in = (uInt)body->n;
    enum coding_result result = CODING_DAMAGED;
    if (body->n <= UINT32_MAX && inflateInit2(&z, GZIP_BITS) == Z_OK)
        result = gunzip(&z, max, &out);
    arena_end(&scratch);
    if (result == CODING_OK)
        *body = buf_str(&out);
    return result;
}

enum coding_result coding_decode(struct arena *a, const struct headers *h, size_t max, struct str *body,
                                 struct str *what)
{
    struct codings codings = {0};
    struct str decoded = *body;
    if (!body->n)
        return CODING_OK;
    if (!list_codings(h, &codings, what))
        return CODING_UNKNOWN;
    while (codings.count) {
        *what = codings.items[--codings.count];
        enum coding_result result = decode_gzip(a, max, &decoded);
        if (result != CODING_OK)
            return result;
    }
    *body = decoded;
    return CODING_OK;
}
