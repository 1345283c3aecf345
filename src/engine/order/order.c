// SPDX-License-Identifier: Apache-2.0
// order: what goes out (the only ACT_PLACE there is), the estimate of the queue ahead, missing fills, and the
// look for the snapshot. What comes back is order_report.c, where it is kept order_table.c.
#include "engine/order/order.h"

#include <string.h>

#include "base/check.h"
#include "engine/order/order_table.h"

// ----------------------------------------------------------------------------------------------------- out

void orders_init(struct orders *o, uint32_t epoch)
{
    table_init(o);
    o->epoch = epoch;
}

static void action_head(struct action *out, enum action_type type, const struct order *x, uint16_t slot,
                        uint64_t seq)
{
    memset(out, 0, sizeof *out);
    out->cause_seq = seq;
    out->type = (uint16_t)type;
    out->instrument = x->instrument;
    out->venue = x->venue;
    out->strategy = x->strategy;
    out->side = x->side;
    out->tif = x->tif;
    out->reduce_only = (x->flags & ORDF_REDUCE) != 0;
    out->close_only = x->close_only;
    out->order_slot = slot;
    out->price_ticks = x->price_ticks;
    out->qty_lots = x->qty_lots;
    out->order_id = x->order_id;
    memcpy(out->client_id, x->client_id, CLIENT_ID_MAX);
}

uint16_t order_place(struct orders *o, struct approved_order *a, struct order_stamp at, struct action *out)
{
    const struct order_intent in = approved_spend(a, &o->exposures);
    char id[CLIENT_ID_MAX];
    order_id_format((enum strategy_id)in.strategy, o->epoch, ++o->counter, id);
    const uint16_t slot = table_take(o, id);
    CHECK(slot != ORDER_NONE);
    struct order *x = &o->slot[slot];
    x->cause_seq = at.seq;
    x->intent_mono_ns = at.mono_ns;
    x->price_ticks = in.price_ticks;
    x->qty_lots = in.qty_lots;
    x->instrument = in.instrument;
    x->venue = in.venue;
    x->strategy = in.strategy;
    x->side = in.side;
    x->tif = in.tif;
    x->close_only = in.close_only;
    x->flags = (uint8_t)((in.reduce_only ? ORDF_REDUCE : 0) | (in.tif == TIF_GTX ? ORDF_POST_ONLY : 0));
    x->state = ORD_INTENT;
    table_update(o, slot, ORD_FREE, (struct contribution){0});
    action_head(out, ACT_PLACE, x, slot, at.seq);
    return slot;
}

bool order_cancel(struct orders *o, uint16_t slot, struct order_stamp at, bool repeat, struct action *out)
{
    CHECK(slot < ORDERS_MAX);
    struct order *x = &o->slot[slot];
    if (!order_state_is_live((enum order_state)x->state) || ((x->flags & ORDF_CANCEL_SENT) != 0 && !repeat)) {
        return false;
    }
    if (x->state == ORD_INTENT) {
        x->cancel_wanted = 1; // a cancel could overtake the place, and the order would stay
        return false;
    }
    x->flags |= ORDF_CANCEL_SENT;
    x->cancel_mono_ns = at.mono_ns;
    if (x->cancels < UINT16_MAX) {
        x->cancels++;
    }
    action_head(out, ACT_CANCEL, x, slot, at.seq);
    return true;
}

// -------------------------------------------------------------------------------------------------- missed

static void settle_one(struct orders *o, uint16_t slot)
{
    struct order *x = &o->slot[slot];
    const int64_t missed = order_missed_lots(x);
    if (missed == 0) {
        return;
    }
    const struct contribution before = table_contribution(x);
    x->settled_lots += missed;
    x->missed_mono_ns = 0;
    table_update(o, slot, (enum order_state)x->state, before);
}

void order_settle_missed(struct orders *o, uint16_t instrument)
{
    CHECK(instrument < INSTRUMENT_MAX);
    for (int s = 0; s < ORDERS_MAX && o->missed[instrument] > 0; s++) {
        if (o->slot[s].state != ORD_FREE && o->slot[s].instrument == instrument) {
            settle_one(o, (uint16_t)s);
        }
    }
}

int64_t order_missed_since(const struct orders *o, uint16_t instrument)
{
    CHECK(instrument < INSTRUMENT_MAX);
    int64_t since = INT64_MAX;
    if (o->missed[instrument] == 0) {
        return since;
    }
    for (int s = 0; s < ORDERS_MAX; s++) {
        const struct order *x = &o->slot[s];
        if (x->state != ORD_FREE && x->instrument == instrument && x->missed_mono_ns > 0 &&
            x->missed_mono_ns < since) {
            since = x->missed_mono_ns;
        }
    }
    return since;
}

// --------------------------------------------------------------------------------------------- queue ahead

void order_set_ahead(struct orders *o, uint16_t slot, int64_t displayed_lots)
{
    CHECK(slot < ORDERS_MAX);
    o->slot[slot].ahead_lots = displayed_lots > 0 ? displayed_lots : 0;
}

void order_on_trade(struct orders *o, uint16_t instrument, enum side aggressor, int64_t price_ticks,
                    int64_t qty_lots)
{
    CHECK(instrument < INSTRUMENT_MAX);
    const int8_t hit = aggressor == SIDE_BUY ? SIDE_SELL : SIDE_BUY;
    for (uint16_t s = o->live_head[instrument]; s != ORDER_NONE; s = o->slot[s].next) {
        struct order *x = &o->slot[s];
        if (x->side != hit || x->ahead_lots <= 0) {
            continue;
        }
        const bool through = hit == SIDE_BUY ? price_ticks < x->price_ticks : price_ticks > x->price_ticks;
        if (through) {
            x->ahead_lots = 0;
        } else if (price_ticks == x->price_ticks) {
            x->ahead_lots = x->ahead_lots > qty_lots ? x->ahead_lots - qty_lots : 0;
        }
    }
}

void order_on_level(struct orders *o, uint16_t instrument, enum side side, int64_t price_ticks, int64_t lots)
{
    CHECK(instrument < INSTRUMENT_MAX);
    for (uint16_t s = o->live_head[instrument]; s != ORDER_NONE; s = o->slot[s].next) {
        struct order *x = &o->slot[s];
        if (x->side == side && x->price_ticks == price_ticks && x->ahead_lots > lots) {
            x->ahead_lots = lots > 0 ? lots : 0;
        }
    }
}

void order_to_snapshot(const struct order *r, struct snap_order *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->client_id, r->client_id, CLIENT_ID_MAX);
    out->order_id = r->order_id;
    out->sent_wall_ns = r->sent_wall_ns;
    out->sent_mono_ns = r->sent_mono_ns;
    out->ack_ns = r->ack_ns;
    out->price_ticks = r->price_ticks;
    out->qty_lots = r->qty_lots;
    out->cum_lots = r->cum_lots;
    out->ahead_lots = r->ahead_lots;
    out->code = r->code;
    out->instrument = r->instrument;
    out->state = r->state;
    out->flags = r->flags;
    out->strategy = r->strategy;
    out->side = r->side;
    out->tif = r->tif;
}
