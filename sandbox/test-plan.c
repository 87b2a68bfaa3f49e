/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan.h"

#include "etc.h"
#include "pst-path.h"

#include <string.h>

static const PstGateRoot roots[] = { { "home", "/home/u" }, { "media", "/media" }, { "mnt", "/mnt" } };

static PstPlanInput
new_input (void)
{
  return (PstPlanInput){
    .uid = 1000,
    .gid = 1000,
    .user = "u",
    .home = "/home/u",
    .shell = "/bin/sh",
    .roots = roots,
    .n_roots = G_N_ELEMENTS (roots),
  };
}

static const PstPlanOp *
find (const PstPlan *plan, const char *target)
{
  for (guint i = 0; i < plan->ops->len; i++)
    {
      const PstPlanOp *op = g_ptr_array_index (plan->ops, i);

      if (g_str_equal (op->target, target))
        return op;
    }
  return NULL;
}

static void
test_ordinary (void)
{
  PstPlanInput input = new_input ();
  const char *names[] = { ".cache", ".config", NULL };
  PstPlanAnswer answer = { .machine_id = "0123456789abcdef0123456789abcdef", .names = names };
  g_autoptr (PstPlan) early = pst_plan_build_early (&input);
  g_autoptr (PstPlan) late = pst_plan_build_late (&input, &answer);
  g_autoptr (GError) error = NULL;

  g_assert_true (pst_plan_check (early, &input, &error));
  g_assert_no_error (error);
  g_assert_true (pst_plan_check (late, &input, &error));
  g_assert_no_error (error);
  g_assert_cmpint (find (early, "/usr")->type, ==, PST_PLAN_BIND);
  g_assert_cmpint (find (early, "/tmp")->type, ==, PST_PLAN_SCRATCH);
  g_assert_cmpint (find (early, "/run/user/1000")->mode, ==, 0700);
  g_assert_cmpint (find (late, "/home/u")->type, ==, PST_PLAN_GATE);
  g_assert_cmpint (find (late, "/home/u/.config")->type, ==, PST_PLAN_PRIVATE);
  g_assert_null (find (late, "/sys/class"));
  answer.sys = TRUE;
  {
    g_autoptr (PstPlan) with_sys = pst_plan_build_late (&input, &answer);

    g_assert_cmpint (find (with_sys, "/sys/class")->type, ==, PST_PLAN_MIRROR);
    g_assert_true (pst_plan_check (with_sys, &input, NULL));
  }
}

static void
test_buses (void)
{
  static const char *const links[] = { "/run/user/1000/at-spi/bus_0", NULL };
  PstPlanInput input = new_input ();
  g_autoptr (PstPlan) none = pst_plan_build_early (&input), all = NULL;
  g_autoptr (GError) error = NULL;
  static const char *const paths[] = { "/run/user/1000/bus", PST_PLAN_SYSTEM_BUS, "/run/user/1000/at-spi-bus" };
  guint n = 0;

  g_assert_null (find (none, paths[0]));
  g_assert_null (find (none, paths[2]));
  input.session_bus = input.system_bus = TRUE;
  input.accessibility_links = links;
  all = pst_plan_build_early (&input);
  g_assert_true (pst_plan_check (all, &input, &error));
  g_assert_no_error (error);
  /* in the order in which the proxy is told of them */
  for (guint i = 0; i < all->ops->len; i++)
    {
      const PstPlanOp *op = g_ptr_array_index (all->ops, i);

      if (op->type == PST_PLAN_SOCKET)
        g_assert_cmpstr (op->target, ==, paths[n++]);
    }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (paths));
  g_assert_cmpint (find (all, links[0])->type, ==, PST_PLAN_SYMLINK);
  g_assert_cmpstr (find (all, links[0])->source, ==, paths[2]);
}

/* What must never be taken from the host. */
static void
test_nothing_of_the_host (void)
{
  static const char *const never[] = { "/etc/passwd",   "/etc/group", "/etc/shadow", "/etc/machine-id",
                                       "/etc/hostname", "/etc/hosts", "/etc/fstab",  "/etc/ssl/private",
                                       "/var/log",      "/home",      "/home/u",     "/root",
                                       "/proc",         "/sys",       "/run",        "/tmp",
                                       "/media",        "/dev/dri",   "/dev/input",  "/var/lib/dbus/machine-id" };
  PstPlanInput input = new_input ();
  g_autoptr (PstPlan) plan = pst_plan_build_early (&input);

  for (guint i = 0; i < plan->ops->len; i++)
    {
      const PstPlanOp *op = g_ptr_array_index (plan->ops, i);

      if (op->type != PST_PLAN_BIND && op->type != PST_PLAN_MIRROR && op->type != PST_PLAN_DEVICE)
        continue;
      for (gsize n = 0; n < G_N_ELEMENTS (never); n++)
        if (pst_path_is_below_or_equal (never[n], op->source))
          g_error ("the plan shows %s by %s", never[n], op->source);
    }
}

