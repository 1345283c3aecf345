// SPDX-License-Identifier: Apache-2.0
// hex: see hex.h.
#include "wire/hex.h"

void hex_encode(char *to, const uint8_t *from, size_t n)
{
    static const char DIGIT[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                   '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = DIGIT[from[i] >> 4];
        to[2 * i + 1] = DIGIT[from[i] & 15];
    }
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(uint8_t *to, const char *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int hi = digit_value(from[2 * i]);
        int lo =
            hi < 0 ? -1 : digit_value(from[2 * i + 1]); // a terminator in the first place ends the reading
        if (lo < 0) {
            return false;
        }
        to[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}
