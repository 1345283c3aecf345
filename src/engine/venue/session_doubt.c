// SPDX-License-Identifier: Apache-2.0
// session_doubt: outcomes that nobody told us (failure-modes.md 1, rule of doubt). The order is asked for at
// 0.3, 1, 3 and 10 s, then every 10 s for a minute, then every minute, until there is evidence: a report or
// answer about it, or proof of absence. Proof takes four things: the venue can no longer accept the request
// (the acceptance window has passed since its last byte), two "no such order" answers after that at least 2 s
// apart, and complete reads after it of the open orders, which do not show the order, and of our trades,
// which show none of an order that we do not know. Nothing is ever sent again under another id.
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "engine/venue/error_class.h"
#include "engine/venue/session_state.h"

enum { ABSENT_PROOFS = 2, STAGES = 4 };

static const int64_t STAGE_NS[STAGES] = {300 * NS_PER_MS, NS_PER_S, 3 * NS_PER_S, 10 * NS_PER_S};
static const int64_t ABSENT_GAP_NS = 2 * NS_PER_S;
static const int64_t PATIENT_NS = 60 * NS_PER_S;
static const int64_t MARGIN_NS =
    50 * NS_PER_MS; // a query meant to be after a moment is sent so much after it

static bool is_about(const struct doubt *d, uint16_t instrument, const char *client_id, uint64_t order_id)
{
    if (!d->used || d->instrument != instrument) {
        return false;
    }
    return (client_id[0] && strcmp(d->client_id, client_id) == 0) || (order_id && d->order_id == order_id);
}

static struct doubt *find(struct session *s, uint16_t instrument, const char *client_id, uint64_t order_id)
{
    for (uint32_t i = 0; s->doubt_count > 0 && i < DOUBT_MAX; i++) {
        if (is_about(&s->doubt[i], instrument, client_id, order_id)) {
            return &s->doubt[i];
        }
    }
    return NULL;
}

bool doubt_room(const struct session *s, bool close_only)
{
    return s->doubt_count + s->place_count < (close_only ? (uint32_t)DOUBT_MAX : (uint32_t)DOUBT_PLACE_MAX);
}

// A free place; when there is none, the oldest doubt about a cancel gives way: the order reconciliation
// covers it. Placements always find one: doubt_room was asked before.
static struct doubt *take(struct session *s)
{
    struct doubt *oldest = NULL;
    for (uint32_t i = 0; i < DOUBT_MAX; i++) {
        struct doubt *d = &s->doubt[i];
        if (!d->used) {
            d->used = 1;
            s->doubt_count++;
            return d;
        }
        if (d->cancel && (!oldest || d->begun_ns < oldest->begun_ns)) {
            oldest = d;
        }
    }
    return oldest;
}

static void release(struct session *s, struct doubt *d)
{
    CHECK(d->used && s->doubt_count > 0);
    d->used = 0;
    s->doubt_count--;
}

// The acceptance window counts from the last byte; a request whose writing we were not told of may have left
// later.
static int64_t last_byte_ns(const struct session *s, const struct pending *p)
{
    return p->sent ? p->sent_ns : s->now;
}

static void add(struct session *s, const struct pending *p, int64_t first_query_ns)
{
    struct doubt *d = find(s, p->instrument, p->client_id, p->order_id);
    if (d) {
        d->cancel &= p->kind != RQ_PLACE;
        if (p->kind == RQ_AMEND) {
            d->amend = 1;
            d->born_ns = last_byte_ns(s, p);
            d->price_ticks = p->price_ticks;
            d->qty_lots = p->qty_lots;
        }
        return;
    }
    d = take(s);
    if (!d) {
        CHECK(p->kind != RQ_PLACE);
        return;
    }
    *d = (struct doubt){.used = 1,
                        .cancel = p->kind != RQ_PLACE,
                        .amend = p->kind == RQ_AMEND,
                        .instrument = p->instrument,
                        .tif = p->tif,
                        .reduce_only = p->reduce_only,
                        .side = p->side,
                        .born_ns = last_byte_ns(s, p),
                        .begun_ns = s->now,
                        .next_ns = first_query_ns,
                        .order_id = p->order_id,
                        .trade_mark = orders_mark(s, p->instrument, p->client_id, p->trade_mark),
                        .price_ticks = p->price_ticks,
                        .qty_lots = p->qty_lots};
    memcpy(d->client_id, p->client_id, CLIENT_ID_MAX);
    arm(s, d->next_ns);
}

