// SPDX-License-Identifier: Apache-2.0
// decode_market: what is asked about a market: depth, funding terms and settled rates, mark and index,
// candles, tickers, public trades (venue-api.md 3.2). One symbol answers with an object, all with an array;
// both read the same.
#include <string.h>

#include "wire/decode_rows.h"
#include "wire/json.h"

bool question_wants(const struct question *q, const char *symbol)
{
    for (size_t i = 0; i < q->n_wanted; i++) {
        if (strcmp(symbol, q->wanted[i]) == 0) {
            return true;
        }
    }
    return q->n_wanted == 0;
}

bool decode_rows(const json_t *root, struct row_list list, const struct question *q, struct answer *out)
{
    bool single = json_is_object(root);
    if (!single && !json_is_array(root)) {
        return false;
    }
    size_t n = single ? 1 : json_array_size(root);
    for (size_t i = 0; i < n; i++) {
        if (out->rows == list.max) {
            return !list.whole;
        }
        void *to = (char *)list.rows + out->rows * list.size;
        memset(to, 0, list.size);
        bool keep = true;
        if (!list.one(single ? root : json_array_get(root, i), to, q, &keep)) {
            return false;
        }
        out->rows += keep;
    }
    return true;
}

// ---------------------------------------------------------------------------------------------------------
// depth

static bool read_side_levels(const json_t *rows, struct wire_depth *d, size_t at, uint32_t *count)
{
    if (!json_is_array(rows) || json_array_size(rows) > ANSWER_DEPTH_MAX) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        int64_t *price = &d->price_e8[at + i];
        int64_t *qty = &d->qty_e8[at + i];
        if (json_array_size(row) < 2 || !json_e8(json_array_get(row, 0), price, false) ||
            !json_e8(json_array_get(row, 1), qty, false) || *price <= 0 || *qty < 0) {
            return false;
        }
    }
    *count = (uint32_t)json_array_size(rows);
    return true;
}

bool decode_depth(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct wire_depth *d = &out->u.depth;
    struct json_reader r = {root, false};
    json_read_u64(&r, "lastUpdateId", &d->last_id, REQUIRED);
    json_read_i64(&r, "E", &d->event_ms, OPTIONAL);
    json_read_i64(&r, "T", &d->transaction_ms, OPTIONAL);
    return !r.bad && read_side_levels(json_object_get(root, "bids"), d, 0, &d->bids) &&
           read_side_levels(json_object_get(root, "asks"), d, d->bids, &d->asks);
}

// ---------------------------------------------------------------------------------------------------------
// funding, mark

static bool one_funding_info(const json_t *row, void *to, const struct question *q, bool *keep)
{
    struct wire_funding_info *x = to;
    struct json_reader r = {row, false};
    json_read_text(&r, "symbol", x->symbol, sizeof x->symbol, REQUIRED);
    json_read_i32(&r, "fundingIntervalHours", &x->interval_h, REQUIRED);
    json_read_e8_cut(&r, "interestRate", &x->interest_e8, OPTIONAL);
    const char *cap = json_object_get(row, "fundingFeeCap") ? "fundingFeeCap" : "adjustedFundingRateCap";
    const char *floor =
        json_object_get(row, "fundingFeeFloor") ? "fundingFeeFloor" : "adjustedFundingRateFloor"; // Binance
    json_read_e8_cut(&r, cap, &x->cap_e8, OPTIONAL);
    json_read_e8_cut(&r, floor, &x->floor_e8, OPTIONAL);
    json_read_i64(&r, "time", &x->time_ms, OPTIONAL);
    *keep = question_wants(q, x->symbol);
    return !r.bad && x->interval_h >= 1 && x->interval_h <= 24 && x->floor_e8 <= x->cap_e8;
}

bool decode_funding_info(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.funding_info, sizeof out->u.funding_info[0], ANSWER_ROWS_MAX, false,
                            one_funding_info};
    return decode_rows(root, list, q, out);
}

