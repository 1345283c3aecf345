#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# screenshots.sh DIR: draw the screens of README into DIR from tests/data/session-demo.tape.
set -eu
B=${B:-build}
dir=$1
# Seconds after the first event of the tape: quotes rest, a position is open, the operator's key is echoed.
moment=$(cat tests/data/session-demo.moment)
"$B/tests/tools/screenshot" tests/data/session-demo.tape "$moment" 160x48 utf8 "$dir/deck-160x48.svg"
"$B/tests/tools/screenshot" tests/data/session-demo.tape "$moment" 80x24 ascii "$dir/deck-80x24.svg"
