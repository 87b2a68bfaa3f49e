/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backing-tree.h"
#include "dir.h"
#include "epoch.h"
#include "gate.h"
#include "inode.h"
#include "policy.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The inode table, the directory descriptors and the verdicts, on a real directory and without FUSE. */

static char *top;
static PstTree *tree;

static const char *
path (const char *name)
{
  g_autofree char *full = g_build_filename (top, name, NULL);
  return g_intern_string (full);
}

static void
begin (void)
{
  top = g_dir_make_tmp ("fusefs-inode-XXXXXX", NULL);
  pst_inodes_init ();
  pst_trees_init ();
  tree =
      pst_tree_attach_take_fd (1, PST_TREE_TREE, PST_ACCESS_CHANGE, "/t", FALSE, open (top, O_PATH | O_DIRECTORY | O_CLOEXEC));
  g_assert_nonnull (tree);
}

static void
end (void)
{
  g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", top);
  pst_trees_fini ();
  pst_inodes_fini ();
  pst_policy_take (NULL);
  g_assert_cmpint (system (remove), ==, 0);
  g_free (top);
}

static PstInode *
look_up (PstInode *dir, const char *name)
{
  PstDir *at = pst_dir_acquire (dir);
  PstInode *inode = NULL;
  struct stat st;

  g_assert_nonnull (at);
  if (fstatat (at->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
    inode = pst_inode_enter (tree, &st, dir, name, TRUE);
  pst_dir_unref (at);
  return inode;
}

static void
assert_path (PstInode *inode, const char *expected)
{
  g_autofree char *found = pst_inode_path (inode, 0, NULL);
  g_assert_cmpstr (found, ==, expected);
}

static void
put (const char *name)
{
  g_assert_true (g_file_set_contents (path (name), name, -1, NULL));
}

static void
test_forget (void)
{
  PstInode *d, *f;
  guint before;

  begin ();
  before = pst_inodes_count ();
  g_mkdir (path ("d"), 0755);
  put ("d/f");
  d = look_up (tree->root, "d");
  f = look_up (d, "f");
  g_assert_true (look_up (d, "f") == f);
  assert_path (f, "/t/d/f");
  /* the parent stays as long as a child is known */
  pst_inode_forget (d, 1);
  assert_path (f, "/t/d/f");
  g_assert_cmpuint (pst_inodes_count (), ==, before + 2);
  pst_inode_forget (f, 1);
  g_assert_cmpuint (pst_inodes_count (), ==, before + 2);
  pst_inode_forget (f, 1);
  g_assert_cmpuint (pst_inodes_count (), ==, before);
  end ();
}

static void
test_names (void)
{
  PstInode *a, *b;
  struct stat st;

  begin ();
  put ("a");
  g_assert_cmpint (link (path ("a"), path ("b")), ==, 0);
  a = look_up (tree->root, "a");
  b = look_up (tree->root, "b");
  g_assert_true (a == b);
  g_assert_cmpint (unlink (path ("b")), ==, 0);
  pst_inode_name_gone (tree->root, "b", TRUE);
  g_assert_cmpint (pst_backing_stat (a, &st), ==, 0);
  assert_path (a, "/t/a");
  /* moved by us, then by somebody else */
  g_assert_cmpint (rename (path ("a"), path ("c")), ==, 0);
  pst_inode_renamed (tree->root, "a", tree->root, "c", FALSE);
  assert_path (a, "/t/c");
  g_assert_cmpint (rename (path ("c"), path ("d")), ==, 0);
  g_assert_cmpint (pst_backing_stat (a, &st), ==, ESTALE);
  g_assert_true (look_up (tree->root, "d") == a);
  g_assert_cmpint (pst_backing_stat (a, &st), ==, 0);
  pst_inode_forget (a, 3);
  end ();
}

/* A file system gives the number of a removed file to the next one: they must not be taken for one another. */
static void
test_number_again (void)
{
  PstInode *first, *second, *other;
  struct stat st;

  begin ();
  put ("a");
  first = look_up (tree->root, "a");
  g_assert_cmpint (stat (path ("a"), &st), ==, 0);
  g_assert_cmpint (unlink (path ("a")), ==, 0);
  pst_inode_name_gone (tree->root, "a", TRUE);
  second = pst_inode_enter (tree, &st, tree->root, "b", TRUE);
  g_assert_true (first != second);
  /* and one that was removed by somebody else, and came back as something else */
  st.st_mode = S_IFDIR | 0755;
  other = pst_inode_enter (tree, &st, tree->root, "b", FALSE);
  g_assert_true (other != second);
  pst_inode_unref (other);
  pst_inode_forget (first, 1);
  pst_inode_forget (second, 1);
  end ();
}

static void
test_exchange (void)
{
  PstInode *a, *b;

  begin ();
  g_mkdir (path ("d"), 0755);
  put ("a");
  put ("d/b");
  PstInode *d = look_up (tree->root, "d");
  a = look_up (tree->root, "a");
  b = look_up (d, "b");
  pst_inode_renamed (tree->root, "a", d, "b", TRUE);
  assert_path (a, "/t/d/b");
  assert_path (b, "/t/a");
  /* over another: that one has no name any more */
  pst_inode_renamed (tree->root, "a", d, "b", FALSE);
  assert_path (b, "/t/d/b");
  g_assert_null (a->links);
  pst_inode_forget (a, 1);
  pst_inode_forget (b, 1);
  pst_inode_forget (d, 1);
  end ();
}

static void
test_replaced (void)
{
  struct stat st;
  PstInode *f;

  begin ();
  put ("f");
  f = look_up (tree->root, "f");
  put ("g");
  g_assert_cmpint (rename (path ("g"), path ("f")), ==, 0);
  /* what stands there now is another file: never opened for the first */
  g_assert_cmpint (pst_backing_stat (f, &st), ==, ESTALE);
  g_assert_cmpint (pst_backing_open (f, O_RDONLY), ==, -ESTALE);
  g_assert_cmpint (unlink (path ("f")), ==, 0);
  g_assert_cmpint (symlink ("/etc/passwd", path ("f")), ==, 0);
  g_assert_cmpint (pst_backing_open (f, O_RDONLY), <, 0);
  pst_inode_forget (f, 1);
  end ();
}

static void
test_many_directories (void)
{
  enum
  {
    N = 3 * PST_DIR_MAX_CACHED
  };
  g_autofree PstInode **dirs = g_new (PstInode *, N);

  begin ();
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      PstDir *dir;
      g_mkdir (path (name), 0755);
      dirs[i] = look_up (tree->root, name);
      dir = pst_dir_acquire (dirs[i]);
      g_assert_nonnull (dir);
      pst_dir_unref (dir);
      g_assert_cmpuint (pst_dir_count_cached (), <=, PST_DIR_MAX_CACHED);
    }
  for (guint i = 0; i < N; i++)
    {
      struct stat st;
      PstDir *dir = pst_dir_acquire (dirs[i]);
      g_assert_nonnull (dir);
      g_assert_cmpint (fstat (dir->fd, &st), ==, 0);
      g_assert_true (pst_inode_matches (dirs[i], &st));
      pst_dir_unref (dir);
    }
  for (guint i = 0; i < N; i++)
    pst_inode_forget (dirs[i], 1);
  g_assert_cmpuint (pst_dir_count_cached (), ==, 0);
  end ();
}

static void
test_deep (void)
{
  enum
  {
    DEPTH = 10000
  };
  PstInode *inode, *parent;
  PstDir *dir;
  guint before;

  begin ();
  before = pst_inodes_count ();
  parent = pst_inode_ref (tree->root);
  for (guint i = 0; i < DEPTH; i++)
    {
      dir = pst_dir_acquire (parent);
      g_assert_nonnull (dir);
      g_assert_cmpint (mkdirat (dir->fd, "a-name-of-some-length", 0755), ==, 0);
      pst_dir_unref (dir);
      inode = look_up (parent, "a-name-of-some-length");
      if (parent == tree->root)
        pst_inode_unref (parent);
      else
        pst_inode_forget (parent, 1);
      parent = inode;
    }
  /* every descriptor on the way is closed: the walk goes all the way down */
  g_mutex_lock (&pst_table_lock);
  for (inode = parent; inode != tree->root; inode = inode->links->parent)
    pst_dir_forget_locked (inode);
  g_mutex_unlock (&pst_table_lock);
  g_assert_cmpuint (pst_dir_count_cached (), ==, 0);
  dir = pst_dir_acquire (parent);
  g_assert_nonnull (dir);
  pst_dir_unref (dir);
  g_autofree char *long_path = pst_inode_path (parent, 0, "x");
  g_assert_cmpuint (strlen (long_path), ==, 2 + DEPTH * 22 + 2);
  pst_inode_forget (parent, 1);
  g_assert_cmpuint (pst_inodes_count (), ==, before);
  end ();
}

/* Somebody moves directories about while both are in use, until each is remembered as the other's child. */
static void
test_circle (void)
{
  PstInode *a, *b;

  begin ();
  g_mkdir (path ("a"), 0755);
  g_mkdir (path ("b"), 0755);
  a = look_up (tree->root, "a");
  b = look_up (tree->root, "b");
  pst_dir_unref (pst_dir_acquire (a)); /* as somebody's working directory */
  g_assert_cmpint (rename (path ("a"), path ("b/a")), ==, 0);
  g_assert_true (look_up (b, "a") == a);
  g_assert_cmpint (rename (path ("b/a"), path ("a")), ==, 0);
  g_assert_cmpint (rename (path ("b"), path ("a/b")), ==, 0);
  g_assert_true (look_up (a, "b") == b);
  g_assert_null (pst_inode_path (a, 0, NULL));
  g_mutex_lock (&pst_table_lock);
  pst_dir_forget_locked (a);
  pst_dir_forget_locked (b);
  g_mutex_unlock (&pst_table_lock);
  g_assert_null (pst_dir_acquire (a));
  g_assert_cmpint (errno, ==, ESTALE);
  /* the next look-up from above sets it right */
  g_assert_true (look_up (tree->root, "a") == a);
  assert_path (b, "/t/a/b");
  pst_inode_forget (a, 3);
  pst_inode_forget (b, 2);
  end ();
}

static void
add (PstRulesetBuilder *builder, const char *where, PstAccess access, PstAnswer answer)
{
  PstRule rule = { .path = where, .scope = PST_SCOPE_TREE, .access = access, .answer = answer, .tier = PST_TIER_USER };
  g_assert_true (pst_ruleset_builder_add_rule (builder, &rule));
}

static void
test_decide (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  PstInode *plain, *secret, *file, *view;

  begin ();
  g_mkdir (path ("plain"), 0755);
  g_mkdir (path ("secret"), 0755);
  g_mkdir (path ("view"), 0755);
  put ("plain/f");
  plain = look_up (tree->root, "plain");
  secret = look_up (tree->root, "secret");
  view = look_up (tree->root, "view");
  file = look_up (plain, "f");
  /* before the first policy nothing is allowed */
  g_assert_cmpint (pst_gate_decide (plain, NULL, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);

  add (builder, "/t", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  add (builder, "/t/secret", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  add (builder, "/t/view", PST_ACCESS_CHANGE, PST_ANSWER_DENY);
  add (builder, "/t/hidden", PST_ACCESS_VIEW, PST_ANSWER_HIDE);
  pst_policy_take (pst_ruleset_builder_end (builder, 1));
  g_assert_cmpint (pst_gate_decide (tree->root, NULL, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_false (pst_gate_is_uniform (tree->root));
  g_assert_cmpint (pst_gate_decide (tree->root, "secret", PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_assert_cmpint (pst_gate_decide (tree->root, "hidden", PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (pst_gate_decide (secret, "x", PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_assert_true (pst_gate_is_uniform (plain));
  g_assert_cmpint (pst_gate_decide (plain, "anything", PST_ACCESS_CHANGE), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (pst_gate_decide (file, NULL, PST_ACCESS_CHANGE), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (pst_gate_decide (view, "x", PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (pst_gate_decide (view, "x", PST_ACCESS_CHANGE), ==, PST_ANSWER_DENY);
  g_assert_cmpint (pst_gate_decide (view, "x", PST_ACCESS_SAVE), ==, PST_ANSWER_DENY);

  /* what was cached goes with the policy */
  builder = pst_ruleset_builder_new ();
  add (builder, "/t/plain", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  pst_policy_take (pst_ruleset_builder_end (builder, 2));
  g_assert_cmpint (pst_gate_decide (file, NULL, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_assert_cmpint (pst_gate_decide (tree->root, NULL, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);

  pst_inode_forget (file, 1);
  pst_inode_forget (plain, 1);
  pst_inode_forget (secret, 1);
  pst_inode_forget (view, 1);
  end ();
}

static gint epoch_called;

static void
on_epoch (gpointer data)
{
  epoch_called++;
}

static GMutex mutex;
static GCond cond;
static int stage;

static void
set_stage (int to)
{
  g_mutex_lock (&mutex);
  stage = to;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&mutex);
}

static void
wait_stage (int for_)
{
  g_mutex_lock (&mutex);
  while (stage < for_)
    g_cond_wait (&cond, &mutex);
  g_mutex_unlock (&mutex);
}

static gpointer
request (gpointer data)
{
  pst_epoch_register_thread ();
  pst_epoch_enter ();
  set_stage (1);
  wait_stage (2);
  pst_epoch_leave ();
  pst_epoch_enter (); /* a later request is not waited for */
  set_stage (3);
  wait_stage (4);
  pst_epoch_leave ();
  pst_epoch_unregister_thread ();
  return NULL;
}

static void
test_epoch (void)
{
  GThread *thread;

  pst_epoch_defer (on_epoch, NULL);
  g_assert_cmpint (epoch_called, ==, 1); /* nothing runs: at once */
  thread = g_thread_new ("request", request, NULL);
  wait_stage (1);
  pst_epoch_defer (on_epoch, NULL);
  g_assert_cmpint (epoch_called, ==, 1);
  set_stage (2);
  wait_stage (3);
  while (epoch_called < 2)
    g_main_context_iteration (NULL, TRUE);
  set_stage (4);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inode/forget", test_forget);
  g_test_add_func ("/inode/names", test_names);
  g_test_add_func ("/inode/number-again", test_number_again);
  g_test_add_func ("/inode/exchange", test_exchange);
  g_test_add_func ("/inode/replaced", test_replaced);
  g_test_add_func ("/inode/circle", test_circle);
  g_test_add_func ("/dir/many", test_many_directories);
  g_test_add_func ("/dir/deep", test_deep);
  g_test_add_func ("/gate/decide", test_decide);
  g_test_add_func ("/epoch", test_epoch);
  return g_test_run ();
}
