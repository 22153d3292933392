/* Connecting and reconnecting: creates links for the user and reports their outcome. The provider's clients use two
 * families of paths; both start an OAuth attempt, whose token is the session id. A device login is a third kind of
 * attempt: a program shows a code, the user approves it in a browser, and the program polls until it receives the
 * user's API key. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "base/url.h"
#include "mockserver/state/record.h"

#define INTERVAL_S   2 /* between two polls */
#define TOKEN_MS     (60 * DAY_MS)
#define ATTEMPT_MS   (10 * MINUTE_MS) /* lifetime of a session or a login */
#define FIRST_ID     2280             /* of the first account of a namespace */
#define ID_GAP       1000000          /* other organizations connect accounts, too; so namespaces differ in their ids */
#define PICTURES     "https://cdn.posteverywhere.ai/avatars"
#define CONNECT_PAGE "https://app.posteverywhere.ai/connect"

int64_t pe_next_id(const struct world *w)
{
    int64_t next = FIRST_ID, id;
    for (uint32_t row = 0; world_next(w, RECORD_ACCOUNT, &row);) {
        const struct account *a = account_read(w, row);
        if (a->provider == POSTEVERYWHERE && str_to_int(str_from(a->public_id), &id) && id >= next)
            next = id + 1;
    }
    return next;
}

void pe_consented(struct world *w, enum platform platform, struct connection *user)
{
    struct arena a = {0};
    struct account *account = &user->account;
    int64_t id = pe_next_id(w) + (int64_t)(ids_random(w) % ID_GAP);
    account->public_id = world_text(w, arena_printf(&a, "%" PRId64, id));
    account->platform = platform;
    account->name = world_text(w, arena_printf(&a, "@%s", account->handle));
    account->avatar_url =
        world_text(w, arena_printf(&a, PICTURES "/%s/%s.jpg", enum_word_of(&pe_platforms, platform), account->handle));
    account->token_expires_at_ms = world_now(w) + TOKEN_MS;
    arena_end(&a);
}

const char *pe_consent_redirect(struct call *c, uint32_t attempt)
{
    /* No redirect is documented, so return_url is NULL and the consent page shows the outcome. */
    return oauth_attempt_read(c->world, attempt)->return_url;
}

struct connect_body {
    const char *mode, *return_url;
    int platform;
    int64_t account;
};

#define OF struct connect_body
#define PLATFORM_ROW                                                                                                   \
    FIELD("platform", FIELD_ENUM, OF, platform, .words = &pe_browser_platforms, .help = "Platform of the account.")
static const struct field link_rows[] = {PLATFORM_ROW};
static const struct fields link_fields = FIELD_TABLE("body", link_rows, OF, FIELDS_NO_PLACE);

static const struct field start_rows[] = {
    PLATFORM_ROW,
    FIELD("mode", FIELD_TEXT, OF, mode, .help = "`reconnect`, or absent."),
    FIELD("account_id", FIELD_INT, OF, account, .min = 1, .max = INT64_MAX, .help = "Account to reconnect."),
};
static const struct fields start_fields = FIELD_TABLE("body", start_rows, OF, FIELDS_NO_PLACE);
#undef OF

static void print_session(struct call *c, uint32_t row)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, row);
    const char *url =
        c->world->local_consent
            ? call_consent_page(c, a->token)
            : url_with_query(c->arena,
                             arena_printf(c->arena, CONNECT_PAGE "/%s", enum_word_of(&pe_platforms, a->platform)),
                             "session", a->token);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "session_id", a->token);
    json_put_text(out, "authorize_url", url);
    json_put_text(out, "url", url);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    if (a->reconnects)
        pe_put_number(out, "account_id", account_read(c->world, a->account)->public_id);
    json_put_int(out, "interval", INTERVAL_S);
    json_put_int(out, "expires_in", ATTEMPT_MS / 1000);
    pe_put_time(c, "expires_at", a->expires_at_ms);
    json_close_map(out);
    pe_end(c);
}

static void start_session(struct call *c, struct oauth_attempt spec)
{
    spec.key = c->key;
    spec.space = pe_space(c);
    spec.provider = POSTEVERYWHERE;
    spec.token = ids_mint(c->world, "", ID_UUID);
    spec.expires_at_ms = c->now_ms + ATTEMPT_MS;
    print_session(c, oauth_attempt_begin(c->world, &spec));
}

static void connect(struct call *c, int platform)
{
    if (platform < 0)
        call_issue(c, "platform", "is required");
    else
        start_session(c, (struct oauth_attempt){.platform = (enum platform)platform});
}

static void reconnect(struct call *c, struct str id)
{
    uint32_t row = pe_account(c, id);
    if (row)
        start_session(c, (struct oauth_attempt){.account = row, .reconnects = true});
}

void pe_create_connect_link(struct call *c)
{
    struct connect_body body = {.platform = -1};
    if (pe_body(c, &link_fields, &body))
        connect(c, body.platform);
}

