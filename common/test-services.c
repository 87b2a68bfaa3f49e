/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue that is shipped. */
#include "test-services-ask.h"

#include <string.h>

#include "pst-programs.h"

typedef struct
{
  PstServices *services;
} Fixture;

/* What is shipped. */
static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = pst_data_find ("services");
  const char *const directories[] = { "/nonexistent", directory, NULL };
  g_autoptr (GError) error = NULL;

  f->services = pst_services_load (directories, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  pst_services_free (f->services);
}

static void
test_shipped (Fixture *f, gconstpointer data)
{
  const GPtrArray *entries = pst_services_entries (f->services);
  const GPtrArray *rules = pst_services_rules (f->services);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  guint buses = 0;

  for (guint i = 0; i < entries->len; i++)
    {
      const PstServiceEntry *entry = entries->pdata[i];

      g_assert_cmpstr (entry->title, !=, "");
      g_assert_cmpstr (entry->risk, !=, "");
      g_assert_cmpstr (entry->icon, !=, "");
      /* "to use Passwords and keys": the title stands within a sentence, the risk is one. */
      g_assert_false (g_str_has_suffix (entry->title, "."));
      g_assert_true (g_str_has_suffix (entry->risk, "."));
      g_assert_cmpint (entry->verdict, >=, PST_SERVICE_QUIET);
      g_assert_cmpint (entry->verdict, <=, PST_SERVICE_NEVER);
      buses |= entry->buses;
      g_hash_table_add (names, (gpointer)entry->name);
    }
  g_assert_cmpuint (g_hash_table_size (names), >=, 120);
  g_assert_cmpuint (buses, ==, 1u << PST_SERVICE_BUS_SESSION | 1u << PST_SERVICE_BUS_SYSTEM | 1u << PST_SERVICE_BUS_A11Y);
  /* One rule at least for each that is no part. */
  g_assert_cmpuint (rules->len, >, entries->len);
}

/* Translators are given what strings.h has; data/services/update-strings writes it. */
static void
test_translatable (Fixture *f, gconstpointer data)
{
  const GPtrArray *entries = pst_services_entries (f->services);
  g_autofree char *file = pst_data_find ("services/strings.h"), *text = NULL;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  for (guint i = 0; i < entries->len; i++)
    {
      const PstServiceEntry *entry = entries->pdata[i];
      g_autofree char *title = g_strdup_printf ("N_(\"%s\");", entry->title);
      g_autofree char *risk = g_strdup_printf ("N_(\"%s\");", entry->risk);

      g_test_message ("%s", entry->name);
      g_assert_nonnull (strstr (text, title));
      g_assert_nonnull (strstr (text, risk));
    }
}

