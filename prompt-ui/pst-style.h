/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What our windows change of the theme, once for this program. */
void pst_style_add (void);

G_END_DECLS
