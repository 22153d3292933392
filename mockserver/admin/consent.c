/* The end user's decision in OAuth: the outcomes of an attempt, the simulation and the local consent page. */
#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/enum.h"
#include "base/http/message.h"
#include "mockserver/admin/api.h"
#include "mockserver/admin/simulate.h"
#include "mockserver/provider_api/platform_scopes.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

#define CONSENT_OUTCOMES(X)                                                                                            \
    X(CONSENT_APPROVE, "approve")                                                                                      \
    X(CONSENT_DENY, "deny") X(CONSENT_ABANDON, "abandon") X(CONSENT_EXCHANGE_ERROR, "exchange_error")
enum consent_outcome { CONSENT_OUTCOMES(ENUM_NAME) CONSENT_OUTCOME_COUNT };
static const char *const consent_outcome_texts[] = {CONSENT_OUTCOMES(ENUM_TEXT)};

/* Returns "" for a key without a name. */
static const char *key_name(const struct call *c, uint32_t key)
{
    const char *name = key ? key_read(c->world, key)->name : NULL;
    return name ? name : "";
}

/* The key with that name; NULL: the provider's first key. */
static uint32_t signed_in_key(const struct call *c, int provider, const char *name)
{
    for (uint32_t row = 0; world_next(c->world, RECORD_KEY, &row);)
        if (record_provider(c->world, RECORD_KEY, row) == provider &&
            (!name || str_is(str_from(name), key_name(c, row))))
            return row;
    return ROW_NONE;
}

/* A handle that no account of the attempt's space has, the same one for the same state. */
static const char *new_handle(struct call *c, const struct oauth_attempt *a)
{
    uint32_t number = world_last(c->world, RECORD_ACCOUNT);
    const char *handle;
    do
        handle = arena_printf(c->arena, "%s.user.%u", oauth_attempt_platform_text(a), ++number);
    while (a->kind == OAUTH_ATTEMPT_FOR_ACCOUNT && account_find_user(c->world, a->space, a->platform, handle));
    return handle;
}

/* The default handle of an attempt: a new one. For a reconnection the account's own; to sign in a program the name of
 * the provider's first key. */
static const char *usual_handle(struct call *c, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return key_name(c, signed_in_key(c, a->provider, NULL));
    if (a->reconnects)
        return account_read(c->world, a->account)->handle;
    return new_handle(c, a);
}

const char *consent_read_handle(struct call *c, const char *text)
{
    struct str handle = str_trim(str_from(text));
    if (str_starts(handle, STR("@")))
        handle = str_skip(handle, 1);
    if (!handle.n || handle.n > CONSENT_HANDLE_MAX)
        return NULL;
    for (size_t i = 0; i < handle.n; i++)
        if ((unsigned char)handle.s[i] <= ' ' || handle.s[i] == 0x7f)
            return NULL;
    return str_utf8_valid(handle, NULL) ? str_dup(c->arena, handle) : NULL;
}

bool consent_limited(struct call *c, enum platform platform, const char *asked, const struct field_list *given,
                     bool *limited)
{
    struct scope_list list = scopes_of_consent(c->arena, platform, asked), granted = {0};
    const char *const *items = given->items;
    for (size_t i = 0; i < given->count; i++) {
        if (!scopes_have(&list, items[i]))
            call_issue(c, arena_printf(c->arena, "/scopes/%zu", i), "'%s' is not asked for; expected some of: %s",
                       items[i], scopes_text(c->arena, &list, ", "));
        *arena_push(c->arena, &granted, const char *) = items[i];
    }
    *limited = given->count && !scopes_allow_publishing(platform, &granted);
    return !c->fault;
}

void consent_user(struct call *c, int provider, enum platform platform, const char *handle, struct connection *user)
{
    *user = (struct connection){
        .account = {.handle = handle, .platform = platform}
    };
    provider_with_id(provider)->consented(c->world, platform, user);
}

