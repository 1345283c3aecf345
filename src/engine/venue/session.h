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
#ifndef TT_ENGINE_VENUE_SESSION_H
#define TT_ENGINE_VENUE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/config.h"
#include "engine/event.h"
#include "engine/venue/answer.h"

enum lane { LANE_KILL, LANE_CANCEL, LANE_DEADMAN, LANE_PLACE, LANE_READ, LANE_COUNT };

enum { REQUEST_TEXT_MAX = 1024 };

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
    LC_CONNECT, // open link (MARKET: path; USER: path with listen key); ORDER, REST: keep warm
    LC_CLOSE,
    LC_SEND, // send text on the market link
    LC_REQUEST,
};

struct link_cmd {
    uint8_t type; // enum link_cmd_type
    uint8_t link; // enum link_id
    uint16_t len;
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
    uint8_t venue;
    uint8_t pad[7];
    uint32_t instrument_count;
    struct instrument_config instruments[INSTRUMENT_MAX];
    int64_t ack_timeout_ns, book_stale_ns, accept_window_ns, order_max_age_ns;
    int64_t reconcile_orders_ns, reconcile_positions_ns, listen_renew_ns, info_refresh_ns, clock_probe_ns;
    int32_t weight_limit_min, order_limit_min; // until the venue's own are read
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

void session_on_open(struct session *s, enum link_id link, int64_t mono_ns, int64_t wall_ns,
                     const struct session_out *out);
void session_on_closed(struct session *s, enum link_id link, const char *reason, int64_t mono_ns,
                       int64_t wall_ns, const struct session_out *out);
// One whole WebSocket text message of the market link (needs 16 readable bytes after `n`).
void session_on_market(struct session *s, const char *text, size_t n, int64_t mono_ns, int64_t wall_ns,
                       const struct session_out *out);
// One decoded message of the user link.
void session_on_user(struct session *s, const struct user_msg *m, int64_t mono_ns, int64_t wall_ns,
                     const struct session_out *out);
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
void session_on_time(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out);
// When session_on_time is wanted next; INT64_MAX never.
int64_t session_next_deadline(const struct session *s);

void session_status(const struct session *s, struct session_status *out);
const struct instrument *session_instrument(const struct session *s, uint16_t id);

#endif
