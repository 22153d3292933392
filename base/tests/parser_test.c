#include "base/array.h"
#include "base/http/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/http/gate.h"

/* Reads a request that arrives in pieces of `step` bytes. Returns 0 if it is accepted, -1 if it is incomplete, else the
 * status of the refusal. `body` gets what the chunks contain. */
static int read_in_pieces(struct arena *a, struct str all, size_t step, size_t *used, struct buf *body)
{
    struct request r = {0};
    struct refusal no = {0};
    struct chunks chunks = {0};
    struct str version = STR("");
    size_t scanned = 0, n = 0, head = 0;
    while (!head && n < all.n) {
        n = n + step < all.n ? n + step : all.n;
        head = head_find(str_head(all, n), &scanned, &no);
        *used = n;
        if (no.status)
            return no.status;
    }
    if (!head)
        return -1;
    head_parse(a, str_head(all, head), &r, &version, &no);
    if (!no.status)
        no.status = gate_refuses(&r, version, 1u << 20, &no.why);
    if (no.status || !headers_find(&r.headers, "Transfer-Encoding"))
        return no.status;
    for (size_t at = head; at < all.n;) {
        size_t size = at + step < all.n ? step : all.n - at;
        struct str in = str_of(all.s + at, size), data;
        at += size;
        *used = at;
        for (;;) {
            enum chunks_result got = chunks_next(&chunks, &in, &data);
            if (got == CHUNKS_MORE)
                break;
            if (got == CHUNKS_REFUSED)
                return chunks.no.status;
            if (got == CHUNKS_END)
                return 0;
            buf_add(body, data);
        }
    }
    return -1;
}

#define HEAD    "POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define ROW(text, status)                                                                                              \
    {                                                                                                                  \
        {"" text, sizeof(text) - 1}, status                                                                            \
    }

