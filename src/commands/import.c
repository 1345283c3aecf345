// SPDX-License-Identifier: Apache-2.0
// import: recorded market data to a tape. Options and words here; the work is in store/import_binance.c.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "store/import_binance.h"

static const char HELP[] =
    "usage: ticktower import binance FILE... -o TAPE [options]\n"
    "\n"
    "Turns raw recorded Binance stream lines (receive stamp, blank, JSON as received; plain, gzip or\n"
    "zstd; one symbol a file, at most 8 files of one day) into one market tape, ordered by corrected\n"
    "receive time.\n"
    "\n"
    "  -o, --output TAPE      the tape to write; must not exist\n"
    "  --symbol-kind KIND     of the files that follow: auto (default), linear, spot, inverse\n"
    "  --spot-touch           spot files: keep the best bid and ask only (default)\n"
    "  --spot-all             spot files: keep depth and trades too\n"
    "  --clock FILE           read this file of the same recording for its clock alone: tapes that are to "
    "be\n"
    "                         played together share one offset; at most 8\n"
    "  --origin TEXT          where the data comes from and its licence, for the tape's header\n"
    "  --level N              zstd level 1..19 (default 19)\n"
    "  --max-bad N            stop after so many malformed lines (default 100)\n"
    "  --json                 report as one JSON object\n"
    "  --help\n";

enum {
    OPT_KIND = 256,
    OPT_SPOT_TOUCH,
    OPT_SPOT_ALL,
    OPT_CLOCK,
    OPT_ORIGIN,
    OPT_LEVEL,
    OPT_BAD,
    OPT_JSON,
    OPT_HELP
};
enum { WARNINGS_MAX = 20, BAD_LINES_MAX = 1000000000 };

static const struct option OPTIONS[] = {
    {"output", required_argument, NULL, 'o'},
    {"symbol-kind", required_argument, NULL, OPT_KIND},
    {"spot-touch", no_argument, NULL, OPT_SPOT_TOUCH},
    {"spot-all", no_argument, NULL, OPT_SPOT_ALL},
    {"clock", required_argument, NULL, OPT_CLOCK},
    {"origin", required_argument, NULL, OPT_ORIGIN},
    {"level", required_argument, NULL, OPT_LEVEL},
    {"max-bad", required_argument, NULL, OPT_BAD},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

struct import_arguments {
    struct import_options import;
    const char *output;
    int kind;
    bool json, help;
    unsigned warnings;
};

static void warn(void *ctx, const char *line)
{
    struct import_arguments *a = ctx;
    if (a->warnings < WARNINGS_MAX) {
        fprintf(stderr, "%s\n", line);
    } else if (a->warnings == WARNINGS_MAX) {
        fprintf(stderr, "further bad lines are counted, not shown\n");
    }
    a->warnings++;
}

static bool kind_parse(const char *word, int *kind, struct error *e)
{
    static const struct {
        const char *word;
        int kind;
    } KINDS[] = {
        {"auto", IMPORT_AUTO}, {"linear", IMPORT_LINEAR}, {"spot", IMPORT_SPOT}, {"inverse", IMPORT_INVERSE}};
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strcmp(word, KINDS[i].word) == 0) {
            *kind = KINDS[i].kind;
            return true;
        }
    }
    return error_set(e, EXIT_USAGE, "--symbol-kind %.40s: choose auto, linear, spot or inverse", word);
}

static bool file_add(struct import_arguments *a, const char *path, struct error *e)
{
    if (a->import.files == INSTRUMENT_MAX) {
        return error_set(e, EXIT_USAGE, "more than %d files", INSTRUMENT_MAX);
    }
    a->import.kind[a->import.files] = a->kind;
    a->import.path[a->import.files++] = path;
    return true;
}

static bool clock_add(struct import_arguments *a, const char *path, struct error *e)
{
    if (a->import.clock_files == INSTRUMENT_MAX) {
        return error_set(e, EXIT_USAGE, "--clock: more than %d files", INSTRUMENT_MAX);
    }
    a->import.clock_path[a->import.clock_files++] = path;
    return true;
}

static bool option_take(struct import_arguments *a, int option, const char *value, struct error *e)
{
    int64_t v = 0;
    switch (option) {
    case COMMAND_LINE_OPERAND:
        return file_add(a, value, e);
    case 'o':
        a->output = value;
        return true;
    case OPT_KIND:
        return kind_parse(value, &a->kind, e);
    case OPT_SPOT_TOUCH:
    case OPT_SPOT_ALL:
        a->import.spot_all = option == OPT_SPOT_ALL;
        return true;
    case OPT_CLOCK:
        return clock_add(a, value, e);
    case OPT_ORIGIN:
        a->import.origin = value;
        return true;
    case OPT_LEVEL:
        return command_line_number(CU_COUNT, "--level", value, 1, 19, &v, e) &&
               (a->import.level = (int)v, true);
    case OPT_BAD:
        return command_line_number(CU_COUNT, "--max-bad", value, 0, BAD_LINES_MAX, &v, e) &&
               (a->import.bad_lines_max = (uint64_t)v, true);
    case OPT_JSON:
        return a->json = true;
    case OPT_HELP:
        return a->help = true;
    default:
        return false;
    }
}

