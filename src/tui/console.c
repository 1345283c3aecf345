// SPDX-License-Identifier: Apache-2.0
// console: the drawing thread: one poll loop over the pump (keys, credits, hang-up), the signals and the next
// frame.
//
// A frame is drawn only when the terminal has taken the one before (one-frame credit), at the pace of pace.h,
// and at most 16 ms after a key. It asks the engine for a snapshot a little before it draws. It never waits
// for anybody.
#include "tui/console.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/canvas.h"
#include "tui/history.h"
#include "tui/pace.h"
#include "tui/pump.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "tui/view.h"

static const int64_t ASK_AHEAD_NS = 10 * NS_PER_MS; // before a frame: time for the engine to fill a snapshot
static const int64_t KEY_FRAME_NS = 10 * NS_PER_MS; // a key forces a frame after this
static const int64_t KEY_GAP_NS = 33 * NS_PER_MS;   // at most 30 forced frames a second
static const int64_t HOLD_NS = 200 * NS_PER_MS;     // fast digits stand still for so long
static const int64_t RESIZE_QUIET_NS = 50 * NS_PER_MS;
static const int64_t STALL_NS = NS_PER_S; // a frame not taken for so long is a stall
static const int64_t SILENT_NS = 2 * NS_PER_S;
static const int64_t TERM_WAIT_NS = 10 * NS_PER_S;
static const int64_t DRAIN_NS = 300 * NS_PER_MS;
static const int64_t SLOW_ALARM_NS = 60 * NS_PER_S;
enum {
    NICE_CONSOLE = 15,
    ROWS_DEFAULT = 24,
    COLS_DEFAULT = 80,
    ROWS_MIN = 16,
    COLS_MIN = 60,
    NOTE_MAX = 512
};

struct console {
    const struct console_config *config;
    struct pump *pump;
    struct screen *screen;
    struct canvas canvas;
    struct history history;
    struct ui ui;
    struct pace pace;
    struct snapshot held;       // what the fast digits show
    const struct snapshot *now; // newest read from the publisher
    int rows, cols;
    int signal_fd;
    // -- frames
    uint64_t frames_sent;
    int64_t sent_ns;                  // when the frame under way was written
    int64_t due_ns, ask_ns, drawn_ns; // next frame, next wish, last frame
    bool asked;
    bool stalled, slow_told;
    int64_t slow_ns;
    int64_t held_ns;  // when `held` was copied
    int64_t fresh_ns; // when the engine last published something new
    uint64_t fresh_seq;
    uint32_t rung_number; // newest High alarm that the bell has rung for
    int64_t resize_ns;    // relayout then; 0: none pending
    int64_t term_ns;      // SIGTERM: leave then at the latest; 0: none
    bool leave, focused;
    char note[NOTE_MAX]; // what the store or the player has to say
    int64_t note_ns;     // since when
    // -- shared with the pump's on_kill
    pthread_mutex_t send_lock;
    _Atomic uint64_t frame_seq;
    _Atomic uint32_t instruments;
    _Atomic bool flatten_owed; // the command ring was full: the console sends it again
};

// -------------------------------------------------------------------------------------------------------
// commands

static bool send_locked(struct console *k, const struct ev_operator *op, uint16_t instrument)
{
    pthread_mutex_lock(&k->send_lock); // held for one ring push at most
    bool sent = k->config->send && k->config->send(k->config->ctx, op, instrument);
    pthread_mutex_unlock(&k->send_lock);
    return sent;
}

static bool port_send(void *ctx, const struct ev_operator *op, uint16_t instrument)
{
    return send_locked(ctx, op, instrument);
}

static bool port_export(void *ctx)
{
    struct console *k = ctx;
    return k->config->export_now(k->config->ctx);
}

static void port_transport(void *ctx, char verb, int64_t value)
{
    struct console *k = ctx;
    k->config->transport(k->config->ctx, verb, value);
}

static struct ev_operator operator_command(struct console *k, enum verb verb, int64_t key_ns)
{
    return (struct ev_operator){.actor = ACTOR_OPERATOR,
                                .verb = (uint8_t)verb,
                                .key_mono_ns = key_ns,
                                .frame = atomic_load_explicit(&k->frame_seq, memory_order_relaxed)};
}

static void send_flatten(struct console *k, int64_t key_ns)
{
    struct ev_operator op = operator_command(k, VERB_FLATTEN, key_ns);
    if (!send_locked(k, &op, INSTRUMENT_NONE)) {
        atomic_store(&k->flatten_owed, true);
    }
}

