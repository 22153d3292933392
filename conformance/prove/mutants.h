/* mutants.h - reads mutants.yaml: the servers that a provider's suite must judge right.
 *
 * Shapes:  `scenarios/<provider>/mutants.yaml` is a list of entries; `- include: FILE` reads another list. An entry is
 *          a mutant (a server with one mistake, and the claims that it breaks), a control (a server that is no
 *          provider) or a legal server (it differs as the documents allow). Its other keys are those of a fixture; they
 *          are merged over the fixture of the target, as in a file that includes it. `cases` makes one entry for each
 *          position of its lists; the names are then NAME/VALUE.
 * Errors:  all mistakes of all files, each at file:line:col: an unknown key, an unknown or unobservable claim, a
 *          duplicate name, an entry that changes nothing, a file that includes itself.
 * Source:  docs/proof.md.
 */
#pragma once
#include "base/enum.h"
#include "conformance/scenario/catalogue.h"

#define ENTRY_KINDS(X) X(ENTRY_MUTANT, "mutant") X(ENTRY_CONTROL, "control") X(ENTRY_LEGAL, "legal")
enum entry_kind { ENTRY_KINDS(ENUM_NAME) ENTRY_KIND_COUNT };
extern const char *const entry_kind_texts[];

struct entry {
    enum entry_kind kind;
    const char *name;                  /* unique in its provider */
    const char *says;                  /* `mistake` or `differs`: one sentence */
    const struct claim *const *claims; /* that a mutant breaks, or that a legal server leaves undecided */
    size_t claim_count;
    const char *equivalent;     /* why no observation can tell the mutant apart; NULL: it is played */
    const char *written;        /* the round of fresh mistakes it belongs to; NULL: none */
    const struct node *fixture; /* map of the fixture keys, each value with its place */
    struct where at;            /* of its name */
};

struct entries {
    struct entry *items;
    size_t count, room;
};

/* Reads mutants.yaml of the catalogue's folder. Without that file *out is empty. Returns false if it added an error. */
bool entries_load(struct arena *a, const struct catalogue *c, struct entries *out, struct error *err);

/* Returns the number of mutants that break the claim, equivalent ones included. */
size_t entries_breaking(const struct entries *all, const struct claim *c);

/* --- cases.c ------------------------------------------------------------------------------ */

/* Returns the copies of an entry's map, one for each position of the lists in `cases`; without `cases` the map itself.
 * In a copy, $NAME and ${NAME} are replaced in keys and values: a value that is exactly "$NAME" becomes the value
 * itself. $$NAME becomes the text $NAME. Names that `cases` does not have stay as they are. *labels are what
 * distinguishes the copies; NULL without `cases`. Returns NULL, and errors, if `cases` is invalid. */
const struct node *const *cases_expand(struct arena *a, const struct node *map, const char *const **labels,
                                       size_t *count, struct error *err);
