#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `ticktower record` against the embedded venue, over TLS, without a key: the tape holds every kind of market
# event of both venues, plays again, and the sum of what can go wrong gets one line each: no tape name, a file
# that exists, a venue that is not there, a certificate that is not the venue's, a symbol that is not listed.
set -u
B=${B:-build}
tt=$B/ticktower
t=$(mktemp -d)
venue=""
cleanup() {
    [ -z "$venue" ] || kill "$venue" 2>/dev/null
    rm -rf "$t"
}
trap cleanup EXIT
bad=0
fail() {
    echo "FAIL: $*"
    bad=1
}
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

"$tt" venue --for 60s >"$t/hello" 2>"$t/venue.err" &
venue=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$t/hello" ] && break
    sleep 0.5
done
# {"name":"aster","rest":"https://...","ws":"wss://..."...}: one line a site
url() { # SITE KEY
    tr '{' '\n' <"$t/hello" | sed -n "s/.*\"name\": *\"$1\".*\"$2\": *\"\([^\"]*\)\".*/\1/p" | head -n 1
}
sed -n 's/.*"ca_pem": *"\([^"]*\)".*/\1/p' "$t/hello" | sed 's/\\n/\n/g' >"$t/ca.pem"
conf() { # WATCH
    echo "[instruments]"
    echo "quote = ETHUSDT"
    echo "watch = $1"
    for v in aster spot binance; do
        echo "[venue.$v]"
        # without its own URL a venue's real host would be asked: every one is set, if only to a closed port
        echo "rest = $(url "$v" rest | grep . || echo https://127.0.0.1:9)"
        echo "ws = $(url "$v" ws | grep . || echo wss://127.0.0.1:9)"
        echo "ca_file = $t/ca.pem"
    done
}
conf "BTCUSDT binance:BTCUSDT" >"$t/c.conf"

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
conf "NOSUCHUSDT" >"$t/symbol.conf"
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
