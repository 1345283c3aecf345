// SPDX-License-Identifier: Apache-2.0
// engine: the step. It wires the stations in the order of the house: market -> signal -> strategy -> risk ->
// order, with alarms, the kill switch and the operator between what is known and what is wanted. Every
// station's work is elsewhere.
#include "engine/engine.h"

#include <string.h>

#include "base/hash.h"
#include "base/probe.h"
#include "base/text.h"
#include "engine/engine_state.h"

// Actions that a kill and its reads may need in one step; what can wait stays below the rest.
enum { ACTIONS_RESERVED = 80 };

// ---------------------------------------------------------------------------------------------- memory

size_t engine_size(void)
{
    return engine_align(sizeof(struct engine)) +
           INSTRUMENT_MAX * (engine_align(book_size()) + engine_align(features_size()));
}

struct book *engine_book(const struct engine *e, uint16_t i)
{
    CHECK(i < INSTRUMENT_MAX);
    const char *at = (const char *)e + engine_align(sizeof(struct engine)) + i * engine_align(book_size());
    return (struct book *)(void *)at;
}

struct features *engine_features(const struct engine *e, uint16_t i)
{
    CHECK(i < INSTRUMENT_MAX);
    const char *at = (const char *)e + engine_align(sizeof(struct engine)) +
                     INSTRUMENT_MAX * engine_align(book_size()) + i * engine_align(features_size());
    return (struct features *)(void *)at;
}

static void init_instrument(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    book_init(engine_book(e, i));
    features_init(engine_features(e, i));
    for (int side = 0; side < 2; side++) {
        for (int l = 0; l < MAKER_LAYERS_MAX; l++) {
            s->out[side][l] = ORDER_NONE;
        }
    }
    e->kill.leg[i].slice_slot = ORDER_NONE;
}

// Which venues this run has, and on which it trades: where something is quoted, or, when nothing is, all.
static void init_venues(struct engine *e)
{
    const struct engine_config *c = &e->config;
    bool quotes = false;
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        quotes |= c->instruments[i].quote != 0;
    }
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        CHECK(c->instruments[i].venue < VENUE_MAX);
        struct venue_state *v = &e->venue[c->instruments[i].venue];
        e->venues = (uint8_t)(e->venues + !v->used);
        v->used = 1;
        v->counts |= !quotes || c->instruments[i].quote;
    }
    for (uint8_t v = 0; v < VENUE_MAX; v++) {
        if (e->venue[v].used) {
            cause_set(e, CAUSE_START, scope_of_venue(v), true);
            cause_set(e, CAUSE_USER_LINK, scope_of_venue(v), true);
            cause_set(e, CAUSE_ORDER_LINK, scope_of_venue(v), e->venue[v].counts);
            alarm_cap(&e->alarms, scope_of_venue(v), e->venue[v].counts ? ALARM_HIGH : ALARM_LOW);
        }
    }
}

struct engine *engine_init(void *mem, size_t bytes, const struct engine_config *config)
{
    CHECK(bytes >= engine_size() && (uintptr_t)mem % 64 == 0);
    memset(mem, 0, engine_size());
    struct engine *e = mem;
    e->config = *config;
    e->action_hash = HASH64_START;
    e->next_tick_ns = e->deadline_ns = INT64_MAX;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        init_instrument(e, i);
    }
    risk_init(&e->risk, &config->risk, config->capital_e8);
    orders_init(&e->orders, 0);
    ledger_init(&e->ledger);
    cause_set(e, CAUSE_START, INSTRUMENT_NONE, true);
    init_venues(e);
    state_update(e);
    return e;
}

// --------------------------------------------------------------------------------------------- way out

bool instrument_known(const struct engine *e, uint16_t i)
{
    return i < INSTRUMENT_MAX && e->ins[i].def.tick_e8 > 0;
}

