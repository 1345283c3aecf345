// SPDX-License-Identifier: Apache-2.0
// status: the lines that stay in every view: two on top (mode, kill, links, alarms, clock; the day), the
// source and the hint above the echo, the keys at the bottom. Everything stands in a fixed column.
//
// LIVE means real money: it reverses the first line and stands in all four corners. The other modes are
// bracketed, top left and bottom right.
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"
#include "tui/ui.h"
#include "tui/view.h"

static const int64_t MARK_STALE_NS = 5 * NS_PER_S; // venues publish it every 1 to 3 s

static const char *mode_word(const struct snapshot *s)
{
    static const char *const WORD[] = {"SIM", "REPLAY", "BACKTEST", "PAPER", "TEST", "LIVE"};
    if (s->version == 0) {
        return "START"; // nothing was published yet: do not claim a mode
    }
    return s->mode < sizeof WORD / sizeof *WORD ? WORD[s->mode] : "?";
}

static const char *state_word(const struct snapshot *s)
{
    static const char *const WORD[] = {"RUN", "REDUCE", "QUIET", "KILLED", "HALT"};
    return s->trading_state < sizeof WORD / sizeof *WORD ? WORD[s->trading_state] : "?";
}

static const char *kill_word(const struct view *v)
{
    static const char *const WORD[] = {"armed", "SENT", "ACK", "FLAT", "SEALED", "UNCONF", "ABORT"};
    if (!v->has_orders) {
        return "off";
    }
    uint8_t phase = v->now->kill.phase;
    if (phase == KP_ARMED && v->now->shell.fence) {
        return "FENCE";
    }
    return phase < sizeof WORD / sizeof *WORD ? WORD[phase] : "?";
}

static const char *link_word(uint8_t state)
{
    return state == LINK_UP ? "OK" : state == LINK_CONNECTING ? ".." : "DN";
}

static const char *market_word(const struct view *v)
{
    const struct snap_instrument *i = &v->now->ins[v->focus];
    const struct snap_site *site = view_site(v);
    if (site->link[LINK_MARKET] != LINK_UP) {
        return link_word(site->link[LINK_MARKET]);
    }
    return i->book_state == BOOK_LIVE    ? (view_book_stale(v, i) ? "ST" : "OK")
           : i->book_state == BOOK_STALE ? "ST"
                                         : "SY";
}

static int draw_link(const struct pane *p, int col, const char *name, const char *word)
{
    col = pane_print(p, 0, col, ROLE_LABEL, "%s ", name);
    bool fine = strcmp(word, "OK") == 0;
    return pane_print(p, 0, col, fine ? ROLE_TEXT : ROLE_ALARM_HIGH, "%s", word) + 1;
}

static void draw_clock(const struct pane *p, const struct snapshot *s)
{
    char clock[FORMAT_MAX];
    char text[32];
    format_clock(clock, s->wall_ns);
    if (s->mode == MODE_LIVE) {
        snprintf(text, sizeof text, "%.5sZ LIVE", clock);
    } else {
        snprintf(text, sizeof text, "%.8s%c", clock,
                 s->mode == MODE_REPLAY || s->mode == MODE_BACKTEST ? 'R' : 'Z');
    }
    pane_right(p, 0, p->cols, ROLE_STRONG, text);
}

static int draw_alarm_counts(const struct pane *p, const struct snapshot *s, int col)
{
    static const struct {
        uint8_t level;
        char letter;
        enum role role;
    } COUNT[] = {{ALARM_HIGH, 'H', ROLE_ALARM_HIGH},
                 {ALARM_MEDIUM, 'M', ROLE_ALARM_MEDIUM},
                 {ALARM_LOW, 'L', ROLE_ALARM_LOW}};
    col = pane_text(p, 0, col, ROLE_LABEL, "AL ");
    for (size_t i = 0; i < 3; i++) {
        uint32_t n = s->alarms_unacked[COUNT[i].level];
        col =
            pane_print(p, 0, col, n ? COUNT[i].role : ROLE_TEXT, "%u%c", n > 9 ? 9 : n, COUNT[i].letter) + 1;
    }
    return col;
}

static int draw_mode(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->now;
    if (p->canvas->utf8 && s->mode != MODE_LIVE) {
        return pane_print(p, 0, 0, ROLE_STRONG, "\xe2\x96\x8c%-6.6s\xe2\x96\x90", mode_word(s)) + 1;
    }
    return pane_print(p, 0, 0, ROLE_STRONG, s->mode == MODE_LIVE ? "[%s]" : "[%-6.6s]", mode_word(s)) + 1;
}

