// SPDX-License-Identifier: Apache-2.0
// view: what a panel sees, and the list of panels. A panel is one function that draws a const view on a pane;
// it keeps nothing, and it can reach neither the engine nor the terminal.
#ifndef TT_TUI_VIEW_H
#define TT_TUI_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/snapshot.h"
#include "tui/canvas.h"
#include "tui/history.h"
#include "tui/layout.h"

struct ui;

struct view {
    const struct snapshot *now;  // newest: states, kill, echo, alarms
    const struct snapshot *held; // for fast digits: at most 200 ms older
    const struct history *history;
    const struct ui *ui;
    const struct layout *layout;
    int focus;               // instrument in focus
    struct ladder_axis axis; // of the ladder of the focus
    int64_t silent_ns;       // since the engine last published; 0 while it does
    int64_t clock_ns;        // monotonic now, for what the console itself times
    int fps;                 // frame rate now
    int64_t bytes_per_s;     // terminal bytes, last second
    const char *linkloss;    // policy in force: "quiet", "exit" ...
    bool has_orders;         // false in replay: there is nothing to flatten
    const char *note;        // of the store or the player (export done, disk full); "" or NULL: none
    int64_t note_ns;         // clock_ns when it came
};

static inline const struct snap_instrument *view_focus(const struct view *v)
{
    return &v->held->ins[v->focus];
}

// The venue of the instrument in focus.
static inline const struct snap_site *view_site(const struct view *v)
{
    uint8_t venue = v->now->ins[v->focus].def.venue;
    return &v->now->shell.site[venue < VENUE_COUNT ? venue : 0];
}

// Market data are stale after 1 s without change of the book while it should be live (design.md 12).
#define VIEW_MARKET_STALE_NS INT64_C(1000000000)
int64_t view_book_age_ns(const struct view *v, const struct snap_instrument *i);
bool view_book_stale(const struct view *v, const struct snap_instrument *i);
// Position of an instrument in its own words: "LONG 0.120 @ 67401.20" or "flat". buf: 64 bytes.
char *view_position_text(char *buf, const struct snap_instrument *i);
int64_t view_unrealised_e8(const struct snap_instrument *i);
int64_t view_net_e8(const struct snap_pnl *p);
// Decimals of profits and losses: 2, and 4 for an account below 100 USDT, whose fees are fractions of a cent.
int view_money_decimals(const struct snapshot *s);
// used / limit in percent, rounded up; 0 when the limit is 0.
int view_limit_pct(const struct snap_limit *l);
const char *view_arrow(const struct pane *p); // " -> " with the glyph the canvas can show

// Gauge of `cols` cells filled to pct percent; beyond 100 every cell is '!'.
void view_gauge(const struct pane *p, int row, int col, int cols, int pct);

void panel_book(const struct pane *p, const struct view *v);
void panel_book_touch(const struct pane *p,
                      const struct view *v); // compact form: the best levels side by side
void panel_tape(const struct pane *p, const struct view *v);
void panel_features(const struct pane *p, const struct view *v);
void panel_model(const struct pane *p, const struct view *v);
void panel_strategies(const struct pane *p, const struct view *v);
void panel_position(const struct pane *p, const struct view *v);
void panel_limits(const struct pane *p, const struct view *v);
void panel_latency(const struct pane *p, const struct view *v);
void panel_links(const struct pane *p, const struct view *v); // a row a venue
int panel_links_rows(const struct snapshot *s); // that it needs, title included; 0: nothing to say
void panel_orders(const struct pane *p, const struct view *v);
void panel_alerts(const struct pane *p, const struct view *v);
void zoom_orders(const struct pane *p, const struct view *v);  // view 5
void zoom_latency(const struct pane *p, const struct view *v); // view 8

void status_draw(const struct pane *p, const struct view *v);      // two lines
void status_line_draw(const struct pane *p, const struct view *v); // the one line of a tiny screen
void source_draw(const struct pane *p, const struct view *v);
void hint_draw(const struct pane *p, const struct view *v);
void echo_draw(const struct pane *p, const struct view *v);
void keys_draw(const struct pane *p, const struct view *v);
void overlay_draw(const struct pane *screen, const struct view *v); // help, palette, dialogs, log

// The whole screen. Updates the ladder axis in *h (the only thing that drawing remembers).
void frame_draw(struct canvas *c, struct view *v, struct history *h, int rows, int cols);

#endif
