// SPDX-License-Identifier: Apache-2.0
// event: the one language of the house. Everything the engine knows arrives as an event, everything it wants
// done leaves as an action. Both are pointer-free and of bounded size; the tape is a sequence of events.
//
// An event has a 64-byte header and a payload; book payloads carry their levels inline, at most 64 KiB in
// all. Only `size` bytes of an event are ever copied or stored: never pass a whole `struct event` by value.
//
// Owner: whoever fills it, until the hot thread assigns `seq`, `mono_ns` and `wall_ns`; immutable afterwards.
#ifndef TT_ENGINE_EVENT_H
#define TT_ENGINE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "engine/market/instrument.h"

enum event_type {
    EV_NONE,
    EV_START,         // first event of a run: mode, epoch, seed, equity at start
    EV_INSTRUMENT,    // instrument table entry, first or revised
    EV_BOOK_SNAPSHOT, // replaces the whole book
    EV_BOOK_DIFF,     // absolute quantities of changed levels; in sequence (the session checked the chain)
    EV_BOOK_STATE,    // syncing / live / stale, with a reason
    EV_TRADE,         // one (aggregated) market trade
    EV_TOUCH,         // best bid and ask
    EV_MARK,          // mark, index, funding estimate
    EV_ORDER,         // what happened to an order of ours (or an external one on our account)
    EV_ACCOUNT,       // balance, position, end of a reconciliation read
    EV_LINK,          // a connection went up or down
    EV_BUDGET,        // rate budget crossed a mark
    EV_LOAD,          // measured latency or overload that may change decisions; at most one per 100 ms
    EV_TIMER,         // the deadline the engine asked for has come
    EV_OPERATOR,      // a person (or a rule, or another shell) wants something
    EV_PREDICTION,    // class probabilities from a model
    EV_MARGIN,        // margin brackets and funding terms of an instrument, first or revised
    EV_TYPE_COUNT
};

enum run_mode { MODE_SIM, MODE_REPLAY, MODE_BACKTEST, MODE_PAPER, MODE_TESTNET, MODE_LIVE };

enum side { SIDE_BUY = 1, SIDE_SELL = -1 };

enum strategy_id {
    STRATEGY_NONE,
    STRATEGY_MAKER,
    STRATEGY_FUNDING,
    STRATEGY_LATENCY,
    STRATEGY_KILL,     // orders of the kill switch
    STRATEGY_EXTERNAL, // orders on our account that are not ours
    STRATEGY_COUNT
};

enum tif { TIF_GTC, TIF_IOC, TIF_FOK, TIF_GTX };

enum book_state { BOOK_EMPTY, BOOK_SYNCING, BOOK_LIVE, BOOK_STALE };
enum book_reason {
    BOOK_REASON_NONE,
    BOOK_REASON_GAP,
    BOOK_REASON_SILENT,
    BOOK_REASON_CROSSED,
    BOOK_REASON_LINK,
    BOOK_REASON_SNAPSHOT,
    BOOK_REASON_FROZEN
};

// LINK_MARKET2: the second market connection of a venue that splits its streams (Binance: trades and marks).
// Stored numbers: new ones only at the end.
enum link_id { LINK_MARKET, LINK_USER, LINK_ORDER, LINK_REST, LINK_MARKET2, LINK_COUNT };
enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_UP };

struct level {
    int64_t ticks;
    int64_t lots; // 0 in a diff removes the level
};

enum { EV_LEVELS_MAX = 4080 };

struct ev_start {
    uint64_t config_hash;
    uint64_t seed;
    uint32_t epoch; // of client order ids; durable before this event
    uint8_t mode;   // enum run_mode
    uint8_t pad[3];
    int64_t equity_start_e8; // wallet balance in the reporting currency (USDT) when the run began
    int64_t day_pnl_e8;      // carried over within one UTC day
};

struct ev_book {
    uint64_t first_id, last_id, prev_id; // U, u, pu (snapshot: lastUpdateId in last_id)
    uint32_t bids, asks;                 // levels[0..bids) are bids, best first in a snapshot; then asks
    struct level levels[EV_LEVELS_MAX];
};

struct ev_book_state {
    uint8_t state;  // enum book_state
    uint8_t reason; // enum book_reason
    uint8_t pad[6];
    uint64_t last_id;
};

