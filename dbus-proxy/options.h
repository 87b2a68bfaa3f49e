/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "policy.h"

G_BEGIN_DECLS

typedef struct
{
  char *address, *path;
  PstBusPolicy *policy;
} PstBusOption;

typedef struct
{
  gboolean help, version;
  int sync_fd;      /* -1: none */
  int ask_fd;       /* -1: none */
  GPtrArray *buses; /* of PstBusOption */
} PstOptions;

/* Parses the arguments after the program's name. FALSE with one sentence in *@error. Reads what --args=FD names; otherwise
 * pure. */
gboolean pst_options_parse (PstOptions *options, int n, const char *const *arguments, char **error);
void pst_options_clear (PstOptions *options);

G_END_DECLS
