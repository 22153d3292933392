#include "conformance/scenario/reader.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/enum.h"

#define KEY(type, key, ...) FIELD(key, type, struct YAML_STRUCT, __VA_ARGS__)

const char *const step_kind_texts[] = {STEP_KINDS(ENUM_TEXT)};

const char *const consent_outcomes[] = {"approve", "deny", "abandon", "exchange_error"};
const char *const input_types[] = {"string", "integer", "boolean", "any"};
const size_t input_type_count = COUNT(input_types);

#define YAML_STRUCT scenario_yaml
static const struct field scenario_rows[] = {
    KEY(FIELD_TEXT, "scenario", scenario, .required = true,
        .help = "Name of the scenario, unique in the suite: lowercase letters, digits and dashes."),
    KEY(FIELD_TEXT, "title", title, .required = true, .min = 1, .max = 200,
        .help = "What the scenario shows, in one line."),
    KEY(FIELD_TEXT, "note", note, .help = "Free text for the report."),
    KEY(FIELD_TEXTS, "requires", needs,
        .help = "Capabilities that the target must have; else the scenario is not applicable."),
    KEY(FIELD_TEXTS, "tags", tags, .help = "Tags, for --tag."),
    KEY(FIELD_TEXTS, "exclusive", exclusive,
        .help = "Resources of a target without namespaces; scenarios that share one run one after another."),
    KEY(FIELD_BOOL, "wait_for_rate_limit", wait_for_rate_limit,
        .help = "false: the scenario judges limits, so no step waits after a 429 (default true: a step that does not "
                "expect a 429 waits for Retry-After)."),
    KEY(FIELD_NODE, "vars", vars, .help = "Variables, NAME: VALUE; a value may be a reference."),
    KEY(FIELD_NODE, "steps", steps, .required = true, .help = "Steps, in the order in which they run."),
};
const struct fields scenario_fields =
    FIELD_TABLE("scenario file", scenario_rows, struct scenario_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT flow_yaml
static const struct field flow_rows[] = {
    KEY(FIELD_TEXT, "flow", flow, .required = true, .help = "Name of the flow, the same as its file name."),
    KEY(FIELD_TEXT, "note", note, .help = "Free text."),
    KEY(FIELD_NODE, "inputs", inputs,
        .help = "NAME: TYPE, or NAME: {type, default}; a type is string, integer, boolean or any."),
    KEY(FIELD_NODE, "outputs", outputs, .help = "NAME: REFERENCE to a value that a step of the flow captured."),
    KEY(FIELD_NODE, "steps", steps, .required = true, .help = "Steps, in the order in which they run."),
};
const struct fields flow_fields = FIELD_TABLE("flow", flow_rows, struct flow_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT repeat_yaml
static const struct field eventually_rows[] = {
    KEY(FIELD_DURATION, "every", every_ms, .help = "Interval between two calls (default 500ms)."),
    KEY(FIELD_NODE, "backoff", backoff,
        .help = "Factor, 1 to 10, by which each interval is longer than the one before (default 1)."),
    KEY(FIELD_DURATION, "max_every", max_every_ms, .help = "Longest interval, with backoff (default: no limit)."),
    KEY(FIELD_DURATION, "for", for_ms, .required = true, .help = "Time limit."),
    KEY(FIELD_NODE, "stop", stop, .help = "Stop when a response matches this expectation: {status, body}."),
    KEY(FIELD_NODE, "pending", pending,
        .help =
            "A documented intermediate state, {body}: if the last response matches it, the step is undecided, because "
            "no document says how long that state may last."),
};
static const struct fields eventually_fields =
    FIELD_TABLE("eventually", eventually_rows, struct repeat_yaml, offsetof(struct YAML_STRUCT, at));

static const struct field consistently_rows[] = {
    KEY(FIELD_DURATION, "every", every_ms, .help = "Interval between two calls (default 500ms)."),
    KEY(FIELD_DURATION, "for", for_ms, .required = true, .help = "How long the expectation must hold."),
    KEY(FIELD_DURATION, "settle", settle_ms,
        .help = "How long the expectation may take to hold for the first time (default 0s)."),
};
static const struct fields consistently_fields =
    FIELD_TABLE("consistently", consistently_rows, struct repeat_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT signature_yaml
static const struct field signature_rows[] = {
    KEY(FIELD_TEXT, "header", header, .required = true, .help = "Header that contains the signature."),
    KEY(FIELD_NODE, "secret", secret, .required = true, .help = "Secret that the payload is signed with."),
};
static const struct fields signature_fields =
    FIELD_TABLE("signature", signature_rows, struct YAML_STRUCT, FIELDS_NO_PLACE);
#undef YAML_STRUCT

#define YAML_STRUCT hook_yaml
static const struct field hook_rows[] = {
    KEY(FIELD_TEXT, "event", event, .required = true, .min = 1, .help = "Event name, the `type` in the payload."),
    KEY(FIELD_BOOL, "none", none, .help = "true: no such event may be delivered within the time limit."),
    KEY(FIELD_INT, "count", count, .min = 1, .max = 1000,
        .help = "Exact number of deliveries (default: at least one)."),
    KEY(FIELD_INT, "attempts", attempts, .min = 2, .max = 1000,
        .help = "Minimum number of attempts of the event, all with its id."),
    KEY(FIELD_DURATION, "within", within_ms, .help = "Time limit (default 10s)."),
    KEY(FIELD_MAP, "signature", signature, .sub = &signature_fields, .help = "Signature to verify: {header, secret}."),
};
static const struct fields hook_fields =
    FIELD_TABLE("expect_webhook", hook_rows, struct YAML_STRUCT, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT same_as_yaml
static const struct field same_as_rows[] = {
    KEY(FIELD_TEXT, "step", step, .required = true, .min = 1, .help = "Id of an earlier call of the scenario."),
    KEY(FIELD_TEXTS, "except", except,
        .help = "JSON pointers to members that may differ; * is each item of a list (default: none)."),
    KEY(FIELD_TEXTS, "headers", headers, .help = "Headers that must be the same (default: none is compared)."),
    KEY(FIELD_NODE, "ids", ids,
        .help = "Pairs [ID OF THAT CALL, ID OF THIS CALL]: the ids that the two responses may repeat."),
};
static const struct fields same_as_fields =
    FIELD_TABLE("same_as", same_as_rows, struct YAML_STRUCT, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT step_yaml
static const struct field step_rows[] = {
    KEY(FIELD_TEXT, "id", id, .help = "Name of the step, for references and reports."),
    KEY(FIELD_TEXT, "note", note, .help = "Free text for the report."),
    KEY(FIELD_NODE, "call", call,
        .help = "Request: METHOD /path; the path may contain references such as $a.b. Or METHOD $a.b, where $a.b is a "
                "URL that a response contained."),
    KEY(FIELD_TEXT, "use", use, .help = "Name of the flow to run."),
    KEY(FIELD_ENUM, "consent", consent, .texts = consent_outcomes, .text_count = COUNT(consent_outcomes),
        .help = "What the end customer does on the consent page."),
    KEY(FIELD_TEXT, "simulate", simulate, .help = "Name of a simulation of the admin API; `body` has its parameters."),
    KEY(FIELD_NODE, "advance", advance,
        .help = "Advances the clock of the namespace: a duration, {by}, {to} or {until: next_event}."),
    KEY(FIELD_TEXT, "inspect", inspect, .help = "Path below state/ of the admin API."),
    KEY(FIELD_MAP, "expect_webhook", hook, .sub = &hook_fields,
        .help = "Waits for a webhook delivery to the runner; `expect` applies to its payload."),
    KEY(FIELD_TEXT, "as", as,
        .help = "Actor that sends the call (default: the first actor of target-schema.yaml, or, "
                "without that file, of the target)."),
    KEY(FIELD_NODE, "query", query, .help = "NAME: VALUE or NAME: LIST."),
    KEY(FIELD_NODE, "headers", headers, .help = "NAME: VALUE."),
    KEY(FIELD_NODE, "body", body, .help = "Request body, sent as JSON."),
    KEY(FIELD_TEXT, "raw_body", raw_body, .help = "Request body, sent as it is."),
    KEY(FIELD_TEXT, "body_file", body_file, .min = 1,
        .help = "File whose bytes are the request body, as a path relative to the scenario."),
    KEY(FIELD_TEXTS, "undocumented", undocumented,
        .help = "What the step uses on purpose although the documents do not have it: operation, query/NAME, "
                "request/POINTER, response/POINTER, headers/NAME."),
    KEY(FIELD_NODE, "with", with, .help = "Inputs of the flow, NAME: VALUE."),
    KEY(FIELD_NODE, "at", consent_at, .help = "URL of the consent page."),
    KEY(FIELD_NODE, "state", state, .help = "OAuth state of the connect attempt."),
    KEY(FIELD_NODE, "handle", handle, .help = "Handle of the end customer."),
    KEY(FIELD_NODE, "expect", expect,
        .help = "Expectation: {status, headers, body}; for consent {redirect}; for use the outputs of the flow."),
    KEY(FIELD_MAP, "same_as", same_as, .sub = &same_as_fields,
        .help = "The response must be the same as that of an earlier call: status, body, and the named headers."),
    KEY(FIELD_TEXT, "dispute", dispute, .help = "Dispute whose readings `one_of` lists."),
    KEY(FIELD_NODE, "one_of", one_of,
        .help = "READING: {status, headers, body}; the response must match at least one."),
    KEY(FIELD_NODE, "capture", capture, .help = "NAME: JSON pointer into the response, or headers/NAME."),
    KEY(FIELD_MAP, "eventually", eventually, .sub = &eventually_fields,
        .help = "Repeat the call until the expectation holds."),
    KEY(FIELD_MAP, "consistently", consistently, .sub = &consistently_fields,
        .help = "Repeat the call; the expectation must hold each time."),
    KEY(FIELD_BOOL, "wait_for_rate_limit", wait_for_rate_limit,
        .help = "false: a 429 is judged like any other response (default: that of the scenario)."),
    KEY(FIELD_NODE, "cases", cases, .help = "NAME: LIST of values; the step runs once for each position."),
    KEY(FIELD_NODE, "claims", claims,
        .help = "Claims that the step decides: a list, or CLAIM: POINTER (or a list of them) to the deciding checks: "
                "status, /items, headers/Retry-After, redirect; of a flow also steps/ID, steps/ID/status and "
                "steps/ID/body/state."),
    KEY(FIELD_NODE, "cleanup", cleanup,
        .help = "METHOD /path that removes the resource, or {call, already_gone, lookup}, or a "
                "list; none: it cannot be removed."),
    KEY(FIELD_NODE, "connected_as", connected_as,
        .help = "How to see who consented: {handle, lookup, at}. If a person consented as another user than `handle`, "
                "the scenario ends with an error."),
};
const struct fields step_fields = FIELD_TABLE("step", step_rows, struct step_yaml, offsetof(struct YAML_STRUCT, at));
#undef YAML_STRUCT

#define YAML_STRUCT expect_yaml
static const struct field expect_rows[] = {
    KEY(FIELD_NODE, "status", status, .help = "Status, or a list of accepted ones."),
    KEY(FIELD_NODE, "headers", headers, .help = "NAME: EXPECTATION."),
    KEY(FIELD_NODE, "body", body, .help = "Expectation of the JSON body."),
    KEY(FIELD_NODE, "redirect", redirect, .help = "Expectation of the URL that consent redirects to."),
};
const struct fields expect_fields = FIELD_TABLE("expect", expect_rows, struct expect_yaml, FIELDS_NO_PLACE);

static const struct field stop_rows[] = {
    KEY(FIELD_NODE, "status", status, .help = "Status, or a list of them."),
    KEY(FIELD_NODE, "body", body, .help = "Expectation of the JSON body."),
};
const struct fields stop_fields = FIELD_TABLE("stop", stop_rows, struct expect_yaml, FIELDS_NO_PLACE);

static const struct field pending_rows[] = {
    KEY(FIELD_NODE, "body", body, .required = true, .help = "Expectation of the JSON body."),
};
const struct fields pending_fields = FIELD_TABLE("pending", pending_rows, struct expect_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

#define YAML_STRUCT lookup_yaml
static const struct field lookup_rows[] = {
    KEY(FIELD_NODE, "call", call, .required = true, .help = "GET /path that shows the resource."),
    KEY(FIELD_NODE, "query", query, .help = "NAME: VALUE or NAME: LIST."),
    KEY(FIELD_TEXT, "in", in, .help = "JSON pointer to a list of resources (default: the response is the resource)."),
    KEY(FIELD_NODE, "where", where, .required = true,
        .help = "Expectation that only the resource of this run matches."),
    KEY(FIELD_NODE, "capture", capture,
        .help = "NAME: JSON pointer into the resource; only names that the step captures."),
};
static const struct fields lookup_fields = FIELD_TABLE("lookup", lookup_rows, struct lookup_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

#define YAML_STRUCT cleanup_yaml
static const struct field cleanup_rows[] = {
    KEY(FIELD_NODE, "call", call, .required = true, .help = "METHOD /path that removes the resource."),
    KEY(FIELD_NODE, "already_gone", already_gone,
        .help = "Statuses that mean the resource no longer exists, besides 2xx; 404 and 410 need proof by a GET."),
    KEY(FIELD_MAP, "lookup", lookup, .sub = &lookup_fields,
        .help = "How to find the resource if the response that created it was lost."),
};
const struct fields cleanup_fields = FIELD_TABLE("cleanup", cleanup_rows, struct cleanup_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

#define YAML_STRUCT connected_as_yaml
static const struct field connected_as_rows[] = {
    KEY(FIELD_NODE, "handle", handle, .required = true, .help = "Handle that the scenario asked for."),
    KEY(FIELD_MAP, "lookup", lookup, .required = true, .sub = &lookup_fields, .help = "How to find the account."),
    KEY(FIELD_TEXT, "at", at, .required = true, .help = "JSON pointer to the handle in the account."),
};
const struct fields connected_as_fields =
    FIELD_TABLE("connected_as", connected_as_rows, struct connected_as_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

static const char *const until_texts[] = {"next_event"};

#define YAML_STRUCT advance_yaml
static const struct field advance_rows[] = {
    KEY(FIELD_TEXT, "by", by, .help = "Duration."),
    KEY(FIELD_TEXT, "to", to, .help = "Time, RFC 3339, or a reference to one or to a Unix time in seconds."),
    KEY(FIELD_ENUM, "until", until, .texts = until_texts, .text_count = COUNT(until_texts),
        .help = "Event to advance to."),
};
const struct fields advance_fields = FIELD_TABLE("advance", advance_rows, struct advance_yaml, FIELDS_NO_PLACE);
#undef YAML_STRUCT

/* --- keys allowed for each action --------------------------------------------------------- */

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
    {"call",                CALL                    },
    {"use",                 USE                     },
    {"consent",             CONSENT                 },
    {"simulate",            SIMULATE                },
    {"advance",             ADVANCE                 },
    {"inspect",             INSPECT                 },
    {"expect_webhook",      WEBHOOK                 },
    {"as",                  CALL                    },
    {"query",               CALL | INSPECT          },
    {"headers",             CALL                    },
    {"body",                CALL | SIMULATE         },
    {"raw_body",            CALL                    },
    {"body_file",           CALL                    },
    {"undocumented",        CALL | WEBHOOK          },
    {"with",                USE                     },
    {"at",                  CONSENT                 },
    {"state",               CONSENT                 },
    {"handle",              CONSENT                 },
    {"same_as",             CALL                    },
    {"dispute",             CALL                    },
    {"one_of",              CALL                    },
    {"capture",             CALL | INSPECT | WEBHOOK},
    {"eventually",          CALL | INSPECT          },
    {"consistently",        CALL | INSPECT          },
    {"cleanup",             CALL                    },
    {"connected_as",        CALL                    },
    {"wait_for_rate_limit", CALL                    },
};

static const struct key_kinds expect_key_kinds[] = {
    {"status",   CALL | INSPECT          },
    {"headers",  CALL | INSPECT | WEBHOOK},
    {"body",     CALL | INSPECT | WEBHOOK},
    {"redirect", CONSENT                 },
};

static bool key_fits(const struct key_kinds *rows, size_t count, const char *key, enum step_kind kind)
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

/* --- names -------------------------------------------------------------------------------- */

const char *did_you_mean(struct arena *a, struct str text, const char *const *candidates, size_t count)
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
        if (!islower((unsigned char)text.s[i]) && !isdigit((unsigned char)text.s[i]) && text.s[i] != '-')
            return false;
    return text.n && text.s[0] != '-';
}