void pe_reconnect_account(struct call *c)
{
    reconnect(c, c->params[0]);
}

void pe_start_social_connect(struct call *c)
{
    struct connect_body body = {.platform = -1};
    if (!pe_body(c, &start_fields, &body))
        return;
    if (body.mode && strcmp(body.mode, "reconnect") != 0)
        call_issue(c, "mode", "must be 'reconnect' or absent");
    else if (body.mode && !body.account)
        call_issue(c, "account_id", "is required to reconnect");
    else if (body.mode)
        reconnect(c, str_from(arena_printf(c->arena, "%" PRId64, body.account)));
    else
        connect(c, body.platform);
}

static void print_account(struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    struct json *out = &c->out;
    json_key(out, "account");
    json_open_map(out);
    pe_put_number(out, "account_id", a->public_id);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "account_name", a->name);
    json_close_map(out);
}

void pe_poll_social_connect(struct call *c)
{
    uint32_t row = oauth_attempt_find(c->world, c->params[0]);
    const struct oauth_attempt *a = row ? oauth_attempt_read(c->world, row) : NULL;
    if (!a || a->provider != POSTEVERYWHERE || a->kind != OAUTH_ATTEMPT_FOR_ACCOUNT || !call_owns(c, a->space)) {
        call_refuse(c, FAULT_NOT_FOUND, "No session has this id.");
        return;
    }
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "session_id", a->token);
    json_put_text(out, "status", enum_word_of(&pe_connect_statuses, a->state));
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    if (a->state == OAUTH_ATTEMPT_COMPLETED)
        print_account(c, a->account);
    if (a->error)
        json_put_text(out, "reason", a->error);
    json_close_map(out);
    pe_end(c);
}

/* --- device login ------------------------------------------------------------------------------------- */

#define DEVICE_PAGE "https://app.posteverywhere.ai/device"

static const struct field device_rows[] = {
    {.key = "client_name", .type = FIELD_TEXT, .max = 100, .help = "Name of the program."},
};
static const struct fields device_fields = {"body", device_rows, 1, sizeof(const char *), FIELDS_NO_PLACE};

static const struct field token_rows[] = {
    {.key = "device_code", .type = FIELD_TEXT, .required = true, .help = "Code from the start of the login."},
};
static const struct fields token_fields = {"body", token_rows, 1, sizeof(const char *), FIELDS_NO_PLACE};

/* The code that the user types: the first eight characters of the device code, upper case. */
static const char *user_code(struct arena *a, const char *device_code)
{
    char *code = arena_printf(a, "%.4s-%.4s", device_code, device_code + 4);
    for (char *c = code; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return code;
}

void pe_start_device_login(struct call *c)
{
    const char *client = "A program";
    if (!pe_body(c, &device_fields, &client))
        return;
    const struct oauth_attempt spec = {
        .kind = OAUTH_ATTEMPT_FOR_KEY,
        .provider = POSTEVERYWHERE,
        .token = ids_mint(c->world, "", ID_UUID),
        .note = client,
        .expires_at_ms = c->now_ms + ATTEMPT_MS,
    };
    oauth_attempt_begin(c->world, &spec);
    const char *code = user_code(c->arena, spec.token);
    bool local = c->world->local_consent;
    const char *page = local ? call_consent_page(c, spec.token) : DEVICE_PAGE;

    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "device_code", spec.token);
    json_put_text(out, "user_code", code);
    json_put_text(out, "verification_uri", page);
    json_put_text(out, "verification_uri_complete", local ? page : url_with_query(c->arena, page, "code", code));
    json_put_int(out, "interval", INTERVAL_S);
    json_put_int(out, "expires_in", ATTEMPT_MS / 1000);
    json_close_map(out);
    pe_end(c);
}

static void print_key(struct call *c, const struct oauth_attempt *a)
{
    const struct key *k = key_read(c->world, a->key);
    const struct organization *o = organization_read(c->world, k->organization);
    struct json *out = &c->out;
    json_put_text(out, "api_key", k->value);
    json_put_text(out, "organization_id", o->public_id);
    json_key(out, "user");
    json_open_map(out);
    json_put_text(out, "email", "owner@example.com");
    json_close_map(out);
}

void pe_poll_device_token(struct call *c)
{
    const char *code;
    if (!pe_body(c, &token_fields, &code))
        return;
    uint32_t row = oauth_attempt_find(c->world, str_from(code));
    const struct oauth_attempt *a = row ? oauth_attempt_read(c->world, row) : NULL;
    if (!a || a->provider != POSTEVERYWHERE || a->kind != OAUTH_ATTEMPT_FOR_KEY) {
        call_refuse(c, FAULT_NOT_FOUND, "No login has this device code.");
        return;
    }
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "status", enum_word_of(&pe_device_statuses, a->state));
    if (a->state == OAUTH_ATTEMPT_COMPLETED)
        print_key(c, a);
    json_close_map(out);
    pe_end(c);
}
