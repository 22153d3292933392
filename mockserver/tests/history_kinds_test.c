/* For each kind of record: the limits of history bound the records that have ended, and live records stay. The table
 * names the kinds whose records never end, so that a new kind needs a row. */
#include "mockserver/state/ad_account.h"
#include "mockserver/state/campaign.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/generation.h"
#include "mockserver/state/history.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/library.h"
#include "mockserver/state/media.h"
#include "mockserver/state/post_job.h"
#include "mockserver/state/webhook.h"
#include "mockserver/tests/state_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KEPT   5   /* the count of the limits */
#define ROUNDS 200 /* records of each kind that end */

static const char *new_id(struct scene *s)
{
    return ids_mint(s->w, "x_", ID_ULID);
}

/* One account with a token that does not expire, and all that a connection adds. */
static uint32_t connect_user(struct scene *s, const char *handle)
{
    static const char *const layers[] = {"metrics", "posting"};
    static const struct connect_steps steps = {layers, COUNT(layers), "content", "connected"};
    const struct connection c = {
        .account = {.public_id = new_id(s), .handle = handle, .platform = PLATFORM_TIKTOK},
        .steps = &steps,
    };
    return connection_add(s->w, s->space, &c);
}

static uint32_t live_account(struct scene *s)
{
    return connect_user(s, "live");
}

static void end_account(struct scene *s)
{
    account_disconnect(s->w, connect_user(s, new_id(s)), DISCONNECT_REVOKED);
}

static uint32_t live_oauth_attempt(struct scene *s)
{
    const struct oauth_attempt init = {
        .key = s->key,
        .space = s->space,
        .platform = PLATFORM_TIKTOK,
        .token = new_id(s),
        .return_url = "https://app.example.com/done",
        .expires_at_ms = world_now(s->w) + 3650 * DAY_MS,
    };
    return oauth_attempt_begin(s->w, &init);
}

static void end_oauth_attempt(struct scene *s)
{
    oauth_attempt_fail(s->w, live_oauth_attempt(s), "access_denied");
}

static uint32_t live_content(struct scene *s)
{
    const struct content init = {.public_id = new_id(s), .state = CONTENT_GENERATING};
    return content_create(s->w, s->space, &init);
}

static void end_content(struct scene *s)
{
    const struct content init = {.public_id = new_id(s), .state = CONTENT_COMPLETED};
    content_create(s->w, s->space, &init);
}

static uint32_t live_post(struct scene *s)
{
    return destination_read(s->w, scene_destination(s, connect_user(s, new_id(s)), 3650 * DAY_MS, MODE_PUBLISH))->post;
}

static void end_post(struct scene *s)
{
    scene_destination(s, world_count(s->w, RECORD_ACCOUNT) ? 1 : live_account(s), 0, MODE_PUBLISH);
    events_run_due(s->w);
}

static uint32_t live_lease_request(struct scene *s)
{
    const struct lease_request init = {.public_id = new_id(s), .key = s->key, .count = 1, .vertical = "fitness"};
    return lease_request_create(s->w, s->space, &init);
}

static void end_lease_request(struct scene *s)
{
    const struct lease_decision no = {LEASE_REJECTED, 0, "no", "acc_"};
    lease_request_decide(s->w, live_lease_request(s), &no);
}

/* An account that is leased for ever: a wallet entry each month. */
static uint32_t live_wallet_entry(struct scene *s)
{
    const struct pool_account pool = {.handle = "fit.daily", .vertical = "fitness", .monthly_price_cents = 9000};
    const struct lease_decision yes = {LEASE_ASSIGNED, 1, "yes", "acc_"};
    pool_account_create(s->w, &pool);
    lease_request_decide(s->w, live_lease_request(s), &yes);
    return ROW_NONE;
}

static void end_wallet_entry(struct scene *s)
{
    events_advance(s->w, world_now(s->w) + 31 * DAY_MS);
}

static uint32_t live_ad_account(struct scene *s)
{
    const struct ad_account init = {.public_id = new_id(s), .external_id = "1", .name = "Ads", .currency = "USD"};
    return ad_account_connect(s->w, s->space, &init);
}

static void end_ad_account(struct scene *s)
{
    const struct ad_account init = {
        .public_id = new_id(s),
        .external_id = "2",
        .name = "Ads",
        .currency = "USD",
        .platform = AD_PLATFORM_TIKTOK,
    };
    ad_account_disconnect(s->w, ad_account_connect(s->w, s->space, &init));
}

static uint32_t live_webhook(struct scene *s)
{
    const struct webhook init = {
        .public_id = new_id(s),
        .url = "http://127.0.0.1:9/hook",
        .events = "post.published",
        .secret = "whsec_1",
    };
    return webhook_create(s->w, s->organization, &init);
}

