/* Device login: a program shows a code, the user approves it in a browser, and the program polls
 * until it receives the user's API key. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <ctype.h>

#include "base/url.h"
#include "mockserver/state/record.h"

#define INTERVAL_S  2
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
        .expires_at_ms = c->now_ms + PE_ATTEMPT_MS,
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
    json_put_int(out, "expires_in", PE_ATTEMPT_MS / 1000);
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
