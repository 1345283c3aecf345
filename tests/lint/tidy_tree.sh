#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a machine can check of the tree: SPDX lines, no unfinished words, no dead code by `#if 0`.
set -eu
bad=0
for f in $(git ls-files -- '*.c' '*.h' '*.sh' '*.mk' Makefile 2>/dev/null || find src tests tools mk -name '*.[ch]'); do
    [ -f "$f" ] || continue
    head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || {
        echo "$f: no SPDX line at the top"
        bad=1
    }
done
if git grep -nE '\b(TO''DO|FIX''ME|X''XX|HA''CK)\b|^#if 0' -- '*.c' '*.h' 2>/dev/null; then
    echo "unfinished words or dead code above"
    bad=1
fi
exit $bad
