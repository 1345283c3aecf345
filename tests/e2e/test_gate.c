// SPDX-License-Identifier: Apache-2.0
// Tries to start live although something is missing: each condition of the live gate and each thing doctor
// looks at is broken for real, one at a time (file modes, links, wrong and expired keys, a closed port, a
// foreign certificate, a venue that says other things than it should, a full disk, a held lock), and must be
// refused with its own red row and no other. And tries to get in without a person: no terminal, a wrong word,
// a piped word, a key in the environment or on the command line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "base/error.h"
#include "base/sanitizer.h"
#include "e2e/live_rig.h"
#include "live/venue_cert.h"
#include "wire/sign.h"

static struct rig rig, plain;
static struct liar liar;

static const char *const DOCTOR[] = {"doctor",  "--mode", "live",   "--config", "CONF",
                                     "--state", "STATE",  "--json", NULL};
// Long enough that the start is over: a run that ends before it has read the account says so and exits 75.
static const char *const LIVE[] = {"run",      "--live", "--headless", "--for", "4s",
                                   "--config", "CONF",   "--state",    "STATE", NULL};

static int start(void **state)
{
    (void)state;
    static const char *const PLAIN[] = {"--plain", "--weight-limit", "100000", "--speed", "5", NULL};
    rig_start(&rig, PLAIN + 1); // a person asks doctor now and then, this test a hundred times
    rig_start(&plain, PLAIN);
    liar_start(&liar, (uint16_t)json_integer_value(json_object_get(plain.hello, "port")));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    liar_stop(&liar);
    rig_stop(&plain);
    rig_stop(&rig);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s/state", rig.dir);
    assert_int_equal(system(command), 0);
    rig_key(&rig);
    rig_conf(&rig, NULL, NULL, NULL, NULL);
    rig.in_child = NULL;
    liar_say(&liar, NULL, NULL, 0);
    return 0;
}

// ------------------------------------------------------------------------------------------------------------
// reading doctor

static json_t *examine(struct rig *r, int want_code)
{
    int code = rig_run(r, DOCTOR, NULL);
    json_t *o = json_loads(r->out, JSON_DISABLE_EOF_CHECK, NULL);
    if (!o || code != want_code) {
        fail_msg("exit %d (want %d): %s", code, want_code, r->out);
    }
    assert_null(strstr(r->out, rig_hello(r, "signer_key") + 2));
    return o;
}

static const json_t *row_named(const json_t *o, const char *group, const char *name)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(o, "checks"), i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "group")), group) == 0 &&
            strcmp(json_string_value(json_object_get(row, "name")), name) == 0) {
            return row;
        }
    }
    return NULL;
}

static const char *not_green(const json_t *o)
{
    json_t *some = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(o, "checks"), i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "level")), "green") != 0) {
            json_array_append(some, row);
        }
    }
    return json_dumps(some, 0);
}

static void expect_row(const json_t *o, const char *level, const char *group, const char *name,
                       const char *text)
{
    const json_t *row = row_named(o, group, name);
    if (!row || strcmp(json_string_value(json_object_get(row, "level")), level) != 0 ||
        !strstr(json_string_value(json_object_get(row, "text")), text)) {
        fail_msg("wanted %s %s %s \"%s\", got %s", level, group, name, text, not_green(o));
    }
}

// Exactly this row is red, and it says this.
static void expect_red(struct rig *r, const char *group, const char *name, const char *text)
{
    json_t *o = examine(r, 1);
    expect_row(o, "red", group, name, text);
    if (json_integer_value(json_object_get(o, "red")) != 1) {
        fail_msg("more than one red row: %s", not_green(o));
    }
    json_decref(o);
}

static void expect_level(struct rig *r, const char *level, const char *group, const char *name,
                         const char *text)
{
    json_t *o = examine(r, 0);
    expect_row(o, level, group, name, text);
    json_decref(o);
}

static void all_is_well(void **state)
{
    (void)state;
    json_t *o = examine(&rig, 0);
    assert_int_equal(json_integer_value(json_object_get(o, "red")), 0);
    static const char *const SEEN[] = {"clock",       "tls",    "streams", "rights",       "position-mode",
                                       "open-orders", "wallet", "ETHUSDT", "fees ETHUSDT", "key"};
    for (size_t i = 0; i < sizeof SEEN / sizeof *SEEN; i++) {
        expect_row(o, "green", "aster", SEEN[i], "");
    }
    expect_row(o, "yellow", "gate", "guard", "countdown of 30 s");
    expect_row(o, "green", "gate", "day_loss", "1.50 USDT");
    json_decref(o);
}

