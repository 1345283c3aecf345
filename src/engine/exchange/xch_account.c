// SPDX-License-Identifier: Apache-2.0
// xch_account: one USDT wallet, one-way positions, margin. venue-api.md 7.4. Orders reserve margin at the
// worst case a side could reach, so that no sequence of fills can exceed what was checked. An isolated wallet
// is the position's cost over its leverage plus what was added: derived, so it can never disagree with the
// position.
#include "engine/exchange/xch.h"

int64_t xch_value_price_e8(const struct xch_market *m)
{
    int64_t mid = m->mark.mark_e8 ? m->mark.mark_e8 : xch_mid_e8(m);
    return mid ? mid : m->mark.last_e8;
}

int64_t xch_open_lots(const struct exchange *x, uint16_t instrument, enum side side, bool reduce_only)
{
    int64_t lots = 0;
    for (uint32_t i = 0; i < x->open_count; i++) {
        const struct xch_order *o = &x->slot[x->open[i]].o;
        if (o->instrument == instrument && o->side == side && o->reduce_only == reduce_only && !o->waiting) {
            lots += o->qty_lots - o->cum_lots;
        }
    }
    return lots;
}

static int64_t worst_notional_e8(const struct exchange *x, const struct xch_market *m, int64_t buys,
                                 int64_t sells, int64_t price_e8)
{
    buys += xch_open_lots(x, m->ins.id, SIDE_BUY, false);
    sells += xch_open_lots(x, m->ins.id, SIDE_SELL, false);
    int64_t up = xch_abs(m->pos.lots + buys), down = xch_abs(m->pos.lots - sells);
    return instrument_notional_e8(&m->ins, price_e8, up > down ? up : down);
}

int64_t xch_worst_margin_e8(const struct exchange *x, const struct xch_market *m, int64_t buys, int64_t sells,
                            int64_t price_e8)
{
    return worst_notional_e8(x, m, buys, sells, price_e8) / m->leverage;
}

void xch_position_of(const struct exchange *x, const struct xch_market *m, struct xch_position *out)
{
    int64_t price = xch_value_price_e8(m);
    *out = (struct xch_position){.instrument = m->ins.id,
                                 .isolated = m->isolated,
                                 .leverage = m->leverage,
                                 .lots = m->pos.lots,
                                 .mark_e8 = price,
                                 .realised_e8 = m->realised_e8,
                                 .updated_ns = m->updated_ns};
    out->entry_e8 = position_entry_e8(&m->pos, &m->ins);
    out->unrealised_e8 = price ? position_unrealised_e8(&m->pos, &m->ins, price) : 0;
    int64_t notional = xch_abs(instrument_notional_e8(&m->ins, price, m->pos.lots));
    out->initial_margin_e8 = notional / m->leverage;
    out->order_margin_e8 = xch_worst_margin_e8(x, m, 0, 0, price) - out->initial_margin_e8;
    out->maintenance_e8 = xch_maintenance_e8(m->brackets.row, m->brackets.count, notional);
    out->max_notional_e8 = exchange_max_notional_e8(x, m->ins.id, m->leverage);
    if (m->isolated && m->pos.lots) {
        out->isolated_wallet_e8 = xch_abs(m->pos.cost_e8) / m->leverage + m->extra_e8;
    }
}

static void spot_account(const struct exchange *x, struct xch_account *out)
{
    enum currency quote = x->market[0].ins.settle;
    out->wallet_e8 = out->cross_wallet_e8 = x->balance_e8[quote];
    out->order_margin_e8 = xch_spot_locked_e8(x, quote);
    out->available_e8 = out->wallet_e8 - out->order_margin_e8;
}

