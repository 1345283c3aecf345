// SPDX-License-Identifier: Apache-2.0
// decode: see decode.h. One small reader per kind of answer, in one table; what is common (errors, HTML,
// statuses) is settled before. exchangeInfo is in decode_info.c, the user stream in decode_user.c, error
// classes in error_class.c.
#include "wire/decode.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/text.h"
#include "engine/venue/error_class.h"
#include "wire/decode_info.h"
#include "wire/decode_order.h"
#include "wire/json.h"

struct question {
    const char (*wanted)[24];
    size_t n_wanted;
};

// --------------------------------------------------------------------------------------------------------
// orders

static bool read_order(const json_t *root, struct answer *out)
{
    out->rows = 1;
    return decode_rest_order(root, &out->u.order);
}

static bool read_batch(const json_t *root, struct answer *out)
{
    if (json_array_size(root) == 0 || json_array_size(root) > ANSWER_BATCH_MAX) {
        return false; // an empty list says nothing about what was asked
    }
    for (size_t i = 0; i < json_array_size(root); i++) {
        const json_t *row = json_array_get(root, i);
        int32_t code = decode_error(row, out->msg, sizeof out->msg);
        if (code < 0) {
            memset(&out->u.orders[i], 0, sizeof out->u.orders[i]);
            out->u.orders[i].code = code;
        } else if (!decode_rest_order(row, &out->u.orders[i])) {
            return false;
        }
        out->rows++;
    }
    return true;
}

static bool read_write(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    return json_is_array(root) ? read_batch(root, out) : read_order(root, out);
}

static bool read_one_order(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    return read_order(root, out);
}

static bool read_orders(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    if (!json_is_array(root) || json_array_size(root) > ANSWER_ROWS_MAX) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(root); i++) {
        if (!decode_rest_order(json_array_get(root, i), &out->u.orders[i])) {
            return false;
        }
    }
    out->rows = (uint32_t)json_array_size(root);
    return true;
}

// {"code":200,"msg":"..."} with the code as number or text. (A negative one was an error before.)
static bool read_success(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    int32_t code = 0;
    json_read_i32(&r, "code", &code, REQUIRED);
    json_read_note(&r, "msg", out->msg, sizeof out->msg);
    return json_is_object(root) && !r.bad && code > 0;
}

static bool read_deadman(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    json_read_text(&r, "symbol", out->u.deadman.symbol, sizeof out->u.deadman.symbol, REQUIRED);
    json_read_i64(&r, "countdownTime", &out->u.deadman.countdown_ms, REQUIRED);
    return !r.bad && out->u.deadman.countdown_ms >= 0;
}

// ------------------------------------------------------------------------------------------------- account
// reads

static bool one_position(const json_t *row, struct wire_position *p)
{
    memset(p, 0, sizeof *p);
    struct json_reader r = {row, false};
    json_read_text(&r, "symbol", p->symbol, sizeof p->symbol, REQUIRED);
    json_read_e8(&r, "positionAmt", &p->qty_e8, REQUIRED);
    json_read_text(&r, "positionSide", p->position_side, sizeof p->position_side, OPTIONAL);
    json_read_e8_cut(&r, "entryPrice", &p->entry_e8, OPTIONAL);
    json_read_e8_cut(&r, "markPrice", &p->mark_e8, OPTIONAL);
    json_read_e8_cut(&r, "unRealizedProfit", &p->unrealised_e8, OPTIONAL);
    json_read_e8_cut(&r, "unrealizedProfit", &p->unrealised_e8, OPTIONAL); // the account's spelling
    json_read_e8_cut(&r, "liquidationPrice", &p->liquidation_e8, OPTIONAL);
    json_read_e8_cut(&r, "isolatedMargin", &p->isolated_e8, OPTIONAL);
    json_read_text(&r, "marginType", p->margin_type, sizeof p->margin_type, OPTIONAL);
    json_read_i32(&r, "leverage", &p->leverage, OPTIONAL);
    json_read_i64(&r, "updateTime", &p->update_time_ms, OPTIONAL);
    return !r.bad;
}