// ------------------------------------------------------------------------------------------------------------
// the configuration

static void what_is_not_written(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"capital",     "day_loss",       "drawdown",
                                       "order_value", "position_value", "gross_value"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        rig_conf(&rig, KEYS[i], NULL, NULL, NULL);
        expect_red(&rig, "gate", KEYS[i], "does not stand in");
    }
    rig_conf(&rig, "alias", NULL, NULL, NULL);
    expect_red(&rig, "gate", "alias", "give the account a name");
    rig_conf(&rig, "accept_no_guard", NULL, NULL, NULL);
    expect_red(&rig, "gate", "guard", "accept_no_guard = yes");
    rig_conf(&rig, "user", NULL, NULL, NULL);
    expect_red(&rig, "aster", "key", "write the main wallet's address");
}

static void default_alias(void **state)
{
    (void)state;
    char text[4096];
    char path[128];
    snprintf(path, sizeof path, "%s/live.conf", rig.dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    assert_true(n > 0);
    text[n] = 0;
    char *at = strstr(text, "test-acct");
    assert_non_null(at);
    memcpy(at, "sim-50   ", 9);
    rig_write(&rig, "live.conf", 0600, "%s", text);
    expect_red(&rig, "gate", "alias", "give the account a name");
}

static void config_file_of_others(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/live.conf", rig.dir);
    chmod(path, 0644);
    expect_red(&rig, "gate", "config", "chmod 600");
    chmod(path, 0600);
    static const char *const BARE[] = {"doctor", "--mode", "live", "--state", "STATE", NULL};
    assert_int_equal(rig_run(&rig, BARE, NULL), 1);
    assert_non_null(strstr(rig.out, "--config FILE is missing"));
}

// ------------------------------------------------------------------------------------------------------------
// keys

static void key_file_modes(void **state)
{
    (void)state;
    char path[160], other[160];
    snprintf(path, sizeof path, "%s/key", rig.dir);
    snprintf(other, sizeof other, "%s/other", rig.dir);
    static const mode_t LOOSE[] = {0640, 0604, 0660, 0644, 0610};
    for (size_t i = 0; i < sizeof LOOSE / sizeof *LOOSE; i++) {
        chmod(path, LOOSE[i]);
        expect_red(&rig, "aster", "key", "chmod 600");
    }
    chmod(path, 0400);
    expect_level(&rig, "green", "aster", "key", "signs as 0x");
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    expect_red(&rig, "aster", "key", "symbolic link");
    unlink(path);
    assert_int_equal(link(other, path), 0);
    expect_red(&rig, "aster", "key", "hard link");
    unlink(other);
    expect_level(&rig, "green", "aster", "key", "signs as 0x");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_red(&rig, "aster", "key", "not a regular file");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0); // must not hang
    expect_red(&rig, "aster", "key", "not a regular file");
    unlink(path);
    expect_red(&rig, "aster", "key", "No such file");
}

static void key_directory(void **state)
{
    (void)state;
    char git[160];
    chmod(rig.dir, 0777);
    json_t *o = examine(&rig, 1);
    expect_row(o, "red", "aster", "key", "chmod go-w");
    expect_row(o, "red", "gate", "config", "chmod go-w"); // the same directory
    json_decref(o);
    chmod(rig.dir, 0700);
    snprintf(git, sizeof git, "%s/.git", rig.dir);
    assert_int_equal(mkdir(git, 0700), 0);
    expect_red(&rig, "aster", "key", "is a repository");
    rmdir(git);
}

static void expect_key(const char *text, const char *why)
{
    rig_write(&rig, "key", 0600, "%s", text);
    expect_red(&rig, "aster", "key", why);
    assert_null(strstr(rig.out, "4fd0a42218f3eae43a6ce26d22544e98"));
}

