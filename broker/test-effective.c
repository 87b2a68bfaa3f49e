/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "effective.h"

#include <string.h>

#include "entry-list.h"

static PstUserDir pictures = { (char *)"PICTURES", (char *)"/home/u/Pictures" };
static char *roots[] = { (char *)"/home/u", (char *)"/media", (char *)"/mnt", NULL };
static char *protected_paths[] = { (char *)"/home/u/.ssh", (char *)"/home/u/bin", NULL };
static char *protected_real[] = { (char *)"/mnt/d/ssh", NULL };

static const char catalogue[] = "[session org.example.Quiet]\n"
                                "Title=Quiet things\nIcon=x\nRisk=None.\nVerdict=quiet\n"
                                "[session org.example.Keys]\n"
                                "Title=Passwords and keys\nIcon=x\nRisk=It may see.\nVerdict=ask\n"
                                "[session org.example.Never]\n"
                                "Title=The power switch\nIcon=x\nRisk=It may do all.\nVerdict=never\n"
                                "[module toys]\nTitle=Toys\n"
                                "session org.example.Keys=quiet\n";

typedef struct
{
  PstHost host;
  PstServices *services;
  GPtrArray *rules, *admin; /* admin: (nullable) */
  PstAdminPolicy *policy;
  PstProfile *profile;
  PstDecideInput input;
  GPtrArray *entries;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->host = (PstHost){ .home = (char *)"/home/u",
                       .user = (char *)"u",
                       .boot = (char *)"boot",
                       .gate_roots = roots,
                       .protected_paths = protected_paths,
                       .protected_real = protected_real };
  f->host.user_dirs = g_ptr_array_new ();
  g_ptr_array_add (f->host.user_dirs, &pictures);
  f->services = pst_services_new ();
  g_assert_true (pst_services_add (f->services, catalogue, strlen (catalogue), "catalogue", &error));
  g_assert_no_error (error);
  g_assert_true (pst_services_seal (f->services, &error));
  f->rules = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  f->policy = pst_admin_policy_new ();
  f->input = (PstDecideInput){ .host = &f->host, .app = "app", .rules = f->rules, .now = 1000 };
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->entries, g_ptr_array_unref);
  g_ptr_array_unref (f->rules);
  g_clear_pointer (&f->admin, g_ptr_array_unref);
  pst_admin_policy_free (f->policy);
  g_ptr_array_unref (f->host.user_dirs);
  pst_profile_free (f->profile);
  pst_services_free (f->services);
}

static PstStoredRule *
say (Fixture *f, const char *resource, PstAccess access, PstAnswer answer)
{
  PstStoredRule rule = { .id = f->rules->len + 1,
                         .app = (char *)"app",
                         .kind = strchr (resource, ':') ? PST_KIND_BUS : PST_KIND_FILES,
                         .resource = (char *)resource,
                         .scope = PST_SCOPE_TREE,
                         .access = access,
                         .answer = answer,
                         .lifetime = PST_LIFETIME_ALWAYS,
                         .boot = (char *)"",
                         .login = (char *)"",
                         .origin = PST_ORIGIN_QUESTION };
  PstStoredRule *copy = pst_stored_rule_copy (&rule);

  g_ptr_array_add (f->rules, copy);
  return copy;
}

static void
read_policy (Fixture *f, PstPolicyForm form, const char *text)
{
  g_autoptr (GError) error = NULL;

  pst_admin_policy_parse (f->policy, form, text, strlen (text), "/etc/lock.conf", &error);
  g_assert_no_error (error);
  g_clear_pointer (&f->admin, g_ptr_array_unref);
  f->admin = pst_admin_policy_rules_for (f->policy, &f->host, "app");
  f->input.admin = f->admin;
}

static void
lock (Fixture *f, const char *text)
{
  read_policy (f, PST_POLICY_FORM_LOCKS, text);
}

static void
profile (Fixture *f, const char *text)
{
  g_autoptr (GError) error = NULL;

  f->profile = pst_profile_parse (text, strlen (text), "x.profile", &error);
  g_assert_no_error (error);
  f->input.profile = f->profile;
}

static void
list (Fixture *f, gboolean general)
{
  g_autoptr (PstProtectedIndex) guarded = pst_protected_index_new (f->input.host);

  g_clear_pointer (&f->entries, g_ptr_array_unref);
  f->entries = pst_effective_list (&f->input, guarded, f->services, general, NULL, NULL);
}

static const PstEntry *
entry (Fixture *f, const char *resource, PstTier tier)
{
  for (guint i = 0; i < f->entries->len; i++)
    {
      const PstEntry *one = f->entries->pdata[i];

      if (strcmp (one->resource, resource) == 0 && one->tier == tier)
        return one;
    }
  g_assert_not_reached ();
}

