#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# planted.sh PROGRAM KIND=WORDS...: each planted fault must end the program, with these words in the report.
set -u
program=$1
shift
for k in "$@"; do
    if out=$("$program" "${k%%=*}" 2>&1) || ! printf '%s' "$out" | grep -q "${k#*=}"; then
        echo "the sanitizer does not see a planted fault: ${k%%=*}" >&2
        exit 1
    fi
done
