// SPDX-License-Identifier: Apache-2.0
// Tries to break the session database: an order's life told in every order and twice, fills told by two
// paths, a ledger that does not sum to zero, P&L that differs from a naive recomputation, a full disk in
// mid-batch, a reader meanwhile.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "base/clock.h"
#include "store/schema.h"
#include "store/session_db.h"

static char dir[64], path[96];
static struct event ev;
static uint64_t seq;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tt-sdb-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s.db", dir);
    seq = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char other[128];
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT_OF(suffix); i++) {
        snprintf(other, sizeof other, "%s%s", path, suffix[i]);
        unlink(other);
    }
    return rmdir(dir);
}

static struct session_db *create(void)
{
    struct error e = {0};
    const struct session_db_info info = {.session_id = "20240808-235416-sim",
                                         .mode = "sim",
                                         .venue = "sim@loopback",
                                         .market = "m",
                                         .build = "0.1.0",
                                         .started_wall_ns = 1,
                                         .config =
                                             "# c\n[risk]\nday_loss = 3 %\n\n[strategy.maker]\nlayers=1\n"};
    struct session_db *db = session_db_create(path, &info, &e);
    if (!db) {
        fail_msg("%s", e.text);
    }
    return db;
}

// The single value of a query, on a connection of its own as any reader has.
static int64_t ask(const char *sql)
{
    sqlite3 *c = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open_v2(path, &c, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(c, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(c));
    }
    int64_t v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(c);
    return v;
}

#define ASK(sql, want) assert_int_equal(ask(sql), want)
#define OK(call)                                                                                             \
    do {                                                                                                     \
        struct error e_ = {0};                                                                               \
        if (!(call)) {                                                                                       \
            fail_msg("%s", e_.text);                                                                         \
        }                                                                                                    \
    } while (0)

static void begin(enum event_type type, uint16_t instrument)
{
    event_init(&ev, type, instrument, 0);
    ev.seq = ++seq;
    ev.wall_ns = 1000 + (int64_t)seq;
    ev.venue_ns = 500;
}

static void feed(struct session_db *db)
{
    assert_true(event_valid(&ev, ev.size));
    OK(session_db_event(db, &ev, &e_));
}

static struct instrument eth(void)
{
    return (struct instrument){.id = 1,
                               .symbol = "ETHUSDT",
                               .settle = CURRENCY_USDT,
                               .tick_e8 = E8 / 100,
                               .lot_e8 = E8 / 1000,
                               .contract_e8 = E8};
}

static void report(struct session_db *db, const char *id, enum report_kind kind, enum side side, int64_t cum,
                   int64_t last, uint64_t trade)
{
    begin(EV_ORDER, 1);
    struct ev_order *o = &ev.u.order;
    snprintf(o->client_id, sizeof o->client_id, "%s", id);
    o->kind = (uint8_t)kind;
    o->side = (int8_t)side;
    o->price_ticks = 260000;
    o->qty_lots = 8;
    o->cum_lots = cum;
    o->last_lots = last;
    o->last_price_e8 = 2600 * E8;
    o->fee_e8 = last * 26000;
    o->fee_currency = CURRENCY_USDT;
    o->trade_id = trade;
    o->order_id = 77;
    o->source = kind == RK_SENT ? SOURCE_LOCAL : SOURCE_STREAM;
    o->status = kind == RK_FILL ? (cum == 8 ? OS_FILLED : OS_PARTIAL) : OS_NEW;
    feed(db);
}

static void place(struct session_db *db, const char *id, enum side side)
{
    struct action a = {.cause_seq = seq,
                       .type = ACT_PLACE,
                       .instrument = 1,
                       .strategy = STRATEGY_MAKER,
                       .side = (int8_t)side,
                       .tif = TIF_GTX,
                       .price_ticks = 260000,
                       .qty_lots = 8};
    snprintf(a.client_id, sizeof a.client_id, "%s", id);
    OK(session_db_action(db, &a, 900, &e_));
}

