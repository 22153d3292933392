#include "mockserver/providers/layers/fixture_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "mockserver/gates/rate_limit.h"

static const char *const scopes[] = {
    "*",
    "social:read",
    "social:write",
    "leased:write",
    "publish:read",
    "publish:write",
    "content:write",
    "content:approve",
    "projects:read",
    "projects:write",
    "jobs:read",
    "jobs:cancel",
    "org:admin",
    "ads:read",
    "ads:write",
    "ads:write:campaigns",
    "ads:write:budgets",
    "ads:write:creative",
    "ads:write:lifecycle",
    "ads:write:policy",
    "ads:write:optimizer_trigger",
    "ads:write:pending",
    "ads:write:capi",
    "ads:write:connect",
    "ads:write:override",
};

static bool add_problem(const struct fixture_load *load, struct where at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool add_problem(const struct fixture_load *load, struct where at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_add(load->err, ERROR_INPUT, at, "%s", arena_vprintf(load->arena, format, args));
    va_end(args);
    return false;
}

static bool check_known(const struct fixture_load *load, struct where at, const char *what, const char *word,
                        const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    const char *near = str_nearest(str_from(word), words, count);
    return near ? add_problem(load, at, "unknown %s '%s' (did you mean '%s'?)", what, word, near)
                : add_problem(load, at, "unknown %s '%s'", what, word);
}

static bool check_tier(const struct fixture_load *load, const struct fixture_key *k)
{
    const char **names = arena_array(load->arena, const char *, layers_limits.tier_count);
    for (size_t i = 0; i < layers_limits.tier_count; i++)
        names[i] = layers_limits.tiers[i].name;
    return check_known(load, k->at, "tier", k->tier, names, layers_limits.tier_count);
}

bool fixture_check_key(const struct fixture_load *load, const struct fixture_key *k)
{
    bool ok = true;
    struct str value = str_from(k->value);
    if (k->value && !str_starts(value, STR("lp_live_")) && !str_starts(value, STR("lp_test_")))
        ok =
            add_problem(load, k->at, "API key '%s' has an invalid value; expected lp_live_... or lp_test_...", k->name);
    if (k->tier)
        ok = check_tier(load, k) && ok;
    const char *const *items = k->scopes.items;
    for (size_t i = 0; i < k->scopes.count; i++)
        ok = check_known(load, k->at, "scope", items[i], scopes, COUNT(scopes)) && ok;
    items = k->return_domains.items;
    for (size_t i = 0; i < k->return_domains.count; i++)
        if (!return_domain_valid(load->arena, items[i]))
            ok = add_problem(load, k->at,
                             "invalid return domain '%s'; expected a host name without scheme, "
                             "port or path",
                             items[i]);
    return ok;
}

static bool check_token(const struct fixture_load *load, const struct fixture_account *a)
{
    int64_t expires_ms = fixture_time(load, &a->token_expires_at);
    if (a->leased)
        return add_problem(load, a->at,
                           "'token_expires_at' is set on leased account '%s', whose token never "
                           "expires",
                           a->handle);
    if (a->connected_at.given && expires_ms < fixture_time(load, &a->connected_at))
        return add_problem(load, a->at, "'token_expires_at' of '%s' is before 'connected_at'", a->handle);
    if (a->status == LAYERS_CONNECTED && expires_ms <= load->start_ms)
        return add_problem(load, a->at,
                           "'token_expires_at' of '%s' is not after the clock's start, but the "
                           "status is connected",
                           a->handle);
    return true;
}

bool fixture_check_account(const struct fixture_load *load, const struct fixture_account *a)
{
    bool ok = true;
    if (a->handle[0] == '@')
        ok = add_problem(load, a->at, "invalid handle '%s'; omit the @", a->handle);
    if (a->leased && a->platform != PLATFORM_TIKTOK)
        ok = add_problem(load, a->at, "leased account '%s' is on %s; only tiktok accounts can be leased", a->handle,
                         enum_word_of(&layers_platforms, a->platform));
    if (!a->leased && a->monthly_price_cents)
        ok = add_problem(load, a->at, "'monthly_price_cents' is set on '%s', which is not leased", a->handle);
    if (a->connected_at.given && fixture_time(load, &a->connected_at) > load->start_ms)
        ok = add_problem(load, a->at, "'connected_at' of '%s' is after the clock's start", a->handle);
    if (a->token_expires_at.given)
        ok = check_token(load, a) && ok;
    return ok;
}

/* Checks the due time against the post's status and the clock's start. */
static bool check_due(const struct fixture_load *load, const struct fixture_post *p)
{
    int64_t due_ms = fixture_time(load, &p->due);
    const char *word = enum_word_of(&layers_post_statuses, p->state);
    switch ((enum destination_state)p->state) {
    case DESTINATION_QUEUED:
        return due_ms >= load->start_ms ||
               add_problem(load, p->at, "the post is queued, but 'at' is before the clock's start");
    case DESTINATION_PUBLISHING:
        if (due_ms + load->world->timings.publish_ms <= load->start_ms)
            return add_problem(load, p->at,
                               "the post is publishing, but 'at' plus timings.publish is not after "
                               "the clock's start");
        return due_ms <= load->start_ms ||
               add_problem(load, p->at, "the post is publishing, but 'at' is after the clock's start");
    case DESTINATION_DRAFT:
    case DESTINATION_PUBLISHED:
    case DESTINATION_FAILED:
        return due_ms <= load->start_ms ||
               add_problem(load, p->at, "the post is %s, but 'at' is after the clock's start", word);
    case DESTINATION_CANCELED:
    case DESTINATION_HELD:
    case DESTINATION_STATE_COUNT:
        break;
    }
    return true;
}

bool fixture_check_post(const struct fixture_load *load, const struct fixture_post *p,
                        const struct fixture_account *account)
{
    bool ok = !p->due.given || check_due(load, p);
    const char *word = enum_word_of(&layers_post_statuses, p->state);
    if (p->external_url && p->state != DESTINATION_PUBLISHED)
        ok = add_problem(load, p->at, "the post is %s, but has an 'external_url'", word);
    if (p->error && p->state != DESTINATION_FAILED)
        ok = add_problem(load, p->at, "the post is %s, but has an 'error'", word);
    if (account->status == LAYERS_DISCONNECTED &&
        (p->state == DESTINATION_QUEUED || p->state == DESTINATION_PUBLISHING))
        ok = add_problem(load, p->at, "the post is %s, but account '%s' is disconnected", word, account->handle);
    return ok;
}

static int compare_handles(const void *x, const void *y)
{
    const struct fixture_account *a = *(const struct fixture_account *const *)x;
    const struct fixture_account *b = *(const struct fixture_account *const *)y;
    int order = strcmp(a->handle, b->handle);
    if (!order)
        order = a->platform - b->platform;
    if (!order) /* connected accounts first, so that two of them are adjacent */
        order = (a->status == LAYERS_DISCONNECTED) - (b->status == LAYERS_DISCONNECTED);
    return order ? order : (a > b) - (a < b);
}

bool handles_sort(const struct fixture_load *load, struct fixture_project *p, struct handles *out)
{
    bool ok = true;
    const struct fixture_account *accounts = p->accounts.items;
    *out = (struct handles){arena_array(load->arena, const struct fixture_account *, p->accounts.count), 0};
    for (size_t i = 0; i < p->accounts.count; i++)
        if (accounts[i].handle)
            out->items[out->count++] = &accounts[i];
    if (out->count)
        qsort(out->items, out->count, sizeof(const struct fixture_account *), compare_handles);
    for (size_t i = 1; i < out->count; i++) {
        const struct fixture_account *a = out->items[i - 1], *b = out->items[i];
        if (strcmp(a->handle, b->handle) == 0 && a->platform == b->platform && b->status != LAYERS_DISCONNECTED)
            ok = add_problem(load, b->at, "'%s' is already connected on %s, at line %d", b->handle,
                             enum_word_of(&layers_platforms, b->platform), a->at.line);
    }
    return ok;
}

static size_t first_at_least(const struct handles *h, const char *handle)
{
    size_t low = 0, high = h->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(h->items[middle]->handle, handle) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *nearest_handle(const struct fixture_load *load, const struct handles *h, const char *name)
{
    const char **words = arena_array(load->arena, const char *, h->count);
    for (size_t i = 0; i < h->count; i++)
        words[i] = h->items[i]->handle;
    return str_nearest(str_from(name), words, h->count);
}

/* Returns the project's account that was created as `row`, or NULL. */
static const struct fixture_account *find_row(const struct fixture_load *load, const struct handles *h, uint32_t row)
{
    const char *handle = account_read(load->world, row)->handle;
    size_t i = first_at_least(h, handle);
    for (; i < h->count && strcmp(h->items[i]->handle, handle) == 0; i++)
        if (h->items[i]->row == row)
            return h->items[i];
    return NULL;
}

const struct fixture_account *handles_find(const struct fixture_load *load, const struct handles *h, const char *name,
                                           struct where at)
{
    uint32_t row = account_find(load->world, LAYERS, str_from(name));
    const struct fixture_account *named = row ? find_row(load, h, row) : NULL;
    size_t i = first_at_least(h, name);
    if (named)
        return named;
    if (i < h->count && strcmp(h->items[i]->handle, name) == 0) {
        if (i + 1 == h->count || strcmp(h->items[i + 1]->handle, name) != 0)
            return h->items[i];
        add_problem(load, at, "'%s' matches several accounts of this project; use an account id", name);
        return NULL;
    }
    const char *near = nearest_handle(load, h, name);
    if (near)
        add_problem(load, at, "account '%s' does not exist in this project (did you mean '%s'?)", name, near);
    else
        add_problem(load, at, "account '%s' does not exist in this project", name);
    return NULL;
}
