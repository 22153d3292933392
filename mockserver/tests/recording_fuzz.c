/* A recording, as a file. It is replayed, or rejected with the place of each mistake; each time in the same way. */
#include "base/tests/fuzz.h"
#include "mockserver/recording/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct replay out = {0}, again = {0};
    struct error err = {0};
    const char *path = fuzz_file(&a, "recording", fuzz_text(data, size));
    bool good = replay_run(&a, path, true, &out, &err);
    if (size && memchr(data, '\n', size))
        fuzz_assert_errors(good, &err);
    else
        fuzz_assert(!good); /* a file without a complete line: the error has no line */
    error_end(&err);
    if (good) {
        fuzz_assert(replay_run(&a, path, false, &again, NULL));
        fuzz_assert((again.differences.count != 0) == (out.differences.count != 0));
        for (size_t i = 0; i < out.differences.count; i++)
            fuzz_assert(out.differences.items[i].line > 0 && out.differences.items[i].line <= out.lines);
    }
    arena_end(&a);
    return 0;
}
