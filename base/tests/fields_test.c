#include <string.h>

#include "base/array.h"
#include "base/fields.h"
#include "base/tests/tree.h"
#include "base/units.h"
#include "base/yaml.h"

struct token {
    const char *scope;
    int64_t uses;
};

struct account {
    struct where at;
    const char *handle;
    int platform, color;
    int64_t followers, limit, status;
    bool active;
    int64_t delay_ms;
    struct field_time expires;
    const struct node *extra;
    struct field_list tags;
    struct token token;
    struct field_list posts;
};

static const struct field token_rows[] = {
    FIELD("scope", FIELD_TEXT, struct token, scope, .required = true),
    FIELD("uses", FIELD_INT, struct token, uses, .required = false),
};
static const struct fields token_fields = FIELD_TABLE("token", token_rows, struct token, FIELDS_NO_PLACE);

static const char *const platforms[] = {"tiktok", "instagram", "youtube"};

enum color { RED, GREEN, BLUE, DARK_BLUE };
static const struct enum_word color_rows[] = {
    {BLUE,      "azul" },
    {RED,       "rojo" },
    {GREEN,     "verde"},
    {DARK_BLUE, "azul" }
};
static const struct enum_words colors = {color_rows, COUNT(color_rows), 2};

static const struct field account_rows[] = {
    FIELD("handle", FIELD_TEXT, struct account, handle, .min = 1, .max = 10),
    FIELD("platform", FIELD_ENUM, struct account, platform, .required = true, .texts = platforms, .text_count = 3),
    FIELD("followers", FIELD_INT, struct account, followers, .min = 0, .max = INT64_MAX),
    FIELD("limit", FIELD_INT, struct account, limit, .required = false),
    FIELD("status", FIELD_INT, struct account, status, .min = 100, .max = 599),
    FIELD("active", FIELD_BOOL, struct account, active, .required = false),
    FIELD("delay", FIELD_DURATION, struct account, delay_ms, .required = false),
    FIELD("expires", FIELD_TIME, struct account, expires, .required = false),
    FIELD("extra", FIELD_NODE, struct account, extra, .required = false),
    FIELD("tags", FIELD_TEXTS, struct account, tags, .max = 3),
    FIELD("token", FIELD_MAP, struct account, token, .sub = &token_fields),
    FIELD("posts", FIELD_LIST, struct account, posts, .sub = &token_fields),
    FIELD("color", FIELD_ENUM, struct account, color, .words = &colors),
};
static const struct fields account_fields =
    FIELD_TABLE("social account", account_rows, struct account, offsetof(struct account, at));

static bool read(struct arena *a, const char *yaml, struct account *to, const char **why)
{
    struct error err = {0};
    const struct node *n = yaml_parse(a, str_from(yaml), "f.yaml", &err);
    assert_non_null(n);
    bool ok = fields_read(&account_fields, n, a, to, &err);
    assert_int_equal(ok, !error_any(&err));
    *why = error_text(a, &err);
    error_end(&err);
    return ok;
}

static void every_type_of_member_is_read(void **state)
{
    struct account x = {.limit = 20};
    const char *why;
    bool ok = read(*state,
                   "# a comment\n"
                   "handle: acme\n"
                   "platform: youtube\n"
                   "followers: 12\n"
                   "status: 599\n"
                   "active: true\n"
                   "delay: 1h30m\n"
                   "expires: 2026-05-02T09:00:00Z\n"
                   "extra: {any: [thing]}\n"
                   "tags: [a, 'b']\n"
                   "token: {scope: read, uses: -3}\n"
                   "posts:\n"
                   "  - {scope: one}\n"
                   "  - {scope: two, uses: 2}\n",
                   &x, &why);
    assert_string_equal(why, "");
    assert_true(ok);
    assert_int_equal(x.at.line, 2);
    assert_string_equal(x.handle, "acme");
    assert_int_equal(x.platform, 2);
    assert_int_equal(x.followers, 12);
    assert_int_equal(x.status, 599);
    assert_int_equal(x.limit, 20); /* absent: unchanged */
    assert_true(x.active);
    assert_int_equal(x.delay_ms, 90 * 60 * 1000);
    assert_true(x.expires.given);
    assert_false(x.expires.relative);
    assert_int_equal(x.expires.ms, 1777712400000);
    assert_int_equal(node_count(node_get(x.extra, "any")), 1);
    assert_int_equal(x.tags.count, 2);
    assert_string_equal(((const char **)x.tags.items)[1], "b");
    assert_string_equal(x.token.scope, "read");
    assert_int_equal(x.token.uses, -3);
    assert_int_equal(x.posts.count, 2);
    const struct token *posts = x.posts.items;
    assert_string_equal(posts[0].scope, "one");
    assert_int_equal(posts[0].uses, 0);
    assert_int_equal(posts[1].uses, 2);
}

