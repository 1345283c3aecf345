# SPDX-License-Identifier: Apache-2.0
# Sourced by end-to-end tests: starts the embedded venue as a stranger would, and writes configurations that
# lead to it. Every venue's URL is set, if only to a closed port: otherwise the real host would be asked.
# Needs B; makes $t (removed at the end), $tt, $venue (its pid), fail, and ends the venue by its pid.
tt=$B/ticktower
t=$(mktemp -d)
venue=""
bad=0
venue_cleanup() {
    [ -z "$venue" ] || kill "$venue" 2>/dev/null
    rm -rf "$t"
}
trap venue_cleanup EXIT
fail() {
    echo "FAIL: $*"
    bad=1
}
venue_start() { # OPTIONS...: $t/hello has its line, $t/ca.pem its certificate, $t/control takes commands
    "$tt" venue --control "$t/control" "$@" >"$t/hello" 2>"$t/venue.err" &
    venue=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ -s "$t/hello" ] && break
        sleep 0.5
    done
    sed -n 's/.*"ca_pem": *"\([^"]*\)".*/\1/p' "$t/hello" | sed 's/\\n/\n/g' >"$t/ca.pem"
}
venue_tell() {
    "$tt" venue --tell "$t/control" "$1" || fail "venue --tell $1"
}
venue_url() { # SITE KEY
    tr '{}' '\n\n' <"$t/hello" | sed -n "s/.*\"name\": *\"$1\".*\"$2\": *\"\([^\"]*\)\".*/\1/p" | head -n 1
}
venue_conf() { # WATCH [AUTH LINES]
    echo "[instruments]"
    echo "quote = ETHUSDT"
    echo "watch = $1"
    for v in aster spot binance; do
        echo "[venue.$v]"
        echo "rest = $(venue_url "$v" rest | grep . || echo https://127.0.0.1:9)"
        echo "ws = $(venue_url "$v" ws | grep . || echo wss://127.0.0.1:9)"
        echo "ca_file = $t/ca.pem"
    done
}
json() { # KEY FILE: a number or word behind "KEY":
    sed -n "s/.*\"$1\":\([-0-9a-z.]*\).*/\1/p" "$2" | head -n 1
}
