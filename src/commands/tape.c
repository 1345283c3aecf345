// SPDX-License-Identifier: Apache-2.0
// tape: what is on a tape, by reading all of it, so that damage is found.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "store/tape.h"

static const char HELP[] =
    "usage: ticktower tape info FILE [--json]\n"
    "\n"
    "Reads the whole tape and tells its header, instruments, events by type, span, gaps and checkpoints.\n"
    "A damaged tape is read up to the damage, which is named with its place in the file (exit status 65).\n";

enum { OPT_JSON = 256, OPT_HELP };

struct tape_counts {
    uint64_t by_type[EV_TYPE_COUNT];
    uint64_t events;
    uint64_t seq_first, seq_last;
    int64_t wall_first, wall_last;
    int64_t mono_first, mono_last;
};

static void count(struct tape_reader *t, struct tape_counts *c, struct error *e)
{
    for (const struct event *ev; (ev = tape_next(t, e)) != NULL;) {
        if (c->events++ == 0) {
            c->seq_first = ev->seq;
            c->wall_first = ev->wall_ns;
            c->mono_first = ev->mono_ns;
        }
        c->seq_last = ev->seq;
        c->wall_last = ev->wall_ns;
        c->mono_last = ev->mono_ns;
        c->by_type[ev->type]++;
    }
}

static const char *kind_text(const struct tape_header *h)
{
    return h->kind == TAPE_SESSION ? "session" : "market";
}

static void print_header(const char *path, struct tape_reader *t)
{
    static const char *const KINDS[] = {"linear", "spot", "inverse"};
    const struct tape_header *h = tape_header(t);
    char when[32];
    clock_format_utc(when, h->created_wall_ns);
    printf("%s\n  %s tape, format %u, begun %s, written by %s\n", path, kind_text(h), h->version, when,
           h->build);
    if (h->origin[0]) {
        printf("  %s\n", h->origin);
    }
    for (uint32_t i = 0; i < h->instrument_count; i++) {
        const struct instrument *x = &h->instruments[i];
        char tick[32], lot[32];
        decimal_format(tick, x->tick_e8, 8, decimal_places_of_step(x->tick_e8));
        decimal_format(lot, x->lot_e8, 8, decimal_places_of_step(x->lot_e8));
        printf("  %u %s %s, tick %s, lot %s\n", x->id, x->symbol, KINDS[x->kind], tick, lot);
    }
    if (h->config_len) {
        printf("  configuration of %u bytes\n", h->config_len);
    }
}

static void print_counts(struct tape_reader *t, const struct tape_counts *c)
{
    size_t hashes = 0;
    tape_hashes(t, &hashes);
    printf("  %" PRIu64 " events", c->events);
    if (c->events) {
        char from[32], to[32];
        clock_format_utc(from, c->wall_first);
        clock_format_utc(to, c->wall_last);
        printf(", %s to %s, %.3f s, seq %" PRIu64 " to %" PRIu64, from, to,
               (double)(c->mono_last - c->mono_first) / (double)NS_PER_S, c->seq_first, c->seq_last);
    }
    printf("\n");
    for (int i = 0; i < EV_TYPE_COUNT; i++) {
        if (c->by_type[i]) {
            printf("  %12" PRIu64 " %s\n", c->by_type[i], event_type_name((enum event_type)i));
        }
    }
    printf("  %zu checkpoints, %" PRIu64 " events missing in gaps%s\n", hashes, tape_gaps_total(t),
           tape_truncated(t) ? "; no index: the tape was not closed, or is being written" : "");
}

// Text of the file as a JSON string: header texts are printable ASCII.
static void json_text(const char *key, const char *s)
{
    printf(",\"%s\":\"", key);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') {
            putchar('\\');
        }
        if ((unsigned char)*s >= 0x20) {
            putchar(*s);
        }
    }
    putchar('"');
}

static void print_json(const char *path, struct tape_reader *t, const struct tape_counts *c,
                       const struct error *e)
{
    const struct tape_header *h = tape_header(t);
    size_t hashes = 0;
    tape_hashes(t, &hashes);
    printf("{\"kind\":\"%s\",\"version\":%u,\"created_ns\":%" PRId64, kind_text(h), h->version,
           h->created_wall_ns);
    json_text("tape", path);
    json_text("build", h->build);
    json_text("origin", h->origin);
    printf(",\"instruments\":[");
    for (uint32_t i = 0; i < h->instrument_count; i++) {
        printf("%s{\"id\":%u,\"symbol\":\"%s\",\"kind\":%u,\"tick_e8\":%" PRId64 ",\"lot_e8\":%" PRId64 "}",
               i ? "," : "", h->instruments[i].id, h->instruments[i].symbol, h->instruments[i].kind,
               h->instruments[i].tick_e8, h->instruments[i].lot_e8);
    }
    printf("],\"events\":%" PRIu64 ",\"first_wall_ns\":%" PRId64 ",\"last_wall_ns\":%" PRId64
           ",\"first_seq\":%" PRIu64 ",\"last_seq\":%" PRIu64,
           c->events, c->wall_first, c->wall_last, c->seq_first, c->seq_last);
    printf(",\"gap\":%" PRIu64 ",\"checkpoints\":%zu,\"truncated\":%s,\"types\":{", tape_gaps_total(t),
           hashes, tape_truncated(t) ? "true" : "false");
    const char *comma = "";
    for (int i = 0; i < EV_TYPE_COUNT; i++) {
        if (c->by_type[i]) {
            printf("%s\"%s\":%" PRIu64, comma, event_type_name((enum event_type)i), c->by_type[i]);
            comma = ",";
        }
    }
    printf("}");
    json_text("damage", e->text);
    printf("}\n");
}

static int info(const char *path, bool json)
{
    struct error e = {0};
    struct tape_reader *t = tape_open(path, &e);
    if (!t) {
        return command_fail("tape", &e);
    }
    static struct tape_counts c;
    memset(&c, 0, sizeof c);
    count(t, &c, &e);
    if (json) {
        print_json(path, t, &c, &e);
    } else {
        print_header(path, t);
        print_counts(t, &c);
    }
    tape_reader_close(t);
    return e.text[0] ? command_fail("tape", &e) : EXIT_OK;
}

int cmd_tape(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"json", no_argument, NULL, OPT_JSON}, {"help", no_argument, NULL, OPT_HELP}, {NULL, 0, NULL, 0}};
    const char *word[2] = {NULL, NULL}; // "info", the file
    size_t words = 0;
    bool json = false;
    struct error e = {0};
    struct command_line l = command_line_begin(argc, argv, "", OPTIONS);
    for (int c; (c = command_line_next(&l, &e)) != COMMAND_LINE_END;) {
        if (c == OPT_HELP) {
            fputs(HELP, stdout);
            return EXIT_OK;
        }
        if (c == OPT_JSON) {
            json = true;
        } else if (c == COMMAND_LINE_OPERAND && words < COUNT_OF(word)) {
            word[words++] = l.value;
        } else {
            return command_line_stray(&l, c, &e);
        }
    }
    if (words != COUNT_OF(word) || strcmp(word[0], "info") != 0) {
        error_set(&e, EXIT_USAGE, "usage: ticktower tape info FILE [--json]");
        return command_fail("tape", &e);
    }
    return info(word[1], json);
}
