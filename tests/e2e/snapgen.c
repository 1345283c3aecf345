// SPDX-License-Identifier: Apache-2.0
// snapgen: see snapgen.h.
#include "e2e/snapgen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static int64_t pick(struct snapgen *g, int64_t low, int64_t high)
{
    return low + (int64_t)rng_below(&g->rng, (uint64_t)(high - low + 1));
}

static void def_init(struct snap_instrument *i, uint16_t id, const char *symbol, int64_t tick_e8,
                     int price_decimals)
{
    i->def = (struct instrument){.id = id,
                                 .settle = CURRENCY_USDT,
                                 .tick_e8 = tick_e8,
                                 .lot_e8 = 100000,
                                 .contract_e8 = E8,
                                 .price_decimals = (uint8_t)price_decimals,
                                 .qty_decimals = 3,
                                 .min_qty_lots = 1,
                                 .min_notional_e8 = 5 * E8,
                                 .leverage = 3};
    text_copy(i->def.symbol, sizeof i->def.symbol, symbol);
}

static void fill_side(struct snapgen *g, struct level *side, int64_t best, int step)
{
    for (int k = 0; k < SNAP_LEVELS; k++) {
        side[k] = (struct level){best + step * k, pick(g, 100, 25000)};
    }
}

static void instrument_init(struct snapgen *g, int n)
{
    struct snap_instrument *i = &g->s.ins[n];
    i->book_state = BOOK_LIVE;
    i->bids = i->asks = SNAP_LEVELS;
    fill_side(g, i->bid, g->mid_ticks[n] - 1, -1);
    fill_side(g, i->ask, g->mid_ticks[n], 1);
    i->book_update_id = 1000;
    i->mark_derived = 1;
    i->funding_rate_e8 = 10000;
    i->next_funding_ns = g->s.wall_ns + 3 * 3600 * NS_PER_S;
    i->quoted = n == 1;
    i->maker_quoting = n == 1;
    i->size_steps = 0;
    for (int f = 0; f < 40; f++) {
        i->feature[f].value = (double)pick(g, -1000, 1000) / 1000.0;
        i->feature[f].z = (double)pick(g, -20, 20) / 10.0;
    }
    i->feature_valid = 0x1f0010078ULL | 1ULL << 24 | 1ULL << 28 | 3;
}

static void orders_init(struct snapgen *g)
{
    struct snapshot *s = &g->s;
    s->order_count = s->open_orders = 2;
    for (int k = 0; k < 2; k++) {
        struct snap_order *o = &s->order[k];
        snprintf(o->client_id, sizeof o->client_id, "ttm0000k7f-%x", 0x7f31 - k);
        o->instrument = 1;
        o->state = ORD_OPEN;
        o->side = k ? SIDE_SELL : SIDE_BUY;
        o->qty_lots = 10;
        o->ahead_lots = k ? 2100 : 400;
        o->price_ticks = k ? s->ins[1].ask[2].ticks : s->ins[1].bid[1].ticks;
        o->sent_wall_ns = s->wall_ns - 3 * NS_PER_S;
        o->sent_mono_ns = s->mono_ns - 3 * NS_PER_S;
        o->ack_ns = 180 * NS_PER_US;
        o->strategy = STRATEGY_MAKER;
    }
    s->done_count = 5;
    for (int k = 0; k < 5; k++) {
        s->done[k] = s->order[k % 2];
        s->done[k].state = (uint8_t)(ORD_FILLED + k % 4);
        s->done[k].code = k == 3 ? -5022 : 0;
        snprintf(s->done[k].client_id, sizeof s->done[k].client_id, "ttm0000k7f-%x", 0x7e00 - k);
    }
}

static void limits_init(struct snapshot *s)
{
    const struct snap_limit limit[LIMIT_COUNT] = {
        [LIMIT_ORDER_VALUE] = {0, 30 * E8},
        [LIMIT_POSITION_VALUE] = {22 * E8, 25 * E8},
        [LIMIT_GROSS_VALUE] = {22 * E8, 50 * E8},
        [LIMIT_OPEN_ORDERS] = {2, 40},
        [LIMIT_ORDER_RATE] = {3, 20},
        [LIMIT_COLLAR] = {0, 500000},
        [LIMIT_DAY_LOSS] = {0, 3000000},
        [LIMIT_DRAWDOWN] = {180000, 10000000},
    };
    memcpy(s->limit, limit, sizeof limit);
}

