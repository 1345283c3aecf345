// SPDX-License-Identifier: Apache-2.0
// One rule keeps this file simple: nothing re-enters. A callback of the loop enters a session once; what
// the session emits is stepped through the engine at once; the engine's actions and the sessions' commands
// are queued; `settle` works the queues off until all are empty, then arms the timer and publishes.
#include "live/hot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "engine/order/ledger.h"
#include "live/alloc_pool.h"
#include "live/latency.h"
#include "live/ws_links.h"
#include "store/record.h"

enum {
    QUEUE_ACTIONS = 1024,  // actions waiting for their session; the engine makes at most 256 a step
    SETTLE_ROUNDS = 10000, // bound of one settle: beyond it something loops
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
    struct hot_venue *venue[VENUE_COUNT]; // by enum venue_id; NULL: not of this run
    struct hot_venue *all[VENUE_COUNT];   // the same, those of this run
    int count;
    struct ws_links *links;
    struct latency latency;
    pthread_t thread;
    // -- hot thread only
    struct event ev;        // scratch for events made here
    struct actions actions; // of the step in hand
    struct action *queue;   // QUEUE_ACTIONS, ring
    unsigned queue_head, queue_tail;
    uint64_t seq;
    int64_t last_mono_ns, last_wall_ns;
    int64_t warm_ns, sample_ns, load_ns, load_window_ns;
    int64_t venue_minus_mono_ns[VENUE_COUNT]; // a venue's clock by our steady one; 0 not probed yet
    int64_t lag_ns[VENUE_COUNT];              // worst age of a market event since the last load event
    int64_t kill_key_ns;                      // kill whose first cancel byte is not written yet; 0 none
    uint64_t gap_from, gap_to;                // records lost to a full ring, not yet told
    uint64_t overflow, messages;
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
        h->venue_minus_mono_ns[ev->venue] = h->last_wall_ns + ev->u.link.clock_offset_ns - h->last_mono_ns;
    }
    bool market =
        ev->type == EV_TOUCH || ev->type == EV_TRADE || ev->type == EV_MARK; // diffs may wait for a snapshot
    if (market && ev->venue_event_ns && h->venue_minus_mono_ns[ev->venue]) {
        int64_t lag = h->last_mono_ns + h->venue_minus_mono_ns[ev->venue] - ev->venue_event_ns - NS_PER_MS;
        int64_t *worst = &h->lag_ns[ev->venue];
        *worst = lag > *worst ? lag : *worst;
        bool late = *worst > LAG_LATE_NS;
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

// ------------------------------------------------------------------------------- out of the venues' shells

static void on_venue_event(void *ctx, struct event *ev)
{
    take_event(ctx, ev);
}

static void on_cancel_written(void *ctx, int64_t mono_ns)
{
    struct hot *h = ctx;
    if (h->kill_key_ns) {
        hist_add(&h->latency.station[ST_KEY_TO_CANCEL], mono_ns - h->kill_key_ns);
        h->kill_key_ns = 0;
    }
}

// --------------------------------------------------------------------------------------- kill, operators

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

// --------------------------------------------------------------------------------------------------------------
// timers

static void take_load(struct hot *h, int64_t now)
{
    if (now < h->load_ns) {
        return;
    }
    h->load_ns = now + LOAD_PERIOD_NS;
    h->ring_pct = h->s.records ? ring_used_pct_spsc(h->s.records) : 0;
    for (uint8_t v = 0; v < VENUE_COUNT; v++) { // the age of market data is each venue's own
        if (h->venue[v]) {
            event_init(&h->ev, EV_LOAD, INSTRUMENT_NONE, 0);
            h->ev.venue = v;
            h->ev.u.load.tick_to_order_p99_ns = hist_quantile(&h->latency.window, 990000);
            h->ev.u.load.lag_ns = h->lag_ns[v];
            h->ev.u.load.ring_pct = h->ring_pct;
            h->lag_ns[v] = 0;
            take_event(h, &h->ev);
        }
    }
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
    for (int v = 0; v < h->count; v++) {
        hot_venue_on_time(h->all[v], now);
    }
    take_load(h, now);
}

// ------------------------------------------------------------------------------------------------------------
// snapshot

static uint64_t count_handshakes(const struct hot *h)
{
    uint64_t n = 0;
    for (int v = 0; v < h->count; v++) {
        n += hot_venue_handshakes(h->all[v]);
    }
    return n;
}

static void fill_shell(struct hot *h, struct snap_shell *sh)
{
    *sh = h->s.shell;
    memcpy(sh->station, h->latency.station, sizeof sh->station);
    for (uint8_t v = 0; v < VENUE_COUNT; v++) {
        if (h->venue[v]) {
            hot_venue_fill_site(h->venue[v], h->last_mono_ns, &sh->site[v]);
        }
    }
    sh->fence = (uint8_t)atomic_load(&h->s.line->fence);
    sh->ws_bytes = ws_links_bytes(h->links);
    sh->ws_messages = h->messages;
    sh->events = h->seq;
    sh->lap = h->s.lap_ns > 0 ? (int32_t)((h->last_mono_ns - h->s.lap_mono_ns) / h->s.lap_ns) + 1 : 0;
    sh->ring_overflow = h->overflow;
    sh->hot_mallocs = h->steady ? alloc_pool_misses() - h->malloc_base : 0;
    atomic_store(&h->s.shared->handshakes, count_handshakes(h));
    for (int v = 0; v < VENUE_COUNT; v++) {
        atomic_store(&h->s.shared->nonce_us[v], h->venue[v] ? hot_venue_nonce_us(h->venue[v]) : 0);
    }
    sh->record_ring_pct = h->ring_pct;
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
        CHECK(a.venue < VENUE_COUNT && h->venue[a.venue]);
        hot_venue_on_action(h->venue[a.venue], &a);
        for (int v = 0; h->queue_tail == h->queue_head && v < h->count; v++) {
            hot_venue_flush(h->all[v]);
        }
        return true;
    }
    for (int v = 0; v < h->count; v++) {
        if (hot_venue_run_command(h->all[v])) {
            return true;
        }
    }
    for (int v = 0; v < h->count; v++) {
        if (hot_venue_work(h->all[v])) {
            return true;
        }
    }
    return false;
}

