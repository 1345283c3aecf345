// SPDX-License-Identifier: Apache-2.0
// clock: durations in nanoseconds, and the one place where the program reads the time.
//
// Only the shells (live/, commands/, tests) may call the functions: engine/ gets time from events.
#ifndef TT_BASE_CLOCK_H
#define TT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

// CLOCK_MONOTONIC: for every order, timer and timeout. About 25 ns a call.
int64_t clock_mono_ns(void);
// CLOCK_REALTIME, UTC since the Unix epoch: for stamps that people or venues read.
int64_t clock_wall_ns(void);

// "2026-11-22T08:15:30.123Z"; buf needs 32 bytes. Pure.
size_t clock_format_utc(char *buf, int64_t wall_ns);

#endif
