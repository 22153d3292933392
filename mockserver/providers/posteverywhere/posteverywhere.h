/* posteverywhere.h - the PostEverywhere API, as its documentation describes it.
 * START HERE: the route table in posteverywhere.c.
 *
 * Shapes:  handlers: accounts.c, connect.c, connect_credential.c, posts.c, posts_bulk.c, bulk_schedule.c,
 *          posts_retry.c, posts_list.c, post_view.c, media.c, media_import.c, about.c, hooks.c, campaigns.c,
 *          analytics.c, ai.c. What they share: body.c, response.c, words.c. fixture.c reads the `posteverywhere:`
 *          section of a fixture. An account id is a whole number, stored as decimal text; every other generated id is
 *          a UUID. Each organization has exactly one space, and no request names it.
 * Units:   times are printed in UTC with milliseconds and Z; the older API version omits the milliseconds.
 *          X-PostEverywhere-Timestamp of a webhook is in seconds.
 * Errors:  handlers set a fault. Only response.c writes the error envelope {"data": null, "error": {message, code,
 *          retryable, details?}, "meta"}. Every response has a JSON body.
 * Source:  "List accounts"; the provider's other pages and its clients where that page is silent. The clients know
 *          twelve webhook events; the pages are silent on retries.
 */
#pragma once
#include "mockserver/fixture/fixture.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/providers/shared/hooks.h"
#include "mockserver/state/campaign.h"
#include "mockserver/state/generation.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

#define POSTEVERYWHERE 2 /* the provider's number in records */

extern const struct provider posteverywhere_provider;
extern const struct fixture_reader posteverywhere_fixture;

/* The documented version of the API that responses follow. */
enum pe_api_version {
    PE_API_VERSION_UNSET,
    PE_API_VERSION_CURRENT, /* of "List accounts": an account has `account_id`, a number */
    PE_API_VERSION_WITH_ID, /* the same, and `id` with the same number */
    PE_API_VERSION_OLDER,   /* an account has only `id`, a text */
};
/* The version of the call's key, else the one of the fixture section, else CURRENT. */
enum pe_api_version pe_api_version(const struct call *c);

enum pe_health { PE_HEALTHY, PE_EXPIRED, PE_UNHEALTHY, PE_HEALTH_COUNT };
enum pe_status { PE_DRAFT, PE_SCHEDULED, PE_PUBLISHING, PE_PUBLISHED, PE_PARTIALLY_FAILED, PE_FAILED, PE_STATUS_COUNT };
/* In filters only: the word of the provider's SDK for every post that waits or is publishing. */
enum { PE_QUEUED_FILTER = PE_STATUS_COUNT };

/* words.c: the words of the API for the mock's values; pe_api_versions: of fixtures. */
extern const struct enum_words pe_platforms, pe_browser_platforms, pe_platform_filters, pe_healths, pe_statuses,
    pe_status_filters, pe_media_statuses, pe_connect_statuses, pe_device_statuses, pe_api_versions;
extern const struct enum_words pe_campaign_statuses;

/* response.c */
/* Writes the start of the envelope; the caller then writes the value of "data" and calls pe_end. */
struct json *pe_begin(struct call *c, int status);
void pe_end(struct call *c); /* writes the rest of the envelope */
void pe_render_error(struct call *c);
void pe_add_common_headers(struct call *c);
void pe_put_time(struct call *c, const char *key, int64_t ms); /* 0 prints null */
/* Prints an id, stored as decimal text, as a JSON number. */
void pe_put_number(struct json *out, const char *key, const char *digits);
/* Refuses the call with this status and provider error code. Always returns false. */
bool pe_refuse(struct call *c, enum fault fault, int status, const char *code, const char *detail, ...)
    __attribute__((format(printf, 5, 6)));

/* A refusal of one item of a call that serves several: the call's fault and what describes it. */
struct pe_refusal {
    enum fault fault;
    int status;
    const char *code, *detail;
    const struct node *data;
    struct {
        struct issue *items;
        size_t count, room;
    } issues;
};
struct pe_refusal pe_take_refusal(struct call *c); /* and clears the call's fault */
/* Prints its error object, with the status that a call of its own would have. */
void pe_print_refusal(struct call *c, const struct pe_refusal *refusal);
const char *pe_refusal_message(struct call *c, const struct pe_refusal *refusal);

