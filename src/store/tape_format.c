// SPDX-License-Identifier: Apache-2.0
// tape_format: the bytes of a tape (also in ticktower-tape(5)). Numbers are little-endian, offsets in bytes.
//
// File:     prefix, header text, records ..., [index record, trailer]
//
// Prefix (24 bytes)
//    0  8  magic "TTTAPE\r\n"
//    8  4  format version, 1
//   12  4  length of the header text, at most 1 MiB
//   16  4  CRC-32C of the header text
//   20  4  CRC-32C of bytes 0..19
//
// Header text: lines `key: value` ending in \n, an empty line, then the configuration to the end of the text.
//   kind: market | session
//   created_ns: UTC, nanoseconds since 1970
//   build: program version
//   origin: where the data comes from
//   instrument: its fields in the order of struct instrument, separated by one blank (one line each, at most
//   8)
//
// Record: a head of 64 bytes, then `stored` bytes of payload
//    0  4  marker "TREC"
//    4  4  type: 1 events, 2 gap, 3 action hash, 4 index
//    8  4  stored: payload bytes in the file
//   12  4  raw: payload bytes after zstd decompression
//   16  8  first sequence number
//   24  8  last sequence number
//   32  8  monotonic time of the first event, ns
//   40  8  monotonic time of the last event, ns
//   48  8  value: events: their number; gap: 0; action hash: the hash; index: number of rows
//   56  4  CRC-32C of the stored payload
//   60  4  CRC-32C of bytes 0..59
//
//   events   raw at most 256 KiB of coded events (tape_codec.c) in one zstd frame; each block is read alone
//   gap      no payload: the events first..last were lost before they reached the tape
//   hash     no payload: after event `last` the engine's action hash was `value`
//   index    zstd frame of 72-byte rows: file offset (8), head (64) of every record before it
//
// Trailer (16 bytes, the file's last): offset of the index record (8), CRC-32C of these 8 bytes (4), "TEND"
//
// A reader takes the index when trailer and index are whole, else it walks the heads from the first record; a
// record that reaches beyond the end of the file ends the tape (it was being written), a head or payload that
// fails its checksum is damage: what comes before it is good.
#include "store/tape_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

enum { MARKER = 0x43455254 }; // "TREC"

void tape_put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

void tape_put64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

uint32_t tape_get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t tape_get64(const uint8_t *p)
{
    return (uint64_t)tape_get32(p) | (uint64_t)tape_get32(p + 4) << 32;
}

void tape_record_pack(const struct tape_record *r, uint8_t out[TAPE_HEAD])
{
    tape_put32(out, MARKER);
    tape_put32(out + 4, r->type);
    tape_put32(out + 8, r->stored);
    tape_put32(out + 12, r->raw);
    tape_put64(out + 16, r->seq_first);
    tape_put64(out + 24, r->seq_last);
    tape_put64(out + 32, (uint64_t)r->mono_first);
    tape_put64(out + 40, (uint64_t)r->mono_last);
    tape_put64(out + 48, r->value);
    tape_put32(out + 56, r->payload_crc);
    tape_put32(out + 60, crc32c(0, out, 60));
}

static bool record_sizes_ok(const struct tape_record *r)
{
    switch (r->type) {
    case TAPE_RECORD_EVENTS:
        return r->stored > 0 && r->stored <= TAPE_STORED_MAX && r->raw > 0 && r->raw <= TAPE_BLOCK_RAW_MAX &&
               r->value > 0;
    case TAPE_RECORD_GAP:
        return r->stored == 0 && r->raw == 0 && r->seq_first <= r->seq_last;
    case TAPE_RECORD_HASH:
        return r->stored == 0 && r->raw == 0;
    case TAPE_RECORD_INDEX:
        return r->value <= TAPE_INDEX_ROWS_MAX && r->raw == r->value * TAPE_INDEX_ROW;
    default:
        return false;
    }
}

bool tape_record_unpack(const uint8_t in[TAPE_HEAD], struct tape_record *r)
{
    memset(r, 0, sizeof *r);
    if (tape_get32(in) != MARKER || tape_get32(in + 60) != crc32c(0, in, 60)) {
        return false;
    }
    r->type = tape_get32(in + 4);
    r->stored = tape_get32(in + 8);
    r->raw = tape_get32(in + 12);
    r->seq_first = tape_get64(in + 16);
    r->seq_last = tape_get64(in + 24);
    r->mono_first = (int64_t)tape_get64(in + 32);
    r->mono_last = (int64_t)tape_get64(in + 40);
    r->value = tape_get64(in + 48);
    r->payload_crc = tape_get32(in + 56);
    return record_sizes_ok(r);
}

// ----------------------------------------------------------------------------------------------- header text

static void instrument_print(FILE *f, const struct instrument *i)
{
    fprintf(f, "instrument: %u %u %u %u %u %u %u %s %" PRId64 " %" PRId64 " %" PRId64, i->id, i->venue,
            i->kind, i->status, i->settle, i->price_decimals, i->qty_decimals, i->symbol, i->tick_e8,
            i->lot_e8, i->contract_e8);
    fprintf(f, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, i->min_price_ticks,
            i->max_price_ticks, i->min_qty_lots, i->max_qty_lots, i->market_min_qty_lots,
            i->market_max_qty_lots);
    fprintf(f, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, i->min_notional_e8,
            i->percent_up_e8, i->percent_down_e8, i->maker_fee_e8, i->taker_fee_e8);
    fprintf(f, " %d %d %d\n", i->max_open_orders, i->leverage, i->funding_interval_h);
}

