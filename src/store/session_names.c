// SPDX-License-Identifier: Apache-2.0
// session_names: enumerations as the words that stand in the session database. They are part of the schema: a
// word is never changed, only added.
#include "store/session_internal.h"

#define NAME_OF(function, ...)                                                                               \
    const char *function(unsigned v)                                                                         \
    {                                                                                                        \
        static const char *const names[] = {__VA_ARGS__};                                                    \
        return v < COUNT_OF(names) && names[v] ? names[v] : "unknown";                                       \
    }

NAME_OF(name_of_mode, "sim", "replay", "backtest", "paper", "testnet", "live")
NAME_OF(name_of_strategy, "none", "maker", "funding", "latency", "kill", "external")
NAME_OF(name_of_tif, "gtc", "ioc", "fok", "gtx")
NAME_OF(name_of_instrument_kind, "linear", "spot", "inverse")
NAME_OF(name_of_instrument_status, "trading", "halted")
NAME_OF(name_of_report, "sent", "accepted", "fill", "canceled", "expired", "rejected", "not_sent", "doubt",
        "absent", "amended", "amend_rejected", "cancel_rejected", "cancel_doubt", "state", "cancel_all_done")
NAME_OF(name_of_order_status, "open", "partial", "filled", "canceled", "expired", "rejected")
NAME_OF(name_of_drop, "", "fence", "age", "budget", "link")
NAME_OF(name_of_fill_kind, "ordinary", "liquidation", "adl", "seam", "missed")
NAME_OF(name_of_source, "local", "answer", "stream", "query")
NAME_OF(name_of_account_kind, "balance", "position", "open_orders", "read_failed", "config")
NAME_OF(name_of_account_reason, "", "order", "funding", "deposit", "withdraw", "adjustment", "read")
NAME_OF(name_of_link, "market", "user", "order", "rest", "market2")
NAME_OF(name_of_link_state, "down", "connecting", "up")
NAME_OF(name_of_book_state, "empty", "syncing", "live", "stale")
NAME_OF(name_of_book_reason, "", "gap", "silent", "crossed", "link", "snapshot", "frozen")
NAME_OF(name_of_trading_state, "run", "reduce", "quiet", "killed", "halt")
NAME_OF(name_of_alarm_level, "log", "low", "medium", "high")
NAME_OF(name_of_actor, "operator", "remote", "rule")
NAME_OF(name_of_verb, "none", "flatten", "pull", "cancel", "pause", "resume", "size", "spread", "limit",
        "ack", "shelve", "release", "abort_flatten", "quit", "reconcile", "add_alarm")
NAME_OF(name_of_station, "recv_decode", "book_features", "decide", "encode", "sign", "write", "tick_to_order",
        "tick_to_order_less_sign", "engine_step", "order_rtt", "key_to_cancel", "answer_to_order")
NAME_OF(name_of_account, "cash", "clearing", "position_cost", "realised", "fees", "funding", "seam",
        "adjustment", "rounding", "capital", "external", "holding")
NAME_OF(name_of_posting, "capital", "fill", "fee", "funding", "transfer", "adjustment", "seam", "liquidation",
        "adl", "rounding")

_Static_assert(STRATEGY_COUNT == 6 && RK_CANCEL_ALL_DONE == 14 && VERB_COUNT == 16 && ST_COUNT == 12 &&
                   ACCOUNT_COUNT == 12 && POSTING_KIND_COUNT == 10 && LINK_COUNT == 5,
               "a new enumerator needs its word here");

const char *name_of_side(int v)
{
    return v == SIDE_BUY ? "buy" : v == SIDE_SELL ? "sell" : "none";
}
