/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan.
 *
 * The root is one tmpfs that becomes read-only when it is complete. Into it go: /usr (read-only) and the links or directories
 * that lead there, a composed /etc, device nodes bound one by one, a new /proc and /dev/pts, and directories of a second,
 * writable tmpfs wherever programs expect to write: /tmp, /var/tmp, /dev/shm and the runtime directory. The gate's file system
 * is bound where the user's files are, and over it the dot directories of the application's private home. Nothing else of the
 * host is there.
 *
 * The plan comes in two parts because launching is a race: the first part is built while the broker still looks up who the
 * application is. In the second the writable places come before all that may lie in them (a home directory below /tmp, a socket
 * in the runtime directory).
 */
#include "plan.h"

#include "etc.h"
#include "pst-path.h"

#include <string.h>

G_DEFINE_QUARK (pst - plan - error - quark, pst_plan_error)

/* Directly below the root, on every distribution either a link into /usr or a directory of the system. */
static const char *const system_dirs[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };

static const char *const device_names[] = { "null", "zero", "full", "random", "urandom", "tty" };

/* Of all that a new /proc shows of the whole machine, these are about the user: names of keys in the kernel's keyrings. */
static const char *const covered[] = { "/proc/keys", "/proc/key-users" };

static const struct
{
  const char *path;
  guint mode;
} scratch_dirs[] = {
  { "/tmp", 01777 },
  { "/var/tmp", 01777 },
  { "/dev/shm", 01777 },
};

/* The parts of sysfs that udev and Mesa read; the rest (kernel/, firmware/, fs/) describes the machine and helps nobody but an
 * attacker. */
static const char *const sys_dirs[] = { "/sys/block", "/sys/bus", "/sys/class", "/sys/dev", "/sys/devices" };

static void
op_free (gpointer data)
{
  PstPlanOp *op = data;

  g_free (op->source);
  g_free (op->target);
  g_clear_pointer (&op->data, g_bytes_unref);
  g_free (op);
}

PstPlan *
pst_plan_new (void)
{
  PstPlan *plan = g_new0 (PstPlan, 1);

  plan->ops = g_ptr_array_new_with_free_func (op_free);
  return plan;
}

void
pst_plan_free (PstPlan *plan)
{
  if (!plan)
    return;
  g_ptr_array_unref (plan->ops);
  g_free (plan);
}

void
pst_plan_add (PstPlan *plan, PstPlanOpType type, const char *source, const char *target, guint mode)
{
  PstPlanOp *op = g_new0 (PstPlanOp, 1);

  op->type = type;
  op->source = g_strdup (source);
  op->target = g_strdup (target);
  op->mode = mode;
  g_ptr_array_add (plan->ops, op);
}

static void
add_data (PstPlan *plan, const char *target, guint mode, GBytes *data)
{
  PstPlanOp *op;

  pst_plan_add (plan, PST_PLAN_FILE, NULL, target, mode);
  op = g_ptr_array_index (plan->ops, plan->ops->len - 1);
  op->data = g_bytes_ref (data);
}

void
pst_plan_add_file (PstPlan *plan, const char *target, guint mode, const char *text)
{
  g_autoptr (GBytes) data = g_bytes_new (text, strlen (text));

  add_data (plan, target, mode, data);
}

char *
pst_plan_runtime_dir (uid_t uid)
{
  return g_strdup_printf ("/run/user/%u", (guint)uid);
}

char *
pst_plan_session_bus (uid_t uid)
{
  return g_strdup_printf ("/run/user/%u/bus", (guint)uid);
}

char *
pst_plan_accessibility_bus (uid_t uid)
{
  return g_strdup_printf ("/run/user/%u/at-spi-bus", (guint)uid);
}

char *
pst_plan_accessibility_address (uid_t uid)
{
  g_autofree char *path = pst_plan_accessibility_bus (uid);

  return g_strconcat ("unix:path=", path, NULL);
}

gboolean
pst_plan_shows (const char *path)
{
  if (pst_path_is_below_or_equal (path, "/usr"))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (system_dirs); i++)
    if (pst_path_is_below_or_equal (path, system_dirs[i]))
      return TRUE;
  return FALSE;
}

