/* Campaigns and uses of the AI, and what they change in other records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mockserver/state/campaign.h"
#include "mockserver/state/generation.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/tests/state_test.h"

static uint32_t add_campaign(struct scene *s, const char *id)
{
    return campaign_create(s->w, s->space, &(struct campaign){.public_id = id, .name = "Spring", .color = "#000000"});
}

static uint32_t add_post(struct scene *s, const char *id, uint32_t campaign)
{
    return post_schedule(s->w, s->space,
                         &(struct post){.public_id = id, .text = "x", .draft = true, .campaign = campaign});
}

static void a_removed_campaign_leaves_its_posts_as_they_were(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t campaign = add_campaign(&s, "1"), other = add_campaign(&s, "2");
    uint32_t post = add_post(&s, "p1", campaign), elsewhere = add_post(&s, "p2", other);
    int64_t updated_ms = post_read(s.w, post)->updated_at_ms;
    assert_int_equal(campaign_count_posts(s.w, campaign), 1);
    clock_move_to(&s.w->clock, SCENE_START + 1000);
    campaign_remove(s.w, campaign);
    assert_int_equal(campaign_read(s.w, campaign)->state, CAMPAIGN_REMOVED);
    assert_int_equal(campaign_read(s.w, campaign)->removed_at_ms, SCENE_START + 1000);
    assert_int_equal(campaign_count_posts(s.w, campaign), 0);
    assert_int_equal(post_read(s.w, post)->campaign, ROW_NONE);
    assert_int_equal(post_read(s.w, post)->removed_at_ms, 0);
    assert_int_equal(post_read(s.w, post)->updated_at_ms, updated_ms);
    assert_int_equal(post_read(s.w, elsewhere)->campaign, other);
    world_free(s.w);
}

static void a_removed_post_is_not_counted(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t campaign = add_campaign(&s, "1");
    uint32_t post = add_post(&s, "p1", campaign);
    add_post(&s, "p2", campaign);
    assert_int_equal(campaign_count_posts(s.w, campaign), 2);
    post_remove(s.w, post);
    assert_int_equal(campaign_count_posts(s.w, campaign), 1);
    world_free(s.w);
}

static void an_update_sets_every_member(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t row = add_campaign(&s, "1");
    clock_move_to(&s.w->clock, SCENE_START + 1000);
    campaign_update(
        s.w, row,
        &(struct campaign){.name = "Summer", .description = "d", .color = "#ffffff", .state = CAMPAIGN_ARCHIVED});
    const struct campaign *c = campaign_read(s.w, row);
    assert_string_equal(c->name, "Summer");
    assert_string_equal(c->description, "d");
    assert_string_equal(c->color, "#ffffff");
    assert_int_equal(c->state, CAMPAIGN_ARCHIVED);
    assert_int_equal(c->created_at_ms, SCENE_START);
    assert_int_equal(c->updated_at_ms, SCENE_START + 1000);
    assert_int_equal(campaign_find(s.w, c->provider, STR("1")), row);
    world_free(s.w);
}

static void a_generation_takes_its_credits(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t organization = space_read(s.w, s.space)->organization;
    organization_set_credits(s.w, organization, 10);
    generation_create(s.w, s.space,
                      &(struct generation){.public_id = "g1", .kind = GENERATION_CAPTION, .prompt = "p", .credits = 3});
    clock_move_to(&s.w->clock, SCENE_START + 1000);
    generation_create(s.w, s.space,
                      &(struct generation){.public_id = "g2", .kind = GENERATION_CAPTION, .prompt = "p", .credits = 2});
    assert_int_equal(organization_read(s.w, organization)->credits, 5);
    assert_int_equal(generation_credits(s.w, s.space, SCENE_START, SCENE_START + 1000), 5);
    assert_int_equal(generation_credits(s.w, s.space, SCENE_START, SCENE_START + 999), 3);
    assert_int_equal(generation_credits(s.w, s.space, SCENE_START + 1, SCENE_START + 1000), 2);
    assert_int_equal(generation_credits(s.w, s.space, INT64_MIN, SCENE_START - 1), 0);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removed_campaign_leaves_its_posts_as_they_were),
        cmocka_unit_test(a_removed_post_is_not_counted),
        cmocka_unit_test(an_update_sets_every_member),
        cmocka_unit_test(a_generation_takes_its_credits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
