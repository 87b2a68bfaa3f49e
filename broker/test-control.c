/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the manager asks of the broker: a real postern-broker, two connections of the role control, scripted sandboxes. */
#include <signal.h>
#include <string.h>

#include "postern-ipc.h"
#include "store-change.h"
#include "test-harness.h"

#define DISPLAY ":test"
#define ENTRIES "a(tsuayuuuuxuxxusuu)"

typedef struct
{
  TestBroker *broker;
  TestAgent *agent;
  TestSandbox *sandbox;
  PstPeer *control, *watcher;
  guint n_changed, topics;
  GPtrArray *apps; /* of char *, of all Changed since it was emptied */
} Fixture;

static void
on_watched (PstPeer *peer, PstMessage *message, gpointer data)
{
  Fixture *f = data;
  g_auto (GStrv) apps = NULL;
  guint32 topics;

  if (strcmp (message->member, PST_CONTROL_CHANGED) != 0)
    return;
  g_assert_true (pst_message_check (message, PST_CONTROL_CHANGED_IN, NULL));
  g_assert_cmpuint (message->serial, ==, 0);
  g_variant_get (message->args, "(u^as)", &topics, &apps);
  f->topics |= topics;
  for (char **app = apps; *app; app++)
    g_ptr_array_add (f->apps, g_strdup (*app));
  if (!*apps)
    g_ptr_array_add (f->apps, g_strdup ("any"));
  f->n_changed++;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/a.jpg");
  test_make_file (f->broker, "Documents/x.txt");
  test_make_file (f->broker, ".ssh/id_rsa");
  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  f->control = test_connect (f->broker, "control");
  f->watcher = test_connect (f->broker, "control");
  f->apps = g_ptr_array_new_with_free_func (g_free);
  g_variant_unref (test_call (f->watcher, PST_CONTROL_WATCH, g_variant_new ("(b)", FALSE)));
  pst_peer_start (f->watcher, on_watched, NULL, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->sandbox, test_sandbox_free);
  g_clear_pointer (&f->agent, test_agent_free);
  pst_peer_unref (f->control);
  pst_peer_unref (f->watcher);
  test_broker_free (f->broker);
  g_ptr_array_unref (f->apps);
}

/* A call while our scripted sandboxes answer the broker. */
typedef struct
{
  guint done;
  GVariant *result;
  char *error;
} Answer;

static void
on_answer (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  Answer *answer = data;

  answer->done = 1;
  answer->result = reply ? g_variant_ref (reply->args) : NULL;
  answer->error = error ? g_strdup (error->message) : NULL;
}

static GVariant *
call (Fixture *f, const char *member, GVariant *args)
{
  PstPeer *peer = test_connect (f->broker, "control");
  Answer answer = { 0 };

  pst_peer_start (peer, NULL, NULL, NULL);
  pst_peer_call (peer, member, args, NULL, 0, on_answer, &answer);
  test_wait (&answer.done);
  g_assert_cmpstr (answer.error, ==, NULL);
  pst_peer_unref (peer);
  return answer.result;
}

static char *
call_fails (Fixture *f, const char *member, GVariant *args)
{
  PstPeer *peer = test_connect (f->broker, "control");
  Answer answer = { 0 };

  pst_peer_start (peer, NULL, NULL, NULL);
  pst_peer_call (peer, member, args, NULL, 0, on_answer, &answer);
  test_wait (&answer.done);
  g_assert_nonnull (answer.error);
  pst_peer_unref (peer);
  return answer.error;
}

static guint64
grant (Fixture *f, const char *app, const char *path, PstAccess access, PstAnswer answer, PstLifetime lifetime)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_GRANT,
                                     g_variant_new ("(su^ayuuuux)", app, (guint32)PST_KIND_FILES, path, 0u, (guint32)access,
                                                    (guint32)answer, (guint32)lifetime, (gint64)0));
  gboolean replaced;
  guint64 id;

  g_variant_get (reply, "(tb)", &id, &replaced);
  return id;
}

typedef struct
{
  guint64 id;
  char *app, *resource, *source;
  guint32 kind, scope, access, answer, lifetime, tier, origin, effective, flags;
  gint64 until, created, used;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->app);
  g_free (entry->resource);
  g_free (entry->source);
  g_free (entry);
}

