/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sheet of a first start, and a run that is given one folder: a real postern-broker, a scripted supervisor and agent. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "pst-fd.h"
#include "test-harness.h"

#define DISPLAY ":test"
#define PROGRAM "/usr/bin/cat"

typedef struct
{
  TestBroker *broker;
  TestAgent *agent;
} Fixture;

/* A launch, up to where the program would be started. */
typedef struct
{
  PstPeer *launcher, *gate, *bus;
  gboolean sheet; /* what Register said */
  guint answered; /* AwaitSheet has been */
  gboolean admitted, cancelled;
  char *text; /* (nullable): of a refusal */
  PstRuleset *ruleset;
  guint n_policies, closed, n_text_agents;
} Start;

static void
set_up (Fixture *f, gconstpointer data)
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

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->agent, test_agent_free);
  test_broker_free (f->broker);
}

static char *
make_profile (Fixture *f, const char *text)
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
  Start *start = data;
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
  Start *start = data;

  if (strcmp (message->member, PST_LAUNCHER_START_TEXT_AGENT) == 0)
    start->n_text_agents++;
  if (message->serial)
    pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  ((Start *)data)->closed = 1;
}

static void
take (Start *start, GVariant *result)
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
  Start *start = data;
  g_autoptr (GVariant) result = NULL;

  start->answered = 1;
  if (!reply)
    return;
  g_assert_true (pst_message_check (reply, PST_LAUNCHER_AWAIT_SHEET_OUT, NULL));
  result = g_variant_get_child_value (reply->args, 0);
  take (start, result);
}

typedef struct
{
  const char *display, *profile, *only;
  PstAccess only_access;
  gboolean tty;
} Ask;

