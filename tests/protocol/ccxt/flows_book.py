# SPDX-License-Identifier: Apache-2.0
# The book that the foreign client keeps, and the book that our engine keeps from the same streams (book_at.c:
# its scanner, its synchronisation, its ladder), equal level by level wherever both tell one update id.

import asyncio
import json
import os
import subprocess
import time

import websockets

from dialect import BTC, ETH
from report import check

SECONDS = 12
E8 = 100000000


def pairs(levels, n):
    return [(round(level[0] * E8), round(level[1] * E8)) for level in levels[:n]]


async def foreign_books(d, symbol, until):
    """What the client shows after each update: update id -> (bids, asks)."""
    seen = {}
    if d.name == "aster":  # its class drops the id: take it where the message comes in
        ordinary = d.ex.handle_order_book

        def handle(client, message):
            ordinary(client, message)
            if message["s"] == d.ex.market_id(symbol):
                book = d.ex.orderbooks[symbol]
                seen[int(message["u"])] = (pairs(book["bids"], 20), pairs(book["asks"], 20))

        d.ex.handle_order_book = handle
    while time.monotonic() < until:
        book = await asyncio.wait_for(d.ex.watch_order_book(symbol), 10)
        if book.get("nonce") is not None:
            seen[int(book["nonce"])] = (pairs(book["bids"], 200), pairs(book["asks"], 200))
    if d.name == "aster":
        d.ex.handle_order_book = ordinary
    return seen


async def raw_messages(d, symbol, until):
    """The diffs of the symbol as they came, and one snapshot after the first of them."""
    name = d.ex.market_id(symbol)
    path = "/public/ws/" if d.name == "binance" else "/ws/"
    lines = []
    async with websockets.connect(d.venue.ws(d.site) + path + name.lower() + "@depth@100ms", ssl=d.context) as ws:
        while time.monotonic() < until:
            lines.append(await asyncio.wait_for(ws.recv(), 10))
            if len(lines) == 2:
                snapshot = await asyncio.to_thread(d.raw, "/depth", symbol=name, limit=1000)
                lines.append(json.dumps(snapshot))
    return lines


def our_books(d, symbol, lines):
    m = d.ex.market(symbol)
    tick, lot = (str(round(float(m["precision"][k]) * E8)) for k in ("price", "amount"))
    tool = os.environ.get("BOOK_AT", "build/tests/protocol/ccxt/book_at")
    out = subprocess.run([tool, tick, lot, "200", "futures"], input="\n".join(lines) + "\n", text=True,
                         capture_output=True, check=False, timeout=30)
    check(out.returncode == 0, f"book_at: {out.stderr.strip()}")
    books = {}
    for line in out.stdout.splitlines():
        key, rest = line.split(" ", 1)
        books[int(key)] = tuple([tuple(int(v) for v in p.split(":")) for p in side.split()] for side in rest.split("|"))
    return books


async def books_are_equal(d, symbol):
    until = time.monotonic() + SECONDS
    theirs, lines = await asyncio.gather(foreign_books(d, symbol, until), raw_messages(d, symbol, until))
    ours = our_books(d, symbol, lines)
    common = sorted(set(theirs) & set(ours))
    check(len(common) >= SECONDS, f"{len(common)} common ids of {len(theirs)} and {len(ours)}")
    levels = 0
    for key in common:
        for side in (0, 1):
            mine, foreign = ours[key][side], theirs[key][side]
            check(len(foreign) >= 20 and len(mine) >= len(foreign), f"{len(foreign)} and {len(mine)} levels")
            check(mine[:len(foreign)] == foreign, f"update {key} side {side}: "
                  f"{[p for p in zip(mine, foreign) if p[0] != p[1]][:2]}")
            levels += len(foreign)
    return f"{len(common)} update ids, {levels} levels"


async def book_of_btc(d):
    return await books_are_equal(d, BTC)


async def book_of_eth(d):
    return await books_are_equal(d, ETH)


FLOWS = (book_of_btc, book_of_eth)
