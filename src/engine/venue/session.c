// SPDX-License-Identifier: Apache-2.0
// session: the entry points and the timers. Each entry point notes the time and the sink, does its part, and
// leaves; what has to happen later is a time in the block, and `deadline` is a lower bound of the earliest of
// them: a timer that is no longer needed costs one idle call of session_on_time, nothing else.
#include "engine/venue/session.h"

#include <string.h>

#include "base/check.h"
#include "base/fmt.h"
#include "base/text.h"
#include "engine/venue/error_class.h"
#include "engine/venue/session_state.h"

// -------------------------------------------------------------------------------------------------------
// beginnings

size_t session_size(void)
{
    return sizeof(struct session);
}

static void market_init(struct market *m, const struct session_config *sc, const struct instrument_config *c)
{
    m->ours = c->venue == sc->venue;
    text_copy(m->ins.symbol, sizeof m->ins.symbol, c->symbol);
    text_copy(m->stream, sizeof m->stream, c->symbol);
    m->stream_len = (uint32_t)strlen(m->stream);
    for (char *p = m->stream; *p; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + ('a' - 'A')) : *p;
    }
    m->ins.maker_fee_e8 = FEE_MAKER_E8;
    m->ins.taker_fee_e8 = FEE_TAKER_E8;
    m->trades_ns = INT64_MAX;
    booksync_init(&m->sync, !dialect_get((enum dialect_id)sc->dialect)->depth_joins_by_pu);
}

struct session *session_init(void *mem, size_t bytes, const struct session_config *c)
{
    CHECK(bytes >= sizeof(struct session) && c->instrument_count <= INSTRUMENT_MAX);
    struct session *s = mem;
    memset(s, 0, sizeof *s);
    s->c = *c;
    s->d = dialect_get((enum dialect_id)c->dialect);
    CHECK(INSTRUMENT_MAX * STREAM_KINDS <= s->d->streams_per_link); // one connection carries all
    CHECK(STREAM_KINDS <= s->d->streams_per_message);
    s->deadline = INT64_MAX;
    rng_seed(&s->rng, UINT64_C(0x7469636b) + c->venue);
    budget_init(&s->budget, c->weight_limit_min ? c->weight_limit_min : s->d->weight_limit_min,
                c->order_limit_min ? c->order_limit_min : s->d->order_limit_min);
    budget_set_orders_10s(&s->budget, s->d->order_limit_10s);
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        market_init(&s->market[i], c, &c->instruments[i]);
    }
    for (int i = 0; i < LINK_COUNT; i++) {
        s->link[i].next_ns = INT64_MAX;
    }
    s->clock_due = s->info_due = s->renew_due = s->orders_due = s->positions_due = INT64_MAX;
    return s;
}

// What every entry point does first. Time never goes back inside a session.
static void enter(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out)
{
    s->now = mono_ns > s->now ? mono_ns : s->now;
    s->wall = wall_ns;
    s->out = out;
}

void session_emit(struct session *s)
{
    s->ev.venue = s->c.venue;
    s->out->event(s->out->ctx, &s->ev);
}

uint16_t session_find(const struct session *s, const char *symbol)
{
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        if (s->market[i].known && strcmp(s->market[i].ins.symbol, symbol) == 0) {
            return i;
        }
    }
    return INSTRUMENT_NONE;
}

static bool settings_done(const struct market *m)
{
    return m->task[TASK_MARGIN].state == TASK_DONE && m->task[TASK_LEVERAGE].state == TASK_DONE;
}

static bool account_known(const struct session *s, uint32_t all)
{
    bool positions = s->read_positions || !dialect_offers(s->d, RQ_POSITIONS);
    return (s->read_orders & all) == all && positions && s->read_balance;
}

bool session_is_ready(const struct session *s)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < s->c.instrument_count; i++) {
        const struct market *m = &s->market[i];
        if (!m->known) {
            continue; // not listed here: the others trade
        }
        all |= UINT32_C(1) << i;
        if (!s->c.public_only && !settings_done(m)) {
            return false;
        }
    }
    if (s->c.public_only) {
        return all != 0;
    }
    return all != 0 && !s->hedge && !s->stopped && s->mode.state == TASK_DONE &&
           s->link[LINK_USER].state == LINK_UP && account_known(s, all);
}

// ------------------------------------------------------------------------------------------------------
// entry points

void session_start(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    links_start(s);
    setup_start(s);
}

void session_on_open(struct session *s, enum link_id link, unsigned which, int64_t mono_ns, int64_t wall_ns,
                     const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    CHECK((unsigned)link < LINK_COUNT && which < 2);
    links_on_open(s, link, which);
}

void session_on_closed(struct session *s, enum link_id link, unsigned which, const char *reason,
                       int64_t mono_ns, int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    CHECK((unsigned)link < LINK_COUNT && which < 2);
    links_on_closed(s, link, which, reason ? reason : "closed");
}

