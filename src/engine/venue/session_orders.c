// SPDX-License-Identifier: Apache-2.0
// session_orders: actions on orders become requests, their answers become reports. An answer is one of three:
// the venue took it, the venue certainly did not, or nobody knows; the last goes to session_doubt.c. What is
// refused here, before any byte left (budget, ban, not ready), is reported as not sent.
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "engine/venue/error_class.h"
#include "engine/venue/session_state.h"

struct ev_order *order_event(struct session *s, uint16_t instrument, enum report_kind kind,
                             enum report_source source)
{
    event_init(&s->ev, EV_ORDER, instrument, 0);
    struct ev_order *o = &s->ev.u.order;
    o->kind = (uint8_t)kind;
    o->source = (uint8_t)source;
    return o;
}

struct ev_order *pending_report(struct session *s, const struct pending *p, enum report_kind kind,
                                enum report_source source)
{
    struct ev_order *o = order_event(s, p->instrument, kind, source);
    memcpy(o->client_id, p->client_id, CLIENT_ID_MAX);
    o->order_id = p->order_id;
    o->price_ticks = p->price_ticks;
    o->qty_lots = p->qty_lots;
    o->side = p->side;
    o->tif = p->tif;
    o->reduce_only = p->reduce_only;
    o->request_mono_ns = p->sent_ns;
    return o;
}

static void why(struct ev_order *o, int32_t code, const char *text)
{
    o->code = code;
    text_sanitise(o->text, sizeof o->text, text, strlen(text));
}

// ------------------------------------------------------------------------------------------- what the venue
// tells us

static enum order_status status_of(const char *status)
{
    static const struct {
        const char *name;
        enum order_status status;
    } NAMES[] = {
        {"NEW", OS_NEW},
        {"PARTIALLY_FILLED", OS_PARTIAL},
        {"FILLED", OS_FILLED},
        {"CANCELED", OS_CANCELED},
        {"EXPIRED", OS_EXPIRED},
        {"REJECTED", OS_REJECTED},
        {"NEW_INSURANCE", OS_FILLED},
        {"NEW_ADL", OS_FILLED},
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(status, NAMES[i].name) == 0) {
            return NAMES[i].status;
        }
    }
    return OS_NEW; // a status of tomorrow: treated as alive, which is the safe reading
}

static enum tif tif_of(const char *tif)
{
    return strcmp(tif, "IOC") == 0   ? TIF_IOC
           : strcmp(tif, "FOK") == 0 ? TIF_FOK
           : strcmp(tif, "GTX") == 0 ? TIF_GTX
                                     : TIF_GTC;
}

bool order_from_wire(struct session *s, const struct market *m, const struct wire_order *w,
                     struct ev_order *o)
{
    text_copy(o->client_id, sizeof o->client_id, w->client_id);
    o->order_id = w->order_id;
    o->side = w->side;
    o->status = (uint8_t)status_of(w->status);
    o->tif = (uint8_t)tif_of(w->tif);
    o->reduce_only = w->reduce_only || w->close_position;
    if (!market_ticks(m, w->price_e8, &o->price_ticks)) {
        o->price_ticks = 0; // a market order's or a liquidation's price may lie off the grid
    }
    bool exact = market_lots(m, w->qty_e8, &o->qty_lots) && market_lots(m, w->cum_e8, &o->cum_lots);
    s->bad_messages += !exact;
    return exact;
}

void orders_remember(struct session *s, uint16_t instrument, uint64_t order_id, const char *client_id)
{
    if (order_id == 0 || client_id[0] == 0 || orders_recall(s, instrument, order_id)[0] != 0) {
        return;
    }
    struct known_order *k = &s->known[s->known_at];
    s->known_at = (s->known_at + 1) % KNOWN_MAX;
    k->order_id = order_id;
    k->instrument = instrument;
    text_copy(k->client_id, sizeof k->client_id, client_id);
}

