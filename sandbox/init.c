/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pid 1 of the sandbox.
 *
 * It builds the root (with the capabilities of the user namespace), waits for the supervisor's word in the middle, then gives
 * up all capabilities, makes itself undumpable (so that /proc/1 tells nothing and nobody can attach to it), applies the system
 * call table, and starts the program. From then on it reaps, passes signals on, and tells the supervisor how the program fares.
 * At end-of-file on its control socket (the supervisor is gone) it exits, and the kernel ends every process of the pid
 * namespace.
 *
 * Session: init itself leads it, and the program leads a process group of it. If the program led the session, its group would
 * be an orphaned one, which the kernel does not stop on Ctrl-Z.
 */
#include "init.h"

#include "capabilities.h"
#include "control.h"
#include "environment.h"
#include "mounts.h"
#include "namespaces.h"
#include "pst-fd.h"
#include "syscall-filter.h"

#include "cli.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  const PstInitSetup *setup;
  int control;
  int slave;          /* the program's terminal, or -1 */
  char **environment; /* the program's */
  pid_t program;
  gboolean ended;
} Init;

G_NORETURN static void
give_up (Init *init, int status, const char *sentence)
{
  pst_control_send (init->control, PST_CONTROL_FAILED, status, 0, sentence, MIN (strlen (sentence), PST_CONTROL_MAX_TEXT), NULL,
                    0);
  _exit (status);
}

G_NORETURN static void
give_up_errno (Init *init, const char *what)
{
  g_autofree char *text = g_strdup_printf (_ ("the sandbox could not be built: %s: %s"), what, g_strerror (errno));

  give_up (init, PST_EXIT_FAILED, text);
}