static void
test_never (Fixture *f, gconstpointer data)
{
  static const char *const names[] = {
    "session org.freedesktop.systemd1",
    "system org.freedesktop.systemd1",
    "session org.freedesktop.systemd1 org.freedesktop.systemd1.Manager.StartTransientUnit",
    "system org.freedesktop.PolicyKit1",
    "system org.freedesktop.PolicyKit1 org.freedesktop.PolicyKit1.Authority.RegisterAuthenticationAgent",
    "session org.freedesktop.Flatpak",
    "session org.freedesktop.Flatpak org.freedesktop.Flatpak.Development.HostCommand",
    "session org.freedesktop.portal.Flatpak",
    "session ca.desrt.dconf",
    "session ca.desrt.dconf ca.desrt.dconf.Writer.Change",
    "system org.freedesktop.login1 org.freedesktop.login1.Manager.PowerOff",
    "system org.freedesktop.login1 org.freedesktop.login1.Manager.Reboot",
    "system org.freedesktop.login1 org.freedesktop.login1.Manager.Suspend",
    "system org.freedesktop.login1 org.freedesktop.login1.Manager.Hibernate",
    "system org.freedesktop.login1 org.freedesktop.login1.Manager.TerminateUser",
    "system org.freedesktop.login1 org.freedesktop.login1.Session.TakeDevice",
    "system org.freedesktop.login1 .PowerOff",
    "session org.postern.Broker1",
    "session org.postern.Broker1 org.postern.Control1.Grant",
    "session org.postern.Settings",
    "session org.postern.Settings org.gtk.Actions.Activate",
    "session org.postern.Settings org.gtk.Application.CommandLine",
    "session org.gtk.vfs.Daemon",
    "session org.gtk.vfs.UDisks2VolumeMonitor",
    "session org.freedesktop.impl.portal.PermissionStore",
    "session org.freedesktop.impl.portal.desktop.gtk",
    "session org.freedesktop.ScreenSaver org.freedesktop.ScreenSaver.SetActive",
    "session org.gnome.SessionManager org.gnome.SessionManager.Setenv",
    "session org.freedesktop.DBus org.freedesktop.DBus.UpdateActivationEnvironment",
    "session org.freedesktop.DBus .UpdateActivationEnvironment",
    "session org.freedesktop.portal.Desktop org.freedesktop.portal.Background.RequestBackground",
    "a11y org.a11y.atspi.Registry org.a11y.atspi.DeviceEventController.RegisterKeystrokeListener",
    "a11y org.a11y.atspi.Registry org.a11y.atspi.Accessible.GetChildren",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    check (f->services, names[i], PST_SERVICE_NEVER, NULL);
}

static void
test_asked (Fixture *f, gconstpointer data)
{
  static const char *const names[] = {
    "session org.freedesktop.secrets org.freedesktop.Secret.Collection.SearchItems",
    "session org.freedesktop.secrets org.freedesktop.Secret.Service.SearchItems",
    "session org.gnome.evolution.dataserver.AddressBook10",
    "session org.gnome.evolution.dataserver.Calendar8",
    "session org.gnome.OnlineAccounts",
    "system org.freedesktop.GeoClue2",
    "session org.freedesktop.portal.Desktop org.freedesktop.portal.Print.Print",
    "session org.freedesktop.portal.Desktop org.freedesktop.portal.FileChooser.OpenFile",
    "system org.freedesktop.NetworkManager",
    "system org.freedesktop.UPower",
    "system org.freedesktop.ModemManager1",
    "system org.bluez",
    "system org.freedesktop.Avahi",
    "session org.freedesktop.ScreenSaver org.freedesktop.ScreenSaver.Lock",
    "session org.mpris.MediaPlayer2.vlc",
    "session org.example.Unknown",
    "session org.example.Unknown org.example.Unknown.Do",
    "system org.freedesktop.secrets", /* another bus, another service */
    "session :1.42",
    "session org.freedesktop",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    check (f->services, names[i], PST_SERVICE_ASK, NULL);
  /* Questions of their own. */
  check (f->services, "session org.freedesktop.secrets org.freedesktop.Secret.Service.GetSecrets", PST_SERVICE_ASK, "read");
  check (f->services, "session org.freedesktop.secrets org.freedesktop.Secret.Item.GetSecret", PST_SERVICE_ASK, "read");
  check (f->services, "session org.freedesktop.secrets org.freedesktop.Secret.Service.Unlock", PST_SERVICE_ASK, "read");
  check (f->services, "session org.kde.kwalletd6 org.kde.KWallet.readPassword", PST_SERVICE_ASK, "read");
  check (f->services, "session org.freedesktop.portal.Desktop org.freedesktop.portal.ScreenCast.Start", PST_SERVICE_ASK,
         "screen");
  check (f->services, "system org.freedesktop.login1 org.freedesktop.login1.Manager.Inhibit", PST_SERVICE_ASK, "inhibit");
}

static void
test_quiet (Fixture *f, gconstpointer data)
{
  static const char *const names[] = {
    "session org.freedesktop.Notifications org.freedesktop.Notifications.GetCapabilities",
    "session org.freedesktop.Notifications org.freedesktop.Notifications.Notify",
    "session org.gtk.Notifications org.gtk.Notifications.AddNotification",
    "session org.kde.StatusNotifierWatcher org.kde.StatusNotifierWatcher.RegisterStatusNotifierItem",
    "session org.freedesktop.ScreenSaver org.freedesktop.ScreenSaver.Inhibit",
    "session org.freedesktop.ScreenSaver org.freedesktop.ScreenSaver.UnInhibit",
    "session org.freedesktop.ScreenSaver org.freedesktop.DBus.Introspectable.Introspect",
    "session org.freedesktop.portal.Desktop org.freedesktop.portal.Settings.Read",
    "session org.freedesktop.portal.Desktop org.freedesktop.DBus.Properties.GetAll",
    "session org.gnome.SessionManager org.gnome.SessionManager.RegisterClient",
    "system org.freedesktop.login1 org.freedesktop.login1.Manager.GetSession",
    "session org.a11y.Bus org.freedesktop.DBus.Properties.Get",
    "session org.freedesktop.portal.IBus org.freedesktop.IBus.InputContext.ProcessKeyEvent",
    "session org.gnome.SettingsDaemon.MediaKeys org.gnome.SettingsDaemon.MediaKeys.GrabMediaPlayerKeys",
    "system org.freedesktop.RealtimeKit1 org.freedesktop.RealtimeKit1.MakeThreadRealtime",
    "system org.freedesktop.LowMemoryMonitor org.freedesktop.DBus.Peer.Ping",
    "system net.hadess.SwitcherooControl org.freedesktop.DBus.Properties.Get",
    "session org.freedesktop.DBus org.freedesktop.DBus.Hello",
    "a11y org.freedesktop.DBus org.freedesktop.DBus.AddMatch",
  };
  PstServiceMatch match;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    check (f->services, names[i], PST_SERVICE_QUIET, NULL);
  match = ask (f->services, NULL, names[1], PST_SERVICE_TRAIT_ACTIONS);
  g_assert_cmpint (match.verdict, ==, PST_SERVICE_ASK);
  g_assert_cmpstr (match.entry->part, ==, "actions");
  match = ask (f->services, NULL, "session org.freedesktop.Notifications .Notify", PST_SERVICE_TRAIT_ACTIONS);
  g_assert_cmpint (match.verdict, ==, PST_SERVICE_NEVER);
}

/* The desktop's shell owns the name of a harmless service on the connection that has its own objects too, and the bus takes
 * any interface under any of the names. */
static void
test_shared_connection (Fixture *f, gconstpointer data)
{
  static const char *const calls[] = {
    "session org.gtk.Notifications org.gnome.Mutter.RemoteDesktop.CreateSession",
    "session org.gtk.Notifications org.gnome.Shell.Screenshot.Screenshot",
    "session org.freedesktop.Notifications org.kde.PlasmaShell.evaluateScript",
    "session org.kde.StatusNotifierWatcher org.kde.kded5.loadModule",
    "session org.kde.kuiserver org.kde.PlasmaShell.evaluateScript",
    "session com.canonical.Unity org.kde.PlasmaShell.evaluateScript",
    "session com.canonical.AppMenu.Registrar org.kde.kwin.Scripting.loadScript",
    "session org.freedesktop.portal.Fcitx org.fcitx.Fcitx.Controller1.SetConfig",
    "session org.freedesktop.portal.IBus org.freedesktop.IBus.SetGlobalEngine",
    "session org.gnome.SettingsDaemon.MediaKeys org.gnome.SettingsDaemon.Power.Keyboard.StepUp",
    "session org.a11y.Bus org.a11y.Bus.GetAddress",
    "session org.freedesktop.FileManager1 org.gnome.Nautilus.FileOperations2.TrashURIs",
    "session org.freedesktop.secrets org.gnome.keyring.internal.Prompter.BeginPrompting",
    "session org.gnome.Mutter.IdleMonitor org.gnome.Mutter.RemoteDesktop.CreateSession",
    "session org.freedesktop.ScreenSaver org.kde.KSMServerInterface.logout",
    "system org.freedesktop.RealtimeKit1 org.example.Other.Do",
    "system org.freedesktop.LowMemoryMonitor org.example.Other.Do",
    "system net.hadess.SwitcherooControl org.example.Other.Do",
  };

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    check (f->services, calls[i], PST_SERVICE_NEVER, NULL);
}

/* What an application owns in truth is found under its own words, whatever its file is called. */
static void
test_outside (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *id, *executable;
    const char *names[6];
  } cases[] = {
    { "org.gnome.Totem",
      "/usr/bin/totem",
      { "org.mpris.MediaPlayer2.org.gnome.Totem.*", "org.mpris.MediaPlayer2.Totem.*", "org.mpris.MediaPlayer2.totem.*",
        "org.mpris.MediaPlayer2.Totem-{number}", "org.mpris.MediaPlayer2.totem-{number}" } },
    { "mpv", "/usr/bin/mpv", { "org.mpris.MediaPlayer2.mpv.*", "org.mpris.MediaPlayer2.mpv-{number}" } },
    { "/opt/a b\nsession org.x * * allow", "/opt/a b\nsession org.x * * allow", { NULL } },
    { "/opt/x.*", "/opt/{number}", { NULL } },
    { "", NULL, { NULL } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) names = pst_services_outside (f->services, NULL, cases[i].id, cases[i].executable);
      guint n = 0;

      for (; n < G_N_ELEMENTS (cases[i].names) && cases[i].names[n]; n++)
        g_assert_true (g_ptr_array_find_with_equal_func (names, cases[i].names[n], g_str_equal, NULL));
      g_assert_cmpuint (names->len, ==, n);
    }
}

static void
test_start (Fixture *f, gconstpointer data)
{
  static const char *const games[] = { "games", NULL };
  static const struct
  {
    PstServiceBus bus;
    const char *name;
    PstServiceVerdict verdict, playing;
  } cases[] = {
    { PST_SERVICE_BUS_SESSION, "org.freedesktop.portal.Desktop", PST_SERVICE_QUIET, PST_SERVICE_QUIET },
    { PST_SERVICE_BUS_A11Y, "org.a11y.atspi.Registry", PST_SERVICE_QUIET, PST_SERVICE_QUIET },
    { PST_SERVICE_BUS_SESSION, "com.feralinteractive.GameMode", PST_SERVICE_ASK, PST_SERVICE_QUIET },
    { PST_SERVICE_BUS_SESSION, "org.freedesktop.secrets", PST_SERVICE_ASK, PST_SERVICE_ASK },
    { PST_SERVICE_BUS_SESSION, "org.example.Unknown", PST_SERVICE_ASK, PST_SERVICE_ASK },
    { PST_SERVICE_BUS_SESSION, "org.freedesktop.systemd1", PST_SERVICE_NEVER, PST_SERVICE_NEVER },
    { PST_SERVICE_BUS_SESSION, "org.gtk.vfs.Daemon", PST_SERVICE_NEVER, PST_SERVICE_NEVER },
    { PST_SERVICE_BUS_SESSION, "org.gnome.OnlineAccounts", PST_SERVICE_NEVER, PST_SERVICE_NEVER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].name);
      g_assert_cmpint (pst_services_lookup_start (f->services, NULL, cases[i].bus, cases[i].name), ==, cases[i].verdict);
      g_assert_cmpint (pst_services_lookup_start (f->services, games, cases[i].bus, cases[i].name), ==, cases[i].playing);
    }
}