static void test_shape_of_the_file(void **state)
{
    (void)state;
    struct session_db *db = create();
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ASK("PRAGMA application_id", SESSION_APPLICATION_ID);
    ASK("PRAGMA user_version", SESSION_SCHEMA_VERSION);
    ASK("SELECT schema_version FROM sessions", SESSION_SCHEMA_VERSION);
    ASK("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'", 1);
    ASK("SELECT count(*) FROM configuration", 2);
    ASK("SELECT count(*) FROM configuration WHERE section='risk' AND key='day_loss' AND value='3 %'", 1);
    struct error e = {0};
    assert_null(session_db_create(path, &(struct session_db_info){.session_id = "x"}, &e));
    assert_int_equal(e.exit_code, EXIT_CANT_CREATE);
    OK(session_db_close(db, NULL, 5, &e_));
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", path);
    assert_int_not_equal(access(wal, F_OK), 0); // folded in
    ASK("SELECT ended_ns FROM sessions", 5);
}

static void test_every_view_answers(void **state)
{
    (void)state;
    OK(session_db_close(create(), NULL, 5, &e_));
    sqlite3 *c = NULL;
    sqlite3_stmt *views = NULL;
    assert_int_equal(sqlite3_open_v2(path, &c, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(c, "SELECT name FROM sqlite_schema WHERE type='view'", -1, &views, NULL), 0);
    int n = 0;
    for (; sqlite3_step(views) == SQLITE_ROW; n++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM %s", (const char *)sqlite3_column_text(views, 0));
        if (sqlite3_exec(c, sql, NULL, NULL, NULL) != SQLITE_OK) {
            fail_msg("%s: %s", sql, sqlite3_errmsg(c));
        }
    }
    assert_true(n >= 8);
    sqlite3_finalize(views);
    sqlite3_close(c);
}

// The manual names every table, view and column, under the table's own heading; and no table that does not
// exist.
static void test_manual_names_everything(void **state)
{
    (void)state;
    OK(session_db_close(create(), NULL, 5, &e_));
    static char manual[64 << 10];
    FILE *f = fopen("man/ticktower-session.5", "rb");
    assert_non_null(f);
    manual[fread(manual, 1, sizeof manual - 1, f)] = '\0';
    fclose(f);
    sqlite3 *c = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open_v2(path, &c, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(c,
                           "SELECT t.name, i.name, t.type FROM sqlite_schema t, pragma_table_info(t.name) i"
                           " WHERE t.type IN ('table', 'view')",
                           -1, &s, NULL),
        SQLITE_OK);
    int columns = 0;
    for (; sqlite3_step(s) == SQLITE_ROW; columns++) {
        const char *table = (const char *)sqlite3_column_text(s, 0),
                   *column = (const char *)sqlite3_column_text(s, 1);
        char heading[80], word[80];
        snprintf(heading, sizeof heading, "\n.It Sy %s\n", table);
        const char *at = strstr(manual, heading);
        if (!at) {
            fail_msg("ticktower-session(5) does not explain %s", table);
        }
        if (strcmp(table, "instrument") == 0 || strcmp(table, "last_position") == 0) {
            continue; // explained by the tables whose rows they are
        }
        const char *end = strstr(at + 1, "\n.It Sy ");
        const char *hit = at + strlen(heading) - 1;
        bool found = false;
        snprintf(word, sizeof word, " %s", column);
        while (!found && (hit = strstr(hit, word)) != NULL && (!end || hit < end)) {
            hit += strlen(word);
            found = strchr(" \n", *hit) != NULL;
        }
        if (!found) {
            fail_msg("ticktower-session(5) does not explain %s.%s", table, column);
        }
    }
    assert_true(columns > 200);
    sqlite3_finalize(s);
    sqlite3_close(c);
}

static void test_life_of_orders_told_in_any_order(void **state)
{
    (void)state;
    struct session_db *db = create();
    begin(EV_INSTRUMENT, 1);
    ev.u.instrument_rev = eth();
    feed(db);
    place(db, "ttm0000001-1", SIDE_BUY);
    report(db, "ttm0000001-1", RK_SENT, SIDE_BUY, 0, 0, 0);
    report(db, "ttm0000001-1", RK_FILL, SIDE_BUY, 3, 3, 11); // the stream overtakes the answer
    report(db, "ttm0000001-1", RK_ACCEPTED, SIDE_BUY, 0, 0, 0);
    report(db, "ttm0000001-1", RK_FILL, SIDE_BUY, 3, 3, 11); // told again
    report(db, "ttm0000001-1", RK_FILL, SIDE_BUY, 8, 5, 12);
    report(db, "ttm0000001-1", RK_ACCEPTED, SIDE_BUY, 0, 0, 0); // late: the end stays the end
    report(db, "ttm0000001-1", RK_SENT, SIDE_BUY, 0, 0, 0);     // of a cancel
    place(db, "ttm0000001-2", SIDE_SELL);
    report(db, "ttm0000001-2", RK_REJECTED, SIDE_SELL, 0, 0, 0);
    report(db, "ttm0000001-2", RK_STATE, SIDE_SELL, 0, 0, 0); // it lives after all
    report(db, "someone-else", RK_FILL, SIDE_SELL, 1, 1, 13);
    OK(session_db_commit(db, &e_));
    ASK("SELECT count(*) FROM orders WHERE client_id='ttm0000001-1' AND status='filled' AND cum_lots=8 AND "
        "sent_ns=1002"
        " AND ack_ns=1003 AND done_ns=1006 AND intent_ns=900 AND order_id=77",
        1);
    ASK("SELECT count(*) FROM orders WHERE client_id='ttm0000001-2' AND status='open'", 1);
    ASK("SELECT count(*) FROM orders WHERE client_id='someone-else' AND strategy='external'", 1);
    ASK("SELECT count(*) FROM fills", 3);
    ASK("SELECT notional_e8 FROM fills WHERE trade_id=12", 13 * E8); // 0.005 x 2600
    ASK("SELECT count(*) FROM fills WHERE strategy='maker' AND side='buy' AND signed_lots > 0", 2);
    ASK("SELECT count(*) FROM order_reports", 10);
    ASK("SELECT events FROM sessions", 11);
    OK(session_db_close(db, NULL, 5, &e_));
}

static void post(struct session_db *db, uint64_t at, enum posting_kind kind, enum account debit,
                 enum account credit, int64_t amount)
{
    struct posting p = {.seq = at,
                        .amount_e8 = amount,
                        .instrument = 1,
                        .debit = (uint8_t)debit,
                        .credit = (uint8_t)credit,
                        .currency = CURRENCY_USDT,
                        .strategy = STRATEGY_MAKER,
                        .kind = (uint8_t)kind};
    OK(session_db_posting(db, &p, 1000, &e_));
}

static struct snapshot *snapshot_new(int64_t wall_ns, int64_t unrealised)
{
    struct snapshot *s = calloc(1, sizeof *s);
    s->wall_ns = wall_ns;
    s->seq = seq;
    s->instrument_count = 3; // the last is configured, and its venue has not told it
    s->ins[0].known = s->ins[1].known = 1;
    s->ins[1].def = eth();
    s->venue[VENUE_ASTER] = (struct snap_venue){.traded = 1, .wallet_known = 1, .wallet_e8 = 50 * E8};
    s->venue[VENUE_SPOT] = (struct snap_venue){.wallet_known = 1, .wallet_e8 = 7 * E8, .worth_e8 = 9 * E8};
    s->ins[1].mark_e8 = 2610 * E8;
    s->ins[1].feature_valid = 5;
    s->ins[1].feature[0] = (struct snap_feature){.value = 0.25, .z = (double)__builtin_nanf("")};
    s->ins[1].feature[2] = (struct snap_feature){.value = (double)__builtin_nanf("")};
    s->strategy_count = 1;
    s->strategy[0] = (struct snap_strategy){.id = STRATEGY_MAKER, .pnl = {.unrealised_e8 = unrealised}};
    for (int i = 1; i <= 100; i++) {
        hist_add(&s->shell.station[ST_DECIDE], i * 1000);
    }
    s->echo_count = 1;
    return s;
}

// +3 and +5 at 2600, -8 at 2610: realised 0.08 USDT, fees 16 x 26000.
static void test_ledger_and_naive_pnl_agree(void **state)
{
    (void)state;
    struct session_db *db = create();
    begin(EV_INSTRUMENT, 1);
    ev.u.instrument_rev = eth();
    feed(db);
    report(db, "ttm0000001-1", RK_FILL, SIDE_BUY, 3, 3, 11);
    report(db, "ttm0000001-1", RK_FILL, SIDE_BUY, 8, 5, 12);
    post(db, seq, POSTING_FILL, ACCOUNT_POSITION_COST, ACCOUNT_CLEARING, 8 * 26 * E8 / 10);
    post(db, seq, POSTING_FEE, ACCOUNT_FEES, ACCOUNT_CASH, 8 * 26000);
    begin(EV_ORDER, 1);
    report(db, "ttm0000001-2", RK_FILL, SIDE_SELL, 4, 4, 13);
    post(db, seq, POSTING_FILL, ACCOUNT_CLEARING, ACCOUNT_POSITION_COST, 4 * 26 * E8 / 10);
    post(db, seq, POSTING_FEE, ACCOUNT_FEES, ACCOUNT_CASH, 4 * 26000);
    struct snapshot *s =
        snapshot_new(5 * NS_PER_S, 4 * E8 / 100); // 4 lots open, 10 USDT above cost each 0.001
    OK(session_db_sample(db, s, &e_));
    OK(session_db_commit(db, &e_));
    ASK("SELECT count(*) FROM ledger", 4);
    ASK("SELECT entry FROM ledger WHERE kind='fee' ORDER BY seq LIMIT 1", 1);
    ASK("SELECT sum(abs(sum_e8)) FROM ledger_sum", 0);
    ASK("SELECT net_e8 FROM pnl_by_strategy WHERE strategy='maker'", 4 * E8 / 100 - 12 * 26000);
    ASK("SELECT net_before_funding_e8 FROM pnl_naive", 4 * E8 / 100 - 12 * 26000);
    ASK("SELECT position_lots FROM pnl_naive", 4);
    free(s);
    OK(session_db_close(db, NULL, 5, &e_));
}

static void test_samples(void **state)
{
    (void)state;
    struct session_db *db = create();
    begin(EV_OPERATOR, INSTRUMENT_NONE);
    ev.u.op.verb = VERB_FLATTEN;
    feed(db);
    struct snapshot *s = snapshot_new(5 * NS_PER_S, 0);
    s->echo[0] = (struct snap_echo){.seq = seq, .first_write_ns = 1234, .flat_ns = 99};
    OK(session_db_sample(db, s, &e_));
    s->wall_ns += NS_PER_S / 2;
    OK(session_db_sample(db, s, &e_)); // too soon
    s->wall_ns += NS_PER_S / 2;
    OK(session_db_sample(db, s, &e_));
    s->wall_ns += NS_PER_S / 2;
    s->equity_e8 = 55;
    s->action_hash = 0xabc;
    OK(session_db_sample(db, s, &e_)); // too soon, but the last one
    OK(session_db_close(db, NULL, 7, &e_));
    ASK("SELECT count(*) FROM equity", 3);
    ASK("SELECT equity_e8 FROM equity ORDER BY wall_ns DESC LIMIT 1", 55);
    ASK("SELECT count(*) FROM sessions WHERE action_hash='0000000000000abc'", 1);
    ASK("SELECT count(*) FROM positions", 6);
    ASK("SELECT count(*) FROM venue_wallets", 6); // no account of the third venue is known
    ASK("SELECT sum(worth_e8) FROM venue_wallets WHERE venue = 'spot' AND traded = 0", 27 * E8);
    ASK("SELECT count(*) FROM features", 3); // feature 2 is NaN
    ASK("SELECT count(*) FROM features WHERE z IS NULL AND value = 0.25", 3);
    ASK("SELECT sum(count) FROM latency_buckets WHERE station='decide'", 100);
    ASK("SELECT max_us FROM latency WHERE station='decide'", 100);
    ASK("SELECT first_write_ns FROM operator_actions WHERE verb='flatten' AND sealed_ns IS NULL AND "
        "flat_ns=99",
        1234);
    free(s);
}

// Alerts of one cause are told apart; actions that are no rows are counted.
static void test_alerts_links_and_the_rest(void **state)
{
    (void)state;
    struct session_db *db = create();
    struct action a = {.cause_seq = 4,
                       .type = ACT_ALARM,
                       .level = ALARM_HIGH,
                       .instrument = INSTRUMENT_NONE,
                       .client_id = "MD-STALE",
                       .text = "book of ETHUSDT is stale"};
    OK(session_db_action(db, &a, 1, &e_));
    OK(session_db_action(db, &a, 1, &e_));
    a.type = ACT_DEADMAN;
    OK(session_db_action(db, &a, 1, &e_));
    static const enum event_type types[] = {EV_START, EV_LINK,       EV_BOOK_STATE, EV_BUDGET,
                                            EV_LOAD,  EV_PREDICTION, EV_TIMER};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        begin(types[i], 1);
        feed(db);
    }
    begin(EV_ACCOUNT, 1);
    ev.u.account = (struct ev_account){
        .kind = AK_BALANCE, .reason = AR_FUNDING, .currency = CURRENCY_USDT, .change_e8 = -77};
    feed(db);
    OK(session_db_gap(db, 20, 29, 1, &e_));
    OK(session_db_close(db, NULL, 7, &e_));
    ASK("SELECT count(*) FROM alerts WHERE code='MD-STALE' AND level='high'", 2);
    ASK("SELECT actions FROM sessions", 3);
    ASK("SELECT amount_e8 FROM funding", -77);
    ASK("SELECT (SELECT count(*) FROM links) + (SELECT count(*) FROM book_states) + (SELECT count(*) FROM "
        "budgets) +"
        " (SELECT count(*) FROM loads) + (SELECT count(*) FROM predictions) + (SELECT count(*) FROM gaps)",
        6);
}

