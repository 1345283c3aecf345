// SPDX-License-Identifier: Apache-2.0
// venue_hello: the one line that `ticktower venue` prints when it is ready: where its sites listen, which
// wallet and which API key may trade, which certificate to trust, what market is played. One line of JSON,
// written and read here so that both sides agree.
//
// rest, ws, port and market stand twice: at the top those of the Aster futures site (of the first site when
// that one is not served), and for each site in "sites".
//
// The secrets are throw-away secrets of that one process; they guard play money, yet the reader wipes them
// when done.
#ifndef TT_LIVE_VENUE_HELLO_H
#define TT_LIVE_VENUE_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/market/instrument.h"

enum { VENUE_HELLO_MAX = 8192 }; // bytes of the line, newline included

struct venue_hello_site {
    uint16_t port;    // 0: this site is not served
    char rest[64];    // "https://127.0.0.1:43121" (plain: http://)
    char ws[64];      // "wss://127.0.0.1:43121" (plain: ws://)
    char market[256]; // what is played, for the screen
};

struct venue_hello {
    char rest[64], ws[64];
    uint16_t port;
    bool tls;
    int32_t pid;
    uint32_t chain_id;   // of EIP-712: 1666
    char user[43];       // main wallet's address, 0x + 40 hex
    char user_key[67];   // its private key, for clients that sign with the main wallet itself
    char signer[43];     // API wallet's address
    char signer_key[67]; // its private key, 0x + 64 hex
    char api_key[65];    // HMAC: 64 letters and digits,
    char api_secret[65]; // likewise
    char ca_pem[4096];   // certificate to trust; "" when plain
    char market[256];
    double speed;   // 1 = real time
    int64_t lap_ms; // how long the recording takes at that speed; then it starts over
    struct venue_hello_site site[VENUE_COUNT];
};

// Write the line with its newline; returns the length, 0 when cap is too small (VENUE_HELLO_MAX always
// suffices).
size_t venue_hello_format(const struct venue_hello *h, char *buf, size_t cap);

// Read a line (with or without newline) of n bytes. False with *e when a field is missing or malformed.
bool venue_hello_parse(struct venue_hello *h, const char *line, size_t n, struct error *e);

// Overwrite the secrets.
void venue_hello_wipe(struct venue_hello *h);

#endif
