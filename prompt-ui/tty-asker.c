/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "tty-asker.h"

#include "pst-fd.h"
#include "tty-dialogue.h"
#include "tty-sheet.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* The terminal belongs to the supervisor, which relays it to the application. To borrow it, the asker writes 'q' to the
 * supervisor, waits for 'k' (nothing is relayed any more), and writes 'r' when it has given it back. Questions that come
 * meanwhile are asked in the same loan.
 *
 *                 question                'k'                    in the foreground              700 ms
 *       IDLE ───────────────► BORROWING ───────► (is it ours?) ─────────────────────► SETTLING ────────► READING
 *         ▲      'q'                              └─ no: BACKGROUND, looked at again ──┘                    │
 *         └──────────────────────────────── none left: 'r' ◄──────────────────────────────── answer ◄───────┘
 *
 * SETTLING is the text form of the dialog's delay: what is typed before the person can have read the question does not count.
 */

#define SETTLE_MS 700
#define BACKGROUND_MS 250
#define MAX_LINE 1024

typedef enum
{
  STATE_IDLE,
  STATE_BORROWING,
  STATE_BACKGROUND,
  STATE_SETTLING,
  STATE_READING,
} State;

struct _PstAsker
{
  PstTerminal *terminal;
  int supervisor;
  const PstAskerEvents *events;
  gpointer user_data;
  State state;
  GQueue questions; /* PstQuestion; the head is the one that is asked */
  PstTtyDialogue dialogue;
  PstSheet *sheet; /* (nullable): asked before all questions */
  PstTtySheet sheet_dialogue;
  gboolean asks_sheet; /* what is asked is the sheet */
  gboolean is_printed; /* the head is on the screen */
  guint timer;
  guint input_source;
  guint supervisor_source;
};

static void ask (PstAsker *asker);

static void
stop_sources (PstAsker *asker)
{
  if (asker->timer != 0)
    g_source_remove (asker->timer);
  if (asker->input_source != 0)
    g_source_remove (asker->input_source);
  asker->timer = asker->input_source = 0;
}

static void
tell_supervisor (PstAsker *asker, char what)
{
  ssize_t n;

  if (asker->supervisor < 0)
    return;
  do
    n = write (asker->supervisor, &what, 1);
  while (n < 0 && errno == EINTR);
  /* a supervisor that is gone is noticed by reading */
}

static gboolean
has_more (PstAsker *asker)
{
  return asker->sheet != NULL || asker->questions.length > 0;
}

static void
drop_sheet (PstAsker *asker)
{
  if (asker->asks_sheet)
    pst_tty_sheet_clear (&asker->sheet_dialogue);
  asker->asks_sheet = FALSE;
  g_clear_pointer (&asker->sheet, pst_sheet_free);
}

/* The head has been answered or withdrawn: the next one, or the end of the loan. */
static void
settle_head (PstAsker *asker)
{
  stop_sources (asker);
  if (asker->asks_sheet)
    drop_sheet (asker);
  else
    pst_question_free (g_queue_pop_head (&asker->questions));
  asker->is_printed = FALSE;
  if (has_more (asker))
    {
      ask (asker);
      return;
    }
  pst_terminal_give_back (asker->terminal);
  asker->state = STATE_IDLE;
  tell_supervisor (asker, 'r');
}

static void
answer (PstAsker *asker, PstChoice choice)
{
  g_autofree char *label = pst_choice_label_plain (choice);
  g_autofree char *text = g_strdup_printf ("→ %s\n", label);
  guint64 id = asker->dialogue.question->id;

  pst_terminal_print (asker->terminal, text);
  asker->events->answered (id, choice, asker->dialogue.scope, asker->dialogue.access, asker->user_data);
  settle_head (asker);
}

/* The terminal is given back first: with the answer the program starts, and wants it. */
static void
answer_sheet (PstAsker *asker, gboolean start)
{
  guint64 id = asker->sheet->id;
  guint n_on = asker->sheet->n_lines;
  g_autofree char *folder = g_steal_pointer (&asker->sheet_dialogue.folder);
  gboolean on[PST_SHEET_MAX_LINES];

  memcpy (on, asker->sheet_dialogue.on, sizeof on);
  pst_terminal_print (asker->terminal, start ? _ ("→ Start\n") : _ ("→ Cancel\n"));
  settle_head (asker);
  asker->events->sheet_answered (id, start, on, n_on, start && folder != NULL ? folder : "", asker->user_data);
}

/* Nobody can say anything any more. */
static void
answer_no (PstAsker *asker)
{
  if (asker->asks_sheet)
    answer_sheet (asker, FALSE);
  else
    answer (asker, PST_CHOICE_DENY);
}

static void
print_prompt (PstAsker *asker)
{
  guint width = pst_terminal_get_width (asker->terminal);
  g_autofree char *prompt = asker->asks_sheet ? pst_tty_sheet_prompt (&asker->sheet_dialogue, width)
                                              : pst_tty_dialogue_prompt (&asker->dialogue, width);

  pst_terminal_print (asker->terminal, prompt);
}

