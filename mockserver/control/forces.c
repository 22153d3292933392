#include "mockserver/control/control.h"

#include <string.h>

#include "mockserver/control/consent.h"
#include "mockserver/control/door.h"
#include "mockserver/control/select.h"
#include "mockserver/namespaces.h"
#include "mockserver/rules/rules.h"
#include "mockserver/state/layer.h"
#include "mockserver/state/post.h"
#include "mockserver/state/records.h"
#include "mockserver/state/tenant.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A table named <force>_fields of the rows <force>_rows, read into struct <force>. */
#define FIELDS(force)                                                                              \
    static const struct fields force##_fields = {#force, force##_rows, COUNT(force##_rows),        \
                                                 sizeof(struct force), FIELDS_NO_PLACE}

/* Every answer of a force: what it is about, then what it changed. */
static struct json *begin(struct call *c)
{
    struct json *w = call_json(c, 200);
    json_open_map(w);
    return w;
}

static void end(struct call *c)
{
    door_put_new_changes(c);
    json_close_map(&c->out);
}

static void put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row)
{
    json_put_text(&c->out, key, row ? record_id(c->world, kind, row) : NULL);
}

/* consent */

struct consent {
    const char *state, *handle;
    int outcome;
};

static const struct field consent_rows[] = {
    {.key = "state",
     .type = FIELD_TEXT,
     .offset = offsetof(struct consent,   state),
     .help = "The attempt's state token.",
     .required = true},
    {.key = "outcome",
     .type = FIELD_ENUM,
     .offset = offsetof(struct consent,                  outcome),
     .help = "What the end-customer does.",
     .required = true,
     .texts = consent_outcome_texts,
     .text_count = CONSENT_OUTCOME_COUNT},
    {.key = "handle",
     .type = FIELD_TEXT,
     .offset = offsetof(struct consent, handle),
     .help = "Who consents; made up if it is not said."       },
};
FIELDS(consent);

static void force_consent(struct call *c, const void *fields)
{
    const struct consent *f = fields;
    uint32_t row = select_attempt(c, "/state", f->state);
    if (!row || !consent_give(c, row, (enum consent_outcome)f->outcome, f->handle))
        return;
    const struct attempt *a = attempt_read(c->world, row);
    const char *redirect = consent_redirect(c, row);
    struct json *w = begin(c);
    json_put_text(w, "redirect", redirect);
    json_put_text(w, "state", a->token);
    json_put_text(w, "status", attempt_state_texts[a->state]);
    put_id(c, "account", RECORD_ACCOUNT, a->account);
    end(c);
}

/* token_lost */

static const char *const why_texts[] = {"expired", "revoked_upstream"};

struct token_lost {
    const char *account;
    int why;
};

static const struct field token_lost_rows[] = {
    {.key = "account",
     .type = FIELD_TEXT,
     .offset = offsetof(struct token_lost,                             account),
     .help = "Whose token, by id or handle.",
     .required = true              },
    { .key = "why",
     .type = FIELD_ENUM,
     .offset = offsetof(struct token_lost, why),
     .help = "Whether its time was over or the platform withdrew it.",
     .required = true,
     .texts = why_texts,
     .text_count = COUNT(why_texts)},
};
FIELDS(token_lost);

/* An account that still is in the list, or ROW_NONE. */
static uint32_t listed_account(struct call *c, const char *who)
{
    uint32_t row = select_account(c, "/account", who);
    if (!row || account_is_listed(account_read(c->world, row)))
        return row;
    call_refuse(c, FAULT_CONFLICT, "The account is disconnected already");
    return ROW_NONE;
}

static void answer_account(struct call *c, uint32_t row)
{
    struct json *w = begin(c);
    put_id(c, "account", RECORD_ACCOUNT, row);
    json_put_text(w, "state", account_state_text(account_read(c->world, row)));
    end(c);
}

static void force_token_lost(struct call *c, const void *fields)
{
    const struct token_lost *f = fields;
    uint32_t row = listed_account(c, f->account);
    if (!row)
        return;
    const struct account *a = account_read(c->world, row);
    if (a->token != TOKEN_LIVE) {
        call_refuse(c, FAULT_CONFLICT, "Its token is lost already: %s", token_texts[a->token]);
        return;
    }
    account_lose_token(c->world, row, f->why ? TOKEN_WITHDRAWN : TOKEN_EXPIRED);
    answer_account(c, row);
}

/* account_connected, account_removed */

struct account_connected {
    const char *space, *handle;
    int platform;
};

