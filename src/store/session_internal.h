// SPDX-License-Identifier: Apache-2.0
// session_internal: rows and names, shared by the files of the session database. Private to
// src/store/session_*.c.
#ifndef TT_STORE_SESSION_INTERNAL_H
#define TT_STORE_SESSION_INTERNAL_H

#include <sqlite3.h>

#include "store/session_db.h"

enum query {
    Q_SESSION,
    Q_SESSION_START,
    Q_SESSION_COUNT,
    Q_SESSION_END,
    Q_CONFIGURATION,
    Q_INSTRUMENT,
    Q_ORDER,
    Q_ORDER_REPORT,
    Q_ORDER_UPDATE,
    Q_FILL,
    Q_LEDGER,
    Q_ACCOUNT,
    Q_FUNDING,
    Q_POSITION,
    Q_EQUITY,
    Q_WALLET,
    Q_STRATEGY,
    Q_FEATURE,
    Q_FEATURE_NAME,
    Q_PREDICTION,
    Q_STATION,
    Q_BUCKET,
    Q_ALERT,
    Q_OPERATOR,
    Q_ECHO,
    Q_LINK,
    Q_BOOK_STATE,
    Q_BUDGET,
    Q_LOAD,
    Q_GAP,
    Q_COUNT
};

// Rows of one cause share its seq; `entry` tells them apart.
struct entry_counter {
    uint64_t seq;
    int64_t entry;
};

// What rows depend on besides their cause. A failed batch goes back to the state at the last commit, so that
// the caller's second try makes the same rows.
struct session_progress {
    uint64_t last_seq, events, actions, action_hash;
    struct entry_counter ledger_entry, alert_entry;
    int64_t sample_wall_ns, buckets_wall_ns; // of the last sample; 0 none
    uint64_t pending;                        // rows since the last commit
};

struct session_db {
    sqlite3 *sql;
    sqlite3_stmt *stmt[Q_COUNT];
    char *path;
    bool open_transaction;
    bool full; // the transaction will be synced (synchronous=FULL)
    struct session_progress now, committed;
    struct instrument instrument[INSTRUMENT_MAX]; // newest entry; tick_e8 0: unknown
    struct snapshot *skipped; // newest snapshot that came too soon for a sample; wall_ns 0: none
};

// A row being bound. After an error all calls do nothing and row_end returns false.
struct row {
    struct session_db *db;
    sqlite3_stmt *stmt;
    int at;
};

enum weight { WEIGHT_LIGHT, WEIGHT_MONEY }; // MONEY: the commit is synced to the disk

struct row row_begin(struct session_db *db, enum query q, enum weight weight, struct error *e);
void row_int(struct row *r, int64_t v);
void row_real(struct row *r, double v);
void row_text(struct row *r, const char *s);
void row_null(struct row *r);
void row_instrument(struct row *r, uint16_t instrument); // INSTRUMENT_NONE: null
void row_time(struct row *r, int64_t ns);                // 0: null
bool row_end(struct row *r, struct error *e);

const char *name_of_mode(unsigned v);
const char *name_of_strategy(unsigned v);
const char *name_of_side(int v);
const char *name_of_tif(unsigned v);
const char *name_of_instrument_kind(unsigned v);
const char *name_of_instrument_status(unsigned v);
const char *name_of_report(unsigned v);
const char *name_of_order_status(unsigned v);
const char *name_of_drop(unsigned v);
const char *name_of_fill_kind(unsigned v);
const char *name_of_source(unsigned v);
const char *name_of_account_kind(unsigned v);
const char *name_of_account_reason(unsigned v);
const char *name_of_link(unsigned v);
const char *name_of_link_state(unsigned v);
const char *name_of_book_state(unsigned v);
const char *name_of_book_reason(unsigned v);
const char *name_of_trading_state(unsigned v);
const char *name_of_alarm_level(unsigned v);
const char *name_of_actor(unsigned v);
const char *name_of_verb(unsigned v);
const char *name_of_station(unsigned v);
const char *name_of_account(unsigned v);
const char *name_of_posting(unsigned v);

#endif
