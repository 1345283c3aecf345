// SPDX-License-Identifier: Apache-2.0
// venue: the embedded venue alone. Prints one line of JSON (live/venue_hello.h) when it is ready, then serves
// until SIGTERM or SIGINT. `ticktower run` starts it as a child; other clients may use it just as well.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/error.h"
#include "commands/commands.h"
#include "live/market_player.h"
#include "live/venue_server.h"

static const char HELP[] =
    "usage: ticktower venue [--market FILE]... [--speed X] [--port N] [--plain] [--wallet USDT] [--for DUR]\n"
    "                       [--weight-limit N] [--order-limit N] [--post-only-form N] [--parent-pipe FD]\n"
    "                       [--linger DUR] [--json]\n"
    "\n"
    "The embedded venue: an exchange on 127.0.0.1 that speaks Aster's futures protocol (REST v3 and "
    "WebSocket) and plays\n"
    "a recorded market in a loop. Prints one line of JSON: addresses, chain id, user, API wallet with its "
    "throw-away\n"
    "private key, certificate to trust, market. Serves until SIGTERM.\n"
    "\n"
    "  --market FILE        market tape; several are merged in time (default: the shipped one)\n"
    "  --speed X            0.1 to 100, times real time (default 1)\n"
    "  --port N             default: any free one\n"
    "  --plain              HTTP and WS without TLS\n"
    "  --wallet USDT        starting balance (default 50)\n"
    "  --maker-fee RATE     fraction of the value, e.g. 0.0001 (default: the tape's own)\n"
    "  --taker-fee RATE     likewise\n"
    "  --nonce-window MS    how far a nonce may be off, 100 to 60000 (default 10000)\n"
    "  --for DUR            stop by itself after so long: 90s, 10m, 2h\n"
    "  --weight-limit N     request weight per minute (default 2400)\n"
    "  --order-limit N      new orders per minute (default 1200)\n"
    "  --post-only-form N   a post-only order that would take: 0 accepted, then EXPIRED; 1 error -2021; 2 "
    "error -5022\n"
    "  --parent-pipe FD     once this pipe's other end is closed, exit a while after the last client left\n"
    "  --linger DUR         that while (default 60s)\n"
    "  --json               accepted: the line is JSON always\n";

enum { DEFAULT_PATHS_MAX = 4 };

static int usage(const char *flag, const char *value, const char *want)
{
    fprintf(stderr, "ticktower venue: %s%s%s: %s (see --help)\n", flag, value ? " " : "", value ? value : "",
            want);
    return EXIT_USAGE;
}

static bool to_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
    return s && decimal_parse(s, strlen(s), 0, out) && *out >= min && *out <= max;
}

static bool to_duration(const char *s, int64_t *ns)
{
    size_t n = s ? strlen(s) : 0;
    int64_t unit = n == 0            ? 0
                   : s[n - 1] == 's' ? NS_PER_S
                   : s[n - 1] == 'm' ? 60 * NS_PER_S
                   : s[n - 1] == 'h' ? 3600 * NS_PER_S
                                     : 0;
    int64_t v;
    if (unit == 0 || !decimal_parse(s, n - 1, 3, &v) || v <= 0 || v > INT64_C(86400000)) {
        return false;
    }
    *ns = v * (unit / 1000);
    return true;
}

