/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a build with the sanitizers has more than any other.
 *
 * A report must reach the test that started the program, also when the program has closed all that it had open, can open no
 * path any more, or has a standard error that nobody reads. So the file for reports is opened before main(), under a high
 * number, and pst_fd_close_from() spares it. It closes on exec: each program opens it for itself, and none that is not ours
 * gets it.
 *
 * A sanitizer's library remembers which process its descriptor is of, and in another one closes it and opens a name: it is told
 * again after each fork. The library for undefined behaviour is one by itself with GCC. It sets itself up when it has something
 * to say for the first time, and then has the other library close its descriptor; and the options for it are read from /proc,
 * which may be out of reach by then. So each library has a descriptor of its own, both are told whenever that one is about to
 * speak, and its options are compiled in.
 */
#include "pst-sanitized.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HIGH 600

typedef void (*SetReportFd) (void *fd);

int pst_sanitizer_fds[PST_SANITIZER_N_FDS] = { -1, -1 };
static SetReportFd set_address, set_undefined;

static SetReportFd
look_up (void *library)
{
  SetReportFd set = NULL;

  *(void **)&set = dlsym (library, "__sanitizer_set_report_fd");
  return set;
}

static int
find_undefined (struct dl_phdr_info *object, size_t size, void *data)
{
  void *library = NULL;

  if (strstr (object->dlpi_name, "/libubsan.so"))
    library = dlopen (object->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
  if (!library)
    return 0;
  set_undefined = look_up (library);
  dlclose (library);
  return 1;
}

void
pst_sanitizer_after_fork (void)
{
  if (pst_sanitizer_fds[0] >= 0 && set_address)
    set_address (GINT_TO_POINTER (pst_sanitizer_fds[0]));
}

__attribute__ ((constructor)) static void
open_reports (void)
{
  const char *path = getenv (PST_SANITIZER_REPORTS);
  int fd = path ? open (path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC) : -1;

  if (fd < 0)
    return;
  for (int i = 0; i < PST_SANITIZER_N_FDS; i++)
    pst_sanitizer_fds[i] = fcntl (fd, F_DUPFD_CLOEXEC, HIGH + i);
  close (fd);
  dl_iterate_phdr (find_undefined, NULL);
  set_address = look_up (RTLD_DEFAULT);
  if (set_address == set_undefined)
    set_address = NULL;
  pst_sanitizer_after_fork ();
  pthread_atfork (NULL, NULL, pst_sanitizer_after_fork);
}

/* ---- what the libraries look for in the program ---- */

#define FOR_LIBRARIES __attribute__ ((used, visibility ("default")))

FOR_LIBRARIES void __ubsan_on_report (void);
FOR_LIBRARIES const char *__ubsan_default_options (void);
FOR_LIBRARIES const char *__asan_default_options (void);
FOR_LIBRARIES const char *__lsan_default_suppressions (void);

void
__ubsan_on_report (void)
{
  if (pst_sanitizer_fds[1] < 0 || !set_undefined)
    return;
  set_undefined (GINT_TO_POINTER (pst_sanitizer_fds[1]));
  if (fcntl (pst_sanitizer_fds[0], F_GETFD) < 0)
    pst_sanitizer_fds[0] = fcntl (pst_sanitizer_fds[1], F_DUPFD_CLOEXEC, HIGH);
  pst_sanitizer_after_fork ();
}

const char *
__ubsan_default_options (void)
{
  return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

/* What was suppressed is no news: a file for reports that is not empty fails the test. */
const char *
__asan_default_options (void)
{
  return "print_suppressions=0";
}

/* Fontconfig's patterns point by offsets, which the leak sanitizer does not follow: what is still in use looks lost. */
const char *
__lsan_default_suppressions (void)
{
  return "leak:libfontconfig.so\n";
}
