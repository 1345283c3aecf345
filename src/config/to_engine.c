// SPDX-License-Identifier: Apache-2.0
// From the text configuration to the engine's plain struct.
#include <string.h>

#include "config/config.h"

static void add_symbols(struct engine_config *out, const struct config_symbols *s, uint8_t quote)
{
    for (uint32_t i = 0; i < s->count && out->instrument_count < INSTRUMENT_MAX; i++) {
        struct instrument_config *ic = &out->instruments[out->instrument_count++];
        memcpy(ic->symbol, s->name[i], sizeof ic->symbol);
        ic->quote = quote;
        ic->venue = s->venue[i];
    }
}

static void set_maker(const struct config *c, struct maker_config *m)
{
    m->model = (uint8_t)c->maker.model;
    m->enabled = (uint8_t)c->maker.enabled;
    m->layers = (uint8_t)c->maker.layers;
    m->order_value_e8 = c->maker.order_value_e8;
    m->min_edge_e8 = c->maker.min_edge_e8;
    m->max_spread_e8 = c->maker.max_spread_e8;
    m->skew_max_e8 = c->maker.skew_max_e8;
    m->gamma_e8 = c->maker.gamma_e8;
    m->horizon_ns = c->maker.horizon_ns;
    m->spread_a_e8 = c->maker.spread_a_e8;
    m->min_life_ns = c->maker.min_life_ns;
    m->requote_ticks = c->maker.requote_ticks;
    m->vpin_widen_e8 = c->maker.vpin_widen_e8;
    m->layer_step_ticks = c->maker.layer_step_ticks;
}

void config_engine(const struct config *c, struct engine_config *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->account_alias, c->alias, sizeof out->account_alias);
    out->capital_e8 = c->capital_e8;
    add_symbols(out, &c->quote, 1);
    add_symbols(out, &c->watch, 0);
    out->deadman_ns = c->venue.deadman_ns;
    out->deadman_refresh_ns = c->venue.deadman_refresh_ns;
    out->ack_timeout_ns = c->venue.ack_timeout_ns;
    set_maker(c, &out->maker);
    memcpy(out->risk.limit, c->limit, sizeof out->risk.limit);
    out->risk.book_stale_ns = c->risk.book_stale_ns;
    out->risk.order_max_age_ns = c->risk.order_max_age_ns;
    out->risk.repeat_per_s = c->risk.repeat_per_s;
    out->risk.hold_ns = c->risk.hold_ns;
    out->kill.slice_pct_e8 = c->kill.slice_pct_e8;
    out->kill.slice_gap_ns = c->kill.slice_gap_ns;
    out->kill.collar_e8 = c->kill.collar_e8;
    out->kill.collar_max_e8 = c->kill.collar_max_e8;
    out->kill.collar_double_ns = c->kill.collar_double_ns;
    out->kill.accept_window_ns = c->kill.accept_window_ns;
    out->kill.unconfirmed_ns = c->kill.unconfirmed_ns;
}

void engine_config_default(struct engine_config *out)
{
    struct config c;
    config_default(&c);
    config_visit_only_asked(&c);
    config_engine(&c, out);
}
