// SPDX-License-Identifier: Apache-2.0
// session_batch: several placements or cancels of one step as one request, where configuration and venue
// allow it. Each element keeps a slot of its own among the requests in flight (its time-out, its doubt, its
// report); the batch is a request whose answer is dealt out to them, row by row, in the order sent. A batch
// that fails as a whole leaves every element as unknown, or as refused, as its answer was (failure-modes.md
// O10).
#include <string.h>

#include "base/check.h"
#include "base/fmt.h"
#include "engine/venue/session_state.h"

_Static_assert((int)BATCH_MAX <= (int)ANSWER_BATCH_MAX, "an answer holds a row for each");

static uint32_t limit_of(const struct session *s, uint16_t type)
{
    uint32_t max = type == ACT_PLACE ? s->d->place_batch_max : s->d->cancel_batch_max;
    return max < BATCH_MAX ? max : BATCH_MAX;
}

bool batch_wants(const struct session *s, const struct action *a)
{
    bool on = (a->type == ACT_PLACE && s->c.batch_place) || (a->type == ACT_CANCEL && s->c.batch_cancel);
    return on && limit_of(s, a->type) > 1 && session_knows(s, a->instrument);
}

// Same type, instrument, urgency and way of naming the order.
static bool fits(const struct session *s, const struct action *a)
{
    const struct action *first = &s->batch[0];
    return first->type == a->type && first->instrument == a->instrument &&
           first->close_only == a->close_only &&
           (a->type != ACT_CANCEL || (first->order_id != 0) == (a->order_id != 0));
}

void batch_add(struct session *s, const struct action *a)
{
    if (s->batch_count && (!fits(s, a) || s->batch_count == limit_of(s, a->type))) {
        batch_flush(s);
    }
    s->batch[s->batch_count++] = *a;
    arm(s, s->now);
}

// ----------------------------------------------------------------------------------------------------- texts

static void json_field(struct fmt *f, bool first, const char *name, const char *value)
{
    fmt_str(f, first ? "\"" : ",\"");
    fmt_str(f, name);
    fmt_str(f, "\":\"");
    fmt_str(f, value);
    fmt_str(f, "\"");
}

static void json_order(struct session *s, struct fmt *f, const struct pending *p)
{
    struct order_field field[ORDER_FIELDS];
    char text[2][32];
    uint32_t n = orders_fields(s, p, field, text);
    fmt_str(f, "{");
    for (uint32_t i = 0; i < n; i++) {
        json_field(f, i == 0, field[i].name, field[i].value);
    }
    fmt_str(f, "}");
}

static void put_places(struct session *s, const struct pending *leader)
{
    char list[REQUEST_TEXT_MAX];
    struct fmt f = fmt_begin(list, sizeof list);
    for (uint32_t i = 0; i < leader->members; i++) {
        fmt_str(&f, i ? "," : "[");
        json_order(s, &f, &s->pending[leader->member[i]]);
    }
    fmt_str(&f, "]");
    request_text(s, "batchOrders", list);
}

static void put_cancels(struct session *s, const struct pending *leader)
{
    char list[REQUEST_TEXT_MAX];
    struct fmt f = fmt_begin(list, sizeof list);
    bool by_id = s->pending[leader->member[0]].order_id != 0;
    for (uint32_t i = 0; i < leader->members; i++) {
        const struct pending *p = &s->pending[leader->member[i]];
        fmt_str(&f, i ? "," : "[");
        if (by_id) {
            fmt_int(&f, (int64_t)p->order_id);
        } else {
            fmt_str(&f, "\"");
            fmt_str(&f, p->client_id);
            fmt_str(&f, "\"");
        }
    }
    fmt_str(&f, "]");
    request_symbol(s, leader);
    request_text(s, by_id ? "orderIdList" : "origClientOrderIdList", list);
}

// ------------------------------------------------------------------------------------------------------
// flush

// Slots for the elements that may go; the others are refused here. The leader's budget is taken for all of
// them or for none.
static struct pending *begin(struct session *s, const struct action *list, uint32_t count)
{
    bool place = list[0].type == ACT_PLACE;
    enum lane lane = orders_lane(&list[0]);
    uint8_t member[BATCH_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct pending *p = orders_element(s, &list[i], lane);
        if (p) {
            member[n++] = (uint8_t)(p - s->pending);
        }
    }
    if (n == 0) {
        return NULL;
    }
    struct pending *leader =
        request_begin_many(s, place ? RQ_BATCH_PLACE : RQ_BATCH_CANCEL, list[0].instrument, lane, n);
    for (uint32_t i = 0; i < n && !leader; i++) {
        struct pending p = s->pending[member[i]];
        request_free(s, &s->pending[member[i]]);
        orders_on_dropped(s, &p, DROP_BUDGET);
    }
    if (leader) {
        leader->members = (uint8_t)n;
        memcpy(leader->member, member, n);
        leader->cause_seq = list[0].cause_seq;
    }
    return leader;
}

void batch_flush(struct session *s)
{
    struct action list[BATCH_MAX];
    uint32_t count = s->batch_count;
    memcpy(list, s->batch, count * sizeof list[0]);
    s->batch_count = 0;
    if (count == 1) {
        orders_single(s, &list[0]);
    }
    if (count <= 1) {
        return;
    }
    struct pending *leader = begin(s, list, count);
    if (!leader) {
        return;
    }
    if (leader->kind == RQ_BATCH_PLACE) {
        put_places(s, leader);
        s->cmd.rq.close_only = list[0].close_only && list[0].reduce_only;
        s->cmd.rq.not_after_ns = s->now + (list[0].close_only ? s->c.ack_timeout_ns : s->c.order_max_age_ns);
    } else {
        put_cancels(s, leader);
    }
    request_send(s, leader);
}

// ----------------------------------------------------------------------------------------------------
// answers

void batch_on_sent(struct session *s, const struct pending *leader)
{
    for (uint32_t i = 0; i < leader->members; i++) {
        struct pending *p = &s->pending[leader->member[i]];
        p->sent = 1;
        p->sent_ns = leader->sent_ns;
        orders_on_sent(s, p);
    }
}

void batch_on_dropped(struct session *s, const struct pending *leader, enum drop_reason why)
{
    for (uint32_t i = 0; i < leader->members; i++) {
        struct pending p = s->pending[leader->member[i]];
        request_free(s, &s->pending[leader->member[i]]);
        orders_on_dropped(s, &p, why);
    }
}

// The part of a batch's answer that is about element i.
static void part_of(const struct answer *a, uint32_t i, bool rows, struct answer *one)
{
    memcpy(one, a, offsetof(struct answer, u));
    memset(&one->u.order, 0, sizeof one->u.order);
    if (rows) {
        one->u.order = a->u.orders[i];
        one->code = a->u.orders[i].code;
        one->http_status = one->code < 0 ? 400 : 200;
    } else {
        one->malformed |= answer_succeeded(a); // a list of another length tells nothing
    }
}

void batch_on_answer(struct session *s, const struct pending *leader, const struct answer *a)
{
    bool rows = answer_succeeded(a) && a->rows == leader->members;
    for (uint32_t i = 0; i < leader->members; i++) {
        struct pending p = s->pending[leader->member[i]];
        request_free(s, &s->pending[leader->member[i]]);
        struct answer one;
        part_of(a, i, rows, &one);
        one.kind = p.kind;
        orders_on_answer(s, &p, &one);
    }
}
