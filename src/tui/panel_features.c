// SPDX-License-Identifier: Apache-2.0
// panel_features: the most telling features with value, z-score and their last minute of market time. Names and order
// follow quant.md 3.7; a feature that this build does not compute is not listed once another one is valid.
#include <math.h>
#include <stdio.h>

#include "tui/format.h"
#include "tui/glyphs.h"
#include "tui/view.h"

static const char *const NAME[SNAP_FEATURES] = {
    "spread", "microp", "wmid", "imb_1", "imb_3", "imb_5", "imb_10", "imb_w", "dep_b5", "dep_a5",
    "dep_b20", "dep_a20", "slope_b", "slope_a", "ofi_.1s", "ofi_1s", "ofi_5s", "ofi_30s", "mofi_1", "mofi_2",
    "mofi_3", "trd_1s", "trd_5s", "trd_30s", "vpin", "lam_buy", "lam_sel", "kyle", "sig_10s", "sig_5m",
    "sig_rat", "mom_.1s", "mom_.5s", "mom_1s", "mom_5s", "mom_30s", "mom_60s", "basis", "funding", "lead",
};

// Which to show first.
static const uint8_t ORDER[SNAP_FEATURES] = {
    5, 24, 1, 28, 15, 0, 3, 6, 33, 34, 22, 36, 37, 38, 29, 16, 17, 21, 23, 4,
    2, 7, 8, 9, 10, 11, 12, 13, 14, 18, 19, 20, 25, 26, 27, 30, 31, 32, 35, 39,
};

enum { SPARK_COLUMNS = 20 }; // 60 s

static void spark(const struct pane *p, const struct view *v, int row, int col, int cols, int feature)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (int k = 0; k < HISTORY_COLUMNS; k++) {
        double x = history_feature(v->history, v->focus, feature, k);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    for (int k = 0; k < cols; k++) {
        double x = history_feature(v->history, v->focus, feature, cols - 1 - k);
        if (!isnan(x)) {
            int level = high > low ? (int)((x - low) / (high - low) * 7.0 + 0.5) : 3;
            pane_glyph(p, row, col + k, ROLE_TEXT, glyph_spark(level));
        }
    }
}

static void draw_feature(const struct pane *p, const struct view *v, int row, int feature, bool stale)
{
    const struct snap_instrument *i = view_focus(v);
    char value[FORMAT_MAX];
    char z[FORMAT_MAX];
    bool valid = i->feature_valid >> feature & 1;
    const struct snap_feature *f = &i->feature[feature];
    double x = valid ? f->value : NAN;
    int decimals = fabs(x) >= 100 ? 1 : fabs(x) >= 10 ? 2 : 3;
    bool roomy = p->cols >= 50;
    int value_col = roomy ? 11 : 9;
    pane_text(p, row, 1, ROLE_LABEL, NAME[feature]);
    pane_text(p, row, value_col, stale ? ROLE_STALE : ROLE_TEXT, format_real(value, 9, x, decimals, FORMAT_SIGN));
    pane_text(p, row, value_col + 9, ROLE_STALE, stale && valid ? "?" : "");
    int spark_cols = p->cols - value_col - 10 - 8;
    spark_cols = spark_cols > HISTORY_COLUMNS ? HISTORY_COLUMNS : spark_cols < 8 ? 8 : spark_cols;
    spark(p, v, row, value_col + 10, spark_cols, feature);
    format_real(z, 5, valid ? f->z : NAN, 1, FORMAT_SIGN);
    pane_print(p, row, p->cols - 7, stale ? ROLE_STALE : fabs(f->z) >= 3 ? ROLE_STRONG : ROLE_TEXT, "z%s", z);
}

void panel_features(const struct pane *p, const struct view *v)
{
    char title[96];
    char us[FORMAT_MAX];
    const struct hist *h = &v->held->shell.station[ST_BOOK_FEATURES];
    snprintf(title, sizeof title, "FEATURES p99 %s/1,000 us%s", format_us(us, 0, hist_quantile(h, 990000)),
             p->cols >= 50 ? "  last 60 s" : "");
    pane_title(p, 0, title);
    uint64_t ever = v->history->ins[v->focus].ever_valid;
    bool stale = view_book_stale(v, view_focus(v));
    int row = 1;
    for (int k = 0; k < SNAP_FEATURES && row < p->rows; k++) {
        if (ever == 0 || (ever >> ORDER[k] & 1)) {
            draw_feature(p, v, row++, ORDER[k], stale);
        }
    }
}
