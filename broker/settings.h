/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "admin-policy.h"
#include "days.h"
#include "store.h"

G_BEGIN_DECLS

/* What the person has set, kept in the grants database. */
typedef struct
{
  guint history_days; /* how old a row of the history becomes; 0: for ever */
  guint history_rows; /* how many there are; 0: as many as there can be, PST_SETTINGS_MAX_ROWS */
  guint unused_days;  /* when a permission that is not used ends; 0: never */
} PstSettings;

#define PST_SETTINGS_MIN_ROWS 1000u
#define PST_SETTINGS_MAX_ROWS 1000000u
#define PST_SETTINGS_MAX_DAYS 36500u

/* @admin: (nullable): for those that the person has not set. */
PstSettings pst_settings_get (PstStore *store, const PstAdminSettings *admin);
/* By the name of a field. FALSE with a sentence: there is none such, or the number is out of range. */
gboolean pst_settings_put (PstSettings *settings, const char *key, guint value, const char **sentence);
/* Those that are different from @before: on the disk when this returns TRUE. */
gboolean pst_settings_store (PstStore *store, const PstSettings *before, const PstSettings *settings, GError **error);

PstHistoryBounds pst_settings_bounds (const PstSettings *settings, gint64 today);

PstDays pst_settings_get_days (PstStore *store);
gboolean pst_settings_store_days (PstStore *store, const PstDays *days, GError **error);

G_END_DECLS
