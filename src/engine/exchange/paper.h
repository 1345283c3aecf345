// SPDX-License-Identifier: Apache-2.0
// paper: an account without a venue of its own: the market is another's (a live feed, a tape), the orders are
// matched here by the simulated exchange, the fill model of the embedded venue. It stands where a session
// stands: actions go in, events come out. The engine cannot tell the difference, which is the point.
//
// An order reaches the book `entry_ns` after it was decided and its news comes back `answer_ns` after it
// happened; both ways are queues, so that nothing overtakes. No I/O, no clock: time is told. One venue each;
// owner: the thread of the engine.
#ifndef TT_ENGINE_EXCHANGE_PAPER_H
#define TT_ENGINE_EXCHANGE_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/event.h"

struct paper_config {
    uint8_t venue; // enum venue_id
    uint8_t isolated;
    int32_t leverage;
    uint32_t instrument_count; // the engine's table: entries of this venue are ours, ids stay the engine's
    struct instrument_config instruments[INSTRUMENT_MAX];
    int64_t wallet_e8;                  // USDT at the start
    int64_t maker_fee_e8, taker_fee_e8; // when not 0 they replace the instruments' own
    int64_t entry_ns, answer_ns;        // >= 0
    int64_t reconcile_ns;               // positions and balance are told this often
    uint64_t seed;
};

// Where a paper account puts what it has to tell. Called inside a paper call; must not call paper again.
struct paper_out {
    void *ctx;
    void (*event)(void *ctx, struct event *ev); // seq and times still unset; ev dies with the call
};

struct paper;

struct paper *paper_new(const struct paper_config *c); // NULL: out of memory
void paper_free(struct paper *p);                      // NULL-safe

// Something that the venue's session told the engine: instruments open the account (once all of ours are
// known, the only time that memory is taken), market events match orders. Others are ignored. `ev` is that
// event as it was stepped.
void paper_on_event(struct paper *p, const struct event *ev, int64_t mono_ns, int64_t wall_ns,
                    const struct paper_out *out);
// What the engine wants; of another kind than place, amend, cancel, cancel-all, dead-man, read: false, not
// ours.
bool paper_on_action(struct paper *p, const struct action *a, int64_t mono_ns, int64_t wall_ns,
                     const struct paper_out *out);
void paper_on_time(struct paper *p, int64_t mono_ns, int64_t wall_ns, const struct paper_out *out);
// Monotonic; INT64_MAX: never.
int64_t paper_next_deadline(const struct paper *p);

#endif
