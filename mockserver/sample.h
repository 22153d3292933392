/* sample.h - fixtures/sample.yaml, built into the program.
 *
 * Shapes:  the file's bytes, not NUL-ended; sample.c is generated from it (CMakeLists.txt).
 * Units:   bytes.
 * Errors:  none.
 */
#pragma once
#include <stddef.h>

#define SAMPLE_NAME "sample.yaml"

extern const unsigned char sample_fixture[];
extern const size_t sample_fixture_bytes;
