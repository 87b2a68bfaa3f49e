/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "postern-config.h"

#include "pst-manager-window.h"
#include "pst-programs.h"

#include <glib/gi18n.h>
#include <unistd.h>

/* postern-settings [APP]: what applications may do, and what they did. */

static int
on_options (GApplication *application, GVariantDict *options, gpointer data)
{
  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("postern-settings %s\n", PST_VERSION);
      return 0;
    }
  if (g_variant_dict_contains (options, "new-window"))
    g_application_set_flags (application, g_application_get_flags (application) | G_APPLICATION_NON_UNIQUE);
  return -1;
}

static void
on_startup (GApplication *application, gpointer data)
{
  static const char *const undo_keys[] = { "<Primary>z", NULL }, *const search_keys[] = { "<Primary>f", NULL };

  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "win.undo", undo_keys);
  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "win.search", search_keys);
}

static void
on_activate (GApplication *application, gpointer data)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window == NULL)
    window = GTK_WINDOW (pst_manager_window_new (GTK_APPLICATION (application)));
  gtk_window_present (window);
}

static int
on_command_line (GApplication *application, GApplicationCommandLine *line, gpointer data)
{
  int argc;
  g_auto (GStrv) argv = g_application_command_line_get_arguments (line, &argc);

  if (argc > 2)
    {
      g_application_command_line_printerr (line, "%s\n", _ ("postern-settings: it takes one application at most."));
      return 2;
    }
  g_application_activate (application);
  if (argc == 2)
    pst_manager_window_show_app (PST_MANAGER_WINDOW (gtk_application_get_active_window (GTK_APPLICATION (application))),
                                 argv[1]);
  return 0;
}

int
main (int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "new-window", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Open a window of its own, even if there is one"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Show the version and exit"), NULL },
    { NULL },
  };
  g_autoptr (GtkApplication) application = NULL;

  pst_locale_set_up ();
  if (getuid () == 0)
    {
      g_printerr ("%s\n",
                  _ ("postern-settings: Postern does not run as root: start it as the user whose files it is to guard."));
      return 1;
    }
  g_set_application_name (_ ("Permissions"));
  application = gtk_application_new ("org.postern.Settings", G_APPLICATION_HANDLES_COMMAND_LINE);
  g_application_set_option_context_parameter_string (G_APPLICATION (application), _ ("[APPLICATION]"));
  g_application_set_option_context_summary (G_APPLICATION (application), _ ("Shows what applications may do, and changes it."));
  g_application_add_main_option_entries (G_APPLICATION (application), entries);
  g_signal_connect (application, "handle-local-options", G_CALLBACK (on_options), NULL);
  g_signal_connect_after (application, "startup", G_CALLBACK (on_startup), NULL);
  g_signal_connect (application, "activate", G_CALLBACK (on_activate), NULL);
  g_signal_connect (application, "command-line", G_CALLBACK (on_command_line), NULL);
  return g_application_run (G_APPLICATION (application), argc, argv);
}