static GPtrArray *
entries (Fixture *f, const char *app)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", app));
  g_autoptr (GVariantIter) iter = NULL;
  GPtrArray *list = g_ptr_array_new_with_free_func (entry_free);
  Entry entry;

  g_assert_cmpstr (g_variant_get_type_string (reply), ==, "(" ENTRIES ")");
  g_variant_get (reply, "(" ENTRIES ")", &iter);
  while (g_variant_iter_next (iter, "(tsu^ayuuuuxuxxusuu)", &entry.id, &entry.app, &entry.kind, &entry.resource, &entry.scope,
                              &entry.access, &entry.answer, &entry.lifetime, &entry.until, &entry.tier, &entry.created,
                              &entry.used, &entry.origin, &entry.source, &entry.effective, &entry.flags))
    g_ptr_array_add (list, g_memdup2 (&entry, sizeof entry));
  return list;
}

/* (transfer none) */
static const Entry *
find (GPtrArray *list, guint64 id)
{
  for (guint i = 0; i < list->len; i++)
    if (((Entry *)list->pdata[i])->id == id)
      return list->pdata[i];
  return NULL;
}

static PstAnswer
decide (TestSandbox *sandbox, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (sandbox->ruleset, path, access, &decision);
  return decision.answer;
}

/* Runs the loop until a Changed about @topics has come since the last call. */
static void
await (Fixture *f, guint topics)
{
  while ((f->topics & topics) != topics)
    test_wait_count (&f->n_changed, f->n_changed + 1);
  f->topics = 0;
}

