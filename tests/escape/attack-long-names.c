/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Payload of test-long-names.py: names of 255 and 256 bytes, paths of PATH_MAX, trees 10,000 deep, below "root=DIRECTORY"
 * (granted for change) and below "closed=DIRECTORY" (not granted).
 *
 *     attack-long-names root=DIRECTORY closed=DIRECTORY deep=N */

#include "attack.h"
#include <dirent.h>
#include <limits.h>
#include <time.h>

static bool
answers (int result, int error)
{
  return result >= 0 || error == EACCES || error == ENOENT || error == ENAMETOOLONG || error == EPERM || error == EROFS;
}

static int
go_deep (const char *root, int depth, const char *name)
{
  int fd = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int n = 0;

  while (fd >= 0 && n < depth)
    {
      int next;

      if (mkdirat (fd, name, 0700) < 0 && errno != EEXIST)
        break;
      next = openat (fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      close (fd);
      fd = next;
      if (fd >= 0)
        n++;
    }
  if (fd >= 0)
    {
      int file = openat (fd, "bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      if (file >= 0)
        close (file);
      else
        n = -n;
      close (fd);
    }
  return n;
}

/* Removes it from the top, a level at a time, without recursion: each level's child is moved up. */
static int
remove_deep (const char *root, const char *name)
{
  int top = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int n = 0;

  while (top >= 0)
    {
      int level = openat (top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      bool more;

      if (level < 0)
        break;
      (void)unlinkat (level, "bottom", 0);
      more = renameat (level, name, top, "moving") == 0;
      close (level);
      if (unlinkat (top, name, AT_REMOVEDIR) < 0)
        break;
      n++;
      if (!more || renameat (top, "moving", top, name) < 0)
        break;
    }
  close (top);
  return n;
}

int
main (int argc, char **argv)
{
  static char path[PATH_MAX * 2];
  static char name[400];
  const char *root, *closed;
  int depth, made, removed, fd;
  struct stat st;

  attack_init (argc, argv);
  root = arg ("root");
  closed = arg ("closed");
  depth = atoi (arg ("deep"));

  for (int length = 254; length <= 257; length++)
    {
      char what[80];

      memset (name, 'n', sizeof name);
      name[length] = '\0';
      snprintf (path, sizeof path, "%s/%s", root, name);
      fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      snprintf (what, sizeof what, "a name of %d bytes in the granted tree", length);
      control (length <= 255 ? fd >= 0 : fd < 0 && errno == ENAMETOOLONG, what);
      if (fd >= 0)
        close (fd);
      (void)unlink (path);
      snprintf (path, sizeof path, "%s/%s", closed, name);
      fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      snprintf (what, sizeof what, "a name of %d bytes in a closed door is answered", length);
      control (fd < 0 && answers (fd, errno), what);
      snprintf (path, sizeof path, "%s/%s", arg ("home"), name);
      snprintf (what, sizeof what, "a name of %d bytes at the top of Home is answered", length);
      control (answers (stat (path, &st), errno), what);
    }

  for (int length = PATH_MAX - 3; length <= PATH_MAX + 3; length++)
    {
      size_t at;
      char what[80];

      for (int i = 0; i < 2; i++)
        {
          at = (size_t)snprintf (path, sizeof path, "%s", i ? closed : root);
          while (at < (size_t)length)
            path[at] = at % 200 == 0 ? '/' : 'p', at++;
          path[length] = '\0';
          snprintf (what, sizeof what, "a path of %d bytes %s is answered", length,
                    i ? "in a closed door" : "in the granted tree");
          control (answers (stat (path, &st), errno) && answers (open (path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600), errno),
                   what);
        }
    }
  errno = 0;
  made = go_deep (root, depth, "d");
  printf ("# %d levels made in the granted tree\n", made);
  control (made >= 0 && made >= depth, "a deep tree in the granted tree");
  removed = remove_deep (root, "d");
  control (removed >= made, "and removed again");
  errno = 0;
  made = go_deep (closed, depth, "d");
  attack (made > 0, "a tree in a closed door");
  return 0;
}
