/* output.h - the bytes of a response that its connection has not taken yet.
 *
 * Shapes:  struct output: two parts in the memory of the exchange. output_keep copies what is left out of that memory:
 *          to the heap, or to a temporary file without a name if it is long or the heap has too much of it already.
 * Units:   bytes; microseconds of the monotonic clock.
 * Errors:  results, see enum; output_keep returns false if the limits are reached or the file cannot be written.
 */
#pragma once
#include "base/http/transport.h"

enum {
    OUTPUT_KEPT_MAX = 65536,  /* bytes of one response on the heap */
    OUTPUT_BLOCK = 65536,     /* bytes of a file that are read at once */
    OUTPUT_BLOCKS_A_TURN = 4, /* then other connections have their turn */
};

struct output {
    struct str head, body; /* what is left of them */
    char *kept;            /* the heap block of `body`, or NULL */
    size_t kept_size;
    int file; /* 0: none */
    int64_t file_at, file_size;
    int64_t bytes_per_second; /* of the body; 0: not limited */
    int64_t first_byte_us;    /* of the body; 0: not sent yet */
    int64_t body_sent;
};

/* What all connections of a server hold. */
struct output_totals {
    size_t heap, heap_max;
    int64_t disk, disk_max;
};

enum output_result {
    OUTPUT_DONE,
    OUTPUT_MORE,   /* the connection takes more, but others have their turn */
    OUTPUT_FULL,   /* wait until the connection takes more */
    OUTPUT_PAUSED, /* wait until *until_us */
    OUTPUT_FAILED,
};

/* Sets *progress if the connection took bytes. `block` has room for OUTPUT_BLOCK bytes. */
enum output_result output_write(struct output *o, struct transport *to, char *block, int64_t *until_us, bool *progress);
size_t output_left(const struct output *o);
bool output_keep(struct output *o, struct output_totals *all, const char **why);
void output_end(struct output *o, struct output_totals *all);
