/* stalls.c - measures the longest round of a mock's event loop while one client makes a heavy call. Other clients wait
 * for that time.
 *
 *   bench_stalls [RECORDS]      default 1000000
 *
 * A namespace gets that many records. For each heavy call a child process is the client; this process is the mock. It
 * prints the longest round of the event loop, in processor time, and the size of the response. The limit is 20 ms; the
 * status is 1 if a call exceeds it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/http/server.h"
#include "base/time.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/state/tenant.h"

#define LIMIT_MS 20
#define AFTER_US 300000 /* measured after the response, too: a call may leave work to later rounds */
#define ACCOUNTS 20000
#define KEY      "pn-bench00000000000000000001"

static const struct {
    const char *name, *line, *body;
    int times;
} calls[] = {
    {"light call",                  "GET /__admin/health",                                    "",                                          50  },
    {"list of the records",         "GET /__admin/state/organizations",                       "",                                          3   },
    {"filtered list",               "GET /__admin/state/organizations?name=none",             "",                                          3   },
    {"whole state",                 "GET /__admin/state",                                     "",                                          1   },
    {"export",                      "GET /__admin/state?format=fixture",                      "",                                          1   },
    {"save a snapshot",             "POST /__admin/snapshots",                                "{\"name\":\"s\"}",                          2   },
    {"copy of the namespace",       "POST /__admin/namespaces",                               "{\"name\":\"copy\",\"from\":\"default\"}",  1   },
    {"delete the copy",             "DELETE /__admin/namespaces/copy",                        "",                                          1   },
    {"patch of a record",           "PATCH /__admin/state/organizations/org_5",               "{\"name\":\"new\"}",                        1   },
    {"drop the snapshot",           "DELETE /__admin/snapshots/s",                            "",                                          1   },
    {"long list of a provider",     "GET /postnitro/social-account",                          "",                                          5   },
    {"calls that fill the journal", "GET /postnitro/none",                                    "",                                          3000},
    {"journal",                     "GET /__admin/requests?limit=1000",                       "",                                          2   },
    {"verify",                      "POST /__admin/requests/verify",                          "{\"match\":{\"path\":\"/x\"},\"count\":0}", 2   },
    {"near misses",                 "GET /__admin/requests/unmatched/near-misses?limit=1000", "",                                          2   },
    {"client checks",               "GET /__admin/client-checks",                             "",                                          2   },
    {"namespace from the fixture",  "POST /__admin/namespaces",                               "{\"name\":\"n\"}",                          1   },
    {"reset",                       "POST /__admin/reset",                                    "",                                          1   },
};

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void client(int port, size_t i)
{
    static char in[1 << 16];
    size_t bytes = 0;
    for (int n = 0; n < calls[i].times; n++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in to = {
            .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (connect(fd, (struct sockaddr *)&to, sizeof to))
            _exit(2);
        (void)dprintf(fd,
                      "%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nembed-api-key: " KEY
                      "\r\nContent-Length: %zu\r\n\r\n%s",
                      calls[i].line, strlen(calls[i].body), calls[i].body);
        for (ssize_t got; (got = read(fd, in, sizeof in)) > 0; bytes += (size_t)got)
            if (bytes == 0 && !(got > 12 && (in[9] == '2' || calls[i].times > 1000)))
                fprintf(stderr, "%s: %.200s\n", calls[i].name, in);
        close(fd);
    }
    printf("%14.3f MB", (double)bytes / 1e6 / calls[i].times);
    fflush(stdout);
    _exit(0);
}

static bool measure(struct loop *l, int port, size_t i)
{
    printf("%-30s", calls[i].name);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid)
        client(port, i);
    int64_t worst = 0, end_us = 0;
    while (!end_us || time_monotonic_us() < end_us) {
        int64_t before = cpu_us();
        loop_step(l, 20000);
        int64_t took = cpu_us() - before;
        worst = took > worst ? took : worst;
        if (!end_us && waitpid(pid, NULL, WNOHANG) == pid)
            end_us = time_monotonic_us() + AFTER_US;
    }
    bool ok = worst <= (int64_t)LIMIT_MS * 1000;
    printf(" %9.2f ms  %s\n", (double)worst / 1000, ok ? "" : "above the limit");
    return ok;
}

static FILE *fixture(char path[static 32])
{
    FILE *f = tmpfile();
    if (!f)
        abort();
    fprintf(f, "name: bench\nclock: {mode: frozen, start: 2026-05-02T09:00:00Z}\npostnitro:\n  workspaces:\n"
               "    - id: ws\n      keys: [ { name: main, key: " KEY " } ]\n      social_accounts:\n");
    for (int i = 0; i < ACCOUNTS; i++)
        fprintf(f, "        - { platform: linkedin, handle: account-%d, type: organization, name: Account %d }\n", i,
                i);
    fflush(f);
    (void)snprintf(path, 32, "/proc/self/fd/%d", fileno(f));
    return f;
}

int main(int argc, char **argv)
{
    long records = argc > 1 ? atol(argv[1]) : 1000000;
    char path[32], id[32];
    FILE *file = fixture(path);
    const char *const fixtures[] = {path};
    struct error err = {0};
    struct mock *m = mock_new(&(struct mock_options){.fixtures = fixtures, .fixture_count = 1, .admin = true}, &err);
    error_print(&err, stderr);
    if (!m)
        return 2;
    struct world *w = namespaces_at(m->namespaces, 0)->world;
    w->checks = false;
    for (long i = 0; i < records; i++) {
        (void)snprintf(id, sizeof id, "org_%ld", i);
        organization_create(w, 1, id, "An organization of the benchmark");
    }
    struct loop *l = loop_new();
    mock_use_loop(m, l);
    struct server *s = server_new(l,
                                  &(struct server_options){.address = "127.0.0.1",
                                                           .body_max = HTTP_BODY_MAX,
                                                           .idle_timeout_s = 60,
                                                           .connections_max = 1000,
                                                           .handle = mock_handle,
                                                           .refuse = mock_refuse,
                                                           .done = mock_done,
                                                           .ctx = m},
                                  &err);
    error_print(&err, stderr);
    bool ok = s != NULL;
    printf("%ld records; the longest round of the event loop:\n", records);
    for (size_t i = 0; s && i < COUNT(calls); i++)
        ok = measure(l, server_port(s), i) && ok;
    server_free(s);
    mock_free(m);
    loop_free(l);
    (void)fclose(file);
    return !ok;
}