static void
test_modules (Fixture *f, gconstpointer data)
{
  static const char *const shipped[] = { "games", "media-player", "office", "browser", "chat", "graphics" };
  static const char *const games[] = { "nonsense", "games", NULL }, *const chat[] = { "chat", "games", NULL };
  const char *notify = "session org.freedesktop.Notifications org.freedesktop.Notifications.Notify";
  const char *game_mode = "session com.feralinteractive.GameMode com.feralinteractive.GameMode.RegisterGame";

  for (guint i = 0; i < G_N_ELEMENTS (shipped); i++)
    {
      g_assert_cmpstr (pst_services_module_title (f->services, shipped[i]), !=, NULL);
      g_assert_cmpuint (pst_services_module_rules (f->services, shipped[i])->len, >, 0);
    }
  g_assert_null (pst_services_module_title (f->services, "nonsense"));
  g_assert_null (pst_services_module_rules (f->services, "nonsense"));

  g_assert_cmpint (ask (f->services, NULL, game_mode, 0).verdict, ==, PST_SERVICE_ASK);
  g_assert_cmpint (ask (f->services, games, game_mode, 0).verdict, ==, PST_SERVICE_QUIET);
  g_assert_cmpint (ask (f->services, games, notify, PST_SERVICE_TRAIT_ACTIONS).verdict, ==, PST_SERVICE_ASK);
  g_assert_cmpint (ask (f->services, chat, notify, PST_SERVICE_TRAIT_ACTIONS).verdict, ==, PST_SERVICE_QUIET);
  /* No module opens what is denied. */
  g_assert_cmpint (ask (f->services, games, "system org.freedesktop.login1 org.freedesktop.login1.Manager.PowerOff", 0).verdict,
                   ==, PST_SERVICE_NEVER);
}

