// SPDX-License-Identifier: Apache-2.0
// start: the only way to RUN, and reconciliation afterwards (failure-modes.md 5). Truth about orders,
// positions and cash is the venue's; ours is why. A difference must be told twice by reads before anything is
// made of it, since a report may still be on its way; a push alone only makes us ask.
#include <string.h>

#include "engine/engine_state.h"

#define ASK_AGAIN_NS      (2 * NS_PER_S) // reads without an answer
#define DIFFER_ASK_NS     NS_PER_S       // a push that differs so long is worth a read
#define MISSED_ASK_NS     (2 * NS_PER_S) // O8: a fill that is missing so long is worth a read
#define MISSED_TAKE_NS    (5 * NS_PER_S) // and is settled by the venue's position after this
#define MISMATCH_APART_NS (3 * NS_PER_S) // reports of what a read already counts have arrived by then

enum { MISMATCHES_MAX = 2, MISSING_MAX = 2 };

// ---------------------------------------------------------------------------------------------- asking

static uint64_t read_new(struct engine *e, uint16_t i, uint8_t sub)
{
    struct action *a = action_new(e, ACT_READ, i);
    a->sub = sub;
    a->close_only = e->kill.sweeping; // the kill's lane, on the order connection
    a->read_id = ++e->next_read_id;
    return a->read_id;
}

uint64_t read_orders(struct engine *e, uint16_t i)
{
    struct venue_view *v = &e->ins[i].venue;
    if (v->orders_read_id == 0 || e->now_ns - v->orders_asked_ns >= NS_PER_S) {
        v->orders_read_id = read_new(e, i, 0);
        v->orders_asked_ns = e->now_ns;
    }
    return v->orders_read_id;
}

uint64_t read_position(struct engine *e, uint16_t i)
{
    struct venue_view *v = &e->ins[i].venue;
    if (v->position_read_id == 0 || e->now_ns - v->position_asked_ns >= NS_PER_S) {
        v->position_read_id = read_new(e, i, 1);
        v->position_asked_ns = e->now_ns;
    }
    return v->position_read_id;
}

void reconcile_failed(struct engine *e, uint64_t read_id)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX && read_id != 0;
         i++) { // unknown, never "flat": asked again by whoever needs it
        struct venue_view *v = &e->ins[i].venue;
        v->orders_read_id = v->orders_read_id == read_id ? 0 : v->orders_read_id;
        v->position_read_id = v->position_read_id == read_id ? 0 : v->position_read_id;
    }
}

// ---------------------------------------------------------------------------------------------- orders

static bool is_own(const struct order *o)
{
    return o->strategy != STRATEGY_EXTERNAL;
}

// Orders of ours that the venue did not list although they were open when the read was sent: once may be a
// race, twice asks for evidence. The cancel's answer is evidence, and harmless.
static void find_missing(struct engine *e, uint16_t i, int64_t request_ns)
{
    for (uint16_t s = order_first(&e->orders, i), next; s != ORDER_NONE; s = next) {
        next = order_next(&e->orders, s);
        const struct order *o = order_at(&e->orders, s);
        struct order_note *n = &e->note[s];
        bool was_open = o->live_mono_ns > 0 && o->live_mono_ns < request_ns;
        if (!was_open || n->seen_ns >= request_ns || o->state == ORD_UNKNOWN) {
            continue;
        }
        if (++n->missing >= MISSING_MAX && is_own(o)) {
            n->missing = 0;
            action_log(e, i, "an open order is missing at the venue: asking by a cancel");
            quotes_cancel(e, s, n->echo_seq);
        }
    }
}

// The countdown is stopped only when the venue itself says that nothing rests.
static void disarm(struct engine *e, uint16_t i, const struct ev_account *a)
{
    struct instrument_state *s = &e->ins[i];
    if (a->count == 0 && s->deadman_sent_ns && !e->kill.latched && e->orders.exposures.ins[i].orders == 0 &&
        a->request_mono_ns - s->last_place_ns > e->config.deadman_refresh_ns) {
        action_new(e, ACT_DEADMAN, i)->value = 0;
        s->deadman_sent_ns = 0;
    }
}

