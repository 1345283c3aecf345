// SPDX-License-Identifier: Apache-2.0
// Tries to break the emergency key over a real SSH connection that dies in the middle: the console runs
// behind an sshd of our own on loopback (own keys, port and configuration in a temporary directory), its
// client's output is held back until the console cannot write any more, the client is suspended in the moment
// in which F has left it, and is killed. Judged by the tape of the session.
//
// Skipped, with a word, where there is no sshd or it cannot be run.
#include "e2e/kill_run.h"

#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "e2e/relay.h"

static const char SSHD[] = "/usr/sbin/sshd";

struct ssh {
    struct run r;
    struct relay relay;
    pid_t sshd;
    bool made_dir; // /run/sshd was not there before
    uint16_t port;
};

// Run a program to its end; its exit code.
static int execute(const char *const *argv)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void path_of(const struct ssh *s, const char *name, char *path, size_t cap)
{
    snprintf(path, cap, "%s/%s", s->r.state, name);
}

static bool make_key(const struct ssh *s, const char *name)
{
    char path[128];
    path_of(s, name, path, sizeof path);
    const char *argv[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, NULL};
    return execute(argv) == 0;
}

static void write_config(struct ssh *s)
{
    char path[128];
    path_of(s, "sshd.conf", path, sizeof path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "Port %u\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\n"
            "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPidFile none\nUseDNS no\nPrintMotd no\n",
            s->port, s->r.state, s->r.state);
    fclose(f);
}

static bool answers(uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < 100; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
        close(fd);
        if (rc == 0) {
            return true;
        }
        usleep(50000);
    }
    return false;
}

// Start sshd; NULL when it runs, else why it cannot.
static const char *start_sshd(struct ssh *s)
{
    if (access(SSHD, X_OK) != 0) {
        return "there is no /usr/sbin/sshd (package openssh-server)";
    }
    s->made_dir = geteuid() == 0 && mkdir("/run/sshd", 0755) == 0;
    if (geteuid() == 0 && access("/run/sshd", X_OK) != 0) {
        return "sshd needs /run/sshd, which cannot be made";
    }
    if (!make_key(s, "host") || !make_key(s, "user")) {
        return "ssh-keygen fails";
    }
    close(relay_socket(&s->port)); // a port that was free just now
    write_config(s);
    char path[128];
    char log[128];
    path_of(s, "sshd.conf", path, sizeof path);
    path_of(s, "sshd.log", log, sizeof log);
    s->sshd = fork();
    if (s->sshd == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        prctl(PR_SET_PDEATHSIG, SIGTERM); // also when an assertion ends the test
        execl(SSHD, SSHD, "-D", "-f", path, "-E", log, (char *)NULL);
        _exit(127);
    }
    return answers(s->port) ? NULL : "sshd does not start";
}

static void stop_sshd(struct ssh *s)
{
    if (s->sshd > 0) {
        kill(s->sshd, SIGTERM);
        waitpid(s->sshd, NULL, 0);
    }
    if (s->made_dir) {
        rmdir("/run/sshd");
    }
}

// The console in an SSH session, through the relay, until it trades. False: skipped.
static bool start(struct ssh *s)
{
    char command[2 * PATH_MAX + 512];
    char port[16];
    char key[128];
    const char *program = run_prepare(&s->r);
    s->sshd = 0;
    s->made_dir = false;
    const char *why = start_sshd(s);
    if (why) {
        print_message("skipped: %s\n", why);
        stop_sshd(s);
        run_remove(&s->r);
        return false;
    }
    assert_true(relay_start(&s->relay, s->port));
    char here[PATH_MAX];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(
        command, sizeof command,
        "cd '%s' && exec env TERM=xterm-256color '%s' run --ascii --config '%s' --state '%s' --speed " FAST,
        here, program, s->r.config, s->r.state);
    snprintf(port, sizeof port, "%u", s->relay.port);
    path_of(s, "user", key, sizeof key);
    const struct passwd *me = getpwuid(geteuid());
    assert_non_null(me);
    const char *argv[] = {"/usr/bin/ssh",
                          "-tt",
                          "-F",
                          "none",
                          "-i",
                          key,
                          "-p",
                          port,
                          "-l",
                          me->pw_name,
                          "-o",
                          "StrictHostKeyChecking=no",
                          "-o",
                          "UserKnownHostsFile=/dev/null",
                          "-o",
                          "LogLevel=ERROR",
                          "-o",
                          "IdentitiesOnly=yes",
                          "-o",
                          "BatchMode=yes",
                          "-o",
                          "EscapeChar=none",
                          "127.0.0.1",
                          command,
                          NULL};
    assert_true(term_start(&s->r.t, 48, 160, argv, NULL));
    run_expect(&s->r, "KILL F armed", 30000);
    run_expect(&s->r, "QUOTE", 20000);
    term_run(&s->r.t, 2000);
    return true;
}