static bool one_funding(const json_t *row, void *to, const struct question *q, bool *keep)
{
    struct wire_funding *x = to;
    struct json_reader r = {row, false};
    json_read_text(&r, "symbol", x->symbol, sizeof x->symbol, REQUIRED);
    json_read_e8_cut(&r, "fundingRate", &x->rate_e8, REQUIRED);
    json_read_i64(&r, "fundingTime", &x->time_ms, REQUIRED);
    const json_t *mark = json_object_get(row, "markPrice"); // Binance; "" for old rows
    if (!json_is_string(mark) || json_string_length(mark) > 0) {
        json_read_e8_cut(&r, "markPrice", &x->mark_e8, OPTIONAL);
    }
    *keep = question_wants(q, x->symbol);
    return !r.bad && x->mark_e8 >= 0 && x->time_ms > 0;
}

bool decode_funding_rates(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.funding, sizeof out->u.funding[0], ANSWER_ROWS_MAX, false, one_funding};
    return decode_rows(root, list, q, out);
}

static bool one_premium(const json_t *row, void *to, const struct question *q, bool *keep)
{
    struct wire_premium *x = to;
    struct json_reader r = {row, false};
    json_read_text(&r, "symbol", x->symbol, sizeof x->symbol, REQUIRED);
    json_read_e8_cut(&r, "markPrice", &x->mark_e8, REQUIRED);
    json_read_e8_cut(&r, "indexPrice", &x->index_e8, REQUIRED);
    json_read_e8_cut(&r, "estimatedSettlePrice", &x->settle_e8, OPTIONAL);
    json_read_e8_cut(&r, "lastFundingRate", &x->rate_e8, REQUIRED);
    json_read_e8_cut(&r, "interestRate", &x->interest_e8, OPTIONAL);
    json_read_i64(&r, "nextFundingTime", &x->next_funding_ms, REQUIRED);
    json_read_i64(&r, "time", &x->time_ms, OPTIONAL);
    *keep = question_wants(q, x->symbol);
    return !r.bad && x->mark_e8 >= 0 && x->index_e8 >= 0 && x->next_funding_ms >= 0;
}

bool decode_premium(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.premium, sizeof out->u.premium[0], ANSWER_ROWS_MAX, false, one_premium};
    return decode_rows(root, list, q, out);
}

// ---------------------------------------------------------------------------------------------------------
// candles, tickers, trades

// A row is an array: fields by place.
static bool one_kline(const json_t *row, void *to, const struct question *q, bool *keep)
{
    (void)q;
    (void)keep;
    struct wire_kline *k = to;
    return json_is_array(row) && json_array_size(row) >= 11 &&
           json_i64(json_array_get(row, 0), &k->open_ms) &&
           json_e8(json_array_get(row, 1), &k->open_e8, true) &&
           json_e8(json_array_get(row, 2), &k->high_e8, true) &&
           json_e8(json_array_get(row, 3), &k->low_e8, true) &&
           json_e8(json_array_get(row, 4), &k->close_e8, true) &&
           json_e8(json_array_get(row, 5), &k->volume_e8, true) &&
           json_i64(json_array_get(row, 6), &k->close_ms) &&
           json_e8(json_array_get(row, 7), &k->quote_volume_e8, true) &&
           json_i64(json_array_get(row, 8), &k->trades) &&
           json_e8(json_array_get(row, 9), &k->taker_base_e8, true) &&
           json_e8(json_array_get(row, 10), &k->taker_quote_e8, true) && k->open_ms <= k->close_ms;
}

bool decode_klines(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.klines, sizeof out->u.klines[0], ANSWER_KLINES_MAX, false, one_kline};
    return json_is_array(root) && decode_rows(root, list, q, out);
}

