// SPDX-License-Identifier: Apache-2.0
// replay: a tape on the console, as a summary without a terminal, or as proof that the engine repeats every
// action.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "commands/replay_screen.h"
#include "store/replay.h"

static const char HELP[] =
    "usage: ticktower replay TAPE [options]\n"
    "\n"
    "Steps a tape through the engine on the console's screens: r runs and holds, < and > step, comma\n"
    "and full stop change the speed, :seek 14:52:31 goes to a time. Nothing is sent anywhere.\n"
    "\n"
    "  --verify     no screen: repeat the session and compare every checkpoint of the action hash;\n"
    "               exit status 1 and the first checkpoint that differs, if one does\n"
    "  --speed X    times real time, 0.1 to 1000 (default 1; without a screen: as fast as it goes)\n"
    "  --headless   no screen: play to the end and print a summary (also without a terminal)\n"
    "  --json       the summary or the proof as one JSON object; no screen\n"
    "  --ascii, --utf8, --mono   as in ticktower run\n"
    "  --help\n";

enum { OPT_VERIFY = 256, OPT_SPEED, OPT_HEADLESS, OPT_JSON, OPT_ASCII, OPT_UTF8, OPT_MONO, OPT_HELP };

static const struct option OPTIONS[] = {
    {"verify", no_argument, NULL, OPT_VERIFY},
    {"speed", required_argument, NULL, OPT_SPEED},
    {"headless", no_argument, NULL, OPT_HEADLESS},
    {"json", no_argument, NULL, OPT_JSON},
    {"ascii", no_argument, NULL, OPT_ASCII},
    {"utf8", no_argument, NULL, OPT_UTF8},
    {"mono", no_argument, NULL, OPT_MONO},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

struct replay_arguments {
    const char *tape;
    bool verify, headless, json, help;
    int64_t speed_x100; // 0: not given
    struct console_config console;
};

static bool option_take(struct replay_arguments *a, int option, const char *value, struct error *e)
{
    int64_t v = 0;
    switch (option) {
    case OPT_VERIFY:
        return a->verify = true;
    case OPT_SPEED:
        return command_line_number(CU_NUMBER, "--speed", value, E8 / 10, 1000 * E8, &v, e) &&
               (a->speed_x100 = v / (E8 / 100), true);
    case OPT_HEADLESS:
        return a->headless = true;
    case OPT_JSON:
        return a->json = true;
    case OPT_ASCII:
        return a->console.ascii = true;
    case OPT_UTF8:
        return a->console.utf8 = true;
    case OPT_MONO:
        return a->console.mono = true;
    case OPT_HELP:
        return a->help = true;
    case COMMAND_LINE_OPERAND:
        if (a->tape) {
            return error_set(e, EXIT_USAGE, "one tape at a time; see ticktower replay --help");
        }
        a->tape = value;
        return true;
    default:
        return false;
    }
}

static bool arguments_read(struct replay_arguments *a, int argc, char **argv, struct error *e)
{
    struct command_line l = command_line_begin(argc, argv, "", OPTIONS);
    for (int c; (c = command_line_next(&l, e)) != COMMAND_LINE_END;) {
        if (!option_take(a, c, l.value, e)) {
            return false;
        }
    }
    return a->help || a->tape ||
           error_set(e, EXIT_USAGE, "usage: ticktower replay TAPE [options] (--help says more)");
}

static int fail(const struct error *e)
{
    return command_fail("replay", e);
}

// ----------------------------------------------------------------------------------------------------- proof

static void proof_json(const struct replay_proof *p, const char *damage)
{
    printf("{\"same\":%s,\"verified_seq\":%" PRIu64 ",\"gap\":%" PRIu64 ",\"checkpoints\":%" PRIu64
           ",\"events\":%" PRIu64 ",\"actions\":%" PRIu64 ",\"action_hash\":\"%016" PRIx64
           "\",\"differs_seq\":%" PRIu64 ",\"action_hash_on_tape\":\"%016" PRIx64
           "\",\"truncated\":%s,\"damaged\":%s}\n",
           p->same ? "true" : "false", p->verified_seq, p->gap, p->checkpoints, p->events, p->actions,
           p->hash, p->differs_seq, p->hash_on_tape, p->truncated ? "true" : "false",
           *damage ? "true" : "false");
}

static void proof_print(const struct replay_proof *p)
{
    if (p->checkpoints == 0) {
        printf("nothing to compare: no checkpoint of the action hash on this tape\n");
    } else if (p->differs_seq) {
        printf("differs at seq %" PRIu64 ": action hash %016" PRIx64 ", on the tape %016" PRIx64
               "; verified to seq %" PRIu64 ", gap %" PRIu64 "\n",
               p->differs_seq, p->hash, p->hash_on_tape, p->verified_seq, p->gap);
    } else {
        printf("verified to seq %" PRIu64 ", gap %" PRIu64 ", action hash %016" PRIx64 "\n", p->verified_seq,
               p->gap, p->hash);
    }
    printf("%" PRIu64 " events, %" PRIu64 " actions, %" PRIu64 " checkpoints%s\n", p->events, p->actions,
           p->checkpoints, p->truncated ? "; the tape was not closed" : "");
}

static int verify(const struct replay_arguments *a)
{
    struct replay_proof p;
    struct error e = {0};
    bool whole = replay_verify(a->tape, &p, &e);
    if (!whole && p.events == 0) {
        return fail(&e); // not a tape, not a session
    }
    if (a->json) {
        proof_json(&p, e.text);
    } else {
        proof_print(&p);
    }
    return !whole ? fail(&e) : p.same ? EXIT_OK : EXIT_FAILED;
}

// --------------------------------------------------------------------------------------------------- summary

// Wait until an event of this time is due; speed 0: never.
static void pace(int64_t speed_x100, int64_t begin_clock_ns, int64_t since_begin_ns)
{
    if (speed_x100 == 0) {
        return;
    }
    int64_t wait = begin_clock_ns + muldiv_floor(since_begin_ns, 100, speed_x100) - clock_mono_ns();
    if (wait > NS_PER_MS) {
        nanosleep(&(struct timespec){.tv_sec = wait / NS_PER_S, .tv_nsec = wait % NS_PER_S}, NULL);
    }
}

static enum replay_result play(struct replay *r, int64_t speed_x100, struct error *e)
{
    int64_t clock_ns = clock_mono_ns(), tape_ns = replay_next_mono_ns(r);
    for (;;) {
        int64_t next = replay_next_mono_ns(r);
        if (next != INT64_MAX) {
            pace(speed_x100, clock_ns, next - tape_ns);
        }
        enum replay_result result = replay_step(r, e);
        if (result == REPLAY_END || result == REPLAY_FAILED) {
            return result;
        }
    }
}

static void summary_json(const struct replay *r, const struct snapshot *s)
{
    printf("{\"mode\":\"replay\",\"seconds\":%.3f,\"events\":%" PRIu64 ",\"actions\":%" PRIu64
           ",\"orders_sent\":%" PRIu64 ",\"fills\":%" PRIu64 ",\"open_orders\":%u,\"missing\":%" PRIu64
           ",\"equity_e8\":%" PRId64,
           (double)(s->shell.replay_end_ns - s->shell.replay_begin_ns) / (double)NS_PER_S, replay_events(r),
           replay_action_count(r), s->orders_sent, s->fills, s->open_orders, replay_missing(r), s->equity_e8);
    printf(",\"pnl_e8\":{\"realised\":%" PRId64 ",\"unrealised\":%" PRId64 ",\"fees\":%" PRId64
           ",\"funding\":%" PRId64 ",\"seam\":%" PRId64 ",\"adjustment\":%" PRId64
           "},\"ledger_sum_e8\":%" PRId64 ",\"action_hash\":\"%016" PRIx64 "\"}\n",
           s->pnl.realised_e8, s->pnl.unrealised_e8, s->pnl.fees_e8, s->pnl.funding_e8, s->pnl.seam_e8,
           s->pnl.adjustment_e8, s->ledger_sum_e8[CURRENCY_USDT], s->action_hash);
}

static void summary_print(const struct replay *r, const struct snapshot *s)
{
    char from[32], to[32], equity[32];
    clock_format_utc(from, s->shell.replay_begin_ns);
    clock_format_utc(to, s->shell.replay_end_ns);
    decimal_format(equity, s->equity_e8, 8, 4);
    printf("%s to %s\n%" PRIu64 " events, %" PRIu64 " actions, %" PRIu64 " orders sent, %" PRIu64 " fills\n",
           from, to, replay_events(r), replay_action_count(r), s->orders_sent, s->fills);
    printf("equity %s USDT, %u open orders, %" PRIu64 " events missing, action hash %016" PRIx64 "\n", equity,
           s->open_orders, replay_missing(r), s->action_hash);
}

static int summary(const struct replay_arguments *a, struct replay *r)
{
    struct error e = {0};
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s) {
        error_set(&e, EXIT_OS, "no memory");
        return fail(&e);
    }
    enum replay_result result = play(r, a->speed_x100, &e);
    replay_snapshot(r, s);
    if (a->json) {
        summary_json(r, s);
    } else {
        summary_print(r, s);
    }
    free(s);
    return result == REPLAY_FAILED ? fail(&e) : EXIT_OK;
}

static int screen(struct replay_arguments *a, struct replay *r)
{
    struct error e = {0};
    a->console.fps = 10;
    a->console.stray_guard = true;
    if (!console_check(&a->console, &e)) {
        return fail(&e);
    }
    int code = replay_screen(r, a->speed_x100 ? a->speed_x100 : 100, &a->console, &e);
    return code == EXIT_OK ? EXIT_OK : fail(&e);
}

int cmd_replay(int argc, char **argv)
{
    struct replay_arguments a = {0};
    struct error e = {0};
    if (!arguments_read(&a, argc, argv, &e)) {
        return fail(&e);
    }
    if (a.help) {
        fputs(HELP, stdout);
        return EXIT_OK;
    }
    if (a.verify) {
        return verify(&a);
    }
    struct replay *r = replay_open(a.tape, &e);
    if (!r) {
        return fail(&e);
    }
    bool blind = a.headless || a.json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
    int code = blind ? summary(&a, r) : screen(&a, r);
    replay_close(r);
    return code;
}