uint32_t pe_space(const struct call *c); /* the space of the key's organization */

/* body.c: reading requests. Each pe_read_*, pe_query_* and pe_body returns false after it has refused the call or added
 * an issue to it. */
/* Reads the JSON body by a table; members that the table does not name are ignored. */
bool pe_body(struct call *c, const struct fields *table, void *into);
bool pe_members(struct call *c, const struct fields *table, const struct node *body, void *into); /* the same */
struct pe_rows {
    uint32_t *items;
    size_t count;
};
bool pe_has_row(const struct pe_rows *rows, uint32_t row);
/* Resolves a list of account ids (NULL: empty) to rows on the call's arena. */
bool pe_read_accounts(struct call *c, const struct node *ids, struct pe_rows *out);
bool pe_read_timezone(struct call *c, const char *name); /* NULL is valid */
/* Parses a due time; NULL gives 0. A time more than 30 seconds in the past is refused. */
bool pe_read_due(struct call *c, const char *text, int64_t *due_ms);
/* Parses a time of a filter: ISO 8601, or a plain date, which is its first millisecond in UTC. NULL changes nothing. */
bool pe_read_time(struct call *c, const char *name, const char *text, int64_t *ms);
bool pe_query_time(struct call *c, const char *name, int64_t *ms);
/* The query parameters limit and offset. */
struct pe_page {
    int64_t limit, offset;
};
bool pe_read_page(struct call *c, struct pe_page *page);
void pe_put_page(struct call *c, const struct pe_page *page, size_t total);
/* Reads a comma-separated query parameter; bit i is set if the word of value i is in the list. */
bool pe_query_words(struct call *c, const char *name, const struct enum_words *words, unsigned *bits);

/* accounts.c */
enum pe_health pe_health(const struct account *a);
uint32_t pe_account(struct call *c, struct str id); /* ROW_NONE: the call is refused */
void pe_list_accounts(struct call *c);
void pe_read_account(struct call *c);
void pe_account_health(struct call *c);

/* connect.c */
int64_t pe_next_id(const struct world *w); /* the id after the highest of all accounts */
/* Sets id, name, avatar and token expiry of an account that a user has just connected. */
void pe_consented(struct world *w, enum platform platform, struct connection *user);
const char *pe_consent_redirect(struct call *c, uint32_t attempt);
void pe_create_connect_link(struct call *c);
void pe_reconnect_account(struct call *c);
void pe_start_social_connect(struct call *c);
void pe_poll_social_connect(struct call *c);
/* connect_credential.c */
void pe_connect_credential(struct call *c);
void pe_connect_bluesky(struct call *c);
void pe_connect_telegram(struct call *c);
void pe_connect_discord(struct call *c);
void pe_start_device_login(struct call *c);
void pe_poll_device_token(struct call *c);

/* post_view.c: a post's status, derived from its destinations, and its JSON. */
enum pe_status pe_status(const struct world *w, uint32_t post);
enum pe_status pe_destination_status(const struct world *w, uint32_t destination);
/* Starts a walk over the post's destinations in order; call pe_destination_next until false. */
void pe_destinations(const struct world *w, uint32_t post, struct index_walk *walk);
bool pe_destination_next(struct index_walk *walk, uint32_t post, uint32_t *row);
/* The error text of a destination; NULL if it has not failed. */
const char *pe_failure_text(struct arena *a, const struct world *w, uint32_t destination);
void pe_print_post(struct call *c, uint32_t post);
/* Into an open JSON object; its media and destinations only `with_parts`. */
void pe_print_post_members(struct call *c, uint32_t post, bool with_parts);
void pe_print_results(struct call *c, uint32_t post); /* "results": [...] */
/* The post named by the first path parameter. ROW_NONE: the call is refused. */
uint32_t pe_post(struct call *c);
void pe_read_post(struct call *c);
void pe_post_results(struct call *c);
/* The parts of a post besides its text, stored in its record as JSON text. */
struct pe_details {
    const char *timezone;
    struct field_list media;      /* ids */
    const struct node *platforms; /* overrides by platform (platform_content); NULL: none */
    const struct node *metrics;   /* of the fixture, by the names of pe_metric_names; NULL: none */
};
const char *pe_details_write(struct arena *a, const struct pe_details *d);
struct pe_details pe_details_read(struct arena *a, const char *text); /* NULL gives defaults */

