/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exports, and imports of what a stranger may have written: nothing that is wrong anywhere gets in anywhere. */
#include "import.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define NOW 1700000000

static const char catalogue[] = "[session org.example.Keys]\nTitle=Keys\nIcon=x\nRisk=Some.\nVerdict=ask\n"
                                "[session org.example.Never]\nTitle=Power\nIcon=x\nRisk=All.\nVerdict=never\n";
static char *roots[] = { (char *)"/home/u", (char *)"/media", (char *)"/mnt", NULL };
static char *protected_paths[] = { (char *)"/home/u/.ssh", NULL };
static char *protected_real[] = { (char *)"/mnt/d/ssh", NULL };
static PstHost host = { .home = (char *)"/home/u",
                        .user = (char *)"u",
                        .boot = (char *)"boot",
                        .gate_roots = roots,
                        .protected_paths = protected_paths,
                        .protected_real = protected_real };

static char *
real_path (const char *path)
{
  if (g_str_has_prefix (path, "/home/u/d/"))
    return g_strconcat ("/mnt/d/", path + strlen ("/home/u/d/"), NULL);
  if (strcmp (path, "/home/u/shortcut") == 0)
    return g_strdup ("/home/u/.newtool");
  return g_strdup (strcmp (path, "/home/u/everything") == 0 ? "/home" : path);
}

typedef struct
{
  char *dir, *file;
  PstStore *store;
  PstServices *services;
  PstAdminPolicy *policy;
  PstImportPlace place;
} World;

static void
set_up (World *world, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  world->dir = g_dir_make_tmp ("postern-import-XXXXXX", &error);
  g_assert_no_error (error);
  world->file = g_build_filename (world->dir, "grants.db", NULL);
  world->store = pst_store_open (world->file, &error);
  g_assert_no_error (error);
  world->services = pst_services_new ();
  pst_services_add (world->services, catalogue, strlen (catalogue), "catalogue", &error);
  g_assert_no_error (error);
  pst_services_seal (world->services, &error);
  world->policy = pst_admin_policy_new ();
  world->place = (PstImportPlace){ &host, world->policy, world->services, FALSE, real_path };
}

static void
remove_store (const char *file)
{
  static const char *const ends[] = { "", "-wal", "-shm", "-journal" };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strconcat (file, ends[i], NULL);

      g_unlink (path);
    }
}

static void
tear_down (World *world, gconstpointer data)
{
  pst_store_close (world->store);
  remove_store (world->file);
  g_rmdir (world->dir);
  pst_services_free (world->services);
  pst_admin_policy_free (world->policy);
  g_free (world->file);
  g_free (world->dir);
}

static char *
export_of (PstStore *store, const char *app)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (store, NULL), apps = pst_store_list_apps (store);

  return pst_export_text (rules, apps, app, NOW);
}

static PstImport *
read_text (World *world, const char *text, GError **error)
{
  g_autoptr (PstImport) import = pst_import_parse (text, strlen (text), NOW, error);

  return import && pst_import_check (import, &world->place, error) ? g_steal_pointer (&import) : NULL;
}

static PstImportCounts
take_in (World *world, PstStore *store, const char *text, gboolean replace)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PstImport) import = read_text (world, text, &error);
  g_autoptr (PstStoreChange) change = NULL;
  PstImportCounts counts;

  g_assert_no_error (error);
  change = pst_import_plan (import, store, replace, NOW, &counts);
  g_assert_true (pst_store_apply (store, change, &error));
  g_assert_no_error (error);
  return counts;
}

static void
expect_counts (PstImportCounts counts, guint added, guint changed, guint removed)
{
  g_assert_cmpuint (counts.added, ==, added);
  g_assert_cmpuint (counts.changed, ==, changed);
  g_assert_cmpuint (counts.removed, ==, removed);
}

