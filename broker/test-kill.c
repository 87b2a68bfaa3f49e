/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker is killed, again and again, at any moment, while grants are being confirmed. What was confirmed must be there
 * afterwards, and the database whole: each start checks it and would refuse to work otherwise, and the count in the end is
 * taken from a broker that was started last. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "test-harness.h"

#define ROUNDS 200

/* Until when a broker may live, in µs: between its start and the twentieth grant or so, however fast the machine and the build.
 */
#define SHORTEST 80000
#define LONGEST 2000000
static int longest_life = SHORTEST;

static void
adapt (guint n_confirmed)
{
  if (n_confirmed == 0)
    longest_life = MIN (longest_life / 4 * 5, LONGEST);
  else if (n_confirmed > 20)
    longest_life = MAX (longest_life / 5 * 4, SHORTEST);
}

static char *
name_of (guint n)
{
  return g_strdup_printf ("Pictures/%u", n);
}

static gpointer
kill_soon (gpointer data)
{
  TestBroker *broker = data;

  /* At any moment: this is what is tested, not something that is waited for. */
  g_usleep ((gulong)g_random_int_range (500, longest_life));
  kill (broker->pid, SIGKILL);
  return NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GHashTable) confirmed = NULL;
  g_autoptr (GVariant) reply = NULL, list = NULL;
  TestBroker *broker;
  PstPeer *peer;
  guint n = 0, lost = 0, rounds = argc > 1 ? (guint)atoi (argv[1]) : ROUNDS, interrupted = 0;

  test_drop_root ();
  broker = test_broker_new ();
  confirmed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint round = 0; round < rounds; round++)
    {
      guint before = g_hash_table_size (confirmed);
      GThread *killer;
      int status;

      test_broker_start (broker, NULL);
      killer = g_thread_new ("killer", kill_soon, broker);
      peer = test_try_connect (broker, "control");
      while (peer)
        {
          g_autofree char *name = name_of (n++), *path = test_path (broker, name);
          g_autoptr (GError) error = NULL;
          g_autoptr (PstMessage) message = pst_peer_call_sync (
              peer, PST_CONTROL_GRANT,
              g_variant_new ("(su^ayuuuux)", "cat", (guint32)PST_KIND_FILES, path, (guint32)PST_SCOPE_TREE,
                             (guint32)PST_ACCESS_VIEW, (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0),
              NULL, 0, 10000, &error);

          if (!message)
            {
              /* Killed, and nothing else: a broker that refuses would be a failure. */
              g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED);
              interrupted++;
              break;
            }
          g_hash_table_add (confirmed, g_steal_pointer (&path));
        }
      g_clear_pointer (&peer, pst_peer_unref);
      g_thread_join (killer);
      g_assert_cmpint (waitpid (broker->pid, &status, 0), ==, broker->pid);
      g_assert_true (WIFSIGNALED (status));
      broker->pid = 0;
      adapt (g_hash_table_size (confirmed) - before);
    }

  test_broker_start (broker, NULL);
  peer = test_connect (broker, "control");
  reply = test_call (peer, PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", "cat"));
  list = g_variant_get_child_value (reply, 0);
  {
    g_autoptr (GHashTable) there = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer path;

    for (gsize i = 0; i < g_variant_n_children (list); i++)
      {
        g_autoptr (GVariant) grant = g_variant_get_child_value (list, i), bytes = g_variant_get_child_value (grant, 3);

        g_hash_table_add (there, g_strdup (g_variant_get_bytestring (bytes)));
      }
    g_hash_table_iter_init (&iter, confirmed);
    while (g_hash_table_iter_next (&iter, &path, NULL))
      lost += !g_hash_table_contains (there, path);
  }
  pst_peer_unref (peer);
  g_print ("%u rounds, %u grants interrupted, %u confirmed, %u lost\n", rounds, interrupted, g_hash_table_size (confirmed),
           lost);
  test_broker_free (broker);
  /* A run in which nothing was confirmed, or nothing was cut short, would have shown nothing. */
  return lost == 0 && g_hash_table_size (confirmed) > rounds && interrupted > 0 ? 0 : 1;
}
