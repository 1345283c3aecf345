// SPDX-License-Identifier: Apache-2.0
#include "live/venue_json.h"

#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"

void vj_item(struct jw *w)
{
    if (w->n && !strchr("{[:", w->buf[w->n - 1])) {
        jw_lit(w, ",");
    }
}

void vj_open(struct jw *w, char c)
{
    vj_item(w);
    jw_raw(w, &c, 1);
}

void vj_close(struct jw *w, char c)
{
    jw_raw(w, &c, 1);
}

void vj_key(struct jw *w, const char *key)
{
    vj_item(w);
    jw_str(w, key);
    jw_lit(w, ":");
}

void vj_text(struct jw *w, const char *key, const char *v)
{
    vj_key(w, key);
    jw_str(w, v);
}

void vj_int(struct jw *w, const char *key, int64_t v)
{
    vj_key(w, key);
    jw_int(w, v);
}

void vj_uint(struct jw *w, const char *key, uint64_t v)
{
    vj_key(w, key);
    jw_uint(w, v);
}

void vj_bool(struct jw *w, const char *key, bool v)
{
    vj_key(w, key);
    jw_bool(w, v);
}

void vj_ms(struct jw *w, const char *key, int64_t ns)
{
    vj_int(w, key, ns / NS_PER_MS);
}

void vj_e8(struct jw *w, const char *key, int64_t v_e8)
{
    vj_key(w, key);
    jw_e8(w, v_e8);
}

void vj_dec(struct jw *w, const char *key, int64_t v_e8, int decimals)
{
    vj_key(w, key);
    jw_dec(w, v_e8, 8, decimals);
}

void vj_number(struct jw *w, const char *key, int64_t v_e8, int decimals)
{
    char text[40];
    decimal_format(text, v_e8, 8, decimals);
    vj_raw(w, key, text);
}

void vj_price(struct jw *w, const char *key, const struct instrument *ins, int64_t ticks)
{
    vj_dec(w, key, instrument_price_e8(ins, ticks), ins->price_decimals);
}

void vj_qty(struct jw *w, const char *key, const struct instrument *ins, int64_t lots)
{
    vj_dec(w, key, instrument_qty_e8(ins, lots), ins->qty_decimals);
}

void vj_raw(struct jw *w, const char *key, const char *json)
{
    vj_key(w, key);
    jw_cstr(w, json);
}
