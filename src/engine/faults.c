// SPDX-License-Identifier: Apache-2.0
// faults: links, clock, load, rate budgets, refusals, limits: what each does to the trading state and to the
// alarms.
#include "engine/engine_state.h"

#define T2O_BUDGET_NS    (6 * NS_PER_MS)
#define LAG_MAX_NS       (250 * NS_PER_MS)
#define SKEW_WARN_NS     (500 * NS_PER_MS)
#define SKEW_STOP_NS     NS_PER_S
#define UNATTENDED_NS    (600 * NS_PER_S)
#define DEADMAN_TWICE_NS (30 * NS_PER_S)
#define LOAD_OLD_NS      (15 * NS_PER_S)

enum {
    RING_QUIET_PCT = 75,
    BUDGET_QUIET_PCT = 90,
    BUDGET_ALL_PCT = 100, // also: refused or banned
    BUDGET_WARN_PCT = 75,
    REJECT_PCT = 5,
    REJECT_MIN_ORDERS = 20,
    LIMIT_WARN_PCT = 80
};

static void raise(struct engine *e, enum alarm_id id, bool on, const char *text)
{
    if (alarm_set(&e->alarms, id, INSTRUMENT_NONE, on, e->now_ns)) {
        alarm_describe(&e->alarms, id, INSTRUMENT_NONE, text);
    }
}

static void raise_at(struct engine *e, uint8_t venue, enum alarm_id id, bool on, const char *text)
{
    if (alarm_set(&e->alarms, id, scope_of_venue(venue), on, e->now_ns)) {
        char line[80];
        struct fmt f = fmt_begin(line, sizeof line);
        fmt_venue(&f, e, venue);
        fmt_str(&f, text);
        alarm_describe(&e->alarms, id, scope_of_venue(venue), line);
    }
}

// ----------------------------------------------------------------------------------------------- links

// After the account stream was away nothing counts until orders and positions were read anew.
static bool reconciled_since(const struct engine *e, uint8_t venue, int64_t since_ns)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        const struct venue_view *v = &e->ins[i].venue;
        if (instrument_is_traded(e, i) && e->ins[i].configured && e->ins[i].def.venue == venue &&
            (v->orders_request_ns < since_ns || v->position_request_ns < since_ns)) {
            return false;
        }
    }
    return true;
}

static void read_all(struct engine *e, uint8_t venue)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (instrument_is_traded(e, i) && e->ins[i].configured && e->ins[i].def.venue == venue) {
            read_orders(e, i);
            read_position(e, i);
        }
    }
}

// A venue that we only watch needs no way to send, until something of ours is there after all.
static bool needs_order_link(const struct engine *e, uint8_t venue)
{
    bool needs = e->venue[venue].counts;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        needs |= instrument_known(e, i) && e->ins[i].def.venue == venue &&
                 (e->ledger.total[i].lots != 0 || e->orders.exposures.ins[i].orders > 0);
    }
    return needs;
}

static void judge_venue_links(struct engine *e, uint8_t venue)
{
    const struct venue_state *v = &e->venue[venue];
    bool told = v->counts ? e->ready : v->ready; // an account that was never heard of is not lost
    bool user_up = v->link[LINK_USER] == LINK_UP;
    bool known = !told || reconciled_since(e, venue, v->link_since_ns[LINK_USER]);
    bool cut = needs_order_link(e, venue) && v->link[LINK_ORDER] != LINK_UP;
    if (user_up && !known) {
        read_all(e, venue);
    }
    cause_set(e, CAUSE_USER_LINK, scope_of_venue(venue), !user_up || !known);
    cause_set(e, CAUSE_ORDER_LINK, scope_of_venue(venue), cut);
    raise_at(e, venue, ALARM_USR_LOST, told && !user_up,
             v->counts ? "account stream lost: trading stopped, quotes pulled, polling"
                       : "account stream lost: we only watch there, nothing is stopped");
    raise_at(e, venue, ALARM_ORD_LOST, told && cut,
             "order connection lost: nothing can be sent, dead-man runs at the venue");
}

static void judge_links(struct engine *e)
{
    for (uint8_t v = 0; v < VENUE_MAX && e->mode != MODE_BACKTEST; v++) {
        if (e->venue[v].used) {
            judge_venue_links(e, v);
        }
    }
}

