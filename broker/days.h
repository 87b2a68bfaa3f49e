/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which day it is, for what throws things away because they are old. Pure.
 *
 * A clock can be wrong: far ahead by a slip of the hand, a flat battery or a broken time server. Believing it at once would end
 * every permission that has not been used "for ninety days", and empty the history. So a day that is more than a month away
 * from the last one is believed only when Postern has run on seven different days of the new time. Whoever was away for half a
 * year has a week in which what is used counts as used; a wrong clock is put right before. Until then, and whenever the clock
 * is behind what was believed, the earlier of the two is taken: then less is thrown away. */
typedef struct
{
  gint64 believed;  /* days since 1970, 0: none yet */
  gint64 leap_last; /* the last day of another time, 0: there is none */
  gint64 leap_days; /* on how many days of it Postern has run */
} PstDays;

#define PST_DAYS_LEAP 31
#define PST_DAYS_CONFIRM 7

/* Postern runs on the day @today, by the clock. TRUE: @days is different now. */
gboolean pst_days_advance (PstDays *days, gint64 today);
/* Which day to go by. */
gint64 pst_days_today (const PstDays *days, gint64 today);

G_END_DECLS
