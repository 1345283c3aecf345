// SPDX-License-Identifier: Apache-2.0
// xch_user_text: the account in the venue's words: payloads of venue-api.md 5.5 for perpetuals and for spot.
#include <string.h>

#include "engine/exchange/xch.h"

static bool heard(const struct xch_sink *out)
{
    return out && out->publish;
}

static struct jw begin(struct exchange *x, const char *event)
{
    struct jw w = jw_begin(x->text, sizeof x->text);
    jw_lit(&w, "{\"e\":");
    jw_str(&w, event);
    jw_lit(&w, ",\"E\":");
    xch_put_ms(&w, x->now_ns);
    return w;
}

const char *xch_status_name(uint8_t status)
{
    static const char *const NAMES[] = {"NEW",      "PARTIALLY_FILLED", "FILLED",
                                        "CANCELED", "EXPIRED",          "REJECTED"};
    CHECK(status < COUNT_OF(NAMES));
    return NAMES[status];
}

static const char *exec_name(const struct exchange *x, enum report_kind exec, const struct xch_fill *f)
{
    if (f) {
        return f->kind == FILL_LIQUIDATION ? "CALCULATED" : "TRADE";
    }
    if (exec == RK_AMENDED) {
        return x->cfg.amend_as_new ? "NEW" : "AMENDMENT";
    }
    return exec == RK_ACCEPTED ? "NEW" : exec == RK_CANCELED ? "CANCELED" : "EXPIRED";
}

// --------------------------------------------------------------------------------------------------- orders

static int64_t open_notional_e8(const struct exchange *x, const struct instrument *ins, enum side side)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < x->open_count; i++) {
        const struct xch_order *o = &x->slot[x->open[i]].o;
        if (o->instrument == ins->id && o->side == side && !o->waiting) {
            sum += instrument_notional_e8(ins, instrument_price_e8(ins, o->price_ticks),
                                          o->qty_lots - o->cum_lots);
        }
    }
    return sum;
}

static void put_order_head(struct jw *w, const struct instrument *ins, const struct xch_order *o)
{
    int64_t filled = instrument_qty_e8(ins, o->cum_lots);
    jw_lit(w, "\"s\":");
    jw_str(w, o->symbol);
    jw_lit(w, ",\"c\":");
    jw_str(w, o->client_id);
    jw_lit(w, ",\"S\":");
    jw_str(w, o->side == SIDE_BUY ? "BUY" : "SELL");
    jw_lit(w, ",\"o\":");
    jw_str(w, o->type);
    jw_lit(w, ",\"f\":");
    jw_str(w, o->tif);
    jw_lit(w, ",\"q\":");
    xch_put_qty(w, ins, o->qty_lots);
    jw_lit(w, ",\"p\":");
    xch_put_price(w, ins, o->price_ticks);
    jw_lit(w, ",\"ap\":");
    jw_e8(w, filled ? muldiv_round(o->cum_quote_e8, E8, filled) : 0);
}

static void put_stop(struct jw *w, const struct instrument *ins, const struct xch_order *o)
{
    if (o->stop_ticks) {
        xch_put_price(w, ins, o->stop_ticks);
    } else {
        jw_lit(w, "\"0\"");
    }
}

static void put_execution(struct jw *w, const struct instrument *ins, const struct xch_order *o,
                          const struct xch_fill *f)
{
    jw_lit(w, ",\"X\":");
    jw_str(w, xch_status_name(o->status));
    jw_lit(w, ",\"i\":");
    jw_uint(w, o->order_id);
    jw_lit(w, ",\"l\":");
    xch_put_qty(w, ins, f ? f->qty_lots : 0);
    jw_lit(w, ",\"z\":");
    xch_put_qty(w, ins, o->cum_lots);
    jw_lit(w, ",\"L\":");
    jw_dec(w, f ? f->price_e8 : 0, 8, f && f->kind != FILL_ORDINARY ? 8 : ins->price_decimals);
    if (f) {
        jw_lit(w, ",\"N\":");
        jw_str(w, currency_name((enum currency)f->fee_asset));
        jw_lit(w, ",\"n\":");
        jw_e8(w, f->fee_e8);
    }
    jw_lit(w, ",\"T\":");
    xch_put_ms(w, o->updated_ns);
    jw_lit(w, ",\"t\":");
    jw_uint(w, f ? f->trade_id : 0);
    jw_lit(w, ",\"m\":");
    jw_bool(w, f && f->maker);
    jw_lit(w, ",\"ot\":");
    jw_str(w, o->orig_type);
}