struct ev_trade {
    int64_t price_ticks;
    int64_t qty_lots;
    uint64_t trade_id;
    int8_t side; // of the aggressor: enum side
    uint8_t pad[7];
};

struct ev_touch {
    int64_t bid_ticks, bid_lots, ask_ticks, ask_lots;
    uint64_t update_id;
};

struct ev_mark {
    int64_t mark_e8, index_e8;
    int64_t funding_rate_e8; // fraction per interval in 1e-8
    int64_t next_funding_ns; // wall clock, UTC
};

enum report_kind {
    RK_SENT,     // the bytes of the request were handed to the connection (place, cancel, amend, cancel-all)
    RK_ACCEPTED, // venue: NEW
    RK_FILL,     // venue: TRADE, one fill; cum_lots is the cumulative figure after it
    RK_CANCELED, // terminal; cum_lots may be > 0
    RK_EXPIRED,  // terminal; post-only would cross, IOC rest, seam, STP
    RK_REJECTED, // terminal; definitely never accepted; code and text say why
    RK_NOT_SENT, // terminal; dropped before any byte left: see drop_reason
    RK_DOUBT,    // outcome unknown: counts in exposure until resolved
    RK_ABSENT,   // terminal; proved never accepted
    RK_AMENDED,
    RK_AMEND_REJECTED,
    RK_CANCEL_REJECTED, // order state as before; -2011 means "ask", never "gone"
    RK_CANCEL_DOUBT,
    RK_STATE,           // answer of a query or an open-order read: status now, cum_lots, price, qty
    RK_CANCEL_ALL_DONE, // the venue acknowledged cancel-all of the event's instrument
};

enum order_status { OS_NEW, OS_PARTIAL, OS_FILLED, OS_CANCELED, OS_EXPIRED, OS_REJECTED };
enum drop_reason { DROP_NONE, DROP_FENCE, DROP_AGE, DROP_BUDGET, DROP_LINK };
enum fill_kind { FILL_ORDINARY, FILL_LIQUIDATION, FILL_ADL, FILL_SEAM, FILL_MISSED };
enum report_source { SOURCE_LOCAL, SOURCE_ANSWER, SOURCE_STREAM, SOURCE_QUERY };

enum { CLIENT_ID_MAX = 40 };

struct ev_order {
    char client_id[CLIENT_ID_MAX]; // zero-terminated; "" for a cancel-all
    uint64_t order_id;             // the venue's; 0 unknown
    uint64_t trade_id;             // RK_FILL
    int64_t price_ticks;           // limit price; 0 unknown or market
    int64_t qty_lots;              // original quantity
    int64_t cum_lots;              // cumulative filled
    int64_t last_lots;             // this fill
    int64_t last_price_e8;         // this fill
    int64_t fee_e8;                // this fill; positive = paid
    int32_t code;                  // venue error code, 0 none
    uint8_t kind;                  // enum report_kind
    uint8_t status;                // enum order_status, for RK_STATE and RK_FILL
    int8_t side;                   // enum side
    uint8_t maker;                 // this fill
    uint8_t reduce_only;
    uint8_t source;       // enum report_source
    uint8_t drop_reason;  // enum drop_reason
    uint8_t fill_kind;    // enum fill_kind
    uint8_t fee_currency; // enum currency
    uint8_t tif;
    uint8_t pad[2];
    int64_t
        request_mono_ns; // RK_SENT: when the last byte was handed over; answers: when the request was sent
    char text[48];       // venue message, sanitised
};

enum account_kind {
    AK_BALANCE,     // wallet of `currency`
    AK_POSITION,    // venue's position of the event's instrument
    AK_OPEN_ORDERS, // end of an open-order read: `count` orders were reported (as RK_STATE) before this event
    AK_READ_FAILED, // a reconciliation read failed: unknown, never "flat"
    AK_CONFIG,      // position mode, leverage etc. differ (value in `count`)
};
enum account_config { // AK_CONFIG: count
    CONFIG_HEDGE = 1,
    CONFIG_LEVERAGE,
    CONFIG_MARGIN,
    CONFIG_CHANGED,
    CONFIG_MULTI_ASSETS, // one wallet of several assets: isolated margin is not possible in it
    CONFIG_STP,          // self-trade prevention is not as we set it
    CONFIG_STOPPED // key, signature or clock refused twice: only what closes is sent until a person resumes
};
enum account_reason { AR_NONE, AR_ORDER, AR_FUNDING, AR_DEPOSIT, AR_WITHDRAW, AR_ADJUSTMENT, AR_READ };

