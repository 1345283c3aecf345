// SPDX-License-Identifier: Apache-2.0
// scan_take: the spans of one market message to the integers of struct scan_msg. Which message it is says
// `e`, where there is one; spot's best bid and ask, snapshots and replies are known by their keys.
#include <string.h>

#include "engine/venue/scan_fields.h"
#include "engine/venue/scan_state.h"

static inline bool has(const struct scan *c, uint32_t slots)
{
    return (c->seen & slots) == slots;
}

static inline bool get_signed_e8(const struct scan *c, enum slot slot, int64_t *out)
{
    return has(c, BIT(slot)) && span_e8(&c->slot[slot], out);
}

static inline bool get_e8(const struct scan *c, enum slot slot, int64_t *out)
{
    return get_signed_e8(c, slot, out) && *out >= 0;
}

static inline bool get_int(const struct scan *c, enum slot slot, int64_t *out)
{
    return has(c, BIT(slot)) && span_int(&c->slot[slot], out);
}

static inline bool get_id(const struct scan *c, enum slot slot, uint64_t *out)
{
    int64_t v;
    if (!get_int(c, slot, &v)) {
        return false;
    }
    *out = (uint64_t)v;
    return true;
}

static inline bool optional_int(const struct scan *c, enum slot slot, int64_t *out)
{
    return !has(c, BIT(slot)) || get_int(c, slot, out);
}

static inline bool optional_id(const struct scan *c, enum slot slot, uint64_t *out)
{
    return !has(c, BIT(slot)) || get_id(c, slot, out);
}

// Constant names: the comparison becomes one or two words.
static inline bool event_is(const struct span *v, const char *name, size_t n)
{
    return v->n == n && memcmp(v->at, name, n) == 0;
}

// Bids came after asks: bring them in front (three reversals).
static void reverse(struct scan_level *a, uint32_t n)
{
    for (uint32_t i = 0, j = n; i + 1 < j; i++) {
        struct scan_level t = a[i];
        a[i] = a[--j];
        a[j] = t;
    }
}

static void put_bids_first(struct scan *c)
{
    uint32_t asks = c->side[1].count;
    uint32_t bids = c->side[0].count;
    struct scan_level *a = c->out->level + c->side[1].first;
    reverse(a, asks);
    reverse(a + asks, bids);
    reverse(a, asks + bids);
}

static bool take_levels(struct scan *c, enum slot bids, enum slot asks)
{
    if (c->levels_bad || !has(c, BIT(bids) | BIT(asks)) || c->slot[bids].type != SPAN_LEVELS ||
        c->slot[asks].type != SPAN_LEVELS || c->used != c->side[0].count + c->side[1].count) {
        return false;
    }
    c->out->bids = c->side[0].count;
    c->out->asks = c->side[1].count;
    if (c->side[1].first < c->side[0].first) {
        put_bids_first(c);
    }
    return true;
}

// `<symbol>@depth5`, `@depth20@100ms`: the top N, whose payload looks like a diff's.
static bool is_partial_stream(const char *stream)
{
    const char *at = strchr(stream, '@');
    return at && strncmp(at + 1, "depth", 5) == 0 && is_digit(at[6]);
}

static bool take_depth(struct scan *c)
{
    struct scan_msg *m = c->out;
    bool words = has(c, BIT(SLOT_BIDS) | BIT(SLOT_ASKS)); // spot's partial depth
    m->kind = words || is_partial_stream(m->stream) ? SCAN_DEPTH_PARTIAL : SCAN_DEPTH;
    return span_name(&c->slot[SLOT_SYMBOL], m->symbol, sizeof m->symbol) &&
           get_int(c, SLOT_EVENT_MS, &m->event_ms) && optional_int(c, SLOT_TIME, &m->transaction_ms) &&
           get_id(c, SLOT_FIRST_ID, &m->first_id) && get_id(c, SLOT_LAST_ID, &m->last_id) &&
           optional_id(c, SLOT_PREV_ID, &m->prev_id) && m->first_id <= m->last_id &&
           take_levels(c, words ? SLOT_BIDS : SLOT_BID, words ? SLOT_ASKS : SLOT_ASK);
}

