// SPDX-License-Identifier: Apache-2.0
#include "engine/exchange/paper.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine/exchange/exchange.h"

enum {
    FLIGHTS_MAX = 1024, // requests on their way to the book
    NEWS_MAX = 4096,    // news on their way back; when full the oldest arrive early, none is lost
    READ_ORDERS = 0,    // action.sub of ACT_READ
};

struct flight {
    int64_t due_ns, sent_ns;
    struct action a;
};

// An event on its way back: the header's part that we set, and the payload of one of the two kinds.
struct news {
    int64_t due_ns, venue_ns;
    uint16_t type; // EV_ORDER or EV_ACCOUNT
    uint16_t instrument;
    union {
        struct ev_order order;
        struct ev_account account;
    } u;
};

struct paper {
    struct paper_config c;
    struct exchange *x;             // NULL until all instruments are known
    struct xch_config opening;      // what it will be made of
    uint16_t id[INSTRUMENT_MAX];    // exchange's id -> engine's
    uint16_t local[INSTRUMENT_MAX]; // engine's id -> exchange's; INSTRUMENT_NONE: not ours
    struct xch_sink sink;
    const struct paper_out *out; // during a call only
    int64_t mono, wall;          // of the call
    int64_t wall_minus_mono_ns; // the exchange's clock is steady: wall time at the first call, then monotonic
    int64_t reconcile_due_ns;
    int64_t told_wallet_e8, told_lots[INSTRUMENT_MAX], asked_ns;
    bool failed; // no memory, or an instrument changed its grid: nothing is taken any more
    unsigned flight_head, flight_tail, news_head, news_tail;
    struct flight flight[FLIGHTS_MAX];
    struct news news[NEWS_MAX];
    struct xch_order open[XCH_ORDERS_MAX]; // scratch of a read
    struct event ev;                       // scratch
};

// ---------------------------------------------------------------------------------------------- telling

static void emit(struct paper *p)
{
    p->ev.venue = p->c.venue;
    p->out->event(p->out->ctx, &p->ev);
}

static void deliver(struct paper *p)
{
    const struct news *n = &p->news[p->news_tail++ % NEWS_MAX];
    event_init(&p->ev, (enum event_type)n->type, n->instrument, 0);
    p->ev.venue_ns = n->venue_ns;
    if (n->type == EV_ORDER) {
        p->ev.u.order = n->u.order;
    } else {
        p->ev.u.account = n->u.account;
    }
    emit(p);
}

// News of `now`, to arrive later. i: the engine's id.
static struct news *news_new(struct paper *p, enum event_type type, uint16_t i)
{
    if (p->news_head - p->news_tail == NEWS_MAX) {
        deliver(p);
    }
    struct news *n = &p->news[p->news_head++ % NEWS_MAX];
    memset(n, 0, sizeof *n);
    n->due_ns = p->mono + p->c.answer_ns;
    n->venue_ns = p->mono + p->wall_minus_mono_ns;
    n->type = (uint16_t)type;
    n->instrument = i;
    return n;
}

static struct ev_order *order_news(struct paper *p, uint16_t i, enum report_kind kind,
                                   enum report_source source)
{
    struct ev_order *o = &news_new(p, EV_ORDER, i)->u.order;
    o->kind = (uint8_t)kind;
    o->source = (uint8_t)source;
    return o;
}

static struct ev_account *account_news(struct paper *p, uint16_t i, enum account_kind kind,
                                       enum account_reason reason)
{
    struct ev_account *a = &news_new(p, EV_ACCOUNT, i)->u.account;
    a->kind = (uint8_t)kind;
    a->reason = (uint8_t)reason;
    a->from_read = reason == AR_READ;
    a->request_mono_ns = reason == AR_READ ? p->asked_ns : 0;
    return a;
}

static enum tif tif_of(const char *name)
{
    return strcmp(name, "IOC") == 0   ? TIF_IOC
           : strcmp(name, "FOK") == 0 ? TIF_FOK
           : strcmp(name, "GTX") == 0 ? TIF_GTX
                                      : TIF_GTC;
}

static void describe(struct ev_order *o, const struct xch_order *x)
{
    text_copy(o->client_id, sizeof o->client_id, x->client_id);
    o->order_id = x->order_id;
    o->price_ticks = x->price_ticks;
    o->qty_lots = x->qty_lots;
    o->cum_lots = x->cum_lots;
    o->status = x->status;
    o->side = x->side;
    o->reduce_only = x->reduce_only;
    o->tif = (uint8_t)tif_of(x->tif);
}