// The published demonstration key stands for a real one: no message may repeat it.
static void key_texts(void **state)
{
    (void)state;
#define DEMO "0x4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1"
    char text[512];
    expect_key("signer_key = " DEMO "\n", "lacks venue = aster and network = mainnet");
    expect_key("venue = aster\nnetwork = testnet\nsigner_key = " DEMO "\n", "not a key for mainnet");
    expect_key("venue = binance\nnetwork = mainnet\nsigner_key = " DEMO "\n", "not a key for aster");
    expect_key("venue = aster\nnetwork = mainnet\nexpires = 2026-01-01\nsigner_key = " DEMO "\n",
               "has expired");
    expect_key("venue = aster\nnetwork = mainnet\nexpires = soon\nsigner_key = " DEMO "\n", "write a day");
    expect_key("venue = aster\nnetwork = mainnet\nwithdraw = yes\nsigner_key = " DEMO "\n",
               "without the right");
    expect_key(DEMO "\n", "key:1: write name = value");
    expect_key("venue = aster\n" DEMO " = x\n", "key:2: not a name of a key file");
    expect_key("venue = aster\nvenue = aster\n", "twice");
    expect_key("venue = aster\nnetwork = mainnet\nsigner_key = " DEMO "00\n", "64 hex digits");
    expect_key("venue = aster\nnetwork = mainnet\napi_key = " DEMO "\n", "lacks signer_key");
    expect_key("venue = aster\nnetwork = mainnet\nsigner = "
               "0x0000000000000000000000000000000000000001\nsigner_key = " DEMO "\n",
               "is not that of the key");
    snprintf(text, sizeof text, "venue = aster\nnetwork = mainnet\nsigner_key = %s\n",
             rig_hello(&rig, "user_key"));
    expect_key(text, "belongs to the main wallet");
    assert_null(strstr(rig.out, rig_hello(&rig, "user_key") + 2));
}

// A key of the right form that the venue has never seen: only a signed read can tell.
static void unknown_key(void **state)
{
    (void)state;
    rig_write(&rig, "key", 0600, "venue = aster\nnetwork = mainnet\nsigner_key = " DEMO "\n");
    expect_red(&rig, "aster", "rights", "code -");
    rig_key(&rig);
    rig_conf(&rig, NULL, NULL, NULL, "chain_id = 714"); // signs for the other network
    expect_red(&rig, "aster", "rights", "code -");
}

static void empty_key(void **state)
{
    (void)state;
    rig_conf(&rig, "key_file", NULL, NULL, NULL);
    expect_red(&rig, "aster", "key", "no key for aster on mainnet");
}

static void credential_child(void *arg)
{
    setenv("CREDENTIALS_DIRECTORY", arg, 1);
}

static void systemd_credential(void **state)
{
    (void)state;
    char dir[128], name[64] = "cred/ticktower-aster-mainnet";
    snprintf(dir, sizeof dir, "%s/cred", rig.dir);
    mkdir(dir, 0700);
    rig_conf(&rig, "key_file", NULL, NULL, NULL);
    rig_write(&rig, name, 0400, "venue = aster\nnetwork = mainnet\nsigner_key = %s\n",
              rig_hello(&rig, "signer_key"));
    rig.in_child = credential_child;
    rig.in_child_arg = dir;
    expect_level(&rig, "green", "aster", "key", "systemd credential");
    rig_write(&rig, name, 0444, "venue = aster\nnetwork = mainnet\nsigner_key = %s\n",
              rig_hello(&rig, "signer_key"));
    expect_red(&rig, "aster", "key", "not as systemd leaves a credential");
}

static void typed_key(void **state)
{
    (void)state;
    static const char *const WORDS[] = {"doctor", "--mode",  "live",  "--config",
                                        "CONF",   "--state", "STATE", NULL};
    char key[80];
    snprintf(key, sizeof key, "%s\r", rig_hello(&rig, "signer_key"));
    rig_conf(&rig, "key_file", NULL, NULL, NULL);
    const char *const pairs[] = {"(not shown):", key, NULL};
    assert_int_equal(rig_run_tty(&rig, WORDS, pairs), 0);
    assert_non_null(strstr(rig.out, "signs as 0x"));
    assert_null(strstr(rig.out, rig_hello(&rig, "signer_key") + 2));
    const char *const given_up[] = {"(not shown):", "\003", NULL};
    assert_int_equal(rig_run_tty(&rig, WORDS, given_up), 1);
    assert_non_null(strstr(rig.out, "given up"));
}

static void environment_child(void *arg)
{
    setenv(arg, "super-secret-value", 1);
}

static void where_keys_do_not_belong(void **state)
{
    (void)state;
    static char NAMES[][32] = {"TICKTOWER_KEY", "ASTER_API_SECRET", "BINANCE_API_KEY", "ASTER_PRIVATE_KEY"};
    rig.in_child = environment_child;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        rig.in_child_arg = NAMES[i];
        expect_red(&rig, "gate", "environment", NAMES[i]);
        assert_null(strstr(rig.out, "super-secret"));
    }
    rig.in_child = NULL;
    static const char *const FLAGS[] = {"--key",         "--api-key",    "--secret",
                                        "--private-key", "--signer-key", "--api-secret"};
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++) {
        char joined[64];
        snprintf(joined, sizeof joined, "%s=super-secret-value", FLAGS[i]);
        const char *const apart[] = {"run", "--live", FLAGS[i], "super-secret-value", NULL};
        const char *const together[] = {"run", joined, NULL};
        assert_int_equal(rig_run(&rig, apart, NULL), 2);
        assert_non_null(strstr(rig.out, "can be read by every user"));
        assert_null(strstr(rig.out, "super-secret"));
        assert_int_equal(rig_run(&rig, together, NULL), 2);
        assert_null(strstr(rig.out, "super-secret"));
    }
}

