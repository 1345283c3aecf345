// SPDX-License-Identifier: Apache-2.0
// xch_settings: what the account may change about itself: leverage, margin type, margin of an isolated
// position, assets mode, position mode, self-trade prevention.
#include <string.h>

#include "engine/exchange/xch.h"

static struct xch_market *perpetual(struct exchange *x, const char *symbol, int32_t *code, const char **msg)
{
    struct xch_market *m = x->spot ? NULL : xch_market_of(x, symbol);
    *code = m         ? 0
            : x->spot ? xch_refuse(-1020, "This operation is not supported.", msg)
                      : xch_refuse(-1121, "Invalid symbol.", msg);
    return m;
}

static int32_t leverage_check(struct exchange *x, struct xch_market *m, int32_t leverage, const char **msg)
{
    int64_t price = xch_value_price_e8(m);
    if (leverage < 1 || leverage > m->brackets.row[0].leverage) {
        return xch_refuse(-4028, "Leverage is not valid.", msg);
    }
    if (xch_abs(instrument_notional_e8(&m->ins, price, m->pos.lots)) >
        exchange_max_notional_e8(x, m->ins.id, leverage)) {
        return xch_refuse(-2027, "Exceeded the maximum allowable position at current leverage.", msg);
    }
    if (m->isolated && m->pos.lots && leverage < m->leverage) {
        return xch_refuse(-4161,
                          "Leverage reduction is not supported in Isolated Margin Mode with open "
                          "positions.",
                          msg);
    }
    struct xch_account a;
    exchange_account(x, &a);
    int32_t before = m->leverage;
    int64_t old_margin = xch_worst_margin_e8(x, m, 0, 0, price);
    m->leverage = leverage;
    int64_t new_margin = xch_worst_margin_e8(x, m, 0, 0, price);
    m->leverage = before;
    return new_margin > old_margin + a.available_e8 ? xch_refuse(-2019, "Margin is insufficient.", msg) : 0;
}

int32_t exchange_set_leverage(struct exchange *x, const char *symbol, int32_t leverage, int64_t now_ns,
                              const char **msg, const struct xch_sink *out)
{
    int32_t code;
    xch_set_now(x, now_ns);
    struct xch_market *m = perpetual(x, symbol, &code, msg);
    code = code ? code : leverage_check(x, m, leverage, msg);
    if (code == 0 && m->leverage != leverage) {
        m->leverage = leverage;
        xch_publish_leverage(x, m, out);
    }
    return code;
}

static bool has_orders(const struct exchange *x, const struct xch_market *m)
{
    for (uint32_t i = 0; i < x->open_count; i++) {
        if (x->slot[x->open[i]].o.instrument == m->ins.id) {
            return true;
        }
    }
    return false;
}

int32_t exchange_set_isolated(struct exchange *x, const char *symbol, bool isolated, const char **msg)
{
    int32_t code;
    struct xch_market *m = perpetual(x, symbol, &code, msg);
    if (code) {
        return code;
    }
    if (m->isolated == isolated) {
        return xch_refuse(-4046, "No need to change margin type.", msg);
    }
    if (has_orders(x, m)) {
        return xch_refuse(-4047, "Margin type cannot be changed if there exists open orders.", msg);
    }
    if (m->pos.lots) {
        return xch_refuse(-4048, "Margin type cannot be changed if there exists position.", msg);
    }
    if (isolated && x->multi_assets) {
        return xch_refuse(-4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode.",
                          msg);
    }
    m->isolated = isolated;
    return 0;
}

// What may be taken back: what was added, as long as the position's own margin stays covered.
static int64_t returnable_e8(const struct exchange *x, const struct xch_market *m)
{
    struct xch_position p;
    xch_position_of(x, m, &p);
    int64_t spare = p.isolated_wallet_e8 + p.unrealised_e8 - p.initial_margin_e8;
    int64_t most = spare < m->extra_e8 ? spare : m->extra_e8;
    return most < 0 ? 0 : most;
}