bool instrument_is_linear(const struct engine *e, uint16_t i)
{
    return instrument_known(e, i) && e->ins[i].def.kind == INSTRUMENT_LINEAR;
}

bool instrument_is_traded(const struct engine *e, uint16_t i)
{
    return instrument_known(e, i) && e->ins[i].def.kind != INSTRUMENT_INVERSE;
}

struct action *action_new(struct engine *e, enum action_type type, uint16_t instrument)
{
    CHECK(e->out && e->out->count < ACTIONS_MAX);
    struct action *a = &e->out->a[e->out->count++];
    memset(a, 0, sizeof *a);
    a->cause_seq = e->seq;
    a->type = (uint16_t)type;
    a->instrument = instrument;
    a->venue = instrument_known(e, instrument) ? e->ins[instrument].def.venue : 0;
    return a;
}

bool action_room(const struct engine *e)
{
    return e->out->count < ACTIONS_MAX - ACTIONS_RESERVED;
}

static void action_alarm(struct engine *e, enum alarm_level level, uint16_t instrument, const char *code,
                         const char *text)
{
    if (e->out->count == ACTIONS_MAX) {
        return; // the alarm stands in the list; only its line in the log is lost
    }
    struct action *a = action_new(e, ACT_ALARM, instrument);
    a->level = (uint8_t)level;
    text_copy(a->client_id, sizeof a->client_id, code);
    text_copy(a->text, sizeof a->text, text);
}

void action_log(struct engine *e, uint16_t instrument, const char *text)
{
    if (action_room(e)) {
        action_alarm(e, ALARM_LOG, instrument, "LOG", text);
    }
}

struct order_stamp engine_stamp(const struct engine *e)
{
    return (struct order_stamp){e->seq, e->now_ns};
}

void fmt_instrument(struct fmt *f, const struct engine *e, uint16_t i)
{
    if (instrument_known(e, i)) {
        char name[INSTRUMENT_NAME_MAX];
        fmt_str(f, instrument_name(&e->ins[i].def, name));
        fmt_str(f, ": ");
    }
}

void fmt_venue(struct fmt *f, const struct engine *e, uint8_t venue)
{
    if (e->venues > 1) {
        fmt_str(f, venue_name(venue));
        fmt_str(f, ": ");
    }
}

// ------------------------------------------------------------------------------------------------ step

static void on_start(struct engine *e, const struct ev_start *s)
{
    e->started = 1;
    e->started_ns = e->now_ns;
    e->mode = s->mode;
    e->equity_start_e8 = s->equity_start_e8;
    e->day_pnl_e8 = s->day_pnl_e8;
    e->next_tick_ns = e->now_ns;
    orders_init(&e->orders, s->epoch);
    if (s->mode == MODE_BACKTEST) { // no connections to wait for
        for (uint8_t v = 0; v < VENUE_MAX; v++) {
            cause_end(e, CAUSE_USER_LINK, scope_of_venue(v));
            cause_end(e, CAUSE_ORDER_LINK, scope_of_venue(v));
        }
    }
}

static void take(struct engine *e, const struct event *ev)
{
    switch ((enum event_type)ev->type) {
    case EV_START:
        on_start(e, &ev->u.start);
        break;
    case EV_INSTRUMENT:
    case EV_BOOK_SNAPSHOT:
    case EV_BOOK_DIFF:
    case EV_BOOK_STATE:
    case EV_TRADE:
    case EV_TOUCH:
    case EV_MARK:
        market_on_event(e, ev);
        break;
    case EV_MARGIN:
        if (ev->instrument < INSTRUMENT_MAX) {
            e->ins[ev->instrument].margin = ev->u.margin;
        }
        break;
    case EV_ORDER:
        reports_on_order(e, ev);
        break;
    case EV_ACCOUNT:
        reports_on_account(e, ev);
        break;
    case EV_LINK:
    case EV_BUDGET:
    case EV_LOAD:
        faults_on_event(e, ev);
        break;
    case EV_OPERATOR:
        operator_on_event(e, ev);
        break;
    case EV_TIMER:      // time is in every header
    case EV_PREDICTION: // no strategy uses one yet
    case EV_NONE:
    case EV_TYPE_COUNT:
        break;
    }
}

