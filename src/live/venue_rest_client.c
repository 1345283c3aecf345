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
