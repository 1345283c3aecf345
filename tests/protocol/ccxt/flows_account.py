# SPDX-License-Identifier: Apache-2.0
# The account before its first trade: balance, positions, leverage, modes, brackets, fees.

import ccxt

from dialect import BTC, ETH
from report import check, close_to, same

WALLET = 10000


async def balance_at_start(d):
    b = await d.ex.fetch_balance()
    close_to(b["USDT"]["total"], WALLET, "total")
    close_to(b["USDT"]["free"], WALLET, "free")
    close_to(b["USDT"]["used"], 0, "used")


async def positions_at_start(d):
    held = [p for p in await d.ex.fetch_positions() if float(p["contracts"] or 0) != 0]
    same(held, [], "positions")


async def leverage(d):
    for want in (7, 20):
        answer = await d.ex.set_leverage(want, ETH)
        raw = answer.get("info", answer)
        same(int(raw["leverage"]), want, "leverage in the answer")
        check(float(raw["maxNotionalValue"]) > 0, f"maxNotionalValue {raw}")
        told = await d.ex.fetch_leverage(ETH)
        same((told["longLeverage"], told["shortLeverage"]), (want, want), "leverage read")
    try:
        await d.ex.set_leverage(126, ETH)
        check(False, "leverage 126 was accepted")
    except (ccxt.BadRequest, ccxt.ExchangeError) as e:  # aster refuses by code, binanceusdm before it asks
        same("126" in str(e) or "-4028" in str(e) or "125" in str(e), True, str(e))


async def brackets(d):
    if d.name == "aster":  # this class has no call of its own for it
        rows = (await d.ex.fapiPrivateGetV3LeverageBracket({"symbol": "BTCUSDT"}))
        rows = rows if isinstance(rows, list) else [rows]
        tiers = [{"minNotional": float(b["notionalFloor"]), "maxNotional": float(b["notionalCap"]),
                  "maxLeverage": float(b["initialLeverage"]), "maintenanceMarginRate": float(b["maintMarginRatio"])}
                 for b in next(r for r in rows if r["symbol"] == "BTCUSDT")["brackets"]]
    else:
        tiers = (await d.ex.fetch_leverage_tiers([BTC]))[BTC]
    check(len(tiers) >= 2, f"{len(tiers)} tiers")
    same(float(tiers[0]["minNotional"]), 0.0, "first floor")
    for a, b in zip(tiers, tiers[1:]):
        close_to(a["maxNotional"], b["minNotional"], "a gap between tiers")
        check(a["maxLeverage"] > b["maxLeverage"], "leverage does not fall")
        check(a["maintenanceMarginRate"] < b["maintenanceMarginRate"], "maintenance does not rise")
    return f"{len(tiers)} tiers, {tiers[0]['maxLeverage']:.0f}x at the bottom"


async def margin_mode(d):
    same((await d.ex.fetch_margin_mode(ETH))["marginMode"] in ("cross", "isolated"), True, "mode")
    for mode in ("isolated", "cross"):
        try:
            await d.ex.set_margin_mode(mode, ETH)
        except (ccxt.NoChange, ccxt.MarginModeAlreadySet):
            pass
        same((await d.ex.fetch_margin_mode(ETH))["marginMode"], mode, "mode read")
    try:
        answer = await d.ex.set_margin_mode("cross", ETH)
        check(answer.get("code") == -4046, f"told that it changed: {answer}")
    except (ccxt.NoChange, ccxt.MarginModeAlreadySet):
        pass


async def position_mode(d):
    same((await d.ex.fetch_position_mode(ETH))["hedged"], False, "hedged")


async def fees(d):
    fee = await d.ex.fetch_trading_fee(ETH)
    check(-0.001 < fee["maker"] <= fee["taker"] < 0.01, f"fees {fee['maker']} {fee['taker']}")
    return f"maker {fee['maker']}, taker {fee['taker']}"


FLOWS = (balance_at_start, positions_at_start, leverage, brackets, margin_mode, position_mode, fees)
