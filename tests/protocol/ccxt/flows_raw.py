# SPDX-License-Identifier: Apache-2.0
# The WebSocket side without a trading client: a foreign WebSocket library, the venue's control messages and
# what the streams of each site must look like (venue-api.md 1.3, 5).

import asyncio
import json
import time

import websockets

from report import check, same

EVENT_S = 8


class Socket:
    """One WebSocket of a site; answers to control messages apart from events."""

    def __init__(self, d, path, **options):
        self.connecting = websockets.connect(d.venue.ws(d.site) + path, ssl=d.context, **options)
        self.id = 100
        self.pace_s = 0.22 if d.site == "spot" else 0.0  # spot bears five messages a second

    async def __aenter__(self):
        self.ws = await self.connecting.__aenter__()
        return self

    async def __aexit__(self, *what):
        await self.connecting.__aexit__(*what)

    async def next(self, seconds=EVENT_S):
        return json.loads(await asyncio.wait_for(self.ws.recv(), seconds))

    async def send(self, message):
        await self.ws.send(message if isinstance(message, str) else json.dumps(message))

    async def answer(self, message):
        """Send, and return what answers; events in between are passed over."""
        await self.send(message)
        while True:
            got = await self.next()
            if "result" in got or "code" in got:
                return got

    async def ask(self, method, *params):
        self.id += 1
        await asyncio.sleep(self.pace_s)
        message = {"method": method, "id": self.id}
        if params:
            message["params"] = list(params)
        got = await self.answer(message)
        same(got.get("id"), self.id, f"id in the answer to {method}: {got}")
        return got["result"]

    async def collect(self, seconds):
        """Everything that comes in that time."""
        out, until = [], time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                out.append(await self.next(left))
            except asyncio.TimeoutError:
                break
        return out

    async def closed(self, seconds):
        """The code of the end, which must come."""
        try:
            while True:
                await asyncio.wait_for(self.ws.recv(), seconds)
        except websockets.ConnectionClosed as e:
            return e.rcvd.code if e.rcvd else None


def public(d):
    return "/public" if d.site == "binance" else ""


async def control_messages(d):
    depth = "ethusdt@depth@100ms"
    async with Socket(d, public(d) + "/ws") as s:
        same(await s.ask("SUBSCRIBE", depth, "ethusdt@bookTicker"), None, "SUBSCRIBE")
        same(await s.ask("LIST_SUBSCRIPTIONS"), [depth, "ethusdt@bookTicker"], "LIST_SUBSCRIPTIONS")
        same(await s.ask("GET_PROPERTY", "combined"), False, "combined at first")
        check("stream" not in await s.next(), "an envelope without combined")
        same(await s.ask("SET_PROPERTY", "combined", True), None, "SET_PROPERTY")
        same(await s.ask("GET_PROPERTY", "combined"), True, "combined afterwards")
        got = await s.next()
        check(got["stream"] in (depth, "ethusdt@bookTicker") and got["data"]["s"] == "ETHUSDT", f"{got}")
        same(await s.ask("UNSUBSCRIBE", "ethusdt@bookTicker"), None, "UNSUBSCRIBE")
        same(await s.ask("LIST_SUBSCRIPTIONS"), [depth], "LIST_SUBSCRIPTIONS afterwards")
        await asyncio.sleep(0.2)
        names = {m["stream"] for m in (await s.collect(1))[-5:]}
        same(names, {depth}, "streams afterwards")


async def control_errors(d):
    cases = ((0, {"method": "GET_PROPERTY", "params": ["colour"], "id": 1}),
             (1, {"method": "SET_PROPERTY", "params": ["combined", "yes"], "id": 2}),
             (2, {"method": "SET_PROPERTY", "params": [7, True], "id": 3}),
             (2, {"method": "SUBSCRIBE", "params": ["ethusdt@depth"], "id": -4}),
             (2, {"method": "DANCE", "params": [], "id": 5}),
             (2, {"params": ["ethusdt@depth"], "id": 6}),
             (2, {"method": "GET_PROPERTY", "params": ["combined", "and", "more"], "id": 7}),
             (2, {"method": "SUBSCRIBE", "params": [1, 2], "id": 8}),
             (3, '{"method":"SUBSCRIBE","params":["eth'))
    async with Socket(d, public(d) + "/ws") as s:
        for code, message in cases:
            got = await s.answer(message)
            same(got.get("code"), code, f"{message}: {got}")
            check(isinstance(got.get("msg"), str) and "result" not in got, f"{got}")
            await asyncio.sleep(0.25)  # spot bears five a second
        same(await s.ask("LIST_SUBSCRIPTIONS"), [], "subscriptions after nothing but errors")