// After a standstill: nothing new until the venue has told anew what is open and held; the alarm stands until
// the books move again as well.
static void judge_freeze(struct engine *e)
{
    if (!e->thawed_ns) {
        return;
    }
    bool known = true, moving = true;
    for (uint8_t v = 0; v < VENUE_MAX && e->mode != MODE_BACKTEST; v++) {
        if (e->venue[v].counts && !reconciled_since(e, v, e->thawed_ns)) {
            known = false;
            read_all(e, v);
        }
    }
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        bool waits = e->ins[i].configured && e->ins[i].frozen_ns && venue_of(e, i)->counts;
        moving = moving && !waits;
    }
    cause_set(e, CAUSE_FROZEN, INSTRUMENT_NONE, !known);
    if (known && moving) {
        e->thawed_ns = 0;
        alarm_set(&e->alarms, ALARM_FROZEN, INSTRUMENT_NONE, false, e->now_ns);
    }
}

// A word about the order connection while it stays up: the countdown at the venue was not wound up (N10).
static void on_deadman_failure(struct engine *e, uint8_t venue, const struct ev_link *l)
{
    struct venue_state *v = &e->venue[venue];
    bool again = v->deadman_failed_ns && e->now_ns - v->deadman_failed_ns < DEADMAN_TWICE_NS;
    v->deadman_failed_ns = e->now_ns;
    action_log(e, INSTRUMENT_NONE, l->text);
    if (again) {
        cause_pulse(e, CAUSE_DEADMAN, scope_of_venue(venue));
    }
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) { // earlier than the usual ten seconds, not at once
        struct instrument_state *s = &e->ins[i];
        int64_t soon = e->now_ns - e->config.deadman_refresh_ns + NS_PER_S;
        bool here = s->def.venue == venue && s->deadman_sent_ns > soon;
        s->deadman_sent_ns = here ? soon : s->deadman_sent_ns;
    }
}

static void on_link(struct engine *e, uint8_t venue, const struct ev_link *l)
{
    CHECK(l->link < LINK_COUNT && venue < VENUE_MAX);
    struct venue_state *v = &e->venue[venue];
    bool was_up = v->link[l->link] == LINK_UP, is_up = l->state == LINK_UP;
    if (l->link == LINK_REST && is_up && l->clock_offset_ns != 0) {
        int64_t off = l->clock_offset_ns < 0 ? -l->clock_offset_ns : l->clock_offset_ns;
        cause_set(e, CAUSE_CLOCK, scope_of_venue(venue), off > SKEW_STOP_NS);
        raise_at(e, venue, ALARM_CLOCK_SKEW, off > SKEW_WARN_NS,
                 "clock is over 0.5 s from the venue's: check chrony");
    }
    if (l->link == LINK_ORDER && was_up && is_up && l->text[0] != 0) {
        on_deadman_failure(e, venue, l);
    }
    v->link[l->link] = l->state;
    if (was_up != is_up) {
        v->link_since_ns[l->link] = e->now_ns;
    }
    judge_links(e);
}

// ----------------------------------------------------------------------------- load, budgets, refusals

// Our own pace and the record ring are the program's, the age of market data is the venue's.
static void on_load(struct engine *e, uint8_t venue, const struct ev_load *l)
{
    e->venue[venue].load_ns = e->now_ns;
    bool slow = l->tick_to_order_p99_ns > T2O_BUDGET_NS;
    raise(e, ALARM_T2O_BUDGET, slow, "tick to order p99 over 6 ms: spread widened by half");
    e->widen = slow;
    bool late = l->lag_ns > LAG_MAX_NS;
    raise_at(e, venue, ALARM_FEED_LAG, late, "market data over 250 ms late: quotes pulled");
    cause_set(e, CAUSE_LAG, scope_of_venue(venue), late);
    bool full = l->ring_pct >= RING_QUIET_PCT;
    raise(e, ALARM_STORE_RING, full, "record ring over 75 %: trading stopped until the store catches up");
    cause_set(e, CAUSE_STORE, INSTRUMENT_NONE, full);
}

static void on_budget(struct engine *e, uint8_t venue, const struct ev_budget *b)
{
    struct venue_state *v = &e->venue[venue];
    int lane = b->lane ? 1 : 0;
    v->budget_warn[lane] = b->used_pct >= BUDGET_WARN_PCT;
    v->budget_stop[lane] = b->used_pct >= BUDGET_QUIET_PCT;
    raise_at(e, venue, ALARM_RATE_BUDGET, v->budget_warn[0] || v->budget_warn[1],
             b->used_pct >= BUDGET_ALL_PCT
                 ? "the venue refuses or bans us, or its budget is used up"
                 : "over 75 % of the venue's rate budget is used: the rest is kept for cancels");
    cause_set(e, CAUSE_BUDGET, scope_of_venue(venue), v->budget_stop[0] || v->budget_stop[1]);
}

