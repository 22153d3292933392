#include "mockserver/fixture_moment.h"

#include <string.h>

#include "base/digest.h"
#include "base/time.h"
#include "mockserver/dialects/dialects.h"
#include "mockserver/state/events.h"
#include "mockserver/state/layer.h"
#include "mockserver/state/rebuild.h"
#include "mockserver/state/replies.h"

struct moment_change {
    struct where at_place;
    const struct node *at, *record, *key;
    int kind;
    const char *what, *from, *to, *cause;
};

static const struct field change_rows[] = {
    FIELD("at", FIELD_NODE, struct moment_change, at, .required = true, .shape = "instant",
          .help = "When."),
    FIELD("kind", FIELD_ENUM, struct moment_change, kind, .required = true,
          .texts = record_kind_texts, .text_count = RECORD_KIND_COUNT,
          .help = "The kind of record it happened to."),
    FIELD("record", FIELD_NODE, struct moment_change, record, .required = true,
          .shape = "record_name", .help = "That record: its id, or its number in its list."),
    FIELD("what", FIELD_TEXT, struct moment_change, what, .required = true,
          .help = "The transition."),
    FIELD("from", FIELD_TEXT, struct moment_change, from,
          .help = "The record's state before; none: it began to exist."),
    FIELD("to", FIELD_TEXT, struct moment_change, to, .required = true,
          .help = "The record's state from then on."),
    FIELD("cause", FIELD_TEXT, struct moment_change, cause, .required = true,
          .help = "call, force, time, delivery, rule or fixture."),
    FIELD("key", FIELD_NODE, struct moment_change, key, .shape = "record_name",
          .help = "The key whose call it was."),
};
static const struct fields change_fields = FIELD_TABLE("change", change_rows, struct moment_change,
                                                       offsetof(struct moment_change, at_place));

struct moment_event {
    const struct node *at, *record;
    int what;
};

static const struct field event_rows[] = {
    FIELD("at", FIELD_NODE, struct moment_event, at, .required = true, .shape = "instant",
          .help = "When."),
    FIELD("what", FIELD_ENUM, struct moment_event, what, .required = true,
          .texts = event_kind_texts, .text_count = EVENT_KIND_COUNT, .help = "What happens then."),
    FIELD("record", FIELD_NODE, struct moment_event, record, .required = true,
          .shape = "record_name", .help = "To which record: its id, or its number in its list."),
};
static const struct fields event_fields =
    FIELD_TABLE("event", event_rows, struct moment_event, FIELDS_NO_PLACE);

struct moment_window {
    const struct node *since;
    int64_t used;
};

static const struct field window_rows[] = {
    FIELD("since", FIELD_NODE, struct moment_window, since, .required = true, .shape = "instant",
          .help = "When the window began."),
    FIELD("used", FIELD_INT, struct moment_window, used, .required = true,
          .help = "Calls it has counted."),
};
static const struct fields window_fields =
    FIELD_TABLE("window", window_rows, struct moment_window, FIELDS_NO_PLACE);

struct moment_quota {
    const struct node *key;
    struct field_list windows;
    const struct node *away;
};

static const struct field quota_rows[] = {
    FIELD("key", FIELD_NODE, struct moment_quota, key, .required = true, .shape = "record_name",
          .help = "Whose: its id, or its number in the list of keys."),
    FIELD("windows", FIELD_LIST, struct moment_quota, windows, .required = true,
          .max = QUOTA_WINDOWS, .sub = &window_fields,
          .help = "What each of its windows has counted."),
    FIELD("away", FIELD_NODE, struct moment_quota, away,
          .shape = "{type: array, items: {type: integer, minimum: 0}}",
          .help = "Operations, by number, whose last call a hostile world turned away."),
};
static const struct fields quota_fields =
    FIELD_TABLE("quota", quota_rows, struct moment_quota, FIELDS_NO_PLACE);

struct moment_reply {
    struct where at_place;
    const struct node *key, *at;
    const char *what, *token, *token_bytes, *asked, *body;
    int64_t status;
};

static const struct field reply_rows[] = {
    FIELD("key", FIELD_NODE, struct moment_reply, key, .shape = "record_name",
          .help = "Who asked: the key's id, or its number in the list of keys."),
    FIELD("what", FIELD_TEXT, struct moment_reply, what, .required = true,
          .help = "The operation, without its provider."),
    FIELD("token", FIELD_TEXT, struct moment_reply, token, .help = "The Idempotency-Key."),
    FIELD("token_base64url", FIELD_TEXT, struct moment_reply, token_bytes,
          .help = "The same, where it is no text."),
    FIELD("asked", FIELD_TEXT, struct moment_reply, asked, .required = true,
          .help = "SHA-256 of path and body, as base64url."),
    FIELD("at", FIELD_NODE, struct moment_reply, at, .required = true, .shape = "instant",
          .help = "When."),
    FIELD("status", FIELD_INT, struct moment_reply, status, .required = true, .min = 100,
          .max = 599, .help = "The answer's status."),
    FIELD("body", FIELD_TEXT, struct moment_reply, body, .required = true,
          .help = "The answer's body."),
};
static const struct fields reply_fields =
    FIELD_TABLE("reply", reply_rows, struct moment_reply, offsetof(struct moment_reply, at_place));

