/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The launch, in the order that is fastest:
 *
 *   1. Register is sent to the broker; its answer (the private home) is awaited in step 5.
 *   2. postern-fusefs is started, before there are namespaces that it could be in.
 *   3. This process enters U and A, and mounts the gate's file system, attached nowhere. It is done here and not by init, so
 * that the gate sees the callers' process numbers as the host knows them.
 *   4. Init is forked and builds the root, on another processor if there is one.
 *   5. The answer comes, at the program's first start that of a person (first-run.c): the gate gets its descriptors, init the
 * private directories, and this process becomes the supervisor.
 *
 * Nothing is waited for that is not needed for the next step, and everything that fails ends the launch: what has been started
 * ends with this process, since each holds a socket to it.
 */
#include "launch.h"

#include "broker-connect.h"
#include "cli.h"
#include "control.h"
#include "first-run.h"
#include "init.h"
#include "mounts.h"
#include "namespaces.h"
#include "postern-ipc.h"
#include "private-home.h"
#include "pst-fd.h"
#include "pst-programs.h"
#include "spawn-program.h"
#include "supervisor.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Brokers that end while a person is asked, before it is given up. */
#define MAX_REGISTER_AGAIN 10

typedef struct
{
  PstLaunch *launch;
  PstSupervisorSetup setup;
  PstTerminalState terminal;
  guint32 register_serial;
  int fuse;       /* serves the gate's file system */
  int gate_mount; /* the file system, attached nowhere */
  int gate_end;   /* fusefs's end of its socket to the broker */
  int bus_end;    /* the same of the message bus proxy, -1: there is none */
  int host_ns;    /* A */
  gboolean strict;
  guint flags; /* PstControlFlags */
  int ended;   /* the wait status to end with when a launch that did not come about has one of its own; else 0 */
  gboolean ignore_children;
} Starting;

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), _ ("the sandbox could not be built: %s: %s"), what,
               g_strerror (errno));
  return FALSE;
}

static GVariant *
environment_for_agents (void)
{
  static const char *const names[] = {
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "GTK_THEME",
    "GDK_SCALE",
  };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]))
      g_variant_builder_add (&builder, "{sv}", names[i], g_variant_new_bytestring (g_getenv (names[i])));
  return g_variant_builder_end (&builder);
}

static GVariant *
new_request (Starting *self)
{
  PstLaunch *launch = self->launch;
  pst_autofd terminal = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, "executable", g_variant_new_bytestring (launch->executable.real));
  g_variant_dict_insert_value (&dict, "argv",
                               g_variant_new_bytestring_array ((const char *const *)launch->options.command, -1));
  if (launch->options.app)
    g_variant_dict_insert (&dict, "app", "s", launch->options.app);
  if (launch->profile)
    g_variant_dict_insert_value (&dict, "profile", g_variant_new_bytestring (launch->profile));
  if (launch->only)
    {
      g_variant_dict_insert_value (&dict, "only", g_variant_new_bytestring (launch->only));
      g_variant_dict_insert (&dict, "only_access", "u", launch->options.change ? PST_ACCESS_CHANGE : PST_ACCESS_VIEW);
    }
  g_variant_dict_insert_value (&dict, "cwd", g_variant_new_bytestring (launch->cwd));
  g_variant_dict_insert (&dict, "strict", "b", launch->options.strict);
  g_variant_dict_insert (&dict, "bus", "b", launch->options.bus == PST_OPTIONS_BUS_NEEDED);
  g_variant_dict_insert_value (&dict, "environment", environment_for_agents ());
  g_variant_dict_insert (&dict, "tty", "b", terminal >= 0);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static gboolean
send_register (Starting *self, GError **error)
{
  PstSupervisorSetup *setup = &self->setup;
  int pair[2], brokers[2];
  gsize n = self->launch->input.session_bus || self->launch->input.system_bus ? 2 : 1;

  setup->broker = pst_broker_connect ("launcher", TRUE, error);
  if (!setup->broker)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    {
      if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail (error, "socket");
      brokers[i] = pair[0];
      *(i == 0 ? &self->gate_end : &self->bus_end) = pair[1];
    }
  if (!setup->request)
    setup->request = new_request (self);
  self->register_serial =
      pst_peer_send_call (setup->broker, PST_LAUNCHER_REGISTER, g_variant_new ("(@a{sv})", setup->request), brokers, n, error);
  for (gsize i = 0; i < n; i++)
    close (brokers[i]);
  return self->register_serial != 0;
}

