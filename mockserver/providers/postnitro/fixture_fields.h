/* fixture_fields.h - the `postnitro:` section of a fixture, as structs.
 *
 * Shapes:  each field_list holds structs declared below; `at` is the position in the file.
 * Errors:  fields_read reports unknown keys and wrong values; fixture.c reports unknown references,
 *          duplicates and contradictions.
 */
#pragma once
#include "mockserver/providers/postnitro/postnitro.h"
#include "mockserver/providers/shared/build.h"

struct fixture_key {
    struct where at;
    const char *id, *name, *value;
    int plan; /* 0 paid, 1 none */
};

struct fixture_account {
    struct where at;
    const char *id, *handle, *type, *name, *logo, *token_status;
    int platform; /* index into postnitro_platforms */
    struct field_time token_expires_at, created_at, updated_at;
    uint32_t row; /* set when the account is created */
};

struct fixture_design {
    struct where at;
    const char *id, *name, *type, *source;
};

enum fixture_status {
    FIXTURE_SCHEDULED,
    FIXTURE_DRAFT,
    FIXTURE_PUBLISHED,
    FIXTURE_FAILED,
};

struct fixture_post {
    struct where at;
    const char *id, *caption, *design, *error;
    struct field_list accounts; /* ids or handles */
    struct field_time due;
    int status; /* enum fixture_status */
    int64_t times;
};

struct fixture_workspace {
    struct where at;
    const char *id, *name, *organization;
    struct field_list keys, accounts, designs, posts;
};

struct fixture_postnitro {
    struct where at;
    struct field_list workspaces, keys;
};

extern const struct fields postnitro_fixture_fields; /* reads into a struct fixture_postnitro */