// One flag with its value; 0 when taken.
static int take(struct venue_server_config *c, const char **markets, const char *flag, const char *value)
{
    int64_t v = 0;
    if (strcmp(flag, "--market") == 0) {
        if (!value || c->market_count == PLAYER_TAPES_MAX) {
            return usage(flag, value, "wants a file, at most 8 times");
        }
        markets[c->market_count++] = value;
    } else if (strcmp(flag, "--speed") == 0) {
        if (!value || !decimal_parse(value, strlen(value), 3, &v) || v < PLAYER_SPEED_MIN_MILLI ||
            v > PLAYER_SPEED_MAX_MILLI) {
            return usage(flag, value, "wants a number from 0.1 to 100");
        }
        c->speed_milli = (int32_t)v;
    } else if (strcmp(flag, "--port") == 0) {
        if (!to_int(value, 0, 65535, &v)) {
            return usage(flag, value, "wants a port number");
        }
        c->port = (uint16_t)v;
    } else if (strcmp(flag, "--wallet") == 0) {
        if (!value || !decimal_parse_e8(value, strlen(value), &v) || v < 0 || v > 1000000000 * E8) {
            return usage(flag, value, "wants an amount of USDT up to 1000000000");
        }
        c->wallet_e8 = v;
    } else if (strcmp(flag, "--maker-fee") == 0 || strcmp(flag, "--taker-fee") == 0) {
        if (!value || !decimal_parse_e8(value, strlen(value), &v) || v < -E8 / 100 || v > E8 / 100) {
            return usage(flag, value, "wants a fraction from -0.01 to 0.01");
        }
        *(flag[2] == 'm' ? &c->maker_fee_e8 : &c->taker_fee_e8) = v;
    } else if (strcmp(flag, "--nonce-window") == 0) {
        if (!to_int(value, 100, 60000, &c->nonce_window_ms)) {
            return usage(flag, value, "wants milliseconds from 100 to 60000");
        }
    } else if (strcmp(flag, "--for") == 0 || strcmp(flag, "--linger") == 0) {
        if (!to_duration(value, flag[2] == 'f' ? &c->run_ns : &c->linger_ns)) {
            return usage(flag, value, "wants a duration such as 90s, 10m, 2h (at most a day)");
        }
    } else if (strcmp(flag, "--weight-limit") == 0 || strcmp(flag, "--order-limit") == 0) {
        if (!to_int(value, 1, 1000000, &v)) {
            return usage(flag, value, "wants a number from 1 to 1000000");
        }
        *(flag[2] == 'w' ? &c->weight_limit : &c->order_limit) = (int32_t)v;
    } else if (strcmp(flag, "--post-only-form") == 0) {
        if (!to_int(value, 0, 2, &v)) {
            return usage(flag, value, "wants 0, 1 or 2");
        }
        c->post_only_form = (uint8_t)v;
    } else if (strcmp(flag, "--parent-pipe") == 0) {
        if (!to_int(value, 0, 1 << 20, &v)) {
            return usage(flag, value, "wants a file descriptor");
        }
        c->parent_fd = (int)v;
    } else {
        return usage(flag, NULL, "unknown flag");
    }
    return 0;
}

static int parse(struct venue_server_config *c, const char **markets, int argc, char **argv, bool *help)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            *help = true;
            return 0;
        }
        if (strcmp(argv[i], "--plain") == 0) {
            c->plain = true;
        } else if (strcmp(argv[i], "--json") != 0) {
            int code = take(c, markets, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
            if (code) {
                return code;
            }
            i++;
        }
    }
    return 0;
}

// A read end that becomes readable when the process is asked to stop.
static int stop_descriptor(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); // the parent's terminal may go; the pipe tells about the parent
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool print_hello(struct venue_hello *h)
{
    static char line[VENUE_HELLO_MAX];
    h->pid = (int32_t)getpid();
    size_t n = venue_hello_format(h, line, sizeof line);
    bool ok = n > 0 && fwrite(line, 1, n, stdout) == n && fflush(stdout) == 0;
    memset(line, 0, sizeof line);
    memset(h->signer_key, 0, sizeof h->signer_key);
    return ok;
}

static int serve(const struct venue_server_config *c)
{
    struct error e = {0};
    struct venue_hello hello;
    // Everything else in the house is more urgent than its market (design.md 4). A timer may be 10 us late,
    // not 50.
    setpriority(PRIO_PROCESS, 0, 10);
    prctl(PR_SET_TIMERSLACK, 10000UL, 0, 0, 0);
    int stop = stop_descriptor();
    struct venue_server *s = stop >= 0 ? venue_server_new(c, &hello, &e) : NULL;
    if (!s) {
        fprintf(stderr, "ticktower venue: %s\n", e.text[0] ? e.text : strerror(errno));
        return e.exit_code ? e.exit_code : EXIT_OS;
    }
    int code = EXIT_OK;
    if (!print_hello(&hello)) {
        fprintf(stderr, "ticktower venue: cannot write the address line to standard output\n");
        code = EXIT_CANT_CREATE;
    } else if (!venue_server_run(s, stop, &e)) {
        fprintf(stderr, "ticktower venue: %s\n", e.text);
        code = e.exit_code;
    }
    venue_server_free(s);
    close(stop);
    return code;
}

int cmd_venue(int argc, char **argv)
{
    struct venue_server_config c;
    const char *markets[PLAYER_TAPES_MAX];
    char shipped[4096];
    bool help = false;
    venue_server_config_default(&c);
    int code = parse(&c, markets, argc, argv, &help);
    if (code || help) {
        fputs(help ? HELP : "", stdout);
        return code;
    }
    if (c.market_count == 0) {
        market_default_path(shipped, sizeof shipped);
        markets[c.market_count++] = shipped;
    }
    c.markets = markets;
    return serve(&c);
}
