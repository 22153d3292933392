#include "mockserver/cli/banner.h"

#include "base/buf.h"
#include "base/log.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

#define LABEL_COLUMN 16
#define NAMES_MAX    8 /* of keys per provider */

struct banner {
    struct buf out;
    bool colour;
};

static void put_row(struct banner *b, const char *label, const char *value)
{
    buf_printf(&b->out, "  %s%-*s%s%s\n", b->colour ? "\x1b[2m" : "", LABEL_COLUMN, label, b->colour ? "\x1b[0m" : "",
               value);
}

static const char *fixture_names(struct arena *a, const struct mock *m)
{
    struct buf names = {.arena = a};
    if (!m->options.fixture_count)
        return "sample (built in; --fixture FILE loads yours)";
    for (size_t i = 0; i < m->fixture_count; i++)
        buf_printf(&names, "%s%s (%s)", i ? ", " : "", m->fixtures[i]->name, m->options.fixtures[i]);
    return buf_c(&names);
}

static bool is_of(const struct world *w, uint32_t row, const struct provider *d)
{
    return record_provider(w, RECORD_KEY, row) == d->id && key_read(w, row)->status == KEY_ACTIVE;
}

/* The value of the first key. NULL: there is none. */
static const char *first_key(const struct world *w, const struct provider *d)
{
    for (uint32_t row = 0; world_next(w, RECORD_KEY, &row);)
        if (is_of(w, row, d) && key_read(w, row)->value)
            return key_read(w, row)->value;
    return NULL;
}

static const char *key_names(struct arena *a, const struct world *w, const struct provider *d)
{
    struct buf names = {.arena = a};
    size_t count = 0;
    for (uint32_t row = 0; world_next(w, RECORD_KEY, &row);)
        if (is_of(w, row, d) && count++ < NAMES_MAX)
            buf_printf(&names, "%s%s", names.n ? ", " : "", key_label(key_read(w, row)));
    if (count > NAMES_MAX)
        buf_printf(&names, " and %zu more", count - NAMES_MAX);
    return names.n ? buf_c(&names) : NULL;
}

static void put_keys(struct banner *b, const struct mock *m)
{
    bool sample = !m->options.fixture_count;
    const struct world *w = m->fixtures[0]->world;
    buf_text(&b->out, sample ? "\n  Keys of the sample\n" : "\n  Keys of the fixture (names)\n");
    for (size_t i = 0; i < provider_count; i++) {
        const struct provider *d = providers[i];
        const char *text = sample ? first_key(w, d) : key_names(b->out.arena, w, d);
        if (text)
            put_row(b, d->title, text);
    }
}

void banner_print(FILE *to, const struct mock *m, const char *admin_url)
{
    struct arena a = {0};
    struct banner b = {.out = {.arena = &a}, .colour = log_colour_wanted(to)};
    const char *bold = b.colour ? "\x1b[1m" : "", *plain = b.colour ? "\x1b[0m" : "";
    buf_printf(&b.out, "\n  %sUnderstudy mock server %s%s\n\n", bold, UNDERSTUDY_VERSION, plain);
    for (size_t i = 0; i < provider_count; i++)
        put_row(&b, providers[i]->title, arena_printf(&a, "%s%s%s", m->url, providers[i]->mount, providers[i]->base));
    put_row(&b, "Admin API", admin_url ? arena_printf(&a, "%s/__admin", admin_url) : "off");
    put_row(&b, "Fixture", fixture_names(&a, m));
    put_keys(&b, m);
    buf_text(&b.out, "\n  A line for each call follows (--log error: none). Ctrl-C stops the mock.\n\n");
    fputs(buf_c(&b.out), to);
    arena_end(&a);
}
