// SPDX-License-Identifier: Apache-2.0
// The hot thread's parts without the hot thread: links, one hot_venue per venue, a clerk each. The tape
// begins when every instrument's grid is known, because its header holds them; no book is asked for earlier.
#include "live/recorder.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "live/clerk.h"
#include "live/endpoint.h"
#include "live/hot_venue.h"
#include "live/session_setup.h"
#include "store/tape.h"

#define LOOK_NS  (50 * NS_PER_MS) // at the clock, the stop descriptor and the sessions
#define FLUSH_NS (2 * NS_PER_S)   // a crash loses no more

enum { ZSTD_LEVEL = 9, COMMANDS_PER_LOOK = 256 };

struct recorder {
    const struct recorder_setup *s;
    struct recorder_report *report;
    struct engine_config wanted;
    struct endpoint endpoint[VENUE_COUNT];
    struct clerk *clerk[VENUE_COUNT];
    struct hot_venue *venue[VENUE_COUNT];
    struct ws_links *links;
    struct latency latency;
    _Atomic int fence;
    int wake_fd;
    struct tape_header header;
    uint32_t known; // bit per instrument
    struct tape_writer *tape;
    uint64_t seq;
    int64_t last_mono_ns, began_ns, flush_ns;
    bool failed, done;
    struct error error;
};

// ---------------------------------------------------------------------------------------------- events

static void open_tape(struct recorder *r)
{
    struct tape_header *h = &r->header;
    size_t n = 0;
    h->kind = TAPE_MARKET;
    h->created_wall_ns = clock_wall_ns();
    text_copy(h->build, sizeof h->build, TT_VERSION);
    n += (size_t)snprintf(h->origin, sizeof h->origin, "recorded by ticktower from");
    for (int v = 0; v < VENUE_COUNT && n < sizeof h->origin; v++) {
        if (r->venue[v]) {
            n += (size_t)snprintf(h->origin + n, sizeof h->origin - n, " %s", r->endpoint[v].name);
        }
    }
    r->tape = tape_create(r->s->path, h, NULL, ZSTD_LEVEL, &r->error);
    r->failed |= !r->tape;
}

static void on_instrument(struct recorder *r, const struct event *ev)
{
    uint16_t i = ev->instrument;
    if (i >= r->wanted.instrument_count || r->tape) {
        return; // the grid of a running tape stays; a changed one breaks the books, and the session says so
    }
    r->header.instruments[i] = ev->u.instrument_rev;
    r->header.instruments[i].id = i;
    r->known |= UINT32_C(1) << i;
    if (r->known == (UINT32_C(1) << r->wanted.instrument_count) - 1) {
        r->header.instrument_count = r->wanted.instrument_count;
        open_tape(r);
    }
}

static bool is_market(const struct event *ev)
{
    return ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_DIFF || ev->type == EV_TRADE ||
           ev->type == EV_TOUCH || ev->type == EV_MARK;
}

static void on_event(void *ctx, struct event *ev)
{
    struct recorder *r = ctx;
    if (ev->type == EV_INSTRUMENT) {
        on_instrument(r, ev);
    } else if (ev->type == EV_BOOK_STATE) {
        r->report->breaks += ev->u.book_state.state == BOOK_STALE;
    } else if (is_market(ev) && r->tape && !r->failed) {
        int64_t now = clock_mono_ns();
        r->last_mono_ns = now > r->last_mono_ns ? now : r->last_mono_ns;
        ev->seq = ++r->seq;
        ev->mono_ns = ev->wall_ns = clock_wall_ns(); // one time line, as imported tapes have it
        if (ev->wall_ns < r->report->last_wall_ns) {
            ev->mono_ns = ev->wall_ns = r->report->last_wall_ns;
        }
        r->report->first_wall_ns = r->report->first_wall_ns ? r->report->first_wall_ns : ev->wall_ns;
        r->report->last_wall_ns = ev->wall_ns;
        r->failed |= !tape_append(r->tape, ev, &r->error);
        r->report->events[ev->venue]++;
    }
}

static void on_cancel_written(void *ctx, int64_t mono_ns)
{
    (void)ctx;
    (void)mono_ns;
}

// ------------------------------------------------------------------------------------------------ links

static void settle(struct recorder *r)
{
    for (int v = 0; v < VENUE_COUNT; v++) {
        for (int n = 0; r->venue[v] && n < COMMANDS_PER_LOOK && hot_venue_run_command(r->venue[v]); n++) {
        }
        if (r->venue[v]) {
            hot_venue_watch(r->venue[v]);
        }
    }
    ws_links_arm(r->links, clock_mono_ns() + LOOK_NS);
}

static void on_open(void *ctx, struct ws_at at)
{
    struct recorder *r = ctx;
    hot_venue_on_open(r->venue[at.venue], at);
    settle(r);
}

static void on_text(void *ctx, struct ws_at at, const char *text, size_t n, int64_t received_ns)
{
    struct recorder *r = ctx;
    hot_venue_on_text(r->venue[at.venue], at, text, n, received_ns);
    settle(r);
}

static void on_closed(void *ctx, struct ws_at at, const char *reason)
{
    struct recorder *r = ctx;
    hot_venue_on_closed(r->venue[at.venue], at, reason);
    settle(r);
}

static void on_wake(void *ctx)
{
    struct recorder *r = ctx;
    uint64_t n;
    if (read(r->wake_fd, &n, sizeof n) < 0) {
        return;
    }
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (r->venue[v]) {
            hot_venue_on_clerk(r->venue[v]);
        }
    }
    settle(r);
}

