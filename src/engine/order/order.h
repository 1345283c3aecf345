// SPDX-License-Identifier: Apache-2.0
// order: what became of every order. One table, keyed by client id and by (instrument, venue order id), fed
// by reports of all paths (answer, user stream, query) in any order, any number of times; the outcome is the
// same.
//
// States are those of snapshot.h (failure-modes.md 1). The rule of doubt: an UNKNOWN order counts in exposure
// at its full open quantity and only evidence resolves it: a report, a query answer, RK_ABSENT (the session
// proves absence). Terminal is final, but for two things: a late fill is posted (money is real), and an order
// that was believed never accepted (REJECTED by answer, NOT_SENT, ABSENT) comes back to life when stream or
// query shows it (EFF_REVIVED).
//
// Not here: when to ask or to resend (venue/session), what a fill does to money (ledger), whether to alarm
// (engine.c).
//
// owner: the engine (one thread). Plain data without pointers, no allocation.
#ifndef TT_ENGINE_ORDER_ORDER_H
#define TT_ENGINE_ORDER_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"
#include "engine/risk/risk.h"
#include "engine/snapshot.h"

enum { ORDERS_MAX = 1024, ORDERS_LIVE_MAX = 512, ORDER_FILLS_MAX = 4096, ORDER_NONE = 0xffff };
enum { ORDER_BUCKETS = 2048, ORDER_FILL_BUCKETS = 8192 };

struct order {
    char client_id[CLIENT_ID_MAX];
    uint64_t order_id;  // the venue's; 0 unknown
    uint64_t cause_seq; // event that caused it
    int64_t intent_mono_ns;
    int64_t sent_mono_ns, sent_wall_ns; // last byte handed over; 0 not yet
    int64_t ack_ns;                     // sent -> first answer of the venue; 0 none yet
    int64_t cancel_mono_ns;             // last cancel asked for
    int64_t live_mono_ns;               // first known open; 0 never
    int64_t doubt_mono_ns;              // in UNKNOWN since
    int64_t missed_mono_ns;             // cum beyond the known fills since; 0 none
    int64_t done_mono_ns;
    int64_t price_ticks, qty_lots;
    int64_t cum_lots;     // highest cumulative figure that the venue told; never falls
    int64_t base_lots;    // filled before we knew the order (adopted)
    int64_t settled_lots; // filled, never reported, and settled by an ADJUSTMENT of the position
    int64_t filled_lots;  // sum of distinct fills we booked
    int64_t ahead_lots;   // estimated queue ahead, quant.md 12.1 risk-averse; -1 unknown
    int32_t code;         // last venue error code
    uint16_t instrument;
    uint8_t venue;
    uint8_t state;    // enum order_state
    uint8_t flags;    // ORDF_*
    uint8_t strategy; // enum strategy_id
    int8_t side;      // enum side
    uint8_t tif;
    uint8_t close_only;
    uint8_t accepted;      // the venue has said once that it took it
    uint8_t cancel_wanted; // asked to cancel before the place left us
    uint8_t done_source;   // enum report_source that ended it
    uint16_t cancels;      // cancels sent
    uint16_t next, prev;   // list of live orders of the instrument, or of finished ones; ORDER_NONE ends
    uint16_t next_client, next_venue; // hash chains
    uint16_t pad;
};

struct order_fill_key {
    uint64_t trade_id;
    uint16_t instrument;
    uint16_t next; // hash chain
    uint32_t pad;
};

struct orders {
    struct exposure_book exposures;
    uint64_t counter; // of client ids
    uint32_t epoch;
    uint32_t done_count;
    uint64_t evicted, duplicates, late_fills, adopted;
    uint32_t missed[INSTRUMENT_MAX]; // orders with a missing fill
    uint16_t live_head[INSTRUMENT_MAX];
    uint16_t done_head, done_tail, free_head, pad; // finished: newest first
    uint16_t by_client[ORDER_BUCKETS], by_venue[ORDER_BUCKETS];
    struct order slot[ORDERS_MAX];
    uint32_t fill_next, fill_count; // ring of the last ORDER_FILLS_MAX fills
    uint16_t fill_bucket[ORDER_FILL_BUCKETS];
    uint64_t fill_forgotten[INSTRUMENT_MAX]; // highest trade id that left the ring
    struct order_fill_key fill[ORDER_FILLS_MAX];
};

// What a report did. Flags tell the engine what to act on.
enum {
    EFF_CHANGED = 1 << 0,   // state, quantity or price of the order changed
    EFF_ACCEPTED = 1 << 1,  // first evidence that the venue took it: set the queue estimate (order_set_ahead)
    EFF_FILL = 1 << 2,      // `fill` is new: post it
    EFF_DUPLICATE = 1 << 3, // a fill that we have already; dropped
    EFF_LATE = 1 << 4,      // fill on a finished order: alarm, exposure re-checked
    EFF_OVERFILL = 1 << 5,  // fills or cum beyond the order's quantity: S8
    EFF_MISSED = 1 << 6,  // cum beyond the known fills: fetch trades; order_missed_since() tells for how long
    EFF_ADOPTED = 1 << 7, // no record, our prefix: ours from a former life
    EFF_EXTERNAL = 1 << 8,  // adopted as EXTERNAL: somebody else trades this account
    EFF_REVIVED = 1 << 9,   // believed never accepted, yet it lives
    EFF_DONE = 1 << 10,     // became terminal by this report
    EFF_DOUBT = 1 << 11,    // became UNKNOWN by this report
    EFF_RESOLVED = 1 << 12, // left UNKNOWN by this report
    EFF_FORCED = 1 << 13, // liquidation, ADL or seam: no order of ours; `fill` is to be shared by the ledger
    EFF_CONFLICT = 1 << 14, // evidence contradicts evidence: ask the venue
    EFF_CANCEL_FAILED =
        1 << 15, // a cancel did not do it and the order is still live in our books: ask or repeat
    EFF_CANCEL_NOW = 1 << 16,  // a cancel was asked for while the place had not left; call order_cancel again
    EFF_SPLIT_BRAIN = 1 << 17, // our prefix with a newer epoch, or a counter we have not used: D11
    EFF_FULL = 1 << 18,        // no slot to adopt it: exposure is not known
    EFF_INVALID = 1 << 19,     // senseless report; ignored
    EFF_SETTLED = 1 << 20,     // fill of a quantity that an ADJUSTMENT had settled: post it, then
                               // ledger_match_position() to what the position was before
};

