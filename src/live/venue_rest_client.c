// SPDX-License-Identifier: Apache-2.0
// venue_rest_client: what general clients ask for at their start and an engine never does: the coins of the
// wallet and the pairs of margin trading (Binance, /sapi/v1), the builders that share fees (Aster). Without
// these answers such a client does not get as far as its first order. Nothing can be deposited or withdrawn
// here, and nobody shares fees.
#include <string.h>

#include "live/venue_rest_call.h"

static void put_coin(struct jw *w, const char *coin, int64_t free_e8, int64_t locked_e8)
{
    jw_lit(w, "{\"coin\":");
    jw_str(w, coin);
    jw_lit(w, ",\"name\":");
    jw_str(w, coin);
    jw_lit(w, ",\"free\":");
    jw_e8(w, free_e8);
    jw_lit(w, ",\"locked\":");
    jw_e8(w, locked_e8);
    jw_lit(w, ",\"freeze\":\"0\",\"ipoable\":\"0\",\"ipoing\":\"0\",\"storage\":\"0\",\"withdrawing\":\"0\","
              "\"isLegalMoney\":false,\"depositAllEnable\":false,\"withdrawAllEnable\":false,"
              "\"trading\":true,\"networkList\":[]}");
}

int32_t rest_coins(struct venue_call *c)
{
    const struct instrument *ins[INSTRUMENT_MAX];
    size_t n = exchange_instruments(c->v->exchange, ins);
    struct xch_account a;
    exchange_account(c->v->exchange, &a);
    jw_lit(&c->w, "[");
    put_coin(&c->w, "USDT", a.available_e8, a.wallet_e8 > a.available_e8 ? a.wallet_e8 - a.available_e8 : 0);
    for (size_t i = 0; i < n; i++) {
        char base[sizeof ins[i]->symbol];
        size_t len = strlen(ins[i]->symbol), quote = strlen("USDT");
        len = len > quote ? len - quote : len;
        memcpy(base, ins[i]->symbol, len);
        base[len] = 0;
        jw_lit(&c->w, ",");
        put_coin(&c->w, base, 0, 0);
    }
    jw_lit(&c->w, "]");
    return 0;
}

// An empty list: of this there is none here.
int32_t rest_none(struct venue_call *c)
{
    jw_lit(&c->w, "[]");
    return 0;
}

int32_t rest_system_status(struct venue_call *c)
{
    jw_lit(&c->w, "{\"status\":0,\"msg\":\"normal\"}"); // maintenance answers for itself
    return 0;
}

// Nobody has a token here that could pay the fees.
int32_t rest_fee_burn_get(struct venue_call *c)
{
    jw_lit(&c->w, "{\"feeBurn\":false}");
    return 0;
}

int32_t rest_fee_burn_set(struct venue_call *c)
{
    char text[8];
    bool on = false;
    int32_t code = call_need(c, "feeBurn", text, sizeof text);
    code = code ? code : call_bool(c, "feeBurn", false, &on);
    if (code == 0 && on) {
        code = call_refuse(c, -1020, "This operation is not supported: fees are paid in the quote asset.");
    }
    if (code == 0) {
        call_success(c);
    }
    return code;
}

// No indicator has ever locked anybody out.
int32_t rest_trading_status(struct venue_call *c)
{
    vj_open(&c->w, '{');
    vj_raw(&c->w, "indicators", "{}");
    vj_ms(&c->w, "updateTime", c->now_ns);
    vj_close(&c->w, '}');
    return 0;
}
