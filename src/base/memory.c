// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void *memory_new_aligned(size_t bytes)
{
    size_t n = (bytes + MEMORY_LINE - 1) / MEMORY_LINE * MEMORY_LINE;
    void *p = aligned_alloc(MEMORY_LINE, n);
    if (p) {
        memset(p, 0, n);
    }
    return p;
}
