/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-sheet.h"

#include "pst-details.h"
#include "pst-peer.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_LABEL 160
#define MAX_SENTENCE 260
#define MAX_PATH 4200

static gboolean
take_lines (PstSheet *sheet, GVariant *details, GError **error)
{
  g_autoptr (GVariant) lines = NULL;

  if (!pst_details_take_value (details, "lines", G_VARIANT_TYPE ("a(sssb)"), &lines, error))
    return FALSE;
  sheet->n_lines = lines != NULL ? (guint)g_variant_n_children (lines) : 0;
  /* Not cut off: an answer has a switch for each, and one that nobody saw must not be among them. */
  if (sheet->n_lines > PST_SHEET_MAX_LINES)
    {
      g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "a sheet has %u lines", sheet->n_lines);
      sheet->n_lines = 0;
      return FALSE;
    }
  sheet->lines = g_new0 (PstSheetLine, sheet->n_lines + 1);
  for (guint i = 0; i < sheet->n_lines; i++)
    {
      PstSheetLine *line = &sheet->lines[i];
      const char *label, *detail;

      g_variant_get_child (lines, i, "(s&s&sb)", &line->icon, &label, &detail, &line->on);
      line->label = pst_text_for_display (label, MAX_LABEL);
      line->detail = pst_text_for_display (detail, MAX_SENTENCE);
    }
  return TRUE;
}

static gboolean
take_folder (PstSheet *sheet, GVariant *details, GError **error)
{
  g_autoptr (GVariant) folder = NULL, start = NULL;

  if (!pst_details_take_value (details, "folder", G_VARIANT_TYPE_UINT32, &folder, error) ||
      !pst_details_take_value (details, "folder_start", G_VARIANT_TYPE_BYTESTRING, &start, error))
    return FALSE;
  sheet->folder = folder != NULL ? (PstAccess)g_variant_get_uint32 (folder) : 0;
  sheet->folder_start = g_strdup (start != NULL ? g_variant_get_bytestring (start) : "");
  return TRUE;
}

PstSheet *
pst_sheet_new (guint64 id, GVariant *details, GError **error)
{
  g_autoptr (PstSheet) sheet = g_new0 (PstSheet, 1);
  g_autoptr (GVariant) icon = NULL;
  g_autofree char *reason = NULL;

  sheet->id = id;
  if (!pst_details_take_text (details, "app_name", MAX_LABEL, &sheet->app_name, error) ||
      !pst_details_take_value (details, "app_icon", G_VARIANT_TYPE_STRING, &icon, error) ||
      !pst_details_take_text (details, "executable", MAX_PATH, &sheet->executable, error) ||
      !pst_details_take_text (details, "package", MAX_LABEL, &sheet->package, error) ||
      !pst_details_take_text (details, "title", MAX_SENTENCE, &sheet->title, error) ||
      !pst_details_take_text (details, "text", MAX_SENTENCE, &sheet->text, error) ||
      !pst_details_take_text (details, "reason", MAX_SENTENCE, &reason, error) ||
      !pst_details_take_text (details, "problem", MAX_SENTENCE * 2, &sheet->problem, error) ||
      !take_lines (sheet, details, error) || !take_folder (sheet, details, error))
    return NULL;
  sheet->app_icon = g_strdup (icon != NULL ? g_variant_get_string (icon, NULL) : "");
  /* Translators: the name of an application, and what its packager says of it */
  sheet->says = *reason != '\0' ? g_strdup_printf (_ ("%s says: “%s”"), sheet->app_name, reason) : g_strdup ("");
  if (*sheet->title == '\0' || (sheet->n_lines == 0 && sheet->folder == 0))
    {
      g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "a sheet says or offers nothing");
      return NULL;
    }
  return g_steal_pointer (&sheet);
}

void
pst_sheet_free (PstSheet *sheet)
{
  if (sheet == NULL)
    return;
  g_free (sheet->app_name);
  g_free (sheet->app_icon);
  g_free (sheet->executable);
  g_free (sheet->package);
  g_free (sheet->title);
  g_free (sheet->text);
  g_free (sheet->says);
  g_free (sheet->problem);
  for (guint i = 0; i < sheet->n_lines; i++)
    {
      g_free (sheet->lines[i].icon);
      g_free (sheet->lines[i].label);
      g_free (sheet->lines[i].detail);
    }
  g_free (sheet->lines);
  g_free (sheet->folder_start);
  g_free (sheet);
}

gboolean
pst_sheet_same_lines (const PstSheet *a, const PstSheet *b)
{
  if (a->id != b->id || a->n_lines != b->n_lines || a->folder != b->folder)
    return FALSE;
  for (guint i = 0; i < a->n_lines; i++)
    if (strcmp (a->lines[i].label, b->lines[i].label) != 0 || strcmp (a->lines[i].detail, b->lines[i].detail) != 0)
      return FALSE;
  return TRUE;
}

const char *
pst_sheet_folder_label (const PstSheet *sheet)
{
  return sheet->folder == PST_ACCESS_CHANGE ? _ ("The folder that it may view and change") : _ ("The folder that it may view");
}
