#include "base/array.h"
#include "mockserver/state/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "mockserver/state/campaign.h"
#include "mockserver/state/generation.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/library.h"
#include "mockserver/state/media.h"
#include "mockserver/state/post_job.h"
#include "mockserver/state/webhook.h"
#include "mockserver/tests/members.h"
#include "mockserver/tests/state_test.h"

static const struct record_field *field(enum record_kind kind, const char *name)
{
    const struct record_field *f = record_field_named(record_types[kind], str_from(name));
    assert_non_null(f);
    return f;
}

static struct record_value get(const struct world *w, enum record_kind kind, uint32_t row, const char *name)
{
    struct record_value v;
    record_get(w, kind, row, field(kind, name), &v);
    return v;
}

static bool set_text(struct world *w, enum record_kind kind, uint32_t row, const char *name, const char *text,
                     struct error *err)
{
    const struct record_edit edit = {
        .field = field(kind, name),
        .value = {.none = !text, .text = text},
    };
    return record_update(w, kind, row, &edit, 1, err);
}

static void types_are_found_by_name_and_their_field_names_are_unique(void **state)
{
    (void)state;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct record_type *s = record_types[kind];
        assert_int_equal(s->kind, kind);
        assert_non_null(s->help);
        assert_ptr_equal(record_type_named(str_from(record_kind_texts[kind])), s);
        assert_string_equal(s->fields[0].name, "id");
        for (size_t i = 0; i < s->field_count; i++) {
            const struct record_field *f = &s->fields[i];
            assert_ptr_equal(record_field_named(s, str_from(f->name)), f);
            assert_true(f->offset < s->size);
            assert_int_equal(f->type == RECORD_ENUM, f->text_count > 0);
        }
    }
    assert_null(record_type_named(STR("account")));
    assert_null(record_field_named(record_types[RECORD_ACCOUNT], STR("status")));
}

#define RECORD_BYTES_MAX 512

static void mark_members(enum record_kind kind, unsigned char *bytes)
{
    switch (kind) {
#define X(name, text, type)                                                                                            \
    case name:                                                                                                         \
        MARK_MEMBERS(struct type, bytes);                                                                              \
        break;
        RECORD_KINDS(X)
#undef X
    case RECORD_KIND_COUNT:
        break;
    }
}

static size_t field_bytes(const struct record_field *f)
{
    switch (f->type) {
    case RECORD_TEXT:
        return sizeof(const char *);
    case RECORD_BOOL:
        return sizeof(bool);
    case RECORD_INT:
    case RECORD_TIME:
        return sizeof(int64_t);
    case RECORD_ENUM:
        return sizeof(enum platform);
    case RECORD_REF:
    case RECORD_CHANGE:
        return sizeof(uint32_t);
    case RECORD_TEXTS:
        return sizeof(const char *const *);
    case RECORD_INTS:
        return f->count * sizeof(int64_t);
    }
    return 0;
}

static void every_member_has_a_field(void **state)
{
    (void)state;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct record_type *s = record_types[kind];
        unsigned char marks[RECORD_BYTES_MAX];
        assert_true(s->size <= sizeof marks);
        mark_members(kind, marks);
        for (size_t i = 0; i < s->field_count; i++) {
            const struct record_field *f = &s->fields[i];
            members_cover(marks, f->offset, field_bytes(f), f->name);
            if (f->type == RECORD_TEXTS)
                members_cover(marks, f->count_offset, sizeof(uint32_t), f->name);
        }
        if (s->provider_offset != SIZE_MAX)
            members_cover(marks, s->provider_offset, sizeof(int), "provider");
        if (kind == RECORD_KEY) /* derived from the key's value */
            members_cover(marks, offsetof(struct key, digest), sizeof(((struct key *)NULL)->digest), "digest");
        members_are_covered(marks, s->size, record_kind_texts[kind]);
    }
}

