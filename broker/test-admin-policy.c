/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The administrator's files: what they mean, what is refused in them, and whose they must be. */
#include "admin-policy.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "decide.h"
#include "pst-programs.h"

static PstUserDir pictures = { (char *)"PICTURES", (char *)"/home/u/Bilder" };
static PstHost host = { .home = (char *)"/home/u", .user = (char *)"u", .boot = (char *)"boot" };

static PstAdminPolicy *
parse (PstPolicyForm form, const char *text, GError **error)
{
  g_autoptr (PstAdminPolicy) policy = pst_admin_policy_new ();

  return pst_admin_policy_parse (policy, form, text, strlen (text), "/etc/p.conf", error) ? g_steal_pointer (&policy) : NULL;
}

static PstAdminPolicy *
good (const char *text)
{
  g_autoptr (GError) error = NULL;
  PstAdminPolicy *policy = parse (PST_POLICY_FORM_POLICY, text, &error);

  g_assert_no_error (error);
  return policy;
}

/* "lock files view deny /home/u/a" of each, a line each */
static char *
rules_of (const PstAdminPolicy *policy, const char *app)
{
  g_autoptr (GPtrArray) rules = pst_admin_policy_rules_for (policy, &host, app);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < rules->len; i++)
    {
      const PstAdminRule *rule = rules->pdata[i];

      g_string_append_printf (text, "%s %s %s %s %s\n", pst_tier_to_string (rule->tier), pst_kind_to_string (rule->kind),
                              pst_answer_to_string (rule->answer), pst_access_to_string (rule->access), rule->resource);
    }
  return g_string_free (text, FALSE);
}

static void
test_rules (void)
{
  g_autoptr (PstAdminPolicy) policy = good ("# a comment\n"
                                            "[Lock Files]\n"
                                            "~/Work = deny\r\n"
                                            "xdg:PICTURES=view\n"
                                            "xdg:MUSIC=view\n"
                                            "~/a=b=hide\n"
                                            "[Lock Files org.gnome.eog]\n"
                                            "/srv/patients=save\n"
                                            "[Default Files]\n"
                                            "~=ask\n"
                                            "[Default Bus org.gnome.eog]\n"
                                            "session:org.a.b=ask\n"
                                            "[Lock Bus]\n"
                                            "session:org.a.b=deny\n"
                                            "system:org.a.b/part=allow\n");
  g_autofree char *of_eog = rules_of (policy, "org.gnome.eog"), *of_all = rules_of (policy, NULL);
  const PstAdminRule *first = pst_admin_policy_rules (policy)->pdata[0];

  /* There is no music directory on this host. */
  g_assert_cmpstr (of_all, ==,
                   "lock files deny view /home/u/Work\n"
                   "lock files allow view /home/u/Bilder\n"
                   "lock files hide view /home/u/a=b\n"
                   "default files ask view /home/u\n"
                   "lock bus deny talk session:org.a.b\n"
                   "lock bus allow talk system:org.a.b/part\n");
  g_assert_true (g_str_has_prefix (of_eog, "lock files allow save /srv/patients\ndefault bus ask talk session:org.a.b\nlock "));
  g_assert_cmpstr (first->source, ==, "/etc/p.conf");
  g_assert_cmpuint (first->line, ==, 3);
}

