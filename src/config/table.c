// SPDX-License-Identifier: Apache-2.0
// The one table of constants: key, unit, default, range, explanation.
#include "config/table.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/decimal.h"

#define AT(field) offsetof(struct config, field)
#define PCT       (E8 / 100)
#define BP        (E8 / 10000)
#define MS        NS_PER_MS
#define SEC       NS_PER_S

// One venue's access: the same keys for each, with the words that differ.
#define ACCESS(id, section, auth_default, user_help)                                                         \
    {section,                                                                                                \
     "network",                                                                                              \
     CU_CHOICE,                                                                                              \
     AT(access[id].network),                                                                                 \
     "auto",                                                                                                 \
     0,                                                                                                      \
     0,                                                                                                      \
     "auto mainnet testnet",                                                                                 \
     "Which network. auto: testnet with --testnet, mainnet with --paper and --live. A network that "         \
     "contradicts the mode is refused."},                                                                    \
        {section,                                                                                            \
         "rest",                                                                                             \
         CU_URL,                                                                                             \
         AT(access[id].rest),                                                                                \
         "",                                                                                                 \
         0,                                                                                                  \
         CONFIG_TEXT_MAX,                                                                                    \
         NULL,                                                                                               \
         "Address for orders and reads, like https://host:port. Empty: the venue's own for the network. "    \
         "http is taken on loopback only."},                                                                 \
        {section,                                                                                            \
         "ws",                                                                                               \
         CU_URL,                                                                                             \
         AT(access[id].ws),                                                                                  \
         "",                                                                                                 \
         0,                                                                                                  \
         CONFIG_TEXT_MAX,                                                                                    \
         NULL,                                                                                               \
         "Address of the streams, like wss://host:port. Empty: the venue's own, or that of rest when only "  \
         "rest is given."},                                                                                  \
        {section,                                                                                            \
         "ca_file",                                                                                          \
         CU_PATH,                                                                                            \
         AT(access[id].ca_file),                                                                             \
         "",                                                                                                 \
         0,                                                                                                  \
         CONFIG_TEXT_MAX,                                                                                    \
         NULL,                                                                                               \
         "PEM file of the only certificates to trust there. Empty: the system's store."},                    \
        {section, "auth", CU_CHOICE,     AT(access[id].auth),       auth_default,                            \
         0,       0,      "eip712 hmac", "How requests are signed."},                                        \
        {section, "user", CU_ADDRESS, AT(access[id].user), "", 0, 48, NULL, user_help},                      \
        {section,                                                                                            \
         "send_user",                                                                                        \
         CU_FLAG,                                                                                            \
         AT(access[id].send_user),                                                                           \
         "yes",                                                                                              \
         0,                                                                                                  \
         1,                                                                                                  \
         NULL,                                                                                               \
         "Whether signed requests carry that address (eip712)."},                                            \
        {section,                                                                                            \
         "recv_window",                                                                                      \
         CU_DURATION,                                                                                        \
         AT(access[id].recv_window_ns),                                                                      \
         "2 s",                                                                                              \
         100 * MS,                                                                                           \
         60 * SEC,                                                                                           \
         NULL,                                                                                               \
         "How late a request may arrive and still count (hmac)."},                                           \
        {section,                                                                                            \
         "chain_id",                                                                                         \
         CU_COUNT,                                                                                           \
         AT(access[id].chain_id),                                                                            \
         "0",                                                                                                \
         0,                                                                                                  \
         1000000000,                                                                                         \
         NULL,                                                                                               \
         "Chain id in the signature (eip712). 0: 1666 on mainnet, 714 on testnet."},                         \
    {                                                                                                        \
        section, "key_file", CU_PATH, AT(access[id].key_file), "", 0, CONFIG_TEXT_MAX, NULL,                 \
            "File with the key, mode 0600, your own; see KEYS AND THEIR FILES in ticktower.conf(5). Empty: " \
            "the "                                                                                           \
            "systemd credential ticktower-NAME-NETWORK if there is one, else a prompt on the terminal."      \
    }

