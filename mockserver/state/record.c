#include "mockserver/state/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mockserver/state/compaction.h"
#include "mockserver/state/history.h"

static const void *record_of(const struct world *w, enum record_kind kind, uint32_t row)
{
    return world_read(w, kind, row);
}

uint32_t record_owner(const struct world *w, enum record_kind kind, uint32_t row, enum record_kind owner)
{
    const struct record_type *type = record_types[kind];
    uint32_t to;
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].type != RECORD_REF || type->fields[i].refers != owner)
            continue;
        memcpy(&to, (const char *)record_of(w, kind, row) + type->fields[i].offset, sizeof to);
        return to;
    }
    return ROW_NONE;
}

/* The record belongs to it directly, or its space does. */
static uint32_t organization_of(const struct world *w, enum record_kind kind, uint32_t row)
{
    uint32_t direct = record_owner(w, kind, row, RECORD_ORGANIZATION);
    return direct ? direct
                  : record_owner(w, RECORD_SPACE, record_owner(w, kind, row, RECORD_SPACE), RECORD_ORGANIZATION);
}

int record_provider(const struct world *w, enum record_kind kind, uint32_t row)
{
    int provider;
    const size_t offset = record_types[kind]->provider_offset;
    if (offset == SIZE_MAX)
        return record_provider(w, RECORD_ORGANIZATION, organization_of(w, kind, row));
    memcpy(&provider, (const char *)record_of(w, kind, row) + offset, sizeof provider);
    return provider;
}

int record_state(const struct world *w, enum record_kind kind, uint32_t row)
{
    const struct record_type *type = record_types[kind];
    const char *record = record_of(w, kind, row);
    int state = 0;
    if (type->state)
        return type->state(record);
    if (type->state_texts)
        memcpy(&state, record + type->state_offset, sizeof state);
    return state;
}

const char *const *record_state_texts(enum record_kind kind, size_t *count)
{
    static const char *const stateless[] = {"present"};
    const struct record_type *type = record_types[kind];
    *count = type->state_texts ? type->state_count : COUNT(stateless);
    return type->state_texts ? type->state_texts : stateless;
}

const char *record_state_text(enum record_kind kind, int state)
{
    size_t count;
    return state == STATE_NONE ? NULL : record_state_texts(kind, &count)[state];
}

const char *record_id(const struct world *w, enum record_kind kind, uint32_t row)
{
    const char *id;
    memcpy(&id, (const char *)record_of(w, kind, row) + record_types[kind]->id_offset, sizeof id);
    return id;
}

int64_t record_scope(const struct world *w, enum record_kind kind, uint32_t row, enum record_kind of)
{
    if (record_types[of]->id_per_organization)
        return organization_of(w, kind, row);
    return record_provider(w, kind, row);
}

void index_entries_put(struct index_entries *to, enum world_index index, int64_t key, int64_t order, uint32_t row)
{
    assert(to->count < INDEX_ENTRIES_MAX);
    to->items[to->count].index = index;
    to->items[to->count++].entry = (struct index_entry){key, order, row};
}

void index_entries_of(const struct world *w, enum record_kind kind, uint32_t row, struct index_entries *out)
{
    out->count = 0;
    const char *id = record_id(w, kind, row);
    enum record_kind owner = kind;
    uint32_t owner_row = record_owner_row(w, kind, row, &owner);
    if (owner_row)
        index_entries_put(out, INDEX_OWNED, record_owned_key(owner, owner_row, kind), row, row);
    if (id)
        index_entries_put(out, (enum world_index)kind, index_text_key(str_from(id)), record_scope(w, kind, row, kind),
                          row);
    if (record_types[kind]->add_entries)
        record_types[kind]->add_entries(w, record_of(w, kind, row), row, out);
}

void record_references_of(const struct world *w, enum record_kind kind, uint32_t row, struct record_references *out)
{
    const struct record_type *type = record_types[kind];
    const char *record = record_of(w, kind, row);
    size_t count = 0;
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].type != RECORD_REF || type->fields[i].owner)
            continue;
        assert(count < RECORD_REFERENCES_MAX);
        memcpy(&out->rows[count++], record + type->fields[i].offset, sizeof out->rows[0]);
    }
}

