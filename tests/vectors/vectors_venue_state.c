// SPDX-License-Identifier: Apache-2.0
// vectors_venue_state: worked cases for the state machines of a venue: the order book's synchronisation, the
// life of an order, and the venue's filters as the embedded exchange enforces them.
#include "vectors_venue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/door.h"
#include "engine/exchange/xch.h"
#include "engine/market/book.h"
#include "engine/venue/booksync.h"

enum { WHY_CAP = 200, LEVELS_CAP = 64 };
static const int64_t GRID_E8 = 10000; // 0.0001: the cases name no instrument; this grid holds their numbers

static void *must(void *p)
{
    if (!p) {
        fprintf(stderr, "vectors: out of memory\n");
        exit(2);
    }
    return p;
}

// -------------------------------------------------------------------------------------------------------------
// book sync

static size_t read_levels(const json_t *rows, struct level *to, size_t cap, bool *ok)
{
    size_t n = json_array_size(rows) < cap ? json_array_size(rows) : cap;
    for (size_t i = 0; i < n; i++) {
        int64_t price = 0, qty = 0;
        *ok &= vector_e8(json_array_get(json_array_get(rows, i), 0), &price) &&
               vector_e8(json_array_get(json_array_get(rows, i), 1), &qty) && price % GRID_E8 == 0 &&
               qty % GRID_E8 == 0;
        to[i] = (struct level){price / GRID_E8, qty / GRID_E8};
    }
    *ok &= n == json_array_size(rows);
    return n;
}

// A snapshot or a diff as the event the engine gets.
static struct event *book_event(const json_t *item, enum event_type type, const char *bids, const char *asks,
                                bool *ok)
{
    static struct event ev;
    size_t n = json_array_size(json_object_get(item, bids)) + json_array_size(json_object_get(item, asks));
    event_init(&ev, type, 0, n < EV_LEVELS_MAX ? n : EV_LEVELS_MAX);
    struct ev_book *b = &ev.u.book;
    b->bids = (uint32_t)read_levels(json_object_get(item, bids), b->levels, LEVELS_CAP, ok);
    b->asks = (uint32_t)read_levels(json_object_get(item, asks), b->levels + b->bids, LEVELS_CAP, ok);
    b->last_id = (uint64_t)vector_int(item, type == EV_BOOK_SNAPSHOT ? "lastUpdateId" : "u");
    return &ev;
}

static uint64_t id_of(const json_t *event, const char *key)
{
    return (uint64_t)vector_int(event, key);
}

// Everything was buffered before the snapshot came; then the buffer is offered in order, as the session does
// it.
static bool join(struct booksync *s, struct book *b, const json_t *snapshot, const json_t *events,
                 bool *refused)
{
    bool ok = true;
    uint64_t last = id_of(snapshot, "lastUpdateId"), first_id = 0, prev_id = 0;
    booksync_reset(s);
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        booksync_on_diff(s, id_of(e, "U"), id_of(e, "u"), id_of(e, "pu"));
        if (first_id == 0 && id_of(e, "u") >= last && !(s->spot && id_of(e, "u") == last)) {
            first_id = id_of(e, "U");
            prev_id = id_of(e, "pu");
        }
    }
    *refused = !booksync_on_snapshot(s, last, first_id, prev_id);
    if (*refused) {
        return true;
    }
    book_load(b, &book_event(snapshot, EV_BOOK_SNAPSHOT, "bids", "asks", &ok)->u.book);
    for (size_t i = 0; ok && i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        if (booksync_on_diff(s, id_of(e, "U"), id_of(e, "u"), id_of(e, "pu")) == SYNC_APPLY) {
            book_apply(b, &book_event(e, EV_BOOK_DIFF, "b", "a", &ok)->u.book);
        }
    }
    return ok;
}

static bool same_side(const struct book *b, enum side side, const json_t *want)
{
    struct level ours[LEVELS_CAP], theirs[LEVELS_CAP];
    bool ok = true;
    size_t n = read_levels(want, theirs, LEVELS_CAP, &ok);
    if (!ok || book_count(b, side) != n || book_top(b, side, ours, LEVELS_CAP) != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        ok &= ours[i].ticks == theirs[i].ticks && ours[i].lots == theirs[i].lots;
    }
    return ok;
}

