/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "cli-commands.h"
#include "postern-config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const PstCommand commands[] = {
  { "run", pst_cli_run_main, "[OPTION…] [--] COMMAND…", "start a program in a sandbox" },
  { "apps", pst_cli_apps_main, "", "the applications that Postern knows" },
  { "grants", pst_cli_grants_main, "[APP] [--json]", "what they may do" },
  { "grant", pst_cli_grant_main, "APP RESOURCE --access ACCESS", "allow something" },
  { "revoke", pst_cli_revoke_main, "APP RESOURCE|--all", "take it back" },
  { "reset", pst_cli_reset_main, "APP [--home]", "forget all that was said of an application" },
  { "lock", pst_cli_lock_main, "APP", "ask nothing for it any more" },
  { "unlock", pst_cli_unlock_main, "APP", "ask again" },
  { "strict", pst_cli_strict_main, "APP on|off", "cut open files when something is revoked" },
  { "stop", pst_cli_stop_main, "APP [--force]", "end it" },
  { "held", pst_cli_held_main, "APP", "what it still holds open" },
  { "why", pst_cli_why_main, "APP RESOURCE", "which rule decides about a path or a service" },
  { "export", pst_cli_export_main, "[APP] [FILE]", "your rules as a file" },
  { "import", pst_cli_import_main, "[--replace] [--dry-run] FILE", "take in what was exported" },
  { "ps", pst_cli_ps_main, "", "the sandboxes that run" },
  { "log", pst_cli_log_main, "[APP] [--follow] [--json]", "what was asked and answered" },
  { "allow", pst_cli_allow_main, "ROW", "allow afterwards what a row of the log refused" },
  { "settings", pst_cli_settings_main, "[KEY [VALUE]]", "how long things are kept" },
  { "doctor", pst_cli_doctor_main, "", "whether this system can run Postern, and what to do if not" },
};

static void
usage (FILE *out)
{
  fputs ("Usage: postern COMMAND [ARGUMENT…]\n\n", out);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  postern %-8s %s\n        %s\n", commands[i].name, commands[i].synopsis, commands[i].summary);
  fputs ("\npostern COMMAND --help tells more; postern --version tells the version.\n", out);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
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

    fprintf (stderr, "postern: unknown command %s; postern --help lists them\n", shown);
  }
  return PST_EXIT_USAGE;
}
