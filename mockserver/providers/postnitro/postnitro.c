#include "mockserver/providers/postnitro/postnitro.h"

#include "base/array.h"
#include "mockserver/gates/gate.h"

#define GET      "GET"
#define POST     "POST"
#define PUT      "PUT"
#define DEL      "DELETE"
#define READ     RATE_CLASS_READ
#define WRITE    RATE_CLASS_WRITE
#define LONG     RATE_CLASS_LONG
#define ACCOUNTS "Social Accounts, "
#define SCHEDULE "Schedule API, "

/* A path without its id. It gets a 422 and is not listed as an endpoint. */
#define NO_ID ROUTE_HIDDEN

/* Every documented endpoint; a row without a handler is not implemented. */
static const struct route routes[] = {
    {GET,  "/",                       "test_key",              NULL, READ,  0,     postnitro_test_key,              "Authentication"               },

    {GET,  "/social-account",         "list_social_accounts",  NULL, READ,  0,     postnitro_list_social_accounts,
     ACCOUNTS "List social accounts"                                                                                                               },
    {GET,  "/social-account/{}",      "read_social_account",   NULL, READ,  0,     postnitro_read_social_account,
     ACCOUNTS "Read a social account"                                                                                                              },
    {DEL,  "/social-account/{}",      "delete_social_account", NULL, WRITE, 0,     postnitro_delete_social_account,
     ACCOUNTS "Disconnect a social account"                                                                                                        },
    {GET,  "/social-account/",        "read_social_account",   NULL, READ,  NO_ID, postnitro_read_social_account,
     ACCOUNTS "Validation"                                                                                                                         },
    {DEL,  "/social-account/",        "delete_social_account", NULL, WRITE, NO_ID, postnitro_delete_social_account,
     ACCOUNTS "Validation"                                                                                                                         },
    {DEL,  "/social-account",         "delete_social_account", NULL, WRITE, NO_ID, postnitro_delete_social_account,
     ACCOUNTS "Validation"                                                                                                                         },

    {GET,  "/schedule",               "list_schedule",         NULL, READ,  0,     postnitro_list_schedule,         SCHEDULE "List scheduled posts"},
    {POST, "/schedule",               "create_schedule",       NULL, WRITE, 0,     postnitro_create_schedule,
     SCHEDULE "Create a scheduled post"                                                                                                            },
    {GET,  "/schedule/{}",            "read_schedule",         NULL, READ,  0,     postnitro_read_schedule,         SCHEDULE "Get a scheduled post"},
    {PUT,  "/schedule/{}",            "update_schedule",       NULL, WRITE, 0,     postnitro_update_schedule,
     SCHEDULE "Update a scheduled post"                                                                                                            },
    {DEL,  "/schedule/{}",            "delete_schedule",       NULL, WRITE, 0,     postnitro_delete_schedule,
     SCHEDULE "Delete a scheduled post"                                                                                                            },
    {GET,  "/schedule/",              "read_schedule",         NULL, READ,  NO_ID, postnitro_read_schedule,         SCHEDULE "Errors"              },
    {PUT,  "/schedule/",              "update_schedule",       NULL, WRITE, NO_ID, postnitro_update_schedule,       SCHEDULE "Errors"              },
    {PUT,  "/schedule",               "update_schedule",       NULL, WRITE, NO_ID, postnitro_update_schedule,       SCHEDULE "Errors"              },
    {DEL,  "/schedule/",              "delete_schedule",       NULL, WRITE, NO_ID, postnitro_delete_schedule,       SCHEDULE "Errors"              },
    {DEL,  "/schedule",               "delete_schedule",       NULL, WRITE, NO_ID, postnitro_delete_schedule,       SCHEDULE "Errors"              },

    {POST, "/post/initiate/generate", "generate_post",         NULL, LONG,  0,     NULL,                            "Post generation"              },
    {POST, "/post/initiate/import",   "import_post",           NULL, LONG,  0,     NULL,                            "Post import"                  },
    {GET,  "/post/status/{}",         "read_post_status",      NULL, READ,  0,     NULL,                            "Post status"                  },
    {GET,  "/post/output/{}",         "read_post_output",      NULL, READ,  0,     NULL,                            "Post output"                  },

    {GET,  "/template",               "list_templates",        NULL, READ,  0,     NULL,                            "Templates"                    },
    {GET,  "/ai-preset",              "list_presets",          NULL, READ,  0,     NULL,                            "AI presets"                   },
    {GET,  "/brand",                  "list_brands",           NULL, READ,  0,     NULL,                            "Brands"                       },
    {POST, "/brand",                  "create_brand",          NULL, WRITE, 0,     NULL,                            "Brands"                       },
    {GET,  "/brand/{}",               "read_brand",            NULL, READ,  0,     NULL,                            "Brands"                       },
    {PUT,  "/brand/{}",               "update_brand",          NULL, WRITE, 0,     NULL,                            "Brands"                       },
    {GET,  "/audio",                  "list_audio",            NULL, READ,  0,     NULL,                            "Audio"                        },
    {DEL,  "/audio/{}",               "delete_audio",          NULL, WRITE, 0,     NULL,                            "Audio"                        },
};

