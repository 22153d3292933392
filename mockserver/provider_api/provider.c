#include "mockserver/provider_api/provider.h"

#include <string.h>

#include "base/array.h"
#include "base/enum.h"
#include "base/http/message.h"

#define NAMES_MAX 256 /* names compared for "did you mean" */

const struct provider *provider_named(struct str name)
{
    for (size_t i = 0; i < provider_count; i++)
        if (str_is(name, providers[i]->name))
            return providers[i];
    return NULL;
}

const struct provider *provider_with_id(int provider)
{
    for (size_t i = 0; i < provider_count; i++)
        if (providers[i]->id == provider)
            return providers[i];
    return NULL;
}

static const struct route *find_operation(const struct provider *d, struct str name)
{
    for (size_t i = 0; i < d->route_count; i++)
        if (str_is(name, d->routes[i].operation))
            return &d->routes[i];
    return NULL;
}

static bool unknown_provider(struct str name, struct where at, struct error *err)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < provider_count; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the list has no empty row */
        names[count++] = providers[i]->name;
    const char *near = str_nearest(name, names, count);
    return error_add(err, ERROR_INPUT, at, "unknown provider '" STR_FMT "'%s%s%s", STR_ARG(name),
                     near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* `only` NULL: any provider. */
static bool unknown_operation(struct str name, const struct provider *only, struct where at, struct error *err)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < provider_count; i++)
        for (size_t j = 0; j < providers[i]->route_count && count < NAMES_MAX; j++)
            if (!only || only == providers[i])
                names[count++] = providers[i]->routes[j].operation;
    const char *near = str_nearest(name, names, count);
    return error_add(err, ERROR_INPUT, at, "%s%s operation '" STR_FMT "'%s%s%s", only ? only->name : "no provider",
                     only ? " has no" : " has an", STR_ARG(name), near ? " (did you mean '" : "", near ? near : "",
                     near ? "'?)" : "");
}

/* Finds the one provider that has the operation. */
static bool find_unique_operation(struct str name, struct where at, struct operation *out, struct error *err)
{
    struct operation found = {0};
    for (size_t i = 0; i < provider_count; i++) {
        const struct route *route = find_operation(providers[i], name);
        if (route && found.route)
            return error_add(err, ERROR_INPUT, at,
                             "operation '" STR_FMT "' is ambiguous; write %s." STR_FMT " or %s." STR_FMT, STR_ARG(name),
                             found.provider->name, STR_ARG(name), providers[i]->name, STR_ARG(name));
        if (route)
            found = (struct operation){providers[i], route};
    }
    if (!found.route)
        return unknown_operation(name, NULL, at, err);
    *out = found;
    return true;
}

bool provider_operation(struct str id, struct str provider, struct where at, struct operation *out, struct error *err)
{
    size_t dot = str_find(id, '.');
    struct str name = dot < id.n ? str_skip(id, dot + 1) : id;
    struct str prefix = dot < id.n ? str_head(id, dot) : provider;
    if (dot < id.n && provider.n && !str_eq(prefix, provider))
        return error_add(err, ERROR_INPUT, at, "'" STR_FMT "' is not an operation of " STR_FMT, STR_ARG(id),
                         STR_ARG(provider));
    if (!prefix.n)
        return find_unique_operation(name, at, out, err);

    const struct provider *d = provider_named(prefix);
    if (!d)
        return unknown_provider(prefix, at, err);
    const struct route *route = find_operation(d, name);
    if (!route)
        return unknown_operation(name, d, at, err);
    *out = (struct operation){d, route};
    return true;
}

const char *const fault_texts[] = {FAULTS(ENUM_TEXT)};

