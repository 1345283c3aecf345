# SPDX-License-Identifier: Apache-2.0
# A venue that bears little: the client is told to slow down, in its own words. And one in a hurry, whose
# recording starts over.

import asyncio
import time

import ccxt

from dialect import ETH
from report import check


async def rate_limit(d):
    """The venue was started with a small weight limit."""
    d.ex.enableRateLimit = False
    for _ in range(100):
        try:
            await d.ex.fetch_order_book(ETH, 100)
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection) as e:
            check("-1003" in str(e) or "429" in str(e), str(e))
            return type(e).__name__
    raise AssertionError("never told to slow down")


FLOWS = (rate_limit,)


class Seam:
    """The recording starts over: a break in the chain of depth events that a client must get over by itself."""

    @staticmethod
    async def book_survives_the_seam(d):
        lap_s = d.venue.hello["lap_ms"] / 1000
        until, breaks, books = time.monotonic() + lap_s + 8, 0, 0
        while time.monotonic() < until:
            try:
                book = await asyncio.wait_for(d.ex.watch_order_book(ETH), 10)
            except ccxt.ChecksumError:  # told to the program, which asks again
                breaks += 1
                continue
            check(book["bids"][0][0] < book["asks"][0][0], f"crossed: {book['bids'][0]} {book['asks'][0]}")
            books += 1
        rest = d.raw("/depth", symbol="ETHUSDT", limit=5)
        for mine, theirs in ((book["bids"][0][0], rest["bids"][0][0]), (book["asks"][0][0], rest["asks"][0][0])):
            check(abs(mine / float(theirs) - 1) < 0.003, f"{mine} by stream, {theirs} by REST")
        check(breaks <= 2, f"{breaks} breaks")
        return f"{books} books over a lap of {lap_s:.0f} s, {breaks} told as broken"

    FLOWS = (book_survives_the_seam,)
