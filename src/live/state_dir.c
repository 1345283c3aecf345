// SPDX-License-Identifier: Apache-2.0
#include "live/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

bool state_dir_open(struct state_dir *s, const char *base, const char *mode, struct error *e)
{
    memset(s, 0, sizeof *s);
    if (strlen(base) > 280) {
        return error_set(e, EXIT_USAGE, "%.80s...: the path of the state directory is too long", base);
    }
    snprintf(s->root, sizeof s->root, "%s/%s", base, mode);
    snprintf(s->sessions, sizeof s->sessions, "%s/sessions", s->root);
    if (!make_path(s->sessions, e) || !next_epoch(s, e)) {
        return false;
    }
    name_session(s);
    return true;
}
