// SPDX-License-Identifier: Apache-2.0
// svg: a terminal screen as a picture: rows of monospace text with the cells' own attributes. The same cells
// give the same bytes on every machine: integers only, no fonts inside, no date. Not a general SVG writer.
#ifndef TT_TESTS_TOOLS_SVG_H
#define TT_TESTS_TOOLS_SVG_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/vt.h"

// Write the whole screen to `out`; title is what a screen reader says. False when the stream failed.
bool svg_write(FILE *out, const struct vt *vt, const char *title);

#endif
