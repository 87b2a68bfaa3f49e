/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom to show a question to.
 *
 * A screen has at most one agent. A graphical one is started by the broker itself with the environment of the launch that wants
 * it; the one for a terminal is started by the supervisor that has the terminal. Either connects by itself and says what it
 * serves. An agent that cannot be started, or ends before it has registered, is tried again a few times; then its screen counts
 * as one where nobody can be asked, and sandboxes that also have a terminal are asked there.
 */
#include "agent-start.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "consent.h"
#include "postern-ipc.h"
#include "pst-programs.h"
#include "sandbox-table.h"
#include "sheet.h"

#define START_TIMEOUT_MS 15000
#define MAX_FAILURES 3
#define FORGIVE_AFTER (60 * G_USEC_PER_SEC)
#define STABLE_AFTER (5 * G_USEC_PER_SEC)

typedef struct
{
  PstScreenReady ready;
  gpointer user_data;
} Waiter;

struct _PstScreen
{
  PstBroker *broker;
  char *key;
  GVariant *environment; /* (nullable) */
  PstAgent *agent;       /* (nullable), borrowed */
  GPid pid;              /* of the one that is being started, or runs; 0 */
  guint child_source, timeout_source;
  gboolean starting;
  gint64 started_at, failed_at;
  guint failures;
  GArray *waiters; /* of Waiter */
};

static const char *const display_keys[] = { "WAYLAND_DISPLAY", "DISPLAY" };

static char *
lookup_environment (GVariant *environment, const char *key)
{
  char *value = environment ? pst_lookup_bytes (environment, key) : NULL;

  if (value && !*value)
    g_clear_pointer (&value, g_free);
  return value;
}

char *
pst_screen_key (GVariant *environment, gboolean tty, guint64 sandbox)
{
  for (gsize i = 0; i < G_N_ELEMENTS (display_keys); i++)
    {
      g_autofree char *value = lookup_environment (environment, display_keys[i]);

      if (value)
        return g_strconcat ("display:", value, NULL);
    }
  return tty ? g_strdup_printf ("tty:%" G_GUINT64_FORMAT, sandbox) : g_strdup ("none");
}

static PstScreen *
screen_get (PstBroker *broker, const char *key)
{
  PstScreen *screen = g_hash_table_lookup (broker->screens, key);

  if (!screen)
    {
      screen = g_new0 (PstScreen, 1);
      screen->broker = broker;
      screen->key = g_strdup (key);
      screen->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
      g_hash_table_insert (broker->screens, screen->key, screen);
    }
  return screen;
}

void
pst_screen_free (PstScreen *screen)
{
  if (!screen)
    return;
  g_clear_handle_id (&screen->child_source, g_source_remove);
  g_clear_handle_id (&screen->timeout_source, g_source_remove);
  g_clear_pointer (&screen->environment, g_variant_unref);
  g_array_unref (screen->waiters);
  g_free (screen->key);
  g_free (screen);
}

PstAgent *
pst_screen_agent (PstBroker *broker, const char *key)
{
  PstScreen *screen = g_hash_table_lookup (broker->screens, key);

  if (screen && screen->agent)
    return screen->agent;
  if (strcmp (key, "none") != 0)
    return NULL;
  for (guint i = 0; i < broker->agents->len; i++)
    {
      PstAgent *agent = broker->agents->pdata[i];

      if (g_strcmp0 (agent->kind, "gtk") == 0)
        return agent;
    }
  return NULL;
}

static void
tell_waiters (PstScreen *screen, gboolean ready)
{
  g_autoptr (GArray) waiters = screen->waiters;

  screen->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  for (guint i = 0; i < waiters->len; i++)
    {
      Waiter *waiter = &g_array_index (waiters, Waiter, i);

      waiter->ready (ready, waiter->user_data);
    }
}

/* Nobody can be asked on this display: those who have a terminal are asked there, the others' questions are refused by the next
 * show. */
