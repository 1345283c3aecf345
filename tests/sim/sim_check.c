// SPDX-License-Identifier: Apache-2.0
// sim_check: sees both sides at once, the engine's memory and the true state inside the venue, and compares.
// After every event: a live book equals the venue's at that update id, no risk is added while blind, no trade
// is booked twice, the ledger sums to zero. At settle, when nothing is under way: every order that the venue
// ever accepted is known and ended alike, open orders, positions and wallet are the same to the last unit.
// (failure-modes.md 3: invariants 1 to 4, 9 to 12, 22, 26, 27.)
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/engine_state.h"
#include "engine/exchange/xch.h"
#include "sim/sim.h"

enum {
    TOP = 20,              // levels a side that are compared at every update
    DEEP = 500,            // likewise at some: a snapshot knew 1000
    PUBLISHED_MAX = 16384, // per market: 27 minutes of updates
    TRADES_MAX = 1 << 18,
    PLACED_MAX = 1 << 15,
    ALARMS_MAX = 8192,
};

struct published {
    uint64_t id;
    uint8_t n[2];
    struct level level[2][TOP];
};

struct placed {
    enum venue_id site;
    char client_id[CLIENT_ID_MAX], symbol[24];
    bool told_end; // the engine was told that it ended, and how is compared while it remembers
};

struct raised {
    char code[CLIENT_ID_MAX], text[80];
    int64_t at_ns;
    uint16_t instrument;
};

struct sim_counts sim_counts;
static struct engine *engine;
static struct exchange *exchange[VENUE_COUNT];
static size_t exchanges;
static struct published *published[VENUE_COUNT][INSTRUMENT_MAX];
static struct {
    uint64_t key, seq;
} trade[TRADES_MAX]; // open addressing; key 0 free
static size_t trades;
static struct placed placed[PLACED_MAX]; // since the last settle
static size_t placed_n;
static struct raised raised[ALARMS_MAX];
static size_t raised_n;
static uint64_t venue_trades_seen[VENUE_COUNT][INSTRUMENT_MAX];
static int64_t known[INSTRUMENT_MAX][2]; // worst bid and ask of the last snapshot
static uint64_t action_hash_now;
static bool ever_up[VENUE_COUNT][LINK_COUNT];

void sim_check_init(void)
{
    for (int v = 0; v < VENUE_COUNT; v++) {
        for (int i = 0; i < INSTRUMENT_MAX; i++) {
            published[v][i] = calloc(PUBLISHED_MAX, sizeof *published[v][i]);
            CHECK(published[v][i]);
        }
    }
}

void sim_check_free(void)
{
    for (int v = 0; v < VENUE_COUNT; v++) {
        for (int i = 0; i < INSTRUMENT_MAX; i++) {
            free(published[v][i]);
        }
    }
}

uint64_t sim_action_hash(void)
{
    return action_hash_now;
}

struct exchange *sim_exchange(enum venue_id site)
{
    return exchange[site];
}

// --------------------------------------------------------------------------------------- swapped: beginnings

struct engine *__real_engine_init(void *mem, size_t bytes, const struct engine_config *config);
struct engine *__wrap_engine_init(void *mem, size_t bytes, const struct engine_config *config);
struct exchange *__real_exchange_new(const struct xch_config *c);
struct exchange *__wrap_exchange_new(const struct xch_config *c);
void __wrap_order_conn_warm(void *oc);
int32_t __real_exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                              struct xch_order *o, const char **msg, const struct xch_sink *out);
int32_t __wrap_exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                              struct xch_order *o, const char **msg, const struct xch_sink *out);
void __real_exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns,
                               const struct xch_sink *out);
void __wrap_exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns,
                               const struct xch_sink *out);
void __real_exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out);
void __wrap_exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out);
void __real_engine_step(struct engine *e, const struct event *ev, struct actions *out);
void __wrap_engine_step(struct engine *e, const struct event *ev, struct actions *out);

