#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo_tape.sh: record tests/data/session-demo.tape anew, the session of README's screens: the default configuration on
# the shipped market, on the screen of a tmux of its own, `]` pressed once, then quit by the first choice. About 45 s.
# The moment of the screens is the last second, after the key, in which both quotes rest and a position is open.
set -eu
B=${B:-build}
out=tests/data/session-demo.tape
t=$(mktemp -d)
tm="tmux -f /dev/null -S $t/tmux"
trap '$tm kill-server 2>/dev/null || true; rm -rf "$t"' EXIT
$tm new-session -d -x 160 -y 48 "$B/ticktower run --state $t/state"
sleep 18
$tm send-keys ']'
sleep 6
$tm send-keys q
sleep 1
$tm send-keys 1
sleep 14
for tape in "$t"/state/sim/sessions/*.tape; do
    rm -f "$out"
    "$B/tests/tools/screenshot" --repack "$tape" "$out"
done
chmod 644 "$out"
"$B/ticktower" replay --verify "$out"
ls -l "$out"
"$B/tests/tools/screenshot" --moment "$out" >tests/data/session-demo.moment
echo "moment: $(cat tests/data/session-demo.moment) s"
