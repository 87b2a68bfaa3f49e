/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern apps, grants and ps: what is there. */
#include "cli-commands.h"
#include "cli-control.h"
#include "cli-output.h"
#include "cli.h"
#include "postern-ipc.h"
#include "pst-json.h"
#include "pst-path.h"

#include <glib/gi18n.h>

static gboolean json_wanted;

static const GOptionEntry json_entries[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &json_wanted, N_ ("Print JSON for programs"), NULL }, { NULL }
};

int
pst_cli_apps_main (int argc, char **argv)
{
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariantIter) apps = NULL;
  const char *id, *name, *icon, *executable;
  guint32 n_grants;
  gint64 last;
  gboolean running;
  int status;

  if (!pst_cli_parse (&argc, &argv, json_entries, "", _ ("Lists the applications that Postern knows."), &status))
    return status;
  if (argc > 1)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("takes no arguments"));
  reply = pst_cli_call (PST_CONTROL_LIST_APPS, NULL, PST_CONTROL_LIST_APPS_OUT);
  if (reply == NULL)
    return 1;

  g_variant_get (reply->args, PST_CONTROL_LIST_APPS_OUT, &apps);
  if (json_wanted)
    {
      PstJson *json = pst_json_new ();

      while (g_variant_iter_next (apps, "(&s&s&s&sutb)", &id, &name, &icon, &executable, &n_grants, (guint64 *)&last, &running))
        {
          pst_json_begin (json);
          pst_json_string (json, "id", id);
          pst_json_string (json, "name", name);
          pst_json_string (json, "icon", icon);
          pst_json_string (json, "executable", executable);
          pst_json_int (json, "grants", n_grants);
          pst_json_int (json, "last_use", last);
          pst_json_bool (json, "running", running);
          pst_json_end (json);
        }
      pst_json_print_free (json);
    }
  else
    {
      PstTable *table = pst_table_new (_ ("APPLICATION"), _ ("NAME"), _ ("GRANTS"), _ ("LAST USE"), _ ("EXECUTABLE"), NULL);

      while (g_variant_iter_next (apps, "(&s&s&s&sutb)", &id, &name, &icon, &executable, &n_grants, (guint64 *)&last, &running))
        {
          g_autofree char *count = g_strdup_printf ("%u", n_grants);
          g_autofree char *when = running ? g_strdup (_ ("running")) : pst_cli_time (last);

          pst_table_add (table, id, name, count, when, executable, NULL);
        }
      pst_table_print_free (table, _ ("No application has been started with Postern yet. Try: postern run eog"));
    }
  return 0;
}

#define GRANT_FORMAT "(t&su^&ayuuuuxuxx)"

typedef struct
{
  guint64 id;
  const char *app, *resource;
  guint32 kind, scope, access, answer, lifetime, tier;
  gint64 until, created, last_use;
} Grant;

static gboolean
next_grant (GVariantIter *iter, Grant *grant)
{
  return g_variant_iter_next (iter, GRANT_FORMAT, &grant->id, &grant->app, &grant->kind, &grant->resource, &grant->scope,
                              &grant->access, &grant->answer, &grant->lifetime, &grant->until, &grant->tier, &grant->created,
                              &grant->last_use);
}

static char *
describe_lifetime (guint32 lifetime, gint64 until)
{
  g_autofree char *when = NULL;

  switch (lifetime)
    {
    case PST_LIFETIME_ONCE:
      return g_strdup (_ ("while it runs"));
    case PST_LIFETIME_SESSION:
      return g_strdup (_ ("until logout"));
    case PST_LIFETIME_UNTIL:
      when = pst_cli_time (until);
      return g_strconcat ("until ", when, NULL);
    default:
      return g_strdup (_ ("always"));
    }
}

