/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define APPARMOR_RESTRICTION "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
#define APPARMOR_PROFILE "/etc/apparmor.d/postern"

void
pst_finding_free (PstFinding *finding)
{
  g_free (finding->subject);
  g_free (finding->state);
  g_free (finding->remedy);
  g_free (finding);
}

static void
add (GPtrArray *findings, PstFindingLevel level, const char *subject, const char *state, const char *remedy)
{
  PstFinding *finding = g_new0 (PstFinding, 1);

  finding->level = level;
  finding->subject = g_strdup (subject);
  finding->state = g_strdup (state);
  finding->remedy = g_strdup (remedy);
  g_ptr_array_add (findings, finding);
}

/* The number in @path below @root, or @missing. */
static gint64
read_number (const char *root, const char *path, gint64 missing)
{
  g_autofree char *full = g_strconcat (root, path, NULL);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (full, &text, NULL, NULL))
    return missing;
  return g_ascii_strtoll (text, NULL, 10);
}

static void
examine_kernel (GPtrArray *findings, const char *kernel)
{
  int major = 0, minor = 0;

  if (sscanf (kernel, "%d.%d", &major, &minor) != 2)
    add (findings, PST_FINDING_NOTE, _ ("kernel"), kernel,
         _ ("This version number is unknown; Postern needs Linux 5.12 or later."));
  else if (major < 5 || (major == 5 && minor < 12))
    add (findings, PST_FINDING_PROBLEM, _ ("kernel"), kernel,
         _ ("Install Linux 5.12 or later: mounting into a running sandbox needs mount_setattr()."));
  else
    add (findings, PST_FINDING_OK, _ ("kernel"), kernel, NULL);
}

static void
examine_fuse (GPtrArray *findings, const char *root)
{
  g_autofree char *device = g_strconcat (root, "/dev/fuse", NULL);
  struct stat st;

  if (stat (device, &st) != 0)
    add (findings, PST_FINDING_PROBLEM, "/dev/fuse", _ ("missing"),
         _ ("Load the module: sudo modprobe fuse (and put “fuse” into /etc/modules-load.d/fuse.conf)."));
  else if ((st.st_mode & 06) != 06 && access (device, R_OK | W_OK) != 0)
    add (findings, PST_FINDING_PROBLEM, "/dev/fuse", _ ("not accessible"),
         _ ("Give it its usual mode: sudo chmod 0666 /dev/fuse, and look for the udev rule that changed it."));
  else
    add (findings, PST_FINDING_OK, "/dev/fuse", _ ("accessible"), NULL);
}

static void
examine_user_namespaces (GPtrArray *findings, const char *root)
{
  if (read_number (root, "/proc/sys/user/max_user_namespaces", -1) == 0)
    add (findings, PST_FINDING_PROBLEM, _ ("user namespaces"), _ ("disabled (user.max_user_namespaces is 0)"),
         _ ("Allow them: sudo sysctl -w user.max_user_namespaces=15000, and keep it in /etc/sysctl.d/."));
  else if (read_number (root, "/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
    add (findings, PST_FINDING_PROBLEM, _ ("user namespaces"), _ ("for root only (kernel.unprivileged_userns_clone is 0)"),
         _ ("Allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1, and keep it in /etc/sysctl.d/."));
  else if (read_number (root, APPARMOR_RESTRICTION, 0) == 1)
    {
      g_autofree char *profile = g_strconcat (root, APPARMOR_PROFILE, NULL);

      if (g_file_test (profile, G_FILE_TEST_EXISTS))
        add (findings, PST_FINDING_OK, _ ("user namespaces"), _ ("restricted by AppArmor, with a profile for Postern"), NULL);
      else
        add (findings, PST_FINDING_PROBLEM, _ ("user namespaces"),
             _ ("restricted by AppArmor (kernel.apparmor_restrict_unprivileged_userns is 1)"),
             _ ("Install the AppArmor profile that comes with Postern: sudo install -m 644 data/apparmor/postern "
                "/etc/apparmor.d/postern && sudo "
                "apparmor_parser -r /etc/apparmor.d/postern."));
    }
  else
    add (findings, PST_FINDING_OK, _ ("user namespaces"), _ ("allowed"), NULL);
}

static void
examine_yama (GPtrArray *findings, const char *root)
{
  gint64 scope = read_number (root, "/proc/sys/kernel/yama/ptrace_scope", 0);

  if (scope >= 3)
    add (findings, PST_FINDING_NOTE, _ ("ptrace"), _ ("forbidden to all (kernel.yama.ptrace_scope is 3)"),
         _ ("Questions cannot tell what an application is about to do, only which file it reached for. Nothing else changes."));
  else
    add (findings, PST_FINDING_OK, _ ("ptrace"),
         scope == 0 ? _ ("not restricted") : _ ("restricted by Yama, sandboxes excepted"), NULL);
}

static void
examine_hidepid (GPtrArray *findings, const char *root)
{
  g_autofree char *path = g_strconcat (root, "/proc/mounts", NULL);
  g_autofree char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, NULL) && strstr (text, "hidepid=") != NULL && strstr (text, "hidepid=0") == NULL)
    add (findings, PST_FINDING_NOTE, "/proc", _ ("hides other users’ processes (hidepid)"),
         _ ("That is fine; your own sandboxes remain visible."));
}

