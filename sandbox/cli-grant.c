/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern grant, revoke and why: change the rules, and explain them. */
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

/* A rule for a program that never ran is kept, since it may run later; but it may also be a slip of the pen. */
static void
note_if_unknown (const char *word, const char *shown_word)
{
  g_autoptr (PstMessage) reply = pst_cli_call (PST_CONTROL_LIST_APPS, NULL, PST_CONTROL_LIST_APPS_OUT);
  g_autoptr (GVariantIter) apps = NULL;
  g_autofree char *program = g_find_program_in_path (word);
  const char *id, *executable;

  if (reply == NULL || program != NULL)
    return;
  g_variant_get (reply->args, PST_CONTROL_LIST_APPS_OUT, &apps);
  while (g_variant_iter_next (apps, "(&s&s&s&sutb)", &id, NULL, NULL, &executable, NULL, NULL, NULL))
    if (strcmp (id, word) == 0 && executable[0] != '\0')
      return;
  fprintf (stderr,
           _ ("postern grant: note: no application called %s has been started yet; postern apps lists those that were\n"),
           shown_word);
}

int
pst_cli_grant_main (int argc, char **argv)
{
  g_autofree char *access_word = NULL;
  g_autofree char *answer_word = NULL;
  g_autofree char *lifetime_word = NULL;
  const GOptionEntry entries[] = {
    { "access", 0, 0, G_OPTION_ARG_STRING, &access_word, N_ ("view, change or save (view); of a service talk"), N_ ("ACCESS") },
    { "answer", 0, 0, G_OPTION_ARG_STRING, &answer_word, N_ ("allow, deny, hide, private or ask (allow)"), N_ ("ANSWER") },
    { "for", 0, 0, G_OPTION_ARG_STRING, &lifetime_word, N_ ("once, session, always, 30m, 8h, 7d, 2w or YYYY-MM-DD (always)"),
      N_ ("HOW-LONG") },
    { NULL }
  };
  g_autofree char *resource = NULL;
  g_autofree char *resource_shown = NULL;
  g_autofree char *app_shown = NULL;
  g_autoptr (PstMessage) reply = NULL;
  PstKind kind = PST_KIND_FILES;
  PstAccess access = PST_ACCESS_VIEW;
  PstAnswer answer = PST_ANSWER_ALLOW;
  PstLifetime lifetime = PST_LIFETIME_ALWAYS;
  gint64 until = 0;
  guint64 id;
  gboolean replaced;
  int status;

  if (!pst_cli_parse (
          &argc, &argv, entries, _ ("APP RESOURCE --access ACCESS"),
          _ ("Sets a rule: what the application may do with a file or folder.\nAPP is what “postern apps” shows; RESOURCE a "
             "path, xdg:PICTURES, xdg:DOCUMENTS, …, or a service: session:NAME, system:NAME"),
          &status))
    return status;
  if (argc != 3)
    return pst_cli_fail (PST_EXIT_USAGE,
                         _ ("needs an application and a resource, for example: postern grant eog ~/Pictures --access view"));
  if (pst_cli_is_service (argv[2]))
    kind = PST_KIND_BUS, access = PST_ACCESS_TALK;
  if (access_word != NULL && !pst_access_from_string_for (kind, access_word, &access))
    return pst_cli_fail (PST_EXIT_USAGE,
                         kind == PST_KIND_BUS ? _ ("there is no access “%s” to a service; use talk")
                                              : _ ("there is no access “%s”; use view, change or save"),
                         access_word);
  if (answer_word != NULL && !pst_answer_from_string (answer_word, &answer))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("there is no answer “%s”; use allow, deny, hide, private or ask"), answer_word);
  if (lifetime_word != NULL && !pst_cli_parse_lifetime (lifetime_word, g_get_real_time () / G_USEC_PER_SEC, &lifetime, &until))
    return pst_cli_fail (
        PST_EXIT_USAGE, _ ("“%s” is no time to come; use once, session, always, 30m, 8h, 7d, 2w or YYYY-MM-DD"), lifetime_word);
  resource = pst_cli_resource (argv[2]);
  if (resource == NULL)
    return PST_EXIT_USAGE;

  reply = pst_cli_call (PST_CONTROL_GRANT,
                        g_variant_new ("(su^ayuuuux)", argv[1], (guint32)kind, resource, 0, (guint32)access, (guint32)answer,
                                       (guint32)lifetime, until),
                        PST_CONTROL_GRANT_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, PST_CONTROL_GRANT_OUT, &id, &replaced);
  resource_shown = shown (resource);
  app_shown = pst_text_for_display (argv[1], 100);
  /* Translators: an application, an answer and an access as they are typed, a path: "eog: allow view ~/Pictures" */
  printf (replaced ? _ ("%s: %s %s %s (replaces an earlier rule)\n") : "%s: %s %s %s\n", app_shown,
          pst_answer_to_string (answer), pst_access_to_string (access), resource_shown);
  note_if_unknown (argv[1], app_shown);
  return 0;
}

