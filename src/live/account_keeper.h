// SPDX-License-Identifier: Apache-2.0
// account_keeper: keeps account_db up to date while a run goes on: nonces from the hot thread's word
// (live/shared.h), trades and the day's result out of the records that go to the store. Saved each minute and
// at the end.
//
// Owner: main until the store thread starts, the store thread until it has ended, then main again.
#ifndef TT_LIVE_ACCOUNT_KEEPER_H
#define TT_LIVE_ACCOUNT_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "live/shared.h"
#include "store/account_db.h"
#include "store/record.h"

struct account_keeper;

// Takes the database over. NULL: no memory (the database is closed).
struct account_keeper *account_keeper_new(struct account_db *db, const struct live_shared *shared);
void account_keeper_free(struct account_keeper *k); // saves once more, closes; NULL-safe

// This venue signs with nonces under this name from now on; returns its high-water.
uint64_t account_keeper_signer(struct account_keeper *k, int venue, const char *signer);

// One record on its way to the store.
void account_keeper_note(struct account_keeper *k, const struct record *r);
// Once a minute, or now.
void account_keeper_save(struct account_keeper *k, int64_t mono_ns, bool now);

#endif
