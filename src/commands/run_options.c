// SPDX-License-Identifier: Apache-2.0
#include "commands/run_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decimal.h"
#include "commands/command_line.h"

const char RUN_HELP[] =
    "usage: ticktower run [OPTIONS]\n"
    "Trade on the embedded venue, which plays a recorded market: no keys, no network. Or elsewhere:\n\n"
    "  --paper           the venue's live market, orders matched here by the same fill model; no keys\n"
    "  --testnet         the venues' test networks, with keys of theirs\n"
    "  --live            real money: every row of `ticktower doctor --mode live` green or yellow, and the\n"
    "                    account's name typed at the terminal\n\n"
    "  --config FILE     configuration (default: built in, see `ticktower config`)\n"
    "  --market FILE     market tape to play instead of the shipped one (up to 4 times)\n"
    "  --speed X         play the market X times as fast, 0.1 to 100 (default 1)\n"
    "  --headless        without a screen (also chosen where there is no terminal)\n"
    "  --resume          headless testnet and live, which begin paused: trade as soon as all is ready\n"
    "  --for TIME        end after this time, e.g. 30s, 20min (cancels all orders, verifies, leaves the "
    "position)\n"
    "  --json            headless: print the result as one JSON object\n"
    "  --control PATH    sim: a socket for `ticktower venue --tell PATH COMMAND`, to make the venue "
    "misbehave\n"
    "  --state DIR       where sessions are kept (default: $XDG_STATE_HOME/ticktower)\n"
    "  --seed N          seed of everything random (default 1)\n"
    "  --spin            do not sleep while waiting for the market (needs a core to spare)\n"
    "  --ascii, --utf8   characters to draw with;  --mono  no colours;  --fps N  frames per second, 1 to "
    "30\n";

enum {
    O_CONFIG = 256,
    O_MARKET,
    O_SPEED,
    O_HEADLESS,
    O_FOR,
    O_JSON,
    O_STATE,
    O_CONTROL,
    O_SEED,
    O_SPIN,
    O_ASCII,
    O_UTF8,
    O_MONO,
    O_FPS,
    O_RESUME,
    O_PAPER,
    O_TESTNET,
    O_LIVE,
    O_KEY,
    O_HELP
};

static const struct option OPTIONS[] = {
    {"config", required_argument, NULL, O_CONFIG},
    {"market", required_argument, NULL, O_MARKET},
    {"speed", required_argument, NULL, O_SPEED},
    {"headless", no_argument, NULL, O_HEADLESS},
    {"for", required_argument, NULL, O_FOR},
    {"json", no_argument, NULL, O_JSON},
    {"state", required_argument, NULL, O_STATE},
    {"control", required_argument, NULL, O_CONTROL},
    {"seed", required_argument, NULL, O_SEED},
    {"spin", no_argument, NULL, O_SPIN},
    {"ascii", no_argument, NULL, O_ASCII},
    {"utf8", no_argument, NULL, O_UTF8},
    {"mono", no_argument, NULL, O_MONO},
    {"fps", required_argument, NULL, O_FPS},
    {"resume", no_argument, NULL, O_RESUME},
    {"paper", no_argument, NULL, O_PAPER},
    {"testnet", no_argument, NULL, O_TESTNET},
    {"live", no_argument, NULL, O_LIVE},
    // Where people will try to put a key. Each is refused before its value is looked at.
    {"key", optional_argument, NULL, O_KEY},
    {"api-key", optional_argument, NULL, O_KEY},
    {"private-key", optional_argument, NULL, O_KEY},
    {"signer-key", optional_argument, NULL, O_KEY},
    {"secret", optional_argument, NULL, O_KEY},
    {"api-secret", optional_argument, NULL, O_KEY},
    {"help", no_argument, NULL, O_HELP},
    {NULL, 0, NULL, 0},
};

static bool set_mode(struct run_options *o, enum run_mode mode, struct error *e)
{
    if (o->mode != MODE_SIM && o->mode != mode) {
        return error_set(e, EXIT_USAGE, "--paper, --testnet and --live exclude each other");
    }
    o->mode = mode;
    return true;
}

