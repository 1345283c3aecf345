// SPDX-License-Identifier: Apache-2.0
// Tries to get a key out of a damaged key file through a message, or a crash: every truncation and every
// single-byte change of a good file must either open the same key or be refused with a line that repeats no
// part of it. Also the lock that keeps two processes from one key, and the account's memory of nonces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live/keys.h"
#include "store/account_db.h"

static const char USER[] = "0x63DD5aCC6b1aa0f563956C0e534DD30B6dcF7C4e"; // published demonstration wallet
static const char KEY[] = "4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1";
static const char SIGNER[] = "0x21cF8Ae13Bb72632562c6Fff438652Ba1a151bb0"; // venue-api.md 2.3
static const int64_t NOW_S = 1767225600;

static char dir[64], path[96];

static int start(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/ticktower-keys-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/key", dir);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

static void write_file(const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    close(fd);
}

static bool open_key(struct endpoint *ep, struct key_info *k, struct error *e)
{
    struct config c;
    config_default(&c);
    strcpy(c.access[VENUE_ASTER].user, USER);
    strcpy(c.access[VENUE_ASTER].key_file, path);
    *e = (struct error){0};
    assert_true(endpoint_from_config(ep, &c, VENUE_ASTER, MODE_LIVE, e));
    return keys_open(ep, &c, NOW_S, false, k, e);
}

// No eight digits of the key stand in a message.
static void expect_silent(const struct error *e)
{
    char part[9] = "";
    for (size_t i = 0; i + 8 <= strlen(KEY); i++) {
        memcpy(part, KEY + i, 8);
        if (strcasestr(e->text, part)) {
            fail_msg("a part of the key stands in: %s", e->text);
        }
    }
}

static size_t good_text(char *to, size_t cap)
{
    return (size_t)snprintf(to, cap,
                            "# of the API wallet\nvenue = aster\nnetwork=mainnet\r\n  signer_key = 0x%s\n"
                            "signer = %s\nexpires = 2026-01-01\nwithdraw = no\n",
                            KEY, SIGNER);
}

static void opens(void **state)
{
    (void)state;
    char text[512];
    struct endpoint ep;
    struct key_info k;
    struct error e;
    write_file(text, good_text(text, sizeof text));
    assert_true(open_key(&ep, &k, &e)); // its last day
    assert_string_equal(k.address, SIGNER);
    assert_int_equal(k.expires_s, NOW_S + 86400);
    assert_true(k.no_withdraw_stated);
    assert_int_equal(ep.chain_id, ASTER_CHAIN_MAINNET);
    endpoint_free(&ep);
}

static void damaged(void **state)
{
    (void)state;
    char text[512];
    struct endpoint ep;
    struct key_info k;
    struct error e;
    size_t n = good_text(text, sizeof text);
    unsigned opened = 0, refused = 0;
    for (size_t cut = 0; cut < n; cut++) {
        write_file(text, cut);
        bool ok = open_key(&ep, &k, &e);
        expect_silent(&e);
        opened += ok;
        refused += !ok;
        endpoint_free(&ep);
    }
    static const char TO[] = {0, '\n', '=', '#', ' ', 'x', '0', (char)0xff};
    for (size_t i = 0; i < n; i++) {
        for (size_t k2 = 0; k2 < sizeof TO; k2++) {
            char was = text[i];
            text[i] = TO[k2];
            write_file(text, n);
            bool ok = open_key(&ep, &k, &e);
            expect_silent(&e);
            assert_true(!ok || strcasecmp(k.address, SIGNER) == 0); // signer = tells any other key
            opened += ok;
            refused += !ok;
            endpoint_free(&ep);
            text[i] = was;
        }
    }
    assert_true(opened > 100 && refused > 800); // comments and blanks may change, the rest may not
}

static void too_large(void **state)
{
    (void)state;
    static char text[8192];
    struct endpoint ep;
    struct key_info k;
    struct error e;
    memset(text, '#', sizeof text);
    write_file(text, sizeof text);
    assert_false(open_key(&ep, &k, &e));
    assert_non_null(strstr(e.text, "larger than 4095 bytes"));
}

// The lock is the process's: twice here is fine, another process is refused until both are given back.
static void one_process(void **state)
{
    (void)state;
    char text[512];
    struct endpoint a, b;
    struct key_info k;
    struct error e;
    write_file(text, good_text(text, sizeof text));
    assert_true(open_key(&a, &k, &e));
    assert_true(open_key(&b, &k, &e));
    for (int left = 2; left >= 0; left--) {
        pid_t other = fork();
        if (other == 0) {
            int fd = open(path, O_RDONLY | O_CLOEXEC); // of its own, as another program would
            _exit(flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(other, &status, 0), other);
        assert_int_equal(WEXITSTATUS(status), left > 0 ? 1 : 0);
        endpoint_free(left == 2 ? &b : &a); // at the end once more: harmless
    }
}

static void account_memory(void **state)
{
    (void)state;
    char file[96];
    struct error e = {0};
    int64_t pnl = 7;
    snprintf(file, sizeof file, "%s/account.db", dir);
    struct account_db *db = account_db_open(file, &e);
    assert_non_null(db);
    assert_int_equal(account_db_nonce(db, SIGNER), 0);
    assert_false(account_db_day(db, 20000, &pnl));
    assert_true(account_db_begin(db, 17, "a", 1, &e));
    assert_false(account_db_begin(db, 17, "b", 2, &e)); // an epoch is used once
    assert_true(account_db_keep_nonce(db, SIGNER, 1748310859508867));
    assert_true(account_db_keep_nonce(db, SIGNER, 1748310859508866)); // never down
    assert_true(account_db_keep_trade(db, VENUE_SPOT, "ETHUSDT", 900123));
    assert_true(account_db_keep_day(db, 20000, 5000000000, -12345678));
    account_db_close(db);
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    db = account_db_open(file, &e);
    assert_non_null(db);
    assert_int_equal(account_db_nonce(db, SIGNER), 1748310859508867);
    assert_int_equal(account_db_trade(db, VENUE_SPOT, "ETHUSDT"), 900123);
    assert_int_equal(account_db_trade(db, VENUE_ASTER, "ETHUSDT"), 0);
    assert_true(account_db_day(db, 20000, &pnl));
    assert_int_equal(pnl, -12345678);
    assert_int_equal(account_db_epoch(db), 17);
    account_db_close(db);
    FILE *f = fopen(file, "we");
    fputs("this is no database at all, but long enough to be taken for one by its size only................",
          f);
    fclose(f);
    assert_null(account_db_open(file, &e));
    assert_int_equal(e.exit_code, EXIT_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens),       cmocka_unit_test(damaged),        cmocka_unit_test(too_large),
        cmocka_unit_test(one_process), cmocka_unit_test(account_memory),
    };
    return cmocka_run_group_tests_name("keys", tests, start, stop);
}