// Two passes: rows that hold something first, so that a list of every symbol of the venue cannot push them
// out.
static bool read_positions(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    if (!json_is_array(root)) {
        return false;
    }
    for (int zero = 0; zero < 2; zero++) {
        for (size_t i = 0; i < json_array_size(root); i++) {
            struct wire_position p;
            if (!one_position(json_array_get(root, i), &p)) {
                return false;
            }
            if ((p.qty_e8 == 0) != zero) {
                continue;
            }
            if (out->rows == ANSWER_ROWS_MAX) {
                return zero; // more open positions than we can hold: not known, rather than half known
            }
            out->u.positions[out->rows++] = p;
        }
    }
    return true;
}

static bool one_balance(const json_t *row, struct wire_balance *b)
{
    memset(b, 0, sizeof *b);
    struct json_reader r = {row, false};
    json_read_text(&r, "asset", b->asset, sizeof b->asset, REQUIRED);
    json_read_e8_cut(&r, json_object_get(row, "balance") ? "balance" : "walletBalance", &b->wallet_e8,
                     REQUIRED);
    json_read_e8_cut(&r, "crossWalletBalance", &b->cross_e8, OPTIONAL);
    json_read_e8_cut(&r, "availableBalance", &b->available_e8, OPTIONAL);
    json_read_i64(&r, "updateTime", &b->update_time_ms, OPTIONAL);
    return !r.bad;
}

static bool read_balance_rows(const json_t *rows, struct answer *out)
{
    if (!json_is_array(rows)) {
        return false;
    }
    for (int zero = 0; zero < 2; zero++) {
        for (size_t i = 0; i < json_array_size(rows); i++) {
            struct wire_balance b;
            if (!one_balance(json_array_get(rows, i), &b)) {
                return false;
            }
            if ((b.wallet_e8 == 0) != zero) {
                continue;
            }
            if (out->rows == ANSWER_ROWS_MAX) {
                return zero;
            }
            out->u.balances[out->rows++] = b;
        }
    }
    return true;
}

static bool read_balances(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    return read_balance_rows(root, out);
}

static bool read_account(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    return read_balance_rows(json_object_get(root, "assets"), out);
}

static bool one_trade(const json_t *row, struct wire_trade *t)
{
    memset(t, 0, sizeof *t);
    struct json_reader r = {row, false};
    char side[8] = "";
    json_read_text(&r, "symbol", t->symbol, sizeof t->symbol, REQUIRED);
    json_read_u64(&r, "id", &t->id, REQUIRED);
    json_read_u64(&r, "orderId", &t->order_id, REQUIRED);
    json_read_e8(&r, "price", &t->price_e8, REQUIRED);
    json_read_e8(&r, "qty", &t->qty_e8, REQUIRED);
    json_read_e8_cut(&r, "commission", &t->fee_e8, REQUIRED);
    json_read_text(&r, "commissionAsset", t->fee_asset, sizeof t->fee_asset, REQUIRED);
    json_read_e8_cut(&r, "realizedPnl", &t->realised_e8, OPTIONAL);
    json_read_bool(&r, "maker", &t->maker, REQUIRED);
    json_read_text(&r, "side", side, sizeof side, REQUIRED);
    json_read_i64(&r, "time", &t->time_ms, REQUIRED);
    t->side = decode_side(side);
    return !r.bad && t->side != 0 && t->price_e8 >= 0 && t->qty_e8 >= 0;
}

static bool read_trades(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    if (!json_is_array(root)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(root) && i < ANSWER_ROWS_MAX; i++) {
        if (!one_trade(json_array_get(root, i), &out->u.trades[i])) {
            return false;
        }
        out->rows++;
    }
    return true;
}

static bool read_commission(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    json_read_text(&r, "symbol", out->u.commission.symbol, sizeof out->u.commission.symbol, REQUIRED);
    json_read_e8(&r, "makerCommissionRate", &out->u.commission.maker_e8, REQUIRED);
    json_read_e8(&r, "takerCommissionRate", &out->u.commission.taker_e8, REQUIRED);
    return !r.bad;
}

static bool read_mode(const json_t *root, struct answer *out, const struct question *q)
{
    if (json_object_get(root, "code")) { // answer of the call that sets it
        return read_success(root, out, q);
    }
    struct json_reader r = {root, false};
    json_read_bool(&r, "dualSidePosition", &out->u.mode.hedge, REQUIRED);
    return !r.bad;
}

