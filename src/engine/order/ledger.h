// SPDX-License-Identifier: Apache-2.0
// ledger: double-entry. Every fill, fee, funding payment, transfer and adjustment moves an amount from one
// named account to another of the same currency, so the sum over all accounts is zero per currency, as
// integers, after every event.
//
// The one idea: the venue keeps one position per instrument, we keep one per strategy as well. Per fill of
// signed notional n the strategy's cost rises by n + r_s (r_s: what the strategy realised) and the venue's by
// n + r_v (what the venue pays into the wallet). CLEARING carries minus the venue's open cost, POSITION_COST
// the strategies'; so CASH equals the venue's wallet to 1e-8 although strategies realise at other times than
// the account does. Balance = debits - credits: assets are positive, income and capital negative.
//
//   CASH           wallet of a currency at a venue                 (venue)
//   CLEARING       minus the venue's cost of the open position     (instrument; zero on spot)
//   POSITION_COST  open cost of a strategy's position              (instrument, strategy)
//   HOLDING        minus what fills of a spot instrument brought in, in its base currency (instrument)
//   REALISED, FEES, FUNDING, SEAM, ADJUSTMENT                      (instrument, or none: venue; strategy)
//   ROUNDING       last-unit differences between the two costs     (instrument, or none: venue)
//   CAPITAL        wallet when it was first seen;  EXTERNAL  deposits and withdrawals since   (venue)
//
// A spot fill is paid at once: CASH gives the notional to CLEARING (which then has nothing open) and the base
// units come from HOLDING into CASH of the base currency. Minus HOLDING, less fees taken in base units, is
// what our own trades left in that wallet: all that we may ever sell. What else lies there is not ours.
//
// Linear and spot. Owner: the engine (one thread). Plain data without pointers, no allocation.
#ifndef TT_ENGINE_ORDER_LEDGER_H
#define TT_ENGINE_ORDER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"
#include "engine/market/position.h"
#include "engine/order/order.h"
#include "engine/snapshot.h"

enum account {
    ACCOUNT_CASH,
    ACCOUNT_CLEARING,
    ACCOUNT_POSITION_COST,
    ACCOUNT_REALISED,
    ACCOUNT_FEES,
    ACCOUNT_FUNDING,
    ACCOUNT_SEAM,
    ACCOUNT_ADJUSTMENT,
    ACCOUNT_ROUNDING,
    ACCOUNT_CAPITAL,
    ACCOUNT_EXTERNAL,
    ACCOUNT_HOLDING,
    ACCOUNT_COUNT
};

enum posting_kind {
    POSTING_CAPITAL,
    POSTING_FILL,
    POSTING_FEE,
    POSTING_FUNDING,
    POSTING_TRANSFER,
    POSTING_ADJUSTMENT,
    POSTING_SEAM,
    POSTING_LIQUIDATION,
    POSTING_ADL,
    POSTING_ROUNDING,
    POSTING_KIND_COUNT
};

// One movement. amount_e8 > 0 goes from `credit` to `debit`. Both sides share currency, instrument and
// strategy, as far as the account has them (table above).
struct posting {
    uint64_t seq;      // event
    uint64_t trade_id; // fills and fees; adjustments: a fingerprint of their content; else 0
    int64_t amount_e8;
    uint16_t instrument;   // INSTRUMENT_NONE: none
    uint8_t debit, credit; // enum account
    uint8_t currency;      // enum currency
    uint8_t strategy;      // enum strategy_id
    uint8_t kind;          // enum posting_kind
    uint8_t venue;         // enum venue_id
    char client_id[CLIENT_ID_MAX];
};

// No single amount that a venue reports is larger; larger ones are refused, not posted.
#define LEDGER_AMOUNT_MAX_E8 (INT64_C(1000000000) * E8)

// Rows of balances: the instruments, then, by venue, what belongs to none.
enum { LEDGER_POSTINGS_MAX = 128, LEDGER_ROWS = INSTRUMENT_MAX + VENUE_MAX };

struct ledger {
    int64_t balance_e8[ACCOUNT_COUNT][CURRENCY_COUNT][LEDGER_ROWS][STRATEGY_COUNT];
    struct position total[INSTRUMENT_MAX];                // as the venue keeps it
    struct position part[INSTRUMENT_MAX][STRATEGY_COUNT]; // as the strategies keep it; lots sum to total
    int64_t traded_e8[INSTRUMENT_MAX][STRATEGY_COUNT];    // turnover, notional
    uint64_t fills[INSTRUMENT_MAX][STRATEGY_COUNT], maker_fills[INSTRUMENT_MAX][STRATEGY_COUNT];
    uint8_t spot[INSTRUMENT_MAX]; // fills of a spot instrument were posted
    uint64_t postings_total;
    // Postings of the venue since that wallet last agreed: bound of ROUNDING.
    uint64_t units_since_match[VENUE_MAX][CURRENCY_COUNT];
    uint32_t count, pad; // postings of this step
    struct posting step[LEDGER_POSTINGS_MAX];
};

void ledger_init(struct ledger *l);
// A new engine step: forget the postings of the last one.
void ledger_begin_step(struct ledger *l);
const struct posting *ledger_postings_of_step(const struct ledger *l, size_t *count);

