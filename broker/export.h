/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store.h"

G_BEGIN_DECLS

/* The person's permanent rules and the switches of applications as text: postern-export(5). Pure; the same rules always give
 * the same bytes, whatever the order in which they were made.
 *
 * What is not in it: rules for a run or a session, what an application did, and what belongs to this machine (real paths,
 * names, times). */
#define PST_EXPORT_FORMAT "postern-grants"
#define PST_EXPORT_VERSION 1

/* Does an export hold such a rule? Not what lasts for a run or a session, nor what is over at @now (seconds since 1970). */
gboolean pst_export_has_rule (const PstStoredRule *rule, gint64 now);
/* @rules: of PstStoredRule, of any kind; @apps: of PstStoredApp. @app: (nullable): of this one only. (transfer full) */
char *pst_export_text (const GPtrArray *rules, const GPtrArray *apps, const char *app, gint64 now);

/* The order of an export, of two pointers to PstStoredRule; 0: they say the same. */
int pst_export_compare (gconstpointer a, gconstpointer b);

G_END_DECLS
