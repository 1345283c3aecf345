// SPDX-License-Identifier: Apache-2.0
// tape_read: reads a tape in order, seeks by time, and reports damage after the last good event. The file is
// untrusted: lengths are bounded before they are used, heads and payloads are checksummed, events pass
// event_valid.
//
// Opening takes the index when it is whole, else walks the record heads. Layout: tape_format.c.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/hash.h"
#include "store/tape_format.h"

struct tape_reader {
    int fd;
    char *path;
    uint64_t bytes; // of the file when it was opened
    struct tape_header header;
    char *text; // header text; config points into it
    const char *config;
    // -- records of the file
    struct tape_record *row;
    size_t rows, rows_cap;
    struct tape_hash *hash;
    size_t hashes;
    bool truncated;
    bool damaged; // reported when the records before damage_offset have been read
    uint64_t damage_offset;
    const char *damage_what;
    // -- position
    size_t next_row;
    uint64_t gaps;
    uint8_t *raw, *stored;
    size_t raw_used, raw_at;
    uint64_t block_left; // events of the running block not yet decoded
    uint64_t block_offset;
    bool held; // `event` was decoded by a seek and is still to be returned
    struct codec codec;
    struct event event;
    ZSTD_DCtx *zstd;
};

// Note the damage; nothing behind it is read any more. Always false.
static bool damage(struct tape_reader *r, uint64_t offset, const char *what)
{
    r->damaged = true;
    r->damage_offset = offset;
    r->damage_what = what;
    r->next_row = r->rows;
    r->block_left = 0;
    return false;
}

static bool read_at(int fd, void *to, size_t n, uint64_t offset)
{
    uint8_t *p = to;
    while (n > 0) {
        ssize_t k = pread(fd, p, n, (off_t)offset);
        if (k < 0 && errno == EINTR) {
            continue;
        }
        if (k <= 0) {
            return false;
        }
        p += k;
        n -= (size_t)k;
        offset += (uint64_t)k;
    }
    return true;
}

// --------------------------------------------------------------------------------------- the list of records

static bool row_add(struct tape_reader *r, const struct tape_record *rec)
{
    if (r->rows == r->rows_cap) {
        size_t cap = r->rows_cap ? 2 * r->rows_cap : 256;
        struct tape_record *row = cap <= TAPE_INDEX_ROWS_MAX ? realloc(r->row, cap * sizeof *row) : NULL;
        if (!row) {
            return false;
        }
        r->row = row;
        r->rows_cap = cap;
    }
    r->row[r->rows++] = *rec;
    return true;
}

static bool walk(struct tape_reader *r, uint64_t offset, struct error *e)
{
    r->rows = 0;
    r->truncated = true;
    while (offset + TAPE_HEAD <= r->bytes) {
        uint8_t head[TAPE_HEAD];
        struct tape_record rec;
        if (!read_at(r->fd, head, sizeof head, offset)) {
            return error_set(e, EXIT_NO_INPUT, "tape %s: cannot read: %s", r->path, strerror(errno));
        }
        if (!tape_record_unpack(head, &rec)) {
            damage(r, offset, "the head of a record is unreadable");
            r->next_row = 0;
            return true;
        }
        if (rec.stored > r->bytes - offset - TAPE_HEAD || rec.type == TAPE_RECORD_INDEX) {
            return true; // being written, or an index without its trailer: the tape ends here
        }
        rec.offset = offset;
        if (!row_add(r, &rec)) {
            return error_set(e, EXIT_OS, "tape %s: no memory for its index", r->path);
        }
        offset += TAPE_HEAD + (uint64_t)rec.stored;
    }
    return true;
}

// Unpacked rows of a whole index must lie in the file, in order and without overlap, from first to end.
static bool index_rows(struct tape_reader *r, const uint8_t *raw, uint64_t count, uint64_t first,
                       uint64_t end)
{
    uint64_t at = first;
    for (uint64_t i = 0; i < count; i++) {
        struct tape_record rec;
        if (!tape_record_unpack(raw + i * TAPE_INDEX_ROW + 8, &rec) || rec.type == TAPE_RECORD_INDEX) {
            return false;
        }
        rec.offset = tape_get64(raw + i * TAPE_INDEX_ROW);
        if (rec.offset != at || rec.stored > end - at || !row_add(r, &rec)) {
            return false;
        }
        at += TAPE_HEAD + (uint64_t)rec.stored;
        if (at > end) {
            return false;
        }
    }
    return at == end;
}

