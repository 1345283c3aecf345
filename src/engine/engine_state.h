// SPDX-License-Identifier: Apache-2.0
// engine_state: the engine's memory, private to the files beside engine.c. One block, fixed size, no pointers
// between its parts: struct engine first, then books and features at offsets known at compile time, so that a
// copy of the block is a checkpoint.
//
// Which file does what: engine.c wires the step; market_in.c takes market events; reports.c order and account
// reports; start.c the way to RUN and reconciliation; faults.c links, load, refusals; state.c the trading
// state; alarm.c the alarms; quotes.c compares wanted with resting quotes; kill.c (with kill_slice.c) the
// kill switch and the end of a run; operator.c the verbs, echo.c what became of them; publish_snapshot.c the
// eyes.
//
// Owner: the thread that calls engine_step. Nothing here is shared.
#ifndef TT_ENGINE_ENGINE_STATE_H
#define TT_ENGINE_ENGINE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "engine/alarm.h"
#include "engine/config.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/kill.h"
#include "engine/market/book.h"
#include "engine/order/ledger.h"
#include "engine/order/order.h"
#include "engine/risk/risk.h"
#include "engine/signal/features.h"
#include "engine/snapshot.h"
#include "engine/state.h"
#include "engine/strategy/arrival.h"
#include "engine/strategy/maker.h"

// Housekeeping: staleness, alarms, limits, orphans, reconciliation. Everything with a finer grain has its own
// deadline.
#define ENGINE_TICK_NS (100 * NS_PER_MS)

// What a read of ours or of the session told last about one instrument.
struct venue_view {
    uint64_t orders_read_id, position_read_id;  // of ours under way, 0 none
    int64_t orders_asked_ns, position_asked_ns; // when we asked last
    int64_t orders_request_ns;                  // when the newest answered open-order read was sent; 0 never
    int64_t position_request_ns;                // likewise; 0 never
    int64_t open_orders;                        // by that read
    int64_t lots, entry_e8;                     // venue's position, newest evidence
    int64_t lots_ns;                            // when that evidence came
    int64_t differs_since_ns;                   // own position differs from the evidence since; 0 agrees
    int64_t mismatch_ns, mismatch_lots;         // request time of the last read that differed; by how much
    uint32_t mismatches;                        // consecutive reads that differ
    uint8_t has_orders, has_position;           // read at least once
    uint8_t accept_venue;                       // operator: take the venue's number at the next read
    uint8_t pad;
};

// What the engine knows of one venue.
struct venue_state {
    uint8_t used;   // an instrument of the configuration lives there
    uint8_t counts; // we trade there: its troubles are the program's and its wallet is our equity
    uint8_t ready;  // its instruments, orders, positions and wallet are known
    uint8_t wallet_known;
    uint8_t opened[CURRENCY_COUNT];      // the ledger has that wallet
    uint8_t link[LINK_COUNT];            // enum link_state
    bool budget_warn[2], budget_stop[2]; // by lane: weight, orders
    int64_t link_since_ns[LINK_COUNT];
    int64_t start_asked_ns;
    int64_t wallet_diff_e8[CURRENCY_COUNT]; // the venue's wallet minus ours at the last read
    int64_t wallet_diff_ns[CURRENCY_COUNT];
    int64_t deadman_failed_ns; // last time the countdown could not be wound up
    int64_t load_ns;           // last load event; 0 none of late
    uint32_t auth_failures;    // in a row
    uint32_t pad;
};

