/* postnitro.h - the PostNitro Embed API, as its documentation describes it.
 * START HERE: the route table in postnitro.c.
 *
 * Shapes:  handlers: accounts.c, schedule.c, generate.c and library.c. request.c checks the body of a schedule request,
 *          view.c prints a post, response.c writes the envelopes, words.c holds the words; fixture.c and
 *          fixture_library.c read the `postnitro:` section of a fixture. A workspace is stored as a space, a design as
 *          content, and the link between a scheduled post and an account as a destination. A generated id has 25
 *          characters and starts with c.
 * Units:   times are printed as in the documented samples: UTC, milliseconds, Z.
 * Errors:  handlers set a fault. There are two error envelopes: {"status": false, message} from the
 *          edge, which checks the key, the plan and the shape of the request, and
 *          {"success": false, message, error?} from the application behind it.
 * Source:  "Social Accounts"; the Schedule pages and their error reference where that page is silent; the pages of
 *          templates, presets, brands and generated posts; for audio the official command line client.
 */
#pragma once
#include "mockserver/fixture/fixture.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/providers/shared/handler.h"
#include "mockserver/state/library.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

#define POSTNITRO 3 /* the provider's number in records */

extern const struct provider postnitro_provider;
extern const struct fixture_reader postnitro_fixture;

/* The status of a post; an absent status of a fixture is the first. */
enum postnitro_status {
    POSTNITRO_SCHEDULED,
    POSTNITRO_DRAFT,
    POSTNITRO_PUBLISHED,
    POSTNITRO_FAILED,
    POSTNITRO_PARTIALLY_FAILED,
    POSTNITRO_STATUS_COUNT
};

/* words.c: the words of the API for the mock's values. */
#define POSTNITRO_PLATFORMS 4 /* the supported platforms: the first words of postnitro_platforms */
extern const struct enum_words postnitro_platforms, postnitro_tokens, postnitro_statuses, postnitro_links,
    postnitro_failures, postnitro_jobs;

/* Handlers. */
void postnitro_test_key(struct call *c);
void postnitro_list_social_accounts(struct call *c);
void postnitro_read_social_account(struct call *c);
void postnitro_delete_social_account(struct call *c);
void postnitro_list_schedule(struct call *c);
void postnitro_create_schedule(struct call *c);
void postnitro_read_schedule(struct call *c);
void postnitro_update_schedule(struct call *c);
void postnitro_delete_schedule(struct call *c);

void postnitro_generate_post(struct call *c);
void postnitro_import_post(struct call *c);
void postnitro_read_post_status(struct call *c);
void postnitro_read_post_output(struct call *c);
void postnitro_list_templates(struct call *c);
void postnitro_list_presets(struct call *c);
void postnitro_list_brands(struct call *c);
void postnitro_create_brand(struct call *c);
void postnitro_read_brand(struct call *c);
void postnitro_update_brand(struct call *c);
void postnitro_list_audio(struct call *c);
void postnitro_delete_audio(struct call *c);

uint32_t postnitro_workspace(const struct call *c); /* of the key; ROW_NONE: the key has none */
/* The connected account with this id in the key's workspace, or ROW_NONE. */
uint32_t postnitro_find_account(const struct call *c, struct str id);
/* Sets id, name, type, logo and token expiry of an account that a user has just connected. */
void postnitro_consented(struct world *w, enum platform platform, struct connection *user);
char *postnitro_logo_url(struct arena *a, enum platform platform, const char *handle);

/* view.c: the JSON of a scheduled post, which is the same in all responses, and its status. */
void postnitro_print_post(struct call *c, uint32_t row);
enum postnitro_status postnitro_post_status(const struct world *w, uint32_t row);
/* The JSON text in a post's record: the settings as they were sent, the captions as printed. */
const char *postnitro_details(struct arena *a, const struct node *body);
bool postnitro_is_caption(const char *key); /* is a member of postContent */

/* library.c: the details of the workspace's item of that kind and id. NULL: there is none. */
const struct node *postnitro_library_details(struct call *c, enum library_kind kind, struct str id);
/* Refuses the call with 422 unless each member of the body is one of `keys`. */
bool postnitro_only_keys(struct call *c, const struct node *body, const char *const *keys, size_t count);

/* fixture_library.c: the templates, presets, brands, audio tracks and generated posts of a workspace. */
struct fixture_library {
    struct field_list templates, presets, brands, audio, generation;
};
extern const struct fields postnitro_template_fields, postnitro_preset_fields, postnitro_brand_fields,
    postnitro_audio_fields, postnitro_generation_fields;
bool postnitro_build_library(struct fixture_load *load, uint32_t workspace, const struct fixture_library *l);

/* request.c: the body of a create or an update. Returns false if the call is refused. */
struct postnitro_request {
    struct post post; /* only content, text, details, draft and due_at_ms are set */
    const uint32_t *accounts;
    size_t account_count;
};
bool postnitro_read_request(struct call *c, struct postnitro_request *r);
/* Accepts the usual formats of JavaScript's Date: ISO 8601 with or without time, seconds and zone, and the HTTP
 * date. */
bool postnitro_read_date(struct arena *a, struct str text, int64_t *ms);

/* response.c */
void postnitro_render_error(struct call *c);
/* Writes {"success": true, "message": message, "data": and the caller then writes the value and calls postnitro_end. A
 * NULL message omits "message". */
struct json *postnitro_begin(struct call *c, const char *message);
void postnitro_end(struct call *c);
