// SPDX-License-Identifier: Apache-2.0
// order_report: the state machine. order_apply() finds (or adopts) the order that a report is about, lets one
// small function per kind of report say what it means, and books the difference in the table. Every change of
// state goes through one function that asserts the graph; whatever order or number the reports come in, the
// sums end the same.
#include "engine/order/order.h"

#include <string.h>

#include "base/check.h"
#include "engine/order/order_table.h"

// Beyond this a quantity in a report is nonsense, and sums of 1024 of them still fit int64.
#define REPORT_LOTS_MAX  (INT64_C(1) << 50)
#define FILLED_LOTS_MAX  (REPORT_LOTS_MAX * 256)
#define REPORT_MONEY_MAX (INT64_C(1) << 60)

// One report being applied.
struct work {
    struct orders *o;
    const struct event *ev;
    const struct ev_order *r;
    struct order *x;
    struct order_effect *e;
};

// --------------------------------------------------------------------------------------------------- graph

#define BIT(s)      (1u << (s))
#define ENDED       (BIT(ORD_FILLED) | BIT(ORD_CANCELED) | BIT(ORD_EXPIRED))
#define NEVER_TAKEN (BIT(ORD_REJECTED) | BIT(ORD_NOT_SENT) | BIT(ORD_ABSENT))

// From each state, where it may go. Reports overtake each other, so INTENT and SENT may jump; what was
// believed never taken by the venue may come back to life; FILLED, CANCELED and EXPIRED are final.
static const uint32_t GRAPH[] = {
    [ORD_FREE] = BIT(ORD_INTENT) | BIT(ORD_OPEN),
    [ORD_INTENT] = BIT(ORD_SENT) | BIT(ORD_OPEN) | BIT(ORD_PART) | BIT(ORD_UNKNOWN) | ENDED | NEVER_TAKEN,
    [ORD_SENT] =
        BIT(ORD_OPEN) | BIT(ORD_PART) | BIT(ORD_UNKNOWN) | ENDED | BIT(ORD_REJECTED) | BIT(ORD_ABSENT),
    [ORD_OPEN] = BIT(ORD_PART) | BIT(ORD_UNKNOWN) | ENDED | BIT(ORD_REJECTED),
    [ORD_PART] = BIT(ORD_UNKNOWN) | ENDED,
    [ORD_UNKNOWN] = BIT(ORD_OPEN) | BIT(ORD_PART) | ENDED | BIT(ORD_REJECTED) | BIT(ORD_ABSENT),
    [ORD_FILLED] = 0,
    [ORD_CANCELED] = 0,
    [ORD_EXPIRED] = 0,
    [ORD_REJECTED] = BIT(ORD_OPEN) | BIT(ORD_PART) | BIT(ORD_FILLED),
    [ORD_NOT_SENT] = BIT(ORD_OPEN) | BIT(ORD_PART) | BIT(ORD_FILLED),
    [ORD_ABSENT] = BIT(ORD_OPEN) | BIT(ORD_PART) | BIT(ORD_FILLED),
};

bool order_step_allowed(enum order_state from, enum order_state to)
{
    return (unsigned)from < COUNT_OF(GRAPH) && (unsigned)to < COUNT_OF(GRAPH) && (GRAPH[from] & BIT(to)) != 0;
}

const char *order_state_name(enum order_state s)
{
    static const char *const NAMES[] = {
        [ORD_FREE] = "FREE",         [ORD_INTENT] = "INTENT",     [ORD_SENT] = "SENT",
        [ORD_OPEN] = "OPEN",         [ORD_PART] = "PART",         [ORD_UNKNOWN] = "UNKNOWN",
        [ORD_FILLED] = "FILLED",     [ORD_CANCELED] = "CANCELED", [ORD_EXPIRED] = "EXPIRED",
        [ORD_REJECTED] = "REJECTED", [ORD_NOT_SENT] = "NOT_SENT", [ORD_ABSENT] = "ABSENT",
    };
    return (unsigned)s < COUNT_OF(NAMES) ? NAMES[s] : "?";
}

static bool is_live(const struct order *x)
{
    return order_state_is_live((enum order_state)x->state);
}

