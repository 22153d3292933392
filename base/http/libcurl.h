/* libcurl.h - the functions of libcurl that client.c loads at run time. With its dependencies the library takes 2 MB,
 * and a mock that delivers no webhooks does not need it.
 *
 * Shapes:  struct libcurl: its functions, without the prefix curl_.
 * Errors:  none.
 */
#pragma once
#include <curl/curl.h>

#define LIBCURL_CALLS(X)                                                                                               \
    X(easy_cleanup)                                                                                                    \
    X(easy_getinfo)                                                                                                    \
    X(easy_init)                                                                                                       \
    X(easy_setopt)                                                                                                     \
    X(easy_strerror)                                                                                                   \
    X(global_cleanup)                                                                                                  \
    X(global_init)                                                                                                     \
    X(multi_add_handle)                                                                                                \
    X(multi_cleanup)                                                                                                   \
    X(multi_info_read)                                                                                                 \
    X(multi_init)                                                                                                      \
    X(multi_remove_handle)                                                                                             \
    X(multi_setopt)                                                                                                    \
    X(multi_socket_action)                                                                                             \
    X(slist_append)                                                                                                    \
    X(slist_free_all)

struct libcurl {
#define X(name) __typeof__(curl_##name) *name;
    LIBCURL_CALLS(X)
#undef X
};
