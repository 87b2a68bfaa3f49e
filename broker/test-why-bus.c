/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "postern why" for services: the answer that the proxy would give, and who is named for it. */
#include "why-bus.h"

#include <string.h>

static const char catalogue[] = "[session org.example.Quiet]\n"
                                "Title=Quiet things\nIcon=x\nRisk=None.\nVerdict=quiet\n"
                                "Never=org.example.Quiet.Halt\n"
                                "[session org.example.Keys]\n"
                                "Title=Passwords and keys\nIcon=x\nRisk=It may see which passwords you keep.\nVerdict=ask\n"
                                "[session org.example.Keys : read]\n"
                                "Title=what your passwords are\nIcon=x\nRisk=It may read them.\nVerdict=ask\n"
                                "Messages=org.example.Keys.GetSecret\n"
                                "[system org.example.Never]\n"
                                "Title=The power switch\nIcon=x\nRisk=It may do all.\nVerdict=never\n"
                                "[session org.example.Shell]\n"
                                "Title=The desktop\nIcon=x\nRisk=Some.\nVerdict=never\nAsk=org.example.Shell.*\n"
                                "[module toys]\nTitle=Toys\n"
                                "session org.example.Keys org.example.Keys.List=quiet\n";
static const char admin_text[] = "[Lock Bus]\nsession:org.locked.Name=deny\n"
                                 "[Default Bus]\nsession:org.default.Name=allow\nsystem:org.example.Never=allow\n";

typedef struct
{
  PstServices *services;
  PstHost host;
  GPtrArray *rules, *admin;
  PstAdminPolicy *policy;
  PstProfile *profile;
  PstDecideInput input;
} World;

static void
set_up (World *world, gconstpointer data)
{
  static const char profile[] = "[Application]\nModules=toys\n";
  g_autoptr (GError) error = NULL;

  world->services = pst_services_new ();
  pst_services_add (world->services, catalogue, strlen (catalogue), "catalogue", &error);
  g_assert_no_error (error);
  g_assert_true (pst_services_seal (world->services, &error));
  world->host.boot = (char *)"boot";
  world->rules = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  world->policy = pst_admin_policy_new ();
  pst_admin_policy_parse (world->policy, PST_POLICY_FORM_POLICY, admin_text, strlen (admin_text), "/etc/x.conf", &error);
  g_assert_no_error (error);
  world->admin = pst_admin_policy_rules_for (world->policy, &world->host, "app");
  world->profile = pst_profile_parse (profile, strlen (profile), "profile", &error);
  g_assert_no_error (error);
  world->input = (PstDecideInput){
    .host = &world->host, .app = "app", .rules = world->rules, .admin = world->admin, .profile = world->profile, .now = 1000
  };
}

static void
tear_down (World *world, gconstpointer data)
{
  pst_services_free (world->services);
  g_ptr_array_unref (world->rules);
  g_ptr_array_unref (world->admin);
  pst_admin_policy_free (world->policy);
  pst_profile_free (world->profile);
}

static void
say (World *world, guint64 id, const char *resource, PstAnswer answer)
{
  PstStoredRule rule = { .id = id,
                         .app = (char *)"app",
                         .kind = PST_KIND_BUS,
                         .resource = (char *)resource,
                         .scope = PST_SCOPE_FILE,
                         .access = PST_ACCESS_TALK,
                         .answer = answer,
                         .lifetime = PST_LIFETIME_ALWAYS };

  g_ptr_array_add (world->rules, pst_stored_rule_copy (&rule));
}

static void
expect (World *world, const char *what, PstAnswer answer, guint64 rule, const char *words)
{
  guint64 got_rule = 99;
  PstAnswer got = 0;
  g_autofree char *text = pst_why_bus (&world->input, world->services, what, &got, &got_rule);

  if (!text || got != answer || got_rule != rule || !strstr (text, words))
    g_error ("%s: answer %d, rule %d, “%s” in: %s", what, (int)got, (int)got_rule, words, text);
}

