// SPDX-License-Identifier: Apache-2.0
// panel_model: which model drives the strategies. None has been promoted, so that is what it says;
// predictions have no field in the snapshot yet.
#include "tui/view.h"

void panel_model(const struct pane *p, const struct view *v)
{
    (void)v;
    pane_title(p, 0, "MODEL");
    pane_text(p, 1, 1, ROLE_LABEL, "no model: none promoted");
}
