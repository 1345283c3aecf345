# SPDX-License-Identifier: Apache-2.0
# One line for every flow, PASS or FAIL with the reason, and what they came to.

import asyncio
import time
import traceback

FLOW_TIMEOUT_S = 60


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.begun = time.monotonic()

    async def run(self, name, flow, *args):
        begun = time.monotonic()
        try:
            note = await asyncio.wait_for(flow(*args), FLOW_TIMEOUT_S)
        except asyncio.CancelledError:
            raise
        except BaseException as e:  # a client may raise anything
            self.failed.append(name)
            where = traceback.extract_tb(e.__traceback__)
            ours = [f for f in where if "/protocol/ccxt/" in f.filename and not f.filename.endswith("report.py")]
            at = f" ({ours[-1].filename.rsplit('/', 1)[1]}:{ours[-1].lineno}: {ours[-1].line})" if ours else ""
            print(f"FAIL  {name}: {type(e).__name__}: {str(e)[:400]}{at}", flush=True)
            return
        self.passed += 1
        print(f"PASS  {name} ({time.monotonic() - begun:.1f} s){': ' + note if note else ''}", flush=True)

    def close(self):
        took = time.monotonic() - self.begun
        print(f"{self.passed} flows passed, {len(self.failed)} failed, {took:.0f} s")
        for name in self.failed:
            print(f"  failed: {name}")
        return 1 if self.failed or not self.passed else 0


def near(a, b, relative=1e-9, absolute=1e-9):
    """Are two numbers of a client (which computes in binary) the same decimal?"""
    return a is not None and b is not None and abs(float(a) - float(b)) <= max(absolute, relative * abs(float(b)))


def same(a, b, what=""):
    if a != b:
        raise AssertionError(f"{what}: {a!r} is not {b!r}")


def close_to(a, b, what="", relative=1e-9, absolute=1e-9):
    if not near(a, b, relative, absolute):
        raise AssertionError(f"{what}: {a!r} is not {b!r}")


def check(ok, what):
    if not ok:
        raise AssertionError(what)