static void
store_rule (PstStore *store, const char *app, PstKind kind, const char *resource, PstScope scope, PstAccess access,
            PstAnswer answer, PstLifetime lifetime, gint64 until)
{
  PstStoredRule rule = { .app = (char *)app,
                         .kind = kind,
                         .resource = (char *)resource,
                         .scope = scope,
                         .access = access,
                         .answer = answer,
                         .lifetime = lifetime,
                         .until = until,
                         .sandbox = lifetime == PST_LIFETIME_ONCE ? 3 : 0,
                         .boot = (char *)"",
                         .login = (char *)"",
                         .created = 5,
                         .used = 6,
                         .origin = PST_ORIGIN_QUESTION };
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (pst_store_add_rule (store, &rule, NULL, NULL, &error), !=, 0);
  g_assert_no_error (error);
}

#define FILES(store, app, path, access, answer)                                                                                \
  store_rule (store, app, PST_KIND_FILES, path, PST_SCOPE_TREE, PST_ACCESS_##access, PST_ANSWER_##answer, PST_LIFETIME_ALWAYS, \
              0)

/* The text itself: it is read by people, compared by programs, and by later versions. */
static void
test_text (World *world, gconstpointer data)
{
  static const char expected[] =
      "{\n"
      "  \"format\": \"postern-grants\",\n"
      "  \"version\": 1,\n"
      "  \"apps\": [\n"
      "    {\n"
      "      \"id\": \"a\",\n"
      "      \"locked\": false,\n"
      "      \"strict\": true,\n"
      "      \"rules\": []\n"
      "    },\n"
      "    {\n"
      "      \"id\": \"org.gnome.eog\",\n"
      "      \"locked\": true,\n"
      "      \"strict\": false,\n"
      "      \"rules\": [\n"
      "        {\"kind\": \"files\", \"resource\": {\"bytes\": \"L2hvbWUvdS//\"}, \"scope\": \"file\", \"access\": \"change\", "
      "\"answer\": \"deny\", \"lifetime\": \"until\", \"until\": 1800000000},\n"
      "        {\"kind\": \"bus\", \"resource\": \"session:org.example.Keys\", \"access\": \"talk\", \"answer\": \"allow\", "
      "\"lifetime\": \"always\"}\n"
      "      ]\n"
      "    },\n"
      "    {\n"
      "      \"id\": \"z\",\n"
      "      \"locked\": false,\n"
      "      \"strict\": false,\n"
      "      \"rules\": [\n"
      "        {\"kind\": \"files\", \"resource\": \"/home/u/a \\u0022b\\u0022 ä\", \"scope\": \"tree\", \"access\": \"view\", "
      "\"answer\": "
      "\"allow\", \"lifetime\": \"always\"}\n"
      "      ]\n"
      "    }\n"
      "  ]\n"
      "}\n";
  g_autofree char *none = export_of (world->store, NULL), *text = NULL, *one = NULL;

  g_assert_cmpstr (none, ==, "{\n  \"format\": \"postern-grants\",\n  \"version\": 1,\n  \"apps\": []\n}\n");
  FILES (world->store, "z", "/home/u/a \"b\" ä", VIEW, ALLOW);
  store_rule (world->store, "org.gnome.eog", PST_KIND_BUS, "session:org.example.Keys", PST_SCOPE_FILE, PST_ACCESS_TALK,
              PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS, 0);
  store_rule (world->store, "org.gnome.eog", PST_KIND_FILES, "/home/u/\xff", PST_SCOPE_FILE, PST_ACCESS_CHANGE, PST_ANSWER_DENY,
              PST_LIFETIME_UNTIL, 1800000000);
  /* not for long, or over */
  store_rule (world->store, "org.gnome.eog", PST_KIND_FILES, "/home/u/once", PST_SCOPE_FILE, PST_ACCESS_VIEW, PST_ANSWER_DENY,
              PST_LIFETIME_ONCE, 0);
  store_rule (world->store, "z", PST_KIND_FILES, "/home/u/session", PST_SCOPE_FILE, PST_ACCESS_VIEW, PST_ANSWER_DENY,
              PST_LIFETIME_SESSION, 0);
  store_rule (world->store, "z", PST_KIND_FILES, "/home/u/over", PST_SCOPE_FILE, PST_ACCESS_VIEW, PST_ANSWER_DENY,
              PST_LIFETIME_UNTIL, NOW);
  g_assert_true (pst_store_set_app (world->store, "org.gnome.eog", TRUE, FALSE, 7, NULL, NULL));
  g_assert_true (pst_store_set_app (world->store, "a", FALSE, TRUE, 0, NULL, NULL));
  g_assert_true (pst_store_set_app (world->store, "b", FALSE, FALSE, 9, NULL, NULL));
  text = export_of (world->store, NULL);
  g_assert_cmpstr (text, ==, expected);
  one = export_of (world->store, "z");
  g_assert_nonnull (strstr (one, "\"z\""));
  g_assert_null (strstr (one, "org.gnome.eog"));
}

