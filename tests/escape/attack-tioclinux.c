/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: select text on a virtual console and paste it into that console's input queue (TIOCLINUX, subcodes 2 and 3), which
 * does what TIOCSTI does; other ways to change what a console's keys mean (KDSKBENT, KDSKBSENT).
 *
 * Known from: CVE-2023-28100 (flatpak), CVE-2023-1523 (snapd).
 *
 * Must fail because: the filter refuses these numbers, low 32 bits compared, whatever the terminal is. A pseudo-terminal of its
 * own would already make it ENOTTY; but the filter must hold by itself, since standard output alone may be a console.
 *
 * Control: outside the ioctl reaches the terminal's driver, which answers something other than the filter's EPERM (on a
 * pseudo-terminal: ENOTTY). */

#include "attack.h"
#include <linux/kd.h>
#include <sys/ioctl.h>
#include <termios.h>

static bool
reaches_driver (uint64_t request, void *argument)
{
  return got_through (syscall (SYS_ioctl, 0L, request, argument));
}

int
main (int argc, char **argv)
{
  char paste = 3;
  struct
  {
    char subcode;
    unsigned short xs, ys, xe, ye, mode;
  } __attribute__ ((packed)) select = { 2, 1, 1, 1, 1, 0 };
  struct winsize size;

  attack_init (argc, argv);
  control (isatty (0) && ioctl (0, TIOCGWINSZ, &size) == 0, "standard input is a terminal");
  attack (reaches_driver (TIOCLINUX, &paste), "TIOCLINUX paste");
  attack (reaches_driver (TIOCLINUX, &select), "TIOCLINUX select");
  attack (reaches_driver (UINT64_C (1) << 32 | TIOCLINUX, &paste), "TIOCLINUX with bit 32 set");
  attack (reaches_driver (UINT64_C (0xffffffff) << 32 | TIOCLINUX, &paste), "TIOCLINUX with all high bits set");
  return 0;
}
