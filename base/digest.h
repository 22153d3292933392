/* digest.h - hashes, signatures and random bytes, from OpenSSL's libcrypto.
 *
 * Units:   bytes; hex is lower case.
 * Errors:  none. A missing algorithm means a broken installation; the program aborts.
 */
#pragma once
#include "base/str.h"

#define DIGEST_SIZE 32

void digest_sha256(struct str text, unsigned char out[DIGEST_SIZE]);
void digest_hmac_sha256(struct str key, struct str text, unsigned char out[DIGEST_SIZE]);
char *digest_hex(struct arena *a, const unsigned char *bytes, size_t n);
char *digest_base64(struct arena *a, struct str bytes);
char *digest_base64url(struct arena *a, struct str bytes); /* no padding */
/* Returns false if the text is not canonical unpadded base64url. */
bool digest_base64url_decode(struct arena *a, struct str text, struct str *bytes);
bool digest_equal(struct str x, struct str y); /* constant time for equal lengths */
void digest_random(void *bytes, size_t n);
