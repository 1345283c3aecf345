// SPDX-License-Identifier: Apache-2.0
// reports: what the venue says about our orders and our money, into order states, ledger, echoes and the
// kill. The order module decides what a report means (flags); here each meaning finds its consequence.
#include "engine/engine_state.h"

#define WALLET_TRUST_NS (500 * NS_PER_MS) // reports of fills made before a read have arrived by then

// ---------------------------------------------------------------------------------------------- equity

int64_t position_own_lots(const struct engine *e, uint16_t i)
{
    const struct instrument *d = &e->ins[i].def;
    if (d->kind != INSTRUMENT_SPOT) {
        return e->ledger.total[i].lots;
    }
    int64_t held_e8 = ledger_holding_e8(&e->ledger, d);
    return held_e8 > 0 ? held_e8 / d->lot_e8 : 0;
}

// What is open: perpetuals by their profit at mark, spot by what our own trades left there, at the middle.
static int64_t open_value_e8(const struct engine *e)
{
    int64_t sum = 0;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        const struct instrument *d = &e->ins[i].def;
        int64_t price_e8 = market_value_price_e8(e, i);
        if (!instrument_known(e, i) || (e->ledger.total[i].lots == 0 && !e->ledger.spot[i])) {
            continue;
        }
        if (d->kind == INSTRUMENT_SPOT) {
            sum += ledger_holding_value_e8(&e->ledger, d, price_e8);
        } else {
            sum += position_unrealised_e8(&e->ledger.total[i], d, price_e8);
        }
    }
    return sum;
}

// Wallets of the venues that we trade on. Of the others only what we gained or lost there counts: a stake
// that is merely watched must not make the loss limits wider.
static int64_t cash_e8(const struct engine *e)
{
    int64_t sum = 0;
    for (uint8_t v = 0; v < VENUE_MAX; v++) {
        sum += ledger_wallet_e8(&e->ledger, v, CURRENCY_USDT);
        sum -= e->venue[v].counts ? 0 : ledger_capital_e8(&e->ledger, v, CURRENCY_USDT);
    }
    return sum;
}

static void breach(struct engine *e, uint32_t hit)
{
    char text[80];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_str(&f, hit & RISK_HIT_DAY_LOSS ? "daily loss limit reached: " : "drawdown limit reached: ");
    fmt_pct(&f, hit & RISK_HIT_DAY_LOSS ? risk_day_loss_e8(&e->risk) : risk_drawdown_e8(&e->risk));
    fmt_str(&f, ", everything is cancelled and closed");
    alarm_set(&e->alarms, ALARM_RISK_BREACH, INSTRUMENT_NONE, true, e->now_ns);
    alarm_describe(&e->alarms, ALARM_RISK_BREACH, INSTRUMENT_NONE, text);
    cause_set(e, CAUSE_LOSS, INSTRUMENT_NONE, true);
    operator_by_rule(e, VERB_FLATTEN, text);
}

void equity_update(struct engine *e)
{
    if (!e->wallet_known) {
        return;
    }
    e->equity_e8 = cash_e8(e) + open_value_e8(e);
    if (!e->ready) {
        return;
    }
    uint32_t hit = risk_on_equity(&e->risk, e->equity_e8, e->wall_ns);
    if (hit) {
        breach(e, hit);
    }
}

// ----------------------------------------------------------------------------------------------- fills

static void position_changed(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    e->risk.fact[i].position_lots = position_own_lots(e, i);
    s->dirty_quotes = 1;
    kill_on_fill(e, i);
    equity_update(e);
}

// A fill of something we had settled by an adjustment: book it, then put the position back to where it was.
static void unsettle(struct engine *e, uint16_t i, int64_t lots_before)
{
    if (e->ins[i].def.kind == INSTRUMENT_SPOT) {
        return; // the wallet was adjusted, and will be again
    }
    ledger_match_position(&e->ledger, e->seq, &e->ins[i].def, STRATEGY_EXTERNAL, lots_before,
                          e->ins[i].venue.entry_e8);
    action_log(e, i, "late fill of a quantity already settled by an adjustment");
}

