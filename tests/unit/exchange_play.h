// SPDX-License-Identifier: Apache-2.0
// exchange_play: the shipped recordings into one exchange in virtual time, for tests that need a real market:
// play_open, then play_until with something to do at every step, then play_close.
#ifndef TT_TESTS_EXCHANGE_PLAY_H
#define TT_TESTS_EXCHANGE_PLAY_H

#include "base/clock.h"
#include "base/rng.h"
#include "engine/exchange/exchange.h"
#include "live/market_player.h"

#define PLAY_START_NS (INT64_C(1767225600) * NS_PER_S)

struct play {
    struct exchange *x;
    struct market_player *player;
    struct xch_sink sink;
    struct xch_config cfg; // set before play_open; instruments are filled in there
    struct instrument ins[INSTRUMENT_MAX];
    size_t instruments;
    struct rng rng;
    enum venue_id site;
    int64_t now_ns;
    uint64_t steps;
};

// site: VENUE_ASTER plays the perpetuals, VENUE_SPOT the spot market, VENUE_BINANCE the coin-margined one as
// linear.
static inline void play_open(struct play *p, uint64_t seed, enum venue_id site)
{
    static const char *const PATHS[VENUE_COUNT] = {[VENUE_ASTER] = "config/market/usdm-20240808.tape",
                                                   [VENUE_SPOT] = "config/market/spot-20240808.tape",
                                                   [VENUE_BINANCE] = "config/market/coinm-20240808.tape"};
    struct error e = {0};
    rng_seed(&p->rng, seed);
    p->site = site;
    p->player = market_player_open(&PATHS[site], 1, 1000, &e);
    assert_non_null(p->player);
    p->instruments = market_player_instruments(p->player, site, p->cfg.instruments);
    assert_true(p->instruments > 0);
    p->cfg.instrument_count = (uint32_t)p->instruments;
    p->x = exchange_new(&p->cfg);
    assert_non_null(p->x);
    const struct instrument *all[INSTRUMENT_MAX];
    exchange_instruments(p->x, all);
    for (size_t i = 0; i < p->instruments; i++) {
        p->ins[i] = *all[i];
    }
    p->now_ns = PLAY_START_NS;
    market_player_start(p->player, PLAY_START_NS);
}

static inline void play_until(struct play *p, int64_t seconds, void (*step)(struct play *p))
{
    while (p->now_ns < PLAY_START_NS + seconds * NS_PER_S) {
        int64_t a = market_player_next_ns(p->player), b = exchange_next_deadline(p->x);
        int64_t next = a < b ? a : b;
        p->now_ns = next > p->now_ns ? next : p->now_ns;
        struct player_site sites[VENUE_COUNT] = {0};
        sites[p->site] = (struct player_site){p->x, &p->sink};
        market_player_run(p->player, p->now_ns, 1, sites);
        exchange_on_time(p->x, p->now_ns, &p->sink);
        p->steps++;
        if (step) {
            step(p);
        }
    }
    assert_string_equal(market_player_error(p->player), "");
}

static inline void play_close(struct play *p)
{
    market_player_close(p->player);
    exchange_free(p->x);
    p->player = NULL;
    p->x = NULL;
}

#endif
