// SPDX-License-Identifier: Apache-2.0
// session_rows: which rows an event, an action or a posting makes.
#include <stdio.h>
#include <string.h>

#include "engine/order/order.h"
#include "store/session_internal.h"

static struct row event_row(struct session_db *db, enum query q, enum weight weight, const struct event *ev,
                            struct error *e)
{
    struct row r = row_begin(db, q, weight, e);
    row_int(&r, (int64_t)ev->seq);
    row_int(&r, ev->wall_ns);
    return r;
}

static int64_t next_entry(struct entry_counter *c, uint64_t seq)
{
    c->entry = c->seq == seq ? c->entry + 1 : 0;
    c->seq = seq;
    return c->entry;
}

// ---------------------------------------------------------------------------------------------------- orders

// Ids that are not of our making belong to somebody else; the venue's own closings (seam) to nobody.
static enum strategy_id strategy_of(const struct ev_order *o)
{
    enum strategy_id s = STRATEGY_NONE;
    uint32_t epoch = 0;
    uint64_t counter = 0;
    if (order_id_parse(o->client_id, &s, &epoch, &counter)) {
        return s;
    }
    return o->fill_kind == FILL_ORDINARY || o->fill_kind == FILL_MISSED ? STRATEGY_EXTERNAL : STRATEGY_NONE;
}

static bool order_report_row(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_order *o = &ev->u.order;
    struct row r = event_row(db, Q_ORDER_REPORT, WEIGHT_MONEY, ev, e);
    row_int(&r, ev->venue_ns);
    row_instrument(&r, ev->instrument);
    row_text(&r, o->client_id);
    row_int(&r, (int64_t)o->order_id);
    row_text(&r, name_of_report(o->kind));
    row_text(&r, name_of_order_status(o->status));
    row_text(&r, name_of_source(o->source));
    row_int(&r, o->price_ticks);
    row_int(&r, o->qty_lots);
    row_int(&r, o->cum_lots);
    row_text(&r, name_of_drop(o->drop_reason));
    row_int(&r, o->code);
    row_text(&r, o->text);
    return row_end(&r, e);
}

// An order that we did not place in this session still gets its row, from what the report tells.
static bool order_foreign_row(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_order *o = &ev->u.order;
    struct row r = row_begin(db, Q_ORDER, WEIGHT_MONEY, e);
    row_text(&r, o->client_id);
    row_int(&r, ev->instrument);
    row_text(&r, name_of_strategy(strategy_of(o)));
    row_text(&r, name_of_side(o->side));
    row_text(&r, name_of_tif(o->tif));
    row_int(&r, o->reduce_only);
    row_int(&r, 0);
    row_int(&r, o->price_ticks);
    row_int(&r, o->qty_lots);
    row_int(&r, (int64_t)ev->seq);
    row_null(&r);
    row_text(&r, "sent");
    return row_end(&r, e);
}

// The order's word for a report; NULL: the report does not change it. *done: it is the end.
static const char *status_after(const struct ev_order *o, bool *done)
{
    *done = false;
    switch ((enum report_kind)o->kind) {
    case RK_SENT:
        return NULL;
    case RK_ACCEPTED:
        return "open";
    case RK_FILL:
        *done = o->status == OS_FILLED || (o->qty_lots > 0 && o->cum_lots >= o->qty_lots);
        return *done ? "filled" : "partial";
    case RK_CANCELED:
    case RK_EXPIRED:
    case RK_REJECTED:
    case RK_NOT_SENT:
    case RK_ABSENT:
        *done = true;
        return name_of_report(o->kind);
    case RK_DOUBT:
        return "unknown";
    case RK_STATE:
        *done = o->status >= OS_FILLED;
        return name_of_order_status(o->status);
    default:
        return NULL;
    }
}