static void on_report(void *ctx, enum report_kind exec, const struct xch_order *x, const struct xch_fill *f)
{
    struct paper *p = ctx;
    struct ev_order *o = order_news(p, p->id[x->instrument], exec, SOURCE_STREAM);
    describe(o, x);
    if (f) {
        o->trade_id = f->trade_id;
        o->last_lots = f->qty_lots;
        o->last_price_e8 = f->price_e8;
        o->fee_e8 = f->fee_e8;
        o->fee_currency = f->fee_asset;
        o->maker = f->maker;
        o->fill_kind = f->kind;
    }
}

static void tell_wallet(struct paper *p, uint16_t i, enum account_reason reason, int64_t change_e8)
{
    struct ev_account *a = account_news(p, i, AK_BALANCE, reason);
    a->currency = CURRENCY_USDT;
    a->wallet_e8 = exchange_wallet_e8(p->x);
    a->change_e8 = change_e8;
    p->told_wallet_e8 = a->wallet_e8;
}

static void on_income(void *ctx, const struct xch_income *i)
{
    struct paper *p = ctx;
    if (i->type == XI_FUNDING_FEE) {
        tell_wallet(p, i->instrument == INSTRUMENT_NONE ? INSTRUMENT_NONE : p->id[i->instrument], AR_FUNDING,
                    i->amount_e8);
    }
}

static void tell_position(struct paper *p, const struct xch_position *at, enum account_reason reason,
                          uint64_t read_id)
{
    struct ev_account *a = account_news(p, p->id[at->instrument], AK_POSITION, reason);
    a->position_lots = at->lots;
    a->entry_e8 = at->entry_e8;
    a->read_id = read_id;
    p->told_lots[at->instrument] = at->lots;
}

// What the venue would push after a fill: the positions and the wallet that changed.
static void tell_changes(struct paper *p)
{
    struct xch_position at[INSTRUMENT_MAX];
    size_t n = exchange_positions(p->x, at, INSTRUMENT_MAX);
    for (size_t i = 0; i < n; i++) {
        if (at[i].lots != p->told_lots[at[i].instrument]) {
            tell_position(p, &at[i], AR_ORDER, 0);
        }
    }
    if (exchange_wallet_e8(p->x) != p->told_wallet_e8) {
        tell_wallet(p, INSTRUMENT_NONE, AR_ORDER, 0);
    }
}

// ------------------------------------------------------------------------------------------------- reads

static void read_orders(struct paper *p, uint16_t i, uint64_t read_id)
{
    size_t n =
        exchange_open_orders(p->x, p->opening.instruments[p->local[i]].symbol, p->open, XCH_ORDERS_MAX);
    for (size_t k = 0; k < n; k++) {
        struct ev_order *o = order_news(p, i, RK_STATE, SOURCE_QUERY);
        describe(o, &p->open[k]);
        o->request_mono_ns = p->asked_ns;
    }
    struct ev_account *a = account_news(p, i, AK_OPEN_ORDERS, AR_READ);
    a->count = (uint32_t)n;
    a->read_id = read_id;
}

static void read_position(struct paper *p, uint16_t i, uint64_t read_id)
{
    struct xch_position at[INSTRUMENT_MAX];
    size_t n = exchange_positions(p->x, at, INSTRUMENT_MAX);
    CHECK(p->local[i] < n);
    tell_position(p, &at[p->local[i]], AR_READ, read_id);
}

static void reconcile(struct paper *p)
{
    p->asked_ns = p->mono;
    p->reconcile_due_ns = p->mono + p->c.reconcile_ns;
    for (uint32_t k = 0; k < p->opening.instrument_count; k++) {
        read_orders(p, p->id[k], 0);
        read_position(p, p->id[k], 0);
    }
    tell_wallet(p, INSTRUMENT_NONE, AR_READ, 0);
}

// ---------------------------------------------------------------------------------------------- requests