/* What is said for one application stands before what is said for all, as far as it goes. */
static void
test_one_before_all (void)
{
  g_autoptr (PstAdminPolicy) policy = good ("[Lock Files]\n~/a=deny\n~/b=deny\n~/c=change\n~/d=deny\n/home/u/e=hide\n"
                                            "[Lock Files x]\n~/a=change\n~/b=view\n~/c=deny\n~/d=save\n~/e=ask\n"
                                            "[Lock Bus]\nsession:org.a.b=deny\n"
                                            "[Lock Bus x]\nsession:org.a.b=allow\n"
                                            "[Default Files]\n~/a=hide\n");
  g_autoptr (PstAdminPolicy) old =
      parse (PST_POLICY_FORM_LOCKS, "[Files]\n~/a=deny\n[Files x]\n~/a=view\n[Files]\n~/b=view\n", NULL);
  g_autofree char *of_x = rules_of (policy, "x"), *of_y = rules_of (policy, "y"), *old_of_x = rules_of (old, "x");

  g_assert_cmpstr (of_x, ==,
                   "lock files allow change /home/u/a\n"
                   "lock files allow view /home/u/b\n"
                   "lock files deny view /home/u/c\n"
                   "lock files allow save /home/u/d\n"
                   "lock files ask view /home/u/e\n"
                   "lock bus allow talk session:org.a.b\n"
                   /* nothing for a; of b only what “view” leaves; c’s refusal says all there is */
                   "lock files deny change /home/u/b\n"
                   "lock files deny view /home/u/d\n"
                   "lock files hide save /home/u/e\n"
                   /* another tier is another matter */
                   "default files hide view /home/u/a\n");
  g_assert_true (g_str_has_prefix (of_y, "lock files deny view /home/u/a\nlock files deny view /home/u/b\n"));
  g_assert_nonnull (strstr (of_y, "lock bus deny talk session:org.a.b"));
  /* The older files know no such order: the ruleset goes by the stricter. */
  g_assert_cmpstr (old_of_x, ==,
                   "lock files allow view /home/u/a\nlock files deny view /home/u/a\nlock files allow view /home/u/b\n");
}

static void
test_switches (void)
{
  g_autoptr (PstAdminPolicy) policy = good ("[Application]\nStrict=true\nBus=false\n"
                                            "[Application org.gnome.eog]\nStrict=false\nLocked=true\n"
                                            "[Settings]\nHistoryDays=30\nUnusedDays=0\n");
  PstAdminApp eog = pst_admin_policy_app (policy, "org.gnome.eog"), other = pst_admin_policy_app (policy, "x"),
              none = pst_admin_policy_app (NULL, "x");
  PstAdminSettings settings = pst_admin_policy_settings (policy);

  g_assert_true (!eog.strict && eog.locked && eog.no_bus);
  g_assert_true (other.strict && !other.locked && other.no_bus);
  g_assert_true (!none.strict && !none.locked && !none.no_bus);
  g_assert_cmpint (settings.history_days, ==, 30);
  g_assert_cmpint (settings.history_rows, ==, -1);
  g_assert_cmpint (settings.unused_days, ==, 0);
  g_assert_cmpint (pst_admin_policy_settings (NULL).unused_days, ==, -1);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *text, *line, *word;
  } cases[] = {
    { "~/a=deny\n", "line 1:", "before any section" },
    { "[Files]\n~/a=deny\n", "line 1:", "[Lock Files]" },
    { "[Lock]\n", "line 1:", "use Files or Bus" },
    { "[Lock Network]\n", "line 1:", "Network" },
    { "[Default Devices x]\n", "line 1:", "use Files or Bus" },
    { "[Locks Files]\n", "line 1:", "[Locks Files]" },
    { "[Lock Filesx]\n", "line 1:", "use Files or Bus" },
    { "[Lock Files a b]\n", "line 1:", "names no application" },
    { "[Lock Files ../x]\n", "line 1:", "../x" },
    { "[Lock Files\n", "line 1:", "no ] at its end" },
    { "[\n", "line 1:", "no ] at its end" },
    { "[]\n", "line 1:", "there is no section" },
    { "[Lock Files]\n[Settings]\n[Lock Files]\n", "line 3:", "there twice" },
    { "[Lock  Files x]\n[Lock Files  x]\n", "line 2:", "there twice" },
    { "[Settings x]\n", "line 1:", "[Settings x]" },
    { "[Lock Files]\n~/a\n", "line 2:", "KEY=WORD" },
    { "[Lock Files]\n=deny\n", "line 2:", "KEY=WORD" },
    { "[Lock Files]\nrelative=deny\n", "line 2:", "relative" },
    { "[Lock Files]\n~/a=maybe\n", "line 2:", "~/a" },
    { "[Lock Files]\n~/a=\n", "line 2:", "~/a" },
    { "[Lock Files]\n~/a=deny\n# c\n~/a=view\n", "line 4:", "twice" },
    { "[Lock Files]\n~/../a=deny\n", "line 2:", "~/../a" },
    { "[Lock Files]\n~/a/=deny\n", "line 2:", "~/a/" },
    { "[Lock Files]\nxdg:NOTHING=deny\n", "line 2:", "xdg:NOTHING" },
    { "[Lock Bus]\n~/a=deny\n", "line 2:", "~/a" },
    { "[Lock Bus]\norg.a.b=deny\n", "line 2:", "org.a.b" },
    { "[Lock Bus]\nsession:org.a.*=deny\n", "line 2:", "session:org.a.*" },
    { "[Lock Bus]\nsession:org.a.b=hide\n", "line 2:", "session:org.a.b" },
    { "[Lock Bus]\nsession:org.a.b=view\n", "line 2:", "session:org.a.b" },
    { "[Lock Bus]\nsession:org.a.b=ask\n", "line 2:", "[Default Bus]" },
    { "[Application]\nColour=red\n", "line 2:", "Colour" },
    { "[Application]\nStrict=yes\n", "line 2:", "Strict" },
    { "[Settings]\nHistoryDays=-1\n", "line 2:", "HistoryDays" },
    { "[Settings]\nHistoryDays=1234567890\n", "line 2:", "HistoryDays" },
    { "[Settings]\nUnusedDays=36501\n", "line 2:", "UnusedDays" },
    { "[Settings]\nHistoryRows=10\n", "line 2:", "HistoryRows" },
    { "[Settings]\nDays=1\n", "line 2:", "Days" },
    { "[Lock Files]\n\x1b[31m=deny\n", "line 2:", "\\x1B[31m" },
    { "[Lock Files]\n~/\xff=deny\n", "line 1:", "UTF-8" },
  };
  g_autofree char *large = g_strnfill ((64u << 10) + 1, '\n');
  g_autoptr (PstAdminPolicy) policy = pst_admin_policy_new ();
  g_autoptr (GError) of_large = NULL, of_nul = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (PST_POLICY_FORM_POLICY, cases[i].text, &error));
      if (!g_str_has_prefix (error->message, "/etc/p.conf, line ") || !strstr (error->message, cases[i].line) ||
          !strstr (error->message, cases[i].word) || !strstr (error->message, "Nothing is started") ||
          strchr (error->message, '\n'))
        g_error ("for “%s”: %s", cases[i].text, error->message);
    }
  g_assert_false (pst_admin_policy_parse (policy, PST_POLICY_FORM_POLICY, large, strlen (large), "l", &of_large));
  g_assert_nonnull (strstr (of_large->message, "64 KiB"));
  g_assert_false (pst_admin_policy_parse (policy, PST_POLICY_FORM_POLICY, "#\0", 2, "l", &of_nul));
  g_assert_nonnull (strstr (of_nul->message, "NUL"));
}

