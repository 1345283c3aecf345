// SPDX-License-Identifier: Apache-2.0
// overlay: what opens over the body, and the echo's text, which the operator log shows as well.
#ifndef TT_TUI_OVERLAY_H
#define TT_TUI_OVERLAY_H

#include "engine/snapshot.h"

enum { ECHO_MAX = 320 };

// One line that fits `cols` columns if it can; buf: ECHO_MAX bytes. arrow: what stands between stages.
void echo_format(char *buf, const struct snapshot *s, const struct snap_echo *e, const char *arrow, int cols);

#endif
