#include "base/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/arena.h"

/* Uses the low-level functions, which newer headers hide: the one-shot functions fetch the algorithm on each call,
 * which takes longer than hashing a key, and every request hashes a key. */
void digest_sha256(struct str text, unsigned char out[DIGEST_SIZE])
{
    SHA256_CTX hash;
    if (!SHA256_Init(&hash) || !SHA256_Update(&hash, text.n ? text.s : "", text.n) || !SHA256_Final(out, &hash))
        abort();
}

void digest_hmac_sha256(struct str key, struct str text, unsigned char out[DIGEST_SIZE])
{
    unsigned size;
    if (key.n > INT_MAX ||
        !HMAC(EVP_sha256(), key.n ? key.s : "", (int)key.n, (const unsigned char *)(text.n ? text.s : ""), text.n, out,
              &size) ||
        size != DIGEST_SIZE)
        abort();
}

char *digest_hex(struct arena *a, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = arena_alloc(a, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    return hex;
}

#define ALPHANUMERICS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char base64_plain[] = ALPHANUMERICS "+/";
static const char base64_url[] = ALPHANUMERICS "-_";

static char *encode(struct arena *a, struct str bytes, const char *alphabet, bool padded)
{
    char *text = arena_alloc(a, bytes.n / 3 * 4 + 5), *end = text;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t have = bytes.n - i < 3 ? bytes.n - i : 3;
        unsigned group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < have ? (unsigned char)bytes.s[i + k] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= have)
                *end++ = alphabet[group >> (18 - 6 * k) & 63];
            else if (padded)
                *end++ = '=';
        }
    }
    return text;
}

char *digest_base64(struct arena *a, struct str bytes)
{
    return encode(a, bytes, base64_plain, true);
}

char *digest_base64url(struct arena *a, struct str bytes)
{
    return encode(a, bytes, base64_url, false);
}

bool digest_base64url_decode(struct arena *a, struct str text, struct str *bytes)
{
    char *out = arena_alloc(a, text.n / 4 * 3 + 3), *end = out;
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = memchr(base64_url, text.s[i], sizeof base64_url - 1);
        if (!at)
            return false;
        bits = (bits << 6 | (unsigned)(at - base64_url)) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *end++ = (char)(bits >> held & 0xFF);
        }
    }
    /* An encoder never leaves a single last letter or nonzero spare bits. Accepting them would give one value several
     * encodings. */
    if (held >= 6 || bits & ((1u << held) - 1))
        return false;
    *bytes = str_of(out, (size_t)(end - out));
    return true;
}

bool digest_equal(struct str x, struct str y)
{
    return x.n == y.n && (!x.n || CRYPTO_memcmp(x.s, y.s, x.n) == 0);
}

void digest_random(void *bytes, size_t n)
{
    unsigned char *at = bytes;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
}