int64_t record_owned_key(enum record_kind owner, uint32_t row, enum record_kind part)
{
    return index_pair_key(row, (uint32_t)owner << 16 | (uint32_t)part);
}

static void add_entries(struct world *w, enum record_kind kind, uint32_t row)
{
    struct index_entries now;
    index_entries_of(w, kind, row, &now);
    for (size_t i = 0; i < now.count; i++)
        (void)world_require(w, index_add(&w->indexes[now.items[i].index], now.items[i].entry));
}

/* True if the i-th of these entries is one of the others. All are of one record, so their rows are equal. */
static bool is_among(const struct index_entries *these, size_t i, const struct index_entries *others)
{
    const struct index_entry *e = &these->items[i].entry;
    for (size_t k = 0; k < others->count; k++)
        if (others->items[k].index == these->items[i].index && others->items[k].entry.key == e->key &&
            others->items[k].entry.order == e->order)
            return true;
    return false;
}

static void move_entries(struct world *w, enum record_kind kind, uint32_t row, const struct index_entries *before)
{
    struct index_entries now;
    index_entries_of(w, kind, row, &now);
    for (size_t i = 0; i < before->count; i++)
        if (!is_among(before, i, &now))
            (void)world_require(w, index_remove(&w->indexes[before->items[i].index], before->items[i].entry));
    for (size_t i = 0; i < now.count; i++)
        if (!is_among(&now, i, before))
            (void)world_require(w, index_add(&w->indexes[now.items[i].index], now.items[i].entry));
}

/* Replaces the record's texts with copies in the world's string pool. */
static void keep_texts(struct world *w, const struct record_type *type, char *record)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        const char *text, *const *texts;
        uint32_t count;
        if (f->type == RECORD_TEXT) {
            memcpy(&text, record + f->offset, sizeof text);
            text = world_text(w, text);
            memcpy(record + f->offset, &text, sizeof text);
        } else if (f->type == RECORD_TEXTS) {
            memcpy(&texts, record + f->offset, sizeof texts);
            memcpy(&count, record + f->count_offset, sizeof count);
            texts = string_pool_keep_list(&w->strings, texts, count);
            memcpy(record + f->offset, &texts, sizeof texts);
        }
    }
}

/* The record has its place and its texts: adds what belongs to it. */
static void complete(struct world *w, enum record_kind kind, void *record, uint32_t row, enum transition_kind what)
{
    const struct record_type *type = record_types[kind];
    if (type->derive)
        type->derive(record);
    if (type->queue_events)
        type->queue_events(w, record, row);
    world_compact_row(w, kind, row);
    add_entries(w, kind, row);
    struct record_references now;
    record_references_of(w, kind, row, &now);
    history_references(w, kind, NULL, &now);
    changes_add(w, kind, row, what, STATE_NONE, record_state(w, kind, row));
}

uint32_t record_create(struct world *w, enum record_kind kind, const void *record, enum transition_kind what)
{
    uint32_t row;
    void *added = table_add(&w->records[kind], &row);
    memcpy(added, record, record_types[kind]->size);
    keep_texts(w, record_types[kind], added);
    complete(w, kind, added, row, what);
    world_transition_done(w);
    return row;
}

uint32_t record_add(struct world *w, enum record_kind kind, const void *record, enum transition_kind what)
{
    uint32_t row;
    void *added = table_add(&w->records[kind], &row);
    memcpy(added, record, record_types[kind]->size);
    complete(w, kind, added, row, what);
    return row;
}

void *transition_begin(struct transition *t, struct world *w, enum record_kind kind, uint32_t row)
{
    *t = (struct transition){.w = w, .kind = kind, .row = row};
    if (!world_require(w, world_has(w, kind, row))) {
        t->row = ROW_NONE; /* what is written is lost */
        return world_edit(w, kind, row);
    }
    t->from = record_state(w, kind, row);
    index_entries_of(w, kind, row, &t->before);
    record_references_of(w, kind, row, &t->references);
    return world_edit(w, kind, row);
}

void transition_end_part(const struct transition *t)
{
    if (!t->row)
        return;
    world_compact_row(t->w, t->kind, t->row);
    struct record_references now;
    move_entries(t->w, t->kind, t->row, &t->before);
    record_references_of(t->w, t->kind, t->row, &now);
    history_references(t->w, t->kind, &t->references, &now);
    history_judge(t->w, t->kind, t->row);
}

