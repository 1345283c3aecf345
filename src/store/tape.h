// SPDX-License-Identifier: Apache-2.0
// tape: the file format of recorded markets and whole sessions: an append-only sequence of events in zstd
// blocks. The byte layout is described at the top of tape_format.c and in ticktower-tape(5).
//
// Readable up to the last whole block after a crash; every block carries a CRC-32C; an index at the end
// (rebuilt by scanning when absent) allows seeking by time. The header holds a text part: `key: value` lines
// and the configuration.
#ifndef TT_STORE_TAPE_H
#define TT_STORE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/event.h"

enum tape_kind { TAPE_MARKET = 1, TAPE_SESSION = 2 };

enum { TAPE_VERSION = 1 };
// Raw bytes of one block at most; text part of the header at most (configuration included).
enum { TAPE_BLOCK_RAW_MAX = 256 * 1024, TAPE_TEXT_MAX = 1024 * 1024 };

struct tape_writer;
struct tape_reader;

struct tape_header {
    uint32_t version;
    uint32_t kind; // enum tape_kind
    int64_t created_wall_ns;
    char build[32];            // program version that wrote it
    char origin[256];          // market: where the data comes from, licence; session: mode and venue
    uint32_t instrument_count; // market: instrument table (session tapes carry EV_INSTRUMENT events)
    struct instrument instruments[INSTRUMENT_MAX];
    uint32_t config_len; // session: the full configuration text
};

// A checkpoint of a session: the engine's running action hash after event `seq`.
struct tape_hash {
    uint64_t seq;
    uint64_t action_hash;
};

// -- writer. Owner: one thread (store thread, importer).
//
// A write that fails (disk full, I/O error) loses nothing: the file is cut back to its last whole block, the
// block stays in memory, and the writer refuses further events until a tape_flush succeeds. False always
// means: this call's event, gap or hash was not taken. *e names the file, the reason and the remedy.

// Create path (must not exist), write the header. config may be NULL (h->config_len is ignored,
// strlen(config) counts). level: zstd level 1..19.
struct tape_writer *tape_create(const char *path, const struct tape_header *h, const char *config, int level,
                                struct error *e);
// Append one event (a copy is taken). Blocks are cut at 256 KiB of raw bytes. An event that event_valid
// refuses is not written (EXIT_SOFTWARE); the writer goes on.
bool tape_append(struct tape_writer *w, const struct event *ev, struct error *e);
// A gap: events seq_from..seq_to were lost before the tape (ring full); readers report it.
bool tape_append_gap(struct tape_writer *w, uint64_t seq_from, uint64_t seq_to, struct error *e);
// A checkpoint for `replay --verify`: after the event `seq` the action hash was `action_hash`. It goes to the
// file behind the block that holds the event, at the next cut; of several between two cuts the newest is
// kept.
bool tape_append_hash(struct tape_writer *w, uint64_t seq, uint64_t action_hash, struct error *e);
// Cut the running block and hand it to the kernel (sync: to the disk too). Called by a timer, so that a crash
// loses little.
bool tape_flush(struct tape_writer *w, bool sync, struct error *e);
// Flush, write the index, close. NULL-safe. The writer is gone afterwards, also when false is returned.
bool tape_close(struct tape_writer *w, struct error *e);
uint64_t tape_bytes(const struct tape_writer *w); // in the file so far

// -- reader. Owner: one thread. It never trusts the file: every length is bounded, every record is
// checksummed, every event passes event_valid.
struct tape_reader *tape_open(const char *path, struct error *e);
const struct tape_header *tape_header(const struct tape_reader *r);
const char *tape_config(const struct tape_reader *r); // zero-terminated; "" when none
// Next event in order, valid until the next call; NULL at the end or on damage (then *e->text is not empty:
// the events before it were whole). Gap records are reported through tape_gaps.
const struct event *tape_next(struct tape_reader *r, struct error *e);
// Position before the first event with mono_ns >= t.
bool tape_seek(struct tape_reader *r, int64_t mono_ns, struct error *e);
bool tape_rewind(struct tape_reader *r, struct error *e);
uint64_t tape_gaps(const struct tape_reader *r);  // events known to be missing so far
bool tape_truncated(const struct tape_reader *r); // no index: crashed or still being written
// Monotonic time of the first and the last event; false when the tape holds none.
bool tape_span(const struct tape_reader *r, int64_t *first_mono_ns, int64_t *last_mono_ns);
// All hash checkpoints, in file order; the array belongs to the reader.
const struct tape_hash *tape_hashes(const struct tape_reader *r, size_t *count);
uint64_t tape_gaps_total(const struct tape_reader *r);   // in the whole tape
uint64_t tape_events_total(const struct tape_reader *r); // in the whole blocks of the tape
void tape_reader_close(struct tape_reader *r);           // NULL-safe

#endif
