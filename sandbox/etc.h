/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plan.h"

G_BEGIN_DECLS

/* The composed /etc: what programs need to run, nothing that names this machine or its people. */
void pst_etc_add (PstPlan *plan, const PstPlanInput *input);

/* The name of @uid in @passwd (the text of /etc/passwd); NULL if it has none. (transfer full) */
char *pst_etc_find_user (const char *passwd, uid_t uid);

/* May @name stand in passwd, group and a path: letters, digits, '.', '_', '-', not starting with '-' or '.', at most 32 bytes?
 */
gboolean pst_etc_user_is_valid (const char *name);

G_END_DECLS
