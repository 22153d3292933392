/* sample.h - files built into the program: the default fixture (fixtures/sample.yaml) and the
 * examples of the reference page (reference/examples.yaml).
 *
 * Shapes:  the bytes of the file, without a terminating NUL; CMakeLists.txt generates the .c files.
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