static void look(struct recorder *r, int64_t now)
{
    struct pollfd stop = {.fd = r->s->stop_fd, .events = POLLIN};
    r->done |= poll(&stop, 1, 0) > 0 || (r->s->run_ns && now - r->began_ns >= r->s->run_ns);
    if (r->tape && now >= r->flush_ns) {
        r->flush_ns = now + FLUSH_NS;
        r->failed |= !tape_flush(r->tape, false, &r->error);
    }
    if (!r->tape && !r->failed && now - r->began_ns > r->s->start_limit_ns) {
        r->failed = true;
        error_set(
            &r->error, EXIT_UNAVAILABLE,
            "%d of %u instruments known after %" PRId64
            " s: is the venue reachable, is every symbol listed there? (`ticktower doctor --mode paper`)",
            __builtin_popcount(r->known), r->wanted.instrument_count, r->s->start_limit_ns / NS_PER_S);
    }
}

static void on_timer(void *ctx)
{
    struct recorder *r = ctx;
    int64_t now = clock_mono_ns();
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (r->venue[v]) {
            hot_venue_on_time(r->venue[v], now);
        }
    }
    look(r, now);
    settle(r);
}

static void on_order_io(void *ctx, uint8_t venue, int which)
{
    struct recorder *r = ctx;
    hot_venue_process(r->venue[venue], which);
    settle(r);
}

// ---------------------------------------------------------------------------------------------- building

static bool build_venue(struct recorder *r, enum venue_id v, struct error *e)
{
    const struct endpoint *ep = &r->endpoint[v];
    struct clerk_setup cs = {.host = ep->host,
                             .port = ep->port,
                             .tls = ep->tls,
                             .ca_pem = endpoint_ca(ep),
                             .wanted = r->wanted,
                             .wake_fd = r->wake_fd};
    r->clerk[v] = clerk_start(&cs, e);
    if (!r->clerk[v]) {
        return false;
    }
    struct hot_venue_setup hs = {
        .host = ep->host, .port = ep->port, .tls = ep->tls, .ca_pem = endpoint_ca(ep), .clerk = r->clerk[v]};
    session_setup_make(&hs.session, r->s->config, v, (enum auth_scheme)ep->auth);
    hs.session.public_only = 1;
    struct hot_venue_env env = {.fence = &r->fence,
                                .links = r->links,
                                .latency = &r->latency,
                                .ctx = r,
                                .event = on_event,
                                .cancel_written = on_cancel_written};
    r->venue[v] = hot_venue_new(&hs, &env, e);
    return r->venue[v] != NULL;
}

static bool build(struct recorder *r, struct error *e)
{
    struct ws_links_config wc = {.on = {.ctx = r,
                                        .open = on_open,
                                        .text = on_text,
                                        .closed = on_closed,
                                        .wake = on_wake,
                                        .timer = on_timer,
                                        .order_io = on_order_io}};
    config_engine(r->s->config, &r->wanted);
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (r->wake_fd < 0) {
        return error_set(e, EXIT_OS, "eventfd: %m");
    }
    wc.wake_fd = r->wake_fd;
    for (int v = 0; v < VENUE_COUNT; v++) {
        struct endpoint *ep = &r->endpoint[v];
        if (!config_uses_venue(r->s->config, (enum venue_id)v)) {
            continue;
        }
        if (!endpoint_from_config(ep, r->s->config, (enum venue_id)v, MODE_PAPER, e)) {
            return false;
        }
        wc.site[v] = (struct ws_site){
            .host = ep->ws_host, .port = ep->ws_port, .tls = ep->ws_tls, .ca_pem = endpoint_ca(ep)};
    }
    r->links = ws_links_new(&wc, e);
    for (int v = 0; r->links && v < VENUE_COUNT; v++) {
        if (wc.site[v].host && !build_venue(r, (enum venue_id)v, e)) {
            return false;
        }
    }
    return r->links != NULL;
}

static void destroy(struct recorder *r)
{
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (r->clerk[v]) {
            clerk_stop(r->clerk[v]);
        }
        hot_venue_free(r->venue[v]);
        endpoint_free(&r->endpoint[v]);
    }
    ws_links_free(r->links);
    if (r->wake_fd >= 0) {
        close(r->wake_fd);
    }
    free(r);
}

static bool close_tape(struct recorder *r, struct error *e)
{
    if (!r->tape) {
        return r->failed || error_set(e, EXIT_UNAVAILABLE,
                                      "stopped before the venue told its instruments: "
                                      "no tape was written");
    }
    tape_flush(r->tape, false, e);
    r->report->bytes = tape_bytes(r->tape);
    return tape_close(r->tape, e);
}

bool recorder_run(const struct recorder_setup *s, struct recorder_report *report, struct error *e)
{
    struct recorder *r = calloc(1, sizeof *r);
    memset(report, 0, sizeof *report);
    if (!r) {
        return error_set(e, EXIT_OS, "out of memory for a recorder");
    }
    r->s = s;
    r->report = report;
    r->wake_fd = -1;
    r->began_ns = clock_mono_ns();
    if (!build(r, e)) {
        destroy(r);
        return false;
    }
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (r->venue[v]) {
            hot_venue_start(r->venue[v]);
        }
    }
    settle(r);
    while (!r->done && !r->failed && ws_links_service(r->links, false)) {
    }
    bool ok = close_tape(r, e) && !r->failed;
    if (r->failed) {
        *e = r->error;
    }
    destroy(r);
    return ok;
}