// A write that fails undoes the batch and says so in one line; the same calls again make the same rows.
static void test_full_disk_in_mid_batch(void **state)
{
    (void)state;
    struct session_db *db = create();
    OK(session_db_commit(db, &e_));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 64 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct error e = {0};
    bool failed = false;
    for (int try = 0; try < 2; try++) {
        bool ok = true;
        for (uint64_t at = 1; ok && at <= 2000; at++) {
            struct posting p = {.seq = at / 2,
                                .amount_e8 = 5,
                                .instrument = 1,
                                .debit = ACCOUNT_FEES,
                                .credit = ACCOUNT_CASH,
                                .currency = CURRENCY_USDT};
            ok = session_db_posting(db, &p, 1000, &e);
        }
        ok = ok && session_db_commit(db, &e);
        if (!ok) {
            assert_int_equal(try, 0);
            assert_int_equal(e.exit_code, EXIT_CANT_CREATE);
            assert_non_null(strstr(e.text, path));
            assert_null(strchr(e.text, '\n'));
            assert_int_equal(session_db_pending(db), 0);
            failed = true;
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        }
    }
    assert_true(failed);
    ASK("SELECT count(*) FROM ledger", 2000);
    ASK("SELECT max(entry) FROM ledger", 1);
    OK(session_db_close(db, NULL, 5, &e_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shape_of_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_view_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_manual_names_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(test_life_of_orders_told_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ledger_and_naive_pnl_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(test_alerts_links_and_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_in_mid_batch, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
