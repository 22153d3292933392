/* Rejects effects of one rule that cannot act together: one of them would do nothing, and a test would pass for the
 * wrong reason. */
#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <string.h>

/* The first value of each effect of the rule, and the second one; NULL: none. */
static const struct node *find(const struct node *then, const char *name, size_t which)
{
    for (size_t i = 0; i < then->list.count; i++) {
        const struct node *value = node_get(then->list.items[i], name);
        if (value && !which--)
            return value;
    }
    return NULL;
}

static bool check_once(const struct node *then, struct error *err)
{
    static const char *const single[] = {"respond", "close_connection", "throttle"};
    bool ok = true;
    for (size_t i = 0; i < COUNT(single); i++) {
        const struct node *second = find(then, single[i], 1);
        if (second)
            ok = error_add(err, ERROR_INPUT, second->at, "the rule has '%s' twice; only one can act", single[i]);
    }
    return ok;
}

static bool is_text(const struct node *n, const char *text)
{
    return n && str_is(n->text, text);
}

/* An edit of headers only needs no body. */
static bool edits_body(const struct node *edits)
{
    for (size_t i = 0; edits && i < edits->list.count; i++)
        if (node_get(edits->list.items[i], "at"))
            return true;
    return false;
}

/* Of a connection that closes before the response begins. */
static bool check_unsent(const struct node *then, const char *how, struct error *err)
{
    static const char *const changes[] = {"patch", "edit", "headers", "throttle"};
    bool ok = true;
    for (size_t i = 0; i < COUNT(changes); i++) {
        const struct node *change = find(then, changes[i], 0);
        if (change)
            ok = error_add(err, ERROR_INPUT, change->at, "'%s' has no effect: close_connection '%s' sends no response",
                           changes[i], how);
    }
    const struct node *respond = find(then, "respond", 0), *after = respond ? node_get(respond, "after") : NULL;
    if (after && after->truth)
        ok = error_add(err, ERROR_INPUT, after->at,
                       "'after' has no effect: close_connection '%s' sends no response; leave out 'respond'", how);
    return ok;
}

/* The call is not served, so what changes how it is served does nothing. */
static bool check_unserved(const struct node *then, struct error *err)
{
    static const char *const before[] = {"request", "skip", "clock"};
    bool ok = true;
    for (size_t i = 0; i < COUNT(before); i++) {
        const struct node *value = find(then, before[i], 0);
        if (value)
            ok = error_add(err, ERROR_INPUT, value->at,
                           "'%s' has no effect: 'respond' acts instead of serving the call; add 'after: true' to it",
                           before[i]);
    }
    return ok;
}

static bool check_respond(const struct node *then, const struct node *respond, struct error *err)
{
    const struct node *patch = find(then, "patch", 0), *edit = find(then, "edit", 0);
    const struct node *close = find(then, "close_connection", 0), *throttle = find(then, "throttle", 0);
    const struct node *after = node_get(respond, "after");
    enum respond_content content = respond_content(respond);
    bool ok = (after && after->truth) || check_unserved(then, err);
    if (content != RESPOND_JSON && patch)
        ok = error_add(err, ERROR_INPUT, patch->at, "'patch' changes a JSON body, but 'respond' sends none");
    if (content != RESPOND_JSON && edits_body(edit))
        ok = error_add(err, ERROR_INPUT, edit->at, "'edit' changes a JSON body, but 'respond' sends none");
    if (content == RESPOND_EMPTY && throttle)
        ok = error_add(err, ERROR_INPUT, throttle->at, "'throttle' slows the body down, but 'respond' sends none");
    if (content == RESPOND_EMPTY && (is_text(close, "mid_body") || is_text(close, "after_headers")))
        ok = error_add(err, ERROR_INPUT, close->at, "'close_connection' cuts the body, but 'respond' sends none");
    return ok;
}

bool effects_combine(const struct node *then, struct error *err)
{
    const struct node *respond = find(then, "respond", 0), *close = find(then, "close_connection", 0);
    bool ok = check_once(then, err);
    if (is_text(close, "before_headers") || is_text(close, "reset"))
        ok = check_unsent(then, close->text.s, err) && ok;
    return (!respond || check_respond(then, respond, err)) && ok;
}
