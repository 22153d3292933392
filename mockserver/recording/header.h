/* header.h - writes and reads the first line of a recording: everything that is needed to create the same mock again.
 *
 * Shapes:  the format, the version of the program, the time at which the namespaces were created, the options that
 *          affect responses, each fixture with its includes.
 * Errors:  ERROR_INPUT at its place: not a recording, another format, an invalid fixture.
 */
#pragma once
#include "mockserver/recording/lines.h"
#include "mockserver/runtime/mock.h"

#define RECORDING_FORMAT 1

struct recording_header {
    struct timestamp started;
    const char *version; /* of the program that wrote it */
    const char *url;     /* of the mock */
    struct mock_options options;
    struct fixture **fixtures;
    size_t fixture_count;
};

void recording_header_write(struct buf *b, const struct mock *m, struct timestamp started);
/* Reads the fixtures with the clocks held at `started`; the caller frees them. The rest lives as long as `line`, or in
 * `a`. */
bool recording_header_read(struct arena *a, const struct node *line, struct recording_header *p, struct error *err);