static void end_webhook(struct scene *s)
{
    webhook_delete(s->w, live_webhook(s));
}

/* A delivery whose webhook is the first one of the world, if it has one. */
static uint32_t live_delivery(struct scene *s)
{
    uint32_t webhook = world_count(s->w, RECORD_WEBHOOK) ? 1 : live_webhook(s);
    const struct delivery init = {
        .public_id = new_id(s),
        .event_id = new_id(s),
        .type = "post.published",
        .payload = "{}",
    };
    return delivery_create(s->w, webhook, &init, 3650 * DAY_MS);
}

static void end_delivery(struct scene *s)
{
    static const int64_t waits[] = {0};
    static const struct delivery_policy once = {
        .name = "once",
        .waits_ms = waits,
        .attempts = 1,
        .gave_up = DELIVERY_FAILED,
        .pause_after = INT64_MAX,
    };
    const struct delivery init = {
        .public_id = new_id(s),
        .event_id = new_id(s),
        .type = "post.published",
        .payload = "{}",
    };
    uint32_t row = delivery_create(s->w, 1, &init, 0);
    events_run_due(s->w);
    delivery_attempt_end(s->w, row, world_last(s->w, RECORD_DELIVERY) % 2 ? 200 : 500, NULL, &once);
}

static uint32_t live_media(struct scene *s)
{
    const struct media init = {.public_id = new_id(s), .name = "cup.jpg", .content_type = "image/jpeg", .size = 10};
    return media_create(s->w, s->space, &init);
}

static void end_media(struct scene *s)
{
    media_remove(s->w, live_media(s));
}

static uint32_t live_campaign(struct scene *s)
{
    const struct campaign init = {.public_id = new_id(s), .name = "Spring", .color = "#000000"};
    return campaign_create(s->w, s->space, &init);
}

static void end_campaign(struct scene *s)
{
    campaign_remove(s->w, live_campaign(s));
}

static uint32_t live_library_item(struct scene *s)
{
    const struct library_item init = {.public_id = new_id(s), .details = "{}"};
    return library_item_create(s->w, s->space, &init);
}

static void end_library_item(struct scene *s)
{
    library_item_remove(s->w, live_library_item(s));
}

static uint32_t begin_job(struct scene *s)
{
    const struct post_job init = {
        .public_id = new_id(s),
        .name = "Untitled",
        .post_type = "CAROUSEL",
        .response_type = "PNG",
        .result = "{}",
        .failure = "no slides",
        .slides = 1,
    };
    return post_job_begin(s->w, s->space, &init);
}

static void end_post_job(struct scene *s)
{
    begin_job(s);
    events_advance(s->w, world_now(s->w) + HOUR_MS);
}

/* clang-format off */
static const struct kind {
    uint32_t (*live)(struct scene *s); /* returns a record that stays; ROW_NONE: another kind's record stays */
    void (*end)(struct scene *s);      /* NULL: the kind does not end by itself */
    uint32_t stay;                     /* rows of the kind that stay, besides those that have ended */
    enum record_kind goes_with;        /* without `end`: the owner with which it goes; itself: it never goes */
} kinds[] = {
    /* A fixture and the admin API make these, or the credits of a fixture bound them. */
    [RECORD_ORGANIZATION] = {.goes_with = RECORD_ORGANIZATION},
    [RECORD_KEY] = {.goes_with = RECORD_KEY},
    [RECORD_SPACE] = {.goes_with = RECORD_SPACE},
    [RECORD_POOL_ACCOUNT] = {.goes_with = RECORD_POOL_ACCOUNT},
    [RECORD_GENERATION] = {.goes_with = RECORD_GENERATION},
    [RECORD_DESTINATION] = {.goes_with = RECORD_POST},
    [RECORD_LAYER] = {.goes_with = RECORD_ACCOUNT},
    [RECORD_ONBOARDING] = {.goes_with = RECORD_ACCOUNT},
    [RECORD_ACCOUNT] = {live_account, end_account, 1, 0},
    [RECORD_OAUTH_ATTEMPT] = {live_oauth_attempt, end_oauth_attempt, 1, 0},
    [RECORD_CONTENT] = {live_content, end_content, 1, 0},
    [RECORD_POST] = {live_post, end_post, 1, 0},
    [RECORD_LEASE_REQUEST] = {live_lease_request, end_lease_request, 1, 0},
    [RECORD_WALLET_ENTRY] = {live_wallet_entry, end_wallet_entry, 0, 0},
    [RECORD_AD_ACCOUNT] = {live_ad_account, end_ad_account, 1, 0},
    [RECORD_WEBHOOK] = {live_webhook, end_webhook, 1, 0},
    [RECORD_DELIVERY] = {live_delivery, end_delivery, 1, 0},
    [RECORD_MEDIA] = {live_media, end_media, 1, 0},
    [RECORD_CAMPAIGN] = {live_campaign, end_campaign, 1, 0},
    [RECORD_LIBRARY_ITEM] = {live_library_item, end_library_item, 1, 0},
    [RECORD_POST_JOB] = {NULL, end_post_job, 0, 0},
};
/* clang-format on */

