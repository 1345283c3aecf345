// SPDX-License-Identifier: Apache-2.0
#include "live/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool state_dir_default(char *to, unsigned cap, struct error *e)
{
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int n = -1;
    if (xdg && xdg[0] == '/') {
        n = snprintf(to, cap, "%s/ticktower", xdg);
    } else if (home && home[0] == '/') {
        n = snprintf(to, cap, "%s/.local/state/ticktower", home);
    }
    if (n < 0 || n >= (int)cap) {
        return error_set(e, EXIT_USAGE,
                         "no state directory: set HOME or XDG_STATE_HOME, or give --state DIR");
    }
    return true;
}

// mkdir -p with 0700.
static bool make_path(const char *path, struct error *e)
{
    char part[352];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part) {
        return error_set(e, EXIT_CANT_CREATE, "%.80s: the path is too long", path);
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != 0) {
            continue;
        }
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return error_set(e, EXIT_CANT_CREATE,
                             "%s: cannot make the directory: %m; give another with --state DIR", part);
        }
    }
    if (access(path, W_OK | X_OK) != 0) {
        return error_set(e, EXIT_CANT_CREATE, "%s: not writable: %m; give another with --state DIR", path);
    }
    return true;
}

static uint32_t read_epoch(const char *path)
{
    FILE *f = fopen(path, "re");
    unsigned v = 0;
    if (f) {
        if (fscanf(f, "%9u", &v) != 1) {
            v = 0;
        }
        fclose(f);
    }
    // A lost or older file must not bring old ids back: the clock (seconds / 4 since 2024) is the floor.
    uint32_t floor = (uint32_t)((time(NULL) - 1704067200) / 4);
    return v > floor ? v : floor;
}

static bool write_synced(const char *path, const char *text, struct error *e)
{
    char tmp[400];
    snprintf(tmp, sizeof tmp, "%s.new", path);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t n = strlen(text);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    if (fd >= 0) {
        ok = close(fd) == 0 && ok;
    }
    ok = ok && rename(tmp, path) == 0;
    return ok || error_set(e, EXIT_CANT_CREATE, "%s: cannot be written: %m", path);
}

static bool next_epoch(struct state_dir *s, struct error *e)
{
    char path[352];
    char text[16];
    snprintf(path, sizeof path, "%s/epoch", s->root);
    s->epoch = read_epoch(path) + 1;
    snprintf(text, sizeof text, "%u\n", s->epoch);
    return write_synced(path, text, e);
}

static void name_session(struct state_dir *s)
{
    uint16_t r = 0;
    time_t t = time(NULL);
    struct tm tm;
    if (getrandom(&r, sizeof r, 0) != sizeof r) {
        r = (uint16_t)getpid();
    }
    gmtime_r(&t, &tm);
    char stamp[20];
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(s->session_id, sizeof s->session_id, "%s-%04x", stamp, r);
    snprintf(s->tape, sizeof s->tape, "%s/%s.tape", s->sessions, s->session_id);
    snprintf(s->db, sizeof s->db, "%s/%s.db", s->sessions, s->session_id);
}

void state_dir_account(char *to, unsigned cap, enum run_mode mode, const char *alias)
{
    switch (mode) {
    case MODE_LIVE:
        snprintf(to, cap, "live-%s", alias);
        break;
    case MODE_TESTNET:
        snprintf(to, cap, "testnet-%s", alias);
        break;
    default:
        snprintf(to, cap, "%s", mode == MODE_PAPER ? "paper" : "sim");
        break;
    }
}

// A real account's directory is nobody else's to enter; who made it wider must narrow it.
static bool check_private(const char *path, struct error *e)
{
    struct stat st;
    if (stat(path, &st) != 0 || st.st_uid != geteuid()) {
        return error_set(e, EXIT_CANT_CREATE, "%s: not a directory of this user", path);
    }
    return (st.st_mode & 077) == 0 ||
           error_set(e, EXIT_USAGE, "others can enter %s: chmod 700 %s", path, path);
}

static int open_lock(const char *root)
{
    char path[352];
    snprintf(path, sizeof path, "%s/lock", root);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool take_lock(struct state_dir *s, struct error *e)
{
    s->lock_fd = open_lock(s->root);
    if (s->lock_fd < 0) {
        return error_set(e, EXIT_CANT_CREATE, "%s/lock: %m", s->root);
    }
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        bool held = errno == EWOULDBLOCK;
        state_dir_close(s);
        return held ? error_set(
                          e, EXIT_USAGE,
                          "%s: another run holds this account's state: end that one, or give this one its "
                          "own with --state DIR",
                          s->root)
                    : error_set(e, EXIT_CANT_CREATE, "%s/lock: cannot be locked: %m", s->root);
    }
    return true;
}

void state_dir_close(struct state_dir *s)
{
    if (s->lock_fd > 0) {
        close(s->lock_fd);
        s->lock_fd = 0;
    }
}

bool state_dir_is_free(const char *base, enum run_mode mode, const char *alias)
{
    char account[64];
    char path[448];
    state_dir_account(account, sizeof account, mode, alias);
    snprintf(path, sizeof path, "%.300s/%s/lock", base, account);
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (fd >= 0) {
        close(fd);
    }
    return !held;
}

bool state_dir_open(struct state_dir *s, const char *base, enum run_mode mode, const char *alias,
                    struct error *e)
{
    char account[64];
    memset(s, 0, sizeof *s);
    if (strlen(base) > 240) {
        return error_set(e, EXIT_USAGE, "%.80s...: the path of the state directory is too long", base);
    }
    state_dir_account(account, sizeof account, mode, alias);
    snprintf(s->root, sizeof s->root, "%s/%s", base, account);
    snprintf(s->sessions, sizeof s->sessions, "%s/sessions", s->root);
    snprintf(s->account_db, sizeof s->account_db, "%s/account.db", s->root);
    bool real = mode == MODE_TESTNET || mode == MODE_LIVE;
    if (!make_path(s->sessions, e) || (real && !check_private(s->root, e)) || !take_lock(s, e) ||
        !next_epoch(s, e)) {
        return false;
    }
    name_session(s);
    return true;
}
