/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* The sheet of a first start as the broker sends it (ShowSheet in ipc/org.postern.Agent1.xml), made safe to put before a
 * person: every text went through pst_text_for_display(), every list is bounded. Pure. Immutable. */
#define PST_SHEET_MAX_LINES 5u

typedef struct
{
  char *icon;  /* themed name */
  char *label; /* "View your Pictures" */
  char *detail;
  gboolean on; /* how its switch stands at first */
} PstSheetLine;

typedef struct
{
  guint64 id;
  char *app_name;
  char *app_icon; /* themed name or absolute path, as it came: never shown as text */
  char *executable, *package;
  char *title, *text;
  char *says;    /* “Image Viewer says: …”, empty if its packager says nothing */
  char *problem; /* may be empty */
  PstSheetLine *lines;
  guint n_lines;
  PstAccess folder;   /* what the one folder is for that is to be picked; 0: none is */
  char *folder_start; /* a path, where to begin looking */
} PstSheet;

/* @details: a{sv}. Returns: (transfer full) (nullable) */
PstSheet *pst_sheet_new (guint64 id, GVariant *details, GError **error);
void pst_sheet_free (PstSheet *sheet);

/* Has @b the same lines as @a, so that what a person switched on stands? */
gboolean pst_sheet_same_lines (const PstSheet *a, const PstSheet *b);

/* What stands beside the button that picks the folder. */
const char *pst_sheet_folder_label (const PstSheet *sheet);

/* A person's answer: it may start, with the switches as they are (one for each line) and the folder ("" for none). */
typedef void (*PstSheetAnswered) (guint64 sheet, gboolean start, const gboolean *on, guint n_on, const char *folder,
                                  gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstSheet, pst_sheet_free)

G_END_DECLS
