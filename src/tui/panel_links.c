// SPDX-License-Identifier: Apache-2.0
// panel_links: one row a venue: each connection with its state and the age of the last byte, clock, rate
// budgets, gaps. A venue that is only watched is dim: its trouble stops nobody.
#include <stdio.h>

#include "base/clock.h"
#include "tui/format.h"
#include "tui/view.h"

static const int64_t LINK_OLD_NS = 5 * NS_PER_S; // books change many times a second, user streams ping

static const struct link_col {
    enum link_id id;
    int width;
} COLS[] = {{LINK_MARKET, 9}, {LINK_MARKET2, 9}, {LINK_USER, 9}, {LINK_ORDER, 4}, {LINK_REST, 4}};
enum { COL_COUNT = sizeof COLS / sizeof *COLS, FIRST_COL = 9 };

static const char *state_word(const struct snap_site *x, enum link_id id)
{
    if ((id == LINK_ORDER || id == LINK_USER) && x->account != SITE_ACCOUNT) {
        return "-";
    }
    if (id == LINK_ORDER && x->resting) {
        return "--";
    }
    if (id == LINK_MARKET2 && x->link[id] == LINK_DOWN && x->link_age_ns[id] == 0) {
        return "-"; // this venue carries everything on one
    }
    return x->link[id] == LINK_UP ? "OK" : x->link[id] == LINK_CONNECTING ? ".." : "DN";
}

static void draw_state(const struct pane *p, int row, int col, const struct snap_site *x, enum link_id id,
                       bool traded)
{
    const char *word = state_word(x, id);
    bool fine = word[0] == 'O' || word[0] == '-';
    bool market = id == LINK_MARKET || id == LINK_MARKET2;
    bool old = market && x->link[id] == LINK_UP && x->link_age_ns[id] > LINK_OLD_NS;
    enum role role = fine && !old ? (traded ? ROLE_TEXT : ROLE_LABEL)
                     : traded     ? ROLE_ALARM_HIGH
                                  : ROLE_ALARM_LOW;
    col = pane_text(p, row, col, role, word);
    if (x->link_age_ns[id] > 0) {
        char age[FORMAT_MAX];
        pane_print(p, row, col + 1, old ? role : ROLE_LABEL, "%s", format_age(age, 0, x->link_age_ns[id]));
    }
}

static void draw_venue(const struct pane *p, int row, const struct view *v, uint8_t venue)
{
    const struct snap_site *x = &v->held->shell.site[venue];
    const struct snap_venue *e = &v->held->venue[venue];
    char ms[FORMAT_MAX];
    int col = FIRST_COL;
    pane_print(p, row, 1, e->traded ? ROLE_STRONG : ROLE_LABEL, "%s", venue_name(venue));
    for (int k = 0; k < COL_COUNT; k++) {
        draw_state(p, row, col, x, COLS[k].id, e->traded);
        col += COLS[k].width;
    }
    enum role role = e->traded ? ROLE_TEXT : ROLE_LABEL;
    pane_print(p, row, col, role, "%s", format_e8(ms, 6, x->clock_offset_ns * 100, 1, FORMAT_SIGN));
    pane_print(p, row, col + 7, role, "%5d/%-5d", x->weight_used, x->weight_limit);
    pane_print(p, row, col + 19, role, "%4d/%-4d", x->orders_used, x->orders_limit);
    pane_print(p, row, col + 29, role, "%3llu", (unsigned long long)x->gaps);
    if (p->cols >= col + 46) {
        char worth[FORMAT_MAX];
        pane_print(p, row, col + 34, role, "%s",
                   e->wallet_known ? format_e8(worth, 12, e->worth_e8, 2, FORMAT_GROUP) : "           -");
    }
}

int panel_links_rows(const struct snapshot *s)
{
    int rows = 0;
    for (int venue = 0; venue < VENUE_COUNT; venue++) {
        rows += s->venue[venue].used;
    }
    return rows ? rows + 1 : 0;
}

void panel_links(const struct pane *p, const struct view *v)
{
    int row = 1;
    bool wide = p->cols >= FIRST_COL + 35 + 46;
    pane_title(
        p, 0,
        wide ? "LINKS   market   2nd mkt  user     ord rest clock ms   weight     orders   gaps   worth USDT"
             : "LINKS   market   2nd mkt  user     ord rest clock ms   weight     orders   gaps");
    for (uint8_t venue = 0; venue < VENUE_COUNT && row < p->rows; venue++) {
        if (v->held->venue[venue].used) {
            draw_venue(p, row++, v, venue);
        }
    }
}
