#include "mockserver/providers/postnitro/postnitro.h"

#include "base/array.h"
#include "mockserver/gates/gate.h"
#include "mockserver/provider_api/provider.h"

/* METHOD(path, operation, rate class, source). The handler is postnitro_<operation>. */
#define ROW(method, path, name, scope, rate, flags, source)                                                            \
    {                                                                                                                  \
        method, path, #name, scope, rate, flags, postnitro_##name, source                                              \
    }
#define GET(...)    ROW("GET", __VA_ARGS__)
#define POST(...)   ROW("POST", __VA_ARGS__)
#define PUT(...)    ROW("PUT", __VA_ARGS__)
#define DELETE(...) ROW("DELETE", __VA_ARGS__)
#define READ        NULL, RATE_CLASS_READ, 0
#define WRITE       NULL, RATE_CLASS_WRITE, 0
#define LONG        NULL, RATE_CLASS_LONG, 0
/* A path without its id gets a 422 and is not listed as an endpoint. */
#define READ_NO_ID  NULL, RATE_CLASS_READ, ROUTE_HIDDEN
#define WRITE_NO_ID NULL, RATE_CLASS_WRITE, ROUTE_HIDDEN
#define ACCOUNTS    "Social Accounts, "
#define SCHEDULE    "Schedule API, "

/* Every documented endpoint, by the sections of the documentation. */
/* clang-format off */
static const struct route routes[] = {
    GET(    "/",                  test_key,              READ,        "Authentication"),

    /* social accounts */
    GET(    "/social-account",    list_social_accounts,  READ,        ACCOUNTS "List social accounts"),
    GET(    "/social-account/{}", read_social_account,   READ,        ACCOUNTS "Read a social account"),
    DELETE( "/social-account/{}", delete_social_account, WRITE,       ACCOUNTS "Disconnect a social account"),
    GET(    "/social-account/",   read_social_account,   READ_NO_ID,  ACCOUNTS "Validation"),
    DELETE( "/social-account/",   delete_social_account, WRITE_NO_ID, ACCOUNTS "Validation"),
    DELETE( "/social-account",    delete_social_account, WRITE_NO_ID, ACCOUNTS "Validation"),

    /* scheduled posts */
    GET(    "/schedule",    list_schedule,   READ,        SCHEDULE "List scheduled posts"),
    POST(   "/schedule",    create_schedule, WRITE,       SCHEDULE "Create a scheduled post"),
    GET(    "/schedule/{}", read_schedule,   READ,        SCHEDULE "Get a scheduled post"),
    PUT(    "/schedule/{}", update_schedule, WRITE,       SCHEDULE "Update a scheduled post"),
    DELETE( "/schedule/{}", delete_schedule, WRITE,       SCHEDULE "Delete a scheduled post"),
    GET(    "/schedule/",   read_schedule,   READ_NO_ID,  SCHEDULE "Errors"),
    PUT(    "/schedule/",   update_schedule, WRITE_NO_ID, SCHEDULE "Errors"),
    PUT(    "/schedule",    update_schedule, WRITE_NO_ID, SCHEDULE "Errors"),
    DELETE( "/schedule/",   delete_schedule, WRITE_NO_ID, SCHEDULE "Errors"),
    DELETE( "/schedule",    delete_schedule, WRITE_NO_ID, SCHEDULE "Errors"),

    /* generated posts, templates, brands and audio */
    POST(   "/post/initiate/generate", generate_post,    LONG,  "Post generation"),
    POST(   "/post/initiate/import",   import_post,      LONG,  "Post import"),
    GET(    "/post/status/{}",         read_post_status, READ,  "Post status"),
    GET(    "/post/output/{}",         read_post_output, READ,  "Post output"),
    GET(    "/template",               list_templates,   READ,  "Templates"),
    GET(    "/ai-preset",              list_presets,     READ,  "AI presets"),
    GET(    "/brand",                  list_brands,      READ,  "Brands"),
    POST(   "/brand",                  create_brand,     WRITE, "Brands"),
    GET(    "/brand/{}",               read_brand,       READ,  "Brands"),
    PUT(    "/brand/{}",               update_brand,     WRITE, "Brands"),
    GET(    "/audio",                  list_audio,       READ,  "Audio"),
    DELETE( "/audio/{}",               delete_audio,     WRITE, "Audio"),
};
/* clang-format on */

#define UNKNOWN_KEY                                                                                                    \
    "Unable to find embed details, please check your Embed API key and make sure to use the key "                      \
    "for API."
