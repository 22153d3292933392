/* Memory of one namespace stays flat under a mixed load: the load of bench_soak, with a short history so that it is flat
 * soon. The figures are the mock's own account of its state, so they do not depend on the machine. */
#include "mockserver/bench/soak_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"

#define WARM_UP 40000 /* calls until the history is full */
#define BLOCK   20000 /* several compactions of the texts */
#define BLOCKS  2

static void memory_is_flat_after_the_warm_up(void **state)
{
    (void)state;
    struct soak *s = soak_new(1, &(struct mock_options){.history = 100, .history_age_ms = 90 * DAY_MS});
    soak_world(s)->checks = false; /* each transition would check the whole state */
    soak_run(s, WARM_UP);
    (void)soak_figures(s);
    soak_run(s, BLOCK);
    struct soak_figures first = soak_figures(s), last = first;
    for (int i = 0; i < BLOCKS; i++) {
        soak_run(s, BLOCK);
        last = soak_figures(s);
        if (last.state_bytes > first.state_bytes + first.state_bytes / 20)
            fail_msg("the state grows: %zu, then %zu bytes (records %zu, %zu; events %zu, %zu; changes %zu, %zu; "
                     "indexes %zu, %zu; strings %zu, %zu; other %zu, %zu)",
                     first.state_bytes, last.state_bytes, first.state.records, last.state.records, first.state.events,
                     last.state.events, first.state.changes, last.state.changes, first.state.indexes,
                     last.state.indexes, first.state.strings, last.state.strings, first.state.other, last.state.other);
    }
    assert_in_range(100 * last.reads, 65 * last.calls, 80 * last.calls);
    assert_true(last.deliveries > 1000);
    soak_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_flat_after_the_warm_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