struct instrument_state {
    struct instrument def;      // tick_e8 == 0: not known
    struct margin_table margin; // count 0: not told
    uint8_t quoted;             // configured to be quoted
    uint8_t configured;
    uint8_t book_state; // enum book_state, as session and engine see it
    uint8_t book_reason;
    uint8_t outside; // trades stay outside the book
    uint8_t mark_derived;
    uint8_t paused;       // maker paused by the operator
    uint8_t dirty_quotes; // decide again at the end of the step
    uint8_t
        quote_pending; // a quote stands wrong but may not move yet: look again with the next touch or trade
    // -- market
    int64_t frozen_ns; // we slept: nothing is believed until an update 100 ms later; 0 no
    int64_t book_mono_ns, gap_median_ns, mark_mono_ns, crossed_since_ns, outside_since_ns, snapshot_asked_ns;
    struct ev_touch touch; // freshest best bid and ask, from either stream
    int64_t last_trade_ticks;
    struct ev_mark mark;
    uint64_t gaps;
    struct snap_trade trade[SNAP_TRADES]; // ring
    uint32_t trade_next, trade_count;
    // -- strategy
    struct maker maker;
    struct maker_plan plan;
    struct arrival arrival;
    int32_t spread_adjust_ticks, size_steps;
    int64_t size_raised_ns;            // last step up
    uint16_t out[2][MAKER_LAYERS_MAX]; // slots of resting quotes: buy, sell; ORDER_NONE
    int64_t deadman_sent_ns;           // 0 never or disarmed
    int64_t deadman_ms;                // as sent
    int64_t last_place_ns;             // last ACT_PLACE or its RK_SENT
    int64_t last_fill_ns;
    int64_t missed_asked_ns;
    int64_t sweep_ns; // last ACT_CANCEL_ALL because cancels failed
    struct venue_view venue;
    char risk_text[96]; // last refusal
    // -- counters
    uint64_t orders_sent, fills, maker_fills;
};

struct echo {
    struct snap_echo s;
    int64_t key_mono_ns; // when the key's byte was read
};

struct order_note {    // what the engine keeps beside order.c's record, by slot
    uint64_t echo_seq; // operator action whose cancel or close this is; 0 none
    int64_t seen_ns;   // last reported by an open-order read
    int64_t retry_ns;  // cancel again not before
    uint32_t missing;  // consecutive reads without it
    uint32_t cancel_failures;
};

enum { REJECT_BUCKETS = 60 };

struct engine {
    struct engine_config config;
    struct actions *out; // only inside a step
    // -- the event in hand
    uint64_t seq;
    int64_t now_ns, wall_ns;
    int64_t next_tick_ns, deadline_ns;
    uint64_t action_hash;
    uint8_t mode;         // enum run_mode
    uint8_t started;      // EV_START seen
    uint8_t ready;        // start path complete
    uint8_t wallet_known; // of every venue that counts
    uint8_t widen;        // latency alarm: spread x1.5
    uint8_t slow;         // reject rate: half the pace
    uint8_t equity_due;   // look at the loss limits again at the end of this event
    uint8_t venues;       // that are used
    struct venue_state venue[VENUE_MAX];
    int64_t started_ns; // EV_START
    int64_t ready_ns;
    uint64_t next_read_id;
    int64_t equity_start_e8, day_pnl_e8, equity_e8;
    int64_t last_order_byte_ns; // last placement handed to the connection
    int64_t thawed_ns;          // the process stood still until then, and is not over it yet; 0 no
    uint64_t orders_sent, fills, rejects, doubts;
    uint32_t reject_orders[REJECT_BUCKETS], reject_bad[REJECT_BUCKETS]; // per second
    int64_t reject_second;
    struct causes causes;
    struct alarms alarms;
    struct kill kill;
    struct echo echo[SNAP_ECHOES]; // newest first
    uint32_t echo_count;
    struct instrument_state ins[INSTRUMENT_MAX];
    struct order_note note[ORDERS_MAX];
    struct risk risk;
    struct orders orders;
    struct ledger ledger;
};

static inline size_t engine_align(size_t n)
{
    return (n + 63) & ~(size_t)63;
}

// Books and features stand behind struct engine, by instrument.
struct book *engine_book(const struct engine *e, uint16_t i);
struct features *engine_features(const struct engine *e, uint16_t i);