static void record_get_returns_texts_and_ids(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t destination = scene_destination(&s, account, 90 * MINUTE_MS, MODE_DRAFT);
    struct world *w = s.w;
    assert_string_equal(get(w, RECORD_ACCOUNT, account, "platform").text, "tiktok");
    assert_string_equal(get(w, RECORD_ACCOUNT, account, "space").text, "sp_1");
    assert_int_equal(get(w, RECORD_ACCOUNT, account, "token_generation").number, 1);
    assert_true(get(w, RECORD_ACCOUNT, account, "name").none);
    assert_true(get(w, RECORD_ACCOUNT, account, "disconnected_at").none);
    assert_false(get(w, RECORD_ACCOUNT, account, "leased").truth);
    assert_string_equal(get(w, RECORD_DESTINATION, destination, "account").text, record_id(w, RECORD_ACCOUNT, account));
    assert_string_equal(get(w, RECORD_DESTINATION, destination, "mode").text, "draft");
    struct record_value due;
    record_get(w, RECORD_DESTINATION, destination, field(RECORD_DESTINATION, "due_at"), &due);
    assert_string_equal(due.time_text, "2026-05-02T10:30:00.000Z");
    assert_true(get(w, RECORD_POST, 1, "content").none);
    assert_string_equal(get(w, RECORD_KEY, s.key, "organization").text, "org_1");
    assert_int_equal(record_find(w, RECORD_SPACE, STR("sp_2")), s.other_space);
    assert_int_equal(record_find(w, RECORD_SPACE, STR("sp_3")), ROW_NONE);
    assert_int_equal(record_find(w, RECORD_KEY, STR("key_1")), s.key);
    world_free(w);
}

static void an_edited_token_moves_between_the_filtered_lists(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    const struct index *lists = s.w->indexes;
    assert_true(set_text(s.w, RECORD_ACCOUNT, account, "token", "expired", NULL));
    assert_int_equal(index_count_of(&lists[INDEX_ACCOUNT_SPACE_TOKEN], index_pair_key(s.space, true)), 1);
    assert_int_equal(index_count_of(&lists[INDEX_ACCOUNT_SPACE_TOKEN], index_pair_key(s.space, false)), 0);
    const struct change *c = changes_read(s.w, changes_last(s.w));
    assert_int_equal(c->from, ACCOUNT_LIVE);
    assert_int_equal(c->to, ACCOUNT_EXPIRED);
    assert_true(s.w->checks); /* no invariant is violated */
    assert_true(set_text(s.w, RECORD_ACCOUNT, account, "platform", "x", NULL));
    assert_int_equal(index_count_of(&lists[INDEX_ACCOUNT_SPACE_PLATFORM], index_pair_key(s.space, PLATFORM_X)), 1);
    world_free(s.w);
}

static void an_edited_time_moves_its_event(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t destination = scene_destination(&s, account, DAY_MS, MODE_PUBLISH);
    assert_true(set_text(s.w, RECORD_ACCOUNT, account, "token_expires_at", "2026-05-02T10:00:00Z", NULL));
    assert_true(set_text(s.w, RECORD_DESTINATION, destination, "due_at", "2026-05-02T09:30:00.250Z", NULL));
    assert_true(s.w->checks);
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(account_read(s.w, account)->token, TOKEN_EXPIRED);
    assert_int_equal(destination_read(s.w, destination)->published_at_ms, SCENE_START + 30 * MINUTE_MS + 250);
    world_free(s.w);
}

static void an_attempt_with_a_later_expiry_does_not_expire_early(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct oauth_attempt spec = {
        .key = s.key,
        .space = s.space,
        .token = "st_1",
        .expires_at_ms = SCENE_START + 10 * MINUTE_MS,
    };
    uint32_t attempt = oauth_attempt_begin(s.w, &spec);
    assert_true(set_text(s.w, RECORD_OAUTH_ATTEMPT, attempt, "expires_at", "2026-05-02T11:00:00Z", NULL));
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(oauth_attempt_read(s.w, attempt)->state, OAUTH_ATTEMPT_PENDING);
    events_advance(s.w, SCENE_START + 2 * HOUR_MS);
    assert_int_equal(oauth_attempt_read(s.w, attempt)->ended_at_ms, SCENE_START + 2 * HOUR_MS);
    world_free(s.w);
}

/* For example a set_state rule that simulates a missing cancellation. */
static void a_canceled_post_can_be_queued_again(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t destination = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    account_disconnect(s.w, account, DISCONNECT_REVOKED);
    assert_true(set_text(s.w, RECORD_DESTINATION, destination, "state", "queued", NULL));
    assert_int_equal(
        index_count_of(&s.w->indexes[INDEX_DESTINATION_ACCOUNT], index_pair_key(account, DESTINATION_QUEUED)), 1);
    assert_false(s.w->checks); /* this violates an invariant */
    scene_account(&s, "other");
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(destination_read(s.w, destination)->failure, FAILURE_ACCOUNT_GONE);
    world_free(s.w);
}

