/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications.
 *
 * A notification comes up under somebody's pointer, has no delay and no room for choices. So what it gives is little: the scope
 * and the access that the question would have preselected, to that one run of the application, and never something protected;
 * whoever wants more is asked in the dialog when the application tries again.
 *
 * The key of the action names the text that it stood below. A click that was on its way while the notification was replaced
 * gives nothing. Nobody can guess a key: an application that may show notifications with buttons can put one of its own in the
 * place of ours, whose number is easily found, and a click on that is told with the key that the application chose.
 */
#include "notify.h"

#include <sys/random.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "consent.h"
#include "facts.h"
#include "pst-text.h"
#include "push.h"
#include "sandbox-table.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

typedef struct
{
  PstBroker *broker;
  guint64 sandbox;
  char *key;
  guint32 id; /* the service's, 0: none yet */
  gboolean busy, again;
  char *summary, *body;
  PstOfferScope scope; /* path NULL: nothing can be allowed */
  PstAccess access;
  char *title;
} Notice;

static GHashTable *notices; /* of Notice by its sandbox */
static GDBusConnection *bus;
static gboolean is_markup_known, is_markup_read, is_asking;

static void send (Notice *notice);

static void
clear_offer (Notice *notice)
{
  g_clear_pointer (&notice->scope.path, g_free);
  g_clear_pointer (&notice->scope.real, g_free);
  g_clear_pointer (&notice->title, g_free);
}

static void
notice_free (gpointer data)
{
  Notice *notice = data;

  clear_offer (notice);
  g_free (notice->key);
  g_free (notice->summary);
  g_free (notice->body);
  g_free (notice);
}

static void
on_pushed (PstBroker *broker, gpointer data)
{
  g_autofree char *app = data;

  pst_consent_resettle (broker, app, NULL);
}

/* What the person was shown, to the run that was refused it. */
static void
allow (Notice *notice, PstSandbox *sandbox)
{
  PstBroker *broker = notice->broker;
  g_autoptr (PstStoredRule) rule = g_new0 (PstStoredRule, 1);
  g_autoptr (GError) error = NULL;
  PstEvent *event;

  if (!broker->store)
    return;
  if (pst_admin_policy_app (broker->policy, sandbox->app->id).locked)
    {
      pst_notify_refused (sandbox,
                          _ ("Your administrator has locked this application, and nothing more can be allowed to it here."),
                          NULL, 0, NULL);
      return;
    }
  if (!pst_facts_unchanged (&notice->scope))
    {
      pst_notify_refused (sandbox, _ ("It has changed since it was asked for, and nothing was granted."), NULL, 0, NULL);
      return;
    }
  rule->app = g_strdup (sandbox->app->id);
  rule->kind = PST_KIND_FILES;
  rule->resource = g_strdup (notice->scope.path);
  rule->real = g_strdup (notice->scope.real);
  rule->scope = notice->scope.scope;
  rule->access = notice->access;
  if (rule->scope == PST_SCOPE_FILE && rule->access == PST_ACCESS_SAVE)
    rule->access = PST_ACCESS_CHANGE; /* as in pst_consent_answer() */
  rule->answer = PST_ANSWER_ALLOW;
  rule->lifetime = PST_LIFETIME_ONCE;
  rule->sandbox = sandbox->number;
  rule->boot = g_strdup (broker->host->boot);
  rule->login = g_strdup ("");
  rule->created = g_get_real_time () / G_USEC_PER_SEC;
  rule->origin = PST_ORIGIN_REFUSAL;
  event = pst_event_new ("granted", rule->app, sandbox->number, rule->resource, notice->title);
  event->access = rule->access;
  event->answer = rule->answer;
  event->lifetime = rule->lifetime;
  if (!pst_store_add_rule (broker->store, rule, event, NULL, &error))
    {
      pst_notify_refused (sandbox, error->message, NULL, 0, NULL);
      return;
    }
  clear_offer (notice);
  pst_push_app (broker, sandbox->app->id, on_pushed, g_strdup (sandbox->app->id));
}

/* GDBus has seen to it that it comes from the owner of the service's name. */
static void
on_action (GDBusConnection *connection, const char *sender, const char *object, const char *interface, const char *signal,
           GVariant *args, gpointer data)
{
  GHashTableIter iter;
  gpointer value;
  guint32 id;
  const char *key;

  if (!g_variant_is_of_type (args, G_VARIANT_TYPE ("(us)")))
    return;
  g_variant_get (args, "(u&s)", &id, &key);
  g_hash_table_iter_init (&iter, notices);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Notice *notice = value;
      PstSandbox *sandbox;

      if (notice->id != id || !notice->scope.path || g_strcmp0 (key, notice->key) != 0)
        continue;
      sandbox = pst_sandbox_lookup (notice->broker, notice->sandbox);
      if (sandbox && !sandbox->ended)
        allow (notice, sandbox);
      return;
    }
}