static bool read_leverage(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    json_read_text(&r, "symbol", out->u.leverage.symbol, sizeof out->u.leverage.symbol, REQUIRED);
    json_read_i32(&r, "leverage", &out->u.leverage.leverage, REQUIRED);
    json_read_e8_cut(&r, "maxNotionalValue", &out->u.leverage.max_notional_e8, OPTIONAL);
    return !r.bad;
}

// -------------------------------------------------------------------------------------------------- market
// reads

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

static bool read_depth(const json_t *root, struct answer *out, const struct question *q)
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

static bool read_time(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    json_read_i64(&r, "serverTime", &out->u.time.server_ms, REQUIRED);
    return !r.bad && out->u.time.server_ms > 0;
}

static bool read_listen_key(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    json_read_text(&r, "listenKey", out->u.listen.key, sizeof out->u.listen.key, REQUIRED);
    return !r.bad && out->u.listen.key[0] != 0;
}

static bool read_anything(const json_t *root, struct answer *out, const struct question *q)
{
    (void)out;
    (void)q;
    return json_is_object(root);
}

static bool read_info(const json_t *root, struct answer *out, const struct question *q)
{
    return decode_exchange_info(root, q->wanted, q->n_wanted, out);
}

typedef bool (*reader)(const json_t *root, struct answer *out, const struct question *q);

static const reader READER[RQ_COUNT] = {
    [RQ_NONE] = read_anything,         [RQ_PLACE] = read_write,
    [RQ_CANCEL] = read_write,          [RQ_CANCEL_ALL] = read_success,
    [RQ_AMEND] = read_one_order,       [RQ_DEADMAN] = read_deadman,
    [RQ_QUERY_ORDER] = read_one_order, [RQ_OPEN_ORDERS] = read_orders,
    [RQ_POSITIONS] = read_positions,   [RQ_BALANCE] = read_balances,
    [RQ_TRADES] = read_trades,         [RQ_EXCHANGE_INFO] = read_info,
    [RQ_DEPTH] = read_depth,           [RQ_TIME] = read_time,
    [RQ_LISTEN_KEY] = read_listen_key, [RQ_LISTEN_KEY_RENEW] = read_anything,
    [RQ_COMMISSION] = read_commission, [RQ_POSITION_MODE] = read_mode,
    [RQ_LEVERAGE] = read_leverage,     [RQ_MARGIN_TYPE] = read_success,
    [RQ_ACCOUNT] = read_account,
};

// What the rows' union holds before it is filled: only small members need it (rows are zeroed one by one).
static void clear_result(struct answer *out, enum request_kind kind)
{
    out->kind = (uint8_t)kind;
    out->not_sent = 0;
    out->lost = 0;
    out->malformed = 0;
    out->code = 0;
    out->rows = 0;
    out->weight_limit_min = 0;
    out->order_limit_min = 0;
    out->msg[0] = 0;
    memset(&out->u, 0, sizeof out->u.order);
    out->u.depth.bids = 0;
    out->u.depth.asks = 0;
}

// The first printable bytes of a body that is no JSON (a firewall's page), for the log.
static void keep_excerpt(struct answer *out, const char *body, size_t n)
{
    text_sanitise(out->msg, sizeof out->msg, body, n);
}

char wire_error_class(int32_t http_status, int32_t code)
{
    return venue_error_class(http_status, code);
}

void wire_decode_answer(enum request_kind kind, const char *body, size_t n, const char (*wanted)[24],
                        size_t n_wanted, struct answer *out)
{
    CHECK((unsigned)kind < RQ_COUNT);
    clear_result(out, kind);
    struct question q = {wanted, n_wanted};
    json_t *root = json_open(body, n);
    if (!root) {
        out->malformed = 1;
        keep_excerpt(out, body, n);
    } else if ((out->code = decode_error(root, out->msg, sizeof out->msg)) == 0) {
        bool ok_status = out->http_status >= 200 && out->http_status < 300;
        if (!ok_status || !READER[kind](root, out, &q)) {
            out->malformed = 1;
            out->rows = 0;
            if (!out->msg[0]) {
                keep_excerpt(out, body, n);
            }
        }
    }
    json_close(root);
}
