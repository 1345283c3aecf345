// SPDX-License-Identifier: Apache-2.0
// sim_world: the clock, and what happens next. The hot thread's own loop drives the world: it calls
// ws_links_service, which lets the one next thing happen and returns.
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/check.h"
#include "base/hash.h"
#include "live/venue_server.h"
#include "sim/sim.h"

enum { STANDING_MAX = 1000000 };

struct sim_world world;

static struct rng entropy;
static bool wake_wanted;
static int64_t venue_due_ns;

void sim_world_init(uint64_t seed)
{
    world = (struct sim_world){.seed = seed,
                               .now_ns = 1000 * NS_PER_S,
                               .wall_base_ns =
                                   INT64_C(1767252600) * NS_PER_S - 1000 * NS_PER_S}; // 2026-01-01 07:30 UTC
    sim_rng(&entropy, "entropy");
    venue_due_ns = world.now_ns;
}

void sim_rng(struct rng *r, const char *component)
{
    uint64_t h = hash64(HASH64_START, &world.seed, sizeof world.seed);
    rng_seed(r, hash64(h, component, strlen(component)));
}

void sim_time_text(char to[32])
{
    int64_t ms = (world.now_ns - 1000 * NS_PER_S) / NS_PER_MS;
    snprintf(to, 32, "%02d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60),
             (int)(ms / 1000 % 60), (int)(ms % 1000));
}

int sim_log_level(void)
{
    static int level = -1;
    const char *text = level < 0 ? getenv("SIM_LOG") : NULL;
    level = level >= 0 ? level : text ? atoi(text) : 0;
    return level;
}

void sim_log(const char *format, ...)
{
    char at[32];
    va_list ap;
    if (sim_log_level() < 1) {
        return;
    }
    sim_time_text(at);
    fprintf(stderr, "%s ", at);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
}

_Noreturn void sim_fail(const char *format, ...)
{
    char at[32];
    va_list ap;
    sim_time_text(at);
    fprintf(stderr, "venue day: FAILED at %s: ", at);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    const char *hours = getenv("HOURS");
    fprintf(stderr,
            "\n  replay: SEED=%llu%s%s build/tests/sim/test_venue_day   (SIM_LOG=1 tells the story)\n",
            (unsigned long long)world.seed, hours ? " HOURS=" : "", hours ? hours : "");
    fflush(NULL);
    abort();
}

// ---------------------------------------------------------------------------------------- swapped: the clock

int64_t __wrap_clock_mono_ns(void);
int64_t __wrap_clock_wall_ns(void);

int64_t __wrap_clock_mono_ns(void)
{
    return world.now_ns;
}

int64_t __wrap_clock_wall_ns(void)
{
    return world.wall_base_ns + world.now_ns + (world.at_venue ? 0 : world.client_step_ns);
}

// -------------------------------------------------------------------------------------- swapped: the entropy

int __wrap_RAND_bytes(unsigned char *to, int n);
ssize_t __wrap_getrandom(void *to, size_t n, unsigned flags);

static void fill(uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = (uint8_t)rng_next(&entropy);
    }
}

int __wrap_RAND_bytes(unsigned char *to, int n)
{
    fill(to, (size_t)n);
    return 1;
}

ssize_t __wrap_getrandom(void *to, size_t n, unsigned flags)
{
    (void)flags;
    fill(to, n);
    return (ssize_t)n;
}

// ---------------------------------------------------------------------------- swapped: the hot thread itself

static struct {
    void *(*run)(void *);
    void *arg;
} thread;

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg);
int __wrap_pthread_join(pthread_t t, void **result);

// The thread runs when it is joined, on ours.
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg)
{
    (void)a;
    CHECK(!thread.run);
    memset(t, 0, sizeof *t);
    thread.run = run;
    thread.arg = arg;
    return 0;
}

int __wrap_pthread_join(pthread_t t, void **result)
{
    (void)t;
    void *r = thread.run(thread.arg);
    thread.run = NULL;
    if (result) {
        *result = r;
    }
    return 0;
}

// ---------------------------------------------------------------------------------------------- what is next

void sim_wake_client(void)
{
    wake_wanted = true;
}

static bool client_runs(void)
{
    return world.now_ns >= world.frozen_until_ns;
}

static void run_venue(void)
{
    world.at_venue = true;
    int64_t wait_ns = venue_server_advance(world.venue);
    world.at_venue = false;
    venue_due_ns = world.now_ns + wait_ns;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// When the client's own next thing is due: while it is frozen, nothing before the thaw.
static int64_t client_due_ns(void)
{
    int64_t t = SIM_NEVER;
    sim_net_client_timer(&t);
    t = least(t, sim_clerk_next_ns());
    if (wake_wanted || sim_clerk_has_answers()) {
        t = world.now_ns;
    }
    return t > world.frozen_until_ns ? t : world.frozen_until_ns;
}

static void run_client(void)
{
    int64_t timer = SIM_NEVER;
    sim_clerk_on_time();
    sim_net_client_timer(&timer);
    if (wake_wanted || sim_clerk_has_answers()) {
        wake_wanted = false;
        sim_net_call_wake();
    } else if (timer <= world.now_ns) {
        sim_net_call_timer();
        world.now_ns += NS_PER_US; // a turn of the loop takes time: what is due at t may want t to be past
    }
}

bool sim_step(void)
{
    int64_t venue = venue_due_ns;
    int64_t net = sim_net_next_ns(client_runs());
    int64_t faults = sim_faults_next_ns();
    int64_t client = client_due_ns();
    int64_t t = least(least(venue, net), least(faults, client));
    if (t == SIM_NEVER) {
        return false;
    }
    static uint64_t standing;
    standing = t > world.now_ns ? 0 : standing + 1;
    if (standing > STANDING_MAX) {
        sim_fail("time stands still: %d steps, and what is due stays due (venue %lld, net %lld, client %lld)",
                 STANDING_MAX, (long long)(venue - t), (long long)(net - t), (long long)(client - t));
    }
    world.now_ns = t > world.now_ns ? t : world.now_ns;
    world.steps++;
    if (t == faults) {
        sim_faults_on_time();
    } else if (t == venue) {
        run_venue();
    } else if (t == net) {
        if (sim_net_deliver(client_runs())) {
            venue_due_ns = least(venue_due_ns, world.now_ns); // it may have new deadlines now
        }
    } else {
        run_client();
    }
    return true;
}
