// SPDX-License-Identifier: Apache-2.0
// publish_snapshot: the engine's state as eyes see it: copies and words, no decisions. Everything but `shell`
// is filled.
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "engine/engine_state.h"

_Static_assert((int)SNAP_FEATURES == (int)FEATURE_COUNT, "one snapshot slot per feature");

// Maintenance margin of the first bracket at Binance-style venues for BTC and ETH; the venue's own brackets
// are not read yet, so the liquidation price is an estimate.
#define MAINTENANCE_E8 (E8 / 200)

// ----------------------------------------------------------------------------------------- instruments

static void put_trades(const struct instrument_state *s, struct snap_instrument *o)
{
    o->trades = s->trade_count;
    for (uint32_t n = 0; n < s->trade_count; n++) {
        o->trade[n] = s->trade[(s->trade_next + SNAP_TRADES - 1 - n) % SNAP_TRADES];
    }
}

static void put_features(const struct engine *e, uint16_t i, struct snap_instrument *o)
{
    const struct features *f = engine_features(e, i);
    const double *v = features_values(f);
    o->feature_valid = features_valid(f);
    for (int n = 0; n < FEATURE_COUNT; n++) {
        o->feature[n].value = v[n];
        o->feature[n].z = features_z(f, (enum feature_id)n);
    }
}

// Isolated margin, one-way (quant.md 5.4): by the venue's brackets, else estimated with the maintenance rate
// above.
static int64_t liquidation_e8(const struct instrument_state *s, int64_t lots, int64_t entry_e8)
{
    const struct instrument *d = &s->def;
    if (lots == 0 || d->leverage <= 0) {
        return 0;
    }
    if (s->margin.count) {
        int64_t behind = instrument_notional_e8(d, entry_e8, lots < 0 ? -lots : lots) / d->leverage;
        return margin_liquidation_e8(&s->margin, d, lots, entry_e8, behind);
    }
    int64_t margin = entry_e8 / d->leverage;
    int64_t price = lots > 0 ? muldiv_floor(entry_e8 - margin, E8, E8 - MAINTENANCE_E8)
                             : muldiv_floor(entry_e8 + margin, E8, E8 + MAINTENANCE_E8);
    return price > 0 ? price : 0;
}

static void put_why(const struct engine *e, uint16_t i, struct snap_instrument *o)
{
    const struct instrument_state *s = &e->ins[i];
    struct maker_plan p = s->plan;
    bool quoted = s->quoted && e->config.maker.enabled;
    p.reason = !quoted ? (uint8_t)MAKER_OFF : e->kill.sweeping ? (uint8_t)MAKER_STATE : p.reason;
    maker_why(&p, &s->def, o->why, sizeof o->why);
    if (p.reason == MAKER_STATE) {
        struct fmt f = fmt_begin(o->why, sizeof o->why);
        fmt_str(&f, trading_state_name(state_of(e, i)));
        fmt_str(&f, ": ");
        fmt_str(&f, state_reason(e, i));
    } else if (p.reason == MAKER_REFUSED && s->risk_text[0]) {
        text_copy(o->why, sizeof o->why, s->risk_text);
    }
    if (s->configured && e->venue[s->def.venue].counts) {
        risk_capital_hint(&e->risk, i, o->capital_hint, sizeof o->capital_hint);
    }
}

static void put_quotes(const struct engine *e, uint16_t i, struct snap_instrument *o)
{
    const struct instrument_state *s = &e->ins[i];
    for (int side = 0; side < 2; side++) {
        for (int l = 0; l < MAKER_LAYERS_MAX; l++) {
            uint16_t slot = s->out[side][l];
            o->maker_quoting |= slot != ORDER_NONE &&
                                order_state_is_live((enum order_state)order_at(&e->orders, slot)->state);
        }
    }
    o->quote_bid_ticks = e->kill.sweeping ? 0 : s->plan.bid[0].price_ticks;
    o->quote_ask_ticks = e->kill.sweeping ? 0 : s->plan.ask[0].price_ticks;
}

