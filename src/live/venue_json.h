// SPDX-License-Identifier: Apache-2.0
// venue_json: objects and arrays of the venue's answers on top of xch_json's writer. A comma stands wherever
// something else stood before, so that a handler is the list of its fields and nothing more.
#ifndef TT_LIVE_VENUE_JSON_H
#define TT_LIVE_VENUE_JSON_H

#include "engine/exchange/xch_json.h"
#include "engine/market/instrument.h"

// '{' or '[', as an element of what is open; the closing one follows with vj_close.
void vj_open(struct jw *w, char c);
void vj_close(struct jw *w, char c);
// "key": and then its value, which may be an object of its own (vj_key, vj_open).
void vj_key(struct jw *w, const char *key);
void vj_text(struct jw *w, const char *key, const char *v);
void vj_int(struct jw *w, const char *key, int64_t v);
void vj_uint(struct jw *w, const char *key, uint64_t v);
void vj_bool(struct jw *w, const char *key, bool v);
void vj_ms(struct jw *w, const char *key, int64_t ns); // milliseconds
// Quoted decimals, as the venues send nearly all of them: v / 10^8 with 8, or so many, places.
void vj_e8(struct jw *w, const char *key, int64_t v_e8);
void vj_dec(struct jw *w, const char *key, int64_t v_e8, int decimals);
// A decimal that is a JSON number.
void vj_number(struct jw *w, const char *key, int64_t v_e8, int decimals);
// On the instrument's grid.
void vj_price(struct jw *w, const char *key, const struct instrument *ins, int64_t ticks);
void vj_qty(struct jw *w, const char *key, const struct instrument *ins, int64_t lots);
// Whole JSON text of our own as the value.
void vj_raw(struct jw *w, const char *key, const char *json);
// An element of an array.
void vj_item(struct jw *w);

#endif