static void put_perpetual(struct jw *w, const struct exchange *x, const struct xch_order *o,
                          const struct xch_fill *f)
{
    const struct instrument *ins = &x->market[o->instrument].ins;
    jw_lit(w, ",\"sp\":");
    put_stop(w, ins, o);
    jw_lit(w, ",\"b\":");
    jw_e8(w, open_notional_e8(x, ins, SIDE_BUY));
    jw_lit(w, ",\"a\":");
    jw_e8(w, open_notional_e8(x, ins, SIDE_SELL));
    jw_lit(w, ",\"R\":");
    jw_bool(w, o->reduce_only);
    jw_lit(w, ",\"wt\":");
    jw_str(w, o->mark_triggers ? "MARK_PRICE" : "CONTRACT_PRICE");
    jw_lit(w, ",\"ps\":\"BOTH\",\"cp\":");
    jw_bool(w, o->close_position);
    if (o->callback_pct_e8) {
        jw_lit(w, ",\"AP\":");
        xch_put_price(w, ins, o->activation_ticks);
        jw_lit(w, ",\"cr\":");
        jw_dec(w, o->callback_pct_e8, 8, 1);
    }
    jw_lit(w, ",\"rp\":");
    jw_e8(w, f ? f->realised_e8 : 0);
}

static void put_spot(struct jw *w, const struct exchange *x, const struct xch_order *o,
                     const struct xch_fill *f)
{
    const struct instrument *ins = &x->market[o->instrument].ins;
    jw_lit(w, ",\"P\":");
    put_stop(w, ins, o);
    jw_lit(w, ",\"O\":");
    xch_put_ms(w, o->created_ns);
    jw_lit(w, ",\"Z\":");
    jw_e8(w, o->cum_quote_e8);
    jw_lit(w, ",\"Y\":");
    jw_e8(w, f ? instrument_notional_e8(ins, f->price_e8, f->qty_lots) : 0);
    jw_lit(w, ",\"Q\":");
    jw_e8(w, o->quote_qty_e8);
}

// Binance tells conditional orders, as long as they are, in an event of their own (venue-api.md 1.2; fields
// of its public reference). The triggered order goes by the same id here.
static bool is_algo(const struct exchange *x, const struct xch_order *o)
{
    return x->cfg.dialect == XCH_DIALECT_BINANCE && (o->stop_ticks || o->callback_pct_e8) &&
           strcmp(o->type, o->orig_type) == 0;
}

static void put_algo(struct jw *w, const struct instrument *ins, const struct xch_order *o,
                     const char *status)
{
    bool triggered = strcmp(status, "TRIGGERED") == 0;
    jw_lit(w, "\"caid\":");
    jw_str(w, o->client_id);
    jw_lit(w, ",\"aid\":");
    jw_uint(w, o->order_id);
    jw_lit(w, ",\"at\":\"CONDITIONAL\",\"o\":");
    jw_str(w, o->orig_type);
    jw_lit(w, ",\"s\":");
    jw_str(w, o->symbol);
    jw_lit(w, ",\"S\":");
    jw_str(w, o->side == SIDE_BUY ? "BUY" : "SELL");
    jw_lit(w, ",\"ps\":\"BOTH\",\"f\":");
    jw_str(w, o->tif);
    jw_lit(w, ",\"q\":");
    xch_put_qty(w, ins, o->qty_lots);
    jw_lit(w, ",\"X\":");
    jw_str(w, status);
    jw_lit(w, ",\"ai\":\"");
    if (triggered) {
        jw_uint(w, o->order_id);
    }
    jw_lit(w, "\",\"ap\":\"0\",\"aq\":\"0\",\"act\":");
    jw_cstr(w, !triggered ? "\"0\"" : o->price_ticks ? "\"LIMIT\"" : "\"MARKET\"");
}

