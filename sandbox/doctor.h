/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What this system allows and forbids, as far as Postern needs it. The checks read a tree of files, so that systems which are
 * not at hand (Ubuntu with its AppArmor rule, a hardened Debian) can be tested from fixtures. */
typedef enum
{
  PST_FINDING_OK,
  PST_FINDING_NOTE,    /* works, but worth knowing */
  PST_FINDING_PROBLEM, /* nothing can be launched */
} PstFindingLevel;

typedef struct
{
  PstFindingLevel level;
  char *subject; /* "user namespaces" */
  char *state;   /* "available" */
  char *remedy;  /* (nullable): what to do */
} PstFinding;

void pst_finding_free (PstFinding *finding);

/* @root: "" for this system, or a directory that stands for "/". @kernel: "6.1.0-18-amd64". Returns: array of PstFinding, never
 * empty. */
GPtrArray *pst_doctor_examine (const char *root, const char *kernel);

/* Makes a user namespace in a child process. FALSE: it is refused, *error_number says how. */
gboolean pst_doctor_try_user_namespace (int *error_number);

/* Mounts a gate as a launch does, in a child process. FALSE: that cannot be done, *error_number says why. */
gboolean pst_doctor_try_gate (int *error_number);

/* The remedy for a refused user namespace on the system at @root. (transfer full) */
char *pst_doctor_user_namespace_remedy (const char *root, int error_number);

G_END_DECLS
