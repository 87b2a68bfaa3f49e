/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Serves a sandbox: what it is to do comes over @link, the socket of the supervisor, consumed (BusLink1), and over the one of
 * the broker that follows on it (Bus1). Returns at once; the loop does the rest. The end of the link ends the process. */
void pst_postern_start (int link);

G_END_DECLS
