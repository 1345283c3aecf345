// SPDX-License-Identifier: Apache-2.0
// risk: the one door. No order leaves the engine unless risk_approve() or risk_approve_close() let it out,
// and that is not a convention: `struct approved_order` is incomplete everywhere but in risk.c, order_place()
// takes nothing else, and an approval is good for one order in the very state of exposure it was computed for
// (a reservation at INTENT).
//
// All arithmetic is in integers: prices in ticks, quantities in lots, money and fractions in 1e-8. What risk
// knows of the world are the facts that the engine writes into `fact[]`, the exposures that order.c
// maintains, and the equity. It does not size, does not choose prices, sends nothing and raises no alarm: it
// answers with a verdict and one line.
//
// The position and gross limits are stated for the configured capital. When equity is below it they shrink
// with it, so that "half the capital" and "1.0x equity" stay true while money is lost. A limit of zero allows
// nothing.
//
// owner: the engine (one thread). Plain data without pointers, no allocation.
#ifndef TT_ENGINE_RISK_RISK_H
#define TT_ENGINE_RISK_RISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/event.h"
#include "engine/market/instrument.h"
#include "engine/snapshot.h"

// -------------------------------------------------------------------------------------- what orders expose

// Own orders of one instrument that may still fill: open, in flight (from INTENT on), in doubt, and
// quantities that the venue says are filled but whose fill has not reached us. Lots >= 0.
struct exposure {
    int64_t buy_lots, sell_lots;               // all, reduce-only included
    int64_t reduce_buy_lots, reduce_sell_lots; // of these, reduce-only
    int64_t best_buy_ticks;                    // highest live own bid; 0 none
    int64_t best_sell_ticks;                   // lowest live own offer; INT64_MAX none
    uint32_t orders;                           // live orders
    uint32_t doubts;                           // of these, UNKNOWN
};

// Maintained by order.c and nobody else.
struct exposure_book {
    struct exposure ins[INSTRUMENT_MAX];
    uint64_t revision;       // counts every change; binds an approval to the state it was given for
    uint32_t live, live_max; // live orders in the table and how many it holds
};

// ------------------------------------------------------------------------------------------------ the door

struct order_intent {
    uint16_t instrument;
    uint8_t venue;
    uint8_t strategy; // enum strategy_id
    int8_t side;      // enum side
    uint8_t tif;      // enum tif
    uint8_t reduce_only;
    uint8_t close_only;  // set by risk_approve_close only
    int64_t price_ticks; // every order has a limit price
    int64_t qty_lots;
};

// Facts of one instrument, written by the engine as its events come. Zero-initialised = nothing known =
// refused.
struct risk_fact {
    struct instrument def; // def.tick_e8 == 0: not known yet
    int64_t mark_e8;       // 0 unknown
    int64_t mark_mono_ns;
    int64_t book_mono_ns; // last change of the book
    int64_t
        book_stale_ns; // 0: config.book_stale_ns; else max(that, 5 x median gap) as the engine measured it
    int64_t position_lots; // the account's, from the ledger
    uint8_t book_state;    // enum book_state
    uint8_t book_suspect;  // crossed, frozen, fat print: no new risk
    uint8_t trading_state; // enum trading_state of this instrument
    uint8_t missed_fill;   // O8: a fill is missing; no new risk until it is fetched
    uint8_t pad[4];
};

enum refusal {
    REFUSED_NOT,        // approved
    REFUSED_STATE,      // trading state forbids it
    REFUSED_STRATEGY,   // strategy stopped by the repeated-execution throttle until the operator resumes it
    REFUSED_INSTRUMENT, // unknown, halted, read-only kind
    REFUSED_BOOK,       // not live, stale or suspect
    REFUSED_MARK,       // unknown or old
    REFUSED_EQUITY,     // not known yet
    REFUSED_PRICE,      // off the venue's price range, PERCENT_PRICE
    REFUSED_COLLAR,
    REFUSED_QTY,      // below minimum, above maximum
    REFUSED_NOTIONAL, // below the venue's minimum
    REFUSED_ORDER_VALUE,
    REFUSED_POSITION,
    REFUSED_GROSS,
    REFUSED_OPEN_ORDERS,
    REFUSED_RATE,
    REFUSED_REPEAT, // this very order made the throttle stop the strategy
    REFUSED_SELF_CROSS,
    REFUSED_DAY_LOSS,
    REFUSED_DRAWDOWN,
    REFUSED_REDUCE, // reduce-only that does not reduce, or more than is left to reduce
    REFUSED_MISSED_FILL,
    REFUSED_INVALID, // malformed intent: a bug of the strategy
    REFUSED_COUNT
};

struct risk_verdict {
    uint8_t refusal; // enum refusal
    char text[95];   // one line: what, the numbers, the remedy; "" when approved
};

enum { RISK_RATE_MAX = 1024, RISK_REPEAT_MAX = 128 }; // larger configured counts are cut to these
#define RISK_DAY_LOSS_CEILING_E8 (E8 / 5)             // design.md 12: no configuration can exceed these
#define RISK_DRAWDOWN_CEILING_E8 (E8 * 3 / 10)
#define RISK_MARK_STALE_NS       INT64_C(5000000000) // five periods of the slowest mark stream in use (1 s)

// Bits of risk_on_equity() and of risk.latched.
enum { RISK_HIT_DAY_LOSS = 1, RISK_HIT_DRAWDOWN = 2 };

struct risk_repeat {
    uint64_t key[RISK_REPEAT_MAX]; // fingerprint of an approved order
    int64_t mono_ns[RISK_REPEAT_MAX];
    uint32_t next, pad;
};