static void text_init(struct snapshot *s)
{
    text_copy(s->account_alias, sizeof s->account_alias, "sim-one");
    text_copy(s->shell.venue_text, sizeof s->shell.venue_text, "sim@loopback");
    text_copy(s->shell.market_text, sizeof s->shell.market_text,
              "Binance USD-M 2024-08-08 23:54 recording, lap 2");
    text_copy(s->shell.session_id, sizeof s->shell.session_id, "0c41");
    text_copy(s->ins[1].why, sizeof s->ins[1].why, "quoting: spread 0.42 bp, inventory skew -0.12");
    text_copy(s->ins[0].why, sizeof s->ins[0].why, "watched only");
    text_copy(s->ins[0].capital_hint, sizeof s->ins[0].capital_hint,
              "needs at least 124 USDT: min order 0.001 BTC is 61.80, cap 25.00");
}

static void alarms_init(struct snapshot *s)
{
    s->alarm_count = 2;
    s->alarms_unacked[ALARM_MEDIUM] = 1;
    s->alarm[0] =
        (struct snap_alarm){.number = 7, .level = ALARM_MEDIUM, .wall_ns = s->wall_ns - 16 * NS_PER_S};
    text_copy(s->alarm[0].code, sizeof s->alarm[0].code, "LIMIT-80");
    text_copy(s->alarm[0].text, sizeof s->alarm[0].text, "position 88 % of its limit");
    s->alarm[1] = (struct snap_alarm){.number = 6,
                                      .level = ALARM_LOW,
                                      .acked = 1,
                                      .cleared = 1,
                                      .wall_ns = s->wall_ns - 600 * NS_PER_S,
                                      .cleared_wall_ns = s->wall_ns - 560 * NS_PER_S};
    text_copy(s->alarm[1].code, sizeof s->alarm[1].code, "CLOCK-SKEW");
    text_copy(s->alarm[1].text, sizeof s->alarm[1].text, "venue clock +0.9 ms > 0.8");
}

void snapgen_init(struct snapgen *g, uint64_t seed, enum run_mode mode)
{
    memset(g, 0, sizeof *g);
    rng_seed(&g->rng, seed);
    struct snapshot *s = &g->s;
    s->version = SNAPSHOT_VERSION;
    s->bytes = sizeof *s;
    s->mode = (uint8_t)mode;
    s->wall_ns = INT64_C(1723161267) * NS_PER_S; // 2024-08-08 23:54:27 UTC
    s->mono_ns = 100 * NS_PER_S;
    s->instrument_count = 2;
    def_init(&s->ins[0], 0, "BTCUSDT", 10000000, 1);
    def_init(&s->ins[1], 1, "ETHUSDT", 1000000, 2);
    g->mid_ticks[0] = 617413;
    g->mid_ticks[1] = 268042;
    instrument_init(g, 0);
    instrument_init(g, 1);
    s->equity_e8 = 5018000000;
    s->day_start_equity_e8 = s->equity_start_e8 = 5000000000;
    s->pnl = (struct snap_pnl){.realised_e8 = 52000000,
                               .unrealised_e8 = -13000000,
                               .fees_e8 = 9000000,
                               .funding_e8 = -2000000,
                               .seam_e8 = -10000000};
    s->ins[1].position_lots = 8;
    s->ins[1].entry_e8 = 268012000000;
    s->ins[1].pnl = s->pnl;
    s->strategy_count = 3;
    for (int k = 0; k < 3; k++) {
        s->strategy[k] = (struct snap_strategy){.id = (uint8_t)(STRATEGY_MAKER + k),
                                                .state = k == 0,
                                                .weight_ppm = k == 0 ? 1000000 : 0,
                                                .open_orders = k == 0 ? 2 : 0};
    }
    s->strategy[0].pnl = s->pnl;
    s->kill.cost_estimate_e8 = 1200000;
    s->venue[VENUE_ASTER] = (struct snap_venue){.used = 1, .traded = 1, .ready = 1, .wallet_known = 1};
    s->shell.site[VENUE_ASTER].rtt_ns = 180 * NS_PER_US;
    s->shell.replay_speed_x100 = 1000;
    memset(s->shell.site[VENUE_ASTER].link, LINK_UP, sizeof s->shell.site[VENUE_ASTER].link);
    limits_init(s);
    text_init(s);
    alarms_init(s);
    orders_init(g);
    snapgen_step(g, NS_PER_MS, 8, 8);
}

