// SPDX-License-Identifier: Apache-2.0
// quotes: from what the maker wants to what rests at the venue. One slot per side and layer; a wrong quote is
// cancelled first and replaced only when its end is known (O20), a quote younger than min_life stays unless
// it must go. Orders of ours that no slot knows are cancelled. The venue's dead-man countdown is wound up
// before the first order and while orders rest.
#include <math.h>

#include "engine/engine_state.h"

enum { CANCEL_FAILURES_MAX = 3, MANY_SYMBOLS = 4 };

// -------------------------------------------------------------------------------------------- dead man

static uint32_t symbols_of(const struct engine *e, uint8_t venue)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->config.instrument_count; i++) {
        n += e->config.instruments[i].venue == venue;
    }
    return n;
}

void deadman_ensure(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    if (s->def.kind == INSTRUMENT_SPOT) {
        return; // spot venues have no countdown
    }
    int64_t factor = symbols_of(e, s->def.venue) > MANY_SYMBOLS ? 2 : 1; // the call costs weight per symbol
    int64_t ms = factor * e->config.deadman_ns / NS_PER_MS;
    bool fresh = s->deadman_sent_ns && s->deadman_ms == ms &&
                 e->now_ns - s->deadman_sent_ns < factor * e->config.deadman_refresh_ns;
    if (!fresh) {
        action_new(e, ACT_DEADMAN, i)->value = ms;
        s->deadman_sent_ns = e->now_ns;
        s->deadman_ms = ms;
    }
}

// --------------------------------------------------------------------------------------------- cancels

bool quotes_cancel(struct engine *e, uint16_t slot, uint64_t echo_seq)
{
    struct order_note *n = &e->note[slot];
    struct action a;
    if (!action_room(e) || e->now_ns < n->retry_ns ||
        !order_cancel(&e->orders, slot, engine_stamp(e), false, &a)) {
        return false;
    }
    *action_new(e, ACT_CANCEL, a.instrument) = a;
    n->echo_seq = echo_seq;
    risk_note_cancel(&e->risk, e->now_ns);
    return true;
}

uint32_t quotes_cancel_all(struct engine *e, uint16_t i, uint64_t echo_seq)
{
    uint32_t n = 0;
    for (uint16_t s = order_first(&e->orders, i); s != ORDER_NONE; s = order_next(&e->orders, s)) {
        const struct order *o = order_at(&e->orders, s);
        if (o->strategy != STRATEGY_EXTERNAL && !o->close_only) {
            bool waiting = o->state == ORD_INTENT; // its cancel follows when the place has left
            e->note[s].echo_seq = echo_seq;
            n += quotes_cancel(e, s, echo_seq) || waiting;
        }
    }
    return n;
}

// --------------------------------------------------------------------------------------- maker's input

// Position cap in lots: what position and gross limits leave at mark, the other instruments' worst cases
// taken off.
static int64_t cap_lots(const struct engine *e, uint16_t i)
{
    const struct risk_fact *f = &e->risk.fact[i];
    int64_t one = risk_value_e8(f, 1), others = 0;
    for (uint16_t j = 0; j < INSTRUMENT_MAX; j++) {
        if (j != i && instrument_known(e, j)) {
            others += risk_worst_value_e8(&e->risk.fact[j], &e->orders.exposures.ins[j]);
        }
    }
    int64_t gross = risk_limit_in_force_e8(&e->risk, LIMIT_GROSS_VALUE) - others;
    int64_t position = risk_limit_in_force_e8(&e->risk, LIMIT_POSITION_VALUE);
    int64_t least = gross < position ? gross : position;
    return one > 0 && least > 0 ? least / one : 0;
}

// Smallest order with half a percent to spare: a bid is worth less than the mark that the minimum was
// computed at.
static int64_t smallest_lots(const struct risk_fact *f)
{
    int64_t lots = risk_smallest_order_lots(f);
    int64_t spare = risk_value_e8(f, lots) / 1000 * 995;
    return lots > 0 && spare < f->def.min_notional_e8 ? lots + 1 : lots;
}

static enum maker_reason blocked(const struct engine *e, uint16_t i)
{
    const struct instrument_state *s = &e->ins[i];
    if (!s->quoted || !e->config.maker.enabled) {
        return MAKER_OFF;
    }
    if (!e->ready || e->kill.latched) {
        return MAKER_STATE;
    }
    if (s->paused) {
        return MAKER_PAUSED;
    }
    if (e->risk.stopped[STRATEGY_MAKER]) {
        return MAKER_STOPPED;
    }
    if (cause_acts(e, CAUSE_BOOK, i)) {
        return MAKER_NO_BOOK;
    }
    return state_of(e, i) == TS_RUN ? MAKER_QUOTING : MAKER_STATE;
}