static void no_lock_child(void *arg)
{
    (void)arg;
    struct rlimit none = {0, 0};
    prctl(PR_CAPBSET_DROP, 14 /* CAP_IPC_LOCK */, 0, 0, 0);
    setrlimit(RLIMIT_MEMLOCK, &none);
}

static void memory_that_cannot_be_locked(void **state)
{
    (void)state;
    if (SANITIZED_ADDRESS || SANITIZED_THREAD) {
        print_message("skipped: the sanitizers make mlock do nothing\n");
        return;
    }
    rig.in_child = no_lock_child;
    json_t *o = examine(&rig, 1);
    expect_row(o, "red", "aster", "key-memory", "ulimit -l");
    expect_row(o, "red", "host", "memory-lock", "ulimit -l");
    assert_int_equal(json_integer_value(json_object_get(o, "red")), 2);
    json_decref(o);
}

// ------------------------------------------------------------------------------------------------------------
// the venue

static void closed_port(void **state)
{
    (void)state;
    uint16_t port;
    char rest[64];
    int fd = liar_socket(&port, true); // take a port and give it back
    close(fd);
    snprintf(rest, sizeof rest, "https://127.0.0.1:%u", port);
    rig_conf(&rig, NULL, rest, NULL, NULL);
    expect_red(&rig, "aster", "reach", "Connection refused");
    snprintf(rest, sizeof rest, "wss://127.0.0.1:%u", port);
    rig_conf(&rig, NULL, NULL, rest, NULL);
    expect_red(&rig, "aster", "streams", "Connection refused");
}

static void foreign_certificate(void **state)
{
    (void)state;
    static char pem[8192];
    struct error e = {0};
    SSL_CTX *other = venue_cert_context(pem, sizeof pem, &e); // as valid as the venue's, but not the venue's
    assert_non_null(other);
    SSL_CTX_free(other);
    rig_write(&rig, "ca.pem", 0600, "%s", pem);
    expect_red(&rig, "aster", "reach", "certificate:");
    rig_write(&rig, "ca.pem", 0600, "not a certificate\n");
    expect_red(&rig, "aster", "endpoint", "not a PEM certificate");
    rig_conf(&rig, "ca_file", NULL, NULL, NULL); // the system's store does not know it either
    expect_red(&rig, "aster", "reach", "certificate:");
    rig_write(&rig, "ca.pem", 0600, "%s", rig_hello(&rig, "ca_pem"));
}

static void plain_beyond_loopback(void **state)
{
    (void)state;
    rig_conf(&rig, NULL, "http://fapi.asterdex.com", NULL, NULL);
    expect_red(&rig, "aster", "endpoint", "without TLS only on loopback");
}

// The plain venue behind the liar; its keys and addresses in the first rig's place.
// Its answers must hold what is to be changed: a lie that was never told proves nothing.
static void lie(const char *find, const char *say, int64_t clock_ms)
{
    char rest[64];
    if (liar.find || liar.clock_ms) {
        assert_true(atomic_load(&liar.lies) > 0);
    }
    atomic_store(&liar.lies, 0);
    snprintf(rest, sizeof rest, "http://127.0.0.1:%u", liar.port);
    rig_key(&plain);
    rig_conf(&plain, "ca_file", rest, NULL, NULL);
    liar_say(&liar, find, say, clock_ms);
}

static void what_the_venue_says(void **state)
{
    (void)state;
    lie(NULL, NULL, 0);
    json_t *o = examine(&plain, 0); // the relay itself harms nothing
    json_decref(o);
    lie(NULL, NULL, 700);
    expect_level(&plain, "yellow", "aster", "clock", "set this clock right");
    lie(NULL, NULL, -1300);
    o = examine(&plain, 1);
    expect_row(o, "red", "aster", "clock", "above 1 s");
    json_decref(o);
    lie("\"dualSidePosition\":false", "\"dualSidePosition\":true", 0);
    expect_red(&plain, "aster", "position-mode", "hedge mode");
    lie("\"canTrade\":true", "\"canTrade\":false", 0);
    expect_red(&plain, "aster", "rights", "may not trade");
    lie("{\"symbol\":\"ETHUSDT\",\"status\"", "{\"symbol\":\"ETHUSDX\",\"status\"", 0);
    expect_red(&plain, "aster", "ETHUSDT", "not offered");
    lie("\"status\":\"TRADING\"", "\"status\":\"SETTLING\"", 0);
    expect_level(&plain, "yellow", "aster", "BTCUSDT",
                 "is not trading now"); // the first of the list is watched
    lie("\"makerCommissionRate\":\"0.0001", "\"makerCommissionRate\":\"0.0009", 0);
    expect_level(&plain, "yellow", "aster", "fees ETHUSDT", "maker 9.00 bp");
    lie("{\"dualSidePosition\":false}", "<html>busy</html>", 0);
    expect_red(&plain, "aster", "position-mode", "not the answer");
    lie(NULL, NULL, 0);
}

