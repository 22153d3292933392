/* Campaigns: named groups of posts. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <inttypes.h>

#include "base/array.h"

#define LIMIT_DEFAULT 50

struct campaign_body {
    const char *name, *description, *color;
    int status; /* enum campaign_state; CAMPAIGN_STATE_COUNT: absent */
};

#define OF struct campaign_body
#define ROWS(needed)                                                                                                   \
    FIELD("name", FIELD_TEXT, OF, name, .required = (needed), .min = 1, .max = PE_CAMPAIGN_NAME_MAX,                   \
          .help = "Name of the campaign."),                                                                            \
        FIELD("description", FIELD_TEXT, OF, description, .max = PE_CAMPAIGN_DESCRIPTION_MAX,                          \
              .help = "Description by the owner."),                                                                    \
        FIELD("color", FIELD_TEXT, OF, color, .help = "Color as #RRGGBB."),                                            \
        FIELD("status", FIELD_ENUM, OF, status, .words = &pe_campaign_statuses, .help = "active or archived.")
static const struct field create_rows[] = {ROWS(true)};
static const struct fields create_fields = FIELD_TABLE("body", create_rows, OF, FIELDS_NO_PLACE);
static const struct field update_rows[] = {ROWS(false)};
static const struct fields update_fields = FIELD_TABLE("body", update_rows, OF, FIELDS_NO_PLACE);
#undef OF

int64_t pe_next_campaign_id(const struct world *w)
{
    int64_t next = 1, id;
    for (uint32_t row = 0; world_next(w, RECORD_CAMPAIGN, &row);) {
        const struct campaign *x = campaign_read(w, row);
        if (x->provider == POSTEVERYWHERE && str_to_int(str_from(x->public_id), &id) && id >= next)
            next = id + 1;
    }
    return next;
}

static bool is_hex_digit(char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
}

bool pe_is_color(const char *text)
{
    size_t digits = 0;
    while (*text == '#' && is_hex_digit(text[1 + digits]))
        digits++;
    return digits == 6 && !text[7];
}

static bool read_body(struct call *c, const struct fields *table, struct campaign_body *body)
{
    *body = (struct campaign_body){.status = CAMPAIGN_STATE_COUNT};
    return pe_body(c, table, body) &&
           (!body->color || pe_is_color(body->color) || call_issue(c, "color", "must be a color such as #3b82f6"));
}

/* `was` has the values of the members that the body does not have. */
static struct campaign spec_of(const struct campaign_body *body, const struct campaign *was)
{
    struct campaign to = *was;
    if (body->name)
        to.name = body->name;
    if (body->description)
        to.description = body->description;
    if (body->color)
        to.color = body->color;
    if (body->status != CAMPAIGN_STATE_COUNT)
        to.state = (enum campaign_state)body->status;
    return to;
}

static void print_campaign(struct call *c, uint32_t row)
{
    const struct campaign *x = campaign_read(c->world, row);
    struct json *out = &c->out;
    json_open_map(out);
    pe_put_number(out, "id", x->public_id);
    json_put_text(out, "name", x->name);
    json_put_text(out, "description", x->description);
    json_put_text(out, "color", x->color);
    json_put_text(out, "status", enum_word_of(&pe_campaign_statuses, x->state));
    json_put_int(out, "post_count", campaign_count_posts(c->world, row));
    pe_put_time(c, "created_at", x->created_at_ms);
    pe_put_time(c, "updated_at", x->updated_at_ms);
    json_close_map(out);
}

static void respond_campaign(struct call *c, int status, uint32_t row)
{
    pe_begin(c, status);
    print_campaign(c, row);
    pe_end(c);
}

uint32_t pe_campaign(const struct call *c, struct str id)
{
    uint32_t row = campaign_find(c->world, POSTEVERYWHERE, id);
    const struct campaign *x = row ? campaign_read(c->world, row) : NULL;
    return x && x->state != CAMPAIGN_REMOVED && call_owns(c, x->space) ? row : ROW_NONE;
}

/* The campaign named by the first path parameter. ROW_NONE: the call is refused. */
static uint32_t own_campaign(struct call *c)
{
    uint32_t row = pe_campaign(c, c->params[0]);
    if (!row)
        call_refuse(c, FAULT_NOT_FOUND, "No campaign has this id.");
    return row;
}

void pe_create_campaign(struct call *c)
{
    struct campaign_body body;
    if (!read_body(c, &create_fields, &body))
        return;
    const struct campaign nothing = {
        .public_id = arena_printf(c->arena, "%" PRId64, pe_next_campaign_id(c->world)),
        .color = PE_CAMPAIGN_COLOR,
    };
    const struct campaign spec = spec_of(&body, &nothing);
    respond_campaign(c, 201, campaign_create(c->world, pe_space(c), &spec));
}

void pe_list_campaigns(struct call *c)
{
    struct pe_page page;
    struct index_walk walk;
    unsigned statuses = 0;
    bool ok = pe_query_words(c, "status", &pe_campaign_statuses, &statuses);
    if (!pe_read_page(c, &page) || !ok)
        return;
    if (!call_query(c, "limit").s)
        page.limit = LIMIT_DEFAULT;
    uint32_t space = pe_space(c);
    int64_t count = 0;
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_key(out, "campaigns");
    json_open_list(out);
    index_from(&c->world->indexes[INDEX_CAMPAIGN_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        if (statuses && !(statuses >> campaign_read(c->world, walk.entry.row)->state & 1))
            continue;
        if (count >= page.offset && count < page.offset + page.limit)
            print_campaign(c, walk.entry.row);
        count++;
    }
    json_close_list(out);
    pe_put_page(c, &page, (size_t)count);
    json_close_map(out);
    pe_end(c);
}

void pe_read_campaign(struct call *c)
{
    uint32_t row = own_campaign(c);
    if (row)
        respond_campaign(c, 200, row);
}

void pe_update_campaign(struct call *c)
{
    struct campaign_body body;
    uint32_t row = own_campaign(c);
    if (!row || !read_body(c, &update_fields, &body))
        return;
    const struct campaign to = spec_of(&body, campaign_read(c->world, row));
    campaign_update(c->world, row, &to);
    respond_campaign(c, 200, row);
}

/* Its posts stay, without a campaign. */
void pe_delete_campaign(struct call *c)
{
    uint32_t row = own_campaign(c);
    if (!row)
        return;
    campaign_remove(c->world, row);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    pe_put_number(out, "id", campaign_read(c->world, row)->public_id);
    json_put_bool(out, "deleted", true);
    json_close_map(out);
    pe_end(c);
}
