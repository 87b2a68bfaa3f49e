/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host whose mounts an ordinary user may change: a user and mount namespace around the whole product.
 *
 *     escape-host COMMAND…
 *
 * COMMAND runs in it without capabilities and with the same uid, so that Postern cannot tell it from the real host. This
 * program stays outside of it and mounts on request: one line a request on descriptor ESCAPE_HOST_OUT of the command, one
 * answer ("0" or an errno) on ESCAPE_HOST_IN.
 *
 *     tmpfs PATH        bind SOURCE TARGET        umount PATH
 *
 * Everything is shared (MS_SHARED), as on a host with systemd: what is mounted later reaches the mount namespaces made from
 * this one. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void
die (const char *what)
{
  perror (what);
  exit (125);
}

static void
write_file (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0 || write (fd, text, strlen (text)) < 0)
    die (path);
  close (fd);
}

static int
request (char *line)
{
  char *verb = strtok (line, "\t\n");
  char *first = strtok (NULL, "\t\n");
  char *second = strtok (NULL, "\t\n");
  int result = -1;

  errno = EINVAL;
  if (verb == NULL || first == NULL)
    return EINVAL;
  if (strcmp (verb, "tmpfs") == 0)
    result = mount ("escape", first, "tmpfs", 0, "mode=0755");
  else if (strcmp (verb, "bind") == 0 && second != NULL)
    result = mount (first, second, NULL, MS_BIND, NULL);
  else if (strcmp (verb, "umount") == 0)
    result = umount2 (first, MNT_DETACH);
  return result == 0 ? 0 : errno;
}

int
main (int argc, char **argv)
{
  uid_t uid = getuid ();
  gid_t gid = getgid ();
  int to_us[2], to_command[2];
  char text[64];
  char line[8192];
  FILE *requests;
  int status;
  pid_t pid;

  if (argc < 2)
    {
      fprintf (stderr, "usage: escape-host COMMAND...\n");
      return 2;
    }
  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    die ("escape-host: unshare");
  write_file ("/proc/self/setgroups", "deny");
  snprintf (text, sizeof text, "%d %d 1", uid, uid);
  write_file ("/proc/self/uid_map", text);
  snprintf (text, sizeof text, "%d %d 1", gid, gid);
  write_file ("/proc/self/gid_map", text);
  if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount (NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
    die ("escape-host: propagation");
  if (pipe (to_us) < 0 || pipe2 (to_command, 0) < 0)
    die ("escape-host: pipe");

  pid = fork ();
  if (pid < 0)
    die ("escape-host: fork");
  if (pid == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      close (to_us[0]);
      close (to_command[1]);
      snprintf (text, sizeof text, "%d", to_us[1]);
      setenv ("ESCAPE_HOST_OUT", text, 1);
      snprintf (text, sizeof text, "%d", to_command[0]);
      setenv ("ESCAPE_HOST_IN", text, 1);
      execvp (argv[1], argv + 1); /* uid is not 0: the capabilities end here */
      die (argv[1]);
    }
  close (to_us[1]);
  close (to_command[0]);
  requests = fdopen (to_us[0], "r");
  while (requests != NULL && fgets (line, sizeof line, requests) != NULL)
    {
      int error = request (line);
      int length = snprintf (text, sizeof text, "%d\n", error);

      if (write (to_command[1], text, (size_t)length) < 0)
        break;
    }
  if (waitpid (pid, &status, 0) < 0)
    return 125;
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}
