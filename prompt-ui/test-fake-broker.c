/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-fake-broker.h"

#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-peer.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATIENCE_MS 20000

struct _FakeBroker
{
  char *runtime;
  char *path;
  int listener;
  guint source;
  PstPeer *peer; /* (nullable) */
  char *agent;   /* (nullable): once registered */
  gboolean turn_away;
  GQueue answers; /* FakeAnswer */
  guint n_answers;
  GQueue sheet_answers; /* FakeSheetAnswer */
  guint n_sheet_answers;
};

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
fake_wait (FakePredicate predicate, gpointer data, const char *what)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_MS * 1000;
  guint tick = g_timeout_add (20, on_tick, NULL);

  while (!predicate (data))
    {
      if (g_get_monotonic_time () > end)
        g_error ("Waited in vain: %s", what);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
}

static gboolean
on_passed (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

void
fake_let_pass (guint ms)
{
  gboolean passed = FALSE;

  g_timeout_add (ms, on_passed, &passed);
  while (!passed)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  FakeBroker *broker = data;

  if (g_str_equal (message->member, "Hello"))
    {
      guint32 protocol;
      const char *role;

      g_variant_get (message->args, "(u&s)", &protocol, &role);
      g_assert_cmpuint (protocol, ==, 1);
      g_assert_cmpstr (role, ==, "agent");
      pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else if (g_str_equal (message->member, PST_AGENT_REGISTER_AGENT))
    {
      const char *kind, *target;

      if (broker->turn_away)
        {
          pst_peer_reply_error (peer, message->serial, "There is an agent for this display already");
          return;
        }
      g_variant_get (message->args, "(&s&s)", &kind, &target);
      g_free (broker->agent);
      broker->agent = g_strdup_printf ("%s %s", kind, target);
      pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else if (g_str_equal (message->member, PST_AGENT_ANSWER))
    {
      FakeAnswer *answer = g_new0 (FakeAnswer, 1);

      g_assert_true (pst_message_check (message, PST_AGENT_ANSWER_IN, NULL));
      g_variant_get (message->args, "(tuuuux)", &answer->question, &answer->answer, &answer->scope, &answer->access,
                     &answer->lifetime, &answer->until);
      g_queue_push_tail (&broker->answers, answer);
      broker->n_answers++;
      pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else if (g_str_equal (message->member, PST_AGENT_ANSWER_SHEET))
    {
      FakeSheetAnswer *answer = g_new0 (FakeSheetAnswer, 1);
      g_autoptr (GVariant) on = NULL, folder = NULL;

      g_assert_true (pst_message_check (message, PST_AGENT_ANSWER_SHEET_IN, NULL));
      g_variant_get (message->args, "(tb@ab@ay)", &answer->sheet, &answer->start, &on, &folder);
      answer->n_on = (guint)g_variant_n_children (on);
      for (guint i = 0; i < answer->n_on; i++)
        {
          gboolean is_on;

          g_variant_get_child (on, i, "b", &is_on);
          answer->on |= is_on ? 1u << i : 0;
        }
      g_strlcpy (answer->folder, g_variant_get_bytestring (folder), sizeof answer->folder);
      g_queue_push_tail (&broker->sheet_answers, answer);
      broker->n_sheet_answers++;
      pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else
    g_error ("The agent sent “%s”", message->member);
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  FakeBroker *broker = data;

  g_clear_pointer (&broker->peer, pst_peer_unref);
  g_clear_pointer (&broker->agent, g_free);
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer data)
{
  FakeBroker *broker = data;
  int connection = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);

  g_assert_cmpint (connection, >=, 0);
  g_clear_pointer (&broker->peer, pst_peer_unref);
  g_clear_pointer (&broker->agent, g_free);
  broker->peer = pst_peer_new_take_fd (connection);
  pst_peer_start (broker->peer, on_message, on_closed, broker);
  return G_SOURCE_CONTINUE;
}

FakeBroker *
fake_broker_new (void)
{
  FakeBroker *broker = g_new0 (FakeBroker, 1);
  g_autofree char *folder = NULL;

  broker->runtime = g_dir_make_tmp ("postern-test-XXXXXX", NULL);
  g_assert_nonnull (broker->runtime);
  g_setenv ("XDG_RUNTIME_DIR", broker->runtime, TRUE);
  folder = g_build_filename (broker->runtime, "postern", NULL);
  g_assert_no_errno (g_mkdir (folder, 0700));
  broker->path = g_build_filename (folder, "broker", NULL);
  broker->listener = -1;
  g_queue_init (&broker->answers);
  g_queue_init (&broker->sheet_answers);
  fake_broker_start (broker);
  return broker;
}

void
fake_broker_start (FakeBroker *broker)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_assert_cmpuint (strlen (broker->path), <, sizeof address.sun_path);
  strcpy (address.sun_path, broker->path);
  g_unlink (broker->path);
  broker->listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  g_assert_no_errno (broker->listener);
  g_assert_no_errno (bind (broker->listener, (struct sockaddr *)&address, sizeof address));
  g_assert_no_errno (listen (broker->listener, 8));
  broker->source = g_unix_fd_add (broker->listener, G_IO_IN, on_connection, broker);
}

void
fake_broker_stop (FakeBroker *broker)
{
  if (broker->source != 0)
    g_source_remove (broker->source);
  broker->source = 0;
  pst_fd_clear (&broker->listener);
  g_clear_pointer (&broker->peer, pst_peer_unref);
  g_clear_pointer (&broker->agent, g_free);
}

void
fake_broker_free (FakeBroker *broker)
{
  g_autofree char *folder = g_build_filename (broker->runtime, "postern", NULL);

  fake_broker_stop (broker);
  g_unlink (broker->path);
  g_rmdir (folder);
  g_rmdir (broker->runtime);
  g_queue_clear_full (&broker->answers, g_free);
  g_queue_clear_full (&broker->sheet_answers, g_free);
  g_free (broker->path);
  g_free (broker->runtime);
  g_free (broker);
}

void
fake_broker_turn_away (FakeBroker *broker)
{
  broker->turn_away = TRUE;
}

static gboolean
has_agent (gpointer data)
{
  return ((FakeBroker *)data)->agent != NULL;
}

const char *
fake_broker_wait_agent (FakeBroker *broker)
{
  fake_wait (has_agent, broker, "an agent registers");
  return broker->agent;
}

static gboolean
has_no_peer (gpointer data)
{
  return ((FakeBroker *)data)->peer == NULL;
}

void
fake_broker_wait_disconnect (FakeBroker *broker)
{
  fake_wait (has_no_peer, broker, "the agent disconnects");
}

static void
show (FakeBroker *broker, const char *member, guint64 id, const char *details)
{
  g_autoptr (GError) error = NULL;
  GVariant *parsed = g_variant_parse (G_VARIANT_TYPE_VARDICT, details, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (broker->peer);
  pst_peer_notify (broker->peer, member, g_variant_new ("(t@a{sv})", id, parsed), NULL, 0);
  g_variant_unref (parsed);
}

void
fake_broker_show (FakeBroker *broker, guint64 id, const char *details)
{
  show (broker, PST_AGENT_SHOW, id, details);
}

void
fake_broker_show_sheet (FakeBroker *broker, guint64 id, const char *details)
{
  show (broker, PST_AGENT_SHOW_SHEET, id, details);
}

void
fake_broker_withdraw_sheet (FakeBroker *broker, guint64 id)
{
  pst_peer_notify (broker->peer, PST_AGENT_WITHDRAW_SHEET, g_variant_new ("(t)", id), NULL, 0);
}

static gboolean
is_not_empty (gpointer queue)
{
  return ((GQueue *)queue)->length > 0;
}

/* (transfer full) */
static gpointer
wait_first (GQueue *answers, const char *what)
{
  fake_wait (is_not_empty, answers, what);
  return g_queue_pop_head (answers);
}

FakeSheetAnswer
fake_broker_wait_sheet_answer (FakeBroker *broker)
{
  g_autofree FakeSheetAnswer *answer = wait_first (&broker->sheet_answers, "the agent answers the sheet");

  return *answer;
}

guint
fake_broker_n_sheet_answers (FakeBroker *broker)
{
  return broker->n_sheet_answers;
}

void
fake_broker_withdraw (FakeBroker *broker, guint64 id)
{
  pst_peer_notify (broker->peer, PST_AGENT_WITHDRAW_QUESTION, g_variant_new ("(t)", id), NULL, 0);
}

FakeAnswer
fake_broker_wait_answer (FakeBroker *broker)
{
  g_autofree FakeAnswer *answer = wait_first (&broker->answers, "the agent answers");

  return *answer;
}

guint
fake_broker_n_answers (FakeBroker *broker)
{
  return broker->n_answers;
}

char *
fake_broker_details (const char *app_id, const char *extra)
{
  return g_strdup_printf (
      "{'app_id': <'%s'>, 'app_name': <'Image Viewer'>, 'app_icon': <'org.gnome.eog'>, 'executable': <'/usr/bin/eog'>,"
      " 'package': <'eog 43.2-1'>, 'title': <'Allow “Image Viewer” to view your Pictures?'>,"
      " 'intent': <'It tried to open holiday.jpg.'>, 'resource': <'/home/jane/Pictures/2026/holiday.jpg'>, %s"
      " 'scopes': <[('All of Pictures', 'a'), ('Only Pictures/2026', 'b'), ('Only holiday.jpg', 'c')]>, 'scope': <uint32 0>,"
      " 'accesses': <[(uint32 1, 'View'), (uint32 2, 'View and change')]>, 'access': <uint32 0>,"
      " 'titles': <['Allow “Image Viewer” to view your Pictures?', 'Allow “Image Viewer” to view and change your Pictures?',"
      "  'Allow “Image Viewer” to view Pictures/2026?', 'Allow “Image Viewer” to view and change Pictures/2026?',"
      "  'Allow “Image Viewer” to view holiday.jpg?', 'Allow “Image Viewer” to view and change holiday.jpg?']>}",
      app_id, extra);
}
