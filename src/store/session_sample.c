// SPDX-License-Identifier: Apache-2.0
// session_sample: what a snapshot leaves in the session database: once a second equity, positions,
// strategies, features, latency figures and how far operator actions have come; each 10 s and at the end the
// latency histograms whole.
#include "base/clock.h"
#include "store/session_internal.h"

enum { BUCKETS_PERIOD_S = 10 };

static void pnl_columns(struct row *r, const struct snap_pnl *p)
{
    row_int(r, p->unrealised_e8);
    row_int(r, p->realised_e8);
    row_int(r, p->fees_e8);
    row_int(r, p->funding_e8);
    row_int(r, p->seam_e8);
    row_int(r, p->adjustment_e8);
}

static bool equity_row(struct session_db *db, const struct snapshot *s, struct error *e)
{
    struct row r = row_begin(db, Q_EQUITY, WEIGHT_LIGHT, e);
    row_int(&r, s->wall_ns);
    row_int(&r, (int64_t)s->seq);
    row_int(&r, s->equity_e8);
    row_int(&r, s->wallet_e8);
    row_int(&r, s->peak_equity_e8);
    row_int(&r, s->pnl.realised_e8);
    row_int(&r, s->pnl.unrealised_e8);
    row_int(&r, s->pnl.fees_e8);
    row_int(&r, s->pnl.funding_e8);
    row_int(&r, s->pnl.seam_e8);
    row_int(&r, s->pnl.adjustment_e8);
    row_int(&r, s->drawdown_e8);
    row_int(&r, s->day_loss_e8);
    row_int(&r, s->open_orders);
    row_text(&r, name_of_trading_state(s->trading_state));
    row_text(&r, s->state_reason);
    return row_end(&r, e);
}

static void best_column(struct row *r, const struct level *best, uint32_t levels)
{
    if (levels > 0) {
        row_int(r, best->ticks);
    } else {
        row_null(r);
    }
}

static bool position_row(struct session_db *db, const struct snapshot *s, uint32_t id, struct error *e)
{
    const struct snap_instrument *i = &s->ins[id];
    struct row r = row_begin(db, Q_POSITION, WEIGHT_LIGHT, e);
    row_int(&r, s->wall_ns);
    row_int(&r, id);
    row_int(&r, (int64_t)s->seq);
    row_int(&r, i->position_lots);
    row_int(&r, i->entry_e8);
    row_int(&r, i->mark_e8);
    row_int(&r, i->index_e8);
    row_int(&r, i->funding_rate_e8);
    pnl_columns(&r, &i->pnl);
    best_column(&r, &i->bid[0], i->bids);
    best_column(&r, &i->ask[0], i->asks);
    row_int(&r, i->quote_bid_ticks);
    row_int(&r, i->quote_ask_ticks);
    row_text(&r, name_of_trading_state(i->trading_state));
    row_text(&r, name_of_book_state(i->book_state));
    return row_end(&r, e);
}

static bool feature_rows(struct session_db *db, const struct snapshot *s, uint32_t id, struct error *e)
{
    const struct snap_instrument *i = &s->ins[id];
    for (int k = 0; k < SNAP_FEATURES; k++) {
        double v = i->feature[k].value;
        if (!(i->feature_valid >> k & 1) || v != v) {
            continue;
        }
        struct row r = row_begin(db, Q_FEATURE, WEIGHT_LIGHT, e);
        row_int(&r, s->wall_ns);
        row_int(&r, id);
        row_int(&r, k);
        row_int(&r, (int64_t)s->seq);
        row_real(&r, v);
        row_real(&r, i->feature[k].z);
        if (!row_end(&r, e)) {
            return false;
        }
    }
    return true;
}

static bool strategy_row(struct session_db *db, const struct snapshot *s, const struct snap_strategy *g,
                         struct error *e)
{
    struct row r = row_begin(db, Q_STRATEGY, WEIGHT_LIGHT, e);
    row_int(&r, s->wall_ns);
    row_text(&r, name_of_strategy(g->id));
    row_int(&r, (int64_t)s->seq);
    row_int(&r, g->pnl.realised_e8);
    row_int(&r, g->pnl.unrealised_e8);
    row_int(&r, g->pnl.fees_e8);
    row_int(&r, g->pnl.funding_e8);
    row_int(&r, g->pnl.seam_e8);
    row_int(&r, g->pnl.adjustment_e8);
    return row_end(&r, e);
}