int
pst_cli_grants_main (int argc, char **argv)
{
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariantIter) grants = NULL;
  Grant grant;
  int status;

  if (!pst_cli_parse (&argc, &argv, json_entries, _ ("[APP]"), _ ("Lists what applications may do, and what they may not."),
                      &status))
    return status;
  if (argc > 2)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("takes one application at most"));
  reply = pst_cli_call (PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", argc > 1 ? argv[1] : ""), PST_CONTROL_LIST_GRANTS_OUT);
  if (reply == NULL)
    return 1;

  g_variant_get (reply->args, PST_CONTROL_LIST_GRANTS_OUT, &grants);
  if (argc > 1 && g_variant_iter_n_children (grants) == 0 && pst_cli_check_app (argv[1]) != 0)
    return 1;
  if (json_wanted)
    {
      PstJson *json = pst_json_new ();

      while (next_grant (grants, &grant))
        {
          pst_json_begin (json);
          pst_json_int (json, "id", (gint64)grant.id);
          pst_json_string (json, "app", grant.app);
          pst_json_string (json, "kind", pst_kind_to_string (grant.kind));
          pst_json_string (json, "resource", grant.resource);
          pst_json_string (json, "scope", pst_scope_to_string (grant.scope));
          pst_json_string (json, "access", pst_access_to_string (grant.access));
          pst_json_string (json, "answer", pst_answer_to_string (grant.answer));
          pst_json_string (json, "lifetime", pst_lifetime_to_string (grant.lifetime));
          pst_json_int (json, "until", grant.until);
          pst_json_string (json, "tier", pst_tier_to_string (grant.tier));
          pst_json_int (json, "created", grant.created);
          pst_json_int (json, "last_use", grant.last_use);
          pst_json_end (json);
        }
      pst_json_print_free (json);
    }
  else
    {
      PstTable *table =
          pst_table_new (_ ("APPLICATION"), _ ("ANSWER"), _ ("ACCESS"), _ ("RESOURCE"), _ ("LIFETIME"), _ ("FROM"), NULL);

      while (next_grant (grants, &grant))
        {
          g_autofree char *resource = pst_path_abbreviate (grant.resource, g_get_home_dir ());
          g_autofree char *full = g_strconcat (resource, grant.scope == PST_SCOPE_TREE ? "/" : "", NULL);
          g_autofree char *lifetime = describe_lifetime (grant.lifetime, grant.until);

          pst_table_add (table, grant.app, pst_answer_to_string (grant.answer), pst_access_to_string (grant.access), full,
                         lifetime, pst_tier_to_string (grant.tier), NULL);
        }
      pst_table_print_free (table, argc > 1 ? _ ("There are no grants for this application.") : _ ("There are no grants yet."));
    }
  return 0;
}

int
pst_cli_ps_main (int argc, char **argv)
{
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariantIter) sandboxes = NULL;
  guint64 number;
  const char *app, *name;
  guint32 supervisor, init, trees, questions;
  gint64 started;
  gboolean strict;
  PstJson *json = NULL;
  PstTable *table = NULL;
  int status;

  if (!pst_cli_parse (&argc, &argv, json_entries, "", _ ("Lists the running sandboxes."), &status))
    return status;
  if (argc > 1)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("takes no arguments"));
  reply = pst_cli_call (PST_CONTROL_LIST_SANDBOXES, NULL, PST_CONTROL_LIST_SANDBOXES_OUT);
  if (reply == NULL)
    return 1;

  g_variant_get (reply->args, PST_CONTROL_LIST_SANDBOXES_OUT, &sandboxes);
  if (json_wanted)
    json = pst_json_new ();
  else
    table =
        pst_table_new (_ ("SANDBOX"), _ ("PID"), _ ("APPLICATION"), _ ("NAME"), _ ("STARTED"), _ ("OPEN"), _ ("WAITING"), NULL);
  while (g_variant_iter_next (sandboxes, "(t&s&suuxbuu)", &number, &app, &name, &supervisor, &init, &started, &strict, &trees,
                              &questions))
    {
      if (json != NULL)
        {
          pst_json_begin (json);
          pst_json_int (json, "sandbox", (gint64)number);
          pst_json_string (json, "app", app);
          pst_json_string (json, "name", name);
          pst_json_int (json, "supervisor", supervisor);
          pst_json_int (json, "init", init);
          pst_json_int (json, "started", started);
          pst_json_bool (json, "strict", strict);
          pst_json_int (json, "trees", trees);
          pst_json_int (json, "questions", questions);
          pst_json_end (json);
        }
      else
        {
          g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
          g_autofree char *pid = g_strdup_printf ("%u", supervisor);
          g_autofree char *when = pst_cli_time (started);
          g_autofree char *open = g_strdup_printf ("%u", trees);
          g_autofree char *waiting = g_strdup_printf ("%u", questions);

          pst_table_add (table, text, pid, app, name, when, open, waiting, NULL);
        }
    }
  if (json != NULL)
    pst_json_print_free (json);
  else
    pst_table_print_free (table, _ ("No sandbox is running."));
  return 0;
}
