// SPDX-License-Identifier: Apache-2.0
#include "live/venue_control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_MAX_BYTES = 512, TELL_TIMEOUT_S = 5 };

struct control_client {
    int fd; // -1: none
    size_t n;
    char line[LINE_MAX_BYTES];
};

struct venue_control {
    struct venue_control_handler h;
    int fd;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    struct control_client client[CONTROL_CLIENTS_MAX];
};

static bool address_make(struct sockaddr_un *a, const char *path, struct error *e)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a->sun_path) {
        return error_set(e, EXIT_USAGE, "control socket %.60s...: longer than %zu characters", path,
                         sizeof a->sun_path - 1);
    }
    text_copy(a->sun_path, sizeof a->sun_path, path);
    return true;
}

struct venue_control *venue_control_new(const char *path, const struct venue_control_handler *h,
                                        struct error *e)
{
    struct sockaddr_un a;
    if (!address_make(&a, path, e)) {
        return NULL;
    }
    struct venue_control *c = calloc(1, sizeof *c);
    if (!c) {
        error_set(e, EXIT_OS, "embedded venue: no memory");
        return NULL;
    }
    c->h = *h;
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        c->client[i].fd = -1;
    }
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177); // the socket is 0600 from its first moment
    bool bound = c->fd >= 0 && bind(c->fd, (struct sockaddr *)&a, sizeof a) == 0;
    umask(mask);
    if (!bound || listen(c->fd, CONTROL_CLIENTS_MAX) != 0) {
        error_set(e, EXIT_CANT_CREATE,
                  "control socket %s: %m; it must not exist, its directory must be yours", path);
        if (bound) {
            unlink(path);
        }
        if (c->fd >= 0) {
            close(c->fd);
        }
        free(c);
        return NULL;
    }
    text_copy(c->path, sizeof c->path, path);
    return c;
}

void venue_control_free(struct venue_control *c)
{
    for (int i = 0; c && i < CONTROL_CLIENTS_MAX; i++) {
        if (c->client[i].fd >= 0) {
            close(c->client[i].fd);
        }
    }
    if (c) {
        close(c->fd);
        unlink(c->path);
        free(c);
    }
}

size_t venue_control_watch(const struct venue_control *c, struct pollfd *p)
{
    p[0] = (struct pollfd){.fd = c->fd, .events = POLLIN};
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        p[i + 1] = (struct pollfd){.fd = c->client[i].fd, .events = POLLIN};
    }
    return CONTROL_WATCH_MAX;
}

static bool is_ours(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void take_client(struct venue_control *c)
{
    int fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    for (int i = 0; i < CONTROL_CLIENTS_MAX && is_ours(fd); i++) {
        if (c->client[i].fd < 0) {
            c->client[i] = (struct control_client){.fd = fd};
            return;
        }
    }
    close(fd);
}

static void drop(struct control_client *k)
{
    close(k->fd);
    k->fd = -1;
}

// Answers are short and the socket's buffer is larger: what does not go at once is a client that does not
// read.
static bool run_line(struct venue_control *c, struct control_client *k, char *line)
{
    char reply[CONTROL_REPLY_MAX];
    c->h.command(c->h.ctx, line, reply, sizeof reply - 1);
    size_t n = strlen(reply);
    reply[n++] = '\n';
    return send(k->fd, reply, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static void take_bytes(struct venue_control *c, struct control_client *k)
{
    ssize_t got = recv(k->fd, k->line + k->n, sizeof k->line - 1 - k->n, 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            drop(k);
        }
        return;
    }
    k->n += (size_t)got;
    char *end;
    while ((end = memchr(k->line, '\n', k->n)) != NULL) {
        *end = 0;
        bool ok = run_line(c, k, k->line);
        size_t used = (size_t)(end - k->line) + 1;
        memmove(k->line, k->line + used, k->n - used);
        k->n -= used;
        if (!ok) {
            drop(k);
            return;
        }
    }
    if (k->n == sizeof k->line - 1) { // no command is that long
        drop(k);
    }
}

void venue_control_serve(struct venue_control *c, const struct pollfd *p, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (p[i].revents && c->client[i - 1].fd >= 0) {
            take_bytes(c, &c->client[i - 1]);
        }
    }
    if (p[0].revents) {
        take_client(c);
    }
}

bool venue_control_tell(const char *path, const char *line, char *reply, size_t cap, struct error *e)
{
    struct sockaddr_un a;
    if (!address_make(&a, path, e)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval wait = {.tv_sec = TELL_TIMEOUT_S};
    bool up = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
              connect(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
              send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line) &&
              send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
    size_t n = 0;
    while (up && n < cap - 1 && (n == 0 || reply[n - 1] != '\n')) {
        ssize_t got = recv(fd, reply + n, cap - 1 - n, 0);
        if (got <= 0) {
            break;
        }
        n += (size_t)got;
    }
    bool whole = n > 0 && reply[n - 1] == '\n';
    if (!whole) {
        error_set(e, EXIT_UNAVAILABLE, "control socket %s: %s", path,
                  up ? "no answer: the venue serves only the user who started it" : strerror(errno));
    } else {
        reply[n - 1] = 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return whole;
}