static void
test_nobody (World *world, gconstpointer data)
{
  expect (world, "session:org.example.Quiet", PST_ANSWER_ALLOW, 0, "Quiet things is let through");
  expect (world, "session:org.example.Quiet/org.example.Quiet.Halt", PST_ANSWER_DENY, 0, "is denied without a question");
  expect (world, "session:org.example.Keys", PST_ANSWER_ASK, 0, "Passwords and keys is asked about");
  expect (world, "session:org.example.Keys/org.example.Keys.Get", PST_ANSWER_ASK, 0, "Passwords and keys is asked about");
  expect (world, "session:org.example.Keys/org.example.Keys.GetSecret", PST_ANSWER_ASK, 0, "question of its own");
  expect (world, "session:org.example.Keys/read", PST_ANSWER_ASK, 0, "It may read them.");
  expect (world, "session:org.example.Keys/org.example.Keys.List", PST_ANSWER_ALLOW, 0, "one of “Toys” (toys)");
  expect (world, "session:org.who.Knows", PST_ANSWER_ASK, 0, "does not have it");
  /* of what is refused but for what is listed */
  expect (world, "session:org.example.Shell", PST_ANSWER_ASK, 0, "The desktop is asked about");
  expect (world, "session:org.example.Shell/org.example.Shell.Do", PST_ANSWER_ASK, 0, "The desktop is asked about");
  expect (world, "session:org.example.Shell/org.other.Do", PST_ANSWER_DENY, 0, "is denied without a question");
  expect (world, "system:org.example.Keys", PST_ANSWER_ASK, 0, "does not have it");
}

static void
test_somebody (World *world, gconstpointer data)
{
  say (world, 5, "session:org.example.Keys", PST_ANSWER_ALLOW);
  say (world, 6, "session:org.example.Quiet", PST_ANSWER_ALLOW);
  say (world, 7, "session:org.locked.Name", PST_ANSWER_ALLOW);
  expect (world, "session:org.example.Keys", PST_ANSWER_ALLOW, 5, "It is rule 5");
  expect (world, "session:org.example.Keys/read", PST_ANSWER_ASK, 0, "does not include it");
  expect (world, "session:org.example.Quiet/org.example.Quiet.Halt", PST_ANSWER_DENY, 0, "does not reach this message");
  expect (world, "session:org.locked.Name", PST_ANSWER_DENY, 0, "It stands in /etc/x.conf, line 2.");
  expect (world, "session:org.default.Name/a.b.C", PST_ANSWER_ALLOW, 0, "default decides");
  expect (world, "session:org.default.Name", PST_ANSWER_ALLOW, 0, "/etc/x.conf, line 4.");
  expect (world, "system:org.example.Never", PST_ANSWER_DENY, 0, "default that allows it does not reach it");
  say (world, 8, "system:org.example.Never", PST_ANSWER_ALLOW);
  expect (world, "system:org.example.Never", PST_ANSWER_ALLOW, 8, "Your rule decides");
  say (world, 9, "session:org.default.Name", PST_ANSWER_DENY);
  expect (world, "session:org.default.Name", PST_ANSWER_DENY, 9, "“access denied”");
}

/* Nothing is asked for it: what would be is refused, what is allowed is not. */
static void
test_locked (World *world, gconstpointer data)
{
  world->input.locked = TRUE;
  expect (world, "session:org.example.Keys", PST_ANSWER_DENY, 0, "nothing is asked");
  expect (world, "session:org.example.Quiet", PST_ANSWER_ALLOW, 0, "let through");
}

static void
test_nonsense (World *world, gconstpointer data)
{
  static const char *const bad[] = { "",
                                     "session:",
                                     "org.example.Keys",
                                     "a11y:org.example.Keys",
                                     "session:org.example.Keys/",
                                     "session:org.example.Keys/nothing",
                                     "session:org.who.Knows/part",
                                     "session:org.example.Keys/org.example.",
                                     "session:org.example.Keys/.Member",
                                     "session:org.example.Keys/Member.1",
                                     "session:org.example.Keys/a.b.c/d.e",
                                     "session::1.7/a.b.C" };
  PstAnswer answer;
  guint64 rule;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    if (pst_why_bus (&world->input, world->services, bad[i], &answer, &rule))
      g_error ("“%s” is explained", bad[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/why-bus/nobody", World, NULL, set_up, test_nobody, tear_down);
  g_test_add ("/why-bus/somebody", World, NULL, set_up, test_somebody, tear_down);
  g_test_add ("/why-bus/locked", World, NULL, set_up, test_locked, tear_down);
  g_test_add ("/why-bus/nonsense", World, NULL, set_up, test_nonsense, tear_down);
  return g_test_run ();
}
