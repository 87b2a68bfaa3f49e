/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern-broker: one per user. Parses its options, acquires the listening socket and the store, confines itself, serves. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gi18n.h>

#include "broker.h"
#include "connection.h"
#include "policy-watch.h"
#include "postern-config.h"
#include "pst-fd.h"
#include "pst-programs.h"

#define FIRST_LISTEN_FD 3

typedef struct
{
  int listen_fd;
  int question_timeout; /* seconds, 0: the default */
  char *policy_dir;     /* (nullable) */
  gboolean version;
} Options;

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "listen-fd", 0, 0, G_OPTION_ARG_INT, &options->listen_fd, N_ ("Serve this listening socket"), N_ ("FD") },
    { "question-timeout", 0, 0, G_OPTION_ARG_INT, &options->question_timeout,
      N_ ("Refuse, for this once, what nobody answers in this time"), N_ ("SECONDS") },
    { "policy-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->policy_dir,
      N_ ("Try the administrator’s policy of this directory, instead of the system’s"), N_ ("DIRECTORY") },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, N_ ("Show the version and exit"), NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (
      context, _ ("Decides and remembers what applications may use. It is started on demand by “postern run”."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _ ("“%s” is not understood; see --help."), (*argv)[1]);
      return FALSE;
    }
  return TRUE;
}

/* Acquiring */

static gboolean
is_listening_socket (int fd)
{
  int listening = 0;
  struct stat st;
  socklen_t size = sizeof listening;

  return fstat (fd, &st) == 0 && S_ISSOCK (st.st_mode) && getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
         listening;
}

/* The socket that systemd, or "postern run" in its manner, passed: -1 for none. */
static int
passed_socket (void)
{
  const char *pid = g_getenv ("LISTEN_PID"), *fds = g_getenv ("LISTEN_FDS");
  gboolean ours = pid && fds && g_ascii_strtoull (pid, NULL, 10) == (guint64)getpid () && g_ascii_strtoull (fds, NULL, 10) == 1;

  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_FDNAMES");
  return ours ? FIRST_LISTEN_FD : -1;
}

static int
fail (GError **error, const char *path)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  return -1;
}

/* Binds the socket itself, unless somebody listens there: -1 without @error. */
static int
own_socket (GError **error)
{
  g_autofree char *path = pst_broker_socket_path (error), *directory = NULL, *lock_path = NULL;
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  pst_autofd lock = -1, probe = -1, listener = -1;

  if (!path)
    return -1;
  if (strlen (path) >= sizeof address.sun_path)
    {
      errno = ENAMETOOLONG;
      return fail (error, path);
    }
  strcpy (address.sun_path, path);
  directory = g_path_get_dirname (path);
  lock_path = g_build_filename (directory, "start.lock", NULL);
  lock = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0 || flock (lock, LOCK_EX) < 0)
    return fail (error, lock_path);
  probe = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (probe >= 0 && connect (probe, (struct sockaddr *)&address, sizeof address) == 0)
    return -1;
  if (unlink (path) < 0 && errno != ENOENT)
    return fail (error, path);
  listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind (listener, (struct sockaddr *)&address, sizeof address) < 0 || listen (listener, 128) < 0)
    return fail (error, path);
  return pst_fd_steal (&listener);
}

static int
acquire_socket (const Options *options, GError **error)
{
  int fd = options->listen_fd >= 0 ? options->listen_fd : passed_socket ();

  if (fd < 0)
    return own_socket (error);
  if (!is_listening_socket (fd))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("Descriptor %d is not a listening socket."), fd);
      return -1;
    }
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

/* Confining. Agents are started from here, so that what holds for the broker holds for them: only what is no burden to a GTK
 * program. */
static gboolean
confine (GError **error)
{
  struct rlimit files, no_core = { 0, 0 };

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return fail (error, "PR_SET_NO_NEW_PRIVS"), FALSE;
  /* A dump would hold what the person's rules and file names are. */
  setrlimit (RLIMIT_CORE, &no_core);
  if (getrlimit (RLIMIT_NOFILE, &files) == 0)
    {
      files.rlim_cur = MIN (files.rlim_max, 65536);
      setrlimit (RLIMIT_NOFILE, &files);
    }
  return TRUE;
}

static gboolean
on_signal (gpointer data)
{
  PstBroker *broker = data;

  g_main_loop_quit (broker->loop);
  return G_SOURCE_CONTINUE;
}

static int
complain (const GError *error)
{
  g_printerr ("postern-broker: %s\n", error->message);
  return EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  Options options = { .listen_fd = -1 };
  g_autoptr (GError) error = NULL;
  PstBroker *broker;
  int listener;

  pst_locale_set_up ();
  umask (077);
  signal (SIGPIPE, SIG_IGN);

  if (!parse_options (&options, &argc, &argv, &error))
    return complain (error);
  if (options.version)
    {
      g_print ("postern-broker %s\n", PST_VERSION);
      return EXIT_SUCCESS;
    }
  if (geteuid () == 0 || getuid () != geteuid ())
    {
      g_printerr (
          "%s\n",
          _ ("postern-broker: Postern is for an ordinary user’s session and does not run as root; start it as that user."));
      return EXIT_FAILURE;
    }

  /* The runtime directory is made here, the store opened: a store that cannot be used does not end the broker, since it is the
   * broker that says so. */
  broker = pst_broker_new (&error);
  if (!broker)
    return complain (error);
  if (options.question_timeout > 0)
    broker->question_timeout = options.question_timeout * G_USEC_PER_SEC;
  if (options.policy_dir)
    pst_broker_set_policy_dir (broker, options.policy_dir);
  g_clear_pointer (&options.policy_dir, g_free);
  if (!pst_broker_read_policy (broker, &error))
    g_warning ("%s", error->message);
  g_clear_error (&error);
  listener = acquire_socket (&options, &error);
  if (listener < 0)
    {
      pst_broker_free (broker);
      if (error)
        return complain (error);
      g_printerr ("%s\n", _ ("postern-broker: it is running already."));
      return EXIT_SUCCESS;
    }

  if (!confine (&error))
    return complain (error);

  g_unix_signal_add (SIGTERM, on_signal, broker);
  g_unix_signal_add (SIGINT, on_signal, broker);
  pst_connection_listen (broker, listener);
  pst_bus_export (broker);
  pst_homes_clean (broker->homes);
  broker->policy_watch = pst_policy_watch_new (broker);
  g_main_loop_run (broker->loop);
  pst_bus_unexport ();
  pst_broker_free (broker);
  return EXIT_SUCCESS;
}
