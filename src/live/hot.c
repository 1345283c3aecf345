// SPDX-License-Identifier: Apache-2.0
// One rule keeps this file simple: nothing re-enters. A callback of the loop enters the session once; what
// the session emits is stepped through the engine at once; the engine's actions and the session's commands
// are queued; `settle` works the queues off until all are empty, then arms the timer and publishes.
#include "live/hot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/order/ledger.h"
#include "live/alloc_pool.h"
#include "live/latency.h"
#include "live/order_conn.h"
#include "live/ws_links.h"
#include "store/record.h"
#include "wire/decode.h"

enum {
    QUEUE_ACTIONS = 1024,  // actions waiting for the session; the engine makes at most 256 a step
    QUEUE_COMMANDS = 512,  // link commands waiting for the links
    SETTLE_ROUNDS = 10000, // bound of one settle: beyond it something loops
    ORDER_CONNS = 2,
    SENT_MAX = 16, // writes between two looks at the session; each connection has one in flight
};

static const int64_t HOUSEKEEPING_NS = 50 * NS_PER_MS;
static const int64_t WARM_NS = 5 * NS_PER_MS; // how often the order path is walked without an order
static const int64_t LOAD_PERIOD_NS = NS_PER_S;
static const int64_t LOAD_SOONEST_NS = 100 * NS_PER_MS; // after the last one, when market data comes late
static const int64_t LAG_LATE_NS = 250 * NS_PER_MS;
static const int64_t LOAD_WINDOW_NS = 10 * NS_PER_S;

struct hot {
    struct hot_setup s;
    struct engine *engine;
    struct session *session;
    struct session_out out;
    struct order_conn *orders[ORDER_CONNS]; // the order connection and its spare
    struct nonce nonce;                     // of both
    struct sent {
        uint32_t tag;
        uint8_t kind;
        int64_t mono_ns;
    } sent[SENT_MAX]; // written, not yet told
    unsigned sent_count;
    int dead_man_pending; // dead-man requests not yet answered
    bool link_up[ORDER_CONNS];
    struct order_port {
        struct hot *hot;
        int index;
    } port[ORDER_CONNS];
    struct ws_links *links;
    struct latency latency;
    pthread_t thread;
    // -- hot thread only
    struct event ev;        // scratch for events made here
    struct actions actions; // of the step in hand
    struct action *queue;   // QUEUE_ACTIONS, ring
    unsigned queue_head, queue_tail;
    struct link_cmd *commands; // QUEUE_COMMANDS, ring
    unsigned command_head, command_tail;
    uint64_t seq;
    int64_t last_mono_ns, last_wall_ns;
    int64_t received_ns; // of the message in hand
    int64_t warm_ns, sample_ns, load_ns, load_window_ns;
    int64_t venue_minus_mono_ns; // the venue's clock by our steady one; 0 not probed yet
    int64_t lag_ns;              // worst age of a market event since the last load event
    int64_t kill_key_ns;         // kill whose first cancel byte is not written yet; 0 none
    uint64_t gap_from, gap_to;   // records lost to a full ring, not yet told
    uint64_t overflow, messages, bad_user;
    uint64_t malloc_base; // pool misses when steady state began
    int32_t ring_pct;
    bool steady;
    // -- any thread
    _Atomic int done; // 1: engine said quit, 2: stopped or broken
    _Atomic int exit_code;
    _Atomic int stop;
};

// ------------------------------------------------------------------------------------------------------------
// records

static void record_copy(struct hot *h, enum record_type type, const void *p, size_t n)
{
    if (h->s.records && !record_put(h->s.records, type, p, n, h->last_wall_ns)) {
        h->overflow++;
    }
}

// Tell the tape which events it will not see, as soon as there is room again.
static bool record_gap(struct hot *h)
{
    struct record_gap g = {.seq_from = h->gap_from, .seq_to = h->gap_to};
    if (h->gap_from && !record_put(h->s.records, REC_GAP, &g, sizeof g, h->last_wall_ns)) {
        return false;
    }
    h->gap_from = 0;
    return true;
}

