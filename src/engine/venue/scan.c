// SPDX-License-Identifier: Apache-2.0
// scan: hot-stream messages to fixed point in one pass.
//
// The idea: an object's values are not interpreted when they are met (a one-letter key means different things
// in different messages, and the type may come last), only remembered as spans by key; the two arrays of
// price levels, which are nine tenths of the bytes, are converted at once. A level of ordinary width is found
// by one 32-byte comparison for quotes, so the next level's place does not wait for the numbers of this one;
// a number of up to 16 characters becomes an integer by byte shuffles without a branch on its length.
// Whatever is unusual (blanks, long numbers, numbers instead of strings, the last bytes of the message) takes
// the slow path beside it, which decides.
//
// It does not check the bytes inside strings that nobody reads, and it does not undo escapes: a key or a name
// with a backslash is simply not one that we know.
#include "engine/venue/scan.h"

#include <string.h>

#include "engine/venue/scan_text.h"

// LEVEL_WINDOW: bytes that level_fast may read. SLACK: readable bytes after the message.
enum { LEVEL_WINDOW = 34, SLACK = 16 };

enum span_type { SPAN_STRING, SPAN_NUMBER, SPAN_TRUE, SPAN_FALSE, SPAN_NULL, SPAN_LEVELS, SPAN_NESTED };

enum slot {
    SLOT_NONE,
    SLOT_EVENT,
    SLOT_EVENT_MS,
    SLOT_TIME,
    SLOT_SYMBOL,
    SLOT_FIRST_ID,
    SLOT_LAST_ID,
    SLOT_PREV_ID,
    SLOT_BID,
    SLOT_BID_QTY,
    SLOT_ASK,
    SLOT_ASK_QTY,
    SLOT_PRICE,
    SLOT_SETTLE,
    SLOT_QTY,
    SLOT_MAKER,
    SLOT_ORDER_TYPE,
    SLOT_FIRST_TRADE,
    SLOT_LAST_TRADE,
    SLOT_INDEX,
    SLOT_RATE,
    SLOT_TRADE_ID,
    SLOT_SNAPSHOT_ID,
    SLOT_BIDS,
    SLOT_ASKS,
    SLOT_RESULT,
    SLOT_REPLY_ID,
    SLOT_CODE,
    SLOT_STREAM,
    SLOT_DATA,
    SLOT_COUNT
};

struct span {
    const char *at;
    uint32_t n;
    uint32_t type; // enum span_type
};

struct levels {
    uint32_t first, count;
};

struct scan {
    const char *end;
    struct scan_msg *out;
    uint32_t seen;   // bit per slot of the object that carries the message
    uint32_t used;   // entries of out->level
    bool levels_bad; // an array of levels was something else
    bool enveloped;
    struct levels side[2]; // bids, asks
    struct span stream;
    struct span slot[SLOT_COUNT];
};

_Static_assert(SLOT_COUNT <= 32, "slots fit the mask");

#define BIT(slot) (UINT32_C(1) << (slot))

static const uint8_t SLOT_OF_LETTER[256] = {
    ['e'] = SLOT_EVENT,      ['E'] = SLOT_EVENT_MS, ['T'] = SLOT_TIME,       ['s'] = SLOT_SYMBOL,
    ['U'] = SLOT_FIRST_ID,   ['u'] = SLOT_LAST_ID,  ['b'] = SLOT_BID,        ['B'] = SLOT_BID_QTY,
    ['a'] = SLOT_ASK,        ['A'] = SLOT_ASK_QTY,  ['p'] = SLOT_PRICE,      ['P'] = SLOT_SETTLE,
    ['q'] = SLOT_QTY,        ['m'] = SLOT_MAKER,    ['X'] = SLOT_ORDER_TYPE, ['f'] = SLOT_FIRST_TRADE,
    ['l'] = SLOT_LAST_TRADE, ['i'] = SLOT_INDEX,    ['r'] = SLOT_RATE,       ['t'] = SLOT_TRADE_ID,
};

