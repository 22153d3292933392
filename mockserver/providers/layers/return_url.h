/* return_url.h - checks a consent's return URL against the hosts that a key allows.
 *
 * Shapes:  a key has a list of hosts. A URL is allowed if its scheme is https, its host equals one
 *          of the list (ignoring case), and it has neither credentials nor a port. With a listed
 *          loopback host (base/host.h), plain http and a port are also allowed.
 * Errors:  RETURN_URL_NO_URL: not an absolute http(s) URL. RETURN_URL_REFUSED: a URL that the list
 *          does not allow, or one that clients parse differently.
 * Source:  "Social accounts", Connected accounts: the allowlist is matched exactly.
 */
#pragma once
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum return_url {
    RETURN_URL_ALLOWED,
    RETURN_URL_NO_URL,
    RETURN_URL_REFUSED,
};

/* If the URL is not allowed, *why is set to the reason (a static string). */
enum return_url return_url_judge(struct arena *a, const char *url, const char *const *domains, uint32_t count,
                                 const char **why);

/* Whether `domain` may be in a key's list: a host name without scheme, port or path. */
bool return_domain_valid(struct arena *a, const char *domain);
