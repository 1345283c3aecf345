#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Same events in, same actions out, byte for byte, whatever built the engine and whatever the processor can do. Records
# three sessions with the default build (1x, 10x, another configuration) and verifies each with gcc -O0, gcc -O2,
# clang -O2 and with processor features masked.
set -eu
B=${B:-build}
[ -n "${SANITIZED:-}" ] && exit 0
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
record() { # NAME ARGS...
    name=$1
    shift
    "$B/ticktower" run --headless --json --state "$t/$name" "$@" >"$t/$name.json"
    mv "$t/$name"/sim/sessions/*.tape "$t/$name.tape"
}
record plain --for 12s
record fast --for 12s --speed 10
record large --for 12s --speed 5 --config config/example-5k.conf

variants="$B"
build() { # NAME CC OPT
    make -s -j2 B="build-bits/$1" CC="$2" OPT="$3" "build-bits/$1/ticktower"
    variants="$variants build-bits/$1"
}
build gcc-O0 gcc "-O0 -g"
build gcc-O2 gcc "-O2"
if command -v clang >/dev/null 2>&1; then
    build clang-O2 clang "-O2"
fi

bad=0
verify() { # LABEL PROGRAM TAPE
    if out=$("$2" replay --verify "$3" 2>&1); then
        echo "ok   $1 $(basename "$3"): $out"
    else
        echo "FAIL $1 $(basename "$3"): $out"
        bad=1
    fi
}
for tape in "$t"/*.tape; do
    for v in $variants; do
        verify "$v" "$v/ticktower" "$tape"
    done
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-AVX verify masked "$B/ticktower" "$tape"
done
exit $bad
