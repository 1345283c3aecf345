// SPDX-License-Identifier: Apache-2.0
// screenshot: what the console shows at one moment of a recorded session, as an SVG file. The tape goes
// through the real engine, its snapshots through the real history, panels and ncurses, the bytes through
// libvterm. Time is the tape's only: no clock is read, so the same tape and the same program give the same
// bytes.
//
//   screenshot TAPE SECONDS COLSxROWS utf8|ascii OUT.svg     the screen SECONDS after the tape's first event
//   screenshot --moment TAPE                                 the second of the tape that shows most: see
//   merit screenshot --repack IN.tape OUT.tape                     the same events in large blocks, packed as
//   tightly as possible
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/replay.h"
#include "store/tape.h"
#include "tools/svg.h"
#include "tools/vt.h"
#include "tui/history.h"
#include "tui/pump.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "tui/view.h"

enum { FPS = 10, PACK_LEVEL = 19 };
static const int64_t FRAME_NS = NS_PER_S / FPS;

struct shot {
    struct replay *replay;
    struct history history;
    struct ui ui;
    struct snapshot now;
    struct canvas canvas;
    struct vt *vt;
    int rows, cols;
    bool utf8;
};

static int fail(const struct error *e)
{
    fprintf(stderr, "screenshot: %s\n", e->text);
    return e->exit_code ? e->exit_code : EXIT_FAILED;
}

// ----------------------------------------------------------------------------------------------------------
// the moment

// Step to SECONDS after the first event; the history sees a snapshot as often as the console would.
static bool play_to(struct shot *s, int64_t seconds, struct error *e)
{
    int64_t first_ns = replay_next_mono_ns(s->replay);
    int64_t end_ns = first_ns + seconds * NS_PER_S;
    int64_t frame_ns = first_ns;
    while (replay_next_mono_ns(s->replay) <= end_ns) {
        if (replay_step(s->replay, e) != REPLAY_STEPPED) {
            return error_set(e, EXIT_DATA, "the tape is shorter than %lld s, or damaged", (long long)seconds);
        }
        if (replay_event(s->replay)->mono_ns >= frame_ns) {
            replay_snapshot(s->replay, &s->now);
            history_add(&s->history, &s->now);
            frame_ns = replay_event(s->replay)->mono_ns + FRAME_NS;
        }
    }
    replay_snapshot(s->replay, &s->now);
    s->now.shell.replay_speed_x100 = 100;
    history_add(&s->history, &s->now);
    return true;
}

static void focus_quoted(struct shot *s)
{
    for (uint32_t i = s->now.instrument_count; i-- > 0;) {
        if (s->now.ins[i].quoted) {
            s->ui.focus = (int)i;
        }
    }
}

static void draw(struct shot *s)
{
    struct view v = {.now = &s->now,
                     .held = &s->now,
                     .history = &s->history,
                     .ui = &s->ui,
                     .focus = s->ui.focus,
                     .clock_ns = s->now.mono_ns,
                     .fps = FPS,
                     .linkloss = "exit"};
    frame_draw(&s->canvas, &v, &s->history, s->rows, s->cols);
}

// ----------------------------------------------------------------------------------------------------------
// the screen

// Canvas -> ncurses -> a file in memory -> emulator.
static bool show(struct shot *s, struct error *e)
{
    int fd = memfd_create("frame", 0);
    struct screen *screen = fd >= 0 ? screen_open("xterm-256color", fd, false, s->rows, s->cols, e) : NULL;
    if (!screen) {
        return fd >= 0 ? false : error_set(e, EXIT_OS, "memfd_create failed");
    }
    screen_show(screen, &s->canvas);
    off_t n = lseek(fd, 0, SEEK_CUR);
    char *bytes = malloc((size_t)n + 1);
    bool whole = bytes && pread(fd, bytes, (size_t)n, 0) == n;
    if (whole) {
        const char *fence = memchr(bytes, PUMP_FENCE, (size_t)n);
        vt_write(s->vt, bytes, fence ? (size_t)(fence - bytes) : (size_t)n);
    }
    free(bytes);
    screen_close(screen);
    close(fd);
    return whole ? true : error_set(e, EXIT_OS, "the frame could not be read back");
}

