// SPDX-License-Identifier: Apache-2.0
// hex: bytes to lower-case hex digits and back. Pure.
#ifndef TT_WIRE_HEX_H
#define TT_WIRE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// 2 * n digits at `to`, not terminated.
void hex_encode(char *to, const uint8_t *from, size_t n);
// Exactly 2 * n digits of either case; false otherwise (*to is then undefined).
bool hex_decode(uint8_t *to, const char *from, size_t n);

#endif