// -----------------------------------------------------------------------------------------------------------
// levels

static inline uint32_t load32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint16_t load16(const char *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

// `["price","qty"]` without blanks in at most 32 bytes. Returns the first byte after it, NULL: take the slow
// way.
static inline const char *level_fast(const char *p, struct scan_level *to)
{
    __m128i quote = _mm_set1_epi8('"');
    __m128i lo = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), quote);
    __m128i hi = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16)), quote);
    uint32_t m = (uint32_t)_mm_movemask_epi8(lo) | (uint32_t)_mm_movemask_epi8(hi) << 16;
    m &= m - 1;                   // without the quote that opens the price
    uint32_t after = m & (m - 1); // without the one that closes it
    after &= after - 1;           // without the one that opens the quantity
    if (load16(p) != ('[' | '"' << 8) || after == 0) {
        return NULL;
    }
    unsigned price_end = (unsigned)__builtin_ctz(m);
    unsigned qty_end = (unsigned)__builtin_ctz(after);
    unsigned price_n = price_end - 2;
    unsigned qty_n = qty_end - price_end - 3;
    if ((load32(p + price_end) & 0xffffff) != ('"' | ',' << 8 | '"' << 16) ||
        load16(p + qty_end) != ('"' | ']' << 8) || price_n - 1 >= SCAN_NUMBER_FAST ||
        qty_n - 1 >= SCAN_NUMBER_FAST) {
        return NULL;
    }
    if (!e8_fast(p + 2, price_n, &to->price_e8) || !e8_fast(p + price_end + 3, qty_n, &to->qty_e8)) {
        return NULL;
    }
    return p + qty_end + 2;
}

// One number of a level, quoted or not, then `stop`. Returns the first byte after `stop`.
static const char *level_number(const char *p, const char *end, char stop, int64_t *out)
{
    p = skip_blank(p, end);
    if (p >= end) {
        return NULL;
    }
    bool quoted = *p == '"';
    const char *from = p + quoted;
    const char *to = quoted ? string_end(from, end) : scan_number_end(from, end);
    if (!to || !decimal_parse_e8(from, (size_t)(to - from), out) || *out < 0) {
        return NULL;
    }
    p = skip_blank(to + quoted, end);
    return p < end && *p == stop ? p + 1 : NULL;
}

static const char *level_slow(const char *p, const char *end, struct scan_level *to)
{
    p = skip_blank(p, end);
    if (p >= end || *p != '[') {
        return NULL;
    }
    p = level_number(p + 1, end, ',', &to->price_e8);
    return p ? level_number(p, end, ']', &to->qty_e8) : NULL;
}

