// SPDX-License-Identifier: Apache-2.0
// sim: a world of one thread and one clock (failure-modes.md 7). The shipped objects run unchanged on both
// sides: hot, hot_venue, order_conn, session, engine and the codecs here, venue_server, REST, streams,
// exchange and market player there. Swapped at link time (--wrap, mk/05-sim.mk) are only clock, entropy,
// sockets (ws_links, tls_conn, venue_net), the clerk's thread and the hot thread itself.
//
//   sim_world.c   the clock, entropy, the next thing that happens, who acts
//   sim_net.c     connections: ordered messages or bytes with latency, stalls, refusals, cuts
//   sim_clerk.c   the clerk's requests over the same net
//   sim_check.c   what must hold after every event of the engine, and at settle
//   sim_faults.c  what goes wrong when, and which alarms must say so
//
// Owner of everything: the one thread. Same seed, same bytes.
#ifndef TT_SIM_H
#define TT_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/event.h"
#include "engine/market/instrument.h"

#define SIM_NEVER INT64_MAX

// ---------------------------------------------------------------------------------------------------- world

struct sim_world {
    int64_t now_ns;          // monotonic, of both sides
    int64_t wall_base_ns;    // true UTC = wall_base_ns + now_ns
    int64_t client_step_ns;  // our wall clock's error
    int64_t frozen_until_ns; // we do not run before that
    bool at_venue;           // whose code runs: the venue's clock has no error
    uint64_t steps;
    uint64_t seed;
    struct venue_server *venue;
};
extern struct sim_world world;

void sim_world_init(uint64_t seed);
// A random stream of its own for each component, so that a draw in one does not shift the others.
void sim_rng(struct rng *r, const char *component);
// Let the next thing happen. False: nothing ever will.
bool sim_step(void);
// Ends the run with a line that replays it.
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sim_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
int sim_log_level(void);         // SIM_LOG: 0 nothing, 1 the story, 2 orders, account and requests as well
void sim_time_text(char to[32]); // hh:mm:ss.mmm of the virtual day

// Called by the world in the client's turn; the eventfd of the kill line was written.
void sim_wake_client(void);

// ------------------------------------------------------------------------------------------------------ net

enum sim_class { SIM_MARKET, SIM_USER, SIM_ORDER, SIM_CLERK, SIM_CLASSES };
enum sim_direction { SIM_UP, SIM_DOWN }; // to the venue, from it

struct sim_rules { // of the links of one site and class, read whenever something is sent
    int64_t latency_ns, jitter_ns;
    int64_t stalled_until_ns[2]; // by direction: nothing arrives before; SIM_NEVER: nothing at all
    int64_t stalled_since_ns;    // when it was last set
    bool refused;                // connects are refused
};
struct sim_rules *sim_rules(enum venue_id site, enum sim_class c);
// A venue in the same town.
#define SIM_RULES_USUAL ((struct sim_rules){.latency_ns = 300 * NS_PER_US, .jitter_ns = 400 * NS_PER_US})

struct sim_request { // what the venue's door sees of a request
    enum venue_id site;
    enum sim_class via;
    char method[8], path[256];
    const char *text; // query or body
    size_t text_len;
};

enum sim_door {
    DOOR_PASS,
    DOOR_ANSWER,       // the venue's front answers itself: status, body; not executed
    DOOR_SWALLOW,      // neither executed nor answered
    DOOR_EXECUTE_HIDE, // executed; the answer is replaced by status and body
    DOOR_EXECUTE_CUT,  // executed; the connection breaks instead of the answer
    DOOR_CUT,          // the connection breaks, nothing was executed
    DOOR_EXECUTE_LATE, // executed, the answer comes delay_ns later
};
struct sim_verdict {
    enum sim_door door;
    int status;
    int32_t retry_after_s; // -1: no header
    const char *body;
    int64_t delay_ns;
};
// The venue's front: asked for each request (not for WebSockets' opening).
void sim_net_set_door(void (*door)(const struct sim_request *r, struct sim_verdict *v));
// A message that the venue sends on a WebSocket; false: it is lost. May change *extra (deliver so many times
// more) and *delay_ns.
void sim_net_set_filter(bool (*filter)(enum venue_id site, enum sim_class c, const char *text, size_t n,
                                       int *extra, int64_t *delay_ns));

void sim_net_init(void);
// Break all connections of a class now, both ways; what was under way is lost.
void sim_net_cut(enum venue_id site, enum sim_class c);
int64_t sim_net_next_ns(bool client_runs);
bool sim_net_deliver(bool client_runs); // the one thing that is due
size_t sim_net_in_flight(enum venue_id site, enum sim_class c);
uint64_t sim_net_messages(void);
void sim_net_client_timer(int64_t *deadline_ns); // when the client's loop wants its timer
void sim_net_call_timer(void);
void sim_net_call_wake(void);

// Used by sim_clerk.c: a client end that is no WebSocket and no order connection.
struct sim_conn;
struct sim_client_ops {
    void (*open)(void *ctx);
    void (*data)(void *ctx, const char *p, size_t n);
    void (*closed)(void *ctx);
};
struct sim_conn *sim_conn_open(uint16_t port, enum sim_class c, const struct sim_client_ops *ops, void *ctx);
void sim_conn_send(struct sim_conn *c, const char *p, size_t n);
void sim_conn_close(struct sim_conn *c); // by the client; no callback follows

// ---------------------------------------------------------------------------------------------------- clerk

int64_t sim_clerk_next_ns(void);
void sim_clerk_on_time(void);
bool sim_clerk_has_answers(void);

// ---------------------------------------------------------------------------------------------------- check

struct sim_counts {
    uint64_t events, actions, book_compares, book_deep_compares, settles, orders_accounted, fills, fundings;
    uint64_t placed, canceled, seams, reconnects;
};
extern struct sim_counts sim_counts;

void sim_check_init(void);
void sim_check_free(void);
uint64_t sim_action_hash(void); // of all actions so far: the same for the same seed
// Published depth of the venue: remember the book it stands for.
void sim_check_published(const char *stream, const char *text, size_t n);
// Nothing under way, nothing in doubt, all links and books live: "" or what is missing.
const char *sim_check_unsettled(void);
// The engine trades everywhere: "" or the named cause that holds it back.
const char *sim_check_held(void);
// Compare all that must agree at settle: "" or the first difference.
const char *sim_check_settled(void);
// Alarms since the mark: was one with this code raised?
bool sim_alarm_raised(const char *code, int64_t since_ns);
bool sim_alarm_standing(const char *code); // condition on now; NULL: any
const char *sim_alarms_standing(char *to, size_t cap);
struct exchange *sim_exchange(enum venue_id site);

// --------------------------------------------------------------------------------------------------- faults

void sim_faults_init(int64_t end_ns, bool short_day,
                     void (*operate)(enum verb verb, int64_t value, const char *word));
int64_t sim_faults_next_ns(void);
void sim_faults_on_time(void);
bool sim_faults_calm(void); // no fault acts and the last one healed a while ago: the market may be thinned
void sim_faults_seam(void); // the recording starts over
void sim_faults_report(void);

#endif
