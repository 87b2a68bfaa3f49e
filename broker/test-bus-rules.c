/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a small catalogue and a person's rules to the proxy's policy, decisions and questions. */
#include "bus-rules.h"

#include <string.h>

static const char catalogue[] = "[session org.example.Quiet]\n"
                                "Title=Quiet things\nIcon=x\nRisk=None.\nVerdict=quiet\n"
                                "Ask=org.example.Quiet.Lock\n"
                                "Never=org.example.Quiet.Halt\n"
                                "[session org.example.Keys]\n"
                                "Title=Passwords and keys\nIcon=x\nRisk=It may see which passwords you keep.\nVerdict=ask\n"
                                "[session org.example.Keys : read]\n"
                                "Title=what your passwords are\nIcon=x\nRisk=It may read them.\nVerdict=ask\n"
                                "Messages=org.example.Keys.GetSecret\n"
                                "[session org.example.Family.*]\n"
                                "Title=A family\nIcon=x\nRisk=Some.\nVerdict=ask\nNever=org.example.Family.Rule\n"
                                "[session org.example.Shell]\n"
                                "Title=The desktop\nIcon=x\nRisk=Some.\nVerdict=never\nAsk=org.example.Shell.Files.*\n"
                                "[a11y org.example.Windows]\n"
                                "Title=Windows\nIcon=x\nRisk=Some.\nVerdict=never\nQuiet=org.example.Windows.Show@/own\n"
                                "[own]\norg.example.Music.{app}.*=outside\n"
                                "[session org.example.Notes]\n"
                                "Title=Notes\nIcon=x\nRisk=Some.\nVerdict=quiet\n"
                                "[session org.example.Notes : actions]\n"
                                "Title=Notes with buttons\nIcon=x\nRisk=Some.\nVerdict=ask\n"
                                "When=actions\nMessages=org.example.Notes.Notify\n"
                                "[session org.example.Net]\n"
                                "Title=Networks\nIcon=x\nRisk=Some.\nVerdict=ask\nUnasked=org.example.Net.Look\n"
                                "Never=org.example.Net.Halt\n"
                                "[session system org.example.Never]\n"
                                "Title=The power switch\nIcon=x\nRisk=It may do all.\nVerdict=never\n"
                                "[module toys]\nTitle=Toys\n"
                                "session org.example.Keys=quiet\n"
                                "session org.example.Quiet org.example.Quiet.Lock=quiet\n"
                                "session org.example.Family.* org.example.Family.Play=quiet\n"
                                "[module dolls]\nTitle=Dolls\n"
                                "session org.example.Keys=ask\n"
                                "session org.example.Keys org.example.Keys.Sing=quiet\n";

typedef struct
{
  PstServices *services;
  PstHost host;
  GPtrArray *rules;
  PstDecideInput input;
} World;

static void
set_up (World *world, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  memset (world, 0, sizeof *world);
  world->services = pst_services_new ();
  g_assert_true (pst_services_add (world->services, catalogue, strlen (catalogue), "catalogue", &error));
  g_assert_no_error (error);
  g_assert_true (pst_services_seal (world->services, &error));
  world->host.boot = (char *)"boot";
  world->rules = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  world->input = (PstDecideInput){ .host = &world->host, .app = "app", .sandbox = 7, .rules = world->rules, .now = 1000 };
}

static void
tear_down (World *world, gconstpointer data)
{
  pst_services_free (world->services);
  g_ptr_array_unref (world->rules);
}

static void
say (World *world, const char *resource, PstAnswer answer, PstLifetime lifetime)
{
  PstStoredRule *rule = g_new0 (PstStoredRule, 1);

  rule->app = g_strdup ("app");
  rule->kind = PST_KIND_BUS;
  rule->resource = g_strdup (resource);
  rule->scope = PST_SCOPE_FILE;
  rule->access = PST_ACCESS_TALK;
  rule->answer = answer;
  rule->lifetime = lifetime;
  rule->sandbox = lifetime == PST_LIFETIME_ONCE ? 7 : 0;
  rule->boot = g_strdup ("boot");
  g_ptr_array_add (world->rules, rule);
}

