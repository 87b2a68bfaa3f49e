/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "body-pipe.h"
#include "confine.h"
#include "decider-fd.h"
#include "loop.h"
#include "options.h"
#include "postern-config.h"
#include "postern.h"
#include "pst-fd.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* postern-dbus-proxy: started by hand, by Flatpak, or by whoever starts xdg-dbus-proxy. It opens its sockets, confines itself,
 * and only then says that it is ready. */

static void
usage (FILE *file)
{
  fputs ("usage: postern-dbus-proxy [OPTIONS...] [ADDRESS PATH [OPTIONS...] ...]\n\n"
         "Options:\n"
         "    --help                       Print this help\n"
         "    --version                    Print version\n"
         "    --fd=FD                      Stop when FD is closed\n"
         "    --args=FD                    Read arguments from FD\n"
         "    --ask-fd=FD                  Ask there, in lines, what --ask names\n\n"
         "Proxy Options:\n"
         "    --filter                     Enable filtering\n"
         "    --log                        Turn on logging\n"
         "    --sloppy-names               Report name changes for unique names\n"
         "    --see=NAME                   Set 'see' policy for NAME\n"
         "    --talk=NAME                  Set 'talk' policy for NAME\n"
         "    --own=NAME                   Set 'own' policy for NAME\n"
         "    --call=NAME=RULE             Set RULE for calls on NAME\n"
         "    --broadcast=NAME=RULE        Set RULE for broadcasts from NAME\n"
         "    --ask=NAME                   Ask before anything is sent to NAME\n"
         "    --ask-undecided              Ask for every name that no option names\n"
         "    --deny=NAME                  Refuse NAME, whatever a wildcard allows\n",
         file);
}

static void
on_sync (PstSource *source, guint32 events)
{
  if ((events & (EPOLLHUP | EPOLLERR)) == 0)
    return;
  pst_servers_unlink ();
  fflush (stdout);
  _exit (0);
}

static void
on_idle (void)
{
  pst_clients_on_idle ();
  pst_servers_on_idle ();
}

static PstBus *
bus_new (const PstBusOption *option, guint number, const PstDecider *decider)
{
  PstBus *bus = g_new0 (PstBus, 1);

  bus->number = number;
  bus->policy = option->policy;
  bus->decider = decider;
  bus->addresses = pst_bus_address_list (option->address);
  if (bus->addresses == NULL)
    fprintf (stderr, "“%s” names no unix socket\n", option->address);
  else if (!pst_server_start (option->path, bus))
    fprintf (stderr, "Failed to start proxy for %s: %s\n", option->address, g_strerror (errno));
  else
    return bus;
  g_clear_pointer (&bus->addresses, g_array_unref);
  g_free (bus);
  return NULL;
}

/* The supervisor's link is descriptor 3, and there are no others. */
static int
serve_sandbox (void)
{
  const char *what;

  signal (SIGPIPE, SIG_IGN);
  pst_fd_own_stderr ();
  mallopt (M_ARENA_MAX, 1);
  pst_loop_init ();
  pst_loop_set_idle (on_idle);
  pst_body_pipes_try ();
  if (!pst_confine_handed (&what))
    {
      fprintf (stderr, "postern-dbus-proxy could not %s: %s\n", what, g_strerror (errno));
      return EXIT_FAILURE;
    }
  pst_postern_start (3);
  pst_loop_run ();
}

int
main (int argc, char **argv)
{
  static PstSource sync_source = { .fd = -1, .ready = on_sync };
  const PstDecider *decider = NULL;
  g_autofree char *error = NULL;
  PstOptions options;
  const char *what;

  if (argc == 2 && strcmp (argv[1], "--postern") == 0)
    return serve_sandbox ();
  if (argc == 1)
    {
      usage (stderr);
      return EXIT_FAILURE;
    }
  if (!pst_options_parse (&options, argc - 1, (const char *const *)argv + 1, &error))
    {
      fprintf (stderr, "%s\n", error);
      pst_options_clear (&options);
      return EXIT_FAILURE;
    }
  if (options.help)
    {
      usage (stdout);
      return EXIT_SUCCESS;
    }
  if (options.version)
    {
      printf ("postern-dbus-proxy %s\n", PST_VERSION);
      return EXIT_SUCCESS;
    }

  signal (SIGPIPE, SIG_IGN);
  setvbuf (stdout, NULL, _IOLBF, BUFSIZ);
  mallopt (M_ARENA_MAX, 1);
  pst_loop_init ();
  pst_loop_set_idle (on_idle);
  if (options.ask_fd >= 0)
    decider = pst_decider_fd_new_take_fd (options.ask_fd);
  for (guint i = 0; i < options.buses->len; i++)
    if (bus_new (g_ptr_array_index (options.buses, i), i, decider) == NULL)
      return EXIT_FAILURE;
  pst_body_pipes_try ();
  if (!pst_confine (&what))
    {
      fprintf (stderr, "postern-dbus-proxy could not %s: %s\n", what, g_strerror (errno));
      return EXIT_FAILURE;
    }
  if (options.sync_fd >= 0)
    {
      if (write (options.sync_fd, "x", 1) != 1)
        fprintf (stderr, "postern-dbus-proxy: nobody is told that it is ready: %s\n", g_strerror (errno));
      sync_source.fd = options.sync_fd;
      /* hang-ups are told in any case; what is written there is not read */
      pst_source_watch (&sync_source, EPOLLET | EPOLLHUP);
    }
  pst_loop_run ();
}
