// SPDX-License-Identifier: Apache-2.0
// pump: see pump.h. One poll loop over the terminal, the frame pipe and a wake-up; no call in it can block.
//
// It does not draw, does not know what a key means (but for F) and does not read the clock for anything but
// key times.
#include "tui/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/ring.h"
#include "tui/guard.h"

enum { READ_MAX = 1024, KEY_RING_BYTES = 1 << 16 };
static const int64_t DRAIN_NS = 300 * NS_PER_MS;
static const int BACKGROUND_MS = 200;

// Bracketed paste on; mouse reports, which an earlier program may have left on, off.
static const char ENTER[] = "\x1b[?2004h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l";
static const char LEAVE[] = "\x1b[?2004l";

struct pump {
    // -- immutable after pump_start
    struct pump_config config;
    int tty, wake_pump, wake_reader;
    int pipe_read, pipe_write;
    struct termios before, raw;
    pthread_t thread;
    // -- pump thread only
    struct decoder decoder;
    struct guard guard;
    uint8_t *out; // frame bytes on their way, [out_from, out_to)
    size_t out_from, out_to;
    bool background; // another process group has the terminal
    // -- pump writes, drawing thread reads
    struct ring keys;
    _Atomic uint64_t frames_done, bytes;
    _Atomic bool hung_up;
    // -- drawing thread writes, pump reads
    _Atomic bool field_open, raw_wanted, stop;
};

// The crash path may run on any thread at any moment: it sees only these.
static _Atomic int crash_tty = -1;
static struct termios crash_termios;
static char crash_leave[128];

static void wake(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof one); // fails only when the counter is already huge, that is: awake
    (void)n;
}

static void unwake(int fd)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);
    (void)n;
}

// ------------------------------------------------------------------------------------------------ keys (pump
// thread)

static void push_key(struct pump *p, const struct key *k)
{
    // A full ring means that the console does not read: F has acted already, other keys are lost with the
    // screen.
    (void)ring_push_spsc(&p->keys, k, sizeof *k);
}

static void act_on_kill(struct pump *p, struct key k, enum guard_verdict verdict)
{
    bool held = verdict == GUARD_HOLD;
    p->config.on_kill(p->config.ctx, k.mono_ns, held);
    k.code = held ? TK_KILL_HELD : TK_KILL;
    push_key(p, &k);
}

static void take_keys(struct pump *p, const struct key *keys, size_t n)
{
    bool field = atomic_load_explicit(&p->field_open, memory_order_relaxed);
    for (size_t i = 0; i < n; i++) {
        if (keys[i].code == 'F') {
            act_on_kill(p, keys[i], guard_judge(&p->guard, keys, n, i));
        } else {
            guard_note(&p->guard, &keys[i], field);
            push_key(p, &keys[i]);
        }
    }
    if (n) {
        wake(p->wake_reader);
    }
}

static void set_hung_up(struct pump *p)
{
    atomic_store_explicit(&p->hung_up, true, memory_order_release);
    wake(p->wake_reader);
}

// EIO means gone, unless we are merely in the background (job control), where reading is not ours.
static void on_read_error(struct pump *p)
{
    if (errno == EAGAIN || errno == EINTR) {
        return;
    }
    pid_t group = tcgetpgrp(p->tty);
    if (errno == EIO && group > 0 && group != getpgrp()) {
        p->background = true;
        return;
    }
    set_hung_up(p);
}

static void read_keys(struct pump *p)
{
    uint8_t bytes[READ_MAX];
    struct key keys[DECODER_KEYS(READ_MAX)];
    ssize_t n = read(p->tty, bytes, sizeof bytes);
    int64_t now_ns = clock_mono_ns();
    if (n > 0) {
        p->background = false;
        size_t count = decoder_feed(&p->decoder, bytes, (size_t)n, now_ns, keys);
        take_keys(p, keys, count);
    } else if (n == 0) {
        set_hung_up(p);
    } else {
        on_read_error(p);
    }
}

static void tick_keys(struct pump *p)
{
    struct key keys[DECODER_KEYS(0)];
    size_t n = decoder_tick(&p->decoder, clock_mono_ns(), keys);
    take_keys(p, keys, n);
}

// ---------------------------------------------------------------------------------------------- frames (pump
// thread)

static void read_frames(struct pump *p)
{
    if (p->out_from == p->out_to) {
        p->out_from = p->out_to = 0;
    }
    ssize_t n = read(p->pipe_read, p->out + p->out_to, PUMP_FRAME_MAX - p->out_to);
    if (n > 0) {
        p->out_to += (size_t)n;
    }
}

// Swallow the fences that stand first: the frame before them is with the terminal.
static void pass_fences(struct pump *p)
{
    bool passed = false;
    while (p->out_from < p->out_to && p->out[p->out_from] == PUMP_FENCE) {
        p->out_from++;
        atomic_fetch_add_explicit(&p->frames_done, 1, memory_order_release);
        passed = true;
    }
    if (passed) {
        wake(p->wake_reader);
    }
}

