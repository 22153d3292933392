#include "mockserver/admin/common.h"

#include "mockserver/runtime/mock.h"

struct save_body {
    const char *name;
};

static const struct field save_rows[] = {
    FIELD("name", FIELD_TEXT, struct save_body, name, .required = true,
          .help = "Name of the snapshot: 1 to 64 characters of A-Z a-z 0-9 . _ -, not starting "
                  "with a dot. A snapshot of that name is replaced."),
};

const struct fields admin_save_fields = FIELD_TABLE("snapshot", save_rows, struct save_body, FIELDS_NO_PLACE);

void admin_snapshots(struct call *c)
{
    const char *name;
    struct json *w = admin_object(c, 200);
    json_key_list(w, "items");
    for (size_t i = 0; (name = snapshots_at(c->mock->namespaces, i)); i++) {
        json_open_map(w);
        json_put_text(w, "name", name);
        admin_put_clock(w, snapshots_find(c->mock->namespaces, str_from(name)));
        json_close_map(w);
    }
    json_close_list(w);
    json_close_map(w);
}

void admin_snapshot_save(struct call *c)
{
    struct save_body body = {0};
    if (!admin_body(c, &admin_save_fields, &body))
        return;
    if (!snapshots_save(c->mock->namespaces, body.name, c->ns)) {
        call_issue(c, "/name", "invalid name '%s'; expected 1 to %d of A-Z a-z 0-9 . _ -, not starting with a dot",
                   body.name, NAMESPACE_NAME_MAX);
        return;
    }
    struct json *w = admin_object(c, 201);
    json_put_text(w, "name", body.name);
    json_close_map(w);
}

void admin_snapshot_drop(struct call *c)
{
    if (snapshots_drop(c->mock->namespaces, c->params[0]))
        admin_removed(c, c->params[0]);
    else
        admin_unknown(c, "snapshot");
}

void admin_snapshot_restore(struct call *c)
{
    struct world *snapshot = snapshots_find(c->mock->namespaces, c->params[0]);
    if (!snapshot) {
        admin_unknown(c, "snapshot");
        return;
    }
    namespace_restore(c->ns, snapshot);
    struct json *w = admin_object(c, 200);
    json_put_str(w, "restored", c->params[0]);
    json_put_int(w, "generation", (int64_t)c->ns->generation);
    admin_put_clock(w, c->ns->world);
    json_close_map(w);
}
