// SPDX-License-Identifier: Apache-2.0
// Tries to find a known secret where it must not be: whole sessions on loopback, live with a wallet's key and
// with an HMAC secret, and sim with the key of its embedded venue; ended in order, by SIGTERM, by SIGSEGV and
// by SIGABRT. Searched: everything below the state directory (database, journals, exports as they are; tape
// headers and events decompressed), all that was written to the terminal, command line and environment of the
// program and its children, core files, and all memory but the locked pages. Forms: hexadecimal in either
// case, raw bytes in both orders, base64.
//
// The search itself is tested first: it must find the secret in the key file and in the locked pages.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/sanitizer.h"
#include "commands/commands.h"
#include "e2e/live_rig.h"
#include "live/alloc_pool.h"
#include "store/tape.h"
#include "wire/decode.h"
#include "wire/hex.h"

enum { NEEDLES_MAX = 8, NEEDLE_MAX = 96 };

static struct rig rig;

// ------------------------------------------------------------------------------------------------------------
// needles

struct needle {
    const char *form;
    uint8_t bytes[NEEDLE_MAX];
    size_t n;
    bool any_case;
};

static struct {
    struct needle a[NEEDLES_MAX];
    size_t count;
} needles;

static void add_needle(const char *form, const void *bytes, size_t n, bool any_case)
{
    struct needle *x = &needles.a[needles.count++];
    assert_true(needles.count <= NEEDLES_MAX && n <= NEEDLE_MAX && n >= 32);
    x->form = form;
    memcpy(x->bytes, bytes, n);
    x->n = n;
    x->any_case = any_case;
}

static void add_base64(const char *form, const uint8_t *b, size_t n)
{
    static const char ABC[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[NEEDLE_MAX];
    size_t len = 0;
    for (size_t i = 0; i + 3 <= n; i += 3) { // whole groups: what follows depends on padding
        uint32_t v = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 | b[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) {
            text[len++] = ABC[v >> shift & 63];
        }
    }
    add_needle(form, text, len, false);
}

static void look_for_key(const char *hex)
{
    uint8_t raw[32], back[32];
    hex += hex[1] == 'x' ? 2 : 0;
    assert_true(strlen(hex) == 64 && hex_decode(raw, hex, 32));
    for (int i = 0; i < 32; i++) {
        back[i] = raw[31 - i];
    }
    needles.count = 0;
    add_needle("hex", hex, 64, true);
    add_needle("raw", raw, 32, false);
    add_needle("raw, last byte first", back, 32, false);
    add_base64("base64", raw, 32);
}

static void look_for_secret(const char *text)
{
    char hex[2 * NEEDLE_MAX];
    needles.count = 0;
    assert_int_equal(strlen(text), 64);
    add_needle("text", text, 64, false);
    hex_encode(hex, (const uint8_t *)text, 32);
    add_needle("hex of its first half", hex, 64, true);
    add_base64("base64", (const uint8_t *)text, 64);
    uint8_t pad[64];
    for (int i = 0; i < 64; i++) { // what HMAC keeps of it
        pad[i] = (uint8_t)(text[i] ^ 0x36);
    }
    add_needle("inner pad", pad, 64, false);
    for (int i = 0; i < 64; i++) {
        pad[i] = (uint8_t)(text[i] ^ 0x5c);
    }
    add_needle("outer pad", pad, 64, false);
}

static bool same(const struct needle *x, const uint8_t *p)
{
    if (!x->any_case) {
        return memcmp(p, x->bytes, x->n) == 0;
    }
    for (size_t i = 0; i < x->n; i++) {
        if (tolower(p[i]) != tolower(x->bytes[i])) {
            return false;
        }
    }
    return true;
}

// The form in which some needle stands in these bytes, or NULL.
static const char *find(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    for (size_t k = 0; k < needles.count; k++) {
        const struct needle *x = &needles.a[k];
        uint8_t low = (uint8_t)tolower(x->bytes[0]), high = (uint8_t)toupper(x->bytes[0]);
        for (size_t i = 0; i + x->n <= n; i++) {
            bool begins = x->any_case ? p[i] == low || p[i] == high : p[i] == x->bytes[0];
            if (begins && same(x, p + i)) {
                return x->form;
            }
        }
    }
    return NULL;
}

static void expect_clean(const char *where, const void *bytes, size_t n)
{
    const char *form = find(bytes, n);
    if (form) {
        fail_msg("the secret stands in %s (%s)", where, form);
    }
}

// ------------------------------------------------------------------------------------------------------------
// files

static size_t files_seen, tapes_seen;

static void search_tape(const char *path)
{
    struct error e = {0};
    struct tape_reader *t = tape_open(path, &e);
    if (!t) {
        fail_msg("%s", e.text);
    }
    const char *config = tape_config(t);
    const struct event *ev;
    uint64_t events = 0;
    expect_clean(path, config, strlen(config));
    expect_clean(path, tape_header(t), sizeof *tape_header(t));
    for (; (ev = tape_next(t, &e)) != NULL; events++) {
        expect_clean(path, ev, ev->size);
    }
    assert_true(events > 100);
    tape_reader_close(t);
    tapes_seen++;
}

static int search_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    if (type != FTW_F || st->st_size == 0) {
        return 0;
    }
    uint8_t *bytes = malloc((size_t)st->st_size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && bytes);
    ssize_t n = read(fd, bytes, (size_t)st->st_size);
    close(fd);
    assert_true(n > 0);
    expect_clean(path, bytes, (size_t)n);
    free(bytes);
    files_seen++;
    size_t len = strlen(path);
    if (len > 5 && strcmp(path + len - 5, ".tape") == 0) {
        search_tape(path);
    }
    return 0;
}

