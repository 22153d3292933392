/* The request log: its lines, and what they must not contain. */
#include "mockserver/tests/served_mock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json.h"
#include "mockserver/server/request_log.h"
#include "mockserver/state/webhook.h"

#define KEY     "lp_live_01HX9Y6K7EJ4T2_full"
#define PROJECT "prj_01HX9Y7K8M2P4RSTUV56789AB"
#define CALLS   3000

static struct setup *setup_of(void **state)
{
    return *state;
}

static int open_file(void)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = dup(fileno(file));
    (void)fclose(file);
    return fd;
}

static void log_to(struct setup *s, int fd, bool json, bool debug, bool terminal)
{
    const struct request_log_options options = {
        .fd = fd, .json = json, .debug = debug, .terminal = terminal, .colour = terminal};
    s->mock->log = request_log_new(s->rig.loop, &options);
}

/* Ends the log and returns what it has written to the file. */
static const char *end_log(struct setup *s, int fd)
{
    request_log_free(s->mock->log);
    s->mock->log = NULL;
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = arena_alloc(&s->rig.arena, (size_t)size + 1);
    assert_int_equal(pread(fd, text, (size_t)size, 0), size);
    close(fd);
    return text;
}

static void send_raw(struct setup *s, const char *bytes)
{
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(bytes));
    client_read_end(c);
    client_end(c);
}

static void each_call_is_a_line_of_json(void **state)
{
    struct setup *s = setup_of(state);
    int fd = open_file();
    log_to(s, fd, true, false, false);
    ask(s, "POST /__admin/rules",
        "{\"name\":\"busy\",\"on\":\"layers.whoami\",\"when\":{\"nth\":2},\"then\":[{\"respond\":{\"error\":"
        "\"RATE_LIMITED\"}}]}");
    ask(s, "GET /ns/t/layers/v1/projects/" PROJECT "/social-accounts?limit=1&platform=tiktok", "");
    ask(s, "GET /v1/whoami", "");
    ask(s, "GET /v1/whoami", "");
    ask(s, "GET /v1/projets", "");
    struct str rest = str_from(end_log(s, fd));
    static const struct {
        const char *pointer[2], *value[2];
    } rows[] = {
        {{"/path", "/status"},      {"/__admin/rules", "201"}                               },
        {{"/path", "/namespace"},   {"/layers/v1/projects/" PROJECT "/social-accounts", "t"}},
        {{"/operation", "/status"}, {"whoami", "200"}                                       },
        {{"/rules/0", "/status"},   {"busy", "429"}                                         },
        {{"/nearest/0", "/fault"},  {"GET /v1/projects", "no_route"}                        },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *n = json_parse(&s->rig.arena, str_cut(&rest, '\n'), "line", NULL);
        assert_non_null(n);
        assert_int_equal(node_count(n), 16);
        assert_string_equal(node_get_text(n, "event"), "call");
        for (size_t j = 0; j < 2; j++) {
            const struct node *value = node_pointer(n, rows[i].pointer[j]);
            const char *text = value && value->kind == NODE_TEXT ? node_text(value) : json_print(&s->rig.arena, value);
            assert_string_equal(text, rows[i].value[j]);
        }
        if (i == 1)
            assert_string_equal(node_text(node_pointer(n, "/query/1")), "platform");
    }
    assert_int_equal(rest.n, 0);
}

