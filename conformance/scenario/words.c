#include "conformance/scenario/words.h"

#include <ctype.h>
#include <string.h>

#define COUNT(array)         (sizeof(array) / sizeof *(array))
#define WORD(type, key, ...) FIELD(key, type, struct WORDS, __VA_ARGS__)

const char *const step_kind_texts[] = {
#define X(name, text) [STEP_##name] = text,
    STEP_KINDS(X)
#undef X
};

const char *const consent_outcomes[] = {"approve", "deny", "abandon", "exchange_error"};
const char *const input_types[] = {"string", "integer", "boolean", "any"};
const size_t input_type_count = COUNT(input_types);

#define WORDS scenario_words
static const struct field scenario_rows[] = {
    WORD(FIELD_TEXT, "scenario", scenario, .required = true,
         .help = "Its name: small letters, digits and dashes; one of a kind in the suite."),
    WORD(FIELD_TEXT, "title", title, .required = true, .min = 1, .max = 200,
         .help = "What it shows, in one line."),
    WORD(FIELD_TEXT, "note", note, .help = "Free text for the report."),
    WORD(FIELD_TEXTS, "requires", needs,
         .help = "Capabilities the target must have; else the scenario is not applicable."),
    WORD(FIELD_TEXTS, "tags", tags, .help = "Words to select it by."),
    WORD(FIELD_TEXTS, "exclusive", exclusive,
         .help = "Resources of a real target that it must not share with another scenario."),
    WORD(FIELD_NODE, "vars", vars, .help = "Named inputs: name: value or reference."),
    WORD(FIELD_NODE, "steps", steps, .required = true, .help = "What is done, in this order."),
};
const struct fields scenario_fields =
    FIELD_TABLE("scenario", scenario_rows, struct scenario_words, offsetof(struct WORDS, at));
#undef WORDS

#define WORDS flow_words
static const struct field flow_rows[] = {
    WORD(FIELD_TEXT, "flow", flow, .required = true, .help = "Its name: that of its file."),
    WORD(FIELD_TEXT, "note", note, .help = "Free text."),
    WORD(FIELD_NODE, "inputs", inputs,
         .help = "name: string | integer | boolean | any, or name: {type, default}."),
    WORD(FIELD_NODE, "outputs", outputs,
         .help = "name: reference to what a step of the flow captured."),
    WORD(FIELD_NODE, "steps", steps, .required = true, .help = "What is done, in this order."),
};
const struct fields flow_fields =
    FIELD_TABLE("flow", flow_rows, struct flow_words, offsetof(struct WORDS, at));
#undef WORDS

#define WORDS repeat_words
static const struct field eventually_rows[] = {
    WORD(FIELD_DURATION, "every", every_ms, .help = "Between two calls. Default: 500ms."),
    WORD(FIELD_DURATION, "for", for_ms, .required = true, .help = "How long at most."),
    WORD(FIELD_NODE, "stop", stop, .help = "Give up when this is seen: {status, body}."),
};
static const struct fields eventually_fields =
    FIELD_TABLE("eventually", eventually_rows, struct repeat_words, offsetof(struct WORDS, at));

static const struct field consistently_rows[] = {
    WORD(FIELD_DURATION, "every", every_ms, .help = "Between two calls. Default: 500ms."),
    WORD(FIELD_DURATION, "for", for_ms, .required = true, .help = "How long it must stay true."),
    WORD(FIELD_DURATION, "settle", settle_ms, .help = "How long it may take to become true."),
};
static const struct fields consistently_fields =
    FIELD_TABLE("consistently", consistently_rows, struct repeat_words, offsetof(struct WORDS, at));
#undef WORDS

#define WORDS signature_words
static const struct field signature_rows[] = {
    WORD(FIELD_TEXT, "header", header, .required = true, .help = "The header that it stands in."),
    WORD(FIELD_NODE, "secret", secret, .required = true, .help = "What the bytes are signed with."),
};
static const struct fields signature_fields =
    FIELD_TABLE("signature", signature_rows, struct WORDS, FIELDS_NO_PLACE);
#undef WORDS