static void search_state(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/state", rig.dir);
    files_seen = tapes_seen = 0;
    assert_int_equal(nftw(path, search_file, 8, FTW_PHYS), 0);
    assert_true(files_seen >= 3 && tapes_seen >= 1);
}

// ------------------------------------------------------------------------------------------------------------
// processes

static size_t read_proc(pid_t pid, const char *what, uint8_t *to, size_t cap)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    for (ssize_t got; fd >= 0 && n < cap && (got = read(fd, to + n, cap - n)) > 0;) {
        n += (size_t)got;
    }
    if (fd >= 0) {
        close(fd);
    }
    return n;
}

static pid_t parent_of(pid_t pid)
{
    uint8_t text[512] = "";
    int parent = 0;
    size_t n = read_proc(pid, "stat", text, sizeof text - 1);
    text[n] = 0;
    const char *end = strrchr((char *)text, ')');
    return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

// The program and its children: what any user (command line) or any process of this user can read.
static size_t search_process(pid_t pid)
{
    static uint8_t text[1 << 20];
    size_t seen = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        pid_t p = (pid_t)strtol(e->d_name, NULL, 10);
        if (p > 0 && (p == pid || parent_of(p) == pid)) {
            size_t n = read_proc(p, "cmdline", text, sizeof text);
            assert_true(n > 0);
            expect_clean("a command line", text, n);
            expect_clean("an environment", text, read_proc(p, "environ", text, sizeof text));
            seen++;
        }
    }
    closedir(d);
    return seen;
}

struct scan {
    int mem;
    size_t open_bytes, kept_bytes; // outside and inside of what is locked and not dumped
    bool kept_found;
    const char *leak;
    char leak_at[256];
};

static void scan_range(struct scan *s, uint64_t from, uint64_t to, bool kept, const char *head)
{
    enum { CHUNK = 1 << 20, OVERLAP = NEEDLE_MAX };
    static uint8_t buf[CHUNK + OVERLAP];
    for (uint64_t at = from; at < to; at += CHUNK) {
        size_t want = to - at < CHUNK + OVERLAP ? (size_t)(to - at) : CHUNK + OVERLAP;
        ssize_t got = pread(s->mem, buf, want, (off_t)at);
        if (got <= 0) {
            return; // a guard page, [vvar]
        }
        const char *form = find(buf, (size_t)got);
        *(kept ? &s->kept_bytes : &s->open_bytes) += (size_t)got;
        if (form && kept) {
            s->kept_found = true;
        } else if (form && !s->leak) {
            s->leak = form;
            snprintf(s->leak_at, sizeof s->leak_at, "%.200s", head);
        }
    }
}