static void refused(struct paper *p, const struct flight *f, enum report_kind kind, int32_t code,
                    const char *msg)
{
    struct ev_order *o = order_news(p, f->a.instrument, kind, SOURCE_ANSWER);
    memcpy(o->client_id, f->a.client_id, CLIENT_ID_MAX);
    o->order_id = f->a.order_id;
    o->price_ticks = f->a.price_ticks;
    o->qty_lots = f->a.qty_lots;
    o->side = f->a.side;
    o->tif = f->a.tif;
    o->reduce_only = f->a.reduce_only;
    o->request_mono_ns = f->sent_ns;
    o->code = code;
    text_sanitise(o->text, sizeof o->text, msg, strlen(msg));
}

static void place(struct paper *p, const struct flight *f, const struct instrument *ins, int64_t now_ns)
{
    static const char *const TIF_NAME[] = {
        [TIF_GTC] = "GTC", [TIF_IOC] = "IOC", [TIF_FOK] = "FOK", [TIF_GTX] = "GTX"};
    CHECK(f->a.tif < COUNT_OF(TIF_NAME));
    struct xch_order_request r = {.side = f->a.side,
                                  .has_price = 1,
                                  .has_qty = 1,
                                  .reduce_only = f->a.reduce_only,
                                  .price_e8 = instrument_price_e8(ins, f->a.price_ticks),
                                  .qty_e8 = instrument_qty_e8(ins, f->a.qty_lots)};
    text_copy(r.symbol, sizeof r.symbol, ins->symbol);
    text_copy(r.client_id, sizeof r.client_id, f->a.client_id);
    text_copy(r.type, sizeof r.type, "LIMIT");
    text_copy(r.tif, sizeof r.tif, TIF_NAME[f->a.tif]);
    struct xch_order o;
    const char *msg = "";
    int32_t code = exchange_place(p->x, &r, now_ns, &o, &msg, &p->sink);
    if (code) {
        refused(p, f, RK_REJECTED, code, msg);
    }
}

static void amend(struct paper *p, const struct flight *f, const struct instrument *ins, int64_t now_ns)
{
    struct xch_order o;
    const char *msg = "";
    int32_t code = exchange_amend(p->x, ins->symbol, f->a.order_id, f->a.client_id,
                                  instrument_price_e8(ins, f->a.price_ticks),
                                  instrument_qty_e8(ins, f->a.qty_lots), now_ns, &o, &msg, &p->sink);
    if (code) {
        refused(p, f, RK_AMEND_REJECTED, code, msg);
    }
}

static void land(struct paper *p, const struct flight *f)
{
    int64_t now_ns = p->mono + p->wall_minus_mono_ns;
    const struct instrument *ins = &p->opening.instruments[p->local[f->a.instrument]];
    const char *msg = "";
    struct xch_order o;
    int32_t code = 0;
    p->asked_ns = f->sent_ns;
    switch (f->a.type) {
    case ACT_PLACE:
        place(p, f, ins, now_ns);
        break;
    case ACT_AMEND:
        amend(p, f, ins, now_ns);
        break;
    case ACT_CANCEL:
        code = exchange_cancel(p->x, ins->symbol, f->a.order_id, f->a.client_id, now_ns, &o, &msg, &p->sink);
        if (code) {
            refused(p, f, RK_CANCEL_REJECTED, code, msg);
        }
        break;
    case ACT_CANCEL_ALL:
        code = exchange_cancel_all(p->x, ins->symbol, now_ns, &msg, &p->sink);
        refused(p, f, code ? RK_CANCEL_REJECTED : RK_CANCEL_ALL_DONE, code, msg);
        break;
    case ACT_DEADMAN:
        exchange_countdown(p->x, ins->symbol, f->a.value, now_ns, &msg);
        break;
    default: // ACT_READ
        if (f->a.sub == READ_ORDERS) {
            read_orders(p, f->a.instrument, f->a.read_id);
        } else {
            read_position(p, f->a.instrument, f->a.read_id);
        }
        break;
    }
    tell_changes(p);
}

// ------------------------------------------------------------------------------------------------ opening

static void tell_link(struct paper *p, enum link_id link, enum link_state state, const char *text)
{
    event_init(&p->ev, EV_LINK, INSTRUMENT_NONE, 0);
    p->ev.u.link.link = (uint8_t)link;
    p->ev.u.link.state = (uint8_t)state;
    text_copy(p->ev.u.link.text, sizeof p->ev.u.link.text, text);
    emit(p);
}

static void fail(struct paper *p, const char *why)
{
    p->failed = true;
    tell_link(p, LINK_ORDER, LINK_DOWN, why);
}