// Wallet with which a venue begins. Once per venue and currency, before anything else moves it. False:
// absurd, not posted.
bool ledger_open(struct ledger *l, uint64_t seq, uint8_t venue, enum currency c, int64_t wallet_e8);
// Position that exists when the run begins, at the venue's entry price; belongs to `strategy`. Not a fill:
// ADJUSTMENT takes its cost from CLEARING and gives it to POSITION_COST, no profit or loss arises.
void ledger_open_position(struct ledger *l, uint64_t seq, const struct instrument *ins,
                          enum strategy_id strategy, int64_t lots, int64_t entry_e8);

// What a fill did.
struct ledger_fill_result {
    int64_t realised_e8;      // the strategies' profit before fees
    int64_t wallet_change_e8; // what the venue's wallet of the settle currency moved, fee included
    bool posted;              // false: an absurd notional or fee, nothing was posted (S8: distrust the venue)
};

// Post one fill and its fee. Kinds: ORDINARY, MISSED -> REALISED; SEAM -> SEAM; LIQUIDATION, ADL -> REALISED.
// Forced fills (SEAM, LIQUIDATION, ADL) and those of STRATEGY_KILL are shared: when they leave the account
// flat every strategy closes at this price (opposite positions settle against each other), else strategies on
// the reduced side give in order of their number.
struct ledger_fill_result ledger_fill(struct ledger *l, uint64_t seq, const struct instrument *ins,
                                      const struct order_fill *f);
// Funding received (> 0) or paid (< 0), split by the strategies' positions; without instrument or position it
// belongs to STRATEGY_NONE. False: absurd amount, not posted (also below).
bool ledger_funding(struct ledger *l, uint64_t seq, const struct instrument *ins /* NULL: none */,
                    uint8_t venue, enum currency c, int64_t amount_e8);
// Deposit (> 0) or withdrawal (< 0).
bool ledger_transfer(struct ledger *l, uint64_t seq, uint8_t venue, enum currency c, int64_t amount_e8);

// Reconciliation. The venue's wallet is the truth: a difference within one unit per posting since the last
// agreement goes to ROUNDING, anything else is one visible ADJUSTMENT. Returns the adjusted amount (0: agreed
// or rounding). Doing it twice changes nothing the second time. An absurd wallet is not posted: INT64_MAX.
int64_t ledger_match_wallet(struct ledger *l, uint64_t seq, uint8_t venue, enum currency c,
                            int64_t venue_wallet_e8);
// Linear: the venue's position is the truth: a difference becomes an ADJUSTMENT at the venue's entry price,
// booked on `strategy`; never a fill. An entry of 0 stands for our own. Returns the difference in lots (not
// posted when absurd: the next match returns it again). order_settle_missed() belongs with it.
int64_t ledger_match_position(struct ledger *l, uint64_t seq, const struct instrument *ins,
                              enum strategy_id strategy, int64_t venue_lots, int64_t venue_entry_e8);
// The instrument's lot changed: positions keep their base quantity. False (nothing changed) when they do not
// fit the new lot; the engine must then go QUIET.
bool ledger_relot(struct ledger *l, uint16_t instrument, int64_t old_lot_e8, int64_t new_lot_e8);

// ---------------------------------------------------------------------------------------------------- look

// INSTRUMENT_NONE: of all venues together.
int64_t ledger_balance_e8(const struct ledger *l, enum account a, enum currency c, uint16_t instrument,
                          enum strategy_id s);
int64_t ledger_wallet_e8(const struct ledger *l, uint8_t venue, enum currency c);
// Capital at start plus transfers since.
int64_t ledger_capital_e8(const struct ledger *l, uint8_t venue, enum currency c);
// Spot: base units (1e-8) that our own trades left in the wallet, fees in base units taken off.
int64_t ledger_holding_e8(const struct ledger *l, const struct instrument *ins);
// Its value at a price, rounded as ledger_pnl_instrument rounds.
int64_t ledger_holding_value_e8(const struct ledger *l, const struct instrument *ins, int64_t price_e8);
// Sum over all accounts of a currency: zero, always.
int64_t ledger_sum_e8(const struct ledger *l, enum currency c);

// Profit and loss in the settle currency. net = realised + unrealised - fees + funding + seam + adjustment.
// mark_e8 0: unrealised is taken as zero. Spot: unrealised values what is held after fees in base units, so
// that these cost what they cost.
struct snap_pnl ledger_pnl(const struct ledger *l, const struct instrument *ins, enum strategy_id s,
                           int64_t mark_e8);
// Of all strategies on an instrument, valued once at mark, so that the sum over instruments plus
// ledger_pnl_none() equals wallet - capital + unrealised of the account, less ROUNDING.
struct snap_pnl ledger_pnl_instrument(const struct ledger *l, const struct instrument *ins, int64_t mark_e8);
// What belongs to no instrument (funding without one, wallet adjustments), of all venues.
struct snap_pnl ledger_pnl_none(const struct ledger *l, enum currency c, enum strategy_id s);
void pnl_add(struct snap_pnl *to, const struct snap_pnl *p);
int64_t pnl_net_e8(const struct snap_pnl *p);

// Recompute what must agree (sums, costs against balances, parts against totals) and assert it. For tests,
// the simulator, and the engine after every step that posted.
void ledger_check(const struct ledger *l);

const char *account_name(enum account a);
const char *posting_kind_name(enum posting_kind k);

#endif
