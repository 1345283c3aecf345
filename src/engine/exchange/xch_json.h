// SPDX-License-Identifier: Apache-2.0
// xch_json: writes JSON into a bounded buffer without printf: literals, escaped strings, integers, decimals.
// The caller places commas and braces in the literals; a writer that ran out of room says so once, at the
// end.
#ifndef TT_ENGINE_EXCHANGE_XCH_JSON_H
#define TT_ENGINE_EXCHANGE_XCH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jw {
    char *buf;
    size_t cap, n;
    bool full; // something did not fit; what stands in buf is cut
};

struct jw jw_begin(char *buf, size_t cap);
void jw_raw(struct jw *w, const char *s, size_t n);
// A literal: jw_lit(w, "{\"e\":");
#define jw_lit(w, s) jw_raw((w), "" s, sizeof(s) - 1)
void jw_cstr(struct jw *w, const char *s); // as it is, no quotes
void jw_str(struct jw *w, const char *s);  // quoted, escaped; control bytes become '?'
void jw_int(struct jw *w, int64_t v);
void jw_uint(struct jw *w, uint64_t v);
void jw_bool(struct jw *w, bool v);
// "12.30" with quotes: v / 10^scale with `decimals` places.
void jw_dec(struct jw *w, int64_t v, int scale, int decimals);
void jw_e8(struct jw *w, int64_t v_e8); // quoted, 8 places
// Length, or 0 when the text did not fit. Zero-terminated when it did.
size_t jw_end(struct jw *w);

#endif
