// SPDX-License-Identifier: Apache-2.0
// The parts of the console that are plain arithmetic. Tries to break: numbers that do not fit (a truncated
// number is a lie), panels that overlap or leave the screen at any size, a capital or a lower-case f among
// the keys, a ladder that jumps, a frame rate that does not give way.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"
#include "tui/history.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/limits.h"
#include "tui/pace.h"

static void test_numbers(void **state)
{
    (void)state;
    char b[FORMAT_MAX];
    assert_string_equal(format_e8(b, 9, 4218 * E8 / 100, 2, FORMAT_SIGN), "   +42.18");
    assert_string_equal(format_e8(b, 0, -1, 2, FORMAT_SIGN), "+0.00");
    assert_string_equal(format_e8(b, 0, -500000, 2, FORMAT_SIGN), "-0.01"); // ties away from zero
    assert_string_equal(format_e8(b, 9, 1335712 * E8 / 100, 2, FORMAT_GROUP), "13,357.12");
    assert_string_equal(format_e8(b, 8, 1335712 * E8 / 100, 2, FORMAT_GROUP), "########");
    assert_string_equal(format_e8(b, 0, INT64_MIN + 1, 0, FORMAT_GROUP), "-92,233,720,369");
    assert_string_equal(format_int(b, 0, 1000, FORMAT_GROUP), "1,000");
    assert_string_equal(format_int(b, 0, -999, FORMAT_GROUP), "-999");
    assert_string_equal(format_int(b, 0, -1000000, FORMAT_GROUP), "-1,000,000");
    assert_string_equal(format_real(b, 6, NAN, 2, FORMAT_SIGN), "     -");
    assert_string_equal(format_real(b, 6, INFINITY, 2, 0), "  inf!");
    assert_string_equal(format_real(b, 6, 1e30, 2, 0), "######");
    assert_string_equal(format_real(b, 7, 0.3124, 3, FORMAT_SIGN), " +0.312");
    assert_string_equal(format_us(b, 7, 850), "    0.9");
    assert_string_equal(format_us(b, 7, 3210 * NS_PER_US), "  3,210");
    assert_string_equal(format_ms(b, 5, 59 * NS_PER_US), " 0.06");
    assert_string_equal(format_age(b, 0, 3999 * NS_PER_MS), "3s");
    assert_string_equal(format_age(b, 0, 61 * NS_PER_S), "1m");
    assert_string_equal(format_age(b, 4, 7200 * NS_PER_S), "  2h");
    assert_string_equal(format_until(b, 11932 * NS_PER_S), "03:18:52");
    assert_string_equal(format_until(b, -5), "0");
    assert_string_equal(format_clock_ms(b, INT64_C(1723161267412) * NS_PER_MS), "23:54:27.412");
    assert_string_equal(format_minute_ms(b, INT64_C(1723161267412) * NS_PER_MS), "54:27.412");
}

static void test_quantities_give_up_decimals_before_the_field(void **state)
{
    (void)state;
    char b[FORMAT_MAX];
    const struct instrument eth = {
        .tick_e8 = 1000000, .lot_e8 = 100000, .price_decimals = 2, .qty_decimals = 3};
    assert_string_equal(format_qty(b, 7, &eth, 9412, 0), "  9.412");
    assert_string_equal(format_qty(b, 7, &eth, 1234567, 0), "1234.57");
    assert_string_equal(format_qty(b, 4, &eth, 1234567, 0), "1235");
    assert_string_equal(format_qty(b, 3, &eth, 1234567, 0), "###");
    assert_string_equal(format_price(b, 9, &eth, 268042, FORMAT_GROUP), " 2,680.42");
}