static void
close_notice (guint32 id)
{
  if (id && bus)
    g_dbus_connection_call (bus, NAME, PATH, NAME, "CloseNotification", g_variant_new ("(u)", id), NULL,
                            G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree guint64 *sandbox = data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  Notice *notice = g_hash_table_lookup (notices, sandbox);
  guint32 id = 0;

  if (reply)
    g_variant_get (reply, "(u)", &id);
  if (!notice)
    {
      close_notice (id); /* it has ended meanwhile */
      return;
    }
  notice->id = id;
  notice->busy = FALSE;
  if (notice->again)
    send (notice);
}

/* A service that understands markup in the body must be given none of the application's. */
static void
send (Notice *notice)
{
  g_autofree char *body = is_markup_read ? g_markup_escape_text (notice->body, -1) : g_strdup (notice->body);
  GVariantBuilder actions, hints;
  guint64 *sandbox;

  notice->again = notice->busy;
  if (notice->busy)
    return;
  notice->busy = TRUE;
  g_variant_builder_init (&actions, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  if (notice->scope.path)
    {
      g_variant_builder_add (&actions, "s", notice->key);
      g_variant_builder_add (&actions, "s", _ ("Allow this time"));
    }
  g_variant_builder_add (&hints, "{sv}", "urgency", g_variant_new_byte (1));
  sandbox = g_new (guint64, 1);
  *sandbox = notice->sandbox;
  g_dbus_connection_call (
      bus, NAME, PATH, NAME, "Notify",
      g_variant_new ("(susssasa{sv}i)", "Postern", notice->id, "security-medium", notice->summary, body, &actions, &hints, -1),
      G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_sent, sandbox);
}

static void
send_all (void)
{
  GHashTableIter iter;
  gpointer notice;

  g_hash_table_iter_init (&iter, notices);
  while (g_hash_table_iter_next (&iter, NULL, &notice))
    send (notice);
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autofree const char **capabilities = NULL;

  is_asking = FALSE;
  if (!reply)
    {
      g_hash_table_remove_all (notices);
      return;
    }
  g_variant_get (reply, "(^a&s)", &capabilities);
  is_markup_read = g_strv_contains (capabilities, "body-markup");
  is_markup_known = TRUE;
  send_all ();
}

static void
ask_capabilities (void)
{
  g_dbus_connection_call (bus, NAME, PATH, NAME, "GetCapabilities", NULL, G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, -1,
                          NULL, on_capabilities, NULL);
}

/* Another service, with other capabilities, and none of our notifications. */
static void
on_owner (GDBusConnection *connection, const char *sender, const char *object, const char *interface, const char *signal,
          GVariant *args, gpointer data)
{
  is_markup_known = FALSE;
  g_hash_table_remove_all (notices);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  bus = g_bus_get_finish (result, NULL);
  if (!bus)
    {
      is_asking = FALSE;
      g_hash_table_remove_all (notices);
      return;
    }
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  g_dbus_connection_signal_subscribe (bus, NAME, NAME, "ActionInvoked", PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_action, NULL,
                                      NULL);
  g_dbus_connection_signal_subscribe (bus, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", NULL, NAME,
                                      G_DBUS_SIGNAL_FLAGS_NONE, on_owner, NULL, NULL);
  ask_capabilities ();
}

char *
pst_notify_key (const char *word)
{
  guint64 random[2];

  if (getrandom (random, sizeof random, 0) != sizeof random)
    g_error ("there are no random numbers"); /* of so few it always gives all */
  return g_strdup_printf ("%s-%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", word, random[0], random[1]);
}

/* Asking GIO for a bus that is not there would make it start one. */
gboolean
pst_notify_has_bus (void)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);

  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL || g_file_test (path, G_FILE_TEST_EXISTS);
}

void
pst_notify_refused (PstSandbox *sandbox, const char *text, const PstOfferScope *scope, PstAccess access, const char *title)
{
  Notice *notice;

  if (!pst_notify_has_bus ())
    return;
  if (!notices)
    notices = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, notice_free);
  notice = g_hash_table_lookup (notices, &sandbox->number);
  if (!notice)
    {
      notice = g_new0 (Notice, 1);
      notice->broker = sandbox->broker;
      notice->sandbox = sandbox->number;
      g_hash_table_insert (notices, &notice->sandbox, notice);
    }
  clear_offer (notice);
  g_free (notice->key);
  notice->key = pst_notify_key ("allow");
  g_free (notice->summary);
  notice->summary = pst_text_for_display (sandbox->app->name, 80);
  g_free (notice->body);
  notice->body = title ? g_strdup_printf ("%s\n%s", text, title) : g_strdup (text);
  if (scope && title)
    {
      notice->scope = *scope;
      notice->scope.label = NULL;
      notice->scope.path = g_strdup (scope->path);
      notice->scope.real = g_strdup (scope->real);
      notice->access = access;
      notice->title = g_strdup (title);
    }
  if (is_markup_known)
    send (notice);
  else if (!is_asking)
    {
      is_asking = TRUE;
      if (bus)
        ask_capabilities ();
      else
        g_bus_get (G_BUS_TYPE_SESSION, NULL, on_bus, NULL);
    }
}

void
pst_notify_ended (PstSandbox *sandbox)
{
  Notice *notice = notices ? g_hash_table_lookup (notices, &sandbox->number) : NULL;

  if (!notice)
    return;
  close_notice (notice->id);
  g_hash_table_remove (notices, &sandbox->number);
}
