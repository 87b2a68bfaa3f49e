/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-question.h"

G_BEGIN_DECLS

/* All dialogs of this display: at most one for each application, and each application has its own. */
typedef struct _PstPrompts PstPrompts;

typedef void (*PstPromptsAnswered) (guint64 question, PstChoice choice, guint scope, guint access, gpointer user_data);

/* Makes the first dialog ahead and warms up what drawing it needs (fonts, icons, style). GTK must be up. */
PstPrompts *pst_prompts_new (PstPromptsAnswered answered, gpointer user_data);
void pst_prompts_free (PstPrompts *prompts);

/* Consumes @question; a question with a known number replaces what is shown of it. One of an application that has
 * another question on screen waits until that is settled. */
void pst_prompts_show_take (PstPrompts *prompts, PstQuestion *question);
/* A number that is not known is ignored. */
void pst_prompts_withdraw (PstPrompts *prompts, guint64 id);
void pst_prompts_withdraw_all (PstPrompts *prompts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstPrompts, pst_prompts_free)

G_END_DECLS
