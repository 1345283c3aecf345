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

#include "base/check.h"
#include "base/clock.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "live/market_player.h"
#include "live/venue_rest.h"
#include "live/venue_command.h"
#include "live/venue_control.h"
#include "live/venue_server.h"

static const char HELP[] =
    "usage: ticktower venue [--sites LIST] [--market FILE]... [--speed X] [--port N[,N,N]] [--plain]\n"
    "                       [--wallet USDT] [--for DUR] [--weight-limit N] [--order-limit N]\n"
    "                       [--post-only-form N] [--parent-pipe FD] [--linger DUR] [--json]\n"
    "       ticktower venue --tell PATH COMMAND\n"
    "\n"
    "The embedded venue: an exchange on 127.0.0.1 that plays a recorded market in a loop and speaks, each on "
    "a port of its\n"
    "own, Aster's futures protocol (REST v3 with EIP-712 and v1 with HMAC, WebSocket), Aster's spot protocol "
    "and Binance's\n"
    "USD-M protocol. Prints one line of JSON: the sites with their addresses, chain id, wallets and API key "
    "with throw-away\n"
    "secrets, certificate to trust, market. Serves until SIGTERM.\n"
    "\n"
    "  --sites LIST         which to serve: aster,spot,binance (default: those that the tapes feed)\n"
    "  --market FILE        market tape; several are merged in time (default: the shipped ones)\n"
    "  --speed X            0.1 to 100, times real time (default 1)\n"
    "  --port N[,N,N]       of the first site served, the others the numbers after it; or one for each\n"
    "                       (default: any free ones)\n"
    "  --plain              HTTP and WS without TLS\n"
    "  --wallet USDT        starting balance (default 50)\n"
    "  --maker-fee RATE     fraction of the value, e.g. 0.0001 (default: the tape's own)\n"
    "  --taker-fee RATE     likewise\n"
    "  --nonce-window MS    how far a nonce may be off, 100 to 60000 (default 10000)\n"
    "  --for DUR            stop by itself after so long: 90s, 10min, 2h\n"
    "  --weight-limit N     request weight per minute and address (default: as the real venue)\n"
    "  --order-limit N      new orders per minute (default: as the real venue)\n"
    "  --ping DUR           WebSocket pings so often (default: 5min, spot and Binance 3min)\n"
    "  --pong DUR           cut one that sends no pong for so long (default: 15min, spot and Binance 10min)\n"
    "  --ws-life DUR        cut any WebSocket at this age (default 24h)\n"
    "  --listen-key DUR     how long a listen key lives (default 60min)\n"
    "  --post-only-form N   a post-only order that would take: 0 accepted, then EXPIRED; 1 error -2021; 2 "
    "error -5022\n"
    "                       (default: Binance 2, the others 0)\n"
    "  --funding-period DUR settle funding so often instead of at the symbol's hours\n"
    "  --fault WORDS        misbehave from the start, e.g. 'place-503 20%' or 'binance: report-delay 100% "
    "250ms'\n"
    "  --fault-seed N       of what strikes when (default 1)\n"
    "  --control PATH       a unix socket, for your own user only, that takes the commands below\n"
    "  --tell PATH COMMAND  send one command to the venue that listens there, print its answer\n"
    "  --parent-pipe FD     once this pipe's other end is closed, exit a while after the last client left\n"
    "  --linger DUR         that while (default 60s)\n"
    "  --json               accepted: the line is JSON always\n"
    "\n"
    "Commands, each `SITE: ...` for one site or without for all (one line in, one line of JSON out):\n";

enum {
    OPT_MARKET = 256,
    OPT_SITES,
    OPT_SPEED,
    OPT_PORT,
    OPT_PLAIN,
    OPT_WALLET,
    OPT_MAKER_FEE,
    OPT_TAKER_FEE,
    OPT_NONCE_WINDOW,
    OPT_FOR,
    OPT_WEIGHT_LIMIT,
    OPT_ORDER_LIMIT,
    OPT_POST_ONLY_FORM,
    OPT_PARENT_PIPE,
    OPT_LINGER,
    OPT_PING,
    OPT_PONG,
    OPT_WS_LIFE,
    OPT_LISTEN_KEY,
    OPT_FUNDING_PERIOD,
    OPT_FAULT,
    OPT_FAULT_SEED,
    OPT_CONTROL,
    OPT_TELL,
    OPT_JSON,
    OPT_HELP
};

enum { FAULTS_MAX = 16 };

// What the command line says, beside the server's own configuration.
struct arguments {
    struct venue_server_config server;
    const char *markets[PLAYER_TAPES_MAX];
    const char *faults[FAULTS_MAX];
    const char *tell, *command; // NULL: serve
    bool help;
};

