#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (.clang-tidy) and cppcheck over src/; exceptions are explained in .clang-tidy and below.
set -eu
# One file per clang-tidy: version 14 carries its va_list check from one file into the next.
flags="-std=c11 -D_GNU_SOURCE -DTT_VERSION=\"x\" -Isrc -march=x86-64-v2"
# Findings come on standard output; standard error only counts warnings in system headers.
# shellcheck disable=SC2086
git ls-files -- 'src/*.c' | xargs -P 2 -I FILE clang-tidy --quiet --warnings-as-errors='*' FILE -- $flags 2>/dev/null
# missingIncludeSystem: system headers are not given. unusedStructMember: structs of the wire and of files carry fields
# that only one side reads. normalCheckLevelMaxBranches: information, not a finding.
cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability -j 2 \
    --suppress=missingIncludeSystem --suppress=unusedStructMember -Isrc src
