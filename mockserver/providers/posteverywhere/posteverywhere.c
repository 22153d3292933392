#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "base/array.h"
#include "base/units.h"
#include "mockserver/gates/gate.h"
#include "mockserver/providers/posteverywhere/hooks.h"

#define LIST    "List accounts"
#define PAGE    "Developer pages, "
#define CLIENTS "Official clients, "
#define GET     "GET"
#define POST    "POST"
#define DEL     "DELETE"
#define V       "/api/v1"
#define READ    "read", RATE_CLASS_READ, 0
#define WRITE   "write", RATE_CLASS_WRITE, 0
#define FIX     "write", RATE_CLASS_WRITE, ROUTE_REPAIRS
#define AI      "ai", RATE_CLASS_WRITE, 0
#define OPEN    NULL, RATE_CLASS_NONE, ROUTE_OPEN

/* Every documented endpoint; a row without a handler is not implemented. */
/* clang-format off */
static const struct route routes[] = {
    /* accounts */
    {GET,  V "/accounts",                       "list_accounts",          READ,  pe_list_accounts,        LIST},
    {GET,  V "/accounts/{}",                    "read_account",           READ,  pe_read_account,         PAGE "Get account"},
    {GET,  V "/accounts/{}/health",             "account_health",         READ,  pe_account_health,       PAGE "Account health"},
    {POST, V "/accounts/connect-link",          "create_connect_link",    WRITE, pe_create_connect_link,  CLIENTS "connect link"},
    {POST, V "/accounts/connect-credential",    "connect_credential",     WRITE, NULL,                    CLIENTS "connect credential"},
    {POST, V "/accounts/{}/reconnect",          "reconnect_account",      FIX,   pe_reconnect_account,    CLIENTS "reconnect link"},

    /* device login and social connect, both polled by the client */
    {POST, V "/auth/device",                    "start_device_login",     OPEN,  pe_start_device_login,   CLIENTS "device login"},
    {POST, V "/auth/device/token",              "poll_device_token",      OPEN,  pe_poll_device_token,    CLIENTS "device login"},
    {POST, V "/auth/social-connect/start",      "start_social_connect",   FIX,   pe_start_social_connect, CLIENTS "social connect"},
    {GET,  V "/auth/social-connect/poll/{}",    "poll_social_connect",    READ,  pe_poll_social_connect,  CLIENTS "social connect"},
    {POST, V "/auth/social-connect/bluesky",    "connect_bluesky",        WRITE, NULL,                    CLIENTS "social connect"},
    {POST, V "/auth/social-connect/telegram",   "connect_telegram",       WRITE, NULL,                    CLIENTS "social connect"},
    {POST, V "/auth/social-connect/discord",    "connect_discord",        WRITE, NULL,                    CLIENTS "social connect"},

    /* posts */
    {POST, V "/posts",                          "create_post",            WRITE, pe_create_post,          PAGE "Create post"},
    {GET,  V "/posts",                          "list_posts",             READ,  pe_list_posts,           PAGE "List posts"},
    {POST, V "/posts/bulk",                     "bulk_create_posts",      WRITE, NULL,                    PAGE "Bulk operations"},
    {POST, V "/posts/bulk-schedule",            "bulk_schedule_posts",    WRITE, NULL,                    PAGE "Bulk schedule"},
    {POST, V "/posts/retry-failed",             "retry_failed_posts",     WRITE, NULL,                    PAGE "Bulk operations"},
    {GET,  V "/posts/{}",                       "read_post",              READ,  pe_read_post,            PAGE "Get post"},
    {"PATCH", V "/posts/{}",                    "update_post",            WRITE, pe_update_post,          CLIENTS "update post"},
    {DEL,  V "/posts/{}",                       "delete_post",            WRITE, pe_delete_post,          PAGE "Delete post"},
    {POST, V "/posts/{}/schedule",              "schedule_post",          WRITE, pe_schedule_post,        CLIENTS "schedule post"},
    {GET,  V "/posts/{}/results",               "post_results",           READ,  pe_post_results,         PAGE "Get post results"},
    {POST, V "/posts/{}/retry",                 "retry_post",             WRITE, pe_retry_post,           PAGE "Retry failed post"},

    /* media */
    {POST, V "/media/upload",                   "create_upload",          WRITE, pe_create_upload,        PAGE "Upload media"},
    {POST, V "/media/upload-from-url",          "upload_media_from_url",  WRITE, pe_media_from_url,       PAGE "Upload media from URL"},
    {"PUT", V "/media/uploads/{}",              "put_upload",             OPEN,  pe_receive_upload,       PAGE "Upload media"},
    {POST, V "/media/uploads/{}",               "post_upload",            OPEN,  pe_receive_upload,       PAGE "Upload media"},
    {POST, V "/media/{}/complete",              "complete_media",         WRITE, pe_complete_media,       PAGE "Complete upload"},
    {GET,  V "/media",                          "list_media",             READ,  pe_list_media,           PAGE "List media"},
    {GET,  V "/media/{}",                       "read_media",             READ,  pe_read_media,           PAGE "Get media"},
    {DEL,  V "/media/{}",                       "delete_media",           WRITE, pe_delete_media,         PAGE "Delete media"},

    /* the key and the platforms */
    {GET,  V "/me",                             "me",                     READ,  pe_me,                   PAGE "Get me"},
    {GET,  V "/platform-rules",                 "platform_rules",         READ,  pe_platform_rules,       CLIENTS "platform rules"},

    /* webhooks */
    {POST, V "/webhooks",                       "create_webhook",         WRITE, pe_create_webhook,       PAGE "Webhooks"},
    {GET,  V "/webhooks",                       "list_webhooks",          READ,  pe_list_webhooks,        PAGE "Webhooks"},
    {GET,  V "/webhooks/{}",                    "read_webhook",           READ,  pe_read_webhook,         PAGE "Webhooks"},
    {"PATCH", V "/webhooks/{}",                 "update_webhook",         WRITE, pe_update_webhook,       PAGE "Webhooks"},
    {DEL,  V "/webhooks/{}",                    "delete_webhook",         WRITE, pe_delete_webhook,       PAGE "Webhooks"},
    {POST, V "/webhooks/{}/test",               "test_webhook",           WRITE, pe_test_webhook,         PAGE "Webhooks"},

    /* campaigns, analytics and AI: not implemented */
    {POST, V "/campaigns",                      "create_campaign",        WRITE, NULL,                    PAGE "Campaigns"},
    {GET,  V "/campaigns",                      "list_campaigns",         READ,  NULL,                    PAGE "Campaigns"},
    {GET,  V "/campaigns/{}",                   "read_campaign",          READ,  NULL,                    PAGE "Campaigns"},
    {"PATCH", V "/campaigns/{}",                "update_campaign",        WRITE, NULL,                    PAGE "Campaigns"},
    {DEL,  V "/campaigns/{}",                   "delete_campaign",        WRITE, NULL,                    PAGE "Campaigns"},
    {GET,  V "/analytics/summary",              "analytics_summary",      READ,  NULL,                    PAGE "Analytics"},
    {POST, V "/ai/generate-image",              "generate_image",         AI,    NULL,                    PAGE "Generate image"},
    {POST, V "/ai/generate-caption",            "generate_caption",       AI,    NULL,                    PAGE "Generate caption"},
};
/* clang-format on */

/* "List accounts" documents only the statuses; the codes are from the provider's other pages. */
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
};

static const struct gate gates[] = {
    {"key",        gate_bearer    },
    {"key_status", gate_key_status},
    {"rate_limit", gate_rate_limit},
    {"scope",      gate_scope     },
};

static const struct poll polls[] = {
    {"poll_social_connect", 2 * SECOND_MS, 0,               "/data/status", {"completed", "cancelled", "expired"}},
    {"poll_device_token",   2 * SECOND_MS, POLL_IN_BODY,    "/data/status", {"authorized", "denied", "expired"}  },
    {"read_media",          SECOND_MS,     POLL_OTHER_USES, "/data/status", {"ready", "failed"}                  },
};

static const char *account_prefix(void)
{
    return "";
}

const struct provider posteverywhere_provider = {
    .name = "posteverywhere",
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
    .account_prefix = account_prefix,
    .platforms = (1u << PLATFORM_COUNT) - 1,
    .has_health = true,
    .consented = pe_consented,
    .webhooks = &pe_webhooks,
    .variations = &pe_variations,
    .fixture = &posteverywhere_fixture,
    .polls = polls,
    .poll_count = COUNT(polls),
};
