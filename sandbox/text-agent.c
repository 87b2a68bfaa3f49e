/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text-agent.h"

#include "pst-fd.h"
#include "pst-programs.h"
#include "spawn-program.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct _PstTextAgent
{
  guint64 sandbox;
  PstPty *pty; /* (nullable) */
  pid_t pid;   /* 0: none runs */
  int fd;
  guint source;
  gboolean asking;
};

PstTextAgent *
pst_text_agent_new (guint64 sandbox, PstPty *pty)
{
  PstTextAgent *agent = g_new0 (PstTextAgent, 1);

  agent->sandbox = sandbox;
  agent->pty = pty;
  agent->fd = -1;
  return agent;
}

static void
set_asking (PstTextAgent *agent, gboolean asking)
{
  if (agent->asking == asking)
    return;
  agent->asking = asking;
  if (!agent->pty)
    return;
  if (asking)
    pst_pty_pause (agent->pty);
  else
    pst_pty_resume (agent->pty);
}

static void
let_go (PstTextAgent *agent)
{
  if (agent->source != 0)
    g_source_remove (agent->source);
  agent->source = 0;
  pst_fd_clear (&agent->fd);
  set_asking (agent, FALSE);
}

static gboolean
on_word (int fd, GIOCondition condition, gpointer data)
{
  PstTextAgent *agent = data;
  char word;
  ssize_t n = read (fd, &word, 1);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    {
      agent->source = 0;
      let_go (agent);
      return G_SOURCE_REMOVE;
    }
  if (word == 'q')
    {
      set_asking (agent, TRUE);
      (void)!send (fd, "k", 1, MSG_NOSIGNAL);
    }
  else if (word == 'r')
    set_asking (agent, FALSE);
  return G_SOURCE_CONTINUE;
}

gboolean
pst_text_agent_start (PstTextAgent *agent, GError **error)
{
  g_autofree char *program = pst_program_find ("postern-agent-tty");
  char number[32];
  char *argv[] = { program, (char *)"--sandbox", number, NULL };
  pst_autofd terminal = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  int pair[2];

  if (agent->pid != 0)
    return TRUE;
  if (terminal < 0)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NXIO, _ ("there is no terminal to ask on"));
      return FALSE;
    }
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), _ ("the text agent could not be started: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  g_snprintf (number, sizeof number, "%" G_GUINT64_FORMAT, agent->sandbox);
  agent->pid = pst_spawn_take_fd (argv, pair[1], PST_SPAWN_ENVIRONMENT, error);
  if (agent->pid < 0)
    {
      agent->pid = 0;
      close (pair[0]);
      return FALSE;
    }
  agent->fd = pair[0];
  agent->source = g_unix_fd_add (agent->fd, G_IO_IN | G_IO_HUP, on_word, agent);
  return TRUE;
}

gboolean
pst_text_agent_is_asking (PstTextAgent *agent)
{
  return agent->asking;
}

void
pst_text_agent_reap (PstTextAgent *agent)
{
  if (agent->pid == 0 || waitpid (agent->pid, NULL, WNOHANG) == 0)
    return;
  agent->pid = 0;
  let_go (agent);
}

void
pst_text_agent_free (PstTextAgent *agent)
{
  if (!agent)
    return;
  let_go (agent);
  if (agent->pid != 0)
    kill (agent->pid, SIGTERM);
  g_free (agent);
}