void reconcile_orders(struct engine *e, uint16_t i, const struct ev_account *a)
{
    struct venue_view *v = &e->ins[i].venue;
    int64_t request_ns = a->request_mono_ns ? a->request_mono_ns : v->orders_asked_ns;
    v->orders_read_id = a->read_id == v->orders_read_id ? 0 : v->orders_read_id;
    v->orders_request_ns = request_ns > v->orders_request_ns ? request_ns : v->orders_request_ns;
    v->open_orders = a->count;
    v->has_orders = 1;
    find_missing(e, i, request_ns);
    disarm(e, i, a);
    kill_on_read(e, i, a);
}

// -------------------------------------------------------------------------------------------- position

static void mismatch(struct engine *e, uint16_t i, int64_t request_ns)
{
    struct venue_view *v = &e->ins[i].venue;
    int64_t off = v->lots - e->ledger.total[i].lots;
    if (v->mismatches > 0 && request_ns - v->mismatch_ns < MISMATCH_APART_NS) {
        return; // the same moment seen twice
    }
    v->mismatches =
        off == v->mismatch_lots ? v->mismatches : 0; // a fill on its way differs for a moment only
    v->mismatch_lots = off;
    v->mismatch_ns = request_ns;
    if (++v->mismatches < MISMATCHES_MAX) {
        return; // the next tick asks again
    }
    cause_set(e, CAUSE_POSITION, i, true);
    if (alarm_set(&e->alarms, ALARM_POS_MISMATCH, i, true, e->now_ns)) {
        const struct instrument *d = &e->ins[i].def;
        char text[80];
        struct fmt f = fmt_begin(text, sizeof text);
        fmt_instrument(&f, e, i);
        fmt_str(&f, "position ");
        fmt_dec(&f, instrument_qty_e8(d, e->ledger.total[i].lots), 8, d->qty_decimals);
        fmt_str(&f, ", venue ");
        fmt_dec(&f, instrument_qty_e8(d, v->lots), 8, d->qty_decimals);
        fmt_str(&f, ": :reconcile takes the venue's");
        alarm_describe(&e->alarms, ALARM_POS_MISMATCH, i, text);
    }
}

static void take_first_position(struct engine *e, uint16_t i)
{
    struct venue_view *v = &e->ins[i].venue;
    if (v->lots != 0 && e->ledger.total[i].lots == 0) {
        enum strategy_id owner = e->ins[i].quoted ? STRATEGY_MAKER : STRATEGY_EXTERNAL;
        ledger_open_position(&e->ledger, e->seq, &e->ins[i].def, owner, v->lots, v->entry_e8);
        e->risk.fact[i].position_lots = e->ledger.total[i].lots;
        equity_update(e);
    }
}

void reconcile_position(struct engine *e, uint16_t i, const struct ev_account *a)
{
    struct instrument_state *s = &e->ins[i];
    struct venue_view *v = &s->venue;
    int64_t request_ns = a->request_mono_ns ? a->request_mono_ns : v->position_asked_ns;
    if (a->position_lots != 0 && !market_position_is_sane(e, i, a->position_lots, a->entry_e8)) {
        reconcile_failed(e, a->read_id); // no number of ours can follow it: as good as no answer
        cause_set(e, CAUSE_POSITION, i, true);
        action_log(e, i, "the venue told a position that cannot be: not believed");
        return;
    }
    v->lots = a->position_lots;
    v->entry_e8 = a->entry_e8;
    v->lots_ns = e->now_ns;
    if (a->from_read) {
        v->position_read_id = a->read_id == v->position_read_id ? 0 : v->position_read_id;
        v->position_request_ns = request_ns > v->position_request_ns ? request_ns : v->position_request_ns;
        if (!v->has_position) {
            v->has_position = 1;
            take_first_position(e, i);
        }
    }
    bool differs = v->lots != e->ledger.total[i].lots;
    v->differs_since_ns = !differs ? 0 : v->differs_since_ns ? v->differs_since_ns : e->now_ns;
    v->mismatches = differs ? v->mismatches : 0;
    if (a->from_read && v->accept_venue) {
        v->accept_venue = 0;
        position_set_by_venue(e, i);
        cause_end(e, CAUSE_POSITION, i);
        alarm_set(&e->alarms, ALARM_POS_MISMATCH, i, false, e->now_ns);
    } else if (a->from_read && differs && venue_of(e, i)->ready && e->ready && !e->kill.latched) {
        mismatch(e, i, request_ns);
    }
    if (a->from_read) {
        kill_on_read(e, i, a);
    }
}