static void draw_state(const struct pane *p, const struct view *v, int *col)
{
    const struct snapshot *s = v->now;
    char speed[FORMAT_MAX];
    if (s->mode == MODE_REPLAY) {
        char text[32];
        format_e8(speed, 0, (int64_t)s->shell.replay_speed_x100 * 1000000,
                  s->shell.replay_speed_x100 % 100 ? 1 : 0, 0);
        snprintf(text, sizeof text, "x%.10s", speed);
        *col = pane_print(p, 0, *col, ROLE_STRONG, "%-6.6s ", s->shell.replay_paused ? "HOLD" : text);
    } else {
        *col = pane_print(p, 0, *col, s->trading_state == TS_RUN ? ROLE_STRONG : ROLE_ALARM_MEDIUM, "%-6.6s",
                          state_word(s)) +
               1;
    }
    const char *kill = kill_word(v);
    enum role role = strcmp(kill, "armed") == 0 || strcmp(kill, "off") == 0 ? ROLE_TEXT
                     : strcmp(kill, "UNCONF") == 0                          ? ROLE_ALARM_HIGH
                                                                            : ROLE_ALARM_MEDIUM;
    *col = pane_text(p, 0, *col, ROLE_LABEL, "KILL F ");
    *col = pane_print(p, 0, *col, role, "%-6s ", kill);
}

static void draw_links(const struct pane *p, const struct view *v, int *col)
{
    if (v->now->mode == MODE_REPLAY || v->now->mode == MODE_BACKTEST) {
        *col = pane_text(p, 0, *col, ROLE_LABEL, "mkt FILE ord SIM     ");
        return;
    }
    *col = draw_link(p, *col, "mkt", market_word(v));
    if (view_site(v)->account !=
        SITE_ACCOUNT) { // no stream of an account, no way for orders: as wide as both
        bool paper = view_site(v)->account == SITE_PAPER;
        *col = pane_print(p, 0, *col, ROLE_LABEL, "%-14s", paper ? "account PAPER" : "watched only");
        return;
    }
    *col = draw_link(p, *col, "usr", link_word(view_site(v)->link[LINK_USER]));
    if (view_site(v)->resting) { // watched only: opened when an order is wanted
        *col = pane_text(p, 0, *col, ROLE_LABEL, "ord -- ");
        return;
    }
    *col = draw_link(p, *col, "ord", link_word(view_site(v)->link[LINK_ORDER]));
}

static void draw_first(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->now;
    bool wide = p->cols >= 120;
    int col = draw_mode(p, v);
    if (wide) {
        const char *site = view_site(v)->name;
        col = pane_print(p, 0, col, ROLE_TEXT, "%-16.16s ", site[0] ? site : s->shell.venue_text);
    }
    char name[INSTRUMENT_NAME_MAX]; // where every column is taken the last letter gives way: the book has it
    col = pane_print(p, 0, col, ROLE_STRONG, wide ? "%-8.8s " : "%-7.7s ",
                     instrument_name(&s->ins[v->focus].def, name));
    if (wide) {
        col = pane_print(p, 0, col, ROLE_LABEL, "%d/%u ", v->focus + 1, s->instrument_count);
    }
    draw_state(p, v, &col);
    if (wide && v->has_orders && s->kill.phase == KP_ARMED) {
        char cost[FORMAT_MAX];
        format_e8(cost, 0, s->kill.cost_estimate_e8, view_money_decimals(s), 0);
        col = pane_print(p, 0, col, ROLE_LABEL, "costs ~%-9.9s", cost) + 1;
    }
    if (p->cols >= 80) {
        draw_links(p, v, &col);
    }
    draw_alarm_counts(p, s, col);
    if (p->cols >= 140 && view_site(v)->rtt_ns > 0) {
        char rtt[FORMAT_MAX];
        pane_print(p, 0, col + 13, ROLE_LABEL, "rtt %s ms", format_ms(rtt, 6, view_site(v)->rtt_ns));
    }
    draw_clock(p, s);
    if (s->mode == MODE_LIVE) {
        pane_role(p, 0, 0, p->cols, ROLE_MODE_LIVE);
    }
}

