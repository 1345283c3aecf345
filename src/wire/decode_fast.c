// SPDX-License-Identifier: Apache-2.0
// decode_fast: see decode_fast.h. What is not ordinary: a byte outside printable ASCII, a backslash, a key
// twice, an unknown member that is nested or has a long number or an exponent, a truth value as text, an
// identifier as a number, a null. Fields and what is required of them are those of decode_order.c.
#include "wire/decode_fast.h"

#include <string.h>

#include "engine/venue/scan_fields.h"
#include "wire/decode_order.h"

enum { FAST_MAX = 2048, SLACK = 16, DIGITS_SAFE = 15 };

enum {
    O_NONE,
    O_SYMBOL,
    O_CLIENT,
    O_ID,
    O_EXEC,
    O_STATUS,
    O_QTY,
    O_CUM,
    O_LAST_QTY,
    O_LAST_PRICE,
    O_TRADE_ID,
    O_MAKER,
    O_FEE,
    O_FEE_ASSET,
    O_REALISED,
    O_TIME,
    O_UPDATED,
    O_PRICE,
    O_AVERAGE,
    O_STOP,
    O_QUOTE,
    O_TYPE,
    O_ORIG_TYPE,
    O_TIF,
    O_SIDE_OF_POSITION,
    O_REDUCE,
    O_CLOSE,
    O_SIDE,
    O_CODE,
    O_EVENT,
    O_EVENT_MS,
    O_ORDER
};

// ---------------------------------------------------------------------------------------------------------
// ordinary form

// Copies the text to where 16 bytes behind it may be read. False: something unusual in it.
static bool take_plain(char *to, const char *text, size_t n)
{
    if (n == 0 || n > FAST_MAX) {
        return false;
    }
    memcpy(to, text, n);
    memset(to + n, ' ', SLACK);
    __m128i odd = _mm_setzero_si128();
    for (size_t i = 0; i < n; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(to + i));
        odd = _mm_or_si128(odd, _mm_cmplt_epi8(v, _mm_set1_epi8(' '))); // controls, and from 0x80 on
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    }
    return _mm_movemask_epi8(odd) == 0;
}

static inline bool has(const struct fields *f, int slot)
{
    return f->seen >> slot & 1;
}

static bool text(const struct fields *f, int slot, bool needed, char *to, size_t cap)
{
    const struct span *v = &f->at[slot];
    if (!has(f, slot)) {
        return !needed;
    }
    if (v->type != SPAN_STRING || v->n >= cap) {
        return false;
    }
    memcpy(to, v->at, v->n);
    to[v->n] = 0;
    return true;
}

// A decimal as text, or a whole number; the rest jansson rounds or cuts its own way.
static bool e8(const struct fields *f, int slot, bool needed, int64_t *out)
{
    const struct span *v = &f->at[slot];
    if (!has(f, slot)) {
        return !needed;
    }
    if (v->type == SPAN_NUMBER && (v->n > DIGITS_SAFE || memchr(v->at, '.', v->n) ||
                                   memchr(v->at, 'e', v->n) || memchr(v->at, 'E', v->n))) {
        return false;
    }
    return span_e8(v, out);
}

static bool whole(const struct fields *f, int slot, bool needed, int64_t *out)
{
    return has(f, slot) ? span_int(&f->at[slot], out) : !needed;
}

static bool whole_u64(const struct fields *f, int slot, bool needed, uint64_t *out)
{
    int64_t v = 0;
    bool ok = whole(f, slot, needed, &v);
    *out = (uint64_t)v;
    return ok;
}

static bool truth(const struct fields *f, int slot, bool needed, uint8_t *out)
{
    return has(f, slot) ? span_bool(&f->at[slot], out) : !needed;
}

static bool side(const struct fields *f, int8_t *out)
{
    char word[8] = "";
    bool ok = text(f, O_SIDE, true, word, sizeof word);
    *out = decode_side(word);
    return ok && *out != 0;
}

static bool same_in_both(const struct fields *f, struct wire_order *o)
{
    bool ok = text(f, O_SYMBOL, true, o->symbol, sizeof o->symbol);
    ok &= text(f, O_CLIENT, true, o->client_id, sizeof o->client_id);
    ok &= whole_u64(f, O_ID, true, &o->order_id);
    ok &= text(f, O_STATUS, true, o->status, sizeof o->status);
    ok &= e8(f, O_QTY, true, &o->qty_e8);
    ok &= e8(f, O_CUM, true, &o->cum_e8);
    ok &= e8(f, O_PRICE, false, &o->price_e8);
    ok &= e8(f, O_AVERAGE, false, &o->avg_price_e8);
    ok &= e8(f, O_STOP, false, &o->stop_price_e8);
    ok &= text(f, O_TYPE, false, o->type, sizeof o->type);
    ok &= text(f, O_ORIG_TYPE, false, o->orig_type, sizeof o->orig_type);
    ok &= text(f, O_TIF, false, o->tif, sizeof o->tif);
    ok &= text(f, O_SIDE_OF_POSITION, false, o->position_side, sizeof o->position_side);
    ok &= truth(f, O_REDUCE, false, &o->reduce_only);
    ok &= truth(f, O_CLOSE, false, &o->close_position);
    ok &= side(f, &o->side);
    return ok && (o->qty_e8 | o->cum_e8 | o->price_e8) >= 0;
}

// ---------------------------------------------------------------------------------------------------------
// answer to an order

