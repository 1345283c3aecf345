#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_recording: cut a small fixture out of a raw WebSocket recording (origin and licence: README in this folder).

usage: make_recording.py RAW.jsonl.gz OUT.gz TICK LOT DIFFS SECONDS
Lines: `S id` snapshot, `D ms U u pu` diff, each followed by `b ticks lots` / `a ticks lots`; `T ms ticks lots side`.
Keeps the snapshot, the first DIFFS diffs that follow it by id, and all market trades of the first SECONDS.
"""
import gzip
import json
import sys
from decimal import Decimal

raw, out, tick, lot, diffs, seconds = sys.argv[1:]
tick, lot, diffs, seconds = Decimal(tick), Decimal(lot), int(diffs), int(seconds)


def steps(text, step):
    n = Decimal(text) / step
    assert n == n.to_integral_value(), text
    return int(n)


def levels(bids, asks):
    for mark, side in (("b", bids), ("a", asks)):
        for price, qty in side:
            yield f"{mark} {steps(price, tick)} {steps(qty, lot)}"


snapshot, depth, trades = None, [], []
for line in gzip.open(raw, "rt"):
    message = json.loads(line.split(" ", 1)[1])
    d = message.get("data", message)
    if "lastUpdateId" in d:
        snapshot = d
    elif d["e"] == "depthUpdate" and len(depth) < diffs + 400:
        depth.append(d)
    elif d["e"] == "trade" and d["X"] == "MARKET":
        trades.append(d)

first = snapshot["T"]
lines = [f"S {snapshot['lastUpdateId']}", *levels(snapshot["bids"], snapshot["asks"])]
kept = [d for d in depth if d["u"] >= snapshot["lastUpdateId"]][:diffs]
timed = [(d["T"], 0, d) for d in kept]
timed += [(d["T"], 1, d) for d in trades if first <= d["T"] < first + seconds * 1000]
for at, kind, d in sorted(timed, key=lambda x: x[:2]):
    if kind == 0:
        lines += [f"D {at} {d['U']} {d['u']} {d['pu']}", *levels(d["b"], d["a"])]
    else:
        lines.append(f"T {at} {steps(d['p'], tick)} {steps(d['q'], lot)} {-1 if d['m'] else 1}")
with open(out, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
    z.write(("\n".join(lines) + "\n").encode())
