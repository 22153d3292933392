#include "mockserver/providers/layers/layers.h"

#include "base/array.h"
#include "base/units.h"
#include "mockserver/gates/gate.h"
#include "mockserver/providers/layers/webhooks.h"

#define REPEATS_MS DAY_MS

#define REF   "API reference, "
#define GET   "GET"
#define POST  "POST"
#define DEL   "DELETE"
#define P     "/v1/projects/{}"
#define READ  RATE_CLASS_READ
#define WRITE RATE_CLASS_WRITE
#define LONG  RATE_CLASS_LONG
#define IDEM  ROUTE_IDEMPOTENT

/* All documented endpoints. One without a handler is not implemented. */
static const struct route routes[] = {
  /* social accounts */
    {GET,     P "/social-accounts",                     "list_social_accounts",     "social:read",     READ,  0,    layers_list_social_accounts,
     "List social accounts"                                                                                                                                                       },
    {DEL,     "/v1/social-accounts/{}",                 "revoke_social_account",    "social:write",    WRITE, 0,    layers_revoke_social_account,
     "Social accounts, Revocation"                                                                                                                                                },
    {GET,     "/v1/social-accounts/{}/health",          "social_account_health",    "social:read",     READ,  0,
     layers_social_account_health,                                                                                                                   REF "Social accounts, health"},
    {POST,    P "/social/oauth-url",                    "create_oauth_url",         "social:write",    WRITE, 0,    layers_create_oauth_url,
     "Social accounts, Connected accounts"                                                                                                                                        },
    {GET,     "/v1/social/oauth-status/{}",             "oauth_status",             "social:read",     READ,  0,    layers_oauth_status,
     "Social accounts, Connected accounts"                                                                                                                                        },
    {POST,    P "/social/reauth-url",                   "create_reauth_url",        "social:write",    WRITE, 0,    layers_create_reauth_url,
     "Social accounts, Reconnecting"                                                                                                                                              },

 /* leased accounts */
    {POST,    P "/leased-accounts/request",             "request_lease",            "leased:write",    WRITE, IDEM, layers_request_lease,
     "Social accounts, Leased accounts"                                                                                                                                           },
    {GET,     P "/leased-accounts/requests/{}",         "read_lease_request",       "leased:write",    READ,  0,    layers_read_lease_request,
     "Social accounts, Leased accounts"                                                                                                                                           },
    {GET,     P "/leased-accounts",                     "list_leased_accounts",     "leased:write",    READ,  0,    layers_list_leased_accounts,
     REF "List leased accounts"                                                                                                                                                   },
    {GET,     "/v1/leased-accounts",                    "list_all_leased_accounts", "leased:write",    READ,  0,    layers_list_all_leased_accounts,
     "List social accounts, See also"                                                                                                                                             },
    {DEL,     "/v1/leased-accounts/{}",                 "release_leased_account",   "leased:write",    WRITE, 0,    layers_release_leased_account,
     "Social accounts, Billing"                                                                                                                                                   },

 /* publishing */
    {POST,    "/v1/content/{}/schedule",                "schedule_content",         "publish:write",   WRITE, IDEM, layers_schedule_content,
     "Social accounts, Publishing through either kind"                                                                                                                            },
    {POST,    "/v1/content/{}/publish",                 "publish_content",          "publish:write",   LONG,  IDEM, layers_publish_content,
     REF "Publish content"                                                                                                                                                        },
    {GET,     P "/scheduled-posts",                     "list_scheduled_posts",     "publish:read",    READ,  0,    layers_list_scheduled_posts,
     REF "List scheduled posts"                                                                                                                                                   },
    {GET,     "/v1/scheduled-posts/{}",                 "read_scheduled_post",      "publish:read",    READ,  0,    layers_read_scheduled_post,
     REF "Get a post"                                                                                                                                                             },
    {DEL,     "/v1/scheduled-posts/{}",                 "cancel_scheduled_post",    "publish:write",   WRITE, 0,    layers_cancel_scheduled_post,
     REF "Cancel a post"                                                                                                                                                          },
    {POST,    "/v1/scheduled-posts/{}/reschedule",      "reschedule_post",          "publish:write",   WRITE, 0,    layers_reschedule_post,
     REF "Reschedule a post"                                                                                                                                                      },
    {POST,    "/v1/content/{}/approve",                 "approve_content",          "content:approve", WRITE, 0,    layers_approve_content,
     REF "Approve content"                                                                                                                                                        },
    {POST,    "/v1/content/{}/reject",                  "reject_content",           "content:approve", WRITE, 0,    layers_reject_content,
     REF "Reject content"                                                                                                                                                         },

 /* advertising */
    {GET,     P "/ads/ad-accounts",                     "list_ad_accounts",         "ads:read",        READ,  0,    layers_list_ad_accounts,         "List ad accounts"           },
    {POST,    P "/ads/ad-accounts/oauth-url",           "create_ads_oauth_url",     "ads:write",       WRITE, 0,    layers_create_ads_oauth_url,
     "List ad accounts, See also"                                                                                                                                                 },
    {GET,     P "/ads/campaigns",                       "list_campaigns",           "ads:read",        READ,  0,    layers_list_campaigns,           REF "List campaigns"         },
    {GET,     P "/ads/capi-status",                     "capi_status",              "ads:read",        READ,  0,    layers_capi_status,              REF "CAPI status"            },

 /* projects, keys, jobs */
    {POST,    "/v1/projects",                           "create_project",           "projects:write",  WRITE, IDEM, layers_create_project,
     REF "Create a project"                                                                                                                                                       },
    {GET,     "/v1/projects",                           "list_projects",            "projects:read",   READ,  0,    layers_list_projects,            REF "List projects"          },
    {GET,     P,                                        "read_project",             "projects:read",   READ,  0,    layers_read_project,             REF "Get a project"          },
    {GET,     "/v1/whoami",                             "whoami",                   NULL,              READ,  0,    layers_whoami,                   REF "Who am I"               },
    {POST,    "/v1/organizations/{}/api-keys",          "mint_api_key",             "org:admin",       WRITE, 0,    NULL,                            REF "Mint an API key"        },
    {POST,    "/v1/api-keys/{}/kill",                   "kill_api_key",             NULL,              WRITE, IDEM, layers_kill_api_key,             REF "Kill an API key"        },
    {GET,     "/v1/jobs/{}",                            "read_job",                 "jobs:read",       READ,  0,    layers_read_job,                 REF "Get a job"              },
    {POST,    "/v1/jobs/{}/cancel",                     "cancel_job",               "jobs:cancel",     WRITE, 0,    layers_cancel_job,               REF "Cancel a job"           },
    {GET,     "/v1/audit-log",                          "list_audit_log",           NULL,              READ,  0,    layers_list_audit_log,           REF "Audit log"              },

 /* webhooks */
    {POST,    "/v1/webhook-endpoints",                  "create_webhook_endpoint",  NULL,              WRITE, IDEM, layers_create_webhook_endpoint,
     REF "Webhooks"                                                                                                                                                               },
    {GET,     "/v1/webhook-endpoints",                  "list_webhook_endpoints",   NULL,              READ,  0,    layers_list_webhook_endpoints,
     REF "Webhooks"                                                                                                                                                               },
    {GET,     "/v1/webhook-endpoints/{}",               "read_webhook_endpoint",    NULL,              READ,  0,    layers_read_webhook_endpoint,
     REF "Webhooks"                                                                                                                                                               },
    {"PATCH", "/v1/webhook-endpoints/{}",               "update_webhook_endpoint",  NULL,              WRITE, IDEM, layers_update_webhook_endpoint,
     REF "Webhooks"                                                                                                                                                               },
    {DEL,     "/v1/webhook-endpoints/{}",               "delete_webhook_endpoint",  NULL,              WRITE, IDEM, layers_delete_webhook_endpoint,
     REF "Webhooks"                                                                                                                                                               },
    {POST,    "/v1/webhook-endpoints/{}/rotate-secret", "rotate_webhook_secret",    NULL,              WRITE, IDEM,
     layers_rotate_webhook_secret,                                                                                                                   REF "Webhooks"               },
    {POST,    "/v1/webhook-endpoints/{}/test",          "test_webhook_endpoint",    NULL,              WRITE, IDEM, layers_test_webhook_endpoint,
     REF "Webhooks"                                                                                                                                                               },
    {GET,     "/v1/webhook-endpoints/{}/deliveries",    "list_webhook_deliveries",  NULL,              READ,  0,
     layers_list_webhook_deliveries,                                                                                                                 REF "Webhooks"               },
    {POST,    "/v1/webhook-deliveries/{}/replay",       "replay_webhook_delivery",  NULL,              WRITE, IDEM,
     layers_replay_webhook_delivery,                                                                                                                 REF "Webhooks"               },
};

/* The codes METHOD_NOT_ALLOWED, INTERNAL, NOT_IMPLEMENTED and UNAVAILABLE are ours: the
 * documentation has no codes for these cases. */
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
};

/* The rate limit is checked before the scope: a call without the required scope is counted. */
static const struct gate gates[] = {
    {"key",         gate_bearer     },
    {"key_status",  gate_key_status },
    {"rate_limit",  gate_rate_limit },
    {"scope",       gate_scope      },
    {"idempotency", gate_idempotency},
};

static const char *account_prefix(void)
{
    return "sa_";
}

const struct provider layers_provider = {
    .name = "layers",
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
    .repeats_ms = REPEATS_MS,
    .render_error = layers_render_error,
    .add_common_headers = layers_add_common_headers,
    .consent_redirect = layers_consent_redirect,
    .account_prefix = account_prefix,
    .platforms = PROVIDER_PLATFORM(TIKTOK) | PROVIDER_PLATFORM(INSTAGRAM),
    .consented = layers_consented,
    .ad_consented = layers_ad_consented,
    .webhooks = &layers_webhooks,
    .variations = &layers_variations,
    .fixture = &layers_fixture,
};