static void
expect_lines (World *world, const char *const *lines)
{
  g_autofree char *policy = pst_bus_rules_compile (&world->input, world->services, NULL);

  for (; *lines; lines++)
    {
      g_autofree char *line = g_strconcat (*lines, "\n", NULL);

      if (!strstr (policy, line))
        g_error ("“%s” is not in\n%s", *lines, policy);
    }
}

static void
test_resources (void)
{
  static const char *const good[] = { "session:org.a", "system:org.a.b-c", "session:org.a/part", NULL };
  static const char *const bad[] = { "",
                                     "org.a",
                                     "session:",
                                     "session::1.5",
                                     "session:a",
                                     "session:org..a",
                                     "session:org.a/",
                                     "session:org.a/x y",
                                     "session:org.a/x/y",
                                     "a11y:org.a",
                                     "/home/u",
                                     "session:org.a\nsession b * * allow",
                                     NULL };

  for (const char *const *text = good; *text; text++)
    g_assert_true (pst_bus_rules_is_resource (*text));
  for (const char *const *text = bad; *text; text++)
    g_assert_false (pst_bus_rules_is_resource (*text));
}

static void
test_catalogue (World *world, gconstpointer data)
{
  expect_lines (world, (const char *const[]){
                           "session org.example.Quiet * * allow", "session org.example.Quiet org.example.Quiet Lock ask",
                           "session org.example.Quiet org.example.Quiet Halt deny", "session org.example.Keys * * ask",
                           "session org.example.Never * * deny", "system org.example.Never * * deny", NULL });
}

/* Whose use is to be told: the person's rules, of what they opened and of nothing else. */
static void
test_numbers (World *world, gconstpointer data)
{
  static const char *const keys = "session:org.example.Keys", *const other = "session:org.other.Name";

  say (world, keys, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "session:org.example.Quiet", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, other, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "session:org.other.Two", PST_ANSWER_DENY, PST_LIFETIME_ALWAYS);
  for (guint i = 0; i < world->rules->len; i++)
    ((PstStoredRule *)world->rules->pdata[i])->id = 40 + i;
  expect_lines (world, (const char *const[]){
                           "session org.example.Keys * * allow 40", "session org.example.Keys org.example.Keys GetSecret ask",
                           "session org.example.Quiet * * allow", "session org.example.Quiet org.example.Quiet Lock allow 41",
                           "session org.example.Quiet org.example.Quiet Halt deny", "session org.other.Name * * allow 42",
                           "session org.other.Two * * deny", NULL });
}

