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
    assert_null(at(post, "/data/media")); /* a create returns only the ids */
    const char *line = line_of(post, GET("/posts/"), "/data/post_id", "");
    assert_string_equal(at(mock_call(*state, line, NULL, AS_ACME), "/data/media/0/filename"), "a.png");
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
}

static struct mock_response import(struct mock *m, const char *url)
{
    char body[300];
    (void)snprintf(body, sizeof body, "{\"url\":\"%s\"}", url);
    return mock_call(m, POST("/media/upload-from-url"), body, AS_ACME);
}

static void an_imported_image_is_ready_at_once(void **state)
{
    struct mock_response a = import(*state, "https://example.com/a/cups.WEBP?w=1");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/data/media_status"), "ready");
    assert_string_equal(at(a, "/data/type"), "image");
    assert_string_equal(at(a, "/data/content_type"), "image/webp");
    assert_string_equal(at(a, "/data/filename"), "cups.WEBP");
    assert_string_equal(at(a, "/data/media_ids/0"), at(a, "/data/media_id"));
    assert_string_equal(at(a, "/data/source_url"), "https://example.com/a/cups.WEBP?w=1");
    assert_true(str_starts(str_from(at(a, "/data/url")), STR("https://")));
    struct mock_response got = mock_call(*state, line_of(a, GET("/media/"), "/data/media_id", ""), NULL, AS_ACME);
    assert_string_equal(at(got, "/data/size"), at(a, "/data/size"));
    assert_string_equal(at(got, "/data/dimensions"), "{\"width\":1200,\"height\":900}");
    assert_string_equal(at(got, "/data/aspect_ratio"), "1.333");
    assert_string_equal(at(got, "/data/orientation"), "landscape");
    assert_null(at(got, "/data/url")); /* the page: no URL */
}

static void an_imported_video_can_be_posted_only_when_it_is_ready(void **state)
{
    struct mock_response a = import(*state, "https://example.com/reel.mp4");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/data/media_status"), "uploading");
    assert_string_equal(at(a, "/data/url"), "null");
    const char *post =
        line_of(a, "{\"content\":\"x\",\"account_ids\":[3001],\"media_ids\":[\"", "/data/media_id", "\"]}");
    const char *read = line_of(a, GET("/media/"), "/data/media_id", "");
    advance(*state, 1999);
    assert_refused(mock_call(*state, POST("/posts"), post, AS_ACME), 400, "file_not_uploaded");
    assert_refused(mock_call(*state, line_of(a, POST("/media/"), "/data/media_id", "/complete"), NULL, AS_ACME), 400,
                   "file_not_uploaded");
    assert_refused(mock_call(*state, line_of(a, "PUT " V "/media/uploads/", "/data/media_id", ""), "x"), 404,
                   "not_found");
    assert_string_equal(at(mock_call(*state, read, NULL, AS_ACME), "/data/status"), "uploading");
    advance(*state, 1);
    struct mock_response got = mock_call(*state, read, NULL, AS_ACME);
    assert_string_equal(at(got, "/data/status"), "ready");
    assert_string_equal(at(got, "/data/duration"), "15");
    assert_int_equal(mock_call(*state, POST("/posts"), post, AS_ACME).status, 201);
}

static void an_import_that_cannot_reach_its_url_fails(void **state)
{
    assert_refused(import(*state, "https://files.invalid/a.png"), 400, "upload_failed");
    struct mock_response a = import(*state, "https://files.invalid/a.mp4");
    assert_int_equal(a.status, 201);
    assert_string_equal(at(a, "/data/media_status"), "uploading");
    advance(*state, 2000);
    struct mock_response got = mock_call(*state, line_of(a, GET("/media/"), "/data/media_id", ""), NULL, AS_ACME);
    assert_string_equal(at(got, "/data/status"), "failed");
    assert_true(strlen(at(got, "/data/error_message")) > 5);
    assert_refused(
        mock_call(*state, POST("/posts"),
                  line_of(a, "{\"content\":\"x\",\"account_ids\":[3001],\"media_ids\":[\"", "/data/media_id", "\"]}"),
                  AS_ACME),
        400, "upload_failed");
    assert_refused(mock_call(*state, line_of(a, POST("/media/"), "/data/media_id", "/complete"), NULL, AS_ACME), 400,
                   "upload_failed");
}

