// SPDX-License-Identifier: Apache-2.0
// panel_latency: where the time of a decision goes, per station, against its budget; view 8 adds the links of
// every venue and the whole histogram. Budgets: design.md 5 (features 1 ms, the whole 6 ms) and
// console-design.md 4.2; key to cancel: failure-modes.md 4.
#include <stdio.h>

#include "base/clock.h"
#include "tui/format.h"
#include "tui/view.h"

struct station_row {
    enum station id;
    const char *name;
    int64_t budget_us; // 0: none
};

static const struct station_row ROWS[] = {
    {ST_RECV_DECODE, "recv+decode", 200},
    {ST_BOOK_FEATURES, "book+feat", 1000},
    {ST_DECIDE, "decide+risk", 500},
    {ST_ENCODE, "encode", 100},
    {ST_SIGN, "sign", 500},
    {ST_WRITE, "write", 200},
    {ST_TICK_TO_ORDER, "TICK-ORDER", 6000},
    {ST_TICK_TO_ORDER_LESS_SIGN, "less sign", 5500},
    {ST_ENGINE_STEP, "engine step", 1500},
    {ST_ORDER_RTT, "order rtt", 0},
    {ST_ANSWER_TO_ORDER, "answer-ord", 6000},
    {ST_KEY_TO_CANCEL, "key-cancel", 5000},
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

static void cell(const struct pane *p, int row, int *col, int width, enum role role, const struct hist *h,
                 int q_ppm)
{
    char buf[FORMAT_MAX];
    int64_t ns = q_ppm ? hist_quantile(h, q_ppm) : h->max_ns;
    static const char NONE[] = "      -";
    size_t cut = sizeof NONE - 1 - (size_t)(width < 7 ? width : 7);
    pane_text(p, row, *col, role, h->count ? format_us(buf, width, ns) : &NONE[cut]);
    *col += width;
}

static void draw_station(const struct pane *p, int row, const struct station_row *r, const struct hist *h,
                         int width)
{
    char buf[FORMAT_MAX];
    int64_t p99_ns = hist_quantile(h, 990000);
    bool over = r->budget_us && p99_ns > r->budget_us * NS_PER_US;
    enum role role = over ? ROLE_ALARM_MEDIUM : r->id == ST_TICK_TO_ORDER ? ROLE_STRONG : ROLE_TEXT;
    pane_text(p, row, 1, ROLE_LABEL, r->name);
    int col = 12;
    cell(p, row, &col, width, role, h, 500000);
    cell(p, row, &col, width, role, h, 990000);
    cell(p, row, &col, width, role, h, 999000);
    cell(p, row, &col, width, role, h, 0);
    if (r->budget_us) {
        pane_text(p, row, col, ROLE_LABEL, format_int(buf, 7, r->budget_us, FORMAT_GROUP));
        pane_text(p, row, col + 7, role, over ? " !" : "");
        int gauge = p->cols - col - 10;
        if (gauge >= 8) {
            int64_t pct = p99_ns * 100 / (r->budget_us * NS_PER_US);
            view_gauge(p, row, col + 9, gauge > 12 ? 12 : gauge, pct > 999 ? 999 : (int)pct);
        }
    }
}

static void draw_header(const struct pane *p, int width)
{
    char title[64];
    snprintf(title, sizeof title, "LATENCY us%*s%*s%*s%*s%7s", width - 0, "p50", width, "p99", width, "p99.9",
             width, "max", "budget");
    pane_title(p, 0, title);
}

void panel_latency(const struct pane *p, const struct view *v)
{
    int width = 8;
    draw_header(p, width);
    if (v->now->mode == MODE_REPLAY) {
        pane_text(p, 1, 1, ROLE_LABEL, "not on a tape: latency_stations in the session's");
        pane_text(p, 2, 1, ROLE_LABEL, "database has what the run measured");
        return;
    }
    for (int k = 0; k < ROW_COUNT && k + 1 < p->rows; k++) {
        draw_station(p, k + 1, &ROWS[k], &v->held->shell.station[ROWS[k].id], width);
    }
}

// Share of samples in each decade step of the histogram, in percent.
static const int64_t EDGE_US[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};
enum { EDGES = sizeof EDGE_US / sizeof *EDGE_US };

// Samples at or below edge: by quantile search, since only hist.c knows its buckets.
static int share_below_pct(const struct hist *h, int64_t ns)
{
    int low = 0;
    int high = 1000;
    while (low < high) {
        int mid = (low + high + 1) / 2;
        if (hist_quantile(h, mid * 1000) <= ns) {
            low = mid;
        } else {
            high = mid - 1;
        }
    }
    return low / 10;
}

static void draw_shares(const struct pane *p, int row, const struct hist *h)
{
    char buf[FORMAT_MAX];
    int before = 0;
    for (int k = 0; k < EDGES; k++) {
        int below = share_below_pct(h, EDGE_US[k] * NS_PER_US);
        if (below > before) {
            pane_text(p, row, 12 + 5 * k, ROLE_TEXT, format_int(buf, 5, below - before, 0));
        } else {
            pane_text(p, row, 12 + 5 * k, ROLE_LABEL, "    .");
        }
        before = below;
    }
    if (before < 100) {
        pane_text(p, row, 12 + 5 * EDGES, ROLE_TEXT, format_int(buf, 5, 100 - before, 0));
    }
}

void zoom_latency(const struct pane *p, const struct view *v)
{
    struct pane upper = pane_inner(p, 0, 0, ROW_COUNT + 1, p->cols);
    panel_latency(&upper, v);
    int links = v->now->mode == MODE_REPLAY ? 0 : panel_links_rows(v->held);
    int top = ROW_COUNT + 2 + (links ? links + 1 : 0);
    if (links && p->rows >= ROW_COUNT + 1 + links) {
        struct pane below = pane_inner(p, ROW_COUNT + 1, 0, links, p->cols);
        panel_links(&below, v);
    }
    if (p->rows < top + 3 || v->now->mode == MODE_REPLAY) {
        return;
    }
    pane_title(p, top, "SHARE of samples, % up to (us)");
    for (int k = 0; k < EDGES; k++) {
        char buf[FORMAT_MAX];
        pane_text(p, top + 1, 12 + 5 * k, ROLE_LABEL, format_int(buf, 5, EDGE_US[k], 0));
    }
    pane_text(p, top + 1, 12 + 5 * EDGES, ROLE_LABEL, " more");
    for (int k = 0; k < ROW_COUNT && top + 2 + k < p->rows; k++) {
        const struct hist *h = &v->held->shell.station[ROWS[k].id];
        char count[FORMAT_MAX];
        pane_text(p, top + 2 + k, 1, ROLE_LABEL, ROWS[k].name);
        if (h->count) {
            draw_shares(p, top + 2 + k, h);
            if (p->cols >= 18 + 5 * EDGES + 14) {
                pane_print(p, top + 2 + k, 18 + 5 * EDGES, ROLE_LABEL, " n %s",
                           format_int(count, 0, (int64_t)h->count, FORMAT_GROUP));
            }
        }
    }
}