/* What is not asked about is refused as long as the service is, and comes with it; not what is refused within it. */
static void
test_unasked (World *world, gconstpointer data)
{
  expect_lines (world, (const char *const[]){ "session org.example.Net * * ask",
                                              "session org.example.Net org.example.Net Look deny", NULL });
  say (world, "session:org.example.Net", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  expect_lines (world, (const char *const[]){ "session org.example.Net * * allow",
                                              "session org.example.Net org.example.Net Look allow",
                                              "session org.example.Net org.example.Net Halt deny", NULL });
}

static void
test_actions (World *world, gconstpointer data)
{
  g_autofree char *resource =
      pst_bus_rules_resource (world->services, "session", "org.example.Notes", "org.example.Notes", "Notify");

  g_assert_cmpstr (resource, ==, "session:org.example.Notes/actions");
  expect_lines (world, (const char *const[]){ "session org.example.Notes * * allow",
                                              "session org.example.Notes org.example.Notes Notify! ask", NULL });
  say (world, resource, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  expect_lines (world, (const char *const[]){ "session org.example.Notes org.example.Notes Notify! allow", NULL });
  say (world, resource, PST_ANSWER_DENY, PST_LIFETIME_ONCE);
  expect_lines (world, (const char *const[]){ "session org.example.Notes * * allow",
                                              "session org.example.Notes org.example.Notes Notify! deny", NULL });
}

static void
test_person (World *world, gconstpointer data)
{
  say (world, "session:org.example.Keys", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "session:org.example.Quiet", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "session:org.unknown.Name", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "system:org.unknown.Other", PST_ANSWER_DENY, PST_LIFETIME_ONCE);
  /* another sandbox's */
  say (world, "session:org.example.Never", PST_ANSWER_ALLOW, PST_LIFETIME_ONCE);
  ((PstStoredRule *)world->rules->pdata[world->rules->len - 1])->sandbox = 8;
  expect_lines (world, (const char *const[]){ "session org.example.Keys * * allow", "session org.example.Quiet * * allow",
                                              "session org.example.Quiet org.example.Quiet Lock allow",
                                              /* an exception that is refused stays refused */
                                              "session org.example.Quiet org.example.Quiet Halt deny",
                                              "session org.unknown.Name * * allow", "system org.unknown.Other * * deny",
                                              "session org.example.Never * * deny", NULL });
}

static void
test_parts (World *world, gconstpointer data)
{
  g_autofree char *whole = pst_bus_rules_resource (world->services, "session", "org.example.Keys", "org.example.Keys", "List"),
                  *part =
                      pst_bus_rules_resource (world->services, "session", "org.example.Keys", "org.example.Keys", "GetSecret");

  g_assert_cmpstr (whole, ==, "session:org.example.Keys");
  g_assert_cmpstr (part, ==, "session:org.example.Keys/read");
  say (world, whole, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  expect_lines (world, (const char *const[]){ "session org.example.Keys * * allow",
                                              "session org.example.Keys org.example.Keys GetSecret ask", NULL });
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, part), ==, PST_ANSWER_ASK);
  say (world, part, PST_ANSWER_ALLOW, PST_LIFETIME_SESSION);
  expect_lines (world, (const char *const[]){ "session org.example.Keys org.example.Keys GetSecret allow", NULL });
  say (world, whole, PST_ANSWER_DENY, PST_LIFETIME_ONCE);
  expect_lines (world, (const char *const[]){ "session org.example.Keys * * deny",
                                              "session org.example.Keys org.example.Keys GetSecret deny", NULL });
}

/* One name of a family is its own matter, and keeps the family's exceptions. */
static void
test_family (World *world, gconstpointer data)
{
  say (world, "session:org.example.Family.One", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  expect_lines (world,
                (const char *const[]){ "session org.example.Family.* * * ask", "session org.example.Family.One * * allow",
                                       "session org.example.Family.One org.example.Family Rule deny", NULL });
}

static PstProfile *
profile_of (const char *text)
{
  g_autoptr (GError) error = NULL;
  PstProfile *profile = pst_profile_parse (text, strlen (text), "profile", &error);

  g_assert_no_error (error);
  return profile;
}

/* What a profile's modules say stands before the catalogue, and behind the person. */
static void
test_modules (World *world, gconstpointer data)
{
  g_autoptr (PstProfile) toys = profile_of ("[Application]\nModules=toys;\n"),
                         both = profile_of ("[Application]\nModules=toys;dolls\n");
  g_autofree char *before = pst_bus_rules_compile (&world->input, world->services, NULL), *policy = NULL;

  g_assert_null (strstr (before, "Play"));
  world->input.profile = toys;
  expect_lines (world, (const char *const[]){ "session org.example.Keys * * allow",
                                              /* a part is a question of its own for modules too */
                                              "session org.example.Keys org.example.Keys GetSecret ask",
                                              "session org.example.Quiet org.example.Quiet Lock allow",
                                              "session org.example.Quiet org.example.Quiet Halt deny",
                                              "session org.example.Family.* org.example.Family Play allow",
                                              "session org.example.Family.* org.example.Family Rule deny", NULL });
  /* One name of the family that the person speaks of has what the module says of the family. */
  say (world, "session:org.example.Family.One", PST_ANSWER_ASK, PST_LIFETIME_ALWAYS);
  expect_lines (world, (const char *const[]){ "session org.example.Family.One * * ask",
                                              "session org.example.Family.One org.example.Family Play ask", NULL });
  say (world, "session:org.example.Keys", PST_ANSWER_DENY, PST_LIFETIME_ALWAYS);
  expect_lines (world, (const char *const[]){ "session org.example.Keys * * deny", NULL });

  g_ptr_array_set_size (world->rules, 0);
  world->input.profile = both;
  expect_lines (world, (const char *const[]){ "session org.example.Keys * * ask",
                                              "session org.example.Keys org.example.Keys Sing allow", NULL });
  policy = pst_bus_rules_compile (&world->input, world->services, NULL);
  g_assert_null (strstr (policy, "session org.example.Keys * * allow"));
  g_assert_null (strstr (strstr (policy, "Keys Sing allow") + 1, "Keys Sing"));
  g_assert_cmpstr (pst_services_unknown_module (world->services, (const char *const[]){ "toys", "tools", NULL }), ==, "tools");
  g_assert_null (pst_services_unknown_module (world->services, (const char *const[]){ "toys", NULL }));
}

/* Locks stand before the person, defaults behind. */
static void
test_administrator (World *world, gconstpointer data)
{
  static const char text[] = "[Lock Bus]\n"
                             "session:org.example.Keys/read=deny\n"
                             "session:org.example.Quiet=deny\n"
                             "system:org.example.Never=allow\n"
                             "session:org.example.Family.One=deny\n"
                             "session:org.unknown.Name=deny\n"
                             "[Lock Bus app]\n"
                             "session:org.example.Quiet=allow\n"
                             "[Lock Bus other]\n"
                             "session:org.example.Keys=deny\n"
                             "[Default Bus]\n"
                             "session:org.example.Keys=allow\n"
                             "session:org.example.Never=allow\n"
                             "session:org.unknown.Other=allow\n";
  g_autoptr (PstAdminPolicy) policy = pst_admin_policy_new ();
  g_autoptr (GPtrArray) rules = NULL;
  g_autoptr (GError) error = NULL;
  PstBusSaid said;

  pst_admin_policy_parse (policy, PST_POLICY_FORM_POLICY, text, strlen (text), "file", &error);
  g_assert_no_error (error);
  rules = pst_admin_policy_rules_for (policy, &world->host, "app");
  world->input.admin = rules;
  expect_lines (world, (const char *const[]){
                           "session org.example.Keys * * allow", "session org.example.Keys org.example.Keys GetSecret deny",
                           /* for this one application: its exceptions stay */
                           "session org.example.Quiet * * allow", "session org.example.Quiet org.example.Quiet Halt deny",
                           /* a lock opens what no question does; a default does not */
                           "system org.example.Never * * allow", "session org.example.Never * * deny",
                           "session org.example.Family.One * * deny", "session org.unknown.Name * * deny",
                           "session org.unknown.Other * * allow", NULL });
  say (world, "session:org.example.Keys", PST_ANSWER_ASK, PST_LIFETIME_ALWAYS);
  say (world, "session:org.example.Keys/read", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "session:org.unknown.Name", PST_ANSWER_ALLOW, PST_LIFETIME_ONCE);
  say (world, "session:org.unknown.Other", PST_ANSWER_DENY, PST_LIFETIME_ALWAYS);
  expect_lines (world, (const char *const[]){
                           "session org.example.Keys * * ask", "session org.example.Keys org.example.Keys GetSecret deny",
                           "session org.unknown.Name * * deny", "session org.unknown.Other * * deny", NULL });
#define DECIDE(what) ((int)pst_bus_rules_decide (&world->input, world->services, what))
  g_assert_cmpint (DECIDE ("session:org.unknown.Name"), ==, PST_ANSWER_DENY);
  g_assert_cmpint (DECIDE ("session:org.example.Keys"), ==, PST_ANSWER_ASK);
  g_assert_cmpint (DECIDE ("session:org.example.Keys/read"), ==, PST_ANSWER_DENY);
  g_assert_cmpint (DECIDE ("session:org.example.Never"), ==, PST_ANSWER_DENY);
  g_assert_cmpint (DECIDE ("system:org.example.Never"), ==, PST_ANSWER_ALLOW);
  said = pst_bus_rules_says (&world->input, "session:org.unknown.Name");
  g_assert_cmpint (said.tier, ==, PST_TIER_LOCK);
  g_assert_cmpstr (said.admin->source, ==, "file");
  g_assert_cmpuint (said.admin->line, ==, 6);
  said = pst_bus_rules_says (&world->input, "session:org.unknown.Third");
  g_assert_cmpint (said.answer, ==, 0);
}

static void
test_shorter_first (World *world, gconstpointer data)
{
  say (world, "session:org.example.Keys", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "session:org.example.Keys", PST_ANSWER_DENY, PST_LIFETIME_ONCE);
  expect_lines (world, (const char *const[]){ "session org.example.Keys * * deny", NULL });
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, "session:org.example.Keys"), ==, PST_ANSWER_DENY);
  world->input.sandbox = 9;
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, "session:org.example.Keys"), ==, PST_ANSWER_ALLOW);
}