/* posts.c */
void pe_create_post(struct call *c);
bool pe_create_valid(struct call *c, const struct node *sent);    /* false: the call is refused */
uint32_t pe_create_from(struct call *c, const struct node *sent); /* ROW_NONE: the call is refused */
void pe_print_created(struct call *c, uint32_t post); /* a post, with the members that only a create returns */
void pe_update_post(struct call *c);
void pe_delete_post(struct call *c);
void pe_schedule_post(struct call *c);
/* posts_bulk.c */
void pe_bulk_create_posts(struct call *c);
/* bulk_schedule.c */
void pe_bulk_schedule_posts(struct call *c);
/* posts_retry.c */
void pe_retry_post(struct call *c);
void pe_retry_failed_posts(struct call *c);
/* posts_list.c */
void pe_list_posts(struct call *c);

/* media.c */
void pe_create_upload(struct call *c);
void pe_receive_upload(struct call *c);
void pe_complete_media(struct call *c);
void pe_list_media(struct call *c);
void pe_read_media(struct call *c);
void pe_delete_media(struct call *c);
void pe_print_media(struct call *c, uint32_t row);
const char *pe_media_type(const char *content_type);     /* image, video or document */
void pe_put_media_ids(struct json *out, const char *id); /* the members media_id and media_ids */
/* media_import.c */
void pe_upload_media_from_url(struct call *c);

/* campaigns.c */
#define PE_CAMPAIGN_NAME_MAX        100 /* characters */
#define PE_CAMPAIGN_DESCRIPTION_MAX 500
#define PE_CAMPAIGN_COLOR           "#3b82f6" /* the default */
int64_t pe_next_campaign_id(const struct world *w);
bool pe_is_color(const char *text);                        /* #RRGGBB */
uint32_t pe_campaign(const struct call *c, struct str id); /* ROW_NONE: the organization has no such campaign */
void pe_create_campaign(struct call *c);
void pe_list_campaigns(struct call *c);
void pe_read_campaign(struct call *c);
void pe_update_campaign(struct call *c);
void pe_delete_campaign(struct call *c);

/* analytics.c */
#define PE_METRIC_COUNT 6
extern const char *const pe_metric_names[];
void pe_analytics_summary(struct call *c);

/* ai.c */
#define PE_CREDITS 500 /* AI credits of an organization: the default */
void pe_generate_image(struct call *c);
void pe_generate_caption(struct call *c);

/* about.c */
struct pe_platform_rules {
    enum platform platform;
    bool needs_media;    /* a post needs at least one file */
    const char *name;    /* display name */
    int64_t content_max; /* characters */
    int64_t media_max;   /* files in one post */
};
const struct pe_platform_rules *pe_rules_of(enum platform platform);
void pe_me(struct call *c);
void pe_platform_rules(struct call *c);

/* posteverywhere.c */
enum pe_window { PE_WINDOW_MINUTE, PE_WINDOW_HOUR };
extern const struct rate_limits pe_limits;

/* hooks.c: a webhook's name is stored in the metadata of its record. */
extern const struct webhooks pe_webhooks;
extern const struct hook_catalogue pe_catalogue;
const char *pe_mint_secret(struct world *w);                     /* generates a signing secret: whsec_... */
const char *pe_hook_metadata(struct arena *a, const char *name); /* JSON: {"name": name} */
void pe_create_webhook(struct call *c);
void pe_list_webhooks(struct call *c);
void pe_read_webhook(struct call *c);
void pe_update_webhook(struct call *c);
void pe_delete_webhook(struct call *c);
void pe_test_webhook(struct call *c);
