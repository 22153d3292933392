#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "base/array.h"
#include "base/units.h"
#include "mockserver/gates/gate.h"
#include "mockserver/provider_api/provider.h"

/* METHOD(path below /api/v1, operation, scope and rate class, source). The handler is pe_<operation>. */
#define V "/api/v1"
#define ROW(method, path, name, scope, rate, flags, source)                                                            \
    {                                                                                                                  \
        method, V path, #name, scope, rate, flags, pe_##name, source                                                   \
    }
#define GET(...)    ROW("GET", __VA_ARGS__)
#define POST(...)   ROW("POST", __VA_ARGS__)
#define PATCH(...)  ROW("PATCH", __VA_ARGS__)
#define DELETE(...) ROW("DELETE", __VA_ARGS__)
#define NOT_BUILT(method, path, name, class, source)                                                                   \
    {                                                                                                                  \
        method, V path, #name, class, NULL, source                                                                     \
    }
#define READ    "read", RATE_CLASS_READ, 0
#define WRITE   "write", RATE_CLASS_WRITE, 0
#define FIX     "write", RATE_CLASS_WRITE, ROUTE_REPAIRS
#define AI      "ai", RATE_CLASS_WRITE, 0
#define OPEN    NULL, RATE_CLASS_NONE, ROUTE_OPEN
#define LIST    "List accounts"
#define PAGE    "Developer pages, "
#define CLIENTS "Official clients, "

/* Every documented endpoint, by the sections of the documentation; one without a handler is not implemented. */
/* clang-format off */
static const struct route routes[] = {
    /* accounts */
    GET(  "/accounts",              list_accounts,       READ,  LIST),
    GET(  "/accounts/{}",           read_account,        READ,  PAGE "Get account"),
    GET(  "/accounts/{}/health",    account_health,      READ,  PAGE "Account health"),
    POST( "/accounts/connect-link", create_connect_link, WRITE, CLIENTS "connect link"),
    POST( "/accounts/connect-credential", connect_credential, FIX, CLIENTS "connect credential"),
    POST( "/accounts/{}/reconnect", reconnect_account,   FIX,   CLIENTS "reconnect link"),

    /* device login and social connect, both polled by the client */
    POST( "/auth/device",                 start_device_login,   OPEN,  CLIENTS "device login"),
    POST( "/auth/device/token",           poll_device_token,    OPEN,  CLIENTS "device login"),
    POST( "/auth/social-connect/start",   start_social_connect, FIX,   CLIENTS "social connect"),
    GET(  "/auth/social-connect/poll/{}", poll_social_connect,  READ,  CLIENTS "social connect"),
    POST( "/auth/social-connect/bluesky",   connect_bluesky,      FIX,   CLIENTS "social connect"),
    POST( "/auth/social-connect/telegram",  connect_telegram,     FIX,   CLIENTS "social connect"),
    POST( "/auth/social-connect/discord",   connect_discord,      FIX,   CLIENTS "social connect"),

    /* posts */
    POST(   "/posts",               create_post,         WRITE, PAGE "Create post"),
    GET(    "/posts",               list_posts,          READ,  PAGE "List posts"),
    POST(   "/posts/bulk",          bulk_create_posts,   WRITE, PAGE "Bulk operations"),
    POST(   "/posts/bulk-schedule", bulk_schedule_posts, WRITE, PAGE "Bulk schedule"),
    POST(   "/posts/retry-failed",  retry_failed_posts,  WRITE, PAGE "Bulk operations"),
    GET(    "/posts/{}",            read_post,           READ,  PAGE "Get post"),
    PATCH(  "/posts/{}",            update_post,         WRITE, CLIENTS "update post"),
    DELETE( "/posts/{}",            delete_post,         WRITE, PAGE "Delete post"),
    POST(   "/posts/{}/schedule",   schedule_post,       WRITE, CLIENTS "schedule post"),
    GET(    "/posts/{}/results",    post_results,        READ,  PAGE "Get post results"),
    POST(   "/posts/{}/retry",      retry_post,          WRITE, PAGE "Retry failed post"),

    /* media */
    POST(   "/media/upload",          create_upload,         WRITE, PAGE "Upload media"),
    POST(   "/media/upload-from-url", upload_media_from_url, WRITE, PAGE "Upload media from URL"),
    {"PUT",  V "/media/uploads/{}", "put_upload",  OPEN, pe_receive_upload, PAGE "Upload media"},
    {"POST", V "/media/uploads/{}", "post_upload", OPEN, pe_receive_upload, PAGE "Upload media"},
    POST(   "/media/{}/complete",     complete_media,        WRITE, PAGE "Complete upload"),
    GET(    "/media",                 list_media,            READ,  PAGE "List media"),
    GET(    "/media/{}",              read_media,            READ,  PAGE "Get media"),
    DELETE( "/media/{}",              delete_media,          WRITE, PAGE "Delete media"),

    /* the key and the platforms */
    GET( "/me",             me,             READ, PAGE "Get me"),
    GET( "/platform-rules", platform_rules, READ, CLIENTS "platform rules"),

    /* webhooks */
    POST(   "/webhooks",         create_webhook, WRITE, PAGE "Webhooks"),
    GET(    "/webhooks",         list_webhooks,  READ,  PAGE "Webhooks"),
    GET(    "/webhooks/{}",      read_webhook,   READ,  PAGE "Webhooks"),
    PATCH(  "/webhooks/{}",      update_webhook, WRITE, PAGE "Webhooks"),
    DELETE( "/webhooks/{}",      delete_webhook, WRITE, PAGE "Webhooks"),
    POST(   "/webhooks/{}/test", test_webhook,   WRITE, PAGE "Webhooks"),

    /* campaigns, analytics and AI */
    POST(   "/campaigns",           create_campaign,   WRITE, PAGE "Campaigns"),
    GET(    "/campaigns",           list_campaigns,    READ,  PAGE "Campaigns"),
    GET(    "/campaigns/{}",        read_campaign,     READ,  PAGE "Campaigns"),
    PATCH(  "/campaigns/{}",        update_campaign,   WRITE, PAGE "Campaigns"),
    DELETE( "/campaigns/{}",        delete_campaign,   WRITE, PAGE "Campaigns"),
    GET(    "/analytics/summary",   analytics_summary, READ,  PAGE "Analytics"),
    POST(   "/ai/generate-image",   generate_image,    AI,    PAGE "Generate image"),
    POST(   "/ai/generate-caption", generate_caption,  AI,    PAGE "Generate caption"),
};
/* clang-format on */

