/* sample.h - files that are built into the program: the world it starts with when it is given none
 * (fixtures/sample.yaml), and the examples of its reference page (reference/examples.yaml).
 *
 * Shapes:  a file's bytes, not NUL-ended; the .c is generated from it (CMakeLists.txt).
 * Units:   bytes.
 * Errors:  none.
 */
#pragma once
#include <stddef.h>

#define SAMPLE_NAME "sample.yaml"

extern const unsigned char sample_fixture[];
extern const size_t sample_fixture_bytes;

extern const unsigned char reference_examples[];
extern const size_t reference_examples_bytes;