struct moment {
    int64_t ids, calls, announced;
    bool unchecked;
    const struct node *editions;
    struct field_list failing_steps;
    struct field_list changes, events, quotas, replies;
};

static const struct field moment_rows[] = {
    FIELD("ids", FIELD_INT, struct moment, ids, .help = "How many ids were minted so far."),
    FIELD("calls", FIELD_INT, struct moment, calls,
          .help = "How many calls a hostile world has had."),
    FIELD("announced", FIELD_INT, struct moment, announced, .min = 0, .max = UINT32_MAX,
          .help = "How many changes webhooks were told of, or need not be. Default: all."),
    FIELD("unchecked", FIELD_BOOL, struct moment, unchecked,
          .help = "The world breaks its invariants on purpose: do not check them."),
    FIELD("editions", FIELD_NODE, struct moment, editions,
          .shape = "{type: object, additionalProperties: {type: integer}}",
          .help = "Which edition of its documents is in force, a number a provider."),
    FIELD("failing_steps", FIELD_TEXTS, struct moment, failing_steps,
          .help = "Steps after connecting that fail the next time."),
    FIELD("quotas", FIELD_LIST, struct moment, quotas, .sub = &quota_fields,
          .help = "Rate budgets used so far."),
    FIELD("replies", FIELD_LIST, struct moment, replies, .sub = &reply_fields,
          .help = "Answers kept for their Idempotency-Key, oldest first."),
    FIELD("events", FIELD_LIST, struct moment, events, .sub = &event_fields,
          .help = "What is to happen later, in order. Default: what the records wait for."),
    FIELD("changes", FIELD_LIST, struct moment, changes, .sub = &change_fields,
          .help = "All that has happened, in order. Default: every record has just begun."),
};
const struct fields moment_fields =
    FIELD_TABLE("moment", moment_rows, struct moment, FIELDS_NO_PLACE);

static bool read_time(struct records_read *r, const struct node *n, int64_t *ms)
{
    if (n->kind == NODE_INT)
        *ms = n->integer;
    else if (n->kind != NODE_TEXT || !time_parse(n->text, ms))
        return error_add(r->err, ERROR_INPUT, n->at, "is no time such as 2026-05-02T09:00:00Z");
    return true;
}

static bool read_key(struct records_read *r, const struct node *name, uint32_t *row)
{
    *row = ROW_NONE;
    return !name || records_ref(r, RECORD_KEY, name, row);
}

static bool read_change(struct records_read *r, const struct moment_change *said)
{
    struct change c = {
        .kind = (enum record_kind)said->kind,
        .what = said->what,
        .from = said->from,
        .to = said->to,
        .cause = said->cause,
    };
    if (!read_time(r, said->at, &c.at_ms) || !records_ref(r, c.kind, said->record, &c.row) ||
        !read_key(r, said->key, &c.key))
        return false;
    if (c.at_ms > r->load->start_ms)
        return error_add(r->err, ERROR_INPUT, said->at_place,
                         "happens after the world's time, clock.start");
    rebuild_change(r->w, &c);
    return true;
}

static bool read_event(struct records_read *r, const struct moment_event *said)
{
    uint32_t row = ROW_NONE;
    int64_t at_ms = 0;
    enum event_kind kind = (enum event_kind)said->what;
    if (!read_time(r, said->at, &at_ms) || !records_ref(r, event_record(kind), said->record, &row))
        return false;
    events_add(r->w, at_ms, kind, row);
    return true;
}

static bool read_away(struct records_read *r, const struct node *away, uint32_t key)
{
    bool good = true;
    if (away && away->kind != NODE_LIST)
        return error_add(r->err, ERROR_INPUT, away->at, "is a list of operations' numbers");
    for (size_t i = 0; i < node_count(away); i++) {
        const struct node *n = node_at(away, i);
        if (n->kind == NODE_INT && n->integer >= 0 && n->integer < QUOTA_OPERATIONS)
            quota_set_away(r->w, key, (size_t)n->integer, true);
        else
            good = error_add(r->err, ERROR_INPUT, n->at, "is no operation's number");
    }
    return good;
}

