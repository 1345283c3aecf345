// SPDX-License-Identifier: Apache-2.0
// export: a copy of a session's database, also of a running session, as one file. The work is in
// store/export.c.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "live/state_dir.h"
#include "store/export.h"

static const char HELP[] =
    "usage: ticktower export [SESSION] [-o FILE] [--state DIR] [--json]\n"
    "\n"
    "Copies a session database to one self-contained SQLite file, consistent as of now; a running\n"
    "session is not disturbed. SESSION: a path, a session id, or latest (default). Nothing is ever\n"
    "overwritten.\n"
    "\n"
    "  -o, --output FILE   the file to make (default: <session id>-export-<UTC time>.db in this directory)\n"
    "  --state DIR         where sessions are kept (default: $XDG_STATE_HOME/ticktower)\n"
    "  --json              print path and size as one JSON object\n"
    "  --help\n"
    "\n"
    "The schema is explained in ticktower-session(5).\n";

enum { OPT_STATE = 256, OPT_JSON, OPT_HELP, PATH_CAP = 1024 };

static const struct option OPTIONS[] = {
    {"output", required_argument, NULL, 'o'},
    {"state", required_argument, NULL, OPT_STATE},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

struct export_arguments {
    const char *session, *output, *state;
    bool json, help;
};

static bool arguments_read(struct export_arguments *a, int argc, char **argv, struct error *e)
{
    struct command_line l = command_line_begin(argc, argv, "o:", OPTIONS);
    for (int c; (c = command_line_next(&l, e)) != COMMAND_LINE_END;) {
        switch (c) {
        case 'o':
            a->output = l.value;
            break;
        case OPT_STATE:
            a->state = l.value;
            break;
        case OPT_JSON:
            a->json = true;
            break;
        case OPT_HELP:
            a->help = true;
            break;
        case COMMAND_LINE_OPERAND:
            if (a->session) {
                return error_set(e, EXIT_USAGE, "one session at a time; see ticktower export --help");
            }
            a->session = l.value;
            break;
        default:
            return false;
        }
    }
    return true;
}

static bool find(const struct export_arguments *a, char source[PATH_CAP], char target[PATH_CAP],
                 struct error *e)
{
    char state[PATH_CAP];
    if (a->state) {
        snprintf(state, sizeof state, "%s", a->state);
    } else if (!state_dir_default(state, sizeof state, e)) {
        return false;
    }
    if (!export_find(a->session, state, source, PATH_CAP, e)) {
        return false;
    }
    if (!a->output) {
        export_default_name(source, ".", clock_wall_ns(), target, PATH_CAP);
    } else if (snprintf(target, PATH_CAP, "%s", a->output) >= PATH_CAP) {
        return error_set(e, EXIT_CANT_CREATE, "%.200s: the path is too long", a->output);
    }
    return true;
}

static void report(const char *source, const char *target, bool json)
{
    struct stat st = {0};
    (void)stat(target, &st);
    if (json) {
        printf("{\"session\":\"%s\",\"file\":\"%s\",\"bytes\":%lld}\n", source, target,
               (long long)st.st_size);
    } else {
        printf("%s, %lld bytes, from %s\n", target, (long long)st.st_size, source);
    }
}

int cmd_export(int argc, char **argv)
{
    struct export_arguments a = {0};
    struct error e = {0};
    if (!arguments_read(&a, argc, argv, &e)) {
        return command_fail("export", &e);
    }
    if (a.help) {
        fputs(HELP, stdout);
        return EXIT_OK;
    }
    char source[PATH_CAP], target[PATH_CAP];
    if (!find(&a, source, target, &e) || !export_session(source, target, &e)) {
        return command_fail("export", &e);
    }
    report(source, target, a.json);
    return EXIT_OK;
}
