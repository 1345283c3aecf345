// SPDX-License-Identifier: Apache-2.0
// tape_format: what the tape's writer and reader share: record heads, header text, event codec. Private to
// src/store/ and its tests; the layout is described in tape_format.c.
#ifndef TT_STORE_TAPE_FORMAT_H
#define TT_STORE_TAPE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/tape.h"

static const uint8_t TAPE_MAGIC[8] = {'T', 'T', 'T', 'A', 'P', 'E', '\r', '\n'};
static const uint8_t TAPE_END[4] = {'T', 'E', 'N', 'D'};

enum { TAPE_PREFIX = 24, TAPE_HEAD = 64, TAPE_TRAILER = 16, TAPE_INDEX_ROW = 72 };
enum { TAPE_STORED_MAX = 320 * 1024 }; // of one block; ZSTD_compressBound(256 KiB) is below it
enum { TAPE_INDEX_ROWS_MAX = 16 * 1024 * 1024 };

enum tape_record_type { TAPE_RECORD_EVENTS = 1, TAPE_RECORD_GAP, TAPE_RECORD_HASH, TAPE_RECORD_INDEX };

// Head of a record, decoded.
struct tape_record {
    uint64_t offset; // of the head in the file (index rows; not part of the head itself)
    uint32_t type;   // enum tape_record_type
    uint32_t stored; // payload bytes in the file
    uint32_t raw;    // payload bytes after decompression
    uint64_t seq_first, seq_last;
    int64_t mono_first, mono_last;
    uint64_t value; // EVENTS: number of events; HASH: action hash; INDEX: number of rows
    uint32_t payload_crc;
};

void tape_put32(uint8_t *p, uint32_t v);
void tape_put64(uint8_t *p, uint64_t v);
uint32_t tape_get32(const uint8_t *p);
uint64_t tape_get64(const uint8_t *p);

// 64 bytes <-> head. unpack: false when marker, checksum, type or sizes are wrong.
void tape_record_pack(const struct tape_record *r, uint8_t out[TAPE_HEAD]);
bool tape_record_unpack(const uint8_t in[TAPE_HEAD], struct tape_record *r);

// The header's text part: returns a malloc'd string of *n bytes, or NULL when memory is refused or it is too
// long.
char *tape_text_make(const struct tape_header *h, const char *config, size_t *n);
// Read it; *config points into text (zero-terminated there), h->config_len is set. False: *why says what is
// wrong.
bool tape_text_parse(char *text, size_t n, struct tape_header *h, const char **config, const char **why);

// ----------------------------------------------------------------------------------------------------- codec

enum { CODEC_SLOTS = INSTRUMENT_MAX + 1, CODEC_WORDS = 40 };

struct codec_slot { // last event of one type and instrument in this block
    int64_t venue_ns, event_lag_ns, pad2;
    uint64_t rest;              // venue, flags, pad0, pad1
    uint64_t word[CODEC_WORDS]; // payload
};

// Prediction state; both sides start each block with codec_reset, so that a block can be read alone.
struct codec {
    uint64_t seq;
    int64_t mono_ns, wall_less_mono_ns;
    uint16_t instrument;
    uint64_t book_last_id[CODEC_SLOTS];
    int64_t book_ticks[CODEC_SLOTS][2];
    struct codec_slot slot[EV_TYPE_COUNT][CODEC_SLOTS];
};

void codec_reset(struct codec *c);
// Most bytes that this event can take: what codec_encode needs room for.
size_t codec_bound(const struct event *ev);
// Code a valid event (event_valid); returns the bytes written.
size_t codec_encode(struct codec *c, const struct event *ev, uint8_t *out);
// Decode one event from the n bytes at `in`; returns the bytes consumed, 0 when they are not a valid event.
size_t codec_decode(struct codec *c, const uint8_t *in, size_t n, struct event *ev);

#endif
