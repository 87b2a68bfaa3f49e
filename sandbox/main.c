/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "cli-commands.h"
#include "postern-config.h"
#include "pst-programs.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static const PstCommand commands[] = {
  { "run", pst_cli_run_main, N_ ("[OPTION…] [--] COMMAND…"), N_ ("start a program in a sandbox") },
  { "apps", pst_cli_apps_main, "", N_ ("the applications that Postern knows") },
  { "grants", pst_cli_grants_main, N_ ("[APP] [--json]"), N_ ("what they may do") },
  { "grant", pst_cli_grant_main, N_ ("APP RESOURCE --access ACCESS"), N_ ("allow something") },
  { "revoke", pst_cli_revoke_main, N_ ("APP RESOURCE|--all"), N_ ("take it back") },
  { "reset", pst_cli_reset_main, N_ ("APP [--home]"), N_ ("forget all that was said of an application") },
  { "lock", pst_cli_lock_main, N_ ("APP"), N_ ("ask nothing for it any more") },
  { "unlock", pst_cli_unlock_main, N_ ("APP"), N_ ("ask again") },
  { "strict", pst_cli_strict_main, N_ ("APP on|off"), N_ ("cut open files when something is revoked") },
  { "stop", pst_cli_stop_main, N_ ("APP [--force]"), N_ ("end it") },
  { "held", pst_cli_held_main, N_ ("APP"), N_ ("what it still holds open") },
  { "why", pst_cli_why_main, N_ ("APP RESOURCE"), N_ ("which rule decides about a path or a service") },
  { "export", pst_cli_export_main, N_ ("[APP] [FILE]"), N_ ("your rules as a file") },
  { "import", pst_cli_import_main, N_ ("[--replace] [--dry-run] FILE"), N_ ("take in what was exported") },
  { "ps", pst_cli_ps_main, "", N_ ("the sandboxes that run") },
  { "log", pst_cli_log_main, N_ ("[APP] [--follow] [--json]"), N_ ("what was asked and answered") },
  { "allow", pst_cli_allow_main, N_ ("ROW"), N_ ("allow afterwards what a row of the log refused") },
  { "settings", pst_cli_settings_main, N_ ("[KEY [VALUE]]"), N_ ("how long things are kept") },
  { "doctor", pst_cli_doctor_main, "", N_ ("whether this system can run Postern, and what to do if not") },
};

static void
usage (FILE *out)
{
  fputs (_ ("Usage: postern COMMAND [ARGUMENT…]\n\n"), out);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  postern %-8s %s\n        %s\n", commands[i].name,
             commands[i].synopsis[0] != '\0' ? _ (commands[i].synopsis) : "", _ (commands[i].summary));
  fputs (_ ("\npostern COMMAND --help tells more; postern --version tells the version.\n"), out);
}

int
main (int argc, char **argv)
{
  pst_locale_set_up ();
  if (argc < 2)
    {
      usage (stderr);
      return PST_EXIT_USAGE;
    }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0)
    {
      usage (stdout);
      return 0;
    }
  if (strcmp (argv[1], "--version") == 0)
    {
      puts ("postern " PST_VERSION);
      return 0;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0)
      return commands[i].run (argc - 1, argv + 1);
  {
    g_autofree char *shown = g_strescape (argv[1], NULL);

    fprintf (stderr, _ ("postern: unknown command “%s”; postern --help lists them\n"), shown);
  }
  return PST_EXIT_USAGE;
}
