/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges two names for ever (RENAME_EXCHANGE: there is no moment in which one is missing), and says how often when its input
 * ends.
 *
 *     swapper FIRST SECOND */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
  struct pollfd input = { .fd = 0, .events = POLLIN };
  unsigned long n = 0;

  if (argc != 3)
    return 2;
  for (;;)
    {
      for (int i = 0; i < 101; i++, n++)
        if (renameat2 (AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0)
          {
            fprintf (stderr, "swapper: %s\n", strerror (errno));
            return 1;
          }
      /* a moment of rest, of changing length, so that every step of the other side meets every state */
      if (poll (&input, 1, (int)(n / 101 % 2)) > 0)
        break;
    }
  printf ("%lu\n", n);
  return 0;
}