static void post_fill(struct engine *e, const struct order_effect *x)
{
    uint16_t i = x->fill.instrument;
    struct instrument_state *s = &e->ins[i];
    int64_t before = e->ledger.total[i].lots;
    bool sane = market_price_is_sane(e, i, x->fill.price_e8) &&
                market_position_is_sane(e, i, before + x->fill.signed_lots, x->fill.price_e8);
    if (!sane || !ledger_fill(&e->ledger, e->seq, &s->def, &x->fill).posted) {
        operator_by_rule(e, VERB_FLATTEN,
                         "an absurd fill was reported: the venue is not to be believed"); // S8
        return;
    }
    if (x->flags & EFF_SETTLED) {
        unsettle(e, i, before);
    }
    s->fills++;
    s->maker_fills += x->fill.maker;
    e->fills++;
    s->last_fill_ns = e->now_ns;
    position_changed(e, i);
}

// What a fill that is no ordinary one of ours asks for.
static void judge_fill(struct engine *e, const struct order_effect *x)
{
    uint16_t i = x->fill.instrument;
    char text[80];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_instrument(&f, e, i);
    if (x->fill.kind == FILL_LIQUIDATION || x->fill.kind == FILL_ADL) {
        fmt_str(&f, "the venue closed our position by force");
        operator_by_rule(e, VERB_FLATTEN, text); // V16
    } else if (x->flags & EFF_OVERFILL) {
        fmt_str(&f, "more was filled than the order held: the venue is not to be believed");
        operator_by_rule(e, VERB_FLATTEN, text); // S8
    } else if (x->fill.strategy == STRATEGY_EXTERNAL && !(x->flags & EFF_FORCED)) {
        fmt_str(&f, "position moved without us: somebody trades this account");
        cause_set(e, CAUSE_POSITION, i, true);
        if (alarm_set(&e->alarms, ALARM_POS_MISMATCH, i, true, e->now_ns)) {
            alarm_describe(&e->alarms, ALARM_POS_MISMATCH, i, text); // V21
        }
    } else if (x->flags & EFF_LATE) {
        fmt_str(&f, "late fill on a finished order: posted"); // O4
        action_log(e, i, text);
    } else if (x->fill.kind == FILL_SEAM) {
        fmt_str(&f, "the recording starts over: position closed at mark, booked as SEAM");
        action_log(e, i, text);
    }
}

// ---------------------------------------------------------------------------------------------- orders

static bool was_crossed(const struct order *o)
{
    bool refused = o->state == ORD_REJECTED && (o->code == -2021 || o->code == -5022);
    return (o->flags & ORDF_POST_ONLY) && o->cum_lots == 0 && (o->state == ORD_EXPIRED || refused);
}

static void order_done(struct engine *e, uint16_t slot, bool was_sent)
{
    const struct order *o = order_at(&e->orders, slot);
    struct instrument_state *s = &e->ins[o->instrument];
    bool refused = o->state == ORD_REJECTED;
    s->dirty_quotes = 1;
    if (was_crossed(o)) {
        maker_on_crossed(&s->maker, (enum side)o->side, e->now_ns);
    } else if (refused || o->state == ORD_NOT_SENT) {
        maker_on_refused(&s->maker, (enum side)o->side, e->now_ns);
    }
    if (refused && !was_crossed(o)) {
        e->rejects++;
    }
    if (was_sent) {
        faults_on_answer(e, refused && !was_crossed(o));
        faults_on_code(e, s->def.venue, refused ? o->code : 0);
    }
    if (o->close_only) {
        if (refused && e->kill.sweeping) { // V6: somebody else closed it, or it is flat: ask
            read_position(e, o->instrument);
        }
        kill_on_slice_done(e, slot);
    }
    echo_on_done(e, slot);
}