static void settle(struct hot *h)
{
    int rounds = 0;
    while (settle_one(h)) {
        CHECK(++rounds < SETTLE_ROUNDS);
    }
    for (int v = 0; v < h->count; v++) {
        hot_venue_watch(h->all[v]);
    }
    ws_links_arm(h->links, engine_next_deadline(h->engine));
    ws_links_arm(h->links, clock_mono_ns() + HOUSEKEEPING_NS);
    if (publish_take_wish(h->s.publish)) {
        publish(h);
    }
}

// ------------------------------------------------------------------------------------------------------ loop
// callbacks

static void on_open(void *ctx, struct ws_at at)
{
    struct hot *h = ctx;
    hot_venue_on_open(h->venue[at.venue], at);
    settle(h);
}

static void on_text(void *ctx, struct ws_at at, const char *text, size_t n, int64_t received_ns)
{
    struct hot *h = ctx;
    bool market = at.link != LINK_USER;
    h->messages++;
    latency_message(&h->latency, received_ns, market);
    hot_venue_on_text(h->venue[at.venue], at, text, n, received_ns);
    settle(h);
    if (market && h->last_mono_ns >= h->warm_ns) {
        h->warm_ns = h->last_mono_ns + WARM_NS;
        hot_venue_warm(h->venue[at.venue]);
    }
}

static void on_closed(void *ctx, struct ws_at at, const char *reason)
{
    struct hot *h = ctx;
    hot_venue_on_closed(h->venue[at.venue], at, reason);
    settle(h);
}

