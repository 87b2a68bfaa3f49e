/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* What a packager says that an application wants, for the sheet of its first start. Only a wish: it allows nothing, and what it
 * is called before a person is never the packager's word. Pure. */
typedef struct
{
  PstKind kind;     /* files or bus */
  char *resource;   /* as written: "xdg:PICTURES", "~/Projects", "/srv/media", "session:org.freedesktop.secrets" */
  PstAccess access; /* files: view, change, save; bus: talk */
} PstWant;

/* More than these are not even looked at; a sheet has far fewer lines. */
#define PST_MAX_WANTS 32

/* NULL for what can be no want; *problem (transfer none), then, says what is wrong with it. (transfer full) */
PstWant *pst_want_new (const char *resource, const char *access, const char **problem);
void pst_want_free (PstWant *want);

/* The value of a desktop file's X-Postern-Wants=: "xdg:PICTURES=view;session:org.freedesktop.secrets=talk;". What cannot be
 * understood is left out, and so is what comes after PST_MAX_WANTS words. (transfer full) (nullable element-type PstWant) */
GPtrArray *pst_wants_parse (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstWant, pst_want_free)

G_END_DECLS