static void a_post_edited_to_publishing_is_published(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.w->timings.publish_ms = 30 * SECOND_MS;
    uint32_t destination = scene_destination(&s, scene_account(&s, "acme"), DAY_MS, MODE_PUBLISH);
    const struct record_edit edits[] = {
        {field(RECORD_DESTINATION, "state"),        {.text = "publishing"}          },
        {field(RECORD_DESTINATION, "attempted_at"), {.text = "2026-05-02T09:00:00Z"}},
    };
    assert_true(record_update(s.w, RECORD_DESTINATION, destination, edits, 2, NULL));
    assert_true(s.w->checks);
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(destination_read(s.w, destination)->published_at_ms, SCENE_START + 30 * SECOND_MS);
    world_free(s.w);
}

static void a_reference_is_set_by_id_within_the_provider(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t from = scene_account(&s, "from"), to = scene_account(&s, "to");
    uint32_t destination = scene_destination(&s, from, HOUR_MS, MODE_PUBLISH);
    assert_true(set_text(s.w, RECORD_DESTINATION, destination, "account", account_read(s.w, to)->public_id, NULL));
    assert_int_equal(destination_read(s.w, destination)->account, to);
    assert_int_equal(index_count_of(&s.w->indexes[INDEX_DESTINATION_ACCOUNT], index_pair_key(to, DESTINATION_QUEUED)),
                     1);
    world_free(s.w);
}

static void an_invalid_edit_is_rejected_with_a_message(void **state)
{
    (void)state;
    static const struct {
        const char *field, *text, *message;
    } rows[] = {
        {"token",            "expierd",   "'token' cannot be 'expierd' (did you mean 'expired'?)"},
        {"token",            NULL,        "'token' cannot be ''"                                 },
        {"connected_at",     "yesterday", "'connected_at' is not a time"                         },
        {"id",               "acc_2",     "'id' cannot be changed"                               },
        {"space",            "sp_2",      "'space' cannot be changed"                            },
        {"leased",           NULL,        "'leased' is null; expected true or false"             },
        {"token_generation", NULL,        "'token_generation' is null; expected a number"        },
    };
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    struct arena a = {0};
    const char *before = dump_world(&a, s.w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_false(set_text(s.w, RECORD_ACCOUNT, account, rows[i].field, rows[i].text, &err));
        assert_int_equal(err.count, 1);
        assert_non_null(strstr(error_text(&a, &err), rows[i].message));
        error_end(&err);
    }
    assert_string_equal(dump_world(&a, s.w), before);
    arena_end(&a);
    world_free(s.w);
}

static void an_edit_is_atomic(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    struct arena a = {0};
    const char *before = dump_world(&a, s.w);
    const struct record_edit edits[] = {
        {field(RECORD_ACCOUNT, "handle"), {.text = "new"}    },
        {field(RECORD_ACCOUNT, "leased"), {.truth = true}    },
        {field(RECORD_ACCOUNT, "token"),  {.text = "nothing"}},
    };
    assert_false(record_update(s.w, RECORD_ACCOUNT, account, edits, 3, NULL));
    assert_string_equal(dump_world(&a, s.w), before);
    assert_true(record_update(s.w, RECORD_ACCOUNT, account, edits, 2, NULL));
    assert_string_equal(account_read(s.w, account)->handle, "new");
    assert_true(account_read(s.w, account)->leased);
    arena_end(&a);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_by_name_and_their_field_names_are_unique),
        cmocka_unit_test(every_member_has_a_field),
        cmocka_unit_test(record_get_returns_texts_and_ids),
        cmocka_unit_test(an_edited_token_moves_between_the_filtered_lists),
        cmocka_unit_test(an_edited_time_moves_its_event),
        cmocka_unit_test(an_attempt_with_a_later_expiry_does_not_expire_early),
        cmocka_unit_test(a_canceled_post_can_be_queued_again),
        cmocka_unit_test(a_post_edited_to_publishing_is_published),
        cmocka_unit_test(a_reference_is_set_by_id_within_the_provider),
        cmocka_unit_test(an_invalid_edit_is_rejected_with_a_message),
        cmocka_unit_test(an_edit_is_atomic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