static struct ev_order *doubt_report(struct session *s, const struct doubt *d, enum report_kind kind)
{
    struct ev_order *o = order_event(s, d->instrument, kind, SOURCE_QUERY);
    memcpy(o->client_id, d->client_id, CLIENT_ID_MAX);
    o->order_id = d->order_id;
    o->price_ticks = d->price_ticks;
    o->qty_lots = d->qty_lots;
    o->side = d->side;
    o->tif = d->tif;
    o->reduce_only = d->reduce_only;
    return o;
}

void doubt_begin(struct session *s, const struct pending *p, int32_t code, const char *why)
{
    if (p->doubted) {
        return; // told when the answer was overdue; its queries run, or evidence came meanwhile
    }
    add(s, p, s->now + STAGE_NS[0]);
    struct ev_order *o =
        pending_report(s, p, p->kind == RQ_CANCEL ? RK_CANCEL_DOUBT : RK_DOUBT, SOURCE_LOCAL);
    o->code = code;
    text_sanitise(o->text, sizeof o->text, why, strlen(why));
    session_emit(s);
}

void doubt_ask(struct session *s, const struct pending *p)
{
    add(s, p, s->now);
}

void doubt_resolve(struct session *s, uint16_t instrument, const char *client_id, uint64_t order_id)
{
    struct doubt *d = find(s, instrument, client_id, order_id);
    if (d) {
        release(s, d);
    }
}

static bool window_passed(const struct session *s, const struct doubt *d, int64_t at_ns)
{
    return at_ns >= d->born_ns + s->c.accept_window_ns;
}

static bool shows_amend(const struct session *s, const struct doubt *d, const struct wire_order *w)
{
    const struct market *m = &s->market[d->instrument];
    int64_t ticks, lots;
    return market_ticks(m, w->price_e8, &ticks) && market_lots(m, w->qty_e8, &lots) &&
           ticks == d->price_ticks && lots == d->qty_lots;
}

static bool is_over(const struct wire_order *w)
{
    enum order_status status = orders_status(w->status);
    return status != OS_NEW && status != OS_PARTIAL;
}

// What an order object, asked for at asked_ns, says of an amend in doubt. False: nothing yet, since the amend
// may still be carried out.
static bool amend_verdict(struct session *s, const struct doubt *d, const struct wire_order *w,
                          int64_t asked_ns)
{
    bool done = shows_amend(s, d, w);
    if (!done && !is_over(w) && !window_passed(s, d, asked_ns)) {
        return false;
    }
    struct ev_order *o = doubt_report(s, d, done ? RK_AMENDED : RK_AMEND_REJECTED);
    report_why(o, 0, done ? "" : "not carried out");
    session_emit(s);
    return true;
}

bool doubt_is_amended(struct session *s, uint16_t instrument, const struct wire_order *w)
{
    struct doubt *d = find(s, instrument, w->client_id, w->order_id);
    if (!d || !d->amend || !shows_amend(s, d, w)) {
        return false;
    }
    release(s, d);
    return true;
}

void doubt_on_stream(struct session *s, uint16_t instrument, const struct wire_order *w,
                     enum report_kind kind)
{
    struct doubt *d = find(s, instrument, w->client_id, w->order_id);
    bool alive = kind == RK_ACCEPTED || kind == RK_AMENDED || kind == RK_FILL || kind == RK_STATE;
    if (d && !(d->amend && alive && !is_over(w) && !shows_amend(s, d, w))) {
        release(s, d);
    }
}

// -----------------------------------------------------------------------------------------------------------
// queries

static void schedule(struct session *s, struct doubt *d)
{
    int64_t age = s->now - d->begun_ns;
    d->stage += d->stage < STAGES;
    if (d->stage < STAGES) {
        int64_t at = d->begun_ns + STAGE_NS[d->stage];
        d->next_ns = at > s->now ? at : s->now + STAGE_NS[0];
    } else {
        d->next_ns = s->now + (age < PATIENT_NS ? STAGE_NS[STAGES - 1] : PATIENT_NS);
    }
    arm(s, d->next_ns);
}

static void query(struct session *s, struct doubt *d)
{
    struct pending *p = request_begin(s, RQ_QUERY_ORDER, d->instrument, LANE_CANCEL);
    if (!p) {
        d->next_ns = s->now + NS_PER_S;
        arm(s, d->next_ns);
        return;
    }
    memcpy(p->client_id, d->client_id, CLIENT_ID_MAX);
    p->order_id = d->order_id;
    d->querying = 1;
    d->next_ns = INT64_MAX;
    request_symbol(s, p);
    if (d->client_id[0]) {
        request_text(s, "origClientOrderId", d->client_id);
    } else {
        request_int(s, "orderId", (int64_t)d->order_id);
    }
    request_send(s, p);
}

