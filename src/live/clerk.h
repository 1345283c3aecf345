// SPDX-License-Identifier: Apache-2.0
// clerk: the thread for slow REST: instruments, snapshots, listen keys, clock probes, reconciliation reads.
// It holds no session state: requests arrive signed, answers leave decoded.
//
// Rings: jobs hot -> clerk, answers clerk -> hot (each with an eventfd to wake the other side).
#ifndef TT_LIVE_CLERK_H
#define TT_LIVE_CLERK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/config.h"
#include "engine/venue/answer.h"
#include "engine/venue/session.h"

enum { CLERK_TEXT_MAX = REQUEST_TEXT_MAX + 512 };

struct clerk_job {
    uint32_t tag;
    uint8_t kind; // enum request_kind
    char method[8];
    char path[64];
    uint16_t text_len;
    char text[CLERK_TEXT_MAX]; // final: signed where it must be
    int64_t timeout_ns; // from clerk_submit on: a job that waited longer is not sent, its signature is old
    int64_t queued_ns;  // filled by clerk_submit
};

struct clerk_setup {
    const char *host;
    uint16_t port;
    bool tls;
    const char *ca_pem;
    const char *api_key;         // header for HMAC; NULL
    struct engine_config wanted; // symbols of exchangeInfo
    int wake_fd;                 // eventfd of the hot thread
};

struct clerk;

struct clerk *clerk_start(const struct clerk_setup *s, struct error *e);
void clerk_stop(struct clerk *c); // ends the thread, frees

// Hot thread. False: ring full.
bool clerk_submit(struct clerk *c, const struct clerk_job *job);
// Hot thread: the next answer, or NULL; valid until clerk_release.
const struct answer *clerk_next(struct clerk *c, uint32_t *tag);
void clerk_release(struct clerk *c);

// Bytes of an answer that are in use (the union's rows); what travels through the ring.
size_t answer_bytes(const struct answer *a);

#endif
