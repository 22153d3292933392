#include "base/array.h"
#include "mockserver/admin/api.h"

#include "base/http/message.h"
#include "mockserver/admin/consent.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/state/tenant.h"

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
                            "input{width:100%;font:inherit;padding:.6rem .75rem;border:1px solid var(--soft);"
                            "border-radius:.5rem;background:var(--paper);color:inherit}"
                            "input[readonly]{background:var(--ground)}"
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

static void put_form(struct call *c, uint32_t row)
{
    bool reconnects = oauth_attempt_read(c->world, row)->reconnects;
    bool signs_in = oauth_attempt_read(c->world, row)->kind == OAUTH_ATTEMPT_FOR_KEY;
    html(c, "<form method=\"post\"><label for=\"handle\">");
    html(c, signs_in ? "Key" : "Account handle");
    html(c, "</label><input id=\"handle\" name=\"handle\" maxlength=\"100\" autocomplete=\"off\" "
            "autocapitalize=\"none\" spellcheck=\"false\" required value=\"");
    put(c, consent_handle(c, row));
    html(c, reconnects ? "\" readonly>" : "\">");
    html(c, "<div class=\"row\">"
            "<button name=\"decision\" value=\"approve\" class=\"go\">Approve</button>"
            "<button name=\"decision\" value=\"deny\" formnovalidate>Deny</button></div></form>\n");
}

static void put_purpose(struct call *c, const struct oauth_attempt *a, const struct space *space, const char *app)
{
    html(c, "<p>");
    put(c, app);
    html(c, a->reconnects ? " asks to use this account again in " : " asks to post for you in ");
    html(c, "<strong>");
    put(c, or_none(space->name, space->public_id));
    html(c, "</strong>, through ");
    put(c, provider_with_id(a->provider)->name);
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
               arena_printf(c->arena, "%s wants to connect your %s account", app, oauth_attempt_platform_text(a)));
    put_purpose(c, a, space, app);
}

/* The form page. `wrong` (may be NULL) is the error of the last submission. */
static void put_form_page(struct call *c, uint32_t row, int status, const char *wrong)
{
    begin_form_page(c, oauth_attempt_read(c->world, row), status);
    if (wrong) {
        html(c, "<p class=\"wrong\" role=\"alert\">");
        put(c, wrong);
        html(c, "</p>\n");
    }
    put_form(c, row);
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
        put_form_page(c, row, 200, NULL);
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

/* Redirects the browser to the return URL of the attempt, and nowhere else. */
static void redirect_back(struct call *c, uint32_t row)
{
    const char *redirect = consent_redirect(c, row);
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
    bool approves = str_is(decision, "approve");
    if (!approves && !str_is(decision, "deny")) {
        put_form_page(c, row, 422, "Choose Approve or Deny.");
        return;
    }
    c->world->cause = "simulation";
    if (consent_give(c, row, approves ? CONSENT_APPROVE : CONSENT_DENY, form_value(c, "handle"))) {
        redirect_back(c, row);
        return;
    }
    const char *why = c->issues.count ? c->issues.items[0].message : c->detail;
    c->fault = FAULT_NONE;
    put_form_page(c, row, 422, arena_printf(c->arena, "Invalid handle: %s.", why));
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
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                "frame-ancestors 'none'");
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
