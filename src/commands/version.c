// SPDX-License-Identifier: Apache-2.0
// `ticktower version`: what runs, and what it was built with.
#include <curses.h>
#include <jansson.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <zstd.h>

#include "commands/command_line.h"
#include "commands/commands.h"
#include "engine/snapshot.h"
#include "store/session_db.h"
#include "store/tape.h"

static const char HELP[] = "usage: ticktower version [--json]\n"
                           "Print the versions of the program, its files and its libraries.\n";

enum { OPT_JSON = 256, OPT_HELP };

int cmd_version(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, OPT_JSON}, {"help", no_argument, NULL, OPT_HELP}, {NULL, 0, NULL, 0}};
    bool json = false;
    struct error e = {0};
    struct command_line l = command_line_begin(argc, argv, "", OPTIONS);
    for (int c; (c = command_line_next(&l, &e)) != COMMAND_LINE_END;) {
        if (c == OPT_HELP) {
            fputs(HELP, stdout);
            return EXIT_OK;
        }
        if (c != OPT_JSON) {
            return command_line_stray(&l, c, &e);
        }
        json = true;
    }
    const char *form = json ? "{\"ticktower\":\"%s\",\"tape\":%d,\"session_schema\":%d,\"snapshot\":%d,"
                              "\"openssl\":\"%s\",\"libwebsockets\":\"%s\","
                              "\"jansson\":\"%s\",\"sqlite\":\"%s\",\"zstd\":\"%s\",\"ncurses\":\"%s\"}\n"
                            : "ticktower %s (tape format %d, session schema %d, snapshot "
                              "%d)\n%s\nlibwebsockets %s\njansson %s\nSQLite %s\nzstd %s\n%s\n";
    printf(form, TT_VERSION, TAPE_VERSION, SESSION_SCHEMA_VERSION, SNAPSHOT_VERSION,
           OpenSSL_version(OPENSSL_VERSION), lws_get_library_version(), JANSSON_VERSION, sqlite3_libversion(),
           ZSTD_versionString(), curses_version());
    return EXIT_OK;
}