/* The terminal is made from the sandbox's own /dev/pts, so that its name means something inside. Returns the master. */
static int
open_terminal (Init *init)
{
  const PstInitSetup *setup = init->setup;
  int master = open ("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  int number, unlock = 0;
  char path[32];

  if (master < 0 || ioctl (master, TIOCSPTLCK, &unlock) < 0 || ioctl (master, TIOCGPTN, &number) < 0)
    give_up_errno (init, "terminal");
  g_snprintf (path, sizeof path, "/dev/pts/%d", number);
  init->slave = open (path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (init->slave < 0 || tcsetattr (init->slave, TCSANOW, &setup->termios) < 0 ||
      ioctl (init->slave, TIOCSWINSZ, &setup->size) < 0)
    give_up_errno (init, "terminal");
  return master;
}

static void
run_plan (Init *init, PstMounts *mounts, const PstPlan *plan, const int *fds, gsize n_fds)
{
  g_autoptr (GError) error = NULL;

  if (!pst_mounts_run (mounts, plan, fds, n_fds, &error))
    give_up (init, PST_EXIT_FAILED, error->message);
}

/* Was told of buses that it does not get after all. */
static char **
without_bus (char *const *environment)
{
  static const char name[] = "DBUS_SESSION_BUS_ADDRESS=", a11y[] = "AT_SPI_BUS_ADDRESS=";
  char **out = g_strdupv ((char **)environment);

  for (char **entry = out; *entry; entry++)
    if (g_str_has_prefix (*entry, name))
      {
        g_free (*entry);
        *entry = g_strconcat (name, PST_ENVIRONMENT_NO_BUS, NULL);
      }
    else if (g_str_has_prefix (*entry, a11y))
      {
        g_free (*entry);
        *entry = g_strdup (PST_ENVIRONMENT_NO_BRIDGE);
      }
  return out;
}

static void
build (Init *init)
{
  const PstInitSetup *setup = init->setup;
  g_autoptr (GError) error = NULL;
  g_autoptr (PstPlan) late = NULL;
  g_autofree PstControl *go = NULL;
  const char *names[PST_CONTROL_MAX_FDS + 1];
  PstPlanAnswer answer = { 0 };
  PstMounts *mounts;
  int told[2 + PST_MOUNTS_MAX_SOCKETS];
  gsize n_told = 0, n_names = 0;

  mounts = pst_mounts_begin (setup->gate, &error);
  if (!mounts)
    give_up (init, PST_EXIT_FAILED, error->message);
  run_plan (init, mounts, setup->early, NULL, 0);
  if (!pst_namespaces_dress ())
    give_up_errno (init, "network and host name");

  told[n_told++] = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (told[0] < 0)
    give_up_errno (init, "mount namespace");
  if (setsid () < 0)
    give_up_errno (init, "session");
  if (setup->pty)
    {
      told[n_told++] = open_terminal (init);
      if (ioctl (init->slave, TIOCSCTTY, 0) < 0)
        give_up_errno (init, "terminal");
    }
  n_told += pst_mounts_steal_sockets (mounts, told + n_told);
  if (!pst_control_send (init->control, PST_CONTROL_BUILT, 0, 0, NULL, 0, told, n_told))
    _exit (PST_EXIT_FAILED);
  while (n_told > 0)
    close (told[--n_told]);

  go = g_new (PstControl, 1);
  if (pst_control_receive (init->control, go, TRUE) != 1 || go->type != PST_CONTROL_GO)
    _exit (PST_EXIT_FAILED);
  answer.machine_id = go->text;
  answer.sys = (go->a & PST_CONTROL_SYS) != 0;
  answer.nested = (go->a & PST_CONTROL_NESTED) != 0;
  if (go->a & PST_CONTROL_NO_BUS)
    init->environment = without_bus (setup->environment);
  for (const char *p = go->text + strlen (go->text) + 1; p < go->text + go->text_len && n_names < go->n_fds;
       p += strlen (p) + 1)
    names[n_names++] = p;
  names[n_names] = NULL;
  answer.names = names;

  late = pst_plan_build_late (setup->input, &answer);
  if (!pst_plan_check (late, setup->input, &error))
    give_up (init, PST_EXIT_FAILED, error->message);
  run_plan (init, mounts, late, go->fds, go->n_fds);
  for (gsize i = 0; i < go->n_fds; i++)
    close (go->fds[i]);
  close (setup->gate);
  if (!pst_mounts_end (mounts, &error))
    give_up (init, PST_EXIT_FAILED, error->message);

  umask (setup->umask);
  if (!pst_capabilities_drop_all ())
    give_up_errno (init, "giving up capabilities");
  if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    give_up_errno (init, "dumpable");
  if (!pst_syscall_filter_apply ((go->a & PST_CONTROL_NESTED) != 0))
    give_up_errno (init, "system call table");
}

/* In the program's process, up to exec. Returns, with errno, only if that failed. */
static void
become_program (Init *init)
{
  const PstInitSetup *setup = init->setup;

  setpgid (0, 0);
  if (init->slave >= 0)
    {
      if (setup->foreground)
        tcsetpgrp (init->slave, getpid ());
      for (int i = 0; i < 3; i++)
        if (setup->is_terminal[i])
          dup2 (init->slave, i);
    }
  if (chdir (setup->cwd) < 0 && chdir (setup->input->home) < 0)
    (void)!chdir ("/");
  if (setup->ignore_children)
    signal (SIGCHLD, SIG_IGN);
  sigprocmask (SIG_SETMASK, &setup->mask, NULL);
  execve (setup->program, setup->argv, init->environment);
  if (errno == ENOEXEC)
    {
      /* A script without #!, which every shell runs. */
      gsize n = g_strv_length ((char **)setup->argv);
      char **argv = g_newa (char *, n + 2);

      argv[0] = (char *)"sh";
      argv[1] = (char *)setup->program;
      memcpy (argv + 2, setup->argv + 1, n * sizeof *argv); /* the NULL too */
      execve ("/bin/sh", argv, init->environment);
    }
}

static void
start_program (Init *init)
{
  int report[2];
  int error = 0;

  if (pipe2 (report, O_CLOEXEC) < 0)
    give_up_errno (init, "pipe");
  /* Whatever is open besides the standard three, closes on exec. */
  pst_fd_close_from (3, (int[]){ init->control, init->slave, report[0], report[1] }, 4);
  init->program = fork ();
  if (init->program < 0)
    give_up_errno (init, "fork");
  if (init->program == 0)
    {
      become_program (init);
      error = errno;
      (void)!write (report[1], &error, sizeof error);
      _exit (error == ENOENT ? PST_EXIT_NOT_FOUND : PST_EXIT_NOT_EXECUTABLE);
    }
  setpgid (init->program, init->program);
  close (report[1]);
  /* The standard three are the program's alone: a pipe must end when it ends. */
  {
    int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

    for (int i = 0; i < 3; i++)
      dup2 (null, i);
    close (null);
  }
  if (read (report[0], &error, sizeof error) == sizeof error)
    {
      g_autofree char *shown = g_strescape (init->setup->program, NULL);
      g_autofree char *text = g_strdup_printf (_ ("%s cannot be executed: %s"), shown, g_strerror (error));

      give_up (init, error == ENOENT ? PST_EXIT_NOT_FOUND : PST_EXIT_NOT_EXECUTABLE, text);
    }
  close (report[0]);
  if (!pst_control_send (init->control, PST_CONTROL_RUNNING, 0, 0, NULL, 0, NULL, 0))
    _exit (PST_EXIT_FAILED);
}

static void
reap (Init *init)
{
  for (;;)
    {
      int status;
      pid_t pid = waitpid (-1, &status, WNOHANG | WUNTRACED);

      if (pid < 0 && errno == EINTR)
        continue;
      if (pid == init->program && WIFSTOPPED (status))
        pst_control_send (init->control, PST_CONTROL_STOPPED, WSTOPSIG (status), 0, NULL, 0, NULL, 0);
      else if (pid == init->program && !init->ended)
        {
          siginfo_t info = { 0 };
          gboolean others;

          init->ended = TRUE;
          /* Is anybody left? Those that have died already are not. */
          while ((pid = waitpid (-1, NULL, WNOHANG)) > 0)
            ;
          others = pid == 0 && waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
          pst_control_send (init->control, PST_CONTROL_ENDED, status, others, NULL, 0, NULL, 0);
        }
      if (pid < 0)
        _exit (0); /* ECHILD: the sandbox is empty */
      if (pid == 0)
        return;
    }
}

static void
obey (Init *init)
{
  g_autofree PstControl *control = g_new (PstControl, 1);
  int r = pst_control_receive (init->control, control, FALSE);

  if (r == 0 || (r < 0 && errno != EAGAIN))
    _exit (0);
  if (r < 0)
    return;
  for (gsize i = 0; i < control->n_fds; i++)
    close (control->fds[i]);
  if (control->type == PST_CONTROL_SIGNAL && !init->ended)
    kill (control->b ? -init->program : init->program, control->a);
  else if (control->type == PST_CONTROL_SIGNAL)
    kill (-1, control->a); /* what the program left behind */
  else if (control->type == PST_CONTROL_FOREGROUND && !init->ended)
    {
      if (init->slave >= 0)
        tcsetpgrp (init->slave, init->program);
      kill (-init->program, SIGCONT);
    }
}

void
pst_init_run (const PstInitSetup *setup)
{
  Init init = { .setup = setup, .control = setup->control, .slave = -1, .environment = (char **)setup->environment };
  struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
  sigset_t all;

  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  pst_fd_close_from (3, (int[]){ setup->control, setup->gate }, 2);
  umask (0);

  build (&init);

  sigemptyset (&all);
  sigaddset (&all, SIGCHLD);
  fds[0].fd = setup->control;
  start_program (&init);
  fds[1].fd = signalfd (-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fds[1].fd < 0)
    give_up_errno (&init, "signalfd");

  /* Children that ended before the signalfd was there have left SIGCHLD pending. */
  for (;;)
    {
      struct signalfd_siginfo info;

      if (poll (fds, 2, -1) < 0 && errno != EINTR)
        _exit (PST_EXIT_FAILED);
      if (fds[1].revents)
        {
          while (read (fds[1].fd, &info, sizeof info) > 0)
            ;
          reap (&init);
        }
      if (fds[0].revents)
        obey (&init);
    }
}
