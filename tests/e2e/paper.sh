#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `ticktower run --paper` on the market of an embedded venue that it knows as a stranger knows it: orders and
# fills are the paper account's, the venue sees none of them and no signature; the books of the second venue
# come in as well; the tape replays to the same actions; the ledger adds up to nothing.
set -u
B=${B:-build}
. tests/support/venue.sh
venue_start --for 90s
venue_conf "BTCUSDT binance:BTCUSDT" >"$t/c.conf"
timeout 60 "$tt" run --paper --config "$t/c.conf" --headless --for 15s --json --state "$t/s" >"$t/out" 2>"$t/err" ||
    fail "run --paper: exit $?: $(cat "$t/err")"
[ "$(json mode "$t/out")" != "" ] || sed -n 's/.*"mode":"\([a-z]*\)".*/\1/p' "$t/out" | grep -qx paper || fail "not paper: $(cat "$t/out")"
[ "$(json orders_sent "$t/out")" -gt 4 ] || fail "no orders were placed: $(cat "$t/out")"
grep -q '"ledger_sum_e8":{"USDT":0,' "$t/out" || fail "the ledger does not add up: $(cat "$t/out")"
grep -q '"BTC.bin":0' "$t/out" || fail "the second venue is missing: $(cat "$t/out")"
venue_tell "aster: position ETHUSDT" >"$t/position"
grep -q '"lots":0,"entry_e8":0,"openOrders":0,"wallet_e8":5000000000' "$t/position" ||
    fail "the venue's account was touched: $(cat "$t/position")"
"$tt" replay --verify "$t"/s/paper/sessions/*.tape >"$t/verify" || fail "replay --verify: $(cat "$t/verify")"
grep -q "verified to seq" "$t/verify" || fail "not verified: $(cat "$t/verify")"
# Keys have no place in paper: a signed order must be impossible, so none may be read.
if strings "$t"/s/paper/sessions/*.tape 2>/dev/null | grep -q "signature="; then fail "something was signed"; fi
exit $bad
