/* The common parts of every response: the envelopes, the error messages and the format of times. */
#include "base/array.h"
#include "mockserver/providers/postnitro/postnitro.h"

#include <string.h>

/* The error envelopes: postnitro.h. */
enum envelope {
    EDGE,           /* {"status": false, message} */
    APP,            /* {"success": false, message} */
    APP_WITH_ERROR, /* {"success": false, message, error} */
};

/* The error messages that depend on the operation; any other fault has the message of its row. */
static const struct operation_message {
    const char *operation;
    enum fault fault;
    enum envelope envelope;
    const char *message;
} operation_messages[] = {
    {"list_social_accounts",  FAULT_INTERNAL,  APP_WITH_ERROR, "Error fetching Social Accounts"   },
    {"read_social_account",   FAULT_NOT_FOUND, APP,            "Social account not found"         },
    {"read_social_account",   FAULT_INTERNAL,  APP_WITH_ERROR, "Error fetching Social Account"    },
    {"delete_social_account", FAULT_NOT_FOUND, APP,            "Social account not found"         },
    {"delete_social_account", FAULT_CONFLICT,  APP,            "Failed to delete social account"  },
    {"delete_social_account", FAULT_INTERNAL,  APP_WITH_ERROR, "Error deleting Social Account"    },
    {"read_schedule",         FAULT_BAD_ID,    EDGE,           "Post id is required"              },
    {"update_schedule",       FAULT_BAD_ID,    EDGE,           "Post id is required"              },
    {"delete_schedule",       FAULT_BAD_ID,    EDGE,           "Post id is required"              },
    {"create_schedule",       FAULT_NOT_FOUND, APP_WITH_ERROR, "Not found."                       },
    {"read_schedule",         FAULT_NOT_FOUND, APP_WITH_ERROR, "Post details not found."          },
    {"update_schedule",       FAULT_NOT_FOUND, APP_WITH_ERROR, "Post details not found."          },
    {"delete_schedule",       FAULT_NOT_FOUND, APP_WITH_ERROR, "Post details not found."          },
    {"update_schedule",       FAULT_CONFLICT,  APP_WITH_ERROR, "Failed to update SCHEDULED post"  },
    {"update_schedule",       FAULT_INTERNAL,  APP_WITH_ERROR, "Failed to update SCHEDULED post"  },
    {"delete_schedule",       FAULT_CONFLICT,  APP_WITH_ERROR, "Error deleting post"              },
    {"delete_schedule",       FAULT_INTERNAL,  APP_WITH_ERROR, "Error deleting post"              },
    {"list_templates",        FAULT_NOT_FOUND, APP,            "No templates found"               },
    {"list_templates",        FAULT_INTERNAL,  APP_WITH_ERROR, "Error fetching Templates"         },
    {"list_presets",          FAULT_NOT_FOUND, APP,            "No AI Config Presets found"       },
    {"list_presets",          FAULT_INTERNAL,  APP_WITH_ERROR, "Error fetching AI Config Presets" },
    {"list_brands",           FAULT_NOT_FOUND, APP,            "No brands found"                  },
    {"read_brand",            FAULT_NOT_FOUND, APP,            "Brand not found"                  },
    {"update_brand",          FAULT_NOT_FOUND, APP,            "Brand not found"                  },
    {"delete_audio",          FAULT_NOT_FOUND, APP,            "Audio not found"                  },
    {"delete_audio",          FAULT_CONFLICT,  APP,            "Audio is used by a scheduled post"},
    {"read_post_status",      FAULT_NOT_FOUND, APP,            "Post not found"                   },
    {"read_post_output",      FAULT_NOT_FOUND, APP,            "Post not found"                   },
};

static enum envelope default_envelope(enum fault fault)
{
    if (fault == FAULT_NOT_FOUND)
        return APP;
    return fault == FAULT_CONFLICT || fault == FAULT_INTERNAL ? APP_WITH_ERROR : EDGE;
}

static struct operation_message find_message(const struct call *c, const struct fault_row *row)
{
    const char *operation = c->route ? c->route->operation : "";
    for (size_t i = 0; i < COUNT(operation_messages); i++)
        if (operation_messages[i].fault == c->fault && strcmp(operation_messages[i].operation, operation) == 0)
            return operation_messages[i];
    return (struct operation_message){operation, c->fault, default_envelope(c->fault), row->message};
}

/* The call's detail replaces the message, except for an internal error: there it is in "error". */
void postnitro_render_error(struct call *c)
{
    const struct fault_row *row = provider_fault(c->provider, c->fault);
    struct operation_message found = find_message(c, row);
    const char *detail = c->issues.count ? c->issues.items[0].message : c->detail;
    bool internal = c->fault == FAULT_INTERNAL;
    const char *message = detail && !internal ? detail : found.message;
    struct json *out = call_json(c, c->fault_status ? c->fault_status : row->status);
    json_open_map(out);
    json_put_bool(out, found.envelope == EDGE ? "status" : "success", false);
    json_put_text(out, "message", message);
    if (found.envelope == APP_WITH_ERROR)
        json_put_text(out, "error", !internal ? message : detail ? detail : row->message);
    json_close_map(out);
}

struct json *postnitro_begin(struct call *c, const char *message)
{
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_bool(out, "success", true);
    if (message)
        json_put_text(out, "message", message);
    json_key(out, "data");
    return out;
}

void postnitro_end(struct call *c)
{
    json_close_map(&c->out);
}
