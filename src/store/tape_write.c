// SPDX-License-Identifier: Apache-2.0
// tape_write: appends events to a tape. Events are coded into a raw block in memory; when it is full, or on
// flush, it is compressed and written in one piece behind the last whole record. Nothing already written is
// ever changed.
//
// A failed write cuts the file back to the last whole record and keeps the packed block, so that a later
// flush (space was freed) goes on without loss. Layout: tape_format.c.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/hash.h"
#include "store/tape_format.h"

struct tape_writer {
    int fd;
    int level;
    char *path;
    uint64_t offset; // end of the last whole record
    ZSTD_CCtx *zstd;
    struct codec codec;
    // -- running block
    uint8_t *raw; // TAPE_BLOCK_RAW_MAX
    size_t raw_used;
    struct tape_record block;
    // -- packed and not yet in the file (after a failed write), head included
    uint8_t *packed; // TAPE_HEAD + TAPE_STORED_MAX
    size_t packed_used;
    struct tape_record packed_record;
    // -- a hash waiting for its block
    bool hash_waits;
    struct tape_hash hash;
    // -- index of what is in the file
    struct tape_record *row;
    size_t rows, rows_cap;
};

static bool fail_os(const struct tape_writer *w, struct error *e, const char *what)
{
    const char *remedy = errno == ENOSPC || errno == EDQUOT ? "free space on that file system"
                         : errno == EIO                     ? "the disk reports errors: use another one"
                                                            : "check the file and its directory";
    return error_set(e, EXIT_CANT_CREATE, "tape %s: cannot %s: %s; %s", w->path, what, strerror(errno),
                     remedy);
}

static bool write_all(int fd, const uint8_t *p, size_t n, uint64_t offset)
{
    while (n > 0) {
        ssize_t k = pwrite(fd, p, n, (off_t)offset);
        if (k < 0 && errno == EINTR) {
            continue;
        }
        if (k <= 0) {
            errno = k == 0 ? ENOSPC : errno;
            return false;
        }
        p += k;
        n -= (size_t)k;
        offset += (uint64_t)k;
    }
    return true;
}

// Write whole bytes at the end, or leave the file as it was.
static bool append_bytes(struct tape_writer *w, const uint8_t *p, size_t n, struct error *e)
{
    if (write_all(w->fd, p, n, w->offset)) {
        w->offset += n;
        return true;
    }
    fail_os(w, e, "write");
    int ignored = ftruncate(w->fd, (off_t)w->offset);
    (void)ignored; // a reader stops at the torn record as well; the next write goes over it
    return false;
}

static bool index_room(struct tape_writer *w)
{
    if (w->rows < w->rows_cap) {
        return true;
    }
    size_t cap = w->rows_cap ? 2 * w->rows_cap : 256;
    struct tape_record *row = cap <= TAPE_INDEX_ROWS_MAX ? realloc(w->row, cap * sizeof *row) : NULL;
    if (!row) {
        return false;
    }
    w->row = row;
    w->rows_cap = cap;
    return true;
}

// --------------------------------------------------------------------------------------------------- records

// Write the packed record, and remember it in the index.
static bool packed_write(struct tape_writer *w, struct error *e)
{
    if (w->packed_used == 0) {
        return true;
    }
    if (!index_room(w)) {
        return error_set(e, EXIT_OS, "tape %s: no memory for the index", w->path);
    }
    uint64_t at = w->offset;
    if (!append_bytes(w, w->packed, w->packed_used, e)) {
        return false;
    }
    w->packed_used = 0;
    w->packed_record.offset = at;
    w->row[w->rows++] = w->packed_record;
    return true;
}

static void packed_set(struct tape_writer *w, const struct tape_record *r)
{
    w->packed_record = *r;
    tape_record_pack(r, w->packed);
    w->packed_used = TAPE_HEAD + (size_t)r->stored;
}

