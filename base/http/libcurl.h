/* libcurl.h - loads libcurl on first use. With its dependencies it takes 2 MB, and a mock that
 * delivers no webhooks does not need it.
 *
 * Shapes:  struct libcurl: its functions, without the prefix curl_.
 * Errors:  libcurl_load returns dlerror()'s text, valid until the next dl* call, if the library or
 *          one of the functions is missing.
 */
#pragma once
#include <curl/curl.h>

#define LIBCURL_CALLS(X)                                                                                               \
    X(easy_cleanup)                                                                                                    \
    X(easy_getinfo)                                                                                                    \
    X(easy_init)                                                                                                       \
    X(easy_reset)                                                                                                      \
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

/* Returns NULL, or the reason for the failure. The library is never unloaded. */
const char *libcurl_load(struct libcurl *lib, const char *file);