static bool arguments_read(struct import_arguments *a, int argc, char **argv, struct error *e)
{
    struct command_line l = command_line_begin(argc, argv, "o:", OPTIONS);
    for (int c; (c = command_line_next(&l, e)) != COMMAND_LINE_END;) {
        if (!option_take(a, c, l.value, e)) {
            return false;
        }
    }
    if (a->help) {
        return true;
    }
    if (a->import.files < 2 || strcmp(a->import.path[0], "binance") != 0 || !a->output) {
        return error_set(e, EXIT_USAGE, "usage: ticktower import binance FILE... -o TAPE (--help says more)");
    }
    a->import.files--; // the word "binance" came first
    memmove(a->import.path, a->import.path + 1, a->import.files * sizeof a->import.path[0]);
    memmove(a->import.kind, a->import.kind + 1, a->import.files * sizeof a->import.kind[0]);
    return true;
}

// ---------------------------------------------------------------------------------------------------- report

static const char *kind_name(uint8_t kind)
{
    static const char *const NAMES[] = {"linear", "spot", "inverse"};
    return kind <= INSTRUMENT_INVERSE ? NAMES[kind] : "unknown";
}

static double ms(int64_t ns)
{
    return (double)ns / (double)NS_PER_MS;
}

static void file_print(const struct import_file_report *f, const char *path)
{
    char tick[32], lot[32];
    decimal_format(tick, f->instrument.tick_e8, 8, decimal_places_of_step(f->instrument.tick_e8));
    decimal_format(lot, f->instrument.lot_e8, 8, decimal_places_of_step(f->instrument.lot_e8));
    printf("%s\n", path);
    printf("  %s %s, tick %s, lot %s (%s)%s\n", f->instrument.symbol, kind_name(f->instrument.kind), tick,
           lot, f->grid_known ? "known" : "detected", f->cut ? "; the file is cut short" : "");
    printf("  read     %" PRIu64 " lines, %" PRIu64 " bad\n", f->lines, f->bad);
    printf("  written  %" PRIu64 " snapshots, %" PRIu64 " diffs, %" PRIu64 " trades, %" PRIu64
           " touches, %" PRIu64 " marks\n",
           f->snapshots, f->diffs, f->trades, f->touches, f->marks);
    printf("  dropped  %" PRIu64 " before the first snapshot, %" PRIu64 " diffs inside it, %" PRIu64
           " diffs no snapshot joins, %" PRIu64 " trades not of the market, %" PRIu64 " not asked for\n",
           f->early, f->old_diffs, f->unsynced_diffs, f->not_market, f->left_out);
    printf("  book     %" PRIu64 " gaps, crossed after %" PRIu64 " updates\n", f->gaps, f->crossed);
    printf("  clock    receive - event time: least %.3f ms, median %.3f ms\n", ms(f->delay_min_ns),
           ms(f->delay_median_ns));
}

static void report_print(const struct import_arguments *a, const struct import_report *r)
{
    char from[32], to[32];
    for (size_t i = 0; i < r->files; i++) {
        file_print(&r->file[i], a->import.path[i]);
    }
    clock_format_utc(from, r->first_wall_ns);
    clock_format_utc(to, r->last_wall_ns);
    printf("%s\n  %" PRIu64 " events from %s to %s, %" PRIu64 " bytes\n  clock offset removed: %.3f ms\n",
           a->output, r->events, from, to, r->bytes, ms(r->clock_offset_ns));
}

static void report_json(const struct import_report *r)
{
    printf("{\"events\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"clock_offset_ns\":%" PRId64
           ",\"first_wall_ns\":%" PRId64 ",\"last_wall_ns\":%" PRId64 ",\"files\":[",
           r->events, r->bytes, r->bad, r->clock_offset_ns, r->first_wall_ns, r->last_wall_ns);
    for (size_t i = 0; i < r->files; i++) {
        const struct import_file_report *f = &r->file[i];
        printf("%s{\"symbol\":\"%s\",\"kind\":\"%s\",\"tick_e8\":%" PRId64 ",\"lot_e8\":%" PRId64
               ",\"lines\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"cut\":%s,\"snapshots\":%" PRIu64
               ",\"diffs\":%" PRIu64 ",\"trades\":%" PRIu64 ",\"touches\":%" PRIu64 ",\"marks\":%" PRIu64,
               i ? "," : "", f->instrument.symbol, kind_name(f->instrument.kind), f->instrument.tick_e8,
               f->instrument.lot_e8, f->lines, f->bad, f->cut ? "true" : "false", f->snapshots, f->diffs,
               f->trades, f->touches, f->marks);
        printf(",\"early\":%" PRIu64 ",\"old_diffs\":%" PRIu64 ",\"unsynced_diffs\":%" PRIu64
               ",\"not_market\":%" PRIu64 ",\"left_out\":%" PRIu64 ",\"gaps\":%" PRIu64
               ",\"crossed\":%" PRIu64 ",\"delay_min_ns\":%" PRId64 ",\"delay_median_ns\":%" PRId64 "}",
               f->early, f->old_diffs, f->unsynced_diffs, f->not_market, f->left_out, f->gaps, f->crossed,
               f->delay_min_ns, f->delay_median_ns);
    }
    printf("]}\n");
}

int cmd_import(int argc, char **argv)
{
    struct import_arguments a = {.kind = IMPORT_AUTO,
                                 .import = {.level = 19, .bad_lines_max = 100, .warn = warn}};
    a.import.ctx = &a;
    struct error e = {0};
    if (!arguments_read(&a, argc, argv, &e)) {
        return command_fail("import", &e);
    }
    if (a.help) {
        fputs(HELP, stdout);
        return EXIT_OK;
    }
    struct import_report report;
    if (!import_binance(&a.import, a.output, &report, &e)) {
        return command_fail("import", &e);
    }
    if (a.json) {
        report_json(&report);
    } else {
        report_print(&a, &report);
    }
    return EXIT_OK;
}
