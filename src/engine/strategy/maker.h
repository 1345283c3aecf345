// SPDX-License-Identifier: Apache-2.0
// maker: the market maker of one instrument: what it wants to quote now, and why. Facts in, wanted quotes
// out; the engine compares them with the orders that rest, asks risk, and sends.
//
// Lengths are in ticks. Order of steps: may it quote -> spread (model, floors, cap) -> skew -> layers ->
// rounding and post-only -> size between the venue's minimum and the caps. Anything unknown (NaN) means no
// quote, with the reason.
//
// Owner: the engine. No pointers in the state.
#ifndef TT_ENGINE_STRATEGY_MAKER_H
#define TT_ENGINE_STRATEGY_MAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/event.h"
#include "engine/market/instrument.h"

enum { MAKER_LAYERS_MAX = 8, MAKER_CROSS_MAX = 5 };

// Why there is no quote (or what shapes it); the words are in maker_why.
enum maker_reason {
    MAKER_QUOTING,
    MAKER_OFF,     // disabled or not configured for this instrument
    MAKER_PAUSED,  // by the operator
    MAKER_STOPPED, // by a rule
    MAKER_STATE,   // trading state below RUN
    MAKER_NO_BOOK, // one side empty, crossed, or not live
    MAKER_NO_MARK,
    MAKER_WARMING,    // sigma or arrival rate not known yet
    MAKER_SPREAD_CAP, // fees and edge need more than the cap allows
    MAKER_CAPITAL,    // the venue's minimum does not fit the caps
    MAKER_BACKOFF,    // post-only expired five times within a second
    MAKER_COOLDOWN,   // post-only just expired: one book update
    MAKER_REFUSED,    // risk said no a moment ago
    MAKER_FULL,       // both sides closed by the position
};

struct maker_input {
    const struct instrument *ins;
    const struct maker_config *config;
    int64_t now_ns;
    enum maker_reason blocked;    // MAKER_QUOTING: the engine lets it quote
    int64_t bid_ticks, ask_ticks; // freshest touch; 0 = that side is empty
    int64_t mark_e8;
    double sigma_rel;            // EWMA volatility, relative per sqrt(second)
    double orders_per_s;         // market orders per second, one side (EWMA); NaN unknown
    double arrival_a, arrival_k; // fit: 1/s one side, 1/tick; NaN without
    double vpin;                 // 0..1, NaN unknown
    double widen;                // >= 1: rules that widen (latency alarm)
    int64_t position_lots;
    int64_t cap_lots;            // position cap in lots, worst case
    int64_t order_cap_e8;        // value cap of one order
    int64_t smallest_lots;       // smallest order that the venue takes; 0 unknown
    int32_t spread_adjust_ticks; // operator: on each side
    int32_t size_steps;          // operator: x1.25 or x0.8 each
};

struct maker_quote {
    int64_t price_ticks; // 0 = none
    int64_t qty_lots;
};

struct maker_plan {
    struct maker_quote bid[MAKER_LAYERS_MAX], ask[MAKER_LAYERS_MAX];
    uint32_t layers;
    uint8_t reason;      // enum maker_reason
    uint8_t fee_floor;   // the floor decided the spread
    uint8_t widened;     // VPIN or a rule doubled it
    uint8_t side_closed; // 1 bid, 2 ask: closed by the position or the caps
    uint8_t held;        // 1 bid, 2 ask: nothing new now, what rests may stay
    uint8_t pad[7];
    double spread_ticks; // full
    double skew_ticks;   // shift of the centre
    double rate_per_s;   // arrival rate used
};

struct maker {
    int64_t crossed_ns[MAKER_CROSS_MAX]; // post-only expiries, newest first
    int64_t backoff_until_ns;            // no quotes
    int64_t backed_until_ns;             // one tick further out
    int64_t refused_until_ns[2];         // buy, sell
    uint8_t cooling[2];                  // until the next market update
    uint8_t pad[6];
};

void maker_decide(struct maker *m, const struct maker_input *in, struct maker_plan *out);

// A post-only order of ours ended because it would have crossed.
void maker_on_crossed(struct maker *m, enum side side, int64_t now_ns);
// Risk refused an order of this side: no new try for a second.
void maker_on_refused(struct maker *m, enum side side, int64_t now_ns);
// The market moved: the cool-down of one update is over.
void maker_on_market(struct maker *m);
// When the maker wants to be asked again although nothing moves; INT64_MAX never.
int64_t maker_deadline(const struct maker *m, int64_t now_ns);

// Wanted quantity of one quote at this price before skew: order value x steps, raised to the venue's minimum;
// 0 when the caps forbid it.
int64_t maker_base_lots(const struct maker_input *in, int64_t price_e8);

// One line for people: "quoting 0.61 (fee floor), skew -0.12, vpin 0.41".
void maker_why(const struct maker_plan *p, const struct instrument *ins, char *buf, size_t cap);

#endif