// We did not run for half a second: whatever waited in the sockets is old (failure-modes.md T4), and the
// venue may have filled or cancelled meanwhile.
static void notice_freeze(struct engine *e, int64_t before_ns)
{
    if (!e->ready || before_ns == 0 || e->now_ns - before_ns <= 500 * NS_PER_MS) {
        return;
    }
    char text[80];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_str(&f, "frozen for ");
    fmt_secs(&f, e->now_ns - before_ns);
    fmt_str(&f, ": quotes pulled until books move again and reads agree");
    action_log(e, INSTRUMENT_NONE, text);
    alarm_set(&e->alarms, ALARM_FROZEN, INSTRUMENT_NONE, true, e->now_ns);
    alarm_describe(&e->alarms, ALARM_FROZEN, INSTRUMENT_NONE, text);
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        e->ins[i].frozen_ns = instrument_known(e, i) ? e->now_ns : 0;
    }
    e->thawed_ns = e->now_ns;
    e->next_tick_ns = e->now_ns; // judged in this very step
}

static void housekeeping(struct engine *e)
{
    if (e->now_ns < e->next_tick_ns) {
        return;
    }
    e->next_tick_ns = e->now_ns + ENGINE_TICK_NS;
    market_housekeeping(e);
    faults_housekeeping(e);
    start_run(e);
    reconcile_housekeeping(e);
    quotes_housekeeping(e);
}

static void tell_alarms(struct engine *e)
{
    for (int i = 0; i < SNAP_ALARMS; i++) { // more in one instant come with the next event
        const struct snap_alarm *x = alarm_poll(&e->alarms, e->now_ns, e->wall_ns);
        if (!x) {
            break;
        }
        action_alarm(e, (enum alarm_level)x->level, INSTRUMENT_NONE, x->code, x->text);
    }
}

static void find_deadline(struct engine *e)
{
    int64_t d = e->next_tick_ns, k = kill_deadline(e);
    d = k < d ? k : d;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (e->ins[i].quoted && instrument_known(e, i)) {
            int64_t m = maker_deadline(&e->ins[i].maker, e->now_ns);
            d = m < d ? m : d;
        }
    }
    e->deadline_ns = d;
}

void engine_step(struct engine *e, const struct event *ev, struct actions *out)
{
    CHECK(e->seq == 0 || ev->seq == e->seq + 1);
    CHECK(ev->mono_ns >= e->now_ns);
    int64_t before_ns = e->now_ns;
    e->seq = ev->seq;
    e->now_ns = ev->mono_ns;
    e->wall_ns = ev->wall_ns;
    e->out = out;
    out->count = 0;
    ledger_begin_step(&e->ledger);

    notice_freeze(e, before_ns);
    take(e, ev);
    if (e->equity_due) {
        e->equity_due = 0;
        equity_update(e);
    }
    housekeeping(e);
    state_update(e);
    kill_run(e);
    quotes_run(e);
    tell_alarms(e);
    probe_mark(PROBE_DECIDED);

    for (uint32_t i = 0; i < out->count; i++) {
        e->action_hash = action_hash(e->action_hash, &out->a[i]);
    }
    find_deadline(e);
    e->out = NULL;
}

int64_t engine_next_deadline(const struct engine *e)
{
    return e->deadline_ns;
}

uint64_t engine_action_hash(const struct engine *e)
{
    return e->action_hash;
}

int64_t engine_ledger_sum_e8(const struct engine *e, enum currency c)
{
    return ledger_sum_e8(&e->ledger, c);
}

const struct posting *engine_postings(const struct engine *e, size_t *count)
{
    return ledger_postings_of_step(&e->ledger, count);
}
