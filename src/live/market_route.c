// SPDX-License-Identifier: Apache-2.0
#include "live/market_route.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "engine/exchange/exchange.h"

#define LOOK_AHEAD_NS (10 * NS_PER_S) // a book must begin so soon after the recording does
#define LINEAR_LOT_E8 (E8 / 1000)
#define LOTS_MAX      INT64_C(1000000000000) // what a damaged tape may claim at most

struct beginning { // what the first seconds of a tape show
    int64_t first_ns;
    int64_t book_ns[INSTRUMENT_MAX]; // first snapshot; 0: none
};

// -------------------------------------------------------------------------------------------------
// beginnings

static bool first_event(struct tape_reader *t, int64_t *first_ns, struct error *e)
{
    const struct event *ev = tape_next(t, e);
    *first_ns = ev ? ev->wall_ns : INT64_MAX;
    return ev != NULL;
}

static bool beginning_read(struct tape_reader *t, int64_t until_ns, struct beginning *b, struct error *e)
{
    struct error damage = {0}; // beyond the beginning it is met again while playing
    if (!tape_rewind(t, e)) {
        return false;
    }
    for (const struct event *ev; (ev = tape_next(t, &damage)) != NULL && ev->wall_ns <= until_ns;) {
        if (ev->type == EV_BOOK_SNAPSHOT && ev->instrument < INSTRUMENT_MAX && !b->book_ns[ev->instrument]) {
            b->book_ns[ev->instrument] = ev->wall_ns;
        }
    }
    return tape_rewind(t, e);
}

static bool beginnings_read(struct tape_reader *const *readers, const char *const *paths, size_t n,
                            struct beginning *b, struct error *e)
{
    int64_t first_ns = INT64_MAX;
    for (size_t k = 0; k < n; k++) {
        struct error why = {0};
        if (!first_event(readers[k], &b[k].first_ns, &why)) {
            return error_set(e, EXIT_DATA, "%s: the tape is empty or damaged at its start; import it again",
                             paths[k]);
        }
        first_ns = b[k].first_ns < first_ns ? b[k].first_ns : first_ns;
    }
    for (size_t k = 0; k < n; k++) {
        if (!beginning_read(readers[k], first_ns + LOOK_AHEAD_NS, &b[k], e)) {
            return false;
        }
    }
    return true;
}

// -------------------------------------------------------------------------------------------------- who
// feeds

// A coin-margined perpetual as a linear one. Fees are those Binance lists for its USD-M futures' lowest tier;
// the smallest order and the bounds are those of the other perpetuals here.
static bool linear_of(const struct instrument *from, struct instrument *to)
{
    const char *usd = strstr(from->symbol, "USD_");
    *to = *from;
    to->kind = INSTRUMENT_LINEAR;
    to->settle = CURRENCY_USDT;
    to->lot_e8 = LINEAR_LOT_E8;
    to->qty_decimals = (uint8_t)decimal_places_of_step(LINEAR_LOT_E8);
    to->contract_e8 = E8;
    to->min_qty_lots = to->market_min_qty_lots = 1;
    to->max_qty_lots = 1000000;
    to->market_max_qty_lots = 120000;
    to->min_notional_e8 = 5 * E8;
    to->percent_up_e8 = 105 * (E8 / 100);
    to->percent_down_e8 = 95 * (E8 / 100);
    to->maker_fee_e8 = 20000;
    to->taker_fee_e8 = 50000;
    to->max_open_orders = 200;
    to->funding_interval_h = 8;
    return usd && usd > from->symbol &&
           snprintf(to->symbol, sizeof to->symbol, "%.*sUSDT", (int)(usd - from->symbol), from->symbol) <
               (int)sizeof to->symbol;
}

// The site that an instrument of a tape feeds, and as what; VENUE_COUNT: none.
static enum venue_id site_of(const struct instrument *from, bool has_book, struct instrument *as)
{
    *as = *from;
    switch ((enum instrument_kind)from->kind) {
    case INSTRUMENT_LINEAR:
        return from->venue == VENUE_BINANCE ? VENUE_BINANCE : VENUE_ASTER;
    case INSTRUMENT_SPOT:
        return has_book ? VENUE_SPOT : VENUE_COUNT;
    case INSTRUMENT_INVERSE:
        return linear_of(from, as) ? VENUE_BINANCE : VENUE_COUNT;
    }
    return VENUE_COUNT;
}

static const struct instrument *at_site(const struct route_table *t, enum venue_id site, const char *symbol)
{
    for (size_t i = 0; i < t->instruments[site]; i++) {
        if (strcmp(t->site[site][i].symbol, symbol) == 0) {
            return &t->site[site][i];
        }
    }
    return NULL;
}

static bool market_add(struct route_table *t, size_t tape, const struct instrument *from, uint32_t id,
                       const struct beginning *b, const char *path, struct error *e)
{
    struct instrument as;
    enum venue_id site = site_of(from, b->book_ns[id] != 0, &as);
    if (site == VENUE_COUNT) {
        return true;
    }
    if (at_site(t, site, as.symbol) || t->instruments[site] == INSTRUMENT_MAX) {
        return error_set(e, EXIT_DATA,
                         "%s: %s is already played from another tape; give each instrument once", path,
                         from->symbol);
    }
    as.id = (uint16_t)t->instruments[site];
    as.venue = (uint8_t)site;
    t->route[tape][id][site] = (struct route){ROUTE_MARKET, from->kind == INSTRUMENT_INVERSE, as.id};
    t->site[site][t->instruments[site]++] = as;
    t->tape[site] = t->tape[site] < 0 ? (int)tape : t->tape[site];
    t->begin_ns = b->book_ns[id] > t->begin_ns ? b->book_ns[id] : t->begin_ns;
    return true;
}