/* Used if no provider is known or its table lacks the fault. */
static const struct fault_row neutral_faults[FAULT_COUNT] = {
    {FAULT_NONE,              200, "none",                   "No error."                                        },
    {FAULT_NO_ROUTE,          404, "no_route",               "No route matches this path."                      },
    {FAULT_METHOD,            405, "method_not_allowed",     "This path does not allow that method."            },
    {FAULT_UNIMPLEMENTED,     501, "unimplemented",          "This operation is not implemented in the mock."   },
    {FAULT_BAD_HTTP,          400, "bad_http",               "The request is not valid HTTP."                   },
    {FAULT_TOO_LARGE,         413, "too_large",              "The body is too large."                           },
    {FAULT_CODING,            415, "unsupported_coding",     "The Content-Encoding of the body is unknown."     },
    {FAULT_BAD_JSON,          400, "bad_json",               "The body is not valid JSON."                      },
    {FAULT_INVALID,           422, "invalid",                "The request does not match the schema."           },
    {FAULT_BAD_ID,            422, "bad_id",                 "The id is not valid."                             },
    {FAULT_UNAUTHENTICATED,   401, "unauthenticated",        "The credential is missing or unknown."            },
    {FAULT_UNKNOWN_KEY,       401, "unknown_key",            "The credential is unknown."                       },
    {FAULT_UNPAID,            402, "unpaid",                 "The plan does not include this operation."        },
    {FAULT_FORBIDDEN_SCOPE,   403, "forbidden_scope",        "The credential lacks the required scope."         },
    {FAULT_NOT_FOUND,         404, "not_found",              "The resource does not exist."                     },
    {FAULT_CONFLICT,          409, "conflict",               "The current state does not allow this."           },
    {FAULT_RETURN_URL,        403, "return_url_not_allowed", "The return URL is not allowed."                   },
    {FAULT_APPROVAL_REQUIRED, 403, "approval_required",      "This operation needs an approval first."          },
    {FAULT_CONTENT_REJECTED,  409, "content_rejected",       "The content was rejected."                        },
    {FAULT_IDEMPOTENCY,       409, "idempotency_conflict",   "The Idempotency-Key was used for another request."},
    {FAULT_RATE_LIMITED,      429, "rate_limited",           "Too many requests."                               },
    {FAULT_KILLED,            503, "killed",                 "The credential is disabled."                      },
    {FAULT_INTERNAL,          500, "internal",               "Internal error."                                  },
    {FAULT_UNAVAILABLE,       503, "unavailable",            "The namespace was reset or deleted."              },
    {FAULT_NAMESPACE,         404, "namespace",              "The namespace is unavailable."                    },
};

static const struct fault_row *find_fault(const struct fault_row *rows, size_t count, enum fault fault)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].fault == fault)
            return &rows[i];
    return NULL;
}

/* The faults that a code or a status most likely means, in this order. A killed key has a simulation of its own. */
static const enum fault likely[] = {
    FAULT_INVALID,         FAULT_UNAUTHENTICATED, FAULT_UNKNOWN_KEY, FAULT_UNPAID,
    FAULT_FORBIDDEN_SCOPE, FAULT_NOT_FOUND,       FAULT_CONFLICT,    FAULT_METHOD,
    FAULT_TOO_LARGE,       FAULT_RATE_LIMITED,    FAULT_INTERNAL,    FAULT_UNAVAILABLE,
};

static const struct fault_row *fault_with_code(const struct fault_row *rows, size_t count, struct str code)
{
    for (size_t k = 0; k < COUNT(likely); k++)
        for (size_t i = 0; i < count; i++)
            if (rows[i].fault == likely[k] && str_is(code, rows[i].code))
                return &rows[i];
    for (size_t i = 0; i < count; i++)
        if (str_is(code, rows[i].code))
            return &rows[i];
    return NULL;
}

const struct fault_row *provider_fault(const struct provider *d, enum fault fault)
{
    const struct fault_row *own = d ? find_fault(d->faults, d->fault_count, fault) : NULL;
    return own ? own : find_fault(neutral_faults, FAULT_COUNT, fault);
}

const struct fault_row *provider_fault_named(const struct provider *d, struct str code)
{
    return d ? fault_with_code(d->faults, d->fault_count, code) : fault_with_code(neutral_faults, FAULT_COUNT, code);
}

static bool is_likely(enum fault fault)
{
    size_t i = 0;
    while (i < COUNT(likely) && likely[i] != fault)
        i++;
    return i < COUNT(likely);
}

/* A call without a body to a path with an id can only be invalid in its id or its query. */
static bool names_only_an_id(const struct route *route)
{
    return route && strstr(route->pattern, "{}") &&
           (strcmp(route->method, "GET") == 0 || strcmp(route->method, "DELETE") == 0);
}

struct fault_row provider_fault_of(const struct provider *d, const struct route *route, int status)
{
    const struct fault_row *row = provider_fault(d, FAULT_BAD_ID);
    if (names_only_an_id(route) && row->status == status)
        return *row;
    for (size_t i = 0; i < COUNT(likely); i++) {
        row = provider_fault(d, likely[i]);
        if (row->status == status && (d || row->fault != FAULT_UNAVAILABLE))
            return *row;
    }
    for (size_t i = 0; d && i < d->fault_count; i++)
        if (d->faults[i].status == status && is_likely(d->faults[i].fault))
            return d->faults[i];
    struct fault_row general = *provider_fault(d, status >= 500 ? FAULT_INTERNAL : FAULT_INVALID);
    const char *text = status_text(status);
    general.status = status;
    if (status < 500 && d)
        general.code = provider_fault(d, FAULT_BAD_HTTP)->code;
    if (*text)
        general.message = text;
    return general;
}
