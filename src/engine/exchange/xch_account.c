// SPDX-License-Identifier: Apache-2.0
// xch_account: one USDT wallet, one-way positions, margin. venue-api.md 7.4. Orders reserve margin at the
// worst case a side could reach, so that no sequence of fills can exceed what was checked. An isolated wallet
// is the position's cost over its leverage: it is derived, not moved, so it can never disagree with the
// position.
#include "engine/exchange/xch.h"

static int64_t abs64(int64_t v)
{
    return v < 0 ? -v : v;
}

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
        if (o->instrument == instrument && o->side == side && o->reduce_only == reduce_only) {
            lots += o->qty_lots - o->cum_lots;
        }
    }
    return lots;
}

// Margin of the largest position that could come about with `buys` and `sells` on top.
static int64_t worst_margin_e8(const struct exchange *x, const struct xch_market *m, int64_t buys,
                               int64_t sells, int64_t price_e8)
{
    buys += xch_open_lots(x, m->ins.id, SIDE_BUY, false);
    sells += xch_open_lots(x, m->ins.id, SIDE_SELL, false);
    int64_t up = abs64(m->pos.lots + buys), down = abs64(m->pos.lots - sells);
    return instrument_notional_e8(&m->ins, price_e8, up > down ? up : down) / m->leverage;
}

void xch_position_of(const struct exchange *x, const struct xch_market *m, struct xch_position *out)
{
    int64_t price = xch_value_price_e8(m);
    *out = (struct xch_position){.instrument = m->ins.id,
                                 .isolated = m->isolated,
                                 .leverage = m->leverage,
                                 .lots = m->pos.lots,
                                 .mark_e8 = price,
                                 .updated_ns = m->updated_ns};
    out->entry_e8 = position_entry_e8(&m->pos, &m->ins);
    out->unrealised_e8 = price ? position_unrealised_e8(&m->pos, &m->ins, price) : 0;
    int64_t notional = abs64(instrument_notional_e8(&m->ins, price, m->pos.lots));
    out->initial_margin_e8 = notional / m->leverage;
    out->order_margin_e8 = worst_margin_e8(x, m, 0, 0, price) - out->initial_margin_e8;
    out->maintenance_e8 = xch_maintenance_e8(notional);
    if (m->isolated) {
        out->isolated_wallet_e8 = abs64(m->pos.cost_e8) / m->leverage;
    }
}

void exchange_account(const struct exchange *x, struct xch_account *out)
{
    *out = (struct xch_account){.wallet_e8 = x->wallet_e8, .updated_ns = x->account_ns};
    int64_t isolated = 0, cross_unrealised = 0, cross_margin = 0;
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        struct xch_position p;
        xch_position_of(x, &x->market[i], &p);
        out->unrealised_e8 += p.unrealised_e8;
        out->position_margin_e8 += p.initial_margin_e8;
        out->order_margin_e8 += p.order_margin_e8;
        out->maintenance_e8 += p.maintenance_e8;
        isolated += p.isolated_wallet_e8;
        cross_unrealised += p.isolated ? 0 : p.unrealised_e8;
        cross_margin += p.isolated ? 0 : p.initial_margin_e8;
    }
    int64_t free = x->wallet_e8 - isolated + cross_unrealised - cross_margin - out->order_margin_e8;
    out->available_e8 = free < 0 ? 0 : free;
}

int32_t xch_margin_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         int64_t price_e8, const char **msg)
{
    int64_t price = xch_value_price_e8(m) ? xch_value_price_e8(m) : price_e8;
    int64_t before = worst_margin_e8(x, m, 0, 0, price);
    int64_t after = worst_margin_e8(x, m, side == SIDE_BUY ? lots : 0, side == SIDE_SELL ? lots : 0, price);
    if (after <= before) {
        return 0;
    }
    int64_t maker, rate;
    exchange_fee_rates(x, m->ins.id, &maker, &rate);
    int64_t fee = muldiv_round(instrument_notional_e8(&m->ins, price, lots), rate > 0 ? rate : 0, E8);
    struct xch_account a;
    exchange_account(x, &a);
    if (after - before + fee > a.available_e8) {
        *msg = "Margin is insufficient.";
        return -2019;
    }
    return 0;
}