void session_on_market(struct session *s, enum link_id link, unsigned which, const char *text, size_t n,
                       int64_t mono_ns, int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    bool spare;
    if (links_hear(s, link, which, &spare)) {
        market_on_text(s, link, spare, text, n);
    }
}

void session_on_user(struct session *s, unsigned which, const struct user_msg *m, int64_t mono_ns,
                     int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    bool spare;
    if (links_hear(s, LINK_USER, which, &spare)) {
        account_on_user(s, which, m);
    }
}

void session_on_sent(struct session *s, uint32_t tag, int64_t sent_mono_ns, int64_t mono_ns, int64_t wall_ns,
                     const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    struct pending *p = request_find(s, tag);
    if (p && !p->sent) {
        p->sent = 1;
        p->sent_ns = sent_mono_ns;
        orders_on_sent(s, p);
    }
}

static void dropped(struct session *s, const struct pending *p, enum drop_reason why)
{
    struct answer none = {
        .kind = p->kind, .not_sent = 1, .retry_after_s = -1, .used_weight = -1, .order_count = -1};
    switch (p->kind) {
    case RQ_PLACE:
    case RQ_CANCEL:
    case RQ_CANCEL_ALL:
    case RQ_AMEND:
    case RQ_BATCH_PLACE:
    case RQ_BATCH_CANCEL:
    case RQ_DEADMAN:
        orders_on_dropped(s, p, why);
        break;
    case RQ_QUERY_ORDER:
        doubt_on_answer(s, p, &none);
        break;
    case RQ_DEPTH:
        market_on_snapshot(s, p, &none);
        break;
    case RQ_OPEN_ORDERS:
    case RQ_POSITIONS:
    case RQ_BALANCE:
    case RQ_TRADES:
        account_on_answer(s, p, &none);
        break;
    default:
        setup_on_answer(s, p, &none);
        break;
    }
}

void session_on_dropped(struct session *s, uint32_t tag, enum drop_reason why, int64_t mono_ns,
                        int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    struct pending *slot = request_find(s, tag);
    if (!slot) {
        return;
    }
    struct pending p = *slot;
    request_free(s, slot);
    budget_return(&s->budget, p.weight, p.orders);
    dropped(s, &p, why);
    budget_tell(s);
}

static void answered(struct session *s, const struct pending *p, const struct answer *a)
{
    switch (p->kind) {
    case RQ_PLACE:
    case RQ_CANCEL:
    case RQ_CANCEL_ALL:
    case RQ_AMEND:
    case RQ_BATCH_PLACE:
    case RQ_BATCH_CANCEL:
    case RQ_DEADMAN:
        orders_on_answer(s, p, a);
        break;
    case RQ_QUERY_ORDER:
        doubt_on_answer(s, p, a);
        break;
    case RQ_DEPTH:
        market_on_snapshot(s, p, a);
        break;
    case RQ_OPEN_ORDERS:
    case RQ_POSITIONS:
    case RQ_BALANCE:
    case RQ_TRADES:
        account_on_answer(s, p, a);
        break;
    default:
        setup_on_answer(s, p, a);
        break;
    }
}

// The venue said "too much": obey, and say so.
static void refused(struct session *s, const struct answer *a)
{
    char text[64];
    struct fmt f = fmt_begin(text, sizeof text);
    int64_t until;
    const char *what = "over the venue's rate limit for ";
    if (a->code == -1015) {
        budget_refused_orders(&s->budget, a->retry_after_s, s->now);
        until = s->budget.orders_refused_until_ns;
        what = "over the venue's order limit for ";
    } else {
        budget_refused(&s->budget, a->http_status, a->retry_after_s, s->now);
        bool banned = a->http_status == 418;
        until = banned ? s->budget.banned_until_ns : s->budget.refused_until_ns;
        what = banned                  ? "banned by the venue for "
               : a->http_status == 403 ? "firewall of the venue: waiting "
                                       : what;
    }
    fmt_str(&f, what);
    fmt_secs(&f, until - s->now);
    session_tell_link(s, LINK_REST, text);
    budget_tell(s);
}

static void stop(struct session *s, const char *why)
{
    if (!s->stopped) {
        s->stopped = 1;
        session_tell_link(s, LINK_REST, why);
        account_event(s, INSTRUMENT_NONE, AK_CONFIG, AR_NONE)->count = CONFIG_STOPPED;
        session_emit(s);
    }
}

