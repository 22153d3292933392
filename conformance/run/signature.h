/* signature.h - verifies the signature of a webhook delivery.
 *
 * Shapes:  the header is "t=<seconds>,v1=<hex>"; v1 is the HMAC-SHA256 of "<t>.<body>". While a
 *          secret is being rotated there are several v1; one match is enough.
 * Errors:  none. If the signature does not match, *why is the reason; else it is NULL.
 * Source:  Layers documentation, "Webhooks", verifying signatures.
 */
#pragma once
#include "base/str.h"

bool signature_matches(struct str header, struct str secret, struct str body, const char **why);
