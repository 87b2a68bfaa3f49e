/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the manager asks of the broker: lists, changes of permissions, and that it hears of them. */
#include <signal.h>
#include <string.h>

#include "postern-ipc.h"
#include "store-change.h"
#include "test-control.h"

static void
test_changed (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg");
  gint64 begin;
  TestAsk *ask;
  guint before;

  test_settle (f->broker);
  f->topics = 0;
  g_ptr_array_set_size (f->apps, 0);
  begin = g_get_monotonic_time ();
  test_control_grant (f, "viewer", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  /* What there is to tell of the sandbox that has just started may be told with it, or before it. */
  while (!(f->topics & 1) || (!g_ptr_array_find_with_equal_func (f->apps, "viewer", g_str_equal, NULL) &&
                              !g_ptr_array_find_with_equal_func (f->apps, "any", g_str_equal, NULL)))
    test_wait_count (&f->n_changed, f->n_changed + 1);
  g_test_message ("a grant was told of after %.1f ms", (double)(g_get_monotonic_time () - begin) / 1000);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 5 * G_USEC_PER_SEC);

  /* A question that is answered, and what is attached by it. */
  ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->agent->n_shown);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  test_control_await (f, 1 | 4 | 8);

  /* One that ends */
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  test_control_await (f, 4 | 8);

  /* Many changes are told together, and the last one is told. */
  before = f->n_changed;
  begin = g_get_monotonic_time ();
  for (int i = 0; i < 100; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%d", pictures, i);

      test_control_grant (f, "other", path, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_SESSION);
    }
  f->topics = 0;
  g_variant_unref (test_control_call (f->broker, PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", "other", "")));
  test_control_await (f, 1);
  g_assert_cmpuint (f->n_changed - before, <=, (guint)((g_get_monotonic_time () - begin) / 45000) + 3);
}

/* Nobody is told who did not ask. */
static void
test_not_watching (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  TestControl other = { .apps = g_ptr_array_new_with_free_func (g_free) };
  PstPeer *peer = test_connect (f->broker, "control");

  pst_peer_start (peer, test_control_on_watched, NULL, &other);
  test_control_grant (f, "viewer", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  test_control_await (f, 1);
  test_settle (f->broker);
  g_assert_cmpuint (other.n_changed, ==, 0);
  pst_peer_unref (peer);
  g_ptr_array_unref (other.apps);
}

static void
test_entries (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg"),
                  *gone = test_path (f->broker, "Gone"), *ssh = test_path (f->broker, ".ssh"),
                  *documents = test_path (f->broker, "Documents");
  guint64 allow = test_control_grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          missing = test_control_grant (f, "cat", gone, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          protected = test_control_grant (f, "cat", ssh, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          longer = test_control_grant (f, "cat", documents, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          once = test_control_grant (f, "cat", documents, PST_ACCESS_VIEW, PST_ANSWER_DENY, PST_LIFETIME_ONCE);
  g_autoptr (GPtrArray) list = NULL;
  const TestEntry *entry;

  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  list = test_control_entries (f, "cat");
  g_assert_cmpuint (list->len, ==, 5);
  entry = test_control_find (list, allow);
  g_assert_cmpstr (entry->app, ==, "cat");
  g_assert_cmpstr (entry->resource, ==, pictures);
  g_assert_cmpuint (entry->tier, ==, PST_TIER_USER);
  g_assert_cmpuint (entry->origin, ==, PST_ORIGIN_COMMAND);
  g_assert_cmpstr (entry->source, ==, "");
  g_assert_cmpuint (entry->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (entry->flags, ==, 1);
  g_assert_cmpint (entry->used, >, 0);
  g_assert_cmpuint (test_control_find (list, missing)->flags, ==, 16);
  g_assert_cmpuint (test_control_find (list, protected)->flags, ==, 4);
  g_assert_cmpuint (test_control_find (list, longer)->flags, ==, 2);
  g_assert_cmpuint (test_control_find (list, longer)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (test_control_find (list, once)->flags, ==, 0);

  g_clear_pointer (&list, g_ptr_array_unref);
  test_control_grant (f, "viewer", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  list = test_control_entries (f, "");
  g_assert_cmpuint (list->len, ==, 6);

  /* What comes back is said to be there. */
  test_make_file (f->broker, "Gone");
  for (;;)
    {
      g_autoptr (GPtrArray) again = test_control_entries (f, "cat");

      if (test_control_find (again, missing)->flags == 0)
        break;
      f->topics = 0;
      test_control_await (f, 1);
    }
}

static guint64
grant_service (TestControl *f, const char *app)
{
  g_autoptr (GVariant) reply = test_control_call (
      f->broker, PST_CONTROL_GRANT,
      g_variant_new ("(su^ayuuuux)", app, (guint32)PST_KIND_BUS, "session:org.example.Talk", 0u, (guint32)PST_ACCESS_TALK,
                     (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0));
  guint64 id;

  g_variant_get (reply, "(tb)", &id, NULL);
  return id;
}

/* A service is used when the proxy says so; and it speaks for its own application, whatever number it names. */
static void
test_used_service (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  guint64 own = grant_service (f, "cat"), foreign = grant_service (f, "viewer"),
          files = test_control_grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  const guint64 numbers[] = { foreign, files, 0, G_MAXUINT64, own };
  g_autoptr (GPtrArray) list = test_control_entries (f, "");

  g_assert_cmpint (test_control_find (list, own)->used, ==, 0);
  g_assert_cmpuint (test_control_find (list, own)->flags, ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    pst_peer_notify (f->sandbox->bus, PST_BUS_USED, g_variant_new ("(t)", numbers[i]), NULL, 0);
  do
    {
      g_clear_pointer (&list, g_ptr_array_unref);
      list = test_control_entries (f, "");
    }
  while (test_control_find (list, own)->used == 0);
  g_assert_cmpuint (test_control_find (list, own)->flags, ==, 1);
  g_assert_cmpint (test_control_find (list, foreign)->used, ==, 0);
  g_assert_cmpint (test_control_find (list, files)->used, ==, 0);
}

static void
change (TestControl *f, guint64 id, const char *resource, PstAccess access, PstAnswer answer, guint64 *id_now, guint64 *undo)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_CHANGE_GRANT,
                                                  g_variant_new ("(t^ayuuuux)", id, resource, 0u, (guint32)access,
                                                                 (guint32)answer, (guint32)PST_LIFETIME_ALWAYS, (gint64)0));

  g_variant_get (reply, "(tt)", id_now, undo);
}

/* By the time of the reply it holds in the running sandbox: there and back. */
static void
test_change_grant (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg"),
                  *documents = test_path (f->broker, "Documents"), *sentence = NULL;
  guint64 id = test_control_grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS), now, number,
          again;
  g_autoptr (GPtrArray) before = test_control_entries (f, "cat"), after = NULL;

  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_CHANGE), ==, PST_ANSWER_ASK);
  change (f, id, "", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, &now, &number);
  g_assert_cmpuint (now, !=, id);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_CHANGE), ==, PST_ANSWER_ALLOW);
  /* the tree that could only be looked at has gone */
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  after = test_control_entries (f, "cat");
  g_assert_cmpuint (after->len, ==, 1);
  g_assert_cmpint (test_control_find (after, now)->created, ==, test_control_find (before, id)->created);
  g_assert_cmpint (test_control_find (after, now)->used, >, 0);
  g_assert_cmpuint (test_control_find (after, now)->origin, ==, PST_ORIGIN_COMMAND);

  test_control_undo (f, number);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_CHANGE), ==, PST_ANSWER_ASK);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_clear_pointer (&after, g_ptr_array_unref);
  after = test_control_entries (f, "cat");
  g_assert_nonnull (test_control_find (after, id));
  sentence = test_control_call_fails (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", number));

  /* narrowed to a file; and to somewhere else */
  change (f, id, a, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, &now, &number);
  g_assert_cmpint (test_decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  change (f, now, documents, PST_ACCESS_VIEW, PST_ANSWER_DENY, &now, &again);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (test_decide (f->sandbox, documents, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_clear_pointer (&sentence, g_free);
  sentence = test_control_call_fails (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  test_control_undo (f, again);
  test_control_undo (f, number);
  g_assert_cmpint (test_decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);

  /* Checked as a grant is. */
  for (guint i = 0; i < 3; i++)
    {
      static const char *const bad[] = { "/etc", "relative", "/home/../x" };
      g_autofree char *why =
          test_control_call_fails (f->broker, PST_CONTROL_CHANGE_GRANT,
                                   g_variant_new ("(t^ayuuuux)", id, bad[i], 0u, (guint32)PST_ACCESS_VIEW,
                                                  (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0));

      g_assert_cmpstr (why, !=, "");
    }
  g_clear_pointer (&sentence, g_free);
  sentence = test_control_call_fails (f->broker, PST_CONTROL_CHANGE_GRANT,
                                      g_variant_new ("(t^ayuuuux)", (guint64)99999, "", 0u, (guint32)PST_ACCESS_VIEW,
                                                     (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0));
  g_assert_nonnull (strstr (sentence, "no such rule"));
  g_clear_pointer (&after, g_ptr_array_unref);
  after = test_control_entries (f, "cat");
  g_assert_nonnull (test_control_find (after, id));
}

static void
test_remove_grants (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *documents = test_path (f->broker, "Documents");
  guint64 ids[] = { test_control_grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
                    test_control_grant (f, "viewer", documents, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
                    99999 };
  g_autoptr (GVariant) reply = NULL, held = NULL, nothing = NULL;
  g_autoptr (GPtrArray) list = NULL;
  g_autofree char *sentence = NULL;
  guint32 removed;
  guint64 number;

  reply = test_control_call (f->broker, PST_CONTROL_REMOVE_GRANTS,
                             g_variant_new ("(@at)", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, ids, 3, sizeof *ids)));
  g_variant_get (reply, "(u@a(usay)t)", &removed, &held, &number);
  g_assert_cmpuint (removed, ==, 2);
  g_assert_cmpint (test_decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  list = test_control_entries (f, "");
  g_assert_cmpuint (list->len, ==, 0);

  /* Somebody has said something else about one of the two: neither comes back. */
  test_control_grant (f, "viewer", documents, PST_ACCESS_VIEW, PST_ANSWER_DENY, PST_LIFETIME_ALWAYS);
  sentence = test_control_call_fails (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  g_assert_nonnull (strstr (sentence, "changed again"));
  g_assert_cmpint (test_decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_variant_unref (test_control_call (f->broker, PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", "viewer", "")));
  test_control_undo (f, number);
  g_assert_cmpint (test_decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_clear_pointer (&list, g_ptr_array_unref);
  list = test_control_entries (f, "");
  g_assert_cmpuint (list->len, ==, 2);

  nothing =
      test_control_call (f->broker, PST_CONTROL_REMOVE_GRANTS,
                         g_variant_new ("(@at)", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, ids + 2, 1, sizeof *ids)));
  g_clear_pointer (&held, g_variant_unref);
  g_variant_get (nothing, "(u@a(usay)t)", &removed, &held, &number);
  g_assert_cmpuint (removed, ==, 0);
  g_assert_cmpuint (number, ==, 0);
}

/* As many as the manager has to be quick with. */
#define MANY_APPS 300u
#define MANY_RULES 20000u

static void
fill_store (TestControl *f)
{
  g_autofree char *path = g_build_filename (f->broker->data, "postern", "grants.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PstStore) store = pst_store_open (path, &error);
  g_autoptr (PstStoreChange) change = NULL;

  g_assert_no_error (error);
  change = pst_store_change_new (store);
  for (guint i = 0; i < MANY_RULES; i++)
    {
      g_autofree char *app = g_strdup_printf ("app-%u", i % MANY_APPS),
                      *resource = g_strdup_printf ("%s/Pictures/folder %u/sub/%u", f->broker->home, i % 97, i);
      PstStoredRule rule = { .app = app,
                             .kind = PST_KIND_FILES,
                             .resource = resource,
                             .scope = PST_SCOPE_TREE,
                             .access = PST_ACCESS_VIEW,
                             .answer = i % 5 ? PST_ANSWER_ALLOW : PST_ANSWER_DENY,
                             .lifetime = PST_LIFETIME_ALWAYS,
                             .boot = (char *)"",
                             .login = (char *)"",
                             .real = resource,
                             .created = g_get_real_time () / G_USEC_PER_SEC };

      if (i % 50 == 0)
        {
          rule.kind = PST_KIND_BUS;
          g_free (resource);
          rule.resource = resource = g_strdup_printf ("session:org.example.A%u", i);
          rule.access = PST_ACCESS_TALK;
          rule.scope = PST_SCOPE_FILE;
          rule.real = NULL;
        }
      pst_store_change_add_rule (change, &rule);
    }
  g_assert_true (pst_store_apply (store, change, &error));
  g_assert_no_error (error);
}

/* Milliseconds of processor time that the broker has used. */
static double
broker_time (TestControl *f)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/schedstat", (int)f->broker->pid), *text = NULL;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  return (double)g_ascii_strtoull (text, NULL, 10) / 1e6;
}

static void
test_many (TestControl *f, gconstpointer data)
{
  double first, second;
  gint64 begin;

  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  test_agent_free (f->agent);
  f->agent = NULL;
  test_broker_stop (f->broker, SIGTERM);
  fill_store (f);
  test_broker_start (f->broker, NULL);
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (GPtrArray) list = NULL;

      first = broker_time (f);
      begin = g_get_monotonic_time ();
      list = test_control_entries (f, "");
      second = broker_time (f);
      g_assert_cmpuint (list->len, ==, MANY_RULES);
      g_test_message ("%u rules of %u applications: %.1f ms of the broker's main thread, %.1f ms until they are read",
                      MANY_RULES, MANY_APPS, second - first, (double)(g_get_monotonic_time () - begin) / 1000);
    }
  /* Not the bar, which is for a quiet machine: that it does not grow with the square. */
  g_assert_cmpfloat (second - first, <, 3000);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
  TEST_CONTROL_ADD ("changed", test_changed);
  TEST_CONTROL_ADD ("not-watching", test_not_watching);
  TEST_CONTROL_ADD ("entries", test_entries);
  TEST_CONTROL_ADD ("used-service", test_used_service);
  TEST_CONTROL_ADD ("change-grant", test_change_grant);
  TEST_CONTROL_ADD ("remove-grants", test_remove_grants);
  TEST_CONTROL_ADD ("many", test_many);
  return g_test_run ();
}
