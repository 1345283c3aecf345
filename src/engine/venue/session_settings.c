// SPDX-License-Identifier: Apache-2.0
// session_settings: how the account is set up at the venue, and the terms of trade that only the venue knows.
// One-way mode, one currency as margin, margin type, leverage, self-trade prevention: asked, set where they
// differ, and looked at again every ten minutes and with every read of positions, since somebody may change
// them (hedge mode is never changed by us: it is refused). Brackets and fees are read daily, funding terms
// hourly: a venue may shorten the interval in stress. What a venue does not offer is done by definition.
#include <string.h>

#include "base/check.h"
#include "engine/venue/error_class.h"
#include "engine/venue/session_state.h"

static const int64_t SETTINGS_NS = 600 * NS_PER_S;
static const int64_t TERMS_NS = 3600 * NS_PER_S;
static const int64_t FEES_NS = INT64_C(86400) * NS_PER_S;
static const int64_t CONFIG_ECHO_NS = 5 * NS_PER_S;

// A setting that differs is set once; when that does not help, it is told once.
enum { UNTRIED, TRIED, TOLD };

static void tell_config(struct session *s, uint16_t instrument, enum account_config what)
{
    struct ev_account *e = account_event(s, instrument, AK_CONFIG, AR_NONE);
    e->count = (uint32_t)what;
    e->from_read = 1;
    session_emit(s);
}

// --------------------------------------------------------------------------------------------------
// questions

static void symbol_task(struct session *s, struct task *t, enum request_kind kind, uint16_t i)
{
    struct pending *p = task_begin(s, t, kind, i);
    if (p) {
        request_symbol(s, p);
        request_send(s, p);
    }
}

// Margin type first, then leverage; fees and brackets beside.
static void instrument_tasks(struct session *s, uint16_t i)
{
    struct task *t = s->market[i].task;
    struct pending *p;
    if ((p = task_begin(s, &t[TASK_MARGIN], RQ_MARGIN_TYPE, i)) != NULL) {
        request_symbol(s, p);
        request_text(s, "marginType", s->c.isolated ? "ISOLATED" : "CROSSED");
        request_send(s, p);
    }
    if (t[TASK_MARGIN].state == TASK_DONE && (p = task_begin(s, &t[TASK_LEVERAGE], RQ_LEVERAGE, i)) != NULL) {
        request_symbol(s, p);
        request_int(s, "leverage", s->c.leverage);
        request_send(s, p);
    }
    symbol_task(s, &t[TASK_COMMISSION], RQ_COMMISSION, i);
    symbol_task(s, &t[TASK_BRACKETS], RQ_BRACKETS, i);
}

// A venue without a table of funding terms (Aster's testnet): the spacing of past payments tells the
// interval.
static void interval_task(struct session *s, uint16_t i)
{
    struct pending *p = task_begin(s, &s->market[i].task[TASK_FUNDING], RQ_FUNDING_RATE, i);
    if (p) {
        request_symbol(s, p);
        request_int(s, "limit", 2);
        request_send(s, p);
    }
}

void settings_advance(struct session *s)
{
    uint32_t known = 0;
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        known += s->market[i].known;
        if (s->no_terms && s->market[i].known) {
            interval_task(s, i);
        }
    }
    if (known) {
        task_plain(s, &s->terms, RQ_FUNDING_INFO);
    }
    if (s->c.public_only) {
        return;
    }
    task_plain(s, &s->mode, RQ_POSITION_MODE);
    task_plain(s, &s->multi, RQ_MULTI_ASSETS);
    task_plain(s, &s->stp, RQ_STP_MODE);
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        if (s->market[i].known) {
            instrument_tasks(s, i);
        }
    }
}

// ----------------------------------------------------------------------------------------------------
// answers

// A question that this venue does not answer at all is not asked again before its time.
static void not_answered(struct session *s, struct task *t, const struct answer *a)
{
    if (!a->not_sent && !a->lost && a->http_status == 404) {
        task_done(t);
    } else {
        task_failed(s, t);
    }
}

static void on_mode_answer(struct session *s, const struct answer *a)
{
    if (!answer_succeeded(a)) {
        task_failed(s, &s->mode);
        return;
    }
    if (a->u.mode.hedge) {
        s->hedge = 1;
        tell_config(s, INSTRUMENT_NONE, CONFIG_HEDGE);
        task_failed(s, &s->mode); // ask again: a person must change it
        return;
    }
    s->hedge = 0;
    task_done(&s->mode);
}

