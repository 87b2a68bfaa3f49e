/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decide.h"

#include <string.h>

#include "policy-cache.h"
#include "rule.h"

static PstUserDir pictures = { (char *)"PICTURES", (char *)"/home/u/Pictures" };
static char *roots[] = { (char *)"/home/u", (char *)"/media", (char *)"/mnt", NULL };
static char *protected_paths[] = { (char *)"/home/u/.ssh", (char *)"/home/u/bin", NULL };
static char *protected_real[] = { (char *)"/mnt/d/ssh", NULL };
static PstHost host = { .home = (char *)"/home/u",
                        .user = (char *)"u",
                        .boot = (char *)"boot",
                        .gate_roots = roots,
                        .protected_paths = protected_paths,
                        .protected_real = protected_real };

typedef struct
{
  GPtrArray *rules;
  GPtrArray *admins; /* of arrays: each that an input has had */
  PstAdminPolicy *policy;
  PstProfile *profile;
  PstRuleset *ruleset;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->rules = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  f->policy = pst_admin_policy_new ();
  f->admins = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_ptr_array_unref (f->rules);
  pst_admin_policy_free (f->policy);
  g_ptr_array_unref (f->admins);
  pst_profile_free (f->profile);
  g_clear_pointer (&f->ruleset, pst_ruleset_unref);
}

static PstStoredRule *
add (Fixture *f, const char *path, PstAccess access, PstAnswer answer)
{
  PstStoredRule rule = { .id = f->rules->len + 1,
                         .app = (char *)"eog",
                         .kind = PST_KIND_FILES,
                         .resource = (char *)path,
                         .scope = PST_SCOPE_TREE,
                         .access = access,
                         .answer = answer,
                         .lifetime = PST_LIFETIME_ALWAYS,
                         .boot = (char *)"",
                         .login = (char *)"" };
  PstStoredRule *copy = pst_stored_rule_copy (&rule);

  g_ptr_array_add (f->rules, copy);
  return copy;
}

static PstStoredRule *
once (PstStoredRule *rule, guint64 sandbox)
{
  rule->lifetime = PST_LIFETIME_ONCE;
  rule->sandbox = sandbox;
  g_free (rule->boot);
  rule->boot = g_strdup ("boot");
  return rule;
}

static PstDecideInput
input (Fixture *f)
{
  GPtrArray *admin = pst_admin_policy_rules_for (f->policy, &host, "eog");

  g_ptr_array_add (f->admins, admin);
  return (PstDecideInput){ .host = &host,
                           .app = "eog",
                           .sandbox = 1,
                           .rules = f->rules,
                           .admin = admin,
                           .profile = f->profile,
                           .launch_dir = "/home/u/Projects/p",
                           .now = 100 };
}

static PstDecision
decide (Fixture *f, const char *path, PstAccess access)
{
  PstDecideInput in = input (f);
  PstDecision decision;

  g_clear_pointer (&f->ruleset, pst_ruleset_unref);
  f->ruleset = pst_decide_compile (&in, 1);
  pst_ruleset_decide (f->ruleset, path, access, &decision);
  return decision;
}

#define ANSWER(f, path, access) ((int)decide (f, path, PST_ACCESS_##access).answer)

