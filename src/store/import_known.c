// SPDX-License-Identifier: Apache-2.0
// import_known: grids and filters of the symbols that recordings hold most often. Perpetuals as a futures
// venue of Aster's kind has them (its exchangeInfo for ETHUSDT; BTCUSDT alike), Binance's spot and its
// coin-margined contracts (100 USD of bitcoin, 10 USD of ether).
#include <string.h>

#include "base/check.h"
#include "store/import_internal.h"

struct known {
    const char *symbol;
    int kind;
    int64_t tick_e8, lot_e8, contract_e8;
    int64_t max_qty_lots, market_max_qty_lots; // of orders; 0: no quantity and price filters
    int64_t fee_maker_e8, fee_taker_e8;
};

static const struct known KNOWN[] = {
    {"ETHUSDT", IMPORT_LINEAR, E8 / 100, E8 / 1000, E8, 10000000, 2000000, 10000, 40000},
    {"BTCUSDT", IMPORT_LINEAR, E8 / 10, E8 / 1000, E8, 1000000, 120000, 10000, 40000},
    {"ETHUSDT", IMPORT_SPOT, E8 / 100, E8 / 100000, E8, 0, 0, 100000, 100000},
    {"BTCUSDT", IMPORT_SPOT, E8 / 100, E8 / 1000000, E8, 0, 0, 100000, 100000},
    {"ETHUSD_PERP", IMPORT_INVERSE, E8 / 100, E8, 10 * E8, 0, 0, 0, 0},
    {"BTCUSD_PERP", IMPORT_INVERSE, E8 / 10, E8, 100 * E8, 0, 0, 0, 0},
};

static void filters_set(const struct known *k, struct instrument *ins)
{
    ins->tick_e8 = k->tick_e8;
    ins->lot_e8 = k->lot_e8;
    ins->contract_e8 = k->contract_e8;
    ins->maker_fee_e8 = k->fee_maker_e8;
    ins->taker_fee_e8 = k->fee_taker_e8;
    if (k->kind != IMPORT_INVERSE) {
        ins->min_notional_e8 = 5 * E8;
        ins->max_open_orders = 200;
    }
    if (k->kind == IMPORT_LINEAR) {
        ins->min_price_ticks = E8 / k->tick_e8; // 1 to 100,000 (ETHUSDT), to 1,000,000 (BTCUSDT)
        ins->max_price_ticks = 10000000;
        ins->min_qty_lots = ins->market_min_qty_lots = 1;
        ins->max_qty_lots = k->max_qty_lots;
        ins->market_max_qty_lots = k->market_max_qty_lots;
        ins->percent_up_e8 = 105 * (E8 / 100);
        ins->percent_down_e8 = 95 * (E8 / 100);
        ins->funding_interval_h = 8;
    }
}

bool import_known(const char *symbol, int kind, int64_t tick_e8, int64_t lot_e8, struct instrument *ins)
{
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        const struct known *k = &KNOWN[i];
        if (k->kind == kind && strcmp(k->symbol, symbol) == 0 && tick_e8 % k->tick_e8 == 0 &&
            lot_e8 % k->lot_e8 == 0) {
            filters_set(k, ins);
            return true;
        }
    }
    return false;
}
