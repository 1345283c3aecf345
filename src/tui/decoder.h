// SPDX-License-Identifier: Apache-2.0
// decoder: bytes of a terminal -> keys. A pure state machine: the caller gives bytes and times.
//
// The one promise: `F` comes out as the key 'F' whenever a person presses it and never from the End key,
// however the link splits `ESC [ F`, `ESC O F` or `ESC [ 1 ; 2 F` (console-design.md 5.1). An F whose
// previous bytes are an unfinished ESC [ or ESC O prefix, at most 1000 ms old, is End; ESC followed directly
// by F is Esc, then 'F'. Pasted text (bracketed paste) never comes out as keys; more than 8 keys in 20 ms are
// a burst and are dropped, except one isolated 'F'.
//
// Owner: the pump thread. No clock, no I/O, no allocation.
#ifndef TT_TUI_DECODER_H
#define TT_TUI_DECODER_H

#include <stddef.h>
#include <stdint.h>

// A key is its character (0x20..0x7e) or one of these.
enum term_key {
    TK_NONE,
    TK_ESC = 0x100,
    TK_ENTER,
    TK_TAB,
    TK_BACKTAB,
    TK_BACKSPACE,
    TK_DELETE,
    TK_INSERT,
    TK_UP,
    TK_DOWN,
    TK_LEFT,
    TK_RIGHT,
    TK_HOME,
    TK_END,
    TK_PAGE_UP,
    TK_PAGE_DOWN,
    TK_FUNCTION,
    TK_CTRL,      // value: the control byte (Ctrl-C = 3)
    TK_PASTE,     // value: bytes of pasted text that were ignored
    TK_BURST,     // value: keys of a burst that were not taken as commands
    TK_KILL,      // from the pump: the kill key acted
    TK_KILL_HELD, // from the pump: fence and cancel done, the flatten waits for a second F (guard.h)
    TK_UNKNOWN    // a well-formed sequence without a meaning here
};

struct key {
    int32_t code; // enum term_key or the character
    int32_t value;
    int64_t mono_ns; // when its last byte was read
};

enum { DECODER_PARAMS_MAX = 24, DECODER_BURST = 8 };

struct decoder {
    int state;
    int64_t last_ns;                 // time of the last byte of the open sequence
    char params[DECODER_PARAMS_MAX]; // of the open CSI / SS3 sequence; further bytes are only counted
    size_t params_len;
    int skip;      // bytes still to swallow (X10 mouse report)
    int utf8_left; // continuation bytes expected
    char intro;    // introducer of an open string (']' or 'P')
    uint32_t string_bytes;
    uint32_t paste_bytes;
    int paste_match; // bytes of the end mark ESC [ 201 ~ seen
    int paste_kills; // F, F, F typed by hand inside an unterminated paste
    int64_t paste_kill_ns;
    int64_t recent_ns[DECODER_BURST]; // times of the last keys, a ring
    unsigned recent;
    int32_t recent_code; // the key before this chunk, for isolation
};

void decoder_init(struct decoder *d);

// Most keys that n bytes can become.
#define DECODER_KEYS(n) (2 * (n) + 3)

// Decode n bytes that one read returned at now_ns (monotonic, never falling). Returns the keys written to
// out, which has room for DECODER_KEYS(n).
size_t decoder_feed(struct decoder *d, const uint8_t *bytes, size_t n, int64_t now_ns, struct key *out);

// Time has passed: a lone ESC becomes a key, old prefixes are forgotten. out: room for DECODER_KEYS(0).
size_t decoder_tick(struct decoder *d, int64_t now_ns, struct key *out);

// When decoder_tick is wanted at the latest; INT64_MAX for never.
int64_t decoder_deadline(const struct decoder *d);

#endif
