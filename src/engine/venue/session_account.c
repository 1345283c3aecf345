// SPDX-License-Identifier: Apache-2.0
// session_account: what the account holds: open orders, positions, balances, own trades; read over REST at
// fixed times and after every interruption (the user stream tells in between: session_user.c). A read that
// failed says so and means "unknown", never "nothing"; so does one that shows only a part. While the user
// stream is down, orders and trades are asked for every second.
#include <string.h>

#include "base/check.h"
#include "base/fmt.h"
#include "base/text.h"
#include "engine/venue/session_state.h"

enum { TRADES_LIMIT = ANSWER_ROWS_MAX, READ_ORDERS = 0, READ_POSITION = 1, READ_ORDER = 2 };

static const uint64_t TRADE_ID_MAX = UINT64_C(1) << 62; // more is nonsense
static const int64_t POLL_NS = NS_PER_S;                // while the user stream is down
static const int64_t SOON_NS = 500 * NS_PER_MS;
static const int64_t GAP_MARGIN_MS = 2000; // trades are asked for from so much before the last message

struct ev_account *account_event(struct session *s, uint16_t instrument, enum account_kind kind,
                                 enum account_reason reason)
{
    event_init(&s->ev, EV_ACCOUNT, instrument, 0);
    struct ev_account *e = &s->ev.u.account;
    e->kind = (uint8_t)kind;
    e->reason = (uint8_t)reason;
    return e;
}

bool account_lots(const struct market *m, int64_t qty_e8, int64_t *lots)
{
    if (qty_e8 < -INT64_MAX || !market_lots(m, qty_e8 < 0 ? -qty_e8 : qty_e8, lots)) {
        return false;
    }
    *lots = qty_e8 < 0 ? -*lots : *lots;
    return true;
}

// ---------------------------------------------------------------------------------------------------------
// questions

// link_read: on the order connection, in the kill lane.
static struct pending *begin_read(struct session *s, enum request_kind kind, uint16_t i, bool kill)
{
    struct pending *p = request_begin(s, kind, i, kill ? LANE_KILL : LANE_READ);
    if (p && kill) {
        s->cmd.rq.on_order_link = 1;
        s->cmd.rq.timeout_ns = 2 * s->c.ack_timeout_ns;
        p->close_only = 1;
    }
    if (p && i != INSTRUMENT_NONE) {
        request_symbol(s, p);
    }
    return p;
}

void account_read(struct session *s, const struct action *a)
{
    if (a->sub == READ_ORDER) {
        orders_query(s, a);
        return;
    }
    bool orders = a->sub == READ_ORDERS;
    struct pending *p = NULL;
    if (session_knows(s, a->instrument)) {
        bool positions = dialect_offers(s->d, RQ_POSITIONS);
        p = orders || positions
                ? begin_read(s, orders ? RQ_OPEN_ORDERS : RQ_POSITIONS, a->instrument, a->close_only)
                : begin_read(s, RQ_BALANCE, INSTRUMENT_NONE, a->close_only); // spot holds balances
    }
    if (!p) {
        struct pending none = {.instrument = a->instrument, .read_id = a->read_id};
        account_read_failed(s, &none);
        return;
    }
    p->read_id = a->read_id;
    p->cause_seq = a->cause_seq;
    p->sub = a->sub;
    request_send(s, p);
}

void account_read_failed(struct session *s, const struct pending *p)
{
    struct ev_account *e = account_event(s, p->instrument, AK_READ_FAILED, AR_READ);
    e->from_read = 1;
    e->read_id = p->read_id;
    e->request_mono_ns = p->sent_ns;
    session_emit(s);
}

static void ask_orders(struct session *s)
{
    s->orders_due = s->now + (s->link[LINK_USER].state == LINK_UP ? s->c.reconcile_orders_ns : POLL_NS);
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        struct pending *p = s->market[i].known ? begin_read(s, RQ_OPEN_ORDERS, i, false) : NULL;
        if (p) {
            request_send(s, p);
        }
    }
}

static void ask_positions(struct session *s)
{
    s->positions_due = s->now + s->c.reconcile_positions_ns;
    struct pending *p = begin_read(s, RQ_POSITIONS, INSTRUMENT_NONE, false);
    if (p) {
        request_send(s, p);
    }
    p = begin_read(s, RQ_BALANCE, INSTRUMENT_NONE, false);
    if (p) {
        request_send(s, p);
    }
}

