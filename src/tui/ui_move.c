// SPDX-License-Identifier: Apache-2.0
// ui_move: keys that change what is shown, or how a replay runs. None of them can reach an order.
#include "tui/keys.h"

enum { CTRL_C = 3, SCROLL_PAGE = 10, SCROLL_MAX = SNAP_ORDERS + SNAP_DONE };

void act_focus(struct ui *ui, const struct ui_world *w, int code)
{
    int n = (int)w->s->instrument_count;
    if (n > 0) {
        ui->focus = (ui->focus + (code == TK_TAB ? 1 : n - 1)) % n;
        ui->scroll = 0;
    }
}

void act_view(struct ui *ui, const struct ui_world *w, int code)
{
    static const char *const ABSENT[10] = {
        [0] = "backtest",      [2] = "book heat",     [3] = "feature history", [4] = "model",
        [6] = "limits editor", [7] = "funding board", [9] = "replay transport"};
    int n = code - '0';
    if (n == VIEW_DECK || n == VIEW_ORDERS || n == VIEW_LATENCY) {
        ui->view = (enum view_id)n;
        ui->scroll = 0;
    } else {
        ui_say(ui, w, ROLE_TEXT, "view %d (%s) is not in this version; there are 1 deck, 5 orders, 8 latency",
               n, ABSENT[n]);
    }
}

void act_scroll(struct ui *ui, const struct ui_world *w, int code)
{
    (void)w;
    int step = code == 'j' || code == TK_DOWN ? 1 : code == 'k' || code == TK_UP ? -1 : 0;
    step = code == TK_PAGE_DOWN ? SCROLL_PAGE : code == TK_PAGE_UP ? -SCROLL_PAGE : step;
    int to = code == TK_HOME ? 0 : ui->scroll + step;
    ui->scroll = to < 0 ? 0 : to > SCROLL_MAX ? SCROLL_MAX : to;
}

void act_escape(struct ui *ui, const struct ui_world *w, int code)
{
    (void)w;
    (void)code;
    ui->view = VIEW_DECK;
    ui->scroll = 0;
    ui->message_ns = 0;
}

void act_overlay(struct ui *ui, const struct ui_world *w, int code)
{
    if (code == '?') {
        ui->overlay = OVERLAY_HELP;
    } else if (code == ':') {
        ui->overlay = OVERLAY_PALETTE;
        ui->message_ns = 0; // the field stands where messages do
        ui->field[0] = 0;
        ui->field_len = 0;
        ui->past_at = -1;
    } else if (ui_sends(ui, w)) {
        ui->overlay = OVERLAY_QUIT;
    } else {
        ui->want_leave = true; // a replay leaves nothing behind
    }
}

void act_repaint(struct ui *ui, const struct ui_world *w, int code)
{
    (void)w;
    (void)code;
    ui->want_repaint = true;
}

void act_suspend(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    ui_say(ui, w, ROLE_TEXT, "suspend is off: run it in tmux and detach");
}

void act_export(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    if (!ui->ports.export_now) {
        ui_say(ui, w, ROLE_TEXT, "export: there is no running session to export");
    } else if (ui->ports.export_now(ui->ports.ctx)) {
        ui_say(ui, w, ROLE_TEXT, "export started; the file's name follows");
    } else {
        ui_say(ui, w, ROLE_ALARM_LOW, "export: not started, another one is running");
    }
}

void act_transport(struct ui *ui, const struct ui_world *w, int code)
{
    if (ui->ports.transport) {
        ui->ports.transport(ui->ports.ctx, (char)code, 0);
    } else {
        ui_say(ui, w, ROLE_TEXT, "'%c' drives a replay; this is not one", code);
    }
}
