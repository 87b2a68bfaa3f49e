/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern doctor: can Postern work here, and if not, what to do. */
#include "broker-connect.h"
#include "bus-address.h"
#include "cli-commands.h"
#include "cli-control.h"
#include "cli-output.h"
#include "cli.h"
#include "doctor.h"
#include "postern-ipc.h"
#include "pst-programs.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

static guint n_problems;

static void
report (PstFindingLevel level, const char *subject, const char *state, const char *remedy)
{
  static const char *const words[] = { N_ ("ok"), N_ ("note"), N_ ("problem") };
  g_autofree char *shown = pst_text_for_display (state, 300);

  pst_cli_print_column (_ (words[level]), 8);
  pst_cli_print_column (subject, 20);
  puts (shown);
  if (remedy != NULL)
    printf ("%*s→ %s\n", 8 + 1 + 20 + 1, "", remedy);
  n_problems += level == PST_FINDING_PROBLEM;
}

static void
report_programs (void)
{
  static const char *const names[] = { "postern-broker", "postern-fusefs", "postern-dbus-proxy", "postern-agent",
                                       "postern-agent-tty" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = pst_program_find (names[i]);

      if (access (path, X_OK) != 0)
        report (PST_FINDING_PROBLEM, names[i], _ ("not installed"), _ ("Install Postern again, or build it with ./dev build."));
    }
}

/* What a launch would hand in. */
static void
report_buses (void)
{
  PstBusAddress address;
  gboolean session = pst_bus_address_session (&address), system = pst_bus_address_system (&address);

  if (session || system)
    report (PST_FINDING_OK, _ ("message buses"),
            session && system ? _ ("session and system")
            : session         ? _ ("session")
                              : _ ("system"),
            NULL);
  else
    report (
        PST_FINDING_NOTE, _ ("message buses"), _ ("none; applications are started without"),
        _ ("Log in to a desktop session, or set DBUS_SESSION_BUS_ADDRESS, if they need notifications, passwords or the like."));
}

static void
report_broker (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *socket = pst_broker_socket_path (&error);
  g_autoptr (PstPeer) peer = NULL;
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariant) status = NULL;
  g_autofree char *agents_text = NULL;
  g_auto (GStrv) agents = NULL;
  const char *database = "";
  gboolean intent = FALSE;

  if (socket == NULL)
    {
      report (PST_FINDING_PROBLEM, _ ("runtime directory"), error->message,
              _ ("Log in to a desktop session, or set XDG_RUNTIME_DIR."));
      return;
    }
  peer = pst_cli_connect (&error);
  if (peer != NULL)
    reply = pst_peer_call_sync (peer, PST_CONTROL_GET_STATUS, NULL, NULL, 0, 10000, &error);
  if (reply == NULL || !pst_message_check (reply, PST_CONTROL_GET_STATUS_OUT, &error))
    {
      pst_broker_explain (&error);
      report (PST_FINDING_PROBLEM, _ ("broker"), error->message,
              _ ("Look into that file; ending the broker starts it anew (pkill postern-broker)."));
      return;
    }
  report (PST_FINDING_OK, _ ("broker"), _ ("running"), NULL);
  status = g_variant_get_child_value (reply->args, 0);
  if (g_variant_lookup (status, "database", "&s", &database))
    {
      gboolean fine = g_strcmp0 (database, "ok") == 0;

      report (fine ? PST_FINDING_OK : PST_FINDING_PROBLEM, _ ("grants"), database,
              fine ? NULL
                   : _ ("It was left as it is. Make it readable and writable, put back a copy of it, or move it away to start "
                        "anew."));
    }
  if (g_variant_lookup (status, "agents", "^as", &agents) && agents[0] != NULL)
    agents_text = g_strjoinv (", ", agents);
  if (agents_text != NULL)
    report (PST_FINDING_OK, _ ("agent"), agents_text, NULL);
  else if (g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL)
    report (PST_FINDING_OK, _ ("agent"), _ ("starts with the first application"), NULL);
  else
    report (PST_FINDING_NOTE, _ ("agent"), _ ("no display; questions are asked on the terminal"), NULL);
  if (g_variant_lookup (status, "intent", "b", &intent))
    report (intent ? PST_FINDING_OK : PST_FINDING_NOTE, _ ("intent"), intent ? _ ("readable") : _ ("not readable"),
            intent ? NULL : _ ("Questions name the first file that an application reaches for, not what it does with it."));
}

int
pst_cli_doctor_main (int argc, char **argv)
{
  g_autoptr (GPtrArray) findings = NULL;
  struct utsname system;
  int status, refused = 0;

  if (!pst_cli_parse (&argc, &argv, NULL, "", _ ("Looks whether Postern can work here, and says what to do where it cannot."),
                      &status))
    return status;
  if (argc > 1)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("takes no arguments"));

  uname (&system);
  if (getuid () == 0)
    report (PST_FINDING_PROBLEM, _ ("user"), "root", _ ("Start Postern as the user whose files it is to protect."));
  findings = pst_doctor_examine ("", system.release);
  for (guint i = 0; i < findings->len; i++)
    {
      const PstFinding *finding = g_ptr_array_index (findings, i);

      report (finding->level, finding->subject, finding->state, finding->remedy);
    }
  if (!pst_doctor_try_user_namespace (&refused))
    {
      g_autofree char *remedy = pst_doctor_user_namespace_remedy ("", refused);
      g_autofree char *state = g_strdup_printf (_ ("trying one failed: %s"), g_strerror (refused));

      report (PST_FINDING_PROBLEM, _ ("user namespaces"), state, remedy);
    }
  else if (getuid () != 0 && !pst_doctor_try_gate (&refused))
    {
      g_autofree char *state = g_strdup_printf (_ ("mounting one failed: %s"), g_strerror (refused));

      report (PST_FINDING_PROBLEM, _ ("gate"), state,
              _ ("If nothing above explains it, a policy (SELinux, AppArmor, a container) forbids FUSE in user namespaces; "
                 "allow it "
                 "for Postern."));
    }
  else if (getuid () != 0)
    report (PST_FINDING_OK, _ ("gate"), _ ("can be mounted"), NULL);
  report_programs ();
  report_buses ();
  if (getuid () != 0)
    report_broker ();
  printf ("%s\n",
          n_problems == 0 ? _ ("Postern can work here.") : _ ("Postern cannot launch anything until the problems are solved."));
  return n_problems == 0 ? 0 : 1;
}
