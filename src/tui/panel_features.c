// SPDX-License-Identifier: Apache-2.0
// panel_features: the most telling features with value, z-score and their last minute of market time. Names
// and order follow quant.md 3.7; a feature that this build does not compute is not listed once another one is
// valid.
#include <math.h>
#include <stdio.h>

#include "engine/signal/features.h"
#include "tui/format.h"
#include "tui/glyphs.h"
#include "tui/view.h"

// Short names for narrow columns (the engine's own go into exports), and what a value is multiplied with for
// the screen.
struct label {
    const char *name;
    double scale;
};

static const struct label LABEL[SNAP_FEATURES] = {
    [FEATURE_SPREAD] = {"spread", 1},
    [FEATURE_MICROPRICE] = {"microp", 1},
    [FEATURE_WEIGHTED_MID] = {"wmid", 1},
    [FEATURE_IMBALANCE_1] = {"imb_1", 1},
    [FEATURE_IMBALANCE_3] = {"imb_3", 1},
    [FEATURE_IMBALANCE_5] = {"imb_5", 1},
    [FEATURE_IMBALANCE_10] = {"imb_10", 1},
    [FEATURE_IMBALANCE_WEIGHTED] = {"imb_w", 1},
    [FEATURE_DEPTH_BID_5] = {"dep_b5", 1},
    [FEATURE_DEPTH_ASK_5] = {"dep_a5", 1},
    [FEATURE_DEPTH_BID_20] = {"dep_b20", 1},
    [FEATURE_DEPTH_ASK_20] = {"dep_a20", 1},
    [FEATURE_SLOPE_BID] = {"slope_b", 1},
    [FEATURE_SLOPE_ASK] = {"slope_a", 1},
    [FEATURE_OFI_100MS] = {"ofi_.1s", 1},
    [FEATURE_OFI_1S] = {"ofi_1s", 1},
    [FEATURE_OFI_5S] = {"ofi_5s", 1},
    [FEATURE_OFI_30S] = {"ofi_30s", 1},
    [FEATURE_MLOFI_1] = {"mofi_1", 1},
    [FEATURE_MLOFI_2] = {"mofi_2", 1},
    [FEATURE_MLOFI_3] = {"mofi_3", 1},
    [FEATURE_TRADE_IMBALANCE_1S] = {"trd_1s", 1},
    [FEATURE_TRADE_IMBALANCE_5S] = {"trd_5s", 1},
    [FEATURE_TRADE_IMBALANCE_30S] = {"trd_30s", 1},
    [FEATURE_VPIN_QUANTILE] = {"vpin_q", 1},
    [FEATURE_INTENSITY_BUY] = {"lam_buy", 1},
    [FEATURE_INTENSITY_SELL] = {"lam_sel", 1},
    [FEATURE_KYLE] = {"kyle", 1},
    [FEATURE_SIGMA_10S] = {"sig10bp", 1e4},
    [FEATURE_SIGMA_300S] = {"sig300bp", 1e4},
    [FEATURE_SIGMA_RATIO] = {"sig_rat", 1},
    [FEATURE_MOMENTUM_100MS] = {"mom_.1s", 1},
    [FEATURE_MOMENTUM_500MS] = {"mom_.5s", 1},
    [FEATURE_MOMENTUM_1S] = {"mom_1s", 1},
    [FEATURE_MOMENTUM_5S] = {"mom_5s", 1},
    [FEATURE_MOMENTUM_30S] = {"mom_30s", 1},
    [FEATURE_MOMENTUM_60S] = {"mom_60s", 1},
    [FEATURE_BASIS] = {"basis_bp", 1},
    [FEATURE_FUNDING] = {"fund_bp", 1},
    [FEATURE_LEAD_RETURN] = {"lead_bp", 1},
};
_Static_assert((int)FEATURE_COUNT == (int)SNAP_FEATURES, "every feature has a label");

// Which to show first.
static const uint8_t ORDER[SNAP_FEATURES] = {
    FEATURE_IMBALANCE_5,
    FEATURE_SIGMA_10S,
    FEATURE_OFI_1S,
    FEATURE_MICROPRICE,
    FEATURE_SPREAD,
    FEATURE_MOMENTUM_1S,
    FEATURE_VPIN_QUANTILE,
    FEATURE_IMBALANCE_1,
    FEATURE_IMBALANCE_10,
    FEATURE_TRADE_IMBALANCE_5S,
    FEATURE_MOMENTUM_5S,
    FEATURE_SIGMA_300S,
    FEATURE_BASIS,
    FEATURE_FUNDING,
    FEATURE_MOMENTUM_60S,
    FEATURE_OFI_5S,
    FEATURE_OFI_30S,
    FEATURE_TRADE_IMBALANCE_1S,
    FEATURE_TRADE_IMBALANCE_30S,
    FEATURE_IMBALANCE_3,
    FEATURE_WEIGHTED_MID,
    FEATURE_IMBALANCE_WEIGHTED,
    FEATURE_DEPTH_BID_5,
    FEATURE_DEPTH_ASK_5,
    FEATURE_DEPTH_BID_20,
    FEATURE_DEPTH_ASK_20,
    FEATURE_SLOPE_BID,
    FEATURE_SLOPE_ASK,
    FEATURE_OFI_100MS,
    FEATURE_MLOFI_1,
    FEATURE_MLOFI_2,
    FEATURE_MLOFI_3,
    FEATURE_INTENSITY_BUY,
    FEATURE_INTENSITY_SELL,
    FEATURE_KYLE,
    FEATURE_SIGMA_RATIO,
    FEATURE_MOMENTUM_100MS,
    FEATURE_MOMENTUM_500MS,
    FEATURE_MOMENTUM_30S,
    FEATURE_LEAD_RETURN,
};

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
    double x = valid ? f->value * LABEL[feature].scale : NAN;
    int decimals = fabs(x) >= 100 ? 1 : fabs(x) >= 10 ? 2 : 3;
    bool roomy = p->cols >= 50;
    int value_col = roomy ? 11 : 9;
    pane_text(p, row, 1, ROLE_LABEL, LABEL[feature].name);
    pane_text(p, row, value_col, stale ? ROLE_STALE : ROLE_TEXT,
              format_real(value, 9, x, decimals, FORMAT_SIGN));
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
    char us[FORMAT_MAX] = "-";
    const struct hist *h = &v->held->shell.station[ST_BOOK_FEATURES];
    if (h->count) {
        format_us(us, 0, hist_quantile(h, 990000));
    }
    snprintf(title, sizeof title, "FEATURES p99 %s/1,000 us%s", us, p->cols >= 50 ? "  3 s a column" : "");
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