void exchange_account(const struct exchange *x, struct xch_account *out)
{
    *out = (struct xch_account){.wallet_e8 = x->wallet_e8, .updated_ns = x->account_ns};
    if (x->spot) {
        spot_account(x, out);
        return;
    }
    int64_t isolated = 0, cross_margin = 0;
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        struct xch_position p;
        xch_position_of(x, &x->market[i], &p);
        out->unrealised_e8 += p.unrealised_e8;
        out->position_margin_e8 += p.initial_margin_e8;
        out->order_margin_e8 += p.order_margin_e8;
        out->maintenance_e8 += p.maintenance_e8;
        isolated += p.isolated_wallet_e8;
        out->cross_unrealised_e8 += p.isolated ? 0 : p.unrealised_e8;
        out->cross_maintenance_e8 += p.isolated ? 0 : p.maintenance_e8;
        cross_margin += p.isolated ? 0 : p.initial_margin_e8;
    }
    out->cross_wallet_e8 = x->wallet_e8 - isolated;
    int64_t free = out->cross_wallet_e8 + out->cross_unrealised_e8 - cross_margin - out->order_margin_e8;
    out->available_e8 = free < 0 ? 0 : free;
}

int64_t exchange_wallet_e8(const struct exchange *x)
{
    return x->spot ? x->balance_e8[x->market[0].ins.settle] : x->wallet_e8;
}

// --------------------------------------------------------------------------------------------------- checks

int32_t xch_margin_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         int64_t price_e8, const char **msg)
{
    int64_t price = xch_value_price_e8(m) ? xch_value_price_e8(m) : price_e8;
    int64_t buys = side == SIDE_BUY ? lots : 0, sells = side == SIDE_SELL ? lots : 0;
    int64_t before = worst_notional_e8(x, m, 0, 0, price),
            after = worst_notional_e8(x, m, buys, sells, price);
    if (after <= before) {
        return 0;
    }
    if (after > exchange_max_notional_e8(x, m->ins.id, m->leverage)) {
        return xch_refuse(-2027, "Exceeded the maximum allowable position at current leverage.", msg);
    }
    int64_t maker, rate;
    exchange_fee_rates(x, m->ins.id, &maker, &rate);
    int64_t fee = muldiv_round(instrument_notional_e8(&m->ins, price, lots), rate > 0 ? rate : 0, E8);
    struct xch_account a;
    exchange_account(x, &a);
    return after / m->leverage - before / m->leverage + fee > a.available_e8
               ? xch_refuse(-2019, "Margin is insufficient.", msg)
               : 0;
}

int32_t xch_reduce_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         const char **msg)
{
    int64_t can = m->pos.lots * -(int64_t)side - xch_open_lots(x, m->ins.id, side, true);
    return lots > can ? xch_refuse(-2022, "ReduceOnly Order is rejected.", msg) : 0;
}

// ---------------------------------------------------------------------------------------------------- reads

static int64_t liquidation_e8(const struct exchange *x, const struct xch_market *m)
{
    struct xch_position own;
    xch_position_of(x, m, &own);
    int64_t wallet = own.isolated_wallet_e8;
    if (!m->isolated) {
        wallet = x->wallet_e8;
        for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
            struct xch_position p;
            if (i == m->ins.id) {
                continue;
            }
            xch_position_of(x, &x->market[i], &p);
            wallet += p.isolated ? -p.isolated_wallet_e8 : p.unrealised_e8 - p.maintenance_e8;
        }
    }
    return xch_liquidation_e8(&m->ins, m->brackets.row, m->brackets.count, m->pos.lots, m->pos.cost_e8,
                              wallet);
}

size_t exchange_positions(const struct exchange *x, struct xch_position *out, size_t max)
{
    size_t n = 0;
    for (; !x->spot && n < x->cfg.instrument_count && n < max; n++) {
        xch_position_of(x, &x->market[n], &out[n]);
        out[n].liquidation_e8 = liquidation_e8(x, &x->market[n]);
    }
    return n;
}

const struct xch_bracket *exchange_brackets(const struct exchange *x, uint16_t instrument, size_t *n)
{
    CHECK(instrument < x->cfg.instrument_count);
    *n = x->market[instrument].brackets.count;
    return x->market[instrument].brackets.row;
}

int64_t exchange_max_notional_e8(const struct exchange *x, uint16_t instrument, int32_t leverage)
{
    size_t n;
    int64_t cap = 0;
    const struct xch_bracket *b = exchange_brackets(x, instrument, &n);
    for (size_t i = 0; i < n && (b[i].leverage >= leverage || i == 0); i++) {
        cap = b[i].cap_e8;
    }
    return cap;
}
