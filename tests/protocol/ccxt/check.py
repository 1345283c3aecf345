# SPDX-License-Identifier: Apache-2.0
# Does code that nobody here wrote take the embedded venue for the real one? Starts `ticktower venue` and runs
# the flows of this directory against it, each with the ccxt class of its dialect.
#
#   check.py [PATTERN]    only the flows whose name contains PATTERN

import asyncio
import sys

from venue import Venue, resolve_below_localhost

resolve_below_localhost()

import flows_account  # noqa: E402  (the clients are imported after names resolve)
import flows_book  # noqa: E402
import flows_error  # noqa: E402
import flows_limits  # noqa: E402
import flows_market  # noqa: E402
import flows_trade  # noqa: E402
import flows_watch  # noqa: E402
from dialect import Dialect  # noqa: E402
from report import Report  # noqa: E402

PATTERN = sys.argv[1] if len(sys.argv) > 1 else ""


async def run_flows(report, d, modules):
    async def load(d):
        await d.ex.load_markets()
        return f"{len(d.ex.symbols)} symbols"

    await report.run(f"{d.name} load_markets", load, d)
    for module in modules:
        for flow in module.FLOWS:
            name = f"{d.name} {flow.__name__}"
            if PATTERN in name:
                await report.run(name, flow, d)


async def both_dialects(report, venue, modules):
    dialects = [Dialect(venue, name) for name in ("aster", "binance")]
    try:
        await asyncio.gather(*(run_flows(report, d, modules) for d in dialects))
    finally:
        for d in dialects:
            await d.close()


async def main():
    report = Report()
    with Venue("--wallet", "10000") as venue:
        await both_dialects(report, venue, (flows_market, flows_account, flows_trade, flows_error, flows_watch, flows_book))
    with Venue("--weight-limit", "100") as venue:
        await both_dialects(report, venue, (flows_limits,))
    return report.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