void account_reconcile_soon(struct session *s)
{
    int64_t at = s->now + SOON_NS;
    s->orders_due = at < s->orders_due ? at : s->orders_due;
    s->positions_due = at < s->positions_due ? at : s->positions_due;
    arm(s, at);
}

// Our trades after a known one, or since a time when none is known.
static void ask_trades(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    m->trades_ns = s->now + POLL_NS; // again, unless this is answered
    struct pending *p = begin_read(s, RQ_TRADES, i, false);
    if (!p) {
        return;
    }
    if (m->gap_trade_id) {
        request_int(s, "fromId", (int64_t)m->gap_trade_id + 1);
    } else {
        request_int(s, "startTime", m->gap_ms);
    }
    request_int(s, "limit", TRADES_LIMIT);
    m->trades_ns = INT64_MAX;
    request_send(s, p);
}

void account_ask_trades(struct session *s, uint16_t i, uint64_t after_trade_id)
{
    struct market *m = &s->market[i];
    if (!m->gap_open) {
        m->gap_open = 1;
        m->gap_strange = 0;
        m->gap_trade_id = after_trade_id;
        m->gap_ms = s->last_user_ms - GAP_MARGIN_MS;
    } else if (after_trade_id < m->gap_trade_id) {
        m->gap_trade_id = after_trade_id;
    }
    m->trades_ns = s->now + SOON_NS;
    arm(s, m->trades_ns);
}

// -------------------------------------------------------------------------------------------------------------
// links

void account_link_up(struct session *s)
{
    if (!s->first_user_up) {
        s->first_user_up = 1;
        s->last_user_ms = session_venue_ms(s);
    }
    s->read_orders = 0;
    s->read_positions = s->read_balance = 0;
    s->orders_due = s->positions_due = s->now;
    for (uint32_t i = 0; i < s->c.instrument_count; i++) {
        struct market *m = &s->market[i];
        m->trades_ns = m->gap_open ? s->now : m->trades_ns; // once more, now that nothing new can be missed
    }
    arm(s, s->now);
}

// From here on trades may be missed: remember where to begin, whatever the stream tells first when it is
// back.
void account_link_down(struct session *s)
{
    if (!s->first_user_up) {
        return;
    }
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        struct market *m = &s->market[i];
        if (m->known) {
            account_ask_trades(s, i, m->last_trade_id);
        }
    }
    s->orders_due = s->now;
    arm(s, s->now);
}

// -----------------------------------------------------------------------------------------------------------
// answers

// More open orders than an answer holds: what is shown is evidence, the rest is not known. Our own limits lie
// far below; whose they are, a person must see. Cancel-all by symbol works all the same.
static void on_partial_list(struct session *s, const struct pending *p, const struct answer *a)
{
    char text[64];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_str(&f, s->market[p->instrument].ins.symbol);
    fmt_str(&f, ": ");
    fmt_int(&f, a->rows_total);
    fmt_str(&f, " open orders, only ");
    fmt_int(&f, a->rows);
    fmt_str(&f, " can be read: cancel all");
    session_tell_link(s, LINK_REST, text);
    doubt_on_open_orders(s, p->instrument, a, p->sent_ns); // those that are shown
    account_read_failed(s, p);
}

static void on_orders_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    const struct market *m = &s->market[p->instrument];
    uint32_t told = 0;
    for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX; k++) {
        const struct wire_order *w = &a->u.orders[k];
        if (strcmp(w->symbol, m->ins.symbol) != 0) {
            continue;
        }
        struct ev_order *o = order_event(s, p->instrument, RK_STATE, SOURCE_QUERY);
        if (!order_from_wire(s, m, w, o)) {
            account_read_failed(s, p); // an order that cannot be read must not be left out
            return;
        }
        o->request_mono_ns = p->sent_ns;
        s->ev.venue_ns = session_ns(w->update_time_ms);
        orders_remember(s, p->instrument, w->order_id, w->client_id);
        session_emit(s);
        told++;
    }
    if (a->rows_total > a->rows) {
        on_partial_list(s, p, a);
        return;
    }
    struct ev_account *e = account_event(s, p->instrument, AK_OPEN_ORDERS, AR_READ);
    e->from_read = 1;
    e->count = told;
    e->request_mono_ns = p->sent_ns;
    e->read_id = p->read_id;
    session_emit(s);
    doubt_on_open_orders(s, p->instrument, a, p->sent_ns);
    s->read_orders |= UINT32_C(1) << p->instrument;
}

