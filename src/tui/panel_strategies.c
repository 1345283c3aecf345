// SPDX-License-Identifier: Apache-2.0
// panel_strategies: weight, state and P&L of each strategy, and the maker's own reason for quoting or not.
#include <stdio.h>
#include <string.h>

#include "tui/format.h"
#include "tui/view.h"

static const char *strategy_name(uint8_t id)
{
    static const char *const NAME[STRATEGY_COUNT] = {"-", "maker", "funding", "latarb", "kill", "external"};
    return id < STRATEGY_COUNT ? NAME[id] : "?";
}

// What the maker does on the instrument in focus is more than "running".
static const char *state_text(const struct view *v, const struct snap_strategy *st)
{
    static const char *const STATE[] = {"OFF", "RUN", "PAUSED", "STOPPED"};
    const struct snap_instrument *i = view_focus(v);
    if (st->id == STRATEGY_MAKER && st->state == 1) {
        return i->maker_paused ? "PAUSED" : i->maker_quoting ? "QUOTE" : i->quoted ? "WAIT" : "WATCH";
    }
    return st->state < sizeof STATE / sizeof *STATE ? STATE[st->state] : "?";
}

static void draw_strategy(const struct pane *p, const struct view *v, int row, const struct snap_strategy *st)
{
    char pnl[FORMAT_MAX];
    char weight[FORMAT_MAX];
    const char *state = state_text(v, st);
    bool on = st->state == 1;
    pane_print(p, row, 1, ROLE_TEXT, "%-8s", strategy_name(st->id));
    pane_print(p, row, 10, ROLE_LABEL, "w%s", format_real(weight, 5, (double)st->weight_ppm / 1e6, 2, 0));
    pane_print(p, row, 17, on ? ROLE_STRONG : ROLE_LABEL, "%-7s", state);
    format_e8(pnl, 11, view_net_e8(&st->pnl), view_money_decimals(v->held), FORMAT_SIGN);
    pane_text(p, row, 25, ROLE_TEXT, pnl);
    if (p->cols >= 48) {
        pane_print(p, row, 38, ROLE_TEXT, "%3d ord", st->open_orders);
    }
}

// The reason in as many lines as there are, broken at blanks.
static void draw_reason(const struct pane *p, int row, const char *why)
{
    int width = p->cols - 3;
    while (*why && row < p->rows && width > 0) {
        size_t n = strlen(why);
        size_t take = n;
        if (n > (size_t)width) {
            take = (size_t)width;
            while (take > 0 && why[take] != ' ') {
                take--;
            }
            take = take ? take : (size_t)width;
        }
        pane_print(p, row++, 2, ROLE_LABEL, "%.*s", (int)take, why);
        why += take + (why[take] == ' ');
    }
}

static void draw_quotes(const struct pane *p, const struct view *v, int row)
{
    const struct snap_instrument *i = view_focus(v);
    char bid[FORMAT_MAX];
    char ask[FORMAT_MAX];
    if (row >= p->rows || (!i->quote_bid_ticks && !i->quote_ask_ticks)) {
        return;
    }
    snprintf(bid, sizeof bid, "-");
    snprintf(ask, sizeof ask, "-");
    if (i->quote_bid_ticks) {
        format_price(bid, 0, &i->def, i->quote_bid_ticks, 0);
    }
    if (i->quote_ask_ticks) {
        format_price(ask, 0, &i->def, i->quote_ask_ticks, 0);
    }
    pane_print(p, row, 2, ROLE_LABEL, "wants %s / %s  size %+d  spread %+d", bid, ask, (int)i->size_steps,
               (int)i->spread_adjust_ticks);
}

void panel_strategies(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->held;
    pane_title(p, 0, "STRATEGIES  weight, state, net P&L");
    int row = 1;
    int spare = p->rows - 1;
    for (uint32_t k = 0; k < s->strategy_count && k < STRATEGY_COUNT; k++) {
        const struct snap_strategy *st = &s->strategy[k];
        bool listed = st->id == STRATEGY_MAKER || (spare >= 5 && st->id != STRATEGY_NONE);
        if (listed && row < p->rows) {
            draw_strategy(p, v, row++, st);
        }
    }
    if (spare >= 5) {
        draw_quotes(p, v, row++);
    }
    draw_reason(p, row, view_focus(v)->why);
}
