#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Arrows between folders run one way (CONTRIBUTING.md, "The direction of the arrows"): for each folder, the folders that
# its files may include. Anything else is an error.
set -eu
rules='
base: base
engine/market: base engine/event.h engine/market
engine/signal: base engine/event.h engine/market engine/signal
engine/model: base engine/event.h engine/market engine/signal engine/model
engine/strategy: base engine/event.h engine/config.h engine/market engine/signal engine/model engine/strategy
engine/risk: base engine/event.h engine/config.h engine/snapshot.h engine/market engine/signal engine/model engine/strategy engine/risk engine/order
engine/order: base engine/event.h engine/config.h engine/snapshot.h engine/market engine/order engine/risk
engine/venue: base engine/event.h engine/config.h engine/market engine/venue
engine/exchange: base engine/event.h engine/config.h engine/market engine/exchange
engine: base engine
config: base engine config
wire: base engine/event.h engine/market engine/venue wire
store: base engine wire config store
live: base engine config wire store live
tui: base engine live/publish.h tui
commands: base engine config wire store live tui commands
'
bad=0
for f in $(find src -name '*.[ch]' | sort); do
    dir=${f#src/}
    dir=${dir%/*}
    [ "$dir" = "main.c" ] && continue
    allowed=$(printf '%s\n' "$rules" | sed -n "s|^$dir: ||p")
    if [ -z "$allowed" ]; then
        echo "$f: folder $dir has no rule in tests/lint/arrows.sh"
        bad=1
        continue
    fi
    for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
        ok=0
        for a in $allowed; do
            case "$inc" in "$a" | "$a"/*) ok=1 ;; esac
        done
        [ $ok = 1 ] || {
            echo "$f includes $inc: against the direction of the arrows"
            bad=1
        }
    done
done
exit $bad
