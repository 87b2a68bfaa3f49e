/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-question.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* For labels that hold names: where one is broken, no hyphen is put in that is not part of it. (transfer full) */
PangoAttrList *pst_prompt_text_attributes (void);

/* Two parts of the dialog, each filled anew for a question and freed with its widget. */

/* "Details": program, package, path, and what the packager says. */
typedef struct _PstPromptDetails PstPromptDetails;
PstPromptDetails *pst_prompt_details_new (void);
GtkWidget *pst_prompt_details_get_widget (PstPromptDetails *details);
void pst_prompt_details_fold (PstPromptDetails *details);
gboolean pst_prompt_details_is_open (PstPromptDetails *details);
void pst_prompt_details_fill (PstPromptDetails *details, const PstQuestion *question);

/* The further questions of the same application. Hidden when there are none. */
typedef struct _PstPromptWaiting PstPromptWaiting;
PstPromptWaiting *pst_prompt_waiting_new (void);
GtkWidget *pst_prompt_waiting_get_widget (PstPromptWaiting *waiting);
void pst_prompt_waiting_fill (PstPromptWaiting *waiting, const char *const *lines, guint n);

G_END_DECLS
