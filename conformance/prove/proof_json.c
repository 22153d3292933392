#include "base/json.h"
#include "conformance/prove/prove.h"

#define REPORT_VERSION 1

/* The report of a proof. Keys are snake_case and always present, in the same order; a missing value is null.
 *
 *   {"version": 1, "suite_version": ..., "duration_us": ..., "exit_code": ...,
 *    "providers": [{"folder": ...,
 *      "claims": [{"id", "level", "observe", "mutants", "killed", "wrong_reason", "survived", "undecided",
 *        "equivalent"}],
 *      "entries": [{"kind", "name", "says", "equivalent", "written", "at": {"file", "line", "column"}, "played",
 *        "good", "claims": [{"id", "outcome", "why"}], "failed", "unclaimed", "holding", "undecided", "decided",
 *        "failures", "exit_code", "calls", "duration_us"}]}]} */

static void put_place(struct json *w, struct where at)
{
    json_key_map(w, "at");
    json_put_text(w, "file", at.file);
    json_put_int(w, "line", at.line);
    json_put_int(w, "column", at.column);
    json_close_map(w);
}

static void put_claim(struct json *w, const struct proof *p, const struct claim *c)
{
    struct tally t = {0};
    for (size_t i = 0; i < p->entries.count; i++)
        for (size_t k = 0; k < p->entries.items[i].claim_count; k++)
            if (p->entries.items[i].claims[k] == c)
                tally_add(&t, &p->entries.items[i], &p->judgements[i], k);
    json_open_map(w);
    json_put_text(w, "id", c->id);
    json_put_text(w, "level", level_texts[c->level]);
    json_put_text(w, "observe", c->observe);
    json_put_int(w, "mutants", (int64_t)t.mutants);
    json_put_int(w, "killed", (int64_t)t.killed);
    json_put_int(w, "wrong_reason", (int64_t)t.wrong);
    json_put_int(w, "survived", (int64_t)t.survived);
    json_put_int(w, "undecided", (int64_t)t.undecided);
    json_put_int(w, "equivalent", (int64_t)t.equivalent);
    json_close_map(w);
}

static void put_entry(struct json *w, const struct entry *e, const struct judgement *j)
{
    json_open_map(w);
    json_put_text(w, "kind", entry_kind_texts[e->kind]);
    json_put_text(w, "name", e->name);
    json_put_text(w, "says", e->says);
    json_put_text(w, "equivalent", e->equivalent);
    json_put_text(w, "written", e->written);
    put_place(w, e->at);
    json_put_bool(w, "played", j->played && !e->equivalent);
    judgement_write(w, e, j);
    json_close_map(w);
}

void proofs_write_json(struct writer *out, const struct proof *proofs, size_t count, int64_t duration_us,
                       const char *version)
{
    struct arena a = {0};
    struct buf text = {.arena = &a};
    struct json w = json_begin(&text, 2);
    json_open_map(&w);
    json_put_int(&w, "version", REPORT_VERSION);
    json_put_text(&w, "suite_version", version);
    json_put_int(&w, "duration_us", duration_us);
    json_put_int(&w, "exit_code", proofs_exit_status(proofs, count));
    json_key_list(&w, "providers");
    for (size_t i = 0; i < count; i++) {
        json_open_map(&w);
        json_put_text(&w, "folder", proofs[i].catalogue->folder);
        json_key_list(&w, "claims");
        for (size_t k = 0; k < proofs[i].catalogue->claim_count; k++)
            put_claim(&w, &proofs[i], &proofs[i].catalogue->claims[k]);
        json_close_list(&w);
        json_key_list(&w, "entries");
        for (size_t k = 0; k < proofs[i].entries.count; k++)
            put_entry(&w, &proofs[i].entries.items[k], &proofs[i].judgements[k]);
        json_close_list(&w);
        json_close_map(&w);
    }
    json_close_list(&w);
    json_close_map(&w);
    buf_byte(&text, '\n');
    write_str(out, buf_str(&text));
    arena_end(&a);
}
