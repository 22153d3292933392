#include "mockserver/providers/layers/return_url.h"

#include <string.h>

#include "base/host.h"
#include "base/url.h"

static bool is_listed(const char *host, const char *const *domains, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq_nocase(str_from(host), str_from(domains[i])))
            return true;
    return false;
}

static enum return_url reject(enum return_url verdict, const char **why, const char *reason)
{
    *why = reason;
    return verdict;
}

enum return_url return_url_judge(struct arena *a, const char *url, const char *const *domains, uint32_t count,
                                 const char **why)
{
    struct str text = str_from(url);
    if (!str_starts_nocase(text, STR("https://")) && !str_starts_nocase(text, STR("http://")))
        return reject(RETURN_URL_NO_URL, why, "it must be an absolute http(s) URL");
    struct url parts;
    if (!url_parse(a, url, &parts, why)) /* clients may disagree on the host of such a URL */
        return RETURN_URL_REFUSED;
    if (!is_listed(parts.host, domains, count))
        return reject(RETURN_URL_REFUSED, why, "its host is not one of the key's return domains");
    if (parts.user[0])
        return reject(RETURN_URL_REFUSED, why, "it contains credentials");
    if (host_is_loopback(str_from(parts.host)))
        return RETURN_URL_ALLOWED;
    if (parts.port)
        return reject(RETURN_URL_REFUSED, why, "it contains a port");
    if (strcmp(parts.scheme, "https") != 0)
        return reject(RETURN_URL_REFUSED, why, "its scheme is not https");
    return RETURN_URL_ALLOWED;
}

bool return_domain_valid(struct arena *a, const char *domain)
{
    struct url parts;
    const char *why;
    return url_parse(a, arena_printf(a, "https://%s", domain), &parts, &why) &&
           str_eq_nocase(str_from(parts.host), str_from(domain)) && !str_ends(str_from(domain), STR("."));
}
