# SPDX-License-Identifier: Apache-2.0
# The streams, by the client's watch calls: market data held against REST, the user's own events against what
# was just ordered.

import asyncio
import time

from dialect import BTC, ETH
from flows_trade import QTY, flat, price, touch
from report import check, close_to, same

WAIT_S = 15


async def soon(call):
    return await asyncio.wait_for(call, WAIT_S)


async def until(call, good, what, tries=200):
    """Watch until what came is good."""
    for _ in range(tries):
        got = await soon(call())
        if good(got):
            return got
    raise AssertionError(f"never came: {what}")


async def watch_order_book(d):
    seen = 0
    for _ in range(10):
        book = await soon(d.ex.watch_order_book(ETH))
        bids, asks = book["bids"], book["asks"]
        check(len(bids) >= 20 and len(asks) >= 20, f"{len(bids)} and {len(asks)} levels")
        check(bids[0][0] < asks[0][0], "crossed")
        check(all(a[0] > b[0] for a, b in zip(bids, bids[1:])), "bids not in order")
        check(all(a[0] < b[0] for a, b in zip(asks, asks[1:])), "asks not in order")
        check(book["symbol"] == ETH, f"symbol {book['symbol']}")
        seen += 1
    bid, ask = await touch(d)
    check(abs(bids[0][0] / bid - 1) < 0.005, f"best bid {bids[0][0]} by stream, {bid} by REST")
    return f"{seen} books"


async def watch_trades(d):
    rows = []
    while len(rows) < 5:
        rows += await soon(d.ex.watch_trades(BTC))
    bid, ask = await touch(d, BTC)
    for t in rows:
        same(t["symbol"], BTC, "symbol")
        check(t["side"] in ("buy", "sell") and t["amount"] > 0, f"trade {t}")
        check(abs(t["price"] / bid - 1) < 0.02, f"price {t['price']} at {bid}")
        check(abs(t["timestamp"] - time.time() * 1000) < 60000, f"time {t['timestamp']}")
    ids = [int(t["id"]) for t in rows]
    check(ids == sorted(set(ids)), f"ids {ids}")
    return f"{len(rows)} trades"


async def watch_ticker(d):
    t = await soon(d.ex.watch_ticker(BTC))
    same(t["symbol"], BTC, "symbol")
    check(t["low"] <= t["last"] <= t["high"] and t["baseVolume"] > 0, f"ticker {t}")
    rest = await d.ex.fetch_ticker(BTC)
    close_to(t["last"], rest["last"], "last price", relative=0.01)


async def watch_tickers(d):
    want, got = {BTC, ETH}, set()
    for _ in range(50):
        got |= set(await soon(d.ex.watch_tickers([BTC, ETH])))
        if got >= want:
            return
    raise AssertionError(f"only {got}")


async def watch_bids_asks(d):
    for _ in range(5):
        got = await soon(d.ex.watch_bids_asks([ETH]))
        t = got[ETH]
        check(0 < t["bid"] < t["ask"] and t["bidVolume"] > 0 and t["askVolume"] > 0, f"touch {t}")


async def watch_mark_price(d):
    other = d.make()  # the class keeps both kinds of ticker under one name and subscribes to the first only
    try:
        t = await soon(other.watch_mark_price(ETH))
    finally:
        await other.close()
    raw = d.raw("/premiumIndex", symbol="ETHUSDT")
    close_to(t["markPrice"], raw["markPrice"], "mark", relative=0.01)
    check(abs(t["timestamp"] - time.time() * 1000) < 10000, f"time {t['timestamp']}")


async def watch_ohlcv(d):
    rows = await until(lambda: d.ex.watch_ohlcv(BTC, "1m"), lambda r: len(r) > 0, "a candle")
    t, o, h, low, c, v = rows[-1]
    check(t % 60000 == 0 and low <= min(o, c) and h >= max(o, c) and v >= 0, f"candle {rows[-1]}")


async def watch_own(d):
    """Orders, trades, balance and positions of one buy and one sell, watched at the same time."""
    orders, fills, balances, positions = [], [], [], []

    async def collect(call, into):
        while True:
            got = await call()
            into.extend(dict(g) for g in (got if isinstance(got, list) else [got]))

    d.ex.newUpdates = True
    watch = [asyncio.ensure_future(collect(c, to)) for c, to in (
        (lambda: d.ex.watch_balance(), balances), (lambda: d.ex.watch_orders(ETH), orders),
        (lambda: d.ex.watch_my_trades(ETH), fills), (lambda: d.ex.watch_positions([ETH]), positions))]
    try:
        await asyncio.sleep(2)  # the listen key, the connection
        bid, _ = await touch(d)
        rests = await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, bid * 0.98))
        await asyncio.sleep(0.3)  # the client keeps only the newest state of what comes at one moment
        await d.ex.cancel_order(rests["id"], ETH)
        await asyncio.sleep(0.3)
        bought = await d.ex.create_order(ETH, "market", "buy", QTY)
        await asyncio.sleep(0.3)
        sold = await d.ex.create_order(ETH, "market", "sell", QTY, None, {"reduceOnly": True})
        told = {}
        for _ in range(50):
            await asyncio.sleep(0.1)
            for o in orders:
                told.setdefault(o["id"], []).append(o["status"])
            if told.get(sold["id"], [""])[-1] == "closed" and balances and positions and len(fills) > 1:
                break
            told = {}
    finally:
        for w in watch:
            w.cancel()
        ended = await asyncio.gather(*watch, return_exceptions=True)
    failed = [e for e in ended if not isinstance(e, asyncio.CancelledError)]
    same(failed, [], "a watch call failed")
    same([s for i, s in enumerate(told[rests["id"]]) if i == 0 or s != told[rests["id"]][i - 1]],
         ["open", "canceled"], "states of the order that rested")
    for o in (bought, sold):
        same(told[o["id"]][-1], "closed", "last state of a market order")
        close_to(sum(t["amount"] for t in fills if t["order"] == o["id"]), QTY, "fills told")
    fees = {t["id"]: float(t["fee"]["cost"]) for t in fills}
    check(all(f > 0 for f in fees.values()), f"fees {fees}")
    mine = {t["id"]: t for t in await d.ex.fetch_my_trades(ETH) if t["id"] in fees}
    same(sorted(mine), sorted(fees), "fills by stream and by REST")
    for key, t in mine.items():
        close_to(abs(float(t["fee"]["cost"])), fees[key], "fee")
    close_to(balances[-1]["USDT"]["total"], (await d.ex.fetch_balance())["USDT"]["total"], "balance", absolute=1e-6)
    same(positions[-1]["symbol"], ETH, "position")
    close_to(positions[-1]["contracts"] or 0, 0, "position at the end")
    check(any(p["side"] == "long" and abs(float(p["contracts"]) - QTY) < 1e-9 for p in positions), f"{positions}")
    return f"{len(orders)} order events, {len(fills)} fills, {len(balances)} balances, {len(positions)} positions"


async def ends_flat(d):
    await flat(d)


FLOWS = (watch_order_book, watch_trades, watch_ticker, watch_tickers, watch_bids_asks, watch_mark_price, watch_ohlcv,
         watch_own, ends_flat)
