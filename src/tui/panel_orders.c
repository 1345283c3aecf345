// SPDX-License-Identifier: Apache-2.0
// panel_orders: live orders, and in view 5 the finished ones behind them, newest first.
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"
#include "tui/ui.h"
#include "tui/view.h"

static const char *state_name(uint8_t state)
{
    static const char *const NAME[] = {"FREE",   "INTENT",   "SENT",    "OPEN",     "PARTIAL",  "UNKNOWN",
                                       "FILLED", "CANCELED", "EXPIRED", "REJECTED", "NOT_SENT", "ABSENT"};
    return state < sizeof NAME / sizeof *NAME ? NAME[state] : "?";
}

static const char *tail(const char *id)
{
    size_t n = strnlen(id, CLIENT_ID_MAX);
    return n > 6 ? id + n - 6 : id;
}

static const struct instrument *def_of(const struct snapshot *s, const struct snap_order *o)
{
    return o->instrument < s->instrument_count ? &s->ins[o->instrument].def : NULL;
}

static enum role order_role(const struct snap_order *o)
{
    return o->state == ORD_UNKNOWN    ? ROLE_ALARM_MEDIUM
           : o->state == ORD_REJECTED ? ROLE_ALARM_LOW
                                      : ROLE_TEXT;
}

static const char *state_text(char *buf, size_t cap, const struct snap_order *o)
{
    bool leaving = (o->flags & ORDF_CANCEL_SENT) && (o->state == ORD_OPEN || o->state == ORD_PART);
    if (o->code) {
        snprintf(buf, cap, "%s %d", state_name(o->state), (int)o->code);
    } else {
        snprintf(buf, cap, "%s%s", state_name(o->state), leaving ? " x" : "");
    }
    return buf;
}

// Of an instrument that is not in focus the name stands where else the end of the id does.
static void draw_order(const struct pane *p, const struct view *v, int row, const struct snap_order *o)
{
    const struct snapshot *s = v->held;
    const struct instrument *def = def_of(s, o);
    char name[INSTRUMENT_NAME_MAX];
    char qty[FORMAT_MAX];
    char price[FORMAT_MAX];
    char age[FORMAT_MAX];
    char ahead[FORMAT_MAX] = "     ?";
    char state[32];
    if (!def) {
        return;
    }
    if (o->ahead_lots >= 0) {
        format_qty(ahead, 6, def, o->ahead_lots, 0);
    }
    format_age(age, 4, s->mono_ns - o->sent_mono_ns);
    bool buy = o->side == SIDE_BUY;
    if (o->instrument == v->focus) {
        pane_print(p, row, 1, ROLE_LABEL, "..%-6.6s", tail(o->client_id));
    } else {
        pane_print(p, row, 1, ROLE_TEXT, "%-8.8s", instrument_name(def, name));
    }
    pane_text(p, row, 10, buy ? ROLE_BID : ROLE_ASK, buy ? "BUY" : "SELL");
    pane_print(p, row, 15, ROLE_TEXT, "%s %s %s %s", format_qty(qty, 7, def, o->qty_lots, 0),
               format_price(price, 9, def, o->price_ticks, 0), ahead,
               o->sent_mono_ns ? age : "   -"); // not sent yet: it has no age
    pane_text(p, row, 45, order_role(o), state_text(state, sizeof state, o));
}

// The form for a narrow column.
static void draw_order_short(const struct pane *p, const struct view *v, int row, const struct snap_order *o)
{
    const struct snapshot *s = v->held;
    const struct instrument *def = def_of(s, o);
    char qty[FORMAT_MAX];
    char price[FORMAT_MAX];
    char state[32];
    if (!def) {
        return;
    }
    bool buy = o->side == SIDE_BUY;
    pane_text(p, row, 1, buy ? ROLE_BID : ROLE_ASK, buy ? "BUY" : "SELL");
    pane_print(p, row, 6, ROLE_TEXT, "%s %s", format_qty(qty, 7, def, o->qty_lots, 0),
               format_price(price, 9, def, o->price_ticks, 0));
    pane_text(p, row, 24, order_role(o), state_text(state, sizeof state, o));
}

