/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `postern run`, once the sandbox stands: one thread, one main loop, and these to listen to:
 *
 *   broker    attach, detach, start the text agent, terminate (and its end: see broker-again.c)
 *   gate      mount this tree now, and the names of file and save trees
 *   init      the program runs, stopped, ended
 *   signals   passed on, as if the program had got them
 *   pidfds    of init (it was killed) and of the gate (then so is the sandbox: without it nothing is decided)
 *   mounts    the host's have changed: what was unmounted there is let go of here
 *   terminal  relayed by terminal.c
 *
 * When the program has ended but others that it started live on, the caller gets the status at once, as it would have without a
 * sandbox, and a child of this process stays with the sandbox until it is empty.
 */
#include "supervisor.h"

#include "broker-again.h"
#include "bus-link.h"
#include "cli.h"
#include "control.h"
#include "link-calls.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-text.h"
#include "text-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_WORD_MS 2000

typedef struct
{
  PstSupervisorSetup *setup;
  GMainLoop *loop;
  PstBrokerAgain *again;
  PstTextAgent *text_agent;
  int signals;
  int status; /* wait status to return */
  gboolean ended;
  gboolean handed_over; /* this is the child that stayed */
  gboolean failed;      /* a sentence has been printed */
} Supervisor;

void
pst_supervisor_say (const char *text)
{
  g_autofree char *shown = pst_text_for_display (text, 1000);

  fprintf (stderr, "postern: %s\n", shown);
  clearerr (stderr);
}

static void
kill_sandbox (Supervisor *self, int signal)
{
  syscall (SYS_pidfd_send_signal, self->setup->init_pidfd, signal, NULL, 0);
}

static void
tell_init (Supervisor *self, PstControlType type, int a, int b)
{
  pst_control_send (self->setup->control, type, a, b, NULL, 0, NULL, 0);
}

static void
finish (Supervisor *self, int status)
{
  self->status = status;
  g_main_loop_quit (self->loop);
}

/* There is nothing more to be stopped, so this one is waited for. */
static void
say_at_last (const char *sentence)
{
  struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

  poll (&ready, 1, LAST_WORD_MS);
  pst_supervisor_say (sentence);
}

/* The sandbox cannot go on: one sentence, and nothing of it is left. */
static void
fail (Supervisor *self, const char *sentence)
{
  if (self->failed || (self->ended && !self->handed_over))
    return;
  self->failed = TRUE;
  if (self->setup->pty)
    pst_pty_stop_input (self->setup->pty);
  self->status = PST_EXIT_FAILED << 8;
  kill_sandbox (self, SIGKILL); /* init's end ends the loop */
  say_at_last (sentence);
}

/* ---- the program ---- */

/* Stops this process as the program was stopped, so that the shell notices; returns when it has been told to go on. */
static void
stop_with_program (Supervisor *self)
{
  PstPty *pty = self->setup->pty;
  gboolean raw = pty && pst_pty_has_input (pty);
  struct sigaction previous, standard = { .sa_handler = SIG_DFL };
  struct timespec none = { 0, 0 };
  sigset_t tstp, cont;

  if (pty)
    {
      pst_pty_drain (pty, FALSE);
      pst_pty_pause (pty);
    }
  /* SIGTSTP with its standard meaning, not SIGSTOP: the kernel ignores it where there is no shell to continue us. When the keys
   * went to the sandbox, the rest of our own job has not heard of it. */
  sigemptyset (&tstp);
  sigaddset (&tstp, SIGTSTP);
  sigemptyset (&cont);
  sigaddset (&cont, SIGCONT);
  sigaction (SIGTSTP, &standard, &previous);
  kill (raw ? 0 : getpid (), SIGTSTP);
  sigprocmask (SIG_UNBLOCK, &tstp, NULL); /* stopped here */
  sigprocmask (SIG_BLOCK, &tstp, NULL);
  sigaction (SIGTSTP, &previous, NULL);
  while (sigtimedwait (&cont, NULL, &none) > 0)
    ;

  if (pty)
    {
      pst_pty_resize (pty);
      pst_pty_resume (pty);
    }
  tell_init (self, PST_CONTROL_SIGNAL, SIGCONT, TRUE);
}

static void
on_stopped (Supervisor *self, int signal)
{
  PstPty *pty = self->setup->pty;

  /* In a pipeline the program is in the background of its terminal until it reads from it. */
  if (pty && (signal == SIGTTIN || signal == SIGTTOU))
    {
      if (!pst_pty_is_foreground (pty))
        stop_with_program (self);
      pst_pty_start_input (pty);
      tell_init (self, PST_CONTROL_FOREGROUND, 0, 0);
      return;
    }
  stop_with_program (self);
}

