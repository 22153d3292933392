/* fixture_fields.h - the `posteverywhere:` section of a fixture, as structs.
 *
 * Shapes:  each field_list holds structs declared below; `at` is the position in the file.
 * Errors:  fields_read reports unknown keys and wrong values; fixture.c reports unknown references,
 *          duplicates and contradictions.
 */
#pragma once
#include "mockserver/providers/posteverywhere/posteverywhere.h"
#include "mockserver/providers/shared/build.h"

struct fixture_limits {
    int64_t minute, hour; /* calls; 0: the documented limit */
};

struct fixture_key {
    struct where at;
    const char *id, *name, *value;
    struct field_list scopes;
    struct fixture_limits limits;
    int api_version; /* enum pe_api_version */
    bool id_alias;
};

struct fixture_account {
    struct where at;
    const char *name, *avatar_url;
    int64_t account_id; /* 0: generated */
    int platform, health;
    const struct node *is_active; /* true or false; NULL: true */
    struct field_time created_at, token_expires_at;
    uint32_t row; /* set when the account is created */
};

struct fixture_post {
    struct where at;
    const char *id, *content, *timezone;
    const struct node *accounts, *failed; /* lists of account ids */
    int status;                           /* enum pe_status */
    struct field_time due, created_at;
};

struct fixture_media {
    struct where at;
    const char *id, *filename, *content_type;
    int64_t size, width, height;
};

struct fixture_webhook {
    struct fixture_hook hook;
    const char *name;
};

struct fixture_organization {
    struct where at;
    const char *id, *name;
    struct field_list keys, accounts, media, posts, webhooks;
};

struct fixture_posteverywhere {
    struct where at;
    int api_version;
    bool id_alias;
    struct field_list organizations;
};

extern const struct fields pe_fixture_fields; /* reads into a struct fixture_posteverywhere */

/* hooks_fixture.c: creates a webhook. Returns false if it is invalid, with errors in load->err. */
bool pe_fixture_webhook(struct fixture_load *load, uint32_t organization, const struct fixture_webhook *h);