/* "List accounts" documents only the statuses; the codes are from the provider's other pages. A second row of a fault
 * has the code of the older API version. */
/* clang-format off */
static const struct fault_row faults[] = {
    {FAULT_NO_ROUTE,        404, "not_found",           "There is no such endpoint."                       },
    {FAULT_METHOD,          405, "method_not_allowed",  "This endpoint does not support this method."      },
    {FAULT_UNIMPLEMENTED,   501, "not_implemented",     "The mock does not implement this endpoint."       },
    {FAULT_BAD_HTTP,        400, "bad_request",         "The request is not valid HTTP."                   },
    {FAULT_TOO_LARGE,       413, "file_too_large",      "The body is too large."                           },
    {FAULT_BAD_JSON,        400, "invalid_json",        "The body is not JSON."                            },
    {FAULT_INVALID,         400, "validation_error",    "The request is invalid."                          },
    {FAULT_BAD_ID,          400, "validation_error",    "The id is invalid."                               },
    {FAULT_UNAUTHENTICATED, 401, "unauthorized",        "The API key is missing or invalid."               },
    {FAULT_FORBIDDEN_SCOPE, 403, "insufficient_scope",  "The API key does not have the required scope."    },
    {FAULT_NOT_FOUND,       404, "not_found",           "There is no such resource in your organization."  },
    {FAULT_CONFLICT,        409, "conflict",            "The resource's current state does not allow this."},
    {FAULT_RATE_LIMITED,    429, "rate_limit_exceeded", "The rate limit of this key is exhausted."         },
    {FAULT_RATE_LIMITED,    429, "rate_limited",        "The rate limit of this key is exhausted."         },
    {FAULT_UNAUTHENTICATED, 401, "invalid_api_key",     "The API key is missing or invalid."               },
    {FAULT_UNPAID,          402, "payment_required",    "The organization's plan does not cover this."     },
    {FAULT_KILLED,          401, "unauthorized",        "This API key was revoked."                        },
    {FAULT_INTERNAL,        500, "internal_error",      "An internal error occurred."                      },
    {FAULT_UNAVAILABLE,     503, "service_unavailable", "The service is unavailable; try again later."     },
    {FAULT_NAMESPACE,       404, "not_found",           "The mock has no such namespace."                  },
    /* other documented codes, for rules and operations: the first row of a fault is the usual one */
    {FAULT_INVALID, 400, "bad_request", "The request is invalid."},
    {FAULT_INVALID, 400, "bulk_limit_exceeded", "A call can have at most 50 posts."},
    {FAULT_INVALID, 400, "content_too_long", "The content is too long for a platform."},
    {FAULT_INVALID, 400, "file_not_uploaded", "The file was not uploaded."},
    {FAULT_INVALID, 400, "file_too_large", "The file is too large."},
    {FAULT_INVALID, 400, "file_type_mismatch", "The file does not have the stated type."},
    {FAULT_INVALID, 400, "invalid_accounts", "An account does not exist in your organization."},
    {FAULT_INVALID, 400, "invalid_datetime", "The time is invalid."},
    {FAULT_INVALID, 400, "invalid_field_name", "The request has a field of an unknown name."},
    {FAULT_INVALID, 400, "invalid_post_status", "The post's status does not allow this."},
    {FAULT_INVALID, 400, "invalid_timezone", "The time zone is unknown."},
    {FAULT_INVALID, 400, "no_failed_destinations", "The post has no failed destination."},
    {FAULT_INVALID, 400, "past_schedule_time", "The time is in the past."},
    {FAULT_INVALID, 400, "post_creation_failed", "The post could not be created."},
    {FAULT_INVALID, 400, "too_many_accounts", "The post has too many accounts."},
    {FAULT_INVALID, 400, "unsupported_media_type", "The type of the file is not supported."},
    {FAULT_INVALID, 400, "upload_failed", "The upload failed."},
    {FAULT_INVALID, 415, "unsupported_media_type", "The type of the file is not supported."},
    {FAULT_INVALID, 422, "permanent_failure_circuit_breaker", "This content has failed too often."},
    {FAULT_UNPAID, 402, "insufficient_credits", "There are not enough credits."},
    {FAULT_CONFLICT, 409, "post_already_published", "The post is already published."},
    {FAULT_CODING, 415, "unsupported_media_type", "The Content-Encoding of the body is unknown."},
};
/* clang-format on */

