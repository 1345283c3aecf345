// SPDX-License-Identifier: Apache-2.0
// scan_oracle: what jansson reads in a market message, for differential tests of the hot scanner: an
// independent reading of the same text, to compare whole.
//
// The scanner does not check the bytes inside strings and takes a text with a backslash for an unknown one.
// So that this is no difference, jansson gets a copy in which, inside strings, every control character, every
// byte from 0x80 and every escape is 0x7f, which no name, number or key of ours contains.
#ifndef TT_TESTS_SUPPORT_SCAN_ORACLE_H
#define TT_TESTS_SUPPORT_SCAN_ORACLE_H

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "engine/venue/scan.h"

enum verdict { REFUSE, ACCEPT, UNSURE };

// UNSURE when a decimal came as a JSON real: its text is gone.
static enum verdict want_e8(const json_t *v, bool may_be_negative, int64_t *out)
{
    if (json_is_real(v)) {
        return UNSURE;
    }
    if (json_is_integer(v)) {
        if (__builtin_mul_overflow((int64_t)json_integer_value(v), E8, out)) {
            return REFUSE;
        }
    } else if (!json_is_string(v) || !decimal_parse_e8(json_string_value(v), json_string_length(v), out)) {
        return REFUSE;
    }
    return may_be_negative || *out >= 0 ? ACCEPT : REFUSE;
}

static enum verdict want_int(const json_t *v, int64_t *out)
{
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return *out >= 0 ? ACCEPT : REFUSE;
    }
    const char *s = json_string_value(v);
    size_t n = s ? json_string_length(v) : 0;
    if (n == 0 || strspn(s, "0123456789") != n) {
        return REFUSE;
    }
    return decimal_parse(s, n, 0, out) ? ACCEPT : REFUSE;
}

static enum verdict want_id(const json_t *v, uint64_t *out)
{
    int64_t x = 0;
    enum verdict r = want_int(v, &x);
    *out = (uint64_t)x;
    return r;
}

static enum verdict want_name(const json_t *v, char *to, size_t cap)
{
    const char *s = json_string_value(v);
    size_t n = s ? json_string_length(v) : 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] <= 0x20 || s[i] >= 0x7f || s[i] == '\\') {
            return REFUSE;
        }
    }
    if (n == 0 || n >= cap) {
        return REFUSE;
    }
    memcpy(to, s, n + 1);
    return ACCEPT;
}

static enum verdict both(enum verdict a, enum verdict b)
{
    return a == REFUSE || b == REFUSE ? REFUSE : a == UNSURE || b == UNSURE ? UNSURE : ACCEPT;
}

static enum verdict want_side(struct scan_msg *w, const json_t *side, uint32_t *count)
{
    enum verdict r = json_is_array(side) ? ACCEPT : REFUSE;
    size_t i;
    json_t *level;
    json_array_foreach(side, i, level)
    {
        uint32_t at = w->bids + w->asks;
        if (json_array_size(level) != 2 || at == SCAN_LEVELS_MAX) {
            return REFUSE;
        }
        r = both(r, want_e8(json_array_get(level, 0), false, &w->level[at].price_e8));
        r = both(r, want_e8(json_array_get(level, 1), false, &w->level[at].qty_e8));
        (*count)++;
    }
    return r;
}

static enum verdict optional(const json_t *d, const char *key, int64_t *out)
{
    const json_t *v = json_object_get(d, key);
    return v ? want_int(v, out) : ACCEPT;
}

static bool is_partial(const struct scan_msg *w)
{
    const char *at = strchr(w->stream, '@');
    return at && strncmp(at, "@depth", 6) == 0 && at[6] >= '0' && at[6] <= '9';
}

// Levels under both names at once, b and bids: not to be believed, but how it is refused is not ours to copy.
static enum verdict other_levels(const json_t *d, bool words)
{
    const json_t *bids = json_object_get(d, words ? "b" : "bids");
    const json_t *asks = json_object_get(d, words ? "a" : "asks");
    return json_is_array(bids) || json_is_array(asks) ? UNSURE : ACCEPT;
}

static enum verdict want_depth(struct scan_msg *w, const json_t *d)
{
    bool words = json_object_get(d, "bids") && json_object_get(d, "asks");
    w->kind = words || is_partial(w) ? SCAN_DEPTH_PARTIAL : SCAN_DEPTH;
    int64_t prev = 0;
    enum verdict r = want_name(json_object_get(d, "s"), w->symbol, sizeof w->symbol);
    r = both(r, want_int(json_object_get(d, "E"), &w->event_ms));
    r = both(r, optional(d, "T", &w->transaction_ms));
    r = both(r, want_id(json_object_get(d, "U"), &w->first_id));
    r = both(r, want_id(json_object_get(d, "u"), &w->last_id));
    r = both(r, optional(d, "pu", &prev));
    w->prev_id = (uint64_t)prev;
    r = both(r, w->first_id <= w->last_id ? ACCEPT : REFUSE);
    r = both(r, other_levels(d, words));
    r = both(r, want_side(w, json_object_get(d, words ? "bids" : "b"), &w->bids));
    return both(r, want_side(w, json_object_get(d, words ? "asks" : "a"), &w->asks));
}