// Signature, key or clock refused (classes A and C). One refusal may be an accident: the clock is asked for
// and the request repeated by whoever needs it. A second one, of a request sent after the first was known
// (and, for the clock, after it was set right), stops the venue until a person reconciles.
static void judge_access(struct session *s, const struct pending *p, const struct answer *a)
{
    if (!s->d->form[p->kind].signed_ || a->not_sent || a->lost || a->malformed) {
        return;
    }
    char class = venue_error_class(a->http_status, a->code);
    int64_t sent_ns = a->sent_mono_ns ? a->sent_mono_ns : p->sent_ns;
    if (class == 'A') {
        if (a->http_status == 451 || (s->auth_refused_ns && sent_ns > s->auth_refused_ns)) {
            stop(s, a->http_status == 451 ? "the venue does not serve this region: stopped"
                                          : "key or signature refused twice: stopped; check the key");
        }
        s->auth_refused_ns = s->now;
    } else if (class == 'C') {
        bool after = sent_ns > s->clock_checked_ns && s->clock_checked_ns > s->clock_refused_ns;
        if (s->clock_refused_ns && after) {
            stop(s, "clock or nonce refused after it was set right: stopped");
        }
        s->clock_refused_ns = s->now;
        setup_clock_suspect(s);
    } else if (a->code >= 0 && a->http_status < 300) {
        s->auth_refused_ns = sent_ns > s->auth_refused_ns ? 0 : s->auth_refused_ns;
        s->clock_refused_ns = sent_ns > s->clock_refused_ns ? 0 : s->clock_refused_ns;
    }
}

static void judge_limits(struct session *s, const struct pending *p, const struct answer *a)
{
    bool limit = a->http_status == 429 || a->http_status == 418 || a->http_status == 403 || a->code == -1015;
    if (limit && !a->not_sent && !a->lost) {
        refused(s, a);
    } else if (a->code == -1008) { // the venue throttles itself
        budget_slow(&s->budget, s->now);
    }
    judge_access(s, p, a);
}

void session_on_answer(struct session *s, uint32_t tag, const struct answer *a, int64_t mono_ns,
                       int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    struct pending *slot = request_find(s, tag);
    if (!slot) {
        return; // an answer after we gave it up as lost: the queries have taken over
    }
    struct pending p = *slot;
    request_free(s, slot);
    if (a->not_sent) {
        budget_return(&s->budget, p.weight, p.orders);
    } else {
        budget_settle(&s->budget, p.weight, p.orders, a->used_weight, a->order_count);
    }
    judge_limits(s, &p, a);
    answered(s, &p, a);
    budget_tell(s);
}

void session_on_action(struct session *s, const struct action *a, int64_t mono_ns, int64_t wall_ns,
                       const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    switch (a->type) {
    case ACT_PLACE:
    case ACT_CANCEL:
    case ACT_CANCEL_ALL:
    case ACT_AMEND:
    case ACT_DEADMAN:
        orders_on_action(s, a);
        break;
    case ACT_READ:
        account_read(s, a);
        break;
    case ACT_REQUEST_SNAPSHOT:
        links_forgive(s);
        if (s->stopped) {
            s->stopped = 0;
            account_reconcile_soon(s);
        }
        s->auth_refused_ns = s->clock_refused_ns = 0;
        if (session_knows(s, a->instrument)) {
            market_resync(s, a->instrument, BOOK_REASON_SNAPSHOT);
        }
        break;
    default:
        break; // for the shell or for eyes
    }
}

void session_on_time(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    s->deadline = INT64_MAX;
    budget_roll(&s->budget, s->now);
    budget_tell(s);
    arm(s, s->budget.minute_ends_ns);
    links_on_time(s);
    setup_on_time(s);
    market_on_time(s);
    orders_on_time(s);
    doubt_on_time(s);
    account_on_time(s);
    income_on_time(s);
    user_on_time(s);
}

void session_flush(struct session *s, int64_t mono_ns, int64_t wall_ns, const struct session_out *out)
{
    enter(s, mono_ns, wall_ns, out);
    batch_flush(s);
}

int64_t session_next_deadline(const struct session *s)
{
    return s->deadline;
}

// --------------------------------------------------------------------------------------------------------------
// look

void session_status(const struct session *s, struct session_status *out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < LINK_COUNT; i++) {
        out->link[i] = s->link[i].state;
    }
    for (uint32_t i = 0; i < s->c.instrument_count; i++) {
        out->gaps += s->market[i].sync.gaps;
        out->duplicates += s->market[i].sync.duplicates;
    }
    out->bad_messages = s->bad_messages;
    out->reconnects = s->reconnects;
    out->weight_used = s->budget.line[BUDGET_WEIGHT].used;
    out->weight_limit = s->budget.line[BUDGET_WEIGHT].limit;
    out->orders_used = s->budget.line[BUDGET_ORDERS].used;
    out->orders_limit = s->budget.line[BUDGET_ORDERS].limit;
    out->clock_offset_ns = session_offset_ns(s);
    out->rtt_ns = s->rtt_ns;
    out->ready = session_is_ready(s);
}

const struct instrument *session_instrument(const struct session *s, uint16_t id)
{
    return session_knows(s, id) ? &s->market[id].ins : NULL;
}

const struct margin_table *session_margin(const struct session *s, uint16_t id)
{
    return session_knows(s, id) ? &s->market[id].margin : NULL;
}

int64_t session_clock_offset(const struct session *s)
{
    return session_offset_ns(s);
}

int64_t session_venue_minus_mono(const struct session *s)
{
    return s->venue_minus_mono_ns;
}
