#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deps.sh SET: install the Debian packages that SET (run, check, lint, protocol or bench) needs and that are missing.
# Prints them first. A terminal may answer no; without a terminal it goes on. Root, or a user with sudo; otherwise it
# names the packages and stops.
set -eu

run="gcc libc6-dev make pkg-config libncurses-dev libwebsockets-dev libssl-dev libsecp256k1-dev libjansson-dev
     libinih-dev libsqlite3-dev libzstd-dev zlib1g-dev libcap-dev libev-dev libuv1-dev libglib2.0-dev ncurses-base
     ncurses-term"
check="$run libcmocka-dev libvterm-dev clang libclang-rt-14-dev tmux"
lint="$check clang-tidy clang-format cppcheck"
protocol="$run python3 python3-venv"
bench="$run g++ libsimdjson-dev"

case "${1:-}" in
run) want=$run ;;
check) want=$check ;;
lint) want=$lint ;;
protocol) want=$protocol ;;
bench) want=$bench ;;
*)
    echo "usage: tools/deps.sh run|check|lint|protocol|bench" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "deps: this is not Debian. Install what matches these packages, then run make again with DEPS=no:" >&2
    echo "$want" | tr -s ' \n' ' ' >&2
    echo >&2
    exit 1
fi

missing=""
for p in $want; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

echo "deps: these Debian packages are missing and will be installed:"
echo "     $missing"
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "deps: neither root nor sudo. Ask an administrator for:" >&2
    echo "      apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
if [ -t 0 ] && [ -t 1 ]; then
    printf 'Install them now? [Y/n] '
    read -r answer
    case "$answer" in
    n* | N*)
        echo "deps: nothing installed." >&2
        exit 1
        ;;
    esac
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$as_root apt-get update -qq || echo "deps: the package lists could not be refreshed; trying with the old ones" >&2
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