static char *
random_path (void)
{
  static const char *const parts[] = { "a", "b c", "ä", "\xff\xfe", "\"", "\\", "=", "\n", "\x01", ".hidden", "😀" };
  GString *path = g_string_new ("/home/u");
  int n = g_test_rand_int_range (0, 4);

  for (int i = 0; i < n; i++)
    g_string_append_printf (path, "/%s", parts[g_test_rand_int_range (0, G_N_ELEMENTS (parts))]);
  return g_string_free (path, FALSE);
}

static void
fill (PstStore *store)
{
  static const char *const apps[] = { "a", "org.b.C", "cat-0123456789ab", "Z" };
  static const PstAnswer of_bus[] = { PST_ANSWER_ALLOW, PST_ANSWER_DENY, PST_ANSWER_ASK };

  for (int i = g_test_rand_int_range (0, 40); i > 0; i--)
    {
      const char *app = apps[g_test_rand_int_range (0, G_N_ELEMENTS (apps))];
      PstLifetime lifetime = (PstLifetime)g_test_rand_int_range (PST_LIFETIME_ONCE, PST_LIFETIME_UNTIL + 1);
      gint64 until = lifetime == PST_LIFETIME_UNTIL ? NOW + g_test_rand_int_range (-5, 100) : 0;
      g_autofree char *path = random_path ();

      if (g_test_rand_bit ())
        store_rule (store, app, PST_KIND_FILES, path, (PstScope)g_test_rand_int_range (PST_SCOPE_TREE, PST_SCOPE_FILE + 1),
                    (PstAccess)g_test_rand_int_range (PST_ACCESS_VIEW, PST_ACCESS_SAVE + 1),
                    (PstAnswer)g_test_rand_int_range (PST_ANSWER_ALLOW, PST_ANSWER_ASK + 1), lifetime, until);
      else
        store_rule (store, app, PST_KIND_BUS, g_test_rand_bit () ? "session:org.example.Keys" : "system:org.x.Y/part",
                    PST_SCOPE_FILE, PST_ACCESS_TALK, of_bus[g_test_rand_int_range (0, 3)], lifetime, until);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (apps); i++)
    if (g_test_rand_bit ())
      g_assert_true (pst_store_set_app (store, apps[i], g_test_rand_bit (), g_test_rand_bit (), 0, NULL, NULL));
}

/* Export, import into an empty store, export: the same bytes. Into one that is not empty, replacing: the same bytes. */
static void
test_there_and_back (World *world, gconstpointer data)
{
  g_autofree char *other_file = g_build_filename (world->dir, "other.db", NULL);

  /* Some begin with a dot. */
  world->place.protected_too = TRUE;
  for (int round = 0; round < 60; round++)
    {
      g_autoptr (PstStore) from = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL, *back = NULL, *replaced = NULL;
      PstImportCounts counts;

      remove_store (other_file);
      from = pst_store_open (other_file, &error);
      g_assert_no_error (error);
      fill (from);
      text = export_of (from, NULL);

      pst_store_close (world->store);
      remove_store (world->file);
      world->store = pst_store_open (world->file, &error);
      g_assert_no_error (error);
      counts = take_in (world, world->store, text, g_test_rand_bit ());
      g_assert_cmpuint (counts.removed, ==, 0);
      back = export_of (world->store, NULL);
      g_assert_cmpstr (text, ==, back);
      /* Again: nothing happens. */
      expect_counts (take_in (world, world->store, text, g_test_rand_bit ()), 0, 0, 0);

      fill (world->store);
      take_in (world, world->store, text, TRUE);
      replaced = export_of (world->store, NULL);
      g_assert_cmpstr (text, ==, replaced);
    }
}

