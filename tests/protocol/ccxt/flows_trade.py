# SPDX-License-Identifier: Apache-2.0
# Orders of every kind this venue takes, and that money and positions follow them to the last digit.

import time

import ccxt

from dialect import BTC, ETH
from report import check, close_to, same

QTY = 0.05


async def touch(d, symbol=ETH):
    book = await d.ex.fetch_order_book(symbol, 5)
    return book["bids"][0][0], book["asks"][0][0]


def price(d, p, symbol=ETH):
    return float(d.ex.price_to_precision(symbol, p))


async def flat(d):
    """No open orders, no positions."""
    for symbol in (ETH, BTC):
        await d.ex.cancel_all_orders(symbol)
    for p in await d.ex.fetch_positions():
        if float(p["contracts"] or 0):
            side = "sell" if p["side"] == "long" else "buy"
            await d.ex.create_order(p["symbol"], "market", side, p["contracts"], None, {"reduceOnly": True})


async def final(d, order, symbol=ETH):
    """The order as it ended; answers of kind ACK may still say NEW."""
    for _ in range(10):
        now = await d.ex.fetch_order(order["id"], symbol)
        if now["status"] != "open":
            return now
    raise AssertionError(f"still open: {now['info']}")


async def position(d, symbol=ETH):
    for p in await d.ex.fetch_positions([symbol]):
        if p["symbol"] == symbol and float(p["contracts"] or 0):
            return p
    return None


async def limit_rests_and_is_cancelled(d):
    bid, _ = await touch(d)
    at = price(d, bid * 0.98)
    mine = f"tt-{time.time_ns()}"
    made = await d.ex.create_order(ETH, "limit", "buy", QTY, at, {"clientOrderId": mine})
    same(made["status"], "open", "status")
    same(made["clientOrderId"], mine, "client id")
    got = await d.ex.fetch_order(made["id"], ETH)
    for o in (made, got):
        close_to(o["price"], at, "price")
        close_to(o["amount"], QTY, "amount")
        close_to(o["filled"], 0, "filled")
        same((o["side"], o["type"], o["timeInForce"]), ("buy", "limit", "GTC"), "side, type, time in force")
    opened = await d.ex.fetch_open_orders(ETH)
    same([o["id"] for o in opened], [made["id"]], "open orders")
    b = await d.ex.fetch_balance()
    check(b["USDT"]["free"] < b["USDT"]["total"], "an open order takes no margin")
    gone = await d.ex.cancel_order(made["id"], ETH)
    same(gone["status"], "canceled", "status after cancel")
    same((await d.ex.fetch_order(made["id"], ETH))["status"], "canceled", "status read")
    same(await d.ex.fetch_open_orders(ETH), [], "open orders after cancel")
    every = await d.ex.fetch_orders(ETH)
    same([o["status"] for o in every if o["id"] == made["id"]], ["canceled"], "among all orders")


async def fetch_by_client_id(d):
    bid, _ = await touch(d)
    mine = f"tt-{time.time_ns()}"
    made = await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, bid * 0.98), {"clientOrderId": mine})
    key = {"clientOrderId": mine}
    got = await d.ex.fetch_order(None, ETH, key)
    same((got["id"], got["clientOrderId"]), (made["id"], mine), "ids")
    same((await d.ex.cancel_order(None, ETH, key))["id"], made["id"], "cancelled")


async def post_only(d):
    bid, ask = await touch(d)
    rests = await d.ex.create_order(ETH, "limit", "sell", QTY, price(d, ask * 1.02), {"postOnly": True})
    got = await d.ex.fetch_order(rests["id"], ETH)
    same(got["status"], "open", "resting")
    same(got["info"]["timeInForce"], "GTX", "time in force")  # one class calls it PO, the other GTX
    await d.ex.cancel_order(rests["id"], ETH)
    try:
        crosses = await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, ask * 1.01), {"postOnly": True})
    except (ccxt.InvalidOrder, ccxt.OrderImmediatelyFillable) as e:
        check("-5022" in str(e) or "-2021" in str(e), str(e))
        return "refused by error"
    got = await d.ex.fetch_order(crosses["id"], ETH)
    check(got["status"] in ("expired", "canceled"), f"status {got['status']}")
    close_to(got["filled"], 0, "filled")
    check(d.name == "aster", "binance refuses with -5022")
    return "accepted, then expired"


