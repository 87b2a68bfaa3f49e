/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-world.h"

#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-programs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct
{
  char *dir;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  PstPeer *link, *gate;
  int gate_pid, fuse_fd, gate_fd;
  WorldAskFunc ask;
  gpointer ask_data;
  GArray *rules; /* Rule */
  GArray *doors;
  GMutex lock;
  GCond changed;
  guint64 generation;
  guint n_asks, n_interrupted, n_withdrawn, n_mounts, n_pushed, n_attached, n_dropped;
  char *last_ask;
  guint64 last_number;
  gboolean strict;
} w;

typedef struct
{
  guint64 id;
  PstTreeKind kind;
  PstAccess access;
  gboolean live;
  const char *relative;
} Tree;
static GArray *trees;

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
      relative[0] != '\0' ? g_build_filename (w.dir, top, relative, NULL) : g_build_filename (w.dir, top, NULL);
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
  return w.gate_pid;
}

static void
changed (guint *counter)
{
  g_mutex_lock (&w.lock);
  (*counter)++;
  g_cond_broadcast (&w.changed);
  g_mutex_unlock (&w.lock);
}

static guint
get (guint *counter)
{
  g_mutex_lock (&w.lock);
  guint n = *counter;
  g_mutex_unlock (&w.lock);
  return n;
}

static void
wait_for (guint *counter, guint n)
{
  gint64 until = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  g_mutex_lock (&w.lock);
  while (*counter < n)
    if (!g_cond_wait_until (&w.changed, &w.lock, until))
      g_error ("waited for %u, there were %u", n, *counter);
  g_mutex_unlock (&w.lock);
}

guint
world_n_asks (void)
{
  return get (&w.n_asks);
}
guint
world_n_interrupted (void)
{
  return get (&w.n_interrupted);
}
guint
world_n_withdrawn (void)
{
  return get (&w.n_withdrawn);
}
guint
world_n_mounts (void)
{
  return get (&w.n_mounts);
}
void
world_wait_asks (guint n)
{
  wait_for (&w.n_asks, n);
}
void
world_wait_interrupted (guint n)
{
  wait_for (&w.n_interrupted, n);
}

char *
world_last_ask (void)
{
  g_mutex_lock (&w.lock);
  char *last = g_strdup (w.last_ask);
  g_mutex_unlock (&w.lock);
  return last;
}

guint64
world_last_number (void)
{
  g_mutex_lock (&w.lock);
  guint64 number = w.last_number;
  g_mutex_unlock (&w.lock);
  return number;
}

/* ---- the supervisor ---- */

static const Tree *
tree_of (guint64 id)
{
  for (guint i = 0; i < trees->len; i++)
    if (g_array_index (trees, Tree, i).id == id)
      return &g_array_index (trees, Tree, i);
  return NULL;
}

static int
clone_tree (const char *path, gboolean read_only)
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

static int
do_mount (const Tree *tree)
{
  pst_autofd fd = clone_tree (world_real (tree->relative), tree->access == PST_ACCESS_VIEW);
  return syscall (SYS_move_mount, fd, "", AT_FDCWD, world_seen (tree->relative), 4) < 0 ? errno : 0;
}

static const char *
dir_of (const Tree *tree)
{
  g_autofree char *dir = g_path_get_dirname (world_real (tree->relative));
  return tree->kind == PST_TREE_SAVE ? world_real (tree->relative) : g_intern_string (dir);
}

static char *
name_path (PstMessage *message, guint index)
{
  guint64 id;
  g_autoptr (GVariant) value = g_variant_get_child_value (message->args, index);
  g_variant_get_child (message->args, 0, "t", &id);
  return g_build_filename (dir_of (tree_of (id)), g_variant_get_bytestring (value), NULL);
}

static GVariant *
error_of (int result)
{
  return g_variant_new ("(i)", result < 0 ? errno : 0);
}