/* The caller has its status; this process's child stays. Returns in the child only. */
static void
hand_over (Supervisor *self, int status)
{
  PstSupervisorSetup *setup = self->setup;
  int null;

  if (setup->pty)
    {
      pst_pty_stop_input (setup->pty);
      pst_pty_drain (setup->pty, FALSE);
    }
  fflush (NULL);
  if (fork () != 0)
    {
      /* A failed fork ends the sandbox with us; then the status is still the program's. */
      finish (self, status);
      return;
    }
  self->handed_over = TRUE;
  self->ended = TRUE;
  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; i < 3; i++)
    if (!isatty (i))
      dup2 (null, i);
  close (null);
  pst_peer_notify (setup->gate, PST_LINK_SUPERVISOR, g_variant_new ("(u)", (guint32)getpid ()), NULL, 0);
}

static void
on_ended (Supervisor *self, int status, gboolean others)
{
  if (self->ended)
    return;
  if (!others)
    {
      if (self->setup->pty)
        pst_pty_drain (self->setup->pty, TRUE);
      self->ended = TRUE;
      finish (self, self->failed ? self->status : status);
      return;
    }
  hand_over (self, status);
}

/* Takes one message of init's. 1: done; 0: there is none now; -1: there will be none. */
static int
take_control (Supervisor *self)
{
  g_autofree PstControl *control = g_new (PstControl, 1);
  int r = pst_control_receive (self->setup->control, control, FALSE);

  if (r <= 0)
    return r < 0 && errno == EAGAIN ? 0 : -1;
  for (gsize i = 0; i < control->n_fds; i++)
    close (control->fds[i]);
  switch (control->type)
    {
    case PST_CONTROL_STOPPED:
      on_stopped (self, control->a);
      break;
    case PST_CONTROL_ENDED:
      on_ended (self, control->a, control->b);
      break;
    case PST_CONTROL_FAILED:
      if (self->setup->pty)
        pst_pty_stop_input (self->setup->pty);
      if (!self->failed)
        say_at_last (control->text);
      self->failed = TRUE;
      self->status = control->a << 8;
      break;
    default:
      break;
    }
  return 1;
}

static gboolean
on_control (int fd, GIOCondition condition, gpointer data)
{
  return take_control (data) >= 0;
}

/* Init is gone. What it said last may still be unread. */
static gboolean
on_init_gone (int fd, GIOCondition condition, gpointer data)
{
  Supervisor *self = data;
  int status = 0;

  while (!self->ended && take_control (self) > 0)
    ;
  if (self->ended && !self->handed_over)
    return G_SOURCE_REMOVE;
  if (!self->handed_over)
    waitpid (self->setup->init, &status, 0);
  finish (self, self->failed ? self->status : status);
  return G_SOURCE_REMOVE;
}

static gboolean
on_fusefs_gone (int fd, GIOCondition condition, gpointer data)
{
  Supervisor *self = data;

  waitpid (self->setup->fusefs, NULL, WNOHANG);
  fail (self, _ ("the file gate ended unexpectedly, so the application was ended too"));
  return G_SOURCE_REMOVE;
}

static gboolean
on_proxy_gone (int fd, GIOCondition condition, gpointer data)
{
  Supervisor *self = data;

  waitpid (self->setup->proxy, NULL, WNOHANG);
  fail (self, _ ("the message bus proxy ended unexpectedly, so the application was ended too"));
  return G_SOURCE_REMOVE;
}

/* ---- signals ---- */

static void
pass_on (Supervisor *self, const struct signalfd_siginfo *info)
{
  int signal = info->ssi_signo;
  gboolean from_terminal = info->ssi_code == SI_KERNEL;
  PstPty *pty = self->setup->pty;

  if (signal == SIGCHLD)
    {
      if (self->text_agent)
        pst_text_agent_reap (self->text_agent);
      return;
    }
  if (signal == SIGWINCH)
    {
      if (pty)
        pst_pty_resize (pty);
      else
        tell_init (self, PST_CONTROL_SIGNAL, signal, TRUE);
      return;
    }
  if (signal == SIGPIPE)
    return;
  /* Keys pressed while the text agent asks are its answer. */
  if (from_terminal && self->text_agent && pst_text_agent_is_asking (self->text_agent) && signal != SIGHUP)
    return;
  if (signal == SIGCONT && pty)
    pst_pty_resume (pty);
  tell_init (self, PST_CONTROL_SIGNAL, signal, from_terminal || signal == SIGCONT || signal == SIGTSTP);
}

static gboolean
on_signal (int fd, GIOCondition condition, gpointer data)
{
  Supervisor *self = data;
  struct signalfd_siginfo info;

  while (read (fd, &info, sizeof info) == sizeof info)
    pass_on (self, &info);
  return G_SOURCE_CONTINUE;
}

