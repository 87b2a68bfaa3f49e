/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "Line N: …. Nothing has been imported." Returns: FALSE. */
gboolean pst_import_refuse (GError **error, guint line, const char *format, ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
