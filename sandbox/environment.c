/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the application is told by its environment.
 *
 * A program that is started directly gets every variable of its caller, and many rely on one that the user set for them, so
 * what is not known to harm passes. Left out are: addresses of services outside (useless inside, and telling), what carries
 * secrets by its name, and variables that name places which do not exist inside. A search path keeps only the places that need
 * no question: looking for `ls` must not ask for ~/bin.
 */
#include "environment.h"

#include "plan.h"
#include "pst-path.h"

#include <string.h>

static const char *const left_out[] = {
  /* services of the session, the user's keys among them */
  "SSH_AUTH_SOCK",
  "SSH_AGENT_PID",
  "SSH_CONNECTION",
  "SSH_CLIENT",
  "SSH_TTY",
  "SSH_ASKPASS",
  "GPG_AGENT_INFO",
  "GPG_TTY",
  "SESSION_MANAGER",
  "AT_SPI_BUS_ADDRESS",
  "ICEAUTHORITY",
  "KRB5CCNAME",
  "PULSE_SERVER",
  "PULSE_COOKIE",
  "PULSE_RUNTIME_PATH",
  "DOCKER_HOST",
  "SWAYSOCK",
  "I3SOCK",
  "TMUX",
  "TMUX_PANE",
  "STY",
  "KITTY_LISTEN_ON",
  "ALACRITTY_SOCKET",
  "NIRI_SOCKET",
  "HYPRLAND_INSTANCE_SIGNATURE",
  "GNOME_SETUP_DISPLAY",
  /* displays: given back when they were asked for */
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "WAYLAND_SOCKET",
  "XAUTHORITY",
  /* of the process that started us, not of the application */
  "NOTIFY_SOCKET",
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_FDNAMES",
  "INVOCATION_ID",
  "JOURNAL_STREAM",
  "MANAGERPID",
  "SYSTEMD_EXEC_PID",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  "MAINPID",
  "XDG_SESSION_ID",
  "XDG_SEAT",
  "XDG_SEAT_PATH",
  "XDG_SESSION_PATH",
  "XDG_VTNR",
  "OLDPWD",
  "SUDO_COMMAND",
  "MAIL",
  "BASH_ENV",
  "ENV",
  /* libraries and places outside */
  "LD_PRELOAD",
  "LD_AUDIT",
  "GTK_MODULES",
  "GTK3_MODULES",
  "GIO_EXTRA_MODULES",
  "TMPDIR",
  "TEMP",
  "TMP",
  "TEMPDIR",
  /* a proxy's address often holds a password, and there is no network */
  "http_proxy",
  "https_proxy",
  "ftp_proxy",
  "all_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "FTP_PROXY",
  "ALL_PROXY",
  /* set below */
  "PATH",
  "PWD",
  "HOME",
  "XDG_RUNTIME_DIR",
  "XDG_DATA_DIRS",
  "XDG_CONFIG_DIRS",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "NO_AT_BRIDGE",
  "GSETTINGS_BACKEND",
};

static const char *const prefixes_left_out[] = {
  "DBUS_", "GNOME_KEYRING_", "PIPEWIRE_",     "GNOME_TERMINAL_", "VSCODE_",
  "AWS_",  "AZURE_",         "GIO_LAUNCHED_", "SUDO_",           "BASH_FUNC_",
};

/* Parts of names, in capitals, that people and tools give to secrets. */
static const char *const secret_parts[] = {
  "TOKEN", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY", "AUTH_KEY",
};

static const char *const secret_ends[] = { "_KEY", "_PAT", "_PSK", "_PWD", "_DSN" };

gboolean
pst_environment_passes (const char *name)
{
  g_autofree char *upper = g_ascii_strup (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (left_out); i++)
    if (g_str_equal (name, left_out[i]))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (prefixes_left_out); i++)
    if (g_str_has_prefix (name, prefixes_left_out[i]))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (secret_parts); i++)
    if (strstr (upper, secret_parts[i]))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (secret_ends); i++)
    if (g_str_has_suffix (upper, secret_ends[i]))
      return FALSE;
  return TRUE;
}

/* Does the value hold a password, as "scheme://user:password@host"? Whatever the variable is called. */
static gboolean
has_password (const char *value)
{
  for (const char *p = strstr (value, "://"); p; p = strstr (p + 3, "://"))
    {
      const char *authority = p + 3, *at = authority + strcspn (authority, "/?# ");
      const char *colon = memchr (authority, ':', at - authority);

      if (colon && memchr (colon, '@', at - colon))
        return TRUE;
    }
  return FALSE;
}

/* A private dot entry of the home, or a place of the system: reaching for it asks nothing. */
static gboolean
is_free_place (const char *path, const char *home)
{
  if (!pst_path_is_normal (path))
    return FALSE;
  if (pst_plan_shows (path) || pst_path_is_below_or_equal (path, "/etc"))
    return TRUE;
  return pst_path_is_below_or_equal (path, home) && strlen (path) > strlen (home) + 1 && path[strlen (home) + 1] == '.';
}