static void settle(struct world *w)
{
    for (size_t i = 0; i < 50; i++) {
        w->webhook_cursor = changes_last(w);
        history_step(w);
    }
}

static void assert_sound(const struct world *w)
{
    struct arena a = {0};
    struct buf why = {.arena = &a};
    if (world_check(w, &why))
        fail_msg("%s", buf_c(&why));
    arena_end(&a);
}

static size_t table_bytes(const struct world *w)
{
    size_t sum = table_own_bytes(&w->changes) + table_own_bytes(&w->events);
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        sum += table_own_bytes(&w->records[kind]);
    return sum;
}

static struct scene begin(uint32_t count, int64_t age_ms)
{
    struct scene s = scene_new();
    s.w->history.count = count;
    s.w->history.age_ms = age_ms;
    history_begin(s.w, true);
    return s;
}

static void end_many(struct scene *s, const struct kind *k)
{
    for (int i = 0; i < ROUNDS; i++) {
        k->end(s);
        s->w->webhook_cursor = changes_last(s->w);
        history_step(s->w);
    }
    settle(s->w);
}

static void each_kind_keeps_the_count_and_what_is_live(void **state)
{
    (void)state;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct kind *k = &kinds[kind];
        if (!k->end)
            continue;
        struct scene s = begin(KEPT, HISTORY_UNLIMITED_MS);
        uint32_t live = k->live ? k->live(&s) : ROW_NONE;
        end_many(&s, k);
        size_t bytes = table_bytes(s.w);
        end_many(&s, k);
        if (world_count(s.w, kind) != KEPT + k->stay)
            fail_msg("%s: %u rows", record_kind_texts[kind], (unsigned)world_count(s.w, kind));
        assert_true(!live || world_has(s.w, kind, live));
        assert_true(table_bytes(s.w) <= bytes * 5 / 4);
        assert_true(changes_last(s.w) - changes_first(s.w) < KEPT);
        for (enum record_kind part = 0; part < RECORD_KIND_COUNT; part++)
            if (!kinds[part].end && world_count(s.w, part) > 4 * (KEPT + 3))
                fail_msg("%s, which go with %s: %u rows", record_kind_texts[part], record_kind_texts[kind],
                         (unsigned)world_count(s.w, part));
        assert_sound(s.w);
        world_free(s.w);
    }
}

/* Ready media and content of no post are only counted. */
static void each_kind_is_kept_for_its_age(void **state)
{
    (void)state;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct kind *k = &kinds[kind];
        if (!k->end || kind == RECORD_WALLET_ENTRY)
            continue;
        struct scene s = begin(HISTORY_UNLIMITED, 10 * DAY_MS);
        uint32_t live = k->live ? k->live(&s) : ROW_NONE;
        uint32_t before = world_count(s.w, kind);
        for (int i = 0; i < 20; i++)
            k->end(&s);
        uint32_t all = world_count(s.w, kind);
        assert_true(all >= before + 20);
        events_advance(s.w, world_now(s.w) + 9 * DAY_MS);
        settle(s.w);
        assert_int_equal(world_count(s.w, kind), all);
        events_advance(s.w, world_now(s.w) + 3 * DAY_MS);
        settle(s.w);
        uint32_t left = kind == RECORD_CONTENT ? all : before;
        if (world_count(s.w, kind) > left)
            fail_msg("%s: %u rows are left", record_kind_texts[kind], (unsigned)world_count(s.w, kind));
        assert_true(!live || world_has(s.w, kind, live));
        assert_sound(s.w);
        world_free(s.w);
    }
}

static void each_kind_ends_or_goes_with_another_or_is_bounded(void **state)
{
    (void)state;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct kind *k = &kinds[kind];
        const struct record_type *type = record_types[kind];
        bool owned = false;
        for (size_t i = 0; i < type->field_count; i++)
            owned |= type->fields[i].owner && type->fields[i].refers == k->goes_with;
        bool ends = type->keeping || type->final_states;
        if (k->end ? !ends : k->goes_with == kind ? ends : !owned)
            fail_msg("%s: how it ends is not what this test says", record_kind_texts[kind]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_ends_or_goes_with_another_or_is_bounded),
        cmocka_unit_test(each_kind_keeps_the_count_and_what_is_live),
        cmocka_unit_test(each_kind_is_kept_for_its_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
