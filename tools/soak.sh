#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# soak.sh [MINUTES]: the shipped run, headless, in waiting mode. Prints resident memory each minute, growth between minute
# 5 and the end, processor time of all its processes as a share of one core, allocations and ring overflow at the end.
set -eu
B=${B:-build}
minutes=${1:-20}
t=$(mktemp -d)
"$B/ticktower" run --headless --json --for "${minutes}min" --state "$t" >"$t/result.json" &
pid=$!
trap 'kill $pid 2>/dev/null || true; rm -rf "$t"' EXIT
cpu() { # clock ticks of a process
    awk '{print $14 + $15}' "/proc/$1/stat" 2>/dev/null || echo 0
}
sleep 5
child=$(cat "/proc/$pid/task/$pid/children" | tr -d ' ')
hz=$(getconf CLK_TCK)
start_cpu=$(($(cpu $pid) + $(cpu "$child")))
start=$(date +%s)
m=0
at5=0
while [ $m -lt "$minutes" ] && kill -0 $pid 2>/dev/null; do
    sleep 58
    m=$((m + 1))
    rss=$(awk '/VmRSS/ {print $2}' "/proc/$pid/status" 2>/dev/null || echo "")
    vrss=$(awk '/VmRSS/ {print $2}' "/proc/$child/status" 2>/dev/null || echo "")
    [ -n "$rss" ] || break
    used=$(($(cpu $pid) + $(cpu "$child") - start_cpu))
    now=$(date +%s)
    echo "minute $m: engine $rss KiB, venue $vrss KiB, $((used * 100 / hz / (now - start))) % of one core"
    last=$rss
    [ $m -eq 5 ] && at5=$rss
    sleep 2
done
wait $pid
[ "$at5" -eq 0 ] || echo "growth from minute 5 to $m: $((last - at5)) KiB"
cat "$t/result.json"