struct engine *__wrap_engine_init(void *mem, size_t bytes, const struct engine_config *config)
{
    engine = __real_engine_init(mem, bytes, config);
    return engine;
}

// The venue makes its exchanges in the order of its sites.
struct exchange *__wrap_exchange_new(const struct xch_config *c)
{
    struct exchange *x = __real_exchange_new(c);
    CHECK(x && exchanges < VENUE_COUNT);
    exchange[c->instruments[0].venue] = x;
    exchanges++;
    return x;
}

// Walking the order path to keep caches warm has no effect but on time, of which there is none here.
void __wrap_order_conn_warm(void *oc)
{
    (void)oc;
}

static enum venue_id site_of(const struct exchange *x)
{
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (exchange[v] == x) {
            return (enum venue_id)v;
        }
    }
    CHECK(false);
    return VENUE_COUNT;
}

int32_t __wrap_exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                              struct xch_order *o, const char **msg, const struct xch_sink *out)
{
    int32_t code = __real_exchange_place(x, r, now_ns, o, msg, out);
    if (code == 0) {
        if (placed_n == PLACED_MAX) {
            sim_fail("%d orders and never a moment in which all could be compared", PLACED_MAX);
        }
        struct placed *p = &placed[placed_n++];
        p->site = site_of(x);
        p->told_end = false;
        memcpy(p->client_id, o->client_id, sizeof p->client_id);
        memcpy(p->symbol, o->symbol, sizeof p->symbol);
        sim_counts.placed++;
    }
    return code;
}

// In calm stretches trades and best prices are thinned to one in THIN; diffs never: books stay whole.
void __wrap_exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns,
                               const struct xch_sink *out)
{
    enum { THIN = 8 };
    static uint64_t n;
    bool may = ev->type == EV_TRADE || ev->type == EV_TOUCH;
    if (may && sim_faults_calm() && n++ % THIN != 0) {
        return;
    }
    __real_exchange_on_market(x, ev, now_ns, out);
}

void __wrap_exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out)
{
    __real_exchange_on_seam(x, lap, now_ns, out);
    sim_faults_seam();
}

// ----------------------------------------------------------------------------------------------------- books

static uint64_t number_after(const char *text, const char *name)
{
    const char *p = strstr(text, name);
    return p ? strtoull(p + strlen(name), NULL, 10) : 0;
}

void sim_check_published(const char *stream, const char *text, size_t n)
{
    (void)stream;
    if (n < 40 || !strstr(text, "\"e\":\"depthUpdate\"")) {
        return;
    }
    const char *symbol = strstr(text, "\"s\":\"") + 5;
    const struct exchange *x = exchange[VENUE_ASTER];
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        const struct xch_market *m = &x->market[i];
        size_t k = strlen(m->ins.symbol);
        if (strncmp(symbol, m->ins.symbol, k) != 0 || symbol[k] != '"') {
            continue;
        }
        uint64_t id = number_after(text, "\"u\":");
        struct published *p = &published[VENUE_ASTER][i][id % PUBLISHED_MAX];
        if (p->id == id || book_last_id(m->book) != id) {
            return; // for another reader already, or published late, over a newer book
        }
        p->id = id;
        p->n[0] = (uint8_t)book_top(m->book, SIDE_BUY, p->level[0], TOP);
        p->n[1] = (uint8_t)book_top(m->book, SIDE_SELL, p->level[1], TOP);
    }
}

static uint16_t at_venue(const struct exchange *x, const char *symbol)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        if (strcmp(x->market[i].ins.symbol, symbol) == 0) {
            return (uint16_t)i;
        }
    }
    return INSTRUMENT_NONE;
}