// p: after the '[' of the array. Returns the first byte after it, NULL: not an array of levels, or too many.
static const char *scan_levels(struct scan *c, const char *p, struct levels *side)
{
    const char *end = c->end;
    struct scan_level *first = c->out->level + c->used;
    struct scan_level *last = c->out->level + SCAN_LEVELS_MAX;
    struct scan_level *to = first;
    p = skip_blank(p, end);
    bool more = p < end && *p != ']';
    p += !more;
    while (more) {
        if (to == last) {
            return NULL;
        }
        const char *next = end - p >= LEVEL_WINDOW - SLACK ? level_fast(p, to) : NULL;
        p = next ? next : level_slow(p, end, to);
        if (!p) {
            return NULL;
        }
        to++;
        if (p < end && *p != ',' && *p != ']') {
            p = skip_blank(p, end);
        }
        if (p >= end || (*p != ',' && *p != ']')) {
            return NULL;
        }
        more = *p++ == ',';
    }
    side->first = c->used;
    side->count = (uint32_t)(to - first);
    c->used += side->count;
    return p;
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

// -----------------------------------------------------------------------------------------------------------
// object

static enum slot slot_of_word(const char *key, size_t n)
{
    static const struct {
        const char *word;
        uint8_t n, slot;
    } WORDS[] = {
        {"stream", 6, SLOT_STREAM}, {"data", 4, SLOT_DATA}, {"lastUpdateId", 12, SLOT_SNAPSHOT_ID},
        {"bids", 4, SLOT_BIDS},     {"asks", 4, SLOT_ASKS}, {"result", 6, SLOT_RESULT},
        {"id", 2, SLOT_REPLY_ID},   {"code", 4, SLOT_CODE},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (WORDS[i].n == n && memcmp(key, WORDS[i].word, n) == 0) {
            return (enum slot)WORDS[i].slot;
        }
    }
    return SLOT_NONE;
}

// p: the opening quote. Finds the key's slot; returns the first byte of the value.
static inline const char *scan_key(const char *p, const char *end, enum slot *slot)
{
    unsigned char letter = (unsigned char)p[1];
    if (end - p > 4 && p[2] == '"' && SLOT_OF_LETTER[letter] != SLOT_NONE) {
        *slot = (enum slot)SLOT_OF_LETTER[letter];
        p += 3;
    } else if (end - p > 5 && load32(p) == ('"' | 'p' << 8 | 'u' << 16 | (uint32_t)'"' << 24)) {
        *slot = SLOT_PREV_ID;
        p += 4;
    } else {
        const char *close = string_end(p + 1, end);
        if (!close) {
            return NULL;
        }
        *slot = slot_of_word(p + 1, (size_t)(close - p - 1));
        p = close + 1;
    }
    if (p < end && *p != ':') {
        p = skip_blank(p, end);
    }
    if (p >= end || *p++ != ':') {
        return NULL;
    }
    return p < end && (unsigned char)*p <= ' ' ? skip_blank(p, end) : p;
}

// An array of levels if it is one, any array otherwise.
static const char *scan_array(struct scan *c, const char *p, enum slot slot, struct span *v)
{
    v->type = SPAN_NESTED;
    if (slot == SLOT_BID || slot == SLOT_BIDS || slot == SLOT_ASK || slot == SLOT_ASKS) {
        const char *after = scan_levels(c, p + 1, &c->side[slot == SLOT_ASK || slot == SLOT_ASKS]);
        if (after) {
            v->type = SPAN_LEVELS;
            return after;
        }
        c->levels_bad = true;
    }
    return scan_skip_value(p, c->end, 1);
}

// Plain non-negative integers, the most frequent number.
static inline const char *scan_number(const char *p, const char *end, struct span *v)
{
    v->type = SPAN_NUMBER;
    v->at = p;
    __m128i d = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('0'));
    unsigned other =
        ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d)) & 0xffff;
    unsigned n = other ? (unsigned)__builtin_ctz(other) : 0;
    const char *after = p + n;
    if (n == 0 || after >= end || (*after != ',' && *after != '}') || (*p == '0' && n > 1)) {
        after = scan_number_end(p, end);
        if (!after) {
            return NULL;
        }
    }
    v->n = (uint32_t)(after - p);
    return after;
}

// One value at p; returns the first byte after it.
static inline const char *scan_span(struct scan *c, const char *p, enum slot slot, struct span *v)
{
    const char *end = c->end;
    v->at = p;
    v->n = 0;
    switch (*p) {
    case '"': {
        const char *close = string_end(p + 1, end);
        v->type = SPAN_STRING;
        v->at = p + 1;
        v->n = close ? (uint32_t)(close - p - 1) : 0;
        return close ? close + 1 : NULL;
    }
    case '[':
        return scan_array(c, p, slot, v);
    case '{':
        v->type = SPAN_NESTED;
        return scan_skip_value(p, end, 1);
    case 't':
        v->type = SPAN_TRUE;
        return scan_skip_word(p, end, "true", 4);
    case 'f':
        v->type = SPAN_FALSE;
        return scan_skip_word(p, end, "false", 5);
    case 'n':
        v->type = SPAN_NULL;
        return scan_skip_word(p, end, "null", 4);
    default:
        return scan_number(p, end, v);
    }
}