const char *orders_recall(const struct session *s, uint16_t instrument, uint64_t order_id)
{
    for (uint32_t i = 1; i <= KNOWN_MAX; i++) {
        const struct known_order *k = &s->known[(s->known_at + KNOWN_MAX - i) % KNOWN_MAX];
        if (k->order_id == order_id && k->instrument == instrument) {
            return k->client_id;
        }
    }
    return "";
}

// -------------------------------------------------------------------------------------------------------------
// place

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

static void place(struct session *s, const struct action *a)
{
    if (!session_knows(s, a->instrument) || (!a->close_only && !session_is_ready(s))) {
        refuse(s, a, DROP_LINK);
        return;
    }
    struct pending *p = NULL;
    if (doubt_room(s, a->close_only)) {
        p = request_begin(s, RQ_PLACE, a->instrument, a->close_only ? LANE_KILL : LANE_PLACE);
    }
    if (!p) {
        refuse(s, a, DROP_BUDGET);
        return;
    }
    describe(p, a);
    const struct instrument *ins = &s->market[a->instrument].ins;
    char text[32];
    CHECK(a->tif < COUNT_OF(TIF_NAME) && a->qty_lots > 0 && a->price_ticks > 0);
    request_symbol(s, p);
    request_text(s, "side", a->side == SIDE_BUY ? "BUY" : "SELL");
    request_text(s, "type", "LIMIT");
    request_text(s, "timeInForce", TIF_NAME[a->tif]);
    instrument_format_qty(ins, a->qty_lots, text);
    request_text(s, "quantity", text);
    instrument_format_price(ins, a->price_ticks, text);
    request_text(s, "price", text);
    if (a->reduce_only) {
        request_text(s, "reduceOnly", "true");
    }
    request_text(s, "newClientOrderId", p->client_id);
    request_text(s, "newOrderRespType", "ACK");
    s->cmd.rq.close_only = a->close_only && a->reduce_only;
    s->cmd.rq.not_after_ns = s->now + (a->close_only ? s->c.ack_timeout_ns : s->c.order_max_age_ns);
    request_send(s, p);
}

// ------------------------------------------------------------------------------------------------------------
// cancel

static bool send_cancel(struct session *s, const struct pending *from, enum lane lane, bool retried)
{
    struct pending *p = request_begin(s, RQ_CANCEL, from->instrument, lane);
    if (!p) {
        return false;
    }
    uint32_t tag = p->tag;
    int32_t weight = p->weight;
    uint64_t mark = p->trade_mark;
    *p = *from;
    p->tag = tag;
    p->kind = RQ_CANCEL;
    p->lane = (uint8_t)lane;
    p->weight = weight;
    p->orders = 0;
    p->trade_mark = mark;
    p->queued_ns = s->now;
    p->sent = p->doubted = 0;
    p->sent_ns = 0;
    p->retried = retried;
    request_symbol(s, p);
    if (p->order_id) {
        request_int(s, "orderId", (int64_t)p->order_id);
    } else {
        request_text(s, "origClientOrderId", p->client_id);
    }
    request_send(s, p);
    return true;
}

static void cancel(struct session *s, const struct action *a)
{
    struct pending from = {.instrument = a->instrument};
    describe(&from, a);
    if (!session_knows(s, a->instrument)) {
        refuse(s, a, DROP_LINK);
    } else if (!send_cancel(s, &from, a->close_only ? LANE_KILL : LANE_CANCEL, false)) {
        refuse(s, a, DROP_BUDGET);
    }
}

static void cancel_all(struct session *s, const struct action *a)
{
    if (!session_knows(s, a->instrument)) {
        refuse(s, a, DROP_LINK);
        return;
    }
    struct pending *p =
        request_begin(s, RQ_CANCEL_ALL, a->instrument, a->close_only ? LANE_KILL : LANE_CANCEL);
    if (!p) {
        refuse(s, a, DROP_BUDGET);
        return;
    }
    p->cause_seq = a->cause_seq;
    p->close_only = a->close_only;
    request_symbol(s, p);
    request_send(s, p);
}