static bool index_unpack(struct tape_reader *r, const struct tape_record *rec, uint64_t first, uint64_t at)
{
    uint8_t *stored = malloc(rec->stored + (size_t)1), *raw = malloc(rec->raw + (size_t)1);
    bool ok = stored && raw && read_at(r->fd, stored, rec->stored, at + TAPE_HEAD) &&
              crc32c(0, stored, rec->stored) == rec->payload_crc &&
              ZSTD_decompressDCtx(r->zstd, raw, rec->raw, stored, rec->stored) == rec->raw &&
              index_rows(r, raw, rec->value, first, at);
    free(stored);
    free(raw);
    return ok;
}

// True: the rows come from the index. False: there is none that can be trusted; walk instead.
static bool index_load(struct tape_reader *r, uint64_t first)
{
    uint8_t trailer[TAPE_TRAILER], head[TAPE_HEAD];
    struct tape_record rec;
    if (r->bytes < first + TAPE_HEAD + TAPE_TRAILER ||
        !read_at(r->fd, trailer, sizeof trailer, r->bytes - TAPE_TRAILER) ||
        memcmp(trailer + 12, TAPE_END, sizeof TAPE_END) != 0 ||
        tape_get32(trailer + 8) != crc32c(0, trailer, 8)) {
        return false;
    }
    uint64_t at = tape_get64(trailer), end = r->bytes - TAPE_TRAILER;
    if (at < first || at > end - TAPE_HEAD || !read_at(r->fd, head, sizeof head, at) ||
        !tape_record_unpack(head, &rec) || rec.type != TAPE_RECORD_INDEX ||
        rec.stored != end - at - TAPE_HEAD) {
        return false;
    }
    // 72 bytes a row, and every row stands for at least a head of 64 bytes in the file.
    return rec.value <= at / TAPE_HEAD && index_unpack(r, &rec, first, at);
}

static bool hashes_collect(struct tape_reader *r, struct error *e)
{
    size_t n = 0;
    for (size_t i = 0; i < r->rows; i++) {
        n += r->row[i].type == TAPE_RECORD_HASH;
    }
    r->hash = calloc(n + 1, sizeof *r->hash);
    if (!r->hash) {
        return error_set(e, EXIT_OS, "tape %s: no memory for its index", r->path);
    }
    for (size_t i = 0; i < r->rows; i++) {
        if (r->row[i].type == TAPE_RECORD_HASH) {
            r->hash[r->hashes++] =
                (struct tape_hash){.seq = r->row[i].seq_last, .action_hash = r->row[i].value};
        }
    }
    return true;
}

// --------------------------------------------------------------------------------------------------- opening

static bool prefix_read(struct tape_reader *r, uint32_t *text_len, uint32_t *text_crc, struct error *e)
{
    uint8_t p[TAPE_PREFIX];
    if (r->bytes < TAPE_PREFIX || !read_at(r->fd, p, sizeof p, 0) ||
        memcmp(p, TAPE_MAGIC, sizeof TAPE_MAGIC) != 0) {
        return error_set(e, EXIT_DATA, "tape %s: not a ticktower tape", r->path);
    }
    r->header.version = tape_get32(p + 8);
    if (tape_get32(p + 20) != crc32c(0, p, 20)) {
        return error_set(e, EXIT_DATA, "tape %s: damaged at offset 0: header checksum differs", r->path);
    }
    if (r->header.version != TAPE_VERSION) {
        return error_set(e, EXIT_DATA, "tape %s: format version %u; this program reads version %d", r->path,
                         r->header.version, TAPE_VERSION);
    }
    *text_len = tape_get32(p + 12);
    *text_crc = tape_get32(p + 16);
    if (*text_len > TAPE_TEXT_MAX || *text_len > r->bytes - TAPE_PREFIX) {
        return error_set(e, EXIT_DATA, "tape %s: damaged at offset 12: the header is cut short", r->path);
    }
    return true;
}

