/* server_rig.h - a server under test and its clients on one loop, with real sockets and no threads.
 *
 * Shapes:  struct rig, created and freed by the setup and teardown of a test; clients live in its
 *          arena. The handler echoes the request, unless the path selects a behaviour (`scripts` in
 *          server_rig.c); /suspend gets no response until rig_respond_suspended.
 * Errors:  a wait of more than ten seconds fails the test.
 */
#pragma once
#include "base/http/server.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

enum {
    RIG_BODY_MAX = 1000,
    RIG_SUSPENDED_MAX = 500,
    RIG_LARGE = 6 << 20, /* bytes of the response to /large */
};

/* The server under test, and how often its callbacks were called. */
struct rig {
    struct arena arena;
    struct loop *loop;
    struct server *server;
    struct exchange *suspended[RIG_SUSPENDED_MAX];
    size_t suspended_count;
    size_t handled, refused, done, sent, admitted;
};

/* A client with one connection. */
struct client {
    struct rig *rig;
    int fd;
    struct buf in;
    bool closed, reset;
    size_t arrivals; /* number of reads that returned bytes */
};

struct mock_response {
    int status;
    struct str head, body;
};

int rig_start(void **state);
int rig_stop(void **state);
struct server_options rig_options(struct rig *g);
void rig_wait(struct rig *g, const size_t *number, size_t value); /* waits until *number is value */
void rig_respond_suspended(struct exchange *x);

int rig_connect(int port); /* to 127.0.0.1; -1: connection refused */
int rig_connect_six(int port);

struct client *client_new(struct rig *g);
struct client *client_on(struct rig *g, int fd);
void client_end(struct client *c);
void client_pause(struct client *c); /* it reads nothing until client_resume */
void client_resume(struct client *c);
void client_send(struct client *c, struct str bytes);
struct mock_response client_request(struct client *c,
                                    const char *request); /* sends the request and reads one response */
void client_read_end(struct client *c);                   /* reads until the server closes */
/* Reads `count` responses, or fewer if the connection closes. Returns their number. */
size_t client_read(struct client *c, size_t count, bool has_body, struct mock_response *out);
struct mock_response client_read_last(struct client *c); /* reads one response and frees the client */
bool response_take(struct str *in, bool has_body, struct mock_response *out);

#define with_server(test) cmocka_unit_test_setup_teardown(test, rig_start, rig_stop)
#define assert_body(response, text)                                                                                    \
    assert_string_equal(str_dup(&g->arena, (response).body), text) /* prints both on failure */
