// SPDX-License-Identifier: Apache-2.0
// doctor: the preflight: looks at this host and at each venue of a run, and writes down what it sees, one row
// each (live/checks.h). It places no order and changes no setting. What `ticktower doctor` prints and what
// the live gate reads is this.
//
// Blocks (network reads with time-outs, at most about a minute per dead venue). Owner: main, before threads.
#ifndef TT_LIVE_DOCTOR_H
#define TT_LIVE_DOCTOR_H

#include <stdbool.h>

#include "config/config.h"
#include "engine/event.h"
#include "live/checks.h"
#include "live/endpoint.h"
#include "live/keys.h"

// Clock, disk, memory lock, descriptors, cores, GPU, libraries. state: the directory of states (it need not
// exist yet).
void doctor_host(struct checks *out, enum run_mode mode, const char *state);

// One venue: reach, TLS, clock, streams, instruments; with a signer also rights, modes, fees, what is open.
void doctor_venue(struct checks *out, enum run_mode mode, const struct config *c, struct endpoint *ep);

// What is known of a key that was opened.
void doctor_key(struct checks *out, enum run_mode mode, const struct endpoint *ep, const struct key_info *k,
                int64_t wall_s);

#endif