static void only_public_https_urls_of_images_and_mp4_are_imported(void **state)
{
    static const struct {
        const char *url;
        int status;
        const char *code;
    } rows[] = {
        {"nowhere",                       400, "validation_error"      },
        {"http://example.com/a.png",      400, "validation_error"      },
        {"https://localhost/a.png",       400, "validation_error"      },
        {"https://10.1.2.3/a.png",        400, "validation_error"      },
        {"https://172.31.0.1/a.mp4",      400, "validation_error"      },
        {"https://192.168.1.1/a.mp4",     400, "validation_error"      },
        {"https://169.254.169.254/a.png", 400, "validation_error"      },
        {"https://[fd00::1]/a.png",       400, "validation_error"      },
        {"https://example.com/a.MOV",     415, "unsupported_media_type"},
        {"https://example.com/a.webm",    415, "unsupported_media_type"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(import(*state, rows[i].url), rows[i].status, rows[i].code);
    assert_int_equal(import(*state, "https://172.32.0.1/a.png").status, 201);
}

static void a_fixture_sets_how_long_an_import_takes(void **state)
{
    (void)state;
    static const struct {
        const char *timings, *status;
    } rows[] = {
        {"{ media_import: 0s }",              "ready"    },
        {"{ media_import: 1m }",              "uploading"},
        {"{ publish: 1s }",                   "uploading"},
        {"{ publish: 1s, media_import: 0s }", "ready"    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char yaml[500];
        (void)snprintf(yaml, sizeof yaml,
                       "timings: %s\nposteverywhere: { organizations: [ { name: A, keys: [ { name: a, key: "
                       "pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a } ] } ] }\n",
                       rows[i].timings);
        struct mock *m = mock_test_new(yaml);
        struct mock_response a = import(m, "https://example.com/reel.mp4");
        assert_string_equal(at(a, "/data/media_status"), "uploading");
        a = mock_call(m, line_of(a, GET("/media/"), "/data/media_id", ""), NULL, AS_ACME);
        assert_string_equal(at(a, "/data/status"), rows[i].status);
        void *held = m;
        mock_test_teardown(&held);
    }
}

static void media_are_listed_newest_first_until_they_are_deleted(void **state)
{
    struct mock_response created =
        mock_call(*state, POST("/media/upload-from-url"), "{\"url\":\"https://example.com/cups.png\"}", AS_ACME);
    assert_int_equal(created.status, 201);
    struct mock_response list = mock_call(*state, GET("/media?type=image"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/media/0/filename"), "cups.png");
    assert_string_equal(at(list, "/data/media/1/filename"), "cup.jpg");
    assert_string_equal(at(list, "/data/pagination/total"), "2");
    assert_string_equal(at(list, "/data/total"), "2");
    list = mock_call(*state, GET("/media?type=video"), NULL, AS_ACME);
    assert_string_equal(at(list, "/data/media"), "[]");

    const char *line = line_of(created, DELETE("/media/"), "/data/media_id", "");
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
        PE_TEST(an_imported_image_is_ready_at_once),
        PE_TEST(an_imported_video_can_be_posted_only_when_it_is_ready),
        PE_TEST(an_import_that_cannot_reach_its_url_fails),
        PE_TEST(only_public_https_urls_of_images_and_mp4_are_imported),
        cmocka_unit_test(a_fixture_sets_how_long_an_import_takes),
        PE_TEST(media_are_listed_newest_first_until_they_are_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
