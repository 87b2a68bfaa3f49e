/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "admin-policy.h"
#include "export.h"
#include "pst-services.h"
#include "store-change.h"

G_BEGIN_DECLS

/* An exported text on its way in. It may be from a stranger: it is read whole and checked whole, by what stands in it and by
 * what is here, before anything is made of it. Nothing here changes anything. */
typedef struct
{
  char *id;
  int locked, strict; /* -1: nothing is said */
  guint line;
} PstImportApp;

typedef struct
{
  GPtrArray *apps;  /* of PstImportApp */
  GPtrArray *rules; /* of PstStoredRule, in the order of an export; those that are over are left out */
  GArray *lines;    /* of guint: where each rule stands */
} PstImport;

#define PST_IMPORT_MAX_APPS 10000
#define PST_IMPORT_MAX_RULES 100000

/* By what stands in it. @now: seconds since 1970. @error: one sentence that names the line. */
PstImport *pst_import_parse (const char *data, gsize size, gint64 now, GError **error);
void pst_import_free (PstImport *import);

/* What it is checked against. */
typedef struct
{
  const PstHost *host;
  const PstAdminPolicy *policy; /* (nullable) */
  const PstServices *services;
  gboolean protected_too; /* the person has said that the file may give protected things and what no question offers */
  /* (nullable): the real path of @path, as pst_host_real_path() */
  char *(*real_path) (const char *path);
} PstImportPlace;

/* By what is here: gate roots, the protected set, the administrator's locks, the catalogue. Fills in the rules' real paths. */
gboolean pst_import_check (PstImport *import, const PstImportPlace *place, GError **error);

/* What becomes of the store: the change that makes it so, and how much that is. (transfer full) */
typedef struct
{
  guint added, changed, removed;
} PstImportCounts;
PstStoreChange *
pst_import_plan (const PstImport *import, PstStore *store, gboolean replace, gint64 now, PstImportCounts *counts);

#define PST_IMPORT_ERROR (pst_import_error_quark ())
GQuark pst_import_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstImport, pst_import_free)

G_END_DECLS
