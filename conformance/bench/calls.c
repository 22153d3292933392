/* calls.c - two measurements over HTTP:
 *
 *   calls loop N URL KEY
 *       N GETs on one reused libcurl handle (us per call): the minimum for any client
 *   calls first PROGRAM ARGUMENT...
 *       time from exec to the first bytes of a request (ms, median of 21 starts); the argument URL is replaced by the
 *       URL of the server that waits for them
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"

#define STARTS      21
#define PATIENCE_MS 10000

extern char **environ;

static size_t drop(const char *bytes, size_t size, size_t n, void *ctx)
{
    (void)bytes;
    (void)ctx;
    return size * n;
}

static int loop(int n, const char *url, const char *key)
{
    char header[256];
    snprintf(header, sizeof header, "Authorization: Bearer %s", key);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    CURL *e = curl_easy_init();
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop);
    int64_t before_us = time_monotonic_us();
    CURLcode code = CURLE_OK;
    for (int i = 0; i < n && code == CURLE_OK; i++)
        code = curl_easy_perform(e);
    printf("bare_call %.2f us\n", (double)(time_monotonic_us() - before_us) / n);
    curl_easy_cleanup(e);
    curl_slist_free_all(headers);
    return code == CURLE_OK ? 0 : 3;
}

static int compare(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static int listen_loopback(char *url, size_t size)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &length) != 0)
        return -1;
    snprintf(url, size, "http://127.0.0.1:%d", ntohs(at.sin_port));
    return fd;
}

static bool wait_readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PATIENCE_MS) == 1;
}

static int first(char **argv)
{
    char url[64];
    double took[STARTS];
    int listener = listen_loopback(url, sizeof url);
    if (listener < 0)
        return 2;
    for (size_t i = 1; argv[i]; i++)
        if (strcmp(argv[i], "URL") == 0)
            argv[i] = url;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    bool received = true;
    for (int i = 0; i < STARTS && received; i++) {
        pid_t pid;
        int64_t before_us = time_monotonic_us();
        if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
            return 2;
        int fd = wait_readable(listener) ? accept(listener, NULL, NULL) : -1;
        received = fd >= 0 && wait_readable(fd);
        took[i] = (double)(time_monotonic_us() - before_us) / 1000.0;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        if (fd >= 0)
            close(fd);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(listener);
    if (!received) {
        fprintf(stderr, "calls: no request came within %d ms\n", PATIENCE_MS);
        return 3;
    }
    qsort(took, STARTS, sizeof *took, compare);
    printf("first_request %.2f ms\n", took[STARTS / 2]);
    return 0;
}

int main(int argc, char **argv)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int rc = 2;
    if (argc > 2 && strcmp(argv[1], "first") == 0)
        rc = first(argv + 2);
    else if (argc == 5 && strcmp(argv[1], "loop") == 0 && atoi(argv[2]) > 0)
        rc = loop(atoi(argv[2]), argv[3], argv[4]);
    else
        fprintf(stderr, "usage: calls loop N URL KEY | calls first PROGRAM ARGUMENT...\n");
    curl_global_cleanup();
    return rc;
}