static void put_book(const struct engine *e, uint16_t i, struct snap_instrument *o)
{
    const struct instrument_state *s = &e->ins[i];
    const struct book *b = engine_book(e, i);
    o->book_state = s->book_state;
    o->book_reason = s->book_reason;
    o->bids = (uint32_t)book_top(b, SIDE_BUY, o->bid, SNAP_LEVELS);
    o->asks = (uint32_t)book_top(b, SIDE_SELL, o->ask, SNAP_LEVELS);
    o->book_mono_ns = s->book_mono_ns;
    o->book_update_id = book_last_id(b);
    o->mark_e8 = s->mark.mark_e8;
    o->index_e8 = s->mark.index_e8;
    o->funding_rate_e8 = s->mark.funding_rate_e8;
    o->next_funding_ns = s->mark.next_funding_ns;
    o->mark_mono_ns = s->mark_mono_ns;
    o->mark_derived = s->mark_derived;
    if (s->def.kind == INSTRUMENT_SPOT) {
        o->mark_e8 = market_value_price_e8(e, i);
        o->mark_mono_ns = s->book_mono_ns;
    }
}

// Configured, but its venue has not told it yet: a name and a grid that does no harm.
static void put_unknown(const struct engine *e, uint16_t i, struct snap_instrument *o)
{
    const struct instrument_config *c = &e->config.instruments[i];
    o->def = (struct instrument){.id = i,
                                 .venue = c->venue,
                                 .kind = c->venue == VENUE_SPOT ? INSTRUMENT_SPOT : INSTRUMENT_LINEAR,
                                 .settle = CURRENCY_USDT,
                                 .tick_e8 = E8,
                                 .lot_e8 = E8,
                                 .contract_e8 = E8};
    text_copy(o->def.symbol, sizeof o->def.symbol, c->symbol);
    text_copy(o->why, sizeof o->why, "the venue has not told this instrument yet");
    o->trading_state = TS_QUIET;
}

static void put_instrument(const struct engine *e, uint16_t i, struct snap_instrument *o)
{
    const struct instrument_state *s = &e->ins[i];
    const struct position *p = &e->ledger.total[i];
    o->def = s->def;
    o->known = 1;
    o->quoted = s->quoted;
    o->trading_state = (uint8_t)state_of(e, i);
    o->maker_paused = s->paused;
    o->spread_adjust_ticks = s->spread_adjust_ticks;
    o->size_steps = s->size_steps;
    put_book(e, i, o);
    put_trades(s, o);
    put_features(e, i, o);
    put_quotes(e, i, o);
    put_why(e, i, o);
    o->position_lots = p->lots;
    if (instrument_is_traded(e, i)) {
        o->entry_e8 = position_entry_e8(p, &s->def);
        o->liquidation_e8 = instrument_is_linear(e, i) ? liquidation_e8(s, p->lots, o->entry_e8) : 0;
        o->pnl = ledger_pnl_instrument(&e->ledger, &s->def, market_value_price_e8(e, i));
        o->flatten_cost_e8 = kill_cost_e8(e, i);
    }
    o->orders_sent = s->orders_sent;
    o->fills = s->fills;
    o->maker_fills = s->maker_fills;
    o->gaps = s->gaps;
}

// ---------------------------------------------------------------------------------------------- orders

static void put_orders(const struct engine *e, struct snapshot *s)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        for (uint16_t o = order_first(&e->orders, i); o != ORDER_NONE; o = order_next(&e->orders, o)) {
            s->open_orders++;
            if (s->order_count < SNAP_ORDERS) {
                order_to_snapshot(order_at(&e->orders, o), &s->order[s->order_count++]);
            }
        }
    }
    for (uint16_t o = e->orders.done_head; o != ORDER_NONE && s->done_count < SNAP_DONE;
         o = order_next(&e->orders, o)) {
        order_to_snapshot(order_at(&e->orders, o), &s->done[s->done_count++]);
    }
}

// ------------------------------------------------------------------------------------------ strategies

