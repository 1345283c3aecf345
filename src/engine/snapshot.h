// SPDX-License-Identifier: Apache-2.0
// snapshot: what the engine publishes for eyes. Versioned, pointer-free, at most 256 KiB. The console, the
// metrics page, `status --json` and `run --json` read this and nothing else of the engine; histories belong
// to their readers.
//
// Writer: the hot (or replay) thread at the end of a step, when asked for. Reader: its own copy from the
// triple buffer (live/publish.h). Text is printable ASCII.
#ifndef TT_ENGINE_SNAPSHOT_H
#define TT_ENGINE_SNAPSHOT_H

#include <stdint.h>

#include "base/hist.h"
#include "engine/config.h"
#include "engine/event.h"

enum { SNAPSHOT_VERSION = 2 };
enum {
    SNAP_LEVELS = 40,
    SNAP_TRADES = 64,
    SNAP_ORDERS = 32,
    SNAP_DONE = 32,
    SNAP_FEATURES = 40,
    SNAP_ALARMS = 16,
    SNAP_ECHOES = 8
};

enum trading_state { TS_RUN, TS_REDUCE, TS_QUIET, TS_KILLED, TS_HALT };

enum kill_phase { KP_ARMED, KP_SENT, KP_ACK, KP_FLAT, KP_SEALED, KP_UNCONF, KP_ABORTED };

enum order_state {
    ORD_FREE,
    ORD_INTENT,
    ORD_SENT,
    ORD_OPEN,
    ORD_PART,
    ORD_UNKNOWN,
    ORD_FILLED,
    ORD_CANCELED,
    ORD_EXPIRED,
    ORD_REJECTED,
    ORD_NOT_SENT,
    ORD_ABSENT
};
enum { ORDF_CANCEL_SENT = 1, ORDF_AMEND_SENT = 2, ORDF_REDUCE = 4, ORDF_POST_ONLY = 8, ORDF_EXTERNAL = 16 };

struct snap_trade {
    int64_t wall_ns; // venue time of the trade
    int64_t price_ticks, qty_lots;
    int8_t side;
    uint8_t pad[7];
};

struct snap_order {
    char client_id[CLIENT_ID_MAX];
    uint64_t order_id;
    int64_t sent_wall_ns, sent_mono_ns;
    int64_t ack_ns; // sent -> first answer; 0 none yet
    int64_t price_ticks, qty_lots, cum_lots;
    int64_t ahead_lots; // estimated quantity ahead in the queue; -1 unknown
    int32_t code;       // venue error code
    uint16_t instrument;
    uint8_t state; // enum order_state
    uint8_t flags; // ORDF_*
    uint8_t strategy;
    int8_t side;
    uint8_t tif;
    uint8_t pad[5];
};

struct snap_feature {
    double value; // NaN when not valid
    double z;     // EWMA z-score; NaN while warming up
};

struct snap_limit {
    int64_t used, limit; // in the unit of enum limit_id; day loss and drawdown: fraction e8
};

struct snap_pnl { // 1e-8 USDT; net = realised + unrealised - fees + funding + seam + adjustment
    int64_t realised_e8, unrealised_e8, fees_e8, funding_e8, seam_e8, adjustment_e8;
};

struct snap_instrument {
    struct instrument def;
    uint8_t quoted;        // configured to be quoted
    uint8_t book_state;    // enum book_state
    uint8_t book_reason;   // enum book_reason
    uint8_t trading_state; // enum trading_state of this instrument (the lower of all rules)
    uint8_t maker_paused;
    uint8_t maker_quoting; // 1 while at least one quote is out
    uint8_t mark_derived;  // mark and funding were derived from a recording (EVF_DERIVED)
    uint8_t known;         // its grid was told; else only symbol and venue of the configuration stand in def
    int32_t spread_adjust_ticks; // operator's [ ]
    int32_t size_steps;          // operator's + -
    uint32_t bids, asks;
    struct level bid[SNAP_LEVELS], ask[SNAP_LEVELS]; // best first
    int64_t book_mono_ns;                            // when the book last changed
    uint64_t book_update_id;
    int64_t mark_e8, index_e8, funding_rate_e8, next_funding_ns; // spot has no mark: the middle of the touch
    int64_t mark_mono_ns;
    uint32_t trades; // valid entries, newest first
    uint32_t pad1;
    struct snap_trade trade[SNAP_TRADES];
    struct snap_feature feature[SNAP_FEATURES];
    uint64_t feature_valid;                          // bit mask
    int64_t position_lots, entry_e8, liquidation_e8; // liquidation 0 = none
    struct snap_pnl pnl;
    int64_t flatten_cost_e8;                  // taker fee + half spread on the open position
    int64_t quote_bid_ticks, quote_ask_ticks; // what the maker wants now, 0 none
    char why[96];                             // why the maker does or does not quote, one line
    char capital_hint[96]; // "needs at least 124 USDT: min order 0.001 BTC is 61.80, cap 25.00"; "" when fine
    uint64_t orders_sent, fills, maker_fills, gaps;
};

struct snap_strategy {
    uint8_t id;    // enum strategy_id
    uint8_t state; // 0 off, 1 running, 2 paused, 3 stopped by rule
    uint8_t pad[2];
    int32_t weight_ppm;
    int32_t open_orders;
    int32_t pad1;
    struct snap_pnl pnl;
};

struct snap_alarm {
    uint32_t number; // rises; what VERB_ACK names
    uint8_t level;   // enum alarm_level
    uint8_t acked, cleared, shelved;
    int64_t wall_ns, cleared_wall_ns;
    char code[16]; // "MD-STALE"
    char text[80];
};