static void an_enum_is_read_and_written_by_its_words(void **state)
{
    static const struct {
        const char *word;
        enum color color;
    } rows[] = {
        {"rojo", RED },
        {"azul", BLUE}
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct account x = {0};
        const char *why;
        assert_true(read(*state, arena_printf(*state, "{platform: tiktok, color: %s}", rows[i].word), &x, &why));
        assert_int_equal(x.color, rows[i].color);
        assert_int_equal(enum_word_find(&colors, str_from(rows[i].word))->value, rows[i].color);
        assert_string_equal(enum_word_of(&colors, (int)rows[i].color), rows[i].word);
    }
    assert_string_equal(enum_word_of(&colors, DARK_BLUE), "azul");
    assert_string_equal(enum_word_of(&colors, GREEN), "verde"); /* is only written */
    assert_null(enum_word_find(&colors, STR("verde")));
}

static void a_list_with_an_invalid_text_is_left_unset(void **state)
{
    struct account x = {0};
    const char *why;
    assert_false(read(*state, "platform: youtube\ntags: [a, 5, c]\n", &x, &why));
    assert_string_equal(why, "f.yaml:2:11: 'tags' item 2 is a number; expected text (quote it: \"5\")");
    assert_int_equal(x.tags.count, 0);
    assert_null(x.tags.items);
}

static void a_time_may_be_relative_to_the_start(void **state)
{
    static const struct {
        const char *yaml;
        int64_t ms;
    } rows[] = {
        {"{platform: tiktok, expires: -30d}", -30 * DAY_MS},
        {"{platform: tiktok, expires: +10m}", 600000      },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct account x = {0};
        const char *why;
        assert_true(read(*state, rows[i].yaml, &x, &why));
        assert_true(x.expires.given && x.expires.relative);
        assert_int_equal(x.expires.ms, rows[i].ms);
    }
}

