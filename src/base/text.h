// SPDX-License-Identifier: Apache-2.0
// text: outside strings made safe for screens and logs; bounded copies.
#ifndef TT_BASE_TEXT_H
#define TT_BASE_TEXT_H

#include <stddef.h>

enum { TEXT_MAX = 128 };

// Copy at most cap - 1 and at most TEXT_MAX of the n bytes at s; anything but printable ASCII becomes '?'.
// Zero-terminated; returns the length. Every string of outside origin passes here when it is decoded.
size_t text_sanitise(char *to, size_t cap, const char *s, size_t n);

// Bounded copy of a C string, always terminated; returns the length copied.
size_t text_copy(char *to, size_t cap, const char *s);

#endif
