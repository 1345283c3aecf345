// SPDX-License-Identifier: Apache-2.0
// decode: see decode.h. One small reader per kind of answer, in one table; what is common (errors, HTML,
// statuses) is settled before. Lists about the account are in decode_account.c, about markets in
// decode_market.c, exchangeInfo in decode_info.c, the user stream in decode_user.c, error classes in
// error_class.c.
#include "wire/decode.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/text.h"
#include "engine/venue/error_class.h"
#include "wire/decode_fast.h"
#include "wire/decode_info.h"
#include "wire/decode_order.h"
#include "wire/decode_rows.h"
#include "wire/json.h"

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

static bool read_batch_write(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    return json_is_array(root) && read_batch(root, out);
}

static bool read_one_order(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    return read_order(root, out);
}

// What does not fit is counted: an account with more orders than we can hold must still be able to cancel
// them.
static bool read_orders(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    if (!json_is_array(root) || json_array_size(root) > UINT32_MAX) {
        return false;
    }
    out->rows_total = (uint32_t)json_array_size(root);
    for (size_t i = 0; i < json_array_size(root) && i < ANSWER_ROWS_MAX; i++) {
        if (!decode_rest_order(json_array_get(root, i), &out->u.orders[i])) {
            return false;
        }
        out->rows++;
    }
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

// ---------------------------------------------------------------------------------------------------------
// settings

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

static bool read_multi_assets(const json_t *root, struct answer *out, const struct question *q)
{
    if (json_object_get(root, "code")) {
        return read_success(root, out, q);
    }
    struct json_reader r = {root, false};
    json_read_bool(&r, "multiAssetsMargin", &out->u.multi_assets.on, REQUIRED);
    return !r.bad;
}

static bool read_stp_mode(const json_t *root, struct answer *out, const struct question *q)
{
    if (json_object_get(root, "code")) {
        return read_success(root, out, q);
    }
    struct json_reader r = {root, false};
    json_read_text(&r, "stpMode", out->u.stp.mode, sizeof out->u.stp.mode, REQUIRED);
    return !r.bad && out->u.stp.mode[0] != 0;
}

static bool read_transfer(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    json_read_u64(&r, "tranId", &out->u.transfer.tran_id, REQUIRED);
    json_read_text(&r, "status", out->u.transfer.status, sizeof out->u.transfer.status, REQUIRED);
    return !r.bad;
}

// ---------------------------------------------------------------------------------------------------------
// the rest

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

static const answer_reader READER[RQ_COUNT] = {
    [RQ_NONE] = read_anything,
    [RQ_PLACE] = read_write,
    [RQ_CANCEL] = read_write,
    [RQ_CANCEL_ALL] = read_success,
    [RQ_AMEND] = read_one_order,
    [RQ_DEADMAN] = read_deadman,
    [RQ_QUERY_ORDER] = read_one_order,
    [RQ_OPEN_ORDERS] = read_orders,
    [RQ_POSITIONS] = decode_positions,
    [RQ_BALANCE] = decode_balances,
    [RQ_TRADES] = decode_trades,
    [RQ_EXCHANGE_INFO] = read_info,
    [RQ_DEPTH] = decode_depth,
    [RQ_TIME] = read_time,
    [RQ_LISTEN_KEY] = read_listen_key,
    [RQ_LISTEN_KEY_RENEW] = read_anything,
    [RQ_COMMISSION] = decode_commission,
    [RQ_POSITION_MODE] = read_mode,
    [RQ_LEVERAGE] = read_leverage,
    [RQ_MARGIN_TYPE] = read_success,
    [RQ_ACCOUNT] = decode_account,
    [RQ_BRACKETS] = decode_brackets,
    [RQ_INCOME] = decode_income,
    [RQ_FUNDING_INFO] = decode_funding_info,
    [RQ_FUNDING_RATE] = decode_funding_rates,
    [RQ_PREMIUM] = decode_premium,
    [RQ_KLINES] = decode_klines,
    [RQ_TICKER] = decode_tickers,
    [RQ_MARKET_TRADES] = decode_market_trades,
    [RQ_MULTI_ASSETS] = read_multi_assets,
    [RQ_STP_MODE] = read_stp_mode,
    [RQ_ADL] = decode_adl,
    [RQ_TRANSFER] = read_transfer,
    [RQ_BATCH_PLACE] = read_batch_write,
    [RQ_BATCH_CANCEL] = read_batch_write,
    [RQ_SET_MULTI_ASSETS] = read_success,
    [RQ_SET_STP] = read_success,
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
    out->rows_total = 0;
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
    bool about_order = kind == RQ_PLACE || kind == RQ_CANCEL || kind == RQ_AMEND || kind == RQ_QUERY_ORDER;
    if (about_order && out->http_status >= 200 && out->http_status < 300) {
        clear_result(out, kind);
        if (decode_fast_order(body, n, &out->u.order)) {
            out->rows = 1;
            return;
        }
    }
    wire_decode_answer_slow(kind, body, n, wanted, n_wanted, out);
}

void wire_decode_answer_slow(enum request_kind kind, const char *body, size_t n, const char (*wanted)[24],
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
            out->rows_total = 0;
            if (!out->msg[0]) {
                keep_excerpt(out, body, n);
            }
        }
    }
    json_close(root);
}
