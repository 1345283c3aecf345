// SPDX-License-Identifier: Apache-2.0
// doctor_host: what this machine offers. Each row says what an absence means, so that nobody needs the
// manual to read it.
#include <dlfcn.h>
#include <errno.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>
#include <zstd.h>

#include "base/text.h"
#include "live/doctor.h"
#include "wire/secret.h"

enum { DISK_RED_MIB = 256, DISK_YELLOW_MIB = 4096, FILES_MIN = 256, LOCK_BYTES = 65536 };

static void look_at_time(struct checks *out)
{
    struct timex t = {0};
    int state = adjtimex(&t);
    if (state == TIME_ERROR || (t.status & STA_UNSYNC)) {
        checks_add(
            out, CHECK_YELLOW, "host", "time-sync",
            "the kernel says that nothing keeps this clock right: install chrony or systemd-timesyncd (each "
            "venue's own row shows the offset that counts)");
    } else {
        checks_add(out, CHECK_GREEN, "host", "time-sync", "the clock is kept, error at most %ld ms",
                   t.maxerror / 1000);
    }
}

static bool mode_is_real(enum run_mode mode)
{
    return mode == MODE_TESTNET || mode == MODE_LIVE;
}

// The nearest directory that exists: where the state would be made.
static bool existing_parent(const char *path, char *to, size_t cap)
{
    text_copy(to, cap, path);
    while (access(to, F_OK) != 0) {
        char *slash = strrchr(to, '/');
        if (!slash) {
            text_copy(to, cap, ".");
            return true;
        }
        if (slash == to) {
            to[1] = 0;
            return true;
        }
        *slash = 0;
    }
    return true;
}

static void look_at_state(struct checks *out, enum run_mode mode, const char *state)
{
    char dir[512];
    struct stat st;
    struct statvfs fs;
    existing_parent(state, dir, sizeof dir);
    if (access(dir, W_OK | X_OK) != 0 || stat(dir, &st) != 0 || statvfs(dir, &fs) != 0) {
        checks_add(out, CHECK_RED, "host", "state-dir", "%.200s: %s: give another with --state DIR", dir,
                   strerror(errno));
        return;
    }
    bool ours = strcmp(dir, state) == 0;
    if (ours && (st.st_mode & 077) && mode_is_real(mode)) {
        checks_add(out, CHECK_RED, "host", "state-dir", "others can enter %.200s: chmod 700 %.200s", dir,
                   dir);
    } else {
        checks_add(out, CHECK_GREEN, "host", "state-dir", "%.200s%s", state, ours ? "" : " (will be made)");
    }
    unsigned long long mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
    checks_add(out,
               mib < DISK_RED_MIB      ? CHECK_RED
               : mib < DISK_YELLOW_MIB ? CHECK_YELLOW
                                       : CHECK_GREEN,
               "host", "disk", "%llu MiB free there%s", mib,
               mib < DISK_YELLOW_MIB ? ": a day's tape takes some hundred MiB; make room or give --state DIR"
                                     : "");
}

static void look_at_lock(struct checks *out, enum run_mode mode)
{
    bool locked = false;
    void *p = secret_alloc(LOCK_BYTES, &locked);
    if (p && locked) {
        checks_add(out, CHECK_GREEN, "host", "memory-lock", "keys can be kept out of swap");
    } else {
        checks_add(out, mode == MODE_LIVE ? CHECK_RED : CHECK_YELLOW, "host", "memory-lock",
                   "no memory can be locked, keys could reach the swap: raise `ulimit -l` to 64 or more "
                   "(LimitMEMLOCK in systemd)");
    }
    secret_free(p, LOCK_BYTES);
}

static void look_at_limits(struct checks *out)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    checks_add(out, files.rlim_cur < FILES_MIN ? CHECK_RED : CHECK_GREEN, "host", "open-files",
               "%llu allowed%s", (unsigned long long)files.rlim_cur,
               files.rlim_cur < FILES_MIN ? ": raise `ulimit -n` to 1024" : "");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    checks_add(out, cores < 2 ? CHECK_YELLOW : CHECK_GREEN, "host", "cores", "%ld%s", cores,
               cores < 2 ? ": every other part shares it with the hot thread; expect late orders" : "");
}

static void look_at_governor(struct checks *out)
{
    char word[32] = "";
    FILE *f = fopen("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "re");
    if (f) {
        if (!fgets(word, sizeof word, f)) {
            word[0] = 0;
        }
        fclose(f);
    }
    word[strcspn(word, "\n")] = 0;
    if (!word[0]) {
        checks_add(out, CHECK_GREEN, "host", "cpu-governor",
                   "not told here (usual on a virtual machine): the host decides the frequency");
    } else if (strcmp(word, "performance") == 0) {
        checks_add(out, CHECK_GREEN, "host", "cpu-governor", "performance");
    } else {
        checks_add(
            out, CHECK_YELLOW, "host", "cpu-governor",
            "%s: a core that sleeps wakes late; `cpupower frequency-set -g performance` helps the tail",
            word);
    }
}

static void look_at_gpu(struct checks *out)
{
    void *cuda = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
    bool device = access("/dev/nvidia0", F_OK) == 0;
    if (cuda && device) {
        checks_add(out, CHECK_GREEN, "host", "gpu",
                   "driver and device are there; this version computes on the CPU");
    } else {
        checks_add(out, CHECK_GREEN, "host", "gpu", "%s: none is needed, everything runs on the CPU",
                   cuda ? "a driver without a device" : "no NVIDIA driver (libcuda.so.1)");
    }
    if (cuda) {
        dlclose(cuda);
    }
}

static void look_at_libraries(struct checks *out)
{
    char lws[32];
    text_copy(lws, sizeof lws, lws_get_library_version());
    checks_add(out, CHECK_GREEN, "host", "libraries", "%s, libwebsockets %.20s, SQLite %s, zstd %s",
               OpenSSL_version(OPENSSL_VERSION), lws, sqlite3_libversion(), ZSTD_versionString());
}

void doctor_host(struct checks *out, enum run_mode mode, const char *state)
{
    look_at_time(out);
    look_at_state(out, mode, state);
    look_at_lock(out, mode);
    look_at_limits(out);
    look_at_governor(out);
    look_at_gpu(out);
    look_at_libraries(out);
}