static int32_t open_orders_of(const struct engine *e, enum strategy_id id)
{
    int32_t n = 0;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        for (uint16_t o = order_first(&e->orders, i); o != ORDER_NONE; o = order_next(&e->orders, o)) {
            n += order_at(&e->orders, o)->strategy == id;
        }
    }
    return n;
}

static uint8_t maker_state(const struct engine *e)
{
    bool quoted = false, running = false;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        quoted |= e->ins[i].quoted;
        running |= e->ins[i].quoted && !e->ins[i].paused;
    }
    if (!e->config.maker.enabled || !quoted) {
        return 0;
    }
    if (e->risk.stopped[STRATEGY_MAKER] || e->kill.latched) {
        return 3;
    }
    return running ? 1 : 2;
}

static struct snap_pnl pnl_of(const struct engine *e, enum strategy_id id)
{
    struct snap_pnl sum = ledger_pnl_none(&e->ledger, CURRENCY_USDT, id);
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (instrument_is_traded(e, i)) {
            struct snap_pnl p = ledger_pnl(&e->ledger, &e->ins[i].def, id, market_value_price_e8(e, i));
            pnl_add(&sum, &p);
        }
    }
    return sum;
}

// The maker always; others when something was booked on them (positions that were there before us, other
// traders).
static void put_strategies(const struct engine *e, struct snapshot *s)
{
    for (int id = STRATEGY_MAKER; id < STRATEGY_COUNT; id++) {
        struct snap_strategy x = {.id = (uint8_t)id,
                                  .pnl = pnl_of(e, (enum strategy_id)id),
                                  .open_orders = open_orders_of(e, (enum strategy_id)id)};
        static const struct snap_pnl NOTHING;
        bool used = memcmp(&x.pnl, &NOTHING, sizeof NOTHING) != 0 || x.open_orders > 0;
        if (id == STRATEGY_MAKER) {
            x.state = maker_state(e);
            x.weight_ppm = x.state ? 1000000 : 0;
        }
        if (id == STRATEGY_MAKER || used) {
            s->strategy[s->strategy_count++] = x;
        }
    }
}

// --------------------------------------------------------------------------------------------- account

// Everything that lies there, ours or not, at the prices of the run's own instruments.
static int64_t worth_e8(const struct engine *e, uint8_t venue)
{
    int64_t sum = ledger_wallet_e8(&e->ledger, venue, CURRENCY_USDT);
    bool valued[CURRENCY_COUNT] = {0};
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        const struct instrument *d = &e->ins[i].def;
        if (!instrument_is_traded(e, i) || d->venue != venue) {
            continue;
        }
        enum currency base = instrument_base(d);
        int64_t price_e8 = market_value_price_e8(e, i);
        if (d->kind == INSTRUMENT_LINEAR && e->ledger.total[i].lots != 0) {
            sum += position_unrealised_e8(&e->ledger.total[i], d, price_e8);
        } else if (d->kind == INSTRUMENT_SPOT && base != CURRENCY_NONE && !valued[base]) {
            valued[base] = true;
            sum += muldiv_round(ledger_wallet_e8(&e->ledger, venue, base), price_e8, E8);
        }
    }
    return sum;
}

static void put_venue(const struct engine *e, uint8_t venue, struct snap_venue *o)
{
    const struct venue_state *v = &e->venue[venue];
    o->used = v->used;
    o->traded = v->counts;
    o->ready = v->ready;
    o->trading_state = (uint8_t)state_of(e, scope_of_venue(venue));
    o->wallet_known = v->wallet_known;
    o->wallet_e8 = ledger_wallet_e8(&e->ledger, venue, CURRENCY_USDT);
    o->worth_e8 = worth_e8(e, venue);
}