static const char *scan_object(struct scan *c, const char *p, bool envelope);

// The object that carries the message begins: what was seen outside it does not count.
static const char *scan_data(struct scan *c, const char *p)
{
    if (c->enveloped) {
        return NULL;
    }
    c->enveloped = true;
    c->seen = 0;
    c->used = 0;
    c->levels_bad = false;
    return scan_object(c, p + 1, false);
}

// p: after '{'. envelope: the outermost object. Returns the first byte after '}'.
static const char *scan_object(struct scan *c, const char *p, bool envelope)
{
    const char *end = c->end;
    p = skip_blank(p, end);
    if (p < end && *p == '}') {
        return p + 1;
    }
    for (;;) {
        enum slot slot;
        if (p >= end || *p != '"' || !(p = scan_key(p, end, &slot)) || p >= end) {
            return NULL;
        }
        if (envelope && slot == SLOT_DATA && *p == '{') {
            p = scan_data(c, p);
        } else if (envelope && slot == SLOT_STREAM && *p == '"') {
            p = scan_span(c, p, slot, &c->stream);
        } else if (slot == SLOT_NONE || (envelope && c->enveloped)) {
            p = scan_skip_value(p, end, 1);
        } else {
            if (c->seen & BIT(slot)) {
                return NULL;
            }
            c->seen |= BIT(slot);
            p = scan_span(c, p, slot, &c->slot[slot]);
        }
        if (!p) {
            return NULL;
        }
        if (p < end && *p != ',' && *p != '}') {
            p = skip_blank(p, end);
        }
        if (p >= end || (*p != ',' && *p != '}')) {
            return NULL;
        }
        if (*p++ == '}') {
            return p;
        }
        if (p < end && *p != '"') {
            p = skip_blank(p, end);
        }
    }
}

// ---------------------------------------------------------------------------------------------------
// interpretation

static inline bool has(const struct scan *c, uint32_t slots)
{
    return (c->seen & slots) == slots;
}

static inline bool is_text(const struct span *v)
{
    return v->type == SPAN_STRING || v->type == SPAN_NUMBER;
}

// A decimal, quoted or not, in 1e-8.
static bool get_signed_e8(const struct scan *c, enum slot slot, int64_t *out)
{
    const struct span *v = &c->slot[slot];
    return has(c, BIT(slot)) && is_text(v) && e8_any(v->at, v->n, out);
}

static bool get_e8(const struct scan *c, enum slot slot, int64_t *out)
{
    return get_signed_e8(c, slot, out) && *out >= 0;
}

// A non-negative integer up to INT64_MAX, quoted or not: digits only.
static bool get_int(const struct scan *c, enum slot slot, int64_t *out)
{
    const struct span *v = &c->slot[slot];
    if (!has(c, BIT(slot)) || !is_text(v) || v->n == 0) {
        return false;
    }
    uint64_t fast;
    unsigned frac;
    bool point;
    if (v->n <= SCAN_NUMBER_FAST && digits16(v->at, v->n, &fast, &frac, &point) && !point) {
        *out = (int64_t)fast;
        return true;
    }
    for (uint32_t i = 0; i < v->n; i++) {
        if (!is_digit(v->at[i])) {
            return false;
        }
    }
    return decimal_parse(v->at, v->n, 0, out);
}

static bool get_id(const struct scan *c, enum slot slot, uint64_t *out)
{
    int64_t v;
    if (!get_int(c, slot, &v)) {
        return false;
    }
    *out = (uint64_t)v;
    return true;
}

static bool optional_int(const struct scan *c, enum slot slot, int64_t *out)
{
    return !has(c, BIT(slot)) || get_int(c, slot, out);
}

static bool optional_id(const struct scan *c, enum slot slot, uint64_t *out)
{
    return !has(c, BIT(slot)) || get_id(c, slot, out);
}

