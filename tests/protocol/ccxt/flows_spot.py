# SPDX-License-Identifier: Apache-2.0
# The spot market of the aster class: what a hedge leg needs.

import asyncio
import time

import ccxt

from flows_book import E8
from flows_market import sane_book
from report import check, close_to, same

SPOT = "ETH/USDT"
SWAP = {"type": "spot"}
QTY = 0.05


async def spot_markets(d):
    m = d.ex.market(SPOT)
    info = next(s for s in (await d.ex.sapiPublicGetV3ExchangeInfo())["symbols"] if s["symbol"] == "ETHUSDT")
    f = {x["filterType"]: x for x in info["filters"]}
    check(m["spot"] and not m["contract"] and m["active"], f"kind {m}")
    same((m["base"], m["quote"]), ("ETH", "USDT"), "assets")
    close_to(m["precision"]["price"], f["PRICE_FILTER"]["tickSize"], "tick")
    close_to(m["precision"]["amount"], f["LOT_SIZE"]["stepSize"], "step")


async def spot_market_data(d):
    m = d.ex.market(SPOT)
    book = await d.ex.fetch_order_book(SPOT, 20)
    sane_book(book, float(m["precision"]["price"]), float(m["precision"]["amount"]), 20)
    for _ in range(20):
        trades = await d.ex.fetch_trades(SPOT, limit=20)
        if trades:
            break
    check(trades and all(abs(t["price"] / book["bids"][0][0] - 1) < 0.02 for t in trades), f"trades {trades[:1]}")
    ticker = await d.ex.fetch_ticker(SPOT)
    check(ticker["low"] <= ticker["last"] <= ticker["high"], f"ticker {ticker}")
    touch = (await d.ex.fetch_bids_asks([SPOT]))[SPOT]
    check(0 < touch["bid"] < touch["ask"], f"touch {touch}")
    check(await d.ex.fetch_ohlcv(SPOT, "1m", limit=5), "no candles")
    perp = await d.ex.fetch_order_book("ETH/USDT:USDT", 5)
    basis = perp["bids"][0][0] / book["bids"][0][0] - 1
    check(0 < abs(basis) < 0.01, f"basis {basis}: one market under two names?")
    return f"perpetual {basis:+.4%} from spot"


async def spot_trading(d):
    start = await d.ex.fetch_balance(SWAP)
    bid = (await d.ex.fetch_order_book(SPOT, 5))["bids"][0][0]
    at = float(d.ex.price_to_precision(SPOT, bid * 0.98))
    rests = await d.ex.create_order(SPOT, "limit", "buy", QTY, at)
    same(rests["status"], "open", "status")
    locked = (await d.ex.fetch_balance(SWAP))["USDT"]["used"]
    close_to(locked, QTY * at, "locked, with room for the fee", relative=2e-3)
    same([o["id"] for o in await d.ex.fetch_open_orders(SPOT)], [rests["id"]], "open orders")
    same((await d.ex.cancel_order(rests["id"], SPOT))["status"], "canceled", "cancelled")
    since = int(time.time() * 1000) - 500
    bought = await d.ex.create_order(SPOT, "market", "buy", QTY)
    bought = await d.ex.fetch_order(bought["id"], SPOT)
    same((bought["status"], bought["filled"]), ("closed", QTY), "bought")
    held = await d.ex.fetch_balance(SWAP)
    close_to(held["ETH"]["total"], (start.get("ETH") or {"total": 0})["total"] + QTY, "ETH held")
    sold = await d.ex.create_order(SPOT, "market", "sell", QTY)
    sold = await d.ex.fetch_order(sold["id"], SPOT)
    same(sold["status"], "closed", "sold")
    rows = [t for t in await d.ex.fetch_my_trades(SPOT, since) if t["order"] in (bought["id"], sold["id"])]
    paid = sum(t["fee"]["cost"] for t in rows)
    flow = sum(t["cost"] * (1 if t["side"] == "sell" else -1) for t in rows)
    end = await d.ex.fetch_balance(SWAP)
    close_to(end["USDT"]["total"], start["USDT"]["total"] + flow - paid, "money", absolute=1e-6)
    check(paid > 0, "no fee")
    try:
        await d.ex.create_order(SPOT, "limit", "sell", 5, float(d.ex.price_to_precision(SPOT, bid * 1.01)))
        check(False, "sold what is not held")
    except ccxt.InsufficientFunds:
        pass
    return f"fees {paid:.5f} USDT"


async def spot_streams(d):
    book = await asyncio.wait_for(d.ex.watch_order_book(SPOT), 10)
    check(book["bids"][0][0] < book["asks"][0][0] and len(book["bids"]) == 20, f"book {book}")
    trades = await asyncio.wait_for(d.ex.watch_trades(SPOT), 20)
    same(trades[-1]["symbol"], SPOT, "symbol of a trade")
    # watch_bids_asks not: the class knows messages by a field that spot's bookTicker has not (venue-api.md 5.3.4)
    await asyncio.sleep(1)
    ticker = await asyncio.wait_for(d.ex.watch_ticker(SPOT), 20)
    same(ticker["symbol"], SPOT, "symbol of a ticker")


async def spot_own_events(d):
    orders = []

    async def collect():
        while True:
            orders.extend(dict(o) for o in await d.ex.watch_orders(SPOT))

    watching = asyncio.ensure_future(collect())
    balance = asyncio.ensure_future(d.ex.watch_balance(SWAP))
    try:
        await asyncio.sleep(2)
        made = await d.ex.create_order(SPOT, "market", "buy", QTY)
        told = await asyncio.wait_for(balance, 10)
        check(round(told["ETH"]["free"] * E8) >= round(QTY * E8), f"balance {told.get('ETH')}")
        for _ in range(50):
            await asyncio.sleep(0.1)
            if any(o["id"] == made["id"] and o["status"] == "closed" for o in orders):
                break
        else:
            raise AssertionError(f"the order was never told as filled: {orders}")
        await d.ex.create_order(SPOT, "market", "sell", QTY)
    finally:
        watching.cancel()
        balance.cancel()
        ended = await asyncio.gather(watching, return_exceptions=True)
    check(isinstance(ended[0], asyncio.CancelledError), f"{ended[0]!r}")


FLOWS = (spot_markets, spot_market_data, spot_trading, spot_streams, spot_own_events)
