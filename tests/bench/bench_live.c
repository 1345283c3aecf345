// SPDX-License-Identifier: Apache-2.0
// From the socket to the order, in the real program: `ticktower run --headless` on the embedded venue at ten
// times the recorded pace, venue and engine on the same cores. Beside it, in the same seconds, a bare reader:
// a thread that wakes every few milliseconds, does 20 us of arithmetic and takes the time; what it loses
// beyond that is the machine's, not ours.
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hist.h"

enum { WORK_NS = 20000, PERIOD_NS = 5000000 };

static char *program(void)
{
    static char path[4096];
    const char *b = getenv("B");
    snprintf(path, sizeof path, "%s/ticktower", b ? b : "build");
    return path;
}

static int start_run(pid_t *pid, const char *seconds, const char *state)
{
    int out[2];
    if (pipe(out) != 0 || (*pid = fork()) < 0) {
        return -1;
    }
    if (*pid == 0) {
        dup2(out[1], 1);
        close(out[0]);
        execl(program(), "ticktower", "run", "--headless", "--json", "--for", seconds, "--speed", "10",
              "--state", state, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    return out[0];
}

static void bare_reader(struct hist *h, int until_fd)
{
    struct timespec pause = {.tv_nsec = PERIOD_NS};
    struct pollfd p = {.fd = until_fd, .events = POLLIN};
    while (poll(&p, 1, 0) == 0) {
        nanosleep(&pause, NULL);
        int64_t t0 = clock_mono_ns();
        int64_t t1 = t0;
        while (t1 - t0 < WORK_NS) {
            t1 = clock_mono_ns();
        }
        hist_add(h, t1 - t0);
    }
}

static double us(int64_t ns)
{
    return (double)ns / 1000.0;
}

static int print_station(json_t *latency, const char *name)
{
    json_t *s = json_object_get(latency, name);
    json_int_t n = json_integer_value(json_object_get(s, "count"));
    printf("%-28s n %-7lld p50 %8.1f us  p95 %8.1f us  p99 %8.1f us\n", name, (long long)n,
           us(json_integer_value(json_object_get(s, "p50"))),
           us(json_integer_value(json_object_get(s, "p95"))),
           us(json_integer_value(json_object_get(s, "p99"))));
    return n > 0;
}

int main(void)
{
    char state[] = "/tmp/ticktower-bench-XXXXXX";
    const char *seconds = getenv("BENCH_SECONDS") ? getenv("BENCH_SECONDS") : "20s";
    struct hist bare = {0};
    pid_t pid = -1;
    if (!mkdtemp(state)) {
        return 1;
    }
    int fd = start_run(&pid, seconds, state);
    bare_reader(&bare, fd);
    char text[65536];
    size_t n = 0;
    ssize_t got;
    while ((got = read(fd, text + n, sizeof text - 1 - n)) > 0) {
        n += (size_t)got;
    }
    text[n] = 0;
    int status;
    waitpid(pid, &status, 0);
    json_t *root = json_loads(text, 0, NULL);
    json_t *latency = json_object_get(root, "latency_ns");
    if (!latency) {
        fprintf(stderr, "the run printed no result (exit status %d)\n", status);
        return 1;
    }
    int ok = print_station(latency, "tick_to_order_less_sign") && print_station(latency, "tick_to_order");
    ok = print_station(latency, "sign") && print_station(latency, "engine_step") && ok;
    print_station(latency, "answer_to_order");
    print_station(latency, "order_rtt");
    print_station(latency, "recv_decode");
    print_station(latency, "book_features");
    print_station(latency, "decide");
    print_station(latency, "encode");
    print_station(latency, "write");
    printf("%-28s n %-7llu p50 %8.1f us  p95 %8.1f us  p99 %8.1f us   (20 us of work; the rest is the "
           "machine's)\n",
           "bare reader", (unsigned long long)bare.count, us(hist_quantile(&bare, 500000)),
           us(hist_quantile(&bare, 950000)), us(hist_quantile(&bare, 990000)));
    json_decref(root);
    return ok ? 0 : 1;
}