static void write_frames(struct pump *p)
{
    while (p->out_from < p->out_to) {
        const uint8_t *from = p->out + p->out_from;
        size_t left = p->out_to - p->out_from;
        const uint8_t *fence = memchr(from, PUMP_FENCE, left);
        size_t want = fence ? (size_t)(fence - from) : left;
        if (want > 0 && !atomic_load_explicit(&p->hung_up, memory_order_relaxed)) {
            ssize_t n = write(p->tty, from, want);
            if (n < 0) {
                if (errno != EAGAIN && errno != EINTR) {
                    set_hung_up(p);
                }
                return;
            }
            atomic_fetch_add_explicit(&p->bytes, (uint64_t)n, memory_order_relaxed);
            p->out_from += (size_t)n;
            if ((size_t)n < want) {
                return;
            }
        } else {
            p->out_from += want; // nobody is there to read it
        }
        pass_fences(p);
    }
}

// Put bytes of our own before whatever is under way; only between frames, so that no sequence is cut.
static void say(struct pump *p, const char *text)
{
    size_t n = strlen(text);
    if (p->out_from == p->out_to && n <= PUMP_FRAME_MAX) {
        memcpy(p->out, text, n);
        p->out_from = 0;
        p->out_to = n;
    }
}

// ------------------------------------------------------------------------------------------------ the loop

static int poll_timeout_ms(const struct pump *p)
{
    int64_t deadline = decoder_deadline(&p->decoder);
    int wait = p->background ? BACKGROUND_MS : -1;
    if (deadline == INT64_MAX) {
        return wait;
    }
    int64_t left = deadline - clock_mono_ns();
    int ms = left <= 0 ? 1 : (int)(left / NS_PER_MS) + 1;
    return wait >= 0 && wait < ms ? wait : ms;
}

static void poll_once(struct pump *p, int timeout_ms)
{
    bool gone = atomic_load_explicit(&p->hung_up, memory_order_relaxed);
    bool pending = p->out_from < p->out_to;
    struct pollfd fd[3] = {
        {.fd = gone || p->background ? -1 : p->tty, .events = (short)(POLLIN | (pending ? POLLOUT : 0))},
        {.fd = p->out_to < PUMP_FRAME_MAX ? p->pipe_read : -1, .events = POLLIN},
        {.fd = p->wake_pump, .events = POLLIN},
    };
    if (poll(fd, 3, timeout_ms) < 0) {
        return; // EINTR
    }
    if ((fd[0].revents & (POLLIN | POLLHUP | POLLERR)) || p->background) { // keys first, always
        read_keys(p);
    }
    tick_keys(p);
    if (fd[2].revents & POLLIN) {
        unwake(p->wake_pump);
    }
    if (fd[1].revents & POLLIN) {
        read_frames(p);
    }
    write_frames(p);
}

static void *pump_main(void *arg)
{
    struct pump *p = arg;
    while (!atomic_load_explicit(&p->stop, memory_order_acquire)) {
        poll_once(p, poll_timeout_ms(p));
        if (p->out_from == p->out_to && atomic_exchange(&p->raw_wanted, false)) {
            (void)tcsetattr(p->tty, TCSANOW, &p->raw);
            say(p, ENTER);
            write_frames(p);
        }
    }
    int64_t until = clock_mono_ns() + DRAIN_NS;
    read_frames(p);
    write_frames(p);
    while (p->out_from < p->out_to && clock_mono_ns() < until && !atomic_load(&p->hung_up)) {
        poll_once(p, 10);
    }
    return NULL;
}

// ---------------------------------------------------------------------------------------------- start, stop,
// access

static bool open_descriptors(struct pump *p, struct error *e)
{
    const char *path = p->config.tty_path ? p->config.tty_path : "/dev/tty";
    p->tty = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (p->tty < 0) {
        return error_set(e, EXIT_USAGE, "terminal %s: %s; use --headless without a terminal", path,
                         strerror(errno));
    }
    if (tcgetattr(p->tty, &p->before) != 0) {
        return error_set(e, EXIT_USAGE, "%s is not a terminal; use --headless", path);
    }
    int pipe_fd[2];
    if (pipe2(pipe_fd, O_CLOEXEC) != 0) {
        return error_set(e, EXIT_OS, "console pipe: %s", strerror(errno));
    }
    p->pipe_read = pipe_fd[0];
    p->pipe_write = pipe_fd[1];
    (void)fcntl(p->pipe_read, F_SETFL, O_NONBLOCK);
    p->wake_pump = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    p->wake_reader = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->wake_pump < 0 || p->wake_reader < 0) {
        return error_set(e, EXIT_OS, "console wake-up: %s", strerror(errno));
    }
    return true;
}

static void close_descriptors(struct pump *p)
{
    int fd[] = {p->tty, p->pipe_read, p->pipe_write, p->wake_pump, p->wake_reader};
    for (size_t i = 0; i < sizeof fd / sizeof *fd; i++) {
        if (fd[i] >= 0) {
            close(fd[i]);
        }
    }
}