static void
on_link (PstPeer *peer, PstMessage *message, gpointer data)
{
  const char *member = message->member;
  GVariant *reply = NULL;
  pst_autofd fd = -1;

  if (strcmp (member, PST_LINK_MOUNT) == 0)
    {
      guint64 id;
      g_variant_get (message->args, PST_LINK_MOUNT_IN, &id);
      reply = g_variant_new ("(i)", do_mount (tree_of (id)));
      changed (&w.n_mounts);
    }
  else if (strcmp (member, PST_LINK_NAME_STAT) == 0)
    {
      g_autofree char *path = name_path (message, 1);
      struct stat st = { 0 };
      int error = lstat (path, &st) < 0 ? errno : 0;
      reply =
          g_variant_new ("(i@ay)", error, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, &st, error == 0 ? sizeof st : 0, 1));
    }
  else if (strcmp (member, PST_LINK_NAME_OPEN) == 0)
    {
      g_autofree char *path = name_path (message, 1);
      gint32 flags;
      guint32 mode;
      g_variant_get_child (message->args, 2, "i", &flags);
      g_variant_get_child (message->args, 3, "u", &mode);
      fd = open (path, flags | O_NOFOLLOW | O_CLOEXEC, mode);
      reply = error_of (fd);
    }
  else if (strcmp (member, PST_LINK_NAME_RENAME) == 0)
    {
      g_autofree char *from = name_path (message, 1), *to = name_path (message, 2);
      guint32 flags;
      g_variant_get_child (message->args, 3, "u", &flags);
      reply = error_of (renameat2 (AT_FDCWD, from, AT_FDCWD, to, flags));
    }
  else if (strcmp (member, PST_LINK_NAME_LINK) == 0)
    {
      g_autofree char *from = name_path (message, 1), *to = name_path (message, 2);
      reply = error_of (link (from, to));
    }
  else if (strcmp (member, PST_LINK_NAME_UNLINK) == 0)
    {
      g_autofree char *path = name_path (message, 1);
      reply = error_of (unlink (path));
    }
  else if (strcmp (member, PST_LINK_NAME_LIST) == 0)
    {
      guint64 id;
      const char *names[] = { NULL, NULL };
      g_autofree char *name = NULL;
      g_variant_get (message->args, PST_LINK_NAME_LIST_IN, &id);
      name = g_path_get_basename (tree_of (id)->relative);
      if (tree_of (id)->kind == PST_TREE_FILE)
        names[0] = name;
      reply = g_variant_new ("(i@aay)", 0, g_variant_new_bytestring_array (names, -1));
    }
  if (reply != NULL)
    pst_peer_reply (peer, message->serial, reply, &fd, fd >= 0 ? 1 : 0);
  else
    pst_peer_reply_error (peer, message->serial, "the test's supervisor does not do this");
}

static void
on_closed (PstPeer *peer, gpointer data)
{
}

/* ---- the broker ---- */

typedef struct
{
  const char *path;
  PstScope scope;
  PstAccess access;
  PstAnswer answer;
} Rule;

typedef struct
{
  const char *path;
  gboolean listed;
} Door;

/* Those that nobody has answered yet: a test may leave some, when the gate withdraws them or the broker is started again. */
static GHashTable *open_asks;

static void
ask_free (gpointer data)
{
  WorldAsk *ask = data;

  g_free (ask->path);
  g_free (ask);
}

void
world_answer (WorldAsk *ask, PstOutcome outcome)
{
  pst_peer_reply (w.gate, ask->serial, g_variant_new ("(u)", outcome), NULL, 0);
  g_mutex_lock (&w.lock);
  g_hash_table_remove (open_asks, ask);
  g_mutex_unlock (&w.lock);
}

