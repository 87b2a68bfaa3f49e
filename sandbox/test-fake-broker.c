/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A broker for tests of the launcher alone: test-fake-broker SOCKET HOME [RULE…]. It registers everyone as the application
 * "test" with the private home HOME, gives the gate the rules ("view:/path", "change:/path", "file:/path", "save:/path" allow;
 * "deny:/path"), attaches what is asked for and allowed, and refuses everything else. */
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-peer.h"
#include "pst-ruleset.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *home;
static PstRuleset *ruleset;
static PstPeer *launcher;
static guint64 next_tree = 1;

typedef struct
{
  PstPeer *gate;
  guint32 serial;
} Asked;

static void
on_attached (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_autofree Asked *asked = data;

  if (error)
    fprintf (stderr, "fake broker: attach: %s\n", error->message);
  pst_peer_reply (asked->gate, asked->serial, g_variant_new ("(u)", error ? PST_OUTCOME_DENY : PST_OUTCOME_RETRY), NULL, 0);
}

static void
on_gate (PstPeer *peer, PstMessage *message, gpointer data)
{
  guint64 ask;
  g_autoptr (GVariant) value = NULL;
  guint32 access, op, tid;
  const char *path;
  PstDecision decision;
  struct stat st;

  if (strcmp (message->member, PST_GATE_LIST_NAMES) == 0)
    {
      pst_peer_reply (peer, message->serial, g_variant_new ("(@aay)", g_variant_new_bytestring_array (NULL, 0)), NULL, 0);
      return;
    }
  if (strcmp (message->member, PST_GATE_ASK) != 0)
    return;
  g_variant_get (message->args, "(t@ayuuu)", &ask, &value, &access, &op, &tid);
  path = g_variant_get_bytestring (value);
  fprintf (stderr, "fake broker: ask %s %s %s by %u\n", path, pst_access_to_string (access), pst_op_to_string (op), tid);
  pst_ruleset_decide (ruleset, path, access, &decision);
  if (decision.answer == PST_ANSWER_ALLOW && decision.rule && stat (decision.rule->path, &st) == 0)
    {
      const PstRule *rule = decision.rule;
      guint kind = rule->access == PST_ACCESS_SAVE ? PST_TREE_SAVE
                   : rule->scope == PST_SCOPE_FILE ? PST_TREE_FILE
                                                   : PST_TREE_TREE;
      Asked *asked = g_new (Asked, 1);

      *asked = (Asked){ peer, message->serial };
      pst_peer_call (launcher, PST_LAUNCHER_ATTACH,
                     g_variant_new ("(tuu@ay@ayttbb)", next_tree++, kind, rule->access, g_variant_new_bytestring (rule->path),
                                    g_variant_new_bytestring (rule->path), (guint64)st.st_dev, (guint64)st.st_ino,
                                    kind == PST_TREE_TREE, FALSE),
                     NULL, 0, on_attached, asked);
      return;
    }
  pst_peer_reply (
      peer, message->serial,
      g_variant_new ("(u)", access == PST_ACCESS_VIEW && lstat (path, &st) < 0 ? PST_OUTCOME_HIDE : PST_OUTCOME_DENY), NULL, 0);
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  if (peer == launcher)
    launcher = NULL;
}

static void
on_launcher (PstPeer *peer, PstMessage *message, gpointer data)
{
  if (strcmp (message->member, "Hello") == 0)
    pst_peer_reply (peer, message->serial, NULL, NULL, 0);
  else if (strcmp (message->member, PST_LAUNCHER_REGISTER) == 0)
    {
      PstPeer *gate = pst_peer_new_take_fd (pst_message_steal_fd (message, 0));
      g_autoptr (GVariant) policy = g_variant_ref_sink (pst_ruleset_to_variant (ruleset));
      pst_autofd fd = pst_fd_memfd_sealed ("policy", g_variant_get_data (policy), g_variant_get_size (policy));
      GVariantDict result;

      launcher = peer;
      pst_peer_start (gate, on_gate, on_closed, NULL);
      pst_peer_call (gate, PST_GATE_SET_POLICY, g_variant_new ("(t)", (guint64)1), &fd, 1, NULL, NULL);
      g_variant_dict_init (&result, NULL);
      g_variant_dict_insert (&result, "sandbox", "t", (guint64)1);
      g_variant_dict_insert (&result, "app_id", "s", "test");
      g_variant_dict_insert (&result, "name", "s", "Test");
      g_variant_dict_insert_value (&result, "home", g_variant_new_bytestring (home));
      pst_peer_reply (peer, message->serial, g_variant_new ("(@a{sv})", g_variant_dict_end (&result)), NULL, 0);
    }
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer data)
{
  int client = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);

  if (client >= 0)
    pst_peer_start (pst_peer_new_take_fd (client), on_launcher, on_closed, NULL);
  return G_SOURCE_CONTINUE;
}

static void
add_rule (PstRulesetBuilder *builder, const char *text, guint64 id)
{
  const char *path = strchr (text, ':') + 1;
  PstRule rule = { .id = id,
                   .path = path,
                   .scope = PST_SCOPE_TREE,
                   .access = PST_ACCESS_VIEW,
                   .answer = PST_ANSWER_ALLOW,
                   .tier = PST_TIER_USER };

  if (g_str_has_prefix (text, "change:"))
    rule.access = PST_ACCESS_CHANGE;
  else if (g_str_has_prefix (text, "file:"))
    {
      rule.access = PST_ACCESS_CHANGE;
      rule.scope = PST_SCOPE_FILE;
    }
  else if (g_str_has_prefix (text, "save:"))
    rule.access = PST_ACCESS_SAVE;
  else if (g_str_has_prefix (text, "deny:"))
    rule.answer = PST_ANSWER_DENY;
  g_assert_true (pst_ruleset_builder_add_rule (builder, &rule));
  if (rule.scope == PST_SCOPE_TREE)
    pst_ruleset_builder_add_door (builder, path, TRUE);
}

int
main (int argc, char **argv)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

  g_assert_cmpint (argc, >=, 3);
  home = argv[2];
  for (int i = 3; i < argc; i++)
    add_rule (builder, argv[i], i);
  ruleset = pst_ruleset_builder_end (builder, 1);
  g_strlcpy (address.sun_path, argv[1], sizeof address.sun_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *)&address, sizeof address));
  g_assert_no_errno (listen (fd, 16));
  (void)!write (1, "r", 1); /* ready */
  g_unix_fd_add (fd, G_IO_IN, on_connection, NULL);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
}