static enum verdict want_snapshot(struct scan_msg *w, const json_t *d)
{
    w->kind = is_partial(w) ? SCAN_DEPTH_PARTIAL : SCAN_DEPTH_SNAPSHOT;
    enum verdict r = both(optional(d, "E", &w->event_ms), optional(d, "T", &w->transaction_ms));
    r = both(r, want_id(json_object_get(d, "lastUpdateId"), &w->last_id));
    r = both(r, other_levels(d, true));
    r = both(r, want_side(w, json_object_get(d, "bids"), &w->bids));
    return both(r, want_side(w, json_object_get(d, "asks"), &w->asks));
}

static enum verdict want_trade(struct scan_msg *w, const json_t *d, const char *id)
{
    w->kind = SCAN_TRADE;
    const json_t *m = json_object_get(d, "m");
    const json_t *x = json_object_get(d, "X");
    const char *type = json_string_value(x);
    w->not_market = x && (!type || strcmp(type, "MARKET") != 0);
    w->buyer_is_maker = json_is_true(m);
    enum verdict r = json_is_boolean(m) ? ACCEPT : REFUSE;
    r = both(r, want_name(json_object_get(d, "s"), w->symbol, sizeof w->symbol));
    r = both(r, want_int(json_object_get(d, "E"), &w->event_ms));
    r = both(r, want_int(json_object_get(d, "T"), &w->transaction_ms));
    r = both(r, want_id(json_object_get(d, id), &w->trade_id));
    r = both(r, want_e8(json_object_get(d, "p"), false, &w->price_e8));
    return both(r, want_e8(json_object_get(d, "q"), false, &w->qty_e8));
}

static enum verdict want_agg_trade(struct scan_msg *w, const json_t *d)
{
    int64_t f = 0;
    int64_t l = 0;
    enum verdict r = want_trade(w, d, "a");
    r = both(r, optional(d, "f", &f));
    r = both(r, optional(d, "l", &l));
    w->first_trade_id = (uint64_t)f;
    w->last_trade_id = (uint64_t)l;
    return r;
}

static enum verdict want_touch(struct scan_msg *w, const json_t *d)
{
    w->kind = SCAN_TOUCH;
    enum verdict r = want_name(json_object_get(d, "s"), w->symbol, sizeof w->symbol);
    r = both(r, optional(d, "E", &w->event_ms));
    r = both(r, optional(d, "T", &w->transaction_ms));
    r = both(r, want_id(json_object_get(d, "u"), &w->last_id));
    r = both(r, want_e8(json_object_get(d, "b"), false, &w->price_e8));
    r = both(r, want_e8(json_object_get(d, "B"), false, &w->qty_e8));
    r = both(r, want_e8(json_object_get(d, "a"), false, &w->ask_price_e8));
    return both(r, want_e8(json_object_get(d, "A"), false, &w->ask_qty_e8));
}

static enum verdict want_mark(struct scan_msg *w, const json_t *d)
{
    w->kind = SCAN_MARK;
    const json_t *settle = json_object_get(d, "P");
    enum verdict r = want_name(json_object_get(d, "s"), w->symbol, sizeof w->symbol);
    r = both(r, want_int(json_object_get(d, "E"), &w->event_ms));
    r = both(r, want_e8(json_object_get(d, "p"), false, &w->mark_e8));
    r = both(r, want_e8(json_object_get(d, "i"), false, &w->index_e8));
    r = both(r, settle ? want_e8(settle, false, &w->settle_e8) : ACCEPT);
    r = both(r, want_e8(json_object_get(d, "r"), true, &w->funding_rate_e8));
    return both(r, want_int(json_object_get(d, "T"), &w->next_funding_ms));
}

static enum verdict optional_e8(const json_t *d, const char *key, int64_t *out)
{
    const json_t *v = json_object_get(d, key);
    return v ? want_e8(v, false, out) : ACCEPT;
}

