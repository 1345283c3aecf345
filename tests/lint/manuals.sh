#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual and the shipped configuration say what the program says.
set -eu
B=${B:-build}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
"$B/ticktower" config >"$t/conf"
cmp "$t/conf" config/ticktower.conf || {
    echo "config/ticktower.conf is not what \`ticktower config\` prints: run it again"
    exit 1
}
"$B/ticktower" config --man >"$t/man"
sed -n '/^\.Sh KEYS$/,/^\.Sh FILES$/p' man/ticktower.conf.5 | sed '1d;$d' | cmp - "$t/man" || {
    echo "man/ticktower.conf.5: its KEYS are not what \`ticktower config --man\` prints"
    exit 1
}
for c in $("$B/ticktower" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    grep -q "^\.It Cm $c\b" man/ticktower.1 || {
        echo "man/ticktower.1 does not name the command $c"
        exit 1
    }
    "$B/ticktower" "$c" --help | grep -q "ticktower $c" || {
        echo "ticktower $c --help does not explain itself"
        exit 1
    }
done
