// SPDX-License-Identifier: Apache-2.0
// session_orders: actions on orders become requests. What is refused here, before any byte left, is reported
// as not sent (budget, ban, not ready) or as refused by the venue's own filters; what the answers mean is
// session_reports.c.
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "engine/venue/session_state.h"

static const char *const TIF_NAME[] = {
    [TIF_GTC] = "GTC", [TIF_IOC] = "IOC", [TIF_FOK] = "FOK", [TIF_GTX] = "GTX"};

static void describe(struct pending *p, const struct action *a)
{
    p->cause_seq = a->cause_seq;
    p->close_only = a->close_only;
    p->side = a->side;
    p->tif = a->tif;
    p->reduce_only = a->reduce_only;
    p->price_ticks = a->price_ticks;
    p->qty_lots = a->qty_lots;
    p->order_id = a->order_id;
    memcpy(p->client_id, a->client_id, CLIENT_ID_MAX);
    p->client_id[CLIENT_ID_MAX - 1] = 0;
}

static void not_sent(struct session *s, const struct pending *p, enum drop_reason reason)
{
    pending_report(s, p, RK_NOT_SENT, SOURCE_LOCAL)->drop_reason = (uint8_t)reason;
    session_emit(s);
}

// Before any byte left: the session itself refuses.
static void refuse(struct session *s, const struct action *a, enum drop_reason reason)
{
    struct pending p = {.instrument = a->instrument};
    describe(&p, a);
    if (p.instrument < INSTRUMENT_MAX) {
        not_sent(s, &p, reason);
    }
}

// The same, with words: the venue would certainly not take it.
static void refuse_by(struct session *s, const struct action *a, enum report_kind kind, const char *why)
{
    struct pending p = {.instrument = a->instrument};
    describe(&p, a);
    report_why(pending_report(s, &p, kind, SOURCE_LOCAL), 0, why);
    session_emit(s);
}

enum lane orders_lane(const struct action *a)
{
    enum lane usual = a->type == ACT_PLACE || a->type == ACT_AMEND ? LANE_PLACE : LANE_CANCEL;
    return a->close_only ? LANE_KILL : usual;
}

// ----------------------------------------------------------------------------------------------------- place

static bool may_place(struct session *s, const struct action *a)
{
    CHECK(a->tif < COUNT_OF(TIF_NAME) && a->qty_lots > 0 && a->price_ticks > 0);
    if (!session_knows(s, a->instrument) || (!a->close_only && !session_is_ready(s))) {
        refuse(s, a, DROP_LINK);
        return false;
    }
    const char *why = filter_refuse(s, a);
    if (why) {
        refuse_by(s, a, RK_REJECTED, why);
        return false;
    }
    if (!doubt_room(s, a->close_only)) {
        refuse(s, a, DROP_BUDGET);
        return false;
    }
    return true;
}

uint32_t orders_fields(const struct session *s, const struct pending *p, struct order_field *to,
                       char (*text)[32])
{
    const struct instrument *ins = &s->market[p->instrument].ins;
    instrument_format_qty(ins, p->qty_lots, text[0]);
    instrument_format_price(ins, p->price_ticks, text[1]);
    uint32_t n = 0;
    to[n++] = (struct order_field){"symbol", ins->symbol};
    to[n++] = (struct order_field){"side", p->side == SIDE_BUY ? "BUY" : "SELL"};
    to[n++] = (struct order_field){"type", "LIMIT"};
    to[n++] = (struct order_field){"timeInForce", TIF_NAME[p->tif]};
    to[n++] = (struct order_field){"quantity", text[0]};
    to[n++] = (struct order_field){"price", text[1]};
    if (p->reduce_only && s->d->reduce_only) {
        to[n++] = (struct order_field){"reduceOnly", "true"};
    }
    to[n++] = (struct order_field){"newClientOrderId", p->client_id};
    to[n++] = (struct order_field){"newOrderRespType", "ACK"};
    if (s->d->stp_name) {
        to[n++] = (struct order_field){s->d->stp_name, STP_MODE};
    }
    CHECK(n <= ORDER_FIELDS);
    return n;
}

static void place(struct session *s, const struct action *a)
{
    if (!may_place(s, a)) {
        return;
    }
    struct pending *p = request_begin(s, RQ_PLACE, a->instrument, orders_lane(a));
    if (!p) {
        refuse(s, a, DROP_BUDGET);
        return;
    }
    describe(p, a);
    struct order_field field[ORDER_FIELDS];
    char text[2][32];
    uint32_t n = orders_fields(s, p, field, text);
    for (uint32_t i = 0; i < n; i++) {
        request_text(s, field[i].name, field[i].value);
    }
    s->cmd.rq.close_only = a->close_only && a->reduce_only;
    s->cmd.rq.not_after_ns = s->now + (a->close_only ? s->c.ack_timeout_ns : s->c.order_max_age_ns);
    request_send(s, p);
}