static void
test_own (Fixture *f, gconstpointer data)
{
  static const char *const browser[] = { "browser", NULL };
  static const struct
  {
    const char *id, *executable, *name;
    PstServiceVerdict verdict;
  } cases[] = {
    { "org.gnome.gedit", NULL, "org.gnome.gedit", PST_SERVICE_QUIET },
    { "org.gnome.gedit", NULL, "org.gnome.gedit.Plugin.X", PST_SERVICE_QUIET },
    { "org.gnome.gedit", NULL, "org.gnome.gedit2", PST_SERVICE_ASK },
    { "org.gnome.gedit", NULL, "org.gnome.Gedit", PST_SERVICE_ASK },
    { "org.gnome.gedit", NULL, "org.gnome", PST_SERVICE_ASK },
    { "org.gnome", NULL, "org.gnome.gedit", PST_SERVICE_ASK },
    { "org.gnome.Calendar", NULL, "org.gnome.Calendar", PST_SERVICE_QUIET },
    { "org.gnome.gedit", NULL, "org.gnome.Calendar", PST_SERVICE_ASK },
    { "org.gnome.Totem", "/usr/bin/totem", "org.mpris.MediaPlayer2.totem", PST_SERVICE_QUIET },
    { "vlc", "/usr/bin/vlc", "org.mpris.MediaPlayer2.vlc.instance1234", PST_SERVICE_QUIET },
    { "vlc", "/usr/bin/vlc", "org.mpris.MediaPlayer2.vlc-1234", PST_SERVICE_QUIET },
    { "vl", "/usr/bin/vl", "org.mpris.MediaPlayer2.vlc", PST_SERVICE_ASK },
    { "/opt/player", "/opt/player", "org.mpris.MediaPlayer2.player", PST_SERVICE_QUIET },
    { "vlc", NULL, "org.mpris.MediaPlayer2.spotify", PST_SERVICE_ASK },
    { "com.spotify.Client", "/usr/bin/spotify", "org.mpris.MediaPlayer2.spotify", PST_SERVICE_QUIET },
    { "x", NULL, "org.kde.StatusNotifierItem-2-1", PST_SERVICE_QUIET },
    { "x", NULL, "org.kde.StatusNotifierItem-2-", PST_SERVICE_ASK },
    { "x", NULL, "org.kde.StatusNotifierItem-2-1.x", PST_SERVICE_ASK },
    { "org.freedesktop.secrets", "/tmp/x", "org.freedesktop.secrets", PST_SERVICE_NEVER },
    { "org.gtk.vfs.Evil", "/tmp/x", "org.gtk.vfs.Evil", PST_SERVICE_NEVER },
    { "x", "/tmp/x", "org.freedesktop.Notifications", PST_SERVICE_NEVER },
    { "x", "/tmp/x", ":1.1", PST_SERVICE_NEVER },
    { "x", "/tmp/x", "nodots", PST_SERVICE_NEVER },
    { "", "", "org.example.Foo", PST_SERVICE_ASK },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s as %s", cases[i].id, cases[i].name);
      g_assert_cmpint (
          pst_services_lookup_own (f->services, NULL, PST_SERVICE_BUS_SESSION, cases[i].id, cases[i].executable, cases[i].name),
          ==, cases[i].verdict);
      g_assert_cmpint (
          pst_services_lookup_own (f->services, NULL, PST_SERVICE_BUS_SYSTEM, cases[i].id, cases[i].executable, cases[i].name),
          ==, PST_SERVICE_NEVER);
    }
  g_assert_cmpint (pst_services_lookup_own (f->services, NULL, PST_SERVICE_BUS_SESSION, "firefox", "/usr/bin/firefox",
                                            "org.mozilla.firefox.ZGVmYXVsdA__"),
                   ==, PST_SERVICE_ASK);
  g_assert_cmpint (pst_services_lookup_own (f->services, browser, PST_SERVICE_BUS_SESSION, "firefox", "/usr/bin/firefox",
                                            "org.mozilla.firefox.ZGVmYXVsdA__"),
                   ==, PST_SERVICE_QUIET);
}

