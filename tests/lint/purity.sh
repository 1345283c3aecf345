#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# engine/ is pure: no clock, entropy, file, socket, thread, allocation, libm. Lists the undefined symbols of its objects
# that no object of the ground floor or the engine defines, and fails on any that is not on the short list.
set -eu
B=${B:-build}
[ -n "${SANITIZED:-}" ] && exit 0
allowed="memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp strchr __stack_chk_fail sqrt"
# 128-bit division, which compilers call by name
allowed="$allowed __divti3 __udivti3 __modti3 __umodti3 __divmodti4 __udivmodti4"
defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
nm --defined-only "$B"/src/engine/*.o "$B"/src/engine/*/*.o "$B"/src/base/dmath.o "$B"/src/base/decimal.o \
    "$B"/src/base/hist.o "$B"/src/base/rng.o "$B"/src/base/hash.o "$B"/src/base/text.o "$B"/src/base/check.o \
    "$B"/src/base/fmt.o "$B"/src/base/probe.o 2>/dev/null | awk 'NF>=3{print $3}' | sort -u >"$defined"
bad=0
for o in "$B"/src/engine/*.o "$B"/src/engine/*/*.o; do
    for s in $(nm -u "$o" | awk '{print $2}'); do
        grep -qxF "$s" "$defined" && continue
        case " $allowed " in *" $s "*) continue ;; esac
        case "$o:$s" in
        */exchange/exchange.o:calloc | */exchange/exchange.o:free | */exchange/exchange.o:malloc) continue ;; # exchange_new, exchange_free
        */exchange/paper.o:calloc | */exchange/paper.o:free) continue ;;                                      # paper_new, paper_free
        esac
        echo "$o uses $s"
        bad=1
    done
done
exit $bad
