/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The text agent as a whole: on a terminal of its own (a pty whose other end is the test), with a supervisor's socket on
 * descriptor 3 and a broker. argv[1]: the program. */

#include "pst-fd.h"
#include "pst-types.h"
#include "test-fake-broker.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

static const char *program;

typedef struct
{
  FakeBroker *broker;
  int master;
  int slave; /* kept, so that modes can be read and the master never ends */
  int supervisor;
  pid_t pid;
  int status; /* wait status, once it has ended */
  GString *screen;
  GString *supervisor_heard;
  guint sources[3];
} Fixture;

static gboolean
on_screen (int fd, GIOCondition condition, gpointer data)
{
  Fixture *f = data;
  char buffer[4096];
  ssize_t n = read (fd, buffer, sizeof buffer);

  if (n <= 0)
    return G_SOURCE_CONTINUE;
  g_string_append_len (f->screen, buffer, n);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_supervisor (int fd, GIOCondition condition, gpointer data)
{
  Fixture *f = data;
  char c;

  if (read (fd, &c, 1) != 1)
    {
      f->sources[1] = 0;
      return G_SOURCE_REMOVE;
    }
  g_string_append_c (f->supervisor_heard, c);
  return G_SOURCE_CONTINUE;
}

static void
on_ended (GPid pid, int status, gpointer data)
{
  Fixture *f = data;

  f->pid = 0;
  f->status = status;
  f->sources[2] = 0;
}

/* A raw terminal, as a supervisor that relays leaves it. */
static void
set_up_full (Fixture *f, gboolean with_supervisor)
{
  struct winsize size = { .ws_row = 40, .ws_col = 72 };
  struct termios raw;
  int pair[2] = { -1, -1 };

  f->broker = fake_broker_new ();
  f->screen = g_string_new (NULL);
  f->supervisor_heard = g_string_new (NULL);
  g_assert_no_errno (openpty (&f->master, &f->slave, NULL, NULL, &size));
  g_assert_no_errno (tcgetattr (f->slave, &raw));
  cfmakeraw (&raw);
  g_assert_no_errno (tcsetattr (f->slave, TCSANOW, &raw));
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  f->supervisor = pair[0];

  f->pid = fork ();
  g_assert_no_errno (f->pid);
  if (f->pid == 0)
    {
      if (login_tty (dup (f->slave)) < 0)
        _exit (99);
      if (with_supervisor)
        {
          int fd = fcntl (pair[1], F_DUPFD, 10);
          dup2 (fd, 3);
          close (fd);
        }
      else
        close (3);
      pst_fd_close_from (4, NULL, 0);
      g_setenv ("TERM", "xterm", TRUE);
      g_setenv ("LC_ALL", "C.UTF-8", TRUE);
      execl (program, program, "--sandbox", "12", NULL);
      _exit (98);
    }
  close (pair[1]);
  f->sources[0] = g_unix_fd_add (f->master, G_IO_IN, on_screen, f);
  f->sources[1] = g_unix_fd_add (f->supervisor, G_IO_IN, on_supervisor, f);
  f->sources[2] = g_child_watch_add (f->pid, on_ended, f);
  g_assert_cmpstr (fake_broker_wait_agent (f->broker), ==, "tty 12");
}

static void
set_up (Fixture *f, gconstpointer data)
{
  set_up_full (f, TRUE);
}

static void
set_up_alone (Fixture *f, gconstpointer data)
{
  set_up_full (f, FALSE);
}

static gboolean
has_ended (gpointer data)
{
  return ((Fixture *)data)->pid == 0;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->pid != 0)
    {
      kill (f->pid, SIGTERM);
      fake_wait (has_ended, f, "the agent ends on SIGTERM");
      g_assert_true (WIFEXITED (f->status) && WEXITSTATUS (f->status) == 0);
    }
  for (int i = 0; i < 3; i++)
    if (f->sources[i] != 0)
      g_source_remove (f->sources[i]);
  close (f->master);
  close (f->slave);
  close (f->supervisor);
  g_string_free (f->screen, TRUE);
  g_string_free (f->supervisor_heard, TRUE);
  fake_broker_free (f->broker);
}

static Fixture *waiting;

static gboolean
is_on_screen (gpointer data)
{
  return strstr (waiting->screen->str, data) != NULL;
}

static void
wait_screen (Fixture *f, const char *text)
{
  waiting = f;
  fake_wait (is_on_screen, (gpointer)text, text);
}

static gboolean
was_heard (gpointer data)
{
  return g_str_equal (waiting->supervisor_heard->str, data);
}

