// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <string.h>

uint64_t hash64(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    }
    return h;
}

// SSE4.2 has the instruction and is part of the x86-64-v2 baseline.
uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
    const uint8_t *b = p;
    uint64_t c = (uint32_t)~crc;
    for (; n >= 8; n -= 8, b += 8) {
        uint64_t w;
        memcpy(&w, b, 8);
        c = __builtin_ia32_crc32di(c, w);
    }
    for (; n; n--, b++) {
        c = __builtin_ia32_crc32qi((uint32_t)c, *b);
    }
    return (uint32_t)~c;
}
