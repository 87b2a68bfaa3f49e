/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* One quiet notification that permissions have ended because nobody used them: lists them, and its button puts them back. No
 * bus, no notification service: nothing is said, and the history has it. @rules_take: (transfer full) of PstStoredRule. */
void pst_notify_unused (PstBroker *broker, GPtrArray *rules_take, guint unused_days);

G_END_DECLS
