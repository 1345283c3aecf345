// SPDX-License-Identifier: Apache-2.0
// config: what the engine is told before its first event. Plain data; the text form is read by src/config
// (one table gives keys, units, defaults, ranges, the shipped file and the man page). The tape header stores
// the text, so a replay reads the same struct.
#ifndef TT_ENGINE_CONFIG_H
#define TT_ENGINE_CONFIG_H

#include <stdint.h>

#include "engine/market/instrument.h"

enum limit_id {
    LIMIT_ORDER_VALUE,    // notional of one order, USDT e8
    LIMIT_POSITION_VALUE, // worst case |position + open orders of a side| per instrument, USDT e8
    LIMIT_GROSS_VALUE,    // sum over instruments of the worst case, USDT e8
    LIMIT_OPEN_ORDERS,    // count, per instrument
    LIMIT_ORDER_RATE,     // placements + cancels per second, count
    LIMIT_COLLAR,         // distance of a price from mark, fraction e8
    LIMIT_DAY_LOSS,       // fraction of day-start equity e8; ceiling 20 %
    LIMIT_DRAWDOWN,       // fraction from peak equity e8; ceiling 30 %
    LIMIT_COUNT
};

// What kind of key signs at a venue.
enum auth_scheme { AUTH_EIP712, AUTH_HMAC };

enum spread_model { SPREAD_SPECIFIED, SPREAD_GLFT };

struct instrument_config {
    char symbol[24];
    uint8_t quote; // 1: the maker quotes it; 0: watched only
    uint8_t venue; // enum venue_id
    uint8_t pad[6];
};

struct maker_config {
    uint8_t model; // enum spread_model
    uint8_t enabled;
    uint8_t layers; // quotes per side, 1..8
    uint8_t pad[5];
    int64_t
        order_value_e8; // wanted notional of one quote, USDT; the venue's minimum may force more or forbid it
    int64_t min_edge_e8;   // minimum edge beyond the maker fee, fraction e8 (0.1 bp = 1000)
    int64_t max_spread_e8; // full-spread cap, fraction e8
    int64_t skew_max_e8;   // inventory skew of the centre at full inventory, fraction of half spread, e8
    int64_t gamma_e8;      // risk aversion of GLFT, e8
    int64_t horizon_ns;    // T of the specified spread
    int64_t spread_a_e8;   // A of the specified spread if set (pure number, e8); 0: lambda0 * T, measured
    int64_t min_life_ns;   // a quote is not replaced before this age
    int64_t requote_ticks; // move a quote only when its price is off by at least so many ticks
    int64_t vpin_widen_e8; // VPIN above this doubles the spread; 0 off
    int64_t layer_step_ticks;
};

struct risk_config {
    int64_t limit[LIMIT_COUNT]; // in the unit named at enum limit_id
    int64_t book_stale_ns;      // 1.5 s; or 5 x the stream's median gap, whichever is larger
    int64_t order_max_age_ns;   // 50 ms: too old to send
    int64_t repeat_per_s;       // identical placements in 1 s that stop a strategy (O13)
    int64_t hold_ns;            // 30 s without the fault before a state may rise by itself
};

struct kill_config {
    int64_t slice_pct_e8;     // 20 % of visible quantity within the collar
    int64_t slice_gap_ns;     // 100 ms
    int64_t collar_e8;        // 50 bp
    int64_t collar_max_e8;    // 300 bp
    int64_t collar_double_ns; // 2 s without progress
    int64_t accept_window_ns; // recv_window or the nonce window (10 s) plus clock error: SEALED not before
    int64_t unconfirmed_ns;   // 2 s without FLAT: alarm KILL-UNCONF
};

struct engine_config {
    uint32_t instrument_count;
    uint32_t pad;
    struct instrument_config instruments[INSTRUMENT_MAX];
    char account_alias[32];     // typed to release a kill
    int64_t capital_e8;         // equity cap for sizing, USDT
    int64_t deadman_ns;         // 30 s
    int64_t deadman_refresh_ns; // 10 s
    int64_t ack_timeout_ns;     // 1000 ms
    struct maker_config maker;
    struct risk_config risk;
    struct kill_config kill;
};

// The defaults of design.md 12 and the $50 configuration, on the venue that is traded on.
void engine_config_default(struct engine_config *c);

#endif