static void open_account(struct paper *p)
{
    p->x = exchange_new(&p->opening);
    if (!p->x) {
        fail(p, "no memory for the paper account");
        return;
    }
    const char *msg = "";
    for (uint32_t k = 0; k < p->opening.instrument_count && p->c.isolated; k++) {
        int32_t code = exchange_set_isolated(p->x, p->opening.instruments[k].symbol, true, &msg);
        CHECK(code == 0); // nothing is open yet
    }
    tell_link(p, LINK_ORDER, LINK_UP, "");
    tell_link(p, LINK_USER, LINK_UP, "");
    reconcile(p);
}

static bool same_grid(const struct instrument *a, const struct instrument *b)
{
    return a->tick_e8 == b->tick_e8 && a->lot_e8 == b->lot_e8 && a->contract_e8 == b->contract_e8;
}

static uint32_t wanted(const struct paper *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->c.instrument_count; i++) {
        n += p->c.instruments[i].venue == p->c.venue;
    }
    return n;
}

static void on_instrument(struct paper *p, const struct event *ev)
{
    const struct instrument *ins = &ev->u.instrument_rev;
    uint16_t i = ev->instrument;
    if (i >= p->c.instrument_count || p->c.instruments[i].venue != p->c.venue) {
        return;
    }
    if (p->local[i] != INSTRUMENT_NONE) {
        if (p->x && !p->failed && !same_grid(ins, &p->opening.instruments[p->local[i]])) {
            fail(p, "an instrument's grid changed: the paper account ends, start anew");
        }
        return;
    }
    uint32_t k = p->opening.instrument_count++;
    p->opening.instruments[k] = *ins;
    p->opening.instruments[k].id = (uint16_t)k;
    p->id[k] = i;
    p->local[i] = (uint16_t)k;
    if (p->opening.instrument_count == wanted(p)) {
        open_account(p);
    }
}

// ------------------------------------------------------------------------------------------------- calls

static void enter(struct paper *p, int64_t mono_ns, int64_t wall_ns, const struct paper_out *out)
{
    p->out = out;
    p->mono = mono_ns > p->mono ? mono_ns : p->mono;
    p->wall = wall_ns;
    if (p->wall_minus_mono_ns == 0) {
        p->wall_minus_mono_ns = wall_ns - mono_ns;
    }
}

void paper_on_event(struct paper *p, const struct event *ev, int64_t mono_ns, int64_t wall_ns,
                    const struct paper_out *out)
{
    enter(p, mono_ns, wall_ns, out);
    if (ev->type == EV_INSTRUMENT) {
        on_instrument(p, ev);
        return;
    }
    bool market = ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_DIFF || ev->type == EV_TRADE ||
                  ev->type == EV_TOUCH || ev->type == EV_MARK;
    if (!market || !p->x || p->failed || ev->instrument >= INSTRUMENT_MAX ||
        p->local[ev->instrument] == INSTRUMENT_NONE) {
        return;
    }
    memcpy(&p->ev, ev, ev->size);
    p->ev.instrument = p->local[ev->instrument];
    p->ev.flags = 0;
    exchange_on_market(p->x, &p->ev, p->mono + p->wall_minus_mono_ns, &p->sink);
    tell_changes(p);
}

static void not_sent(struct paper *p, const struct action *a, enum drop_reason why)
{
    event_init(&p->ev, EV_ORDER, a->instrument, 0);
    struct ev_order *o = &p->ev.u.order;
    o->kind = RK_NOT_SENT;
    o->drop_reason = (uint8_t)why;
    memcpy(o->client_id, a->client_id, CLIENT_ID_MAX);
    o->price_ticks = a->price_ticks;
    o->qty_lots = a->qty_lots;
    o->side = a->side;
    emit(p);
}

static void read_failed(struct paper *p, const struct action *a)
{
    event_init(&p->ev, EV_ACCOUNT, a->instrument, 0);
    p->ev.u.account.kind = AK_READ_FAILED;
    p->ev.u.account.reason = AR_READ;
    p->ev.u.account.from_read = 1;
    p->ev.u.account.read_id = a->read_id;
    emit(p);
}

