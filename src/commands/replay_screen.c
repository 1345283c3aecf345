// SPDX-License-Identifier: Apache-2.0
// replay_screen: the player's thread. Tape time runs from an anchor: tape = anchor_tape + (clock -
// anchor_clock) * speed. A seek is a goal that the thread steps to as fast as it can, in slices, so that the
// screen lives meanwhile; going back starts from the beginning.
#include "commands/replay_screen.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

enum { COMMANDS_MAX = 32, SLICE_EVENTS = 2000, SPEED_MIN_X100 = 10, SPEED_MAX_X100 = 100000 };
static const int64_t NAP_NS = 5 * NS_PER_MS, IDLE_NS = 25 * NS_PER_MS;

struct transport_command {
    char verb;
    int64_t value;
};

struct player {
    struct replay *replay;
    struct publish snapshots;
    pthread_t thread;
    // -- console to player, under lock
    pthread_mutex_t lock;
    struct transport_command queue[COMMANDS_MAX];
    unsigned queued;
    bool stop;
    // -- player only
    bool paused, at_end;
    int64_t speed_x100;
    int64_t anchor_tape_ns, anchor_clock_ns;
    int64_t goal_mono_ns; // seek: step fast until the next event is later than this; 0 none
    uint64_t goal_event;  // seek: step fast until so many events have been stepped; 0 none
    char note[96];
};

// ------------------------------------------------------------------------------------------------- tape time

static int64_t tape_now_ns(const struct player *p)
{
    const struct event *ev = replay_event(p->replay);
    return ev ? ev->mono_ns : 0;
}

static void anchor(struct player *p)
{
    p->anchor_clock_ns = clock_mono_ns();
    p->anchor_tape_ns = tape_now_ns(p);
}

static int64_t due_ns(const struct player *p)
{
    int64_t real = clock_mono_ns() - p->anchor_clock_ns;
    return p->anchor_tape_ns + muldiv_floor(real, p->speed_x100, 100);
}

// -------------------------------------------------------------------------------------------------- commands

static void set_speed(struct player *p, int64_t x100)
{
    p->speed_x100 = x100 < SPEED_MIN_X100 ? SPEED_MIN_X100 : x100 > SPEED_MAX_X100 ? SPEED_MAX_X100 : x100;
    anchor(p);
}

// The next of 0.1 0.2 0.5 1 2 5 10 ... below or above.
static int64_t next_speed(int64_t x100, bool up)
{
    static const int64_t STEPS[] = {10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000};
    const size_t n = sizeof STEPS / sizeof STEPS[0];
    for (size_t i = 0; i < n; i++) {
        if (up && STEPS[i] > x100) {
            return STEPS[i];
        }
        if (!up && STEPS[n - 1 - i] < x100) {
            return STEPS[n - 1 - i];
        }
    }
    return x100;
}

static void back_to_start(struct player *p)
{
    struct error e = {0};
    replay_rewind(p->replay, &e);
    p->at_end = false;
    p->note[0] = '\0';
}

static void seek(struct player *p, int64_t wall_ns)
{
    const struct event *ev = replay_event(p->replay);
    if (!ev) {
        return;
    }
    int64_t mono_ns = ev->mono_ns + (wall_ns - ev->wall_ns);
    if (mono_ns < ev->mono_ns) {
        back_to_start(p);
    }
    p->goal_mono_ns = mono_ns > 0 ? mono_ns : 1;
}

static void step_back(struct player *p)
{
    uint64_t events = replay_events(p->replay);
    p->paused = true;
    if (events > 1) {
        back_to_start(p);
        p->goal_event = events - 1;
    }
}

static void command(struct player *p, struct transport_command c)
{
    switch (c.verb) {
    case 'r':
        p->paused = !p->paused;
        anchor(p);
        break;
    case ',':
    case '.':
        set_speed(p, next_speed(p->speed_x100, c.verb == '.'));
        break;
    case 's':
        set_speed(p, c.value);
        break;
    case '>':
        p->paused = true;
        p->goal_event = replay_events(p->replay) + 1;
        break;
    case '<':
        step_back(p);
        break;
    case 'g':
        seek(p, c.value);
        break;
    default:
        break;
    }
}

// ---------------------------------------------------------------------------------------------------- thread

// One event; false when there is none.
static bool step(struct player *p)
{
    struct error e = {0};
    switch (replay_step(p->replay, &e)) {
    case REPLAY_STEPPED:
        return true;
    case REPLAY_GAP:
        text_copy(p->note, sizeof p->note,
                  "events are missing here: what follows is not what the engine knew");
        return true;
    case REPLAY_FAILED:
        text_copy(p->note, sizeof p->note, e.text);
        break;
    case REPLAY_END:
        text_copy(p->note, sizeof p->note, "end of the tape; :seek goes back");
        break;
    }
    p->at_end = true;
    p->goal_mono_ns = 0;
    p->goal_event = 0;
    return false;
}

