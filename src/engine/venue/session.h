// SPDX-License-Identifier: Apache-2.0
// session: one venue as a state machine without I/O. What happens on the links, what the engine wants and
// what time it is go in; engine events and link commands come out. Subscribing, book synchronisation,
// reconnecting, listen keys, rate budgets, time-outs and unknown outcomes live here, in live trading and in
// the simulator alike.
//
// A link carries bytes on the order connection (one request in flight; the shell signs, checks the fence,
// writes) and whole messages on WebSockets. The shell (live/hot.c, tests/sim) executes the commands and
// reports what became of them. Owner: the hot thread. No allocation after session_init, no pointers to
// outside but `out` during a call.
//
// One session serves one venue; what differs between venues is the table of dialect.h. Instruments are the
// engine's table: those whose venue is ours are handled, under their global ids.
//
// A WebSocket link (LINK_MARKET, LINK_MARKET2, LINK_USER) may have two connections at a time, `which` 0 and
// 1: before the venue cuts at 24 h the session opens the other one beside the first, lets both feed the same
// books (what comes twice is dropped), and closes the first when the second has taken over. EV_LINK tells of
// the link as a whole.
#ifndef TT_ENGINE_VENUE_SESSION_H
#define TT_ENGINE_VENUE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/config.h"
#include "engine/event.h"
#include "engine/venue/answer.h"
#include "engine/venue/dialect.h"

enum lane { LANE_KILL, LANE_CANCEL, LANE_DEADMAN, LANE_PLACE, LANE_READ, LANE_COUNT };

enum { REQUEST_TEXT_MAX = 2048 }; // a batch of five orders, percent-encoded

// A REST request before signing. `text` is the canonical business part `k=v&k=v` (percent-encoded values);
// the shell appends nonce, user, signer and signature (or leaves it alone when !signed_). GET: query;
// otherwise: body.
struct request {
    uint32_t tag;          // the session's handle; comes back with session_on_sent / session_on_answer
    uint8_t kind;          // enum request_kind
    uint8_t lane;          // enum lane: order of sending when several wait
    uint8_t signed_;       // needs a signature
    uint8_t close_only;    // may pass the fence: cancels, dead-man, reads, reduce-only orders of the kill
    uint8_t on_order_link; // 1: the warm order connection (hot); 0: the clerk
    char method[8];        // GET POST PUT DELETE
    char path[64];         // "/fapi/v3/order"
    uint16_t text_len;
    int64_t not_after_ns; // monotonic: too old to send after this (0: no limit)
    int64_t timeout_ns;   // after the write; then session_on_answer with lost = 1
    uint64_t cause_seq;   // event that caused it, for latency stamps (0 none)
    char text[REQUEST_TEXT_MAX];
};

// Copy what is in use: a tenth of the struct, on the way of every order.
static inline void request_copy(struct request *to, const struct request *from)
{
    memcpy(to, from, offsetof(struct request, text) + from->text_len);
}

enum link_cmd_type {
    LC_CONNECT, // open connection `which` of a link (market: path; USER: path with listen key); ORDER, REST:
                // keep warm
    LC_CLOSE,
    LC_SEND, // send text on connection `which` of a market link
    LC_REQUEST,
};

struct link_cmd {
    uint8_t type; // enum link_cmd_type
    uint8_t link; // enum link_id
    uint16_t len;
    uint8_t which;     // connection of a WebSocket link: 0, 1
    char text[2048];   // LC_CONNECT: URL path; LC_SEND: message
    struct request rq; // LC_REQUEST
};

// Where a session puts what it produces. Callbacks run inside the session call; they must not call the
// session again (the shell queues actions that the engine returns and feeds them after the call).
struct session_out {
    void *ctx;
    void (*event)(void *ctx, struct event *ev); // seq, mono_ns, wall_ns still unset; ev dies with the call
    void (*command)(void *ctx, const struct link_cmd *cmd);
};