static void tell_sent(struct paper *p, const struct action *a)
{
    event_init(&p->ev, EV_ORDER, a->instrument, 0);
    struct ev_order *o = &p->ev.u.order;
    o->kind = RK_SENT;
    o->source = SOURCE_LOCAL;
    memcpy(o->client_id, a->client_id, CLIENT_ID_MAX);
    o->order_id = a->order_id;
    o->price_ticks = a->price_ticks;
    o->qty_lots = a->qty_lots;
    o->side = a->side;
    o->tif = a->tif;
    o->reduce_only = a->reduce_only;
    o->request_mono_ns = p->mono;
    emit(p);
}

bool paper_on_action(struct paper *p, const struct action *a, int64_t mono_ns, int64_t wall_ns,
                     const struct paper_out *out)
{
    bool order =
        a->type == ACT_PLACE || a->type == ACT_AMEND || a->type == ACT_CANCEL || a->type == ACT_CANCEL_ALL;
    if (!order && a->type != ACT_DEADMAN && a->type != ACT_READ) {
        return false;
    }
    enter(p, mono_ns, wall_ns, out);
    bool full = p->flight_head - p->flight_tail == FLIGHTS_MAX;
    bool unknown = a->instrument >= INSTRUMENT_MAX || p->local[a->instrument] == INSTRUMENT_NONE;
    if (!p->x || p->failed || unknown || full) {
        if (order) {
            not_sent(p, a, full ? DROP_BUDGET : DROP_LINK);
        } else if (a->type == ACT_READ) {
            read_failed(p, a);
        }
        return true;
    }
    struct flight *f = &p->flight[p->flight_head++ % FLIGHTS_MAX];
    *f = (struct flight){.due_ns = p->mono + p->c.entry_ns, .sent_ns = p->mono, .a = *a};
    if (order) {
        tell_sent(p, a);
    }
    return true;
}

// In the order of time: what lands, what the exchange's own clock does, what arrives here.
void paper_on_time(struct paper *p, int64_t mono_ns, int64_t wall_ns, const struct paper_out *out)
{
    enter(p, mono_ns, wall_ns, out);
    while (p->x && p->flight_tail != p->flight_head &&
           p->flight[p->flight_tail % FLIGHTS_MAX].due_ns <= p->mono) {
        struct flight f = p->flight[p->flight_tail++ % FLIGHTS_MAX];
        land(p, &f);
    }
    if (p->x && !p->failed) {
        if (exchange_next_deadline(p->x) <= p->mono + p->wall_minus_mono_ns) {
            exchange_on_time(p->x, p->mono + p->wall_minus_mono_ns, &p->sink);
            tell_changes(p);
        }
        if (p->reconcile_due_ns <= p->mono) {
            reconcile(p);
        }
    }
    while (p->news_tail != p->news_head && p->news[p->news_tail % NEWS_MAX].due_ns <= p->mono) {
        deliver(p);
    }
}

int64_t paper_next_deadline(const struct paper *p)
{
    int64_t at = INT64_MAX;
    if (p->flight_tail != p->flight_head) {
        at = p->flight[p->flight_tail % FLIGHTS_MAX].due_ns;
    }
    if (p->news_tail != p->news_head && p->news[p->news_tail % NEWS_MAX].due_ns < at) {
        at = p->news[p->news_tail % NEWS_MAX].due_ns;
    }
    if (p->x && !p->failed) {
        int64_t own = exchange_next_deadline(p->x);
        own = own == INT64_MAX ? own : own - p->wall_minus_mono_ns;
        at = own < at ? own : at;
        at = p->reconcile_due_ns < at ? p->reconcile_due_ns : at;
    }
    return at;
}

// ------------------------------------------------------------------------------------------------- life

struct paper *paper_new(const struct paper_config *c)
{
    struct paper *p = calloc(1, sizeof *p);
    if (!p) {
        return NULL;
    }
    CHECK(c->entry_ns >= 0 && c->answer_ns >= 0 && c->reconcile_ns > 0);
    p->c = *c;
    p->sink = (struct xch_sink){.ctx = p, .report = on_report, .income = on_income};
    xch_config_default(&p->opening);
    p->opening.wallet_e8 = c->wallet_e8;
    p->opening.maker_fee_e8 = c->maker_fee_e8;
    p->opening.taker_fee_e8 = c->taker_fee_e8;
    p->opening.leverage = c->leverage;
    p->opening.seed = c->seed;
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        p->local[i] = INSTRUMENT_NONE;
    }
    return p;
}

void paper_free(struct paper *p)
{
    if (p) {
        exchange_free(p->x);
        free(p);
    }
}
