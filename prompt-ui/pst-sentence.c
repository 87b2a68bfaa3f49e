/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-sentence.h"

#include <glib/gi18n.h>

#define LEFT_TO_RIGHT_MARK "\u200E"
#define RIGHT_TO_LEFT_MARK "\u200F"

/* Pango has nothing else that says this, and asks no newer library of its callers. */
static PangoDirection
direction_of (const char *text)
{
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  return pango_find_base_dir (text, -1);
  G_GNUC_END_IGNORE_DEPRECATIONS
}

char *
pst_sentence (const char *text)
{
  /* The language's own direction is that of any word of it; the toolkit's may be another, where it is translated and we are
   * not. */
  PangoDirection language = direction_of (_ ("Permission")), first = direction_of (text);

  if (first == language || first == PANGO_DIRECTION_NEUTRAL)
    return g_strdup (text);
  return g_strconcat (language == PANGO_DIRECTION_RTL ? RIGHT_TO_LEFT_MARK : LEFT_TO_RIGHT_MARK, text, NULL);
}

void
pst_label_set_sentence (GtkLabel *label, const char *text)
{
  g_autofree char *sentence = pst_sentence (text);

  gtk_label_set_text (label, sentence);
}
