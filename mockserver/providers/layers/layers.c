#include "mockserver/providers/layers/layers.h"

#include "base/array.h"
#include "base/units.h"
#include "mockserver/gates/gate.h"
#include "mockserver/provider_api/provider.h"

/* A row is METHOD(path, operation, scope, rate class, documentation). Its handler is layers_<operation>. */
#define ROW(method, path, name, scope, rate, flags, source)                                                            \
    {                                                                                                                  \
        method, path, #name, scope, rate, flags, layers_##name, source                                                 \
    }
#define GET(...)    ROW("GET", __VA_ARGS__)
#define POST(...)   ROW("POST", __VA_ARGS__)
#define PATCH(...)  ROW("PATCH", __VA_ARGS__)
#define DELETE(...) ROW("DELETE", __VA_ARGS__)
#define NOT_BUILT(method, path, name, scope, class, source)                                                            \
    {                                                                                                                  \
        method, path, #name, scope, class, NULL, source                                                                \
    }
#define READ    RATE_CLASS_READ, 0
#define WRITE   RATE_CLASS_WRITE, 0
#define FIX     RATE_CLASS_WRITE, ROUTE_REPAIRS    /* repairs an account: client checks allow it (route.h) */
#define ONCE    RATE_CLASS_WRITE, ROUTE_IDEMPOTENT /* a write that honours Idempotency-Key */
#define LONG    RATE_CLASS_LONG, ROUTE_IDEMPOTENT
#define P       "/v1/projects/{}"
#define ACCOUNT "/v1/social-accounts/{}"
#define LEASES  P "/leased-accounts"
#define CONTENT "/v1/content/{}"
#define POSTS   "/v1/scheduled-posts"
#define LIST    "List social accounts"
#define SA      "Social accounts, "
#define REF     "API reference, "

/* All documented endpoints, by the sections of the documentation. One without a handler is not implemented. */
/* clang-format off */
static const struct route routes[] = {
    /* social accounts */
    GET(   P "/social-accounts",         list_social_accounts,  "social:read",  READ,  LIST),
    DELETE(ACCOUNT,                      revoke_social_account, "social:write", WRITE, SA "Revocation"),
    GET(   ACCOUNT "/health",            social_account_health, "social:read",  READ,  REF "Social accounts, health"),
    POST(  P "/social/oauth-url",        create_oauth_url,      "social:write", WRITE, SA "Connected accounts"),
    GET(   "/v1/social/oauth-status/{}", oauth_status,          "social:read",  READ,  SA "Connected accounts"),
    POST(  P "/social/reauth-url",       create_reauth_url,     "social:write", FIX,   SA "Reconnecting"),

    /* leased accounts */
    POST(  LEASES "/request",        request_lease,            "leased:write", ONCE,  SA "Leased accounts"),
    GET(   LEASES "/requests/{}",    read_lease_request,       "leased:write", READ,  SA "Leased accounts"),
    GET(   LEASES,                   list_leased_accounts,     "leased:write", READ,  REF "List leased accounts"),
    GET(   "/v1/leased-accounts",    list_all_leased_accounts, "leased:write", READ,  LIST ", See also"),
    DELETE("/v1/leased-accounts/{}", release_leased_account,   "leased:write", WRITE, SA "Billing"),

    /* publishing */
    POST(  CONTENT "/schedule",    schedule_content,      "publish:write", ONCE,  SA "Publishing through either kind"),
    POST(  CONTENT "/publish",     publish_content,       "publish:write", LONG,  REF "Publish content"),
    GET(   P "/scheduled-posts",   list_scheduled_posts,  "publish:read",  READ,  REF "List scheduled posts"),
    GET(   POSTS "/{}",            read_scheduled_post,   "publish:read",  READ,  REF "Get a post"),
    DELETE(POSTS "/{}",            cancel_scheduled_post, "publish:write", WRITE, REF "Cancel a post"),
    POST(  POSTS "/{}/reschedule", reschedule_post,       "publish:write", WRITE, REF "Reschedule a post"),

    /* approval */
    POST(  CONTENT "/approve", approve_content, "content:approve", WRITE, REF "Approve content"),
    POST(  CONTENT "/reject",  reject_content,  "content:approve", WRITE, REF "Reject content"),

    /* advertising */
    GET(   P "/ads/ad-accounts",           list_ad_accounts,     "ads:read",  READ,  "List ad accounts"),
    POST(  P "/ads/ad-accounts/oauth-url", create_ads_oauth_url, "ads:write", WRITE, "List ad accounts, See also"),
    GET(   P "/ads/campaigns",             list_campaigns,       "ads:read",  READ,  REF "List campaigns"),
    GET(   P "/ads/capi-status",           capi_status,          "ads:read",  READ,  REF "CAPI status"),

    /* projects, keys, jobs */
    POST(  "/v1/projects",         create_project, "projects:write", ONCE,  REF "Create a project"),
    GET(   "/v1/projects",         list_projects,  "projects:read",  READ,  REF "List projects"),
    GET(   P,                      read_project,   "projects:read",  READ,  REF "Get a project"),
    GET(   "/v1/whoami",           whoami,         NULL,             READ,  REF "Who am I"),
    NOT_BUILT("POST", "/v1/organizations/{}/api-keys", mint_api_key, "org:admin", WRITE, REF "Mint an API key"),
    POST(  "/v1/api-keys/{}/kill", kill_api_key,   NULL,             ONCE,  REF "Kill an API key"),
    GET(   "/v1/jobs/{}",          read_job,       "jobs:read",      READ,  REF "Get a job"),
    POST(  "/v1/jobs/{}/cancel",   cancel_job,     "jobs:cancel",    WRITE, REF "Cancel a job"),
    GET(   "/v1/audit-log",        list_audit_log, NULL,             READ,  REF "Audit log"),

    /* webhooks */
    POST(  "/v1/webhook-endpoints",                  create_webhook_endpoint, NULL, ONCE, REF "Webhooks"),
    GET(   "/v1/webhook-endpoints",                  list_webhook_endpoints,  NULL, READ, REF "Webhooks"),
    GET(   "/v1/webhook-endpoints/{}",               read_webhook_endpoint,   NULL, READ, REF "Webhooks"),
    PATCH( "/v1/webhook-endpoints/{}",               update_webhook_endpoint, NULL, ONCE, REF "Webhooks"),
    DELETE("/v1/webhook-endpoints/{}",               delete_webhook_endpoint, NULL, ONCE, REF "Webhooks"),
    POST(  "/v1/webhook-endpoints/{}/rotate-secret", rotate_webhook_secret,   NULL, ONCE, REF "Webhooks"),
    POST(  "/v1/webhook-endpoints/{}/test",          test_webhook_endpoint,   NULL, ONCE, REF "Webhooks"),
    GET(   "/v1/webhook-endpoints/{}/deliveries",    list_webhook_deliveries, NULL, READ, REF "Webhooks"),
    POST(  "/v1/webhook-deliveries/{}/replay",       replay_webhook_delivery, NULL, ONCE, REF "Webhooks"),
};
/* clang-format on */

