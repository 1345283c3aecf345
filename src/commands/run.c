// SPDX-License-Identifier: Apache-2.0
// `ticktower run`: the order in which the parts start and stop. The embedded venue first (before threads
// exist), then store, clerk, hot; the console or the headless wait; then in reverse.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/command_line.h"
#include "commands/commands.h"
#include "commands/preflight.h"
#include "commands/run_options.h"
#include "commands/run_report.h"
#include "live/account_keeper.h"
#include "live/crash.h"
#include "live/gate.h"
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
    struct preflight pre; // endpoints and their signers
    char venue_text[128], market_text[256];
    struct nonce nonce[VENUE_COUNT];
    struct account_keeper *account; // NULL: sim, paper
    int64_t day_pnl_e8;
    struct paper_config paper[VENUE_COUNT];
    struct ring records;
    struct live_shared shared;
    struct kill_line line;
    struct publish *publish;
    struct clerk *clerk[VENUE_COUNT];
    struct store_thread *store;
    struct hot *hot;
    struct snapshot *last;
    int64_t began_ns;
    int64_t venue_mono_ns; // when the venue said that it plays
};

static bool start_venue(struct run *r, struct error *e)
{
    bool up = preflight_start_venue(&r->venue, &r->o, e);
    r->venue_mono_ns = clock_mono_ns();
    return up;
}

// --------------------------------------------------------------------------------------------------------------
// start

// "sim@embedded", or the names of the endpoints.
static void name_venues(struct run *r)
{
    size_t n = 0;
    r->venue_text[0] = 0;
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        if (r->pre.used[v] && n < sizeof r->venue_text) {
            n += (size_t)snprintf(r->venue_text + n, sizeof r->venue_text - n, "%s%s", n ? " " : "",
                                  r->pre.endpoint[v].name);
        }
    }
    if (r->o.mode == MODE_SIM) {
        text_copy(r->venue_text, sizeof r->venue_text, "sim@loopback");
        text_copy(r->market_text, sizeof r->market_text, r->venue.hello.market);
    } else {
        snprintf(r->market_text, sizeof r->market_text, "live data of %.200s", r->venue_text);
    }
}

static bool start_store(struct run *r, struct error *e)
{
    struct store_setup s = {
        .records = &r->records,
        .shared = &r->shared,
        .account = r->account,
        .tape_path = r->dir.tape,
        .db_path = r->dir.db,
        .export_dir = r->dir.sessions,
        .config = r->config_text,
        .info = {.session_id = r->dir.session_id,
                 .mode = preflight_mode_name(r->o.mode),
                 .venue = r->venue_text,
                 .market = r->market_text,
                 .build = TT_VERSION,
                 .config = r->config_text,
                 .tape_path = r->dir.tape,
                 .started_wall_ns = clock_wall_ns()},
    };
    s.header.kind = TAPE_SESSION;
    s.header.created_wall_ns = s.info.started_wall_ns;
    text_copy(s.header.build, sizeof s.header.build, TT_VERSION);
    snprintf(s.header.origin, sizeof s.header.origin, "%.60s: %.150s", r->venue_text, r->market_text);
    r->store = store_thread_start(&s, e);
    return r->store != NULL;
}

static bool start_clerks(struct run *r, struct error *e)
{
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        const struct endpoint *ep = &r->pre.endpoint[v];
        if (!r->pre.used[v]) {
            continue;
        }
        struct clerk_setup s = {.host = ep->host,
                                .port = ep->port,
                                .tls = ep->tls,
                                .ca_pem = endpoint_ca(ep),
                                .api_key = ep->signer ? signer_api_key(ep->signer) : NULL,
                                .wake_fd = r->line.wake_fd};
        config_engine(&r->o.config, &s.wanted);
        r->clerk[v] = clerk_start(&s, e);
        if (!r->clerk[v]) {
            return false;
        }
    }
    return true;
}

static void set_paper(struct run *r, enum venue_id v, const struct session_config *s)
{
    struct paper_config *p = &r->paper[v];
    *p = (struct paper_config){.venue = (uint8_t)v,
                               .isolated = s->isolated,
                               .leverage = s->leverage,
                               .instrument_count = s->instrument_count,
                               .wallet_e8 = r->o.config.sim.wallet_e8,
                               .maker_fee_e8 = r->o.config.sim.maker_fee_e8,
                               .taker_fee_e8 = r->o.config.sim.taker_fee_e8,
                               .entry_ns = r->o.config.paper.entry_ns,
                               .answer_ns = r->o.config.paper.answer_ns,
                               .reconcile_ns = s->reconcile_positions_ns,
                               .seed = r->o.seed};
    memcpy(p->instruments, s->instruments, sizeof p->instruments);
}

