// SPDX-License-Identifier: Apache-2.0
// kill: cancel everything, close everything, and believe only the venue's answers (failure-modes.md 4). The
// same sweep, without closing, ends a run.
//
// All venues in parallel. An instrument concerns the kill when we trade on its venue, or when something of
// ours or of anybody is known to be there; one that is only watched, with nothing there, is waited for by
// nobody. Perpetuals are closed reduce-only; on spot only what our own trades left in the wallet is sold.
//
// FLAT: open orders and position of every instrument were answered empty (or dust) by reads sent after
// everything that could have changed them. SEALED: the same by reads sent no sooner than the acceptance
// window after the last order byte. KILLED is latched and left by VERB_RELEASE only. Owner: the engine.
#ifndef TT_ENGINE_KILL_H
#define TT_ENGINE_KILL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"

struct kill_leg {              // one instrument
    int64_t cancel_asked_ns;   // last ACT_CANCEL_ALL; 0 none in this sweep
    int64_t dirty_ns;          // last thing that a read must be younger than
    int64_t orders_empty_ns;   // request time of the newest read without open orders; 0 none, or dirty since
    int64_t position_empty_ns; // likewise without a position (or with dust)
    int64_t slice_ns;          // last slice asked for
    int64_t refused_ns;        // risk's refusal of one was last told
    int64_t collar_e8;
    int64_t progress_ns; // |position| last fell (or the collar was doubled)
    int64_t progress_lots;
    int64_t other_ns; // request time of a read that told another position than ours; 0 none
    int64_t other_lots;
    uint32_t slices;
    uint16_t slice_slot;  // slice under way, ORDER_NONE
    uint8_t cancel_acked; // the last cancel-all was answered
    uint8_t first_acked;  // one was, in this sweep
    uint8_t dust;         // what is left is below the venue's minimum
    uint8_t concerned;    // something was there since the sweep began
    uint8_t pad[6];
};

struct kill {
    uint8_t sweeping; // cancelling and verifying
    uint8_t latched;  // KILLED
    uint8_t closing;  // positions too
    uint8_t phase;    // enum kill_phase
    uint8_t flat, sealed;
    uint8_t quitting; // ACT_QUIT follows
    uint8_t quit_done;
    uint32_t slices;
    uint32_t rounds; // of cancel-all since the start
    uint64_t flattens;
    uint64_t echo_seq, quit_echo_seq;
    int64_t started_ns, quit_deadline_ns;
    int64_t fates_asked_ns; // when a quit asked for the fate of orders that nobody told us the end of; 0: not
    int64_t cost_estimate_e8;
    struct kill_leg leg[INSTRUMENT_MAX];
};

struct engine;

// Begin, or (under way) send again what is not acknowledged. Returns true when a new flatten was started.
bool kill_flatten(struct engine *e, uint64_t echo_seq);
// FLAT but not SEALED: when the newest order byte can no longer land; 0 otherwise.
int64_t kill_seal_due_ns(const struct engine *e);
// Stop closing; cancelling and verifying go on. False when nothing is being closed.
bool kill_abort(struct engine *e);
// Leave KILLED. NULL when done, else why not.
const char *kill_release(struct engine *e);
// End the run: cancel all, verify, ACT_QUIT with the exit code. With flatten: close too.
void kill_quit(struct engine *e, bool flatten, uint64_t echo_seq);

// What reports mean for it.
void kill_on_cancel_all(struct engine *e, uint16_t i, bool done);
void kill_on_fill(struct engine *e, uint16_t i);
void kill_on_order_alive(struct engine *e, uint16_t i); // an order was sent or seen at the venue
void kill_on_slice_done(struct engine *e, uint16_t slot);
void kill_on_read(struct engine *e, uint16_t i, const struct ev_account *a);

// Everything that is due now; called at the end of each step.
void kill_run(struct engine *e);
int64_t kill_deadline(const struct engine *e);
// What it would cost to close the position now: taker fee and half spread, 1e-8.
int64_t kill_cost_e8(const struct engine *e, uint16_t i);

#endif
