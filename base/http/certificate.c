#include "base/http/certificate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/file.h"

#define FILE_MAX    (1 << 20)
#define MADE_NAME   "Understudy self-signed" /* common name of the generated certificates */
#define SERIAL_BITS 127
#define DAY_S       86400L
#define DAYS_AFTER  397 /* some clients reject a longer validity */

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* reading */

static bool read_file(struct arena *a, const char *path, const char **text, struct error *err)
{
    struct where at = {.file = path};
    const char *why;
    size_t n;
    char *bytes = file_read(path, FILE_MAX, &n, &why);
    if (!bytes)
        return error_add(err, ERROR_SYSTEM, at, "%s", why);
    *text = str_dup(a, str_of(bytes, n));
    heap_free(bytes);
    return n <= FILE_MAX || error_add(err, ERROR_INPUT, at, "the file is larger than 1 MiB");
}

/* The password callback of OpenSSL: records that the key is encrypted and returns no password.
 * NOLINTNEXTLINE(readability-non-const-parameter): type required by OpenSSL */
static int is_encrypted(char *password, int room, int writing, void *encrypted)
{
    (void)password;
    (void)room;
    (void)writing;
    *(bool *)encrypted = true;
    return -1;
}

static BIO *bytes_of(const char *text)
{
    BIO *b = BIO_new_mem_buf(text, -1);
    must(b);
    return b;
}

static X509 *parse_certificate(const char *text)
{
    BIO *b = bytes_of(text);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    BIO_free(b);
    return x;
}

static EVP_PKEY *parse_key(const char *text, bool *encrypted)
{
    BIO *b = bytes_of(text);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, is_encrypted, encrypted);
    BIO_free(b);
    return key;
}

static bool check(const char *chain_file, const X509 *own, const char *key_file, const EVP_PKEY *key, bool encrypted,
                  struct error *err)
{
    struct where at_chain = {.file = chain_file}, at_key = {.file = key_file};
    if (!own)
        error_add(err, ERROR_INPUT, at_chain, "no PEM certificate in this file");
    if (encrypted)
        error_add(err, ERROR_INPUT, at_key, "the private key is encrypted; decrypt it with openssl pkey -in FILE");
    else if (!key)
        error_add(err, ERROR_INPUT, at_key, "no PEM private key in this file");
    if (own && key && !X509_check_private_key(own, key))
        error_add(err, ERROR_INPUT, at_key, "the private key does not match the certificate in %s", chain_file);
    return !error_any(err);
}

bool certificate_read(struct arena *a, const char *chain_file, const char *key_file, struct certificate *out,
                      struct error *err)
{
    struct certificate read = {0};
    bool encrypted = false, have_chain = read_file(a, chain_file, &read.chain, err),
         have_key = read_file(a, key_file, &read.key, err);
    if (!have_chain || !have_key)
        return false;
    X509 *own = parse_certificate(read.chain);
    EVP_PKEY *key = parse_key(read.key, &encrypted);
    bool ok = check(chain_file, own, key_file, key, encrypted, err);
    X509_free(own);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (ok)
        *out = read;
    return ok;
}

/* generating */

static void add_extension(X509 *x, int which, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, which, value);
    must(e && X509_add_ext(x, e, -1));
    X509_EXTENSION_free(e);
}

static bool is_address(const char *name)
{
    struct in6_addr bytes;
    return inet_pton(AF_INET, name, &bytes) == 1 || inet_pton(AF_INET6, name, &bytes) == 1;
}

static const char *alternative_names(struct arena *a, const char *const *names, size_t count)
{
    struct buf list = {.arena = a};
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s:%s", i ? "," : "", is_address(names[i]) ? "IP" : "DNS", names[i]);
    return buf_c(&list);
}

static void set_serial(X509 *x)
{
    BIGNUM *serial = BN_new();
    must(serial && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
         BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x)));
    BN_free(serial);
}

/* Has no key usage extension: with one that does not allow signing certificates, OpenSSL does not accept the
 * certificate as its own issuer, so clients could not trust it. */
static X509 *self_signed(EVP_PKEY *key, const char *alternatives)
{
    X509 *x = X509_new();
    must(x && X509_set_version(x, X509_VERSION_3));
    set_serial(x);
    must(X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S) &&
         X509_gmtime_adj(X509_getm_notAfter(x), (DAYS_AFTER - 1) * DAY_S));
    X509_NAME *name = X509_get_subject_name(x);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)MADE_NAME, -1, -1, 0) &&
         X509_set_issuer_name(x, name) && X509_set_pubkey(x, key));
    add_extension(x, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x, NID_ext_key_usage, "serverAuth");
    add_extension(x, NID_subject_alt_name, alternatives);
    add_extension(x, NID_subject_key_identifier, "hash");
    must(X509_sign(x, key, EVP_sha256()));
    return x;
}

static const char *text_of(struct arena *a, BIO *b)
{
    char *bytes;
    long n = BIO_get_mem_data(b, &bytes);
    const char *text = str_dup(a, str_of(bytes, (size_t)n));
    BIO_free(b);
    return text;
}

void certificate_make(struct arena *a, const char *const *names, size_t count, struct certificate *out)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key);
    X509 *x = self_signed(key, alternative_names(a, names, count));
    BIO *chain = BIO_new(BIO_s_mem()), *secret = BIO_new(BIO_s_mem());
    must(chain && secret && PEM_write_bio_X509(chain, x) &&
         PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL));
    *out = (struct certificate){text_of(a, chain), text_of(a, secret)};
    X509_free(x);
    EVP_PKEY_free(key);
}

bool certificate_is_made(struct str chain)
{
    char name[sizeof MADE_NAME + 1];
    struct arena a = {0};
    X509 *x = parse_certificate(str_dup(&a, chain));
    bool is_made = x && X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, sizeof name) >= 0 &&
                   !strcmp(name, MADE_NAME);
    X509_free(x);
    ERR_clear_error();
    arena_end(&a);
    return is_made;
}