static const struct option OPTIONS[] = {
    {"sites", required_argument, NULL, OPT_SITES},
    {"market", required_argument, NULL, OPT_MARKET},
    {"speed", required_argument, NULL, OPT_SPEED},
    {"port", required_argument, NULL, OPT_PORT},
    {"plain", no_argument, NULL, OPT_PLAIN},
    {"wallet", required_argument, NULL, OPT_WALLET},
    {"maker-fee", required_argument, NULL, OPT_MAKER_FEE},
    {"taker-fee", required_argument, NULL, OPT_TAKER_FEE},
    {"nonce-window", required_argument, NULL, OPT_NONCE_WINDOW},
    {"for", required_argument, NULL, OPT_FOR},
    {"weight-limit", required_argument, NULL, OPT_WEIGHT_LIMIT},
    {"order-limit", required_argument, NULL, OPT_ORDER_LIMIT},
    {"post-only-form", required_argument, NULL, OPT_POST_ONLY_FORM},
    {"funding-period", required_argument, NULL, OPT_FUNDING_PERIOD},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"fault-seed", required_argument, NULL, OPT_FAULT_SEED},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"tell", required_argument, NULL, OPT_TELL},
    {"parent-pipe", required_argument, NULL, OPT_PARENT_PIPE},
    {"linger", required_argument, NULL, OPT_LINGER},
    {"ping", required_argument, NULL, OPT_PING},
    {"pong", required_argument, NULL, OPT_PONG},
    {"ws-life", required_argument, NULL, OPT_WS_LIFE},
    {"listen-key", required_argument, NULL, OPT_LISTEN_KEY},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

// What each numeric option may be, in the unit's own integers (amounts and factors in 1e-8, times in ns).
static const struct number {
    int option;
    const char *flag;
    enum config_unit unit;
    int64_t min, max;
} NUMBERS[] = {
    {OPT_SPEED, "--speed", CU_NUMBER, PLAYER_SPEED_MIN_MILLI *(E8 / 1000),
     PLAYER_SPEED_MAX_MILLI *(E8 / 1000)},
    {OPT_WALLET, "--wallet", CU_NUMBER, 0, 1000000000 * E8},
    {OPT_MAKER_FEE, "--maker-fee", CU_NUMBER, -E8 / 100, E8 / 100},
    {OPT_TAKER_FEE, "--taker-fee", CU_NUMBER, -E8 / 100, E8 / 100},
    {OPT_NONCE_WINDOW, "--nonce-window", CU_COUNT, 100, 60000},
    {OPT_FOR, "--for", CU_DURATION, NS_PER_MS, 86400 * NS_PER_S},
    {OPT_WEIGHT_LIMIT, "--weight-limit", CU_COUNT, 1, 1000000},
    {OPT_ORDER_LIMIT, "--order-limit", CU_COUNT, 1, 1000000},
    {OPT_POST_ONLY_FORM, "--post-only-form", CU_COUNT, 0, 2},
    {OPT_FUNDING_PERIOD, "--funding-period", CU_DURATION, NS_PER_S, 86400 * NS_PER_S},
    {OPT_FAULT_SEED, "--fault-seed", CU_COUNT, 0, INT64_C(9000000000)},
    {OPT_PARENT_PIPE, "--parent-pipe", CU_COUNT, 0, 1 << 20},
    {OPT_LINGER, "--linger", CU_DURATION, NS_PER_MS, 86400 * NS_PER_S},
    {OPT_PING, "--ping", CU_DURATION, NS_PER_MS, 86400 * NS_PER_S},
    {OPT_PONG, "--pong", CU_DURATION, NS_PER_MS, 86400 * NS_PER_S},
    {OPT_WS_LIFE, "--ws-life", CU_DURATION, NS_PER_MS, INT64_C(30) * 86400 * NS_PER_S},
    {OPT_LISTEN_KEY, "--listen-key", CU_DURATION, NS_PER_MS, 86400 * NS_PER_S},
};

static void set_number(struct venue_server_config *c, int option, int64_t v)
{
    switch (option) {
    case OPT_SPEED:
        c->speed_milli = (int32_t)(v / (E8 / 1000));
        break;
    case OPT_WALLET:
        c->wallet_e8 = v;
        break;
    case OPT_MAKER_FEE:
        c->maker_fee_e8 = v;
        break;
    case OPT_TAKER_FEE:
        c->taker_fee_e8 = v;
        break;
    case OPT_NONCE_WINDOW:
        c->nonce_window_ms = v;
        break;
    case OPT_FOR:
        c->run_ns = v;
        break;
    case OPT_WEIGHT_LIMIT:
        c->weight_limit = (int32_t)v;
        break;
    case OPT_ORDER_LIMIT:
        c->order_limit = (int32_t)v;
        break;
    case OPT_POST_ONLY_FORM:
        c->post_only_form = (uint8_t)v;
        break;
    case OPT_FUNDING_PERIOD:
        c->funding_period_ns = v;
        break;
    case OPT_FAULT_SEED:
        c->fault_seed = (uint64_t)v;
        break;
    case OPT_PARENT_PIPE:
        c->parent_fd = (int)v;
        break;
    case OPT_PING:
        c->ping_ns = v;
        break;
    case OPT_PONG:
        c->pong_ns = v;
        break;
    case OPT_WS_LIFE:
        c->ws_life_ns = v;
        break;
    case OPT_LISTEN_KEY:
        c->listen_key_ns = v;
        break;
    default:
        c->linger_ns = v;
        break;
    }
}