static void go(struct work *w, enum order_state to)
{
    struct order *x = w->x;
    if (x->state == to) {
        return;
    }
    CHECK(order_step_allowed((enum order_state)x->state, to));
    const bool was_live = is_live(x);
    x->state = (uint8_t)to;
    w->e->flags |= EFF_CHANGED;
    if (to == ORD_UNKNOWN) {
        x->doubt_mono_ns = w->ev->mono_ns;
        w->e->flags |= EFF_DOUBT;
    }
    if (!is_live(x)) {
        x->flags &= (uint8_t) ~(ORDF_CANCEL_SENT | ORDF_AMEND_SENT);
        x->cancel_wanted = 0;
        x->done_mono_ns = w->ev->mono_ns;
        x->done_source = w->r->source;
        w->e->flags |= was_live ? EFF_DONE : 0;
    }
}

// ------------------------------------------------------------------------------------------------ evidence

static void raise_cum(struct work *w, int64_t cum_lots)
{
    if (cum_lots > w->x->cum_lots) {
        w->x->cum_lots = cum_lots;
        w->e->flags |= EFF_CHANGED | (cum_lots > w->x->qty_lots ? EFF_OVERFILL : 0);
    }
}

// A finished order that we believed never taken and whose finish the stream itself did not report.
static bool may_revive(const struct work *w)
{
    const struct order *x = w->x;
    const bool fresh = w->r->source == SOURCE_STREAM || w->r->source == SOURCE_QUERY;
    return (BIT(x->state) & NEVER_TAKEN) != 0 && fresh &&
           !(x->state == ORD_REJECTED && x->done_source == SOURCE_STREAM);
}

// The venue has it and it was open when the venue said so. False when we know better: it is finished.
static bool known_open(struct work *w)
{
    struct order *x = w->x;
    if (!is_live(x) && !may_revive(w)) {
        return false;
    }
    const bool revived = !is_live(x);
    if (!x->accepted) {
        x->accepted = 1;
        x->live_mono_ns = w->ev->mono_ns;
        w->e->flags |= EFF_ACCEPTED;
    }
    w->e->flags |= revived ? EFF_REVIVED : 0;
    if (x->cum_lots >= x->qty_lots) {
        go(w, ORD_FILLED);
    } else if (x->cum_lots > 0) {
        go(w, ORD_PART);
    } else {
        go(w, ORD_OPEN);
    }
    if (x->cancel_wanted) {
        x->cancel_wanted = 0;
        w->e->flags |= EFF_CANCEL_NOW;
    }
    return true;
}

static void finish(struct work *w, enum order_state to)
{
    struct order *x = w->x;
    raise_cum(w, w->r->cum_lots);
    if (!is_live(x)) {
        return;
    }
    const bool was_taken = to != ORD_REJECTED && to != ORD_ABSENT && to != ORD_NOT_SENT;
    x->accepted |= was_taken;
    go(w, x->cum_lots >= x->qty_lots && was_taken ? ORD_FILLED : to);
}

// ------------------------------------------------------------------------------------------------- reports

static void on_sent(struct work *w)
{
    struct order *x = w->x;
    if (x->sent_mono_ns == 0) {
        x->sent_mono_ns = w->r->request_mono_ns > 0 ? w->r->request_mono_ns : w->ev->mono_ns;
        x->sent_wall_ns = w->ev->wall_ns;
    }
    if (x->state != ORD_INTENT) {
        return; // the place was answered before we heard that it had left, or this is the cancel's
    }
    go(w, ORD_SENT);
    if (x->cancel_wanted) {
        x->cancel_wanted = 0;
        w->e->flags |= EFF_CANCEL_NOW;
    }
}

static void on_accepted(struct work *w)
{
    raise_cum(w, w->r->cum_lots);
    known_open(w);
}

static void cancel_failed(struct work *w)
{
    if (!is_live(w->x)) {
        return; // O1: it was filled meanwhile; the venue's "unknown order" is expected
    }
    w->x->flags &= (uint8_t)~ORDF_CANCEL_SENT;
    w->e->flags |= EFF_CANCEL_FAILED;
}