// The file's words for where the synchronisation stands.
static const char *sync_name(const struct booksync *s, bool refused, const char *want)
{
    if (refused || s->gaps) { // both wait for another snapshot, whatever the case calls that
        bool waiting = strcmp(want, "LIVE") != 0 && *want;
        return waiting ? want : "BUFFERING";
    }
    return s->state == SYNC_LIVE && !s->first_after ? "LIVE" : "BUFFERING";
}

static void run_book_sync(const json_t *item, struct vector_tally *t)
{
    const char *id = vector_str(item, "id");
    const json_t *want = json_object_get(item, "expect");
    struct book *b = book_init(must(malloc(book_size())));
    struct booksync s;
    bool refused = false;
    booksync_init(&s, vector_bool(item, "spot") || strcmp(vector_str(item, "market"), "spot") == 0);
    if (!join(&s, b, json_object_get(item, "snapshot"), json_object_get(item, "events"), &refused)) {
        t->skipped++; // off the grid used here
        free(b);
        return;
    }
    char why[WHY_CAP] = "";
    const char *state = sync_name(&s, refused, vector_str(want, "state"));
    bool live = s.state == SYNC_LIVE && !s.first_after;
    const json_t *last = json_object_get(want, "last_u");
    if (strcmp(state, vector_str(want, "state")) != 0) {
        snprintf(why, sizeof why, "state: got %s, want %s", state, vector_str(want, "state"));
    } else if (json_is_integer(last) && (!live || (uint64_t)json_integer_value(last) != s.last_id)) {
        snprintf(why, sizeof why, "last_u: got %llu", (unsigned long long)s.last_id);
    } else if (json_is_null(last) && live) {
        snprintf(why, sizeof why, "last_u: got %llu, want none", (unsigned long long)s.last_id);
    } else if (!refused && !s.gaps && !same_side(b, SIDE_BUY, json_object_get(want, "bids"))) {
        snprintf(why, sizeof why, "bids differ");
    } else if (!refused && !s.gaps && !same_side(b, SIDE_SELL, json_object_get(want, "asks"))) {
        snprintf(why, sizeof why, "asks differ");
    }
    vector_report(t, id, !why[0], why);
    free(b);
}

void vectors_book_sync(const json_t *list, struct vector_tally *t)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        run_book_sync(json_array_get(list, i), t);
    }
}

// ----------------------------------------------------------------------------------------------------------
// order events

// States by meaning: ours, and the words a file may use for the same.
static bool same_state(enum order_state ours, const char *word)
{
    static const struct {
        enum order_state state;
        const char *words;
    } NAMES[] = {
        {ORD_INTENT, " INTENT "},      {ORD_SENT, " SENT PENDING_NEW "},
        {ORD_OPEN, " OPEN NEW LIVE "}, {ORD_PART, " PART PARTIAL PARTIALLY_FILLED "},
        {ORD_UNKNOWN, " UNKNOWN "},    {ORD_FILLED, " FILLED "},
        {ORD_CANCELED, " CANCELED "},  {ORD_EXPIRED, " EXPIRED "},
        {ORD_REJECTED, " REJECTED "},  {ORD_ABSENT, " ABSENT "},
    };
    char padded[40];
    snprintf(padded, sizeof padded, " %s ", word);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (NAMES[i].state == ours) {
            return strstr(NAMES[i].words, padded) != NULL;
        }
    }
    return false;
}

static int report_of(const char *exec, const char *status)
{
    static const struct {
        const char *exec;
        enum report_kind kind;
    } KINDS[] = {{"NEW", RK_ACCEPTED},      {"TRADE", RK_FILL},      {"CALCULATED", RK_FILL},
                 {"CANCELED", RK_CANCELED}, {"EXPIRED", RK_EXPIRED}, {"REJECTED", RK_REJECTED},
                 {"AMENDMENT", RK_AMENDED}};
    if (strcmp(status, "REJECTED") == 0) {
        return RK_REJECTED;
    }
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (strcmp(exec, KINDS[i].exec) == 0) {
            return (int)KINDS[i].kind;
        }
    }
    return -1;
}

static int64_t lots_of(const json_t *event, const char *key, const struct instrument *ins, bool *ok)
{
    const json_t *v = json_object_get(event, key);
    int64_t e8 = 0;
    *ok &= !v || (vector_e8(v, &e8) && e8 % ins->lot_e8 == 0);
    return e8 / ins->lot_e8;
}