static bool take_snapshot(struct scan *c)
{
    struct scan_msg *m = c->out;
    m->kind = is_partial_stream(m->stream) ? SCAN_DEPTH_PARTIAL : SCAN_DEPTH_SNAPSHOT;
    return optional_int(c, SLOT_EVENT_MS, &m->event_ms) && optional_int(c, SLOT_TIME, &m->transaction_ms) &&
           get_id(c, SLOT_SNAPSHOT_ID, &m->last_id) && take_levels(c, SLOT_BIDS, SLOT_ASKS);
}

static bool take_trade(struct scan *c, enum slot id)
{
    struct scan_msg *m = c->out;
    const struct span *v = c->slot;
    m->kind = SCAN_TRADE;
    m->not_market = has(c, BIT(SLOT_ORDER_TYPE)) && !event_is(&v[SLOT_ORDER_TYPE], "MARKET", 6);
    if (!has(c, BIT(SLOT_SYMBOL) | BIT(SLOT_EVENT_MS) | BIT(SLOT_TIME) | BIT(id) | BIT(SLOT_PRICE) |
                    BIT(SLOT_QTY) | BIT(SLOT_MAKER))) {
        return false;
    }
    int64_t trade_id = 0;
    bool ok = span_name(&v[SLOT_SYMBOL], m->symbol, sizeof m->symbol);
    ok &= span_int(&v[SLOT_EVENT_MS], &m->event_ms);
    ok &= span_int(&v[SLOT_TIME], &m->transaction_ms);
    ok &= span_int(&v[id], &trade_id);
    ok &= span_e8(&v[SLOT_PRICE], &m->price_e8);
    ok &= span_e8(&v[SLOT_QTY], &m->qty_e8);
    ok &= span_bool(&v[SLOT_MAKER], &m->buyer_is_maker);
    m->trade_id = (uint64_t)trade_id;
    return ok && (m->price_e8 | m->qty_e8) >= 0;
}

static bool take_agg_trade(struct scan *c)
{
    return take_trade(c, SLOT_ASK) && optional_id(c, SLOT_FIRST_TRADE, &c->out->first_trade_id) &&
           optional_id(c, SLOT_LAST_TRADE, &c->out->last_trade_id);
}

static bool take_touch(struct scan *c)
{
    struct scan_msg *m = c->out;
    const struct span *v = c->slot;
    m->kind = SCAN_TOUCH;
    if (!has(c, BIT(SLOT_SYMBOL) | BIT(SLOT_LAST_ID) | BIT(SLOT_BID) | BIT(SLOT_BID_QTY) | BIT(SLOT_ASK) |
                    BIT(SLOT_ASK_QTY))) {
        return false;
    }
    int64_t id = 0;
    bool ok = span_name(&v[SLOT_SYMBOL], m->symbol, sizeof m->symbol);
    ok &= optional_int(c, SLOT_EVENT_MS, &m->event_ms);
    ok &= optional_int(c, SLOT_TIME, &m->transaction_ms);
    ok &= span_int(&v[SLOT_LAST_ID], &id);
    ok &= span_e8(&v[SLOT_BID], &m->price_e8);
    ok &= span_e8(&v[SLOT_BID_QTY], &m->qty_e8);
    ok &= span_e8(&v[SLOT_ASK], &m->ask_price_e8);
    ok &= span_e8(&v[SLOT_ASK_QTY], &m->ask_qty_e8);
    m->last_id = (uint64_t)id;
    return ok && (m->price_e8 | m->qty_e8 | m->ask_price_e8 | m->ask_qty_e8) >= 0;
}

static bool take_mark(struct scan *c)
{
    struct scan_msg *m = c->out;
    m->kind = SCAN_MARK;
    return span_name(&c->slot[SLOT_SYMBOL], m->symbol, sizeof m->symbol) &&
           get_int(c, SLOT_EVENT_MS, &m->event_ms) && get_e8(c, SLOT_PRICE, &m->mark_e8) &&
           get_e8(c, SLOT_INDEX, &m->index_e8) &&
           (!has(c, BIT(SLOT_SETTLE)) || get_e8(c, SLOT_SETTLE, &m->settle_e8)) &&
           get_signed_e8(c, SLOT_RATE, &m->funding_rate_e8) && get_int(c, SLOT_TIME, &m->next_funding_ms);
}

