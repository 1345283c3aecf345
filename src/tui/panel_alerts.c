// SPDX-License-Identifier: Apache-2.0
// panel_alerts: alarms, newest first. NEW is reversed by its role and marked, ACK is steady, CLEARED is dim.
#include <stdio.h>

#include "tui/format.h"
#include "tui/view.h"

static const char *mark(uint8_t level)
{
    static const char *const MARK[] = {"-   ", "L   ", "M ! ", "H !!"};
    return level < 4 ? MARK[level] : "?   ";
}

static enum role alarm_role(const struct snap_alarm *a)
{
    if (a->cleared || a->level == ALARM_LOG) {
        return ROLE_LABEL;
    }
    if (a->acked) {
        return ROLE_TEXT;
    }
    return a->level == ALARM_HIGH     ? ROLE_ALARM_HIGH
           : a->level == ALARM_MEDIUM ? ROLE_ALARM_MEDIUM
                                      : ROLE_ALARM_LOW;
}

static void draw_alarm(const struct pane *p, int row, const struct snap_alarm *a)
{
    char time[FORMAT_MAX];
    char cleared[FORMAT_MAX];
    bool narrow = p->cols < 44;
    int col = pane_print(p, row, 1, ROLE_LABEL, narrow ? "%.5s " : "%s ", format_clock(time, a->wall_ns));
    const char *life = a->shelved ? " shelved" : a->cleared ? " cleared" : a->acked ? " ack" : "";
    if (p->cols >= 80) {
        int end =
            pane_print(p, row, col, alarm_role(a), "%s %-12.15s %.79s", mark(a->level), a->code, a->text);
        end = pane_print(p, row, end, ROLE_LABEL, "%s", life);
        if (a->cleared) {
            pane_print(p, row, end + 1, ROLE_LABEL, "%s", format_clock(cleared, a->cleared_wall_ns));
        }
    } else {
        pane_print(p, row, col, alarm_role(a), "%.1s %.15s %.79s%s", mark(a->level), a->code, a->text, life);
    }
}

void panel_alerts(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->now;
    char title[64];
    snprintf(title, sizeof title, "ALERTS  %uH %uM %uL  a=ack s=shelve", s->alarms_unacked[ALARM_HIGH],
             s->alarms_unacked[ALARM_MEDIUM], s->alarms_unacked[ALARM_LOW]);
    pane_title(p, 0, title);
    for (uint32_t k = 0; k < s->alarm_count && k < SNAP_ALARMS && (int)k + 1 < p->rows; k++) {
        draw_alarm(p, (int)k + 1, &s->alarm[k]);
    }
    if (s->alarm_count == 0 && p->rows > 1) {
        pane_text(p, 1, 1, ROLE_LABEL, "none");
    }
}
