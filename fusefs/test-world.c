/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-world-parts.h"

#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-programs.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The world around supervisor and broker: the directories, the mount with its postern-fusefs, the thread; its beginning and its
 * end. */

static struct
{
  char *dir;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  int gate_pid;
  gboolean strict;
} world;

GMutex world_lock;
static GCond counter_changed;

/* Own user and mount namespace. FALSE: not possible here. */
static gboolean
enter (void)
{
  uid_t uid = getuid ();
  gid_t gid = getgid ();
  g_autofree char *uids = g_strdup_printf ("%u %u 1", uid, uid), *gids = g_strdup_printf ("%u %u 1", gid, gid);

  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    return FALSE;
  if (!g_file_set_contents_full ("/proc/self/setgroups", "deny", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL) ||
      !g_file_set_contents_full ("/proc/self/uid_map", uids, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL) ||
      !g_file_set_contents_full ("/proc/self/gid_map", gids, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
    return FALSE;
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && access ("/dev/fuse", R_OK | W_OK) == 0;
}

gboolean
world_test_init (int *argc, char ***argv)
{
  if (!enter ())
    {
      g_print ("1..0 # SKIP no user namespaces or no /dev/fuse\n");
      return FALSE;
    }
  g_test_init (argc, argv, NULL);
  return TRUE;
}

static const char *
intern (const char *top, const char *relative)
{
  g_autofree char *path =
      relative[0] != '\0' ? g_build_filename (world.dir, top, relative, NULL) : g_build_filename (world.dir, top, NULL);
  return g_intern_string (path);
}

const char *
world_seen (const char *relative)
{
  return intern ("fuse/home", relative);
}

const char *
world_real (const char *relative)
{
  return intern ("real", relative);
}

const char *
world_private (const char *relative)
{
  return intern ("private", relative);
}

int
world_gate_pid (void)
{
  return world.gate_pid;
}

void
world_count (guint *counter)
{
  g_mutex_lock (&world_lock);
  (*counter)++;
  g_cond_broadcast (&counter_changed);
  g_mutex_unlock (&world_lock);
}

guint
world_counted (guint *counter)
{
  g_mutex_lock (&world_lock);
  guint n = *counter;
  g_mutex_unlock (&world_lock);
  return n;
}

void
world_wait_for (guint *counter, guint n)
{
  gint64 until = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  g_mutex_lock (&world_lock);
  while (*counter < n)
    if (!g_cond_wait_until (&counter_changed, &world_lock, until))
      g_error ("waited for %u, there were %u", n, *counter);
  g_mutex_unlock (&world_lock);
}

void
world_in_thread (GSourceFunc func, gpointer data)
{
  GSource *source = g_idle_source_new ();
  g_source_set_callback (source, func, data, NULL);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_attach (source, world.context);
  g_source_unref (source);
}

int
world_clone_tree (const char *path, gboolean read_only)
{
  struct
  {
    guint64 attr_set, attr_clr, propagation, userns_fd;
  } attr = { .attr_set = 2 | 4 | (read_only ? 1 : 0), .propagation = MS_PRIVATE };
  int fd = syscall (SYS_open_tree, AT_FDCWD, path, 1 | O_CLOEXEC | AT_RECURSIVE);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (syscall (SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr), ==, 0);
  return fd;
}

static gpointer
run (gpointer data)
{
  g_main_context_push_thread_default (world.context);
  g_main_loop_run (world.loop);
  g_main_context_pop_thread_default (world.context);
  return NULL;
}

static gboolean
connect_all (gpointer data)
{
  int *fds = data; /* link, gate (ours), and to be sent: fuse, gate, home */
  GVariantBuilder config, roots;

  world_supervisor_connect (fds[0]);
  world_broker_connect (fds[1]);
  g_variant_builder_init (&roots, G_VARIANT_TYPE ("a(say)"));
  g_variant_builder_add (&roots, "(s@ay)", "home", g_variant_new_bytestring (world_seen ("")));
  g_variant_builder_init (&config, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&config, "{sv}", "roots", g_variant_builder_end (&roots));
  g_variant_builder_add (&config, "{sv}", "home", g_variant_new_bytestring (world_seen ("")));
  g_variant_builder_add (&config, "{sv}", "uid", g_variant_new_uint32 (getuid ()));
  g_variant_builder_add (&config, "{sv}", "gid", g_variant_new_uint32 (getgid ()));
  /* the thread that mounts */
  g_variant_builder_add (&config, "{sv}", "supervisor", g_variant_new_uint32 (gettid ()));
  g_variant_builder_add (&config, "{sv}", "strict", g_variant_new_boolean (world.strict));
  pst_peer_notify (world_link, PST_LINK_SERVE, g_variant_new ("(a{sv})", &config), fds + 2, 3);
  for (int i = 2; i < 5; i++)
    pst_fd_clear (&fds[i]);
  return G_SOURCE_REMOVE;
}

void
world_start (WorldAskFunc func, gpointer data, gboolean strict)
{
  static int fds[5];
  static const char *const dirs[] = { "fuse",          "real",      "real/Pictures", "real/Pictures/2026", "real/Documents",
                                      "real/Projects", "real/.ssh", "private",       "private/.config" };
  static const char *const files[] = { "real/Pictures/a.jpg", "real/Pictures/2026/b.jpg", "real/Documents/x.txt", "real/secret",
                                       "real/.ssh/id",        "real/Projects/p.c",        "private/.config/own" };
  g_autofree char *program = pst_program_find ("postern-fusefs"), *options = NULL;
  int link[2], gate[2], fuse_fd;

  memset (&world, 0, sizeof world);
  world.strict = strict;
  world.dir = g_dir_make_tmp ("fusefs-test-XXXXXX", NULL);
  world_supervisor_start ();
  world_broker_start (func, data);
  for (guint i = 0; i < G_N_ELEMENTS (dirs); i++)
    g_assert_cmpint (g_mkdir (intern (dirs[i], ""), 0755), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_true (g_file_set_contents (intern (files[i], ""), files[i], -1, NULL));

  fuse_fd = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  g_assert_cmpint (fuse_fd, >=, 0);
  options = g_strdup_printf ("fd=%d,rootmode=40000,user_id=%u,group_id=%u,default_permissions", fuse_fd, getuid (), getgid ());
  g_assert_cmpint (mount ("fuse", intern ("fuse", ""), "fuse", MS_NOSUID | MS_NODEV, options), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate), ==, 0);

  world.gate_pid = fork ();
  if (world.gate_pid == 0)
    {
      dup2 (link[1], 3);
      fcntl (3, F_SETFD, 0);
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      execl (program, program, NULL);
      _exit (127);
    }
  close (link[1]);
  fds[0] = link[0];
  fds[1] = gate[0];
  fds[2] = fuse_fd;
  fds[3] = gate[1];
  fds[4] = world_clone_tree (intern ("private", ""), FALSE);
  world.context = g_main_context_new ();
  world.loop = g_main_loop_new (world.context, FALSE);
  world_in_thread (connect_all, fds);
  world.thread = g_thread_new ("broker", run, NULL);
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (world.loop);
  return G_SOURCE_REMOVE;
}

static gboolean
close_all (gpointer data)
{
  world_supervisor_disconnect ();
  world_broker_disconnect ();
  return quit (NULL);
}

void
world_stop (void)
{
  g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", world.dir);
  int status;

  world_in_thread (close_all, NULL);
  g_thread_join (world.thread);
  /* without its supervisor the gate ends by itself */
  g_assert_cmpint (waitpid (world.gate_pid, &status, 0), ==, world.gate_pid);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  g_assert_cmpint (umount2 (intern ("fuse", ""), MNT_DETACH), ==, 0);
  g_assert_cmpint (system (remove), ==, 0);
  g_main_loop_unref (world.loop);
  g_main_context_unref (world.context);
  world_supervisor_stop ();
  world_broker_stop ();
  g_free (world.dir);
}
