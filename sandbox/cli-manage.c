/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern reset, lock, unlock, strict, stop and held: an application as a whole. */
#include "cli-commands.h"
#include "cli-control.h"
#include "cli.h"
#include "postern-ipc.h"
#include "pst-path.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static char *
shown (const char *path)
{
  g_autofree char *abbreviated = pst_path_abbreviate (path, g_get_home_dir ());

  return pst_text_for_display (abbreviated, 200);
}

/* Returns how many there were. */
static guint
print_held (GVariantIter *held)
{
  const char *comm, *path;
  guint32 pid;
  guint n = 0;

  while (g_variant_iter_next (held, "(u&s^&ay)", &pid, &comm, &path))
    {
      g_autofree char *path_shown = shown (path);
      g_autofree char *comm_shown = pst_text_for_display (comm, 32);

      printf (_ ("Still open in %s (process %u): %s\n"), comm_shown, pid, path_shown);
      n++;
    }
  return n;
}

/* APP alone. NULL: told on standard error, or --help, and *status is set. */
static const char *
parse_app (int *argc, char ***argv, const GOptionEntry *entries, const char *usage, const char *summary, int *status)
{
  if (!pst_cli_parse (argc, argv, entries, usage, summary, status))
    return NULL;
  if (*argc != 2)
    {
      *status = pst_cli_fail (PST_EXIT_USAGE, _ ("needs one application; postern apps lists them"));
      return NULL;
    }
  *status = 1;
  return (*argv)[1];
}

int
pst_cli_reset_main (int argc, char **argv)
{
  gboolean home = FALSE;
  const GOptionEntry entries[] = {
    { "home", 0, 0, G_OPTION_ARG_NONE, &home, N_ ("And its private home, with settings and caches"), NULL }, { NULL }
  };
  int status;
  const char *app = parse_app (&argc, &argv, entries, _ ("APP [--home]"),
                               _ ("Forgets every rule and switch of an application: it is asked like a new one."), &status);
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariantIter) held = NULL;
  guint64 undo;

  if (app == NULL)
    return status;
  if (pst_cli_check_app (app) != 0)
    return 1;
  reply = pst_cli_call (PST_CONTROL_RESET_APP, g_variant_new ("(sb)", app, home), PST_CONTROL_RESET_APP_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, PST_CONTROL_RESET_APP_OUT, &held, &undo);
  printf (home ? _ ("Reset, with its private home. The next start is like the first.\n")
               : _ ("Reset. It is asked like a new one.\n"));
  print_held (held);
  return 0;
}

static int
set_switch (const char *app, const char *key, gboolean value, const char *done)
{
  g_autoptr (PstMessage) reply = NULL;
  GVariantBuilder changes;

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", key, g_variant_new_boolean (value));
  reply = pst_cli_call (PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", app, &changes), PST_CONTROL_SET_APP_OUT);
  if (reply == NULL)
    return 1;
  printf ("%s\n", done);
  return 0;
}

int
pst_cli_lock_main (int argc, char **argv)
{
  int status;
  const char *app = parse_app (
      &argc, &argv, NULL, _ ("APP"),
      _ ("Asks nothing for an application any more: what no rule allows is refused, and noted in the history."), &status);

  return app != NULL ? set_switch (app, "locked", TRUE, _ ("Locked. What no rule allows is refused; nothing is asked."))
                     : status;
}

int
pst_cli_unlock_main (int argc, char **argv)
{
  int status;
  const char *app = parse_app (&argc, &argv, NULL, _ ("APP"), _ ("Asks again for an application that was locked."), &status);

  return app != NULL ? set_switch (app, "locked", FALSE, _ ("Unlocked. You are asked again.")) : status;
}

int
pst_cli_strict_main (int argc, char **argv)
{
  int status;

  if (!pst_cli_parse (
          &argc, &argv, NULL, _ ("APP on|off"),
          _ ("Serves every grant of an application through the gate, so that revoking cuts open files too.\nFrom its "
             "next start."),
          &status))
    return status;
  if (argc != 3 || (strcmp (argv[2], "on") != 0 && strcmp (argv[2], "off") != 0))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("needs an application, and on or off"));
  if (strcmp (argv[2], "on") == 0)
    return set_switch (argv[1], "strict", TRUE, _ ("Strict from its next start: revoking cuts what is open."));
  return set_switch (argv[1], "strict", FALSE, _ ("Not strict any more from its next start."));
}

int
pst_cli_stop_main (int argc, char **argv)
{
  gboolean force = FALSE;
  const GOptionEntry entries[] = {
    { "force", 0, 0, G_OPTION_ARG_NONE, &force, N_ ("Kill it: what it has not saved is lost"), NULL }, { NULL }
  };
  int status;
  const char *app =
      parse_app (&argc, &argv, entries, _ ("APP [--force]"), _ ("Ends every sandbox of an application."), &status);
  g_autoptr (PstMessage) reply = NULL;
  guint32 stopped;

  if (app == NULL)
    return status;
  reply = pst_cli_call (PST_CONTROL_STOP_APP, g_variant_new ("(sb)", app, force), PST_CONTROL_STOP_APP_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, PST_CONTROL_STOP_APP_OUT, &stopped);
  if (stopped == 0 && pst_cli_check_app (app) != 0)
    return 1;
  if (stopped == 0)
    return pst_cli_fail (1, _ ("it is not running; see postern ps"));
  printf (ngettext ("Told %u sandbox to end.\n", "Told %u sandboxes to end.\n", stopped), stopped);
  return 0;
}

int
pst_cli_held_main (int argc, char **argv)
{
  int status;
  const char *app = parse_app (&argc, &argv, NULL, _ ("APP"),
                               _ ("Lists what an application still holds open although no rule gives it any more."), &status);
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariantIter) held = NULL;

  if (app == NULL)
    return status;
  reply = pst_cli_call (PST_CONTROL_LIST_HELD, g_variant_new ("(s)", app), PST_CONTROL_LIST_HELD_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, PST_CONTROL_LIST_HELD_OUT, &held);
  if (print_held (held) == 0)
    {
      if (pst_cli_check_app (app) != 0)
        return 1;
      printf (_ ("Nothing.\n"));
    }
  return 0;
}
