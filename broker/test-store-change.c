/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-change.h"

#include <glib/gstdio.h>

/* What is changed at once is what the same changes make one after the other: pst_store_add_rule() looks through every rule
 * each time, and knows of no index. */

typedef struct
{
  char *dir, *path;
  PstStore *store;
} Side;

static void
side_open (Side *side)
{
  g_autoptr (GError) error = NULL;

  side->dir = g_dir_make_tmp ("postern-change-XXXXXX", &error);
  g_assert_no_error (error);
  side->path = g_build_filename (side->dir, "grants.db", NULL);
  side->store = pst_store_open (side->path, &error);
  g_assert_no_error (error);
}

static void
side_close (Side *side)
{
  static const char *const names[] = { "grants.db", "grants.db-wal", "grants.db-shm", "history.db", "history.db-wal" };

  pst_store_close (side->store);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (side->dir, names[i], NULL);

      g_remove (path);
    }
  g_assert_no_errno (g_rmdir (side->dir));
  g_free (side->dir);
  g_free (side->path);
}

static void
clear (PstStore *store)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (store, NULL);
  g_autoptr (PstStoreChange) change = pst_store_change_new (store);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < rules->len; i++)
    pst_store_change_remove_rule (change, ((PstStoredRule *)rules->pdata[i])->id);
  g_assert_true (pst_store_apply (store, change, &error));
  g_assert_no_error (error);
}

/* Of one sandbox, so that nothing waits for the disk, unless it @lasts. */
static PstStoredRule
random_rule (guint n_places, gboolean lasts)
{
  static const char *const apps[] = { "eog", "gedit" };
  static const char *const places[] = { "/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h", "/i", "/j", "/k", "/l", "/m", "/n" };

  g_assert_cmpuint (n_places, <=, G_N_ELEMENTS (places));
  return (PstStoredRule){ .app = (char *)apps[g_test_rand_int_range (0, G_N_ELEMENTS (apps))],
                          .kind = PST_KIND_FILES,
                          .resource = (char *)places[g_test_rand_int_range (0, (gint32)n_places)],
                          .scope = (PstScope)g_test_rand_int_range (PST_SCOPE_TREE, PST_SCOPE_FILE + 1),
                          .access = (PstAccess)g_test_rand_int_range (PST_ACCESS_VIEW, PST_ACCESS_SAVE + 1),
                          .answer = (PstAnswer)g_test_rand_int_range (PST_ANSWER_ALLOW, PST_ANSWER_ASK + 1),
                          .lifetime = lasts ? PST_LIFETIME_ALWAYS : PST_LIFETIME_ONCE,
                          .sandbox = lasts ? 0 : (guint64)g_test_rand_int_range (1, 3),
                          .boot = (char *)"b",
                          .login = (char *)"",
                          .used = g_test_rand_int_range (0, 100) };
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

/* All but the numbers, which a rule that was narrowed keeps on one side alone. */
static char *
say (PstStore *store)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (store, NULL), lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      g_ptr_array_add (lines, g_strdup_printf ("%s %s scope %d access %d answer %d lifetime %d of %" G_GUINT64_FORMAT
                                               " used %" G_GINT64_FORMAT,
                                               rule->app, rule->resource, rule->scope, rule->access, rule->answer,
                                               rule->lifetime, rule->sandbox, rule->used));
    }
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

static void
add_one (PstStore *store, const PstStoredRule *rule)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (pst_store_add_rule (store, rule, NULL, NULL, &error), !=, 0);
  g_assert_no_error (error);
}

/* From one addition, which looks for itself, to many, which have an index; and both in one change. */
static void
test_random (void)
{
  Side one = { 0 }, other = { 0 };
  guint n_most = 0;

  side_open (&one);
  side_open (&other);
  for (guint round = 0; round < (g_test_thorough () ? 5000 : 300); round++)
    {
      guint n_places = (guint)g_test_rand_int_range (1, 15), n_before = (guint)g_test_rand_int_range (0, 20),
            n = (guint)g_test_rand_int_range (1, 40);
      g_autoptr (PstStoreChange) change = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *at_once = NULL, *each = NULL;
      gboolean lasts = round % 50 == 0;

      clear (one.store);
      clear (other.store);
      for (guint i = 0; i < n_before; i++)
        {
          PstStoredRule rule = random_rule (n_places, lasts);

          add_one (one.store, &rule);
          add_one (other.store, &rule);
        }
      change = pst_store_change_new (one.store);
      for (guint i = 0; i < n; i++)
        {
          PstStoredRule rule = random_rule (n_places, lasts);

          pst_store_change_add_rule (change, &rule);
          add_one (other.store, &rule);
        }
      g_assert_true (pst_store_apply (one.store, change, &error));
      g_assert_no_error (error);
      at_once = say (one.store);
      each = say (other.store);
      g_assert_cmpstr (at_once, ==, each);
      n_most = MAX (n_most, pst_store_change_get_added (change)->len);
    }
  g_assert_cmpuint (n_most, >, 10);
  side_close (&one);
  side_close (&other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store-change/random", test_random);
  return g_test_run ();
}
