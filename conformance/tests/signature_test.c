#include "conformance/run/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"

/* printf '{"id":1}' | openssl dgst -sha256 -hmac whsec_test */
#define BODY_MAC "28b662b0d2478f16dfe24997114352f1e753db9b7b114b477859947e73144763"
/* printf '1700000000.{"id":1}' | openssl dgst -sha256 -hmac whsec_test */
#define MAC      "2f441ba4b3b2d50d28a9ab9d9fd8880376ecd1eb5d0435401553f5d8d0a5dcf8"
#define MISMATCH "the signature does not match the body and the secret"

static void a_signature_covers_the_bytes_and_the_secret(void **state)
{
    (void)state;
    static const struct {
        const char *header, *secret, *body, *why;
    } rows[] = {
        {"t=1700000000,v1=" MAC,         "whsec_test",  "{\"id\":1}",  NULL                                 },
        {"t=1700000000, v1=00, v1=" MAC, "whsec_test",  "{\"id\":1}",  NULL                                 },
        {"v1=" MAC ",t=1700000000",      "whsec_test",  "{\"id\":1}",  NULL                                 },
        {"",                             "whsec_test",  "{\"id\":1}",  "the delivery has no signature"      },
        {"v1=" MAC,                      "whsec_test",  "{\"id\":1}",  "the signature has no timestamp (t=)"},
        {"t=1700000001,v1=" MAC,         "whsec_test",  "{\"id\":1}",  MISMATCH                             },
        {"t=1700000000,v1=" MAC,         "whsec_other", "{\"id\":1}",  MISMATCH                             },
        {"t=1700000000,v1=" MAC,         "whsec_test",  "{\"id\": 1}", MISMATCH                             },
        {"t=1700000000",                 "whsec_test",  "{\"id\":1}",  MISMATCH                             },
        {"t=1700000000,v1=",             "whsec_test",  "{\"id\":1}",  MISMATCH                             },
        {"sha256=" BODY_MAC,             "whsec_test",  "{\"id\":1}",  NULL                                 },
        {"sha256=" BODY_MAC,             "whsec_other", "{\"id\":1}",  MISMATCH                             },
        {"sha256=" BODY_MAC,             "whsec_test",  "{\"id\": 1}", MISMATCH                             },
        {"sha256=" MAC,                  "whsec_test",  "{\"id\":1}",  MISMATCH                             },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why;
        bool fits = signature_matches(str_from(rows[i].header), str_from(rows[i].secret), str_from(rows[i].body), &why);
        assert_int_equal(fits, rows[i].why == NULL);
        if (rows[i].why)
            assert_string_equal(why, rows[i].why);
        else
            assert_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_covers_the_bytes_and_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