static gboolean
start_fusefs (Starting *self, GError **error)
{
  g_autofree char *program = pst_program_find ("postern-fusefs");
  char *argv[] = { program, NULL };
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return fail (error, "socket");
  self->setup.gate = pst_peer_new_take_fd (pair[0]);
  self->setup.fusefs = pst_spawn_take_fd (argv, pair[1], PST_SPAWN_SESSION, error);
  if (self->setup.fusefs < 0)
    return FALSE;
  self->setup.fusefs_pidfd = syscall (SYS_pidfd_open, self->setup.fusefs, 0);
  return self->setup.fusefs_pidfd >= 0 || fail (error, "pidfd");
}

static gboolean
start_proxy (Starting *self, GError **error)
{
  g_autofree char *program = NULL;
  char *argv[] = { NULL, (char *)"--postern", NULL };
  int pair[2];

  if (self->bus_end < 0)
    return TRUE;
  program = argv[0] = pst_program_find ("postern-dbus-proxy");
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return fail (error, "socket");
  self->setup.bus = pst_peer_new_take_fd (pair[0]);
  self->setup.proxy = pst_spawn_take_fd (argv, pair[1], PST_SPAWN_SESSION, error);
  if (self->setup.proxy < 0)
    return FALSE;
  self->setup.proxy_pidfd = syscall (SYS_pidfd_open, self->setup.proxy, 0);
  return self->setup.proxy_pidfd >= 0 || fail (error, "pidfd");
}

static gboolean
start_init (Starting *self, const sigset_t *mask, GError **error)
{
  PstLaunch *launch = self->launch;
  int pair[2];

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return fail (error, "socket");
  self->setup.control = pair[0];
  self->setup.init = pst_namespaces_fork (&self->setup.init_pidfd);
  if (self->setup.init == 0)
    {
      PstInitSetup setup = {
        .control = pair[1],
        .gate = self->gate_mount,
        .early = launch->early,
        .input = &launch->input,
        .program = launch->executable.path,
        .argv = launch->options.command,
        .environment = launch->environment,
        .cwd = launch->cwd,
        .pty = self->terminal.any,
        .foreground = self->terminal.interactive,
        .termios = self->terminal.termios,
        .size = self->terminal.size,
        .mask = *mask,
        .ignore_children = self->ignore_children,
      };

      memcpy (setup.is_terminal, self->terminal.is_terminal, sizeof setup.is_terminal);
      setup.umask = umask (0);
      pst_init_run (&setup);
    }
  close (pair[1]);
  if (self->setup.init < 0)
    {
      g_autofree char *why = pst_namespaces_explain (errno);

      if (!why)
        return fail (error, "namespaces");
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_PERM, why);
      return FALSE;
    }
  return TRUE;
}

static gboolean
send_serve (Starting *self, int home, GError **error)
{
  const PstPlanInput *input = &self->launch->input;
  GVariantBuilder roots;
  GVariantDict config;
  int fds[] = { self->fuse, self->gate_end, home };

  g_variant_builder_init (&roots, G_VARIANT_TYPE ("a(say)"));
  for (gsize i = 0; i < input->n_roots; i++)
    g_variant_builder_add (&roots, "(s@ay)", input->roots[i].name, g_variant_new_bytestring (input->roots[i].path));
  g_variant_dict_init (&config, NULL);
  g_variant_dict_insert_value (&config, "roots", g_variant_builder_end (&roots));
  g_variant_dict_insert_value (&config, "home", g_variant_new_bytestring (input->home));
  g_variant_dict_insert (&config, "uid", "u", (guint32)input->uid);
  g_variant_dict_insert (&config, "gid", "u", (guint32)input->gid);
  g_variant_dict_insert (&config, "supervisor", "u", (guint32)getpid ());
  g_variant_dict_insert (&config, "strict", "b", self->strict);
  pst_peer_notify (self->setup.gate, PST_LINK_SERVE, g_variant_new ("(@a{sv})", g_variant_dict_end (&config)), fds,
                   G_N_ELEMENTS (fds));
  if (!pst_peer_is_open (self->setup.gate))
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_PIPE, _ ("the file gate (postern-fusefs) ended before it began"));
      return FALSE;
    }
  pst_fd_clear (&self->fuse);
  pst_fd_clear (&self->gate_end);
  return TRUE;
}

static gboolean
send_go (Starting *self, const PstPrivateHome *home, GError **error)
{
  g_autoptr (GString) text = g_string_new (home->machine_id);

  g_string_append_c (text, '\0');
  for (guint i = 0; i < home->names->len; i++)
    {
      const char *name = g_ptr_array_index (home->names, i);

      g_string_append_len (text, name, strlen (name) + 1);
    }
  if (!pst_control_send (self->setup.control, PST_CONTROL_GO, self->flags, 0, text->str, text->len, home->dirs,
                         home->names->len))
    return fail (error, "init");
  return TRUE;
}