/* Writable are only directories of the sandbox itself. */
static void
test_order (void)
{
  PstGateRoot in_tmp[] = { { "home", "/tmp/u" } };
  PstPlanBind bind = { "/tmp/x/prog", "/tmp/x/prog" };
  PstPlanInput input = new_input ();
  g_autoptr (PstPlan) plan = NULL;
  gint tmp = -1, home = -1, program = -1;

  input.home = "/tmp/u";
  input.roots = in_tmp;
  input.n_roots = 1;
  input.binds = &bind;
  input.n_binds = 1;
  plan = pst_plan_build_early (&input);
  g_assert_true (pst_plan_check (plan, &input, NULL));
  for (guint i = 0; i < plan->ops->len; i++)
    {
      const PstPlanOp *op = g_ptr_array_index (plan->ops, i);

      if (g_str_equal (op->target, "/tmp"))
        tmp = i;
      else if (g_str_equal (op->target, "/tmp/u"))
        home = i;
      else if (g_str_equal (op->target, "/tmp/x/prog"))
        program = i;
    }
  g_assert_cmpint (tmp, >=, 0);
  g_assert_cmpint (home, >, tmp);
  g_assert_cmpint (program, >, tmp);
}

static void
refuse (PstPlanOpType type, const char *source, const char *target, guint mode)
{
  PstPlanInput input = new_input ();
  g_autoptr (PstPlan) plan = pst_plan_new ();
  g_autoptr (GError) error = NULL;

  pst_plan_add (plan, type, source, target, mode);
  if (pst_plan_check (plan, &input, &error))
    g_error ("taken: %d %s %s", type, source, target);
  g_assert_error (error, PST_PLAN_ERROR, 0);
}

static void
test_check (void)
{
  refuse (PST_PLAN_BIND, "/", "/host", 0);
  refuse (PST_PLAN_BIND, "/home", "/home", 0);
  refuse (PST_PLAN_BIND, "/home/u", "/home/u", 0);
  refuse (PST_PLAN_BIND, "/home/u/Documents", "/x", 0);
  refuse (PST_PLAN_BIND, "/media", "/media", 0);
  refuse (PST_PLAN_BIND, "/etc", "/etc", 0);
  refuse (PST_PLAN_BIND, "/proc", "/x", 0);
  refuse (PST_PLAN_BIND, "/usr/../home/u", "/x", 0);
  refuse (PST_PLAN_BIND, "usr", "/usr", 0);
  refuse (PST_PLAN_BIND, NULL, "/usr", 0);
  refuse (PST_PLAN_BIND, "/usr", "/", 0);
  refuse (PST_PLAN_DIR, NULL, "/a/../b", 0755);
  refuse (PST_PLAN_DIR, NULL, "/usr/x", 0755);
  refuse (PST_PLAN_DIR, NULL, "/x", 04755);
  refuse (PST_PLAN_FILE, NULL, "/x", 0644); /* no contents */
  refuse (PST_PLAN_SCRATCH, NULL, "/usr", 01777);
  refuse (PST_PLAN_SYMLINK, "", "/x", 0);
  refuse (PST_PLAN_DEVICE, "/dev/sda", "/dev/sda", 0);
  refuse (PST_PLAN_DEVICE, "/dev/null", "/dev/zero", 0);
  refuse (PST_PLAN_DEVICE, "/dev/../etc/shadow", "/dev/null", 0);
  refuse (PST_PLAN_PROC, NULL, "/x", 0);
  refuse (PST_PLAN_DEVPTS, NULL, "/x", 0);
  refuse (PST_PLAN_GATE, "home", "/mnt", 0);
  refuse (PST_PLAN_GATE, "other", "/other", 0);
  refuse (PST_PLAN_PRIVATE, "Pictures", "/home/u/Pictures", 0);
  refuse (PST_PLAN_PRIVATE, "..", "/home/u/..", 0);
  refuse (PST_PLAN_PRIVATE, ".config", "/home/u/.cache", 0);
  refuse (PST_PLAN_PRIVATE, ".a/b", "/home/u/.a/b", 0);
  refuse (PST_PLAN_PRIVATE, ".config", "/etc/.config", 0);
  refuse (99, NULL, "/x", 0);
}

