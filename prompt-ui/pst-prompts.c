/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-prompts.h"

#include "pst-input-guard.h"
#include "pst-prompt-window.h"

#define SPARE_DELAY_MS 300

typedef struct
{
  PstPromptWindow *window;
  char *app_id;  /* (nullable): of the question shown now or last */
  guint64 shown; /* counts up with each dialog that comes on screen */
} Slot;

struct _PstPrompts
{
  PstPromptsAnswered answered;
  gpointer user_data;
  GPtrArray *slots; /* Slot; at least one */
  GQueue held;      /* PstQuestion of applications that have another one on screen, oldest first */
  guint64 n_shown;
  guint spare_source;
};

static void show_held (PstPrompts *prompts, const char *app_id);

static void
on_answered (PstPromptWindow *window, const PstQuestion *question, PstChoice choice, guint scope, guint access, gpointer data)
{
  PstPrompts *prompts = data;

  prompts->answered (question->id, choice, scope, access, prompts->user_data);
  show_held (prompts, question->app_id);
}

static void
slot_free (gpointer data)
{
  Slot *slot = data;

  gtk_widget_destroy (GTK_WIDGET (slot->window));
  g_free (slot->app_id);
  g_free (slot);
}

static Slot *
add_slot (PstPrompts *prompts)
{
  Slot *slot = g_new0 (Slot, 1);
  gboolean is_first = prompts->slots->len == 0;

  slot->window = pst_prompt_window_new (on_answered, prompts);
  pst_prompt_window_prepare (slot->window, is_first);
  g_ptr_array_add (prompts->slots, slot);
  return slot;
}

PstPrompts *
pst_prompts_new (PstPromptsAnswered answered, gpointer user_data)
{
  PstPrompts *prompts = g_new0 (PstPrompts, 1);

  prompts->answered = answered;
  prompts->user_data = user_data;
  prompts->slots = g_ptr_array_new_with_free_func (slot_free);
  g_queue_init (&prompts->held);
  add_slot (prompts);
  return prompts;
}

void
pst_prompts_free (PstPrompts *prompts)
{
  if (prompts == NULL)
    return;
  if (prompts->spare_source != 0)
    g_source_remove (prompts->spare_source);
  g_queue_clear_full (&prompts->held, (GDestroyNotify)pst_question_free);
  g_ptr_array_unref (prompts->slots);
  g_free (prompts);
}

/* The one that came last of those on screen. (nullable) */
static PstPromptWindow *
find_last_visible (PstPrompts *prompts)
{
  PstPromptWindow *found = NULL;
  guint64 last = 0;

  for (guint i = 0; i < prompts->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (prompts->slots, i);

      if (gtk_widget_get_visible (GTK_WIDGET (slot->window)) && slot->shown >= last)
        {
          last = slot->shown;
          found = slot->window;
        }
    }
  return found;
}

/* The window that shows question @id now. (nullable) */
static Slot *
find_question (PstPrompts *prompts, guint64 id)
{
  for (guint i = 0; i < prompts->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (prompts->slots, i);
      const PstQuestion *shown = pst_prompt_window_get_question (slot->window);

      if (shown != NULL && shown->id == id)
        return slot;
    }
  return NULL;
}

/* The window that is on screen for the application. (nullable) */
static Slot *
find_app (PstPrompts *prompts, const char *app_id)
{
  for (guint i = 0; i < prompts->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (prompts->slots, i);

      if (gtk_widget_get_visible (GTK_WIDGET (slot->window)) && g_str_equal (slot->app_id, app_id))
        return slot;
    }
  return NULL;
}

static Slot *
find_idle (PstPrompts *prompts)
{
  for (guint i = 0; i < prompts->slots->len; i++)
    {
      Slot *slot = g_ptr_array_index (prompts->slots, i);

      if (!gtk_widget_get_visible (GTK_WIDGET (slot->window)))
        return slot;
    }
  return add_slot (prompts);
}

static GList *
find_held (PstPrompts *prompts, guint64 id)
{
  for (GList *l = prompts->held.head; l != NULL; l = l->next)
    if (((PstQuestion *)l->data)->id == id)
      return l;
  return NULL;
}

/* The next application's dialog is made while the person reads this one. */
static gboolean
on_spare (gpointer data)
{
  PstPrompts *prompts = data;

  prompts->spare_source = 0;
  find_idle (prompts);
  return G_SOURCE_REMOVE;
}

static void
show_in (Slot *slot, PstQuestion *question)
{
  if (g_strcmp0 (slot->app_id, question->app_id) != 0)
    {
      g_free (slot->app_id);
      slot->app_id = g_strdup (question->app_id);
    }
  pst_prompt_window_show_take (slot->window, question);
}

void
pst_prompts_show_take (PstPrompts *prompts, PstQuestion *question)
{
  Slot *slot = find_question (prompts, question->id);
  GList *held = find_held (prompts, question->id);

  if (slot != NULL)
    show_in (slot, question);
  else if (held != NULL)
    {
      pst_question_free (held->data);
      held->data = question;
    }
  else if ((slot = find_app (prompts, question->app_id)) != NULL)
    {
      if (pst_prompt_window_get_question (slot->window) == NULL)
        show_in (slot, question); /* its last question was answered just now */
      else
        g_queue_push_tail (&prompts->held, question);
    }
  else
    {
      PstPromptWindow *other = find_last_visible (prompts);

      slot = find_idle (prompts);
      slot->shown = ++prompts->n_shown;
      pst_prompt_window_set_beside (slot->window, other);
      show_in (slot, question);
      if (prompts->spare_source == 0)
        prompts->spare_source = g_timeout_add (SPARE_DELAY_MS, on_spare, prompts);
    }
}

static void
show_held (PstPrompts *prompts, const char *app_id)
{
  for (GList *l = prompts->held.head; l != NULL; l = l->next)
    if (g_str_equal (((PstQuestion *)l->data)->app_id, app_id))
      {
        PstQuestion *question = l->data;

        g_queue_delete_link (&prompts->held, l);
        pst_prompts_show_take (prompts, question);
        return;
      }
}

void
pst_prompts_withdraw (PstPrompts *prompts, guint64 id)
{
  Slot *slot = find_question (prompts, id);
  GList *held = find_held (prompts, id);

  if (slot != NULL)
    {
      pst_prompt_window_withdraw (slot->window);
      show_held (prompts, slot->app_id);
    }
  else if (held != NULL)
    {
      pst_question_free (held->data);
      g_queue_delete_link (&prompts->held, held);
    }
}

void
pst_prompts_withdraw_all (PstPrompts *prompts)
{
  g_queue_clear_full (&prompts->held, (GDestroyNotify)pst_question_free);
  for (guint i = 0; i < prompts->slots->len; i++)
    pst_prompt_window_withdraw (((Slot *)g_ptr_array_index (prompts->slots, i))->window);
}