static void
move_to_terminals (PstScreen *screen)
{
  PstBroker *broker = screen->broker;
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, NULL);

  for (guint i = 0; i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];
      g_autoptr (GPtrArray) asks = g_ptr_array_new ();
      GHashTableIter iter;
      gpointer ask;

      if (!sandbox->tty || strcmp (sandbox->screen, screen->key) != 0)
        continue;
      g_free (sandbox->screen);
      sandbox->screen = pst_screen_key (NULL, TRUE, sandbox->number);
      g_hash_table_iter_init (&iter, sandbox->asks);
      while (g_hash_table_iter_next (&iter, NULL, &ask))
        if (((PstAsk *)ask)->question)
          g_ptr_array_add (asks, ask);
      for (guint k = 0; k < asks->len; k++)
        {
          pst_consent_leave (asks->pdata[k]);
          pst_consent_question (asks->pdata[k]);
        }
    }
}

static void
start_failed (PstScreen *screen)
{
  screen->starting = FALSE;
  screen->failures++;
  screen->failed_at = g_get_monotonic_time ();
  g_clear_handle_id (&screen->timeout_source, g_source_remove);
  g_message ("no agent for %s (%u)", screen->key, screen->failures);
  if (screen->failures >= MAX_FAILURES && g_str_has_prefix (screen->key, "display:"))
    move_to_terminals (screen);
  tell_waiters (screen, FALSE);
  pst_consent_schedule_show (screen->broker);
}

static void
on_child (GPid pid, int status, gpointer data)
{
  PstScreen *screen = data;

  g_spawn_close_pid (pid);
  /* The end of its connection may have been seen before, and another one be starting by now. */
  if (pid != screen->pid)
    return;
  screen->child_source = 0;
  screen->pid = 0;
  if (screen->starting)
    start_failed (screen);
}

static gboolean
on_start_timeout (gpointer data)
{
  PstScreen *screen = data;

  screen->timeout_source = 0;
  if (screen->pid)
    kill (screen->pid, SIGTERM);
  start_failed (screen);
  return G_SOURCE_REMOVE;
}

static char **
agent_environment (GVariant *environment)
{
  static const char *const replaced[] = { "DISPLAY",
                                          "WAYLAND_DISPLAY",
                                          "XAUTHORITY",
                                          "DBUS_SESSION_BUS_ADDRESS",
                                          "XDG_CURRENT_DESKTOP",
                                          "LANG",
                                          "LANGUAGE",
                                          "LC_ALL",
                                          "LC_MESSAGES",
                                          "GTK_THEME",
                                          "GDK_SCALE" };
  char **env = g_get_environ ();

  for (gsize i = 0; i < G_N_ELEMENTS (replaced); i++)
    {
      g_autofree char *value = lookup_environment (environment, replaced[i]);

      if (value)
        env = g_environ_setenv (env, replaced[i], value, TRUE);
      else
        env = g_environ_unsetenv (env, replaced[i]);
    }
  env = g_environ_unsetenv (env, "LISTEN_FDS");
  env = g_environ_unsetenv (env, "LISTEN_PID");
  return env;
}

static gboolean
spawn (PstScreen *screen)
{
  g_autofree char *program = pst_program_find ("postern-agent");
  g_auto (GStrv) env = agent_environment (screen->environment);
  char *argv[] = { program, NULL };
  g_autoptr (GError) error = NULL;

  if (!g_spawn_async ("/", argv, env, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &screen->pid, &error))
    {
      g_warning ("the prompt agent cannot be started: %s", error->message);
      return FALSE;
    }
  screen->child_source = g_child_watch_add (screen->pid, on_child, screen);
  return TRUE;
}

typedef struct
{
  PstBroker *broker;
  char *key;
} TextAgent;

static void
on_text_agent (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  TextAgent *text = user_data;
  PstScreen *screen = g_hash_table_lookup (text->broker->screens, text->key);

  /* On success it connects by itself, and then the screen has it. */
  if (error && screen && screen->starting)
    {
      g_message ("%s: %s", text->key, error->message);
      screen->failures = MAX_FAILURES;
      start_failed (screen);
    }
  g_free (text->key);
  g_free (text);
}

