# SPDX-License-Identifier: Apache-2.0
# Binance's own client library (binance-sdk-derivatives-trading-usds-futures): its models check the type of
# every field. Over plain HTTP and WS, which the venue serves as well.

import asyncio
import warnings

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_common.errors import BadRequestError
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures

from report import check, close_to, same

QTY = 0.05


class Sdk:
    """The library, pointed at the Binance site."""

    ex = None
    label = "sdk"

    def __init__(self, venue):
        hello, site = venue.hello, venue.site["binance"]
        warnings.filterwarnings("ignore", module="pydantic")
        self.client = DerivativesTradingUsdsFutures(
            config_rest_api=ConfigurationRestAPI(api_key=hello["api_key"], api_secret=hello["api_secret"],
                                                 base_path=site["rest"], retries=0),
            config_ws_streams=ConfigurationWebSocketStreams(stream_url=site["ws"]))
        self.rest = self.client.rest_api

    async def call(self, name, **params):
        answer = await asyncio.to_thread(getattr(self.rest, name), **params)
        data = await asyncio.to_thread(answer.data)
        return getattr(data, "actual_instance", None) or data

    async def close(self):
        pass


async def market_reads(d):
    info = await d.call("exchange_information")
    same(sorted(s.symbol for s in info.symbols), ["BTCUSDT", "ETHUSDT"], "symbols")
    book = await d.call("order_book", symbol="BTCUSDT", limit=100)
    same((len(book.bids), len(book.asks)), (100, 100), "levels")
    check(float(book.bids[0][0]) < float(book.asks[0][0]) and book.last_update_id > 0, "book")
    for _ in range(20):
        trades = await d.call("recent_trades_list", symbol="BTCUSDT", limit=5)
        if trades:
            break
        await asyncio.sleep(0.5)
    check(trades and all(float(t.price) > 0 and float(t.qty) > 0 for t in trades), "trades")
    rows = await d.call("compressed_aggregate_trades_list", symbol="BTCUSDT", limit=5)
    check(rows and all(t.f <= t.l for t in rows), "aggregate trades")
    for name, key in (("kline_candlestick_data", "symbol"), ("mark_price_kline_candlestick_data", "symbol"),
                      ("index_price_kline_candlestick_data", "pair")):
        bars = await d.call(name, interval="1m", **{key: "BTCUSDT"})
        check(bars and all(len(b) == 12 for b in bars), name)
    mark = await d.call("mark_price", symbol="BTCUSDT")
    close_to(mark.mark_price, book.bids[0][0], "mark", relative=0.02)
    same({m.symbol for m in await d.call("mark_price")}, {"BTCUSDT", "ETHUSDT"}, "marks")
    for name in ("ticker24hr_price_change_statistics", "symbol_price_ticker", "symbol_price_ticker_v2",
                 "symbol_order_book_ticker"):
        same((await d.call(name, symbol="ETHUSDT")).symbol, "ETHUSDT", name)
    for name in ("get_funding_rate_history", "get_funding_rate_info", "check_server_time"):
        await d.call(name)


async def account_reads(d):
    same([b.asset for b in await d.call("futures_account_balance_v3")], ["USDT"], "assets")
    for name in ("account_information_v2", "account_information_v3"):
        a = await d.call(name)
        close_to(a.total_margin_balance, 10000, f"{name}: margin balance")
        close_to(a.available_balance, 10000, f"{name}: free")
    same(await d.call("position_information_v3"), [], "positions")
    same(len(await d.call("position_information_v2")), 2, "positions of v2, flat ones included")
    same((await d.call("change_initial_leverage", symbol="ETHUSDT", leverage=9)).leverage, 9, "leverage")
    same({s.symbol: s.leverage for s in await d.call("symbol_configuration")}["ETHUSDT"], 9, "leverage read")
    same((await d.call("get_current_position_mode")).dual_side_position, False, "position mode")
    same((await d.call("get_current_multi_assets_mode")).multi_assets_margin, False, "asset mode")
    fee = await d.call("user_commission_rate", symbol="ETHUSDT")
    check(0 < float(fee.maker_commission_rate) < float(fee.taker_commission_rate), "fees")
    tiers = await d.call("notional_and_leverage_brackets", symbol="ETHUSDT")
    tiers = tiers[0] if isinstance(tiers, list) else tiers
    check(len(tiers.brackets) > 2 and tiers.brackets[0].cum == 0, "brackets")
    for name in ("futures_account_configuration", "query_user_rate_limit", "get_income_history", "users_force_orders",
                 "position_adl_quantile_estimation"):
        await d.call(name)


