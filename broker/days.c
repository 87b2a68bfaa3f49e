/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "days.h"

static gboolean
is_near (gint64 a, gint64 b)
{
  return a - b <= PST_DAYS_LEAP && b - a <= PST_DAYS_LEAP;
}

gboolean
pst_days_advance (PstDays *days, gint64 today)
{
  const PstDays before = *days;

  if (days->believed == 0 || is_near (today, days->believed))
    *days = (PstDays){ MAX (days->believed, today), 0, 0 };
  else if (days->leap_last == 0 || !is_near (today, days->leap_last))
    {
      days->leap_last = today;
      days->leap_days = 1;
    }
  else if (today > days->leap_last)
    {
      days->leap_last = today;
      days->leap_days++;
      if (days->leap_days >= PST_DAYS_CONFIRM)
        *days = (PstDays){ today, 0, 0 };
    }
  return days->believed != before.believed || days->leap_last != before.leap_last || days->leap_days != before.leap_days;
}

gint64
pst_days_today (const PstDays *days, gint64 today)
{
  return MIN (days->believed, today);
}
