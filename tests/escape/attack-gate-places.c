/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: what could code that runs in a taken-over postern-fusefs open by name? It confines itself by the gate's own function
 * and then tries: the system's files, /proc (whose root, cwd and fd links would lead everywhere), the person's home, climbing
 * out of its empty root and of a directory that it was handed.
 *
 * Known from: chroots that were left by a directory descriptor (CVE-2004-2536 and the classic fchdir trick), /proc/PID/root in
 * CVE-2016-9962.
 *
 * Must fail because: the root directory is an empty, detached tmpfs without a name, and a handed-over directory is a detached
 * clone whose ".." is itself. Here the clone is made as the supervisor makes it.
 *
 * Control: before it confines itself each of them opens; afterwards the handed-over directory can still be read.
 *
 * Runs outside of a sandbox: the confinement is what is tested. */

#include "attack.h"
#include "confine.h"
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

static int n, failed;

static void
ok (bool passed, const char *what, const char *path)
{
  failed += !passed;
  printf ("%s %d - %s %s\n", passed ? "ok" : "not ok", ++n, what, path);
}

static bool
opens (int at, const char *path)
{
  int fd = openat (at, path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return false;
  close (fd);
  return true;
}

static void
put (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0 || write (fd, text, strlen (text)) < 0)
    exit (77);
  close (fd);
}

int
main (int argc, char **argv)
{
  static const char *const paths[] = {
    "/etc/passwd",
    "/usr/bin/env",
    "/proc/self/status",
    "/proc/self/root",
    "/proc/self/cwd/.",
    "/proc/1/status",
    "/dev/null",
    "/sys",
    "/tmp",
    "/..",
    "/usr",
    ".",
    "..",
    "../../..",
  };
  static const char *const below[] = { "..", "../..", "../../../../etc/passwd", "../usr", "bin/../../etc/passwd" };
  const char *what = "";
  char map[64];
  uid_t uid = getuid ();
  gid_t gid = getgid ();
  int handed, root;
  bool was[32];

  attack_init (argc, argv);
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    was[i] = opens (AT_FDCWD, paths[i]);

  /* a detached clone, as a granted tree is handed over; made in a user namespace of one's own, as the supervisor's */
  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    {
      printf ("1..0 # SKIP no user namespaces\n");
      return 0;
    }
  put ("/proc/self/setgroups", "deny");
  snprintf (map, sizeof map, "%u %u 1", uid, uid);
  put ("/proc/self/uid_map", map);
  snprintf (map, sizeof map, "%u %u 1", gid, gid);
  put ("/proc/self/gid_map", map);
  handed = (int)syscall (SYS_open_tree, AT_FDCWD, "/usr", 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | 0x8000 /* AT_RECURSIVE */);
  if (handed < 0)
    {
      perror ("open_tree");
      return 1;
    }
  ok (opens (handed, "bin/env"), "control: before, the handed-over directory is readable", "");
  if (!pst_confine (&what))
    {
      printf ("Bail out! it could not %s: %s\n", what, strerror (errno));
      return 1;
    }

  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    {
      bool itself = paths[i][0] == '.' || strcmp (paths[i], "/..") == 0;
      struct stat here, there;

      ok (was[i], "control: before, it could open", paths[i]);
      if (itself)
        /* these lead to the empty root and no further */
        ok (stat ("/", &here) == 0 && stat (paths[i], &there) == 0 && here.st_ino == there.st_ino &&
                here.st_dev == there.st_dev,
            "confined, it is still in its empty root at", paths[i]);
      else
        ok (!opens (AT_FDCWD, paths[i]), "confined, it cannot open", paths[i]);
    }
  root = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ok (root >= 0, "control: confined, it can open its root", "");
  {
    DIR *directory = fdopendir (root);
    const struct dirent *entry;
    int entries = 0;

    while (directory != NULL && (entry = readdir (directory)) != NULL)
      entries++;
    ok (entries == 2, "confined, its root is empty", "");
  }
  ok (open ("/made", O_WRONLY | O_CREAT, 0600) < 0 && mkdir ("/made", 0700) < 0, "confined, it cannot make anything there", "");

  ok (opens (handed, "bin/env"), "control: confined, the handed-over directory is readable", "");
  for (size_t i = 0; i < sizeof below / sizeof *below; i++)
    {
      struct stat here, there;
      bool same = fstat (handed, &here) == 0 && fstatat (handed, below[i], &there, 0) == 0 && here.st_ino == there.st_ino &&
                  here.st_dev == there.st_dev;

      ok (same || !opens (handed, below[i]), "confined, nothing above the handed-over directory by", below[i]);
    }
  ok (!opens (handed, "/etc/passwd"), "confined, no absolute path", "/etc/passwd");
  /* absolute links below it lead into the empty root */
  ok (prctl (PR_GET_DUMPABLE, 0, 0, 0, 0) <= 0, "confined, it is not dumpable, or may not even ask", "");
  printf ("1..%d\n", n);
  return failed != 0;
}
