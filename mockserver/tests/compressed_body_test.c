/* Request bodies with a Content-Encoding. */
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/http/coding.h"
#include "base/json.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/posteverywhere_test.h"

#define POST_BODY "{\"content\":\"inside\",\"account_ids\":[3001]}"
#define LAYERS    "lp_live_01HX9Y6K7EJ4T2_full"

static struct str gzip(struct arena *a, struct str text)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, text.n);
    char *out = arena_alloc(a, room);
    z.next_in = (Bytef *)str_dup(a, text);
    z.avail_in = (uInt)text.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return str_of(out, room - z.avail_out);
}

static void release(void *exchange)
{
    arena_end(&((struct exchange *)exchange)->arena);
}

/* Like mock_call, for a body that is no text. */
static struct mock_response send(struct mock *m, const char *line, struct str body, const char *coding,
                                 const char *authorization)
{
    struct exchange *x = arena_new(&m->arena, struct exchange);
    arena_own(&m->arena, x, release);
    struct request *r = &x->request;
    struct str rest = str_from(line);
    r->method = str_cut(&rest, ' ');
    r->target = r->path = rest;
    r->body = body;
    headers_add(&x->arena, &r->headers, "Host", STR("mock.test"));
    headers_add(&x->arena, &r->headers, "Authorization", str_from(authorization));
    headers_add(&x->arena, &r->headers, "embed-api-key", STR("pn-acme00000000000000000001"));
    headers_add(&x->arena, &r->headers, "Idempotency-Key", STR("one"));
    if (coding)
        headers_add(&x->arena, &r->headers, "Content-Encoding", str_from(coding));
    mock_handle(m, x);
    struct str text = buf_str(&x->response.body);
    return (struct mock_response){
        .status = x->response.status,
        .headers = x->response.headers,
        .text = text,
        .body = json_parse(&x->arena, text, "response", NULL),
        .arena = &x->arena,
    };
}

#define AS "Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a"

static void a_compressed_body_is_read(void **state)
{
    struct mock *m = *state;
    struct mock_response a = send(m, POST("/posts"), gzip(&m->arena, STR(POST_BODY)), "gzip", AS);
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/data/content"), "inside");
}

static void an_unknown_coding_is_415_in_the_envelope_of_the_provider(void **state)
{
    struct mock *m = *state;
    struct mock_response a = send(m, POST("/posts"), STR(POST_BODY), "br", AS);
    assert_refused(a, 415, "unsupported_media_type");
    assert_non_null(strstr(at(a, "/error/message"), "'br'"));
    assert_string_equal(header_of(a, "Accept-Encoding"), CODINGS_READ);
    a = send(m, POST("/posts"), STR(POST_BODY), "deflate", AS);
    assert_refused(a, 415, "unsupported_media_type");
}

static void a_damaged_body_is_400_and_a_huge_one_413_in_the_envelope_of_the_provider(void **state)
{
    struct mock *m = *state;
    struct str whole = gzip(&m->arena, STR(POST_BODY));
    struct mock_response a = send(m, POST("/posts"), str_head(whole, whole.n - 3), "gzip", AS);
    assert_refused(a, 400, "bad_request");
    assert_non_null(strstr(at(a, "/error/message"), "not gzip"));
    a = send(m, POST("/posts"), STR(POST_BODY), "gzip", AS);
    assert_refused(a, 400, "bad_request");
    char *zeros = arena_alloc(&m->arena, HTTP_BODY_MAX + 1);
    a = send(m, POST("/posts"), gzip(&m->arena, str_of(zeros, HTTP_BODY_MAX + 1)), "gzip", AS);
    assert_refused(a, 413, "file_too_large");
    assert_non_null(strstr(at(a, "/error/message"), "16 MiB"));
}