static bool order_update_row(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_order *o = &ev->u.order;
    bool done = false;
    const char *status = status_after(o, &done);
    bool answered = o->source != SOURCE_LOCAL && o->kind != RK_SENT;
    struct row r = row_begin(db, Q_ORDER_UPDATE, WEIGHT_MONEY, e);
    row_time(&r, o->kind == RK_SENT ? ev->wall_ns : 0);
    row_time(&r, answered ? ev->wall_ns : 0);
    row_time(&r, done ? ev->wall_ns : 0);
    row_int(&r, (int64_t)o->order_id);
    row_int(&r, o->cum_lots);
    if (status) {
        row_text(&r, status);
    } else {
        row_null(&r);
    }
    row_int(&r, o->code);
    row_text(&r, o->text[0] ? o->text : name_of_drop(o->drop_reason));
    row_text(&r, o->client_id);
    return row_end(&r, e);
}

// One row per execution, whichever path told it first (order.h keys fills the same way).
static bool fill_row(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_order *o = &ev->u.order;
    const struct instrument *ins = ev->instrument < INSTRUMENT_MAX ? &db->instrument[ev->instrument] : NULL;
    struct row r = event_row(db, Q_FILL, WEIGHT_MONEY, ev, e);
    row_int(&r, ev->venue_ns);
    row_int(&r, ev->instrument);
    row_int(&r, (int64_t)o->trade_id);
    row_text(&r, o->client_id);
    row_int(&r, (int64_t)o->order_id);
    row_text(&r, name_of_strategy(strategy_of(o)));
    row_text(&r, name_of_side(o->side));
    row_int(&r, o->side == SIDE_BUY ? o->last_lots : -o->last_lots);
    row_int(&r, o->last_price_e8);
    row_int(&r, ins && ins->lot_e8 > 0 ? instrument_notional_e8(ins, o->last_price_e8, o->last_lots) : 0);
    row_int(&r, o->fee_e8);
    row_text(&r, currency_name((enum currency)o->fee_currency));
    row_int(&r, o->maker);
    row_text(&r, name_of_fill_kind(o->fill_kind));
    row_text(&r, name_of_source(o->source));
    return row_end(&r, e);
}

static bool order_event(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_order *o = &ev->u.order;
    if (!order_report_row(db, ev, e)) {
        return false;
    }
    if (o->client_id[0] && ev->instrument != INSTRUMENT_NONE &&
        (!order_foreign_row(db, ev, e) || !order_update_row(db, ev, e))) {
        return false;
    }
    return o->kind != RK_FILL || o->last_lots == 0 || fill_row(db, ev, e);
}

// ---------------------------------------------------------------------------------------------- other events

static bool start_event(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_start *s = &ev->u.start;
    struct row r = row_begin(db, Q_SESSION_START, WEIGHT_MONEY, e);
    row_int(&r, s->epoch);
    row_int(&r, (int64_t)s->seed);
    row_int(&r, (int64_t)s->config_hash);
    row_int(&r, s->equity_start_e8);
    row_int(&r, s->day_pnl_e8);
    return row_end(&r, e);
}

static bool instrument_event(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct instrument *i = &ev->u.instrument_rev;
    if (i->id < INSTRUMENT_MAX) {
        db->instrument[i->id] = *i;
    }
    struct row r = event_row(db, Q_INSTRUMENT, WEIGHT_MONEY, ev, e);
    row_int(&r, i->id);
    char name[INSTRUMENT_NAME_MAX];
    row_text(&r, venue_name(i->venue));
    row_text(&r, i->symbol);
    row_text(&r, instrument_name(i, name));
    row_text(&r, name_of_instrument_kind(i->kind));
    row_text(&r, name_of_instrument_status(i->status));
    row_text(&r, currency_name((enum currency)i->settle));
    row_int(&r, i->tick_e8);
    row_int(&r, i->lot_e8);
    row_int(&r, i->contract_e8);
    row_int(&r, i->min_qty_lots);
    row_int(&r, i->max_qty_lots);
    row_int(&r, i->min_notional_e8);
    row_int(&r, i->maker_fee_e8);
    row_int(&r, i->taker_fee_e8);
    row_int(&r, i->leverage);
    row_int(&r, i->funding_interval_h);
    return row_end(&r, e);
}