static void compare_side(const struct book *ours, enum side side, const struct level *true_level, size_t n,
                         const char *symbol, uint64_t id)
{
    static struct level level[DEEP];
    size_t k = book_top(ours, side, level, n);
    if (k < n) {
        sim_fail("%s book at update %llu: %zu %s levels, the venue has %zu or more", symbol,
                 (unsigned long long)id, k, side == SIDE_BUY ? "bid" : "ask", n);
    }
    for (size_t i = 0; i < n; i++) {
        if (level[i].ticks != true_level[i].ticks || level[i].lots != true_level[i].lots) {
            sim_fail("%s book wrong at update %llu: %s level %zu is %lld x %lld, the venue has %lld x %lld",
                     symbol, (unsigned long long)id, side == SIDE_BUY ? "bid" : "ask", i,
                     (long long)level[i].ticks, (long long)level[i].lots, (long long)true_level[i].ticks,
                     (long long)true_level[i].lots);
        }
    }
}

static void see_snapshot(uint16_t i, const struct ev_book *b)
{
    known[i][0] = b->bids ? b->levels[b->bids - 1].ticks : INT64_MAX;
    known[i][1] = b->asks ? b->levels[b->bids + b->asks - 1].ticks : 0;
}

static size_t known_levels(uint16_t i, enum side side, const struct level *level, size_t n)
{
    while (n > 0 &&
           (side == SIDE_BUY ? level[n - 1].ticks < known[i][0] : level[n - 1].ticks > known[i][1])) {
        n--;
    }
    return n;
}

static void check_book(uint16_t i)
{
    const struct instrument_state *s = &engine->ins[i];
    const struct exchange *x = exchange[s->def.venue];
    uint16_t k = s->book_state == BOOK_LIVE ? at_venue(x, s->def.symbol) : INSTRUMENT_NONE;
    if (k == INSTRUMENT_NONE) {
        return;
    }
    const struct book *ours = engine_book(engine, i);
    uint64_t id = book_last_id(ours);
    const struct published *p = &published[s->def.venue][k][id % PUBLISHED_MAX];
    if (p->id == id) {
        sim_counts.book_compares++;
        compare_side(ours, SIDE_BUY, p->level[0], p->n[0], s->def.symbol, id);
        compare_side(ours, SIDE_SELL, p->level[1], p->n[1], s->def.symbol, id);
    }
    // A snapshot tells 1000 levels: what lay beyond them is not known when the market comes near.
    const struct xch_market *m = &x->market[k];
    if (sim_counts.book_compares % 64 == 0 && m->live && book_last_id(m->book) == id) {
        static struct level level[DEEP];
        sim_counts.book_deep_compares++;
        size_t n = known_levels(i, SIDE_BUY, level, book_top(m->book, SIDE_BUY, level, DEEP));
        compare_side(ours, SIDE_BUY, level, n, s->def.symbol, id);
        n = known_levels(i, SIDE_SELL, level, book_top(m->book, SIDE_SELL, level, DEEP));
        compare_side(ours, SIDE_SELL, level, n, s->def.symbol, id);
    }
}

// ------------------------------------------------------------------------------------------------- each step

static void see_posting(const struct posting *p, uint64_t seq)
{
    sim_counts.fundings += p->kind == POSTING_FUNDING;
    sim_counts.seams += p->kind == POSTING_SEAM && p->trade_id;
    if ((p->kind != POSTING_FILL && p->kind != POSTING_SEAM) || p->trade_id == 0) {
        return;
    }
    uint64_t key = p->trade_id * 16 + p->instrument + 1;
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 46);
    while (trade[at].key && trade[at].key != key) {
        at = (at + 1) % TRADES_MAX;
    }
    if (trade[at].key == 0) {
        if (++trades > TRADES_MAX / 2) {
            sim_fail("more than %d trades: enlarge the table", TRADES_MAX / 2);
        }
        trade[at].key = key;
        trade[at].seq = seq;
        sim_counts.fills++;
    } else if (trade[at].seq != seq) {
        sim_fail("trade %llu booked twice, by events %llu and %llu", (unsigned long long)p->trade_id,
                 (unsigned long long)trade[at].seq, (unsigned long long)seq);
    }
}

