/* Which values of a response are secrets. */
#include "conformance/run/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

struct learned {
    struct arena *arena;
    struct buf text;
};

static void note_secret(void *ctx, const char *name, const char *before, const char *value)
{
    struct learned *l = ctx;
    buf_printf(&l->text, "%s=%s%s\n", name, before ? before : "", value);
}

/* Members that no catalogue declares. */
static void members_of_a_response_are_secrets_by_name_and_value(void **state)
{
    static const struct {
        const char *body;
        const char *secrets; /* names */
    } rows[] = {
        {"{\"access_token\":\"7Lm9Tp3Jq8Zr2Xw4\"}",                                          "access_token\n" },
        {"{\"a\":[{\"fbUserToken\":\"7Lm9Tp3Jq8Zr2Xw4\"}]}",                                 "fbUserToken\n"  },
        {"{\"Client-Secret\":\"7Lm9Tp3Jq8Zr2Xw4\"}",                                         "Client-Secret\n"},
        {"{\"apiKey\":\"7Lm9Tp3Jq8Zr2Xw4\",\"key\":\"7Lm9Tp3Jq8Zr2Xw5\"}",                   "apiKey\n"       },
        {"{\"password\":\"aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeF\"}",                              "password\n"     },
        {"{\"nextPageToken\":\"7Lm9Tp3Jq8Zr2Xw4\"}",                                         ""               },
        {"{\"token\":\"published\",\"secret\":\"1\",\"key\":\"a b c d e f g h 1 2\"}",       ""               },
        {"{\"tokenExpiresAt\":\"2026-05-02T09:00:00Z\",\"token\":\"2026-05-02T09:00:00Z\"}", ""               },
        {"{\"state\":\"7Lm9Tp3Jq8Zr2Xw4\",\"id\":\"7Lm9Tp3Jq8Zr2Xw4\"}",                     ""               },
        {"{\"tokens\":[],\"token\":[\"7Lm9Tp3Jq8Zr2Xw4\"]}",                                 "token\n"        },
        {"{\"raw\":\"{\\\"token\\\":\\\"7Lm9Tp3Jq8Zr2Xw4\\\"}\"}",                           "token\n"        },
        {"{\"url\":\"https://h/x?id=7Lm9Tp3Jq8Zr2Xw5&access_token=7Lm9Tp3Jq8Zr2Xw4#b\"}",    "access_token\n" },
        {"{\"error\":\"Authorization: Bearer 7Lm9Tp3Jq8Zr2Xw4 is wrong\"}",                  "Authorization\n"},
        {"{\"error\":\"token 7Lm9Tp3Jq8Zr2Xw4 at 09:00:00\"}",                               ""               },
        {"access_token=7Lm9Tp3Jq8Zr2Xw4&token_type=bearer",                                  "access_token\n" },
        {"{\"access_token\": \"7Lm9Tp3Jq8Zr2Xw4\", \"cut",                                   "access_token\n" },
        {"{'api-key' : '7Lm9Tp3Jq8Zr2Xw4'}",                                                 "api-key\n"      },
        {"==:=::",                                                                           ""               },
        {"not JSON 7Lm9Tp3Jq8Zr2Xw4",                                                        ""               },
        {"",                                                                                 ""               },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct learned l = {.text = {.arena = &a}};
        struct plan plan = {0};
        struct run_options options = {.secret = note_secret, .secret_ctx = &l};
        struct runner r = {.arena = &a, .plan = &plan, .options = &options};
        secret_members_report(&r, str_from(rows[i].body));
        struct buf names = {.arena = &a};
        for (struct str rest = buf_str(&l.text); rest.n;) {
            struct str line = str_cut(&rest, '\n');
            buf_add(&names, str_cut(&line, '='));
            buf_byte(&names, '\n');
        }
        assert_string_equal(buf_c(&names), rows[i].secrets);
        arena_end(&a);
    }
}

static void cookies_and_headers_of_a_response_are_secrets(void **state)
{
    (void)state;
    struct arena a = {0};
    struct learned l = {.text = {.arena = &a}};
    struct plan plan = {0};
    struct run_options options = {.secret = note_secret, .secret_ctx = &l};
    struct runner r = {.arena = &a, .plan = &plan, .options = &options};
    struct headers h = {0};
    headers_add(&a, &h, "Set-Cookie", STR("session=7Lm9Tp3Jq8Zr2Xw4==; Path=/; HttpOnly"));
    headers_add(&a, &h, "set-cookie", STR("theme=dark"));
    headers_add(&a, &h, "X-Auth-Token", STR("7Lm9Tp3Jq8Zr2Xw5"));
    headers_add(&a, &h, "X-Request-Id", STR("7Lm9Tp3Jq8Zr2Xw6"));
    headers_add(&a, &h, "Location", STR("https://h/cb?id=7Lm9Tp3Jq8Zr2Xw7&token=7Lm9Tp3J%2Fq8Zr2Xw8"));
    secret_headers_report(&r, &h);
    assert_string_equal(buf_c(&l.text), "cookie=7Lm9Tp3Jq8Zr2Xw4==\nX-Auth-Token=7Lm9Tp3Jq8Zr2Xw5\n"
                                        "token=7Lm9Tp3J/q8Zr2Xw8\n");
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_a_response_are_secrets_by_name_and_value),
        cmocka_unit_test(cookies_and_headers_of_a_response_are_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
