// SPDX-License-Identifier: Apache-2.0
#include "live/venue_merge.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "engine/exchange/xch_json.h"

enum {
    SLOTS = 2 * MERGE_LEVELS_MAX, // hash slots: a power of two, at most half full
    DECIMAL_MAX = 24,
    LEVEL_TEXT = 2 * DECIMAL_MAX + 8, // ,["price","qty"]
    HEAD_TEXT = 512
};

struct merge_level {
    char price[DECIMAL_MAX], qty[DECIMAL_MAX];
    bool ask;
};

struct depth_merge {
    char symbol[24];
    json_int_t first_id, last_id, prev_id, venue_ms;
    bool has_prev, has_venue_ms; // futures: pu and T
    bool held;
    uint32_t count;
    struct merge_level level[MERGE_LEVELS_MAX];
    uint16_t slot[SLOTS]; // index + 1 into level; 0 free
    char text[(size_t)MERGE_LEVELS_MAX * LEVEL_TEXT + HEAD_TEXT];
};

struct depth_merge *depth_merge_new(void)
{
    return calloc(1, sizeof(struct depth_merge)); // mostly untouched pages
}

void depth_merge_free(struct depth_merge *m)
{
    free(m);
}

bool depth_merge_empty(const struct depth_merge *m)
{
    return !m->held;
}

static uint32_t slot_of(const char *price, bool ask)
{
    uint64_t h = ask ? 7 : 3;
    for (const char *p = price; *p; p++) {
        h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3); // FNV-1a
    }
    return (uint32_t)(h >> 20) & (SLOTS - 1);
}

static void put(struct depth_merge *m, const char *price, const char *qty, bool ask)
{
    uint32_t s = slot_of(price, ask);
    for (; m->slot[s]; s = (s + 1) & (SLOTS - 1)) {
        struct merge_level *l = &m->level[m->slot[s] - 1u];
        if (l->ask == ask && strcmp(l->price, price) == 0) {
            text_copy(l->qty, sizeof l->qty, qty);
            return;
        }
    }
    struct merge_level *l = &m->level[m->count];
    text_copy(l->price, sizeof l->price, price);
    text_copy(l->qty, sizeof l->qty, qty);
    l->ask = ask;
    m->slot[s] = (uint16_t)++m->count;
}

static bool put_side(struct depth_merge *m, const json_t *side, bool ask)
{
    size_t i;
    const json_t *pair;
    json_array_foreach(side, i, pair)
    {
        const char *price = json_string_value(json_array_get(pair, 0));
        const char *qty = json_string_value(json_array_get(pair, 1));
        if (!price || !qty || strlen(price) >= DECIMAL_MAX || strlen(qty) >= DECIMAL_MAX) {
            return false;
        }
        put(m, price, qty, ask);
    }
    return true;
}

static void start(struct depth_merge *m, const json_t *o, const char *symbol)
{
    memset(m->slot, 0, sizeof m->slot);
    m->count = 0;
    text_copy(m->symbol, sizeof m->symbol, symbol);
    m->first_id = json_integer_value(json_object_get(o, "U"));
    m->has_prev = json_is_integer(json_object_get(o, "pu"));
    m->prev_id = json_integer_value(json_object_get(o, "pu"));
    m->has_venue_ms = json_is_integer(json_object_get(o, "T"));
    m->held = true;
}

static enum merge_result add(struct depth_merge *m, const json_t *o)
{
    const json_t *b = json_object_get(o, "b"), *a = json_object_get(o, "a");
    const char *symbol = json_string_value(json_object_get(o, "s"));
    if (!symbol || strlen(symbol) >= sizeof m->symbol || !json_is_integer(json_object_get(o, "u")) ||
        json_array_size(b) + json_array_size(a) > MERGE_LEVELS_MAX) {
        return MERGE_BAD;
    }
    json_int_t from = json_integer_value(json_object_get(o, "U"));
    json_int_t prev = json_integer_value(json_object_get(o, "pu"));
    bool chained = m->has_prev ? prev == m->last_id : from == m->last_id + 1;
    if (m->held && (!chained || m->count + json_array_size(b) + json_array_size(a) > MERGE_LEVELS_MAX)) {
        return MERGE_FLUSH_FIRST;
    }
    if (!m->held) {
        start(m, o, symbol);
    }
    m->last_id = json_integer_value(json_object_get(o, "u"));
    m->venue_ms = json_integer_value(json_object_get(o, "T"));
    return put_side(m, b, false) && put_side(m, a, true) ? MERGE_OK : MERGE_BAD;
}

enum merge_result depth_merge_add(struct depth_merge *m, const char *text, size_t n)
{
    json_t *o = json_loadb(text, n, 0, NULL);
    enum merge_result r = o ? add(m, o) : MERGE_BAD;
    json_decref(o);
    if (r == MERGE_BAD) {
        m->held = false; // half of it may be in
    }
    return r;
}

static void put_levels(struct jw *w, const struct depth_merge *m, bool ask)
{
    bool first = true;
    for (uint32_t i = 0; i < m->count; i++) {
        if (m->level[i].ask == ask) {
            jw_cstr(w, first ? "[" : ",[");
            jw_str(w, m->level[i].price);
            jw_lit(w, ",");
            jw_str(w, m->level[i].qty);
            jw_lit(w, "]");
            first = false;
        }
    }
}

size_t depth_merge_take(struct depth_merge *m, int64_t now_ms, const char **text)
{
    if (!m->held) {
        return 0;
    }
    struct jw w = jw_begin(m->text, sizeof m->text);
    jw_lit(&w, "{\"e\":\"depthUpdate\",\"E\":");
    jw_int(&w, now_ms);
    if (m->has_venue_ms) {
        jw_lit(&w, ",\"T\":");
        jw_int(&w, m->venue_ms);
    }
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->symbol);
    jw_lit(&w, ",\"U\":");
    jw_int(&w, m->first_id);
    jw_lit(&w, ",\"u\":");
    jw_int(&w, m->last_id);
    if (m->has_prev) {
        jw_lit(&w, ",\"pu\":");
        jw_int(&w, m->prev_id);
    }
    jw_lit(&w, ",\"b\":[");
    put_levels(&w, m, false);
    jw_lit(&w, "],\"a\":[");
    put_levels(&w, m, true);
    jw_lit(&w, "]}");
    m->held = false;
    size_t n = jw_end(&w);
    CHECK(n > 0);
    *text = m->text;
    return n;
}