static void on_sent(struct engine *e, uint16_t slot, const struct ev_order *r, bool was_sent)
{
    const struct order *o = order_at(&e->orders, slot);
    int64_t at = r->request_mono_ns > 0 ? r->request_mono_ns : e->now_ns;
    if (!was_sent) {
        e->last_order_byte_ns = at > e->last_order_byte_ns ? at : e->last_order_byte_ns;
        e->ins[o->instrument].last_place_ns = e->now_ns;
        e->ins[o->instrument].orders_sent++;
        e->orders_sent++;
        kill_on_order_alive(e, o->instrument);
    }
    echo_on_write(e, e->note[slot].echo_seq, at);
}

static void apply_flags(struct engine *e, uint16_t slot, const struct order_effect *x)
{
    const struct order *o = order_at(&e->orders, slot);
    uint16_t i = o->instrument;
    if (x->flags & (EFF_ADOPTED | EFF_EXTERNAL)) {
        e->note[slot] = (struct order_note){.seen_ns = e->now_ns};
        kill_on_order_alive(e, i);
        action_log(e, i,
                   x->flags & EFF_ADOPTED ? "order of a former run found: cancelling it"
                                          : "order that is not ours: counted in exposure, left alone");
    }
    if (x->flags & EFF_SPLIT_BRAIN) {
        operator_by_rule(e, VERB_FLATTEN, "another program trades with our ids on this account"); // D11
    }
    if (x->flags & (EFF_ACCEPTED | EFF_REVIVED)) {
        kill_on_order_alive(e, i);
        order_set_ahead(&e->orders, slot, book_qty(engine_book(e, i), (enum side)o->side, o->price_ticks));
    }
    e->doubts += (x->flags & EFF_DOUBT) != 0;
    if (x->flags & EFF_CANCEL_NOW) {
        quotes_cancel(e, slot, e->note[slot].echo_seq);
    }
    if (x->flags & EFF_CANCEL_FAILED) {
        e->note[slot].cancel_failures++;
        e->note[slot].retry_ns =
            e->now_ns +
            (INT64_C(200) << (e->note[slot].cancel_failures < 4 ? e->note[slot].cancel_failures - 1 : 3)) *
                NS_PER_MS;
        read_orders(e, i); // -2011 means "ask", never "gone" (V3)
    }
    if (x->flags & EFF_CONFLICT) {
        read_orders(e, i);
        read_position(e, i);
    }
}

// Reports without an order of their own: cancel-all of an instrument.
static void on_nameless(struct engine *e, const struct event *ev)
{
    const struct ev_order *r = &ev->u.order;
    int64_t at = r->request_mono_ns > 0 ? r->request_mono_ns : e->now_ns;
    if (r->kind == RK_SENT) {
        echo_on_write(e, e->kill.echo_seq, at);
    } else {
        kill_on_cancel_all(e, ev->instrument, r->kind == RK_CANCEL_ALL_DONE);
    }
}

void reports_on_order(struct engine *e, const struct event *ev)
{
    const struct ev_order *r = &ev->u.order;
    uint16_t i = ev->instrument;
    if (!instrument_is_traded(e, i)) {
        return; // nothing of ours can be there; a read will tell if something is
    }
    if (r->client_id[0] == 0 && r->order_id == 0) {
        on_nameless(e, ev);
        return;
    }
    uint16_t known = order_find(&e->orders, r->client_id);
    bool was_sent = known != ORDER_NONE && order_at(&e->orders, known)->sent_mono_ns != 0;
    struct order_effect x = order_apply(&e->orders, ev);
    if (x.flags & EFF_FILL) {
        post_fill(e, &x);
        judge_fill(e, &x);
    }
    if (x.flags & EFF_FULL) {
        operator_by_rule(e, VERB_FLATTEN, "too many orders that are not ours: exposure is not known");
    }
    if (x.slot != ORDER_NONE) {
        if (r->kind == RK_SENT) {
            on_sent(e, x.slot, r, was_sent);
        }
        if (r->kind == RK_STATE) {
            e->note[x.slot].seen_ns = e->now_ns;
            e->note[x.slot].missing = 0;
        }
        apply_flags(e, x.slot, &x);
        if (x.flags & EFF_DONE) {
            order_done(e, x.slot, was_sent);
        }
    }
    e->risk.fact[i].missed_fill = order_missed_since(&e->orders, i) != INT64_MAX;
    e->ins[i].dirty_quotes = 1;
}