/* Of a program that has other names too, a permission opens what is listed. */
static void
test_listed (World *world, gconstpointer data)
{
  expect_lines (world, (const char *const[]){
                           "session org.example.Shell * * deny", "session org.example.Shell org.example.Shell.Files * ask",
                           "a11y org.example.Windows * * deny", "a11y org.example.Windows org.example.Windows Show@/own allow",
                           "own session org.example.Music.app.*", NULL });
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, "session:org.example.Shell"), ==, PST_ANSWER_ASK);
  g_assert_cmpint (pst_bus_rules_effective (&world->input, world->services, "session:org.example.Shell"), ==, PST_ANSWER_ASK);
  g_assert_cmpint (pst_bus_rules_effective (&world->input, world->services, "session:org.example.Quiet"), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (pst_bus_rules_effective (&world->input, world->services, "session:org.example.Never"), ==, PST_ANSWER_DENY);
  g_assert_false (pst_bus_rules_is_never (world->services, "session:org.example.Shell"));
  g_assert_true (pst_bus_rules_is_never (world->services, "session:org.example.Never"));
  say (world, "session:org.example.Shell", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  say (world, "session:org.example.Never", PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  expect_lines (world, (const char *const[]){ "session org.example.Shell * * deny",
                                              "session org.example.Shell org.example.Shell.Files * allow",
                                              "session org.example.Never * * allow", NULL });
}

static void
test_decide (World *world, gconstpointer data)
{
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, "session:org.example.Keys"), ==, PST_ANSWER_ASK);
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, "session:org.who.Knows"), ==, PST_ANSWER_ASK);
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, "system:org.example.Never"), ==, PST_ANSWER_DENY);
  g_assert_cmpint (pst_bus_rules_decide (&world->input, world->services, "nonsense"), ==, PST_ANSWER_DENY);
}

