// SPDX-License-Identifier: Apache-2.0
// live_rig: the whole live path on loopback: an embedded venue (`ticktower venue`) with its throw-away keys,
// a directory with a key file, certificate and configuration as an operator would write them, and the program
// run against them with or without a terminal. Between the two may stand a liar: a relay on plain HTTP that
// changes what the venue says, so that a fault needs no fake venue.
#ifndef TT_TESTS_LIVE_RIG_H
#define TT_TESTS_LIVE_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RIG_OUT_MAX = 1 << 20, RIG_ARGS_MAX = 32, RIG_HELLO_MAX = 16384 };

struct rig {
    pid_t venue;
    json_t *hello;
    char dir[64]; // 0700: key, ca.pem, live.conf, state
    char out[RIG_OUT_MAX];
    size_t out_len;
    void (*in_child)(void *arg); // between fork and exec of what rig_run starts; NULL: nothing
    void *in_child_arg;
};

static inline const char *rig_program(void)
{
    static char path[512];
    const char *b = getenv("B");
    snprintf(path, sizeof path, "%s/ticktower", b ? b : "build");
    return path;
}

static inline const char *rig_hello(const struct rig *r, const char *key)
{
    const char *s = json_string_value(json_object_get(r->hello, key));
    assert_non_null(s);
    return s;
}

static inline void rig_write(const struct rig *r, const char *name, mode_t mode, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static inline void rig_write(const struct rig *r, const char *name, mode_t mode, const char *fmt, ...)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    va_list ap;
    va_start(ap, fmt);
    vdprintf(fd, fmt, ap);
    va_end(ap);
    close(fd);
    assert_int_equal(chmod(path, mode), 0);
}