// What a core or a debugger would show: every mapping, told apart by its flags in smaps ("lo": locked, "dd":
// not dumped).
static struct scan scan_memory(pid_t pid)
{
    char path[64], line[512], head[512] = "";
    struct scan s = {0};
    uint64_t from = 0, to = 0;
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    s.mem = open(path, O_RDONLY | O_CLOEXEC);
    if (s.mem < 0) {
        return s;
    }
    snprintf(path, sizeof path, "/proc/%d/smaps", pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        unsigned long long a, b;
        char mode[8];
        if (sscanf(line, "%llx-%llx %7s", &a, &b, mode) == 3) {
            from = mode[0] == 'r' ? a : 0;
            to = b;
            snprintf(head, sizeof head, "%s", line);
        } else if (strncmp(line, "VmFlags:", 8) == 0 && from) {
            scan_range(&s, from, to, strstr(line, " lo") && strstr(line, " dd"), head);
        }
    }
    if (f) {
        fclose(f);
    }
    close(s.mem);
    return s;
}

static void search_memory(pid_t pid)
{
    if (SANITIZED_ADDRESS || SANITIZED_THREAD) {
        print_message("memory: not searched, a sanitizer keeps terabytes of its own\n");
        return;
    }
    kill(pid, SIGSTOP); // as it stands at one moment, in the middle of trading
    struct scan s = scan_memory(pid);
    kill(pid, SIGCONT);
    if (s.open_bytes == 0) {
        assert_int_not_equal(geteuid(), 0);
        print_message("memory: cannot be looked into by a process of the same user\n");
        return;
    }
    print_message(
        "memory: %zu MiB searched through /proc/PID/mem, %zu KiB of it locked and kept out of cores\n",
        s.open_bytes >> 20, s.kept_bytes >> 10);
    assert_true(s.kept_found); // else the search finds nothing at all
    if (s.leak) {
        fail_msg("the secret stands in memory outside the locked pages (%s): %s", s.leak, s.leak_at);
    }
}

// What a debugger with the right to attach would write.
static void search_gcore(pid_t pid)
{
    char command[256], path[160];
    if (SANITIZED_ADDRESS || SANITIZED_THREAD) {
        return;
    }
    snprintf(path, sizeof path, "%s/gcore", rig.dir);
    snprintf(command, sizeof command, "command -v gdb >/dev/null && gcore -o %s %d >/dev/null 2>&1", path,
             pid);
    if (system(command) != 0) {
        print_message("gcore: not there, or not allowed to attach\n");
        return;
    }
    struct stat st;
    snprintf(path, sizeof path, "%s/gcore.%d", rig.dir, pid);
    assert_int_equal(stat(path, &st), 0);
    print_message("gcore: %lld MiB searched\n", (long long)(st.st_size >> 20));
    search_file(path, &st, FTW_F, NULL);
    unlink(path);
}

// ------------------------------------------------------------------------------------------------------------
// sessions

static void allow_core(void *arg)
{
    (void)arg;
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &all);
    if (chdir(rig.dir) != 0) {
        _exit(126);
    }
}

struct session {
    pid_t pid;
    int master;
};

static struct session start_live(const char *const *words, const char *mode_word)
{
    const char *argv[RIG_ARGS_MAX];
    char conf[128], state[128], program[1024];
    struct session s;
    struct winsize ws = {.ws_row = 48, .ws_col = 160};
    rig_argv(&rig, argv, words, conf, state);
    assert_non_null(realpath(argv[0], program));
    rig.out_len = 0;
    rig.out[0] = 0;
    s.pid = forkpty(&s.master, NULL, NULL, &ws);
    if (s.pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        allow_core(NULL);
        execv(program, (char *const *)argv);
        _exit(127);
    }
    assert_true(s.pid > 0);
    if (!rig_read_tty(&rig, s.master, "to start: ")) {
        fail_msg("%s: not asked: %s", mode_word, rig.out);
    }
    assert_int_equal(write(s.master, "test-acct\r", 10), 10);
    return s;
}

static int end_live(struct session *s)
{
    rig_read_tty(&rig, s->master, NULL);
    close(s->master);
    int code = rig_wait(s->pid);
    expect_clean("the terminal", rig.out, rig.out_len);
    return code;
}

static bool core_there(void)
{
    DIR *d = opendir(rig.dir);
    bool found = false;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        found |= strncmp(e->d_name, "core", 4) == 0;
    }
    closedir(d);
    return found;
}