// --------------------------------------------------------------------------------------------- account

static void open_wallet(struct engine *e, uint8_t venue, const struct ev_account *a)
{
    struct venue_state *v = &e->venue[venue];
    int64_t moved = ledger_wallet_e8(&e->ledger, venue, (enum currency)a->currency);
    if (moved == 0) {
        ledger_open(&e->ledger, e->seq, venue, (enum currency)a->currency, a->wallet_e8);
    } else { // a fill came first: what it did not bring was there before
        ledger_transfer(&e->ledger, e->seq, venue, (enum currency)a->currency, a->wallet_e8 - moved);
    }
    v->opened[a->currency] = 1;
    v->wallet_known = v->wallet_known || a->currency == CURRENCY_USDT;
    e->wallet_known = 1;
    for (uint8_t i = 0; i < VENUE_MAX; i++) {
        e->wallet_known = e->wallet_known && (!e->venue[i].counts || e->venue[i].wallet_known);
    }
}

static void tell_adjusted(struct engine *e, uint8_t venue, enum currency c, int64_t adjusted)
{
    char text[80];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_venue(&f, e, venue);
    fmt_str(&f, c == CURRENCY_USDT ? "" : currency_name(c));
    fmt_str(&f, c == CURRENCY_USDT ? "wallet differs by " : " wallet differs by ");
    fmt_dec(&f, adjusted, 8, 8);
    fmt_str(&f, ": booked as ADJUSTMENT");
    action_log(e, INSTRUMENT_NONE, text);
}

static int64_t newest_fill_ns(const struct engine *e, uint8_t venue)
{
    int64_t newest = 0;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        bool later = e->ins[i].def.venue == venue && e->ins[i].last_fill_ns > newest;
        newest = later ? e->ins[i].last_fill_ns : newest;
    }
    return newest;
}

// A read that differs twice by the same amount, with no fill between, is believed.
static void match_wallet(struct engine *e, uint8_t venue, const struct ev_account *a)
{
    struct venue_state *v = &e->venue[venue];
    enum currency c = (enum currency)a->currency;
    int64_t diff = a->wallet_e8 - ledger_wallet_e8(&e->ledger, venue, c);
    int64_t newest_fill = newest_fill_ns(e, venue);
    int64_t units = (int64_t)e->ledger.units_since_match[venue][c];
    bool quiet = a->request_mono_ns - newest_fill > WALLET_TRUST_NS;
    bool again = diff == v->wallet_diff_e8[c] && newest_fill < v->wallet_diff_ns[c];
    bool rounding = diff >= -units && diff <= units;
    if (quiet && (rounding || again)) {
        int64_t adjusted = ledger_match_wallet(&e->ledger, e->seq, venue, c, a->wallet_e8);
        if (adjusted != 0) {
            tell_adjusted(e, venue, c, adjusted);
        }
        diff = 0;
    }
    v->wallet_diff_e8[c] = diff;
    v->wallet_diff_ns[c] = e->now_ns;
}

// Read wallets are a spot venue's word about what is held. A base asset that is no currency of ours is
// watched only (risk.c): the settle currency speaks for it.
static void confirm_holdings(struct engine *e, uint8_t venue, const struct ev_account *a)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        const struct instrument *d = &e->ins[i].def;
        bool here = instrument_known(e, i) && d->kind == INSTRUMENT_SPOT && d->venue == venue;
        enum currency base = here ? instrument_base(d) : CURRENCY_NONE;
        base = base == CURRENCY_NONE ? (enum currency)d->settle : base;
        if (here && base == (enum currency)a->currency &&
            a->wallet_e8 == ledger_wallet_e8(&e->ledger, venue, (enum currency)a->currency)) {
            reconcile_holding(e, i, a);
        }
    }
}

// Money that came or went without a trade, by the venue's own word for it.
static int64_t moved_e8(const struct engine *e, uint8_t venue, const struct ev_account *a)
{
    return a->change_e8 ? a->change_e8
                        : a->wallet_e8 - ledger_wallet_e8(&e->ledger, venue, (enum currency)a->currency);
}

