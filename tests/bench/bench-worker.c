/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker of the benchmarks: does one measured pass of work at a time, wherever it was started.
 *
 * The controller (pst_bench.py) starts one worker natively and one in a sandbox, and gives each in turn the same command on
 * standard input, one a line; each answers with one line on standard output. So both sides run the same machine code, on the
 * same files, within the same seconds, and start-up is in no figure. Times are CLOCK_MONOTONIC, which all namespaces share.
 *
 *   pass FIGURE DIR N      seconds of one pass of FIGURE over DIR, N items each (see figures[])
 *   prepare DIR N MIB      DIR/small/f000000…, DIR/big, DIR/new
 *   open PATH FLAGS        open(2) and close; "errno start end"; may wait for a person. FLAGS: r, rw, c (create)
 *   until-denied PATH      opens and closes again and again until that fails (or 10 s are over); "errno time"
 *   hold PATH              a child opens PATH and waits in the question; "pid"
 *   kill                   SIGKILL to that child; "seconds" until it has been reaped
 *   walk DIR               every entry below DIR is stat'ed, every directory listed; "entries errno"
 *   fill DIR DIRS FILES    DIRS directories of FILES empty files each
 *
 * An answer that begins with "!" is a failure. No GLib: it must run in the sandbox as it is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define CHUNK (128 * 1024)
#define PATH_SIZE 4352

static char chunk[CHUNK];
static pid_t held = -1;

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
make_file (const char *path, size_t size)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  if (fd < 0)
    return -1;
  while (size > 0)
    {
      ssize_t n = write (fd, chunk, size < CHUNK ? size : CHUNK);

      if (n <= 0)
        {
          close (fd);
          return -1;
        }
      size -= (size_t)n;
    }
  return close (fd);
}

/* A pass returns 0, or -1 with errno set. */

static int
pass_open_read_close (const char *dir, int n)
{
  char path[PATH_SIZE], buffer[BLOCK];

  for (int i = 0; i < n; i++)
    {
      int fd;

      snprintf (path, sizeof path, "%s/small/f%06d", dir, i);
      fd = open (path, O_RDONLY | O_CLOEXEC);
      if (fd < 0)
        return -1;
      if (read (fd, buffer, sizeof buffer) != BLOCK)
        {
          close (fd);
          return -1;
        }
      close (fd);
    }
  return 0;
}

static int
pass_stat (const char *dir, int n)
{
  char path[PATH_SIZE];
  struct stat st;

  for (int i = 0; i < n; i++)
    {
      snprintf (path, sizeof path, "%s/small/f%06d", dir, i);
      if (stat (path, &st) != 0)
        return -1;
    }
  return 0;
}

static int
pass_readdir (const char *dir, int n)
{
  char path[PATH_SIZE];
  struct dirent *entry;
  int seen = 0;
  DIR *d;

  snprintf (path, sizeof path, "%s/small", dir);
  d = opendir (path);
  if (d == NULL)
    return -1;
  while ((entry = readdir (d)) != NULL)
    seen += entry->d_name[0] == 'f';
  closedir (d);
  errno = ENODATA;
  return seen == n ? 0 : -1;
}

/* n MiB */
static int
pass_read (const char *dir, int n)
{
  char path[PATH_SIZE];
  uint64_t total = 0;
  ssize_t got;
  int fd;

  snprintf (path, sizeof path, "%s/big", dir);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  while ((got = read (fd, chunk, CHUNK)) > 0)
    total += (uint64_t)got;
  close (fd);
  errno = ENODATA;
  return total == (uint64_t)n << 20 ? 0 : -1;
}

/* Both sides work in the same directory, one after the other: nothing but the way to it differs. */
static int
pass_create_unlink (const char *dir, int n)
{
  char path[PATH_SIZE];

  for (int i = 0; i < n; i++)
    {
      int fd;

      snprintf (path, sizeof path, "%s/new/c%06d", dir, i);
      fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
      if (fd < 0)
        return -1;
      close (fd);
      if (unlink (path) != 0)
        return -1;
    }
  return 0;
}

static int
pass_write_fsync (const char *dir, int n)
{
  char path[PATH_SIZE];
  int fd, rc = 0;

  snprintf (path, sizeof path, "%s/new/written", dir);
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    return -1;
  /* over the same blocks again: allocation would add the journal's mood of the moment */
  for (int i = 0; i < n && rc == 0; i++)
    if (pwrite (fd, chunk, BLOCK, (off_t)(i % 64) * BLOCK) != BLOCK || fsync (fd) != 0)
      rc = -1;
  close (fd);
  return rc;
}

/* DIR is a path that is answered with a refusal: anything else is a failure of the pass. */
static int
pass_denied (const char *dir, int n)
{
  for (int i = 0; i < n; i++)
    {
      int fd = open (dir, O_RDONLY | O_CLOEXEC);

      if (fd >= 0)
        {
          close (fd);
          errno = 0;
          return -1;
        }
      if (errno != EACCES)
        return -1;
    }
  return 0;
}

static const struct
{
  const char *name;
  int (*run) (const char *dir, int n);
} figures[] = {
  { "open_read_close", pass_open_read_close },
  { "stat", pass_stat },
  { "readdir", pass_readdir },
  { "read", pass_read },
  { "create_unlink", pass_create_unlink },
  { "write_fsync", pass_write_fsync },
  { "denied", pass_denied },
};

static void
say_error (const char *what)
{
  printf ("! %s: %s\n", what, strerror (errno));
}