// -- engine.c: the way out. Every action goes through action_new, which asserts the bound.
struct action *action_new(struct engine *e, enum action_type type, uint16_t instrument);
// Room for actions that can wait until the next step (quotes), beside what a kill may need at once.
bool action_room(const struct engine *e);
void action_log(struct engine *e, uint16_t instrument, const char *text);
bool instrument_known(const struct engine *e, uint16_t i);
bool instrument_is_linear(const struct engine *e, uint16_t i); // known, a perpetual
bool instrument_is_traded(const struct engine *e, uint16_t i); // known, of a kind that we trade: or spot
static inline struct venue_state *venue_of(struct engine *e, uint16_t i)
{
    return &e->venue[e->ins[i].def.venue];
}
struct order_stamp engine_stamp(const struct engine *e);
// "ETHUSDT: " of a known instrument, else "".
void fmt_instrument(struct fmt *f, const struct engine *e, uint16_t i);
// "binance: " where the run has several venues, else "".
void fmt_venue(struct fmt *f, const struct engine *e, uint8_t venue);

// -- market_in.c
void market_on_event(struct engine *e, const struct event *ev);
void market_housekeeping(struct engine *e);
// Price for valuation: mark, else the middle of the touch, else the last trade; 0 unknown.
int64_t market_value_price_e8(const struct engine *e, uint16_t i);
// The world may say anything; these say whether our arithmetic and our common sense can follow.
bool market_price_is_sane(const struct engine *e, uint16_t i, int64_t price_e8);
bool market_position_is_sane(const struct engine *e, uint16_t i, int64_t lots, int64_t price_e8);

// -- reports.c
void reports_on_order(struct engine *e, const struct event *ev);
void reports_on_account(struct engine *e, const struct event *ev);
// Lots that we may close: the position; on spot what our own trades left in the wallet, whole lots.
int64_t position_own_lots(const struct engine *e, uint16_t i);
// Equity again, and what follows from it. Call after marks, fills and cash.
void equity_update(struct engine *e);
// Our position becomes the venue's by a visible ADJUSTMENT.
void position_set_by_venue(struct engine *e, uint16_t i);

// -- start.c
void start_run(struct engine *e);
uint64_t read_orders(struct engine *e, uint16_t i);
uint64_t read_position(struct engine *e, uint16_t i);
void reconcile_orders(struct engine *e, uint16_t i, const struct ev_account *a);
void reconcile_position(struct engine *e, uint16_t i, const struct ev_account *a);
// Spot: the wallet of the base currency was read and ours agrees with it.
void reconcile_holding(struct engine *e, uint16_t i, const struct ev_account *a);
void reconcile_failed(struct engine *e, uint64_t read_id);
void reconcile_housekeeping(struct engine *e);

// -- quotes.c
void quotes_run(struct engine *e);
void quotes_housekeeping(struct engine *e);
// Cancel every live order of ours on the instrument now; those already asked for are not asked again. Returns
// how many.
uint32_t quotes_cancel_all(struct engine *e, uint16_t i, uint64_t echo_seq);
// One cancel, if it can be sent now.
bool quotes_cancel(struct engine *e, uint16_t slot, uint64_t echo_seq);
void deadman_ensure(struct engine *e, uint16_t i);

// -- faults.c: links, load, budgets, refusals, limits; what they do to the trading state and to the alarms
void faults_on_event(struct engine *e, const struct event *ev);
void faults_housekeeping(struct engine *e);
void faults_on_answer(struct engine *e, bool refused);
void faults_on_code(struct engine *e, uint8_t venue, int32_t code); // of a finished order; 0 none

// -- operator.c
void operator_on_event(struct engine *e, const struct event *ev);
// A rule acts as an operator would, with an echo of its own that says why.
void operator_by_rule(struct engine *e, enum verb verb, const char *why);

// -- echo.c: operator actions and how far they came
struct echo *echo_new(struct engine *e, enum actor actor, enum verb verb, uint16_t instrument,
                      int64_t key_mono_ns);
struct echo *echo_find(struct engine *e, uint64_t seq); // NULL: none, or long ago
void echo_refuse(struct echo *x, const char *why);
void echo_text(struct echo *x, const char *text);
void echo_done(struct engine *e, struct echo *x);
// Time since the key, at least 1 (0 means "not yet").
int64_t echo_since(const struct echo *x, int64_t at_ns);
void echo_on_write(struct engine *e, uint64_t seq, int64_t at_ns); // bytes of its request were handed over
void echo_on_done(struct engine *e, uint16_t slot); // an order it cancelled or closed with has ended

#endif
