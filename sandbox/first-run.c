/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between Register and the start of the program lies a person's answer, if this is the program's first start.
 *
 * Init has built what it can and waits for us, the gate waits for us, and nothing of the application runs. What there is to
 * listen to is the broker (its answer, and that it wants the text agent on our terminal) and signals. The terminal is still as
 * the shell left it: Ctrl-C reaches us, and as our end closes the connection to the broker, the sheet goes with it. While the
 * text agent has the terminal, Ctrl-C is its key, and means Cancel.
 */
#include "first-run.h"

#include "postern-ipc.h"
#include "supervisor.h"
#include "text-agent.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct
{
  GMainLoop *loop;
  PstTextAgent *text_agent;
  PstFirstRunEnd end;
  GVariant *reply;
  int signal;
  GError *error;
} FirstRun;

static void
finish (FirstRun *self, PstFirstRunEnd end)
{
  self->end = end;
  g_main_loop_quit (self->loop);
}

static void
on_answer (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  FirstRun *self = data;

  if (reply && pst_message_check (reply, PST_LAUNCHER_AWAIT_SHEET_OUT, &self->error))
    {
      self->reply = g_variant_get_child_value (reply->args, 0);
      finish (self, PST_FIRST_RUN_ANSWERED);
      return;
    }
  if (!self->error)
    self->error = g_error_copy (error);
  finish (self, PST_FIRST_RUN_LOST);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  FirstRun *self = data;
  g_autoptr (GError) error = NULL;

  if (g_str_equal (message->member, PST_LAUNCHER_START_TEXT_AGENT))
    {
      if (pst_text_agent_start (self->text_agent, &error))
        pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else if (g_str_equal (message->member, PST_LAUNCHER_NOTICE) && pst_message_check (message, PST_LAUNCHER_NOTICE_IN, NULL))
    {
      const char *text;

      g_variant_get (message->args, "(&s)", &text);
      pst_supervisor_say (text);
    }
  else
    g_set_error_literal (&error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "nothing runs yet");
  if (error)
    pst_peer_reply_error (peer, message->serial, error->message);
}

static gboolean
on_signal (int fd, GIOCondition condition, gpointer data)
{
  FirstRun *self = data;
  struct signalfd_siginfo info;

  while (read (fd, &info, sizeof info) == sizeof info)
    switch (info.ssi_signo)
      {
      case SIGCHLD:
        pst_text_agent_reap (self->text_agent);
        break;
      case SIGINT:
      case SIGQUIT:
      case SIGTERM:
      case SIGHUP:
        self->signal = (int)info.ssi_signo;
        finish (self, PST_FIRST_RUN_SIGNAL);
        break;
      default:
        /* There is no program yet that it could be passed on to. */
        break;
      }
  return G_SOURCE_CONTINUE;
}

PstFirstRunEnd
pst_first_run_wait (PstPeer *broker, guint64 sandbox, const sigset_t *signals, GVariant **reply, int *signal, GError **error)
{
  FirstRun self = { .loop = g_main_loop_new (NULL, FALSE), .text_agent = pst_text_agent_new (sandbox, NULL) };
  int fd = signalfd (-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
  guint source = g_unix_fd_add (fd, G_IO_IN, on_signal, &self);

  pst_peer_start (broker, on_message, NULL, &self);
  pst_peer_call (broker, PST_LAUNCHER_AWAIT_SHEET, NULL, NULL, 0, on_answer, &self);
  g_main_loop_run (self.loop);

  g_source_remove (source);
  close (fd);
  pst_text_agent_free (self.text_agent);
  g_main_loop_unref (self.loop);
  *reply = self.reply;
  *signal = self.signal;
  if (self.error)
    g_propagate_error (error, self.error);
  return self.end;
}
