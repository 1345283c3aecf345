// SPDX-License-Identifier: Apache-2.0
// line_reader: three ways of getting bytes (zlib reads plain files too, zstd has its own), one way of cutting
// lines.
#include "store/line_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"

enum { CHUNK = 64 * 1024 };

struct line_reader {
    char *path;
    gzFile gz;  // plain or gzip; NULL: zstd
    FILE *file; // zstd
    ZSTD_DCtx *zstd;
    ZSTD_inBuffer in;
    uint8_t *packed;   // CHUNK bytes of the zstd file
    bool frame_open;   // zstd: inside a frame
    char *buffer;      // LINE_MAX_BYTES + CHUNK + LINE_SLACK
    size_t start, end; // unread bytes
    bool eof, cut;
    uint64_t number;
};

static bool is_zstd(const char *path)
{
    static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    uint8_t head[4];
    FILE *f = fopen(path, "rb");
    bool yes = f && fread(head, 1, 4, f) == 4 && memcmp(head, magic, 4) == 0;
    if (f) {
        fclose(f);
    }
    return yes;
}

static bool source_open(struct line_reader *r)
{
    if (!is_zstd(r->path)) {
        r->gz = gzopen(r->path, "rb");
        return r->gz != NULL;
    }
    r->file = fopen(r->path, "rb");
    r->zstd = ZSTD_createDCtx();
    r->packed = malloc(CHUNK);
    return r->file && r->zstd && r->packed;
}

struct line_reader *line_reader_open(const char *path, struct error *e)
{
    errno = 0;
    struct line_reader *r = calloc(1, sizeof *r);
    if (r) {
        r->path = strdup(path);
        r->buffer = calloc(1, LINE_MAX_BYTES + CHUNK + LINE_SLACK);
    }
    if (!r || !r->path || !r->buffer || !source_open(r)) {
        error_set(e, EXIT_NO_INPUT, "%s: cannot open: %s", path, errno ? strerror(errno) : "no memory");
        line_reader_close(r);
        return NULL;
    }
    return r;
}

void line_reader_close(struct line_reader *r)
{
    if (!r) {
        return;
    }
    if (r->gz) {
        gzclose(r->gz);
    }
    if (r->file) {
        fclose(r->file);
    }
    ZSTD_freeDCtx(r->zstd);
    free(r->packed);
    free(r->buffer);
    free(r->path);
    free(r);
}

// Up to n bytes; 0 at the end (r->cut: too early), -1 with *e set.
static ssize_t gz_bytes(struct line_reader *r, char *to, size_t n, struct error *e)
{
    int k = gzread(r->gz, to, (unsigned)n);
    int code = Z_OK;
    const char *text = gzerror(r->gz, &code);
    if (k < 0 || (code != Z_OK && code != Z_BUF_ERROR)) {
        error_set(e, EXIT_DATA, "%s: cannot unpack after line %llu: %s", r->path,
                  (unsigned long long)r->number, code == Z_ERRNO ? strerror(errno) : text);
        return -1;
    }
    r->cut = r->cut || code == Z_BUF_ERROR;
    return k;
}

static ssize_t zstd_bytes(struct line_reader *r, char *to, size_t n, struct error *e)
{
    ZSTD_outBuffer out = {.dst = to, .size = n, .pos = 0};
    while (out.pos == 0) {
        if (r->in.pos == r->in.size) {
            r->in = (ZSTD_inBuffer){.src = r->packed, .size = fread(r->packed, 1, CHUNK, r->file), .pos = 0};
            if (r->in.size == 0) {
                r->cut = r->frame_open;
                return 0;
            }
        }
        size_t k = ZSTD_decompressStream(r->zstd, &out, &r->in);
        if (ZSTD_isError(k)) {
            error_set(e, EXIT_DATA, "%s: cannot unpack after line %llu: %s", r->path,
                      (unsigned long long)r->number, ZSTD_getErrorName(k));
            return -1;
        }
        r->frame_open = k != 0;
    }
    return (ssize_t)out.pos;
}

// Make room and read on; false on error. At the end r->eof is set.
static bool fill(struct line_reader *r, struct error *e)
{
    if (r->start > 0) {
        memmove(r->buffer, r->buffer + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    CHECK(r->end + CHUNK <= LINE_MAX_BYTES + CHUNK);
    ssize_t k =
        r->gz ? gz_bytes(r, r->buffer + r->end, CHUNK, e) : zstd_bytes(r, r->buffer + r->end, CHUNK, e);
    if (k < 0) {
        return false;
    }
    r->eof = k == 0;
    r->end += (size_t)k;
    return true;
}

// Drop bytes up to and including the next line end.
static enum line_result skip_line(struct line_reader *r, struct error *e)
{
    for (;;) {
        char *nl = memchr(r->buffer + r->start, '\n', r->end - r->start);
        if (nl) {
            r->start = (size_t)(nl + 1 - r->buffer);
            return LINE_TOO_LONG;
        }
        r->start = r->end;
        if (r->eof) {
            return LINE_TOO_LONG;
        }
        if (!fill(r, e)) {
            return LINE_ERROR;
        }
    }
}

enum line_result line_reader_next(struct line_reader *r, char **text, size_t *n, struct error *e)
{
    size_t searched = 0;
    for (;;) {
        char *from = r->buffer + r->start;
        size_t have = r->end - r->start;
        char *nl = memchr(from + searched, '\n', have - searched);
        if (nl || (r->eof && have > 0 && !r->cut)) {
            size_t len = nl ? (size_t)(nl - from) : have;
            r->start += len + (nl != NULL);
            r->number++;
            *text = from;
            *n = len > 0 && from[len - 1] == '\r' ? len - 1 : len;
            return LINE_OK;
        }
        if (r->eof) {
            r->start = r->end; // what is left of a cut line is no line
            return r->cut ? LINE_CUT : LINE_END;
        }
        if (have >= LINE_MAX_BYTES) {
            r->number++;
            return skip_line(r, e);
        }
        searched = have;
        if (!fill(r, e)) {
            return LINE_ERROR;
        }
    }
}

uint64_t line_reader_number(const struct line_reader *r)
{
    return r->number;
}
