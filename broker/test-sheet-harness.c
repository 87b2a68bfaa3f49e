/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-sheet.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "postern-ipc.h"
#include "pst-fd.h"

#define PROGRAM "/usr/bin/cat"

const char test_sheet_wants[] = "[Application]\nName=Viewer\nReason=Shows what is there\n"
                                "[Wants]\nxdg:PICTURES=view\n~/Projects=change\nsession:org.freedesktop.secrets=talk\n";

void
test_sheet_set_up (TestSheet *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/2026/b.jpg");
  test_make_file (f->broker, "Documents/x.txt");
  test_make_file (f->broker, "Music/a.ogg");
  test_make_file (f->broker, "Videos/a.ogv");
  test_make_file (f->broker, "Downloads/a");
  test_make_file (f->broker, ".ssh/id_rsa");
  test_make_file (f->broker, "Projects/p/file");
  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
}

void
test_sheet_tear_down (TestSheet *f, gconstpointer data)
{
  g_clear_pointer (&f->agent, test_agent_free);
  test_broker_free (f->broker);
}

static char *
make_profile (TestSheet *f, const char *text)
{
  char *path = g_build_filename (f->broker->dir, "test.profile", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static void
on_gate (PstPeer *peer, PstMessage *message, gpointer data)
{
  TestStart *start = data;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) variant = NULL;
  pst_autofd fd = -1;

  g_assert_cmpstr (message->member, ==, PST_GATE_SET_POLICY);
  fd = pst_message_steal_fd (message, 0);
  bytes = pst_fd_read_all (fd, 64u << 20, NULL);
  variant = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (PST_RULESET_TYPE), bytes, FALSE));
  g_clear_pointer (&start->ruleset, pst_ruleset_unref);
  start->ruleset = pst_ruleset_new_from_variant (variant, NULL);
  start->n_policies++;
  pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

static void
on_bus (PstPeer *peer, PstMessage *message, gpointer data)
{
  if (message->serial)
    pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

static void
on_launcher (PstPeer *peer, PstMessage *message, gpointer data)
{
  TestStart *start = data;

  if (strcmp (message->member, PST_LAUNCHER_START_TEXT_AGENT) == 0)
    start->n_text_agents++;
  if (message->serial)
    pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  ((TestStart *)data)->closed = 1;
}

static void
take (TestStart *start, GVariant *result)
{
  const char *text;

  start->cancelled = FALSE;
  if (g_variant_lookup (result, "cancelled", "b", &start->cancelled))
    {
      g_assert_true (g_variant_lookup (result, "text", "&s", &text));
      start->text = g_strdup (text);
      return;
    }
  g_assert_true (g_variant_lookup (result, "home", "^ay", NULL));
  start->admitted = TRUE;
}

static void
on_await (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  TestStart *start = data;
  g_autoptr (GVariant) result = NULL;

  start->answered = 1;
  if (!reply)
    return;
  g_assert_true (pst_message_check (reply, PST_LAUNCHER_AWAIT_SHEET_OUT, NULL));
  result = g_variant_get_child_value (reply->args, 0);
  take (start, result);
}

TestStart *
test_sheet_begin (TestSheet *f, const TestStartAsk *ask)
{
  TestStart *start = g_new0 (TestStart, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) result = NULL;
  g_autoptr (PstMessage) reply = NULL;
  GVariantBuilder request, environment;
  int gate[2], bus[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate));
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, bus));
  start->launcher = test_connect (f->broker, "launcher");
  start->gate = pst_peer_new_take_fd (gate[0]);
  start->bus = pst_peer_new_take_fd (bus[0]);
  g_variant_builder_init (&environment, G_VARIANT_TYPE_VARDICT);
  if (ask->display)
    g_variant_builder_add (&environment, "{sv}", "DISPLAY", g_variant_new_bytestring (ask->display));
  g_variant_builder_init (&request, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&request, "{sv}", "executable", g_variant_new_bytestring (PROGRAM));
  g_variant_builder_add (&request, "{sv}", "cwd", g_variant_new_bytestring (f->broker->home));
  g_variant_builder_add (&request, "{sv}", "tty", g_variant_new_boolean (ask->tty));
  g_variant_builder_add (&request, "{sv}", "environment", g_variant_builder_end (&environment));
  if (ask->profile)
    {
      g_autofree char *path = make_profile (f, ask->profile);

      g_variant_builder_add (&request, "{sv}", "profile", g_variant_new_bytestring (path));
    }
  if (ask->only)
    {
      g_variant_builder_add (&request, "{sv}", "only", g_variant_new_bytestring (ask->only));
      g_variant_builder_add (&request, "{sv}", "only_access", g_variant_new_uint32 ((guint32)ask->only_access));
    }
  reply = pst_peer_call_sync (start->launcher, PST_LAUNCHER_REGISTER, g_variant_new ("(a{sv})", &request),
                              (const int[]){ gate[1], bus[1] }, 2, 10000, &error);
  close (gate[1]);
  close (bus[1]);
  pst_peer_start (start->launcher, on_launcher, on_closed, start);
  pst_peer_start (start->gate, on_gate, NULL, start);
  pst_peer_start (start->bus, on_bus, NULL, start);
  if (!reply)
    {
      g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
      start->text = g_strdup (error->message);
      return start;
    }
  result = g_variant_get_child_value (reply->args, 0);
  if (g_variant_lookup (result, "sheet", "b", &start->sheet))
    pst_peer_call (start->launcher, PST_LAUNCHER_AWAIT_SHEET, NULL, NULL, 0, on_await, start);
  else
    {
      take (start, result);
      test_wait (&start->n_policies);
    }
  return start;
}