// The order's own quantity: told (q), or what a FILLED report says, or 1.
static int64_t order_lots(const json_t *item, const struct instrument *ins, bool *ok)
{
    const json_t *events = json_object_get(item, "events");
    int64_t lots = lots_of(item, json_object_get(item, "q") ? "q" : "qty", ins, ok);
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        int64_t told = lots_of(e, strcmp(vector_str(e, "X"), "FILLED") == 0 ? "z" : "q", ins, ok);
        lots = told > lots ? told : lots;
    }
    return lots ? lots : E8 / ins->lot_e8;
}

static bool fill_report(const json_t *e, const struct order *x, const struct instrument *ins, int64_t mono_ns,
                        struct event *ev)
{
    int kind = report_of(vector_str(e, "x"), vector_str(e, "X"));
    bool ok = kind >= 0;
    event_init(ev, EV_ORDER, x->instrument, 0);
    ev->mono_ns = mono_ns;
    struct ev_order *r = &ev->u.order;
    memcpy(r->client_id, x->client_id, CLIENT_ID_MAX);
    r->order_id = 7001;
    r->kind = (uint8_t)kind;
    r->source = SOURCE_STREAM;
    r->side = x->side;
    r->price_ticks = x->price_ticks;
    r->qty_lots = x->qty_lots;
    r->cum_lots = lots_of(e, "z", ins, &ok);
    r->last_lots = lots_of(e, "l", ins, &ok);
    r->last_price_e8 = x->price_ticks * ins->tick_e8;
    r->trade_id = (uint64_t)vector_int(e, "t");
    r->fee_currency = CURRENCY_USDT;
    r->status = r->cum_lots >= r->qty_lots ? OS_FILLED : OS_PARTIAL;
    return ok;
}

static void run_order_events(const json_t *item, struct vector_tally *t)
{
    const json_t *events = json_object_get(item, "events"), *want = json_object_get(item, "expect");
    static struct risk risk;
    static struct orders orders;
    static struct event ev;
    const struct instrument ins = grid_eth(1);
    int64_t now = 1000000000, filled = 0;
    struct action placed;
    bool ok = true;
    door_open(&risk, now);
    orders_init(&orders, 1);
    struct order_intent in = {.instrument = 1,
                              .strategy = STRATEGY_MAKER,
                              .side = SIDE_BUY,
                              .tif = TIF_GTC,
                              .price_ticks = 260000,
                              .qty_lots = order_lots(item, &ins, &ok)};
    uint16_t slot = door_place(&risk, &orders, in, now, &placed);
    ok &= slot != ORDER_NONE;
    int64_t fills = 0;
    for (size_t i = 0; ok && i < json_array_size(events); i++) {
        ok = fill_report(json_array_get(events, i), order_at(&orders, slot), &ins, ++now, &ev);
        if (ok) {
            struct order_effect e = order_apply(&orders, &ev);
            fills += (e.flags & EFF_FILL) != 0;
            orders_check(&orders);
        }
    }
    bool told_filled = vector_e8(json_object_get(want, "filled"), &filled);
    if (!ok) {
        t->skipped++;
        return;
    }
    const struct order *x = order_at(&orders, slot);
    char why[WHY_CAP] = "";
    const json_t *want_fills = json_object_get(want, "fills");
    if (!same_state((enum order_state)x->state, vector_str(want, "state"))) {
        snprintf(why, sizeof why, "state: got %s, want %s", order_state_name((enum order_state)x->state),
                 vector_str(want, "state"));
    } else if (told_filled && x->cum_lots * ins.lot_e8 != filled) {
        snprintf(why, sizeof why, "filled: got %lld lots", (long long)x->cum_lots);
    } else if (json_is_integer(want_fills) && json_integer_value(want_fills) != fills) {
        snprintf(why, sizeof why, "fills: got %lld", (long long)fills);
    }
    vector_report(t, vector_str(item, "id"), !why[0], why);
}

void vectors_order_events(const json_t *list, struct vector_tally *t)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        run_order_events(json_array_get(list, i), t);
    }
}

// ----------------------------------------------------------------------------------------------------------------
// filters