struct order_fill {
    int64_t signed_lots; // buy > 0; 0 = no fill
    int64_t price_e8;
    int64_t fee_e8; // positive = paid
    uint64_t trade_id;
    uint16_t instrument;
    uint8_t maker;
    uint8_t kind;         // enum fill_kind
    uint8_t strategy;     // enum strategy_id
    uint8_t fee_currency; // enum currency
    uint8_t pad[2];
    char client_id[CLIENT_ID_MAX];
};

struct order_effect {
    uint32_t flags; // EFF_*
    uint16_t slot;  // ORDER_NONE: no order
    uint8_t old_state, new_state;
    struct order_fill fill;
    int64_t missed_lots; // of this order, outstanding now
};

// When and why an order is made.
struct order_stamp {
    uint64_t seq;
    int64_t mono_ns;
};

void orders_init(struct orders *o, uint32_t epoch);

// ----------------------------------------------------------------------------------------------------- out

// Spend the approval: record at INTENT (this is the reservation) and fill the ACT_PLACE, the only one there
// is. Returns the slot. There is always room: risk refuses at exposures.live_max.
uint16_t order_place(struct orders *o, struct approved_order *a, struct order_stamp at, struct action *out);

// Fill an ACT_CANCEL of a live order. False, and nothing to send, when it is finished, when a cancel is under
// way, or when the place has not left yet (then EFF_CANCEL_NOW comes with the report that it has). kill:
// repeat although one is under way.
bool order_cancel(struct orders *o, uint16_t slot, struct order_stamp at, bool repeat, struct action *out);

// ------------------------------------------------------------------------------------------------------ in

// Apply one EV_ORDER. Never fails on strange input: see flags. RK_CANCEL_ALL_DONE changes nothing here.
struct order_effect order_apply(struct orders *o, const struct event *ev);

// Quantities that the venue reported as filled and that reconciliation has settled by an ADJUSTMENT: no
// longer missed.
void order_settle_missed(struct orders *o, uint16_t instrument);
// Since when (mono_ns) a fill of this instrument is missing; INT64_MAX when none is.
int64_t order_missed_since(const struct orders *o, uint16_t instrument);

// --------------------------------------------------------------------------------------------- queue ahead

// Displayed quantity of our level when the venue took the order.
void order_set_ahead(struct orders *o, uint16_t slot, int64_t displayed_lots);
// A market trade: at our price it eats the queue; through our price nothing is ahead any more.
void order_on_trade(struct orders *o, uint16_t instrument, enum side aggressor, int64_t price_ticks,
                    int64_t qty_lots);
// A level now displays so many lots: caps the queue of our orders there (cancels are assumed behind us).
void order_on_level(struct orders *o, uint16_t instrument, enum side side, int64_t price_ticks, int64_t lots);

// ---------------------------------------------------------------------------------------------------- look

static inline const struct order *order_at(const struct orders *o, uint16_t slot)
{
    return &o->slot[slot];
}

uint16_t order_find(const struct orders *o, const char *client_id); // ORDER_NONE when unknown
uint16_t order_find_venue(const struct orders *o, uint16_t instrument, uint64_t order_id);

// Live orders of an instrument, newest first: for (s = order_first(o, i); s != ORDER_NONE; s = order_next(o,
// s)). The current one may finish inside the loop only if `next` was read before.
static inline uint16_t order_first(const struct orders *o, uint16_t instrument)
{
    return o->live_head[instrument];
}

// Finished orders, newest first, walk the same links from o->done_head.
static inline uint16_t order_next(const struct orders *o, uint16_t slot)
{
    return o->slot[slot].next;
}

static inline bool order_state_is_live(enum order_state s)
{
    return s >= ORD_INTENT && s <= ORD_UNKNOWN;
}

// Lots of this order that may still reach the position: open quantity while live, missed fills afterwards.
int64_t order_exposed_lots(const struct order *r);
// cum beyond the fills we booked, >= 0.
int64_t order_missed_lots(const struct order *r);
// Is this step in the graph of states?
bool order_step_allowed(enum order_state from, enum order_state to);
const char *order_state_name(enum order_state s);
void order_to_snapshot(const struct order *r, struct snap_order *out);

// Recompute everything that is maintained incrementally and compare; asserts. For tests and the simulator.
void orders_check(const struct orders *o);

// ----------------------------------------------------------------------------------------------- client id

// "tt" strategy letter, epoch (base 36, 7 digits), "-", counter (base 36): design.md 3. buf: CLIENT_ID_MAX
// bytes.
void order_id_format(enum strategy_id s, uint32_t epoch, uint64_t counter, char *buf);
// False when it is not of our making.
bool order_id_parse(const char *id, enum strategy_id *s, uint32_t *epoch, uint64_t *counter);

#endif
