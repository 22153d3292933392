/* layers.h - the Layers Partner API, as its documentation describes it. START HERE: the tables of layers.c.
 *
 * Shapes:  accounts.c, oauth.c, leases.c, posts.c, approval.c, ads.c, tenants.c, audit.c and webhooks.c hold the
 *          handlers; request.c and response.c hold what they share; words.c has the words of the API;
 *          webhook_events.c maps changes to events; the fixture files read the `layers:` section. An id is a prefix
 *          and 26 base-32 characters; a fixture may use ids of any other form.
 * Units:   times are printed as in the documentation's samples: UTC, whole seconds, Z; those of webhook endpoints and
 *          deliveries with milliseconds.
 * Errors:  faults; only response.c renders {"error": {code, message, requestId, details?}}.
 * Source:  "List social accounts" and "Social accounts"; the API reference where those are silent.
 */
#pragma once
#include "mockserver/fixture/fixture.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/providers/layers/words.h"
#include "mockserver/providers/shared/hooks.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

#define LAYERS 1 /* the provider's number in records */

extern const struct provider layers_provider;
extern const struct fixture_reader layers_fixture;

/* layers.c */
enum layers_window { LAYERS_WINDOW_READ, LAYERS_WINDOW_WRITE, LAYERS_WINDOW_LONG, LAYERS_WINDOW_WRITE_DAY };
extern const struct rate_limits layers_limits;

/* accounts.c */
enum layers_status layers_status(const struct account *a); /* as the API shows it */
void layers_list_social_accounts(struct call *c);
void layers_revoke_social_account(struct call *c);
void layers_social_account_health(struct call *c);

/* oauth.c */
void layers_create_oauth_url(struct call *c);
void layers_oauth_status(struct call *c);
void layers_create_reauth_url(struct call *c);
/* Creates the attempt. Sets the spec's key, provider, state token and expiry. With a test key, the attempt completes
 * immediately. */
void layers_begin_attempt(struct call *c, struct oauth_attempt *spec);
/* Returns the URL to redirect the browser to after consent; NULL: the attempt has no return URL. */
const char *layers_consent_redirect(struct call *c, uint32_t attempt);
/* Fills in what a consent determines: id, platform, token expiry, avatar URLs and the steps that follow. spec->handle
 * must be set. */
void layers_consented(struct world *w, enum platform platform, struct connection *user);
int64_t layers_token_ms(enum platform platform); /* lifetime of a token */
const struct connect_steps *layers_connect_steps(enum platform platform);
char *layers_avatar_url(struct arena *a, enum platform platform, const char *handle);
/* A return URL is allowed if its scheme is https, its host is one of the key's domains (ignoring case), and it has
 * neither credentials nor a port. With a listed loopback host (base/host.h), plain http and a port are also allowed. */
enum return_url {
    RETURN_URL_ALLOWED,
    RETURN_URL_NO_URL,  /* not an absolute http(s) URL */
    RETURN_URL_REFUSED, /* the list does not allow it, or clients parse it differently */
};
/* If the URL is not allowed, *why is set to the reason (a static string). */
enum return_url return_url_judge(struct arena *a, const char *url, const char *const *domains, uint32_t count,
                                 const char **why);
/* Whether `domain` may be in a key's list: a host name without scheme, port or path. */
bool return_domain_valid(struct arena *a, const char *domain);
/* Checks `url` against the key's return domains. Returns false if it is not allowed; the call is then refused, with
 * `path` in the issue if the URL is invalid. A NULL `url` is valid. */
bool layers_return_url_valid(struct call *c, const char *path, const char *url);

/* leases.c */
void layers_request_lease(struct call *c);
void layers_read_lease_request(struct call *c);
void layers_list_leased_accounts(struct call *c);
void layers_list_all_leased_accounts(struct call *c);
void layers_release_leased_account(struct call *c);
bool layers_is_country(const char *code); /* of ISO 3166-1, two capital letters */
bool layers_is_language(const char *tag); /* has the form of a BCP 47 tag */
/* Returns the list as one text, for example "US,CA"; NULL if it is empty. */
const char *layers_countries(struct arena *a, const struct field_list *geo);

/* posts.c, approval.c. layers_content finds the content whose id is the first path parameter. It refuses the call
 * (NOT_FOUND) and returns ROW_NONE if that does not exist or belongs to another organization. */
