// SPDX-License-Identifier: Apache-2.0
// view: arithmetic and words that several panels share.
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tui/format.h"
#include "tui/glyphs.h"

int64_t view_book_age_ns(const struct view *v, const struct snap_instrument *i)
{
    int64_t age = i->book_mono_ns ? v->now->mono_ns - i->book_mono_ns : 0;
    return (age < 0 ? 0 : age) + v->silent_ns;
}

bool view_book_stale(const struct view *v, const struct snap_instrument *i)
{
    return i->book_state != BOOK_LIVE || view_book_age_ns(v, i) > VIEW_MARKET_STALE_NS;
}

char *view_position_text(char *buf, const struct snap_instrument *i)
{
    char qty[FORMAT_MAX];
    char entry[FORMAT_MAX];
    if (i->position_lots == 0) {
        text_copy(buf, 64, "flat");
        return buf;
    }
    int64_t lots = i->position_lots < 0 ? -i->position_lots : i->position_lots;
    snprintf(buf, 64, "%s %.16s @ %.16s", i->position_lots > 0 ? "LONG" : "SHORT",
             format_qty(qty, 0, &i->def, lots, 0), format_price_e8(entry, 0, &i->def, i->entry_e8, 0));
    return buf;
}

int64_t view_unrealised_e8(const struct snap_instrument *i)
{
    return i->pnl.unrealised_e8;
}

int64_t view_net_e8(const struct snap_pnl *p)
{
    return p->realised_e8 + p->unrealised_e8 - p->fees_e8 + p->funding_e8 + p->seam_e8 + p->adjustment_e8;
}

int view_money_decimals(const struct snapshot *s)
{
    return s->equity_e8 < 100 * E8 && s->equity_e8 > -100 * E8 ? 4 : 2;
}

int view_limit_pct(const struct snap_limit *l)
{
    if (l->limit <= 0 || l->used <= 0) {
        return 0;
    }
    double pct = (double)l->used / (double)l->limit * 100.0;
    return pct > 999 ? 999 : (int)(pct + 0.999);
}

const char *view_arrow(const struct pane *p)
{
    return p->canvas->utf8 ? " \xe2\x86\x92 " : " -> ";
}

// UTF-8: eighths between two thin edges. ASCII: [###....].
void view_gauge(const struct pane *p, int row, int col, int cols, int pct)
{
    bool utf8 = p->canvas->utf8;
    enum role role = pct > 100 ? ROLE_ALARM_HIGH : pct >= 80 ? ROLE_ALARM_MEDIUM : ROLE_TEXT;
    int inner = cols - 2;
    int eighths = inner * 8 * (pct > 100 ? 100 : pct) / 100;
    pane_glyph(p, row, col, ROLE_LABEL, utf8 ? GLYPH_GAUGE_LEFT : '[');
    for (int i = 0; i < inner; i++) {
        int fill = eighths - i * 8;
        fill = fill < 0 ? 0 : fill > 8 ? 8 : fill;
        uint32_t g = pct > 100 ? '!' : utf8 ? glyph_bar(fill) : fill >= 4 ? '#' : '.';
        pane_glyph(p, row, col + 1 + i, role, g);
    }
    pane_glyph(p, row, col + cols - 1, ROLE_LABEL, utf8 ? GLYPH_GAUGE_RIGHT : ']');
}
