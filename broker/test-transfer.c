/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Export and import in a broker that runs: gates have it before the reply, it is undone as a whole, and what is refused has
 * changed nothing. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "postern-ipc.h"
#include "test-harness.h"

#define DISPLAY ":test"

typedef struct
{
  TestBroker *broker;
  TestSandbox *sandbox; /* of cat */
  char *dir;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/a.jpg");
  test_make_file (f->broker, "Documents/x.txt");
  f->dir = test_broker_start_with_policy (f->broker);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_sandbox_free (f->sandbox);
  test_broker_free (f->broker);
  g_free (f->dir);
}

static char *
export_of (Fixture *f, const char *app)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_EXPORT, g_variant_new ("(s)", app));
  char *text;

  g_variant_get (reply, "(s)", &text);
  return text;
}

/* An export with one rule of cat's. */
static char *
one_rule (Fixture *f, const char *name, const char *answer)
{
  g_autofree char *path = test_path (f->broker, name);

  return g_strdup_printf ("{\"format\":\"postern-grants\",\"version\":1,\"apps\":[{\"id\":\"cat\",\"rules\":["
                          "{\"kind\":\"files\",\"resource\":\"%s\",\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"%s\","
                          "\"lifetime\":\"always\"}]}]}",
                          path, answer);
}

/* Returns the number for Undo. */
static guint64
import (Fixture *f, const char *member, const char *text, gboolean replace, gboolean dry, guint added, guint changed,
        guint removed)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, member, g_variant_new ("(sbb)", text, replace, dry));
  guint32 counts[3];
  guint64 undo;

  g_variant_get (reply, "(uuut)", &counts[0], &counts[1], &counts[2], &undo);
  g_assert_cmpuint (counts[0], ==, added);
  g_assert_cmpuint (counts[1], ==, changed);
  g_assert_cmpuint (counts[2], ==, removed);
  return undo;
}

/* Refused with @words, and nothing has changed. */
static void
refused (Fixture *f, const char *text, const char *words)
{
  g_autofree char *before = export_of (f, ""), *after = NULL, *sentence = NULL;
  guint policies = f->sandbox->n_policies;

  sentence = test_control_call_fails (f->broker, PST_CONTROL_IMPORT, g_variant_new ("(sbb)", text, TRUE, FALSE));
  if (!strstr (sentence, words))
    g_error ("“%s” is not in: %s", words, sentence);
  after = export_of (f, "");
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (f->sandbox->n_policies, ==, policies);
}

static PstAnswer
decide (Fixture *f, const char *name)
{
  g_autofree char *path = test_path (f->broker, name);

  return test_decide (f->sandbox, path, PST_ACCESS_VIEW);
}