/* What the administrator says of services, and for a start. */
static void
test_administrator (Fixture *f, gconstpointer data)
{
  read_policy (f, PST_POLICY_FORM_POLICY,
               "[Lock Bus app]\nsession:org.example.Keys=deny\n[Default Files app]\nxdg:PICTURES=view\n~/Music=view\n"
               "[Default Bus]\nsession:org.example.Other=allow\n");
  say (f, "session:org.example.Keys", PST_ACCESS_TALK, PST_ANSWER_ALLOW);
  say (f, "/home/u/Music", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  list (f, FALSE);
  g_assert_cmpuint (f->entries->len, ==, 5);
  g_assert_cmpint (entry (f, "session:org.example.Keys", PST_TIER_LOCK)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (entry (f, "session:org.example.Keys", PST_TIER_LOCK)->flags, ==, PST_ENTRY_LOCKED);
  g_assert_cmpuint (entry (f, "session:org.example.Keys", PST_TIER_USER)->flags, ==, PST_ENTRY_LOCKED | PST_ENTRY_OVERRULED);
  g_assert_cmpint (entry (f, "/home/u/Pictures", PST_TIER_DEFAULT)->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (entry (f, "/home/u/Pictures", PST_TIER_DEFAULT)->flags, ==, 0);
  g_assert_cmpstr (entry (f, "/home/u/Pictures", PST_TIER_DEFAULT)->source, ==, "/etc/lock.conf");
  g_assert_cmpint (entry (f, "/home/u/Pictures", PST_TIER_DEFAULT)->origin, ==, PST_ORIGIN_ADMINISTRATOR);
  g_assert_cmpuint (entry (f, "/home/u/Music", PST_TIER_DEFAULT)->flags, ==, PST_ENTRY_OVERRULED);
  list (f, TRUE);
  g_assert_cmpint (entry (f, "session:org.example.Other", PST_TIER_DEFAULT)->effective, ==, PST_ANSWER_ALLOW);
}

/* A lock stands before the person, the person before the packager, and each entry says what comes of it. */
static void
test_tiers (Fixture *f, gconstpointer data)
{
  lock (f, "[Files]\n/mnt/all=deny\n[Files app]\nxdg:PICTURES=deny\n[Files other]\n/mnt/other=deny\n");
  profile (f, "[Files]\nxdg:PICTURES=view\n~/Music=view\n~/Video=hide\n");
  say (f, "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  say (f, "/home/u/Music", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  say (f, "/home/u/Video/one", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  list (f, TRUE);
  g_assert_cmpuint (f->entries->len, ==, 2 + 3 + 3);
  g_assert_cmpint (entry (f, "/mnt/all", PST_TIER_LOCK)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (entry (f, "/home/u/Pictures", PST_TIER_LOCK)->flags, ==, PST_ENTRY_LOCKED);
  g_assert_cmpstr (entry (f, "/home/u/Pictures", PST_TIER_LOCK)->source, ==, "/etc/lock.conf");
  g_assert_cmpint (entry (f, "/home/u/Pictures", PST_TIER_LOCK)->origin, ==, PST_ORIGIN_ADMINISTRATOR);
  g_assert_cmpint (entry (f, "/home/u/Pictures", PST_TIER_USER)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (entry (f, "/home/u/Pictures", PST_TIER_USER)->flags, ==, PST_ENTRY_LOCKED | PST_ENTRY_OVERRULED);
  g_assert_cmpuint (entry (f, "/home/u/Pictures", PST_TIER_PROFILE)->flags, ==, PST_ENTRY_LOCKED | PST_ENTRY_OVERRULED);
  g_assert_cmpint (entry (f, "/home/u/Music", PST_TIER_PROFILE)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (entry (f, "/home/u/Music", PST_TIER_PROFILE)->flags, ==, PST_ENTRY_OVERRULED);
  g_assert_cmpuint (entry (f, "/home/u/Music", PST_TIER_USER)->flags, ==, 0);
  g_assert_cmpint (entry (f, "/home/u/Video", PST_TIER_PROFILE)->effective, ==, PST_ANSWER_HIDE);
  g_assert_cmpint (entry (f, "/home/u/Video/one", PST_TIER_USER)->effective, ==, PST_ANSWER_ALLOW);
  list (f, FALSE);
  g_assert_cmpuint (f->entries->len, ==, 1 + 3 + 3);
}

static void
test_protected (Fixture *f, gconstpointer data)
{
  PstStoredRule *aliased;

  say (f, "/home/u", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  say (f, "/home/u/bin/x", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  say (f, "/home/u/binary", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  say (f, "/home/u/lib", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  say (f, "/home/u/.ssh", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  say (f, "/mnt/d/ssh/a/folder/far/below/it", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  profile (f, "[Files]\n~/bin=ask\n");
  list (f, FALSE);
  g_assert_cmpuint (entry (f, "/home/u", PST_TIER_USER)->flags, ==, 0);
  g_assert_cmpuint (entry (f, "/home/u/bin/x", PST_TIER_USER)->flags, ==, PST_ENTRY_PROTECTED);
  g_assert_cmpint (entry (f, "/home/u/bin/x", PST_TIER_USER)->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (entry (f, "/home/u/binary", PST_TIER_USER)->flags, ==, 0);
  g_assert_cmpuint (entry (f, "/home/u/lib", PST_TIER_USER)->flags, ==, 0);
  g_assert_cmpuint (entry (f, "/home/u/.ssh", PST_TIER_USER)->flags, ==, PST_ENTRY_PROTECTED);
  g_assert_cmpuint (entry (f, "/mnt/d/ssh/a/folder/far/below/it", PST_TIER_USER)->flags, ==, PST_ENTRY_PROTECTED);
  /* a permission above does not give it */
  g_assert_cmpint (entry (f, "/home/u/bin", PST_TIER_PROFILE)->effective, ==, PST_ANSWER_ASK);

  /* by another name */
  aliased = say (f, "/home/u/Data", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  aliased->real = g_strdup ("/mnt/d");
  say (f, "/home/u/Data/ssh", PST_ACCESS_SAVE, PST_ANSWER_ASK);
  list (f, FALSE);
  g_assert_cmpint (entry (f, "/home/u/Data", PST_TIER_USER)->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (entry (f, "/home/u/Data/ssh", PST_TIER_USER)->effective, ==, PST_ANSWER_ASK);
}

/* Shorter times stand before longer ones; what is not in force says nothing. */
static void
test_times (Fixture *f, gconstpointer data)
{
  PstStoredRule *rule;

  say (f, "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  rule = say (f, "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  rule->lifetime = PST_LIFETIME_ONCE;
  rule->sandbox = 7;
  g_free (rule->boot);
  rule->boot = g_strdup ("boot");
  rule = say (f, "/home/u/b", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  rule->lifetime = PST_LIFETIME_UNTIL;
  rule->until = 999;
  list (f, FALSE);
  g_assert_cmpint (((PstEntry *)f->entries->pdata[0])->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (((PstEntry *)f->entries->pdata[2])->effective, ==, PST_ANSWER_ASK);
  g_assert_cmpuint (((PstEntry *)f->entries->pdata[2])->flags, ==, PST_ENTRY_OVERRULED);
  f->input.sandbox = 7;
  list (f, FALSE);
  g_assert_cmpint (((PstEntry *)f->entries->pdata[0])->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (((PstEntry *)f->entries->pdata[0])->flags, ==, PST_ENTRY_OVERRULED);
  g_assert_cmpint (((PstEntry *)f->entries->pdata[1])->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (((PstEntry *)f->entries->pdata[1])->flags, ==, 0);
}

static void
test_services (Fixture *f, gconstpointer data)
{
  say (f, "session:org.example.Keys", PST_ACCESS_TALK, PST_ANSWER_ALLOW);
  say (f, "session:org.example.Never", PST_ACCESS_TALK, PST_ANSWER_ASK);
  say (f, "session:org.example.Keys/read", PST_ACCESS_TALK, PST_ANSWER_ALLOW);
  list (f, FALSE);
  g_assert_cmpint (entry (f, "session:org.example.Keys", PST_TIER_USER)->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (entry (f, "session:org.example.Never", PST_TIER_USER)->effective, ==, PST_ANSWER_ASK);
  g_assert_cmpint (entry (f, "session:org.example.Keys/read", PST_TIER_USER)->effective, ==, PST_ANSWER_ALLOW);
  /* a refusal of the service refuses its parts */
  ((PstStoredRule *)f->rules->pdata[0])->answer = PST_ANSWER_DENY;
  list (f, FALSE);
  g_assert_cmpint (entry (f, "session:org.example.Keys/read", PST_TIER_USER)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (entry (f, "session:org.example.Keys/read", PST_TIER_USER)->flags, ==, PST_ENTRY_OVERRULED);

  profile (f, "[Application]\nModules=toys;\n");
  list (f, FALSE);
  g_assert_cmpint (entry (f, "session:org.example.Keys", PST_TIER_PROFILE)->effective, ==, PST_ANSWER_DENY);
  g_ptr_array_set_size (f->rules, 0);
  list (f, FALSE);
  g_assert_cmpuint (f->entries->len, ==, 1);
  g_assert_cmpint (entry (f, "session:org.example.Keys", PST_TIER_PROFILE)->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (entry (f, "session:org.example.Keys", PST_TIER_PROFILE)->flags, ==, 0);
}

/* Where nothing is asked, what would be asked is refused. */
static void
test_locked (Fixture *f, gconstpointer data)
{
  say (f, "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_ASK);
  say (f, "/home/u/b", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  say (f, "session:org.example.Keys", PST_ACCESS_TALK, PST_ANSWER_ASK);
  f->input.locked = TRUE;
  list (f, FALSE);
  g_assert_cmpint (entry (f, "/home/u/a", PST_TIER_USER)->effective, ==, PST_ANSWER_DENY);
  g_assert_cmpuint (entry (f, "/home/u/a", PST_TIER_USER)->flags, ==, PST_ENTRY_OVERRULED);
  g_assert_cmpint (entry (f, "/home/u/b", PST_TIER_USER)->effective, ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (entry (f, "session:org.example.Keys", PST_TIER_USER)->effective, ==, PST_ANSWER_DENY);
}

/* The time grows with the number of rules, whatever they are about. */
static void
test_many (Fixture *f, gconstpointer data)
{
  gint64 begin, files, services;

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *path = g_strdup_printf ("/home/u/Pictures/%u", i);
      PstStoredRule *rule = say (f, path, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

      rule->lifetime = PST_LIFETIME_SESSION;
      g_free (rule->boot);
      rule->boot = g_strdup ("boot");
    }
  begin = g_get_monotonic_time ();
  list (f, FALSE);
  files = g_get_monotonic_time () - begin;
  g_assert_cmpuint (f->entries->len, ==, 20000);
  g_ptr_array_set_size (f->rules, 0);
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *name = g_strdup_printf ("session:org.example.N%u", i);

      say (f, name, PST_ACCESS_TALK, PST_ANSWER_ALLOW);
    }
  begin = g_get_monotonic_time ();
  list (f, FALSE);
  services = g_get_monotonic_time () - begin;
  g_test_message ("20,000 rules of one application: files %.1f ms, services %.1f ms", (double)files / 1000,
                  (double)services / 1000);
  g_assert_cmpint (files, <, 3 * G_USEC_PER_SEC);
  g_assert_cmpint (services, <, 3 * G_USEC_PER_SEC);
}

/* What is written by hand is what GVariant would have written, byte by byte, at each size of its numbers. */
static void
test_written (Fixture *f, gconstpointer data)
{
  static const gsize lengths[] = { 0, 1, 2, 3, 7, 8, 100, 200, 255, 256, 1000, 4095, 65000, 70000 };
  PstEntryList *own = pst_entry_list_new ();
  GVariantBuilder builder;

  for (guint n = 0; n < 3; n++)
    {
      g_autoptr (GVariant) expected = NULL, written = NULL, normal = NULL;

      if (n > 0)
        own = pst_entry_list_new ();
      g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tsuayuuuuxuxxusuu)"));
      for (gsize i = 0; n > 0 && i < (n == 1 ? 1 : G_N_ELEMENTS (lengths)); i++)
        {
          g_autofree char *resource = g_strnfill (lengths[i], 'r'), *app = g_strnfill (lengths[i] % 11, 'a');
          PstEntry one = { .id = i * 1000000007,
                           .kind = 1,
                           .resource = resource,
                           .scope = 2,
                           .access = 3,
                           .answer = 4,
                           .lifetime = 4,
                           .until = -1,
                           .tier = 2,
                           .created = 1800000000,
                           .used = 5,
                           .origin = 6,
                           .source = i % 2 ? "/etc/x" : "",
                           .effective = 5,
                           .flags = 31 };

          pst_entry_list_add (own, app, &one);
          g_variant_builder_add (&builder, "(tsu^ayuuuuxuxxusuu)", one.id, app, 1u, resource, 2u, 3u, 4u, 4u, one.until, 2u,
                                 one.created, one.used, 6u, one.source, 5u, 31u);
        }
      expected = g_variant_ref_sink (g_variant_new ("(a(tsuayuuuuxuxxusuu))", &builder));
      written = g_variant_ref_sink (pst_entry_list_end (own));
      g_assert_cmpmem (g_variant_get_data (written), g_variant_get_size (written), g_variant_get_data (expected),
                       g_variant_get_size (expected));
      normal = g_variant_new_from_data (G_VARIANT_TYPE (PST_ENTRY_LIST_TYPE), g_variant_get_data (written),
                                        g_variant_get_size (written), FALSE, NULL, NULL);
      g_variant_ref_sink (normal);
      g_assert_true (g_variant_is_normal_form (normal));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/effective/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("tiers", test_tiers);
  ADD ("administrator", test_administrator);
  ADD ("protected", test_protected);
  ADD ("times", test_times);
  ADD ("services", test_services);
  ADD ("locked", test_locked);
  ADD ("many", test_many);
  ADD ("written", test_written);
#undef ADD
  return g_test_run ();
}
