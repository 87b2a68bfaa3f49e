/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: put characters into the input queue of the terminal that Postern was started from, so that the person's shell
 * runs them after the application has ended.
 *
 * Known from: CVE-2017-5226 (bubblewrap), CVE-2013-6409, CVE-2016-7545; and with high bits in the ioctl's number, which the
 * kernel cuts off and a filter that compares 64 bits lets pass: CVE-2019-10063 (flatpak), CVE-2019-7303 (snapd).
 *
 * Must fail because: the application has a terminal and a session of its own, and the system call filter compares the low 32
 * bits.
 *
 * Control: terminal ioctls that programs need work; outside, each of the writes puts its character into the queue. */

#include "attack.h"
#include <sys/ioctl.h>
#include <termios.h>

/* The C library takes an unsigned long and passes it whole; go round it anyway, to be sure of all 64 bits. */
static long
raw_ioctl (int fd, uint64_t request, void *argument)
{
  return syscall (SYS_ioctl, (long)fd, request, argument);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    uint64_t high;
    const char *what;
  } rows[] = {
    { 0, "TIOCSTI" },
    { UINT64_C (1) << 32, "TIOCSTI with bit 32 set" },
    { UINT64_C (1) << 63, "TIOCSTI with bit 63 set" },
    { UINT64_C (0xffffffff) << 32, "TIOCSTI with all high bits set" },
    { UINT64_C (0xdeadbeef) << 32, "TIOCSTI with some high bits set" },
  };
  struct winsize size;
  struct termios attributes;
  char character = '#';

  attack_init (argc, argv);
  control (isatty (0), "standard input is a terminal");
  control (ioctl (0, TIOCGWINSZ, &size) == 0, "TIOCGWINSZ");
  control (tcgetattr (0, &attributes) == 0 && tcsetattr (0, TCSANOW, &attributes) == 0, "tcgetattr, tcsetattr");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int fd = 0; fd < 3; fd++)
      {
        char what[80];

        snprintf (what, sizeof what, "%s on descriptor %d", rows[i].what, fd);
        attack (raw_ioctl (fd, rows[i].high | TIOCSTI, &character) == 0, what);
      }
  {
    int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC);

    attack (fd >= 0 && raw_ioctl (fd, TIOCSTI, &character) == 0, "TIOCSTI on /dev/tty");
  }
  return 0;
}
