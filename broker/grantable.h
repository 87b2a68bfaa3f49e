/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Something that a person, or a packager, named before the application reached for it: may it be given on one word? What a
 * question would warn of, or would not offer at all, may not. */
typedef struct
{
  char *real; /* no component of it a symbolic link */
  gboolean is_dir;
  guint64 device, inode;
} PstGrantable;

/* NULL, and @out is filled in; or the sentence that says why not (transfer full). @named: the person wrote this path down, so
 * that of refusals only those of the administrator stand against it. Needs the sandbox's ruleset. */
char *pst_grantable_check (PstSandbox *sandbox, const char *path, PstAccess access, gboolean need_dir, gboolean named,
                           PstGrantable *out);
/* Is the same thing still there? */
gboolean pst_grantable_unchanged (const char *path, const PstGrantable *grantable);
void pst_grantable_clear (PstGrantable *grantable);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PstGrantable, pst_grantable_clear)

G_END_DECLS
