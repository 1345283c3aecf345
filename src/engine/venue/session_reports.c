// SPDX-License-Identifier: Apache-2.0
// session_reports: what an answer means for an order. It is one of three: the venue took it, the venue
// certainly did not, or nobody knows; the last goes to session_doubt.c. Answers and the user stream come in
// any order: nothing here assumes to be first.
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

void report_why(struct ev_order *o, int32_t code, const char *text)
{
    o->code = code;
    text_sanitise(o->text, sizeof o->text, text, strlen(text));
}

// ------------------------------------------------------------------------------------- what the venue tells

enum order_status orders_status(const char *status)
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
    o->status = (uint8_t)orders_status(w->status);
    o->tif = (uint8_t)tif_of(w->tif);
    o->reduce_only = w->reduce_only || w->close_position;
    if (!market_ticks(m, w->price_e8, &o->price_ticks)) {
        o->price_ticks = 0; // a market order's or a liquidation's price may lie off the grid
    }
    bool exact = market_lots(m, w->qty_e8, &o->qty_lots) && market_lots(m, w->cum_e8, &o->cum_lots);
    s->bad_messages += !exact;
    return exact;
}

// No trade of the order is older than this one: the last of the instrument when its placement was queued.
static uint64_t mark_before(const struct session *s, uint16_t instrument, const char *client_id)
{
    for (uint32_t i = 0; s->place_count > 0 && i < PENDING_MAX; i++) {
        const struct pending *p = &s->pending[i];
        if (p->tag != 0 && p->kind == RQ_PLACE && strcmp(p->client_id, client_id) == 0) {
            return p->trade_mark;
        }
    }
    return instrument < INSTRUMENT_MAX ? s->market[instrument].last_trade_id : 0;
}