static bool header_read(struct tape_reader *r, uint64_t *first, struct error *e)
{
    uint32_t n = 0, crc = 0;
    if (!prefix_read(r, &n, &crc, e)) {
        return false;
    }
    r->text = malloc((size_t)n + 1);
    if (!r->text) {
        return error_set(e, EXIT_OS, "tape %s: no memory for its header", r->path);
    }
    if (!read_at(r->fd, r->text, n, TAPE_PREFIX) || crc32c(0, r->text, n) != crc) {
        return error_set(e, EXIT_DATA, "tape %s: damaged at offset %d: header checksum differs", r->path,
                         TAPE_PREFIX);
    }
    r->text[n] = '\0';
    const char *why = NULL;
    if (!tape_text_parse(r->text, n, &r->header, &r->config, &why)) {
        return error_set(e, EXIT_DATA, "tape %s: damaged at offset %d: %s", r->path, TAPE_PREFIX, why);
    }
    *first = TAPE_PREFIX + (uint64_t)n;
    return true;
}

static bool reader_open(struct tape_reader *r, struct error *e)
{
    r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (r->fd < 0 || fstat(r->fd, &st) != 0) {
        return error_set(e, EXIT_NO_INPUT, "tape %s: cannot open: %s", r->path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(e, EXIT_NO_INPUT, "tape %s: not a regular file", r->path);
    }
    r->bytes = (uint64_t)st.st_size;
    uint64_t first = 0;
    if (!header_read(r, &first, e)) {
        return false;
    }
    if (!index_load(r, first) && !walk(r, first, e)) {
        return false;
    }
    return hashes_collect(r, e);
}

struct tape_reader *tape_open(const char *path, struct error *e)
{
    struct tape_reader *r = calloc(1, sizeof *r);
    if (r) {
        r->fd = -1;
        r->path = strdup(path);
        r->zstd = ZSTD_createDCtx();
        r->raw = malloc(TAPE_BLOCK_RAW_MAX);
        r->stored = malloc(TAPE_STORED_MAX);
    }
    if (!r || !r->path || !r->zstd || !r->raw || !r->stored) {
        error_set(e, EXIT_OS, "tape %s: no memory", path);
        tape_reader_close(r);
        return NULL;
    }
    if (!reader_open(r, e)) {
        tape_reader_close(r);
        return NULL;
    }
    return r;
}

void tape_reader_close(struct tape_reader *r)
{
    if (!r) {
        return;
    }
    if (r->fd >= 0) {
        close(r->fd);
    }
    ZSTD_freeDCtx(r->zstd);
    free(r->raw);
    free(r->stored);
    free(r->row);
    free(r->hash);
    free(r->text);
    free(r->path);
    free(r);
}

// --------------------------------------------------------------------------------------------------- reading

static bool block_load(struct tape_reader *r, const struct tape_record *row)
{
    uint8_t head[TAPE_HEAD];
    struct tape_record rec;
    r->block_offset = row->offset;
    r->raw_used = r->raw_at = 0;
    r->block_left = 0;
    if (!read_at(r->fd, head, sizeof head, row->offset) || !tape_record_unpack(head, &rec) ||
        rec.type != TAPE_RECORD_EVENTS || rec.stored != row->stored || rec.raw != row->raw) {
        return damage(r, row->offset, "the head of a block is unreadable");
    }
    if (!read_at(r->fd, r->stored, rec.stored, row->offset + TAPE_HEAD) ||
        crc32c(0, r->stored, rec.stored) != rec.payload_crc) {
        return damage(r, row->offset, "the checksum of a block differs");
    }
    if (ZSTD_decompressDCtx(r->zstd, r->raw, TAPE_BLOCK_RAW_MAX, r->stored, rec.stored) != rec.raw) {
        return damage(r, row->offset, "a block does not unpack");
    }
    r->raw_used = rec.raw;
    r->block_left = rec.value;
    codec_reset(&r->codec);
    return true;
}

// Go to the next block with events; false at the end or on damage.
static bool block_next(struct tape_reader *r)
{
    while (r->next_row < r->rows) {
        const struct tape_record *row = &r->row[r->next_row++];
        if (row->type == TAPE_RECORD_GAP) {
            r->gaps += row->seq_last - row->seq_first + 1;
        } else if (row->type == TAPE_RECORD_EVENTS) {
            return block_load(r, row);
        }
    }
    return false;
}

static bool event_load(struct tape_reader *r)
{
    size_t n = codec_decode(&r->codec, r->raw + r->raw_at, r->raw_used - r->raw_at, &r->event);
    if (n == 0) {
        return damage(r, r->block_offset, "a block holds a malformed event");
    }
    r->raw_at += n;
    r->block_left--;
    if (r->block_left == 0 && r->raw_at != r->raw_used) {
        return damage(r, r->block_offset, "a block holds more than its head says");
    }
    return true;
}

const struct event *tape_next(struct tape_reader *r, struct error *e)
{
    if (e) {
        e->text[0] = '\0';
    }
    if (r->held) {
        r->held = false;
        return &r->event;
    }
    if ((r->block_left > 0 || block_next(r)) && event_load(r)) {
        return &r->event;
    }
    if (r->damaged) {
        error_set(e, EXIT_DATA, "tape %s: damaged at offset %llu: %s; the events before it are good", r->path,
                  (unsigned long long)r->damage_offset, r->damage_what);
    }
    return NULL;
}

static void go_to_row(struct tape_reader *r, size_t row)
{
    r->next_row = row;
    r->block_left = 0;
    r->held = false;
    r->gaps = 0;
    for (size_t i = 0; i < row; i++) {
        if (r->row[i].type == TAPE_RECORD_GAP) {
            r->gaps += r->row[i].seq_last - r->row[i].seq_first + 1;
        }
    }
}

bool tape_rewind(struct tape_reader *r, struct error *e)
{
    (void)e; // the records are in memory: nothing can go wrong
    go_to_row(r, 0);
    return true;
}

bool tape_seek(struct tape_reader *r, int64_t mono_ns, struct error *e)
{
    struct error none = {0};
    e = e ? e : &none;
    size_t start = 0;
    for (size_t i = 0; i < r->rows; i++) {
        if (r->row[i].type == TAPE_RECORD_EVENTS && r->row[i].mono_first < mono_ns) {
            start = i;
        }
    }
    go_to_row(r, start);
    const struct event *ev;
    do {
        ev = tape_next(r, e);
    } while (ev && ev->mono_ns < mono_ns);
    r->held = ev != NULL;
    return ev != NULL || e->text[0] == '\0';
}

// --------------------------------------------------------------------------------------------------- looking

const struct tape_header *tape_header(const struct tape_reader *r)
{
    return &r->header;
}

const char *tape_config(const struct tape_reader *r)
{
    return r->config;
}

uint64_t tape_gaps(const struct tape_reader *r)
{
    return r->gaps;
}

bool tape_truncated(const struct tape_reader *r)
{
    return r->truncated;
}

bool tape_span(const struct tape_reader *r, int64_t *first_mono_ns, int64_t *last_mono_ns)
{
    bool any = false;
    for (size_t i = 0; i < r->rows; i++) {
        if (r->row[i].type == TAPE_RECORD_EVENTS) {
            *first_mono_ns = any ? *first_mono_ns : r->row[i].mono_first;
            *last_mono_ns = r->row[i].mono_last;
            any = true;
        }
    }
    return any;
}

const struct tape_hash *tape_hashes(const struct tape_reader *r, size_t *count)
{
    *count = r->hashes;
    return r->hash;
}

uint64_t tape_gaps_total(const struct tape_reader *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->rows; i++) {
        n += r->row[i].type == TAPE_RECORD_GAP ? r->row[i].seq_last - r->row[i].seq_first + 1 : 0;
    }
    return n;
}

uint64_t tape_events_total(const struct tape_reader *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->rows; i++) {
        n += r->row[i].type == TAPE_RECORD_EVENTS ? r->row[i].value : 0;
    }
    return n;
}
