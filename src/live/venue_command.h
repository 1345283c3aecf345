// SPDX-License-Identifier: Apache-2.0
// venue_command: the words of the control socket: faults on and off, and what a venue, its operator or
// somebody else with the account can do at once. `SITE: COMMAND`, without SITE all sites. Owner: the venue's
// thread.
#ifndef TT_LIVE_VENUE_COMMAND_H
#define TT_LIVE_VENUE_COMMAND_H

#include "live/venue_site.h"

// Carry out one line (changed in the process); `reply` gets one line of JSON: {"ok":true,...} or
// {"ok":false,"error":"..."}. cap at least 4096 for each site.
void venue_command_run(struct venue_site *const site[VENUE_COUNT], char *line, char *reply, size_t cap);
// One line each, for --help.
const char *venue_command_help(void);

#endif