static struct maker_input gather(const struct engine *e, uint16_t i)
{
    const struct instrument_state *s = &e->ins[i];
    struct maker_input in = {
        .ins = &s->def,
        .config = &e->config.maker,
        .now_ns = e->now_ns,
        .blocked = blocked(e, i),
        .bid_ticks = s->touch.bid_ticks,
        .ask_ticks = s->touch.ask_ticks,
        .mark_e8 = s->mark.mark_e8,
        .arrival_a = s->arrival.fitted ? s->arrival.a : NAN,
        .arrival_k = s->arrival.fitted ? s->arrival.k : NAN,
        .widen = e->widen ? 1.5 : 1.0,
        .position_lots = e->ledger.total[i].lots,
        .cap_lots = cap_lots(e, i),
        .order_cap_e8 = e->risk.config.limit[LIMIT_ORDER_VALUE],
        .smallest_lots = smallest_lots(&e->risk.fact[i]),
        .spread_adjust_ticks = s->spread_adjust_ticks,
        .size_steps = s->size_steps,
    };
    struct feature_raw raw = features_raw(engine_features(e, i));
    in.sigma_rel = raw.sigma_rel;
    in.orders_per_s = (raw.buys_per_s + raw.sells_per_s) / 2;
    in.vpin = raw.vpin;
    return in;
}

// --------------------------------------------------------------------------------------------- placing

static void refused(struct engine *e, uint16_t i, enum side side, const struct risk_verdict *why)
{
    struct instrument_state *s = &e->ins[i];
    struct fmt f = fmt_begin(s->risk_text, sizeof s->risk_text);
    fmt_str(&f, why->text);
    maker_on_refused(&s->maker, side, e->now_ns);
    if (why->refusal == REFUSED_REPEAT &&
        alarm_set(&e->alarms, ALARM_RUNAWAY, INSTRUMENT_NONE, true, e->now_ns)) {
        alarm_describe(&e->alarms, ALARM_RUNAWAY, INSTRUMENT_NONE, why->text);
    }
}

// Three quarters of a lane are for placements: the session refuses the next one anyway, until the minute
// ends.
static bool budget_is_spent(struct engine *e, uint16_t i, enum side side)
{
    const struct venue_state *v = venue_of(e, i);
    if (!v->budget_warn[0] && !v->budget_warn[1]) {
        return false;
    }
    struct risk_verdict why = {.refusal = REFUSED_RATE};
    struct fmt f = fmt_begin(why.text, sizeof why.text);
    fmt_str(&f, "the venue's rate budget is kept for cancels until the minute ends");
    refused(e, i, side, &why);
    return true;
}

static void place(struct engine *e, uint16_t i, enum side side, uint16_t *out, const struct maker_quote *q)
{
    if (budget_is_spent(e, i, side)) {
        return;
    }
    struct instrument_state *s = &e->ins[i];
    struct order_intent in = {.instrument = i,
                              .venue = s->def.venue,
                              .strategy = STRATEGY_MAKER,
                              .side = (int8_t)side,
                              .tif = TIF_GTX,
                              .price_ticks = q->price_ticks,
                              .qty_lots = q->qty_lots};
    struct risk_verdict why;
    struct approved_order *ok = risk_approve(&e->risk, &in, &e->orders.exposures, e->now_ns, &why);
    if (!ok) {
        refused(e, i, side, &why);
        return;
    }
    deadman_ensure(e, i);
    *out = order_place(&e->orders, ok, engine_stamp(e), action_new(e, ACT_PLACE, i));
    e->note[*out] = (struct order_note){0};
    s->last_place_ns = e->now_ns;
    s->risk_text[0] = 0;
}

// Is the resting order what is wanted, closely enough?
static bool fits(const struct engine *e, const struct order *o, const struct maker_quote *q)
{
    int64_t off = q->price_ticks - o->price_ticks, left = o->qty_lots - o->cum_lots;
    return off < e->config.maker.requote_ticks && -off < e->config.maker.requote_ticks &&
           left * 2 >= q->qty_lots && left <= q->qty_lots * 2;
}

// True: the quote was cancelled because its price moved. may_move: false leaves that to the next step.
static bool settle_quote(struct engine *e, uint16_t i, enum side side, uint16_t *out,
                         const struct maker_quote *q, bool held, bool may_move)
{
    const struct order *o = *out == ORDER_NONE ? NULL : order_at(&e->orders, *out);
    if (o && !order_state_is_live((enum order_state)o->state)) {
        *out = ORDER_NONE;
        o = NULL;
    }
    if (held || !action_room(e)) {
        return false;
    }
    if (!o) {
        if (q->price_ticks > 0) {
            place(e, i, side, out, q);
        }
        return false;
    }
    int64_t life_ns = e->config.maker.min_life_ns * (e->slow ? 2 : 1);
    bool must_go = q->price_ticks == 0;
    bool wrong = !must_go && !fits(e, o, q);
    bool moves = wrong && may_move && e->now_ns - o->intent_mono_ns >= life_ns;
    if (must_go || moves) {
        return quotes_cancel(e, *out, e->note[*out].echo_seq) && moves;
    }
    e->ins[i].quote_pending |= wrong && !(o->flags & ORDF_CANCEL_SENT);
    return false;
}