static void on_rejected(struct work *w)
{
    struct order *x = w->x;
    if (is_live(x) && (x->cum_lots > 0 || (x->accepted && w->r->source == SOURCE_ANSWER))) {
        w->e->flags |= EFF_CONFLICT; // the stream showed it open or filled: that beats a refusal
        return;
    }
    finish(w, ORD_REJECTED);
}

static void on_not_sent(struct work *w)
{
    if (w->x->state == ORD_INTENT) {
        go(w, ORD_NOT_SENT);
    } else if (w->x->state == ORD_SENT && (w->x->flags & ORDF_CANCEL_SENT) == 0) {
        w->e->flags |= EFF_CONFLICT; // "sent" and "not sent": doubt, as always when in doubt
        go(w, ORD_UNKNOWN);
    } else {
        cancel_failed(w); // the request that was dropped was the cancel
    }
}

static void on_doubt(struct work *w)
{
    const bool amend = (w->x->flags & ORDF_AMEND_SENT) != 0; // which size it has, nobody knows
    const bool open = w->x->state == ORD_OPEN || w->x->state == ORD_PART;
    if (w->x->state == ORD_INTENT || w->x->state == ORD_SENT || (amend && open)) {
        go(w, ORD_UNKNOWN);
    }
}

static void on_absent(struct work *w)
{
    struct order *x = w->x;
    if (!is_live(x)) {
        return;
    }
    if (x->state == ORD_OPEN || x->state == ORD_PART) {
        w->e->flags |= EFF_CONFLICT;
        go(w, ORD_UNKNOWN);
    } else {
        // Proof that it is nowhere now. Was it taken once, then it ended there: a cancel whose outcome was in
        // doubt.
        finish(w, x->accepted ? ORD_CANCELED : ORD_ABSENT);
    }
}

static void on_cancel_doubt(struct work *w)
{
    cancel_failed(w);
    if (w->x->state == ORD_OPEN || w->x->state == ORD_PART) {
        go(w, ORD_UNKNOWN);
    }
}

// The venue's word on price and quantity: after an amend, or of an order that is not ours.
static void take_terms(struct work *w)
{
    struct order *x = w->x;
    const bool moved = w->r->price_ticks > 0 && w->r->price_ticks != x->price_ticks;
    const bool grown = w->r->qty_lots > x->qty_lots;
    x->price_ticks = moved ? w->r->price_ticks : x->price_ticks;
    x->qty_lots = w->r->qty_lots > 0 ? w->r->qty_lots : x->qty_lots;
    x->ahead_lots = moved || grown ? -1 : x->ahead_lots;
    w->e->flags |= moved || grown ? EFF_CHANGED : 0;
}

static void on_amended(struct work *w)
{
    if (is_live(w->x)) {
        w->x->flags &= (uint8_t)~ORDF_AMEND_SENT;
        take_terms(w); // before the state: the new quantity is the total, of which cum may be all (O2)
    }
    on_accepted(w);
}

static void on_state(struct work *w)
{
    switch (w->r->status) {
    case OS_NEW:
    case OS_PARTIAL:
        on_accepted(w);
        if (is_live(w->x) && (w->x->flags & ORDF_EXTERNAL) != 0) {
            take_terms(w);
        }
        break;
    case OS_FILLED:
        raise_cum(w, w->r->cum_lots > 0 ? w->r->cum_lots : w->x->qty_lots);
        known_open(w);
        break;
    case OS_CANCELED:
        finish(w, ORD_CANCELED);
        break;
    case OS_EXPIRED:
        finish(w, ORD_EXPIRED);
        break;
    default:
        on_rejected(w);
        break;
    }
}

// --------------------------------------------------------------------------------------------------- fills

static bool is_forced(const struct ev_order *r)
{
    return r->fill_kind == FILL_LIQUIDATION || r->fill_kind == FILL_ADL || r->fill_kind == FILL_SEAM;
}