async def market_and_reduce_only(d):
    before = (await d.ex.fetch_balance())["USDT"]["total"]
    since = int(time.time() * 1000) - 1000
    fee = await d.ex.fetch_trading_fee(ETH)
    bought = await final(d, await d.ex.create_order(ETH, "market", "buy", QTY))
    same(bought["status"], "closed", "status")
    close_to(bought["filled"], QTY, "filled")
    p = await position(d)
    check(p is not None, "no position")
    same((p["side"], p["symbol"]), ("long", ETH), "position")
    close_to(p["contracts"], QTY, "contracts")
    close_to(p["entryPrice"], bought["average"], "entry", relative=1e-6)
    close_to(p["notional"], QTY * float(p["markPrice"]), "notional", relative=0.01)
    check(float(p["initialMargin"]) > 0 and float(p["maintenanceMargin"]) > 0, f"margins {p}")

    try:  # a reduce-only order may not add
        bad = await d.ex.create_order(ETH, "market", "buy", QTY, None, {"reduceOnly": True})
        check(False, f"reduce-only that adds was taken: {bad['info']}")
    except (ccxt.OperationRejected, ccxt.InvalidOrder, ccxt.OrderNotFillable) as e:
        check("-2022" in str(e), str(e))

    sold = await final(d, await d.ex.create_order(ETH, "market", "sell", QTY, None, {"reduceOnly": True}))
    close_to(sold["filled"], QTY, "closed")
    same(sold["reduceOnly"], True, "reduceOnly")
    same(await position(d), None, "position after")

    rows = [t for t in await d.ex.fetch_my_trades(ETH, since) if t["order"] in (bought["id"], sold["id"])]
    close_to(sum(t["amount"] for t in rows), 2 * QTY, "traded")
    paid = sum(abs(float(t["fee"]["cost"])) for t in rows)
    close_to(paid, fee["taker"] * sum(t["cost"] for t in rows), "fees", relative=1e-4, absolute=1e-5)
    for t in rows:
        same(t["takerOrMaker"], "taker", "taker or maker")
        close_to(t["cost"], t["price"] * t["amount"], "cost", relative=1e-6)
    made = sum(float(t["info"]["realizedPnl"]) for t in rows)
    after = (await d.ex.fetch_balance())["USDT"]["total"]
    close_to(after, before + made - paid, "wallet", absolute=1e-6)

    lines = await d.ex.fetch_ledger("USDT", since)
    kinds = {line["info"]["incomeType"] for line in lines}
    check("COMMISSION" in kinds, f"income of kinds {kinds}")
    close_to(sum(float(line["info"]["income"]) for line in lines), after - before, "income", absolute=1e-6)
    return f"{len(rows)} fills, fees {paid:.4f}, result {made:.4f}"


async def immediate_or_cancel(d):
    bid, ask = await touch(d)
    taken = await final(d, await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, ask * 1.01),
                                                    {"timeInForce": "IOC"}))
    same((taken["status"], taken["timeInForce"]), ("closed", "IOC"), "IOC that can fill")
    check(taken["average"] <= price(d, ask * 1.01), f"filled at {taken['average']}")
    missed = await final(d, await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, bid * 0.98),
                                                     {"timeInForce": "IOC"}))
    check(missed["status"] in ("expired", "canceled"), f"IOC that cannot fill: {missed['status']}")
    close_to(missed["filled"], 0, "filled")
    await flat(d)


async def fill_or_kill(d):
    info, _ = d.filters("ETHUSDT")
    if "FOK" not in info["timeInForce"]:
        return "not offered by this symbol"
    bid, ask = await touch(d)
    killed = await final(d, await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, bid * 0.98),
                                                     {"timeInForce": "FOK"}))
    check(killed["status"] in ("expired", "canceled"), f"FOK that cannot fill: {killed['status']}")
    taken = await final(d, await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, ask * 1.01),
                                                    {"timeInForce": "FOK"}))
    same(taken["status"], "closed", "FOK that can fill")
    await flat(d)


