/* postnitro.h - the PostNitro Embed API, as its documents describe it. START HERE: postnitro.c, its
 * surface.
 *
 * Shapes:  accounts.c and schedule.c serve; request.c and settings.c hold a schedule's body against
 *          the documents, view.c prints a post, answer.c has what all responses share; fixture.c
 *          reads the `postnitro:` section. A workspace is a space, a design is content, the link
 *          between a scheduled post and an account is a destination. Ids are 25 characters, a c
 *          first.
 * Units:   instants are printed as the documents' samples have them: UTC, milliseconds, Z.
 * Errors:  faults. Two envelopes: {"status": false, message} is said at the edge (key, plan, shape
 *          of the request), {"success": false, message, error?} behind it.
 * Source:  "Social Accounts"; the Schedule pages and their error reference where that is silent.
 */
#pragma once
#include "mockserver/call.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

#define POSTNITRO 3 /* the provider's number in records */

extern const struct provider postnitro_provider;
extern const struct fixture_reader postnitro_fixture;
extern const struct variations postnitro_variations;

/* What can be connected, in the order of the list. */
#define POSTNITRO_PLATFORMS 4
extern const enum platform postnitro_platforms[POSTNITRO_PLATFORMS];
extern const char *const postnitro_platform_texts[POSTNITRO_PLATFORMS];

/* operations */
void postnitro_test_key(struct call *c);
void postnitro_list_social_accounts(struct call *c);
void postnitro_read_social_account(struct call *c);
void postnitro_delete_social_account(struct call *c);
void postnitro_list_schedule(struct call *c);
void postnitro_create_schedule(struct call *c);
void postnitro_read_schedule(struct call *c);
void postnitro_update_schedule(struct call *c);
void postnitro_delete_schedule(struct call *c);

uint32_t postnitro_workspace(const struct call *c); /* the caller's */
/* One of the workspace that is still connected, or ROW_NONE. */
uint32_t postnitro_find_account(const struct call *c, struct str id);
extern const char *const postnitro_token_texts[TOKEN_COUNT];
void postnitro_consented(struct world *w, enum platform platform, struct account_spec *spec);
char *postnitro_logo_url(struct arena *a, enum platform platform, const char *handle);

/* view.c: a scheduled post as all responses show it, and the word for what has become of it. */
void postnitro_print_post(struct call *c, uint32_t row);
const char *postnitro_post_status(const struct world *w, uint32_t row);
/* What is kept of a post besides its columns: settings as they came, captions as they are shown. */
const char *postnitro_details(struct arena *a, const struct node *body);

/* request.c: what a create or an update asks for; false, and refused, unless it can be done. */
struct postnitro_request {
    struct post post; /* content, text, details, draft and due */
    const uint32_t *accounts;
    size_t account_count;
};
bool postnitro_read_request(struct call *c, struct postnitro_request *r);
/* As JavaScript reads dates: ISO 8601 with or without time and zone, or an HTTP date. */
bool postnitro_read_date(struct arena *a, struct str text, int64_t *ms);
/* settings.c: the settings that the selected platforms ask for. False, and refused. */
bool postnitro_check_settings(struct call *c, const struct node *body,
                              const struct postnitro_request *r);

/* answer.c */
void postnitro_render_error(struct call *c);
/* {"success": true, "message": message (may be NULL), "data": and then the caller's value */
struct json *postnitro_begin(struct call *c, const char *message);
void postnitro_end(struct call *c);
void postnitro_put_time(struct call *c, const char *key, int64_t ms); /* 0 is null */
