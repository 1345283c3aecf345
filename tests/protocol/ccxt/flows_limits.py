# SPDX-License-Identifier: Apache-2.0
# A venue that bears little: the client is told to slow down, in its own words.

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
