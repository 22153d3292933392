/* heap.h - the only source of memory. The program aborts if memory runs out.
 *
 * Shapes:  plain blocks. Code outside base/ uses an arena, or these functions for
 *          reference-counted objects.
 * Errors:  none. Out of memory aborts with one line on stderr; callers never handle it.
 */
#pragma once
#include <stddef.h>

void *heap_new(size_t size);               /* zeroed */
void *heap_grow(void *block, size_t size); /* realloc; the new part is not zeroed */
void heap_free(void *block);               /* NULL is allowed */
char *heap_text(const char *text);         /* a NUL-terminated copy */