// A spot venue knows wallets, not positions: with the wallet of the base currency as our ledger has it, what
// our trades left there is there.
void reconcile_holding(struct engine *e, uint16_t i, const struct ev_account *a)
{
    struct venue_view *v = &e->ins[i].venue;
    struct ev_account told = *a;
    told.kind = AK_POSITION;
    told.position_lots = position_own_lots(e, i);
    int64_t request_ns = a->request_mono_ns ? a->request_mono_ns : v->position_asked_ns;
    v->position_read_id = a->read_id == v->position_read_id ? 0 : v->position_read_id;
    v->position_request_ns = request_ns > v->position_request_ns ? request_ns : v->position_request_ns;
    v->lots = e->ledger.total[i].lots;
    v->lots_ns = e->now_ns;
    v->has_position = 1;
    if (v->accept_venue) {
        v->accept_venue = 0;
        position_set_by_venue(e, i);
        cause_end(e, CAUSE_POSITION, i);
        alarm_set(&e->alarms, ALARM_POS_MISMATCH, i, false, e->now_ns);
    }
    kill_on_read(e, i, &told);
}

static uint16_t first_missed(const struct engine *e, uint16_t i, uint16_t slot)
{
    while (slot != ORDER_NONE && (order_at(&e->orders, slot)->instrument != i ||
                                  order_missed_lots(order_at(&e->orders, slot)) <= 0)) {
        slot = order_next(&e->orders, slot);
    }
    return slot;
}

// The order whose fill is missing: its answer makes the session fetch the trades since it was placed.
static void read_missed_order(struct engine *e, uint16_t i)
{
    uint16_t slot = first_missed(e, i, order_first(&e->orders, i));
    slot = slot == ORDER_NONE ? first_missed(e, i, e->orders.done_head) : slot;
    if (slot != ORDER_NONE) {
        const struct order *o = order_at(&e->orders, slot);
        struct action *a = action_new(e, ACT_READ, i);
        a->sub = 2;
        a->order_id = o->order_id;
        memcpy(a->client_id, o->client_id, sizeof a->client_id);
    }
}

// A fill that the venue counted and nobody told us (O8): ask, and in the end take the venue's position.
static void watch_missed(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    int64_t since = order_missed_since(&e->orders, i);
    e->risk.fact[i].missed_fill = since != INT64_MAX;
    if (since == INT64_MAX || e->now_ns - since < MISSED_ASK_NS) {
        return;
    }
    if (e->now_ns - since > MISSED_TAKE_NS && s->venue.position_request_ns > since + MISSED_ASK_NS) {
        position_set_by_venue(e, i);
    } else if (e->now_ns - s->missed_asked_ns >= NS_PER_S) {
        s->missed_asked_ns = e->now_ns;
        read_missed_order(e, i);
        read_position(e, i);
    }
}

void reconcile_housekeeping(struct engine *e)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (!instrument_known(e, i) || !venue_of(e, i)->ready || !e->ready) {
            continue;
        }
        struct venue_view *v = &e->ins[i].venue;
        if (e->ins[i].def.kind == INSTRUMENT_SPOT || v->lots == e->ledger.total[i].lots) {
            v->differs_since_ns = 0;
        } else if (v->differs_since_ns == 0) {
            v->differs_since_ns = e->now_ns;
        } else if (e->now_ns - v->differs_since_ns >= DIFFER_ASK_NS && v->mismatches < MISMATCHES_MAX &&
                   e->now_ns - v->position_asked_ns >= DIFFER_ASK_NS) {
            read_position(e, i);
        }
        watch_missed(e, i);
    }
}

// ----------------------------------------------------------------------------------------------- start

static bool own_orders_left(const struct engine *e, uint16_t i)
{
    for (uint16_t s = order_first(&e->orders, i); s != ORDER_NONE; s = order_next(&e->orders, s)) {
        if (is_own(order_at(&e->orders, s))) {
            return true;
        }
    }
    return false;
}

