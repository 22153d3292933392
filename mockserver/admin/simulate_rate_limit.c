/* Sets how many calls a rate limit has left. */
#include "mockserver/admin/simulate.h"

#include "mockserver/gates/rate_limit.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/record.h"

struct rate_limit_left {
    const char *key, *class;
    int64_t remaining;
};

static const struct field rate_limit_rows[] = {
    FIELD("key", FIELD_TEXT, struct rate_limit_left, key, .required = true, .help = "API key, by name, value or id."),
    FIELD("class", FIELD_TEXT, struct rate_limit_left, class,
          .help = "Rate limit of the provider, for example read, write, long or write_day. Default: all "
                  "of them."),
    FIELD("remaining", FIELD_INT, struct rate_limit_left, remaining, .required = true, .max = INT32_MAX,
          .help = "Calls left in the present window. A value above the limit is reduced to the limit."),
};
const struct fields simulate_rate_limit_fields =
    FIELD_TABLE("rate_limit", rate_limit_rows, struct rate_limit_left, FIELDS_NO_PLACE);

static bool check_class(struct call *c, const struct rate_limits *l, const char *class)
{
    const char *names[QUOTA_WINDOWS];
    for (size_t i = 0; i < l->window_count; i++) {
        names[i] = l->windows[i].name;
        if (str_is(str_from(class), names[i]))
            return true;
    }
    return call_issue(c, "/class", "unknown rate limit '%s'%s", class,
                      admin_hint(c, str_from(class), names, l->window_count));
}

static void set_window(struct call *c, uint32_t key, const struct rate_limits *l, size_t window, int64_t remaining)
{
    int64_t limit = rate_limit_of(l, key_read(c->world, key), window);
    const struct rate_window *x = &l->windows[window];
    if (!limit) {
        json_put_null(&c->out, x->name);
        return;
    }
    if (remaining > limit)
        remaining = limit;
    quota_set(c->world, key, window, x->length_ms, limit - remaining);
    json_put_int(&c->out, x->name, remaining);
}

void simulate_rate_limit(struct call *c, const void *fields)
{
    const struct rate_limit_left *f = fields;
    uint32_t key = select_key(c, "/key", f->key);
    if (!key)
        return;
    const struct provider *d = provider_with_id(record_provider(c->world, RECORD_KEY, key));
    const struct rate_limits *l = d->limits;
    if (!l)
        call_issue(c, "/key", "the key's provider has no rate limits");
    if (!l || (f->class && !check_class(c, l, f->class)))
        return;
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "key", RECORD_KEY, key);
    json_key(w, "remaining"); /* null: no limit */
    json_open_map(w);
    for (size_t i = 0; i < l->window_count; i++)
        if (!f->class || str_is(str_from(f->class), l->windows[i].name))
            set_window(c, key, l, i, f->remaining);
    json_close_map(w);
    simulation_end(c);
}