static void
test_offer (World *world, gconstpointer data)
{
  g_autoptr (PstOffer) known =
      pst_bus_rules_offer (world->services, "Mail<b>", "session:org.example.Keys", "org.example.Keys", "Get\nAll"),
                       unknown = pst_bus_rules_offer (world->services, "Mail", "session:org.who.Knows", "", "");

  g_assert_cmpstr (pst_offer_title (known, 0, 0), ==, "Allow “Mail<b>” to use Passwords and keys?");
  g_assert_true (g_str_has_prefix (known->intent, "It may see which passwords you keep. "));
  g_assert_null (strstr (known->intent, "Get\nAll"));
  g_assert_cmpstr (known->base, ==, "session:org.example.Keys");
  g_assert_nonnull (strstr (pst_offer_title (unknown, 0, 0), "org.who.Knows"));
  g_assert_null (pst_bus_rules_offer (world->services, "Mail", "nonsense", "", ""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-rules/resources", test_resources);
  g_test_add ("/bus-rules/catalogue", World, NULL, set_up, test_catalogue, tear_down);
  g_test_add ("/bus-rules/numbers", World, NULL, set_up, test_numbers, tear_down);
  g_test_add ("/bus-rules/unasked", World, NULL, set_up, test_unasked, tear_down);
  g_test_add ("/bus-rules/actions", World, NULL, set_up, test_actions, tear_down);
  g_test_add ("/bus-rules/person", World, NULL, set_up, test_person, tear_down);
  g_test_add ("/bus-rules/parts", World, NULL, set_up, test_parts, tear_down);
  g_test_add ("/bus-rules/family", World, NULL, set_up, test_family, tear_down);
  g_test_add ("/bus-rules/modules", World, NULL, set_up, test_modules, tear_down);
  g_test_add ("/bus-rules/administrator", World, NULL, set_up, test_administrator, tear_down);
  g_test_add ("/bus-rules/shorter-first", World, NULL, set_up, test_shorter_first, tear_down);
  g_test_add ("/bus-rules/listed", World, NULL, set_up, test_listed, tear_down);
  g_test_add ("/bus-rules/decide", World, NULL, set_up, test_decide, tear_down);
  g_test_add ("/bus-rules/offer", World, NULL, set_up, test_offer, tear_down);
  return g_test_run ();
}
