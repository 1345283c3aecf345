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

#include "engine/venue/scan_fields.h"
#include "engine/venue/scan_state.h"

// LEVEL_WINDOW: bytes that level_fast may read. SLACK: readable bytes after the message.
enum { LEVEL_WINDOW = 34, SLACK = 16 };

static const uint8_t SLOT_OF_LETTER[256] = {
    ['e'] = SLOT_EVENT,      ['E'] = SLOT_EVENT_MS, ['T'] = SLOT_TIME,       ['s'] = SLOT_SYMBOL,
    ['U'] = SLOT_FIRST_ID,   ['u'] = SLOT_LAST_ID,  ['b'] = SLOT_BID,        ['B'] = SLOT_BID_QTY,
    ['a'] = SLOT_ASK,        ['A'] = SLOT_ASK_QTY,  ['p'] = SLOT_PRICE,      ['P'] = SLOT_SETTLE,
    ['q'] = SLOT_QTY,        ['m'] = SLOT_MAKER,    ['X'] = SLOT_ORDER_TYPE, ['f'] = SLOT_FIRST_TRADE,
    ['l'] = SLOT_LAST_TRADE, ['i'] = SLOT_INDEX,    ['r'] = SLOT_RATE,       ['t'] = SLOT_TRADE_ID,
    ['k'] = SLOT_KLINE,      ['o'] = SLOT_FORCE,
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
    case '{': {
        const char *after = scan_skip_value(p, end, 1);
        v->type = SPAN_NESTED;
        v->n = after ? (uint32_t)(after - p) : 0;
        return after;
    }
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

// A value of ordinary form at p (a string of up to 15 bytes without escapes, a plain whole number, a truth
// value) to *v. Returns the first byte after it, NULL: take the slow way. Reads 17 bytes from p.
static inline const char *plain_value(const char *p, struct span *v)
{
    if (*p == '"') { // a branch, so that the next place does not wait for this byte
        __m128i s = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
        unsigned quote = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(s, _mm_set1_epi8('"')));
        unsigned escape = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(s, _mm_set1_epi8('\\')));
        unsigned n = (unsigned)__builtin_ctz(quote | 1u << 16);
        *v = (struct span){p + 1, n, SPAN_STRING};
        return quote == 0 || (escape & ((1u << n) - 1)) ? NULL : p + n + 2;
    }
    __m128i s = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i d = _mm_sub_epi8(s, _mm_set1_epi8('0'));
    unsigned digit = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d));
    unsigned n = (unsigned)__builtin_ctz(~digit | 1u << 16);
    if (n > 0) {
        *v = (struct span){p, n, SPAN_NUMBER};
        return n < 16 && (*p != '0' || n == 1) ? p + n : NULL;
    }
    bool yes = load32(p) == ('t' | 'r' << 8 | 'u' << 16 | (uint32_t)'e' << 24);
    bool no = *p == 'f' && load32(p + 1) == ('a' | 'l' << 8 | 's' << 16 | (uint32_t)'e' << 24);
    *v = (struct span){p, 0, yes ? SPAN_TRUE : SPAN_FALSE};
    return yes || no ? p + 5 - yes : NULL;
}

// Members of one letter with values of ordinary form and no blanks, which is what venues send, in a row.
// Returns where it stopped: at a key that is not such, or (*closed) after the '}'.
static inline const char *plain_members(struct scan *c, const char *p, bool *closed)
{
    while (c->end - p > 5 && (load32(p) & 0xffff00ff) == ('"' | '"' << 16 | (uint32_t)':' << 24)) {
        unsigned slot = SLOT_OF_LETTER[(unsigned char)p[1]];
        uint32_t bit = BIT(slot);
        const char *q = slot == SLOT_NONE ? NULL : plain_value(p + 4, &c->slot[slot]);
        if (!q || q >= c->end || (c->seen & bit) || (*q != ',' && *q != '}') || (*q == ',' && q[1] != '"')) {
            break; // the slow way looks at this member again
        }
        c->seen |= bit;
        p = q + 1;
        if (*q == '}') {
            *closed = true;
            break;
        }
    }
    return p;
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
        bool closed = false;
        p = envelope && c->enveloped ? p : plain_members(c, p, &closed);
        if (closed) {
            return p;
        }
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

// The fields before the union and the levels. memset would become `rep stos`, whose start costs a third of a
// small message.
static inline void clear_head(struct scan_msg *m)
{
    enum { HEAD = offsetof(struct scan_msg, u), WIDE = HEAD / 16 * 16 };
    char *to = (char *)m;
#pragma GCC unroll 32
    for (size_t i = 0; i < WIDE; i += 16) {
        _mm_storeu_si128((__m128i *)(void *)(to + i), _mm_setzero_si128());
    }
    _mm_storeu_si128((__m128i *)(void *)(to + HEAD - 16), _mm_setzero_si128()); // the rest, over the last one
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
    clear_head(out);
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
        if (!span_name(&c.stream, out->stream, sizeof out->stream)) {
            return false;
        }
    }
    return scan_interpret(&c);
}