// ------------------------------------------------------------------------------------------------------------
// the machine

static void small_disk_child(void *arg)
{
    if (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        (void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
        (void)mount("tmpfs", arg, "tmpfs", 0, "size=1m,mode=700");
    }
}

static void full_disk(void **state)
{
    (void)state;
    static const char *const SIM[] = {"doctor", "--state", "STATE", NULL};
    char dir[128];
    snprintf(dir, sizeof dir, "%s/state", rig.dir);
    mkdir(dir, 0700);
    rig.in_child = small_disk_child;
    rig.in_child_arg = dir;
    int code = rig_run(&rig, SIM, NULL);
    if (code == 0) {
        print_message("skipped: no small file system can be mounted here\n");
        return;
    }
    assert_int_equal(code, 1);
    assert_non_null(strstr(rig.out, "MiB free there: a day's tape"));
}

static void state_directory(void **state)
{
    (void)state;
    char dir[128];
    snprintf(dir, sizeof dir, "%s/state", rig.dir);
    mkdir(dir, 0700);
    snprintf(dir, sizeof dir, "%s/state/live-test-acct", rig.dir);
    mkdir(dir, 0755);
    expect_red(&rig, "host", "state-dir", "chmod 700");
    assert_int_equal(rig_run(&rig, LIVE, NULL), 2);
    assert_non_null(strstr(rig.out, "chmod 700"));
}

// Two runs on one account's state, also in sim: the second must not start, and the first goes on.
static void one_run_at_a_time(void **state)
{
    (void)state;
    static const char *const SIM[] = {"run",  "--headless", "--for", "4s", "--config",
                                      "CONF", "--state",    "STATE", NULL};
    static const char *const SECOND[] = {"run",  "--headless", "--for", "4s", "--config",
                                         "CONF", "--state",    "STATE", NULL};
    static const char *const LOOK[] = {"doctor", "--state", "STATE", NULL};
    int fd;
    pid_t first = rig_spawn(&rig, SIM, NULL, &fd);
    usleep(1500000);
    assert_int_equal(rig_run(&rig, SECOND, NULL), 2);
    assert_non_null(strstr(rig.out, "another run holds this account's state"));
    assert_int_equal(rig_run(&rig, LOOK, NULL), 0);
    assert_non_null(strstr(rig.out, "signed reads are left out"));
    rig_read(&rig, fd);
    assert_int_equal(rig_wait(first), 0);
    assert_int_equal(rig_run(&rig, SECOND, NULL), 0);
}

static void proxy_child(void *arg)
{
    (void)arg;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "socks5://127.0.0.1:1", 1);
    setenv("socks_proxy", "127.0.0.1:1", 1);
}

// What the environment says of proxies is not followed: orders and streams go to the venue or nowhere.
static void proxies_are_ignored(void **state)
{
    (void)state;
    static const char *const SIM[] = {"run",  "--headless", "--for", "5s", "--config",
                                      "CONF", "--state",    "STATE", NULL};
    rig.in_child = proxy_child;
    assert_int_equal(rig_run(&rig, SIM, NULL), 0);
    const char *events = strstr(rig.out, " events");
    assert_non_null(events);
    while (events > rig.out && events[-1] >= '0' && events[-1] <= '9') {
        events--;
    }
    assert_true(strtol(events, NULL, 10) > 1000);
    expect_level(&rig, "green", "aster", "streams", "takes WebSockets");
}

