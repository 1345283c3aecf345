// SPDX-License-Identifier: Apache-2.0
// doctor_internal: what doctor's venue part shares between its files.
#ifndef TT_LIVE_DOCTOR_INTERNAL_H
#define TT_LIVE_DOCTOR_INTERNAL_H

#include "engine/config.h"
#include "engine/venue/answer.h"
#include "live/doctor.h"
#include "live/rest_call.h"

struct visit { // one venue being looked at
    struct checks *out;
    enum run_mode mode;
    const struct config *c;
    struct endpoint *ep;
    struct engine_config engine;
    const char *group; // "aster"
    struct rest *rest;
    struct nonce nonce;
    int64_t offset_ns; // the venue's clock minus ours
    struct answer answer;
};

// Ask one question (signed where it must be) with this business text. False: a row was added that says why
// not (level `fail`), named `name`.
bool visit_ask(struct visit *v, enum request_kind kind, const char *text, enum check_level fail,
               const char *name);
// The venue offers this question.
bool visit_offers(const struct visit *v, enum request_kind kind);

void visit_account(struct visit *v);     // doctor_account.c
void visit_instruments(struct visit *v); // doctor_market.c
void visit_streams(struct visit *v);     // doctor_market.c

#endif
