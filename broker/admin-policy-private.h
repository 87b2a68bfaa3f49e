/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "admin-policy.h"

G_BEGIN_DECLS

/* -1: nothing is said. */
typedef struct
{
  int strict, locked, bus;
} PstAdminSwitches;

struct _PstAdminPolicy
{
  GPtrArray *rules; /* of PstAdminRule, in the order in which they were read */
  GHashTable *apps; /* id, "" for all → PstAdminSwitches */
  PstAdminSettings settings;
  GChecksum *sum; /* of every text that was read */
};

/* Sets the error "LABEL, line LINE: …". Returns: FALSE. */
gboolean pst_admin_policy_refuse (GError **error, const char *label, guint line, const char *format, ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
