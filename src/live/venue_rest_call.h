// SPDX-License-Identifier: Apache-2.0
// venue_rest_call: one REST call while it is being answered; shared by the rooms of venue_rest and by nobody
// else. A handler writes JSON into `w` and returns 0, or returns the venue's error code with `msg` set.
#ifndef TT_LIVE_VENUE_REST_CALL_H
#define TT_LIVE_VENUE_REST_CALL_H

#include "base/clock.h"
#include "live/venue_json.h"
#include "live/venue_rest.h"

struct venue_text {
    const char *p;
    size_t n;
};

struct venue_call {
    struct venue_rest *v;
    struct venue_text query, body; // parameters as sent; a name in both: the query's counts
    int version;                   // of the path: 1..4
    int64_t now_ns;
    const struct xch_sink *out;
    struct jw w;
    bool orders_counted; // by the handler
    const char *msg;
    char msg_text[160]; // for a msg that is made
};

static inline int32_t call_refuse(struct venue_call *c, int32_t code, const char *msg)
{
    c->msg = msg;
    return code;
}
static inline bool call_is_binance(const struct venue_call *c)
{
    return c->v->site == VENUE_BINANCE;
}

// -- venue_rest_param.c: all return 0 or the venue's code with msg, unless said otherwise
// A parameter: 1 found, 0 absent, -1 malformed or too long.
int call_param(struct venue_call *c, const char *key, char *to, size_t cap);
// Parameter as text: true when there and well-formed. cap bytes, terminated.
bool call_text(struct venue_call *c, const char *key, char *to, size_t cap);
// Integer parameter; `def` when absent, false when malformed.
bool call_int(struct venue_call *c, const char *key, int64_t def, int64_t *to);
// true or false in any case (some clients say True); `def` when absent; otherwise -1130.
int32_t call_bool(struct venue_call *c, const char *key, bool def, bool *to);
// A decimal in 1e-8; *has tells whether it was sent (sent empty is not sent); otherwise -1111.
int32_t call_amount(struct venue_call *c, const char *key, uint8_t *has, int64_t *e8);
// -1102 and -1130 naming the parameter.
int32_t call_missing(struct venue_call *c, const char *key);
int32_t call_invalid(struct venue_call *c, const char *key);
// Mandatory parameter.
int32_t call_need(struct venue_call *c, const char *key, char *to, size_t cap);
// Mandatory symbol of an instrument: -1102 or -1121. call_instrument: under another name ("pair").
int32_t call_symbol(struct venue_call *c, const struct instrument **ins);
int32_t call_instrument(struct venue_call *c, const char *key, const struct instrument **ins);
// Optional symbol: *ins NULL when absent.
int32_t call_symbol_or_all(struct venue_call *c, const struct instrument **ins);
// limit (def when absent, 1..max), startTime, endTime and, unless NULL, the parameter that is a first id.
int32_t call_range(struct venue_call *c, const char *id_key, size_t def, size_t max, struct xch_range *r,
                   size_t *limit);
// An object for the symbol asked for, an array of all without one (or always).
typedef void call_put(struct venue_call *c, const struct instrument *ins);
int32_t call_one_or_all(struct venue_call *c, call_put *put, bool always_array);
void call_success(struct venue_call *c);                 // {"code":200,"msg":"success"}
void call_put_error(struct venue_call *c, int32_t code); // {"code":...,"msg":...} of c->msg

typedef int32_t call_serve(struct venue_call *c);

// -- venue_rest_market.c
call_serve rest_ping, rest_time, rest_exchange_info, rest_order_limits, rest_premium_index, rest_funding_info,
    rest_funding_rate, rest_index_references, rest_open_interest;
// -- venue_rest_quote.c
call_serve rest_depth, rest_trades, rest_historical_trades, rest_agg_trades, rest_klines,
    rest_continuous_klines, rest_mark_klines, rest_index_klines, rest_book_ticker, rest_price_ticker,
    rest_day_ticker;
// -- venue_rest_trade.c
call_serve rest_place, rest_test, rest_amend, rest_cancel, rest_cancel_all, rest_countdown, rest_query,
    rest_open_order, rest_open_orders, rest_noop;
int32_t trade_read(struct venue_call *c, struct xch_order_request *r);
int32_t trade_read_handle(struct venue_call *c, const struct instrument **ins, uint64_t *id, char *client_id,
                          size_t cap);
void trade_put_order(struct venue_call *c, const struct xch_order *o, bool with_time);
// -- venue_rest_batch.c
call_serve rest_batch_place, rest_batch_cancel, rest_batch_amend;
// Cancel those of orderIdList or origClientOrderIdList; answers an array. *any false: neither was sent.
int32_t batch_cancel_listed(struct venue_call *c, const struct instrument *ins, bool *any);
// -- venue_rest_algo.c
call_serve rest_algo_place, rest_algo_cancel, rest_algo_query, rest_algo_open, rest_algo_all,
    rest_algo_cancel_all;
// -- venue_rest_history.c
call_serve rest_all_orders, rest_force_orders, rest_user_trades, rest_income, rest_margin_history,
    rest_transaction_history;
// -- venue_rest_account.c
call_serve rest_balance, rest_position_risk, rest_account, rest_spot_account, rest_adl_quantile;
// -- venue_rest_settings.c
call_serve rest_commission, rest_leverage, rest_leverage_bracket, rest_margin_type, rest_position_margin,
    rest_dual_get, rest_dual_set, rest_multi_get, rest_multi_set, rest_stp_get, rest_stp_set,
    rest_account_config, rest_symbol_config, rest_openable, rest_transfer, rest_listen_new, rest_listen_renew,
    rest_listen_close, rest_empty_list, rest_unsupported;

// -- venue_rest_client.c
int32_t rest_coins(struct venue_call *c);
int32_t rest_none(struct venue_call *c);
int32_t rest_system_status(struct venue_call *c);
int32_t rest_fee_burn_get(struct venue_call *c);
int32_t rest_fee_burn_set(struct venue_call *c);
int32_t rest_trading_status(struct venue_call *c);

#endif