static bool apply(struct run_options *o, int c, const char *arg, struct error *e)
{
    int64_t v = 0;
    switch (c) {
    case O_CONFIG:
        o->config_path = arg;
        return config_load(&o->config, arg, e);
    case O_MARKET:
        if (o->markets == RUN_MARKETS_MAX) {
            return error_set(e, EXIT_USAGE, "--market: at most %d tapes", RUN_MARKETS_MAX);
        }
        o->market[o->markets++] = arg;
        return true;
    case O_SPEED:
        o->speed = arg;
        return command_line_number(CU_NUMBER, "--speed", arg, E8 / 10, 100 * E8, &v, e);
    case O_FOR:
        return command_line_number(CU_DURATION, "--for", arg, 1000000, INT64_C(1000000000) * 86400 * 365,
                                   &o->for_ns, e);
    case O_SEED:
        if (!command_line_number(CU_COUNT, "--seed", arg, 0, INT64_C(9000000000), &v, e)) {
            return false;
        }
        o->seed = (uint64_t)v;
        return true;
    case O_FPS:
        return command_line_number(CU_COUNT, "--fps", arg, 1, 30, &o->config.console.fps, e);
    case O_CONTROL:
        o->control = arg;
        return true;
    case O_STATE:
        o->state = arg;
        return true;
    case O_PAPER:
        return set_mode(o, MODE_PAPER, e);
    case O_TESTNET:
        return set_mode(o, MODE_TESTNET, e);
    case O_LIVE:
        return set_mode(o, MODE_LIVE, e);
    case O_KEY:
        return error_set(
            e, EXIT_USAGE,
            "a key on the command line can be read by every user of this machine (ps): if it was a "
            "real one, revoke it; put the next into a file (mode 0600) named in [venue.NAME] key_file");
    default:
        break;
    }
    bool *flag = c == O_HEADLESS ? &o->headless
                 : c == O_RESUME ? &o->resume
                 : c == O_JSON   ? &o->json
                 : c == O_SPIN   ? &o->spin
                 : c == O_ASCII  ? &o->ascii
                 : c == O_UTF8   ? &o->utf8
                 : c == O_MONO   ? &o->mono
                                 : &o->help;
    *flag = true;
    return true;
}

// Nothing to draw on and no keys. A terminal that calls itself dumb is refused later, with its own line.
static bool no_terminal(void)
{
    const char *term = getenv("TERM");
    return !isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

bool run_options_parse(struct run_options *o, int argc, char **argv, struct error *e)
{
    memset(o, 0, sizeof *o);
    config_default(&o->config);
    o->speed = "1";
    o->seed = 1;
    struct command_line l = command_line_begin(argc, argv, "", OPTIONS);
    for (int c; (c = command_line_next(&l, e)) != COMMAND_LINE_END;) {
        if (c == COMMAND_LINE_OPERAND) {
            return error_set(e, EXIT_USAGE, "unexpected argument %s; see ticktower run --help", l.value);
        }
        if (c == COMMAND_LINE_BAD || !apply(o, c, l.value, e)) {
            return false;
        }
    }
    if (o->mode != MODE_SIM || o->markets > 0) { // a tape of one's own need not feed them
        config_visit_only_asked(&o->config);
    }
    if (o->json && !o->headless) {
        return error_set(e, EXIT_USAGE,
                         "--json needs --headless: the screen and the JSON would share the terminal");
    }
    if (o->mode != MODE_SIM && (o->markets > 0 || o->control || strcmp(o->speed, "1") != 0)) {
        return error_set(
            e, EXIT_USAGE,
            "--market, --speed and --control are the embedded venue's: not with --paper, --testnet or "
            "--live");
    }
    if (o->resume && !o->headless) {
        return error_set(e, EXIT_USAGE, "--resume needs --headless: on the screen the key p does it");
    }
    if (!o->headless && !o->help && no_terminal()) {
        fprintf(stderr, "ticktower run: no terminal: running as with --headless; %s ends it\n",
                o->for_ns ? "--for" : "SIGTERM");
        o->headless = true;
    }
    return true;
}
