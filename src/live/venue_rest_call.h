// SPDX-License-Identifier: Apache-2.0
// venue_rest_call: one REST call while it is being answered; shared by the rooms of venue_rest and by nobody
// else. A handler writes JSON into `w` and returns 0, or returns the venue's error code with `msg` set.
#ifndef TT_LIVE_VENUE_REST_CALL_H
#define TT_LIVE_VENUE_REST_CALL_H

#include "base/clock.h"
#include "engine/exchange/xch_json.h"
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
    const char *msg;
};

static inline int32_t call_refuse(struct venue_call *c, int32_t code, const char *msg)
{
    c->msg = msg;
    return code;
}

// A parameter: 1 found, 0 absent, -1 malformed or too long.
int call_param(struct venue_call *c, const char *key, char *to, size_t cap);
// Parameter as text: true when there and well-formed. cap bytes, terminated.
bool call_text(struct venue_call *c, const char *key, char *to, size_t cap);
// Mandatory parameter; otherwise -1102 naming it.
int32_t call_need(struct venue_call *c, const char *key, char *to, size_t cap);
// Integer parameter; `def` when absent, false when malformed.
bool call_int(struct venue_call *c, const char *key, int64_t def, int64_t *to);
// Mandatory symbol of an instrument: -1102 or -1121.
int32_t call_symbol(struct venue_call *c, const struct instrument **ins);
// Optional symbol: *ins NULL when absent.
int32_t call_symbol_or_all(struct venue_call *c, const struct instrument **ins);

// -- venue_rest_market.c
int32_t rest_ping(struct venue_call *c);
int32_t rest_time(struct venue_call *c);
int32_t rest_exchange_info(struct venue_call *c);
int32_t rest_depth(struct venue_call *c);
int32_t rest_premium_index(struct venue_call *c);
int32_t rest_funding_info(struct venue_call *c);
int32_t rest_book_ticker(struct venue_call *c);

// -- venue_rest_trade.c
int32_t rest_place(struct venue_call *c);
int32_t rest_cancel(struct venue_call *c);
int32_t rest_cancel_all(struct venue_call *c);
int32_t rest_countdown(struct venue_call *c);
int32_t rest_query(struct venue_call *c);
int32_t rest_noop(struct venue_call *c);
int32_t rest_open_order(struct venue_call *c);
int32_t rest_open_orders(struct venue_call *c);
int32_t rest_user_trades(struct venue_call *c);

// -- venue_rest_account.c
int32_t rest_balance(struct venue_call *c);
int32_t rest_position_risk(struct venue_call *c);
int32_t rest_account(struct venue_call *c);
int32_t rest_commission(struct venue_call *c);
int32_t rest_leverage(struct venue_call *c);
int32_t rest_leverage_bracket(struct venue_call *c);
int32_t rest_margin_type(struct venue_call *c);
int32_t rest_dual_get(struct venue_call *c);
int32_t rest_dual_set(struct venue_call *c);
int32_t rest_listen_new(struct venue_call *c);
int32_t rest_listen_renew(struct venue_call *c);
int32_t rest_listen_close(struct venue_call *c);

// -- venue_rest_client.c
int32_t rest_coins(struct venue_call *c);
int32_t rest_builders(struct venue_call *c);

#endif
