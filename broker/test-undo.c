/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "undo.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include <glib/gstdio.h>

typedef struct
{
  char *dir, *path;
  PstStore *store;
  PstUndoList *list;
  guint n_told;
} Fixture;

static void
on_told (guint what, const char *app, gpointer data)
{
  ((Fixture *)data)->n_told++;
}

static void
open_store (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  f->store = pst_store_open (f->path, &error);
  g_assert_no_error (error);
  pst_store_set_listener (f->store, on_told, f);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->dir = g_dir_make_tmp ("postern-undo-XXXXXX", &error);
  g_assert_no_error (error);
  f->path = g_build_filename (f->dir, "grants.db", NULL);
  f->list = pst_undo_list_new ();
  open_store (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "grants.db", "grants.db-wal", "grants.db-shm", "history.db", "history.db-wal" };

  pst_undo_list_free (f->list);
  pst_store_close (f->store);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (f->dir, names[i], NULL);

      g_remove (path);
    }
  g_assert_no_errno (g_rmdir (f->dir));
  g_free (f->dir);
  g_free (f->path);
}

static PstStoredRule
rule (const char *app, const char *resource, PstAccess access, PstAnswer answer)
{
  return (PstStoredRule){ .app = (char *)app,
                          .kind = PST_KIND_FILES,
                          .resource = (char *)resource,
                          .scope = PST_SCOPE_TREE,
                          .access = access,
                          .answer = answer,
                          .lifetime = PST_LIFETIME_ALWAYS,
                          .boot = (char *)"",
                          .login = (char *)"",
                          .created = 7,
                          .used = 9,
                          .origin = PST_ORIGIN_QUESTION };
}

static guint64
add (Fixture *f, const char *app, const char *resource, PstAccess access, PstAnswer answer)
{
  PstStoredRule new_rule = rule (app, resource, access, answer);
  g_autoptr (GError) error = NULL;
  guint64 id = pst_store_add_rule (f->store, &new_rule, NULL, NULL, &error);

  g_assert_no_error (error);
  return id;
}

static guint64
apply (Fixture *f, PstStoreChange *change)
{
  g_autoptr (GError) error = NULL;
  guint64 number = pst_undo_apply (f->list, f->store, change, &error);

  g_assert_no_error (error);
  return number;
}

static void
take_back (Fixture *f, guint64 number)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) apps = NULL;

  g_assert_true (pst_undo_take_back (f->list, f->store, number, NULL, NULL, &apps, &error));
  g_assert_no_error (error);
}

static void
take_back_fails (Fixture *f, guint64 number, PstUndoError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) apps = NULL;
  guint64 revision = pst_store_get_revision (f->store);

  g_assert_false (pst_undo_take_back (f->list, f->store, number, NULL, NULL, &apps, &error));
  g_assert_error (error, PST_UNDO_ERROR, (int)code);
  g_assert_cmpuint (pst_store_get_revision (f->store), ==, revision);
}

/* What was there, with everything that belongs to it, in memory and in the file. */
static void
test_removed (Fixture *f, gconstpointer data)
{
  guint64 a = add (f, "eog", "/home/u/Pictures", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW),
          b = add (f, "eog", "/home/u/Music", PST_ACCESS_VIEW, PST_ANSWER_DENY), number;
  PstStoreChange *change = pst_store_change_new (f->store);

  pst_store_change_remove_rule (change, a);
  pst_store_change_remove_rule (change, a);
  pst_store_change_remove_rule (change, 12345);
  number = apply (f, change);
  g_assert_null (pst_store_get_rule (f->store, a));
  g_assert_nonnull (pst_store_get_rule (f->store, b));
  take_back (f, number);
  take_back_fails (f, number, PST_UNDO_ERROR_GONE);
  for (int i = 0; i < 2; i++)
    {
      const PstStoredRule *back = pst_store_get_rule (f->store, a);
      g_autoptr (GPtrArray) list = pst_store_list_rules (f->store, "eog");

      g_assert_nonnull (back);
      g_assert_cmpstr (back->resource, ==, "/home/u/Pictures");
      g_assert_cmpint (back->created, ==, 7);
      g_assert_cmpint (back->used, ==, 9);
      g_assert_cmpint (back->origin, ==, PST_ORIGIN_QUESTION);
      g_assert_cmpint (back->access, ==, PST_ACCESS_CHANGE);
      /* in order of their numbers */
      g_assert_cmpuint (list->len, ==, 2);
      g_assert_cmpuint (((PstStoredRule *)list->pdata[0])->id, ==, a);
      pst_store_close (f->store);
      open_store (f);
    }
  /* A new rule does not get a number that was given. */
  g_assert_cmpuint (add (f, "eog", "/home/u/x", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), >, b);
}

