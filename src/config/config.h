// SPDX-License-Identifier: Apache-2.0
// config: the text configuration and its one table. Keys, units, defaults, ranges and explanations stand in
// table.c once; the parser, the shipped file, `ticktower config` and ticktower.conf(5) all come from it.
//
// Quantities are text with a unit ("3 %", "250 ms", "8 USDT"); a bare fraction is refused. Unknown and
// duplicate keys are errors with file and line. Owner: whoever loads it; immutable afterwards.
#ifndef TT_CONFIG_CONFIG_H
#define TT_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/config.h"

enum config_unit {
    CU_MONEY,    // "8 USDT" -> e8
    CU_FRACTION, // "3 %", "0.5 bp" -> fraction e8
    CU_DURATION, // "250 ms", "30 s", "20 min", "12 h" -> ns
    CU_COUNT,    // "20" -> integer
    CU_TICKS,    // "1 tick" -> integer
    CU_NUMBER,   // "0.05" (a pure number) -> e8
    CU_FLAG,     // yes / no -> 1 / 0
    CU_CHOICE,   // one of the words in `choices` -> its index
    CU_WORD,     // [a-z0-9-]{1,31}
    CU_SYMBOLS,  // "ETHUSDT spot:ETHUSDT": upper-case words, the venue before a colon (none: Aster futures)
    CU_URL,      // "" or scheme://host[:port] (config/hosts.h)
    CU_ADDRESS,  // "" or 0x and 40 hex digits
    CU_TEXT,     // "" or one line of anything
    CU_PATH,     // "" or an absolute path; never printed in a message, since a key may stand there by mistake
};

struct config_symbols {
    uint32_t count;
    char name[INSTRUMENT_MAX][24];
    uint8_t venue[INSTRUMENT_MAX]; // enum venue_id
};

enum { CONFIG_TEXT_MAX = 192 }; // of CU_URL and CU_PATH, terminator included
enum network { NETWORK_AUTO, NETWORK_MAINNET, NETWORK_TESTNET };

// How one venue is reached: [venue.aster], [venue.spot], [venue.binance].
struct config_access {
    int64_t network; // enum network; auto follows the mode
    int64_t auth;    // enum auth_scheme
    int64_t send_user, recv_window_ns;
    int64_t chain_id;                                // of EIP-712; 0: that of the network
    char rest[CONFIG_TEXT_MAX], ws[CONFIG_TEXT_MAX]; // "": the venue's own host (config/hosts.h)
    char user[48];                                   // the main wallet's address
    char key_file[CONFIG_TEXT_MAX], ca_file[CONFIG_TEXT_MAX];
};

// Everything that can be configured. Integers are int64_t so that the table can address them uniformly.
struct config {
    char alias[32];
    int64_t capital_e8;
    struct config_symbols quote, watch;
    struct {
        int64_t enabled, model, layers, order_value_e8, min_edge_e8, max_spread_e8, skew_max_e8, gamma_e8,
            horizon_ns, spread_a_e8, min_life_ns, requote_ticks, vpin_widen_e8, layer_step_ticks;
    } maker;
    int64_t limit[LIMIT_COUNT];
    struct {
        int64_t book_stale_ns, order_max_age_ns, repeat_per_s, hold_ns;
    } risk;
    struct {
        int64_t slice_pct_e8, slice_gap_ns, collar_e8, collar_max_e8, collar_double_ns, accept_window_ns,
            unconfirmed_ns;
    } kill;
    struct {
        int64_t deadman_ns, deadman_refresh_ns, ack_timeout_ns, leverage, margin, reconcile_orders_ns,
            reconcile_positions_ns, listen_renew_ns, info_refresh_ns, clock_probe_ns, weight_limit,
            order_limit, reconnect_after_ns, batch_place, batch_cancel;
    } venue;
    struct config_access access[VENUE_COUNT];
    struct {
        int64_t accept_no_guard;
    } live;
    struct {
        int64_t wallet_e8, maker_fee_e8, taker_fee_e8, funding_period_ns;
        char faults[CONFIG_TEXT_MAX]; // comma-separated words of `ticktower venue --fault`
    } sim;
    struct {
        int64_t entry_ns, answer_ns;
    } paper;
    struct {
        int64_t fps, stray_guard, glyphs, palette;
    } console;
    uint64_t written[4]; // bit i: row i of the table stood in a file (the live gate asks)
};

// The defaults of the table (the shipped $50 configuration).
void config_default(struct config *c);

// Parse text over *c (start from config_default). `name` is the file name for messages. False: *e has
// "file:line: key: what is wrong, what would be right".
bool config_parse(struct config *c, const char *name, const char *text, size_t n, struct error *e);
// Read and parse a file.
bool config_load(struct config *c, const char *path, struct error *e);
// Rules that span several keys (sums, ceilings, sizes); part of config_parse.
bool config_check(const struct config *c, const char *name, struct error *e);

// This key stood in a parsed text, it is not merely the default. Unknown keys: false.
bool config_is_written(const struct config *c, const char *section, const char *key);
// Some instrument of quote or watch lives there.
bool config_uses_venue(const struct config *c, enum venue_id venue);
// We trade there: something of it is quoted, or nothing is quoted anywhere. Elsewhere we only watch.
bool config_trades_venue(const struct config *c, enum venue_id venue);
// Away from the embedded venue and its own tapes nobody is visited unasked: what the default list watches on
// venues where nothing is quoted is left out, unless a file names it.
void config_visit_only_asked(struct config *c);
// "aster", "spot", "binance": as in instruments and in [venue.NAME].
const char *config_venue_name(enum venue_id venue);

// Canonical text of every key with its value, no comments; parses back to the same struct. Returns the
// length, 0 when cap is too small. What tapes store.
size_t config_format(const struct config *c, char *buf, size_t cap);
// The commented file that ships (every key explained, default values); the length, 0 when cap is too small.
size_t config_format_commented(char *buf, size_t cap);
// The list of keys as mdoc for ticktower.conf(5).
size_t config_format_man(char *buf, size_t cap);
// Fingerprint of the canonical text.
uint64_t config_hash(const struct config *c);

// What the engine needs of it.
void config_engine(const struct config *c, struct engine_config *out);

#endif