static int draw_fraction(const struct pane *p, int row, int col, const char *name, int64_t used_e8,
                         int64_t limit_e8)
{
    char used[FORMAT_MAX];
    char limit[FORMAT_MAX];
    struct snap_limit l = {used_e8, limit_e8};
    int pct = view_limit_pct(&l);
    enum role role = pct >= 100 ? ROLE_ALARM_HIGH : pct >= 80 ? ROLE_ALARM_MEDIUM : ROLE_TEXT;
    col = pane_print(p, row, col, ROLE_LABEL, "%s ", name);
    format_e8(used, 4, used_e8 * 100, 1, 0);
    format_e8(limit, 0, limit_e8 * 100, limit_e8 % 1000000 ? 1 : 0, 0);
    return pane_print(p, row, col, role, "%s/%s%%", used, limit) + 1;
}

static void draw_pace(const struct pane *p, const struct view *v)
{
    char text[64];
    if (p->cols >= 100) {
        snprintf(text, sizeof text, "%d Hz %lld B/s", v->fps, (long long)v->bytes_per_s / 100 * 100);
    } else {
        snprintf(text, sizeof text, "%dHz", v->fps);
    }
    pane_right(p, 1, p->cols, ROLE_LABEL, text);
}

// What becomes of the run when this terminal is gone; in a replay, how far it is.
static void draw_link_loss(const struct pane *p, const struct view *v, int col)
{
    const struct snap_shell *x = &v->now->shell;
    if (v->now->mode == MODE_REPLAY) {
        char end[FORMAT_MAX];
        col = pane_print(p, 1, col, ROLE_LABEL, "AT %d%%", x->replay_pct);
        if (p->cols >= 100) {
            pane_print(p, 1, col, ROLE_LABEL, " of %s",
                       format_until(end, x->replay_end_ns - x->replay_begin_ns));
        }
    } else {
        pane_print(p, 1, col, ROLE_LABEL, "LINKLOSS %s", v->linkloss);
    }
}

static void draw_deck_line(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->held;
    char a[FORMAT_MAX] = "   -";
    const struct hist *h = &s->shell.station[ST_TICK_TO_ORDER];
    int64_t p99_ns = hist_quantile(h, 990000);
    enum role late = p99_ns > 6 * NS_PER_MS ? ROLE_ALARM_MEDIUM : ROLE_TEXT;
    int col = pane_text(p, 1, 1, ROLE_LABEL, "T2O p99 ");
    if (h->count) { // a replay has no latencies: they are in the session's database
        format_e8(a, 4, p99_ns * 100, p99_ns < 10 * NS_PER_MS ? 2 : p99_ns < 100 * NS_PER_MS ? 1 : 0, 0);
    }
    col = pane_print(p, 1, col, late, "%s/6.00ms ", a);
    if (p->cols >= 120) {
        col = pane_text(p, 1, col, ROLE_LABEL, "EQUITY ");
        col = pane_text(p, 1, col, ROLE_TEXT, format_e8(a, 10, s->equity_e8, 2, FORMAT_GROUP)) + 1;
    }
    col = pane_text(p, 1, col, ROLE_LABEL, "DAY ");
    col = pane_text(
              p, 1, col, ROLE_STRONG,
              format_e8(a, 8, s->equity_e8 - s->day_start_equity_e8, view_money_decimals(s), FORMAT_SIGN)) +
          1;
    col = draw_fraction(p, 1, col, "DD", s->drawdown_e8, s->limit[LIMIT_DRAWDOWN].limit);
    col = draw_fraction(p, 1, col, "LOSS", s->day_loss_e8, s->limit[LIMIT_DAY_LOSS].limit);
    draw_link_loss(p, v, col);
}

static void draw_position_line(const struct pane *p, const struct view *v)
{
    const struct snap_instrument *i = &v->now->ins[v->focus];
    char text[64];
    char a[FORMAT_MAX];
    int col = pane_text(p, 1, 1, ROLE_STRONG, view_position_text(text, i)) + 1;
    col = pane_print(p, 1, col, ROLE_TEXT, "uPnL %s ",
                     format_e8(a, 0, view_unrealised_e8(i), view_money_decimals(v->now), FORMAT_SIGN));
    col = pane_print(p, 1, col, ROLE_TEXT, "NET %s ",
                     format_e8(a, 0, view_net_e8(&v->now->pnl), view_money_decimals(v->now), FORMAT_SIGN));
    if (p->cols >= 80) {
        draw_link_loss(p, v, col);
    }
}

// Whole seconds until an order in flight can no longer land.
static char *seal_wait(char *buf, const struct view *v)
{
    int64_t left_ns = v->now->kill.seal_due_mono_ns - v->now->mono_ns;
    return format_age(buf, 0, left_ns > 0 ? left_ns + NS_PER_S - 1 : 0);
}