static void
test_old_locks (void)
{
  static const struct
  {
    const char *text, *part;
  } cases[] = { { "x=deny\n", "line 1" },
                { "[Files]\nrelative=deny\n", "line 2" },
                { "[Files]\n~/a=maybe\n", "line 2" },
                { "[Files]\n~/a=deny\n# c\n~/a=view\n", "line 4" },
                { "[Files]\n~/a=deny\n[Files x]\n~/a=deny\n[Files]\n~/a=view\n", "line 6" },
                { "[Other]\n", "line 1" },
                { "[Lock Files]\n", "line 1" },
                { "[Files]\n~/a\n", "line 2" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (PST_POLICY_FORM_LOCKS, cases[i].text, &error));
      g_assert_nonnull (strstr (error->message, cases[i].part));
    }
}

/* Directories of a test's own */

typedef struct
{
  char *dir, *etc, *share, *locks;
  PstServices *services;
  PstPolicyPlaces places;
} World;

static char *
make_dir (World *world, const char *name)
{
  char *path = g_build_filename (world->dir, name, NULL);

  g_assert_no_errno (g_mkdir (path, 0755));
  return path;
}

static void
set_up (World *world, gconstpointer data)
{
  g_autofree char *catalogue = pst_data_find ("services");
  const char *const catalogues[] = { catalogue, NULL };
  g_autoptr (GError) error = NULL;

  world->dir = g_dir_make_tmp ("postern-policy-XXXXXX", &error);
  g_assert_no_error (error);
  world->etc = make_dir (world, "etc");
  world->share = make_dir (world, "share");
  world->locks = make_dir (world, "locks");
  world->services = pst_services_load (catalogues, &error);
  g_assert_no_error (error);
  world->places.policy = g_strdupv ((char *[]){ (char *)"/nonexistent/policy.d", world->etc, world->share, NULL });
  world->places.locks = g_strdupv ((char *[]){ world->locks, NULL });
  world->places.owner = geteuid ();
}

