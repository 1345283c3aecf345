// SPDX-License-Identifier: Apache-2.0
// Tries to break the decoder of the terminal's bytes: pieces of the input with pauses between them. No key
// may come that a person could not have pressed, none more than the caller has room for, and none out of
// order.
#include "base/check.h"
#include "tui/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_MAX = 64 };

static void check_keys(const struct key *keys, size_t n, int64_t *last_ns)
{
    for (size_t i = 0; i < n; i++) {
        CHECK((keys[i].code >= ' ' && keys[i].code <= '~') ||
              (keys[i].code >= TK_ESC && keys[i].code <= TK_UNKNOWN));
        CHECK(keys[i].code != TK_KILL && keys[i].code != TK_KILL_HELD); // only the pump says these
        CHECK(keys[i].mono_ns >= *last_ns);
        *last_ns = keys[i].mono_ns;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct key out[DECODER_KEYS(PIECE_MAX)];
    static struct decoder d;
    int64_t now_ns = 1;
    int64_t last_ns = 0;
    decoder_init(&d);
    while (size > 0) {
        size_t n = 1 + data[0] % PIECE_MAX;
        now_ns += (int64_t)(data[0] / PIECE_MAX) * INT64_C(400000000);
        data++;
        size--;
        n = n < size ? n : size;
        size_t keys = decoder_feed(&d, data, n, now_ns, out);
        CHECK(keys <= DECODER_KEYS(n));
        check_keys(out, keys, &last_ns);
        data += n;
        size -= n;
        int64_t due = decoder_deadline(&d);
        if (due != INT64_MAX && size % 3 == 0) {
            now_ns = due > now_ns ? due : now_ns;
            keys = decoder_tick(&d, now_ns, out);
            CHECK(keys <= DECODER_KEYS(0));
            check_keys(out, keys, &last_ns);
        }
    }
    return 0;
}