// The spot `from` becomes the index of the perpetuals of its name that have none yet.
static void index_add(struct route_table *t, size_t tape, const struct instrument *from, uint32_t id,
                      bool indexed[VENUE_COUNT][INSTRUMENT_MAX])
{
    for (int site = 0; site < VENUE_COUNT; site++) {
        const struct instrument *perpetual = at_site(t, (enum venue_id)site, from->symbol);
        if (perpetual && perpetual->kind == INSTRUMENT_LINEAR && !indexed[site][perpetual->id]) {
            indexed[site][perpetual->id] = true;
            t->route[tape][id][site] = (struct route){ROUTE_INDEX, false, perpetual->id};
        }
    }
}

// A spot that is played whole goes before one whose best bid and ask alone were kept.
static void indices_add(struct route_table *t, struct tape_reader *const *readers, size_t n)
{
    bool indexed[VENUE_COUNT][INSTRUMENT_MAX] = {{false}};
    for (int whole = 1; whole >= 0; whole--) {
        for (size_t k = 0; k < n; k++) {
            const struct tape_header *h = tape_header(readers[k]);
            for (uint32_t i = 0; i < h->instrument_count; i++) {
                bool played = t->route[k][i][VENUE_SPOT].role == ROUTE_MARKET;
                if (h->instruments[i].kind == INSTRUMENT_SPOT && played == (whole == 1)) {
                    index_add(t, k, &h->instruments[i], i, indexed);
                }
            }
        }
    }
}

bool route_make(struct route_table *t, struct tape_reader *const *readers, const char *const *paths, size_t n,
                struct error *e)
{
    struct beginning b[ROUTE_TAPES_MAX] = {{0}};
    CHECK(n > 0 && n <= ROUTE_TAPES_MAX);
    memset(t, 0, sizeof *t);
    for (int site = 0; site < VENUE_COUNT; site++) {
        t->tape[site] = -1;
    }
    if (!beginnings_read(readers, paths, n, b, e)) {
        return false;
    }
    for (size_t k = 0; k < n; k++) {
        const struct tape_header *h = tape_header(readers[k]);
        for (uint32_t i = 0; i < h->instrument_count; i++) {
            if (!market_add(t, k, &h->instruments[i], i, &b[k], paths[k], e)) {
                return false;
            }
        }
    }
    size_t markets = 0;
    for (int site = 0; site < VENUE_COUNT; site++) {
        markets += t->instruments[site];
    }
    indices_add(t, readers, n);
    return markets > 0 || error_set(e, EXIT_DATA,
                                    "%s: no perpetual and no spot with a book in it; `ticktower tape info` "
                                    "shows what a tape holds",
                                    paths[0]);
}

// --------------------------------------------------------------------------------------------------- an
// event

int64_t route_contracts_to_lots(int64_t contracts_e8, int64_t contract_e8, int64_t price_e8, int64_t lot_e8)
{
    if (contracts_e8 <= 0 || price_e8 <= 0) {
        return 0;
    }
    __int128 base_e8 = (__int128)contracts_e8 * contract_e8 / price_e8;
    __int128 lots = base_e8 / lot_e8;
    return lots < 1 ? 1 : lots > LOTS_MAX ? LOTS_MAX : (int64_t)lots;
}

static int64_t linear_lots(const struct instrument *from, int64_t ticks, int64_t lots)
{
    __int128 price_e8 = (__int128)ticks * from->tick_e8, contracts_e8 = (__int128)lots * from->lot_e8;
    if (price_e8 > INT64_MAX || contracts_e8 > INT64_MAX) {
        return lots ? LOTS_MAX : 0;
    }
    return route_contracts_to_lots((int64_t)contracts_e8, from->contract_e8, (int64_t)price_e8,
                                   LINEAR_LOT_E8);
}

static void to_linear(const struct instrument *from, struct event *ev)
{
    if (ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_DIFF) {
        struct ev_book *b = &ev->u.book;
        for (size_t i = 0; i < (size_t)b->bids + b->asks; i++) {
            b->levels[i].lots = linear_lots(from, b->levels[i].ticks, b->levels[i].lots);
        }
    } else if (ev->type == EV_TRADE) {
        ev->u.trade.qty_lots = linear_lots(from, ev->u.trade.price_ticks, ev->u.trade.qty_lots);
    } else if (ev->type == EV_TOUCH) {
        ev->u.touch.bid_lots = linear_lots(from, ev->u.touch.bid_ticks, ev->u.touch.bid_lots);
        ev->u.touch.ask_lots = linear_lots(from, ev->u.touch.ask_ticks, ev->u.touch.ask_lots);
    }
}

// An index touch carries prices in 1e-8 (exchange.h); 0, which the exchange ignores, when it does not fit.
static int64_t price_e8(int64_t ticks, int64_t tick_e8)
{
    __int128 v = (__int128)ticks * tick_e8;
    return v > 0 && v < INT64_MAX ? (int64_t)v : 0;
}

void route_event(const struct route *r, const struct instrument *from, struct event *ev)
{
    ev->instrument = r->instrument;
    if (r->role == ROUTE_INDEX) {
        ev->flags |= XCH_INDEX_TOUCH;
        ev->u.touch.bid_ticks = price_e8(ev->u.touch.bid_ticks, from->tick_e8);
        ev->u.touch.ask_ticks = price_e8(ev->u.touch.ask_ticks, from->tick_e8);
    } else if (r->inverse) {
        to_linear(from, ev);
    }
}