static void tell_position(struct session *s, const struct pending *p, uint16_t i, int64_t lots,
                          int64_t entry_e8)
{
    struct ev_account *e = account_event(s, i, AK_POSITION, AR_READ);
    e->from_read = 1;
    e->position_lots = lots;
    e->entry_e8 = entry_e8;
    e->request_mono_ns = p->sent_ns;
    e->read_id = p->read_id;
    session_emit(s);
}

// One instrument's row among the answer's; none means flat, since the list is complete.
static bool take_position(struct session *s, const struct pending *p, const struct answer *a, uint16_t i)
{
    struct market *m = &s->market[i];
    int64_t lots = 0;
    int64_t entry_e8 = 0;
    for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX; k++) {
        const struct wire_position *w = &a->u.positions[k];
        if (strcmp(w->symbol, m->ins.symbol) != 0) {
            continue;
        }
        int64_t part;
        if (!account_lots(m, w->qty_e8, &part) || (part != 0 && lots != 0)) {
            return false;
        }
        lots += part;
        entry_e8 = part != 0 ? w->entry_e8 : entry_e8;
        settings_check(s, i, w, p->sent_ns);
    }
    tell_position(s, p, i, lots, entry_e8);
    return true;
}

static void on_positions_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    bool whole =
        a->rows_total <= a->rows || a->rows < ANSWER_ROWS_MAX || a->u.positions[a->rows - 1].qty_e8 == 0;
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        if (s->market[i].known && (p->instrument == INSTRUMENT_NONE || p->instrument == i)) {
            whole &= take_position(s, p, a, i);
        }
    }
    if (!whole) {
        account_read_failed(s, p);
    } else if (p->instrument == INSTRUMENT_NONE) {
        s->read_positions = 1;
    }
}

static void tell_balance(struct session *s, const struct pending *p, enum currency c, int64_t wallet_e8)
{
    struct ev_account *e = account_event(s, INSTRUMENT_NONE, AK_BALANCE, AR_READ);
    e->from_read = 1;
    e->currency = (uint8_t)c;
    e->wallet_e8 = wallet_e8;
    e->request_mono_ns = p->sent_ns;
    e->read_id = p->read_id;
    s->last_wallet_e8[c] = wallet_e8;
    session_emit(s);
}

// A spot venue may leave out what is empty, and its list is all that is known of what we hold: nothing is an
// answer too.
static void tell_empty_balances(struct session *s, const struct pending *p, bool told[CURRENCY_COUNT])
{
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        enum currency c[2] = {(enum currency)s->market[i].ins.settle, instrument_base(&s->market[i].ins)};
        for (int k = 0; k < 2 && session_knows(s, i); k++) {
            if (c[k] != CURRENCY_NONE && !told[c[k]]) {
                told[c[k]] = true;
                tell_balance(s, p, c[k], 0);
            }
        }
    }
}

static void on_balance_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    bool told[CURRENCY_COUNT] = {false};
    for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX; k++) {
        const struct wire_balance *w = &a->u.balances[k];
        enum currency c = currency_of(w->asset);
        if (c == CURRENCY_NONE) {
            continue;
        }
        if (!money_fits(w->wallet_e8)) {
            account_read_failed(s, p);
            return;
        }
        told[c] = true;
        tell_balance(s, p, c, w->wallet_e8);
    }
    if (s->d->spot && a->rows < ANSWER_ROWS_MAX) {
        tell_empty_balances(s, p, told);
    }
    s->read_balance = 1;
}

void account_note_trade(struct market *m, uint64_t trade_id)
{
    if (trade_id > m->last_trade_id && trade_id < TRADE_ID_MAX) {
        m->last_trade_id = trade_id;
    }
}