static const char *const HEADLESS[] = {"run",      "--live", "--headless", "--resume", "--for", "9s",
                                       "--config", "CONF",   "--state",    "STATE",    NULL};
static const char *const SCREEN[] = {"run", "--live", "--config", "CONF", "--state", "STATE", NULL};

static void whole_session(void)
{
    struct session s = start_live(HEADLESS, "headless");
    usleep(6500000);                            // it has quoted by then
    assert_int_equal(search_process(s.pid), 1); // live has no children
    search_memory(s.pid);
    search_gcore(s.pid);
    assert_int_equal(end_live(&s), 0);
    const char *sent = strstr(rig.out, " orders sent");
    assert_non_null(sent);
    assert_true(sent > rig.out + 1);
    if (sent[-1] == '0' &&
        !isdigit((unsigned char)sent[-2])) { // signed orders left, else nothing was at risk
        fail_msg("no order was sent: %s", rig.out);
    }
    search_state();
}

static void crash_session(int sig)
{
    struct session s = start_live(HEADLESS, "crash");
    usleep(3000000);
    kill(s.pid, sig);
    assert_int_equal(end_live(&s), 70);
    assert_non_null(strstr(rig.out, "fatal signal"));
    assert_false(core_there());
    search_state();
}

static void write_key(const char *text)
{
    rig_write(&rig, "key", 0600, "venue = aster\nnetwork = mainnet\n%s\nwithdraw = no\n", text);
}

static void the_search_finds(void **state)
{
    (void)state;
    char text[128];
    struct stat st;
    snprintf(text, sizeof text, "signer_key = %s", rig_hello(&rig, "signer_key"));
    write_key(text);
    look_for_key(rig_hello(&rig, "signer_key"));
    snprintf(text, sizeof text, "%s/key", rig.dir);
    assert_int_equal(stat(text, &st), 0);
    char bytes[512];
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    assert_string_equal(find(bytes, (size_t)n), "hex");
    for (ssize_t i = 0; i < n; i++) {
        bytes[i] = (char)toupper(bytes[i]);
    }
    assert_string_equal(find(bytes, (size_t)n), "hex");
    for (size_t k = 0; k < needles.count; k++) { // each form, in the middle of other bytes
        uint8_t hay[3 * NEEDLE_MAX] = {0};
        memcpy(hay + 77, needles.a[k].bytes, needles.a[k].n);
        assert_string_equal(find(hay, sizeof hay), needles.a[k].form);
        hay[80] ^= 1;
        assert_null(find(hay, sizeof hay));
    }
}

static void live_with_wallet_key(void **state)
{
    (void)state;
    char text[128];
    snprintf(text, sizeof text, "signer_key = %s", rig_hello(&rig, "signer_key"));
    write_key(text);
    rig_conf(&rig, NULL, NULL, NULL, NULL);
    look_for_key(rig_hello(&rig, "signer_key"));
    whole_session();
}

static void live_with_hmac_secret(void **state)
{
    (void)state;
    char text[256];
    snprintf(text, sizeof text, "api_key = %s\nsecret = %s", rig_hello(&rig, "api_key"),
             rig_hello(&rig, "api_secret"));
    write_key(text);
    rig_conf(&rig, NULL, NULL, NULL, "auth = hmac");
    look_for_secret(rig_hello(&rig, "api_secret"));
    whole_session();
}

static void live_that_crashes(void **state)
{
    (void)state;
    if (SANITIZED_ADDRESS || SANITIZED_THREAD) {
        print_message("skipped: the sanitizers take these signals themselves\n");
        return;
    }
    char text[128];
    snprintf(text, sizeof text, "signer_key = %s", rig_hello(&rig, "signer_key"));
    write_key(text);
    rig_conf(&rig, NULL, NULL, NULL, NULL);
    look_for_key(rig_hello(&rig, "signer_key"));
    crash_session(SIGSEGV);
    crash_session(SIGABRT);
}

