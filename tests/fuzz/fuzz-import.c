/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "import.h"
#include "pst-path.h"

#include <string.h>

#define NOW 1700000000

static const char catalogue[] = "[session org.example.Keys]\nTitle=Keys\nIcon=x\nRisk=Some.\nVerdict=ask\n"
                                "[session org.example.Never]\nTitle=Power\nIcon=x\nRisk=All.\nVerdict=never\n";
static const char lock[] = "[Lock Files]\n~/Work=deny\n[Lock Bus]\nsession:org.example.Locked=deny\n";
static char *roots[] = { (char *)"/home/u", (char *)"/mnt", NULL };
static char *protected_paths[] = { (char *)"/home/u/.ssh", NULL };
static PstHost host = { .home = (char *)"/home/u",
                        .user = (char *)"u",
                        .boot = (char *)"boot",
                        .gate_roots = roots,
                        .protected_paths = protected_paths };
static PstImportPlace place = { .host = &host };

static void
set_up (void)
{
  PstServices *services = pst_services_new ();
  PstAdminPolicy *policy = pst_admin_policy_new ();

  g_assert_true (pst_services_add (services, catalogue, strlen (catalogue), "catalogue", NULL));
  g_assert_true (pst_services_seal (services, NULL));
  g_assert_true (pst_admin_policy_parse (policy, PST_POLICY_FORM_POLICY, lock, strlen (lock), "lock", NULL));
  place.services = services;
  place.policy = policy;
}

static void
check_sentence (const GError *error)
{
  g_assert_true (error != NULL && g_utf8_validate (error->message, -1, NULL));
  g_assert_true (strchr (error->message, '\n') == NULL);
}

/* Nothing gets in that a question could not give: outside of the gate roots, below a lock, of the protected set. */
static void
check_rule (const PstStoredRule *rule)
{
  g_assert_true (rule->lifetime == PST_LIFETIME_ALWAYS || (rule->lifetime == PST_LIFETIME_UNTIL && rule->until > NOW));
  g_assert_true (pst_access_is_for (rule->kind, rule->access));
  g_assert_true (rule->answer >= PST_ANSWER_ALLOW && rule->answer <= PST_ANSWER_ASK);
  g_assert_true (rule->origin == PST_ORIGIN_IMPORT && rule->sandbox == 0);
  if (rule->kind == PST_KIND_BUS)
    {
      g_assert_true (g_str_has_prefix (rule->resource, "session:") || g_str_has_prefix (rule->resource, "system:"));
      g_assert_true (rule->answer != PST_ANSWER_ALLOW || (!g_str_has_prefix (rule->resource, "session:org.example.Locked/") &&
                                                          strcmp (rule->resource, "session:org.example.Locked") != 0 &&
                                                          strcmp (rule->resource, "session:org.example.Never") != 0));
      return;
    }
  g_assert_true (pst_path_is_normal (rule->resource));
  g_assert_true (pst_path_is_below_or_equal (rule->resource, "/home/u") || pst_path_is_below_or_equal (rule->resource, "/mnt"));
  g_assert_true (rule->answer != PST_ANSWER_ALLOW || (!g_str_has_prefix (rule->resource, "/home/u/.") &&
                                                      !pst_path_is_below_or_equal (rule->resource, "/home/u/Work") &&
                                                      !pst_path_is_below_or_equal (rule->resource, "/home/u/.ssh")));
}

/* An export is what a stranger may have written. What is taken in is exported again, and is then the same. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) no_apps = g_ptr_array_new ();
  g_autoptr (PstImport) import = NULL, again = NULL;
  g_autofree char *text = NULL, *text_again = NULL;

  if (!place.services)
    set_up ();
  import = pst_import_parse ((const char *)data, size, NOW, &error);
  if (import == NULL || !pst_import_check (import, &place, &error))
    {
      check_sentence (error);
      return 0;
    }
  for (guint i = 0; i < import->rules->len; i++)
    check_rule (import->rules->pdata[i]);
  text = pst_export_text (import->rules, no_apps, NULL, NOW);
  again = pst_import_parse (text, strlen (text), NOW, &error);
  g_assert_no_error (error);
  g_assert_true (pst_import_check (again, &place, NULL));
  text_again = pst_export_text (again->rules, no_apps, NULL, NOW);
  g_assert_cmpstr (text, ==, text_again);
  return 0;
}
