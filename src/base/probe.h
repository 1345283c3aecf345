// SPDX-License-Identifier: Apache-2.0
// probe: time stamps along the way of an event, written where pure code cannot read them. The session and the
// engine call probe_mark(point); the shell's hook (if set) stores the time of that point. Without a hook it
// costs a test.
#ifndef TT_BASE_PROBE_H
#define TT_BASE_PROBE_H

enum probe_point {
    PROBE_RECEIVED, // shell: message taken from the socket
    PROBE_DECODED,  // session: scanned to fixed point
    PROBE_BOOKED,   // engine: book updated
    PROBE_FEATURES, // engine: features updated
    PROBE_DECIDED,  // engine: strategy and risk done, actions ready
    PROBE_ENCODED,  // session: request text ready
    PROBE_SIGNED,   // shell
    PROBE_WRITTEN,  // shell: handed to the connection
    PROBE_COUNT
};

// Set by the shell before its threads start; called on the thread that runs the session and the engine.
extern void (*probe_hook)(enum probe_point point);

static inline void probe_mark(enum probe_point point)
{
    if (probe_hook) {
        probe_hook(point);
    }
}

#endif