static void move_level(struct snapgen *g, struct snap_instrument *i)
{
    struct level *side = rng_below(&g->rng, 2) ? i->bid : i->ask;
    // Most changes are near the touch.
    int64_t deep = pick(g, 0, 6) * pick(g, 0, 6);
    side[deep].lots = pick(g, 100, 25000);
    i->book_update_id++;
}

static void add_trade(struct snapgen *g, struct snap_instrument *i)
{
    memmove(&i->trade[1], &i->trade[0], sizeof i->trade - sizeof i->trade[0]);
    bool buy = rng_below(&g->rng, 2);
    i->trade[0] = (struct snap_trade){.wall_ns = g->s.wall_ns,
                                      .price_ticks = buy ? i->ask[0].ticks : i->bid[0].ticks,
                                      .qty_lots = pick(g, 1, 40) * pick(g, 1, 40),
                                      .side = buy ? SIDE_BUY : SIDE_SELL};
    i->trades = i->trades < SNAP_TRADES ? i->trades + 1 : SNAP_TRADES;
}

static void move_touch(struct snapgen *g, int n)
{
    struct snap_instrument *i = &g->s.ins[n];
    if (rng_below(&g->rng, 10) == 0) {
        g->mid_ticks[n] += pick(g, -3, 3);
        fill_side(g, i->bid, g->mid_ticks[n] - 1, -1);
        fill_side(g, i->ask, g->mid_ticks[n], 1);
    }
}

static void move_instrument(struct snapgen *g, int n, int levels, int trades)
{
    struct snap_instrument *i = &g->s.ins[n];
    for (int k = 0; k < levels; k++) {
        move_level(g, i);
    }
    for (int k = 0; k < trades; k++) {
        add_trade(g, i);
    }
    if (levels > 0) {
        move_touch(g, n);
        i->book_mono_ns = g->s.mono_ns;
        for (int f = 0; f < 40; f++) {
            i->feature[f].value += (double)pick(g, -50, 50) / 1000.0;
            i->feature[f].z = (double)pick(g, -20, 20) / 10.0;
        }
        i->mark_e8 = g->mid_ticks[n] * i->def.tick_e8 + pick(g, -5, 5) * i->def.tick_e8;
    }
}

void snapgen_step(struct snapgen *g, int64_t dt_ns, int levels, int trades)
{
    struct snapshot *s = &g->s;
    s->seq += 1 + (uint64_t)(levels + trades);
    s->wall_ns += dt_ns;
    s->mono_ns += dt_ns;
    move_instrument(g, 0, levels, trades);
    move_instrument(g, 1, levels, trades);
    for (int k = 0; k < (levels > 0 ? 20 : 0); k++) {
        for (int st = 0; st < ST_COUNT; st++) {
            hist_add(&s->shell.station[st], pick(g, 1, 50) * pick(g, 100, 2000) * (st + 1));
        }
    }
    if (levels == 0) { // a paused market: the books are quiet but not stale
        s->ins[0].book_mono_ns = s->ins[1].book_mono_ns = s->mono_ns;
    }
}

static void shake_echo(struct snapgen *g)
{
    struct snapshot *s = &g->s;
    memmove(&s->echo[1], &s->echo[0], sizeof s->echo - sizeof s->echo[0]);
    s->echo_count = s->echo_count < SNAP_ECHOES ? s->echo_count + 1 : SNAP_ECHOES;
    s->echo[0] =
        (struct snap_echo){.seq = s->seq,
                           .wall_ns = s->wall_ns,
                           .verb = (uint8_t)pick(g, 1, VERB_COUNT - 1),
                           .instrument = (uint16_t)(rng_below(&g->rng, 3) ? pick(g, 0, 1) : INSTRUMENT_NONE),
                           .value = pick(g, -2, 2),
                           .cancels_sent = (uint32_t)pick(g, 0, 3),
                           .first_write_ns = pick(g, 0, 400000),
                           .done_ns = pick(g, 0, 1) * 12000000,
                           .refused = rng_below(&g->rng, 4) == 0};
    if (s->echo[0].refused) {
        text_copy(s->echo[0].text, sizeof s->echo[0].text, "-2011 unknown order sent");
    }
}

