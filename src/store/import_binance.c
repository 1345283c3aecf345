// SPDX-License-Identifier: Apache-2.0
// import_binance: the importer's second pass: files merged by corrected receive time into one tape. Each book
// begins with its snapshot and goes on with diffs that chain (engine/venue/booksync.h, the code of the live
// session).
//
// The tape begins at the first book snapshot: what was received before is dropped and counted, but for the
// newest touch of each instrument without a book, which is written at the start (a price that was valid
// then).
#include "store/import_binance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "engine/market/book.h"
#include "engine/venue/booksync.h"
#include "store/import_internal.h"
#include "store/tape.h"

enum { BUFFER_DIFFS = 1024 }; // while waiting for a snapshot; venue-api.md 5.4

struct waiting { // an event that waits: `size` bytes of it
    struct event *ev;
};

struct feed {
    struct import_source source;
    struct import_file_report *report;
    const struct instrument *ins;
    bool keeps_book;
    bool live;       // has a line in hand
    int64_t time_ns; // of that line, corrected
    struct booksync sync;
    struct book *book;
    struct waiting buffer[BUFFER_DIFFS]; // ring of diffs before a snapshot
    size_t buffer_first, buffer_count;
    struct event *touch; // newest touch before the tape begins
};

struct merge {
    const struct import_options *options;
    struct import_report *report;
    struct tape_writer *tape;
    struct feed *feed;
    bool begun;
    uint64_t seq;
    int64_t last_ns;
    struct event ev; // being made
};

// --------------------------------------------------------------------------------------------------- writing

static bool emit(struct merge *m, struct feed *f, struct event *ev, struct error *e)
{
    ev->seq = ++m->seq;
    m->last_ns =
        f->time_ns > m->last_ns ? f->time_ns : m->last_ns; // a recorder's clock may step back a little
    ev->mono_ns = ev->wall_ns = m->last_ns;
    m->report->first_wall_ns = m->seq == 1 ? m->last_ns : m->report->first_wall_ns;
    m->report->last_wall_ns = m->last_ns;
    m->report->events++;
    return tape_append(m->tape, ev, e);
}

static bool keep_copy(struct event **to, const struct event *ev)
{
    struct event *p = realloc(*to, ev->size);
    if (p) {
        memcpy(p, ev, ev->size);
        *to = p;
    }
    return p != NULL;
}

static bool no_memory(const struct feed *f, struct error *e)
{
    return error_set(e, EXIT_OS, "%s: no memory", f->source.path);
}

// ------------------------------------------------------------------------------------ messages become events

static void times_set(struct event *ev, const struct scan_msg *s)
{
    ev->venue_ns = s->transaction_ms * NS_PER_MS;
    ev->venue_event_ns = s->event_ms * NS_PER_MS;
}

static bool on_grid(int64_t v, int64_t step, int64_t *out)
{
    *out = v / step;
    return v % step == 0;
}

static bool book_event(struct merge *m, const struct feed *f, enum event_type type)
{
    const struct scan_msg *s = &f->source.msg;
    size_t n = (size_t)s->bids + s->asks;
    event_init(&m->ev, type, f->ins->id, n);
    times_set(&m->ev, s);
    struct ev_book *b = &m->ev.u.book;
    b->first_id = s->first_id;
    b->last_id = s->last_id;
    b->prev_id = s->prev_id;
    b->bids = s->bids;
    b->asks = s->asks;
    for (size_t i = 0; i < n; i++) {
        if (!on_grid(s->level[i].price_e8, f->ins->tick_e8, &b->levels[i].ticks) ||
            !on_grid(s->level[i].qty_e8, f->ins->lot_e8, &b->levels[i].lots)) {
            return false;
        }
    }
    return true;
}

static bool trade_event(struct merge *m, const struct feed *f)
{
    const struct scan_msg *s = &f->source.msg;
    event_init(&m->ev, EV_TRADE, f->ins->id, 0);
    times_set(&m->ev, s);
    struct ev_trade *t = &m->ev.u.trade;
    t->trade_id = s->trade_id;
    t->side = s->buyer_is_maker ? SIDE_SELL : SIDE_BUY;
    return on_grid(s->price_e8, f->ins->tick_e8, &t->price_ticks) &&
           on_grid(s->qty_e8, f->ins->lot_e8, &t->qty_lots);
}

