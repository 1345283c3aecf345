// SPDX-License-Identifier: Apache-2.0
// format: numbers for the screen (console-design.md 7). Right-aligned in a fixed width; a value that does not
// fit prints '#' over the whole field, never a truncated number. No locale, '.' as the decimal point, '-' as
// the minus.
//
// Every function writes to buf (FORMAT_MAX bytes) and returns it. width 0: as wide as needed.
#ifndef TT_TUI_FORMAT_H
#define TT_TUI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/market/instrument.h"

enum { FORMAT_MAX = 48 };
enum { FORMAT_SIGN = 1, FORMAT_GROUP = 2 }; // force '+'; thousands separators

// v / 1e8, rounded to `decimals` (0..8).
char *format_e8(char *buf, int width, int64_t v_e8, int decimals, unsigned flags);
// Integer.
char *format_int(char *buf, int width, int64_t v, unsigned flags);
// NaN prints as "-".
char *format_real(char *buf, int width, double v, int decimals, unsigned flags);
// Price of ticks, and quantity of lots; a quantity gives up decimals before it gives up the field.
char *format_price(char *buf, int width, const struct instrument *ins, int64_t ticks, unsigned flags);
char *format_qty(char *buf, int width, const struct instrument *ins, int64_t lots, unsigned flags);
// Price given in 1e-8, with the decimals of the instrument's grid.
char *format_price_e8(char *buf, int width, const struct instrument *ins, int64_t price_e8, unsigned flags);
// Nanoseconds as microseconds: one decimal below 1000.
char *format_us(char *buf, int width, int64_t ns);
// Nanoseconds as milliseconds with two decimals.
char *format_ms(char *buf, int width, int64_t ns);
// "0s" "59s" "4m" "2h" "3d": whole units, so that an age changes at most once a second.
char *format_age(char *buf, int width, int64_t ns);
// UTC wall clock: "12:41:07", "12:41:07.412", "41:07.412".
char *format_clock(char *buf, int64_t wall_ns);
char *format_clock_ms(char *buf, int64_t wall_ns);
char *format_minute_ms(char *buf, int64_t wall_ns);
// "03:18:52" until a moment; "0" when it has passed.
char *format_until(char *buf, int64_t ns);

#endif
