# SPDX-License-Identifier: Apache-2.0
# What a client reads of the market, held against the venue's own answers and against itself.

import time

from dialect import BTC, ETH
from report import check, close_to, same


async def markets(d):
    for symbol in (BTC, ETH):
        m = d.ex.market(symbol)
        info, f = d.filters(m["id"])
        same(m["id"], symbol.replace("/", "").split(":")[0], "id")
        check(m["swap"] and m["contract"] and m["linear"] and m["active"], f"{symbol}: kind {m}")
        same(m["settle"], "USDT", "settle")
        same(float(m["contractSize"]), 1.0, "contract size")
        close_to(m["precision"]["price"], f["PRICE_FILTER"]["tickSize"], "tick")
        close_to(m["precision"]["amount"], f["LOT_SIZE"]["stepSize"], "step")
        close_to(m["limits"]["amount"]["min"], f["LOT_SIZE"]["minQty"], "smallest quantity")
        close_to(m["limits"]["amount"]["max"], f["LOT_SIZE"]["maxQty"], "largest quantity")
        close_to(m["limits"]["price"]["min"], f["PRICE_FILTER"]["minPrice"], "lowest price")
        close_to(m["limits"]["price"]["max"], f["PRICE_FILTER"]["maxPrice"], "highest price")
        close_to(m["limits"]["cost"]["min"], f["MIN_NOTIONAL"]["notional"], "smallest value")
    return ", ".join(sorted(s for s in d.ex.symbols))


async def clock(d):
    off = await d.ex.fetch_time() - time.time() * 1000
    check(abs(off) < 2000, f"the venue's clock is {off} ms off")


def sane_book(book, tick, step, depth):
    for side, sign in (("bids", -1), ("asks", 1)):
        levels = book[side]
        check(len(levels) == depth, f"{side}: {len(levels)} levels, asked for {depth}")
        check(all(sign * a[0] < sign * b[0] for a, b in zip(levels, levels[1:])), f"{side}: not in order")
        for price, quantity in ((level[0], level[1]) for level in levels):
            check(quantity > 0, f"{side}: {quantity} at {price}")
            close_to(round(price / tick) * tick, price, "price off the grid")
            close_to(round(quantity / step) * step, quantity, "quantity off the grid")
    check(book["bids"][0][0] < book["asks"][0][0], "crossed")


async def order_book(d):
    m = d.ex.market(ETH)
    last = 0
    for depth in (5, 20, 100):
        book = await d.ex.fetch_order_book(ETH, depth)
        sane_book(book, float(m["precision"]["price"]), float(m["precision"]["amount"]), depth)
        check(d.name == "aster" or book["nonce"] > last, f"update id {book['nonce']} after {last}")
        last = book["nonce"] or 0


async def trades(d):
    rows = []
    for _ in range(20):  # a venue that has just begun may have none yet
        rows = rows or await d.ex.fetch_trades(BTC, limit=50)
    check(0 < len(rows) <= 50, f"{len(rows)} trades")
    check(all(a["timestamp"] <= b["timestamp"] for a, b in zip(rows, rows[1:])), "not in time order")
    check(len({r["id"] for r in rows}) == len(rows), "an id twice")
    mid = float(d.raw("/ticker/price", symbol="BTCUSDT")["price"])
    for r in rows:
        check(r["side"] in ("buy", "sell") and r["amount"] > 0, f"trade {r}")
        check(abs(r["price"] / mid - 1) < 0.02, f"price {r['price']} at a market of {mid}")
        close_to(r["cost"], r["price"] * r["amount"], "cost", relative=1e-6)
    return f"{len(rows)} rows"


async def candles(d):
    """after the trades: there is at least one"""
    for span, ms in (("1m", 60000), ("5m", 300000)):
        rows = await d.ex.fetch_ohlcv(BTC, span, limit=10)
        check(rows, f"{span}: none")
        for t, o, h, l, c, v in rows:
            check(t % ms == 0 and l <= min(o, c) and h >= max(o, c) and v > 0, f"{span}: {t} {o} {h} {l} {c} {v}")
        same([b[0] - a[0] for a, b in zip(rows, rows[1:])], [ms] * (len(rows) - 1), "steps")


async def tickers(d):
    t = await d.ex.fetch_ticker(BTC)
    check(t["low"] <= t["last"] <= t["high"], f"last {t['last']} not within {t['low']} .. {t['high']}")
    check(t["baseVolume"] > 0, "no volume")
    close_to(t["quoteVolume"] / t["baseVolume"], t["vwap"], "weighted price", relative=1e-3)
    close_to(t["change"], t["last"] - t["open"], "change", absolute=0.02)
    both = await d.ex.fetch_tickers([BTC, ETH])
    same(sorted(both), [BTC, ETH], "symbols")
    touch = await d.ex.fetch_bids_asks([BTC, ETH])
    for symbol in (BTC, ETH):
        b = touch[symbol]
        check(0 < b["bid"] < b["ask"] and b["bidVolume"] > 0 and b["askVolume"] > 0, f"touch {b}")
    last = await d.ex.fetch_last_prices([BTC])
    close_to(last[BTC]["price"], both[BTC]["last"], "last price", relative=0.01)


async def funding(d):
    every = await d.ex.fetch_funding_rates()
    for symbol in (BTC, ETH):
        one = await d.ex.fetch_funding_rate(symbol)
        raw = d.raw("/premiumIndex", symbol=d.ex.market_id(symbol))
        for f in (one, every[symbol]):
            check(abs(f["fundingRate"]) <= 0.02, f"rate {f['fundingRate']}")
            close_to(f["markPrice"], raw["markPrice"], "mark", relative=0.01)
            close_to(f["indexPrice"], raw["indexPrice"], "index", relative=0.01)
            due = f["fundingTimestamp"] or f["nextFundingTimestamp"]
            same(due, raw["nextFundingTime"], "due")
            check(due > time.time() * 1000, f"due {due} is past")
    spans = await d.ex.fetch_funding_intervals([BTC, ETH])
    for row in d.raw("/fundingInfo"):
        if d.ex.safe_symbol(row["symbol"], None, None, "swap") in spans:
            f = spans[d.ex.safe_symbol(row["symbol"], None, None, "swap")]
            same(f["interval"], f"{row['fundingIntervalHours']}h", "interval")
    history = await d.ex.fetch_funding_rate_history(BTC, limit=10)
    check(all(a["timestamp"] < b["timestamp"] for a, b in zip(history, history[1:])), "history not in time order")
    return f"{len(history)} settled"


FLOWS = (markets, clock, order_book, trades, candles, tickers, funding)