// Start a venue with these further options (NULL-terminated).
static inline void rig_start(struct rig *r, const char *const *options)
{
    const char *argv[RIG_ARGS_MAX] = {rig_program(), "venue", "--for", "600s"};
    static char line[RIG_HELLO_MAX];
    size_t n = 4;
    size_t have = 0;
    int fd[2];
    memset(r, 0, offsetof(struct rig, out));
    for (; options && *options; options++) {
        argv[n++] = *options;
    }
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    r->venue = fork();
    if (r->venue == 0) {
        dup2(fd[1], STDOUT_FILENO);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(fd[1]);
    for (ssize_t got; have < sizeof line && !memchr(line, '\n', have) &&
                      (got = read(fd[0], line + have, sizeof line - have)) > 0;) {
        have += (size_t)got;
    }
    close(fd[0]);
    r->hello = json_loadb(line, have, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(r->hello);
    memset(line, 0, sizeof line);
    snprintf(r->dir, sizeof r->dir, "/tmp/ticktower-live-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    rig_write(r, "ca.pem", 0600, "%s", rig_hello(r, "ca_pem"));
}

static inline void rig_stop(struct rig *r)
{
    char command[128];
    kill(r->venue, SIGTERM);
    waitpid(r->venue, NULL, 0);
    json_decref(r->hello);
    snprintf(command, sizeof command, "rm -rf %s", r->dir);
    assert_int_equal(system(command), 0);
}

// The key file as it should be.
static inline void rig_key(const struct rig *r)
{
    rig_write(r, "key", 0600,
              "# API wallet\nvenue = aster\nnetwork = mainnet\nsigner_key = %s\nexpires = "
              "2099-12-31\nwithdraw = no\n",
              rig_hello(r, "signer_key"));
}

// A configuration in which nothing is missing, without the line that begins with `without` (NULL: whole), and
// with `more` at its end, in [venue.aster]. rest, ws: other addresses; NULL: the venue's.
static inline void rig_conf(const struct rig *r, const char *without, const char *rest, const char *ws,
                            const char *more)
{
    char text[4096];
    char kept[4096] = "";
    snprintf(text, sizeof text,
             "[account]\nalias = test-acct\ncapital = 50 USDT\n[risk]\nday_loss = 3 %%\ndrawdown = 10 %%\n"
             "order_value = 10 USDT\nposition_value = 25 USDT\ngross_value = 50 USDT\n[kill]\naccept_window "
             "= 1 s\n[live]\n"
             "accept_no_guard = yes\n[venue.aster]\nrest = %s\nws = %s\nca_file = %s/ca.pem\nuser = %s\n"
             "key_file = %s/key\n%s\n",
             rest ? rest : rig_hello(r, "rest"), ws ? ws : rig_hello(r, "ws"), r->dir, rig_hello(r, "user"),
             r->dir, more ? more : "");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (!without || strncmp(line, without, strlen(without)) != 0) {
            strcat(kept, line);
            strcat(kept, "\n");
        }
    }
    rig_write(r, "live.conf", 0600, "%s", kept);
}

// ------------------------------------------------------------------------------------------------------------
// running the program

static inline size_t rig_argv(const struct rig *r, const char **argv, const char *const *words, char *conf,
                              char *state)
{
    size_t n = 0;
    snprintf(conf, 128, "%s/live.conf", r->dir);
    snprintf(state, 128, "%s/state", r->dir);
    argv[n++] = rig_program();
    for (; *words; words++) {
        argv[n++] = strcmp(*words, "CONF") == 0 ? conf : strcmp(*words, "STATE") == 0 ? state : *words;
    }
    argv[n] = NULL;
    return n;
}

static inline int rig_wait(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Without any terminal (a session of its own); standard output and error go to r->out. `words`: the command
// line; "CONF" and "STATE" stand for the rig's. input: what stands on standard input, NULL nothing.
static inline pid_t rig_spawn(struct rig *r, const char *const *words, const char *input, int *out_fd)
{
    const char *argv[RIG_ARGS_MAX];
    char conf[128], state[128];
    int out[2], in[2];
    rig_argv(r, argv, words, conf, state);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        if (r->in_child) {
            r->in_child(r->in_child_arg);
        }
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (input) {
        assert_int_equal(write(in[1], input, strlen(input)), (ssize_t)strlen(input));
    }
    close(in[0]);
    close(in[1]);
    close(out[1]);
    *out_fd = out[0];
    return pid;
}

static inline void rig_read(struct rig *r, int fd)
{
    r->out_len = 0;
    for (ssize_t got; r->out_len < RIG_OUT_MAX - 1 &&
                      (got = read(fd, r->out + r->out_len, RIG_OUT_MAX - 1 - r->out_len)) > 0;) {
        r->out_len += (size_t)got;
    }
    r->out[r->out_len] = 0;
    close(fd);
}

static inline int rig_run(struct rig *r, const char *const *words, const char *input)
{
    int fd;
    pid_t pid = rig_spawn(r, words, input, &fd);
    rig_read(r, fd);
    return rig_wait(pid);
}

// Read from a terminal until `until` has been shown (NULL: until it closes). False: it closed, or 60 s.
static inline bool rig_read_tty(struct rig *r, int master, const char *until)
{
    for (int rounds = 0; rounds < 600; rounds++) {
        struct pollfd p = {.fd = master, .events = POLLIN};
        if (poll(&p, 1, 100) > 0) {
            ssize_t got = read(master, r->out + r->out_len, RIG_OUT_MAX - 1 - r->out_len);
            if (got <= 0) {
                return until == NULL;
            }
            r->out_len += (size_t)got;
            r->out[r->out_len] = 0;
        }
        if (until && strstr(r->out, until)) {
            return true;
        }
    }
    return false;
}

// On a terminal of its own; `pairs`: what to wait for and what to type then, NULL-terminated.
static inline int rig_run_tty(struct rig *r, const char *const *words, const char *const *pairs)
{
    const char *argv[RIG_ARGS_MAX];
    char conf[128], state[128];
    int master;
    struct winsize ws = {.ws_row = 48, .ws_col = 160};
    rig_argv(r, argv, words, conf, state);
    r->out_len = 0;
    r->out[0] = 0;
    pid_t pid = forkpty(&master, NULL, NULL, &ws);
    if (pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        if (r->in_child) {
            r->in_child(r->in_child_arg);
        }
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    assert_true(pid > 0);
    for (; pairs && *pairs; pairs += 2) {
        if (!rig_read_tty(r, master, pairs[0])) {
            fail_msg("waited for \"%s\", got: %s", pairs[0], r->out);
        }
        assert_int_equal(write(master, pairs[1], strlen(pairs[1])), (ssize_t)strlen(pairs[1]));
    }
    rig_read_tty(r, master, NULL);
    int code = rig_wait(pid);
    close(master);
    return code;
}

// ------------------------------------------------------------------------------------------------------------
// the liar

struct liar {
    int listener;
    uint16_t port, to_port;
    pthread_t thread;
    _Atomic bool stop;
    pthread_mutex_t lock;   // over the three of the lie
    const char *find, *say; // in bodies; NULL: the truth
    int64_t clock_ms;       // added to serverTime
    _Atomic int lies;       // told so far
    char from[1 << 20], to[1 << 20];
};

static inline int liar_socket(uint16_t *port, bool listening)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening) {
        assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
        assert_int_equal(listen(fd, 8), 0);
        *port = ntohs(a.sin_port);
    } else {
        a.sin_port = htons(*port);
        if (connect(fd, (struct sockaddr *)&a, n) != 0) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

// One whole HTTP message; its length, 0 when the connection ended.
static inline size_t liar_read(int fd, char *buf, size_t cap, size_t *head)
{
    size_t n = 0;
    for (;;) {
        buf[n] = 0;
        char *end = strstr(buf, "\r\n\r\n");
        const char *length = strcasestr(buf, "\r\ncontent-length:");
        if (end) {
            *head = (size_t)(end + 4 - buf);
            size_t whole = *head + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
            if (n >= whole) {
                return whole;
            }
        }
        ssize_t got = recv(fd, buf + n, cap - 1 - n, 0);
        if (got <= 0) {
            return 0;
        }
        n += (size_t)got;
    }
}

static inline size_t liar_twist(struct liar *l, size_t head, size_t n)
{
    static const char TIME[] = "\"serverTime\":";
    static char body[1 << 20];
    const char *b = l->from + head;
    pthread_mutex_lock(&l->lock);
    const char *find = l->find, *say = l->say;
    int64_t clock_ms = l->clock_ms;
    pthread_mutex_unlock(&l->lock);
    const char *at = find ? strstr(b, find) : NULL;
    const char *time = clock_ms ? strstr(b, TIME) : NULL;
    l->from[n] = 0;
    if (at || time) {
        atomic_fetch_add(&l->lies, 1);
    }
    if (at) {
        snprintf(body, sizeof body, "%.*s%s%s", (int)(at - b), b, say, at + strlen(find));
    } else if (time) {
        char *rest;
        int64_t t = strtoll(time + sizeof TIME - 1, &rest, 10);
        snprintf(body, sizeof body, "%.*s%s%lld%s", (int)(time - b), b, TIME, (long long)(t + clock_ms),
                 rest);
    } else {
        snprintf(body, sizeof body, "%s", b);
    }
    return (size_t)snprintf(l->to, sizeof l->to,
                            "%.12s OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                            l->from, strlen(body), body);
}

static inline void liar_serve(struct liar *l, int client)
{
    size_t head;
    int server = liar_socket(&l->to_port, false);
    for (size_t n; server >= 0 && (n = liar_read(client, l->from, sizeof l->from, &head)) > 0;) {
        if (send(server, l->from, n, MSG_NOSIGNAL) != (ssize_t)n ||
            (n = liar_read(server, l->from, sizeof l->from, &head)) == 0) {
            break;
        }
        n = liar_twist(l, head, n);
        if (send(client, l->to, n, MSG_NOSIGNAL) != (ssize_t)n) {
            break;
        }
    }
    if (server >= 0) {
        close(server);
    }
}

static inline void *liar_thread(void *arg)
{
    struct liar *l = arg;
    while (!atomic_load(&l->stop)) {
        struct pollfd p = {.fd = l->listener, .events = POLLIN};
        int fd = poll(&p, 1, 50) > 0 ? accept4(l->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0) {
            liar_serve(l, fd);
            close(fd);
        }
    }
    return NULL;
}

static inline void liar_start(struct liar *l, uint16_t to_port)
{
    memset(l, 0, offsetof(struct liar, from));
    l->to_port = to_port;
    l->listener = liar_socket(&l->port, true);
    assert_int_equal(pthread_mutex_init(&l->lock, NULL), 0);
    assert_int_equal(pthread_create(&l->thread, NULL, liar_thread, l), 0);
}

static inline void liar_say(struct liar *l, const char *find, const char *say, int64_t clock_ms)
{
    pthread_mutex_lock(&l->lock);
    l->find = find;
    l->say = say;
    l->clock_ms = clock_ms;
    pthread_mutex_unlock(&l->lock);
}

static inline void liar_stop(struct liar *l)
{
    atomic_store(&l->stop, true);
    pthread_join(l->thread, NULL);
    close(l->listener);
}

#endif
