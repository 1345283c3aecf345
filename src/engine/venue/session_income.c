// SPDX-License-Identifier: Apache-2.0
// session_income: funding that the user stream did not tell of (failure-modes.md V17). After each funding
// time the income history is read, also when we think that we hold nothing: what was filled while the stream
// was away is not known yet. A payment without its event is told then. A payment is known by its amount and
// time: the stream names no id.
#include <string.h>

#include "base/check.h"
#include "engine/venue/session_state.h"

static const int64_t AFTER_NS = 20 * NS_PER_S; // a venue charges up to 15 s late (venue-api.md 7.2)
static const int64_t RETRY_NS = 30 * NS_PER_S;
static const int64_t SAME_MS = INT64_C(120) * 1000;

void income_note_push(struct session *s, int64_t change_e8, int64_t at_ms)
{
    s->funding[s->funding_at] = (struct funding_seen){.change_e8 = change_e8, .at_ms = at_ms};
    s->funding_at = (s->funding_at + 1) % FUNDING_SEEN;
}

void income_note_mark(struct session *s, uint16_t i, int64_t next_ms)
{
    struct market *m = &s->market[i];
    int64_t past_ms = m->next_funding_ms;
    m->next_funding_ms = next_ms;
    if (past_ms <= 0 || next_ms <= past_ms || !dialect_offers(s->d, RQ_INCOME)) {
        return;
    }
    s->income_from_ms = s->income_due ? s->income_from_ms : past_ms;
    int64_t late_ms = session_venue_ms(s) - past_ms; // we learn of it late: the less is to wait
    int64_t wait_ns = late_ms <= 0                     ? AFTER_NS
                      : late_ms < AFTER_NS / NS_PER_MS ? AFTER_NS - late_ms * NS_PER_MS
                                                       : 1;
    s->income_due = s->income_due ? s->income_due : s->now + wait_ns;
    s->income_tries = 0;
    arm(s, s->income_due);
}

static bool was_told(struct session *s, const struct wire_income *w)
{
    for (uint32_t i = 0; i < FUNDING_SEEN; i++) {
        struct funding_seen *f = &s->funding[i];
        int64_t apart = f->at_ms - w->time_ms;
        if (w->tran_id && f->tran_id == w->tran_id) {
            return true;
        }
        if (!f->tran_id && f->change_e8 == w->income_e8 && apart > -SAME_MS && apart < SAME_MS) {
            f->tran_id = w->tran_id; // one event, one payment
            return true;
        }
    }
    return false;
}

static void tell_missed(struct session *s, const struct wire_income *w)
{
    enum currency c = currency_of(w->asset);
    if (c == CURRENCY_NONE || !money_fits(w->income_e8)) {
        s->bad_messages++;
        return;
    }
    s->funding[s->funding_at] =
        (struct funding_seen){.change_e8 = w->income_e8, .at_ms = w->time_ms, .tran_id = w->tran_id};
    s->funding_at = (s->funding_at + 1) % FUNDING_SEEN;
    struct ev_account *e = account_event(s, session_find(s, w->symbol), AK_BALANCE, AR_FUNDING);
    e->currency = (uint8_t)c;
    e->from_read = 1;
    e->change_e8 = w->income_e8;
    e->wallet_e8 = s->last_wallet_e8[c];
    s->ev.venue_ns = session_ns(w->time_ms);
    session_emit(s);
}

void income_on_answer(struct session *s, const struct answer *a)
{
    if (!answer_succeeded(a)) {
        s->income_tries++;
        s->income_due = s->income_tries < 5 ? s->now + RETRY_NS : 0; // then the wallet's read must settle it
        arm(s, s->income_due ? s->income_due : INT64_MAX);
        return;
    }
    s->income_due = 0;
    for (uint32_t k = 0; k < a->rows && k < ANSWER_ROWS_MAX; k++) {
        const struct wire_income *w = &a->u.income[k];
        if (strcmp(w->type, "FUNDING_FEE") == 0 && w->time_ms >= s->income_from_ms - SAME_MS &&
            session_find(s, w->symbol) != INSTRUMENT_NONE && w->income_e8 != 0 && !was_told(s, w)) {
            tell_missed(s, w);
        }
    }
}

void income_on_time(struct session *s)
{
    if (s->income_due == 0) {
        return;
    }
    if (s->now < s->income_due) {
        arm(s, s->income_due);
        return;
    }
    s->income_due = s->now + RETRY_NS; // unless it is answered
    arm(s, s->income_due);
    struct pending *p = request_begin(s, RQ_INCOME, INSTRUMENT_NONE, LANE_READ);
    if (p) {
        request_text(s, "incomeType", "FUNDING_FEE");
        request_int(s, "startTime", s->income_from_ms - SAME_MS);
        request_int(s, "limit", ANSWER_ROWS_MAX);
        request_send(s, p);
    }
}
