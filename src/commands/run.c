// SPDX-License-Identifier: Apache-2.0
// `ticktower run`: the order in which the parts start and stop. The embedded venue first (before threads
// exist), then store, clerk, hot; the console or the headless wait; then in reverse.
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "commands/run_options.h"
#include "commands/run_report.h"
#include "live/crash.h"
#include "live/hot.h"
#include "live/session_setup.h"
#include "live/state_dir.h"
#include "live/store_thread.h"
#include "live/venue_child.h"
#include "tui/console.h"

enum { RECORD_RING_BYTES = 16 * 1024 * 1024 };

static const int64_t END_TIMEOUT_NS = 20 * NS_PER_S;
static const int64_t STORE_TIMEOUT_NS =
    5 * NS_PER_S; // a simulation that cannot be recorded is of no use: it ends

struct run {
    struct run_options o;
    struct state_dir dir;
    char config_text[16384];
    struct venue_child venue;
    struct signer *signer;
    struct ring records;
    struct live_shared shared;
    struct kill_line line;
    struct publish *publish;
    struct clerk *clerk;
    struct store_thread *store;
    struct hot *hot;
    struct snapshot *last;
    int64_t began_ns;
    int64_t venue_mono_ns; // when the venue said that it plays
};

static bool start_venue(struct run *r, struct error *e)
{
    const char *argv[VENUE_ARGS_MAX];
    char wallet[32];
    char maker[32];
    char taker[32];
    size_t n = 0;
    for (int i = 0; i < r->o.markets; i++) {
        argv[n++] = "--market";
        argv[n++] = r->o.market[i];
    }
    char window[24];
    snprintf(window, sizeof window, "%" PRId64, r->o.config.kill.accept_window_ns / NS_PER_MS);
    decimal_format(wallet, r->o.config.sim.wallet_e8, 8, 8);
    decimal_format(maker, r->o.config.sim.maker_fee_e8, 8, 8);
    decimal_format(taker, r->o.config.sim.taker_fee_e8, 8, 8);
    argv[n++] = "--speed";
    argv[n++] = r->o.speed;
    argv[n++] = "--wallet";
    argv[n++] = wallet;
    argv[n++] = "--maker-fee";
    argv[n++] = maker;
    argv[n++] = "--taker-fee";
    argv[n++] = taker;
    argv[n++] = "--nonce-window";
    argv[n++] = window;
    argv[n] = NULL;
    bool up = venue_child_start(&r->venue, argv, e);
    r->venue_mono_ns = clock_mono_ns();
    return up;
}

// --------------------------------------------------------------------------------------------------------------
// start

static bool start_store(struct run *r, struct error *e)
{
    struct store_setup s = {
        .records = &r->records,
        .shared = &r->shared,
        .tape_path = r->dir.tape,
        .db_path = r->dir.db,
        .export_dir = r->dir.sessions,
        .config = r->config_text,
        .info = {.session_id = r->dir.session_id,
                 .mode = "sim",
                 .venue = "sim@loopback",
                 .market = r->venue.hello.market,
                 .build = TT_VERSION,
                 .config = r->config_text,
                 .tape_path = r->dir.tape,
                 .started_wall_ns = clock_wall_ns()},
    };
    s.header.kind = TAPE_SESSION;
    s.header.created_wall_ns = s.info.started_wall_ns;
    text_copy(s.header.build, sizeof s.header.build, TT_VERSION);
    snprintf(s.header.origin, sizeof s.header.origin, "sim@loopback: %.200s", r->venue.hello.market);
    r->store = store_thread_start(&s, e);
    return r->store != NULL;
}

static bool start_clerk(struct run *r, struct error *e)
{
    struct clerk_setup s = {.host = "127.0.0.1",
                            .port = r->venue.hello.port,
                            .tls = r->venue.hello.tls,
                            .ca_pem = r->venue.hello.ca_pem,
                            .wake_fd = r->line.wake_fd};
    config_engine(&r->o.config, &s.wanted);
    r->clerk = clerk_start(&s, e);
    return r->clerk != NULL;
}

