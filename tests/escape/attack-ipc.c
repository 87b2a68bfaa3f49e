/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: System V shared memory, semaphores, message queues and POSIX queues of other programs of the same user (X's MIT-SHM
 * segments are such).
 *
 * Known from: CVE-2013-… "shared memory between sandboxes of one user"; flatpak's --share=ipc.
 *
 * Must fail because: the ipc namespace is private, and /dev/shm is the sandbox's own.
 *
 * Control: a segment of one's own works; outside the victim's segment can be attached. */

#include "attack.h"
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/shm.h>

int
main (int argc, char **argv)
{
  const char *id;
  const char *name;
  int own;
  void *at;

  attack_init (argc, argv);
  id = arg ("shm-id");
  name = arg ("shm-name");
  own = shmget (IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  at = own >= 0 ? shmat (own, NULL, 0) : (void *)-1;
  if (own >= 0)
    shmctl (own, IPC_RMID, NULL);
  control (at != (void *)-1, "a segment of the own");
  if (id != NULL)
    {
      errno = 0;
      at = shmat (atoi (id), NULL, SHM_RDONLY);
      /* the same number may be ours: then the text is missing */
      attack (at != (void *)-1 && memcmp (at, "SECRET", 6) == 0, "the host's System V segment");
    }
  if (name != NULL)
    {
      char path[300];

      snprintf (path, sizeof path, "/dev/shm/%s", name);
      attack (open (path, O_RDONLY | O_CLOEXEC) >= 0, "the host's POSIX segment");
    }
  return 0;
}
