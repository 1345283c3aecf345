// SPDX-License-Identifier: Apache-2.0
// `ticktower doctor`: the preflight page: green, yellow and red rows about this host, this terminal and every
// venue of the configuration, without placing an order or changing a setting.
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

#include "base/text.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "commands/preflight.h"
#include "live/gate.h"
#include "live/state_dir.h"
#include "live/venue_child.h"

static const char HELP[] =
    "usage: ticktower doctor [--mode MODE] [--config FILE] [--state DIR] [--json]\n"
    "Look at everything that a run needs: this machine, the terminal, and each venue of the configuration\n"
    "(reach, TLS, clock, instruments; with keys: rights, modes, fees, what is open). Nothing is changed.\n\n"
    "  --mode MODE       sim (default; starts the embedded venue), paper, testnet or live\n"
    "  --config FILE     as for run\n"
    "  --state DIR       as for run\n"
    "  --json            one JSON object\n\n"
    "Exit status: 0 no row is red, 1 some are, 2 usage.\n";

enum { OPT_MODE = 256, OPT_CONFIG, OPT_STATE, OPT_JSON, OPT_HELP, COLS_MIN = 60, ROWS_MIN = 16 };

struct doctor_options {
    struct run_options run;
    const char *state;
    bool json, help;
};

static bool apply(struct doctor_options *o, int c, const char *arg, struct error *e)
{
    switch (c) {
    case OPT_MODE: {
        int mode = preflight_mode_named(arg);
        if (mode < 0) {
            return error_set(e, EXIT_USAGE, "--mode %.20s: write sim, paper, testnet or live", arg);
        }
        o->run.mode = (enum run_mode)mode;
        return true;
    }
    case OPT_CONFIG:
        o->run.config_path = arg;
        return config_load(&o->run.config, arg, e);
    case OPT_STATE:
        o->state = arg;
        return true;
    case OPT_JSON:
        o->json = true;
        return true;
    default:
        o->help = true;
        return true;
    }
}

static bool parse(struct doctor_options *o, int argc, char **argv, struct error *e)
{
    static const struct option OPTIONS[] = {
        {"mode", required_argument, NULL, OPT_MODE},   {"config", required_argument, NULL, OPT_CONFIG},
        {"state", required_argument, NULL, OPT_STATE}, {"json", no_argument, NULL, OPT_JSON},
        {"help", no_argument, NULL, OPT_HELP},         {NULL, 0, NULL, 0}};
    memset(o, 0, sizeof *o);
    config_default(&o->run.config);
    o->run.speed = "1";
    struct command_line l = command_line_begin(argc, argv, "", OPTIONS);
    for (int c; (c = command_line_next(&l, e)) != COMMAND_LINE_END;) {
        if (c == COMMAND_LINE_OPERAND) {
            return error_set(e, EXIT_USAGE, "unexpected argument %s; see ticktower doctor --help", l.value);
        }
        if (c == COMMAND_LINE_BAD || !apply(o, c, l.value, e)) {
            return false;
        }
    }
    if (o->run.mode != MODE_SIM) {
        config_visit_only_asked(&o->run.config);
    }
    return true;
}

// ------------------------------------------------------------------------------------------------------------
// the terminal

static void look_at_size(struct checks *out, int fd)
{
    struct winsize ws = {0};
    if (ioctl(fd, TIOCGWINSZ, &ws) != 0 || ws.ws_col == 0) {
        checks_add(out, CHECK_YELLOW, "terminal", "size", "not told by the terminal");
        return;
    }
    bool fits = ws.ws_col >= COLS_MIN && ws.ws_row >= ROWS_MIN;
    checks_add(out, fits ? CHECK_GREEN : CHECK_YELLOW, "terminal", "size", "%ux%u%s", ws.ws_col, ws.ws_row,
               fits ? "" : ": the console needs 60x16, and shows all from 160x48");
}

static void look_at_terminal(struct checks *out)
{
    const char *term = getenv("TERM");
    int code = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        checks_add(out, CHECK_GREEN, "terminal", "kind", "none here: a run would be headless");
        return;
    }
    if (!term || setupterm(term, STDOUT_FILENO, &code) != OK) {
        checks_add(out, CHECK_YELLOW, "terminal", "kind",
                   "TERM=%s is not in terminfo: the console cannot draw on it", term ? term : "(unset)");
        return;
    }
    checks_add(out, CHECK_GREEN, "terminal", "kind", "%s, %d colours", term, tigetnum("colors"));
    look_at_size(out, STDOUT_FILENO);
    setlocale(LC_CTYPE, "");
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    checks_add(out, CHECK_GREEN, "terminal", "characters", "%s",
               utf8 ? "UTF-8" : "ASCII: the console draws with it");
}

// ------------------------------------------------------------------------------------------------------------
// main

static void look_at_lock(struct preflight *p, const struct doctor_options *o, const char *base,
                         bool *free_now)
{
    const struct run_options *r = &o->run;
    *free_now = state_dir_is_free(base, r->mode, r->config.alias);
    if (!*free_now) {
        checks_add(
            &p->checks, CHECK_YELLOW, "host", "running",
            "a run holds this account's state now: signed reads are left out, since two processes must not "
            "share a key");
    }
}

static bool examine(struct preflight *p, struct venue_child *child, const struct doctor_options *o,
                    const char *base, struct error *e)
{
    const struct run_options *r = &o->run;
    char account[64];
    char state[512];
    bool free_now;
    state_dir_account(account, sizeof account, r->mode, r->config.alias);
    snprintf(state, sizeof state, "%s/%s", base, account);
    look_at_terminal(&p->checks);
    look_at_lock(p, o, base, &free_now);
    if (r->mode == MODE_SIM) {
        if (!preflight_start_venue(child, r, e) || !preflight_embedded(p, &r->config, &child->hello, e)) {
            return false;
        }
    } else {
        if (r->mode == MODE_LIVE) {
            gate_config(&p->checks, &r->config, r->config_path);
        }
        preflight_outside(p, &r->config, r->mode, free_now, true);
    }
    preflight_look(p, &r->config, r->mode, state);
    return true;
}

static int tell(const struct preflight *p, const struct doctor_options *o)
{
    if (o->json) {
        checks_print_json(&p->checks, preflight_mode_name(o->run.mode), stdout);
    } else {
        checks_print(&p->checks, stdout, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
    }
    return p->checks.by_level[CHECK_RED] ? EXIT_FAILED : EXIT_OK;
}

int cmd_doctor(int argc, char **argv)
{
    struct error e = {0};
    struct doctor_options o;
    struct venue_child child = {0};
    char base[320];
    if (!parse(&o, argc, argv, &e)) {
        return command_fail("doctor", &e);
    }
    if (o.help) {
        fputs(HELP, stdout);
        return EXIT_OK;
    }
    struct preflight *p = calloc(1, sizeof *p);
    if (!p) {
        error_set(&e, EXIT_OS, "out of memory");
        return command_fail("doctor", &e);
    }
    if (o.state) {
        text_copy(base, sizeof base, o.state);
    }
    bool ok = (o.state || state_dir_default(base, sizeof base, &e)) && examine(p, &child, &o, base, &e);
    int code = ok ? tell(p, &o) : command_fail("doctor", &e);
    venue_child_stop(&child);
    preflight_free(p);
    free(p);
    return code;
}