static bool instrument_ready(struct engine *e, uint16_t i)
{
    struct venue_view *v = &e->ins[i].venue;
    return e->mode == MODE_BACKTEST || !instrument_is_traded(e, i) ||
           (v->has_orders && v->has_position && !own_orders_left(e, i));
}

static bool is_here(const struct engine *e, uint16_t i, uint8_t venue)
{
    return instrument_known(e, i) && e->ins[i].configured && e->ins[i].def.venue == venue;
}

static bool instruments_known(const struct engine *e, uint8_t venue)
{
    uint32_t known = 0, wanted = 0;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        known += is_here(e, i, venue);
        wanted += i < e->config.instrument_count && e->config.instruments[i].venue == venue;
    }
    return known == wanted;
}

static bool venue_is_ready(struct engine *e, uint8_t venue)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (is_here(e, i, venue) && !instrument_ready(e, i)) {
            return false;
        }
    }
    return instruments_known(e, venue) && e->venue[venue].wallet_known;
}

static void ask_what_is_missing(struct engine *e, uint8_t venue)
{
    struct venue_state *s = &e->venue[venue];
    bool links = s->link[LINK_USER] == LINK_UP && (s->link[LINK_ORDER] == LINK_UP || !s->counts);
    if (!links || e->now_ns - s->start_asked_ns < ASK_AGAIN_NS) {
        return;
    }
    bool first =
        s->start_asked_ns == 0; // the session reads by itself when it starts; we ask when it does not
    s->start_asked_ns = e->now_ns;
    for (uint16_t i = 0; i < INSTRUMENT_MAX && !first; i++) {
        if (is_here(e, i, venue)) {
            if (!e->ins[i].venue.has_orders || own_orders_left(e, i)) {
                read_orders(e, i);
            }
            if (!e->ins[i].venue.has_position) {
                read_position(e, i);
            }
        }
    }
}

// One venue on its way. What we only watch is fit to be looked at as soon as its instruments are known; its
// account may come later, or, without a key, never.
static void start_venue(struct engine *e, uint8_t venue)
{
    struct venue_state *v = &e->venue[venue];
    if (!v->counts && instruments_known(e, venue)) {
        cause_set(e, CAUSE_START, scope_of_venue(venue), false);
    }
    if (!venue_is_ready(e, venue)) {
        ask_what_is_missing(e, venue);
        return;
    }
    v->ready = 1;
    cause_set(e, CAUSE_START, scope_of_venue(venue), false);
    if (e->ready) {
        char text[80];
        struct fmt f = fmt_begin(text, sizeof text);
        fmt_venue(&f, e, venue);
        fmt_str(&f, "ready: instruments, orders, positions and balance are known");
        action_log(e, INSTRUMENT_NONE, text);
    }
}

static void open_backtest(struct engine *e)
{
    for (uint8_t v = 0; v < VENUE_MAX; v++) { // the whole stake lies where we trade first
        if (e->venue[v].counts && !e->wallet_known) {
            ledger_open(&e->ledger, e->seq, v, CURRENCY_USDT, e->equity_start_e8);
            e->wallet_known = 1;
        }
        e->venue[v].wallet_known = 1;
        e->venue[v].opened[CURRENCY_USDT] = 1;
    }
}

// The program runs as soon as every venue that it trades on is ready.
void start_run(struct engine *e)
{
    bool all = true;
    if (!e->started) {
        return;
    }
    if (e->mode == MODE_BACKTEST && !e->wallet_known) {
        open_backtest(e);
    }
    for (uint8_t v = 0; v < VENUE_MAX; v++) {
        if (e->venue[v].used && !e->venue[v].ready) {
            start_venue(e, v);
        }
        all = all && (!e->venue[v].counts || e->venue[v].ready);
    }
    if (e->ready || !all || e->config.instrument_count == 0) {
        return;
    }
    e->ready = 1;
    e->ready_ns = e->now_ns;
    equity_update(e);
    e->equity_start_e8 = e->equity_e8;
    risk_start(&e->risk, e->equity_e8, e->day_pnl_e8, e->wall_ns);
    equity_update(e);
    cause_set(e, CAUSE_START, INSTRUMENT_NONE, false);
    action_log(e, INSTRUMENT_NONE, "ready: instruments, orders, positions and balance are known");
}
