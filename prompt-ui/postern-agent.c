/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "postern-config.h"

#include "pst-agent-link.h"
#include "pst-input-guard.h"
#include "pst-programs.h"
#include "pst-prompts.h"
#include "pst-sheets.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <gtk/gtk.h>
#ifdef GDK_WINDOWING_X11
#include <gdk/gdkx.h>
#endif
#include <sys/prctl.h>

/* postern-agent: asks the person on one display. See "The question" and ipc/org.postern.Agent1.xml. */

typedef struct
{
  GMainLoop *loop;
  PstAgentLink *link;
  PstPrompts *prompts;
  PstSheets *sheets;
  int status;
} Agent;

static void
on_show (PstQuestion *question, gpointer data)
{
  Agent *agent = data;

  pst_prompts_show_take (agent->prompts, question);
}

static void
on_withdraw (guint64 id, gpointer data)
{
  Agent *agent = data;

  pst_prompts_withdraw (agent->prompts, id);
}

static void
on_show_sheet (PstSheet *sheet, gpointer data)
{
  Agent *agent = data;

  pst_sheets_show_take (agent->sheets, sheet);
}

static void
on_withdraw_sheet (guint64 id, gpointer data)
{
  Agent *agent = data;

  pst_sheets_withdraw (agent->sheets, id);
}

static void
on_sheet_answered (guint64 sheet, gboolean start, const gboolean *on, guint n_on, const char *folder, gpointer data)
{
  Agent *agent = data;

  pst_agent_link_answer_sheet (agent->link, sheet, start, on, n_on, folder);
}

static void
on_lost (gpointer data)
{
  Agent *agent = data;

  pst_prompts_withdraw_all (agent->prompts);
  pst_sheets_withdraw_all (agent->sheets);
}

/* Another agent serves this display: there is nothing to do, and nothing is wrong. */
static void
on_turned_away (const char *message, gpointer data)
{
  Agent *agent = data;

  g_printerr ("postern-agent: %s\n", message);
  g_main_loop_quit (agent->loop);
}

static void
on_gave_up (const char *message, gpointer data)
{
  Agent *agent = data;

  g_printerr ("postern-agent: %s\n", message);
  agent->status = 1;
  g_main_loop_quit (agent->loop);
}

static void
on_answered (guint64 question, PstChoice choice, guint scope, guint access, gpointer data)
{
  Agent *agent = data;
  PstVerdict verdict = pst_choice_verdict (choice, g_get_real_time () / G_USEC_PER_SEC);

  pst_agent_link_answer (agent->link, question, &verdict, scope, access);
}

static gboolean
on_quit_signal (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static void
on_display_closed (GdkDisplay *display, gboolean is_error, gpointer data)
{
  g_main_loop_quit (data);
}

/* What the broker knows this display by: the variable that leads to it. */
static const char *
display_target (GdkDisplay *display)
{
  const char *variable = "WAYLAND_DISPLAY";
  const char *value;

#ifdef GDK_WINDOWING_X11
  if (GDK_IS_X11_DISPLAY (display))
    variable = "DISPLAY";
#endif
  value = g_getenv (variable);
  return value != NULL ? value : gdk_display_get_name (display);
}

int
main (int argc, char **argv)
{
  static const PstAgentLinkEvents events = {
    .show = on_show,
    .withdraw = on_withdraw,
    .show_sheet = on_show_sheet,
    .withdraw_sheet = on_withdraw_sheet,
    .lost = on_lost,
    .turned_away = on_turned_away,
    .gave_up = on_gave_up,
  };
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_ ("Show the version and exit"), NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  GdkDisplay *display;
  Agent agent = { 0 };

  pst_locale_set_up ();
  g_set_prgname ("postern-agent");
  g_set_application_name (_ ("Permission"));

  g_option_context_set_summary (context, _ ("Asks, on this display, what applications may reach. Started by postern-broker."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1)
    {
      g_printerr (_ ("postern-agent: %s. Try “postern-agent --help”.\n"),
                  error != NULL ? error->message : _ ("it takes no arguments"));
      return 2;
    }
  if (version)
    {
      g_print ("postern-agent %s\n", PST_VERSION);
      return 0;
    }

  if (!gtk_init_check (NULL, NULL))
    {
      g_printerr (_ ("postern-agent: there is no display. Set DISPLAY or WAYLAND_DISPLAY.\n"));
      return 1;
    }
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

  display = gdk_display_get_default ();
  pst_input_guard_init ();
  agent.loop = g_main_loop_new (NULL, FALSE);
  agent.prompts = pst_prompts_new (on_answered, &agent);
  agent.sheets = pst_sheets_new (on_sheet_answered, &agent);
  agent.link = pst_agent_link_new ("gtk", display_target (display), &events, &agent);
  g_signal_connect (display, "closed", G_CALLBACK (on_display_closed), agent.loop);
  g_unix_signal_add (SIGTERM, on_quit_signal, agent.loop);
  g_unix_signal_add (SIGINT, on_quit_signal, agent.loop);
  pst_agent_link_start (agent.link);
  g_main_loop_run (agent.loop);

  pst_agent_link_free (agent.link);
  pst_sheets_free (agent.sheets);
  pst_prompts_free (agent.prompts);
  g_main_loop_unref (agent.loop);
  return agent.status;
}
