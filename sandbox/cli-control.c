/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-control.h"

#include "broker-connect.h"
#include "cli.h"
#include "postern-config.h"
#include "pst-path.h"
#include "pst-user-dirs.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *command = "";

int
pst_cli_fail (int status, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  fprintf (stderr, "postern%s%s: %s\n", *command != '\0' ? " " : "", command, text);
  return status;
}

PstPeer *
pst_cli_connect (GError **error)
{
  /* No broker is started for root; and the user's own would not talk to it. */
  if (getuid () == 0)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                           _ ("Postern does not run as root: start it as the user whose files it is to guard"));
      return NULL;
    }
  return pst_broker_connect ("control", TRUE, error);
}

PstMessage *
pst_cli_call (const char *member, GVariant *args, const char *out)
{
  g_autoptr (GVariant) sunk = args != NULL ? g_variant_ref_sink (args) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PstPeer) peer = pst_cli_connect (&error);
  PstMessage *reply = NULL;

  if (peer != NULL)
    reply = pst_peer_call_sync (peer, member, sunk, NULL, 0, 30000, &error);
  if (reply != NULL && !pst_message_check (reply, out, &error))
    g_clear_pointer (&reply, pst_message_free);
  if (reply == NULL)
    {
      pst_broker_explain (&error);
      pst_cli_fail (1, "%s", error->message);
    }
  return reply;
}

gboolean
pst_cli_parse (int *argc, char ***argv, const GOptionEntry *entries, const char *usage, const char *summary, int *status)
{
  g_autoptr (GOptionContext) context = g_option_context_new (usage);
  g_autoptr (GError) error = NULL;
  gboolean help = FALSE;
  const GOptionEntry own[] = { { "help", 'h', 0, G_OPTION_ARG_NONE, &help, N_ ("Show this help"), NULL }, { NULL } };

  command = (*argv)[0];
  /* GLib prints the program's name; the user typed two words. */
  g_set_prgname (NULL);
  g_autofree char *name = g_strconcat ("postern ", command, NULL);
  g_set_prgname (name);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, summary);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, own, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      *status = pst_cli_fail (PST_EXIT_USAGE, _ ("%s; see postern %s --help"), error->message, command);
      return FALSE;
    }
  if (help)
    {
      g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);
      fputs (text, stdout);
      *status = 0;
      return FALSE;
    }
  /* "--" has done its work */
  for (int i = 1; i < *argc; i++)
    if (strcmp ((*argv)[i], "--") == 0)
      {
        memmove (*argv + i, *argv + i + 1, (gsize)(*argc - i) * sizeof **argv);
        (*argc)--;
        break;
      }
  return TRUE;
}

gboolean
pst_cli_is_service (const char *word)
{
  return g_str_has_prefix (word, "session:") || g_str_has_prefix (word, "system:");
}

char *
pst_cli_resource (const char *word)
{
  const char *home = g_get_home_dir ();
  g_autofree char *cwd = g_get_current_dir ();
  char *path;

  if (g_str_has_prefix (word, "xdg:"))
    {
      g_autoptr (GPtrArray) dirs = pst_user_dirs_read (home, g_get_user_config_dir ());

      for (guint i = 0; i < dirs->len; i++)
        {
          const PstUserDir *dir = g_ptr_array_index (dirs, i);

          if (strcmp (dir->key, word + 4) == 0)
            return g_strdup (dir->path);
        }
      pst_cli_fail (PST_EXIT_USAGE, _ ("“%s” names no user directory; use xdg:PICTURES, xdg:DOCUMENTS, xdg:DOWNLOAD, …"), word);
      return NULL;
    }
  if (pst_cli_is_service (word))
    return g_strdup (word);
  path = word[0] != '\0' ? pst_path_normalise (word, cwd, home) : NULL;
  if (path == NULL)
    pst_cli_fail (PST_EXIT_USAGE,
                  word[0] != '\0' ? _ ("the resource is too long; give a path") : _ ("the resource is empty; give a path"));
  return path;
}

char *
pst_cli_time (gint64 seconds)
{
  g_autoptr (GDateTime) when = seconds > 0 ? g_date_time_new_from_unix_local (seconds) : NULL;

  return when != NULL ? g_date_time_format (when, "%Y-%m-%d %H:%M") : g_strdup ("-");
}

gboolean
pst_cli_parse_lifetime (const char *word, gint64 now, PstLifetime *lifetime, gint64 *until)
{
  g_autoptr (GTimeZone) zone = NULL;
  g_autoptr (GDateTime) date = NULL;
  char *end = NULL;
  guint64 number;
  gint64 unit = 0;
  int year, month, day, used = 0;

  *until = 0;
  if (pst_lifetime_from_string (word, lifetime))
    return *lifetime != PST_LIFETIME_UNTIL;

  if (sscanf (word, "%4d-%2d-%2d%n", &year, &month, &day, &used) == 3 && word[used] == '\0')
    {
      zone = g_time_zone_new_local ();
      date = g_date_time_new (zone, year, month, day, 23, 59, 59);
      if (date == NULL || g_date_time_to_unix (date) <= now)
        return FALSE;
      *until = g_date_time_to_unix (date);
      *lifetime = PST_LIFETIME_UNTIL;
      return TRUE;
    }

  if (!g_ascii_isdigit (word[0]))
    return FALSE;
  number = g_ascii_strtoull (word, &end, 10);
  if (strcmp (end, "m") == 0)
    unit = 60;
  else if (strcmp (end, "h") == 0)
    unit = 60 * 60;
  else if (strcmp (end, "d") == 0)
    unit = 24 * 60 * 60;
  else if (strcmp (end, "w") == 0)
    unit = 7 * 24 * 60 * 60;
  if (unit == 0 || number == 0 || number > 100000)
    return FALSE;
  *until = now + (gint64)number * unit;
  *lifetime = PST_LIFETIME_UNTIL;
  return TRUE;
}