static void value_print(FILE *f, const char *key, const char *value)
{
    char line[TEXT_MAX];
    fprintf(f, "%s: ", key);
    for (size_t n = strlen(value), at = 0; at < n; at += TEXT_MAX - 1) {
        text_sanitise(line, sizeof line, value + at, n - at);
        fputs(line, f);
    }
    fputc('\n', f);
}

char *tape_text_make(const struct tape_header *h, const char *config, size_t *n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, n);
    if (!f) {
        return NULL;
    }
    CHECK(h->instrument_count <= INSTRUMENT_MAX);
    fprintf(f, "kind: %s\ncreated_ns: %" PRId64 "\n", h->kind == TAPE_SESSION ? "session" : "market",
            h->created_wall_ns);
    value_print(f, "build", h->build);
    value_print(f, "origin", h->origin);
    for (uint32_t i = 0; i < h->instrument_count; i++) {
        instrument_print(f, &h->instruments[i]);
    }
    fprintf(f, "\n%s", config ? config : "");
    bool ok = !ferror(f);
    ok = fclose(f) == 0 && ok;
    if (!ok || *n > TAPE_TEXT_MAX) {
        free(text);
        return NULL;
    }
    return text;
}

// The next blank-separated word of the line as a number in lo..hi.
static int64_t take_number(char **at, int64_t lo, int64_t hi, bool *ok)
{
    char *word = strsep(at, " ");
    int64_t v = 0;
    if (!word || !decimal_parse(word, strlen(word), 0, &v) || v < lo || v > hi) {
        *ok = false;
        return 0;
    }
    return v;
}

static bool symbol_parse(const char *word, char symbol[24])
{
    if (!word || !*word || strlen(word) >= 24) {
        return false;
    }
    return text_sanitise(symbol, 24, word, strlen(word)) > 0 && strcmp(symbol, word) == 0;
}

static bool instrument_parse(char *line, uint32_t index, struct instrument *i)
{
    bool ok = true;
    const int64_t big = INT64_MAX;
    i->id = (uint16_t)take_number(&line, index, index, &ok);
    i->venue = (uint8_t)take_number(&line, 0, VENUE_MAX - 1, &ok);
    i->kind = (uint8_t)take_number(&line, 0, INSTRUMENT_INVERSE, &ok);
    i->status = (uint8_t)take_number(&line, 0, INSTRUMENT_HALTED, &ok);
    i->settle = (uint8_t)take_number(&line, 0, CURRENCY_COUNT - 1, &ok);
    i->price_decimals = (uint8_t)take_number(&line, 0, 8, &ok);
    i->qty_decimals = (uint8_t)take_number(&line, 0, 8, &ok);
    ok = symbol_parse(strsep(&line, " "), i->symbol) && ok;
    i->tick_e8 = take_number(&line, 1, big, &ok);
    i->lot_e8 = take_number(&line, 1, big, &ok);
    i->contract_e8 = take_number(&line, 1, big, &ok);
    int64_t *bound[] = {&i->min_price_ticks, &i->max_price_ticks,     &i->min_qty_lots,
                        &i->max_qty_lots,    &i->market_min_qty_lots, &i->market_max_qty_lots,
                        &i->min_notional_e8, &i->percent_up_e8,       &i->percent_down_e8};
    for (size_t k = 0; k < COUNT_OF(bound); k++) {
        *bound[k] = take_number(&line, 0, big, &ok);
    }
    i->maker_fee_e8 = take_number(&line, -E8, E8, &ok);
    i->taker_fee_e8 = take_number(&line, -E8, E8, &ok);
    i->max_open_orders = (int32_t)take_number(&line, 0, INT32_MAX, &ok);
    i->leverage = (int32_t)take_number(&line, 0, 1000, &ok);
    i->funding_interval_h = (int32_t)take_number(&line, 0, 1000, &ok);
    return ok && line == NULL;
}

static bool kind_parse(const char *v, uint32_t *kind)
{
    *kind = strcmp(v, "market") == 0 ? TAPE_MARKET : strcmp(v, "session") == 0 ? TAPE_SESSION : 0;
    return *kind != 0;
}

// One `key: value` line. Unknown keys are skipped: a later minor version may add some.
static bool line_parse(char *line, struct tape_header *h)
{
    char *value = strstr(line, ": ");
    if (!value) {
        return false;
    }
    *value = '\0';
    value += 2;
    if (strcmp(line, "kind") == 0) {
        return kind_parse(value, &h->kind);
    }
    if (strcmp(line, "created_ns") == 0) {
        return decimal_parse(value, strlen(value), 0, &h->created_wall_ns);
    }
    if (strcmp(line, "build") == 0) {
        text_copy(h->build, sizeof h->build, value);
    } else if (strcmp(line, "origin") == 0) {
        text_copy(h->origin, sizeof h->origin, value);
    } else if (strcmp(line, "instrument") == 0) {
        return h->instrument_count < INSTRUMENT_MAX &&
               instrument_parse(value, h->instrument_count, &h->instruments[h->instrument_count]) &&
               ++h->instrument_count;
    }
    return true;
}

bool tape_text_parse(char *text, size_t n, struct tape_header *h, const char **config, const char **why)
{
    char *at = text;
    *why = "the header text holds a zero byte";
    if (memchr(text, '\0', n)) {
        return false;
    }
    while (at && *at && *at != '\n') {
        char *line = strsep(&at, "\n");
        if (!line_parse(line, h)) {
            *why = "a line of the header is malformed";
            return false;
        }
    }
    if (!at || *at != '\n' || h->kind == 0) {
        *why = "the header is incomplete";
        return false;
    }
    *config = at + 1;
    h->config_len = (uint32_t)strlen(*config);
    return true;
}