static bool get_bool(const struct scan *c, enum slot slot, uint8_t *out)
{
    const struct span *v = &c->slot[slot];
    if (!has(c, BIT(slot)) || (v->type != SPAN_TRUE && v->type != SPAN_FALSE)) {
        return false;
    }
    *out = v->type == SPAN_TRUE;
    return true;
}

// A name of printable ASCII without escapes that fits; to has room for cap bytes, a multiple of 8.
static bool get_name(const struct span *v, char *to, uint32_t cap)
{
    if (v->type != SPAN_STRING || v->n == 0 || v->n >= cap) {
        return false;
    }
    for (uint32_t i = 0; i < v->n; i += 8) {
        __m128i s = _mm_loadl_epi64((const __m128i *)(const void *)(v->at + i));
        __m128i odd =
            _mm_or_si128(_mm_cmplt_epi8(s, _mm_set1_epi8('!')), _mm_cmpeq_epi8(s, _mm_set1_epi8(0x7f)));
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(s, _mm_set1_epi8('\\')));
        uint32_t left = v->n - i;
        uint32_t in = left >= 8 ? 0xff : (1u << left) - 1;
        if ((uint32_t)_mm_movemask_epi8(odd) & in) {
            return false;
        }
        _mm_storel_epi64((__m128i *)(void *)(to + i), s);
    }
    to[v->n] = 0;
    return true;
}

static inline bool event_is(const struct span *v, const char *name, size_t n)
{
    return v->n == n && memcmp(v->at, name, n) == 0;
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

static bool take_depth(struct scan *c)
{
    struct scan_msg *m = c->out;
    m->kind = SCAN_DEPTH;
    return get_name(&c->slot[SLOT_SYMBOL], m->symbol, sizeof m->symbol) &&
           get_int(c, SLOT_EVENT_MS, &m->event_ms) && optional_int(c, SLOT_TIME, &m->transaction_ms) &&
           get_id(c, SLOT_FIRST_ID, &m->first_id) && get_id(c, SLOT_LAST_ID, &m->last_id) &&
           optional_id(c, SLOT_PREV_ID, &m->prev_id) && m->first_id <= m->last_id &&
           take_levels(c, SLOT_BID, SLOT_ASK);
}

static bool take_snapshot(struct scan *c)
{
    struct scan_msg *m = c->out;
    m->kind = SCAN_DEPTH_SNAPSHOT;
    return optional_int(c, SLOT_EVENT_MS, &m->event_ms) && optional_int(c, SLOT_TIME, &m->transaction_ms) &&
           get_id(c, SLOT_SNAPSHOT_ID, &m->last_id) && take_levels(c, SLOT_BIDS, SLOT_ASKS);
}

static bool take_trade(struct scan *c, enum slot id)
{
    struct scan_msg *m = c->out;
    m->kind = SCAN_TRADE;
    m->not_market = has(c, BIT(SLOT_ORDER_TYPE)) && !event_is(&c->slot[SLOT_ORDER_TYPE], "MARKET", 6);
    return get_name(&c->slot[SLOT_SYMBOL], m->symbol, sizeof m->symbol) &&
           get_int(c, SLOT_EVENT_MS, &m->event_ms) && get_int(c, SLOT_TIME, &m->transaction_ms) &&
           get_id(c, id, &m->trade_id) && get_e8(c, SLOT_PRICE, &m->price_e8) &&
           get_e8(c, SLOT_QTY, &m->qty_e8) && get_bool(c, SLOT_MAKER, &m->buyer_is_maker);
}

static bool take_agg_trade(struct scan *c)
{
    return take_trade(c, SLOT_ASK) && optional_id(c, SLOT_FIRST_TRADE, &c->out->first_trade_id) &&
           optional_id(c, SLOT_LAST_TRADE, &c->out->last_trade_id);
}

static bool take_touch(struct scan *c)
{
    struct scan_msg *m = c->out;
    m->kind = SCAN_TOUCH;
    return get_name(&c->slot[SLOT_SYMBOL], m->symbol, sizeof m->symbol) &&
           optional_int(c, SLOT_EVENT_MS, &m->event_ms) && optional_int(c, SLOT_TIME, &m->transaction_ms) &&
           get_id(c, SLOT_LAST_ID, &m->last_id) && get_e8(c, SLOT_BID, &m->price_e8) &&
           get_e8(c, SLOT_BID_QTY, &m->qty_e8) && get_e8(c, SLOT_ASK, &m->ask_price_e8) &&
           get_e8(c, SLOT_ASK_QTY, &m->ask_qty_e8);
}

static bool take_mark(struct scan *c)
{
    struct scan_msg *m = c->out;
    m->kind = SCAN_MARK;
    return get_name(&c->slot[SLOT_SYMBOL], m->symbol, sizeof m->symbol) &&
           get_int(c, SLOT_EVENT_MS, &m->event_ms) && get_e8(c, SLOT_PRICE, &m->mark_e8) &&
           get_e8(c, SLOT_INDEX, &m->index_e8) &&
           (!has(c, BIT(SLOT_SETTLE)) || get_e8(c, SLOT_SETTLE, &m->settle_e8)) &&
           get_signed_e8(c, SLOT_RATE, &m->funding_rate_e8) && get_int(c, SLOT_TIME, &m->next_funding_ms);
}

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
    return !has(c, BIT(SLOT_CODE)) || (is_text(code) && decimal_parse(code->at, code->n, 0, &m->reply_code));
}