// Two processes must not sign with one key, wherever they keep their state.
static void one_process_a_key(void **state)
{
    (void)state;
    static const char *const OTHER[] = {"run",      "--testnet", "--headless", "--for", "4s",
                                        "--config", "CONF",      "--state",    "/tmp",  NULL};
    char dir[128];
    const char *argv[10];
    memcpy(argv, OTHER, sizeof argv);
    snprintf(dir, sizeof dir, "%s/elsewhere", rig.dir);
    argv[8] = dir;
    rig_write(&rig, "key", 0600, "venue = aster\nnetwork = testnet\nsigner_key = %s\n",
              rig_hello(&rig, "signer_key"));
    rig_conf(&rig, NULL, NULL, NULL, "chain_id = 1666");
    static const char *const FIRST[] = {"run",      "--testnet", "--headless", "--for", "6s",
                                        "--config", "CONF",      "--state",    "STATE", NULL};
    int fd;
    pid_t first = rig_spawn(&rig, FIRST, NULL, &fd);
    usleep(1500000);
    assert_int_equal(rig_run(&rig, argv, NULL), EXIT_REFUSED);
    assert_non_null(strstr(rig.out, "another process signs with this key"));
    rig_read(&rig, fd);
    int code = rig_wait(first);
    if (code != 0) {
        fail_msg("the first run: exit %d: %s", code, rig.out);
    }
    assert_int_equal(rig_run(&rig, argv, NULL), 0);
}

// A run that was killed outright leaves orders behind: doctor finds them, and the key is free again.
static void what_a_dead_run_left(void **state)
{
    (void)state;
    static const char *const TRADE[] = {"run",  "--testnet", "--headless", "--resume", "--config",
                                        "CONF", "--state",   "STATE",      NULL};
    static const char *const LOOK[] = {"doctor",  "--mode", "testnet", "--config", "CONF",
                                       "--state", "STATE",  "--json",  NULL};
    rig_write(&rig, "key", 0600, "venue = aster\nnetwork = testnet\nsigner_key = %s\n",
              rig_hello(&rig, "signer_key"));
    rig_conf(&rig, NULL, NULL, NULL, "chain_id = 1666");
    int fd;
    int level = 0;
    for (int tries = 0; tries < 5 && level == 0; tries++) { // between two quotes there may be none
        pid_t run = rig_spawn(&rig, TRADE, NULL, &fd);
        usleep(7000000);
        kill(run, SIGKILL);
        rig_read(&rig, fd);
        assert_int_equal(rig_wait(run), 128 + SIGKILL);
        assert_int_equal(rig_run(&rig, LOOK, NULL), 0);
        json_t *o = json_loads(rig.out, JSON_DISABLE_EOF_CHECK, NULL);
        const char *text = json_string_value(json_object_get(row_named(o, "aster", "open-orders"), "text"));
        level = strcmp(text, "none") == 0 ? 0 : 1;
        if (level) {
            expect_row(o, "yellow", "aster", "open-orders", "from an earlier run");
        }
        json_decref(o);
    }
    assert_int_equal(level, 1);
}

// ------------------------------------------------------------------------------------------------------------
// the person

static void typed_word(void **state)
{
    (void)state;
    assert_int_equal(rig_run(&rig, LIVE, "test-acct\n"), EXIT_REFUSED); // piped in: nobody typed it
    assert_non_null(strstr(rig.out, "typed at a terminal"));
    const char *const wrong[] = {"to start: ", "test-acc\r", NULL};
    assert_int_equal(rig_run_tty(&rig, LIVE, wrong), EXIT_REFUSED);
    assert_non_null(strstr(rig.out, "not the account's name"));
    const char *const nothing[] = {"to start: ", "\r", NULL};
    assert_int_equal(rig_run_tty(&rig, LIVE, nothing), EXIT_REFUSED);
    const char *const right[] = {"to start: ", "test-acct\r", NULL};
    assert_int_equal(rig_run_tty(&rig, LIVE, right), 0);
    assert_non_null(strstr(rig.out, "REAL MONEY: aster@loopback, at most 50.00 USDT"));
    assert_non_null(strstr(rig.out, "orders sent"));
}

// Red is refused before the person is asked, each thing in a line of its own.
static void run_refuses_what_doctor_sees(void **state)
{
    (void)state;
    char path[128];
    rig_conf(&rig, "day_loss", NULL, NULL, "auth = hmac");
    snprintf(path, sizeof path, "%s/key", rig.dir);
    chmod(path, 0644);
    const char *const none[] = {NULL};
    assert_int_equal(rig_run_tty(&rig, LIVE, none), EXIT_REFUSED);
    assert_non_null(strstr(rig.out, "refused: gate day_loss: [risk] day_loss does not stand in"));
    assert_non_null(strstr(rig.out, "refused: aster key: "));
    assert_non_null(strstr(rig.out, "2 things to put right"));
    assert_null(strstr(rig.out, "to start:"));
}

