// SPDX-License-Identifier: Apache-2.0
// relay: a TCP connection with a hand on each direction: what comes down can be held back while what goes up
// passes, as on a link that has died half. One connection, one thread, loopback.
#ifndef TT_TESTS_RELAY_H
#define TT_TESTS_RELAY_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay {
    int listener, up, down; // up: towards the server
    uint16_t port, to_port;
    pthread_t thread;
    _Atomic bool hold_down; // let nothing pass from the server
    _Atomic bool stop;
    _Atomic uint64_t bytes_up, bytes_down;
};

static inline int relay_socket(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&a, n) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(a.sin_port);
    return fd;
}

static inline bool relay_pass(int from, int to, _Atomic uint64_t *count)
{
    char buf[65536];
    ssize_t n = read(from, buf, sizeof buf);
    for (ssize_t done = 0; done < n;) {
        ssize_t w = write(to, buf + done, (size_t)(n - done));
        if (w <= 0) {
            return false;
        }
        done += w;
    }
    if (n > 0) {
        atomic_fetch_add(count, (uint64_t)n);
    }
    return n > 0;
}

static inline void *relay_main(void *arg)
{
    struct relay *r = arg;
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(r->to_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    r->down = accept(r->listener, NULL, NULL);
    r->up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(r->up, (struct sockaddr *)&a, sizeof a) != 0) {
        return NULL;
    }
    setsockopt(r->up, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(r->down, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (!atomic_load(&r->stop)) {
        struct pollfd p[2] = {{.fd = r->down, .events = POLLIN},
                              {.fd = atomic_load(&r->hold_down) ? -1 : r->up, .events = POLLIN}};
        if (poll(p, 2, 10) <= 0) {
            continue;
        }
        if ((p[0].revents && !relay_pass(r->down, r->up, &r->bytes_up)) ||
            (p[1].revents && !relay_pass(r->up, r->down, &r->bytes_down))) {
            break;
        }
    }
    close(r->up);
    close(r->down);
    return NULL;
}

// Listen on a port of its own (r->port) and pass one connection on to to_port.
static inline bool relay_start(struct relay *r, uint16_t to_port)
{
    memset(r, 0, sizeof *r);
    r->to_port = to_port;
    r->listener = relay_socket(&r->port);
    return r->listener >= 0 && listen(r->listener, 1) == 0 &&
           pthread_create(&r->thread, NULL, relay_main, r) == 0;
}

// After the connection has been made and used.
static inline void relay_stop(struct relay *r)
{
    atomic_store(&r->stop, true);
    pthread_join(r->thread, NULL);
    close(r->listener);
}

#endif