// Compress the running block into `packed` (which must be empty) and start a new one.
static bool block_pack(struct tape_writer *w, struct error *e)
{
    size_t n =
        ZSTD_compressCCtx(w->zstd, w->packed + TAPE_HEAD, TAPE_STORED_MAX, w->raw, w->raw_used, w->level);
    if (ZSTD_isError(n)) {
        return error_set(e, EXIT_OS, "tape %s: zstd: %s", w->path, ZSTD_getErrorName(n));
    }
    w->block.type = TAPE_RECORD_EVENTS;
    w->block.stored = (uint32_t)n;
    w->block.raw = (uint32_t)w->raw_used;
    w->block.payload_crc = crc32c(0, w->packed + TAPE_HEAD, n);
    packed_set(w, &w->block);
    memset(&w->block, 0, sizeof w->block);
    w->raw_used = 0;
    codec_reset(&w->codec);
    return true;
}

static bool hash_write(struct tape_writer *w, struct error *e)
{
    if (!w->hash_waits) {
        return true;
    }
    struct tape_record r = {.type = TAPE_RECORD_HASH,
                            .seq_first = w->hash.seq,
                            .seq_last = w->hash.seq,
                            .value = w->hash.action_hash};
    packed_set(w, &r);
    w->hash_waits = false;
    return packed_write(w, e);
}

// Everything that waits in memory goes to the file, in order.
static bool cut(struct tape_writer *w, struct error *e)
{
    if (!packed_write(w, e)) {
        return false;
    }
    if (w->raw_used && (!block_pack(w, e) || !packed_write(w, e))) {
        return false;
    }
    return hash_write(w, e);
}

// ---------------------------------------------------------------------------------------------------- public

bool tape_append(struct tape_writer *w, const struct event *ev, struct error *e)
{
    if (ev->size < EVENT_HEAD || !event_valid(ev, ev->size)) {
        return error_set(e, EXIT_SOFTWARE, "tape %s: event %llu of type %u is malformed and was not written",
                         w->path, (unsigned long long)ev->seq, ev->type);
    }
    if (w->packed_used || w->raw_used + codec_bound(ev) > TAPE_BLOCK_RAW_MAX) {
        if (!cut(w, e)) {
            return false;
        }
    }
    if (w->raw_used == 0) {
        w->block.seq_first = ev->seq;
        w->block.mono_first = ev->mono_ns;
    }
    size_t n = codec_encode(&w->codec, ev, w->raw + w->raw_used);
    w->raw_used += n;
    w->block.seq_last = ev->seq;
    w->block.mono_last = ev->mono_ns;
    w->block.value++;
    return true;
}

bool tape_append_gap(struct tape_writer *w, uint64_t seq_from, uint64_t seq_to, struct error *e)
{
    CHECK(seq_from <= seq_to);
    if (!cut(w, e)) {
        return false;
    }
    struct tape_record r = {.type = TAPE_RECORD_GAP, .seq_first = seq_from, .seq_last = seq_to};
    packed_set(w, &r);
    return packed_write(w, e);
}

bool tape_append_hash(struct tape_writer *w, uint64_t seq, uint64_t action_hash, struct error *e)
{
    w->hash_waits = true;
    w->hash = (struct tape_hash){.seq = seq, .action_hash = action_hash};
    return w->packed_used == 0 || packed_write(w, e);
}

bool tape_flush(struct tape_writer *w, bool sync, struct error *e)
{
    if (!cut(w, e)) {
        return false;
    }
    if (sync && fdatasync(w->fd) != 0) {
        return fail_os(w, e, "sync");
    }
    return true;
}

