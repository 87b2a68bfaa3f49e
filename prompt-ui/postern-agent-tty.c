/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "postern-config.h"

#include "pst-agent-link.h"
#include "pst-fd.h"
#include "pst-programs.h"
#include "tty-asker.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* postern-agent-tty: asks the person on the terminal of one sandbox. Started by its supervisor, which gives it descriptor 3. */

#define SUPERVISOR_FD 3

typedef struct
{
  GMainLoop *loop;
  PstAgentLink *link;
  PstAsker *asker;
  int status;
} Agent;

static void
on_show (PstQuestion *question, gpointer data)
{
  pst_asker_show_take (((Agent *)data)->asker, question);
}

static void
on_withdraw (guint64 id, gpointer data)
{
  pst_asker_withdraw (((Agent *)data)->asker, id);
}

static void
on_show_sheet (PstSheet *sheet, gpointer data)
{
  pst_asker_show_sheet_take (((Agent *)data)->asker, sheet);
}

static void
on_withdraw_sheet (guint64 id, gpointer data)
{
  pst_asker_withdraw_sheet (((Agent *)data)->asker, id);
}

static void
on_sheet_answered (guint64 sheet, gboolean start, const gboolean *on, guint n_on, const char *folder, gpointer data)
{
  pst_agent_link_answer_sheet (((Agent *)data)->link, sheet, start, on, n_on, folder);
}

static void
on_lost (gpointer data)
{
  pst_asker_withdraw_all (((Agent *)data)->asker);
}

static void
on_turned_away (const char *message, gpointer data)
{
  g_main_loop_quit (((Agent *)data)->loop);
}

static void
on_gave_up (const char *message, gpointer data)
{
  Agent *agent = data;

  agent->status = 1;
  g_main_loop_quit (agent->loop);
}

static void
on_answered (guint64 question, PstChoice choice, guint scope, guint access, gpointer data)
{
  PstVerdict verdict = pst_choice_verdict (choice, g_get_real_time () / G_USEC_PER_SEC);

  pst_agent_link_answer (((Agent *)data)->link, question, &verdict, scope, access);
}

static void
on_gone (gpointer data)
{
  g_main_loop_quit (((Agent *)data)->loop);
}

static gboolean
on_interrupt (gpointer data)
{
  pst_asker_interrupt (((Agent *)data)->asker);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_quit_signal (gpointer data)
{
  g_main_loop_quit (((Agent *)data)->loop);
  return G_SOURCE_CONTINUE;
}

/* Our end of the socketpair, or -1. */
static int
take_supervisor (void)
{
  int type;
  socklen_t size = sizeof type;

  if (getsockopt (SUPERVISOR_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
    return -1;
  fcntl (SUPERVISOR_FD, F_SETFD, FD_CLOEXEC);
  g_unix_set_fd_nonblocking (SUPERVISOR_FD, TRUE, NULL);
  return SUPERVISOR_FD;
}

int
main (int argc, char **argv)
{
  static const PstAgentLinkEvents link_events = {
    .show = on_show,
    .withdraw = on_withdraw,
    .show_sheet = on_show_sheet,
    .withdraw_sheet = on_withdraw_sheet,
    .lost = on_lost,
    .turned_away = on_turned_away,
    .gave_up = on_gave_up,
  };
  static const PstAskerEvents asker_events = { .answered = on_answered, .sheet_answered = on_sheet_answered, .gone = on_gone };
  gint64 sandbox = 0;
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "sandbox", 0, 0, G_OPTION_ARG_INT64, &sandbox, N_ ("The sandbox to ask for"), N_ ("NUMBER") },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_ ("Show the version and exit"), NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  PstTerminal *terminal;
  int supervisor = take_supervisor (); /* before anything else can get that number */
  Agent agent = { 0 };

  pst_locale_set_up ();

  g_option_context_set_summary (context,
                                _ ("Asks, on this terminal, what an application may reach. Started by “postern run”."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1 || (!version && sandbox <= 0))
    {
      g_printerr (_ ("postern-agent-tty: %s. Try “postern-agent-tty --help”.\n"),
                  error != NULL ? error->message : _ ("--sandbox NUMBER is needed, and nothing else"));
      return 2;
    }
  if (version)
    {
      g_print ("postern-agent-tty %s\n", PST_VERSION);
      return 0;
    }

  terminal = pst_terminal_open (&error);
  if (terminal == NULL)
    {
      g_printerr ("postern-agent-tty: %s\n", error->message);
      return 1;
    }
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

  /* In the background, reading and setting modes must fail rather than stop us with a question half asked. */
  signal (SIGTTIN, SIG_IGN);
  signal (SIGTTOU, SIG_IGN);
  signal (SIGTSTP, SIG_IGN);
  signal (SIGQUIT, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);

  target = g_strdup_printf ("%" G_GINT64_FORMAT, sandbox);
  agent.loop = g_main_loop_new (NULL, FALSE);
  agent.asker = pst_asker_new_take (terminal, supervisor, &asker_events, &agent);
  agent.link = pst_agent_link_new ("tty", target, &link_events, &agent);
  g_unix_signal_add (SIGINT, on_interrupt, &agent);
  g_unix_signal_add (SIGTERM, on_quit_signal, &agent);
  g_unix_signal_add (SIGHUP, on_quit_signal, &agent);
  pst_agent_link_start (agent.link);
  g_main_loop_run (agent.loop);

  pst_asker_free (agent.asker);
  pst_agent_link_free (agent.link);
  g_main_loop_unref (agent.loop);
  return agent.status;
}
