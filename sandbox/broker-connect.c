/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reaching the broker, and starting it when there is none.
 *
 * Who finds nobody listening takes the lock, binds the socket himself and passes it on in the manner of systemd (LISTEN_FDS),
 * so nobody ever waits for "ready": a connection is made as soon as the socket is bound, and waits in its queue until the
 * broker takes it.
 *
 * The broker gets a guard: a process that only waits, with the socket open, and starts the broker again if it was killed or
 * crashed. A supervisor could not do that, because it lives in its own user namespace and so would the broker. Where systemd
 * starts the broker, systemd is the guard.
 */
#include "broker-connect.h"

#include "pst-fd.h"
#include "pst-programs.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPLY_TIMEOUT_MS 15000
/* A broker that crashes this often within as many seconds is left alone. */
#define MAX_CRASHES 20

static gboolean
set_address (struct sockaddr_un *address, const char *path, GError **error)
{
  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen (path) >= sizeof address->sun_path)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG, _ ("XDG_RUNTIME_DIR is too long for a socket (%s)"), path);
      return FALSE;
    }
  strcpy (address->sun_path, path);
  return TRUE;
}

static int
new_socket (void)
{
  return socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static int
connect_to (const struct sockaddr_un *address)
{
  pst_autofd fd = new_socket ();

  if (fd < 0 || connect (fd, (const struct sockaddr *)address, sizeof *address) < 0)
    return -1;
  return pst_fd_steal (&fd);
}

static pid_t
spawn_broker (const char *program)
{
  char pid_text[32];
  sigset_t none;
  pid_t pid = fork ();

  if (pid != 0)
    return pid;
  g_snprintf (pid_text, sizeof pid_text, "%d", getpid ());
  setenv ("LISTEN_PID", pid_text, 1);
  setenv ("LISTEN_FDS", "1", 1);
  unsetenv ("LISTEN_FDNAMES");
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  execl (program, program, NULL);
  _exit (127);
}

/* Descriptor 3 is the listening socket. */
G_NORETURN static void
guard (const char *program)
{
  int crashes = 0;
  time_t since = time (NULL);

  prctl (PR_SET_NAME, "postern-guard");
  for (;;)
    {
      pid_t pid = spawn_broker (program);
      struct pollfd waiting = { .fd = 3, .events = POLLIN };
      int status;

      while (pid > 0 && waitpid (pid, &status, 0) < 0 && errno == EINTR)
        ;
      if (pid < 0)
        _exit (1);
      if (time (NULL) - since > MAX_CRASHES)
        {
          crashes = 0;
          since = time (NULL);
        }
      if (WIFEXITED (status) && !(WEXITSTATUS (status) == 0 && poll (&waiting, 1, 0) > 0))
        _exit (WEXITSTATUS (status));
      if (WIFSIGNALED (status) && WTERMSIG (status) != SIGKILL && ++crashes > MAX_CRASHES)
        _exit (1);
    }
}

/* Makes the guard a process of its own, the child of nobody. Consumes @listener. */
static gboolean
start_guard (int listener, const char *directory, GError **error)
{
  g_autofree char *program = pst_program_find ("postern-broker");
  g_autofree char *log = g_build_filename (directory, "broker.log", NULL);
  pid_t pid;
  int status;

  if (access (program, X_OK) < 0)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, _ ("%s is missing: Postern is not completely installed"), program);
      close (listener);
      return FALSE;
    }
  pid = fork ();
  if (pid == 0)
    {
      int null, out;
      sigset_t none;

      if (setsid () < 0 || fork () != 0)
        _exit (0);
      sigemptyset (&none);
      sigprocmask (SIG_SETMASK, &none, NULL);
      for (int i = 1; i < NSIG; i++)
        signal (i, SIG_DFL);
      umask (077);
      (void)!chdir ("/");
      null = open ("/dev/null", O_RDWR);
      out = open (log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_APPEND, 0600);
      dup2 (null, 0);
      dup2 (null, 1);
      dup2 (out >= 0 ? out : null, 2);
      if (listener == 3)
        fcntl (3, F_SETFD, 0);
      else
        dup2 (listener, 3);
      pst_fd_close_from (4, NULL, 0);
      guard (program);
    }
  close (listener);
  if (pid < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), _ ("the broker could not be started: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  return TRUE;
}

static int
fail (GError **error, const char *what)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), _ ("the broker could not be started: %s: %s"), what,
               g_strerror (errno));
  return -1;
}

static int
start_and_connect (const struct sockaddr_un *address, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (address->sun_path);
  g_autofree char *lock_path = g_build_filename (directory, "start.lock", NULL);
  pst_autofd lock = -1, listener = -1, fd = -1;
  mode_t mask;
  int r;

  if (mkdir (directory, 0700) < 0 && errno != EEXIST)
    return fail (error, directory);
  lock = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0 || flock (lock, LOCK_EX) < 0)
    return fail (error, lock_path);
  /* Somebody else may have started it while this one waited for the lock. */
  fd = connect_to (address);
  if (fd >= 0)
    return pst_fd_steal (&fd);

  if (unlink (address->sun_path) < 0 && errno != ENOENT)
    return fail (error, address->sun_path);
  listener = new_socket ();
  mask = umask (077);
  r = listener < 0 ? -1 : bind (listener, (const struct sockaddr *)address, sizeof *address);
  umask (mask);
  if (r < 0 || listen (listener, 128) < 0)
    return fail (error, address->sun_path);
  if (!start_guard (pst_fd_steal (&listener), directory, error))
    {
      unlink (address->sun_path);
      return -1;
    }
  fd = connect_to (address);
  if (fd < 0)
    return fail (error, address->sun_path);
  return pst_fd_steal (&fd);
}

PstPeer *
pst_broker_connect (const char *role, gboolean start, GError **error)
{
  g_autofree char *path = pst_broker_socket_path (error);
  g_autoptr (PstPeer) peer = NULL;
  struct sockaddr_un address;
  int fd;

  if (!path || !set_address (&address, path, error))
    return NULL;
  fd = connect_to (&address);
  if (fd < 0 && start && (errno == ENOENT || errno == ECONNREFUSED))
    {
      fd = start_and_connect (&address, error);
      if (fd < 0)
        return NULL;
    }
  if (fd < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), _ ("the broker cannot be reached at %s: %s"), path,
                   g_strerror (errno));
      return NULL;
    }
  peer = pst_peer_new_take_fd (fd);
  if (!pst_peer_send_call (peer, "Hello", g_variant_new ("(us)", PST_PROTOCOL, role), NULL, 0, error))
    return NULL;
  return g_steal_pointer (&peer);
}

void
pst_broker_explain (GError **error)
{
  g_autofree char *path = pst_broker_socket_path (NULL);
  gboolean late = g_error_matches (*error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT);

  if ((*error)->domain != PST_PEER_ERROR || (*error)->code == PST_PEER_ERROR_REMOTE)
    return;
  g_free ((*error)->message);
  (*error)->message = g_strdup_printf (late ? _ ("the broker does not answer; what it had to say is in %s.log")
                                            : _ ("the broker ended the connection; what it had to say is in %s.log"),
                                       path ? path : "broker");
}

PstMessage *
pst_broker_wait_reply (PstPeer *peer, guint32 serial, GError **error)
{
  GError *local = NULL;
  PstMessage *reply = pst_peer_wait_reply (peer, serial, REPLY_TIMEOUT_MS, &local);

  if (!reply)
    {
      pst_broker_explain (&local);
      g_propagate_error (error, local);
    }
  return reply;
}