static bool touch_event(struct merge *m, const struct feed *f)
{
    const struct scan_msg *s = &f->source.msg;
    event_init(&m->ev, EV_TOUCH, f->ins->id, 0);
    times_set(&m->ev, s);
    struct ev_touch *t = &m->ev.u.touch;
    t->update_id = s->last_id;
    return on_grid(s->price_e8, f->ins->tick_e8, &t->bid_ticks) &&
           on_grid(s->qty_e8, f->ins->lot_e8, &t->bid_lots) &&
           on_grid(s->ask_price_e8, f->ins->tick_e8, &t->ask_ticks) &&
           on_grid(s->ask_qty_e8, f->ins->lot_e8, &t->ask_lots);
}

static void mark_event(struct merge *m, const struct feed *f)
{
    const struct scan_msg *s = &f->source.msg;
    event_init(&m->ev, EV_MARK, f->ins->id, 0);
    m->ev.venue_event_ns = s->event_ms * NS_PER_MS;
    m->ev.u.mark = (struct ev_mark){.mark_e8 = s->mark_e8,
                                    .index_e8 = s->index_e8,
                                    .funding_rate_e8 = s->funding_rate_e8,
                                    .next_funding_ns = s->next_funding_ms * NS_PER_MS};
}

// ----------------------------------------------------------------------------------------------------- books

static bool buffer_add(struct feed *f, const struct event *ev, struct error *e)
{
    if (f->buffer_count == BUFFER_DIFFS) {
        f->buffer_first = (f->buffer_first + 1) % BUFFER_DIFFS;
        f->buffer_count--;
        f->report->unsynced_diffs++;
    }
    struct waiting *w = &f->buffer[(f->buffer_first + f->buffer_count) % BUFFER_DIFFS];
    f->buffer_count++;
    return keep_copy(&w->ev, ev) || no_memory(f, e);
}

static bool diff_write(struct merge *m, struct feed *f, struct event *ev, struct error *e)
{
    book_apply(f->book, &ev->u.book);
    f->report->crossed += !book_is_sane(f->book);
    f->report->diffs++;
    return emit(m, f, ev, e);
}

// What follows a hole must not be taken for a book.
static bool gap_write(struct merge *m, struct feed *f, uint64_t last_id, struct error *e)
{
    f->report->gaps++;
    static struct event state;
    event_init(&state, EV_BOOK_STATE, f->ins->id, 0);
    state.u.book_state.state = BOOK_STALE;
    state.u.book_state.reason = BOOK_REASON_GAP;
    state.u.book_state.last_id = last_id;
    return emit(m, f, &state, e);
}

static bool diff_take(struct merge *m, struct feed *f, struct event *ev, struct error *e)
{
    const struct ev_book *d = &ev->u.book;
    uint64_t last_id = f->sync.last_id;
    switch (booksync_on_diff(&f->sync, d->first_id, d->last_id, d->prev_id)) {
    case SYNC_APPLY:
        return diff_write(m, f, ev, e);
    case SYNC_DROP:
        f->report->old_diffs++;
        return true;
    case SYNC_GAP:
        return gap_write(m, f, last_id, e) && buffer_add(f, ev, e);
    case SYNC_BUFFER:
        break;
    }
    return buffer_add(f, ev, e);
}

// Offer what was buffered to the chain, oldest first. A gap inside starts a new buffer with what remains.
static bool buffer_offer(struct merge *m, struct feed *f, struct error *e)
{
    size_t n = f->buffer_count, first = f->buffer_first;
    f->buffer_count = 0;
    f->buffer_first = (first + n) % BUFFER_DIFFS;
    for (size_t i = 0; i < n; i++) {
        struct event *ev = f->buffer[(first + i) % BUFFER_DIFFS].ev;
        memcpy(&m->ev, ev, ev->size);
        if (!diff_take(m, f, &m->ev, e)) {
            return false;
        }
    }
    return true;
}

