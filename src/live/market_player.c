// SPDX-License-Identifier: Apache-2.0
#include "live/market_player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "live/market_route.h"

#define SPAN_MAX_NS (INT64_C(9000000) * NS_PER_S)
#define SEAM_GAP_NS                                                                                          \
    (50 * NS_PER_MS) // between the last event of a lap and the first of the next, in tape time

struct source {
    struct tape_reader *reader;
    const struct event *next; // NULL: this tape is at its end
};

// Range of the ids of one instrument in one lap, and what the laps so far have added.
struct id_range {
    uint64_t min, max, offset;
};

struct market_player {
    struct source source[PLAYER_TAPES_MAX];
    size_t sources;
    struct route_table routes;
    struct id_range update[VENUE_COUNT][INSTRUMENT_MAX], trade[VENUE_COUNT][INSTRUMENT_MAX];
    int32_t speed_milli;
    int lap;
    int64_t tape_last_ns; // wall time of the recording, so far
    int64_t start_ns;     // when routes.begin_ns of this lap is due
    char error[480];
    struct event ev; // the shifted copy
};

_Static_assert((int)PLAYER_TAPES_MAX == (int)ROUTE_TAPES_MAX, "every tape has its routes");

// -------------------------------------------------------------------------------------------------- opening

static bool open_source(struct market_player *p, const char *path, struct error *e)
{
    struct source *s = &p->source[p->sources];
    s->reader = tape_open(path, e);
    if (!s->reader) {
        return false;
    }
    p->sources++;
    return tape_header(s->reader)->kind == TAPE_MARKET ||
           error_set(e, EXIT_DATA, "%s: not a market tape; a session is replayed with `ticktower replay`",
                     path);
}