static void test_limits_are_read_in_their_own_unit(void **state)
{
    (void)state;
    int64_t v;
    assert_true(limit_parse(LIMIT_GROSS_VALUE, "40.5", &v) && v == 4050000000);
    assert_true(limit_parse(LIMIT_DAY_LOSS, "2.5%", &v) && v == 2500000);
    assert_true(limit_parse(LIMIT_ORDER_RATE, "20", &v) && v == 20);
    assert_false(limit_parse(LIMIT_ORDER_RATE, "2.5", &v));
    assert_false(limit_parse(LIMIT_GROSS_VALUE, "40%", &v));
    assert_false(limit_parse(LIMIT_GROSS_VALUE, "0", &v));
    assert_false(limit_parse(LIMIT_GROSS_VALUE, "-3", &v));
    assert_false(limit_parse(LIMIT_GROSS_VALUE, "", &v));
    assert_int_equal(limit_find("drawdown"), LIMIT_DRAWDOWN);
    assert_int_equal(limit_find("nothing"), LIMIT_COUNT);
}

// ---------------------------------------------------------------------------------------------------------
// layout

static unsigned char grid[220][320];

static void claim(struct rect r, int rows, int cols)
{
    if (r.rows == 0) {
        return;
    }
    assert_true(r.row >= 2 && r.col >= 0 && r.rows > 0 && r.cols > 0);
    assert_true(r.row + r.rows <= rows && r.col + r.cols <= cols);
    for (int y = r.row; y < r.row + r.rows; y++) {
        for (int x = r.col; x < r.col + r.cols; x++) {
            assert_int_equal(grid[y][x], 0);
            grid[y][x] = 1;
        }
    }
}

static void check_layout(int rows, int cols, enum view_id view, bool hint)
{
    struct layout l;
    memset(grid, 0, sizeof grid);
    layout_compute(&l, rows, cols, view, hint);
    if (l.kind == LAYOUT_LINE) {
        assert_true(rows < 16 || cols < 60);
        return;
    }
    for (int k = 0; k < PANEL_COUNT; k++) {
        claim(l.panel[k], rows, cols);
    }
    claim(l.zoom, rows, cols);
    for (int k = 0; k < 2; k++) {
        claim((struct rect){l.rule[k].row, l.rule[k].col, l.rule[k].rows, 1}, rows, cols);
    }
    const int lines[] = {l.hint_row, l.source_row, l.echo_row, l.keys_row};
    for (size_t k = 0; k < 4; k++) {
        if (lines[k] >= 0) {
            claim((struct rect){lines[k], 0, 1, cols}, rows, cols);
        }
    }
    bool position = l.panel[PANEL_POSITION].rows >= 3 || !l.deck_line; // else status line 2 carries it
    assert_true(position);
}

static void test_panels_never_overlap_or_leave_the_screen(void **state)
{
    (void)state;
    static const enum view_id VIEWS[] = {VIEW_DECK, VIEW_ORDERS, VIEW_LATENCY};
    for (int rows = 1; rows <= 120; rows++) {
        for (int cols = 1; cols <= 300; cols += cols < 170 ? 1 : 13) {
            for (int v = 0; v < 3; v++) {
                check_layout(rows, cols, VIEWS[v], (rows + cols) & 1);
            }
        }
    }
}

// -----------------------------------------------------------------------------------------------------------
// keys

static void test_no_capital_and_no_lower_case_f_is_bound(void **state)
{
    (void)state;
    size_t n;
    const struct binding *t = keys_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_false(t[i].code >= 'A' && t[i].code <= 'Z');
        assert_true(t[i].code != 'f');
        for (size_t k = i + 1; k < n; k++) {
            assert_true(t[i].code != t[k].code || t[i].value != t[k].value);
        }
    }
}

static bool no_send(void *ctx, const struct ev_operator *op, uint16_t instrument)
{
    (void)op;
    (void)instrument;
    ++*(int *)ctx;
    return true;
}

