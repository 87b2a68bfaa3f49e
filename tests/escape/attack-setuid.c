/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: gain privilege by executing a set-user-id program of the host: su's bug becomes the application's chance.
 *
 * Known from: CVE-2021-4034 (pkexec), CVE-2021-3156 (sudo), CVE-2023-4911 (ld.so with any set-user-id program).
 *
 * Must fail because: no_new_privs is set before the application is executed, and every mount is nosuid.
 *
 * Control: the same program runs, but as the ordinary user; outside its effective user id is 0. */

#include "attack.h"
#include <sys/prctl.h>
#include <sys/statvfs.h>

/* Starts su with a pipe as its input, so that it waits for a password (or complains), and reads its effective user id. */
static int
effective_uid_of_su (int *ran)
{
  static const char *const programs[] = { "/usr/bin/su", "/bin/su" };
  int input[2], output[2];
  char path[64];
  char text[4096];
  ssize_t length;
  int euid = -1;
  pid_t pid;
  int fd;

  *ran = 0;
  if (pipe (input) < 0 || pipe (output) < 0)
    return -1;
  pid = fork ();
  if (pid == 0)
    {
      dup2 (input[0], 0);
      dup2 (output[1], 1);
      dup2 (output[1], 2);
      close (input[1]);
      close (output[0]);
      for (size_t i = 0; i < 2; i++)
        execl (programs[i], "su", "root", "-c", "true", NULL);
      _exit (127);
    }
  close (output[1]);
  /* the first byte is "Password: " or a complaint; the end, that it has gone: a zombie still shows its ids */
  length = read (output[0], text, sizeof text);
  if (length > 0)
    printf ("# su says: %.*s\n", (int)strcspn (text, "\n"), text);
  snprintf (path, sizeof path, "/proc/%d/status", pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  length = fd >= 0 ? read (fd, text, sizeof text - 1) : -1;
  if (fd >= 0)
    close (fd);
  if (length > 0)
    {
      const char *line;

      text[length] = '\0';
      *ran = strncmp (text, "Name:\tsu\n", 9) == 0;
      line = strstr (text, "\nUid:");
      if (line != NULL)
        sscanf (line, "\nUid:\t%*d\t%d", &euid);
    }
  close (input[0]);
  close (input[1]);
  close (output[0]);
  waitpid (pid, NULL, 0);
  return euid;
}

int
main (int argc, char **argv)
{
  static const char *const places[] = { "/", "/usr", "/tmp", "/dev/shm" };
  int ran = 0;
  int euid;
  FILE *status;
  char line[256];
  bool capable = false;

  attack_init (argc, argv);
  euid = effective_uid_of_su (&ran);
  control (ran == 1 && euid >= 0, "su starts");
  errno = 0;
  attack (euid == 0 && getuid () != 0, "su has effective user id 0");
  attack (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "no_new_privs is not set");
  maybe (setuid (0) == 0 && getuid () == 0, "setuid (0)");
  maybe (setgid (0) == 0 && getgid () == 0, "setgid (0)");
  status = fopen ("/proc/self/status", "re");
  while (status != NULL && fgets (line, sizeof line, status) != NULL)
    {
      unsigned long long set;

      if (sscanf (line, "CapInh: %llx", &set) == 1 || sscanf (line, "CapPrm: %llx", &set) == 1 ||
          sscanf (line, "CapEff: %llx", &set) == 1 || sscanf (line, "CapBnd: %llx", &set) == 1 ||
          sscanf (line, "CapAmb: %llx", &set) == 1)
        if (set != 0)
          {
            printf ("# %s", line);
            capable = true;
          }
    }
  errno = 0;
  attack (capable, "a capability in some set, the bounding set included");
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    {
      struct statvfs fs;
      char what[80];

      snprintf (what, sizeof what, "%s honours set-user-id", places[i]);
      if (statvfs (places[i], &fs) == 0)
        {
          errno = 0;
          maybe ((fs.f_flag & ST_NOSUID) == 0, what);
        }
    }
  return 0;
}