static void
on_gate (PstPeer *peer, PstMessage *message, gpointer data)
{
  if (strcmp (message->member, PST_GATE_ASK) == 0)
    {
      WorldAsk *ask = g_new0 (WorldAsk, 1);
      g_assert_true (pst_message_check (message, PST_GATE_ASK_IN, NULL));
      g_variant_get (message->args, "(t^ayuuu)", &ask->number, &ask->path, &ask->access, &ask->op, &ask->tid);
      ask->serial = message->serial;
      g_mutex_lock (&w.lock);
      if (open_asks == NULL)
        open_asks = g_hash_table_new_full (NULL, NULL, ask_free, NULL);
      g_hash_table_add (open_asks, ask);
      g_free (w.last_ask);
      w.last_ask = g_strdup (ask->path);
      w.last_number = ask->number;
      g_mutex_unlock (&w.lock);
      changed (&w.n_asks);
      w.ask (ask, w.ask_data);
    }
  else if (strcmp (message->member, PST_GATE_INTERRUPTED) == 0)
    changed (&w.n_interrupted);
  else if (strcmp (message->member, PST_GATE_WITHDRAW) == 0)
    changed (&w.n_withdrawn);
  else if (strcmp (message->member, PST_GATE_LIST_NAMES) == 0)
    {
      g_autoptr (GDir) dir = g_dir_open (world_real (""), 0, NULL);
      g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
      for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
        if (name[0] != '.')
          g_ptr_array_add (names, g_strdup (name));
      pst_peer_reply (peer, message->serial,
                      g_variant_new ("(@aay)", g_variant_new_bytestring_array ((const char *const *)names->pdata, names->len)),
                      NULL, 0);
    }
}

void
world_rule (const char *relative, PstScope scope, PstAccess access, PstAnswer answer)
{
  Rule rule = { world_seen (relative), scope, access, answer };
  g_mutex_lock (&w.lock);
  g_array_append_val (w.rules, rule);
  g_mutex_unlock (&w.lock);
}

void
world_no_rule (const char *relative)
{
  g_mutex_lock (&w.lock);
  for (guint i = 0; i < w.rules->len;)
    if (g_array_index (w.rules, Rule, i).path == world_seen (relative))
      g_array_remove_index (w.rules, i);
    else
      i++;
  g_mutex_unlock (&w.lock);
}

void
world_door (const char *relative, gboolean listed)
{
  Door door = { world_seen (relative), listed };
  g_array_append_val (w.doors, door);
}

static void
send_policy (PstPeerReply done, gpointer data)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;
  g_autoptr (GVariant) variant = NULL;
  pst_autofd fd = -1;

  g_mutex_lock (&w.lock);
  for (guint i = 0; i < w.rules->len; i++)
    {
      const Rule *r = &g_array_index (w.rules, Rule, i);
      PstRule rule = { .path = r->path, .scope = r->scope, .access = r->access, .answer = r->answer, .tier = PST_TIER_USER };
      g_assert_true (pst_ruleset_builder_add_rule (builder, &rule));
    }
  for (guint i = 0; i < w.doors->len; i++)
    pst_ruleset_builder_add_door (builder, g_array_index (w.doors, Door, i).path, g_array_index (w.doors, Door, i).listed);
  ruleset = pst_ruleset_builder_end (builder, ++w.generation);
  g_mutex_unlock (&w.lock);
  variant = g_variant_ref_sink (pst_ruleset_to_variant (ruleset));
  fd = pst_fd_memfd_sealed ("policy", g_variant_get_data (variant), g_variant_get_size (variant));
  pst_peer_call (w.gate, PST_GATE_SET_POLICY, g_variant_new ("(t)", w.generation), &fd, 1, done, data);
}

static void
on_pushed (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  changed (&w.n_pushed);
}

static gboolean
push (gpointer data)
{
  send_policy (on_pushed, NULL);
  return G_SOURCE_REMOVE;
}

static void
in_thread (GSourceFunc func, gpointer data)
{
  GSource *source = g_idle_source_new ();
  g_source_set_callback (source, func, data, NULL);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_attach (source, w.context);
  g_source_unref (source);
}

void
world_push_policy (void)
{
  guint n = get (&w.n_pushed);
  in_thread (push, NULL);
  wait_for (&w.n_pushed, n + 1);
}