static void
do_pass (const char *figure, const char *dir, int n)
{
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
    if (strcmp (figures[i].name, figure) == 0)
      {
        double start = now ();

        if (figures[i].run (dir, n) == 0)
          printf ("%.9f\n", now () - start);
        else
          say_error (figure);
        return;
      }
  printf ("! no such figure: %s\n", figure);
}

static void
do_prepare (const char *dir, int n, int mib)
{
  char path[PATH_SIZE];
  const char *const subs[] = { "", "/small", "/new" };

  for (size_t i = 0; i < 3; i++)
    {
      snprintf (path, sizeof path, "%s%s", dir, subs[i]);
      if (mkdir (path, 0755) != 0 && errno != EEXIST)
        {
          say_error (path);
          return;
        }
    }
  for (int i = 0; i < n; i++)
    {
      snprintf (path, sizeof path, "%s/small/f%06d", dir, i);
      if (make_file (path, BLOCK) != 0)
        {
          say_error (path);
          return;
        }
    }
  snprintf (path, sizeof path, "%s/big", dir);
  if (make_file (path, (size_t)mib << 20) != 0)
    say_error (path);
  else
    puts ("ok");
}

static void
do_fill (const char *dir, int dirs, int files)
{
  char path[PATH_SIZE];

  for (int d = 0; d < dirs; d++)
    {
      snprintf (path, sizeof path, "%s/d%04d", dir, d);
      if (mkdir (path, 0755) != 0)
        {
          say_error (path);
          return;
        }
      for (int f = 0; f < files; f++)
        {
          snprintf (path, sizeof path, "%s/d%04d/f%04d", dir, d, f);
          if (make_file (path, 0) != 0)
            {
              say_error (path);
              return;
            }
        }
    }
  puts ("ok");
}

static void
do_open (const char *path, const char *how)
{
  int flags = strcmp (how, "rw") == 0 ? O_RDWR : strcmp (how, "c") == 0 ? O_RDWR | O_CREAT : O_RDONLY;
  double start = now ();
  int fd = open (path, flags | O_CLOEXEC, 0644);
  int error = fd < 0 ? errno : 0;

  printf ("%d %.9f %.9f\n", error, start, now ());
  if (fd >= 0)
    close (fd);
}

static void
do_until_denied (const char *path)
{
  double end = now () + 10;
  int error = 0;

  while (error == 0 && now () < end)
    {
      int fd = open (path, O_RDONLY | O_CLOEXEC);

      if (fd >= 0)
        close (fd);
      else
        error = errno;
    }
  printf ("%d %.9f\n", error, now ());
}

static void
do_hold (const char *path)
{
  fflush (stdout);
  held = fork ();
  if (held == 0)
    {
      int fd = open (path, O_RDONLY | O_CLOEXEC);

      _exit (fd >= 0 ? 0 : 1);
    }
  if (held < 0)
    say_error ("fork");
  else
    printf ("%d\n", (int)held);
}

static void
do_kill (void)
{
  double start = now ();
  int status;

  if (held <= 0 || kill (held, SIGKILL) != 0 || waitpid (held, &status, 0) != held)
    say_error ("kill");
  else if (!WIFSIGNALED (status))
    printf ("! it had ended by itself, status %d\n", WEXITSTATUS (status));
  else
    printf ("%.9f\n", now () - start);
  held = -1;
}

/* Depth first, one open directory for each level. Returns the number of entries; *error is the first errno. */
static long
walk (const char *dir, int *error)
{
  char path[PATH_SIZE];
  struct dirent *entry;
  struct stat st;
  long count = 0;
  DIR *d = opendir (dir);

  if (d == NULL)
    {
      if (*error == 0)
        *error = errno;
      return 0;
    }
  while ((entry = readdir (d)) != NULL)
    {
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      count++;
      if (snprintf (path, sizeof path, "%s/%s", dir, entry->d_name) >= (int)sizeof path)
        continue;
      if (lstat (path, &st) != 0)
        {
          if (*error == 0)
            *error = errno;
        }
      else if (S_ISDIR (st.st_mode))
        count += walk (path, error);
    }
  closedir (d);
  return count;
}

int
main (void)
{
  char line[PATH_SIZE + 64], verb[32], a[PATH_SIZE], b[PATH_SIZE];
  int error;

  for (size_t i = 0; i < CHUNK; i++)
    chunk[i] = (char)(i * 2654435761u >> 13);
  setvbuf (stdout, NULL, _IOLBF, 0);
  puts ("ready");
  while (fgets (line, sizeof line, stdin) != NULL)
    {
      int n = 0, m = 0, words;

      a[0] = b[0] = '\0';
      /* the paths are the controller's own and hold no blanks */
      words = sscanf (line, "%31s %4351s %4351s %d", verb, a, b, &m);
      if (words >= 3)
        n = atoi (b);
      if (words == 4 && strcmp (verb, "pass") == 0)
        do_pass (a, b, m);
      else if (words == 4 && strcmp (verb, "prepare") == 0)
        do_prepare (a, n, m);
      else if (words == 4 && strcmp (verb, "fill") == 0)
        do_fill (a, n, m);
      else if (words == 3 && strcmp (verb, "open") == 0)
        do_open (a, b);
      else if (words == 2 && strcmp (verb, "until-denied") == 0)
        do_until_denied (a);
      else if (words == 2 && strcmp (verb, "hold") == 0)
        do_hold (a);
      else if (words == 1 && strcmp (verb, "kill") == 0)
        do_kill ();
      else if (words == 2 && strcmp (verb, "walk") == 0)
        {
          long count;

          error = 0;
          count = walk (a, &error);
          printf ("%ld %d\n", count, error);
        }
      else
        printf ("! not understood: %s", line);
    }
  return 0;
}