static void
test_precedence (Fixture *f, gconstpointer data)
{
  static const char locked[] = "[Files eog]\nxdg:PICTURES=hide\n[Files cat]\n~/Music=deny\n";
  static const char text[] = "[Files]\nxdg:PICTURES=view\n~/Music=view\n";
  g_autoptr (GError) error = NULL;

  f->profile = pst_profile_parse (text, strlen (text), "p", &error);
  g_assert_no_error (error);
  g_assert_cmpint (ANSWER (f, "/home/u/Pictures/a", VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/Pictures/a", CHANGE), ==, PST_ANSWER_ASK);
  /* The user beats the profile, even with a shorter path. */
  add (f, "/home/u", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  g_assert_cmpint (ANSWER (f, "/home/u/Pictures/a", VIEW), ==, PST_ANSWER_DENY);
  add (f, "/home/u/Pictures/2026", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/Pictures/2026/a", CHANGE), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/Pictures/a", CHANGE), ==, PST_ANSWER_DENY);
  /* The administrator beats both. */
  g_assert_true (pst_admin_policy_parse (f->policy, PST_POLICY_FORM_LOCKS, locked, strlen (locked), "l", &error));
  g_assert_no_error (error);
  g_assert_cmpint (ANSWER (f, "/home/u/Pictures/2026/a", CHANGE), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (ANSWER (f, "/home/u/Music", VIEW), ==, PST_ANSWER_DENY); /* by the rule on Home; the lock is cat's */
  g_assert_cmpint (decide (f, "/home/u/Music", PST_ACCESS_VIEW).rule->tier, ==, PST_TIER_USER);
}

static void
test_time (Fixture *f, gconstpointer data)
{
  PstStoredRule *until = add (f, "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW),
                *session = add (f, "/home/u/b", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

  until->lifetime = PST_LIFETIME_UNTIL;
  until->until = 101;
  session->lifetime = PST_LIFETIME_SESSION;
  once (add (f, "/home/u/c", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), 1);
  once (add (f, "/home/u/d", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), 2);
  g_assert_cmpint (ANSWER (f, "/home/u/a", VIEW), ==, PST_ANSWER_ALLOW);
  until->until = 100;
  g_assert_cmpint (ANSWER (f, "/home/u/a", VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (ANSWER (f, "/home/u/b", VIEW), ==, PST_ANSWER_ASK); /* of another boot */
  g_assert_cmpint (ANSWER (f, "/home/u/c", VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/d", VIEW), ==, PST_ANSWER_ASK); /* of another sandbox */
}

static void
test_shorter_time_first (Fixture *f, gconstpointer data)
{
  add (f, "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  once (add (f, "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), 1);
  g_assert_cmpint (ANSWER (f, "/home/u/a/x", VIEW), ==, PST_ANSWER_ALLOW);
  add (f, "/home/u/b", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  once (add (f, "/home/u/b", PST_ACCESS_CHANGE, PST_ANSWER_DENY), 1);
  g_assert_cmpint (ANSWER (f, "/home/u/b/x", VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/b/x", CHANGE), ==, PST_ANSWER_DENY);
}

static void
test_protected (Fixture *f, gconstpointer data)
{
  PstStoredRule *docs;

  add (f, "/home/u", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/x", CHANGE), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/bin", VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (ANSWER (f, "/home/u/bin/x", CHANGE), ==, PST_ANSWER_ASK);
  add (f, "/home/u/bin", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/bin/x", VIEW), ==, PST_ANSWER_ALLOW);
  /* A tree that is elsewhere carries what is protected there under its own name, */
  docs = add (f, "/home/u/Documents", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  docs->real = g_strdup ("/mnt/d");
  g_assert_cmpint (ANSWER (f, "/home/u/Documents/a", VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/home/u/Documents/ssh/id", VIEW), ==, PST_ANSWER_ASK);
  /* and so does the place itself. */
  add (f, "/mnt", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  g_assert_cmpint (ANSWER (f, "/mnt/d/ssh/id", VIEW), ==, PST_ANSWER_ASK);
}

static void
test_doors (Fixture *f, gconstpointer data)
{
  g_assert_true (decide (f, "/home/u/Pictures", PST_ACCESS_VIEW).is_door);
  g_assert_true (decide (f, "/home/u/Projects", PST_ACCESS_VIEW).is_door);
  g_assert_true (decide (f, "/home/u/Projects/p", PST_ACCESS_VIEW).is_door);
  g_assert_false (decide (f, "/home/u/Projects/q", PST_ACCESS_VIEW).is_door);
  g_assert_true (decide (f, "/media/u", PST_ACCESS_VIEW).is_door);
}

static void
check_unit (Fixture *f, const char *path, const char *expected)
{
  PstDecision decision = decide (f, path, PST_ACCESS_VIEW);
  g_autofree char *unit = pst_decide_unit (&host, &decision, path);

  g_assert_cmpstr (unit, ==, expected);
}

static void
test_unit (Fixture *f, gconstpointer data)
{
  add (f, "/home/u", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  add (f, "/home/u/Pictures/2026", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  check_unit (f, "/home/u/Pictures/2026/a/b", "/home/u/Pictures/2026");
  check_unit (f, "/home/u/Pictures/a", "/home/u/Pictures");
  check_unit (f, "/home/u/notes", "/home/u/notes");
  check_unit (f, "/home/u", NULL);
  /* Dot entries are the application's own, whatever Home says. */
  check_unit (f, "/home/u/.config/x", NULL);
  check_unit (f, "/mnt/x", NULL);
}

static void
check_live (Fixture *f, const char *unit, const char *real, PstAccess access, gboolean expected)
{
  PstDecideInput in = input (f);

  decide (f, unit, access);
  g_assert_cmpint (pst_decide_may_be_live (&in, f->ruleset, unit, real, access), ==, expected);
}

static void
test_live (Fixture *f, gconstpointer data)
{
  add (f, "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  check_live (f, "/home/u/Pictures", "/home/u/Pictures", PST_ACCESS_VIEW, TRUE);
  /* A door below is no obstacle, */
  add (f, "/home/u/Projects", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  check_live (f, "/home/u/Projects", "/home/u/Projects", PST_ACCESS_VIEW, TRUE);
  /* nor is what says the same; */
  add (f, "/home/u/Pictures/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  check_live (f, "/home/u/Pictures", "/home/u/Pictures", PST_ACCESS_VIEW, TRUE);
  /* anything else is: another access, a refusal, something protected, here or where the tree really is. */
  add (f, "/home/u/Projects/c", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  check_live (f, "/home/u/Projects", "/home/u/Projects", PST_ACCESS_VIEW, FALSE);
  once (add (f, "/home/u/Pictures/b", PST_ACCESS_VIEW, PST_ANSWER_DENY), 1);
  check_live (f, "/home/u/Pictures", "/home/u/Pictures", PST_ACCESS_VIEW, FALSE);
  add (f, "/home/u/Documents", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  check_live (f, "/home/u/Documents", "/home/u/Documents", PST_ACCESS_VIEW, TRUE);
  check_live (f, "/home/u/Documents", "/mnt/d", PST_ACCESS_VIEW, FALSE);
}

static void
test_fingerprint (Fixture *f, gconstpointer data)
{
  PstDecideInput in = input (f), other = input (f);
  g_autofree char *same = pst_policy_fingerprint (&in, 1), *again = pst_policy_fingerprint (&other, 1),
                  *later = pst_policy_fingerprint (&in, 2);
  g_autofree char *elsewhere = NULL, *locked = NULL, *of_another = NULL;

  g_assert_cmpstr (same, ==, again);
  g_assert_cmpstr (same, !=, later);
  other.launch_dir = "/home/u";
  elsewhere = pst_policy_fingerprint (&other, 1);
  g_assert_cmpstr (same, !=, elsewhere);
  g_assert_true (pst_admin_policy_parse (f->policy, PST_POLICY_FORM_LOCKS, "[Files]\n~/a=deny\n",
                                         strlen ("[Files]\n~/a=deny\n"), "l", NULL));
  in = input (f);
  locked = pst_policy_fingerprint (&in, 1);
  g_assert_cmpstr (same, !=, locked);
  /* What is for one sandbox, or for a time, is not handed to another. */
  once (add (f, "/home/u/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), 2);
  of_another = pst_policy_fingerprint (&in, 1);
  g_assert_nonnull (of_another);
  once (add (f, "/home/u/b", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), 1);
  g_assert_null (pst_policy_fingerprint (&in, 1));
}

static void
test_explain (Fixture *f, gconstpointer data)
{
  PstDecideInput in = input (f);
  PstDecision decision;
  g_autofree char *text = NULL, *elsewhere = NULL;

  add (f, "/home/u/Pictures", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  decision = decide (f, "/home/u/Pictures/a", PST_ACCESS_VIEW);
  text = pst_decide_explain (&in, &decision, "/home/u/Pictures/a", PST_ACCESS_VIEW);
  g_assert_nonnull (strstr (text, "allowed"));
  g_assert_nonnull (strstr (text, "Your rule"));
  g_assert_nonnull (strstr (text, "/home/u/Pictures "));
  elsewhere = pst_decide_explain (&in, &decision, "/usr/bin", PST_ACCESS_VIEW);
  g_assert_nonnull (strstr (elsewhere, "not among the places"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  host.user_dirs = g_ptr_array_new ();
  g_ptr_array_add (host.user_dirs, &pictures);
#define ADD(name, function) g_test_add ("/decide/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("precedence", test_precedence);
  ADD ("time", test_time);
  ADD ("shorter-time-first", test_shorter_time_first);
  ADD ("protected", test_protected);
  ADD ("doors", test_doors);
  ADD ("unit", test_unit);
  ADD ("live", test_live);
  ADD ("fingerprint", test_fingerprint);
  ADD ("explain", test_explain);
#undef ADD
  return g_test_run ();
}
