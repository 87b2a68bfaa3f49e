/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"
#include "settings.h"

G_BEGIN_DECLS

/* What is done when the broker starts, and once on each day that it runs: it is noted which day it is (days.h), the history
 * gets its bounds, and permissions that nobody has used for a long time end (unused.h). A setting that is changed for these is
 * used from the next day on, so that a slip of the pen throws nothing away. */

/* The store has been opened. */
void pst_daily_start (PstBroker *broker);
void pst_daily_stop (PstBroker *broker);
/* What holds: what the person has set, then the administrator's, then ours. */
PstSettings pst_daily_settings (PstBroker *broker);
/* The settings of the history have been changed. */
void pst_daily_set_bounds (PstBroker *broker);

/* Puts rules (of PstStoredRule) back that ended because nobody used them, and counts them as used now; those in whose place
 * there is another meanwhile are passed over. */
void pst_daily_keep (PstBroker *broker, GPtrArray *rules);

G_END_DECLS