static bool booked(uint64_t trade_id, uint16_t instrument)
{
    uint64_t key = trade_id * 16 + instrument + 1;
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 46);
    while (trade[at].key && trade[at].key != key) {
        at = (at + 1) % TRADES_MAX;
    }
    return trade[at].key == key;
}

static void see_action(const struct action *a)
{
    sim_counts.actions++;
    if (a->type == ACT_ALARM) {
        struct raised *r = &raised[raised_n++ % ALARMS_MAX];
        memcpy(r->code, a->client_id, sizeof r->code);
        memcpy(r->text, a->text, sizeof r->text);
        r->at_ns = world.now_ns;
        r->instrument = a->instrument;
        sim_log("%-12s %s%s%s", r->code,
                a->instrument < INSTRUMENT_MAX ? engine->ins[a->instrument].def.symbol : "",
                a->instrument < INSTRUMENT_MAX ? ": " : "", r->text);
    }
    if (a->type == ACT_PLACE && !a->reduce_only && !a->close_only) {
        const struct instrument_state *s = &engine->ins[a->instrument];
        if (s->book_state != BOOK_LIVE || engine->venue[s->def.venue].link[LINK_USER] != LINK_UP ||
            !engine->ready) {
            sim_fail("an order that adds risk while %s", s->book_state != BOOK_LIVE ? "the book is not live"
                                                         : !engine->ready ? "the start is not complete"
                                                                          : "blind to fills");
        }
    }
}

// Old orders leave the engine's table: that they ended was told before.
static void see_report(const struct ev_order *o)
{
    bool end = o->kind == RK_CANCELED || o->kind == RK_EXPIRED || o->kind == RK_REJECTED ||
               ((o->kind == RK_STATE || o->kind == RK_FILL) && o->status >= OS_FILLED);
    for (size_t i = placed_n; end && i-- > 0;) {
        if (strcmp(placed[i].client_id, o->client_id) == 0) {
            placed[i].told_end = true;
            return;
        }
    }
}

static void tell_order(const struct event *ev)
{
    const struct ev_order *o = &ev->u.order;
    if (sim_log_level() > 1) {
        sim_log("   order %u %s kind %u source %u status %u cum %lld fill %lld trade %llu code %d %s",
                ev->instrument, o->client_id, o->kind, o->source, o->status, (long long)o->cum_lots,
                (long long)o->last_lots, (unsigned long long)o->trade_id, o->code, o->text);
    }
}

static void tell_account(const struct event *ev)
{
    const struct ev_account *a = &ev->u.account;
    if (sim_log_level() > 1) {
        sim_log("   account %u kind %u reason %u read %u count %u wallet %lld change %lld lots %lld",
                ev->instrument, a->kind, a->reason, a->from_read, a->count, (long long)a->wallet_e8,
                (long long)a->change_e8, (long long)a->position_lots);
    }
}

void __wrap_engine_step(struct engine *e, const struct event *ev, struct actions *out)
{
    __real_engine_step(e, ev, out);
    sim_counts.events++;
    action_hash_now = engine_action_hash(e);
    if (ev->type == EV_BOOK_SNAPSHOT) {
        see_snapshot(ev->instrument, &ev->u.book);
    }
    if (ev->type == EV_BOOK_DIFF || ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_STATE) {
        check_book(ev->instrument);
    }
    if (ev->type == EV_LINK) {
        sim_log("link %u %s %s", ev->u.link.link,
                ev->u.link.state == LINK_UP           ? "up"
                : ev->u.link.state == LINK_CONNECTING ? "connecting"
                                                      : "down",
                ev->u.link.text);
        sim_counts.reconnects += ev->u.link.state == LINK_UP;
        ever_up[ev->venue][ev->u.link.link] |= ev->u.link.state == LINK_UP;
    }
    for (uint32_t i = 0; i < out->count; i++) {
        see_action(&out->a[i]);
    }
    size_t n = 0;
    const struct posting *p = engine_postings(e, &n);
    for (size_t i = 0; i < n; i++) {
        see_posting(&p[i], ev->seq);
    }
    if (ev->type == EV_ORDER) {
        see_report(&ev->u.order);
        tell_order(ev);
    }
    if (ev->type == EV_ACCOUNT) {
        tell_account(ev);
    }
    if (ev->type == EV_ORDER || ev->type == EV_ACCOUNT) {
        for (int c = 0; c < CURRENCY_COUNT; c++) {
            if (engine_ledger_sum_e8(e, (enum currency)c) != 0) {
                sim_fail("the ledger of %s does not sum to zero", currency_name((enum currency)c));
            }
        }
    }
}

