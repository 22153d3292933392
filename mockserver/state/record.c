#include "mockserver/state/record.h"

#include <string.h>

#include "base/time.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/media.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/webhook.h"

int record_provider(const struct world *w, enum record_kind kind, uint32_t row)
{
    const char *record = world_read(w, kind, row);
    if (kind == RECORD_KEY)
        return organization_read(w, key_read(w, row)->organization)->provider;
    if (kind == RECORD_SPACE)
        return space_provider(w, row);
    return *(const int *)(const void *)(record + record_type(kind)->provider_offset);
}

const char *record_state(const struct world *w, enum record_kind kind, uint32_t row)
{
    switch (kind) {
    case RECORD_KEY:
        return key_status_texts[key_read(w, row)->status];
    case RECORD_ACCOUNT:
        return account_state_text(account_read(w, row));
    case RECORD_OAUTH_ATTEMPT:
        return oauth_attempt_state_texts[oauth_attempt_read(w, row)->state];
    case RECORD_CONTENT:
        return content_state_texts[content_read(w, row)->state];
    case RECORD_DESTINATION:
        return destination_state_texts[destination_read(w, row)->state];
    case RECORD_LEASE_REQUEST:
        return lease_state_texts[lease_request_read(w, row)->state];
    case RECORD_POOL_ACCOUNT:
        return pool_account_state_text(pool_account_read(w, row));
    case RECORD_AD_ACCOUNT:
        return ad_account_state_text(ad_account_read(w, row));
    case RECORD_WEBHOOK:
        return webhook_state_texts[webhook_read(w, row)->state];
    case RECORD_DELIVERY:
        return delivery_state_texts[delivery_read(w, row)->state];
    case RECORD_MEDIA:
        return media_state_texts[media_read(w, row)->state];
    case RECORD_ORGANIZATION:
    case RECORD_SPACE:
    case RECORD_POST:
    case RECORD_WALLET_ENTRY:
    case RECORD_LAYER:
    case RECORD_ONBOARDING:
    case RECORD_KIND_COUNT:
        break;
    }
    return "present";
}

const char *record_id(const struct world *w, enum record_kind kind, uint32_t row)
{
    const char *id;
    memcpy(&id, (const char *)world_read(w, kind, row) + record_type(kind)->id_offset, sizeof id);
    return id;
}

/* Without trailing zeros. */
static size_t used_count(const int64_t *numbers, size_t count)
{
    while (count && !numbers[count - 1])
        count--;
    return count;
}

static void get_time(int64_t ms, struct record_value *out)
{
    out->none = ms == 0;
    out->number = ms;
    if (!out->none)
        out->text = time_millis(ms, out->time_text);
}

void record_get(const struct world *w, enum record_kind kind, uint32_t row, const struct record_field *f,
                struct record_value *out)
{
    const char *record = world_read(w, kind, row), *at = record + f->offset;
    *out = (struct record_value){0};
    switch (f->type) {
    case RECORD_TEXT:
        memcpy(&out->text, at, sizeof out->text);
        out->none = !out->text;
        break;
    case RECORD_BOOL:
        memcpy(&out->truth, at, sizeof out->truth);
        break;
    case RECORD_INT:
        memcpy(&out->number, at, sizeof out->number);
        break;
    case RECORD_TIME: {
        int64_t ms;
        memcpy(&ms, at, sizeof ms);
        get_time(ms, out);
        break;
    }
    case RECORD_ENUM: {
        int value;
        memcpy(&value, at, sizeof value);
        out->text = f->texts[value];
        break;
    }
    case RECORD_REF: {
        uint32_t to;
        memcpy(&to, at, sizeof to);
        out->none = to == ROW_NONE;
        out->number = to;
        out->text = out->none ? NULL : record_id(w, f->refers, to);
        break;
    }
    case RECORD_CHANGE: {
        uint32_t seq;
        memcpy(&seq, at, sizeof seq);
        out->none = seq == 0;
        out->number = seq;
        break;
    }
    case RECORD_TEXTS: {
        uint32_t count;
        memcpy(&out->texts, at, sizeof out->texts);
        memcpy(&count, record + f->count_offset, sizeof count);
        out->count = count;
        break;
    }
    case RECORD_INTS:
        out->numbers = (const int64_t *)(const void *)at;
        out->count = used_count(out->numbers, f->count);
        break;
    }
}