static void send_held(struct console *k, int64_t key_ns)
{
    struct ev_operator op = operator_command(k, VERB_PULL, key_ns);
    op.sub = OPERATOR_HELD;
    (void)send_locked(k, &op, INSTRUMENT_NONE);
    op.verb = VERB_CANCEL;
    uint32_t n = atomic_load_explicit(&k->instruments, memory_order_relaxed);
    for (uint32_t i = 0; i < n; i++) {
        (void)send_locked(k, &op, (uint16_t)i);
    }
}

// Pump thread: the fence first, then the engine.
static void on_kill(void *ctx, int64_t key_ns, bool held)
{
    struct console *k = ctx;
    if (k->config->kill_now) {
        k->config->kill_now(k->config->ctx, key_ns);
    }
    if (!k->config->send) {
        return;
    }
    if (held) {
        send_held(k, key_ns);
    } else {
        send_flatten(k, key_ns);
    }
}

// ---------------------------------------------------------------------------------------------------------
// drawing

static bool credit(const struct console *k)
{
    return pump_frames_done(k->pump) == k->frames_sent;
}

// Begin with the instrument that is traded, not with the first of the table.
static void focus_quoted(struct console *k)
{
    k->focused = true;
    for (uint32_t i = 0; i < k->now->instrument_count; i++) {
        if (k->now->ins[i].quoted) {
            k->ui.focus = (int)i;
            return;
        }
    }
}

// The bell: once for each High alarm that nobody acknowledged yet.
static void ring_bell(struct console *k)
{
    uint32_t newest = k->rung_number;
    for (uint32_t i = 0; i < k->now->alarm_count && i < SNAP_ALARMS; i++) {
        const struct snap_alarm *a = &k->now->alarm[i];
        if (a->level == ALARM_HIGH && !a->acked && !a->cleared && a->number > newest) {
            newest = a->number;
        }
    }
    if (newest != k->rung_number) {
        k->rung_number = newest;
        if (k->screen) {
            screen_bell(k->screen);
        }
    }
}

static void read_snapshot(struct console *k, int64_t now_ns)
{
    bool fresh = false;
    k->now = publish_read(k->config->snapshots, &fresh);
    if (fresh && k->now->seq != k->fresh_seq) {
        history_add(&k->history, k->now);
    }
    if (fresh) {
        k->fresh_seq = k->now->seq;
        k->fresh_ns = now_ns;
        ring_bell(k);
    }
    if (!k->focused && k->now->instrument_count > 0) {
        focus_quoted(k);
    }
    atomic_store_explicit(&k->instruments, k->now->instrument_count, memory_order_relaxed);
    if (now_ns - k->held_ns >= HOLD_NS || k->held.version == 0) {
        k->held = *k->now;
        k->held_ns = now_ns;
    }
}

static int64_t silent_ns(const struct console *k, int64_t now_ns)
{
    bool paused = k->now->mode == MODE_REPLAY && k->now->shell.replay_paused;
    int64_t silent = now_ns - k->fresh_ns;
    return paused || k->now->version == 0 || silent < SILENT_NS ? 0 : silent;
}

static const char *linkloss_text(const struct console *k)
{
    static const char *const BY_MODE[] = {"exit", "exit", "exit", "run", "quiet", "quiet"};
    return k->config->linkloss ? k->config->linkloss : k->now->mode < 6 ? BY_MODE[k->now->mode] : "?";
}

static void read_note(struct console *k, int64_t now_ns)
{
    char note[NOTE_MAX];
    if (k->config->note) {
        k->config->note(k->config->ctx, note, sizeof note);
    } else {
        text_copy(note, sizeof note, k->now->shell.note);
    }
    if (strcmp(note, k->note) != 0) {
        text_copy(k->note, sizeof k->note, note);
        k->note_ns = now_ns;
    }
}

static void draw(struct console *k, int64_t now_ns)
{
    read_snapshot(k, now_ns);
    read_note(k, now_ns);
    if (k->ui.focus >= (int)k->now->instrument_count) {
        k->ui.focus = 0;
    }
    struct view v = {
        .now = k->now,
        .held = &k->held,
        .history = &k->history,
        .ui = &k->ui,
        .focus = k->ui.focus,
        .silent_ns = silent_ns(k, now_ns),
        .clock_ns = now_ns,
        .fps = pace_fps(&k->pace),
        .bytes_per_s = k->pace.bytes_per_s,
        .linkloss = linkloss_text(k),
        .has_orders = k->now->mode != MODE_REPLAY && k->now->mode != MODE_BACKTEST,
        .note = k->note,
        .note_ns = k->note_ns,
    };
    frame_draw(&k->canvas, &v, &k->history, k->rows, k->cols);
    if (screen_show(k->screen, &k->canvas)) {
        k->frames_sent++;
        k->sent_ns = now_ns;
    }
    atomic_store_explicit(&k->frame_seq, k->now->seq, memory_order_relaxed);
    k->drawn_ns = now_ns;
}

