/* return_url.h - may consent send the browser back there?
 *
 * Shapes:  a key lists hosts; a URL is allowed when its host is one of them, letter for letter
 *          (case aside), over https, with neither credentials nor a port. Only a loopback host
 *          (base/host.h), if listed, may be plain http and have a port.
 * Errors:  what is no absolute http(s) URL at all is another verdict than a URL that is not
 *          allowed.
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

/* `why` gets words that last, unless it is allowed. */
enum return_url return_url_judge(struct arena *a, const char *url, const char *const *domains,
                                 uint32_t count, const char **why);

/* Can this stand in such a list? A bare host, nothing else. */
bool return_domain_valid(struct arena *a, const char *domain);