static bool echo_row(struct session_db *db, const struct snap_echo *c, struct error *e)
{
    struct row r = row_begin(db, Q_ECHO, WEIGHT_LIGHT, e);
    row_time(&r, c->first_write_ns);
    row_time(&r, c->acked_ns);
    row_time(&r, c->flat_ns);
    row_time(&r, c->sealed_ns);
    row_time(&r, c->done_ns);
    row_int(&r, c->refused);
    row_text(&r, c->text);
    row_int(&r, (int64_t)c->seq);
    return row_end(&r, e);
}

static bool station_row(struct session_db *db, int64_t wall_ns, unsigned station, const struct hist *h,
                        struct error *e)
{
    struct row r = row_begin(db, Q_STATION, WEIGHT_LIGHT, e);
    row_text(&r, name_of_station(station));
    row_int(&r, wall_ns);
    row_int(&r, (int64_t)h->count);
    row_int(&r, h->sum_ns);
    row_int(&r, h->max_ns);
    row_int(&r, hist_quantile(h, 500000));
    row_int(&r, hist_quantile(h, 950000));
    row_int(&r, hist_quantile(h, 990000));
    row_int(&r, hist_quantile(h, 999000));
    return row_end(&r, e);
}

static bool bucket_rows(struct session_db *db, unsigned station, const struct hist *h, struct error *e)
{
    for (int i = 0; i < HIST_BUCKETS; i++) {
        if (h->bucket[i] == 0) {
            continue;
        }
        struct row r = row_begin(db, Q_BUCKET, WEIGHT_LIGHT, e);
        row_text(&r, name_of_station(station));
        row_int(&r, hist_bucket_upper_ns(i));
        row_int(&r, h->bucket[i]);
        if (!row_end(&r, e)) {
            return false;
        }
    }
    return true;
}

static bool latency_rows(struct session_db *db, const struct snapshot *s, bool buckets, struct error *e)
{
    for (unsigned k = 0; k < ST_COUNT; k++) {
        const struct hist *h = &s->shell.station[k];
        if (h->count > 0 &&
            (!station_row(db, s->wall_ns, k, h, e) || (buckets && !bucket_rows(db, k, h, e)))) {
            return false;
        }
    }
    return true;
}

static bool wallet_row(struct session_db *db, const struct snapshot *s, uint8_t venue, struct error *e)
{
    const struct snap_venue *v = &s->venue[venue];
    struct row r = row_begin(db, Q_WALLET, WEIGHT_LIGHT, e);
    row_int(&r, s->wall_ns);
    row_text(&r, venue_name(venue));
    row_int(&r, (int64_t)s->seq);
    row_int(&r, v->traded);
    row_int(&r, v->wallet_e8);
    row_int(&r, v->worth_e8);
    return row_end(&r, e);
}

static bool account_rows(struct session_db *db, const struct snapshot *s, struct error *e)
{
    bool ok = equity_row(db, s, e);
    for (uint32_t i = 0; ok && i < s->instrument_count && i < INSTRUMENT_MAX; i++) {
        ok = !s->ins[i].known || (position_row(db, s, i, e) && feature_rows(db, s, i, e));
    }
    for (uint8_t v = 0; ok && v < VENUE_COUNT; v++) {
        ok = !s->venue[v].wallet_known || wallet_row(db, s, v, e);
    }
    for (uint32_t i = 0; ok && i < s->strategy_count && i < STRATEGY_COUNT; i++) {
        ok = strategy_row(db, s, &s->strategy[i], e);
    }
    for (uint32_t i = 0; ok && i < s->echo_count && i < SNAP_ECHOES; i++) {
        ok = s->echo[i].seq == 0 || echo_row(db, &s->echo[i], e);
    }
    return ok;
}

bool session_db_sample(struct session_db *db, const struct snapshot *s, struct error *e)
{
    if (db->now.sample_wall_ns != 0 && s->wall_ns - db->now.sample_wall_ns < NS_PER_S &&
        s->wall_ns >= db->now.sample_wall_ns) {
        *db->skipped = *s; // it may be the last one
        return true;
    }
    bool buckets =
        s->wall_ns - db->now.buckets_wall_ns >= BUCKETS_PERIOD_S * NS_PER_S || db->now.buckets_wall_ns == 0;
    db->now.sample_wall_ns = s->wall_ns;
    db->now.action_hash = s->action_hash;
    if (buckets) {
        db->now.buckets_wall_ns = s->wall_ns;
    }
    bool ok = account_rows(db, s, e) && latency_rows(db, s, buckets, e);
    db->skipped->wall_ns = 0;
    return ok;
}