async def too_many_messages(d):
    limit = 5 if d.site == "spot" else 10
    async with Socket(d, public(d) + "/ws", ping_interval=None) as s:
        for i in range(limit):
            await s.send({"method": "LIST_SUBSCRIPTIONS", "id": i})
        same([(await s.next())["id"] for _ in range(limit)], list(range(limit)), "answers up to the limit")
        await asyncio.sleep(1.1)
        await s.ask("LIST_SUBSCRIPTIONS")
        for i in range(limit):
            await s.send({"method": "LIST_SUBSCRIPTIONS", "id": i})
        same(await s.closed(3), 1008, "how one message too many ends")
    async with Socket(d, public(d) + "/ws", ping_interval=None) as s:
        for _ in range(limit + 1):
            await s.ws.ping()
        same(await s.closed(3), 1008, "how one ping too many ends")


async def stream_limits(d):
    limit = 200 if d.site == "aster" else 1024
    async with Socket(d, public(d) + "/ws") as s:
        names = [f"sym{i}@depth" for i in range(limit - 1)] + ["ethusdt@bookTicker"]
        same(await s.ask("SUBSCRIBE", *names), None, f"{limit} streams")
        same((await s.answer({"method": "SUBSCRIBE", "params": ["one@more"], "id": 1})).get("code"), 2, "one more")
        same(len(await s.ask("LIST_SUBSCRIPTIONS")), limit, "streams")
        check((await s.next()).get("s") == "ETHUSDT", "the last one is served")


async def fragments_and_pings(d):
    async with Socket(d, public(d) + "/ws") as s:
        text = json.dumps({"method": "SUBSCRIBE", "params": ["ethusdt@bookTicker"], "id": 9})
        await s.ws.send([text[:5], text[5:6], "", text[6:]])  # four frames, one of them empty
        same(await s.next(), {"result": None, "id": 9}, "answer to a message in pieces")
        took = await asyncio.wait_for(await s.ws.ping(b"are you there"), 3)
        check(took < 1, f"pong after {took} s")
        await s.ws.send(b"\x00binary")
        same(await s.closed(3), 1002, "how a binary message ends")


async def slower_depth_is_merged(d):
    spot = d.site == "spot"
    names = ["ethusdt@depth@100ms", "ethusdt@depth"] + ([] if spot else ["ethusdt@depth@500ms"])
    seen = {n: [] for n in names}
    async with Socket(d, public(d) + "/stream?streams=" + "/".join(names)) as s:
        for m in await s.collect(5):
            seen[m["stream"]].append(m["data"])
    counts = [len(seen[n]) for n in names]
    check(35 <= counts[0] <= 55, f"{counts[0]} events of 100 ms in 5 s")
    for name, (low, high) in zip(names[1:], ((3, 6),) if spot else ((15, 22), (7, 12))):
        check(low <= len(seen[name]) <= high, f"{name}: {len(seen[name])} events in 5 s")
    for name, events in seen.items():
        for a, b in zip(events, events[1:]):
            check(b["U"] == a["u"] + 1 if spot else b["pu"] == a["u"], f"{name}: {b['U']} after {a['u']}")
    for name in names[1:]:  # each merged event is its quick ones together
        for slow in seen[name][1:-1]:
            quick = [e for e in seen[names[0]] if slow["U"] <= e["U"] and e["u"] <= slow["u"]]
            check(quick and quick[0]["U"] == slow["U"] and quick[-1]["u"] == slow["u"], f"{name}: {slow['U']}")
            for side in ("b", "a"):
                want = {}
                for e in quick:
                    want.update(dict(map(tuple, e[side])))
                same(dict(map(tuple, slow[side])), want, f"{name}: levels of {slow['U']}")
    return f"events in 5 s: {counts}"