static int32_t margin_check(const struct exchange *x, const struct xch_market *m, int64_t amount_e8,
                            const char **msg)
{
    struct xch_account a;
    exchange_account(x, &a);
    if (amount_e8 == 0 || amount_e8 < -XCH_MONEY_MAX_E8 || amount_e8 > XCH_MONEY_MAX_E8) {
        return xch_refuse(-4055, "Amount must be positive.", msg);
    }
    if (!m->isolated) {
        return xch_refuse(-4049, "Add margin only support for isolated position.", msg);
    }
    if (m->pos.lots == 0) {
        return xch_refuse(-4054, "Cannot add position margin: position is 0.", msg);
    }
    if (amount_e8 > a.available_e8) {
        return xch_refuse(-4050, "Cross balance insufficient.", msg);
    }
    return -amount_e8 > returnable_e8(x, m) ? xch_refuse(-4051, "Isolated balance insufficient.", msg) : 0;
}

int32_t exchange_position_margin(struct exchange *x, const char *symbol, int64_t amount_e8, int64_t now_ns,
                                 const char **msg, const struct xch_sink *out)
{
    int32_t code;
    xch_set_now(x, now_ns);
    struct xch_market *m = perpetual(x, symbol, &code, msg);
    code = code ? code : margin_check(x, m, amount_e8, msg);
    if (code) {
        return code;
    }
    m->extra_e8 += amount_e8;
    m->updated_ns = x->account_ns = x->now_ns;
    x->margin[x->margins++ % XCH_MARGIN_LOG_MAX] =
        (struct xch_margin_change){.instrument = m->ins.id, .amount_e8 = amount_e8, .time_ns = x->now_ns};
    xch_publish_account(x, m, "MARGIN_TRANSFER", 0, out);
    return 0;
}

int32_t exchange_set_multi_assets(struct exchange *x, bool on, int64_t now_ns, const char **msg,
                                  const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    if (x->spot) {
        return xch_refuse(-1020, "This operation is not supported.", msg);
    }
    for (uint32_t i = 0; on && i < x->cfg.instrument_count; i++) {
        if (x->market[i].isolated) {
            return xch_refuse(-4168, "Unable to adjust to Multi-Assets mode with isolated margin.", msg);
        }
    }
    if (x->multi_assets != on) {
        x->multi_assets = on;
        xch_publish_multi_assets(x, out);
    }
    return 0;
}

bool exchange_multi_assets(const struct exchange *x)
{
    return x->multi_assets;
}

int32_t exchange_set_dual(struct exchange *x, bool dual, const char **msg)
{
    return dual || x->spot ? xch_refuse(-1020, "This venue has no hedge mode.", msg)
                           : xch_refuse(-4059, "No need to change position side.", msg);
}

// ------------------------------------------------------------------------------------ self-trade prevention

static const char *const STP_NAMES[] = {"", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"};

void exchange_set_stp(struct exchange *x, enum xch_stp stp)
{
    x->cfg.stp = (uint8_t)(stp == XCH_STP_DEFAULT ? XCH_STP_TAKER : stp);
}

enum xch_stp exchange_stp(const struct exchange *x)
{
    return x->cfg.stp == XCH_STP_DEFAULT ? XCH_STP_TAKER : (enum xch_stp)x->cfg.stp;
}

const char *xch_stp_name(enum xch_stp stp)
{
    CHECK((size_t)stp < COUNT_OF(STP_NAMES));
    return STP_NAMES[stp];
}

bool xch_stp_parse(const char *name, enum xch_stp *stp)
{
    for (int i = XCH_STP_TAKER; i <= XCH_STP_BOTH; i++) {
        if (strcmp(name, STP_NAMES[i]) == 0) {
            *stp = (enum xch_stp)i;
            return true;
        }
    }
    return false;
}
