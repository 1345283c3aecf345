// SPDX-License-Identifier: Apache-2.0
#include "live/checks.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

static const char *const LEVELS[] = {"green", "yellow", "red"};

const char *check_level_name(enum check_level level)
{
    return LEVELS[level];
}

// Venue text ends up in rows: nothing but printable ASCII.
static void make_printable(char *s)
{
    for (; *s; s++) {
        *s = *s >= 0x20 && *s <= 0x7e ? *s : '?';
    }
}

void checks_add(struct checks *c, enum check_level level, const char *group, const char *name,
                const char *fmt, ...)
{
    c->by_level[level]++;
    if (c->count == CHECKS_MAX) {
        c->row[CHECKS_MAX - 1].level = CHECK_RED;
        snprintf(c->row[CHECKS_MAX - 1].text, sizeof c->row[0].text, "more rows than this list holds");
        return;
    }
    struct check *row = &c->row[c->count++];
    row->level = (uint8_t)level;
    text_copy(row->group, sizeof row->group, group);
    text_copy(row->name, sizeof row->name, name);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(row->text, sizeof row->text, fmt, ap);
    va_end(ap);
    make_printable(row->text);
}

void checks_print(const struct checks *c, FILE *to, int colour)
{
    static const char *const COLOURS[] = {"\033[32m", "\033[33m", "\033[31m"};
    for (uint32_t i = 0; i < c->count; i++) {
        const struct check *row = &c->row[i];
        fprintf(to, "%s%-6s%s  %-10s %-14s  %s\n", colour ? COLOURS[row->level] : "", LEVELS[row->level],
                colour ? "\033[0m" : "", row->group, row->name, row->text);
    }
    fprintf(to, "%u green, %u yellow, %u red\n", c->by_level[CHECK_GREEN], c->by_level[CHECK_YELLOW],
            c->by_level[CHECK_RED]);
}

void checks_print_json(const struct checks *c, const char *mode, FILE *to)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < c->count; i++) {
        const struct check *row = &c->row[i];
        json_array_append_new(rows, json_pack("{s:s,s:s,s:s,s:s}", "level", LEVELS[row->level], "group",
                                              row->group, "name", row->name, "text", row->text));
    }
    json_t *o = json_pack("{s:s,s:b,s:i,s:i,s:i,s:o}", "mode", mode, "ok", c->by_level[CHECK_RED] == 0,
                          "green", (int)c->by_level[CHECK_GREEN], "yellow", (int)c->by_level[CHECK_YELLOW],
                          "red", (int)c->by_level[CHECK_RED], "checks", rows);
    if (o) {
        json_dumpf(o, to, JSON_INDENT(1));
        fputc('\n', to);
    }
    json_decref(o);
}