#define RULE(resource, words) "{\"kind\":\"files\",\"resource\":" resource "," words "}"
#define ALWAYS "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"always\""
#define APP(rules) "{\"id\":\"a\",\"rules\":[" rules "]}"
#define EXPORT(apps) "{\"format\":\"postern-grants\",\"version\":1,\n\"apps\":[" apps "]}"
#define ONE(resource) EXPORT (APP (RULE (resource, ALWAYS)))
#define SERVICE(name, words) EXPORT (APP ("{\"kind\":\"bus\",\"resource\":\"" name "\"," words ",\"lifetime\":\"always\"}"))
#define TALK "\"access\":\"talk\",\"answer\":\"allow\""

/* What is new, changed and kept is told, and what a person has on their own rules stays unless replaced. */
static void
test_merge (World *world, gconstpointer data)
{
  static const char text[] = EXPORT ("{\"id\":\"a\",\"strict\":true,\"rules\":[" RULE ("\"/home/u/p\"", ALWAYS) "," RULE (
      "\"/home/u/new\"", ALWAYS) "," RULE ("\"/home/u/same\"", ALWAYS) "]}");
  g_autofree char *after = NULL;
  const PstStoredRule *rule;
  g_autoptr (GPtrArray) rules = NULL;

  FILES (world->store, "a", "/home/u/p", CHANGE, ALLOW);
  FILES (world->store, "a", "/home/u/same", VIEW, ALLOW);
  FILES (world->store, "a", "/home/u/mine", VIEW, DENY);
  FILES (world->store, "b", "/home/u/mine", VIEW, DENY);
  g_assert_true (pst_store_set_app (world->store, "a", TRUE, FALSE, 7, NULL, NULL));
  expect_counts (take_in (world, world->store, text, FALSE), 1, 2, 0);
  rules = pst_store_list_rules (world->store, "a");
  g_assert_cmpuint (rules->len, ==, 4);
  g_assert_true (pst_store_get_app (world->store, "a")->locked);
  g_assert_true (pst_store_get_app (world->store, "a")->strict);
  g_assert_cmpint (pst_store_get_app (world->store, "a")->sheet, ==, 7);
  for (guint i = 0; i < rules->len; i++)
    {
      rule = rules->pdata[i];
      /* What was the same is the one that it was. */
      if (strcmp (rule->resource, "/home/u/same") == 0)
        g_assert_cmpint (rule->origin, ==, PST_ORIGIN_QUESTION);
      if (strcmp (rule->resource, "/home/u/new") == 0)
        {
          g_assert_cmpint (rule->origin, ==, PST_ORIGIN_IMPORT);
          g_assert_cmpint (rule->created, ==, NOW);
          g_assert_cmpstr (rule->real, ==, "/home/u/new");
        }
    }
  /* Replacing: what it does not say goes, of every application, with what lasts for a session only. */
  store_rule (world->store, "a", PST_KIND_FILES, "/home/u/short", PST_SCOPE_FILE, PST_ACCESS_VIEW, PST_ANSWER_ALLOW,
              PST_LIFETIME_SESSION, 0);
  expect_counts (take_in (world, world->store, text, TRUE), 0, 1, 3);
  g_assert_false (pst_store_get_app (world->store, "a")->locked);
  after = export_of (world->store, NULL);
  g_assert_null (strstr (after, "mine"));
}

static void
expect_refused (World *world, const char *text, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PstImport) import = read_text (world, text, &error);

  if (import)
    g_error ("accepted: %s", text);
  if (!strstr (error->message, words) || strchr (error->message, '\n') ||
      !g_str_has_suffix (error->message, "Nothing has been imported."))
    g_error ("“%s” is not in: %s\nfor %s", words, error->message, text);
}