// ------------------------------------------------------------------------------------------------- at settle

const char *sim_check_held(void)
{
    static char why[160];
    if (state_of(engine, INSTRUMENT_NONE) != TS_RUN) {
        snprintf(why, sizeof why, "the engine is %s: %s",
                 trading_state_name(state_of(engine, INSTRUMENT_NONE)),
                 state_reason(engine, INSTRUMENT_NONE));
        return why;
    }
    for (uint16_t i = 0; i < engine->config.instrument_count; i++) {
        if (state_of(engine, i) != TS_RUN) {
            snprintf(why, sizeof why, "%s is %s: %s", engine->ins[i].def.symbol,
                     trading_state_name(state_of(engine, i)), state_reason(engine, i));
            return why;
        }
    }
    return "";
}

const char *sim_check_unsettled(void)
{
    static char why[160];
    if (!engine->ready) {
        return "the start is not complete";
    }
    static const enum cause BLIND[] = {CAUSE_START, CAUSE_USER_LINK, CAUSE_FROZEN};
    for (size_t c = 0; c < COUNT_OF(BLIND); c++) {
        for (size_t k = 0; k < COUNT_OF(engine->causes.of[0]); k++) {
            if (engine->causes.of[BLIND[c]][k].on) {
                snprintf(why, sizeof why, "not yet reconciled: cause %d of column %zu", (int)BLIND[c], k);
                return why;
            }
        }
    }
    for (int l = 0; l < VENUE_COUNT * LINK_COUNT; l++) {
        int v = l / LINK_COUNT, k = l % LINK_COUNT;
        if (engine->venue[v].link[k] != LINK_UP && ever_up[v][k]) { // a venue need not have all of them
            snprintf(why, sizeof why, "link %d of venue %d is not up", k, v);
            return why;
        }
    }
    for (uint16_t i = 0; i < engine->config.instrument_count; i++) {
        const struct instrument_state *s = &engine->ins[i];
        if (s->def.tick_e8 == 0 || s->book_state != BOOK_LIVE) {
            snprintf(why, sizeof why, "the book of instrument %u is not live", i);
            return why;
        }
        if (order_missed_since(&engine->orders, i) != INT64_MAX) {
            snprintf(why, sizeof why, "a fill of %s is known to be missing", s->def.symbol);
            return why;
        }
        for (uint16_t k = order_first(&engine->orders, i); k != ORDER_NONE;
             k = order_next(&engine->orders, k)) {
            const struct order *o = order_at(&engine->orders, k);
            if (o->flags & ORDF_EXTERNAL) {
                snprintf(why, sizeof why, "order %s of somebody else seems to rest", o->client_id);
                return why;
            }
            if (o->state == ORD_UNKNOWN) {
                snprintf(why, sizeof why, "order %s is in doubt", o->client_id);
                return why;
            }
            if (o->state == ORD_INTENT || o->state == ORD_SENT ||
                o->flags & (ORDF_CANCEL_SENT | ORDF_AMEND_SENT)) {
                return "requests are under way";
            }
        }
    }
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (exchange[v] && sim_net_in_flight((enum venue_id)v, SIM_USER) +
                                   sim_net_in_flight((enum venue_id)v, SIM_ORDER) +
                                   sim_net_in_flight((enum venue_id)v, SIM_CLERK) >
                               0) {
            return "messages are under way";
        }
    }
    return "";
}