// What is known while a kill is under way: requested, confirmed and verified are three words.
static void draw_kill_line(const struct pane *p, const struct view *v)
{
    static const char *const WHAT[] = {"",       "requested",   "cancels confirmed", "FLAT verified",
                                       "SEALED", "UNCONFIRMED", "closing aborted"};
    const struct snap_kill *k = &v->now->kill;
    char text[64];
    char age[FORMAT_MAX];
    bool bad = k->phase == KP_UNCONF;
    int col = pane_print(p, 1, 1, bad ? ROLE_ALARM_HIGH : ROLE_ALARM_MEDIUM, "KILL %s",
                         k->phase < sizeof WHAT / sizeof *WHAT ? WHAT[k->phase] : "?");
    col = pane_print(p, 1, col + 1, ROLE_STRONG, "open %lld  pos %s ", (long long)k->known_open_orders,
                     view_position_text(text, &v->now->ins[v->focus]));
    if (k->phase == KP_SEALED) {
        pane_print(p, 1, col, ROLE_TEXT, ":release %.31s to trade again", v->now->account_alias);
    } else if (k->seal_due_mono_ns) {
        pane_print(p, 1, col, ROLE_TEXT, "SEALED in %s%s", seal_wait(age, v),
                   k->quitting ? ", then it leaves" : " (in-flight window)");
    } else if (k->phase != KP_ABORTED) {
        col = pane_print(p, 1, col, ROLE_TEXT, "%s ago",
                         format_age(age, 0, v->now->mono_ns - k->started_mono_ns));
        if (k->slices) {
            pane_print(p, 1, col, ROLE_TEXT, ", %u slice%s", k->slices, k->slices == 1 ? "" : "s");
        }
    }
}

// The run ends without a kill: what it waits for, and how long.
static void draw_ending_line(const struct pane *p, const struct view *v)
{
    const struct snap_kill *k = &v->now->kill;
    char age[FORMAT_MAX];
    int col = pane_print(p, 1, 1, ROLE_ALARM_MEDIUM, "ENDING  open %lld  ", (long long)k->known_open_orders);
    if (k->seal_due_mono_ns) {
        pane_print(p, 1, col, ROLE_STRONG, "leaves in %s, when nothing in flight can land",
                   seal_wait(age, v));
    } else {
        pane_text(p, 1, col, ROLE_STRONG, "cancelling; leaves when the venue says that nothing is open");
    }
}

static void draw_second(const struct pane *p, const struct view *v)
{
    if (v->silent_ns > 2 * NS_PER_S) {
        char age[FORMAT_MAX];
        pane_print(p, 1, 1, ROLE_ALARM_HIGH, "ENGINE SILENT %s: what is below is old; F still works",
                   format_age(age, 0, v->silent_ns));
    } else if (v->now->kill.phase != KP_ARMED) {
        draw_kill_line(p, v);
    } else if (v->now->kill.quitting) {
        draw_ending_line(p, v);
    } else if (v->layout->deck_line) {
        draw_deck_line(p, v);
    } else {
        draw_position_line(p, v);
    }
    draw_pace(p, v);
}

void status_draw(const struct pane *p, const struct view *v)
{
    draw_first(p, v);
    draw_second(p, v);
}

void status_line_draw(const struct pane *p, const struct view *v)
{
    char text[64];
    int col = pane_print(p, 0, 0, ROLE_STRONG, "%s KILL %s ", mode_word(v->now), kill_word(v));
    if (v->ui->held_kill_ns) {
        col = pane_text(p, 0, col, ROLE_ALARM_HIGH, "F again closes") + 1;
    }
    col = pane_print(p, 0, col, ROLE_TEXT, "%s ", view_position_text(text, &v->now->ins[v->focus]));
    pane_print(p, 0, col, ROLE_TEXT, "need 80x24, have %dx%d%s", v->layout->cols, v->layout->rows,
               v->has_orders ? "; F and Space still work" : "");
    if (v->now->mode == MODE_LIVE) {
        pane_role(p, 0, 0, p->cols, ROLE_MODE_LIVE);
    }
}

