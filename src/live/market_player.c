// SPDX-License-Identifier: Apache-2.0
#include "live/market_player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/tape.h"

#define SPAN_MAX_NS (INT64_C(9000000) * NS_PER_S)
#define SEAM_GAP_NS                                                                                          \
    (50 * NS_PER_MS) // between the last event of a lap and the first of the next, in tape time

struct source {
    struct tape_reader *reader;
    const struct event *next; // NULL: this tape is at its end
    struct {
        uint16_t instrument; // id at the exchange, INSTRUMENT_NONE: not played
        bool index;          // a spot that serves as index
        int64_t tick_e8;
    } map[INSTRUMENT_MAX];
};

// Range of the ids of one instrument in one lap, and what the laps so far have added.
struct id_range {
    uint64_t min, max, offset;
};

struct market_player {
    struct source source[PLAYER_TAPES_MAX];
    size_t sources;
    struct instrument perpetual[INSTRUMENT_MAX];
    size_t perpetuals;
    struct id_range update[INSTRUMENT_MAX], trade[INSTRUMENT_MAX];
    int32_t speed_milli;
    int lap;
    int64_t tape_first_ns, tape_last_ns; // wall time of the recording
    int64_t start_ns;                    // when tape_first_ns of this lap is due
    char error[480];
    struct event ev; // the shifted copy
};

// -------------------------------------------------------------------------------------------------- opening

static struct instrument *find_perpetual(struct market_player *p, const char *symbol)
{
    for (size_t i = 0; i < p->perpetuals; i++) {
        if (strcmp(p->perpetual[i].symbol, symbol) == 0) {
            return &p->perpetual[i];
        }
    }
    return NULL;
}

static bool add_perpetuals(struct market_player *p, struct source *s, const char *path, struct error *e)
{
    const struct tape_header *h = tape_header(s->reader);
    for (uint32_t i = 0; i < h->instrument_count; i++) {
        const struct instrument *ins = &h->instruments[i];
        s->map[i].instrument = INSTRUMENT_NONE;
        s->map[i].tick_e8 = ins->tick_e8;
        if (ins->kind != INSTRUMENT_LINEAR) {
            continue;
        }
        if (find_perpetual(p, ins->symbol) || p->perpetuals == INSTRUMENT_MAX) {
            return error_set(e, EXIT_DATA,
                             "%s: %s is already played from another tape; give each instrument once", path,
                             ins->symbol);
        }
        s->map[i].instrument = (uint16_t)p->perpetuals;
        p->perpetual[p->perpetuals] = *ins;
        p->perpetual[p->perpetuals].id = (uint16_t)p->perpetuals;
        p->perpetuals++;
    }
    return true;
}

static void map_indices(struct market_player *p)
{
    for (size_t k = 0; k < p->sources; k++) {
        const struct tape_header *h = tape_header(p->source[k].reader);
        for (uint32_t i = 0; i < h->instrument_count; i++) {
            const struct instrument *perp = find_perpetual(p, h->instruments[i].symbol);
            if (h->instruments[i].kind == INSTRUMENT_SPOT && perp) {
                p->source[k].map[i].instrument = perp->id;
                p->source[k].map[i].index = true;
            }
        }
    }
}

static bool open_source(struct market_player *p, const char *path, struct error *e)
{
    struct source *s = &p->source[p->sources];
    s->reader = tape_open(path, e);
    if (!s->reader) {
        return false;
    }
    p->sources++;
    if (tape_header(s->reader)->kind != TAPE_MARKET) {
        return error_set(e, EXIT_DATA, "%s: not a market tape; a session is replayed with `ticktower replay`",
                         path);
    }
    return add_perpetuals(p, s, path, e);
}

// Offset so that the ids of the next lap follow those of this one.
static void next_ids(struct id_range *r)
{
    if (r->max) {
        r->offset += r->max - r->min + 1000;
    }
}

static bool played(const struct source *s, const struct event *ev)
{
    return ev->instrument < INSTRUMENT_MAX && s->map[ev->instrument].instrument != INSTRUMENT_NONE;
}

