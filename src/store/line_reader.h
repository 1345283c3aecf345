// SPDX-License-Identifier: Apache-2.0
// line_reader: lines of a text file that may be plain, gzip or zstd (told by its first bytes). Bounded: a
// line longer than LINE_MAX_BYTES is skipped and reported as such. Owner: one thread.
#ifndef TT_STORE_LINE_READER_H
#define TT_STORE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { LINE_MAX_BYTES = 1024 * 1024, LINE_SLACK = 16 };

enum line_result {
    LINE_OK,
    LINE_END,      // end of file
    LINE_CUT,      // the packed file ends in the middle of its stream; everything before was delivered
    LINE_TOO_LONG, // this line was skipped; go on
    LINE_ERROR,    // unreadable: *e says why
};

struct line_reader;

struct line_reader *line_reader_open(const char *path, struct error *e);
// The next line without its end; *text has LINE_SLACK readable bytes after *n and lives until the next call.
enum line_result line_reader_next(struct line_reader *r, char **text, size_t *n, struct error *e);
uint64_t line_reader_number(const struct line_reader *r); // of the line last returned, from 1
void line_reader_close(struct line_reader *r);            // NULL-safe

#endif