void layers_schedule_content(struct call *c);
void layers_publish_content(struct call *c);
void layers_list_scheduled_posts(struct call *c);
void layers_read_scheduled_post(struct call *c);
void layers_cancel_scheduled_post(struct call *c);
void layers_reschedule_post(struct call *c);
void layers_approve_content(struct call *c);
void layers_reject_content(struct call *c);
uint32_t layers_content(struct call *c);
const char *layers_failure_code(enum failure failure); /* lastError.code of a failed post */

/* ads.c */
void layers_list_ad_accounts(struct call *c);
void layers_create_ads_oauth_url(struct call *c);
void layers_list_campaigns(struct call *c);
void layers_capi_status(struct call *c);
/* The URL to redirect the browser to after consent. error NULL: the attempt is completed. */
const char *layers_ads_redirect(struct call *c, const struct oauth_attempt *a, const char *error);
/* Fills in *spec with a new ad account that is called `name` on the platform. */
void layers_ad_consented(struct world *w, enum ad_platform platform, const char *name, struct ad_account *spec);
/* Whether `id` has the platform's format: act_ and digits, digits, or org- and digits. */
bool layers_is_external_id(enum ad_platform platform, struct str id);
const char *layers_external_id_sample(enum ad_platform platform);

/* tenants.c, audit.c. layers_project finds the project like layers_content. */
void layers_whoami(struct call *c);
void layers_create_project(struct call *c);
void layers_list_projects(struct call *c);
void layers_read_project(struct call *c);
void layers_kill_api_key(struct call *c);
void layers_read_job(struct call *c);
void layers_cancel_job(struct call *c);
void layers_list_audit_log(struct call *c);
uint32_t layers_project(struct call *c);

/* webhooks.c */
void layers_create_webhook_endpoint(struct call *c);
void layers_list_webhook_endpoints(struct call *c);
void layers_read_webhook_endpoint(struct call *c);
void layers_update_webhook_endpoint(struct call *c);
void layers_delete_webhook_endpoint(struct call *c);
void layers_rotate_webhook_secret(struct call *c);
void layers_test_webhook_endpoint(struct call *c);
void layers_list_webhook_deliveries(struct call *c);
void layers_replay_webhook_delivery(struct call *c);

/* webhook_events.c */
#define LAYERS_TEST_EVENT "test.ping"
extern const struct webhooks layers_webhooks;
extern const struct hook_catalogue layers_events; /* all that an endpoint can subscribe to */

/* request.c. Each problem is added to the call's issues, which refuses the call; the function then returns false. */
/* Reads the JSON body into the struct that `table` describes. */
bool layers_body(struct call *c, const struct fields *table, void *into);
/* Reads a due time: ISO 8601, in UTC, not in the past. `path` names it in an issue. */
bool layers_read_due(struct call *c, const char *path, const char *text, int64_t *due_ms);
/* Reads a parameter whose value must be one of the words. Sets *value to the word's value, or to -1 if the parameter is
 * absent. */
bool layers_query_choice(struct call *c, const char *name, const struct enum_words *words, int *value);
/* Reads a parameter that may be repeated, for example ?status=queued&status=failed. Returns the bit 1 << value for each
 * word that is given; all bits if the parameter is absent. */
unsigned layers_query_words(struct call *c, const char *name, const struct enum_words *words);

/* A page starts after an entry of an ordered index. The cursor encodes that entry's order and row, so it stays valid
 * when entries are added or removed, and its list, so that no other list takes it. Clients must treat it as opaque. */
struct page {
    int64_t limit;
    int64_t order; /* with row: the first entry that may be on the page */
    uint32_t row;
};
/* Reads `limit` (1 to limit_max) and `cursor` from the query. */
bool page_read(struct call *c, int64_t limit_default, int64_t limit_max, struct page *page);

/* response.c */
void layers_render_error(struct call *c);
void layers_add_common_headers(struct call *c);
/* The name of the call's list for its cursors: the operation and the id in the path, if there is one. */
const char *page_list_name(const struct call *c);
/* A number that stands for the list in its cursors. */
int64_t page_list_number(const char *list_name);
/* Returns the cursor of the list's page that follows the entry `last`. */
const char *page_cursor(struct arena *a, const char *list_name, const struct index_entry *last);

struct page_list {
    const struct index *index;
    int64_t key, last_order; /* lists the entries with this key, up to this order */
    /* NULL: all entries match */
    bool (*matches)(const struct call *c, uint32_t row, const void *filter);
    void (*print)(struct call *c, uint32_t row);
    const void *filter; /* passed to `matches` */
};
/* Responds 200 with {items, nextCursor}: the entries that match. */
void page_print(struct call *c, const struct page *page, const struct page_list *list);