static bool check_handle(struct call *c, uint32_t attempt, const char **handle)
{
    const char *usual = usual_handle(c, attempt);
    const char *given = *handle ? consent_read_handle(c, *handle) : usual;
    if (!given)
        return call_issue(c, "/handle", "invalid handle '%s'; expected 1 to %d bytes without blanks", *handle,
                          CONSENT_HANDLE_MAX);
    if (oauth_attempt_read(c->world, attempt)->reconnects && strcmp(given, usual) != 0)
        return call_issue(c, "/handle", "'%s' is another account; this attempt reconnects '%s'", given, usual);
    *handle = given;
    return true;
}

static bool sign_in(struct call *c, uint32_t attempt, const char *name)
{
    uint32_t key = signed_in_key(c, oauth_attempt_read(c->world, attempt)->provider, name);
    uint32_t organization = key ? key_read(c->world, key)->organization : ROW_NONE;
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_SPACE_ORGANIZATION], &walk, (struct index_entry){organization, INT64_MIN, 0});
    if (!key || !index_next_of(&walk, organization))
        return call_issue(c, "/handle", "unknown key '%s'; expected the name of a key of this provider",
                          name ? name : "");
    oauth_attempt_complete_key(c->world, attempt, walk.entry.row, key);
    return true;
}

static bool approve(struct call *c, uint32_t attempt, const char *handle, const struct field_list *scopes)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    struct connection user;
    bool limited;
    if (scopes->count && a->kind != OAUTH_ATTEMPT_FOR_ACCOUNT)
        return call_issue(c, "/scopes", "'scopes' is accepted only for the consent to a social account");
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY)
        return sign_in(c, attempt, handle);
    if (!check_handle(c, attempt, &handle))
        return false;
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS) {
        struct ad_account grant;
        if (!provider_with_id(a->provider)->ad_consented) /* after an edit of the attempt's kind */
            return call_refuse(c, FAULT_CONFLICT, "the attempt is for an ad account, but the provider has none");
        provider_with_id(a->provider)->ad_consented(c->world, a->ad_platform, handle, &grant);
        oauth_attempt_complete_ads(c->world, attempt, &grant);
        return true;
    }
    if (!(provider_with_id(a->provider)->platforms & (1u << a->platform))) /* after an edit */
        return call_refuse(c, FAULT_CONFLICT, "the provider cannot connect accounts of platform '%s'",
                           platform_texts[a->platform]);
    if (!consent_limited(c, a->platform, a->scopes, scopes, &limited))
        return false;
    consent_user(c, a->provider, a->platform, handle, &user);
    user.account.limited = limited;
    oauth_attempt_complete(c->world, attempt, &user);
    return true;
}

/* Ends the pending attempt; CONSENT_ABANDON leaves it pending. `handle` NULL: the usual one. No `scopes`: all that are
 * asked for. Returns false, without any change, if the call was refused. */
static bool give(struct call *c, uint32_t attempt, enum consent_outcome outcome, const char *handle,
                 const struct field_list *scopes)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    if (a->state != OAUTH_ATTEMPT_PENDING)
        return call_refuse(c, FAULT_CONFLICT, "the attempt has already ended: %s", oauth_attempt_state_texts[a->state]);
    switch (outcome) {
    case CONSENT_APPROVE:
        return approve(c, attempt, handle, scopes);
    case CONSENT_DENY:
        oauth_attempt_fail(c->world, attempt, "access_denied");
        return true;
    case CONSENT_EXCHANGE_ERROR:
        oauth_attempt_fail(c->world, attempt, "exchange_failed");
        return true;
    case CONSENT_ABANDON:
    case CONSENT_OUTCOME_COUNT:
        break;
    }
    return true;
}

/* The URL to which the browser is redirected; NULL: none, or the attempt is still pending. */
static const char *redirect_of(struct call *c, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    if (a->state == OAUTH_ATTEMPT_PENDING)
        return NULL;
    return provider_with_id(a->provider)->consent_redirect(c, attempt);
}

/* the simulation */

struct consent {
    const char *state, *handle;
    int outcome;
    struct field_list scopes;
};