async def life_of_an_order(d):
    mine = {"symbol": "ETHUSDT", "orig_client_order_id": "sdk-1"}
    bid = float((await d.call("symbol_order_book_ticker", symbol="ETHUSDT")).bid_price)
    at = round(bid * 0.98, 2)
    made = await d.call("new_order", symbol="ETHUSDT", side="BUY", type="LIMIT", quantity=QTY, price=at,
                        time_in_force="GTC", new_client_order_id="sdk-1")
    same((made.status, made.client_order_id, float(made.price)), ("NEW", "sdk-1", at), "placed")
    same([o.order_id for o in await d.call("current_all_open_orders")], [made.order_id], "open")
    same((await d.call("query_order", **mine)).status, "NEW", "read")
    same((await d.call("query_current_open_order", **mine)).order_id, made.order_id, "read among the open")
    amended = await d.call("modify_order", side="BUY", quantity=2 * QTY, price=round(at - 1, 2), **mine)
    same((amended.order_id, float(amended.orig_qty)), (made.order_id, 2 * QTY), "amended")
    same((await d.call("cancel_order", **mine)).status, "CANCELED", "cancelled")
    try:
        await d.call("cancel_order", **mine)
        check(False, "cancelled twice")
    except BadRequestError as e:
        check("-2011" in str(e), str(e))
    bought = await d.call("new_order", symbol="ETHUSDT", side="BUY", type="MARKET", quantity=QTY,
                          new_order_resp_type="RESULT")
    same((bought.status, float(bought.executed_qty)), ("FILLED", QTY), "market order")
    held = await d.call("position_information_v3")
    same([(p.symbol, float(p.position_amt)) for p in held], [("ETHUSDT", QTY)], "position")
    trades = [t for t in await d.call("account_trade_list", symbol="ETHUSDT") if t.order_id == bought.order_id]
    close_to(sum(float(t.qty) for t in trades), QTY, "fills")
    close_to(held[0].entry_price, sum(float(t.quote_qty) for t in trades) / QTY, "entry", relative=1e-6)
    stop = await d.call("new_algo_order", algo_type="CONDITIONAL", symbol="ETHUSDT", side="SELL", type="STOP_MARKET",
                        quantity=QTY, trigger_price=round(bid * 0.9, 2))
    same([o.algo_id for o in await d.call("current_all_algo_open_orders")], [stop.algo_id], "conditionals")
    await d.call("cancel_algo_order", algo_id=stop.algo_id)
    sold = await d.call("new_order", symbol="ETHUSDT", side="SELL", type="MARKET", quantity=QTY, reduce_only="true",
                        new_order_resp_type="RESULT")
    same((sold.status, sold.reduce_only), ("FILLED", True), "closed")
    same(await d.call("position_information_v3"), [], "positions at the end")
    same((await d.call("auto_cancel_all_open_orders", symbol="ETHUSDT", countdown_time=60000)).countdown_time, "60000",
         "countdown")


async def streams(d):
    ws = await d.client.websocket_streams.create_connection()
    got = {}

    async def listen(name, **params):
        stream = await getattr(ws, name)(**params)
        stream.on("message", lambda m: got.setdefault(name, []).append(m))

    try:
        for name, params in (("aggregate_trade_streams", {"symbol": "btcusdt"}),
                             ("diff_book_depth_streams", {"symbol": "btcusdt", "update_speed": "100ms"}),
                             ("partial_book_depth_streams", {"symbol": "btcusdt", "levels": 5}),
                             ("individual_symbol_book_ticker_streams", {"symbol": "btcusdt"}),
                             ("mark_price_stream", {"symbol": "btcusdt", "update_speed": "1s"}),
                             ("kline_candlestick_streams", {"symbol": "btcusdt", "interval": "1m"}),
                             ("individual_symbol_ticker_streams", {"symbol": "btcusdt"}),
                             ("all_market_mini_tickers_stream", {}), ("all_book_tickers_stream", {})):
            await listen(name, **params)
        key = (await d.call("start_user_data_stream")).listen_key
        await listen("user_data", listenKey=key)
        await asyncio.sleep(0.5)
        for side, reduce in (("BUY", "false"), ("SELL", "true")):
            await d.call("new_order", symbol="ETHUSDT", side=side, type="MARKET", quantity=QTY, reduce_only=reduce)
        for _ in range(60):
            await asyncio.sleep(0.25)
            if len(got) == 10:
                break
        same(len(got), 10, f"streams heard: {sorted(got)}")
        diffs = got["diff_book_depth_streams"]
        check(all(b.pu == a.u for a, b in zip(diffs, diffs[1:])), "a gap in the depth stream")
        same({len(p.b) for p in got["partial_book_depth_streams"]}, {5}, "levels")
        kinds = [getattr(m.actual_instance, "e", type(m.actual_instance).__name__) for m in got["user_data"]]
        check(len(kinds) >= 6, f"user events {kinds}")
        await d.call("close_user_data_stream")
    finally:
        await ws.close_connection(close_session=True)
    return f"{sum(map(len, got.values()))} events of {len(got)} streams"


FLOWS = (market_reads, account_reads, life_of_an_order, streams)