static void deadman_failed(struct session *s, int32_t code)
{
    session_tell_link(s, LINK_ORDER,
                      code ? "the venue refused the dead-man's switch" : "dead-man's switch not refreshed");
}

static void deadman(struct session *s, const struct action *a)
{
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

void orders_on_action(struct session *s, const struct action *a)
{
    switch (a->type) {
    case ACT_PLACE:
        place(s, a);
        break;
    case ACT_CANCEL:
        cancel(s, a);
        break;
    case ACT_CANCEL_ALL:
        cancel_all(s, a);
        break;
    default:
        deadman(s, a);
        break;
    }
}

// ---------------------------------------------------------------------------------------------------- sent,
// not sent

static bool is_order_request(const struct pending *p)
{
    return p->kind == RQ_PLACE || p->kind == RQ_CANCEL || p->kind == RQ_CANCEL_ALL;
}

void orders_on_sent(struct session *s, struct pending *p)
{
    if (is_order_request(p)) {
        arm(s, p->sent_ns + s->c.ack_timeout_ns);
        pending_report(s, p, RK_SENT, SOURCE_LOCAL);
        session_emit(s);
    }
}

void orders_on_dropped(struct session *s, const struct pending *p, enum drop_reason reason)
{
    if (p->kind == RQ_DEADMAN) {
        deadman_failed(s, 0);
    } else {
        not_sent(s, p, reason);
    }
}

// -----------------------------------------------------------------------------------------------------------
// answers

static bool is_unknown(const struct answer *a)
{
    return a->lost || a->malformed || venue_outcome_unknown(a->http_status, a->code);
}

static bool is_refused(const struct answer *a)
{
    return a->code < 0 || a->http_status >= 300;
}

// What a refusal says about our picture of the world.
static void react(struct session *s, const struct answer *a)
{
    switch (venue_error_class(a->http_status, a->code)) {
    case 'F':
    case 'K':
        setup_info_suspect(s);
        break;
    case 'C':
        setup_clock_suspect(s);
        break;
    case 'M':
    case 'S':
        account_reconcile_soon(s);
        break;
    default:
        break;
    }
}

// A post-only order that would have taken: venue-api.md 4.4 lists the forms.
static bool would_cross(const struct pending *p, int32_t code)
{
    return p->tif == TIF_GTX && (code == -2021 || code == -5022 || code == -2010);
}

static void on_place_refused(struct session *s, const struct pending *p, const struct answer *a)
{
    bool crossing = would_cross(p, a->code);
    why(pending_report(s, p, crossing ? RK_EXPIRED : RK_REJECTED, SOURCE_ANSWER), a->code,
        crossing ? "would cross" : a->msg);
    session_emit(s);
    if (!crossing) {
        react(s, a);
    }
}

// The order as the answer shows it: taken, and perhaps already more than that.
static void on_place_taken(struct session *s, const struct pending *p, const struct answer *a)
{
    const struct wire_order *w = &a->u.order;
    const struct market *m = &s->market[p->instrument];
    orders_remember(s, p->instrument, w->order_id, p->client_id);
    struct ev_order *o = pending_report(s, p, RK_ACCEPTED, SOURCE_ANSWER);
    o->order_id = w->order_id;
    s->ev.venue_ns = session_ns(w->update_time_ms);
    enum order_status status = status_of(w->status);
    int64_t cum = 0;
    if (!market_lots(m, w->cum_e8, &cum)) {
        s->bad_messages++;
        status = OS_NEW; // the stream will tell
    }
    if (status == OS_EXPIRED && p->tif == TIF_GTX && cum == 0) {
        o->kind = RK_EXPIRED;
        why(o, 0, "would cross");
        session_emit(s);
        return;
    }
    session_emit(s);
    if (status != OS_NEW) {
        o = pending_report(s, p, RK_STATE, SOURCE_ANSWER);
        o->order_id = w->order_id;
        o->status = (uint8_t)status;
        o->cum_lots = cum;
        session_emit(s);
    }
}

static void on_place_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    if (is_unknown(a)) {
        doubt_begin(s, p, a->code, a->lost ? "no answer" : a->msg);
        return;
    }
    doubt_resolve(s, p->instrument, p->client_id, p->order_id);
    if (is_refused(a)) {
        on_place_refused(s, p, a);
    } else {
        on_place_taken(s, p, a);
    }
}