gboolean
pst_screen_start (PstBroker *broker, const char *key, GVariant *environment, PstSandbox *sandbox)
{
  PstScreen *screen;
  TextAgent *text;
  gint64 now = g_get_monotonic_time ();

  if (strcmp (key, "none") == 0)
    return FALSE;
  screen = screen_get (broker, key);
  if (screen->agent || screen->starting)
    return TRUE;
  if (screen->failures >= MAX_FAILURES)
    {
      if (now - screen->failed_at < FORGIVE_AFTER)
        return FALSE;
      screen->failures = 0;
    }
  if (environment)
    {
      g_clear_pointer (&screen->environment, g_variant_unref);
      screen->environment = g_variant_ref (environment);
    }
  screen->started_at = now;
  screen->starting = TRUE;
  if (g_str_has_prefix (key, "tty:"))
    {
      if (!sandbox || !sandbox->tty || !pst_peer_is_open (sandbox->launcher))
        {
          screen->starting = FALSE;
          return FALSE;
        }
      text = g_new (TextAgent, 1);
      *text = (TextAgent){ broker, g_strdup (key) };
      pst_peer_call (sandbox->launcher, PST_LAUNCHER_START_TEXT_AGENT, NULL, NULL, 0, on_text_agent, text);
    }
  else if (!spawn (screen))
    {
      screen->starting = FALSE;
      screen->failures = MAX_FAILURES;
      screen->failed_at = now;
      move_to_terminals (screen);
      return FALSE;
    }
  screen->timeout_source = g_timeout_add (START_TIMEOUT_MS, on_start_timeout, screen);
  return TRUE;
}

void
pst_screen_ensure (PstBroker *broker, const char *key, GVariant *environment, PstScreenReady ready, gpointer user_data)
{
  Waiter waiter = { ready, user_data };

  if (pst_screen_agent (broker, key))
    ready (TRUE, user_data);
  else if (!pst_screen_start (broker, key, environment, NULL))
    ready (FALSE, user_data);
  else
    g_array_append_val (screen_get (broker, key)->waiters, waiter);
}

/* A started agent may call its display otherwise than the launch did (it sees both WAYLAND_DISPLAY and DISPLAY): it is known by
 * its pid. */
static char *
key_of_agent (PstAgent *agent)
{
  GHashTableIter iter;
  gpointer value;

  if (strcmp (agent->kind, "tty") == 0)
    return g_strconcat ("tty:", agent->target, NULL);
  g_hash_table_iter_init (&iter, agent->broker->screens);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      PstScreen *screen = value;

      if (screen->pid != 0 && screen->pid == agent->pid)
        return g_strdup (screen->key);
    }
  return g_strconcat ("display:", agent->target, NULL);
}

void
pst_screen_agent_ready (PstAgent *agent, const char *kind, const char *target)
{
  PstBroker *broker = agent->broker;
  PstScreen *screen;

  agent->kind = g_strdup (kind);
  agent->target = g_strdup (target);
  agent->screen = key_of_agent (agent);
  g_ptr_array_add (broker->agents, agent);
  screen = screen_get (broker, agent->screen);
  g_clear_handle_id (&screen->timeout_source, g_source_remove);
  screen->starting = FALSE;
  /* The newest serves the screen; an older one goes away by itself or stays unused. */
  screen->agent = agent;
  tell_waiters (screen, TRUE);
  pst_consent_schedule_show (broker);
}

void
pst_screen_agent_gone (PstAgent *agent)
{
  PstBroker *broker = agent->broker;
  PstScreen *screen = agent->screen ? g_hash_table_lookup (broker->screens, agent->screen) : NULL;
  g_autoptr (GPtrArray) questions = pst_ask_queue_list (broker->queue);

  g_ptr_array_remove (broker->agents, agent);
  pst_sheets_agent_gone (broker, agent);
  for (guint i = 0; i < questions->len; i++)
    {
      PstQuestion *question = questions->pdata[i];

      if (question->shown_to == agent)
        question->shown_to = NULL;
    }
  if (!screen || screen->agent != agent)
    return;
  screen->agent = NULL;
  if (g_get_monotonic_time () - screen->started_at < STABLE_AFTER)
    {
      screen->failures++;
      screen->failed_at = g_get_monotonic_time ();
      if (screen->failures >= MAX_FAILURES && g_str_has_prefix (screen->key, "display:"))
        move_to_terminals (screen);
    }
  else
    screen->failures = 0;
  pst_consent_schedule_show (broker);
}
