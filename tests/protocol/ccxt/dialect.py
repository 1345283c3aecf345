# SPDX-License-Identifier: Apache-2.0
# The foreign client of each dialect, pointed at the venue: nothing is changed but host names, keys and the
# certificate to trust.

import json
import urllib.parse
import urllib.request
import ssl

import ccxt.pro

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def replace_hosts(urls, change):
    """Every URL of a nested table through `change`."""
    for key, value in urls.items():
        if isinstance(value, dict):
            replace_hosts(value, change)
        elif isinstance(value, str):
            urls[key] = change(value)


class Site:
    """A site of the venue, without a client."""

    ex = None

    def __init__(self, venue, site):
        self.venue, self.site, self.label = venue, site, f"{site} site"
        self.prefix = {"aster": "/fapi/v3", "binance": "/fapi/v1", "spot": "/api/v3"}[site]
        self.context = ssl.create_default_context(cafile=venue.ca_file)

    def raw(self, path, **params):
        """A public answer as the venue wrote it."""
        url = self.venue.rest(self.site) + self.prefix + path
        if params:
            url += "?" + urllib.parse.urlencode(params)
        with urllib.request.urlopen(url, context=self.context, timeout=10) as answer:
            return json.load(answer)

    def filters(self, market_id):
        info = next(s for s in self.raw("/exchangeInfo")["symbols"] if s["symbol"] == market_id)
        return info, {f["filterType"]: f for f in info["filters"]}

    async def close(self):
        pass


class Dialect(Site):
    """A client of a site, and what it is compared with."""

    def __init__(self, venue, name):
        super().__init__(venue, name)
        self.name = self.label = name
        self.ex = self.make()

    def make(self):
        return make_aster(self.venue) if self.name == "aster" else make_binance(self.venue)

    async def load(self):
        await self.ex.load_markets()
        return f"{len(self.ex.symbols)} symbols"

    async def close(self):
        await self.ex.close()


def make_aster(venue):
    hello = venue.hello
    ex = ccxt.pro.aster({"privateKey": hello["user_key"], "cafile": venue.ca_file})
    ex.options["defaultType"] = "swap"

    def change(url):
        for label, site in (("fapi", "aster"), ("fstream", "aster"), ("sapi", "spot"), ("sstream", "spot")):
            url = url.replace(f"{label}.asterdex.com", f"{label}.{venue.host(site)}")
        return url

    replace_hosts(ex.urls["api"], change)
    return ex


def make_binance(venue):
    hello = venue.hello
    host = venue.host("binance")
    ex = ccxt.pro.binanceusdm({"apiKey": hello["api_key"], "secret": hello["api_secret"], "cafile": venue.ca_file})
    ex.hostname = host
    replace_hosts(ex.urls["api"], lambda url: url.replace("binance.com:443", host).replace("binance.com:9443", host)
                  .replace("binance.com", host))
    return ex
