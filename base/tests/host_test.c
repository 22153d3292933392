/* Which hosts and socket addresses are loopback. */
#include "base/array.h"
#include "base/host.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include <cmocka.h>

static void check_hosts(const char *const *hosts, size_t count, bool loopback)
{
    for (size_t i = 0; i < count; i++)
        if (host_is_loopback(str_from(hosts[i])) != loopback)
            fail_msg("'%s' %s loopback", hosts[i], loopback ? "is not" : "is");
}

static void loopback_names_and_addresses_are_accepted(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "localhost",
        "LocalHost",
        "localhost.",
        "app.localhost",
        "a.b-c.d_e.LOCALHOST.",
        "127.0.0.1",
        "127.0.0.1.",
        "127.0.0.0",
        "127.255.255.255",
        "::1",
        "[::1]",
        "0:0:0:0:0:0:0:1",
        "[0000:0000:0000:0000:0000:0000:0000:0001]",
        "[::ffff:127.0.0.1]",
        "[::FFFF:127.9.8.7]",
        "[::ffff:7f00:1]",
        "[0000:0000:0000:0000:0000:ffff:127.255.255.255]",
    };
    check_hosts(hosts, COUNT(hosts), true);
}

static void lookalikes_are_rejected(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "",
        ".",
        "app",
        "example.com",
        "localhos",
        "notlocalhost",
        "local.host",
        "localhost.evil.com",
        ".localhost",
        "..localhost",
        "a..localhost",
        "localhost..",
        ".localhost.",
        "localhost:80",
        " localhost",
        "localhost ",
        "evil.com/.localhost",
        "evil.com#.localhost",
        "user@app.localhost",
        "127",
        "127.",
        "127.1",
        "127.0.1",
        "127.0.0.256",
        "127.0.0.01",
        "0127.0.0.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "2130706433",
        "0x7f000001",
        "127.0.0.1..",
        ".127.0.0.1",
        "127.0.0.1.1",
        "127.0.0.-1",
        "127.0.0.1:80",
        "127.0.0.1 ",
        "127.0.0.1.evil.com",
        "127.evil.com",
        "126.255.255.255",
        "128.0.0.1",
        "0.0.0.0",
        "[127.0.0.1]",
        "[localhost]",
        "::",
        "[::]",
        "::2",
        "[::1",
        "::1]",
        "[::1].",
        "[::1]:80",
        "[]",
        "[",
        "[[::1]]",
        "[::1%lo]",
        "[::127.0.0.1]",
        "[::ffff:126.0.0.1]",
        "[::ffff:127.1]",
        "[::ffff:0:127.0.0.1]",
        "[fe80::1]",
        "[2001:db8::1]",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]",
    };
    check_hosts(hosts, COUNT(hosts), false);
    assert_false(host_is_loopback(STR("127.0.0.1\0.evil.com")));
    assert_false(host_is_loopback(STR("::1\0")));
    assert_false(host_is_loopback(STR("localhost\0")));
}

static bool ipv4(const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return sockaddr_is_loopback((const struct sockaddr *)&address);
}

static bool ipv6(const char *text)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return sockaddr_is_loopback((const struct sockaddr *)&address);
}

static void a_resolved_address_is_checked_by_its_bytes(void **state)
{
    (void)state;
    assert_true(ipv4("127.0.0.1"));
    assert_true(ipv4("127.255.255.255"));
    assert_false(ipv4("126.0.0.1"));
    assert_false(ipv4("128.0.0.1"));
    assert_false(ipv4("0.0.0.0"));
    assert_true(ipv6("::1"));
    assert_true(ipv6("::ffff:127.0.0.1"));
    assert_false(ipv6("::"));
    assert_false(ipv6("::2"));
    assert_false(ipv6("::127.0.0.1"));
    assert_false(ipv6("::ffff:192.0.2.1"));
    assert_false(ipv6("7f00::1"));
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_false(sockaddr_is_loopback((const struct sockaddr *)&local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_names_and_addresses_are_accepted),
        cmocka_unit_test(lookalikes_are_rejected),
        cmocka_unit_test(a_resolved_address_is_checked_by_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