static void advance(struct market_player *p, struct source *s)
{
    struct error e = {0};
    do {
        s->next = tape_next(s->reader, &e);
    } while (s->next && !played(s, s->next));
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
        advance(p, &p->source[k]);
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

// The recording's first event and the ids it spans are known before the first lap ends, so that laps can
// follow.
struct market_player *market_player_open(const char *const *paths, size_t n, int32_t speed_milli,
                                         struct error *e)
{
    CHECK(speed_milli >= PLAYER_SPEED_MIN_MILLI && speed_milli <= PLAYER_SPEED_MAX_MILLI);
    struct market_player *p = calloc(1, sizeof *p);
    bool ok = p != NULL && n > 0 && n <= PLAYER_TAPES_MAX;
    if (!ok) {
        error_set(e, p ? EXIT_USAGE : EXIT_OS,
                  p ? "market: between 1 and 8 tapes can be played" : "market: no memory");
    }
    for (size_t i = 0; ok && i < n; i++) {
        ok = open_source(p, paths[i], e);
    }
    if (ok && p->perpetuals == 0) {
        ok = error_set(e, EXIT_DATA, "%s: no perpetual in it; `ticktower tape info` shows what a tape holds",
                       paths[0]);
    }
    if (ok) {
        p->speed_milli = speed_milli;
        map_indices(p);
        ok = rewind_all(p, e);
    }
    if (ok && earliest(p) < 0) {
        ok = error_set(e, EXIT_DATA, "%s: the tape is empty or damaged at its start; import it again",
                       paths[0]);
    }
    if (!ok) {
        market_player_close(p);
        return NULL;
    }
    p->tape_first_ns = p->tape_last_ns = p->source[earliest(p)].next->wall_ns;
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

size_t market_player_instruments(const struct market_player *p, struct instrument out[INSTRUMENT_MAX])
{
    memcpy(out, p->perpetual, p->perpetuals * sizeof out[0]);
    return p->perpetuals;
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

void market_player_text(const struct market_player *p, char *to, size_t cap)
{
    char from[32], until[32] = "";
    const char *origin = tape_header(p->source[0].reader)->origin;
    int64_t last = last_wall_ns(p);
    clock_format_utc(from, p->tape_first_ns);
    if (last >= p->tape_first_ns) {
        clock_format_utc(until, last);
    }
    size_t n = 0;
    to[0] = 0;
    n += (size_t)snprintf(to, cap, "%.*s %.10s %.5s-%.5sZ; derived: mark index funding aggTrade 100ms-diffs;",
                          (int)strcspn(origin, ",;"), origin, from, from + 11, until[0] ? until + 11 : "");
    for (size_t i = 0; i < p->perpetuals && n < cap; i++) {
        n += (size_t)snprintf(to + n, cap - n, "%s %s", i ? "," : "", p->perpetual[i].symbol);
    }
    if (n < cap) {
        snprintf(to + n, cap - n, "; %s", origin);
    }
}

int64_t market_player_lap_ns(const struct market_player *p)
{
    int64_t span = last_wall_ns(p) - p->tape_first_ns;
    span = span < 0 || span > SPAN_MAX_NS ? 0 : span;
    return (int64_t)((__int128)(span + SEAM_GAP_NS) * 1000 / p->speed_milli);
}

// -------------------------------------------------------------------------------------------------- playing

// A recording spans at most 104 days: what lies beyond (a damaged time) is due at that end.
static int64_t due_ns(const struct market_player *p, int64_t tape_ns)
{
    __int128 since = (__int128)tape_ns - p->tape_first_ns;
    since = since > SPAN_MAX_NS ? SPAN_MAX_NS : since < -SPAN_MAX_NS ? -SPAN_MAX_NS : since;
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

// An index touch carries prices in 1e-8 (exchange.h); 0, which the exchange ignores, when it does not fit.
static int64_t price_e8(int64_t ticks, int64_t tick_e8)
{
    __int128 v = (__int128)ticks * tick_e8;
    return v > 0 && v < INT64_MAX ? (int64_t)v : 0;
}

static void shift(struct market_player *p, const struct source *s)
{
    const struct event *from = s->next;
    struct event *ev = &p->ev;
    memcpy(ev, from, from->size);
    ev->instrument = s->map[from->instrument].instrument;
    ev->wall_ns = ev->mono_ns = due_ns(p, from->wall_ns);
    ev->venue_ns = from->venue_ns ? due_ns(p, from->venue_ns) : 0;
    struct id_range *update = &p->update[ev->instrument], *trade = &p->trade[ev->instrument];
    if (ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_DIFF) {
        ev->u.book.first_id = shift_id(update, ev->u.book.first_id);
        ev->u.book.last_id = shift_id(update, ev->u.book.last_id);
        ev->u.book.prev_id = shift_id(update, ev->u.book.prev_id);
    } else if (ev->type == EV_TRADE) {
        ev->u.trade.trade_id = shift_id(trade, ev->u.trade.trade_id);
    } else if (ev->type == EV_TOUCH && s->map[from->instrument].index) {
        ev->flags |= XCH_INDEX_TOUCH;
        ev->u.touch.bid_ticks = price_e8(from->u.touch.bid_ticks, s->map[from->instrument].tick_e8);
        ev->u.touch.ask_ticks = price_e8(from->u.touch.ask_ticks, s->map[from->instrument].tick_e8);
    } else if (ev->type == EV_TOUCH) {
        ev->u.touch.update_id = shift_id(update, ev->u.touch.update_id);
    }
}

static void next_lap(struct market_player *p, int64_t now_ns, struct exchange *x, const struct xch_sink *out)
{
    struct error e = {0};
    p->lap++;
    exchange_on_seam(x, p->lap, now_ns, out);
    p->start_ns = due_ns(p, p->tape_last_ns + SEAM_GAP_NS);
    for (size_t i = 0; i < p->perpetuals; i++) {
        next_ids(&p->update[i]);
        next_ids(&p->trade[i]);
    }
    if (!rewind_all(p, &e)) {
        text_copy(p->error, sizeof p->error, e.text);
    }
}

size_t market_player_run(struct market_player *p, int64_t now_ns, size_t max, struct exchange *x,
                         const struct xch_sink *out)
{
    size_t n = 0;
    for (; n < max && market_player_next_ns(p) <= now_ns; n++) {
        int k = earliest(p);
        if (k < 0) {
            next_lap(p, now_ns, x, out);
            continue;
        }
        struct source *s = &p->source[k];
        shift(p, s);
        p->tape_last_ns = s->next->wall_ns > p->tape_last_ns ? s->next->wall_ns : p->tape_last_ns;
        exchange_on_market(x, &p->ev, now_ns, out);
        advance(p, s);
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
