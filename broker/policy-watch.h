/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Notices when the administrator changes the policy while applications run, and has it read again. What cannot be read then
 * changes nothing for those that run, and is told in the log; the next launch is refused. */
PstPolicyWatch *pst_policy_watch_new (PstBroker *broker);
void pst_policy_watch_free (PstPolicyWatch *watch);

G_END_DECLS