#define WORDS hook_words
static const struct field hook_rows[] = {
    WORD(FIELD_TEXT, "event", event, .required = true, .min = 1,
         .help = "Which event: the payload's `type`."),
    WORD(FIELD_BOOL, "none", none, .help = "None must come."),
    WORD(FIELD_INT, "count", count, .min = 1, .max = 1000, .help = "How many must come, no more."),
    WORD(FIELD_DURATION, "within", within_ms, .help = "How long it may take. Default: 10s."),
    WORD(FIELD_MAP, "signature", signature, .sub = &signature_fields,
         .help = "{header, secret}: its bytes must be signed with that secret."),
};
static const struct fields hook_fields =
    FIELD_TABLE("expect_webhook", hook_rows, struct WORDS, offsetof(struct WORDS, at));
#undef WORDS

#define WORDS step_words
static const struct field step_rows[] = {
    WORD(FIELD_TEXT, "id", id, .help = "Its name, for references and reports."),
    WORD(FIELD_TEXT, "note", note, .help = "Free text for the report."),
    WORD(FIELD_NODE, "call", call, .help = "METHOD /path, with references as $a.b."),
    WORD(FIELD_TEXT, "use", use, .help = "A flow, by name."),
    WORD(FIELD_ENUM, "consent", consent, .texts = consent_outcomes,
         .text_count = COUNT(consent_outcomes), .help = "What the end-customer does."),
    WORD(FIELD_TEXT, "simulate", simulate,
         .help = "A simulation of the admin API; `body` is its body."),
    WORD(FIELD_NODE, "advance", advance,
         .help = "The namespace's clock: a duration, or {by}, {to}, {until: next_event}."),
    WORD(FIELD_TEXT, "inspect", inspect, .help = "A path below the admin API's state/."),
    WORD(FIELD_MAP, "expect_webhook", hook, .sub = &hook_fields,
         .help = "What is delivered to the runner's own listener; `expect` is of its payload."),
    WORD(FIELD_TEXT, "as", as, .help = "The actor who calls; the target's first if not given."),
    WORD(FIELD_NODE, "query", query, .help = "name: value, or a list of values."),
    WORD(FIELD_NODE, "headers", headers, .help = "name: value."),
    WORD(FIELD_NODE, "body", body, .help = "Sent as JSON."),
    WORD(FIELD_TEXT, "raw_body", raw_body, .help = "The body's bytes as they are."),
    WORD(FIELD_NODE, "with", with, .help = "A flow's inputs: name: value."),
    WORD(FIELD_NODE, "at", consent_at, .help = "The URL of the consent page."),
    WORD(FIELD_NODE, "state", state, .help = "The state of the attempt."),
    WORD(FIELD_NODE, "user", user, .help = "The end-customer who is asked."),
    WORD(FIELD_NODE, "expect", expect,
         .help = "{status, headers, body}; of consent {redirect}; of a flow its outputs."),
    WORD(FIELD_TEXT, "dispute", dispute, .help = "The dispute that oneOf gives the sides of."),
    WORD(FIELD_NODE, "oneOf", one_of, .help = "reading: {status, headers, body}."),
    WORD(FIELD_NODE, "capture", capture, .help = "name: JSON pointer into the answer."),
    WORD(FIELD_MAP, "eventually", eventually, .sub = &eventually_fields,
         .help = "Ask again until the expectation holds."),
    WORD(FIELD_MAP, "consistently", consistently, .sub = &consistently_fields,
         .help = "Ask again: once it holds, the expectation must go on holding."),
    WORD(FIELD_NODE, "cases", cases, .help = "name: list of values; one case for each position."),
    WORD(FIELD_NODE, "claims", claims,
         .help = "The claims it decides: a list, or claim: pointer to the checks that do."),
    WORD(FIELD_NODE, "cleanup", cleanup,
         .help = "METHOD /path, or {call, already_gone, lookup}, or a list; none: nothing takes it "
                 "back."),
};
const struct fields step_fields =
    FIELD_TABLE("step", step_rows, struct step_words, offsetof(struct WORDS, at));
#undef WORDS

#define WORDS expect_words
static const struct field expect_rows[] = {
    WORD(FIELD_NODE, "status", status, .help = "A status, or a list of accepted ones."),
    WORD(FIELD_NODE, "headers", headers, .help = "name: expectation."),
    WORD(FIELD_NODE, "body", body, .help = "An expectation of the JSON body."),
    WORD(FIELD_NODE, "redirect", redirect, .help = "An expectation of where consent led to."),
};
const struct fields expect_fields =
    FIELD_TABLE("expect", expect_rows, struct expect_words, FIELDS_NO_PLACE);