static bool begin(struct merge *m, struct error *e)
{
    m->begun = true;
    for (size_t i = 0; i < m->options->files; i++) {
        struct feed *f = &m->feed[i];
        int64_t line_ns = f->time_ns;
        if (!f->touch) {
            continue;
        }
        f->time_ns = m->last_ns;
        f->report->touches++;
        f->report->early--;
        bool ok = emit(m, f, f->touch, e);
        f->time_ns = line_ns;
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool snapshot_take(struct merge *m, struct feed *f, struct error *e)
{
    uint64_t last_id = m->ev.u.book.last_id, first = 0, prev = 0;
    for (size_t i = f->buffer_count; i-- > 0;) {
        const struct ev_book *d = &f->buffer[(f->buffer_first + i) % BUFFER_DIFFS].ev->u.book;
        if (d->last_id >= last_id) {
            first = d->first_id;
            prev = d->prev_id;
        }
    }
    if (f->sync.state == SYNC_LIVE || !booksync_on_snapshot(&f->sync, last_id, first, prev)) {
        return true; // a further snapshot of a book that is whole, or one that is too old to join
    }
    book_load(f->book, &m->ev.u.book);
    f->report->snapshots++;
    if (!emit(m, f, &m->ev, e) || (!m->begun && !begin(m, e))) {
        return false;
    }
    return buffer_offer(m, f, e);
}

// ----------------------------------------------------------------------------------------------- one message

static bool early(struct merge *m, struct feed *f, struct error *e)
{
    f->report->early++;
    if (!f->keeps_book && m->ev.type == EV_TOUCH) {
        return keep_copy(&f->touch, &m->ev) || no_memory(f, e);
    }
    return true;
}

// Market data of an instrument with a book has no meaning before the book; after a hole trades and touches go
// on.
static bool simple_write(struct merge *m, struct feed *f, uint64_t *counter, struct error *e)
{
    if (!m->begun || (f->keeps_book && f->report->snapshots == 0)) {
        return early(m, f, e);
    }
    ++*counter;
    return emit(m, f, &m->ev, e);
}

// True when the message's values fit the instrument's grid; m->ev is then the event (or none is wanted:
// *skip).
static bool message_to_event(struct merge *m, struct feed *f, bool *skip)
{
    const struct scan_msg *s = &f->source.msg;
    bool touch_only = !f->keeps_book;
    *skip = false;
    switch ((enum scan_kind)s->kind) {
    case SCAN_DEPTH:
    case SCAN_DEPTH_SNAPSHOT:
        *skip = touch_only;
        f->report->left_out += touch_only;
        return touch_only || book_event(m, f, s->kind == SCAN_DEPTH ? EV_BOOK_DIFF : EV_BOOK_SNAPSHOT);
    case SCAN_TRADE:
        f->report->not_market += s->not_market;
        f->report->left_out += touch_only && !s->not_market;
        *skip = touch_only || s->not_market;
        return *skip || trade_event(m, f);
    case SCAN_TOUCH:
        return touch_event(m, f);
    case SCAN_MARK:
        mark_event(m, f);
        return true;
    case SCAN_REPLY:
    case SCAN_OTHER:
    case SCAN_DEPTH_PARTIAL:
    case SCAN_KLINE:
    case SCAN_FORCE_ORDER:
        *skip = true;
        return true;
    }
    return false;
}

static bool event_take(struct merge *m, struct feed *f, struct error *e)
{
    switch ((enum event_type)m->ev.type) {
    case EV_BOOK_SNAPSHOT:
        return snapshot_take(m, f, e);
    case EV_BOOK_DIFF:
        return diff_take(m, f, &m->ev, e);
    case EV_TRADE:
        return simple_write(m, f, &f->report->trades, e);
    case EV_TOUCH:
        return simple_write(m, f, &f->report->touches, e);
    default:
        return simple_write(m, f, &f->report->marks, e);
    }
}

static bool message_take(struct merge *m, struct feed *f, struct error *e)
{
    bool skip = false;
    if (!message_to_event(m, f, &skip) || (!skip && !event_valid(&m->ev, m->ev.size))) {
        return import_source_reject(&f->source, true,
                                    "price or quantity off the instrument's grid or out of range",
                                    e) != IMPORT_ERROR;
    }
    return skip || event_take(m, f, e);
}

// ----------------------------------------------------------------------------------------------------- merge

static bool feed_advance(struct merge *m, struct feed *f, struct error *e)
{
    enum import_next next = import_source_next(&f->source, true, e);
    f->live = next == IMPORT_MESSAGE;
    f->time_ns = f->source.receive_ns - m->report->clock_offset_ns;
    return next != IMPORT_ERROR;
}

// The feed whose line in hand was received first; on a tie the file named first.
static struct feed *feed_oldest(struct merge *m)
{
    struct feed *oldest = NULL;
    for (size_t i = 0; i < m->options->files; i++) {
        struct feed *f = &m->feed[i];
        if (f->live && (!oldest || f->time_ns < oldest->time_ns)) {
            oldest = f;
        }
    }
    return oldest;
}

static bool feed_open(struct merge *m, size_t i, struct error *e)
{
    struct feed *f = &m->feed[i];
    f->report = &m->report->file[i];
    f->ins = &f->report->instrument;
    f->keeps_book = f->ins->kind != INSTRUMENT_SPOT || m->options->spot_all;
    f->book = malloc(book_size());
    if (!f->book) {
        return no_memory(f, e);
    }
    book_init(f->book);
    booksync_init(&f->sync, f->ins->kind == INSTRUMENT_SPOT);
    booksync_reset(&f->sync);
    return import_source_open(&f->source, m->options, i, f->report, e) && feed_advance(m, f, e);
}

static void feed_close(struct feed *f)
{
    if (!f->report) {
        return; // never opened
    }
    import_source_close(&f->source);
    f->report->unsynced_diffs += f->buffer_count;
    for (size_t i = 0; i < BUFFER_DIFFS; i++) {
        free(f->buffer[i].ev);
    }
    free(f->touch);
    free(f->book);
}

static bool merge_run(struct merge *m, struct error *e)
{
    // Without any book (spot touches alone) the tape begins with the first message.
    m->begun = true;
    for (size_t i = 0; i < m->options->files; i++) {
        if (!feed_open(m, i, e)) {
            return false;
        }
        m->begun = m->begun && !m->feed[i].keeps_book;
    }
    for (struct feed *f; (f = feed_oldest(m)) != NULL;) {
        if (!message_take(m, f, e) || !feed_advance(m, f, e)) {
            return false;
        }
    }
    if (m->report->events == 0) {
        return error_set(e, EXIT_DATA, "%s: nothing to write: no book snapshot joins the diffs",
                         m->options->path[0]);
    }
    return true;
}

static void header_make(const struct import_options *o, const struct import_report *r, struct tape_header *h)
{
    memset(h, 0, sizeof *h);
    h->kind = TAPE_MARKET;
    h->created_wall_ns = r->first_wall_ns; // of the recording: the same input makes the same bytes
    snprintf(h->build, sizeof h->build, "ticktower %s", TT_VERSION);
    size_t at = 0;
    for (size_t i = 0; i < o->files && !o->origin; i++) {
        const char *slash = strrchr(o->path[i], '/');
        int k = snprintf(h->origin + at, sizeof h->origin - at, "%s%s", i ? " " : "",
                         slash ? slash + 1 : o->path[i]);
        at = at + (size_t)k < sizeof h->origin ? at + (size_t)k : sizeof h->origin - 1;
    }
    if (o->origin) {
        snprintf(h->origin, sizeof h->origin, "%s", o->origin);
    }
    h->instrument_count = (uint32_t)o->files;
    for (size_t i = 0; i < o->files; i++) {
        h->instruments[i] = r->file[i].instrument;
    }
}

static bool tape_fill(struct merge *m, const char *out, struct error *e)
{
    struct tape_header h;
    header_make(m->options, m->report, &h);
    m->tape = tape_create(out, &h, NULL, m->options->level, e);
    if (!m->tape) {
        return false;
    }
    bool ok = merge_run(m, e);
    for (size_t i = 0; i < m->options->files; i++) {
        feed_close(&m->feed[i]);
        m->report->bad += m->report->file[i].bad;
    }
    struct error close_error = {0};
    if (!tape_close(m->tape, ok ? e : &close_error)) {
        ok = false;
    }
    if (!ok) {
        unlink(out);
    }
    return ok;
}

static uint64_t file_bytes(const char *path)
{
    FILE *f = fopen(path, "rb");
    long n = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : 0;
    if (f) {
        fclose(f);
    }
    return n > 0 ? (uint64_t)n : 0;
}

bool import_binance(const struct import_options *o, const char *out, struct import_report *report,
                    struct error *e)
{
    CHECK(o->files >= 1 && o->files <= INSTRUMENT_MAX);
    memset(report, 0, sizeof *report);
    report->files = o->files;
    if (!import_survey(o, report, e)) {
        return false;
    }
    struct merge *m = calloc(1, sizeof *m);
    struct feed *feeds = calloc(o->files, sizeof *feeds);
    if (!m || !feeds) {
        free(feeds);
        free(m);
        return error_set(e, EXIT_OS, "import: no memory");
    }
    m->options = o;
    m->report = report;
    m->feed = feeds;
    bool ok = tape_fill(m, out, e);
    report->bytes = ok ? file_bytes(out) : 0;
    free(feeds);
    free(m);
    return ok;
}