/* Merging as in pst_store_add_rule(), and back. */
static void
test_merged (Fixture *f, gconstpointer data)
{
  guint64 a = add (f, "eog", "/home/u/Pictures", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW), number;
  PstStoredRule deny = rule ("eog", "/home/u/Pictures", PST_ACCESS_CHANGE, PST_ANSWER_DENY),
                view = rule ("eog", "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  PstStoreChange *change = pst_store_change_new (f->store);
  g_autoptr (GPtrArray) list = NULL;

  pst_store_change_add_rule (change, &deny);
  number = apply (f, change);
  list = pst_store_list_rules (f->store, "eog");
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpint (pst_store_get_rule (f->store, a)->access, ==, PST_ACCESS_VIEW);
  take_back (f, number);
  g_assert_cmpint (pst_store_get_rule (f->store, a)->access, ==, PST_ACCESS_CHANGE);
  g_clear_pointer (&list, g_ptr_array_unref);
  list = pst_store_list_rules (f->store, "eog");
  g_assert_cmpuint (list->len, ==, 1);

  /* The second word in one change replaces the first. */
  change = pst_store_change_new (f->store);
  pst_store_change_add_rule (change, &view);
  view.answer = PST_ANSWER_HIDE;
  pst_store_change_add_rule (change, &view);
  number = apply (f, change);
  g_clear_pointer (&list, g_ptr_array_unref);
  list = pst_store_list_rules (f->store, "eog");
  g_assert_cmpuint (list->len, ==, 1);
  g_assert_cmpint (((PstStoredRule *)list->pdata[0])->answer, ==, PST_ANSWER_HIDE);
  take_back (f, number);
  g_assert_cmpint (pst_store_get_rule (f->store, a)->answer, ==, PST_ANSWER_ALLOW);
}

static void
test_switches (Fixture *f, gconstpointer data)
{
  PstStoreChange *change = pst_store_change_new (f->store);
  guint64 first, second;

  pst_store_change_set_app (change, "eog", TRUE, FALSE, 0);
  first = apply (f, change);
  change = pst_store_change_new (f->store);
  pst_store_change_set_app (change, "eog", TRUE, TRUE, 5);
  second = apply (f, change);
  g_assert_true (pst_store_get_app (f->store, "eog")->strict);
  take_back_fails (f, first, PST_UNDO_ERROR_CHANGED);
  take_back (f, second);
  g_assert_true (pst_store_get_app (f->store, "eog")->locked);
  g_assert_false (pst_store_get_app (f->store, "eog")->strict);
  g_assert_cmpint (pst_store_get_app (f->store, "eog")->sheet, ==, 0);
  take_back (f, first);
  g_assert_false (pst_store_get_app (f->store, "eog")->locked);
}

/* Whatever was done to the same application and resource since stands in the way; what was done elsewhere does not, nor use. */
static void
test_changed_since (Fixture *f, gconstpointer data)
{
  guint64 a = add (f, "eog", "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), other, number;
  PstStoreChange *change = pst_store_change_new (f->store);
  PstStoredRule change_rule = rule ("eog", "/home/u/Pictures", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  g_autoptr (GError) error = NULL;

  pst_store_change_remove_rule (change, a);
  number = apply (f, change);
  add (f, "eog", "/home/u/Pictures/2026", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  add (f, "feh", "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  other = add (f, "eog", "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  take_back_fails (f, number, PST_UNDO_ERROR_CHANGED);
  g_assert_true (pst_store_remove_rules (f->store, &other, 1, NULL, &error));
  take_back (f, number);

  change = pst_store_change_new (f->store);
  pst_store_change_add_rule (change, &change_rule);
  number = apply (f, change);
  {
    g_autoptr (GPtrArray) list = pst_store_list_rules (f->store, "eog");

    for (guint i = 0; i < list->len; i++)
      pst_store_queue_use (f->store, ((PstStoredRule *)list->pdata[i])->id, 99);
  }
  take_back (f, number);
  g_assert_cmpint (pst_store_get_rule (f->store, a)->access, ==, PST_ACCESS_VIEW);

  /* What the change had added has been taken away by somebody. */
  change = pst_store_change_new (f->store);
  pst_store_change_add_rule (change, &change_rule);
  number = apply (f, change);
  {
    g_autoptr (GPtrArray) list = pst_store_list_rules (f->store, "eog");
    guint64 last = ((PstStoredRule *)list->pdata[list->len - 1])->id;

    g_assert_true (pst_store_remove_rules (f->store, &last, 1, NULL, &error));
  }
  take_back_fails (f, number, PST_UNDO_ERROR_CHANGED);
}

typedef struct
{
  gboolean refuse;
  guint n_restored, n_put_aside, n_dropped;
  gboolean dropped_restored;
} Beside;

static gboolean
beside_restore (gpointer data, GError **error)
{
  Beside *beside = data;

  if (beside->refuse)
    {
      g_set_error (error, PST_UNDO_ERROR, PST_UNDO_ERROR_CHANGED, "refused");
      return FALSE;
    }
  beside->n_restored++;
  return TRUE;
}

static void
beside_put_aside (gpointer data)
{
  ((Beside *)data)->n_put_aside++;
}

static void
beside_drop (gpointer data, gboolean restored)
{
  Beside *beside = data;

  beside->n_dropped++;
  beside->dropped_restored = restored;
}

static const PstUndoBeside beside_functions = { beside_restore, beside_put_aside, beside_drop };

static guint64
apply_beside (Fixture *f, guint64 rule_id, Beside *beside)
{
  PstStoreChange *change = pst_store_change_new (f->store);
  g_autoptr (GError) error = NULL;
  guint64 number;

  pst_store_change_remove_rule (change, rule_id);
  number = pst_undo_apply_with (f->list, f->store, change, &beside_functions, beside, &error);
  g_assert_no_error (error);
  return number;
}

/* What is beside goes with the store: both, or none. */
static void
test_beside (Fixture *f, gconstpointer data)
{
  guint64 a = add (f, "eog", "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), number;
  Beside beside = { .refuse = TRUE }, full = { 0 }, old = { 0 };
  struct rlimit before, none;

  number = apply_beside (f, a, &beside);
  take_back_fails (f, number, PST_UNDO_ERROR_CHANGED);
  g_assert_null (pst_store_get_rule (f->store, a));
  beside.refuse = FALSE;
  take_back (f, number);
  g_assert_cmpuint (beside.n_restored, ==, 1);
  g_assert_cmpuint (beside.n_dropped, ==, 1);
  g_assert_true (beside.dropped_restored);

  /* A disk that takes no more: the home goes back aside. */
  number = apply_beside (f, a, &full);
  pst_history_settle (pst_store_get_history (f->store)); /* the limit is of the whole process, and its thread writes too */
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &before));
  none = (struct rlimit){ 1, before.rlim_max };
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &none));
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) apps = NULL;

    g_assert_false (pst_undo_take_back (f->list, f->store, number, NULL, NULL, &apps, &error));
    g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &before));
    g_assert_error (error, PST_STORE_ERROR, PST_STORE_ERROR_WRITE);
  }
  g_assert_cmpuint (full.n_restored, ==, 1);
  g_assert_cmpuint (full.n_put_aside, ==, 1);
  g_assert_cmpuint (full.n_dropped, ==, 0);
  g_assert_null (pst_store_get_rule (f->store, a));
  take_back (f, number);
  g_assert_nonnull (pst_store_get_rule (f->store, a));

  /* It grows old. */
  number = apply_beside (f, a, &old);
  pst_undo_expire (f->list, g_get_monotonic_time () + (PST_UNDO_SECONDS - 5) * G_USEC_PER_SEC);
  g_assert_cmpuint (old.n_dropped, ==, 0);
  pst_undo_expire (f->list, g_get_monotonic_time () + PST_UNDO_SECONDS * G_USEC_PER_SEC);
  g_assert_cmpuint (old.n_dropped, ==, 1);
  g_assert_false (old.dropped_restored);
  take_back_fails (f, number, PST_UNDO_ERROR_GONE);
}

