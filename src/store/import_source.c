// SPDX-License-Identifier: Apache-2.0
// import_source: recorded lines one by one: receive stamp, then the message through the engine's own hot
// scanner, so that a recording proves the code that trades. What is malformed is counted and named by line,
// never guessed at.
#include <stdio.h>
#include <string.h>

#include "store/import_internal.h"

bool import_source_open(struct import_source *s, const struct import_options *o, size_t index,
                        struct import_file_report *report, struct error *e)
{
    s->options = o;
    s->report = report;
    s->path = o->path[index];
    s->reader = line_reader_open(s->path, e);
    return s->reader != NULL;
}

void import_source_close(struct import_source *s)
{
    line_reader_close(s->reader);
    s->reader = NULL;
}

enum import_next import_source_reject(struct import_source *s, bool tell, const char *why, struct error *e)
{
    s->report->bad++;
    unsigned long long number = line_reader_number(s->reader);
    if (tell && s->options->warn) {
        char line[512];
        snprintf(line, sizeof line, "%s:%llu: %s", s->path, number, why);
        s->options->warn(s->options->ctx, line);
    }
    if (s->report->bad <= s->options->bad_lines_max) {
        return IMPORT_MESSAGE;
    }
    error_set(e, EXIT_DATA, "%s:%llu: %s; more than %llu bad lines, stopped", s->path, number, why,
              (unsigned long long)s->options->bad_lines_max);
    return IMPORT_ERROR;
}

// Stamps of recorders come in s^-3, s^-6 or s^-9; their size tells which (for the years 2001 to 2286).
static bool stamp_parse(const char *text, size_t n, int64_t *ns, size_t *used)
{
    size_t k = 0;
    int64_t v = 0;
    while (k < n && k < 19 && text[k] >= '0' && text[k] <= '9') {
        v = v * 10 + (text[k++] - '0');
    }
    if (k >= n || text[k] != ' ' || (k != 13 && k != 16 && k != 19)) {
        return false;
    }
    *ns = k == 13 ? v * 1000000 : k == 16 ? v * 1000 : v;
    *used = k + 1;
    return true;
}

static const char *line_parse(struct import_source *s, const char *text, size_t n)
{
    size_t used = 0;
    if (!stamp_parse(text, n, &s->receive_ns, &used)) {
        return "no receive stamp in ms, us or ns";
    }
    return scan_market(text + used, n - used, &s->msg) ? NULL : "not a well-formed stream message";
}

enum import_next import_source_next(struct import_source *s, bool tell, struct error *e)
{
    for (;;) {
        char *text = NULL;
        size_t n = 0;
        const char *bad = NULL;
        switch (line_reader_next(s->reader, &text, &n, e)) {
        case LINE_ERROR:
            return IMPORT_ERROR;
        case LINE_CUT:
            s->report->cut = true;
            return IMPORT_END;
        case LINE_END:
            return IMPORT_END;
        case LINE_TOO_LONG:
            bad = "line longer than 1 MiB";
            break;
        case LINE_OK:
            bad = line_parse(s, text, n);
            break;
        }
        s->report->lines++;
        if (!bad) {
            return IMPORT_MESSAGE;
        }
        if (import_source_reject(s, tell, bad, e) == IMPORT_ERROR) {
            return IMPORT_ERROR;
        }
    }
}
