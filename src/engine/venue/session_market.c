// SPDX-License-Identifier: Apache-2.0
// session_market: from the text of a market message to events. A diff is brought onto the instrument's grid
// first, then booksync says whether it is forwarded, kept until a snapshot comes, or shows a gap; kept diffs
// lie as bytes in one bounded buffer per instrument. The session holds no book: whether it is crossed, or
// disagrees with the touch, the engine sees, and asks with ACT_REQUEST_SNAPSHOT.
#include <string.h>

#include "base/check.h"
#include "base/probe.h"
#include "engine/venue/session_state.h"

// A buffered diff; its levels follow.
struct kept_diff {
    uint64_t first_id, last_id, prev_id;
    int64_t event_ms, transaction_ms;
    uint32_t bids, asks;
};

_Static_assert((int)SCAN_LEVELS_MAX <= (int)EV_LEVELS_MAX, "a scanned message fits one event");
_Static_assert(2 * (int)ANSWER_DEPTH_MAX <= (int)EV_LEVELS_MAX, "a snapshot fits one event");

// --------------------------------------------------------------------------------------------------------------
// grid

// x / step when exact. A multiple times the rounded-up reciprocal gives the quotient; anything else is
// divided.
static inline bool to_grid(int64_t x, int64_t step, uint64_t inverse, int64_t *out)
{
    uint64_t q = (uint64_t)(((unsigned __int128)(uint64_t)x * inverse) >> 64);
    if (q * (uint64_t)step != (uint64_t)x) {
        if (x % step != 0) {
            return false;
        }
        q = (uint64_t)(x / step);
    }
    *out = (int64_t)q;
    return q < (uint64_t)GRID_UNITS_MAX;
}

bool market_ticks(const struct market *m, int64_t price_e8, int64_t *ticks)
{
    return price_e8 >= 0 && to_grid(price_e8, m->ins.tick_e8, m->tick_inverse, ticks);
}

bool market_lots(const struct market *m, int64_t qty_e8, int64_t *lots)
{
    return qty_e8 >= 0 && to_grid(qty_e8, m->ins.lot_e8, m->lot_inverse, lots);
}

static bool levels_to_grid(const struct market *m, const struct scan_msg *msg, struct level *to)
{
    uint32_t n = msg->bids + msg->asks;
    for (uint32_t i = 0; i < n; i++) {
        if (!to_grid(msg->level[i].price_e8, m->ins.tick_e8, m->tick_inverse, &to[i].ticks) ||
            !to_grid(msg->level[i].qty_e8, m->ins.lot_e8, m->lot_inverse, &to[i].lots) || to[i].ticks == 0) {
            return false;
        }
    }
    return true;
}

// -------------------------------------------------------------------------------------------------------
// book states

static int64_t silent_at(const struct session *s, const struct market *m)
{
    int64_t patience = 5 * m->median_gap_ns;
    return m->last_diff_ns + (patience > s->c.book_stale_ns ? patience : s->c.book_stale_ns);
}

static void tell_book(struct session *s, uint16_t i, enum book_state state, enum book_reason reason)
{
    struct market *m = &s->market[i];
    if (m->book_state == state) {
        return;
    }
    m->book_state = (uint8_t)state;
    if (state == BOOK_LIVE) {
        arm(s, silent_at(s, m));
    }
    event_init(&s->ev, EV_BOOK_STATE, i, 0);
    s->ev.u.book_state = (struct ev_book_state){
        .state = (uint8_t)state, .reason = (uint8_t)reason, .last_id = m->sync.last_id};
    session_emit(s);
}

static void forget_diffs(struct market *m)
{
    m->diffs = 0;
    m->diff_bytes = 0;
}

// Forget the chain; the next diff is the first of a new buffer.
static void restart(struct session *s, uint16_t i, enum book_state state, enum book_reason why)
{
    struct market *m = &s->market[i];
    booksync_reset(&m->sync);
    forget_diffs(m);
    tell_book(s, i, state, why);
}

void market_resync(struct session *s, uint16_t i, enum book_reason why)
{
    if (s->link[link_of(s, STREAM_DEPTH)].state == LINK_UP && s->market[i].sync.state == SYNC_LIVE) {
        restart(s, i, BOOK_STALE, why);
    }
}