static void
test_print (void)
{
  g_autoptr (PstPlan) plan = pst_plan_new ();
  g_autofree char *text = NULL;

  pst_plan_add (plan, PST_PLAN_BIND, "/usr", "/usr", 0);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "usr/bin", "/bin", 0);
  pst_plan_add (plan, PST_PLAN_DIR, NULL, "/a\nb\033[31m", 0755);
  text = pst_plan_to_string (plan);
  g_assert_cmpstr (text, ==,
                   "bind-ro    /usr\n"
                   "symlink    /bin -> usr/bin\n"
                   "directory  /a\\nb\\033[31m mode=0755\n");
}

/* Whatever the caller's paths are: no crash, and a plan is either refused or keeps the rules above. */
static void
test_random (void)
{
  static const char *const parts[] = { "/",  "home", "usr",  "..",      ".",   "tmp",   "etc",
                                       "\n", "a",    "\xff", ".config", "run", "media", "" };

  for (int round = 0; round < 20000; round++)
    {
      PstPlanInput input = new_input ();
      PstGateRoot root[1];
      PstPlanBind bind;
      PstPlanAnswer answer = { .machine_id = "x" };
      const char *names[2] = { NULL, NULL };
      char *taken[4];

      for (int i = 0; i < 4; i++)
        {
          GString *s = g_string_new (g_test_rand_bit () ? "/" : "");

          for (int n = g_test_rand_int_range (0, 5); n > 0; n--)
            {
              g_string_append (s, parts[g_test_rand_int_range (0, G_N_ELEMENTS (parts))]);
              g_string_append_c (s, '/');
            }
          if (s->len > 1)
            g_string_truncate (s, s->len - 1);
          taken[i] = g_string_free (s, FALSE);
        }
      root[0] = (PstGateRoot){ "home", taken[0] };
      input.home = taken[0];
      input.roots = root;
      input.n_roots = 1;
      bind = (PstPlanBind){ taken[1], taken[2] };
      input.binds = &bind;
      input.n_binds = 1;
      names[0] = taken[3];
      answer.names = names;
      {
        g_autoptr (PstPlan) early = pst_plan_build_early (&input);
        g_autoptr (PstPlan) late = pst_plan_build_late (&input, &answer);
        g_autofree char *text = pst_plan_to_string (early);

        g_assert_nonnull (text);
        if (pst_plan_check (early, &input, NULL))
          {
            g_assert_true (pst_path_is_normal (taken[1]) && pst_path_is_normal (taken[2]));
            g_assert_false (pst_path_is_below_or_equal (taken[0], taken[1]));
            g_assert_cmpstr (taken[1], !=, "/");
          }
        if (pst_plan_check (late, &input, NULL))
          g_assert_true (taken[3][0] == '.' && !strchr (taken[3], '/') && strcmp (taken[3], "..") != 0);
      }
      for (int i = 0; i < 4; i++)
        g_free (taken[i]);
    }
}

static void
test_etc_users (void)
{
  g_autofree char *found = pst_etc_find_user ("root:x:0:0::/:\nanna:x:1000:1000:Anna:/home/anna:/bin/sh\nbad:x:y\n", 1000);

  g_assert_cmpstr (found, ==, "anna");
  g_assert_null (pst_etc_find_user ("-x:x:7:7::/:\n", 7));
  g_assert_null (pst_etc_find_user ("", 0));
  g_assert_true (pst_etc_user_is_valid ("anna.b-2"));
  g_assert_false (pst_etc_user_is_valid (""));
  g_assert_false (pst_etc_user_is_valid (".."));
  g_assert_false (pst_etc_user_is_valid ("a/b"));
  g_assert_false (pst_etc_user_is_valid ("a:b"));
}

static void
test_etc_passwd (void)
{
  PstPlanInput input = new_input ();
  g_autoptr (PstPlan) plan = pst_plan_build_early (&input);
  const PstPlanOp *op = find (plan, "/etc/passwd");
  g_autofree char *text = g_strndup (g_bytes_get_data (op->data, NULL), g_bytes_get_size (op->data));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 4); /* three, and what is after the last line's end */
  g_assert_true (g_str_has_prefix (lines[0], "root:x:0:0:"));
  g_assert_cmpstr (lines[1], ==, "u:x:1000:1000::/home/u:/bin/sh");
  g_assert_true (g_str_has_prefix (lines[2], "nobody:x:65534:"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/ordinary", test_ordinary);
  g_test_add_func ("/plan/buses", test_buses);
  g_test_add_func ("/plan/nothing-of-the-host", test_nothing_of_the_host);
  g_test_add_func ("/plan/order", test_order);
  g_test_add_func ("/plan/check", test_check);
  g_test_add_func ("/plan/print", test_print);
  g_test_add_func ("/plan/random", test_random);
  g_test_add_func ("/etc/users", test_etc_users);
  g_test_add_func ("/etc/passwd", test_etc_passwd);
  return g_test_run ();
}
