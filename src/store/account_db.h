// SPDX-License-Identifier: Apache-2.0
// account_db: what an account remembers from run to run, in one small SQLite file beside its sessions: the
// epoch of each run, the nonce high-water of each signer, the last trade per instrument, the result of the
// day. A crash loses at most what came since the last account_db_save, and nonces only ever start above.
//
// Tables (schema_version 1): runs(epoch, session_id, started_ns), nonces(signer, last_us), trades(venue,
// symbol, last_id), days(day, start_equity_e8, pnl_e8); day = UTC days since 1970.
//
// Owner: one thread at a time (main opens and reads it, then the store thread has it).
#ifndef TT_STORE_ACCOUNT_DB_H
#define TT_STORE_ACCOUNT_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct account_db;

// Open or create (0600, synced). NULL with *e: damaged, of another version, not writable.
struct account_db *account_db_open(const char *path, struct error *e);
void account_db_close(struct account_db *db); // NULL-safe

// The start of a run, durable on return.
bool account_db_begin(struct account_db *db, uint32_t epoch, const char *session_id, int64_t wall_ns,
                      struct error *e);
// The highest epoch of any run; 0: none.
uint32_t account_db_epoch(struct account_db *db);

// High-water of this signer (address, or API key's fingerprint), microseconds; 0: never used here.
uint64_t account_db_nonce(struct account_db *db, const char *signer);
uint64_t account_db_trade(struct account_db *db, int venue, const char *symbol); // 0: none known
bool account_db_day(struct account_db *db, int64_t day, int64_t *pnl_e8);        // false: nothing of that day

// Keep (values never go down, except the day's result, which is replaced). False: not stored now.
bool account_db_keep_nonce(struct account_db *db, const char *signer, uint64_t last_us);
bool account_db_keep_trade(struct account_db *db, int venue, const char *symbol, uint64_t last_id);
bool account_db_keep_day(struct account_db *db, int64_t day, int64_t start_equity_e8, int64_t pnl_e8);

#endif
