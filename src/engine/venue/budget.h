// SPDX-License-Identifier: Apache-2.0
// budget: request weight and order count per minute at one venue (venue-api.md 6.1, 6.2), with the lanes'
// shares, and what a 429 or 418 forbids. The venue's own figure, told in answer headers, replaces our count;
// what is under way is added to it, so that the sum errs on the safe side.
//
// Some venues limit orders per 10 s as well: those are counted by the second, always the last ten of them.
//
// Shares of the limit (design.md 12: 25 % kept for cancels, doubt and kill): kill and cancel all of it, the
// dead-man's switch 90 %, placements 75 % (half of that for 5 min after a refusal), reads 60 %.
//
// Owner: the session. Times are monotonic nanoseconds.
#ifndef TT_ENGINE_VENUE_BUDGET_H
#define TT_ENGINE_VENUE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum budget_lane { BUDGET_WEIGHT, BUDGET_ORDERS, BUDGET_LANES };

// Who asks; the order of enum lane in session.h.
enum budget_user { BUDGET_KILL, BUDGET_CANCEL, BUDGET_DEADMAN, BUDGET_PLACE, BUDGET_READ };

struct budget_line {
    int32_t limit;     // per minute, > 0
    int32_t used;      // in the running minute, under way included
    int32_t under_way; // sent or queued, not answered
};

enum { BUDGET_BURST_S = 10 };

struct budget {
    struct budget_line line[BUDGET_LANES];
    int64_t minute_ends_ns;   // INT64_MIN: not aligned to the venue's minute yet
    int64_t banned_until_ns;  // 418: nothing may be sent
    int64_t refused_until_ns; // 429: no placements, no reads, one cancel per second, five requests of a kill
    int64_t halved_until_ns;
    int64_t next_cancel_ns;
    int64_t orders_refused_until_ns; // -1015: no placements
    int32_t burst_limit;             // orders in 10 s; 0: no such limit
    int64_t burst_second;            // of the newest count
    int32_t burst[BUDGET_BURST_S];   // orders taken, by second
};

void budget_init(struct budget *b, int32_t weight_limit, int32_t order_limit);

// The venue's own limits per minute, as its instrument table tells them; 0: not told, keep ours.
void budget_set_limits(struct budget *b, int32_t weight_limit, int32_t order_limit);
// Orders in any 10 s; 0: no such limit.
void budget_set_orders_10s(struct budget *b, int32_t limit);
// The venue's clock showed venue_ns (UTC) at mono_ns: its minutes end there.
void budget_align(struct budget *b, int64_t mono_ns, int64_t venue_ns);
// New minute? True when the counts were reset.
bool budget_roll(struct budget *b, int64_t mono_ns);

// May `user` spend this now? Takes it if so.
bool budget_take(struct budget *b, enum budget_user user, int32_t weight, int32_t orders, int64_t mono_ns);
// What was taken never left us: give it back.
void budget_return(struct budget *b, int32_t weight, int32_t orders);
// An answer came for what was taken (or its connection was lost). Header figures, -1 when absent.
void budget_settle(struct budget *b, int32_t weight, int32_t orders, int32_t header_weight,
                   int32_t header_orders);
// The venue answered 429, 418 or 403 (its firewall). retry_after_s: header, -1 absent (then 60 s, 120 s).
void budget_refused(struct budget *b, int32_t http_status, int32_t retry_after_s, int64_t mono_ns);
// It throttles itself (-1008): half the placements for 5 min.
void budget_slow(struct budget *b, int64_t mono_ns);
// It answered "too many orders" (-1015): placements wait for the header's time, or for the minute to end.
void budget_refused_orders(struct budget *b, int32_t retry_after_s, int64_t mono_ns);

// Until when the venue itself refuses what this line counts (ban, 429, -1015); in the past: it does not.
int64_t budget_refused_until_ns(const struct budget *b, enum budget_lane lane);
// Highest of 0, 25, 50, 75, 90, 100 percent that the line has reached.
int budget_mark(const struct budget *b, enum budget_lane lane);

#endif