void market_grid_changed(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    m->tick_inverse = UINT64_MAX / (uint64_t)m->ins.tick_e8 + 1;
    m->lot_inverse = UINT64_MAX / (uint64_t)m->ins.lot_e8 + 1;
    market_resync(s, i, BOOK_REASON_SNAPSHOT);
}

void market_link_up(struct session *s, enum link_id link)
{
    if (link != link_of(s, STREAM_DEPTH)) {
        return;
    }
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        struct market *m = &s->market[i];
        m->snapshot_failures = 0;
        m->median_gap_ns = 100 * NS_PER_MS;
        if (m->known) {
            restart(s, i, BOOK_SYNCING, BOOK_REASON_LINK);
        }
    }
}

void market_link_down(struct session *s, enum link_id link)
{
    if (link != link_of(s, STREAM_DEPTH)) {
        return;
    }
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        if (s->market[i].known) {
            restart(s, i, BOOK_STALE, BOOK_REASON_LINK);
        }
    }
}

void market_two_feeds(struct session *s, bool two)
{
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        s->market[i].sync.two_feeds = two ? TWO_FEEDS : TWO_FEEDS_ENDING;
    }
}

// A book that the connection in use has not reached begins anew; the others go on.
void market_abandon(struct session *s, uint32_t joined)
{
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        if (s->market[i].known && !(joined >> i & 1)) {
            restart(s, i, BOOK_SYNCING, BOOK_REASON_LINK);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------
// snapshots

// Ask for a depth snapshot unless one is on its way or the limits forbid it (then again when they allow it).
static void want_snapshot(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    if (m->snapshot_in_flight) {
        return;
    }
    if (s->now >= s->snapshot_window_ns + 60 * NS_PER_S) {
        s->snapshot_window_ns = s->now;
        s->snapshots_in_window = 0;
    }
    if (s->snapshots_in_window >= SNAPSHOTS_PER_MIN) {
        arm(s, s->snapshot_window_ns + 60 * NS_PER_S);
        return;
    }
    if (s->now < m->snapshot_ns) {
        arm(s, m->snapshot_ns);
        return;
    }
    m->snapshot_ns = s->now + NS_PER_S;
    struct pending *p = request_begin(s, RQ_DEPTH, i, LANE_READ);
    if (!p) {
        arm(s, m->snapshot_ns);
        return;
    }
    s->snapshots_in_window++;
    m->snapshot_in_flight = 1;
    request_symbol(s, p);
    request_int(s, "limit", DEPTH_LIMIT);
    request_send(s, p);
}

static void snapshot_failed(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    if (++m->snapshot_failures >= SNAPSHOT_FAILURES_MAX) {
        m->snapshot_failures = 0;
        session_close_link(s, link_of(s, STREAM_DEPTH), "3 snapshots in a row did not join the diffs");
        return;
    }
    m->snapshot_ns = s->now + (NS_PER_S << m->snapshot_failures);
    arm(s, m->snapshot_ns);
}

static struct kept_diff *kept_at(struct market *m, uint32_t at)
{
    return (struct kept_diff *)(void *)((char *)m->diff + at);
}

static uint32_t kept_size(const struct kept_diff *d)
{
    return (uint32_t)(sizeof *d + (size_t)(d->bids + d->asks) * sizeof(struct level));
}

// Oldest kept diff that the snapshot does not contain whole.
static const struct kept_diff *oldest_after(struct market *m, uint64_t last_id)
{
    for (uint32_t at = 0; at < m->diff_bytes; at += kept_size(kept_at(m, at))) {
        if (kept_at(m, at)->last_id >= last_id) {
            return kept_at(m, at);
        }
    }
    return NULL;
}

static bool snapshot_event(struct session *s, uint16_t i, const struct wire_depth *d)
{
    const struct market *m = &s->market[i];
    uint32_t n = d->bids + d->asks;
    if (d->bids > ANSWER_DEPTH_MAX || d->asks > ANSWER_DEPTH_MAX) {
        return false;
    }
    event_init(&s->ev, EV_BOOK_SNAPSHOT, i, n);
    struct ev_book *b = &s->ev.u.book;
    b->last_id = d->last_id;
    b->bids = d->bids;
    b->asks = d->asks;
    for (uint32_t k = 0; k < n; k++) {
        if (!market_ticks(m, d->price_e8[k], &b->levels[k].ticks) ||
            !market_lots(m, d->qty_e8[k], &b->levels[k].lots)) {
            return false;
        }
    }
    s->ev.venue_ns = session_ns(d->transaction_ms);
    s->ev.venue_event_ns = session_ns(d->event_ms);
    return true;
}

static void forward(struct session *s, uint16_t i, const struct kept_diff *d, const struct level *levels)
{
    struct ev_book *b = &s->ev.u.book;
    event_init(&s->ev, EV_BOOK_DIFF, i, d->bids + d->asks);
    b->first_id = d->first_id;
    b->last_id = d->last_id;
    b->prev_id = d->prev_id;
    b->bids = d->bids;
    b->asks = d->asks;
    if (levels != b->levels) {
        memcpy(b->levels, levels, (size_t)(d->bids + d->asks) * sizeof *levels);
    }
    s->ev.venue_ns = session_ns(d->transaction_ms);
    s->ev.venue_event_ns = session_ns(d->event_ms);
    session_emit(s);
}

// The kept diffs follow their snapshot. A gap among them begins a new buffer, with the rest of this one.
static void replay_kept(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    bool applied = false;
    for (uint32_t at = 0; at < m->diff_bytes;) {
        const struct kept_diff *d = kept_at(m, at);
        uint32_t size = kept_size(d);
        enum sync_verdict v = booksync_on_diff(&m->sync, d->first_id, d->last_id, d->prev_id);
        if (v == SYNC_GAP) {
            memmove(m->diff, d, m->diff_bytes - at);
            m->diff_bytes -= at;
            tell_book(s, i, BOOK_STALE, BOOK_REASON_GAP);
            want_snapshot(s, i);
            return;
        }
        if (v == SYNC_APPLY) {
            forward(s, i, d, (const struct level *)(const void *)(d + 1));
            applied = true;
        }
        m->diffs--;
        at += size;
    }
    forget_diffs(m);
    if (applied) {
        tell_book(s, i, BOOK_LIVE, BOOK_REASON_NONE);
        m->snapshot_failures = 0;
    }
}

void market_on_snapshot(struct session *s, const struct pending *p, const struct answer *a)
{
    uint16_t i = p->instrument;
    struct market *m = &s->market[i];
    m->snapshot_in_flight = 0;
    if (s->link[link_of(s, STREAM_DEPTH)].state != LINK_UP || m->sync.state == SYNC_LIVE) {
        return;
    }
    bool usable = !a->not_sent && !a->lost && !a->malformed && a->http_status < 300 && a->code >= 0;
    if (!usable) {
        snapshot_failed(s, i);
        return;
    }
    const struct wire_depth *d = &a->u.depth;
    const struct kept_diff *oldest = oldest_after(m, d->last_id);
    if (!snapshot_event(s, i, d) || !booksync_on_snapshot(&m->sync, d->last_id, oldest ? oldest->first_id : 0,
                                                          oldest ? oldest->prev_id : 0)) {
        snapshot_failed(s, i);
        return;
    }
    session_emit(s);
    replay_kept(s, i);
}

// -------------------------------------------------------------------------------------------------------------
// diffs

static void keep(struct session *s, uint16_t i, const struct kept_diff *d, const struct level *levels)
{
    struct market *m = &s->market[i];
    uint32_t size = kept_size(d);
    if (m->diffs >= DIFFS_MAX || m->diff_bytes + size > DIFF_BYTES) {
        forget_diffs(m); // the buffer starts over with this one
    }
    if (size > DIFF_BYTES) {
        return;
    }
    memcpy(kept_at(m, m->diff_bytes), d, sizeof *d);
    memcpy(kept_at(m, m->diff_bytes) + 1, levels, size - sizeof *d);
    m->diff_bytes += size;
    m->diffs++;
    want_snapshot(s, i);
}

// Running median by small steps: a twentieth up or down with each sample.
static void note_gap(struct session *s, struct market *m)
{
    int64_t gap = s->now - m->last_diff_ns;
    if (m->last_diff_ns && gap > 0) {
        int64_t step = m->median_gap_ns / 20 + 1;
        m->median_gap_ns += gap > m->median_gap_ns ? step : -step;
    }
    m->last_diff_ns = s->now;
}

// A diff of the second connection counts only where it continues the book; from then on it is one more feed.
static bool spare_continues(struct session *s, uint16_t i)
{
    const struct scan_msg *msg = &s->msg;
    bool continues = booksync_continues(&s->market[i].sync, msg->first_id, msg->prev_id);
    if (!continues) {
        links_joined(s, link_of(s, STREAM_DEPTH), i, false);
    }
    return continues;
}

static bool on_depth(struct session *s, uint16_t i, bool spare)
{
    struct market *m = &s->market[i];
    const struct scan_msg *msg = &s->msg;
    if (spare && !spare_continues(s, i)) {
        return true;
    }
    struct level *levels = s->ev.u.book.levels;
    if (!levels_to_grid(m, msg, levels)) {
        return false;
    }
    struct kept_diff d = {msg->first_id,       msg->last_id, msg->prev_id, msg->event_ms,
                          msg->transaction_ms, msg->bids,    msg->asks};
    if (!spare) {
        note_gap(s, m);
    }
    switch (booksync_on_diff(&m->sync, d.first_id, d.last_id, d.prev_id)) {
    case SYNC_APPLY:
        forward(s, i, &d, levels);
        tell_book(s, i, BOOK_LIVE, BOOK_REASON_NONE);
        m->snapshot_failures = 0;
        break;
    case SYNC_BUFFER:
        keep(s, i, &d, levels);
        break;
    case SYNC_GAP:
        forget_diffs(m);
        keep(s, i, &d, levels);
        tell_book(s, i, BOOK_STALE, BOOK_REASON_GAP);
        break;
    case SYNC_DROP:
        break; // counted there
    }
    if (spare) {
        links_joined(s, link_of(s, STREAM_DEPTH), i, true);
    }
    return true;
}

// ----------------------------------------------------------------------------------------------- trades,
// touch, mark

// What the other connection of a link told already, while there are two.
static bool is_repeated(const struct session *s, enum stream_kind kind, bool seen)
{
    return seen && links_repeat(s, link_of(s, kind));
}

static bool on_trade(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    const struct scan_msg *msg = &s->msg;
    if (msg->not_market) {
        return true; // insurance fund and ADL prints lie far from the market
    }
    if (is_repeated(s, STREAM_TRADE, msg->trade_id <= m->last_print_id)) {
        return true;
    }
    event_init(&s->ev, EV_TRADE, i, 0);
    struct ev_trade *t = &s->ev.u.trade;
    if (!market_ticks(m, msg->price_e8, &t->price_ticks) || !market_lots(m, msg->qty_e8, &t->qty_lots) ||
        t->price_ticks == 0 || t->qty_lots == 0) {
        return false;
    }
    t->trade_id = m->last_print_id = msg->trade_id;
    t->side = msg->buyer_is_maker ? SIDE_SELL : SIDE_BUY;
    s->ev.venue_ns = session_ns(msg->transaction_ms);
    s->ev.venue_event_ns = session_ns(msg->event_ms);
    session_emit(s);
    return true;
}

static bool on_touch(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    const struct scan_msg *msg = &s->msg;
    if (is_repeated(s, STREAM_TOUCH, msg->last_id <= m->last_touch_id)) {
        return true;
    }
    event_init(&s->ev, EV_TOUCH, i, 0);
    struct ev_touch *t = &s->ev.u.touch;
    if (!market_ticks(m, msg->price_e8, &t->bid_ticks) || !market_lots(m, msg->qty_e8, &t->bid_lots) ||
        !market_ticks(m, msg->ask_price_e8, &t->ask_ticks) ||
        !market_lots(m, msg->ask_qty_e8, &t->ask_lots)) {
        return false;
    }
    t->update_id = m->last_touch_id = msg->last_id;
    s->ev.venue_ns = session_ns(msg->transaction_ms);
    s->ev.venue_event_ns = session_ns(msg->event_ms);
    session_emit(s);
    return true;
}

static bool on_mark(struct session *s, uint16_t i)
{
    const struct scan_msg *msg = &s->msg;
    struct market *m = &s->market[i];
    if (msg->mark_e8 == 0 || msg->next_funding_ms > TIME_MAX_MS) {
        return false;
    }
    if (is_repeated(s, STREAM_MARK, msg->event_ms <= m->last_mark_ms)) {
        return true;
    }
    m->last_mark_ms = msg->event_ms;
    m->mark_e8 = msg->mark_e8;
    m->mark_ns = s->now;
    income_note_mark(s, i, msg->next_funding_ms);
    event_init(&s->ev, EV_MARK, i, 0);
    s->ev.u.mark = (struct ev_mark){.mark_e8 = msg->mark_e8,
                                    .index_e8 = msg->index_e8,
                                    .funding_rate_e8 = msg->funding_rate_e8,
                                    .next_funding_ns = msg->next_funding_ms * NS_PER_MS};
    s->ev.flags = s->c.derived_market ? EVF_DERIVED : 0;
    s->ev.venue_ns = session_ns(msg->event_ms);
    s->ev.venue_event_ns = s->ev.venue_ns;
    session_emit(s);
    return true;
}

// ----------------------------------------------------------------------------------------------------------
// messages

// The stream's name must be that of the payload's symbol, and a depth stream must be the diffs, not a top-N
// copy.
static bool stream_agrees(const struct market *m, const struct scan_msg *msg)
{
    if (!msg->has_stream) {
        return true;
    }
    const char *after = msg->stream + m->stream_len;
    if (strncmp(msg->stream, m->stream, m->stream_len) != 0 || *after != '@') {
        return false;
    }
    return msg->kind != SCAN_DEPTH ||
           (strncmp(after, "@depth", 6) == 0 && (after[6] == 0 || after[6] == '@'));
}

static bool times_fit(const struct scan_msg *msg)
{
    return msg->event_ms <= TIME_MAX_MS && msg->transaction_ms <= TIME_MAX_MS;
}

static bool take(struct session *s, uint16_t i, enum stream_kind kind, bool spare)
{
    s->market[i].rx_ns[kind] = s->now;
    switch (kind) {
    case STREAM_DEPTH:
        return on_depth(s, i, spare);
    case STREAM_TRADE:
        return on_trade(s, i);
    case STREAM_TOUCH:
        return on_touch(s, i);
    default:
        return on_mark(s, i);
    }
}

static bool dispatch(struct session *s, enum link_id link, bool spare)
{
    static const uint8_t KIND[] = {[SCAN_DEPTH] = STREAM_DEPTH,
                                   [SCAN_TRADE] = STREAM_TRADE,
                                   [SCAN_TOUCH] = STREAM_TOUCH,
                                   [SCAN_MARK] = STREAM_MARK};
    const struct scan_msg *msg = &s->msg;
    if (msg->kind == SCAN_OTHER || msg->kind == SCAN_KLINE || msg->kind == SCAN_FORCE_ORDER) {
        return true; // not subscribed to, and no harm
    }
    if (msg->kind == SCAN_REPLY) {
        links_on_reply(s, link, msg->reply_code);
        return true;
    }
    if (msg->kind == SCAN_DEPTH_SNAPSHOT || msg->kind == SCAN_DEPTH_PARTIAL) {
        return false; // has no place on this link
    }
    uint16_t i = session_find(s, msg->symbol);
    enum stream_kind kind = (enum stream_kind)KIND[msg->kind];
    if (i == INSTRUMENT_NONE || !stream_agrees(&s->market[i], msg) || !times_fit(msg) ||
        link_of(s, kind) != link) {
        return false;
    }
    bool ok = take(s, i, kind, spare);
    if (spare && kind != STREAM_DEPTH && link != link_of(s, STREAM_DEPTH)) {
        links_joined(s, link, i, ok);
    }
    return ok;
}

static void count_bad(struct session *s, enum link_id link)
{
    s->bad_messages++;
    if (s->now >= s->bad_window_ns + 60 * NS_PER_S) {
        s->bad_window_ns = s->now;
        s->bad_in_window = 0;
    }
    if (++s->bad_in_window >= BAD_MESSAGES_MAX) {
        s->bad_in_window = 0;
        session_close_link(s, link, "10 bad messages in a minute");
    }
}

void market_on_text(struct session *s, enum link_id link, bool spare, const char *text, size_t n)
{
    bool ok = scan_market(text, n, &s->msg);
    probe_mark(PROBE_DECODED);
    if (!ok || !dispatch(s, link, spare)) {
        count_bad(s, link);
    }
}

// --------------------------------------------------------------------------------------------------------------
// time

void market_on_time(struct session *s)
{
    if (s->link[link_of(s, STREAM_DEPTH)].state != LINK_UP) {
        return;
    }
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        struct market *m = &s->market[i];
        if (m->book_state == BOOK_LIVE) {
            if (s->now >= silent_at(s, m)) {
                tell_book(s, i, BOOK_STALE, BOOK_REASON_SILENT);
            } else {
                arm(s, silent_at(s, m));
            }
        }
        if (m->known && m->sync.state == SYNC_BUFFERING && m->diffs > 0) {
            want_snapshot(s, i);
        }
    }
}