static bool read_quota(struct records_read *r, const struct moment_quota *said)
{
    struct quota quota = {0};
    uint32_t key;
    const struct moment_window *windows = said->windows.items;
    bool good = read_key(r, said->key, &key);
    for (size_t i = 0; i < said->windows.count; i++) {
        quota.windows[i].used = windows[i].used;
        good = read_time(r, windows[i].since, &quota.windows[i].since_ms) && good;
    }
    if (good)
        rebuild_quota(r->w, key, &quota);
    return good && read_away(r, said->away, key);
}

static bool read_reply(struct records_read *r, const struct moment_reply *said)
{
    struct str asked;
    struct reply reply = {
        .what = world_text(r->w, said->what),
        .token = str_from(said->token),
        .status = (int)said->status,
        .body = str_from(said->body),
    };
    if (!read_time(r, said->at, &reply.at_ms) || !read_key(r, said->key, &reply.key))
        return false;
    if (!said->token == !said->token_bytes ||
        (said->token_bytes &&
         !digest_base64url_decode(r->load->arena, str_from(said->token_bytes), &reply.token)))
        return error_add(r->err, ERROR_INPUT, said->at_place,
                         "a reply has 'token', or 'token_base64url'");
    if (!digest_base64url_decode(r->load->arena, str_from(said->asked), &asked) ||
        asked.n != DIGEST_SIZE)
        return error_add(r->err, ERROR_INPUT, said->at_place,
                         "'asked' is %d bytes, written as base64url", DIGEST_SIZE);
    memcpy(reply.asked, asked.s, DIGEST_SIZE);
    replies_keep(r->w, &reply, INT64_MIN);
    return true;
}

static bool read_editions(struct records_read *r, const struct node *editions)
{
    bool good = !editions || editions->kind == NODE_MAP ||
                error_add(r->err, ERROR_INPUT, editions->at, "is an object, a number a provider");
    for (size_t i = 0; good && i < node_count(editions); i++) {
        const struct member *m = node_member(editions, i);
        const struct dialect *d = dialect_named(str_from(m->key));
        if (!d || m->value->kind != NODE_INT || m->value->integer < 0 ||
            m->value->integer > INT16_MAX)
            good = error_add(r->err, ERROR_INPUT, m->key_at,
                             d ? "is no edition's number" : "is no provider");
        else
            r->w->editions[d->provider] = (int)m->value->integer;
    }
    return good;
}

static bool read_steps(struct records_read *r, const struct moment *m, const struct node *node)
{
    const char *const *names = m->failing_steps.items;
    bool good = true;
    for (size_t i = 0; i < m->failing_steps.count; i++) {
        size_t step = 0;
        while (step < CONNECT_STEP_COUNT && strcmp(connect_step_texts[step], names[i]) != 0)
            step++;
        if (step < CONNECT_STEP_COUNT)
            connect_step_set_fails(r->w, (enum connect_step)step, true);
        else
            good = error_add(r->err, ERROR_INPUT, node_at(node_get(node, "failing_steps"), i)->at,
                             "no step is called '%s'", names[i]);
    }
    return good;
}

static bool read_history(struct records_read *r, const struct moment *m)
{
    bool good = true;
    const struct moment_change *changes = m->changes.items;
    const struct moment_event *events = m->events.items;
    const struct moment_quota *quotas = m->quotas.items;
    const struct moment_reply *replies = m->replies.items;
    for (size_t i = 0; i < m->changes.count; i++)
        good = read_change(r, &changes[i]) && good;
    for (size_t i = 0; i < m->events.count; i++)
        good = read_event(r, &events[i]) && good;
    for (size_t i = 0; i < m->quotas.count; i++)
        good = read_quota(r, &quotas[i]) && good;
    for (size_t i = 0; i < m->replies.count; i++)
        good = read_reply(r, &replies[i]) && good;
    return good;
}

bool moment_read(struct records_read *r, const struct node *node, bool *broken)
{
    struct moment m = {0};
    if (!fields_read(&moment_fields, node, r->load->arena, &m, r->err))
        return false;
    bool good = read_history(r, &m);
    good = read_editions(r, m.editions) && good;
    good = read_steps(r, &m, node) && good;
    if (m.announced > changes_last(r->w))
        good = error_add(r->err, ERROR_INPUT, node_get(node, "announced")->at,
                         "there are only %u changes", changes_last(r->w));
    r->w->minted = (uint64_t)m.ids;
    r->w->calls = (uint64_t)m.calls;
    r->w->announced = (uint32_t)m.announced;
    *broken = m.unchecked;
    return good;
}