static void
test_refused (World *world, gconstpointer data)
{
  static const struct
  {
    const char *text, *words;
  } cases[] = {
    { "", "no export" },
    { "[]", "no export" },
    { "{\"format\":\"postern-grants\"", "damaged" },
    { "{\"format\":\"else\",\"version\":1,\"apps\":[]}", "no export" },
    { "{\"version\":1,\"apps\":[]}", "no export" },
    { "{\"format\":\"postern-grants\",\"apps\":[]}", "“version”" },
    { "{\"format\":\"postern-grants\",\"version\":0,\"apps\":[]}", "“version”" },
    { "{\"format\":\"postern-grants\",\"version\":\"1\",\"apps\":[]}", "“version”" },
    { "{\"format\":\"postern-grants\",\"version\":2,\"new\":1}", "newer version of Postern" },
    { "{\"format\":\"postern-grants\",\"version\":1}", "has no key “apps”" },
    { "{\"format\":\"postern-grants\",\"version\":1,\"apps\":[],\"x\":1}", "“x”" },
    { "{\"format\":\"postern-grants\",\"version\":1,\"apps\":[],\"apps\":[]}", "twice" },
    { "{\"format\":\"postern-grants\",\"version\":1,\"apps\":{}}", "no list" },
    { EXPORT ("1"), "Line 2: an application is no object" },
    { EXPORT ("{\"rules\":[]}"), "has no key “id”" },
    { EXPORT ("{\"id\":\"a\"}"), "has no key “rules”" },
    { EXPORT ("{\"id\":\"../a\",\"rules\":[]}"), "names no application" },
    { EXPORT ("{\"id\":1,\"rules\":[]}"), "no text" },
    { EXPORT ("{\"id\":\"a\",\"rules\":[],\"locked\":1}"), "“locked”" },
    { EXPORT ("{\"id\":\"a\",\"rules\":[],\"colour\":1}"), "“colour”" },
    { EXPORT (APP ("") "," APP ("")), "there twice" },
    { EXPORT (APP ("[]")), "a rule is no object" },
    { EXPORT (APP ("{\"kind\":\"files\"}")), "has no key" },
    { EXPORT (APP (RULE ("\"/home/u/a\"", ALWAYS ",\"id\":1"))), "“id”" },
    { EXPORT (APP ("{\"kind\":\"network\",\"resource\":\"/home/u/a\"," ALWAYS "}")), "neither files nor bus" },
    { ONE ("\"home/u/a\""), "is not absolute" },
    { ONE ("\"/home/u/../v\""), "is not absolute" },
    { ONE ("\"/home/u//a\""), "is not absolute" },
    { ONE ("\"/home/u/a/\""), "is not absolute" },
    { ONE ("\"\""), "is not absolute" },
    { ONE ("\"~/a\""), "is not absolute" },
    { ONE ("\"/home/u/a\\u0000b\""), "damaged" },
    { ONE ("\"/etc/passwd\""), "is not in your home" },
    { ONE ("\"/home/v\""), "is not in your home" },
    { ONE ("\"/home\""), "is not in your home" },
    { ONE ("\"/\""), "is not in your home" },
    { ONE ("null"), "the resource is no object" },
    { ONE ("{\"bytes\":\"L2hvbWUvdS//\",\"x\":1}"), "“x”" },
    { ONE ("{}"), "has no key “bytes”" },
    { ONE ("{\"bytes\":\"L2hvbWUvdS/*\"}"), "no base64" },
    { ONE ("{\"bytes\":\"L2hvbWUvdS8\"}"), "no base64" },
    { ONE ("{\"bytes\":\"\"}"), "empty" },
    { ONE ("{\"bytes\":\"L2hvbWUvdS8AYQ==\"}"), "NUL" },
    { ONE ("{\"bytes\":\"L2V0Yy//\"}"), "is not in your home" },
    { EXPORT (
          APP (RULE ("\"/home/u/a\"", "\"scope\":\"all\",\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"always\""))),
      "scope" },
    { EXPORT (APP (RULE ("\"/home/u/a\"", "\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"always\""))), "“scope”" },
    { EXPORT (
          APP (RULE ("\"/home/u/a\"", "\"scope\":\"tree\",\"access\":\"talk\",\"answer\":\"allow\",\"lifetime\":\"always\""))),
      "access" },
    { EXPORT (APP (
          RULE ("\"/home/u/a\"", "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"perhaps\",\"lifetime\":\"always\""))),
      "answer" },
    { EXPORT (
          APP (RULE ("\"/home/u/a\"", "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"once\""))),
      "lifetime" },
    { EXPORT (
          APP (RULE ("\"/home/u/a\"", "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"until\""))),
      "“until”" },
    { EXPORT (APP (RULE ("\"/home/u/a\"", ALWAYS ",\"until\":1800000000"))), "“until”" },
    { EXPORT (APP (RULE ("\"/home/u/a\"",
                         "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"until\",\"until\":-1"))),
      "no date" },
    { EXPORT (APP (RULE (
          "\"/home/u/a\"",
          "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"until\",\"until\":9223372036854775807"))),
      "no date" },
    { EXPORT (APP (RULE ("\"/home/u/a\"", ALWAYS) "," RULE ("\"/home/u/a\"", ALWAYS))), "two things are said" },
    { EXPORT (APP (RULE ("\"/home/u/a\"", ALWAYS) "," RULE (
          "\"/home/u/a\"", "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"deny\",\"lifetime\":\"always\""))),
      "two things are said" },
    { ONE ("\"/home/u/everything\""), "a link to your home" },
    { SERVICE ("org.example.Keys", TALK), "is no service" },
    { SERVICE ("session::1.5", TALK), "is no service" },
    { SERVICE ("session:org.a\\nsession b * * allow", TALK), "is no service" },
    { SERVICE ("session:org.example.Keys", "\"access\":\"own\",\"answer\":\"allow\""), "“talk”" },
    { SERVICE ("session:org.example.Keys", "\"access\":\"talk\",\"answer\":\"hide\""), "“talk”" },
    { SERVICE ("session:org.example.Keys", TALK ",\"scope\":\"file\""), "files only" },
    /* what no question offers */
    { ONE ("\"/home/u/.ssh\""), "/home/u/.ssh is protected" },
    { ONE ("\"/home/u/.ssh/id_rsa\""), "--protected" },
    { ONE ("\"/home/u/d/ssh/id_rsa\""), "/mnt/d/ssh is protected" },
    { ONE ("\"/home/u/.newtool\""), "begins with a dot" },
    { ONE ("\"/home/u/.newtool/token\""), "begins with a dot" },
    { ONE ("\"/home/u/shortcut\""), "begins with a dot" },
    { SERVICE ("session:org.example.Never", TALK), "control of the host" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    expect_refused (world, cases[i].text, cases[i].words);
}

/* The protected set is a question of the importing person's; locks are not. */
static void
test_protected_too (World *world, gconstpointer data)
{
  static const char lock[] = "[Lock Files]\n~/.ssh=deny\n[Lock Bus]\nsession:org.example.Never=deny\n";
  static const char *const texts[] = { ONE ("\"/home/u/.ssh/id_rsa\""), ONE ("\"/home/u/.newtool\""),
                                       SERVICE ("session:org.example.Never", TALK) };
  g_autoptr (GError) error = NULL;

  world->place.protected_too = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      pst_import_free (read_text (world, texts[i], &error));
      g_assert_no_error (error);
    }
  g_assert_true (pst_admin_policy_parse (world->policy, PST_POLICY_FORM_POLICY, lock, strlen (lock), "/etc/l.conf", NULL));
  expect_refused (world, texts[0], "which your administrator has locked (/etc/l.conf, line 2)");
  expect_refused (world, texts[2], "(/etc/l.conf, line 4)");
}

static void
test_locks (World *world, gconstpointer data)
{
  static const char lock[] = "[Lock Files]\n~/Work=deny\n~/Look=view\n/mnt/d/secret=hide\n"
                             "[Lock Files b]\n~/Private=ask\n"
                             "[Lock Bus]\nsession:org.example.Keys=deny\n"
                             "[Default Files]\n~/Default=deny\n";
  static const char *const good[] = {
    ONE ("\"/home/u/Look/x\""),
    ONE ("\"/home/u/Private\""),
    ONE ("\"/home/u/Default\""),
    ONE ("\"/home/u\""),
    /* stricter than the lock */
    EXPORT (
        APP (RULE ("\"/home/u/Work\"", "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"hide\",\"lifetime\":\"always\""))),
  };
  g_autoptr (GError) error = NULL;

  g_assert_true (pst_admin_policy_parse (world->policy, PST_POLICY_FORM_POLICY, lock, strlen (lock), "/etc/l.conf", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      pst_import_free (read_text (world, good[i], &error));
      g_assert_no_error (error);
    }
  expect_refused (world, ONE ("\"/home/u/Work\""), "(/etc/l.conf, line 2)");
  expect_refused (world, ONE ("\"/home/u/Work/a/b\""), "it allows “/home/u/Work/a/b”");
  /* by another name */
  expect_refused (world, ONE ("\"/home/u/d/secret/x\""), "(/etc/l.conf, line 4)");
  expect_refused (world, EXPORT ("{\"id\":\"b\",\"rules\":[" RULE ("\"/home/u/Private/x\"", ALWAYS) "]}"), "line 6)");
  expect_refused (world, SERVICE ("session:org.example.Keys", TALK), "line 8)");
  expect_refused (world, SERVICE ("session:org.example.Keys/part", TALK), "line 8)");
  /* one bad rule behind good ones */
  expect_refused (world, EXPORT (APP (RULE ("\"/home/u/a\"", ALWAYS) "," RULE ("\"/home/u/Work\"", ALWAYS))), "line 2)");
}

/* What is over gives nothing, and stops nothing. */
static void
test_over (World *world, gconstpointer data)
{
  static const char text[] = EXPORT (APP (RULE (
      "\"/home/u/a\"", "\"scope\":\"tree\",\"access\":\"view\",\"answer\":\"allow\",\"lifetime\":\"until\",\"until\":5")));

  expect_counts (take_in (world, world->store, text, FALSE), 0, 0, 0);
}

/* As many as there may be, and more: soon over. */
static void
test_many (World *world, gconstpointer data)
{
  g_autoptr (GString) rules = g_string_new (NULL), apps = g_string_new (NULL);
  g_autofree char *text = NULL, *crowd = NULL;
  gint64 start = g_get_monotonic_time ();

  for (int i = 0; i <= PST_IMPORT_MAX_RULES; i++)
    g_string_append_printf (rules, "%s" RULE ("\"/home/u/%d\"", ALWAYS), i ? "," : "", i);
  text = g_strconcat ("{\"format\":\"postern-grants\",\"version\":1,\"apps\":[{\"id\":\"a\",\"rules\":[", rules->str, "]}]}",
                      NULL);
  expect_refused (world, text, "longer than 100000");
  for (int i = 0; i <= PST_IMPORT_MAX_APPS; i++)
    g_string_append_printf (apps, "%s{\"id\":\"a%d\",\"rules\":[]}", i ? "," : "", i);
  crowd = g_strconcat ("{\"format\":\"postern-grants\",\"version\":1,\"apps\":[", apps->str, "]}", NULL);
  expect_refused (world, crowd, "longer than 10000");
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_USEC_PER_SEC);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  host.user_dirs = g_ptr_array_new ();
#define ADD(name, function) g_test_add ("/import/" name, World, NULL, set_up, function, tear_down)
  ADD ("text", test_text);
  ADD ("there-and-back", test_there_and_back);
  ADD ("merge", test_merge);
  ADD ("refused", test_refused);
  ADD ("protected-too", test_protected_too);
  ADD ("locks", test_locks);
  ADD ("over", test_over);
  ADD ("many", test_many);
  status = g_test_run ();
  g_ptr_array_unref (host.user_dirs);
  return status;
}