static const struct field account_connected_rows[] = {
    {.key = "space",
     .type = FIELD_TEXT,
     .offset = offsetof(struct account_connected,    space),
     .help = "The project or workspace, by id or name.",
     .required = true                                    },
    {.key = "platform",
     .type = FIELD_ENUM,
     .offset = offsetof(struct account_connected,    platform),
     .help = "Where the account is.",
     .required = true,
     .texts = platform_texts,
     .text_count = PLATFORM_COUNT},
    {.key = "handle",
     .type = FIELD_TEXT,
     .offset = offsetof(struct account_connected, handle),
     .help = "Whose it is.",
     .required = true},
};
FIELDS(account_connected);

static void force_account_connected(struct call *c, const void *fields)
{
    const struct account_connected *f = fields;
    uint32_t space = select_space(c, "/space", f->space);
    const char *handle = consent_read_handle(c, f->handle);
    if (!handle)
        call_issue(c, "/handle", "is no handle");
    if (!space || !handle)
        return;
    struct account_spec user;
    consent_user(c, record_provider(c->world, RECORD_SPACE, space), (enum platform)f->platform,
                 handle, &user);
    answer_account(c, account_connect(c->world, space, &user));
}

struct account_removed {
    const char *account;
};

static const struct field account_removed_rows[] = {
    {.key = "account",
     .type = FIELD_TEXT,
     .offset = offsetof(struct account_removed, account),
     .help = "Which, by id or handle.",
     .required = true},
};
FIELDS(account_removed);

static void force_account_removed(struct call *c, const void *fields)
{
    const struct account_removed *f = fields;
    uint32_t row = listed_account(c, f->account);
    if (!row)
        return;
    account_disconnect(c->world, row, DISCONNECT_REMOVED_BY_USER);
    answer_account(c, row);
}

/* side_effect */

static const char *const step_outcome_texts[] = {"fail", "ok"};

struct side_effect {
    int step, outcome;
};

static const struct field side_effect_rows[] = {
    FIELD("step", FIELD_ENUM, struct side_effect, step, .required = true,
          .texts = connect_step_texts, .text_count = CONNECT_STEP_COUNT,
          .help = "Which of the steps that follow a new connection."),
    FIELD("outcome", FIELD_ENUM, struct side_effect, outcome, .required = true,
          .texts = step_outcome_texts, .text_count = COUNT(step_outcome_texts),
          .help = "Of its next run; the connection stands all the same."),
};
FIELDS(side_effect);

static void force_side_effect(struct call *c, const void *fields)
{
    const struct side_effect *f = fields;
    connect_step_set_fails(c->world, (enum connect_step)f->step, f->outcome == 0);
    struct json *w = begin(c);
    json_put_text(w, "step", connect_step_texts[f->step]);
    json_put_text(w, "outcome", step_outcome_texts[f->outcome]);
    end(c);
}

/* publish_outcome */

static const char *const result_texts[] = {"success", "error"};

struct publish_outcome {
    const char *post, *account, *code;
    int outcome;
};

static const struct field publish_outcome_rows[] = {
    {.key = "post",
     .type = FIELD_TEXT,
     .offset = offsetof(struct publish_outcome, post),
     .help = "Which post, by its id."                            },
    {.key = "account",
     .type = FIELD_TEXT,
     .offset = offsetof(struct publish_outcome, account),
     .help = "Or the next post of this account, by id or handle."},
    {.key = "outcome",
     .type = FIELD_ENUM,
     .offset = offsetof(struct publish_outcome, outcome),
     .help = "What the platform will answer when it is due.",
     .required = true,
     .texts = result_texts,
     .text_count = COUNT(result_texts)},
    {.key = "code",
     .type = FIELD_TEXT,
     .offset = offsetof(struct publish_outcome,       code),
     .help = "The failure's code."                                          },
};
FIELDS(publish_outcome);

static void set_post_outcome(struct call *c, const char *post, enum outcome outcome,
                             const char *code)
{
    uint32_t row = select_destination(c, "/post", post);
    if (!row)
        return;
    enum destination_state state = destination_read(c->world, row)->state;
    if (state != DESTINATION_QUEUED && state != DESTINATION_PUBLISHING) {
        call_refuse(c, FAULT_CONFLICT, "The post is %s already", destination_state_texts[state]);
        return;
    }
    destination_set_outcome(c->world, row, outcome, code);
    begin(c);
    put_id(c, "post", RECORD_DESTINATION, row);
    end(c);
}

static void force_publish_outcome(struct call *c, const void *fields)
{
    const struct publish_outcome *f = fields;
    enum outcome outcome = f->outcome ? OUTCOME_ERROR : OUTCOME_SUCCESS;
    if (!f->post == !f->account) {
        call_issue(c, "", "takes 'post' or 'account', one of the two");
    } else if (f->code && outcome == OUTCOME_SUCCESS) {
        call_issue(c, "/code", "goes with the outcome 'error'");
    } else if (f->post) {
        set_post_outcome(c, f->post, outcome, f->code);
    } else {
        uint32_t row = listed_account(c, f->account);
        if (!row)
            return;
        account_set_outcome(c->world, row, outcome, f->code);
        answer_account(c, row);
    }
}