struct ev_account {
    uint8_t kind;      // enum account_kind
    uint8_t reason;    // enum account_reason
    uint8_t currency;  // enum currency
    uint8_t from_read; // 1: answer of a REST read; 0: pushed
    uint32_t count;
    int64_t wallet_e8;       // AK_BALANCE
    int64_t change_e8;       // AK_BALANCE: change other than trading (funding, transfer); 0 unknown
    int64_t position_lots;   // AK_POSITION, signed
    int64_t entry_e8;        // AK_POSITION
    int64_t request_mono_ns; // when the read was sent (0 for a push)
    uint64_t read_id;        // action.read_id that asked, 0 for the session's own reconciliation
};

struct ev_link {
    uint8_t link;  // enum link_id
    uint8_t state; // enum link_state
    uint8_t pad[6];
    int64_t rtt_ns;          // 0 unknown
    int64_t clock_offset_ns; // venue minus ours, with the LINK_REST up event of a clock probe
    char text[64];
};

struct ev_budget {
    uint8_t lane;     // 0 weight, 1 orders
    uint8_t used_pct; // 25, 50, 75, 90, 100
    uint8_t pad[2];
    int32_t used, limit;
};

struct ev_load {
    int64_t tick_to_order_p99_ns; // over the last 10 s; 0 unknown
    int64_t lag_ns;   // worst age of a market event, by the venue's stamp, since the last load event
    int32_t ring_pct; // record ring fill
    int32_t pad;
};

struct ev_timer {
    int64_t deadline_ns; // monotonic, as asked for
};

enum actor { ACTOR_OPERATOR, ACTOR_REMOTE, ACTOR_RULE };

enum verb {
    VERB_NONE,
    VERB_FLATTEN, // kill: fence, cancel all, close all, verify
    VERB_PULL,    // Space: pull all quotes, pause all strategies, keep positions
    VERB_CANCEL,  // x: cancel all orders of the target instrument
    VERB_PAUSE,   // strategy on the target instrument (INSTRUMENT_NONE: everywhere)
    VERB_RESUME,
    VERB_SIZE,    // value: +1 = x1.25, -1 = x0.8
    VERB_SPREAD,  // value: ticks to add to the full spread on each side, +1 / -1
    VERB_LIMIT,   // sub: enum limit_id; value: new limit
    VERB_ACK,     // acknowledge alarm number `value` (0: newest)
    VERB_SHELVE,  // shelve alarm `value`; sub: minutes
    VERB_RELEASE, // after a kill: word must be the account's alias; refused unless SEALED. Not killed: opens
                  // the fence that a held F raised
    VERB_ABORT_FLATTEN, // stop closing; orders stay cancelled; word "abort"
    VERB_QUIT,          // value: enum quit_choice; the run ends when the engine says it is done
    VERB_RECONCILE,
    VERB_ADD_ALARM, // console-side alarm (TTY-SLOW): text in word
    VERB_COUNT
};
enum quit_choice { QUIT_STAY, QUIT_CANCEL, QUIT_FLATTEN };

struct ev_operator {
    uint8_t actor;    // enum actor
    uint8_t verb;     // enum verb
    uint8_t strategy; // enum strategy_id, 0 = the maker
    uint8_t sub;
    uint8_t pad[4];
    int64_t value;
    uint64_t frame;      // sequence number of the snapshot that was on the screen
    int64_t key_mono_ns; // when the key's byte was read
    char word[32];       // typed word
};

struct ev_prediction {
    uint64_t model_id;
    int32_t down_ppm, flat_ppm, up_ppm;
    int32_t horizon_ticks;
    int64_t made_for_seq;
};

