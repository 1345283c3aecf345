// SPDX-License-Identifier: Apache-2.0
// Tries to break the configuration parser: any text over the defaults. What is refused has one line that
// names the file; what is accepted formats to text that parses back to the same, and the engine's form can be
// made of it.
#include <string.h>

#include "base/check.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[32768];
    struct config c;
    struct config again;
    struct engine_config ec;
    struct error e = {0};
    config_default(&c);
    if (!config_parse(&c, "fuzz.conf", (const char *)data, size, &e)) {
        CHECK(e.exit_code == EXIT_USAGE && strncmp(e.text, "fuzz.conf:", 10) == 0 && !strchr(e.text, '\n'));
        return 0;
    }
    size_t n = config_format(&c, text, sizeof text);
    CHECK(n > 0);
    config_default(&again);
    CHECK(config_parse(&again, "again", text, n, &e));
    // which keys were written differs: the formatted text writes them all
    CHECK(memcmp(&c, &again, offsetof(struct config, written)) == 0 &&
          config_hash(&c) == config_hash(&again));
    config_engine(&c, &ec);
    CHECK(ec.instrument_count >= 1 && ec.instrument_count <= INSTRUMENT_MAX);
    return 0;
}