static enum verdict want_kline(struct scan_msg *w, const json_t *d)
{
    const json_t *k = json_object_get(d, "k");
    struct scan_kline *to = &w->u.kline;
    w->kind = SCAN_KLINE;
    memset(to, 0, sizeof *to);
    to->closed = json_is_true(json_object_get(k, "x"));
    enum verdict r = want_name(json_object_get(d, "s"), w->symbol, sizeof w->symbol);
    r = both(r, want_int(json_object_get(d, "E"), &w->event_ms));
    r = both(r, json_is_boolean(json_object_get(k, "x")) ? ACCEPT : REFUSE);
    r = both(r, want_int(json_object_get(k, "t"), &to->open_ms));
    r = both(r, want_int(json_object_get(k, "T"), &to->close_ms));
    r = both(r, want_name(json_object_get(k, "i"), to->interval, sizeof to->interval));
    r = both(r, want_e8(json_object_get(k, "o"), false, &to->open_e8));
    r = both(r, want_e8(json_object_get(k, "h"), false, &to->high_e8));
    r = both(r, want_e8(json_object_get(k, "l"), false, &to->low_e8));
    r = both(r, want_e8(json_object_get(k, "c"), false, &to->close_e8));
    r = both(r, want_e8(json_object_get(k, "v"), false, &to->volume_e8));
    r = both(r, optional(k, "n", &to->trades));
    r = both(r, optional_e8(k, "q", &to->quote_volume_e8));
    r = both(r, optional_e8(k, "V", &to->taker_base_e8));
    return both(r, optional_e8(k, "Q", &to->taker_quote_e8));
}

static enum verdict want_force(struct scan_msg *w, const json_t *d)
{
    const json_t *o = json_object_get(d, "o");
    const char *side = json_string_value(json_object_get(o, "S"));
    struct scan_force *to = &w->u.force;
    w->kind = SCAN_FORCE_ORDER;
    memset(to, 0, sizeof *to);
    to->side = side && strcmp(side, "BUY") == 0 ? 1 : side && strcmp(side, "SELL") == 0 ? -1 : 0;
    enum verdict r = both(to->side ? ACCEPT : REFUSE, want_int(json_object_get(d, "E"), &w->event_ms));
    r = both(r, want_name(json_object_get(o, "s"), w->symbol, sizeof w->symbol));
    r = both(r, want_name(json_object_get(o, "X"), to->status, sizeof to->status));
    const json_t *type = json_object_get(o, "o");
    const json_t *tif = json_object_get(o, "f");
    r = both(r, type ? want_name(type, to->type, sizeof to->type) : ACCEPT);
    r = both(r, tif ? want_name(tif, to->tif, sizeof to->tif) : ACCEPT);
    r = both(r, want_e8(json_object_get(o, "q"), false, &to->qty_e8));
    r = both(r, want_e8(json_object_get(o, "p"), false, &to->price_e8));
    r = both(r, want_e8(json_object_get(o, "z"), false, &to->filled_e8));
    r = both(r, optional_e8(o, "ap", &to->average_e8));
    r = both(r, optional_e8(o, "l", &to->last_qty_e8));
    return both(r, want_int(json_object_get(o, "T"), &w->transaction_ms));
}

static enum verdict want_reply(struct scan_msg *w, const json_t *d)
{
    w->kind = SCAN_REPLY;
    const json_t *id = json_object_get(d, "id");
    const json_t *code = json_object_get(d, "code");
    enum verdict r = id && !json_is_null(id) ? want_int(id, &w->reply_id) : ACCEPT;
    if (json_is_real(code)) {
        return both(r, UNSURE);
    }
    if (json_is_integer(code)) {
        w->reply_code = json_integer_value(code);
    } else if (code) {
        const char *s = json_string_value(code);
        r = both(r, s && decimal_parse(s, strlen(s), 0, &w->reply_code) ? ACCEPT : REFUSE);
    }
    return r;
}

static enum verdict want_event(struct scan_msg *w, const json_t *d, const json_t *e)
{
    const char *name = json_string_value(e);
    if (!name) {
        return ACCEPT;
    }
    if (strcmp(name, "depthUpdate") == 0) {
        return want_depth(w, d);
    }
    if (strcmp(name, "bookTicker") == 0) {
        return want_touch(w, d);
    }
    if (strcmp(name, "aggTrade") == 0) {
        return want_agg_trade(w, d);
    }
    if (strcmp(name, "trade") == 0) {
        return want_trade(w, d, "t");
    }
    if (strcmp(name, "kline") == 0) {
        return want_kline(w, d);
    }
    if (strcmp(name, "forceOrder") == 0) {
        return want_force(w, d);
    }
    return strcmp(name, "markPriceUpdate") == 0 ? want_mark(w, d) : ACCEPT;
}