/* The codes METHOD_NOT_ALLOWED, INTERNAL, NOT_IMPLEMENTED and UNAVAILABLE are ours: the documentation has no codes for
 * these cases. */
static const struct fault_row faults[] = {
    {FAULT_NO_ROUTE,          404, "NOT_FOUND",              "There is no such endpoint."                          },
    {FAULT_METHOD,            405, "METHOD_NOT_ALLOWED",     "This endpoint does not support this method."         },
    {FAULT_UNIMPLEMENTED,     501, "NOT_IMPLEMENTED",        "The mock does not implement this endpoint."          },
    {FAULT_BAD_HTTP,          400, "VALIDATION",             "The request is not valid HTTP."                      },
    {FAULT_TOO_LARGE,         413, "VALIDATION",             "The body is too large."                              },
    {FAULT_BAD_JSON,          422, "VALIDATION",             "The body is not JSON."                               },
    {FAULT_INVALID,           422, "VALIDATION",             "The request is invalid."                             },
    {FAULT_BAD_ID,            422, "VALIDATION",             "The id is invalid."                                  },
    {FAULT_UNAUTHENTICATED,   401, "UNAUTHENTICATED",        "The API key is missing or invalid."                  },
    {FAULT_UNPAID,            402, "PAYMENT_REQUIRED",       "The organization has no credits left."               },
    {FAULT_FORBIDDEN_SCOPE,   403, "FORBIDDEN_SCOPE",        "The API key does not have the required scope."       },
    {FAULT_NOT_FOUND,         404, "NOT_FOUND",              "There is no such resource in your organization."     },
    {FAULT_CONFLICT,          409, "CONFLICT",               "The resource's current state does not allow this."   },
    {FAULT_RETURN_URL,        403, "RETURN_URL_NOT_ALLOWED", "The return URL is not allowed for this key."         },
    {FAULT_APPROVAL_REQUIRED, 403, "APPROVAL_REQUIRED",      "The content is not approved."                        },
    {FAULT_CONTENT_REJECTED,  409, "CONTENT_REJECTED",       "The content was rejected."                           },
    {FAULT_IDEMPOTENCY,       409, "IDEMPOTENCY_CONFLICT",   "This Idempotency-Key was used with a different body."},
    {FAULT_RATE_LIMITED,      429, "RATE_LIMITED",           "The rate limit of this key is exhausted."            },
    {FAULT_KILLED,            503, "KILL_SWITCH",            "This API key is disabled."                           },
    {FAULT_INTERNAL,          500, "INTERNAL",               "An internal error occurred."                         },
    {FAULT_UNAVAILABLE,       503, "UNAVAILABLE",            "The service is unavailable; try again later."        },
    {FAULT_NAMESPACE,         404, "NOT_FOUND",              "The mock has no such namespace."                     },
    {FAULT_CODING,            415, "VALIDATION",             "The Content-Encoding of the body is unknown."        },
};

