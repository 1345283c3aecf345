#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `ticktower record` against the embedded venue, over TLS, without a key: the tape holds every kind of market
# event of both venues, plays again, and the sum of what can go wrong gets one line each: no tape name, a file
# that exists, a venue that is not there, a certificate that is not the venue's, a symbol that is not listed.
set -u
B=${B:-build}
. tests/support/venue.sh
expect() { # CODE PATTERN COMMAND...
    code=$1
    pattern=$2
    shift 2
    out=$(timeout 30 "$@" </dev/null 2>&1)
    got=$?
    if [ "$got" != "$code" ] || ! printf '%s' "$out" | grep -q -- "$pattern" || [ "$(printf '%s\n' "$out" | wc -l)" != 1 ]; then
        fail "$*: exit $got (want $code), wanted \"$pattern\", got: $out"
    fi
}

venue_start --for 60s
venue_conf "BTCUSDT binance:BTCUSDT" >"$t/c.conf"

out=$(timeout 30 "$tt" record -o "$t/a.tape" --config "$t/c.conf" --for 4s --json) || fail "record: exit $?"
printf '%s' "$out" | grep -q '"breaks":0}' || fail "record said: $out"
info=$("$tt" tape info "$t/a.tape") || fail "tape info: exit $?"
for kind in book_snapshot book_diff trade touch mark; do
    printf '%s\n' "$info" | grep -q "[1-9][0-9]* $kind" || fail "no $kind in the tape: $info"
done
printf '%s\n' "$info" | grep -q "aster@loopback binance@loopback" || fail "origin is not named: $info"
# It plays: three books live, prices move.
out=$(timeout 60 "$tt" run --headless --market "$t/a.tape" --for 2s --state "$t/s" --json) || fail "playing the tape: exit $?: $out"
printf '%s' "$out" | grep -q '"events":[0-9][0-9][0-9]' || fail "the tape does not play: $out"

expect 2 "-o TAPE is missing" "$tt" record --config "$t/c.conf"
expect 73 "exists" "$tt" record -o "$t/a.tape" --config "$t/c.conf"
sed 's/127\.0\.0\.1:[0-9]*/127.0.0.1:9/' "$t/c.conf" >"$t/closed.conf"
expect 69 "0 of 3 instruments known" "$tt" record -o "$t/b.tape" --config "$t/closed.conf" --wait 2s
venue_conf "NOSUCHUSDT" >"$t/symbol.conf"
expect 69 "1 of 2 instruments known" "$tt" record -o "$t/b.tape" --config "$t/symbol.conf" --wait 2s
"$tt" venue --for 20s >"$t/other" 2>/dev/null &
other=$!
sleep 1.5
sed -n 's/.*"ca_pem": *"\([^"]*\)".*/\1/p' "$t/other" | sed 's/\\n/\n/g' >"$t/other.pem"
kill "$other"
sed "s,$t/ca.pem,$t/other.pem," "$t/c.conf" >"$t/ca.conf"
expect 69 "0 of 3 instruments known" "$tt" record -o "$t/b.tape" --config "$t/ca.conf" --wait 2s
[ ! -e "$t/b.tape" ] || fail "a failed record left a tape behind"
exit $bad