static void tell_slow(struct console *k, int64_t now_ns)
{
    if (k->slow_told && now_ns - k->slow_ns < SLOW_ALARM_NS) {
        return;
    }
    struct ev_operator op = operator_command(k, VERB_ADD_ALARM, now_ns);
    op.actor = ACTOR_RULE;
    text_copy(op.word, sizeof op.word, "TTY-SLOW");
    (void)send_locked(k, &op, INSTRUMENT_NONE);
    k->slow_told = true;
    k->slow_ns = now_ns;
}

// A frame is due. Without the credit nothing is drawn; after a stall everything is drawn anew.
static void frame_due(struct console *k, int64_t now_ns)
{
    k->due_ns = now_ns + pace_interval_ns(&k->pace);
    k->asked = false;
    if (!credit(k)) {
        pace_late(&k->pace, now_ns);
        if (!k->stalled && now_ns - k->sent_ns > STALL_NS) {
            k->stalled = true;
            tell_slow(k, now_ns);
        }
        return;
    }
    if (k->stalled) {
        k->stalled = false;
        screen_repaint(k->screen);
    }
    draw(k, now_ns);
}

static void ask(struct console *k)
{
    if (!k->asked) {
        publish_ask(k->config->snapshots);
        k->asked = true;
    }
}

static void force_frame(struct console *k, int64_t now_ns)
{
    int64_t at = now_ns + KEY_FRAME_NS;
    if (at < k->drawn_ns + KEY_GAP_NS) {
        at = k->drawn_ns + KEY_GAP_NS;
    }
    if (at < k->due_ns) {
        k->due_ns = at;
    }
    k->asked = false;
    ask(k);
    k->held_ns = 0; // the answer to a key is not held back
}

static void take_size(struct console *k)
{
    int rows;
    int cols;
    if (pump_size(k->pump, &rows, &cols)) { // 0x0 after a hang-up is ignored
        k->rows = rows > CANVAS_ROWS_MAX ? CANVAS_ROWS_MAX : rows;
        k->cols = cols > CANVAS_COLS_MAX ? CANVAS_COLS_MAX : cols;
    }
}

static void relayout(struct console *k, int64_t now_ns)
{
    k->resize_ns = 0;
    take_size(k);
    screen_resize(k->screen, k->rows, k->cols);
    k->due_ns = now_ns;
}

// ------------------------------------------------------------------------------------------------- keys and
// signals

static struct ui_world world_of(const struct console *k, int64_t now_ns)
{
    return (struct ui_world){
        .s = k->now, .now_ns = now_ns, .screen_stale = !credit(k) && now_ns - k->sent_ns > STALL_NS};
}

static void take_wishes(struct console *k, int64_t now_ns)
{
    struct ui *ui = &k->ui;
    if (ui->want_repaint) {
        take_size(k);
        screen_resize(k->screen, k->rows, k->cols);
    }
    if (ui->want_mono || ui->want_colour) {
        screen_set_mono(k->screen, ui->want_mono);
    }
    if (ui->want_fps) {
        pace_init(&k->pace, ui->want_fps, now_ns);
    }
    k->leave |= ui->want_leave;
    ui->want_repaint = ui->want_mono = ui->want_colour = false;
    ui->want_fps = 0;
}

static void take_keys(struct console *k, int64_t now_ns)
{
    struct key key;
    bool any = false;
    pump_clear(k->pump);
    while (pump_next_key(k->pump, &key)) {
        struct ui_world w = world_of(k, now_ns);
        ui_key(&k->ui, &key, &w);
        any = true;
    }
    if (any) {
        pump_set_field(k->pump, ui_in_field(&k->ui));
        take_wishes(k, now_ns);
        force_frame(k, now_ns);
    }
}