static bool open_sources(struct market_player *p, const char *const *paths, size_t n, struct error *e)
{
    struct tape_reader *readers[PLAYER_TAPES_MAX];
    if (n == 0 || n > PLAYER_TAPES_MAX) {
        return error_set(e, EXIT_USAGE, "market: between 1 and %d tapes can be played", PLAYER_TAPES_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        if (!open_source(p, paths[i], e)) {
            return false;
        }
        readers[i] = p->source[i].reader;
    }
    return route_make(&p->routes, readers, paths, n, e);
}

// Offset so that the ids of the next lap follow those of this one.
static void next_ids(struct id_range *r)
{
    if (r->max) {
        r->offset += r->max - r->min + 1000;
    }
}

static bool played(const struct market_player *p, size_t k, const struct event *ev)
{
    if (ev->instrument >= INSTRUMENT_MAX) {
        return false;
    }
    const struct route *r = p->routes.route[k][ev->instrument];
    return r[VENUE_ASTER].role || r[VENUE_SPOT].role || r[VENUE_BINANCE].role;
}

static void advance(struct market_player *p, size_t k)
{
    struct source *s = &p->source[k];
    struct error e = {0};
    do {
        s->next = tape_next(s->reader, &e);
    } while (s->next && !played(p, k, s->next));
    if (!s->next && e.text[0] && !p->error[0]) {
        text_copy(p->error, sizeof p->error, e.text);
    }
}

static bool rewind_all(struct market_player *p, struct error *e)
{
    for (size_t k = 0; k < p->sources; k++) {
        if (!tape_rewind(p->source[k].reader, e)) {
            return false;
        }
        advance(p, k);
    }
    return true;
}

// Index of the tape whose event comes next; -1 when all are at their end.
static int earliest(const struct market_player *p)
{
    int best = -1;
    for (int k = 0; k < (int)p->sources; k++) {
        const struct event *ev = p->source[k].next;
        if (ev && (best < 0 || ev->wall_ns < p->source[best].next->wall_ns)) {
            best = k;
        }
    }
    return best;
}

struct market_player *market_player_open(const char *const *paths, size_t n, int32_t speed_milli,
                                         struct error *e)
{
    CHECK(speed_milli >= PLAYER_SPEED_MIN_MILLI && speed_milli <= PLAYER_SPEED_MAX_MILLI);
    struct market_player *p = calloc(1, sizeof *p);
    if (!p) {
        error_set(e, EXIT_OS, "market: no memory");
        return NULL;
    }
    p->speed_milli = speed_milli;
    bool ok = open_sources(p, paths, n, e) && rewind_all(p, e);
    int first = ok ? earliest(p) : -1;
    if (ok && first < 0) {
        ok = error_set(e, EXIT_DATA, "%s: the tape is empty or damaged at its start; import it again",
                       paths[0]);
    }
    if (!ok) {
        market_player_close(p);
        return NULL;
    }
    CHECK(first >= 0 && p->source[first].next);
    int64_t first_ns = p->source[first].next->wall_ns;
    if (p->routes.begin_ns < first_ns) {
        p->routes.begin_ns = first_ns; // no book to wait for
    }
    p->tape_last_ns = p->routes.begin_ns;
    return p;
}

void market_player_close(struct market_player *p)
{
    if (p) {
        for (size_t k = 0; k < p->sources; k++) {
            tape_reader_close(p->source[k].reader);
        }
        free(p);
    }
}

size_t market_player_instruments(const struct market_player *p, enum venue_id site,
                                 struct instrument out[INSTRUMENT_MAX])
{
    memcpy(out, p->routes.site[site], p->routes.instruments[site] * sizeof out[0]);
    return p->routes.instruments[site];
}

// Wall time of the last event of all tapes; INT64_MIN when they hold none.
static int64_t last_wall_ns(const struct market_player *p)
{
    int64_t first, end, last = INT64_MIN;
    for (size_t k = 0; k < p->sources; k++) {
        if (tape_span(p->source[k].reader, &first, &end)) {
            last = end > last ? end : last;
        }
    }
    return last;
}

// Symbols of a site; `recorded`: as the recording names them.
static size_t put_symbols(const struct market_player *p, enum venue_id site, bool recorded, char *to,
                          size_t cap)
{
    const struct tape_header *h = tape_header(p->source[p->routes.tape[site]].reader);
    size_t n = 0;
    for (uint32_t i = 0; i < INSTRUMENT_MAX && n < cap; i++) {
        bool wanted = recorded ? p->routes.route[p->routes.tape[site]][i][site].role == ROUTE_MARKET
                               : i < p->routes.instruments[site];
        if (wanted) {
            n += (size_t)snprintf(to + n, cap - n, "%s%s", n ? "," : "",
                                  recorded ? h->instruments[i].symbol : p->routes.site[site][i].symbol);
        }
    }
    return n < cap ? n : cap - 1;
}

// The site's market was recorded as it is shown, not mapped from another kind.
static bool is_linear(const struct market_player *p, enum venue_id site)
{
    const struct tape_header *h = tape_header(p->source[p->routes.tape[site]].reader);
    for (uint32_t i = 0; i < h->instrument_count; i++) {
        if (h->instruments[i].kind == INSTRUMENT_INVERSE) {
            return false;
        }
    }
    return true;
}

static void span_text(const struct market_player *p, char *to, size_t cap)
{
    char from[32], until[32] = "";
    int64_t last = last_wall_ns(p);
    clock_format_utc(from, p->routes.begin_ns);
    if (last >= p->routes.begin_ns) {
        clock_format_utc(until, last);
    }
    snprintf(to, cap, "%.10s %.5s-%.5sZ", from, from + 11, until[0] ? until + 11 : "");
}

void market_player_text(const struct market_player *p, enum venue_id site, char *to, size_t cap)
{
    char span[64], recorded[96], symbols[96];
    to[0] = 0;
    if (p->routes.tape[site] < 0) {
        return;
    }
    const char *origin = tape_header(p->source[p->routes.tape[site]].reader)->origin;
    int source = (int)strcspn(origin, ",;");
    span_text(p, span, sizeof span);
    put_symbols(p, site, true, recorded, sizeof recorded);
    put_symbols(p, site, false, symbols, sizeof symbols);
    switch (site) {
    case VENUE_ASTER:
        snprintf(to, cap, "%.*s %s; derived: mark index funding aggTrade 100ms-diffs; %s; %s", source, origin,
                 span, symbols, origin);
        break;
    case VENUE_SPOT:
        snprintf(to, cap, "%.*s %s; derived: aggTrade; %s; %s", source, origin, span, symbols, origin);
        break;
    default:
        if (is_linear(p, site)) {
            snprintf(to, cap, "%.*s %s; derived: mark index funding aggTrade 100ms-diffs; %s; %s", source,
                     origin, span, symbols, origin);
            break;
        }
        snprintf(to, cap,
                 "COIN-M shown as linear %s: %s %s; derived: quantity mark index funding aggTrade "
                 "100ms-diffs; %s",
                 symbols, recorded, span, origin);
        break;
    }
}

int64_t market_player_lap_ns(const struct market_player *p)
{
    int64_t span = last_wall_ns(p) - p->routes.begin_ns;
    span = span < 0 || span > SPAN_MAX_NS ? 0 : span;
    return (int64_t)((__int128)(span + SEAM_GAP_NS) * 1000 / p->speed_milli);
}

// -------------------------------------------------------------------------------------------------- playing

// A recording spans at most 104 days: what lies beyond (a damaged time) is due at that end; what lies before
// the beginning is due there.
static int64_t due_ns(const struct market_player *p, int64_t tape_ns)
{
    __int128 since = (__int128)tape_ns - p->routes.begin_ns;
    since = since > SPAN_MAX_NS ? SPAN_MAX_NS : since < 0 ? 0 : since;
    return p->start_ns + (int64_t)since * 1000 / p->speed_milli;
}

void market_player_start(struct market_player *p, int64_t now_ns)
{
    p->start_ns = now_ns;
}

int64_t market_player_next_ns(const struct market_player *p)
{
    int k = earliest(p);
    return due_ns(p, k >= 0 ? p->source[k].next->wall_ns : p->tape_last_ns + SEAM_GAP_NS);
}

static uint64_t shift_id(struct id_range *r, uint64_t id)
{
    if (id == 0) {
        return 0;
    }
    r->min = r->min == 0 || id < r->min ? id : r->min;
    r->max = id > r->max ? id : r->max;
    return id + r->offset;
}

// The recorded event as it is at a site in this lap.
static void shift(struct market_player *p, const struct event *from, const struct route *r,
                  const struct instrument *ins, enum venue_id site)
{
    struct event *ev = &p->ev;
    memcpy(ev, from, from->size);
    ev->wall_ns = ev->mono_ns = due_ns(p, from->wall_ns);
    ev->venue_ns = from->venue_ns ? due_ns(p, from->venue_ns) : 0;
    route_event(r, ins, ev);
    struct id_range *update = &p->update[site][ev->instrument], *trade = &p->trade[site][ev->instrument];
    if (ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_DIFF) {
        ev->u.book.first_id = shift_id(update, ev->u.book.first_id);
        ev->u.book.last_id = shift_id(update, ev->u.book.last_id);
        ev->u.book.prev_id = shift_id(update, ev->u.book.prev_id);
    } else if (ev->type == EV_TRADE) {
        ev->u.trade.trade_id = shift_id(trade, ev->u.trade.trade_id);
    } else if (ev->type == EV_TOUCH && r->role == ROUTE_MARKET) {
        ev->u.touch.update_id = shift_id(update, ev->u.touch.update_id);
    }
}

// Before the beginning of a lap books are built and the index is learnt, nothing is told of trades and
// prices.
static bool too_early(const struct market_player *p, const struct event *ev, const struct route *r)
{
    return ev->wall_ns < p->routes.begin_ns && r->role == ROUTE_MARKET &&
           (ev->type == EV_TRADE || ev->type == EV_TOUCH);
}

static void feed(struct market_player *p, size_t k, int64_t now_ns, const struct player_site *site)
{
    const struct event *from = p->source[k].next;
    const struct instrument *ins = &tape_header(p->source[k].reader)->instruments[from->instrument];
    for (int v = 0; v < VENUE_COUNT; v++) {
        const struct route *r = &p->routes.route[k][from->instrument][v];
        bool wanted = r->role == ROUTE_MARKET || (r->role == ROUTE_INDEX && from->type == EV_TOUCH);
        if (site[v].exchange && wanted && !too_early(p, from, r)) {
            shift(p, from, r, ins, (enum venue_id)v);
            exchange_on_market(site[v].exchange, &p->ev, now_ns, site[v].out);
        }
    }
}

static void next_lap(struct market_player *p, int64_t now_ns, const struct player_site *site)
{
    struct error e = {0};
    p->lap++;
    p->start_ns = due_ns(p, p->tape_last_ns + SEAM_GAP_NS);
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (site[v].exchange) {
            exchange_on_seam(site[v].exchange, p->lap, now_ns, site[v].out);
        }
        for (size_t i = 0; i < p->routes.instruments[v]; i++) {
            next_ids(&p->update[v][i]);
            next_ids(&p->trade[v][i]);
        }
    }
    if (!rewind_all(p, &e)) {
        text_copy(p->error, sizeof p->error, e.text);
    }
}

size_t market_player_run(struct market_player *p, int64_t now_ns, size_t max,
                         const struct player_site site[VENUE_COUNT])
{
    size_t n = 0;
    for (; n < max && market_player_next_ns(p) <= now_ns; n++) {
        int k = earliest(p);
        if (k < 0) {
            next_lap(p, now_ns, site);
            continue;
        }
        int64_t wall_ns = p->source[k].next->wall_ns;
        p->tape_last_ns = wall_ns > p->tape_last_ns ? wall_ns : p->tape_last_ns;
        feed(p, (size_t)k, now_ns, site);
        advance(p, (size_t)k);
    }
    return n;
}

int market_player_lap(const struct market_player *p)
{
    return p->lap;
}

const char *market_player_error(const struct market_player *p)
{
    return p->error;
}