static Start *
begin (Fixture *f, const Ask *ask)
{
  Start *start = g_new0 (Start, 1);
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

static Start *
begin_profile (Fixture *f, const char *profile)
{
  return begin (f, &(Ask){ .display = DISPLAY, .profile = profile });
}

static void
end (Start *start)
{
  pst_peer_unref (start->launcher);
  pst_peer_unref (start->gate);
  pst_peer_unref (start->bus);
  g_clear_pointer (&start->ruleset, pst_ruleset_unref);
  g_free (start->text);
  g_free (start);
}

static void
answer (TestAgent *agent, gboolean start, const char *switches, const char *folder)
{
  GVariantBuilder on;

  g_variant_builder_init (&on, G_VARIANT_TYPE ("ab"));
  for (; *switches; switches++)
    g_variant_builder_add (&on, "b", *switches == '1');
  pst_peer_notify (agent->peer, PST_AGENT_ANSWER_SHEET, g_variant_new ("(tbab^ay)", agent->sheet, start, &on, folder), NULL, 0);
}

static const char *
said (TestAgent *agent, const char *key)
{
  const char *text = NULL;

  g_assert_true (g_variant_lookup (agent->sheet_details, key, "&s", &text));
  return text;
}

/* "icon|label|detail|on", one a line. */
static char *
lines (TestAgent *agent)
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

static GPtrArray *
grants (Fixture *f)
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

static PstAnswer
decide (Start *start, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (start->ruleset, path, access, &decision);
  return decision.answer;
}

static const char wants[] = "[Application]\nName=Viewer\nReason=Shows what is there\n"
                            "[Wants]\nxdg:PICTURES=view\n~/Projects=change\nsession:org.freedesktop.secrets=talk\n";

static void
test_start (Fixture *f, gconstpointer data)
{
  g_autofree char *shown = NULL, *pictures = test_path (f->broker, "Pictures/2026/b.jpg"),
                  *project = test_path (f->broker, "Projects/p");
  Start *start = begin_profile (f, wants);
  g_autoptr (GPtrArray) found = NULL;

  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  shown = lines (f->agent);
  g_assert_cmpstr (said (f->agent, "title"), ==, "“Viewer” starts for the first time");
  g_assert_cmpstr (said (f->agent, "reason"), ==, "Shows what is there");
  g_assert_true (g_str_has_prefix (shown, "folder-pictures|View your Pictures|~/Pictures|0\n"
                                          "folder|View and change the folder “Projects”|~/Projects|0\n"));
  g_assert_nonnull (strstr (shown, "|Use Passwords and keys|"));
  /* Nothing before it is answered: no policy, no rule, no sandbox. */
  test_settle (f->broker);
  g_assert_cmpuint (start->n_policies, ==, 0);
  g_assert_cmpuint (start->answered, ==, 0);

  answer (f->agent, TRUE, "101", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  test_wait (&start->n_policies);
  g_assert_cmpint (decide (start, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (decide (start, pictures, PST_ACCESS_CHANGE), ==, PST_ANSWER_ASK);
  /* What was left off is not denied: it is asked for when it is used. */
  g_assert_cmpint (decide (start, project, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  found = grants (f);
  g_assert_cmpuint (found->len, ==, 2);
  end (start);

  /* Remembered, over a broker's end as well. */
  test_broker_stop (f->broker, SIGKILL);
  test_agent_free (f->agent);
  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  start = begin_profile (f, wants);
  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  g_assert_cmpint (decide (start, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
  end (start);
}

static void
test_cancel (Fixture *f, gconstpointer data)
{
  Start *start = begin_profile (f, wants);
  g_autoptr (GPtrArray) found = NULL;

  test_wait (&f->agent->n_sheets);
  answer (f->agent, FALSE, "111", "");
  test_wait (&start->answered);
  g_assert_true (start->cancelled && !start->admitted);
  g_assert_nonnull (strstr (start->text, "Viewer"));
  g_assert_cmpuint (start->n_policies, ==, 0);
  found = grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  end (start);
  /* Not remembered. */
  start = begin_profile (f, wants);
  g_assert_true (start->sheet);
  test_wait_count (&f->agent->n_sheets, 2);
  end (start);
}

/* What is decided, protected, private, whole, missing or never given by a question is not on a sheet. */
static void
test_left_out (Fixture *f, gconstpointer data)
{
  static const char text[] = "[Files]\nxdg:MUSIC=view\nxdg:VIDEOS=deny\n"
                             "[Wants]\nxdg:MUSIC=view\nxdg:VIDEOS=view\n~/.ssh=view\n~/.config=change\n~/.ssh/id_rsa=view\n"
                             "~/nothing=view\n/etc=view\n/usr/share=view\n~/inwards=view\n~/up=view\n~/out=view\n"
                             "session:org.freedesktop.systemd1=talk\nsession:org.example.Unknown=talk\n"
                             "session:org.freedesktop.Notifications=talk\nxdg:DOCUMENTS=view\n";
  g_autofree char *shown = NULL, *inwards = test_path (f->broker, "inwards"), *ssh = test_path (f->broker, ".ssh"),
                  *up = test_path (f->broker, "up"), *out = test_path (f->broker, "out");
  Start *start;

  g_assert_no_errno (symlink (ssh, inwards));
  g_assert_no_errno (symlink (f->broker->home, up));
  g_assert_no_errno (symlink ("/proc", out));
  start = begin_profile (f, text);
  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  shown = lines (f->agent);
  {
    g_autoptr (GString) others = g_string_new (shown);
    char *last = strstr (others->str, "folder-documents|View your Documents|~/Documents|0\n");

    g_assert_nonnull (last);
    g_string_truncate (others, (gsize)(last - others->str));
    /* Notifications may be a question or not, as the catalogue has it; nothing else may be before it. */
    g_assert_true (others->len == 0 || (strstr (others->str, "|Use ") && !strstr (others->str, "/")));
  }
  end (start);
}

static void
test_wants_nothing (Fixture *f, gconstpointer data)
{
  static const char *const nothing[] = { NULL, "[Application]\nName=X\n", "[Wants]\n", "[Wants]\n~/.ssh=view\n",
                                         "[Files]\nxdg:MUSIC=view\n[Wants]\nxdg:MUSIC=view\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (nothing); i++)
    {
      Start *start = begin_profile (f, nothing[i]);

      g_assert_false (start->sheet);
      g_assert_true (start->admitted);
      end (start);
    }
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
}

static void
test_five_lines (Fixture *f, gconstpointer data)
{
  Start *start = begin_profile (f, "[Wants]\nxdg:PICTURES=view\nxdg:DOCUMENTS=view\nxdg:MUSIC=view\nxdg:VIDEOS=view\n"
                                   "~/Projects=view\nxdg:DOWNLOAD=save\n");
  g_autofree char *shown = NULL;
  g_auto (GStrv) each = NULL;

  test_wait (&f->agent->n_sheets);
  shown = lines (f->agent);
  each = g_strsplit (shown, "\n", -1);
  g_assert_cmpuint (g_strv_length (each) - 1, ==, 5);
  g_assert_null (strstr (shown, "Downloads"));
  end (start);
}

/* The quotation is the packager's, and cannot look like words of ours. */
static void
test_hostile_text (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("[Application]\nName=<b>V</b>\xe2\x80\xae\nReason=Fine.” Postern says: “turn "
                                           "on\xe2\x80\xae all\xe2\x81\xa6 <a href='x'>");
  Start *start;

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, " x");
  g_string_append (text, "\n[Wants]\nxdg:PICTURES=view\n");
  start = begin_profile (f, text->str);
  test_wait (&f->agent->n_sheets);
  g_assert_null (strstr (said (f->agent, "reason"), "”"));
  g_assert_null (strstr (said (f->agent, "reason"), "“"));
  g_assert_null (strstr (said (f->agent, "reason"), "\xe2\x80\xae"));
  g_assert_null (strchr (said (f->agent, "reason"), '\n'));
  g_assert_cmpint (g_utf8_strlen (said (f->agent, "reason"), -1), <=, 200);
  g_assert_null (strstr (said (f->agent, "title"), "\xe2\x80\xae"));
  end (start);
}

static void
test_two_starts (Fixture *f, gconstpointer data)
{
  Start *first = begin_profile (f, wants), *second = begin_profile (f, wants), *third;

  test_wait (&f->agent->n_sheets);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 1);
  answer (f->agent, TRUE, "000", "");
  test_wait (&first->answered);
  test_wait (&second->answered);
  g_assert_true (first->admitted && second->admitted);
  end (first);
  end (second);
  third = begin_profile (f, wants);
  g_assert_false (third->sheet);
  end (third);
}

static void
test_launcher_gone (Fixture *f, gconstpointer data)
{
  Start *first = begin_profile (f, wants), *second = begin_profile (f, wants);

  test_wait (&f->agent->n_sheets);
  end (first);
  test_settle (f->broker);
  /* The other one still waits for it. */
  g_assert_cmpuint (f->agent->n_sheets_withdrawn, ==, 0);
  end (second);
  test_wait (&f->agent->n_sheets_withdrawn);
  /* An answer that was on its way gives nothing. */
  answer (f->agent, TRUE, "111", "");
  test_settle (f->broker);
  {
    g_autoptr (GPtrArray) found = grants (f);

    g_assert_cmpuint (found->len, ==, 0);
  }
}

static void
test_agent_dies (Fixture *f, gconstpointer data)
{
  Start *start = begin_profile (f, wants);
  TestAgent *other;
  g_autoptr (GPtrArray) found = NULL;

  test_wait (&f->agent->n_sheets);
  other = test_agent_new (f->broker, "gtk", ":other");
  /* Not who shows it: what it says does not count. */
  other->sheet = f->agent->sheet;
  answer (other, TRUE, "111", "");
  test_settle (f->broker);
  g_assert_cmpuint (start->answered, ==, 0);
  test_agent_free (other);

  test_agent_free (f->agent);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  test_wait (&f->agent->n_sheets);
  g_assert_cmpuint (start->answered, ==, 0);
  found = grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  answer (f->agent, TRUE, "000", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  end (start);
}

/* An answer with too few switches, or too many, is no answer, and whoever sent it is shut out. */
static void
test_bad_answer (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "", "11", "1111" };
  Start *start = begin_profile (f, wants);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      test_wait (&f->agent->n_sheets);
      answer (f->agent, TRUE, bad[i], "");
      test_wait (&f->agent->gone);
      g_assert_cmpuint (start->answered, ==, 0);
      test_agent_free (f->agent);
      f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
    }
  end (start);
}

/* Only an agent can answer, and only who has registered and waits is told. */
static void
test_roles (Fixture *f, gconstpointer data)
{
  static const char *const roles[] = { "control", "launcher" };
  Start *start = begin_profile (f, wants);

  test_wait (&f->agent->n_sheets);
  for (gsize i = 0; i < G_N_ELEMENTS (roles); i++)
    {
      g_autoptr (PstPeer) peer = test_connect (f->broker, roles[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (pst_peer_call_sync (peer, PST_AGENT_ANSWER_SHEET,
                                         g_variant_new_parsed ("(%t, true, [true, true, true], b'')", f->agent->sheet), NULL, 0,
                                         10000, &error));
      g_assert_nonnull (error);
    }
  {
    g_autoptr (PstPeer) peer = test_connect (f->broker, "launcher");
    g_autoptr (GError) error = NULL;

    g_assert_null (pst_peer_call_sync (peer, PST_LAUNCHER_AWAIT_SHEET, NULL, NULL, 0, 10000, &error));
    g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED);
  }
  test_settle (f->broker);
  g_assert_cmpuint (start->answered, ==, 0);
  /* Saying that the program has started does not start it. */
  pst_peer_notify (start->launcher, PST_LAUNCHER_STARTED, g_variant_new ("(u)", (guint32)getpid ()), NULL, 0);
  test_wait (&start->closed);
  test_wait (&f->agent->n_sheets_withdrawn);
  end (start);
}

/* Where nobody can be asked it starts without, and the sheet comes another time. */
static void
test_nobody (Fixture *f, gconstpointer data)
{
  Start *start = begin (f, &(Ask){ .profile = wants });

  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  end (start);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
  start = begin_profile (f, wants);
  g_assert_true (start->sheet);
  end (start);
}

static void
test_on_the_terminal (Fixture *f, gconstpointer data)
{
  Start *start = begin (f, &(Ask){ .profile = wants, .tty = TRUE });

  g_assert_true (start->sheet);
  test_wait (&start->n_text_agents);
  end (start);
}

static void
test_changed_meanwhile (Fixture *f, gconstpointer data)
{
  g_autofree char *projects = test_path (f->broker, "Projects"), *aside = test_path (f->broker, "aside"),
                  *documents = test_path (f->broker, "Documents");
  Start *start = begin_profile (f, wants);
  g_autoptr (GPtrArray) found = NULL;

  test_wait (&f->agent->n_sheets);
  g_assert_no_errno (g_rename (projects, aside));
  g_assert_no_errno (symlink (documents, projects));
  answer (f->agent, TRUE, "110", "");
  test_wait_count (&f->agent->n_sheets, 2);
  g_assert_nonnull (strstr (said (f->agent, "problem"), "~/Projects"));
  found = grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  answer (f->agent, TRUE, "100", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  end (start);
}

/* What the administrator allows by default is switched on; switched off, it is asked for: the person's word goes before. */
static void
test_administrator (Fixture *f, gconstpointer data)
{
  g_autofree char *dir = g_build_filename (f->broker->dir, "policy", NULL), *file = g_build_filename (dir, "a.conf", NULL),
                  *argument = g_strconcat ("--policy-dir=", dir, NULL), *shown = NULL,
                  *pictures = test_path (f->broker, "Pictures/2026/b.jpg"), *music = test_path (f->broker, "Music/a.ogg");
  Start *start;

  g_assert_no_errno (g_mkdir (dir, 0700));
  g_assert_true (g_file_set_contents (file,
                                      "[Default Files]\nxdg:PICTURES=view\nxdg:MUSIC=view\n[Default Bus]\n"
                                      "session:org.freedesktop.secrets=allow\n[Lock Files]\nxdg:VIDEOS=deny\n",
                                      -1, NULL));
  g_assert_no_errno (chmod (file, 0600));
  test_agent_free (f->agent);
  test_broker_stop (f->broker, SIGTERM);
  test_broker_start (f->broker, argument);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  start = begin_profile (f, "[Wants]\nxdg:PICTURES=view\nxdg:MUSIC=view\nxdg:VIDEOS=view\nxdg:DOCUMENTS=view\n"
                            "session:org.freedesktop.secrets=talk\n");
  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  shown = lines (f->agent);
  g_assert_true (g_str_has_prefix (shown, "folder-pictures|View your Pictures|~/Pictures|1\n"
                                          "folder-music|View your Music|~/Music|1\n"
                                          "folder-documents|View your Documents|~/Documents|0\n"));
  g_assert_true (g_str_has_suffix (shown, "|1\n") && strstr (shown, "|Use Passwords and keys|"));
  answer (f->agent, TRUE, "0100", "");
  test_wait (&start->answered);
  test_wait (&start->n_policies);
  g_assert_cmpint (decide (start, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (decide (start, music, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  end (start);

  /* Kept to one folder, it has none of that by default. */
  start = begin (f, &(Ask){ .display = DISPLAY, .only = pictures, .only_access = PST_ACCESS_VIEW });
  g_assert_nonnull (start->text);
  end (start);
  {
    g_autofree char *documents = test_path (f->broker, "Documents");

    start = begin (f, &(Ask){ .display = DISPLAY, .only = documents, .only_access = PST_ACCESS_VIEW });
    g_assert_true (start->admitted);
    g_assert_cmpint (decide (start, music, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
    end (start);
  }
}

static void
test_one_folder (Fixture *f, gconstpointer data)
{
  static const char profile[] = "[Application]\nOneFolder=view\n[Wants]\nxdg:MUSIC=view\n";
  static const char *const refused[] = { "Pictures/2026/b.jpg", ".ssh", ".config", "nothing", "up", "inwards" };
  g_autofree char *folder = test_path (f->broker, "Pictures/2026"), *above = test_path (f->broker, "Pictures"),
                  *other = test_path (f->broker, "Documents/x.txt"), *up = test_path (f->broker, "up"),
                  *inwards = test_path (f->broker, "inwards"), *ssh = test_path (f->broker, ".ssh"),
                  *in = g_build_filename (folder, "b.jpg", NULL);
  guint32 access = 0;
  Start *start;
  guint n;

  g_assert_no_errno (symlink (f->broker->home, up));
  g_assert_no_errno (symlink (ssh, inwards));
  start = begin_profile (f, profile);
  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  g_assert_true (g_variant_lookup (f->agent->sheet_details, "folder", "u", &access));
  g_assert_cmpuint (access, ==, PST_ACCESS_VIEW);
  {
    /* Where there is only one folder, no other is offered. */
    g_autofree char *shown = lines (f->agent);

    g_assert_cmpstr (shown, ==, "");
  }
  for (n = 0; n < G_N_ELEMENTS (refused); n++)
    {
      g_autofree char *path = test_path (f->broker, refused[n]);

      answer (f->agent, TRUE, "", path);
      test_wait_count (&f->agent->n_sheets, n + 2);
      g_assert_cmpstr (said (f->agent, "problem"), !=, "");
    }
  answer (f->agent, TRUE, "", "");
  test_wait_count (&f->agent->n_sheets, ++n + 1);
  answer (f->agent, TRUE, "", "/etc");
  test_wait_count (&f->agent->n_sheets, ++n + 1);
  answer (f->agent, TRUE, "", f->broker->home);
  test_wait_count (&f->agent->n_sheets, ++n + 1);
  g_assert_cmpuint (start->answered, ==, 0);

  answer (f->agent, TRUE, "", folder);
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  test_wait (&start->n_policies);
  g_assert_cmpint (decide (start, in, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (decide (start, above, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (decide (start, other, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  end (start);
  start = begin_profile (f, profile);
  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  end (start);
}

/* One that is kept to a folder does not start where nobody can say which. */
static void
test_one_folder_nobody (Fixture *f, gconstpointer data)
{
  Start *start = begin (f, &(Ask){ .profile = "[Application]\nOneFolder=change\n" });

  g_assert_true (start->sheet);
  test_wait (&start->answered);
  g_assert_false (start->admitted);
  g_assert_nonnull (strstr (start->text, "--only"));
  end (start);
}

static void
on_outcome (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  TestAsk *ask = data;

  ask->done = 1;
  if (reply)
    g_variant_get (reply->args, "(u)", &ask->outcome);
}

static gboolean
knows_user_dirs (Fixture *f)
{
  g_autofree char *file = g_build_filename (f->broker->data, "postern", "homes", "cat", ".config", "user-dirs.dirs", NULL);

  return g_file_test (file, G_FILE_TEST_EXISTS);
}

/* What is kept to one folder is not told the names of the others either. */
static void
test_quiet_names (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  Start *start = begin (f, &(Ask){ .display = DISPLAY, .only = pictures, .only_access = PST_ACCESS_VIEW });

  g_assert_true (start->admitted);
  g_assert_false (knows_user_dirs (f));
  end (start);
  start = begin_profile (f, "[Application]\nOneFolder=view\n");
  test_wait (&f->agent->n_sheets);
  answer (f->agent, TRUE, "", pictures);
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  g_assert_false (knows_user_dirs (f));
  end (start);
  /* control */
  start = begin (f, &(Ask){ .display = DISPLAY });
  g_assert_true (start->admitted);
  g_assert_true (knows_user_dirs (f));
  end (start);
}

/* The private home of a start that waits is in use. */
static void
test_reset_meanwhile (Fixture *f, gconstpointer data)
{
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) args = g_variant_ref_sink (g_variant_new ("(sb)", "cat", TRUE)), reply = NULL;
  g_autoptr (PstMessage) refused = NULL;
  g_autofree char *home = g_build_filename (f->broker->data, "postern", "homes", "cat", NULL);
  Start *start = begin_profile (f, wants);

  test_wait (&f->agent->n_sheets);
  refused = pst_peer_call_sync (control, PST_CONTROL_RESET_APP, args, NULL, 0, 10000, &error);
  g_assert_null (refused);
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
  g_assert_true (g_file_test (home, G_FILE_TEST_IS_DIR));
  answer (f->agent, TRUE, "000", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  g_assert_true (g_file_test (home, G_FILE_TEST_IS_DIR));
  end (start);
  test_settle (f->broker);
  /* control */
  reply = test_call (control, PST_CONTROL_RESET_APP, g_variant_ref (args));
  g_assert_false (g_file_test (home, G_FILE_TEST_EXISTS));
}

static void
lock (Fixture *f, gboolean locked)
{
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder changes;

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", "locked", g_variant_new_boolean (locked));
  reply = test_call (control, PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", "cat", &changes));
}

/* Of what nothing is asked, a first start is no way to ask after all. */
static void
test_locked (Fixture *f, gconstpointer data)
{
  static const char *const profiles[] = { wants, "[Application]\nOneFolder=view\n" };
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  g_autoptr (GPtrArray) found = NULL;
  Start *start;

  lock (f, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
    {
      start = begin_profile (f, profiles[i]);
      g_assert_false (start->sheet);
      g_assert_true (start->admitted);
      g_assert_cmpint (decide (start, pictures, PST_ACCESS_VIEW), !=, PST_ANSWER_ALLOW);
      end (start);
    }
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);

  /* One that is open when it is locked goes, and an answer to it that was on its way is none. */
  lock (f, FALSE);
  start = begin_profile (f, wants);
  test_wait (&f->agent->n_sheets);
  lock (f, TRUE);
  answer (f->agent, TRUE, "111", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  found = grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  end (start);

  /* control */
  lock (f, FALSE);
  start = begin_profile (f, wants);
  g_assert_true (start->sheet);
  end (start);
}

static void
test_only (Fixture *f, gconstpointer data)
{
  g_autofree char *folder = test_path (f->broker, "Pictures/2026"), *above = test_path (f->broker, "Pictures"),
                  *other = test_path (f->broker, "Documents/x.txt"), *in = g_build_filename (folder, "b.jpg", NULL),
                  *documents = test_path (f->broker, "Documents");
  g_autoptr (GPtrArray) found = NULL;
  Start *start;

  {
    /* What is allowed at other times does not count. */
    g_autoptr (PstPeer) control = test_connect (f->broker, "control");

    g_variant_unref (
        test_call (control, PST_CONTROL_GRANT,
                   g_variant_new ("(su^ayuuuux)", "cat", (guint32)PST_KIND_FILES, documents, 0u, (guint32)PST_ACCESS_CHANGE,
                                  (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS, (gint64)0)));
  }
  start = begin (f, &(Ask){ .display = DISPLAY, .profile = wants, .only = folder, .only_access = PST_ACCESS_VIEW });
  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  g_assert_cmpint (decide (start, in, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (decide (start, in, PST_ACCESS_CHANGE), !=, PST_ANSWER_ALLOW);
  g_assert_cmpint (decide (start, in, PST_ACCESS_CHANGE), !=, PST_ANSWER_ASK);
  g_assert_cmpint (decide (start, above, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (decide (start, other, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (decide (start, "/mnt/x", PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  found = grants (f);
  g_assert_cmpuint (found->len, ==, 2);
  {
    /* What would be asked for is refused: of the file gate, and of the message buses. */
    TestAsk asks[2] = { { 0 } };

    pst_peer_notify (start->launcher, PST_LAUNCHER_STARTED, g_variant_new ("(u)", (guint32)getpid ()), NULL, 0);
    pst_peer_call (
        start->gate, PST_GATE_ASK,
        g_variant_new ("(t^ayuuu)", (guint64)1, other, (guint32)PST_ACCESS_VIEW, (guint32)PST_OP_OPEN, (guint32)getpid ()),
        NULL, 0, on_outcome, &asks[0]);
    pst_peer_call (start->bus, PST_BUS_ASK,
                   g_variant_new ("(tssss)", (guint64)2, "session", "org.freedesktop.secrets", "org.freedesktop.Secret.Service",
                                  "OpenSession"),
                   NULL, 0, on_outcome, &asks[1]);
    test_wait (&asks[0].done);
    test_wait (&asks[1].done);
    g_assert_cmpuint (asks[0].outcome, ==, PST_OUTCOME_HIDE);
    g_assert_cmpuint (asks[1].outcome, ==, PST_OUTCOME_DENY);
    test_settle (f->broker);
    g_assert_cmpuint (f->agent->n_shown, ==, 0);
  }
  end (start);
  test_settle (f->broker);
  g_ptr_array_unref (found);
  found = grants (f);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
}

static void
test_only_refused (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *name, *word;
  } bad[] = {
    { "Pictures/2026/b.jpg", "not a folder" },
    { ".ssh", "keys" },
    { ".config", "dot" },
    { "nothing", "does not exist" },
    { "up", "symbolic link" },
    { "inwards", "symbolic link" },
    { "out", "symbolic link" },
  };
  g_autofree char *up = test_path (f->broker, "up"), *inwards = test_path (f->broker, "inwards"),
                  *out = test_path (f->broker, "out"), *ssh = test_path (f->broker, ".ssh"),
                  *config = test_path (f->broker, ".config");
  Start *start;

  g_mkdir (config, 0700);
  g_assert_no_errno (symlink (f->broker->home, up));
  g_assert_no_errno (symlink (ssh, inwards));
  g_assert_no_errno (symlink ("/proc", out));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = test_path (f->broker, bad[i].name);

      start = begin (f, &(Ask){ .display = DISPLAY, .only = path, .only_access = PST_ACCESS_VIEW });
      g_assert_false (start->admitted);
      if (!strstr (start->text, bad[i].word))
        g_error ("%s: %s", bad[i].name, start->text);
      end (start);
    }
  start = begin (f, &(Ask){ .display = DISPLAY, .only = f->broker->home, .only_access = PST_ACCESS_VIEW });
  g_assert_nonnull (strstr (start->text, "whole home"));
  end (start);
  start = begin (f, &(Ask){ .display = DISPLAY, .only = "/etc", .only_access = PST_ACCESS_VIEW });
  g_assert_nonnull (strstr (start->text, "not in your home"));
  end (start);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/sheet/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("start", test_start);
  ADD ("cancel", test_cancel);
  ADD ("left-out", test_left_out);
  ADD ("wants-nothing", test_wants_nothing);
  ADD ("five-lines", test_five_lines);
  ADD ("hostile-text", test_hostile_text);
  ADD ("two-starts", test_two_starts);
  ADD ("launcher-gone", test_launcher_gone);
  ADD ("agent-dies", test_agent_dies);
  ADD ("bad-answer", test_bad_answer);
  ADD ("roles", test_roles);
  ADD ("nobody", test_nobody);
  ADD ("on-the-terminal", test_on_the_terminal);
  ADD ("changed-meanwhile", test_changed_meanwhile);
  ADD ("administrator", test_administrator);
  ADD ("one-folder", test_one_folder);
  ADD ("one-folder-nobody", test_one_folder_nobody);
  ADD ("locked", test_locked);
  ADD ("quiet-names", test_quiet_names);
  ADD ("reset-meanwhile", test_reset_meanwhile);
  ADD ("only", test_only);
  ADD ("only-refused", test_only_refused);
  return g_test_run ();
}
