// SPDX-License-Identifier: Apache-2.0
// vectors_venue_facts: what a decoder read, laid out under the names that cases use: the wire's own names and
// words for the same meaning.
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "engine/venue/answer.h"
#include "vectors_venue.h"

enum { NAME_MAX_BYTES = 96 };

// One value under every name of "a|b|c".
static void put(json_t *got, const char *prefix, const char *names, json_t *value)
{
    for (const char *at = names; *at;) {
        size_t n = strcspn(at, "|");
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "%s%.*s", prefix, (int)n, at);
        if (!json_object_get(got, name)) {
            json_object_set(got, name, value);
        }
        at += n + (at[n] == '|');
    }
    json_decref(value);
}

void fact_text(json_t *got, const char *prefix, const char *names, const char *text)
{
    put(got, prefix, names, json_string(text));
}

void fact_int(json_t *got, const char *prefix, const char *names, int64_t v)
{
    put(got, prefix, names, json_integer(v));
}

void fact_bool(json_t *got, const char *prefix, const char *names, bool v)
{
    put(got, prefix, names, json_boolean(v));
}

void fact_e8(json_t *got, const char *prefix, const char *names, int64_t e8)
{
    char text[32];
    decimal_format(text, e8, 8, 8);
    fact_text(got, prefix, names, text);
}

void fact_mask(json_t *got, const char *prefix, const char *names, uint32_t mask, const char *const *words)
{
    json_t *list = json_array();
    for (size_t i = 0; words[i]; i++) {
        if (mask >> i & 1) {
            json_array_append_new(list, json_string(words[i]));
        }
    }
    put(got, prefix, names, list);
}

static const char *side_name(int8_t side)
{
    return side == SIDE_BUY ? "BUY" : side == SIDE_SELL ? "SELL" : "";
}

static bool is_terminal(const char *status)
{
    static const char *const ENDS[] = {"FILLED", "CANCELED", "EXPIRED", "REJECTED"};
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        if (strcmp(status, ENDS[i]) == 0) {
            return true;
        }
    }
    return false;
}

void fact_order(json_t *got, const char *p, const struct wire_order *o)
{
    fact_text(got, p, "symbol", o->symbol);
    fact_text(got, p, "clientOrderId|client_id|client", o->client_id);
    fact_text(got, p, "status|order_status|state", o->status);
    fact_text(got, p, "type|order_type", o->type);
    fact_text(got, p, "origType|original_type", o->orig_type);
    fact_text(got, p, "timeInForce|tif", o->tif);
    fact_text(got, p, "side", side_name(o->side));
    fact_text(got, p, "positionSide", o->position_side);
    fact_text(got, p, "exec|execution|execution_type|exec_type", o->exec);
    fact_text(got, p, "fee_asset|commission_asset", o->fee_asset);
    fact_e8(got, p, "price|limit_price", o->price_e8);
    fact_e8(got, p, "avgPrice|avg|average|average_price", o->avg_price_e8);
    fact_e8(got, p, "stopPrice|trigger", o->stop_price_e8);
    fact_e8(got, p, "origQty|qty|quantity|original_qty|amount", o->qty_e8);
    fact_e8(got, p, "executedQty|filled|cum|cum_filled|cumulative|cumQty|filled_qty|cum_qty|z", o->cum_e8);
    fact_e8(got, p, "cumQuote|cum_quote|filled_quote|cost", o->cum_quote_e8);
    fact_e8(got, p, "last_qty|last_filled|last_filled_qty|l", o->last_qty_e8);
    fact_e8(got, p, "last_price|last_filled_price|L", o->last_price_e8);
    fact_e8(got, p, "fee|commission|n", o->fee_e8);
    fact_e8(got, p, "realised|realized|realised_profit|realised_pnl|realized_pnl|realized_profit|rp",
            o->realised_e8);
    fact_int(got, p, "orderId|id", (int64_t)o->order_id);
    fact_int(got, p, "trade_id|t", (int64_t)o->trade_id);
    fact_int(got, p, "updateTime|update_time", o->update_time_ms);
    fact_int(got, p, "trade_time|transaction_time", o->trade_time_ms);
    fact_int(got, p, "time|created|creation_time", o->created_ms);
    fact_bool(got, p, "terminal|is_terminal|done", is_terminal(o->status));
    fact_bool(got, p, "maker|is_maker", o->maker);
    fact_bool(got, p, "reduceOnly", o->reduce_only);
    fact_bool(got, p, "closePosition|close_all", o->close_position);
    fact_bool(got, p, "is_liquidation|liquidation", strncmp(o->client_id, "autoclose-", 10) == 0);
    fact_bool(got, p, "is_adl|adl", strcmp(o->client_id, "adl_autoclose") == 0);
}

void fact_position(json_t *got, const char *p, const struct wire_position *x)
{
    fact_text(got, p, "symbol", x->symbol);
    fact_text(got, p, "positionSide|side", x->position_side);
    fact_text(got, p, "marginType", x->margin_type);
    fact_bool(got, p, "isolated|is_isolated",
              x->margin_type[0] && (x->margin_type[0] | 0x20) == 'i'); // ISOLATED, isolated
    fact_e8(got, p, "positionAmt|amt|amount|qty|quantity|size|pa", x->qty_e8);
    fact_e8(got, p, "entryPrice|entry|ep", x->entry_e8);
    fact_e8(got, p, "markPrice|mark|mp", x->mark_e8);
    fact_e8(got, p, "unRealizedProfit|unrealised|unrealized|unrealised_profit|unrealised_pnl|up",
            x->unrealised_e8);
    fact_e8(got, p, "liquidationPrice|liquidation", x->liquidation_e8);
    fact_e8(got, p, "isolated_wallet|isolatedMargin|iw", x->isolated_e8);
    fact_e8(got, p, "maintMargin|maintenance|maint|maintenance_margin|mm", x->maint_e8);
    fact_e8(got, p, "realised|realized|accumulated_realised|accumulated|cr", x->realised_e8);
    fact_e8(got, p, "maxNotional|maxNotionalValue", x->max_notional_e8);
    fact_int(got, p, "leverage", x->leverage);
    fact_int(got, p, "updateTime", x->update_time_ms);
}
