/* Runs the mockserver binary: options, the ready line, exit status. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/file.h"
#include "base/http/certificate.h"
#include "base/json.h"
#include "base/tests/server_rig.h"
#include "base/time.h"
#include "base/url.h"

#define WORDS_MAX  8
#define TIMEOUT_MS 10000
#define LIST       "GET /v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social-accounts"
#define SAMPLE     SOURCE_DIR "/fixtures/sample.yaml"
#define NO_PAIR    "--tls-cert " SAMPLE " --tls-key " SAMPLE
#define KEY        "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_full\r\n"

struct program {
    pid_t pid;
    int out, err; /* pipes from its stdout and stderr */
    struct arena arena;
};

/* Replaces this process. `words` is separated by blanks; NAME=value before the first option is put
 * into the environment. */
static void exec_mockserver(const char *words)
{
    static char line[512];
    char *argv[WORDS_MAX + 2] = {(char[]){"mockserver"}};
    size_t count = 1;
    snprintf(line, sizeof line, "%s", words);
    for (char *w = strtok(line, " "); w && count <= WORDS_MAX; w = strtok(NULL, " "))
        if (count == 1 && strchr(w, '=') && w[0] != '-')
            putenv(w);
        else
            argv[count++] = w;
    execv(MOCKSERVER_BINARY, argv);
    _exit(127);
}

static struct program start(const char *words)
{
    int out[2], err[2];
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    struct program p = {.pid = fork(), .out = out[0], .err = err[0]};
    if (p.pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(out[0]);
        close(err[0]);
        close(out[1]);
        close(err[1]);
        exec_mockserver(words);
    }
    close(out[1]);
    close(err[1]);
    return p;
}

/* Reads until the end of the stream or, with `line`, until the first line is complete. */
static const char *read_from(struct program *p, int fd, bool line)
{
    struct buf text = {.arena = &p->arena};
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t n;
    do {
        assert_int_equal(poll(&ready, 1, TIMEOUT_MS), 1);
        n = read(fd, buf_reserve(&text, 4096), 4096);
        text.n += n > 0 ? (size_t)n : 0;
    } while (n > 0 && !(line && memchr(text.data, '\n', text.n)));
    buf_byte(&text, '\0');
    return text.data;
}