// ---------------------------------------------------------------------------------------------------- cancel

// The order by the venue's id where it is known, else by ours.
static void put_order(struct session *s, const struct pending *p)
{
    if (p->order_id) {
        request_int(s, "orderId", (int64_t)p->order_id);
    } else {
        request_text(s, "origClientOrderId", p->client_id);
    }
}

bool orders_send_cancel(struct session *s, const struct pending *from, enum lane lane, bool retried)
{
    struct pending *p = request_begin(s, RQ_CANCEL, from->instrument, lane);
    if (!p) {
        return false;
    }
    struct pending fresh = *p;
    *p = *from;
    p->tag = fresh.tag;
    p->kind = RQ_CANCEL;
    p->lane = (uint8_t)lane;
    p->weight = fresh.weight;
    p->orders = 0;
    p->trade_mark = fresh.trade_mark;
    p->queued_ns = s->now;
    p->sent = p->doubted = p->members = p->seen = 0;
    p->sent_ns = 0;
    p->retried = retried;
    request_symbol(s, p);
    put_order(s, p);
    request_send(s, p);
    return true;
}

static void cancel(struct session *s, const struct action *a)
{
    struct pending from = {.instrument = a->instrument};
    describe(&from, a);
    if (!session_knows(s, a->instrument)) {
        refuse(s, a, DROP_LINK);
    } else if (!orders_send_cancel(s, &from, orders_lane(a), false)) {
        refuse(s, a, DROP_BUDGET);
    }
}

static void cancel_all(struct session *s, const struct action *a)
{
    if (!session_knows(s, a->instrument)) {
        refuse(s, a, DROP_LINK);
        return;
    }
    struct pending *p = request_begin(s, RQ_CANCEL_ALL, a->instrument, orders_lane(a));
    if (!p) {
        refuse(s, a, DROP_BUDGET);
        return;
    }
    p->cause_seq = a->cause_seq;
    p->close_only = a->close_only;
    request_symbol(s, p);
    request_send(s, p);
}

void orders_query(struct session *s, const struct action *a)
{
    struct pending p = {.kind = RQ_CANCEL, .instrument = a->instrument}; // asked for like a cancel's fate
    describe(&p, a);
    p.trade_mark = a->instrument < INSTRUMENT_MAX ? s->market[a->instrument].last_trade_id : 0;
    if (session_knows(s, a->instrument) && (p.client_id[0] || p.order_id)) {
        doubt_ask(s, &p);
    }
}

// ----------------------------------------------------------------------------------------------------- amend

static const char *amend_obstacle(const struct session *s, const struct action *a)
{
    if (!session_knows(s, a->instrument) || !session_is_ready(s)) {
        return "not ready";
    }
    return filter_refuse(s, a);
}

static void amend(struct session *s, const struct action *a)
{
    CHECK(a->qty_lots > 0 && a->price_ticks > 0);
    if (!dialect_offers(s->d, RQ_AMEND)) {
        refuse_by(s, a, RK_AMEND_REJECTED, "this venue cannot amend: cancelled instead");
        cancel(s, a);
        return;
    }
    const char *why = amend_obstacle(s, a);
    struct pending *p = why ? NULL : request_begin(s, RQ_AMEND, a->instrument, orders_lane(a));
    if (!p) {
        refuse_by(s, a, RK_AMEND_REJECTED, why ? why : "over the budget of orders");
        return;
    }
    describe(p, a);
    const struct instrument *ins = &s->market[a->instrument].ins;
    char text[32];
    request_symbol(s, p);
    put_order(s, p);
    if (s->d->amend_names_side) {
        request_text(s, "side", a->side == SIDE_BUY ? "BUY" : "SELL");
    }
    instrument_format_qty(ins, a->qty_lots, text);
    request_text(s, "quantity", text);
    instrument_format_price(ins, a->price_ticks, text);
    request_text(s, "price", text);
    s->cmd.rq.close_only = 0; // it may add risk: the fence holds it back
    s->cmd.rq.not_after_ns = s->now + s->c.order_max_age_ns;
    request_send(s, p);
}

// -------------------------------------------------------------------------------------------- dead-man's
// switch