static bool account_event(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_account *a = &ev->u.account;
    struct row r = event_row(db, Q_ACCOUNT, WEIGHT_MONEY, ev, e);
    row_text(&r, venue_name(ev->venue));
    row_text(&r, name_of_account_kind(a->kind));
    row_text(&r, name_of_account_reason(a->reason));
    row_int(&r, a->from_read);
    row_instrument(&r, ev->instrument);
    row_text(&r, currency_name((enum currency)a->currency));
    row_int(&r, a->wallet_e8);
    row_int(&r, a->change_e8);
    row_int(&r, a->position_lots);
    row_int(&r, a->entry_e8);
    row_int(&r, a->count);
    if (!row_end(&r, e)) {
        return false;
    }
    if (a->kind != AK_BALANCE || a->reason != AR_FUNDING) {
        return true;
    }
    r = event_row(db, Q_FUNDING, WEIGHT_MONEY, ev, e);
    row_text(&r, venue_name(ev->venue));
    row_int(&r, ev->venue_ns);
    row_instrument(&r, ev->instrument);
    row_text(&r, currency_name((enum currency)a->currency));
    row_int(&r, a->change_e8);
    return row_end(&r, e);
}

static bool operator_event(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_operator *o = &ev->u.op;
    struct row r = event_row(db, Q_OPERATOR, WEIGHT_MONEY, ev, e);
    row_text(&r, name_of_actor(o->actor));
    row_text(&r, name_of_verb(o->verb));
    row_instrument(&r, ev->instrument);
    row_text(&r, name_of_strategy(o->strategy));
    row_int(&r, o->sub);
    row_int(&r, o->value);
    row_int(&r, (int64_t)o->frame);
    row_int(&r, o->key_mono_ns);
    row_text(&r, o->word);
    return row_end(&r, e);
}

static bool link_event(struct session_db *db, const struct event *ev, struct error *e)
{
    struct row r = event_row(db, Q_LINK, WEIGHT_LIGHT, ev, e);
    row_text(&r, venue_name(ev->venue));
    row_text(&r, name_of_link(ev->u.link.link));
    row_text(&r, name_of_link_state(ev->u.link.state));
    row_int(&r, ev->u.link.rtt_ns);
    row_int(&r, ev->u.link.clock_offset_ns);
    row_text(&r, ev->u.link.text);
    return row_end(&r, e);
}

static bool book_state_event(struct session_db *db, const struct event *ev, struct error *e)
{
    struct row r = event_row(db, Q_BOOK_STATE, WEIGHT_LIGHT, ev, e);
    row_instrument(&r, ev->instrument);
    row_text(&r, name_of_book_state(ev->u.book_state.state));
    row_text(&r, name_of_book_reason(ev->u.book_state.reason));
    row_int(&r, (int64_t)ev->u.book_state.last_id);
    return row_end(&r, e);
}

static bool budget_event(struct session_db *db, const struct event *ev, struct error *e)
{
    struct row r = event_row(db, Q_BUDGET, WEIGHT_LIGHT, ev, e);
    row_text(&r, venue_name(ev->venue));
    row_text(&r, ev->u.budget.lane == 0 ? "weight" : "orders");
    row_int(&r, ev->u.budget.used_pct);
    row_int(&r, ev->u.budget.used);
    row_int(&r, ev->u.budget.limit);
    return row_end(&r, e);
}

static bool load_event(struct session_db *db, const struct event *ev, struct error *e)
{
    struct row r = event_row(db, Q_LOAD, WEIGHT_LIGHT, ev, e);
    row_text(&r, venue_name(ev->venue));
    row_int(&r, ev->u.load.tick_to_order_p99_ns);
    row_int(&r, ev->u.load.lag_ns);
    row_int(&r, ev->u.load.ring_pct);
    return row_end(&r, e);
}

static bool prediction_event(struct session_db *db, const struct event *ev, struct error *e)
{
    const struct ev_prediction *p = &ev->u.prediction;
    char model[20];
    snprintf(model, sizeof model, "%016llx", (unsigned long long)p->model_id);
    struct row r = event_row(db, Q_PREDICTION, WEIGHT_LIGHT, ev, e);
    row_instrument(&r, ev->instrument);
    row_text(&r, model);
    row_int(&r, p->down_ppm);
    row_int(&r, p->flat_ppm);
    row_int(&r, p->up_ppm);
    row_int(&r, p->horizon_ticks);
    row_int(&r, p->made_for_seq);
    return row_end(&r, e);
}

