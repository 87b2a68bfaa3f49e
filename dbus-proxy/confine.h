/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Gives up what the proxy does not need from here on. FALSE with errno; *@what says what could not be done. */
gboolean pst_confine (const char **what);
/* In a sandbox: an empty root (pst-isolate.h) and nothing but the descriptors that are handed over. */
gboolean pst_confine_handed (const char **what);

G_END_DECLS
