/* posteverywhere.h - the PostEverywhere API, as its documents describe it. START HERE:
 * posteverywhere.c, its surface.
 *
 * Shapes:  accounts.c, health.c, connect.c, device.c, posts.c, posts_change.c, posts_list.c,
 *          post_view.c, media.c, about.c, hooks.c serve; answer.c, body.c, post_body.c and
 *          details.c are what they share; fixture.c reads the `posteverywhere:` section. An account's id is a whole number (kept as its
 *          decimal text), every other id a UUID. An organization has one space, which nobody names.
 * Units:   instants are printed in UTC with milliseconds and Z; the older API version has seconds.
 * Errors:  faults; {"data": null, "error": {message, code, retryable, details?}, "meta"} is made in
 *          answer.c alone. There is a JSON body in every response.
 * Source:  "List accounts"; the provider's other pages and its clients where that is silent.
 */
#pragma once
#include "mockserver/call.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"

#define POSTEVERYWHERE 2 /* the provider's number in records */

extern const struct provider posteverywhere_provider;
extern const struct fixture_reader posteverywhere_fixture;

/* Which of its documents the provider speaks by: those of "List accounts", the same with an `id`
 * beside account_id, or the older ones, where accounts have a text as `id` and nothing else. */
enum pe_api_version {
    PE_API_VERSION_UNSET,
    PE_API_VERSION_CURRENT,
    PE_API_VERSION_WITH_ID,
    PE_API_VERSION_OLDER,
};
enum pe_api_version pe_api_version(const struct call *c);

/* answer.c */
struct json *pe_begin(struct call *c, int status); /* the envelope, up to the value of "data" */
void pe_end(struct call *c);                       /* the rest of it */
void pe_render_error(struct call *c);
void pe_add_common_headers(struct call *c);
void pe_put_time(struct call *c, const char *key, int64_t ms); /* 0 is null */
void pe_put_number(struct json *out, const char *key, const char *digits);
/* Refuses with the provider's own word for what is wrong. Always false. */
bool pe_refuse(struct call *c, enum fault fault, int status, const char *code, const char *detail,
               ...) __attribute__((format(printf, 5, 6)));

uint32_t pe_space(const struct call *c); /* of the key's organization */

/* body.c: the body read by a table; members that it does not name are passed over. */
bool pe_body(struct call *c, const struct fields *table, void *into);
/* A list of account ids, each a whole number; rows go to the arena. */
struct pe_rows {
    uint32_t *items;
    size_t count;
};
bool pe_read_accounts(struct call *c, const struct node *ids, struct pe_rows *out);
bool pe_read_timezone(struct call *c, const char *name);
/* NULL: none, 0. What lies in the past is refused. */
bool pe_read_due(struct call *c, const char *text, int64_t *due_ms);
/* limit and offset of the query. */
struct pe_page {
    int64_t limit, offset;
};
bool pe_read_page(struct call *c, struct pe_page *page);
void pe_put_page(struct call *c, const struct pe_page *page, size_t total);
bool pe_query_time(struct call *c, const char *name, int64_t *ms);
/* Those of a query's comma list, a bit each; 0 where it is absent. */
bool pe_query_words(struct call *c, const char *name, const char *const *texts, size_t count,
                    unsigned *bits);

/* accounts.c */
enum pe_health { PE_HEALTHY, PE_EXPIRED, PE_UNHEALTHY, PE_HEALTH_COUNT };
extern const char *const pe_health_texts[];
enum pe_health pe_health(const struct account *a);
uint32_t pe_account(struct call *c, struct str id); /* ROW_NONE: refused */
void pe_list_accounts(struct call *c);
void pe_read_account(struct call *c);
/* health.c */
void pe_account_health(struct call *c);

/* connect.c */
#define PE_ATTEMPT_MS (INT64_C(10) * 60 * 1000)
void pe_consented(struct world *w, enum platform platform, struct account_spec *spec);
const char *pe_consent_redirect(struct call *c, uint32_t attempt);
void pe_create_connect_link(struct call *c);
void pe_reconnect_account(struct call *c);
void pe_start_social_connect(struct call *c);
void pe_poll_social_connect(struct call *c);
/* device.c */
void pe_start_device_login(struct call *c);
void pe_poll_device_token(struct call *c);

/* post_view.c: what a post has come to, by its destinations. */
enum pe_status {
    PE_DRAFT,
    PE_SCHEDULED,
    PE_PUBLISHING,
    PE_PUBLISHED,
    PE_PARTIALLY_FAILED,
    PE_FAILED,
    PE_STATUS_COUNT
};
extern const char *const pe_status_texts[];
enum pe_status pe_status(const struct world *w, uint32_t post);
/* The post's destinations in their order; begin with {0}-filled walk by pe_destinations. */
void pe_destinations(const struct world *w, uint32_t post, struct index_walk *walk);
bool pe_destination_next(struct index_walk *walk, uint32_t post, uint32_t *row);
const char *pe_failure_text(struct arena *a, const struct world *w, uint32_t destination);
void pe_print_post(struct call *c, uint32_t post);
void pe_print_post_members(struct call *c, uint32_t post); /* in a map that is open */
void pe_print_results(struct call *c, uint32_t post);      /* "results": [...] */
uint32_t pe_post(struct call *c); /* by the first path parameter; or refused */
void pe_read_post(struct call *c);
void pe_post_results(struct call *c);
/* posts_list.c */
void pe_list_posts(struct call *c);

/* details.c: what a post says besides its text, as the JSON that its record keeps. */
struct pe_details {
    const char *timezone;
    struct field_list media;      /* ids */
    const struct node *platforms; /* what differs by platform; NULL: nothing */
};
const char *pe_details_write(struct arena *a, const struct pe_details *d);
struct pe_details pe_details_read(struct arena *a, const char *text); /* NULL is fine */

struct pe_draft { /* what a client wants posted, and where */
    const char *content;
    struct pe_details details;
    struct pe_rows accounts;
};
/* posts.c */
bool pe_draft_valid(struct call *c, const struct pe_draft *d);
void pe_create_post(struct call *c);
/* Its destinations, new; queued, or held of a draft. */
void pe_schedule_all(struct call *c, uint32_t post, const struct pe_rows *accounts);
/* posts_change.c */
void pe_update_post(struct call *c);
void pe_delete_post(struct call *c);
void pe_schedule_post(struct call *c);
void pe_retry_post(struct call *c);

/* media.c */
void pe_create_upload(struct call *c);
void pe_receive_upload(struct call *c);
void pe_complete_media(struct call *c);
void pe_list_media(struct call *c);
void pe_read_media(struct call *c);
void pe_delete_media(struct call *c);
void pe_media_from_url(struct call *c);
void pe_print_media(struct call *c, uint32_t row);

/* about.c */
struct pe_platform {
    const char *name;    /* as people write it */
    int64_t content_max; /* characters */
    int64_t media_max;   /* files in one post */
    bool needs_media;    /* text alone is no post there */
};
extern const struct pe_platform pe_platforms[PLATFORM_COUNT];
void pe_me(struct call *c);
void pe_platform_rules(struct call *c);

extern const struct rate_limits pe_limits; /* limits.c: a minute's and an hour's */
extern const struct variations pe_variations;
enum pe_window { PE_WINDOW_MINUTE, PE_WINDOW_HOUR };