// The session's end is in its files; here only what we started ends.
static void finish(struct ssh *s)
{
    kill(s->r.t.pid, SIGKILL);
    term_finish(&s->r.t, 5000);
    relay_stop(&s->relay);
    char db[512];
    assert_true(run_file(&s->r, "db", db, sizeof db));
    for (int i = 0; i < 200 && run_ask_db(db, "SELECT ended_ns IS NOT NULL FROM sessions") != 1; i++) {
        usleep(100000);
    }
    assert_int_equal(run_ask_db(db, "SELECT ended_ns IS NOT NULL FROM sessions"), 1);
    usleep(300000); // the program's last breath
    stop_sshd(s);
}

static void judge(struct ssh *s, const char *what)
{
    struct drill d = run_judged(&s->r);
    assert_int_equal(d.kills, 1);
    assert_true(d.to_flat_ns[0] > 0 && d.to_flat_ns[0] < 3 * NS_PER_S);
    print_message("%s: first cancel byte after %.3f ms, FLAT after %.1f ms\n", what,
                  (double)d.to_cancel_ns[0] / 1e6, (double)d.to_flat_ns[0] / 1e6);
}

static void client_suspended(void **state)
{
    (void)state;
    struct ssh s;
    if (!start(&s)) {
        skip();
    }
    uint64_t before = atomic_load(&s.relay.bytes_up);
    term_keys(&s.r.t, "F");
    for (int i = 0; i < 20000 && atomic_load(&s.relay.bytes_up) == before; i++) {
        usleep(50);
    }
    kill(s.r.t.pid, SIGSTOP); // F is on its way; nothing more goes or comes
    assert_true(atomic_load(&s.relay.bytes_up) > before);
    usleep(4000000);
    kill(s.r.t.pid, SIGCONT);
    run_expect(&s.r, "KILL F SEALED", 10000);
    finish(&s);
    judge(&s, "client suspended");
}

// Nothing comes down any more, long enough for every buffer between the console and us to be full; then F.
static void link_half_dead(void **state)
{
    (void)state;
    struct ssh s;
    if (!start(&s)) {
        skip();
    }
    atomic_store(&s.relay.hold_down, true);
    for (int i = 0; i < 1500; i++) {
        term_keys(&s.r.t, "\014"); // each a whole screen
        term_run(&s.r.t, 10);
    }
    term_keys(&s.r.t, "F");
    term_run(&s.r.t, 4000);
    atomic_store(&s.relay.hold_down, false);
    run_expect(&s.r, "KILL F SEALED", 20000);
    char db[512];
    assert_true(run_file(&s.r, "db", db, sizeof db));
    finish(&s);
    // The console had noticed that its terminal stood still: the test did what it says.
    assert_true(run_ask_db(db, "SELECT count(*) FROM operator_actions WHERE word = 'TTY-SLOW'") > 0);
    judge(&s, "link half dead");
}

// The client dies without a key: in sim the run ends, and leaves no orders.
static void client_killed(void **state)
{
    (void)state;
    struct ssh s;
    if (!start(&s)) {
        skip();
    }
    char db[512];
    finish(&s);
    assert_true(run_file(&s.r, "db", db, sizeof db));
    assert_int_equal(run_ask_db(db, "SELECT open_orders FROM equity ORDER BY wall_ns DESC LIMIT 1"), 0);
    assert_int_equal(run_ask_db(db, "SELECT count(*) FROM operator_actions WHERE verb = 'quit'"), 1);
    struct drill d = run_judged(&s.r);
    assert_int_equal(d.kills, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_suspended),
        cmocka_unit_test(link_half_dead),
        cmocka_unit_test(client_killed),
    };
    return cmocka_run_group_tests_name("ssh", tests, NULL, NULL);
}