static void
write_file (const char *directory, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_assert_no_errno (chmod (path, 0644));
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

static void
tear_down (World *world, gconstpointer data)
{
  remove_all (world->dir);
  pst_services_free (world->services);
  g_strfreev (world->places.policy);
  g_strfreev (world->places.locks);
  g_free (world->etc);
  g_free (world->share);
  g_free (world->locks);
  g_free (world->dir);
}

static PstAdminPolicy *
read_good (World *world)
{
  g_autoptr (GError) error = NULL;
  PstAdminPolicy *policy = pst_admin_policy_read (&world->places, world->services, &error);

  g_assert_no_error (error);
  return policy;
}

/* The sentence names @file and says @word. */
static void
expect_refused (World *world, const char *file, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (pst_admin_policy_read (&world->places, world->services, &error));
  if (!strstr (error->message, file) || !strstr (error->message, word) || strchr (error->message, '\n'))
    g_error ("“%s” and “%s” are not in: %s", file, word, error->message);
}

static void
test_directories (World *world, gconstpointer data)
{
  g_autoptr (PstAdminPolicy) none = read_good (world), all = NULL, again = NULL, changed = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpuint (pst_admin_policy_rules (none)->len, ==, 0);
  write_file (world->share, "10-a.conf", "[Lock Files]\n~/share-a=deny\n[Application]\nStrict=false\n");
  write_file (world->share, "20-b.conf", "[Lock Files]\n~/share-b=deny\n");
  write_file (world->share, "30-c.conf", "[Lock Files]\n~/share-c=deny\n");
  write_file (world->etc, "20-b.conf", "[Lock Files]\n~/etc-b=deny\n[Application]\nStrict=true\n");
  write_file (world->etc, "30-c.conf", "");
  write_file (world->etc, "README", "[nonsense\n");
  write_file (world->locks, "10-a.conf", "[Files]\n~/old=deny\n");
  all = read_good (world);
  text = rules_of (all, NULL);
  g_assert_cmpstr (text, ==,
                   "lock files deny view /home/u/etc-b\nlock files deny view /home/u/share-a\nlock files deny view "
                   "/home/u/old\n");
  g_assert_true (pst_admin_policy_app (all, "x").strict);

  again = read_good (world);
  g_assert_true (pst_admin_policy_equal (all, again));
  g_assert_false (pst_admin_policy_equal (all, none));
  g_assert_false (pst_admin_policy_equal (all, NULL));
  g_assert_true (pst_admin_policy_equal (NULL, NULL));
  write_file (world->share, "10-a.conf", "[Lock Files]\n~/share-a=hide\n");
  changed = read_good (world);
  g_assert_false (pst_admin_policy_equal (all, changed));
}

static void
test_errors_name_the_file (World *world, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (world->etc, "d.conf", NULL),
                  *fifo = g_build_filename (world->etc, "f.conf", NULL), *link = g_build_filename (world->etc, "l.conf", NULL),
                  *shut = g_build_filename (world->etc, "s.conf", NULL);

  write_file (world->share, "10-a.conf", "[Lock Files]\n~/a=deny\n~/b=perhaps\n");
  expect_refused (world, "share/10-a.conf, line 3:", "~/b");
  write_file (world->share, "10-a.conf", "[Lock Bus]\nsession:org.freedesktop.secrets/raed=deny\n");
  expect_refused (world, "share/10-a.conf, line 2:", "no part “session:org.freedesktop.secrets/raed”");
  write_file (world->share, "10-a.conf",
              "[Lock Bus]\nsession:org.freedesktop.secrets/read=deny\nsystem:org.unknown.Name=deny\n");
  pst_admin_policy_free (read_good (world));

  g_assert_no_errno (g_mkdir (directory, 0755));
  expect_refused (world, "etc/d.conf", "is no file");
  g_assert_no_errno (g_rmdir (directory));
  g_assert_no_errno (mkfifo (fifo, 0644));
  g_assert_no_errno (chmod (fifo, 0644));
  expect_refused (world, "etc/f.conf", "is no file");
  g_assert_no_errno (g_unlink (fifo));
  g_assert_no_errno (symlink ("nowhere", link));
  expect_refused (world, "etc/l.conf", "cannot be read");
  g_assert_no_errno (g_unlink (link));
  write_file (world->etc, "s.conf", "");
  g_assert_no_errno (chmod (shut, 0));
  if (geteuid () != 0)
    expect_refused (world, "etc/s.conf", "cannot be read");
  g_assert_no_errno (g_unlink (shut));
  g_assert_no_errno (chmod (world->etc, 0));
  if (geteuid () != 0)
    expect_refused (world, "etc ", "cannot be read");
  g_assert_no_errno (chmod (world->etc, 0755));
}

/* Who could write it could take a lock away. */
static void
test_trust (World *world, gconstpointer data)
{
  static const mode_t bad[] = { 0775, 0757, 01777 };
  g_autofree char *file = g_build_filename (world->etc, "a.conf", NULL), *elsewhere = g_build_filename (world->dir, "x", NULL);

  write_file (world->etc, "a.conf", "[Lock Files]\n~/a=deny\n");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_no_errno (chmod (world->etc, bad[i]));
      expect_refused (world, "etc ", "can be written by others");
    }
  g_assert_no_errno (chmod (world->etc, 0755));
  g_assert_no_errno (chmod (world->locks, 0777));
  expect_refused (world, "locks ", "can be written by others");
  g_assert_no_errno (chmod (world->locks, 0755));
  g_assert_no_errno (chmod (file, 0664));
  expect_refused (world, "a.conf ", "can be written by others");
  g_assert_no_errno (chmod (file, 0646));
  expect_refused (world, "a.conf ", "can be written by others");
  /* A link is as good as what it leads to. */
  g_assert_no_errno (g_rename (file, elsewhere));
  g_assert_no_errno (symlink ("../x", file));
  expect_refused (world, "a.conf ", "can be written by others");
  g_assert_no_errno (chmod (elsewhere, 0644));
  pst_admin_policy_free (read_good (world));

  /* What is an ordinary user's is nobody's policy but in a test. */
  if (geteuid () != 0)
    {
      world->places.owner = 0;
      expect_refused (world, "etc ", "does not belong to root");
      g_assert_no_errno (chmod (world->etc, 0777));
      expect_refused (world, "etc ", "does not belong to root");
    }
}

