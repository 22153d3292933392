#include "mockserver/state/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* splitmix64: maps each counter value to a well-mixed number. */
uint64_t ids_random(struct world *w)
{
    uint64_t x = w->seed + ++w->minted * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void write_ulid(struct world *w, char *out)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t high = ids_random(w), low = ids_random(w);
    for (int i = 25; i >= 0; i--) { /* 26 digits are 130 bits: the first is 0-7 */
        out[i] = digits[low & 31];
        low = low >> 5 | high << 59;
        high >>= 5;
    }
    out[26] = '\0';
}

static void write_uuid(struct world *w, char out[37])
{
    uint64_t high = ids_random(w), low = ids_random(w);
    high = (high & ~UINT64_C(0xf000)) | 0x4000;                                 /* version 4 */
    low = (low & ~UINT64_C(0xc000000000000000)) | UINT64_C(0x8000000000000000); /* variant 1 */
    snprintf(out, 37, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, high >> 32,
             high >> 16 & 0xffff, high & 0xffff, low >> 48, low & UINT64_C(0xffffffffffff));
}

static void write_cuid(struct world *w, char *out)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    uint64_t x = 0;
    for (int i = 0; i < 24; i++, x /= 36) {
        if (i % 12 == 0)
            x = ids_random(w);
        out[i] = digits[x % 36];
    }
    out[24] = '\0';
}

void ids_write(struct world *w, const char *prefix, enum id_form form, char out[64])
{
    size_t n = strlen(prefix);
    if (form == ID_OPEN)
        form = w->hostile && ids_random(w) & 1 ? ID_UUID : ID_ULID;
    assert(n + 37 <= 64);
    memcpy(out, prefix, n + 1);
    switch (form) {
    case ID_OPEN:
    case ID_ULID:
        write_ulid(w, out + n);
        break;
    case ID_UUID:
        write_uuid(w, out + n);
        break;
    case ID_CUID:
        write_cuid(w, out + n);
        break;
    case ID_HEX8:
        snprintf(out + n, 9, "%08" PRIx64, ids_random(w) >> 32);
        break;
    }
}

const char *ids_mint(struct world *w, const char *prefix, enum id_form form)
{
    char id[64];
    do /* the id may be taken, for example by a fixture exported with the same seed */
        ids_write(w, prefix, form, id);
    while (index_entries_taken(w, str_from(id)));
    return world_text(w, id);
}
