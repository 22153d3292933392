/* Handler that disables a key. */
#include "mockserver/providers/layers/layers.h"

/* Returns lp_<env>_<key id>_<secret> without the secret, which may contain underscores. */
static const char *prefix_of(struct arena *a, const struct key *k)
{
    struct str rest = str_from(k->value);
    for (int part = 0; part < 3; part++)
        str_cut(&rest, '_');
    size_t n = (size_t)(rest.s - k->value);
    return rest.n ? arena_printf(a, "%.*s", (int)n - 1, k->value) : k->value;
}

static void print_killed(struct call *c, const struct key *k)
{
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_key(out, "apiKey");
    json_open_map(out);
    json_put_text(out, "id", k->public_id);
    json_put_text(out, "organizationId", organization_read(c->world, k->organization)->public_id);
    json_put_text(out, "name", k->name);
    json_put_text(out, "prefix", prefix_of(c->arena, k));
    json_put_bool(out, "killSwitch", true);
    json_put_bool(out, "isActive", false);
    layers_put_time(c, "revokedAt", k->status_since_ms);
    json_close_map(out);
    json_put_bool(out, "killed", true);
    json_close_map(out);
}

/* Any key of the organization may kill any other, or itself. Only a simulation can undo it. */
void layers_kill_api_key(struct call *c)
{
    uint32_t row = key_of_id(c->world, LAYERS, c->params[0]);
    if (!row || key_read(c->world, row)->organization != key_read(c->world, c->key)->organization) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such API key.");
        return;
    }
    if (key_read(c->world, row)->status != KEY_KILLED)
        key_set_status(c->world, row, KEY_KILLED);
    print_killed(c, key_read(c->world, row));
}
