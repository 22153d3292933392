/* heap.h - the only place memory comes from; being out of it ends the program.
 *
 * Shapes:  plain blocks. Code outside base/ uses an arena, or these for what is counted by
 *          reference.
 * Errors:  none: no memory is our own failure (abort with one line), never a caller's to handle.
 */
#pragma once
#include <stddef.h>

void *heap_new(size_t size);               /* zeroed */
void *heap_grow(void *block, size_t size); /* realloc; the new part is not zeroed */
void heap_free(void *block);               /* NULL is fine */
char *heap_text(const char *text);         /* a copy, NUL-ended */
