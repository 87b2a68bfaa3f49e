/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sheet-lines.h"

G_BEGIN_DECLS

/* What a person's answer to a sheet becomes: rules, and that the sheet has been answered; all of it in one transaction, or
 * nothing. @sandbox: of the start. @lines: of PstSheetLine. @on: ab, one for each. @folder: (nullable): the one that was
 * picked, for @access, as it was @found. */
gboolean pst_sheet_store (PstSandbox *sandbox, const GPtrArray *lines, GVariant *on, const char *folder, PstAccess access,
                          const PstGrantable *found, GError **error);

G_END_DECLS
