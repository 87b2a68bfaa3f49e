/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is decided before anything is started: options, environment, program, home, display, working directory. */
#include "cli.h"
#include "display.h"
#include "environment.h"
#include "executable.h"
#include "host.h"
#include "launch.h"
#include "options.h"
#include "plan.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static gboolean
parse (PstOptions *out, GError **error, ...)
{
  static char *argv[16];
  int argc = 0;
  va_list args;

  argv[argc++] = (char *)"run";
  va_start (args, error);
  while ((argv[argc] = va_arg (args, char *)))
    argc++;
  va_end (args);
  return pst_options_parse (argc, argv, out, error);
}

static void
test_options (void)
{
  PstOptions options;
  g_autoptr (GError) error = NULL;

  g_assert_true (parse (&options, &error, "eog", "--strict", NULL));
  g_assert_cmpstr (options.command[0], ==, "eog");
  g_assert_cmpstr (options.command[1], ==, "--strict");
  g_assert_false (options.strict);

  g_assert_true (parse (&options, &error, "--app", "org.x", "--profile=p", "--strict", "--x11=host", "--", "--help", NULL));
  g_assert_cmpstr (options.app, ==, "org.x");
  g_assert_cmpstr (options.profile, ==, "p");
  g_assert_true (options.strict && options.x11 && !options.wayland && !options.help);
  g_assert_cmpstr (options.command[0], ==, "--help");

  g_assert_true (parse (&options, &error, "--help", NULL));
  g_assert_true (options.help);
}

static void
test_options_bad (void)
{
  static const char *const bad[][3] = {
    { "--nonsense", "x" },   { "--app" }, { "--app=", "x" }, { "--x11", "x" }, { "--x11=nested", "x" }, { "--wayland=", "x" },
    { "--apples=1", "x" },   { "--" },    { "-x", "true" },  { "" },           { "-", "true" },         { "--profile", "" },
    { "--strict=yes", "x" },
  };
  PstOptions options;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      if (parse (&options, &error, bad[i][0], bad[i][1], bad[i][2], NULL))
        g_error ("taken: %s", bad[i][0]);
      g_assert_error (error, PST_OPTIONS_ERROR, 0);
    }
}

static void
test_environment (void)
{
  const char *host[] = { "HOME=/wrong",
                         "PATH=/home/u/bin:/usr/bin/:/home/u/.local/bin:relative:/sbin:/opt/x",
                         "DBUS_SESSION_BUS_ADDRESS=unix:path=/x",
                         "SSH_AUTH_SOCK=/x",
                         "DISPLAY=:0",
                         "XAUTHORITY=/x",
                         "GITHUB_TOKEN=1",
                         "MyPassword=1",
                         "AWS_PROFILE=x",
                         "LD_PRELOAD=/x",
                         "TMPDIR=/home/u/tmp",
                         "XDG_CONFIG_HOME=/home/u/.config2",
                         "XDG_DATA_HOME=/home/u/data",
                         "XDG_RUNTIME_DIR=/run/user/7",
                         "FOO=bar=baz",
                         "LANG=C.UTF-8",
                         "=odd",
                         "noequals",
                         NULL };
  PstEnvironmentInput input = { .home = "/home/u", .cwd = "/home/u/x", .uid = 1000 };
  g_auto (GStrv) out = pst_environment_build (host, &input);
  const char *const *env = (const char *const *)out;

  g_assert_true (g_strv_contains (env, "FOO=bar=baz"));
  g_assert_true (g_strv_contains (env, "LANG=C.UTF-8"));
  g_assert_true (g_strv_contains (env, "HOME=/home/u"));
  g_assert_true (g_strv_contains (env, "PWD=/home/u/x"));
  g_assert_true (g_strv_contains (env, "PATH=/usr/bin:/home/u/.local/bin:/sbin"));
  g_assert_true (g_strv_contains (env, "XDG_RUNTIME_DIR=/run/user/1000"));
  g_assert_true (g_strv_contains (env, "XDG_CONFIG_HOME=/home/u/.config2"));
  g_assert_true (g_strv_contains (env, "DBUS_SESSION_BUS_ADDRESS=disabled:"));
  g_assert_true (g_strv_contains (env, "NO_AT_BRIDGE=1"));
  g_assert_true (g_strv_contains (env, "GSETTINGS_BACKEND=keyfile"));
  g_assert_cmpuint (g_strv_length (out), ==, 10);
}