static void
send_tree (const Tree *tree, PstPeerReply done, gpointer data)
{
  pst_autofd fd = tree->kind == PST_TREE_TREE ? clone_tree (world_real (tree->relative), tree->access == PST_ACCESS_VIEW) : -1;
  pst_peer_call (w.link, PST_LINK_TREE,
                 g_variant_new ("(tuu@aybb)", tree->id, tree->kind, tree->access,
                                g_variant_new_bytestring (world_seen (tree->relative)), tree->live,
                                tree->kind != PST_TREE_FILE),
                 &fd, fd >= 0 ? 1 : 0, done, data);
}

static void
on_attached (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  changed (&w.n_attached);
}

static gboolean
attach (gpointer data)
{
  send_tree (tree_of (GPOINTER_TO_SIZE (data)), on_attached, NULL);
  return G_SOURCE_REMOVE;
}

void
world_attach (guint64 id, PstTreeKind kind, PstAccess access, const char *relative, gboolean live)
{
  Tree tree = { id, kind, access, live, g_intern_string (relative) };
  guint n = get (&w.n_attached);
  g_array_append_val (trees, tree);
  in_thread (attach, GSIZE_TO_POINTER (id));
  wait_for (&w.n_attached, n + 1);
}

static void
on_dropped (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  changed (&w.n_dropped);
}

static gboolean
drop (gpointer data)
{
  pst_peer_call (w.link, PST_LINK_DROP_TREE, g_variant_new ("(t)", (guint64)GPOINTER_TO_SIZE (data)), NULL, 0, on_dropped,
                 NULL);
  return G_SOURCE_REMOVE;
}

void
world_drop (guint64 id)
{
  guint n = get (&w.n_dropped);
  in_thread (drop, GSIZE_TO_POINTER (id));
  wait_for (&w.n_dropped, n + 1);
}

typedef struct
{
  WorldAsk *ask;
  guint64 tree;
  GPtrArray *others; /* (nullable): WorldAsk */
} Grant;

static void
on_grant_attached (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  Grant *grant = data;
  g_assert_no_error (error);
  world_answer (grant->ask, PST_OUTCOME_RETRY);
  for (guint i = 0; grant->others != NULL && i < grant->others->len; i++)
    world_answer (g_ptr_array_index (grant->others, i), PST_OUTCOME_RETRY);
  g_free (grant);
}

static void
on_grant_pushed (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  Grant *grant = data;
  g_assert_no_error (error);
  if (grant->tree != 0)
    send_tree (tree_of (grant->tree), on_grant_attached, grant);
  else
    on_grant_attached (NULL, NULL, NULL, grant);
}

void
world_grant (WorldAsk *ask, const char *relative, PstScope scope, PstAccess access, PstAnswer answer, guint64 id,
             PstTreeKind kind, gboolean live)
{
  world_grant_with (ask, NULL, relative, scope, access, answer, id, kind, live);
}

void
world_grant_with (WorldAsk *ask, GPtrArray *others, const char *relative, PstScope scope, PstAccess access, PstAnswer answer,
                  guint64 id, PstTreeKind kind, gboolean live)
{
  Grant *grant = g_new (Grant, 1);
  Tree tree = { id, kind, access, live, g_intern_string (relative) };

  *grant = (Grant){ ask, id, others };
  if (id != 0 && tree_of (id) == NULL)
    g_array_append_val (trees, tree);
  world_rule (relative, scope, access, answer);
  send_policy (on_grant_pushed, grant);
}

/* ---- beginning and end ---- */

static gpointer
run (gpointer data)
{
  g_main_context_push_thread_default (w.context);
  g_main_loop_run (w.loop);
  g_main_context_pop_thread_default (w.context);
  return NULL;
}