void panel_orders(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->held;
    char title[96];
    bool narrow = p->cols < 52;
    int n = snprintf(title, sizeof title, "OPEN ORDERS %u", s->open_orders);
    if (!narrow && n > 0) {
        snprintf(title + n, sizeof title - (size_t)n, "  sent %llu fills %llu rejects %llu",
                 (unsigned long long)s->orders_sent, (unsigned long long)s->fills,
                 (unsigned long long)s->rejects);
    }
    pane_title(p, 0, title);
    pane_text(p, 1, 1, ROLE_LABEL,
              narrow ? "side     qty     price state" : "id       side     qty     price  ahead  age state");
    for (uint32_t k = 0; k < s->order_count && k < SNAP_ORDERS && (int)k + 2 < p->rows; k++) {
        (narrow ? draw_order_short : draw_order)(p, v, (int)k + 2, &s->order[k]);
    }
    if (s->order_count == 0) {
        pane_text(p, 2, 1, ROLE_LABEL, "none");
    }
}

static void zoom_row(const struct pane *p, const struct snapshot *s, int row, const struct snap_order *o)
{
    const struct instrument *def = def_of(s, o);
    char time[FORMAT_MAX];
    char qty[FORMAT_MAX];
    char price[FORMAT_MAX];
    char filled[FORMAT_MAX];
    char ack[FORMAT_MAX] = "      -";
    char state[32];
    if (!def) {
        return;
    }
    if (o->ack_ns > 0) {
        format_ms(ack, 7, o->ack_ns);
    }
    bool buy = o->side == SIDE_BUY;
    pane_print(p, row, 0, ROLE_LABEL, "%s %-6.6s", format_clock_ms(time, o->sent_wall_ns),
               tail(o->client_id));
    char name[INSTRUMENT_NAME_MAX];
    pane_print(p, row, 20, ROLE_TEXT, "%-8.8s", instrument_name(def, name));
    pane_text(p, row, 29, buy ? ROLE_BID : ROLE_ASK, buy ? "BUY" : "SELL");
    pane_print(p, row, 33, ROLE_TEXT, "%s %s %s%s", format_qty(qty, 7, def, o->qty_lots, 0),
               format_price(price, 9, def, o->price_ticks, 0), format_qty(filled, 7, def, o->cum_lots, 0),
               ack);
    pane_text(p, row, 66, order_role(o), state_text(state, sizeof state, o));
}

static void draw_counts(const struct pane *p, const struct view *v, int row)
{
    const struct snapshot *s = v->held;
    uint64_t maker = 0;
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        maker += s->ins[i].maker_fills;
    }
    char fees[FORMAT_MAX];
    pane_print(p, row, 1, ROLE_LABEL,
               "sent %llu  fills %llu  maker %llu%%  rejects %llu  doubts %llu  fees %s  j k scroll",
               (unsigned long long)s->orders_sent, (unsigned long long)s->fills,
               (unsigned long long)(s->fills ? maker * 100 / s->fills : 0), (unsigned long long)s->rejects,
               (unsigned long long)s->doubts, format_e8(fees, 0, -s->pnl.fees_e8, 2, FORMAT_SIGN));
}

void zoom_orders(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->held;
    pane_title(p, 0, "5 ORDERS & FILLS  all symbols");
    pane_text(p, 1, 0, ROLE_LABEL, "sent (UTC)   id     symbol   side    qty     price  filled ack ms state");
    int live = (int)(s->order_count < SNAP_ORDERS ? s->order_count : SNAP_ORDERS);
    int done = (int)(s->done_count < SNAP_DONE ? s->done_count : SNAP_DONE);
    int from = v->ui->scroll < live + done ? v->ui->scroll : live + done;
    int row = 2;
    for (int k = from; k < live + done && row < p->rows - 1; k++) {
        zoom_row(p, s, row++, k < live ? &s->order[k] : &s->done[k - live]);
    }
    if (live + done == 0) {
        pane_text(p, 2, 1, ROLE_LABEL, "no order yet");
    }
    draw_counts(p, v, p->rows - 1);
}