// "aster,binance"
static bool take_sites(struct venue_server_config *c, const char *value, struct error *e)
{
    for (const char *p = value;; p++) {
        size_t n = strcspn(p, ",");
        enum venue_id id = venue_site_of(p, n);
        if (id == VENUE_COUNT || c->site[id]) {
            return error_set(e, EXIT_USAGE,
                             "--sites: want aster, spot and binance, each at most once, got %s", value);
        }
        c->site[id] = true;
        p += n;
        if (!*p) {
            return true;
        }
    }
}

// One number, or one for each site served.
static bool take_ports(struct venue_server_config *c, const char *value, struct error *e)
{
    for (const char *p = value; c->ports < VENUE_COUNT; p++) {
        char text[16];
        int64_t port;
        size_t k = strcspn(p, ",");
        snprintf(text, sizeof text, "%.*s", (int)(k < sizeof text ? k : sizeof text), p);
        if (!command_line_number(CU_COUNT, "--port", text, 0, 65535, &port, e)) {
            return false;
        }
        c->port[c->ports++] = (uint16_t)port;
        p += k;
        if (!*p) {
            return true;
        }
    }
    return error_set(e, EXIT_USAGE, "--port: want at most %d numbers, got %s", VENUE_COUNT, value);
}

static bool take_number(struct venue_server_config *c, int option, const char *value, struct error *e)
{
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        const struct number *n = &NUMBERS[i];
        int64_t v;
        if (n->option == option) {
            if (!command_line_number(n->unit, n->flag, value, n->min, n->max, &v, e)) {
                return false;
            }
            set_number(c, option, v);
        }
    }
    return true;
}

// Options that are words, not numbers.
static bool take_word(struct arguments *a, int option, const char *value, struct error *e)
{
    struct venue_server_config *c = &a->server;
    switch (option) {
    case COMMAND_LINE_OPERAND:
        if (a->tell && !a->command) {
            a->command = value;
            return true;
        }
        return error_set(e, EXIT_USAGE, "unexpected argument %s; see ticktower venue --help", value);
    case OPT_MARKET:
        if (c->market_count == PLAYER_TAPES_MAX) {
            return error_set(e, EXIT_USAGE, "--market: at most %d tapes", PLAYER_TAPES_MAX);
        }
        a->markets[c->market_count++] = value;
        return true;
    case OPT_FAULT:
        if (c->fault_count == FAULTS_MAX) {
            return error_set(e, EXIT_USAGE, "--fault: at most %d", FAULTS_MAX);
        }
        a->faults[c->fault_count++] = value;
        return true;
    case OPT_SITES:
        return take_sites(c, value, e);
    case OPT_PORT:
        return take_ports(c, value, e);
    case OPT_CONTROL:
        c->control_path = value;
        return true;
    case OPT_TELL:
        a->tell = value;
        return true;
    default:
        a->help |= option == OPT_HELP;
        c->plain |= option == OPT_PLAIN;
        return true;
    }
}

static bool parse(struct arguments *a, int argc, char **argv, struct error *e)
{
    struct command_line l = command_line_begin(argc, argv, "", OPTIONS);
    for (int o; (o = command_line_next(&l, e)) != COMMAND_LINE_END;) {
        if (o == COMMAND_LINE_BAD || !take_word(a, o, l.value, e) ||
            !take_number(&a->server, o, l.value, e)) {
            return false;
        }
    }
    return !a->tell || a->command ||
           error_set(e, EXIT_USAGE, "--tell PATH wants a command behind it, e.g. faults");
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
    explicit_bzero(line, sizeof line);
    venue_hello_wipe(h);
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
        code = command_fail("venue", &e);
    }
    venue_server_free(s);
    close(stop);
    return code;
}

static int tell(const struct arguments *a)
{
    struct error e = {0};
    char reply[CONTROL_REPLY_MAX];
    if (!venue_control_tell(a->tell, a->command, reply, sizeof reply, &e)) {
        return command_fail("venue", &e);
    }
    puts(reply);
    return strncmp(reply, "{\"ok\":true", 10) == 0 ? EXIT_OK : EXIT_FAILED;
}

int cmd_venue(int argc, char **argv)
{
    static struct arguments a;
    static struct market_defaults shipped;
    struct error e = {0};
    venue_server_config_default(&a.server);
    if (!parse(&a, argc, argv, &e)) {
        return command_fail("venue", &e);
    }
    if (a.help) {
        printf("%s%s\nFaults:\n%s", HELP, venue_command_help(), venue_fault_help());
        return EXIT_OK;
    }
    if (a.tell) {
        return tell(&a);
    }
    if (a.server.market_count == 0) {
        a.server.market_count = market_default_paths(&shipped, a.markets);
    }
    a.server.markets = a.markets;
    a.server.faults = a.faults;
    return serve(&a.server);
}