static void put_fill(const struct ev_order *r, uint16_t instrument, int8_t side, int64_t lots,
                     uint8_t strategy, struct order_effect *e)
{
    e->flags |= EFF_FILL | (is_forced(r) ? EFF_FORCED : 0);
    e->fill = (struct order_fill){
        .signed_lots = side == SIDE_BUY ? lots : -lots,
        .price_e8 = r->last_price_e8,
        .fee_e8 = r->fee_e8,
        .trade_id = r->trade_id,
        .instrument = instrument,
        .maker = r->maker,
        .kind = r->fill_kind,
        .strategy = strategy,
        .fee_currency = r->fee_currency,
    };
    memcpy(e->fill.client_id, r->client_id, CLIENT_ID_MAX);
}

// Lots of this fill that are new to us; 0 for a duplicate. The key is the venue's trade id. Where that cannot
// decide (no id; an id older than our memory; a fill from before we knew the order) the cumulative figure
// does.
static int64_t new_lots(const struct work *w)
{
    const struct order *x = w->x;
    const struct ev_order *r = w->r;
    const int64_t booked = x->base_lots + x->filled_lots;
    const bool told = r->cum_lots > 0;
    if (r->trade_id == 0) {
        const int64_t more = r->cum_lots - booked;
        return more <= 0 ? 0 : more < r->last_lots ? more : r->last_lots;
    }
    if (table_fill_known(w->o, x->instrument, r->trade_id) || booked > FILLED_LOTS_MAX) {
        return 0;
    }
    if (told && x->base_lots > 0 && r->cum_lots <= x->base_lots) {
        return 0;
    }
    if (r->trade_id <= w->o->fill_forgotten[x->instrument] && told && r->cum_lots <= booked) {
        return 0;
    }
    return r->last_lots;
}

static void book_fill(struct work *w, int64_t lots)
{
    struct order *x = w->x;
    if (w->r->trade_id != 0) {
        table_fill_remember(w->o, x->instrument, w->r->trade_id);
    }
    const int64_t settled = lots < x->settled_lots ? lots : x->settled_lots;
    x->settled_lots -= settled;
    x->filled_lots += lots;
    x->ahead_lots = w->r->maker ? 0 : x->ahead_lots;
    w->e->flags |= EFF_CHANGED | (settled > 0 ? EFF_SETTLED : 0);
    raise_cum(w, x->base_lots + x->settled_lots + x->filled_lots);
    raise_cum(w, w->r->cum_lots);
    put_fill(w->r, x->instrument, x->side, lots, x->strategy, w->e);
}

static void on_fill(struct work *w)
{
    const int64_t lots = new_lots(w);
    if (lots == 0) {
        w->o->duplicates++;
        w->e->flags |= EFF_DUPLICATE;
        return;
    }
    book_fill(w, lots);
    if (!known_open(w)) {
        w->o->late_fills++;
        w->e->flags |= EFF_LATE;
    }
}

// A fill that the venue made without an order of ours: liquidation, ADL, the seam of a recording.
static struct order_effect forced_fill(struct orders *o, const struct event *ev, struct order_effect e)
{
    const struct ev_order *r = &ev->u.order;
    if (r->trade_id != 0 && table_fill_known(o, ev->instrument, r->trade_id)) {
        o->duplicates++;
        e.flags |= EFF_DUPLICATE;
        return e;
    }
    if (r->trade_id != 0) {
        table_fill_remember(o, ev->instrument, r->trade_id);
    }
    put_fill(r, ev->instrument, r->side, r->last_lots, STRATEGY_EXTERNAL, &e);
    return e;
}

// ------------------------------------------------------------------------------------------------- finding

static bool is_terminated(const char *s, size_t cap)
{
    return memchr(s, 0, cap) != NULL;
}

static bool lots_ok(int64_t v)
{
    return v >= 0 && v <= REPORT_LOTS_MAX;
}