// ---------------------------------------------------------------------------------------------------------
// candles and liquidations: seldom, and nested

enum {
    F_NONE,
    F_SYMBOL,
    F_START,
    F_END,
    F_INTERVAL,
    F_OPEN,
    F_HIGH,
    F_LOW,
    F_CLOSE,
    F_VOLUME,
    F_COUNT,
    F_CLOSED
};
enum {
    F_QUOTE = F_CLOSED + 1,
    F_TAKER_BASE,
    F_TAKER_QUOTE,
    F_SIDE,
    F_TYPE,
    F_TIF,
    F_QTY,
    F_PRICE,
    F_AVERAGE
};
enum { F_STATUS = F_AVERAGE + 1, F_LAST_QTY, F_FILLED };

static bool field_e8(const struct fields *f, int slot, bool needed, int64_t *out)
{
    return (f->seen >> slot & 1) ? span_e8(&f->at[slot], out) && *out >= 0 : !needed;
}

static bool field_int(const struct fields *f, int slot, bool needed, int64_t *out)
{
    return (f->seen >> slot & 1) ? span_int(&f->at[slot], out) : !needed;
}

static bool field_name(const struct fields *f, int slot, bool needed, char *to, uint32_t cap)
{
    return (f->seen >> slot & 1) ? span_name(&f->at[slot], to, cap) : !needed;
}

static bool nested(const struct scan *c, enum slot slot, const struct field_table *table, struct fields *f)
{
    const struct span *v = &c->slot[slot];
    return has(c, BIT(slot)) && v->type == SPAN_NESTED && *v->at == '{' &&
           scan_fields(v->at, v->at + v->n, table, f) != NULL;
}

static bool take_kline(struct scan *c)
{
    static const struct field_table TABLE = {.letter = {['t'] = F_START,
                                                        ['T'] = F_END,
                                                        ['i'] = F_INTERVAL,
                                                        ['o'] = F_OPEN,
                                                        ['h'] = F_HIGH,
                                                        ['l'] = F_LOW,
                                                        ['c'] = F_CLOSE,
                                                        ['v'] = F_VOLUME,
                                                        ['n'] = F_COUNT,
                                                        ['x'] = F_CLOSED,
                                                        ['q'] = F_QUOTE,
                                                        ['V'] = F_TAKER_BASE,
                                                        ['Q'] = F_TAKER_QUOTE}};
    struct scan_msg *m = c->out;
    struct scan_kline *k = &m->u.kline;
    struct fields f;
    m->kind = SCAN_KLINE;
    memset(k, 0, sizeof *k);
    return span_name(&c->slot[SLOT_SYMBOL], m->symbol, sizeof m->symbol) &&
           get_int(c, SLOT_EVENT_MS, &m->event_ms) && nested(c, SLOT_KLINE, &TABLE, &f) &&
           field_int(&f, F_START, true, &k->open_ms) && field_int(&f, F_END, true, &k->close_ms) &&
           field_name(&f, F_INTERVAL, true, k->interval, sizeof k->interval) &&
           field_e8(&f, F_OPEN, true, &k->open_e8) && field_e8(&f, F_HIGH, true, &k->high_e8) &&
           field_e8(&f, F_LOW, true, &k->low_e8) && field_e8(&f, F_CLOSE, true, &k->close_e8) &&
           field_e8(&f, F_VOLUME, true, &k->volume_e8) && field_int(&f, F_COUNT, false, &k->trades) &&
           (f.seen >> F_CLOSED & 1) && span_bool(&f.at[F_CLOSED], &k->closed) &&
           field_e8(&f, F_QUOTE, false, &k->quote_volume_e8) &&
           field_e8(&f, F_TAKER_BASE, false, &k->taker_base_e8) &&
           field_e8(&f, F_TAKER_QUOTE, false, &k->taker_quote_e8);
}