/* fail: a rule in other words */

struct fail {
    const struct node *operation, *provider, *times, *status, *error;
};

static const struct field fail_rows[] = {
    {.key = "operation",
     .type = FIELD_NODE,
     .offset = offsetof(struct fail,                           operation),
     .help = "Which operation fails.",
     .required = true},
    {.key = "provider",
     .type = FIELD_NODE,
     .offset = offsetof(struct fail,                                       provider),
     .help = "Of which provider, where several have one of that name."},
    {.key = "times",
     .type = FIELD_NODE,
     .offset = offsetof(struct fail,                                       times),
     .help = "How many of the next calls.",
     .required = true},
    {.key = "status",
     .type = FIELD_NODE,
     .offset = offsetof(struct fail,                       status),
     .help = "With this status and no body."                                                 },
    {.key = "error",
     .type = FIELD_NODE,
     .offset = offsetof(struct fail, error),
     .help = "Or as the provider fails, by its own word."                                                 },
};
FIELDS(fail);

static const struct node *map_of_one(struct arena *a, const char *key, const struct node *value)
{
    return node_with(a, node_new_map(a, NULL, 0), key, value);
}

/* Made of the body's own values, so that what is wrong with them is told at their place. */
static const struct node *rule_of(struct arena *a, const struct fail *f)
{
    const struct node *answer =
        f->status ? map_of_one(a, "status", f->status) : map_of_one(a, "error", f->error);
    const struct node **then = arena_array(a, const struct node *, 1);
    then[0] = map_of_one(a, "answer", answer);
    const struct node *rule = map_of_one(a, "on", f->operation);
    if (f->provider)
        rule = node_with(a, rule, "provider", f->provider);
    rule = node_with(a, rule, "when", map_of_one(a, "times", f->times));
    return node_with(a, rule, "then", node_new_list(a, then, 1));
}

static void force_fail(struct call *c, const void *fields)
{
    const struct fail *f = fields;
    struct error err = {0};
    const char *name;
    if (!f->status == !f->error) {
        call_issue(c, "", "takes 'status' or 'error', one of the two");
    } else if (!rules_add(c->ns->rules, rule_of(c->arena, f), &name, &err)) {
        door_issues(c, call_body(c), &err);
    } else {
        json_put_text(begin(c), "rule", name);
        end(c);
    }
}

const struct force forces[] = {
    {"consent",           &consent_fields,           force_consent,           "The end-customer's part of OAuth."                 },
    {"token_lost",        &token_lost_fields,        force_token_lost,
     "An account's token dies; its posts stay queued."                                                                            },
    {"account_connected", &account_connected_fields, force_account_connected,
     "The end-customer connects an account in the provider's own app."                                                            },
    {"account_removed",   &account_removed_fields,   force_account_removed,
     "The end-customer disconnects an account themselves."                                                                        },
    {"publish_outcome",   &publish_outcome_fields,   force_publish_outcome,
     "What the platform will answer when a post is due."                                                                          },
    {"fail",              &fail_fields,              force_fail,              "The next calls of an operation fail. It is a rule."},
    {"side_effect",       &side_effect_fields,       force_side_effect,       "One after-connect step fails."                     },
    {"lease_decide",      NULL,                      NULL,                    "Layers' review of a lease."                        },
    {"ad_account",        NULL,                      NULL,                    "Ad credentials."                                   },
    {"health",            NULL,                      NULL,                    "PostEverywhere's health."                          },
    {"plan",              NULL,                      NULL,                    "A plan or key is switched."                        },
    {"budget",            NULL,                      NULL,                    "A rate budget's rest."                             },
    {"webhook",           NULL,                      NULL,                    "Deliveries of webhooks."                           },
};
const size_t force_count = COUNT(forces);

static const struct force *find(struct call *c, struct str name)
{
    const char *names[COUNT(forces)];
    for (size_t i = 0; i < COUNT(forces); i++) {
        names[i] = forces[i].name;
        if (str_is(name, names[i]))
            return &forces[i];
    }
    const char *near = str_nearest(name, names, COUNT(forces));
    call_refuse(c, FAULT_NOT_FOUND, "There is no force '" STR_FMT "'%s%s%s", STR_ARG(name),
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

void control_force(struct call *c)
{
    const struct force *force = find(c, c->params[0]);
    if (!force)
        return;
    if (!force->apply) {
        call_refuse(c, FAULT_UNIMPLEMENTED, NULL);
        return;
    }
    void *fields = arena_alloc(c->arena, force->body->size);
    if (!door_body(c, force->body, fields))
        return;
    c->world->cause = "force";
    force->apply(c, fields);
}