static void modes_and_networks(void **state)
{
    (void)state;
    static const char *const TESTNET[] = {"run",      "--testnet", "--headless", "--for", "4s",
                                          "--config", "CONF",      "--state",    "STATE", NULL};
    static const char *const BOTH[] = {"run", "--live", "--testnet", NULL};
    static const char *const PAPER[] = {"run",      "--paper", "--headless", "--for", "4s",
                                        "--config", "CONF",    "--state",    "STATE", NULL};
    assert_int_equal(rig_run(&rig, BOTH, NULL), 2);
    assert_int_equal(rig_run(&rig, TESTNET, NULL), EXIT_REFUSED); // the key is of the main network
    assert_non_null(strstr(rig.out, "not a key for testnet"));
    rig_conf(&rig, NULL, NULL, NULL, "network = mainnet");
    assert_int_equal(rig_run(&rig, TESTNET, NULL), EXIT_REFUSED);
    assert_non_null(strstr(rig.out, "contradicts --testnet"));
    rig_write(&rig, "key", 0600, "venue = aster\nnetwork = testnet\nsigner_key = %s\n",
              rig_hello(&rig, "signer_key"));
    rig_conf(&rig, NULL, NULL, NULL, "chain_id = 1666"); // the embedded venue knows that one only
    assert_int_equal(rig_run(&rig, TESTNET, NULL), 0);
    assert_non_null(strstr(rig.out, "aster@loopback"));
    rig_conf(&rig, "key_file", NULL, NULL, NULL); // paper needs none
    assert_int_equal(rig_run(&rig, PAPER, NULL), 0);
    assert_non_null(strstr(rig.out, "orders sent"));
}

static const char *site_url(const char *venue, const char *kind)
{
    size_t i;
    const json_t *site;
    json_array_foreach(json_object_get(rig.hello, "sites"), i, site)
    {
        if (strcmp(json_string_value(json_object_get(site, "name")), venue) == 0) {
            return json_string_value(json_object_get(site, kind));
        }
    }
    fail_msg("no site %s", venue);
    return NULL;
}

// Each venue with its own section, key and way of signing; the wallet's key serves both of Aster's markets.
static void three_venues(void **state)
{
    (void)state;
    char more[2048];
    rig_write(&rig, "binance-key", 0600, "venue = binance\nnetwork = mainnet\napi_key = %s\nsecret = %s\n",
              rig_hello(&rig, "api_key"), rig_hello(&rig, "api_secret"));
    snprintf(
        more, sizeof more,
        "[instruments]\nquote = ETHUSDT\nwatch = spot:ETHUSDT binance:BTCUSDT\n[venue.spot]\nrest = %s\n"
        "ws = %s\nca_file = %s/ca.pem\nuser = %s\nkey_file = %s/key\n[venue.binance]\nrest = %s\nws = %s\n"
        "ca_file = %s/ca.pem\nkey_file = %s/binance-key\n",
        site_url("spot", "rest"), site_url("spot", "ws"), rig.dir, rig_hello(&rig, "user"), rig.dir,
        site_url("binance", "rest"), site_url("binance", "ws"), rig.dir, rig.dir);
    rig_conf(&rig, NULL, NULL, NULL, more);
    json_t *o = examine(&rig, 0);
    expect_row(o, "green", "aster", "rights", "signed reads work");
    expect_row(o, "green", "spot", "rights", "signed reads work");
    expect_row(o, "yellow", "binance", "rights", "does not say canTrade");
    expect_row(o, "green", "binance", "position-mode", "one-way");
    json_decref(o);
    const char *const right[] = {"to start: ", "test-acct\r", NULL};
    assert_int_equal(rig_run_tty(&rig, LIVE, right), 0);
    assert_non_null(strstr(rig.out, "aster@loopback spot@loopback binance@loopback"));
    rig_write(&rig, "binance-key", 0600, "venue = binance\nnetwork = mainnet\napi_key = %s\nsecret = wrong\n",
              rig_hello(&rig, "api_key"));
    expect_red(&rig, "binance", "rights", "the signature does not fit");
}

