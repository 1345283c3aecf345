#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whole sessions of a sanitizer build: at 10x, and at 40x past the end of the recording, so that a lap is crossed; then
# the tape is verified and the database exported. A finding anywhere, the embedded venue's included, is in the exit code.
set -u
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
printf '[kill]\naccept_window = 1 s\n' >"$t/session.conf"
bad=0
try() {
    "$@" >"$t/out" 2>"$t/err"
    code=$?
    if [ $code -ne 0 ] || grep -q Sanitizer "$t/err"; then
        echo "FAIL: $* (exit $code)"
        cat "$t/out" "$t/err"
        bad=1
    fi
}
for speed in 10 40; do
    try "$B/ticktower" run --headless --json --for 12s --speed $speed --config "$t/session.conf" --state "$t/$speed"
    grep -q '"ledger_sum_e8":{"USDT":0,' "$t/out" || {
        echo "FAIL: no session report at ${speed}x, or its ledger does not sum to zero"
        bad=1
    }
    try "$B/ticktower" replay --verify "$t/$speed"/sim/sessions/*.tape
    try "$B/ticktower" export "$t/$speed"/sim/sessions/*.db -o "$t/$speed.db"
done
exit $bad
