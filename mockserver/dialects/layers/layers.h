/* layers.h - the Layers Partner API, as its documents describe it. START HERE: layers.c, its
 * surface.
 *
 * Shapes:  accounts.c, oauth.c, posts.c, posts_view.c serve; page.c, body.c and answer.c are what
 *          they share; fixture.c reads the `layers:` section. Ids are a prefix and 26 characters of
 *          base 32; ids of any other shape that a fixture brings are as good.
 * Units:   instants are printed as the documents' samples have them: UTC, whole seconds, Z.
 * Errors:  faults; {"error": {code, message, requestId, details?}} is made in answer.c alone.
 * Source:  "List social accounts" and "Social accounts"; the API reference where those are silent.
 */
#pragma once
#include "mockserver/call.h"
#include "mockserver/fixture.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

#define LAYERS 1 /* the provider's number in records */

extern const struct dialect layers_dialect;
extern const struct fixture_reader layers_fixture;

/* What Layers has: the first two of the platforms, and its words for an account's state. */
#define LAYERS_PLATFORMS 2
enum layers_status {
    LAYERS_CONNECTED,
    LAYERS_REAUTH_REQUIRED,
    LAYERS_DISCONNECTED,
    LAYERS_STATUS_COUNT
};
extern const char *const layers_status_texts[];
enum layers_status layers_status(const struct account *a);

/* operations */
void layers_list_social_accounts(struct call *c);
void layers_revoke_social_account(struct call *c);
void layers_create_oauth_url(struct call *c);
void layers_oauth_status(struct call *c);
void layers_create_reauth_url(struct call *c);
void layers_schedule_content(struct call *c);
void layers_cancel_scheduled_post(struct call *c);
void layers_reschedule_post(struct call *c);
void layers_list_scheduled_posts(struct call *c);
void layers_read_scheduled_post(struct call *c);

/* consent */
const char *layers_consent_redirect(struct call *c, uint32_t attempt);
int64_t layers_token_ms(enum platform platform); /* how long a token lives */
const struct after_connect *layers_after_connect(enum platform platform);
char *layers_avatar_url(struct arena *a, enum platform platform, const char *handle);
void layers_consented(struct world *w, enum platform platform, struct account_spec *spec);

const char *layers_failure_code(enum failure failure);

/* What belongs to another organization is not there. The first path parameter names it; refused
 * (NOT_FOUND) and ROW_NONE otherwise. */
bool layers_owns(const struct call *c, uint32_t space);
uint32_t layers_project(struct call *c);
uint32_t layers_scheduled_post(struct call *c);
uint32_t layers_listed_account(const struct call *c, struct str id); /* ROW_NONE: no such */

/* answer.c */
void layers_dress(struct call *c);
void layers_finish(struct call *c);
void layers_put_time(struct call *c, const char *key, int64_t ms); /* 0 is null */

/* body.c: the body read by a table; what is wrong with it becomes issues. */
bool layers_body(struct call *c, const struct fields *table, void *into);
bool layers_read_due(struct call *c, const char *path, const char *text, int64_t *due_ms);
/* A query parameter that is one of `texts`; *value is -1 where it is absent. */
bool layers_query_choice(struct call *c, const char *name, const char *const *texts, size_t count,
                         int *value);
