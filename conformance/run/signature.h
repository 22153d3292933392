/* signature.h - whether the bytes of a delivery are signed with a secret.
 *
 * Shapes:  "t=<seconds>,v1=<hex>": HMAC-SHA256 of "<t>.<body>". While a secret is changed there are
 *          several v1; one that fits is enough.
 * Errors:  none; `why` says what is wrong.
 * Source:  "Webhooks", verifying signatures.
 */
#pragma once
#include "base/str.h"

bool signature_fits(struct str header, struct str secret, struct str body, const char **why);