// One generator per signer, also when two venues sign with the same key: nonces are unique per signer.
static struct nonce *nonce_of(struct run *r, enum venue_id v)
{
    const struct signer *own = r->pre.endpoint[v].signer;
    enum venue_id first = VENUE_ASTER;
    while (first < v &&
           !(own && r->pre.endpoint[first].signer &&
             strcasecmp(signer_address(own), signer_address(r->pre.endpoint[first].signer)) == 0)) {
        first++;
    }
    if (r->nonce[first].last_us < r->pre.endpoint[v].nonce_us) {
        r->nonce[first].last_us = r->pre.endpoint[v].nonce_us;
    }
    return &r->nonce[first];
}

static void set_venue(struct run *r, enum venue_id v, struct hot_venue_setup *s)
{
    struct endpoint *ep = &r->pre.endpoint[v];
    *s = (struct hot_venue_setup){.host = ep->host,
                                  .port = ep->port,
                                  .tls = ep->tls,
                                  .ws_host = ep->ws_host,
                                  .ws_port = ep->ws_port,
                                  .ws_tls = ep->ws_tls,
                                  .ca_pem = endpoint_ca(ep),
                                  .signer = ep->signer,
                                  .nonce = nonce_of(r, v),
                                  .clerk = r->clerk[v]};
    session_setup_make(&s->session, &r->o.config, v, (enum auth_scheme)ep->auth);
    s->session.derived_market = r->o.mode == MODE_SIM;
    s->session.public_only = !ep->keys;
    if (r->o.mode == MODE_PAPER) {
        set_paper(r, v, &s->session);
        s->paper = &r->paper[v];
    }
}

static void set_shell(const struct run *r, struct snap_shell *s)
{
    static const char *const MODES[] = {
        [MODE_SIM] = "SIM", [MODE_PAPER] = "PAPER", [MODE_TESTNET] = "TESTNET", [MODE_LIVE] = "LIVE"};
    text_copy(s->mode_text, sizeof s->mode_text, MODES[r->o.mode]);
    text_copy(s->venue_text, sizeof s->venue_text, r->venue_text);
    text_copy(s->market_text, sizeof s->market_text, r->market_text);
    text_copy(s->session_id, sizeof s->session_id, r->dir.session_id);
    text_copy(s->tape_path, sizeof s->tape_path, r->dir.tape);
    text_copy(s->db_path, sizeof s->db_path, r->dir.db);
    s->replay_speed_x100 = (int32_t)(strtod(r->o.speed, NULL) * 100 + 0.5);
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        if (r->pre.used[v]) {
            text_copy(s->site[v].name, sizeof s->site[v].name, r->pre.endpoint[v].name);
            text_copy(s->site[v].market, sizeof s->site[v].market,
                      r->o.mode == MODE_SIM ? r->venue.hello.site[v].market : "live data");
        }
    }
}

static bool start_hot(struct run *r, struct error *e)
{
    struct hot_setup s = {
        .mode = r->o.mode,
        .seed = r->o.seed,
        .config_hash = config_hash(&r->o.config),
        .epoch = r->dir.epoch,
        .day_pnl_e8 = r->day_pnl_e8,
        .spin = r->o.spin,
        .publish = r->publish,
        .line = &r->line,
        .records = &r->records,
        .shared = &r->shared,
    };
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        if (r->pre.used[v]) {
            set_venue(r, v, &s.venue[v]);
        }
    }
    config_engine(&r->o.config, &s.engine);
    set_shell(r, &s.shell);
    if (r->o.mode == MODE_SIM) {
        s.lap_ns = r->venue.hello.lap_ms * NS_PER_MS;
        s.lap_mono_ns = r->venue_mono_ns;
    }
    r->hot = hot_start(&s, e);
    return r->hot != NULL;
}

