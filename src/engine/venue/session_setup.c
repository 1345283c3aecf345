// SPDX-License-Identifier: Apache-2.0
// session_setup: what must be known before trading, and kept known: our clock against the venue's, the
// instruments, the listen key (the account's settings: session_settings.c). Each is a task that is repeated
// with back-off until it succeeds; a settings answer that says "already so" is a success.
#include <string.h>

#include "base/check.h"
#include "base/fmt.h"
#include "engine/venue/error_class.h"
#include "engine/venue/session_state.h"

enum { BURST_PROBES = PROBES };

static const int64_t BURST_GAP_NS = 2 * NS_PER_S;
static const int64_t OFFSET_JUMP_NS = 500 * NS_PER_MS;
static const int64_t SUSPECT_GAP_NS = 10 * NS_PER_S;
static const int64_t HALTED_NS = 60 * NS_PER_S; // while an instrument does not trade
static const int64_t RENEW_RETRY_NS = 60 * NS_PER_S;
static const int64_t KEY_OLD_NS = INT64_C(55) * 60 * NS_PER_S;
void task_failed(struct session *s, struct task *t)
{
    t->state = TASK_WAIT;
    t->retry_ns = s->now + (t->tries >= 5 ? BACKOFF_MAX_NS : NS_PER_S << t->tries);
    t->tries += t->tries < 100;
    arm(s, t->retry_ns);
}

void task_done(struct task *t)
{
    t->state = TASK_DONE;
    t->tries = 0;
}

// Take a request for a task that is due; NULL when it is not, or not now.
struct pending *task_begin(struct session *s, struct task *t, enum request_kind kind, uint16_t instrument)
{
    if (t->state != TASK_WAIT) {
        return NULL;
    }
    if (!dialect_offers(s->d, kind)) {
        task_done(t);
        return NULL;
    }
    if (s->now < t->retry_ns) {
        arm(s, t->retry_ns);
        return NULL;
    }
    struct pending *p = request_begin(s, kind, instrument, LANE_READ);
    if (!p) {
        task_failed(s, t);
        return NULL;
    }
    t->state = TASK_SENT;
    return p;
}

void task_plain(struct session *s, struct task *t, enum request_kind kind)
{
    struct pending *p = task_begin(s, t, kind, INSTRUMENT_NONE);
    if (p) {
        request_send(s, p);
    }
}

// ---------------------------------------------------------------------------------------------- the sequence

// Ask what can be asked now. Signed questions need the clock, questions about a symbol the instruments.
static void advance(struct session *s)
{
    task_plain(s, &s->time, RQ_TIME);
    task_plain(s, &s->info, RQ_EXCHANGE_INFO);
    if (s->probe_count == 0) {
        return;
    }
    if (!s->c.public_only) {
        task_plain(s, &s->listen, RQ_LISTEN_KEY);
    }
    settings_advance(s);
}

void setup_start(struct session *s)
{
    s->burst = BURST_PROBES;
    advance(s);
}

// -------------------------------------------------------------------------------------------------------------
// clock

static int64_t median_probe(const struct session *s)
{
    int64_t v[PROBES] = {0};
    int n = s->probe_count;
    for (int i = 0; i < n; i++) {
        int k = i;
        for (; k > 0 && v[k - 1] > s->probe_ns[i]; k--) {
            v[k] = v[k - 1];
        }
        v[k] = s->probe_ns[i];
    }
    return v[n / 2];
}

static void rest_state(struct session *s, enum link_state state, const char *text)
{
    s->link[LINK_REST].state = (uint8_t)state;
    session_tell_link(s, LINK_REST, text);
}

static void on_time_answer(struct session *s, const struct answer *a)
{
    int64_t rtt = a->received_mono_ns - a->sent_mono_ns;
    if (!answer_succeeded(a) || rtt < 0 || a->u.time.server_ms <= 0 || a->u.time.server_ms > TIME_MAX_MS) {
        task_failed(s, &s->time);
        s->rest_failures += s->rest_failures < 100;
        if (s->rest_failures == 3) {
            rest_state(s, LINK_DOWN, "no answer to 3 clock probes");
        }
        return;
    }
    int64_t server_ns = a->u.time.server_ms * NS_PER_MS + NS_PER_MS / 2; // it tells whole milliseconds, cut
    int64_t offset = server_ns - (a->received_mono_ns - rtt / 2);
    int64_t jump = offset - s->venue_minus_mono_ns;
    if (s->probe_count > 0 && (jump > OFFSET_JUMP_NS || jump < -OFFSET_JUMP_NS) && s->burst == 0) {
        s->burst = BURST_PROBES; // the venue's clock stepped: replace the old probes soon
    }
    s->probe_ns[s->probe_next] = offset;
    s->probe_next = (s->probe_next + 1) % PROBES;
    s->probe_count += s->probe_count < PROBES;
    s->venue_minus_mono_ns = median_probe(s);
    s->rtt_ns = rtt;
    s->rest_failures = 0;
    s->clock_checked_ns = s->now;
    budget_align(&s->budget, s->now, s->now + s->venue_minus_mono_ns);
    arm(s, s->budget.minute_ends_ns);
    task_done(&s->time);
    s->burst -= s->burst > 0;
    s->clock_due = s->now + (s->burst ? BURST_GAP_NS : s->c.clock_probe_ns);
    arm(s, s->clock_due);
    rest_state(s, LINK_UP, "");
}

