// SPDX-License-Identifier: Apache-2.0
#include "live/session_setup.h"

#include <string.h>

#include "base/check.h"

void session_setup_make(struct session_config *s, const struct config *c, enum venue_id venue,
                        enum auth_scheme auth)
{
    struct engine_config ec;
    const struct dialect *d = dialect_of(venue, auth);
    CHECK(d); // config_check refuses what a venue does not offer
    config_engine(c, &ec);
    memset(s, 0, sizeof *s);
    s->venue = (uint8_t)venue;
    s->dialect = d->id;
    s->batch_place = c->venue.batch_place != 0;
    s->batch_cancel = c->venue.batch_cancel != 0;
    s->instrument_count = ec.instrument_count;
    memcpy(s->instruments, ec.instruments, sizeof s->instruments);
    s->ack_timeout_ns = c->venue.ack_timeout_ns;
    s->book_stale_ns = c->risk.book_stale_ns;
    s->accept_window_ns = c->kill.accept_window_ns;
    s->order_max_age_ns = c->risk.order_max_age_ns;
    s->reconcile_orders_ns = c->venue.reconcile_orders_ns;
    s->reconcile_positions_ns = c->venue.reconcile_positions_ns;
    s->listen_renew_ns = c->venue.listen_renew_ns;
    s->info_refresh_ns = c->venue.info_refresh_ns;
    s->clock_probe_ns = c->venue.clock_probe_ns;
    s->reconnect_after_ns = c->venue.reconnect_after_ns;
    s->weight_limit_min = (int32_t)c->venue.weight_limit;
    s->order_limit_min = (int32_t)c->venue.order_limit;
    s->leverage = (int32_t)c->venue.leverage;
    s->isolated = c->venue.margin == 1;
}
