/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The command line of `postern run`. Pure. */
typedef struct
{
  const char *app;     /* (nullable) */
  const char *profile; /* (nullable) */
  gboolean print_plan;
  gboolean strict;
  gboolean x11;
  gboolean wayland;
  gboolean bus; /* the message buses, through the proxy */
  gboolean help;
  char **command; /* the rest of argv, NULL-ended; at least one word unless help */
} PstOptions;

/* Options end at "--" or at the first word that is none: what follows is the command's, whatever it looks like. The result
 * borrows from @argv. */
gboolean pst_options_parse (int argc, char **argv, PstOptions *out, GError **error);

#define PST_OPTIONS_ERROR (pst_options_error_quark ())
GQuark pst_options_error_quark (void);

G_END_DECLS