void transition_end(const struct transition *t, enum transition_kind what)
{
    if (!t->row)
        return;
    transition_end_part(t);
    changes_add(t->w, t->kind, t->row, what, t->from, record_state(t->w, t->kind, t->row));
    world_transition_done(t->w);
}

/* The first record with that id, in the scopes from `first_scope` to `last_scope`. */
static uint32_t find_between(const struct world *w, enum record_kind kind, int64_t first_scope, int64_t last_scope,
                             struct str public_id)
{
    int64_t key = index_text_key(public_id);
    struct index_walk walk;
    index_from(&w->indexes[kind], &walk, (struct index_entry){key, first_scope, 0});
    while (index_next_of(&walk, key) && walk.entry.order <= last_scope)
        if (str_is(public_id, record_id(w, kind, walk.entry.row)))
            return walk.entry.row;
    return ROW_NONE;
}

uint32_t record_find_in(const struct world *w, enum record_kind kind, int64_t scope, struct str public_id)
{
    return find_between(w, kind, scope, scope, public_id);
}

uint32_t record_find(const struct world *w, enum record_kind kind, struct str public_id)
{
    return find_between(w, kind, INT64_MIN, INT64_MAX, public_id);
}

bool record_id_is_unique(const struct world *w, enum record_kind kind, struct str public_id)
{
    int64_t key = index_text_key(public_id);
    struct index_walk walk;
    size_t count = 0;
    index_from(&w->indexes[kind], &walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&walk, key))
        count += str_is(public_id, record_id(w, kind, walk.entry.row));
    return count == 1;
}

/* splitmix64: maps each counter value to a well-mixed number. */
static uint64_t mix(const struct world *w, uint64_t counter)
{
    uint64_t x = w->seed + w->name_hash + counter * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t ids_random(struct world *w)
{
    return mix(w, ++w->minted);
}

static void write_ulid(uint64_t high, uint64_t low, char *out)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
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

#define OPAQUE_BYTES 44

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

/* Longer than the others, with all characters that need no escape in a path. */
static void write_opaque(struct world *w, char *out)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    uint64_t x = 0;
    for (int i = 0; i < OPAQUE_BYTES; i++, x /= 66) {
        if (i % 10 == 0)
            x = ids_random(w);
        out[i] = characters[i == 0 || i == OPAQUE_BYTES - 1 ? x % 62 : x % 66];
    }
    out[OPAQUE_BYTES] = '\0';
}

static enum id_form open_form(struct world *w)
{
    static const enum id_form forms[] = {ID_ULID, ID_UUID, ID_OPAQUE, ID_UUID};
    return world_is_hostile(w, HOSTILE_IDS) ? forms[ids_random(w) & 3] : ID_ULID;
}

void ids_write(struct world *w, const char *prefix, enum id_form form, char out[64])
{
    size_t n = strlen(prefix);
    uint64_t high;
    if (form == ID_OPEN)
        form = open_form(w);
    assert(n + OPAQUE_BYTES < 64);
    memcpy(out, prefix, n + 1);
    switch (form) {
    case ID_OPAQUE:
        write_opaque(w, out + n);
        break;
    case ID_OPEN:
    case ID_ULID:
        high = ids_random(w);
        write_ulid(high, ids_random(w), out + n);
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

/* Counts from the top, where the counter of minted ids does not get. */
void ids_write_numbered(const struct world *w, const char *prefix, uint64_t number, char out[64])
{
    size_t n = strlen(prefix);
    assert(n + 27 <= 64);
    memcpy(out, prefix, n + 1);
    write_ulid(mix(w, UINT64_MAX - 2 * number), mix(w, UINT64_MAX - 2 * number - 1), out + n);
}

static bool is_taken(const struct world *w, struct str public_id)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        if (record_find(w, kind, public_id))
            return true;
    return false;
}

const char *ids_mint(struct world *w, const char *prefix, enum id_form form)
{
    char id[64];
    do /* the id may be taken, for example by a fixture exported with the same seed */
        ids_write(w, prefix, form, id);
    while (is_taken(w, str_from(id)));
    return world_text(w, id);
}