#define UNKNOWN_KEY                                                                                                    \
    "Unable to find embed details, please check your Embed API key and make sure to use the key "                      \
    "for API."
#define NO_WORKSPACE "Unable to find workspace details, please attach a workspace to this API key."
#define UNPAID                                                                                                         \
    "Embed API requires a paid main plan with the API Credits add-on, or an active Embed API "                         \
    "subscription."

/* The provider has no error codes. These are names for rules; no response contains them. */
static const struct fault_row faults[] = {
    {FAULT_NO_ROUTE,        404, "NO_ROUTE",           "There is no such endpoint."                  },
    {FAULT_METHOD,          405, "METHOD_NOT_ALLOWED", "This endpoint does not support this method." },
    {FAULT_UNIMPLEMENTED,   501, "NOT_IMPLEMENTED",    "The mock does not implement this endpoint."  },
    {FAULT_BAD_HTTP,        400, "BAD_HTTP",           "The request is not valid HTTP."              },
    {FAULT_TOO_LARGE,       413, "TOO_LARGE",          "The body is too large."                      },
    {FAULT_BAD_JSON,        400, "BAD_JSON",           "The body is not JSON."                       },
    {FAULT_INVALID,         422, "VALIDATION",         "The request is invalid."                     },
    {FAULT_BAD_ID,          422, "ID_REQUIRED",        "Social account id is required"               },
    {FAULT_UNAUTHENTICATED, 401, "UNAUTHORIZED",       "Unauthorized"                                },
    {FAULT_UNKNOWN_KEY,     401, "UNKNOWN_KEY",        UNKNOWN_KEY                                   },
    {FAULT_FORBIDDEN_SCOPE, 401, "NO_WORKSPACE",       NO_WORKSPACE                                  },
    {FAULT_KILLED,          401, "KEY_OFF",            UNKNOWN_KEY                                   },
    {FAULT_UNPAID,          402, "PAYMENT_REQUIRED",   UNPAID                                        },
    {FAULT_NOT_FOUND,       404, "NOT_FOUND",          "Not found."                                  },
    {FAULT_CONFLICT,        400, "FAILED",             "The request did not complete."               },
    {FAULT_INTERNAL,        500, "INTERNAL",           "An internal error occurred."                 },
    {FAULT_UNAVAILABLE,     503, "UNAVAILABLE",        "The service is unavailable; try again later."},
    {FAULT_NAMESPACE,       404, "NO_NAMESPACE",       "The mock has no such namespace."             },
};

/* Refuses a key without a workspace: all data belongs to the key's workspace. */
static bool gate_workspace(struct call *c)
{
    return postnitro_workspace(c) != ROW_NONE || call_refuse(c, FAULT_FORBIDDEN_SCOPE, NULL);
}

static const struct gate gates[] = {
    {"key",        gate_header_key},
    {"workspace",  gate_workspace },
    {"key_status", gate_key_status},
};

static const char *account_prefix(void)
{
    return "c";
}

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
    .account_prefix = account_prefix,
    .platforms = PROVIDER_PLATFORM(LINKEDIN) | PROVIDER_PLATFORM(INSTAGRAM) | PROVIDER_PLATFORM(TIKTOK) |
                 PROVIDER_PLATFORM(THREADS),
    .leaves_posts = true,
    .consented = postnitro_consented,
    .variations = &postnitro_variations,
    .fixture = &postnitro_fixture,
};