static void
test_environment_bus (void)
{
  const char *host[] = { "NO_AT_BRIDGE=1", "AT_SPI_BUS_ADDRESS=unix:path=/outside", NULL }, *bare[] = { NULL };
  PstEnvironmentInput input = { .home = "/h", .cwd = "/h", .uid = 1, .session_bus = TRUE };
  g_auto (GStrv) out = pst_environment_build (bare, &input), quiet = pst_environment_build (host, &input);

  g_assert_cmpstr (g_environ_getenv (out, "DBUS_SESSION_BUS_ADDRESS"), ==, "unix:path=/run/user/1/bus");
  g_assert_cmpstr (g_environ_getenv (out, "AT_SPI_BUS_ADDRESS"), ==, "unix:path=/run/user/1/at-spi-bus");
  g_assert_null (g_environ_getenv (out, "NO_AT_BRIDGE"));
  g_assert_cmpstr (g_environ_getenv (quiet, "AT_SPI_BUS_ADDRESS"), ==, "unix:path=/run/user/1/at-spi-bus");
  g_assert_cmpstr (g_environ_getenv (quiet, "NO_AT_BRIDGE"), ==, "1");
}

static void
test_environment_display (void)
{
  const char *host[] = { "DISPLAY=unix:7.0", NULL };
  PstEnvironmentInput input = {
    .home = "/h", .cwd = "/h", .uid = 1, .display = ":7", .has_cookie = TRUE, .wayland = "wayland-0"
  };
  g_auto (GStrv) out = pst_environment_build (host, &input);

  g_assert_cmpstr (g_environ_getenv (out, "DISPLAY"), ==, ":7");
  g_assert_cmpstr (g_environ_getenv (out, "XAUTHORITY"), ==, PST_PLAN_XAUTHORITY);
  g_assert_cmpstr (g_environ_getenv (out, "WAYLAND_DISPLAY"), ==, "wayland-0");
  g_assert_cmpstr (g_environ_getenv (out, "PATH"), ==, "/usr/local/bin:/usr/bin:/bin");
}

