/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "grantable.h"

G_BEGIN_DECLS

/* What the sheet of a first start offers: of all that a packager wants for an application, what a person could be asked about
 * now, in our words. */
#define PST_SHEET_MAX_LINES 5

typedef struct
{
  PstKind kind;
  char *resource; /* as a rule has it */
  PstScope scope;
  PstAccess access;
  PstGrantable found; /* of files: what was there when it was shown */
  char *label;        /* "View your Pictures" */
  char *detail;       /* "~/Pictures", or what a service can do */
  const char *icon;   /* a themed name */
  gboolean on;        /* the administrator allows it as long as the person says nothing else */
} PstSheetLine;

/* Does anybody say that the application wants anything? Cheap: every launch asks. */
gboolean pst_sheet_wants_any (const PstSandbox *sandbox);

/* (transfer full) (element-type PstSheetLine): perhaps empty. Left out: what is decided already, the protected set, dot
 * entries, whole homes and file systems, what is not there, services that are never given by a question or that nobody knows,
 * all services for a sandbox without a message bus, all files for one that is kept to one folder; and what comes after the
 * fifth. Needs the sandbox's ruleset. */
GPtrArray *pst_sheet_lines_new (PstSandbox *sandbox, gboolean has_bus);
void pst_sheet_line_free (PstSheetLine *line);

/* The packager's reason, made fit to stand between “ and ”: it cannot close the quotation. (transfer full) */
char *pst_sheet_quotable (const char *reason, gsize max_chars);

G_END_DECLS
