/* fixture_fields.h - what the `layers:` section of a fixture may say, as read.
 *
 * Shapes:  lists are field_lists of the structs below; `at` is where each stands in the file.
 * Errors:  fields_read's; references and duplicates are fixture.c's.
 */
#pragma once
#include "mockserver/dialects/layers/layers.h"

struct fixture_account {
    struct where at;
    const char *id, *handle, *avatar_url;
    int platform, status; /* enum platform, enum layers_status */
    bool leased, refresh;
    int64_t monthly_price_cents;
    struct field_time connected_at, token_expires_at;
    uint32_t row; /* once built */
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

struct fixture_project {
    struct where at;
    const char *id, *name, *timezone;
    struct field_list accounts, content, posts;
};

struct fixture_key {
    struct where at;
    const char *id, *name, *value, *tier;
    struct field_list scopes, return_domains;
};

struct fixture_organization {
    struct where at;
    const char *id, *name;
    struct field_list keys, projects;
};

struct fixture_layers {
    struct where at;
    struct field_list organizations;
};

extern const enum content_state layers_fixture_content_states[];
extern const struct fields layers_fixture_fields; /* into a struct fixture_layers */
