/* Media: only metadata is stored, and uploaded bytes are counted and discarded. */
#include "base/array.h"
#include "mockserver/tests/posteverywhere_test.h"

static struct mock_response start_upload(struct mock *m, const char *body)
{
    return mock_call(m, POST("/media/upload"), body, AS_ACME);
}

static const char *path_of(struct mock_response upload)
{
    return at(upload, "/data/upload_url") + strlen("http://mock.test");
}

static void an_uploaded_file_can_be_posted(void **state)
{
    struct mock_response upload = start_upload(*state, "{\"filename\":\"a.png\",\"content_type\":\"image/png\","
                                                       "\"file_size\":1234,\"width\":10,\"height\":20}");
    assert_int_equal(upload.status, 201);
    assert_string_equal(at(upload, "/data/media_ids/0"), at(upload, "/data/media_id"));
    assert_string_equal(at(upload, "/data/upload_method/method"), "POST");
    assert_string_equal(at(upload, "/data/upload_method/field_name"), "file");
    const char *complete = line_of(upload, POST("/media/"), "/data/media_id", "/complete");
    assert_refused(mock_call(*state, complete, NULL, AS_ACME), 400, "file_not_uploaded");

    struct mock_response sent =
        mock_call(*state, arena_printf(upload.arena, "PUT %s", path_of(upload)), "bytes of an image");
    assert_int_equal(sent.status, 200);
    assert_string_equal(at(sent, "/error"), "null");
    struct mock_response done = mock_call(*state, complete, NULL, AS_ACME);
    assert_int_equal(done.status, 200);
    assert_string_equal(at(done, "/data/status"), "ready");
    assert_string_equal(at(done, "/data/size"), "1234");
    assert_string_equal(at(done, "/data/width"), "10");

    const char *body =
        line_of(upload, "{\"content\":\"x\",\"account_ids\":[3001],\"media_ids\":[\"", "/data/media_id", "\"]}");
    struct mock_response post = mock_call(*state, POST("/posts"), body, AS_ACME);
    assert_int_equal(post.status, 201);
    assert_string_equal(at(post, "/data/media_ids/0"), at(upload, "/data/media_id"));
    assert_string_equal(at(post, "/data/media/0/filename"), "a.png");
}

static void the_upload_url_contains_the_namespace_and_the_mount(void **state)
{
    struct mock_response upload = mock_call(*state, ("POST /ns/mine/posteverywhere" V "/media/upload"),
                                            "{\"filename\":\"a.mp4\",\"content_type\":\"video/mp4\"}", AS_ACME);
    assert_int_equal(upload.status, 201);
    assert_true(str_starts(str_from(path_of(upload)), STR("/ns/mine/posteverywhere" V "/media/uploads/")));
    assert_string_equal(at(upload, "/data/upload_method/method"), "PUT");
    struct mock_response sent = mock_call(*state, arena_printf(upload.arena, "PUT %s", path_of(upload)), "bytes");
    assert_int_equal(sent.status, 200);
}

static void media_that_was_not_uploaded_cannot_be_posted(void **state)
{
    struct mock_response upload =
        start_upload(*state, "{\"filename\":\"a.png\",\"content_type\":\"image/png\",\"size\":10}");
    const char *body =
        line_of(upload, "{\"content\":\"x\",\"account_ids\":[3001],\"media_ids\":[\"", "/data/media_id", "\"]}");
    assert_refused(mock_call(*state, POST("/posts"), body, AS_ACME), 400, "file_not_uploaded");
}

static void an_invalid_upload_is_refused(void **state)
{
    static const struct {
        const char *body, *code;
    } rows[] = {
        {"{\"content_type\":\"image/png\"}",                                            "validation_error"      },
        {"{\"filename\":\"a\",\"content_type\":\"text/html\"}",                         "unsupported_media_type"},
        {"{\"filename\":\"a\",\"content_type\":\"image/png\",\"size\":20971521}",       "file_too_large"        },
        {"{\"filename\":\"a\",\"content_type\":\"video/mp4\",\"file_size\":524288001}", "file_too_large"        },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(start_upload(*state, rows[i].body), 400, rows[i].code);
    assert_refused(mock_call(*state, "PUT " V "/media/uploads/nothing", "x"), 404, "not_found");
    assert_refused(
        mock_call(*state, POST("/media/upload-from-url"), "{\"url\":\"https://example.com/a.mp4\"}", AS_ACME), 415,
        "unsupported_media_type");
    assert_refused(mock_call(*state, POST("/media/upload-from-url"), "{\"url\":\"nowhere\"}", AS_ACME), 400,
                   "validation_error");
}

static void media_are_listed_newest_first_until_they_are_deleted(void **state)
{
    struct mock_response created =
        mock_call(*state, POST("/media/upload-from-url"), "{\"url\":\"https://example.com/cups.png\"}", AS_ACME);
    assert_int_equal(created.status, 201);
    assert_string_equal(at(created, "/data/status"), "ready");
    struct mock_response list = mock_call(*state, GET("/media?type=image"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/media/0/filename"), "cups.png");
    assert_string_equal(at(list, "/data/media/1/filename"), "cup.jpg");
    assert_string_equal(at(list, "/data/pagination/total"), "2");
    list = mock_call(*state, GET("/media?type=video"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/media"), "[]");

    const char *line = line_of(created, DELETE("/media/"), "/data/id", "");
    struct mock_response gone = mock_call(*state, line, NULL, AS_ACME);
    assert_string_equal(at(gone, "/data/deleted"), "true");
    assert_refused(mock_call(*state, line, NULL, AS_ACME), 404, "not_found");
    list = mock_call(*state, GET("/media?limit=1"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/media/0/filename"), "cup.jpg");
    assert_string_equal(at(list, "/data/pagination/has_more"), "false");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PE_TEST(an_uploaded_file_can_be_posted),
        PE_TEST(the_upload_url_contains_the_namespace_and_the_mount),
        PE_TEST(media_that_was_not_uploaded_cannot_be_posted),
        PE_TEST(an_invalid_upload_is_refused),
        PE_TEST(media_are_listed_newest_first_until_they_are_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
