/* play.h - plays one entry of mutants.yaml on a mock: the entry becomes a namespace, and each scenario runs in a copy.
 *
 * Shapes:  a player has one mock. It plays one entry at a time; the memory of a run is freed after it.
 * Errors:  the mock refuses the entry (ERROR_INPUT, at the place in mutants.yaml), or does not respond (ERROR_TARGET).
 */
#pragma once
#include "conformance/prove/prove.h"
#include "conformance/run/run.h"

struct player;

/* `mock_url` is that of a running mock, started with the fixture of the target. */
struct player *player_new(struct arena *a, const struct proof *proof, const char *mock_url, struct error *err);

/* Runs the whole suite on the unchanged mock. Returns false, and an error, if it is not green. */
bool player_check_unchanged(struct player *p, struct arena *a, struct judgement *out, struct error *err);
bool player_play(struct player *p, struct arena *a, const struct entry *e, struct judgement *out, struct error *err);
/* Runs the whole suite on the entry's server, reports it to `console`, and judges it. player_check_unchanged must have
 * succeeded. */
bool player_show(struct player *p, struct arena *a, const struct entry *e, struct console *console, struct run *run,
                 struct judgement *out, struct error *err);
