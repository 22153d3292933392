#include "conformance/scenario/yaml.h"

#include <ctype.h>
#include <string.h>

#define COUNT(array)        (sizeof(array) / sizeof *(array))
#define KEY(type, key, ...) FIELD(key, type, struct YAML_STRUCT, __VA_ARGS__)

const char *const step_kind_texts[] = {
#define X(name, text) [STEP_##name] = text,
    STEP_KINDS(X)
#undef X
};

const char *const consent_outcomes[] = {"approve", "deny", "abandon", "exchange_error"};
const char *const input_types[] = {"string", "integer", "boolean", "any"};
const size_t input_type_count = COUNT(input_types);

#define YAML_STRUCT scenario_yaml
static const struct field scenario_rows[] = {
    KEY(FIELD_TEXT, "scenario", scenario, .required = true,
        .help = "Its name: small letters, digits and dashes; one of a kind in the suite."),
    KEY(FIELD_TEXT, "title", title, .required = true, .min = 1, .max = 200,
        .help = "What it shows, in one line."),
    KEY(FIELD_TEXT, "note", note, .help = "Free text for the report."),
    KEY(FIELD_TEXTS, "requires", needs,
        .help = "Capabilities the target must have; else the scenario is not applicable."),
    KEY(FIELD_TEXTS, "tags", tags, .help = "Words to select it by."),
    KEY(FIELD_TEXTS, "exclusive", exclusive,
        .help = "Resources of a real target that it must not share with another scenario."),
    KEY(FIELD_NODE, "vars", vars, .help = "Named inputs: name: value or reference."),
    KEY(FIELD_NODE, "steps", steps, .required = true, .help = "What is done, in this order."),
};
const struct fields scenario_fields =
    FIELD_TABLE("scenario", scenario_rows, struct scenario_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT flow_yaml
static const struct field flow_rows[] = {
    KEY(FIELD_TEXT, "flow", flow, .required = true, .help = "Its name: that of its file."),
    KEY(FIELD_TEXT, "note", note, .help = "Free text."),
    KEY(FIELD_NODE, "inputs", inputs,
        .help = "name: string | integer | boolean | any, or name: {type, default}."),
    KEY(FIELD_NODE, "outputs", outputs,
        .help = "name: reference to what a step of the flow captured."),
    KEY(FIELD_NODE, "steps", steps, .required = true, .help = "What is done, in this order."),
};
const struct fields flow_fields =
    FIELD_TABLE("flow", flow_rows, struct flow_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT repeat_yaml
static const struct field eventually_rows[] = {
    KEY(FIELD_DURATION, "every", every_ms, .help = "Between two calls. Default: 500ms."),
    KEY(FIELD_DURATION, "for", for_ms, .required = true, .help = "How long at most."),
    KEY(FIELD_NODE, "stop", stop, .help = "Give up when this is seen: {status, body}."),
};
static const struct fields eventually_fields = FIELD_TABLE(
    "eventually", eventually_rows, struct repeat_yaml, offsetof(struct YAML_STRUCT, at));

static const struct field consistently_rows[] = {
    KEY(FIELD_DURATION, "every", every_ms, .help = "Between two calls. Default: 500ms."),
    KEY(FIELD_DURATION, "for", for_ms, .required = true, .help = "How long it must stay true."),
    KEY(FIELD_DURATION, "settle", settle_ms, .help = "How long it may take to become true."),
};
static const struct fields consistently_fields = FIELD_TABLE(
    "consistently", consistently_rows, struct repeat_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT signature_yaml
static const struct field signature_rows[] = {
    KEY(FIELD_TEXT, "header", header, .required = true, .help = "The header that it stands in."),
    KEY(FIELD_NODE, "secret", secret, .required = true, .help = "What the bytes are signed with."),
};
static const struct fields signature_fields =
    FIELD_TABLE("signature", signature_rows, struct YAML_STRUCT, FIELDS_NO_PLACE);
#undef YAML_STRUCT

#define YAML_STRUCT hook_yaml
static const struct field hook_rows[] = {
    KEY(FIELD_TEXT, "event", event, .required = true, .min = 1,
        .help = "Which event: the payload's `type`."),
    KEY(FIELD_BOOL, "none", none, .help = "None must come."),
    KEY(FIELD_INT, "count", count, .min = 1, .max = 1000, .help = "How many must come, no more."),
    KEY(FIELD_DURATION, "within", within_ms, .help = "How long it may take. Default: 10s."),
    KEY(FIELD_MAP, "signature", signature, .sub = &signature_fields,
        .help = "{header, secret}: its bytes must be signed with that secret."),
};
static const struct fields hook_fields =
    FIELD_TABLE("expect_webhook", hook_rows, struct YAML_STRUCT, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT step_yaml
static const struct field step_rows[] = {
    KEY(FIELD_TEXT, "id", id, .help = "Its name, for references and reports."),
    KEY(FIELD_TEXT, "note", note, .help = "Free text for the report."),
    KEY(FIELD_NODE, "call", call, .help = "METHOD /path, with references as $a.b."),
    KEY(FIELD_TEXT, "use", use, .help = "A flow, by name."),
    KEY(FIELD_ENUM, "consent", consent, .texts = consent_outcomes,
        .text_count = COUNT(consent_outcomes), .help = "What the end-customer does."),
    KEY(FIELD_TEXT, "simulate", simulate,
        .help = "A simulation of the admin API; `body` is its body."),
    KEY(FIELD_NODE, "advance", advance,
        .help = "The namespace's clock: a duration, or {by}, {to}, {until: next_event}."),
    KEY(FIELD_TEXT, "inspect", inspect, .help = "A path below the admin API's state/."),
    KEY(FIELD_MAP, "expect_webhook", hook, .sub = &hook_fields,
        .help = "What is delivered to the runner's own listener; `expect` is of its payload."),
    KEY(FIELD_TEXT, "as", as, .help = "The actor who calls; the target's first if not given."),
    KEY(FIELD_NODE, "query", query, .help = "name: value, or a list of values."),
    KEY(FIELD_NODE, "headers", headers, .help = "name: value."),
    KEY(FIELD_NODE, "body", body, .help = "Sent as JSON."),
    KEY(FIELD_TEXT, "raw_body", raw_body, .help = "The body's bytes as they are."),
    KEY(FIELD_NODE, "with", with, .help = "A flow's inputs: name: value."),
    KEY(FIELD_NODE, "at", consent_at, .help = "The URL of the consent page."),
    KEY(FIELD_NODE, "state", state, .help = "The state of the attempt."),
    KEY(FIELD_NODE, "handle", handle, .help = "The end-customer who is asked, by handle."),
    KEY(FIELD_NODE, "expect", expect,
        .help = "{status, headers, body}; of consent {redirect}; of a flow its outputs."),
    KEY(FIELD_TEXT, "dispute", dispute, .help = "The dispute that one_of gives the sides of."),
    KEY(FIELD_NODE, "one_of", one_of, .help = "reading: {status, headers, body}."),
    KEY(FIELD_NODE, "capture", capture, .help = "name: JSON pointer into the response."),
    KEY(FIELD_MAP, "eventually", eventually, .sub = &eventually_fields,
        .help = "Ask again until the expectation holds."),
    KEY(FIELD_MAP, "consistently", consistently, .sub = &consistently_fields,
        .help = "Ask again: once it holds, the expectation must go on holding."),
    KEY(FIELD_NODE, "cases", cases, .help = "name: list of values; one case for each position."),
    KEY(FIELD_NODE, "claims", claims,
        .help = "The claims it decides: a list, or claim: pointer to the checks that do."),
    KEY(FIELD_NODE, "cleanup", cleanup,
        .help = "METHOD /path, or {call, already_gone, lookup}, or a list; none: nothing takes it "
                "back."),
};
const struct fields step_fields =
    FIELD_TABLE("step", step_rows, struct step_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT expect_yaml
static const struct field expect_rows[] = {
    KEY(FIELD_NODE, "status", status, .help = "A status, or a list of accepted ones."),
    KEY(FIELD_NODE, "headers", headers, .help = "name: expectation."),
    KEY(FIELD_NODE, "body", body, .help = "An expectation of the JSON body."),
    KEY(FIELD_NODE, "redirect", redirect, .help = "An expectation of where consent led to."),
};
const struct fields expect_fields =
    FIELD_TABLE("expect", expect_rows, struct expect_yaml, FIELDS_NO_PLACE);

static const struct field stop_rows[] = {
    KEY(FIELD_NODE, "status", status, .help = "A status, or a list of them."),
    KEY(FIELD_NODE, "body", body, .help = "An expectation of the JSON body."),
};
const struct fields stop_fields =
    FIELD_TABLE("stop", stop_rows, struct expect_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

#define YAML_STRUCT lookup_yaml
static const struct field lookup_rows[] = {
    KEY(FIELD_NODE, "call", call, .required = true, .help = "GET /path that shows it."),
    KEY(FIELD_NODE, "query", query, .help = "name: value, or a list of values."),
    KEY(FIELD_TEXT, "in", in,
        .help = "Pointer to a list of such resources; else it is the response."),
    KEY(FIELD_NODE, "where", where, .required = true,
        .help = "What it looks like: what only this run can have made."),
    KEY(FIELD_NODE, "capture", capture,
        .help = "name: JSON pointer into it; names that the step captures."),
};
static const struct fields lookup_fields =
    FIELD_TABLE("lookup", lookup_rows, struct lookup_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

#define YAML_STRUCT cleanup_yaml
static const struct field cleanup_rows[] = {
    KEY(FIELD_NODE, "call", call, .required = true, .help = "METHOD /path that takes it back."),
    KEY(FIELD_NODE, "already_gone", already_gone,
        .help = "Statuses that tell that nothing is left, beside 2xx, 404 and 410."),
    KEY(FIELD_MAP, "lookup", lookup, .sub = &lookup_fields,
        .help = "How to look for what was created when its response was lost."),
};
const struct fields cleanup_fields =
    FIELD_TABLE("cleanup", cleanup_rows, struct cleanup_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

static const char *const until_texts[] = {"next_event"};

#define YAML_STRUCT advance_yaml
static const struct field advance_rows[] = {
    KEY(FIELD_TEXT, "by", by, .help = "A duration."),
    KEY(FIELD_TEXT, "to", to, .help = "An instant."),
    KEY(FIELD_ENUM, "until", until, .texts = until_texts, .text_count = COUNT(until_texts),
        .help = "What must have happened."),
};
const struct fields advance_fields =
    FIELD_TABLE("advance", advance_rows, struct advance_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

/* --- which key goes with what --------------------------------------------------------------- */

#define CALL     (1u << STEP_CALL)
#define USE      (1u << STEP_USE)
#define CONSENT  (1u << STEP_CONSENT)
#define SIMULATE (1u << STEP_SIMULATE)
#define ADVANCE  (1u << STEP_ADVANCE)
#define INSPECT  (1u << STEP_INSPECT)
#define WEBHOOK  (1u << STEP_WEBHOOK)

struct key_kinds {
    const char *key;
    unsigned kinds;
};

static const struct key_kinds step_key_kinds[] = {
    {"call",           CALL                    },
    {"use",            USE                     },
    {"consent",        CONSENT                 },
    {"simulate",       SIMULATE                },
    {"advance",        ADVANCE                 },
    {"inspect",        INSPECT                 },
    {"expect_webhook", WEBHOOK                 },
    {"as",             CALL                    },
    {"query",          CALL | INSPECT          },
    {"headers",        CALL                    },
    {"body",           CALL | SIMULATE         },
    {"raw_body",       CALL                    },
    {"with",           USE                     },
    {"at",             CONSENT                 },
    {"state",          CONSENT                 },
    {"handle",         CONSENT                 },
    {"dispute",        CALL                    },
    {"one_of",         CALL                    },
    {"capture",        CALL | INSPECT | WEBHOOK},
    {"eventually",     CALL | INSPECT          },
    {"consistently",   CALL | INSPECT          },
    {"cleanup",        CALL                    },
};

static const struct key_kinds expect_key_kinds[] = {
    {"status",   CALL | INSPECT          },
    {"headers",  CALL | INSPECT | WEBHOOK},
    {"body",     CALL | INSPECT | WEBHOOK},
    {"redirect", CONSENT                 },
};

static bool key_fits(const struct key_kinds *rows, size_t count, const char *key,
                     enum step_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].key, key) == 0)
            return rows[i].kinds & 1u << kind;
    return true;
}

bool step_key_fits(const char *key, enum step_kind kind)
{
    return key_fits(step_key_kinds, COUNT(step_key_kinds), key, kind);
}

bool expect_key_fits(const char *key, enum step_kind kind)
{
    return key_fits(expect_key_kinds, COUNT(expect_key_kinds), key, kind);
}

/* --- names ---------------------------------------------------------------------------------- */

const char *did_you_mean(struct arena *a, struct str text, const char *const *candidates,
                         size_t count)
{
    const char *near = str_nearest(text, candidates, count);
    return near ? arena_printf(a, " (did you mean '%s'?)", near) : "";
}

bool is_name(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!isalnum((unsigned char)text.s[i]) && text.s[i] != '_')
            return false;
    return text.n && isalpha((unsigned char)text.s[0]);
}

bool is_slug(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!islower((unsigned char)text.s[i]) && !isdigit((unsigned char)text.s[i]) &&
            text.s[i] != '-')
            return false;
    return text.n && text.s[0] != '-';
}
