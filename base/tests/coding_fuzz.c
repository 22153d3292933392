/* A Content-Encoding and, after the first line, a body. A decoded body has at most the given size; what zlib compressed
 * is decoded to the same bytes. */
#include <zlib.h>

#include "base/http/coding.h"
#include "base/http/gate.h"
#include "base/tests/fuzz.h"

#define DECODED_MAX 4096

static struct str compress_gzip(struct arena *a, struct str text)
{
    z_stream z = {0};
    fuzz_assert(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t room = deflateBound(&z, text.n) + 64;
    uint8_t *in = arena_copy(a, text.s, text.n), *out = arena_alloc(a, room);
    z.next_in = in;
    z.avail_in = (uInt)text.n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    fuzz_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
    size_t n = room - z.avail_out;
    fuzz_assert(deflateEnd(&z) == Z_OK);
    return str_of((const char *)out, n);
}

static enum coding_result decode(struct arena *a, struct str coding, struct str *body)
{
    struct headers h = {0};
    struct str before = *body, what = STR("");
    headers_add(a, &h, "Content-Encoding", coding);
    enum coding_result result = coding_decode(a, &h, DECODED_MAX, body, &what);
    if (result == CODING_OK)
        fuzz_assert(body->n <= DECODED_MAX || body->s == before.s);
    else
        fuzz_assert(body->s == before.s && body->n == before.n && what.s);
    return result;
}

static void check_head(struct arena *a, struct str target)
{
    struct str authority, rest;
    struct request r = {.method = STR("GET"), .target = target, .query = target};
    r.path = str_cut(&r.query, '?');
    const char *why = NULL;
    headers_add(a, &r.headers, "Host", STR("localhost"));
    headers_add(a, &r.headers, "Content-Length", target);
    fuzz_assert(!gate_refuses(&r, STR("HTTP/1.1"), DECODED_MAX, &why) == !why);
    if (gate_absolute_form(target, &authority, &rest))
        fuzz_assert(authority.n && authority.n + rest.n <= target.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str text = fuzz_text(data, size), coding = str_cut(&text, '\n'), body = text;
    (void)decode(&a, coding, &body);
    struct str plain = str_head(text, DECODED_MAX), packed = compress_gzip(&a, plain);
    if (plain.n) {
        fuzz_assert(decode(&a, STR("gzip"), &packed) == CODING_OK && str_eq(packed, plain));
        struct str twice = compress_gzip(&a, compress_gzip(&a, plain));
        fuzz_assert(decode(&a, STR("gzip, x-GZIP"), &twice) == CODING_OK && str_eq(twice, plain));
    }
    check_head(&a, coding);
    arena_end(&a);
    return 0;
}
