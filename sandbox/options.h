/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is said of the message buses. */
typedef enum
{
  PST_OPTIONS_BUS_IF_ANY, /* nothing: those that the host has, unless the profile leaves them out */
  PST_OPTIONS_BUS_NEEDED, /* --bus: there has to be one, whatever the profile says */
  PST_OPTIONS_BUS_NONE,   /* --no-bus */
} PstOptionsBus;

/* The command line of `postern run`. Pure. */
typedef struct
{
  const char *app;       /* (nullable) */
  const char *profile;   /* (nullable) */
  const char *only;      /* (nullable): the one directory that it is given */
  gboolean view, change; /* … and for what; one of them with only */
  gboolean print_plan;
  gboolean strict;
  gboolean x11;
  gboolean wayland;
  PstOptionsBus bus;
  gboolean help;
  char **command; /* the rest of argv, NULL-ended; at least one word unless help */
} PstOptions;

/* Options end at "--" or at the first word that is none: what follows is the command's, whatever it looks like. The result
 * borrows from @argv. */
gboolean pst_options_parse (int argc, char **argv, PstOptions *out, GError **error);

#define PST_OPTIONS_ERROR (pst_options_error_quark ())
GQuark pst_options_error_quark (void);

G_END_DECLS
