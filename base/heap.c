#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must_have(void *block, size_t size)
{
    if (!block) {
        fprintf(stderr, "out of memory: %zu bytes\n", size);
        abort();
    }
    return block;
}

void *heap_new(size_t size)
{
    return must_have(calloc(1, size ? size : 1), size);
}

void *heap_grow(void *block, size_t size)
{
    return must_have(realloc(block, size ? size : 1), size);
}

void heap_free(void *block)
{
    free(block);
}

char *heap_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(heap_grow(NULL, size), text, size);
}