// One operator (or rule) action and how far it came. Times are durations from the key, 0 = not yet.
struct snap_echo {
    uint64_t seq; // of the operator event; 0 = empty
    int64_t wall_ns;
    int64_t first_write_ns, acked_ns, flat_ns, sealed_ns, done_ns;
    uint32_t cancels_sent, cancels_acked, closes_sent, closes_acked;
    uint16_t instrument;
    uint8_t actor, verb, strategy;
    uint8_t refused; // 1: text says why
    uint8_t sub;     // which limit
    uint8_t pad;
    int64_t value;
    char text[96];
};

struct snap_kill {
    uint8_t phase; // enum kill_phase
    uint8_t latched;
    uint8_t quitting; // the run ends: cancelling (and closing), verifying, then it leaves
    uint8_t pad[5];
    int64_t
        seal_due_mono_ns; // FLAT, not yet SEALED: until then an order in flight could still land; 0 otherwise
    uint64_t flattens;    // how many flattens were started (a repeated F does not start another)
    int64_t started_mono_ns;
    int64_t known_open_orders, known_position_lots_sum;
    int64_t cost_estimate_e8;
    uint32_t slices, pad1;
};

enum station {
    ST_RECV_DECODE,
    ST_BOOK_FEATURES,
    ST_DECIDE,
    ST_ENCODE,
    ST_SIGN,
    ST_WRITE,
    ST_TICK_TO_ORDER,
    ST_TICK_TO_ORDER_LESS_SIGN,
    ST_ENGINE_STEP,
    ST_ORDER_RTT,
    ST_KEY_TO_CANCEL,
    ST_ANSWER_TO_ORDER,
    ST_COUNT
}; // TICK_*: from a market message; ANSWER_*: from an account or answer message

enum site_account { SITE_ACCOUNT, SITE_PAPER, SITE_PUBLIC }; // the venue's; matched here; none: public data

// One venue as the shell knows it.
struct snap_site {
    uint8_t link[LINK_COUNT]; // enum link_state
    uint8_t resting;          // the order connection is opened when an order is wanted
    uint8_t account;          // enum site_account
    uint8_t pad;
    int64_t link_age_ns[LINK_COUNT]; // since the last byte; 0: none yet
    int64_t rtt_ns;                  // last order round trip
    int64_t clock_offset_ns;
    int32_t weight_used, weight_limit, orders_used, orders_limit;
    uint64_t gaps, reconnects;
    char name[40];    // "aster@embedded"; "" when the run does not use this venue
    char market[160]; // what is played there
};

// Filled by the shell, not by engine_snapshot.
struct snap_shell {
    struct hist station[ST_COUNT];
    struct snap_site site[VENUE_COUNT]; // by enum venue_id
    uint8_t fence;                      // 1 while the order connections pass close-only requests
    uint8_t replay_paused, pad[2];
    uint64_t ws_bytes, ws_messages, events, ring_overflow, coalesced;
    uint64_t hot_mallocs; // steady state
    int32_t record_ring_pct, pad1;
    int32_t replay_speed_x100, replay_pct;
    int64_t replay_begin_ns, replay_end_ns;
    char mode_text[16];    // "SIM", "REPLAY", ...
    char venue_text[32];   // "sim@loopback"
    int32_t lap, pad2;     // of a recorded market that starts over, from 1; 0: not one
    char market_text[160]; // what is being played, what matters first
    char session_id[24];
    char tape_path[160], db_path[160];
    char note[96]; // last message of the store (export done, disk full)
};

struct snap_venue { // by enum venue_id
    uint8_t used;   // an instrument of the run lives there
    uint8_t traded; // we trade there; else it is watched only
    uint8_t ready;  // its instruments, orders, positions and wallet are known
    uint8_t trading_state;
    uint8_t wallet_known;
    uint8_t pad[3];
    int64_t wallet_e8; // USDT
    int64_t worth_e8;  // wallet, open profit and base assets at mark or middle, ours or not
};

struct snapshot {
    uint32_t version, bytes;
    uint64_t seq;
    int64_t wall_ns, mono_ns;
    uint8_t mode;          // enum run_mode
    uint8_t trading_state; // enum trading_state of the whole program
    uint8_t pad[2];
    uint32_t instrument_count;
    char state_reason[64]; // why below RUN
    char account_alias[32];
    // Of the venues that we trade on; of a watched one only what was gained or lost there.
    int64_t equity_e8, equity_start_e8, day_start_equity_e8, peak_equity_e8, wallet_e8;
    struct snap_venue venue[VENUE_COUNT];
    int64_t drawdown_e8, day_loss_e8; // fractions e8, >= 0
    struct snap_pnl pnl;
    struct snap_limit limit[LIMIT_COUNT];
    uint64_t orders_sent, fills, rejects, doubts;
    uint32_t open_orders, order_count, done_count, alarm_count, alarms_unacked[4];
    uint32_t strategy_count, echo_count;
    struct snap_instrument ins[INSTRUMENT_MAX];
    struct snap_order order[SNAP_ORDERS]; // live orders
    struct snap_order done[SNAP_DONE];    // newest finished first
    struct snap_strategy strategy[STRATEGY_COUNT];
    struct snap_alarm alarm[SNAP_ALARMS]; // newest first
    struct snap_echo echo[SNAP_ECHOES];   // newest first
    struct snap_kill kill;
    uint64_t action_hash;
    int64_t ledger_sum_e8[CURRENCY_COUNT];
    struct snap_shell shell;
};

_Static_assert(sizeof(struct snapshot) <= (size_t)256 * 1024, "snapshot fits 256 KiB");

#endif
