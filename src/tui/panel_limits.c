// SPDX-License-Identifier: Apache-2.0
// panel_limits: each limit as used / limit with a gauge. Always the same ones in the same place; where there
// is no room for all, gross exposure and order rate first.
#include <stdio.h>

#include "tui/format.h"
#include "tui/limits.h"
#include "tui/view.h"

static const uint8_t ORDER[LIMIT_COUNT] = {LIMIT_GROSS_VALUE, LIMIT_ORDER_RATE, LIMIT_POSITION_VALUE,
                                           LIMIT_DAY_LOSS,    LIMIT_DRAWDOWN,   LIMIT_OPEN_ORDERS,
                                           LIMIT_ORDER_VALUE, LIMIT_COLLAR};

static void draw_limit(const struct pane *p, int row, enum limit_id id, const struct snap_limit *l)
{
    char used[FORMAT_MAX];
    char limit[FORMAT_MAX];
    int pct = view_limit_pct(l);
    int gauge = p->cols - 13 - 18;
    gauge = gauge > 22 ? 22 : gauge;
    enum role role = pct > 100 ? ROLE_ALARM_HIGH : pct >= 80 ? ROLE_ALARM_MEDIUM : ROLE_TEXT;
    pane_text(p, row, 1, ROLE_LABEL, limit_label(id)->name);
    if (l->limit <= 0) {
        pane_text(p, row, 13, ROLE_LABEL, "off");
        return;
    }
    if (gauge >= 5) {
        view_gauge(p, row, 13, gauge, pct);
    }
    limit_format(used, 8, id, l->used);
    limit_format(limit, 8, id, l->limit);
    pane_print(p, row, p->cols - 18, role, "%s/%s", used, limit);
}

void panel_limits(const struct pane *p, const struct view *v)
{
    pane_title(p, 0, "LIMITS used/limit");
    for (int k = 0; k < LIMIT_COUNT && k + 1 < p->rows; k++) {
        draw_limit(p, k + 1, (enum limit_id)ORDER[k], &v->held->limit[ORDER[k]]);
    }
}
