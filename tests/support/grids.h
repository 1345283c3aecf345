// SPDX-License-Identifier: Apache-2.0
// grids: the real grids and filters that tests trade on: BTCUSDT and ETHUSDT of Binance USD-M, August 2024.
#ifndef TT_TESTS_SUPPORT_GRIDS_H
#define TT_TESTS_SUPPORT_GRIDS_H

#include <string.h>

#include "engine/event.h"

static inline struct instrument grid_btc(uint16_t id)
{
    return (struct instrument){.id = id,
                               .kind = INSTRUMENT_LINEAR,
                               .status = INSTRUMENT_TRADING,
                               .settle = CURRENCY_USDT,
                               .price_decimals = 1,
                               .qty_decimals = 3,
                               .symbol = "BTCUSDT",
                               .tick_e8 = E8 / 10,
                               .lot_e8 = E8 / 1000,
                               .contract_e8 = E8,
                               .min_price_ticks = 5568,
                               .max_price_ticks = 45293000,
                               .min_qty_lots = 1,
                               .max_qty_lots = 1000000,
                               .min_notional_e8 = 5 * E8,
                               .percent_up_e8 = 105000000,
                               .percent_down_e8 = 95000000,
                               .max_open_orders = 200};
}

static inline struct instrument grid_eth(uint16_t id)
{
    struct instrument ins = grid_btc(id);
    ins.price_decimals = 2;
    memcpy(ins.symbol, "ETHUSDT", sizeof "ETHUSDT");
    ins.tick_e8 = E8 / 100;
    ins.min_price_ticks = 3986;
    ins.max_price_ticks = 30611000;
    ins.max_qty_lots = 10000000;
    return ins;
}

// The same on an account: 3x, fees 1.0 / 4.0 bp.
static inline struct instrument grid_traded(struct instrument ins)
{
    ins.leverage = 3;
    ins.maker_fee_e8 = 10000;
    ins.taker_fee_e8 = 40000;
    return ins;
}

#endif