void xch_publish_algo(struct exchange *x, const struct xch_order *o, const char *status,
                      const struct xch_sink *out)
{
    if (!heard(out) || !is_algo(x, o)) {
        return;
    }
    const struct instrument *ins = &x->market[o->instrument].ins;
    struct jw w = begin(x, "ALGO_UPDATE");
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, o->updated_ns);
    jw_lit(&w, ",\"o\":{");
    put_algo(&w, ins, o, status);
    jw_lit(&w, ",\"tp\":");
    put_stop(&w, ins, o);
    jw_lit(&w, ",\"p\":");
    xch_put_price(&w, ins, o->price_ticks);
    jw_lit(&w, ",\"V\":");
    jw_str(&w, xch_stp_name(o->stp));
    jw_lit(&w, ",\"wt\":");
    jw_str(&w, o->mark_triggers ? "MARK_PRICE" : "CONTRACT_PRICE");
    jw_lit(&w, ",\"pm\":\"NONE\",\"cp\":");
    jw_bool(&w, o->close_position);
    jw_lit(&w, ",\"pP\":");
    jw_bool(&w, o->price_protect);
    jw_lit(&w, ",\"R\":");
    jw_bool(&w, o->reduce_only);
    jw_lit(&w, ",\"tt\":");
    xch_put_ms(&w, strcmp(status, "TRIGGERED") == 0 ? o->updated_ns : 0);
    jw_lit(&w, ",\"gtd\":0}}");
    xch_send(x, &w, XO_ORDER, "", out);
}

void xch_publish_order(struct exchange *x, const struct xch_order *o, enum report_kind exec,
                       const struct xch_fill *f, const struct xch_sink *out)
{
    if (!heard(out)) {
        return;
    }
    if (is_algo(x, o)) {
        xch_publish_algo(x, o, exec == RK_ACCEPTED ? "NEW" : exec_name(x, exec, f), out);
        return;
    }
    const struct instrument *ins = &x->market[o->instrument].ins;
    struct jw w = begin(x, x->spot ? "executionReport" : "ORDER_TRADE_UPDATE");
    if (!x->spot) {
        jw_lit(&w, ",\"T\":");
        xch_put_ms(&w, o->updated_ns);
    }
    jw_cstr(&w, x->spot ? "," : ",\"o\":{");
    put_order_head(&w, ins, o);
    jw_lit(&w, ",\"x\":");
    jw_str(&w, exec_name(x, exec, f));
    put_execution(&w, ins, o, f);
    if (x->spot) {
        put_spot(&w, x, o, f);
    } else {
        put_perpetual(&w, x, o, f);
    }
    jw_cstr(&w, x->spot ? "}" : "}}");
    xch_send(x, &w, XO_ORDER, "", out);
}

// -------------------------------------------------------------------------------------------------- account

static void put_position(struct jw *w, const struct exchange *x, const struct xch_market *m)
{
    struct xch_position p;
    xch_position_of(x, m, &p);
    jw_lit(w, "{\"s\":");
    jw_str(w, m->ins.symbol);
    jw_lit(w, ",\"pa\":");
    xch_put_qty(w, &m->ins, p.lots);
    jw_lit(w, ",\"ep\":");
    jw_e8(w, p.entry_e8);
    jw_lit(w, ",\"cr\":");
    jw_e8(w, m->realised_e8);
    jw_lit(w, ",\"up\":");
    jw_e8(w, p.unrealised_e8);
    jw_lit(w, ",\"mt\":");
    jw_str(w, m->isolated ? "isolated" : "cross");
    jw_lit(w, ",\"iw\":");
    jw_e8(w, p.isolated_wallet_e8);
    jw_lit(w, ",\"ps\":\"BOTH\"}");
}

static void put_wallet(struct jw *w, const struct exchange *x, int64_t change_e8)
{
    struct xch_account a;
    exchange_account(x, &a);
    jw_lit(w, "{\"a\":\"USDT\",\"wb\":");
    jw_e8(w, a.wallet_e8);
    jw_lit(w, ",\"cw\":");
    jw_e8(w, a.cross_wallet_e8);
    jw_lit(w, ",\"bc\":");
    jw_e8(w, change_e8);
    jw_lit(w, "}");
}

