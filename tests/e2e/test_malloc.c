// SPDX-License-Identifier: Apache-2.0
// Tries to catch the hot thread allocating: this program brings its own malloc, runs the real `ticktower run`
// in process against the real venue (all three sites of the shipped configuration), and counts, after the
// start has settled, every allocation of the thread named tt-hot.
#include <dirent.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sanitizer.h"
#include "commands/commands.h"
#include "live/alloc_pool.h"
#include "wire/decode.h"

#if SANITIZED_ADDRESS || SANITIZED_THREAD
int main(void)
{
    puts("skipped: a sanitizer owns malloc in this build");
    return 0;
}
#else

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t m);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);
void *__libc_memalign(size_t a, size_t n);

static _Atomic int hot_tid;
static _Atomic bool counting;
static _Atomic unsigned long calls, calls_before;
static _Thread_local int my_tid;
static void *trace[32];
static _Atomic int trace_len;

static void note(void)
{
    if (my_tid == 0) {
        my_tid = (int)syscall(SYS_gettid);
    }
    if (my_tid != atomic_load(&hot_tid)) {
        return;
    }
    if (!atomic_load(&counting)) {
        atomic_fetch_add(&calls_before, 1);
        return;
    }
    if (atomic_fetch_add(&calls, 1) == 0) {
        atomic_store(&counting, false); // backtrace itself may allocate
        atomic_store(&trace_len, backtrace(trace, 32));
        atomic_store(&counting, true);
    }
}

void *malloc(size_t n)
{
    note();
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t m)
{
    note();
    return __libc_calloc(n, m);
}

void *realloc(void *p, size_t n)
{
    note();
    return __libc_realloc(p, n);
}

void *aligned_alloc(size_t a, size_t n)
{
    note();
    return __libc_memalign(a, n);
}

int posix_memalign(void **p, size_t a, size_t n)
{
    note();
    *p = __libc_memalign(a, n);
    return *p ? 0 : 12;
}

void free(void *p)
{
    __libc_free(p);
}

static int find_hot(void)
{
    DIR *d = opendir("/proc/self/task");
    int found = 0;
    for (struct dirent *e; d && !found && (e = readdir(d)) != NULL;) {
        char path[300];
        char name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
        FILE *f = fopen(path, "r");
        if (f && fgets(name, sizeof name, f) && strcmp(name, "tt-hot\n") == 0) {
            found = atoi(e->d_name);
        }
        if (f) {
            fclose(f);
        }
    }
    if (d) {
        closedir(d);
    }
    return found;
}

static void *watch(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000 && !find_hot(); i++) {
        usleep(10000);
    }
    atomic_store(&hot_tid, find_hot());
    sleep(6);
    atomic_store(&counting, true);
    return NULL;
}

int main(int argc, char **argv)
{
    alloc_pool_install();
    wire_json_init();
    if (argc > 1 && strcmp(argv[1], "venue") == 0) {
        return cmd_venue(argc - 1, argv + 1); // the run starts this same program as its venue
    }
    char state[] = "/tmp/ticktower-malloc-XXXXXX";
    char *args[] = {"run", "--headless", "--for", "20s", "--speed", "30", "--state", mkdtemp(state), NULL};
    void *warm[4];
    backtrace(warm, 4); // loads its library now
    pthread_t t;
    pthread_create(&t, NULL, watch, NULL);
    int code = cmd_run(8, args);
    pthread_join(t, NULL);
    printf("hot thread: %lu allocations while starting, %lu in steady state\n", atomic_load(&calls_before),
           atomic_load(&calls));
    if (atomic_load(&hot_tid) == 0) {
        puts("the hot thread was not found");
        return 1;
    }
    if (atomic_load(&calls)) {
        fflush(stdout);
        backtrace_symbols_fd(trace, atomic_load(&trace_len), 1);
        return 1;
    }
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", state);
    return code ? code : system(command);
}
#endif
