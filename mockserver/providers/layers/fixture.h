/* fixture.h - the keys of a fixture's `layers:` section, the structs they are read into, and what creates the records.
 *
 * Shapes:  a list is a field_list of one of the structs below; `at` is an item's place in the file. fixture_fields.c
 *          has the tables of the keys; fixture.c builds organizations, keys, projects, content, posts and webhooks;
 *          fixture_accounts.c builds accounts, the lease pool, lease requests and ad accounts.
 * Errors:  those of fields_read. A function that returns false has added a problem, at the place of its map; the world
 *          is then discarded, with all records created in it. A value that fields_read has already rejected may be
 *          zero; it is not checked again.
 */
#pragma once
#include "mockserver/providers/layers/layers.h"
#include "mockserver/providers/shared/build.h"

struct fixture_account {
    struct where at;
    const char *id, *handle, *avatar_url;
    int platform, status; /* enum platform, enum layers_status */
    bool leased, refresh;
    int64_t monthly_price_cents, followers;
    struct field_time connected_at, token_expires_at;
    uint32_t row; /* set when the account is created */
};

struct fixture_content {
    struct where at;
    const char *id, *media_type, *caption;
    int state, approval; /* index into layers_fixture_content_states; enum approval */
    uint32_t row;
};

struct fixture_post {
    struct where at;
    const char *id, *content, *account, *external_url, *error;
    int mode, state; /* enum publish_mode, enum destination_state */
    struct field_time due;
};

struct fixture_lease_request {
    struct where at;
    const char *id, *vertical, *audience, *language, *note;
    struct field_list geo;
    int64_t count;
    struct field_time submitted_at;
};

struct fixture_ad_account {
    struct where at;
    const char *id, *external_id, *name, *currency;
    int platform, token; /* enum ad_platform, enum ad_token */
    bool disconnected;
    struct field_time connected_at;
};

struct fixture_project {
    struct where at;
    const char *id, *name, *timezone, *customer_id, *owner_email, *language;
    int status; /* 0: active, 1: archived */
    struct field_list accounts, content, posts, lease_requests, ad_accounts;
};

struct fixture_limits {
    int64_t read, write, longer, write_day; /* calls; 0: the tier's limit */
};

struct fixture_key {
    struct where at;
    const char *id, *name, *value, *tier;
    struct field_list scopes, return_domains;
    struct fixture_limits limits;
};

struct fixture_webhook {
    struct fixture_hook hook;
    const char *description, *project;
};

struct fixture_organization {
    struct where at;
    const char *id, *name;
    int64_t credits;
    struct field_list keys, projects, webhooks;
};

struct fixture_pool_account {
    struct where at;
    const char *handle, *vertical;
    struct field_list geo;
    int64_t followers, monthly_price_cents;
};

struct fixture_layers {
    struct where at;
    struct field_list organizations, lease_pool;
};

extern const enum content_state layers_fixture_content_states[];
extern const struct fields layers_fixture_fields; /* of a struct fixture_layers */

#define fixture_problem(load, at, ...) error_add((load)->err, ERROR_INPUT, (at), __VA_ARGS__) /* returns false */

bool fixture_build_pool(struct fixture_load *load, const struct fixture_layers *all);
bool fixture_build_account(struct fixture_load *load, uint32_t project, struct fixture_account *a);
bool fixture_build_lease_requests(struct fixture_load *load, uint32_t project, const struct fixture_project *p);
bool fixture_build_ad_accounts(struct fixture_load *load, uint32_t project, const struct fixture_project *p);

/* A project's accounts, sorted by handle. */
struct handles {
    const struct fixture_account **items;
    size_t count;
};
/* A handle may occur several times: an account that was disconnected, and its successors. */
void handles_sort(const struct fixture_load *load, struct fixture_project *p, struct handles *out);
/* Returns the account with the id or handle `name`. Returns NULL and reports a problem if no account, or more
 * than one, matches. */
const struct fixture_account *handles_find(const struct fixture_load *load, const struct handles *h, const char *name,
                                           struct where at);