static void
test_words (Fixture *f, gconstpointer data)
{
  PstServiceMatch match = ask (f->services, NULL, "session org.freedesktop.secrets", 0);
  g_autofree char *known = pst_service_match_title (&match, "org.freedesktop.secrets"), *unknown = NULL, *hostile = NULL;

  g_assert_cmpstr (known, ==, "Passwords and keys");
  g_assert_cmpstr (pst_service_match_icon (&match), ==, "dialog-password");
  match = ask (f->services, NULL, "session org.foo.Bar", 0);
  unknown = pst_service_match_title (&match, "org.foo.Bar");
  g_assert_cmpstr (unknown, ==, "the service “org.foo.Bar”");
  g_assert_cmpstr (pst_service_match_risk (&match), !=, "");
  g_assert_cmpstr (pst_service_match_icon (&match), !=, "");
  hostile = pst_service_match_title (&match, "a\n\xe2\x80\xae");
  g_assert_null (strchr (hostile, '\n'));
}

static void
test_hostile_lookups (Fixture *f, gconstpointer data)
{
  g_autofree char *dots = g_strnfill (100000, '.'), *letters = g_strnfill (100000, 'a');
  g_autofree char *name = g_strconcat ("org.gtk.vfs.", letters, NULL);
  const char *words[] = { "", ".", "..", "*", ".*", "org.gtk.vfs.*", "{id}", "%s%n", "\xff", dots, letters, name };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    for (guint j = 0; j < G_N_ELEMENTS (words); j++)
      {
        PstServiceMatch match;

        pst_services_lookup (f->services, NULL, 1 + i % 3, words[i], words[j], words[j], 1);
        pst_services_lookup (f->services, words, 99, words[i], NULL, words[j], 0);
        pst_services_lookup_own (f->services, NULL, PST_SERVICE_BUS_SESSION, words[j], words[i], words[i]);
        match =
            pst_services_lookup (f->services, NULL, PST_SERVICE_BUS_SESSION, "org.freedesktop.secrets", words[i], words[j], 0);
        g_assert_cmpint (match.verdict, >=, PST_SERVICE_ASK);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define SHIPPED(name, function) g_test_add ("/services/" name, Fixture, NULL, set_up, function, tear_down)
  SHIPPED ("shipped", test_shipped);
  SHIPPED ("translatable", test_translatable);
  SHIPPED ("never", test_never);
  SHIPPED ("asked", test_asked);
  SHIPPED ("quiet", test_quiet);
  SHIPPED ("shared-connection", test_shared_connection);
  SHIPPED ("outside", test_outside);
  SHIPPED ("start", test_start);
  SHIPPED ("modules", test_modules);
  SHIPPED ("own", test_own);
  SHIPPED ("words", test_words);
  SHIPPED ("hostile-lookups", test_hostile_lookups);
  return g_test_run ();
}