bool session_db_event(struct session_db *db, const struct event *ev, struct error *e)
{
    db->now.last_seq = ev->seq;
    db->now.events++;
    switch ((enum event_type)ev->type) {
    case EV_START:
        return start_event(db, ev, e);
    case EV_INSTRUMENT:
        return instrument_event(db, ev, e);
    case EV_BOOK_STATE:
        return book_state_event(db, ev, e);
    case EV_ORDER:
        return order_event(db, ev, e);
    case EV_ACCOUNT:
        return account_event(db, ev, e);
    case EV_LINK:
        return link_event(db, ev, e);
    case EV_BUDGET:
        return budget_event(db, ev, e);
    case EV_LOAD:
        return load_event(db, ev, e);
    case EV_OPERATOR:
        return operator_event(db, ev, e);
    case EV_PREDICTION:
        return prediction_event(db, ev, e);
    default:
        return true; // market data and timers are on the tape
    }
}

void session_db_count(struct session_db *db, uint64_t last_seq, uint64_t events)
{
    db->now.last_seq = last_seq;
    db->now.events += events;
}

// ----------------------------------------------------------------------------------------- actions, postings

static bool place_row(struct session_db *db, const struct action *a, int64_t wall_ns, struct error *e)
{
    struct row r = row_begin(db, Q_ORDER, WEIGHT_MONEY, e);
    row_text(&r, a->client_id);
    row_int(&r, a->instrument);
    row_text(&r, name_of_strategy(a->strategy));
    row_text(&r, name_of_side(a->side));
    row_text(&r, name_of_tif(a->tif));
    row_int(&r, a->reduce_only);
    row_int(&r, a->close_only);
    row_int(&r, a->price_ticks);
    row_int(&r, a->qty_lots);
    row_int(&r, (int64_t)a->cause_seq);
    row_int(&r, wall_ns);
    row_text(&r, "intent");
    return row_end(&r, e);
}

static bool alert_row(struct session_db *db, const struct action *a, int64_t wall_ns, struct error *e)
{
    struct row r = row_begin(db, Q_ALERT, WEIGHT_MONEY, e);
    row_int(&r, (int64_t)a->cause_seq);
    row_int(&r, next_entry(&db->now.alert_entry, a->cause_seq));
    row_int(&r, wall_ns);
    row_text(&r, name_of_alarm_level(a->level));
    row_text(&r, a->client_id);
    row_instrument(&r, a->instrument);
    row_text(&r, a->text);
    return row_end(&r, e);
}

bool session_db_action(struct session_db *db, const struct action *a, int64_t wall_ns, struct error *e)
{
    db->now.actions++;
    switch ((enum action_type)a->type) {
    case ACT_PLACE:
        return place_row(db, a, wall_ns, e);
    case ACT_ALARM:
        return alert_row(db, a, wall_ns, e);
    default:
        return true;
    }
}

bool session_db_posting(struct session_db *db, const struct posting *p, int64_t wall_ns, struct error *e)
{
    struct row r = row_begin(db, Q_LEDGER, WEIGHT_MONEY, e);
    row_int(&r, (int64_t)p->seq);
    row_int(&r, next_entry(&db->now.ledger_entry, p->seq));
    row_int(&r, wall_ns);
    row_text(&r, venue_name(p->venue));
    row_text(&r, name_of_posting(p->kind));
    row_text(&r, name_of_account(p->debit));
    row_text(&r, name_of_account(p->credit));
    row_int(&r, p->amount_e8);
    row_text(&r, currency_name((enum currency)p->currency));
    row_instrument(&r, p->instrument);
    row_text(&r, name_of_strategy(p->strategy));
    row_int(&r, (int64_t)p->trade_id);
    row_text(&r, p->client_id);
    return row_end(&r, e);
}

bool session_db_gap(struct session_db *db, uint64_t seq_from, uint64_t seq_to, int64_t wall_ns,
                    struct error *e)
{
    struct row r = row_begin(db, Q_GAP, WEIGHT_MONEY, e);
    row_int(&r, (int64_t)seq_from);
    row_int(&r, (int64_t)seq_to);
    row_int(&r, wall_ns);
    return row_end(&r, e);
}
