// SPDX-License-Identifier: Apache-2.0
// keys_file: may this file hold a key (or the limits of a live run)? The whole path is looked at, since who
// can write to a directory can replace what is in it.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "live/keys.h"

enum { DEPTH_MAX = 64 };

// One directory on the way: `nearest` is the one that holds the file.
static bool check_directory(const char *what, const char *dir, bool nearest, bool key, struct error *e)
{
    struct stat st;
    char git[PATH_MAX + 8];
    if (stat(dir, &st) != 0) {
        return error_set(e, EXIT_NO_INPUT, "%s: directory %.200s: %m", what, dir);
    }
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        return error_set(e, EXIT_USAGE,
                         "%s: directory %.200s belongs to another user: move the key to one of your own",
                         what, dir);
    }
    bool open = (st.st_mode & 022) != 0;
    bool sticky = (st.st_mode & S_ISVTX) != 0;
    if (open && (nearest || !sticky)) {
        return error_set(e, EXIT_USAGE, "%s: others can write to directory %.200s: chmod go-w %.200s", what,
                         dir, dir);
    }
    snprintf(git, sizeof git, "%s/.git", dir);
    if (key && access(git, F_OK) == 0) {
        return error_set(e, EXIT_USAGE,
                         "%s: %.200s is a repository: keys do not belong into one; move the file out of it",
                         what, dir);
    }
    return true;
}

static bool check_way(const char *what, const char *path, bool key, struct error *e)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    char *before = strndup(path, slash && slash != path ? (size_t)(slash - path) : 1);
    bool real = before && realpath(slash ? before : ".", dir) != NULL;
    free(before);
    if (!real) {
        return error_set(e, EXIT_NO_INPUT, "%s: the directory of %.200s: %m", what, path);
    }
    for (int i = 0; i < DEPTH_MAX; i++) {
        if (!check_directory(what, dir, i == 0, key, e)) {
            return false;
        }
        char *up = strrchr(dir, '/');
        if (up == dir && dir[1] == 0) {
            return true;
        }
        up[up == dir] = 0;
    }
    return error_set(e, EXIT_USAGE, "%s: %.200s lies too deep", what, path);
}

static bool check_file(const char *what, const char *path, int fd, struct error *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return error_set(e, EXIT_NO_INPUT, "%s: %.200s: %m", what, path);
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(e, EXIT_USAGE, "%s: %.200s is not a regular file", what, path);
    }
    if (st.st_uid != geteuid()) {
        return error_set(e, EXIT_USAGE,
                         "%s: %.200s belongs to another user: chown it to the one who runs this", what, path);
    }
    if (st.st_mode & 077) {
        return error_set(e, EXIT_USAGE, "%s: others can read %.200s (mode %03o): chmod 600 %.200s", what,
                         path, st.st_mode & 0777, path);
    }
    if (st.st_nlink != 1) {
        return error_set(e, EXIT_USAGE, "%s: %.200s has another name too (a hard link): keep one of them",
                         what, path);
    }
    return true;
}

int keys_open_private_file(const char *what, const char *path, bool key, struct error *e)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ELOOP) {
        error_set(e, EXIT_USAGE, "%s: %.200s is a symbolic link: name the file itself", what, path);
    } else if (fd < 0) {
        error_set(e, EXIT_NO_INPUT, "%s: %.200s: %m", what, path);
    } else if (!check_file(what, path, fd, e) || !check_way(what, path, key, e)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

// ------------------------------------------------------------------------------------------------------------
// one process at a time

enum { HELD_MAX = 8 };

static struct held { // what this process holds; main thread only
    dev_t dev;
    ino_t ino;
    int fd, uses;
} held_files[HELD_MAX];

static struct held *held_same(const struct stat *st)
{
    for (int i = 0; i < HELD_MAX; i++) {
        struct held *h = &held_files[i];
        if (h->uses > 0 && h->dev == st->st_dev && h->ino == st->st_ino) {
            return h;
        }
    }
    return NULL;
}

static struct held *held_empty(void)
{
    for (int i = 0; i < HELD_MAX; i++) {
        if (held_files[i].uses == 0) {
            return &held_files[i];
        }
    }
    return NULL;
}

bool keys_hold(int fd, int *held)
{
    struct stat st;
    struct held *h = fstat(fd, &st) == 0 ? held_same(&st) : NULL;
    if (h) { // flock would refuse our own second descriptor
        close(fd);
        h->uses++;
        *held = h->fd;
        return true;
    }
    h = held_empty();
    CHECK(h); // a run has fewer venues
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return false;
    }
    *h = (struct held){st.st_dev, st.st_ino, fd, 1};
    *held = fd;
    return true;
}

void keys_let_go(int *held)
{
    for (int i = 0; i<HELD_MAX && * held> 0; i++) {
        struct held *h = &held_files[i];
        if (h->uses > 0 && h->fd == *held && --h->uses == 0) {
            close(h->fd);
        }
    }
    *held = 0;
}