/* The free places of a colon-separated list; @fallback if none is left. (transfer full) */
static char *
filter_list (const char *list, const char *home, const char *fallback)
{
  g_auto (GStrv) parts = g_strsplit (list ? list : "", ":", -1);
  GString *out = g_string_new (NULL);

  for (char **part = parts; *part; part++)
    {
      gsize n = strlen (*part);

      while (n > 1 && (*part)[n - 1] == '/')
        (*part)[--n] = '\0';
      if (!is_free_place (*part, home))
        continue;
      if (out->len > 0)
        g_string_append_c (out, ':');
      g_string_append (out, *part);
    }
  if (out->len == 0)
    g_string_assign (out, fallback);
  return g_string_free (out, FALSE);
}

static void
set (GPtrArray *out, const char *name, const char *value)
{
  g_ptr_array_add (out, g_strconcat (name, "=", value, NULL));
}

GStrv
pst_environment_build (const char *const *host, const PstEnvironmentInput *input)
{
  static const char *const xdg_homes[] = { "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME" };
  GPtrArray *out = g_ptr_array_new ();
  g_autofree char *runtime = pst_plan_runtime_dir (input->uid);
  const char *path = NULL, *data_dirs = NULL, *config_dirs = NULL, *no_bridge = NULL;

  for (const char *const *entry = host; entry && *entry; entry++)
    {
      const char *equals = strchr (*entry, '=');
      g_autofree char *name = NULL;

      if (!equals || equals == *entry)
        continue;
      name = g_strndup (*entry, equals - *entry);
      if (pst_environment_passes (name) && !has_password (equals + 1))
        g_ptr_array_add (out, g_strdup (*entry));
      else if (g_str_equal (name, "PATH"))
        path = equals + 1;
      else if (g_str_equal (name, "XDG_DATA_DIRS"))
        data_dirs = equals + 1;
      else if (g_str_equal (name, "XDG_CONFIG_DIRS"))
        config_dirs = equals + 1;
      else if (g_str_equal (name, "NO_AT_BRIDGE"))
        no_bridge = equals + 1;
      else
        for (gsize i = 0; i < G_N_ELEMENTS (xdg_homes); i++)
          if (g_str_equal (name, xdg_homes[i]) && is_free_place (equals + 1, input->home))
            g_ptr_array_add (out, g_strdup (*entry));
    }

  set (out, "HOME", input->home);
  set (out, "PWD", input->cwd);
  set (out, "XDG_RUNTIME_DIR", runtime);
  {
    g_autofree char *value = filter_list (path, input->home, "/usr/local/bin:/usr/bin:/bin");

    set (out, "PATH", value);
  }
  if (data_dirs)
    {
      g_autofree char *value = filter_list (data_dirs, input->home, "/usr/local/share:/usr/share");

      set (out, "XDG_DATA_DIRS", value);
    }
  if (config_dirs)
    {
      g_autofree char *value = filter_list (config_dirs, input->home, "/etc/xdg");

      set (out, "XDG_CONFIG_DIRS", value);
    }
  if (input->display)
    set (out, "DISPLAY", input->display);
  if (input->display && input->has_cookie)
    set (out, "XAUTHORITY", PST_PLAN_XAUTHORITY);
  if (input->wayland)
    set (out, "WAYLAND_DISPLAY", input->wayland);
  /* Where there is no message bus, without saying so, programs start one of their own, with services on it that outlive them
   * and keep the sandbox, and with it every “this time”, alive. Settings are kept in a file of the private home in any case:
   * the host's dconf is shared by all programs. */
  {
    g_autofree char *bus = pst_plan_session_bus (input->uid);
    g_autofree char *address = input->session_bus ? g_strconcat ("unix:path=", bus, NULL) : g_strdup (PST_ENVIRONMENT_NO_BUS);

    set (out, "DBUS_SESSION_BUS_ADDRESS", address);
  }
  /* GTK looks here first; Qt asks the session bus, which is answered by the proxy. */
  if (input->session_bus)
    {
      g_autofree char *address = pst_plan_accessibility_address (input->uid);

      set (out, "AT_SPI_BUS_ADDRESS", address);
    }
  else
    {
      g_ptr_array_add (out, g_strdup (PST_ENVIRONMENT_NO_BRIDGE));
    }
  if (input->session_bus && no_bridge && *no_bridge)
    set (out, "NO_AT_BRIDGE", no_bridge);
  set (out, "GSETTINGS_BACKEND", "keyfile");
  g_ptr_array_add (out, NULL);
  return (GStrv)g_ptr_array_free (out, FALSE);
}
