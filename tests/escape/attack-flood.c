/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Payload of test-flood.py: "threads" threads each reach for names of their own in a closed door, "closed=DIRECTORY", as fast
 * as they can: every one is a question. Prints how many were answered; with "kill=yes" half of the processes are killed while
 * they wait.
 *
 *     attack-flood closed=DIRECTORY processes=N names=N [kill=yes] */

#include "attack.h"
#include <signal.h>

int
main (int argc, char **argv)
{
  int processes, names;
  pid_t *pids;
  int alive = 0;

  attack_init (argc, argv);
  processes = atoi (arg ("processes"));
  names = atoi (arg ("names"));
  pids = calloc ((size_t)processes, sizeof *pids);
  for (int p = 0; p < processes; p++)
    {
      pids[p] = fork ();
      if (pids[p] == 0)
        {
          for (int n = 0; n < names; n++)
            {
              char path[4096];
              int fd;

              snprintf (path, sizeof path, "%s/flood-%d-%d/%d/name", arg ("closed"), p, n, n);
              fd = open (path, n % 2 ? O_RDONLY : O_WRONLY | O_CREAT, 0600);
              if (fd >= 0)
                _exit (1);
            }
          _exit (0);
        }
      if (pids[p] > 0)
        alive++;
      else
        break;
    }
  printf ("# %d processes\n", alive);
  fflush (stdout);
  if (arg ("kill") != NULL)
    for (int p = 0; p < alive; p += 2)
      kill (pids[p], SIGKILL);
  for (int p = 0; p < alive; p++)
    {
      int status;

      if (waitpid (pids[p], &status, 0) == pids[p] && WIFEXITED (status) && WEXITSTATUS (status) == 1)
        printf ("attack\tSUCCEEDED\ta name in a closed door was opened\t\n");
    }
  printf ("done\n");
  return 0;
}
