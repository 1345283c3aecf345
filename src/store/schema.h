// SPDX-License-Identifier: Apache-2.0
// schema: the session database as one text (explained table by table in ticktower-session(5)). Conventions:
// times are nanoseconds (_ns: UTC since 1970 for wall, venue, started; _mono_ns: monotonic; others are
// durations), money and prices 1e-8 (_e8), prices on the grid ticks, quantities lots, enumerations words.
// seq is the event that caused the row.
#ifndef TT_STORE_SCHEMA_H
#define TT_STORE_SCHEMA_H

// "TTDB": what `file` and `ticktower export` recognise a session database by.
enum { SESSION_APPLICATION_ID = 0x54544442 };

static const char SESSION_SCHEMA[] =
    "CREATE TABLE sessions ("
    " session_id TEXT PRIMARY KEY, schema_version INTEGER NOT NULL, mode TEXT NOT NULL, venue TEXT NOT NULL,"
    " market TEXT NOT NULL, build TEXT NOT NULL, tape_path TEXT NOT NULL, config_text TEXT NOT NULL,"
    " started_ns INTEGER NOT NULL, ended_ns INTEGER, epoch INTEGER, seed INTEGER, config_hash INTEGER,"
    " equity_start_e8 INTEGER, day_pnl_e8 INTEGER, last_seq INTEGER NOT NULL DEFAULT 0,"
    " events INTEGER NOT NULL DEFAULT 0, actions INTEGER NOT NULL DEFAULT 0, action_hash TEXT) STRICT;"

    "CREATE TABLE configuration ("
    " section TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (section, key)) STRICT;"

    "CREATE TABLE instruments ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, instrument INTEGER NOT NULL, venue TEXT NOT NULL,"
    " symbol TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, settle TEXT NOT "
    "NULL,"
    " tick_e8 INTEGER NOT NULL, lot_e8 INTEGER NOT NULL, contract_e8 INTEGER NOT NULL,"
    " min_qty_lots INTEGER NOT NULL, max_qty_lots INTEGER NOT NULL, min_notional_e8 INTEGER NOT NULL,"
    " maker_fee_e8 INTEGER NOT NULL, taker_fee_e8 INTEGER NOT NULL, leverage INTEGER NOT NULL,"
    " funding_interval_h INTEGER NOT NULL) STRICT;"

    "CREATE TABLE orders ("
    " client_id TEXT PRIMARY KEY, instrument INTEGER NOT NULL, strategy TEXT NOT NULL, side TEXT NOT NULL,"
    " tif TEXT NOT NULL, reduce_only INTEGER NOT NULL, close_only INTEGER NOT NULL,"
    " price_ticks INTEGER NOT NULL,"
    " qty_lots INTEGER NOT NULL, cause_seq INTEGER NOT NULL, intent_ns INTEGER, sent_ns INTEGER,"
    " ack_ns INTEGER,"
    " done_ns INTEGER, order_id INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL,"
    " cum_lots INTEGER NOT NULL DEFAULT 0,"
    " code INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;"

    "CREATE TABLE order_reports ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, venue_ns INTEGER NOT NULL, instrument INTEGER,"
    " client_id TEXT NOT NULL, order_id INTEGER NOT NULL, report TEXT NOT NULL, status TEXT NOT NULL,"
    " source TEXT NOT NULL, price_ticks INTEGER NOT NULL, qty_lots INTEGER NOT NULL,"
    " cum_lots INTEGER NOT NULL,"
    " drop_reason TEXT NOT NULL, code INTEGER NOT NULL, message TEXT NOT NULL) STRICT;"
    "CREATE INDEX order_reports_by_client ON order_reports (client_id);"

    "CREATE TABLE fills ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, venue_ns INTEGER NOT NULL,"
    " instrument INTEGER NOT NULL,"
    " trade_id INTEGER NOT NULL, client_id TEXT NOT NULL, order_id INTEGER NOT NULL, strategy TEXT NOT NULL,"
    " side TEXT NOT NULL, signed_lots INTEGER NOT NULL, price_e8 INTEGER NOT NULL,"
    " notional_e8 INTEGER NOT NULL,"
    " fee_e8 INTEGER NOT NULL, fee_currency TEXT NOT NULL, maker INTEGER NOT NULL, fill_kind TEXT NOT NULL,"
    " source TEXT NOT NULL, UNIQUE (instrument, trade_id)) STRICT;"

    "CREATE TABLE ledger ("
    " seq INTEGER NOT NULL, entry INTEGER NOT NULL, wall_ns INTEGER NOT NULL, venue TEXT NOT NULL,"
    " kind TEXT NOT NULL, debit TEXT NOT NULL, credit TEXT NOT NULL, amount_e8 INTEGER NOT NULL, currency "
    "TEXT NOT NULL,"
    " instrument INTEGER, strategy TEXT NOT NULL, trade_id INTEGER NOT NULL, client_id TEXT NOT NULL,"
    " PRIMARY KEY (seq, entry)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE account_reports ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, venue TEXT NOT NULL, report TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " from_read INTEGER NOT NULL, instrument INTEGER, currency TEXT NOT NULL, wallet_e8 INTEGER NOT NULL,"
    " change_e8 INTEGER NOT NULL, position_lots INTEGER NOT NULL, entry_e8 INTEGER NOT NULL,"
    " count INTEGER NOT NULL) STRICT;"

    "CREATE TABLE funding ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, venue TEXT NOT NULL, venue_ns INTEGER NOT NULL,"
    " instrument INTEGER, currency TEXT NOT NULL, amount_e8 INTEGER NOT NULL) STRICT;"

    "CREATE TABLE positions ("
    " wall_ns INTEGER NOT NULL, instrument INTEGER NOT NULL, seq INTEGER NOT NULL, lots INTEGER NOT NULL,"
    " entry_e8 INTEGER NOT NULL, mark_e8 INTEGER NOT NULL, index_e8 INTEGER NOT NULL,"
    " funding_rate_e8 INTEGER NOT NULL,"
    " unrealised_e8 INTEGER NOT NULL, realised_e8 INTEGER NOT NULL, fees_e8 INTEGER NOT NULL,"
    " funding_e8 INTEGER NOT NULL, seam_e8 INTEGER NOT NULL, adjustment_e8 INTEGER NOT NULL,"
    " bid_ticks INTEGER, ask_ticks INTEGER, quote_bid_ticks INTEGER NOT NULL,"
    " quote_ask_ticks INTEGER NOT NULL,"
    " trading_state TEXT NOT NULL, book_state TEXT NOT NULL, PRIMARY KEY (wall_ns, instrument)) STRICT,"
    " WITHOUT ROWID;"

    "CREATE TABLE equity ("
    " wall_ns INTEGER PRIMARY KEY, seq INTEGER NOT NULL, equity_e8 INTEGER NOT NULL,"
    " wallet_e8 INTEGER NOT NULL,"
    " peak_equity_e8 INTEGER NOT NULL, realised_e8 INTEGER NOT NULL, unrealised_e8 INTEGER NOT NULL,"
    " fees_e8 INTEGER NOT NULL, funding_e8 INTEGER NOT NULL, seam_e8 INTEGER NOT NULL,"
    " adjustment_e8 INTEGER NOT NULL, drawdown_frac_e8 INTEGER NOT NULL, day_loss_frac_e8 INTEGER NOT NULL,"
    " open_orders INTEGER NOT NULL, trading_state TEXT NOT NULL, state_reason TEXT NOT NULL) STRICT;"

    "CREATE TABLE venue_wallets ("
    " wall_ns INTEGER NOT NULL, venue TEXT NOT NULL, seq INTEGER NOT NULL, traded INTEGER NOT NULL,"
    " wallet_e8 INTEGER NOT NULL, worth_e8 INTEGER NOT NULL, PRIMARY KEY (wall_ns, venue)) STRICT,"
    " WITHOUT ROWID;"

    "CREATE TABLE strategy_pnl ("
    " wall_ns INTEGER NOT NULL, strategy TEXT NOT NULL, seq INTEGER NOT NULL, realised_e8 INTEGER NOT NULL,"
    " unrealised_e8 INTEGER NOT NULL, fees_e8 INTEGER NOT NULL, funding_e8 INTEGER NOT NULL,"
    " seam_e8 INTEGER NOT NULL, adjustment_e8 INTEGER NOT NULL, PRIMARY KEY (wall_ns, strategy)) STRICT,"
    " WITHOUT ROWID;"

    "CREATE TABLE features ("
    " wall_ns INTEGER NOT NULL, instrument INTEGER NOT NULL, feature INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " value REAL NOT NULL, z REAL, PRIMARY KEY (wall_ns, instrument, feature)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE feature_names (feature INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"

    "CREATE TABLE predictions ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, instrument INTEGER, model_id TEXT NOT NULL,"
    " down_ppm INTEGER NOT NULL, flat_ppm INTEGER NOT NULL, up_ppm INTEGER NOT NULL,"
    " horizon_ticks INTEGER NOT NULL,"
    " made_for_seq INTEGER NOT NULL) STRICT;"

    "CREATE TABLE latency_stations ("
    " station TEXT PRIMARY KEY, wall_ns INTEGER NOT NULL, count INTEGER NOT NULL, sum_ns INTEGER NOT NULL,"
    " max_ns INTEGER NOT NULL, p50_ns INTEGER NOT NULL, p95_ns INTEGER NOT NULL, p99_ns INTEGER NOT NULL,"
    " p999_ns INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE latency_buckets ("
    " station TEXT NOT NULL, upper_ns INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (station, upper_ns)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE alerts ("
    " seq INTEGER NOT NULL, entry INTEGER NOT NULL, wall_ns INTEGER NOT NULL, level TEXT NOT NULL,"
    " code TEXT NOT NULL,"
    " instrument INTEGER, message TEXT NOT NULL, PRIMARY KEY (seq, entry)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE operator_actions ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, actor TEXT NOT NULL, verb TEXT NOT NULL,"
    " instrument INTEGER,"
    " strategy TEXT NOT NULL, sub INTEGER NOT NULL, value INTEGER NOT NULL, frame INTEGER NOT NULL,"
    " key_mono_ns INTEGER NOT NULL, word TEXT NOT NULL, first_write_ns INTEGER, acked_ns INTEGER,"
    " flat_ns INTEGER,"
    " sealed_ns INTEGER, done_ns INTEGER, refused INTEGER, answer TEXT) STRICT;"

    "CREATE TABLE links ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, venue TEXT NOT NULL, link TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " rtt_ns INTEGER NOT NULL, clock_offset_ns INTEGER NOT NULL, message TEXT NOT NULL) STRICT;"

    "CREATE TABLE book_states ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, instrument INTEGER, state TEXT NOT NULL,"
    " reason TEXT NOT NULL, update_id INTEGER NOT NULL) STRICT;"

    "CREATE TABLE budgets ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, venue TEXT NOT NULL, lane TEXT NOT NULL, used_pct "
    "INTEGER NOT NULL,"
    " used INTEGER NOT NULL, budget INTEGER NOT NULL) STRICT;"

    "CREATE TABLE loads ("
    " seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, venue TEXT NOT NULL, tick_to_order_p99_ns INTEGER "
    "NOT NULL,"
    " lag_ns INTEGER NOT NULL, ring_pct INTEGER NOT NULL) STRICT;"

    "CREATE TABLE gaps ("
    " seq_from INTEGER PRIMARY KEY, seq_to INTEGER NOT NULL, wall_ns INTEGER NOT NULL) STRICT;"

    // ---- views

    // The newest table entry of each instrument.
    "CREATE VIEW instrument AS"
    " SELECT i.* FROM instruments i JOIN (SELECT instrument, max(seq) AS seq"
    " FROM instruments GROUP BY instrument) n"
    " ON n.seq = i.seq;"

    "CREATE VIEW last_position AS"
    " SELECT p.* FROM positions p WHERE p.wall_ns = (SELECT max(wall_ns) FROM positions);"

    // Balance (debits - credits) of every account; the sum per currency is zero.
    "CREATE VIEW balances AS"
    " SELECT account, currency, venue, instrument, strategy, sum(amount_e8) AS balance_e8 FROM ("
    "  SELECT debit AS account, currency, venue, instrument, strategy, amount_e8 FROM ledger UNION ALL"
    "  SELECT credit, currency, venue, instrument, strategy, -amount_e8 FROM ledger)"
    " GROUP BY account, currency, venue, instrument, strategy;"

    // What should lie in each wallet, by the ledger, beside what the venue said last.
    "CREATE VIEW wallets AS"
    " SELECT b.venue, b.currency, sum(b.balance_e8) AS ledger_e8,"
    "  (SELECT a.wallet_e8 FROM account_reports a WHERE a.venue = b.venue AND a.currency = b.currency"
    "   AND a.report = 'balance' ORDER BY a.seq DESC LIMIT 1) AS venue_e8"
    " FROM balances b WHERE b.account = 'cash' GROUP BY b.venue, b.currency;"

    "CREATE VIEW ledger_sum AS"
    " SELECT currency, sum(balance_e8) AS sum_e8 FROM balances GROUP BY currency;"

    // What each strategy earned, from the ledger; unrealised from the newest sample.
    "CREATE VIEW pnl_by_strategy AS"
    " SELECT b.strategy, b.currency,"
    "  -sum(CASE account WHEN 'realised' THEN balance_e8 ELSE 0 END) AS realised_e8,"
    "  coalesce((SELECT s.unrealised_e8 FROM strategy_pnl s WHERE s.strategy = b.strategy"
    "   ORDER BY s.wall_ns DESC LIMIT 1), 0) AS unrealised_e8,"
    "  sum(CASE account WHEN 'fees' THEN balance_e8 ELSE 0 END) AS fees_e8,"
    "  -sum(CASE account WHEN 'funding' THEN balance_e8 ELSE 0 END) AS funding_e8,"
    "  -sum(CASE account WHEN 'seam' THEN balance_e8 ELSE 0 END) AS seam_e8,"
    "  -sum(CASE account WHEN 'adjustment' THEN balance_e8 ELSE 0 END) AS adjustment_e8,"
    "  -sum(CASE WHEN account IN ('realised', 'fees', 'funding', 'seam',"
    " 'adjustment') THEN balance_e8 ELSE 0 END)"
    "   + coalesce((SELECT s.unrealised_e8 FROM strategy_pnl s WHERE s.strategy = b.strategy"
    "   ORDER BY s.wall_ns DESC LIMIT 1), 0) AS net_e8"
    " FROM balances b WHERE account IN ('realised', 'fees', 'funding', 'seam', 'adjustment', 'position_cost')"
    " GROUP BY b.strategy, b.currency;"

    // The same from the fills alone: money in and out, and what is left valued at mark. No ledger involved.
    "CREATE VIEW pnl_naive AS"
    " SELECT f.instrument, i.venue, i.symbol, sum(f.signed_lots) AS position_lots,"
    "  -sum(CASE WHEN f.signed_lots > 0 THEN f.notional_e8 ELSE -f.notional_e8 END) AS cash_flow_e8,"
    "  p.mark_e8 AS mark_e8, CAST(round(sum(f.signed_lots) * 1.0 * i.lot_e8 * p.mark_e8 / 1e8)"
    " AS INTEGER) AS value_e8,"
    "  sum(f.fee_e8) AS fees_e8,"
    "  -sum(CASE WHEN f.signed_lots > 0 THEN f.notional_e8 ELSE -f.notional_e8 END)"
    "   + coalesce(CAST(round(sum(f.signed_lots) * 1.0 * i.lot_e8 * p.mark_e8 / 1e8) AS INTEGER), 0)"
    "   - sum(f.fee_e8) AS net_before_funding_e8"
    " FROM fills f LEFT JOIN instrument i ON i.instrument = f.instrument"
    " LEFT JOIN last_position p ON p.instrument = f.instrument GROUP BY f.instrument;"

    "CREATE VIEW latency AS"
    " SELECT station, count, p50_ns / 1e3 AS p50_us, p95_ns / 1e3 AS p95_us, p99_ns / 1e3 AS p99_us,"
    "  p999_ns / 1e3 AS p999_us, max_ns / 1e3 AS max_us,"
    "  CASE WHEN count > 0 THEN sum_ns / 1e3 / count END AS mean_us FROM latency_stations;"

    "CREATE VIEW fills_with_order AS"
    " SELECT f.seq, datetime(f.wall_ns / 1000000000, 'unixepoch') AS utc, i.venue, i.symbol, f.strategy, "
    "f.side,"
    "  abs(f.signed_lots) * i.lot_e8 / 1e8 AS qty, f.price_e8 / 1e8 AS price, f.fee_e8 / 1e8 AS fee, f.maker,"
    "  f.fill_kind, f.client_id, o.price_ticks * i.tick_e8 / 1e8 AS order_price,"
    " o.qty_lots * i.lot_e8 / 1e8 AS order_qty,"
    "  (f.wall_ns - o.sent_ns) / 1e6 AS age_ms, o.status AS order_status"
    " FROM fills f LEFT JOIN orders o ON o.client_id = f.client_id"
    " LEFT JOIN instrument i ON i.instrument = f.instrument;"

    "CREATE VIEW features_by_name AS"
    " SELECT f.wall_ns, i.venue, i.symbol, n.name, f.value, f.z FROM features f JOIN feature_names n"
    " ON n.feature = f.feature"
    " LEFT JOIN instrument i ON i.instrument = f.instrument;"

    "CREATE VIEW order_times AS"
    " SELECT client_id, strategy, status, (sent_ns - intent_ns) / 1e3 AS intent_to_sent_us,"
    "  (ack_ns - sent_ns) / 1e3 AS sent_to_ack_us, (done_ns - sent_ns) / 1e6 AS life_ms FROM orders;";

#endif
