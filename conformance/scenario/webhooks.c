#include <string.h>

#include "conformance/scenario/reader.h"
#include "conformance/scenario/references.h"
#include "conformance/scenario/validate.h"

/* A webhook step proves something only if a delivery could arrive: an earlier step registers $scenario.webhook_url for
 * the event. That none arrives proves something only if something could cause it, and if another delivery shows that
 * the endpoint works. */

#define NONE_MIN_MS 1000 /* a delivery takes its time */

/* --- registering an endpoint --------------------------------------------------------------- */

struct search {
    const struct scenario *scenario; /* NULL: without its variables */
    bool found;
};

static bool is_url(const struct scenario *sc, struct str reference);

static bool on_reference(void *ctx, struct str reference, struct where at)
{
    struct search *s = ctx;
    (void)at;
    s->found |= is_url(s->scenario, reference);
    return !s->found;
}

static bool mentions_url(const struct scenario *sc, const struct node *value)
{
    struct search s = {sc, false};
    if (value)
        references_visit(value, on_reference, &s);
    return s.found;
}

/* The URL of the listener, or a variable with it. A variable cannot use another one. */
static bool is_url(const struct scenario *sc, struct str reference)
{
    bool found = str_is(reference, "scenario.webhook_url");
    for (size_t i = 0; sc && i < sc->var_count && !found; i++)
        found = str_is(reference, sc->vars[i].name) && mentions_url(NULL, sc->vars[i].value);
    return found;
}

static bool registers(const struct scenario *sc, const struct step *s)
{
    bool found = mentions_url(sc, s->source);
    for (size_t i = 0; s->flow && i < s->flow->step_count && !found; i++)
        found = registers(sc, &s->flow->steps[i]);
    return found;
}

/* Finds the value of the first key `events` at or below n. */
static const struct node *find_events(const struct node *n)
{
    const struct node *found = NULL;
    for (size_t i = 0; i < node_count(n) && !found; i++) {
        if (n->kind == NODE_MAP && strcmp(n->map.members[i].key, "events") == 0)
            found = n->map.members[i].value;
        else
            found = find_events(child_at(n, i));
    }
    return found;
}

static bool lists_event(const struct node *events, const char *event)
{
    for (size_t i = 0; i < node_count(events); i++) {
        const char *text = node_text(node_at(events, i));
        if (!text || text[0] == '$' || strcmp(text, "*") == 0 || strcmp(text, event) == 0)
            return true;
    }
    return false;
}

/* Returns the list of events that the step registers for; NULL: all, or unknown. */
static const struct node *events_of(const struct step *s)
{
    const struct node *events = find_events(s->source);
    for (size_t i = 0; s->flow && i < s->flow->step_count && !events; i++)
        events = events_of(&s->flow->steps[i]);
    return events && events->kind == NODE_LIST ? events : NULL;
}

/* --- a step that expects a webhook ---------------------------------------------------------- */

static bool is_caused(const struct scenario *sc, size_t from, size_t to)
{
    bool caused = false;
    for (size_t i = from; i < to; i++)
        caused |= !step_only_reads(&sc->steps[i]);
    return caused;
}

static bool has_delivery(const struct scenario *sc)
{
    bool any = false;
    for (size_t i = 0; i < sc->step_count; i++)
        any |= sc->steps[i].hook && !sc->steps[i].hook->none;
    return any;
}

/* Returns the index of the first step that registers for the event, or `before`. *registered: for any event. */
static size_t find_registration(const struct scenario *sc, size_t before, const char *event, bool *registered)
{
    size_t found = before;
    *registered = false;
    for (size_t i = 0; i < before && found == before; i++) {
        if (!registers(sc, &sc->steps[i]))
            continue;
        const struct node *events = events_of(&sc->steps[i]);
        *registered = true;
        if (!events || lists_event(events, event))
            found = i;
    }
    return found;
}

static bool check_none(struct validation *c, const struct scenario *sc, size_t i, size_t registration)
{
    struct where at = sc->steps[i].at;
    if (sc->steps[i].hook->within_ms < NONE_MIN_MS)
        return error_add(c->err, ERROR_INPUT, at,
                         "'within' is too short to show that nothing arrives; expected at least 1s");
    if (!is_caused(sc, registration + 1, i))
        return error_add(c->err, ERROR_INPUT, at,
                         "no step between the registration of the endpoint and this one could cause a delivery, so "
                         "'none' proves nothing; add what could cause it");
    return has_delivery(sc) ||
           error_add(c->err, ERROR_INPUT, at,
                     "no other step shows that a delivery arrives at all, so 'none' proves nothing; expect another "
                     "delivery in this scenario");
}

static bool check_hook(struct validation *c, const struct scenario *sc, size_t i)
{
    const struct hook *hook = sc->steps[i].hook;
    bool registered;
    if (hook->event[0] == '$')
        return true;
    size_t registration = find_registration(sc, i, hook->event, &registered);
    if (!registered)
        return error_add(c->err, ERROR_INPUT, sc->steps[i].at,
                         "no earlier step registers $scenario.webhook_url, so no delivery can arrive");
    if (registration == i)
        return error_add(c->err, ERROR_INPUT, sc->steps[i].at,
                         "the endpoint is not registered for the event '%s', so it cannot arrive; add it to "
                         "'events' of the registration",
                         hook->event);
    return !hook->none || check_none(c, sc, i, registration);
}

bool validate_webhooks(struct validation *c, const struct scenario *sc)
{
    bool ok = true;
    for (size_t i = 0; i < sc->step_count; i++)
        if (sc->steps[i].kind == STEP_KIND_COUNT)
            return true; /* invalid; what it does is unknown */
    for (size_t i = 0; i < sc->step_count; i++)
        if (sc->steps[i].hook)
            ok &= check_hook(c, sc, i);
    return ok;
}
