/* calls.c - two measurements over HTTP:
 *
 *   calls first PROGRAM ARGUMENT...
 *       time from exec to the first response of /__admin/health (ms, median of 21 starts), and the
 *       idle memory
 *   calls namespaces N URL KEY PID
 *       one GET in each of N new namespaces (us per call), and the memory that each namespace adds
 *       to the process
 */
#include <curl/curl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"

#define STARTS 21

extern char **environ;

static size_t drop(const char *bytes, size_t size, size_t n, void *ctx)
{
    (void)bytes;
    (void)ctx;
    return size * n;
}

static int compare(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* Reads the ready line from the program's stdout and returns the port, or 0. */
static int ready_port(int fd)
{
    char line[1024];
    size_t n = 0;
    while (n < sizeof line - 1) {
        ssize_t got = read(fd, line + n, sizeof line - 1 - n);
        if (got <= 0)
            return 0;
        n += (size_t)got;
        if (memchr(line, '\n', n))
            break;
    }
    line[n] = '\0';
    const char *url = strstr(line, "http://127.0.0.1:");
    return url ? atoi(url + strlen("http://127.0.0.1:")) : 0;
}

static long resident_kib(pid_t pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    long kib = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return kib;
}

static int first(char **argv)
{
    double took[STARTS];
    long kib = 0;
    for (int i = 0; i < STARTS; i++) {
        int fds[2];
        if (pipe(fds) != 0)
            return 2;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
        posix_spawn_file_actions_addclose(&actions, fds[0]);
        CURL *e = curl_easy_init();
        curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop);
        pid_t pid;
        int64_t before_us = time_monotonic_us();
        if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
            return 2;
        close(fds[1]);
        int port = ready_port(fds[0]);
        char url[96];
        snprintf(url, sizeof url, "http://127.0.0.1:%d/__admin/health", port);
        curl_easy_setopt(e, CURLOPT_URL, url);
        CURLcode code = curl_easy_perform(e);
        took[i] = (double)(time_monotonic_us() - before_us) / 1000.0;
        kib = resident_kib(pid);
        curl_easy_cleanup(e);
        close(fds[0]);
        posix_spawn_file_actions_destroy(&actions);
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
        if (code != CURLE_OK) {
            fprintf(stderr, "calls: %s\n", curl_easy_strerror(code));
            return 3;
        }
    }
    qsort(took, STARTS, sizeof *took, compare);
    printf("first_response %.2f ms\nidle_rss %.2f MB\n", took[STARTS / 2], (double)kib / 1024.0);
    return 0;
}

/* `url` is the mock's base URL. Each namespace is used once and then idle. */
static int namespaces(int n, const char *url, const char *key, pid_t pid)
{
    char header[256], target[256];
    snprintf(header, sizeof header, "Authorization: Bearer %s", key);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    CURL *e = curl_easy_init();
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L);
    CURLcode code = CURLE_OK;
    long before_kib = 0;
    int64_t before_us = 0;
    for (int i = -1; i < n && code == CURLE_OK; i++) { /* the first call opens the connection */
        snprintf(target, sizeof target, "%s/ns/bench%d/v1/whoami", url, i);
        curl_easy_setopt(e, CURLOPT_URL, target);
        code = curl_easy_perform(e);
        if (i < 0) {
            before_kib = resident_kib(pid);
            before_us = time_monotonic_us();
        }
    }
    printf("namespace_call %.2f us\n", (double)(time_monotonic_us() - before_us) / n);
    printf("namespaces_rss %.2f MB\n", (double)resident_kib(pid) / 1024.0);
    printf("namespace_rss %.2f KiB\n", (double)(resident_kib(pid) - before_kib) / n);
    curl_easy_cleanup(e);
    curl_slist_free_all(headers);
    return code == CURLE_OK ? 0 : 3;
}

int main(int argc, char **argv)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int rc = 2;
    if (argc > 2 && strcmp(argv[1], "first") == 0)
        rc = first(argv + 2);
    else if (argc == 6 && strcmp(argv[1], "namespaces") == 0 && atoi(argv[2]) > 0)
        rc = namespaces(atoi(argv[2]), argv[3], argv[4], atoi(argv[5]));
    else
        fprintf(stderr, "usage: calls first PROGRAM ARGUMENT... | calls namespaces N URL KEY PID\n");
    curl_global_cleanup();
    return rc;
}