void setup_clock_suspect(struct session *s)
{
    if (s->time.state == TASK_DONE) {
        s->burst = BURST_PROBES;
        s->clock_due = s->now;
        arm(s, s->now);
    }
}

// -------------------------------------------------------------------------------------------------------
// instruments

// Row of exchangeInfo, -1 not there.
static int listed(const struct answer *a, const char *symbol)
{
    for (uint32_t i = 0; i < a->rows && i < INSTRUMENT_MAX; i++) {
        if (strcmp(a->u.instruments[i].symbol, symbol) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void setup_tell_instrument(struct session *s, uint16_t i)
{
    event_init(&s->ev, EV_INSTRUMENT, i, 0);
    s->ev.u.instrument_rev = s->market[i].ins;
    session_emit(s);
}

// What the venue's table says, with what only we know.
static struct instrument completed(const struct session *s, uint16_t i, const struct instrument *row,
                                   const struct wire_symbol *symbol)
{
    const struct market *m = &s->market[i];
    struct instrument ins = *row;
    ins.id = i;
    ins.venue = s->c.venue;
    ins.maker_fee_e8 = m->ins.maker_fee_e8;
    ins.taker_fee_e8 = m->ins.taker_fee_e8;
    ins.leverage = s->c.leverage;
    ins.tif_mask = (uint8_t)(symbol->tifs & (1u << TIF_GTC | 1u << TIF_IOC | 1u << TIF_FOK | 1u << TIF_GTX));
    ins.funding_interval_h =
        m->margin.funding_interval_h ? m->margin.funding_interval_h : row->funding_interval_h;
    memset(ins.pad, 0, sizeof ins.pad);
    return ins;
}

static void take_instrument(struct session *s, uint16_t i, const struct instrument *row,
                            const struct wire_symbol *symbol)
{
    struct market *m = &s->market[i];
    struct instrument ins = completed(s, i, row, symbol);
    m->symbol = *symbol;
    if (m->known && memcmp(&ins, &m->ins, sizeof ins) == 0) {
        return;
    }
    bool grid = !m->known || ins.tick_e8 != m->ins.tick_e8 || ins.lot_e8 != m->ins.lot_e8;
    m->ins = ins;
    m->known = 1;
    if (grid) {
        market_grid_changed(s, i);
    }
    setup_tell_instrument(s, i);
}

// A symbol that the venue does not list (any more): say so; one that was listed is halted, not forgotten.
static void not_listed(struct session *s, uint16_t i)
{
    struct market *m = &s->market[i];
    if (m->known && m->ins.status != INSTRUMENT_HALTED) {
        m->ins.status = INSTRUMENT_HALTED;
        setup_tell_instrument(s, i);
    } else if (!m->known) {
        char text[64];
        struct fmt f = fmt_begin(text, sizeof text);
        fmt_str(&f, m->ins.symbol);
        fmt_str(&f, " is not listed by this venue: not traded");
        session_tell_link(s, LINK_REST, text);
    }
}

static void on_info_answer(struct session *s, const struct answer *a)
{
    if (!answer_succeeded(a)) {
        task_failed(s, &s->info);
        return;
    }
    task_done(&s->info);
    budget_set_limits(&s->budget, a->weight_limit_min, a->order_limit_min);
    uint32_t known = 0;
    bool halted = false;
    for (uint16_t i = 0; i < session_instruments(s); i++) {
        if (!s->market[i].ours) {
            continue;
        }
        int at = listed(a, s->market[i].ins.symbol);
        const struct instrument *row = at < 0 ? NULL : &a->u.info.instruments[at];
        if (row && row->tick_e8 > 0 && row->lot_e8 > 0) {
            take_instrument(s, i, row, &a->u.info.symbols[at]);
        } else {
            not_listed(s, i);
        }
        known += s->market[i].known;
        halted |= s->market[i].known && s->market[i].ins.status == INSTRUMENT_HALTED;
    }
    s->info_due = s->now + (halted ? HALTED_NS : s->c.info_refresh_ns);
    arm(s, s->info_due);
    if (known > 0) {
        links_connect_markets(s);
    }
}

void setup_info_suspect(struct session *s)
{
    int64_t at = s->now + SUSPECT_GAP_NS;
    if (s->info.state == TASK_DONE && at < s->info_due) {
        s->info_due = at;
        arm(s, at);
    }
}

// --------------------------------------------------------------------------------------------- listen key

void setup_new_listen_key(struct session *s, int64_t not_before_ns)
{
    s->listen_key[0] = 0;
    s->renew_due = INT64_MAX;
    if (s->listen.state != TASK_SENT) {
        s->listen.state = TASK_WAIT;
        s->listen.retry_ns = not_before_ns;
        arm(s, not_before_ns);
    }
}

// While the link is up this is a new key for the old's last minutes: a second connection takes over.
static void on_listen_answer(struct session *s, const struct answer *a)
{
    if (!answer_succeeded(a) || a->u.listen.key[0] == 0) {
        task_failed(s, &s->listen);
        return;
    }
    task_done(&s->listen);
    bool other = strncmp(s->listen_key, a->u.listen.key, sizeof s->listen_key - 1) != 0;
    memcpy(s->listen_key, a->u.listen.key, sizeof s->listen_key);
    s->listen_key[sizeof s->listen_key - 1] = 0;
    s->key_ns = s->now;
    s->renew_due = s->now + s->c.listen_renew_ns;
    arm(s, s->renew_due);
    if (other && s->link[LINK_USER].state == LINK_UP) {
        links_change(s, LINK_USER);
    } else {
        session_connect_soon(s, LINK_USER, s->now);
    }
}

static void on_renew_answer(struct session *s, const struct answer *a)
{
    if (answer_succeeded(a)) {
        s->key_ns = s->now;
        return;
    }
    session_tell_link(s, LINK_USER, "the listen key could not be renewed");
    if (venue_error_class(a->http_status, a->code) == 'L') {
        session_close_link(s, LINK_USER, "the listen key is gone");
        return;
    }
    s->renew_due = s->now + RENEW_RETRY_NS;
    arm(s, s->renew_due);
}

// Valid 60 minutes from the last success: at 55 a new one, before the stream ends.
static void renew(struct session *s)
{
    s->renew_due = s->now + s->c.listen_renew_ns;
    if (s->now - s->key_ns >= KEY_OLD_NS && s->listen.state == TASK_DONE) {
        s->listen.state = TASK_WAIT;
        s->listen.retry_ns = 0;
        s->renew_due = s->now + RENEW_RETRY_NS;
        return;
    }
    struct pending *p = request_begin(s, RQ_LISTEN_KEY_RENEW, INSTRUMENT_NONE, LANE_READ);
    if (!p) {
        s->renew_due = s->now + RENEW_RETRY_NS;
        return;
    }
    if (s->d->key_in_renewal) {
        request_text(s, "listenKey", s->listen_key);
    }
    request_send(s, p);
}

// ------------------------------------------------------------------------------------------------------------
// common

void setup_on_answer(struct session *s, const struct pending *p, const struct answer *a)
{
    if (!settings_on_answer(s, p, a)) {
        switch (p->kind) {
        case RQ_TIME:
            on_time_answer(s, a);
            break;
        case RQ_EXCHANGE_INFO:
            on_info_answer(s, a);
            break;
        case RQ_LISTEN_KEY:
            on_listen_answer(s, a);
            break;
        case RQ_INCOME:
            income_on_answer(s, a);
            break;
        default:
            on_renew_answer(s, a);
            break;
        }
    }
    advance(s);
}

void setup_on_time(struct session *s)
{
    if (s->now >= s->clock_due && s->time.state == TASK_DONE) {
        s->time.state = TASK_WAIT;
        s->time.retry_ns = 0;
        s->clock_due = INT64_MAX;
    }
    if (s->now >= s->info_due && s->info.state == TASK_DONE) {
        s->info.state = TASK_WAIT;
        s->info.retry_ns = 0;
        s->info_due = INT64_MAX;
    }
    if (s->now >= s->renew_due) {
        renew(s);
    }
    settings_on_time(s);
    arm(s, s->clock_due);
    arm(s, s->info_due);
    arm(s, s->renew_due);
    advance(s);
}