PstPlan *
pst_plan_build_early (const PstPlanInput *input)
{
  PstPlan *plan = pst_plan_new ();

  pst_plan_add (plan, PST_PLAN_BIND, "/usr", "/usr", 0);
  for (gsize i = 0; i < G_N_ELEMENTS (system_dirs); i++)
    pst_plan_add (plan, PST_PLAN_MIRROR, system_dirs[i], system_dirs[i], 0);

  pst_etc_add (plan, input);

  pst_plan_add (plan, PST_PLAN_DIR, NULL, "/dev", 0755);
  for (gsize i = 0; i < G_N_ELEMENTS (device_names); i++)
    {
      g_autofree char *path = g_strconcat ("/dev/", device_names[i], NULL);

      pst_plan_add (plan, PST_PLAN_DEVICE, path, path, 0);
    }
  pst_plan_add (plan, PST_PLAN_DEVPTS, NULL, "/dev/pts", 0755);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "pts/ptmx", "/dev/ptmx", 0);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "/proc/self/fd", "/dev/fd", 0);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "/proc/self/fd/0", "/dev/stdin", 0);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "/proc/self/fd/1", "/dev/stdout", 0);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "/proc/self/fd/2", "/dev/stderr", 0);

  pst_plan_add (plan, PST_PLAN_PROC, NULL, "/proc", 0555);

  pst_plan_add (plan, PST_PLAN_SYMLINK, "/run", "/var/run", 0);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "/run/lock", "/var/lock", 0);
  pst_plan_add (plan, PST_PLAN_DIR, NULL, "/var/lib", 0755);
  pst_plan_add (plan, PST_PLAN_DIR, NULL, "/run/lock", 0755);
  pst_plan_add (plan, PST_PLAN_MIRROR, "/var/cache/fontconfig", "/var/cache/fontconfig", 0);

  for (gsize i = 0; i < G_N_ELEMENTS (scratch_dirs); i++)
    pst_plan_add (plan, PST_PLAN_SCRATCH, NULL, scratch_dirs[i].path, scratch_dirs[i].mode);
  {
    g_autofree char *runtime = pst_plan_runtime_dir (input->uid);

    pst_plan_add (plan, PST_PLAN_SCRATCH, NULL, runtime, 0700);
  }
  if (input->session_bus)
    {
      g_autofree char *path = pst_plan_session_bus (input->uid);

      pst_plan_add (plan, PST_PLAN_SOCKET, "session", path, 0600);
    }
  if (input->system_bus)
    pst_plan_add (plan, PST_PLAN_SOCKET, "system", PST_PLAN_SYSTEM_BUS, 0600);
  if (input->session_bus)
    {
      g_autofree char *path = pst_plan_accessibility_bus (input->uid);

      pst_plan_add (plan, PST_PLAN_SOCKET, "a11y", path, 0600);
      for (const char *const *link = input->accessibility_links; link && *link; link++)
        pst_plan_add (plan, PST_PLAN_SYMLINK, path, *link, 0);
    }

  for (gsize i = 0; i < input->n_binds; i++)
    pst_plan_add (plan, PST_PLAN_BIND, input->binds[i].source, input->binds[i].target, 0);
  if (input->xauthority)
    add_data (plan, PST_PLAN_XAUTHORITY, 0400, input->xauthority);
  for (gsize i = 0; i < input->n_roots; i++)
    pst_plan_add (plan, PST_PLAN_DIR, NULL, input->roots[i].path, 0755);
  return plan;
}

PstPlan *
pst_plan_build_late (const PstPlanInput *input, const PstPlanAnswer *answer)
{
  PstPlan *plan = pst_plan_new ();
  g_autofree char *machine_id = g_strconcat (answer->machine_id, "\n", NULL);

  pst_plan_add_file (plan, "/etc/machine-id", 0444, machine_id);
  pst_plan_add (plan, PST_PLAN_SYMLINK, "/etc/machine-id", "/var/lib/dbus/machine-id", 0);
  for (gsize i = 0; !answer->nested && i < G_N_ELEMENTS (covered); i++)
    pst_plan_add (plan, PST_PLAN_COVER, NULL, covered[i], 0);
  if (answer->sys)
    for (gsize i = 0; i < G_N_ELEMENTS (sys_dirs); i++)
      pst_plan_add (plan, PST_PLAN_MIRROR, sys_dirs[i], sys_dirs[i], 0);

  for (gsize i = 0; i < input->n_roots; i++)
    pst_plan_add (plan, PST_PLAN_GATE, input->roots[i].name, input->roots[i].path, 0);
  for (const char *const *name = answer->names; name && *name; name++)
    {
      g_autofree char *target = g_build_filename (input->home, *name, NULL);

      pst_plan_add (plan, PST_PLAN_PRIVATE, *name, target, 0);
    }
  return plan;
}

/* The whole of what a plan may bind from the host, however the input came about. */
static gboolean
may_bind (const PstPlanOp *op, const PstPlanInput *input)
{
  static const char *const never[] = { "/proc", "/dev", "/boot", "/root", "/etc", "/var", "/sys", "/home", "/run", "/tmp" };

  if (g_str_equal (op->source, "/"))
    return FALSE;
  /* A whole place of the user is never bound; one file below it is when it was named as such. */
  for (gsize i = 0; i < input->n_roots; i++)
    if (pst_path_is_below_or_equal (input->roots[i].path, op->source))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (never); i++)
    if (g_str_equal (op->source, never[i]))
      return FALSE;
  for (gsize i = 0; i < input->n_binds; i++)
    if (g_str_equal (op->source, input->binds[i].source))
      return TRUE;
  for (gsize i = 0; i < input->n_roots; i++)
    if (pst_path_is_below_or_equal (op->source, input->roots[i].path))
      return FALSE;
  return TRUE;
}