// A key that adds risk does nothing while the terminal shows an old frame; one that reduces it always acts.
static void test_stale_screen_refuses_what_adds_risk(void **state)
{
    (void)state;
    static struct snapshot s;
    struct ui ui;
    int sent = 0;
    memset(&s, 0, sizeof s);
    s.version = SNAPSHOT_VERSION;
    s.instrument_count = 1;
    s.ins[0].maker_paused = 1;
    s.ins[0].size_steps = -3;
    struct ui_ports ports = {.ctx = &sent, .send = no_send};
    struct ui_world w = {.s = &s, .now_ns = 100 * NS_PER_S, .screen_stale = true};
    ui_init(&ui, &ports);
    const char adds[] = "p+[";
    for (size_t i = 0; adds[i]; i++) {
        ui_key(&ui, &(struct key){.code = adds[i], .mono_ns = w.now_ns}, &w);
        assert_int_equal(sent, 0);
    }
    const char reduces[] = "x -]";
    for (size_t i = 0; reduces[i]; i++) {
        ui_key(&ui, &(struct key){.code = reduces[i], .mono_ns = w.now_ns}, &w);
        assert_int_equal(sent, (int)i + 1);
    }
    w.screen_stale = false;
    ui_key(&ui, &(struct key){.code = 'p', .mono_ns = w.now_ns}, &w);
    assert_int_equal(sent, 5);
}

static void test_live_resume_and_undo_ask(void **state)
{
    (void)state;
    static struct snapshot s;
    struct ui ui;
    int sent = 0;
    memset(&s, 0, sizeof s);
    s.mode = MODE_LIVE;
    s.instrument_count = 1;
    struct ui_ports ports = {.ctx = &sent, .send = no_send};
    struct ui_world w = {.s = &s, .now_ns = 100 * NS_PER_S};
    ui_init(&ui, &ports);
    ui_key(&ui, &(struct key){.code = ' '}, &w);
    assert_int_equal(sent, 1);
    ui_key(&ui, &(struct key){.code = 'z'}, &w);
    assert_int_equal(ui.overlay, OVERLAY_CONFIRM);
    assert_int_equal(sent, 1);
    ui_key(&ui, &(struct key){.code = 'y'}, &w);
    assert_int_equal(sent, 2);
    w.now_ns += 61 * NS_PER_S;
    ui_tick(&ui, &w);
    ui_key(&ui, &(struct key){.code = 'z'}, &w); // too late
    assert_int_equal(sent, 2);
}

static void test_palette_completes_and_describes(void **state)
{
    (void)state;
    char line[UI_FIELD_MAX] = "rec";
    char list[192];
    assert_true(ui_palette_complete(line, sizeof line));
    assert_string_equal(line, "reconcile ");
    strcpy(line, "s");
    assert_false(ui_palette_complete(line, sizeof line));
    assert_string_equal(ui_palette_describe("s", list, sizeof list), "seek size speed spread sym");
    assert_string_equal(ui_palette_describe("zzz", list, sizeof list), "no such command");
    strcpy(line, "pa");
    assert_false(ui_palette_complete(line, sizeof line)); // palette, pause
    strcpy(line, "sp");
    assert_true(!ui_palette_complete(line, sizeof line) && strcmp(line, "sp") == 0);
}

// ------------------------------------------------------------------------------------------------ history
// and pace

static struct ladder_axis axis_at(struct history *h, struct snapshot *s, int64_t bid_ticks)
{
    for (int k = 0; k < 5; k++) {
        s->ins[0].bid[k] = (struct level){bid_ticks - k, 5};
        s->ins[0].ask[k] = (struct level){bid_ticks + 1 + k, 5};
    }
    return history_axis(h, s, 0, 30);
}

static void test_ladder_moves_only_when_the_touch_leaves_the_middle_third(void **state)
{
    (void)state;
    static struct history h;
    static struct snapshot s;
    history_init(&h);
    s.instrument_count = 1;
    s.ins[0].bids = s.ins[0].asks = 5;
    struct ladder_axis first = axis_at(&h, &s, 1000);
    assert_int_equal(first.group, 1);
    assert_int_equal(first.top_ticks, 1001 + 15);
    for (int64_t t = 1001; t < 1005; t++) {
        assert_int_equal(axis_at(&h, &s, t).top_ticks, first.top_ticks);
    }
    assert_int_equal(axis_at(&h, &s, 1008).top_ticks, 1009 + 15);
    s.ins[0].bids = s.ins[0].asks = 0; // the book is gone: the axis stays
    assert_int_equal(history_axis(&h, &s, 0, 30).top_ticks, 1009 + 15);
}

