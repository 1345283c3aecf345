// SPDX-License-Identifier: Apache-2.0
// xch_spot: balances of a spot account. What open orders lock is derived from them, not moved, so it can
// never disagree with the orders. Fees are paid in the quote asset, on top of what a buyer pays and out of
// what a seller gets. A conditional order locks nothing before its trigger.
#include <string.h>

#include "engine/exchange/xch.h"

enum currency xch_base_currency(const struct instrument *ins)
{
    const char *quote = currency_name(ins->settle);
    size_t n = strlen(ins->symbol), k = strlen(quote);
    return n > k && strcmp(ins->symbol + n - k, quote) == 0 ? currency_parse(ins->symbol, n - k)
                                                            : CURRENCY_NONE;
}

static int64_t base_e8(const struct xch_market *m, int64_t lots)
{
    return instrument_qty_e8(&m->ins, lots);
}

// Price and the dearer of the two fees.
static int64_t cost_e8(const struct exchange *x, const struct xch_market *m, int64_t notional_e8)
{
    int64_t maker, taker;
    exchange_fee_rates(x, m->ins.id, &maker, &taker);
    int64_t rate = maker > taker ? maker : taker;
    return notional_e8 + (rate > 0 ? muldiv_floor(notional_e8, rate, E8) : 0);
}

int64_t xch_spot_locked_e8(const struct exchange *x, enum currency asset)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < x->open_count; i++) {
        const struct xch_order *o = &x->slot[x->open[i]].o;
        const struct xch_market *m = &x->market[o->instrument];
        int64_t left = o->qty_lots - o->cum_lots;
        if (o->waiting || o->price_ticks == 0) {
            continue; // a market order is gone before anybody can look
        }
        if (o->side == SIDE_SELL && m->base == asset) {
            sum += base_e8(m, left);
        } else if (o->side == SIDE_BUY && m->ins.settle == asset) {
            int64_t price = instrument_price_e8(&m->ins, o->price_ticks);
            sum += cost_e8(x, m, instrument_notional_e8(&m->ins, price, left));
        }
    }
    return sum;
}

// What a market buy of so many lots costs by the book as displayed.
static int64_t walk_cost_e8(struct exchange *x, const struct xch_market *m, int64_t lots)
{
    int64_t total, notional = 0;
    size_t n = xch_plan(x, m, SIDE_BUY, xch_take_bound(x, m, SIDE_BUY), lots, &total);
    for (size_t i = 0; i < n; i++) {
        notional +=
            instrument_notional_e8(&m->ins, instrument_price_e8(&m->ins, x->walk[i].ticks), x->walk[i].lots);
    }
    return cost_e8(x, m, notional);
}

int32_t xch_spot_check(struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                       bool market, int64_t price_ticks, const char **msg)
{
    enum currency asset = side == SIDE_SELL ? m->base : m->ins.settle;
    int64_t price = instrument_price_e8(&m->ins, price_ticks);
    int64_t need = side == SIDE_SELL ? base_e8(m, lots)
                   : market          ? walk_cost_e8(x, m, lots)
                                     : cost_e8(x, m, instrument_notional_e8(&m->ins, price, lots));
    return need > x->balance_e8[asset] - xch_spot_locked_e8(x, asset)
               ? xch_refuse(-2018, "Balance is insufficient.", msg)
               : 0;
}

int64_t xch_spot_lots_for(struct exchange *x, const struct xch_market *m, int64_t quote_e8)
{
    int64_t most = m->ins.market_max_qty_lots ? m->ins.market_max_qty_lots : INT64_MAX / 4, total, lots = 0;
    size_t n = xch_plan(x, m, SIDE_BUY, xch_take_bound(x, m, SIDE_BUY), most, &total);
    for (size_t i = 0; i < n && quote_e8 > 0; i++) {
        int64_t each = instrument_price_e8(&m->ins, x->walk[i].ticks);
        __int128 can = (__int128)quote_e8 * E8 / ((__int128)each * m->ins.lot_e8);
        int64_t take = can < x->walk[i].lots ? (int64_t)can : x->walk[i].lots;
        lots += take;
        if (take < x->walk[i].lots) {
            break;
        }
        quote_e8 -= instrument_notional_e8(&m->ins, each, take);
    }
    return lots;
}

void xch_spot_settle(struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                     int64_t notional_e8)
{
    x->balance_e8[m->base] += side * base_e8(m, lots);
    x->balance_e8[m->ins.settle] -= side * notional_e8;
}

size_t exchange_balances(const struct exchange *x, struct xch_balance out[CURRENCY_COUNT])
{
    if (!x->spot) {
        struct xch_account a;
        exchange_account(x, &a);
        out[0] = (struct xch_balance){CURRENCY_USDT, a.available_e8, a.wallet_e8 - a.available_e8};
        return 1;
    }
    size_t n = 0;
    for (int c = CURRENCY_NONE + 1; c < CURRENCY_COUNT; c++) {
        bool used = false;
        for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
            used |= (int)x->market[i].base == c || x->market[i].ins.settle == c;
        }
        if (used) {
            int64_t locked = xch_spot_locked_e8(x, (enum currency)c);
            out[n++] = (struct xch_balance){(uint8_t)c, x->balance_e8[c] - locked, locked};
        }
    }
    return n;
}