static const struct field stop_rows[] = {
    WORD(FIELD_NODE, "status", status, .help = "A status, or a list of them."),
    WORD(FIELD_NODE, "body", body, .help = "An expectation of the JSON body."),
};
const struct fields stop_fields =
    FIELD_TABLE("stop", stop_rows, struct expect_words, FIELDS_NO_PLACE);
#undef WORDS

#define WORDS lookup_words
static const struct field lookup_rows[] = {
    WORD(FIELD_NODE, "call", call, .required = true, .help = "GET /path that shows it."),
    WORD(FIELD_NODE, "query", query, .help = "name: value, or a list of values."),
    WORD(FIELD_TEXT, "in", in,
         .help = "Pointer to a list of such resources; else it is the answer."),
    WORD(FIELD_NODE, "where", where, .required = true,
         .help = "What it looks like: what only this run can have made."),
    WORD(FIELD_NODE, "capture", capture,
         .help = "name: JSON pointer into it; names that the step captures."),
};
static const struct fields lookup_fields =
    FIELD_TABLE("lookup", lookup_rows, struct lookup_words, FIELDS_NO_PLACE);
#undef WORDS

#define WORDS cleanup_words
static const struct field cleanup_rows[] = {
    WORD(FIELD_NODE, "call", call, .required = true, .help = "METHOD /path that takes it back."),
    WORD(FIELD_NODE, "already_gone", already_gone,
         .help = "Statuses that tell that nothing is left, beside 2xx, 404 and 410."),
    WORD(FIELD_MAP, "lookup", lookup, .sub = &lookup_fields,
         .help = "How to look for what was created when its answer was lost."),
};
const struct fields cleanup_fields =
    FIELD_TABLE("cleanup", cleanup_rows, struct cleanup_words, FIELDS_NO_PLACE);
#undef WORDS

static const char *const until_texts[] = {"next_event"};

#define WORDS advance_words
static const struct field advance_rows[] = {
    WORD(FIELD_TEXT, "by", by, .help = "A duration."),
    WORD(FIELD_TEXT, "to", to, .help = "An instant."),
    WORD(FIELD_ENUM, "until", until, .texts = until_texts, .text_count = COUNT(until_texts),
         .help = "What must have happened."),
};
const struct fields advance_fields =
    FIELD_TABLE("advance", advance_rows, struct advance_words, FIELDS_NO_PLACE);
#undef WORDS

/* --- which word goes with what -------------------------------------------------------------- */

#define CALL     (1u << STEP_CALL)
#define USE      (1u << STEP_USE)
#define CONSENT  (1u << STEP_CONSENT)
#define SIMULATE (1u << STEP_SIMULATE)
#define ADVANCE  (1u << STEP_ADVANCE)
#define INSPECT  (1u << STEP_INSPECT)
#define WEBHOOK  (1u << STEP_WEBHOOK)

struct word_kinds {
    const char *word;
    unsigned kinds;
};

static const struct word_kinds step_words[] = {
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
    {"user",           CONSENT                 },
    {"dispute",        CALL                    },
    {"oneOf",          CALL                    },
    {"capture",        CALL | INSPECT | WEBHOOK},
    {"eventually",     CALL | INSPECT          },
    {"consistently",   CALL | INSPECT          },
    {"cleanup",        CALL                    },
};

static const struct word_kinds expect_words[] = {
    {"status",   CALL | INSPECT          },
    {"headers",  CALL | INSPECT | WEBHOOK},
    {"body",     CALL | INSPECT | WEBHOOK},
    {"redirect", CONSENT                 },
};

static bool fits(const struct word_kinds *rows, size_t count, const char *word, enum step_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].word, word) == 0)
            return rows[i].kinds & 1u << kind;
    return true;
}

bool step_word_fits(const char *word, enum step_kind kind)
{
    return fits(step_words, COUNT(step_words), word, kind);
}

bool expect_word_fits(const char *word, enum step_kind kind)
{
    return fits(expect_words, COUNT(expect_words), word, kind);
}

/* --- names ---------------------------------------------------------------------------------- */

const char *near_word(struct arena *a, struct str word, const char *const *words, size_t count)
{
    const char *near = str_nearest(word, words, count);
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