static bool start_hot(struct run *r, struct error *e)
{
    struct hot_setup s = {
        .mode = MODE_SIM,
        .seed = r->o.seed,
        .config_hash = config_hash(&r->o.config),
        .epoch = r->dir.epoch,
        .spin = r->o.spin,
        .venue = {[VENUE_ASTER] = {.host = "127.0.0.1",
                                   .port = r->venue.hello.port,
                                   .tls = r->venue.hello.tls,
                                   .ca_pem = r->venue.hello.ca_pem,
                                   .signer = r->signer,
                                   .clerk = r->clerk}},
        .publish = r->publish,
        .line = &r->line,
        .records = &r->records,
        .shared = &r->shared,
    };
    config_engine(&r->o.config, &s.engine);
    session_setup_make(&s.venue[VENUE_ASTER].session, &r->o.config, VENUE_ASTER, AUTH_EIP712);
    s.venue[VENUE_ASTER].session.derived_market = 1;
    text_copy(s.shell.mode_text, sizeof s.shell.mode_text, "SIM");
    text_copy(s.shell.venue_text, sizeof s.shell.venue_text, "sim@loopback");
    text_copy(s.shell.market_text, sizeof s.shell.market_text, r->venue.hello.market);
    text_copy(s.shell.session_id, sizeof s.shell.session_id, r->dir.session_id);
    text_copy(s.shell.tape_path, sizeof s.shell.tape_path, r->dir.tape);
    text_copy(s.shell.db_path, sizeof s.shell.db_path, r->dir.db);
    s.lap_ns = r->venue.hello.lap_ms * NS_PER_MS;
    s.lap_mono_ns = r->venue_mono_ns;
    s.shell.replay_speed_x100 = (int32_t)(strtod(r->o.speed, NULL) * 100 + 0.5);
    r->hot = hot_start(&s, e);
    return r->hot != NULL;
}

static bool start_all(struct run *r, struct error *e)
{
    char base[320];
    if (r->o.state) {
        text_copy(base, sizeof base, r->o.state);
    } else if (!state_dir_default(base, sizeof base, e)) {
        return false;
    }
    r->publish = memory_new_aligned(sizeof *r->publish);
    r->last = calloc(1, sizeof *r->last);
    if (!r->publish || !r->last || !ring_init_spsc(&r->records, RECORD_RING_BYTES)) {
        return error_set(e, EXIT_OS, "out of memory (40 MiB needed)");
    }
    publish_init(r->publish);
    live_shared_init(&r->shared);
    if (!state_dir_open(&r->dir, base, MODE_SIM, r->o.config.alias, e) || !start_venue(r, e) ||
        !kill_line_init(&r->line, e)) {
        return false;
    }
    struct venue_hello *v = &r->venue.hello;
    r->signer = signer_new_eip712(v->signer_key, v->user, v->signer, v->chain_id, true, e);
    explicit_bzero(v->signer_key, sizeof v->signer_key);
    return r->signer && start_store(r, e) && start_clerk(r, e) && start_hot(r, e);
}

// ----------------------------------------------------------------------------------------------------------------
// end

static void send_quit(struct run *r, enum quit_choice choice)
{
    struct ev_operator op = {
        .actor = ACTOR_OPERATOR, .verb = VERB_QUIT, .value = choice, .key_mono_ns = clock_mono_ns()};
    kill_line_send(&r->line, &op, INSTRUMENT_NONE);
}

static void await_end(struct run *r)
{
    int64_t end = clock_mono_ns() + END_TIMEOUT_NS;
    while (!hot_finished(r->hot) && clock_mono_ns() < end) {
        usleep(5000);
    }
    hot_stop(r->hot);
}

static long rss_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        fclose(f);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

// Stop what was started; returns the exit code.
static int stop_all(struct run *r, struct run_totals *t)
{
    struct error e = {0};
    t->exit_code = EXIT_OK;
    t->stored = true;
    if (r->hot) {
        t->seconds = (double)(clock_mono_ns() - r->began_ns) / 1e9;
        t->rss_kib = rss_kib();
        t->exit_code = hot_join(r->hot, r->last);
        t->handshakes = atomic_load(&r->shared.handshakes);
    }
    clerk_stop(r->clerk);
    if (r->store && !store_thread_stop(r->store, &e)) {
        t->stored = false;
        fprintf(stderr, "ticktower run: not everything was stored: %s\n", e.text);
        t->exit_code = t->exit_code ? t->exit_code : EXIT_CANT_CREATE;
    }
    int status = venue_child_stop(&r->venue);
    if (status != 0) {
        fprintf(stderr,
                "ticktower run: the embedded venue did not end well (%s %d): its own message is above\n",
                WIFSIGNALED(status) ? "signal" : "exit",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        t->exit_code = t->exit_code ? t->exit_code : EXIT_UNAVAILABLE;
    }
    signer_free(r->signer);
    state_dir_close(&r->dir);
    return t->exit_code;
}

// -----------------------------------------------------------------------------------------------------------
// headless

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    static const int ASYNC[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGTSTP, SIGTTIN,
                                SIGTTOU, SIGWINCH, SIGCONT, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ASYNC / sizeof *ASYNC; i++) {
        sigaddset(set, ASYNC[i]);
    }
    sigprocmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // `ulimit -f`: a write that fails is told as such
}

