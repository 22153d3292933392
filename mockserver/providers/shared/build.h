/* build.h - what the builders of several providers' fixture sections do alike: ids, times, keys, webhooks.
 *
 * Shapes:  each provider reads its section into its own structs and builds the records in load->world.
 * Units:   milliseconds since the epoch.
 * Errors:  each problem is added to load->err, and the function returns false. The caller then discards the world.
 */
#pragma once
#include "mockserver/fixture/fixture.h"
#include "mockserver/providers/shared/hooks.h"
#include "mockserver/state/record.h"

/* The field of a record's id, or of a name with the same limits: FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, ...). */
#define FIXTURE_ID .min = 1, .max = 128

/* Returns `id`, or a generated one if it is NULL. */
const char *fixture_id(const struct fixture_load *load, const char *id, const char *prefix, enum id_form form);
/* Reports that another record has this id. Always returns false. */
bool fixture_duplicate(const struct fixture_load *load, struct where at, const char *what, const char *id);
/* Converts the time, or returns `otherwise` if the fixture does not give it. */
int64_t fixture_time_or(const struct fixture_load *load, const struct field_time *t, int64_t otherwise);
/* Checks that a time of a record is not after the clock's start. `key` is its key, `of` the record: "the post". */
bool fixture_time_past(const struct fixture_load *load, struct where at, const char *key, const char *of, int64_t ms);
/* Checks a time zone against the IANA database; NULL is valid. */
bool fixture_timezone_valid(const struct fixture_load *load, struct where at, const char *name);
/* Checks that the live token of an account expires after the clock's start. `otherwise` says what to set: "'health' to
 * 'expired'". */
bool fixture_token_live(const struct fixture_load *load, struct where at, const char *account, int64_t expires_at_ms,
                        const char *otherwise);
/* Checks that the value of the key `name` begins with `prefix` and that no other key of the provider has it. */
bool fixture_key_valid(const struct fixture_load *load, struct where at, int provider, const char *name,
                       const char *value, const char *prefix);

/* The members of a webhook in every provider's fixture section. */
struct fixture_hook {
    struct where at;
    const char *id, *url, *secret; /* id, secret NULL: generated */
    struct field_list events;
};
/* Checks the members. Returns false if there is a problem, or if a required member is missing. */
bool fixture_hook_valid(const struct fixture_load *load, const struct fixture_hook *h, int provider,
                        const struct hook_catalogue *known);