static uint16_t ours(enum venue_id site, const char *symbol)
{
    for (uint16_t i = 0; i < engine->config.instrument_count; i++) {
        if (engine->ins[i].def.venue == site && strcmp(engine->ins[i].def.symbol, symbol) == 0) {
            return i;
        }
    }
    return INSTRUMENT_NONE;
}

static bool same_end(uint8_t venue, uint8_t engine_state)
{
    switch ((enum order_status)venue) {
    case OS_NEW:
        return engine_state == ORD_OPEN;
    case OS_PARTIAL:
        return engine_state == ORD_PART;
    case OS_FILLED:
        return engine_state == ORD_FILLED;
    case OS_CANCELED:
        return engine_state == ORD_CANCELED;
    case OS_EXPIRED:
        return engine_state == ORD_EXPIRED;
    case OS_REJECTED:
        return engine_state == ORD_REJECTED;
    }
    return false;
}

static char difference[240];

static bool differ(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool differ(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(difference, sizeof difference, format, ap);
    va_end(ap);
    return false;
}

static bool account_for(const struct placed *p)
{
    struct xch_order o;
    const char *msg = "";
    if (exchange_query(exchange[p->site], p->symbol, 0, p->client_id, &o, &msg) != 0) {
        return differ("the venue itself lost %s: %s", p->client_id, msg);
    }
    uint16_t slot = order_find(&engine->orders, p->client_id);
    if (slot == ORDER_NONE && p->told_end && o.status >= OS_FILLED) {
        sim_counts.orders_accounted++;
        return true;
    }
    if (slot == ORDER_NONE) {
        return differ("order %s of %s is unaccounted for: %s at the venue, unknown here", p->client_id,
                      p->symbol, xch_status_name(o.status));
    }
    const struct order *r = order_at(&engine->orders, slot);
    if (!same_end(o.status, r->state) || r->cum_lots != o.cum_lots || r->filled_lots != o.cum_lots) {
        return differ("order %s: %s with %lld filled at the venue, %s with %lld (%lld booked) here",
                      p->client_id, xch_status_name(o.status), (long long)o.cum_lots,
                      order_state_name(r->state), (long long)r->cum_lots, (long long)r->filled_lots);
    }
    sim_counts.orders_accounted++;
    sim_counts.canceled += o.status == OS_CANCELED;
    return true;
}

static bool account_for_open(enum venue_id site)
{
    static struct xch_order open[XCH_ORDERS_MAX];
    size_t n = exchange_open_orders(exchange[site], NULL, open, XCH_ORDERS_MAX), live = 0;
    for (size_t k = 0; k < n; k++) {
        uint16_t slot = order_find(&engine->orders, open[k].client_id);
        if (slot == ORDER_NONE || !order_state_is_live(order_at(&engine->orders, slot)->state)) {
            return differ("order %s is open at the venue and not here", open[k].client_id);
        }
    }
    for (uint16_t i = 0; i < engine->config.instrument_count; i++) {
        for (uint16_t s = order_first(&engine->orders, i); s != ORDER_NONE;
             s = order_next(&engine->orders, s)) {
            live += engine->ins[i].def.venue == site;
        }
    }
    if (live != n) {
        return differ("%zu orders are open here, %zu at the venue", live, n);
    }
    return true;
}

static bool account_for_trades(enum venue_id site)
{
    static struct xch_fill fill[XCH_TRADES_MAX];
    const struct instrument *ins[INSTRUMENT_MAX];
    size_t n = exchange_instruments(exchange[site], ins);
    for (size_t i = 0; i < n; i++) {
        uint16_t id = ours(site, ins[i]->symbol);
        uint64_t *from = &venue_trades_seen[site][i];
        size_t k = id == INSTRUMENT_NONE
                       ? 0
                       : exchange_fills(exchange[site], ins[i]->symbol, *from, fill, XCH_TRADES_MAX);
        for (size_t t = 0; t < k; t++) {
            if (!booked(fill[t].trade_id, id)) {
                return differ("trade %llu of %s (order %s) is not booked",
                              (unsigned long long)fill[t].trade_id, ins[i]->symbol, fill[t].order.client_id);
            }
            *from = fill[t].trade_id + 1;
        }
    }
    return true;
}

static bool compare_account(enum venue_id site)
{
    struct xch_position p[INSTRUMENT_MAX];
    const struct instrument *ins[INSTRUMENT_MAX];
    size_t n = exchange_positions(exchange[site], p, INSTRUMENT_MAX);
    exchange_instruments(exchange[site], ins);
    for (size_t i = 0; i < n; i++) {
        uint16_t id = ours(site, ins[p[i].instrument]->symbol);
        int64_t lots = id == INSTRUMENT_NONE ? 0 : engine->ledger.total[id].lots;
        if (lots != p[i].lots) {
            return differ("position of %s: %lld lots here, %lld at the venue", ins[p[i].instrument]->symbol,
                          (long long)lots, (long long)p[i].lots);
        }
    }
    int64_t here = ledger_wallet_e8(&engine->ledger, (uint8_t)site, CURRENCY_USDT),
            there = exchange_wallet_e8(exchange[site]);
    if (here != there) {
        return differ("wallet: %lld here, %lld at the venue (1e-8 USDT)", (long long)here, (long long)there);
    }
    return true;
}

static bool all_accounted(void)
{
    for (size_t i = 0; i < placed_n; i++) {
        if (!account_for(&placed[i])) {
            return false;
        }
    }
    for (int v = 0; v < VENUE_COUNT; v++) {
        enum venue_id site = (enum venue_id)v;
        if (exchange[v] && !(account_for_open(site) && account_for_trades(site) && compare_account(site))) {
            return false;
        }
    }
    return true;
}

// What still rests must be compared again.
static void keep_live(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < placed_n; i++) {
        uint16_t slot = order_find(&engine->orders, placed[i].client_id);
        if (slot != ORDER_NONE && order_state_is_live(order_at(&engine->orders, slot)->state)) {
            placed[kept++] = placed[i];
        }
    }
    placed_n = kept;
}