int32_t xch_reduce_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         const char **msg)
{
    int64_t can = m->pos.lots * -(int64_t)side - xch_open_lots(x, m->ins.id, side, true);
    if (lots > can) {
        *msg = "ReduceOnly Order is rejected.";
        return -2022;
    }
    return 0;
}

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
    return xch_liquidation_e8(&m->ins, m->pos.lots, m->pos.cost_e8, wallet);
}

size_t exchange_positions(const struct exchange *x, struct xch_position *out, size_t max)
{
    size_t n = 0;
    for (; n < x->cfg.instrument_count && n < max; n++) {
        xch_position_of(x, &x->market[n], &out[n]);
        out[n].liquidation_e8 = liquidation_e8(x, &x->market[n]);
    }
    return n;
}

void xch_settle_funding(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    if (m->pos.lots == 0 || m->mark.mark_e8 == 0) {
        return;
    }
    int64_t pay = xch_funding_payment_e8(&m->ins, m->pos.lots, m->mark.mark_e8, m->mark.rate_e8);
    x->wallet_e8 += pay;
    x->account_ns = x->now_ns;
    xch_publish_account(x, m, "FUNDING_FEE", pay, m->isolated, out);
}

void xch_liquidate(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    if (m->pos.lots == 0 || m->mark.mark_e8 == 0) {
        return;
    }
    int64_t price = liquidation_e8(x, m);
    bool beyond = price != 0 && (m->pos.lots > 0 ? m->mark.mark_e8 <= price : m->mark.mark_e8 >= price);
    if (!beyond) {
        return;
    }
    char id[CLIENT_ID_MAX] = "autoclose-";
    id[10 + decimal_digits(id + 10, ++x->next_auto_id)] = 0;
    xch_cancel_market(x, m, OS_EXPIRED, out);
    xch_close_position(x, m, id, price, FILL_LIQUIDATION, out);
}

// ------------------------------------------------------------------------------------------------- settings

int32_t exchange_set_leverage(struct exchange *x, const char *symbol, int32_t leverage, int64_t now_ns,
                              const char **msg, const struct xch_sink *out)
{
    (void)now_ns;
    (void)out;
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        *msg = "Invalid symbol.";
        return -1121;
    }
    if (leverage < 1 || leverage > xch_brackets[0].leverage) {
        *msg = "Leverage is not valid.";
        return -4028;
    }
    int32_t before = m->leverage;
    struct xch_account a;
    exchange_account(x, &a);
    int64_t price = xch_value_price_e8(m);
    int64_t old_margin = worst_margin_e8(x, m, 0, 0, price);
    m->leverage = leverage;
    if (worst_margin_e8(x, m, 0, 0, price) > old_margin + a.available_e8) {
        m->leverage = before;
        *msg = "Margin is insufficient.";
        return -2019;
    }
    return 0;
}

int32_t exchange_set_isolated(struct exchange *x, const char *symbol, bool isolated, const char **msg)
{
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        *msg = "Invalid symbol.";
        return -1121;
    }
    if (m->isolated == isolated) {
        *msg = "No need to change margin type.";
        return -4046;
    }
    if (xch_open_lots(x, m->ins.id, SIDE_BUY, false) || xch_open_lots(x, m->ins.id, SIDE_SELL, false) ||
        xch_open_lots(x, m->ins.id, SIDE_BUY, true) || xch_open_lots(x, m->ins.id, SIDE_SELL, true)) {
        *msg = "Margin type cannot be changed if there exists open orders.";
        return -4047;
    }
    if (m->pos.lots) {
        *msg = "Margin type cannot be changed if there exists position.";
        return -4048;
    }
    m->isolated = isolated;
    return 0;
}