// Until the time is up, a signal says so, or the engine ends.
static void headless_wait(struct run *r)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    int64_t end = r->o.for_ns ? clock_mono_ns() + r->o.for_ns : INT64_MAX;
    int64_t stored_ns = clock_mono_ns();
    while (!hot_finished(r->hot) && clock_mono_ns() < end && clock_mono_ns() - stored_ns < STORE_TIMEOUT_NS) {
        stored_ns = atomic_load(&r->shared.store_failed) ? stored_ns : clock_mono_ns();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left_ms = (end - clock_mono_ns()) / NS_PER_MS + 1;
        if (poll(&p, 1, left_ms < 200 ? (int)left_ms : 200) > 0) {
            break;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    send_quit(r, QUIT_CANCEL);
    await_end(r);
}

// ------------------------------------------------------------------------------------------------------------
// console

static bool console_send(void *ctx, const struct ev_operator *op, uint16_t instrument)
{
    struct run *r = ctx;
    return kill_line_send(&r->line, op, instrument);
}

static void console_kill(void *ctx, int64_t key_mono_ns)
{
    struct run *r = ctx;
    kill_line_kill(&r->line, key_mono_ns);
}

static bool console_export(void *ctx)
{
    struct run *r = ctx;
    store_thread_export(r->store);
    return true;
}

static void console_note(void *ctx, char *to, size_t cap)
{
    struct run *r = ctx;
    live_shared_read_note(&r->shared, to, (unsigned)cap);
}

static bool console_finished(void *ctx)
{
    struct run *r = ctx;
    return hot_finished(r->hot);
}

static struct console_config console_setup(struct run *r)
{
    return (struct console_config){
        .snapshots = r->publish,
        .ctx = r,
        .send = console_send,
        .kill_now = console_kill,
        .export_now = console_export,
        .note = console_note,
        .finished = console_finished,
        .ascii = r->o.ascii || r->o.config.console.glyphs == 1,
        .utf8 = r->o.utf8 || r->o.config.console.glyphs == 2,
        .mono = r->o.mono || r->o.config.console.palette == 1,
        .fps = (int)r->o.config.console.fps,
        .stray_guard = r->o.config.console.stray_guard != 0,
    };
}

static int with_console(struct run *r)
{
    struct console_config c = console_setup(r);
    struct error e = {0};
    setpriority(PRIO_PROCESS, 0, 0);
    enum console_end end = console_run(&c, &e);
    if (!hot_finished(r->hot)) {
        send_quit(r, QUIT_CANCEL); // hang-up or a broken terminal: leave no orders
    }
    await_end(r);
    if (end == CONSOLE_ERROR) {
        return command_fail("run", &e);
    }
    return EXIT_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// main

// No text: the venue has told already (venue_child.h).
static int run_it(struct run *r)
{
    struct error e = {0};
    struct run_totals t = {0};
    int console_code = EXIT_OK;
    sigset_t blocked;
    struct console_config c = console_setup(r);
    if (!r->o.headless && !console_check(&c, &e)) {
        return command_fail("run", &e);
    }
    block_signals(&blocked);
    crash_install(r->o.headless ? NULL : console_restore_terminal);
    r->began_ns = clock_mono_ns();
    if (!start_all(r, &e)) {
        command_fail("run", &e);
        stop_all(r, &t);
        return e.exit_code;
    }
    if (r->o.headless) {
        headless_wait(r);
    } else {
        console_code = with_console(r);
    }
    int code = stop_all(r, &t);
    if (r->o.json) {
        run_report_json(stdout, r->last, &t);
    } else {
        run_report_text(stdout, r->last, &t);
    }
    return console_code ? console_code : code;
}

int cmd_run(int argc, char **argv)
{
    struct error e = {0};
    struct run *r = memory_new_aligned(sizeof *r);
    if (!r) {
        error_set(&e, EXIT_OS, "out of memory");
        return command_fail("run", &e);
    }
    int code;
    if (!run_options_parse(&r->o, argc, argv, &e)) {
        code = command_fail("run", &e);
    } else if (r->o.help) {
        fputs(RUN_HELP, stdout);
        code = EXIT_OK;
    } else if (config_format(&r->o.config, r->config_text, sizeof r->config_text) == 0) {
        error_set(&e, EXIT_USAGE, "the configuration is too long");
        code = command_fail("run", &e);
    } else {
        code = run_it(r);
    }
    kill_line_free(&r->line);
    ring_free(&r->records);
    free(r->publish);
    free(r->last);
    free(r);
    return code;
}