static void
wait_heard (Fixture *f, const char *all)
{
  waiting = f;
  fake_wait (was_heard, (gpointer)all, all);
}

static void
type (Fixture *f, const char *keys)
{
  g_assert_cmpint (write (f->master, keys, strlen (keys)), ==, (gssize)strlen (keys));
}

static void
show (Fixture *f, guint64 id, const char *extra)
{
  g_autofree char *details = fake_broker_details ("org.gnome.eog", extra);
  fake_broker_show (f->broker, id, details);
}

static gboolean
is_raw (Fixture *f)
{
  struct termios t;

  g_assert_no_errno (tcgetattr (f->slave, &t));
  return (t.c_lflag & (ICANON | ECHO | ISIG)) == 0 && (t.c_oflag & OPOST) == 0;
}

/* Shows a question and waits until an answer can be typed. */
static void
show_and_prompt (Fixture *f, guint64 id)
{
  g_string_truncate (f->screen, 0);
  show (f, id, "");
  wait_heard (f, "q");
  g_assert_cmpint (write (f->supervisor, "k", 1), ==, 1);
  wait_screen (f, "denies: ");
}

static void
test_loan (Fixture *f, gconstpointer data)
{
  FakeAnswer a;

  show (f, 5, "");
  wait_heard (f, "q");
  /* not a letter before the supervisor has let go of the terminal */
  fake_let_pass (100);
  g_assert_cmpstr (f->screen->str, ==, "");
  g_assert_true (is_raw (f));

  g_assert_cmpint (write (f->supervisor, "k", 1), ==, 1);
  wait_screen (f, "Allow “Image Viewer” to view your Pictures?");
  wait_screen (f, "denies: ");
  g_assert_false (is_raw (f));
  type (f, "s3 a2 2\n");
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.question, ==, 5);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ALWAYS);
  g_assert_cmpuint (a.scope, ==, 2);
  g_assert_cmpuint (a.access, ==, 1);
  wait_heard (f, "qr");
  g_assert_true (is_raw (f));
}

static void
test_select_then_answer (Fixture *f, gconstpointer data)
{
  FakeAnswer a;

  show_and_prompt (f, 1);
  g_string_truncate (f->screen, 0);
  type (f, "s2\n");
  wait_screen (f, "to view Pictures/2026?");
  g_string_truncate (f->screen, 0);
  type (f, "perhaps\n");
  wait_screen (f, "none of the choices");
  wait_screen (f, "denies: ");
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
  type (f, "1\n");
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.scope, ==, 1);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ONCE);
}

/* Each of these is "no, this once", and the agent goes on. */
static void
test_ways_to_deny (Fixture *f, gconstpointer data)
{
  static const char *const keys[] = { "\n", "\003", "\004", "2\003" };
  guint64 id = 1;

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++, id++)
    {
      FakeAnswer a;

      g_string_truncate (f->supervisor_heard, 0);
      show_and_prompt (f, id);
      type (f, keys[i]);
      a = fake_broker_wait_answer (f->broker);
      g_assert_cmpuint (a.question, ==, id);
      g_assert_cmpuint (a.answer, ==, PST_ANSWER_DENY);
      g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ONCE);
      wait_heard (f, "qr");
    }

  g_string_truncate (f->supervisor_heard, 0);
  show_and_prompt (f, id);
  kill (f->pid, SIGINT);
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).answer, ==, PST_ANSWER_DENY);
  wait_heard (f, "qr");
  g_assert_cmpint (f->pid, !=, 0);
}

/* What was typed for the application, before the question or while it was being read, answers nothing. */
static void
test_typed_ahead (Fixture *f, gconstpointer data)
{
  type (f, "2\r2\n");
  show (f, 1, "");
  wait_heard (f, "q");
  g_assert_cmpint (write (f->supervisor, "k", 1), ==, 1);
  wait_screen (f, "Always allow");
  type (f, "2\n");
  wait_screen (f, "denies: ");
  fake_let_pass (200);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
  type (f, "3\n");
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).answer, ==, PST_ANSWER_DENY);
}

static void
test_withdraw (Fixture *f, gconstpointer data)
{
  show_and_prompt (f, 1);
  fake_broker_withdraw (f->broker, 1);
  wait_screen (f, "No answer is needed any more");
  wait_heard (f, "qr");
  g_assert_true (is_raw (f));

  /* before the supervisor has answered: it gets its terminal back all the same */
  g_string_truncate (f->supervisor_heard, 0);
  g_string_truncate (f->screen, 0);
  show (f, 2, "");
  wait_heard (f, "q");
  fake_broker_withdraw (f->broker, 2);
  show (f, 3, "");
  fake_broker_withdraw (f->broker, 3);
  fake_let_pass (50);
  g_assert_cmpint (write (f->supervisor, "k", 1), ==, 1);
  wait_heard (f, "qr");
  g_assert_cmpstr (f->screen->str, ==, "");
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
}