// The account's memory: nonces go on above the last, the day's loss limit above the day's result.
static bool open_account(struct run *r, struct error *e)
{
    if (r->o.mode == MODE_SIM || r->o.mode == MODE_PAPER) {
        return true; // an account of one run
    }
    struct account_db *db = account_db_open(r->dir.account_db, e);
    int64_t now = clock_wall_ns();
    if (!db || !account_db_begin(db, r->dir.epoch, r->dir.session_id, now, e)) {
        account_db_close(db);
        return false;
    }
    account_db_day(db, now / NS_PER_S / 86400, &r->day_pnl_e8);
    r->account = account_keeper_new(db, &r->shared);
    return r->account || error_set(e, EXIT_OS, "out of memory");
}

static void open_nonces(struct run *r)
{
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        struct endpoint *ep = &r->pre.endpoint[v];
        if (r->account && ep->signer && ep->auth == AUTH_EIP712) {
            ep->nonce_us = account_keeper_signer(r->account, v, signer_address(ep->signer));
        }
    }
}

// What will be traded with, for the person who is asked.
static void describe(const struct run *r, char *to, size_t cap)
{
    const struct config *c = &r->o.config;
    snprintf(to, cap, "%s, at most %.2f USDT of position, %.2f USDT of loss a day", r->venue_text,
             (double)c->limit[LIMIT_GROSS_VALUE] / 1e8,
             (double)c->capital_e8 / 1e8 * ((double)c->limit[LIMIT_DAY_LOSS] / 1e8));
}

static bool open_outside(struct run *r, const char *base, struct error *e)
{
    char what[256];
    struct checks *c = &r->pre.checks;
    if (r->o.mode == MODE_LIVE) {
        gate_config(c, &r->o.config, r->o.config_path);
    }
    preflight_outside(&r->pre, &r->o.config, r->o.mode, true, true);
    name_venues(r);
    open_nonces(r);
    if (r->o.mode != MODE_PAPER) {
        preflight_look(&r->pre, &r->o.config, r->o.mode, base);
    }
    if (!gate_tell(c, "run", stderr)) {
        return error_set(e, EXIT_REFUSED, "%s", "");
    }
    describe(r, what, sizeof what);
    return r->o.mode != MODE_LIVE || gate_typed_word(r->o.config.alias, what, e);
}

static bool open_venues(struct run *r, const char *base, struct error *e)
{
    if (r->o.mode != MODE_SIM) {
        return open_outside(r, base, e);
    }
    bool ok = start_venue(r, e) && preflight_embedded(&r->pre, &r->o.config, &r->venue.hello, e);
    name_venues(r);
    return ok;
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
    return state_dir_open(&r->dir, base, r->o.mode, r->o.config.alias, e) && open_account(r, e) &&
           open_venues(r, base, e) && kill_line_init(&r->line, e) && start_store(r, e) &&
           start_clerks(r, e) && start_hot(r, e);
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
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        clerk_stop(r->clerk[v]);
    }
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
    account_keeper_free(r->account);
    preflight_free(&r->pre);
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

// --resume: what the key p does, once every venue is ready; asked again each second while a cause lasts.
// True: nothing is paused any more.
static bool resume_once_ready(struct run *r, int64_t *next_ns)
{
    bool is_new;
    bool paused = false;
    int64_t now = clock_mono_ns();
    if (now < *next_ns) {
        return false;
    }
    *next_ns = now + NS_PER_S;
    publish_ask(r->publish);
    const struct snapshot *s = publish_read(r->publish, &is_new);
    for (int v = 0; v < VENUE_COUNT; v++) {
        if (r->pre.used[v] && !s->venue[v].ready) {
            return false;
        }
    }
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        paused |= s->ins[i].maker_paused != 0;
    }
    if (paused) {
        struct ev_operator op = {.actor = ACTOR_OPERATOR, .verb = VERB_RESUME, .key_mono_ns = now};
        kill_line_send(&r->line, &op, INSTRUMENT_NONE);
    }
    return !paused;
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
    int64_t resume_ns = 0;
    bool resumed = !r->o.resume;
    while (!hot_finished(r->hot) && clock_mono_ns() < end && clock_mono_ns() - stored_ns < STORE_TIMEOUT_NS) {
        stored_ns = atomic_load(&r->shared.store_failed) ? stored_ns : clock_mono_ns();
        resumed = resumed || resume_once_ready(r, &resume_ns);
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
