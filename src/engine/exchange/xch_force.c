// SPDX-License-Identifier: Apache-2.0
// xch_force: what a venue does by its own hand and no client asked for: it takes a position away, halts a
// symbol, changes its least order value.
#include "engine/exchange/xch.h"

bool exchange_force_close(struct exchange *x, const char *symbol, int64_t now_ns, const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m || m->pos.lots == 0 || xch_value_price_e8(m) <= 0) {
        return false;
    }
    xch_close_position(x, m, "adl_autoclose", xch_value_price_e8(m), FILL_ADL, out);
    return true;
}

bool exchange_halt(struct exchange *x, const char *symbol, bool halted)
{
    struct xch_market *m = xch_market_of(x, symbol);
    if (m) {
        m->ins.status = halted ? INSTRUMENT_HALTED : INSTRUMENT_TRADING;
    }
    return m != NULL;
}

bool exchange_set_min_notional(struct exchange *x, const char *symbol, int64_t notional_e8)
{
    struct xch_market *m = notional_e8 >= 0 ? xch_market_of(x, symbol) : NULL;
    if (m) {
        m->ins.min_notional_e8 = notional_e8;
    }
    return m != NULL;
}