void snapgen_shake(struct snapgen *g)
{
    struct snapshot *s = &g->s;
    snapgen_step(g, pick(g, 1, 3000) * NS_PER_MS, (int)pick(g, 0, 12), (int)pick(g, 0, 5));
    if (rng_below(&g->rng, 3) == 0) {
        shake_echo(g);
    }
    s->kill.phase = (uint8_t)(rng_below(&g->rng, 4) ? KP_ARMED : pick(g, KP_SENT, KP_ABORTED));
    s->kill.started_mono_ns = s->mono_ns - pick(g, 0, 9) * NS_PER_S;
    s->trading_state = (uint8_t)pick(g, TS_RUN, TS_HALT);
    s->shell.fence = rng_below(&g->rng, 5) == 0;
    s->shell.site[VENUE_ASTER].link[pick(g, 0, LINK_COUNT - 1)] = (uint8_t)pick(g, 0, 2);
    for (int n = 0; n < 2; n++) {
        struct snap_instrument *i = &s->ins[n];
        i->book_state = (uint8_t)pick(g, BOOK_EMPTY, BOOK_STALE);
        i->book_reason = (uint8_t)pick(g, 0, BOOK_REASON_FROZEN);
        i->position_lots = pick(g, -1, 1) * pick(g, 0, 500000);
        i->entry_e8 = i->mark_e8;
        i->feature_valid = rng_next(&g->rng);
        i->bids = (uint32_t)pick(g, 0, SNAP_LEVELS);
        i->asks = (uint32_t)pick(g, 0, SNAP_LEVELS);
        i->size_steps = (int32_t)pick(g, -3, 3);
    }
    s->equity_e8 = pick(g, -100, 99999) * E8;
    s->pnl.unrealised_e8 = pick(g, -9999999, 9999999) * 1000000;
    s->alarm_count = (uint32_t)pick(g, 0, 2);
    s->alarms_unacked[ALARM_HIGH] = (uint32_t)pick(g, 0, 12);
    s->order_count = (uint32_t)pick(g, 0, 2);
    s->limit[pick(g, 0, LIMIT_COUNT - 1)].used = pick(g, 0, 100) * E8;
}

static void site_init(struct snapgen *g, uint8_t venue, const char *name, const char *market)
{
    struct snap_site *x = &g->s.shell.site[venue];
    memset(x->link, LINK_UP, sizeof x->link);
    x->link[LINK_MARKET2] = venue == VENUE_BINANCE ? LINK_UP : LINK_DOWN;
    x->resting = venue != VENUE_ASTER;
    x->link[LINK_ORDER] = x->resting ? LINK_CONNECTING : LINK_UP;
    x->link_age_ns[LINK_MARKET] = 20 * NS_PER_MS;
    x->link_age_ns[LINK_USER] = 3 * NS_PER_S;
    x->weight_used = 57 + venue;
    x->weight_limit = 2400;
    x->orders_limit = 1200;
    text_copy(x->name, sizeof x->name, name);
    text_copy(x->market, sizeof x->market, market);
    g->s.venue[venue].used = g->s.venue[venue].ready = g->s.venue[venue].wallet_known = 1;
}

void snapgen_venues(struct snapgen *g)
{
    struct snapshot *s = &g->s;
    for (uint8_t venue = VENUE_SPOT; venue <= VENUE_BINANCE; venue++) {
        struct snap_instrument *i = &s->ins[s->instrument_count];
        *i = s->ins[1];
        i->def.id = (uint16_t)s->instrument_count++;
        i->def.venue = venue;
        i->def.kind = venue == VENUE_SPOT ? INSTRUMENT_SPOT : INSTRUMENT_LINEAR;
        i->def.qty_decimals = venue == VENUE_SPOT ? 5 : 3;
        i->def.lot_e8 = venue == VENUE_SPOT ? 1000 : i->def.lot_e8;
        i->quoted = i->maker_quoting = 0;
        i->position_lots = 0;
        for (int k = 0; venue == VENUE_SPOT && k < SNAP_LEVELS; k++) {
            i->bid[k].lots *= 100;
            i->ask[k].lots *= 100;
        }
    }
    site_init(g, VENUE_ASTER, "aster@embedded", "Binance USD-M 2024-08-08; derived: mark");
    site_init(g, VENUE_SPOT, "spot@embedded", "Binance spot 2024-08-08");
    site_init(g, VENUE_BINANCE, "binance@embedded", "COIN-M shown as linear BTCUSDT,ETHUSDT");
}