static void read_24hr(struct json_reader *r, struct wire_ticker *t)
{
    json_read_e8_cut(r, "lastPrice", &t->last_e8, OPTIONAL);
    json_read_e8_cut(r, "lastQty", &t->last_qty_e8, OPTIONAL);
    json_read_e8_cut(r, "openPrice", &t->open_e8, OPTIONAL);
    json_read_e8_cut(r, "highPrice", &t->high_e8, OPTIONAL);
    json_read_e8_cut(r, "lowPrice", &t->low_e8, OPTIONAL);
    json_read_e8_cut(r, "weightedAvgPrice", &t->average_e8, OPTIONAL);
    json_read_e8_cut(r, "priceChange", &t->change_e8, OPTIONAL);
    json_read_e8_cut(r, "priceChangePercent", &t->change_percent_e8, OPTIONAL);
    json_read_bound(r, "volume", &t->volume_e8); // a day of a meme coin is beyond 92 billion
    json_read_bound(r, "quoteVolume", &t->quote_volume_e8);
    json_read_i64(r, "openTime", &t->open_ms, OPTIONAL);
    json_read_i64(r, "closeTime", &t->close_ms, OPTIONAL);
    json_read_i64(r, "count", &t->trades, OPTIONAL);
}

// All three tickers: each must carry a price of some kind.
static bool one_ticker(const json_t *row, void *to, const struct question *q, bool *keep)
{
    struct wire_ticker *t = to;
    struct json_reader r = {row, false};
    json_read_text(&r, "symbol", t->symbol, sizeof t->symbol, REQUIRED);
    json_read_e8_cut(&r, "price", &t->last_e8, OPTIONAL);
    read_24hr(&r, t);
    json_read_e8_cut(&r, "bidPrice", &t->bid_e8, OPTIONAL);
    json_read_e8_cut(&r, "bidQty", &t->bid_qty_e8, OPTIONAL);
    json_read_e8_cut(&r, "askPrice", &t->ask_e8, OPTIONAL);
    json_read_e8_cut(&r, "askQty", &t->ask_qty_e8, OPTIONAL);
    json_read_i64(&r, "time", &t->time_ms, OPTIONAL);
    bool priced = json_object_get(row, "price") || json_object_get(row, "lastPrice") ||
                  (json_object_get(row, "bidPrice") && json_object_get(row, "askPrice"));
    *keep = question_wants(q, t->symbol);
    return !r.bad && priced && t->last_e8 >= 0 && t->bid_e8 >= 0 && t->bid_qty_e8 >= 0 && t->ask_e8 >= 0 &&
           t->ask_qty_e8 >= 0;
}

bool decode_tickers(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.tickers, sizeof out->u.tickers[0], ANSWER_ROWS_MAX, false, one_ticker};
    return decode_rows(root, list, q, out);
}

static bool one_market_trade(const json_t *row, void *to, const struct question *q, bool *keep)
{
    (void)q;
    (void)keep;
    struct wire_market_trade *t = to;
    bool aggregated = json_object_get(row, "a") != NULL;
    struct json_reader r = {row, false};
    json_read_u64(&r, aggregated ? "a" : "id", &t->id, REQUIRED);
    json_read_e8(&r, aggregated ? "p" : "price", &t->price_e8, REQUIRED);
    json_read_e8(&r, aggregated ? "q" : "qty", &t->qty_e8, REQUIRED);
    json_read_i64(&r, aggregated ? "T" : "time", &t->time_ms, REQUIRED);
    json_read_bool(&r, aggregated ? "m" : "isBuyerMaker", &t->buyer_is_maker, REQUIRED);
    if (aggregated) {
        json_read_u64(&r, "f", &t->first_id, OPTIONAL);
        json_read_u64(&r, "l", &t->last_id, OPTIONAL);
    }
    return !r.bad && t->price_e8 > 0 && t->qty_e8 >= 0;
}

bool decode_market_trades(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.market_trades, sizeof out->u.market_trades[0], ANSWER_ROWS_MAX, false,
                            one_market_trade};
    return json_is_array(root) && decode_rows(root, list, q, out);
}
