/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: open a file of the host by its file handle, which names an inode and no path, so that no mount hides it.
 *
 * Known from: "shocker" (Docker before 1.0, June 2014), open_by_handle_at with CAP_DAC_READ_SEARCH; since Linux 6.12 also
 * without a capability for handles that are found below a mount whose owner one is.
 *
 * Must fail because: the filter refuses open_by_handle_at, and the application has no capability.
 *
 * Control: opening by path works. */

#include "attack.h"

struct handle
{
  struct file_handle header;
  unsigned char space[128];
};

int
main (int argc, char **argv)
{
  struct handle handle;
  int mount_id = 0;
  int directory;
  bool opened = false;

  attack_init (argc, argv);
  directory = open ("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  control (directory >= 0, "open /usr");
  memset (&handle, 0, sizeof handle);
  handle.header.handle_bytes = sizeof handle.space;
  if (name_to_handle_at (AT_FDCWD, "/usr", &handle.header, &mount_id, 0) == 0)
    {
      opened = open_by_handle_at (directory, &handle.header, O_RDONLY | O_CLOEXEC) >= 0;
      maybe (opened, "open_by_handle_at of /usr");
    }
  /* inode 2 is the root directory of ext4 */
  memset (&handle, 0, sizeof handle);
  handle.header.handle_bytes = 8;
  handle.header.handle_type = 1;
  handle.space[0] = 2;
  maybe (open_by_handle_at (directory, &handle.header, O_RDONLY | O_CLOEXEC) >= 0, "open_by_handle_at of inode 2");
  errno = 0;
  attack (got_through (open_by_handle_at (-1, &handle.header, O_RDONLY)), "open_by_handle_at reaches the kernel");
  return 0;
}
