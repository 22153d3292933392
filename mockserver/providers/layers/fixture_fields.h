/* fixture_fields.h - the keys of a fixture's `layers:` section, and the structs they are read into.
 *
 * Shapes:  a list is a field_list of one of the structs below; `at` is an item's place in the file.
 * Errors:  those of fields_read; fixture.c checks references and duplicates.
 */
#pragma once
#include "mockserver/providers/layers/layers.h"

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
    struct where at;
    const char *id, *url, *description, *project, *secret;
    struct field_list events;
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
