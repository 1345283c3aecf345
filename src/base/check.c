// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <stddef.h>

void (*tt_check_hook)(const char *what, const char *file, int line) = NULL;

_Noreturn void tt_check_failed(const char *what, const char *file, int line)
{
    if (tt_check_hook) {
        tt_check_hook(what, file, line);
    }
    __builtin_trap();
}