static void tell_missed_fill(struct session *s, uint16_t i, const struct wire_trade *w)
{
    const struct market *m = &s->market[i];
    if (!money_fits(w->fee_e8) || !money_fits(w->price_e8) || w->price_e8 <= 0) {
        s->bad_messages++;
        return;
    }
    struct ev_order *o = order_event(s, i, RK_FILL, SOURCE_QUERY);
    text_copy(o->client_id, sizeof o->client_id, orders_recall(s, i, w->order_id));
    o->order_id = w->order_id;
    o->trade_id = w->id;
    o->last_price_e8 = w->price_e8;
    o->fee_e8 = w->fee_e8 < 0 ? -w->fee_e8 : w->fee_e8; // the sign differs between documents (venue-api.md 8)
    o->fee_currency = (uint8_t)currency_of(w->fee_asset);
    o->side = w->side;
    o->maker = w->maker;
    // The venue's own orders are no orders of ours, also when their trades are read and not told.
    enum fill_kind own = fill_kind_of_id(o->client_id);
    o->fill_kind = (uint8_t)(own == FILL_ORDINARY ? FILL_MISSED : own);
    o->status = OS_PARTIAL;
    s->ev.venue_ns = session_ns(w->time_ms);
    if (!market_lots(m, w->qty_e8, &o->last_lots)) {
        s->bad_messages++;
        return;
    }
    session_emit(s);
}

static void on_trades_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct market *m = &s->market[p->instrument];
    uint64_t last = m->gap_trade_id;
    for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX; k++) {
        const struct wire_trade *w = &a->u.trades[k];
        if (strcmp(w->symbol, m->ins.symbol) == 0 && w->id > m->gap_trade_id && w->id < TRADE_ID_MAX) {
            m->gap_strange |= orders_recall(s, p->instrument, w->order_id)[0] == 0;
            tell_missed_fill(s, p->instrument, w);
            last = w->id > last ? w->id : last;
        }
    }
    m->gap_trade_id = last;
    account_note_trade(m, last);
    bool more = a->rows >= TRADES_LIMIT;
    if (!more && !m->gap_strange) {
        doubt_on_trades(s, p->instrument, p->sent_ns);
    }
    bool down = s->link[LINK_USER].state != LINK_UP;
    m->gap_open = more || down;
    if (m->gap_open) {
        m->trades_ns = s->now + (more ? 0 : POLL_NS);
        arm(s, m->trades_ns);
    }
}

// A failed read: told when the engine asked, repeated soon when it was ours.
static void on_failed(struct session *s, const struct pending *p)
{
    if (p->kind == RQ_TRADES) {
        struct market *m = &s->market[p->instrument];
        m->trades_ns = s->now + POLL_NS;
        arm(s, m->trades_ns);
        return;
    }
    account_read_failed(s, p);
    if (p->read_id) {
        return;
    }
    int64_t *due = p->kind == RQ_OPEN_ORDERS ? &s->orders_due : &s->positions_due;
    int64_t at = s->now + 2 * NS_PER_S;
    *due = at < *due ? at : *due;
    arm(s, *due);
}

void account_on_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct pending q = *p;
    q.sent_ns = a->sent_mono_ns ? a->sent_mono_ns : p->sent ? p->sent_ns : p->queued_ns;
    if (!answer_succeeded(a)) {
        on_failed(s, &q);
        return;
    }
    switch (q.kind) {
    case RQ_OPEN_ORDERS:
        on_orders_answer(s, &q, a);
        break;
    case RQ_POSITIONS:
        on_positions_answer(s, &q, a);
        break;
    case RQ_BALANCE:
        on_balance_answer(s, &q, a);
        break;
    default:
        on_trades_answer(s, &q, a);
        break;
    }
    s->was_ready |= session_is_ready(s);
}

// --------------------------------------------------------------------------------------------------------------
// time

void account_on_time(struct session *s)
{
    if (!s->first_user_up) {
        return;
    }
    if (s->now >= s->orders_due) {
        ask_orders(s);
    }
    if (s->now >= s->positions_due) {
        ask_positions(s);
    }
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        struct market *m = &s->market[i];
        if (m->known && s->now >= m->trades_ns) {
            ask_trades(s, i);
        }
        arm(s, m->trades_ns);
    }
    arm(s, s->orders_due);
    arm(s, s->positions_due);
}