int
pst_cli_revoke_main (int argc, char **argv)
{
  gboolean all = FALSE;
  const GOptionEntry entries[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &all, N_ ("Everything that the application may do"), NULL }, { NULL }
  };
  g_autofree char *resource = NULL;
  g_autofree char *resource_shown = NULL;
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariantIter) held = NULL;
  guint32 removed, pid;
  const char *comm, *path;
  int status;

  if (!pst_cli_parse (&argc, &argv, entries, _ ("APP RESOURCE|--all"),
                      _ ("Takes rules away. When the command returns, nothing new can be opened under them."), &status))
    return status;
  if (argc != (all ? 2 : 3))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("needs an application, and a resource or --all"));
  resource = all ? g_strdup ("") : pst_cli_resource (argv[2]);
  if (resource == NULL)
    return PST_EXIT_USAGE;

  reply = pst_cli_call (PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", argv[1], resource), PST_CONTROL_REVOKE_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, PST_CONTROL_REVOKE_OUT, &removed, &held);
  resource_shown = all ? g_strdup ("") : shown (resource);
  if (removed == 0 && pst_cli_check_app (argv[1]) != 0)
    return 1;
  if (removed == 0)
    return all ? pst_cli_fail (1, _ ("there is no rule of yours for anything; see postern grants %s"), argv[1])
               : pst_cli_fail (1, _ ("there is no rule of yours for %s; see postern grants %s"), resource_shown, argv[1]);
  printf (
      ngettext ("Revoked: %u rule. Nothing new can be opened.\n", "Revoked: %u rules. Nothing new can be opened.\n", removed),
      removed);
  while (g_variant_iter_next (held, "(u&s^&ay)", &pid, &comm, &path))
    {
      g_autofree char *path_shown = shown (path);
      g_autofree char *comm_shown = pst_text_for_display (comm, 32);

      printf (_ ("Still open in %s (process %u): %s. End the application to cut it.\n"), comm_shown, pid, path_shown);
    }
  return 0;
}

int
pst_cli_why_main (int argc, char **argv)
{
  g_autofree char *access_word = NULL;
  const GOptionEntry entries[] = {
    { "access", 0, 0, G_OPTION_ARG_STRING, &access_word, N_ ("view, change or save (view)"), N_ ("ACCESS") }, { NULL }
  };
  g_autofree char *resource = NULL;
  g_autoptr (PstMessage) reply = NULL;
  PstAccess access = PST_ACCESS_VIEW;
  guint32 answer;
  guint64 rule;
  const char *explanation;
  int status;

  if (!pst_cli_parse (&argc, &argv, entries, _ ("APP RESOURCE"),
                      _ ("Tells which rule decides about a path or a service, and why.\nRESOURCE is a path, session:NAME or "
                         "system:NAME; with /INTERFACE.MEMBER behind it, one message to that service"),
                      &status))
    return status;
  if (argc != 3)
    return pst_cli_fail (PST_EXIT_USAGE,
                         _ ("needs an application and a path or service, for example: postern why eog ~/Pictures"));
  if (access_word != NULL && !pst_access_from_string (access_word, &access))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("there is no access “%s”; use view, change or save"), access_word);
  if (access_word != NULL && pst_cli_is_service (argv[2]))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("--access is for files; of a service “talk” is explained"));
  resource = pst_cli_resource (argv[2]);
  if (resource == NULL)
    return PST_EXIT_USAGE;
  reply = pst_cli_call (PST_CONTROL_WHY, g_variant_new ("(s^ayu)", argv[1], resource, (guint32)access), PST_CONTROL_WHY_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, "(ut&s)", &answer, &rule, &explanation);
  printf ("%s\n", pst_answer_to_string (answer));
  {
    g_auto (GStrv) lines = g_strsplit (explanation, "\n", -1);

    for (gsize i = 0; lines[i] != NULL; i++)
      {
        g_autofree char *line = pst_text_for_display (lines[i], 400);

        if (line[0] != '\0')
          printf ("%s\n", line);
      }
  }
  return 0;
}
