// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <string.h>

size_t text_sanitise(char *to, size_t cap, const char *s, size_t n)
{
    size_t len = 0;
    for (; len < n && len + 1 < cap && len < TEXT_MAX; len++) {
        to[len] = s[len] >= 0x20 && s[len] <= 0x7e ? s[len] : '?';
    }
    if (cap) {
        to[len] = 0;
    }
    return len;
}

size_t text_copy(char *to, size_t cap, const char *s)
{
    size_t n = strnlen(s, cap ? cap - 1 : 0);
    memcpy(to, s, n);
    if (cap) {
        to[n] = 0;
    }
    return n;
}