static void
test_reaches_gates (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = one_rule (f, "Pictures", "allow"), *documents = one_rule (f, "Documents", "allow"),
                  *exported = NULL, *again = NULL, *empty = export_of (f, ""), *file = test_path (f->broker, "Pictures/a.jpg");
  guint64 undo;

  g_assert_cmpuint (import (f, PST_CONTROL_IMPORT, pictures, FALSE, TRUE, 1, 0, 0), ==, 0);
  g_assert_cmpint (decide (f, "Pictures/a.jpg"), ==, PST_ANSWER_ASK);

  g_assert_cmpuint (import (f, PST_CONTROL_IMPORT, pictures, FALSE, FALSE, 1, 0, 0), !=, 0);
  g_assert_cmpint (decide (f, "Pictures/a.jpg"), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 1);
  exported = export_of (f, "");
  g_assert_cmpuint (import (f, PST_CONTROL_IMPORT, exported, FALSE, FALSE, 0, 0, 0), ==, 0);

  /* What goes is gone from the gates, too, when the reply comes; and comes back. */
  undo = import (f, PST_CONTROL_IMPORT, documents, TRUE, FALSE, 1, 0, 1);
  g_assert_cmpint (decide (f, "Pictures/a.jpg"), ==, PST_ANSWER_ASK);
  g_assert_cmpint (decide (f, "Documents/x.txt"), ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  g_variant_unref (test_control_call (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", undo)));
  g_assert_cmpint (decide (f, "Pictures/a.jpg"), ==, PST_ANSWER_ALLOW);
  again = export_of (f, "");
  g_assert_cmpstr (exported, ==, again);

  /* It is on the disk. */
  test_broker_stop (f->broker, SIGKILL);
  test_wait (&f->sandbox->gate_closed);
  {
    g_autofree char *kept = NULL, *of_another = NULL;

    g_free (f->dir);
    f->dir = test_broker_start_with_policy (f->broker);
    kept = export_of (f, "");
    g_assert_cmpstr (exported, ==, kept);
    of_another = export_of (f, "ls");
    g_assert_cmpstr (empty, ==, of_another);
  }
}

static void
test_refused_whole (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = one_rule (f, "Pictures", "deny"), *ssh = one_rule (f, ".ssh/id", "allow"),
                  *locked = one_rule (f, "Documents/a", "allow"), *policy = g_build_filename (f->dir, "l.conf", NULL);
  g_autofree char *half = NULL;

  import (f, PST_CONTROL_IMPORT, pictures, FALSE, FALSE, 1, 0, 0);
  half = g_strndup (pictures, strlen (pictures) / 2);
  refused (f, half, "damaged");
  refused (f, "{\"format\":\"postern-grants\",\"version\":7,\"apps\":0}", "newer version of Postern");
  refused (f, ssh, "is protected");
  g_assert_true (g_file_set_contents (policy, "[Lock Files]\nxdg:DOCUMENTS=deny\n", -1, NULL));
  g_assert_no_errno (chmod (policy, 0644));
  test_wait_count (&f->sandbox->n_policies, f->sandbox->n_policies + 1);
  refused (f, locked, "l.conf, line 2)");
  /* The person may say so of what is protected; nobody may of what is locked. */
  import (f, PST_CONTROL_IMPORT_PROTECTED, ssh, FALSE, FALSE, 1, 0, 0);
  {
    g_autofree char *sentence =
        test_control_call_fails (f->broker, PST_CONTROL_IMPORT_PROTECTED, g_variant_new ("(sbb)", locked, FALSE, FALSE));

    g_assert_nonnull (strstr (sentence, "l.conf, line 2)"));
  }
}

/* What is exported, or would be imported, has no rule that is over: the sandboxes learn of it at the same moment. */
static void
test_ends_meanwhile (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *file = test_path (f->broker, "Pictures/a.jpg");
  const char *via = data;
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  gboolean there = TRUE;

  g_variant_unref (
      test_control_call (f->broker, PST_CONTROL_GRANT,
                         g_variant_new ("(su^ayuuuux)", "cat", (guint32)PST_KIND_FILES, pictures, (guint32)PST_SCOPE_TREE,
                                        (guint32)PST_ACCESS_VIEW, (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_UNTIL,
                                        g_get_real_time () / G_USEC_PER_SEC + 2)));
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 1);
  while (there)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      if (strcmp (via, PST_CONTROL_EXPORT) == 0)
        {
          g_autofree char *text = export_of (f, "");

          there = strstr (text, pictures) != NULL;
        }
      else
        {
          g_autofree char *same = one_rule (f, "Documents", "deny");

          g_variant_unref (test_control_call (f->broker, via, g_variant_new ("(sbb)", same, FALSE, TRUE)));
          there = f->sandbox->trees->len > 0;
        }
    }
  test_wait_count (&f->sandbox->n_detached, 1);
  g_assert_cmpint (decide (f, "Pictures/a.jpg"), ==, PST_ANSWER_ASK);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/broker-transfer/reaches-gates", Fixture, NULL, set_up, test_reaches_gates, tear_down);
  g_test_add ("/broker-transfer/refused-whole", Fixture, NULL, set_up, test_refused_whole, tear_down);
  g_test_add ("/broker-transfer/ends-before-an-export", Fixture, PST_CONTROL_EXPORT, set_up, test_ends_meanwhile, tear_down);
  g_test_add ("/broker-transfer/ends-before-an-import", Fixture, PST_CONTROL_IMPORT, set_up, test_ends_meanwhile, tear_down);
  return g_test_run ();
}
