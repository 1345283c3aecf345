// SPDX-License-Identifier: Apache-2.0
// crash: what happens when the program itself is broken: a fatal signal or a failed CHECK. The terminal is
// given back, one line says what and where, the process ends with EXIT_SOFTWARE. No network, no allocation,
// nothing else: orders are the venue's countdown's to cancel.
#ifndef TT_LIVE_CRASH_H
#define TT_LIVE_CRASH_H

// restore: async-signal-safe function that gives the terminal back; NULL without a console. Call once, before
// threads.
void crash_install(void (*restore)(void));

#endif
