// SPDX-License-Identifier: Apache-2.0
// fuzz_scan: arbitrary bytes into the hot scanner (libFuzzer). Looks for reads beyond the 16 bytes of
// allowance, and for accepted messages that break what scan.h promises.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/venue/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int held)
{
    if (!held) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan_msg m;
    char *text = malloc(size + 16);
    memcpy(text, data, size);
    memset(text + size, '"', 16);
    if (scan_market(text, size, &m)) {
        require(m.kind <= SCAN_DEPTH_SNAPSHOT);
        require(m.bids + m.asks <= SCAN_LEVELS_MAX);
        require(memchr(m.symbol, 0, sizeof m.symbol) && memchr(m.stream, 0, sizeof m.stream));
        require(m.event_ms >= 0 && m.transaction_ms >= 0 && m.price_e8 >= 0 && m.qty_e8 >= 0 &&
                m.mark_e8 >= 0);
        for (uint32_t i = 0; i < m.bids + m.asks; i++) {
            require(m.level[i].price_e8 >= 0 && m.level[i].qty_e8 >= 0);
        }
    }
    free(text);
    return 0;
}
