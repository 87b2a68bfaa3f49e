/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <glib/gi18n.h>
#include <string.h>

G_DEFINE_QUARK (pst - options - error - quark, pst_options_error)

/* The value of "--name=value" or "--name value"; NULL if @argv[*i] is another option or the value is missing (then @error is
 * set). */
static const char *
take_value (const char *name, char **argv, int *i, GError **error)
{
  gsize n = strlen (name);

  if (strncmp (argv[*i], name, n) != 0 || (argv[*i][n] != '\0' && argv[*i][n] != '='))
    return NULL;
  if (argv[*i][n] == '=' && argv[*i][n + 1] != '\0')
    return argv[*i] + n + 1;
  if (argv[*i][n] == '\0' && argv[*i + 1] && *argv[*i + 1])
    return argv[++*i];
  g_set_error (error, PST_OPTIONS_ERROR, 0, _ ("option %s needs a value"), name);
  return NULL;
}

gboolean
pst_options_parse (int argc, char **argv, PstOptions *out, GError **error)
{
  int i;

  memset (out, 0, sizeof *out);
  for (i = 1; i < argc && argv[i][0] == '-'; i++)
    {
      GError *missing = NULL;
      const char *value;

      if (strcmp (argv[i], "--") == 0)
        {
          i++;
          break;
        }
      if (strcmp (argv[i], "--help") == 0 || strcmp (argv[i], "-h") == 0)
        {
          out->help = TRUE;
          return TRUE;
        }
      if (strcmp (argv[i], "--print-plan") == 0)
        out->print_plan = TRUE;
      else if (strcmp (argv[i], "--view") == 0)
        out->view = TRUE;
      else if (strcmp (argv[i], "--change") == 0)
        out->change = TRUE;
      else if (strcmp (argv[i], "--strict") == 0)
        out->strict = TRUE;
      else if (strcmp (argv[i], "--x11=host") == 0)
        out->x11 = TRUE;
      else if (strcmp (argv[i], "--wayland=host") == 0)
        out->wayland = TRUE;
      else if (strcmp (argv[i], "--bus") == 0)
        out->bus = PST_OPTIONS_BUS_NEEDED;
      else if (strcmp (argv[i], "--no-bus") == 0)
        out->bus = PST_OPTIONS_BUS_NONE;
      else if ((value = take_value ("--app", argv, &i, &missing)))
        out->app = value;
      else if (!missing && (value = take_value ("--profile", argv, &i, &missing)))
        out->profile = value;
      else if (!missing && !out->only && (value = take_value ("--only", argv, &i, &missing)))
        out->only = value;
      else
        {
          g_autofree char *shown = g_strescape (argv[i], NULL);

          if (missing)
            g_propagate_error (error, missing);
          else if (out->only && g_str_has_prefix (argv[i], "--only"))
            g_set_error_literal (error, PST_OPTIONS_ERROR, 0,
                                 _ ("option --only is given twice: it names the one folder that there is"));
          else if (g_str_has_prefix (argv[i], "--x11") || g_str_has_prefix (argv[i], "--wayland"))
            g_set_error (error, PST_OPTIONS_ERROR, 0, _ ("option %s: only \"host\" can be asked for"), shown);
          else
            g_set_error (error, PST_OPTIONS_ERROR, 0, _ ("unknown option %s (a command that starts with a dash goes after --)"),
                         shown);
          return FALSE;
        }
    }
  if (out->only ? out->view == out->change : out->view || out->change)
    {
      g_set_error_literal (error, PST_OPTIONS_ERROR, 0,
                           out->only ? _ ("option --only needs either --view or --change beside it")
                                     : _ ("options --view and --change go with --only FOLDER"));
      return FALSE;
    }
  if (i >= argc || !*argv[i])
    {
      g_set_error_literal (error, PST_OPTIONS_ERROR, 0, _ ("no command given"));
      return FALSE;
    }
  out->command = argv + i;
  return TRUE;
}