static const struct gate gates[] = {
  /* in this order; true: a rate limit */
    {"key",        gate_bearer,     false},
    {"key_status", gate_key_status, false},
    {"rate_limit", gate_rate_limit, true },
    {"scope",      gate_scope,      false},
};

/* "List accounts" documents that there is a window; the limits are from the provider's page on rate limits. */
#define ALL (RATE_OF(RATE_CLASS_READ) | RATE_OF(RATE_CLASS_WRITE))
/* clang-format off */
static const struct rate_window windows[] = {
    [PE_WINDOW_MINUTE] = {"minute", ALL, MINUTE_MS},
    [PE_WINDOW_HOUR]   = {"hour",   ALL, HOUR_MS},
};
/* clang-format on */

static const struct rate_tier tiers[] = {
    {"standard", {60, 1000}}, /* per window */
};

const struct rate_limits pe_limits = {
    .windows = windows,
    .window_count = COUNT(windows),
    .tiers = tiers,
    .tier_count = COUNT(tiers),
};

/* What the documentation leaves open. The order of accounts is not documented, but account_ids must be in the same
 * order. Times keep the format of the API version's samples. */
static const char *const foreign[] = {"details", "platform_content", "metadata"};

static const struct variation_rows unordered[] = {
    {"list_accounts", "/data/accounts", "/data/account_ids"},
};

/* The list of accounts documents them for its 429 only. */
static const struct optional_header optional_headers[] = {
    {"X-RateLimit-Limit",     false},
    {"X-RateLimit-Remaining", false},
    {"X-RateLimit-Reset",     false},
};

static const struct variations variations = {
    .more_below = "",
    .foreign = foreign,
    .foreign_count = COUNT(foreign),
    .rows = unordered,
    .rows_count = COUNT(unordered),
    .optional_headers = optional_headers,
    .optional_headers_count = COUNT(optional_headers),
};

static const struct poll polls[] = {
    {"poll_social_connect", 2 * SECOND_MS, 0,               "/data/status", {"completed", "cancelled", "expired"}},
    {"poll_device_token",   2 * SECOND_MS, POLL_IN_BODY,    "/data/status", {"authorized", "denied", "expired"}  },
    {"read_media",          SECOND_MS,     POLL_OTHER_USES, "/data/status", {"ready", "failed"}                  },
};

const struct provider posteverywhere_provider = {
    .name = "posteverywhere",
    .title = "PostEverywhere",
    .id = POSTEVERYWHERE,
    .mount = "/posteverywhere",
    .host = "app.posteverywhere.ai",
    .prefix = "/api/v1",
    .base = "/api/v1",
    .routes = routes,
    .route_count = COUNT(routes),
    .faults = faults,
    .fault_count = COUNT(faults),
    .gates = gates,
    .gate_count = COUNT(gates),
    .limits = &pe_limits,
    .render_error = pe_render_error,
    .add_common_headers = pe_add_common_headers,
    .consent_redirect = pe_consent_redirect,
    .account_prefix = "",
    .platforms = (1u << PLATFORM_BLUESKY) - 1, /* those before it: see pe_browser_platforms */
    .has_health = true,
    .consented = pe_consented,
    .webhooks = &pe_webhooks,
    .variations = &variations,
    .fixture = &posteverywhere_fixture,
    .polls = polls,
    .poll_count = COUNT(polls),
};