// The market came towards our asks: their resting price is below the wanted one.
static bool asks_first(const struct engine *e, const struct instrument_state *s)
{
    const struct order *o = s->out[1][0] == ORDER_NONE ? NULL : order_at(&e->orders, s->out[1][0]);
    return o && s->plan.ask[0].price_ticks > o->price_ticks;
}

static void quote_instrument(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    struct maker_input in = gather(e, i);
    s->quote_pending = 0;
    maker_decide(&s->maker, &in, &s->plan);
    // One side moves in a step, the endangered one first: its cancel must not share the way out with the
    // other's, which follows with the next event.
    bool ask = asks_first(e, s);
    bool moved[2] = {false, false};
    for (int pass = 0; pass < 2; pass++, ask = !ask) {
        for (uint32_t l = 0; l < MAKER_LAYERS_MAX;
             l++) { // layers beyond the configured ones hold nothing, stay empty
            const struct maker_quote *q = ask ? &s->plan.ask[l] : &s->plan.bid[l];
            moved[pass] |= settle_quote(e, i, ask ? SIDE_SELL : SIDE_BUY, &s->out[ask][l], q,
                                        s->plan.held & (ask ? 2 : 1), pass == 0 || !moved[0]);
        }
    }
}

void quotes_run(struct engine *e)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (!e->ins[i].dirty_quotes || !instrument_known(e, i)) {
            continue;
        }
        e->ins[i].dirty_quotes = 0;
        if (e->ins[i].quoted && !e->kill.sweeping) {
            quote_instrument(e, i);
        }
    }
}

// ---------------------------------------------------------------------------------------- housekeeping

static bool is_quote(const struct engine *e, uint16_t i, uint16_t slot)
{
    for (int l = 0; l < MAKER_LAYERS_MAX; l++) {
        if (e->ins[i].out[0][l] == slot || e->ins[i].out[1][l] == slot) {
            return true;
        }
    }
    return false;
}

// O20: three cancels of one order failed: stop, and sweep the instrument.
static void cancels_fail(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    cause_set(e, CAUSE_CANCEL_FAIL, i, true);
    if (alarm_set(&e->alarms, ALARM_CANCEL_FAIL, i, true, e->now_ns)) {
        char text[80];
        struct fmt f = fmt_begin(text, sizeof text);
        fmt_instrument(&f, e, i);
        fmt_str(&f, "cancels keep failing: no quotes, cancelling all");
        alarm_describe(&e->alarms, ALARM_CANCEL_FAIL, i, text);
    }
    if (e->now_ns - s->sweep_ns >= NS_PER_S) {
        s->sweep_ns = e->now_ns;
        action_new(e, ACT_CANCEL_ALL, i);
    }
}

// Own orders of one instrument: cancel those nobody wants, repeat cancels that were never answered. Returns
// how many live.
static uint32_t tend_orders(struct engine *e, uint16_t i)
{
    uint32_t live = 0;
    for (uint16_t s = order_first(&e->orders, i); s != ORDER_NONE; s = order_next(&e->orders, s)) {
        const struct order *o = order_at(&e->orders, s);
        if (o->strategy == STRATEGY_EXTERNAL || o->close_only) {
            continue;
        }
        live++;
        if (e->note[s].cancel_failures >= CANCEL_FAILURES_MAX) {
            cancels_fail(e, i);
        }
        bool silent =
            (o->flags & ORDF_CANCEL_SENT) && e->now_ns - o->cancel_mono_ns > 3 * e->config.ack_timeout_ns;
        struct action a;
        if (silent && action_room(e) && order_cancel(&e->orders, s, engine_stamp(e), true, &a)) {
            *action_new(e, ACT_CANCEL, i) = a;
            e->note[s].cancel_failures++;
        } else if (!is_quote(e, i, s)) {
            quotes_cancel(e, s, e->note[s].echo_seq);
        }
    }
    return live;
}

void quotes_housekeeping(struct engine *e)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (!instrument_known(e, i) || e->kill.sweeping) {
            continue; // a sweep cancels by itself
        }
        uint32_t live = tend_orders(e, i);
        if (live == 0) {
            cause_set(e, CAUSE_CANCEL_FAIL, i, false);
            alarm_set(&e->alarms, ALARM_CANCEL_FAIL, i, false, e->now_ns);
        } else if (venue_of(e, i)->link[LINK_USER] == LINK_UP || e->mode == MODE_BACKTEST) {
            deadman_ensure(e, i); // a dead account stream must not keep orders alive
        }
    }
}
