// SPDX-License-Identifier: Apache-2.0
// panel_position: what we hold and what it has brought, split into realised, unrealised, fees, funding and
// seam (the close at the lap of a looped recording). Fees are shown as what they do to the balance: paid is
// negative.
#include <stdio.h>

#include "base/clock.h"
#include "tui/format.h"
#include "tui/glyphs.h"
#include "tui/view.h"

static enum role position_role(const struct snap_instrument *i)
{
    return i->position_lots > 0 ? ROLE_BID : i->position_lots < 0 ? ROLE_ASK : ROLE_TEXT;
}

// The instrument in focus; while it is flat, one that is not, so that no position hides behind the focus.
static const struct snap_instrument *shown(const struct view *v)
{
    const struct snap_instrument *focus = view_focus(v);
    for (uint32_t k = 0; focus->position_lots == 0 && k < v->held->instrument_count; k++) {
        if (v->held->ins[k].position_lots != 0) {
            return &v->held->ins[k];
        }
    }
    return focus;
}

static void draw_focus(const struct pane *p, const struct view *v, int row)
{
    const struct snap_instrument *i = shown(v);
    char text[64];
    char u[FORMAT_MAX];
    int col = 1;
    const struct snap_site *site = &v->now->shell.site[i->def.venue < VENUE_COUNT ? i->def.venue : 0];
    bool heard = site->link[LINK_USER] == LINK_UP || site->account != SITE_ACCOUNT;
    bool stale = !heard && v->has_orders; // the account is not heard of
    if (i != view_focus(v)) {
        char name[INSTRUMENT_NAME_MAX];
        bool short_ = i->def.venue == VENUE_ASTER; // three letters do, where no venue must be told
        col = pane_print(p, row, col, ROLE_LABEL, "%.*s ", short_ ? 3 : 8, instrument_name(&i->def, name));
    }
    int end = pane_text(p, row, col, stale ? ROLE_STALE : position_role(i), view_position_text(text, i));
    pane_text(p, row, end, ROLE_STALE, stale ? "?" : "");
    pane_print(p, row, p->cols - 15, ROLE_TEXT, "uPnL %s",
               format_e8(u, 9, view_unrealised_e8(i), view_money_decimals(v->held), FORMAT_SIGN));
}

static int money(const struct pane *p, const struct view *v, int row, int col, const char *label, int64_t e8,
                 enum role role)
{
    char buf[FORMAT_MAX];
    int width = p->cols >= 44 ? 9 : 8;
    int end = pane_text(p, row, col, ROLE_LABEL, label);
    return pane_text(p, row, end, role,
                     format_e8(buf, width, e8, view_money_decimals(v->held), FORMAT_SIGN)) +
           1;
}

static void draw_split(const struct pane *p, const struct view *v, int row)
{
    const struct snap_pnl *n = &v->held->pnl;
    int col = money(p, v, row, 1, "real", n->realised_e8, ROLE_TEXT);
    int end = money(p, v, row, col, "fee", -n->fees_e8, ROLE_TEXT);
    money(p, v, row, end, "NET", view_net_e8(n), ROLE_STRONG);
    money(p, v, row + 1, 1, "fund", n->funding_e8, ROLE_TEXT);
    money(p, v, row + 1, col, "seam", n->seam_e8 + n->adjustment_e8, ROLE_TEXT);
}

static void draw_row(const struct pane *p, const struct view *v, int row, const struct snap_instrument *i,
                     bool focus)
{
    char a[FORMAT_MAX];
    char b[FORMAT_MAX];
    char c[FORMAT_MAX];
    char d[FORMAT_MAX];
    pane_glyph(p, row, 0, ROLE_STRONG, focus ? GLYPH_FOCUS : ' ');
    char name[INSTRUMENT_NAME_MAX];
    pane_print(p, row, 1, ROLE_TEXT, "%-8.8s", instrument_name(&i->def, name));
    if (i->position_lots == 0) {
        pane_text(p, row, 13, ROLE_TEXT, "flat");
        format_price_e8(c, 11, &i->def, i->mark_e8, FORMAT_GROUP);
        pane_text(p, row, 30, ROLE_TEXT, c);
        return;
    }
    format_qty(a, 8, &i->def, i->position_lots, FORMAT_SIGN);
    format_price_e8(b, 11, &i->def, i->entry_e8, FORMAT_GROUP);
    format_price_e8(c, 11, &i->def, i->mark_e8, FORMAT_GROUP);
    format_e8(d, 9, i->pnl.unrealised_e8, view_money_decimals(v->held), FORMAT_SIGN);
    pane_print(p, row, 9, position_role(i), "%s", a);
    pane_print(p, row, 18, ROLE_TEXT, "%s %s %s", b, c, d);
}

static void draw_equity(const struct pane *p, const struct view *v, int row)
{
    int col = pane_text(p, row, 1, ROLE_LABEL, "equity ");
    int cols = p->cols - col - 1;
    double low = 1e300;
    double high = -1e300;
    for (int k = 0; k < HISTORY_EQUITY; k++) {
        double x = history_equity(v->history, k);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    for (int k = 0; k < cols; k++) {
        double x = history_equity(v->history, cols - 1 - k);
        if (x == x) {
            pane_glyph(p, row, col + k, ROLE_TEXT,
                       glyph_spark(high > low ? (int)((x - low) / (high - low) * 7 + 0.5) : 3));
        }
    }
}

static void draw_table(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->held;
    pane_text(p, 1, 1, ROLE_LABEL, "symbol        qty       entry        mark      uPnL");
    int row = 2;
    int room = p->rows - 6;
    for (uint32_t k = 0; k < s->instrument_count && room > 0; k++, room--) {
        draw_row(p, v, row++, &s->ins[k], (int)k == v->focus);
    }
    const struct snap_pnl *n = &s->pnl;
    money(p, v, row, 1, "realised   ", n->realised_e8, ROLE_TEXT);
    money(p, v, row, 25, "fees    ", -n->fees_e8, ROLE_TEXT);
    money(p, v, row + 1, 1, "unrealised ", n->unrealised_e8, ROLE_TEXT);
    money(p, v, row + 1, 25, "funding ", n->funding_e8, ROLE_TEXT);
    money(p, v, row + 2, 1, "seam       ", n->seam_e8 + n->adjustment_e8, ROLE_TEXT);
    money(p, v, row + 2, 25, "NET     ", view_net_e8(n), ROLE_STRONG);
    draw_equity(p, v, row + 3);
}

void panel_position(const struct pane *p, const struct view *v)
{
    pane_title(p, 0, p->rows >= 8 ? "POSITIONS & P&L (USDT)" : "POSITION, P&L of the account (USDT)");
    if (p->rows >= 8 && p->cols >= 52) {
        draw_table(p, v);
    } else {
        draw_focus(p, v, 1);
        draw_split(p, v, 2);
    }
}