GPtrArray *
pst_doctor_examine (const char *root, const char *kernel)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_finding_free);

  examine_kernel (findings, kernel);
  examine_user_namespaces (findings, root);
  examine_fuse (findings, root);
  examine_yama (findings, root);
  examine_hidepid (findings, root);
  return findings;
}

static gboolean
write_text (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean ok = fd >= 0 && write (fd, text, strlen (text)) == (ssize_t)strlen (text);

  if (fd >= 0)
    close (fd);
  return ok;
}

/* What a launch does, up to the gate's mount; nobody serves it, and it ends with the child. 0 or an errno. */
static int
mount_gate (uid_t uid, gid_t gid)
{
  g_autofree char *users = g_strdup_printf ("%u %u 1", uid, uid);
  g_autofree char *groups = g_strdup_printf ("%u %u 1", gid, gid);
  g_autofree char *options = NULL;
  int fd;

  if (!write_text ("/proc/self/setgroups", "deny") || !write_text ("/proc/self/uid_map", users) ||
      !write_text ("/proc/self/gid_map", groups) || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    return errno;
  fd = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return errno;
  options = g_strdup_printf ("fd=%d,rootmode=40000,user_id=%u,group_id=%u", fd, uid, gid);
  return mount ("postern-doctor", "/", "fuse", MS_NOSUID | MS_NODEV, options) == 0 ? 0 : errno;
}

gboolean
pst_doctor_try_gate (int *error_number)
{
  int status;
  uid_t uid = getuid ();
  gid_t gid = getgid ();
  pid_t child;

  fflush (NULL);
  child = fork ();
  if (child == 0)
    _exit (unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0 ? mount_gate (uid, gid) : errno);
  while (child > 0 && waitpid (child, &status, 0) < 0 && errno == EINTR)
    ;
  *error_number = child < 0 ? errno : WIFEXITED (status) ? WEXITSTATUS (status) : EINVAL;
  return *error_number == 0;
}

gboolean
pst_doctor_try_user_namespace (int *error_number)
{
  int status;
  pid_t child;

  fflush (NULL);
  child = fork ();
  if (child == 0)
    {
      if (unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0)
        _exit (errno > 0 && errno < 126 ? errno : 125);
      /* Ubuntu lets the namespace be made and takes the capabilities away: only using one shows it. */
      _exit (unshare (CLONE_NEWNET) == 0 ? 0 : errno);
    }
  if (child < 0)
    {
      *error_number = errno;
      return FALSE;
    }
  while (waitpid (child, &status, 0) < 0 && errno == EINTR)
    ;
  *error_number = WIFEXITED (status) ? WEXITSTATUS (status) : EINVAL;
  return *error_number == 0;
}

char *
pst_doctor_user_namespace_remedy (const char *root, int error_number)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_finding_free);

  examine_user_namespaces (findings, root);
  for (guint i = 0; i < findings->len; i++)
    {
      const PstFinding *finding = g_ptr_array_index (findings, i);

      if (finding->level == PST_FINDING_PROBLEM)
        return g_strdup (finding->remedy);
    }
  /* The profile is there, or there would have been a problem above. */
  if (read_number (root, APPARMOR_RESTRICTION, 0) == 1)
    return g_strdup (_ ("The AppArmor profile is there but does not hold for this program: load it (sudo apparmor_parser -r "
                        "/etc/apparmor.d/postern), and start Postern from where it is installed, /usr/bin or /usr/local/bin."));
  if (error_number == ENOSPC)
    return g_strdup (
        _ ("The limit of user namespaces is reached; raise user.max_user_namespaces, or leave the sandbox that you are in."));
  return g_strdup (_ ("Something forbids them: a container, or a seccomp or LSM policy. Start Postern outside of it, or allow "
                      "user namespaces there."));
}
