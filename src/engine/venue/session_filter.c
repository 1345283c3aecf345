// SPDX-License-Identifier: Apache-2.0
// session_filter: the venue's filters, in integers, before a byte leaves (venue-api.md 3.2.1). Risk has
// checked the same against the engine's copy; here the venue's newest table has the last word, and what the
// engine does not know of (time in force per symbol, PERCENT_PRICE_BY_SIDE, MAX_NOTIONAL, length of ids).
// Orders of the session are limit orders always, so MARKET_LOT_SIZE has nothing to say.
#include <string.h>

#include "engine/venue/session_state.h"

static const char *check_price(const struct session *s, const struct market *m, const struct action *a)
{
    const struct instrument *d = &m->ins;
    if (a->price_ticks < d->min_price_ticks || (d->max_price_ticks && a->price_ticks > d->max_price_ticks)) {
        return "price outside the venue's range";
    }
    if (m->mark_e8 == 0 || s->now - m->mark_ns > MARK_AGE_NS) {
        return NULL; // without a mark the venue decides
    }
    bool buy = a->side == SIDE_BUY;
    __int128 price = (__int128)a->price_ticks * d->tick_e8 * E8;
    int64_t up_e8 = buy || !m->symbol.ask_up_e8 ? d->percent_up_e8 : m->symbol.ask_up_e8;
    int64_t down_e8 = !buy || !m->symbol.bid_down_e8 ? d->percent_down_e8 : m->symbol.bid_down_e8;
    bool both = s->d->spot; // futures bound only the side that would pay too much
    bool high = up_e8 && (buy || both) && price > (__int128)m->mark_e8 * up_e8;
    bool low = down_e8 && (!buy || both) && price < (__int128)m->mark_e8 * down_e8;
    return high || low ? "price outside PERCENT_PRICE of the mark" : NULL;
}

static const char *check_quantity(const struct market *m, const struct action *a)
{
    const struct instrument *d = &m->ins;
    if (a->qty_lots < d->min_qty_lots) {
        return "quantity below the venue's minimum";
    }
    if (d->max_qty_lots && a->qty_lots > d->max_qty_lots) {
        return "quantity above the venue's maximum";
    }
    __int128 notional = (__int128)a->qty_lots * d->lot_e8 * a->price_ticks * d->tick_e8 / E8;
    if (!a->reduce_only && notional < d->min_notional_e8) {
        return "value below the venue's minimum";
    }
    return m->symbol.max_notional_e8 && notional > m->symbol.max_notional_e8
               ? "value above the venue's maximum"
               : NULL;
}

static const char *check_kind(const struct session *s, const struct market *m, const struct action *a)
{
    uint8_t tifs = m->ins.tif_mask ? m->ins.tif_mask : s->d->tif_mask;
    if (a->type == ACT_PLACE && !(tifs >> a->tif & 1)) {
        return "this symbol does not take this time in force";
    }
    if (a->type == ACT_PLACE && strnlen(a->client_id, CLIENT_ID_MAX) > s->d->client_id_max) {
        return "client id too long for this venue";
    }
    return m->ins.status == INSTRUMENT_HALTED && !a->reduce_only ? "the symbol does not trade now" : NULL;
}

const char *filter_refuse(const struct session *s, const struct action *a)
{
    const struct market *m = &s->market[a->instrument];
    const char *why = check_kind(s, m, a);
    why = why ? why : check_price(s, m, a);
    return why ? why : check_quantity(m, a);
}