TestStart *
test_sheet_begin_profile (TestSheet *f, const char *profile)
{
  return test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY, .profile = profile });
}

void
test_sheet_end (TestStart *start)
{
  pst_peer_unref (start->launcher);
  pst_peer_unref (start->gate);
  pst_peer_unref (start->bus);
  g_clear_pointer (&start->ruleset, pst_ruleset_unref);
  g_free (start->text);
  g_free (start);
}

void
test_sheet_answer (TestAgent *agent, gboolean start, const char *switches, const char *folder)
{
  GVariantBuilder on;

  g_variant_builder_init (&on, G_VARIANT_TYPE ("ab"));
  for (; *switches; switches++)
    g_variant_builder_add (&on, "b", *switches == '1');
  pst_peer_notify (agent->peer, PST_AGENT_ANSWER_SHEET, g_variant_new ("(tbab^ay)", agent->sheet, start, &on, folder), NULL, 0);
}

const char *
test_sheet_said (TestAgent *agent, const char *key)
{
  const char *text = NULL;

  g_assert_true (g_variant_lookup (agent->sheet_details, key, "&s", &text));
  return text;
}

/* "icon|label|detail|on", one a line. */
char *
test_sheet_lines (TestAgent *agent)
{
  g_autoptr (GVariantIter) iter = NULL;
  GString *out = g_string_new (NULL);
  const char *icon, *label, *detail;
  gboolean on;

  g_assert_true (g_variant_lookup (agent->sheet_details, "lines", "a(sssb)", &iter));
  while (g_variant_iter_next (iter, "(&s&s&sb)", &icon, &label, &detail, &on))
    g_string_append_printf (out, "%s|%s|%s|%d\n", icon, label, detail, on);
  return g_string_free (out, FALSE);
}

GPtrArray *
test_sheet_grants (TestSheet *f)
{
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autoptr (GVariant) reply = test_call (control, PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", "")), list = NULL;
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);

  list = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) path = NULL;
      guint32 access, lifetime;

      g_variant_get_child (list, i, "(tsu@ayuuuuxuxx)", NULL, NULL, NULL, &path, NULL, &access, NULL, &lifetime, NULL, NULL,
                           NULL, NULL);
      g_ptr_array_add (found, g_strdup_printf ("%s %u %u", g_variant_get_bytestring (path), access, lifetime));
    }
  return found;
}

PstAnswer
test_sheet_decide (TestStart *start, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (start->ruleset, path, access, &decision);
  return decision.answer;
}