// The first SIGTERM asks the engine to cancel and verify; the second does not wait.
static void on_term(struct console *k, int64_t now_ns)
{
    struct ui_world w = world_of(k, now_ns);
    if (k->term_ns || !ui_sends(&k->ui, &w)) {
        k->leave = true;
        return;
    }
    k->term_ns = now_ns + TERM_WAIT_NS;
    struct ev_operator op = operator_command(k, VERB_QUIT, now_ns);
    op.actor = ACTOR_RULE;
    op.value = QUIT_CANCEL;
    (void)send_locked(k, &op, INSTRUMENT_NONE);
    k->ui.quitting = true;
    k->ui.quit_ns = now_ns;
}

static void on_signal(struct console *k, int signal, int64_t now_ns)
{
    switch (signal) {
    case SIGWINCH:
        k->resize_ns = now_ns + RESIZE_QUIET_NS;
        break;
    case SIGHUP:
        pump_hang_up(k->pump);
        break;
    case SIGTERM:
    case SIGINT:
        on_term(k, now_ns);
        break;
    case SIGCONT: // a shell may have changed the modes and the screen
        pump_raw_again(k->pump);
        take_size(k);
        screen_resize(k->screen, k->rows, k->cols);
        break;
    default:
        break;
    }
}

static void take_signals(struct console *k, int64_t now_ns)
{
    struct signalfd_siginfo info;
    while (read(k->signal_fd, &info, sizeof info) == sizeof info) {
        on_signal(k, (int)info.ssi_signo, now_ns);
    }
}

// --------------------------------------------------------------------------------------------------------
// the loop

static bool ended(struct console *k, int64_t now_ns, enum console_end *end)
{
    if (pump_hung_up(k->pump)) {
        *end = CONSOLE_HANGUP;
    } else if (k->leave || (k->term_ns && now_ns >= k->term_ns)) {
        *end = CONSOLE_QUIT;
    } else if (k->config->finished && k->config->finished(k->config->ctx)) {
        *end = k->ui.quitting ? CONSOLE_QUIT : CONSOLE_ENGINE_GONE;
    } else {
        return false;
    }
    return true;
}

