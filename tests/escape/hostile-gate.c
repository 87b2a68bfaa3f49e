/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hostile.h"

/* What the broker can be made to do on the gate's socket. */

/* What the broker answers without ending it all */
void
hostile_attack_broker (void)
{
  g_autofree char *hidden = g_path_get_dirname (hostile_target ("secret"));
  const char *ssh = hostile_target ("ssh");
  const char *home = hostile_target ("home");
  const char *const lists[] = { hidden, ssh, home };

  for (size_t i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (PstMessage) reply =
          hostile_ask (hostile.broker, PST_GATE_LIST_NAMES, g_variant_new ("(@ay)", hostile_bytes (lists[i])), lists[i]);
      g_autoptr (GVariant) names = reply != NULL ? g_variant_get_child_value (reply->args, 0) : NULL;
      gsize n = names != NULL && g_variant_is_of_type (names, G_VARIANT_TYPE ("aay")) ? g_variant_n_children (names) : 0;

      hostile_row ("attack", n > 0, "ListNames of %s, not granted", lists[i]);
    }
  /* and what the broker says to the supervisor, said on the link */
  {
    g_autoptr (PstMessage) attach =
        hostile_ask (hostile.supervisor, PST_LAUNCHER_ATTACH,
                     g_variant_new ("(tuu@ay@ayttbb)", (guint64)99, (guint32)PST_TREE_TREE, (guint32)PST_ACCESS_CHANGE,
                                    hostile_bytes (hidden), hostile_bytes (hidden), (guint64)0, (guint64)0, TRUE, FALSE),
                     "the broker's");
    g_autoptr (PstMessage) run = hostile_ask (hostile.supervisor, "Run", g_variant_new ("(s)", "true"), "no such method");

    hostile_row ("attack", attach != NULL, "Attach on the link");
    hostile_row ("attack", run != NULL, "a method that does not exist");
  }
}

gboolean
hostile_attack_broker_fatally (guint number)
{
  static const char with_nul[] = "/etc\0/shadow";
  static const char *const paths[] = {
    "/etc/shadow",  "/",      "/proc/1/environ", "/proc/self/mem",      "/dev/sda", "relative", "", "/home/../etc/passwd",
    "//etc/passwd", "/tmp/x", "/run/x",          "/var/lib/dpkg/status"
  };
  const char *secret = hostile_target ("secret");
  g_autofree char *huge = g_strnfill (1 << 20, 'x');
  const guint n_paths = G_N_ELEMENTS (paths);
  GVariant *args = NULL;
  const char *member = PST_GATE_ASK;
  g_autofree char *what = NULL;
  g_autoptr (PstMessage) reply = NULL;
  guint64 id = 1u << 30;
  guint32 outcome = 0;

#define ASK(path, access, op, tid) g_variant_new ("(t@ayuuu)", id, path, (guint32)(access), (guint32)(op), (guint32)(tid))
  if (number < n_paths)
    {
      args = ASK (hostile_bytes (paths[number]), PST_ACCESS_VIEW, PST_OP_OPEN, getpid ());
      what = g_strdup_printf ("Ask for \"%s\"", paths[number]);
    }
  else
    switch (number - n_paths)
      {
      case 0:
        args = ASK (hostile_bytes (secret), 0, PST_OP_OPEN, 1);
        break;
      case 1:
        args = ASK (hostile_bytes (secret), 99, PST_OP_OPEN, 1);
        break;
      case 2:
        args = ASK (hostile_bytes (secret), G_MAXUINT32, G_MAXUINT32, G_MAXUINT32);
        break;
      case 3:
        args = ASK (g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, with_nul, sizeof with_nul, TRUE, NULL, NULL),
                    PST_ACCESS_VIEW, PST_OP_OPEN, 1);
        break;
      case 4: /* no NUL at its end */
        args =
            ASK (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, secret, strlen (secret), 1), PST_ACCESS_VIEW, PST_OP_OPEN, 1);
        break;
      case 5:
        args = ASK (hostile_bytes (huge), PST_ACCESS_VIEW, PST_OP_OPEN, 1);
        break;
      case 6:
        member = PST_GATE_LIST_NAMES;
        args = g_variant_new ("(@ay)", hostile_bytes ("/etc"));
        break;
      case 7:
        member = PST_GATE_LIST_NAMES;
        args = g_variant_new ("(@ay)", hostile_bytes (".."));
        break;
      case 8:
        member = PST_CONTROL_LIST_GRANTS;
        args = g_variant_new ("(s)", "");
        break;
      case 9:
        member = PST_CONTROL_GRANT;
        args = g_variant_new ("(su@ayuuuux)", hostile_target ("app"), (guint32)PST_KIND_FILES,
                              hostile_bytes (hostile_target ("home")), (guint32)PST_SCOPE_TREE, (guint32)PST_ACCESS_CHANGE,
                              (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0);
        break;
      case 10:
        member = PST_AGENT_REGISTER_AGENT;
        args = g_variant_new ("(ss)", "gtk", ":1");
        break;
      case 11:
        member = PST_AGENT_ANSWER;
        args = g_variant_new ("(tuuuux)", (guint64)1, 1u, 0u, 0u, 3u, (gint64)0);
        break;
      case 12:
        member = "Hello";
        args = g_variant_new ("(us)", 1u, "control");
        break;
      case 13:
        args = g_variant_new ("(s)", "not an ask");
        break;
      default:
        return FALSE;
      }
  if (what == NULL)
    what = g_strdup_printf ("%s, case %u", member, number - n_paths);
  hostile_say ("# trying %s\n", what);
  reply = hostile_ask (hostile.broker, member, args, what);
  if (reply != NULL && strcmp (member, PST_GATE_ASK) == 0 && g_variant_is_of_type (reply->args, G_VARIANT_TYPE ("(u)")))
    g_variant_get (reply->args, "(u)", &outcome);
  if (reply != NULL && strcmp (member, PST_GATE_LIST_NAMES) == 0)
    {
      g_autoptr (GVariant) names = g_variant_get_child_value (reply->args, 0);

      outcome = g_variant_n_children (names) > 0 ? PST_OUTCOME_RETRY : PST_OUTCOME_DENY;
    }
  if (reply != NULL && strcmp (member, PST_GATE_ASK) != 0 && strcmp (member, PST_GATE_LIST_NAMES) != 0)
    outcome = PST_OUTCOME_RETRY;
  hostile_row ("attack", outcome == PST_OUTCOME_RETRY, "%s", what);
  return TRUE;
}
