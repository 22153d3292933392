/* layers.h - the Layers Partner API, as its documents describe it. START HERE: layers.c, its
 * surface.
 *
 * Shapes:  accounts.c, oauth.c, posts.c, posts_view.c, leases.c, ads.c, approval.c, keys.c, audit.c, health.c, jobs.c serve; page.c, body.c and
 *          answer.c are what they share; fixture.c reads the `layers:` section. Ids are a prefix
 *          and 26 characters of base 32; ids of any other shape that a fixture brings are as good.
 * Units:   instants are printed as the documents' samples have them: UTC, whole seconds, Z.
 * Errors:  faults; {"error": {code, message, requestId, details?}} is made in answer.c alone.
 * Source:  "List social accounts" and "Social accounts"; the API reference where those are silent.
 */
#pragma once
#include "mockserver/call.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

#define LAYERS 1 /* the provider's number in records */

extern const struct provider layers_provider;
extern const struct fixture_reader layers_fixture;

/* What Layers has: the first two of the platforms, and its words for an account's state. */
#define LAYERS_PLATFORMS   2
#define LAYERS_POST_STATES DESTINATION_HELD /* a post of theirs is in a state before that */
enum layers_status {
    LAYERS_CONNECTED,
    LAYERS_REAUTH_REQUIRED,
    LAYERS_DISCONNECTED,
    LAYERS_STATUS_COUNT
};
extern const char *const layers_status_texts[];
extern const char *const layers_project_status_texts[]; /* active, archived */
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
void layers_publish_content(struct call *c);
void layers_whoami(struct call *c);
void layers_create_project(struct call *c);
void layers_list_projects(struct call *c);
void layers_read_project(struct call *c);
void layers_request_lease(struct call *c);
void layers_read_lease_request(struct call *c);
void layers_list_leased_accounts(struct call *c);
void layers_list_all_leased_accounts(struct call *c);
void layers_release_leased_account(struct call *c);
void layers_list_ad_accounts(struct call *c);
void layers_create_ads_oauth_url(struct call *c);
void layers_list_campaigns(struct call *c);
void layers_capi_status(struct call *c);
void layers_social_account_health(struct call *c);
void layers_kill_api_key(struct call *c);
void layers_list_audit_log(struct call *c);
void layers_approve_content(struct call *c);
void layers_reject_content(struct call *c);
void layers_read_job(struct call *c);
void layers_cancel_job(struct call *c);

/* consent */
/* Fills in key, provider, state token and expiry; with a test key consent is given at once. */
void layers_begin_attempt(struct call *c, struct oauth_attempt_spec *spec);
bool layers_return_url_valid(struct call *c, const char *path, const char *url); /* NULL is */
const char *layers_consent_redirect(struct call *c, uint32_t attempt);
/* error NULL: the attempt was completed. */
const char *layers_ads_redirect(struct call *c, const struct oauth_attempt *a, const char *error);
void layers_ad_consented(struct world *w, enum ad_platform platform, const char *name,
                         struct ad_account_spec *spec);
/* How a platform numbers its ad accounts: act_..., digits alone, org-... */
bool layers_is_external_id(enum ad_platform platform, struct str id);
const char *layers_external_id_sample(enum ad_platform platform);
int64_t layers_token_ms(enum platform platform); /* how long a token lives */
const struct after_connect *layers_after_connect(enum platform platform);
char *layers_avatar_url(struct arena *a, enum platform platform, const char *handle);
void layers_consented(struct world *w, enum platform platform, struct account_spec *spec);

const char *layers_failure_code(enum failure failure);

/* What belongs to another organization is not there. The first path parameter names it; refused
 * (NOT_FOUND) and ROW_NONE otherwise. */
uint32_t layers_project(struct call *c);
uint32_t layers_scheduled_post(struct call *c);
uint32_t layers_content(struct call *c);                             /* so as well */
uint32_t layers_listed_account(const struct call *c, struct str id); /* ROW_NONE: no such */

/* leases.c: ISO country codes, and several as one text, "US,CA"; NULL: none */
bool layers_is_country(const char *code);
const char *layers_countries(struct arena *a, const struct field_list *geo);

/* answer.c */
void layers_render_error(struct call *c);
void layers_add_common_headers(struct call *c);
void layers_put_time(struct call *c, const char *key, int64_t ms); /* 0 is null */

/* limits.c: tiers, and the headers that tell of the rate limits. */
enum layers_window {
    LAYERS_WINDOW_READ,
    LAYERS_WINDOW_WRITE,
    LAYERS_WINDOW_LONG,
    LAYERS_WINDOW_WRITE_DAY,
};
extern const struct rate_limits layers_limits;
extern const struct variations layers_variations;
void layers_put_limits(struct call *c);

/* body.c: the body read by a table; what is wrong with it becomes issues. */
bool layers_body(struct call *c, const struct fields *table, void *into);
bool layers_read_due(struct call *c, const char *path, const char *text, int64_t *due_ms);
bool layers_query_instant(struct call *c, const char *name, int64_t *ms); /* absent: as it was */
/* A query parameter that is one of `texts`; *value is -1 where it is absent. */
bool layers_query_choice(struct call *c, const char *name, const char *const *texts, size_t count,
                         int *value);
/* One that may be repeated, ?status=queued&status=failed: a bit for each of `texts` that is named,
 * all where it is absent. */
unsigned layers_query_words(struct call *c, const char *name, const char *const *texts,
                            size_t count);