static bool interpret(struct scan *c)
{
    const struct span *e = &c->slot[SLOT_EVENT];
    const uint32_t touch = BIT(SLOT_LAST_ID) | BIT(SLOT_SYMBOL) | BIT(SLOT_BID) | BIT(SLOT_BID_QTY) |
                           BIT(SLOT_ASK) | BIT(SLOT_ASK_QTY);
    if (has(c, BIT(SLOT_EVENT))) {
        if (e->type != SPAN_STRING) {
            return true;
        }
        bool named = has(c, BIT(SLOT_SYMBOL));
        if (event_is(e, "depthUpdate", 11)) {
            return named && take_depth(c);
        }
        if (event_is(e, "bookTicker", 10)) {
            return named && take_touch(c);
        }
        if (event_is(e, "aggTrade", 8)) {
            return named && take_agg_trade(c);
        }
        if (event_is(e, "trade", 5)) {
            return named && take_trade(c, SLOT_TRADE_ID);
        }
        if (event_is(e, "markPriceUpdate", 15)) {
            return named && take_mark(c);
        }
        return true;
    }
    if (has(c, touch)) {
        return take_touch(c);
    }
    if (has(c, BIT(SLOT_SNAPSHOT_ID))) {
        return take_snapshot(c);
    }
    return has(c, BIT(SLOT_RESULT)) || has(c, BIT(SLOT_CODE)) ? take_reply(c) : true;
}

bool scan_market(const char *text, size_t n, struct scan_msg *out)
{
    struct scan c;
    c.end = text + n;
    c.out = out;
    c.seen = 0;
    c.used = 0;
    c.levels_bad = false;
    c.enveloped = false;
    c.side[0] = c.side[1] = (struct levels){0, 0};
    c.stream.type = SPAN_NULL;
    memset(out, 0, offsetof(struct scan_msg, level));
    const char *p = skip_blank(text, c.end);
    if (n > UINT32_MAX || p >= c.end || (*p != '{' && *p != '[')) {
        return false;
    }
    p = *p == '{' ? scan_object(&c, p + 1, true) : scan_skip_value(p, c.end, 0);
    if (!p || skip_blank(p, c.end) != c.end) {
        return false;
    }
    if (c.stream.type == SPAN_STRING) {
        out->has_stream = 1;
        if (!get_name(&c.stream, out->stream, sizeof out->stream)) {
            return false;
        }
    }
    return interpret(&c);
}
