#include "conformance/run/signature.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"

static struct str value_of(struct str part, struct str key)
{
    part = str_trim(part);
    return str_starts(part, key) ? str_skip(part, key.n) : (struct str){0};
}

static struct str time_of(struct str header)
{
    while (header.n) {
        struct str t = value_of(str_cut(&header, ','), STR("t="));
        if (t.n)
            return t;
    }
    return (struct str){0};
}

static bool any_matches(struct str header, struct str expected)
{
    bool fits = false;
    while (header.n) {
        struct str v1 = value_of(str_cut(&header, ','), STR("v1="));
        fits |= digest_equal(v1, expected);
    }
    return fits;
}

bool signature_matches(struct str header, struct str secret, struct str body, const char **why)
{
    struct arena a = {0};
    struct buf text = {.arena = &a};
    struct str t = time_of(header);
    unsigned char mac[DIGEST_SIZE];
    buf_add(&text, t);
    buf_byte(&text, '.');
    buf_add(&text, body);
    digest_hmac_sha256(secret, buf_str(&text), mac);
    bool fits = t.n && any_matches(header, str_from(digest_hex(&a, mac, sizeof mac)));
    *why = !header.n ? "the delivery has no signature"
           : !t.n    ? "the signature has no timestamp (t=)"
           : !fits   ? "the signature does not match the body and the secret"
                     : NULL;
    arena_end(&a);
    return fits;
}
