# SPDX-License-Identifier: Apache-2.0
# What the venue refuses must reach the program as the exception that the client has for it.

import ccxt

from dialect import ETH
from flows_trade import QTY, price, touch
from report import check


async def expect(kinds, code, call, *args):
    try:
        answer = await call(*args)
    except kinds as e:
        check(code in str(e), f"{type(e).__name__} without {code}: {e}")
        return
    raise AssertionError(f"accepted: {answer}")


async def insufficient_funds(d):
    bid, _ = await touch(d)
    await expect(ccxt.InsufficientFunds, "-2019", d.ex.create_order, ETH, "limit", "buy", 100, price(d, bid * 0.99))


async def invalid_order(d):
    bid, _ = await touch(d)
    # far below the smallest value (the client itself refuses less than the smallest quantity)
    await expect((ccxt.InvalidOrder, ccxt.OperationRejected), "-4164", d.ex.create_order, ETH, "limit", "buy", 0.001,
                 price(d, bid * 0.98))
    await expect((ccxt.InvalidOrder, ccxt.BadRequest), "-11", d.ex.create_order, ETH, "limit", "buy", QTY,
                 price(d, bid * 0.98), {"timeInForce": "NEVER"})


async def bad_symbol(d):
    d.ex.market(ETH)
    call = d.ex.fapiPublicGetV3Depth if d.name == "aster" else d.ex.fapiPublicGetDepth
    await expect(ccxt.BadSymbol, "-1121", call, {"symbol": "NOPEUSDT"})


async def order_not_found(d):
    await expect(ccxt.OrderNotFound, "-2013", d.ex.fetch_order, "77", ETH)
    await expect(ccxt.OrderNotFound, "-2011", d.ex.cancel_order, "77", ETH)


async def wrong_key(d):
    other = d.make()
    try:
        if d.name == "aster":
            other.privateKey = "0x" + "17" * 32
            other.options["builderFee"] = False
        else:
            other.secret = "f" * len(other.secret)
            other.options["fetchCurrencies"] = False
        await expect(ccxt.AuthenticationError, "-", other.fetch_balance)
    finally:
        await other.close()


async def stale_request(d):
    other = d.make()
    try:
        other.options["builderFee"] = other.options["fetchCurrencies"] = False
        await other.load_markets()
        ordinary = other.milliseconds
        other.milliseconds = lambda: ordinary() - 3600000
        await expect(ccxt.InvalidNonce if d.name == "binance" else ccxt.ExchangeError,
                     "-1021" if d.name == "binance" else "-4225", other.fetch_balance)
    finally:
        await other.close()


FLOWS = (insufficient_funds, invalid_order, bad_symbol, order_not_found, wrong_key, stale_request)