async def edit(d):
    bid, _ = await touch(d)
    made = await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, bid * 0.97))
    new_price, new_qty = price(d, bid * 0.975), 2 * QTY
    changed = await d.ex.edit_order(made["id"], ETH, "limit", "buy", new_qty, new_price)
    got = await d.ex.fetch_order(changed["id"], ETH)
    close_to(got["price"], new_price, "price")
    close_to(got["amount"], new_qty, "amount")
    same(got["status"], "open", "status")
    same(len(await d.ex.fetch_open_orders(ETH)), 1, "open orders")
    if d.name == "binance":
        same(changed["id"], made["id"], "id")
    else:  # the class cancels and creates; the venue's own amendment by the same signature
        put = await d.ex.fetch2("v3/order", "fapiPrivate", "PUT",
                                {"symbol": "ETHUSDT", "orderId": got["id"], "quantity": str(QTY),
                                 "price": d.ex.price_to_precision(ETH, bid * 0.97)})
        same(str(put["orderId"]), got["id"], "id after PUT")
        close_to(put["origQty"], QTY, "amount after PUT")
    await d.ex.cancel_all_orders(ETH)


async def cancel_all(d):
    await d.ex.cancel_all_orders(ETH)
    bid, _ = await touch(d)
    for i in range(3):
        await d.ex.create_order(ETH, "limit", "buy", QTY, price(d, bid * (0.98 - i / 100)))
    same(len(await d.ex.fetch_open_orders(ETH)), 3, "open orders")
    await d.ex.cancel_all_orders(ETH)
    same(await d.ex.fetch_open_orders(ETH), [], "open orders after")


async def batch(d):
    await d.ex.cancel_all_orders(ETH)
    bid, _ = await touch(d)
    want = [{"symbol": ETH, "type": "limit", "side": "buy", "amount": QTY, "price": price(d, bid * (0.98 - i / 100))}
            for i in range(3)]
    made = await d.ex.create_orders(want)
    same([o["status"] for o in made], ["open"] * 3, "statuses")
    for o, w in zip(made, want):
        close_to(o["price"], w["price"], "price")
    opened = await d.ex.fetch_open_orders(ETH)
    same(sorted(o["id"] for o in opened), sorted(o["id"] for o in made), "open orders")
    gone = await d.ex.cancel_orders([o["id"] for o in made[:2]], ETH)
    same([o["status"] for o in gone], ["canceled"] * 2, "cancelled")
    same([o["id"] for o in await d.ex.fetch_open_orders(ETH)], [made[2]["id"]], "left")
    await d.ex.cancel_all_orders(ETH)


async def stop_order(d):
    await d.ex.cancel_all_orders(ETH)
    bid, _ = await touch(d)
    made = await d.ex.create_order(ETH, "market", "sell", QTY, None, {"triggerPrice": price(d, bid * 0.95)})
    key = {"trigger": True} if d.name == "binance" else {}
    opened = await d.ex.fetch_open_orders(ETH, None, None, key)
    same([o["id"] for o in opened], [made["id"]], "open conditionals")
    close_to(opened[0]["triggerPrice"], price(d, bid * 0.95), "trigger")
    await d.ex.cancel_order(made["id"], ETH, key)
    same(await d.ex.fetch_open_orders(ETH, None, None, key), [], "open conditionals after")


async def closed_orders(d):
    rows = await d.ex.fetch_closed_orders(ETH)
    check(rows and all(o["status"] == "closed" and o["filled"] > 0 for o in rows), f"closed orders {len(rows)}")
    check(all(a["timestamp"] <= b["timestamp"] for a, b in zip(rows, rows[1:])), "not in time order")


async def funding_history(d):
    rows = await d.ex.fetch_funding_history(ETH)
    check(all(r["code"] == "USDT" for r in rows), f"funding in {rows}")
    return f"{len(rows)} payments"


async def ends_flat(d):
    await flat(d)
    for symbol in (BTC, ETH):
        same(await position(d, symbol), None, symbol)


FLOWS = (limit_rests_and_is_cancelled, fetch_by_client_id, post_only, market_and_reduce_only, immediate_or_cancel,
         fill_or_kill, edit, cancel_all, batch, stop_order, closed_orders, funding_history, ends_flat)