static void
test_two_in_one_loan (Fixture *f, gconstpointer data)
{
  show (f, 1, "");
  show (f, 2, "'warning': <'Careful.'>,");
  wait_heard (f, "q");
  g_assert_cmpint (write (f->supervisor, "k", 1), ==, 1);
  wait_screen (f, "denies: ");
  g_assert_null (strstr (f->screen->str, "Careful"));
  type (f, "1\n");
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).question, ==, 1);
  g_string_truncate (f->screen, 0);
  wait_screen (f, "denies: ");
  type (f, "3\n");
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).question, ==, 2);
  wait_heard (f, "qr");
}

static void
test_changed (Fixture *f, gconstpointer data)
{
  show_and_prompt (f, 1);
  g_string_truncate (f->screen, 0);
  show (f, 1, "'warning': <'Careful.'>,");
  wait_screen (f, "The question has changed");
  wait_screen (f, "Careful");
  wait_screen (f, "denies: ");
  type (f, "3\n");
  fake_broker_wait_answer (f->broker);
}

static void
test_broker_dies (Fixture *f, gconstpointer data)
{
  show_and_prompt (f, 1);
  fake_broker_stop (f->broker);
  wait_screen (f, "No answer is needed any more");
  wait_heard (f, "qr");
  fake_broker_start (f->broker);
  g_assert_cmpstr (fake_broker_wait_agent (f->broker), ==, "tty 12");
  g_string_truncate (f->supervisor_heard, 0);
  show_and_prompt (f, 9);
  type (f, "1\n");
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).question, ==, 9);
}

static void
test_supervisor_dies (Fixture *f, gconstpointer data)
{
  show_and_prompt (f, 1);
  shutdown (f->supervisor, SHUT_RDWR);
  fake_wait (has_ended, f, "the agent ends with its supervisor");
  g_assert_true (WIFEXITED (f->status) && WEXITSTATUS (f->status) == 0);
  g_assert_true (is_raw (f));
}

static void
test_turned_away (Fixture *f, gconstpointer data)
{
  fake_broker_turn_away (f->broker);
  fake_broker_stop (f->broker);
  fake_broker_start (f->broker);
  fake_wait (has_ended, f, "an agent that is one too many ends");
  g_assert_true (WIFEXITED (f->status) && WEXITSTATUS (f->status) == 0);
}

static void
test_hostile (Fixture *f, gconstpointer data)
{
  char *question;

  show (f, 1, "'reason': <'\\u001b]0;x\\u0007\\u202e\\u009b31m'>,");
  wait_heard (f, "q");
  g_assert_cmpint (write (f->supervisor, "k", 1), ==, 1);
  wait_screen (f, "denies: ");
  question = strstr (f->screen->str, "Its packager says");
  g_assert_nonnull (question);
  g_assert_null (strpbrk (question, "\033\007"));
  g_assert_null (strstr (question, "\u202e"));
  g_assert_null (strstr (question, "\xc2\x9b"));
  type (f, "3\n");
  fake_broker_wait_answer (f->broker);
}

static void
test_alone (Fixture *f, gconstpointer data)
{
  show (f, 1, "");
  wait_screen (f, "denies: ");
  type (f, "2\n");
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).lifetime, ==, PST_LIFETIME_ALWAYS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  program = argv[1];
  signal (SIGPIPE, SIG_IGN);
#define ADD(name, func) g_test_add ("/agent-tty/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("loan", test_loan);
  ADD ("select-then-answer", test_select_then_answer);
  ADD ("ways-to-deny", test_ways_to_deny);
  ADD ("typed-ahead", test_typed_ahead);
  ADD ("withdraw", test_withdraw);
  ADD ("two-in-one-loan", test_two_in_one_loan);
  ADD ("changed", test_changed);
  ADD ("broker-dies", test_broker_dies);
  ADD ("supervisor-dies", test_supervisor_dies);
  ADD ("turned-away", test_turned_away);
  ADD ("hostile", test_hostile);
#undef ADD
  g_test_add ("/agent-tty/alone", Fixture, NULL, set_up_alone, test_alone, tear_down);
  return g_test_run ();
}