static void conclude(struct session *s, struct doubt *d)
{
    if (d->absent < ABSENT_PROOFS || !d->open_clear || !d->trades_clear) {
        return;
    }
    doubt_report(s, d, RK_ABSENT);
    release(s, d);
    session_emit(s);
}

// "No such order": counts only after the acceptance window, and once per 2 s.
static void on_absent(struct session *s, struct doubt *d, int64_t asked_ns)
{
    if (window_passed(s, d, asked_ns) && (d->absent == 0 || asked_ns - d->last_absent_ns >= ABSENT_GAP_NS)) {
        d->absent += d->absent < ABSENT_PROOFS;
        d->last_absent_ns = asked_ns;
    }
    schedule(s, d);
    int64_t soon = d->born_ns + s->c.accept_window_ns + MARGIN_NS;
    if (d->absent == 1) {
        soon = d->last_absent_ns + ABSENT_GAP_NS + MARGIN_NS;
    }
    if (d->absent < ABSENT_PROOFS && soon > s->now && soon < d->next_ns) {
        d->next_ns = soon;
        arm(s, soon);
    }
    if (d->absent > 0 && !d->open_clear) {
        account_reconcile_soon(s);
    }
    if (d->absent > 0 && !d->trades_clear) {
        account_ask_trades(s, d->instrument, d->trade_mark);
    }
    conclude(s, d);
}

static void on_found(struct session *s, struct doubt *d, const struct wire_order *w, int64_t asked_ns)
{
    if (d->amend && !amend_verdict(s, d, w, asked_ns)) {
        schedule(s, d);
        return;
    }
    uint16_t i = d->instrument;
    uint64_t mark = d->trade_mark;
    char client_id[CLIENT_ID_MAX];
    memcpy(client_id, d->client_id, CLIENT_ID_MAX);
    struct ev_order *o = order_event(s, i, RK_STATE, SOURCE_QUERY);
    if (!order_from_wire(s, &s->market[i], w, o)) {
        schedule(s, d);
        return;
    }
    if (client_id[0]) {
        memcpy(o->client_id, client_id, CLIENT_ID_MAX);
    }
    int64_t cum = o->cum_lots;
    s->ev.venue_ns = session_ns(w->update_time_ms);
    release(s, d);
    orders_remember(s, i, w->order_id, client_id);
    session_emit(s);
    if (cum > 0) {
        account_ask_trades(s, i, mark); // the stream may have lost its fills
    }
}

void doubt_on_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct doubt *d = find(s, p->instrument, p->client_id, p->order_id);
    if (!d) {
        return; // evidence came while we asked
    }
    d->querying = 0;
    int64_t asked_ns = a->sent_mono_ns ? a->sent_mono_ns : p->queued_ns;
    bool answered = !a->not_sent && !a->lost && !a->malformed;
    if (answered && a->code == -2013) {
        on_absent(s, d, asked_ns);
    } else if (answered && a->code >= 0 && a->http_status < 300) {
        on_found(s, d, &a->u.order, asked_ns);
    } else {
        schedule(s, d);
    }
}

void doubt_on_open_orders(struct session *s, uint16_t instrument, const struct answer *a, int64_t request_ns)
{
    for (uint32_t i = 0; s->doubt_count > 0 && i < DOUBT_MAX; i++) {
        struct doubt *d = &s->doubt[i];
        if (!d->used || d->instrument != instrument) {
            continue;
        }
        const struct wire_order *shown = NULL;
        for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX; k++) {
            const struct wire_order *w = &a->u.orders[k];
            shown = is_about(d, instrument, w->client_id, w->order_id) ? w : shown;
        }
        if (shown) {
            if (!d->amend || amend_verdict(s, d, shown, request_ns)) {
                release(s, d); // reported as RK_STATE with the list
            }
        } else if (a->rows_total <= a->rows && window_passed(s, d, request_ns)) {
            d->open_clear = 1;
            conclude(s, d);
        }
    }
}

void doubt_on_trades(struct session *s, uint16_t instrument, int64_t request_ns)
{
    for (uint32_t i = 0; s->doubt_count > 0 && i < DOUBT_MAX; i++) {
        struct doubt *d = &s->doubt[i];
        if (d->used && d->instrument == instrument && window_passed(s, d, request_ns)) {
            d->trades_clear = 1;
            conclude(s, d);
        }
    }
}

void doubt_on_time(struct session *s)
{
    for (uint32_t i = 0; s->doubt_count > 0 && i < DOUBT_MAX; i++) {
        struct doubt *d = &s->doubt[i];
        if (d->used && !d->querying && s->now >= d->next_ns) {
            query(s, d);
        }
        if (d->used) {
            arm(s, d->next_ns);
        }
    }
}
