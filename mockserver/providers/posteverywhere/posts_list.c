/* The list of posts: filters, sorting and pages. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"

enum sort { SORT_CREATED, SORT_SCHEDULED, SORT_PUBLISHED, SORT_UPDATED, SORT_COUNT };
/* The times of a post: the word of `sort`, and the parameters of the filter. */
static const struct {
    const char *sort, *after, *before;
} times[] = {
    [SORT_CREATED] = {"created_at",    "created_after",   "created_before"  },
    [SORT_SCHEDULED] = {"scheduled_for", "scheduled_after", "scheduled_before"},
    [SORT_PUBLISHED] = {"published_at",  "published_after", "published_before"},
    [SORT_UPDATED] = {"updated_at",    "updated_after",   "updated_before"  },
};
static_assert(COUNT(times) == SORT_COUNT, "each time has words");

struct span { /* the range that one time of a post must be in, both ends included */
    int64_t after_ms, before_ms;
};

struct filter {
    unsigned statuses, platforms; /* one bit for each value; 0: all */
    struct span spans[SORT_COUNT];
    struct str account, campaign, search;
    enum sort sort;
    bool ascending;
};

static int64_t published_at(const struct world *w, uint32_t post)
{
    struct index_walk walk;
    int64_t latest = 0;
    uint32_t row;
    pe_destinations(w, post, &walk);
    while (pe_destination_next(&walk, post, &row))
        if (destination_read(w, row)->published_at_ms > latest)
            latest = destination_read(w, row)->published_at_ms;
    return latest;
}

static int64_t time_of(const struct world *w, uint32_t post, enum sort which)
{
    const struct post *p = post_read(w, post);
    switch (which) {
    case SORT_CREATED:
    case SORT_COUNT:
        break;
    case SORT_SCHEDULED:
        return p->due_at_ms;
    case SORT_PUBLISHED:
        return published_at(w, post);
    case SORT_UPDATED:
        return p->updated_at_ms;
    }
    return p->created_at_ms;
}

static bool goes_to(const struct world *w, uint32_t post, const struct filter *f)
{
    struct index_walk walk;
    uint32_t row;
    if (!f->platforms && !f->account.n)
        return true;
    pe_destinations(w, post, &walk);
    while (pe_destination_next(&walk, post, &row)) {
        const struct account *a = account_read(w, destination_read(w, row)->account);
        if ((!f->platforms || f->platforms >> a->platform & 1) && (!f->account.n || str_is(f->account, a->public_id)))
            return true;
    }
    return false;
}

static bool is_within(const struct world *w, uint32_t post, const struct filter *f)
{
    for (enum sort which = 0; which < SORT_COUNT; which++) {
        const struct span *s = &f->spans[which];
        if (s->after_ms == INT64_MIN && s->before_ms == INT64_MAX)
            continue;
        int64_t ms = time_of(w, post, which);
        if (!ms || ms < s->after_ms || ms > s->before_ms)
            return false;
    }
    return true;
}

static bool is_in_campaign(const struct world *w, uint32_t post, const struct filter *f)
{
    uint32_t campaign = post_read(w, post)->campaign;
    return !f->campaign.n || (campaign && str_is(f->campaign, campaign_read(w, campaign)->public_id));
}

static bool matches(const struct world *w, uint32_t post, const struct filter *f)
{
    return (!f->statuses || f->statuses >> pe_status(w, post) & 1) && goes_to(w, post, f) && is_within(w, post, f) &&
           is_in_campaign(w, post, f) && str_has(str_from(post_read(w, post)->text), f->search);
}

static void read_spans(struct call *c, struct filter *f)
{
    for (enum sort which = 0; which < SORT_COUNT; which++) {
        f->spans[which] = (struct span){.after_ms = INT64_MIN, .before_ms = INT64_MAX};
        pe_query_time(c, times[which].after, &f->spans[which].after_ms);
        pe_query_time(c, times[which].before, &f->spans[which].before_ms);
    }
}

static void read_order(struct call *c, struct filter *f)
{
    struct str sort = call_query(c, "sort"), order = call_query(c, "order");
    enum sort which = SORT_CREATED;
    while (sort.n && which < SORT_COUNT && !str_is(sort, times[which].sort))
        which++;
    if (which == SORT_COUNT)
        call_issue(c, "sort", "'" STR_FMT "' is not a valid value", STR_ARG(sort));
    if (order.n && !str_is(order, "asc") && !str_is(order, "desc"))
        call_issue(c, "order", "must be asc or desc");
    f->sort = which;
    f->ascending = str_is(order, "asc");
}

static struct str read_id(struct call *c, const char *name)
{
    struct str id = call_query(c, name);
    int64_t number;
    if (id.n && !str_to_int(id, &number))
        call_issue(c, name, "must be a whole number");
    return id;
}

static bool read_filter(struct call *c, struct filter *f)
{
    pe_query_words(c, "status", &pe_status_filters, &f->statuses);
    if (f->statuses >> PE_QUEUED_FILTER & 1)
        f->statuses |= 1u << PE_SCHEDULED | 1u << PE_PUBLISHING;
    pe_query_words(c, "platform", &pe_platform_filters, &f->platforms);
    f->account = read_id(c, "account_id");
    f->campaign = read_id(c, "campaign_id");
    f->search = call_query(c, "search");
    read_spans(c, f);
    read_order(c, f);
    return !c->fault;
}

static int by_order(const void *x, const void *y)
{
    const struct index_entry *a = x, *b = y;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

/* Sorted by the requested time, latest first by default. Of two equal times, the post that was created later counts as
 * later. */
static struct pe_rows select_posts(struct call *c, const struct filter *f)
{
    struct {
        struct index_entry *items;
        size_t count, room;
    } all = {0};
    uint32_t space = pe_space(c);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_POST_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        uint32_t row = walk.entry.row;
        if (matches(c->world, row, f))
            *arena_push(c->arena, &all, struct index_entry) =
                (struct index_entry){.order = time_of(c->world, row, f->sort), .row = row};
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, by_order);
    struct pe_rows rows = {arena_array(c->arena, uint32_t, all.count + 1), all.count};
    for (size_t i = 0; i < all.count; i++)
        rows.items[i] = all.items[f->ascending ? i : all.count - 1 - i].row;
    return rows;
}

void pe_list_posts(struct call *c)
{
    struct filter f = {0};
    struct pe_page page;
    bool ok = read_filter(c, &f);
    if (!pe_read_page(c, &page) || !ok)
        return;
    struct pe_rows rows = select_posts(c, &f);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_key(out, "posts");
    json_open_list(out);
    for (size_t i = (size_t)page.offset; i < rows.count && i < (size_t)(page.offset + page.limit); i++)
        pe_print_post(c, rows.items[i]);
    json_close_list(out);
    pe_put_page(c, &page, rows.count);
    json_put_int(out, "total", (int64_t)rows.count); /* these three only a client's type has */
    json_put_int(out, "limit", page.limit);
    json_put_int(out, "offset", page.offset);
    json_close_map(out);
    pe_end(c);
}