static int wait_for_exit(struct program *p)
{
    int status;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(p->out);
    close(p->err);
    arena_end(&p->arena);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int port_of(struct program *p, const char *member)
{
    struct url url;
    const struct node *ready = json_parse(&p->arena, str_from(read_from(p, p->out, true)), "ready", NULL);
    assert_non_null(ready);
    assert_true(url_parse(&p->arena, node_get_text(ready, member), &url, NULL));
    return url.port;
}

static void invalid_options_print_an_error_and_exit_with_status_2(void **state)
{
    static const struct {
        const char *words, *expected;
    } rows[] = {
        {"--port 99999",                            "expected 0 to 65535"                            },
        {"--port=",                                 "expected 0 to 65535"                            },
        {"UNDERSTUDY_MOCK_PORT=x",                  "UNDERSTUDY_MOCK_PORT"                           },
        {"UNDERSTUDY_MOCK_NO_WATCH=maybe",          "UNDERSTUDY_MOCK_NO_WATCH"                       },
        {"--namespaces 0",                          "expected 1 to 1000000"                          },
        {"--namespace-idle 10",                     "expected a duration such as 90s"                },
        {"--namespace-idle -1h",                    "expected a duration such as 90s"                },
        {"--history -1",                            "expected 0 (all) to 2147483647"                 },
        {"--history-age 90",                        "expected a duration such as 12h or 90d"         },
        {"--journal-bytes 8M",                      "expected a size such as 512KiB"                 },
        {"UNDERSTUDY_MOCK_JOURNAL_BYTES=10",        "at least 1KiB"                                  },
        {"--log-format xml",                        "expected text or json"                          },
        {"--log loud",                              "expected quiet, error, warn, info or debug"     },
        {"--consent here",                          "expected 'provider' or 'local'"                 },
        {"--public-url ftp://x",                    "expected an http or https URL"                  },
        {"--public-url http://x/?a=1",              "expected a URL without query and fragment"      },
        {"--listen 0.0.0.0",                        "add --admin-token or --no-admin"                },
        {"--listen 0.0.0.0 --admin-port 0",         "add --admin-token or --no-admin"                },
        {"--listen 127.1",                          "add --admin-token or --no-admin"                },
        {"--listen 127.evil.test",                  "expected an IP address or localhost"            },
        {"--listen [127.0.0.1]",                    "expected an IP address or localhost"            },
        {"--listen [::1",                           "expected an IP address or localhost"            },
        {"--listen [::]",                           "add --admin-token or --no-admin"                },
        {"--listen ::ffff:10.0.0.1",                "add --admin-token or --no-admin"                },
        {"--no-admin --admin-token x",              "--no-admin and --admin-token exclude each other"},
        {"healthcheck http://127.0.0.1:9 --port 1", "URL and --port exclude each other"              },
        {"--listen 127.0.0.1.",                     "expected an IP address"                         },
        {"--tls-cert /no/such.pem",                 "--tls-cert and --tls-key need each other"       },
        {"--tls --tls-cert a --tls-key b",          "--tls and --tls-cert exclude each other"        },
        {"--tls-cert /no/such --tls-key " SAMPLE,   "/no/such: No such file"                         },
        {NO_PAIR,                                   SAMPLE ": no PEM certificate in this file"       },
        {"TMPDIR=/no/such --tls",                   "cannot write the certificate"                   },
        {"--cors https://a.example/x",              "expected scheme://host[:port]"                  },
        {"UNDERSTUDY_MOCK_CORS=*,b",                "UNDERSTUDY_MOCK_CORS"                           },
        {"--no-admin --admin-port 0",               "exclude each other"                             },
        {"--public-url http://x --trust-forwarded", "exclude each other"                             },
        {"--fixture /no/such.yaml",                 "/no/such.yaml: "                                },
        {"UNDERSTUDY_MOCK_FIXTURE=/no/such.yaml",   "/no/such.yaml: "                                },
        {"--client-report=",                        "expected a file name"                           },
        {"--client-report /no/such.xml",            "cannot write /no/such.xml"                      },
        {"srve",                                    "unknown command 'srve' (did you mean 'serve'?)" },
        {"what",                                    "unknown command 'what'"                         },
        {"routes what",                             "routes takes none"                              },
        {"replay a b",                              "replay takes one: FILE"                         },
        {"record --port 0",                         "record needs --to FILE"                         },
        {"--port 0 lint",                           "command 'lint' must come before all options"    },
        {"lint",                                    "missing argument: lint needs FILE..."           },
        {"lint /no/such.yaml",                      "/no/such.yaml: "                                },
        {"schema rules",                            "did you mean 'rule'?"                           },
        {"healthcheck zzz",                         "invalid URL 'zzz'"                              },
        {"export --namespace a",                    "--namespace needs --from"                       },
        {"export --cacert a",                       "--cacert needs --from"                          },
        {"export --from ftp://x",                   "expected an http or https URL"                  },
        {"export --from http://x --namespace a/b",  "expected 1 to 64 of A-Z a-z 0-9"                },
        {"export --from http://x --fixture x",      "exclude each other"                             },
        {"export --fixture a --fixture b",          "export takes one"                               },
        {"export --fixture /no/such.yaml",          "/no/such.yaml: "                                },
        {"--bogus",                                 "--bogus"                                        },
        {"--fixture " SAMPLE " --fixture " SAMPLE,  "name 'sample' is also the name of"              },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct program p = start(rows[i].words);
        const char *text = read_from(&p, p.err, false);
        if (!strstr(text, rows[i].expected))
            print_error("%s: stderr is: %s\n", rows[i].words, text);
        assert_non_null(strstr(text, rows[i].expected));
        assert_string_equal(read_from(&p, p.out, false), "");
        assert_int_equal(wait_for_exit(&p), 2);
    }
}

static int listen_on_any_port(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void a_port_in_use_is_an_error(void **state)
{
    (void)state;
    int port, fd = listen_on_any_port(&port);
    char words[64];
    snprintf(words, sizeof words, "--port %d", port);
    struct program p = start(words);
    assert_non_null(strstr(read_from(&p, p.err, false), "address already in use"));
    assert_int_equal(wait_for_exit(&p), 2);
    close(fd);
}

static void an_option_overrides_the_environment(void **state)
{
    (void)state;
    struct program p = start("UNDERSTUDY_MOCK_PORT=x UNDERSTUDY_MOCK_LISTEN=127.0.0.1 --port 0");
    assert_true(port_of(&p, "url") > 0);
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
}

static void commands_print_to_stdout(void **state)
{
    static const struct {
        const char *words, *expected;
    } rows[] = {
        {"--help",                                   "Usage: mockserver"                        },
        {"--help",                                   "\n  record               Serve, and record the run to a file.\n"
                   "  replay FILE "                                           },
        {"--help",                                   "Usage: mockserver [COMMAND] [OPTION...]\n"},
        {"serve --usage",                            "Usage: mockserver serve ["                },
        {"serve --help",                             "--fixture"                                },
        {"lint --help",                              "Usage: mockserver lint"                   },
        {"--version",                                "mockserver "                              },
        {"routes",                                   "layers.list_social_accounts"              },
        {"routes",                                   "admin.explain"                            },
        {"schema rule",                              "\"$schema\""                              },
        {"reference",                                "# Mock server reference"                  },
        {"routes --json",                            "{\"items\":[{\"provider\":"               },
        {"capabilities",                             "\"simulations\":["                        },
        {"lint " SOURCE_DIR "/fixtures/sample.yaml", ": ok\n"                                   },
        {"export --help",                            "secrets included"                         },
        {"export --fixture " SAMPLE,                 "\"name\": \"sample\""                     },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct program p = start(rows[i].words);
        assert_non_null(strstr(read_from(&p, p.out, false), rows[i].expected));
        assert_int_equal(wait_for_exit(&p), 0);
    }
}

static struct client *connect_to(struct rig *g, int port, const char *head)
{
    struct client *c = client_on(g, rig_connect(port));
    client_send(c, str_from(arena_printf(&g->arena, "%s HTTP/1.1\r\nHost: 127.0.0.1\r\n" KEY "%s", head,
                                         strstr(head, "POST") ? "" : "\r\n")));
    return c;
}

static void the_ready_line_has_the_urls_and_healthcheck_passes(void **state)
{
    (void)state;
    struct rig g = {.loop = loop_new()};
    struct program p = start("--port 0 --admin-port 0");
    const struct node *ready = json_parse(&p.arena, str_from(read_from(&p, p.out, true)), "ready", NULL);
    struct url url, admin;
    assert_true(url_parse(&p.arena, node_get_text(ready, "url"), &url, NULL));
    assert_true(url_parse(&p.arena, node_get_text(ready, "admin"), &admin, NULL));
    assert_true(node_pointer(ready, "/ready")->truth);
    assert_int_equal(node_pointer(ready, "/pid")->integer, p.pid);
    assert_int_equal(node_pointer(ready, "/port")->integer, url.port);
    assert_string_equal(node_text(node_pointer(ready, "/bases/layers")),
                        arena_printf(&p.arena, "%s/layers", node_get_text(ready, "url")));
    assert_int_equal(client_read_last(connect_to(&g, url.port, "GET /__admin/health")).status, 404);
    assert_int_equal(client_read_last(connect_to(&g, admin.port, "GET /__admin/health")).status, 200);
    assert_int_equal(client_read_last(connect_to(&g, url.port, LIST)).status, 200);

    char words[64];
    snprintf(words, sizeof words, "healthcheck http://127.0.0.1:%d", url.port);
    struct program check = start(words);
    assert_int_equal(wait_for_exit(&check), 0);
    kill(p.pid, SIGINT);
    assert_int_equal(wait_for_exit(&p), 0);
    check = start(words);
    assert_int_equal(wait_for_exit(&check), 1);
    loop_free(g.loop);
    arena_end(&g.arena);
}

static void localhost_is_both_loopback_addresses_with_one_port(void **state)
{
    static const char *const words[] = {"--port 0 --listen localhost", "--port 0 --listen LOCALHOST --admin-port 0"};
    (void)state;
    struct rig g = {.loop = loop_new()};
    for (size_t i = 0; i < COUNT(words); i++) {
        struct program p = start(words[i]);
        const struct node *ready = json_parse(&p.arena, str_from(read_from(&p, p.out, true)), "ready", NULL);
        int port = (int)node_pointer(ready, "/port")->integer;
        assert_string_equal(node_get_text(ready, "url"), arena_printf(&p.arena, "http://localhost:%d", port));
        assert_int_equal(client_read_last(connect_to(&g, port, LIST)).status, 200);
        int six = rig_connect_six(port);
        assert_true(six >= 0);
        struct client *c = client_on(&g, six);
        client_send(c, STR("GET /v1/whoami HTTP/1.1\r\nHost: [::1]\r\n" KEY "\r\n"));
        assert_int_equal(client_read_last(c).status, 200);
        kill(p.pid, SIGTERM);
        assert_int_equal(wait_for_exit(&p), 0);
    }
    loop_free(g.loop);
    arena_end(&g.arena);
}

static void localhost_with_a_port_in_use_is_an_error(void **state)
{
    (void)state;
    int port, fd = listen_on_any_port(&port);
    char words[64];
    snprintf(words, sizeof words, "--port %d --listen localhost", port);
    struct program p = start(words);
    assert_non_null(strstr(read_from(&p, p.err, false), "address already in use"));
    assert_int_equal(wait_for_exit(&p), 2);
    close(fd);
}

static void an_ipv6_address_may_be_in_brackets(void **state)
{
    (void)state;
    struct program p = start("--port 0 --listen [::1]");
    const struct node *ready = json_parse(&p.arena, str_from(read_from(&p, p.out, true)), "ready", NULL);
    int port = (int)node_pointer(ready, "/port")->integer;
    assert_string_equal(node_get_text(ready, "url"), arena_printf(&p.arena, "http://[::1]:%d", port));
    kill(p.pid, SIGTERM);
    assert_string_equal(read_from(&p, p.err, false), "");
    assert_int_equal(wait_for_exit(&p), 0);
}

/* Makes one call to a mock whose standard error is a terminal; returns what the terminal shows. */
static const char *shown_on_a_terminal(struct arena *a, const char *words)
{
    struct rig g = {.loop = loop_new()};
    int out[2], master, terminal;
    assert_int_equal(pipe(out), 0);
    assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    struct program p = {.pid = fork(), .out = out[0], .err = -1};
    if (p.pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(terminal, STDERR_FILENO);
        exec_mockserver(words);
    }
    close(out[1]);
    int port = port_of(&p, "url");
    assert_int_equal(client_read_last(connect_to(&g, port, "GET /v1/whoami?a=b")).status / 500, 0);
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    close(terminal);
    char *text = arena_alloc(a, 8193);
    size_t n = 0;
    for (ssize_t more; n < 8192 && (more = read(master, text + n, 8192 - n)) > 0;)
        n += (size_t)more;
    close(master);
    loop_free(g.loop);
    arena_end(&g.arena);
    return text;
}

static void a_terminal_gets_a_banner_and_a_line_for_each_call(void **state)
{
    (void)state;
    struct arena a = {0};
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    const char *text = shown_on_a_terminal(&a, "--port 0");
    assert_non_null(strstr(text, "/posteverywhere/api/v1\r\n"));
    assert_non_null(strstr(text, "/__admin\r\n"));
    assert_non_null(strstr(text, "lp_live_01HX9Y6K7EJ4T2_full\r\n"));
    assert_non_null(strstr(text, "GET    \x1b[0m/v1/whoami?a "));

    text = shown_on_a_terminal(&a, "NO_COLOR=1 --port 0 --no-admin --fixture " SAMPLE);
    assert_non_null(strstr(text, "sample (" SAMPLE ")"));
    assert_non_null(strstr(text, "full, reader, test"));
    assert_null(strstr(text, "lp_live"));
    assert_non_null(strstr(text, "Admin API       off"));
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(shown_on_a_terminal(&a, "TERM=dumb --port 0"), '\x1b'));

    text = shown_on_a_terminal(&a, "--port 0 --log-format json");
    assert_ptr_equal(strstr(text, "{\"time\":"), text);
    assert_string_equal(shown_on_a_terminal(&a, "--port 0 --log error"), "");
    arena_end(&a);
}

static void without_a_terminal_there_is_no_banner(void **state)
{
    (void)state;
    struct rig g = {.loop = loop_new()};
    for (int quiet = 0; quiet < 2; quiet++) {
        struct program p = start(quiet ? "--port 0 --log warn" : "--port 0");
        assert_int_equal(client_read_last(connect_to(&g, port_of(&p, "url"), "GET /v1/whoami")).status, 200);
        kill(p.pid, SIGTERM);
        const char *text = read_from(&p, p.err, false);
        assert_int_equal(str_starts(str_from(text), STR("info: 20")), !quiet);
        assert_int_equal(strlen(text) > 0, !quiet);
        assert_null(strstr(text, "Understudy"));
        assert_int_equal(wait_for_exit(&p), 0);
    }
    loop_free(g.loop);
    arena_end(&g.arena);
}

static void the_ready_line_has_the_port_besides_a_public_url(void **state)
{
    (void)state;
    struct rig g = {.loop = loop_new()};
    struct program p = start("--port 0 --public-url http://mock.test:18080");
    const struct node *ready = json_parse(&p.arena, str_from(read_from(&p, p.out, true)), "ready", NULL);
    assert_string_equal(node_get_text(ready, "url"), "http://mock.test:18080");
    int port = (int)node_pointer(ready, "/port")->integer;
    assert_int_equal(client_read_last(connect_to(&g, port, LIST)).status, 200);
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    loop_free(g.loop);
    arena_end(&g.arena);
}

static const char *write_text(struct arena *a, const char *text)
{
    char *path = arena_text(a, "/tmp/program-XXXXXX");
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

static void a_given_certificate_is_served_and_healthcheck_does_not_verify_it(void **state)
{
    (void)state;
    struct arena a = {0};
    struct certificate pair;
    certificate_make(&a, (const char *const[]){"localhost"}, 1, &pair);
    const char *chain = write_text(&a, pair.chain), *key = write_text(&a, pair.key);
    struct program p = start(arena_printf(&a, "--port 0 --tls-cert %s --tls-key %s", chain, key));
    const struct node *ready = json_parse(&a, str_from(read_from(&p, p.out, true)), "ready", NULL);
    const char *url = node_get_text(ready, "url");
    assert_ptr_equal(strstr(url, "https://127.0.0.1:"), url);
    assert_null(node_get_text(ready, "certificate")); /* it is only set for a generated one */

    struct program check = start(arena_printf(&a, "healthcheck %s", url));
    assert_int_equal(wait_for_exit(&check), 0);
    check = start(arena_printf(&a, "healthcheck --tls --port %s", strrchr(url, ':') + 1));
    assert_int_equal(wait_for_exit(&check), 0);
    check = start(arena_printf(&a, "healthcheck http%s", url + strlen("https")));
    assert_int_equal(wait_for_exit(&check), 1);
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    unlink(chain);
    unlink(key);
    arena_end(&a);
}

/* Runs the program and returns its stdout; it must exit with `status`. */
static const char *output_of(struct arena *a, const char *words, int status)
{
    struct program p = start(words);
    const char *text = arena_text(a, read_from(&p, p.out, false));
    assert_int_equal(wait_for_exit(&p), status);
    return text;
}

static void export_from_https_needs_the_certificate_of_the_ready_line(void **state)
{
    (void)state;
    struct arena a = {0};
    struct program p = start("--port 0 --tls");
    const struct node *ready = json_parse(&a, str_from(read_from(&p, p.out, true)), "ready", NULL);
    const char *from = arena_printf(&a, "export --from %s", node_get_text(ready, "url"));
    assert_string_equal(output_of(&a, from, 3), ""); /* self-signed */
    assert_string_equal(output_of(&a, arena_printf(&a, "%s --cacert " SAMPLE, from), 3), "");
    const char *line = arena_printf(&a, "%s --cacert %s", from, node_get_text(ready, "certificate"));
    assert_non_null(strstr(output_of(&a, line, 0), "\"name\": \"sample\""));
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    arena_end(&a);
}

static const char *certificate_of(struct arena *a, struct program *p)
{
    const struct node *ready = json_parse(a, str_from(read_from(p, p->out, true)), "ready", NULL);
    return node_get_text(ready, "certificate");
}

static void others_can_read_the_generated_certificate_but_no_key_is_on_disk(void **state)
{
    (void)state;
    struct arena a = {0};
    mode_t before = umask(077);
    struct program p = start("--port 0 --tls");
    (void)umask(before);
    const char *file = certificate_of(&a, &p);
    struct stat is;
    size_t n;
    assert_int_equal(stat(file, &is), 0);
    assert_int_equal(is.st_mode & 0777, 0644);
    const char *why;
    char *text = file_read(file, 65536, &n, &why);
    assert_true(str_has(str_of(text, n), STR("BEGIN CERTIFICATE")));
    assert_false(str_has(str_of(text, n), STR("PRIVATE KEY")));
    heap_free(text);
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    arena_end(&a);
}

static void the_generated_certificate_is_removed_after_every_signal(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(signals); i++) {
        struct program p = start("--port 0 --tls");
        const char *file = certificate_of(&a, &p);
        assert_int_equal(access(file, F_OK), 0);
        kill(p.pid, signals[i]);
        assert_int_equal(wait_for_exit(&p), 0);
        assert_int_equal(access(file, F_OK), -1);
    }
    arena_end(&a);
}

/* The next mock removes it, but neither that of a running mock nor a file of another kind with such a name. */
static void the_certificate_of_a_killed_mock_is_removed_by_the_next_one(void **state)
{
    (void)state;
    struct arena a = {0};
    char folder[] = P_tmpdir "/program-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *words = arena_printf(&a, "TMPDIR=%s --port 0 --tls", folder);
    const char *other = arena_printf(&a, "%s/mockserver-others.pem", folder);
    assert_true(file_write(other, STR("-----BEGIN CERTIFICATE-----\n"), NULL));
    assert_int_equal(chmod(other, 0644), 0);
    struct program killed = start(words), running = start(words);
    const char *left = certificate_of(&a, &killed), *kept = certificate_of(&a, &running);
    kill(killed.pid, SIGKILL);
    assert_int_equal(waitpid(killed.pid, NULL, 0), killed.pid);
    assert_int_equal(access(left, F_OK), 0);
    struct program next = start(words);
    const char *own = certificate_of(&a, &next);
    assert_int_equal(access(left, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    assert_int_equal(access(own, F_OK), 0);
    assert_int_equal(access(other, F_OK), 0);
    kill(next.pid, SIGTERM);
    kill(running.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&next), 0);
    assert_int_equal(wait_for_exit(&running), 0);
    close(killed.out);
    close(killed.err);
    arena_end(&killed.arena);
    unlink(other);
    assert_int_equal(rmdir(folder), 0);
    arena_end(&a);
}

static void nohup_keeps_the_mock_running(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    struct program p = start("--port 0");
    signal(SIGHUP, SIG_DFL);
    int port = port_of(&p, "url");
    kill(p.pid, SIGHUP);
    struct rig g = {.loop = loop_new()};
    assert_int_equal(client_read_last(connect_to(&g, port, "GET /__admin/health")).status, 200);
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    loop_free(g.loop);
    arena_end(&g.arena);
}

static void a_namespace_of_a_running_mock_is_exported(void **state)
{
    (void)state;
    struct rig g = {.loop = loop_new()};
    struct program p = start("--port 0 --admin-token secret");
    int port = port_of(&p, "url");
    assert_int_equal(client_read_last(connect_to(&g, port, "GET /ns/mine/v1/whoami")).status, 200);
    const char *from = arena_printf(&g.arena, "export --from http://127.0.0.1:%d/", port);
    const char *line = arena_printf(&g.arena, "%s --admin-token secret", from);
    const struct node *exported = json_parse(&g.arena, str_from(output_of(&g.arena, line, 0)), "export", NULL);
    assert_string_equal(node_get_text(exported, "name"), "sample");
    assert_true(node_count(node_pointer(exported, "/records/accounts")) > 0);
    line = arena_printf(&g.arena, "%s --namespace mine", line);
    exported = json_parse(&g.arena, str_from(output_of(&g.arena, line, 0)), "export", NULL);
    assert_true(node_count(node_pointer(exported, "/runtime_state/quotas")) > 0);
    assert_string_equal(output_of(&g.arena, from, 3), ""); /* the token is missing */
    line = arena_printf(&g.arena, "%s --admin-token secret --namespace no", from);
    assert_string_equal(output_of(&g.arena, line, 3), "");
    kill(p.pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    assert_string_equal(output_of(&g.arena, from, 3), "");
    loop_free(g.loop);
    arena_end(&g.arena);
}

#define DELAY_RULE "{\"method\":\"GET\",\"then\":[{\"delay_before\":\"200ms\"}]}"

static void requests_in_flight_are_finished_before_the_exit(void **state)
{
    (void)state;
    struct rig g = {.loop = loop_new()};
    struct program p = start("--port 0");
    int port = port_of(&p, "url");
    char head[128];
    snprintf(head, sizeof head, "POST /__admin/rules");
    struct client *c = connect_to(&g, port, head);
    client_send(c, str_from(arena_printf(&g.arena, "Content-Length: %zu\r\n\r\n" DELAY_RULE, sizeof DELAY_RULE - 1)));
    assert_int_equal(client_read_last(c).status / 100, 2);
    c = connect_to(&g, port, LIST);
    /* Rules do not delay admin API calls: when this one has its response, the delayed call has
     * arrived. */
    assert_int_equal(client_read_last(connect_to(&g, port, "GET /__admin/health")).status, 200);
    kill(p.pid, SIGTERM);
    assert_int_equal(client_read_last(c).status, 200);
    assert_int_equal(wait_for_exit(&p), 0);
    loop_free(g.loop);
    arena_end(&g.arena);
}

static void the_mock_runs_with_closed_standard_streams(void **state)
{
    (void)state;
    int port, fd = listen_on_any_port(&port);
    close(fd);
    pid_t pid = fork();
    if (pid == 0) {
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        char words[64];
        snprintf(words, sizeof words, "--port %d", port);
        exec_mockserver(words);
    }
    struct rig g = {.loop = loop_new()};
    int64_t limit_us = time_monotonic_us() + TIMEOUT_MS * INT64_C(1000);
    int socket;
    while ((socket = rig_connect(port)) < 0 && time_monotonic_us() < limit_us)
        loop_step(g.loop, 1000);
    struct client *c = client_on(&g, socket);
    client_send(c, STR("GET /__admin/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    assert_int_equal(client_read_last(c).status, 200);
    struct program p = {.pid = pid, .out = -1, .err = -1};
    kill(pid, SIGTERM);
    assert_int_equal(wait_for_exit(&p), 0);
    loop_free(g.loop);
    arena_end(&g.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invalid_options_print_an_error_and_exit_with_status_2),
        cmocka_unit_test(a_port_in_use_is_an_error),
        cmocka_unit_test(an_option_overrides_the_environment),
        cmocka_unit_test(commands_print_to_stdout),
        cmocka_unit_test(the_ready_line_has_the_urls_and_healthcheck_passes),
        cmocka_unit_test(localhost_is_both_loopback_addresses_with_one_port),
        cmocka_unit_test(localhost_with_a_port_in_use_is_an_error),
        cmocka_unit_test(an_ipv6_address_may_be_in_brackets),
        cmocka_unit_test(a_terminal_gets_a_banner_and_a_line_for_each_call),
        cmocka_unit_test(without_a_terminal_there_is_no_banner),
        cmocka_unit_test(the_ready_line_has_the_port_besides_a_public_url),
        cmocka_unit_test(a_given_certificate_is_served_and_healthcheck_does_not_verify_it),
        cmocka_unit_test(a_namespace_of_a_running_mock_is_exported),
        cmocka_unit_test(export_from_https_needs_the_certificate_of_the_ready_line),
        cmocka_unit_test(others_can_read_the_generated_certificate_but_no_key_is_on_disk),
        cmocka_unit_test(the_generated_certificate_is_removed_after_every_signal),
        cmocka_unit_test(the_certificate_of_a_killed_mock_is_removed_by_the_next_one),
        cmocka_unit_test(nohup_keeps_the_mock_running),
        cmocka_unit_test(requests_in_flight_are_finished_before_the_exit),
        cmocka_unit_test(the_mock_runs_with_closed_standard_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