static const struct field_word REST_WORDS[] = {
    {"orderId", 7, O_ID},
    {"symbol", 6, O_SYMBOL},
    {"status", 6, O_STATUS},
    {"clientOrderId", 13, O_CLIENT},
    {"price", 5, O_PRICE},
    {"avgPrice", 8, O_AVERAGE},
    {"origQty", 7, O_QTY},
    {"executedQty", 11, O_CUM},
    {"cumQuote", 8, O_QUOTE},
    {"timeInForce", 11, O_TIF},
    {"type", 4, O_TYPE},
    {"reduceOnly", 10, O_REDUCE},
    {"closePosition", 13, O_CLOSE},
    {"side", 4, O_SIDE},
    {"positionSide", 12, O_SIDE_OF_POSITION},
    {"stopPrice", 9, O_STOP},
    {"origType", 8, O_ORIG_TYPE},
    {"updateTime", 10, O_UPDATED},
    {"time", 4, O_TIME},
    {"code", 4, O_CODE},
};
static const struct field_table REST_TABLE = {.words = REST_WORDS,
                                              .n_words = sizeof REST_WORDS / sizeof REST_WORDS[0]};

bool decode_fast_order(const char *body, size_t n, struct wire_order *o)
{
    char copy[FAST_MAX + SLACK];
    struct fields f;
    if (n == 0 || body[0] != '{' || !take_plain(copy, body, n) ||
        scan_fields(copy, copy + n, &REST_TABLE, &f) != copy + n || f.odd || has(&f, O_CODE)) {
        return false;
    }
    memset(o, 0, sizeof *o);
    return same_in_both(&f, o) && e8(&f, O_QUOTE, false, &o->cum_quote_e8) &&
           whole(&f, O_TIME, false, &o->created_ms) && whole(&f, O_UPDATED, false, &o->update_time_ms);
}

// ---------------------------------------------------------------------------------------------------------
// ORDER_TRADE_UPDATE

static const struct field_table ENVELOPE = {
    .letter = {['e'] = O_EVENT, ['E'] = O_EVENT_MS, ['T'] = O_TIME, ['o'] = O_ORDER}};

static const struct field_word UPDATE_WORDS[] = {
    {"ap", 2, O_AVERAGE},          {"sp", 2, O_STOP},  {"ot", 2, O_ORIG_TYPE},
    {"ps", 2, O_SIDE_OF_POSITION}, {"cp", 2, O_CLOSE}, {"rp", 2, O_REALISED},
};
static const struct field_table UPDATE_TABLE = {.letter = {['s'] = O_SYMBOL,
                                                           ['c'] = O_CLIENT,
                                                           ['i'] = O_ID,
                                                           ['x'] = O_EXEC,
                                                           ['X'] = O_STATUS,
                                                           ['z'] = O_CUM,
                                                           ['q'] = O_QTY,
                                                           ['l'] = O_LAST_QTY,
                                                           ['L'] = O_LAST_PRICE,
                                                           ['t'] = O_TRADE_ID,
                                                           ['m'] = O_MAKER,
                                                           ['n'] = O_FEE,
                                                           ['N'] = O_FEE_ASSET,
                                                           ['T'] = O_TIME,
                                                           ['p'] = O_PRICE,
                                                           ['o'] = O_TYPE,
                                                           ['f'] = O_TIF,
                                                           ['R'] = O_REDUCE,
                                                           ['S'] = O_SIDE},
                                                .words = UPDATE_WORDS,
                                                .n_words = sizeof UPDATE_WORDS / sizeof UPDATE_WORDS[0]};

static bool read_update(const struct fields *f, struct wire_order *o)
{
    memset(o, 0, sizeof *o);
    bool ok = same_in_both(f, o) && text(f, O_EXEC, true, o->exec, sizeof o->exec);
    bool trade = strcmp(o->exec, "TRADE") == 0;
    ok = ok && e8(f, O_LAST_QTY, trade, &o->last_qty_e8);
    ok = ok && e8(f, O_LAST_PRICE, trade, &o->last_price_e8);
    ok = ok && whole_u64(f, O_TRADE_ID, trade, &o->trade_id);
    ok = ok && truth(f, O_MAKER, trade, &o->maker);
    ok = ok && e8(f, O_FEE, false, &o->fee_e8);
    ok = ok && text(f, O_FEE_ASSET, false, o->fee_asset, sizeof o->fee_asset);
    ok = ok && e8(f, O_REALISED, false, &o->realised_e8);
    ok = ok && whole(f, O_TIME, false, &o->trade_time_ms);
    o->update_time_ms = o->trade_time_ms;
    return ok && (o->last_qty_e8 | o->last_price_e8) >= 0;
}

bool decode_fast_update(const char *message, size_t n, struct wire_order *o, int64_t *event_ms,
                        int64_t *transaction_ms)
{
    char copy[FAST_MAX + SLACK];
    struct fields outer, f;
    static const char HEAD[] = "{\"e\":\"ORDER_TRADE_UPDATE\""; // the venue's own order of members
    if (n < sizeof HEAD || memcmp(message, HEAD, sizeof HEAD - 1) != 0 || !take_plain(copy, message, n) ||
        scan_fields(copy, copy + n, &ENVELOPE, &outer) != copy + n || outer.odd || !has(&outer, O_ORDER)) {
        return false;
    }
    const struct span *inner = &outer.at[O_ORDER];
    *event_ms = *transaction_ms = 0;
    return inner->type == SPAN_NESTED && *inner->at == '{' && whole(&outer, O_EVENT_MS, false, event_ms) &&
           whole(&outer, O_TIME, false, transaction_ms) &&
           scan_fields(inner->at, inner->at + inner->n, &UPDATE_TABLE, &f) != NULL && !f.odd &&
           read_update(&f, o);
}