static void put_account(const struct engine *e, struct snapshot *s)
{
    s->equity_e8 = e->equity_e8;
    s->equity_start_e8 = e->equity_start_e8;
    s->day_start_equity_e8 = e->risk.day_start_equity_e8;
    s->peak_equity_e8 = e->risk.peak_equity_e8;
    for (uint8_t v = 0; v < VENUE_COUNT; v++) {
        put_venue(e, v, &s->venue[v]);
        s->wallet_e8 += e->venue[v].counts ? s->venue[v].wallet_e8 : 0;
    }
    s->drawdown_e8 = risk_drawdown_e8(&e->risk);
    s->day_loss_e8 = risk_day_loss_e8(&e->risk);
    s->pnl = ledger_pnl_none(&e->ledger, CURRENCY_USDT, STRATEGY_NONE);
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        pnl_add(&s->pnl, &s->ins[i].pnl);
    }
    for (int l = 0; l < LIMIT_COUNT; l++) {
        s->limit[l] = risk_limit_used(&e->risk, (enum limit_id)l, &e->orders.exposures, e->now_ns);
    }
    for (int c = 0; c < CURRENCY_COUNT; c++) {
        s->ledger_sum_e8[c] = ledger_sum_e8(&e->ledger, (enum currency)c);
    }
    s->orders_sent = e->orders_sent;
    s->fills = e->fills;
    s->rejects = e->rejects;
    s->doubts = e->doubts;
}

static void put_kill(const struct engine *e, struct snapshot *s)
{
    const struct kill *k = &e->kill;
    s->kill.phase = k->latched ? k->phase : (uint8_t)KP_ARMED;
    s->kill.latched = k->latched;
    s->kill.quitting = k->quitting;
    s->kill.seal_due_mono_ns = kill_seal_due_ns(e);
    s->kill.flattens = k->flattens;
    s->kill.started_mono_ns = k->started_ns;
    s->kill.known_open_orders = s->open_orders;
    s->kill.slices = k->slices;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        int64_t lots = e->ledger.total[i].lots;
        s->kill.known_position_lots_sum += lots < 0 ? -lots : lots;
        s->kill.cost_estimate_e8 += instrument_known(e, i) ? kill_cost_e8(e, i) : 0;
    }
}

static void put_people(const struct engine *e, struct snapshot *s)
{
    s->alarm_count = e->alarms.count;
    memcpy(s->alarm, e->alarms.entry, sizeof s->alarm);
    for (int l = ALARM_LOG; l <= ALARM_HIGH; l++) {
        s->alarms_unacked[l] = alarm_unacked(&e->alarms, (enum alarm_level)l);
    }
    s->echo_count = e->echo_count;
    for (uint32_t i = 0; i < e->echo_count; i++) {
        s->echo[i] = e->echo[i].s;
    }
}

// Everything before `shell`, which belongs to the shell.
static void clear_engine_part(struct snapshot *s)
{
    memset(s, 0, offsetof(struct snapshot, shell));
}

void engine_snapshot(const struct engine *e, struct snapshot *s)
{
    clear_engine_part(s);
    s->version = SNAPSHOT_VERSION;
    s->bytes = sizeof *s;
    s->seq = e->seq;
    s->wall_ns = e->wall_ns;
    s->mono_ns = e->now_ns;
    s->mode = e->mode;
    s->trading_state = (uint8_t)state_of(e, INSTRUMENT_NONE);
    text_copy(s->state_reason, sizeof s->state_reason, state_reason(e, INSTRUMENT_NONE));
    text_copy(s->account_alias, sizeof s->account_alias, e->config.account_alias);
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (instrument_known(e, i)) {
            s->instrument_count = i + 1u;
            put_instrument(e, i, &s->ins[i]);
        }
    }
    uint32_t configured = e->venues > 1 && s->instrument_count ? e->config.instrument_count : 0;
    s->instrument_count = configured > s->instrument_count ? configured : s->instrument_count;
    for (uint16_t i = 0; i < configured; i++) {
        if (!instrument_known(e, i)) {
            put_unknown(e, i, &s->ins[i]);
        }
    }
    put_orders(e, s);
    put_strategies(e, s);
    put_account(e, s);
    put_kill(e, s);
    put_people(e, s);
    s->action_hash = e->action_hash;
}