static void publish_spot_account(struct exchange *x, const char *reason, const struct xch_sink *out)
{
    struct xch_balance b[CURRENCY_COUNT];
    size_t n = exchange_balances(x, b);
    struct jw w = begin(x, "outboundAccountPosition");
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"m\":");
    jw_str(&w, reason);
    jw_lit(&w, ",\"B\":[");
    for (size_t i = 0; i < n; i++) {
        jw_cstr(&w, i ? ",{\"a\":" : "{\"a\":");
        jw_str(&w, currency_name((enum currency)b[i].asset));
        jw_lit(&w, ",\"f\":");
        jw_e8(&w, b[i].free_e8);
        jw_lit(&w, ",\"l\":");
        jw_e8(&w, b[i].locked_e8);
        jw_lit(&w, "}");
    }
    jw_lit(&w, "]}");
    xch_send(x, &w, XO_ACCOUNT, "", out);
}

void xch_publish_account(struct exchange *x, const struct xch_market *m, const char *reason,
                         int64_t change_e8, const struct xch_sink *out)
{
    if (!heard(out)) {
        return;
    }
    if (x->spot) {
        publish_spot_account(x, reason, out);
        return;
    }
    struct jw w = begin(x, "ACCOUNT_UPDATE");
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, x->account_ns);
    jw_lit(&w, ",\"a\":{\"m\":");
    jw_str(&w, reason);
    jw_lit(&w, ",\"B\":[");
    put_wallet(&w, x, change_e8);
    jw_lit(&w, "],\"P\":[");
    if (m) {
        put_position(&w, x, m);
    }
    jw_lit(&w, "]}}");
    xch_send(x, &w, XO_ACCOUNT, "", out);
}

// -------------------------------------------------------------------------------------------------- margin,
// settings

static void put_called(struct jw *w, const struct exchange *x, const struct xch_market *m, bool first)
{
    struct xch_position p;
    xch_position_of(x, m, &p);
    jw_cstr(w, first ? "{\"s\":" : ",{\"s\":");
    jw_str(w, m->ins.symbol);
    jw_lit(w, ",\"ps\":\"BOTH\",\"pa\":");
    xch_put_qty(w, &m->ins, p.lots);
    jw_lit(w, ",\"mt\":");
    jw_str(w, p.isolated ? "ISOLATED" : "CROSSED");
    jw_lit(w, ",\"iw\":");
    jw_e8(w, p.isolated_wallet_e8);
    jw_lit(w, ",\"mp\":");
    jw_e8(w, p.mark_e8);
    jw_lit(w, ",\"up\":");
    jw_e8(w, p.unrealised_e8);
    jw_lit(w, ",\"mm\":");
    jw_e8(w, p.maintenance_e8);
    jw_lit(w, "}");
}

void xch_publish_margin_call(struct exchange *x, const struct xch_market *m, const struct xch_sink *out)
{
    if (!heard(out)) {
        return;
    }
    struct xch_account a;
    bool first = true;
    exchange_account(x, &a);
    struct jw w = begin(x, "MARGIN_CALL");
    if (!m) {
        jw_lit(&w, ",\"cw\":");
        jw_e8(&w, a.cross_wallet_e8);
    }
    jw_lit(&w, ",\"p\":[");
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        const struct xch_market *k = &x->market[i];
        if (k->pos.lots && (m ? k == m : !k->isolated)) {
            put_called(&w, x, k, first);
            first = false;
        }
    }
    jw_lit(&w, "]}");
    xch_send(x, &w, XO_MARGIN_CALL, "", out);
}

static void put_config_head(struct jw *w, const struct exchange *x)
{
    jw_lit(w, ",\"T\":");
    xch_put_ms(w, x->now_ns);
}

void xch_publish_leverage(struct exchange *x, const struct xch_market *m, const struct xch_sink *out)
{
    if (!heard(out)) {
        return;
    }
    struct jw w = begin(x, "ACCOUNT_CONFIG_UPDATE");
    put_config_head(&w, x);
    jw_lit(&w, ",\"ac\":{\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"l\":");
    jw_int(&w, m->leverage);
    jw_lit(&w, "}}");
    xch_send(x, &w, XO_CONFIG, "", out);
}

void xch_publish_multi_assets(struct exchange *x, const struct xch_sink *out)
{
    if (!heard(out)) {
        return;
    }
    struct jw w = begin(x, "ACCOUNT_CONFIG_UPDATE");
    put_config_head(&w, x);
    jw_lit(&w, ",\"ai\":{\"j\":");
    jw_bool(&w, x->multi_assets);
    jw_lit(&w, "}}");
    xch_send(x, &w, XO_CONFIG, "", out);
}