/* The rate limit is checked before the scope: a call without the required scope is counted. */
static const struct gate gates[] = {
  /* in this order; true: a rate limit */
    {"key",         gate_bearer,      false},
    {"key_status",  gate_key_status,  false},
    {"rate_limit",  gate_rate_limit,  true },
    {"scope",       gate_scope,       false},
    {"idempotency", gate_idempotency, false},
};

/* The documentation states the limits of the first three tiers; it only names the other two. The sandbox tier has the
 * limits of the default tier here. */
/* clang-format off */
static const struct rate_window windows[] = {
    [LAYERS_WINDOW_READ]      = {"read",      RATE_OF(RATE_CLASS_READ),  MINUTE_MS},
    [LAYERS_WINDOW_WRITE]     = {"write",     RATE_OF(RATE_CLASS_WRITE), MINUTE_MS},
    [LAYERS_WINDOW_LONG]      = {"long",      RATE_OF(RATE_CLASS_LONG),  MINUTE_MS},
    [LAYERS_WINDOW_WRITE_DAY] = {"write_day", RATE_OF(RATE_CLASS_WRITE), DAY_MS},
};

static const struct rate_tier tiers[] = { /* read, write, long, write_day; 0: no limit */
    {"standard", {120,  60,   20,  10000}},
    {"pilot",    {1200, 600,  60,  100000}},
    {"partner",  {6000, 3000, 300, 500000}},
    {"internal", {0}},
    {"sandbox",  {120,  60,   20,  10000}},
};
/* clang-format on */

const struct rate_limits layers_limits = {
    .windows = windows,
    .window_count = COUNT(windows),
    .tiers = tiers,
    .tier_count = COUNT(tiers),
};

/* What the documentation leaves open, for hostile namespaces. Clients must ignore unknown members. Times appear with
 * and without a fraction, and with an offset. The order of posts, projects and the audit log is documented, so it does
 * not vary. */
static const char *const foreign[] = {"metadata", "details"};

static const struct variation_rows unordered[] = {
  /* lists whose order is not documented */
    {"list_social_accounts",     "/items", NULL},
    {"list_leased_accounts",     "/items", NULL},
    {"list_all_leased_accounts", "/items", NULL},
    {"list_ad_accounts",         "/items", NULL},
};

/* The pages of the accounts promise no header. */
static const struct optional_header optional_headers[] = {
    {"X-Request-Id",          true },
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
    .times = VARIATION_SECONDS | VARIATION_MILLIS | VARIATION_MICROS_OFFSET,
    .optional_headers = optional_headers,
    .optional_headers_count = COUNT(optional_headers),
};

static const struct poll polls[] = {
    {"oauth_status",       SECOND_MS, 0, "/status", {"completed", "failed", "expired"} },
    {"read_lease_request", SECOND_MS, 0, "/status", {"assigned", "partial", "rejected"}},
    {"read_job",           SECOND_MS, 0, "/status", {"completed", "failed", "canceled"}},
};

const struct provider layers_provider = {
    .name = "layers",
    .title = "Layers",
    .id = LAYERS,
    .mount = "/layers",
    .host = "api.layers.com",
    .prefix = "/v1",
    .base = "",
    .routes = routes,
    .route_count = COUNT(routes),
    .faults = faults,
    .fault_count = COUNT(faults),
    .gates = gates,
    .gate_count = COUNT(gates),
    .limits = &layers_limits,
    .idempotency_ms = DAY_MS,
    .render_error = layers_render_error,
    .add_common_headers = layers_add_common_headers,
    .consent_redirect = layers_consent_redirect,
    .account_prefix = "sa_",
    .platforms = PROVIDER_PLATFORM(TIKTOK) | PROVIDER_PLATFORM(INSTAGRAM),
    .consented = layers_consented,
    .ad_consented = layers_ad_consented,
    .webhooks = &layers_webhooks,
    .variations = &variations,
    .fixture = &layers_fixture,
    .polls = polls,
    .poll_count = COUNT(polls),
};