async def partial_depth(d):
    names = [f"ethusdt@depth{n}{speed}" for n in (5, 10, 20)
             for speed in ("@100ms", "") + (() if d.site == "spot" else ("@500ms",))]
    async with Socket(d, public(d) + "/stream?streams=" + "/".join(names)) as s:
        events = await s.collect(4)
    for name in names:
        mine = [m["data"] for m in events if m["stream"] == name]
        check(len(mine) >= 3, f"{name}: {len(mine)} events in 4 s")
        n = int(name.split("depth")[1].split("@")[0])
        keys = ("bids", "asks") if d.site == "spot" else ("b", "a")
        for e in mine:
            bids, asks = ([float(p) for p, _ in e[k]] for k in keys)
            check(len(bids) == n and len(asks) == n, f"{name}: {len(bids)} and {len(asks)} levels")
            check(bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0], f"{name}: order")


async def all_market_streams(d):
    futures = d.site != "spot"
    want = {"!ticker@arr": "24hrTicker", "!miniTicker@arr": "24hrMiniTicker"}
    if futures:
        want.update({"!markPrice@arr@1s": "markPriceUpdate", "!markPrice@arr": "markPriceUpdate"})
    prefix = "/market" if d.site == "binance" else ""
    async with Socket(d, prefix + "/stream?streams=" + "/".join(want)) as s:
        events = await s.collect(5)
    for name, kind in want.items():
        mine = [m["data"] for m in events if m["stream"] == name]
        check(mine, f"{name}: nothing")
        check(all(isinstance(e, list) and all(t["e"] == kind for t in e) for e in mine), f"{name}: {mine[0]}")
        same({t["s"] for e in mine for t in e} >= {"BTCUSDT", "ETHUSDT"}, True, f"{name}: symbols")
    async with Socket(d, public(d) + "/ws/!bookTicker") as s:
        touches = await s.collect(3)
    same({t["s"] for t in touches}, {"BTCUSDT", "ETHUSDT"}, "symbols of !bookTicker")
    same("e" in touches[0], futures, "bookTicker names its event")


async def candles(d):
    """Bars of one minute; when one ends within the time, it says so exactly once, before the next begins."""
    prefix = "/market" if d.site == "binance" else ""
    names = ["btcusdt@kline_1m", "btcusdt@kline_5m"]
    if d.site == "binance":
        names.append("btcusdt_perpetual@continuousKline_1m")
    async with Socket(d, prefix + "/stream?streams=" + "/".join(names)) as s:
        events = await s.collect(20)
    by_name = {n: [m["data"] for m in events if m["stream"] == n] for n in names}
    for name, rows in by_name.items():
        check(rows, f"{name}: nothing in 20 s")
        span = 300000 if name.endswith("5m") else 60000
        for e in rows:
            k = e["k"]
            same((k["i"], k["T"] - k["t"]), (name.split("_")[-1], span - 1), "interval")
            check(float(k["l"]) <= min(float(k["o"]), float(k["c"])) and (k["n"] == 0 or k["L"] - k["f"] + 1 >= k["n"]), f"{k}")
        for start in sorted({e["k"]["t"] for e in rows})[:-1]:
            same(sum(e["k"]["x"] for e in rows if e["k"]["t"] == start), 1, f"{name}: ends of the bar {start}")
    if d.site == "binance":
        e, c = by_name[names[0]][-1], by_name[names[2]][-1]
        same((c["e"], c["ps"], c["ct"]), ("continuous_kline", "BTCUSDT", "PERPETUAL"), "continuous candle")
        same(c["k"]["t"], e["k"]["t"], "both kinds begin together")


async def unknown_streams_stay_silent(d):
    async with Socket(d, public(d) + "/ws/nosuch@thing") as s:
        same(await s.ask("LIST_SUBSCRIPTIONS"), ["nosuch@thing"], "subscriptions")
        same(await s.collect(1), [], "events")
    for path in ("/nothing", "/ws/" + "0" * 64):
        try:
            async with Socket(d, path):
                check(False, f"{path} was opened")
        except websockets.InvalidStatus as e:
            same(e.response.status_code in (400, 404), True, f"{path}: {e}")


FLOWS = (control_messages, control_errors, too_many_messages, stream_limits, fragments_and_pings,
         slower_depth_is_merged, partial_depth, all_market_streams, candles, unknown_streams_stay_silent)