static void
test_changed (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg");
  gint64 begin;
  TestAsk *ask;
  guint before;

  test_settle (f->broker);
  f->topics = 0;
  g_ptr_array_set_size (f->apps, 0);
  begin = g_get_monotonic_time ();
  grant (f, "viewer", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
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
  await (f, 1 | 4 | 8);

  /* One that ends */
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  await (f, 4 | 8);

  /* Many changes are told together, and the last one is told. */
  before = f->n_changed;
  begin = g_get_monotonic_time ();
  for (int i = 0; i < 100; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%d", pictures, i);

      grant (f, "other", path, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_SESSION);
    }
  f->topics = 0;
  g_variant_unref (call (f, PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", "other", "")));
  await (f, 1);
  g_assert_cmpuint (f->n_changed - before, <=, (guint)((g_get_monotonic_time () - begin) / 45000) + 3);
}

/* Nobody is told who did not ask. */
static void
test_not_watching (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  Fixture other = { .apps = g_ptr_array_new_with_free_func (g_free) };
  PstPeer *peer = test_connect (f->broker, "control");

  pst_peer_start (peer, on_watched, NULL, &other);
  grant (f, "viewer", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  await (f, 1);
  test_settle (f->broker);
  g_assert_cmpuint (other.n_changed, ==, 0);
  pst_peer_unref (peer);
  g_ptr_array_unref (other.apps);
}

static void
test_entries (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg"),
                  *gone = test_path (f->broker, "Gone"), *ssh = test_path (f->broker, ".ssh"),
                  *documents = test_path (f->broker, "Documents");
  guint64 allow = grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          missing = grant (f, "cat", gone, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          protected = grant (f, "cat", ssh, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          longer = grant (f, "cat", documents, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
          once = grant (f, "cat", documents, PST_ACCESS_VIEW, PST_ANSWER_DENY, PST_LIFETIME_ONCE);
  g_autoptr (GPtrArray) list = NULL;
  const Entry *entry;

  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  list = entries (f, "cat");
  g_assert_cmpuint (list->len, ==, 5);
  entry = find (list, allow);
  g_assert_cmpstr (entry->app, ==, "cat");
  g_assert_cmpstr (entry->resource, ==, pictures);
  g_assert_cmpuint (entry->tier, ==, PST_TIER_USER);
  g_assert_cmpuint (entry->origin, ==, PST_ORIGIN_COMMAND);
  g_assert_cmpstr (entry->source, ==, "");
  g_assert_cmpuint (entry->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (entry->flags, ==, 1);
  g_assert_cmpint (entry->used, >, 0);
  g_assert_cmpuint (find (list, missing)->flags, ==, 16);
  g_assert_cmpuint (find (list, protected)->flags, ==, 4);
  g_assert_cmpuint (find (list, longer)->flags, ==, 2);
  g_assert_cmpuint (find (list, longer)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (find (list, once)->flags, ==, 0);

  g_clear_pointer (&list, g_ptr_array_unref);
  grant (f, "viewer", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  list = entries (f, "");
  g_assert_cmpuint (list->len, ==, 6);

  /* What comes back is said to be there. */
  test_make_file (f->broker, "Gone");
  for (;;)
    {
      g_autoptr (GPtrArray) again = entries (f, "cat");

      if (find (again, missing)->flags == 0)
        break;
      f->topics = 0;
      await (f, 1);
    }
}

static void
change (Fixture *f, guint64 id, const char *resource, PstAccess access, PstAnswer answer, guint64 *id_now, guint64 *undo)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_CHANGE_GRANT,
                                     g_variant_new ("(t^ayuuuux)", id, resource, 0u, (guint32)access, (guint32)answer,
                                                    (guint32)PST_LIFETIME_ALWAYS, (gint64)0));

  g_variant_get (reply, "(tt)", id_now, undo);
}

static void
undo (Fixture *f, guint64 number)
{
  g_variant_unref (call (f, PST_CONTROL_UNDO, g_variant_new ("(t)", number)));
}

/* By the time of the reply it holds in the running sandbox: there and back. */
static void
test_change_grant (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg"),
                  *documents = test_path (f->broker, "Documents"), *sentence = NULL;
  guint64 id = grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS), now, number, again;
  g_autoptr (GPtrArray) before = entries (f, "cat"), after = NULL;

  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_CHANGE), ==, PST_ANSWER_ASK);
  change (f, id, "", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, &now, &number);
  g_assert_cmpuint (now, !=, id);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_CHANGE), ==, PST_ANSWER_ALLOW);
  /* the tree that could only be looked at has gone */
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  after = entries (f, "cat");
  g_assert_cmpuint (after->len, ==, 1);
  g_assert_cmpint (find (after, now)->created, ==, find (before, id)->created);
  g_assert_cmpint (find (after, now)->used, >, 0);
  g_assert_cmpuint (find (after, now)->origin, ==, PST_ORIGIN_COMMAND);

  undo (f, number);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_CHANGE), ==, PST_ANSWER_ASK);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_clear_pointer (&after, g_ptr_array_unref);
  after = entries (f, "cat");
  g_assert_nonnull (find (after, id));
  sentence = call_fails (f, PST_CONTROL_UNDO, g_variant_new ("(t)", number));

  /* narrowed to a file; and to somewhere else */
  change (f, id, a, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, &now, &number);
  g_assert_cmpint (decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  change (f, now, documents, PST_ACCESS_VIEW, PST_ANSWER_DENY, &now, &again);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (decide (f->sandbox, documents, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_clear_pointer (&sentence, g_free);
  sentence = call_fails (f, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  undo (f, again);
  undo (f, number);
  g_assert_cmpint (decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);

  /* Checked as a grant is. */
  for (guint i = 0; i < 3; i++)
    {
      static const char *const bad[] = { "/etc", "relative", "/home/../x" };
      g_autofree char *why = call_fails (f, PST_CONTROL_CHANGE_GRANT,
                                         g_variant_new ("(t^ayuuuux)", id, bad[i], 0u, (guint32)PST_ACCESS_VIEW,
                                                        (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0));

      g_assert_cmpstr (why, !=, "");
    }
  g_clear_pointer (&sentence, g_free);
  sentence = call_fails (f, PST_CONTROL_CHANGE_GRANT,
                         g_variant_new ("(t^ayuuuux)", (guint64)99999, "", 0u, (guint32)PST_ACCESS_VIEW,
                                        (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0));
  g_assert_nonnull (strstr (sentence, "no such rule"));
  g_clear_pointer (&after, g_ptr_array_unref);
  after = entries (f, "cat");
  g_assert_nonnull (find (after, id));
}

static void
test_remove_grants (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *documents = test_path (f->broker, "Documents");
  guint64 ids[] = { grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS),
                    grant (f, "viewer", documents, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS), 99999 };
  g_autoptr (GVariant) reply = NULL, held = NULL, nothing = NULL;
  g_autoptr (GPtrArray) list = NULL;
  g_autofree char *sentence = NULL;
  guint32 removed;
  guint64 number;

  reply = call (f, PST_CONTROL_REMOVE_GRANTS,
                g_variant_new ("(@at)", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, ids, 3, sizeof *ids)));
  g_variant_get (reply, "(u@a(usay)t)", &removed, &held, &number);
  g_assert_cmpuint (removed, ==, 2);
  g_assert_cmpint (decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  list = entries (f, "");
  g_assert_cmpuint (list->len, ==, 0);

  /* Somebody has said something else about one of the two: neither comes back. */
  grant (f, "viewer", documents, PST_ACCESS_VIEW, PST_ANSWER_DENY, PST_LIFETIME_ALWAYS);
  sentence = call_fails (f, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  g_assert_nonnull (strstr (sentence, "changed again"));
  g_assert_cmpint (decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_variant_unref (call (f, PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", "viewer", "")));
  undo (f, number);
  g_assert_cmpint (decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_clear_pointer (&list, g_ptr_array_unref);
  list = entries (f, "");
  g_assert_cmpuint (list->len, ==, 2);

  nothing = call (f, PST_CONTROL_REMOVE_GRANTS,
                  g_variant_new ("(@at)", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, ids + 2, 1, sizeof *ids)));
  g_clear_pointer (&held, g_variant_unref);
  g_variant_get (nothing, "(u@a(usay)t)", &removed, &held, &number);
  g_assert_cmpuint (removed, ==, 0);
  g_assert_cmpuint (number, ==, 0);
}

static guint64
set_app (Fixture *f, const char *app, const char *key, gboolean value)
{
  GVariantBuilder changes;
  g_autoptr (GVariant) reply = NULL;
  guint64 number;

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", key, g_variant_new_boolean (value));
  reply = call (f, PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", app, &changes));
  g_variant_get (reply, "(t)", &number);
  return number;
}

static gboolean
app_boolean (Fixture *f, const char *app, const char *key)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_GET_APP, g_variant_new ("(s)", app)),
                       details = g_variant_get_child_value (reply, 0);
  gboolean value;

  g_assert_true (g_variant_lookup (details, key, "b", &value));
  return value;
}

static gboolean
has_event (Fixture *f, const char *app, const char *what, const char *resource)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_LIST_EVENTS, g_variant_new ("(su)", app, 100u));
  g_autoptr (GVariantIter) iter = NULL;
  const char *word, *path;

  g_variant_get (reply, "(a(xstsayuuus))", &iter);
  while (g_variant_iter_next (iter, "(x&st&s^&ayuuu&s)", NULL, NULL, NULL, &word, &path, NULL, NULL, NULL, NULL))
    if (strcmp (word, what) == 0 && strcmp (path, resource) == 0)
      return TRUE;
  return FALSE;
}

/* Nothing is asked any more, from now on and in what runs; what is allowed stays allowed; unlocked, it is asked again. */
static void
test_locked (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg"),
                  *x = test_path (f->broker, "Documents/x.txt"), *sentence = NULL;
  TestAsk *open = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP), *ask;
  g_autoptr (GVariant) why = NULL;
  guint64 number;
  guint32 answer;
  GVariantBuilder changes;

  test_wait (&f->agent->n_shown);
  g_assert_false (app_boolean (f, "cat", "locked"));
  number = set_app (f, "cat", "locked", TRUE);
  /* the question on the screen is one too */
  g_assert_cmpint (test_outcome (open), ==, PST_OUTCOME_DENY);
  test_wait (&f->agent->n_withdrawn);
  g_assert_true (app_boolean (f, "cat", "locked"));
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_DENY);
  g_assert_true (has_event (f, "cat", "refused", x));
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
  why = call (f, PST_CONTROL_WHY, g_variant_new ("(s^ayu)", "cat", x, (guint32)PST_ACCESS_VIEW));
  g_variant_get (why, "(uts)", &answer, NULL, NULL);
  g_assert_cmpuint (answer, ==, PST_ANSWER_DENY);

  /* What a rule allows is allowed; and another application is asked about. */
  grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  {
    TestSandbox *other = test_sandbox_new (f->broker, "/usr/bin/head", DISPLAY, FALSE, 0, NULL);

    g_free (test_ask (other, x, PST_ACCESS_VIEW, PST_OP_LOOKUP));
    test_wait_count (&f->agent->n_shown, 2);
    test_sandbox_free (other);
  }

  undo (f, number);
  g_assert_false (app_boolean (f, "cat", "locked"));
  ask = test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_OPEN);
  test_wait_count (&f->agent->n_shown, 3);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", "sheet", g_variant_new_boolean (TRUE));
  sentence = call_fails (f, PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", "cat", &changes));
  g_assert_nonnull (strstr (sentence, "locked"));
}

static gboolean
is_strict (Fixture *f, guint64 number)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_LIST_SANDBOXES, NULL);
  g_autoptr (GVariantIter) iter = NULL;
  guint64 own;
  gboolean strict;

  g_variant_get (reply, "(a(tssuuxbuu))", &iter);
  while (g_variant_iter_next (iter, "(t&s&suuxbuu)", &own, NULL, NULL, NULL, NULL, NULL, &strict, NULL, NULL))
    if (own == number)
      return strict;
  g_assert_not_reached ();
}

static void
test_strict (Fixture *f, gconstpointer data)
{
  TestSandbox *next;

  set_app (f, "cat", "strict", TRUE);
  g_assert_true (app_boolean (f, "cat", "strict"));
  g_assert_false (is_strict (f, f->sandbox->number));
  next = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_assert_true (is_strict (f, next->number));
  test_sandbox_free (next);
  /* and it is not forgotten */
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  test_broker_stop (f->broker, SIGKILL);
  test_broker_start (f->broker, NULL);
  g_assert_true (app_boolean (f, "cat", "strict"));
}

static guint64
reset_app (Fixture *f, const char *app, gboolean home)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_RESET_APP, g_variant_new ("(sb)", app, home)), held = NULL;
  guint64 number;

  g_variant_get (reply, "(@a(usay)t)", &held, &number);
  return number;
}

static void
home_size (Fixture *f, const char *app, guint64 *size, guint64 *files)
{
  g_autoptr (GVariant) reply = call (f, PST_CONTROL_HOME_SIZE, g_variant_new ("(s)", app));

  g_variant_get (reply, "(tt)", size, files);
}

/* Rules, switches and home go, and come back together; not while it runs, and not over what it has made since. */
static void
test_reset (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *sentence = NULL, *home = g_strdup (f->sandbox->home),
                  *file = g_build_filename (home, "settings", NULL), *places = g_path_get_dirname (home),
                  *state = g_path_get_dirname (places), *aside = g_build_filename (state, "aside", NULL);
  guint64 size, files, number, id;
  g_autoptr (GPtrArray) list = NULL;

  g_assert_true (g_file_set_contents (file, "some of it", -1, NULL));
  id = grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  set_app (f, "cat", "locked", TRUE);
  sentence = call_fails (f, PST_CONTROL_RESET_APP, g_variant_new ("(sb)", "cat", TRUE));
  g_assert_nonnull (strstr (sentence, "running"));
  g_assert_true (app_boolean (f, "cat", "locked"));

  /* Without its home while it runs: it is asked again. */
  number = reset_app (f, "cat", FALSE);
  g_assert_false (app_boolean (f, "cat", "locked"));
  g_assert_cmpint (decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  undo (f, number);
  g_assert_true (app_boolean (f, "cat", "locked"));
  g_assert_cmpint (decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);

  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  while (app_boolean (f, "cat", "running"))
    await (f, 4);
  home_size (f, "cat", &size, &files);
  g_assert_cmpuint (files, ==, 2); /* and where its user directories are */
  g_assert_cmpuint (size, >, 0);
  g_assert_true (app_boolean (f, "cat", "has_home"));
  number = reset_app (f, "cat", TRUE);
  g_assert_false (app_boolean (f, "cat", "has_home"));
  g_assert_false (g_file_test (home, G_FILE_TEST_EXISTS));
  home_size (f, "cat", &size, &files);
  g_assert_cmpuint (files, ==, 0);
  undo (f, number);
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  list = entries (f, "cat");
  g_assert_nonnull (find (list, id));

  /* It has been started since and has made something: nothing comes back, neither home nor rules. */
  number = reset_app (f, "cat", TRUE);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_clear_pointer (&sentence, g_free);
  sentence = call_fails (f, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  g_assert_true (g_file_set_contents (file, "new", -1, NULL));
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  while (app_boolean (f, "cat", "running"))
    await (f, 4);
  g_clear_pointer (&sentence, g_free);
  sentence = call_fails (f, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  g_clear_pointer (&list, g_ptr_array_unref);
  list = entries (f, "cat");
  g_assert_cmpuint (list->len, ==, 0);

  /* What is aside does not outlive the broker that could put it back. */
  test_broker_stop (f->broker, SIGTERM);
  {
    g_autoptr (GDir) dir = g_dir_open (aside, 0, NULL);

    g_assert_nonnull (dir);
    g_assert_null (g_dir_read_name (dir));
  }
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

/* Killed, it leaves what was aside; the next one deletes it. */
static void
test_reset_killed (Fixture *f, gconstpointer data)
{
  g_autofree char *home = g_strdup (f->sandbox->home), *places = g_path_get_dirname (home),
                  *state = g_path_get_dirname (places), *aside = g_build_filename (state, "aside", NULL),
                  *file = g_build_filename (home, "settings", NULL);

  g_assert_true (g_file_set_contents (file, "some of it", -1, NULL));
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  while (app_boolean (f, "cat", "running"))
    await (f, 4);
  reset_app (f, "cat", TRUE);
  test_broker_stop (f->broker, SIGKILL);
  test_broker_start (f->broker, NULL);
  /* Deleting is a thread of the broker's; it has ended when a clean end has. */
  test_settle (f->broker);
  test_broker_stop (f->broker, SIGTERM);
  {
    g_autoptr (GDir) dir = g_dir_open (aside, 0, NULL);

    g_assert_nonnull (dir);
    g_assert_null (g_dir_read_name (dir));
  }
}

static void
test_stop (Fixture *f, gconstpointer data)
{
  for (guint force = 0; force < 2; force++)
    {
      g_autoptr (GVariant) reply = call (f, PST_CONTROL_STOP_APP, g_variant_new ("(sb)", "cat", (gboolean)force));
      guint32 stopped;

      g_variant_get (reply, "(u)", &stopped);
      g_assert_cmpuint (stopped, ==, 1);
      test_wait_count (&f->sandbox->n_terminated, force + 1);
    }
  {
    g_autoptr (GVariant) reply = call (f, PST_CONTROL_STOP_APP, g_variant_new ("(sb)", "other", FALSE));
    guint32 stopped;

    g_variant_get (reply, "(u)", &stopped);
    g_assert_cmpuint (stopped, ==, 0);
  }
}

/* As many as the manager has to be quick with. */
#define MANY_APPS 300u
#define MANY_RULES 20000u

static void
fill_store (Fixture *f)
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
broker_time (Fixture *f)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/schedstat", (int)f->broker->pid), *text = NULL;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  return (double)g_ascii_strtoull (text, NULL, 10) / 1e6;
}

static void
test_many (Fixture *f, gconstpointer data)
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
      list = entries (f, "");
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
#define ADD(name, function) g_test_add ("/control/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("changed", test_changed);
  ADD ("not-watching", test_not_watching);
  ADD ("entries", test_entries);
  ADD ("change-grant", test_change_grant);
  ADD ("remove-grants", test_remove_grants);
  ADD ("locked", test_locked);
  ADD ("strict", test_strict);
  ADD ("reset", test_reset);
  ADD ("reset-killed", test_reset_killed);
  ADD ("stop", test_stop);
  ADD ("many", test_many);
#undef ADD
  return g_test_run ();
}