static void pump_free(struct pump *p)
{
    close_descriptors(p);
    ring_free(&p->keys);
    free(p->out);
    free(p);
}

static bool set_raw(struct pump *p, struct error *e)
{
    p->raw = p->before;
    cfmakeraw(&p->raw);
    crash_termios = p->before;
    if (tcsetattr(p->tty, TCSANOW, &p->raw) != 0) {
        return error_set(e, EXIT_USAGE, "terminal: cannot set raw mode: %s", strerror(errno));
    }
    atomic_store(&crash_tty, p->tty);
    return true;
}

static void forget_crash(void)
{
    atomic_store(&crash_tty, -1);
}

// Every signal stays blocked in the pump: the drawing thread takes them (signalfd), and SIGTTOU must not stop
// us.
static int start_thread(struct pump *p)
{
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&p->thread, NULL, pump_main, p);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}

struct pump *pump_start(const struct pump_config *c, struct error *e)
{
    struct pump *p = memory_new_aligned(sizeof *p);
    if (!p) {
        error_set(e, EXIT_OS, "console: no memory");
        return NULL;
    }
    p->config = *c;
    p->tty = p->pipe_read = p->pipe_write = p->wake_pump = p->wake_reader = -1;
    decoder_init(&p->decoder);
    guard_init(&p->guard, c->stray_guard);
    p->out = malloc(PUMP_FRAME_MAX);
    if (!p->out || !ring_init_spsc(&p->keys, KEY_RING_BYTES)) {
        error_set(e, EXIT_OS, "console: no memory");
        pump_free(p);
        return NULL;
    }
    if (!open_descriptors(p, e) || !set_raw(p, e)) {
        pump_free(p);
        return NULL;
    }
    say(p, ENTER);
    int rc = start_thread(p);
    if (rc != 0) {
        error_set(e, EXIT_OS, "console thread: %s", strerror(rc));
        (void)tcsetattr(p->tty, TCSANOW, &p->before);
        forget_crash();
        pump_free(p);
        return NULL;
    }
    return p;
}

void pump_stop(struct pump *p)
{
    atomic_store_explicit(&p->stop, true, memory_order_release);
    wake(p->wake_pump);
    pthread_join(p->thread, NULL);
    forget_crash();
    if (!atomic_load(&p->hung_up)) {
        ssize_t n = write(p->tty, LEAVE, sizeof LEAVE - 1);
        (void)n;
        (void)tcsetattr(p->tty, TCSANOW, &p->before);
    }
    pump_free(p);
}

int pump_frame_fd(const struct pump *p)
{
    return p->pipe_write;
}

int pump_wake_fd(const struct pump *p)
{
    return p->wake_reader;
}

void pump_clear(struct pump *p)
{
    unwake(p->wake_reader);
}

bool pump_next_key(struct pump *p, struct key *k)
{
    size_t n;
    const void *at = ring_peek_spsc(&p->keys, &n);
    if (!at || n != sizeof *k) {
        return false;
    }
    memcpy(k, at, sizeof *k);
    ring_release_spsc(&p->keys);
    return true;
}

uint64_t pump_frames_done(const struct pump *p)
{
    return atomic_load_explicit(&p->frames_done, memory_order_acquire);
}

uint64_t pump_bytes(const struct pump *p)
{
    return atomic_load_explicit(&p->bytes, memory_order_relaxed);
}

bool pump_hung_up(const struct pump *p)
{
    return atomic_load_explicit(&p->hung_up, memory_order_acquire);
}

bool pump_size(const struct pump *p, int *rows, int *cols)
{
    struct winsize w;
    if (ioctl(p->tty, TIOCGWINSZ, &w) != 0 || w.ws_row == 0 || w.ws_col == 0) {
        return false;
    }
    *rows = w.ws_row;
    *cols = w.ws_col;
    return true;
}

void pump_set_field(struct pump *p, bool open)
{
    atomic_store_explicit(&p->field_open, open, memory_order_relaxed);
}

void pump_raw_again(struct pump *p)
{
    atomic_store(&p->raw_wanted, true);
    wake(p->wake_pump);
}

void pump_hang_up(struct pump *p)
{
    set_hung_up(p);
    wake(p->wake_pump);
}

void pump_set_leave(const char *leave)
{
    size_t n = strnlen(leave, sizeof crash_leave - 1);
    memcpy(crash_leave, leave, n);
    crash_leave[n] = 0;
}

void pump_emergency_restore(void)
{
    int fd = atomic_exchange(&crash_tty, -1);
    if (fd < 0) {
        return;
    }
    if (write(fd, crash_leave, strlen(crash_leave)) >= 0) {
        ssize_t n = write(fd, LEAVE, sizeof LEAVE - 1);
        (void)n;
    }
    (void)tcsetattr(fd, TCSANOW, &crash_termios);
}
