#include "mockserver/providers/shared/build.h"

#include "base/timezone.h"

#include "mockserver/state/tenant.h"

const char *fixture_id(const struct fixture_load *load, const char *id, const char *prefix, enum id_form form)
{
    return id ? id : ids_mint(load->world, prefix, form);
}

bool fixture_duplicate(const struct fixture_load *load, struct where at, const char *what, const char *id)
{
    return error_add(load->err, ERROR_INPUT, at, "duplicate %s id '%s'", what, id);
}

int64_t fixture_time_or(const struct fixture_load *load, const struct field_time *t, int64_t otherwise)
{
    return t->given ? fixture_time(load, t) : otherwise;
}

bool fixture_time_past(const struct fixture_load *load, struct where at, const char *key, const char *of, int64_t ms)
{
    return ms <= load->start_ms ||
           error_add(load->err, ERROR_INPUT, at, "'%s' of %s is after the clock's start", key, of);
}

bool fixture_timezone_valid(const struct fixture_load *load, struct where at, const char *name)
{
    if (!name || timezone_exists(str_from(name)))
        return true;
    const char *near = timezone_nearest(str_from(name));
    return error_add(load->err, ERROR_INPUT, at, "'timezone' is '%s', which the IANA database does not contain%s%s%s",
                     name, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

bool fixture_token_live(const struct fixture_load *load, struct where at, const char *account, int64_t expires_at_ms,
                        const char *otherwise)
{
    return expires_at_ms > load->start_ms ||
           error_add(load->err, ERROR_INPUT, at, "the token of account '%s' has expired by the clock's start; set %s",
                     account, otherwise);
}

bool fixture_key_valid(const struct fixture_load *load, struct where at, int provider, const char *name,
                       const char *value, const char *prefix)
{
    bool ok = true;
    if (!str_starts(str_from(value), str_from(prefix)))
        ok = error_add(load->err, ERROR_INPUT, at, "the value of key '%s' must start with %s", name, prefix);
    if (key_find(load->world, provider, str_from(value)))
        ok = error_add(load->err, ERROR_INPUT, at, "key '%s' has the same value as another key", name);
    return ok;
}

static bool add_problem(const struct fixture_load *load, struct where at, const char *what, const char *text,
                        const char *why)
{
    return error_add(load->err, ERROR_INPUT, at, "%s '%s' %s", what, text, why);
}

bool fixture_hook_valid(const struct fixture_load *load, const struct fixture_hook *h, int provider,
                        const struct hook_catalogue *known)
{
    const char *why;
    const char *const *names = h->events.items;
    if (!h->url || !h->events.count)
        return false;
    bool ok = true;
    for (size_t i = 0; i < h->events.count; i++)
        if (!hooks_event_known(known, names[i]))
            ok = add_problem(load, h->at, "event", names[i], HOOKS_NOT_AN_EVENT);
    if (!webhooks_url_valid(load->arena, load->world, h->url, &why))
        ok = add_problem(load, h->at, "url", h->url, why);
    if (h->id && webhook_find(load->world, provider, str_from(h->id)))
        ok = add_problem(load, h->at, "id", h->id, "is used by another webhook");
    return ok;
}
