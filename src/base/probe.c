// SPDX-License-Identifier: Apache-2.0
#include "base/probe.h"

#include <stddef.h>

void (*probe_hook)(enum probe_point point) = NULL;
