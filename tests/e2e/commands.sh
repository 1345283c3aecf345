#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input gets one clear line and the right exit code, and nothing is lost: unknown commands and flags, bad
# configuration lines, damaged tapes and databases, terminals that cannot show the console.
set -u
B=${B:-build}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
bad=0
expect() { # CODE PATTERN COMMAND...
    code=$1
    pattern=$2
    shift 2
    out=$("$@" </dev/null 2>&1)
    got=$?
    lines=$(printf '%s\n' "$out" | wc -l)
    if [ "$got" != "$code" ] || ! printf '%s' "$out" | grep -q -- "$pattern" || { [ "$code" != 0 ] && [ "$lines" != 1 ]; }; then
        echo "FAIL: $*: exit $got (want $code), wanted \"$pattern\", got: $out"
        bad=1
    fi
}
tt=$B/ticktower
expect 2 "unknown command" "$tt" nonsense
expect 2 "unknown option --nope" "$tt" run --nope
expect 2 "needs a value" "$tt" run --for
expect 2 "write a time" "$tt" run --for 30
expect 2 "needs --headless" "$tt" run --json
expect 2 "out of range" "$tt" run --headless --speed 1000
expect 0 "no terminal" "$tt" run --for 1s --state "$t/no-terminal"
# On a terminal of its own (script passes the exit code on); its own line discipline ends lines with CR LF.
on_tty() { script -qec "$1" /dev/null; }
expect 2 "TERM=dumb" on_tty "env TERM=dumb $tt run"
expect 2 "TERM=no-such-terminal" on_tty "env TERM=no-such-terminal $tt run"
expect 2 "(unset)" on_tty "env -u TERM $tt run"
expect 2 "40x10.*60x16" on_tty "stty rows 10 cols 40; env TERM=xterm $tt run"
expect 2 "40x10.*60x16" on_tty "stty rows 10 cols 40; env TERM=xterm $tt replay config/market/usdm-20240808.tape"
printf '[risk]\nday_loss = 0.03\n' >"$t/a.conf"
expect 2 "$t/a.conf:2:" "$tt" run --headless --config "$t/a.conf"
printf '[risk]\nday_los = 3 %%\n' >"$t/b.conf"
expect 2 "$t/b.conf:2:.*unknown key" "$tt" config "$t/b.conf"
expect 66 "$t/none.conf" "$tt" run --headless --config "$t/none.conf"
head -c 5000 /dev/urandom >"$t/garbage.tape"
cp "$t/garbage.tape" "$t/garbage.tape.before"
: >"$t/empty.tape"
expect 65 "empty.tape" "$tt" replay --verify "$t/empty.tape"
expect 66 "not a regular file" "$tt" replay --verify "$t"
expect 65 "garbage.tape" "$tt" replay --verify "$t/garbage.tape"
expect 65 "garbage.tape" "$tt" tape info "$t/garbage.tape"
expect 66 "none.tape" "$tt" replay --verify "$t/none.tape"
expect 65 "garbage.tape" "$tt" run --headless --for 1s --state "$t/s" --market "$t/garbage.tape"
head -c 100000 config/market/usdm-20240808.tape >"$t/cut.tape"
expect 0 "" "$tt" tape info "$t/cut.tape"
head -c 5000 /dev/urandom >"$t/garbage.db"
cp "$t/garbage.db" "$t/garbage.db.before"
expect 65 "garbage.db" "$tt" export "$t/garbage.db" -o "$t/out.db"
expect 66 "none.db" "$tt" export "$t/none.db" -o "$t/out.db"
expect 73 "" "$tt" run --headless --for 1s --state /proc/nonexistent
cmp "$t/garbage.tape" "$t/garbage.tape.before" || bad=1
cmp "$t/garbage.db" "$t/garbage.db.before" || bad=1
[ ! -e "$t/out.db" ] || { echo "FAIL: a failed export left $t/out.db behind"; bad=1; }
for c in run replay export import tape venue doctor config version; do
    expect 0 "usage: ticktower $c" "$tt" "$c" --help
    expect 0 "usage: ticktower $c" "$tt" "$c" -h
    expect 2 "^ticktower $c: unknown option --no-such-flag; see ticktower $c --help$" "$tt" "$c" --no-such-flag
done
exit $bad
