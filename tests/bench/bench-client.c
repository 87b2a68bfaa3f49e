/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The benchmarks' own voice at the broker's socket.
 *
 *   bench-client agent DISPLAY     an agent without a face for that display. Prints "show QUESTION TIME" and "withdraw QUESTION
 * TIME" (CLOCK_MONOTONIC seconds), and answers on a line of standard input: "answer QUESTION ANSWER LIFETIME", words as on the
 * command line; scope and access as preselected bench-client grants APP DIR N  N grants over one connection: DIR/000/00000,
 * DIR/000/00001, … DIR/001/00100 …
 */
#include "postern-ipc.h"
#include "pst-peer.h"
#include "pst-programs.h"
#include "pst-types.h"

#include <glib-unix.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PROTOCOL 1u
#define CALL_TIMEOUT_MS 60000

typedef struct
{
  PstPeer *peer;
  GMainLoop *loop;
  GHashTable *preselected; /* question → scope << 8 | access */
} Agent;

static void
die (const char *what, const GError *error)
{
  fprintf (stderr, "bench-client: %s: %s\n", what, error != NULL ? error->message : g_strerror (errno));
  exit (1);
}

static PstPeer *
connect_as (const char *role)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PstMessage) reply = NULL;
  g_autofree char *path = pst_broker_socket_path (&error);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  PstPeer *peer;
  int fd;

  if (path == NULL)
    die ("no broker", error);
  fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path || fd < 0 ||
      connect (fd, (struct sockaddr *)&address, sizeof address) != 0)
    die (path, NULL);
  peer = pst_peer_new_take_fd (fd);
  reply = pst_peer_call_sync (peer, "Hello", g_variant_new ("(us)", PROTOCOL, role), NULL, 0, CALL_TIMEOUT_MS, &error);
  if (reply == NULL)
    die ("Hello", error);
  return peer;
}

static void
say (const char *event, guint64 question)
{
  gint64 now = g_get_monotonic_time ();

  printf ("%s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT ".%06d\n", event, question, now / G_USEC_PER_SEC,
          (int)(now % G_USEC_PER_SEC));
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  Agent *agent = data;
  guint64 question;

  if (strcmp (message->member, PST_AGENT_SHOW) == 0 && pst_message_check (message, PST_AGENT_SHOW_IN, NULL))
    {
      g_autoptr (GVariant) details = NULL;
      guint32 scope = 0, access = 0;

      g_variant_get (message->args, "(t@a{sv})", &question, &details);
      g_variant_lookup (details, "scope", "u", &scope);
      g_variant_lookup (details, "access", "u", &access);
      g_hash_table_insert (agent->preselected, g_memdup2 (&question, sizeof question), GUINT_TO_POINTER (scope << 8 | access));
      say ("show", question);
    }
  else if (strcmp (message->member, PST_AGENT_WITHDRAW_QUESTION) == 0 &&
           pst_message_check (message, PST_AGENT_WITHDRAW_QUESTION_IN, NULL))
    {
      g_variant_get (message->args, "(t)", &question);
      g_hash_table_remove (agent->preselected, &question);
      say ("withdraw", question);
    }
  else if (strcmp (message->member, PST_AGENT_REFUSED) == 0)
    say ("refused", 0);
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  Agent *agent = data;

  g_main_loop_quit (agent->loop);
}

static void
on_answered (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  if (error != NULL)
    fprintf (stderr, "bench-client: Answer: %s\n", error->message);
}

static gboolean
on_line (gint fd, GIOCondition condition, gpointer data)
{
  Agent *agent = data;
  char line[256], answer_word[32], lifetime_word[32];
  guint64 question;
  PstAnswer answer;
  PstLifetime lifetime;
  guint preselected;

  if (fgets (line, sizeof line, stdin) == NULL)
    {
      g_main_loop_quit (agent->loop);
      return G_SOURCE_REMOVE;
    }
  if (sscanf (line, "answer %" G_GUINT64_FORMAT " %31s %31s", &question, answer_word, lifetime_word) != 3 ||
      !pst_answer_from_string (answer_word, &answer) || !pst_lifetime_from_string (lifetime_word, &lifetime))
    {
      fprintf (stderr, "bench-client: not understood: %s", line);
      return G_SOURCE_CONTINUE;
    }
  preselected = GPOINTER_TO_UINT (g_hash_table_lookup (agent->preselected, &question));
  pst_peer_call (agent->peer, PST_AGENT_ANSWER,
                 g_variant_new (PST_AGENT_ANSWER_IN, question, answer, preselected >> 8, preselected & 0xff, lifetime,
                                G_GINT64_CONSTANT (0)),
                 NULL, 0, on_answered, NULL);
  return G_SOURCE_CONTINUE;
}

static int
run_agent (const char *display)
{
  g_autoptr (GError) error = NULL;
  Agent agent = { .peer = connect_as ("agent"), .loop = g_main_loop_new (NULL, FALSE) };
  g_autoptr (PstMessage) reply = NULL;

  agent.preselected = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  reply = pst_peer_call_sync (agent.peer, PST_AGENT_REGISTER_AGENT, g_variant_new (PST_AGENT_REGISTER_AGENT_IN, "gtk", display),
                              NULL, 0, CALL_TIMEOUT_MS, &error);
  if (reply == NULL)
    die ("RegisterAgent", error);
  setvbuf (stdin, NULL, _IONBF, 0); /* what poll() does not see is not held back in a buffer */
  puts ("ready");
  pst_peer_start (agent.peer, on_message, on_closed, &agent);
  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_line, &agent);
  g_main_loop_run (agent.loop);
  pst_peer_unref (agent.peer);
  g_main_loop_unref (agent.loop);
  g_hash_table_unref (agent.preselected);
  return 0;
}

static int
make_grants (const char *app, const char *dir, int n)
{
  PstPeer *peer = connect_as ("control");

  for (int i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PstMessage) reply = NULL;
      g_autofree char *path = g_strdup_printf ("%s/%03d/%05d", dir, i / 100, i);

      reply = pst_peer_call_sync (peer, PST_CONTROL_GRANT,
                                  g_variant_new ("(su^ayuuuux)", app, PST_KIND_FILES, path, PST_SCOPE_TREE, PST_ACCESS_VIEW,
                                                 PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS, G_GINT64_CONSTANT (0)),
                                  NULL, 0, CALL_TIMEOUT_MS, &error);
      if (reply == NULL)
        die (path, error);
    }
  pst_peer_unref (peer);
  return 0;
}

int
main (int argc, char **argv)
{
  setvbuf (stdout, NULL, _IOLBF, 0);
  if (argc == 3 && strcmp (argv[1], "agent") == 0)
    return run_agent (argv[2]);
  if (argc == 5 && strcmp (argv[1], "grants") == 0 && atoi (argv[4]) > 0)
    return make_grants (argv[2], argv[3], atoi (argv[4]));
  fprintf (stderr, "usage: bench-client agent DISPLAY | grants APP DIR N\n");
  return 2;
}
