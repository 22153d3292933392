/* mockserver replay: prints the result of a replay as text or as JSON. */
#include <stdio.h>

#include "base/json.h"
#include "base/log.h"
#include "mockserver/cli/commands.h"
#include "mockserver/recording/replay.h"

static void print_warnings(const struct options *o, const char *path, const struct replay *r)
{
    if (strcmp(r->version, UNDERSTUDY_VERSION) != 0)
        log_line(LOG_WARN,
                 "%s was recorded by version %s and is replayed by %s; differences may be due to "
                 "that",
                 path, r->version, UNDERSTUDY_VERSION);
    if (!r->whole && (!r->differences.count || o->all))
        log_line(LOG_WARN, "%s is incomplete; replayed up to line %d", path, r->lines);
}

static void print_difference(const char *path, const struct replay_difference *d)
{
    fprintf(stderr, "%s:%d: %s %llu%s%s: %s\n", path, d->line, d->kind, (unsigned long long)d->number,
            d->about ? ", " : "", d->about ? d->about : "", d->text ? d->text : "differs");
    for (size_t i = 0; i < d->findings.count; i++) {
        const struct finding *f = &d->findings.items[i];
        fprintf(stderr, "  %s\n    recorded  %s\n    replayed  %s\n", f->place, f->recorded ? f->recorded : "nothing",
                f->replayed ? f->replayed : "nothing");
    }
    if (d->findings.more)
        fprintf(stderr, "  and %zu more\n", d->findings.more);
}

static void put_difference(struct json *w, const struct replay_difference *d)
{
    json_open_map(w);
    json_put_int(w, "line", d->line);
    json_put_text(w, "kind", d->kind);
    json_put_int(w, "number", (int64_t)d->number);
    json_put_text(w, "about", d->about);
    if (d->text)
        json_put_text(w, "text", d->text);
    json_key(w, "findings");
    json_open_list(w);
    for (size_t i = 0; i < d->findings.count; i++) {
        const struct finding *f = &d->findings.items[i];
        json_open_map(w);
        json_put_text(w, "place", f->place);
        json_put_text(w, "recorded", f->recorded);
        json_put_text(w, "replayed", f->replayed);
        json_close_map(w);
    }
    json_close_list(w);
    json_put_int(w, "more", (int64_t)d->findings.more);
    json_close_map(w);
}

static void print_json(const struct options *o, const char *path, const struct replay *r)
{
    struct buf text = {.arena = o->arena};
    struct json w = json_begin(&text, 0);
    json_open_map(&w);
    json_put_text(&w, "recording", path);
    json_put_text(&w, "version", r->version);
    json_put_bool(&w, "whole", r->whole);
    json_put_bool(&w, "same", !r->differences.count);
    json_put_int(&w, "calls", (int64_t)r->calls);
    json_put_int(&w, "responses", (int64_t)r->responses);
    json_put_int(&w, "deliveries", (int64_t)r->deliveries);
    json_put_int(&w, "timers", (int64_t)r->timers);
    json_key(&w, "differences");
    json_open_list(&w);
    for (size_t i = 0; i < r->differences.count; i++)
        put_difference(&w, &r->differences.items[i]);
    json_close_list(&w);
    json_close_map(&w);
    puts(buf_c(&text));
}

static void print_summary(const char *path, const struct replay *r)
{
    printf("%s: %llu calls, %llu deliveries, %llu timers: ", path, (unsigned long long)r->calls,
           (unsigned long long)r->deliveries, (unsigned long long)r->timers);
    if (r->differences.count)
        printf("differs from %s %llu on\n", r->differences.items[0].kind,
               (unsigned long long)r->differences.items[0].number);
    else
        printf("%llu responses, all equal\n", (unsigned long long)r->responses);
}

int command_replay(const struct options *o, struct error *err)
{
    const char *path = o->arguments.items[0];
    struct replay r;
    if (!replay_run(o->arena, path, o->all, &r, err))
        return 2;
    print_warnings(o, path, &r);
    for (size_t i = 0; i < r.differences.count; i++)
        print_difference(path, &r.differences.items[i]);
    if (o->json)
        print_json(o, path, &r);
    else
        print_summary(path, &r);
    if (r.differences.count)
        return 1;
    if (!r.responses)
        log_line(LOG_ERROR, "%s has no response to compare", path);
    return r.responses ? 0 : 4;
}