static void turn_buckets(struct engine *e)
{
    int64_t second = e->now_ns / NS_PER_S;
    if (second - e->reject_second > REJECT_BUCKETS) {
        e->reject_second = second - REJECT_BUCKETS;
    }
    while (e->reject_second < second) {
        e->reject_second++;
        e->reject_orders[e->reject_second % REJECT_BUCKETS] = 0;
        e->reject_bad[e->reject_second % REJECT_BUCKETS] = 0;
    }
}

// Refusals that say more than "not this order" (V7, V12).
void faults_on_code(struct engine *e, uint8_t venue, int32_t code)
{
    struct venue_state *v = &e->venue[venue];
    bool auth = code == -1021 || code == -1022 || code == -2014 || code == -2015;
    if (code == -2018 || code == -2019) {
        cause_pulse(e, CAUSE_MARGIN, scope_of_venue(venue));
        read_all(e, venue);
    }
    v->auth_failures = auth ? v->auth_failures + 1 : 0;
    if (v->auth_failures >= 2) {
        cause_set(e, CAUSE_AUTH, scope_of_venue(venue), true);
    }
}

void faults_on_answer(struct engine *e, bool refused)
{
    turn_buckets(e);
    e->reject_orders[e->reject_second % REJECT_BUCKETS]++;
    e->reject_bad[e->reject_second % REJECT_BUCKETS] += refused;
}

static void judge_rejects(struct engine *e)
{
    turn_buckets(e);
    uint32_t orders = 0, bad = 0;
    for (int i = 0; i < REJECT_BUCKETS; i++) {
        orders += e->reject_orders[i];
        bad += e->reject_bad[i];
    }
    bool many = orders >= REJECT_MIN_ORDERS && bad * 100 > orders * REJECT_PCT;
    raise(e, ALARM_REJECT_RATE, many, "over 5 % of orders refused in 60 s: half the pace, read the codes");
    e->slow = many;
}

// ---------------------------------------------------------------------------------------------- limits

static void judge_limits(struct engine *e)
{
    static const enum limit_id GAUGE[] = {LIMIT_POSITION_VALUE, LIMIT_GROSS_VALUE, LIMIT_OPEN_ORDERS,
                                          LIMIT_ORDER_RATE,     LIMIT_DAY_LOSS,    LIMIT_DRAWDOWN};
    static const char *const NAME[] = {"position",   "gross",      "open orders",
                                       "order rate", "daily loss", "drawdown"};
    int worst = -1;
    for (size_t i = 0; i < COUNT_OF(GAUGE); i++) {
        struct snap_limit l = risk_limit_used(&e->risk, GAUGE[i], &e->orders.exposures, e->now_ns);
        if (l.limit > 0 && (__int128)l.used * 100 >= (__int128)l.limit * LIMIT_WARN_PCT) {
            worst = (int)i;
        }
    }
    char text[80];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_str(&f, worst >= 0 ? NAME[worst] : "");
    fmt_str(&f, " at or over 80 % of its limit: reduce size");
    raise(e, ALARM_LIMIT_80, worst >= 0, text);
    bool breached = e->risk.latched != 0;
    if (!breached) {
        alarm_set(&e->alarms, ALARM_RISK_BREACH, INSTRUMENT_NONE, false, e->now_ns);
    }
}

void faults_on_event(struct engine *e, const struct event *ev)
{
    switch ((enum event_type)ev->type) {
    case EV_LINK:
        on_link(e, ev->venue, &ev->u.link);
        break;
    case EV_LOAD:
        on_load(e, ev->venue, &ev->u.load);
        break;
    case EV_BUDGET:
        on_budget(e, ev->venue, &ev->u.budget);
        break;
    default:
        break;
    }
}

void faults_housekeeping(struct engine *e)
{
    judge_links(e);
    judge_freeze(e);
    for (uint8_t v = 0; v < VENUE_MAX; v++) { // no news: the measurement that worried us is history
        if (e->venue[v].load_ns && e->now_ns - e->venue[v].load_ns > LOAD_OLD_NS) {
            on_load(e, v, &(struct ev_load){0});
            e->venue[v].load_ns = 0;
        }
    }
    if (!e->ready) {
        return;
    }
    judge_rejects(e);
    judge_limits(e);
    bool money = e->mode == MODE_LIVE || e->mode == MODE_TESTNET;
    cause_set(e, CAUSE_UNATTENDED, INSTRUMENT_NONE,
              money && alarm_oldest_high_ns(&e->alarms, e->now_ns) > UNATTENDED_NS);
}