struct risk {
    struct risk_config config; // limits clamped to the ceilings
    int64_t capital_e8;
    struct risk_fact fact[INSTRUMENT_MAX];
    uint8_t trading_state;           // of the whole program; the lower of both rules
    uint8_t latched;                 // RISK_HIT_*: no new risk until released
    uint8_t stopped[STRATEGY_COUNT]; // repeated-execution throttle
    uint8_t equity_known;
    int64_t equity_e8, day_start_equity_e8, peak_equity_e8;
    int64_t day;                         // UTC day number of day_start_equity_e8
    int64_t day_loss_latched_day;        // the day on which the daily loss was hit
    int64_t rate_mono_ns[RISK_RATE_MAX]; // placements and cancels of the last second, a ring
    uint32_t rate_head, rate_count;
    struct risk_repeat repeat[STRATEGY_COUNT];
    uint64_t approved_count, refused_count;
    int64_t last_value_e8, last_distance_e8; // of the last approved order: notional, distance from mark
    uint64_t slot[12];                       // the one approval in flight; its layout is risk.c's secret
};

// Leaves only risk_approve and risk_approve_close; taken in by order_place.
struct approved_order;

// Zero state with the configured limits, those of loss clamped to their ceilings; trading state QUIET, equity
// unknown.
void risk_init(struct risk *r, const struct risk_config *config, int64_t capital_e8);

// Day-start and peak equity of a run that begins now. day_pnl_e8: carried over within this UTC day.
void risk_start(struct risk *r, int64_t equity_e8, int64_t day_pnl_e8, int64_t wall_ns);

// Ordinary orders. NULL when refused (verdict filled, may be NULL); else an approval that must be handed to
// order_place() before any other order changes. Checks all of: state, strategy, instrument, book, mark, grid
// and range, collar, quantity, notional, order value, worst-case position and gross, open orders, rate,
// repetition, self-cross, loss limits, reduce-only. Exempt when reduce_only: book, minimum notional, order
// value, position, gross, losses.
struct approved_order *risk_approve(struct risk *r, const struct order_intent *in,
                                    const struct exposure_book *exposures, int64_t mono_ns,
                                    struct risk_verdict *why);

// The kill's own path, open in KILLED and every other state but HALT: an IOC, reduce-only and close-only by
// force, on the side against the position and never larger than it, so it can only reduce. A slice in doubt
// does not block the next (reduce-only cannot flip at the venue). Needs no live book and no fresh mark; a
// mark that is known still bounds the price by the venue's PERCENT_PRICE.
struct approved_order *risk_approve_close(struct risk *r, const struct order_intent *in,
                                          const struct exposure_book *exposures, int64_t mono_ns,
                                          struct risk_verdict *why);

// For order_place only: take the approval out, once. Asserts that it is unspent and that no order changed
// since.
struct order_intent approved_spend(struct approved_order *a, const struct exposure_book *exposures);

// Count a cancel against the order rate (cancels are never refused; approvals count themselves).
void risk_note_cancel(struct risk *r, int64_t mono_ns);

// --------------------------------------------------------------------------------------- equity and losses

// Equity (wallet + unrealised at mark) as it is now. Turns the UTC day once, moves the peak, and returns the
// RISK_HIT_* bits that became true by this call; they stay latched.
uint32_t risk_on_equity(struct risk *r, int64_t equity_e8, int64_t wall_ns);
// Deposit (> 0) or withdrawal (< 0): moves day start and peak, so that a transfer is neither profit nor loss.
void risk_on_transfer(struct risk *r, int64_t amount_e8);
// Fractions e8, >= 0.
int64_t risk_day_loss_e8(const struct risk *r);
int64_t risk_drawdown_e8(const struct risk *r);
// Operator's release of latched losses. The daily loss only on a later UTC day; the drawdown starts a new
// peak at the present equity. False with a line when nothing may be released.
bool risk_release(struct risk *r, char *text, size_t cap);
// Operator resumes a strategy that the throttle stopped.
void risk_resume_strategy(struct risk *r, enum strategy_id s);

// -------------------------------------------------------------------------------------- limits, for people

// New limit value in the unit of enum limit_id; false with a line when outside its range (nothing changed).
// The engine asks for the typed word when risk_limit_is_raise().
bool risk_set_limit(struct risk *r, enum limit_id id, int64_t value, char *text, size_t cap);
bool risk_limit_is_raise(const struct risk *r, enum limit_id id, int64_t value);
// used / limit for the snapshot, the limit as it is in force now. Per-instrument limits show the instrument
// that uses most; LIMIT_ORDER_VALUE and LIMIT_COLLAR what the last approved order used.
struct snap_limit risk_limit_used(const struct risk *r, enum limit_id id,
                                  const struct exposure_book *exposures, int64_t mono_ns);

// The limit as it is in force: position and gross shrink with equity below the configured capital.
int64_t risk_limit_in_force_e8(const struct risk *r, enum limit_id id);
// Placements and cancels of the last second.
int64_t risk_rate_used(const struct risk *r, int64_t mono_ns);

// Smallest order that the venue takes at the present mark (lots), by quantity and notional; 0 when unknown.
int64_t risk_smallest_order_lots(const struct risk_fact *f);
// "" and false when the smallest order fits every bound; else true and one line that names the bound and what
// capital would do, e.g. "BTCUSDT needs 124 USDT: smallest order 0.001 is 61.80, position cap 25.00".
bool risk_capital_hint(const struct risk *r, uint16_t instrument, char *text, size_t cap);

// Notional of lots (sign ignored) at mark, 1e-8 USDT; 0 when the mark is unknown.
int64_t risk_value_e8(const struct risk_fact *f, int64_t lots);
// Worst case of one instrument: the larger of |position + buys| and |position - sells|, at mark.
int64_t risk_worst_value_e8(const struct risk_fact *f, const struct exposure *x);

const char *refusal_name(enum refusal r);

#endif
