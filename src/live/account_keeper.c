// SPDX-License-Identifier: Apache-2.0
#include "live/account_keeper.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/event.h"
#include "engine/snapshot.h"

static const int64_t SAVE_NS = 60 * NS_PER_S;

struct account_keeper {
    struct account_db *db;
    const struct live_shared *shared;
    char signer[VENUE_MAX][48]; // "": no nonces there
    struct {
        char symbol[24];
        uint8_t venue;
        bool changed;
        uint64_t trade_id;
    } ins[INSTRUMENT_MAX];
    int64_t day, start_equity_e8, pnl_e8;
    bool day_known;
    int64_t saved_ns;
};

struct account_keeper *account_keeper_new(struct account_db *db, const struct live_shared *shared)
{
    struct account_keeper *k = calloc(1, sizeof *k);
    if (!k) {
        account_db_close(db);
        return NULL;
    }
    k->db = db;
    k->shared = shared;
    k->saved_ns = clock_mono_ns();
    return k;
}

uint64_t account_keeper_signer(struct account_keeper *k, int venue, const char *signer)
{
    text_copy(k->signer[venue], sizeof k->signer[venue], signer);
    return account_db_nonce(k->db, signer);
}

static void note_event(struct account_keeper *k, const struct event *ev)
{
    if (ev->type == EV_INSTRUMENT && ev->instrument < INSTRUMENT_MAX) {
        text_copy(k->ins[ev->instrument].symbol, sizeof k->ins[0].symbol, ev->u.instrument_rev.symbol);
        k->ins[ev->instrument].venue = ev->venue;
    } else if (ev->type == EV_ORDER && ev->instrument < INSTRUMENT_MAX &&
               ev->u.order.trade_id > k->ins[ev->instrument].trade_id) {
        k->ins[ev->instrument].trade_id = ev->u.order.trade_id;
        k->ins[ev->instrument].changed = true;
    }
}

static void note_snapshot(struct account_keeper *k, const struct snapshot *s, int64_t wall_ns)
{
    if (s->day_start_equity_e8 > 0) { // the account has been read
        k->day = wall_ns / NS_PER_S / 86400;
        k->start_equity_e8 = s->day_start_equity_e8;
        k->pnl_e8 = s->equity_e8 - s->day_start_equity_e8;
        k->day_known = true;
    }
}

void account_keeper_note(struct account_keeper *k, const struct record *r)
{
    if (r->type == REC_EVENT) {
        note_event(k, record_payload(r));
    } else if (r->type == REC_SNAPSHOT) {
        note_snapshot(k, record_payload(r), r->wall_ns);
    }
}

// What cannot be written now is written at the next time: nonces only ever grow.
void account_keeper_save(struct account_keeper *k, int64_t mono_ns, bool now)
{
    if (!now && mono_ns - k->saved_ns < SAVE_NS) {
        return;
    }
    k->saved_ns = mono_ns;
    for (int v = 0; v < VENUE_MAX; v++) {
        uint64_t nonce = atomic_load(&k->shared->nonce_us[v]);
        if (k->signer[v][0] && nonce) {
            account_db_keep_nonce(k->db, k->signer[v], nonce);
        }
    }
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        if (k->ins[i].changed && k->ins[i].symbol[0]) {
            k->ins[i].changed =
                !account_db_keep_trade(k->db, k->ins[i].venue, k->ins[i].symbol, k->ins[i].trade_id);
        }
    }
    if (k->day_known) {
        account_db_keep_day(k->db, k->day, k->start_equity_e8, k->pnl_e8);
    }
}

void account_keeper_free(struct account_keeper *k)
{
    if (k) {
        account_keeper_save(k, clock_mono_ns(), true);
        account_db_close(k->db);
        free(k);
    }
}