// Own orders far from the touch are in sight, and the rows do not go back to fine ones at the next blink.
static void test_ladder_groups_until_own_orders_are_in_sight(void **state)
{
    (void)state;
    static struct history h;
    static struct snapshot s;
    history_init(&h);
    s.instrument_count = 1;
    s.ins[0].bids = s.ins[0].asks = 5;
    s.mono_ns = 100 * NS_PER_S;
    assert_int_equal(axis_at(&h, &s, 268000).group, 1);
    s.order_count = 1;
    s.order[0] = (struct snap_order){.price_ticks = 268000 - 83, .side = SIDE_BUY};
    struct ladder_axis a = axis_at(&h, &s, 268000);
    assert_int_equal(a.group, 10);
    assert_true(a.top_ticks % 10 == 0 && 268000 - 83 > a.top_ticks - 30 * a.group && 268001 < a.top_ticks);
    s.order_count = 0;
    assert_int_equal(axis_at(&h, &s, 268000).group, 10);
    s.mono_ns += 11 * NS_PER_S;
    assert_int_equal(axis_at(&h, &s, 268000).group, 1);
}

static void test_sparklines_stand_still_while_the_market_does(void **state)
{
    (void)state;
    static struct history h;
    static struct snapshot s;
    history_init(&h);
    memset(&s, 0, sizeof s);
    s.instrument_count = 1;
    s.ins[0].feature_valid = 1;
    for (int k = 0; k < 10; k++) {
        s.seq++;
        s.mono_ns += NS_PER_S;
        s.ins[0].book_update_id++;
        s.ins[0].feature[0].value = k;
        history_add(&h, &s);
    }
    double newest = history_feature(&h, 0, 0, 0);
    double before = history_feature(&h, 0, 0, 1);
    assert_true(newest == 9 && before < 9);
    for (int k = 0; k < 60; k++) {
        s.seq++;
        s.mono_ns += NS_PER_S;
        history_add(&h, &s);
    }
    assert_true(history_feature(&h, 0, 0, 0) == newest && history_feature(&h, 0, 0, 1) == before);
    assert_true(isnan(history_feature(&h, 0, 0, 40)) && isnan(history_feature(&h, 0, 0, 1000)));
}

static void test_pace_gives_way_and_comes_back(void **state)
{
    (void)state;
    struct pace p;
    int64_t now_ns = 100 * NS_PER_S;
    pace_init(&p, 10, now_ns);
    assert_int_equal(pace_fps(&p), 10);
    static const int DOWN[] = {5, 2, 1, 1};
    for (size_t i = 0; i < 4; i++) {
        now_ns += NS_PER_S;
        pace_late(&p, now_ns);
        assert_int_equal(pace_fps(&p), DOWN[i]);
    }
    for (int i = 0; i < 45; i++) {
        now_ns += NS_PER_S;
        pace_tick(&p, now_ns, 0);
    }
    assert_int_equal(pace_fps(&p), 10);
    pace_tick(&p, now_ns + NS_PER_S, 50000); // more bytes than the cap
    assert_int_equal(pace_fps(&p), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_quantities_give_up_decimals_before_the_field),
        cmocka_unit_test(test_limits_are_read_in_their_own_unit),
        cmocka_unit_test(test_panels_never_overlap_or_leave_the_screen),
        cmocka_unit_test(test_no_capital_and_no_lower_case_f_is_bound),
        cmocka_unit_test(test_stale_screen_refuses_what_adds_risk),
        cmocka_unit_test(test_live_resume_and_undo_ask),
        cmocka_unit_test(test_palette_completes_and_describes),
        cmocka_unit_test(test_ladder_moves_only_when_the_touch_leaves_the_middle_third),
        cmocka_unit_test(test_ladder_groups_until_own_orders_are_in_sight),
        cmocka_unit_test(test_sparklines_stand_still_while_the_market_does),
        cmocka_unit_test(test_pace_gives_way_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