/* ---- the broker ---- */

static void
on_broker_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  Supervisor *self = data;
  g_autoptr (GError) error = NULL;

  if (g_str_equal (message->member, PST_LAUNCHER_NOTICE) && pst_message_check (message, PST_LAUNCHER_NOTICE_IN, NULL))
    {
      const char *text;

      g_variant_get (message->args, "(&s)", &text);
      pst_supervisor_say (text);
    }
  else if (g_str_equal (message->member, PST_LAUNCHER_TERMINATE) &&
           pst_message_check (message, PST_LAUNCHER_TERMINATE_IN, &error))
    {
      gboolean force;

      g_variant_get (message->args, "(b)", &force);
      if (force)
        kill_sandbox (self, SIGKILL);
      else
        tell_init (self, PST_CONTROL_SIGNAL, SIGTERM, FALSE);
      pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else if (g_str_equal (message->member, PST_LAUNCHER_START_TEXT_AGENT))
    {
      if (pst_text_agent_start (self->text_agent, &error))
        pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else if (!pst_link_broker_call (peer, message, self->setup->gate, self->setup->trees, &error) && !error)
    g_set_error_literal (&error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "the supervisor does not know this call");
  if (error && message->serial != 0)
    pst_peer_reply_error (peer, message->serial, error->message);
}

static void
on_broker_closed (PstPeer *peer, gpointer data)
{
  Supervisor *self = data;

  pst_broker_again_lost (self->again);
}

/* A new connection, registered: broker-again.c has it. */
static void
on_broker_back (PstPeer *peer, gpointer data)
{
  Supervisor *self = data;

  pst_peer_unref (self->setup->broker);
  self->setup->broker = pst_peer_ref (peer);
}

static gboolean
on_host_mounts (int fd, GIOCondition condition, gpointer data)
{
  Supervisor *self = data;

  pst_link_drop_lost (self->setup->broker, self->setup->gate, self->setup->trees);
  return G_SOURCE_CONTINUE;
}

/* ---- the gate ---- */

static void
on_gate_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  Supervisor *self = data;

  if (!pst_link_gate_call (peer, message, self->setup->trees) && message->serial != 0)
    pst_peer_reply_error (peer, message->serial, "the supervisor does not know this call");
}

static void
on_gate_closed (PstPeer *peer, gpointer data)
{
  fail (data, _ ("the file gate broke off, so the application was ended"));
}

/* ---- the message bus proxy ---- */

static void
on_proxy_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  Supervisor *self = data;

  if (!pst_bus_link_call (peer, message, &self->setup->buses, self->setup->broker) && message->serial != 0)
    pst_peer_reply_error (peer, message->serial, "the supervisor does not know this call");
}

static void
on_proxy_closed (PstPeer *peer, gpointer data)
{
  fail (data, _ ("the message bus proxy broke off, so the application was ended"));
}

int
pst_supervisor_run (PstSupervisorSetup *setup)
{
  Supervisor self = { .setup = setup };

  /* The program has its own already. Who pauses a pipe to it must not stop what is told to this process. */
  pst_fd_own_stderr ();
  self.loop = g_main_loop_new (NULL, FALSE);
  self.text_agent = pst_text_agent_new (setup->sandbox, setup->pty);
  self.again = pst_broker_again_new (setup, on_broker_message, on_broker_closed, on_broker_back, &self);
  self.signals = signalfd (-1, &setup->signals, SFD_CLOEXEC | SFD_NONBLOCK);

  g_unix_fd_add (self.signals, G_IO_IN, on_signal, &self);
  g_unix_fd_add (setup->control, G_IO_IN | G_IO_HUP, on_control, &self);
  g_unix_fd_add (setup->init_pidfd, G_IO_IN, on_init_gone, &self);
  g_unix_fd_add (setup->fusefs_pidfd, G_IO_IN, on_fusefs_gone, &self);
  if (pst_trees_get_watch (setup->trees) >= 0)
    g_unix_fd_add (pst_trees_get_watch (setup->trees), G_IO_PRI, on_host_mounts, &self);
  pst_peer_start (setup->gate, on_gate_message, on_gate_closed, &self);
  if (setup->bus)
    {
      g_unix_fd_add (setup->proxy_pidfd, G_IO_IN, on_proxy_gone, &self);
      pst_peer_start (setup->bus, on_proxy_message, on_proxy_closed, &self);
    }
  pst_peer_start (setup->broker, on_broker_message, on_broker_closed, &self);
  if (setup->pty && setup->interactive)
    pst_pty_start_input (setup->pty);

  g_main_loop_run (self.loop);

  if (self.handed_over)
    _exit (0);
  pst_pty_free (setup->pty);
  pst_text_agent_free (self.text_agent);
  return self.status;
}