// What is played at the venue in focus: which lap of a recording that starts over, how fast, from where, what
// of it is derived.
static void draw_market(const struct pane *p, const struct view *v)
{
    const struct snap_shell *x = &v->held->shell;
    const char *market = view_site(v)->market;
    int col = 1;
    char speed[FORMAT_MAX];
    if (x->lap > 0) {
        col = pane_print(p, 0, col, ROLE_LABEL, "lap %d ", x->lap);
        if (x->replay_speed_x100 != 100) {
            format_e8(speed, 0, (int64_t)x->replay_speed_x100 * 1000000, x->replay_speed_x100 % 100 ? 1 : 0,
                      0);
            col = pane_print(p, 0, col, ROLE_STRONG, "x%s ", speed);
        }
    }
    if (market[0]) {
        col = pane_print(p, 0, col, ROLE_LABEL, "%s: ", venue_name(v->now->ins[v->focus].def.venue));
        pane_text(p, 0, col, ROLE_LABEL, market);
        return;
    }
    pane_text(p, 0, col, ROLE_LABEL, x->market_text[0] ? x->market_text : x->venue_text);
}

void source_draw(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->held;
    const struct snap_instrument *i = view_focus(v);
    char mark[FORMAT_MAX];
    char fund[FORMAT_MAX];
    char until[FORMAT_MAX];
    char right[128];
    char age[FORMAT_MAX];
    int64_t old_ns = i->mark_mono_ns ? s->mono_ns - i->mark_mono_ns + v->silent_ns : 0;
    bool stale = old_ns > MARK_STALE_NS;
    int n = snprintf(right, sizeof right, "%s %.20s%s%s%s", i->def.kind == INSTRUMENT_SPOT ? "mid" : "mark",
                     i->mark_e8 ? format_price_e8(mark, 0, &i->def, i->mark_e8, 0) : "-", stale ? "? " : "",
                     stale ? format_age(age, 0, old_ns) : "", i->mark_derived ? " derived" : "");
    if (p->cols >= 110 && n > 0 && i->next_funding_ns) {
        snprintf(right + n, sizeof right - (size_t)n, "  funding %s%% in %s",
                 format_e8(fund, 0, i->funding_rate_e8 * 100, 4, FORMAT_SIGN),
                 format_until(until, i->next_funding_ns - s->wall_ns));
    }
    int at = p->cols - (int)strlen(right) - 1;
    struct pane left = pane_inner(p, 0, 0, 1, at - 1);
    draw_market(&left, v);
    pane_text(p, 0, at, ROLE_LABEL, right);
}

void hint_draw(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->held;
    int at = s->ins[v->focus].capital_hint[0] ? v->focus : -1;
    for (uint32_t i = 0; i < s->instrument_count && at < 0; i++) {
        at = s->ins[i].capital_hint[0] ? (int)i : -1;
    }
    if (at >= 0) {
        char name[INSTRUMENT_NAME_MAX];
        const char *symbol = instrument_name(&s->ins[at].def, name);
        bool named = strncmp(s->ins[at].capital_hint, symbol, strlen(symbol)) == 0;
        pane_print(p, 0, 1, ROLE_LABEL, "%.12s%s%.95s", named ? "" : symbol, named ? "" : " ",
                   s->ins[at].capital_hint);
    }
}

static const char *const KEYS_DECK[] = {"F flatten",  "Space pull", "x cancel", "p pause", "+ - size",
                                        "? help",     ": cmd",      "q quit",   "Tab sym", "[ ] spread",
                                        "1 5 8 view", "z undo",     "e export", "a ack"};
static const char *const KEYS_REPLAY_LINE[] = {"r run/hold", ", . speed", "< > step", "Tab sym",
                                               "1 5 8 view", "? help",    ": cmd",    "q quit"};

void keys_draw(const struct pane *p, const struct view *v)
{
    char mode[16];
    bool live = v->now->mode == MODE_LIVE;
    snprintf(mode, sizeof mode, "[%.8s]", mode_word(v->now));
    int end = p->cols - 1 - (int)strlen(mode); // the last cell of a screen stays blank: see frame.c
    int col = live ? pane_text(p, 0, 0, ROLE_MODE_LIVE, "LIVE") + 2 : 0;
    if (ui_in_field(v->ui)) {
        pane_text(p, 0, col, ROLE_LABEL, "Enter run  Esc close  Tab complete  Up earlier  F still acts");
    } else {
        const char *const *text = v->has_orders ? KEYS_DECK : KEYS_REPLAY_LINE;
        size_t n = v->has_orders ? sizeof KEYS_DECK / sizeof *KEYS_DECK
                                 : sizeof KEYS_REPLAY_LINE / sizeof *KEYS_REPLAY_LINE;
        for (size_t i = 0; i < n && col + (int)strlen(text[i]) < end; i++) {
            col = pane_text(p, 0, col, ROLE_LABEL, text[i]) + 2;
        }
    }
    pane_text(p, 0, end, live ? ROLE_MODE_LIVE : ROLE_STRONG, mode);
}
