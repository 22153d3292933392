#include "base/array.h"
#include "base/http/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define NAMES 4
static const char *const names[NAMES] = {"localhost", "127.0.0.1", "::1", "mock.test"};

/* The files of a test; removed at its end. */
struct files {
    struct arena arena;
    char folder[32];
    const char *paths[8];
    size_t count;
};

static int setup(void **state)
{
    struct files *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/certificate-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct files *f = *state;
    for (size_t i = 0; i < f->count; i++)
        unlink(f->paths[i]);
    rmdir(f->folder);
    arena_end(&f->arena);
    free(f);
    return 0;
}

static const char *write_file(struct files *f, const char *text)
{
    const char *path = arena_printf(&f->arena, "%s/%zu.pem", f->folder, f->count);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    f->paths[f->count++] = path;
    return path;
}

static struct certificate make(struct files *f)
{
    struct certificate c;
    certificate_make(&f->arena, names, NAMES, &c);
    return c;
}

static X509 *parse(const char *text)
{
    BIO *b = BIO_new_mem_buf(text, -1);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    BIO_free(b);
    assert_non_null(x);
    return x;
}

static void a_generated_certificate_is_valid_only_for_its_names(void **state)
{
    X509 *x = parse(make(*state).chain);
    assert_int_equal(X509_check_host(x, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "mock.test", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
    assert_int_equal(X509_check_host(x, "example.com", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(x, "127.0.0.2", 0), 0);
    X509_free(x);
}

static void a_generated_certificate_is_valid_now_and_is_no_authority(void **state)
{
    X509 *x = parse(make(*state).chain);
    assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(x)), -1);
    assert_int_equal(X509_cmp_current_time(X509_get0_notAfter(x)), 1);
    assert_int_equal(X509_check_ca(x), 0);
    assert_int_equal(X509_self_signed(x, 1), 1);
    X509_free(x);
}

static void a_client_with_the_certificate_file_trusts_it(void **state)
{
    X509 *x = parse(make(*state).chain);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, x);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_CTX_init(ctx, store, x, NULL);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    assert_int_equal(X509_verify_cert(ctx), 1);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(x);
}

static void two_generated_certificates_differ(void **state)
{
    struct certificate one = make(*state), other = make(*state);
    assert_string_not_equal(one.chain, other.chain);
    assert_string_not_equal(one.key, other.key);
}

static void a_matching_certificate_and_key_are_read_unchanged(void **state)
{
    struct files *f = *state;
    struct certificate made = make(f), read;
    assert_true(certificate_read(&f->arena, write_file(f, made.chain), write_file(f, made.key), &read, NULL));
    assert_string_equal(read.chain, made.chain);
    assert_string_equal(read.key, made.key);
    const char *both = write_file(f, arena_printf(&f->arena, "%s%s", made.key, made.chain));
    assert_true(certificate_read(&f->arena, both, both, &read, NULL));
}

static const char *encrypted(struct files *f, const char *key)
{
    BIO *in = BIO_new_mem_buf(key, -1), *out = BIO_new(BIO_s_mem());
    EVP_PKEY *k = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    char password[] = "word", *bytes;
    assert_true(PEM_write_bio_PKCS8PrivateKey(out, k, EVP_aes_256_cbc(), password, 4, NULL, NULL));
    long n = BIO_get_mem_data(out, &bytes);
    const char *text = arena_printf(&f->arena, "%.*s", (int)n, bytes);
    EVP_PKEY_free(k);
    BIO_free(in);
    BIO_free(out);
    return text;
}

static void an_invalid_file_is_reported_with_its_name(void **state)
{
    struct files *f = *state;
    struct certificate made = make(f), other = make(f), read = {0};
    const char *chain = write_file(f, made.chain), *key = write_file(f, made.key), *stranger = write_file(f, other.key),
               *junk = write_file(f, "hello\n"), *locked = write_file(f, encrypted(f, made.key));
    const struct {
        const char *chain, *key, *named, *expected;
    } rows[] = {
        {"/no/such", key,        "/no/such", "No such file"                   },
        {chain,      "/no/such", "/no/such", "No such file"                   },
        {f->folder,  key,        f->folder,  "directory"                      },
        {junk,       key,        junk,       "no PEM certificate in this file"},
        {key,        key,        key,        "no PEM certificate in this file"},
        {chain,      junk,       junk,       "no PEM private key in this file"},
        {chain,      locked,     locked,     "is encrypted"                   },
        {chain,      stranger,   stranger,   "does not match"                 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_false(certificate_read(&f->arena, rows[i].chain, rows[i].key, &read, &err));
        assert_int_equal(err.count, 1);
        assert_string_equal(err.first->at.file, rows[i].named);
        if (!strstr(err.first->text, rows[i].expected))
            fail_msg("row %zu: %s", i, err.first->text);
        error_end(&err);
    }
    assert_null(read.chain);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_generated_certificate_is_valid_only_for_its_names),
        TEST(a_generated_certificate_is_valid_now_and_is_no_authority),
        TEST(a_client_with_the_certificate_file_trusts_it),
        TEST(two_generated_certificates_differ),
        TEST(a_matching_certificate_and_key_are_read_unchanged),
        TEST(an_invalid_file_is_reported_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