struct event {
    uint64_t seq;        // position in the one order of events; assigned by the hot thread
    uint32_t size;       // bytes in use, header included
    uint16_t type;       // enum event_type
    uint16_t instrument; // id or INSTRUMENT_NONE
    uint8_t venue;
    uint8_t flags; // EVF_*
    uint16_t pad0;
    uint32_t pad1;
    int64_t venue_ns;       // venue's transaction time, UTC; 0 unknown
    int64_t wall_ns;        // our wall clock when taken
    int64_t mono_ns;        // our monotonic clock when taken; never goes back along seq
    int64_t venue_event_ns; // venue's event time (E), UTC; 0 unknown
    int64_t pad2;
    union {
        struct ev_start start;
        struct instrument instrument_rev;
        struct margin_table margin;
        struct ev_book book;
        struct ev_book_state book_state;
        struct ev_trade trade;
        struct ev_touch touch;
        struct ev_mark mark;
        struct ev_order order;
        struct ev_account account;
        struct ev_link link;
        struct ev_budget budget;
        struct ev_load load;
        struct ev_timer timer;
        struct ev_operator op;
        struct ev_prediction prediction;
    } u;
};

enum {
    EVF_COALESCED = 1,
    EVF_DERIVED = 2
}; // DERIVED: computed from the recording, not published by the venue

enum { EVENT_HEAD = 64, EVENT_MAX = 65536 };
_Static_assert(offsetof(struct event, u) == EVENT_HEAD, "event header is 64 bytes");
_Static_assert(sizeof(struct event) <= EVENT_MAX, "event fits 64 KiB");

// Bytes of an event of this type with so many levels (0 for types without levels).
size_t event_size(enum event_type type, size_t levels);
// Zero the header and the payload (book: its fixed part) and set type, size, instrument.
void event_init(struct event *ev, enum event_type type, uint16_t instrument, size_t levels);
const char *event_type_name(enum event_type type);
// Structural check of an event that comes from outside (tape): type, size, counts, ranges of enums.
bool event_valid(const struct event *ev, size_t bytes);

// ----------------------------------------------------------------------------------------------------------
// actions

enum action_type {
    ACT_NONE,
    ACT_PLACE,
    ACT_CANCEL,
    ACT_CANCEL_ALL,       // of one instrument
    ACT_DEADMAN,          // value = milliseconds, 0 disarms
    ACT_REQUEST_SNAPSHOT, // resynchronise the book
    ACT_READ,       // read open orders (sub 0) or position (sub 1) of the instrument; answered by EV_ACCOUNT.
                    // sub 2: the order client_id / order_id; answered by RK_STATE, or RK_ABSENT when proved
    ACT_ALARM,      // alarm or log line: level, code, text
    ACT_FENCE_OPEN, // release of a kill: the order connection may pass ordinary orders again
    ACT_QUIT,       // the engine has nothing left to do; value = exit code
    ACT_AMEND,      // order client_id / order_id: new price_ticks and qty_lots (whole quantity, filled part
               // included), side as it is; answered by RK_AMENDED, RK_DOUBT (may or may not be carried out),
               // or RK_AMEND_REJECTED: the order stands as before. A venue without amend says that and
               // cancels
    ACT_TYPE_COUNT
};

struct action {
    uint64_t cause_seq; // event that caused it
    uint16_t type;      // enum action_type
    uint16_t instrument;
    uint8_t venue;
    uint8_t strategy; // enum strategy_id
    int8_t side;      // enum side
    uint8_t tif;      // enum tif
    uint8_t reduce_only;
    uint8_t close_only; // may pass the fence: reduce-only orders of the kill; cancels always may
    uint8_t sub;
    uint8_t level;       // ACT_ALARM: enum alarm_level
    uint32_t order_slot; // engine's order index (for echoes; not for the wire)
    int64_t price_ticks;
    int64_t qty_lots;
    int64_t value;
    uint64_t read_id;
    uint64_t order_id;             // ACT_CANCEL, ACT_AMEND: the venue's id when known
    char client_id[CLIENT_ID_MAX]; // ACT_ALARM: the alarm's code ("MD-STALE"); "LOG" for a log line
    char text[80];                 // ACT_ALARM
};

enum alarm_level { ALARM_LOG, ALARM_LOW, ALARM_MEDIUM, ALARM_HIGH };

enum { ACTIONS_MAX = 256 };

struct actions {
    uint32_t count;
    uint32_t pad;
    struct action a[ACTIONS_MAX];
};

// Continue the running hash over (cause, canonical action): type, instrument, venue, strategy, side, tif,
// flags, prices, quantities, ids; never padding. What `replay --verify` compares.
uint64_t action_hash(uint64_t h, const struct action *a);

#endif