/* The application's profile, which the broker found, leaves the buses out. The proxy that was started waits for nothing but its
 * socket, and ends with it. */
static void
leave_bus_out (Starting *self)
{
  pst_fd_clear (&self->bus_end);
  g_clear_pointer (&self->setup.bus, pst_peer_unref);
  while (waitpid (self->setup.proxy, NULL, 0) < 0 && errno == EINTR)
    ;
  pst_fd_clear (&self->setup.proxy_pidfd);
  self->setup.proxy = 0;
  self->flags |= PST_CONTROL_NO_BUS;
}

/* The broker is another one, or none yet. */
static gboolean
register_again (Starting *self, GError **error)
{
  g_clear_pointer (&self->setup.broker, pst_peer_unref);
  pst_fd_clear (&self->gate_end);
  pst_fd_clear (&self->bus_end);
  return send_register (self, error);
}

/* The broker's answer; behind it, at a first start, a person's. (transfer full) (nullable): a{sv} */
static GVariant *
wait_answer (Starting *self, GError **error)
{
  for (int attempt = 0;; attempt++)
    {
      g_autoptr (PstMessage) reply = pst_broker_wait_reply (self->setup.broker, self->register_serial, error);
      g_autoptr (GVariant) result = NULL;
      g_autoptr (GError) lost = NULL;
      gboolean sheet = FALSE, cancelled = FALSE;
      const char *text;
      int signal;

      if (!reply || !pst_message_check (reply, PST_LAUNCHER_REGISTER_OUT, error))
        return NULL;
      result = g_variant_get_child_value (reply->args, 0);
      g_variant_lookup (result, "sheet", "b", &sheet);
      if (!sheet || !g_variant_lookup (result, "sandbox", "t", &self->setup.sandbox))
        return g_steal_pointer (&result);
      g_clear_pointer (&result, g_variant_unref);
      switch (pst_first_run_wait (self->setup.broker, self->setup.sandbox, &self->setup.signals, &result, &signal, &lost))
        {
        case PST_FIRST_RUN_ANSWERED:
          if (!g_variant_lookup (result, "cancelled", "b", &cancelled))
            return g_steal_pointer (&result);
          if (cancelled)
            self->ended = PST_EXIT_CANCELLED << 8;
          g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE,
                               g_variant_lookup (result, "text", "&s", &text) ? text : _ ("it was not started"));
          return NULL;
        case PST_FIRST_RUN_SIGNAL:
          self->ended = signal;
          g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, _ ("it was not started"));
          return NULL;
        case PST_FIRST_RUN_LOST:
          if (attempt >= MAX_REGISTER_AGAIN)
            {
              g_propagate_error (error, g_steal_pointer (&lost));
              pst_broker_explain (error);
              return NULL;
            }
          if (!register_again (self, error))
            return NULL;
          break;
        }
    }
}

/* What can be done only with the broker's answer. */
static gboolean
take_answer (Starting *self, GError **error)
{
  g_autoptr (GVariant) result = wait_answer (self, error), home_value = NULL;
  PstPrivateHome home = { .root = -1 };
  gboolean sys = FALSE, nested = FALSE, bus = TRUE, ok;
  const char *app_id;

  if (!result)
    return FALSE;
  home_value = g_variant_lookup_value (result, "home", G_VARIANT_TYPE_BYTESTRING);
  if (!home_value || !g_variant_lookup (result, "sandbox", "t", &self->setup.sandbox) ||
      !g_variant_lookup (result, "app_id", "&s", &app_id))
    {
      g_set_error_literal (
          error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED,
          _ ("the broker’s answer is incomplete; is another version of it running? (end it, and start again)"));
      return FALSE;
    }
  self->setup.app_id = g_strdup (app_id);
  self->strict = self->launch->options.strict;
  g_variant_lookup (result, "strict", "b", &self->strict);
  g_variant_lookup (result, "sys", "b", &sys);
  g_variant_lookup (result, "nested", "b", &nested);
  self->flags = (sys ? PST_CONTROL_SYS : 0) | (nested ? PST_CONTROL_NESTED : 0);
  g_variant_lookup (result, "bus", "b", &bus);
  if (!bus && self->setup.bus)
    leave_bus_out (self);
  if (!nested && !pst_namespaces_forbid_nesting ())
    return fail (error, "/proc/sys/user/max_user_namespaces");

  ok = pst_private_home_open (g_variant_get_bytestring (home_value), &home, error) && send_serve (self, home.root, error) &&
       send_go (self, &home, error);
  pst_private_home_clear (&home);
  return ok;
}

