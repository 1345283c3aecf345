// SPDX-License-Identifier: Apache-2.0
// session_request: requests in flight. The dialect's table says for each kind of question its method, path,
// cost and connection; a slot and its budget are taken before the text is built, so a refusal costs nothing
// and leaves no trace.
#include <string.h>

#include "base/check.h"
#include "base/probe.h"
#include "engine/venue/session_state.h"

_Static_assert((int)LANE_KILL == (int)BUDGET_KILL && (int)LANE_CANCEL == (int)BUDGET_CANCEL &&
                   (int)LANE_DEADMAN == (int)BUDGET_DEADMAN && (int)LANE_PLACE == (int)BUDGET_PLACE &&
                   (int)LANE_READ == (int)BUDGET_READ,
               "lanes spend the budget of the same name");
_Static_assert(PENDING_MAX == 256, "a tag's low byte is its slot");

void budget_tell(struct session *s)
{
    for (int lane = 0; lane < BUDGET_LANES; lane++) {
        // Who is refused or banned has nothing left to spend, whatever the counts say (V8, V9, V10).
        bool refused = s->now < budget_refused_until_ns(&s->budget, (enum budget_lane)lane);
        int32_t mark = refused ? 100 : budget_mark(&s->budget, (enum budget_lane)lane);
        if (refused) {
            arm(s, budget_refused_until_ns(&s->budget, (enum budget_lane)lane));
        }
        if (mark != s->budget_mark[lane]) {
            s->budget_mark[lane] = mark;
            event_init(&s->ev, EV_BUDGET, INSTRUMENT_NONE, 0);
            s->ev.u.budget = (struct ev_budget){.lane = (uint8_t)lane,
                                                .used_pct = (uint8_t)mark,
                                                .used = s->budget.line[lane].used,
                                                .limit = s->budget.line[lane].limit};
            session_emit(s);
        }
    }
}

static struct pending *free_slot(struct session *s, enum lane lane)
{
    uint32_t max = lane == LANE_PLACE || lane == LANE_READ ? PENDING_PLACE_MAX : PENDING_MAX;
    if (s->pending_count >= max) {
        return NULL;
    }
    for (uint32_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &s->pending[(s->generation + i) % PENDING_MAX];
        if (p->tag == 0) {
            return p;
        }
    }
    return NULL;
}

static struct pending *take_slot(struct session *s, struct pending *p, enum request_kind kind,
                                 uint16_t instrument, enum lane lane)
{
    memset(p, 0, sizeof *p);
    s->generation = (s->generation + 1) & 0xffffff;
    s->generation += s->generation == 0;
    p->tag = s->generation << 8 | (uint32_t)(p - s->pending);
    s->pending_count++;
    s->place_count += kind == RQ_PLACE;
    p->kind = (uint8_t)kind;
    p->lane = (uint8_t)lane;
    p->instrument = instrument;
    p->queued_ns = s->now;
    p->trade_mark = instrument < INSTRUMENT_MAX ? s->market[instrument].last_trade_id : 0;
    return p;
}

struct pending *request_slot(struct session *s, enum request_kind kind, uint16_t instrument, enum lane lane)
{
    struct pending *p = free_slot(s, lane);
    return p ? take_slot(s, p, kind, instrument, lane) : NULL;
}

static void begin_text(struct session *s, const struct pending *p, const struct request_form *f)
{
    struct request *rq = &s->cmd.rq;
    rq->tag = p->tag;
    rq->kind = p->kind;
    rq->lane = p->lane;
    rq->signed_ = f->signed_;
    rq->on_order_link = f->on_order_link;
    rq->close_only = p->kind != RQ_PLACE && p->kind != RQ_BATCH_PLACE; // a placement says so itself
    memset(rq->method, 0, sizeof rq->method);
    memcpy(rq->method, f->method, strlen(f->method));
    memset(rq->path, 0, sizeof rq->path);
    memcpy(rq->path, f->path, strlen(f->path));
    rq->text_len = 0;
    rq->text[0] = 0;
    rq->not_after_ns = 0;
    rq->timeout_ns = f->on_order_link ? 2 * s->c.ack_timeout_ns : CLERK_TIMEOUT_NS;
    rq->cause_seq = 0;
}

// Without a key nothing signed is asked; after two refusals of our signature or clock nothing signed goes out
// but what takes risk away.
static bool is_stopped(const struct session *s, const struct request_form *f, enum lane lane)
{
    if (s->c.public_only && f->signed_) {
        return true;
    }
    return s->stopped && f->signed_ && (lane == LANE_PLACE || lane == LANE_READ);
}

struct pending *request_begin_many(struct session *s, enum request_kind kind, uint16_t instrument,
                                   enum lane lane, uint32_t n)
{
    const struct request_form *f = &s->d->form[kind];
    int32_t orders = f->orders * (int32_t)n;
    struct pending *p = f->path && !is_stopped(s, f, lane) ? free_slot(s, lane) : NULL;
    if (!p || !budget_take(&s->budget, (enum budget_user)lane, f->weight, orders, s->now)) {
        return NULL;
    }
    take_slot(s, p, kind, instrument, lane);
    p->weight = f->weight;
    p->orders = orders;
    begin_text(s, p, f);
    return p;
}

struct pending *request_begin(struct session *s, enum request_kind kind, uint16_t instrument, enum lane lane)
{
    return request_begin_many(s, kind, instrument, lane, 1);
}

static void put(struct request *rq, char c)
{
    CHECK(rq->text_len + 1u < REQUEST_TEXT_MAX);
    rq->text[rq->text_len++] = c;
    rq->text[rq->text_len] = 0;
}

static void put_name(struct request *rq, const char *name)
{
    if (rq->text_len) {
        put(rq, '&');
    }
    while (*name) {
        put(rq, *name++);
    }
    put(rq, '=');
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void request_text(struct session *s, const char *name, const char *value)
{
    static const char HEX[] = "0123456789ABCDEF";
    struct request *rq = &s->cmd.rq;
    put_name(rq, name);
    for (; *value; value++) {
        if (is_unreserved(*value)) {
            put(rq, *value);
        } else {
            put(rq, '%');
            put(rq, HEX[(unsigned char)*value >> 4]);
            put(rq, HEX[(unsigned char)*value & 15]);
        }
    }
}

void request_int(struct session *s, const char *name, int64_t value)
{
    char text[32];
    decimal_format(text, value, 0, 0);
    request_text(s, name, text);
}

void request_symbol(struct session *s, const struct pending *p)
{
    request_text(s, "symbol", s->market[p->instrument].ins.symbol);
}

void request_send(struct session *s, struct pending *p)
{
    struct request *rq = &s->cmd.rq;
    CHECK(rq->tag == p->tag);
    rq->cause_seq = p->cause_seq;
    s->cmd.type = LC_REQUEST;
    s->cmd.link = rq->on_order_link ? LINK_ORDER : LINK_REST;
    s->cmd.len = 0;
    if (rq->on_order_link) {
        probe_mark(PROBE_ENCODED);
    }
    s->out->command(s->out->ctx, &s->cmd);
    budget_tell(s);
}

struct pending *request_find(struct session *s, uint32_t tag)
{
    struct pending *p = &s->pending[tag % PENDING_MAX];
    return tag != 0 && p->tag == tag ? p : NULL;
}

void request_free(struct session *s, struct pending *p)
{
    CHECK(p->tag != 0 && s->pending_count > 0);
    p->tag = 0;
    s->pending_count--;
    s->place_count -= p->kind == RQ_PLACE;
}