static int64_t steps(const json_t *symbol, const char *key, int64_t step_e8)
{
    int64_t e8 = 0;
    return vector_e8(json_object_get(symbol, key), &e8) ? e8 / step_e8 : 0;
}

static bool read_market(const json_t *symbol, struct xch_market *m)
{
    struct instrument *ins = &m->ins;
    snprintf(ins->symbol, sizeof ins->symbol, "%s", vector_str(symbol, "symbol"));
    if (!vector_e8(json_object_get(symbol, "tick"), &ins->tick_e8) ||
        !vector_e8(json_object_get(symbol, "step"), &ins->lot_e8) || ins->tick_e8 <= 0 || ins->lot_e8 <= 0) {
        return false;
    }
    ins->contract_e8 = E8;
    ins->min_price_ticks = steps(symbol, "min_price", ins->tick_e8);
    ins->max_price_ticks = steps(symbol, "max_price", ins->tick_e8);
    ins->min_qty_lots = steps(symbol, "min_qty", ins->lot_e8);
    ins->max_qty_lots = steps(symbol, "max_qty", ins->lot_e8);
    ins->market_min_qty_lots = ins->min_qty_lots;
    ins->market_max_qty_lots = steps(symbol, "market_max_qty", ins->lot_e8);
    ins->min_notional_e8 = steps(symbol, "min_notional", 1);
    ins->percent_up_e8 = steps(symbol, "mult_up", 1);
    ins->percent_down_e8 = steps(symbol, "mult_down", 1);
    m->mark.mark_e8 = steps(symbol, "mark", 1);
    return true;
}

// The filter that an error code belongs to (venue-api.md 3.2.1).
static const char *filter_of(int32_t code, bool market)
{
    switch (code) {
    case -4001:
    case -4002:
    case -4013:
    case -4014:
        return "PRICE_FILTER";
    case -4003:
    case -4004:
    case -4005:
    case -4023:
        return market ? "MARKET_LOT_SIZE" : "LOT_SIZE";
    case -4016:
    case -4024:
        return "PERCENT_PRICE";
    case -4164:
        return "MIN_NOTIONAL";
    case -2025:
        return "MAX_NUM_ORDERS";
    default:
        return "other";
    }
}

static void run_filter(const json_t *item, size_t i, const struct exchange *x, const struct xch_market *m,
                       struct vector_tally *t)
{
    struct xch_order_request r = {.reduce_only = vector_bool(item, "reduce_only")};
    const json_t *price = json_object_get(item, "price"), *want = json_object_get(item, "expect");
    char id[32];
    snprintf(id, sizeof id, "filters[%zu]", i);
    snprintf(r.symbol, sizeof r.symbol, "%s", m->ins.symbol);
    snprintf(r.type, sizeof r.type, "%s", vector_str(item, "type"));
    bool market = strcmp(r.type, "MARKET") == 0;
    snprintf(r.tif, sizeof r.tif, "%s", market ? "" : "GTC");
    r.side = strcmp(vector_str(item, "side"), "SELL") == 0 ? SIDE_SELL : SIDE_BUY;
    r.has_price = json_is_string(price);
    r.has_qty = 1;
    if ((r.has_price && !vector_e8(price, &r.price_e8)) ||
        !vector_e8(json_object_get(item, "qty"), &r.qty_e8)) {
        t->skipped++;
        return;
    }
    struct xch_checked checked;
    const char *msg = "";
    int32_t code = xch_filter(x, m, &r, &checked, &msg);
    char why[WHY_CAP] = "";
    const char *reason = code ? filter_of(code, market) : "";
    const char *want_reason = vector_str(want, "reason");
    if ((code == 0) != vector_bool(want, "ok") || strcmp(reason, want_reason) != 0) {
        snprintf(why, sizeof why, "got %d %s (%.80s), want %s", (int)code, reason, msg, want_reason);
    }
    vector_report(t, id, !why[0], why);
}

void vectors_filters(const json_t *group, struct vector_tally *t)
{
    const json_t *cases = json_object_get(group, "cases");
    struct exchange *x = must(calloc(1, sizeof *x));
    if (!read_market(json_object_get(group, "symbol"), &x->market[0])) {
        t->skipped += json_array_size(cases);
    } else {
        for (size_t i = 0; i < json_array_size(cases); i++) {
            run_filter(json_array_get(cases, i), i, x, &x->market[0], t);
        }
    }
    free(x);
}
