/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-entries APPS GRANTS [LIFETIME]
 *
 * How long a real broker that keeps GRANTS permissions of APPS applications takes to list them, and to give and take one more.
 * LIFETIME of those that are there: always (as without), session or until.
 * Prints NAME MILLISECONDS BUSY: until the answer is there, and for how long the broker's main thread was busy meanwhile, which
 * is for how long it answered nobody else; the median of each by itself. */

#include "test-harness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "postern-ipc.h"
#include "store-change.h"

#define N_ROUNDS 25

/* What is missing would be looked for with each list. */
static void
make_file (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);

  g_assert_no_errno (g_mkdir_with_parents (directory, 0700));
  g_assert_no_errno (close (open (path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)));
}

static char *
boot_id (void)
{
  char *text;

  g_assert_true (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL));
  return g_strstrip (text);
}

static void
fill (TestBroker *broker, guint n_apps, guint n_grants, PstLifetime lifetime)
{
  g_autofree char *file = g_build_filename (broker->data, "postern", "grants.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PstStore) store = pst_store_open (file, &error);
  g_autoptr (PstStoreChange) change = NULL;
  g_autofree char *boot = lifetime == PST_LIFETIME_SESSION ? boot_id () : g_strdup ("");
  g_autofree char *login = lifetime == PST_LIFETIME_SESSION ? pst_host_login () : g_strdup ("");

  g_assert_no_error (error);
  change = pst_store_change_new (store);
  for (guint i = 0; i < n_grants; i++)
    {
      g_autofree char *app = g_strdup_printf ("app-%u", i % n_apps);
      g_autofree char *path = g_strdup_printf ("%s/Pictures/album-%u/picture-%u.jpg", broker->home, i % 97, i);
      PstStoredRule rule = {
        .app = app,
        .kind = PST_KIND_FILES,
        .resource = path,
        .real = path,
        .scope = PST_SCOPE_FILE,
        .access = PST_ACCESS_VIEW,
        .answer = PST_ANSWER_ALLOW,
        .lifetime = lifetime,
        .until = lifetime == PST_LIFETIME_UNTIL ? G_GINT64_CONSTANT (1) << 40 : 0,
        .boot = boot,
        .login = login,
        .created = g_get_real_time () / G_USEC_PER_SEC,
      };

      pst_store_change_add_rule (change, &rule);
      if (i < n_apps)
        pst_store_queue_app (store, app, app, "", "/usr/bin/true", rule.created);
      make_file (path);
    }
  g_assert_true (pst_store_apply (store, change, &error));
}

/* Nanoseconds of processor time that the broker's main thread has used. */
static gint64
busy (TestBroker *broker)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/schedstat", (int)broker->pid), *text = NULL;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  return g_ascii_strtoll (text, NULL, 10);
}

typedef struct
{
  const char *name;
  double took[N_ROUNDS], was_busy[N_ROUNDS];
} Figure;

static void
measure (TestBroker *broker, PstPeer *control, Figure *figure, guint round, const char *member, GVariant *args)
{
  gint64 busy_before = busy (broker), begin = g_get_monotonic_time (), end;

  g_variant_unref (test_call (control, member, args));
  end = g_get_monotonic_time ();
  figure->took[round] = (double)(end - begin) / 1e3;
  figure->was_busy[round] = (double)(busy (broker) - busy_before) / 1e6;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  const double *x = a, *y = b;

  return *x < *y ? -1 : *x > *y;
}

static void
report (Figure *figure, guint n)
{
  qsort (figure->took, n, sizeof (double), compare_doubles);
  qsort (figure->was_busy, n, sizeof (double), compare_doubles);
  g_print ("%s %.2f %.2f\n", figure->name, figure->took[n / 2], figure->was_busy[n / 2]);
}

int
main (int argc, char **argv)
{
  guint n_apps = argc > 2 ? (guint)g_ascii_strtoull (argv[1], NULL, 10) : 0,
        n_grants = argc > 2 ? (guint)g_ascii_strtoull (argv[2], NULL, 10) : 0;
  PstLifetime lifetime = argc < 4 || strcmp (argv[3], "always") == 0 ? PST_LIFETIME_ALWAYS
                         : strcmp (argv[3], "session") == 0          ? PST_LIFETIME_SESSION
                         : strcmp (argv[3], "until") == 0            ? PST_LIFETIME_UNTIL
                                                                     : 0;
  Figure first = { "first-list" }, all = { "list-all" }, one = { "list-one" }, grant = { "grant" }, revoke = { "revoke" };
  g_autofree char *path = NULL;
  TestBroker *broker;
  PstPeer *control;

  if (n_apps == 0 || n_grants == 0 || lifetime == 0)
    {
      g_printerr ("bench-entries: APPS GRANTS [always|session|until]\n");
      return 2;
    }
  test_drop_root ();
  broker = test_broker_new ();
  path = test_path (broker, "Pictures/another.jpg");
  fill (broker, n_apps, n_grants, lifetime);
  test_broker_start (broker, NULL);
  control = test_connect (broker, "control");
  /* It looks for every path on the disk. */
  measure (broker, control, &first, 0, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", ""));
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      measure (broker, control, &all, i, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", ""));
      measure (broker, control, &one, i, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", "app-0"));
      measure (broker, control, &grant, i, PST_CONTROL_GRANT,
               test_grant_args ("app-0", path, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS));
      measure (broker, control, &revoke, i, PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", "app-0", path));
    }
  report (&first, 1);
  report (&all, N_ROUNDS);
  report (&one, N_ROUNDS);
  report (&grant, N_ROUNDS);
  report (&revoke, N_ROUNDS);
  pst_peer_unref (control);
  test_broker_free (broker);
  return 0;
}
