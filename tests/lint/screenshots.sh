#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The screens of README are what the program draws now, and the tape they come from still verifies.
set -eu
B=${B:-build}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
"$B/ticktower" replay --verify tests/data/session-demo.tape >"$t/proof" || {
    cat "$t/proof"
    echo "tests/data/session-demo.tape: the engine decides otherwise now; if that is wanted: make demo-tape"
    exit 1
}
tools/screenshots.sh "$t"
for f in deck-160x48.svg deck-80x24.svg; do
    cmp "$t/$f" "docs/$f" || {
        echo "docs/$f is stale: make screenshots, and look at it"
        exit 1
    }
done