static void on_balance(struct engine *e, const struct event *ev)
{
    const struct ev_account *a = &ev->u.account;
    struct venue_state *v = &e->venue[ev->venue];
    enum currency c = (enum currency)a->currency;
    const struct instrument *ins = instrument_known(e, ev->instrument) ? &e->ins[ev->instrument].def : NULL;
    if (c == CURRENCY_NONE) {
        return;
    }
    if (!v->opened[c] && (c == CURRENCY_USDT || !v->ready)) {
        open_wallet(e, ev->venue, a);
    } else if (a->reason == AR_FUNDING) {
        ledger_funding(&e->ledger, e->seq, ins, ev->venue, c, moved_e8(e, ev->venue, a));
    } else if (a->reason == AR_DEPOSIT || a->reason == AR_WITHDRAW) {
        int64_t amount = moved_e8(e, ev->venue, a);
        ledger_transfer(&e->ledger, e->seq, ev->venue, c, amount);
        if (c == CURRENCY_USDT && v->counts) {
            risk_on_transfer(&e->risk, amount);
        }
    } else if (a->from_read) {
        match_wallet(e, ev->venue, a);
    }
    if (a->from_read) {
        confirm_holdings(e, ev->venue, a);
    }
    equity_update(e);
}

static void on_venue_config(struct engine *e, uint8_t venue, uint32_t what)
{
    bool stopped = what == CONFIG_STOPPED;
    cause_set(e, stopped ? CAUSE_AUTH : CAUSE_CONFIG, scope_of_venue(venue), true);
    if (alarm_set(&e->alarms, ALARM_VENUE_CONFIG, scope_of_venue(venue), true, e->now_ns)) {
        char text[80];
        struct fmt f = fmt_begin(text, sizeof text);
        fmt_venue(&f, e, venue);
        fmt_str(&f, stopped ? "key, signature or clock refused twice: only cancels go; look, then resume"
                            : "account settings differ at the venue: set them right there, then :reconcile");
        alarm_describe(&e->alarms, ALARM_VENUE_CONFIG, scope_of_venue(venue), text);
    }
}

void reports_on_account(struct engine *e, const struct event *ev)
{
    const struct ev_account *a = &ev->u.account;
    switch ((enum account_kind)a->kind) {
    case AK_BALANCE:
        on_balance(e, ev);
        break;
    case AK_POSITION:
        if (instrument_is_linear(e, ev->instrument)) {
            reconcile_position(e, ev->instrument, a);
        }
        break;
    case AK_OPEN_ORDERS:
        for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
            bool here = instrument_known(e, i) && e->ins[i].def.venue == ev->venue;
            if (here && (ev->instrument == i || ev->instrument == INSTRUMENT_NONE)) {
                reconcile_orders(e, i, a);
            }
        }
        break;
    case AK_READ_FAILED:
        reconcile_failed(e, a->read_id);
        break;
    case AK_CONFIG:
        on_venue_config(e, ev->venue, a->count);
        break;
    }
}

void position_set_by_venue(struct engine *e, uint16_t i)
{
    struct venue_view *v = &e->ins[i].venue;
    bool spot = e->ins[i].def.kind == INSTRUMENT_SPOT; // its wallet is matched, and nothing else
    int64_t moved = spot ? 0
                         : ledger_match_position(&e->ledger, e->seq, &e->ins[i].def, STRATEGY_EXTERNAL,
                                                 v->lots, v->entry_e8);
    order_settle_missed(&e->orders, i);
    e->risk.fact[i].missed_fill = 0;
    v->differs_since_ns = 0;
    v->mismatches = 0;
    if (moved != 0) {
        char text[80];
        struct fmt f = fmt_begin(text, sizeof text);
        fmt_instrument(&f, e, i);
        fmt_str(&f, "position adjusted by ");
        fmt_dec(&f, instrument_qty_e8(&e->ins[i].def, moved), 8, e->ins[i].def.qty_decimals);
        fmt_str(&f, " to the venue's");
        action_log(e, i, text);
    }
    position_changed(e, i);
}