static gboolean
is_hung_up (PstAsker *asker)
{
  struct pollfd p = { .fd = pst_terminal_get_fd (asker->terminal), .events = POLLIN };

  return poll (&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* FALSE: answered. */
static gboolean
take_sheet_line (PstAsker *asker, const char *line, gsize size)
{
  g_autofree char *cwd = g_get_current_dir ();
  PstTtySheetOutcome outcome = pst_tty_sheet_parse (&asker->sheet_dialogue, line, size, cwd, g_get_home_dir ());

  if (outcome == PST_TTY_SHEET_START || outcome == PST_TTY_SHEET_CANCEL)
    {
      if (line[size - 1] != '\n')
        pst_terminal_print (asker->terminal, "\n");
      asker->input_source = 0;
      answer_sheet (asker, outcome == PST_TTY_SHEET_START);
      return FALSE;
    }
  if (outcome == PST_TTY_SHEET_NOT_KNOWN)
    pst_terminal_print (asker->terminal, _ ("That is none of the choices.\n"));
  print_prompt (asker);
  return TRUE;
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer data)
{
  PstAsker *asker = data;
  char line[MAX_LINE];
  PstChoice choice;
  ssize_t n = read (fd, line, sizeof line);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n < 0 && errno == EIO && !is_hung_up (asker) && !pst_terminal_is_foreground (asker->terminal))
    {
      asker->input_source = 0;
      pst_terminal_give_back (asker->terminal);
      ask (asker);
      return G_SOURCE_REMOVE;
    }
  if (n <= 0)
    {
      gboolean gone = n < 0 || is_hung_up (asker);

      asker->input_source = 0;
      pst_terminal_print (asker->terminal, "\n");
      answer_no (asker);
      if (gone)
        asker->events->gone (asker->user_data);
      return G_SOURCE_REMOVE;
    }

  if (asker->asks_sheet)
    return take_sheet_line (asker, line, (gsize)n);
  switch (pst_tty_dialogue_parse (&asker->dialogue, line, (gsize)n, &choice))
    {
    case PST_TTY_ANSWERED:
      if (line[n - 1] != '\n')
        pst_terminal_print (asker->terminal, "\n");
      asker->input_source = 0;
      answer (asker, choice);
      return G_SOURCE_REMOVE;

    case PST_TTY_SELECTED:
      {
        g_autofree char *title = pst_tty_dialogue_render_title (&asker->dialogue, pst_terminal_get_width (asker->terminal),
                                                                pst_terminal_get_bold (asker->terminal));
        pst_terminal_print (asker->terminal, "\n");
        pst_terminal_print (asker->terminal, title);
        break;
      }

    case PST_TTY_NOT_KNOWN:
      pst_terminal_print (asker->terminal, _ ("That is none of the choices.\n"));
      break;
    }
  print_prompt (asker);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_settled (gpointer data)
{
  PstAsker *asker = data;

  asker->timer = 0;
  pst_terminal_forget_input (asker->terminal);
  print_prompt (asker);
  asker->state = STATE_READING;
  asker->input_source = g_unix_fd_add (pst_terminal_get_fd (asker->terminal), G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, asker);
  return G_SOURCE_REMOVE;
}

static gboolean
on_look_again (gpointer data)
{
  PstAsker *asker = data;

  if (!pst_terminal_is_foreground (asker->terminal))
    return G_SOURCE_CONTINUE;
  asker->timer = 0;
  ask (asker);
  return G_SOURCE_REMOVE;
}

/* Puts the head on the terminal, which is on loan. */
static void
ask (PstAsker *asker)
{
  g_autofree char *text = NULL;

  stop_sources (asker);
  if (!pst_terminal_is_foreground (asker->terminal))
    {
      const PstQuestion *q = g_queue_peek_head (&asker->questions);

      if (asker->state != STATE_BACKGROUND)
        {
          text = g_strdup_printf (_ ("\n%s waits for an answer: bring it to the foreground (fg).\n"),
                                  asker->sheet != NULL ? asker->sheet->app_name : q->app_name);
          pst_terminal_print (asker->terminal, text);
        }
      asker->state = STATE_BACKGROUND;
      asker->timer = g_timeout_add (BACKGROUND_MS, on_look_again, asker);
      return;
    }

  pst_terminal_take (asker->terminal);
  if (asker->sheet != NULL)
    {
      if (asker->asks_sheet)
        pst_tty_sheet_clear (&asker->sheet_dialogue);
      asker->asks_sheet = TRUE;
      pst_tty_sheet_init (&asker->sheet_dialogue, asker->sheet);
      text = pst_tty_sheet_render (&asker->sheet_dialogue, pst_terminal_get_width (asker->terminal),
                                   pst_terminal_get_bold (asker->terminal));
    }
  else
    {
      pst_tty_dialogue_init (&asker->dialogue, g_queue_peek_head (&asker->questions));
      text = pst_tty_dialogue_render (&asker->dialogue, pst_terminal_get_width (asker->terminal),
                                      pst_terminal_get_bold (asker->terminal));
    }
  pst_terminal_print (asker->terminal, text);
  asker->is_printed = TRUE;
  asker->state = STATE_SETTLING;
  asker->timer = g_timeout_add (SETTLE_MS, on_settled, asker);
}

static gboolean
on_supervisor (int fd, GIOCondition condition, gpointer data)
{
  PstAsker *asker = data;
  char what;
  ssize_t n = read (fd, &what, 1);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    {
      asker->supervisor_source = 0;
      asker->events->gone (asker->user_data);
      return G_SOURCE_REMOVE;
    }
  if (what == 'k' && asker->state == STATE_BORROWING)
    {
      if (has_more (asker))
        ask (asker);
      else
        {
          asker->state = STATE_IDLE; /* withdrawn meanwhile */
          tell_supervisor (asker, 'r');
        }
    }
  return G_SOURCE_CONTINUE;
}

PstAsker *
pst_asker_new_take (PstTerminal *terminal, int supervisor, const PstAskerEvents *events, gpointer user_data)
{
  PstAsker *asker = g_new0 (PstAsker, 1);

  asker->terminal = terminal;
  asker->supervisor = supervisor;
  asker->events = events;
  asker->user_data = user_data;
  g_queue_init (&asker->questions);
  if (supervisor >= 0)
    asker->supervisor_source = g_unix_fd_add (supervisor, G_IO_IN | G_IO_HUP | G_IO_ERR, on_supervisor, asker);
  return asker;
}

void
pst_asker_free (PstAsker *asker)
{
  if (asker == NULL)
    return;
  pst_asker_withdraw_all (asker);
  stop_sources (asker);
  if (asker->supervisor_source != 0)
    g_source_remove (asker->supervisor_source);
  pst_terminal_free (asker->terminal);
  pst_fd_clear (&asker->supervisor);
  g_free (asker);
}

static GList *
find (PstAsker *asker, guint64 id)
{
  for (GList *l = asker->questions.head; l != NULL; l = l->next)
    if (((PstQuestion *)l->data)->id == id)
      return l;
  return NULL;
}

static void
begin (PstAsker *asker)
{
  if (asker->state != STATE_IDLE)
    return;
  if (asker->supervisor < 0)
    ask (asker);
  else
    {
      asker->state = STATE_BORROWING;
      tell_supervisor (asker, 'q');
    }
}

void
pst_asker_show_take (PstAsker *asker, PstQuestion *question)
{
  GList *known = find (asker, question->id);

  if (known != NULL)
    {
      g_autoptr (PstQuestion) old = known->data;

      known->data = question;
      if (known != asker->questions.head || !asker->is_printed || asker->asks_sheet)
        return;
      if (pst_question_same (old, question))
        asker->dialogue.question = question; /* only what waits behind it has changed: not worth a line */
      else
        {
          pst_terminal_print (asker->terminal, _ ("\n(The question has changed.)\n"));
          asker->is_printed = FALSE;
          ask (asker);
        }
      return;
    }

  g_queue_push_tail (&asker->questions, question);
  begin (asker);
}

void
pst_asker_show_sheet_take (PstAsker *asker, PstSheet *sheet)
{
  /* One whose last answer was not taken comes again after it was settled here; there is never more than one. */
  if (asker->sheet != NULL)
    pst_asker_withdraw_sheet (asker, asker->sheet->id);
  asker->sheet = sheet;
  begin (asker);
}

void
pst_asker_withdraw_sheet (PstAsker *asker, guint64 id)
{
  if (asker->sheet == NULL || asker->sheet->id != id)
    return;
  if (!asker->asks_sheet)
    {
      drop_sheet (asker);
      return;
    }
  if (asker->is_printed)
    pst_terminal_print (asker->terminal, _ ("\n(No answer is needed any more.)\n"));
  settle_head (asker);
}

void
pst_asker_withdraw (PstAsker *asker, guint64 id)
{
  GList *known = find (asker, id);

  if (known == NULL)
    return;
  if (known != asker->questions.head || asker->state == STATE_BORROWING || asker->asks_sheet)
    {
      pst_question_free (known->data);
      g_queue_delete_link (&asker->questions, known);
      return;
    }
  if (asker->is_printed)
    pst_terminal_print (asker->terminal, _ ("\n(No answer is needed any more.)\n"));
  settle_head (asker);
}

void
pst_asker_withdraw_all (PstAsker *asker)
{
  if (asker->sheet != NULL)
    pst_asker_withdraw_sheet (asker, asker->sheet->id);
  while (asker->questions.length > 0)
    pst_asker_withdraw (asker, ((PstQuestion *)g_queue_peek_tail (&asker->questions))->id);
}

void
pst_asker_interrupt (PstAsker *asker)
{
  if (asker->state != STATE_READING && asker->state != STATE_SETTLING)
    return;
  pst_terminal_print (asker->terminal, "\n");
  answer_no (asker);
}