static const struct field consent_rows[] = {
    FIELD("state", FIELD_TEXT, struct consent, state, .help = "State token of the OAuth attempt.", .required = true),
    FIELD("outcome", FIELD_ENUM, struct consent, outcome, .help = "What the end user does.", .required = true,
          .texts = consent_outcome_texts, .text_count = CONSENT_OUTCOME_COUNT),
    FIELD("handle", FIELD_TEXT, struct consent, handle,
          .help = "Handle of the consenting user; to sign in a program, the name of a key. Default: "
                  "generated, or the account's own handle if it is reconnected."),
    FIELD("scopes", FIELD_TEXTS, struct consent, scopes, .min = 1,
          .help = "Scopes that the user grants, of those that are asked for; only with the outcome `approve`. Default: "
                  "all. Without the scope that publishing requires, the account is connected, but its posts fail."),
};
const struct fields simulate_consent_fields = FIELD_TABLE("consent", consent_rows, struct consent, FIELDS_NO_PLACE);

void simulate_consent(struct call *c, const void *fields)
{
    const struct consent *f = fields;
    uint32_t row = select_attempt(c, "/state", f->state);
    if (row && f->scopes.count && f->outcome != CONSENT_APPROVE)
        call_issue(c, "/scopes", "'scopes' is accepted only with the outcome 'approve'");
    if (c->fault || !row || !give(c, row, (enum consent_outcome)f->outcome, f->handle, &f->scopes))
        return;
    const struct oauth_attempt *a = oauth_attempt_read(c->world, row);
    const char *redirect = redirect_of(c, row);
    struct json *w = admin_object(c, 200);
    json_put_text(w, "redirect", redirect);
    json_put_text(w, "state", a->token);
    json_put_text(w, "status", oauth_attempt_state_texts[a->state]);
    simulation_put_id(c, "account", RECORD_ACCOUNT, a->account);
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS)
        simulation_put_id(c, "adAccount", RECORD_AD_ACCOUNT, a->ad_account);
    simulation_end(c);
}

/* the page: writing HTML */

static const char style[] = ":root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--paper:#fff;--ground:#eef1f5;"
                            "--line:#c3cad4;--go:#1757c2;--go-ink:#fff}"
                            "@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#a5b0bf;--paper:#1d242e;"
                            "--ground:#12171e;--line:#47525f;--go:#8db8ff;--go-ink:#0b1a33}}"
                            "*{box-sizing:border-box}"
                            "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;"
                            "background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}"
                            "main{width:100%;max-width:27rem;background:var(--paper);border:1px solid var(--line);"
                            "border-radius:.75rem;padding:2rem}"
                            "h1{font-size:1.4rem;line-height:1.3;margin:0 0 .75rem;overflow-wrap:anywhere}"
                            "p{margin:0 0 1rem;overflow-wrap:anywhere}"
                            "p:last-child{margin:0}"
                            ".soft{color:var(--soft);font-size:.875rem}"
                            ".wrong{border-left:.25rem solid currentColor;padding-left:.75rem;font-weight:600}"
                            "label{display:block;font-weight:600;margin-bottom:.25rem}"
                            "input:not([type=checkbox]){width:100%;font:inherit;padding:.6rem .75rem;"
                            "border:1px solid var(--soft);border-radius:.5rem;background:var(--paper);color:inherit}"
                            "input[readonly]{background:var(--ground)}"
                            "fieldset{border:0;padding:0;margin:1rem 0 0}legend{font-weight:600}"
                            "fieldset label{font-weight:400;overflow-wrap:anywhere}"
                            ".row{display:flex;gap:.75rem;margin:1.5rem 0 1rem}"
                            "button{flex:1;font:inherit;font-weight:600;padding:.7rem 1rem;border-radius:.5rem;"
                            "border:1px solid var(--soft);background:none;color:inherit;cursor:pointer}"
                            "button.go{background:var(--go);border-color:var(--go);color:var(--go-ink)}"
                            "input:focus-visible,button:focus-visible{outline:3px solid var(--go);outline-offset:2px}";