static bool index_write(struct tape_writer *w, struct error *e)
{
    size_t raw = w->rows * TAPE_INDEX_ROW, cap = ZSTD_compressBound(raw);
    uint8_t *rows = malloc(raw + 1), *out = malloc(TAPE_HEAD + cap + TAPE_TRAILER);
    bool ok = rows && out;
    if (!ok) {
        error_set(e, EXIT_OS, "tape %s: no memory for the index", w->path);
    } else {
        for (size_t i = 0; i < w->rows; i++) {
            tape_put64(rows + i * TAPE_INDEX_ROW, w->row[i].offset);
            tape_record_pack(&w->row[i], rows + i * TAPE_INDEX_ROW + 8);
        }
        size_t n = ZSTD_compressCCtx(w->zstd, out + TAPE_HEAD, cap, rows, raw, w->level);
        CHECK(!ZSTD_isError(n));
        struct tape_record r = {.type = TAPE_RECORD_INDEX,
                                .stored = (uint32_t)n,
                                .raw = (uint32_t)raw,
                                .value = w->rows,
                                .payload_crc = crc32c(0, out + TAPE_HEAD, n)};
        tape_record_pack(&r, out);
        uint8_t *trailer = out + TAPE_HEAD + n;
        tape_put64(trailer, w->offset);
        tape_put32(trailer + 8, crc32c(0, trailer, 8));
        memcpy(trailer + 12, TAPE_END, sizeof TAPE_END);
        ok = append_bytes(w, out, TAPE_HEAD + n + TAPE_TRAILER, e);
    }
    free(rows);
    free(out);
    return ok;
}

static void writer_free(struct tape_writer *w)
{
    if (w->fd >= 0) {
        close(w->fd);
    }
    ZSTD_freeCCtx(w->zstd);
    free(w->raw);
    free(w->packed);
    free(w->row);
    free(w->path);
    free(w);
}

bool tape_close(struct tape_writer *w, struct error *e)
{
    if (!w) {
        return true;
    }
    bool ok = cut(w, e) && index_write(w, e);
    if (ok && fdatasync(w->fd) != 0) {
        ok = fail_os(w, e, "sync");
    }
    writer_free(w);
    return ok;
}

uint64_t tape_bytes(const struct tape_writer *w)
{
    return w->offset;
}

static bool header_write(struct tape_writer *w, const struct tape_header *h, const char *config,
                         struct error *e)
{
    size_t n = 0;
    char *text = tape_text_make(h, config, &n);
    if (!text) {
        return error_set(e, EXIT_CANT_CREATE, "tape %s: header longer than %d bytes, or no memory", w->path,
                         TAPE_TEXT_MAX);
    }
    uint8_t prefix[TAPE_PREFIX];
    memcpy(prefix, TAPE_MAGIC, sizeof TAPE_MAGIC);
    tape_put32(prefix + 8, TAPE_VERSION);
    tape_put32(prefix + 12, (uint32_t)n);
    tape_put32(prefix + 16, crc32c(0, text, n));
    tape_put32(prefix + 20, crc32c(0, prefix, 20));
    bool ok = append_bytes(w, prefix, sizeof prefix, e) && append_bytes(w, (const uint8_t *)text, n, e);
    free(text);
    return ok;
}

struct tape_writer *tape_create(const char *path, const struct tape_header *h, const char *config, int level,
                                struct error *e)
{
    CHECK(level >= 1 && level <= 19);
    struct tape_writer *w = calloc(1, sizeof *w);
    if (!w) {
        error_set(e, EXIT_OS, "tape %s: no memory", path);
        return NULL;
    }
    w->fd = -1;
    w->level = level;
    w->path = strdup(path);
    w->zstd = ZSTD_createCCtx();
    w->raw = malloc(TAPE_BLOCK_RAW_MAX);
    w->packed = malloc(TAPE_HEAD + TAPE_STORED_MAX);
    if (!w->path || !w->zstd || !w->raw || !w->packed) {
        error_set(e, EXIT_OS, "tape %s: no memory", path);
        writer_free(w);
        return NULL;
    }
    codec_reset(&w->codec);
    w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (w->fd < 0) {
        error_set(e, EXIT_CANT_CREATE, "tape %s: cannot create: %s%s", path, strerror(errno),
                  errno == EEXIST ? "; choose another name or move it away" : "");
        writer_free(w);
        return NULL;
    }
    if (!header_write(w, h, config, e)) {
        unlink(path);
        writer_free(w);
        return NULL;
    }
    return w;
}