static void the_journal_and_its_matcher_see_inside(void **state)
{
    struct mock *m = *state;
    send(m, POST("/posts"), gzip(&m->arena, STR(POST_BODY)), "gzip", AS);
    struct mock_response a = mock_call(m, "GET /__admin/requests", NULL);
    assert_true(str_has(a.text, STR("\\\"content\\\":\\\"inside")) || str_has(a.text, STR("\"content\":\"inside")));
    assert_non_null(strstr(a.text.s, "gzip"));
    a = mock_call(m, "POST /__admin/requests/verify", "{\"match\":{\"body\":{\"content\":\"inside\"}},\"count\":1}");
    assert_int_equal(a.status, 200);
}

static void a_retry_without_compression_is_the_same_call(void **state)
{
    struct mock *m = mock_test_file(SOURCE_DIR "/fixtures/layers-acme.yaml");
    (void)state;
    const char *line = "POST /v1/content/cnt_open/schedule";
    struct str body = STR("{\"scheduledFor\":\"2026-06-01T09:00:00Z\",\"targets\":"
                          "[{\"socialAccountId\":\"sa_acme_tiktok\",\"mode\":\"publish\"}]}");
    struct mock_response first = send(m, line, gzip(&m->arena, body), "gzip", "Bearer " LAYERS);
    assert_int_equal(first.status / 100, 2);
    struct mock_response again = send(m, line, body, NULL, "Bearer " LAYERS);
    assert_string_equal(header_of(again, "X-Mock-Replayed"), "true");
    assert_true(str_eq(again.text, first.text));
    mock_free(m);
}

static void a_compressed_upload_is_read(void **state)
{
    struct mock *m = *state;
    struct mock_response upload =
        mock_call(m, POST("/media/upload"), "{\"filename\":\"a.mp4\",\"content_type\":\"video/mp4\"}", AS_ACME);
    const char *line = arena_printf(&m->arena, "PUT %s", at(upload, "/data/upload_url") + strlen("http://mock.test"));
    assert_int_equal(send(m, line, gzip(&m->arena, STR("bytes")), "br", AS).status, 415);
    assert_int_equal(send(m, line, gzip(&m->arena, STR("bytes")), "gzip", AS).status, 200);
    struct mock_response a = mock_call(m, "GET /__admin/requests", NULL);
    assert_true(str_has(a.text, STR("\"bytes\"")));
}

static void the_admin_api_reads_compressed_bodies_too(void **state)
{
    struct mock *m = *state;
    struct mock_response a =
        send(m, "POST /__admin/clock/advance", gzip(&m->arena, STR("{\"by\":\"1h\"}")), "x-gzip", "");
    assert_int_equal(a.status, 200);
    assert_int_equal(send(m, "POST /__admin/clock/advance", STR("{\"by\":\"1h\"}"), "zstd", "").status, 415);
}

static void the_other_providers_refuse_in_their_envelopes(void **state)
{
    struct mock *m = mock_test_file(SOURCE_DIR "/fixtures/sample.yaml");
    (void)state;
    struct mock_response a = send(m, "POST /layers/v1/projects", STR("{}"), "br", "Bearer " LAYERS);
    assert_int_equal(a.status, 415);
    assert_string_equal(at(a, "/error/code"), "VALIDATION");
    a = send(m, "POST /postnitro/schedule", STR("{}"), "br", "");
    assert_int_equal(a.status, 415);
    assert_non_null(strstr(a.text.s, "'br'"));
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PE_TEST(a_compressed_body_is_read),
        PE_TEST(an_unknown_coding_is_415_in_the_envelope_of_the_provider),
        PE_TEST(a_damaged_body_is_400_and_a_huge_one_413_in_the_envelope_of_the_provider),
        PE_TEST(the_journal_and_its_matcher_see_inside),
        cmocka_unit_test(a_retry_without_compression_is_the_same_call),
        PE_TEST(a_compressed_upload_is_read),
        PE_TEST(the_admin_api_reads_compressed_bodies_too),
        cmocka_unit_test(the_other_providers_refuse_in_their_envelopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