static void record_event(struct hot *h, const struct event *ev)
{
    if (!h->s.records || (record_gap(h) && record_put_event(h->s.records, ev))) {
        return;
    }
    h->overflow++;
    h->gap_from = h->gap_from ? h->gap_from : ev->seq;
    h->gap_to = ev->seq;
}

static void record_step(struct hot *h)
{
    size_t n = 0;
    const struct posting *p = engine_postings(h->engine, &n);
    for (size_t i = 0; i < n; i++) {
        record_copy(h, REC_POSTING, &p[i], sizeof p[i]);
    }
    for (uint32_t i = 0; i < h->actions.count; i++) {
        record_copy(h, REC_ACTION, &h->actions.a[i], sizeof h->actions.a[i]);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// step

static void queue_action(struct hot *h, const struct action *a)
{
    switch (a->type) {
    case ACT_ALARM:
        return; // eyes only: recorded, and in the snapshot
    case ACT_FENCE_OPEN:
        if (h->kill_key_ns == 0) { // else a key came behind the release: the fence it raised stays
            kill_line_release(h->s.line);
        }
        return;
    case ACT_QUIT:
        atomic_store(&h->exit_code, (int)a->value);
        atomic_store(&h->done, 1);
        return;
    case ACT_CANCEL_ALL:
        if (a->close_only) { // a kill, also one by rule: the fence goes up with its first sweep
            atomic_store(&h->s.line->fence, 1);
        }
        break;
    default:
        break;
    }
    CHECK(h->queue_head - h->queue_tail < QUEUE_ACTIONS);
    h->queue[h->queue_head++ % QUEUE_ACTIONS] = *a;
}

// How old a market event is by the venue's own stamp of sending it. Our wall clock may step, so the venue's
// is told by the steady one, set right with every probe; whole milliseconds are cut, hence one of grace.
static void note_lag(struct hot *h, const struct event *ev)
{
    if (ev->type == EV_LINK && ev->u.link.link == LINK_REST && ev->u.link.state == LINK_UP) {
        h->venue_minus_mono_ns = h->last_wall_ns + ev->u.link.clock_offset_ns - h->last_mono_ns;
    }
    bool market =
        ev->type == EV_TOUCH || ev->type == EV_TRADE || ev->type == EV_MARK; // diffs may wait for a snapshot
    if (market && ev->venue_event_ns && h->venue_minus_mono_ns) {
        int64_t lag = h->last_mono_ns + h->venue_minus_mono_ns - ev->venue_event_ns - NS_PER_MS;
        h->lag_ns = lag > h->lag_ns ? lag : h->lag_ns;
        bool late = h->lag_ns > LAG_LATE_NS;
        int64_t soonest = h->load_ns - LOAD_PERIOD_NS + LOAD_SOONEST_NS;
        h->load_ns = late && soonest < h->load_ns ? soonest : h->load_ns;
    }
}

// Take one event: number it, stamp it, record it, step the engine, queue what it wants.
static void take_event(struct hot *h, struct event *ev)
{
    int64_t now = clock_mono_ns();
    if (now < h->last_mono_ns) {
        now = h->last_mono_ns;
    }
    h->last_mono_ns = now;
    h->last_wall_ns = clock_wall_ns();
    ev->seq = ++h->seq;
    ev->mono_ns = now;
    ev->wall_ns = h->last_wall_ns;
    note_lag(h, ev);
    record_event(h, ev);
    h->actions.count = 0;
    engine_step(h->engine, ev, &h->actions);
    latency_step_done(&h->latency, clock_mono_ns() - now);
    record_step(h);
    for (uint32_t i = 0; i < h->actions.count; i++) {
        queue_action(h, &h->actions.a[i]);
    }
}

static void on_session_event(void *ctx, struct event *ev)
{
    take_event(ctx, ev);
}

static void on_session_command(void *ctx, const struct link_cmd *cmd)
{
    struct hot *h = ctx;
    CHECK(h->command_head - h->command_tail < QUEUE_COMMANDS);
    struct link_cmd *to = &h->commands[h->command_head++ % QUEUE_COMMANDS];
    to->type = cmd->type;
    to->link = cmd->link;
    to->len = cmd->len;
    if (cmd->type == LC_REQUEST) {
        request_copy(&to->rq, &cmd->rq);
        if (cmd->rq.kind == RQ_PLACE || cmd->rq.kind == RQ_CANCEL || cmd->rq.kind == RQ_AMEND) {
            latency_submitted(&h->latency, cmd->rq.tag);
        }
    } else {
        memcpy(to->text, cmd->text, sizeof to->text);
    }
}

// -----------------------------------------------------------------------------------------------------------
// commands

static void give_to_clerk(struct hot *h, const struct request *rq)
{
    struct clerk_job job = {
        .tag = rq->tag, .kind = rq->kind, .timeout_ns = rq->timeout_ns, .text_len = rq->text_len};
    memcpy(job.method, rq->method, sizeof job.method);
    memcpy(job.path, rq->path, sizeof job.path);
    memcpy(job.text, rq->text, rq->text_len);
    if (rq->signed_) {
        size_t n = order_conn_sign(h->orders[0], job.text, rq->text_len, sizeof job.text);
        CHECK(n > 0); // session texts leave room for any signature
        job.text_len = (uint16_t)n;
    }
    if (!clerk_submit(h->s.clerk, &job)) {
        session_on_dropped(h->session, rq->tag, DROP_BUDGET, clock_mono_ns(), clock_wall_ns(), &h->out);
    }
}

// The spare carries what would have to wait for an answer on the first connection. An order never overtakes
// the dead-man request that must stand before it.
static struct order_conn *pick_connection(struct hot *h, const struct request *rq)
{
    bool free_to_overtake = rq->kind == RQ_CANCEL || rq->kind == RQ_CANCEL_ALL ||
                            rq->kind == RQ_OPEN_ORDERS || rq->kind == RQ_POSITIONS ||
                            (rq->kind == RQ_PLACE && h->dead_man_pending == 0);
    bool spare = free_to_overtake && !order_conn_idle(h->orders[0]) && order_conn_idle(h->orders[1]);
    return h->orders[spare ? 1 : 0];
}

static void run_command(struct hot *h, const struct link_cmd *cmd)
{
    enum link_id link = (enum link_id)cmd->link;
    bool is_ws = link == LINK_MARKET || link == LINK_USER;
    switch (cmd->type) {
    case LC_CONNECT:
        if (is_ws && !ws_links_connect(h->links, link, cmd->text)) {
            session_on_closed(h->session, link, "cannot connect", clock_mono_ns(), clock_wall_ns(), &h->out);
        } else if (link == LINK_ORDER) {
            order_conn_connect(h->orders[0]);
            order_conn_connect(h->orders[1]);
        }
        break;
    case LC_CLOSE:
        if (is_ws) {
            ws_links_close(h->links, link);
        }
        break;
    case LC_SEND:
        ws_links_send(h->links, link, cmd->text, cmd->len);
        break;
    default:
        if (cmd->rq.on_order_link) {
            h->dead_man_pending += cmd->rq.kind == RQ_DEADMAN;
            order_conn_submit(pick_connection(h, &cmd->rq), &cmd->rq);
        } else {
            give_to_clerk(h, &cmd->rq);
        }
        break;
    }
}

// ------------------------------------------------------------------------------------------- order
// connection's answers

// Only noted here: what else is ready goes out first, then the session is told.
static void on_sent(void *ctx, uint32_t tag, enum request_kind kind, int64_t mono_ns)
{
    struct hot *h = ((struct order_port *)ctx)->hot;
    latency_written(&h->latency, tag, mono_ns);
    if (h->kill_key_ns && (kind == RQ_CANCEL_ALL || kind == RQ_CANCEL)) {
        hist_add(&h->latency.station[ST_KEY_TO_CANCEL], mono_ns - h->kill_key_ns);
        h->kill_key_ns = 0;
    }
    CHECK(h->sent_count < SENT_MAX);
    h->sent[h->sent_count++] = (struct sent){tag, (uint8_t)kind, mono_ns};
}

// False: nothing was waiting to be told.
static bool tell_sent(struct hot *h)
{
    struct sent told[SENT_MAX];
    unsigned n = h->sent_count;
    memcpy(told, h->sent, n * sizeof *told);
    h->sent_count = 0;
    for (unsigned i = 0; i < n; i++) {
        session_on_sent(h->session, told[i].tag, told[i].mono_ns, clock_mono_ns(), clock_wall_ns(), &h->out);
    }
    return n > 0;
}

static void on_dropped(void *ctx, uint32_t tag, enum drop_reason why)
{
    struct hot *h = ((struct order_port *)ctx)->hot;
    session_on_dropped(h->session, tag, why, clock_mono_ns(), clock_wall_ns(), &h->out);
}

static void on_answer(void *ctx, uint32_t tag, const struct answer *a)
{
    struct hot *h = ((struct order_port *)ctx)->hot;
    h->dead_man_pending -= a->kind == RQ_DEADMAN && h->dead_man_pending > 0;
    if (a->sent_mono_ns && a->received_mono_ns > a->sent_mono_ns && !a->lost && !a->not_sent) {
        hist_add(&h->latency.station[ST_ORDER_RTT], a->received_mono_ns - a->sent_mono_ns);
    }
    tell_sent(h); // an answer never comes before its "sent"
    latency_message(&h->latency, a->received_mono_ns, false);
    session_on_answer(h->session, tag, a, clock_mono_ns(), clock_wall_ns(), &h->out);
}

// The session knows one order link: up while any of the two connections is.
static void on_order_state(void *ctx, bool up, const char *reason)
{
    struct order_port *p = ctx;
    struct hot *h = p->hot;
    bool was = h->link_up[0] || h->link_up[1];
    h->link_up[p->index] = up;
    bool is = h->link_up[0] || h->link_up[1];
    if (is && !was) {
        session_on_open(h->session, LINK_ORDER, clock_mono_ns(), clock_wall_ns(), &h->out);
    } else if (!is) {
        session_on_closed(h->session, LINK_ORDER, reason, clock_mono_ns(), clock_wall_ns(), &h->out);
    }
}

// ----------------------------------------------------------------------------------------------------- kill,
// operators

static void take_operator(struct hot *h, const struct ev_operator *op, uint16_t instrument)
{
    event_init(&h->ev, EV_OPERATOR, instrument, 0);
    h->ev.u.op = *op;
    take_event(h, &h->ev);
}

static bool asks_cancel(const struct hot *h)
{
    for (uint32_t i = 0; i < h->actions.count; i++) {
        if (h->actions.a[i].type == ACT_CANCEL_ALL || h->actions.a[i].type == ACT_CANCEL) {
            return true;
        }
    }
    return false;
}

// From which key on the first cancel byte is timed: the oldest that still waits for one.
static void note_key(struct hot *h)
{
    int64_t key = kill_line_take_kill(h->s.line);
    if (key && !h->kill_key_ns) {
        h->kill_key_ns = key;
    }
}

// The kill line itself only raises the fence; the command that says what to do (flatten, or hold and ask)
// comes through the ring, behind its key. An F pressed again may leave nothing to cancel: then there is
// nothing to time either.
static void take_line(struct hot *h)
{
    struct kill_line_command c;
    note_key(h);
    for (int i = 0; i < 64 && kill_line_take(h->s.line, &c); i++) {
        note_key(h);
        latency_message(&h->latency, 0, false);
        take_operator(h, &c.op, c.instrument);
        if (c.op.key_mono_ns == h->kill_key_ns && !asks_cancel(h)) {
            h->kill_key_ns = 0;
        }
    }
}

static void take_clerk(struct hot *h)
{
    uint32_t tag;
    for (int i = 0; i < 64; i++) {
        const struct answer *a = clerk_next(h->s.clerk, &tag);
        if (!a) {
            return;
        }
        latency_message(&h->latency, 0, false);
        session_on_answer(h->session, tag, a, clock_mono_ns(), clock_wall_ns(), &h->out);
        clerk_release(h->s.clerk);
    }
}

// --------------------------------------------------------------------------------------------------------------
// timers

static void take_load(struct hot *h, int64_t now)
{
    if (now < h->load_ns) {
        return;
    }
    h->load_ns = now + LOAD_PERIOD_NS;
    h->ring_pct = h->s.records ? ring_used_pct_spsc(h->s.records) : 0;
    event_init(&h->ev, EV_LOAD, INSTRUMENT_NONE, 0);
    h->ev.u.load.tick_to_order_p99_ns = hist_quantile(&h->latency.window, 990000);
    h->ev.u.load.lag_ns = h->lag_ns;
    h->ev.u.load.ring_pct = h->ring_pct;
    h->lag_ns = 0;
    take_event(h, &h->ev);
    if (now >= h->load_window_ns) {
        h->load_window_ns = now + LOAD_WINDOW_NS;
        memset(&h->latency.window, 0, sizeof h->latency.window);
    }
}

static void take_timers(struct hot *h)
{
    int64_t now = clock_mono_ns();
    for (int i = 0; i < 16; i++) {
        int64_t deadline = engine_next_deadline(h->engine);
        if (deadline > now) {
            break;
        }
        event_init(&h->ev, EV_TIMER, INSTRUMENT_NONE, 0);
        h->ev.u.timer.deadline_ns = deadline;
        latency_message(&h->latency, 0, false);
        take_event(h, &h->ev);
    }
    if (session_next_deadline(h->session) <= now) {
        session_on_time(h->session, now, clock_wall_ns(), &h->out);
    }
    take_load(h, now);
}

// ------------------------------------------------------------------------------------------------------------
// snapshot

static void fill_shell(struct hot *h, struct snap_shell *sh)
{
    *sh = h->s.shell;
    memcpy(sh->station, h->latency.station, sizeof sh->station);
    struct session_status st;
    session_status(h->session, &st);
    memcpy(sh->link, st.link, sizeof sh->link);
    sh->fence = (uint8_t)atomic_load(&h->s.line->fence);
    for (int i = 0; i < LINK_COUNT; i++) {
        int64_t last = ws_links_last_ns(h->links, (enum link_id)i);
        sh->link_age_ns[i] = last ? h->last_mono_ns - last : 0;
    }
    sh->rtt_ns = st.rtt_ns;
    sh->clock_offset_ns = st.clock_offset_ns;
    sh->ws_bytes = ws_links_bytes(h->links);
    sh->ws_messages = h->messages;
    sh->events = h->seq;
    sh->lap = h->s.lap_ns > 0 ? (int32_t)((h->last_mono_ns - h->s.lap_mono_ns) / h->s.lap_ns) + 1 : 0;
    sh->ring_overflow = h->overflow;
    sh->hot_mallocs = h->steady ? alloc_pool_misses() - h->malloc_base : 0;
    atomic_store(&h->s.shared->handshakes,
                 order_conn_handshakes(h->orders[0]) + order_conn_handshakes(h->orders[1]));
    sh->record_ring_pct = h->ring_pct;
    sh->weight_used = st.weight_used;
    sh->weight_limit = st.weight_limit;
    sh->orders_used = st.orders_used;
    sh->orders_limit = st.orders_limit;
}

static void fill_snapshot(struct hot *h, struct snapshot *s)
{
    memset(s, 0, sizeof *s);
    engine_snapshot(h->engine, s);
    fill_shell(h, &s->shell);
}

static void publish(struct hot *h)
{
    fill_snapshot(h, publish_back(h->s.publish));
    publish_commit(h->s.publish);
}

// Once a second: a sample for the database and a checkpoint for `replay --verify`.
static void record_sample(struct hot *h)
{
    if (!h->s.records) {
        return;
    }
    struct record_hash rh = {.seq = h->seq, .action_hash = engine_action_hash(h->engine)};
    record_copy(h, REC_HASH, &rh, sizeof rh);
    struct snapshot *s = record_reserve(h->s.records, REC_SNAPSHOT, sizeof *s, h->last_wall_ns);
    if (!s) {
        h->overflow++;
        return;
    }
    fill_snapshot(h, s);
    ring_commit_spsc(h->s.records);
}

// --------------------------------------------------------------------------------------------------------------
// settle

static bool settle_one(struct hot *h)
{
    if (h->queue_tail != h->queue_head) {
        struct action a = h->queue[h->queue_tail++ % QUEUE_ACTIONS];
        if (h->queue_tail == h->queue_head) {
            h->queue_head = h->queue_tail = 0; // start over in memory that is still warm
        }
        session_on_action(h->session, &a, clock_mono_ns(), clock_wall_ns(), &h->out);
        return true;
    }
    if (h->command_tail != h->command_head) {
        const struct link_cmd *cmd = &h->commands[h->command_tail++ % QUEUE_COMMANDS];
        run_command(h, cmd);
        if (h->command_tail == h->command_head) {
            h->command_head = h->command_tail = 0;
        }
        return true;
    }
    return order_conn_work(h->orders[0]) || order_conn_work(h->orders[1]) || tell_sent(h);
}

static void settle(struct hot *h)
{
    int rounds = 0;
    while (settle_one(h)) {
        CHECK(++rounds < SETTLE_ROUNDS);
    }
    for (int i = 0; i < ORDER_CONNS; i++) {
        ws_links_watch_order(h->links, i, order_conn_fd(h->orders[i]), order_conn_wants_write(h->orders[i]));
        ws_links_arm(h->links, order_conn_deadline(h->orders[i]));
    }
    ws_links_arm(h->links, engine_next_deadline(h->engine));
    ws_links_arm(h->links, session_next_deadline(h->session));
    ws_links_arm(h->links, clock_mono_ns() + HOUSEKEEPING_NS);
    if (publish_take_wish(h->s.publish)) {
        publish(h);
    }
}

// ------------------------------------------------------------------------------------------------------ loop
// callbacks

static void on_open(void *ctx, enum link_id link)
{
    struct hot *h = ctx;
    session_on_open(h->session, link, clock_mono_ns(), clock_wall_ns(), &h->out);
    settle(h);
}

static void on_text(void *ctx, enum link_id link, const char *text, size_t n, int64_t received_ns)
{
    struct hot *h = ctx;
    h->messages++;
    latency_message(&h->latency, received_ns, link == LINK_MARKET);
    if (link == LINK_MARKET) {
        session_on_market(h->session, text, n, received_ns, clock_wall_ns(), &h->out);
    } else {
        static _Thread_local struct user_msg m;
        if (wire_decode_user(text, n, &m)) {
            session_on_user(h->session, &m, received_ns, clock_wall_ns(), &h->out);
        } else {
            // It may have been a fill: connect anew, so that the session reads what it missed.
            h->bad_user++;
            ws_links_close(h->links, LINK_USER);
        }
    }
    settle(h);
    if (link == LINK_MARKET && h->last_mono_ns >= h->warm_ns) {
        h->warm_ns = h->last_mono_ns + WARM_NS;
        order_conn_warm(h->orders[0]);
    }
}

static void on_closed(void *ctx, enum link_id link, const char *reason)
{
    struct hot *h = ctx;
    session_on_closed(h->session, link, reason, clock_mono_ns(), clock_wall_ns(), &h->out);
    settle(h);
}

static void on_wake(void *ctx)
{
    struct hot *h = ctx;
    kill_line_drain(h->s.line);
    take_line(h);
    settle(h);
    take_clerk(h);
    settle(h);
}

static void on_timer(void *ctx)
{
    struct hot *h = ctx;
    take_timers(h);
    order_conn_process(h->orders[0]);
    order_conn_process(h->orders[1]);
    settle(h);
    if (h->last_mono_ns >= h->sample_ns) {
        h->sample_ns = h->last_mono_ns + NS_PER_S;
        record_sample(h);
    }
}

static void on_order_io(void *ctx, int which)
{
    struct hot *h = ctx;
    order_conn_process(h->orders[which]);
    settle(h);
}

// --------------------------------------------------------------------------------------------------------------
// thread

static void begin(struct hot *h)
{
    latency_bind(&h->latency);
    event_init(&h->ev, EV_START, INSTRUMENT_NONE, 0);
    h->ev.u.start = (struct ev_start){
        .config_hash = h->s.config_hash, .seed = h->s.seed, .epoch = h->s.epoch, .mode = (uint8_t)h->s.mode};
    take_event(h, &h->ev);
    session_start(h->session, clock_mono_ns(), clock_wall_ns(), &h->out);
    settle(h);
}

static void *run(void *arg)
{
    struct hot *h = arg;
    pthread_setname_np(pthread_self(), "tt-hot");
    begin(h);
    int64_t steady_at = clock_mono_ns() + 10 * NS_PER_S;
    while (!atomic_load_explicit(&h->done, memory_order_relaxed) &&
           !atomic_load_explicit(&h->stop, memory_order_relaxed)) {
        if (!ws_links_service(h->links, h->s.spin)) {
            break;
        }
        if (!h->steady && h->last_mono_ns > steady_at) {
            h->steady = true;
            h->malloc_base = alloc_pool_misses();
        }
    }
    record_sample(h);
    publish(h);
    if (!atomic_load(&h->done)) {
        atomic_store(&h->exit_code, EXIT_UNVERIFIED);
        atomic_store(&h->done, 2);
    }
    return NULL;
}

static void destroy(struct hot *h)
{
    order_conn_free(h->orders[0]);
    order_conn_free(h->orders[1]);
    ws_links_free(h->links);
    free(h->engine);
    free(h->session);
    free(h->queue);
    free(h->commands);
    free(h);
}

static bool build(struct hot *h, struct error *e)
{
    // Page faults are taken now: windows that fill over minutes must not look like a leak.
    size_t en = engine_size();
    size_t sn = session_size();
    void *em = memory_new_aligned(en);
    void *sm = memory_new_aligned(sn);
    h->queue = memory_new_aligned(QUEUE_ACTIONS * sizeof *h->queue);
    h->commands = memory_new_aligned(QUEUE_COMMANDS * sizeof *h->commands);
    h->engine = em ? engine_init(em, en, &h->s.engine) : NULL;
    h->session = sm ? session_init(sm, sn, &h->s.session) : NULL;
    if (!h->engine || !h->session || !h->queue || !h->commands) {
        free(h->engine ? NULL : em);
        free(h->session ? NULL : sm);
        return error_set(e, EXIT_OS, "out of memory for the engine (%zu MiB needed)", (en + sn) >> 20);
    }
    for (int i = 0; i < ORDER_CONNS; i++) {
        h->port[i] = (struct order_port){h, i};
        struct order_conn_setup oc = {
            .host = h->s.host,
            .port = h->s.port,
            .tls = h->s.tls,
            .ca_pem = h->s.ca_pem,
            .signer = h->s.signer,
            .nonce = &h->nonce,
            .fence = &h->s.line->fence,
            .ctx = &h->port[i],
            .sent = on_sent,
            .dropped = on_dropped,
            .answer = on_answer,
            .state = on_order_state,
        };
        h->orders[i] = order_conn_new(&oc, e);
        if (!h->orders[i]) {
            return false;
        }
    }
    struct ws_links_config wc = {
        .host = h->s.host,
        .port = h->s.port,
        .tls = h->s.tls,
        .ca_pem = h->s.ca_pem,
        .wake_fd = h->s.line->wake_fd,
        .on = {.ctx = h,
               .open = on_open,
               .text = on_text,
               .closed = on_closed,
               .wake = on_wake,
               .timer = on_timer,
               .order_io = on_order_io},
    };
    h->links = ws_links_new(&wc, e);
    return h->links != NULL;
}

struct hot *hot_start(const struct hot_setup *s, struct error *e)
{
    struct hot *h = calloc(1, sizeof *h);
    if (!h) {
        error_set(e, EXIT_OS, "out of memory for the hot thread");
        return NULL;
    }
    h->s = *s;
    h->out = (struct session_out){.ctx = h, .event = on_session_event, .command = on_session_command};
    if (!build(h, e)) {
        destroy(h);
        return NULL;
    }
    if (pthread_create(&h->thread, NULL, run, h) != 0) {
        error_set(e, EXIT_OS, "the hot thread cannot start: raise `ulimit -u`");
        destroy(h);
        return NULL;
    }
    return h;
}

bool hot_finished(const struct hot *h)
{
    return atomic_load(&h->done) != 0;
}

void hot_stop(struct hot *h)
{
    atomic_store(&h->stop, 1);
    kill_line_wake(h->s.line);
}

int hot_join(struct hot *h, struct snapshot *last)
{
    pthread_join(h->thread, NULL);
    bool fresh;
    *last = *publish_read(h->s.publish, &fresh);
    int code = atomic_load(&h->exit_code);
    destroy(h);
    return code;
}
