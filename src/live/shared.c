// SPDX-License-Identifier: Apache-2.0
#include "live/shared.h"

#include <string.h>

#include "base/text.h"

void live_shared_init(struct live_shared *s)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->note_lock, NULL);
}

void live_shared_note(struct live_shared *s, const char *text)
{
    pthread_mutex_lock(&s->note_lock);
    text_copy(s->note, sizeof s->note, text);
    pthread_mutex_unlock(&s->note_lock);
}

void live_shared_read_note(struct live_shared *s, char *to, unsigned cap)
{
    pthread_mutex_lock(&s->note_lock);
    text_copy(to, cap, s->note);
    pthread_mutex_unlock(&s->note_lock);
}