/* The same result whether the bytes come at once or one by one. */
static void bytes_are_read_in_one_way_only(void **state)
{
    static const struct {
        struct str text;
        int status; /* 0: accepted, -1: incomplete */
    } rows[] = {
        ROW(HEAD "\r\n", 0),
        ROW(HEAD "A:\r\n\r\n", 0),
        ROW(HEAD "A: \t b \t\r\n\r\n", 0),
        ROW(HEAD "A: \303\274\r\n\r\n", 0),
        ROW("PURGE-IT /\303\274?a HTTP/1.7\r\nHost: x\r\n\r\n", 0),
        ROW("GET / HTTP/1.0\r\n\r\n", 0),
        ROW(HEAD, -1),
        ROW(HEAD "\r", -1),
        ROW("", -1),
        ROW("GET\0X / HTTP/1.1\r\n", 400),
        ROW("GET /\0 HTTP/1.1\r\n", 400),
        ROW(HEAD "A\0: b\r\n", 400),
        ROW(HEAD "A: b\0junk\r\n", 400),
        ROW(HEAD ": a\r\n\r\n", 400),
        ROW(HEAD "A : a\r\n\r\n", 400),
        ROW(HEAD "A: a\r\n b\r\n\r\n", 400),
        ROW(HEAD " A: a\r\n\r\n", 400),
        ROW(HEAD "\tA: a\r\n\r\n", 400),
        ROW(HEAD "A\r\n\r\n", 400),
        ROW("GET / HTTP/1.1\nHost: x\n\n", 400),
        ROW(HEAD "A: a\rB: b\r\n", 400),
        ROW(HEAD "A: a\r\r\n", 400),
        ROW("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ROW("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
        ROW("GET /\r\nHost: x\r\n\r\n", 400),
        ROW("GET / ICE/1.0\r\nHost: x\r\n\r\n", 400),
        ROW("GET / HTTP/11\r\nHost: x\r\n\r\n", 400),
        ROW("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
        ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ROW("\026\003\001\002\000\001\000", 400),
        ROW(HEAD "Content-Length: abc\r\n\r\n", 400),
        ROW(HEAD "Content-Length: -1\r\n\r\n", 400),
        ROW(HEAD "Content-Length: +1\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 1x\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 0x1\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 1 2\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 12, 12\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 12,\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 1.0\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 1e3\r\n\r\n", 400),
        ROW(HEAD "Content-Length: '1'\r\n\r\n", 400),
        ROW(HEAD "Content-Length: \"1\"\r\n\r\n", 400),
        ROW(HEAD "Content-Length:\r\n\r\n", 400),
        ROW(HEAD "Content-Length: \303\274\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 9223372036854775808\r\n\r\n", 413),
        ROW(HEAD "Content-Length: 99999999999999999999999\r\n\r\n", 413),
        ROW(HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ROW(HEAD "Content-Length: 0000000000000000000000012\r\n\r\n", 0),
        ROW(CHUNKED "3\r\nabc\r\n0\r\n\r\n", 0),
        ROW(CHUNKED "A;a=b;c\r\nabcdefghij\r\n00\r\nT: 1\r\nU:\r\n\r\n", 0),
        ROW(CHUNKED "3\r\nabc\r\n0\r\n", -1),
        ROW(CHUNKED "3\r\nabc", -1),
        ROW(CHUNKED "\r\n", 400),
        ROW(CHUNKED ";a\r\n", 400),
        ROW(CHUNKED "g\r\n", 400),
        ROW(CHUNKED "3 \r\n", 400),
        ROW(CHUNKED " 3\r\n", 400),
        ROW(CHUNKED "-3\r\n", 400),
        ROW(CHUNKED "0x3\r\n", 400),
        ROW(CHUNKED "3\nabc", 400),
        ROW(CHUNKED "3;a\nb\r\n", 400),
        ROW(CHUNKED "3;\0\r\n", 400),
        ROW(CHUNKED "3\r\nabcXX", 400),
        ROW(CHUNKED "3\r\nabcd", 400),
        ROW(CHUNKED "00000000000000000", 400),
        ROW(CHUNKED "8000000000000000", 413),
        ROW(CHUNKED "0\r\n: a\r\n", 400),
        ROW(CHUNKED "0\r\nA b: a\r\n", 400),
        ROW(CHUNKED "0\r\nA: \0", 400),
        ROW(CHUNKED "0\r\n A: b\r\n", 400),
        ROW(CHUNKED "0\r\nA: b\n", 400),
    };
    static const size_t steps[] = {1, 2, 3, 7, 100000};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t k = 0; k < COUNT(steps); k++) {
            struct arena a = {0};
            struct buf body = {.arena = &a};
            size_t used;
            int status = read_in_pieces(&a, rows[i].text, steps[k], &used, &body);
            if (status != rows[i].status)
                fail_msg("row %zu in pieces of %zu: %d\n%s", i, steps[k], status, rows[i].text.s);
            arena_end(&a);
        }
    }
}

static void the_body_is_what_the_chunks_contain(void **state)
{
    struct arena a = {0};
    (void)state;
    for (size_t step = 1; step < 40; step++) {
        struct buf body = {.arena = &a};
        size_t used;
        struct str text = STR(CHUNKED "3\r\nabc\r\n00b;x=y\r\n\r\n0\r\n\r\nabcd\r\n0\r\n\r\n");
        assert_int_equal(read_in_pieces(&a, text, step, &used, &body), 0);
        assert_string_equal(buf_c(&body), "abc\r\n0\r\n\r\nabcd");
    }
    arena_end(&a);
}

/* What repeats without end is refused after a limit, not when a buffer is full. */
static void everything_that_may_repeat_has_a_limit(void **state)
{
    static const struct {
        const char *begin, *again;
        size_t limit; /* bytes after `begin` */
        int status;
    } rows[] = {
        {"GET /",            "a",        HEAD_MAX,                       414},
        {HEAD "A: ",         "a",        HEAD_MAX,                       431},
        {HEAD,               "A: b\r\n", HEAD_MAX,                       431},
        {CHUNKED "5;",       "a",        CHUNK_LINE_MAX + 1,             400},
        {CHUNKED,            "0",        17,                             400},
        {CHUNKED "0\r\n",    "A: b\r\n", (size_t)6 * (TRAILERS_MAX + 1), 431},
        {CHUNKED "0\r\nA: ", "b",        TRAILER_BYTES_MAX + 1,          431},
        {CHUNKED "0\r\n",    "A",        TRAILER_BYTES_MAX + 1,          431},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct buf text = {.arena = &a}, body = {.arena = &a};
        size_t used = 0;
        buf_text(&text, rows[i].begin);
        while (text.n < 40000)
            buf_text(&text, rows[i].again);
        assert_int_equal(read_in_pieces(&a, buf_str(&text), 1, &used, &body), rows[i].status);
        assert_in_range(used, 1, strlen(rows[i].begin) + rows[i].limit);
        arena_end(&a);
    }
}

static void too_many_headers_are_refused(void **state)
{
    struct arena a = {0};
    struct buf text = {.arena = &a}, body = {.arena = &a};
    size_t used;
    (void)state;
    buf_text(&text, HEAD);
    for (int i = 1; i < HEADERS_MAX; i++)
        buf_text(&text, "A: b\r\n");
    struct buf more = {.arena = &a};
    buf_printf(&more, "%sA: b\r\n\r\n", buf_c(&text));
    buf_text(&text, "\r\n");
    assert_int_equal(read_in_pieces(&a, buf_str(&text), 100000, &used, &body), 0);
    assert_int_equal(read_in_pieces(&a, buf_str(&more), 100000, &used, &body), 431);
    arena_end(&a);
}

static void a_log_shows_what_is_readable_of_a_refused_head(void **state)
{
    static const struct {
        struct str text;
        const char *method, *target;
    } rows[] = {
        {{"GET /a?b\0c HTTP/1.1\r\n", 22}, "GET", "/a?b"},
        {{"GET\0X / HTTP/1.1", 16},        "",    ""    },
        {{"\026\003\001", 3},              "",    ""    },
        {{"GET /a HTTP/1.1\nHost: x", 23}, "GET", "/a"  },
        {{"", 0},                          "",    ""    },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct request r = {0};
        head_sketch(&a, rows[i].text, &r);
        assert_true(str_is(r.method, rows[i].method));
        assert_true(str_is(r.target, rows[i].target));
        assert_non_null(r.path.s);
        arena_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_read_in_one_way_only),
        cmocka_unit_test(the_body_is_what_the_chunks_contain),
        cmocka_unit_test(everything_that_may_repeat_has_a_limit),
        cmocka_unit_test(too_many_headers_are_refused),
        cmocka_unit_test(a_log_shows_what_is_readable_of_a_refused_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