static enum verdict want(struct scan_msg *w, const json_t *root)
{
    memset(w, 0, offsetof(struct scan_msg, u));
    const json_t *stream = json_object_get(root, "stream");
    const json_t *data = json_object_get(root, "data");
    enum verdict r = ACCEPT;
    if (json_is_string(stream)) {
        w->has_stream = 1;
        r = want_name(stream, w->stream, sizeof w->stream);
    }
    const json_t *d = json_is_object(data) ? data : root;
    const json_t *e = json_object_get(d, "e");
    if (e) {
        return both(r, want_event(w, d, e));
    }
    if (json_object_get(d, "u") && json_object_get(d, "s") && json_object_get(d, "b") &&
        json_object_get(d, "B") && json_object_get(d, "a") && json_object_get(d, "A")) {
        return both(r, want_touch(w, d));
    }
    if (json_object_get(d, "lastUpdateId")) {
        return both(r, want_snapshot(w, d));
    }
    return json_object_get(d, "result") || json_object_get(d, "code") ? both(r, want_reply(w, d)) : r;
}

// Copies n bytes, see above.
static void oracle_clean(char *to, const char *text, size_t n)
{
    bool inside = false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        to[i] = text[i];
        if (!inside) {
            inside = c == '"';
            to[i] = c ? text[i] : 1; // jansson passes over a NUL behind a number
        } else if (c == '\\' && i + 1 < n) {
            to[i] = to[i + 1] = 0x7f;
            i++;
        } else if (c == '"') {
            inside = false;
        } else if (c < ' ' || c >= 0x7f || c == '\\') {
            to[i] = 0x7f;
        }
    }
}

static bool same_reading(const struct scan_msg *got, const struct scan_msg *w)
{
    size_t levels = (size_t)w->bids + w->asks;
    bool same = got->kind == w->kind && got->buyer_is_maker == w->buyer_is_maker &&
                got->has_stream == w->has_stream && got->not_market == w->not_market &&
                got->bids == w->bids && got->asks == w->asks && strcmp(got->symbol, w->symbol) == 0 &&
                strcmp(got->stream, w->stream) == 0 &&
                memcmp(&got->event_ms, &w->event_ms,
                       offsetof(struct scan_msg, u) - offsetof(struct scan_msg, event_ms)) == 0 &&
                memcmp(got->level, w->level, levels * sizeof got->level[0]) == 0;
    const struct scan_kline *k = &w->u.kline;
    const struct scan_force *f = &w->u.force;
    if (same && w->kind == SCAN_KLINE) {
        const struct scan_kline *g = &got->u.kline;
        same = strcmp(g->interval, k->interval) == 0 && g->closed == k->closed &&
               memcmp(&g->open_ms, &k->open_ms, sizeof *k - offsetof(struct scan_kline, open_ms)) == 0;
    } else if (same && w->kind == SCAN_FORCE_ORDER) {
        const struct scan_force *g = &got->u.force;
        same = strcmp(g->status, f->status) == 0 && strcmp(g->type, f->type) == 0 &&
               strcmp(g->tif, f->tif) == 0 && g->side == f->side &&
               memcmp(&g->price_e8, &f->price_e8, sizeof *f - offsetof(struct scan_force, price_e8)) == 0;
    }
    return same;
}

enum oracle_result {
    ORACLE_ACCEPT,    // both accept and read the same
    ORACLE_REFUSE,    // well-formed JSON that both refuse
    ORACLE_MALFORMED, // no JSON, refused
    ORACLE_SKIPPED,   // JSON leaves it open (a key twice, a number beyond 64 bits), or a decimal as JSON real
    ORACLE_DIFFERS,   // *why
};

// ok, got: what scan_market said about these bytes. scratch: n bytes.
static inline enum oracle_result oracle_compare(const char *text, size_t n, bool ok, const struct scan_msg *got,
                                         char *scratch, const char **why)
{
    static struct scan_msg w;
    json_error_t error;
    oracle_clean(scratch, text, n);
    json_t *root = json_loadb(scratch, n, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        enum json_error_code code = json_error_code(&error);
        if (code == json_error_duplicate_key || code == json_error_numeric_overflow) {
            return ORACLE_SKIPPED;
        }
        *why = "the scanner accepted what jansson calls malformed";
        return ok ? ORACLE_DIFFERS : ORACLE_MALFORMED;
    }
    enum verdict v = want(&w, root);
    json_decref(root);
    if (v == UNSURE) {
        return ORACLE_SKIPPED;
    }
    *why = ok ? "the scanner accepted what jansson's reading refuses"
              : "the scanner refused what jansson's reading accepts";
    if (ok != (v == ACCEPT)) {
        if (!ok && memmem(scratch, n, "-0", 2)) {
            return ORACLE_SKIPPED; // a minus before a zero that jansson no longer shows
        }
        return ORACLE_DIFFERS;
    }
    *why = "scanner and jansson read different values";
    return !ok ? ORACLE_REFUSE : same_reading(got, &w) ? ORACLE_ACCEPT : ORACLE_DIFFERS;
}

#endif