/* Escapes text for HTML. All text that is not ours goes through this function. */
static void put(struct call *c, const char *text)
{
    for (const char *at = text; *at; at++) {
        static const struct {
            char raw;
            const char *escaped;
        } rows[] = {
            {'&',  "&amp;" },
            {'<',  "&lt;"  },
            {'>',  "&gt;"  },
            {'"',  "&quot;"},
            {'\'', "&#39;" }
        };
        const char *escaped = NULL;
        for (size_t i = 0; i < COUNT(rows); i++)
            if (rows[i].raw == *at)
                escaped = rows[i].escaped;
        if (escaped)
            buf_text(&c->res->body, escaped);
        else
            buf_byte(&c->res->body, *at);
    }
}

static void html(struct call *c, const char *markup)
{
    buf_text(&c->res->body, markup);
}

static void begin_page(struct call *c, int status, const char *title)
{
    call_json(c, status);
    call_header(c, "Content-Type", "text/html; charset=utf-8");
    html(c, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    put(c, title);
    html(c, "</title><style>");
    html(c, style);
    html(c, "</style></head>\n<body><main><h1>");
    put(c, title);
    html(c, "</h1>\n");
}

static void end_page(struct call *c)
{
    html(c, "<p class=\"soft\">This page is served by a mock server instead of the platform. "
            "No real account is affected.</p></main></body></html>\n");
}

static void message(struct call *c, int status, const char *title, const char *text)
{
    begin_page(c, status, title);
    html(c, "<p>");
    put(c, text);
    html(c, "</p>\n");
    end_page(c);
}

static const char *or_none(const char *text, const char *none)
{
    return text && *text ? text : none;
}

static const char *login_hint(struct call *c)
{
    struct str hint = call_query(c, "login_hint");
    return hint.s ? str_dup(c->arena, hint) : NULL;
}

/* Why the page cannot be used for the user that `login_hint` names; NULL: it can. */
static const char *other_user_asked(struct call *c, uint32_t row)
{
    const char *hint = login_hint(c) ? consent_read_handle(c, login_hint(c)) : NULL;
    const char *usual = usual_handle(c, row);
    if (!hint || !oauth_attempt_read(c->world, row)->reconnects || strcmp(hint, usual) == 0)
        return NULL;
    return arena_printf(c->arena, "The link asks for '%s', but this request reconnects '%s'.", hint, usual);
}

/* The handle that the form shows: the one of the last submission (may be NULL), else `login_hint` of the URL, the
 * parameter of OpenID Connect, else the usual one. A reconnection is for one handle. */
static const char *shown_handle(struct call *c, uint32_t row, const char *given)
{
    const char *hint = given ? NULL : consent_read_handle(c, login_hint(c));
    if (oauth_attempt_read(c->world, row)->reconnects)
        return usual_handle(c, row);
    if (given && str_utf8_valid(str_from(given), NULL))
        return given;
    return hint ? hint : usual_handle(c, row);
}

/* A checkbox for each scope that is asked for. The field `asks` distinguishes a form in which none is checked from a
 * driver that sends no scopes. */
static void put_scopes(struct call *c, const struct oauth_attempt *a)
{
    if (a->kind != OAUTH_ATTEMPT_FOR_ACCOUNT)
        return;
    struct scope_list scopes = scopes_of_consent(c->arena, a->platform, a->scopes);
    html(c, "<fieldset><legend>Permissions</legend><input type=\"hidden\" name=\"asks\" value=\"scopes\">");
    for (size_t i = 0; i < scopes.count; i++) {
        html(c, "<label><input type=\"checkbox\" name=\"scope\" checked value=\"");
        put(c, scopes.items[i]);
        html(c, "\"> ");
        put(c, scopes.items[i]);
        html(c, "</label>");
    }
    html(c, "</fieldset>");
}

static void put_form(struct call *c, uint32_t row, const char *given)
{
    bool reconnects = oauth_attempt_read(c->world, row)->reconnects;
    bool signs_in = oauth_attempt_read(c->world, row)->kind == OAUTH_ATTEMPT_FOR_KEY;
    html(c, "<form method=\"post\"><label for=\"handle\">");
    html(c, signs_in ? "Key" : "Account handle");
    html(c, "</label><input id=\"handle\" name=\"handle\" maxlength=\"100\" autocomplete=\"off\" "
            "autocapitalize=\"none\" spellcheck=\"false\" required value=\"");
    put(c, shown_handle(c, row, given));
    html(c, reconnects ? "\" readonly>" : "\">");
    put_scopes(c, oauth_attempt_read(c->world, row));
    html(c, "<div class=\"row\">"
            "<button name=\"decision\" value=\"approve\" class=\"go\">Approve</button>"
            "<button name=\"decision\" value=\"deny\" formnovalidate>Deny</button></div></form>\n");
}

/* How a person writes the name of a platform. */
static const char *platform_title(const char *name)
{
    static const struct {
        const char *name, *title;
    } rows[] = {
        {"tiktok",     "TikTok"    },
        {"instagram",  "Instagram" },
        {"x",          "X"         },
        {"facebook",   "Facebook"  },
        {"linkedin",   "LinkedIn"  },
        {"youtube",    "YouTube"   },
        {"threads",    "Threads"   },
        {"pinterest",  "Pinterest" },
        {"meta_ads",   "Meta Ads"  },
        {"tiktok_ads", "TikTok Ads"},
        {"apple_ads",  "Apple Ads" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].title;
    return name;
}

static void put_purpose(struct call *c, const struct oauth_attempt *a, const struct space *space, const char *app)
{
    html(c, "<p>");
    put(c, app);
    html(c, a->reconnects ? " asks to use this account again in " : " asks to post for you in ");
    html(c, "<strong>");
    put(c, or_none(space->name, space->public_id));
    html(c, "</strong>, through ");
    put(c, provider_with_id(a->provider)->title);
    html(c, ".</p>\n");
}

static void begin_form_page(struct call *c, const struct oauth_attempt *a, int status)
{
    if (a->kind == OAUTH_ATTEMPT_FOR_KEY) {
        begin_page(c, status, arena_printf(c->arena, "%s wants to sign in", a->note));
        return;
    }
    const struct space *space = space_read(c->world, a->space);
    const char *app = or_none(organization_read(c->world, space->organization)->name, "An app");
    begin_page(c, status,
               arena_printf(c->arena, "%s wants to %s your %s account", app, a->reconnects ? "reconnect" : "connect",
                            platform_title(oauth_attempt_platform_text(a))));
    put_purpose(c, a, space, app);
}

/* The form page. `given` is the handle of the last submission and `wrong` its error; both may be NULL. */
static void put_form_page(struct call *c, uint32_t row, int status, const char *given, const char *wrong)
{
    begin_form_page(c, oauth_attempt_read(c->world, row), status);
    if (wrong) {
        html(c, "<p class=\"wrong\" role=\"alert\">");
        put(c, wrong);
        html(c, "</p>\n");
    }
    put_form(c, row, given);
    end_page(c);
}

/* Returns the attempt if it is pending. Else writes an error page and returns ROW_NONE. */
static uint32_t pending(struct call *c)
{
    uint32_t row = oauth_attempt_find(c->world, c->params[1]);
    const struct provider *d = provider_named(c->params[0]);
    if (!row || !d || oauth_attempt_read(c->world, row)->provider != d->id) {
        message(c, 404, "Unknown link", "There is no pending request for consent. Go back to the app and start again.");
        return ROW_NONE;
    }
    switch (oauth_attempt_read(c->world, row)->state) {
    case OAUTH_ATTEMPT_PENDING:
        return row;
    case OAUTH_ATTEMPT_EXPIRED:
        message(c, 410, "This link has expired", "It was not used in time. Go back to the app and start again.");
        break;
    case OAUTH_ATTEMPT_COMPLETED:
    case OAUTH_ATTEMPT_FAILED:
    case OAUTH_ATTEMPT_STATE_COUNT:
        message(c, 410, "This link was already used", "It works only once. Go back to the app and start again.");
        break;
    }
    return ROW_NONE;
}

static void show(struct call *c)
{
    uint32_t row = pending(c);
    if (row)
        put_form_page(c, row, 200, NULL, other_user_asked(c, row));
}

static const char *form_value(struct call *c, const char *name)
{
    struct url_pair *pairs;
    size_t count;
    if (!body_form(c->arena, c->req, &pairs, &count))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (str_is(pairs[i].name, name))
            return str_dup(c->arena, pairs[i].value);
    return NULL;
}

/* The scopes that are checked in the form. */
static struct scope_list form_scopes(struct call *c)
{
    struct scope_list list = {0};
    struct url_pair *pairs;
    size_t count;
    if (!body_form(c->arena, c->req, &pairs, &count))
        return list;
    for (size_t i = 0; i < count; i++)
        if (str_is(pairs[i].name, "scope"))
            *arena_push(c->arena, &list, const char *) = str_dup(c->arena, pairs[i].value);
    return list;
}

/* Redirects the browser to the return URL of the attempt, and nowhere else. */
static void redirect_back(struct call *c, uint32_t row)
{
    const char *redirect = redirect_of(c, row);
    if (!redirect) {
        message(c, 200, "Done", "You can close this page and go back to the app.");
        return;
    }
    message(c, 303, "Redirecting", "You are being redirected to the app.");
    call_header(c, "Location", redirect);
}

static void decide(struct call *c)
{
    uint32_t row = pending(c);
    if (!row)
        return;
    struct str decision = str_from(form_value(c, "decision"));
    const char *handle = form_value(c, "handle");
    bool approves = str_is(decision, "approve");
    if (!approves && !str_is(decision, "deny")) {
        put_form_page(c, row, 422, handle, "Choose Approve or Deny.");
        return;
    }
    struct scope_list checked = form_scopes(c);
    const struct field_list scopes = {.items = checked.items, .count = approves ? checked.count : 0};
    if (approves && !checked.count && form_value(c, "asks")) {
        put_form_page(c, row, 422, handle, "Grant at least one permission, or choose Deny.");
        return;
    }
    c->world->cause = CAUSE_SIMULATION;
    if (give(c, row, approves ? CONSENT_APPROVE : CONSENT_DENY, handle, &scopes)) {
        redirect_back(c, row);
        return;
    }
    const char *why = c->issues.count ? c->issues.items[0].message : c->detail;
    c->fault = FAULT_NONE;
    put_form_page(c, row, 422, handle, arena_printf(c->arena, "%c%s.", toupper((unsigned char)*why), why + 1));
}

static void render_error(struct call *c)
{
    const struct fault_row *row = provider_fault(NULL, c->fault);
    message(c, c->fault_status ? c->fault_status : row->status, "Page not available",
            c->detail ? c->detail : row->message);
}

/* There is no form-action on purpose: browsers apply it to the redirect after the form too, and
 * the app chooses where that leads. */
static void add_common_headers(struct call *c)
{
    call_header(c, "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'");
    call_header(c, "X-Frame-Options", "DENY");
    call_header(c, "X-Content-Type-Options", "nosniff");
    call_header(c, "Referrer-Policy", "no-referrer");
    call_header(c, "Cache-Control", "no-store");
}

static const struct route routes[] = {
    {"GET",  "/__consent/{}/{}", "show_consent", NULL, RATE_CLASS_NONE, ROUTE_OPEN | ROUTE_HIDDEN, show,   "admin API"},
    {"POST", "/__consent/{}/{}", "give_consent", NULL, RATE_CLASS_NONE, ROUTE_OPEN | ROUTE_HIDDEN, decide, "admin API"},
};

const struct provider consent_provider = {
    .role = PROVIDER_CONSENT,
    .name = "consent",
    .id = -1,
    .mount = "/__consent",
    .routes = routes,
    .route_count = COUNT(routes),
    .render_error = render_error,
    .add_common_headers = add_common_headers,
};