void deadman_failed(struct session *s, int32_t code)
{
    session_tell_link(s, LINK_ORDER,
                      code ? "the venue refused the dead-man's switch" : "dead-man's switch not refreshed");
}

static void deadman(struct session *s, const struct action *a)
{
    if (!dialect_offers(s->d, RQ_DEADMAN)) {
        return; // nothing that could be wound up: the table of dialects says so
    }
    struct pending *p = NULL;
    if (session_knows(s, a->instrument)) {
        p = request_begin(s, RQ_DEADMAN, a->instrument, a->close_only ? LANE_KILL : LANE_DEADMAN);
    }
    if (!p) {
        deadman_failed(s, 0);
        return;
    }
    p->cause_seq = a->cause_seq;
    request_symbol(s, p);
    request_int(s, "countdownTime", a->value);
    request_send(s, p);
}

// ----------------------------------------------------------------------------------------------------
// actions

void orders_single(struct session *s, const struct action *a)
{
    if (a->type == ACT_PLACE) {
        place(s, a);
    } else {
        cancel(s, a);
    }
}

struct pending *orders_element(struct session *s, const struct action *a, enum lane lane)
{
    bool is_place = a->type == ACT_PLACE;
    if (is_place && !may_place(s, a)) {
        return NULL;
    }
    struct pending *p = request_slot(s, is_place ? RQ_PLACE : RQ_CANCEL, a->instrument, lane);
    if (!p) {
        refuse(s, a, DROP_BUDGET);
        return NULL;
    }
    describe(p, a);
    return p;
}

void orders_on_action(struct session *s, const struct action *a)
{
    if (batch_wants(s, a)) {
        batch_add(s, a);
        return;
    }
    batch_flush(s); // what was collected came first
    switch (a->type) {
    case ACT_PLACE:
    case ACT_CANCEL:
        orders_single(s, a);
        break;
    case ACT_AMEND:
        amend(s, a);
        break;
    case ACT_CANCEL_ALL:
        cancel_all(s, a);
        break;
    default:
        deadman(s, a);
        break;
    }
}

// -------------------------------------------------------------------------------------------- sent, not sent

static bool is_order_request(const struct pending *p)
{
    return p->kind == RQ_PLACE || p->kind == RQ_CANCEL || p->kind == RQ_CANCEL_ALL || p->kind == RQ_AMEND;
}

void orders_on_sent(struct session *s, struct pending *p)
{
    if (p->members) {
        batch_on_sent(s, p);
    } else if (is_order_request(p)) {
        arm(s, p->sent_ns + s->c.ack_timeout_ns);
        pending_report(s, p, RK_SENT, SOURCE_LOCAL);
        session_emit(s);
    }
}

void orders_on_dropped(struct session *s, const struct pending *p, enum drop_reason reason)
{
    static const char *const WORDS[] = {[DROP_NONE] = "not sent",
                                        [DROP_FENCE] = "not sent: the fence is up",
                                        [DROP_AGE] = "not sent: too old",
                                        [DROP_BUDGET] = "not sent: over the budget",
                                        [DROP_LINK] = "not sent: no connection"};
    if (p->members) {
        batch_on_dropped(s, p, reason);
    } else if (p->kind == RQ_DEADMAN) {
        deadman_failed(s, 0);
    } else if (p->kind == RQ_AMEND) { // the order stands as before
        report_why(pending_report(s, p, RK_AMEND_REJECTED, SOURCE_LOCAL), 0, WORDS[reason]);
        session_emit(s);
    } else {
        not_sent(s, p, reason);
    }
}

// -------------------------------------------------------------------------------------------------------
// time

static void ack_timed_out(struct session *s, struct pending *p)
{
    if (p->kind == RQ_CANCEL_ALL) {
        report_why(pending_report(s, p, RK_CANCEL_DOUBT, SOURCE_LOCAL), 0, "no answer in time");
        session_emit(s);
    } else if (!p->seen) {
        doubt_begin(s, p, 0, "no answer in time");
    }
    p->doubted = 1;
}

void orders_on_time(struct session *s)
{
    batch_flush(s);
    if (s->pending_count == 0) {
        return;
    }
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &s->pending[i];
        if (p->tag == 0 || !p->sent || p->doubted || !is_order_request(p)) {
            continue;
        }
        if (s->now >= p->sent_ns + s->c.ack_timeout_ns) {
            ack_timed_out(s, p);
        } else {
            arm(s, p->sent_ns + s->c.ack_timeout_ns);
        }
    }
}