void orders_remember(struct session *s, uint16_t instrument, uint64_t order_id, const char *client_id)
{
    if (order_id == 0 || client_id[0] == 0 || orders_recall(s, instrument, order_id)[0] != 0) {
        return;
    }
    struct known_order *k = &s->known[s->known_at];
    k->trade_mark = mark_before(s, instrument, client_id);
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

uint64_t orders_mark(const struct session *s, uint16_t instrument, const char *client_id, uint64_t mark)
{
    for (uint32_t i = 1; client_id[0] && i <= KNOWN_MAX; i++) {
        const struct known_order *k = &s->known[(s->known_at + KNOWN_MAX - i) % KNOWN_MAX];
        if (k->instrument == instrument && strcmp(k->client_id, client_id) == 0) {
            return k->trade_mark < mark ? k->trade_mark : mark;
        }
    }
    return mark;
}

// -------------------------------------------------------------------------------------------------- answers

static bool is_unknown(const struct session *s, const struct answer *a)
{
    return a->lost || a->malformed || dialect_outcome_unknown(s->d, a->http_status, a->code, a->msg);
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
static bool would_cross(const struct session *s, const struct pending *p, int32_t code)
{
    for (int i = 0; p->tif == TIF_GTX && i < DIALECT_CROSS_CODES && s->d->cross_codes[i]; i++) {
        if (s->d->cross_codes[i] == code) {
            return true;
        }
    }
    return false;
}

static void on_place_refused(struct session *s, const struct pending *p, const struct answer *a)
{
    bool crossing = would_cross(s, p, a->code);
    report_why(pending_report(s, p, crossing ? RK_EXPIRED : RK_REJECTED, SOURCE_ANSWER), a->code,
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
    enum order_status status = orders_status(w->status);
    int64_t cum = 0;
    if (!market_lots(m, w->cum_e8, &cum)) {
        s->bad_messages++;
        status = OS_NEW; // the stream will tell
    }
    if (status == OS_EXPIRED && p->tif == TIF_GTX && cum == 0) {
        o->kind = RK_EXPIRED;
        report_why(o, 0, "would cross");
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

// Taken: the stream must tell of it, too.
static void on_place_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    if (is_unknown(s, a)) {
        doubt_begin(s, p, a->code, a->lost ? "no answer" : a->msg);
        return;
    }
    doubt_resolve(s, p->instrument, p->client_id, p->order_id);
    if (is_refused(a)) {
        on_place_refused(s, p, a);
    } else {
        on_place_taken(s, p, a);
        user_expect(s, p->sent_ns);
    }
}

static void on_cancel_refused(struct session *s, const struct pending *p, const struct answer *a)
{
    if (venue_error_class(a->http_status, a->code) == 'C' && !p->retried &&
        orders_send_cancel(s, p, (enum lane)p->lane, true)) {
        setup_clock_suspect(s);
        return;
    }
    report_why(pending_report(s, p, RK_CANCEL_REJECTED, SOURCE_ANSWER), a->code, a->msg);
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
    enum order_status status = orders_status(w->status);
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
    if (is_unknown(s, a)) {
        doubt_begin(s, p, a->code, a->lost ? "no answer" : a->msg);
    } else if (is_refused(a)) {
        on_cancel_refused(s, p, a);
    } else {
        doubt_resolve(s, p->instrument, p->client_id, p->order_id);
        on_cancel_done(s, p, a);
        user_expect(s, p->sent_ns);
    }
}

// ---------------------------------------------------------------------------------------------------- amend

static bool shows_terms(const struct market *m, const struct wire_order *w, int64_t price_ticks,
                        int64_t qty_lots)
{
    int64_t ticks, lots;
    return market_ticks(m, w->price_e8, &ticks) && market_lots(m, w->qty_e8, &lots) && ticks == price_ticks &&
           lots == qty_lots;
}

bool orders_amend_seen(struct session *s, uint16_t instrument, const struct wire_order *w)
{
    const struct market *m = &s->market[instrument];
    for (uint32_t i = 0; s->pending_count > 0 && i < PENDING_MAX; i++) {
        struct pending *p = &s->pending[i];
        bool same = p->tag && p->kind == RQ_AMEND && p->instrument == instrument &&
                    (strcmp(p->client_id, w->client_id) == 0 || (p->order_id && p->order_id == w->order_id));
        if (same && shows_terms(m, w, p->price_ticks, p->qty_lots)) {
            p->seen = 1;
            return true;
        }
    }
    return doubt_is_amended(s, instrument, w);
}

static void on_amend_refused(struct session *s, const struct pending *p, const struct answer *a)
{
    report_why(pending_report(s, p, RK_AMEND_REJECTED, SOURCE_ANSWER), a->code,
               would_cross(s, p, a->code) ? "would cross" : a->msg);
    session_emit(s);
    if (a->code == -2011 || a->code == -2013) {
        doubt_ask(s, p);
    } else {
        react(s, a);
    }
}

static void on_amend_taken(struct session *s, const struct pending *p, const struct answer *a)
{
    const struct wire_order *w = &a->u.order;
    struct ev_order *o = pending_report(s, p, RK_AMENDED, SOURCE_ANSWER);
    o->order_id = w->order_id ? w->order_id : p->order_id;
    s->ev.venue_ns = session_ns(w->update_time_ms);
    int64_t cum = 0;
    bool exact = market_lots(&s->market[p->instrument], w->cum_e8, &cum);
    s->bad_messages += !exact;
    enum order_status status = exact ? orders_status(w->status) : OS_NEW; // unreadable: the stream will tell
    session_emit(s);
    if (status != OS_NEW) {
        o = pending_report(s, p, RK_STATE, SOURCE_ANSWER);
        o->order_id = w->order_id;
        o->status = (uint8_t)status;
        o->cum_lots = cum;
        session_emit(s);
    }
    user_expect(s, p->sent_ns);
}

static void on_amend_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    if (is_unknown(s, a)) {
        if (!p->seen) { // else the stream has shown the new terms already
            doubt_begin(s, p, a->code, a->lost ? "amend: no answer" : a->msg);
        }
        return;
    }
    doubt_resolve(s, p->instrument, p->client_id, p->order_id);
    if (is_refused(a)) {
        on_amend_refused(s, p, a);
    } else {
        on_amend_taken(s, p, a);
    }
}

// ----------------------------------------------------------------------------------------------------- rest

static void on_cancel_all_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    bool unknown = is_unknown(s, a);
    if (unknown && p->doubted) {
        return;
    }
    enum report_kind kind = unknown         ? RK_CANCEL_DOUBT
                            : is_refused(a) ? RK_CANCEL_REJECTED
                                            : RK_CANCEL_ALL_DONE;
    report_why(pending_report(s, p, kind, SOURCE_ANSWER), a->code,
               kind == RK_CANCEL_ALL_DONE ? ""
               : a->lost                  ? "no answer"
                                          : a->msg);
    session_emit(s);
}

void orders_on_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct pending q = *p;
    q.sent_ns = a->sent_mono_ns ? a->sent_mono_ns : p->sent_ns;
    if (q.members) {
        batch_on_answer(s, &q, a);
        return;
    }
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
    case RQ_AMEND:
        on_amend_answer(s, &q, a);
        break;
    default:
        if (is_unknown(s, a) || is_refused(a)) {
            deadman_failed(s, a->code);
        }
        break;
    }
}