/* A limit of the file's size stands for a full disk: a part of the last line fits, and later there is room again. */
static void after_a_full_disk_the_next_line_is_complete(void **state)
{
    struct setup *s = setup_of(state);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 1000;
    int fd = open_file();
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    log_to(s, fd, true, false, false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 10; i++)
        ask(s, "GET /v1/whoami", "");
    assert_int_equal(lseek(fd, 0, SEEK_END), 1000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    ask(s, "GET /v1/whoami", "");
    ask(s, "GET /v1/whoami", "");
    struct str rest = str_from(end_log(s, fd));
    signal(SIGXFSZ, handler);
    size_t lines = 0, complete = 0;
    for (; rest.n; lines++)
        complete += json_parse(&s->rig.arena, str_cut(&rest, '\n'), "line", NULL) != NULL;
    assert_true(complete >= 4);
    assert_int_equal(lines - complete, 1);
}

static void each_call_is_a_line_of_text(void **state)
{
    struct setup *s = setup_of(state);
    int fd = open_file();
    log_to(s, fd, false, false, false);
    ask(s, "GET /v1/whoami?limit=1", "");
    ask(s, "PATCH /ns/t/v1/whoami", "");
    const char *text = end_log(s, fd);
    assert_ptr_equal(strstr(text, "info: 20"), text);
    assert_non_null(strstr(text, " 200 GET /v1/whoami?limit "));
    assert_non_null(strstr(text, " namespace=default\n"));
    assert_non_null(strstr(text, " 405 PATCH /v1/whoami "));
    assert_non_null(strstr(text, " namespace=t note=\"no such method; nearest: GET /v1/whoami\"\n"));
    assert_null(strchr(text, '\x1b'));
}

static void a_terminal_gets_colours(void **state)
{
    struct setup *s = setup_of(state);
    int fd = open_file();
    log_to(s, fd, false, false, true);
    ask(s, "GET /v1/whoami", "");
    assert_non_null(strstr(end_log(s, fd), "\x1b[32m  200  \x1b[0m\x1b[1mGET    \x1b[0m/v1/whoami"));
}

static void reads_of_the_admin_api_are_shown_only_at_debug(void **state)
{
    struct setup *s = setup_of(state);
    for (int debug = 0; debug < 2; debug++) {
        int fd = open_file();
        log_to(s, fd, false, debug, false);
        ask(s, "GET /__admin/health", "");
        ask(s, "GET /__admin/nowhere", "");
        const char *text = end_log(s, fd);
        assert_int_equal(strstr(text, "/__admin/health") != NULL, debug);
        assert_non_null(strstr(text, "/__admin/nowhere"));
    }
}

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void secrets_and_control_bytes_are_never_written(void **state)
{
    static const char *const requests[] = {
        "GET /v1/whoami?api_key=" KEY END,
        "GET /v1/whoami?" KEY END,
        "GET /v1/whoami?" KEY "=" END,
        "GET /v1/whoami?code=oauthcode123&state=statevalue123" END,
        "GET /v1/" KEY "/x" END,
        "GET /v1/%6cp_live_01HX9Y6K7EJ4T2_full/x" END,
        "GET /ns/" KEY "/v1/whoami" END,
        "GET /v1/key:" KEY END,
        "GET /v1/%22" KEY "%22" END,
        "GET /v1/whoami;x-" KEY END,
        "GET /v1/(whsec_signingsecret)" END,
        "GET /v1/x.hooksecretvalue" END,
        "GET /v1/the-admintokenvalue" END,
        "GET /v1/whoami?admintokenvalue=x" END,
        "GET /v1/ownvalue12345 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ownvalue12345\r\n\r\n",
        "GET /v1/pe_live_a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4" END,
        "GET /v1/social/oauth-status/statevalue123" END,
        "GET /__consent/layers/statevalue123" END,
        "GET /ns/t/__consent/posteverywhere/statevalue123" END,
        "GET /posteverywhere/api/v1/media/uploads/uploadtoken123" END,
        "GET /whsec_signingsecret" END,
        "GET /v1/token=passwordvalue" END,
        "GET http://user:passwordvalue@x/a" END,
        "GET //user:passwordvalue@x/a" END,
        "GET /v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Mock-Namespace: " KEY "\r\n\r\n",
        "GET /\033[31mred\007" END,
        "GET /a%1b%0dforged" END,
        "G\033[31mT /a" END,
        "GET /\303\251" END,
        "GET /v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Mock-Namespace: \xff\xfe\r\n\r\n",
    };
    static const char *const secrets[] = {
        "01HX9Y6K7EJ4T2", "oauthcode",   "statevalue", "passwordvalue", "a1b2c3d4",
        "signingsecret",  "uploadtoken", "hooksecret", "admintoken",    "ownvalue",
    };
    struct setup *s = setup_of(state);
    const struct webhook hook = {
        .public_id = "hook", .url = "http://127.0.0.1:9/", .events = "", .secret = "hooksecretvalue"};
    webhook_create(namespaces_at(s->mock->namespaces, 0)->world, 1, &hook);
    s->mock->options.admin_token = "admintokenvalue";
    for (int format = 0; format < 3; format++) {
        int fd = open_file();
        log_to(s, fd, format == 1, true, format == 2);
        for (size_t i = 0; i < COUNT(requests); i++)
            send_raw(s, requests[i]);
        const char *text = end_log(s, fd);
        for (size_t i = 0; i < COUNT(secrets); i++)
            if (strstr(text, secrets[i]))
                fail_msg("format %d: the log has %s:\n%s", format, secrets[i], text);
        size_t lines = 0;
        for (const char *c = text; *c; c++) {
            lines += *c == '\n';
            if (*c == '\x1b' && format == 2 && c[1] == '[' && strchr("0123", c[2]))
                continue; /* our colours */
            if (((unsigned char)*c < ' ' && *c != '\n') || (unsigned char)*c >= 0x7f)
                fail_msg("format %d: byte %02x in:\n%s", format, (unsigned char)*c, text);
        }
        assert_int_equal(lines, COUNT(requests));
    }
}

static void a_line_has_the_beginning_of_a_long_target(void **state)
{
    struct setup *s = setup_of(state);
    struct buf line = {.arena = &s->rig.arena};
    int fd = open_file();
    log_to(s, fd, false, false, false);
    buf_text(&line, "GET /v1/long");
    for (int i = 0; i < 100; i++)
        buf_text(&line, "/longer");
    buf_text(&line, "?a=1");
    for (int i = 0; i < 1000; i++)
        buf_text(&line, "&b=2");
    ask(s, buf_c(&line), "");
    const char *text = end_log(s, fd);
    assert_non_null(strstr(text, "...?a&b&b&b"));
    assert_non_null(strstr(text, "&b&b&... "));
    assert_true(strlen(text) < 700);
}

/* Nobody reads the pipe: the calls go on, and the number of dropped lines is written when there is room. */
static void a_slow_reader_never_delays_a_call(void **state)
{
    struct setup *s = setup_of(state);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    log_to(s, ends[1], false, false, false);
    struct client *c = client_new(&s->rig);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(client_request(c, request(s, "GET /v1/whoami", "")).status / 100 % 2, 0);
    client_end(c);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0); /* other programs have it too */

    struct buf all = {.arena = &s->rig.arena};
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    for (int i = 0; i < 200 && !(all.n && strstr(buf_c(&all), "are not shown")); i++) {
        ssize_t n = read(ends[0], buf_reserve(&all, 4096), 4096);
        all.n += n > 0 ? (size_t)n : 0;
        loop_step(s->rig.loop, 1000);
    }
    assert_non_null(strstr(buf_c(&all), "calls are not shown, because the output is slow\n"));
    request_log_free(s->mock->log);
    s->mock->log = NULL;
    close(ends[0]);
    close(ends[1]);
}

static void a_client_that_closes_early_is_noted(void **state)
{
    struct setup *s = setup_of(state);
    int fd = open_file();
    ask(s, "POST /__admin/rules",
        "{\"name\":\"cut\",\"on\":\"layers.whoami\",\"then\":[{\"close_connection\":\"mid_body\"}]}");
    log_to(s, fd, false, false, false);
    send_raw(s, "GET /v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " KEY "\r\n\r\n");
    assert_non_null(strstr(end_log(s, fd), "rules=\"cut\" note=\"connection closed by a rule\"\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_call_is_a_line_of_json),
        TEST(after_a_full_disk_the_next_line_is_complete),
        TEST(each_call_is_a_line_of_text),
        TEST(a_terminal_gets_colours),
        TEST(reads_of_the_admin_api_are_shown_only_at_debug),
        TEST(secrets_and_control_bytes_are_never_written),
        TEST(a_line_has_the_beginning_of_a_long_target),
        TEST(a_slow_reader_never_delays_a_call),
        TEST(a_client_that_closes_early_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