static void on_wake(void *ctx)
{
    struct hot *h = ctx;
    kill_line_drain(h->s.line);
    take_line(h);
    settle(h);
    for (int v = 0; v < h->count; v++) {
        hot_venue_on_clerk(h->all[v]);
        settle(h);
    }
}

static void on_timer(void *ctx)
{
    struct hot *h = ctx;
    take_timers(h);
    for (int v = 0; v < h->count; v++) {
        hot_venue_process(h->all[v], 0);
        hot_venue_process(h->all[v], 1);
    }
    settle(h);
    if (h->last_mono_ns >= h->sample_ns) {
        h->sample_ns = h->last_mono_ns + NS_PER_S;
        record_sample(h);
    }
}

static void on_order_io(void *ctx, uint8_t venue, int which)
{
    struct hot *h = ctx;
    hot_venue_process(h->venue[venue], which);
    settle(h);
}

// --------------------------------------------------------------------------------------------------------------
// thread

static void begin(struct hot *h)
{
    latency_bind(&h->latency);
    event_init(&h->ev, EV_START, INSTRUMENT_NONE, 0);
    h->ev.u.start = (struct ev_start){.config_hash = h->s.config_hash,
                                      .seed = h->s.seed,
                                      .epoch = h->s.epoch,
                                      .mode = (uint8_t)h->s.mode,
                                      .day_pnl_e8 = h->s.day_pnl_e8};
    take_event(h, &h->ev);
    for (int v = 0; v < h->count; v++) {
        hot_venue_start(h->all[v]);
        settle(h);
    }
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
    for (int v = 0; v < h->count; v++) {
        hot_venue_free(h->all[v]);
    }
    ws_links_free(h->links);
    free(h->engine);
    free(h->queue);
    free(h);
}

static bool build_engine(struct hot *h, struct error *e)
{
    // Page faults are taken now: windows that fill over minutes must not look like a leak.
    size_t en = engine_size();
    void *em = memory_new_aligned(en);
    h->queue = memory_new_aligned(QUEUE_ACTIONS * sizeof *h->queue);
    h->engine = em ? engine_init(em, en, &h->s.engine) : NULL;
    if (!h->engine || !h->queue) {
        return error_set(e, EXIT_OS, "out of memory for the engine (%zu MiB needed)", en >> 20);
    }
    return true;
}

static bool build_links(struct hot *h, struct error *e)
{
    struct ws_links_config wc = {
        .wake_fd = h->s.line->wake_fd,
        .on = {.ctx = h,
               .open = on_open,
               .text = on_text,
               .closed = on_closed,
               .wake = on_wake,
               .timer = on_timer,
               .order_io = on_order_io},
    };
    for (int v = 0; v < VENUE_COUNT; v++) {
        const struct hot_venue_setup *s = &h->s.venue[v];
        wc.site[v] = (struct ws_site){
            .host = s->host ? s->ws_host : NULL, .port = s->ws_port, .tls = s->ws_tls, .ca_pem = s->ca_pem};
    }
    h->links = ws_links_new(&wc, e);
    return h->links != NULL;
}

static bool build_venues(struct hot *h, struct error *e)
{
    struct hot_venue_env env = {.fence = &h->s.line->fence,
                                .links = h->links,
                                .latency = &h->latency,
                                .ctx = h,
                                .event = on_venue_event,
                                .cancel_written = on_cancel_written};
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (!h->s.venue[v].host) {
            continue;
        }
        CHECK(h->s.venue[v].session.venue == v);
        h->venue[v] = hot_venue_new(&h->s.venue[v], &env, e);
        if (!h->venue[v]) {
            return false;
        }
        h->all[h->count++] = h->venue[v];
    }
    CHECK(h->count > 0);
    return true;
}

struct hot *hot_start(const struct hot_setup *s, struct error *e)
{
    struct hot *h = calloc(1, sizeof *h);
    if (!h) {
        error_set(e, EXIT_OS, "out of memory for the hot thread");
        return NULL;
    }
    h->s = *s;
    if (!build_engine(h, e) || !build_links(h, e) || !build_venues(h, e)) {
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