struct session_config {
    uint8_t venue;        // enum venue_id
    uint8_t dialect;      // enum dialect_id
    uint8_t batch_place;  // several placements of one settle leave as one request (slower for the first)
    uint8_t batch_cancel; // the same for cancels of one instrument
    uint8_t
        public_only; // market data only: nothing signed is ever asked, no user stream, no order connection
    uint8_t pad[3];
    uint32_t instrument_count;
    struct instrument_config instruments[INSTRUMENT_MAX]; // the engine's table: those of our venue are ours
    int64_t ack_timeout_ns, book_stale_ns, accept_window_ns, order_max_age_ns;
    int64_t reconcile_orders_ns, reconcile_positions_ns, listen_renew_ns, info_refresh_ns, clock_probe_ns;
    int64_t reconnect_after_ns; // age at which a WebSocket is replaced (23 h); 0: never by plan
    int32_t weight_limit_min, order_limit_min; // until the venue's own are read; 0: the dialect's
    int32_t leverage;
    uint8_t isolated;
    uint8_t derived_market; // mark/funding are derived from a recording: flag EVF_DERIVED
};

struct session_status {
    uint8_t link[LINK_COUNT];
    uint64_t gaps, duplicates, bad_messages, reconnects;
    int32_t weight_used, weight_limit, orders_used, orders_limit;
    int64_t clock_offset_ns, rtt_ns;
    bool ready; // instruments known, account read, user stream up
};

struct session;
size_t session_size(void);
struct session *session_init(void *mem, size_t bytes, const struct session_config *c);

// Begin: asks for time, instruments, account, listen key, connects the links. Call once.
void session_start(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out);

// `which`: 0 for LINK_ORDER and LINK_REST.
void session_on_open(struct session *s, enum link_id link, unsigned which, int64_t mono_ns, int64_t wall_ns,
                     const struct session_out *out);
void session_on_closed(struct session *s, enum link_id link, unsigned which, const char *reason,
                       int64_t mono_ns, int64_t wall_ns, const struct session_out *out);
// One whole WebSocket text message of a market link (needs 16 readable bytes after `n`).
void session_on_market(struct session *s, enum link_id link, unsigned which, const char *text, size_t n,
                       int64_t mono_ns, int64_t wall_ns, const struct session_out *out);
// One decoded message of the user link. (One that cannot be decoded may have been a fill: the shell closes
// that connection, and the session reads what it missed.)
void session_on_user(struct session *s, unsigned which, const struct user_msg *m, int64_t mono_ns,
                     int64_t wall_ns, const struct session_out *out);
// The last byte of request `tag` was handed to the connection at sent_mono_ns.
void session_on_sent(struct session *s, uint32_t tag, int64_t sent_mono_ns, int64_t mono_ns, int64_t wall_ns,
                     const struct session_out *out);
// The request was dropped before any byte left (fence, too old, link down).
void session_on_dropped(struct session *s, uint32_t tag, enum drop_reason why, int64_t mono_ns,
                        int64_t wall_ns, const struct session_out *out);
void session_on_answer(struct session *s, uint32_t tag, const struct answer *a, int64_t mono_ns,
                       int64_t wall_ns, const struct session_out *out);
void session_on_action(struct session *s, const struct action *a, int64_t mono_ns, int64_t wall_ns,
                       const struct session_out *out);
// The shell has handed over all actions of one step: what waits to be sent as a batch leaves now. Without
// this call it leaves with the next session_on_time, which is then due at once.
void session_flush(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out);
void session_on_time(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out);
// When session_on_time is wanted next; INT64_MAX never.
int64_t session_next_deadline(const struct session *s);

void session_status(const struct session *s, struct session_status *out);
// NULL: not of this venue, or its grid is not known yet.
const struct instrument *session_instrument(const struct session *s, uint16_t id);
// Brackets and funding terms, as far as told (count 0: no brackets yet); NULL like session_instrument.
const struct margin_table *session_margin(const struct session *s, uint16_t id);
// Venue clock minus ours, median of the last probes; 0 before the first. The shell keeps it, with the last
// nonce, over a restart (venue-api.md 2.4).
int64_t session_clock_offset(const struct session *s);
// The same against our monotonic clock, which does not step: what nonces and timestamps are made from. 0 not
// probed yet.
int64_t session_venue_minus_mono(const struct session *s);

#endif