static gboolean
connect_all (gpointer data)
{
  int *fds = data; /* link, gate (ours), and to be sent: fuse, gate, home */
  GVariantBuilder config, roots;

  w.link = pst_peer_new_take_fd (fds[0]);
  w.gate = pst_peer_new_take_fd (fds[1]);
  pst_peer_start (w.link, on_link, on_closed, NULL);
  pst_peer_start (w.gate, on_gate, on_closed, NULL);
  g_variant_builder_init (&roots, G_VARIANT_TYPE ("a(say)"));
  g_variant_builder_add (&roots, "(s@ay)", "home", g_variant_new_bytestring (world_seen ("")));
  g_variant_builder_init (&config, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&config, "{sv}", "roots", g_variant_builder_end (&roots));
  g_variant_builder_add (&config, "{sv}", "home", g_variant_new_bytestring (world_seen ("")));
  g_variant_builder_add (&config, "{sv}", "uid", g_variant_new_uint32 (getuid ()));
  g_variant_builder_add (&config, "{sv}", "gid", g_variant_new_uint32 (getgid ()));
  /* the thread that mounts */
  g_variant_builder_add (&config, "{sv}", "supervisor", g_variant_new_uint32 (gettid ()));
  g_variant_builder_add (&config, "{sv}", "strict", g_variant_new_boolean (w.strict));
  pst_peer_notify (w.link, PST_LINK_SERVE, g_variant_new ("(a{sv})", &config), fds + 2, 3);
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

  memset (&w, 0, sizeof w);
  w.ask = func;
  w.ask_data = data;
  w.strict = strict;
  w.dir = g_dir_make_tmp ("fusefs-test-XXXXXX", NULL);
  w.rules = g_array_new (FALSE, FALSE, sizeof (Rule));
  w.doors = g_array_new (FALSE, FALSE, sizeof (Door));
  trees = g_array_sized_new (FALSE, FALSE, sizeof (Tree), 256); /* pointers into it are kept */
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

  w.gate_pid = fork ();
  if (w.gate_pid == 0)
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
  fds[4] = clone_tree (intern ("private", ""), FALSE);
  w.context = g_main_context_new ();
  w.loop = g_main_loop_new (w.context, FALSE);
  in_thread (connect_all, fds);
  w.thread = g_thread_new ("broker", run, NULL);
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (w.loop);
  return G_SOURCE_REMOVE;
}

static gboolean
close_gate (gpointer data)
{
  pst_peer_close (w.gate);
  pst_peer_unref (w.gate);
  w.gate = NULL;
  changed (&w.n_pushed);
  return G_SOURCE_REMOVE;
}

void
world_kill_broker (void)
{
  guint n = get (&w.n_pushed);
  in_thread (close_gate, NULL);
  wait_for (&w.n_pushed, n + 1);
}

static gboolean
open_gate (gpointer data)
{
  int gate[2];
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate), ==, 0);
  w.gate = pst_peer_new_take_fd (gate[0]);
  pst_peer_start (w.gate, on_gate, on_closed, NULL);
  pst_peer_notify (w.link, PST_LINK_GATE, NULL, &gate[1], 1);
  close (gate[1]);
  return G_SOURCE_REMOVE;
}

void
world_new_broker (void)
{
  in_thread (open_gate, NULL);
}

static gboolean
close_all (gpointer data)
{
  pst_peer_unref (w.link);
  pst_peer_unref (w.gate);
  return quit (NULL);
}

void
world_stop (void)
{
  g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", w.dir);
  int status;

  in_thread (close_all, NULL);
  g_thread_join (w.thread);
  /* without its supervisor the gate ends by itself */
  g_assert_cmpint (waitpid (w.gate_pid, &status, 0), ==, w.gate_pid);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  g_assert_cmpint (umount2 (intern ("fuse", ""), MNT_DETACH), ==, 0);
  g_assert_cmpint (system (remove), ==, 0);
  g_main_loop_unref (w.loop);
  g_main_context_unref (w.context);
  g_array_unref (w.rules);
  g_array_unref (w.doors);
  g_array_unref (trees);
  g_clear_pointer (&open_asks, g_hash_table_unref);
  g_free (w.last_ask);
  g_free (w.dir);
}