const struct config_row CONFIG_TABLE[] = {
    {"account", "alias", CU_WORD, AT(alias), "sim-50", 0, 0, NULL,
     "Name of the account, [a-z0-9-]. It is what you type to start live and to release a kill. Live wants a "
     "name "
     "of your own."},
    {"account", "capital", CU_MONEY, AT(capital_e8), "50 USDT", E8, 0, NULL,
     "Equity that sizing may use. More in the wallet is not touched."},

    {"instruments", "quote", CU_SYMBOLS, AT(quote), "ETHUSDT", 0, 0, NULL,
     "Symbols that the market maker quotes; the first is in focus. One of another venue has its name before "
     "it: "
     "spot:ETHUSDT (Aster spot), binance:BTCUSDT (Binance USD-M)."},
    {"instruments", "watch", CU_SYMBOLS, AT(watch), "BTCUSDT spot:ETHUSDT binance:ETHUSDT", 0, 0, NULL,
     "Symbols that are shown but not quoted. May be empty. A venue where nothing is quoted is only watched: "
     "it "
     "needs no key, and its outage stops nothing. Away from the embedded venue such a venue is visited only "
     "when it is named here in a file."},

    {"strategy.maker", "enabled", CU_FLAG, AT(maker.enabled), "yes", 0, 1, NULL, "Market maker on or off."},
    {"strategy.maker", "model", CU_CHOICE, AT(maker.model), "specified", 0, 0, "specified glft",
     "How the spread is found: `specified' is sqrt(2 sigma^2 T / A), `glft' the "
     "Gueant-Lehalle-Fernandez-Tapia form "
     "with live-fitted arrival rates."},
    {"strategy.maker", "layers", CU_COUNT, AT(maker.layers), "1", 1, 8, NULL, "Quotes per side."},
    {"strategy.maker", "layer_step", CU_TICKS, AT(maker.layer_step_ticks), "10 ticks", 1, 100000, NULL,
     "Distance between layers."},
    {"strategy.maker", "order_value", CU_MONEY, AT(maker.order_value_e8), "6 USDT", E8 / 100, 0, NULL,
     "Wanted value of one quote. The venue's minimum order may force more, or forbid quoting: the program "
     "says which."},
    {"strategy.maker", "min_edge", CU_FRACTION, AT(maker.min_edge_e8), "0.1 bp", 0, 100 * BP, NULL,
     "Least profit of a quote beyond the maker fee."},
    {"strategy.maker", "max_spread", CU_FRACTION, AT(maker.max_spread_e8), "30 bp", BP, 1000 * BP, NULL,
     "Cap of the full spread."},
    {"strategy.maker", "skew", CU_FRACTION, AT(maker.skew_max_e8), "80 %", 0, 300 * PCT, NULL,
     "Shift of the centre at full inventory, as a share of the half spread."},
    {"strategy.maker", "gamma", CU_NUMBER, AT(maker.gamma_e8), "0.05", 0, 100 * E8, NULL,
     "Risk aversion of GLFT."},
    {"strategy.maker", "horizon", CU_DURATION, AT(maker.horizon_ns), "10 s", MS, 3600 * SEC, NULL,
     "T of the specified spread."},
    {"strategy.maker", "spread_a", CU_NUMBER, AT(maker.spread_a_e8), "0", 0, 1000000 * E8, NULL,
     "A of the specified spread (a pure number). 0: measured, arrival rate times T."},
    {"strategy.maker", "min_life", CU_DURATION, AT(maker.min_life_ns), "250 ms", 0, 60 * SEC, NULL,
     "A quote is not replaced before it has this age."},
    {"strategy.maker", "requote", CU_TICKS, AT(maker.requote_ticks), "3 ticks", 1, 100000, NULL,
     "A quote moves only when its price is off by at least this much."},
    {"strategy.maker", "vpin_widen", CU_FRACTION, AT(maker.vpin_widen_e8), "70 %", 0, 100 * PCT, NULL,
     "Above this VPIN the spread doubles. 0 %: never."},

    {"risk", "order_value", CU_MONEY, AT(limit[LIMIT_ORDER_VALUE]), "10 USDT", 1, 0, NULL,
     "Most that one order may be worth."},
    {"risk", "position_value", CU_MONEY, AT(limit[LIMIT_POSITION_VALUE]), "25 USDT", 1, 0, NULL,
     "Most that one instrument's position may be worth, all open orders of a side counted as filled."},
    {"risk", "gross_value", CU_MONEY, AT(limit[LIMIT_GROSS_VALUE]), "50 USDT", 1, 0, NULL,
     "The same, summed over all instruments."},
    {"risk", "open_orders", CU_COUNT, AT(limit[LIMIT_OPEN_ORDERS]), "10", 1, 200, NULL,
     "Open orders per instrument."},
    {"risk", "order_rate", CU_COUNT, AT(limit[LIMIT_ORDER_RATE]), "20", 1, 1000, NULL,
     "Placements and cancels in any second. Cancels of a kill are not counted."},
    {"risk", "collar", CU_FRACTION, AT(limit[LIMIT_COLLAR]), "1 %", BP, 50 * PCT, NULL,
     "Greatest distance of an order's price from the mark price."},
    {"risk", "day_loss", CU_FRACTION, AT(limit[LIMIT_DAY_LOSS]), "3 %", BP, 20 * PCT, NULL,
     "Loss since midnight UTC that stops trading and flattens. No configuration can exceed 20 %."},
    {"risk", "drawdown", CU_FRACTION, AT(limit[LIMIT_DRAWDOWN]), "10 %", BP, 30 * PCT, NULL,
     "Fall from the highest equity that stops trading and flattens. No configuration can exceed 30 %."},
    {"risk", "book_stale", CU_DURATION, AT(risk.book_stale_ns), "1500 ms", 100 * MS, 60 * SEC, NULL,
     "A book older than this (or than five times its median gap, if that is more) has its quotes pulled."},
    {"risk", "order_max_age", CU_DURATION, AT(risk.order_max_age_ns), "50 ms", MS, 10 * SEC, NULL,
     "A decision older than this is dropped instead of sent."},
    {"risk", "repeat", CU_COUNT, AT(risk.repeat_per_s), "20", 1, 1000, NULL,
     "So many identical placements within a second stop the strategy."},
    {"risk", "hold", CU_DURATION, AT(risk.hold_ns), "30 s", 0, 3600 * SEC, NULL,
     "How long a fault must be gone before the trading state may rise by itself."},

    {"kill", "slice", CU_FRACTION, AT(kill.slice_pct_e8), "20 %", PCT, 100 * PCT, NULL,
     "Share of the visible quantity within the collar that one closing slice may take."},
    {"kill", "slice_gap", CU_DURATION, AT(kill.slice_gap_ns), "100 ms", 10 * MS, 10 * SEC, NULL,
     "Time between slices."},
    {"kill", "collar", CU_FRACTION, AT(kill.collar_e8), "50 bp", BP, 1000 * BP, NULL,
     "Price limit of a slice around mark."},
    {"kill", "collar_max", CU_FRACTION, AT(kill.collar_max_e8), "300 bp", BP, 2000 * BP, NULL,
     "The collar doubles without progress up to this."},
    {"kill", "collar_double", CU_DURATION, AT(kill.collar_double_ns), "2 s", 100 * MS, 60 * SEC, NULL,
     "Time without progress that doubles the collar."},
    {"kill", "accept_window", CU_DURATION, AT(kill.accept_window_ns), "10 s", 100 * MS, 60 * SEC, NULL,
     "How late a sent order can still be accepted by the venue. SEALED is not said before."},
    {"kill", "unconfirmed", CU_DURATION, AT(kill.unconfirmed_ns), "2 s", 100 * MS, 60 * SEC, NULL,
     "Alarm when a flatten is not verified within this time."},

    {"venue", "deadman", CU_DURATION, AT(venue.deadman_ns), "30 s", 5 * SEC, 120 * SEC, NULL,
     "The venue cancels our orders by itself when it has not heard from us for so long."},
    {"venue", "deadman_refresh", CU_DURATION, AT(venue.deadman_refresh_ns), "10 s", SEC, 60 * SEC, NULL,
     "How often that countdown is wound up again while orders rest."},
    {"venue", "ack_timeout", CU_DURATION, AT(venue.ack_timeout_ns), "1000 ms", 50 * MS, 30 * SEC, NULL,
     "An order without an answer for so long is in doubt."},
    {"venue", "leverage", CU_COUNT, AT(venue.leverage), "3", 1, 20, NULL, "Leverage set at the venue."},
    {"venue", "margin", CU_CHOICE, AT(venue.margin), "isolated", 0, 0, "crossed isolated",
     "Margin mode set at the venue."},
    {"venue", "reconcile_orders", CU_DURATION, AT(venue.reconcile_orders_ns), "10 s", SEC, 600 * SEC, NULL,
     "Open orders are compared with the venue's this often."},
    {"venue", "reconcile_positions", CU_DURATION, AT(venue.reconcile_positions_ns), "30 s", SEC, 600 * SEC,
     NULL, "Positions and balances likewise."},
    {"venue", "listen_renew", CU_DURATION, AT(venue.listen_renew_ns), "20 min", SEC, 3000 * SEC, NULL,
     "Renewal of the user stream's key (valid for 60 min)."},
    {"venue", "info_refresh", CU_DURATION, AT(venue.info_refresh_ns), "10 min", SEC, 86400 * SEC, NULL,
     "Filters and instruments are read again this often."},
    {"venue", "clock_probe", CU_DURATION, AT(venue.clock_probe_ns), "60 s", SEC, 600 * SEC, NULL,
     "The venue's clock is compared with ours this often."},
    {"venue", "reconnect_after", CU_DURATION, AT(venue.reconnect_after_ns), "23 h", 60 * SEC, 86400 * SEC,
     NULL,
     "Age at which a market or user stream is replaced by a second one beside it: the venue cuts at 24 h."},
    {"venue", "batch_place", CU_FLAG, AT(venue.batch_place), "no", 0, 1, NULL,
     "Several placements of one decision leave as one request, where the venue takes that: fewer requests, "
     "but "
     "the first order waits for the last."},
    {"venue", "batch_cancel", CU_FLAG, AT(venue.batch_cancel), "no", 0, 1, NULL,
     "The same for cancels of one symbol. (A kill cancels all orders of a symbol in one request anyway.)"},
    {"venue", "weight_limit", CU_COUNT, AT(venue.weight_limit), "2400", 100, 1000000, NULL,
     "Request weight per minute until the venue's own figure is read."},
    {"venue", "order_limit", CU_COUNT, AT(venue.order_limit), "1200", 10, 1000000, NULL,
     "Orders per minute until the venue's own figure is read."},

    ACCESS(
        VENUE_ASTER, "venue.aster", "eip712",
        "Address of the main wallet, which owns the account (eip712). Never its key: that of an API wallet."),
    ACCESS(VENUE_SPOT, "venue.spot", "eip712", "Address of the main wallet, as in [venue.aster]."),
    ACCESS(VENUE_BINANCE, "venue.binance", "hmac", "Unused: Binance knows its accounts by the API key."),

    {"live", "accept_no_guard", CU_FLAG, AT(live.accept_no_guard), "no", 0, 1, NULL,
     "Start live although no second process watches over this one (there is none yet): when it dies, orders "
     "rest until the venue's countdown ends, and the position stays."},

    {"sim", "wallet", CU_MONEY, AT(sim.wallet_e8), "50 USDT", E8, 0, NULL,
     "What the embedded venue's account holds at the start."},
    {"sim", "maker_fee", CU_FRACTION, AT(sim.maker_fee_e8), "1 bp", -10 * BP, 100 * BP, NULL,
     "Maker fee that the embedded venue charges."},
    {"sim", "taker_fee", CU_FRACTION, AT(sim.taker_fee_e8), "4 bp", 0, 100 * BP, NULL,
     "Taker fee that the embedded venue charges."},

    {"sim", "funding_period", CU_DURATION, AT(sim.funding_period_ns), "0 s", 0, 86400 * SEC, NULL,
     "The embedded venue settles funding so often. 0 s: at the symbol's own hours."},
    {"sim", "faults", CU_TEXT, AT(sim.faults), "", 0, CONFIG_TEXT_MAX, NULL,
     "How the embedded venue misbehaves, e.g. place-503 20 %, report-twice 30 % (`ticktower venue --help' "
     "has "
     "the names)."},

    {"paper", "entry", CU_DURATION, AT(paper.entry_ns), "20 ms", 0, 10 * SEC, NULL,
     "With --paper: how long an order takes from here into the book."},
    {"paper", "answer", CU_DURATION, AT(paper.answer_ns), "20 ms", 0, 10 * SEC, NULL,
     "With --paper: how long news of an order takes to come back."},

    {"console", "fps", CU_COUNT, AT(console.fps), "10", 1, 30, NULL, "Frames per second."},
    {"console", "stray_guard", CU_FLAG, AT(console.stray_guard), "yes", 0, 1, NULL,
     "An F that looks like stray typing stops and cancels at once, but asks once more before it closes "
     "positions."},
    {"console", "glyphs", CU_CHOICE, AT(console.glyphs), "auto", 0, 0, "auto ascii utf8",
     "Characters to draw with."},
    {"console", "palette", CU_CHOICE, AT(console.palette), "default", 0, 0, "default mono", "Colours."},
};

const size_t CONFIG_ROWS = COUNT_OF(CONFIG_TABLE);