// On: switched off once, then read again; still on: a person must look.
static void on_multi_answer(struct session *s, const struct answer *a)
{
    if (!answer_succeeded(a)) {
        not_answered(s, &s->multi, a);
        return;
    }
    if (!a->u.multi_assets.on) {
        s->multi_set = UNTRIED;
        task_done(&s->multi);
        return;
    }
    task_failed(s, &s->multi);
    struct pending *p =
        s->multi_set == UNTRIED ? request_begin(s, RQ_SET_MULTI_ASSETS, INSTRUMENT_NONE, LANE_READ) : NULL;
    if (p) {
        s->multi_set = TRIED;
        s->config_quiet_ns = s->now + CONFIG_ECHO_NS;
        request_text(s, "multiAssetsMargin", "false");
        request_send(s, p);
    } else if (s->multi_set == TRIED) {
        s->multi_set = TOLD;
        tell_config(s, INSTRUMENT_NONE, CONFIG_MULTI_ASSETS);
    }
}

static void on_stp_answer(struct session *s, const struct answer *a)
{
    if (!answer_succeeded(a)) {
        not_answered(s, &s->stp, a);
        return;
    }
    if (strcmp(a->u.stp.mode, STP_MODE) == 0) {
        s->stp_set = UNTRIED;
        task_done(&s->stp);
        return;
    }
    task_failed(s, &s->stp); // read back after it was set
    struct pending *p =
        s->stp_set == UNTRIED ? request_begin(s, RQ_SET_STP, INSTRUMENT_NONE, LANE_READ) : NULL;
    if (p) {
        s->stp_set = TRIED;
        request_text(s, "stpMode", STP_MODE);
        request_send(s, p);
    } else if (s->stp_set == TRIED) {
        s->stp_set = TOLD;
        tell_config(s, INSTRUMENT_NONE, CONFIG_STP);
    }
}

static void on_margin_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct market *m = &s->market[p->instrument];
    struct task *t = &m->task[TASK_MARGIN];
    s->config_quiet_ns = s->now + CONFIG_ECHO_NS;
    m->settings_ns = s->now;
    bool kept =
        a->code == -4047 || a->code == -4048; // orders or a position: the position read tells what it is
    if (!kept && !answer_succeeded(a) && venue_error_class(a->http_status, a->code) != 'N') {
        task_failed(s, t);
        if (a->code < 0 && t->tries == 1) {
            tell_config(s, p->instrument, a->code == -4168 ? CONFIG_MULTI_ASSETS : CONFIG_MARGIN);
        }
        return;
    }
    task_done(t);
}

static void on_leverage_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct market *m = &s->market[p->instrument];
    struct task *t = &m->task[TASK_LEVERAGE];
    s->config_quiet_ns = s->now + CONFIG_ECHO_NS;
    m->settings_ns = s->now;
    if (answer_succeeded(a)) {
        task_done(t);
        return;
    }
    task_failed(s, t);
    if (a->code < 0 && t->tries == 1) {
        tell_config(s, p->instrument, CONFIG_LEVERAGE);
    }
}

static void on_commission_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct market *m = &s->market[p->instrument];
    if (!answer_succeeded(a)) {
        task_failed(s, &m->task[TASK_COMMISSION]);
        return;
    }
    task_done(&m->task[TASK_COMMISSION]);
    if (m->ins.maker_fee_e8 != a->u.commission.maker_e8 || m->ins.taker_fee_e8 != a->u.commission.taker_e8) {
        m->ins.maker_fee_e8 = a->u.commission.maker_e8;
        m->ins.taker_fee_e8 = a->u.commission.taker_e8;
        setup_tell_instrument(s, p->instrument);
    }
}

// ------------------------------------------------------------------------------------------------------
// terms

static void take_margin(struct session *s, uint16_t i, const struct margin_table *now)
{
    struct market *m = &s->market[i];
    if (memcmp(now, &m->margin, sizeof *now) == 0) {
        return;
    }
    m->margin = *now;
    event_init(&s->ev, EV_MARGIN, i, 0);
    s->ev.u.margin = *now;
    if (event_valid(&s->ev, s->ev.size)) {
        session_emit(s);
    }
}

