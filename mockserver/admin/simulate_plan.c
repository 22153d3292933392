/* Sets the status of a key: paid, unpaid or disabled. */
#include "mockserver/admin/simulate.h"

#include "mockserver/state/tenant.h"

struct plan {
    const char *key;
    int status;
};

static const struct field plan_rows[] = {
    FIELD("key", FIELD_TEXT, struct plan, key, .required = true, .help = "API key, by name, value or id."),
    FIELD("status", FIELD_ENUM, struct plan, status, .required = true, .texts = key_status_texts,
          .text_count = KEY_STATUS_COUNT,
          .help = "`active`: the key works. `unpaid`: its plan is not paid. `killed`: the key is "
                  "disabled."),
};
const struct fields simulate_plan_fields = FIELD_TABLE("plan", plan_rows, struct plan, FIELDS_NO_PLACE);

void simulate_plan(struct call *c, const void *fields)
{
    const struct plan *f = fields;
    uint32_t key = select_key(c, "/key", f->key);
    if (!key)
        return;
    key_set_status(c->world, key, (enum key_status)f->status);
    struct json *w = admin_object(c, 200);
    simulation_put_id(c, "key", RECORD_KEY, key);
    json_put_text(w, "status", key_status_texts[f->status]);
    simulation_end(c);
}
