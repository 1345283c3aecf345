// SPDX-License-Identifier: Apache-2.0
// session_setup: what a venue's session is told, out of the configuration; the same for trading, paper and
// recording.
#ifndef TT_LIVE_SESSION_SETUP_H
#define TT_LIVE_SESSION_SETUP_H

#include "config/config.h"
#include "engine/venue/session.h"

// Fills all of *s; public_only and derived_market are left 0 for the caller. auth: the kind of key.
void session_setup_make(struct session_config *s, const struct config *c, enum venue_id venue,
                        enum auth_scheme auth);

#endif
