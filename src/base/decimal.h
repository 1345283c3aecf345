// SPDX-License-Identifier: Apache-2.0
// decimal: plain decimal text <-> scaled integers, exactly; no floating point, no locale, no exponent.
#ifndef TT_BASE_DECIMAL_H
#define TT_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define E8 INT64_C(100000000)

// Parse the n bytes at s, `[-+]?digits[.digits]`, as an integer scaled by 10^scale (0..18). Digits beyond the
// scale must be zero. False on anything else: empty, exponent, inner blank, overflow of int64.
bool decimal_parse(const char *s, size_t n, int scale, int64_t *out);

// The usual case, scale 8.
bool decimal_parse_e8(const char *s, size_t n, int64_t *out);

// Print a whole number; at most 20 bytes, no zero behind them. Returns the length.
size_t decimal_digits(char *buf, uint64_t v);

// Print v / 10^scale with exactly `decimals` places (0..scale, further digits are cut; use a multiple of the
// step). Returns the length; buf needs 32 bytes. Zero-terminated.
size_t decimal_format(char *buf, int64_t v, int scale, int decimals);

// Number of decimals that a step of step_e8 needs (0..8): 10000000 (0.1) -> 1, 100000000 -> 0.
int decimal_places_of_step(int64_t step_e8);

// floor(a * b / c) for c > 0 through 128 bits; the quotient must fit int64 (asserted).
int64_t muldiv_floor(int64_t a, int64_t b, int64_t c);

// As muldiv_floor, rounded to nearest, ties away from zero.
int64_t muldiv_round(int64_t a, int64_t b, int64_t c);

#endif
