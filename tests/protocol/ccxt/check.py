# SPDX-License-Identifier: Apache-2.0
# Does code that nobody here wrote take the embedded venue for the real one? Starts `ticktower venue` and runs
# the flows of this directory against it: each dialect by the ccxt class made for it, the WebSocket side by a
# foreign library as well.
#
#   check.py [PATTERN]    only the flows whose name ("aster markets") contains PATTERN

import asyncio
import sys

from venue import Venue, resolve_below_localhost

resolve_below_localhost()

import flows_account  # noqa: E402  (the clients are imported after names resolve)
import flows_book  # noqa: E402
import flows_error  # noqa: E402
import flows_limits  # noqa: E402
import flows_market  # noqa: E402
import flows_raw  # noqa: E402
import flows_sdk  # noqa: E402
import flows_spot  # noqa: E402
import flows_trade  # noqa: E402
import flows_watch  # noqa: E402
from dialect import Dialect, Site  # noqa: E402
from report import Report  # noqa: E402

PATTERN = sys.argv[1] if len(sys.argv) > 1 else ""


async def run_flows(report, d, flows, together=False):
    """One after the other, or all at the same time."""
    named = [(f"{d.label} {flow.__name__}", flow) for flow in flows]
    named = [(name, flow) for name, flow in named if PATTERN in name]
    if named and d.ex:
        await report.run(f"{d.label} load_markets", d.load)
    if together:
        await asyncio.gather(*(report.run(name, flow, d) for name, flow in named))
    else:
        for name, flow in named:
            await report.run(name, flow, d)


async def run_sites(report, *parts):
    try:
        await asyncio.gather(*(run_flows(report, *part) for part in parts))
    finally:
        for part in parts:
            await part[0].close()


def flows_of(*modules):
    return [flow for module in modules for flow in module.FLOWS]


async def main():
    report = Report()
    client = flows_of(flows_market, flows_account, flows_trade, flows_error, flows_watch, flows_book)
    with Venue("--wallet", "10000") as venue:
        await run_sites(report, (Dialect(venue, "aster"), flows_of(flows_spot) + client), (Dialect(venue, "binance"), client),
                        (Site(venue, "aster"), flows_of(flows_raw)), (Site(venue, "spot"), flows_of(flows_raw)),
                        (Site(venue, "binance"), flows_of(flows_raw, flows_raw.Routes)))
    with Venue("--wallet", "10000", "--plain") as venue:
        await run_sites(report, (flows_sdk.Sdk(venue), flows_of(flows_sdk)))
    with Venue("--weight-limit", "100") as venue:
        await run_sites(report, *((Dialect(venue, name), flows_of(flows_limits)) for name in ("aster", "binance")))
    with Venue("--speed", "20") as venue:
        await run_sites(report, *((Dialect(venue, name), flows_of(flows_limits.Seam)) for name in ("aster", "binance")))
    with Venue("--ping", "1s", "--pong", "3s", "--ws-life", "8s", "--listen-key", "5s", "--funding-period", "10s",
               "--wallet", "10000") as venue:
        await run_sites(report, *((Dialect(venue, name), flows_of(flows_raw.Hurry), True)
                                  for name in ("aster", "binance")))
    return report.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
