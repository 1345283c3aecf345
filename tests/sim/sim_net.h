// SPDX-License-Identifier: Apache-2.0
// sim_net.h: what the net (sim_net.c) and its ends (sim_ends.c: ws_links, tls_conn, venue_net) share. Private
// to the two.
#ifndef TT_SIM_NET_H
#define TT_SIM_NET_H

#include "live/tls_conn.h"
#include "live/venue_net.h"
#include "live/ws_links.h"
#include "sim/sim.h"

enum { CONNS = VENUE_CONNS_MAX, PORT_FIRST = 20001, FD_FIRST = 5000 };

enum what { WHAT_OPEN, WHAT_DATA, WHAT_CLOSE };

struct chunk {
    struct chunk *next;
    int64_t due_ns;
    size_t n;
    enum what what;
    char data[]; // n bytes and WS_PADDING zeros
};

struct stream {
    struct chunk *head, *tail;
    int64_t last_due_ns;
    size_t bytes, count;
};

struct venue_net {
    struct venue_net_handler on;
    struct venue_net_config c;
    enum venue_id site;
    uint16_t port;
};

struct sim_conn {
    bool used, client_open, venue_open, ws, last_answer;
    enum venue_id site;
    enum sim_class class;
    struct stream dir[2];
    int64_t opened_ns, closes_ns; // closes_ns: the client's own close comes back to it then; SIM_NEVER
    char path[4096];              // WebSocket: what it asked for
    char *in;                     // HTTP at the venue: bytes of a request so far
    size_t in_n;
    struct sim_request request; // the one being answered
    struct sim_verdict verdict;
    // -- client's end
    struct ws_at at;
    struct tls_conn *tls;
    const struct sim_client_ops *ops;
    void *ctx;
};

struct tls_conn {
    char authority[32], error[96];
    uint16_t port;
    int fd;
    enum tls_state state;
    struct sim_conn *conn;
    bool closed; // by the other side, after what is in `rx`
    char *rx;
    size_t rx_n, rx_at, rx_cap;
    uint64_t bytes_out, handshakes;
};

struct ws_links {
    struct ws_links_config c;
    struct sim_conn *link[VENUE_COUNT][LINK_COUNT][WS_WHICH];
    int watch[VENUE_COUNT][WS_ORDER_SOCKETS]; // fd
    int64_t deadline_ns, last_ns[VENUE_COUNT][LINK_COUNT];
    uint64_t bytes;
};

extern struct sim_conn sim_conns[CONNS];
extern struct venue_net *sim_nets[VENUE_COUNT]; // in the order in which the venue made them
extern size_t sim_nets_n;
extern struct ws_links *sim_links; // NULL: the client has none yet

// A connection of this class to the site that listens on this port begins.
struct sim_conn *sim_conn_new(uint16_t port, enum sim_class c);
// Something on its way, extra_ns later than the link's latency; in order with what went before.
struct chunk *sim_push(struct sim_conn *c, enum sim_direction d, enum what what, size_t n, int64_t extra_ns);
void sim_push_data(struct sim_conn *c, enum sim_direction d, const char *p, size_t n, int64_t extra_ns);
void sim_drain(struct stream *s);
// Both ends forget it.
void sim_release(struct sim_conn *c);
// The venue lets go of it, what it has not read is lost; the client hears of it.
void sim_venue_forgets(struct sim_conn *c);
void sim_cut_now(struct sim_conn *c);
// The venue's answer to the request in hand, as the door wants it.
void sim_answer(struct sim_conn *c, const struct venue_answer_head *h, const char *body, size_t n);
// A message of the venue on a WebSocket, through the filter.
void sim_send(struct sim_conn *c, const struct venue_piece *piece, size_t count, size_t total);

#endif
