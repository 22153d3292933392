#include "base/array.h"
#include "mockserver/provider_api/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static const struct route routes[] = {
    {"GET",    "/v1/projects/{}/accounts",    "list",   NULL, RATE_CLASS_READ, 0,            NULL, "test"},
    {"DELETE", "/v1/projects/{}/accounts/{}", "revoke", NULL, RATE_CLASS_READ, 0,            NULL, "test"},
    {"GET",    "/v1/posts/{}",                "read",   NULL, RATE_CLASS_READ, 0,            NULL, "test"},
    {"GET",    "/v1/posts/recent",            "recent", NULL, RATE_CLASS_READ, 0,            NULL, "test"},
    {"POST",   "/v1/posts",                   "create", NULL, RATE_CLASS_READ, 0,            NULL, "test"},
    {"GET",    "/v1/posts",                   "all",    NULL, RATE_CLASS_READ, 0,            NULL, "test"},
    {"GET",    "/v1/posts/{}/pages/{}",       "page",   NULL, RATE_CLASS_READ, 0,            NULL, "test"},
    {"GET",    "/pages",                      "hidden", NULL, RATE_CLASS_READ, ROUTE_HIDDEN, NULL, "test"},
};

struct found {
    enum route_result result;
    const struct route *route;
    struct str params[ROUTE_PARAMS_MAX];
    const char *allowed;
};

static struct found find_route(struct arena *a, const char *method, const char *path)
{
    struct found f = {0};
    f.result = route_find(routes, COUNT(routes), str_from(method), str_from(path), &f.route, f.params, a, &f.allowed);
    return f;
}

/* Literal text wins over {}; {} never matches an empty segment; letter case matters, also in
 * methods. */
static void a_path_finds_its_route(void **state)
{
    static const struct {
        const char *method, *path, *operation;
    } rows[] = {
        {"GET",    "/v1/projects/p1/accounts",    "list"  },
        {"DELETE", "/v1/projects/p1/accounts/a1", "revoke"},
        {"GET",    "/v1/posts/p1",                "read"  },
        {"GET",    "/v1/posts/recent",            "recent"},
        {"GET",    "/v1/posts/recently",          "read"  },
        {"GET",    "/v1/posts",                   "all"   },
        {"POST",   "/v1/posts",                   "create"},
        {"GET",    "/v1/posts/p1/pages/2",        "page"  },
        {"GET",    "/v1/posts/",                  NULL    },
        {"GET",    "/v1/projects//accounts",      NULL    },
        {"GET",    "/v1/projects/p1/accounts/",   NULL    },
        {"GET",    "/v1/projects/p1/account",     NULL    },
        {"GET",    "/v1/projects/p1/accountsx",   NULL    },
        {"GET",    "/V1/posts",                   NULL    },
        {"GET",    "/v1",                         NULL    },
        {"GET",    "/",                           NULL    },
        {"GET",    "",                            NULL    },
        {"get",    "/v1/posts",                   NULL    },
    };
    (void)state;
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct found f = find_route(&a, rows[i].method, rows[i].path);
        assert_int_equal(f.result == ROUTE_FOUND, rows[i].operation != NULL);
        if (rows[i].operation)
            assert_string_equal(f.route->operation, rows[i].operation);
        else
            assert_null(f.route);
    }
    arena_end(&a);
}

static void params_are_not_decoded_and_in_order(void **state)
{
    (void)state;
    struct arena a = {0};
    struct found f = find_route(&a, "DELETE", "/v1/projects/p%2F1/accounts/a b");
    assert_true(str_eq(f.params[0], STR("p%2F1")));
    assert_true(str_eq(f.params[1], STR("a b")));
    assert_int_equal(f.params[2].n, 0);
    arena_end(&a);
}

static void an_exact_route_has_no_params_of_a_less_exact_one(void **state)
{
    (void)state;
    struct arena a = {0};
    struct found f = find_route(&a, "GET", "/v1/posts/recent");
    assert_int_equal(f.params[0].n, 0);
    arena_end(&a);
}

static void a_wrong_method_returns_the_allowed_methods(void **state)
{
    (void)state;
    struct arena a = {0};
    struct found f = find_route(&a, "PUT", "/v1/posts");
    assert_int_equal(f.result, ROUTE_WRONG_METHOD);
    assert_string_equal(f.allowed, "POST, GET");
    f = find_route(&a, "PUT", "/v1/posts/recent");
    assert_string_equal(f.allowed, "GET"); /* once, although two routes have it */
    f = find_route(&a, "PUT", "/v2/posts");
    assert_int_equal(f.result, ROUTE_NONE);
    assert_null(f.allowed);
    arena_end(&a);
}

/* Hidden routes are not suggested. */
static void the_nearest_routes_are_sorted_by_similarity(void **state)
{
    static const struct {
        const char *method, *path, *first;
    } rows[] = {
        {"GET",    "/v1/projects/p1/acounts",            "list"  },
        {"DELETE", "/v1/project/p1/accounts/a1",         "revoke"},
        {"GET",    "/projects/p1/accounts",              "list"  },
        {"POST",   "/v1/post",                           "create"},
        {"GET",    "/v1/post",                           "all"   },
        {"GET",    "/something/else/altogether/and/far", NULL    },
        {"GET",    "/page",                              NULL    },
        {"GET",    "/",                                  NULL    },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct route *nearest[3];
        size_t count =
            route_nearest(routes, COUNT(routes), str_from(rows[i].method), str_from(rows[i].path), nearest, 3);
        assert_true(count <= 3);
        assert_int_equal(count > 0, rows[i].first != NULL);
        if (rows[i].first)
            assert_string_equal(nearest[0]->operation, rows[i].first);
    }
}

static void a_very_long_path_is_handled(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct route *nearest[3];
    size_t size = 30000;
    char *path = arena_alloc(&a, size + 1);
    for (size_t i = 0; i < size; i++)
        path[i] = i % 3 ? 'x' : '/';
    assert_int_equal(find_route(&a, "GET", path).result, ROUTE_NONE);
    assert_int_equal(route_nearest(routes, COUNT(routes), STR("GET"), str_from(path), nearest, 3), 0);
    memset(path, 'x', size);
    path[0] = '/';
    route_nearest(routes, COUNT(routes), STR("GET"), str_from(path), nearest, 3);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_route),
        cmocka_unit_test(params_are_not_decoded_and_in_order),
        cmocka_unit_test(an_exact_route_has_no_params_of_a_less_exact_one),
        cmocka_unit_test(a_wrong_method_returns_the_allowed_methods),
        cmocka_unit_test(the_nearest_routes_are_sorted_by_similarity),
        cmocka_unit_test(a_very_long_path_is_handled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
