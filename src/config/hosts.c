// SPDX-License-Identifier: Apache-2.0
#include "config/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"

static const struct venue_hosts HOSTS[VENUE_COUNT][2] = {
    [VENUE_ASTER] = {{"https://fapi.asterdex.com", "wss://fstream.asterdex.com"},
                     {"https://fapi.asterdex-testnet.com", "wss://fstream.asterdex-testnet.com"}},
    [VENUE_SPOT] = {{"https://sapi.asterdex.com", "wss://sstream.asterdex.com"},
                    {"https://sapi.asterdex-testnet.com", "wss://sstream.asterdex-testnet.com"}},
    [VENUE_BINANCE] = {{"https://fapi.binance.com", "wss://fstream.binance.com"},
                       {"https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"}},
};

struct venue_hosts venue_hosts(enum venue_id venue, enum network network)
{
    CHECK((unsigned)venue < VENUE_COUNT && (network == NETWORK_MAINNET || network == NETWORK_TESTNET));
    return HOSTS[venue][network == NETWORK_TESTNET];
}

static const struct {
    const char *text;
    bool tls, ws;
    uint16_t port;
} SCHEMES[] = {{"https://", true, false, 443},
               {"http://", false, false, 80},
               {"wss://", true, true, 443},
               {"ws://", false, true, 80}};

static bool take_port(struct url *u, const char *s)
{
    size_t n = strspn(s, "0123456789");
    long v = n >= 1 && n <= 5 ? strtol(s, NULL, 10) : 0;
    if (v < 1 || v > 65535 || s[n] != 0) {
        return false;
    }
    u->port = (uint16_t)v;
    return true;
}

static bool take_host(struct url *u, const char *s)
{
    bool bracket = *s == '[';
    s += bracket;
    size_t n = strspn(s, bracket ? "0123456789abcdefABCDEF:."
                                 : "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
    if (n == 0 || n >= sizeof u->host || (bracket && s[n] != ']')) {
        return false;
    }
    memcpy(u->host, s, n);
    u->host[n] = 0;
    s += n + bracket;
    return *s == 0 || (*s == ':' && take_port(u, s + 1));
}

bool url_parse(struct url *u, const char *text)
{
    memset(u, 0, sizeof *u);
    for (size_t i = 0; i < COUNT_OF(SCHEMES); i++) {
        size_t n = strlen(SCHEMES[i].text);
        if (strncmp(text, SCHEMES[i].text, n) == 0) {
            u->tls = SCHEMES[i].tls;
            u->ws = SCHEMES[i].ws;
            u->port = SCHEMES[i].port;
            return take_host(u, text + n);
        }
    }
    return false;
}

bool url_is_loopback(const struct url *u)
{
    bool dotted = strspn(u->host, "0123456789.") == strlen(u->host);
    return (dotted && strncmp(u->host, "127.", 4) == 0) || strcmp(u->host, "::1") == 0 ||
           strcmp(u->host, "localhost") == 0;
}
