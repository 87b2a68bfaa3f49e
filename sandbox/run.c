/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern run: parse → prepare → launch → the program's own end. */
#include "cli.h"

#include "launch.h"
#include "pst-fd.h"
#include "supervisor.h"

#include <glib/gi18n.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
usage (FILE *out)
{
  fputs (
      _ ("Usage: postern run [OPTION…] [--] COMMAND [ARGUMENT…]\n"
         "\n"
         "Starts COMMAND in a sandbox that holds none of your files. When it reaches for some, you are asked.\n"
         "\n"
         "  --app ID          the application that it is, instead of the one found by its program\n"
         "  --profile FILE    what the application needs, from FILE, or a name: one-folder\n"
         "  --only FOLDER     give it this folder, for this run, and hide everything else without asking; with\n"
         "    --view            to look at it, or\n"
         "    --change          to change it as well\n"
         "  --strict          serve every grant through the gate, so that revoking cuts open files too\n"
         "  --x11=host        let it use your X11 display as it is (it can then watch and control the others on it)\n"
         "  --wayland=host    let it use your Wayland display as it is\n"
         "  --no-bus          keep the message buses out (otherwise each service that is more than harmless is asked for)\n"
         "  --bus             start nothing if there is no message bus\n"
         "  --print-plan      print how the sandbox would be built, and start nothing\n"
         "  --help\n"
         "\n"
         "The exit status is COMMAND’s; 123 if you did not let it start, 125 if the sandbox failed, 126 if COMMAND cannot be\n"
         "executed, 127 if it is not found.\n"),
      out);
}

/* All that the caller left open is nothing to us, and the first three are there whatever the caller closed. */
static void
settle_descriptors (void)
{
  int fd;

  pst_fd_close_from (3, NULL, 0);
  while ((fd = open ("/dev/null", O_RDWR)) >= 0 && fd < 3)
    ;
  if (fd >= 3)
    close (fd);
}

/* The three are the application's from the start, so none of them may open what would need a question: a directory of the host
 * (openat below it, and above) or a mere path descriptor, which can be opened anew. */
static gboolean
standard_are_harmless (GError **error)
{
  static const char *const sentences[] = {
    N_ ("standard input is a directory, which would be open to the application without a question; give it a file, a pipe or "
        "/dev/null"),
    N_ ("standard output is a directory, which would be open to the application without a question; give it a file, a pipe or "
        "/dev/null"),
    N_ ("standard error is a directory, which would be open to the application without a question; give it a file, a pipe or "
        "/dev/null"),
  };

  for (int i = 0; i < 3; i++)
    {
      int flags = fcntl (i, F_GETFL);
      struct stat st;

      if (flags >= 0 && !(flags & O_PATH) && fstat (i, &st) == 0 && !S_ISDIR (st.st_mode))
        continue;
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _ (sentences[i]));
      return FALSE;
    }
  return TRUE;
}

static int
print_plan (PstLaunch *launch)
{
  static const char *const names[] = { ".cache", ".config", ".local", NULL };
  /* What the broker would add. */
  PstPlanAnswer answer = { .machine_id = "00000000000000000000000000000000", .names = names };
  g_autoptr (PstPlan) late = pst_plan_build_late (&launch->input, &answer);
  g_autofree char *first = pst_plan_to_string (launch->early);
  g_autofree char *second = pst_plan_to_string (late);

  fputs (first, stdout);
  fputs (second, stdout);
  printf ("# message buses: %s\n", launch->input.session_bus && launch->input.system_bus ? "session, system"
                                   : launch->input.session_bus                           ? "session"
                                   : launch->input.system_bus                            ? "system"
                                   : launch->options.bus == PST_OPTIONS_BUS_NONE         ? "none, by --no-bus"
                                   : launch->no_bus                                      ? "none, by the profile"
                                                                                         : "none: the host has none");
  return fflush (stdout) == 0 ? 0 : PST_EXIT_FAILED;
}

/* Ends as the program did, at once: what this process still holds, it holds to its end. */
G_NORETURN static void
end_like (int status)
{
  struct rlimit no_core = { 0, 0 };
  sigset_t set;

  fflush (NULL);
  if (WIFEXITED (status))
    _exit (WEXITSTATUS (status));
  if (!WIFSIGNALED (status))
    _exit (PST_EXIT_FAILED);
  /* The program's core is its own; ours would say nothing. */
  setrlimit (RLIMIT_CORE, &no_core);
  signal (WTERMSIG (status), SIG_DFL);
  sigemptyset (&set);
  sigaddset (&set, WTERMSIG (status));
  kill (getpid (), WTERMSIG (status));
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  _exit (128 + WTERMSIG (status));
}

int
pst_cli_run_main (int argc, char **argv)
{
  PstLaunch launch = { 0 };
  g_autoptr (GError) error = NULL;
  int status;

  if (!pst_options_parse (argc, argv, &launch.options, &error))
    {
      g_autofree char *text = g_strdup_printf (_ ("%s; see postern run --help"), error->message);

      pst_supervisor_say (text);
      return PST_EXIT_USAGE;
    }
  if (launch.options.help)
    {
      usage (stdout);
      return 0;
    }
  settle_descriptors ();
  if (!standard_are_harmless (&error))
    {
      pst_supervisor_say (error->message);
      return PST_EXIT_FAILED;
    }
  if (!pst_launch_prepare (&launch, &status, &error))
    {
      pst_supervisor_say (error->message);
      pst_launch_clear (&launch);
      return status;
    }
  if (launch.options.print_plan)
    {
      status = print_plan (&launch);
      pst_launch_clear (&launch);
      return status;
    }
  if (launch.options.x11)
    pst_supervisor_say (_ ("warning: --x11=host lets the application see and control every window of this display"));
  if (launch.options.wayland)
    pst_supervisor_say (_ ("warning: --wayland=host hands the application your Wayland display as it is"));
  end_like (pst_launch_run (&launch));
}
