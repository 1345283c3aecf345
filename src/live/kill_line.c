// SPDX-License-Identifier: Apache-2.0
#include "live/kill_line.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { COMMAND_RING_BYTES = 64 * 1024 };

bool kill_line_init(struct kill_line *k, struct error *e)
{
    memset(k, 0, sizeof *k);
    k->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (k->wake_fd < 0) {
        return error_set(e, EXIT_OS, "no descriptor left for the operator line: raise `ulimit -n`");
    }
    if (pthread_mutex_init(&k->producers, NULL) != 0 || !ring_init_spsc(&k->commands, COMMAND_RING_BYTES)) {
        return error_set(e, EXIT_OS, "out of memory for the operator line");
    }
    return true;
}

void kill_line_free(struct kill_line *k)
{
    if (!k->commands.data) {
        return; // never opened
    }
    close(k->wake_fd);
    pthread_mutex_destroy(&k->producers);
    ring_free(&k->commands);
}

void kill_line_wake(struct kill_line *k)
{
    uint64_t one = 1;
    // A full counter (EAGAIN) means that a wake-up is pending anyway.
    ssize_t n = write(k->wake_fd, &one, sizeof one);
    (void)n;
}

// The key is noted before the fence goes up: a release that opens the fence looks for a pending key
// afterwards, so no order of the two can leave the fence open behind a kill.
void kill_line_kill(struct kill_line *k, int64_t key_mono_ns)
{
    int64_t none = 0;
    // The first key not yet taken counts: a repeated F must not hide how long the first has waited.
    atomic_compare_exchange_strong(&k->kill_key_ns, &none, key_mono_ns);
    atomic_store(&k->fence, 1);
    kill_line_wake(k);
}

void kill_line_release(struct kill_line *k)
{
    atomic_store(&k->fence, 0);
    if (atomic_load(&k->kill_key_ns) != 0) {
        atomic_store(&k->fence, 1);
    }
}

bool kill_line_send(struct kill_line *k, const struct ev_operator *op, uint16_t instrument)
{
    struct kill_line_command c = {.op = *op, .instrument = instrument};
    pthread_mutex_lock(&k->producers);
    bool ok = ring_push_spsc(&k->commands, &c, sizeof c);
    pthread_mutex_unlock(&k->producers);
    kill_line_wake(k);
    return ok;
}

int64_t kill_line_take_kill(struct kill_line *k)
{
    return atomic_exchange_explicit(&k->kill_key_ns, 0, memory_order_acq_rel);
}

bool kill_line_take(struct kill_line *k, struct kill_line_command *out)
{
    size_t n;
    const void *p = ring_peek_spsc(&k->commands, &n);
    if (!p) {
        return false;
    }
    memcpy(out, p, sizeof *out);
    ring_release_spsc(&k->commands);
    return true;
}

void kill_line_drain(struct kill_line *k)
{
    uint64_t n;
    ssize_t got = read(k->wake_fd, &n, sizeof n);
    (void)got;
}
