/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Gives up what the proxy does not need from here on. FALSE with errno; *@what says what could not be done. */
gboolean pst_confine (const char **what);

G_END_DECLS