/* Init's report in the middle of its work: the namespace that live mounts go to, and the program's terminal. */
static gboolean
take_built (Starting *self, GError **error)
{
  const PstPlanInput *input = &self->launch->input;
  gsize n_first = self->terminal.any ? 2 : 1, n_sockets = (input->session_bus ? 2 : 0) + !!input->system_bus;
  g_autofree PstControl *control = g_new (PstControl, 1);
  int r = pst_control_receive (self->setup.control, control, TRUE);

  if (r == 1 && control->type == PST_CONTROL_FAILED)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, control->text);
      return FALSE;
    }
  if (r != 1 || control->type != PST_CONTROL_BUILT || control->n_fds != n_first + n_sockets)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                           _ ("the sandbox could not be built: its first process ended"));
      return FALSE;
    }
  self->setup.trees = pst_trees_new (self->host_ns, control->fds[0], self->gate_mount);
  pst_fd_clear (&self->gate_mount);
  if (self->terminal.any)
    self->setup.pty = pst_pty_new (control->fds[1], &self->terminal);
  if (self->setup.bus)
    {
      g_autofree char *address = input->session_bus ? pst_plan_accessibility_address (input->uid) : g_strdup ("");

      pst_bus_link_serve (self->setup.bus, &self->setup.buses, address, self->bus_end, control->fds + n_first, n_sockets);
      if (!pst_peer_is_open (self->setup.bus))
        {
          g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_PIPE,
                               _ ("the message bus proxy (postern-dbus-proxy) ended before it began"));
          return FALSE;
        }
      pst_fd_clear (&self->bus_end);
    }
  for (gsize i = 0; i < n_sockets; i++)
    close (control->fds[n_first + i]);
  return TRUE;
}

static gboolean
start (Starting *self, const sigset_t *mask, GError **error)
{
  const PstPlanInput *input = &self->launch->input;
  g_autofree char *forbidden = pst_namespaces_forbidden ();

  if (forbidden)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_PERM, forbidden);
      return FALSE;
    }
  if (!send_register (self, error) || !start_fusefs (self, error) || !start_proxy (self, error) ||
      !pst_namespaces_enter (input->uid, input->gid, error) ||
      !pst_mounts_new_gate (input->uid, input->gid, &self->fuse, &self->gate_mount, error) || !start_init (self, mask, error))
    return FALSE;
  self->host_ns = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (self->host_ns < 0)
    return fail (error, "mount namespace");
  return take_answer (self, error) && take_built (self, error);
}

/* Standard input and output are the program's; a pipe must end when it closes them. */
static void
let_go_of_stdio (Starting *self)
{
  pst_autofd null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  for (int i = 0; i < 2; i++)
    if (!self->terminal.is_terminal[i])
      dup2 (null, i);
}

int
pst_launch_run (PstLaunch *launch)
{
  static const int passed_on[] = { SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM, SIGUSR1, SIGUSR2,
                                   SIGCONT, SIGTSTP, SIGWINCH, SIGCHLD, SIGPIPE };
  Starting self = { .launch = launch, .fuse = -1, .gate_mount = -1, .gate_end = -1, .bus_end = -1, .host_ns = -1 };
  g_autoptr (GError) error = NULL;
  sigset_t mask;

  sigemptyset (&self.setup.signals);
  for (gsize i = 0; i < G_N_ELEMENTS (passed_on); i++)
    sigaddset (&self.setup.signals, passed_on[i]);
  sigprocmask (SIG_BLOCK, &self.setup.signals, &mask);
  /* A caller may have left it ignored, and then no status of a child would ever come. */
  self.ignore_children = signal (SIGCHLD, SIG_DFL) == SIG_IGN;
  pst_terminal_examine (&self.terminal);
  self.setup.interactive = self.terminal.interactive;
  self.setup.control = self.setup.init_pidfd = self.setup.fusefs_pidfd = self.setup.proxy_pidfd = -1;
  self.setup.buses = launch->buses;

  /* Init, and this process as supervisor, may have something to say where no catalogue can be opened: it is opened now, before
   * anything is forked. In the C locale that is nothing. */
  (void)_ ("the sandbox could not be built: %s: %s");
  if (!start (&self, &mask, &error))
    {
      pst_supervisor_say (error->message);
      /* Init and the gate end when their sockets close. */
      return self.ended != 0 ? self.ended : PST_EXIT_FAILED << 8;
    }
  pst_peer_notify (self.setup.broker, PST_LAUNCHER_STARTED, g_variant_new ("(u)", (guint32)self.setup.init), NULL, 0);
  let_go_of_stdio (&self);
  umask (0);
  return pst_supervisor_run (&self.setup);
}
