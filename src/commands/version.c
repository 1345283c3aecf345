// SPDX-License-Identifier: Apache-2.0
// `ticktower version`: what runs, and what it was built with.
#include <curses.h>
#include <jansson.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "base/error.h"
#include "commands/commands.h"
#include "engine/snapshot.h"

static const char HELP[] =
    "usage: ticktower version [--json]\n"
    "Print the program's version and the versions of its libraries.\n";

int cmd_version(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(HELP, stdout);
        return EXIT_OK;
    }
    if (argc > 2 || (argc == 2 && strcmp(argv[1], "--json") != 0)) {
        fprintf(stderr, "ticktower version: unknown argument %s; see ticktower version --help\n", argv[argc - 1]);
        return EXIT_USAGE;
    }
    const char *form = argc == 2
                           ? "{\"ticktower\":\"%s\",\"snapshot\":%d,\"openssl\":\"%s\",\"libwebsockets\":\"%s\","
                             "\"jansson\":\"%s\",\"sqlite\":\"%s\",\"zstd\":\"%s\",\"ncurses\":\"%s\"}\n"
                           : "ticktower %s (snapshot %d)\n%s\nlibwebsockets %s\njansson %s\nSQLite %s\nzstd %s\n%s\n";
    printf(form, TT_VERSION, SNAPSHOT_VERSION, OpenSSL_version(OPENSSL_VERSION), lws_get_library_version(),
           JANSSON_VERSION, sqlite3_libversion(), ZSTD_versionString(), curses_version());
    return EXIT_OK;
}