static void on_cancel_refused(struct session *s, const struct pending *p, const struct answer *a)
{
    if (venue_error_class(a->http_status, a->code) == 'C' && !p->retried &&
        send_cancel(s, p, (enum lane)p->lane, true)) {
        setup_clock_suspect(s);
        return;
    }
    why(pending_report(s, p, RK_CANCEL_REJECTED, SOURCE_ANSWER), a->code, a->msg);
    session_emit(s);
    if (a->code == -2011 || a->code == -2013) {
        doubt_ask(s, p); // filled, cancelled, expired, or not visible yet: never "gone"
    } else {
        react(s, a);
    }
}

static void on_cancel_done(struct session *s, const struct pending *p, const struct answer *a)
{
    const struct wire_order *w = &a->u.order;
    enum order_status status = status_of(w->status);
    struct ev_order *o = pending_report(s, p, status == OS_CANCELED ? RK_CANCELED : RK_STATE, SOURCE_ANSWER);
    o->order_id = w->order_id;
    o->status = (uint8_t)status;
    s->ev.venue_ns = session_ns(w->update_time_ms);
    if (!market_lots(&s->market[p->instrument], w->cum_e8, &o->cum_lots)) {
        s->bad_messages++;
        doubt_begin(s, p, 0, "unreadable quantity");
        return;
    }
    session_emit(s);
}

static void on_cancel_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    if (is_unknown(a)) {
        doubt_begin(s, p, a->code, a->lost ? "no answer" : a->msg);
    } else if (is_refused(a)) {
        on_cancel_refused(s, p, a);
    } else {
        doubt_resolve(s, p->instrument, p->client_id, p->order_id);
        on_cancel_done(s, p, a);
    }
}

static void on_cancel_all_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    bool unknown = is_unknown(a);
    if (unknown && p->doubted) {
        return;
    }
    enum report_kind kind = unknown         ? RK_CANCEL_DOUBT
                            : is_refused(a) ? RK_CANCEL_REJECTED
                                            : RK_CANCEL_ALL_DONE;
    why(pending_report(s, p, kind, SOURCE_ANSWER), a->code,
        kind == RK_CANCEL_ALL_DONE ? ""
        : a->lost                  ? "no answer"
                                   : a->msg);
    session_emit(s);
}

void orders_on_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct pending q = *p;
    q.sent_ns = a->sent_mono_ns ? a->sent_mono_ns : p->sent_ns;
    if (a->not_sent) {
        orders_on_dropped(s, &q, DROP_LINK);
        return;
    }
    switch (q.kind) {
    case RQ_PLACE:
        on_place_answer(s, &q, a);
        break;
    case RQ_CANCEL:
        on_cancel_answer(s, &q, a);
        break;
    case RQ_CANCEL_ALL:
        on_cancel_all_answer(s, &q, a);
        break;
    default:
        if (is_unknown(a) || is_refused(a)) {
            deadman_failed(s, a->code);
        }
        break;
    }
}

// --------------------------------------------------------------------------------------------------------------
// time

static void ack_timed_out(struct session *s, struct pending *p)
{
    if (p->kind == RQ_CANCEL_ALL) {
        why(pending_report(s, p, RK_CANCEL_DOUBT, SOURCE_LOCAL), 0, "no answer in time");
        session_emit(s);
    } else {
        doubt_begin(s, p, 0, "no answer in time");
    }
    p->doubted = 1;
}

void orders_on_time(struct session *s)
{
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
