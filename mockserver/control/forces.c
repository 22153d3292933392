#include "mockserver/control/force.h"

#include "mockserver/state/records.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct json *force_begin(struct call *c)
{
    struct json *w = call_json(c, 200);
    json_open_map(w);
    return w;
}

void force_end(struct call *c)
{
    door_put_new_changes(c);
    json_close_map(&c->out);
}

void force_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row)
{
    json_put_text(&c->out, key, row ? record_id(c->world, kind, row) : NULL);
}

const struct force forces[] = {
    {"consent",           &force_consent_fields,           force_consent,           "The end-customer's part of OAuth."                 },
    {"token_lost",        &force_token_lost_fields,        force_token_lost,
     "An account's token dies; its posts stay queued."                                                                                  },
    {"account_connected", &force_account_connected_fields, force_account_connected,
     "The end-customer connects an account in the provider's own app."                                                                  },
    {"account_removed",   &force_account_removed_fields,   force_account_removed,
     "The end-customer disconnects an account themselves."                                                                              },
    {"publish_outcome",   &force_publish_outcome_fields,   force_publish_outcome,
     "What the platform will answer when a post is due."                                                                                },
    {"fail",              &force_fail_fields,              force_fail,              "The next calls of an operation fail. It is a rule."},
    {"side_effect",       &force_side_effect_fields,       force_side_effect,       "One after-connect step fails."                     },
    {"lease_decide",      &force_lease_decide_fields,      force_lease_decide,      "Layers' review of a lease."                        },
    {"ad_account",        &force_ad_account_fields,        force_ad_account,        "Ad credentials."                                   },
    {"health",            &force_health_fields,            force_health,            "PostEverywhere's health of an account."            },
    {"plan",              &force_plan_fields,              force_plan,              "Whether a key is served."                          },
    {"budget",            &force_budget_fields,            force_budget,            "What is left of a rate budget."                    },
    {"webhook",           &force_webhook_fields,           force_webhook,           "Deliveries of webhooks."                           },
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