static void a_mistake_is_reported_with_its_location(void **state)
{
    /* clang-format off */
    static const struct {
        const char *yaml, *why;
    } rows[] = {
        {"platform: tiktok\nhandel: x\n",
         "f.yaml:2:1: unknown key 'handel' in social account (did you mean 'handle'?)"},
        {"platform: tiktok\nqwertz: x\n",          "f.yaml:2:1: unknown key 'qwertz' in social account"},
        {"handle: x\n",                            "f.yaml:1:1: missing 'platform' in social account"},
        {"{}",                                     "f.yaml:1:1: missing 'platform' in social account"},
        {"[]",                                     "f.yaml:1:1: social account is a list; expected a map"},
        {"5",                                      "f.yaml:1:1: social account is a number; expected a map"},
        {"{platform: tiktok, status: 2000}",       "f.yaml:1:28: 'status' is 2000; expected 100 to 599"},
        {"{platform: tiktok, status: 99}",         "f.yaml:1:28: 'status' is 99; expected 100 to 599"},
        {"{platform: tiktok, followers: -1}",      "f.yaml:1:31: 'followers' is -1; expected 0 or more"},
        {"{platform: tiktok, limit: ten}",         "f.yaml:1:27: 'limit' is text; expected an integer"},
        {"{platform: tiktok, limit: '10'}",        "f.yaml:1:27: 'limit' is text; expected an integer"},
        {"{platform: tiktok, limit: 1.5}",         "f.yaml:1:27: 'limit' is a number; expected an integer"},
        {"platform: tiktok\nlimit:\n",             "f.yaml:2:1: 'limit' is null; expected an integer"},
        {"{platform: tiktok, handle: 123}", "f.yaml:1:28: 'handle' is a number; expected text (quote it: \"123\")"},
        {"{platform: tiktok, handle: true}", "f.yaml:1:28: 'handle' is a boolean; expected text (quote it: \"true\")"},
        {"{platform: tiktok, handle: 1.5}", "f.yaml:1:28: 'handle' is a number; expected text (quote it: \"1.5\")"},
        {"{platform: tiktok, handle: [x]}",        "f.yaml:1:28: 'handle' is a list; expected text"},
        {"{platform: tiktok, handle: ''}",         "f.yaml:1:28: 'handle' has 0 characters; expected 1 to 10"},
        {"{platform: tiktok, handle: \xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 12345}",
         "f.yaml:1:28: 'handle' has 12 characters; expected 1 to 10"},
        {"{platform: instagam}",
         "f.yaml:1:12: 'platform' is 'instagam'; expected one of: tiktok, instagram, youtube (did you mean "
         "'instagram'?)"},
        {"{platform: fax}", "f.yaml:1:12: 'platform' is 'fax'; expected one of: tiktok, instagram, youtube"},
        {"{platform: tiktok, color: verde}",       "f.yaml:1:27: 'color' is 'verde'; expected one of: azul, rojo"},
        {"{platform: 1}",
         "f.yaml:1:12: 'platform' is a number; expected one of: tiktok, instagram, youtube (quote it: \"1\")"},
        {"{platform: tiktok, active: yes}",        "f.yaml:1:28: 'active' is text; expected true or false"},
        {"{platform: tiktok, delay: 5}",
         "f.yaml:1:27: 'delay' is a number; expected a duration such as 800ms or 1h30m"},
        {"{platform: tiktok, delay: soon}",
         "f.yaml:1:27: 'delay' is 'soon'; expected a duration such as 800ms or 1h30m"},
        {"{platform: tiktok, expires: tomorrow}",
         "f.yaml:1:29: 'expires' is 'tomorrow'; expected a time such as 2026-05-02T09:00:00Z or -30d"},
        {"{platform: tiktok, expires: 2026-02-30T00:00:00Z}",
         "f.yaml:1:29: 'expires' is '2026-02-30T00:00:00Z'; expected a time such as 2026-05-02T09:00:00Z or -30d"},
        {"{platform: tiktok, tags: x}",            "f.yaml:1:26: 'tags' is text; expected a list of texts"},
        {"{platform: tiktok, tags: [a, 2, b]}",
         "f.yaml:1:30: 'tags' item 2 is a number; expected text (quote it: \"2\")"},
        {"{platform: tiktok, tags: [a, b, c, d]}", "f.yaml:1:26: 'tags' has 4 items; expected 0 to 3"},
        {"{platform: tiktok, token: x}",           "f.yaml:1:27: 'token' is text; expected a map"},
        {"{platform: tiktok, token: {}}",          "f.yaml:1:27: missing 'scope' in token"},
        {"{platform: tiktok, posts: {}}",          "f.yaml:1:27: 'posts' is a map; expected a list"},
        {"{platform: tiktok, posts: [{scope: a}, x, {scop: b}]}",
         "f.yaml:1:40: token is text; expected a map\nf.yaml:1:43: missing 'scope' in token\n"
         "f.yaml:1:44: unknown key 'scop' in token (did you mean 'scope'?)"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct account x = {0};
        const char *why;
        assert_false(read(*state, rows[i].yaml, &x, &why));
        assert_string_equal(why, rows[i].why);
    }
}

static void all_mistakes_are_reported_and_valid_members_are_read(void **state)
{
    struct account x = {.status = 7};
    const char *why;
    assert_false(read(*state,
                      "handle: 5\n"
                      "status: 1\n"
                      "limit: 3\n"
                      "token: {scope: [], uses: 4, use: 1}\n",
                      &x, &why));
    assert_string_equal(why, "f.yaml:1:1: missing 'platform' in social account\n"
                             "f.yaml:1:9: 'handle' is a number; expected text (quote it: \"5\")\n"
                             "f.yaml:2:9: 'status' is 1; expected 100 to 599\n"
                             "f.yaml:4:16: 'scope' is a list; expected text\n"
                             "f.yaml:4:29: unknown key 'use' in token (did you mean 'uses'?)");
    assert_int_equal(x.limit, 3);
    assert_int_equal(x.token.uses, 4);
    assert_int_equal(x.status, 7);
    assert_null(x.handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_member_is_read),
        cmocka_unit_test(an_enum_is_read_and_written_by_its_words),
        cmocka_unit_test(a_list_with_an_invalid_text_is_left_unset),
        cmocka_unit_test(a_time_may_be_relative_to_the_start),
        cmocka_unit_test(a_mistake_is_reported_with_its_location),
        cmocka_unit_test(all_mistakes_are_reported_and_valid_members_are_read),
    };
    return cmocka_run_group_tests_name("fields", tests, tree_setup, tree_teardown);
}
