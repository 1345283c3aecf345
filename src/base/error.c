// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *e, int exit_code, const char *fmt, ...)
{
    if (!e) {
        return false;
    }
    va_list ap;
    va_start(ap, fmt);
    e->exit_code = exit_code;
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return false;
}