static bool picture(struct shot *s, int64_t seconds, const char *path, struct error *e)
{
    if (!canvas_init(&s->canvas, s->utf8)) {
        return error_set(e, EXIT_OS, "no memory");
    }
    s->vt = vt_new(s->rows, s->cols);
    history_init(&s->history);
    ui_init(&s->ui, &(struct ui_ports){0});
    if (!play_to(s, seconds, e)) {
        return false;
    }
    focus_quoted(s);
    draw(s);
    FILE *out = show(s, e) ? fopen(path, "w") : NULL;
    if (!out) {
        return e->text[0] ? false : error_set(e, EXIT_CANT_CREATE, "%s cannot be written", path);
    }
    char title[96];
    snprintf(title, sizeof title, "ticktower, the main deck at %dx%d, replaying a recorded session", s->cols,
             s->rows);
    bool good = svg_write(out, s->vt, title);
    return fclose(out) == 0 && good ? true : error_set(e, EXIT_CANT_CREATE, "%s cannot be written", path);
}

static int take(char **arg)
{
    struct error e = {0};
    struct shot *s = calloc(1, sizeof *s);
    if (!s || sscanf(arg[2], "%dx%d", &s->cols, &s->rows) != 2 || s->rows < 1 || s->rows > VT_ROWS_MAX ||
        s->cols < 1 || s->cols > VT_COLS_MAX || !setlocale(LC_CTYPE, "C.UTF-8")) {
        free(s);
        error_set(&e, EXIT_USAGE, "%s: COLSxROWS wanted, and a C.UTF-8 locale", arg[2]);
        return fail(&e);
    }
    s->utf8 = strcmp(arg[3], "utf8") == 0;
    s->replay = replay_open(arg[0], &e);
    bool good = s->replay && picture(s, atoll(arg[1]), arg[4], &e);
    replay_close(s->replay);
    canvas_free(&s->canvas);
    if (s->vt) {
        vt_free(s->vt);
    }
    free(s);
    return good ? EXIT_OK : fail(&e);
}

// -------------------------------------------------------------------------------------------------------------
// repack

// Every event, and the action hash of the newest checkpoint before each cut, so that `replay --verify` still
// compares.
static bool copy_events(struct tape_reader *from, struct tape_writer *to, struct error *e)
{
    size_t count = 0;
    const struct tape_hash *hash = tape_hashes(from, &count);
    size_t at = 0;
    for (const struct event *ev; (ev = tape_next(from, e)) != NULL;) {
        if (!tape_append(to, ev, e)) {
            return false;
        }
        for (; at < count && hash[at].seq <= ev->seq; at++) {
            if (!tape_append_hash(to, hash[at].seq, hash[at].action_hash, e)) {
                return false;
            }
        }
    }
    return e->text[0] == '\0';
}

static int repack(const char *in, const char *out)
{
    struct error e = {0};
    struct tape_reader *from = tape_open(in, &e);
    struct tape_writer *to =
        from ? tape_create(out, tape_header(from), tape_config(from), PACK_LEVEL, &e) : NULL;
    bool good = to && copy_events(from, to, &e);
    good = (!to || tape_close(to, &e)) && good;
    tape_reader_close(from);
    return good ? EXIT_OK : fail(&e);
}

// -------------------------------------------------------------------------------------------------------------
// moment

// What a picture of this snapshot would show: quotes on both sides, a position, the echo of a key; nothing
// while it ends.
static int merit(const struct snapshot *s)
{
    int64_t position_lots = 0;
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        position_lots |= s->ins[i].position_lots;
    }
    if (s->kill.quitting || s->kill.latched) {
        return 0;
    }
    return 4 * (s->open_orders >= 2) + 2 * (s->echo_count > 0) + (position_lots != 0);
}

// The last of the best seconds.
static int moment(const char *path)
{
    struct error e = {0};
    struct snapshot *s = calloc(1, sizeof *s);
    struct replay *r = replay_open(path, &e);
    int64_t first_ns = r ? replay_next_mono_ns(r) : 0;
    int best = 0;
    int64_t best_s = 0;
    for (int64_t second = 1; s && r && replay_next_mono_ns(r) != INT64_MAX; second++) {
        while (replay_next_mono_ns(r) <= first_ns + second * NS_PER_S &&
               replay_step(r, &e) == REPLAY_STEPPED) {
        }
        replay_snapshot(r, s);
        if (merit(s) >= best) {
            best = merit(s);
            best_s = second;
        }
    }
    replay_close(r);
    free(s);
    if (e.text[0]) {
        return fail(&e);
    }
    printf("%lld\n", (long long)best_s);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--moment") == 0) {
        return moment(argv[2]);
    }
    if (argc == 4 && strcmp(argv[1], "--repack") == 0) {
        return repack(argv[2], argv[3]);
    }
    if (argc == 6) {
        return take(argv + 1);
    }
    fprintf(stderr, "usage: screenshot TAPE SECONDS COLSxROWS utf8|ascii OUT.svg\n"
                    "       screenshot --moment TAPE\n"
                    "       screenshot --repack IN.tape OUT.tape\n");
    return EXIT_USAGE;
}