static bool bracket_of(const struct wire_bracket *w, struct margin_bracket *b, int64_t after_e8)
{
    *b = (struct margin_bracket){
        .cap_e8 = w->cap_e8, .cum_e8 = w->cum_e8, .ratio_e8 = (int32_t)w->maint_e8, .leverage = w->leverage};
    return w->cap_e8 > after_e8 && w->cum_e8 >= 0 && w->maint_e8 >= 0 && w->maint_e8 <= E8 && w->leverage > 0;
}

static void on_brackets_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    struct market *m = &s->market[p->instrument];
    struct task *t = &m->task[TASK_BRACKETS];
    if (!answer_succeeded(a)) {
        not_answered(s, t, a);
        return;
    }
    task_done(t);
    struct margin_table table = m->margin;
    table.count = 0;
    memset(table.bracket, 0, sizeof table.bracket);
    for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX && table.count < BRACKETS_MAX; k++) {
        const struct wire_bracket *w = &a->u.brackets[k];
        if (strcmp(w->symbol, m->ins.symbol) != 0) {
            continue;
        }
        int64_t after = table.count ? table.bracket[table.count - 1].cap_e8 : 0;
        if (!bracket_of(w, &table.bracket[table.count], after)) {
            s->bad_messages++; // a table with a senseless row is no table
            return;
        }
        table.count++;
    }
    take_margin(s, p->instrument, &table);
}

static const struct wire_funding_info *terms_of(const struct answer *a, const char *symbol)
{
    for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX; k++) {
        if (strcmp(a->u.funding_info[k].symbol, symbol) == 0) {
            return &a->u.funding_info[k];
        }
    }
    return NULL;
}

static void take_interval(struct session *s, uint16_t i, int32_t hours)
{
    struct market *m = &s->market[i];
    if (hours >= 1 && hours <= 24 && hours != m->ins.funding_interval_h) {
        m->ins.funding_interval_h = hours;
        setup_tell_instrument(s, i);
    }
}

static void on_rates_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    const int64_t hour_ms = INT64_C(3600) * 1000;
    struct task *t = &s->market[p->instrument].task[TASK_FUNDING];
    if (!answer_succeeded(a)) {
        not_answered(s, t, a);
        return;
    }
    task_done(t);
    if (a->rows >= 2) {
        int64_t first = a->u.funding[0].time_ms, last = a->u.funding[1].time_ms;
        int64_t apart = first > 0 && first < TIME_MAX_MS && last > 0 && last < TIME_MAX_MS ? last - first : 0;
        int64_t hours = (apart + hour_ms / 2) / hour_ms;
        struct margin_table table = s->market[p->instrument].margin;
        if (hours >= 1 && hours <= 24) {
            table.funding_interval_h = (int32_t)hours;
            take_interval(s, p->instrument, table.funding_interval_h);
            take_margin(s, p->instrument, &table);
        }
    }
}

static void on_terms_answer(struct session *s, const struct answer *a)
{
    s->no_terms = a->http_status == 404;
    if (!answer_succeeded(a)) {
        not_answered(s, &s->terms, a);
        return;
    }
    task_done(&s->terms);
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        const struct wire_funding_info *w = terms_of(a, s->market[i].ins.symbol);
        if (!s->market[i].known || !w) {
            continue; // some venues list only what differs from 8 h
        }
        struct margin_table table = s->market[i].margin;
        table.funding_interval_h = w->interval_h >= 1 && w->interval_h <= 24 ? w->interval_h : 0;
        table.funding_cap_e8 = w->cap_e8;
        table.funding_floor_e8 = w->floor_e8;
        take_interval(s, i, w->interval_h);
        take_margin(s, i, &table);
    }
}

bool settings_on_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    switch (p->kind) {
    case RQ_POSITION_MODE:
        on_mode_answer(s, a);
        return true;
    case RQ_MULTI_ASSETS:
        on_multi_answer(s, a);
        return true;
    case RQ_STP_MODE:
        on_stp_answer(s, a);
        return true;
    case RQ_SET_MULTI_ASSETS:
    case RQ_SET_STP:
        return true; // the read that follows tells whether it worked
    case RQ_MARGIN_TYPE:
        on_margin_answer(s, p, a);
        return true;
    case RQ_LEVERAGE:
        on_leverage_answer(s, p, a);
        return true;
    case RQ_COMMISSION:
        on_commission_answer(s, p, a);
        return true;
    case RQ_BRACKETS:
        on_brackets_answer(s, p, a);
        return true;
    case RQ_FUNDING_INFO:
        on_terms_answer(s, a);
        return true;
    case RQ_FUNDING_RATE:
        on_rates_answer(s, p, a);
        return true;
    default:
        return false;
    }
}