#define NO_WORKSPACE "Unable to find workspace details, please attach a workspace to this API key."
#define UNPAID                                                                                                         \
    "Embed API requires a paid main plan with the API Credits add-on, or an active Embed API "                         \
    "subscription."

/* The provider has no error codes. These are names for rules; no response contains them. */
static const struct fault_row faults[] = {
    {FAULT_NO_ROUTE,        404, "NO_ROUTE",               "There is no such endpoint."                  },
    {FAULT_METHOD,          405, "METHOD_NOT_ALLOWED",     "This endpoint does not support this method." },
    {FAULT_UNIMPLEMENTED,   501, "NOT_IMPLEMENTED",        "The mock does not implement this endpoint."  },
    {FAULT_BAD_HTTP,        400, "BAD_HTTP",               "The request is not valid HTTP."              },
    {FAULT_TOO_LARGE,       413, "TOO_LARGE",              "The body is too large."                      },
    {FAULT_BAD_JSON,        400, "BAD_JSON",               "The body is not JSON."                       },
    {FAULT_INVALID,         422, "VALIDATION",             "The request is invalid."                     },
    {FAULT_BAD_ID,          422, "ID_REQUIRED",            "Social account id is required"               },
    {FAULT_UNAUTHENTICATED, 401, "UNAUTHORIZED",           "Unauthorized"                                },
    {FAULT_UNKNOWN_KEY,     401, "UNKNOWN_KEY",            UNKNOWN_KEY                                   },
    {FAULT_FORBIDDEN_SCOPE, 401, "NO_WORKSPACE",           NO_WORKSPACE                                  },
    {FAULT_KILLED,          401, "KEY_OFF",                UNKNOWN_KEY                                   },
    {FAULT_UNPAID,          402, "PAYMENT_REQUIRED",       UNPAID                                        },
    {FAULT_NOT_FOUND,       404, "NOT_FOUND",              "Not found."                                  },
    {FAULT_CONFLICT,        400, "FAILED",                 "The request did not complete."               },
    {FAULT_INTERNAL,        500, "INTERNAL",               "An internal error occurred."                 },
    {FAULT_UNAVAILABLE,     503, "UNAVAILABLE",            "The service is unavailable; try again later."},
    {FAULT_NAMESPACE,       404, "NO_NAMESPACE",           "The mock has no such namespace."             },
    {FAULT_CODING,          415, "UNSUPPORTED_MEDIA_TYPE", "The Content-Encoding of the body is unknown."},
};

/* Refuses a key without a workspace: all data belongs to the key's workspace. */
static bool gate_workspace(struct call *c)
{
    return postnitro_workspace(c) != ROW_NONE || call_refuse(c, FAULT_FORBIDDEN_SCOPE, NULL);
}

static const struct gate gates[] = {
  /* in this order; true: a rate limit */
    {"key",        gate_header_key, false},
    {"workspace",  gate_workspace,  false},
    {"key_status", gate_key_status, false},
};

/* What the documentation leaves open. The documented short bodies ({success, message}) are complete, and the account
 * list names every platform, so neither gets unknown members. Times have one format. No rate limit is documented, so
 * there are no spurious 429 responses. */
static const char *const complete[] = {"/data/socialAccounts"};

static const struct variation_rows unordered[] = {
    {"list_social_accounts", "/data/socialAccounts/*", NULL},
    {"read_social_account",  "/data/usage",            NULL},
};

static const struct variations variations = {
    .more_below = "/data",
    .complete = complete,
    .complete_count = COUNT(complete),
    .rows = unordered,
    .rows_count = COUNT(unordered),
};

/* The response body is not documented; clients check only the status. */
void postnitro_test_key(struct call *c)
{
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_bool(out, "success", true);
    json_close_map(out);
}

const struct provider postnitro_provider = {
    .name = "postnitro",
    .title = "PostNitro",
    .id = POSTNITRO,
    .mount = "/postnitro",
    .host = "embed-api.postnitro.ai",
    .base = "",
    .routes = routes,
    .route_count = COUNT(routes),
    .faults = faults,
    .fault_count = COUNT(faults),
    .gates = gates,
    .gate_count = COUNT(gates),
    .key_header = "embed-api-key",
    .render_error = postnitro_render_error,
    .account_prefix = "c",
    .platforms = PROVIDER_PLATFORM(LINKEDIN) | PROVIDER_PLATFORM(INSTAGRAM) | PROVIDER_PLATFORM(TIKTOK) |
                 PROVIDER_PLATFORM(THREADS),
    .disconnect_removes_from_posts = true,
    .consented = postnitro_consented,
    .variations = &variations,
    .fixture = &postnitro_fixture,
};