static bool take_force_order(struct scan *c)
{
    static const struct field_word WORDS[] = {{"ap", 2, F_AVERAGE}};
    static const struct field_table TABLE = {.letter = {['s'] = F_SYMBOL,
                                                        ['S'] = F_SIDE,
                                                        ['o'] = F_TYPE,
                                                        ['f'] = F_TIF,
                                                        ['q'] = F_QTY,
                                                        ['p'] = F_PRICE,
                                                        ['X'] = F_STATUS,
                                                        ['l'] = F_LAST_QTY,
                                                        ['z'] = F_FILLED,
                                                        ['T'] = F_END},
                                             .words = WORDS,
                                             .n_words = 1};
    struct scan_msg *m = c->out;
    struct scan_force *o = &m->u.force;
    struct fields f;
    m->kind = SCAN_FORCE_ORDER;
    memset(o, 0, sizeof *o);
    if (!get_int(c, SLOT_EVENT_MS, &m->event_ms) || !nested(c, SLOT_FORCE, &TABLE, &f) ||
        !(f.seen >> F_SIDE & 1)) {
        return false;
    }
    o->side = span_is(&f.at[F_SIDE], "BUY", 3) ? 1 : span_is(&f.at[F_SIDE], "SELL", 4) ? -1 : 0;
    return o->side != 0 && field_name(&f, F_SYMBOL, true, m->symbol, sizeof m->symbol) &&
           field_name(&f, F_STATUS, true, o->status, sizeof o->status) &&
           field_name(&f, F_TYPE, false, o->type, sizeof o->type) &&
           field_name(&f, F_TIF, false, o->tif, sizeof o->tif) && field_e8(&f, F_QTY, true, &o->qty_e8) &&
           field_e8(&f, F_PRICE, true, &o->price_e8) && field_e8(&f, F_AVERAGE, false, &o->average_e8) &&
           field_e8(&f, F_LAST_QTY, false, &o->last_qty_e8) && field_e8(&f, F_FILLED, true, &o->filled_e8) &&
           field_int(&f, F_END, true, &m->transaction_ms);
}

// ---------------------------------------------------------------------------------------------------------
// which message it is

// An answer to a request of ours: {"result":..,"id":n} or {"code":n,"msg":".."}.
static bool take_reply(struct scan *c)
{
    struct scan_msg *m = c->out;
    m->kind = SCAN_REPLY;
    const struct span *code = &c->slot[SLOT_CODE];
    if (has(c, BIT(SLOT_REPLY_ID)) && c->slot[SLOT_REPLY_ID].type != SPAN_NULL &&
        !get_int(c, SLOT_REPLY_ID, &m->reply_id)) {
        return false;
    }
    return !has(c, BIT(SLOT_CODE)) ||
           (span_is_scalar(code) && decimal_parse(code->at, code->n, 0, &m->reply_code));
}

// A message of ours by the name in `e`; any other is well-formed and not for us.
static bool take_event(struct scan *c)
{
    const struct span *e = &c->slot[SLOT_EVENT];
    bool named = has(c, BIT(SLOT_SYMBOL));
    switch (e->type == SPAN_STRING ? e->n : 0) {
    case 5:
        if (event_is(e, "trade", 5)) {
            return named && take_trade(c, SLOT_TRADE_ID);
        }
        return !event_is(e, "kline", 5) || (named && take_kline(c));
    case 8:
        return !event_is(e, "aggTrade", 8) || (named && take_agg_trade(c));
    case 10:
        if (event_is(e, "bookTicker", 10)) {
            return named && take_touch(c);
        }
        return !event_is(e, "forceOrder", 10) || take_force_order(c);
    case 11:
        return !event_is(e, "depthUpdate", 11) || (named && take_depth(c));
    case 15:
        return !event_is(e, "markPriceUpdate", 15) || (named && take_mark(c));
    default:
        return true;
    }
}

bool scan_interpret(struct scan *c)
{
    const uint32_t touch = BIT(SLOT_LAST_ID) | BIT(SLOT_SYMBOL) | BIT(SLOT_BID) | BIT(SLOT_BID_QTY) |
                           BIT(SLOT_ASK) | BIT(SLOT_ASK_QTY);
    if (has(c, BIT(SLOT_EVENT))) {
        return take_event(c);
    }
    if (has(c, touch)) {
        return take_touch(c);
    }
    if (has(c, BIT(SLOT_SNAPSHOT_ID))) {
        return take_snapshot(c);
    }
    return has(c, BIT(SLOT_RESULT)) || has(c, BIT(SLOT_CODE)) ? take_reply(c) : true;
}