static bool report_is_sane(const struct event *ev)
{
    const struct ev_order *r = &ev->u.order;
    if (ev->type != EV_ORDER || ev->instrument >= INSTRUMENT_MAX ||
        !is_terminated(r->client_id, CLIENT_ID_MAX)) {
        return false;
    }
    if (!lots_ok(r->qty_lots) || !lots_ok(r->cum_lots) || !lots_ok(r->last_lots) || r->price_ticks < 0) {
        return false;
    }
    if (r->kind > RK_CANCEL_ALL_DONE || r->source > SOURCE_QUERY || r->fill_kind > FILL_MISSED ||
        r->status > OS_REJECTED || r->tif > TIF_GTX) {
        return false;
    }
    if (r->kind != RK_FILL) {
        return true;
    }
    return r->last_lots > 0 && r->last_price_e8 > 0 && r->last_price_e8 < REPORT_MONEY_MAX &&
           r->fee_e8 > -REPORT_MONEY_MAX && r->fee_e8 < REPORT_MONEY_MAX &&
           r->fee_currency < CURRENCY_COUNT && (r->side == SIDE_BUY || r->side == SIDE_SELL);
}

// Only what shows an order that lives, or a fill, makes an unknown id ours to keep; the history of others
// does not.
static bool worth_adopting(const struct ev_order *r)
{
    const bool open = r->kind == RK_ACCEPTED || r->kind == RK_AMENDED || r->kind == RK_FILL ||
                      (r->kind == RK_STATE && (r->status == OS_NEW || r->status == OS_PARTIAL));
    const bool named = r->client_id[0] != '\0' || r->order_id != 0;
    const bool whole = r->qty_lots > 0 || r->kind == RK_FILL;
    return open && named && whole && (r->side == SIDE_BUY || r->side == SIDE_SELL);
}

// Whose is it? Our prefix with an epoch or a counter that this run has not used yet means a second program:
// D11.
static enum strategy_id owner_of(const struct orders *o, const char *client_id, struct order_effect *e)
{
    enum strategy_id s;
    uint32_t epoch;
    uint64_t counter;
    if (!order_id_parse(client_id, &s, &epoch, &counter)) {
        e->flags |= EFF_EXTERNAL;
        return STRATEGY_EXTERNAL;
    }
    const bool future = epoch > o->epoch || (epoch == o->epoch && counter > o->counter);
    e->flags |= EFF_ADOPTED | (future ? EFF_SPLIT_BRAIN : 0);
    return s;
}

static uint16_t adopt(struct orders *o, const struct event *ev, struct order_effect *e)
{
    const struct ev_order *r = &ev->u.order;
    const uint16_t slot = table_take(o, r->client_id);
    if (slot == ORDER_NONE) {
        e->flags |= EFF_FULL;
        return ORDER_NONE;
    }
    struct order *x = &o->slot[slot];
    const int64_t before = r->kind == RK_FILL ? r->cum_lots - r->last_lots : r->cum_lots;
    x->instrument = ev->instrument;
    x->venue = ev->venue;
    x->cause_seq = ev->seq;
    x->intent_mono_ns = ev->mono_ns;
    x->side = r->side;
    x->tif = r->tif;
    x->strategy = (uint8_t)owner_of(o, r->client_id, e);
    x->flags = (uint8_t)((r->reduce_only ? ORDF_REDUCE : 0) | (r->tif == TIF_GTX ? ORDF_POST_ONLY : 0) |
                         (x->strategy == STRATEGY_EXTERNAL ? ORDF_EXTERNAL : 0));
    x->price_ticks = r->price_ticks;
    x->qty_lots = r->qty_lots > 0 ? r->qty_lots : (r->cum_lots > r->last_lots ? r->cum_lots : r->last_lots);
    x->base_lots = x->cum_lots = before > 0 ? before : 0;
    x->state = ORD_OPEN;
    table_update(o, slot, ORD_FREE, (struct contribution){0});
    o->adopted++;
    return slot;
}

