// SPDX-License-Identifier: Apache-2.0
// ui: what the operator is doing: focus, view, open dialog, text field, undo. Keys go in, commands come out
// through ports; no drawing, no clock, no terminal, so that every key can be tested in every state.
//
// Rules (console-design.md 5): F never comes here as a command (the pump has acted); no other capital is
// bound; a key that adds risk acts only on what the last drawn frame showed; text fields take no capitals.
// Owner: the console thread.
#ifndef TT_TUI_UI_H
#define TT_TUI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/snapshot.h"
#include "tui/decoder.h"
#include "tui/layout.h"
#include "tui/roles.h"

enum overlay {
    OVERLAY_NONE,
    OVERLAY_HELP,
    OVERLAY_PALETTE,
    OVERLAY_QUIT,
    OVERLAY_CONFIRM,
    OVERLAY_WORD,
    OVERLAY_SHELVE,
    OVERLAY_LOG
};

enum { UI_FIELD_MAX = 64, UI_PAST = 8, UI_TEXT_MAX = 128, UI_LOG = 64 };

// Where commands go. A NULL port means: not in this mode.
struct ui_ports {
    void *ctx;
    bool (*send)(void *ctx, const struct ev_operator *op, uint16_t instrument);
    bool (*export_now)(void *ctx);
    void (*transport)(void *ctx, char verb, int64_t value);
};

// A command that waits for a `y`, a typed word, or an undo.
struct ui_command {
    struct ev_operator op;
    uint16_t instrument;
    char text[64]; // what it does, for people: "resume maker ETHUSDT"
};

struct ui {
    struct ui_ports ports;
    int focus;
    enum view_id view;
    enum overlay overlay;
    int scroll;
    // -- text field (palette, typed word)
    char field[UI_FIELD_MAX];
    size_t field_len;
    char past[UI_PAST][UI_FIELD_MAX]; // palette history, newest first
    int past_at;                      // -1: editing a new line
    // -- pending
    struct ui_command pending;  // OVERLAY_CONFIRM, OVERLAY_WORD
    struct ui_command undo;     // the reverse of the last undoable command
    int64_t undo_until_ns;      // 0: nothing to undo
    int64_t held_kill_ns;       // a held F waits for its confirmation until this; 0: none
    int64_t grow_ns, narrow_ns; // last accepted + and narrower: one step a second
    uint32_t dropped;           // keys refused by those rates
    bool quitting;              // VERB_QUIT was sent
    int64_t quit_ns;
    // -- message of the console itself, shown in the echo line
    char message[UI_TEXT_MAX];
    enum role message_role;
    int64_t message_ns;        // monotonic time; 0 none
    uint64_t message_echo_seq; // newest echo when it was written: a newer echo replaces it
    // -- wishes of the drawing loop
    bool want_repaint, want_leave, want_mono, want_colour;
    int want_fps; // 0: none
    uint64_t keys;
};

// What is true while a key is handled.
struct ui_world {
    const struct snapshot *s; // what the last drawn frame showed
    int64_t now_ns;           // monotonic
    bool screen_stale;        // the terminal has not taken a frame for over a second
};

void ui_init(struct ui *ui, const struct ui_ports *ports);
void ui_key(struct ui *ui, const struct key *k, const struct ui_world *w);
// Time passed: held kill and undo run out.
void ui_tick(struct ui *ui, const struct ui_world *w);
// A text field is open (capitals are refused, Space types a blank).
bool ui_in_field(const struct ui *ui);
void ui_say(struct ui *ui, const struct ui_world *w, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

// -- for ui_*.c
// Send a command with the frame's number; says so when the ring is full or there is no engine to hear it.
bool ui_send(struct ui *ui, const struct ui_world *w, const struct ui_command *c);
struct ui_command ui_command(const struct ui_world *w, enum verb verb, int instrument);
// Act on a palette line. False: it was refused, a message says why.
bool ui_palette_run(struct ui *ui, const char *line, const struct ui_world *w);
// Complete the first word; true when the line changed.
bool ui_palette_complete(char *line, size_t cap);
// What the line would do, or the verbs that begin so (written to list). Never NULL.
const char *ui_palette_describe(const char *line, char *list, size_t cap);
bool ui_sends(const struct ui *ui, const struct ui_world *w);

#endif