/* What is shipped as an example can be installed as it stands. */
static void
test_example (World *world, gconstpointer data)
{
  g_autofree char *example = pst_data_find ("policy/example.conf"), *text = NULL;
  g_autoptr (PstAdminPolicy) policy = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (example, &text, NULL, &error);
  g_assert_no_error (error);
  write_file (world->etc, "example.conf", text);
  policy = read_good (world);
  g_assert_cmpuint (pst_admin_policy_rules (policy)->len, >=, 9);
  g_assert_true (pst_admin_policy_app (policy, "org.gnome.Totem").locked);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  host.user_dirs = g_ptr_array_new ();
  g_ptr_array_add (host.user_dirs, &pictures);
  g_test_add_func ("/admin-policy/rules", test_rules);
  g_test_add_func ("/admin-policy/one-before-all", test_one_before_all);
  g_test_add_func ("/admin-policy/switches", test_switches);
  g_test_add_func ("/admin-policy/refused", test_refused);
  g_test_add_func ("/admin-policy/old-locks", test_old_locks);
  g_test_add ("/admin-policy/directories", World, NULL, set_up, test_directories, tear_down);
  g_test_add ("/admin-policy/example", World, NULL, set_up, test_example, tear_down);
  g_test_add ("/admin-policy/errors", World, NULL, set_up, test_errors_name_the_file, tear_down);
  g_test_add ("/admin-policy/trust", World, NULL, set_up, test_trust, tear_down);
  status = g_test_run ();
  g_ptr_array_unref (host.user_dirs);
  return status;
}