class Routes:
    """Binance's path prefixes."""

    @staticmethod
    async def prefixes(d):
        async def streams_of(path):
            async with Socket(d, path) as s:
                same(await s.ask("SUBSCRIBE", "ethusdt@depth@100ms", "ethusdt@bookTicker", "ethusdt@markPrice@1s",
                                 "!miniTicker@arr"), None, f"{path}: acknowledged")
                return {m["stream"].split("@")[-1].split("ms")[0] for m in await s.collect(3)}

        got = await asyncio.gather(*(streams_of(p + "/stream") for p in ("/public", "/market", "/private", "")))
        same(got, [{"100", "bookTicker"}, {"1s", "arr"}, set(), {"100", "bookTicker"}],
             "streams on /public, /market, /private and the retired path")

    FLOWS = (prefixes,)


class Hurry:
    """A venue whose pings, ages and keys run out within seconds."""

    @staticmethod
    async def silent_client_is_cut(d):
        """One that answers pings lives; one that does not is pinged, then cut."""
        reader, writer = await asyncio.open_connection("127.0.0.1", d.venue.site[d.site]["port"], ssl=d.context,
                                                       server_hostname="localhost")
        writer.write((f"GET {public(d)}/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 3)
        check(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, f"handshake {head}")  # RFC 6455, 1.3
        begun, frames = time.monotonic(), b""
        while True:
            more = await asyncio.wait_for(reader.read(100), 10)
            if not more:
                break
            frames += more
        lived = time.monotonic() - begun
        writer.close()
        check(frames and set(frames[::2]) == {0x89} and set(frames[1::2]) == {0}, f"frames {frames!r}")
        check(2.5 < lived < 5.5, f"cut after {lived:.1f} s")
        return f"{len(frames) // 2} pings, cut after {lived:.1f} s"

    @staticmethod
    async def every_connection_ends_of_age(d):
        begun = time.monotonic()
        async with Socket(d, public(d) + "/ws/ethusdt@bookTicker") as s:
            same(await s.closed(12), 1001, "how it ends")
        check(6.5 < time.monotonic() - begun < 10.5, f"after {time.monotonic() - begun:.1f} s")

    @staticmethod
    async def listen_key_runs_out(d):
        call = d.ex.fapiPrivatePostListenKey if d.site == "binance" else d.ex.fapiPrivatePostV3ListenKey
        key = (await call())["listenKey"]
        same((await call())["listenKey"], key, "the same key while it lives")
        path = f"/private/ws?listenKey={key}" if d.site == "binance" else f"/ws/{key}"
        async with Socket(d, path) as s:
            got = {"e": None}
            while got["e"] in (None, "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE", "ACCOUNT_CONFIG_UPDATE"):
                got = await s.next(9)  # another flow trades meanwhile
            same(got["e"], "listenKeyExpired", "event")
            same(await s.collect(0.5), [], "afterwards")
        try:
            async with Socket(d, path):
                check(False, "a key that has run out was taken")
        except websockets.InvalidStatus as e:
            same(e.response.status_code, 400, "status")
        check((await call())["listenKey"] != key, "an old key came back")

    @staticmethod
    async def funding_is_paid(d):
        from dialect import ETH
        from flows_trade import QTY, flat
        from report import close_to
        await d.ex.create_order(ETH, "market", "buy", QTY)
        before = (await d.ex.fetch_balance())["USDT"]["total"]
        rows = []
        for _ in range(60):
            rows = await d.ex.fetch_funding_history(ETH)
            if rows:
                break
            await asyncio.sleep(0.5)
        check(rows, "no funding within 30 s")
        rate = next(r for r in await d.ex.fetch_funding_rate_history(ETH, limit=100)
                    if abs(r["timestamp"] - rows[0]["timestamp"]) < 1500)
        mark = float(d.raw("/premiumIndex", symbol="ETHUSDT")["markPrice"])
        close_to(rows[0]["amount"], -QTY * mark * rate["fundingRate"], "paid", relative=0.02, absolute=1e-6)
        await flat(d)
        check(before > 0, "no balance")
        return f"paid {-rows[0]['amount']:.6f} USDT at {rate['fundingRate']:.6%}"

    FLOWS = (silent_client_is_cut, every_connection_ends_of_age, listen_key_runs_out, funding_is_paid)