// Everything the console draws, an export by key, and the end by SIGTERM.
static void live_on_the_screen(void **state)
{
    (void)state;
    char text[128];
    snprintf(text, sizeof text, "signer_key = %s", rig_hello(&rig, "signer_key"));
    write_key(text);
    rig_conf(&rig, NULL, NULL, NULL, NULL);
    look_for_key(rig_hello(&rig, "signer_key"));
    struct session s = start_live(SCREEN, "screen");
    assert_true(rig_read_tty(&rig, s.master, "LIVE"));
    assert_true(rig_read_tty(&rig, s.master, "ETHUSDT"));
    usleep(1500000);
    assert_int_equal(write(s.master, "e", 1), 1);
    assert_true(rig_read_tty(&rig, s.master, "exported"));
    kill(s.pid, SIGTERM);
    (void)end_live(&s);
    assert_true(rig.out_len > 10000);
    search_state();
}

// ------------------------------------------------------------------------------------------------------------
// sim: the key that the embedded venue tells its parent

// The program itself, run inside this test's executable: what it starts as its venue (/proc/self/exe venue)
// is then this executable too, which can read along on the pipe.
static int be_the_program(int argc, char **argv)
{
    alloc_pool_install();
    wire_json_init();
    return cmd_run(argc, argv);
}

// In the place of the venue: the real one, its hello line copied to the file that CANARY_HELLO names.
static int be_the_venue(char **argv)
{
    int fd[2];
    static char real[1024];
    char line[RIG_HELLO_MAX];
    const char *copy = getenv("CANARY_HELLO");
    if (!copy || !realpath(rig_program(), real) || pipe2(fd, O_CLOEXEC) != 0) {
        return 126;
    }
    if (fork() == 0) {
        int file = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        close(fd[1]);
        for (ssize_t n; (n = read(fd[0], line, sizeof line)) > 0;) {
            if (write(file, line, (size_t)n) != n || write(STDOUT_FILENO, line, (size_t)n) != n) {
                _exit(126);
            }
        }
        _exit(0);
    }
    dup2(fd[1], STDOUT_FILENO);
    argv[0] = real;
    execv(real, argv);
    return 127;
}

static json_t *read_hello(const char *path)
{
    json_t *o = NULL;
    for (int i = 0; i < 100 && !o; i++) {
        usleep(50000);
        o = json_load_file(path, JSON_DISABLE_EOF_CHECK, NULL);
    }
    assert_non_null(o);
    return o;
}

static void sim_session(void **state)
{
    (void)state;
    char hello[128], dir[128], out[128];
    snprintf(hello, sizeof hello, "%s/hello", rig.dir);
    snprintf(dir, sizeof dir, "%s/state", rig.dir);
    snprintf(out, sizeof out, "%s/out", rig.dir);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        setenv("CANARY_HELLO", hello, 1);
        execl("/proc/self/exe", "test_canary", "run", "--headless", "--for", "8s", "--speed", "5", "--state",
              dir, (char *)NULL);
        _exit(127);
    }
    json_t *o = read_hello(hello);
    look_for_key(json_string_value(json_object_get(o, "signer_key")));
    usleep(4000000);
    assert_true(search_process(pid) >= 2); // with its venue
    unlink(hello);
    assert_int_equal(rig_wait(pid), 0);
    struct stat st;
    assert_int_equal(stat(out, &st), 0);
    search_file(out, &st, FTW_F, NULL);
    search_state();
    look_for_secret(json_string_value(json_object_get(o, "api_secret")));
    search_file(out, &st, FTW_F, NULL);
    search_state();
    json_decref(o);
}

// ------------------------------------------------------------------------------------------------------------
// main

static int start(void **state)
{
    (void)state;
    static const char *const OPTIONS[] = {"--weight-limit", "100000", "--speed", "5", NULL};
    rig_start(&rig, OPTIONS);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s/state", rig.dir);
    return system(command);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "venue") == 0) {
        return be_the_venue(argv);
    }
    if (argc > 1 && strcmp(argv[1], "run") == 0) {
        return be_the_program(argc - 1, argv + 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_search_finds, fresh),
        cmocka_unit_test_setup(live_with_wallet_key, fresh),
        cmocka_unit_test_setup(live_with_hmac_secret, fresh),
        cmocka_unit_test_setup(live_that_crashes, fresh),
        cmocka_unit_test_setup(live_on_the_screen, fresh),
        cmocka_unit_test_setup(sim_session, fresh),
    };
    return cmocka_run_group_tests_name("canary", tests, start, stop);
}