// ------------------------------------------------------------------------------------------------------
// drift

static bool is_margin_type(const struct wire_position *w, bool isolated)
{
    return (w->margin_type[0] | 0x20) == (isolated ? 'i' : 'c');
}

// Tell it once, and set it anew; a position or open orders may forbid that, then it stays told.
static void drifted(struct session *s, uint16_t i, enum account_config what, struct task *t)
{
    struct market *m = &s->market[i];
    if (!(m->drift_told >> what & 1)) {
        m->drift_told |= (uint8_t)(1u << what);
        tell_config(s, i, what);
        t->state = TASK_WAIT;
        t->retry_ns = s->now;
        arm(s, s->now);
    }
}

void settings_check(struct session *s, uint16_t i, const struct wire_position *w, int64_t sent_ns)
{
    struct market *m = &s->market[i];
    bool settled = m->task[TASK_MARGIN].state == TASK_DONE && m->task[TASK_LEVERAGE].state == TASK_DONE &&
                   sent_ns > m->settings_ns;
    if (!settled) {
        return;
    }
    if (w->margin_type[0] && !is_margin_type(w, s->c.isolated)) {
        drifted(s, i, CONFIG_MARGIN, &m->task[TASK_MARGIN]);
    } else if (w->margin_type[0]) {
        m->drift_told &= (uint8_t) ~(1u << CONFIG_MARGIN);
    }
    if (w->leverage > 0 && w->leverage != s->c.leverage) {
        drifted(s, i, CONFIG_LEVERAGE, &m->task[TASK_LEVERAGE]);
    } else if (w->leverage > 0) {
        m->drift_told &= (uint8_t) ~(1u << CONFIG_LEVERAGE);
    }
}

// Is it only what we want?
static bool as_wanted(const struct session *s, const struct user_msg *m)
{
    return m->has_modes ? !m->hedge && !m->multi_assets
                        : m->positions > 0 && m->position[0].leverage == s->c.leverage;
}

void settings_changed(struct session *s, const struct user_msg *m)
{
    if (!s->was_ready || s->now < s->config_quiet_ns || as_wanted(s, m)) {
        return; // the echo of our own settings, or no harm
    }
    tell_config(s, INSTRUMENT_NONE, CONFIG_CHANGED);
    s->config_quiet_ns = s->now + 12 * CONFIG_ECHO_NS;
    s->mode.state = s->multi.state = TASK_WAIT;
    for (uint32_t i = 0; i < s->c.instrument_count; i++) {
        s->market[i].task[TASK_MARGIN].state = s->market[i].task[TASK_LEVERAGE].state = TASK_WAIT;
    }
    settings_advance(s);
}

static void again(struct task *t)
{
    if (t->state == TASK_DONE) {
        t->state = TASK_WAIT;
        t->retry_ns = 0;
    }
}

void settings_on_time(struct session *s)
{
    if (s->settings_due == 0) {
        s->settings_due = s->now + SETTINGS_NS;
        s->terms_due = s->now + TERMS_NS;
        s->fees_due = s->now + FEES_NS;
    }
    if (s->now >= s->settings_due) {
        s->settings_due = s->now + SETTINGS_NS;
        again(&s->mode);
        again(&s->multi);
        again(&s->stp);
    }
    if (s->now >= s->terms_due) {
        s->terms_due = s->now + TERMS_NS;
        again(&s->terms);
        for (uint32_t i = 0; i < s->c.instrument_count; i++) {
            again(&s->market[i].task[TASK_FUNDING]);
        }
    }
    if (s->now >= s->fees_due) {
        s->fees_due = s->now + FEES_NS;
        for (uint32_t i = 0; i < s->c.instrument_count; i++) {
            again(&s->market[i].task[TASK_COMMISSION]);
            again(&s->market[i].task[TASK_BRACKETS]);
        }
    }
    arm(s, s->settings_due);
    arm(s, s->terms_due);
    arm(s, s->fees_due);
}
