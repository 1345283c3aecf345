#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds.sh TARGET FOLDER: write a few well-formed inputs for one fuzz target, from what the repository has: recorded
# market messages, payloads of the venue's documents, configuration files. A target without a rule here starts from nothing.
set -eu
d=$2
mkdir -p "$d"
lines() { # one file for each line of standard input
    awk -v d="$d" '{ f = d "/line" NR; printf "%s", $0 > f; close(f) }'
}
payloads() { # each on one line
    awk '/^   "payload": [[{]$/ { on = 1; sub(/^   "payload": /, ""); text = $0; next }
         on && /^   []}],?$/ { sub(/,$/, ""); sub(/^ +/, ""); print text $0; on = 0 }
         on { sub(/^ +/, ""); text = text $0 }' tests/data/vectors/venue.json
}
case "$1" in
fuzz_scan)
    zcat tests/data/usdm_lines.jsonl.gz | awk 'NR % 100 == 50 && length < 6000 { sub(/^[0-9]+ /, ""); print }' | lines
    ;;
fuzz_decode)
    payloads | lines
    ;;
fuzz_config)
    for f in config/*.conf; do cp "$f" "$d/"; done
    ;;
fuzz_http1) # first byte: where the answer is cut
    printf '\020HTTP/1.1 200 OK\r\nContent-Length: 14\r\nX-MBX-USED-WEIGHT-1M: 37\r\n\r\n{"orderId":17}' >"$d/length"
    printf '\021HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00a\r\n0123456789\r\n0\r\nExpires: 0\r\n\r\n' >"$d/chunked"
    printf '\022HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nConnection: close\r\n\r\n<html>' >"$d/close"
    printf '\023HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n' >"$d/continue"
    ;;
fuzz_venue) # first byte: below 64 a request, below 96 a frame, else the parameters of a call
    printf 'AGET /fapi/v1/depth?symbol=ETHUSDT&limit=5 HTTP/1.1\r\nHost: x\r\n\r\n' | tr A '\001' >"$d/get"
    printf 'APOST /fapi/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\nsymbol=ETHUSDT' | tr A '\001' >"$d/post"
    printf 'asymbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=2679.99&newClientOrderId=tta-1' >"$d/place"
    printf 'F\201\205\001\002\003\004hello' >"$d/frame"
    ;;
esac