static int timeout_ms(const struct console *k, int64_t now_ns)
{
    int64_t at = k->asked ? k->due_ns : k->due_ns - ASK_AHEAD_NS;
    if (k->resize_ns && k->resize_ns < at && credit(k)) { // without the credit its return wakes us
        at = k->resize_ns;
    }
    int64_t left = at - now_ns;
    return left <= 0 ? 0 : (int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

static void do_timers(struct console *k, int64_t now_ns)
{
    struct ui_world w = world_of(k, now_ns);
    ui_tick(&k->ui, &w);
    pace_tick(&k->pace, now_ns, pump_bytes(k->pump));
    if (atomic_exchange(&k->flatten_owed, false)) {
        send_flatten(k, now_ns);
    }
    if (k->resize_ns && now_ns >= k->resize_ns && credit(k)) {
        relayout(k, now_ns);
    }
    if (now_ns >= k->due_ns - ASK_AHEAD_NS) {
        ask(k);
    }
    if (now_ns >= k->due_ns) {
        frame_due(k, now_ns);
    }
}

static enum console_end loop(struct console *k)
{
    enum console_end end = CONSOLE_ERROR;
    for (;;) {
        int64_t now_ns = clock_mono_ns();
        if (ended(k, now_ns, &end)) {
            return end;
        }
        struct pollfd fd[2] = {
            {.fd = pump_wake_fd(k->pump), .events = POLLIN},
            {.fd = k->signal_fd, .events = POLLIN},
        };
        (void)poll(fd, 2, timeout_ms(k, now_ns));
        now_ns = clock_mono_ns();
        if (fd[1].revents & POLLIN) {
            take_signals(k, now_ns);
        }
        if (fd[0].revents & POLLIN) {
            take_keys(k, now_ns);
            if (k->stalled && credit(k)) {
                k->due_ns = now_ns;
            }
        }
        do_timers(k, now_ns);
    }
}

// ---------------------------------------------------------------------------------------------------- start
// and end

static bool utf8_locale(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void signal_set(sigset_t *set)
{
    static const int SIGNALS[] = {SIGHUP, SIGTERM, SIGINT, SIGWINCH, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU};
    sigemptyset(set);
    for (size_t i = 0; i < COUNT_OF(SIGNALS); i++) {
        sigaddset(set, SIGNALS[i]);
    }
}

static bool start(struct console *k, struct error *e)
{
    const struct console_config *c = k->config;
    struct pump_config pump = {
        .tty_path = c->tty_path, .stray_guard = c->stray_guard, .ctx = k, .on_kill = on_kill};
    if (!canvas_init(&k->canvas, !c->ascii && utf8_locale())) {
        return error_set(e, EXIT_OS, "console: no memory");
    }
    k->pump = pump_start(&pump, e);
    if (!k->pump) {
        return false;
    }
    (void)setpriority(PRIO_PROCESS, 0,
                      NICE_CONSOLE); // of this thread; drawing must not be in the engine's way
    const char *no_color = getenv("NO_COLOR");
    bool mono = c->mono || (no_color && *no_color);
    k->rows = ROWS_DEFAULT;
    k->cols = COLS_DEFAULT;
    take_size(k);
    k->screen = screen_open(getenv("TERM"), pump_frame_fd(k->pump), mono, k->rows, k->cols, e);
    if (!k->screen) {
        return false;
    }
    char leave[96];
    screen_leave_text(leave, sizeof leave);
    pump_set_leave(leave);
    return true;
}

// Wait a little for the last frame, so that what the operator sees last is whole.
static void drain(struct console *k)
{
    int64_t until = clock_mono_ns() + DRAIN_NS;
    while (!credit(k) && !pump_hung_up(k->pump) && clock_mono_ns() < until) {
        struct pollfd fd = {.fd = pump_wake_fd(k->pump), .events = POLLIN};
        (void)poll(&fd, 1, 10);
        pump_clear(k->pump);
    }
}

static void stop(struct console *k)
{
    if (k->screen) {
        drain(k);
        screen_close(k->screen);
    }
    if (k->pump) {
        pump_stop(k->pump);
    }
    canvas_free(&k->canvas);
}

static void init(struct console *k, const struct console_config *c)
{
    int64_t now_ns = clock_mono_ns();
    struct ui_ports ports = {.ctx = k,
                             .send = c->send ? port_send : NULL,
                             .export_now = c->export_now ? port_export : NULL,
                             .transport = c->transport ? port_transport : NULL};
    k->config = c;
    pthread_mutex_init(&k->send_lock, NULL);
    history_init(&k->history);
    ui_init(&k->ui, &ports);
    pace_init(&k->pace, c->fps ? c->fps : 10, now_ns);
    k->now = publish_read(c->snapshots, NULL);
    k->due_ns = now_ns + ASK_AHEAD_NS;
    k->fresh_ns = now_ns;
}

enum console_end console_run(const struct console_config *c, struct error *e)
{
    struct console *k = calloc(1, sizeof *k);
    if (!k) {
        error_set(e, EXIT_OS, "console: no memory");
        return CONSOLE_ERROR;
    }
    sigset_t set;
    sigset_t before;
    signal_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    init(k, c);
    enum console_end end = CONSOLE_ERROR;
    k->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (k->signal_fd < 0) {
        error_set(e, EXIT_OS, "console signals: %s", strerror(errno));
    } else if (start(k, e)) {
        end = loop(k);
    }
    stop(k);
    if (k->signal_fd >= 0) {
        close(k->signal_fd);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_destroy(&k->send_lock);
    free(k);
    return end;
}

void console_restore_terminal(void)
{
    pump_emergency_restore();
}

static bool check_size(int fd, struct error *e)
{
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) != 0 || w.ws_row == 0 || w.ws_col == 0) {
        return true; // unknown: 80x24 is assumed
    }
    if (w.ws_row < ROWS_MIN || w.ws_col < COLS_MIN) {
        return error_set(
            e, EXIT_USAGE,
            "terminal is %dx%d, the console needs %dx%d (better 80x24); enlarge it or use --headless",
            w.ws_col, w.ws_row, COLS_MIN, ROWS_MIN);
    }
    return true;
}

bool console_check(const struct console_config *c, struct error *e)
{
    setlocale(LC_CTYPE, "");
    // ncurses would believe these over the terminal. (Its use_env(FALSE) leaves TERM=linux, which has no
    // size, without one.)
    unsetenv("LINES");
    unsetenv("COLUMNS");
    if (c->utf8 && !utf8_locale() && !setlocale(LC_CTYPE, "C.UTF-8")) {
        return error_set(e, EXIT_USAGE, "--utf8: this system has no UTF-8 locale; use --ascii");
    }
    const char *path = c->tty_path ? c->tty_path : "/dev/tty";
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || !isatty(fd)) {
        if (fd >= 0) {
            close(fd);
        }
        return error_set(e, EXIT_USAGE, "%s is not a terminal we can open; use --headless", path);
    }
    bool fine = screen_check_term(getenv("TERM"), e) && check_size(fd, e);
    close(fd);
    return fine;
}
