/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What comes from the broker as a{sv}, made safe to put before a person. */

/* *out: (transfer full): fit to show, "" if there is none. FALSE and @error for what is no string. */
gboolean pst_details_take_text (GVariant *details, const char *key, gsize max_chars, char **out, GError **error);
/* *out: (transfer full) (nullable): NULL, without @error, for a value that is not there. */
gboolean pst_details_take_value (GVariant *details, const char *key, const GVariantType *type, GVariant **out, GError **error);

G_END_DECLS
