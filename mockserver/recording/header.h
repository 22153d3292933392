/* header.h - a recording's first line: what the mock is made of, so that the file needs no other.
 *
 * Shapes:  the format and who wrote it, the moment at which the worlds were made, the options that
 *          have a say in responses, each fixture with all that it includes.
 * Errors:  ERROR_INPUT at its place: no recording, another format, a fixture that cannot be used.
 */
#pragma once
#include "mockserver/mock.h"
#include "mockserver/recording/lines.h"

#define RECORDING_FORMAT 1

struct recording_header {
    struct moment started;
    const char *version; /* of the program that wrote it */
    const char *url;     /* the mock's, once it listened */
    struct mock_options options;
    struct fixture **fixtures;
    size_t fixture_count;
};

void recording_header_write(struct buf *b, const struct mock *m, struct moment started);
/* Reads the fixtures with the clocks held as they were; they are the caller's. The rest lives as
 * long as `line`, or in `a`. */
bool recording_header_read(struct arena *a, const struct node *line, struct recording_header *p,
                           struct error *err);
