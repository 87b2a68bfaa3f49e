/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "namespaces.h"

#include "pst-fd.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef PST_SANITIZED
#include "pst-sanitized.h"
#endif

static gboolean
write_text (const char *path, const char *text)
{
  pst_autofd fd = open (path, O_WRONLY | O_CLOEXEC);
  gsize n = strlen (text);

  return fd >= 0 && write (fd, text, n) == (ssize_t)n;
}

/* The number in a file below /proc/sys; -1 if there is none. */
static gint64
read_number (const char *path)
{
  pst_autofd fd = open (path, O_RDONLY | O_CLOEXEC);
  char text[32];
  ssize_t n = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;

  if (n <= 0)
    return -1;
  text[n] = '\0';
  return g_ascii_strtoll (text, NULL, 10);
}

static char *
explain_switched_off (void)
{
  return g_strdup (_ ("user namespaces are switched off: allow them with sudo sysctl user.max_user_namespaces=15000"));
}

static char *
explain_reserved (void)
{
  return g_strdup (_ ("user namespaces are reserved to root: allow them with sudo sysctl kernel.unprivileged_userns_clone=1"));
}

char *
pst_namespaces_forbidden (void)
{
  if (read_number ("/proc/sys/user/max_user_namespaces") == 0)
    return explain_switched_off ();
  if (read_number ("/proc/sys/kernel/unprivileged_userns_clone") == 0)
    return explain_reserved ();
  return NULL;
}

char *
pst_namespaces_explain (int code)
{
  if (code == EINVAL || code == ENOSYS)
    return g_strdup (
        _ ("the kernel was built without user namespaces (CONFIG_USER_NS); Postern cannot confine anything without them"));
  if (code == ENOSPC && read_number ("/proc/sys/user/max_user_namespaces") == 0)
    return explain_switched_off ();
  if (code != EPERM && code != EACCES && code != ENOSPC)
    return NULL;
  if (read_number ("/proc/sys/kernel/unprivileged_userns_clone") == 0)
    return explain_reserved ();
  if (read_number ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
    return g_strdup (
        _ ("AppArmor lets only named programs use user namespaces: install Postern’s AppArmor profile, or allow all with sudo "
           "sysctl kernel.apparmor_restrict_unprivileged_userns=0"));
  if (code == ENOSPC)
    return g_strdup (_ ("there are too many user namespaces: end some sandboxes, or raise the limit with sudo sysctl "
                        "user.max_user_namespaces=15000"));
  return g_strdup (_ ("user namespaces are forbidden here (by a security module, or because this is inside another sandbox)"));
}

static gboolean
fail (GError **error, const char *what)
{
  int saved = errno;
  g_autofree char *why = pst_namespaces_explain (saved);

  if (why)
    g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (saved), why);
  else
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved), _ ("the sandbox could not be built: %s: %s"), what,
                 g_strerror (saved));
  return FALSE;
}

gboolean
pst_namespaces_enter (uid_t uid, gid_t gid, GError **error)
{
  char map[64];

  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    return fail (error, "user namespace");
  if (!write_text ("/proc/self/setgroups", "deny"))
    return fail (error, "setgroups");
  g_snprintf (map, sizeof map, "%u %u 1\n", (guint)uid, (guint)uid);
  if (!write_text ("/proc/self/uid_map", map))
    return fail (error, "uid_map");
  g_snprintf (map, sizeof map, "%u %u 1\n", (guint)gid, (guint)gid);
  if (!write_text ("/proc/self/gid_map", map))
    return fail (error, "gid_map");
  return TRUE;
}

gboolean
pst_namespaces_forbid_nesting (void)
{
  return write_text ("/proc/sys/user/max_user_namespaces", "0");
}

pid_t
pst_namespaces_fork (int *pidfd)
{
  int fd = -1;
  struct clone_args args = {
    .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_PIDFD,
    .pidfd = (uintptr_t)&fd,
    .exit_signal = SIGCHLD,
  };
  pid_t pid = syscall (SYS_clone3, &args, sizeof args);

  if (pid > 0)
    *pidfd = fd;
#ifdef PST_SANITIZED
  if (pid == 0)
    pst_sanitizer_after_fork ();
#endif
  return pid;
}

gboolean
pst_namespaces_dress (void)
{
  static const char name[] = "postern";
  struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
  pst_autofd fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  strcpy (request.ifr_name, "lo");
  if (fd < 0 || ioctl (fd, SIOCSIFFLAGS, &request) < 0)
    return FALSE;
  return sethostname (name, sizeof name - 1) == 0;
}
