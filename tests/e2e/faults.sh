#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole program against an embedded venue that misbehaves by configuration (catalogue rows V1, V2, V3, V4,
# V8, V11, V12, O4, O5, O7, O8): every run must end by itself with exit 0, which it only says when the venue
# confirmed that nothing is left, a ledger that adds up to nothing, and faults that really struck. All runs at
# once: they wait more than they work.
set -u
B=${B:-build}
tt=$B/ticktower
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
bad=0
fail() {
    echo "FAIL: $*"
    bad=1
}
play() { # NAME FAULTS
    {
        echo "[sim]"
        echo "faults = $2"
        echo "[kill]"
        echo "accept_window = 2 s"
    } >"$t/$1.conf"
    (
        timeout 90 "$tt" run --headless --for 15s --json --state "$t/$1" --config "$t/$1.conf" --control "$t/$1.ctl" \
            >"$t/$1.out" 2>"$t/$1.err"
        echo $? >"$t/$1.code"
    ) &
    (
        sleep 13
        "$tt" venue --tell "$t/$1.ctl" faults >"$t/$1.faults" 2>&1
    ) &
}
names="unknown refused reports reads late"
play unknown "place-503 25 %, place-lost 15 %, cancel-503 25 %, cancel-lost 15 %"
play refused "place-reject 20 % -4016, cancel-reject 30 % -2011, html 3 %"
play reports "report-drop 15 %, report-twice 30 %, report-delay 30 % 700 ms"
play reads "read-503 30 %, invisible 30 % 2 s, place-silent 10 %"
play late "answer-delay 60 % 400 ms, report-delay 60 % 300 ms, depth-gap 1 %"
wait
for n in $names; do
    [ "$(cat "$t/$n.code")" = 0 ] || fail "$n: exit $(cat "$t/$n.code"): $(cat "$t/$n.err") $(cut -c1-300 "$t/$n.out")"
    grep -q '"ledger_sum_e8":{"USDT":0,"USDC":0,"BTC":0,"ETH":0}' "$t/$n.out" || fail "$n: the ledger does not add up"
    grep -q '"open_orders":0,' "$t/$n.out" || fail "$n: orders are left"
    strikes=$(tr ',' '\n' <"$t/$n.faults" | sed -n 's/.*"strikes":\([0-9]*\).*/\1/p' | awk '{s += $1} END {print s + 0}')
    [ "$strikes" -ge 3 ] || fail "$n: the faults struck $strikes times only: $(cat "$t/$n.faults")"
    orders=$(sed -n 's/.*"orders_sent":\([0-9]*\).*/\1/p' "$t/$n.out")
    [ "${orders:-0}" -ge 3 ] || fail "$n: only ${orders:-0} orders were sent"
done
exit $bad