const char *sim_check_settled(void)
{
    difference[0] = 0;
    if (all_accounted()) {
        keep_live();
        orders_check(&engine->orders);
        sim_counts.settles++;
    }
    return difference;
}

// ---------------------------------------------------------------------------------------------------- alarms

bool sim_alarm_raised(const char *code, int64_t since_ns)
{
    size_t first = raised_n > ALARMS_MAX ? raised_n - ALARMS_MAX : 0;
    for (size_t i = raised_n; i-- > first;) {
        const struct raised *r = &raised[i % ALARMS_MAX];
        if (r->at_ns < since_ns) {
            return false;
        }
        if (strcmp(r->code, code) == 0) {
            return true;
        }
    }
    return false;
}

bool sim_alarm_standing(const char *code)
{
    for (int a = 0; a < ALARM_COUNT; a++) {
        for (size_t c = 0; c < COUNT_OF(engine->alarms.key[a]); c++) {
            if (engine->alarms.key[a][c].on && (!code || strcmp(alarm_code((enum alarm_id)a), code) == 0)) {
                return true;
            }
        }
    }
    return false;
}

const char *sim_alarms_standing(char *to, size_t cap)
{
    size_t n = 0;
    to[0] = 0;
    for (int a = 0; a < ALARM_COUNT && n + 20 < cap; a++) {
        if (sim_alarm_standing(alarm_code((enum alarm_id)a))) {
            n += (size_t)snprintf(to + n, cap - n, "%s%s", n ? " " : "", alarm_code((enum alarm_id)a));
        }
    }
    return to;
}
