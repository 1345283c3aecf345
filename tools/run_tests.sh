#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run_tests.sh PROGRAM...: run each test program, print one line for each, the whole output of those that fail, and a
# closing line that counts. TEST_TIMEOUT: seconds for one program (300).
set -u
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for t in "$@"; do
    start=$(date +%s)
    if timeout -k 10 "${TEST_TIMEOUT:-300}" "$t" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok     $t ($(($(date +%s) - start)) s)"
    else
        code=$?
        failed=$((failed + 1))
        echo "FAILED $t (exit $code)"
        sed 's/^/    /' "$log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