// The order that the report is about: by client id, else by the venue's id. One client id with two venue ids
// is two orders at the venue, and both count.
static uint16_t resolve(struct orders *o, const struct event *ev, struct order_effect *e)
{
    const struct ev_order *r = &ev->u.order;
    uint16_t slot = r->client_id[0] != '\0' ? order_find(o, r->client_id) : ORDER_NONE;
    const bool other = slot != ORDER_NONE && r->order_id != 0 && o->slot[slot].order_id != 0 &&
                       o->slot[slot].order_id != r->order_id;
    if (other) {
        e->flags |= EFF_CONFLICT;
    }
    if ((slot == ORDER_NONE || other) && r->order_id != 0) {
        slot = order_find_venue(o, ev->instrument, r->order_id);
    }
    if (slot == ORDER_NONE) {
        return worth_adopting(r) ? adopt(o, ev, e) : ORDER_NONE;
    }
    const struct order *x = &o->slot[slot];
    if (x->instrument != ev->instrument || (r->side != 0 && r->side != x->side)) {
        e->flags |= EFF_INVALID | EFF_CONFLICT; // an order does not change its instrument or side
        return ORDER_NONE;
    }
    return slot;
}

// --------------------------------------------------------------------------------------------------- apply

static void dispatch(struct work *w)
{
    static void (*const HANDLER[])(struct work *) = {
        [RK_SENT] = on_sent,
        [RK_ACCEPTED] = on_accepted,
        [RK_FILL] = on_fill,
        [RK_REJECTED] = on_rejected,
        [RK_NOT_SENT] = on_not_sent,
        [RK_DOUBT] = on_doubt,
        [RK_ABSENT] = on_absent,
        [RK_AMENDED] = on_amended,
        [RK_CANCEL_REJECTED] = cancel_failed,
        [RK_CANCEL_DOUBT] = on_cancel_doubt,
        [RK_STATE] = on_state,
    };
    switch (w->r->kind) {
    case RK_CANCELED:
        finish(w, ORD_CANCELED);
        break;
    case RK_EXPIRED:
        finish(w, ORD_EXPIRED);
        break;
    case RK_AMEND_REJECTED:
        w->x->flags &= (uint8_t)~ORDF_AMEND_SENT;
        break;
    default:
        HANDLER[w->r->kind](w);
        break;
    }
}

static void note_answer(const struct work *w)
{
    struct order *x = w->x;
    table_bind(w->o, (uint16_t)(x - w->o->slot), w->r->order_id);
    x->code = w->r->code != 0 ? w->r->code : x->code;
    const int64_t took = w->ev->mono_ns - x->sent_mono_ns;
    if (w->r->source != SOURCE_LOCAL && x->sent_mono_ns > 0 && x->ack_ns == 0) {
        x->ack_ns = took > 0 ? took : 1;
    }
}

static void note_missed(const struct work *w, int64_t missed_before)
{
    w->e->missed_lots = order_missed_lots(w->x);
    if (w->e->missed_lots == 0) {
        w->x->missed_mono_ns = 0;
    } else if (w->x->missed_mono_ns == 0) {
        w->x->missed_mono_ns = w->ev->mono_ns > 0 ? w->ev->mono_ns : 1;
    }
    w->e->flags |= w->e->missed_lots > missed_before ? EFF_MISSED : 0;
}

struct order_effect order_apply(struct orders *o, const struct event *ev)
{
    struct order_effect e = {.slot = ORDER_NONE};
    const struct ev_order *r = &ev->u.order;
    if (!report_is_sane(ev)) {
        e.flags = EFF_INVALID;
        return e;
    }
    if (r->kind == RK_CANCEL_ALL_DONE) {
        return e;
    }
    if (r->kind == RK_FILL && is_forced(r) && order_find(o, r->client_id) == ORDER_NONE) {
        return forced_fill(o, ev, e);
    }
    e.slot = resolve(o, ev, &e);
    if (e.slot == ORDER_NONE) {
        return e;
    }
    struct order *x = &o->slot[e.slot];
    struct work w = {.o = o, .ev = ev, .r = r, .x = x, .e = &e};
    const struct contribution before = table_contribution(x);
    const int64_t missed_before = order_missed_lots(x);
    const enum order_state was = (enum order_state)x->state;
    note_answer(&w);
    dispatch(&w);
    note_missed(&w, missed_before);
    table_update(o, e.slot, was, before);
    e.old_state = (uint8_t)was;
    e.new_state = x->state;
    e.flags |= was == ORD_UNKNOWN && x->state != ORD_UNKNOWN ? EFF_RESOLVED : 0;
    return e;
}