static gboolean
op_is_good (const PstPlanOp *op, const PstPlanInput *input)
{
  if (!op->target || !pst_path_is_normal (op->target) || g_str_equal (op->target, "/"))
    return FALSE;
  switch (op->type)
    {
    case PST_PLAN_DIR:
    case PST_PLAN_SCRATCH:
      return !op->source && op->mode <= 01777 && !pst_plan_shows (op->target);
    case PST_PLAN_FILE:
      return !op->source && op->data && (op->mode & ~0755u) == 0 && !pst_plan_shows (op->target);
    case PST_PLAN_SYMLINK:
      return op->source && *op->source && !pst_plan_shows (op->target);
    case PST_PLAN_BIND:
    case PST_PLAN_MIRROR:
      return op->source && pst_path_is_normal (op->source) && may_bind (op, input);
    case PST_PLAN_DEVICE:
      for (gsize i = 0; i < G_N_ELEMENTS (device_names); i++)
        if (op->source && g_str_has_prefix (op->source, "/dev/") && g_str_equal (op->source + 5, device_names[i]))
          return g_str_equal (op->target, op->source);
      return FALSE;
    case PST_PLAN_PROC:
      return g_str_equal (op->target, "/proc");
    case PST_PLAN_DEVPTS:
      return g_str_equal (op->target, "/dev/pts");
    case PST_PLAN_GATE:
      for (gsize i = 0; i < input->n_roots; i++)
        if (op->source && g_str_equal (op->source, input->roots[i].name))
          return g_str_equal (op->target, input->roots[i].path);
      return FALSE;
    case PST_PLAN_COVER:
      for (gsize i = 0; i < G_N_ELEMENTS (covered); i++)
        if (g_str_equal (op->target, covered[i]))
          return !op->source;
      return FALSE;
    case PST_PLAN_SOCKET:
      {
        g_autofree char *session = pst_plan_session_bus (input->uid), *a11y = pst_plan_accessibility_bus (input->uid);

        return op->source && op->mode == 0600 &&
               ((g_str_equal (op->source, "session") && g_str_equal (op->target, session)) ||
                (g_str_equal (op->source, "a11y") && g_str_equal (op->target, a11y)) ||
                (g_str_equal (op->source, "system") && g_str_equal (op->target, PST_PLAN_SYSTEM_BUS)));
      }
    case PST_PLAN_PRIVATE:
      return op->source && op->source[0] == '.' && pst_name_is_valid (op->source) &&
             pst_path_is_below_or_equal (op->target, input->home) && strlen (op->target) > strlen (input->home) &&
             g_str_equal (op->target + strlen (input->home) + 1, op->source);
    default:
      return FALSE;
    }
}

static const char *
op_name (PstPlanOpType type)
{
  static const char *const names[] = {
    [PST_PLAN_DIR] = "directory", [PST_PLAN_FILE] = "file",     [PST_PLAN_SYMLINK] = "symlink", [PST_PLAN_BIND] = "bind-ro",
    [PST_PLAN_MIRROR] = "mirror", [PST_PLAN_DEVICE] = "device", [PST_PLAN_SCRATCH] = "scratch", [PST_PLAN_PROC] = "proc",
    [PST_PLAN_DEVPTS] = "devpts", [PST_PLAN_GATE] = "gate",     [PST_PLAN_PRIVATE] = "private", [PST_PLAN_COVER] = "cover",
    [PST_PLAN_SOCKET] = "socket",
  };

  return (guint)type < G_N_ELEMENTS (names) ? names[type] : "?";
}

gboolean
pst_plan_check (const PstPlan *plan, const PstPlanInput *input, GError **error)
{
  for (guint i = 0; i < plan->ops->len; i++)
    {
      const PstPlanOp *op = g_ptr_array_index (plan->ops, i);

      if (!op_is_good (op, input))
        {
          g_autofree char *what = g_strescape (op->target ? op->target : "", NULL);

          g_set_error (error, PST_PLAN_ERROR, 0, "step %u of the sandbox's plan (%s %s) is not one that Postern takes", i + 1,
                       op_name (op->type), what);
          return FALSE;
        }
    }
  return TRUE;
}

char *
pst_plan_to_string (const PstPlan *plan)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < plan->ops->len; i++)
    {
      const PstPlanOp *op = g_ptr_array_index (plan->ops, i);
      g_autofree char *target = g_strescape (op->target, NULL);

      g_string_append_printf (out, "%-10s %s", op_name (op->type), target);
      if (op->mode)
        g_string_append_printf (out, " mode=%04o", op->mode);
      if (op->source && !(op->type != PST_PLAN_SYMLINK && g_str_equal (op->source, op->target)))
        {
          g_autofree char *source = g_strescape (op->source, NULL);

          g_string_append_printf (out, " %s %s", op->type == PST_PLAN_SYMLINK ? "->" : "from", source);
        }
      if (op->data)
        g_string_append_printf (out, " (%" G_GSIZE_FORMAT " bytes)", g_bytes_get_size (op->data));
      g_string_append_c (out, '\n');
    }
  return g_string_free (out, FALSE);
}
