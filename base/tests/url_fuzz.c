#include "base/url.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libcurl must connect to the host that url_parse returns. Exempt are numbers and other spellings
 * of an address (127.1, [0::1]), which libcurl normalises. */
static void expect_same_host(const char *text, const struct url *u)
{
    char *host = NULL;
    CURLU *other = curl_url();
    bool number = u->host[0] == '[' || (u->host[0] >= '0' && u->host[0] <= '9');
    if (!number && !curl_url_set(other, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) &&
        !curl_url_get(other, CURLUPART_HOST, &host, 0) && !str_eq_nocase(str_from(host), str_from(u->host)))
        abort();
    curl_free(host);
    curl_url_cleanup(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    const char *text = str_dup(&a, str_of((const char *)data, size)), *why = NULL;
    struct url u;
    struct str decoded;
    struct url_pair *pairs;
    size_t count;
    if (url_parse(&a, text, &u, &why))
        expect_same_host(text, &u);
    else if (!why)
        abort();
    if (url_decode(&a, str_from(text), false, &decoded)) {
        struct buf again = {.arena = &a};
        struct str back;
        url_encode(&again, decoded);
        if (!url_decode(&a, buf_str(&again), false, &back) || !str_eq(back, decoded))
            abort();
    }
    url_query(&a, str_from(text), &pairs, &count);
    url_with_query(&a, text, text, text);
    arena_end(&a);
    return 0;
}