static void
test_to_bind (void)
{
  static const PstGateRoot roots[] = { { "home", "/home/u" }, { "srv", "/srv" } };
  static const struct
  {
    const char *real;
    const char *bind;
  } cases[] = {
    { "/usr/bin/eog", NULL },
    { "/bin/true", NULL },
    { "/lib/x", NULL },
    { "/home/u/bin/x", NULL },
    { "/srv/x", NULL },
    { "/opt/google/chrome/chrome", "/opt/google" },
    { "/opt/tool", "/opt/tool" },
    { "/nix/store/abc-x/bin/x", "/nix/store" },
    { "/tmp/build/prog", "/tmp/build/prog" },
    { "/home/v/prog", "/home/v/prog" },
    { "/usrx/prog", "/usrx/prog" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *bind = pst_executable_to_bind (cases[i].real, roots, G_N_ELEMENTS (roots));

      g_assert_cmpstr (bind, ==, cases[i].bind);
    }
}

static void
test_find (void)
{
  g_autofree char *dir = g_dir_make_tmp ("postern-XXXXXX", NULL);
  g_autofree char *prog = g_build_filename (dir, "prog", NULL);
  g_autofree char *plain = g_build_filename (dir, "plain", NULL);
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_autofree char *search = g_strconcat ("/nonexistent:", dir, ":/usr/bin", NULL);
  PstExecutable found;
  int status = 0;

  g_assert_true (g_file_set_contents (prog, "#!/bin/sh\n", -1, NULL));
  g_assert_no_errno (g_chmod (prog, 0755));
  g_assert_true (g_file_set_contents (plain, "x", -1, NULL));
  g_assert_no_errno (symlink ("prog", link));

  g_assert_true (pst_executable_find ("prog", "/", search, NULL, 0, &found, &status, NULL));
  g_assert_cmpstr (found.path, ==, prog);
  g_assert_cmpstr (found.bind, ==, prog);
  pst_executable_clear (&found);
  g_assert_true (pst_executable_find ("./link", dir, search, NULL, 0, &found, &status, NULL));
  g_assert_cmpstr (found.path, ==, prog);
  g_assert_cmpstr (found.real, ==, prog);
  pst_executable_clear (&found);
  g_assert_true (pst_executable_find ("sh", "/", search, NULL, 0, &found, &status, NULL));
  g_assert_cmpstr (found.path, ==, "/usr/bin/sh");
  g_assert_null (found.bind);
  pst_executable_clear (&found);

  g_assert_false (pst_executable_find ("plain", "/", search, NULL, 0, &found, &status, NULL));
  g_assert_cmpint (status, ==, PST_EXIT_NOT_EXECUTABLE);
  g_assert_false (pst_executable_find (dir, "/", search, NULL, 0, &found, &status, NULL));
  g_assert_cmpint (status, ==, PST_EXIT_NOT_EXECUTABLE);
  g_assert_false (pst_executable_find ("nothing-of-this-name", "/", search, NULL, 0, &found, &status, NULL));
  g_assert_cmpint (status, ==, PST_EXIT_NOT_FOUND);
  {
    g_autofree char *huge = g_strnfill (5000, 'a');
    g_autofree char *path = g_strconcat ("/", huge, NULL);

    g_assert_false (pst_executable_find (path, "/", search, NULL, 0, &found, &status, NULL));
    g_assert_false (pst_executable_find (huge, "/", search, NULL, 0, &found, &status, NULL));
  }
  g_unlink (link);
  g_unlink (plain);
  g_unlink (prog);
  g_rmdir (dir);
}

static void
test_home (void)
{
  static const char *const good[] = { "/home/u", "/var/home/u", "/tmp/x", "/data/people/u", "/srv/home/u" };
  static const char *const bad[] = { "/",         "/home", "/usr",   "/usr/home", "/etc/x",   "/tmp",      "home",
                                     "/home/../", "",      "/bin/x", "/h:x",      "/h\nroot", "/proc/self" };
  PstHost host = { .home = (char *)"/srv/home/u" };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_null (pst_host_refuse_home (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    if (!pst_host_refuse_home (bad[i]))
      g_error ("taken: %s", bad[i]);

  pst_host_add_root (&host, "home", host.home);
  pst_host_add_root (&host, "srv", "/srv"); /* holds the home */
  pst_host_add_root (&host, "mnt", "/mnt");
  g_assert_cmpuint (host.n_roots, ==, 2);
}

static void
test_cwd (void)
{
  static const PstGateRoot roots[] = { { "home", "/home/u" }, { "mnt", "/mnt" } };
  PstPlanInput input = { .uid = 7, .home = "/home/u", .roots = roots, .n_roots = 2 };

  g_assert_cmpstr (pst_launch_choose_cwd ("/home/u/Pictures", &input), ==, "/home/u/Pictures");
  g_assert_cmpstr (pst_launch_choose_cwd ("/mnt/x", &input), ==, "/mnt/x");
  g_assert_cmpstr (pst_launch_choose_cwd ("/usr/share", &input), ==, "/usr/share");
  g_assert_cmpstr (pst_launch_choose_cwd ("/tmp", &input), ==, "/tmp");
  g_assert_cmpstr (pst_launch_choose_cwd ("/home/v", &input), ==, "/home/u");
  g_assert_cmpstr (pst_launch_choose_cwd ("/var/log", &input), ==, "/home/u");
}

static void
test_display (void)
{
  guint number = 99;

  g_assert_true (pst_display_parse (":0", &number));
  g_assert_cmpuint (number, ==, 0);
  g_assert_true (pst_display_parse ("unix:12.1", &number));
  g_assert_cmpuint (number, ==, 12);
  g_assert_false (pst_display_parse ("localhost:10.0", &number));
  g_assert_false (pst_display_parse (":", &number));
  g_assert_false (pst_display_parse (":0/../../x", &number));
  g_assert_false (pst_display_parse (":99999999999999999999", &number));
  g_assert_false (pst_display_parse ("", &number));
}

static void
test_cookie (void)
{
  static const guint8 file[] = "\0\0\0\4\177\0\0\1\0\1"
                               "5\0\22MIT-MAGIC-COOKIE-1\0\2zz" /* over TCP */
                               "\1\0\0\4host\0\1"
                               "4\0\22MIT-MAGIC-COOKIE-1\0\4abcd" /* another display */
                               "\1\0\0\4host\0\1"
                               "5\0\22MIT-MAGIC-COOKIE-1\0\4efgh";
  static const guint8 wanted[] = "\377\377\0\0\0\1"
                                 "5\0\22MIT-MAGIC-COOKIE-1\0\4efgh";
  g_autoptr (GBytes) cookie = pst_display_extract_cookie (file, sizeof file - 1, 5);

  g_assert_nonnull (cookie);
  g_assert_cmpmem (g_bytes_get_data (cookie, NULL), g_bytes_get_size (cookie), wanted, sizeof wanted - 1);
  g_assert_null (pst_display_extract_cookie (file, sizeof file - 1, 6));
  /* cut anywhere, it is either nothing or the same */
  for (gsize n = 0; n < sizeof file - 1; n++)
    {
      g_autofree guint8 *part = g_memdup2 (file, n ? n : 1);
      g_autoptr (GBytes) found = pst_display_extract_cookie (part, n, 5);

      g_assert_null (found);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/good", test_options);
  g_test_add_func ("/options/bad", test_options_bad);
  g_test_add_func ("/environment/filter", test_environment);
  g_test_add_func ("/environment/bus", test_environment_bus);
  g_test_add_func ("/environment/display", test_environment_display);
  g_test_add_func ("/executable/to-bind", test_to_bind);
  g_test_add_func ("/executable/find", test_find);
  g_test_add_func ("/host/home", test_home);
  g_test_add_func ("/launch/cwd", test_cwd);
  g_test_add_func ("/display/parse", test_display);
  g_test_add_func ("/display/cookie", test_cookie);
  return g_test_run ();
}
