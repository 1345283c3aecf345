// SPDX-License-Identifier: Apache-2.0
// record: a market tape from venues' public streams. Options and words here; the work is in live/recorder.c.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "live/recorder.h"

static const char HELP[] =
    "usage: ticktower record -o TAPE [--config FILE] [--for TIME] [--json]\n"
    "\n"
    "Writes a market tape from the public streams of the venues that the configuration's instruments\n"
    "name: books, trades, best prices, mark and funding, as received. No key is read and nothing is\n"
    "signed. The tape plays in `ticktower run --market TAPE` and `ticktower venue --market TAPE`.\n"
    "\n"
    "  -o, --output TAPE   the tape to write; must not exist\n"
    "  --config FILE       [instruments] quote and watch say what is recorded, [venue.NAME] network,\n"
    "                      rest and ws from where (default: mainnet)\n"
    "  --for TIME          stop by itself: 30s, 20min, 12h (default: on SIGINT or SIGTERM)\n"
    "  --wait TIME         give up when the venue has not told its instruments (default 20s)\n"
    "  --json              report as one JSON object\n";

enum { OPT_CONFIG = 256, OPT_FOR, OPT_WAIT, OPT_JSON, OPT_HELP };

static const struct option OPTIONS[] = {
    {"output", required_argument, NULL, 'o'},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"for", required_argument, NULL, OPT_FOR},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

struct arguments {
    struct config config;
    struct recorder_setup setup;
    bool json, help;
};

static bool take(struct arguments *a, const struct command_line *l, int c, struct error *e)
{
    switch (c) {
    case 'o':
        a->setup.path = l->value;
        return true;
    case OPT_CONFIG:
        return config_load(&a->config, l->value, e);
    case OPT_FOR:
        return command_line_number(CU_DURATION, "--for", l->value, NS_PER_MS, INT64_C(365) * 86400 * NS_PER_S,
                                   &a->setup.run_ns, e);
    case OPT_WAIT:
        return command_line_number(CU_DURATION, "--wait", l->value, NS_PER_S, 3600 * NS_PER_S,
                                   &a->setup.start_limit_ns, e);
    case OPT_JSON:
        return a->json = true;
    case OPT_HELP:
        return a->help = true;
    default:
        return false;
    }
}

static int stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static void tell(const struct arguments *a, const struct recorder_report *r)
{
    uint64_t events = 0;
    for (int v = 0; v < VENUE_COUNT; v++) {
        events += r->events[v];
    }
    double seconds = (double)(r->last_wall_ns - r->first_wall_ns) / 1e9;
    if (a->json) {
        printf("{\"tape\":\"%s\",\"events\":%" PRIu64 ",\"seconds\":%.3f,\"bytes\":%" PRIu64
               ",\"breaks\":%" PRIu64 "}\n",
               a->setup.path, events, seconds, r->bytes, r->breaks);
    } else {
        printf("%s: %" PRIu64 " events in %.1f s, %" PRIu64 " bytes; books read anew %" PRIu64 " times\n",
               a->setup.path, events, seconds, r->bytes, r->breaks);
    }
}

int cmd_record(int argc, char **argv)
{
    static struct arguments a;
    struct error e = {0};
    struct recorder_report r;
    config_default(&a.config);
    a.setup = (struct recorder_setup){.config = &a.config, .start_limit_ns = 20 * NS_PER_S};
    struct command_line l = command_line_begin(argc, argv, "o:", OPTIONS);
    for (int c; (c = command_line_next(&l, &e)) != COMMAND_LINE_END;) {
        if (c == COMMAND_LINE_OPERAND || c == COMMAND_LINE_BAD) {
            return command_line_stray(&l, c, &e);
        }
        if (!take(&a, &l, c, &e)) {
            return command_fail("record", &e);
        }
    }
    if (a.help) {
        fputs(HELP, stdout);
        return EXIT_OK;
    }
    config_visit_only_asked(&a.config);
    if (!a.setup.path) {
        error_set(&e, EXIT_USAGE, "-o TAPE is missing: where shall the tape go? (--help says more)");
        return command_fail("record", &e);
    }
    if (access(a.setup.path, F_OK) == 0) {
        error_set(&e, EXIT_CANT_CREATE, "%s exists: a tape is never overwritten, name another file",
                  a.setup.path);
        return command_fail("record", &e);
    }
    a.setup.stop_fd = stop_signals();
    if (!recorder_run(&a.setup, &r, &e)) {
        return command_fail("record", &e);
    }
    tell(&a, &r);
    return EXIT_OK;
}