/* Sixty-four, the oldest go first. */
static void
test_bounded (Fixture *f, gconstpointer data)
{
  guint64 first = 0, last = 0;
  Beside beside = { 0 };

  first = apply_beside (f, add (f, "eog", "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), &beside);
  for (int i = 0; i < PST_UNDO_MAX; i++)
    {
      PstStoreChange *change = pst_store_change_new (f->store);

      pst_store_change_set_app (change, "eog", i % 2 == 0, FALSE, 0);
      last = apply (f, change);
    }
  g_assert_cmpuint (beside.n_dropped, ==, 1);
  take_back_fails (f, first, PST_UNDO_ERROR_GONE);
  take_back (f, last);
}

static gboolean
is_not_music (const PstStoredRule *stored, gpointer data)
{
  return !strstr (stored->resource, "Music");
}

/* Many rules at once: told once, and not in a time that grows with their square. What is over meanwhile stays away. */
static void
test_many (Fixture *f, gconstpointer data)
{
  PstStoreChange *change = pst_store_change_new (f->store);
  g_autoptr (GPtrArray) list = NULL, apps = NULL;
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();
  guint64 number;

  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *path = g_strdup_printf ("/home/u/%s/%u", i % 100 ? "Pictures" : "Music", i);
      PstStoredRule one = rule ("eog", path, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

      pst_store_change_add_rule (change, &one);
    }
  f->n_told = 0;
  apply (f, change);
  g_assert_cmpuint (f->n_told, ==, 1);
  list = pst_store_list_rules (f->store, "eog");
  g_assert_cmpuint (list->len, ==, 10000);
  change = pst_store_change_new (f->store);
  for (guint i = 0; i < list->len; i++)
    pst_store_change_remove_rule (change, ((PstStoredRule *)list->pdata[i])->id);
  number = apply (f, change);
  g_assert_true (pst_undo_take_back (f->list, f->store, number, is_not_music, NULL, &apps, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (apps->len, ==, 1);
  g_clear_pointer (&list, g_ptr_array_unref);
  list = pst_store_list_rules (f->store, "eog");
  g_assert_cmpuint (list->len, ==, 9900);
  g_test_message ("added, removed and restored in %.0f ms", (double)(g_get_monotonic_time () - begin) / 1000);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 20 * G_USEC_PER_SEC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/undo/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("removed", test_removed);
  ADD ("merged", test_merged);
  ADD ("switches", test_switches);
  ADD ("changed-since", test_changed_since);
  ADD ("beside", test_beside);
  ADD ("bounded", test_bounded);
  ADD ("many", test_many);
#undef ADD
  return g_test_run ();
}