static bool goal_reached(struct player *p)
{
    if (p->goal_event) {
        return replay_events(p->replay) >= p->goal_event;
    }
    return replay_next_mono_ns(p->replay) > p->goal_mono_ns;
}

// Step what is due, a slice at most. True: there is more to do at once.
static bool play(struct player *p)
{
    bool seeking = p->goal_mono_ns || p->goal_event;
    if (p->at_end || (p->paused && !seeking)) {
        return false;
    }
    int64_t due = seeking ? 0 : due_ns(p);
    for (int i = 0; i < SLICE_EVENTS; i++) {
        if (seeking && goal_reached(p)) {
            p->goal_mono_ns = 0;
            p->goal_event = 0;
            anchor(p);
            return false;
        }
        if (!seeking && replay_next_mono_ns(p->replay) > due) {
            p->at_end = replay_next_mono_ns(p->replay) == INT64_MAX;
            if (p->at_end) {
                step(p); // says why it ended
            }
            return false;
        }
        if (!step(p)) {
            return false;
        }
    }
    return true;
}

static void publish(struct player *p)
{
    struct snapshot *s = publish_back(&p->snapshots);
    replay_snapshot(p->replay, s);
    s->shell.replay_paused = p->paused || p->at_end;
    s->shell.replay_speed_x100 = (int32_t)p->speed_x100;
    text_copy(s->shell.note, sizeof s->shell.note, p->note);
    publish_commit(&p->snapshots);
}

static bool take_commands(struct player *p)
{
    struct transport_command queue[COMMANDS_MAX];
    pthread_mutex_lock(&p->lock);
    unsigned n = p->queued;
    memcpy(queue, p->queue, n * sizeof queue[0]);
    p->queued = 0;
    bool stop = p->stop;
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < n; i++) {
        command(p, queue[i]);
    }
    return !stop;
}

static void *player_main(void *arg)
{
    struct player *p = arg;
    step(p); // something to show before the first frame
    anchor(p);
    publish(p);
    while (take_commands(p)) {
        bool more = play(p);
        if (publish_take_wish(&p->snapshots)) {
            publish(p);
        }
        if (!more) {
            nanosleep(&(struct timespec){.tv_nsec = p->paused || p->at_end ? IDLE_NS : NAP_NS}, NULL);
        }
    }
    return NULL;
}

// ----------------------------------------------------------------------------------- the console's callbacks

static void on_transport(void *ctx, char verb, int64_t value)
{
    struct player *p = ctx;
    pthread_mutex_lock(&p->lock);
    if (p->queued < COMMANDS_MAX) { // more than 32 keys in 25 ms: the rest is noise
        p->queue[p->queued++] = (struct transport_command){verb, value};
    }
    pthread_mutex_unlock(&p->lock);
}

// The past takes no orders; the console says so before it sends.
static bool on_send(void *ctx, const struct ev_operator *op, uint16_t instrument)
{
    (void)ctx;
    (void)op;
    (void)instrument;
    return true;
}

static void on_kill(void *ctx, int64_t key_mono_ns)
{
    (void)ctx;
    (void)key_mono_ns; // there is nothing to stop
}

static bool on_finished(void *ctx)
{
    (void)ctx;
    return false; // the end of the tape stays on the screen
}

// The player takes no signals: one that it took would be lost to the console (a resize, a request to end).
static bool start_player(struct player *p)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&p->thread, NULL, player_main, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static int show(struct player *p, struct console_config *console, struct error *e)
{
    if (!start_player(p)) {
        error_set(e, EXIT_OS, "replay: cannot start a thread");
        return EXIT_OS;
    }
    console->snapshots = &p->snapshots;
    console->ctx = p;
    console->send = on_send;
    console->kill_now = on_kill;
    console->transport = on_transport;
    console->finished = on_finished;
    enum console_end end = console_run(console, e);
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    return end == CONSOLE_ERROR ? e->exit_code : EXIT_OK;
}

int replay_screen(struct replay *r, int64_t speed_x100, struct console_config *console, struct error *e)
{
    struct player *p = memory_new_aligned(sizeof *p);
    if (!p) {
        error_set(e, EXIT_OS, "replay: no memory");
        return EXIT_OS;
    }
    p->replay = r;
    p->speed_x100 = speed_x100;
    publish_init(&p->snapshots);
    pthread_mutex_init(&p->lock, NULL);
    int code = show(p, console, e);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return code;
}
