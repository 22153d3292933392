/* libcurl.h - libcurl, loaded when it is first wanted: with all it stands on it weighs 2 MB, and a
 * mock that delivers nothing never wants it.
 *
 * Shapes:  struct libcurl: its functions, named without curl_.
 * Errors:  a sentence, until the next call of dlopen's kind: it is missing, or lacks a function.
 */
#pragma once
#include <curl/curl.h>

#define LIBCURL_CALLS(X)                                                                           \
    X(easy_cleanup)                                                                                \
    X(easy_getinfo)                                                                                \
    X(easy_init)                                                                                   \
    X(easy_reset)                                                                                  \
    X(easy_setopt)                                                                                 \
    X(easy_strerror)                                                                               \
    X(global_cleanup)                                                                              \
    X(global_init)                                                                                 \
    X(multi_add_handle)                                                                            \
    X(multi_cleanup)                                                                               \
    X(multi_info_read)                                                                             \
    X(multi_init)                                                                                  \
    X(multi_remove_handle)                                                                         \
    X(multi_setopt)                                                                                \
    X(multi_socket_action)                                                                         \
    X(slist_append)                                                                                \
    X(slist_free_all)

struct libcurl {
#define X(name) __typeof__(curl_##name) *name;
    LIBCURL_CALLS(X)
#undef X
};

/* NULL, or why not. What is loaded stays. */
const char *libcurl_load(struct libcurl *lib, const char *file);