static int64_t session_value(const char *sql)
{
    char pattern[160];
    glob_t g = {0};
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    snprintf(pattern, sizeof pattern, "%s/state/live-test-acct/sessions/*.db", rig.dir);
    assert_int_equal(glob(pattern, 0, NULL, &g), 0);
    assert_int_equal(sqlite3_open_v2(g.gl_pathv[0], &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    globfree(&g);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    int64_t v = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

// A venue that is only watched needs no key: its market comes in, nothing of its account is asked, and nobody
// waits for it.
static void watched_without_a_key(void **state)
{
    (void)state;
    char more[1024];
    snprintf(more, sizeof more,
             "[instruments]\nquote = ETHUSDT\nwatch = binance:BTCUSDT\n[venue.binance]\nrest = %s\nws = %s\n"
             "ca_file = %s/ca.pem\n",
             site_url("binance", "rest"), site_url("binance", "ws"), rig.dir);
    rig_conf(&rig, NULL, NULL, NULL, more);
    json_t *o = examine(&rig, 0);
    expect_row(o, "green", "binance", "key", "watched only, public data");
    json_decref(o);
    const char *const right[] = {"to start: ", "test-acct\r", NULL};
    assert_int_equal(rig_run_tty(&rig, LIVE, right), 0);
    assert_true(session_value("SELECT count(*) FROM book_states WHERE instrument = 1 AND state = 'live'") >=
                1);
    assert_int_equal(session_value("SELECT count(*) FROM account_reports WHERE venue = 'binance'"), 0);
    assert_int_equal(session_value("SELECT count(*) FROM links WHERE venue = 'binance' AND link = 'user'"),
                     0);
    assert_int_equal(session_value("SELECT count(*) FROM alerts WHERE message LIKE 'ready:%'"), 1);
    assert_int_equal(session_value("SELECT count(*) FROM alerts WHERE level = 'high'"), 0);
}

// ------------------------------------------------------------------------------------------------------------
// what lasts

static int64_t account_value(const char *sql)
{
    char path[160];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    snprintf(path, sizeof path, "%s/state/live-test-acct/account.db", rig.dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    int64_t v = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

// A clock that was set back must not bring old nonces again: the second run starts above what the first left,
// here 9 s in the future (within the venue's window).
static void nonces_go_on(void **state)
{
    (void)state;
    const char *const right[] = {"to start: ", "test-acct\r", NULL};
    assert_int_equal(rig_run_tty(&rig, LIVE, right), 0);
    int64_t first = account_value("SELECT last_us FROM nonces");
    int64_t wall_us = (int64_t)time(NULL) * 1000000;
    assert_in_range(first, wall_us - 30000000, wall_us + 1000000);
    int64_t epoch = account_value("SELECT max(epoch) FROM runs");
    assert_int_equal(account_value("UPDATE nonces SET last_us = last_us + 9000000"), -1);
    assert_int_equal(rig_run_tty(&rig, LIVE, right), 0);
    assert_true(account_value("SELECT last_us FROM nonces") > first + 9000000);
    assert_true(account_value("SELECT max(epoch) FROM runs") > epoch);
    assert_int_equal(account_value("SELECT count(*) FROM days"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_is_well, fresh),
        cmocka_unit_test_setup(what_is_not_written, fresh),
        cmocka_unit_test_setup(default_alias, fresh),
        cmocka_unit_test_setup(config_file_of_others, fresh),
        cmocka_unit_test_setup(key_file_modes, fresh),
        cmocka_unit_test_setup(key_directory, fresh),
        cmocka_unit_test_setup(key_texts, fresh),
        cmocka_unit_test_setup(unknown_key, fresh),
        cmocka_unit_test_setup(empty_key, fresh),
        cmocka_unit_test_setup(systemd_credential, fresh),
        cmocka_unit_test_setup(typed_key, fresh),
        cmocka_unit_test_setup(where_keys_do_not_belong, fresh),
        cmocka_unit_test_setup(memory_that_cannot_be_locked, fresh),
        cmocka_unit_test_setup(closed_port, fresh),
        cmocka_unit_test_setup(foreign_certificate, fresh),
        cmocka_unit_test_setup(plain_beyond_loopback, fresh),
        cmocka_unit_test_setup(what_the_venue_says, fresh),
        cmocka_unit_test_setup(full_disk, fresh),
        cmocka_unit_test_setup(state_directory, fresh),
        cmocka_unit_test_setup(one_run_at_a_time, fresh),
        cmocka_unit_test_setup(proxies_are_ignored, fresh),
        cmocka_unit_test_setup(one_process_a_key, fresh),
        cmocka_unit_test_setup(what_a_dead_run_left, fresh),
        cmocka_unit_test_setup(typed_word, fresh),
        cmocka_unit_test_setup(run_refuses_what_doctor_sees, fresh),
        cmocka_unit_test_setup(modes_and_networks, fresh),
        cmocka_unit_test_setup(three_venues, fresh),
        cmocka_unit_test_setup(watched_without_a_key, fresh),
        cmocka_unit_test_setup(nonces_go_on, fresh),
    };
    return cmocka_run_group_tests_name("gate", tests, start, stop);
}
