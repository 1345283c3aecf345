// SPDX-License-Identifier: Apache-2.0
// Fuzzes the tape reader. First byte chooses: the rest as a whole file; as one record with right checksums
// behind a right header; as a coded block straight into the codec, where what decodes must encode and decode
// to the same again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/hash.h"
#include "store/tape_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct event first, second;
static uint8_t scratch[128 * 1024 + 64];

static void read_all(int fd)
{
    char path[64];
    struct error e = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct tape_reader *t = tape_open(path, &e);
    if (!t) {
        CHECK(e.text[0]);
        return;
    }
    uint64_t sum = 0;
    int64_t last = 0;
    for (const struct event *ev; (ev = tape_next(t, &e)) != NULL;) {
        CHECK(event_valid(ev, ev->size));
        sum = hash64(sum, ev, ev->size);
        last = ev->mono_ns;
    }
    CHECK(tape_next(t, &e) == NULL);
    (void)tape_seek(t, last / 2, &e);
    (void)tape_next(t, &e);
    (void)tape_gaps_total(t);
    tape_reader_close(t);
}

static void put(int fd, const void *p, size_t n)
{
    CHECK(write(fd, p, n) == (ssize_t)n);
}

static void whole_file(const uint8_t *data, size_t n)
{
    int fd = memfd_create("tape", MFD_CLOEXEC);
    put(fd, data, n);
    read_all(fd);
    close(fd);
}

// A right header, then a head made of the first 64 bytes with its checksums put right, and the rest packed
// behind it.
static void one_record(const uint8_t *data, size_t n)
{
    static const char text[] = "kind: session\ncreated_ns: 1\n\n";
    if (n < TAPE_HEAD || n > 64 * 1024) {
        return;
    }
    uint8_t prefix[TAPE_PREFIX], head[TAPE_HEAD];
    memcpy(prefix, TAPE_MAGIC, 8);
    tape_put32(prefix + 8, TAPE_VERSION);
    tape_put32(prefix + 12, sizeof text - 1);
    tape_put32(prefix + 16, crc32c(0, text, sizeof text - 1));
    tape_put32(prefix + 20, crc32c(0, prefix, 20));
    size_t raw = n - TAPE_HEAD;
    size_t packed = ZSTD_compress(scratch, sizeof scratch, data + TAPE_HEAD, raw, 1);
    CHECK(!ZSTD_isError(packed));
    struct tape_record r = {.type = data[0] % 5,
                            .stored = (uint32_t)packed,
                            .raw = (uint32_t)raw + data[1] % 2,
                            .seq_first = tape_get64(data + 2),
                            .seq_last = tape_get64(data + 10),
                            .mono_first = (int64_t)tape_get64(data + 18),
                            .value = tape_get64(data + 26),
                            .payload_crc = crc32c(0, scratch, packed)};
    tape_record_pack(&r, head);
    int fd = memfd_create("tape", MFD_CLOEXEC);
    put(fd, prefix, sizeof prefix);
    put(fd, text, sizeof text - 1);
    put(fd, head, sizeof head);
    put(fd, scratch, packed);
    read_all(fd);
    close(fd);
}

static void codec(const uint8_t *data, size_t n)
{
    static struct codec in, out, back;
    codec_reset(&in);
    codec_reset(&out);
    codec_reset(&back);
    for (size_t at = 0, k = 1; at < n && k; at += k) {
        k = codec_decode(&in, data + at, n - at, &first);
        if (k && codec_bound(&first) <= sizeof scratch) {
            size_t coded = codec_encode(&out, &first, scratch);
            CHECK(coded <= codec_bound(&first));
            CHECK(codec_decode(&back, scratch, coded, &second) == coded);
            CHECK(first.size == second.size && memcmp(&first, &second, first.size) == 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2) {
        return 0;
    }
    switch (data[0] % 3) {
    case 0:
        whole_file(data + 1, n - 1);
        break;
    case 1:
        one_record(data + 1, n - 1);
        break;
    default:
        codec(data + 1, n - 1);
        break;
    }
    return 0;
}
